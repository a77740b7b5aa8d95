#include "tests/unit/feeder.h"

#include "core/json_flat.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#define json(text, rows, remarks) check_feed("json", text, rows, remarks)

static uint64_t rng_state = 20240907;

static uint32_t
rng(uint32_t below)
{
	rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(rng_state >> 33) % below;
}

static void
check_params(const char *text, const char *want)
{
	struct feeder f;
	feeder_init(&f, "json", "");
	feeder_text(&f, text);
	feeder_end(&f);
	assert_string_equal(recorder_params(f.sink, FEED_RUN), want);
	feeder_release(&f);
}

/* -- properties ------------------------------------------------------------------------------- */

static void
cut_anywhere_the_corpus_gives_the_same_records(void **state)
{
	(void)state;
	check_cuts_of_corpus("json", "tests/fuzz/corpus/json");
}

/* A value of some depth, with now and then a byte that is wrong. */
static void
random_value(struct str *out, int depth)
{
	static const char *const scalars[] = {"1",    "2.5",        "-3e2",    "NaN", "null",
					      "true", "\"x\\\"y\"", "\"NaN\"", "100", "1700000000"};
	static const char *const keys[] = {"step", "loss",       "log_history", "values",  "epoch",
					   "meta", "iterations", "max_steps",   "a\\u0041"};
	uint32_t kind = depth > 4 ? 0 : rng(4);
	if (kind < 2) {
		str_adds(out, scalars[rng(10)]);
		return;
	}
	str_adds(out, kind == 2 ? "{" : "[");
	for (uint32_t i = 0, n = rng(5); i < n; i++) {
		if (i)
			str_adds(out, rng(2) ? ",\n " : ",");
		if (kind == 2)
			str_addf(out, "\"%s\": ", keys[rng(9)]);
		random_value(out, depth + 1);
	}
	str_adds(out, kind == 2 ? "}" : "]");
	if (!rng(60))
		out->buf[rng((uint32_t)out->len)] = "{}[]\":,\n\\x0 "[rng(12)];
}

static void
cut_anywhere_anything_gives_the_same_records(void **state)
{
	(void)state;
	for (int i = 0; i < 60; i++) {
		struct str text = STR_INIT;
		while (text.len < 40)
			random_value(&text, 0);
		if (text.len > 600)
			text.len = 600;
		check_cuts("json", str_c(&text), text.len);
		str_release(&text);
	}
}

static void
a_value_ends_where_its_brackets_and_quotes_do(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int ends; /* -1: it goes on */
	} values[] = {
		{"{}x", 2},         {"[1,[2]],", 7}, {" {\"a\":\"}\"}", 10},
		{"\"a\\\"b\" ", 6}, {"12,", 2},      {"12", -1},
		{"{\"a\":[", -1},   {"\"a\\", -1},   {"true]", 4},
		{"", -1},           {"   ", -1},
	};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		const char *text = values[i].text, *end = text + strlen(text);
		for (const char *cut = text; cut <= end; cut++) {
			struct json_skim s = {0};
			const char *q = json_skim(&s, text, cut);
			if (!q)
				q = json_skim(&s, cut, end);
			assert_int_equal(q ? q - text : -1, values[i].ends);
		}
	}
}

/* -- a trainer's state ------------------------------------------------------------------------ */

static const char trainer[] =
	"{\n  \"best_metric\": 0.25,\n  \"best_model_checkpoint\": \"out/checkpoint-20\",\n"
	"  \"epoch\": 2.0,\n  \"global_step\": 20,\n  \"is_hyper_param_search\": false,\n"
	"  \"log_history\": [\n"
	"    {\n      \"epoch\": 1.0,\n      \"loss\": 0.5,\n      \"step\": 10\n    },\n"
	"    {\n      \"epoch\": 1.0,\n      \"eval_loss\": NaN,\n      \"step\": 10\n    },\n"
	"    {\n      \"loss\": 0.25,\n      \"step\": 20\n    }\n  ],\n"
	"  \"max_steps\": 30,\n  \"total_flos\": 7,\n  \"num_train_epochs\": 3,\n"
	"  \"stateful_callbacks\": {\"TrainerControl\": {\"args\": {\"should_log\": false}}},\n"
	"  \"trial_name\": null,\n  \"trial_params\": {\"lr\": 0.001}\n}\n";

static void
a_trainers_history_are_rows_by_step(void **state)
{
	(void)state;
	json(trainer,
	     "step=10 epoch=1 loss=0.5\nstep=10 epoch=1 eval_loss=nan\nstep=20 loss=0.25\n", "");
}

