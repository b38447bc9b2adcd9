package sampler

import (
	"testing"

	"github.com/cilium/ebpf"
)

func TestEveryCounterHasItsName(t *testing.T) {
	for name, read := range map[string]func() (uint32, error){
		"plain": countersOf(loadBpf), "with retries": countersOf(loadRetry),
	} {
		entries, err := read()
		if err != nil {
			t.Fatal(err)
		}
		if int(entries) != len(counterList) {
			t.Errorf("%s: the kernel counts %d things, %d have names", name, entries, len(counterList))
		}
	}
	if counterList[bpfCounterCOUNTER_truncated].Name != "truncated" {
		t.Errorf("truncated is called %s", counterList[bpfCounterCOUNTER_truncated].Name)
	}
}

func countersOf(load func() (*ebpf.CollectionSpec, error)) func() (uint32, error) {
	return func() (uint32, error) {
		spec, err := load()
		if err != nil {
			return 0, err
		}
		return spec.Maps[bpfMapCounters].MaxEntries, nil
	}
}
