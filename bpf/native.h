/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The walk over native frames, leaf first, by the rules of the files' call frame
 * information. One step is one frame.
 */
#ifndef EMBERLINE_NATIVE_H
#define EMBERLINE_NATIVE_H

#include "unwind.h"

/* Deliver native frames. */
const volatile bool with_native = true;

/* Offsets in the ucontext that a signal frame holds (Linux uapi/asm/ucontext.h and
 * sigcontext.h, x86-64): uc_mcontext is at 40. */
#define UCONTEXT_BP 120
#define UCONTEXT_SP 160
#define UCONTEXT_IP 168

/* A frame pointer further up than this is none. */
#define MAX_FRAME_BYTES (1 << 20)

/* How often one walk goes on above code without rules. */
#define MAX_RESUMES 32

/* Stack words; a page that is not there ends the walk and asks for nothing. */
static __always_inline long read_stack(void *into, __u32 size, __u64 address)
{
	return bpf_probe_read_user(into, size, (const void *)address);
}

/* From a signal handler back to what it interrupted. */
static __always_inline enum counter leave_signal_frame(struct walk *walk)
{
	struct registers *registers = &walk->registers;
	__u64 context = registers->sp, sp_and_ip[2];

	if (read_stack(&registers->bp, 8, context + UCONTEXT_BP) ||
	    read_stack(sp_and_ip, 16, context + UCONTEXT_SP))
		return COUNTER_native_stack_unreadable;
	registers->sp = sp_and_ip[0];
	registers->ip = sp_and_ip[1];
	walk->is_ip_exact = 1;
	return COUNTER_samples;
}

/* Sets the caller's registers, whose frame ends at cfa: the return address lies below
 * it, and the saved frame pointer saved_bp bytes below it, unless that is 0. */
static __always_inline enum counter leave_frame(struct walk *walk, __u64 cfa, __u32 saved_bp)
{
	struct registers *registers = &walk->registers;
	__u64 words[2];

	/* A frame that does not lie above its callee is garbage, or another stack. */
	if (cfa <= registers->sp)
		return COUNTER_native_wrong_rule;
	if (saved_bp == 16) {
		if (read_stack(words, 16, cfa - 16))
			return COUNTER_native_stack_unreadable;
		registers->bp = words[0];
	} else {
		if (saved_bp && read_stack(&registers->bp, 8, cfa - saved_bp))
			return COUNTER_native_stack_unreadable;
		if (read_stack(&words[1], 8, cfa - 8))
			return COUNTER_native_stack_unreadable;
	}
	registers->ip = words[1];
	registers->sp = cfa;
	walk->is_ip_exact = 0;
	return COUNTER_samples;
}

/* Assembly that has put the stack pointer itself into its frame (OpenSSL's). */
static __always_inline enum counter leave_hidden_frame(struct walk *walk, __u32 rule)
{
	__s64 at = 8LL * ((__s32)rule >> RULE_OFFSET_SHIFT);
	__u32 saved_bp = rule & RULE_HAS_BP ? 8 * (rule >> RULE_FAR_BP_SHIFT & RULE_PLUS_MASK) : 0;
	__u64 cfa;

	if (read_stack(&cfa, 8, walk->registers.sp + at))
		return COUNTER_native_stack_unreadable;
	return leave_frame(walk, cfa + 8 * (rule >> RULE_BP_SHIFT & RULE_PLUS_MASK), saved_bp);
}

/* mov $__NR_rt_sigreturn, %rax; syscall */
#define SIGRETURN_HEAD 0x0f0000000fc0c748ULL
#define SIGRETURN_TAIL 0x05

/*
 * Code without rules says what it is itself, where that is short: a signal handler
 * returns to a system call (musl's has no rule, src/signal/x86_64/restore.s), a
 * trampoline to the end of its function (CPython's Python/asm_trampoline.S). Code of
 * no file, a JIT's, may keep a frame pointer. In a file that has rules for the rest of
 * its code the register may hold anything, and a wrong caller is worse than none.
 */
