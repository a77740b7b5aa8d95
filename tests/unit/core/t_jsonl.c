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

#define jsonl(text, rows, remarks) check_feed("jsonl", text, rows, remarks)

static uint64_t rng_state = 20240301;

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
	check_cuts_of_corpus("jsonl", "tests/fuzz/corpus/jsonl");
}

/* Lines of a few shapes with anything for values, and now and then a byte that is wrong. A restart
 * forgets the shapes, so this also holds both ways of reading a line to the same result. */
static size_t
random_lines(char *out, size_t room)
{
	static const char *const shapes[] = {
		"{\"step\": %s, \"loss\": %s, \"t\": {\"a\": %s, \"b\": [%s, %s]}}\n",
		"{\"step\": %s, \"loss\": %s, \"t\": {\"a\": %s, \"c\": [%s, %s]}}\n",
		"{\"loss\": %s, \"step\": %s, \"epoch\": %s, \"max_steps\": %s, \"time\": %s}\n",
		"{\"config\": {\"a\": %s, \"b\": %s}, \"x\": %s, \"status\": %s, \"y\": %s}\n",
		"{\"val/loss\":%s,\"val/acc\":%s,\"loss\":%s,\"loss\":%s,\"iter\":%s}\r\n",
	};
	static const char *const values[] = {
		"1",
		"2",
		"0.5",
		"-3e2",
		"NaN",
		"Infinity",
		"null",
		"true",
		"\"x\"",
		"\"NaN\"",
		"7",
		"7",
		"\"finished\"",
		"100",
		"1700000000",
		"\"2023-11-14\"",
	};
	size_t n = 0;
	while (n + 160 < room) {
		const char *v[5];
		for (int i = 0; i < 5; i++)
			v[i] = values[rng(16)];
		size_t at = n;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		n += (size_t)snprintf(out + n, room - n, shapes[rng(5)], v[0], v[1], v[2], v[3],
				      v[4]);
#pragma GCC diagnostic pop
		if (!rng(6))
			out[at + rng((uint32_t)(n - at))] = "{}[]\":,\n\\x0 "[rng(12)];
	}
	return n;
}

static void
cut_anywhere_random_lines_give_the_same_records(void **state)
{
	(void)state;
	char text[500];
	for (int i = 0; i < 60; i++) {
		size_t n = random_lines(text, sizeof text);
		check_cuts("jsonl", text, n);
	}
}

static void
a_known_shape_is_read_like_an_unknown_one(void **state)
{
	(void)state;
	static char text[4000];
	for (int i = 0; i < 300; i++) {
		size_t n = random_lines(text, sizeof text);
		struct feeder once, anew;
		feeder_init(&once, "jsonl", "");
		feeder_init(&anew, "jsonl", "");
		feeder_bytes(&once, text, n);
		for (size_t at = 0; at < n;) {
			const char *newline = memchr(text + at, '\n', n - at);
			size_t len = newline ? (size_t)(newline - text) + 1 - at : n - at;
			feeder_bytes(&anew, text + at, len);
			feeder_restart(&anew);
			at += len;
		}
		assert_string_equal(recorder_dump(once.sink), recorder_dump(anew.sink));
		feeder_release(&once);
		feeder_release(&anew);
	}
}

/* -- lines as they are ------------------------------------------------------------------------ */

static void
a_line_is_a_row(void **state)
{
	(void)state;
	jsonl("{\"step\": 1, \"loss\": 0.5}\n{\"step\": 2, \"loss\": 0.25, \"acc\": 1}\n",
	      "step=1 loss=0.5\nstep=2 loss=0.25 acc=1\n", "");
	jsonl("{\"step\":1,\"loss\":0.5}\r\n\n  \n{\"step\":2,\"loss\":0.25}",
	      "step=1 loss=0.5\nstep=2 loss=0.25\n", "");
	jsonl("\xEF\xBB\xBF{\"step\":1,\"loss\":0.5}\n", "step=1 loss=0.5\n", "");
	jsonl("{\"loss\": 1}\n{\"loss\": 2}\n", "row=0 loss=1\nrow=1 loss=2\n", "");
}

