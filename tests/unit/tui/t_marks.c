/* Names, notes, stars, tags, hidden runs: from the keyboard into the journal and back onto the
 * screen, for this viewer and for others. */
#include "core/conf.h"
#include "core/xalloc.h"
#include "store/store.h"
#include "tests/unit/scratch.h"
#include "tui/charts.h"
#include "tui/command.h"
#include "tui/model.h"
#include "tui/model_own.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char *top;
static int lock;
static struct conf *conf;
static struct sink *sink;
static struct model *m;

static void
add_run(const char *run)
{
	char *path = xasprintf("%s/metrics.csv", run);
	struct log_desc d = {
		.path = path, .run = run, .prefix = "", .format = "csv", .rank = 3, .reason = ""};
	uint32_t log = sink->ops->log_open(sink, &d);
	uint32_t col = sink->ops->column(sink, log, "loss", 4);
	double v = 1;
	struct row r = {.unit = STEP_STEP, .n = 1, .column = &col, .value = &v};
	sink->ops->row(sink, log, &r);
	free(path);
}

static void
refresh(void)
{
	struct err e = {0};
	m->own->journal_us = 0; /* as if a second had gone by */
	if (model_refresh(m, &e) < 0)
		fail_msg("%s", e.text);
}

static int
setup(void **state)
{
	static const char text[] = "[run /r/c]\nname = configured\n";
	struct err e = {0};
	struct store *st;
	(void)state;
	top = scratch_new();
	setenv("XDG_DATA_HOME", top, 1);
	char *dir = xasprintf("%s/store", top);
	assert_int_equal(conf_parse("test", text, strlen(text), &conf, &e), 0);
	assert_int_equal(lock_take(dir, &lock, NULL, &e), 0);
	assert_int_equal(store_open(dir, STORE_WRITE, &st, NULL, &e), 0);
	sink = store_sink(st, conf);
	m = model_new(dir, conf, NULL, 0, false);
	m->store = st; /* a directory is opened once in a process */
	add_run("/r/a");
	add_run("/r/b");
	add_run("/r/c");
	assert_int_equal(sink->ops->commit(sink, NULL, &e), 0);
	refresh();
	free(dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	model_free(m);
	lock_release(lock);
	conf_free(conf);
	scratch_free(top);
	return 0;
}

static struct model_run *
run(const char *path)
{
	struct model_run *r = model_run_by_path(m, path);
	assert_non_null(r);
	return r;
}

static void
on(const char *path, enum action a, const char *arg)
{
	assert_true(model_goto_run(m, path));
	assert_true(marks_act(m, a, arg));
	refresh();
}

static void
a_name_goes_before_the_path_and_the_configuration(void **state)
{
	(void)state;
	assert_string_equal(run("/r/a")->name, "a");
	assert_string_equal(run("/r/c")->name, "configured");
	on("/r/a", ACTION_NAME, "base line");
	on("/r/c", ACTION_NAME, "typed");
	assert_string_equal(run("/r/a")->name, "base line");
	assert_string_equal(run("/r/c")->name, "typed");
	on("/r/a", ACTION_NAME, NULL);
	on("/r/c", ACTION_NAME, NULL);
	assert_string_equal(run("/r/a")->name, "a");
	assert_string_equal(run("/r/c")->name, "configured");
	on("/r/a", ACTION_NAME, NULL);
	assert_non_null(strstr(m->message, "no name"));
}

static void
two_runs_of_one_name_do_not_look_alike(void **state)
{
	(void)state;
	on("/r/a", ACTION_NAME, "same");
	on("/r/b", ACTION_NAME, "same");
	assert_string_not_equal(run("/r/a")->name, run("/r/b")->name);
}

static void
what_a_terminal_would_obey_is_not_kept(void **state)
{
	(void)state;
	on("/r/a", ACTION_NAME, "a\033[2Jb");
	assert_null(strchr(run("/r/a")->name, '\033'));
	assert_null(strchr(run("/r/a")->marks.name, '\033'));
}

static void
stars_notes_and_tags(void **state)
{
	(void)state;
	on("/r/a", ACTION_STAR, NULL);
	on("/r/a", ACTION_NOTE, "lr was too high");
	on("/r/a", ACTION_TAG, "good  best #third");
	const struct marks *mk = &run("/r/a")->marks;
	assert_true(mk->star);
	assert_string_equal(mk->note, "lr was too high");
	assert_int_equal(mk->ntags, 3);
	assert_string_equal(mk->tag[0], "best");
	assert_string_equal(mk->tag[2], "third");
	assert_int_equal(run("/r/b")->marks.ntags, 0);
	on("/r/a", ACTION_STAR, NULL);
	on("/r/a", ACTION_NOTE, NULL);
	on("/r/a", ACTION_TAG, "-best -#third -none");
	mk = &run("/r/a")->marks;
	assert_false(mk->star);
	assert_null(mk->note);
	assert_int_equal(mk->ntags, 1);
	assert_string_equal(mk->tag[0], "good");
}

static void
the_filter_finds_tags(void **state)
{
	(void)state;
	on("/r/b", ACTION_TAG, "best");
	model_set_filter(m, "#be");
	refresh();
	assert_int_equal(m->nrows, 1);
	assert_string_equal(m->run[m->row[0].run].info.path, "/r/b");
	model_set_filter(m, "#worse");
	refresh();
	assert_int_equal(m->nrows, 0);
}

static void
a_hidden_run_is_in_no_list_until_asked_for(void **state)
{
	(void)state;
	on("/r/b", ACTION_HIDE_RUN, NULL);
	assert_int_equal(m->nruns, 2);
	assert_int_equal(m->nrows, 2);
	assert_null(model_run_by_path(m, "/r/b"));
	assert_true(marks_act(m, ACTION_HIDDEN, NULL));
	refresh();
	assert_int_equal(m->nruns, 3);
	assert_true(run("/r/b")->marks.hidden);
	assert_true(marks_act(m, ACTION_HIDDEN, NULL));
	refresh();
	assert_int_equal(m->nruns, 2);
	model_undo(m); /* shown again, then not */
	model_undo(m);
	model_undo(m); /* and not hidden at all */
	refresh();
	assert_false(m->hidden_too);
	assert_int_equal(m->nruns, 3);
	assert_false(run("/r/b")->marks.hidden);
}

static void
undo_puts_back_what_was_there(void **state)
{
	(void)state;
	on("/r/a", ACTION_NAME, "one\ntwo 3 4");
	on("/r/a", ACTION_NAME, "other");
	on("/r/a", ACTION_STAR, NULL);
	on("/r/a", ACTION_TAG, "t");
	model_undo(m);
	model_undo(m);
	refresh();
	assert_false(run("/r/a")->marks.star);
	assert_int_equal(run("/r/a")->marks.ntags, 0);
	assert_string_equal(run("/r/a")->name, "other");
	char *was = NULL;
	model_undo(m);
	refresh();
	was = xstrdup(run("/r/a")->name);
	assert_non_null(strstr(was, "two 3 4"));
	free(was);
	model_undo(m);
	refresh();
	assert_string_equal(run("/r/a")->name, "a");
}

static void
other_viewers_follow_and_a_new_run_has_its_marks_at_once(void **state)
{
	(void)state;
	struct journal_files *other = journal_files_new(NULL);
	struct journal_topic a = {.run = "/r/a"}, later = {.run = "/r/later"};
	struct journal_word name = {"name", JOURNAL_TEXT, "theirs"};
	struct err e = {0};
	assert_int_equal(journal_files_append(other, &a, &name, 1, &e), 0);
	name.text = "early";
	assert_int_equal(journal_files_append(other, &later, &name, 1, &e), 0);
	refresh();
	assert_string_equal(run("/r/a")->name, "theirs");
	add_run("/r/later");
	assert_int_equal(sink->ops->commit(sink, NULL, &e), 0);
	refresh();
	assert_string_equal(run("/r/later")->name, "early");
	journal_files_free(other);
}

static bool
in_a_legend(const char *name)
{
	for (int i = 0; i < m->charts->n; i++)
		for (int k = 0; k < m->charts->one[i].fig.ntraces; k++) {
			const char *its = m->charts->one[i].fig.trace[k].name;
			if (its && strcmp(its, name) == 0)
				return true;
		}
	return false;
}

static void
legends_are_made_anew_with_the_name(void **state)
{
	(void)state;
	drawn_pin(m, &m->run[0], true, false);
	drawn_pin(m, &m->run[1], true, false);
	m->charts->drawn = true;
	refresh();
	assert_true(in_a_legend("a"));
	m->charts->drawn = true;
	on("/r/a", ACTION_NAME, "renamed");
	assert_true(in_a_legend("renamed"));
	assert_false(in_a_legend("a"));
}

static void
without_a_run_under_the_cursor_it_says_so(void **state)
{
	(void)state;
	model_set_filter(m, "nothing has this");
	refresh();
	assert_true(marks_act(m, ACTION_STAR, NULL));
	assert_non_null(strstr(m->message, "no run"));
	assert_false(marks_act(m, ACTION_UP, NULL));
}

/* ---- completion ------------------------------------------------------------------------------ */

static void
add_word(void *to, const char *word)
{
	str_addf(to, "%s ", word);
}

static void
each_tag_is_offered_once(void **state)
{
	(void)state;
	struct str s = STR_INIT;
	on("/r/a", ACTION_TAG, "good gone");
	on("/r/b", ACTION_TAG, "good");
	static const char line[] = "tag x go", off[] = "tag -g";
	command_words(m, line, line + 6, add_word, &s);
	assert_string_equal(str_c(&s), "gone good ");
	str_reset(&s);
	command_words(m, off, off + 4, add_word, &s);
	assert_string_equal(str_c(&s), "-gone -good ");
	str_release(&s);
}

static void
stops_are_read_in_order_and_with_their_step(void **state)
{
	(void)state;
	static const char *const word[][2] = {
		{"stops/1700000200", "scancel 12"},
		{"stops/1700000100", "TERM to process 17: run (step 3) (step 250)"},
		{"stops/nonsense", "no time"},
	};
	struct journal_topic t = {.run = "/r/a"};
	struct err e = {0};
	for (int i = 0; i < 3; i++) {
		struct journal_word w = {word[i][0], JOURNAL_TEXT, word[i][1]};
		assert_int_equal(journal_files_append(m->own->journal, &t, &w, 1, &e), 0);
	}
	refresh();
	const struct marks *mk = &run("/r/a")->marks;
	assert_int_equal(mk->nstops, 2);
	assert_int_equal(mk->stop[0].time_us, INT64_C(1700000100000000));
	assert_int_equal(mk->stop[0].step, 250);
	assert_string_equal(mk->stop[0].what, "TERM to process 17: run (step 3)");
	assert_int_equal(mk->stop[1].step, -1);
	assert_string_equal(mk->stop[1].what, "scancel 12");
	assert_int_equal(run("/r/b")->marks.nstops, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(a_name_goes_before_the_path_and_the_configuration),
		T(two_runs_of_one_name_do_not_look_alike),
		T(what_a_terminal_would_obey_is_not_kept),
		T(stars_notes_and_tags),
		T(the_filter_finds_tags),
		T(a_hidden_run_is_in_no_list_until_asked_for),
		T(undo_puts_back_what_was_there),
		T(other_viewers_follow_and_a_new_run_has_its_marks_at_once),
		T(legends_are_made_anew_with_the_name),
		T(without_a_run_under_the_cursor_it_says_so),
		T(each_tag_is_offered_once),
		T(stops_are_read_in_order_and_with_their_step),
	};
	return cmocka_run_group_tests_name("marks", tests, NULL, NULL);
}
