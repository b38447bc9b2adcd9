package cpython

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds on what a target can make the helper read: the longest path on Linux
// is 4,096 bytes, a generated module's location table some megabytes.
const (
	maxCharacters = 64 << 10
	maxBytes      = 16 << 20
)

var errImplausible = errors.New("the object is not what it should be")

// ReadString reads a str object (PyASCIIObject, PyCompactUnicodeObject:
// CPython Include/cpython/unicodeobject.h).
func ReadString(memory io.ReaderAt, address uint64, o *Offsets) (string, error) {
	raw, kind, err := ReadCharacters(memory, address, o)
	if err != nil {
		return "", err
	}
	return DecodeCharacters(raw, kind), nil
}

// ReadCharacters reads a str's characters as they are; kind is how many bytes
// each has, 0 for 2.7's byte string.
func ReadCharacters(memory io.ReaderAt, address uint64, o *Offsets) (raw []byte, kind int, err error) {
	return readBounded(memory, address, o, maxCharacters)
}

// readBounded refuses strings of more characters.
func readBounded(memory io.ReaderAt, address uint64, o *Offsets, most int) (raw []byte, kind int, err error) {
	if o.NamesAreBytes {
		raw, err := readBytesBounded(memory, address, o, most)
		return raw, 0, err
	}
	// A process may say that the members lie behind what it says is the head.
	head := make([]byte, max(o.UnicodeASCII, o.UnicodeLength+8, o.UnicodeState+4))
	if _, err := memory.ReadAt(head, int64(address)); err != nil {
		return nil, 0, err
	}
	length := binary.LittleEndian.Uint64(head[o.UnicodeLength:])
	state := int(binary.LittleEndian.Uint32(head[o.UnicodeState:]))
	kind = state >> o.UnicodeKindShift & 7
	if state&o.UnicodeCompactMask == 0 || length > uint64(most) || kind != 1 && kind != 2 && kind != 4 {
		return nil, 0, errImplausible
	}
	data := o.UnicodeCompact
	if state&o.UnicodeASCIIMask != 0 {
		data = o.UnicodeASCII
	}
	raw = make([]byte, int(length)*kind)
	if _, err := memory.ReadAt(raw, int64(address)+int64(data)); err != nil {
		return nil, 0, err
	}
	return raw, kind, nil
}

// ReadBytes reads a bytes object (PyBytesObject).
func ReadBytes(memory io.ReaderAt, address uint64, o *Offsets) ([]byte, error) {
	return readBytesBounded(memory, address, o, maxBytes)
}

func readBytesBounded(memory io.ReaderAt, address uint64, o *Offsets, most int) ([]byte, error) {
	var size [8]byte
	if _, err := memory.ReadAt(size[:], int64(address)+int64(o.BytesSize)); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint64(size[:])
	if length > uint64(most) {
		return nil, errImplausible
	}
	data := make([]byte, length)
	if _, err := memory.ReadAt(data, int64(address)+int64(o.BytesData)); err != nil {
		return nil, err
	}
	return data, nil
}

// DecodeCharacters turns a str's characters of 1, 2 or 4 bytes each into UTF-8;
// kind 0 is 2.7's byte string, which is UTF-8 nearly always.
// Lone surrogates, which file names with undecodable bytes have (PEP 383),
// become U+FFFD; control characters would break lines of text formats and do too.
func DecodeCharacters(raw []byte, kind int) string {
	if kind == 0 {
		return strings.Map(func(character rune) rune {
			if character < ' ' {
				return utf8.RuneError
			}
			return character
		}, strings.ToValidUTF8(string(raw), string(utf8.RuneError)))
	}
	var text strings.Builder
	text.Grow(len(raw))
	for ; len(raw) >= kind; raw = raw[kind:] {
		var character rune
		switch kind {
		case 2:
			character = rune(binary.LittleEndian.Uint16(raw))
		case 4:
			character = rune(binary.LittleEndian.Uint32(raw))
		default:
			character = rune(raw[0])
		}
		if character < ' ' || !utf8.ValidRune(character) {
			character = utf8.RuneError
		}
		text.WriteRune(character)
	}
	return text.String()
}
