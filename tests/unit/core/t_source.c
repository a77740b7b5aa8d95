#include "core/source.h"

#include "core/xalloc.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static const char *const verdicts[] = {"no", "more", "leave", "yes"};

/* How much of a file is shown. */
static size_t shown = SOURCE_HEAD;

/* "yes csv", "leave", "more", "no". */
static const char *
verdict(const char *path, const char *text, size_t n, bool forced)
{
	static char out[40];
	const struct source_ops *ops;
	size_t head = n < shown ? n : shown;
	char *exact = xmemdup(text, head);
	struct probe p = {
		.path = path,
		.head = exact,
		.nhead = head,
		.whole = head == n,
		.forced = forced,
		.reason = STR_INIT,
	};
	enum probe_verdict v = source_probe(&p, &ops);
	assert_true((v == PROBE_YES) == (ops != NULL));
	if (v == PROBE_YES || v == PROBE_LEAVE)
		assert_true(p.reason.len > 0);
	snprintf(out, sizeof out, "%s%s%s", verdicts[v], ops ? " " : "", ops ? ops->name : "");
	free(exact);
	str_release(&p.reason);
	return out;
}

struct file {
	const char *path, *text, *want;
};

static void
check(const struct file *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = verdict(f[i].path, f[i].text, strlen(f[i].text), false);
		if (strcmp(got, f[i].want))
			fail_msg("%s: %s, should be %s\n%s", f[i].path, got, f[i].want, f[i].text);
	}
}
#define check_files(f) check(f, sizeof(f) / sizeof *(f))

static void
tables_with_a_step_a_time_or_a_metric_are_logs(void **state)
{
	(void)state;
	static const struct file files[] = {
		{"/r/a.csv", "step,x\n1,2\n", "yes csv"},
		{"/r/a.csv", "x,epoch\n1,2\n", "yes csv"},
		{"/r/a.tsv", "x\tEpoch\n1\t2\n", "yes csv"},
		{"/r/train_log.csv", "timestamp,x\n2024-01-01 00:00:00,2\n", "yes csv"},
		{"/r/a.csv", "timestamp,gpu_util\n2024-01-01 00:00:00,2\n", "yes csv"},
		{"/r/a.csv", "timestamp, power.draw [W]\n0.5, 2 W\n1.0, 3 W\n", "yes csv"},
		{"/r/a.csv", "x,train/loss\n1,2\n", "yes csv"},
		{"/r/a.csv", "loss\n1\n", "yes csv"},
		{"/r/a.csv", "a,train_loss,b,c,d\n1,2,3,4,5\n", "yes csv"},
		{"/r/loss.csv", "a,loss,b,c,d\n1,2,3,4,5\n", "yes csv"},
		{"/r/log.csv", "test/score,train/episodes\n1,2\n", "yes csv"},
		{"/r/a.csv", "step,x\r1,2\r", "yes csv"},
		{"/r/progress.csv", "x,y\n1,2\n", "yes csv"},
		{"/r/a.csv", "# epoch,loss\n1.0,2.5\n2.0,1.5\n", "yes csv"},
		{"/r/a.csv", "Episode,Reward,Steps\n1,-20,200\n2,-18,210\n", "yes csv"},
		{"/r/a.csv", "Episode,Title,Day\n1,2,3\n2,3,4\n", "leave"},
		{"/r/0.monitor.csv", "#{\"t_start\": 1.5}\nr,l,t\n1,2,3\n", "yes csv"},
		{"/r/training.log", "epoch,acc,loss\r\n0,0.5,7.4\r\n", "yes csv"},
		{"/r/results.csv", "   epoch,   train/box_loss\n       0,   0.06\n", "yes csv"},
		{"/r/metrics.csv", "a_loss,step,b\n,0,\n0.5,1,\n", "yes csv"},
		{"/r/log.csv", "train_loss,best,lr\n0.5,True,NA\n0.4,False,1e-3\n", "yes csv"},
		{"/r/log.csv", "phase,epoch,loss\ntrain,0,0.5\nval,0,0.4\n", "yes csv"},
	};
	check_files(files);
}

