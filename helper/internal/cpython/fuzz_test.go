package cpython

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"runtime"
	"testing"
	"unicode/utf8"
)

// tinyELF is an x86-64 library that is loaded at its file offsets: the sections
// of content by name in the order of names, and dynamic symbols that point to them.
func tinyELF(t testing.TB, names []string, content map[string][]byte, symbols map[string]string) []byte {
	t.Helper()
	var file, strings, shstrings bytes.Buffer
	strings.WriteByte(0)
	shstrings.WriteByte(0)
	put := func(value any) {
		if err := binary.Write(&file, binary.LittleEndian, value); err != nil {
			t.Fatal(err)
		}
	}
	at := map[string]uint64{}
	sections := []elf.Section64{{}}
	add := func(name string, kind elf.SectionType, data []byte, link uint32, entry uint64) {
		for file.Len()%16 != 0 {
			file.WriteByte(0)
		}
		at[name] = uint64(file.Len())
		sections = append(sections, elf.Section64{
			Name: uint32(shstrings.Len()), Type: uint32(kind), Flags: uint64(elf.SHF_ALLOC),
			Addr: at[name], Off: at[name], Size: uint64(len(data)), Link: link, Entsize: entry,
		})
		shstrings.WriteString(name + "\x00")
		file.Write(data)
	}
	const headerBytes, segmentBytes = 64, 56
	file.Write(make([]byte, headerBytes+segmentBytes))
	for _, name := range names {
		add(name, elf.SHT_PROGBITS, content[name], 0, 0)
	}
	var table bytes.Buffer
	entries := []elf.Sym64{{}}
	for symbol, section := range symbols {
		entries = append(entries, elf.Sym64{
			Name: uint32(strings.Len()), Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_OBJECT), Shndx: 1, Value: at[section],
		})
		strings.WriteString(symbol + "\x00")
	}
	if err := binary.Write(&table, binary.LittleEndian, entries); err != nil {
		t.Fatal(err)
	}
	add(".dynstr", elf.SHT_STRTAB, strings.Bytes(), 0, 0)
	add(".dynsym", elf.SHT_DYNSYM, table.Bytes(), uint32(len(sections)-1), elf.Sym64Size)
	shstrings.WriteString(".shstrtab\x00")
	sections = append(sections, elf.Section64{
		Name: uint32(shstrings.Len() - 10), Type: uint32(elf.SHT_STRTAB), Off: uint64(file.Len()), Size: uint64(shstrings.Len()),
	})
	file.Write(shstrings.Bytes())
	table.Reset()
	sectionsAt := file.Len()
	put(sections)
	raw := file.Bytes()
	file = *bytes.NewBuffer(nil)
	put(elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_DYN), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Phoff: headerBytes, Shoff: uint64(sectionsAt), Ehsize: headerBytes, Phentsize: segmentBytes, Phnum: 1,
		Shentsize: 64, Shnum: uint16(len(sections)), Shstrndx: uint16(len(sections) - 1),
	})
	put(elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Filesz: uint64(len(raw)), Memsz: uint64(len(raw))})
	copy(raw, file.Bytes())
	return raw
}

// debugOffsets are those of a 3.15, with every member within its bounds.
func debugOffsets() []byte {
	data := make([]byte, debugMaxBytes)
	copy(data, debugCookie)
	for at := debugFreeThreaded + 8; at+8 <= len(data); at += 8 {
		binary.LittleEndian.PutUint64(data[at:], uint64(at%96))
	}
	layout := debugLayouts[15]
	for at, value := range map[int]uint64{layout.unicodeState: 32, layout.unicodeLength: 16, layout.unicodeASCIISize: 40} {
		binary.LittleEndian.PutUint64(data[at:], value)
	}
	binary.LittleEndian.PutUint64(data[debugVersion:], 0x030f00f0)
	binary.LittleEndian.PutUint64(data[debugFreeThreaded:], 0)
	return data
}

// images are small files that look like interpreters, one for each way that
// readImage goes.
func images(t testing.TB) map[string][]byte {
	names := []string{".text", ".rodata", ".PyRuntime"}
	symbols := func(names ...string) map[string]string {
		found := map[string]string{}
		for _, name := range names {
			found[name] = ".text"
		}
		return found
	}
	// mov %fs:-8,%rax; ret
	local := []byte{0xf3, 0x0f, 0x1e, 0xfa, 0x64, 0x48, 0x8b, 0x04, 0x25, 0xf8, 0xff, 0xff, 0xff, 0xc3}
	// lea 0x20(%rip),%rdi; call …; mov 0x10(%rax),%rax; ret
	library := []byte{0x48, 0x8d, 0x3d, 0x20, 0, 0, 0, 0xe8, 0, 0, 0, 0, 0x48, 0x8b, 0x40, 0x10, 0xc3}
	// mov 0x20(%rip),%edi; ret
	static := []byte{0x8b, 0x3d, 0x20, 0, 0, 0, 0xc3}
	return map[string][]byte{
		"3.15 program": tinyELF(t, names, map[string][]byte{".text": local, ".PyRuntime": debugOffsets()}, symbols("PyGILState_GetThisThreadState")),
		"3.15 library": tinyELF(t, names, map[string][]byte{".text": library, ".PyRuntime": debugOffsets()}, symbols("PyGILState_GetThisThreadState")),
		"3.12":         tinyELF(t, names, map[string][]byte{".text": {0xf0, 1, 0x0c, 3, 0, 0, 0, 0}, ".PyRuntime": make([]byte, 64)}, symbols("Py_Version")),
		"3.9":          tinyELF(t, names, map[string][]byte{".text": static, ".rodata": []byte("\x003.9.18\x00")}, symbols("_PyRuntime")),
		"3.6":          tinyELF(t, names, map[string][]byte{".text": static, ".rodata": []byte("\x003.6.15\x00")}, symbols("_PyThreadState_Current", "PyGILState_GetThisThreadState")),
		"2.7":          tinyELF(t, names, map[string][]byte{".text": static, ".rodata": []byte("\x002.7.18\x00")}, symbols("_PyThreadState_Current", "PyInterpreterState_Head")),
	}
}

