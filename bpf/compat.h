/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The one seam between the walk and the memory it walks: in the kernel a
 * non-faulting read of the current task, on a host build a captured image.
 */
#ifndef EMBERLINE_COMPAT_H
#define EMBERLINE_COMPAT_H

#include "kernel.h"

/* Reads size bytes at a user address; 0, or negative when the memory is not
 * there or not present. Costs about 0.1 us however small the read. */
static __always_inline long read_user(void *into, __u32 size, __u64 address)
{
	return bpf_probe_read_user(into, size, (const void *)address);
}

#endif
