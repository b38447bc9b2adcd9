package procmem

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"emberline/helper/internal/proc"
)

// pulse is the thread that looks from one CPU.
type pulse struct {
	cpu  int
	stop chan struct{}
	// metNs is when it last met a followed thread.
	metNs int64
	ended bool

	punctuality

	// self is the pulse's own thread.
	self *proc.Task
	// beganNs is when the look began, by CLOCK_MONOTONIC; ranNs when this thread
	// was given its CPU, by that CPU's clock, once it was asked for.
	beganNs, ranNs int64
	isRanKnown     bool
}

const (
	// idleNs is how long a pulse goes on where it meets nobody.
	idleNs = 2e9
	// longestSleepNs bounds how long the end of a pulse is waited for.
	longestSleepNs = 50e6
	// goldenRatio spreads the ticks of CPUs over the period however many there are.
	goldenRatio = 0.6180339887498949
)

// want has a pulse on a CPU. The caller holds the lock.
func (s *Sampler) want(cpu int) {
	if !s.started || s.pulses[cpu] != nil || s.closedCPUs[cpu] {
		return
	}
	one := &pulse{cpu: cpu, stop: make(chan struct{}), metNs: monotonicNs(), punctuality: punctuality{usualNs: 20e3}}
	s.pulses[cpu] = one
	s.running.Add(1)
	go s.beat(one)
}

// end has it stop; the caller holds the lock.
func (p *pulse) end() {
	if !p.ended {
		p.ended = true
		close(p.stop)
	}
}

// beat wakes at the asked rate on its CPU until it is stopped or idle.
func (s *Sampler) beat(one *pulse) {
	defer s.running.Done()
	// Never unlocked: the thread's affinity ends with it.
	runtime.LockOSThread()
	var mask unix.CPUSet
	mask.Set(one.cpu)
	if unix.SchedSetaffinity(0, &mask) != nil {
		s.close(one)
		return
	}
	bePunctual()
	self, err := proc.OpenTask(os.Getpid(), unix.Gettid())
	if err != nil {
		s.close(one)
		return
	}
	defer self.Close()
	one.self = self
	periodNs := int64(time.Second) / int64(s.options.FrequencyHz)
	phase := float64(one.cpu) * goldenRatio
	nextNs := monotonicNs() + int64((phase-float64(int64(phase)))*float64(periodNs))
	for one.sleepUntil(nextNs) {
		s.mu.Lock()
		s.parkWhileQuiet()
		s.nowNs = monotonicNs()
		one.beganNs, one.isRanKnown = s.nowNs, false
		one.isPunctual = one.judge(s.nowNs - nextNs)
		if skipped := (s.nowNs - nextNs) / periodNs; skipped > 0 {
			s.counters[skippedTicks] += skipped
			nextNs += skipped * periodNs
		}
		s.look(one)
		idle := s.nowNs-one.metNs > idleNs && len(s.pulses) > 1
		if idle {
			delete(s.pulses, one.cpu)
		}
		s.mu.Unlock()
		if idle {
			return
		}
		nextNs += periodNs
	}
}

// bePunctual has the kernel wake the calling thread at the very moment. By default
// it may wait up to 50 us for another interrupt, and that is one that the sampled
// thread causes: of threads that passed a baton, 28 % of the samples were in the
// line that passes it, where 4 % of their time is. Shorter turns (sched_setattr(2),
// Linux 6.12) would make it still more punctual, but on 6.18 with autogroups they
// once in 50 busy runs had the sampled thread keep its CPU for 8 seconds.
func bePunctual() {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
}

// punctuality tells looks that come at their tick from those that come later.
// Who is refused the CPU at its tick gets it when the running thread next enters
// the scheduler, and that is where it wakes another: late looks meet threads in
// the lines in which they do that. 92 % of the punctual looks at threads that
// pass a baton, and 15 % of the late ones, met them in their work, where they
// spend 90 % of their time.
type punctuality struct {
	// usualNs is the lower quartile of the delays.
	usualNs int64
	// lateInRow counts looks that were late since the last that was not.
	lateInRow int
	// isPunctual tells of the look under way.
	isPunctual bool
}

const (
	// mostUsualNs bounds what may be taken for the time a wake-up takes.
	mostUsualNs = 100e3
	// resignedAfter is how many late looks in a row tell that there are no others,
	// as on kernels that displace no thread before its turn is over.
	resignedAfter = 50
)

func (p *punctuality) judge(delayNs int64) bool {
	// A quarter of the steps goes down three times as far.
	const stepNs = 500
	if delayNs < p.usualNs {
		p.usualNs -= 3 * stepNs
	} else {
		p.usualNs = min(p.usualNs+stepNs, mostUsualNs)
	}
	if delayNs <= 2*p.usualNs+10e3 {
		p.lateInRow = 0
		return true
	}
	p.lateInRow++
	return p.lateInRow > resignedAfter
}

// close gives up a CPU on which no pulse can be.
func (s *Sampler) close(one *pulse) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closedCPUs[one.cpu] = true
	delete(s.pulses, one.cpu)
}

// sinceNs is how much earlier than a thread was displaced its time may have been
// counted last: what this thread counts of its own moves on while it looks.
const sinceNs = 5e3

// displaced tells whether a thread made room for this one: others that wait for
// the CPU were displaced before, or have only just stopped waiting for something
// else, and then their stacks say what they waited for and not what they run.
func (p *pulse) displaced(t *thread, buffer []byte) bool {
	if !p.isRanKnown {
		ranNs, err := p.self.LastRanNs(buffer)
		if err != nil {
			return errors.Is(err, fs.ErrNotExist) // this kernel does not tell
		}
		p.ranNs, p.isRanKnown = ranNs, true
	}
	itsNs, err := t.task.LastRanNs(buffer)
	return err == nil && p.ranNs-itsNs <= monotonicNs()-p.beganNs+sinceNs
}

// sleepUntil is false when the pulse is to end.
func (p *pulse) sleepUntil(untilNs int64) bool {
	for {
		select {
		case <-p.stop:
			return false
		default:
		}
		now := monotonicNs()
		if now >= untilNs {
			return true
		}
		sleepRaw(min(untilNs, now+longestSleepNs))
	}
}

func monotonicNs() int64 {
	var now unix.Timespec
	// It cannot fail (clock_gettime(2)).
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return now.Nano()
}

// anyCPU is one that the helper may run on.
func anyCPU() (int, error) {
	var mask unix.CPUSet
	if err := unix.SchedGetaffinity(0, &mask); err != nil {
		return 0, err
	}
	for cpu := range len(mask) * 64 {
		if mask.IsSet(cpu) {
			return cpu, nil
		}
	}
	return 0, unix.ENODEV
}
