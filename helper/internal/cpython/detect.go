package cpython

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"emberline/helper/internal/proc"
)

var (
	// ErrNotPython: no file mapped into the process holds a CPython runtime.
	ErrNotPython = errors.New("the process runs no CPython")
	// ErrNotReady: a CPython that has only begun to start; look again in a moment.
	ErrNotReady = errors.New("the interpreter is still being loaded")
)

// UnsupportedError is a CPython that is recognised and cannot be sampled.
type UnsupportedError struct {
	Version Version
	// Why is a clause that follows the version: "versions before 3.11 …".
	Why string
}

func (e *UnsupportedError) Error() string { return fmt.Sprintf("Python %s: %s", e.Version, e.Why) }

// Interpreter is one CPython in one process.
type Interpreter struct {
	Version Version
	// FreeThreaded builds run without a GIL (PEP 703).
	FreeThreaded bool
	// Shared: the interpreter is libpython, not the executable itself.
	Shared bool
	// Libc is "glibc" or "musl".
	Libc    string
	Offsets Offsets
	Access  Access
	// InterpretersAddress is where the pointer to the first interpreter lies, 0
	// where that is not known (a 3.6 whose code is not understood).
	InterpretersAddress uint64
	// Untested: newer than any version that was tried; its own debug offsets are trusted.
	Untested bool
}

// Detector finds interpreters. What it learns of a file it keeps by the file's
// identity, so the second process of a binary costs two opens. Safe for
// concurrent use.
type Detector struct {
	mu     sync.Mutex
	images map[proc.FileID]*image
	// foreign are mapped files that hold no runtime, by what /proc/PID/maps tells of them.
	foreign map[mappedFile]bool
}

// maxImages bounds the cache: a host runs some hundred different programs.
const maxImages = 4096

// NewDetector makes an empty one.
func NewDetector() *Detector {
	return &Detector{images: map[proc.FileID]*image{}, foreign: map[mappedFile]bool{}}
}

// Detect identifies the interpreter of a process. Beside an *UnsupportedError
// it returns what it could tell.
func (d *Detector) Detect(process *proc.Process) (*Interpreter, error) {
	mappings, err := process.Maps()
	if err != nil {
		return nil, err
	}
	if len(mappings) == 0 {
		return nil, ErrNotPython // a kernel thread or a zombie
	}
	found, at, err := d.runtimeOf(process, mappings)
	if err != nil {
		return nil, err
	}
	bias, ok := found.bias(at)
	if !ok {
		return nil, ErrNotReady
	}
	interpreter := &Interpreter{
		Version: found.version, FreeThreaded: found.freeThreaded,
		Shared: found.isLibrary(at.Path), Libc: libcOf(mappings), Offsets: found.offsets,
		Untested: found.version.Major == 3 && found.version.Minor > newestKnown,
	}
	if found.why != nil {
		return interpreter, &UnsupportedError{Version: found.version, Why: found.why.Error()}
	}
	if interpreter.Libc == "" {
		return nil, ErrNotReady
	}
	tss, ok := tssLayout(interpreter.Libc, runtime.GOARCH)
	if !ok {
		return interpreter, &UnsupportedError{Version: found.version, Why: "it cannot be sampled on " + runtime.GOARCH + " yet"}
	}
	interpreter.Access, err = found.access.resolve(proc.Memory(process.PID), bias, found, &interpreter.Offsets, tss)
	if err != nil {
		return nil, err
	}
	interpreter.InterpretersAddress = found.access.interpretersAddress(bias, found)
	return interpreter, nil
}

// image opens and reads a mapped file, once for each version of it.
func (d *Detector) image(process *proc.Process, mapping *proc.Mapping) (*image, error) {
	file, err := process.OpenMapped(mapping)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	id, err := proc.FileIDOf(file)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	known := d.images[id]
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	read := readImage(file, mapping.Path)
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.images) >= maxImages {
		clear(d.images)
	}
	d.images[id] = read
	return read, nil
}
