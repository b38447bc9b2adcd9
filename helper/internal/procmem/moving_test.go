package procmem

import (
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"emberline/helper/internal/cpython"
	"emberline/helper/internal/proc"
	"emberline/helper/internal/pythontest"
	"emberline/helper/internal/trace"
)

// heard counts what a sampler hands over.
type heard struct {
	samples, failed int
	// frames counts stacks by the calls that they show.
	frames map[int]int
}

func (h *heard) Sample(sample *trace.Sample) {
	h.samples += sample.Count
	if sample.Failed {
		h.failed += sample.Count
	}
	calls := slices.DeleteFunc(slices.Clone(sample.Python), func(f trace.PythonFrame) bool { return f.Marker })
	h.frames[len(calls)] += sample.Count
}
func (h *heard) Code(*trace.CodeRecord)   {}
func (h *heard) Class(*trace.ClassRecord) {}

const spinning = `
import sys
def spin():
    while True:
        pass
def deep(left):
    return deep(left - 1) if left else spin()
print("ready")
sys.stdout.flush()
deep(20)
`

func follow(t *testing.T, s *Sampler, pid int) {
	t.Helper()
	process, err := proc.Open(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	found, err := cpython.NewDetector().Detect(process)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Follow(pid, found); err != nil {
		t.Fatal(err)
	}
}

func listen(s *Sampler, until func(*heard) bool) *heard {
	h := &heard{frames: map[int]int{}}
	for deadline := time.Now().Add(20 * time.Second); !until(h) && time.Now().Before(deadline); {
		_ = s.ReadSamples(20*time.Millisecond, h)
	}
	return h
}

// A container may be kept from the CPUs on which the program runs: its stack is
// then read while it goes on, until it is the same twice.
func TestThreadOnAClosedCPU(t *testing.T) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	if allowed.Count() < 2 {
		t.Skip("there is only one CPU, and this test needs one that is closed")
	}
	own, err := anyCPU()
	if err != nil {
		t.Fatal(err)
	}
	closed := own + 1
	for !allowed.IsSet(closed) {
		closed++
	}
	for _, python := range pythontest.Some(t) {
		t.Run(python.Name(), func(t *testing.T) {
			running := python.Start(t, spinning)
			var mask unix.CPUSet
			mask.Set(closed)
			if err := unix.SchedSetaffinity(running.PID, &mask); err != nil {
				t.Fatal(err)
			}
			s, err := Open(Options{FrequencyHz: 199})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			s.closedCPUs[closed] = true
			follow(t, s, running.PID)
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			go func() { _ = s.ReadEvents(func(trace.ProcessEvent) {}) }()
			h := listen(s, func(h *heard) bool { return h.samples > 50 })
			if h.samples <= 50 || h.failed > 0 {
				t.Fatalf("%d samples, %d failed: %v", h.samples, h.failed, h.frames)
			}
			// <module>, deep 21 times, spin.
			if len(h.frames) != 1 || h.frames[23] == 0 {
				t.Errorf("stacks by their depth: %v", h.frames)
			}
		})
	}
}

// Garbage is collected, and sampling goes on.
func TestGarbageIsCollectedMeanwhile(t *testing.T) {
	running := pythontest.Some(t)[0].Start(t, spinning)
	s, err := Open(Options{FrequencyHz: 99})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	follow(t, s, running.PID)
	var before, after debug.GCStats
	debug.ReadGCStats(&before)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	var rubbish [][]byte
	listen(s, func(*heard) bool {
		rubbish = append(rubbish[:len(rubbish)&7], make([]byte, 1<<20))
		debug.ReadGCStats(&after)
		return after.NumGC > before.NumGC+2
	})
	if after.NumGC <= before.NumGC+2 {
		t.Errorf("%d collections", after.NumGC-before.NumGC)
	}
	if h := listen(s, func(h *heard) bool { return h.samples > 10 }); h.samples <= 10 {
		t.Error("no samples after a collection")
	}
	if err := s.StopTimer(); err != nil {
		t.Fatal(err)
	}
	if percent := debug.SetGCPercent(100); percent < 0 {
		t.Error("Go does not collect by itself again")
	}
}
