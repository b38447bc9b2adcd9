package cpython

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
)

// memory0 is memory that begins at address 0.
type memory0 []byte

func (m memory0) ReadAt(p []byte, address int64) (int, error) {
	if address < 0 || address > int64(len(m)) || copy(p, m[address:]) < len(p) {
		return 0, io.ErrUnexpectedEOF
	}
	return len(p), nil
}

// str lays a str object of 3.12 out.
func str(length uint64, state uint32, data []byte) memory0 {
	head := 56
	if state&0x40 != 0 {
		head = 40
	}
	object := make([]byte, head+len(data))
	binary.LittleEndian.PutUint64(object[16:], length)
	binary.LittleEndian.PutUint32(object[32:], state)
	copy(object[head:], data)
	return object
}

func TestReadString(t *testing.T) {
	const compact, ascii = 0x20, 0x40
	o, _ := OffsetsOf(Version{Major: 3, Minor: 12}, false, nil)
	tests := []struct {
		name   string
		object memory0
		want   string
		bad    bool
	}{
		{"ascii", str(3, compact|ascii|1<<2, []byte("abc")), "abc", false},
		{"empty", str(0, compact|ascii|1<<2, nil), "", false},
		{"latin1", str(2, compact|1<<2, []byte{0xe9, 'x'}), "éx", false},
		{"ucs2", str(2, compact|2<<2, []byte{0xac, 0x20, 'x', 0}), "€x", false},
		{"ucs4", str(1, compact|4<<2, []byte{0x25, 0xf5, 1, 0}), "\U0001f525", false},
		{"lone surrogate", str(1, compact|2<<2, []byte{0x80, 0xdc}), "\ufffd", false},
		{"line break", str(3, compact|ascii|1<<2, []byte("a\nb")), "a\ufffdb", false},
		{"not compact", str(3, ascii|1<<2, []byte("abc")), "", true},
		{"no such kind", str(3, compact|3<<2, []byte("abc")), "", true},
		{"absurd length", str(1<<62, compact|ascii|1<<2, []byte("abc")), "", true},
		{"cut", str(30, compact|ascii|1<<2, []byte("abc")), "", true},
		{"unreadable", memory0{1, 2}, "", true},
	}
	for _, test := range tests {
		got, err := ReadString(test.object, 0, &o)
		if got != test.want || (err != nil) != test.bad {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
}

func TestReadBytes(t *testing.T) {
	o, _ := OffsetsOf(Version{Major: 3, Minor: 12}, false, nil)
	object := make(memory0, 32+4)
	binary.LittleEndian.PutUint64(object[16:], 3)
	copy(object[32:], "abc")
	if got, err := ReadBytes(object, 0, &o); err != nil || string(got) != "abc" {
		t.Errorf("%q, %v", got, err)
	}
	binary.LittleEndian.PutUint64(object[16:], 1<<63)
	if _, err := ReadBytes(object, 0, &o); !errors.Is(err, errImplausible) {
		t.Errorf("absurd length: %v", err)
	}
}

func TestParseDebugOffsetsRefusesWhatTheSamplerCannotRead(t *testing.T) {
	good := make([]byte, debugMaxBytes)
	version := Version{Major: 3, Minor: 13}
	if _, err := parseDebugOffsets(good, version, false); err != nil {
		t.Fatalf("all zero: %v", err)
	}
	tests := []struct {
		name    string
		data    []byte
		version Version
		says    string
	}{
		{"cut", good[:100], version, "cut short"},
		{"cut for its version", good[:800], Version{Major: 3, Minor: 99}, "cut short"},
		{"outside the frame", with(good, debugLayouts[13].frameOwner, 4000), version, "not below"},
		{"negative", with(good, debugLayouts[13].currentFrame, 1<<63), version, "not below"},
	}
	for _, test := range tests {
		_, err := parseDebugOffsets(test.data, test.version, false)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func with(data []byte, at int, value uint64) []byte {
	changed := append([]byte{}, data...)
	binary.LittleEndian.PutUint64(changed[at:], value)
	return changed
}

func TestVersionFromText(t *testing.T) {
	tests := []struct{ rodata, path, want string }{
		{"\x003.9.18\x00", "/usr/bin/python3.9", "3.9.18"},
		{"zlib 1.2.13\x00Python 3.9.18\x001.3.1\x00", "/lib/libpython3.9.so.1.0", "3.9.18"},
		{"2.7.18+\x00", "/usr/bin/python2.7", "2.7.18"},
		{"3.10.0rc2\x00", "/opt/renamed", "3.10.0rc2"},
		{"3.8.1\x003.9.1\x00", "/opt/renamed", "0.0.0"},
		{"no version", "/usr/bin/python3.9", "0.0.0"},
	}
	for _, test := range tests {
		if got := versionFromText([]byte(test.rodata), test.path).String(); got != test.want {
			t.Errorf("%q: %s, want %s", test.rodata, got, test.want)
		}
	}
}
