package profiler

import (
	"strings"
	"time"

	"emberline/helper/internal/aggregate"
	"emberline/helper/internal/native"
	"emberline/helper/internal/trace"
	"emberline/helper/protocol"
)

// nativeSettle is how long a session waits before it samples, so that the tables
// of the first processes are there; what is not by then follows while it samples.
const nativeSettle = time.Second

// missingCallers stands for native frames that could not be walked.
const missingCallers = "[missing frames]"

// anonymousModule is where code lies that is in no file.
const anonymousModule = "[anonymous memory]"

// unknownNative is code without a file and without a name, such as a silent JIT's.
const unknownNative = "[unnamed code]"

// natives resolves native frames; nil when there are none to be had.
type natives struct {
	registry *native.Registry
	tree     *aggregate.Tree
	// frames by function; places by each address of it that was met, so that a name
	// is read once.
	frames map[nativeCode]aggregate.FrameID
	places map[nativeCode]aggregate.FrameID
	// scratch of the stack that is being built
	runs  []run
	leafs []aggregate.FrameID
}

// nativeCode is a place in a file, by its byte offset.
type nativeCode struct {
	file   *native.File
	offset uint64
}

func newNatives(tables native.Tables, tree *aggregate.Tree) *natives {
	return &natives{
		registry: native.NewRegistry(tables),
		tree:     tree,
		frames:   map[nativeCode]aggregate.FrameID{},
		places:   map[nativeCode]aggregate.FrameID{},
	}
}

// maxPlaces bounds the memory for places at some 10 MiB; a program that is sampled
// for days meets each instruction of its hot code in the end.
const maxPlaces = 1 << 17

// address is one in the frame's code: a return address may already be the next function's.
func address(frame *trace.NativeFrame) uint64 {
	if frame.Exact {
		return frame.IP
	}
	return frame.IP - 1
}

// trampoline is how CPython names the code of `-X perf`, one for each Python
// function (3.12+, Python/perf_trampoline.c): its Python frame is there anyway.
const trampoline = "py::"

// frame names one native frame; ok is false for one that only repeats a Python frame.
func (n *natives) frame(generation uint32, frame *trace.NativeFrame) (id aggregate.FrameID, ok bool) {
	at := address(frame)
	file, offset := n.registry.Find(generation, at)
	if file == nil || file.IsAnonymous() {
		name, isNamed := n.registry.JITName(generation, at)
		if !isNamed {
			name = unknownNative
		}
		if strings.HasPrefix(name, trampoline) {
			return 0, false
		}
		return n.tree.Frame(aggregate.Frame{Kind: protocol.KindNative, Name: name, Module: anonymousModule}), true
	}
	place := nativeCode{file, offset}
	if id, known := n.places[place]; known {
		return id, true
	}
	name, start := file.Name(offset)
	function := nativeCode{file, start}
	id, known := n.frames[function]
	if !known {
		id = n.tree.Frame(aggregate.Frame{Kind: protocol.KindNative, Name: name, Module: file.Path})
		n.frames[function] = id
	}
	if len(n.places) >= maxPlaces {
		clear(n.places)
	}
	n.places[place] = id
	return id, true
}

// isLoop tells whether a native frame is the evaluation loop's.
func (n *natives) isLoop(generation uint32, frame *trace.NativeFrame) bool {
	file, offset := n.registry.Find(generation, address(frame))
	return file != nil && file.IsLoop(offset)
}

func mergeRuleOf(t *target) mergeRule {
	offsets := &t.interpreter.Offsets
	switch {
	case offsets.FrameEntryOwner != 0:
		return byAddress
	case offsets.FrameIsEntry >= 0:
		return byEntry
	}
	return oneToOne
}

// appendMerged appends a sample's merged native and Python frames, root first.
func (s *Session) appendMerged(t *target, sample *trace.Sample) {
	n := s.natives
	if n == nil || len(sample.Native) == 0 {
		s.appendPython(sample)
		return
	}
	n.registry.Ended(sample.Generation, sample.NativeGap, 0)
	n.registry.Ended(sample.Generation, sample.NativeEnd, address(&sample.Native[len(sample.Native)-1]))
	rule, isWhole := mergeRuleOf(t), sample.NativeEnd == trace.NativeWhole
	isLoop := func(i int) bool { return n.isLoop(sample.Generation, &sample.Native[i]) }
	n.runs = runsOf(sample.Python, rule, n.runs[:0])
	if !canMerge(len(n.runs), len(sample.Native), rule, isWhole, isLoop) {
		s.appendPython(sample)
		return
	}
	if rule == byAddress && !t.isLoopKnown {
		t.isLoopKnown = n.learnLoop(sample, isWhole)
	}
	n.leafs = n.leafs[:0]
	merge(sample.Python, sample.Native, n.runs, rule, isWhole, isLoop,
		func(i int) {
			if sample.Native[i].Loop {
				n.appendGap(sample, i)
			} else if id, ok := n.frame(sample.Generation, &sample.Native[i]); ok {
				n.leafs = append(n.leafs, id)
			}
		},
		func(i int) {
			if id, ok := s.codes.frame(&sample.Python[i]); ok {
				n.leafs = append(n.leafs, id)
			}
		})
	for i := len(n.leafs) - 1; i >= 0; i-- {
		s.path = append(s.path, n.leafs[i])
	}
}

// learnLoop tells the registry how large the evaluation loop's native frame is, from
// the youngest whose end is known.
func (n *natives) learnLoop(sample *trace.Sample, isWhole bool) bool {
	for i := range n.runs {
		at := loopOf(&n.runs[i], sample.Native, byAddress, 0, nil)
		if n.runs[i].marker == 0 || at+1 >= len(sample.Native) || sample.Native[at].Loop || sample.Native[at+1].Loop {
			continue
		}
		frame := &sample.Native[at]
		if n.registry.LearnLoop(sample.Generation, address(frame), sample.Native[at+1].SP-n.runs[i].marker, isWhole) {
			return true
		}
	}
	return false
}

// appendGap says that callers of a native frame are missing below the Python that the
// walk went on at. Those of a JIT's code are not missed: the loop calls it.
func (n *natives) appendGap(sample *trace.Sample, loop int) {
	if loop > 0 {
		if file, _ := n.registry.Find(sample.Generation, address(&sample.Native[loop-1])); file != nil && file.IsAnonymous() {
			return
		}
	}
	n.leafs = append(n.leafs, n.tree.Frame(aggregate.Frame{
		Kind: protocol.KindNative, Name: missingCallers, Module: anonymousModule,
	}))
}

// appendPython appends a sample's Python frames alone, root first.
func (s *Session) appendPython(sample *trace.Sample) {
	for i := len(sample.Python) - 1; i >= 0; i-- {
		if id, ok := s.codes.frame(&sample.Python[i]); ok {
			s.path = append(s.path, id)
		}
	}
}
