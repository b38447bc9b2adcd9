// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Entry points. on_timer() runs on every CPU at the chosen frequency; three
 * programs follow process life so that nothing has to poll /proc.
 */
#include "sample.h"
#ifdef WITH_TASK_WORK
#include "retry.h"
#endif

/* Deliver kernel frames. */
const volatile bool with_kernel = true;

/* Report exec of processes that are not followed, so that the helper can look
 * whether they are Python; off when only chosen processes are sampled. */
const volatile bool report_all_exec = false;

/* A number that no other address space has; 0, which means "not followed", when
 * more forks are under way than there are tickets. */
static __always_inline __u32 next_generation(void)
{
	__u32 mine, next;

	if (bpf_map_pop_elem(&generations, &mine))
		return 0;
	next = (mine + GENERATION_TICKETS) & (FIRST_OWN_GENERATION - 1);
	bpf_map_push_elem(&generations, &next, BPF_ANY);
	return mine;
}

/* A child's memory begins as its parent's. */
static __always_inline void share_address_space(__u32 parent, __u32 child)
{
	struct address_space *space = bpf_map_lookup_elem(&address_spaces, &parent), copy;

	if (!space)
		return;
	copy = *space;
	bpf_map_update_elem(&address_spaces, &child, &copy, BPF_ANY);
}

static __always_inline void take_kernel_frames(struct bpf_perf_event_data *ctx, struct walk *walk)
{
	long bytes = bpf_get_stack(ctx, walk->frames, MAX_KERNEL_FRAMES * sizeof(__u64), 0);

	if (bytes > 0)
		walk->kernel_bytes = bytes;
}

SEC("perf_event")
int on_timer(struct bpf_perf_event_data *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tgid = pid_tgid >> 32, layout_index;
	struct process *process;
	struct python_offsets *layout;
	struct registers registers;
	struct walk *walk;

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
	fill_header(&walk->sample, process, pid_tgid);
	user_registers(ctx, &registers);
	start_walk(walk, &registers);
	if (with_kernel && !is_user_mode(ctx))
		take_kernel_frames(ctx, walk);
	take_user_frames(walk, process);
#ifdef WITH_TASK_WORK
	if ((walk->sample.flags & SAMPLE_ERROR) && latest_missing() &&
	    schedule_retry(ctx, walk, process))
		return 0;
#endif
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

static __always_inline bool is_heir(__u32 tgid)
{
	return bpf_map_lookup_elem(&heirs, &tgid);
}

static __always_inline void make_heir(__u32 tgid)
{
	__u8 yes = 1;

	bpf_map_update_elem(&heirs, &tgid, &yes, BPF_ANY);
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
	if (!followed) {
		if (is_heir(parent_tgid))
			make_heir(child_tgid);
		return 0;
	}
	copy = *followed;
	copy.generation = next_generation();
	if (!copy.generation || bpf_map_update_elem(&processes, &child_tgid, &copy, BPF_ANY)) {
		count(COUNTER_process_table_full);
		return 0;
	}
	share_address_space(followed->generation, copy.generation);
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
		bpf_map_delete_elem(&address_spaces, &generation);
		make_heir(tgid);
	}
	if (followed || report_all_exec || is_heir(tgid))
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
	bpf_map_delete_elem(&heirs, &tgid);
	followed = bpf_map_lookup_elem(&processes, &tgid);
	if (!followed)
		return 0;
	generation = followed->generation;
	bpf_map_delete_elem(&processes, &tgid);
	bpf_map_delete_elem(&address_spaces, &generation);
	report(PROCESS_EXIT, tgid, 0, generation, 0,
	       task->signal->sum_sched_runtime + task->se.sum_exec_runtime);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* Types and enums that cross to the helper but that no map names: pointers to
 * them keep them in the object's BTF. */
const struct python_frame *python_frame_type __attribute__((unused));
const struct unwind_page *unwind_page_type __attribute__((unused));
const struct native_frame *native_frame_type __attribute__((unused));
const enum native_flag *native_flag_type __attribute__((unused));
const enum mapping_flag *mapping_flag_type __attribute__((unused));
const enum rule_kind *rule_kind_type __attribute__((unused));
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
