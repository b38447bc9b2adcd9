package procmem

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A pulse sleeps without telling Go's scheduler. A thread that it knows to be in a
// system call loses its processor there, and the runtime's watcher, woken by each
// return, looks up to 50,000 times a second for more of the kind: with two pulses
// at 99 Hz that took 3 % of a core, ten times as much as they do.
//
// The price is that such a thread counts as one that runs Go. It is bound to one
// CPU, and on a busy host the kernel may let it wait there (on Linux 6.18 with
// autogroups once for 23 s); whenever Go stops the world, to collect garbage or to
// change the number of its processors, all of the helper would wait with it. So
// both are done only while every pulse is parked where the scheduler knows of it.
type quiet struct {
	// wanted has the pulses park; parked counts those that have. resume wakes them.
	wanted bool
	parked int
	resume *sync.Cond
	// processors and percent are what Go had before.
	processors, percent int
	limit               int64
}

const (
	// lookInterval is how often the heap is looked at.
	lookInterval = time.Second
	// leastGarbage is not worth collecting.
	leastGarbage = 8 << 20
	// memoryLimit is where Go collects by itself, whatever that may wait for.
	memoryLimit = 512 << 20
	// parkTime is how long pulses are waited for; one that waits for its CPU puts
	// the collection off.
	parkTime = 200 * time.Millisecond
	// mostCPUs bounds the processors that Go gets for pulses.
	mostCPUs = 256
)

func sleepRaw(untilNs int64) {
	until := unix.NsecToTimespec(untilNs)
	// An interrupted sleep is just looked at again.
	_, _, _ = unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME,
		uintptr(unsafe.Pointer(&until)), 0, 0, 0)
}

// beginQuiet gives each pulse that may come a processor beside those for the rest.
func (s *Sampler) beginQuiet(stop <-chan struct{}) {
	s.quiet = quiet{
		resume: sync.NewCond(&s.mu), processors: runtime.GOMAXPROCS(0), percent: debug.SetGCPercent(-1),
		limit: debug.SetMemoryLimit(memoryLimit),
	}
	runtime.GOMAXPROCS(s.quiet.processors + min(allowedCPUs(), mostCPUs))
	s.running.Add(1)
	go s.collectGarbage(stop)
}

// endQuiet gives Go back what it had; no pulse is left.
func (s *Sampler) endQuiet() {
	debug.SetMemoryLimit(s.quiet.limit)
	debug.SetGCPercent(s.quiet.percent)
	runtime.GOMAXPROCS(s.quiet.processors)
}

// parkWhileQuiet is where pulses park; the caller holds the lock.
func (s *Sampler) parkWhileQuiet() {
	for s.quiet.wanted {
		s.quiet.parked++
		s.quiet.resume.Wait()
		s.quiet.parked--
	}
}

// collectGarbage takes over from Go while pulses sleep behind its back.
func (s *Sampler) collectGarbage(stop <-chan struct{}) {
	defer s.running.Done()
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	var live uint64
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		metrics.Read(heap)
		if heap[0].Value.Uint64() < max(leastGarbage, 2*live) {
			continue
		}
		if s.quieten() {
			runtime.GC()
			metrics.Read(heap)
			live = heap[0].Value.Uint64()
		}
		s.mu.Lock()
		s.quiet.wanted = false
		s.mu.Unlock()
		s.quiet.resume.Broadcast()
	}
}

// quieten has all pulses park; false when one does not come.
func (s *Sampler) quieten() bool {
	s.mu.Lock()
	s.quiet.wanted = true
	s.mu.Unlock()
	for deadline := time.Now().Add(parkTime); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		s.mu.Lock()
		areParked := s.quiet.parked == len(s.pulses)
		s.mu.Unlock()
		if areParked {
			return true
		}
	}
	return false
}

// allowedCPUs counts those that the helper may run on.
func allowedCPUs() int {
	var mask unix.CPUSet
	if unix.SchedGetaffinity(0, &mask) != nil {
		return runtime.NumCPU()
	}
	return mask.Count()
}
