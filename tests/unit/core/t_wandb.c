#include "tests/unit/feeder.h"
#include "tests/unit/leveldb_write.h"
#include "tests/unit/pbwrite.h"
#include "tests/unit/wandb_write.h"

#include "core/leveldb_log.h"
#include "core/run.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#define NO_STEP WANDB_NO_STEP

static uint64_t rng_state = 20260211;

static uint32_t
rng(uint32_t below)
{
	rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(rng_state >> 33) % below;
}

static struct feeder
fed_in_pieces(const struct str *file, size_t piece)
{
	struct feeder f;
	feeder_init(&f, "wandb", "");
	for (size_t at = 0; at < file->len; at += piece) {
		feeder_bytes(&f, file->buf + at, file->len - at < piece ? file->len - at : piece);
		if (piece < file->len)
			feeder_restart(&f);
	}
	feeder_end(&f);
	return f;
}

/* A feeder that was given FILE, to its end. FILE is released, after it was read in pieces as well,
 * with a restart after each: the same comes of it. (Cut anywhere: below, and the corpus.) */
static struct feeder
fed(struct str *file)
{
	struct feeder f = fed_in_pieces(file, file->len);
	for (size_t piece = 1; piece < file->len; piece = piece * 5 + 2) {
		struct feeder g = fed_in_pieces(file, piece);
		assert_string_equal(recorder_dump(g.sink), recorder_dump(f.sink));
		feeder_release(&g);
	}
	str_release(file);
	return f;
}

static void
check(struct str *file, const char *rows, const char *remarks)
{
	struct feeder f = fed(file);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), rows);
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH), remarks);
	feeder_release(&f);
}

static void
check_params(struct str *file, const char *params)
{
	struct feeder f = fed(file);
	assert_string_equal(recorder_params(f.sink, FEED_RUN), params);
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH), "");
	feeder_release(&f);
}

/* -- history ----------------------------------------------------------------------------------- */

static void
every_number_of_the_history_is_a_metric(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_history(&file, 0, "loss=8.9;lr=0;_step=0;_runtime=1.5");
	wandb_write_history(&file, 50, "lr=1.5e-06;loss=8.5;_runtime=2.25;_step=50");
	wandb_write_history(&file, 50, "val/acc=0.5");
	check(&file,
	      "step=0 loss=8.9 lr=0 _runtime=1.5\n"
	      "step=50 lr=1.5e-06 loss=8.5 _runtime=2.25\n"
	      "step=50 val/acc=0.5\n",
	      "");
}

/* As 0.13 wrote it, and as 0.31 does: the names are the same. */
static void
nested_names_are_joined_with_a_dot(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_history(&file, 1, "t={\"a\": 1, \"b\": {\"c\": 2.5, \"d\": [3, 4]}};u/v=5");
	wandb_write_history(&file, 2, "t>a=6;t>b>c=7;>u/v=8");
	wandb_write_history(&file, 3, "t.a=9");
	check(&file,
	      "step=1 t.a=1 t.b.c=2.5 u/v=5\n"
	      "step=2 t.a=6 t.b.c=7 u/v=8\n"
	      "step=3 t.a=9\n",
	      "");
}

static void
numbers_that_are_none(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_history(&file, 1, "a=NaN;b=Infinity;c=-Infinity;d=-1");
	wandb_write_history(&file, 2, "a=\"NaN\";b=\"Infinity\";c=\"-Infinity\"");
	wandb_write_history(&file, 3, "t={\"x\": NaN, \"y\": \"NaN\"}");
	check(&file,
	      "step=1 a=nan b=inf c=-inf d=-1\n"
	      "step=2 a=nan b=inf c=-inf\n"
	      "step=3 t.x=nan t.y=nan\n",
	      "");
}

static void
what_is_no_number_is_no_metric(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_history(&file, 1, "a=\"text\";b=true;c=null;d=[1, 2];e=\"7\";f={};g=1");
	wandb_write_history(&file, 2,
			    "img={\"_type\": \"image-file\", \"width\": 28, \"path\": \"x.png\"}");
	check(&file, "step=1 g=1\nstep=2 img.width=28\n", "");
}

static void
a_name_counts_once_in_a_row(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_history(&file, 1, "a.b=1;a={\"b\": 2, \"b\": 3};a>b=4;c=5");
	check(&file, "step=1 a.b=1 c=5\n", "");
}

