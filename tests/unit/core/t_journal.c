/* What a person wrote: lines in any order, cut anywhere, several times, give one state. */
#include "core/journal.h"

#include "core/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct journal_topic run_a = {.run = "/r/a"}, run_b = {.run = "/r/b"};

static struct journal *
reads(const char *text)
{
	struct journal *j = journal_new();
	journal_read(j, "here", text, strlen(text));
	return j;
}

static char *
printed(const struct journal *j)
{
	struct str s = STR_INIT;
	journal_print(j, &s);
	return s.buf ? str_steal(&s) : xstrdup("");
}

static uint64_t rng;

static unsigned
below(unsigned n)
{
	rng ^= rng >> 12;
	rng ^= rng << 25;
	rng ^= rng >> 27;
	return (unsigned)(rng * UINT64_C(2685821657736338717) >> 33) % n;
}

/* ---- one line -------------------------------------------------------------------------------- */

static void
a_line_says_several_things_about_a_run(void **state)
{
	(void)state;
	struct journal *j =
		reads("{\"time\":5.25,\"host\":\"x\",\"run\":\"/r/a\",\"name\":\"base\","
		      "\"star\":true,\"budget\":1.5}\n");
	struct journal_word w;
	assert_string_equal(journal_text(j, &run_a, "name"), "base");
	assert_true(journal_yes(j, &run_a, "star"));
	assert_true(journal_get(j, &run_a, "budget", &w));
	assert_int_equal(w.type, JOURNAL_NUMBER);
	assert_string_equal(w.text, "1.5");
	assert_null(journal_text(j, &run_b, "name"));
	assert_true(journal_knows(j, &run_a));
	assert_false(journal_knows(j, &run_b));
	assert_null(journal_text(j, &run_a, "note"));
	assert_null(journal_text(j, &run_a, "star")); /* it is no text */
	assert_int_equal(journal_bad(j), 0);
	journal_free(j);
}

static void
its_subject_may_stand_anywhere_in_it(void **state)
{
	(void)state;
	struct journal *j = reads("{\"name\":\"base\",\"time\":5,\"run\":\"/r/a\"}\n");
	assert_string_equal(journal_text(j, &run_a, "name"), "base");
	journal_free(j);
}

static void
null_and_false_take_back(void **state)
{
	(void)state;
	struct journal *j = reads("{\"time\":5,\"run\":\"/r/a\",\"name\":\"base\",\"star\":true}\n"
				  "{\"time\":6,\"run\":\"/r/a\",\"name\":null,\"star\":false}\n");
	assert_null(journal_text(j, &run_a, "name"));
	assert_false(journal_yes(j, &run_a, "star"));
	journal_free(j);
}

static int
join(void *ctx, const struct journal_word *w)
{
	str_addf(ctx, "%s ", w->key);
	return 0;
}

static void
members_of_an_object_are_keys_below_its_own(void **state)
{
	(void)state;
	struct journal *j = reads("{\"time\":5,\"run\":\"/r/a\",\"tags\":{\"b\":true,\"a\":true,"
				  "\"c\":{\"d\":true}},\"tagsy\":true,\"list\":[1,{\"x\":2}],"
				  "\"after\":true}\n"
				  "{\"time\":6,\"run\":\"/r/a\",\"tags/b\":null}\n");
	struct str s = STR_INIT;
	assert_int_equal(journal_each(j, &run_a, "tags/", join, &s), 0);
	assert_string_equal(str_c(&s), "tags/a tags/c/d ");
	str_reset(&s);
	journal_each(j, &run_a, "", join, &s);
	assert_string_equal(str_c(&s), "after tags/a tags/c/d tagsy ");
	str_release(&s);
	journal_free(j);
}

