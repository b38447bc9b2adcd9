package sampler

import (
	"bytes"
	"encoding/binary"
	"testing"

	"emberline/helper/internal/trace"
)

// sum counts what it is handed.
type sum struct{ frames, bytes int }

func (s *sum) Sample(sample *trace.Sample)     { s.frames += len(sample.Kernel) + len(sample.Python) }
func (s *sum) Class(record *trace.ClassRecord) { s.bytes += len(record.Name) }
func (s *sum) Code(record *trace.CodeRecord) {
	s.bytes += len(record.Filename.Bytes) + len(record.Qualname.Bytes) + len(record.LineTable.Bytes)
}

func record[T any](t testing.TB, header T, rest ...any) []byte {
	t.Helper()
	out := bytes.NewBuffer(bytes.Clone(bytesOf(&header)))
	for _, part := range rest {
		if err := binary.Write(out, binary.NativeEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add(record(f, bpfSample{Type: uint32(bpfRecordTypeRECORD_SAMPLE), KernelFrames: 1, PythonFrames: 1, Reason: 3},
		uint64(0xffffffff81000000), make([]byte, 32)))
	f.Add(record(f, bpfCodeRecord{Type: uint32(bpfRecordTypeRECORD_CODE), FilenameBytes: 4, QualnameBytes: 1, LineTableBytes: uint32(bpfCodePieceCODE_PIECE_ABSENT)},
		[]byte("a.pyf")))
	f.Add(record(f, bpfTypeRecord{Type: uint32(bpfRecordTypeRECORD_TYPE), NameBytes: 3}, []byte("Cls")))
	f.Add(record(f, bpfProcessRecord{Type: uint32(bpfRecordTypeRECORD_PROCESS), Event: uint32(bpfProcessEventPROCESS_EXIT)}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		// As the ring holds it: aligned to eight bytes.
		raw = append(make([]byte, 0, len(raw)+8), raw...)
		var decoder decoder
		var got sum
		decoder.dispatch(raw, &got)
		if got.frames*8 > len(raw) || got.bytes > len(raw) {
			t.Errorf("%+v out of %d bytes", got, len(raw))
		}
		decodeProcess(raw)
	})
}
