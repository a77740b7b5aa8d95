#include "core/num.h"

#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

/* strtod in the C locale (nobody calls setlocale here) is the oracle of every test. Sanitized
 * builds are slower by an order: they try less. */
#if defined(__SANITIZE_ADDRESS__)
#define MANY 60000
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MANY 60000
#endif
#endif
#ifndef MANY
#define MANY 700000
#endif

static uint64_t rng_state = 88172645463325252u;

static uint64_t
rng(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state;
}

static double
random_double(uint64_t below)
{
	double d;
	uint64_t bits = rng() % below;
	memcpy(&d, &bits, sizeof d);
	return d;
}

/* The same value, bit for bit, and the same end; read from memory that ends where the text does. */
static void
check_like_strtod(const char *z)
{
	size_t n = strlen(z);
	char *text = malloc(n ? n : 1), *want_end;
	memcpy(text, z, n);
	double want = strtod(z, &want_end), got = 0;
	const char *end = num_parse(text, text + n, &got);
	if (want_end == z ? end != NULL : end != text + (want_end - z))
		fail_msg("'%s': ends in another place", z);
	if (end && memcmp(&want, &got, sizeof want))
		fail_msg("'%s': %a, should be %a", z, got, want);
	free(text);
}

static void
random_bits_are_read_exactly(void **state)
{
	(void)state;
	char z[64];
	for (long i = 0; i < MANY; i++) {
		double d = random_double(UINT64_C(0x7FF0000000000000));
		snprintf(z, sizeof z, "%s%.*g", rng() & 1 ? "-" : "", (int)(1 + rng() % 25), d);
		check_like_strtod(z);
	}
}

static void
random_digits_and_exponents_are_read_exactly(void **state)
{
	(void)state;
	char z[64];
	for (long i = 0; i < MANY; i++) {
		snprintf(z, sizeof z, "%" PRIu64 "e%d", rng() >> (rng() % 64),
			 (int)(rng() % 700) - 350);
		check_like_strtod(z);
		snprintf(z, sizeof z, "%" PRIu64 ".%0*" PRIu64, rng() >> (20 + rng() % 44),
			 (int)(1 + rng() % 20), rng() >> (rng() % 64));
		check_like_strtod(z);
	}
}

static void
leading_zeros_and_points_anywhere_change_nothing(void **state)
{
	(void)state;
	char z[120];
	for (long i = 0; i < MANY; i++) {
		size_t n = (size_t)snprintf(z, sizeof z, "%0*d%" PRIu64 "%" PRIu64,
					    (int)(1 + rng() % 25), 0, rng() >> (rng() % 64),
					    rng() >> (rng() % 64));
		if (rng() & 1)
			z[rng() % n] = '.';
		if (rng() & 1)
			snprintf(z + n, sizeof z - n, "e%d", (int)(rng() % 80) - 40);
		check_like_strtod(z);
	}
}

static void
what_loggers_print_is_read_exactly(void **state)
{
	(void)state;
	char z[64];
	for (long i = 0; i < MANY; i++) {
		double d = (double)(int64_t)rng() / (double)(1 + rng() % 1000000000) * 1e-9;
		static const int digits[] = {4, 6, 9, 16, 17};
		int n = digits[rng() % 5];
		snprintf(z, sizeof z, "%.*f", n, d);
		check_like_strtod(z);
		snprintf(z, sizeof z, "%.*g", n, d);
		check_like_strtod(z);
		snprintf(z, sizeof z, "%.*e", n, d);
		check_like_strtod(z);
		snprintf(z, sizeof z, "%.9g", (double)(float)d);
		check_like_strtod(z);
	}
}

/* Exactly between two doubles, and a hair to either side. */
static void
halfway_cases_round_to_even(void **state)
{
	(void)state;
#if LDBL_MANT_DIG > 53
	static char z[1400];
	for (int i = 0; i < MANY / 40; i++) {
		uint64_t bits = rng() % UINT64_C(0x7FEFFFFFFFFFFFFF);
		if (i % 4 == 0)
			bits >>= 11; /* subnormal */
		double a, b;
		memcpy(&a, &bits, sizeof a);
		bits++;
		memcpy(&b, &bits, sizeof b);
		long double half = ((long double)a + (long double)b) / 2;
		/* 770 digits hold any of them whole. */
		int n = snprintf(z, sizeof z, "%.*Le", 770, half);
		check_like_strtod(z);
		char *e = memchr(z, 'e', (size_t)n);
		e[-1]++;
		check_like_strtod(z);
		snprintf(z, sizeof z, "%.18Le", half);
		check_like_strtod(z);
	}
#endif
}

