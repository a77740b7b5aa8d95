#include "core/csv_record.h"
#include "core/num.h"
#include "tests/unit/feeder.h"

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#define csv(text, rows, remarks) check_feed("csv", text, rows, remarks)

static uint64_t rng_state = 20240229;

static uint32_t
rng(uint32_t below)
{
	rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(rng_state >> 33) % below;
}

/* -- properties ------------------------------------------------------------------------------- */

static void
cut_anywhere_the_corpus_gives_the_same_records(void **state)
{
	(void)state;
	check_cuts_of_corpus("csv", "tests/fuzz/corpus/csv");
}

/* Random texts of what matters to a table. */
static size_t
random_table(char *out, size_t room, bool quotes, const char *end)
{
	static const char *const bits[] = {"1",  "0.5", "nan", "-3e2", " ",        ",", ",", "\n",
					   "\n", "x",   "\r",  "\t",   "step,a,b", "",  ",", "7"};
	size_t n = (size_t)snprintf(out, room, "step,a,b%s", end);
	while (n + 16 < room) {
		const char *bit = bits[rng(16)];
		if (quotes && !rng(6))
			bit = "\"";
		n += (size_t)snprintf(out + n, room - n, "%s", bit);
	}
	return n;
}

static void
cut_anywhere_random_tables_give_the_same_records(void **state)
{
	(void)state;
	static const char *const ends[] = {"\n", "\r", "\r\r\n"};
	char text[120];
	for (int i = 0; i < 60; i++) {
		size_t n = random_table(text, sizeof text, i & 1, ends[i % 5 > 2 ? i % 5 - 2 : 0]);
		check_cuts("csv", text, n);
	}
}

static bool
lines_are_records(const char *text)
{
	while (*text) {
		bool torn;
		struct csv_scan scan = {0};
		const char *newline = strchr(text, '\n');
		size_t n = newline ? (size_t)(newline - text) + 1 : strlen(text);
		if (csv_record_end(&scan, text, n, ',', &torn) != (newline ? n : 0) ||
		    (!newline && scan.state == 2))
			return false;
		text += n;
	}
	return true;
}

static void
libcsv_sees_the_same_cells_as_the_walk(void **state)
{
	(void)state;
	char text[400], quoted[4000];
	for (int i = 0; i < 6000; i++) {
		/* Quotes, half of the time: most of them are of the kind that libcsv is asked
		 * about. */
		random_table(text, i & 1 ? 64 : sizeof text, i & 1, "\n");
		/* A cell with a doubled quote behind each line that isn't blank sends it through
		 * libcsv, and changes nothing else: its column has no name (headers get none). */
		size_t n = 0;
		bool blank = true, names = false;
		for (const char *p = text;; p++) {
			if ((*p == '\n' || !*p) && !blank)
				n += (size_t)snprintf(quoted + n, sizeof quoted - n,
						      names ? "," : ",\"\"\"\"");
			blank = *p == '\n' || (blank && strchr(", \t\r\"", *p));
			names = *p != '\n' && (names || *p == 's');
			quoted[n++] = *p;
			if (!*p)
				break;
		}
		/* Within quotes, what was put behind the line is text. */
		if (i & 1 && !lines_are_records(text))
			continue;
		char *walked = feed_rows("csv", text, true),
		     *parsed = feed_rows("csv", quoted, true);
		if (strcmp(walked, parsed))
			fail_msg("%s\nwalked:\n%s\nthrough libcsv:\n%s", text, walked, parsed);
		free(walked);
		free(parsed);
	}
}

/* The end that csv_record_end() finds is where libcsv ends the record: what is left of a record cut
 * short of it is one record too, and a newline at its end makes no second one. */
