package unwind

import (
	"encoding/binary"
	"errors"
)

var errCut = errors.New("the call frame information is cut short")

// reader takes values off a slice. After the first failure it yields zeros and
// keeps the error, so that callers check once.
type reader struct {
	data []byte
	at   int
	err  error
}

func (r *reader) left() int { return len(r.data) - r.at }

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > r.left() {
		r.err = errCut
		r.at = len(r.data)
		return nil
	}
	r.at += n
	return r.data[r.at-n : r.at]
}

func (r *reader) u8() uint8 {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if b := r.bytes(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) u64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// uleb reads an unsigned LEB128 number of at most 64 bits.
func (r *reader) uleb() uint64 {
	var value uint64
	for shift := 0; shift < 64; shift += 7 {
		b := r.u8()
		value |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			return value
		}
	}
	r.err = errCut
	return 0
}

func (r *reader) sleb() int64 {
	var value int64
	for shift := 0; shift < 64; shift += 7 {
		b := r.u8()
		value |= int64(b&0x7f) << shift
		if b&0x80 == 0 {
			if shift+7 < 64 && b&0x40 != 0 {
				value |= -1 << (shift + 7)
			}
			return value
		}
	}
	r.err = errCut
	return 0
}

// text reads up to a NUL.
func (r *reader) text() string {
	start := r.at
	for r.u8() != 0 {
	}
	if r.err != nil {
		return ""
	}
	return string(r.data[start : r.at-1])
}

// block reads a length and as many bytes: never nil, so that an empty expression
// is not taken for none.
func (r *reader) block() []byte {
	b := r.bytes(int(min(r.uleb(), uint64(len(r.data)))))
	if b == nil {
		return []byte{}
	}
	return b
}