static void
what_a_trainer_was_told_are_parameters(void **state)
{
	(void)state;
	check_params(trainer, "best_metric=0.25\nbest_model_checkpoint=out/checkpoint-20\n"
			      "max_steps=30\nnum_train_epochs=3\ntrial_params/lr=0.001\n");
}

static void
rows_are_taken_before_the_end_is_there(void **state)
{
	(void)state;
	struct feeder f;
	feeder_init(&f, "json", "");
	feeder_text(&f, "{\"global_step\": 2, \"log_history\": [{\"loss\": 1, \"step\": 1}, {\"lo");
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "step=1 loss=1\n");
	assert_int_equal(f.source->ops->ended(f.source), SOURCE_OPEN);
	feeder_text(&f, "ss\": 2, \"step\": 2}]}");
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "step=1 loss=1\nstep=2 loss=2\n");
	assert_int_equal(f.source->ops->ended(f.source), SOURCE_WHOLE);
	feeder_release(&f);
}

static void
a_history_that_stops_in_the_middle_is_remarked_on(void **state)
{
	(void)state;
	json("{\"log_history\": [\n{\"loss\": 1, \"step\": 1},\n{\"loss\": 2,", "step=1 loss=1\n",
	     "bad-record 42:3 skipped: its end is missing\n");
	json("{\"log_history\": [{\"loss\": 1, \"step\": 1}, 7, {\"loss\": 2, \"step\": 2}, 8]}",
	     "step=1 loss=1\nstep=2 loss=2\n",
	     "structure 41:1 left out: an element that is no object\n");
	json("{\"log_history\": [{\"loss\": 1, \"step\": 1}, {\"loss\"},"
	     " {\"loss\": 2, \"step\": 2}]}",
	     "step=1 loss=1\nstep=2 loss=2\n", "bad-record 41:1 skipped: no JSON\n");
}

/* -- arrays ----------------------------------------------------------------------------------- */

static void
the_step_of_an_array_is_step_iteration_or_epoch(void **state)
{
	(void)state;
	json("[{\"epoch\": 1, \"step\": 10, \"loss\": 2},"
	     " {\"epoch\": 1, \"iteration\": 7, \"loss\": 3},"
	     " {\"epoch\": 2, \"loss\": 4}, {\"loss\": 5}, {\"step\": 1.5, \"loss\": 6}]",
	     "step=10 epoch=1 loss=2\nstep=7 epoch=1 loss=3\nepoch=2 loss=4\nrow=3 loss=5\n"
	     "row=4 step=1.5 loss=6\n",
	     "");
	json("[{\"step\": 1, \"a\": {\"step\": 5, \"b\": [1, 2]}, \"c\": \"7\", \"d\": true}]",
	     "step=1 a/step=5 a/b/0=1 a/b/1=2\n", "");
	/* One with fractions is none from then on. */
	json("[{\"epoch\": 0.5, \"loss\": 4}, {\"epoch\": 1, \"loss\": 3}]",
	     "row=0 epoch=0.5 loss=4\nrow=1 epoch=1 loss=3\n", "");
	json("[]", "", "");
}

/* -- documents -------------------------------------------------------------------------------- */

static void
every_number_of_a_document_is_a_metric_without_a_step(void **state)
{
	(void)state;
	json("{\n  \"epoch\": 3.0,\n  \"eval\": {\"loss\": 0.5, \"f1\": [0.1, 0.2]},\n"
	     "  \"step\": 7, \"name\": \"x\", \"ok\": true\n}\n",
	     "none epoch=3 eval/loss=0.5 eval/f1/0=0.1 eval/f1/1=0.2 step=7\n", "");
	json("\xEF\xBB\xBF{\"a\": 1}", "none a=1\n", "");
	json("{}", "", "");
}

static void
golden_values_are_series_by_step(void **state)
{
	(void)state;
	json("{\"lm loss\": {\"start_step\": 1, \"end_step\": 11, \"step_interval\": 5,"
	     " \"values\": {\"1\": 10.5, \"6\": 9, \"11\": \"nan\"}},"
	     " \"mem\": {\"start_step\": 1, \"step_interval\": 5, \"values\": [3, 4]}}",
	     "step=1 lm loss=10.5 mem=3\nstep=6 lm loss=9 mem=4\nstep=11 lm loss=nan\n", "");
	json("{\"a\": {\"values\": [1, 2]}, \"b\": 3}", "none a/values/0=1 a/values/1=2 b=3\n", "");
}