static void
a_record_ends_where_libcsv_ends_it(void **state)
{
	(void)state;
	static const char bits[] = "\"\"\"\"a, \n\t";
	struct cells whole = {0}, both = {0};
	for (int i = 0; i < 40000; i++) {
		char text[24];
		size_t n = 1 + rng(sizeof text - 2);
		bool torn;
		struct csv_scan scan = {0};
		for (size_t k = 0; k < n; k++)
			text[k] = bits[rng(sizeof bits - 1)];
		size_t end = csv_record_end(&scan, text, n, ',', &torn);
		if (!end)
			continue;
		/* A record of its own behind it does not change its cells. */
		cells_split(&whole, text, end, ',');
		size_t cells = whole.n;
		cells_split(&both, text, n, ',');
		if (both.n < cells)
			fail_msg("%.*s", (int)n, text);
		cells_split(&whole, text, end, ',');
		for (size_t k = 0; k < cells; k++)
			if (whole.at[k].n != both.at[k].n ||
			    memcmp(whole.at[k].p, both.at[k].p, whole.at[k].n))
				fail_msg("cell %zu of %.*s", k, (int)n, text);
		/* And it is no less: without its newline libcsv would still be inside of it. */
		text[end - 1] = 'z';
		cells_split(&whole, text, end, ',');
		assert_true(whole.n <= cells + 1);
	}
	cells_release(&whole);
	cells_release(&both);
}

/* -- tables as they are ----------------------------------------------------------------------- */

static void
a_plain_table_is_read_row_by_row(void **state)
{
	(void)state;
	csv("step,loss,acc\n1,0.5,0.25\n2,0.4,0.5\n",
	    "step=1 loss=0.5 acc=0.25\nstep=2 loss=0.4 acc=0.5\n", "");
	csv("loss,epoch\n0.5,0\n0.4,1\n", "epoch=0 loss=0.5\nepoch=1 loss=0.4\n", "");
	csv("loss\n0.5\n0.4\n", "row=0 loss=0.5\nrow=1 loss=0.4\n", "");
}

static void
the_delimiter_is_seen_in_the_header(void **state)
{
	(void)state;
	csv("step\tloss\n1\t0.5\n", "step=1 loss=0.5\n", "");
	csv("step;loss\n1;0.5\n", "step=1 loss=0.5\n", "");
	csv("\"a,b,c\";step;loss\n1;2;0.5\n", "step=2 a,b,c=1 loss=0.5\n", "");
	/* A blank is none. */
	csv("train loss,step\n0.5,1\n", "step=1 train loss=0.5\n", "");
	/* Empty cells of a TSV are cells. */
	csv("step\ta\tb\n1\t\t2\n", "step=1 b=2\n", "");
}

static void
blanks_crlf_and_a_bom_don_t_matter(void **state)
{
	(void)state;
	csv("  step ,\t loss\r\n 1 , 0.5 \r\n2,0.4\r\n", "step=1 loss=0.5\nstep=2 loss=0.4\n", "");
	csv("\xEF\xBB\xBFstep,loss\n1,2\n", "step=1 loss=2\n", "");
	csv("step,loss\n\n1,2\n   \n\r\n2,3\n\n", "step=1 loss=2\nstep=2 loss=3\n", "");
	csv("step,loss\n1,2", "step=1 loss=2\n", "");
}

static void
empty_cells_are_no_points(void **state)
{
	(void)state;
	csv("train,val,step\n0.5,,1\n,0.25,2\n,,3\n", "step=1 train=0.5\nstep=2 val=0.25\n", "");
	csv("step,a\n1,1\n2,None\n3,n/a\n4,null\n5,-\n6,NA\n", "step=1 a=1\n", "");
}

static void
nan_and_infinities_are_values(void **state)
{
	(void)state;
	csv("step,a,b,c\n1,nan,inf,-Infinity\n2,NaN,+inf,INF\n",
	    "step=1 a=nan b=inf c=-inf\nstep=2 a=nan b=inf c=inf\n", "");
}

static void
quotes_hold_delimiters_newlines_and_quotes(void **state)
{
	(void)state;
	csv("step,\"a, \"\"b\"\"\",\"c\nd\"\n1,\"2\",3\n", "step=1 a, \"b\"=2 c\nd=3\n", "");
	csv("step,note,loss\n1,\"said:\n\n\"\"x,y\"\"\n\",2\n3,,4\n",
	    "step=1 loss=2\nstep=3 loss=4\n", "");
}

