package sampler

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"emberline/helper/protocol"
)

// Layout holds the byte offsets of one CPython build, as bpf/types.h documents them.
type Layout = bpfPythonOffsets

// TSSLayout tells where pthread_getspecific looks, relative to the thread pointer.
type TSSLayout = bpfTssLayout

// CodeIdentityBytes is how much of a code object tells it from another at the
// same address; it ends with the pointer to the line table.
const CodeIdentityBytes = int(bpfLimitCODE_IDENTITY_BYTES)

// Target is one process to sample: its interpreter's layout and the way from a
// thread to its thread state.
type Target struct {
	Layout Layout
	// KeyAddress of the interpreter's Py_tss_t in the process; 0 to use TLSOffset.
	KeyAddress uint64
	TSS        TSSLayout
	// TLSOffset of the thread state's variable from the thread pointer.
	TLSOffset int64
}

// Follow samples the process from now on and returns the generation of its
// address space. Its children are followed by the kernel side.
func (s *Sampler) Follow(pid int, target Target) (uint32, error) {
	index, err := s.layoutIndex(target.Layout)
	if err != nil {
		return 0, err
	}
	s.generation++
	entry := bpfProcess{
		Generation:    s.generation,
		Offsets:       index,
		TssKeyAddress: target.KeyAddress,
		TssKey:        -1,
		Access:        uint32(bpfThreadStateAccessACCESS_TSS_KEY),
		TlsOffset:     target.TLSOffset,
		Tss:           target.TSS,
	}
	if target.KeyAddress == 0 {
		entry.Access = uint32(bpfThreadStateAccessACCESS_TLS_OFFSET)
	}
	if err := s.objects.Processes.Put(uint32(pid), &entry); err != nil {
		return 0, fmt.Errorf("follow process %d: %w", pid, err)
	}
	return entry.Generation, nil
}

// Unfollow stops sampling the process; one that is not followed is no error.
func (s *Sampler) Unfollow(pid int) error {
	err := s.objects.Processes.Delete(uint32(pid))
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return nil
	}
	return err
}

// layoutIndex puts a layout into the kernel's array once, however many
// processes share it.
func (s *Sampler) layoutIndex(layout Layout) (uint32, error) {
	if index, ok := s.layouts[layout]; ok {
		return index, nil
	}
	index := uint32(len(s.layouts))
	if index >= s.objects.Offsets.MaxEntries() {
		return 0, protocol.Errorf(protocol.ErrUnsupportedPython,
			"More than %d different Python builds run here.", s.objects.Offsets.MaxEntries())
	}
	if err := s.objects.Offsets.Put(index, &layout); err != nil {
		return 0, fmt.Errorf("store interpreter layout: %w", err)
	}
	s.layouts[layout] = index
	return index, nil
}