/* Items as no known writer makes them, but could: the value first, unknown fields, long ones. */
static void
fields_of_an_item_in_any_order(void **state)
{
	(void)state;
	for (int longer = 0; longer < 2; longer++) {
		struct str file = wandb_file(), m = STR_INIT, s = STR_INIT;
		for (int i = 0; i < 3; i++) {
			struct str item = STR_INIT, other = STR_INIT;
			for (int k = 0; k < (longer ? 600 : 3); k++)
				str_addc(&other, 'x');
			if (i == 1)
				pbw_text(&item, 16, "1");
			pbw_text(&item, 2, "t");
			pbw_varint(&item, 7, 1u << 20);
			pbw_bytes(&item, 99, other.buf, other.len);
			pbw_text(&item, 2, i == 0 ? "a" : i == 1 ? "b" : "c");
			if (i != 1)
				pbw_text(&item, 16, i ? "2" : "0");
			pbw_message(&m, 1, &item);
			str_release(&other);
		}
		pbw_message(&m, 2, &s);
		wandb_write_record(&file, 2, &m);
		check(&file, "step=0 t.a=0 t.b=1 t.c=2\n", "");
	}
}

/* Its value stands between the parts of its name, the first of which is another item's. */
static void
a_name_goes_on_behind_the_value(void **state)
{
	(void)state;
	struct str file = wandb_file(), m = STR_INIT, s = STR_INIT, item = STR_INIT;
	wandb_write_history(&file, 0, ">t=1");
	pbw_text(&item, 2, "t");
	pbw_text(&item, 16, "2");
	pbw_text(&item, 2, "a");
	pbw_message(&m, 1, &item);
	pbw_varint(&s, 1, 1);
	pbw_message(&m, 2, &s);
	wandb_write_record(&file, 2, &m);
	check(&file, "step=0 t=1\nstep=1 t.a=2\n", "");
}

static void
the_step_is_the_historys_own(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_history(&file, 7, "x=1;_step=9;step=100;global_step=200;epoch=3");
	wandb_write_history(&file, NO_STEP, "x=2;_step=8");
	wandb_write_history(&file, NO_STEP, "x=3");
	wandb_write_history(&file, NO_STEP, "x=4;_step=1.5");
	wandb_write_history(&file, INT64_C(1) << 40, "x=5");
	wandb_write_history(&file, -3, "x=6");
	check(&file,
	      "step=7 x=1 step=100 global_step=200 epoch=3\n"
	      "step=8 x=2\n"
	      "row=2 x=3\n"
	      "row=3 x=4\n"
	      "step=1099511627776 x=5\n"
	      "step=-3 x=6\n",
	      "");
}

static void
a_history_of_no_values_is_no_row_but_counts(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_history(&file, NO_STEP, "");
	wandb_write_history(&file, NO_STEP, "x=1");
	check(&file, "row=1 x=1\n", "");
}

static void
time_is_the_timestamp(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_history(&file, 1, "x=1;_timestamp=1.7707832658145409e+09");
	wandb_write_history(&file, 2, "_timestamp=1613519052;x=2");
	wandb_write_history(&file, 3, "x=3");
	wandb_write_history(&file, 4, "x=4;_timestamp=12");
	struct feeder f = fed(&file);
	assert_string_equal(recorder_rows_timed(f.sink, FEED_PATH),
			    "step=1 @1770783265.814540 x=1\n"
			    "step=2 @1613519052.000000 x=2\n"
			    "step=3 @- x=3\n"
			    "step=4 @- x=4 _timestamp=12\n");
	feeder_release(&f);
}

/* -- samples of the machine -------------------------------------------------------------------- */

static void
samples_are_counted(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_stats(&file, 1613519052, "cpu=24.3;gpu.0.temp=53.0");
	wandb_write_history(&file, 100, "cpu=1");
	wandb_write_stats(&file, 0, "cpu=25;gpu.0.temp=\"NaN\"");
	wandb_write_stats(&file, -7, "cpu=26");
	struct feeder f = fed(&file);
	assert_string_equal(recorder_rows_timed(f.sink, FEED_PATH),
			    "row=0 @1613519052.250000 system/cpu=24.3 system/gpu.0.temp=53\n"
			    "step=100 @- cpu=1\n"
			    "row=1 @- system/cpu=25 system/gpu.0.temp=nan\n"
			    "row=2 @- system/cpu=26\n");
	feeder_release(&f);
}