func TestReadImageOfSmallFiles(t *testing.T) {
	for name, file := range images(t) {
		found := readImage(bytes.NewReader(file), "/usr/bin/python")
		if !found.hasRuntime() || found.why != nil {
			t.Errorf("%s: runtime %#x, %v", name, found.runtime, found.why)
		}
	}
}

func FuzzReadImage(f *testing.F) {
	for _, file := range images(f) {
		f.Add(file, "/usr/bin/python3.9")
	}
	f.Fuzz(func(t *testing.T, file []byte, path string) {
		found := readImage(bytes.NewReader(file), path)
		if found.hasRuntime() && found.why == nil && found.version.IsZero() {
			t.Error("offsets of no version")
		}
		if found.why == nil && found.hasRuntime() {
			checkBounds(t, &found.offsets)
		}
	})
}

// checkBounds holds what the sampler reads against the room that it has (bpf/types.h).
func checkBounds(t *testing.T, o *Offsets) {
	t.Helper()
	if o.FrameBytes > 128 {
		t.Errorf("a frame of %d bytes", o.FrameBytes)
	}
	for _, member := range []struct{ offset, limit int }{
		{o.TStateFrame, 256 - 7}, {o.TStateThreadID, 256 - 7}, {o.FramePrevious, o.FrameBytes - 7}, {o.FrameCode, o.FrameBytes - 7},
		{o.FrameInstr, o.FrameBytes - 3}, {o.FrameOwner, o.FrameBytes}, {o.FrameTLBCIndex, o.FrameBytes - 3}, {o.UnicodeLength, 128},
		{o.UnicodeState, 128}, {o.CodeFilename, 1024}, {o.CodeLineTable, 1024}, {o.BytesSize, 128},
	} {
		if member.offset < -1 || member.offset >= member.limit {
			t.Errorf("offset %d is not below %d", member.offset, member.limit)
		}
	}
}

// sparse is a file of a head and as many zeros as a section may claim.
type sparse []byte

func (s sparse) ReadAt(p []byte, at int64) (int, error) {
	clear(p)
	if at < int64(len(s)) {
		copy(p, s[at:])
	}
	return len(p), nil
}

// A file may claim sections of a terabyte, and be one in which nothing takes room.
func TestReadImageIsBounded(t *testing.T) {
	whole := images(t)["3.12"]
	header := binary.LittleEndian
	sections := header.Uint64(whole[40:])
	count := int(header.Uint16(whole[60:]))
	for i := 1; i < count; i++ {
		file := bytes.Clone(whole)
		size := file[sections+uint64(i)*64+32:]
		header.PutUint64(size, 1<<40)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		readImage(sparse(file), "/usr/bin/python3.9")
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 1<<30 {
			t.Errorf("section %d of a terabyte: %d MiB were allocated", i, got>>20)
		}
	}
}

func FuzzParseDebugOffsets(f *testing.F) {
	f.Add(debugOffsets(), 15, false)
	f.Add(debugOffsets(), 14, true)
	f.Add(debugOffsets()[:600], 13, false)
	f.Fuzz(func(t *testing.T, data []byte, minor int, freeThreaded bool) {
		o, err := parseDebugOffsets(data, Version{Major: 3, Minor: minor}, freeThreaded)
		if err == nil {
			checkBounds(t, &o)
		}
	})
}

func FuzzReadObjects(f *testing.F) {
	debug := debugOffsets()
	f.Add([]byte(str(3, 0x60|1<<2, []byte("abc"))), uint64(0), 12, debug)
	f.Add([]byte(str(1, 0x20|4<<2, []byte{0x25, 0xf5, 1, 0})), uint64(0), 15, debug)
	f.Add([]byte(str(3, 0, []byte("abc"))), uint64(0), 0, debug)
	f.Fuzz(func(t *testing.T, data []byte, address uint64, minor int, debug []byte) {
		version := Version{Major: 3, Minor: minor}
		if minor == 0 {
			version = Version{Major: 2, Minor: 7}
		}
		o, err := OffsetsOf(version, minor%2 == 1, debug)
		if err != nil {
			return
		}
		if text, err := ReadString(memory0(data), address, &o); err == nil && (!utf8.ValidString(text) || len(text) > 4*len(data)) {
			t.Errorf("%d bytes gave %q", len(data), text)
		}
		if raw, err := ReadBytes(memory0(data), address, &o); err == nil && len(raw) > len(data) {
			t.Errorf("%d bytes gave %d", len(data), len(raw))
		}
	})
}

func FuzzVersionFromText(f *testing.F) {
	f.Add([]byte("\x003.9.18\x001.2.11\x00"), "/usr/bin/python3.9")
	f.Add([]byte("%s 2.7.18\x002.7.18+\x00"), "/srv/app")
	f.Fuzz(func(t *testing.T, rodata []byte, path string) {
		version := versionFromText(rodata, path)
		if !version.IsZero() && !bytes.ContainsAny(rodata, "0123456789") {
			t.Errorf("version %s out of nothing", version)
		}
	})
}

var _ io.ReaderAt = sparse(nil)
