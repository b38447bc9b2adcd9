package doctor

import (
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"emberline/helper/internal/proc"
	"emberline/helper/protocol"
)

// withBPF says what BPF's sampler could do here.
func withBPF(canSample bool, checks []protocol.DoctorCheck) protocol.DoctorSampler {
	if canSample {
		return protocol.DoctorSampler{Name: "bpf", Usable: true, Found: "samples the Python processes of all users, from their first moment, with native and kernel frames"}
	}
	var missing []string
	for _, check := range checks {
		if !check.OK {
			missing = append(missing, check.Name)
		}
	}
	return protocol.DoctorSampler{Name: "bpf", Found: "is missing " + strings.Join(missing, ", ")}
}

// withoutBPF says what the sampler from user space could do here; failure is
// what reading memory in its way answers.
func withoutBPF(v visibility, failure error) protocol.DoctorSampler {
	found := protocol.DoctorSampler{Name: "procmem"}
	switch {
	case failure != nil:
		found.Found = fmt.Sprintf("cannot read memory (%v)", failure)
	case v.listed == 0:
		found.Found = "sees no process in /proc"
	case !v.mayTrace && v.traceScope != "0" && v.traceScope != "unknown":
		found.Found = fmt.Sprintf("may read no process's memory without root (kernel.yama.ptrace_scope is %s)", v.traceScope)
	default:
		found.Usable, found.Found = true, "samples "+reach(v.mayTrace)+", "+limits
	}
	return found
}

// limits are what sampling from user space does not give.
const limits = "without native and kernel frames, notices new processes late and costs more CPU"

func reach(mayTrace bool) string {
	if mayTrace {
		return "the Python processes of all users"
	}
	return fmt.Sprintf("only the Python processes of user id %d", os.Geteuid())
}

// WithoutBPF says in one sentence what a person gets who samples from user space.
func WithoutBPF() string {
	return "This way " + reach(effectiveCapabilities().has(unix.CAP_SYS_PTRACE)) + " can be sampled, " + limits + "."
}

// readOwnMemory tries process_vm_readv(2), which a container may forbid by name.
func readOwnMemory() error {
	var from, to [1]byte
	_, err := proc.Memory(os.Getpid()).ReadAt(to[:], int64(uintptr(unsafe.Pointer(&from))))
	return err
}