static void
other_tables_are_left_alone_with_a_reason(void **state)
{
	(void)state;
	static const struct file files[] = {
		/* ratings come in no order; f1 beside f0 is a feature */
		{"/r/ratings.csv",
		 "user,item,rating,timestamp\n1,31,2.5,1260759144\n1,9,3,1260759179\n"
		 "2,7,4,835355493\n"
		 "2,8,5,835355681\n3,1,3,1298861675\n3,2,3,964982703\n4,5,4,949810645\n",
		 "leave"},
		{"/r/table.csv", "f0,f1,f2,target\n0.1,0.2,0.3,1\n0.4,0.5,0.6,0\n", "leave"},
		{"/r/scores.csv", "f1,precision\n0.1,0.2\n0.4,0.5\n", "yes csv"},
		{"/r/gpu.csv", "timestamp,power\n10,5\n20,6\n30,7\n10,8\n20,9\n30,5\n", "yes csv"},
		{"/r/train.csv", "PassengerId,Survived,Pclass,Name\n1,0,3,\"Braund, Mr.\"\n",
		 "leave"},
		{"/r/iris.csv", "sepal_length,sepal_width,species\n5.1,3.5,setosa\n", "leave"},
		{"/r/sales.csv", "date,store,sales\n2023-11-14,1,5.5\n", "leave"},
		{"/r/numbers.csv", "1,2\n3,4\n", "leave"},
		{"/r/numbers.csv", "# epoch,loss\n1,2,3\n3,4,5\n", "leave"},
		{"/r/numbers.csv", "# x,y\n1,2\n3,4\n", "leave"},
		{"/r/words.csv", "step,word\none,two\nthree,four\n", "leave"},
		/* lists of things */
		{"/r/metrics.csv", "Model,Accuracy,F1\nSVM,0.9,0.8\nKNN,0.8,0.7\n", "leave"},
		{"/r/results.csv", "n,seconds\n10,0.5\n100,0.25\n", "leave"},
		{"/r/results.csv", "date,home,goals\n1872-11-30,Scotland,0\n", "leave"},
		{"/r/progress.csv", "student,lesson\nAnn,1\nBob,2\n", "leave"},
		/* a time alone may be that of anything, and a word may mean anything */
		{"/r/prices.csv", "timestamp,open,close\n1600000000,2,3\n1600000060,3,4\n",
		 "leave"},
		{"/r/log.csv", "time,temperature\n2024-01-01 00:00:00,12\n", "leave"},
		{"/r/lab.csv", "time [s],level [V]\n0.5,2\n1.0,3\n", "leave"},
		{"/r/history.csv", "time,volume\n0.5,2\n1.0,3\n", "leave"},
		{"/r/monitor.csv", "time,url,ms\n2024-01-01 00:00:00,https://a.b,12\n", "leave"},
		{"/r/places.csv", "lat,lon,accuracy,speed\n40.5,-70.5,12,1.5\n", "leave"},
		{"/r/influence.csv", "case,resid_pearson,rate,volume,hat\n1,0.5,2,3,4\n", "leave"},
		{"/r/patients.csv", "place,age,sex,wt.loss,meals\n1,60,1,5,3\n", "leave"},
		{"/r/places.csv", "epoch,lat,lon\n1600000000,40.5,-70.5\n", "leave"},
		/* what each did at each step of a simulation */
		{"/r/payments_log.csv",
		 "step,who,amount\n1,Ann,5\n1,Bob,6\n1,Cid,7\n2,Ann,8\n2,Bob,9\n2,Dan,10\n",
		 "leave"},
		{"/r/satellites.csv", "epoch,period\n10.25,95.5\n11.5,90.1\n", "leave"},
	};
	check_files(files);
	/* Unless somebody says that they are logs. */
	const char *numbers = "1,2\n3,4\n", *iris = files[1].text;
	assert_string_equal(verdict("/r/numbers.csv", numbers, strlen(numbers), true), "yes csv");
	assert_string_equal(verdict("/r/iris.csv", iris, strlen(iris), true), "yes csv");
}

