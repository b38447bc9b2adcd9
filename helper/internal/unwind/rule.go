// Package unwind turns the call frame information of ELF files (.eh_frame,
// DWARF 5 section 6.4, System V ABI x86-64 3.7) into compact tables that the
// sampler searches in the kernel. It is pure: bytes in, rows out.
package unwind

// Rule tells how to get from a place in the code to the caller's frame, packed
// as bpf/types.h has it:
//
//	bits 0-2   Kind
//	bit  3     RBP is saved at CFA - 8*bits 4-11; for Indirect, at *RBP
//	bits 4-11  0 for Indirect by RBP
//	bits 12-31 CFA offset in units of 8 bytes; for Indirect, how far below RBP
//
// Indirect with bits 4-7 not 0 is by RSP, as assembly that realigns the stack keeps
// the RSP of its caller on it: CFA = *(RSP + 8*s) + 8*bits 4-7, where s is bits 12-31
// as a signed number; RBP is saved at CFA - 8*bits 8-11 when bit 3 is set.
//
// The return address is at CFA - 8, but for Signal. A Rule of a table for 64-bit
// Arm is a RuleARM64.
type Rule uint32

// Kind is how the canonical frame address (CFA: RSP before the call) is found.
type Kind uint32

// The kinds. None ends nothing by itself: it is code that no rule describes.
const (
	// None: no information; frame pointers may help.
	None Kind = iota
	// StackPointer: CFA = RSP + offset.
	StackPointer
	// FramePointer: CFA = RBP + offset.
	FramePointer
	// PLT: CFA = RSP + 8, and 8 more from the 11th byte of each 16-byte entry on
	// (the expression that linkers write for .plt).
	PLT
	// Signal: the caller's registers are in the ucontext at RSP (Linux
	// arch/x86/kernel/signal_64.c, struct rt_sigframe).
	Signal
	// End: the thread's first frame; it has no caller.
	End
	// Unsupported: a rule that is not understood.
	Unsupported
	// Indirect: CFA = *(RBP - offset), in functions that realign the stack; or
	// *(RSP + offset) + addend.
	Indirect
)

const (
	savedBit         = 1 << 3
	savedShift       = 4
	savedMax         = 0xff
	cfaShift         = 12
	cfaMax           = 1<<20 - 1
	slot             = 8
	returnAtCFA      = -8
	kindMask    Rule = 7
)

// NewRule packs a rule; ok is false when an offset cannot be told in it.
// cfaOffset is in bytes; savedRBP the bytes below the CFA at which RBP is, 0 when
// the frame has not saved it.
func NewRule(kind Kind, cfaOffset, savedRBP int64) (Rule, bool) {
	if cfaOffset < 0 || cfaOffset%slot != 0 || cfaOffset/slot > cfaMax {
		return Rule(Unsupported), false
	}
	rule := Rule(kind) | Rule(cfaOffset/slot)<<cfaShift
	if savedRBP != 0 {
		if savedRBP < 0 || savedRBP%slot != 0 || savedRBP/slot > savedMax {
			return Rule(Unsupported), false
		}
		rule |= savedBit | Rule(savedRBP/slot)<<savedShift
	}
	return rule, true
}

// NewIndirect packs CFA = *(RBP - below), below in bytes; isSaved when the
// caller's RBP is at *RBP. It is Unsupported when below cannot be told.
func NewIndirect(below int64, isSaved bool) Rule {
	rule, ok := NewRule(Indirect, below, 0)
	if ok && isSaved {
		rule |= savedBit
	}
	return rule
}

const (
	nibble        = 0xf
	addendShift   = 4
	belowCFAShift = 8
)

// NewIndirectRSP packs CFA = *(RSP + offset) + addend, in bytes, addend not 0;
// savedRBP is as NewRule has it. It is Unsupported when one cannot be told.
func NewIndirectRSP(offset, addend, savedRBP int64) Rule {
	const most, least = cfaMax / 2, -cfaMax/2 - 1
	for _, each := range []int64{offset, addend, savedRBP} {
		if each%slot != 0 {
			return Rule(Unsupported)
		}
	}
	offset, addend, savedRBP = offset/slot, addend/slot, savedRBP/slot
	if offset < least || offset > most || addend < 1 || addend > nibble || savedRBP < 0 || savedRBP > nibble {
		return Rule(Unsupported)
	}
	rule := Rule(Indirect) | Rule(addend)<<addendShift | Rule(savedRBP)<<belowCFAShift | Rule(uint32(offset)<<cfaShift)
	if savedRBP != 0 {
		rule |= savedBit
	}
	return rule
}

// IndirectRSP is what NewIndirectRSP packed; ok is false for a rule of another shape.
func (r Rule) IndirectRSP() (offset, addend, savedRBP int64, ok bool) {
	addend = int64(r>>addendShift&nibble) * slot
	if r.Kind() != Indirect || addend == 0 {
		return 0, 0, 0, false
	}
	if r.IsSaved() {
		savedRBP = int64(r>>belowCFAShift&nibble) * slot
	}
	return int64(int32(r)>>cfaShift) * slot, addend, savedRBP, true
}

// Kind of the rule.
func (r Rule) Kind() Kind { return Kind(r & kindMask) }

// CFAOffset in bytes; for Indirect, the bytes below RBP at which the CFA is.
func (r Rule) CFAOffset() int64 { return int64(r>>cfaShift) * slot }

// IsSaved tells whether the frame has saved RBP.
func (r Rule) IsSaved() bool { return r&savedBit != 0 }

// SavedRBP is the bytes below the CFA at which RBP is saved, 0 when it is not.
func (r Rule) SavedRBP() int64 {
	if r&savedBit == 0 {
		return 0
	}
	return int64(r>>savedShift&savedMax) * slot
}
