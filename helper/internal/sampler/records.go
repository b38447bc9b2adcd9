package sampler

import (
	"bytes"
	"unsafe"

	"emberline/helper/internal/trace"
)

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
	native []trace.NativeFrame
	python []trace.PythonFrame
}

func (d *decoder) dispatch(raw []byte, handler trace.Handler) {
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
			handler.Class(&trace.ClassRecord{
				Generation: record.Generation, ID: record.Id, Name: string(name[:record.NameBytes]),
			})
		}
	case bpfRecordTypeRECORD_PROCESS:
	}
}

func (d *decoder) sample(raw []byte) (trace.Sample, bool) {
	header, rest, ok := cast[bpfSample](raw)
	if !ok {
		return trace.Sample{}, false
	}
	sample := trace.Sample{
		TimeNs:         header.TimeNs,
		PID:            int(header.Tgid),
		TID:            int(header.Tid),
		Generation:     header.Generation,
		Count:          1,
		Comm:           comm(header.Comm),
		Truncated:      header.Flags&uint32(bpfSampleFlagSAMPLE_TRUNCATED) != 0,
		Failed:         header.Flags&uint32(bpfSampleFlagSAMPLE_ERROR) != 0,
		NoThreadState:  header.Flags&uint32(bpfSampleFlagSAMPLE_NO_THREAD_STATE) != 0,
		NotInitialized: header.Flags&uint32(bpfSampleFlagSAMPLE_NOT_INITIALIZED) != 0,
	}
	if header.Reason != 0 && int(header.Reason) < len(counterList) {
		sample.Reason = counterList[header.Reason].Name
	}
	if header.NativeEnd != 0 && int(header.NativeEnd) < len(counterList) {
		sample.NativeEnd = counterList[header.NativeEnd].Name
	}
	if header.NativeGap != 0 && int(header.NativeGap) < len(counterList) {
		sample.NativeGap = counterList[header.NativeGap].Name
	}
	d.kernel, d.native, d.python = d.kernel[:0], d.native[:0], d.python[:0]
	for range header.KernelFrames {
		address, left, ok := cast[uint64](rest)
		if !ok {
			return trace.Sample{}, false
		}
		d.kernel, rest = append(d.kernel, *address), left
	}
	if rest, ok = d.nativeFrames(rest, uint32(header.NativeFrames)); !ok {
		return trace.Sample{}, false
	}
	for range header.PythonFrames {
		frame, left, ok := cast[bpfPythonFrame](rest)
		if !ok {
			return trace.Sample{}, false
		}
		rest = left
		d.python = append(d.python, trace.PythonFrame{
			Code:       trace.CodeID{Address: frame.Code, Generation: header.Generation, Checksum: frame.Checksum},
			ByteOffset: frame.Offset,
			Class:      frame.Type,
			Address:    frame.Frame &^ 3,
			Entry:      frame.Frame&uint64(bpfFrameFlagFRAME_ENTRY) != 0,
			Marker:     frame.Frame&uint64(bpfFrameFlagFRAME_MARKER) != 0,
		})
	}
	if _, ok = d.nativeFrames(rest, header.ResumedFrames); !ok {
		return trace.Sample{}, false
	}
	sample.Kernel, sample.Native, sample.Python = d.kernel, d.native, d.python
	return sample, true
}

// nativeFrames takes so many off the record; false when it is too short.
func (d *decoder) nativeFrames(rest []byte, count uint32) ([]byte, bool) {
	for range count {
		frame, left, ok := cast[bpfNativeFrame](rest)
		if !ok {
			return nil, false
		}
		rest = left
		d.native = append(d.native, trace.NativeFrame{
			IP: frame.Ip, SP: frame.Sp &^ 7,
			Exact: frame.Sp&uint64(bpfNativeFlagNATIVE_EXACT) != 0,
			Loop:  frame.Sp&uint64(bpfNativeFlagNATIVE_LOOP) != 0,
		})
	}
	return rest, true
}

func decodeCode(raw []byte) (trace.CodeRecord, bool) {
	header, rest, ok := cast[bpfCodeRecord](raw)
	if !ok {
		return trace.CodeRecord{}, false
	}
	record := trace.CodeRecord{
		ID:        trace.CodeID{Address: header.Code, Generation: header.Generation, Checksum: header.Checksum},
		PID:       int(header.Tgid),
		FirstLine: int(header.FirstLine),
	}
	take := func(address uint64, size uint32, kind uint8) trace.Piece {
		piece := trace.Piece{Address: address, Kind: int(kind)}
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

var eventKinds = map[bpfProcessEvent]trace.EventKind{
	bpfProcessEventPROCESS_FORK: trace.Forked,
	bpfProcessEventPROCESS_EXEC: trace.Execed,
	bpfProcessEventPROCESS_EXIT: trace.Exited,
}

func decodeProcess(raw []byte) (trace.ProcessEvent, bool) {
	record, _, ok := cast[bpfProcessRecord](raw)
	if !ok {
		return trace.ProcessEvent{}, false
	}
	return trace.ProcessEvent{
		Kind:             eventKinds[bpfProcessEvent(record.Event)],
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
