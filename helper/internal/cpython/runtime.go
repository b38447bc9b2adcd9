package cpython

import (
	"encoding/binary"
	"errors"
	"path"
	"regexp"

	"emberline/helper/internal/proc"
)

// pythonFile are the names under which an interpreter is mapped; the
// executable itself is looked at under any name.
var pythonFile = regexp.MustCompile(`^(lib)?python\d`)

// loaderFile is the dynamic loader, which can be the program itself: it then
// maps the program that it is given when it already runs.
var loaderFile = regexp.MustCompile(`^(ld-linux|ld-musl|ld-\d|ld\.so)`)

// candidate is a file that holds a runtime, and one mapping of it.
type candidate struct {
	image *image
	at    *proc.Mapping
}

// runtimeOf returns the file that holds the process's runtime. There may be two:
// a program with an interpreter of its own that links or opens libpython too, or
// one that opens two of them. The one that has begun to run counts.
func (d *Detector) runtimeOf(process *proc.Process, mappings []proc.Mapping) (*image, *proc.Mapping, error) {
	found, err := d.candidates(process, mappings)
	if len(found) == 0 && (err == nil || errors.Is(err, ErrNotReady)) {
		found = d.search(process, mappings)
	}
	switch len(found) {
	case 0:
		if err == nil {
			err = ErrNotPython
		}
		return nil, nil, err
	case 1:
		return found[0].image, found[0].at, nil
	}
	memory := proc.Memory(process.PID)
	for _, one := range found {
		bias, ok := one.image.bias(one.at)
		if !ok || one.image.why != nil {
			continue
		}
		var head [8]byte
		address := one.image.access.interpretersAddress(bias, one.image)
		if _, err := memory.ReadAt(head[:], int64(address)); err == nil && binary.LittleEndian.Uint64(head[:]) != 0 {
			return one.image, one.at, nil
		}
	}
	return nil, nil, ErrNotReady
}

// candidates are the files that can be told to be interpreters by their names,
// and the executable.
func (d *Detector) candidates(process *proc.Process, mappings []proc.Mapping) ([]candidate, error) {
	executable := process.Executable()
	var found []candidate
	var program *proc.Mapping
	seen := map[string]bool{}
	for i := range mappings {
		mapping := &mappings[i]
		if mapping.Path == "" || seen[mapping.Path] {
			continue
		}
		if mapping.Path == executable {
			seen[mapping.Path], program = true, mapping
			continue
		}
		if !pythonFile.MatchString(path.Base(mapping.Path)) {
			continue
		}
		seen[mapping.Path] = true
		if image, err := d.image(process, mapping); err == nil && image.hasRuntime() {
			found = append(found, candidate{image, mapping})
		}
	}
	if program == nil {
		// Between the kernel's dropping the old program and mapping the new one.
		return nil, ErrNotReady
	}
	image, err := d.image(process, program)
	switch {
	case err != nil && len(found) > 0:
		return found, nil
	case err != nil:
		return nil, err
	case image.hasRuntime():
		// A program that links libpython may carry stray symbols of its own, so the
		// libraries go first.
		return append(found, candidate{image, program}), nil
	case len(found) == 0 && (image.needsLibpython || loaderFile.MatchString(path.Base(executable))):
		return nil, ErrNotReady
	}
	return found, nil
}

// mappedFile is how /proc/PID/maps tells a file from others.
type mappedFile struct {
	device string
	inode  uint64
	path   string
}

// search looks for a runtime in mapped files of any name, such as a server's
// plug-in that CPython is linked into. A file without one is read once.
func (d *Detector) search(process *proc.Process, mappings []proc.Mapping) []candidate {
	var found []candidate
	for i := range mappings {
		mapping := &mappings[i]
		id := mappedFile{mapping.Device, mapping.Inode, mapping.Path}
		// A file's first mapping is at its start.
		if mapping.Inode == 0 || mapping.FileOffset != 0 || d.isForeign(id) {
			continue
		}
		image, err := d.image(process, mapping)
		if err == nil && image.hasRuntime() {
			found = append(found, candidate{image, mapping})
			continue
		}
		d.addForeign(id)
	}
	return found
}

func (d *Detector) isForeign(id mappedFile) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.foreign[id]
}

func (d *Detector) addForeign(id mappedFile) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.foreign) >= maxImages {
		clear(d.foreign)
	}
	d.foreign[id] = true
}
