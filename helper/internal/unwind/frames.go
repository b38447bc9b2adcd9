package unwind

import (
	"errors"
	"fmt"
)

// cie is what functions of one kind share.
type cie struct {
	codeAlign     uint64
	dataAlign     int64
	returnColumn  uint64
	pointers      uint8
	isSignalFrame bool
	hasAugment    bool
	program       []byte
	// initial is the state that the program makes; isUnderstood tells whether it does.
	initial      state
	isUnderstood bool
}

// function is one FDE: the code in [start, end) and the program of its rules.
type function struct {
	start, end uint64
	common     *cie
	program    []byte
}

// frames reads the entries of an .eh_frame section that is loaded at address.
type frames struct {
	section []byte
	address uint64
	arch    *architecture
	cies    map[int]*cie
}

const (
	// maxCIE bounds what is read for one CIE; the longest known, of vDSOs' signal
	// frames, have 200 bytes.
	maxCIE = 4096
	// maxCIEs bounds the memory for them. Linkers merge equal ones, to some dozens.
	maxCIEs = 4096
)

// entries visits every FDE by its place in the section. With an end by a
// terminator nothing is wrong with what follows it: a section whose size is not
// known goes on with something else.
func (f *frames) entries(endsAtTerminator bool, visit func(at int, f function)) error {
	r := reader{data: f.section}
	for r.left() >= 4 {
		start := r.at
		length := uint64(r.u32())
		if length == 0 {
			if endsAtTerminator {
				return nil
			}
			// Linkers put a terminator at the end, and crtend.o's may lie before others.
			continue
		}
		if length == extendedLength {
			length = r.u64()
		}
		if length > uint64(r.left()) {
			if endsAtTerminator {
				return nil
			}
			return fmt.Errorf("entry at %#x: %w", start, errCut)
		}
		r.at += int(length)
		if function, err := f.function(start); err == nil {
			visit(start, function)
		}
	}
	return nil
}

// extendedLength announces a length of 64 bits.
const extendedLength = 0xffffffff

var errNotFDE = errors.New("not an FDE that is understood")

// entry is a reader behind the length of the entry at a place.
func (f *frames) entry(at int) reader {
	r := reader{data: f.section, at: at}
	length := uint64(r.u32())
	if length == extendedLength {
		length = r.u64()
	}
	if r.err != nil || length == 0 || length > uint64(r.left()) {
		return reader{err: errCut}
	}
	r.data = f.section[:r.at+int(length)]
	return r
}

// function reads the FDE at a place; an error when there is a CIE, or nothing of use.
func (f *frames) function(at int) (function, error) {
	r := f.entry(at)
	idAt := r.at
	id := int(r.u32())
	if r.err != nil || id == 0 || id > idAt {
		return function{}, errNotFDE
	}
	common := f.cie(idAt - id)
	if common == nil {
		return function{}, errNotFDE
	}
	found, err := parseFDE(&r, common, f.address)
	if err == nil && found.end <= found.start {
		err = errNotFDE
	}
	return found, err
}

// rule packs a row; one whose program is not understood is nil.
func (f *frames) rule(s *state) Rule {
	if s == nil {
		return Rule(Unsupported)
	}
	return f.arch.pack(s)
}

// cie reads the CIE at a place; nil when it is not understood.
func (f *frames) cie(at int) *cie {
	if common, ok := f.cies[at]; ok {
		return common
	}
	r := f.entry(at)
	r.data = r.data[:min(len(r.data), r.at+maxCIE)]
	var common *cie
	if r.u32() == 0 && r.err == nil {
		common, _ = parseCIE(&r)
	}
	if common != nil {
		m := machine{arch: f.arch}
		common.isUnderstood = m.start(common)
		common.initial = m.state
	}
	if f.cies == nil || len(f.cies) >= maxCIEs {
		f.cies = map[int]*cie{}
	}
	f.cies[at] = common
	return common
}

func parseCIE(r *reader) (*cie, error) {
	common := &cie{pointers: peAbsPtr}
	version := r.u8()
	if version != 1 && version != 3 && version != 4 {
		return nil, fmt.Errorf("CIE version %d", version)
	}
	augmentation := r.text()
	if version == 4 {
		r.bytes(2) // address and segment sizes
	}
	common.codeAlign, common.dataAlign = r.uleb(), r.sleb()
	if version == 1 {
		common.returnColumn = uint64(r.u8())
	} else {
		common.returnColumn = r.uleb()
	}
	if augmentation != "" {
		if augmentation[0] != 'z' {
			return nil, fmt.Errorf("CIE augmentation %q", augmentation)
		}
		common.hasAugment = true
		size := r.uleb()
		if size > uint64(r.left()) {
			return nil, errCut
		}
		end := r.at + int(size)
		for _, letter := range augmentation[1:] {
			switch letter {
			case 'R':
				common.pointers = r.u8()
			case 'P':
				encoding := r.u8()
				if _, err := pointer(r, encoding&peFormat, 0); err != nil {
					return nil, err
				}
			case 'L':
				r.u8()
			case 'S':
				common.isSignalFrame = true
			}
		}
		r.at = end
	}
	common.program = r.bytes(r.left())
	if r.err != nil {
		return nil, r.err
	}
	return common, nil
}

func parseFDE(r *reader, common *cie, address uint64) (function, error) {
	start, err := pointer(r, common.pointers, address)
	if err != nil {
		return function{}, err
	}
	size, err := pointer(r, common.pointers&peFormat, address)
	if err != nil {
		return function{}, err
	}
	if common.hasAugment {
		augmented := r.uleb()
		if augmented > uint64(r.left()) {
			return function{}, errCut
		}
		r.bytes(int(augmented))
	}
	return function{start: start, end: start + size, common: common, program: r.bytes(r.left())}, r.err
}
