/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The thread state of 2.7, which no thread can find by itself without the GIL:
 * its key is no pthread key but the head of a list in Python/thread.c.
 */
#ifndef EMBERLINE_THREADLIST_H
#define EMBERLINE_THREADLIST_H

#include "walk.h"

/* Whether the state at tstate belongs to the thread (thread_id is pthread_self(),
 * which is the thread pointer); reads it into walk->tstate. */
static __always_inline bool is_state_of(struct walk *walk, __u64 tstate, __u64 tp)
{
	if (!tstate || read_user(walk->tstate, THREAD_STATE_BYTES, tstate))
		return false;
	return word_at(walk->tstate, walk->layout.tstate_thread_id & (THREAD_STATE_BYTES - 1)) ==
	       tp;
}

/* Looks at one state of the list. 0 to go on, 1 when found or at the end. */
__attribute__((noinline)) int thread_list_step(__u32 index)
{
	struct walk *walk = this_walk();
	__u64 next;

	if (!walk || !walk->listed)
		return 1;
	if (is_state_of(walk, walk->listed, walk->thread_pointer))
		return 1;
	/* is_state_of() has read it; when it could not, the list ends here. */
	if (read_user(&next, sizeof(next), walk->listed + walk->layout.tstate_next)) {
		walk->reason = COUNTER_thread_list_unreadable;
		next = 0;
	}
	if (!next && walk->interpreter) {
		if (read_user(&walk->interpreter, sizeof(walk->interpreter),
			      walk->interpreter + walk->layout.interpreter_next))
			walk->interpreter = 0;
		if (walk->interpreter &&
		    read_user(&next, sizeof(next),
			      walk->interpreter + walk->layout.interpreter_threads))
			next = 0;
	}
	walk->listed = next;
	return index + 1 >= MAX_LISTED_THREADS;
}

/* Walks the list of every interpreter for a thread that is not known yet. */
static __always_inline enum counter find_listed(struct walk *walk, const struct process *process,
						__u64 tp, __u64 *tstate)
{
	walk->thread_pointer = tp;
	walk->listed = 0;
	if (read_user(&walk->interpreter, sizeof(walk->interpreter), process->interpreters_address))
		return COUNTER_thread_list_unreadable;
	if (!walk->interpreter)
		return COUNTER_interpreter_not_ready;
	if (read_user(&walk->listed, sizeof(walk->listed),
		      walk->interpreter + walk->layout.interpreter_threads))
		return COUNTER_thread_list_unreadable;
	for (__u32 i = 0; i < MAX_LISTED_THREADS; i++) {
		if (thread_list_step(i))
			break;
	}
	if (walk->reason)
		return walk->reason;
	*tstate = is_state_of(walk, walk->listed, tp) ? walk->listed : 0;
	return *tstate || !walk->listed ? COUNTER_samples : COUNTER_thread_list_too_long;
}

/*
 * The holder of the GIL is one global (2.7 Python/pystate.c,
 * _PyThreadState_Current). Each thread is looked for in the list once and then
 * remembered: one without a thread state as 0, which holding the GIL corrects.
 */
static __always_inline enum counter listed_thread_state(struct walk *walk, struct process *process,
							__u64 tp, __u64 *tstate)
{
	struct thread_key key = {.generation = process->generation, .tid = walk->sample.tid};
	enum counter why;
	__u64 *known;

	if (read_user(tstate, sizeof(*tstate), process->current_address))
		return COUNTER_slot_unreadable;
	known = bpf_map_lookup_elem(&thread_states, &key);
	if (is_state_of(walk, *tstate, tp)) {
		if (!known || *known != *tstate)
			bpf_map_update_elem(&thread_states, &key, tstate, BPF_ANY);
		return COUNTER_samples;
	}
	if (known && !*known)
		return COUNTER_no_thread_state;
	if (known && is_state_of(walk, *known, tp)) {
		*tstate = *known;
		return COUNTER_samples;
	}
	why = find_listed(walk, process, tp, tstate);
	if (why != COUNTER_samples)
		return why;
	bpf_map_update_elem(&thread_states, &key, tstate, BPF_ANY);
	return *tstate ? COUNTER_samples : COUNTER_no_thread_state;
}

#endif
