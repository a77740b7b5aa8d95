/* The polynomial 0x1EDC6F41, bits reflected, both ends inverted. Eight table look-ups take eight
 * bytes at a time ("slicing-by-8": Kounavis and Berry, 2005) where the processor has nothing better
 * (crc32c_x86.c). Event files carry two checksums a record, and each value of the store has one. */
#include "core/crc32c.h"

#include "core/crc_slice.h"
#include "core/le.h"

#include <stdbool.h>

#define POLY_REFLECTED 0x82F63B78u

static uint32_t table[8][256];

uint32_t
crc32c_portable(uint32_t seed, const void *p, size_t n)
{
	static bool made;
	if (!made) {
		crc_slice_make(table, 8, POLY_REFLECTED);
		made = true;
	}
	const unsigned char *b = p;
	uint32_t crc = ~seed;
	for (; n >= 8; n -= 8, b += 8) {
		uint32_t lo = le32(b) ^ crc, hi = le32(b + 4);
		crc = table[7][lo & 255] ^ table[6][lo >> 8 & 255] ^ table[5][lo >> 16 & 255] ^
		      table[4][lo >> 24] ^ table[3][hi & 255] ^ table[2][hi >> 8 & 255] ^
		      table[1][hi >> 16 & 255] ^ table[0][hi >> 24];
	}
	for (; n; n--, b++)
		crc = crc >> 8 ^ table[0][(crc ^ *b) & 255];
	return ~crc;
}

uint32_t
crc32c(uint32_t seed, const void *p, size_t n)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("vpclmulqdq"))
		return crc32c_folded(seed, p, n);
	if (__builtin_cpu_supports("sse4.2"))
		return crc32c_lanes(seed, p, n);
#endif
	return crc32c_portable(seed, p, n);
}
