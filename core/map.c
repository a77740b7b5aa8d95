/* Open addressing with linear probing; a removed entry leaves a mark that the next growth sweeps.
 * Keys can come from strangers (file names), so the hash begins with a number of this process:
 * nobody can prepare names that all collide. */
#include "core/map.h"

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct entry {
	void *value;
	uint32_t n;
	bool lent;
	char key[]; /* of one that is lent: where it is */
};

/* Two words, for of a table that has just grown most slots are free. */
struct map_slot {
	struct entry *entry; /* NULL: free, or removed when HASH says so */
	uint64_t hash;
};

enum { REMOVED = 1 }; /* no hash is: the lowest bit of each is clear */

static uint64_t
seed(void)
{
	static uint64_t s;
	if (!s && getrandom(&s, sizeof s, GRND_NONBLOCK) != (ssize_t)sizeof s)
		s = (uint64_t)(uintptr_t)&s;
	return s | 1;
}

/* Eight bytes a step, each step's product folded upon itself: names are looked up a million times a
 * second, and byte by byte that was a seventh of reading a `.wandb` file. */
static uint64_t
hash_step(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 32;
}

static uint64_t
hash_bytes(const void *key, size_t n)
{
	const unsigned char *p = key;
	uint64_t h = seed() ^ n, word;
	for (; n >= sizeof word; n -= sizeof word, p += sizeof word) {
		memcpy(&word, p, sizeof word);
		h = hash_step(h, word);
	}
	word = 0;
	if (n)
		memcpy(&word, p, n);
	h = hash_step(h, word);
	return hash_step(h, n) & ~(uint64_t)REMOVED;
}

static size_t
slot_of(const struct map *m, uint64_t hash)
{
	return (size_t)(hash >> 1) & (m->nslots - 1);
}

static const char *
key_of(const struct entry *e)
{
	const char *key = e->key;
	if (e->lent)
		memcpy(&key, e->key, sizeof key);
	return key;
}

static struct map_slot *
find(const struct map *m, uint64_t hash, const void *key, size_t n)
{
	if (!m->nslots)
		return NULL;
	for (size_t i = slot_of(m, hash);; i = (i + 1) & (m->nslots - 1)) {
		struct map_slot *s = &m->slot[i];
		if (!s->entry && s->hash != REMOVED)
			return NULL;
		if (s->entry && s->hash == hash && s->entry->n == n &&
		    memcmp(key_of(s->entry), key, n) == 0)
			return s;
	}
}

static void
place(struct map *m, struct map_slot slot)
{
	size_t i = slot_of(m, slot.hash);
	while (m->slot[i].entry)
		i = (i + 1) & (m->nslots - 1);
	m->slot[i] = slot;
}

static void
grow(struct map *m)
{
	struct map old = *m;
	m->nslots = 4;
	while (m->nslots < (old.n + 1) * 2)
		m->nslots *= 2;
	m->slot = xcalloc(m->nslots, sizeof *m->slot);
	m->dead = 0;
	for (size_t i = 0; i < old.nslots; i++)
		if (old.slot[i].entry)
			place(m, old.slot[i]);
	free(old.slot);
}

void
map_release(struct map *m)
{
	for (size_t i = 0; i < m->nslots; i++)
		free(m->slot[i].entry);
	free(m->slot);
	*m = (struct map)MAP_INIT;
}

void *
map_get(const struct map *m, const void *key, size_t n)
{
	struct map_slot *s = find(m, hash_bytes(key, n), key, n);
	return s ? s->entry->value : NULL;
}

static void
put(struct map *m, const void *key, size_t n, void *value, bool lent)
{
	uint64_t hash = hash_bytes(key, n);
	struct map_slot *s = find(m, hash, key, n);
	if (s) {
		s->entry->value = value;
		if (s->entry->lent && lent)
			memcpy(s->entry->key, &key, sizeof key);
		return;
	}
	if ((m->n + m->dead + 1) * 4 > m->nslots * 3)
		grow(m);
	struct entry *e = xmalloc(offsetof(struct entry, key) + (lent ? sizeof key : n));
	e->value = value;
	e->n = (uint32_t)n;
	e->lent = lent;
	if (lent)
		memcpy(e->key, &key, sizeof key);
	else if (n)
		memcpy(e->key, key, n);
	place(m, (struct map_slot){e, hash});
	m->n++;
}

void
map_put(struct map *m, const void *key, size_t n, void *value)
{
	put(m, key, n, value, false);
}

void
map_lend(struct map *m, const void *key, size_t n, void *value)
{
	put(m, key, n, value, true);
}

void *
map_remove(struct map *m, const void *key, size_t n)
{
	struct map_slot *s = find(m, hash_bytes(key, n), key, n);
	if (!s)
		return NULL;
	void *value = s->entry->value;
	free(s->entry);
	*s = (struct map_slot){NULL, REMOVED};
	m->n--;
	m->dead++;
	return value;
}

void *
map_next(const struct map *m, size_t *at)
{
	while (*at < m->nslots) {
		struct map_slot *s = &m->slot[(*at)++];
		if (s->entry)
			return s->entry->value;
	}
	return NULL;
}
