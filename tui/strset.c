/* strset.c - open addressing, at most half full; nothing is ever taken out. */
#include "tui/strset.h"

#include "core/fnv.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

static uint32_t
hash(const char *z)
{
	uint64_t h = fnv_text(FNV_BASIS, z);
	return (uint32_t)(h ^ h >> 32);
}

/* Where KEY is, or where it belongs. */
static uint32_t
place(const struct strset *t, const char *key)
{
	uint32_t i = hash(key) & t->mask;
	while (t->key[i] && strcmp(t->key[i], key) != 0)
		i = (i + 1) & t->mask;
	return i;
}

static void
resize(struct strset *t, uint32_t size)
{
	struct strset old = *t;
	t->mask = size - 1;
	t->key = xcalloc(size, sizeof *t->key);
	t->value = xcalloc(size, sizeof *t->value);
	for (uint32_t i = 0; old.key && i <= old.mask; i++)
		if (old.key[i]) {
			uint32_t at = place(t, old.key[i]);
			t->key[at] = old.key[i];
			t->value[at] = old.value[i];
		}
	free(old.key);
	free(old.value);
}

void
strset_room(struct strset *t, int n)
{
	uint32_t size = 64;
	while (size < (uint32_t)n * 2)
		size *= 2;
	if (!t->key || size > t->mask + 1)
		resize(t, size);
}

int
strset_add(struct strset *t, const char *key, int value)
{
	if (!t->key || t->n * 2 > t->mask)
		resize(t, t->key ? (t->mask + 1) * 2 : 64);
	uint32_t at = place(t, key);
	if (t->key[at])
		return t->value[at];
	t->key[at] = key;
	t->value[at] = value;
	t->n++;
	return -1;
}

int
strset_get(const struct strset *t, const char *key)
{
	if (!t->key)
		return -1;
	uint32_t at = place(t, key);
	return t->key[at] ? t->value[at] : -1;
}

void
strset_release(struct strset *t)
{
	free(t->key);
	free(t->value);
	*t = (struct strset)STRSET_INIT;
}
