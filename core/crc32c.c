/* The polynomial 0x1EDC6F41, bits reflected, both ends inverted. x86-64 has an instruction for it
 * (SSE4.2); elsewhere eight table look-ups take eight bytes at a time ("slicing-by-8": Kounavis and
 * Berry, 2005). Event files carry two checksums a record, so this is on the hot path of reading. */
#include "core/crc32c.h"

#include <stdbool.h>
#include <string.h>

#define POLY_REFLECTED 0x82F63B78u

static uint32_t table[8][256];

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
		for (int k = 1; k < 8; k++)
			table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 255];
}

/* Four bytes, the first one lowest, on any machine. */
static uint32_t
load_le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t
crc32c_portable(uint32_t seed, const void *p, size_t n)
{
	static bool made;
	if (!made) {
		table_make();
		made = true;
	}
	const unsigned char *b = p;
	uint32_t crc = ~seed;
	for (; n >= 8; n -= 8, b += 8) {
		uint32_t lo = load_le32(b) ^ crc, hi = load_le32(b + 4);
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

__attribute__((target("sse4.2"))) static uint32_t
crc32c_sse42(uint32_t seed, const unsigned char *b, size_t n)
{
	uint64_t crc = ~seed;
	for (; n >= 8; n -= 8, b += 8) {
		uint64_t word;
		memcpy(&word, b, sizeof word);
		crc = _mm_crc32_u64(crc, word);
	}
	uint32_t c = (uint32_t)crc;
	for (; n; n--, b++)
		c = _mm_crc32_u8(c, *b);
	return ~c;
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
