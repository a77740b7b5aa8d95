#include "core/utf8.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static void
every_character_survives_being_written_and_read(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
		char buf[4];
		uint32_t back;
		int n = utf8_put(cp, buf);
		const char *end = utf8_next(buf, buf + n, &back);
		bool surrogate = cp >= 0xD800 && cp < 0xE000;
		assert_ptr_equal(end, buf + n);
		assert_int_equal(back, surrogate ? UTF8_BAD : cp);
	}
}

/* By the definition: the shortest form of a character that is no surrogate. */
static bool
is_utf8(const unsigned char *p, int n)
{
	char form[4];
	for (uint32_t cp = 0; n == 1 && cp < 0x80; cp++)
		if (p[0] == cp)
			return true;
	if (n < 2)
		return false;
	uint32_t cp = p[0] & (0x7F >> n);
	for (int i = 1; i < n; i++)
		cp = cp << 6 | (p[i] & 0x3F);
	return (cp < 0xD800 || cp >= 0xE000) && cp <= 0x10FFFF && utf8_put(cp, form) == n &&
	       !memcmp(form, p, (size_t)n);
}

static void
bytes_that_are_no_utf8_are_bad_one_at_a_time(void **state)
{
	(void)state;
	/* All beginnings of three bytes that matter, from memory that ends behind them. */
	static const unsigned char last[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0xBF, 0xC0, 0xFF};
	for (int a = 0; a < 256; a++) {
		for (int b = 0; b < 256; b++) {
			for (size_t c = 0; c < sizeof last; c++) {
				unsigned char bytes[3] = {(unsigned char)a, (unsigned char)b,
							  last[c]};
				char *exact = malloc(3);
				memcpy(exact, bytes, 3);
				uint32_t cp;
				int n = (int)(utf8_next(exact, exact + 3, &cp) - exact);
				bool whole = is_utf8(bytes, n);
				if (whole == (cp == UTF8_BAD && memcmp(bytes, "\xEF\xBF\xBD", 3)))
					fail_msg("%02x %02x %02x", a, b, last[c]);
				if (cp == UTF8_BAD && memcmp(bytes, "\xEF\xBF\xBD", 3))
					assert_int_equal(n, 1);
				free(exact);
			}
		}
	}
}

static void
nothing_a_terminal_would_obey_is_safe(void **state)
{
	(void)state;
	static const uint32_t bad[] = {0,      7,       0x1B,   '\n',   0x7F,    0x80,    0x9B,
				       0x9F,   0xAD,    0x200B, 0x200D, 0x200E,  0x202A,  0x202E,
				       0x2066, 0x2069,  0x2028, 0xFEFF, 0xFFF9,  0xFFFE,  0xFFFF,
				       0xD800, 0xE000,  0xF8FF, 0x61C,  0xE0001, 0xF0000, 0x10FFFD,
				       0xFDD0, 0x1FFFE, 0x3164, 0x115F};
	static const uint32_t good[] = {' ',    'a',     '~',     0xA0,    0xE9,   0x3B1,
					0x2026, 0x2191,  0x2801,  0x28FF,  0x2588, 0x4E00,
					0xAC00, 0x1F600, 0x1D54F, 0x20000, 0xFFFD, 0x301};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (utf8_safe(bad[i]) != UTF8_BAD)
			fail_msg("U+%04X passes", bad[i]);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (utf8_safe(good[i]) != good[i])
			fail_msg("U+%04X does not pass", good[i]);
	for (uint32_t cp = 0; cp <= 0x10FFFF; cp++)
		assert_int_equal(utf8_safe(utf8_safe(cp)), utf8_safe(cp));
}

