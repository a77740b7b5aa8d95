#include "core/crc32.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void
known_checksums(void **state)
{
	(void)state;
	assert_int_equal(crc32_ieee(0, "123456789", 9), 0xCBF43926u);
	assert_int_equal(crc32_ieee(0, "The quick brown fox jumps over the lazy dog", 43),
			 0x414FA339u);
	assert_int_equal(crc32_ieee(0, "\1", 1), 0xA505DF1Bu);
	assert_int_equal(crc32_ieee(0, "", 0), 0);
	assert_int_equal(crc32_ieee(0xDEADBEEF, "", 0), 0xDEADBEEFu);
}

/* Bit by bit, as the definition has it. */
static uint32_t
by_definition(const unsigned char *p, size_t n)
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
	}
	return ~crc;
}

static void
any_length_at_any_alignment_and_any_split(void **state)
{
	(void)state;
	unsigned char b[120];
	uint32_t x = 12345;
	for (size_t i = 0; i < sizeof b; i++)
		b[i] = (unsigned char)((x = x * 1664525 + 1013904223) >> 24);
	for (size_t from = 0; from < 9; from++)
		for (size_t to = from; to <= sizeof b; to++) {
			uint32_t whole = by_definition(b + from, to - from);
			for (size_t cut = from; cut <= to; cut++) {
				uint32_t crc = crc32_ieee(0, b + from, cut - from);
				assert_int_equal(crc32_ieee(crc, b + cut, to - cut), whole);
			}
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_checksums),
		cmocka_unit_test(any_length_at_any_alignment_and_any_split),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
