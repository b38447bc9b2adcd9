package symbolize

import (
	"bytes"
	"os"
	"slices"
	"testing"
	"time"
)

// oneFile gives the same bytes whatever is asked for.
type oneFile []byte

func (f oneFile) Open(string) (File, error) { return nopCloser{bytes.NewReader(f)}, nil }

type nopCloser struct{ *bytes.Reader }

func (nopCloser) Close() error { return nil }

func FuzzSymbols(f *testing.F) {
	s, full := packed(f), compiled(f, "shapes.S", assembly, "-shared", "-nostdlib", "-Wl,--build-id=sha1")
	for _, file := range []string{s.library, s.debug, full} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, data, s.hidden)
		f.Add(data[:len(data)/2], data, s.hidden)
	}
	f.Fuzz(func(t *testing.T, data, debug []byte, offset uint64) {
		symbols, err := LoadSymbols(bytes.NewReader(data), "/lib/made.so", oneFile(debug))
		if err != nil {
			return
		}
		defer symbols.Close()
		if limit := len(data) + len(debug) + maxMini; symbols.Bytes() > limit {
			t.Errorf("it holds %d bytes", symbols.Bytes())
		}
		if !slices.IsSortedFunc(symbols.entries, func(x, y entry) int { return int(int64(x.start) - int64(y.start)) }) {
			t.Error("not sorted")
		}
		for _, at := range []uint64{offset, 0, 1<<64 - 1} {
			symbols.Find(at)
		}
		for i, one := range symbols.entries {
			got, ok := symbols.Find(uint64(one.start))
			if ok && (got.Name == "" || got.Start > uint64(one.start)) {
				t.Fatalf("%d: got %+v", i, got)
			}
			if one.size() == 0 {
				t.Fatalf("%d: it is empty", i)
			}
		}
		symbols.FunctionStart("hidden")
		ranges := symbols.Ranges("outer")
		for i := range ranges {
			if ranges[i].End <= ranges[i].Start || i > 0 && ranges[i].Start <= ranges[i-1].End {
				t.Fatalf("ranges are %v", ranges)
			}
		}
	})
}

func FuzzUnpack(f *testing.F) {
	s := packed(f)
	original, err := readELF(load(f, s.library, "", nil).dynamic.file)
	if err != nil {
		f.Fatal(err)
	}
	data := original.section(".gnu_debugdata")
	text := make([]byte, data.size)
	if !readFull(original.file, data.offset, text) {
		f.Fatal("the section cannot be read")
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		unpacked, err := unpackXZ(bytes.NewReader(text))
		if err == nil && len(unpacked) > maxMini/blockBytes {
			t.Errorf("%d blocks", len(unpacked))
		}
	})
}

func FuzzPerfMap(f *testing.F) {
	f.Add("100 10 a\n108 10 b\n", "90 8 c\n0 ffffffff d\n", uint64(0x108))
	f.Add("zz\n100 10", " name\n", uint64(0x100))
	f.Fuzz(func(t *testing.T, first, second string, address uint64) {
		// Read in two steps it says the same as in one.
		parts, whole := newFakeMap(t, first), newFakeMap(t, first+second)
		parts.Name(address)
		if first == "" {
			return
		}
		parts.append(t, second)
		parts.clock = parts.clock.Add(time.Hour)
		parts.refresh()
		whole.refresh()
		if !slices.Equal(parts.entries, whole.entries) {
			t.Errorf("got %v, want %v", parts.entries, whole.entries)
		}
		for i, one := range whole.entries {
			if i > 0 && whole.entries[i-1].end() > one.start {
				t.Fatal("entries overlap")
			}
			if got, ok := whole.Name(one.start); !ok || got == "" {
				t.Errorf("%#x: got %q", one.start, got)
			}
		}
	})
}