static void
text_with_commas_is_no_table(void **state)
{
	(void)state;
	static const struct file files[] = {
		/* the bar of the first epoch says it before it is a row */
		{"/r/train.log", "Epoch 1/9:   0%|  | 1/99 [00:01<10:11,  1.9it/s, loss=2.5]\r",
		 "yes text"},
		{"/r/train.log", "Epoch 1, loss 0.5, acc 0.3\nEpoch 2, loss 0.4, acc 0.5\n",
		 "yes text"},
		{"/r/train.log", "Hello, world\nstep 1, loss 2\n", "more"},
		{"/r/log.txt", "epoch, loss are printed below\n1 0.5\n2 0.4\n", "more"},
		{"/r/log.txt", "0 val 10.98\n0 hella 0.24\n", "yes text"},
		{"/r/slurm-1.out", "step: 1, loss: 0.5\nstep: 2, loss: 0.4\n", "yes text"},
		{"/r/out.log", "iter 10, lr=0.1\n", "more"},
		{"/r/a.yaml", "batch_size: 256\nepochs: 3\n", "no"},
		{"/r/a.py", "import os, sys\nloss, acc = f()\n", "no"},
		{"/r/m.prom", "# HELP x y\nx{a=\"0\",b=\"1\"} 5.0\nx{a=\"1\",b=\"1\"} 6.0\n", "no"},
	};
	check_files(files);
}

static void
json_lines_with_a_step_a_time_or_a_metric_are_logs(void **state)
{
	(void)state;
	static const struct file files[] = {
		{"/r/a.jsonl", "{\"step\": 1, \"x\": 2}\n", "yes jsonl"},
		{"/r/a.jsonl", "{\"loss\": 2}\n", "yes jsonl"},
		{"/r/a.jsonl", "{\"Loss/D\": {\"num\": 5, \"mean\": 0.5}, \"timestamp\": 1.5}\n",
		 "yes jsonl"},
		{"/r/log.txt", "{\"train\": {\"loss\": 2}, \"epoch\": 3}\n", "yes jsonl"},
		{"/r/metrics.json", "{\"iteration\": 1, \"x\": 2}\n{\"iteration\": 2, \"x\": 2}\n",
		 "yes jsonl"},
		{"/r/m.json", "<<<<<<< HEAD\n{\"step\": 1, \"x\": 2}\n{\"step\": 1, \"x\": 2}\n",
		 "yes jsonl"},
		{"/r/a.jsonl", "{\"config\": \"x\"}\n{\"step\": 1, \"x\": NaN}\n", "yes jsonl"},
		{"/r/train.jsonl", "{\"timestamp\": \"2024-01-01\", \"x\": 2}\n", "yes jsonl"},
		{"/r/a.jsonl", "{\"time\": 5.5, \"host\": \"a\", \"gpu.0\": 2}\n", "yes jsonl"},
	};
	check_files(files);
}

static void
documents_and_data_sets_are_no_json_lines(void **state)
{
	(void)state;
	static const struct file files[] = {
		{"/r/vocab.json", "{\"loss\": 1, \"step\": 2}\n", "more"},
	};
	check_files(files);
	struct str text = STR_INIT;
	for (int i = 0; i < 100; i++)
		str_addf(&text, "{\"id\": %d, \"text\": \"a loss\", \"label\": 1}\n", i);
	assert_string_equal(verdict("/r/train.jsonl", text.buf, text.len, false), "leave");
	assert_string_equal(verdict("/r/train.jsonl", text.buf, text.len, true), "yes jsonl");
	/* What a server logs. */
	str_reset(&text);
	for (int i = 0; i < 100; i++)
		str_addf(&text, "{\"level\":30,\"time\":17000000%02d,\"pid\":7,\"msg\":\"ok\"}\n",
			 i);
	assert_string_equal(verdict("/r/app.log", text.buf, text.len, false), "more");
	str_reset(&text);
	for (int i = 0; i < 100; i++)
		str_addf(&text, "{\"time\":17000000%02d,\"user\":\"a\",\"ms\":%d}\n", i, i);
	assert_string_equal(verdict("/r/log.jsonl", text.buf, text.len, false), "leave");
	/* What an agent did; what was generated, and what it was worth to a trainer. */
	str_reset(&text);
	for (int i = 0; i < 100; i++)
		str_addf(&text, "{\"step\":%d,\"action\":\"click\",\"x\":%d}\n", i, i);
	assert_string_equal(verdict("/r/a.jsonl", text.buf, text.len, false), "leave");
	str_reset(&text);
	str_adds(&text, "{\"step\":1,\"prompt\":\"a\",\"mean_reward\":0.5}\n");
	assert_string_equal(verdict("/r/a.jsonl", text.buf, text.len, false), "yes jsonl");
	str_reset(&text);
	for (int i = 0; i < 100; i++)
		str_addf(&text, "{\"time\":17000000%02d,\"temperature\":%d}\n", i, i);
	assert_string_equal(verdict("/r/a.jsonl", text.buf, text.len, false), "leave");
	str_reset(&text);
	str_adds(&text, "{\"time\": 1700000000, \"gpu\": 0.5}\n");
	assert_string_equal(verdict("/r/gpu.jsonl", text.buf, text.len, false), "yes jsonl");
	str_reset(&text);
	str_adds(&text, "{\"time\": 1700000000, \"msg\": \"train\", \"loss\": 0.5}\n");
	assert_string_equal(verdict("/r/app.jsonl", text.buf, text.len, false), "yes jsonl");
	str_release(&text);
}

