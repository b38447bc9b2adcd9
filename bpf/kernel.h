/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The kernel types this sampler touches, and only the members it reads.
 * CO-RE relocates every access against the running kernel's BTF, so neither
 * the order nor the absence of other members matters (Documentation/bpf/
 * llvm_reloc.rst). This file takes the place of a generated vmlinux.h.
 */
#ifndef EMBERLINE_KERNEL_H
#define EMBERLINE_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct thread_struct {
	/* User FS base; current for the running task because the kernel writes
	 * it in arch_prctl(ARCH_SET_FS) and clone(CLONE_SETTLS)
	 * (arch/x86/kernel/process_64.c). */
	unsigned long fsbase;
};

#elif defined(__TARGET_ARCH_arm64)

struct thread_struct {
	struct {
		unsigned long tp_value;
	} uw;
};

#else
#error "unsupported architecture"
#endif

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live;
	/* CPU time of the group's threads that were already released */
	unsigned long long sum_sched_runtime;
};

struct sched_entity {
	__u64 sum_exec_runtime;
};

struct task_struct {
	int pid;
	int tgid;
	unsigned int flags;
	struct sched_entity se;
	struct thread_struct thread;
	struct signal_struct *signal;
	/* NULL once an exiting thread has let go of its memory (kernel/exit.c, exit_mm()) */
	void *mm;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bp;
	unsigned long ip;
	unsigned long cs;
	unsigned long sp;
};
#endif

#pragma clang attribute pop

/* What the timer interrupted: uapi/linux/bpf_perf_event.h, whose registers are
 * those of uapi/asm/ptrace.h. Part of the stable interface, so not relocated. */
struct bpf_perf_event_data {
#if defined(__TARGET_ARCH_x86)
	__u64 general[16];
	__u64 ip;
	__u64 cs;
	__u64 flags;
	__u64 sp;
#else
	__u64 general[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
#endif
};

/* Whether it was user code, which has no kernel frames. */
static __always_inline bool is_user_mode(const struct bpf_perf_event_data *ctx)
{
#if defined(__TARGET_ARCH_x86)
	return (ctx->cs & 3) == 3; /* the privilege level, arch/x86/include/asm/ptrace.h */
#else
	return !(ctx->pstate & 0xf); /* PSR_MODE_EL0t, arch/arm64/include/asm/ptrace.h */
#endif
}

static __always_inline __u64 instruction_pointer(const struct bpf_perf_event_data *ctx)
{
#if defined(__TARGET_ARCH_x86)
	return ctx->ip;
#else
	return ctx->pc;
#endif
}

/* include/linux/sched.h; the value has been the same since 2.6. */
#define PF_KTHREAD 0x00200000

#endif
