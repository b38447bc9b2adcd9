package unwind

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	// arm64Program is the program of testdata/shapes.cc with nothing left of it but
	// its headers and its call frame information; arm64Stops is what gdb says of it.
	arm64Program = "testdata/arm64-shapes.elf.gz"
	arm64Stops   = "testdata/arm64-stops.json.gz"
)

// TestWalksOfARM64 holds walks over captured stacks against gdb's.
func TestWalksOfARM64(t *testing.T) {
	if os.Getenv("EMBERLINE_CAPTURE") != "" {
		captureARM64(t)
	}
	table, err := Build(bytes.NewReader(unzip(t, arm64Program)))
	if err != nil {
		t.Fatal(err)
	}
	if table.Machine != elf.EM_AARCH64 {
		t.Fatalf("the table is for %v", table.Machine)
	}
	p := &process{machine: elf.EM_AARCH64, tables: map[string]*Table{"shapes": table}}
	c := compareLines(t, p, bytes.NewReader(unzip(t, arm64Stops)))
	if c.stops < 500 || c.mismatches > 0 || c.kinds[Signal] == 0 {
		t.Errorf("%+v", c)
	}
	p = &process{machine: elf.EM_AARCH64, tables: p.tables, isSigned: true}
	c = compareLines(t, p, bytes.NewReader(unzip(t, arm64Stops)))
	if c.stops < 500 || c.mismatches > 0 {
		t.Errorf("with signed return addresses: %+v", c)
	}
}

func unzip(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func zip(t *testing.T, path string, data []byte) {
	t.Helper()
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// captureARM64 makes the two files anew, with Debian's g++-aarch64-linux-gnu,
// qemu-user-static and gdb-multiarch.
func captureARM64(t *testing.T) {
	folder := t.TempDir()
	program, socket, out := filepath.Join(folder, "shapes"), filepath.Join(folder, "socket"), filepath.Join(folder, "out")
	// Return addresses are signed in our own code; libc's is as Debian has it.
	output(t, exec.Command("aarch64-linux-gnu-g++", "-O2", "-static", "-Wl,--eh-frame-hdr",
		"-mbranch-protection=pac-ret", "-o", program, "testdata/shapes.cc"))
	parsed, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer parsed.Close()
	var maps []string
	var list strings.Builder
	for _, offset := range functionStarts(t, program) {
		fmt.Fprintf(&list, "shapes %d\n", offset)
	}
	starts := filepath.Join(folder, "starts")
	if err := os.WriteFile(starts, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, segment := range codeOf(parsed) {
		maps = append(maps, fmt.Sprintf(`{"start":%d,"end":%d,"offset":%d,"path":"shapes"}`,
			segment.Vaddr, segment.Vaddr+segment.Filesz, segment.Off))
	}
	// This processor knows no signatures, so that gdb need not either.
	emulator := exec.Command("qemu-aarch64-static", "-cpu", "cortex-a57", "-g", socket, "./shapes")
	// What is kept of the stack shall tell nothing of this machine.
	emulator.Dir, emulator.Env = folder, []string{}
	if err := emulator.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = emulator.Process.Kill()
		_ = emulator.Wait()
	}()
	gdb := exec.Command("gdb-multiarch", "-nx", "-batch", "-x", "testdata/gdb.py", program)
	gdb.Env = append(os.Environ(), "OUT="+out, "STARTS="+starts, "STEPS=14", "MOST=3000",
		"REMOTE="+socket, "MAPS=["+strings.Join(maps, ",")+"]")
	output(t, gdb)
	lines, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	zip(t, arm64Stops, lines)
	zip(t, arm64Program, framesOnly(t, program, parsed))
}

func output(t *testing.T, command *exec.Cmd) {
	t.Helper()
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command.Path, err, said)
	}
}

// framesOnly zeroes all of a file but its ELF and program headers and its call frame
// information; it then has no section headers.
func framesOnly(t *testing.T, path string, parsed *elf.File) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var end uint64
	for _, segment := range codeOf(parsed) {
		end = max(end, segment.Off+segment.Filesz)
	}
	bare := make([]byte, end)
	keep := func(offset, size uint64) {
		if _, err := (withoutSections{file}).ReadAt(bare[offset:offset+size], int64(offset)); err != nil {
			t.Fatal(err)
		}
	}
	const headerBytes, segmentBytes = 64, 56
	keep(0, headerBytes+segmentBytes*uint64(len(parsed.Progs)))
	for _, name := range []string{".eh_frame", ".eh_frame_hdr"} {
		section := parsed.Section(name)
		keep(section.Offset, section.Size)
	}
	return bare
}
