package profiler

import (
	"errors"
	"io/fs"
	"time"

	"emberline/helper/internal/cpython"
	"emberline/helper/internal/proc"
	"emberline/helper/internal/source"
	"emberline/helper/internal/trace"
	"emberline/helper/protocol"
)

// onProcess keeps the list of followed address spaces true. It runs apart from
// the sample reader, so that a new program is looked at within its first
// milliseconds and not when samples are next drained.
func (s *Session) onProcess(event trace.ProcessEvent) {
	switch event.Kind {
	case trace.Forked:
		s.onFork(event)
	case trace.Execed:
		// Counted first: between two programs a pid is not without target.
		s.addStarting(1)
		s.onEnd(event)
		go func() {
			defer s.addStarting(-1)
			s.followStarting(event)
		}()
	case trace.Exited:
		s.onEnd(event)
	}
}

func (s *Session) addStarting(n int) {
	s.mu.Lock()
	s.nowStarting += n
	s.mu.Unlock()
	s.starting.Add(n)
}

// onFork takes over what is known of the parent: the kernel side already
// samples the child through a copy of the parent's entry.
func (s *Session) onFork(event trace.ProcessEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parent := s.targets[event.ParentGeneration]
	if parent == nil {
		return
	}
	at := parent.place
	if at.sourcePID == parent.pid {
		// The child may outlive its parent.
		at.sourcePID = event.PID
	}
	if at.rights.Override {
		// It may have given them up before it names its first file.
		at.rights = source.Nobody
	}
	s.codes.inherit(event.Generation, event.ParentGeneration)
	if s.natives != nil {
		s.natives.registry.Fork(event.Generation, event.ParentGeneration, event.PID)
	}
	s.newTarget(event.PID, event.Generation, parent.name, parent.interpreter, at)
}

// onEnd closes the account of an address space. Its code objects stay until
// the samples that name them have been read.
func (s *Session) onEnd(event trace.ProcessEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.targets[event.Generation]
	if t == nil {
		return
	}
	if event.Kind == trace.Exited {
		t.cpuEndNs = event.CPUNs
	} else if now, err := proc.CPUTimeNs(t.pid); err == nil {
		t.cpuEndNs = now
	}
	t.ended = true
	if s.byPID[t.pid] == t {
		delete(s.byPID, t.pid)
	}
	s.ended = append(s.ended, endedTarget{generation: event.Generation, drains: earlyDrains + 1})
}

// endedTarget counts the drains after which nothing of a generation can be in the ring.
type endedTarget struct {
	generation uint32
	drains     int
}

// forgetEnded drops the code objects of address spaces whose samples are all
// read. The targets stay: they are lines of the final account.
func (s *Session) forgetEnded() {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.ended[:0]
	for _, ended := range s.ended {
		if ended.drains--; ended.drains > 0 {
			kept = append(kept, ended)
			continue
		}
		s.codes.forget(ended.generation)
		if s.natives != nil {
			s.natives.registry.Forget(ended.generation)
		}
		s.targets[ended.generation].threads = nil
	}
	s.ended = kept
}

const (
	// startUpWait bounds how long a freshly executed program is looked at again
	// until its libraries are mapped: the dynamic loader does that within its first
	// milliseconds, but a busy host may be slow.
	startUpWait = 2 * time.Second
	// startUpPause is the longest between two looks, which cost some 0.1 ms each:
	// a tenth of the life of a program of 50 ms.
	startUpPause = 5 * time.Millisecond
)

// followStarting looks at a freshly executed program until it turns out to be a
// Python, or not to be one.
func (s *Session) followStarting(event trace.ProcessEvent) {
	pause := 500 * time.Microsecond
	for deadline := time.Now().Add(startUpWait); time.Now().Before(deadline); pause = min(2*pause, startUpPause) {
		err := s.follow(event.PID)
		var known *protocol.Error
		switch {
		case err == nil:
			return
		case errors.Is(err, cpython.ErrNotReady):
		case errors.As(err, &known) && known.Code != protocol.ErrInternal:
			return // no Python, one that cannot be sampled, or gone already
		default:
			s.fail(err)
			return
		}
		select {
		case <-s.stop:
			return
		case <-time.After(pause):
		}
	}
}

// describe says in the catalogue's terms why a process cannot be sampled.
func describe(pid int, err error) error {
	var unsupported *cpython.UnsupportedError
	switch {
	case errors.As(err, &unsupported):
		return protocol.Errorf(protocol.ErrUnsupportedPython, "Process %d runs Python %s, but %s.", pid, unsupported.Version, unsupported.Why)
	case errors.Is(err, cpython.ErrNotPython), errors.Is(err, cpython.ErrNotReady):
		wrapped := protocol.Errorf(protocol.ErrNotPython, "Process %d runs no Python.", pid)
		wrapped.Cause = err
		return wrapped
	}
	if errors.Is(err, fs.ErrPermission) {
		return protocol.Errorf(protocol.ErrNotPermitted, "Process %d belongs to another user, or is guarded (%w).", pid, err)
	}
	return protocol.Errorf(protocol.ErrNoSuchProcess, "Process %d cannot be read (%w).", pid, err)
}
