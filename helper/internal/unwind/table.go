package unwind

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"sort"
)

// Table is the rules of one file, searched by file offset: row i holds from
// Offsets[i] up to Offsets[i+1]. A row takes 8 bytes.
type Table struct {
	Offsets []uint32
	Rules   []Rule
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

const (
	// maxSection bounds what is read of a file; libLLVM's .eh_frame has 8 MiB.
	maxSection = 256 << 20
	// maxRows bounds a table at 64 MiB.
	maxRows = 8 << 20
)

var (
	// ErrNoFrames: the file has no call frame information.
	ErrNoFrames = errors.New("the file has no .eh_frame")
	errTooBig   = errors.New("the call frame information is too big")
	errMachine  = errors.New("the rules of this architecture are not known")
)

// Build reads a file's .eh_frame into a table.
func Build(file io.ReaderAt) (*Table, error) {
	binary, err := elf.NewFile(file)
	if err != nil {
		return nil, err
	}
	if binary.Machine != elf.EM_X86_64 {
		return nil, errMachine
	}
	section := binary.Section(".eh_frame")
	if section == nil || section.Type == elf.SHT_NOBITS {
		return nil, ErrNoFrames
	}
	if section.Size > maxSection {
		return nil, errTooBig
	}
	data, err := section.Data()
	if err != nil {
		return nil, fmt.Errorf("read .eh_frame: %w", err)
	}
	return build(data, section.Addr, offsetsOf(binary))
}

// offsetsOf translates virtual addresses to file offsets by the segments that hold code.
func offsetsOf(file *elf.File) func(address uint64) (uint32, bool) {
	var code []*elf.Prog
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_LOAD && segment.Flags&elf.PF_X != 0 {
			code = append(code, segment)
		}
	}
	return func(address uint64) (uint32, bool) {
		for _, segment := range code {
			// A function may end where its segment does.
			if address >= segment.Vaddr && address-segment.Vaddr <= segment.Filesz {
				offset := segment.Off + address - segment.Vaddr
				return uint32(offset), offset>>32 == 0
			}
		}
		return 0, false
	}
}

type row struct {
	offset uint32
	rule   Rule
}

func build(section []byte, address uint64, offsetOf func(uint64) (uint32, bool)) (*Table, error) {
	var all []function
	if err := functions(section, address, func(f function) { all = append(all, f) }); err != nil {
		return nil, err
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].start < all[j].start })
	var rows []row
	for i := range all {
		f := &all[i]
		// Functions do not overlap; where a broken file says so, the later start wins.
		if i+1 < len(all) && f.end > all[i+1].start {
			f.end = all[i+1].start
		}
		rows = appendFunction(rows, f, offsetOf)
		if len(rows) > maxRows {
			return nil, errTooBig
		}
	}
	return compact(rows), nil
}

func appendFunction(rows []row, f *function, offsetOf func(uint64) (uint32, bool)) []row {
	if _, ok := offsetOf(f.start); !ok || f.end <= f.start {
		return rows
	}
	f.rows(func(address uint64, rule Rule) {
		if offset, ok := offsetOf(address); ok && address < f.end {
			rows = append(rows, row{offset, rule})
		}
	})
	if offset, ok := offsetOf(f.end); ok {
		rows = append(rows, row{offset, Rule(None)})
	}
	return rows
}

// compact drops rows that say nothing new: of several at one place the last
// counts, and one that equals the row before it is no change.
func compact(rows []row) *Table {
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].offset < rows[j].offset })
	t := &Table{}
	for _, row := range rows {
		last := len(t.Offsets) - 1
		if last >= 0 && t.Offsets[last] == row.offset {
			t.Rules[last] = row.rule
			if last > 0 && t.Rules[last-1] == row.rule {
				t.Offsets, t.Rules = t.Offsets[:last], t.Rules[:last]
			}
			continue
		}
		if last >= 0 && t.Rules[last] == row.rule {
			continue
		}
		t.Offsets, t.Rules = append(t.Offsets, row.offset), append(t.Rules, row.rule)
	}
	return t
}
