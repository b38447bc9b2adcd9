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