static void
a_rule_a_run_and_a_view_are_subjects_of_their_own(void **state)
{
	(void)state;
	struct journal *j =
		reads("{\"time\":5,\"rule\":\"stalled\",\"run\":\"/r/a\",\"silence\":9}\n"
		      "{\"time\":5,\"rule\":\"stalled\",\"silence\":8}\n"
		      "{\"time\":5,\"rule\":\"stalled\",\"run\":\"/r/a\",\"metric\":\"\","
		      "\"silence\":7}\n"
		      "{\"time\":5,\"view\":\"mine\",\"run\":\"/r/a\",\"sort\":\"loss\"}\n");
	static const struct {
		struct journal_topic t;
		const char *key, *text;
	} want[] = {
		{{.rule = "stalled", .run = "/r/a"}, "silence", "9"},
		{{.rule = "stalled"}, "silence", "8"},
		{{.rule = "stalled", .run = "/r/a", .metric = ""}, "silence", "7"},
		{{.view = "mine"}, "sort", "loss"},
	};
	struct journal_word w;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		assert_true(journal_get(j, &want[i].t, want[i].key, &w));
		assert_string_equal(w.text, want[i].text);
	}
	assert_false(journal_get(j, &run_a, "silence", &w));
	assert_false(journal_get(j, &run_a, "sort", &w));
	journal_free(j);
}

static void
what_another_version_writes_is_kept_or_passed_over(void **state)
{
	(void)state;
	struct journal *j = reads("{\"time\":5,\"galaxy\":\"far\",\"name\":\"x\"}\n"
				  "{\"time\":5,\"run\":\"/r/a\",\"mood\":\"good\"}\n");
	assert_int_equal(journal_bad(j), 0);
	assert_string_equal(journal_text(j, &run_a, "mood"), "good");
	char *all = printed(j);
	assert_null(strstr(all, "far"));
	free(all);
	journal_free(j);
}

static void
bad_lines_are_counted_and_leave_nothing(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"not json",
		"{\"time\":5,\"run\":\"/r/a\",\"name\":\"x\"",
		"{\"run\":\"/r/a\",\"name\":\"x\"}",
		"{\"time\":\"5\",\"run\":\"/r/a\",\"name\":\"x\"}",
		"{\"time\":NaN,\"run\":\"/r/a\",\"name\":\"x\"}",
		"{\"time\":-5,\"run\":\"/r/a\",\"name\":\"x\"}",
		"{\"time\":1e99,\"run\":\"/r/a\",\"name\":\"x\"}",
		"[{\"time\":5,\"run\":\"/r/a\",\"name\":\"x\"}]",
		"\"x\"",
		"5",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct str s = STR_INIT;
		str_addf(&s, "%s\n \n{\"time\":1,\"run\":\"/r/b\",\"star\":true}\n", bad[i]);
		struct journal *j = journal_new();
		assert_int_equal(journal_read(j, "h", s.buf, s.len), s.len);
		if (journal_bad(j) != 1 || journal_text(j, &run_a, "name"))
			fail_msg("%s", bad[i]);
		assert_true(journal_yes(j, &run_b, "star"));
		str_release(&s);
		journal_free(j);
	}
}

/* Whole at the end of a file without its newline, then somebody wrote behind it. */
static void
objects_that_share_a_line_all_count(void **state)
{
	(void)state;
	struct journal *j = reads("{\"time\":5,\"run\":\"/r/a\",\"name\":\"x\"}"
				  "{\"time\":6,\"run\":\"/r/a\",\"note\":\"y\"} and more\n");
	assert_string_equal(journal_text(j, &run_a, "name"), "x");
	assert_string_equal(journal_text(j, &run_a, "note"), "y");
	assert_int_equal(journal_bad(j), 1);
	journal_free(j);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void
what_is_written_reads_back_byte_for_byte(void **state)
{
	(void)state;
	static const char *const hard[] = {
		"",
		"plain",
		"two\nlines\tand \"quotes\" \\ back",
		"\x01\x1f\x7f",
		"caf\xc3\xa9 \xe2\x86\x93 \xf0\x9f\x98\x80",
		"no utf-8: \xff\xfe\xc3( \xed\xa0\x80 end",
		"bidi \xe2\x80\xae evil, BOM \xef\xbb\xbf, U+FFFD \xef\xbf\xbd",
		"astral private \xf3\xb0\x80\x80",
	};
	for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
		struct journal_topic t = {.run = hard[i]};
		struct journal_word w = {"note", JOURNAL_TEXT, hard[i]};
		struct str s = STR_INIT;
		journal_line(&s, 1741964400123456, "h", &t, &w, 1);
		assert_non_null(memchr(s.buf, '\n', s.len));
		assert_ptr_equal(memchr(s.buf, '\n', s.len), s.buf + s.len - 1);
		struct journal *j = journal_new();
		assert_int_equal(journal_read(j, "h", s.buf, s.len), s.len);
		assert_string_equal(journal_text(j, &t, "note"), hard[i]);
		char *again = printed(j);
		assert_string_equal(again, str_c(&s));
		free(again);
		journal_free(j);
		str_release(&s);
	}
}