static void
widths_are_those_of_the_unicode_tables(void **state)
{
	(void)state;
	static const struct {
		uint32_t cp;
		int width;
	} cases[] = {
		{'a', 1},     {0xE9, 1},    {0x300, 0},   {0x36F, 0},   {0x370, 1},   {0x483, 0},
		{0x1100, 2},  {0x1161, 0},  {0x2026, 1},  {0x20D0, 0},  {0x231A, 2},  {0x2588, 1},
		{0x28FF, 1},  {0x2E80, 2},  {0x303F, 1},  {0x3042, 2},  {0x4E00, 2},  {0x9FFF, 2},
		{0xAC00, 2},  {0xD7A3, 2},  {0xFE0F, 0},  {0xFF01, 2},  {0xFF61, 1},  {0xFFFD, 1},
		{0x1D54F, 1}, {0x1F600, 2}, {0x1F321, 1}, {0x20000, 2}, {0x2FA1D, 2},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (utf8_width(cases[i].cp) != cases[i].width)
			fail_msg("U+%04X is %d wide", cases[i].cp, utf8_width(cases[i].cp));
}

static char *
clean(const char *s, size_t n, int ascii)
{
	struct str out = STR_INIT;
	utf8_clean(&out, s, n, ascii);
	return str_steal(&out);
}

static void
check_clean(const char *s, size_t n, const char *want, const char *want_ascii)
{
	char *got = clean(s, n, 0), *ascii = clean(s, n, 1);
	assert_string_equal(got, want);
	assert_string_equal(ascii, want_ascii);
	assert_int_equal(utf8_columns(got), utf8_columns(ascii));
	free(got);
	free(ascii);
}

static void
cleaning_leaves_text_and_replaces_the_rest(void **state)
{
	(void)state;
	check_clean("", 0, "", "");
	check_clean("loss", 4, "loss", "loss");
	check_clean("a\0b", 3, "a\uFFFDb", "a?b");
	check_clean("\033[2J", 4, "\uFFFD[2J", "?[2J");
	check_clean("caf\xC3\xA9", 5, "café", "caf?");
	check_clean("caf\xC3", 4, "caf\uFFFD", "caf?");
	check_clean("\xFF\xFE", 2, "\uFFFD\uFFFD", "??");
	check_clean("日本", 6, "日本", "????");
	check_clean("e\u0301", 3, "e\u0301", "e");
	check_clean("a\u202Eb", 5, "a\uFFFDb", "a?b");
	check_clean("\n\t\r", 3, "\uFFFD\uFFFD\uFFFD", "???");
}

static void
random_bytes_come_out_clean_and_stay_so(void **state)
{
	(void)state;
	uint64_t seed = 4711;
	for (int round = 0; round < 20000; round++) {
		char bytes[24];
		size_t n = 0;
		while (n < sizeof bytes) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			uint32_t r = (uint32_t)(seed >> 33);
			/* Half of it nearly right. */
			if (r & 1 && n + 4 <= sizeof bytes)
				n += (size_t)utf8_put(r >> (11 + r % 12), bytes + n);
			else
				bytes[n++] = (char)(r >> 8);
		}
		char *once = clean(bytes, n, 0), *twice = clean(once, strlen(once), 0);
		assert_string_equal(once, twice);
		for (const char *p = once, *end = once + strlen(once); p < end;) {
			uint32_t cp;
			p = utf8_next(p, end, &cp);
			assert_int_equal(utf8_safe(cp), cp);
		}
		char *ascii = clean(bytes, n, 1);
		for (const char *p = ascii; *p; p++)
			assert_in_range(*p, 0x20, 0x7E);
		free(once);
		free(twice);
		free(ascii);
	}
}

static void
json_strings_are_escaped_where_json_or_a_terminal_demands_it(void **state)
{
	(void)state;
	static const struct {
		const char *text, *json;
	} cases[] = {
		{"", ""},
		{"loss", "loss"},
		{"a\"b\\c/d", "a\\\"b\\\\c/d"},
		{"\n\t\x01", "\\n\\t\\u0001"},
		{"\x7F", "\\u007f"},
		{"café 日本", "café 日本"},
		{"\xC2\x9B"
		 "2J",
		 "\\u009b2J"},
		{"\u202E", "\\u202e"},
		{"\U000E0001", "\\udb40\\udc01"},
		{"\xFF\xC3", "\uFFFD\uFFFD"},
		{"\uFFFD", "\uFFFD"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str out = STR_INIT;
		utf8_json(&out, cases[i].text, strlen(cases[i].text));
		assert_string_equal(str_c(&out), cases[i].json);
		str_release(&out);
	}
	struct str out = STR_INIT;
	utf8_json(&out, "a\0b", 3);
	assert_string_equal(str_c(&out), "a\\u0000b");
	str_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character_survives_being_written_and_read),
		cmocka_unit_test(bytes_that_are_no_utf8_are_bad_one_at_a_time),
		cmocka_unit_test(nothing_a_terminal_would_obey_is_safe),
		cmocka_unit_test(widths_are_those_of_the_unicode_tables),
		cmocka_unit_test(cleaning_leaves_text_and_replaces_the_rest),
		cmocka_unit_test(random_bytes_come_out_clean_and_stay_so),
		cmocka_unit_test(json_strings_are_escaped_where_json_or_a_terminal_demands_it),
	};
	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
