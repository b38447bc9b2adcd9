package symbolize

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// at is the name that code has which a marker symbol points to; "" when it has none.
func at(t *testing.T, symbols *Symbols, path, marker string) string {
	t.Helper()
	for start, names := range askNM(t, path).names {
		if slices.Contains(names, marker) {
			symbol, _ := symbols.Find(start)
			return symbol.Name
		}
	}
	t.Fatalf("nm finds no %s", marker)
	return ""
}

// assembly is one section of 16 bytes for each statement that a test may look at.
const assembly = `
.macro at name
	.balign 16
	\name:
.endm
.text
.globl global, __global, longer_global, outer, last
.type global, @function
.type __global, @function
.type longer_global, @function
.type local_, @function
.type outer, @function
.type inner, @function
.type unsized, @function
.type last, @function
at m0
	global: __global: longer_global: local_:
	.fill 16, 1, 0x90
	.size global, 16
	.size __global, 16
	.size longer_global, 16
	.size local_, 16
at m1
	.fill 16, 1, 0x90
at m2
	outer: .fill 16, 1, 0x90
at m3
	inner: .fill 16, 1, 0x90
	.size inner, 16
at m4
	in_outer: .fill 16, 1, 0x90
	.size outer, 48
at m5
	unsized: .fill 16, 1, 0x90
at m6
	.fill 16, 1, 0x90
at m7
	by_hand: .fill 16, 1, 0x90
at m8
	last: .fill 16, 1, 0x90
.section .other, "ax"
.balign 16
.fill 16, 1, 0x90
at m9
.fill 16, 1, 0x90
`

func TestAliasesSizesAndOverlaps(t *testing.T) {
	path := compiled(t, "shapes.S", assembly, "-shared", "-nostdlib", "-Wl,--build-id=none")
	bare := path + ".bare"
	arguments := []string{path, bare}
	// The markers are where this test looks, not symbols of the file.
	for i := range 10 {
		arguments = append(arguments, "--strip-symbol=m"+strconv.Itoa(i))
	}
	tool(t, "objcopy", arguments...)
	symbols := load(t, bare, bare, nil)
	for marker, want := range map[string]string{
		"m0": "global", "m1": "", "m2": "outer", "m3": "inner", "m4": "outer",
		"m5": "unsized", "m6": "unsized", "m7": "by_hand", "m8": "last", "m9": "",
	} {
		if got := at(t, symbols, path, marker); got != want {
			t.Errorf("%s: got %q, want %q", marker, got, want)
		}
	}
	stripped := bare + ".stripped"
	tool(t, "strip", "-o", stripped, bare)
	symbols = load(t, stripped, stripped, nil)
	// Without the static functions nobody knows where last ends.
	for marker, want := range map[string]string{"m0": "global", "m3": "outer", "m5": "", "m8": ""} {
		if got := at(t, symbols, path, marker); got != want {
			t.Errorf("stripped, %s: got %q, want %q", marker, got, want)
		}
	}
}

func TestColdPartsBelongToTheirFunction(t *testing.T) {
	path := compiled(t, "cold.c", `
		__attribute__((cold, noinline)) void rare(int *x) { *x = 1; }
		__attribute__((noinline)) int hot(int n, int *x) { if (n == 77) { rare(x); rare(x + 1); __builtin_trap(); } return n * 3; }
		int hotter(int n) { return n; }
		int main(int n, char **v) { int x[2]; return hot(n, x) + hotter(n); }`, "-O2", "-no-pie")
	truth, symbols := askNM(t, path), load(t, path, path, nil)
	var want []Range
	for start, names := range truth.names {
		if slices.Contains(names, "hot") || slices.Contains(names, "hot.cold") {
			i := slices.IndexFunc(truth.sized, func(r Range) bool { return r.Start == start })
			want = append(want, truth.sized[i])
			if got, _ := symbols.Find(start); got.Name != "hot" || got.Start != start {
				t.Errorf("%#x: got %+v", start, got)
			}
		}
	}
	slices.SortFunc(want, func(x, y Range) int { return int(x.Start) - int(y.Start) })
	if got := symbols.Ranges("hot"); len(want) != 2 || !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	start, end, ok := symbols.FunctionStart("hot")
	if !ok || !slices.Contains(want, Range{start, end}) {
		t.Errorf("got %#x-%#x", start, end)
	}
	if _, _, ok := symbols.FunctionStart("ho"); ok {
		t.Error("a part of a name was found")
	}
}