static void
microseconds_survive(void **state)
{
	(void)state;
	static const int64_t times[] = {1, 999999, 1000000, 1741964400123457, 4102444799999999};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct journal_word w = {"star", JOURNAL_YES, NULL};
		struct str s = STR_INIT;
		journal_line(&s, times[i], "h", &run_a, &w, 1);
		struct journal *j = journal_new();
		journal_read(j, "h", s.buf, s.len);
		assert_int_equal(journal_after_us(j, &run_a, &w, 1), times[i] + 1);
		journal_free(j);
		str_release(&s);
	}
}

/* A host whose clock is a day ahead wrote first: who comes after it is not overruled. */
static void
who_saw_it_comes_after_it_whatever_the_clocks_say(void **state)
{
	(void)state;
	struct journal *j = reads("{\"time\":86400,\"run\":\"/r/a\",\"name\":\"ahead\"}\n");
	struct journal_word w = {"name", JOURNAL_TEXT, "mine"};
	struct str s = STR_INIT;
	int64_t after = journal_after_us(j, &run_a, &w, 1);
	assert_true(after > 10);
	journal_line(&s, after, "a", &run_a, &w, 1);
	journal_read(j, "a", s.buf, s.len);
	assert_string_equal(journal_text(j, &run_a, "name"), "mine");
	w.key = "note";
	assert_int_equal(journal_after_us(j, &run_a, &w, 1), 0);
	str_release(&s);
	journal_free(j);
}

/* ---- merging --------------------------------------------------------------------------------- */

enum { LINES = 60 };

/* Few subjects, keys, hosts and times, so that they meet. */
static char *
random_line(void)
{
	static const char *const run[] = {"/r/a", "/r/b"}, *const key[] = {"name", "note", "star"},
				 *const value[] = {"null", "true", "\"x\"", "\"y\"", "7", "8"},
				 *const host[] = {"h1", "h2"};
	return xasprintf("{\"time\":%u,\"host\":\"%s\",\"run\":\"%s\",\"%s\":%s}\n", 1 + below(4),
			 host[below(2)], run[below(2)], key[below(3)], value[below(6)]);
}

static void
feed(struct journal *j, char **line, const int *order, int n)
{
	for (int i = 0; i < n; i++)
		journal_read(j, "h", line[order[i]], strlen(line[order[i]]));
}

static void
order_and_repetition_change_nothing(void **state)
{
	(void)state;
	rng = 88172645463325252u;
	for (int round = 0; round < 200; round++) {
		char *line[LINES];
		int order[2 * LINES];
		for (int i = 0; i < LINES; i++) {
			line[i] = random_line();
			order[i] = i;
		}
		struct journal *a = journal_new(), *b = journal_new();
		feed(a, line, order, LINES);
		for (int i = 0; i < LINES; i++) {
			int k = (int)below((unsigned)i + 1), t = order[i];
			order[i] = order[k];
			order[k] = t;
		}
		for (int i = LINES; i < 2 * LINES; i++)
			order[i] = (int)below(LINES);
		feed(b, line, order, 2 * LINES);
		char *pa = printed(a), *pb = printed(b);
		assert_string_equal(pa, pb);
		/* What is printed is the state. */
		struct journal *c = reads(pa);
		char *pc = printed(c);
		assert_string_equal(pa, pc);
		free(pa);
		free(pb);
		free(pc);
		journal_free(a);
		journal_free(b);
		journal_free(c);
		for (int i = 0; i < LINES; i++)
			free(line[i]);
	}
}

