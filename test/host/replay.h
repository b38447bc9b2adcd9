/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What walk.c reads: a header, the sampled process as the helper describes it,
 * its threads, and blocks of its memory in the order of their addresses. Written
 * by helper/internal/sampler's host test, in this machine's byte order.
 */
#ifndef EMBERLINE_REPLAY_H
#define EMBERLINE_REPLAY_H

#include <linux/types.h>

#define REPLAY_BLOCK_BYTES 128

struct replay_header {
	/* A running process to read instead of the blocks, 0 for none. */
	__u32 pid;
	__u32 threads;
	__u32 blocks;
	__u32 pad;
	/* struct python_offsets, struct process, then replay_thread[], replay_block[] */
};

struct replay_thread {
	__u64 thread_pointer;
	__u64 stack_pointer;
	__u32 tid;
	__u32 pad;
};

struct replay_block {
	__u64 address;
	__u8 bytes[REPLAY_BLOCK_BYTES];
};

#endif