static void
json_that_a_trainer_writes_is_a_log(void **state)
{
	(void)state;
	static const struct file files[] = {
		{"/r/all_results.json", "{\n    \"epoch\": 24.29,\n    \"train_loss\": 0.86\n}\n",
		 "yes json"},
		{"/r/all_results.json", "{\n    \"epoch\": 24.29,\n", "more"},
		{"/r/training_history.json", "{\"loss\": [2, 1], \"acc\": [1, 2]}", "yes json"},
		{"/r/history.json", "{\"loss\": [2.5, 2, 1], \"acc\": [1, 2", "yes json"},
		{"/r/history.json", "{\"loss\":{\"0\":2,\"1\":1},\"x\":{\"0\":1,\"1\":2}}",
		 "yes json"},
		{"/r/evals_result.json", "{\"a\":{\"auc\":[1,2]},\"b\":{\"auc\":[2,3]}}",
		 "yes json"},
		{"/r/train_log.json", "{\"n\": 3, \"history\": [{\"epoch\": 1, \"loss\": 2}]}",
		 "yes json"},
		{"/r/net.json", "{\"n\": 3, \"epochs\": [{\"epoch\": 1, \"loss\": 2}]}",
		 "yes json"},
		{"/r/train_log.json", "{\"n\": 3, \"history\": [{\"loss\": 2}]}", "yes json"},
		{"/r/net.json", "{\"n\": 3, \"train_loss\": [3, 2], \"val_loss\": [3, 2]}",
		 "yes json"},
		{"/r/net.json", "{\"epoch_1\": {\"acc\": 1}, \"epoch_2\": {\"acc\": 1}}",
		 "yes json"},
		{"/r/run-a-tag-b.json", "[[1650000000.5, 1, 2.5], [1650000001", "yes json"},
		{"/r/run-a-tag-b.json", "[[1650000000.5, 1, 2.5, 3]]", "no"},
		{"/r/run-a.json", "[[1650000000.5, 1, 2.5]]", "no"},
		{"/r/log", "[\n{\"main/loss\": 2, \"iteration\": 1}\n]", "yes json"},
		{"/r/x.json", "{\n  \"log_history\": [\n    {\n      \"loss\": 1\n", "yes json"},
		{"/r/x.json", "{\n  \"log_history\": [\n", "more"},
		{"/r/x.json", "{\n  \"log_history\": []\n}\n", "more"},
		{"/r/a.json", "[\n{\"loss\": 1, \"step\": 1},\n{\"loss\": 1, \"step\": 2}\n]\n",
		 "yes json"},
		{"/r/a.json", "[{\"x\": 1, \"epoch\": 1}]", "yes json"},
		{"/r/history.json", "[{\"loss\": 1, \"val_loss\": 1}]", "yes json"},
		{"/r/training_log.json", "[{\"loss\": 1, \"val_loss\": 1}]", "yes json"},
		{"/r/training_statistics.json",
		 "{\"frequency\": {\"n\": 1}, \"training\": {\"loss\": [2, 1]},"
		 " \"test\": {\"loss\": [2, 1]}}",
		 "yes json"},
		{"/r/losses.json", "{\"train_loss\": [3, 2, 1], \"val_loss\": [2, 1]}", "yes json"},
		{"/r/c.json",
		 "{\n\"meta\":{\"a\":1},\n\"iterations\":[\n{\"learn\":[1],\"iteration\":0},",
		 "yes json"},
		{"/r/golden_values.json",
		 "{\"lm loss\": {\"start_step\": 1, \"values\": {\"1\": 2.5}}}", "yes json"},
		{"/r/metrics.json", "{\"train_loss\": 0.86, \"epoch\": 24.29}", "yes json"},
		{"/r/metrics.json", "{\"train_loss\": 0.86, \"epoch\": 24.29}\n", "yes json"},
		{"/r/eval_metrics.json", "{\n \"test\": {\"accuracy\": 0.5}\n}\n", "yes json"},
		{"/r/metrics.json", "{\"step\": 1, \"loss\": 1}\n{\"step\": 2, \"loss\": 3}\n",
		 "yes jsonl"},
	};
	check_files(files);
}

