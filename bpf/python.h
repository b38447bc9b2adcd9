/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The walk over Python frames, leaf first. One step is one frame; the step is
 * a global function, which the verifier checks once and not for each of its
 * MAX_PYTHON_FRAMES calls.
 */
#ifndef EMBERLINE_PYTHON_H
#define EMBERLINE_PYTHON_H

#include "code.h"
#include "compat.h"
#include "maps.h"

/* CODE_IDENTITY_BYTES, and room for a masked offset to run past their end. */
#define IDENTITY_ROOM 136
_Static_assert(IDENTITY_ROOM >= 127 + sizeof(__u64), "the masks reach 127");

/* MAX_KERNEL_FRAMES addresses, rounded up to a power of two. */
#define KERNEL_BYTES 1024
_Static_assert(KERNEL_BYTES >= MAX_KERNEL_FRAMES * sizeof(__u64), "room for all kernel frames");

/* One CPU's walk. Samples of one CPU never nest: the kernel runs a perf_event
 * program only when no other is active there (bpf_overflow_handler()). */
struct walk {
	struct python_offsets layout;
	__u64 frame;	    /* next frame to take, 0 at the root */
	__u64 window_start; /* user address of window[0] */
	__u64 window_end;
	__u32 generation;
	__u32 tgid;
	__u32 taken;
	__u32 reason;
	__u32 last_checksum;
	__u64 last_code; /* of the frame taken before */
	/* a window, and room for a masked offset to run past its end */
	__u8 window[WINDOW_BYTES + 2 * FRAME_BYTES];
	__u8 identity[IDENTITY_ROOM];
	__u8 tstate[THREAD_STATE_BYTES + 8];
	/* The record as it goes into the ring: header, kernel frames, Python frames. */
	__u32 kernel_bytes;
	__u32 pad;
	struct sample sample;
	__u8 frames[KERNEL_BYTES + MAX_PYTHON_FRAMES * sizeof(struct python_frame)];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct walk);
} walks SEC(".maps");

static __always_inline struct walk *this_walk(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&walks, &zero);
}

/* Slots of this CPU's answers; a power of two. Hot stacks name some hundred codes. */
#define RECENT_CODES 1024

#define PAGE_MASK_4K (~4095ULL)

/*
 * Makes window hold the frame at address: from at most WINDOW_BYTES before the
 * frame's end, but never from a page the frame itself does not lie in, so the
 * read faults only when the frame alone would.
 */
static __always_inline long fill_window(struct walk *walk, __u64 address)
{
	__u64 end = address + FRAME_BYTES;
	__u64 start = end - WINDOW_BYTES;
	__u64 page = address & PAGE_MASK_4K;
	__u32 size;

	if (start < page)
		start = page;
	size = end - start;
	if (size > WINDOW_BYTES)
		return -1;
	if (read_user(walk->window, size, start)) {
		/* A frame at the end of its mapping: its head alone, without the
		 * locals that FRAME_BYTES may reach past. */
		start = address;
		end = address + 80;
		if (read_user(walk->window, 80, start))
			return -1;
	}
	walk->window_start = start;
	walk->window_end = end;
	return 0;
}

static __always_inline __u64 word_at(const __u8 *bytes, __u32 offset)
{
	return *(const __u64 *)(bytes + offset);
}

/*
 * A multilinear hash: one odd random constant a word, so that the products do
 * not wait for each other. An identity check, not a defence.
 */
static __always_inline __u32 hash_identity(const __u8 *bytes)
{
	static const __u64 factors[CODE_IDENTITY_BYTES / 8] = {
		0x9e3779b97f4a7c15ULL, 0xbf58476d1ce4e5b9ULL, 0x94d049bb133111ebULL,
		0xd6e8feb86659fd93ULL, 0xa0761d6478bd642fULL, 0xe7037ed1a0b428dbULL,
		0x8ebc6af09c88c6e3ULL, 0x589965cc75374cc3ULL, 0x1d8e4e27c47d124fULL,
		0xeb44accab455d165ULL, 0xc2b2ae3d27d4eb4fULL,
	};
	__u64 hash = 0;

#pragma unroll
	for (int i = 0; i < CODE_IDENTITY_BYTES / 8; i++)
		hash += (word_at(bytes, 8 * i) ^ (__u32)i) * factors[i];
	hash ^= hash >> 32;
	/* 0 tells that the code was not read. */
	return (__u32)hash ? (__u32)hash : 1;
}

/* This CPU's latest answers of code_seen, which cost a tenth of a lookup there. */
struct recent_code {
	struct code_key entries[RECENT_CODES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct recent_code);
} recent_codes SEC(".maps");

