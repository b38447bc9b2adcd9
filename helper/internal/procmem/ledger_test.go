package procmem

import "testing"

// At 100 Hz a sample stands for 10 ms.
const hz = 100

func ran(milliseconds float64) ledger { return ledger{nowNs: int64(milliseconds * 1e6)} }

func TestSamplesFollowTheCPUTime(t *testing.T) {
	for _, test := range []struct {
		name            string
		milliseconds    float64
		given           float64
		ahead           bool
		samples, missed int
	}{
		{"one tick", 10, 0, false, 1, 0},
		{"a thread that has only just begun", 0.1, 0, false, 1, 0},
		{"met again within its one sample", 4, 1, false, 1, 0},
		{"met again though it has had two", 4, 2, true, 1, 0},
		{"two ticks were late", 35, 0, false, 3, 0},
		{"ten ticks were late", 125, 0, false, 10, 2},
		{"even", 50, 5, false, 1, 0},
	} {
		l := ran(test.milliseconds)
		l.given = test.given
		if got := l.isAhead(hz); got != test.ahead {
			t.Errorf("%s: ahead is %v", test.name, got)
		}
		samples, missed := l.settle(hz)
		if samples != test.samples || missed != test.missed {
			t.Errorf("%s: %d samples and %d missed, want %d and %d", test.name, samples, missed, test.samples, test.missed)
		}
		if l.given != test.given+float64(samples+missed) {
			t.Errorf("%s: %v given", test.name, l.given)
		}
	}
}

// Whatever the looks were like, the samples are those of the CPU time.
func TestLongRunIsExact(t *testing.T) {
	for _, every := range []int64{3, 10, 17, 80} {
		l, samples := ledger{}, 0
		for now := every; now <= 10_000; now += every {
			l.nowNs = now * 1e6
			if !l.isAhead(hz) {
				n, _ := l.settle(hz)
				samples += n
			}
		}
		if samples < 985 || samples > 1002 {
			t.Errorf("%d samples of 1,000 with a look every %d ms", samples, every)
		}
	}
}

func TestPunctuality(t *testing.T) {
	p := punctuality{usualNs: 20e3}
	for i := range 400 {
		delay := int64(30e3)
		if i%4 == 3 {
			delay = 300e3
		}
		if got := p.judge(delay); got != (delay == 30e3) && i > 50 {
			t.Fatalf("look %d, late by %d ns, is punctual: %v", i, delay, got)
		}
	}
	// A kernel that lets no thread be displaced has only late looks.
	p.judge(0)
	accepted := 0
	for range 2 * resignedAfter {
		if p.judge(3e6) {
			accepted++
		}
	}
	if accepted != resignedAfter {
		t.Errorf("%d of %d late looks in a row count", accepted, 2*resignedAfter)
	}
	if p.usualNs > mostUsualNs {
		t.Errorf("%d ns have become usual", p.usualNs)
	}
}

func TestQueueIsBounded(t *testing.T) {
	q := queue{wake: make(chan struct{}, 1)}
	one := &stack{}
	th := &thread{}
	th.task = taskOf(t)
	p := &process{pid: 7, generation: 3}
	added := 0
	for q.add(p, th, one, 5, 2) {
		added++
	}
	if added != maxQueuedFrames {
		t.Errorf("%d samples wait", added)
	}
	taken := q.take()
	if len(taken.samples) != added || len(q.samples) != 0 || !q.add(p, th, one, 5, 2) {
		t.Error("taking does not make room")
	}
	if got := taken.samples[0].Sample; got.PID != 7 || got.Generation != 3 || got.Count != 2 || got.TimeNs != 5 {
		t.Errorf("sample %+v", got)
	}
}
