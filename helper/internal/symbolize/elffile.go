package symbolize

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
)

const (
	// maxSections and maxSegments bound the headers that are read. Linked files
	// have fewer than 100 and 20.
	maxSections = 4096
	maxSegments = 256
	// maxBuildID is longer than any hash that linkers make; ld's default has 20 bytes.
	maxBuildID = 64
	// maxNote bounds a note section, and maxNotes how many are read; the usual ones
	// have less than 100 bytes.
	maxNote  = 16 << 10
	maxNotes = 64
)

var (
	// ErrNotELF: the file is no ELF file, or its header is cut short.
	ErrNotELF = errors.New("it is not an ELF file")
	// ErrMachine: the file is not for a 64-bit little-endian machine.
	ErrMachine = errors.New("symbols are read only of 64-bit little-endian files")
)

// elfFile is the headers of an ELF file (gABI chapters 4 and 5). Everything in
// it was claimed by the file and nothing was believed but what could be read.
type elfFile struct {
	file     io.ReaderAt
	machine  elf.Machine
	sections []section
	segments []segment
	buildID  string
}

type section struct {
	name          string
	kind          elf.SectionType
	flags         elf.SectionFlag
	address       uint64
	offset, size  uint64
	link          uint32
	entry         uint64
	isInitialized bool
}

// isCode tells whether functions can be in it.
func (s *section) isCode() bool {
	return s.flags&elf.SHF_EXECINSTR != 0 && s.flags&elf.SHF_ALLOC != 0
}

// segment is a PT_LOAD that is mapped executable: address is virtual, offset in the file.
type segment struct{ address, offset, size uint64 }

// readELF reads headers. A file whose section headers are missing or broken has
// segments only, which is no error: then it has no names.
func readELF(file io.ReaderAt) (*elfFile, error) {
	var header elf.Header64
	if !readStruct(file, 0, &header) || string(header.Ident[:4]) != elf.ELFMAG {
		return nil, ErrNotELF
	}
	if elf.Class(header.Ident[elf.EI_CLASS]) != elf.ELFCLASS64 || elf.Data(header.Ident[elf.EI_DATA]) != elf.ELFDATA2LSB {
		return nil, ErrMachine
	}
	e := &elfFile{file: file, machine: elf.Machine(header.Machine)}
	e.readSections(&header)
	var notes []segment
	for i := range e.sections {
		if s := &e.sections[i]; s.kind == elf.SHT_NOTE && s.isInitialized && len(notes) < maxNotes {
			notes = append(notes, segment{offset: s.offset, size: s.size})
		}
	}
	// In a debug file only the sections say where a note is.
	for _, note := range append(notes, e.readSegments(&header)...) {
		if e.buildID = buildIDIn(file, note); e.buildID != "" {
			break
		}
	}
	return e, nil
}

// readStruct decodes one of debug/elf's structures.
func readStruct(file io.ReaderAt, offset uint64, into any) bool {
	data := make([]byte, binary.Size(into))
	if !readFull(file, offset, data) {
		return false
	}
	_, err := binary.Decode(data, binary.LittleEndian, into)
	return err == nil
}

// readFull fills data; false where the file ends before.
func readFull(file io.ReaderAt, offset uint64, data []byte) bool {
	if offset > 1<<62 {
		return false
	}
	n, _ := file.ReadAt(data, int64(offset))
	return n == len(data)
}

// holds tells whether a file is long enough for an extent.
func holds(file io.ReaderAt, offset, size uint64) bool {
	if offset > 1<<62 || size > 1<<62 {
		return false
	}
	return size == 0 || readFull(file, offset+size-1, make([]byte, 1))
}

// readSegments keeps what is mapped executable, and returns the notes.
func (e *elfFile) readSegments(header *elf.Header64) (notes []segment) {
	var program elf.Prog64
	if int(header.Phentsize) != binary.Size(program) {
		return nil
	}
	for i := range min(uint64(header.Phnum), maxSegments) {
		if !readStruct(e.file, header.Phoff+i*uint64(header.Phentsize), &program) {
			break
		}
		// What is over 2^62 is no place in a file, and sums of the rest stay in range.
		if program.Off > 1<<62 || program.Filesz > 1<<62 || program.Vaddr > 1<<63 {
			continue
		}
		one := segment{address: program.Vaddr, offset: program.Off, size: program.Filesz}
		switch {
		case elf.ProgType(program.Type) == elf.PT_LOAD && elf.ProgFlag(program.Flags)&elf.PF_X != 0:
			e.segments = append(e.segments, one)
		case elf.ProgType(program.Type) == elf.PT_NOTE && len(notes) < maxNotes:
			notes = append(notes, one)
		}
	}
	return notes
}

