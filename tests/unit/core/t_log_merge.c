/* Several text files as one. */
#include "core/log_merge.h"

#include "core/log_find.h"
#include "core/wandb_text.h"
#include "core/xalloc.h"
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { MOST = 16 };

static char *dir, *path[MOST];
static size_t npaths;
static struct wandb_texts texts;
static struct log_serve_env env = {.texts = &texts};
static struct log_merge *g;

static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void
put(size_t i, int flags, const char *text)
{
	int fd = open(path[i], O_WRONLY | O_CREAT | flags, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int
setup(void **state)
{
	(void)state;
	dir = scratch_new();
	npaths = 0;
	return 0;
}

static void
files(size_t n)
{
	for (; npaths < n; npaths++)
		path[npaths] = xasprintf("%s/rank%zu.log", dir, npaths);
	log_merge_free(g);
	g = log_merge_new(path, n, 7);
}

static int
teardown(void **state)
{
	(void)state;
	log_merge_free(g);
	g = NULL;
	for (size_t i = 0; i < npaths; i++)
		free(path[i]);
	wandb_texts_release(&texts);
	scratch_free(dir);
	return 0;
}

/* The answer to a question in words; to be released. */
static char *
ask(const char *question)
{
	char *copy = xstrdup(question), *save = NULL, *args[8];
	int n = 0;
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		args[n++] = w;
	struct str out = STR_INIT;
	struct err e = {0};
	assert_int_equal(log_merge_serve(g, &env, args, n, &out, &e), 0);
	free(copy);
	return str_steal(&out);
}

/* All lines, a row each: "WHO TEXT". */
static char *
all(bool back)
{
	struct str got = STR_INIT;
	struct log_merged l;
	log_merge_begin(g, &env);
	uint64_t at = back ? log_merge_size(g) : 0;
	while (back ? log_merge_back(g, at, &l) : log_merge_forth(g, at, &l)) {
		const char *p;
		size_t n = log_file_line(l.f, l.start, l.end, &p);
		char *line = xasprintf("%s %.*s\n", l.who, (int)n, p);
		if (back) {
			struct str more = STR_INIT;
			str_adds(&more, line);
			str_adds(&more, str_c(&got));
			str_release(&got);
			got = more;
		} else {
			str_adds(&got, line);
		}
		free(line);
		assert_true(l.at == (back ? at - (l.end - l.start) : at));
		at = back ? l.at : l.at + (l.end - l.start);
	}
	assert_int_equal(at, back ? 0 : log_merge_size(g));
	log_merge_end(g);
	return got.buf ? str_steal(&got) : xstrdup("");
}

static void
expect(const char *want)
{
	char *got = all(false), *back = all(true);
	assert_string_equal(got, want);
	assert_string_equal(back, want);
	free(got);
	free(back);
}

#define T "2024-01-01 12:00:0"

static void
lines_are_in_order_of_time(void **state)
{
	(void)state;
	files(3);
	put(0, O_TRUNC, T "1 a\n  of a\n" T "4 b\n");
	put(1, O_TRUNC, T "2 c\n" T "4 d\n");
	put(2, O_TRUNC, T "0 e\n" T "3 f\n" T "5 g\n");
	const char *want = "r2 " T "0 e\nr0 " T "1 a\nr0   of a\nr1 " T "2 c\nr2 " T "3 f\n"
			   "r0 " T "4 b\nr1 " T "4 d\nr2 " T "5 g\n";
	expect(want);
	files(3); /* and when nothing is remembered, back first */
	char *back = all(true);
	assert_string_equal(back, want);
	free(back);
}

static void
what_comes_comes_last(void **state)
{
	(void)state;
	files(2);
	put(0, O_TRUNC, T "1 a\n" T "5 b\n");
	put(1, O_TRUNC, T "2 c\n");
	expect("r0 " T "1 a\nr1 " T "2 c\nr0 " T "5 b\n");
	put(1, O_APPEND, T "3 late\nhalf a");
	put(0, O_APPEND, T "6 d\n");
	expect("r0 " T "1 a\nr1 " T "2 c\nr0 " T "5 b\nr1 " T "3 late\nr0 " T "6 d\n");
	put(1, O_APPEND, " line\n");
	expect("r0 " T "1 a\nr1 " T "2 c\nr0 " T "5 b\nr1 " T "3 late\nr0 " T
	       "6 d\nr1 half a line\n");
}

static void
files_without_times_are_spread_out(void **state)
{
	(void)state;
	files(2);
	put(0, O_TRUNC, "a0\na1\na2\na3\n");
	put(1, O_TRUNC, "b0\nb1\nb2\nb3\n");
	/* written at the same time */
	struct timespec t[2] = {{1700000000, 0}, {1700000000, 0}};
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(utimensat(AT_FDCWD, path[i], t, 0), 0);
	expect("r0 a0\nr1 b0\nr0 a1\nr1 b1\nr0 a2\nr1 b2\nr0 a3\nr1 b3\n");
	put(1, O_APPEND, "b4\n");
	put(0, O_APPEND, "a4\n");
	char *got = all(false);
	assert_non_null(strstr(got, "r1 b3\nr"));
	free(got);
}

/* A line that nobody ends is given out when nothing came for a while: here it is old. */
static void
a_last_line_without_an_end(void **state)
{
	(void)state;
	files(1);
	put(0, O_TRUNC, T "1 a\nKilled");
	struct timespec t[2] = {{1700000000, 0}, {1700000000, 0}};
	assert_int_equal(utimensat(AT_FDCWD, path[0], t, 0), 0);
	expect("r0 " T "1 a\nr0 Killed\n");
}

static void
another_file_is_said(void **state)
{
	(void)state;
	files(2);
	put(0, O_TRUNC, T "1 a\n");
	put(1, O_TRUNC, T "2 b\n");
	expect("r0 " T "1 a\nr1 " T "2 b\n");
	char *before = ask("lines 0 0");
	/* renamed over it: with the old one still there it is not the same inode */
	char *was = path[1];
	path[1] = xasprintf("%s.new", was);
	put(1, 0, T "3 new\n" T "4 and more\n");
	assert_int_equal(rename(path[1], was), 0);
	free(path[1]);
	path[1] = was;
	char *behind = ask("lines 0 0");
	assert_string_not_equal(strchr(before, ' '), strchr(behind, ' '));
	free(before);
	free(behind);
	expect("r0 " T "1 a\nr1 " T "3 new\nr1 " T "4 and more\n");
	unlink(path[1]);
	expect("r0 " T "1 a\n");
	put(1, 0, T "0 back\n");
	expect("r0 " T "1 a\nr1 " T "0 back\n"); /* what was given out stays where it is */
}

/* However often the time is up. */
static char *
find(const char *from, bool back)
{
	char *at = xstrdup(from);
	for (;;) {
		char *question = xasprintf("find %s %s", at, back ? "back" : "forth");
		char *got = ask(question), *again = strstr(got, "again ");
		free(question);
		free(at);
		if (!again)
			return got;
		at = xstrdup(again + 6);
		free(got);
	}
}

/* Searches against looking at each line; with files of some size, so that there is halving. */
static void
searches_find_what_is_there(void **state)
{
	uint32_t seed = 11;
	(void)state;
	files(5);
	for (size_t i = 0; i < npaths; i++) {
		struct str s = STR_INIT;
		int at = 0;
		for (int k = 0; k < 800; k++) {
			at += (int)(next(&seed) % 3);
			if (next(&seed) % 4)
				str_addf(&s, "2024-01-01 12:%02d:%02d ", at / 60 % 60, at % 60);
			str_addf(&s, "%s line %d of %zu\n",
				 next(&seed) % 150 == 0 ? "ERROR found" : "and so on", k, i);
		}
		put(i, O_TRUNC, str_c(&s));
		str_release(&s);
	}
	/* where errors are, in the order of all */
	uint64_t at = 0, error[200];
	size_t n = 0;
	struct log_merged l;
	struct str scratch = STR_INIT;
	log_merge_begin(g, &env);
	while (log_merge_forth(g, at, &l)) {
		const char *p;
		size_t len = log_file_line(l.f, l.start, l.end, &p);
		if (log_error_is(p, p + len, &scratch))
			error[n++] = l.at;
		at = l.at + (l.end - l.start);
		assert_in_range(n, 0, 199);
	}
	log_merge_end(g);
	str_release(&scratch);
	assert_true(n > 5);
	/* a new one, that knows no order: only the times say it */
	log_merge_free(g);
	g = log_merge_new(path, npaths, 8);
	for (int back = 0; back < 2; back++) {
		char *from = xstrdup(back ? "end" : "0");
		for (size_t i = 0; i <= n; i++) {
			char *got = find(from, back), *is = strstr(got, "found ");
			free(from);
			from = NULL;
			if (i == n) {
				assert_null(is);
				assert_non_null(strstr(got, "none"));
			} else {
				assert_non_null(is);
				uint64_t place = strtoull(is + 6, NULL, 10);
				assert_int_equal(place, error[back ? n - 1 - i : i]);
				log_merge_begin(g, &env);
				assert_true(log_merge_forth(g, place, &l));
				log_merge_end(g);
				from = xasprintf("%" PRIu64,
						 back ? place : place + (l.end - l.start));
			}
			free(got);
		}
		free(from);
	}
}

static void
the_first_last_words_count(void **state)
{
	(void)state;
	files(3);
	put(0, O_TRUNC,
	    T "1 step 1\n" T "5 Traceback (most recent call last):\nRuntimeError: NCCL timeout\n");
	put(1, O_TRUNC,
	    T "1 step 1\n" T "3 Traceback (most recent call last):\nValueError: the reason\n");
	put(2, O_TRUNC,
	    T "1 step 1\n" T
	      "4 slurmstepd: error: *** JOB 1 ON n CANCELLED AT T DUE TO TIME LIMIT ***\n");
	char *got = ask("last");
	while (strstr(got, "again")) {
		free(got);
		got = ask("last");
	}
	char *is = strstr(got, "found ");
	assert_non_null(is);
	char *question = xasprintf("whose %s", is + 6), *whose = ask(question);
	assert_non_null(strstr(whose, "rank1.log"));
	free(question);
	free(whose);
	free(got);
}

static void
what_can_not_be_read_is_nothing(void **state)
{
	(void)state;
	struct err e = {0};
	struct str out = STR_INIT;
	char *args[] = {(char *)"lines", (char *)"0", (char *)"9"};
	files(2);
	assert_int_equal(mkfifo(path[0], 0600), 0);
	put(1, O_TRUNC, "there\n");
	expect("r1 there\n");
	unlink(path[1]);
	assert_int_equal(log_merge_serve(g, &env, args, 3, &out, &e), ERR_SYS);
	str_release(&out);
	files(0);
	char *got = ask("lines end -9");
	assert_string_equal(got, "0 7 0 0");
	free(got);
	got = ask("find 0 forth x");
	assert_string_equal(got, "0 7 0 0 none");
	free(got);
}

static void
names_tell_them_apart(void **state)
{
	static const struct {
		const char *path[4], *who[4];
	} t[] = {
		{{"/r/rank0/stdout.log", "/r/rank1/stdout.log", "/r/rank1/stderr.log"},
		 {"r0", "r1", "r1e"}},
		{{"/r/stdout", "/r/stderr", "/l/slurm-4711.out"},
		 {"stdout", "stderr", "slurm-4711"}},
		{{"/r/a/0/stdout.log", "/r/a/1/stdout.log"}, {"0/stdout", "1/stdout"}},
		{{"/r/x.out", "/r/x.err"}, {"x", "x.err"}},
		{{"/r/a-very-long-name-of-a-file.log", "/r/b.log"}, {"a-ver~a-file", "b"}},
		{{"/r/bad\033[2J.log", "/r/c.log"}, {"1", "c"}},
		{{"/a/x.log", "/b/y/../x.log", "/a/x.log"}, {"1", "2", "3"}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char *paths[4], *who[4];
		size_t n = 0;
		for (; n < 4 && t[i].path[n]; n++)
			paths[n] = xstrdup(t[i].path[n]);
		log_who(paths, n, who);
		for (size_t k = 0; k < n; k++) {
			if (i + 1 < sizeof t / sizeof *t)
				assert_string_equal(who[k], t[i].who[k]);
			for (size_t j = 0; j < k; j++)
				assert_string_not_equal(who[k], who[j]);
		}
		for (size_t k = 0; k < n; k++) {
			free(who[k]);
			free(paths[k]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_are_in_order_of_time, setup, teardown),
		cmocka_unit_test_setup_teardown(what_comes_comes_last, setup, teardown),
		cmocka_unit_test_setup_teardown(files_without_times_are_spread_out, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_last_line_without_an_end, setup, teardown),
		cmocka_unit_test_setup_teardown(another_file_is_said, setup, teardown),
		cmocka_unit_test_setup_teardown(searches_find_what_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(the_first_last_words_count, setup, teardown),
		cmocka_unit_test_setup_teardown(what_can_not_be_read_is_nothing, setup, teardown),
		cmocka_unit_test(names_tell_them_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