static void
samples_of_2021(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_stats(&file, 1613519052, "cpu=24.3;network={\"sent\": 260096, \"recv\": 1}");
	check(&file, "row=0 system/cpu=24.3\n", "");
}

/* -- the run ----------------------------------------------------------------------------------- */

static void
the_configuration_is_the_parameters(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_run(&file, "",
			"lr=0.1;net={\"act\": \"re\\u006cu\", \"layers\": [1, {\"a\": 2}]};"
			"flag=true;none=null;_wandb={\"t\": 1};opt>name=\"adam\"");
	wandb_write_config(&file, "lr=0.05;late=3;_wandb={}");
	wandb_write_config(&file, "_wandb.x=1;old={\"desc\": null, \"value\": 4};"
				  "old2={\"value\": {\"x\": 5}};kept={\"value\": 6, \"more\": 7}");
	check_params(&file, "flag=true\nkept.more=7\nkept.value=6\nlate=3\nlr=0.05\n"
			    "net.act=relu\nnet.layers=[1, {\"a\": 2}]\nnone=null\nold=4\n"
			    "old2.x=5\nopt.name=adam\n");
}

static void
the_summary_adds_what_the_history_lacks(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_summary(&file, "_runtime=1;_wandb>runtime=1");
	/* As current writers do: a name comes in the summary first. */
	wandb_write_summary(&file, ">loss=1;>acc={\"max\": 0.1};>text=\"a\";>l=[1]");
	wandb_write_history(&file, 0, ">loss=1;>acc=0.1;>text=\"a\";>l=[1];_step=0");
	wandb_write_summary(&file, ">loss=0.5;>acc={\"max\": 0.2}");
	wandb_write_history(&file, 1, ">loss=0.5;>acc=0.2;_step=1");
	wandb_write_summary(&file, "best=0.75;note=\"by hand\"");
	wandb_write_exit(&file, 0);
	/* As those of 2021 did: all of it, at the end. */
	wandb_write_summary(&file, "loss=0.5;acc={\"max\": 0.2};text=\"a\";l=[1];best=0.76");
	check_params(&file, "summary/acc.max=0.2\nsummary/best=0.76\nsummary/note=by hand\n");
}

static void
what_it_is_called(void **state)
{
	(void)state;
	static const char *const names[] = {"", "my run", "", "another", NULL};
	static const char *const shown[] = {"", "my run", "my run", "another"};
	struct feeder f;
	feeder_init(&f, "wandb", "");
	struct str file = wandb_file();
	for (int i = 0; names[i]; i++) {
		size_t from = i ? file.len : 0;
		wandb_write_run(&file, names[i], "");
		feeder_bytes(&f, file.buf + from, file.len - from);
		assert_string_equal(recorder_title(f.sink, FEED_RUN), shown[i]);
		assert_string_equal(recorder_said(f.sink, FEED_RUN), RUN_BEGUN);
		feeder_restart(&f);
	}
	str_release(&file);
	feeder_release(&f);
}

static void
what_define_metric_says_of_a_direction(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_metric(&file, "loss", 2, false, false);
	wandb_write_metric(&file, "val/*", 1, false, false);
	wandb_write_metric(&file, "val/acc", 0, false, true);
	wandb_write_metric(&file, "both", 0, true, true);
	wandb_write_metric(&file, "a\\.b", 0, true, false);
	wandb_write_history(&file, 0, "loss=1;val/acc=2;val/x=3;both=4;a.b=5;late=6;text=\"x\"");
	wandb_write_metric(&file, "late", 1, false, true);
	wandb_write_metric(&file, "loss", 1, false, false);
	wandb_write_metric(&file, "text", 1, false, false);
	wandb_write_history(&file, 1, "val/y=1");
	wandb_write_metric(&file, "*", 2, false, false);
	wandb_write_history(&file, 2, "z=1");
	struct feeder f = fed(&file);
	assert_string_equal(recorder_params(f.sink, FEED_RUN),
			    "goal(a.b)=min\ngoal(both)=max\ngoal(late)=min\ngoal(loss)=min\n"
			    "goal(val/acc)=max\ngoal(val/x)=max\ngoal(val/y)=max\ngoal(z)=max\n");
	feeder_release(&f);
}

