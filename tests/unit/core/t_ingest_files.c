/* What happens to files while the engine reads them, or while nobody does: rewritten, replaced, cut
 * off, moved, rotated, deleted. */
#include "core/clock.h"
#include "core/xalloc.h"
#include "tests/unit/haste.h"
#include "tests/unit/rig.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tfwrite.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void
same_content_in_a_new_file_goes_on(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n1,1\n");
	rig_begin(r);
	rig_replace(r, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.5\n");
	rig_until_rows(r, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.5\n");
	assert_int_equal(recorder_superseded(r->s), 0);
	assert_non_null(strstr(recorder_logs(r->s), "attempt=1 rows=3"));
}

/* to_csv after each epoch: the leading rows are equal, what follows is new or another. */
static void
a_rewritten_log_is_compared(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.5\n");
	rig_begin(r);
	rig_rewrite(r, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.75\n3,0.25\n");
	rig_until_rows(r, "metrics.csv",
		       "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.75\nstep=3 loss=0.25\n");
	assert_int_equal(recorder_superseded(r->s), 1);
	rig_rewrite(r, "metrics.csv", "step,loss,acc\n0,2,0.1\n1,1,0.2\n");
	rig_until_rows(r, "metrics.csv", "step=0 loss=2 acc=0.1\nstep=1 loss=1 acc=0.2\n");
	assert_non_null(strstr(recorder_logs(r->s), "attempt=2"));
	assert_string_equal(recorder_rows_of(r->s, rig_at(r, "metrics.csv"), 1),
			    "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.75\nstep=3 loss=0.25\n");
}

static void
a_run_that_begins_anew_is_a_new_attempt(void **state)
{
	struct rig *r = *state;
	rig_append(r, "out/metrics.csv", "step,loss\n0,2\n1,1\n2,0.5\n");
	rig_begin(r);
	rig_sh(r, "rm -rf out");
	rig_append(r, "out/metrics.csv", "step,loss\n0,9\n");
	rig_until_rows(r, "out/metrics.csv", "step=0 loss=9\n");
	assert_string_equal(recorder_rows_of(r->s, rig_at(r, "out/metrics.csv"), 1),
			    "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.5\n");
	assert_null(strstr(recorder_logs(r->s), "gone"));
}

/* With a seed, a second training logs what the first one did: the log's own times tell them
 * apart. */
static void
the_same_values_at_another_time_are_another_attempt(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,time,loss\n0,1700000000,2\n1,1700000001,1\n");
	rig_begin(r);
	rig_replace(r, "metrics.csv",
		    "step,time,loss\n0,1700000000,2\n1,1700000001,1\n2,1700000002,1\n");
	rig_until_rows(r, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=1\n");
	assert_null(strstr(recorder_logs(r->s), "attempt=2"));
	rig_replace(r, "metrics.csv", "step,time,loss\n0,1700009000,2\n1,1700009001,1\n");
	rig_until_rows(r, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	assert_non_null(strstr(recorder_logs(r->s), "attempt=2"));
}

/* A file that is being rewritten is short for a while: nothing is cut before it has been quiet for
 * two seconds. */
static void
rewriting_in_pieces_cuts_nothing(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.5\n");
	rig_begin(r);
	static const char *const piece[] = {"step,", "loss\n0,2\n1", ",1\n2,0.5", "\n3,0.25\n"};
	rig_rewrite(r, "metrics.csv", "");
	for (size_t i = 0; i < 4; i++) {
		for (int k = 0; k < 4; k++)
			haste_once(r->l, 20000);
		assert_true(strlen(recorder_rows(r->s, rig_at(r, "metrics.csv"))) >= 3 * 12);
		rig_append(r, "metrics.csv", piece[i]);
	}
	rig_until_rows(r, "metrics.csv",
		       "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.5\nstep=3 loss=0.25\n");
	assert_int_equal(recorder_superseded(r->s), 0);
}

static void
what_was_cut_off_is_superseded_when_it_stays_so(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.5\n");
	rig_begin(r);
	assert_int_equal(truncate(rig_at(r, "metrics.csv"), 14), 0);
	int64_t from = clock_mono_us();
	rig_until_rows(r, "metrics.csv", "step=0 loss=2\n");
	assert_true(clock_mono_us() - from > 1900000);
	rig_append(r, "metrics.csv", "1,7\n");
	rig_until_rows(r, "metrics.csv", "step=0 loss=2\nstep=1 loss=7\n");
}

static void
an_emptied_log_keeps_its_rows(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n1,1\n");
	rig_begin(r);
	rig_rewrite(r, "metrics.csv", "");
	int64_t end = clock_mono_us() + 2500000;
	while (clock_mono_us() < end)
		haste_once(r->l, 100000);
	rig_sync(r);
	rig_rows_are(r, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	rig_restart(r);
	rig_rows_are(r, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
}

/* Killed while a replay is under way: the comparison begins again, and nothing is doubled. */
static void
a_replay_survives_a_crash(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.5\n3,0.4\n");
	rig_begin(r);
	rig_rewrite(r, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.50\n");
	for (int i = 0; i < 10; i++)
		haste_once(r->l, 10000);
	/* Something else commits while the comparison has not ended. */
	rig_append(r, "other/metrics.csv", "step,loss\n0,1\n");
	rig_until_rows(r, "other/metrics.csv", "step=0 loss=1\n");
	ingest_free(r->in);
	recorder_crash(r->s);
	rig_start(r);
	for (int i = 0; i < 10; i++)
		haste_once(r->l, 10000);
	rig_append(r, "metrics.csv", "3,0.40\n4,0.3\n");
	rig_until_rows(r, "metrics.csv",
		       "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.5\nstep=3 loss=0.4\nstep=4 "
		       "loss=0.3\n");
	assert_int_equal(recorder_superseded(r->s), 0);
}

static void
a_moved_log_takes_its_run_along(void **state)
{
	struct rig *r = *state;
	rig_append(r, "old/metrics.csv", "step,loss\n0,2\n");
	rig_begin(r);
	rig_sh(r, "mv old new");
	rig_append(r, "new/metrics.csv", "1,1\n");
	rig_until_rows(r, "new/metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	assert_null(strstr(recorder_logs(r->s), "old"));
	char *run = xasprintf("run=%s ", rig_at(r, "new"));
	assert_non_null(strstr(recorder_logs(r->s), run));
	free(run);
	/* Seen where it is before it grows again: it is followed there. */
	rig_sh(r, "mv new there");
	rig_until_logs(r, "there/metrics.csv");
	rig_append(r, "there/metrics.csv", "2,1\n");
	rig_until_rows(r, "there/metrics.csv", "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=1\n");
	/* And again, while nobody watches. */
	rig_leave(r);
	rig_sh(r, "mv there newer");
	rig_append(r, "newer/metrics.csv", "3,0.5\n");
	rig_begin(r);
	rig_rows_are(r, "newer/metrics.csv",
		     "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=1\nstep=3 loss=0.5\n");
	assert_int_equal(recorder_points_kept(r->s), 4);
	assert_null(strstr(recorder_logs(r->s), "gone"));
}

static void
a_deleted_log_is_gone_but_kept(void **state)
{
	struct rig *r = *state;
	rig_append(r, "a/metrics.csv", "step,loss\n0,2\n");
	rig_append(r, "b/metrics.csv", "step,loss\n0,3\n");
	rig_begin(r);
	rig_sh(r, "rm -r a");
	rig_sync(r);
	rig_rows_are(r, "a/metrics.csv", "step=0 loss=2\n");
	assert_non_null(strstr(recorder_logs(r->s), "rows=1 offset=14 gone"));
	/* While nobody watches. */
	rig_leave(r);
	rig_sh(r, "rm -r b");
	rig_begin(r);
	rig_rows_are(r, "b/metrics.csv", "step=0 loss=3\n");
	char *line = xasprintf("%s run=%s/b ", rig_at(r, "b/metrics.csv"), r->dir);
	const char *b = strstr(recorder_logs(r->s), line);
	assert_non_null(b);
	assert_non_null(strstr(b, "gone"));
	free(line);
	/* It comes back as it was. */
	rig_append(r, "b/metrics.csv", "step,loss\n0,3\n1,2\n");
	rig_until_rows(r, "b/metrics.csv", "step=0 loss=3\nstep=1 loss=2\n");
	rig_sync(r);
	assert_null(strstr(strstr(recorder_logs(r->s), "/b/"), "gone"));
}

/* logrotate: what was written last before the rename is not lost, and the old file is not read as
 * another log. */
static void
a_rotated_log_loses_no_line(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n");
	rig_begin(r);
	rig_append(r, "metrics.csv", "1,1\n"); /* so that it is held open */
	rig_until_rows(r, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	rig_sh(r, "echo 2,0.5 >> metrics.csv; mv metrics.csv metrics.csv.1; "
		  "printf 'step,loss\\n3,9\\n' > metrics.csv");
	rig_until_rows(r, "metrics.csv", "step=3 loss=9\n");
	rig_sync(r);
	assert_string_equal(recorder_rows_of(r->s, rig_at(r, "metrics.csv"), 1),
			    "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.5\n");
	assert_int_equal(recorder_points_kept(r->s), 4);
}

/* Rotated while nobody looked, with a line that nobody had read: it is found under the other name,
 * and that name is no log of its own, then or after another rotation. */
static void
a_log_rotated_in_our_absence_loses_no_line(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n");
	rig_begin(r);
	ingest_free(r->in);
	rig_sh(r, "echo 1,1 >> metrics.csv; mv metrics.csv metrics.csv.1; printf "
		  "'step,loss\\n2,9\\n' > metrics.csv");
	rig_start(r);
	rig_sync(r);
	assert_string_equal(recorder_rows_of(r->s, rig_at(r, "metrics.csv"), 1),
			    "step=0 loss=2\nstep=1 loss=1\n");
	rig_rows_are(r, "metrics.csv", "step=2 loss=9\n");
	ingest_free(r->in);
	rig_sh(r, "mv metrics.csv.1 metrics.csv.2; mv metrics.csv metrics.csv.1");
	rig_start(r);
	rig_sync(r);
	rig_append(r, "metrics.csv", "step,loss\n3,8\n");
	rig_sync(r);
	rig_rows_are(r, "metrics.csv", "step=3 loss=8\n");
	assert_int_equal(recorder_points_kept(r->s), 4);
	assert_non_null(strstr(recorder_skipped(r->s), "older part of"));
}

/* Whoever rotates writes the last row of the old part when the new one is there already, empty or
 * with its header. */
static void
a_row_behind_a_rotation_comes_late(void **state)
{
	struct rig *r = *state;
	static const char *const head[] = {"", "step,loss\n"};
	char part[] = "metrics.csv", want[128];
	rig_append(r, part, "step,loss\n0,2\n");
	rig_begin(r);
	for (int i = 0; i < 4; i++) {
		rig_append(r, part, "1,1\n"); /* so that it is held open */
		snprintf(want, sizeof want, "step=%d loss=2\nstep=1 loss=1\n", i);
		rig_until_rows(r, part, want);
		/* And that there is something to read out of the old part, or not. */
		rig_sh(r, i < 2 ? "mv metrics.csv metrics.csv.1"
				: "echo 4,4 >> metrics.csv; mv metrics.csv metrics.csv.1");
		rig_append(r, part, head[i % 2]);
		rig_sync(r);
		rig_append(r, "metrics.csv.1", "5,0.5\n");
		snprintf(want, sizeof want, "%s%d,2\n", i % 2 ? "" : "step,loss\n", i + 1);
		rig_append(r, part, want);
		rig_sync(r);
		snprintf(want, sizeof want, "step=%d loss=2\n", i + 1);
		rig_rows_are(r, part, want);
		snprintf(want, sizeof want, "step=%d loss=2\nstep=1 loss=1\n%sstep=5 loss=0.5\n", i,
			 i < 2 ? "" : "step=4 loss=4\n");
		assert_string_equal(recorder_rows_of(r->s, rig_at(r, part), (uint32_t)i + 1), want);
	}
}

/* The same, and killed between the two. What is kept then is of the old part. */
static void
a_late_row_is_found_by_the_next_life(void **state)
{
	struct rig *r = *state;
	static const char *const head[] = {"", "step,loss\n"};
	char part[] = "metrics.csv", want[128];
	rig_append(r, part, "step,loss\n0,2\n");
	rig_begin(r);
	for (int i = 0; i < 2; i++) {
		rig_append(r, part, "1,1\n");
		snprintf(want, sizeof want, "step=%d loss=2\nstep=1 loss=1\n", i);
		rig_until_rows(r, part, want);
		rig_sh(r, "echo 4,4 >> metrics.csv; mv metrics.csv metrics.csv.1");
		rig_append(r, part, head[i]);
		rig_sync(r);
		ingest_free(r->in);
		r->in = NULL;
		recorder_crash(r->s);
		rig_append(r, "metrics.csv.1", "5,0.5\n");
		snprintf(want, sizeof want, "%s%d,2\n", i % 2 ? "" : "step,loss\n", i + 1);
		rig_append(r, part, want);
		rig_begin(r);
		snprintf(want, sizeof want, "step=%d loss=2\n", i + 1);
		rig_rows_are(r, part, want);
		snprintf(want, sizeof want,
			 "step=%d loss=2\nstep=1 loss=1\nstep=4 loss=4\nstep=5 loss=0.5\n", i);
		assert_string_equal(recorder_rows_of(r->s, rig_at(r, part), (uint32_t)i + 1), want);
	}
}

/* A sink of which one call does something on the way. */
static struct sink_ops on_the_way_ops;
static uint32_t (*on_the_way_open)(struct sink *s, const struct log_desc *d);
static struct rig *on_the_way;

static uint32_t
open_and_rotate(struct sink *s, const struct log_desc *d)
{
	static const char first[] = "/a.csv";
	size_t n = strlen(d->path);
	if (on_the_way && n > strlen(first) && !strcmp(d->path + n - strlen(first), first)) {
		struct rig *r = on_the_way;
		on_the_way = NULL;
		rig_sh(r, "mv metrics.csv metrics.csv.1");
		rig_append(r, "metrics.csv", "step,loss\n3,9\n");
	}
	return on_the_way_open(s, d);
}

/* The directory was listed before that, and no event was read since. */
static void
a_log_rotated_behind_the_listing_loses_no_line(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n");
	rig_begin(r);
	ingest_free(r->in);
	rig_append(r, "metrics.csv", "1,1\n");
	rig_append(r, "a.csv", "step,loss\n0,7\n");
	on_the_way_ops = *r->s->ops;
	on_the_way_open = on_the_way_ops.log_open;
	on_the_way_ops.log_open = open_and_rotate;
	r->s->ops = &on_the_way_ops;
	on_the_way = r;
	rig_start(r);
	rig_sync(r);
	assert_null(on_the_way);
	assert_string_equal(recorder_rows_of(r->s, rig_at(r, "metrics.csv"), 1),
			    "step=0 loss=2\nstep=1 loss=1\n");
	rig_rows_are(r, "metrics.csv", "step=3 loss=9\n");
}

static void
a_reader_loses_no_line_of_what_is_rotated_behind_the_listing(void **state)
{
	((struct rig *)*state)->o.once = true;
	a_log_rotated_behind_the_listing_loses_no_line(state);
}

/* The new part begins with the rows that the old one began with. While the two are compared, what
 * was read last of the old one is kept, and so is that it was. */
static void
the_rest_of_an_old_part_is_not_doubled(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n");
	rig_begin(r);
	ingest_free(r->in);
	rig_append(r, "metrics.csv", "1,1\n2,0.5\n");
	rig_sh(r, "mv metrics.csv metrics.csv.1; printf 'step,loss\n0,2\n' > metrics.csv");
	rig_start(r);
	uint64_t before = recorder_points_kept(r->s);
	int64_t end = haste_deadline();
	while (recorder_points_kept(r->s) == before && clock_mono_us() < end)
		haste_once(r->l, 10000);
	/* Something else commits while the comparison has not ended. */
	rig_append(r, "other/metrics.csv", "step,loss\n0,1\n");
	rig_until_rows(r, "other/metrics.csv", "step=0 loss=1\n");
	ingest_free(r->in);
	r->in = NULL;
	recorder_crash(r->s);
	rig_append(r, "metrics.csv", "1,3\n");
	rig_begin(r);
	rig_rows_are(r, "metrics.csv", "step=0 loss=2\nstep=1 loss=3\n");
	assert_int_equal(recorder_superseded(r->s), 2);
}

/* The one before us left in the middle of it, and nobody has written to it since. */
static void
a_backlog_is_read_on_after_a_restart(void **state)
{
	struct rig *r = *state;
	struct str text = STR_INIT;
	struct err e;
	str_adds(&text, "step,loss\n");
	for (int i = 0; i < 300000; i++)
		str_addf(&text, "%d,1\n", i);
	rig_append(r, "metrics.csv", str_c(&text));
	str_release(&text);
	rig_start(r);
	/* Committed after each of its turns, which are much shorter than reading it all. */
	while (recorder_points_kept(r->s) == 0) {
		haste_once(r->l, 100000);
		assert_int_equal(ingest_flush(r->in, &e), 0);
	}
	ingest_free(r->in);
	recorder_crash(r->s);
	assert_in_range(recorder_points_kept(r->s), 1, 299999);
	rig_start(r);
	rig_sync(r);
	assert_int_equal(recorder_points_kept(r->s), 300000);
}

/* A mode may be mended; root reads everything. */
static void
what_may_be_read_at_last_is_read(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n");
	if (geteuid() == 0)
		skip();
	rig_sh(r, "chmod 000 metrics.csv");
	rig_begin(r);
	assert_non_null(strstr(recorder_skipped(r->s), "Permission denied"));
	rig_sh(r, "chmod 600 metrics.csv");
	rig_until_rows(r, "metrics.csv", "step=0 loss=2\n");
	assert_null(strstr(recorder_skipped(r->s), "metrics.csv"));
}

/* The last line of a file that was replaced will not be finished by anybody. */
static void
a_replaced_file_is_read_to_its_end(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n");
	rig_begin(r);
	rig_append(r, "metrics.csv", "1,1\n2");
	rig_until_rows(r, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	rig_sh(r, "printf ',0.5' >> metrics.csv; printf 'step,loss\\n5,9\\n' > x.tmp; mv x.tmp "
		  "metrics.csv");
	rig_until_rows(r, "metrics.csv", "step=5 loss=9\n");
	assert_string_equal(recorder_rows_of(r->s, rig_at(r, "metrics.csv"), 1),
			    "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.5\n");
}

static void
two_names_of_one_file_are_one_log(void **state)
{
	struct rig *r = *state;
	rig_append(r, "a/metrics.csv", "step,loss\n0,2\n");
	rig_sh(r, "mkdir b; ln a/metrics.csv b/metrics.csv; ln -s a/metrics.csv c.csv; ln -s a d");
	rig_begin(r);
	assert_int_equal(recorder_points_kept(r->s), 1);
	assert_non_null(strstr(recorder_skipped(r->s), "the same file as"));
}

/* A file that is written elsewhere and renamed at once has no life under its first name. */
static void
a_passing_name_makes_no_run(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n");
	rig_begin(r);
	for (int i = 1; i < 5; i++) {
		char *text = xasprintf("step,loss\n0,2\n%d,%d\n", i, i);
		scratch_put(r->dir, "tmpx7yz.csv", O_TRUNC, text);
		haste_once(r->l, 5000);
		char *from = xstrdup(rig_at(r, "tmpx7yz.csv"));
		assert_int_equal(rename(from, rig_at(r, "metrics.csv")), 0);
		free(from);
		free(text);
		char *want = xasprintf("step=0 loss=2\nstep=%d loss=%d\n", i, i);
		rig_until_rows(r, "metrics.csv", want);
		free(want);
	}
	assert_null(strstr(recorder_logs(r->s), "tmpx7yz"));
}

static void
zeros_at_the_end_wait(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.csv", "step,loss\n0,2\n");
	rig_begin(r);
	assert_int_equal(truncate(rig_at(r, "metrics.csv"), 18), 0);
	rig_sync(r);
	rig_rows_are(r, "metrics.csv", "step=0 loss=2\n");
	int fd = open(rig_at(r, "metrics.csv"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "1,1\n", 4, 14), 4);
	close(fd);
	rig_until_rows(r, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	assert_string_equal(recorder_remarks(r->s, rig_at(r, "metrics.csv")), "");
}

/* Three records, and where each begins. */
static struct str
three_records(size_t start_of[3])
{
	struct str file = STR_INIT;
	for (int i = 0; i < 3; i++) {
		start_of[i] = file.len;
		tfw_scalar(&file, 1.7e9, i + 1, "loss", 1);
	}
	return file;
}

static void
write_at(struct rig *r, const char *name, const char *p, size_t n, size_t offset)
{
	int fd = open(rig_at(r, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, p, n, (off_t)offset), n);
	close(fd);
}

/* In a binary format only the reader knows that zeros are no record. */
static void
zeros_between_records_are_passed_over_at_last(void **state)
{
	struct rig *r = *state;
	static const char name[] = "events.out.tfevents.1.host", old[] = "b/events.out.tfevents.2";
	size_t start_of[3];
	struct str file = three_records(start_of);
	memset(file.buf + start_of[1], 0, start_of[2] - start_of[1]);
	scratch_put(r->dir, old, 0, "");
	write_at(r, old, file.buf, file.len, 0);
	rig_age(r, old, 100);
	rig_begin(r);
	rig_rows_are(r, old, "step=1 loss=1\nstep=3 loss=1\n"); /* nobody fills that any more */
	write_at(r, name, file.buf, file.len, 0);
	rig_until_rows(r, name, "step=1 loss=1\nstep=3 loss=1\n");
	assert_string_equal(recorder_remarks(r->s, rig_at(r, name)),
			    "bad-record 42:0 skipped: zeros where a record should begin\n");
	str_release(&file);
}

static void
a_log_that_becomes_another_format_is_read_as_that(void **state)
{
	struct rig *r = *state;
	rig_append(r, "metrics.log", "step,loss\n0,2\n");
	rig_append(r, "x/metrics.csv", "step,loss\n0,2\n");
	rig_begin(r);
	rig_rewrite(r, "x/metrics.csv", "{\"step\": 0, \"loss\": 2}\n{\"step\": 1, \"loss\": 3}\n");
	rig_until_rows(r, "x/metrics.csv", "step=0 loss=2\nstep=1 loss=3\n");
	assert_non_null(strstr(recorder_logs(r->s), "format=jsonl attempt=1 rows=2"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_BOTH(same_content_in_a_new_file_goes_on),
		RIG_BOTH(a_rewritten_log_is_compared),
		RIG_BOTH(a_run_that_begins_anew_is_a_new_attempt),
		RIG(the_same_values_at_another_time_are_another_attempt),
		RIG(rewriting_in_pieces_cuts_nothing),
		RIG_BOTH(what_was_cut_off_is_superseded_when_it_stays_so),
		RIG(an_emptied_log_keeps_its_rows),
		RIG(a_replay_survives_a_crash),
		RIG_BOTH(a_moved_log_takes_its_run_along),
		RIG(a_deleted_log_is_gone_but_kept),
		RIG_BOTH(a_rotated_log_loses_no_line),
		RIG_BOTH(a_log_rotated_in_our_absence_loses_no_line),
		RIG_BOTH(a_row_behind_a_rotation_comes_late),
		RIG_BOTH(a_late_row_is_found_by_the_next_life),
		RIG_BOTH(a_log_rotated_behind_the_listing_loses_no_line),
		RIG(a_reader_loses_no_line_of_what_is_rotated_behind_the_listing),
		RIG(the_rest_of_an_old_part_is_not_doubled),
		RIG(a_backlog_is_read_on_after_a_restart),
		RIG_BOTH(what_may_be_read_at_last_is_read),
		RIG(a_replaced_file_is_read_to_its_end),
		RIG(two_names_of_one_file_are_one_log),
		RIG(a_passing_name_makes_no_run),
		RIG(zeros_at_the_end_wait),
		RIG(zeros_between_records_are_passed_over_at_last),
		RIG(a_log_that_becomes_another_format_is_read_as_that),
	};
	if (getenv("FILTER"))
		cmocka_set_test_filter(getenv("FILTER"));
	return cmocka_run_group_tests_name("ingest_files", tests, NULL, NULL);
}
