/* The log as text: drawn from what an ingester answers, who here is a queue in front of the same
 * answers over real files. */
#include "tests/unit/scratch.h"
#include "tests/unit/stage.h"

#include "core/ctl.h"
#include "core/log_merge.h"
#include "core/log_serve.h"
#include "core/wandb_text.h"
#include "core/xalloc.h"
#include "tui/grid.h"
#include "tui/log_window.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define RUN "/home/u/runs/exp"

static struct pane *pane;
static struct model *m;
static char *dir, *out, *err_, *rank1;

/* -- an ingester ------------------------------------------------------------------------------ */

struct question {
	char *verb, *arg[8];
	int n;
	void (*fn)(void *ctx, bool ok, const char *text);
	void *ctx;
};
static struct question queue[64];
static int nqueue, nasked;
static struct wandb_texts made;
static struct log_merge *merge;
static uint64_t merges;
static const char *garbage; /* what is answered instead, or NULL */

static void
on_ask(void *ctx, const char *verb, const char *const *args, int n,
       void (*fn)(void *fn_ctx, bool ok, const char *text), void *fn_ctx)
{
	struct question *q = &queue[nqueue++];
	(void)ctx;
	assert_in_range(nqueue, 1, 60);
	nasked++;
	*q = (struct question){.verb = xstrdup(verb), .n = n, .fn = fn, .ctx = fn_ctx};
	for (int i = 0; i < n; i++)
		q->arg[i] = xstrdup(args[i]);
}

static void
on_changed(void *ctx)
{
	(void)ctx;
}

static void
texts(struct str *s)
{
	char *const all[] = {out, rank1, err_};
	for (int i = 0; i < 3; i++)
		if (all[i] && access(all[i], F_OK) == 0)
			str_addf(s, "%s%s log its%%20log", s->len ? " " : "", all[i]);
}

static struct log_merge *
merged(void)
{
	char *const paths[] = {out, rank1, err_};
	char *there[3];
	size_t n = 0;
	for (int i = 0; i < 3; i++)
		if (access(paths[i], F_OK) == 0)
			there[n++] = paths[i];
	if (merge && !log_merge_is(merge, there, n)) {
		log_merge_free(merge);
		merge = NULL;
	}
	if (!merge)
		merge = log_merge_new(there, n, ++merges);
	return merge;
}

/* Answers the I-th question; one that waits only when its file has changed. False: it waits on. */
static bool
answer(int i)
{
	struct question q = queue[i];
	struct str s = STR_INIT;
	struct err e = {0};
	struct log_serve_env env = {.texts = &made};
	int code = 0;
	bool all = q.n > 2 && strcmp(q.arg[1], LOG_ALL) == 0, later = false;
	for (int k = i + 1; k < nqueue; k++)
		later |= queue[k].n > 2 && strcmp(queue[k].arg[2], "wait") == 0;
	if (garbage) {
		str_adds(&s, garbage);
	} else if (strcmp(q.verb, "texts") == 0) {
		texts(&s);
	} else if (strcmp(q.arg[2], "wait") == 0) {
		if (later)
			code = err_set(&e, ERR_BUSY, "asked for something else");
		else if (all)
			log_merge_what(merged(), &env, &s);
		else
			code = log_serve_what(q.arg[1], &env, &s, &e);
		char *knows =
			q.n == 7 ? xasprintf("%s %s %s %s", q.arg[3], q.arg[4], q.arg[5], q.arg[6])
				 : xstrdup("");
		bool same = !later && (code < 0 || strcmp(knows, str_c(&s)) == 0);
		free(knows);
		if (same) {
			str_release(&s);
			return false;
		}
	} else {
		code = all ? log_merge_serve(merged(), &env, q.arg + 2, q.n - 2, &s, &e)
			   : log_serve(q.arg[1], &env, q.arg + 2, q.n - 2, &s, &e);
	}
	memmove(queue + i, queue + i + 1, (size_t)(--nqueue - i) * sizeof *queue);
	q.fn(q.ctx, code == 0, code == 0 ? str_c(&s) : e.text);
	free(q.verb);
	for (int k = 0; k < q.n; k++)
		free(q.arg[k]);
	str_release(&s);
	return true;
}

/* Nobody will ever answer. */
static void
drop_questions(void)
{
	for (int i = 0; i < nqueue; i++) {
		free(queue[i].verb);
		for (int k = 0; k < queue[i].n; k++)
			free(queue[i].arg[k]);
	}
	nqueue = 0;
}