static void
check_words(const char *const *printed, int code, const char *said)
{
	struct str file = wandb_file();
	wandb_write_history(&file, 0, "loss=1");
	for (int i = 0; printed[i]; i++)
		if (!strcmp(printed[i], "STEP"))
			wandb_write_history(&file, 5, "loss=0.5");
		else
			wandb_write_output(&file, printed[i]);
	if (code >= 0)
		wandb_write_exit(&file, code);
	struct feeder f = fed(&file);
	assert_string_equal(recorder_said(f.sink, FEED_RUN), said);
	feeder_release(&f);
}

static void
what_was_printed_last_says_why(void **state)
{
	(void)state;
#define TRACE "Traceback (most recent call last):\n  File \"a.py\", line 3\n"
	check_words((const char *[]){TRACE, "ValueError: no\n", NULL}, 1,
		    "failed: ValueError: no (exit code 1)");
	/* in pieces, in colours, after a bar */
	check_words((const char *[]){"10%\rTrace", "back (most recent call last):\n", "Val",
				     "ueError: \x1B[31mno\x1B[0m\n", NULL},
		    1, "failed: ValueError: no (exit code 1)");
	/* no exit record: it was killed */
	check_words((const char *[]){"slurmstepd: error: Detected 1 oom_kill event in Step 4\n",
				     NULL},
		    -1, "failed: out of memory (oom_kill)");
	/* it was caught, and training went on */
	check_words((const char *[]){TRACE, "ValueError: no\n", "STEP", NULL}, -1, "resumed");
	check_words((const char *[]){TRACE, "ValueError: no\n", "STEP", NULL}, 0,
		    "finished (exit code 0)");
	check_words((const char *[]){TRACE, "ValueError: no\n", "STEP", NULL}, 1,
		    "failed (exit code 1)");
	/* the first is the reason, unless another exception replaced it */
	check_words((const char *[]){TRACE "ValueError: a\n", TRACE "OSError: b\n", NULL}, -1,
		    "failed: ValueError: a");
	check_words((const char *[]){TRACE "ValueError: a\n",
				     "\nDuring handling of the above exception, another exception "
				     "occurred:\n\n",
				     TRACE "OSError: b\n", NULL},
		    -1, "failed: OSError: b");
	/* prose, and what the exit code knows better */
	check_words((const char *[]){"nobody was Killed\n", NULL}, 1, "failed (exit code 1)");
	check_words((const char *[]){"Training complete\n", NULL}, 1, "failed (exit code 1)");
	check_words((const char *[]){"unfinished", NULL}, -1, "");
}

static void
directions_survive_cuts(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_metric(&file, "val/*", 1, false, false);
	wandb_write_history(&file, 0, "val/a=1;x=2");
	wandb_write_metric(&file, "x", 0, false, true);
	wandb_write_history(&file, 1, "val/b=1;x=2");
	check_cuts("wandb", file.buf, file.len);
	str_release(&file);
}

static void
how_it_ended(void **state)
{
	(void)state;
	static const struct {
		int code;
		const char *said;
	} ends[] = {{0, "finished (exit code 0)"},
		    {1, "failed (exit code 1)"},
		    {-9, "failed (exit code -9)"},
		    {254, "crashed (exit code 254)"},
		    {255, "cancelled (exit code 255)"}};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		struct str file = wandb_file();
		wandb_write_exit(&file, ends[i].code);
		/* What comes behind it is read all the same. */
		wandb_write_stats(&file, 0, "cpu=1");
		struct feeder f = fed(&file);
		assert_string_equal(recorder_said(f.sink, FEED_RUN), ends[i].said);
		assert_string_equal(recorder_rows(f.sink, FEED_PATH), "row=0 system/cpu=1\n");
		feeder_release(&f);
	}
}

static void
who_was_to_be_preempted_was(void **state)
{
	(void)state;
	struct str file = wandb_file(), empty = STR_INIT;
	wandb_write_record(&file, 23, &empty);
	wandb_write_exit(&file, 143);
	struct feeder f = fed(&file);
	assert_string_equal(recorder_said(f.sink, FEED_RUN), "preempted (exit code 143)");
	feeder_release(&f);
}

/* In shared mode others write on when one has ended. */
static void
the_end_of_one_of_several_writers_is_none(void **state)
{
	(void)state;
	struct str file = wandb_file(), m = STR_INIT;
	pbw_varint(&m, 1, 1);
	pbw_varint(&m, 3, 1);
	wandb_write_record(&file, 18, &m);
	struct feeder f = fed(&file);
	assert_string_equal(recorder_said(f.sink, FEED_RUN), "");
	feeder_release(&f);
}

