/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* From the interrupted thread to its PyThreadState, in at most three reads. */
#ifndef EMBERLINE_TLS_H
#define EMBERLINE_TLS_H

#include "threadlist.h"
#include "walk.h"

/* What %fs:0 (x86-64) or TPIDR_EL0 (arm64) holds for the running thread. */
static __always_inline __u64 thread_pointer(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return BPF_CORE_READ(task, thread.fsbase);
#else
	return BPF_CORE_READ(task, thread.uw.tp_value);
#endif
}

/*
 * The pthread key of autoTSSkey. Py_tss_t is {int _is_initialized; pthread_key_t
 * _key} (CPython Include/pythread.h). It is created during start-up, so the value
 * read is kept until a thread has nothing there.
 */
static __always_inline enum counter tss_key(struct process *process, __s32 *key)
{
	struct {
		__s32 is_initialized;
		__s32 key;
	} tss;

	if (process->tss_key >= 0) {
		*key = process->tss_key;
		return COUNTER_samples;
	}
	if (read_user(&tss, sizeof(tss), process->tss_key_address))
		return COUNTER_key_unreadable;
	if (!tss.is_initialized)
		return COUNTER_interpreter_not_ready;
	process->tss_key = tss.key;
	*key = tss.key;
	return COUNTER_samples;
}

/* pthread_getspecific(): glibc nptl/pthread_getspecific.c, musl
 * src/thread/pthread_getspecific.c; the numbers come from the helper. */
static __always_inline long tss_slot(const struct tss_layout *tss, __u64 tp, __s32 key,
				     __u64 *value)
{
	__u64 block;

	if (tss->is_musl) {
		if (read_user(&block, sizeof(block), tp + tss->first_level))
			return -1;
		return read_user(value, sizeof(*value), block + (__u64)key * tss->stride);
	}
	if (key < 32)
		return read_user(value, sizeof(*value),
				 tp + tss->first_level + (__u64)key * tss->stride);
	if (read_user(&block, sizeof(block), tp + tss->second_level + 8 * ((__u64)key >> 5)))
		return -1;
	/* The value is the second word of a block's {sequence, value} pair. */
	return block ? read_user(value, sizeof(*value), block + ((__u64)key & 31) * tss->stride + 8)
		     : -1;
}

/* The value of autoTSSkey in this thread. */
static __always_inline enum counter keyed_state(struct process *process, __u64 tp, __u64 *tstate)
{
	__s32 key = -1, known;
	enum counter why = tss_key(process, &key);

	if (why != COUNTER_samples)
		return why;
	if (tss_slot(&process->tss, tp, key, tstate))
		return COUNTER_slot_unreadable;
	if (*tstate || !process->tss_key_address)
		return COUNTER_samples;
	/* A fork has its child make the key anew (Python/pystate.c, gilstate_tss_reinit()):
	 * musl never gives the same number again, glibc the lowest that is free. */
	known = key;
	process->tss_key = -1;
	why = tss_key(process, &key);
	if (why != COUNTER_samples)
		return why;
	if (key != known && tss_slot(&process->tss, tp, key, tstate))
		return COUNTER_slot_unreadable;
	return COUNTER_samples;
}

/* A shared library's thread-local variable. The vector's address is the second
 * word of the thread's control block on x86-64 (glibc sysdeps/x86_64/nptl/tls.h,
 * musl src/internal/pthread_impl.h); a block that the thread has not touched yet
 * is -1 or 0 there, and then holds no thread state either. */
static __always_inline long module_slot(const struct process *process, __u64 tp, __u64 *value)
{
	__u64 vector, block;

	*value = 0;
	if (read_user(&vector, sizeof(vector), tp + 8) ||
	    read_user(&block, sizeof(block), vector + process->tls_vector_offset))
		return -1;
	if (!block || block == ~0ULL)
		return 0;
	return read_user(value, sizeof(*value), block + process->tls_offset);
}

/*
 * Finds the running thread's thread state. COUNTER_samples means found; any
 * other counter says why not.
 */
static __always_inline enum counter thread_state(struct walk *walk, struct process *process,
						 struct task_struct *task, __u64 *tstate)
{
	__u64 tp = thread_pointer(task);
	enum counter why;
	long err = 0;

	*tstate = 0;
	switch (process->access) {
	case ACCESS_TLS_OFFSET:
		err = read_user(tstate, sizeof(*tstate), tp + process->tls_offset);
		break;
	case ACCESS_TLS_MODULE:
		err = module_slot(process, tp, tstate);
		break;
	case ACCESS_LIST:
		return listed_thread_state(walk, process, tp, tstate);
	default:
		why = keyed_state(process, tp, tstate);
		if (why != COUNTER_samples)
			return why;
	}
	if (err)
		return COUNTER_slot_unreadable;
	return *tstate ? COUNTER_samples : COUNTER_no_thread_state;
}

#endif
