/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Preloaded into a Python it makes the memory of its objects and frames shared.
 * MADV_DONTNEED then takes pages out of the page table and keeps what they hold,
 * as swapping does, on a machine that has no swap.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
	if (flags & MAP_ANONYMOUS && !(flags & (MAP_STACK | MAP_NORESERVE)))
		flags = (flags & ~MAP_PRIVATE) | MAP_SHARED;
	return (void *)syscall(SYS_mmap, address, size, protection, flags, file, offset);
}

/* What a program calls that is compiled for large files. */
void *mmap64(void *, size_t, int, int, int, off_t) __attribute__((alias("mmap")));
