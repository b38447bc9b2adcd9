/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * From an address in the interrupted thread's code to the rule for its caller's
 * frame: which mapping, which row of that file's table. The helper fills both.
 *
 * bpf_find_vma() is no help here: with interrupts off it gives its lock back by
 * an irq work of which each CPU has one, so it works once for each interrupt.
 */
#ifndef EMBERLINE_UNWIND_H
#define EMBERLINE_UNWIND_H

#include "rows.h"
#include "walk.h"

/* Executable mappings of all followed address spaces together. */
#define MAX_MAPPINGS 65536

/* An address space's mappings lie side by side here, sorted by address. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_MAPPINGS);
	__type(key, __u32);
	__type(value, struct mapping);
} mappings SEC(".maps");

/* By generation. A fork shares its parent's until the helper gives it its own. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PROCESSES);
	__type(key, __u32);
	__type(value, struct address_space);
} address_spaces SEC(".maps");

/* Whether walk->mapping holds the address. */
static __always_inline bool is_in_mapping(const struct walk *walk, __u64 address)
{
	return address - walk->mapping.start < walk->mapping.end - walk->mapping.start;
}

/* Makes walk->mapping the one that holds walk->sought. 0, or -1 when there is none. */
__attribute__((noinline)) int find_mapping(void)
{
	struct walk *walk = this_walk();
	struct mapping *found;
	__u32 index;

	if (!walk)
		return -1;
	walk->search.first = walk->space.first;
	walk->search.count = walk->space.count;
	/* The last one that starts at or before it: MAX_MAPPINGS is 2^16. */
	for (int i = 0; i < 17; i++) {
		__u32 half = walk->search.count / 2;

		if (!half)
			break;
		index = walk->search.first + half;
		found = bpf_map_lookup_elem(&mappings, &index);
		if (!found)
			return -1;
		if (found->start <= walk->sought) {
			walk->search.first = index;
			walk->search.count -= half;
		} else {
			walk->search.count = half;
		}
	}
	index = walk->search.first;
	found = bpf_map_lookup_elem(&mappings, &index);
	if (!found || !walk->space.count)
		return -1;
	walk->mapping = *found;
	return is_in_mapping(walk, walk->sought) ? 0 : -1;
}

/* The rule for walk->sought, which lies in walk->mapping; RULE_NONE when its file's
 * table has none. */
__attribute__((noinline)) int find_rule(void)
{
	struct walk *walk = this_walk();
	const struct unwind_row *row;
	__u32 offset;

	if (!walk || !walk->mapping.rows)
		return RULE_NONE;
	offset = (__u32)(walk->sought - walk->mapping.start + walk->mapping.file_offset);
	walk->search.first = walk->mapping.first_row;
	walk->search.count = walk->mapping.rows;
	for (int i = 0; i < MAX_ROW_STEPS; i++) {
		__u32 half = walk->search.count / 2;

		if (!half)
			break;
		row = row_at(walk->search.first + half);
		if (!row)
			return RULE_NONE;
		if (row->offset <= offset) {
			walk->search.first += half;
			walk->search.count -= half;
		} else {
			walk->search.count = half;
		}
	}
	row = row_at(walk->search.first);
	return row && row->offset <= offset ? (int)row->rule : RULE_NONE;
}

#endif