static void
a_quote_that_is_never_closed_costs_one_line(void **state)
{
	(void)state;
	struct str text = STR_INIT, want = STR_INIT;
	str_adds(&text, "step,loss,note\n0,1,\"torn\n");
	str_adds(&want, "step=0 loss=1\n");
	for (int i = 1; i < CSV_MAX_LINES + 20; i++) {
		str_addf(&text, "%d,2,x\n", i);
		str_addf(&want, "step=%d loss=2\n", i);
	}
	csv(str_c(&text), str_c(&want), "bad-record 15:2 a quote that is never closed\n");
	str_release(&text);
	str_release(&want);
	/* Too few lines to tell, but the file has ended. */
	csv("step,loss,note\n0,1,\"torn\n1,2,x\n", "step=0 loss=1\nstep=1 loss=2\n",
	    "bad-record 15:2 a quote that is never closed\n");
}

static void
comments_stand_before_the_header_or_between_rows(void **state)
{
	(void)state;
	csv("# made by hand\n\n#\nstep,loss\n1,2\n# again\n2,3\n", "step=1 loss=2\nstep=2 loss=3\n",
	    "");
}

static void
the_comment_of_stable_baselines_holds_parameters(void **state)
{
	(void)state;
	struct feeder f;
	feeder_init(&f, "csv", "");
	feeder_text(&f, "#{\"t_start\": 1611.5, \"env_id\": \"CartPole-v1\"}\nr,l,t\n9.0,9,1.5\n");
	assert_string_equal(recorder_params(f.sink, FEED_RUN),
			    "env_id=CartPole-v1\nt_start=1611.5\n");
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "row=0 r=9 l=9 t=1.5\n");
	feeder_release(&f);
}

static void
ragged_rows_keep_what_they_have(void **state)
{
	(void)state;
	csv("step,a,b\n1\n2,5\n3,6,7,8,9\n4,5,6,,\n",
	    "step=2 a=5\nstep=3 a=6 b=7\nstep=4 a=5 b=6\n",
	    "structure 15:4 2 cells more than the header has\n");
}

static void
a_header_may_come_again_or_change(void **state)
{
	(void)state;
	csv("step,a\n1,2\nstep,a\n1,3\n", "step=1 a=2\nstep=1 a=3\n", "");
	csv("step,a\n1,2\nepoch,step,b\n0,2,7\n", "step=1 a=2\nstep=2 epoch=0 b=7\n",
	    "note 11:3 another header\n");
	csv("loss,acc\n1,2\nloss,acc\n3,4\n", "row=0 loss=1 acc=2\nrow=1 loss=3 acc=4\n", "");
}

static void
a_row_without_a_step_is_skipped(void **state)
{
	(void)state;
	csv("step,a\n1,2\nfoo,3\n,4\n2,5\nnan,6\n", "step=1 a=2\nstep=2 a=5\n",
	    "bad-record 11:3 skipped: no number where the step should be\n"
	    "bad-record 17:4 skipped: no number where the step should be\n"
	    "bad-record 24:6 skipped: no number where the step should be\n");
}

static void
a_run_of_nuls_is_one_bad_row(void **state)
{
	(void)state;
	static const char text[] = "step,a\n1,2\n\0\0\0\0\0\0\0\0"
				   "2,3\n3,4\n";
	struct feeder f;
	feeder_init(&f, "csv", "");
	feeder_bytes(&f, text, sizeof text - 1);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "step=1 a=2\nstep=3 a=4\n");
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH),
			    "bad-record 11:3 skipped: no number where the step should be\n");
	feeder_release(&f);
	check_cuts("csv", text, sizeof text - 1);
}

static void
zeros_at_the_end_may_still_become_text(void **state)
{
	(void)state;
	/* A hole in a file on NFS reads as zeros, and later as what was written there. */
	struct feeder f;
	feeder_init(&f, "csv", "");
	feeder_bytes(&f, "step,a\n1,2\n\0\0\0\0", 15);
	str_reset(&f.pending);
	feeder_text(&f, "2,3\n3,4\n");
	assert_string_equal(recorder_rows(f.sink, FEED_PATH),
			    "step=1 a=2\nstep=2 a=3\nstep=3 a=4\n");
	feeder_release(&f);
}

static void
text_before_the_first_number_is_no_remark_but_after_it_is(void **state)
{
	(void)state;
	csv("step,a\n1,warmup\n2,0.5\n3,oops\n4,0.25\n", "step=2 a=0.5\nstep=4 a=0.25\n",
	    "text-cell 22:4 cell 2 is no number: 'oops'\n");
}

