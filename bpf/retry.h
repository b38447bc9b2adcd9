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
/* A slot whose thread died before it came back is free again after this. */
#define RETRY_STALE_NS 1000000000ULL

struct retry {
	struct bpf_task_work work;
	/* When the slot was taken, 0 when it is free. */
	__u64 taken_ns;
	/* Further timer hits while the thread was about it: the same stack. */
	__u32 hits;
	struct sample sample;
	struct registers registers;
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
	take_user_frames(walk, process);
	return 0;
}

/* Delivers what lies in this CPU's scratch memory. Global, like its caller, so that the
 * verifier follows it once and not for every hit. */
__attribute__((noinline)) int deliver_once(void)
{
	struct walk *walk = this_walk();

	if (walk)
		deliver(walk);
	return 0;
}

__attribute__((noinline)) int deliver_times(__u32 times)
{
	for (__u32 i = 0; i < MAX_HITS && i < times; i++)
		deliver_once();
	return 0;
}

/*
 * One try in this CPU's scratch memory, which the timer must not take over: 1 when
 * the stack is dealt with, 0 when latest_missing() says what could not be read. A
 * global function, so that the verifier follows it once and not for every page.
 */
__attribute__((noinline)) int try_again(__u32 slot, __u32 is_last)
{
	struct retry *retry = bpf_map_lookup_elem(&retries, &slot);
	struct walk *walk = this_walk();
	struct python_offsets *layout;
	__u32 index;

	if (!retry || !walk)
		return 1;
	index = retry->offsets;
	layout = bpf_map_lookup_elem(&offsets, &index);
	if (!layout) {
		count_many(COUNTER_retry_lost, 1 + retry->hits);
		retry->taken_ns = 0;
		return 1;
	}
	walk->layout = *layout;
	walk->sample = retry->sample;
	start_walk(walk, &retry->registers);
	walk->is_memory_final = is_last;
	walk->kernel_bytes = retry->kernel_bytes & (KERNEL_BYTES - 1);
	bpf_probe_read_kernel(walk->frames, walk->kernel_bytes, retry->kernel);
	if (retake()) {
		count_many(COUNTER_retry_lost, 1 + retry->hits);
		retry->taken_ns = 0;
		return 1;
	}
	if ((walk->sample.flags & SAMPLE_ERROR) && latest_missing() && !is_last)
		return 0;
	deliver_times(1 + retry->hits);
	retry->taken_ns = 0;
	return 1;
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
	start_walk(walk, &retry->registers);
	deliver_times(1 + hits);
}

/* try_again() with interrupts off. */
static __always_inline bool is_done(__u32 slot, bool is_last, __u64 *missing)
{
	unsigned long flags;
	bool done;

	bpf_local_irq_save(&flags);
	done = try_again(slot, is_last);
	*missing = latest_missing();
	bpf_local_irq_restore(&flags);
	return done;
}

/* Runs in the sampled thread before it returns to user code, and may sleep. */
static int retry_sample(struct bpf_map *map, void *key, void *value)
{
	struct retry *retry = value;
	__u32 tgid = retry->sample.tgid, slot = *(__u32 *)key;
	struct process *process = bpf_map_lookup_elem(&processes, &tgid);
	__u64 missing;

	if (!process || process->generation != retry->sample.generation) {
		unsigned long flags;

		bpf_local_irq_save(&flags);
		deliver_bare(retry);
		bpf_local_irq_restore(&flags);
		return 0;
	}
	for (int page = 0; page < MAX_PAGES; page++) {
		__u8 first, last;

		if (is_done(slot, page == MAX_PAGES - 1, &missing))
			break;
		if (bpf_copy_from_user(&first, 1, (const void *)missing)) {
			/* Not there at all: what can be read is the answer. */
			is_done(slot, true, &missing);
			break;
		}
		/* What was read may lie across two pages; the longest such is a thread state. */
		bpf_copy_from_user(&last, 1, (const void *)(missing + THREAD_STATE_BYTES - 1));
		count(COUNTER_pages_brought_in);
	}
	return 0;
}

/* Hands a stack with an unreadable part over to its thread. False when that cannot be done. */
static __always_inline bool schedule_retry(const struct bpf_perf_event_data *ctx, struct walk *walk,
					   struct process *process)
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
		    retry->sample.generation != walk->sample.generation ||
		    retry->hits + 1 >= MAX_HITS)
			return false;
		retry->hits++;
		return true;
	}
	if (__sync_val_compare_and_swap(&retry->taken_ns, taken, now) != taken)
		return false;
	retry->hits = 0;
	retry->sample = walk->sample;
	retry->sample.flags = 0;
	user_registers(ctx, &retry->registers);
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
