/* The polynomial 0x1EDC6F41, bits reflected, both ends inverted. x86-64 has an instruction for it
 * (SSE4.2); elsewhere eight table look-ups take eight bytes at a time ("slicing-by-8": Kounavis and
 * Berry, 2005). Event files carry two checksums a record, so this is on the hot path of reading. */
#include "core/crc32c.h"

#include "core/crc_slice.h"
#include "core/le.h"

#include <stdbool.h>
#include <string.h>

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

#if defined(__x86_64__)

#include <nmmintrin.h>

/* The instruction answers after three cycles and can be asked anew in each: so three lanes at once,
 * put together as what a lane would be if as many zeros followed it as the next is long. Appending
 * zeros is linear: the tables hold what it makes of each byte of a checksum. (Gopal et al., "Fast
 * CRC computation for iSCSI polynomial using CRC32 instruction", 2011.) Pages of 4 KB come by the
 * thousand, so a lane is a third of one; shorter ones serve the rest, and records. */
enum { LONG = 1344, SHORT = 256, BRIEF = 64 };

struct zeros {
	uint32_t table[4][256];
};

__attribute__((target("sse4.2"))) static uint32_t
lane(uint32_t crc, const unsigned char *b, size_t n)
{
	uint64_t c = crc;

	for (; n >= 8; n -= 8, b += 8) {
		uint64_t word;
		memcpy(&word, b, sizeof word);
		c = _mm_crc32_u64(c, word);
	}
	crc = (uint32_t)c;
	for (; n; n--, b++)
		crc = _mm_crc32_u8(crc, *b);
	return crc;
}

static void
zeros_make(struct zeros *z, size_t n)
{
	static const unsigned char nothing[LONG];
	uint32_t bit[32];

	for (int i = 0; i < 32; i++)
		bit[i] = lane(UINT32_C(1) << i, nothing, n);
	for (int k = 0; k < 4; k++)
		for (uint32_t i = 0; i < 256; i++) {
			z->table[k][i] = 0;
			for (int j = 0; j < 8; j++)
				if (i >> j & 1)
					z->table[k][i] ^= bit[k * 8 + j];
		}
}

static uint32_t
followed(const struct zeros *z, uint32_t crc)
{
	return z->table[0][crc & 255] ^ z->table[1][crc >> 8 & 255] ^ z->table[2][crc >> 16 & 255] ^
	       z->table[3][crc >> 24];
}

__attribute__((target("sse4.2"))) static uint32_t
three_lanes(const struct zeros *z, size_t n, uint32_t crc, const unsigned char *p)
{
	uint64_t a = crc, b = 0, c = 0;

	for (size_t i = 0; i < n; i += 8) {
		uint64_t x, y, w;
		memcpy(&x, p + i, sizeof x);
		memcpy(&y, p + n + i, sizeof y);
		memcpy(&w, p + 2 * n + i, sizeof w);
		a = _mm_crc32_u64(a, x);
		b = _mm_crc32_u64(b, y);
		c = _mm_crc32_u64(c, w);
	}
	return followed(z, followed(z, (uint32_t)a) ^ (uint32_t)b) ^ (uint32_t)c;
}

static uint32_t
crc32c_sse42(uint32_t seed, const unsigned char *b, size_t n)
{
	static struct zeros after_long, after_short, after_brief;
	static bool made;
	uint32_t crc = ~seed;

	if (!made && n >= 3 * (size_t)BRIEF) {
		zeros_make(&after_long, LONG);
		zeros_make(&after_short, SHORT);
		zeros_make(&after_brief, BRIEF);
		made = true;
	}
	for (; n >= 3 * (size_t)LONG; n -= 3 * (size_t)LONG, b += 3 * (size_t)LONG)
		crc = three_lanes(&after_long, LONG, crc, b);
	for (; n >= 3 * (size_t)SHORT; n -= 3 * (size_t)SHORT, b += 3 * (size_t)SHORT)
		crc = three_lanes(&after_short, SHORT, crc, b);
	for (; n >= 3 * (size_t)BRIEF; n -= 3 * (size_t)BRIEF, b += 3 * (size_t)BRIEF)
		crc = three_lanes(&after_brief, BRIEF, crc, b);
	return ~lane(crc, b, n);
}

uint32_t
crc32c(uint32_t seed, const void *p, size_t n)
{
	return __builtin_cpu_supports("sse4.2") ? crc32c_sse42(seed, p, n)
						: crc32c_portable(seed, p, n);
}

#else

uint32_t
crc32c(uint32_t seed, const void *p, size_t n)
{
	return crc32c_portable(seed, p, n);
}

#endif
