package unwind

import (
	"debug/elf"
	"errors"
	"io"
	"slices"
	"sort"
)

// Table is the rules of one file, searched by file offset: row i holds from
// Offsets[i] up to Offsets[i+1]. A row takes 8 bytes, and differs from the one
// before it. Code that no function claims has a row of None.
type Table struct {
	// Machine tells how to read the rules.
	Machine elf.Machine
	Offsets []uint32
	Rules   []Rule
	// Functions are where functions begin, and the parts that a compiler has split
	// off, as file offsets in ascending order: also those that have no name.
	Functions []uint32
}

// Rows is how many rows there are.
func (t *Table) Rows() int { return len(t.Offsets) }

// Find is the rule at a file offset; None before the first row.
func (t *Table) Find(offset uint32) Rule {
	after := sort.Search(len(t.Offsets), func(i int) bool { return t.Offsets[i] > offset })
	if after == 0 {
		return Rule(None)
	}
	return t.Rules[after-1]
}

// Function is the function, or part of one, that a file offset lies in: from start
// up to the next one's. ok is false before the first.
func (t *Table) Function(offset uint32) (start, end uint32, ok bool) {
	after := sort.Search(len(t.Functions), func(i int) bool { return t.Functions[i] > offset })
	if after == 0 {
		return 0, 0, false
	}
	end = ^uint32(0)
	if after < len(t.Functions) {
		end = t.Functions[after]
	}
	return t.Functions[after-1], end, true
}

// maxRows bounds a table at 64 MiB.
const maxRows = 8 << 20

var errTooBig = errors.New("the call frame information is too big")

// Build reads a file's .eh_frame into a table. The file may be an image of memory
// whose addresses are file offsets, as the vDSO's are.
func Build(file io.ReaderAt) (*Table, error) {
	image, err := open(file)
	if err != nil {
		return nil, err
	}
	return image.build()
}

func (image *image) build() (*Table, error) {
	order, err := image.order()
	if err != nil {
		return nil, err
	}
	// Counting first makes the table as large as it must be, at once: its rows are
	// the most of what Build has in memory.
	b := builder{}
	image.rows(order, &b)
	if b.count > maxRows {
		return nil, errTooBig
	}
	t := &Table{Machine: image.machine, Offsets: make([]uint32, 0, b.count), Rules: make([]Rule, 0, b.count)}
	b = builder{table: t}
	image.rows(order, &b)
	t.Functions = functionsOf(order)
	return t, nil
}

// functionsOf is where each of them begins, without the stubs of linkage tables.
func functionsOf(order []uint64) []uint32 {
	functions := make([]uint32, 0, len(order))
	for _, key := range order {
		start := uint32(key >> 32)
		if uint32(key) < stubsFrom && (len(functions) == 0 || functions[len(functions)-1] != start) {
			functions = append(functions, start)
		}
	}
	return functions
}

// order is the functions sorted by where their code begins, of those that begin at
// one place in the order of the section: 32 bits of file offset over 32 of the
// FDE's place, or over a stub's number from stubsFrom on.
func (image *image) order() ([]uint64, error) {
	var order []uint64
	err := image.frames.entries(image.endsAtTerminator, func(at int, f function) {
		if offset, _, ok := image.code.locate(f.start); ok {
			order = append(order, uint64(offset)<<32|uint64(at))
		}
	})
	if !slices.IsSorted(order) {
		slices.Sort(order)
	}
	for i, stubs := range image.stubs {
		key := uint64(stubs.start)<<32 | uint64(stubsFrom+i)
		next, _ := slices.BinarySearch(order, uint64(stubs.start)<<32)
		if next == len(order) || order[next]>>32 >= stubs.end {
			order = slices.Insert(order, next, key)
		}
	}
	return order, err
}

// stubsFrom is above every place in a section.
const stubsFrom = 1 << 31

// rows gives every row to the builder. Functions do not overlap; where a file
// says so, the later start wins, and of several with one start the last.
func (image *image) rows(order []uint64, b *builder) {
	var f function
	var start, end uint64
	m := machine{arch: image.frames.arch}
	m.visit = func(address uint64, s *state) {
		if offset := start + (address - f.start); offset < end {
			b.row(uint32(offset), image.frames.rule(s))
		}
	}
	for i, key := range order {
		start, end = key>>32, 1<<32
		if i+1 < len(order) {
			end = order[i+1] >> 32
		}
		if at := int(uint32(key)); at >= stubsFrom {
			end = min(end, image.stubs[at-stubsFrom].end)
			if start < end {
				b.row(uint32(start), image.frames.arch.stub)
			}
		} else {
			var err error
			if f, err = image.frames.function(at); err != nil {
				continue
			}
			_, limit, _ := image.code.locate(f.start)
			end = min(end, start+(f.end-f.start), limit)
			switch {
			case start >= end:
				continue
			case f.common.isSignalFrame:
				b.row(uint32(start), Rule(Signal))
			default:
				m.run(f)
			}
		}
		if end>>32 == 0 {
			b.row(uint32(end), Rule(None))
		}
	}
}

// builder appends rows that say something new, or counts them when it has no table.
type builder struct {
	table *Table
	count int
	// last is the newest row, before the rule of the one before it.
	last   row
	before Rule
}

type row struct {
	offset uint32
	rule   Rule
}

// row adds one; offsets never decrease. Of several at one place the last counts.
func (b *builder) row(offset uint32, rule Rule) {
	if b.count > 0 && b.last.offset == offset {
		b.count--
		b.last.rule = b.before
	}
	current := Rule(None)
	if b.count > 0 {
		current = b.last.rule
	}
	if rule == current {
		return
	}
	b.before, b.last = current, row{offset, rule}
	if b.table != nil {
		b.table.Offsets = append(b.table.Offsets[:b.count], offset)
		b.table.Rules = append(b.table.Rules[:b.count], rule)
	}
	b.count++
}