static char *
screen(int w, int h)
{
	return stage_screen(pane, m, w, h);
}

/* All questions answered, all drawn. */
static char *
settled(int w, int h)
{
	char *s = screen(w, h);
	for (int rounds = 0; rounds < 500; rounds++) {
		bool any = false;
		for (int i = 0; i < nqueue && !any; i++)
			any = answer(i);
		if (!any)
			return s;
		free(s);
		s = screen(w, h);
	}
	fail_msg("it never comes to rest");
	return s;
}

static void
expect(int w, int h, const char *want)
{
	char *got = settled(w, h);
	assert_screen(got, want);
	free(got);
}

static void
put(const char *path, int flags, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
}

static void
write_text(const char *path, const char *text)
{
	put(path, O_TRUNC, text, strlen(text));
}

static void
append(const char *path, const char *text)
{
	put(path, O_APPEND, text, strlen(text));
}

static void
act(enum action a, const char *arg)
{
	assert_true(pane->ops->act(pane, m, a, arg));
}

static const char *
title(void)
{
	static char buf[200];
	pane->rect.w = 78;
	pane->ops->title(pane, m, buf, sizeof buf);
	return buf;
}

static int
setup(void **state)
{
	(void)state;
	dir = scratch_new();
	out = xasprintf("%s/stdout.log", dir);
	err_ = xasprintf("%s/stderr.log", dir);
	rank1 = xasprintf("%s/stdout.rank1", dir);
	m = stage_new(false);
	m->ask = on_ask;
	m->changed = on_changed;
	m->up = true;
	stage_run(m, RUN, RUN_RUNNING, 2, 1, 10);
	stage_settle(m);
	pane = pane_log.new();
	nqueue = nasked = 0;
	garbage = NULL;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	drop_questions();
	log_merge_free(merge);
	merge = NULL;
	wandb_texts_release(&made);
	pane_log.free(pane);
	stage_free(m);
	free(out);
	free(rank1);
	free(err_);
	scratch_free(dir);
	return 0;
}

static void
open_log(void)
{
	struct model_text where = {.run = NULL};
	model_open_text(m, RUN, &where);
}

/* "line 0\n" … */
static void
numbered(struct str *s, int from, int to)
{
	for (int i = from; i < to; i++)
		str_addf(s, "line %d\n", i);
}

static void
write_numbered(const char *path, int n)
{
	struct str s = STR_INIT;
	numbered(&s, 0, n);
	write_text(path, str_c(&s));
	str_release(&s);
}

/* -- tests ------------------------------------------------------------------------------------ */

static void
it_opens_at_the_end_and_follows(void **state)
{
	(void)state;
	write_numbered(out, 100);
	open_log();
	expect(20, 4,
	       " line 96\n"
	       " line 97\n"
	       " line 98\n"
	       " line 99           ▐\n");
	assert_string_equal(title(), "Log exp stdout.log 100% of 790 B, follows");
	append(out, "line 100\nline 10");
	expect(20, 4,
	       " line 98\n"
	       " line 99\n"
	       " line 100\n"
	       " line 10           ▐\n");
	append(out, "1, at last\n");
	expect(20, 4,
	       " line 98\n"
	       " line 99\n"
	       " line 100\n"
	       " line 101, at last ▐\n");
}

static void
who_scrolls_up_stays_there_until_the_end_is_reached_again(void **state)
{
	(void)state;
	write_numbered(out, 100);
	open_log();
	free(settled(20, 4));
	act(ACTION_UP, NULL);
	act(ACTION_UP, NULL);
	append(out, "more\n");
	expect(20, 4,
	       " line 94\n"
	       " line 95\n"
	       " line 96\n"
	       " line 97           ▐\n");
	assert_null(strstr(title(), "follows"));
	act(ACTION_PAGE_DOWN, NULL);
	act(ACTION_PAGE_DOWN, NULL);
	expect(20, 4,
	       " line 97\n"
	       " line 98\n"
	       " line 99\n"
	       " more              ▐\n");
	assert_non_null(strstr(title(), "follows"));
	act(ACTION_TOP, NULL);
	expect(20, 4,
	       " line 0            ▐\n"
	       " line 1\n"
	       " line 2\n"
	       " line 3\n");
	append(out, "and more\n");
	act(ACTION_BOTTOM, NULL);
	expect(20, 4,
	       " line 98\n"
	       " line 99\n"
	       " more\n"
	       " and more          ▐\n");
}

