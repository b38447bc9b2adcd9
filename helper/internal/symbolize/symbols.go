package symbolize

import (
	"cmp"
	"debug/elf"
	"io"
	"slices"
	"sort"
	"strings"
)

// Symbols is the functions of one ELF file. They are looked up by the byte
// offset in that file, not by address, because one table serves every process
// and load address. It holds 12 bytes for each symbol; names stay in the files
// and are read when they are asked for. Safe for concurrent use.
type Symbols struct {
	entries []entry
	// names is the table of most symbols, dynamic that of those with inDynamic.
	names, dynamic *stringTable
	buildID        string
	// held is the bytes of names that are in memory.
	held int
	// opened is the file with debugging information, if there is one.
	opened io.Closer
}

// Symbol is a function, or a part of one that the compiler has moved away.
type Symbol struct {
	// Name is what the source calls it: see Demangle.
	Name string
	// Start is the file offset of its first byte.
	Start uint64
}

// Range is a part of a file: [Start, End) in bytes from its beginning.
type Range struct{ Start, End uint64 }

// LoadSymbols reads which functions a file has. The first of these that there
// is lists them: the file's .symtab; that of its debug file, by build id or by
// .gnu_debuglink; .gnu_debugdata and .dynsym together; .dynsym alone, which is
// exports only. Code that none of them lists has no name.
//
// path is the file's own, absolute, as the process sees it: a debug link is
// relative to its folder; it may be empty. The file stays the caller's, and is
// read until Close. Errors are ErrNotELF and ErrMachine; a file that has no
// names at all is no error.
func LoadSymbols(file io.ReaderAt, path string, debug DebugFiles) (*Symbols, error) {
	original, err := readELF(file)
	if err != nil {
		return nil, err
	}
	s := &Symbols{buildID: original.buildID, names: &stringTable{}, dynamic: &stringTable{}}
	b := &builder{original: original}
	dynamic := original.ofKind(elf.SHT_DYNSYM)
	if dynamic != nil {
		s.dynamic = original.strings(dynamic.link)
		b.addPLT(dynamic)
	}
	isComplete := s.addFull(b, original, path, debug)
	if dynamic != nil && s.opened == nil && original.ofKind(elf.SHT_SYMTAB) == nil {
		b.add(original, dynamic, inDynamic)
	}
	s.entries = b.finish(isComplete)
	return s, nil
}

// addFull takes a table of all functions; false if there is none. With
// .gnu_debugdata that is so only together with .dynsym.
func (s *Symbols) addFull(b *builder, original *elfFile, path string, debug DebugFiles) bool {
	listing := original
	if original.ofKind(elf.SHT_SYMTAB) == nil {
		found, closer := findDebug(original, path, debug)
		s.opened = closer
		if found == nil {
			found = openMini(original)
		}
		listing = found
	}
	if listing == nil {
		return false
	}
	symbols := listing.ofKind(elf.SHT_SYMTAB)
	if symbols == nil {
		return false
	}
	b.add(listing, symbols, 0)
	s.names = listing.strings(symbols.link)
	if mini, ok := listing.file.(blocks); ok {
		// Only its names are kept of what was unpacked.
		s.names, s.held = mini.extract(s.names)
	}
	return true
}

// maxWalk bounds how many symbols are looked at for one offset. More share a
// place only where a linker has folded equal functions, or in a hostile file;
// the rest then counts as not there.
const maxWalk = 64

// Find is the function that holds the byte at a file offset. Of several the one
// that starts last counts, and of aliases the plainest: with the fewest leading
// underscores, then global before local, then the shortest name.
func (s *Symbols) Find(fileOffset uint64) (Symbol, bool) {
	next := sort.Search(len(s.entries), func(i int) bool { return uint64(s.entries[i].start) > fileOffset })
	first := max(0, next-maxWalk)
	best, bestName := -1, ""
	for i := next - 1; i >= first; i-- {
		one := s.entries[i]
		if best >= 0 && one.start != s.entries[best].start {
			break
		}
		if !one.holds(fileOffset) {
			continue
		}
		name := s.rawName(one)
		if name != "" && (best < 0 || comparePlain(one, s.entries[best], name, bestName) < 0) {
			best, bestName = i, name
		}
	}
	if best < 0 {
		return Symbol{}, false
	}
	name := strings.ToValidUTF8(Demangle(bestName), "\uFFFD")
	if s.entries[best].extent&isPLT != 0 {
		name += "@plt"
	}
	return Symbol{Name: name, Start: uint64(s.entries[best].start)}, true
}

