package profiler

import (
	"slices"
	"time"

	"emberline/helper/internal/aggregate"
	"emberline/helper/internal/proc"
	"emberline/helper/internal/trace"
	"emberline/helper/protocol"
)

// totals are counted where stacks are built.
type totals struct {
	samples   int64
	errors    int64
	truncated int64
	// orphans are samples whose process never became known.
	orphans int64
}

// early is a record that came before the event that tells of its process: the
// two travel through different rings. Either member is nil.
type early struct {
	sample *trace.Sample
	code   *trace.CodeRecord
	drains int
}

const (
	// maxEarly bounds the records that wait.
	maxEarly = 8192
	// earlyDrains is for how many drains they do: two seconds, since on a busy
	// host the reader of events may have to wait for a CPU.
	earlyDrains = int(2 * time.Second / drainInterval)
)

// Code takes a code object at first sight.
func (s *Session) Code(record *trace.CodeRecord) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.targets[record.ID.Generation]; t != nil {
		s.addCode(t, record)
	} else if len(s.early) < maxEarly {
		kept := *record
		s.early = append(s.early, early{code: &kept, drains: earlyDrains})
	}
}

// Class takes a class at first sight; which process it belongs to does not matter.
func (s *Session) Class(record *trace.ClassRecord) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes.addClass(record)
}

func (s *Session) addCode(t *target, record *trace.CodeRecord) {
	remotePath := s.codes.add(record, t, proc.Memory(t.pid))
	key := sourceFile{remotePath, t.sourcePID}
	if _, known := s.origins[key]; !known {
		s.origins[key] = t.originOf()
	}
}

// Sample adds one stack to the tree.
func (s *Session) Sample(sample *trace.Sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch t := s.targets[sample.Generation]; {
	case t != nil:
		s.add(t, sample)
	case len(s.early) < maxEarly:
		kept := *sample
		kept.Kernel, kept.Native = slices.Clone(sample.Kernel), slices.Clone(sample.Native)
		kept.Python = slices.Clone(sample.Python)
		s.early = append(s.early, early{sample: &kept, drains: earlyDrains})
	default:
		s.totals.orphans += int64(sample.Count)
	}
}

// adoptEarly adds what waited for the target, in order and before anything that
// follows it: a sample must not overtake the codes it names.
func (s *Session) adoptEarly(t *target) {
	s.early = slices.DeleteFunc(s.early, func(record early) bool {
		switch {
		case record.code != nil && record.code.ID.Generation == t.generation:
			s.addCode(t, record.code)
		case record.sample != nil && record.sample.Generation == t.generation:
			s.add(t, record.sample)
		default:
			return false
		}
		return true
	})
}

// giveUpEarly drops records whose process has not become known for too long.
func (s *Session) giveUpEarly() {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := s.early[:0]
	for _, record := range s.early {
		if record.drains--; record.drains > 0 {
			waiting = append(waiting, record)
		} else if record.sample != nil {
			s.totals.orphans += int64(record.sample.Count)
		}
	}
	clear(s.early[len(waiting):])
	s.early = waiting
}

// earlyPause is how often it is looked whether an event has come.
const earlyPause = 25 * time.Millisecond

// awaitEarly gives the last events a moment to come, and counts what nobody
// told of then.
func (s *Session) awaitEarly() {
	for range 10 {
		s.mu.Lock()
		waiting := len(s.early)
		s.mu.Unlock()
		if waiting == 0 {
			return
		}
		time.Sleep(earlyPause)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, record := range s.early {
		if record.sample != nil {
			s.totals.orphans += int64(record.sample.Count)
		}
	}
	s.early = nil
}

func (s *Session) add(t *target, sample *trace.Sample) {
	s.path = append(s.path[:0], t.root, s.thread(t, sample))
	count := int64(sample.Count)
	isNamed := s.codes.knows(sample.Python)
	// What could not be read may be known nevertheless.
	isWhole := isNamed && (!sample.Failed || sample.Reason == codeUnreadable)
	if sample.Truncated {
		s.totals.truncated += count
		s.path = append(s.path, s.tree.Frame(errorFrame("truncated")))
	} else if sample.Failed && !isWhole {
		s.path = append(s.path, s.tree.Frame(errorFrame(sample.Reason)))
	}
	if !isWhole {
		s.totals.errors += count
	}
	s.appendMerged(t, sample)
	for i := len(sample.Kernel) - 1; i >= 0; i-- {
		s.path = append(s.path, s.kernelFrame(sample.Kernel[i]))
	}
	t.samples += count
	s.totals.samples += count
	s.tree.Add(s.path, count)
}

// kernelFrame is the frame of a kernel address, named once.
func (s *Session) kernelFrame(address uint64) aggregate.FrameID {
	id, ok := s.kernelFrames[address]
	if !ok {
		id = s.tree.Frame(aggregate.Frame{Kind: protocol.KindKernel, Name: s.kernel.Name(address)})
		s.kernelFrames[address] = id
	}
	return id
}