static void
alerts_of_the_program_are_raised(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_alert(&file, "low accuracy", "below 0.5", "WARN");
	wandb_write_alert(&file, "short", "", "");
	check(&file, "",
	      "note 0:0 raised warn: low accuracy: below 0.5\n"
	      "note 0:0 raised info: short: \n");
}

static void
other_records_are_passed_over(void **state)
{
	(void)state;
	struct str file = wandb_file();
	static const uint32_t numbers[] = {4, 6, 8, 9, 11, 12, 13, 20, 21, 22, 24, 25, 26, 27, 999};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		struct str m = STR_INIT;
		pbw_text(&m, 1, "whatever \xff it is");
		wandb_write_record(&file, numbers[i], &m);
	}
	wandb_write_output(&file, "loss: 0.5\n");
	wandb_write_history(&file, 1, "x=1");
	check(&file, "step=1 x=1\n", "");
}

static void
a_file_of_no_history_is_a_log(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_run(&file, "name", "lr=1");
	struct feeder f = fed(&file);
	assert_string_equal(recorder_logs(f.sink),
			    "/r/log run=/r format=wandb attempt=1 rows=0 offset=0\n");
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "");
	feeder_release(&f);
}

/* -- while it is written ----------------------------------------------------------------------- */

static void
a_record_counts_when_its_last_byte_is_there(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_history(&file, 1, "x=1");
	size_t first = file.len;
	wandb_write_history(&file, 2, "x=2");
	struct feeder f;
	feeder_init(&f, "wandb", "");
	for (size_t i = 0; i < file.len; i++) {
		feeder_bytes(&f, file.buf + i, 1);
		assert_string_equal(recorder_rows(f.sink, FEED_PATH),
				    i + 1 < first      ? ""
				    : i + 1 < file.len ? "step=1 x=1\n"
						       : "step=1 x=1\nstep=2 x=2\n");
	}
	feeder_release(&f);
	str_release(&file);
}

/* A restart after any record; what it forgets must not show. Items of two writers, whose summary is
 * on either side of the history. */
static void
write_anything(struct str *file, size_t room)
{
	static const char *const values[] = {"1",
					     "2.5",
					     "-3e2",
					     "NaN",
					     "\"NaN\"",
					     "true",
					     "null",
					     "[1,{\"a\":2}]",
					     "{}",
					     "\"x\"",
					     "{\"a\":1,\"b\":{\"c\":\"y\"}}"};
	static const char *const names[] = {"loss",  ">loss",      "acc",  "t>a",        "t",
					    "_step", "_timestamp", "text", "system/cpu", "cpu"};
	for (int64_t step = 0; file->len < room; step++) {
		struct str items = STR_INIT;
		for (uint32_t n = rng(5); n; n--)
			str_addf(&items, "%s=%s;", names[rng(10)], values[rng(11)]);
		if (items.len)
			items.buf[items.len - 1] = '\0';
		const char *z = str_c(&items);
		switch (rng(8)) {
		case 0:
			wandb_write_stats(file, 1600000000 + step, z);
			break;
		case 1:
			wandb_write_config(file, z);
			break;
		case 2:
		case 3:
			wandb_write_summary(file, z);
			break;
		case 4:
			wandb_write_run(file, rng(2) ? "name" : "", z);
			break;
		default:
			wandb_write_history(file, rng(3) ? step : NO_STEP, z);
		}
		str_release(&items);
	}
}

static void
any_records_cut_anywhere(void **state)
{
	(void)state;
	for (int round = 0; round < 5; round++) {
		struct str file = wandb_file();
		write_anything(&file, 1500);
		check_cuts("wandb", file.buf, file.len);
		str_release(&file);
	}
}

static void
the_corpus_cut_anywhere(void **state)
{
	(void)state;
	check_cuts_of_corpus("wandb", "tests/fuzz/corpus/wandb");
}

/* -- damage ------------------------------------------------------------------------------------ */

static void
a_damaged_record_is_skipped_and_said(void **state)
{
	(void)state;
	struct str file = wandb_file();
	wandb_write_history(&file, 1, "x=1");
	size_t at = file.len;
	wandb_write_history(&file, 2, "x=2");
	wandb_write_history(&file, 3, "x=3");
	file.buf[at + 20] ^= 1;
	char want[100];
	snprintf(want, sizeof want,
		 "bad-record %zu:0 skipped: bytes that do not match their checksum\n", at);
	check(&file, "step=1 x=1\nstep=3 x=3\n", want);
}

