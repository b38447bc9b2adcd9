package native

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"emberline/helper/internal/pythontest"
	"emberline/helper/internal/symbolize"
	"emberline/helper/internal/unwind"
)

// split is a function that gcc takes apart: what calls a cold function is seldom run.
const split = `
#include <stdlib.h>
__attribute__((cold, noinline)) void seldom(int *values, int at) { values[at] = at * 7; abort(); }
__attribute__((noinline)) int loop(int *values, int count)
{
	int sum = 0;
	for (int i = 0; i < count; i++) {
		if (values[i] < 0) {
			values[i] = -values[i];
			seldom(values, i);
		}
		sum += values[i] * atoi("3");
	}
	return sum;
}
int main(int argc, char **argv) { return loop((int[]){argc, 2, 3}, 3) + !argv; }
`

// parts are what is found of a function beside itself, and what its file's symbols
// say there is.
func parts(t *testing.T, path, name string) (found, named []uint64) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := symbolize.LoadSymbols(file, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer symbols.Close()
	start, end, ok := symbols.FunctionStart(name)
	table, err := unwind.Build(file)
	if !ok || err != nil {
		return nil, nil // a launcher without code of its own
	}
	for _, part := range coldParts(file, symbolize.Range{Start: start, End: end}, table) {
		found = append(found, part.Start)
	}
	for _, part := range symbols.Ranges(name) {
		if part.Start != start {
			named = append(named, part.Start)
		}
	}
	slices.Sort(found)
	slices.Sort(named)
	return found, named
}

func TestColdPartIsFoundByItsJump(t *testing.T) {
	folder := t.TempDir()
	source, program := filepath.Join(folder, "split.c"), filepath.Join(folder, "split")
	if err := os.WriteFile(source, []byte(split), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-O2", "-o", program, source).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	found, named := parts(t, program, "loop")
	if len(named) != 1 || !slices.Equal(found, named) {
		t.Errorf("found %#x, the symbols say %#x", found, named)
	}
}

// In interpreters whose symbols tell, nothing else is taken for a part of the loop.
func TestNoOtherFunctionIsTakenForAPartOfTheLoop(t *testing.T) {
	pythontest.Each(t, func(t *testing.T, python *pythontest.Interpreter) {
		folder := filepath.Dir(filepath.Dir(python.Path))
		libraries, err := filepath.Glob(filepath.Join(folder, "lib/libpython*.so.1.0"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range libraries {
			for _, name := range loops {
				found, named := parts(t, path, name)
				for _, start := range found {
					if !slices.Contains(named, start) {
						t.Errorf("%s: %#x is no part of %s", path, start, name)
					}
				}
			}
		}
	})
}
