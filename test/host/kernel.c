/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What kernel.h promises. All maps are one hash table. */
#include "kernel.h"
#include "../../bpf/types.h"
#include <stdlib.h>
#include <string.h>

struct entry {
	struct entry *next;
	const void *map;
	unsigned char *key;
	/* An allocation of its own, so that an access past its end is found. */
	void *value;
};

#define BUCKETS 1024
static struct entry *buckets[BUCKETS];
static __u32 last_generation;

static struct entry **find(struct host_map map, const void *key)
{
	const unsigned char *bytes = key;
	__u32 hash = (__u32)(unsigned long)map.identity;
	struct entry **at;

	for (__u32 i = 0; i < map.key_bytes; i++)
		hash = hash * 31 + bytes[i];
	at = &buckets[(hash ^ hash >> 16) % BUCKETS];
	while (*at && ((*at)->map != map.identity || memcmp((*at)->key, key, map.key_bytes)))
		at = &(*at)->next;
	return at;
}

static struct entry *add(struct host_map map, const void *key)
{
	struct entry *entry = calloc(1, sizeof(*entry)), **end = find(map, key);

	if (!entry)
		abort();
	entry->map = map.identity;
	entry->key = malloc(map.key_bytes);
	entry->value = calloc(1, map.value_bytes);
	if (!entry->key || !entry->value)
		abort();
	memcpy(entry->key, key, map.key_bytes);
	*end = entry;
	return entry;
}

static void drop(struct entry **at)
{
	struct entry *entry = *at;

	*at = entry->next;
	free(entry->key);
	free(entry->value);
	free(entry);
}

static bool is_array(struct host_map map)
{
	return map.type == BPF_MAP_TYPE_ARRAY || map.type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

void *host_lookup(struct host_map map, const void *key)
{
	struct entry *entry = *find(map, key);
	__u32 index;

	if (entry)
		return entry->value;
	if (!is_array(map))
		return NULL;
	memcpy(&index, key, sizeof(index));
	return index < map.max_entries ? add(map, key)->value : NULL;
}

long host_update(struct host_map map, const void *key, const void *value)
{
	struct entry *entry = *find(map, key);

	if (!entry)
		entry = add(map, key);
	memcpy(entry->value, value, map.value_bytes);
	return 0;
}

long host_delete(struct host_map map, const void *key)
{
	struct entry **at = find(map, key);

	if (!*at)
		return -1;
	drop(at);
	return 0;
}

const struct unwind_row *host_rows;
__u32 host_row_count;

const struct unwind_row *row_at(__u32 index)
{
	return index < host_row_count ? host_rows + index : NULL;
}

void host_clear(void)
{
	for (int i = 0; i < BUCKETS; i++)
		while (buckets[i])
			drop(&buckets[i]);
	last_generation = 0;
}

long host_pop(__u32 *value)
{
	*value = ++last_generation;
	return 0;
}

void *host_reserve(__u32 size)
{
	return calloc(1, size);
}

void host_submit(void *data)
{
	free(data);
}

long bpf_probe_read_user(void *into, __u32 size, const void *address)
{
	long failed = host_read(into, size, (__u64)(unsigned long)address);

	/* as the kernel does */
	if (failed)
		memset(into, 0, size);
	return failed;
}

long bpf_probe_read_user_str(void *into, __u32 size, const void *address)
{
	char *text = into;

	for (__u32 i = 0; i < size; i++) {
		if (bpf_probe_read_user(text + i, 1, (const char *)address + i))
			return -1;
		if (!text[i])
			return i + 1;
	}
	text[size - 1] = 0;
	return size;
}
