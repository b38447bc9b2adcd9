/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The walk over Python frames, leaf first. One step is one frame; the step is
 * a global function, which the verifier checks once and not for each of its
 * MAX_PYTHON_FRAMES calls.
 */
#ifndef EMBERLINE_PYTHON_H
#define EMBERLINE_PYTHON_H

#include "class.h"
#include "code.h"
#include "walk.h"

/* Slots of this CPU's answers; a power of two. Hot stacks name some hundred codes. */
#define RECENT_CODES 1024

#define PAGE_MASK_4K (~4095ULL)

/* _PyCFrame in 3.11; 3.12's has no use_tracing before its two pointers. */
#define CFRAME_BYTES 24
/* PyThreadState.root_cframe is one of its last members. */
#define ROOT_CFRAME_WITHIN 1024
/* The evaluation loop's own native frame is smaller: 0x168 to 0x2d0 bytes in release builds. */
#define LOOP_FRAME_BYTES 4096

/*
 * Makes window hold the frame at address: with up to window_bytes that end with
 * it, but never from a page the frame itself does not lie in, so the read faults
 * only when the frame alone would.
 */
static __always_inline long fill_window(struct walk *walk, __u64 address)
{
	__u64 end = address + FRAME_BYTES;
	__u64 start = end - walk->layout.window_bytes;
	__u64 page = address & PAGE_MASK_4K;
	__u32 size;

	if (start < page)
		start = page;
	if (start > address)
		start = address;
	size = end - start;
	if (size > WINDOW_BYTES)
		return -1;
	if (read_user(walk->window, size, start)) {
		/* A frame at the end of its mapping: what is needed of it, without
		 * the locals that FRAME_BYTES may reach past. */
		size = walk->layout.frame_bytes & (2 * FRAME_BYTES - 1);
		start = address;
		end = address + size;
		if (read_user(walk->window, size, start))
			return -1;
	}
	walk->window_start = start;
	walk->window_end = end;
	return 0;
}

/*
 * A multilinear hash: one odd random constant a word, so that the products do
 * not wait for each other. An identity check, not a defence.
 */
static __always_inline __u32 hash_identity(const __u8 *bytes)
{
	static const __u64 factors[(CODE_IDENTITY_BYTES + NAME_HEAD_BYTES) / 8] = {
		0x9e3779b97f4a7c15ULL, 0xbf58476d1ce4e5b9ULL, 0x94d049bb133111ebULL,
		0xd6e8feb86659fd93ULL, 0xa0761d6478bd642fULL, 0xe7037ed1a0b428dbULL,
		0x8ebc6af09c88c6e3ULL, 0x589965cc75374cc3ULL, 0x1d8e4e27c47d124fULL,
		0xeb44accab455d165ULL, 0xc2b2ae3d27d4eb4fULL, 0x165667b19e3779f9ULL,
		0x85ebca77c2b2ae63ULL,
	};
	__u64 hash = 0;

#pragma unroll
	for (int i = 0; i < (CODE_IDENTITY_BYTES + NAME_HEAD_BYTES) / 8; i++)
		hash += (word_at(bytes, 8 * i) ^ (__u32)i) * factors[i];
	hash ^= hash >> 32;
	/* 0 tells that the code was not read. */
	return (__u32)hash ? (__u32)hash : 1;
}

/* This CPU's latest answers of code_seen, which cost a tenth of a lookup there. */
struct recent_code {
	struct code_key key;
	/* enum code_flag */
	__u64 flags;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RECENT_CODES);
	__type(key, __u32);
	__type(value, struct recent_code);
} recent_codes SEC(".maps");

/* Sends the code unless that was done before; returns its flags. */
static __always_inline __u32 send_once(struct walk *walk, const struct code_key *key)
{
	/* Objects are 16-byte aligned; higher bits part one arena from another. */
	__u32 slot = (__u32)((key->code >> 4) ^ (key->code >> 16)) & (RECENT_CODES - 1);
	struct recent_code *recent = bpf_map_lookup_elem(&recent_codes, &slot);
	__u32 *seen, flags;

	if (!recent)
		return 0;
	if (recent->key.code == key->code && recent->key.generation == key->generation &&
	    recent->key.checksum == key->checksum)
		return recent->flags;
	seen = bpf_map_lookup_elem(&code_seen, key);
	if (seen) {
		flags = *seen;
	} else {
		flags = send_code(key, &walk->layout, walk->identity, walk->tgid);
		if (!flags)
			return 0;
		bpf_map_update_elem(&code_seen, key, &flags, BPF_ANY);
	}
	recent->key = *key;
	recent->flags = flags;
	return flags;
}

/*
 * Reads what tells the code from another that had its address. Before 3.12 that
 * takes what its name says, not only where it lies: code that is made and thrown
 * away takes its predecessor's place together with all that belongs to it.
 */
