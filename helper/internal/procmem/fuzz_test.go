package procmem

import (
	"encoding/binary"
	"errors"
	"testing"

	"emberline/helper/internal/cpython"
	"emberline/helper/internal/trace"
)

// garbage is memory in which every address is a place in it, over and over
// again, so that pointers lead somewhere; of each 16 pages one is not there.
type garbage []byte

var errNotThere = errors.New("not there")

func (g garbage) ReadAt(into []byte, address int64) (int, error) {
	for done := range into {
		at := uint64(address) + uint64(done)
		if len(g) == 0 || at>>12&15 == 15 {
			return done, errNotThere
		}
		into[done] = g[at%uint64(len(g))]
	}
	return len(into), nil
}

func (g garbage) ReadPages(into []byte, pages []uint64) int {
	for i, address := range pages {
		if _, err := g.ReadAt(into[i*pageBytes:(i+1)*pageBytes], int64(address)); err != nil {
			return i
		}
	}
	return len(pages)
}

// FuzzWalk walks garbage as every version, by every way to a thread's state. It
// must end, and deliver no more than there can be.
func FuzzWalk(f *testing.F) {
	debug := make([]byte, 1024)
	for at := 0; at < len(debug); at += 8 {
		binary.LittleEndian.PutUint64(debug[at:], uint64(at%96))
	}
	for minor := range 16 {
		f.Add(binary.LittleEndian.AppendUint64(nil, 0x60), debug, minor, minor%4, uint64(0x40))
	}
	f.Fuzz(func(t *testing.T, data, debug []byte, minor, way int, pointer uint64) {
		version := cpython.Version{Major: 3, Minor: minor}
		if minor == 0 {
			version = cpython.Version{Major: 2, Minor: 7}
		}
		offsets, err := cpython.OffsetsOf(version, minor%2 == 1, debug)
		if err != nil {
			return
		}
		found := &cpython.Interpreter{Version: version, Offsets: offsets, Libc: "glibc", InterpretersAddress: 0x80}
		offset := int64(-8)
		switch way {
		case 0:
			found.Access.List = &cpython.ThreadList{CurrentAddress: 0x100, InterpretersAddress: 0x80}
		case 1:
			found.Access.TLSOffset = &offset
		case 2:
			found.Access.Module = &cpython.ModuleVariable{VectorOffset: 16, Offset: 8}
		default:
			found.Access.KeyAddress = 0x200
			found.Access.TSS = cpython.TSSLayout{FirstLevel: 0x318, SecondLevel: 0x510, Stride: 16, Musl: way < 0}
		}
		s := &Sampler{}
		one := &thread{pointer: pointer}
		p := &process{
			interpreter: found, offsets: &found.Offsets, key: -1, generation: 1, memory: garbage(data),
			codes: map[trace.CodeID]codeFlags{}, classes: map[uint64]struct{}{}, threads: []*thread{one},
		}
		s.pages.begin(p.memory, nil)
		s.walk(p, one)
		if len(s.stack.frames) > maxFrames || len(s.pages.data) > maxPages*pageBytes {
			t.Errorf("%d frames, %d bytes", len(s.stack.frames), len(s.pages.data))
		}
		for i := range s.stack.frames {
			if id := s.stack.frames[i].Code; id.Checksum != 0 {
				record := s.readCode(p, id)
				if size := len(record.Filename.Bytes) + len(record.Qualname.Bytes); size > 1<<20 {
					t.Errorf("names of %d bytes", size)
				}
				break
			}
		}
	})
}
