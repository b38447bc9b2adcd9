/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* From a followed process's interrupted thread to a record in the ring. */
#ifndef EMBERLINE_SAMPLE_H
#define EMBERLINE_SAMPLE_H

#include "native.h"
#include "python.h"
#include "tls.h"

/* Wake the helper when this many bytes wait: a wake-up costs more than the
 * samples it announces, so they come in batches. A quarter of the ring leaves
 * room for a helper that is late. */
const volatile __u64 wakeup_bytes = 1 << 20;

/* Makes the scratch memory ready for a stack whose header is filled in. */
static __always_inline void start_walk(struct walk *walk, const struct registers *registers)
{
	walk->registers = *registers;
	walk->stack_pointer = registers->sp;
	walk->natives = 0;
	walk->native_end = 0;
	walk->native_at = 0;
	walk->sample.native_gap = 0;
	walk->generation = walk->sample.generation;
	walk->tgid = walk->sample.tgid;
	walk->taken = 0;
	walk->last_code = 0;
	walk->milestone = 0;
	walk->is_entry_unproven = 0;
	walk->is_memory_final = 0;
	walk->kernel_bytes = 0;
	walk->head_bytes = 0;
	walk->reason = 0;
	walk->frame = 0;
	walk->window_start = 0;
	walk->window_end = 0;
	note_missing(0);
}

static __always_inline void fill_header(struct sample *sample, const struct process *process,
					__u64 pid_tgid)
{
	sample->type = RECORD_SAMPLE;
	sample->flags = 0;
	sample->time_ns = bpf_ktime_get_ns();
	sample->tgid = pid_tgid >> 32;
	sample->tid = (__u32)pid_tgid;
	sample->generation = process->generation;
	sample->reason = 0;
	bpf_get_current_comm(sample->comm, sizeof(sample->comm));
}

/* Sets the flags that tell the helper why a stack has no or few Python frames. */
static __always_inline void note_reason(struct sample *sample, __u32 reason)
{
	sample->reason = reason;
	if (reason == COUNTER_no_thread_state)
		sample->flags |= SAMPLE_NO_THREAD_STATE;
	else if (reason == COUNTER_interpreter_not_ready)
		sample->flags |= SAMPLE_NOT_INITIALIZED;
	else if (reason)
		sample->flags |= SAMPLE_ERROR;
}

/* Puts the header and the frames really taken into the ring. */
static __always_inline void deliver(struct walk *walk)
{
	struct sample *sample = &walk->sample;
	__u32 size = walk->head_bytes + walk->taken * sizeof(struct python_frame);
	__u32 resumed = walk->native_at > size ? walk->native_at - size : 0;
	__u64 flags;

	if (sample->reason)
		count(sample->reason);
	if (sample->flags & SAMPLE_TRUNCATED)
		count(COUNTER_truncated);
	if (walk->native_end)
		count(walk->native_end);
	sample->kernel_frames = walk->kernel_bytes / sizeof(__u64);
	sample->native_frames = walk->natives;
	sample->native_end = walk->native_end;
	sample->resumed_frames = resumed / sizeof(struct native_frame);
	sample->python_frames = walk->taken;
	size += resumed;
	if (size > sizeof(walk->frames)) {
		count(COUNTER_walk_lost);
		return;
	}
	size += sizeof(*sample);
	flags = bpf_ringbuf_query(&samples, BPF_RB_AVAIL_DATA) >= wakeup_bytes ? BPF_RB_FORCE_WAKEUP
									       : BPF_RB_NO_WAKEUP;
	if (bpf_ringbuf_output(&samples, sample, size, flags))
		count(COUNTER_ring_full);
	else
		count(COUNTER_delivered);
}

/*
 * Takes the thread's native frames, then finds its state and walks its Python
 * frames; the sample says what went wrong. The kernel frames are there already.
 */
static __always_inline void take_user_frames(struct walk *walk, struct process *process)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u64 tstate;
	enum counter why;

	walk_native(walk);
	walk->head_bytes = walk->native_at;
	walk->natives = (walk->head_bytes - walk->kernel_bytes) / sizeof(struct native_frame);
	why = thread_state(walk, process, task, &tstate);
	if (why == COUNTER_samples)
		walk_python(walk, tstate);
	else
		walk->reason = why;
	/* The kernel ends the thread: nothing can be read, and nothing is missing. */
	if (walk->reason && !BPF_CORE_READ(task, mm))
		walk->reason = COUNTER_no_thread_state;
	walk->native_at = walk->head_bytes + walk->taken * sizeof(struct python_frame);
	walk->native_room = MAX_NATIVE_FRAMES;
	resume_natives(walk);
	note_reason(&walk->sample, walk->reason);
}

#endif