static void
nesting_is_joined_with_slashes_and_lists_with_their_index(void **state)
{
	(void)state;
	jsonl("{\"step\":1,\"a\":{\"b\":2,\"c\":{\"d\":3}},\"e\":[4,[5,6],{\"f\":7}],\"g/h\":8,"
	      "\"i\":{},\"j\":[]}\n",
	      "step=1 a/b=2 a/c/d=3 e/0=4 e/1/0=5 e/1/1=6 e/2/f=7 g/h=8\n", "");
}

static void
only_numbers_are_metrics(void **state)
{
	(void)state;
	jsonl("{\"step\":1,\"a\":true,\"b\":null,\"c\":\"x\",\"d\":\"1.5\",\"e\":2}\n"
	      "{\"step\":2,\"a\":3,\"b\":4,\"c\":5,\"d\":6,\"e\":false}\n",
	      "step=1 e=2\nstep=2 a=3 b=4 c=5 d=6\n", "");
}

static void
nan_and_infinities_are_values_but_not_as_texts(void **state)
{
	(void)state;
	jsonl("{\"step\":1,\"a\":NaN,\"b\":Infinity,\"c\":-Infinity}\n",
	      "step=1 a=nan b=inf c=-inf\n", "");
	jsonl("{\"step\":1,\"a\":1}\n{\"step\":2,\"a\":\"NaN\"}\n", "step=1 a=1\n",
	      "text-cell 17:2 'a' is the text \"NaN\", no number\n");
}

