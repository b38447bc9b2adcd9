package symbolize

import (
	"bytes"
	"io"
)

// window reads an extent of a file through one buffer, for what is visited
// mostly in order. Not for concurrent use.
type window struct {
	file       io.ReaderAt
	base, size uint64
	at         uint64
	data       []byte
}

const (
	// windowBytes is how much is read at once, and jumpBytes away from the order.
	windowBytes = 64 << 10
	jumpBytes   = 512
)

func newWindow(file io.ReaderAt, base, size uint64) *window {
	return &window{file: file, base: base, size: size}
}

// bytes are n of them at an offset of the extent; nil if they are not all there.
// They hold until the next call.
func (w *window) bytes(offset, n uint64) []byte {
	if found := w.upTo(offset, n); uint64(len(found)) == n {
		return found
	}
	return nil
}

// upTo are at most n bytes at an offset: fewer where extent or file end.
func (w *window) upTo(offset, n uint64) []byte {
	if offset >= w.size || n > windowBytes || w.base > 1<<62 || offset > 1<<62 {
		return nil
	}
	n = min(n, w.size-offset)
	if offset < w.at || offset+n > w.at+uint64(len(w.data)) {
		if w.data == nil {
			w.data = make([]byte, min(windowBytes, w.size))
		}
		wanted := uint64(cap(w.data))
		if isJump := offset < w.at || offset > w.at+2*windowBytes; isJump {
			// Where a file has no order it costs system calls, not copying.
			wanted = max(n, jumpBytes)
		}
		read, _ := w.file.ReadAt(w.data[:min(wanted, uint64(cap(w.data)), w.size-offset)], int64(w.base+offset))
		w.at, w.data = offset, w.data[:read]
	}
	found := w.data[offset-w.at:]
	return found[:min(n, uint64(len(found)))]
}

// stringTable is NUL-terminated strings in a file (gABI 4, "String Table"),
// which are read when they are asked for. The zero value has none.
type stringTable struct {
	file       io.ReaderAt
	base, size uint64
	// window is set for a time in which many are read, mostly in order.
	window *window
}

// text is the string at an offset, cut after limit bytes; isWhole tells whether
// it ended before. Empty where there is none.
func (t *stringTable) text(offset uint32, limit uint64) (text string, isWhole bool) {
	if uint64(offset) >= t.size {
		return "", false
	}
	limit = min(limit, t.size-uint64(offset))
	if t.window != nil {
		data, _, found := bytes.Cut(t.window.upTo(uint64(offset), limit), []byte{0})
		return string(data), found
	}
	// Most names fit in the first step.
	var first [128]byte
	data := first[:0]
	for step := uint64(len(first)); uint64(len(data)) < limit; step *= 4 {
		have := uint64(len(data))
		want := min(step, limit-have)
		if uint64(cap(data)) < have+want {
			data = append(make([]byte, 0, have+want), data...)
		}
		n, err := t.file.ReadAt(data[have:have+want], int64(t.base+uint64(offset)+have))
		if end := bytes.IndexByte(data[have:have+uint64(n)], 0); end >= 0 {
			return string(data[:have+uint64(end)]), true
		}
		data = data[:have+uint64(n)]
		if err != nil || n == 0 {
			break
		}
	}
	return string(data), false
}

// maxPlaces bounds what find returns; only names of one or two letters are so frequent.
const maxPlaces = 1 << 16

// find returns where a name is, as a whole string or as the end of one (linkers
// let a string share the end of another), or is followed by "." or "@".
func (t *stringTable) find(name string) map[uint32]bool {
	found := map[uint32]bool{}
	if t.size == 0 || name == "" || len(name) >= windowBytes/2 {
		return found
	}
	w := newWindow(t.file, t.base, min(t.size, 1<<32-1))
	wanted := []byte(name)
	// Consecutive pieces share one name and the byte behind it.
	for at := uint64(0); ; {
		data := w.upTo(at, windowBytes)
		for from := 0; ; {
			i := bytes.Index(data[from:], wanted)
			if i < 0 || from+i+len(wanted) >= len(data) {
				break
			}
			if after := data[from+i+len(wanted)]; after == 0 || after == '.' || after == '@' {
				found[uint32(at)+uint32(from+i)] = true
			}
			from += i + 1
		}
		if len(data) < windowBytes || len(found) >= maxPlaces {
			return found
		}
		at += uint64(len(data) - len(wanted))
	}
}
