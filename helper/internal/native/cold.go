package native

import (
	"encoding/binary"
	"io"

	"emberline/helper/internal/symbolize"
	"emberline/helper/internal/unwind"
)

// maxLoop bounds what is read of an evaluation loop; the largest known has 120 KiB.
const maxLoop = 1 << 20

// entered is the CFA's distance of a function that was just called: only its
// return address is on the stack.
const entered = 8

// coldParts are the parts of a function that the compiler has put elsewhere because
// they seldom run (gcc's -freorder-blocks-and-partition). Such a part begins with the
// function's stack frame already there, which no called function does, and is
// jumped to from the function (x86-64: JMP rel32, Jcc rel32). In Debian's stripped
// Pythons up to a third of the loop's samples lie there.
func coldParts(file io.ReaderAt, loop symbolize.Range, table *unwind.Table) []symbolize.Range {
	code := make([]byte, min(loop.End-loop.Start, maxLoop))
	if _, err := file.ReadAt(code, int64(loop.Start)); err != nil {
		return nil
	}
	var parts []symbolize.Range
	known := map[uint32]bool{}
	for i := range code {
		after := jumpBytes(code[i:])
		if after == 0 {
			continue
		}
		distance := int32(binary.LittleEndian.Uint32(code[i+after-4:]))
		target := int64(loop.Start) + int64(i+after) + int64(distance)
		if target < 0 || target>>32 != 0 || target >= int64(loop.Start) && target < int64(loop.End) {
			continue
		}
		start, end, ok := table.Function(uint32(target))
		if !ok || known[start] || !isPart(table.Find(start)) {
			continue
		}
		known[start] = true
		parts = append(parts, symbolize.Range{Start: uint64(start), End: uint64(end)})
	}
	return parts
}

// jumpBytes is the length of the jump with a distance of 32 bits that code begins
// with, 0 when it begins with something else.
func jumpBytes(code []byte) int {
	switch {
	case len(code) >= 5 && code[0] == 0xe9:
		return 5
	case len(code) >= 6 && code[0] == 0x0f && code[1]&0xf0 == 0x80:
		return 6
	}
	return 0
}

// isPart tells whether a function that begins with this rule has its frame already.
func isPart(rule unwind.Rule) bool {
	switch rule.Kind() {
	case unwind.StackPointer:
		return rule.CFAOffset() > entered
	case unwind.FramePointer:
		return true
	}
	return false
}

// bodyRule is the rule that holds for most of a function's bytes.
func bodyRule(table *unwind.Table, function symbolize.Range) unwind.Rule {
	held := map[unwind.Rule]uint64{}
	most := unwind.Rule(unwind.None)
	for i, offset := range table.Offsets {
		end := function.End
		if i+1 < len(table.Offsets) {
			end = min(end, uint64(table.Offsets[i+1]))
		}
		start := max(function.Start, uint64(offset))
		if start >= end {
			continue
		}
		rule := table.Rules[i]
		held[rule] += end - start
		if held[rule] > held[most] {
			most = rule
		}
	}
	return most
}
