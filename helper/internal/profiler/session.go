// Package profiler joins the sampler to names and lines: it decides which
// processes are followed, resolves what the kernel saw and fills the stack tree.
package profiler

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"emberline/helper/internal/aggregate"
	"emberline/helper/internal/cpython"
	"emberline/helper/internal/native"
	"emberline/helper/internal/proc"
	"emberline/helper/internal/source"
	"emberline/helper/internal/symbolize"
	"emberline/helper/protocol"
)

// drainInterval is how long samples may wait in the ring: half of what a person sees
// as one update. Looking costs more than what is found, at 99 Hz. The kernel wakes
// the helper earlier when a quarter of the ring is full.
const drainInterval = 200 * time.Millisecond

// Session samples until it is stopped or its targets are gone.
type Session struct {
	params  protocol.StartParams
	started time.Time

	sampler  Sampler
	detector *cpython.Detector
	kernel   *symbolize.Kernel

	// ownRoot is what the helper itself sees as the file system.
	ownRoot string

	mu           sync.Mutex
	tree         *aggregate.Tree
	codes        *codeTable
	natives      *natives
	kernelFrames map[uint64]aggregate.FrameID
	byPID        map[int]*target
	targets      map[uint32]*target
	origins      map[sourceFile]source.Origin
	totals       totals
	path         []aggregate.FrameID
	failure      error
	final        *protocol.Stats
	ended        []endedTarget
	early        []early
	// programs that were just executed and are being looked at
	nowStarting int
	starting    sync.WaitGroup

	stop     chan struct{}
	stopOnce sync.Once
	done     chan struct{}
}

// Start follows what params ask for and samples it. The session owns the
// sampler from now on, also when it does not come about.
func Start(params protocol.StartParams, sampler Sampler) (*Session, error) {
	raisePriority()
	s := &Session{
		params:       params,
		sampler:      sampler,
		detector:     cpython.NewDetector(),
		kernel:       symbolize.NewKernel(),
		ownRoot:      ownRoot(),
		tree:         aggregate.NewTree(),
		kernelFrames: map[uint64]aggregate.FrameID{},
		byPID:        map[int]*target{},
		targets:      map[uint32]*target{},
		origins:      map[sourceFile]source.Origin{},
		stop:         make(chan struct{}),
		done:         make(chan struct{}),
	}
	s.codes = newCodeTable(s.tree)
	if tables, ok := sampler.(native.Tables); ok && params.Native {
		s.natives = newNatives(tables, s.tree)
	}
	if err := s.begin(); err != nil {
		s.closeNatives()
		return nil, errors.Join(err, sampler.Close())
	}
	go s.run()
	return s, nil
}

func (s *Session) begin() error {
	if err := s.followInitial(len(s.params.PIDs) == 0); err != nil {
		return err
	}
	if s.natives != nil {
		s.natives.registry.Settle(nativeSettle)
		s.beginAccounts()
	}
	s.started = time.Now()
	return s.sampler.Start()
}

// beginAccounts counts the CPU time of processes from now on.
func (s *Session) beginAccounts() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.byPID {
		t.cpuStartNs, _ = proc.CPUTimeNs(t.pid)
	}
}

func (s *Session) closeNatives() {
	if s.natives != nil {
		s.natives.registry.Close()
	}
}

// followInitial follows the chosen processes, or all there are.
func (s *Session) followInitial(all bool) error {
	if !all {
		for _, pid := range s.params.PIDs {
			if err := s.follow(pid); err != nil {
				return err
			}
		}
		return nil
	}
	// A parent that is not followed yet may fork while the list is read, and
	// its child is then told by nobody; such a child is in the next list.
	known := map[int]bool{}
	for {
		pids, err := proc.List()
		if err != nil {
			return fmt.Errorf("list processes: %w", err)
		}
		news := 0
		for _, pid := range pids {
			if known[pid] {
				continue
			}
			known[pid] = true
			if s.follow(pid) == nil {
				news++
			}
		}
		if news == 0 {
			return nil
		}
	}
}

// ownRoot is empty when it cannot be told; no target's root equals that.
func ownRoot() string {
	self, err := proc.Open(os.Getpid())
	if err != nil {
		return ""
	}
	defer self.Close()
	return self.RootID()
}

// run owns the two readers; it ends when asked to, or when no chosen process is left.
func (s *Session) run() {
	defer close(s.done)
	events := make(chan error, 1)
	go func() { events <- s.sampler.ReadEvents(s.onProcess) }()
	for !s.shouldStop() {
		if err := s.drain(drainInterval); err != nil {
			s.fail(err)
			break
		}
	}
	// What the timer already took is still delivered.
	s.fail(s.sampler.StopTimer())
	s.fail(s.drain(0))
	s.awaitEarly()
	stats := s.Stats()
	s.mu.Lock()
	s.final = &stats
	s.mu.Unlock()
	s.fail(s.sampler.Close())
	s.fail(<-events)
	s.starting.Wait()
	s.closeNatives()
}

func (s *Session) drain(wait time.Duration) error {
	s.giveUpEarly()
	err := s.sampler.ReadSamples(wait, s)
	s.forgetEnded()
	return err
}

func (s *Session) fail(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure == nil {
		s.failure = err
	}
}

func (s *Session) shouldStop() bool {
	select {
	case <-s.stop:
		return true
	default:
	}
	if len(s.params.PIDs) == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byPID) == 0 && s.nowStarting == 0
}

// Done is closed when the session has ended and its last samples are in the tree.
func (s *Session) Done() <-chan struct{} { return s.done }

// Stop ends sampling and waits for the last samples.
func (s *Session) Stop() (protocol.Stats, error) {
	s.stopOnce.Do(func() { close(s.stop) })
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.final, s.failure
}

// Started is when sampling began.
func (s *Session) Started() time.Time { return s.started }

// Event is "cycles" or "cpu-clock".
func (s *Session) Event() string { return s.sampler.Event() }

// Sampler is "bpf" or "procmem".
func (s *Session) Sampler() string { return s.sampler.Name() }
