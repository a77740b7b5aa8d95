/* Open addressing with linear probing; a removed item leaves a mark that the next growth sweeps.
 * Half of a hash lies beside each item: a search asks the items only whose hash is right, and
 * growing asks none. The hashes have an array of their own, in which a search runs on within few
 * cache lines, so the table may be four fifths full; it grows by half, for doubling would leave it
 * two thirds empty.
 *
 * Keys can come from strangers (file names), so the hash begins with a number of this process:
 * nobody can prepare names that all collide. */
#include "core/index.h"

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FREE, REMOVED, LEAST }; /* no hash is below LEAST */

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

static uint32_t
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
	uint32_t half = (uint32_t)(hash_step(h, n) >> 32);
	return half < LEAST ? half + LEAST : half;
}

/* Where a search begins: as far into the table as the hash is into its range. */
static size_t
home(const struct index *x, uint32_t hash)
{
	return (size_t)((uint64_t)hash * x->nslots >> 32);
}

static size_t
next_to(const struct index *x, size_t i)
{
	return i + 1 < x->nslots ? i + 1 : 0;
}

/* The slot of KEY, or NSLOTS. */
static size_t
find(const struct index *x, uint32_t hash, const void *key, size_t n)
{
	for (size_t i = x->nslots ? home(x, hash) : 0; x->nslots && x->hash[i] != FREE;
	     i = next_to(x, i))
		if (x->hash[i] == hash && x->is(x->item[i], key, n))
			return i;
	return x->nslots;
}

static void
place(struct index *x, uint32_t hash, void *item)
{
	size_t i = home(x, hash);
	while (x->hash[i] >= LEAST)
		i = next_to(x, i);
	x->dead -= x->hash[i] == REMOVED;
	x->hash[i] = hash;
	x->item[i] = item;
}

static void
grow(struct index *x)
{
	struct index old = *x;
	x->nslots = old.n + old.n / 2 + old.n / 4 + 4;
	x->item = xmalloc(x->nslots * sizeof *x->item);
	x->hash = xcalloc(x->nslots, sizeof *x->hash);
	x->dead = 0;
	for (size_t i = 0; i < old.nslots; i++)
		if (old.hash[i] >= LEAST)
			place(x, old.hash[i], old.item[i]);
	free(old.item);
	free(old.hash);
}

void
index_release(struct index *x)
{
	free(x->item);
	free(x->hash);
	*x = (struct index){.is = x->is};
}

void *
index_get(const struct index *x, const void *key, size_t n)
{
	if (!x->n)
		return NULL;
	size_t i = find(x, hash_bytes(key, n), key, n);
	return i < x->nslots ? x->item[i] : NULL;
}

void
index_put(struct index *x, const void *key, size_t n, void *item)
{
	uint32_t hash = hash_bytes(key, n);
	size_t i = find(x, hash, key, n);
	if (i < x->nslots) {
		x->item[i] = item;
		return;
	}
	if ((x->n + x->dead + 1) * 5 > x->nslots * 4)
		grow(x);
	place(x, hash, item);
	x->n++;
}

void *
index_remove(struct index *x, const void *key, size_t n)
{
	size_t i = x->n ? find(x, hash_bytes(key, n), key, n) : x->nslots;
	if (i == x->nslots)
		return NULL;
	x->hash[i] = REMOVED;
	x->n--;
	x->dead++;
	return x->item[i];
}

void *
index_next(const struct index *x, size_t *at)
{
	while (*at < x->nslots) {
		size_t i = (*at)++;
		if (x->hash[i] >= LEAST)
			return x->item[i];
	}
	return NULL;
}
