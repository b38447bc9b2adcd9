package unwind

import "slices"

// isPLT recognises the expression with which linkers describe .plt: RSP + 8, and
// 8 more once the entry has pushed its number. GNU ld (elf64-x86-64.c,
// elf_x86_64_eh_frame_plt) and lld write the 11th byte of an entry as the limit,
// and the 10th for entries that begin with ENDBR64 (…_lazy_ibt_plt), in which no
// instruction begins between the two.
func isPLT(expression []byte) bool {
	const limitAt = 6
	pattern := []byte{opBreg7, 8, opBreg16, 0, opLit15, opAnd, opLit11, opGe, opLit3, opShl, opPlus}
	if len(expression) != len(pattern) || expression[limitAt] != opLit10 && expression[limitAt] != opLit11 {
		return false
	}
	pattern[limitAt] = expression[limitAt]
	return slices.Equal(expression, pattern)
}

// indirect recognises *(RBP - below), as which gcc describes the CFA of functions
// that realign the stack: the dynamic realign argument pointer is pushed below the
// frame pointer (gcc, i386.cc, ix86_expand_prologue, and dwarf2cfi.cc, rule 18).
func indirect(expression []byte) (below int64, ok bool) {
	r := reader{data: expression}
	if r.u8() != opBreg6 {
		return 0, false
	}
	below = -r.sleb()
	ok = r.u8() == opDeref && r.left() == 0 && r.err == nil
	return below, ok
}

// isFrameItself recognises the address that RBP holds, where gcc says that such
// functions keep the caller's RBP (dwarf2cfi.cc, rule 17).
func isFrameItself(expression []byte) bool {
	return len(expression) == 2 && expression[0] == opBreg6 && expression[1] == 0
}

// indirectRSP recognises *(RSP + offset) + addend, as which OpenSSL's assembly
// describes the CFA where it keeps its caller's RSP on a stack that it aligned
// (crypto/perlasm/x86_64-xlate.pl, cfa_expression).
func indirectRSP(expression []byte) (offset, addend int64, ok bool) {
	r := reader{data: expression}
	if r.u8() != opBreg7 {
		return 0, 0, false
	}
	offset = r.sleb()
	if r.u8() != opDeref || r.u8() != opPlusConst {
		return 0, 0, false
	}
	addend = int64(r.uleb())
	return offset, addend, r.left() == 0 && r.err == nil
}
