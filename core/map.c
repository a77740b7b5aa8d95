/* An index of entries that hold a key and a value each. */
#include "core/map.h"

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	void *value;
	uint32_t n;
	char key[];
};

static bool
entry_is(const void *item, const void *key, size_t n)
{
	const struct entry *e = item;
	return e->n == n && memcmp(e->key, key, n) == 0;
}

void
map_release(struct map *m)
{
	struct entry *e;
	for (size_t at = 0; (e = index_next(&m->entries, &at));)
		free(e);
	index_release(&m->entries);
}

void *
map_get(const struct map *m, const void *key, size_t n)
{
	const struct entry *e = index_get(&m->entries, key, n);
	return e ? e->value : NULL;
}

void
map_put(struct map *m, const void *key, size_t n, void *value)
{
	struct entry *e = index_get(&m->entries, key, n);
	if (!e) {
		e = xmalloc(offsetof(struct entry, key) + n);
		e->n = (uint32_t)n;
		if (n)
			memcpy(e->key, key, n);
		m->entries.is = entry_is;
		index_put(&m->entries, key, n, e);
	}
	e->value = value;
}

void *
map_remove(struct map *m, const void *key, size_t n)
{
	struct entry *e = index_remove(&m->entries, key, n);
	void *value = e ? e->value : NULL;
	free(e);
	return value;
}

void *
map_next(const struct map *m, size_t *at)
{
	const struct entry *e = index_next(&m->entries, at);
	return e ? e->value : NULL;
}

size_t
map_count(const struct map *m)
{
	return m->entries.n;
}