func (e *elfFile) readSections(header *elf.Header64) {
	var raw elf.Section64
	if int(header.Shentsize) != binary.Size(raw) || header.Shoff == 0 {
		return
	}
	headers := newWindow(e.file, header.Shoff, maxSections*uint64(header.Shentsize))
	var nameAt []uint32
	for i := range min(uint64(header.Shnum), maxSections) {
		data := headers.bytes(i*uint64(header.Shentsize), uint64(header.Shentsize))
		if data == nil {
			break
		}
		if _, err := binary.Decode(data, binary.LittleEndian, &raw); err != nil {
			break
		}
		kind := elf.SectionType(raw.Type)
		hasData := kind != elf.SHT_NULL && kind != elf.SHT_NOBITS &&
			elf.SectionFlag(raw.Flags)&elf.SHF_COMPRESSED == 0
		e.sections = append(e.sections, section{
			kind: kind, flags: elf.SectionFlag(raw.Flags), address: raw.Addr, offset: raw.Off, size: raw.Size,
			link: raw.Link, entry: raw.Entsize, isInitialized: hasData && holds(e.file, raw.Off, raw.Size),
		})
		nameAt = append(nameAt, raw.Name)
	}
	if int(header.Shstrndx) >= len(e.sections) {
		return
	}
	names := e.strings(uint32(header.Shstrndx))
	for i := range e.sections {
		e.sections[i].name, _ = names.text(nameAt[i], 64)
	}
}

// section is the first of a name that has bytes in the file.
func (e *elfFile) section(name string) *section {
	for i := range e.sections {
		if s := &e.sections[i]; s.name == name && s.isInitialized {
			return s
		}
	}
	return nil
}

// ofKind is the first section of a kind that has bytes in the file.
func (e *elfFile) ofKind(kind elf.SectionType) *section {
	for i := range e.sections {
		if s := &e.sections[i]; s.kind == kind && s.isInitialized {
			return s
		}
	}
	return nil
}

// strings is the string table with an index; an empty one if there is none.
func (e *elfFile) strings(index uint32) *stringTable {
	if uint64(index) >= uint64(len(e.sections)) || !e.sections[index].isInitialized {
		return &stringTable{}
	}
	s := &e.sections[index]
	return &stringTable{file: e.file, base: s.offset, size: s.size}
}

// offsetOf translates a virtual address; end is the file offset of its segment's end.
func (e *elfFile) offsetOf(address uint64) (offset, end uint64, ok bool) {
	for _, s := range e.segments {
		if address >= s.address && address-s.address < s.size {
			return s.offset + (address - s.address), s.offset + s.size, true
		}
	}
	return 0, 0, false
}

// buildIDIn looks for NT_GNU_BUILD_ID among notes (gABI 5, "Note Section"):
// words of name size, data size and kind, then both padded to 4 bytes.
func buildIDIn(file io.ReaderAt, note segment) string {
	data := make([]byte, min(note.size, maxNote))
	if !readFull(file, note.offset, data) {
		return ""
	}
	const kindBuildID = 3
	for len(data) >= 12 {
		name, size := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])
		kind := binary.LittleEndian.Uint32(data[8:])
		data = data[12:]
		nameEnd, dataSize := (uint64(name)+3)&^3, (uint64(size)+3)&^3
		if nameEnd+uint64(size) > uint64(len(data)) {
			return ""
		}
		if kind == kindBuildID && bytes.Equal(data[:name], []byte("GNU\x00")) && size > 1 && size <= maxBuildID {
			return hex.EncodeToString(data[nameEnd : nameEnd+uint64(size)])
		}
		data = data[min(nameEnd+dataSize, uint64(len(data))):]
	}
	return ""
}