static void
lines_are_broken_and_shown_as_a_terminal_would(void **state)
{
	(void)state;
	write_text(out, "0123456789abcdefghij\n"
			" 10%|#   \r100%|####|\n"
			"\x1B[31mred\x1B[0m \x1B[2J\x07\xE2\x80\xAEx\n"
			"\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2\n"
			"\n"
			"ERROR: it broke\n");
	open_log();
	/* eight columns of text; a wide character is not split */
	expect(11, 12,
	       " 012345678\n"
	       " 9abcdefgh\n"
	       " ij\n"
	       " 100%|####\n"
	       " |\n"
	       " red \xEF\xBF\xBD\xEF\xBF\xBDx\n"
	       " \xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2\n"
	       " \xE6\xBC\xA2\n"
	       "\n"
	       "!ERROR: it\n"
	       "  broke\n"
	       "\n");
	assert_int_equal(stage_style(1, 5), STYLE_LOG0);
	assert_int_equal(stage_style(5, 5), STYLE_NORMAL);
	assert_int_equal(stage_style(0, 9), STYLE_CRIT);
}

static void
a_search_goes_on_and_round(void **state)
{
	(void)state;
	write_numbered(out, 300);
	open_log();
	free(settled(20, 5));
	act(ACTION_TOP, NULL);
	free(settled(20, 5));
	act(ACTION_FILTER, "line 2");
	expect(20, 5,
	       " line 1            ▐\n"
	       "▌line 2\n"
	       " line 3\n"
	       " line 4\n"
	       " line 5\n");
	assert_int_equal(stage_style(1, 1), STYLE_MATCH | STYLE_REVERSE);
	assert_int_equal(stage_style(6, 1), STYLE_MATCH | STYLE_REVERSE);
	assert_int_equal(stage_style(1, 2), STYLE_NORMAL);
	/* typed on: from where it was begun */
	act(ACTION_FILTER, "LINE 29");
	free(settled(20, 5));
	act(ACTION_FILTER, "line 29");
	expect(20, 5,
	       " line 28           ▐\n"
	       "▌line 29\n"
	       " line 30\n"
	       " line 31\n"
	       " line 32\n");
}

static void
n_goes_to_the_next_and_round_the_end(void **state)
{
	(void)state;
	write_numbered(out, 300);
	open_log();
	free(settled(20, 5));
	act(ACTION_TOP, NULL);
	free(settled(20, 5));
	act(ACTION_FILTER, "9 9");
	free(settled(20, 5));
	act(ACTION_FILTER, "99");
	char *s = settled(20, 5);
	assert_non_null(strstr(s, "▌line 99"));
	free(s);
	static const char *const next[] = {"▌line 199", "▌line 299", "▌line 99"};
	for (int i = 0; i < 3; i++) {
		m->message[0] = '\0';
		act(ACTION_NEXT_CHART, NULL);
		s = settled(20, 5);
		assert_non_null(strstr(s, next[i]));
		free(s);
	}
	assert_string_equal(m->message, "from the beginning again");
	m->message[0] = '\0';
	act(ACTION_PREV_MATCH, NULL);
	s = settled(20, 5);
	assert_non_null(strstr(s, "▌line 299"));
	free(s);
	assert_string_equal(m->message, "from the end again");
	act(ACTION_FILTER, "nowhere");
	free(settled(20, 5));
	act(ACTION_NEXT_MATCH, NULL);
	free(settled(20, 5));
	assert_string_equal(m->message, "nothing has nowhere in it");
	act(ACTION_BACK, NULL); /* the search goes, the log stays */
	assert_non_null(m->text);
	act(ACTION_BACK, NULL);
	assert_null(m->text);
}

static void
without_a_search_n_goes_from_error_to_error(void **state)
{
	struct str s = STR_INIT;
	(void)state;
	numbered(&s, 0, 50);
	str_adds(&s, "Traceback (most recent call last):\n  File x\nValueError: a\n");
	numbered(&s, 50, 100);
	str_adds(&s, "RuntimeError: b\n");
	numbered(&s, 100, 120);
	write_text(out, str_c(&s));
	str_release(&s);
	open_log();
	free(settled(40, 6));
	act(ACTION_PREV_MATCH, NULL);
	char *got = settled(40, 6);
	assert_non_null(strstr(got, "▌RuntimeError: b"));
	free(got);
	act(ACTION_PREV_ERROR, NULL);
	expect(40, 6,
	       "!Traceback (most recent call last):\n"
	       "   File x\n"
	       "▌ValueError: a                         ▐\n"
	       " line 50\n"
	       " line 51\n"
	       " line 52\n");
	act(ACTION_FILTER, "line 7");
	free(settled(40, 6));
	act(ACTION_SMOOTH, NULL); /* its key goes to errors whatever is searched for */
	got = settled(40, 6);
	assert_non_null(strstr(got, "▌RuntimeError: b"));
	free(got);
}