static __always_inline enum counter leave_without_rule(struct walk *walk)
{
	__u64 sp = walk->registers.sp, bp = walk->registers.bp;
	__u8 code[16] = {};

	if (!read_stack(code, 9, walk->registers.ip)) {
		if (*(__u64 *)code == SIGRETURN_HEAD && code[8] == SIGRETURN_TAIL)
			return leave_signal_frame(walk);
		/* add $N, %rsp; ret */
		if ((*(__u32 *)code & 0xffffff) == 0xc48348 && code[4] == 0xc3 && code[3] < 0x80)
			return leave_frame(walk, sp + code[3] + 8, 0);
		/* pop %rbp; ret */
		if (*(__u16 *)code == 0xc35d)
			return leave_frame(walk, sp + 16, 16);
	}
	/* musl's _start and clone() clear it before they call, and have no rules. */
	if (!bp && !walk->is_ip_exact)
		return COUNTER_native_whole;
	if (!bp || walk->mapping.rows || (bp & 7) || bp - sp > MAX_FRAME_BYTES)
		return COUNTER_native_no_rule;
	return leave_frame(walk, bp + 16, 16);
}

static __always_inline enum counter leave_by_rule(struct walk *walk, __u32 rule)
{
	struct registers *registers = &walk->registers;
	__u64 offset = 8ULL * (rule >> RULE_OFFSET_SHIFT), cfa;
	__u32 saved_bp = 0;

	if (rule & RULE_HAS_BP)
		saved_bp = 8 * (rule >> RULE_BP_SHIFT & RULE_BP_MASK);
	switch (rule & RULE_KIND_MASK) {
	case RULE_SP:
		return leave_frame(walk, registers->sp + offset, saved_bp);
	case RULE_FP:
		return leave_frame(walk, registers->bp + offset, saved_bp);
	case RULE_PLT:
		/* Entries of 16 bytes; from the 11th on their second word is pushed. */
		return leave_frame(walk, registers->sp + 8 + 8 * ((registers->ip & 15) >= 11), 0);
	case RULE_INDIRECT:
		if (rule >> RULE_BP_SHIFT & RULE_PLUS_MASK)
			return leave_hidden_frame(walk, rule);
		if (read_stack(&cfa, 8, registers->bp - offset))
			return COUNTER_native_stack_unreadable;
		if ((rule & RULE_HAS_BP) && read_stack(&registers->bp, 8, registers->bp))
			return COUNTER_native_stack_unreadable;
		return leave_frame(walk, cfa, 0);
	case RULE_SIGNAL:
		return leave_signal_frame(walk);
	case RULE_END:
		return COUNTER_native_whole;
	case RULE_NONE:
		return leave_without_rule(walk);
	default:
		return COUNTER_native_no_rule;
	}
}

/* Adds a frame to the record; false when there is no room for it. */
static __always_inline bool put_native(struct walk *walk, __u64 ip, __u64 sp_and_flags)
{
	struct native_frame *out;
	__u32 at = walk->native_at;

	if (!walk->native_room || at > FRAMES_BYTES - sizeof(*out))
		return false;
	out = (struct native_frame *)(walk->frames + at);
	out->ip = ip;
	out->sp = sp_and_flags;
	walk->native_at = at + sizeof(*out);
	walk->native_room--;
	return true;
}

/* Takes one frame. 0 to go on, 1 when walk->native_end says why not. */
__attribute__((noinline)) int native_step(void)
{
	struct walk *walk = this_walk();
	enum counter end;
	int rule;

	if (!walk)
		return 1;
	if (!put_native(walk, walk->registers.ip,
			(walk->registers.sp & ~7ULL) | (walk->is_ip_exact ? NATIVE_EXACT : 0))) {
		walk->native_end = COUNTER_native_truncated;
		return 1;
	}
	/* A call's return address may already be the next function's. */
	walk->sought = walk->registers.ip - !walk->is_ip_exact;
	if (!is_in_mapping(walk, walk->sought) && find_mapping()) {
		/* Code that appeared since the helper looked, or none at all. */
		walk->mapping.end = walk->mapping.start;
		walk->native_end = COUNTER_native_unmapped;
		return 1;
	}
	if (walk->mapping.flags & MAPPING_NOT_LOADED) {
		walk->native_end = COUNTER_native_not_loaded;
		return 1;
	}
	rule = find_rule();
	end = leave_by_rule(walk, rule);
	walk->native_end = end;
	return end != COUNTER_samples;
}

