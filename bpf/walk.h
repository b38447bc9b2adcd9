/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What one CPU's walk remembers: too much for the stack of 512 bytes. */
#ifndef EMBERLINE_WALK_H
#define EMBERLINE_WALK_H

#include "compat.h"
#include "maps.h"
#include "registers.h"

/* CODE_IDENTITY_BYTES and NAME_HEAD_BYTES, and room for a masked offset to run past their end. */
#define IDENTITY_ROOM 136
_Static_assert(IDENTITY_ROOM >= 127 + sizeof(__u64), "the masks reach 127");

/* A binary search under way. Its numbers lie in memory, where the verifier does not
 * follow their values: so it sees one state for each step and not two. */
struct search {
	__u32 first;
	__u32 count;
};

/* MAX_KERNEL_FRAMES addresses, rounded up to a power of two. */
#define KERNEL_BYTES 1024
_Static_assert(KERNEL_BYTES >= MAX_KERNEL_FRAMES * sizeof(__u64), "room for all kernel frames");

/* What lies before the Python frames, rounded up likewise. */
#define HEAD_BYTES 8192
_Static_assert(HEAD_BYTES >= KERNEL_BYTES + MAX_NATIVE_FRAMES * sizeof(struct native_frame),
	       "room for all kernel and native frames");

/* All frames. A value of a per-CPU map has at most 32 KiB (PCPU_MIN_UNIT_SIZE). */
#define FRAMES_BYTES                                                                               \
	(HEAD_BYTES + MAX_PYTHON_FRAMES * sizeof(struct python_frame) +                            \
	 MAX_NATIVE_FRAMES * sizeof(struct native_frame))

/* One CPU's walk. Samples of one CPU never nest: the kernel runs a perf_event
 * program only when no other is active there (bpf_overflow_handler()). */
struct walk {
	struct python_offsets layout;
	__u64 frame;	    /* next frame to take, 0 at the root */
	__u64 milestone;    /* an earlier one, to notice a circle by */
	__u64 window_start; /* user address of window[0] */
	__u64 window_end;
	__u32 generation;
	__u32 tgid;
	__u32 taken;
	__u32 reason;
	/* of the frame taken before */
	__u32 last_checksum;
	__u64 last_code;
	__u32 last_flags;
	/* 3.11 and 3.12: the _PyCFrame before the one that is walked, the current frame
	 * there, and whether an entry frame has yet to prove that it called this one */
	__u32 is_entry_unproven;
	/* what cannot be read is not there at all, rather than paged out */
	__u32 is_memory_final;
	__u32 pad3;
	__u64 cframe;
	__u64 entered_from;
	/* where user code was interrupted, and then each native frame's */
	__u64 stack_pointer;
	struct registers registers;
	/* an address in native code, the mapping it was last found in, and all there are */
	__u64 sought;
	struct mapping mapping;
	struct address_space space;
	struct search search;
	__u32 natives;
	/* enum counter: why the native walk ended */
	__u32 native_end;
	__u32 is_ip_exact;
	/* where the next native frame goes in frames[], and how many more there may be */
	__u32 native_at;
	__u32 native_room;
	/* the Python frame from which on an entry frame is looked for, to resume at */
	__u32 resume_from;
	/* ACCESS_LIST: where the walk over the threads is */
	__u64 interpreter;
	__u64 listed;
	__u64 thread_pointer;
	/* a window, and room for a masked offset to run past its end */
	__u8 window[WINDOW_BYTES + 2 * FRAME_BYTES];
	__u8 identity[IDENTITY_ROOM];
	__u8 tstate[THREAD_STATE_BYTES + 8];
	/* The record as it goes into the ring: header, kernel, native and Python frames. */
	__u32 kernel_bytes;
	/* of kernel and native frames */
	__u32 head_bytes;
	struct sample sample;
	__u8 frames[FRAMES_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct walk);
} walks SEC(".maps");

static __always_inline struct walk *this_walk(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&walks, &zero);
}

static __always_inline __u64 word_at(const __u8 *bytes, __u32 offset)
{
	return *(const __u64 *)(bytes + offset);
}

#endif