static void
a_failed_run_opens_at_its_last_words(void **state)
{
	struct str s = STR_INIT;
	struct model_run *r = &m->run[0];
	(void)state;
	write_numbered(out, 50);
	numbered(&s, 0, 30);
	str_adds(&s, "[rank1]: ValueError: no more\n");
	numbered(&s, 30, 60);
	write_text(rank1, "");
	append(rank1, "[rank1]: Traceback (most recent call last):\n");
	append(rank1, str_c(&s));
	str_release(&s);
	r->state = RUN_FAILED;
	r->info.said = xstrdup("failed: ValueError: no more");
	model_open_run_text(m, r);
	char *got = settled(40, 6);
	assert_non_null(strstr(got, "▌[rank1]: ValueError: no more"));
	assert_non_null(strstr(title(), "stdout.rank1 2/2"));
	free(got);
}

static void
a_step_opens_where_it_is(void **state)
{
	struct str s = STR_INIT;
	(void)state;
	for (int i = 0; i < 400; i++)
		str_addf(&s, "step %d/400 | loss 0.5\n", i);
	write_text(out, str_c(&s));
	str_release(&s);
	struct model_text where = {.has_step = true, .unit = STEP_STEP, .step = 200};
	model_open_text(m, RUN, &where);
	expect(30, 4,
	       " step 199/400 | loss 0.5\n"
	       "▌step 200/400 | loss 0.5     ▐\n"
	       " step 201/400 | loss 0.5\n"
	       " step 202/400 | loss 0.5\n");
	write_text(out, "nothing of the kind\n");
	model_open_text(m, RUN, &where);
	free(settled(30, 4));
	assert_string_equal(m->message, "no line of it says step 200; this is its end");
}

static void
a_file_that_begins_anew_is_another(void **state)
{
	(void)state;
	write_numbered(out, 100);
	open_log();
	free(settled(20, 3));
	write_text(out, "fresh\n");
	expect(20, 3, " fresh\n\n\n");
	assert_string_equal(m->message, "the file began anew");
	/* rotated, with more in it than before */
	char *old = xasprintf("%s.1", out);
	rename(out, old);
	free(settled(20, 3));
	write_numbered(out, 200);
	expect(20, 3,
	       " line 197\n"
	       " line 198\n"
	       " line 199          ▐\n");
	assert_string_equal(m->message, "another file has taken its place");
	unlink(old);
	free(old);
}

static void
several_files_are_switched(void **state)
{
	(void)state;
	write_text(out, "to stdout\n");
	write_text(err_, "to stderr\n");
	open_log();
	expect(20, 2, " to stdout\n\n");
	assert_non_null(strstr(title(), "stdout.log 1/2"));
	act(ACTION_PANE_NEXT, NULL);
	expect(20, 2, " to stderr\n\n");
	assert_non_null(strstr(title(), "stderr.log 2/2"));
	act(ACTION_RIGHT, NULL);
	expect(20, 2, " to stdout\n\n");
	act(ACTION_LEFT, NULL);
	/* an answer that comes for the other file is none for this one */
	free(screen(20, 2));
	act(ACTION_LEFT, NULL);
	expect(20, 2, " to stdout\n\n");
}

static void
what_can_not_be_shown_is_said(void **state)
{
	(void)state;
	open_log();
	char *s = settled(40, 6);
	assert_non_null(strstr(s, "No text of this run is known"));
	free(s);
	write_text(out, "");
	m->text->relist = true;
	expect(40, 2, " The file is empty.\n\n");
	append(out, "no more\n");
	expect(40, 2, " no more\n\n");
	m->up = false;
	model_close_text(m);
	open_log();
	drop_questions();
	s = screen(60, 4);
	assert_non_null(strstr(s, "Nobody reads the logs now"));
	free(s);
}