/* From walk->registers on to where walk->native_end tells. A global function, so that the
 * verifier counts its steps once. */
__attribute__((noinline)) int native_frames(void)
{
	for (__u32 i = 0; i <= MAX_NATIVE_FRAMES; i++) {
		if (native_step())
			break;
	}
	return 0;
}

/* Walks the interrupted thread's native frames as far as rules lead. */
static __always_inline void walk_native(struct walk *walk)
{
	struct address_space *space;

	walk->native_end = 0;
	walk->native_at = walk->kernel_bytes;
	walk->native_room = MAX_NATIVE_FRAMES;
	if (!with_native)
		return;
	space = bpf_map_lookup_elem(&address_spaces, &walk->generation);
	if (!space || walk->registers.sp == NOT_AN_ADDRESS) {
		walk->native_end = COUNTER_native_not_begun;
		return;
	}
	walk->space = *space;
	walk->mapping.start = walk->mapping.end = 0;
	walk->is_ip_exact = 1;
	native_frames();
}

/* The next entry frame up the stack from walk->registers.sp, 0 for none: they lie in the
 * native frames of the evaluation loops that run the Python frames before them. */
__attribute__((noinline)) __u64 next_entry(void)
{
	struct walk *walk = this_walk();

	if (!walk)
		return 0;
	for (__u32 i = 0; i < MAX_PYTHON_FRAMES; i++) {
		struct python_frame *frame;
		__u32 at = walk->resume_from;
		__u64 address;

		if (at >= walk->taken)
			return 0;
		frame = (struct python_frame *)(walk->frames +
						(walk->head_bytes & (HEAD_BYTES - 1)) +
						(at & (MAX_PYTHON_FRAMES - 1)) * sizeof(*frame));
		walk->resume_from = at + 1;
		address = frame->frame & ~3ULL;
		if ((frame->frame & FRAME_MARKER) && address > walk->registers.sp &&
		    address - walk->registers.sp < MAX_FRAME_BYTES)
			return address;
	}
	return 0;
}

/* Goes on at the evaluation loop that called code without rules. False when it cannot. */
__attribute__((noinline)) int resume_native(void)
{
	struct walk *walk = this_walk();
	struct registers before;
	__u64 entry = next_entry();
	__u32 at;

	if (!walk || !entry)
		return 0;
	before = walk->registers;
	at = walk->native_at;
	walk->registers.sp = entry;
	if (!put_native(walk, 0, entry | NATIVE_LOOP))
		return 0;
	if (leave_frame(walk, entry + walk->space.loop_bytes, walk->space.loop_saved_bp) ==
	    COUNTER_samples) {
		walk->sought = walk->registers.ip - 1;
		if (!find_mapping()) {
			native_frames();
			return 1;
		}
	}
	/* That was no return address: as if nothing had been tried. */
	walk->registers = before;
	walk->native_at = at;
	walk->native_room++;
	return 0;
}

/* What may be gone on from. */
static __always_inline bool is_broken(const struct walk *walk)
{
	return walk->native_end == COUNTER_native_no_rule ||
	       walk->native_end == COUNTER_native_wrong_rule ||
	       walk->native_end == COUNTER_native_unmapped;
}

/*
 * A walk that came to code without rules, OpenBLAS's kernels or what 3.14's JIT makes,
 * goes on at the Python that called it: the entry frame of each evaluation (3.12+) lies
 * at a place of the loop's native frame that is the same for all calls, which the helper
 * has learned from whole stacks. The frames between are missing, and are said to be.
 */
static __always_inline void resume_natives(struct walk *walk)
{
	if (!with_native || !is_broken(walk) || !walk->space.loop_bytes)
		return;
	walk->resume_from = 0;
	walk->sample.native_gap = walk->native_end;
	for (int i = 0; i < MAX_RESUMES; i++) {
		if (!is_broken(walk) || !resume_native())
			return;
		count(COUNTER_native_resumed);
	}
}

#endif