/* Sends the code unless that was done before. */
static __always_inline void send_once(struct walk *walk, const struct code_key *key)
{
	__u32 zero = 0;
	struct recent_code *recent = bpf_map_lookup_elem(&recent_codes, &zero);
	/* Objects are 16-byte aligned; higher bits part one arena from another. */
	__u32 slot = (__u32)((key->code >> 4) ^ (key->code >> 16)) & (RECENT_CODES - 1);

	if (!recent)
		return;
	if (recent->entries[slot].code == key->code &&
	    recent->entries[slot].generation == key->generation &&
	    recent->entries[slot].checksum == key->checksum)
		return;
	if (!bpf_map_lookup_elem(&code_seen, key)) {
		__u8 seen = 1;

		if (send_code(key, &walk->layout, walk->identity, walk->tgid))
			return;
		bpf_map_update_elem(&code_seen, key, &seen, BPF_ANY);
	}
	recent->entries[slot] = *key;
}

/*
 * Notes which code a frame runs. The identity bytes (counts, first line,
 * addresses of names and line table) are read for every frame, since a code
 * object's address alone is re-used after exec, reload and generated code; only
 * when the pair is new are names and line table sent. Recursion reads them once:
 * the frame before keeps its code alive, and it is the same object.
 */
static __always_inline void identify_code(struct walk *walk, struct python_frame *out)
{
	struct code_key key = {.code = out->code, .generation = walk->generation};

	if (out->code == walk->last_code) {
		out->checksum = walk->last_checksum;
		return;
	}
	if (read_user(walk->identity, CODE_IDENTITY_BYTES,
		      out->code + walk->layout.code_identity)) {
		count(COUNTER_code_unreadable);
		walk->reason = COUNTER_code_unreadable;
		return;
	}
	out->checksum = hash_identity(walk->identity);
	key.checksum = out->checksum;
	walk->last_code = key.code;
	walk->last_checksum = key.checksum;
	send_once(walk, &key);
}

/* Takes one frame. 0 to go on, 1 at the root or when the walk cannot go on. */
__attribute__((noinline)) int python_step(__u32 index)
{
	struct walk *walk = this_walk();
	struct python_frame *out;
	const __u8 *frame;
	__u64 address, previous, code, instr;
	__u32 at, owner, flags = 0;

	if (!walk)
		return 1;
	address = walk->frame;
	if (!address)
		return 1;
	if (address < walk->window_start || address + 80 > walk->window_end) {
		if (fill_window(walk, address)) {
			count(COUNTER_frame_unreadable);
			walk->reason = COUNTER_frame_unreadable;
			return 1;
		}
	}
	at = (__u32)(address - walk->window_start) & (WINDOW_BYTES - 1);
	frame = walk->window + at;

#define FIELD(name) (frame + (walk->layout.name & (FRAME_BYTES - 1)))
	previous = *(const __u64 *)FIELD(frame_previous);
	code = *(const __u64 *)FIELD(frame_code);
	owner = *FIELD(frame_owner);
	if (walk->layout.has_is_entry && *FIELD(frame_is_entry))
		flags |= FRAME_ENTRY;
	instr = *(const __u64 *)FIELD(frame_instr);
#undef FIELD

	out = (struct python_frame *)(walk->frames + (walk->kernel_bytes & (KERNEL_BYTES - 1)) +
				      (index & (MAX_PYTHON_FRAMES - 1)) * sizeof(*out));
	out->frame = address & ~3ULL;
	out->checksum = 0;
	out->offset = -1;
	out->code = 0;
	walk->frame = previous;
	walk->taken = index + 1;
	if (walk->layout.entry_owner && owner >= walk->layout.entry_owner) {
		out->frame |= FRAME_MARKER;
		return 0;
	}
	code &= ~(__u64)walk->layout.code_tag_mask;
	out->code = code;
	out->frame |= flags;
	if (walk->layout.instr_is_pointer)
		out->offset = (__s32)(instr - (code + walk->layout.code_adaptive));
	else
		out->offset = (__s32)instr * walk->layout.lasti_unit;
	identify_code(walk, out);
	return 0;
}

/* The thread's youngest frame. COUNTER_samples when walk->frame is set. */
static __always_inline enum counter first_frame(struct walk *walk, __u64 tstate)
{
	__u64 frame;

	if (read_user(walk->tstate, THREAD_STATE_BYTES, tstate))
		return COUNTER_thread_state_unreadable;
	frame = word_at(walk->tstate, walk->layout.tstate_frame & (THREAD_STATE_BYTES - 1));
	if (walk->layout.has_cframe && frame &&
	    read_user(&frame, sizeof(frame), frame + walk->layout.cframe_current_frame))
		return COUNTER_cframe_unreadable;
	walk->frame = frame;
	return COUNTER_samples;
}

/* Walks all frames of the thread whose state is at tstate. */
static __always_inline void walk_python(struct walk *walk, __u64 tstate)
{
	enum counter why = first_frame(walk, tstate);

	if (why != COUNTER_samples) {
		count(why);
		walk->reason = why;
		return;
	}
	for (__u32 i = 0; i < MAX_PYTHON_FRAMES; i++) {
		if (python_step(i))
			break;
	}
	if (walk->frame && walk->taken >= MAX_PYTHON_FRAMES) {
		count(COUNTER_truncated);
		walk->sample.flags |= SAMPLE_TRUNCATED;
	}
}

#endif
