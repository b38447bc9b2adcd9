package procmem

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// pulse is the thread that looks from one CPU.
type pulse struct {
	cpu  int
	stop chan struct{}
	// metNs is when it last met a followed thread.
	metNs int64
	ended bool
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
	one := &pulse{cpu: cpu, stop: make(chan struct{}), metNs: monotonicNs()}
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
		s.mu.Lock()
		s.closedCPUs[one.cpu] = true
		delete(s.pulses, one.cpu)
		s.mu.Unlock()
		return
	}
	periodNs := int64(time.Second) / int64(s.options.FrequencyHz)
	phase := float64(one.cpu) * goldenRatio
	nextNs := monotonicNs() + int64((phase-float64(int64(phase)))*float64(periodNs))
	for one.sleepUntil(nextNs) {
		s.mu.Lock()
		s.nowNs = monotonicNs()
		if late := (s.nowNs - nextNs) / periodNs; late > 0 {
			s.counters[lateTicks] += late
			nextNs += late * periodNs
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
		until := unix.NsecToTimespec(min(untilNs, now+longestSleepNs))
		// An interrupted sleep is just looked at again.
		_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &until, nil)
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