static void
other_json_is_left_alone(void **state)
{
	(void)state;
	static const struct file files[] = {
		{"/r/package.json", "{\n  \"name\": \"x\",\n  \"version\": \"1.0.0\"\n}\n", "no"},
		{"/r/tsconfig.json", "{\n  // comments\n  \"compilerOptions\": {}\n}\n", "no"},
		{"/r/model_config.json", "{\n  \"hidden_size\": 768,\n  \"loss\": 1\n}\n", "no"},
		{"/r/tokenizer.json",
		 "{\n  \"model\": {\"vocab\": {\"loss\": 1, \"step\": 2}}\n}\n", "no"},
		{"/r/results.json", "[{\"image_id\": 1, \"category_id\": 2, \"score\": 0.5}]",
		 "leave"},
		{"/r/data.json", "[{\"question\": \"a\", \"loss\": 1}]", "leave"},
		{"/r/catalog.json", "[{\"name\": \"a\", \"accuracy\": 1}]", "leave"},
		{"/r/data.json", "[1, 2, 3]", "no"},
		{"/r/data.json", "[[1, 2], [3, 4]]", "no"},
		{"/r/data.json", "\"text\"", "no"},
		{"/r/net.json", "{\"n\": 3, \"history\": [{\"loss\": 2}]}", "more"},
		{"/r/net.json", "{\"n\": 3, \"loss\": [3, 2], \"acc\": [3, 2]}", "more"},
		{"/r/folds.json", "{\"0\": {\"acc\": 1}, \"1\": {\"acc\": 1}}", "more"},
		{"/r/summary.json", "{\n \"total\": {\"lines\": {\"total\": 5, \"pct\": 99}}\n}",
		 "no"},
		{"/r/x.json", "{\n  \"log_history\": \"none\"\n}\n", "no"},
		{"/r/x.json", "{\n  \"iterations\": [1, 2]\n}\n", "no"},
	};
	check_files(files);
	static const struct file companions[] = {
		{"/r/config.json", "{\"hidden_size\": 768}", "yes params"},
		{"/r/hparams.yaml", "lr: 1\n", "yes params"},
		{"/r/hparams.yaml", "just words\n", "more"},
		{"/r/checkpoint-5/config.json", "{\"hidden_size\": 768}", "more"},
		{"/r/mlruns/0/cb0096518b0e4c66a94428555f05420b/artifacts/config.yaml", "a: 1\n",
		 "no"},
		/* what MLflow was given to keep, and a directory that is only called so */
		{"/r/mlruns/0/cb0096518b0e4c66a94428555f05420b/artifacts/metrics.csv",
		 "step,loss\n1,0.5\n2,0.4\n", "leave"},
		{"/r/artifacts/metrics.csv", "step,loss\n1,0.5\n2,0.4\n", "yes csv"},
	};
	check(companions, sizeof companions / sizeof *companions);
}

