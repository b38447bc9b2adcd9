/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The class of a method, which code objects do not know before co_qualname
 * (3.11): the type of the frame's self, or its cls. That is the object's own
 * class, also when the method stands in a base class.
 */
#ifndef EMBERLINE_CLASS_H
#define EMBERLINE_CLASS_H

#include "walk.h"

#define MAX_CLASS_BYTES 256

struct class_scratch {
	struct type_record record;
	char name[MAX_CLASS_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct class_scratch);
} class_scratches SEC(".maps");

/* CPython Include/object.h: set on every class whose own class is type or derives from it. */
#define Py_TPFLAGS_TYPE_SUBCLASS (1ULL << 31)

/* Whether the object at address is a class. */
static __always_inline bool is_class(struct walk *walk, __u64 object)
{
	__u64 metaclass, flags;

	return !read_user(&metaclass, sizeof(metaclass), object + walk->layout.object_type) &&
	       !read_user(&flags, sizeof(flags), metaclass + walk->layout.type_flags) &&
	       (flags & Py_TPFLAGS_TYPE_SUBCLASS);
}

/* Sends a class's name; name is the address of its characters. */
static __always_inline long send_class(struct walk *walk, const struct type_key *key, __u64 object,
				       __u64 name)
{
	__u32 zero = 0, size = 0;
	struct class_scratch *scratch = bpf_map_lookup_elem(&class_scratches, &zero);
	long bytes = 0;

	if (!scratch)
		return -1;
	if (is_class(walk, object))
		bytes = bpf_probe_read_user_str(scratch->name, MAX_CLASS_BYTES, (const void *)name);
	if (bytes > 0)
		size = (bytes - 1) & (MAX_CLASS_BYTES - 1);
	scratch->record.type = RECORD_TYPE;
	scratch->record.generation = walk->generation;
	scratch->record.id = key->id;
	scratch->record.tgid = walk->tgid;
	scratch->record.name_bytes = size;
	return bpf_ringbuf_output(&samples, scratch, sizeof(scratch->record) + size,
				  BPF_RB_NO_WAKEUP);
}

/* The id of a method's class, sent at first sight; 0 when it cannot be told: no first
 * argument any more, or one that a closure has moved into a cell. */
static __always_inline __u64 class_of_method(struct walk *walk, __u64 frame, __u32 flags)
{
	struct type_key key = {.generation = walk->generation};
	__u64 object, name;
	__u8 seen = 1;

	if (read_user(&object, sizeof(object), frame + walk->layout.frame_locals))
		goto unreadable;
	if (!object)
		return 0;
	if ((flags & CODE_HAS_SELF) &&
	    read_user(&object, sizeof(object), object + walk->layout.object_type))
		goto unreadable;
	if (read_user(&name, sizeof(name), object + walk->layout.type_name))
		goto unreadable;
	/* Addresses of classes are re-used, too. */
	key.id = object | ((name >> 3) ^ (name >> 19)) << 48;
	if (!bpf_map_lookup_elem(&types_seen, &key)) {
		if (send_class(walk, &key, object, name))
			return 0;
		bpf_map_update_elem(&types_seen, &key, &seen, BPF_ANY);
	}
	return key.id;
unreadable:
	count(COUNTER_class_unreadable);
	return 0;
}

#endif
