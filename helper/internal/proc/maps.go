package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Mapping is one line of /proc/PID/maps (proc(5)).
type Mapping struct {
	Start, End uint64
	// Permissions as in "r-xp".
	Permissions string
	// FileOffset of Start in the file, in bytes.
	FileOffset uint64
	// Device as "major:minor" in hexadecimal.
	Device string
	Inode  uint64
	// Path as the process sees it, without " (deleted)"; empty for anonymous memory.
	Path    string
	Deleted bool
}

// Executable tells whether code can run in it.
func (m *Mapping) Executable() bool { return len(m.Permissions) == 4 && m.Permissions[2] == 'x' }

// Maps lists the process's mappings in address order.
func (p *Process) Maps() ([]Mapping, error) {
	data, err := p.read("maps")
	if err != nil {
		return nil, err
	}
	return parseMaps(data), nil
}

// parseMaps skips lines that are not in proc(5)'s form.
func parseMaps(data []byte) []Mapping {
	mappings := make([]Mapping, 0, bytes.Count(data, []byte{'\n'}))
	for line := range strings.Lines(string(data)) {
		if mapping, ok := parseMapping(strings.TrimSuffix(line, "\n")); ok {
			mappings = append(mappings, mapping)
		}
	}
	return mappings
}

func parseMapping(line string) (Mapping, bool) {
	var fields [5]string
	rest := line
	for i := range fields {
		var found bool
		fields[i], rest, found = strings.Cut(rest, " ")
		if !found && i < len(fields)-1 {
			return Mapping{}, false
		}
	}
	first, last, _ := strings.Cut(fields[0], "-")
	start, err1 := strconv.ParseUint(first, 16, 64)
	end, err2 := strconv.ParseUint(last, 16, 64)
	offset, err3 := strconv.ParseUint(fields[2], 16, 64)
	inode, err4 := strconv.ParseUint(fields[4], 10, 64)
	if errors.Join(err1, err2, err3, err4) != nil || end < start {
		return Mapping{}, false
	}
	path, deleted := strings.CutSuffix(strings.TrimLeft(rest, " "), " (deleted)")
	return Mapping{
		Start: start, End: end, Permissions: fields[1], FileOffset: offset,
		Device: fields[3], Inode: inode, Path: unescape(path), Deleted: deleted,
	}, true
}

// unescape undoes the kernel's \012 for a line break in a path (seq_path).
func unescape(path string) string { return strings.ReplaceAll(path, `\012`, "\n") }

// OpenMapped opens the very file that is mapped, even when it was deleted or
// replaced since or lies in another mount namespace (map_files needs
// CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE); else the file now at its path, if
// that is the same one.
func (p *Process) OpenMapped(mapping *Mapping) (*os.File, error) {
	file, err := os.Open(p.path(fmt.Sprintf("map_files/%x-%x", mapping.Start, mapping.End)))
	if err == nil {
		return file, nil
	}
	if mapping.Deleted {
		return nil, fmt.Errorf("%s: %w", mapping.Path, fs.ErrNotExist)
	}
	file, err = os.Open(p.Root() + mapping.Path)
	if err != nil {
		return nil, gone(err)
	}
	id, err := FileIDOf(file)
	if err != nil || id.Inode != mapping.Inode {
		return nil, errors.Join(fmt.Errorf("%s is no longer the file that is mapped", mapping.Path), err, file.Close())
	}
	return file, nil
}
