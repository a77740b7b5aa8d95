/* Lines that rules look for: found wherever the bytes are cut, and only in what is looked at of a
 * line. */
#include "core/log_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct bench {
	struct log_wanted *w;
	struct log_scan scan;
	struct str got; /* "WISH@AT:LINE\n", of the line its first 40 bytes */
};

static void
begin(struct bench *b, const char *const *texts, const char *const *regexes, bool fatal)
{
	struct err e;
	*b = (struct bench){.w = log_wanted_new()};
	if (fatal)
		assert_int_equal(log_wanted_add_fatal(b->w), 0);
	for (; texts && *texts; texts++)
		assert_true(log_wanted_add(b->w, *texts, false, &e) >= 0);
	for (; regexes && *regexes; regexes++)
		assert_true(log_wanted_add(b->w, *regexes, true, &e) >= 0);
}

static void
end(struct bench *b)
{
	log_wanted_free(b->w);
	log_scan_release(&b->scan);
	str_release(&b->got);
}

static void
on_line(void *ctx, int i, const char *p, size_t n, size_t at)
{
	struct bench *b = ctx;
	assert_true(n <= LOG_SCAN_LINE && at <= n);
	str_addf(&b->got, "%d@%zu:%.*s\n", i, at, (int)(n < 40 ? n : 40), p);
}

static void
feed(struct bench *b, const char *p, size_t n, bool whole)
{
	log_scan_feed(&b->scan, b->w, p, n, whole, on_line, b);
}

/* All of TEXT at once. */
static const char *
found(struct bench *b, const char *text)
{
	str_reset(&b->got);
	log_scan_reset(&b->scan);
	feed(b, text, strlen(text), true);
	return str_c(&b->got);
}

static void
texts_and_regexes_are_found(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, (const char *const[]){"stopping early", "no room left", NULL},
	      (const char *const[]){"retry [0-9]+ of", NULL}, false);
	assert_string_equal(found(&b, "step 1\nstopping early at 7\nstep 2\n"),
			    "0@0:stopping early at 7\n");
	assert_string_equal(found(&b, "a\r 50%\rx: no room left\r\nretry 12 of 20"),
			    "1@3:x: no room left\n2@0:retry 12 of 20\n");
	/* One line, two things; one thing twice counts once. */
	assert_string_equal(found(&b, "no room left, stopping early, no room left\n"),
			    "0@14:no room left, stopping early, no room le\n"
			    "1@0:no room left, stopping early, no room le\n");
	assert_string_equal(found(&b, "stopping\nearly\nretry x of\nSTOPPING EARLY\n"), "");
	/* The same again is the same. */
	assert_int_equal(log_wanted_add(b.w, "no room left", false, NULL), 1);
	assert_int_equal(log_wanted_add(b.w, "retry [0-9]+ of", true, NULL), 2);
	assert_string_equal(log_wanted_key(b.w, 1), "\"no room left\"");
	assert_int_equal(log_wanted_find(b.w, "/retry [0-9]+ of/"), 2);
	end(&b);
}

/* Too short for the table of groups. */
static void
short_texts_are_found(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, (const char *const[]){"!", "Xid", "abcd", NULL}, NULL, false);
	assert_string_equal(found(&b, "x\nWow!\nNVRM: Xid 79\nabcd"),
			    "0@3:Wow!\n1@6:NVRM: Xid 79\n2@0:abcd\n");
	end(&b);
}

static void
what_trainings_die_of_is_found(void **state)
{
	struct bench b;
	(void)state;
	begin(&b, NULL, NULL, true);
	for (int i = 0; log_fatal_texts[i]; i++)
		for (int pad = 0; pad < 8; pad++) {
			char text[200], want[200];
			snprintf(text, sizeof text, "step 3 loss 2\n%.*s%s (x)\nstep 4\n", pad,
				 "rank 3: ", log_fatal_texts[i]);
			snprintf(want, sizeof want, "0@%d:%.40s", pad, strchr(text, '\n') + 1);
			if (strchr(want, '\n'))
				*strchr(want, '\n') = 0;
			strcat(want, "\n");
			assert_string_equal(found(&b, text), want);
		}
	assert_string_equal(found(&b, "Traceback (most recent call last):\nValueError: x\n"), "");
	end(&b);
}