const cxx = `
namespace shop { namespace { template <class T> struct Till { __attribute__((noinline)) T take(T x, int) { return x + 1; } }; }
struct Guard { __attribute__((noinline)) Guard(int); __attribute__((noinline)) bool operator<(const Guard &) const; int x; };
Guard::Guard(int y) : x(y) {} bool Guard::operator<(const Guard &o) const { return x < o.x; } }
int main(int n, char **) { shop::Till<long> t; shop::Guard a(n), b(2); return t.take(n, n) + (a < b); }`

func TestNamesOfTheSource(t *testing.T) {
	for name, flags := range map[string][]string{
		"pie": {"-pie"}, "not pie": {"-no-pie"}, "static pie": {"-static-pie"}, "one segment": {"-Wl,-z,noseparate-code"},
	} {
		t.Run(name, func(t *testing.T) {
			path := compiled(t, "shop.cc", cxx, append(flags, "-O1")...)
			symbols := load(t, path, path, nil)
			for raw, want := range map[string]string{
				"_ZN4shop12_GLOBAL__N_14TillIlE4takeEli": "shop::(anonymous namespace)::Till<long>::take",
				"_ZN4shop5GuardC1Ei":                     "shop::Guard::Guard",
				"_ZNK4shop5GuardltERKS0_":                "shop::Guard::operator<",
				"main":                                   "main",
			} {
				start, _, ok := symbols.FunctionStart(raw)
				if got, _ := symbols.Find(start + 1); !ok || got.Name != want || got.Start != start {
					t.Errorf("%s: %v, got %+v, want %q", raw, ok, got, want)
				}
			}
		})
	}
}

var pltLine = regexp.MustCompile(`(?m)^0*([0-9a-f]+) <(\S+)@plt>:$`)

// TestStubsEqualObjdumps compares the names of calls into other libraries.
func TestStubsEqualObjdumps(t *testing.T) {
	source := `#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		int main(int n, char **v) { void (*p)(void *) = free; p(v); free(0); printf("%zu", strlen(v[0])); return abs(n) + puts("x") + atoi(v[0]); }`
	var paths []string
	for _, flags := range []string{"-fcf-protection=full -Wl,-z,ibtplt", "-fcf-protection=none -Wl,-z,lazy", "-Wl,-z,now", "-static-pie"} {
		paths = append(paths, compiled(t, "calls.c", source, append(strings.Fields(flags), "-fno-builtin")...))
	}
	for _, path := range append(paths, "/usr/bin/python3.11", libc) {
		symbols := load(t, path, path, nil)
		original, err := readELF(symbols.dynamic.file)
		if err != nil {
			// A static program calls no others.
			continue
		}
		matches := pltLine.FindAllStringSubmatch(tool(t, "objdump", "-d", "-j", ".plt", "-j", ".plt.sec", "-j", ".plt.got", path), -1)
		compared := 0
		for _, match := range matches {
			address, _ := strconv.ParseUint(match[1], 16, 64)
			offset, _, _ := original.offsetOf(address)
			want, _, _ := strings.Cut(match[2], "@")
			if strings.HasPrefix(want, "*") {
				// IRELATIVE: the target has no symbol.
				continue
			}
			compared++
			if got, ok := symbols.Find(offset); !ok || got.Name != Demangle(want)+"@plt" || got.Start != offset {
				t.Errorf("%s: %#x: got %+v, want %s", path, offset, got, want)
			}
		}
		t.Logf("%s: %d stubs", path, compared)
	}
}
