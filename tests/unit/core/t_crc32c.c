#include "core/crc32c.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

typedef uint32_t crc_fn(uint32_t seed, const void *p, size_t n);

/* Those that this processor can do; the first is what the others are compared with. */
static crc_fn *ways[4] = {crc32c_portable, crc32c};
static size_t nways = 2;

static void
find_ways(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		ways[nways++] = crc32c_lanes;
	if (__builtin_cpu_supports("vpclmulqdq"))
		ways[nways++] = crc32c_folded;
#endif
}

/* RFC 3720, B.4, as numbers: the RFC prints the bytes as they go over the wire. */
static void
vectors_of_rfc3720(void **state)
{
	(void)state;
	for (size_t k = 0; k < nways; k++) {
		unsigned char b[48];
		memset(b, 0, 32);
		assert_int_equal(ways[k](0, b, 32), 0x8A9136AAu);
		memset(b, 0xff, 32);
		assert_int_equal(ways[k](0, b, 32), 0x62A8AB43u);
		for (int i = 0; i < 32; i++)
			b[i] = (unsigned char)i;
		assert_int_equal(ways[k](0, b, 32), 0x46DD794Eu);
		for (int i = 0; i < 32; i++)
			b[i] = (unsigned char)(31 - i);
		assert_int_equal(ways[k](0, b, 32), 0x113FDB5Cu);
		static const unsigned char read10[48] = {
			0x01,        0xc0,        [16] = 0x14, [22] = 0x04,
			[27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02,
		};
		assert_int_equal(ways[k](0, read10, 48), 0xD9963A56u);
		assert_int_equal(ways[k](0, "123456789", 9), 0xE3069283u);
	}
}

static void
nothing_changes_nothing(void **state)
{
	(void)state;
	for (size_t k = 0; k < nways; k++) {
		assert_int_equal(ways[k](0, "", 0), 0);
		assert_int_equal(ways[k](0xDEADBEEF, "", 0), 0xDEADBEEFu);
	}
}

/* Any split is the whole, at any alignment, and the ways agree. */
static void
any_split_is_the_whole(void **state)
{
	(void)state;
	unsigned char b[80];
	uint32_t x = 12345;
	for (size_t i = 0; i < sizeof b; i++)
		b[i] = (unsigned char)((x = x * 1664525 + 1013904223) >> 24);
	for (size_t from = 0; from < 9; from++)
		for (size_t n = 0; n + from <= 80; n++)
			for (size_t cut = 0; cut <= n; cut++)
				for (size_t k = 0; k < nways; k++) {
					uint32_t head = ways[k](0, b + from, cut);
					assert_int_equal(ways[k](head, b + from + cut, n - cut),
							 crc32c_portable(0, b + from, n));
				}
}

/* Where lanes and folds begin and end, the ways agree. */
static void
long_and_short_agree(void **state)
{
	(void)state;
	static unsigned char b[9000];
	uint32_t x = 54321;
	for (size_t i = 0; i < sizeof b; i++)
		b[i] = (unsigned char)((x = x * 1664525 + 1013904223) >> 24);
	for (size_t n = 150; n <= sizeof b; n += n < 1000 ? 1 : 61)
		for (size_t k = 1; k < nways; k++)
			assert_int_equal(ways[k]((uint32_t)n, b + n % 2, n - n % 2),
					 crc32c_portable((uint32_t)n, b + n % 2, n - n % 2));
}

/* CRC-32C has distance 2 over any length: a flipped bit never goes unseen. */
static void
every_flipped_bit_shows(void **state)
{
	(void)state;
	unsigned char b[67] = "the first bytes of a log, as they were when it was last looked at";
	uint32_t whole = crc32c(0, b, sizeof b);
	for (size_t bit = 0; bit < sizeof b * 8; bit++) {
		b[bit / 8] ^= (unsigned char)(1u << bit % 8);
		assert_int_not_equal(crc32c(0, b, sizeof b), whole);
		b[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_rfc3720),
		cmocka_unit_test(nothing_changes_nothing),
		cmocka_unit_test(any_split_is_the_whole),
		cmocka_unit_test(long_and_short_agree),
		cmocka_unit_test(every_flipped_bit_shows),
	};
	find_ways();
	return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
