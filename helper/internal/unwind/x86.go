package unwind

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
		if offset, addend, ok := indirectRSP(s.expression); ok && s.frame.how <= saved {
			if s.frame.how == saved && s.frame.offset >= 0 {
				return Rule(Unsupported)
			}
			return NewIndirectRSP(offset, addend, -s.frame.offset)
		}
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

func stepX86(rule Rule, r Registers, memory Memory) (Registers, Outcome) {
	load := loader{memory: memory}
	offset := uint64(rule.CFAOffset())
	caller := Registers{FP: r.FP}
	switch rule.Kind() {
	case StackPointer:
		caller.SP = r.SP + offset
	case FramePointer:
		caller.SP = r.FP + offset
	case PLT:
		const entryMask, pushedFrom = 15, 11
		caller.SP = r.SP + slot
		if r.IP&entryMask >= pushedFrom {
			caller.SP += slot
		}
	case Indirect:
		if offset, addend, below, ok := rule.IndirectRSP(); ok {
			caller.SP = load.at(r.SP+uint64(offset)) + uint64(addend)
			if below != 0 {
				caller.FP = load.at(caller.SP - uint64(below))
			}
			break
		}
		caller.SP = load.at(r.FP - offset)
		if rule.IsSaved() {
			caller.FP = load.at(r.FP)
		}
	case Signal:
		// uc_mcontext of the ucontext at SP (arch/x86/include/uapi/asm/sigcontext.h,
		// struct sigcontext_64; asm-generic/ucontext.h).
		const rbp, rsp, rip = 120, 160, 168
		caller = Registers{IP: load.at(r.SP + rip), SP: load.at(r.SP + rsp), FP: load.at(r.SP + rbp), IsExact: true}
		return caller, load.outcome()
	default:
		return r, NoRule
	}
	if below := rule.SavedRBP(); below != 0 && rule.Kind() != Indirect {
		caller.FP = load.at(caller.SP - uint64(below))
	}
	caller.IP = load.at(caller.SP - slot)
	return caller, load.outcome()
}
