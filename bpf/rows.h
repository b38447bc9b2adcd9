/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The unwind tables of all files, in one space of row numbers. The helper adds
 * memory to it a shard at a time, so that a row costs its 8 bytes and no more,
 * and a table may be as long as it likes.
 */
#ifndef EMBERLINE_ROWS_H
#define EMBERLINE_ROWS_H

#include "maps.h"

struct unwind_page {
	struct unwind_row rows[ROWS_PER_PAGE];
};

struct unwind_shard {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PAGES_PER_SHARD);
	__type(key, __u32);
	__type(value, struct unwind_page);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, MAX_SHARDS);
	__type(key, __u32);
	__array(values, struct unwind_shard);
} unwind_shards SEC(".maps");

/* One row; NULL where no table is. */
static __always_inline const struct unwind_row *row_at(__u32 index)
{
	__u32 shard = index / (ROWS_PER_PAGE * PAGES_PER_SHARD);
	__u32 page = index / ROWS_PER_PAGE % PAGES_PER_SHARD;
	struct unwind_page *rows;
	void *pages = bpf_map_lookup_elem(&unwind_shards, &shard);

	if (!pages)
		return NULL;
	rows = bpf_map_lookup_elem(pages, &page);
	return rows ? &rows->rows[index % ROWS_PER_PAGE] : NULL;
}

#endif