static void
what_cannot_be_told_yet_is_asked_again(void **state)
{
	(void)state;
	static const struct file files[] = {
		{"/r/a.csv", "", "more"},
		{"/r/a.csv", "step,lo", "more"},
		{"/r/a.csv", "step,loss\n", "more"},
		{"/r/a.csv", "step,loss\n1,0.", "more"},
		{"/r/a.csv", "# a comment\n", "more"},
		{"/r/a.jsonl", "{\"step\": 1, \"lo", "more"},
		{"/r/a.jsonl", "{\"config\": {\"a\": 1}}\n", "more"},
		{"/r/a.log", "Hello", "more"},
	};
	check_files(files);
}

static void
what_is_no_text_is_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
	} files[] = {
		{"\x1F\x8B\x08\0step,loss\n1,2\n", 18}, {"\x89PNG\r\n\x1A\n", 8},
		{"PK\3\4step,loss\n1,2\n", 18},         {"\x80\2}q\0X\5\0\0\0step", 15},
		{"\0\0\0\0\0\0\0\0step", 12},
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		assert_string_equal(verdict("/r/a.csv", files[i].bytes, files[i].n, false), "no");
	/* But a run of NULs is what a crash leaves in any log. */
	static const char holed[] = "step,loss\n1,2\n\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\n3,4\n"
				    "5,6\n7,8\n9,10\n";
	assert_string_equal(verdict("/r/a.csv", holed, sizeof holed - 1, false), "yes csv");
}

static void
a_wandb_file_is_known_by_its_first_bytes(void **state)
{
	(void)state;
	static const char begun[] = ":W&B\xE1\xBE\0\x1B\xDF\x05\xA5\0\0\1";
	for (size_t n = 1; n < sizeof begun; n++)
		assert_string_equal(verdict("/r/run-x.wandb", begun, n, false),
				    n < 6 ? "more" : "yes wandb");
	/* The name doesn't matter. A later version does. */
	assert_string_equal(verdict("/r/x", begun, sizeof begun - 1, false), "yes wandb");
	assert_string_equal(verdict("/r/x.wandb", ":W&B\xE1\xBE\1\x1B\xDF", 9, false), "leave");
	assert_string_equal(verdict("/r/x.wandb", ":W&B\xE1\xBF\0\x1B\xDF", 9, false), "no");
}

/* Whatever it holds: the `.wandb` file says the same. */
static void
what_wandb_keeps_beside_its_log_is_none(void **state)
{
	(void)state;
	static const char log[] = "step,loss\n1,2\n2,3\n";
	static const char *const paths[] = {
		"/r/wandb/run-20260211_121423-x/files/metrics.csv",
		"/r/wandb/run-20260211_121423-x/files/media/table/a.csv",
		"/r/other/offline-run-20260211_121423-x/logs/debug.log",
		"/home/u/.cache/wandb/logs/core-debug-20260211_121423.log",
	};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		assert_string_equal(verdict(paths[i], log, sizeof log - 1, false), "leave");
		assert_string_equal(verdict(paths[i], log, sizeof log - 1, true), "yes csv");
		/* Of pictures not a word. */
		assert_string_equal(verdict(paths[i], "\x89PNG\r\n\x1A\n", 8, false), "no");
		assert_string_equal(verdict(paths[i], "step,", 5, false), "no");
	}
	static const char *const logs[] = {
		"/r/wandb/run-20260211_121423-x/metrics.csv",
		"/r/files/metrics.csv",
		"/r/wandb/files/metrics.csv",
		"/r/wandb/run-20260211_121423-x/files/output.log",
	};
	for (size_t i = 0; i < sizeof logs / sizeof *logs; i++)
		assert_string_equal(verdict(logs[i], log, sizeof log - 1, false), "yes csv");
}

