/* The polynomial 0x04C11DB7, bits reflected, both ends inverted. Sixteen table look-ups take
 * sixteen bytes at a time ("slicing", Kounavis and Berry, 2005, twice as wide): the look-ups of one
 * round do not wait for each other, so a wider round is a faster one until the tables no longer fit
 * the first cache. */
#include "core/crc32.h"

#include <stdbool.h>

#define POLY_REFLECTED 0xEDB88320u

enum { SLICES = 16 };

static uint32_t table[SLICES][256];

static void
table_make(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ POLY_REFLECTED : crc >> 1;
		table[0][i] = crc;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (int k = 1; k < SLICES; k++)
			table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 255];
}

/* Four bytes, the first one lowest, on any machine. */
static uint32_t
load_le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Four bytes of a round, of which the last stands K bytes before the round's end. */
static uint32_t
slice(uint32_t word, int k)
{
	return table[k + 3][word & 255] ^ table[k + 2][word >> 8 & 255] ^
	       table[k + 1][word >> 16 & 255] ^ table[k][word >> 24];
}

uint32_t
crc32(uint32_t seed, const void *p, size_t n)
{
	static bool made;
	if (!made) {
		table_make();
		made = true;
	}
	const unsigned char *b = p;
	uint32_t crc = ~seed;
	for (; n >= SLICES; n -= SLICES, b += SLICES)
		crc = slice(load_le32(b) ^ crc, 12) ^ slice(load_le32(b + 4), 8) ^
		      slice(load_le32(b + 8), 4) ^ slice(load_le32(b + 12), 0);
	for (; n; n--, b++)
		crc = crc >> 8 ^ table[0][(crc ^ *b) & 255];
	return ~crc;
}
