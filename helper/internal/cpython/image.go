package cpython

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"emberline/helper/internal/proc"
)

// image is what an ELF file on disk tells about the CPython in it.
type image struct {
	// runtime is the virtual address of _PyRuntime (of _PyThreadState_Current
	// in 2.7 and 3.6), before relocation; 0 when the file is no CPython.
	runtime        uint64
	version        Version
	freeThreaded   bool
	needsLibpython bool
	loads          []elf.ProgHeader
	// offsets and access of this build, or why it cannot be sampled.
	offsets Offsets
	access  accessCode
	why     error
}

func (i *image) hasRuntime() bool { return i.runtime != 0 }

func (i *image) isLibrary(mappedPath string) bool {
	return strings.HasPrefix(path.Base(mappedPath), "libpython")
}

// Bounds on what a file can make the helper read: its sections may claim any
// size, and a sparse file has it without taking room.
const (
	// maxSection is for text, maxTable for tables, which take three times as much
	// memory as in the file: libpython's are below a tenth of that.
	maxSection = 64 << 20
	maxTable   = 16 << 20
	// maxRead is for all of a file together, its section names included.
	maxRead = 128 << 20
)

var errTooLong = errors.New("the file is larger than an interpreter's")

// boundedFile is a file of which so many bytes may be read.
type boundedFile struct {
	file io.ReaderAt
	left int
}

func (b *boundedFile) ReadAt(p []byte, at int64) (int, error) {
	if len(p) > b.left {
		return 0, errTooLong
	}
	b.left -= len(p)
	return b.file.ReadAt(p, at)
}

// readImage never fails: a file that is not an ELF, or is broken, is no CPython.
func readImage(file io.ReaderAt, mappedPath string) *image {
	i := &image{}
	binary, err := elf.NewFile(&boundedFile{file, maxRead})
	if err != nil {
		return i
	}
	for _, segment := range binary.Progs {
		if segment.Type == elf.PT_LOAD {
			i.loads = append(i.loads, segment.ProgHeader)
		}
	}
	if section := binary.SectionByType(elf.SHT_DYNAMIC); section != nil && section.Size <= maxTable {
		libraries, _ := binary.ImportedLibraries()
		i.needsLibpython = slices.ContainsFunc(libraries, func(library string) bool {
			return strings.HasPrefix(library, "libpython")
		})
	}
	symbols := findSymbols(binary, "_PyRuntime", "Py_Version", "_PyThreadState_Current")
	i.runtime = symbols["_PyRuntime"]
	// 3.10+ keeps the runtime in a section of its own, which outlives any strip.
	if section := binary.Section(".PyRuntime"); i.runtime == 0 && section != nil {
		i.runtime = section.Addr
	}
	if i.runtime == 0 {
		i.runtime = symbols["_PyThreadState_Current"]
	}
	if i.runtime != 0 {
		debug := i.readVersion(binary, symbols["Py_Version"], mappedPath)
		if i.offsets, i.why = OffsetsOf(i.version, i.freeThreaded, debug); i.why == nil {
			i.access, i.why = readAccess(binary, i.version)
		}
	}
	return i
}

// readVersion tries, in this order, what each generation of CPython offers:
// _Py_DebugOffsets (3.13+), whose initial image is complete in the file and which
// it returns, Py_Version (3.11+), the version string (all).
func (i *image) readVersion(file *elf.File, versionSymbol uint64, mappedPath string) []byte {
	if data := readVirtual(file, i.runtime, debugMaxBytes); bytes.HasPrefix(data, []byte(debugCookie)) && len(data) >= debugFreeThreaded+8 {
		i.version = VersionFromHex(binary.LittleEndian.Uint64(data[debugVersion:]))
		i.freeThreaded = binary.LittleEndian.Uint64(data[debugFreeThreaded:]) == 1
		return data
	}
	if data := readVirtual(file, versionSymbol, 8); versionSymbol != 0 && len(data) == 8 {
		i.version = VersionFromHex(binary.LittleEndian.Uint64(data))
		return nil
	}
	if section := file.Section(".rodata"); section != nil && section.Size <= maxSection {
		if data, err := section.Data(); err == nil {
			i.version = versionFromText(data, mappedPath)
		}
	}
	return nil
}

// bias is what a mapping of the file adds to its virtual addresses.
func (i *image) bias(mapping *proc.Mapping) (uint64, bool) {
	const page = 4096
	for _, load := range i.loads {
		start := load.Off &^ (page - 1)
		if mapping.FileOffset >= start && mapping.FileOffset < load.Off+max(load.Filesz, 1) {
			return mapping.Start - mapping.FileOffset + load.Off - load.Vaddr, true
		}
	}
	return 0, false
}

// findSymbols looks dynamic symbols up, which stripping leaves in place. The
// string table is searched first: it is a tenth of the work, and most programs
// hold none of the names.
func findSymbols(file *elf.File, names ...string) map[string]uint64 {
	section := file.Section(".dynstr")
	if section == nil || section.Size > maxSection {
		return nil
	}
	text, err := section.Data()
	if err != nil || !containsAny(text, names) {
		return nil
	}
	if table := file.SectionByType(elf.SHT_DYNSYM); table == nil || table.Size > maxTable {
		return nil
	}
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return nil
	}
	found := map[string]uint64{}
	for _, symbol := range symbols {
		if symbol.Section == elf.SHN_UNDEF {
			continue
		}
		for _, name := range names {
			if symbol.Name == name {
				found[name] = symbol.Value
			}
		}
	}
	return found
}

// findStatic looks a symbol up that only an unstripped file has.
func findStatic(file *elf.File, name string) uint64 {
	if table := file.SectionByType(elf.SHT_SYMTAB); table == nil || table.Size > maxTable {
		return 0
	}
	symbols, err := file.Symbols()
	if err != nil {
		return 0
	}
	for _, symbol := range symbols {
		if symbol.Name == name && symbol.Section != elf.SHN_UNDEF {
			return symbol.Value
		}
	}
	return 0
}

func containsAny(text []byte, names []string) bool {
	for _, name := range names {
		if bytes.Contains(text, append([]byte(name), 0)) {
			return true
		}
	}
	return false
}

// readVirtual reads up to size bytes of a file at a virtual address.
func readVirtual(file *elf.File, address uint64, size int) []byte {
	for _, segment := range file.Progs {
		if segment.Type != elf.PT_LOAD || address < segment.Vaddr || address >= segment.Vaddr+segment.Filesz {
			continue
		}
		data := make([]byte, min(uint64(size), segment.Vaddr+segment.Filesz-address))
		if _, err := segment.ReadAt(data, int64(address-segment.Vaddr)); err != nil {
			return nil
		}
		return data
	}
	return nil
}
