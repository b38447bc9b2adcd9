package procmem

import (
	"encoding/binary"
	"hash/maphash"
	"io"

	"emberline/helper/internal/cpython"
	"emberline/helper/internal/trace"
)

const (
	// maxFrames is the deepest stack delivered whole, as with BPF (bpf/types.h).
	maxFrames = 512
	// identityBytes of a code object, which end with the address of its line table,
	// tell it from another at the same address (bpf/types.h, CODE_IDENTITY_BYTES).
	identityBytes = 88
	// nameHeadBytes are a str's length and hash.
	nameHeadBytes = 16
	// threadStateBytes hold the current frame and the thread's ids.
	threadStateBytes = 256
)

// stack is one thread's at one moment, leaf first.
type stack struct {
	frames []trace.PythonFrame
	// why the root end is missing, or why a part is not whole; samples for nothing.
	why       counter
	truncated bool
}

func wordAt(bytes []byte, offset int) uint64 { return binary.LittleEndian.Uint64(bytes[offset:]) }

// walk reads the thread's Python frames into s.stack.
func (s *Sampler) walk(p *process, t *thread) {
	s.stack = stack{frames: s.stack.frames[:0], why: samples}
	state, why := s.threadState(p, t)
	if why != samples {
		s.stack.why = why
		return
	}
	frame, why := s.firstFrame(p, state)
	if why != samples {
		s.stack.why = why
		return
	}
	for range maxFrames {
		if frame == 0 {
			return
		}
		var ok bool
		if frame, ok = s.step(p, frame); !ok {
			return
		}
	}
	s.stack.truncated = frame != 0
}

// firstFrame is the thread's youngest.
func (s *Sampler) firstFrame(p *process, state uint64) (uint64, counter) {
	frame, err := s.pages.word(state + uint64(p.offsets.TStateFrame))
	if err != nil {
		return 0, threadStateUnreadable
	}
	if p.offsets.CFrameCurrentFrame >= 0 && frame != 0 {
		if frame, err = s.pages.word(frame + uint64(p.offsets.CFrameCurrentFrame)); err != nil {
			return 0, cframeUnreadable
		}
	}
	return frame, samples
}

// step takes one frame and returns the one that called it; false when the walk cannot go on.
func (s *Sampler) step(p *process, address uint64) (previous uint64, ok bool) {
	o := p.offsets
	head, err := s.pages.view(address, o.FrameBytes)
	if err != nil {
		s.stack.why = frameUnreadable
		return 0, false
	}
	frame := trace.PythonFrame{Address: address, ByteOffset: -1, Code: trace.CodeID{Generation: p.generation}}
	previous = wordAt(head, o.FramePrevious)
	code := wordAt(head, o.FrameCode) &^ uint64(o.FrameCodeTagMask)
	isMarker := o.FrameEntryOwner > 0 && int(head[o.FrameOwner]) >= o.FrameEntryOwner
	frame.Entry = o.FrameIsEntry >= 0 && head[o.FrameIsEntry] != 0
	if isMarker {
		frame.Marker = true
	} else {
		// What the view shows is void once another is asked for.
		if o.LastiUnit > 0 {
			frame.ByteOffset = int32(binary.LittleEndian.Uint32(head[o.FrameInstr:])) * int32(o.LastiUnit)
		} else {
			copyIndex := uint32(0)
			if o.FrameTLBCIndex >= 0 {
				copyIndex = binary.LittleEndian.Uint32(head[o.FrameTLBCIndex:])
			}
			frame.ByteOffset = s.instructionOffset(p, code, wordAt(head, o.FrameInstr), copyIndex)
		}
		frame.Code.Address = code
		s.identify(p, &frame)
	}
	s.stack.frames = append(s.stack.frames, frame)
	return previous, true
}

// instructionOffset is where a frame is in its bytecode. A thread of a
// free-threaded build may run its own copy of it (Include/cpython/code.h,
// _PyCodeArray {size, entries[]}); copy 0 is the one inside the code object.
func (s *Sampler) instructionOffset(p *process, code, instruction uint64, copyIndex uint32) int32 {
	start := code + uint64(p.offsets.CodeAdaptive)
	if p.offsets.CodeTLBC >= 0 && copyIndex != 0 {
		copies, err := s.pages.word(code + uint64(p.offsets.CodeTLBC))
		if err == nil {
			start, err = s.pages.word(copies + 8 + 8*uint64(copyIndex))
		}
		if err != nil {
			s.count(bytecodeUnreadable)
			return -1
		}
	}
	return int32(instruction - start)
}

// identify tells the code from others at its address: addresses are re-used
// after exec, reload and generated code. Recursion does it once.
func (s *Sampler) identify(p *process, frame *trace.PythonFrame) {
	if n := len(s.stack.frames); n > 0 && s.stack.frames[n-1].Code.Address == frame.Code.Address {
		frame.Code = s.stack.frames[n-1].Code
	} else {
		var err error
		if frame.Code.Checksum, err = s.checksum(&s.pages, p.offsets, frame.Code.Address); err != nil {
			s.stack.why = codeUnreadable
			return
		}
	}
	if p.offsets.CodeQualname < 0 {
		frame.Class = s.classOf(p, frame)
	}
}

var checksumSeed = maphash.MakeSeed()

// checksum identifies a code object; it is never 0, which tells that the code was
// not read. Before 3.12 it takes what the name says, too, not only where it lies
// (bpf/python.h, read_identity()).
func (s *Sampler) checksum(from io.ReaderAt, o *cpython.Offsets, code uint64) (uint32, error) {
	start := o.CodeLineTable + 8 - identityBytes
	identity, head := s.identity[:identityBytes], s.identity[identityBytes:]
	if _, err := from.ReadAt(identity, int64(code)+int64(start)); err != nil {
		return 0, err
	}
	clear(head)
	if !o.CodeHasVersion {
		at := o.UnicodeLength
		if o.NamesAreBytes {
			at = o.BytesSize
		}
		if _, err := from.ReadAt(head, int64(wordAt(identity, o.CodeName-start))+int64(at)); err != nil {
			clear(head)
		}
	}
	hash := maphash.Bytes(checksumSeed, s.identity[:])
	return max(1, uint32(hash^hash>>32)), nil
}