static void
catboosts_metrics_are_called_by_their_names(void **state)
{
	(void)state;
	json("{\n\"meta\":{\"test_metrics\":[{\"best_value\":\"Min\",\"name\":\"Logloss\"}],"
	     "\"learn_metrics\":[{\"name\":\"Logloss\"},{\"name\":\"AUC\"}],"
	     "\"iteration_count\":100},\n"
	     "\"iterations\":[\n{\"learn\":[0.6,0.5],\"iteration\":0,\"passed_time\":0.1,"
	     "\"test\":[0.7]},\n{\"learn\":[0.5,0.6],\"iteration\":1,\"passed_time\":0.2,"
	     "\"test\":[0.6]}\n]}\n",
	     "step=0 learn/Logloss=0.6 learn/AUC=0.5 passed_time=0.1 test/Logloss=0.7\n"
	     "step=1 learn/Logloss=0.5 learn/AUC=0.6 passed_time=0.2 test/Logloss=0.6\n",
	     "");
}

static void
what_tensorboard_exports_is_a_series(void **state)
{
	(void)state;
	const char *text =
		"[[1650000000.5, 0, 0.5], [1650000001.5, 10, \"NaN\"],\n[1650000002.5, 20, "
		"0.25], [1, 2], [1650000003.5, 30.5, 1], {\"step\": 40, \"x\": 1}]";
	struct feeder f;
	feeder_init(&f, "json", "");
	feeder_name(&f, "/r/run-v1-tag-train_loss.json");
	feeder_text(&f, text);
	feeder_end(&f);
	assert_string_equal(recorder_rows_timed(f.sink, "/r/run-v1-tag-train_loss.json"),
			    "step=0 @1650000000.500000 train_loss=0.5\n"
			    "step=10 @1650000001.500000 train_loss=nan\n"
			    "step=20 @1650000002.500000 train_loss=0.25\n"
			    "step=40 @- x=1\n");
	feeder_release(&f);
	/* In a file of another name they may be anything. */
	json(text, "step=40 x=1\n", "structure 1:1 left out: an element that is no object\n");
}

static void
what_stands_behind_the_end_is_left_out(void **state)
{
	(void)state;
	json("[{\"step\": 1, \"a\": 2}]\n{\"step\": 2, \"a\": 3}],\n", "step=1 a=2\n",
	     "bad-record 22:2 left out: what stands behind the end\n");
	json("{\"a\": 1}\n{\"a\": 2}\n{\"a\": 3}\n", "none a=1\n",
	     "bad-record 9:2 left out: what stands behind the end\n");
}

static void
a_second_object_says_that_it_is_no_document(void **state)
{
	(void)state;
	struct feeder f;
	feeder_init(&f, "json", "");
	feeder_text(&f, "{\"a\": 1}\n");
	assert_int_equal(f.source->ops->ended(f.source), SOURCE_WHOLE);
	/* Of which nothing is taken before its line has ended. */
	feeder_text(&f, "{\"a\": 2}");
	assert_int_equal(f.source->ops->ended(f.source), SOURCE_WHOLE);
	feeder_text(&f, "\n");
	assert_int_equal(f.source->ops->ended(f.source), SOURCE_MISTAKEN);
	feeder_release(&f);
}

/* -- limits ----------------------------------------------------------------------------------- */

static void
nesting_without_end_costs_a_remark(void **state)
{
	(void)state;
	struct str text = STR_INIT;
	str_adds(&text, "[{\"step\": 1, \"a\": 1}, {\"step\": 2, \"b\": ");
	for (int i = 0; i < 1000000; i++)
		str_addc(&text, '[');
	for (int i = 0; i < 1000000; i++)
		str_addc(&text, ']');
	str_adds(&text, "}, {\"step\": 3, \"a\": 3}]");
	json(str_c(&text), "step=1 a=1\nstep=3 a=3\n",
	     "limit 22:1 skipped: nested deeper than 64\n");
	str_release(&text);
}

static void
a_value_that_is_too_long_is_passed_over(void **state)
{
	(void)state;
	size_t n = SOURCE_MAX_RECORD + 1000;
	struct feeder f;
	feeder_init(&f, "json", "");
	feeder_text(&f, "{\"log_history\": [{\"step\": 1, \"a\": 1}, {\"step\": 2, \"t\": \"");
	char *text = malloc(n + 1);
	memset(text, '{', n);
	text[n] = '\0';
	feeder_text(&f, text);
	feeder_restart(&f);
	feeder_text(&f, "\\\"}\"}, {\"step\": 3, \"a\": 3}], \"z\": \"");
	feeder_text(&f, text);
	feeder_text(&f, "\", \"max_steps\": 9}");
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "step=1 a=1\nstep=3 a=3\n");
	assert_string_equal(recorder_params(f.sink, FEED_RUN), "max_steps=9\n");
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH),
			    "limit 38:1 skipped: a value of more than 16777216 bytes\n"
			    "limit 16778301:1 skipped: a value of more than 16777216 bytes\n");
	feeder_release(&f);
	free(text);
}

