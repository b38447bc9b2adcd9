/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The one seam between the walk and the memory it walks: in the kernel a
 * non-faulting read of the current task, on a host build a captured image.
 */
#ifndef EMBERLINE_COMPAT_H
#define EMBERLINE_COMPAT_H

#include "kernel.h"

#ifdef WITH_TASK_WORK
/* The address of this CPU's latest read that failed. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} missing_addresses SEC(".maps");

static __always_inline __u64 *missing_address(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&missing_addresses, &zero);
}

static __always_inline void note_missing(__u64 address)
{
	__u64 *missing = missing_address();

	if (missing)
		*missing = address;
}

static __always_inline __u64 latest_missing(void)
{
	__u64 *missing = missing_address();

	return missing ? *missing : 0;
}
#else
static __always_inline void note_missing(__u64 address)
{
	(void)address;
}
#endif

/* Reads size bytes at a user address; 0, or negative when the memory is not
 * there or not present. Costs about 0.1 us however small the read. */
static __always_inline long read_user(void *into, __u32 size, __u64 address)
{
	long err = bpf_probe_read_user(into, size, (const void *)address);

	if (err)
		note_missing(address);
	return err;
}

#endif
