package sampler

import (
	"errors"
	"os"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"emberline/helper/protocol"
)

// explain turns a failure to load or attach into the catalogue's terms. The
// order matters: a missing BTF shows as "not supported" too.
func explain(err error) error {
	if err == nil {
		return nil
	}
	var verifier *ebpf.VerifierError
	var known *protocol.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &verifier):
		return protocol.Errorf(protocol.ErrKernelTooOld, "The kernel refused the sampler: %w.", err)
	case errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES):
		if os.Geteuid() != 0 {
			return protocol.Errorf(protocol.ErrNotPermitted, "The kernel lets only privileged users sample (%w).", err)
		}
		return protocol.Errorf(protocol.ErrBPFForbidden, "The kernel forbids BPF here (%w).", err)
	case missingBTF():
		return protocol.Errorf(protocol.ErrNoBTF, "The kernel carries no type information (%w).", err)
	case errors.Is(err, ebpf.ErrNotSupported):
		return protocol.Errorf(protocol.ErrKernelTooOld, "The kernel lacks what the sampler needs (%w).", err)
	}
	return protocol.Errorf(protocol.ErrInternal, "The sampler could not start (%w).", err)
}

func missingBTF() bool {
	_, err := os.Stat("/sys/kernel/btf/vmlinux")
	return errors.Is(err, os.ErrNotExist)
}