static void
hostile_texts_are_read_like_strtod_reads_them(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"-",
		"+",
		".",
		"-.",
		"e5",
		".e5",
		"0",
		"-0",
		"+0",
		"0.0",
		"-0e5",
		"00.50",
		"5.",
		".5",
		"-.5e-3",
		"1e",
		"1e+",
		"1.5e-",
		"1.e5",
		"1e5x",
		"1..2",
		"1-2",
		"--1",
		"+-1",
		"1e400",
		"-1e400",
		"1e-400",
		"1e99999999999999999999",
		"1e-99999999999999999999",
		"0e99999999999999999999",
		"0.000e-9999999",
		"4.9e-324",
		"2.4703282292062327e-324",
		"2.4703282292062328e-324",
		"2.2250738585072011e-308",
		"2.2250738585072014e-308",
		"2.2250738585072012e-308",
		"1.7976931348623157e308",
		"1.7976931348623158e308",
		"1.7976931348623159e308",
		"9007199254740991",
		"9007199254740992",
		"9007199254740993",
		"9007199254740992.99999999999999999999999",
		"9007199254740993.00000000000000000000000",
		"9007199254740993.00000000000000000000001",
		"9999999999999999999",
		"18446744073709551615",
		"18446744073709551616",
		"99999999999999999999",
		"123456789012345678901234567890",
		"0.000000000000000000000000000000000000000012345678901234567890",
		"00000000000000000000000000000000000000001.5",
		"1000000000000000000000000000000000000000000000000000000",
		"8.5e22",
		"1e22",
		"1e23",
		"123456789e-30",
		"nan",
		"NaN",
		"-nan",
		"nanx",
		"inf",
		"-Infinity",
		"+INF",
		"infinit",
		"infinitys",
		"in",
		"na",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		check_like_strtod(texts[i]);
	/* Every beginning of a text is a text. */
	const char *whole = "-123456789.123456789123e-0123";
	char z[64];
	for (size_t n = 0; n <= strlen(whole); n++) {
		snprintf(z, sizeof z, "%.*s", (int)n, whole);
		check_like_strtod(z);
	}
}

static void
a_very_long_number_is_read_exactly_too(void **state)
{
	(void)state;
	static char z[20001];
	for (int kind = 0; kind < 4; kind++) {
		memset(z, kind & 1 ? '9' : '0', sizeof z - 1);
		z[0] = '1';
		if (kind & 2)
			z[1] = '.';
		z[sizeof z - 2] = '1';
		check_like_strtod(z);
	}
}

static void
hexadecimal_is_no_number(void **state)
{
	(void)state;
	double v;
	const char *z = "0x10";
	assert_ptr_equal(num_parse(z, z + 4, &v), z + 1);
	assert_false(num_parse_all(z, z + 4, &v));
}

static void
the_locale_does_not_matter(void **state)
{
	(void)state;
	static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
	locale_t comma = (locale_t)0;
	for (size_t i = 0; !comma && i < sizeof names / sizeof *names; i++)
		comma = newlocale(LC_ALL_MASK, names[i], NULL);
	if (!comma) {
		print_message("no locale with a decimal comma is installed\n");
		return;
	}
	locale_t old = uselocale(comma);
	const char *z = "0.12345678901234567890123456789";
	double v, slow;
	const char *end = num_parse(z, z + 5, &v);
	bool all = num_parse_all(z, z + strlen(z), &slow);
	uselocale(old);
	freelocale(comma);
	assert_ptr_equal(end, z + 5);
	assert_true(v == 0.123);
	assert_true(all);
	assert_true(slow == 0.12345678901234567890123456789);
}

static void
a_whole_text_is_a_number_with_blanks_around_it_or_none(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool number;
	} cases[] = {
		{"1", true},       {" 1", true},   {"\t1\r\n", true}, {"  -1e3  ", true},
		{"NaN", true},     {"1 2", false}, {"", false},       {"   ", false},
		{"1x", false},     {"x1", false},  {"1e", false},     {"0.5.1", false},
		{"nan(1)", false}, {"1,5", false}, {" inf ", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double v;
		const char *z = cases[i].text;
		if (num_parse_all(z, z + strlen(z), &v) != cases[i].number)
			fail_msg("'%s'", z);
	}
}

static void
a_step_is_a_whole_number_that_fits(void **state)
{
	(void)state;
	int64_t step = -7;
	assert_true(num_to_step(0, &step));
	assert_int_equal(step, 0);
	assert_true(num_to_step(-0.0, &step));
	assert_int_equal(step, 0);
	assert_true(num_to_step(1e15, &step));
	assert_true(step == 1000000000000000);
	assert_true(num_to_step(-0x1p63, &step));
	assert_true(step == INT64_MIN);
	assert_false(num_to_step(0x1p63, &step));
	assert_false(num_to_step(0.5, &step));
	assert_false(num_to_step(NAN, &step));
	assert_false(num_to_step(INFINITY, &step));
	assert_false(num_to_step(-INFINITY, &step));
	assert_false(num_to_step(1e300, &step));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bits_are_read_exactly),
		cmocka_unit_test(random_digits_and_exponents_are_read_exactly),
		cmocka_unit_test(leading_zeros_and_points_anywhere_change_nothing),
		cmocka_unit_test(what_loggers_print_is_read_exactly),
		cmocka_unit_test(halfway_cases_round_to_even),
		cmocka_unit_test(hostile_texts_are_read_like_strtod_reads_them),
		cmocka_unit_test(a_very_long_number_is_read_exactly_too),
		cmocka_unit_test(hexadecimal_is_no_number),
		cmocka_unit_test(the_locale_does_not_matter),
		cmocka_unit_test(a_whole_text_is_a_number_with_blanks_around_it_or_none),
		cmocka_unit_test(a_step_is_a_whole_number_that_fits),
	};
	return cmocka_run_group_tests_name("num", tests, NULL, NULL);
}
