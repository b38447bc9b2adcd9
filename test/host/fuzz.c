/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The walk over garbage, for libFuzzer: any layout, any process, any memory. It
 * must end, and touch nothing out of bounds. What a record claims to hold must
 * be in it. An input is a replay file, so that those of captured images are
 * where it starts from.
 */
#include "replay.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/sampler.bpf.c"

struct task_struct host_task = {.tgid = 1, .pid = 2, .mm = &host_task};

/* The threads that are sampled of an input. */
#define THREADS 4

static const uint8_t *memory;
static size_t memory_bytes;
static const struct replay_block *blocks;
static size_t block_count;

/* An address that no block holds is a place in the input, over and over again,
 * so that pointers among garbage lead somewhere; of each 16 pages one is not there. */
static const uint8_t *find(__u64 address, size_t *rest)
{
	size_t low = 0, high = block_count;

	while (low < high) {
		const struct replay_block *block = &blocks[(low + high) / 2];

		*rest = address - block->address;
		if (*rest < REPLAY_BLOCK_BYTES) {
			*rest = REPLAY_BLOCK_BYTES - *rest;
			return block->bytes + REPLAY_BLOCK_BYTES - *rest;
		}
		if (address < block->address)
			high = (low + high) / 2;
		else
			low = (low + high) / 2 + 1;
	}
	if ((address >> 12 & 15) == 15)
		return NULL;
	*rest = memory_bytes - address % memory_bytes;
	return memory + address % memory_bytes;
}

long host_read(void *into, __u32 size, __u64 address)
{
	while (size) {
		size_t rest;
		const uint8_t *from = find(address, &rest);
		__u32 part = size < rest ? size : rest;

		if (!from)
			return -1;
		memcpy(into, from, part);
		into = (uint8_t *)into + part;
		address += part;
		size -= part;
	}
	return 0;
}

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* Every fourth record finds the ring full. */
static unsigned int records;

long host_output(const void *data, __u32 size)
{
	__u32 type;

	memcpy(&type, data, sizeof(type));
	if (type == RECORD_SAMPLE) {
		const struct sample *sample = data;

		require(size == sizeof(*sample) + sample->kernel_frames * sizeof(__u64) +
					sample->python_frames * sizeof(struct python_frame));
		require(sample->python_frames <= MAX_PYTHON_FRAMES);
	} else if (type == RECORD_CODE) {
		const struct code_record *record = data;
		__u32 pieces[] = {record->filename_bytes, record->qualname_bytes,
				  record->line_table_bytes};
		__u64 sum = sizeof(*record);

		for (int i = 0; i < 3; i++)
			sum += pieces[i] == CODE_PIECE_ABSENT ? 0 : pieces[i];
		require(size == sum);
	} else {
		const struct type_record *record = data;

		require(type == RECORD_TYPE && size == sizeof(*record) + record->name_bytes);
	}
	/* The ring copies it: every byte must be one of ours. */
	for (__u32 i = 0; i < size; i++)
		*(volatile const uint8_t *)((const uint8_t *)data + i);
	return ++records % 4 ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bpf_perf_event_data ctx = {0};
	struct {
		struct replay_header header;
		struct python_offsets layout;
		struct process process;
	} __attribute__((packed)) head;
	struct replay_thread threads[THREADS] = {0};
	__u32 tgid = host_task.tgid;

	if (size <= sizeof(head))
		return -1;
	memcpy(&head, data, sizeof(head));
	memory = data + sizeof(head);
	memory_bytes = size - sizeof(head);
	memcpy(threads, memory, memory_bytes < sizeof(threads) ? memory_bytes : sizeof(threads));
	blocks = NULL;
	block_count = 0;
	if (head.header.threads < memory_bytes / sizeof(*threads)) {
		size_t at = head.header.threads * sizeof(*threads);

		blocks = (const void *)(memory + at);
		block_count = (memory_bytes - at) / sizeof(*blocks);
	}
	head.process.generation = 1;
	head.process.offsets %= MAX_LAYOUTS;
	records = 0;
	bpf_map_update_elem(&offsets, &head.process.offsets, &head.layout, BPF_ANY);
	bpf_map_update_elem(&processes, &tgid, &head.process, BPF_ANY);
	/* The later samples meet what the first has remembered. */
	for (int i = 0; i < THREADS; i++) {
		host_task.pid = threads[i].tid;
		host_task.thread.fsbase = threads[i].thread_pointer;
		ctx.sp = threads[i].stack_pointer;
		on_timer(&ctx);
	}
	host_clear();
	return 0;
}
