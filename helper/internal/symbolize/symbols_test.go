package symbolize

import (
	"debug/elf"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"emberline/helper/internal/proc"
	"emberline/helper/internal/pythontest"
)

const libc = "/lib/x86_64-linux-gnu/libc.so.6"

// files are a library that lists exports only, and the files of interpreters,
// some with all symbols and some without.
func files(t *testing.T) []string {
	t.Helper()
	found := []string{libc}
	for _, python := range pythontest.Some(t) {
		found = append(found, python.Path)
		found = append(found, mapped(t, python)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// mapped is the libpython of an interpreter, if it has one of its own.
func mapped(t *testing.T, python *pythontest.Interpreter) []string {
	t.Helper()
	out, err := python.Command("-c", `print(next((l.split()[-1] for l in open("/proc/self/maps") if "libpython" in l), ""))`).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// TestSymbolsEqualNMs: each function that nm lists with a size has a name of
// its own at its own place, and what lies in none of them has no name.
func TestSymbolsEqualNMs(t *testing.T) {
	compared := 0
	defer func() {
		if compared < 2_000 {
			t.Errorf("nm shows only %d functions", compared)
		}
	}()
	for _, path := range files(t) {
		t.Run(path, func(t *testing.T) {
			program, err := elf.Open(path)
			if err != nil {
				t.Skipf("this machine has no %s", path)
			}
			defer program.Close()
			var flags []string
			isStripped := program.Section(".symtab") == nil
			if isStripped {
				flags = append(flags, "-D")
			}
			truth, symbols := askNM(t, path, flags...), load(t, path, path, nil)
			compared += len(truth.sized)
			for _, extent := range truth.sized {
				got, ok := symbols.Find(extent.Start)
				isName := func(raw string) bool { return Demangle(raw) == got.Name }
				if !ok || got.Start != extent.Start || !slices.ContainsFunc(truth.names[extent.Start], isName) {
					t.Errorf("%#x: got %+v, want one of %q", extent.Start, got, truth.names[extent.Start])
				}
			}
			if isStripped {
				checkGaps(t, program, truth, symbols)
			}
		})
	}
}

// checkGaps looks at the code between exports, which belongs to functions that nobody names.
func checkGaps(t *testing.T, program *elf.File, truth truth, symbols *Symbols) {
	t.Helper()
	slices.SortFunc(truth.sized, func(x, y Range) int { return int(x.Start) - int(y.Start) })
	text, gaps := program.Section(".text"), 0
	reached := text.Offset
	for _, extent := range append(truth.sized, Range{text.Offset + text.Size, 0}) {
		for _, at := range []uint64{reached, (reached + extent.Start) / 2, extent.Start - 1} {
			if reached >= extent.Start || at < text.Offset || at >= text.Offset+text.Size {
				continue
			}
			gaps++
			if got, ok := symbols.Find(at); ok {
				t.Errorf("%#x is in no function and is called %+v", at, got)
			}
		}
		reached = max(reached, extent.End)
	}
	if gaps == 0 {
		t.Error("there is no code between the functions")
	}
}

func TestInterpreterLoop(t *testing.T) {
	const loop = "_PyEval_EvalFrameDefault"
	for _, path := range files(t) {
		if path == libc {
			continue
		}
		symbols := load(t, path, path, nil)
		start, end, ok := symbols.FunctionStart(loop)
		if !ok {
			// A launcher of a libpython.
			continue
		}
		// A tail-calling one (Debian's 3.15) has 844 bytes, others some 50,000.
		if got, found := symbols.Find(start); !found || got.Name != loop || end-start < 500 {
			t.Errorf("%s: %#x-%#x is %+v", path, start, end, got)
		}
		isInside := func(r Range) bool { return r.Start <= start && end <= r.End }
		if ranges := symbols.Ranges(loop); !slices.ContainsFunc(ranges, isInside) {
			t.Errorf("%s: %v does not have %#x-%#x", path, ranges, start, end)
		}
	}
}

func TestVDSO(t *testing.T) {
	process, err := proc.Open(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	mappings, err := process.Maps()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(mappings, func(m proc.Mapping) bool { return m.Path == "[vdso]" })
	if i < 0 {
		t.Skip("this kernel gives its processes no vdso")
	}
	memory, err := proc.OpenSpace(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	image := make([]byte, mappings[i].End-mappings[i].Start)
	if _, err := memory.ReadAt(image, int64(mappings[i].Start)); err != nil {
		t.Fatal(err)
	}
	symbols, err := LoadSymbols(strings.NewReader(string(image)), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	name := map[string]string{"amd64": "__vdso_clock_gettime", "arm64": "__kernel_clock_gettime"}[runtime.GOARCH]
	start, end, ok := symbols.FunctionStart(name)
	if got, found := symbols.Find(end - 1); !ok || !found || got.Start != start || symbols.BuildID() == "" {
		t.Errorf("%s is %#x-%#x, there is %+v, build id %q", name, start, end, got, symbols.BuildID())
	}
}

// TestManySymbols holds the promise of 12 bytes for a symbol, while loading too.
func TestManySymbols(t *testing.T) {
	const count = 60_000
	path := compiled(t, "many.S", ".macro f n\n.type function_with_a_long_name_\\n, @function\nfunction_with_a_long_name_\\n: ret\n"+
		".size function_with_a_long_name_\\n, 1\n.endm\n.altmacro\n.set i, 0\n.rept 60000\nf %i\n.set i, i+1\n.endr\n", "-shared", "-nostdlib")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	symbols := load(t, path, path, nil)
	runtime.ReadMemStats(&after)
	allocated := int(after.TotalAlloc - before.TotalAlloc)
	if symbols.Len() < count || symbols.Bytes() > 13*count || allocated > 13*count+512<<10 {
		t.Errorf("%d symbols hold %d bytes and took %d", symbols.Len(), symbols.Bytes(), allocated)
	}
	if got, ok := symbols.Find(uint64(symbols.entries[count/2].start)); !ok || !strings.HasPrefix(got.Name, "function_with_a_long_name_") {
		t.Errorf("got %+v", got)
	}
}

func BenchmarkLoadLibc(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		load(b, libc, libc, nil)
	}
}

func BenchmarkFind(b *testing.B) {
	symbols := load(b, libc, libc, nil)
	start, _, _ := symbols.FunctionStart("malloc")
	b.ReportAllocs()
	for b.Loop() {
		symbols.Find(start)
	}
}
