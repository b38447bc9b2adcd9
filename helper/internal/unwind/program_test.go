package unwind

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"testing"
)

// cieOf is a CIE as compilers write it for a machine: return column, data
// alignment, initial instructions, and absolute pointers of 8 bytes.
func cieOf(codeAlign, dataAlign, column byte, augmentation string, program ...byte) []byte {
	body := []byte{0, 0, 0, 0, 1}
	body = append(append(body, augmentation...), 0, codeAlign, dataAlign, column)
	if augmentation != "" {
		body = append(body, 0)
	}
	return entryOf(append(body, program...))
}

func entryOf(body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, cfaNop)
	}
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(body))), body...)
}

// fdeOf is an FDE behind a section, whose CIE is at 0.
func fdeOf(section []byte, start, size uint64, program ...byte) []byte {
	body := binary.LittleEndian.AppendUint32(nil, uint32(len(section)+4))
	body = binary.LittleEndian.AppendUint64(body, start)
	body = binary.LittleEndian.AppendUint64(body, size)
	return append(section, entryOf(append(body, program...))...)
}

func tableOf(t *testing.T, machine elf.Machine, section []byte) *Table {
	t.Helper()
	code := &elf.Prog{ProgHeader: elf.ProgHeader{Filesz: 1 << 20}}
	image := &image{
		machine: machine, code: segments{code},
		frames: frames{section: section, arch: architectures[machine]},
	}
	table, err := image.build()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// x86 is the CIE that gcc and clang write for x86-64.
var x86 = cieOf(1, 0x78, 16, "", cfaDefCFA, regRSP, 8, cfaOffset|16, 1)

func rows(table *Table) string {
	var out bytes.Buffer
	for i, offset := range table.Offsets {
		fmt.Fprintf(&out, "%x:%s ", offset, describe(table.Rules[i]))
	}
	return out.String()
}

func TestProgramsBecomeRules(t *testing.T) {
	// What gcc 12 -O2 -mavx2 writes for a function that realigns its stack.
	realigned := []byte{
		cfaAdvance | 5, cfaDefCFA, 10, 0, cfaAdvance | 23, cfaExpression, 6, 2, opBreg6, 0,
		cfaAdvance | 2, cfaDefExpr, 3, opBreg6, 0x78, opDeref,
		cfaAdvance | 52, cfaDefCFA, 10, 0, cfaAdvance | 13, cfaDefCFA, regRSP, 8,
	}
	plt := []byte{
		cfaDefExpr, 11, opBreg7, 8, opBreg16, 0, opLit15, opAnd, opLit11, opGe, opLit3, opShl, opPlus,
	}
	for _, test := range []struct {
		name    string
		program []byte
		want    string
	}{
		{"no frame", nil, "100:rsp+8 u 200:kind 0 "},
		{"realigned stack", realigned, "100:rsp+8 u 105:kind 6 11e:*(rbp-8) *rbp 152:kind 6 15f:rsp+8 u 200:kind 0 "},
		{"realigned stack with a callee's frame pointer", []byte{cfaDefExpr, 4, opBreg6, 0x80, 0x7f, opDeref}, "100:*(rbp-128) u 200:kind 0 "},
		{"above the frame pointer", []byte{cfaDefExpr, 3, opBreg6, 8, opDeref}, "100:kind 6 200:kind 0 "},
		{"more than an address", []byte{cfaDefExpr, 5, opBreg6, 0x78, opDeref, 0x23, 8}, "100:kind 6 200:kind 0 "},
		{"RSP on the stack", []byte{cfaOffset | 6, 3, cfaDefExpr, 6, opBreg7, 0x98, 1, opDeref, opPlusConst, 8}, "100:*(rsp+152)+8 c-24 200:kind 0 "},
		{"RSP below the stack", []byte{cfaDefExpr, 5, opBreg7, 0x78, opDeref, opPlusConst, 64}, "100:*(rsp+-8)+64 u 200:kind 0 "},
		{"RSP beyond the stack", []byte{cfaDefExpr, 6, opBreg7, 0x98, 1, opDeref, opPlusConst, 127}, "100:kind 6 200:kind 0 "},
		{"empty expression", []byte{cfaDefExpr, 0}, "100:kind 6 200:kind 0 "},
		{"linkage table", plt, "100:kind 3 200:kind 0 "},
		{"linkage table of ENDBR64", bytes.Replace(plt, []byte{opLit11}, []byte{opLit10}, 1), "100:kind 3 200:kind 0 "},
		{"frame pointer, saved by expression", []byte{cfaDefCFA, regRBP, 16, cfaExpression, 6, 2, opBreg6, 0}, "100:rbp+16 c-16 200:kind 0 "},
		{"no caller", []byte{cfaUndefined, 16}, "100:end 200:kind 0 "},
		{"unknown instruction", []byte{cfaAdvance | 1, cfaDefOffset, 16, cfaAdvance | 4, 0x3f}, "100:rsp+8 u 101:rsp+16 u 105:kind 6 200:kind 0 "},
		{"signed return address", []byte{cfaAdvance | 4, cfaNegateRA}, "100:rsp+8 u 104:kind 6 200:kind 0 "},
		{"remember and restore", []byte{
			cfaAdvance | 1, cfaDefOffset, 16, cfaRemember, cfaAdvance | 1, cfaDefOffset, 8, cfaAdvance | 1, cfaRestoreAll,
		}, "100:rsp+8 u 101:rsp+16 u 102:rsp+8 u 103:rsp+16 u 200:kind 0 "},
	} {
		got := rows(tableOf(t, elf.EM_X86_64, fdeOf(x86, 0x100, 0x100, test.program...)))
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestFunctionsInAnyOrder(t *testing.T) {
	type fde struct {
		start, size uint64
		offset      byte
	}
	for _, test := range []struct {
		name string
		fdes []fde
		want string
	}{
		{"backwards, and a gap", []fde{{0x80, 0x10, 24}, {0x40, 0x20, 16}},
			"40:rsp+16 u 60:kind 0 80:rsp+24 u 90:kind 0 "},
		{"equal neighbours", []fde{{0x40, 0x40, 16}, {0x80, 0x10, 16}}, "40:rsp+16 u 90:kind 0 "},
		{"twice", []fde{{0x40, 0x10, 16}, {0x40, 0x20, 24}}, "40:rsp+24 u 60:kind 0 "},
		{"one in another", []fde{{0x40, 0x40, 16}, {0x50, 0x10, 24}}, "40:rsp+16 u 50:rsp+24 u 60:kind 0 "},
		{"overlapping", []fde{{0x50, 0x20, 24}, {0x40, 0x20, 16}}, "40:rsp+16 u 50:rsp+24 u 70:kind 0 "},
		{"in no segment", []fde{{1 << 30, 0x20, 24}, {0x40, 0x20, 16}}, "40:rsp+16 u 60:kind 0 "},
		{"beyond its segment", []fde{{1<<20 - 16, 0x20, 24}}, "ffff0:rsp+24 u 100000:kind 0 "},
	} {
		section := bytes.Clone(x86)
		for _, f := range test.fdes {
			section = fdeOf(section, f.start, f.size, cfaDefOffset, f.offset)
		}
		if got := rows(tableOf(t, elf.EM_X86_64, section)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestRulesOfARM64(t *testing.T) {
	arm := cieOf(4, 0x78, 30, "", cfaDefCFA, regSP, 0)
	for _, test := range []struct {
		name    string
		program []byte
		want    string
	}{
		{"leaf", nil, "sp+0 x30"},
		{"pair at the bottom", []byte{cfaDefOffset, 32, cfaOffset | 29, 4, cfaOffset | 30, 3}, "sp+32 c-24 x29"},
		{"signed", []byte{cfaNegateRA, cfaDefOffset, 32, cfaOffset | 29, 4, cfaOffset | 30, 3}, "sp+32 c-24 x29"},
		{"frame pointer", []byte{cfaDefCFA, regX29, 32, cfaOffset | 29, 4, cfaOffset | 30, 3}, "x29+32 c-24 x29"},
		{"X30 alone", []byte{cfaDefOffset, 16, cfaOffset | 30, 2}, "sp+16 c-16"},
		{"beyond what can be told", []byte{cfaDefOffset, 0x80, 0x80, 0x40}, "kind 6"},
		{"544 KiB, pair near SP", []byte{cfaDefOffset, 0x90, 0x85, 0x21, cfaOffset | 29, 0xcc, 0x90, 4, cfaOffset | 30, 0xcb, 0x90, 4}, "sp+541328 c-541272 x29"},
		{"X29 alone", []byte{cfaDefOffset, 16, cfaOffset | 29, 2}, "kind 6"},
		{"apart", []byte{cfaDefOffset, 32, cfaOffset | 29, 4, cfaOffset | 30, 1}, "kind 6"},
		{"odd offset", []byte{cfaDefOffset, 24}, "kind 6"},
		{"other register", []byte{cfaDefCFA, 0, 0}, "kind 6"},
		{"no caller", []byte{cfaUndefined, 30}, "kind 5"},
	} {
		table := tableOf(t, elf.EM_AARCH64, fdeOf(arm, 0x100, 0x100, test.program...))
		if got := describeARM64(RuleARM64(table.Find(0x100))); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func describeARM64(rule RuleARM64) string {
	register := "sp"
	switch rule.Kind() {
	case StackPointer:
	case FramePointer:
		register = "x29"
	default:
		return fmt.Sprintf("kind %d", rule.Kind())
	}
	where := "x30"
	if below := rule.SavedX30(); below != 0 {
		where = fmt.Sprintf("c-%d", below)
	}
	if rule.IsX29Saved() {
		where += " x29"
	}
	return fmt.Sprintf("%s+%d %s", register, rule.CFAOffset(), where)
}
