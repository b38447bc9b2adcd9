package unwind

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"
)

// checkTable holds what every table promises, whatever it is made of.
func checkTable(t *testing.T, table *Table, bytesRead int) {
	t.Helper()
	if len(table.Rules) != len(table.Offsets) {
		t.Fatalf("%d rules for %d offsets", len(table.Rules), len(table.Offsets))
	}
	// Two bytes of a program at least change the rule and go on.
	if table.Rows() > 64+bytesRead {
		t.Fatalf("%d rows out of %d bytes", table.Rows(), bytesRead)
	}
	before := Rule(None)
	for i, rule := range table.Rules {
		if i > 0 && table.Offsets[i] <= table.Offsets[i-1] {
			t.Fatalf("row %d at %#x follows %#x", i, table.Offsets[i], table.Offsets[i-1])
		}
		if rule == before {
			t.Fatalf("row %d says what the one before it does: %#x", i, rule)
		}
		before = rule
		if !isValid(table.Machine, rule) {
			t.Fatalf("row %d: %#x is no rule of %v", i, rule, table.Machine)
		}
	}
}

// isValid tells whether nothing but what its kind has is in a rule.
func isValid(machine elf.Machine, rule Rule) bool {
	switch rule.Kind() {
	case None, Signal, End, Unsupported:
		return rule == Rule(rule.Kind())
	case StackPointer, FramePointer:
		if machine == elf.EM_AARCH64 {
			r := RuleARM64(rule)
			return NewRuleARM64(r.Kind(), r.CFAOffset(), r.SavedX30(), r.IsX29Saved()) == r
		}
		again, ok := NewRule(rule.Kind(), rule.CFAOffset(), rule.SavedRBP())
		return ok && again == rule
	case PLT:
		return rule == Rule(PLT) && machine == elf.EM_X86_64
	case Indirect:
		if offset, addend, below, ok := rule.IndirectRSP(); ok {
			return rule == NewIndirectRSP(offset, addend, below) && machine == elf.EM_X86_64
		}
		return rule == NewIndirect(rule.CFAOffset(), rule.IsSaved()) && machine == elf.EM_X86_64
	}
	return false
}

func FuzzBuild(f *testing.F) {
	f.Add([]byte{}, uint64(0), false, false)
	f.Add([]byte{0x14, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b, 0xc, 7, 8, 0x90, 1, 0, 0,
		0x10, 0, 0, 0, 0x1c, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0x44, 0xe, 0x10}, uint64(0x1000), false, false)
	realigned := fdeOf(fdeOf(x86, 0x100, 0x100, cfaAdvance|5, cfaExpression, 6, 2, opBreg6, 0, cfaDefExpr, 3, opBreg6, 0x78, opDeref),
		0x80, 0x20, cfaRemember, cfaAdvance|1, cfaDefOffset, 16, cfaRestoreAll)
	f.Add(realigned, uint64(0), false, true)
	arm := cieOf(4, 0x78, 30, "", cfaDefCFA, regSP, 0)
	f.Add(fdeOf(arm, 0x100, 0x100, cfaNegateRA, cfaDefOffset, 32, cfaOffset|29, 4, cfaOffset|30, 3), uint64(0), true, false)
	f.Fuzz(func(t *testing.T, section []byte, address uint64, isARM, endsAtTerminator bool) {
		machine := elf.EM_X86_64
		if isARM {
			machine = elf.EM_AARCH64
		}
		image := &image{
			machine: machine, endsAtTerminator: endsAtTerminator,
			frames: frames{section: section, address: address, arch: architectures[machine]},
			code:   segments{&elf.Prog{ProgHeader: elf.ProgHeader{Filesz: 1 << 32}}},
			stubs:  []span{{0x100, 0x140}},
		}
		if table, err := image.build(); err == nil {
			checkTable(t, table, len(section))
		}
	})
}

func FuzzBuildFile(f *testing.F) {
	f.Add(tinyFile())
	f.Fuzz(func(t *testing.T, file []byte) {
		if table, err := Build(bytes.NewReader(file)); err == nil {
			checkTable(t, table, len(file))
		}
	})
}

// tinyFile is an ELF file of one segment without section headers: code nowhere, and
// .eh_frame behind .eh_frame_hdr.
func tinyFile() []byte {
	const headerBytes, segmentBytes, segmentCount = 64, 56, 2
	const frameHeaderAt = headerBytes + segmentBytes*segmentCount
	frames := fdeOf(x86, 0, 0x40, cfaAdvance|4, cfaDefOffset, 16)
	frameHeader := []byte{1, peSdata4 | pePCRel, peOmit, peOmit, 4, 0, 0, 0}
	size := uint64(frameHeaderAt + len(frameHeader) + len(frames) + 4)
	var file bytes.Buffer
	for _, part := range []any{
		elf.Header64{
			Ident:   [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
			Type:    uint16(elf.ET_DYN),
			Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT), Phoff: headerBytes,
			Ehsize: headerBytes, Phentsize: segmentBytes, Phnum: segmentCount,
		},
		elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Filesz: size, Memsz: size},
		elf.Prog64{
			Type: uint32(elf.PT_GNU_EH_FRAME), Flags: uint32(elf.PF_R),
			Off: frameHeaderAt, Vaddr: frameHeaderAt, Filesz: 8, Memsz: 8,
		},
		frameHeader, frames, uint32(0),
	} {
		// A bytes.Buffer takes everything.
		_ = binary.Write(&file, binary.LittleEndian, part)
	}
	return file.Bytes()
}

func TestTinyFile(t *testing.T) {
	table, err := Build(bytes.NewReader(tinyFile()))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := rows(table), "0:rsp+8 u 4:rsp+16 u 40:kind 0 "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// FuzzWalk walks garbage by any rules: it ends, and reads nothing but memory.
func FuzzWalk(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8}, uint32(0x1001), uint64(0), true)
	f.Fuzz(func(t *testing.T, stack []byte, rule uint32, sp uint64, isARM bool) {
		machine := elf.EM_X86_64
		if isARM {
			machine = elf.EM_AARCH64
		}
		memory := func(address uint64) (uint64, bool) {
			if address > uint64(len(stack)) || uint64(len(stack))-address < slot {
				return 0, false
			}
			return binary.LittleEndian.Uint64(stack[address:]), true
		}
		code := func(address uint64) Rule { return Rule(rule) ^ Rule(address) }
		const most = 128
		frames, outcome := Walk(machine, Registers{SP: sp, FP: sp + 8, LR: 5, HasLR: true, IsExact: true}, most, code, memory)
		if len(frames) > most || outcome == Stepped {
			t.Fatalf("%d frames, outcome %d", len(frames), outcome)
		}
	})
}
