/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Takes the place of bpf/kernel.h on a host build: the kernel's types, helpers
 * and maps as far as bpf/ uses them, so that the sampler's own sources compile
 * unchanged into an ordinary program. Included before all else, by -include.
 */
#ifndef EMBERLINE_KERNEL_H
#define EMBERLINE_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#define SEC(name)
/* stdlib.h has an on_exit(), too. */
#define BPF_PROG(name, ...)	       host_##name(__VA_ARGS__)
#define BPF_CORE_READ(pointer, member) ((pointer)->member)

struct thread_struct {
	unsigned long fsbase;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live;
	unsigned long long sum_sched_runtime;
};

struct sched_entity {
	__u64 sum_exec_runtime;
};

struct task_struct {
	int pid;
	int tgid;
	struct sched_entity se;
	struct thread_struct thread;
	struct signal_struct *signal;
	void *mm;
};

/* Here the interrupted thread is always in user code. */
struct bpf_perf_event_data {
	__u64 general[32];
	__u64 ip;
	__u64 sp;
};

struct pt_regs {
	unsigned long bp, ip, cs, sp;
};

#define bpf_core_enum_value_exists(type, value) false
#define bpf_get_current_task_btf()		(&host_task)
#define bpf_task_pt_regs(task)			((void *)(task))

static inline __u64 instruction_pointer(const struct bpf_perf_event_data *ctx)
{
	return ctx->ip;
}

static inline bool is_user_mode(const struct bpf_perf_event_data *ctx)
{
	(void)ctx;
	return true;
}

/* Takes the place of bpf/rows.h: the unwind tables lie side by side here. */
#define EMBERLINE_ROWS_H
struct unwind_row;
extern const struct unwind_row *host_rows;
extern __u32 host_row_count;
const struct unwind_row *row_at(__u32 index);

/* The thread that is being sampled. */
extern struct task_struct host_task;

/* A map's size and type are in its type alone, as BTF tells them to a loader. */
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name

struct host_map {
	const void *identity;
	__u32 type, max_entries, key_bytes, value_bytes;
};

#define HOST_NUMBER(member) (sizeof(*(member)) / sizeof(int))
#define HOST_MAP(map)                                                                              \
	((struct host_map){.identity = (map),                                                      \
			   .type = HOST_NUMBER((map)->type),                                       \
			   .max_entries = HOST_NUMBER((map)->max_entries),                         \
			   .key_bytes = sizeof(*(map)->key),                                       \
			   .value_bytes = sizeof(*(map)->value)})

void *host_lookup(struct host_map map, const void *key);
long host_update(struct host_map map, const void *key, const void *value);
long host_delete(struct host_map map, const void *key);
/* Forgets what all maps hold. */
void host_clear(void);

#define bpf_map_lookup_elem(map, key)		    host_lookup(HOST_MAP(map), key)
#define bpf_map_update_elem(map, key, value, flags) host_update(HOST_MAP(map), key, value)
#define bpf_map_delete_elem(map, key)		    host_delete(HOST_MAP(map), key)

/* The queue of generations: whoever asks gets the next number. */
long host_pop(__u32 *value);
static inline long host_push(const __u32 *value)
{
	(void)value;
	return 0;
}
#define bpf_map_pop_elem(map, value)	     host_pop(value)
#define bpf_map_push_elem(map, value, flags) host_push(value)

/* What a program puts into a ring; 0, or negative when it does not fit. */
long host_output(const void *data, __u32 size);
#define bpf_ringbuf_output(map, data, size, flags) ((void)(flags), host_output(data, size))
#define bpf_ringbuf_query(map, what)		   0ULL
#define bpf_ringbuf_reserve(map, size, flags)	   host_reserve(size)
#define bpf_ringbuf_submit(data, flags)		   host_submit(data)
void *host_reserve(__u32 size);
void host_submit(void *data);

/* The memory of the sampled process, which the program provides: 0, or negative
 * when some of it is not there. */
long host_read(void *into, __u32 size, __u64 address);
long bpf_probe_read_user(void *into, __u32 size, const void *address);
long bpf_probe_read_user_str(void *into, __u32 size, const void *address);

static inline __u64 bpf_ktime_get_ns(void)
{
	return 1;
}

static inline __u64 bpf_get_current_pid_tgid(void)
{
	return (__u64)host_task.tgid << 32 | (__u32)host_task.pid;
}

static inline __u64 bpf_get_current_task(void)
{
	return (__u64)(unsigned long)&host_task;
}

static inline long bpf_get_current_comm(void *into, __u32 size)
{
	__builtin_memset(into, 0, size);
	return 0;
}

static inline long bpf_get_stack(void *ctx, void *into, __u32 size, __u64 flags)
{
	(void)ctx, (void)into, (void)size, (void)flags;
	return 0;
}

#endif
