#include "tests/unit/feeder.h"

#include "core/run.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#define RUN "/r/mlruns/0/cb0096518b0e4c66a94428555f05420b"

/* TEXT as the file at PATH, in pieces of PIECE bytes, with a restart after each: what is kept. */
static void
check_file(const char *format, const char *path, const char *text, const char *params,
	   const char *title, const char *said)
{
	size_t n = strlen(text);
	for (size_t piece = n ? n : 1; piece; piece = piece == 1 ? 0 : 1 + piece / 3) {
		struct feeder f;
		feeder_init(&f, format, "");
		f.env.path = path;
		f.source->ops->free(f.source);
		f.source = source_by_name(format)->new (&f.env);
		for (size_t at = 0; at < n; at += piece) {
			feeder_bytes(&f, text + at, piece < n - at ? piece : n - at);
			feeder_restart(&f);
		}
		feeder_end(&f);
		assert_string_equal(recorder_params(f.sink, FEED_RUN), params);
		assert_string_equal(recorder_title(f.sink, FEED_RUN), title);
		assert_string_equal(recorder_said(f.sink, FEED_RUN), said);
		feeder_release(&f);
	}
}

static void
cut_anywhere_the_corpus_gives_the_same_records(void **state)
{
	(void)state;
	check_cuts_of_corpus("mlflow", "tests/fuzz/corpus/mlflow");
}

static void
a_line_is_a_point(void **state)
{
	(void)state;
	check_feed("mlflow",
		   "1700000000000 0.5 0\n1700000001000 nan 1\n1700000002000 1e-3 2 m d 7\n",
		   "step=0 log=0.5\nstep=1 log=nan\nstep=2 log=0.001\n", "");
	char *timed = feed_rows("mlflow", "1700000000250 0.5 3\n", true);
	assert_string_equal(timed, "step=3 @1700000000.250000 log=0.5\n");
	free(timed);
}

static void
a_step_is_read_to_its_last_digit(void **state)
{
	(void)state;
	check_feed("mlflow",
		   "1700000000000 1 9223372036854775807\n1700000000000 2 9007199254740993\n"
		   "1700000000000 3 -9223372036854775808\n1700000000000 4 7.0\n"
		   "1700000000000 5 9223372036854775808\n",
		   "step=9223372036854775807 log=1\nstep=9007199254740993 log=2\n"
		   "step=-9223372036854775808 log=3\nstep=7 log=4\n",
		   "bad-record 126:5 skipped: no time, value and step\n");
}

static void
the_oldest_stores_have_no_step(void **state)
{
	(void)state;
	check_feed("mlflow", "1530000000 0.5\n1530000001 0.25\n",
		   "step=0 log=0.5\nstep=0 log=0.25\n", "");
}

static void
what_is_no_point_is_remarked_on(void **state)
{
	(void)state;
	check_feed("mlflow",
		   "1700000000000 0.5 0\nhello\n\n1700000000000 0.5 x\n1700000000000 1 0.5\n",
		   "step=0 log=0.5\n",
		   "bad-record 20:2 skipped: no time, value and step\n"
		   "bad-record 27:4 skipped: no time, value and step\n"
		   "bad-record 47:5 skipped: no time, value and step\n");
}