static void
all_files_as_one(void **state)
{
	(void)state;
	write_text(out, "2024-01-01 12:00:00 a\n2024-01-01 12:00:02 b\nmore of b\n"
			"2024-01-01 12:00:04 c\n");
	write_text(rank1, "2024-01-01 12:00:01 x\n2024-01-01 12:00:03 ValueError: y\n");
	write_text(err_, "");
	open_log();
	free(settled(44, 8));
	act(ACTION_METRIC, NULL);
	expect(38, 7,
	       " stdout 2024-01-01 12:00:00 a\n"
	       " r1     2024-01-01 12:00:01 x\n"
	       " stdout 2024-01-01 12:00:02 b\n"
	       " stdout more of b\n"
	       "!r1     2024-01-01 12:00:03 ValueErro\n"
	       "        r: y\n"
	       " stdout 2024-01-01 12:00:04 c\n");
	assert_string_equal(title(), "Log exp all 3 files 100% of 132 B, follows");
	append(rank1, "2024-01-01 12:00:03 late\n");
	append(err_, "in between\n");
	char *s = settled(44, 12);
	const char *last = strstr(s, " stdout 2024-01-01 12:00:04 c\n");
	assert_non_null(last);
	assert_non_null(strstr(last, " r1     2024-01-01 12:00:03 late\n"));
	assert_non_null(strstr(last, " stderr in between\n"));
	free(s);
	/* from all to the file of the line that is looked at, and back */
	act(ACTION_PREV_ERROR, NULL);
	s = settled(60, 12);
	assert_non_null(strstr(s, "▌r1     2024-01-01 12:00:03 ValueError: y"));
	free(s);
	act(ACTION_MERGE, NULL);
	s = settled(60, 12);
	assert_non_null(strstr(s, "▌2024-01-01 12:00:03 ValueError: y"));
	assert_non_null(strstr(title(), "stdout.rank1 2/3"));
	free(s);
	act(ACTION_MERGE, NULL);
	s = settled(60, 12);
	assert_non_null(strstr(s, "▌r1     2024-01-01 12:00:03 ValueError: y"));
	assert_non_null(strstr(s, " stdout more of b"));
	free(s);
	act(ACTION_FILTER, "more");
	s = settled(60, 12);
	assert_non_null(strstr(s, "▌stdout more of b"));
	free(s);
}

/* A mad ingester, or another version: no crash, no endless questions. */
static void
nonsense_is_not_believed(void **state)
{
	static const char *const answers[] = {
		"",
		"1 2 3",
		"1 2 3 4 5",
		"100 1 1 1 0 50 0 text",
		"100 1 1 1 50 0 0 text",
		"100 1 1 1 0 50 0 te%xt",
		"100 1 1 1 0 50 0 a 20 30 0 b 10 20 0 c",
		"100 1 1 1 found 99999999999",
		"100 1 1 1 again 5",
		"100 1 1 1 found -5",
		"99999999999999999999 1 1 1 0 1 0 x",
		"18446744073709551615 1 1 1 18446744073709551614 18446744073709551615 0 x",
		"%41 %42 %43",
		"/a log",
	};
	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		static const enum action keys[] = {ACTION_UP,         ACTION_DOWN,
						   ACTION_TOP,        ACTION_BOTTOM,
						   ACTION_RIGHT,      ACTION_PAGE_UP,
						   ACTION_NEXT_MATCH, ACTION_PREV_ERROR};
		write_numbered(out, 100);
		garbage = NULL;
		open_log();
		free(settled(20, 3));
		garbage = answers[i];
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
			act(keys[k], NULL);
			for (int q = 0; q < 20 && nqueue; q++) {
				answer(0);
				free(screen(20, 3));
			}
		}
		garbage = NULL;
		for (int q = 0; q < 40 && nqueue; q++)
			if (!answer(0))
				break;
		model_close_text(m);
	}
}

/* -- whatever is pressed, what is shown is what stands there ---------------------------------- */

static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Lines of one width each, so that a naive reader knows what follows what. */
static void
check_screen(const char *s, const struct str *text)
{
	char *copy = xstrdup(s), *save = NULL, *before = NULL;
	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char *at = strstr(l, "line ");
		if (!at)
			continue;
		at[strcspn(at + 5, " ") + 5] = '\0';
		if (before) {
			char *pair = xasprintf("%s\n%s\n", before, at);
			if (!strstr(str_c(text), pair))
				fail_msg("these are no neighbours: %s", pair);
			free(pair);
		}
		free(before);
		before = xstrdup(at);
	}
	free(before);
	free(copy);
}

