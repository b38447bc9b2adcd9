package symbolize

import (
	"cmp"
	"debug/elf"
	"encoding/binary"
	"slices"
	"sort"
)

const (
	// maxPLT and maxRelocations bound what is read, in bytes. libtorch has 1 MiB
	// of stubs and 30 MiB of relocations.
	maxPLT         = 4 << 20
	maxRelocations = 64 << 20
	// relocationBytes is the size of Elf64_Rela: offset, info, addend.
	relocationBytes = 24
)

// stub is one entry of a procedure linkage table: got is the virtual address of
// the slot it jumps through, start the file offset of its code.
type stub struct {
	got         uint64
	start, size uint32
}

// addPLT names the stubs through which a file calls others. Which function a
// stub leads to is read off its own jump, because linkers differ in how they
// order and mix their tables. Only x86-64's are understood.
func (b *builder) addPLT(dynamic *section) {
	if b.original.machine != elf.EM_X86_64 {
		return
	}
	var stubs []stub
	for _, name := range []string{".plt", ".plt.sec", ".plt.got"} {
		stubs = append(stubs, b.stubs(name)...)
	}
	slices.SortFunc(stubs, func(x, y stub) int { return cmp.Compare(x.got, y.got) })
	symbols := newWindow(b.original.file, dynamic.offset, dynamic.size)
	relocations := []string{".rela.plt"}
	if b.original.section(".plt.got") != nil {
		// Its slots are filled at once, among all the data that is.
		relocations = append(relocations, ".rela.dyn")
	}
	for _, name := range relocations {
		if s := b.original.section(name); s != nil && s.kind == elf.SHT_RELA && s.size <= maxRelocations {
			b.relocated(s, stubs, symbols)
		}
	}
}

// relocated names stubs by the symbols that relocations put into their slots.
func (b *builder) relocated(s *section, stubs []stub, symbols *window) {
	data := newWindow(b.original.file, s.offset, s.size)
	for at := uint64(0); at+relocationBytes <= s.size && len(b.entries) < maxEntries; at += relocationBytes {
		raw := data.bytes(at, relocationBytes)
		if raw == nil {
			return
		}
		slot, info := binary.LittleEndian.Uint64(raw), binary.LittleEndian.Uint64(raw[8:])
		if kind := elf.R_X86_64(elf.R_TYPE64(info)); kind != elf.R_X86_64_JMP_SLOT && kind != elf.R_X86_64_GLOB_DAT {
			continue
		}
		i := sort.Search(len(stubs), func(i int) bool { return stubs[i].got >= slot })
		if i == len(stubs) || stubs[i].got != slot {
			continue
		}
		symbol := symbols.bytes(uint64(elf.R_SYM64(info))*symbolBytes, symbolBytes)
		if symbol == nil {
			continue
		}
		name := binary.LittleEndian.Uint32(symbol)
		if name == 0 || name > maxName {
			continue
		}
		// A slot can have stubs in two tables.
		for ; i < len(stubs) && stubs[i].got == slot && len(b.entries) < maxEntries; i++ {
			b.entries = append(b.entries, entry{stubs[i].start, stubs[i].size | isPLT, name | inDynamic})
		}
	}
}

// stubs finds the jumps of one table: "ff 25 disp32" is jmp *disp(%rip), which
// may follow endbr64 and have a bnd prefix. A stub has 16 bytes, or 8 in a
// .plt.got without endbr64.
func (b *builder) stubs(name string) []stub {
	s := b.original.section(name)
	if s == nil || s.size > maxPLT || s.kind != elf.SHT_PROGBITS {
		return nil
	}
	code := make([]byte, s.size)
	start, end, ok := b.original.offsetOf(s.address)
	if !ok || start+s.size > end || start+s.size > 1<<32 || !readFull(b.original.file, s.offset, code) {
		return nil
	}
	step := 16
	if s.entry == 8 {
		step = 8
	}
	var found []stub
	for at := 0; at+step <= len(code); at += step {
		jump := at
		if [4]byte(code[at:]) == [4]byte{0xf3, 0x0f, 0x1e, 0xfa} {
			jump += 4
		}
		if code[jump] == 0xf2 {
			jump++
		}
		if jump+6 > at+step || code[jump] != 0xff || code[jump+1] != 0x25 {
			continue
		}
		displacement := int64(int32(binary.LittleEndian.Uint32(code[jump+2:])))
		next := s.address + uint64(jump) + 6
		found = append(found, stub{got: next + uint64(displacement), start: uint32(start) + uint32(at), size: uint32(step)})
	}
	return found
}
