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
	"path/filepath"
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
	// isSigned: addresses of code in memory, and in X30, are as a processor with
	// pointer authentication would have signed them.
	isSigned bool
}

// sign puts a signature above the bits of an address of code.
func (p *process) sign(value uint64) uint64 {
	if p.isSigned && p.mapping(value) != nil {
		return value | 0x2a<<arm64AddressBits
	}
	return value
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
			return p.sign(binary.LittleEndian.Uint64(each.bytes[at:])), true
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

func (p *process) hasSignal(line *stopLine) bool {
	for _, frame := range line.Frames {
		if ruleOf(p.machine, Registers{IP: *frame[0]}, p.code, p.memory).Kind() == Signal {
			return true
		}
	}
	return false
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
	// ended counts walks that ended before gdb's, by the kind of rule that ended them.
	ended map[string]int
	kinds map[Kind]int
	// innermost counts stops by the file whose code runs.
	innermost map[string]int
}

// compare walks a stop's stack and holds each frame against gdb's.
func (c *comparison) compare(t *testing.T, p *process, line *stopLine) {
	first := line.Frames[0]
	r := Registers{IP: *first[0], SP: *first[1], FP: *first[2], IsExact: true}
	if p.machine == elf.EM_AARCH64 {
		r.LR, r.HasLR = p.sign(*first[3]), true
	}
	walked, outcome := Walk(p.machine, r, len(line.Frames), p.code, p.memory)
	c.stops++
	file, _, _ := strings.Cut(p.where(r.IP), "+")
	c.innermost[file]++
	for i, want := range line.Frames {
		if i >= len(walked) {
			last := walked[len(walked)-1]
			rule := p.code(last.Site())
			place, _, _ := strings.Cut(p.where(last.IP), "+")
			reason := fmt.Sprintf("%v at kind %d in %s", outcome, rule.Kind(), place)
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

func compareLines(t *testing.T, p *process, from io.Reader) *comparison {
	t.Helper()
	c := &comparison{ended: map[string]int{}, kinds: map[Kind]int{}, innermost: map[string]int{}}
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
		// A ucontext's PC is never signed.
		if line.Frames != nil && !(p.isSigned && p.hasSignal(&line)) {
			c.compare(t, p, &line)
		}
	}
	t.Logf("%d stops, %d frames equal gdb's, %d mismatches; kinds %v; in %v; ended early %v",
		c.stops, c.frames, c.mismatches, c.kinds, c.innermost, c.ended)
	return c
}
