package cpython

import (
	"encoding/binary"
	"io"
)

// ThreadNames reads what a process calls its threads: threading._active, a dict
// {identifier: Thread}. Not safe for concurrent use.
type ThreadNames struct {
	memory      io.ReaderAt
	interpreter *Interpreter
	// active are the dicts that were found, by interpreter: modules keep theirs for good.
	active map[uint64]uint64
	known  map[activeThread]threadName
}

// activeThread is an entry of threading._active: the addresses of key and value.
type activeThread struct{ key, thread uint64 }

type threadName struct {
	// ids are what may be the thread's in the PID namespace of its process: one
	// is, and others are those of no thread.
	ids  []int
	name string
}

// maxThreadName is the longest name that is read, in characters.
const maxThreadName = 256

// NewThreadNames makes a reader for one process.
func NewThreadNames(memory io.ReaderAt, interpreter *Interpreter) *ThreadNames {
	return &ThreadNames{
		memory: memory, interpreter: interpreter,
		active: map[uint64]uint64{}, known: map[activeThread]threadName{},
	}
}

// Read finds the threads that are there now: names by the ids that threads have
// in the PID namespace of their process. What was read before is not read again.
// Empty while the program has not imported threading.
func (n *ThreadNames) Read() map[int]string {
	names := map[int]string{}
	if n.interpreter.InterpretersAddress == 0 || n.interpreter.Offsets.InterpreterModules <= 0 {
		return names
	}
	r := &objectReader{
		memory: n.memory, offsets: &n.interpreter.Offsets,
		version: n.interpreter.Version, freeThreaded: n.interpreter.FreeThreaded,
	}
	known := map[activeThread]threadName{}
	interpreter, err := r.word(n.interpreter.InterpretersAddress)
	const maxInterpreters = 64
	for range maxInterpreters {
		if err != nil || interpreter == 0 {
			break
		}
		n.readInterpreter(r, interpreter, known)
		interpreter, err = r.word(interpreter + uint64(n.interpreter.Offsets.InterpreterNext))
	}
	// Threads that have ended are forgotten: their addresses are re-used.
	n.known = known
	for _, one := range known {
		for _, id := range one.ids {
			names[id] = one.name
		}
	}
	return names
}

func (n *ThreadNames) readInterpreter(r *objectReader, interpreter uint64, known map[activeThread]threadName) {
	active := n.active[interpreter]
	if active == 0 {
		if active = findActive(r, interpreter); active == 0 {
			return
		}
		n.active[interpreter] = active
	}
	err := r.each(active, func(key, thread uint64) bool {
		at := activeThread{key, thread}
		one, ok := n.known[at]
		if !ok {
			one, ok = n.nameOf(r, at)
		}
		if ok {
			known[at] = one
		}
		return true
	})
	if err != nil {
		delete(n.active, interpreter)
	}
}

// findActive is the dict threading._active of an interpreter; 0 when there is none.
func findActive(r *objectReader, interpreter uint64) uint64 {
	modules, err := r.word(interpreter + uint64(r.offsets.InterpreterModules))
	if err != nil {
		return 0
	}
	threading, err := r.item(modules, "threading")
	if err != nil || threading == 0 {
		return 0
	}
	// PyModuleObject begins with md_dict (CPython Include/internal/pycore_moduleobject.h;
	// before 3.11 Objects/moduleobject.c).
	space, err := r.word(threading + uint64(r.offsets.ObjectBytes))
	if err != nil {
		return 0
	}
	active, err := r.item(space, "_active")
	if err != nil {
		return 0
	}
	return active
}

func (n *ThreadNames) nameOf(r *objectReader, at activeThread) (threadName, bool) {
	identifier, err := r.integer(at.key)
	if err != nil {
		return threadName{}, false
	}
	attribute := "_name"
	if r.version.Major == 2 {
		attribute = "_Thread__name"
	}
	object, err := r.attribute(at.thread, attribute)
	if err != nil || object == 0 {
		return threadName{}, false
	}
	raw, kind, err := readBounded(r.memory, object, r.offsets, maxThreadName)
	if err != nil || len(raw) == 0 {
		return threadName{}, false
	}
	one := threadName{name: DecodeCharacters(raw, kind)}
	// The identifier is pthread_self(), where the C library keeps the id.
	for _, offset := range ThreadIDOffsets(n.interpreter.Libc) {
		var id [4]byte
		if r.read(id[:], identifier+offset) == nil {
			one.ids = append(one.ids, int(int32(binary.LittleEndian.Uint32(id[:]))))
		}
	}
	return one, len(one.ids) > 0
}
