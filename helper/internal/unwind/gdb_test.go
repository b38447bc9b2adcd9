package unwind

import (
	"bufio"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// stopLine is a line that testdata/gdb.py writes: either the process's code, when
// that changed, or a stop.
type stopLine struct {
	Maps []struct {
		Start, End, Offset uint64
		Path, Bytes        string
	}
	// Frames are IP, SP, frame pointer and, on Arm, X30, the innermost first; nil
	// where gdb does not know.
	Frames [][]*uint64
	Memory []struct {
		Start uint64
		Bytes string
	}
}

// process is what gdb's lines say of one.
type process struct {
	tables  map[string]*Table
	maps    []mapping
	chunks  []chunk
	machine elf.Machine
}

type mapping struct {
	start, end, offset uint64
	table              *Table
	path               string
}

type chunk struct {
	start uint64
	bytes []byte
}

func (p *process) memory(address uint64) (uint64, bool) {
	for _, each := range p.chunks {
		if at := address - each.start; address >= each.start && at+8 <= uint64(len(each.bytes)) {
			return binary.LittleEndian.Uint64(each.bytes[at:]), true
		}
	}
	return 0, false
}

func (p *process) code(address uint64) Rule {
	if m := p.mapping(address); m != nil && m.table != nil {
		return m.table.Find(uint32(m.offset + address - m.start))
	}
	return Rule(None)
}

func (p *process) mapping(address uint64) *mapping {
	for i := range p.maps {
		if m := &p.maps[i]; address >= m.start && address < m.end {
			return m
		}
	}
	return nil
}

// isReturn tells whether a frame's next instruction is RET.
func (p *process) isReturn(r Registers) bool {
	const ret = 0xc3
	m := p.mapping(r.IP)
	if m == nil || !r.IsExact {
		return false
	}
	file, err := os.Open(m.path)
	if err != nil {
		return false
	}
	defer file.Close()
	code := make([]byte, 1)
	_, err = file.ReadAt(code, int64(m.offset+r.IP-m.start))
	return err == nil && code[0] == ret
}

func (p *process) where(address uint64) string {
	if m := p.mapping(address); m != nil {
		return fmt.Sprintf("%s+%#x", filepath.Base(m.path), m.offset+address-m.start)
	}
	return fmt.Sprintf("%#x", address)
}

// take remembers what a line says of the process.
func (p *process) take(t *testing.T, line *stopLine) {
	if line.Maps != nil {
		p.maps = nil
	}
	for _, m := range line.Maps {
		table, known := p.tables[m.Path]
		if !known {
			var err error
			if m.Bytes != "" {
				image, _ := hex.DecodeString(m.Bytes)
				table, err = Build(bytes.NewReader(image))
			} else if file, openErr := os.Open(m.Path); openErr == nil {
				table, err = Build(file)
				file.Close()
			}
			if err != nil {
				t.Errorf("%s: %v", m.Path, err)
			}
			p.tables[m.Path] = table
		}
		p.maps = append(p.maps, mapping{m.Start, m.End, m.Offset, table, m.Path})
	}
	p.chunks = nil
	for _, m := range line.Memory {
		data, _ := hex.DecodeString(m.Bytes)
		p.chunks = append(p.chunks, chunk{m.Start, data})
	}
}

// comparison counts what was compared with gdb.
type comparison struct {
	stops, frames, mismatches int
	// ended are stacks whose walk ended before gdb's by the kind of the rule there.
	ended map[string]int
	kinds map[Kind]int
}

// compare walks a stop's stack and holds each frame against gdb's.
func (c *comparison) compare(t *testing.T, p *process, line *stopLine) {
	first := line.Frames[0]
	r := Registers{IP: *first[0], SP: *first[1], FP: *first[2], IsExact: true}
	if p.machine == elf.EM_AARCH64 {
		r.LR, r.HasLR = *first[3], true
	}
	walked, outcome := Walk(p.machine, r, len(line.Frames), p.code, p.memory)
	c.stops++
	for i, want := range line.Frames {
		if i >= len(walked) {
			last := walked[len(walked)-1]
			rule := p.code(last.Site())
			reason := fmt.Sprintf("outcome %d kind %d %.30s", outcome, rule.Kind(), p.where(last.IP))
			if os.Getenv("ZZ") == "" {
				reason = reason[:strings.LastIndex(reason+"+", "+")]
			}
			c.ended[reason]++
			return
		}
		got := walked[i]
		ip := *want[0]
		if p.machine == elf.EM_AARCH64 && i > 0 {
			ip &= 1<<arm64AddressBits - 1
		}
		isEqual := got.IP == ip && (want[1] == nil || got.SP == *want[1]) && (want[2] == nil || got.FP == *want[2])
		callee := walked[max(i-1, 0)]
		if !isEqual && got.IP == ip && got.SP == *want[1] && p.isReturn(callee) {
			// gcc does not say that the LEAVE of a function that realigned its stack has
			// brought RBP back. gdb sees RET, but only in the innermost frame.
			isEqual = got.FP == callee.FP
		}
		if !isEqual {
			if c.mismatches++; c.mismatches <= 20 {
				t.Errorf("innermost %s, frame %d: got %x %x %x, gdb has %x %x %x, by rule %x at %s",
					p.where(r.IP), i, got.IP, got.SP, got.FP, *want[0], *want[1], *want[2],
					p.code(callee.Site()), p.where(callee.IP))
			}
			return
		}
		c.kinds[ruleOf(p.machine, got, p.code, p.memory).Kind()]++
		c.frames++
	}
}

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

func compareLines(t *testing.T, p *process, from io.Reader) *comparison {
	t.Helper()
	c := &comparison{ended: map[string]int{}, kinds: map[Kind]int{}}
	lines := bufio.NewReader(from)
	for {
		text, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var line stopLine
		if err := json.Unmarshal(text, &line); err != nil {
			t.Fatal(err)
		}
		p.take(t, &line)
		if line.Frames != nil {
			c.compare(t, p, &line)
		}
	}
	t.Logf("%d stops, %d frames equal gdb's, %d mismatches; kinds %v; ended early %v", c.stops, c.frames, c.mismatches, c.kinds, c.ended)
	return c
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
		for _, path := range append([]string{program}, files...) {
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
	}{
		{"lazy binding", []string{"-Wl,-z,lazy"}, gdbRun{every: 3, steps: 60, most: 900}, []Kind{PLT, Indirect, FramePointer}},
		{"static-pie", []string{"-static-pie"}, gdbRun{every: 3, steps: 40, most: 700}, []Kind{FramePointer}},
		{"frame pointers", []string{"-O0", "-fno-omit-frame-pointer"}, gdbRun{every: 3, steps: 40, most: 700}, []Kind{FramePointer, Indirect}},
		{"signals", nil, gdbRun{every: 3, steps: 60, most: 1000, signal: true}, []Kind{Signal, PLT}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			program := shapes(t, test.flags...)
			run := test.run
			run.command, run.own, run.starts = []string{program}, program, libraries(program)
			c := follow(t, run)
			if c.mismatches > 0 || c.stops < 300 {
				t.Errorf("%d stops, %d mismatches", c.stops, c.mismatches)
			}
			for _, kind := range test.passes {
				if c.kinds[kind] == 0 {
					t.Errorf("no frame of kind %d: %v", kind, c.kinds)
				}
			}
		})
	}
}
