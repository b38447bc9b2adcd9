/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Takes a sample of each thread of a replay file, by the very code that runs in
 * the kernel:
 *
 *     walk FILE >RECORDS
 *
 * RECORDS are those of the ring, each after its length in 4 bytes. With a pid in
 * the file, a record of type REPLAY_READ tells each range that was read there.
 */
#define _GNU_SOURCE
#include "replay.h"
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "../../bpf/sampler.bpf.c"

#define REPLAY_READ 0x64616572u

/* mm only has to be there. */
struct task_struct host_task = {.mm = &host_task};

static struct replay_header header;
static struct replay_thread *threads;
static struct replay_block *blocks;

long host_output(const void *data, __u32 size)
{
	if (fwrite(&size, sizeof(size), 1, stdout) != 1 || fwrite(data, size, 1, stdout) != 1)
		err(1, "write");
	return 0;
}

static int compare_blocks(const void *key, const void *block)
{
	__u64 address = *(const __u64 *)key;
	const struct replay_block *at = block;

	return address < at->address ? -1 : address >= at->address + REPLAY_BLOCK_BYTES;
}

static long read_image(void *into, __u32 size, __u64 address)
{
	while (size) {
		const struct replay_block *block =
			bsearch(&address, blocks, header.blocks, sizeof(*blocks), compare_blocks);
		__u32 offset, part;

		if (!block)
			return -1;
		offset = address - block->address;
		part = size < REPLAY_BLOCK_BYTES - offset ? size : REPLAY_BLOCK_BYTES - offset;
		memcpy(into, block->bytes + offset, part);
		into = (__u8 *)into + part;
		address += part;
		size -= part;
	}
	return 0;
}

static long read_process(void *into, __u32 size, __u64 address)
{
	struct iovec local = {into, size}, remote = {(void *)address, size};
	struct {
		__u32 type, size;
		__u64 address;
	} record = {REPLAY_READ, size, address};

	if (process_vm_readv(header.pid, &local, 1, &remote, 1, 0) != (ssize_t)size)
		return -1;
	return host_output(&record, sizeof(record));
}

long host_read(void *into, __u32 size, __u64 address)
{
	return header.pid ? read_process(into, size, address) : read_image(into, size, address);
}

static void load(FILE *file, void *into, size_t size)
{
	if (size && fread(into, size, 1, file) != 1)
		errx(1, "the replay file is cut short");
}

static void *load_array(FILE *file, size_t count, size_t size)
{
	void *array = calloc(count ? count : 1, size);

	if (!array)
		err(1, "replay file");
	load(file, array, count * size);
	return array;
}

int main(int argc, char **argv)
{
	struct bpf_perf_event_data ctx = {0};
	struct python_offsets layout;
	struct process process;
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	__u32 tgid = 1;

	if (!file)
		err(2, "usage: walk FILE");
	load(file, &header, sizeof(header));
	load(file, &layout, sizeof(layout));
	load(file, &process, sizeof(process));
	threads = load_array(file, header.threads, sizeof(*threads));
	blocks = load_array(file, header.blocks, sizeof(*blocks));
	fclose(file);
	bpf_map_update_elem(&offsets, &process.offsets, &layout, BPF_ANY);
	bpf_map_update_elem(&processes, &tgid, &process, BPF_ANY);
	for (__u32 i = 0; i < header.threads; i++) {
		host_task.tgid = tgid;
		host_task.pid = threads[i].tid;
		host_task.thread.fsbase = threads[i].thread_pointer;
		ctx.sp = threads[i].stack_pointer;
		on_timer(&ctx);
	}
	host_clear();
	free(threads);
	free(blocks);
	return 0;
}
