/* What a terminal would show of a line, and nothing that it would obey. */
#include "core/ansi.h"

#include "core/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BAD "\xEF\xBF\xBD"

/* As text with attributes in braces where they change: "a{r}b{}c". */
static void
describe(const struct ansi_line *l, struct str *out)
{
	static const char color[] = " rgybmcx";
	uint8_t attr = 0;
	for (size_t i = 0; i < l->n; i++) {
		char buf[4];
		if (!l->cell[i].ch)
			continue;
		if (l->cell[i].attr != attr) {
			attr = l->cell[i].attr;
			str_addc(out, '{');
			if (attr & ANSI_COLOR)
				str_addc(out, color[attr & ANSI_COLOR]);
			str_adds(out, attr & ANSI_BOLD ? "B" : "");
			str_adds(out, attr & ANSI_DIM ? "D" : "");
			str_adds(out, attr & ANSI_UNDERLINE ? "U" : "");
			str_addc(out, '}');
		}
		str_add(out, buf, (size_t)utf8_put(l->cell[i].ch, buf));
	}
}

static void
shows(const char *bytes, size_t n, const char *want)
{
	struct ansi_line l = {0};
	struct str got = STR_INIT;
	ansi_read(&l, bytes, bytes + n);
	describe(&l, &got);
	assert_string_equal(str_c(&got), want);
	str_release(&got);
	ansi_release(&l);
}

#define SHOWS(bytes, want) shows(bytes, sizeof(bytes) - 1, want)

static void
colours_become_attributes(void **state)
{
	(void)state;
	SHOWS("a \x1B[31mred\x1B[0m b", "a {r}red{} b");
	SHOWS("\x1B[1;32mok\x1B[m!", "{gB}ok{}!");
	SHOWS("\x1B[38;5;196mx\x1B[39my", "{r}x{}y");
	SHOWS("\x1B[38;2;10;200;30mx\x1B[0m", "{g}x");
	SHOWS("\x1B[93;4mx\x1B[24my\x1B[22;39mz", "{yU}x{y}y{}z");
	SHOWS("\x1B[41;97mALARM\x1B[0m", "{r}ALARM");
	SHOWS("\x1B[97;41mALARM\x1B[0m", "{r}ALARM");
	SHOWS("\x1B[30mblack\x1B[37mwhite", "blackwhite");
	SHOWS("\x1B[90mgray\x1B[2mdim", "{x}gray{xD}dim");
	SHOWS("\x1B[38;5mx\x1B[38mx\x1B[;mx\x1B[99999999999999999999mx", "xxxx");
	/* a line begins plain, whatever stood before it */
	SHOWS("\x1B[8mhidden", "hidden");
}

static void
what_is_overwritten_is_gone(void **state)
{
	(void)state;
	SHOWS(" 10%|#   | 1/10\r100%|####| 10/10", "100%|####| 10/10");
	SHOWS("a long state\rshort", "shortg state");
	SHOWS("a long state\r\x1B[Kshort", "short");
	SHOWS("a long state\x1B[2K\rshort", "short");
	SHOWS("12\b\b34", "34");
	SHOWS("\b\bx\by", "y");
	SHOWS("a\tb", "a       b");
	SHOWS("1234567890\rab\tc", "ab345678c0");
	/* half of a wide character */
	SHOWS("\xE6\xBC\xA2x\ra", "a x");
	SHOWS("\xE6\xBC\xA2x\r b", " bx");
	SHOWS("abc\r\xE6\xBC\xA2", "\xE6\xBC\xA2"
				   "c");
	SHOWS("\xE6\xBC\xA2\b\bxy", "xy");
}

static void
other_sequences_show_nothing(void **state)
{
	(void)state;
	SHOWS("a\x1B[2Jb\x1B[10;20Hc\x1B[?25ld\x1B[Ae", "abcde");
	SHOWS("a\x1B]0;title\ab\x1B]8;;http://x\x1B\\link\x1B]8;;\x1B\\", "ablink");
	SHOWS("a\x1BPq#0\x1B\\b\x1B(Bc\x1B=d", "abcd");
}

