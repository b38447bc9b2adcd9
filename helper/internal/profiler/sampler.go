package profiler

import (
	"time"

	"emberline/helper/internal/cpython"
	"emberline/helper/internal/trace"
)

// Sampler takes stacks of the processes that it follows. internal/sampler does
// it in the kernel, internal/procmem from user space.
type Sampler interface {
	// Name is "bpf" or "procmem".
	Name() string
	// Event is what paces it: "cycles" or "cpu-clock".
	Event() string
	// Follow samples a process, with its future children, from now on and
	// returns the generation of its address space.
	Follow(pid int, interpreter *cpython.Interpreter) (generation uint32, err error)
	// Unfollow stops that; a process that is not followed is no error.
	Unfollow(pid int) error
	// Start begins to sample; StopTimer ends it, and what was taken can still be read.
	Start() error
	StopTimer() error
	// ReadSamples hands over what was taken, in that order, and waits for more at most so long.
	ReadSamples(wait time.Duration, handler trace.Handler) error
	// ReadEvents hands over process life until the sampler is closed.
	ReadEvents(handler func(trace.ProcessEvent)) error
	// Counters are the ways in which samples ended early, by name.
	Counters() (map[string]int64, error)
	// Cost is how often BPF programs ran, and for how many nanoseconds in all.
	Cost() (runs, ns int64)
	// Close leaves nothing behind; closing ends ReadEvents.
	Close() error
}