static void
names_that_are_too_long_or_twice_there_do_no_harm(void **state)
{
	(void)state;
	char text[SOURCE_MAX_NAME + 200], name[SOURCE_MAX_NAME + 2];
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	snprintf(text, sizeof text, "[{\"step\": 1, \"%s\": 1, \"a\": 2, \"a\": 3}]", name);
	char *rows = feed_rows("json", text, false);
	assert_string_equal(rows, "step=1 a=2\n");
	free(rows);
	json("[{\"step\": 1, \"a\\u0000b\": 1, \"\": 2}]", "step=1 a b=1\n", "");
}

static void
steps_may_be_listed_beside_values(void **state)
{
	(void)state;
	/* as Sacred's observer of files does */
	json("{\"loss\": {\"steps\": [0, 10, 20], \"timestamps\": [\"2021-01-01\", \"\", \"\"],"
	     " \"values\": [3, 2, 1]}, \"acc\": {\"values\": [0.5], \"steps\": [10]}}",
	     "step=0 loss=3\nstep=10 loss=2 acc=0.5\nstep=20 loss=1\n", "");
	/* another number of them is something else */
	json("{\"loss\": {\"steps\": [5], \"values\": [3, 2]}}", "step=0 loss=3\nstep=1 loss=2\n",
	     "");
}

/* -- columns ----------------------------------------------------------------------------------- */

static void
members_that_are_columns(void **state)
{
	(void)state;
	json("{\"loss\": [0.5, 0.25, NaN], \"val_loss\": [1, null, 2], \"classes\": [1, 2],\n"
	     " \"matrix\": [[1, 2, 3], [4, 5, 6], [7, 8, 9]], \"best\": 0.25}\n",
	     "row=0 loss=0.5 val_loss=1\nrow=1 loss=0.25\nrow=2 loss=nan val_loss=2\n", "");
	json("{\"epochs\": [1, 2], \"train\": {\"logloss\": [0.5, 0.25]}, \"lr\": [0.1, 0.1]}",
	     "epoch=1 train/logloss=0.5 lr=0.1\nepoch=2 train/logloss=0.25 lr=0.1\n", "");
	json("{\"loss\":{\"0\":0.5,\"1\":0.25},\"acc\":{\"0\":1,\"1\":2}}",
	     "row=0 loss=0.5 acc=1\nrow=1 loss=0.25 acc=2\n", "");
	/* what is measured now and then; other lists are no metrics */
	json("{\"train_loss\": [3, 2, 1], \"layers\": [64, 32], \"val_loss\": [2, 1],"
	     " \"val_acc\": [0.5, 0.75]}",
	     "row=0 train_loss=3\nrow=1 train_loss=2\nrow=2 train_loss=1\n"
	     "row=0 val_loss=2 val_acc=0.5\nrow=1 val_loss=1 val_acc=0.75\n",
	     "");
	json("{\"step\": [10, 20, 30], \"loss\": [3, 2, 1], \"val_loss\": [2, 1]}",
	     "step=10 loss=3\nstep=20 loss=2\nstep=30 loss=1\nrow=0 val_loss=2\nrow=1 val_loss=1\n",
	     "");
	static const char *const long_lists[] = {"loss", "rewards"};
	for (int k = 0; k < 2; k++) {
		struct str text = STR_INIT, rows = STR_INIT;
		str_addf(&text, "{\"%s\": [0", long_lists[k]);
		str_addf(&rows, "row=0 %s=0\n", long_lists[k]);
		for (int i = 1; i < 40; i++) {
			str_addf(&text, ", %d", i);
			str_addf(&rows, "row=%d %s=%d\n", i, long_lists[k], i);
		}
		str_adds(&text, "], \"n\": 7}");
		json(str_c(&text), str_c(&rows), "");
		str_release(&text);
		str_release(&rows);
	}
	/* a short list alone, or none that is measured, is a document as any other */
	json("{\"loss\": [0.5, 0.25], \"x\": 1}", "none loss/0=0.5 loss/1=0.25 x=1\n", "");
	json("{\"a\": [1, 2], \"b\": [3, 4]}", "none a/0=1 a/1=2 b/0=3 b/1=4\n", "");
}