static __always_inline long read_identity(struct walk *walk, __u64 code)
{
	const struct python_offsets *layout = &walk->layout;
	__u8 *head = walk->identity + CODE_IDENTITY_BYTES;
	__u64 name;

	if (read_user(walk->identity, CODE_IDENTITY_BYTES, code + layout->code_identity))
		return -1;
	__builtin_memset(head, 0, NAME_HEAD_BYTES);
	if (!layout->code_name)
		return 0;
	name = word_at(walk->identity, layout->code_name & 127 & ~7);
	/* A name that is not there leaves the zeros. */
	read_user(head, NAME_HEAD_BYTES,
		  name + (layout->names_are_bytes ? layout->bytes_size : layout->unicode_length));
	return 0;
}

/*
 * Notes which code a frame runs, and returns the code's flags. The identity
 * bytes (counts, first line, version or name, addresses of names and line table)
 * are read for every frame, since a code object's address alone is re-used after exec, reload
 * and generated code; only when the pair is new are names and line table sent.
 * Recursion reads them once: the frame before keeps its code alive, and it is
 * the same object.
 */
static __always_inline __u32 identify_code(struct walk *walk, struct python_frame *out)
{
	struct code_key key = {.code = out->code, .generation = walk->generation};

	if (out->code == walk->last_code) {
		out->checksum = walk->last_checksum;
		return walk->last_flags;
	}
	if (read_identity(walk, out->code)) {
		walk->reason = COUNTER_code_unreadable;
		return 0;
	}
	out->checksum = hash_identity(walk->identity);
	key.checksum = out->checksum;
	walk->last_code = key.code;
	walk->last_checksum = key.checksum;
	walk->last_flags = send_once(walk, &key);
	return walk->last_flags;
}

/*
 * Where a frame is in its bytecode. A thread of a free-threaded build may run
 * its own copy of it (Include/cpython/code.h, _PyCodeArray {size, entries[]});
 * copy 0 is the one inside the code object.
 */
static __always_inline __s32 instruction_offset(struct walk *walk, __u64 code, __u64 instr,
						__u32 copy)
{
	__u64 start = code + walk->layout.code_adaptive, copies;

	if (!walk->layout.instr_is_pointer)
		return (__s32)((__u32)instr * walk->layout.lasti_unit);
	if (walk->layout.has_tlbc && copy) {
		if (read_user(&copies, sizeof(copies), code + walk->layout.code_tlbc) ||
		    read_user(&start, sizeof(start), copies + 8 + 8 * (__u64)copy)) {
			count(COUNTER_bytecode_unreadable);
			return -1;
		}
	}
	return (__s32)(instr - start);
}

