/* map.h - from a few bytes to a pointer: a hash table for names, watch descriptors, inodes. */
#ifndef CORE_MAP_H
#define CORE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot;

/* All zero is an empty map. Keys are copied, at most 4 GB; values are the caller's. */
struct map {
	struct map_slot *slot;
	size_t nslots, n, dead;
};

#define MAP_INIT \
	{ \
		NULL, 0, 0, 0 \
	}

void map_release(struct map *m);
void *map_get(const struct map *m, const void *key, size_t n);
/* Replaces; VALUE is not NULL. */
void map_put(struct map *m, const void *key, size_t n, void *value);
/* The same, but KEY is not copied: it stays where it is, and as it is, until it is removed or lent
 * anew, or the map is released. For what is kept under its own name, always put so. */
void map_lend(struct map *m, const void *key, size_t n, void *value);
/* Returns what was there, or NULL. */
void *map_remove(struct map *m, const void *key, size_t n);
/* Every value, in no order: begin with *AT 0; NULL ends. Removing while walking is allowed, putting
 * is not. */
void *map_next(const struct map *m, size_t *at);

#endif
