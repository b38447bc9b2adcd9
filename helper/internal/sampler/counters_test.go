package sampler

import "testing"

// A counter that the generator overlooks gives all that follow a wrong name.
func TestEveryCounterHasItsName(t *testing.T) {
	if got, want := len(counterList), int(bpfCounterCOUNTER_COUNT); got != want {
		t.Fatalf("%d counters have names, the object has %d", got, want)
	}
	for counter, want := range map[bpfCounter]string{
		bpfCounterCOUNTER_samples:         "samples",
		bpfCounterCOUNTER_classUnreadable: "class_unreadable",
		bpfCounterCOUNTER_truncated:       "truncated",
		bpfCounterCOUNTER_COUNT - 1:       "event_ring_full",
	} {
		if got := counterList[counter].Name; got != want {
			t.Errorf("counter %d is %q, want %q", counter, got, want)
		}
	}
}
