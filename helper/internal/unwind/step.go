package unwind

import "debug/elf"

// Registers are those that a walk needs, as a frame has them.
type Registers struct {
	// IP is where the frame's code goes on.
	IP uint64
	SP uint64
	// FP is RBP or X29.
	FP uint64
	// LR is X30 of 64-bit Arm, which is known only when HasLR: of the innermost
	// frame, and of one that a signal interrupted.
	LR    uint64
	HasLR bool
	// IsExact: the code at IP runs next. Else IP is behind a call, whose rule is that
	// of the byte before: a call that never returns may be its function's last.
	IsExact bool
}

// Site is the address whose rule the frame has.
func (r Registers) Site() uint64 {
	if r.IsExact {
		return r.IP
	}
	return r.IP - 1
}

// Memory reads 8 bytes of the walked thread; ok is false where nothing is mapped.
type Memory func(address uint64) (value uint64, ok bool)

// Code finds the rule of the code at an address.
type Code func(address uint64) Rule

// Outcome is why a step or a walk went no further.
type Outcome uint8

// The outcomes. Stepped is a step's success.
const (
	Stepped Outcome = iota
	// AtEnd: the thread's first frame.
	AtEnd
	// NoRule: the frame's code has no rule, or one that is not understood.
	NoRule
	// NoMemory: the stack is not where the rule says.
	NoMemory
	// NoProgress: the caller's frame is not above the callee's, so that a rule or the
	// stack is wrong.
	NoProgress
	// TooDeep: as many frames as were asked for.
	TooDeep
)

// step is how to get to a caller by a rule.
type step func(Rule, Registers, Memory) (Registers, Outcome)

var steps = map[elf.Machine]step{elf.EM_X86_64: stepX86, elf.EM_AARCH64: stepARM64}

// Step gives the registers of a frame's caller. It is the reference for what
// walks in the kernel, so it does nothing but what the rule says.
func Step(machine elf.Machine, rule Rule, r Registers, memory Memory) (Registers, Outcome) {
	step := steps[machine]
	if step == nil {
		return r, NoRule
	}
	switch rule.Kind() {
	case End:
		return r, AtEnd
	case None, Unsupported:
		return r, NoRule
	case StackPointer, FramePointer, PLT, Signal, Indirect:
	}
	caller, outcome := step(rule, r, memory)
	if outcome == Stepped && caller.SP <= r.SP && rule.Kind() != Signal && !isLeafOf(machine, r) {
		return r, NoProgress
	}
	return caller, outcome
}

// isLeafOf: on Arm a call pushes nothing, so a function without a frame has its
// caller's SP.
func isLeafOf(machine elf.Machine, r Registers) bool {
	return machine == elf.EM_AARCH64 && r.HasLR
}

// Walk gives the registers of each frame, the innermost first, of at most most.
func Walk(machine elf.Machine, r Registers, most int, code Code, memory Memory) ([]Registers, Outcome) {
	frames := []Registers{r}
	for len(frames) < most {
		caller, outcome := Step(machine, ruleOf(machine, r, code, memory), r, memory)
		if outcome != Stepped {
			return frames, outcome
		}
		// A thread's first function may have no return address instead of no rule.
		if caller.IP == 0 {
			return frames, AtEnd
		}
		r = caller
		frames = append(frames, r)
	}
	return frames, TooDeep
}

// ruleOf is a frame's rule. On 64-bit Arm the code that a signal handler returns to
// has none, and is recognised: the vDSO does not describe it on purpose
// (arch/arm64/kernel/vdso/sigreturn.S), nor does musl.
func ruleOf(machine elf.Machine, r Registers, code Code, memory Memory) Rule {
	rule := code(r.Site())
	if rule == Rule(None) && machine == elf.EM_AARCH64 {
		const sigreturn = 0xd4000001_d2801168 // mov x8, #139; svc #0
		if found, ok := memory(r.IP); ok && found == sigreturn {
			return Rule(Signal)
		}
	}
	return rule
}

// loader reads values and remembers when one was not there.
type loader struct {
	memory Memory
	failed bool
}

func (l *loader) at(address uint64) uint64 {
	value, ok := l.memory(address)
	l.failed = l.failed || !ok
	return value
}

func (l *loader) outcome() Outcome {
	if l.failed {
		return NoMemory
	}
	return Stepped
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
