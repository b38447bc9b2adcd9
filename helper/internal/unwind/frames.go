package unwind

import (
	"errors"
	"fmt"
)

// Pointer encodings of .eh_frame (Linux Standard Base, 10.5).
const (
	peOmit     = 0xff
	peFormat   = 0x0f
	peRelative = 0x70
	peAbsPtr   = 0x00
	peUleb     = 0x01
	peUdata2   = 0x02
	peUdata4   = 0x03
	peUdata8   = 0x04
	peSleb     = 0x09
	peSdata2   = 0x0a
	peSdata4   = 0x0b
	peSdata8   = 0x0c
	pePCRel    = 0x10
)

var errEncoding = errors.New("a pointer encoding is not understood")

// cie is what functions of one kind share.
type cie struct {
	codeAlign     uint64
	dataAlign     int64
	returnColumn  uint64
	pointers      uint8
	isSignalFrame bool
	hasAugment    bool
	initial       []byte
}

// function is one FDE: the code in [start, end) and the program of its rules.
type function struct {
	start, end uint64
	common     *cie
	program    []byte
}

// functions visits every FDE of an .eh_frame section that is loaded at address.
// One that is broken is left out; its code then has no rule.
func functions(section []byte, address uint64, visit func(function)) error {
	cies := map[int]*cie{}
	r := reader{data: section}
	for r.left() >= 4 {
		start := r.at
		length := uint64(r.u32())
		if length == 0 {
			// A terminator; linkers put one at the end, and crtend.o's may lie before others.
			continue
		}
		if length == 0xffffffff {
			length = r.u64()
		}
		if length > uint64(r.left()) {
			return fmt.Errorf("entry at %#x: %w", start, errCut)
		}
		idAt := r.at
		entry := reader{data: section[:r.at+int(length)], at: r.at}
		r.at += int(length)
		id := entry.u32()
		if id == 0 {
			if common, err := parseCIE(&entry); err == nil {
				cies[start] = common
			}
			continue
		}
		common := cies[idAt-int(id)]
		if common == nil {
			continue
		}
		if f, err := parseFDE(&entry, common, address); err == nil && f.end > f.start {
			visit(f)
		}
	}
	return nil
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
				if _, err := pointer(r, encoding, 0); err != nil {
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
	common.initial = r.bytes(r.left())
	return common, r.err
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

// pointer reads an encoded pointer; section is the address of r.data[0].
func pointer(r *reader, encoding uint8, section uint64) (uint64, error) {
	if encoding == peOmit {
		return 0, nil
	}
	base := uint64(0)
	switch encoding & peRelative {
	case 0:
	case pePCRel:
		base = section + uint64(r.at)
	default:
		return 0, errEncoding
	}
	var value uint64
	switch encoding & peFormat {
	case peAbsPtr, peUdata8, peSdata8:
		value = r.u64()
	case peUleb:
		value = r.uleb()
	case peSleb:
		value = uint64(r.sleb())
	case peUdata2:
		value = uint64(r.u16())
	case peSdata2:
		value = uint64(int64(int16(r.u16())))
	case peUdata4:
		value = uint64(r.u32())
	case peSdata4:
		value = uint64(int64(int32(r.u32())))
	default:
		return 0, errEncoding
	}
	return base + value, r.err
}