static void
parameters_and_tags_are_what_their_file_holds(void **state)
{
	(void)state;
	check_file("mlflow", RUN "/params/optim/lr", "0.001", "optim/lr=0.001\n", "", "");
	check_file("mlflow", RUN "/params/lr", "0.001\n", "lr=0.001\n", "", "");
	check_file("mlflow", RUN "/tags/team", "a b", "tags/team=a b\n", "", "");
	check_file("mlflow", RUN "/tags/mlflow.runName", "fancy-7", "", "fancy-7", "");
	char text[3000], want[3000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	snprintf(want, sizeof want, "long=%.500s\n", text);
	check_file("mlflow", RUN "/params/long", text, want, "", "");
}

static void
meta_yaml_names_the_run_and_says_how_it_ended(void **state)
{
	(void)state;
	check_file("mlflow", RUN "/meta.yaml",
		   "lifecycle_stage: active\nrun_name: 'a: b'\nstatus: 3\n", "", "a: b",
		   "finished");
	check_file("mlflow", RUN "/meta.yaml", "run_name: x\nstatus: 4\nuser_id: me\n", "", "x",
		   "failed");
	check_file("mlflow", RUN "/meta.yaml", "name: ''\nstatus: 5\n", "", "", "cancelled");
	check_file("mlflow", RUN "/meta.yaml", "run_name: ''\nstatus: 1\n", "", "", RUN_BEGUN);
}

static void
a_companion_tells_parameters(void **state)
{
	(void)state;
	check_file("params", "/r/hparams.yaml", "lr: 0.1\nmodel: {layers: 2}\nnone: null\n",
		   "lr=0.1\nmodel/layers=2\n", "", "");
	check_file("params", "/r/config.json",
		   "{\"lr\": 1e-4, \"deep\": {\"a\": [true, \"x\"]}, \"none\": null}",
		   "deep/a/0=true\ndeep/a/1=x\nlr=0.0001\n", "", "");
}

static void
check_part(const char *path, int part, const char *name)
{
	enum mlflow_part got;
	const char *got_name;
	bool is = run_mlflow_part(path, &got, &got_name);
	if (is != (part >= 0) || (is && ((int)got != part || strcmp(got_name, name) != 0)))
		fail_msg("%s: %d %s", path, is ? (int)got : -1, is ? got_name : "");
}

static void
a_path_says_what_a_file_is(void **state)
{
	(void)state;
	check_part(RUN "/metrics/loss", MLFLOW_METRIC, "loss");
	check_part(RUN "/metrics/val/acc", MLFLOW_METRIC, "val/acc");
	check_part(RUN "/metrics/tags/params/x", MLFLOW_METRIC, "tags/params/x");
	check_part(RUN "/params/lr", MLFLOW_PARAM, "lr");
	check_part(RUN "/tags/mlflow.runName", MLFLOW_TAG, "mlflow.runName");
	check_part(RUN "/meta.yaml", MLFLOW_META, "meta.yaml");
	check_part("/x/cb0096518b0e4c66a94428555f05420b/metrics/loss", MLFLOW_METRIC, "loss");
	check_part("/r/mlruns/0/named/metrics/loss", MLFLOW_METRIC, "loss");

	check_part(RUN "/artifacts/metrics/loss", -1, "");
	check_part(RUN "/artifacts/model/meta.yaml", -1, "");
	check_part(RUN "/metrics/", -1, "");
	check_part("/r/mlruns/0/meta.yaml", -1, "");
	check_part("/r/mlruns/0/tags/x", -1, "");
	check_part("/r/mlruns/models/clf/meta.yaml", -1, "");
	check_part("/r/mlruns/models/clf/tags/x", -1, "");
	check_part("/r/mlruns/0/models/m-cb0096518b0e4c66a94428555f05420b/metrics/loss", -1, "");
	check_part("/r/mlruns/0/models/m-cb0096518b0e4c66a94428555f05420b/meta.yaml", -1, "");
	check_part("/r/mlruns/0/traces/cb0096518b0e4c66a94428555f05420b/tags/x", -1, "");
	check_part("/r/exp/metrics/loss", -1, "");
	check_part("/r/recipe/meta.yaml", -1, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_anywhere_the_corpus_gives_the_same_records),
		cmocka_unit_test(a_line_is_a_point),
		cmocka_unit_test(a_step_is_read_to_its_last_digit),
		cmocka_unit_test(the_oldest_stores_have_no_step),
		cmocka_unit_test(what_is_no_point_is_remarked_on),
		cmocka_unit_test(parameters_and_tags_are_what_their_file_holds),
		cmocka_unit_test(meta_yaml_names_the_run_and_says_how_it_ended),
		cmocka_unit_test(a_companion_tells_parameters),
		cmocka_unit_test(a_path_says_what_a_file_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
