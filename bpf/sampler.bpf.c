// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Entry points. on_timer() runs on every CPU at the chosen frequency; three
 * programs follow process life so that nothing has to poll /proc.
 */
#include "python.h"
#include "tls.h"

/* Deliver kernel frames. */
const volatile bool with_kernel = true;

/* Report exec of processes that are not followed, so that the helper can look
 * whether they are Python; off when only chosen processes are sampled. */
const volatile bool report_all_exec = false;

/* Wake the helper when this many bytes wait: a wake-up costs more than the
 * samples it announces, so they come in batches. A quarter of the ring leaves
 * room for a helper that is late. */
const volatile __u64 wakeup_bytes = 1 << 20;

/* Source of process generations; 0 means "not followed". */
__u32 last_generation = 0;

static __always_inline __u32 next_generation(void)
{
	return __sync_fetch_and_add(&last_generation, 1) + 1;
}

static __always_inline void fill_header(struct walk *walk, const struct process *process,
					__u64 pid_tgid)
{
	struct sample *sample = &walk->sample;

	sample->type = RECORD_SAMPLE;
	sample->flags = 0;
	sample->time_ns = bpf_ktime_get_ns();
	sample->tgid = pid_tgid >> 32;
	sample->tid = (__u32)pid_tgid;
	sample->generation = process->generation;
	sample->reason = 0;
	bpf_get_current_comm(sample->comm, sizeof(sample->comm));
	walk->generation = process->generation;
	walk->tgid = pid_tgid >> 32;
	walk->taken = 0;
	walk->last_code = 0;
	walk->kernel_bytes = 0;
	walk->reason = 0;
	walk->frame = 0;
	walk->window_start = 0;
	walk->window_end = 0;
}

static __always_inline void take_kernel_frames(struct bpf_perf_event_data *ctx, struct walk *walk)
{
	long bytes = bpf_get_stack(ctx, walk->frames, MAX_KERNEL_FRAMES * sizeof(__u64), 0);

	if (bytes > 0)
		walk->kernel_bytes = bytes;
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
	__u32 size = walk->kernel_bytes + walk->taken * sizeof(struct python_frame);
	__u64 flags;

	sample->kernel_frames = walk->kernel_bytes / sizeof(__u64);
	sample->python_frames = walk->taken;
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

SEC("perf_event")
int on_timer(struct bpf_perf_event_data *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tgid = pid_tgid >> 32, layout_index;
	struct process *process;
	struct python_offsets *layout;
	struct walk *walk;
	enum counter why;
	__u64 tstate;

	process = bpf_map_lookup_elem(&processes, &tgid);
	if (!process)
		return 0;
	count(COUNTER_samples);
	walk = this_walk();
	if (!walk) {
		count(COUNTER_walk_lost);
		return 0;
	}
	layout_index = process->offsets;
	layout = bpf_map_lookup_elem(&offsets, &layout_index);
	if (!layout) {
		count(COUNTER_no_offsets);
		return 0;
	}
	walk->layout = *layout;
	fill_header(walk, process, pid_tgid);
	if (with_kernel && !is_user_mode(ctx))
		take_kernel_frames(ctx, walk);
	why = thread_state(walk, process, (struct task_struct *)bpf_get_current_task(), &tstate);
	if (why == COUNTER_samples) {
		walk_python(walk, tstate);
	} else {
		count(why);
		walk->reason = why;
	}
	note_reason(&walk->sample, walk->reason);
	deliver(walk);
	return 0;
}

static __always_inline void report(__u32 event, __u32 tgid, __u32 parent, __u32 generation,
				   __u32 parent_generation, __u64 cpu_ns)
{
	struct process_record *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record) {
		count(COUNTER_event_ring_full);
		return;
	}
	record->type = RECORD_PROCESS;
	record->event = event;
	record->time_ns = bpf_ktime_get_ns();
	record->tgid = tgid;
	record->parent = parent;
	record->generation = generation;
	record->parent_generation = parent_generation;
	record->cpu_ns = cpu_ns;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	bpf_ringbuf_submit(record, 0);
}

/* A child of a followed process is followed from its first instruction: its
 * memory is a copy, so its parent's entry describes it. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_tgid = parent->tgid, child_tgid = child->tgid;
	struct process *followed, copy;

	if ((__u32)child->pid != child_tgid)
		return 0; /* a thread, not a process */
	followed = bpf_map_lookup_elem(&processes, &parent_tgid);
	if (!followed)
		return 0;
	copy = *followed;
	copy.generation = next_generation();
	if (bpf_map_update_elem(&processes, &child_tgid, &copy, BPF_ANY)) {
		count(COUNTER_process_table_full);
		return 0;
	}
	report(PROCESS_FORK, child_tgid, parent_tgid, copy.generation, followed->generation, 0);
	return 0;
}

/* A new program: what was known of the address space is void. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task)
{
	__u32 tgid = task->tgid, generation = 0;
	struct process *followed = bpf_map_lookup_elem(&processes, &tgid);

	if (followed) {
		generation = followed->generation;
		bpf_map_delete_elem(&processes, &tgid);
	}
	if (followed || report_all_exec)
		report(PROCESS_EXEC, tgid, 0, generation, 0, 0);
	return 0;
}

/* live is the number of the group's threads that have not begun to exit; it is
 * already counted down here (kernel/exit.c, do_exit()). */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	__u32 tgid = task->tgid, generation;
	struct process *followed;

	if (task->signal->live.counter > 0)
		return 0;
	followed = bpf_map_lookup_elem(&processes, &tgid);
	if (!followed)
		return 0;
	generation = followed->generation;
	bpf_map_delete_elem(&processes, &tgid);
	report(PROCESS_EXIT, tgid, 0, generation, 0,
	       task->signal->sum_sched_runtime + task->se.sum_exec_runtime);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* Types and enums that cross to the helper but that no map names: pointers to
 * them keep them in the object's BTF. */
const struct python_frame *python_frame_type __attribute__((unused));
const struct type_record *type_record_type __attribute__((unused));
const struct process_record *process_record_type __attribute__((unused));
const enum frame_flag *frame_flag_type __attribute__((unused));
const enum sample_flag *sample_flag_type __attribute__((unused));
const enum code_piece *code_piece_type __attribute__((unused));
const enum limit *limit_type __attribute__((unused));
const enum counter *counter_type __attribute__((unused));
const enum record_type *record_type_type __attribute__((unused));
const enum process_event *process_event_type __attribute__((unused));
const enum thread_state_access *thread_state_access_type __attribute__((unused));
