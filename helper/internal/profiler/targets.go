package profiler

import (
	"errors"
	"fmt"
	"os"
	"time"

	"emberline/helper/internal/aggregate"
	"emberline/helper/internal/cpython"
	"emberline/helper/internal/proc"
	"emberline/helper/internal/sampler"
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
	threads     map[int]aggregate.FrameID
	place
	samples int64
	// CPU time of the process when sampling of it began, and at its end.
	cpuStartNs int64
	cpuEndNs   int64
	ended      bool
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
	generation, err := s.sampler.Follow(pid, samplerTarget(found))
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
		threads:     map[int]aggregate.FrameID{},
		place:       at,
	}
	t.root = s.tree.Frame(aggregate.Frame{
		Kind: protocol.KindProcess, Name: fmt.Sprintf("%s [%d]", name, pid), PID: pid,
	})
	s.byPID[pid], s.targets[generation] = t, t
	s.adoptEarly(t)
	return t
}

// samplerTarget says in the sampler's terms what detection found.
func samplerTarget(found *cpython.Interpreter) sampler.Target {
	o := &found.Offsets
	identity := o.CodeLineTable + 8 - sampler.CodeIdentityBytes
	layout := sampler.Layout{
		TstateFrame:        uint16(o.TStateFrame),
		TstateThreadId:     uint16(o.TStateThreadID),
		FramePrevious:      uint16(o.FramePrevious),
		FrameCode:          uint16(o.FrameCode),
		FrameInstr:         uint16(o.FrameInstr),
		FrameOwner:         uint16(o.FrameOwner),
		CodeIdentity:       uint16(identity),
		CodeFilename:       uint16(o.CodeFilename - identity),
		CodeQualname:       uint16(o.CodeQualname - identity),
		CodeLineTable:      uint16(o.CodeLineTable - identity),
		CodeFirstLine:      uint16(o.CodeFirstLine - identity),
		CodeAdaptive:       uint16(o.CodeAdaptive),
		UnicodeLength:      uint16(o.UnicodeLength),
		UnicodeState:       uint16(o.UnicodeState),
		UnicodeAscii:       uint16(o.UnicodeASCII),
		UnicodeCompact:     uint16(o.UnicodeCompact),
		UnicodeKindShift:   uint16(o.UnicodeKindShift),
		UnicodeCompactMask: uint32(o.UnicodeCompactMask),
		UnicodeAsciiMask:   uint32(o.UnicodeASCIIMask),
		BytesSize:          uint16(o.BytesSize),
		BytesData:          uint16(o.BytesData),
		CodeTagMask:        uint16(o.FrameCodeTagMask),
		InstrIsPointer:     1,
	}
	if o.CFrameCurrentFrame >= 0 {
		layout.HasCframe, layout.CframeCurrentFrame = 1, uint16(o.CFrameCurrentFrame)
	}
	if o.FrameIsEntry >= 0 {
		layout.HasIsEntry, layout.FrameIsEntry = 1, uint16(o.FrameIsEntry)
	}
	if o.FrameEntryOwner >= 0 {
		layout.EntryOwner = uint16(o.FrameEntryOwner)
	}
	tss := sampler.TSSLayout{
		FirstLevel: found.TSS.FirstLevel, SecondLevel: found.TSS.SecondLevel, Stride: found.TSS.Stride,
	}
	if found.TSS.Musl {
		tss.IsMusl = 1
	}
	return sampler.Target{Layout: layout, KeyAddress: found.KeyAddress, TSS: tss}
}
