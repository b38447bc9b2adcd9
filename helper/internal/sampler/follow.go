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

// Sizes of bpf/types.h.
const (
	// CodeIdentityBytes is how much of a code object tells it from another at the
	// same address; it ends with the pointer to the line table.
	CodeIdentityBytes = int(bpfLimitCODE_IDENTITY_BYTES)
	// WindowBytes is the most that is read at once to serve several frames.
	WindowBytes = uint16(bpfLimitWINDOW_BYTES)
	// FrameBytes is the longest frame head.
	FrameBytes = uint16(bpfLimitFRAME_BYTES)
)

// Target is one process to sample: its interpreter's layout and the way from a
// thread to its thread state.
type Target struct {
	Layout Layout
	Access Access
}

// Access is one of KeyAccess, TLSAccess, ModuleAccess and ListAccess.
type Access func(*bpfProcess)

// KeyAccess is by pthread_getspecific: of the key that the interpreter keeps at
// an address, or of one that is known (0 or more) already.
func KeyAccess(address uint64, known int32, tss TSSLayout) Access {
	return func(entry *bpfProcess) {
		entry.Access = uint32(bpfThreadStateAccessACCESS_TSS_KEY)
		entry.TssKeyAddress, entry.TssKey, entry.Tss = address, known, tss
	}
}

// TLSAccess is by a variable at an offset from the thread pointer.
func TLSAccess(offset int64) Access {
	return func(entry *bpfProcess) {
		entry.Access, entry.TlsOffset = uint32(bpfThreadStateAccessACCESS_TLS_OFFSET), offset
	}
}

// ModuleAccess is by a variable in a library's block.
func ModuleAccess(vectorOffset, offset uint64) Access {
	return func(entry *bpfProcess) {
		entry.Access = uint32(bpfThreadStateAccessACCESS_TLS_MODULE)
		entry.TlsVectorOffset, entry.TlsOffset = vectorOffset, int64(offset)
	}
}

// ListAccess is by the holder of the GIL and the list of threads.
func ListAccess(currentAddress, interpretersAddress uint64) Access {
	return func(entry *bpfProcess) {
		entry.Access = uint32(bpfThreadStateAccessACCESS_LIST)
		entry.CurrentAddress, entry.InterpretersAddress = currentAddress, interpretersAddress
	}
}

// Follow samples the process from now on and returns the generation of its
// address space. Its children are followed by the kernel side.
func (s *Sampler) Follow(pid int, target Target) (uint32, error) {
	index, err := s.layoutIndex(target.Layout)
	if err != nil {
		return 0, err
	}
	s.generation++
	entry := bpfProcess{Generation: s.generation, Offsets: index, TssKey: -1}
	target.Access(&entry)
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
