package unwind

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
)

// maxSection bounds what is read of a file; libLLVM's .eh_frame has 8 MiB.
const maxSection = 256 << 20

var (
	// ErrNoFrames: the file has no call frame information.
	ErrNoFrames = errors.New("the file has no .eh_frame")
	errMachine  = errors.New("the rules of this architecture are not known")
)

// image is what a table is made of: the entries, and where code lies in the file.
type image struct {
	machine elf.Machine
	frames  frames
	code    segments
	// stubs are procedure linkage tables, of which lld says nothing in .eh_frame, and
	// no linker for Arm.
	stubs []span
	// endsAtTerminator: what is in frames is at least the section.
	endsAtTerminator bool
}

// span is file offsets [start, end).
type span struct {
	start uint32
	end   uint64
}

func open(file io.ReaderAt) (*image, error) {
	parsed, err := elf.NewFile(file)
	if err != nil {
		// An image of memory ends before the section headers.
		if parsed, err = elf.NewFile(withoutSections{file}); err != nil {
			return nil, err
		}
	}
	arch := architectures[parsed.Machine]
	if arch == nil || parsed.Class != elf.ELFCLASS64 || parsed.Data != elf.ELFDATA2LSB {
		return nil, errMachine
	}
	image := &image{machine: parsed.Machine, code: codeOf(parsed), frames: frames{arch: arch}}
	image.stubs = stubsOf(parsed, arch.stubHeader)
	section := parsed.Section(".eh_frame")
	switch {
	case section == nil:
		image.endsAtTerminator = true
		image.frames.section, image.frames.address, err = framesBehindHeader(parsed)
	case section.Type == elf.SHT_NOBITS:
		err = ErrNoFrames
	case section.Size > maxSection:
		err = errTooBig
	default:
		image.frames.address = section.Addr
		image.frames.section, err = section.Data()
	}
	if err != nil {
		return nil, fmt.Errorf("read .eh_frame: %w", err)
	}
	return image, nil
}

// stubsOf finds .plt behind its first entry.
func stubsOf(file *elf.File, header uint64) []span {
	section := file.Section(".plt")
	if section == nil || section.Type == elf.SHT_NOBITS || section.Size <= header {
		return nil
	}
	start, limit, ok := codeOf(file).locate(section.Addr + header)
	if !ok || limit>>32 != 0 {
		return nil
	}
	return []span{{start, min(limit, uint64(start)+section.Size-header)}}
}

// framesBehindHeader finds .eh_frame by PT_GNU_EH_FRAME (Linux Standard Base,
// 10.6.2), for files without section headers. It returns what follows to the end
// of the segment.
func framesBehindHeader(file *elf.File) ([]byte, uint64, error) {
	for _, segment := range file.Progs {
		if segment.Type != elf.PT_GNU_EH_FRAME {
			continue
		}
		const version, headerBytes = 1, 4
		header := make([]byte, headerBytes+8)
		n, err := segment.ReadAt(header, 0)
		if err != nil && err != io.EOF {
			return nil, 0, err
		}
		r := reader{data: header[:n]}
		isKnown := r.u8() == version
		encoding := r.u8()
		r.bytes(headerBytes - r.at) // of the binary search table, which is not read
		address, err := pointer(&r, encoding, segment.Vaddr)
		if err != nil || !isKnown || encoding == peOmit {
			return nil, 0, ErrNoFrames
		}
		data, err := from(file, address)
		return data, address, err
	}
	return nil, 0, ErrNoFrames
}

// from reads what is loaded from an address to the end of its segment.
func from(file *elf.File, address uint64) ([]byte, error) {
	for _, segment := range file.Progs {
		if segment.Type != elf.PT_LOAD || address < segment.Vaddr || address-segment.Vaddr >= segment.Filesz {
			continue
		}
		skip := address - segment.Vaddr
		size := min(segment.Filesz-skip, maxSection)
		// Not all at once: a broken header may claim more than the file has.
		return io.ReadAll(io.NewSectionReader(segment, int64(skip), int64(size)))
	}
	return nil, ErrNoFrames
}

// segments are those that hold code.
type segments []*elf.Prog

func codeOf(file *elf.File) segments {
	var code segments
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_LOAD && segment.Flags&elf.PF_X != 0 {
			code = append(code, segment)
		}
	}
	return code
}

// locate translates a virtual address to a file offset; limit is that of the
// segment's end.
func (code segments) locate(address uint64) (offset uint32, limit uint64, ok bool) {
	for _, segment := range code {
		if address >= segment.Vaddr && address-segment.Vaddr < segment.Filesz {
			at := segment.Off + address - segment.Vaddr
			return uint32(at), segment.Off + segment.Filesz, at>>32 == 0
		}
	}
	return 0, 0, false
}

// withoutSections is a 64-bit ELF file whose header says that it has no sections.
type withoutSections struct{ io.ReaderAt }

// ReadAt implements io.ReaderAt.
func (w withoutSections) ReadAt(p []byte, at int64) (int, error) {
	n, err := w.ReaderAt.ReadAt(p, at)
	// e_shoff, then from e_shnum on e_shnum and e_shstrndx (System V ABI, Elf64_Ehdr).
	for _, field := range []struct{ at, size int64 }{{40, 8}, {60, 4}} {
		for i := range field.size {
			if k := field.at + i - at; k >= 0 && k < int64(n) {
				p[k] = 0
			}
		}
	}
	return n, err
}
