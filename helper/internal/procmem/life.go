package procmem

import (
	"time"

	"emberline/helper/internal/proc"
	"emberline/helper/internal/trace"
)

const (
	// pollInterval is how late the end of a process and a new child are noticed:
	// without BPF nobody tells. A poll reads one directory.
	pollInterval = 100 * time.Millisecond
	// programsInterval is how often all programs are compared with what they were.
	programsInterval = time.Second
)

// life is what is known of the host's processes.
type life struct {
	// programs by pid: the inode of each one's executable, 0 where that is closed.
	programs   map[int]uint64
	comparedAt time.Time
	// heirs descend from followed processes and may yet become a Python: env and shells.
	heirs map[int]bool
}

// begin notes what runs already.
func (l *life) begin() error {
	pids, err := proc.List()
	if err != nil {
		return err
	}
	l.programs = make(map[int]uint64, len(pids))
	for _, pid := range pids {
		l.programs[pid] = proc.ExecutableInode(pid)
	}
	l.comparedAt = time.Now()
	return nil
}

// ReadEvents hands over process life until the sampler is closed. A child is
// told as a new program: whether it is still its parent's copy or has executed
// another one since, the next look at it finds out.
func (s *Sampler) ReadEvents(handler func(trace.ProcessEvent)) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		select {
		case <-s.stop:
			return nil
		case <-ticker.C:
		}
		events, err := s.poll(time.Now())
		if err != nil {
			return err
		}
		for _, event := range events {
			handler(event)
		}
	}
}

func (s *Sampler) poll(now time.Time) ([]trace.ProcessEvent, error) {
	pids, err := proc.List()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.pollFollowed()
	followed := make(map[int]bool, len(s.processes))
	for _, p := range s.processes {
		followed[p.pid] = true
	}
	compare := s.options.All && now.Sub(s.life.comparedAt) >= programsInterval
	if compare {
		s.life.comparedAt = now
	}
	programs, heirs := make(map[int]uint64, len(pids)), map[int]bool{}
	for _, pid := range pids {
		before, known := s.life.programs[pid]
		program := before
		// Parents come first, but where the pids have begun anew.
		parent := 0
		if !known {
			parent = proc.ParentOf(pid)
		}
		if s.life.heirs[pid] || followed[parent] || heirs[parent] || s.life.heirs[parent] {
			heirs[pid] = true
		}
		if !known || compare || heirs[pid] {
			program = proc.ExecutableInode(pid)
		}
		programs[pid] = program
		isNew := !known && (s.options.All || heirs[pid])
		if (isNew || known && program != before) && !followed[pid] {
			events = append(events, trace.ProcessEvent{Kind: trace.Execed, PID: pid, TimeNs: uint64(monotonicNs())})
		}
	}
	s.life.programs, s.life.heirs = programs, heirs
	return events, nil
}

// pollFollowed drops address spaces that are gone, and finds where others run.
func (s *Sampler) pollFollowed() []trace.ProcessEvent {
	var events []trace.ProcessEvent
	for i := 0; i < len(s.processes); i++ {
		p := s.processes[i]
		if !p.isGone() {
			if p.hasRun(noCPU) {
				s.discover(p)
			}
			continue
		}
		event := trace.ProcessEvent{
			Kind: trace.Exited, PID: p.pid, Generation: p.generation, TimeNs: uint64(monotonicNs()), CPUNs: p.nowNs,
		}
		if process, err := proc.Open(p.pid); err == nil {
			if process.IsAlive() {
				event.Kind = trace.Execed
			}
			_ = process.Close()
		}
		// A process that nobody has waited for yet still tells its time.
		if now, err := proc.CPUTimeNs(p.pid); err == nil && event.Kind == trace.Exited {
			event.CPUNs = max(event.CPUNs, now)
		}
		events = append(events, event)
		s.drop(p.pid)
		i--
	}
	return events
}

// noCPU is where the poll looks from.
const noCPU = -1
