/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef EMBERLINE_MAPS_H
#define EMBERLINE_MAPS_H

#include "kernel.h"
#include "types.h"
#include "counters.h"

/* Distinct interpreter builds (version x threading model) on one host. */
#define MAX_LAYOUTS 64
/* Followed processes at a time. */
#define MAX_PROCESSES 16384
/* Code objects remembered as sent; the least recently used is forgotten and
 * sent again when next met, so the limit costs bytes and never truth. */
#define MAX_CODE_SEEN 65536
/* The same for classes, which only versions before 3.11 need. */
#define MAX_TYPES_SEEN 8192
/* Threads of 2.7 whose state is remembered. */
#define MAX_THREADS_KNOWN 8192

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_LAYOUTS);
	__type(key, __u32);
	__type(value, struct python_offsets);
} offsets SEC(".maps");

/* Preallocated: perf_event programs may not allocate (kernel/bpf/verifier.c,
 * check_map_prog_compatibility). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PROCESSES);
	__type(key, __u32);
	__type(value, struct process);
} processes SEC(".maps");

/*
 * Processes that were followed until they became another program, and what those start:
 * env and shells begin a Python in turn. Each new program of theirs is reported.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_PROCESSES);
	__type(key, __u32);
	__type(value, __u8);
} heirs SEC(".maps");

/*
 * Numbers for address spaces that begin with a fork. The helper puts 1 to
 * GENERATION_TICKETS in; who takes one puts the one that is so much greater back.
 * So no two are equal and nothing waits, also on kernels whose atomic
 * instructions return no value (before 5.12) or that may preempt here (7.0).
 */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, GENERATION_TICKETS);
	__type(value, __u32);
} generations SEC(".maps");

/* What was learned of a code object when it was sent. */
enum code_flag {
	CODE_SENT = 1,
	/* its first argument is called self, or cls (layouts with class_from_self) */
	CODE_HAS_SELF = 2,
	CODE_HAS_CLS = 4,
};

struct code_key {
	__u64 code;
	__u32 generation;
	__u32 checksum;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_CODE_SEEN);
	__type(key, struct code_key);
	/* enum code_flag */
	__type(value, __u32);
} code_seen SEC(".maps");

struct type_key {
	__u64 id;
	__u32 generation;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_TYPES_SEEN);
	__type(key, struct type_key);
	__type(value, __u8);
} types_seen SEC(".maps");

struct thread_key {
	__u32 generation;
	__u32 tid;
};

/* Thread states found by ACCESS_LIST; 0 for a thread without one. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_THREADS_KNOWN);
	__type(key, struct thread_key);
	__type(value, __u64);
} thread_states SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* Samples and code objects. The helper sets the size at load. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} samples SEC(".maps");

/* Process life, apart from the samples so that a burst of one cannot lose the
 * other, and so that a new process wakes the helper at once. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

static __always_inline void count_many(enum counter which, __u64 times)
{
	__u32 key = which;
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (value)
		*value += times;
}

static __always_inline void count(enum counter which)
{
	count_many(which, 1);
}

#endif
