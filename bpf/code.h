/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Sends a code object's file name, qualified name and line table the moment it
 * is first seen, so that a process that is gone a moment later still has names
 * and lines.
 */
#ifndef EMBERLINE_CODE_H
#define EMBERLINE_CODE_H

#include "compat.h"
#include "maps.h"

struct code_scratch {
	struct code_record record;
	__u8 pieces[2 * MAX_NAME_BYTES + MAX_LINE_TABLE_BYTES];
	__u8 head[64 + 16];
	/* for send_pieces(), a global function: the verifier lets it take no pointers here */
	struct python_offsets layout;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct code_scratch);
} code_scratches SEC(".maps");

static __always_inline struct code_scratch *this_code_scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&code_scratches, &zero);
}

/*
 * Reads a str's characters to pieces[at]. Returns the bytes read, or
 * CODE_PIECE_ABSENT when they are too many or not there. PyASCIIObject and
 * PyCompactUnicodeObject: CPython Include/cpython/unicodeobject.h.
 */
static __always_inline __u32 read_string(struct code_scratch *scratch, __u64 object, __u32 at,
					 __u8 *kind)
{
	const struct python_offsets *layout = &scratch->layout;
	__u64 length, data;
	__u32 state;

	if (read_user(scratch->head, 64, object))
		return CODE_PIECE_ABSENT;
	length = *(__u64 *)(scratch->head + (layout->unicode_length & 63));
	state = *(__u32 *)(scratch->head + (layout->unicode_state & 63));
	if (!(state & layout->unicode_compact_mask))
		return CODE_PIECE_ABSENT;
	if (state & layout->unicode_ascii_mask) {
		*kind = 1;
		data = object + layout->unicode_ascii;
	} else {
		*kind = (state >> (layout->unicode_kind_shift & 31)) & 7;
		data = object + layout->unicode_compact;
	}
	if (*kind != 1 && *kind != 2 && *kind != 4)
		return CODE_PIECE_ABSENT;
	length *= *kind;
	if (length >= MAX_NAME_BYTES)
		return CODE_PIECE_ABSENT;
	/* The mask repeats the bound where the verifier can see it. */
	if (at > MAX_NAME_BYTES ||
	    read_user(scratch->pieces + at, length & (MAX_NAME_BYTES - 1), data))
		return CODE_PIECE_ABSENT;
	return length;
}

static __always_inline __u32 read_line_table(struct code_scratch *scratch, __u64 object, __u32 at)
{
	const struct python_offsets *layout = &scratch->layout;
	__u64 length = 0;

	if (read_user(&length, sizeof(length), object + layout->bytes_size))
		return CODE_PIECE_ABSENT;
	if (length >= MAX_LINE_TABLE_BYTES || at > 2 * MAX_NAME_BYTES)
		return CODE_PIECE_ABSENT;
	if (read_user(scratch->pieces + at, length & (MAX_LINE_TABLE_BYTES - 1),
		      object + layout->bytes_data))
		return CODE_PIECE_ABSENT;
	return length;
}

/* Completes scratch->record and puts it into the ring. 0 when it is there. */
__attribute__((noinline)) int send_pieces(void)
{
	struct code_scratch *scratch = this_code_scratch();
	struct code_record *record;
	__u32 at = 0, bytes;

	if (!scratch)
		return -1;
	record = &scratch->record;
	bytes = read_string(scratch, record->filename, 0, &record->filename_kind);
	record->filename_bytes = bytes;
	if (bytes < MAX_NAME_BYTES)
		at = bytes;
	bytes = read_string(scratch, record->qualname, at, &record->qualname_kind);
	record->qualname_bytes = bytes;
	if (bytes < MAX_NAME_BYTES)
		at += bytes;
	bytes = read_line_table(scratch, record->line_table, at);
	record->line_table_bytes = bytes;
	if (bytes < MAX_LINE_TABLE_BYTES)
		at += bytes;
	if (record->filename_bytes == CODE_PIECE_ABSENT ||
	    record->qualname_bytes == CODE_PIECE_ABSENT ||
	    record->line_table_bytes == CODE_PIECE_ABSENT)
		count(COUNTER_name_unreadable);
	if (at > sizeof(scratch->pieces))
		return -1;
	return bpf_ringbuf_output(&samples, record, sizeof(*record) + at, BPF_RB_NO_WAKEUP);
}

/* Sends the code object behind key; identity holds its CODE_IDENTITY_BYTES. */
static __always_inline int send_code(const struct code_key *key,
				     const struct python_offsets *layout, const __u8 *identity,
				     __u32 tgid)
{
	struct code_scratch *scratch = this_code_scratch();
	struct code_record *record;
	int err;

	if (!scratch)
		return -1;
	scratch->layout = *layout;
	record = &scratch->record;
	record->type = RECORD_CODE;
	record->generation = key->generation;
	record->code = key->code;
	record->tgid = tgid;
	record->checksum = key->checksum;
	/* The masks keep an offset inside identity[IDENTITY_ROOM]. */
	record->first_line = *(const __u32 *)(identity + (layout->code_first_line & 127 & ~3));
	record->filename = *(const __u64 *)(identity + (layout->code_filename & 127 & ~7));
	record->qualname = *(const __u64 *)(identity + (layout->code_qualname & 127 & ~7));
	record->line_table = *(const __u64 *)(identity + (layout->code_line_table & 127 & ~7));
	record->pad = 0;
	record->pad2 = 0;
	err = send_pieces();
	if (err)
		count(COUNTER_code_ring_full);
	return err;
}

#endif
