package unwind

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

// arm64AddressBits are what is left of a return address when its signature, which
// lies above, is taken off. User space has so many with pages of 4 KiB (Linux,
// Documentation/arch/arm64/memory.rst, pointer-authentication.rst); kernels for 52
// bits give a process more only if it asks.
const arm64AddressBits = 48

func stepARM64(packed Rule, r Registers, memory Memory) (Registers, Outcome) {
	rule := RuleARM64(packed)
	load := loader{memory: memory}
	caller := Registers{FP: r.FP}
	switch rule.Kind() {
	case StackPointer:
		caller.SP = r.SP + uint64(rule.CFAOffset())
	case FramePointer:
		caller.SP = r.FP + uint64(rule.CFAOffset())
	case Signal:
		// uc_mcontext of the ucontext behind the siginfo at SP (arch/arm64/kernel/signal.c,
		// struct rt_sigframe; arch/arm64/include/uapi/asm/sigcontext.h).
		const x29, x30, sp, pc = 544, 552, 560, 568
		caller = Registers{
			IP: load.at(r.SP + pc), SP: load.at(r.SP + sp), FP: load.at(r.SP + x29),
			LR: load.at(r.SP + x30), HasLR: true, IsExact: true,
		}
		return caller, load.outcome()
	default:
		return r, NoRule
	}
	below := rule.SavedX30()
	switch {
	case below != 0:
		caller.IP = load.at(caller.SP - uint64(below))
		if rule.IsX29Saved() {
			caller.FP = load.at(caller.SP - uint64(below) - slot)
		}
	case r.HasLR:
		caller.IP = r.LR
	default:
		return r, NoRule
	}
	caller.IP &= 1<<arm64AddressBits - 1
	return caller, load.outcome()
}
