package symbolize

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"hash/crc32"
	"io"
	"path"
	"strings"
)

// File is an open file of a target.
type File interface {
	io.ReaderAt
	io.Closer
}

// DebugFiles opens files of a target by their absolute path in its own file
// system. nil stands for none.
type DebugFiles interface {
	Open(path string) (File, error)
}

// debugRoot is where distributions put debug files (GDB's manual, "Debugging
// Information in Separate Files").
const debugRoot = "/usr/lib/debug"

// maxChecked bounds a file whose checksum is computed; it takes about 0.2 s.
const maxChecked = 512 << 20

// findDebug opens the file with a file's full symbol table: by build id, else by
// debug link in the file's folder, in .debug below it, or in its image below
// debugRoot, which is GDB's order. nil when there is none that belongs to it.
func findDebug(original *elfFile, originalPath string, debug DebugFiles) (*elfFile, io.Closer) {
	if debug == nil {
		return nil, nil
	}
	if id := original.buildID; len(id) > 2 {
		name := debugRoot + "/.build-id/" + id[:2] + "/" + id[2:] + ".debug"
		if found, closer := openDebug(original, name, nil, debug); found != nil {
			return found, closer
		}
	}
	link, checksum, ok := debugLink(original)
	if !ok || !path.IsAbs(originalPath) {
		return nil, nil
	}
	folder := path.Dir(originalPath)
	for _, name := range []string{path.Join(folder, link), path.Join(folder, ".debug", link), path.Join(debugRoot, folder, link)} {
		if name == originalPath {
			continue
		}
		if found, closer := openDebug(original, name, &checksum, debug); found != nil {
			return found, closer
		}
	}
	return nil, nil
}

// debugLink reads .gnu_debuglink: a file name, padding to 4 bytes, and the CRC32
// of that file (GDB's manual, "Debugging Information in Separate Files").
func debugLink(original *elfFile) (name string, checksum uint32, ok bool) {
	s := original.section(".gnu_debuglink")
	if s == nil || s.size > 4096 || s.size < 8 {
		return "", 0, false
	}
	data := make([]byte, s.size)
	if !readFull(original.file, s.offset, data) {
		return "", 0, false
	}
	text, _, _ := bytes.Cut(data, []byte{0})
	at := (len(text) + 1 + 3) &^ 3
	name = string(text)
	if at+4 > len(data) || name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
		return "", 0, false
	}
	return name, binary.LittleEndian.Uint32(data[at:]), true
}

// openDebug opens a debug file and closes it again unless it belongs to the
// original: two build ids must be equal; where one is missing the checksum must
// be right, if there is one.
func openDebug(original *elfFile, name string, checksum *uint32, debug DebugFiles) (*elfFile, io.Closer) {
	file, err := debug.Open(name)
	if err != nil {
		return nil, nil
	}
	found, err := readELF(file)
	if err == nil && found.machine == original.machine && found.ofKind(elf.SHT_SYMTAB) != nil {
		haveBoth := found.buildID != "" && original.buildID != ""
		switch {
		case haveBoth && found.buildID == original.buildID:
			return found, file
		case !haveBoth && checksum != nil && hasChecksum(file, *checksum):
			return found, file
		}
	}
	file.Close()
	return nil, nil
}

func hasChecksum(file io.ReaderAt, want uint32) bool {
	hash := crc32.NewIEEE()
	n, err := io.Copy(hash, io.NewSectionReader(file, 0, maxChecked))
	return err == nil && n < maxChecked && hash.Sum32() == want
}
