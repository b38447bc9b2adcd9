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

func packX86(s *state) Rule {
	if s.ret.how == undefined {
		return Rule(End)
	}
	if s.expression != nil && isPLT(s.expression) {
		return Rule(PLT)
	}
	if s.ret != (place{saved, returnAtCFA}) {
		return Rule(Unsupported)
	}
	if s.expression != nil {
		below, ok := indirect(s.expression)
		if !ok || s.frame.how != unchanged && s.frame.how != atFrame {
			return Rule(Unsupported)
		}
		return NewIndirect(below, s.frame.how == atFrame)
	}
	kind := StackPointer
	switch s.register {
	case regRSP:
	case regRBP:
		kind = FramePointer
	default:
		return Rule(Unsupported)
	}
	rbp := int64(0)
	switch s.frame.how {
	case unchanged:
	case saved:
		rbp = -s.frame.offset
	case atFrame:
		// Off RSP: behind the LEAVE of a function that realigned the stack. RBP is the
		// caller's again, which gcc does not say.
		if kind == FramePointer {
			rbp = s.offset
		}
	default:
		return Rule(Unsupported)
	}
	if rbp < 0 || rbp == 0 && s.frame.how == saved {
		return Rule(Unsupported)
	}
	rule, _ := NewRule(kind, s.offset, rbp)
	return rule
}

// packARM64: compilers save X29 and X30 next to each other (aapcs64, 6.4.6: the
// frame record), or X30 alone.
func packARM64(s *state) Rule {
	if s.ret.how == undefined {
		return Rule(End)
	}
	kind := StackPointer
	switch s.register {
	case regSP:
	case regX29:
		kind = FramePointer
	default:
		return Rule(Unsupported)
	}
	if s.expression != nil {
		return Rule(Unsupported)
	}
	switch {
	case s.ret.how == unchanged && s.frame.how == unchanged:
		return Rule(NewRuleARM64(kind, s.offset, 0, false))
	case s.ret.how != saved || s.ret.offset >= 0:
	case s.frame.how == unchanged:
		return Rule(NewRuleARM64(kind, s.offset, -s.ret.offset, false))
	case s.frame.how == saved && s.frame.offset == s.ret.offset-slot:
		return Rule(NewRuleARM64(kind, s.offset, -s.ret.offset, true))
	}
	return Rule(Unsupported)
}
