package profiler

import "emberline/helper/internal/trace"

// mergeRule is how an interpreter tells which native frame ran which Python frames.
type mergeRule int

const (
	// byAddress: each evaluation's oldest frame is a marker that lies in the native
	// frame of the loop that runs it (3.12+, Python/ceval.c, "entry_frame"). Needs no
	// symbol, so it holds for stripped, split, tail-calling and JIT interpreters.
	byAddress mergeRule = iota
	// byEntry: the oldest Python frame of each loop says so (3.11, is_entry).
	byEntry
	// oneToOne: each call of a Python function is a call of the loop (2.7 to 3.10).
	oneToOne
)

// run is the Python frames that one evaluation loop ran: python[first:end], leaf first.
type run struct {
	first, end int
	// marker is the address of the entry frame (byAddress).
	marker uint64
}

// runsOf splits a stack into its evaluations, leaf first. What lies above the last
// marker belongs to none and makes a run of its own.
func runsOf(python []trace.PythonFrame, rule mergeRule, runs []run) []run {
	first := 0
	for i := range python {
		frame := &python[i]
		switch {
		case rule == byAddress && frame.Marker:
			runs = append(runs, run{first, i, frame.Address})
		case rule == byEntry && frame.Entry, rule == oneToOne:
			runs = append(runs, run{first: first, end: i + 1})
		default:
			continue
		}
		first = i + 1
	}
	if first < len(python) {
		runs = append(runs, run{first: first, end: len(python)})
	}
	return runs
}

// maxLoopFrame is how large the loop's native frame can be where its end is not
// known: 0x168 to 0x2d0 bytes in release builds.
const maxLoopFrame = 4096

// loopOf is the native frame, at from or nearer to the root, that ran a run; len(native)
// when none did.
func loopOf(one *run, native []trace.NativeFrame, rule mergeRule, from int, isLoop func(int) bool) int {
	for i := from; i < len(native); i++ {
		if rule != byAddress {
			if isLoop(i) {
				return i
			}
			continue
		}
		end := native[i].SP + maxLoopFrame
		if i+1 < len(native) {
			end = native[i+1].SP
		}
		if one.marker >= native[i].SP && one.marker < end {
			return i
		}
	}
	return len(native)
}

// canMerge is false when the evaluation loops cannot be told among native frames
// that are all there: an interpreter of before 3.12 without a symbol for its loop.
func canMerge(runs, natives int, rule mergeRule, isWhole bool, isLoop func(int) bool) bool {
	if rule == byAddress || !isWhole || runs == 0 {
		return true
	}
	for i := range natives {
		if isLoop(i) {
			return true
		}
	}
	return false
}

// firstLoop is where to look for the youngest run's loop: a loop that has only begun
// has no Python frame yet, which a whole stack shows by a loop too many.
func firstLoop(runs, natives int, rule mergeRule, isWhole bool, isLoop func(int) bool) int {
	if rule == byAddress || !isWhole {
		return 0
	}
	first := 0
	for i := natives - 1; i >= 0 && runs > 0; i-- {
		if isLoop(i) {
			runs--
			first = i
		}
	}
	return first
}

// merge puts a stack's two halves together, leaf first. Each evaluation's Python
// frames take the place of the loop's native frame; what the loop called lies
// between them and the younger ones. visit gets the index of a native frame, or of
// a Python frame.
//
// A run whose loop is not among the native frames comes after them all when the
// walk over them broke off, since it can only be further down; of a stack that is
// whole it keeps its place among the Python frames (a greenlet that has its own
// native stack).
func merge(python []trace.PythonFrame, native []trace.NativeFrame, runs []run, rule mergeRule, isWhole bool,
	isLoop func(int) bool, visitNative, visitPython func(int)) {
	next, from := 0, firstLoop(len(runs), len(native), rule, isWhole, isLoop)
	for i := range runs {
		at := loopOf(&runs[i], native, rule, max(next, from), isLoop)
		if at < len(native) || !isWhole {
			for ; next < at; next++ {
				visitNative(next)
			}
			if at < len(native) && native[at].Loop {
				visitNative(at) // what is missing below it
			}
			next = min(at+1, len(native))
		}
		for j := runs[i].first; j < runs[i].end; j++ {
			visitPython(j)
		}
	}
	for ; next < len(native); next++ {
		visitNative(next)
	}
}