static void
what_is_the_step(void **state)
{
	(void)state;
	static const struct {
		const char *line, *row;
	} cases[] = {
		{"{\"step\":1,\"iteration\":2,\"a\":3}", "step=2 a=3 step=1\n"},
		{"{\"epoch\":1,\"iter\":2,\"global_step\":3,\"a\":4}",
		 "step=3 a=4 epoch=1 iter=2\n"},
		{"{\"epoch\":1,\"a\":4}", "epoch=1 a=4\n"},
		{"{\"epoch\":0.5,\"a\":4}", "row=0 a=4 epoch=0.5\n"},
		{"{\"step\":1.5,\"epoch\":2,\"a\":4}", "epoch=2 a=4 step=1.5\n"},
		{"{\"step\":null,\"epoch\":2,\"a\":4}", "epoch=2 a=4\n"},
		{"{\"step\":\"7\",\"a\":4}", "row=0 a=4\n"},
		{"{\"Step\":7,\"a\":4}", "step=7 a=4\n"},
		{"{\"train\":{\"global_step\":7,\"step\":8},\"a\":4}", "step=7 train/step=8 a=4\n"},
		{"{\"time/total_timesteps\":7,\"a\":4}", "step=7 a=4\n"},
		{"{\"steps\":7,\"a\":4}", "row=0 steps=7 a=4\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		/* The first line is read with more care than the others. */
		char text[300], rows[200];
		snprintf(text, sizeof text, "{\"z\":0,\"loss\":1}\n%s\n", cases[i].line);
		struct feeder f;
		feeder_init(&f, "jsonl", "");
		feeder_text(&f, text);
		const char *got = strchr(recorder_rows(f.sink, FEED_PATH), '\n') + 1;
		snprintf(rows, sizeof rows, "%s", cases[i].row);
		/* Only the first line's row came before. */
		if (!strncmp(rows, "row=0", 5))
			rows[4] = '1';
		assert_string_equal(got, rows);
		feeder_release(&f);
	}
}

static void
a_step_with_fractions_is_none_from_then_on(void **state)
{
	(void)state;
	jsonl("{\"loss\":4,\"epoch\":0.5}\n{\"loss\":3,\"epoch\":1.0}\n{\"loss\":2,\"epoch\":1.5}\n"
	      "{\"val\":1,\"epoch\":2}\n{\"loss\":1,\"epoch\":2,\"step\":40}\n",
	      "row=0 loss=4 epoch=0.5\nrow=1 loss=3 epoch=1\nrow=2 loss=2 epoch=1.5\n"
	      "row=3 val=1 epoch=2\nstep=40 loss=1 epoch=2\n",
	      "");
	/* Beside a step an epoch may have as many as it likes. */
	jsonl("{\"loss\":4,\"epoch\":0.5,\"step\":5}\n{\"val\":3,\"epoch\":1.0}\n",
	      "step=5 loss=4 epoch=0.5\nepoch=1 val=3\n", "");
	/* Behind many that were whole it is a slip. */
	struct str text = STR_INIT, rows = STR_INIT;
	for (int i = 0; i < 12; i++) {
		str_addf(&text, "{\"step\":%d%s,\"a\":1}\n", i, i == 9 ? ".5" : "");
		if (i == 9)
			str_adds(&rows, "row=9 a=1 step=9.5\n");
		else
			str_addf(&rows, "step=%d a=1\n", i);
	}
	jsonl(str_c(&text), str_c(&rows), "");
	check_cuts("jsonl", str_c(&text), text.len);
	str_release(&text);
	str_release(&rows);
}

static void
a_validation_row_of_mmengine_counts_epochs(void **state)
{
	(void)state;
	jsonl("{\"loss\":3,\"epoch\":1,\"iter\":50,\"step\":50}\n"
	      "{\"loss\":2,\"epoch\":1,\"iter\":100,\"step\":100}\n"
	      "{\"acc/top1\":50,\"step\":1}\n"
	      "{\"loss\":1,\"epoch\":2,\"iter\":150,\"step\":150}\n"
	      "{\"acc/top1\":60,\"step\":2}\n"
	      "{\"lone\":60,\"step\":151}\n",
	      "step=50 loss=3 epoch=1 iter=50\nstep=100 loss=2 epoch=1 iter=100\nepoch=1 "
	      "acc/top1=50\n"
	      "step=150 loss=1 epoch=2 iter=150\nepoch=2 acc/top1=60\nstep=151 lone=60\n",
	      "");
}

static void
a_comma_at_the_end_of_a_line_is_nothing(void **state)
{
	(void)state;
	jsonl("{\"step\":1,\"loss\":2},\n{\"step\":2,\"loss\":1}, \r\n{\"step\":3,\"loss\":0},,\n",
	      "step=1 loss=2\nstep=2 loss=1\n", "bad-record 44:3 skipped: no JSON object\n");
}

static void
bad_lines_are_remarked_and_the_next_is_read(void **state)
{
	(void)state;
	jsonl("{\"step\":1,\"a\":1}\n<<<<<<< HEAD\n{\"step\":2,\"a\n[1,2]\n7\n{\"step\":3,"
	      "\"a\":1}{\"step\":4,\"a\":1}\n"
	      "{\"step\":5,\"a\":5}\n",
	      "step=1 a=1\nstep=5 a=5\n",
	      "bad-record 17:2 skipped: no JSON object\nbad-record 30:3 skipped: no JSON object\n"
	      "bad-record 43:4 skipped: no JSON object\nbad-record 49:5 skipped: no JSON object\n"
	      "bad-record 51:6 skipped: no JSON object\n");
}

static void
a_bad_line_leaves_no_trace_of_its_good_beginning(void **state)
{
	(void)state;
	struct feeder f;
	feeder_init(&f, "jsonl", "");
	feeder_text(&f,
		    "{\"step\":1,\"max_steps\":5,\"a\":1}\n{\"step\":2,\"max_steps\":5,\"a\":2\n"
		    "{\"step\":3,\"max_steps\":6,\"a\":1}\n");
	assert_string_equal(recorder_params(f.sink, FEED_RUN), "");
	feeder_text(&f, "{\"step\":4,\"max_steps\":6,\"a\":1}\n");
	assert_string_equal(recorder_params(f.sink, FEED_RUN), "max_steps=6\n");
	feeder_release(&f);
}

static void
a_key_that_comes_twice_counts_once(void **state)
{
	(void)state;
	jsonl("{\"step\":1,\"a\":1,\"a\":2,\"b\":{\"c\":3},\"b/c\":4}\n{\"step\":2,\"a\":1,\"a\":2,"
	      "\"b\":{\"c\":3},\"b/c\":4}\n",
	      "step=1 a=1 b/c=3\nstep=2 a=1 b/c=3\n", "");
}

static void
keys_are_unescaped(void **state)
{
	(void)state;
	jsonl("{\"step\":1,\"\\u0061\\/b\":2,\"c\\u0000d\":3,\"c d\":4,\"\":5}\n",
	      "step=1 a/b=2 c d=3\n", "");
}

static void
times_become_the_row_s_time(void **state)
{
	(void)state;
	char *rows = feed_rows("jsonl",
			       "{\"step\":1,\"a\":1,\"timestamp\":1700000000.25}\n"
			       "{\"step\":2,\"a\":1,\"timestamp\":\"2023-11-14T22:13:20.5Z\"}\n"
			       "{\"step\":3,\"a\":1,\"time\":0.25}\n"
			       "{\"step\":4,\"a\":1,\"timestamp\":\"soon\"}\n",
			       true);
	assert_string_equal(rows, "step=1 @1700000000.250000 a=1\nstep=2 @1700000000.500000 a=1\n"
				  "step=3 @- a=1 time=0.25\nstep=4 @- a=1\n");
	free(rows);
}

static void
check_params(const char *text, const char *params, const char *rows)
{
	struct feeder f;
	feeder_init(&f, "jsonl", "");
	feeder_text(&f, text);
	assert_string_equal(recorder_params(f.sink, FEED_RUN), params);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), rows);
	feeder_release(&f);
}

