package profiler

import (
	"sort"
	"time"

	"golang.org/x/sys/unix"

	"emberline/helper/protocol"
)

// Stats is the account so far.
func (s *Session) Stats() protocol.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.final != nil {
		return *s.final
	}
	counters, err := s.sampler.Counters()
	if err != nil {
		counters = map[string]int64{}
	}
	counters["process_unknown"] = s.totals.orphans
	stats := protocol.Stats{
		DurationNs:      time.Since(s.started).Nanoseconds(),
		FrequencyHz:     s.params.FrequencyHz,
		Sampler:         s.sampler.Name(),
		Event:           s.sampler.Event(),
		Samples:         s.totals.samples,
		Lost:            counters["ring_full"] + counters["retry_lost"] + counters["queue_full"] + s.totals.orphans,
		ErrorStacks:     s.totals.errors,
		TruncatedStacks: s.totals.truncated,
		Counters:        counters,
		Processes:       []protocol.ProcessStats{},
	}
	stats.BPFRuns, stats.BPFNs = s.sampler.Cost()
	stats.HelperCPUNs, stats.HelperPeakRSSBytes = ownCost()
	var cpuNs int64
	for _, t := range s.targets {
		spent := t.cpuNs()
		cpuNs += spent
		stats.Processes = append(stats.Processes, protocol.ProcessStats{
			PID: t.pid, Version: t.interpreter.Version.String(), Samples: t.samples, TaskCPUNs: spent,
		})
	}
	sort.Slice(stats.Processes, func(i, j int) bool {
		return stats.Processes[i].Samples > stats.Processes[j].Samples
	})
	stats.Expected = int64(float64(cpuNs) / 1e9 * float64(s.params.FrequencyHz))
	return stats
}

// ownCost is getrusage(2) of this process: CPU time in ns, peak memory in bytes
// (Linux gives KiB).
func ownCost() (cpuNs, peakRSSBytes int64) {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0, 0
	}
	return usage.Utime.Nano() + usage.Stime.Nano(), usage.Maxrss * 1024
}