/* What is printed into a watched directory must not come back as a run. */
static void
what_mm_wrote_itself_is_no_log(void **state)
{
	(void)state;
	static const char *const own[][2] = {
		{"/r/x.csv", "run,metric,step,time,value,segment,attempt\na,loss,1,2,0.5,0,1\n"},
		{"/r/x.json", "{\"run\": \"a\", \"metric\": \"loss\", \"step\": 1, \"time\": 2.5, "
			      "\"value\": 0.5, \"segment\": 0, \"attempt\": 1}\n"},
		{"/r/x.jsonl", "{\"run\":\"a\",\"root\":null,\"path\":\"/r/a\",\"state\":\"lost\","
			       "\"last_step\":7,\"loss\":{\"last\":1}}\n"},
		{"/home/u/.local/share/mm/journal/host.jsonl",
		 "{\"time\":1700000000.5,\"host\":\"h\",\"run\":\"/r/a\",\"ack\":1.5}\n"},
	};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		assert_string_equal(verdict(own[i][0], own[i][1], strlen(own[i][1]), false),
				    "leave");
	assert_string_equal(verdict(own[0][0], own[0][1], strlen(own[0][1]), true), "yes csv");
	/* Others name a run, too. */
	static const char two[] =
		"{\"run\": \"a\", \"step\": 1, \"loss\": 0.5}\n{\"run\": \"a\", \"step\": 2, "
		"\"loss\": 0.4}\n";
	static const char *const logs[] = {
		"run,step,loss\na,1,0.5\na,2,0.4\n",
		two,
		"{\"time\": 1, \"host\": \"h\", \"run\": \"/r/a\", \"loss\": 1.5}\n",
	};
	assert_string_equal(verdict("/r/x.csv", logs[0], strlen(logs[0]), false), "yes csv");
	assert_string_equal(verdict("/r/x.jsonl", logs[1], strlen(logs[1]), false), "yes jsonl");
	assert_string_equal(verdict("/r/x.jsonl", logs[2], strlen(logs[2]), false), "yes jsonl");
}

static void
a_header_longer_than_the_head_is_enough_for_a_csv(void **state)
{
	(void)state;
	struct str text = STR_INIT;
	str_adds(&text, "step");
	while (text.len < 2 * SOURCE_HEAD)
		str_addf(&text, ",layer%zu/grad_norm", text.len);
	assert_string_equal(verdict("/r/a.csv", text.buf, text.len, false), "yes csv");
	assert_string_equal(verdict("/r/a.txt", text.buf, text.len, false), "leave");
	str_reset(&text);
	str_adds(&text, "{\"step\": 1");
	while (text.len < 2 * SOURCE_HEAD)
		str_addf(&text, ",\"layer%zu/grad_norm\": 1", text.len);
	assert_string_equal(verdict("/r/a.jsonl", text.buf, text.len, false), "yes jsonl");
	assert_string_equal(verdict("/r/vocab.json", text.buf, text.len, false), "no");
	str_release(&text);
}

static void
no_beginning_of_a_log_is_given_up(void **state)
{
	(void)state;
	static const struct file files[] = {
		{"/r/a.csv", "step,loss\n1,0.5\n2,0.4\n", "yes csv"},
		{"/r/metrics.csv", "train_loss,step,val_loss\r\n0.5,49,\r\n,99,0.25\r\n",
		 "yes csv"},
		{"/r/a.jsonl", "{\"step\": 1, \"a\": [1, {\"b\": \"c\"}]}\n{\"step\": 2}\n",
		 "yes jsonl"},
		{"/r/scalars.json", "{\"step\": 1, \"loss\": 1}\n{\"step\": 2, \"loss\": 3}\n",
		 "yes jsonl"},
		{"/r/trainer_state.json",
		 "{\n \"epoch\": 1,\n \"log_history\": [\n {\"loss\": 1, \"step\": 1}\n ]\n}\n",
		 "yes json"},
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		size_t n = strlen(files[i].text);
		for (size_t k = 0; k <= n; k++) {
			const char *got = verdict(files[i].path, files[i].text, k, false);
			if (strcmp(got, "more") && strcmp(got, files[i].want))
				fail_msg("%.*s: %s", (int)k, files[i].text, got);
		}
	}
}

