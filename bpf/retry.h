/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A second try for a stack that lies in memory which was not there: swapped out,
 * or not yet mapped after a fork. The timer may not wait for a page, but the
 * thread itself may, on its way back to user code, where its stack is still the
 * one that was interrupted. Linux 6.18 lets a program run there (task work);
 * this file is only in the object for kernels that have it.
 */
#ifndef EMBERLINE_RETRY_H
#define EMBERLINE_RETRY_H

#include "sample.h"

/* kernel/bpf/helpers.c. The names lose their suffix in 7.0. */
struct bpf_task_work {
	__u64 opaque;
} __attribute__((aligned(8)));
struct bpf_map {
	__u32 id;
} __attribute__((preserve_access_index));
typedef int (*task_work_callback)(struct bpf_map *map, void *key, void *value);
extern int bpf_task_work_schedule_resume_impl(struct task_struct *task, struct bpf_task_work *work,
					      void *map__map, task_work_callback callback,
					      void *aux__prog) __ksym;
extern void bpf_local_irq_save(unsigned long *flags__irq_flag) __ksym;
extern void bpf_local_irq_restore(unsigned long *flags__irq_flag) __ksym;

/* Stacks that wait for their thread at a time. */
#define MAX_RETRIES 64
/* Pages that one stack may bring in. */
#define MAX_PAGES 128
/* Timer hits that one stack may stand for. */
#define MAX_HITS 256
/* Those of a program that was replaced meanwhile: exec takes no longer. */
#define MAX_BARE_HITS 16
/* A slot whose thread died before it came back is free again after this. */
#define RETRY_STALE_NS 1000000000ULL

struct retry {
	struct bpf_task_work work;
	/* When the slot was taken, 0 when it is free. */
	__u64 taken_ns;
	/* Further timer hits while the thread was about it: the same stack. */
	__u32 hits;
	struct sample sample;
	__u32 kernel_bytes;
	__u32 offsets;
	__u32 pad;
	__u8 kernel[KERNEL_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_RETRIES);
	__type(key, __u32);
	__type(value, struct retry);
} retries SEC(".maps");

/* Walks the stack that is begun in this CPU's scratch memory. A global function, so that
 * the verifier follows its loops once and not for every page. */
__attribute__((noinline)) int retake(void)
{
	struct walk *walk = this_walk();
	struct process *process;

	if (!walk)
		return -1;
	process = bpf_map_lookup_elem(&processes, &walk->tgid);
	if (!process)
		return -1;
	take_python_frames(walk, process);
	return 0;
}

/* One try in this CPU's scratch memory, which the timer must not take over: 0 when the
 * stack was delivered, else the address that could not be read. */
static __always_inline __u64 try_again(struct retry *retry, struct python_offsets *layout,
				       bool is_last)
{
	struct walk *walk = this_walk();

	if (!walk)
		return 0;
	walk->layout = *layout;
	walk->sample = retry->sample;
	start_walk(walk);
	walk->is_memory_final = is_last;
	walk->kernel_bytes = retry->kernel_bytes & (KERNEL_BYTES - 1);
	bpf_probe_read_kernel(walk->frames, walk->kernel_bytes, retry->kernel);
	if (retake()) {
		count_many(COUNTER_retry_lost, 1 + retry->hits);
		retry->taken_ns = 0;
		return 0;
	}
	if ((walk->sample.flags & SAMPLE_ERROR) && latest_missing() && !is_last)
		return latest_missing();
	deliver(walk);
	for (int hit = 0; hit < MAX_HITS && retry->hits; hit++) {
		retry->hits--;
		deliver(walk);
	}
	retry->taken_ns = 0;
	return 0;
}

/* The program was replaced while its stack waited (exec): the sample stands, without a stack
 * that nobody can read any more. */
static __always_inline void deliver_bare(struct retry *retry)
{
	struct walk *walk = this_walk();
	__u32 hits = retry->hits;

	retry->taken_ns = 0;
	if (!walk)
		return;
	count(COUNTER_retry_gone);
	walk->sample = retry->sample;
	start_walk(walk);
	for (__u32 hit = 0; hit < MAX_BARE_HITS && hit <= hits; hit++)
		deliver(walk);
	if (hits >= MAX_BARE_HITS)
		count_many(COUNTER_retry_lost, 1 + hits - MAX_BARE_HITS);
}

/* Runs in the sampled thread before it returns to user code, and may sleep. */
static int retry_sample(struct bpf_map *map, void *key, void *value)
{
	struct retry *retry = value;
	__u32 tgid = retry->sample.tgid, offsets_index = retry->offsets;
	struct process *process = bpf_map_lookup_elem(&processes, &tgid);
	struct python_offsets *layout = bpf_map_lookup_elem(&offsets, &offsets_index);
	__u64 missing = 0;

	if (!process || !layout || process->generation != retry->sample.generation) {
		unsigned long flags;

		bpf_local_irq_save(&flags);
		deliver_bare(retry);
		bpf_local_irq_restore(&flags);
		return 0;
	}
	for (int page = 0; page < MAX_PAGES; page++) {
		unsigned long flags;
		__u8 first, last;

		bpf_local_irq_save(&flags);
		missing = try_again(retry, layout, page == MAX_PAGES - 1);
		bpf_local_irq_restore(&flags);
		if (!missing)
			break;
		/* What was read may lie across two pages. */
		if (bpf_copy_from_user(&first, 1, (const void *)missing)) {
			/* Not there at all: what can be read is the answer. */
			bpf_local_irq_save(&flags);
			try_again(retry, layout, true);
			bpf_local_irq_restore(&flags);
			break;
		}
		bpf_copy_from_user(&last, 1, (const void *)(missing + FRAME_BYTES - 1));
		count(COUNTER_pages_brought_in);
	}
	return 0;
}

/* Hands a stack with an unreadable part over to its thread. False when that cannot be done. */
static __always_inline bool schedule_retry(struct walk *walk, struct process *process)
{
	__u32 slot = walk->sample.tid & (MAX_RETRIES - 1);
	struct retry *retry = bpf_map_lookup_elem(&retries, &slot);
	__u64 now = walk->sample.time_ns, taken;

	if (!retry)
		return false;
	taken = retry->taken_ns;
	if (taken && now - taken < RETRY_STALE_NS) {
		/* Only the thread itself adds to its own slot, on the CPU it is on. */
		if (retry->sample.tid != walk->sample.tid ||
		    retry->sample.generation != walk->sample.generation || retry->hits >= MAX_HITS)
			return false;
		retry->hits++;
		return true;
	}
	if (__sync_val_compare_and_swap(&retry->taken_ns, taken, now) != taken)
		return false;
	retry->hits = 0;
	retry->sample = walk->sample;
	retry->sample.flags = 0;
	retry->offsets = process->offsets;
	retry->kernel_bytes = walk->kernel_bytes & (KERNEL_BYTES - 1);
	bpf_probe_read_kernel(retry->kernel, retry->kernel_bytes, walk->frames);
	if (bpf_task_work_schedule_resume_impl(bpf_get_current_task_btf(), &retry->work, &retries,
					       retry_sample, NULL)) {
		retry->taken_ns = 0;
		return false;
	}
	count(COUNTER_retried);
	return true;
}

#endif
