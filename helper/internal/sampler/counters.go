package sampler

import (
	"github.com/cilium/ebpf"
)

// Counter is one way a sample can end early.
type Counter struct {
	Name string
	// Meaning is one sentence for a person.
	Meaning string
}

// CounterMeanings maps each counter's name to its sentence.
func CounterMeanings() map[string]string {
	meanings := make(map[string]string, len(counterList))
	for _, counter := range counterList {
		meanings[counter.Name] = counter.Meaning
	}
	return meanings
}

// Counters sums each counter over all CPUs.
func (s *Sampler) Counters() (map[string]int64, error) {
	sums := make(map[string]int64, len(counterList))
	for key, counter := range counterList {
		var perCPU []uint64
		if err := s.objects.Counters.Lookup(uint32(key), &perCPU); err != nil {
			return nil, err
		}
		var sum uint64
		for _, value := range perCPU {
			sum += value
		}
		sums[counter.Name] = int64(sum)
	}
	return sums, nil
}

// Cost returns how often the programs ran and for how many nanoseconds in all;
// zero unless Options.MeasureCost.
func (s *Sampler) Cost() (runs, ns int64) {
	for _, program := range []*ebpf.Program{
		s.objects.OnTimer, s.objects.OnFork, s.objects.OnExec, s.objects.OnExit,
	} {
		if program == nil {
			continue
		}
		stats, err := program.Stats()
		if err != nil {
			continue
		}
		runs += int64(stats.RunCount)
		ns += stats.Runtime.Nanoseconds()
	}
	return runs, ns
}
