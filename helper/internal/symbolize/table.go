package symbolize

import (
	"cmp"
	"debug/elf"
	"encoding/binary"
	"slices"
	"sort"
)

// entry is one symbol: 12 bytes and no pointer, so that a million of them cost
// the garbage collector nothing.
type entry struct {
	// start is a file offset in bytes.
	start uint32
	// extent is the size in bytes, with flags in its upper bits.
	extent uint32
	// name is an offset in a string table, which one the upper bit says.
	name uint32
}

const (
	// isLocal and isLabel mark STB_LOCAL and STT_NOTYPE; isPLT a stub of the
	// procedure linkage table, whose name is that of its target.
	isLocal = 1 << 31
	isLabel = 1 << 30
	isPLT   = 1 << 29
	// maxExtent is what is left for sizes; no function has 512 MiB.
	maxExtent = isPLT - 1

	// inDynamic marks a name of .dynstr in a table that has another one too.
	inDynamic = 1 << 31
	maxName   = inDynamic - 1

	entryBytes = 12
	// maxEntries bounds a table at 12 MiB; a libtorch has 400,000 functions.
	maxEntries = 1 << 20
)

func (e entry) size() uint32 { return e.extent & maxExtent }
func (e entry) end() uint64  { return uint64(e.start) + uint64(e.size()) }

// holds tells whether an offset is inside.
func (e entry) holds(offset uint64) bool { return offset >= uint64(e.start) && offset < e.end() }

// builder gathers the symbols of one file, whichever file lists them.
type builder struct {
	// original is the file that is mapped: its segments say where addresses lie in it.
	original *elfFile
	entries  []entry
	// code is the extents of sections with code, in the original's file offsets,
	// sorted: a symbol without a size does not go on past them.
	code []Range
}

// symbolBytes is the size of Elf64_Sym: name, info, other, section, value, size.
const symbolBytes = 24

// add takes the functions of a symbol table (gABI 4, "Symbol Table") of a file,
// which may be the original or one with its debugging information; tables is
// the flag of where the names are.
func (b *builder) add(from *elfFile, symbols *section, table uint32) {
	for i := range from.sections {
		if s := &from.sections[i]; s.isCode() {
			if start, end, ok := b.original.offsetOf(s.address); ok {
				b.code = append(b.code, Range{start, min(start+s.size, end)})
			}
		}
	}
	slices.SortFunc(b.code, func(x, y Range) int { return cmp.Compare(x.Start, y.Start) })
	if symbols.entry != 0 && symbols.entry != symbolBytes {
		return
	}
	names := from.strings(symbols.link)
	names.window = newWindow(names.file, names.base, names.size)
	// Counted first, so that the table is never held twice.
	for _, fill := range []bool{false, true} {
		count := 0
		data := newWindow(from.file, symbols.offset, symbols.size)
		for at := uint64(0); at+symbolBytes <= symbols.size && len(b.entries)+count < maxEntries; at += symbolBytes {
			raw := data.bytes(at, symbolBytes)
			if raw == nil {
				break
			}
			one, ok := b.function(from, raw, table)
			switch {
			case !ok:
			case !fill:
				count++
			case one.extent&isLabel == 0 || isLabelOfCode(names, one.name&^table):
				b.entries = append(b.entries, one)
			}
		}
		if !fill {
			b.entries = append(make([]entry, 0, len(b.entries)+count), b.entries...)
		}
	}
}

// function decodes a symbol, if it is one that code can run in.
func (b *builder) function(from *elfFile, raw []byte, table uint32) (entry, bool) {
	name := binary.LittleEndian.Uint32(raw)
	kind, binding := elf.ST_TYPE(raw[4]), elf.ST_BIND(raw[4])
	index := binary.LittleEndian.Uint16(raw[6:])
	if name == 0 || name > maxName || index == 0 || int(index) >= len(from.sections) {
		return entry{}, false
	}
	flags := uint32(0)
	switch {
	case kind == elf.STT_FUNC || kind == elf.STT_GNU_IFUNC:
	case kind == elf.STT_NOTYPE && from.sections[index].isCode():
		flags |= isLabel
	default:
		return entry{}, false
	}
	if binding == elf.STB_LOCAL {
		flags |= isLocal
	}
	start, end, ok := b.original.offsetOf(binary.LittleEndian.Uint64(raw[8:]))
	if !ok || start > 1<<32-1 {
		return entry{}, false
	}
	size := min(binary.LittleEndian.Uint64(raw[16:]), end-start, maxExtent)
	return entry{uint32(start), uint32(size) | flags, name | table}, true
}

// isLabelOfCode leaves out what assemblers mark for other tools: "$x" where data
// ends and code begins (ELF for the Arm 64-bit Architecture, "Mapping symbols"),
// and names that begin with ".", such as local labels and annobin's notes.
func isLabelOfCode(names *stringTable, offset uint32) bool {
	name, _ := names.text(offset, 1)
	return name != "" && name != "$" && name != "."
}

// finish sorts the symbols and settles where those without a size end.
// isComplete says that every function is listed: else the code behind a symbol
// may be of one that is not, and a symbol without a size has no extent.
func (b *builder) finish(isComplete bool) []entry {
	slices.SortFunc(b.entries, func(x, y entry) int {
		return cmp.Or(cmp.Compare(x.start, y.start), cmp.Compare(x.extent&isLabel, y.extent&isLabel),
			cmp.Compare(y.size(), x.size()), cmp.Compare(x.extent, y.extent), cmp.Compare(x.name, y.name))
	})
	kept := b.entries[:0]
	// covered is how far the symbols with a size go.
	covered := uint64(0)
	for i := 0; i < len(b.entries); {
		group := i + 1
		for group < len(b.entries) && b.entries[group].start == b.entries[i].start {
			group++
		}
		next := uint64(1 << 62)
		if group < len(b.entries) {
			next = uint64(b.entries[group].start)
		}
		start := uint64(b.entries[i].start)
		isInside := start < covered
		// Of aliases the largest, if any has a size, stands first but for labels.
		end := start
		for _, one := range b.entries[i:group] {
			end = max(end, one.end())
		}
		covered = max(covered, end)
		if end == start && isComplete {
			end = min(next, b.codeEnd(start))
			if isInside {
				end = min(end, covered)
			}
		}
		for _, one := range b.entries[i:group] {
			// A label within a function is not a function.
			if isInside && one.extent&isLabel != 0 && one.size() == 0 {
				continue
			}
			if one.size() == 0 {
				one.extent |= uint32(min(end-start, maxExtent))
			}
			if one.size() > 0 {
				kept = append(kept, one)
			}
		}
		i = group
	}
	if len(kept) < cap(kept)/4*3 {
		kept = slices.Clone(kept)
	}
	return kept
}

// codeEnd is where the section with code ends that holds an offset; the offset
// itself when none does.
func (b *builder) codeEnd(offset uint64) uint64 {
	after := sort.Search(len(b.code), func(i int) bool { return b.code[i].Start > offset })
	if after == 0 {
		return offset
	}
	return max(offset, b.code[after-1].End)
}
