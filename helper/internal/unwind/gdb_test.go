package unwind

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// gdbRun is a program to follow.
type gdbRun struct {
	command []string
	// starts are the files at some of whose functions to stop: at every nth, of own
	// at each.
	starts []string
	own    string
	every  int
	steps  int
	most   int
	signal bool
	env    []string
}

func follow(t *testing.T, run gdbRun) *comparison {
	t.Helper()
	gdb, err := exec.LookPath("gdb")
	if err != nil {
		t.Skip("this machine has no gdb")
	}
	out, starts := filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "starts")
	var list strings.Builder
	for _, path := range run.starts {
		for i, offset := range functionStarts(t, path) {
			if i%run.every == 0 || path == run.own {
				fmt.Fprintf(&list, "%s %d\n", path, offset)
			}
		}
	}
	if err := os.WriteFile(starts, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(gdb, append([]string{"-nx", "-batch", "-x", "testdata/gdb.py", "--args"}, run.command...)...)
	command.Env = append(os.Environ(), "OUT="+out, "STARTS="+starts, "STEPS="+strconv.Itoa(run.steps), "MOST="+strconv.Itoa(run.most))
	if run.signal {
		command.Env = append(command.Env, "SIGNAL=1")
	}
	command.Env = append(command.Env, run.env...)
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("gdb: %v\n%s", err, said)
	}
	file, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return compareLines(t, &process{tables: map[string]*Table{}, machine: elf.EM_X86_64}, file)
}

// functionStarts is the file offsets at which a file's functions begin.
func functionStarts(t *testing.T, path string) []uint64 {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	image, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	order, err := image.order()
	if err != nil {
		t.Fatal(err)
	}
	for i := range order {
		order[i] >>= 32
	}
	return order
}

func shapes(t *testing.T, flags ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "shapes")
	args := append([]string{"-O2", "-o", program, "testdata/shapes.cc"}, flags...)
	if said, err := exec.Command("g++", args...).CombinedOutput(); err != nil {
		t.Fatalf("g++: %v\n%s", err, said)
	}
	return program
}

// TestWalksEqualGdbs follows a program that has every shape of frame, instruction
// by instruction, through its own functions and a sample of the libraries'.
func TestWalksEqualGdbs(t *testing.T) {
	libraries := func(program string) []string {
		var found []string
		// libgcc_s unwinds the exception.
		for _, path := range append([]string{program, "/lib/x86_64-linux-gnu/libgcc_s.so.1"}, files...) {
			// gdb.py looks for the path that /proc tells.
			if real, err := filepath.EvalSymlinks(path); err == nil {
				found = append(found, real)
			}
		}
		return found
	}
	for _, test := range []struct {
		name   string
		flags  []string
		run    gdbRun
		passes []Kind
		files  []string
	}{
		{"lazy binding", []string{"-Wl,-z,lazy"}, gdbRun{every: 12, steps: 50, most: 450}, []Kind{PLT, Indirect, FramePointer}, []string{"[vdso]", "libgcc_s.so.1"}},
		{"static-pie", []string{"-static-pie"}, gdbRun{every: 12, steps: 30, most: 450}, []Kind{FramePointer, Indirect}, []string{"[vdso]"}},
		{"frame pointers", []string{"-O0", "-fno-omit-frame-pointer"}, gdbRun{every: 12, steps: 30, most: 450}, []Kind{FramePointer}, nil},
		{"signals", nil, gdbRun{every: 12, steps: 50, most: 450, signal: true}, []Kind{Signal, PLT}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			program := shapes(t, test.flags...)
			run := test.run
			run.command, run.own, run.starts = []string{program}, program, libraries(program)
			c := follow(t, run)
			ended := 0
			for _, count := range c.ended {
				ended += count
			}
			// The dynamic linker's look-up of a name keeps the CFA in RBX.
			if c.mismatches > 0 || c.stops < 300 || ended > c.stops/3 {
				t.Errorf("%d stops, %d mismatches, %d cut short", c.stops, c.mismatches, ended)
			}
			for _, file := range test.files {
				if c.innermost[file] == 0 {
					t.Errorf("no stop in %s: %v", file, c.innermost)
				}
			}
			for _, kind := range test.passes {
				if c.kinds[kind] == 0 {
					t.Errorf("no frame of kind %d: %v", kind, c.kinds)
				}
			}
		})
	}
}
