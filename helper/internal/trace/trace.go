// Package trace is what samplers hand over, whichever way they came by it: pure
// records, without names of files or lines.
package trace

// CodeID names a code object: an address within one address space, and a hash
// of its identifying fields, because addresses are re-used.
type CodeID struct {
	Address    uint64
	Generation uint32
	Checksum   uint32
}

// PythonFrame is one frame of a sample.
type PythonFrame struct {
	Code CodeID
	// ByteOffset into the bytecode, negative before the first instruction.
	ByteOffset int32
	// Class is the id of the method's class (before 3.11), 0 for none.
	Class uint64
	// Address of the frame in the process.
	Address uint64
	// Entry: the oldest Python frame of its evaluation loop (3.11).
	Entry bool
	// Marker: an entry frame on the C stack that runs no code itself (3.12+).
	Marker bool
}

// NativeFrame is one frame of compiled code.
type NativeFrame struct {
	// IP is where the thread was interrupted when Exact, else a return address.
	IP    uint64
	Exact bool
	// SP is the stack pointer in this frame, which its caller's ends.
	SP uint64
	// Loop: an evaluation loop, taken up above code without unwind rules. IP is not
	// known, and the frames between it and the one before are missing.
	Loop bool
}

// Loop is where the native frame of an interpreter's evaluation loop ends, in bytes
// above its entry frame, and how far below that its caller's frame pointer is saved
// (0: it is not). Bytes is 0 as long as that is not known.
type Loop struct{ Bytes, SavedFramePointer uint32 }

// Mapping is a part of an address space that holds code, as a sampler needs it.
type Mapping struct {
	Start, End uint64
	// FileOffset of Start, in bytes.
	FileOffset uint64
	// FirstRow and Rows are the file's unwind table; no rows: it has none.
	FirstRow, Rows uint32
	// NotLoaded: there is a table, to be had when code of the file is met.
	NotLoaded bool
}

// MappingSet names mappings that a sampler knows.
type MappingSet struct{ First, Count uint32 }

// Sample is one interrupted thread, leaf first. It and its slices are only valid
// during the call.
type Sample struct {
	TimeNs     uint64
	PID        int
	TID        int
	Generation uint32
	Comm       string
	// Count is how many samples it stands for.
	Count int
	// Kernel addresses.
	Kernel []uint64
	Native []NativeFrame
	Python []PythonFrame
	// NativeEnd names the counter that tells how the native walk ended; NativeWhole
	// when it came to the thread's first frame, empty when there was none.
	NativeEnd string
	// NativeGap is how it ended before it was taken up again, empty when it was not.
	NativeGap string
	// Reason names the counter that ended the walk early, empty for a whole stack.
	Reason         string
	Truncated      bool
	Failed         bool
	NoThreadState  bool
	NotInitialized bool
}

// The ways a native walk ends that somebody has to act upon; counters of the sampler.
const (
	NativeWhole     = "native_whole"
	NativeUnmapped  = "native_unmapped"
	NativeNotLoaded = "native_not_loaded"
)

// Piece is part of a code object: raw bytes, or the address to read them from.
type Piece struct {
	Address uint64
	Bytes   []byte
	// Present is false when the bytes were too long to carry or could not be read then.
	Present bool
	// Kind is 1, 2 or 4 bytes a character, for strings.
	Kind int
}

// CodeRecord is a code object at first sight.
type CodeRecord struct {
	ID        CodeID
	PID       int
	FirstLine int
	Filename  Piece
	Qualname  Piece
	LineTable Piece
}

// ClassRecord is a class at first sight, before versions whose code objects
// know their qualified names. Name is empty when the object was no class.
type ClassRecord struct {
	Generation uint32
	ID         uint64
	Name       string
}

// EventKind tells what happened to a process.
type EventKind int

// The kinds of process life.
const (
	Forked EventKind = iota + 1
	Execed
	Exited
)

// ProcessEvent is one step of a process's life. Generation began (fork) or
// ended (exec, exit); 0 means that the process was not followed.
type ProcessEvent struct {
	Kind             EventKind
	PID              int
	Parent           int
	Generation       uint32
	ParentGeneration uint32
	TimeNs           uint64
	// CPUNs is the group's CPU time, on exit.
	CPUNs int64
	Comm  string
}

// Handler receives what was sampled, in order.
type Handler interface {
	Sample(*Sample)
	Code(*CodeRecord)
	Class(*ClassRecord)
}
