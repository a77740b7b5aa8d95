/* index.h - finds things by what is written in them: a hash table that holds no keys.
 *
 * For what is there a hundred thousand times: 18 bytes a thing, and no block of its own. */
#ifndef CORE_INDEX_H
#define CORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero but for IS is an empty index. */
struct index {
	/* Is KEY, of N bytes, what ITEM is found by? Things must not change in that while they are
	 * in; one may be in under several keys. */
	bool (*is)(const void *item, const void *key, size_t n);
	void **item;
	uint32_t *hash;
	size_t nslots, n, dead;
};

void index_release(struct index *x);
void *index_get(const struct index *x, const void *key, size_t n);
/* ITEM, not NULL, takes the place of what KEY found before. */
void index_put(struct index *x, const void *key, size_t n, void *item);
/* Returns what was there, or NULL. */
void *index_remove(struct index *x, const void *key, size_t n);
/* Everything, in no order: begin with *AT 0; NULL ends. Removing while walking is allowed, putting
 * is not. */
void *index_next(const struct index *x, size_t *at);

#endif