static void
a_config_holds_parameters(void **state)
{
	(void)state;
	check_params(
		"{\"config\": {\"lr\": 0.1, \"opt\": {\"name\": \"sgd \\\"x\\\"\"}, \"amp\": true, "
		"\"n\": null}}\n",
		"amp=true\nlr=0.1\nopt/name=sgd \"x\"\n", "row=0 config/lr=0.1\n");
	/* In a row with a step it is what it seems. */
	check_params("{\"loss\":1,\"step\":1}\n{\"step\": 2, \"config\": {\"lr\": 0.1}}\n", "",
		     "step=1 loss=1\nstep=2 config/lr=0.1\n");
}

static void
a_first_line_without_step_and_metrics_describes_the_run(void **state)
{
	(void)state;
	check_params(
		"{\"seed\": 3, \"exp\": \"a\", \"cuda\": false}\n{\"seed\": 4, \"exp\": \"b\"}\n",
		"cuda=false\nexp=a\nseed=3\n", "row=0 seed=3\nrow=1 seed=4\n");
	check_params("{\"loss\": 3, \"split\": \"a\"}\n", "", "row=0 loss=3\n");
	check_params("{\"step\": 3, \"name\": \"a\", \"x\": 1}\n", "", "step=3 x=1\n");
}

static void
a_total_is_a_parameter_when_it_stays(void **state)
{
	(void)state;
	check_params("{\"step\":1,\"total_steps\":50}\n{\"step\":2,\"total_steps\":50}\n",
		     "total_steps=50\n", "step=1 total_steps=50\nstep=2 total_steps=50\n");
	check_params(
		"{\"step\":1,\"epochs\":1}\n{\"step\":2,\"epochs\":2}\n{\"step\":3,\"epochs\":3}\n",
		"", "step=1 epochs=1\nstep=2 epochs=2\nstep=3 epochs=3\n");
}

static void
a_status_says_how_it_ended(void **state)
{
	(void)state;
	struct feeder f;
	feeder_init(&f, "jsonl", "");
	feeder_text(&f, "{\"step\":1,\"loss\":1,\"status\":\"running\"}\n");
	assert_string_equal(recorder_said(f.sink, FEED_RUN), "");
	feeder_text(&f, "{\"event\":\"failed\"}\n");
	assert_string_equal(recorder_said(f.sink, FEED_RUN), "failed");
	/* A last word about what was is no resumption; another step is. */
	feeder_text(&f, "{\"final_loss\":1}\n{\"step\":1,\"test_loss\":2}\n");
	assert_string_equal(recorder_said(f.sink, FEED_RUN), "failed");
	feeder_restart(&f);
	feeder_text(&f, "{\"step\":2,\"loss\":1}\n");
	assert_string_equal(recorder_said(f.sink, FEED_RUN), "resumed");
	feeder_release(&f);
}