static void
what_is_no_sequence_is_harmless_text(void **state)
{
	(void)state;
	SHOWS("a\x1B", "a" BAD);
	SHOWS("\x1B[31", BAD "[31");
	SHOWS("\x1B[31\x01m", BAD "[31" BAD "m");
	SHOWS("\x1B]0;never ends", BAD "]0;never ends");
	SHOWS("\x00\x01\x07\x7F", BAD BAD BAD BAD);
	SHOWS("\xC2\x9B"
	      "31mC1",
	      BAD "31mC1");
	SHOWS("\xE2\x80\xAEgnp.exe", BAD "gnp.exe");
	SHOWS("\xFF\xC0\xAF\xE2\x82", BAD BAD BAD BAD BAD);
}

static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Bytes that hurt, more often than by chance. */
static size_t
noise(char *buf, size_t most, uint32_t *seed)
{
	static const char *const pieces[] = {
		"\x1B[",        "31m",      ";",    "1",      "\x1B[0m", "\r",    "\b",
		"\t",           "\x1B]",    "\a",   "\x1B\\", "\x1B[K",  "abc",   " ",
		"\xE6\xBC\xA2", "\xCC\x81", "\x9B", "5;",     "\x1B[2K", "38;5;", "m",
		"\x1B[1K",      "\x1B"};
	size_t n = 0, want = next(seed) % most;
	while (n < want) {
		const char *piece = pieces[next(seed) % (sizeof pieces / sizeof *pieces)];
		if (next(seed) % 8 == 0) {
			buf[n++] = (char)next(seed);
			continue;
		}
		for (; *piece && n < want; piece++)
			buf[n++] = *piece;
	}
	return n;
}

static void
what_was_written_reads_back_the_same(void **state)
{
	(void)state;
	uint32_t seed = 7;
	struct ansi_line a = {0}, b = {0};
	struct str text = STR_INIT, plain = STR_INIT;
	char buf[400];
	for (int i = 0; i < 20000; i++) {
		size_t n = noise(buf, sizeof buf, &seed);
		ansi_read(&a, buf, buf + n);
		for (size_t k = 0; k < a.n; k++) {
			if (a.cell[k].ch)
				assert_int_equal(utf8_safe(a.cell[k].ch), a.cell[k].ch);
			else
				assert_true(k > 0 && utf8_width(a.cell[k - 1].ch) == 2);
			if (a.cell[k].ch && utf8_width(a.cell[k].ch) == 2)
				assert_true(k + 1 < a.n && a.cell[k + 1].ch == 0);
		}
		str_reset(&text);
		ansi_write(&a, &text);
		ansi_read(&b, str_c(&text), str_c(&text) + text.len);
		assert_int_equal(a.n, b.n);
		for (size_t k = 0; k < a.n; k++) {
			assert_int_equal(a.cell[k].ch, b.cell[k].ch);
			assert_int_equal(a.cell[k].attr, b.cell[k].attr);
		}
		/* and without attributes nothing is left that a terminal would obey */
		str_reset(&plain);
		ansi_text(&a, &plain);
		for (size_t k = 0; k < plain.len; k++)
			assert_true((unsigned char)plain.buf[k] >= 0x20 && plain.buf[k] != 0x7F);
	}
	str_release(&text);
	str_release(&plain);
	ansi_release(&a);
	ansi_release(&b);
}

static void
a_long_line_is_counted(void **state)
{
	(void)state;
	size_t n = ANSI_COLUMNS + 1000;
	char *buf = malloc(n);
	struct ansi_line l = {0};
	assert_non_null(buf);
	memset(buf, 'x', n);
	ansi_read(&l, buf, buf + n);
	assert_int_equal(l.n, ANSI_COLUMNS);
	assert_int_equal(l.beyond, 1000);
	buf[n - 5] = '\r';
	ansi_read(&l, buf, buf + n);
	assert_int_equal(l.n, ANSI_COLUMNS);
	ansi_release(&l);
	free(buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colours_become_attributes),
		cmocka_unit_test(what_is_overwritten_is_gone),
		cmocka_unit_test(other_sequences_show_nothing),
		cmocka_unit_test(what_is_no_sequence_is_harmless_text),
		cmocka_unit_test(what_was_written_reads_back_the_same),
		cmocka_unit_test(a_long_line_is_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
