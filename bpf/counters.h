/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Every way a sample can end early, and what it means to a person. The list is
 * the single source: the enum here, names and sentences in Go by generation
 * (helper/internal/sampler/gencounters).
 */
#ifndef EMBERLINE_COUNTERS_H
#define EMBERLINE_COUNTERS_H

#define COUNTERS(X)                                                                                \
	X(samples, "Timer hits in a followed process.")                                            \
	X(delivered, "Stacks handed to the helper.")                                               \
	X(ring_full, "Stacks lost because the helper did not keep up.")                            \
	X(code_ring_full, "Code objects not sent because the ring was full; tried again later.")   \
	X(key_unreadable, "The interpreter's thread key could not be read.")                       \
	X(interpreter_not_ready, "The interpreter had not started up yet.")                        \
	X(slot_unreadable, "The thread's own storage could not be read.")                          \
	X(no_thread_state, "The thread runs no Python.")                                           \
	X(thread_list_unreadable, "The interpreter's list of threads could not be read.")          \
	X(thread_list_too_long, "The thread was not among the first of the interpreter's list.")   \
	X(thread_state_unreadable, "The thread state could not be read.")                          \
	X(cframe_unreadable, "The thread's C frame could not be read.")                            \
	X(entry_begun, "A function was just being entered; the stack is that of its caller.")      \
	X(entry_unfinished, "A function was just being entered; CPython had no readable stack.")   \
	X(frame_unreadable, "A frame could not be read; the stack above it is kept.")              \
	X(frame_unlinked, "A frame was not linked to its caller yet.")                             \
	X(code_unreadable, "A code object could not be read.")                                     \
	X(name_unreadable, "A code object's name, file or line table could not be read.")          \
	X(class_unreadable,                                                                        \
	  "The class of self could not be read; the method is named without it.")                  \
	X(bytecode_unreadable, "A thread's own copy of the bytecode could not be found.")          \
	X(retried,                                                                                 \
	  "Stacks in memory that was not there, handed to their thread to be read again.")         \
	X(retry_gone, "A program was replaced before its thread could read its stack again.")      \
	X(retry_lost, "A stack's process was gone before its thread could read it again.")         \
	X(pages_brought_in, "Pages that a thread brought back in to read its stack.")              \
	X(truncated, "The stack was deeper than the sampler walks; its root end is cut.")          \
	X(native_whole, "Native stacks walked to the thread's first frame.")                       \
	X(native_not_begun, "The process's native code was not known yet.")                        \
	X(native_unmapped, "Native code ran that the helper had not looked at yet.")               \
	X(native_not_loaded, "A library's unwind table was not loaded yet.")                       \
	X(native_no_rule, "Native code has no usable unwind rule; its callers are missing.")       \
	X(native_wrong_rule, "An unwind rule led nowhere; the callers are missing.")               \
	X(native_stack_unreadable, "The native stack could not be read.")                          \
	X(native_truncated, "The native stack was deeper than the sampler walks.")                 \
	X(native_resumed,                                                                          \
	  "Native code without unwind rules: taken up again at the Python that called it.")        \
	X(no_offsets, "A process referred to an unknown interpreter layout.")                      \
	X(walk_lost, "The walk lost its own scratch memory.")                                      \
	X(process_table_full, "A forked process could not be followed: the table is full.")        \
	X(event_ring_full, "A process start or end was not reported: the ring was full.")

enum counter {
#define X(name, sentence) COUNTER_##name,
	COUNTERS(X)
#undef X
		COUNTER_COUNT
};

#endif