static void
what_is_the_step(void **state)
{
	(void)state;
	static const struct {
		const char *header, *row;
	} cases[] = {
		/* The cells of the row are 1, 2, 3, … */
		{"step,global_step,epoch", "step=1 global_step=2 epoch=3\n"},
		{"epoch,iter,iteration", "step=3 epoch=1 iter=2\n"},
		{"a,Epoch", "epoch=2 a=1\n"},
		{"GLOBAL_STEP,step", "step=2 GLOBAL_STEP=1\n"},
		{"trainer/global_step,epoch", "step=1 epoch=2\n"},
		{"x/time/total_timesteps,a", "step=1 a=2\n"},
		{"train/step,a", "row=0 train/step=1 a=2\n"},
		{"train/epoch,a", "row=0 train/epoch=1 a=2\n"},
		{"steps,a", "row=0 steps=1 a=2\n"},
		{"timesteps,total_timesteps", "step=2 timesteps=1\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[200];
		snprintf(text, sizeof text, "%s\n%s\n", cases[i].header,
			 strchr(strchr(cases[i].header, ',') + 1, ',') ? "1,2,3" : "1,2");
		csv(text, cases[i].row, "");
	}
}

static void
a_fractional_value_is_never_a_step(void **state)
{
	(void)state;
	csv("epoch,loss\n0.5,1\n1,2\n", "row=0 epoch=0.5 loss=1\nrow=1 epoch=1 loss=2\n",
	    "structure 11:2 'epoch' is no whole number: it is not the step from here on\n");
	csv("step,epoch,loss\n1,1,5\n1.5,2,6\n3,3,7\n",
	    "step=1 epoch=1 loss=5\nepoch=2 step=1.5 loss=6\nepoch=3 step=3 loss=7\n", NULL);
	csv("step,loss\n1e3,5\n2000.0,6\n-1,7\n",
	    "step=1000 loss=5\nstep=2000 loss=6\nstep=-1 loss=7\n", "");
}

/* What is left of a torn line may begin in the middle of a number. */
static void
one_fraction_behind_many_steps_is_the_rest_of_a_line(void **state)
{
	(void)state;
	static const char head[] = "iter,loss\n0,9\n1,8\n2,7\n3,6\n4,5\n5,4\n6,3\n7,2\n";
	static const char eight[] = "step=0 loss=9\nstep=1 loss=8\nstep=2 loss=7\nstep=3 loss=6\n"
				    "step=4 loss=5\nstep=5 loss=4\nstep=6 loss=3\nstep=7 loss=2\n";
	char text[200], rows[400];
	snprintf(text, sizeof text, "%s0.25,1\n8,1\n.5,1\n9,0\n", head);
	snprintf(rows, sizeof rows, "%sstep=8 loss=1\nstep=9 loss=0\n", eight);
	csv(text, rows,
	    "bad-record 42:10 skipped: the step is no whole number\n"
	    "bad-record 53:12 skipped: the step is no whole number\n");
	check_cuts("csv", text, strlen(text));
	/* Two in a row are how it goes on. */
	snprintf(text, sizeof text, "%s8.5,1\n9.5,0\n10,0\n", head);
	snprintf(rows, sizeof rows, "%srow=9 iter=9.5 loss=0\nrow=10 iter=10 loss=0\n", eight);
	csv(text, rows,
	    "bad-record 42:10 skipped: the step is no whole number\n"
	    "structure 48:11 'iter' is no whole number: it is not the step from here on\n");
	check_cuts("csv", text, strlen(text));
}

static void
carriage_returns_alone_may_end_lines(void **state)
{
	(void)state;
	csv("epoch,loss\r0,2\r1,\"1\"\r", "epoch=0 loss=2\nepoch=1 loss=1\n", "");
	csv("#{\"lr\": 1}\rr,l\r1,2\r3,x\r", "row=0 r=1 l=2\nrow=1 r=3\n",
	    "text-cell 19:4 cell 2 is no number: 'x'\n");
	csv("epoch,loss\r\r\n0,2\r\r\n1,1\r\r\n", "epoch=0 loss=2\nepoch=1 loss=1\n", "");
	/* The first of them decides. */
	csv("epoch,loss\n0,2\r1,1\n2,3\n", "epoch=2 loss=3\n", NULL);
	static const char open[] = "epoch,loss\r0,2\r1,1\r\r2,0.5";
	check_cuts("csv", open, sizeof open - 1);
	/* Elsewhere they are a progress bar's. */
	struct feeder f;
	feeder_init(&f, "csv", "");
	f.env.path = "/r/log.txt";
	f.source->ops->free(f.source);
	f.source = source_by_name("csv")->new (&f.env);
	feeder_text(&f, "epoch,loss\r0,2\r1,1\r\n0,2\n");
	feeder_end(&f);
	assert_null(strstr(recorder_rows(f.sink, FEED_PATH), "epoch=1 "));
	feeder_release(&f);
}

static void
a_byte_order_mark_may_stand_before_any_line(void **state)
{
	(void)state;
	csv("\xEF\xBB\xBFstep,a\n1,2\n\xEF\xBB\xBFstep,a\n2,3\n", "step=1 a=2\nstep=2 a=3\n", "");
}

static void
times_become_the_row_s_time(void **state)
{
	(void)state;
	char *rows =
		feed_rows("csv",
			  "step,loss,timestamp\n1,2,1700000000.25\n2,3,1700000001250\n3,4,12.5\n"
			  "4,5,2023-11-14T22:13:20Z\n5,6,2023-11-14 22:13:20\n6,7,soon\n",
			  true);
	assert_string_equal(rows, "step=1 @1700000000.250000 loss=2\n"
				  "step=2 @1700000001.250000 loss=3\n"
				  "step=3 @- loss=4 timestamp=12.5\n"
				  "step=4 @1700000000.000000 loss=5\n"
				  "step=5 @1700000000.000000 loss=6\n"
				  "step=6 @- loss=7\n");
	free(rows);
	rows = feed_rows("csv", "date,loss\n2023-11-14 22:13:20,1\n", true);
	assert_string_equal(rows, "row=0 @1700000000.000000 loss=1\n");
	free(rows);
}

static void
names_get_the_log_s_prefix(void **state)
{
	(void)state;
	struct feeder f;
	feeder_init(&f, "csv", "val/");
	feeder_text(&f, "step,loss\n1,2\n");
	feeder_restart(&f);
	feeder_text(&f, "2,3\n");
	assert_string_equal(recorder_rows(f.sink, FEED_PATH),
			    "step=1 val/loss=2\nstep=2 val/loss=3\n");
	feeder_release(&f);
}

static void
a_column_without_a_name_is_left_out(void **state)
{
	(void)state;
	csv(",loss,acc\n0,1,2\n1,3,4\n", "row=0 loss=1 acc=2\nrow=1 loss=3 acc=4\n", "");
}

static void
of_two_columns_with_one_name_the_first_is_read(void **state)
{
	(void)state;
	csv("step,a,a\n1,2,3\n", "step=1 a=2\n",
	    "structure 0:1 two columns are called 'a': the first is read\n");
}

static void
a_table_without_a_header_gets_names(void **state)
{
	(void)state;
	csv("1,2\n3,4\n", "row=0 c0=1 c1=2\nrow=1 c0=3 c1=4\n", "");
}

static void
a_total_is_a_parameter_when_it_stays(void **state)
{
	(void)state;
	struct feeder f;
	feeder_init(&f, "csv", "");
	feeder_text(&f, "step,loss,max_steps\n1,2,100\n");
	feeder_restart(&f);
	feeder_text(&f, "2,2,100\n3,2,100\n");
	assert_string_equal(recorder_params(f.sink, FEED_RUN), "max_steps=100\n");
	assert_string_equal(recorder_points(f.sink, FEED_PATH, "max_steps"), "1:100 2:100 3:100\n");
	feeder_release(&f);
	feeder_init(&f, "csv", "");
	feeder_text(&f, "epochs,loss\n1,2\n2,2\n3,2\n");
	assert_string_equal(recorder_params(f.sink, FEED_RUN), "");
	feeder_release(&f);
}

static void
a_status_says_how_it_ended(void **state)
{
	(void)state;
	struct feeder f;
	feeder_init(&f, "csv", "");
	feeder_text(&f, "step,loss,status\n1,2,running\n2,2,finished\n");
	assert_string_equal(recorder_said(f.sink, FEED_RUN), "finished");
	feeder_restart(&f);
	feeder_text(&f, "3,2,running\n");
	assert_string_equal(recorder_said(f.sink, FEED_RUN), "resumed");
	feeder_release(&f);
}

/* -- limits ----------------------------------------------------------------------------------- */

static void
a_comma_may_be_the_point_where_semicolons_part(void **state)
{
	(void)state;
	csv("epoch;loss;lr;note\n1;0,5;1,5e-3;a,b\n2;-0,25;0.1;1,2,3\n3;1;,5;1,\n",
	    "epoch=1 loss=0.5 lr=0.0015\nepoch=2 loss=-0.25 lr=0.1\n"
	    "epoch=3 loss=1 lr=0.5 note=1\n",
	    "");
	/* Elsewhere it parts cells, and 0,5 is no number. */
	csv("step\tloss\n1\t0,5\n2\t0.5\n", "step=2 loss=0.5\n", NULL);
}

static void
a_line_over_the_limit_is_skipped_however_it_arrives(void **state)
{
	(void)state;
	size_t n = SOURCE_MAX_RECORD + (9 << 20);
	char *text = malloc(n + 64);
	size_t head = (size_t)snprintf(text, 64, "step,a\n1,2\n");
	memset(text + head, 'x', n);
	memcpy(text + head + n, "\n2,3\n", 6);
	size_t len = head + n + 5;
	static const char *const rows = "step=1 a=2\nstep=2 a=3\n";
	for (int pieces = 0; pieces < 2; pieces++) {
		struct feeder f;
		char want[120];
		feeder_init(&f, "csv", "");
		size_t piece = pieces ? 3 << 20 : len;
		for (size_t at = 0; at < len; at += piece) {
			feeder_bytes(&f, text + at, piece < len - at ? piece : len - at);
			feeder_restart(&f);
		}
		snprintf(want, sizeof want, "limit %zu:3 skipped: a line of more than %u bytes\n",
			 head, SOURCE_MAX_RECORD);
		assert_string_equal(recorder_rows(f.sink, FEED_PATH), rows);
		assert_string_equal(recorder_remarks(f.sink, FEED_PATH), want);
		feeder_release(&f);
	}
	free(text);
}

static void
columns_past_the_limit_are_left_out_with_a_remark(void **state)
{
	(void)state;
	struct str text = STR_INIT;
	str_adds(&text, "step");
	for (int i = 0; i < SOURCE_MAX_COLUMNS + 5; i++)
		str_addf(&text, ",m%d", i);
	str_adds(&text, "\n1");
	for (int i = 0; i < SOURCE_MAX_COLUMNS + 5; i++)
		str_adds(&text, ",7");
	str_adds(&text, "\n");
	struct feeder f;
	feeder_init(&f, "csv", "");
	feeder_text(&f, str_c(&text));
	feeder_restart(&f);
	struct log_info li;
	assert_true(f.sink->ops->log_find(f.sink, FEED_PATH, &li));
	assert_true(li.columns <= SOURCE_MAX_COLUMNS);
	assert_true(li.points >= SOURCE_MAX_COLUMNS - 1);
	assert_int_equal(li.remarks, 2);
	feeder_release(&f);
	str_release(&text);
}

static void
a_name_over_the_limit_is_left_out_with_a_remark(void **state)
{
	(void)state;
	struct str text = STR_INIT;
	str_adds(&text, "step,a,");
	for (int i = 0; i < SOURCE_MAX_NAME + 1; i++)
		str_addc(&text, 'x');
	str_adds(&text, "\n1,2,3\n");
	char *rows = feed_rows("csv", str_c(&text), false);
	char *remarks = feed_remarks("csv", str_c(&text));
	assert_string_equal(rows, "step=1 a=2\n");
	assert_int_equal(strncmp(remarks, "limit ", 6), 0);
	free(rows);
	free(remarks);
	str_release(&text);
}

/* -- states ----------------------------------------------------------------------------------- */

static void
the_state_of_a_wide_table_is_small(void **state)
{
	(void)state;
	struct feeder f;
	struct str text = STR_INIT, saved = STR_INIT;
	str_adds(&text, "step");
	for (int i = 0; i < 2000; i++)
		str_addf(&text, ",layers.%d.some_long_name/grad_norm", i);
	str_adds(&text, "\n1");
	for (int i = 0; i < 2000; i++)
		str_adds(&text, ",0.5");
	str_adds(&text, "\n");
	feeder_init(&f, "csv", "");
	feeder_text(&f, str_c(&text));
	f.source->ops->save(f.source, &saved);
	assert_true(saved.len < 2 * 2000 + 100);
	feeder_release(&f);
	str_release(&text);
	str_release(&saved);
}

static void
a_comment_may_be_the_header(void **state)
{
	(void)state;
	csv("# made by a script\n# epoch, train loss\n1.0e+00,5.0e-01\n2.0e+00,2.5e-01\n"
	    "# end\n3,1\n",
	    "epoch=1 train loss=0.5\nepoch=2 train loss=0.25\nepoch=3 train loss=1\n", "");
	/* Another number of names, or other numbers: there is none. */
	csv("# epoch,loss\n1,2,3\n", "row=0 c0=1 c1=2 c2=3\n", "");
	csv("# 5,6\n1,2\n", "row=0 c0=1 c1=2\n", "");
	csv("# a,b\nepoch,loss\n1,2\n", "epoch=1 loss=2\n", "");
	const char *text = "#epoch,loss\n1,2\n2,1\n";
	check_cuts("csv", text, strlen(text));
}

static void
percents_and_tensors_are_numbers(void **state)
{
	(void)state;
	csv("epoch,acc,loss\n1,60.5%,tensor(0.5)\n2,%,\"tensor(0.25, device='cuda:0')\"\n"
	    "3,5%,tensor([1])\n",
	    "epoch=1 acc=60.5 loss=0.5\nepoch=2 loss=0.25\nepoch=3 acc=5\n",
	    "text-cell 35:3 cell 2 is no number: '%'\n"
	    "text-cell 71:4 cell 3 is no number: 'tensor([1])'\n");
}

static void
what_tensorboard_exports_is_called_by_its_file(void **state)
{
	(void)state;
	struct feeder f;
	feeder_init(&f, "csv", "");
	feeder_name(&f, "/r/run-.-tag-train_loss.csv");
	feeder_text(&f, "Wall time,Step,Value\n1650000000.5,0,0.5\n");
	feeder_restart(&f);
	feeder_text(&f, "1650000001.5,10,0.25\n");
	assert_string_equal(recorder_rows_timed(f.sink, "/r/run-.-tag-train_loss.csv"),
			    "step=0 @1650000000.500000 train_loss=0.5\n"
			    "step=10 @1650000001.500000 train_loss=0.25\n");
	feeder_release(&f);
	csv("Wall time,Step,Value\n1650000000.5,0,0.5\n", "step=0 Value=0.5\n", "");
}

static void
no_state_but_its_own_is_loaded(void **state)
{
	(void)state;
	struct feeder f;
	struct str saved = STR_INIT;
	const struct source_ops *ops = source_by_name("csv");
	feeder_init(&f, "csv", "");
	feeder_text(&f, "step,a,time,max_steps,b\n1,2,3,4,x\n2,3,4,5,x\n");
	ops->save(f.source, &saved);
	/* Each beginning is too short, each with a byte behind it too long. */
	for (size_t n = 0; n <= saved.len + 1; n++) {
		struct source *s = ops->new (&f.env);
		char *exact = calloc(1, n + 1);
		memcpy(exact, saved.buf, n < saved.len ? n : saved.len);
		bool loaded = ops->load(s, exact, n);
		assert_int_equal(loaded, n == saved.len);
		free(exact);
		ops->free(s);
	}
	/* With any byte changed it is refused, or works. */
	for (size_t i = 0; i < saved.len; i++) {
		for (int v = 0; v < 256; v++) {
			struct source *s = ops->new (&f.env);
			char *exact = malloc(saved.len);
			memcpy(exact, saved.buf, saved.len);
			exact[i] = (char)v;
			if (ops->load(s, exact, saved.len))
				ops->feed(s, "3,1,2,3,4\nx,y,z\n", 16, 100, true, 1);
			else
				assert_int_not_equal(exact[i], saved.buf[i]);
			free(exact);
			ops->free(s);
		}
	}
	feeder_release(&f);
	str_release(&saved);
}

static void
a_cell_may_repeat_the_unit_that_its_column_names(void **state)
{
	(void)state;
	csv("timestamp, index, utilization.gpu [%], memory.used [MiB], power.draw [W]\n"
	    "2024/01/15 10:30:45.123, 0, 95 %, 20480 MiB, 280.55 W\n"
	    "2024/01/15 10:30:46.125, 0, 97 %, 20481 MB, [N/A]\n",
	    "row=0 index=0 utilization.gpu [%]=95 memory.used [MiB]=20480 power.draw [W]=280.55\n"
	    "row=1 index=0 utilization.gpu [%]=97\n",
	    "text-cell 127:3 cell 4 is no number: '20481 MB'\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_anywhere_the_corpus_gives_the_same_records),
		cmocka_unit_test(cut_anywhere_random_tables_give_the_same_records),
		cmocka_unit_test(libcsv_sees_the_same_cells_as_the_walk),
		cmocka_unit_test(a_record_ends_where_libcsv_ends_it),
		cmocka_unit_test(a_plain_table_is_read_row_by_row),
		cmocka_unit_test(the_delimiter_is_seen_in_the_header),
		cmocka_unit_test(blanks_crlf_and_a_bom_don_t_matter),
		cmocka_unit_test(empty_cells_are_no_points),
		cmocka_unit_test(nan_and_infinities_are_values),
		cmocka_unit_test(quotes_hold_delimiters_newlines_and_quotes),
		cmocka_unit_test(a_quote_that_is_never_closed_costs_one_line),
		cmocka_unit_test(comments_stand_before_the_header_or_between_rows),
		cmocka_unit_test(the_comment_of_stable_baselines_holds_parameters),
		cmocka_unit_test(ragged_rows_keep_what_they_have),
		cmocka_unit_test(a_header_may_come_again_or_change),
		cmocka_unit_test(a_row_without_a_step_is_skipped),
		cmocka_unit_test(a_run_of_nuls_is_one_bad_row),
		cmocka_unit_test(zeros_at_the_end_may_still_become_text),
		cmocka_unit_test(text_before_the_first_number_is_no_remark_but_after_it_is),
		cmocka_unit_test(what_is_the_step),
		cmocka_unit_test(a_fractional_value_is_never_a_step),
		cmocka_unit_test(one_fraction_behind_many_steps_is_the_rest_of_a_line),
		cmocka_unit_test(carriage_returns_alone_may_end_lines),
		cmocka_unit_test(a_byte_order_mark_may_stand_before_any_line),
		cmocka_unit_test(times_become_the_row_s_time),
		cmocka_unit_test(names_get_the_log_s_prefix),
		cmocka_unit_test(a_column_without_a_name_is_left_out),
		cmocka_unit_test(of_two_columns_with_one_name_the_first_is_read),
		cmocka_unit_test(a_table_without_a_header_gets_names),
		cmocka_unit_test(a_total_is_a_parameter_when_it_stays),
		cmocka_unit_test(a_status_says_how_it_ended),
		cmocka_unit_test(a_comma_may_be_the_point_where_semicolons_part),
		cmocka_unit_test(a_line_over_the_limit_is_skipped_however_it_arrives),
		cmocka_unit_test(columns_past_the_limit_are_left_out_with_a_remark),
		cmocka_unit_test(a_name_over_the_limit_is_left_out_with_a_remark),
		cmocka_unit_test(the_state_of_a_wide_table_is_small),
		cmocka_unit_test(a_comment_may_be_the_header),
		cmocka_unit_test(percents_and_tensors_are_numbers),
		cmocka_unit_test(what_tensorboard_exports_is_called_by_its_file),
		cmocka_unit_test(no_state_but_its_own_is_loaded),
		cmocka_unit_test(a_cell_may_repeat_the_unit_that_its_column_names),
	};
	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
