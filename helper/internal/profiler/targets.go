package profiler

import (
	"errors"
	"fmt"
	"os"
	"time"

	"emberline/helper/internal/aggregate"
	"emberline/helper/internal/cpython"
	"emberline/helper/internal/proc"
	"emberline/helper/internal/source"
	"emberline/helper/protocol"
)

// target is one address space under the sampler: a process between two execs.
type target struct {
	pid         int
	generation  uint32
	name        string
	interpreter *cpython.Interpreter
	root        aggregate.FrameID
	threads     *threadTable
	place
	samples int64
	// CPU time of the process when sampling of it began, and at its end.
	cpuStartNs int64
	cpuEndNs   int64
	ended      bool
	// isLoopKnown: the size of its evaluation loop's native frame was learned.
	isLoopKnown bool
}

// place is where a process finds its files.
type place struct {
	// directory is its working directory when it was first seen.
	directory string
	// sourcePID is a process with the same root: the helper itself where the
	// target sees the host's own files, so that equal files of many processes
	// are one, and stay readable when their process has gone.
	sourcePID int
	startedAt time.Time
	// rights over files that the process had when it was first seen.
	rights source.Rights
}

// cpuNs is the CPU time spent since sampling began.
func (t *target) cpuNs() int64 {
	if !t.ended {
		if now, err := proc.CPUTimeNs(t.pid); err == nil {
			t.cpuEndNs = now
		}
	}
	return max(0, t.cpuEndNs-t.cpuStartNs)
}

// follow detects the interpreter of a running process and samples it.
func (s *Session) follow(pid int) error {
	process, err := proc.Open(pid)
	if err != nil {
		return protocol.Errorf(protocol.ErrNoSuchProcess, "There is no process %d.", pid)
	}
	defer process.Close()
	found, err := s.detector.Detect(process)
	if err != nil {
		return describe(pid, err)
	}
	place := s.placeOf(process)
	// Held from here on, so that what the process does once it is followed, a
	// fork or its end, is looked at when its target is there.
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.final != nil {
		// A program that starts while the session ends.
		return protocol.Errorf(protocol.ErrNoSession, "The session has ended.")
	}
	if known := s.byPID[pid]; known != nil && known.place.startedAt == place.startedAt {
		// Two programs in a moment, env and what it starts: both looks met the second.
		return nil
	}
	generation, err := s.sampler.Follow(pid, found)
	if err != nil {
		return err
	}
	if !process.IsAlive() {
		// Its exit was reported before the kernel knew that it is followed; the
		// entry would wait for whoever gets the pid next.
		return errors.Join(
			protocol.Errorf(protocol.ErrNoSuchProcess, "Process %d has ended.", pid),
			s.sampler.Unfollow(pid))
	}
	if s.natives != nil {
		s.natives.registry.Follow(generation, pid)
	}
	t := s.newTarget(pid, generation, process.Comm(), found, place)
	t.cpuStartNs, _ = proc.CPUTimeNs(pid)
	return nil
}

func (s *Session) placeOf(process *proc.Process) place {
	p := place{directory: process.Directory(), sourcePID: process.PID}
	p.startedAt, _ = process.StartTime()
	p.rights, _ = source.RightsOf(process)
	if root := process.RootID(); root != "" && root == s.ownRoot {
		p.sourcePID = os.Getpid()
	}
	return p
}

// newTarget registers an address space and takes up what came before it; the
// caller holds the lock.
func (s *Session) newTarget(pid int, generation uint32, name string, found *cpython.Interpreter, at place) *target {
	t := &target{
		pid:         pid,
		generation:  generation,
		name:        name,
		interpreter: found,
		threads:     newThreadTable(pid, found),
		place:       at,
	}
	t.root = s.tree.Frame(aggregate.Frame{
		Kind: protocol.KindProcess, Name: fmt.Sprintf("%s [%d]", name, pid), PID: pid,
	})
	s.byPID[pid], s.targets[generation] = t, t
	s.adoptEarly(t)
	return t
}