static void
members_that_are_rows(void **state)
{
	(void)state;
	json("{\"epoch_1\": {\"loss\": 4, \"val\": {\"acc\": 0.5}},"
	     " \"epoch_2\": {\"loss\": 2}}\n",
	     "epoch=1 loss=4 val/acc=0.5\nepoch=2 loss=2\n", "");
	json("{\"Step 10\": {\"acc\": 0.5, \"step\": 7}, \"Step 20\": {\"acc\": 0.75}}",
	     "step=10 acc=0.5 step=7\nstep=20 acc=0.75\n", "");
	json("{\"0\": {\"train_loss\": 4}, \"1\": {\"train_loss\": 2}}",
	     "epoch=0 train_loss=4\nepoch=1 train_loss=2\n", "");
	/* numbers of classes, of models; something besides */
	json("{\"0\": {\"precision\": 0.5}, \"1\": {\"precision\": 1}}",
	     "none 0/precision=0.5 1/precision=1\n", "");
	json("{\"fold_0\": {\"loss\": 0.5}, \"fold_1\": {\"loss\": 1}}",
	     "none fold_0/loss=0.5 fold_1/loss=1\n", "");
	json("{\"epoch_1\": {\"loss\": 0.5}, \"best\": 1}", "none epoch_1/loss=0.5 best=1\n", "");
}

static void
what_stands_beside_columns_the_run_was_told(void **state)
{
	(void)state;
	check_params("{\"model\": \"cnn\", \"config\": {\"lr\": 0.5, \"a\": {\"b\": true}},"
		     " \"history\": {\"loss\": [3, 2], \"acc\": [1, 2]}, \"best\": 0.25}",
		     "a/b=true\nbest=0.25\nlr=0.5\nmodel=cnn\n");
	json("{\"config\": {\"lr\": 0.5}, \"best\": 3, \"test\": {\"acc\": 0.5, \"of\": [1, 2, 3]},"
	     " \"loss\": [3, 2], \"val_loss\": [1, 2]}",
	     "none test/acc=0.5\nrow=0 loss=3 val_loss=1\nrow=1 loss=2 val_loss=2\n", "");
	check_params("{\"args\": {\"lr\": 0.5}, \"log\": [{\"loss\": 1, \"epoch\": 1}], \"n\": 3}",
		     "lr=0.5\nn=3\n");
}

static void
rows_within_a_document(void **state)
{
	(void)state;
	static const char text[] = "{\"model\": \"cnn\", \"best\": 0.5, \"history\": [\n"
				   "  {\"epoch\": 1, \"loss\": 0.5},\n"
				   "  {\"epoch\": 2, \"loss\": 0.25}], \"seed\": 7}\n";
	json(text, "epoch=1 loss=0.5\nepoch=2 loss=0.25\n", "");
	check_params(text, "best=0.5\nmodel=cnn\nseed=7\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_may_be_listed_beside_values),
		cmocka_unit_test(members_that_are_columns),
		cmocka_unit_test(members_that_are_rows),
		cmocka_unit_test(what_stands_beside_columns_the_run_was_told),
		cmocka_unit_test(rows_within_a_document),
		cmocka_unit_test(cut_anywhere_the_corpus_gives_the_same_records),
		cmocka_unit_test(cut_anywhere_anything_gives_the_same_records),
		cmocka_unit_test(a_value_ends_where_its_brackets_and_quotes_do),
		cmocka_unit_test(a_trainers_history_are_rows_by_step),
		cmocka_unit_test(what_a_trainer_was_told_are_parameters),
		cmocka_unit_test(rows_are_taken_before_the_end_is_there),
		cmocka_unit_test(a_history_that_stops_in_the_middle_is_remarked_on),
		cmocka_unit_test(the_step_of_an_array_is_step_iteration_or_epoch),
		cmocka_unit_test(every_number_of_a_document_is_a_metric_without_a_step),
		cmocka_unit_test(golden_values_are_series_by_step),
		cmocka_unit_test(catboosts_metrics_are_called_by_their_names),
		cmocka_unit_test(what_tensorboard_exports_is_a_series),
		cmocka_unit_test(what_stands_behind_the_end_is_left_out),
		cmocka_unit_test(a_second_object_says_that_it_is_no_document),
		cmocka_unit_test(nesting_without_end_costs_a_remark),
		cmocka_unit_test(a_value_that_is_too_long_is_passed_over),
		cmocka_unit_test(names_that_are_too_long_or_twice_there_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
