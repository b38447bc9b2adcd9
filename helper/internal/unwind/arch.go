package unwind

import "debug/elf"

// architecture is what is particular to a processor.
type architecture struct {
	// frame is the DWARF number of the frame pointer.
	frame uint64
	// signsReturns: DW_CFA_AARCH64_negate_ra_state is understood.
	signsReturns bool
	// stub is the rule of .plt where linkers do not say one, and stubHeader the bytes
	// of its first entry, which only runs when a name is looked up.
	stub       Rule
	stubHeader uint64
	// pack puts a row into a rule; what cannot be told is Unsupported.
	pack func(*state) Rule
}

var architectures = map[elf.Machine]*architecture{
	elf.EM_X86_64: {frame: regRBP, stub: Rule(PLT), stubHeader: 16, pack: packX86},
	elf.EM_AARCH64: {
		frame: regX29, signsReturns: true, pack: packARM64,
		stub: Rule(NewRuleARM64(StackPointer, 0, 0, false)), stubHeader: 32,
	},
}
