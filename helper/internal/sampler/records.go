package sampler

import (
	"bytes"
	"unsafe"
)

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

// Sample is one interrupted thread, leaf first. It and its slices are only valid
// during the call.
type Sample struct {
	TimeNs     uint64
	PID        int
	TID        int
	Generation uint32
	Comm       string
	// Kernel addresses.
	Kernel []uint64
	Python []PythonFrame
	// Reason names the counter that ended the walk early, empty for a whole stack.
	Reason         string
	Truncated      bool
	Failed         bool
	NoThreadState  bool
	NotInitialized bool
}

// Piece is part of a code object: raw bytes, or the address to read them from.
type Piece struct {
	Address uint64
	Bytes   []byte
	// Present is false when the bytes were too long or not readable in the kernel.
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
	Forked EventKind = EventKind(bpfProcessEventPROCESS_FORK)
	Execed EventKind = EventKind(bpfProcessEventPROCESS_EXEC)
	Exited EventKind = EventKind(bpfProcessEventPROCESS_EXIT)
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

// Handler receives what the kernel saw, in order.
type Handler interface {
	Sample(*Sample)
	Code(*CodeRecord)
	Class(*ClassRecord)
}

// cast views bytes as one of the generated structs. The layout is the kernel's
// own (BTF), the byte order the host's; ring records are 8-byte aligned.
func cast[T any](raw []byte) (*T, []byte, bool) {
	var zero T
	size := int(unsafe.Sizeof(zero))
	if len(raw) < size {
		return nil, nil, false
	}
	return (*T)(unsafe.Pointer(unsafe.SliceData(raw))), raw[size:], true
}

// decoder turns records into samples, whose slices it uses again and again.
type decoder struct {
	kernel []uint64
	python []PythonFrame
}

func (d *decoder) dispatch(raw []byte, handler Handler) {
	kind, _, ok := cast[uint32](raw)
	if !ok {
		return
	}
	switch bpfRecordType(*kind) {
	case bpfRecordTypeRECORD_SAMPLE:
		if sample, ok := d.sample(raw); ok {
			handler.Sample(&sample)
		}
	case bpfRecordTypeRECORD_CODE:
		if record, ok := decodeCode(raw); ok {
			handler.Code(&record)
		}
	case bpfRecordTypeRECORD_TYPE:
		if record, name, ok := cast[bpfTypeRecord](raw); ok && int(record.NameBytes) <= len(name) {
			handler.Class(&ClassRecord{
				Generation: record.Generation, ID: record.Id, Name: string(name[:record.NameBytes]),
			})
		}
	case bpfRecordTypeRECORD_PROCESS:
	}
}

func (d *decoder) sample(raw []byte) (Sample, bool) {
	header, rest, ok := cast[bpfSample](raw)
	if !ok {
		return Sample{}, false
	}
	sample := Sample{
		TimeNs:         header.TimeNs,
		PID:            int(header.Tgid),
		TID:            int(header.Tid),
		Generation:     header.Generation,
		Comm:           comm(header.Comm),
		Truncated:      header.Flags&uint32(bpfSampleFlagSAMPLE_TRUNCATED) != 0,
		Failed:         header.Flags&uint32(bpfSampleFlagSAMPLE_ERROR) != 0,
		NoThreadState:  header.Flags&uint32(bpfSampleFlagSAMPLE_NO_THREAD_STATE) != 0,
		NotInitialized: header.Flags&uint32(bpfSampleFlagSAMPLE_NOT_INITIALIZED) != 0,
	}
	if header.Reason != 0 && int(header.Reason) < len(counterList) {
		sample.Reason = counterList[header.Reason].Name
	}
	d.kernel, d.python = d.kernel[:0], d.python[:0]
	for range header.KernelFrames {
		address, left, ok := cast[uint64](rest)
		if !ok {
			return Sample{}, false
		}
		d.kernel, rest = append(d.kernel, *address), left
	}
	for range header.PythonFrames {
		frame, left, ok := cast[bpfPythonFrame](rest)
		if !ok {
			return Sample{}, false
		}
		rest = left
		d.python = append(d.python, PythonFrame{
			Code:       CodeID{Address: frame.Code, Generation: header.Generation, Checksum: frame.Checksum},
			ByteOffset: frame.Offset,
			Class:      frame.Type,
			Address:    frame.Frame &^ 3,
			Entry:      frame.Frame&uint64(bpfFrameFlagFRAME_ENTRY) != 0,
			Marker:     frame.Frame&uint64(bpfFrameFlagFRAME_MARKER) != 0,
		})
	}
	sample.Kernel, sample.Python = d.kernel, d.python
	return sample, true
}

func decodeCode(raw []byte) (CodeRecord, bool) {
	header, rest, ok := cast[bpfCodeRecord](raw)
	if !ok {
		return CodeRecord{}, false
	}
	record := CodeRecord{
		ID:        CodeID{Address: header.Code, Generation: header.Generation, Checksum: header.Checksum},
		PID:       int(header.Tgid),
		FirstLine: int(header.FirstLine),
	}
	take := func(address uint64, size uint32, kind uint8) Piece {
		piece := Piece{Address: address, Kind: int(kind)}
		if size == uint32(bpfCodePieceCODE_PIECE_ABSENT) || int(size) > len(rest) {
			return piece
		}
		piece.Bytes, piece.Present = bytes.Clone(rest[:size]), true
		rest = rest[size:]
		return piece
	}
	record.Filename = take(header.Filename, header.FilenameBytes, header.FilenameKind)
	record.Qualname = take(header.Qualname, header.QualnameBytes, header.QualnameKind)
	record.LineTable = take(header.LineTable, header.LineTableBytes, 1)
	return record, true
}

func decodeProcess(raw []byte) (ProcessEvent, bool) {
	record, _, ok := cast[bpfProcessRecord](raw)
	if !ok {
		return ProcessEvent{}, false
	}
	return ProcessEvent{
		Kind:             EventKind(record.Event),
		PID:              int(record.Tgid),
		Parent:           int(record.Parent),
		Generation:       record.Generation,
		ParentGeneration: record.ParentGeneration,
		TimeNs:           record.TimeNs,
		CPUNs:            int64(record.CpuNs),
		Comm:             comm(record.Comm),
	}, true
}

// comm is the kernel's 16-byte, NUL-padded task name.
func comm(raw [16]int8) string {
	name := make([]byte, 0, len(raw))
	for _, c := range raw {
		if c == 0 {
			break
		}
		name = append(name, byte(c))
	}
	return string(name)
}
