/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Sends a code object's file name, qualified name and line table the moment it
 * is first seen, so that a process that is gone a moment later still has names
 * and lines.
 */
#ifndef EMBERLINE_CODE_H
#define EMBERLINE_CODE_H

#include "walk.h"

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
 * Finds a str's characters: their address, length in bytes and bytes each; false
 * when it is no string. PyASCIIObject and PyCompactUnicodeObject: CPython
 * Include/cpython/unicodeobject.h; 2.7's PyStringObject: Include/stringobject.h.
 */
static __always_inline bool find_characters(struct code_scratch *scratch, __u64 object, __u64 *data,
					    __u64 *length, __u8 *kind)
{
	const struct python_offsets *layout = &scratch->layout;
	__u32 state;

	if (read_user(scratch->head, 64, object))
		return false;
	if (layout->names_are_bytes) {
		*length = *(__u64 *)(scratch->head + (layout->bytes_size & 63));
		*data = object + layout->bytes_data;
		*kind = 0;
		return true;
	}
	*length = *(__u64 *)(scratch->head + (layout->unicode_length & 63));
	state = *(__u32 *)(scratch->head + (layout->unicode_state & 63));
	if (!(state & layout->unicode_compact_mask))
		return false;
	*kind = 1;
	*data = object + layout->unicode_ascii;
	if (!(state & layout->unicode_ascii_mask)) {
		*data = object + layout->unicode_compact;
		*kind = (state >> (layout->unicode_kind_shift & 31)) & 7;
	}
	if (*kind != 1 && *kind != 2 && *kind != 4)
		return false;
	*length *= *kind;
	return true;
}

/* Reads a str's characters to pieces[at]. Returns the bytes read, or
 * CODE_PIECE_ABSENT when they are too many or not there. */
static __always_inline __u32 read_string(struct code_scratch *scratch, __u64 object, __u32 at,
					 __u8 *kind)
{
	__u64 length, data;

	if (!find_characters(scratch, object, &data, &length, kind))
		return CODE_PIECE_ABSENT;
	if (length >= MAX_NAME_BYTES)
		return CODE_PIECE_ABSENT;
	/* The mask repeats the bound where the verifier can see it. */
	if (at > MAX_NAME_BYTES ||
	    read_user(scratch->pieces + at, length & (MAX_NAME_BYTES - 1), data))
		return CODE_PIECE_ABSENT;
	return length;
}

/* Whether the code's first argument is called self or cls. */
static __always_inline __u32 first_argument(struct code_scratch *scratch, __u64 code)
{
	const struct python_offsets *layout = &scratch->layout;
	__u64 names, first, data, length;
	__u32 arguments, text = 0;
	__u8 kind;

	if (read_user(&arguments, sizeof(arguments), code + layout->code_argcount) || !arguments ||
	    read_user(&names, sizeof(names), code + layout->code_varnames) ||
	    read_user(&first, sizeof(first), names + layout->tuple_items) ||
	    !find_characters(scratch, first, &data, &length, &kind))
		return 0;
	if (length == 4 && !read_user(&text, 4, data) && text == 0x666c6573) /* "self" */
		return CODE_HAS_SELF;
	if (length == 3 && !read_user(&text, 3, data) && text == 0x736c63) /* "cls" */
		return CODE_HAS_CLS;
	return 0;
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

/* Completes scratch->record and puts it into the ring. Returns the code's flags, 0 when it
 * did not get there. */
__attribute__((noinline)) int send_pieces(void)
{
	struct code_scratch *scratch = this_code_scratch();
	struct code_record *record;
	__u32 at = 0, bytes, flags = CODE_SENT;

	if (!scratch)
		return 0;
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
	if (scratch->layout.class_from_self)
		flags |= first_argument(scratch, record->code);
	if (at > sizeof(scratch->pieces) ||
	    bpf_ringbuf_output(&samples, record, sizeof(*record) + at, BPF_RB_NO_WAKEUP))
		return 0;
	return flags;
}

/* Sends the code object behind key; identity holds its CODE_IDENTITY_BYTES. Returns its
 * flags, 0 when the ring was full. */
static __always_inline __u32 send_code(const struct code_key *key,
				       const struct python_offsets *layout, const __u8 *identity,
				       __u32 tgid)
{
	struct code_scratch *scratch = this_code_scratch();
	struct code_record *record;
	__u32 flags;

	if (!scratch)
		return 0;
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
	flags = send_pieces();
	if (!flags)
		count(COUNTER_code_ring_full);
	return flags;
}

#endif