static void
a_record_that_is_no_message_is_skipped_and_said(void **state)
{
	(void)state;
	static const struct {
		const char *p;
		size_t n;
	} wrong[] = {
		{"\x12", 1},                                      /* ends within a field */
		{"\x12\x05\x0a\x03", 4},                          /* an inner one does */
		{"\x12\x04\x0a\x02\x0a\x05", 6},                  /* an item does */
		{"\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10}, /* of 2^63 bytes */
		{"\x12\x03\x0f\x0f\x0f", 5},                      /* no such type */
		{"\x92\x01\x01\x08", 4},                          /* of the exit */
		{"\x1a\x02\x0a\x07", 4},                          /* of the summary */
		{"\x2a\x02\x0a\x07", 4},                          /* of the configuration */
		{"\x8a\x01\x02\x22\x07", 5},                      /* of the run */
		{"\x52\x02\x0a\x07", 4},                          /* of an alert */
		{"\x3a\x04\x12\x02\x08\x80", 6},                  /* of the time of a sample */
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct str file = wandb_file();
		wandb_write_history(&file, 1, "x=1");
		char want[100];
		snprintf(want, sizeof want, "bad-record %zu:0 skipped: not a record of W&B's\n",
			 file.len);
		leveldb_write(&file, wrong[i].p, wrong[i].n);
		wandb_write_history(&file, 2, "x=2");
		check(&file, "step=1 x=1\nstep=2 x=2\n", want);
	}
}

/* What was good of it counts for nothing. */
static void
half_a_history_is_no_row(void **state)
{
	(void)state;
	struct str file = wandb_file();
	struct str m = STR_INIT, item = STR_INIT;
	pbw_text(&item, 1, "x");
	pbw_text(&item, 16, "1");
	pbw_message(&m, 1, &item);
	str_add(&m, "\x0a\x09", 2);
	wandb_write_record(&file, 2, &m);
	wandb_write_history(&file, 2, "y=2");
	check(&file, "step=2 y=2\n", "bad-record 7:0 skipped: not a record of W&B's\n");
}

static void
a_value_that_is_no_json_is_said(void **state)
{
	(void)state;
	struct str file = wandb_file(), deep = STR_INIT;
	wandb_write_history(&file, 1, "x=1;y=oops;z={\"a\": 2, ;a=3");
	size_t second = file.len;
	str_adds(&deep, "x=4;deep=");
	for (int i = 0; i < 1000; i++)
		str_adds(&deep, "{\"a\":");
	wandb_write_history(&file, 2, deep.buf);
	str_release(&deep);
	char want[200];
	snprintf(want, sizeof want,
		 "bad-record 7:0 the value of 'y' is no JSON\n"
		 "limit %zu:0 the value of 'deep' is nested too deep\n",
		 second);
	check(&file, "step=1 x=1 z.a=2 a=3\nstep=2 x=4\n", want);
}

/* Bytes that were changed and summed up anew: whatever they say, it does not depend on the cut. */
static void
forged_records_cut_anywhere(void **state)
{
	(void)state;
	for (int round = 0; round < 12; round++) {
		struct str file = wandb_file(), forged = wandb_file();
		write_anything(&file, 500);
		struct leveldb_log l;
		leveldb_log_init(&l, SOURCE_MAX_RECORD);
		for (size_t at = 7; at < file.len; at += l.took) {
			assert_int_equal(leveldb_log_next(&l, file.buf + at, file.len - at, at,
							  true),
					 LEVELDB_RECORD);
			char *p = xmemdup(l.record, l.n + 1);
			for (uint32_t n = rng(4); n && l.n; n--)
				p[rng((uint32_t)l.n)] = (char)rng(256);
			leveldb_write(&forged, p, l.n);
			free(p);
		}
		leveldb_log_release(&l);
		check_cuts("wandb", forged.buf, forged.len);
		str_release(&file);
		str_release(&forged);
	}
}

/* -- much -------------------------------------------------------------------------------------- */

static void
a_record_beyond_the_limit_is_skipped_and_said(void **state)
{
	(void)state;
	struct str file = wandb_file(), big = STR_INIT;
	struct feeder f;
	wandb_write_history(&file, 1, "x=1");
	size_t second = file.len;
	str_adds(&big, "text=\"");
	for (uint32_t i = 0; i <= SOURCE_MAX_RECORD; i++)
		str_addc(&big, 'a');
	wandb_write_config(&file, big.buf);
	wandb_write_history(&file, 2, "x=2");
	feeder_init(&f, "wandb", "");
	for (size_t at = 0, piece = 6 << 20; at < file.len; at += piece)
		feeder_bytes(&f, file.buf + at, file.len - at < piece ? file.len - at : piece);
	char want[100];
	snprintf(want, sizeof want, "limit %zu:0 skipped: a record of more than 16777216 bytes\n",
		 second);
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH), want);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "step=1 x=1\nstep=2 x=2\n");
	feeder_release(&f);
	str_release(&big);
	str_release(&file);
}

