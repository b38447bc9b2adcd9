/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Where the interrupted thread is in its user code. */
#ifndef EMBERLINE_REGISTERS_H
#define EMBERLINE_REGISTERS_H

#include "kernel.h"

#define NOT_AN_ADDRESS (~0ULL)

/* Of user code; sp is NOT_AN_ADDRESS where they are not known. */
struct registers {
	__u64 ip;
	__u64 sp;
	__u64 bp;
};

#if defined(__TARGET_ARCH_x86)
/* RBP in uapi/asm/ptrace.h. */
#define GENERAL_BP 4

/* What the thread entered the kernel with. Before 5.15 there is no helper for it. */
static __always_inline void entry_registers(struct registers *out)
{
	struct pt_regs *entry;

	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return;
	entry = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	/* A thread on its way in has not saved them yet. */
	if ((entry->cs & 3) != 3)
		return;
	out->ip = entry->ip;
	out->sp = entry->sp;
	out->bp = entry->bp;
}
#else
#define GENERAL_BP 29

/* Not needed before arm64's native stacks are walked. */
static __always_inline void entry_registers(struct registers *out)
{
	(void)out;
}
#endif

static __always_inline void user_registers(const struct bpf_perf_event_data *ctx,
					   struct registers *out)
{
	out->ip = 0;
	out->sp = NOT_AN_ADDRESS;
	out->bp = 0;
	if (!is_user_mode(ctx)) {
		entry_registers(out);
		return;
	}
	/* Volatile, so that the compiler adds nothing to ctx first, which the verifier forbids. */
	out->ip = instruction_pointer(ctx);
	out->sp = *(volatile const __u64 *)&ctx->sp;
	out->bp = *(volatile const __u64 *)&ctx->general[GENERAL_BP];
}

#endif
