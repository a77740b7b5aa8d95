/* map.h - from a few bytes to a pointer: a hash table for names, watch descriptors, inodes.
 *
 * What holds its own key needs none of a map's: index.h. */
#ifndef CORE_MAP_H
#define CORE_MAP_H

#include "core/index.h"

/* All zero is an empty map. Keys are copied, at most 4 GB; values are the caller's. */
struct map {
	struct index entries;
};

#define MAP_INIT \
	{ \
		.entries = {.is = NULL } \
	}

void map_release(struct map *m);
void *map_get(const struct map *m, const void *key, size_t n);
/* Replaces; VALUE is not NULL. */
void map_put(struct map *m, const void *key, size_t n, void *value);
/* Returns what was there, or NULL. */
void *map_remove(struct map *m, const void *key, size_t n);
/* Every value, in no order: begin with *AT 0; NULL ends. Removing while walking is allowed, putting
 * is not. */
void *map_next(const struct map *m, size_t *at);
size_t map_count(const struct map *m);

#endif
