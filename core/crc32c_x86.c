/* CRC-32C with what x86-64 has for it: an instruction for the checksum itself (SSE4.2), and one
 * that multiplies polynomials (VPCLMULQDQ). Pages of a store are checked each time they are read:
 * a chart of a long run waits for this first. */
#include "core/crc32c.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

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

uint32_t
crc32c_lanes(uint32_t seed, const void *p, size_t n)
{
	static struct zeros after_long, after_short, after_brief;
	static bool made;
	const unsigned char *b = p;
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

/* Newer processors multiply polynomials, four pairs of words with two instructions: what was read
 * is moved FOLD bytes on, to where the next FOLD bytes stand, and added to them. What is left has
 * the checksum of all. A word is moved D bits by a product with x^D; reflected, the words of a pair
 * by x^(D + 32) and x^(D - 32), a bit to the left. (Gopal et al., "Fast CRC computation for generic
 * polynomials using PCLMULQDQ instruction", 2009.) */
enum { FOLD = 128, FOLD_FROM = 512 };

static uint64_t
power_of_x(size_t bits)
{
	static const unsigned char nothing[FOLD + 4];

	return (uint64_t)lane(UINT32_C(1) << 31, nothing, bits / 8) << 1;
}

#define FOLDING __attribute__((target("avx2,vpclmulqdq,sse4.2")))

FOLDING static inline __m256i
load(const unsigned char *p)
{
	return _mm256_loadu_si256((const void *)p);
}

/* The bytes at P, FOLD behind those of X. */
FOLDING static inline __m256i
fold(__m256i x, __m256i by, const unsigned char *p)
{
	__m256i lo = _mm256_clmulepi64_epi128(x, by, 0x00);
	__m256i hi = _mm256_clmulepi64_epi128(x, by, 0x11);
	return _mm256_xor_si256(_mm256_xor_si256(lo, hi), load(p));
}

/* N is a multiple of FOLD. Four words by name: an array of them stayed in memory, and each step
 * waited for what the one before had just stored. */
FOLDING static uint32_t
folded(uint32_t crc, const unsigned char *p, size_t n)
{
	static uint64_t near, far;

	if (!far) {
		near = power_of_x(FOLD * 8 - 32);
		far = power_of_x(FOLD * 8 + 32);
	}
	const __m256i by =
		_mm256_set_epi64x((long long)near, (long long)far, (long long)near, (long long)far);
	__m256i a = load(p), b = load(p + 32), c = load(p + 64), d = load(p + 96);
	a = _mm256_xor_si256(a, _mm256_set_epi32(0, 0, 0, 0, 0, 0, 0, (int)crc));
	for (size_t i = FOLD; i < n; i += FOLD) {
		a = fold(a, by, p + i);
		b = fold(b, by, p + i + 32);
		c = fold(c, by, p + i + 64);
		d = fold(d, by, p + i + 96);
	}
	const __m256i words[] = {a, b, c, d};
	unsigned char left[FOLD];
	memcpy(left, words, sizeof left);
	return lane(0, left, sizeof left);
}

uint32_t
crc32c_folded(uint32_t seed, const void *p, size_t n)
{
	size_t whole = n < FOLD_FROM ? 0 : n - n % FOLD;

	if (whole)
		seed = ~folded(~seed, p, whole);
	return crc32c_lanes(seed, (const unsigned char *)p + whole, n - whole);
}

#endif