/* -- limits ----------------------------------------------------------------------------------- */

static void
deep_nesting_is_skipped_with_a_remark(void **state)
{
	(void)state;
	struct str text = STR_INIT;
	str_adds(&text, "{\"step\":1,\"a\":");
	for (int i = 0; i < SOURCE_MAX_DEPTH; i++)
		str_adds(&text, "{\"a\":");
	str_adds(&text, "1");
	for (int i = 0; i < SOURCE_MAX_DEPTH; i++)
		str_adds(&text, "}");
	str_adds(&text, "}\n{\"step\":2,\"a\":1}\n");
	jsonl(str_c(&text), "step=2 a=1\n", "limit 0:1 skipped: nested deeper than 64\n");
	str_release(&text);
}

static void
a_line_over_the_limit_is_skipped_however_it_arrives(void **state)
{
	(void)state;
	size_t n = SOURCE_MAX_RECORD + 1;
	struct str text = STR_INIT;
	str_adds(&text, "{\"step\":1,\"a\":1}\n");
	for (size_t i = 0; i < n; i += 64)
		str_adds(&text, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
	str_adds(&text, "\n{\"step\":2,\"a\":1}\n");
	for (int pieces = 0; pieces < 2; pieces++) {
		struct feeder f;
		feeder_init(&f, "jsonl", "");
		size_t piece = pieces ? 3 << 20 : text.len;
		for (size_t at = 0; at < text.len; at += piece) {
			feeder_bytes(&f, text.buf + at,
				     piece < text.len - at ? piece : text.len - at);
			feeder_restart(&f);
		}
		assert_string_equal(recorder_rows(f.sink, FEED_PATH), "step=1 a=1\nstep=2 a=1\n");
		assert_string_equal(recorder_remarks(f.sink, FEED_PATH),
				    "limit 17:2 skipped: a line of more than 16777216 bytes\n");
		feeder_release(&f);
	}
	str_release(&text);
}

static void
names_past_the_limits_are_left_out_and_counted(void **state)
{
	(void)state;
	struct str text = STR_INIT;
	struct feeder f;
	struct log_info li;
	for (int line = 0; line < 2; line++) {
		str_adds(&text, "{\"loss\":1");
		for (int i = 0; i < SOURCE_MAX_COLUMNS + 5; i++)
			str_addf(&text, ",\"m%d\":%d", i, i);
		str_adds(&text, "}\n");
	}
	str_adds(&text, "{\"step\":2,\"a");
	for (int i = 0; i < SOURCE_MAX_NAME; i++)
		str_addc(&text, 'a');
	str_adds(&text, "\":1,\"loss\":1}\n");
	feeder_init(&f, "jsonl", "");
	feeder_text(&f, str_c(&text));
	assert_true(f.sink->ops->log_find(f.sink, FEED_PATH, &li));
	assert_int_equal(li.columns, SOURCE_MAX_COLUMNS);
	assert_int_equal(li.points, 2 * SOURCE_MAX_COLUMNS + 1);
	/* Six, then twelve; the thirteenth is not worth another. */
	assert_int_equal(li.remarks, 2);
	assert_non_null(strstr(recorder_remarks(f.sink, FEED_PATH), "6 numbers left out so far"));
	assert_non_null(strstr(recorder_remarks(f.sink, FEED_PATH), "12 numbers left out so far"));
	/* Another process learns the names anew, and no more of them. */
	feeder_restart(&f);
	feeder_text(&f, "{\"step\":3,\"m19998\":1,\"m7\":1,\"new\":1}\n");
	assert_true(f.sink->ops->log_find(f.sink, FEED_PATH, &li));
	assert_int_equal(li.points, 2 * SOURCE_MAX_COLUMNS + 3);
	assert_int_equal(li.remarks, 2);
	feeder_release(&f);
	str_release(&text);
}

static void
zeros_at_the_end_may_still_become_text(void **state)
{
	(void)state;
	/* A hole in a file on NFS reads as zeros, and later as what was written there. */
	struct feeder f;
	feeder_init(&f, "jsonl", "");
	feeder_bytes(&f, "{\"step\":1,\"a\":1}\n\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 37);
	str_reset(&f.pending);
	feeder_text(&f, "{\"step\":2,\"a\":1}\n{\"step\":3,\"a\":1}\n");
	assert_string_equal(recorder_rows(f.sink, FEED_PATH),
			    "step=1 a=1\nstep=2 a=1\nstep=3 a=1\n");
	feeder_release(&f);
}

static void
no_state_but_its_own_is_loaded(void **state)
{
	(void)state;
	struct feeder f;
	struct str saved = STR_INIT;
	const struct source_ops *ops = source_by_name("jsonl");
	feeder_init(&f, "jsonl", "");
	feeder_text(&f,
		    "{\"step\":1,\"max_steps\":5,\"epochs\":3,\"a\":1}\n{\"status\":\"done\"}\n");
	ops->save(f.source, &saved);
	for (size_t n = 0; n <= saved.len + 1; n++) {
		struct source *s = ops->new (&f.env);
		char *exact = calloc(1, n + 1);
		memcpy(exact, saved.buf, n < saved.len ? n : saved.len);
		assert_int_equal(ops->load(s, exact, n), n == saved.len);
		free(exact);
		ops->free(s);
	}
	for (size_t i = 0; i < saved.len; i++) {
		for (int v = 0; v < 256; v++) {
			struct source *s = ops->new (&f.env);
			saved.buf[i] ^= (char)v;
			if (ops->load(s, saved.buf, saved.len))
				ops->feed(s, "{\"step\":2,\"max_steps\":5,\"a\":1}\n", 31, 100,
					  true, 1);
			saved.buf[i] ^= (char)v;
			ops->free(s);
		}
	}
	feeder_release(&f);
	str_release(&saved);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_anywhere_the_corpus_gives_the_same_records),
		cmocka_unit_test(cut_anywhere_random_lines_give_the_same_records),
		cmocka_unit_test(a_known_shape_is_read_like_an_unknown_one),
		cmocka_unit_test(a_line_is_a_row),
		cmocka_unit_test(nesting_is_joined_with_slashes_and_lists_with_their_index),
		cmocka_unit_test(only_numbers_are_metrics),
		cmocka_unit_test(nan_and_infinities_are_values_but_not_as_texts),
		cmocka_unit_test(what_is_the_step),
		cmocka_unit_test(a_step_with_fractions_is_none_from_then_on),
		cmocka_unit_test(a_validation_row_of_mmengine_counts_epochs),
		cmocka_unit_test(a_comma_at_the_end_of_a_line_is_nothing),
		cmocka_unit_test(bad_lines_are_remarked_and_the_next_is_read),
		cmocka_unit_test(a_bad_line_leaves_no_trace_of_its_good_beginning),
		cmocka_unit_test(a_key_that_comes_twice_counts_once),
		cmocka_unit_test(keys_are_unescaped),
		cmocka_unit_test(times_become_the_row_s_time),
		cmocka_unit_test(a_config_holds_parameters),
		cmocka_unit_test(a_first_line_without_step_and_metrics_describes_the_run),
		cmocka_unit_test(a_total_is_a_parameter_when_it_stays),
		cmocka_unit_test(a_status_says_how_it_ended),
		cmocka_unit_test(deep_nesting_is_skipped_with_a_remark),
		cmocka_unit_test(a_line_over_the_limit_is_skipped_however_it_arrives),
		cmocka_unit_test(names_past_the_limits_are_left_out_and_counted),
		cmocka_unit_test(zeros_at_the_end_may_still_become_text),
		cmocka_unit_test(no_state_but_its_own_is_loaded),
	};
	return cmocka_run_group_tests_name("jsonl", tests, NULL, NULL);
}