/* Takes one frame. 0 to go on, 1 at the root or when the walk cannot go on. */
__attribute__((noinline)) int python_step(__u32 index)
{
	struct walk *walk = this_walk();
	struct python_frame *out;
	const __u8 *frame;
	__u64 address, previous, code, instr;
	__u32 at, owner, copy, flags = 0;

	if (!walk)
		return 1;
	address = walk->frame;
	if (!address)
		return 1;
	/* A chain that is not yet linked may lead in a circle (Brent's way to notice). */
	if (address == walk->milestone) {
		walk->reason = COUNTER_frame_unlinked;
		return 1;
	}
	if (!(index & (index - 1)))
		walk->milestone = address;
	if (address < walk->window_start || address + walk->layout.frame_bytes > walk->window_end) {
		if (fill_window(walk, address)) {
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
	copy = *(const __u32 *)FIELD(frame_tlbc_index);
#undef FIELD

	out = (struct python_frame *)(walk->frames + (walk->head_bytes & (HEAD_BYTES - 1)) +
				      (index & (MAX_PYTHON_FRAMES - 1)) * sizeof(*out));
	out->frame = address & ~3ULL;
	out->type = 0;
	out->checksum = 0;
	out->offset = -1;
	out->code = 0;
	walk->frame = previous;
	walk->taken = index + 1;
	/* What lies in the running C function's frame is an entry frame, also before the
	 * function has said so: Debian's 3.13 links it first (_PyEval_EvalFrameDefault()). */
	if (walk->layout.entry_owner &&
	    (owner >= walk->layout.entry_owner || address - walk->stack_pointer < LOOP_FRAME_BYTES))
		flags |= FRAME_MARKER;
	if (flags) {
		if (previous == walk->entered_from)
			walk->is_entry_unproven = 0;
	} else if (!previous && (walk->layout.entry_owner || walk->layout.has_is_entry)) {
		/* Every evaluation begins with an entry frame: this one is yet to be linked. */
		walk->reason = COUNTER_frame_unlinked;
	}
	out->frame |= flags;
	if (flags & FRAME_MARKER)
		return 0;
	code &= ~(__u64)walk->layout.code_tag_mask;
	out->code = code;
	out->offset = instruction_offset(walk, code, instr, copy);
	flags = identify_code(walk, out);
	if (flags & (CODE_HAS_SELF | CODE_HAS_CLS))
		out->type = class_of_method(walk, address, flags);
	return 0;
}

/*
 * 3.11 and 3.12 link a _PyCFrame {current_frame, previous} to the thread before they
 * fill it in (Python/ceval.c, _PyEval_EvalFrameDefault(), "tstate->cframe = &cframe"),
 * and may link its frame to its caller later still: for some instructions a walk
 * follows whatever lay there. What is right proves itself: the previous of an entry
 * frame is the current frame of the _PyCFrame before.
 */
static __always_inline enum counter begin_cframe(struct walk *walk, __u64 tstate, __u64 cframe)
{
	const struct python_offsets *layout = &walk->layout;
	/* Nothing runs. Of greenlet's copies of root_cframe it cannot be told, nor of a
	 * stack that is being begun: those are unfinished. */
	bool is_root = cframe - tstate < ROOT_CFRAME_WITHIN;

	if (read_user(walk->identity, CFRAME_BYTES, cframe))
		return COUNTER_cframe_unreadable;
	walk->frame = word_at(walk->identity, layout->cframe_current_frame & 127 & ~7);
	walk->cframe = word_at(walk->identity, layout->cframe_previous & 127 & ~7);
	is_root = is_root && !walk->frame;
	walk->is_entry_unproven = !is_root;
	walk->entered_from = NOT_AN_ADDRESS;
	if (!is_root && walk->cframe &&
	    read_user(&walk->entered_from, sizeof(walk->entered_from),
		      walk->cframe + layout->cframe_current_frame)) {
		walk->entered_from = NOT_AN_ADDRESS;
		if (!walk->is_memory_final)
			return COUNTER_cframe_unreadable;
	}
	return COUNTER_samples;
}

/* The thread's youngest frame. COUNTER_samples when walk->frame is set. */
static __always_inline enum counter first_frame(struct walk *walk, __u64 tstate)
{
	__u64 frame;

	if (read_user(walk->tstate, THREAD_STATE_BYTES, tstate))
		return COUNTER_thread_state_unreadable;
	frame = word_at(walk->tstate, walk->layout.tstate_frame & (THREAD_STATE_BYTES - 1));
	if (walk->layout.has_cframe && frame)
		return begin_cframe(walk, tstate, frame);
	walk->frame = frame;
	return COUNTER_samples;
}

/* From walk->frame to the root. A global function, so that the verifier counts its steps once. */
__attribute__((noinline)) int python_frames(void)
{
	for (__u32 i = 0; i < MAX_PYTHON_FRAMES; i++) {
		if (python_step(i))
			break;
	}
	return 0;
}

/* Whether the walk came from a _PyCFrame that is not filled in. A stack that is deep
 * but sound has its entry further down. */
static __always_inline bool is_unfinished(struct walk *walk)
{
	return walk->is_entry_unproven && (walk->taken < MAX_PYTHON_FRAMES || walk->reason);
}

/* Nothing of what was walked is to be believed. */
static __always_inline void forget_frames(struct walk *walk)
{
	walk->frame = 0;
	walk->taken = 0;
	walk->last_code = 0;
	walk->milestone = 0;
	walk->reason = 0;
}

/* The evaluation is about to begin: walks its caller's stack, which is whole. */
static __always_inline void walk_caller(struct walk *walk, __u64 tstate)
{
	enum counter why = walk->reason;
	bool is_missing = why == COUNTER_frame_unreadable || why == COUNTER_code_unreadable;

	forget_frames(walk);
	if (is_missing && !walk->is_memory_final) {
		/* Or what it needs is only paged out: the thread itself finds out. */
		walk->reason = why;
		return;
	}
	if (begin_cframe(walk, tstate, walk->cframe) == COUNTER_samples)
		python_frames();
	if (is_unfinished(walk) || !walk->taken) {
		forget_frames(walk);
		walk->reason = COUNTER_entry_unfinished;
	} else {
		count(COUNTER_entry_begun);
	}
}

/* Walks all frames of the thread whose state is at tstate. */
static __always_inline void walk_python(struct walk *walk, __u64 tstate)
{
	enum counter why = first_frame(walk, tstate);

	if (why != COUNTER_samples) {
		walk->reason = why;
		return;
	}
	python_frames();
	if (is_unfinished(walk))
		walk_caller(walk, tstate);
	if (walk->frame && walk->taken >= MAX_PYTHON_FRAMES)
		walk->sample.flags |= SAMPLE_TRUNCATED;
}

#endif