static void
a_full_head_is_never_asked_again(void **state)
{
	(void)state;
	static const char *const names[] = {"/r/a.csv", "/r/a.jsonl", "/r/a.json", "/r/a.log"};
	static const char *const fills[] = {
		"#\n", "\n", " ", "x", "{", "a,b\n", "{\"a\":\"b\"}\n", "\"\n", "step,a\n", "1,"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		for (size_t k = 0; k < sizeof fills / sizeof *fills; k++) {
			struct str text = STR_INIT;
			while (text.len < SOURCE_DEEP + 10)
				str_adds(&text, fills[k]);
			/* Of what is called a log more is looked at, once. */
			bool more = !strcmp(verdict(names[i], text.buf, text.len, false), "more");
			if (more != (strstr(names[i], ".log") != NULL))
				fail_msg("%s full of %s", names[i], fills[k]);
			shown = SOURCE_DEEP;
			if (!strcmp(verdict(names[i], text.buf, text.len, false), "more"))
				fail_msg("%s very full of %s", names[i], fills[k]);
			shown = SOURCE_HEAD;
			str_release(&text);
		}
	}
}

static void
every_format_is_found_by_its_name(void **state)
{
	(void)state;
	for (int i = 0; source_table[i]; i++)
		assert_ptr_equal(source_by_name(source_table[i]->name), source_table[i]);
	assert_null(source_by_name("xls"));
}

static void
the_step_column_is_the_first_of_the_list(void **state)
{
	(void)state;
	static const char *const names[] = {"loss", "Epoch", "trainer/global_step", "iter"};
	static const size_t lens[] = {4, 5, 19, 4};
	enum step_unit unit = STEP_ROW;
	assert_int_equal(source_step_column(names, lens, 4, &unit), 2);
	assert_int_equal(unit, STEP_STEP);
	assert_int_equal(source_step_column(names, lens, 2, &unit), 1);
	assert_int_equal(unit, STEP_EPOCH);
	assert_int_equal(source_step_column(names, lens, 1, &unit), -1);
}

static void
event_files_of_a_directory_go_on_one_from_the_other(void **state)
{
	(void)state;
	assert_true(source_continues("tfevents", "/r/tfevents.2", "/r/tfevents.1"));
	assert_true(source_follows("tfevents", "/r/tfevents.1", "/r/tfevents.2"));
	assert_false(source_follows("tfevents", "/r/tfevents.2", "/r/tfevents.1"));
	assert_false(source_follows("tfevents", "/r/tfevents.1", "/r/tfevents.1"));
	assert_false(source_continues("tfevents", "/r/tfevents.1", "/r/eval/tfevents.1"));
	assert_false(source_continues("tfevents", "/r/eval/tfevents.1", "/r/tfevents.1"));
	assert_false(source_continues("tfevents", "/r/a/tfevents.1", "/r/b/tfevents.1"));
	assert_false(source_continues("csv", "/r/a.csv", "/r/b.csv"));
	assert_false(source_continues("no such", "/r/a", "/r/b"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_with_a_step_a_time_or_a_metric_are_logs),
		cmocka_unit_test(other_tables_are_left_alone_with_a_reason),
		cmocka_unit_test(text_with_commas_is_no_table),
		cmocka_unit_test(json_lines_with_a_step_a_time_or_a_metric_are_logs),
		cmocka_unit_test(documents_and_data_sets_are_no_json_lines),
		cmocka_unit_test(json_that_a_trainer_writes_is_a_log),
		cmocka_unit_test(other_json_is_left_alone),
		cmocka_unit_test(what_cannot_be_told_yet_is_asked_again),
		cmocka_unit_test(what_is_no_text_is_nothing),
		cmocka_unit_test(a_wandb_file_is_known_by_its_first_bytes),
		cmocka_unit_test(what_wandb_keeps_beside_its_log_is_none),
		cmocka_unit_test(what_mm_wrote_itself_is_no_log),
		cmocka_unit_test(a_header_longer_than_the_head_is_enough_for_a_csv),
		cmocka_unit_test(no_beginning_of_a_log_is_given_up),
		cmocka_unit_test(a_full_head_is_never_asked_again),
		cmocka_unit_test(every_format_is_found_by_its_name),
		cmocka_unit_test(event_files_of_a_directory_go_on_one_from_the_other),
		cmocka_unit_test(the_step_column_is_the_first_of_the_list),
	};
	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