func comparePlain(x, y entry, xName, yName string) int {
	underscores := func(name string) int { return len(name) - len(strings.TrimLeft(name, "_")) }
	return cmp.Or(
		cmp.Compare(x.extent&isPLT, y.extent&isPLT), cmp.Compare(x.extent&isLabel, y.extent&isLabel),
		cmp.Compare(underscores(xName), underscores(yName)), cmp.Compare(x.extent&isLocal, y.extent&isLocal),
		cmp.Compare(len(xName), len(yName)), strings.Compare(xName, yName))
}

// rawName is a symbol's name as it is in the file, without its version.
func (s *Symbols) rawName(one entry) string {
	table := s.names
	if one.name&inDynamic != 0 {
		table = s.dynamic
	}
	name, isWhole := table.text(one.name&maxName, maxNameBytes)
	if !isWhole && name != "" {
		return name + "…"
	}
	return withoutVersion(name)
}

// FunctionStart is where the function with a name begins and ends, in file
// offsets. The name is exact and undemangled ("_PyEval_EvalFrameDefault"); a
// version behind "@" does not count. Of several, static functions of different
// sources, it is the first in the file, a global one before all. For the parts
// that a compiler has split off see Ranges. It reads the names of the whole
// file: once is cheap, for every sample it is not.
func (s *Symbols) FunctionStart(name string) (start, end uint64, ok bool) {
	found := s.named(name, func(raw string) bool { return raw == name })
	if len(found) == 0 {
		return 0, 0, false
	}
	best := slices.MinFunc(found, func(x, y entry) int { return cmp.Compare(x.extent&isLocal, y.extent&isLocal) })
	return uint64(best.start), best.end(), true
}

// Ranges is where code of a function lies: the function itself and what the
// compiler made of parts or copies of it, whose names go on with a "."
// (NAME.cold, NAME.cold.12, NAME.part.0, NAME.constprop.0, NAME.lto_priv.0 …).
// They ascend and do not overlap. Its cost is that of FunctionStart.
func (s *Symbols) Ranges(name string) []Range {
	var ranges []Range
	for _, one := range s.named(name, func(raw string) bool { return isPartOf(raw, name) }) {
		last := len(ranges) - 1
		if last >= 0 && uint64(one.start) <= ranges[last].End {
			ranges[last].End = max(ranges[last].End, one.end())
			continue
		}
		ranges = append(ranges, Range{uint64(one.start), one.end()})
	}
	return ranges
}

// named are the symbols, in order, whose undemangled name is accepted and begins with prefix.
func (s *Symbols) named(prefix string, accept func(raw string) bool) []entry {
	places, dynamic := s.names.find(prefix), s.dynamic.find(prefix)
	var found []entry
	for _, one := range s.entries {
		in := places
		if one.name&inDynamic != 0 {
			in = dynamic
		}
		if one.extent&isPLT == 0 && in[one.name&maxName] && accept(s.rawName(one)) {
			found = append(found, one)
		}
	}
	return found
}

// BuildID is the file's NT_GNU_BUILD_ID in lower-case hex; empty if it has none.
func (s *Symbols) BuildID() string { return s.buildID }

// Len is how many symbols there are.
func (s *Symbols) Len() int { return len(s.entries) }

// Bytes is the memory that the table holds.
func (s *Symbols) Bytes() int { return cap(s.entries)*entryBytes + s.held }

// Close closes the debug file, if one was opened. Nothing may be asked afterwards.
func (s *Symbols) Close() error {
	if s.opened == nil {
		return nil
	}
	return s.opened.Close()
}