static void
a_name_beyond_the_limit_is_dropped_and_said(void **state)
{
	(void)state;
	struct str file = wandb_file(), name = STR_INIT;
	for (int i = 0; i < 5000; i++)
		str_adds(&name, "ab>");
	str_adds(&name, "=1;x=1");
	wandb_write_history(&file, 1, name.buf);
	check(&file, "step=1 x=1\n",
	      "limit 7:0 1 numbers left out so far: a log has at most 20000 metrics, "
	      "with names of at most 1024 bytes\n");
	str_release(&name);
}

static void
parameters_beyond_the_limit_are_dropped_and_said(void **state)
{
	(void)state;
	struct str file = wandb_file(), items = STR_INIT;
	struct feeder f;
	for (int i = 0; i < 6000; i++)
		str_addf(&items, "%sp%04d=1", i ? ";" : "", i);
	wandb_write_config(&file, items.buf);
	wandb_write_config(&file, items.buf);
	feeder_init(&f, "wandb", "");
	feeder_bytes(&f, file.buf, file.len);
	const char *params = recorder_params(f.sink, FEED_RUN);
	size_t n = 0;
	for (const char *p = params; (p = strchr(p, '\n')); p++)
		n++;
	assert_int_equal(n, 4096);
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH),
			    "limit 7:0 parameters left out: there are more than 4096\n");
	feeder_release(&f);
	str_release(&file);
	str_release(&items);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_of_the_history_is_a_metric),
		cmocka_unit_test(nested_names_are_joined_with_a_dot),
		cmocka_unit_test(numbers_that_are_none),
		cmocka_unit_test(what_is_no_number_is_no_metric),
		cmocka_unit_test(a_name_counts_once_in_a_row),
		cmocka_unit_test(fields_of_an_item_in_any_order),
		cmocka_unit_test(a_name_goes_on_behind_the_value),
		cmocka_unit_test(the_step_is_the_historys_own),
		cmocka_unit_test(a_history_of_no_values_is_no_row_but_counts),
		cmocka_unit_test(time_is_the_timestamp),
		cmocka_unit_test(samples_are_counted),
		cmocka_unit_test(samples_of_2021),
		cmocka_unit_test(the_configuration_is_the_parameters),
		cmocka_unit_test(the_summary_adds_what_the_history_lacks),
		cmocka_unit_test(what_it_is_called),
		cmocka_unit_test(what_define_metric_says_of_a_direction),
		cmocka_unit_test(directions_survive_cuts),
		cmocka_unit_test(what_was_printed_last_says_why),
		cmocka_unit_test(how_it_ended),
		cmocka_unit_test(who_was_to_be_preempted_was),
		cmocka_unit_test(the_end_of_one_of_several_writers_is_none),
		cmocka_unit_test(alerts_of_the_program_are_raised),
		cmocka_unit_test(other_records_are_passed_over),
		cmocka_unit_test(a_file_of_no_history_is_a_log),
		cmocka_unit_test(a_record_counts_when_its_last_byte_is_there),
		cmocka_unit_test(any_records_cut_anywhere),
		cmocka_unit_test(the_corpus_cut_anywhere),
		cmocka_unit_test(a_damaged_record_is_skipped_and_said),
		cmocka_unit_test(a_record_that_is_no_message_is_skipped_and_said),
		cmocka_unit_test(half_a_history_is_no_row),
		cmocka_unit_test(a_value_that_is_no_json_is_said),
		cmocka_unit_test(forged_records_cut_anywhere),
		cmocka_unit_test(a_record_beyond_the_limit_is_skipped_and_said),
		cmocka_unit_test(a_name_beyond_the_limit_is_dropped_and_said),
		cmocka_unit_test(parameters_beyond_the_limit_are_dropped_and_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
