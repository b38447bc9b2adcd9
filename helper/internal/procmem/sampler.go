// Package procmem samples processes from user space, where BPF is forbidden: it
// reads their memory (process_vm_readv(2)) and never stops them.
//
// On each CPU that a followed thread uses, a thread of the helper wakes at the
// asked rate. Whatever ran there has made room for it, and cannot go on while it
// has the CPU: its stack stands still, and no part of it is torn. That a followed
// thread is the one that made room, the scheduler's own account tells; that it
// stood still while it was read, the same account proves afterwards.
package procmem

import (
	"sync"
	"time"

	"emberline/helper/internal/cpython"
	"emberline/helper/internal/proc"
	"emberline/helper/internal/trace"
	"emberline/helper/protocol"
)

// Options choose what is sampled.
type Options struct {
	// FrequencyHz is 1 to 10,000 per CPU.
	FrequencyHz int
	// All reports every new program, so that a Python that starts later can be
	// followed; off when only chosen processes and their children are sampled.
	All bool
}

// Sampler is a set of followed processes and the threads that look at them.
type Sampler struct {
	options Options

	mu        sync.Mutex
	processes []*process
	// generation of the latest address space.
	generation uint32
	counters   [counterCount]int64
	pulses     map[int]*pulse
	// closedCPUs are those that the helper may not run on.
	closedCPUs map[int]bool
	started    bool
	// ended is closed when sampling ends.
	ended chan struct{}
	quiet quiet
	queue queue

	// What one look uses.
	pages pages
	stack stack
	// identity is what checksum() reads into.
	identity [identityBytes + nameHeadBytes]byte
	before   []trace.PythonFrame
	buffer   [4096]byte
	nowNs    int64

	stop    chan struct{}
	closing sync.Once
	running sync.WaitGroup
	life    life
}

// Open makes a sampler; it begins with Start.
func Open(options Options) (*Sampler, error) {
	s := &Sampler{
		options: options, pulses: map[int]*pulse{}, closedCPUs: map[int]bool{},
		stop: make(chan struct{}), queue: queue{wake: make(chan struct{}, 1)},
	}
	return s, s.life.begin()
}

// Name is "procmem".
func (s *Sampler) Name() string { return "procmem" }

// Event is what paces it.
func (s *Sampler) Event() string { return "cpu-clock" }

// Cost of BPF programs: there are none.
func (s *Sampler) Cost() (runs, ns int64) { return 0, 0 }

// Counters are the ways in which looks ended.
func (s *Sampler) Counters() (map[string]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	named := make(map[string]int64, counterCount)
	for which, count := range s.counters {
		named[counterList[which].name] = count
	}
	return named, nil
}

func (s *Sampler) count(which counter) { s.counters[which]++ }

// Follow samples a process from now on. Its children are found by Poll, and
// reported as new programs. Errors are *protocol.Error of the catalogue.
func (s *Sampler) Follow(pid int, interpreter *cpython.Interpreter) (uint32, error) {
	if interpreter.InterpretersAddress == 0 {
		return 0, protocol.Errorf(protocol.ErrUnsupportedPython,
			"Process %d runs Python %s, whose threads can only be found by BPF.", pid, interpreter.Version)
	}
	p, err := openProcess(pid, interpreter)
	if err != nil {
		return 0, explain(pid, err)
	}
	var first [8]byte
	if _, err := proc.Memory(pid).ReadAt(first[:], int64(interpreter.InterpretersAddress)); err != nil {
		p.close()
		return 0, explain(pid, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(pid)
	s.generation++
	p.generation = s.generation
	p.begin(s.buffer[:])
	s.processes = append(s.processes, p)
	if s.started {
		s.discover(p)
	}
	return p.generation, nil
}

// Unfollow stops sampling a process; one that is not followed is no error.
func (s *Sampler) Unfollow(pid int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(pid)
	return nil
}

func (s *Sampler) drop(pid int) {
	for i, p := range s.processes {
		if p.pid == pid {
			p.close()
			s.processes = append(s.processes[:i], s.processes[i+1:]...)
			return
		}
	}
}

// Start begins to sample.
func (s *Sampler) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started, s.ended = true, make(chan struct{})
	s.beginQuiet(s.ended)
	for _, p := range s.processes {
		s.discover(p)
	}
	// Somebody has to look around.
	if len(s.pulses) == 0 {
		cpu, err := anyCPU()
		if err != nil {
			return err
		}
		s.want(cpu)
	}
	return nil
}

// StopTimer ends sampling; what was taken can still be read.
func (s *Sampler) StopTimer() error {
	s.mu.Lock()
	wasStarted := s.started
	if s.started = false; wasStarted {
		close(s.ended)
	}
	for _, pulse := range s.pulses {
		pulse.end()
	}
	s.mu.Unlock()
	s.running.Wait()
	if wasStarted {
		s.endQuiet()
	}
	return nil
}

// Close ends everything.
func (s *Sampler) Close() error {
	err := s.StopTimer()
	s.closing.Do(func() { close(s.stop) })
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.processes {
		p.close()
	}
	s.processes = nil
	return err
}

// ReadSamples hands over what was taken; it waits for more until the time has passed.
func (s *Sampler) ReadSamples(wait time.Duration, handler trace.Handler) error {
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	for {
		s.mu.Lock()
		batch := s.queue.take()
		s.mu.Unlock()
		batch.deliver(handler)
		select {
		case <-deadline.C:
			return nil
		case <-s.queue.wake:
		case <-s.stop:
			return nil
		}
	}
}
