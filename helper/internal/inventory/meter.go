package inventory

import (
	"context"
	"time"
)

const (
	// window is how long CPU use is measured when there is no earlier reading.
	window = 200 * time.Millisecond
	// minAge is the shortest time between two readings that gives a share worth
	// reading: the scheduler hands CPUs out in slices of some milliseconds.
	minAge = 100 * time.Millisecond
	// maxAge is for how long an earlier reading speaks of the present.
	maxAge = 5 * time.Second
)

// meter turns CPU times into shares of one core.
type meter struct {
	read    func(pid int) (cpuNs int64, err error)
	started func(pid int) (time.Time, error)
	now     func() time.Time

	since time.Time
	cpuNs map[int]int64
}

// measure returns the share of each process, in percent of one core.
func (m *meter) measure(ctx context.Context, pids []int) (map[int]float64, error) {
	if m.now().Sub(m.since) > maxAge {
		m.since, m.cpuNs = m.now(), m.readAll(pids)
		if len(pids) > 0 {
			select {
			case <-time.After(window):
			case <-ctx.Done():
				m.since = time.Time{}
				return nil, ctx.Err()
			}
		}
	}
	cpuNs := m.readAll(pids)
	elapsed := m.now().Sub(m.since)
	percent := make(map[int]float64, len(cpuNs))
	for pid, after := range cpuNs {
		// One that took over a pid has spent less than the one before it.
		if before, known := m.cpuNs[pid]; known && before <= after {
			percent[pid] = share(after-before, elapsed)
		} else {
			percent[pid] = m.shareOfLife(pid, after)
		}
	}
	if elapsed >= minAge {
		m.since, m.cpuNs = m.since.Add(elapsed), cpuNs
	}
	return percent, nil
}

// shareOfLife is for a process that is new since the last reading. One that is
// older and was not listed then has no earlier reading to compare with: 0.
func (m *meter) shareOfLife(pid int, cpuNs int64) float64 {
	started, err := m.started(pid)
	if err != nil || started.Before(m.since) {
		return 0
	}
	// Start times are rounded to 10 ms.
	return share(cpuNs, max(m.now().Sub(started), 10*time.Millisecond))
}

func share(cpuNs int64, elapsed time.Duration) float64 {
	return 100 * float64(cpuNs) / float64(elapsed)
}

func (m *meter) readAll(pids []int) map[int]int64 {
	cpuNs := make(map[int]int64, len(pids))
	for _, pid := range pids {
		if spent, err := m.read(pid); err == nil {
			cpuNs[pid] = spent
		}
	}
	return cpuNs
}