/* The facts of each whole line, and of no other. */
static void
a_file_cut_anywhere_reads_up_to_there_and_goes_on(void **state)
{
	(void)state;
	static const char text[] =
		"{\"time\":1,\"run\":\"/r/a\",\"name\":\"n1\",\"note\":\"caf\xc3\xa9 \\\" {\"}\n"
		"garbage\n"
		"{\"time\":2,\"run\":\"/r/a\",\"name\":\"n2\"}\n"
		"\n"
		"{\"time\":3,\"run\":\"/r/a\",\"name\":\"n3\",\"tags\":{\"t\":true}}\n";
	size_t n = sizeof text - 1;
	struct journal *whole = reads(text);
	char *want = printed(whole);
	for (size_t cut = 0; cut <= n; cut++) {
		struct journal *j = journal_new();
		size_t took = journal_read(j, "here", text, cut);
		assert_true(took <= cut && (took == 0 || text[took - 1] == '\n'));
		/* As many names as lines with one have ended, or only lack their end. */
		const char *name = journal_text(j, &run_a, "name");
		char expect[3] = "n0";
		for (const char *p = text; (p = strstr(p, "{\"time\"")); p++) {
			const char *end = strchr(p, '\n');
			if ((size_t)(end - text) <= cut)
				expect[1]++;
		}
		if (expect[1] == '0')
			assert_null(name);
		else
			assert_string_equal(name, expect);
		assert_int_equal(journal_read(j, "here", text + took, n - took), n - took);
		char *got = printed(j);
		assert_string_equal(got, want);
		assert_int_equal(journal_bad(j), 1);
		free(got);
		journal_free(j);
	}
	free(want);
	journal_free(whole);
}

static void
a_hole_is_asked_for_again_and_what_follows_is_taken(void **state)
{
	(void)state;
	static const char holed[] =
		"{\"time\":1,\"run\":\"/r/a\",\"name\":\"x\"}\n"
		"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\n"
		"{\"time\":3,\"run\":\"/r/a\",\"star\":true}\n";
	struct journal *j = journal_new();
	size_t n = sizeof holed - 1, took = journal_read(j, "h", holed, n);
	assert_int_equal(took, strchr(holed, '\n') + 1 - holed);
	assert_true(journal_yes(j, &run_a, "star"));
	assert_int_equal(journal_bad(j), 0);
	journal_free(j);
}

static void
the_version_changes_with_what_is_known_and_not_else(void **state)
{
	(void)state;
	static const char line[] = "{\"time\":2,\"run\":\"/r/a\",\"name\":\"x\"}\n",
			  older[] = "{\"time\":1,\"run\":\"/r/a\",\"name\":\"y\"}\n";
	struct journal *j = reads(line);
	uint64_t v = journal_version(j);
	journal_read(j, "here", line, sizeof line - 1);
	journal_read(j, "here", older, sizeof older - 1);
	assert_int_equal(journal_version(j), v);
	journal_clear(j);
	assert_int_not_equal(journal_version(j), v);
	assert_null(journal_text(j, &run_a, "name"));
	journal_free(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_says_several_things_about_a_run),
		cmocka_unit_test(its_subject_may_stand_anywhere_in_it),
		cmocka_unit_test(null_and_false_take_back),
		cmocka_unit_test(members_of_an_object_are_keys_below_its_own),
		cmocka_unit_test(a_rule_a_run_and_a_view_are_subjects_of_their_own),
		cmocka_unit_test(what_another_version_writes_is_kept_or_passed_over),
		cmocka_unit_test(bad_lines_are_counted_and_leave_nothing),
		cmocka_unit_test(objects_that_share_a_line_all_count),
		cmocka_unit_test(what_is_written_reads_back_byte_for_byte),
		cmocka_unit_test(microseconds_survive),
		cmocka_unit_test(who_saw_it_comes_after_it_whatever_the_clocks_say),
		cmocka_unit_test(order_and_repetition_change_nothing),
		cmocka_unit_test(a_file_cut_anywhere_reads_up_to_there_and_goes_on),
		cmocka_unit_test(a_hole_is_asked_for_again_and_what_follows_is_taken),
		cmocka_unit_test(the_version_changes_with_what_is_known_and_not_else),
	};
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
