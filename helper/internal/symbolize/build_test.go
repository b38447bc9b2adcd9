package symbolize

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// tool runs a program of the compiler's kind and returns what it prints.
func tool(t testing.TB, name string, arguments ...string) string {
	t.Helper()
	command := exec.Command(name, arguments...)
	command.Env = append(os.Environ(), "LC_ALL=C")
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, arguments, err, out)
	}
	return string(out)
}

// compiled is a program or library made of one source, whose ending says the language.
func compiled(t testing.TB, file, source string, flags ...string) string {
	t.Helper()
	folder := t.TempDir()
	in, out := filepath.Join(folder, file), filepath.Join(folder, "made")
	write(t, in, source)
	compiler := "gcc"
	if strings.HasSuffix(file, ".cc") {
		compiler = "g++"
	}
	tool(t, compiler, append([]string{"-o", out, in}, flags...)...)
	return out
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func load(t testing.TB, file, path string, debug DebugFiles) *Symbols {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := LoadSymbols(in, path, debug)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { symbols.Close(); in.Close() })
	return symbols
}

func rootAt(t testing.TB, folder string) *Root {
	t.Helper()
	root, err := openRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

// truth is what nm says: extents in file offsets, and raw names by where they begin.
type truth struct {
	names map[uint64][]string
	sized []Range
}

var nmLine = regexp.MustCompile(`(?m)^([0-9a-f]{16}) (?:([0-9a-f]{16}) )?([tTwWi]) (\S+)$`)

func askNM(t testing.TB, file string, flags ...string) truth {
	t.Helper()
	program, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	offsetOf := func(address uint64) uint64 {
		for _, segment := range program.Progs {
			if segment.Type == elf.PT_LOAD && address >= segment.Vaddr && address < segment.Vaddr+segment.Filesz {
				return address - segment.Vaddr + segment.Off
			}
		}
		return 1 << 63
	}
	found := truth{names: map[uint64][]string{}}
	out := tool(t, "nm", append(flags, "-S", "--defined-only", file)...)
	for _, match := range nmLine.FindAllStringSubmatch(out, -1) {
		address, _ := strconv.ParseUint(match[1], 16, 64)
		size, _ := strconv.ParseUint("0"+match[2], 16, 64)
		start := offsetOf(address)
		name, _, _ := strings.Cut(match[4], "@")
		found.names[start] = append(found.names[start], name)
		if size > 0 {
			found.sized = append(found.sized, Range{start, start + size})
		}
	}
	return found
}
