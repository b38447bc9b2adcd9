package sampler

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/rlimit"
	"golang.org/x/sys/unix"

	"emberline/helper/protocol"
)

// ProbeBPF loads the sampler's own programs and maps, attaches nothing and
// drops them again: what the verifier says here it would say to a session.
// Errors are *protocol.Error of the catalogue.
func ProbeBPF() error {
	if err := rlimit.RemoveMemlock(); err != nil {
		return explain(err)
	}
	spec, err := loadBpf()
	if err != nil {
		return explain(err)
	}
	// The smallest ring the kernel takes; the programs do not see its size.
	spec.Maps[bpfMapSamples].MaxEntries = uint32(unix.Getpagesize())
	collection, err := ebpf.NewCollection(spec)
	if err != nil {
		return explain(err)
	}
	collection.Close()
	return nil
}

// ProbeTimer opens the perf event that a session would use, on one CPU, and
// returns its name. Errors are *protocol.Error of the catalogue.
func ProbeTimer() (event string, err error) {
	cpus, err := onlineCPUs()
	if err != nil {
		return "", explain(err)
	}
	for _, candidate := range []struct {
		event string
		attr  *unix.PerfEventAttr
	}{{"cycles", cyclesAttr(1)}, {"cpu-clock", clockAttr(1)}} {
		var fd int
		fd, err = unix.PerfEventOpen(candidate.attr, -1, cpus[0], -1, unix.PERF_FLAG_FD_CLOEXEC)
		if err == nil {
			return candidate.event, unix.Close(fd)
		}
	}
	return "", perfForbidden(err)
}

func perfForbidden(err error) *protocol.Error {
	return protocol.Errorf(protocol.ErrPerfForbidden, "The kernel opens no perf event on a CPU (%w).", err)
}
