/* keyed.c - sorted a byte of the key at a time, the least first, each pass keeping what the one
 * before has done (radix sort: Knuth, TAOCP 3, 5.2.5). Bytes that are the same in all keys, most
 * often half of them, cost no pass. */
#include "tui/keyed.h"

#include "core/xalloc.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES = 8, VALUES = 256 };

static uint8_t
byte_of(uint64_t key, int i)
{
	return (uint8_t)(key >> (8 * i));
}

/* Counts become the places where what has each value begins; false: all have one. */
static bool
place(uint32_t *count, uint32_t n)
{
	uint32_t at = 0;
	for (int v = 0; v < VALUES; v++) {
		uint32_t has = count[v];
		if (has == n)
			return false;
		count[v] = at;
		at += has;
	}
	return true;
}

void
keyed_sort(struct keyed *v, int n)
{
	static const uint32_t none[BYTES][VALUES];
	uint32_t count[BYTES][VALUES];
	if (n < 2)
		return;
	struct keyed *from = v, *to = xreallocarray(NULL, (size_t)n, sizeof *to), *room = to;
	memcpy(count, none, sizeof count);
	for (int i = 0; i < n; i++)
		for (int b = 0; b < BYTES; b++)
			count[b][byte_of(v[i].key, b)]++;
	for (int b = 0; b < BYTES; b++) {
		if (!place(count[b], (uint32_t)n))
			continue;
		for (int i = 0; i < n; i++)
			to[count[b][byte_of(from[i].key, b)]++] = from[i];
		struct keyed *sorted = to;
		to = from;
		from = sorted;
	}
	if (from != v)
		memcpy(v, from, (size_t)n * sizeof *v);
	free(room);
}

/* The bits of doubles (IEEE 754) are in their order but for the sign. */
uint64_t
keyed_of_double(double v)
{
	uint64_t bits;
	if (isnan(v))
		return UINT64_MAX;
	v += 0.0; /* -0 becomes 0 */
	memcpy(&bits, &v, sizeof bits);
	return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}
