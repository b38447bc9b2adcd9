package sampler

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"emberline/helper/internal/cpython"
	"emberline/helper/protocol"
)

// Follow samples the process from now on and returns the generation of its
// address space. Its children are followed by the kernel side.
func (s *Sampler) Follow(pid int, found *cpython.Interpreter) (uint32, error) {
	index, err := s.layoutIndex(layoutOf(&found.Offsets))
	if err != nil {
		return 0, err
	}
	s.generation++
	entry := bpfProcess{Generation: s.generation, Offsets: index}
	setAccess(&entry, &found.Access)
	if err := s.objects.Processes.Put(uint32(pid), &entry); err != nil {
		return 0, fmt.Errorf("follow process %d: %w", pid, err)
	}
	return entry.Generation, nil
}

// Unfollow stops sampling the process, whatever program it becomes; one that is
// not followed is no error.
func (s *Sampler) Unfollow(pid int) error {
	for _, known := range []*ebpf.Map{s.objects.Heirs, s.objects.Processes} {
		if err := known.Delete(uint32(pid)); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return err
		}
	}
	return nil
}

// layoutIndex puts a layout into the kernel's array once, however many
// processes share it.
func (s *Sampler) layoutIndex(layout bpfPythonOffsets) (uint32, error) {
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
