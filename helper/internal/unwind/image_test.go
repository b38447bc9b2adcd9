package unwind

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// vdso is an image of the vDSO of this process: as long as its mapping, and no file.
func vdso(t *testing.T) io.ReaderAt {
	t.Helper()
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var start, end int64
		if !strings.HasSuffix(lines.Text(), "[vdso]") {
			continue
		}
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x", &start, &end); err != nil {
			t.Fatal(err)
		}
		memory, err := os.Open("/proc/self/mem")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { memory.Close() })
		return io.NewSectionReader(memory, start, end-start)
	}
	t.Skip("this kernel maps no vDSO")
	return nil
}

func TestVDSO(t *testing.T) {
	table, err := Build(vdso(t))
	if err != nil {
		t.Fatal(err)
	}
	if table.Rows() < 10 || !slices.ContainsFunc(table.Rules, func(r Rule) bool { return r.Kind() == StackPointer }) {
		t.Errorf("%d rows: %x", table.Rows(), table.Rules)
	}
}

// sectionHeadersAt is the place of e_shoff in a 64-bit ELF header.
const sectionHeadersAt = 40

// cutHeaders is a file whose section headers are said to be where it has ended.
type cutHeaders struct{ io.ReaderAt }

func (c cutHeaders) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, at)
	if at <= sectionHeadersAt && at+int64(n) >= sectionHeadersAt+8 {
		binary.LittleEndian.PutUint64(p[sectionHeadersAt-at:], 1<<40)
	}
	return n, err
}

// TestWithoutSectionHeaders holds the tables of stripped files against those that
// have section headers.
func TestWithoutSectionHeaders(t *testing.T) {
	for _, path := range files {
		file, err := os.Open(path)
		if err != nil {
			t.Skipf("this machine has no %s", path)
		}
		defer file.Close()
		whole, err := Build(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, reader := range map[string]io.ReaderAt{"none": withoutSections{file}, "beyond the end": cutHeaders{file}} {
			table, err := Build(reader)
			if err != nil {
				t.Fatalf("%s, %s: %v", path, name, err)
			}
			if !slices.Equal(table.Offsets, whole.Offsets) || !slices.Equal(table.Rules, whole.Rules) {
				t.Errorf("%s, %s: %d rows, with section headers %d", path, name, table.Rows(), whole.Rows())
			}
		}
	}
}

func TestFilesOfOtherKinds(t *testing.T) {
	own, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	// Go describes its code otherwise.
	if _, err := Build(bytes.NewReader(own)); !errors.Is(err, ErrNoFrames) {
		t.Errorf("a Go program: %v", err)
	}
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("#!/bin/sh\n"), "cut": own[:64], "cut early": own[:40]} {
		if _, err := Build(bytes.NewReader(data)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestCostOfBuild bounds the time and memory for the largest file at hand. The
// bounds are far, for a busy machine; testing.B tells the figures.
func TestCostOfBuild(t *testing.T) {
	file, err := os.Open("/usr/bin/python3.11")
	if err != nil {
		t.Skip("this machine has no Python of Debian's")
	}
	defer file.Close()
	image, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	section := uint64(len(image.frames.section))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	table, err := Build(file)
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	allocated := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d bytes of .eh_frame, %d rows, %v, %d bytes allocated", section, table.Rows(), took, allocated)
	if took > time.Second {
		t.Errorf("it took %v", took)
	}
	if most := 4 * section; allocated > most {
		t.Errorf("%d bytes were allocated in all, at most %d should be", allocated, most)
	}
}

func BenchmarkBuild(b *testing.B) {
	for _, path := range files {
		b.Run(path, func(b *testing.B) {
			file, err := os.Open(path)
			if err != nil {
				b.Skip(err)
			}
			defer file.Close()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Build(file); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