static void
any_keys_show_neighbours(void **state)
{
	static const enum action keys[] = {ACTION_UP,         ACTION_DOWN,       ACTION_PAGE_UP,
					   ACTION_PAGE_DOWN,  ACTION_TOP,        ACTION_BOTTOM,
					   ACTION_NEXT_MATCH, ACTION_PREV_MATCH, ACTION_PAGE_UP,
					   ACTION_PREV_ERROR, ACTION_PAGE_UP,    ACTION_PAGE_DOWN};
	uint32_t seed = 11;
	struct str text = STR_INIT;
	int lines = 6000;
	(void)state;
	numbered(&text, 0, lines);
	write_text(out, str_c(&text));
	open_log();
	free(settled(30, 10));
	for (int round = 0; round < 400; round++) {
		unsigned k = next(&seed) % 16;
		if (k < 12) {
			act(keys[k], NULL);
		} else if (k == 12) {
			char what[16];
			snprintf(what, sizeof what, "%u", next(&seed) % 7000);
			act(ACTION_FILTER, what);
		} else if (k == 13) {
			size_t len = text.len;
			numbered(&text, lines, lines + 3);
			lines += 3;
			append(out, str_c(&text) + len);
		}
		/* answers come late, and some when something else was pressed already */
		char *s = next(&seed) % 3 ? settled(30, 10) : screen(30, 10);
		check_screen(s, &text);
		free(s);
	}
	act(ACTION_BOTTOM, NULL);
	char *s = settled(30, 10), *last = xasprintf("line %d ", lines - 1);
	assert_non_null(strstr(s, last));
	free(last);
	free(s);
	str_release(&text);
}

static void
idle_is_idle(void **state)
{
	(void)state;
	write_numbered(out, 100);
	open_log();
	free(settled(20, 4));
	int asked = nasked;
	for (int i = 0; i < 10; i++)
		free(settled(20, 4));
	assert_int_equal(nasked, asked);
	assert_int_equal(nqueue, 1); /* one that waits */
	assert_int_equal(m->asking, 0);
}

static void
it_is_bounded(void **state)
{
	struct str s = STR_INIT;
	struct log_window w = {0};
	(void)state;
	for (int i = 0; i < 3 * LOG_WINDOW_LINES; i++) {
		str_reset(&s);
		str_addf(&s, "%d %d 0 x", i, i + 1);
		assert_int_equal(log_window_take(&w, str_c(&s), false), 1);
	}
	assert_int_equal(w.n, LOG_WINDOW_LINES);
	assert_int_equal(log_window_end(&w), 3 * LOG_WINDOW_LINES);
	for (int i = 0; i < LOG_WINDOW_LINES; i++) {
		uint64_t start = log_window_start(&w);
		str_reset(&s);
		str_addf(
			&s, "%d %d 0 %.*s", (int)start - 1, (int)start, 4000,
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
		for (int k = 0; k < 60; k++)
			str_adds(&s, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
		assert_int_equal(log_window_take(&w, str_c(&s), true), 1);
		assert_int_equal(log_window_start(&w), start - 1);
	}
	assert_true(w.cells <= LOG_WINDOW_CELLS && w.n > 50);
	log_window_release(&w);
	str_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_opens_at_the_end_and_follows, setup, teardown),
		cmocka_unit_test_setup_teardown(
			who_scrolls_up_stays_there_until_the_end_is_reached_again, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_are_broken_and_shown_as_a_terminal_would,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_search_goes_on_and_round, setup, teardown),
		cmocka_unit_test_setup_teardown(n_goes_to_the_next_and_round_the_end, setup,
						teardown),
		cmocka_unit_test_setup_teardown(without_a_search_n_goes_from_error_to_error, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_failed_run_opens_at_its_last_words, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_step_opens_where_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_begins_anew_is_another, setup,
						teardown),
		cmocka_unit_test_setup_teardown(several_files_are_switched, setup, teardown),
		cmocka_unit_test_setup_teardown(all_files_as_one, setup, teardown),
		cmocka_unit_test_setup_teardown(what_can_not_be_shown_is_said, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_is_not_believed, setup, teardown),
		cmocka_unit_test_setup_teardown(any_keys_show_neighbours, setup, teardown),
		cmocka_unit_test_setup_teardown(idle_is_idle, setup, teardown),
		cmocka_unit_test(it_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
