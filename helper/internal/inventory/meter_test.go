package inventory

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"
)

// host is a scripted machine: a clock, and processes with CPU time and age.
type host struct {
	clock   time.Time
	cpuNs   map[int]int64
	started map[int]time.Time
}

func (h *host) meter() *meter {
	return &meter{
		read: func(pid int) (int64, error) {
			if spent, ok := h.cpuNs[pid]; ok {
				return spent, nil
			}
			return 0, errors.New("gone")
		},
		started: func(pid int) (time.Time, error) { return h.started[pid], nil },
		now:     func() time.Time { return h.clock },
	}
}

func TestMeasure(t *testing.T) {
	begin := time.Unix(1000, 0)
	second := time.Second.Nanoseconds()
	tests := []struct {
		name          string
		before, after map[int]int64
		started       map[int]time.Time
		elapsed       time.Duration
		want          map[int]float64
	}{
		{"half of a core", map[int]int64{1: 0}, map[int]int64{1: second / 2}, nil, time.Second, map[int]float64{1: 50}},
		{"three cores", map[int]int64{1: second}, map[int]int64{1: 7 * second}, nil, 2 * time.Second, map[int]float64{1: 300}},
		{"idle", map[int]int64{1: second}, map[int]int64{1: second}, nil, time.Second, map[int]float64{1: 0}},
		{"gone", map[int]int64{1: second, 2: 0}, map[int]int64{2: second}, nil, time.Second, map[int]float64{2: 100}},
		{
			"new, half of its life", map[int]int64{}, map[int]int64{1: second / 4},
			map[int]time.Time{1: begin.Add(time.Second / 2)}, time.Second, map[int]float64{1: 50},
		},
		{
			"old, listed for the first time", map[int]int64{}, map[int]int64{1: 9000 * second},
			map[int]time.Time{1: begin.Add(-time.Hour)}, time.Second, map[int]float64{1: 0},
		},
		{
			"another process with the pid", map[int]int64{1: 50 * second}, map[int]int64{1: second / 2},
			map[int]time.Time{1: begin}, time.Second, map[int]float64{1: 50},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := &host{clock: begin, cpuNs: test.before, started: test.started}
			meter := h.meter()
			meter.since, meter.cpuNs = begin, meter.readAll(keys(test.before))
			h.clock, h.cpuNs = begin.Add(test.elapsed), test.after
			got, err := meter.measure(context.Background(), keys(test.after))
			if err != nil || !maps.Equal(got, test.want) {
				t.Errorf("got %v, %v; want %v", got, err, test.want)
			}
		})
	}
}

func keys(m map[int]int64) []int {
	var pids []int
	for pid := range m {
		pids = append(pids, pid)
	}
	return pids
}

func TestMeasureKeepsItsBaseWhileCallsAreClose(t *testing.T) {
	h := &host{clock: time.Unix(1000, 0), cpuNs: map[int]int64{1: 0}}
	meter := h.meter()
	meter.since, meter.cpuNs = h.clock, meter.readAll([]int{1})
	// 1 ms of work in the 20 ms before each call: never 0 and never 100 %.
	for call := range 20 {
		h.clock = h.clock.Add(20 * time.Millisecond)
		h.cpuNs[1] += time.Millisecond.Nanoseconds()
		if got, err := meter.measure(context.Background(), []int{1}); err != nil || got[1] != 5 {
			t.Fatalf("call %d: %v, %v", call, got, err)
		}
	}
}

func TestMeasureTakesAWindowOfItsOwn(t *testing.T) {
	meter := (&host{}).meter()
	meter.now = time.Now
	meter.read = func(int) (int64, error) { return 0, nil }
	began := time.Now()
	if _, err := meter.measure(context.Background(), []int{1}); err != nil || time.Since(began) < window {
		t.Errorf("took %v, %v", time.Since(began), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	meter.since = time.Time{}
	if _, err := meter.measure(ctx, []int{1}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
}