/* Test 53: 10 MB in a line; its beginning is looked at, and what follows it is a line again. */
static void
a_line_without_end(void **state)
{
	struct bench b;
	size_t n = 10 << 20;
	char *text = malloc(n + 200);
	(void)state;
	begin(&b, (const char *const[]){"needle", NULL}, NULL, false);
	memset(text, 'x', n);
	memcpy(text + 4096 - 6, "needle", 6);
	strcpy(text + n, "needle\nand a needle\n");
	assert_string_equal(found(&b, text), "0@4090:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
					     "0@6:and a needle\n");
	/* One byte further it is no longer looked at. */
	memmove(text + 1, text, 4096);
	text[0] = 'x';
	assert_string_equal(found(&b, text), "0@6:and a needle\n");
	/* In pieces as they are read. */
	str_reset(&b.got);
	log_scan_reset(&b.scan);
	for (size_t at = 0, all = strlen(text); at < all; at += 65536)
		feed(&b, text + at, all - at < 65536 ? all - at : 65536, false);
	assert_string_equal(str_c(&b.got), "0@6:and a needle\n");
	free(text);
	end(&b);
}

static uint64_t
next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

/* Cut anywhere, the same lines; long ones too. */
static void
cuts_change_nothing(void **state)
{
	static const char *const parts[] = {"out of", " memory", "out of memory", "\n", "\r",
					    "\r\n",   "x",       "retry 3",       "r",  "o"};
	struct bench b;
	uint64_t seed = 88172645463325252u;
	(void)state;
	begin(&b, (const char *const[]){"out of memory", NULL},
	      (const char *const[]){"^retry [0-9]$", NULL}, false);
	for (int round = 0; round < 300; round++) {
		struct str text = STR_INIT, whole = STR_INIT;
		size_t parts_n = next(&seed) % 60;
		for (size_t i = 0; i < parts_n; i++)
			str_adds(&text, parts[next(&seed) % (sizeof parts / sizeof *parts)]);
		if (round % 10 == 0)
			for (int i = 0; i < 4090 + (int)(next(&seed) % 12); i++)
				str_addc(&text, 'y');
		str_adds(&text, "out of memory");
		str_adds(&whole, found(&b, str_c(&text)));
		for (int cut = 0; cut < 8; cut++) {
			str_reset(&b.got);
			log_scan_reset(&b.scan);
			for (size_t at = 0; at < text.len;) {
				size_t n = 1 + next(&seed) % (cut < 4 ? 9 : 3000);
				n = n < text.len - at ? n : text.len - at;
				feed(&b, str_c(&text) + at, n, at + n == text.len);
				at += n;
			}
			assert_string_equal(str_c(&b.got), str_c(&whole));
		}
		str_release(&text);
		str_release(&whole);
	}
	end(&b);
}

/* It gives up, and the line is none. */
static void
a_regex_that_costs_too_much(void **state)
{
	struct bench b;
	char text[4000];
	(void)state;
	begin(&b, NULL, (const char *const[]){"(a+)+$x", NULL}, false);
	memset(text, 'a', sizeof text - 2);
	text[sizeof text - 2] = '!';
	text[sizeof text - 1] = 0;
	assert_string_equal(found(&b, text), "");
	end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_and_regexes_are_found),
		cmocka_unit_test(short_texts_are_found),
		cmocka_unit_test(what_trainings_die_of_is_found),
		cmocka_unit_test(a_line_without_end),
		cmocka_unit_test(cuts_change_nothing),
		cmocka_unit_test(a_regex_that_costs_too_much),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
