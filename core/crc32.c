/* The polynomial 0x04C11DB7, bits reflected, both ends inverted. Sixteen table look-ups take
 * sixteen bytes at a time ("slicing", Kounavis and Berry, 2005, twice as wide): the look-ups of one
 * round do not wait for each other, so a wider round is a faster one until the tables no longer fit
 * the first cache. */
#include "core/crc32.h"

#include "core/crc_slice.h"
#include "core/le.h"

#include <stdbool.h>

#define POLY_REFLECTED 0xEDB88320u

enum { SLICES = 16 };

static uint32_t table[SLICES][256];

/* Four bytes of a round, of which the last stands K bytes before the round's end. */
static uint32_t
slice(uint32_t word, int k)
{
	return table[k + 3][word & 255] ^ table[k + 2][word >> 8 & 255] ^
	       table[k + 1][word >> 16 & 255] ^ table[k][word >> 24];
}

uint32_t
crc32_ieee(uint32_t seed, const void *p, size_t n)
{
	static bool made;
	if (!made) {
		crc_slice_make(table, SLICES, POLY_REFLECTED);
		made = true;
	}
	const unsigned char *b = p;
	uint32_t crc = ~seed;
	for (; n >= SLICES; n -= SLICES, b += SLICES)
		crc = slice(le32(b) ^ crc, 12) ^ slice(le32(b + 4), 8) ^ slice(le32(b + 8), 4) ^
		      slice(le32(b + 12), 0);
	for (; n; n--, b++)
		crc = crc >> 8 ^ table[0][(crc ^ *b) & 255];
	return ~crc;
}
