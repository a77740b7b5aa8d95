#include "core/role.h"

#include "core/conf.h"
#include "core/role_word.h"

#include <limits.h>
#include <stdio.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static struct metric_role
role_of(const char *name)
{
	struct metric_role m;

	metric_role(NULL, name, &m);
	return m;
}

static void
names_of_many_frameworks_are_understood(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum role role;
		enum goal goal;
		bool log;
	} cases[] = {
		/* Keras, Lightning, Hugging Face, YOLO, detectron2, mmengine, Stable-Baselines3,
		 * Megatron, fairseq */
		{"loss", ROLE_TRAIN_LOSS, GOAL_MIN, false},
		{"val_loss", ROLE_VAL_LOSS, GOAL_MIN, false},
		{"eval/loss", ROLE_VAL_LOSS, GOAL_MIN, false},
		{"eval_loss", ROLE_VAL_LOSS, GOAL_MIN, false},
		{"train_loss_epoch", ROLE_TRAIN_LOSS, GOAL_MIN, false},
		{"train_loss_step", ROLE_TRAIN_LOSS, GOAL_MIN, false},
		{"loss/train", ROLE_TRAIN_LOSS, GOAL_MIN, false},
		{"Loss/val", ROLE_VAL_LOSS, GOAL_MIN, false},
		{"validation/loss", ROLE_VAL_LOSS, GOAL_MIN, false},
		{"valLoss", ROLE_VAL_LOSS, GOAL_MIN, false},
		{"test_loss", ROLE_VAL_LOSS, GOAL_MIN, false},
		{"valid_nll", ROLE_VAL_LOSS, GOAL_MIN, false},
		{"loss/total", ROLE_TRAIN_LOSS, GOAL_MIN, false},
		{"total_loss", ROLE_TRAIN_LOSS, GOAL_MIN, false},
		{"box_loss", ROLE_LOSS_PART, GOAL_MIN, false},
		{"train/box_loss", ROLE_LOSS_PART, GOAL_MIN, false},
		{"val/dfl_loss", ROLE_LOSS_PART, GOAL_MIN, false},
		{"loss_rpn_cls", ROLE_LOSS_PART, GOAL_MIN, false},
		{"train/policy_gradient_loss", ROLE_LOSS_PART, GOAL_MIN, false},
		{"iou_loss", ROLE_LOSS_PART, GOAL_MIN, false},
		{"accuracy_loss", ROLE_LOSS_PART, GOAL_MIN, false},
		{"MSELoss", ROLE_LOSS_PART, GOAL_MIN, false},
		{"VALLoss", ROLE_VAL_LOSS, GOAL_MIN, false},
		{"val/mAcc", ROLE_HEADLINE, GOAL_MAX, false},
		{"bbox/APs", ROLE_HEADLINE, GOAL_MAX, false},
		{"lm loss", ROLE_LOSS_PART, GOAL_MIN, false},
		{"cross_entropy", ROLE_TRAIN_LOSS, GOAL_MIN, false},
		{"val/bpb", ROLE_VAL_LOSS, GOAL_MIN, false},
		{"accuracy", ROLE_OTHER, GOAL_MAX, false},
		{"train_acc", ROLE_OTHER, GOAL_MAX, false},
		{"val_acc", ROLE_HEADLINE, GOAL_MAX, false},
		{"val_accuracy_epoch", ROLE_HEADLINE, GOAL_MAX, false},
		{"val_categorical_accuracy", ROLE_HEADLINE, GOAL_MAX, false},
		{"eval/acc@5", ROLE_HEADLINE, GOAL_MAX, false},
		{"acc/val", ROLE_HEADLINE, GOAL_MAX, false},
		{"eval_f1", ROLE_HEADLINE, GOAL_MAX, false},
		{"eval_f1_macro", ROLE_HEADLINE, GOAL_MAX, false},
		{"mAP50-95(B)", ROLE_HEADLINE, GOAL_MAX, false},
		{"metrics/mAP50(M)", ROLE_HEADLINE, GOAL_MAX, false},
		{"metrics/mAP_0.5:0.95", ROLE_HEADLINE, GOAL_MAX, false},
		{"coco/bbox_mAP_50", ROLE_HEADLINE, GOAL_MAX, false},
		{"bbox/AP75", ROLE_HEADLINE, GOAL_MAX, false},
		{"val/mIoU", ROLE_HEADLINE, GOAL_MAX, false},
		{"test/rougeL", ROLE_HEADLINE, GOAL_MAX, false},
		{"valid/BLEU-4", ROLE_HEADLINE, GOAL_MAX, false},
		{"val/R2", ROLE_HEADLINE, GOAL_MAX, false},
		{"rollout/ep_rew_mean", ROLE_HEADLINE, GOAL_MAX, false},
		{"eval/mean_reward", ROLE_HEADLINE, GOAL_MAX, false},
		{"charts/episodic_return", ROLE_HEADLINE, GOAL_MAX, false},
		{"rollout/ep_len_mean", ROLE_OTHER, GOAL_NONE, false},
		{"reward_std", ROLE_OTHER, GOAL_NONE, false},
		{"val_rmse", ROLE_OTHER, GOAL_MIN, false},
		{"mean_absolute_error", ROLE_OTHER, GOAL_MIN, false},
		{"val_top5_error", ROLE_OTHER, GOAL_MIN, false},
		{"eval/wer", ROLE_OTHER, GOAL_MIN, false},
		{"val/ppl", ROLE_OTHER, GOAL_MIN, true},
		{"perplexity", ROLE_OTHER, GOAL_MIN, true},
		{"lr", ROLE_LR, GOAL_NONE, true},
		{"learning_rate", ROLE_LR, GOAL_NONE, true},
		{"learning rate", ROLE_LR, GOAL_NONE, true},
		{"train/learning_rate", ROLE_LR, GOAL_NONE, true},
		{"lr-AdamW/pg1", ROLE_LR, GOAL_NONE, true},
		{"x/lr0", ROLE_LR, GOAL_NONE, true},
		{"lr/group_0", ROLE_LR, GOAL_NONE, true},
		{"grad_norm", ROLE_GRAD_NORM, GOAL_NONE, true},
		{"grad norm", ROLE_GRAD_NORM, GOAL_NONE, true},
		{"train/grad_norm", ROLE_GRAD_NORM, GOAL_NONE, true},
		{"grad_norm/layer0", ROLE_GRAD_NORM, GOAL_NONE, true},
		{"layers.3.attn/grad_norm", ROLE_GRAD_NORM, GOAL_NONE, true},
		{"gnorm", ROLE_GRAD_NORM, GOAL_NONE, true},
		{"weight_norm", ROLE_OTHER, GOAL_NONE, true},
		{"params norm", ROLE_OTHER, GOAL_NONE, true},
		{"gradients/layer0.weight", ROLE_OTHER, GOAL_NONE, false},
		{"loss_scale", ROLE_OTHER, GOAL_NONE, false},
		{"loss scale", ROLE_OTHER, GOAL_NONE, false},
		{"epoch", ROLE_HOUSEKEEPING, GOAL_NONE, false},
		{"trainer/global_step", ROLE_HOUSEKEEPING, GOAL_NONE, false},
		{"time", ROLE_HOUSEKEEPING, GOAL_NONE, false},
		{"data_time", ROLE_HOUSEKEEPING, GOAL_NONE, false},
		{"eta_seconds", ROLE_HOUSEKEEPING, GOAL_NONE, false},
		{"eval_runtime", ROLE_HOUSEKEEPING, GOAL_NONE, false},
		{"eval_samples_per_second", ROLE_HOUSEKEEPING, GOAL_NONE, false},
		{"time/fps", ROLE_HOUSEKEEPING, GOAL_NONE, false},
		{"gpu_mem", ROLE_HOUSEKEEPING, GOAL_NONE, false},
		{"memory", ROLE_HOUSEKEEPING, GOAL_NONE, false},
		{"system/gpu.0.temp", ROLE_HOUSEKEEPING, GOAL_NONE, false},
		{"_step", ROLE_HOUSEKEEPING, GOAL_NONE, false},
		{"max_steps", ROLE_HOUSEKEEPING, GOAL_NONE, false},
		{"grad_cos", ROLE_OTHER, GOAL_NONE, false},
		{"update_ratio", ROLE_OTHER, GOAL_NONE, false},
		{"temperature", ROLE_OTHER, GOAL_NONE, false},
		{"beta", ROLE_OTHER, GOAL_NONE, false},
		{"", ROLE_OTHER, GOAL_NONE, false},
		{"/", ROLE_OTHER, GOAL_NONE, false},
		{"///", ROLE_OTHER, GOAL_NONE, false},
	};
	int wrong = 0;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct metric_role m = role_of(cases[i].name);
		if (m.role == cases[i].role && m.goal == cases[i].goal && m.log == cases[i].log &&
		    m.scale == 1 && !m.hidden && !m.unit)
			continue;
		print_error("%s: role %d, goal %d, log %d\n", cases[i].name, (int)m.role,
			    (int)m.goal, m.log);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* NAMES best first: each has a better rank than the next. */
static void
check_order(int (*rank)(const struct metric_role *, const char *), const char *const *names)
{
	for (int i = 0; names[i + 1]; i++) {
		struct metric_role a = role_of(names[i]), b = role_of(names[i + 1]);
		if (rank(&a, names[i]) >= rank(&b, names[i + 1]))
			fail_msg("%s %d, %s %d", names[i], rank(&a, names[i]), names[i + 1],
				 rank(&b, names[i + 1]));
	}
}

static void
one_series_speaks_for_a_run(void **state)
{
	(void)state;
	static const char *const losses[][8] = {
		{"loss", "train/loss", "val_loss", "val/loss", "box_loss", NULL},
		{"train/loss", "train/aux/loss", "val/loss", "train/kl_loss", "val/kl_loss",
		 "val/rmse", NULL},
		{"total_loss", "loss_cls", "loss_rpn_cls", NULL},
		{"val_loss", "test_loss", NULL},
		{"train_mse", "val_mse", NULL},
	};
	static const char *const headlines[][8] = {
		{"val/acc", "test/acc", "val/f1", "val/loss", "val/ppl", "train/acc", NULL},
		{"metrics/mAP_0.5:0.95", "metrics/mAP_0.5", "val/box_loss", NULL},
		{"metrics/mAP50-95(B)", "metrics/mAP50(B)", "metrics/precision(B)",
		 "metrics/recall(B)", NULL},
		{"coco/bbox_mAP", "coco/bbox_mAP_50", NULL},
		{"rollout/ep_rew_mean", "rollout/success_rate", NULL},
		{"val_acc", "val_precision", "val_recall", "val_loss", "accuracy", NULL},
		{"val_loss", "val_rmse", NULL},
		{"eval/acc@1", "eval/top5_acc", NULL},
	};

	for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
		check_order(metric_loss_rank, losses[i]);
	for (size_t i = 0; i < sizeof headlines / sizeof *headlines; i++) {
		const char *const *h = headlines[i];
		if (strcmp(h[1], "metrics/mAP_0.5") == 0)
			continue; /* val/box_loss is never one: below */
		check_order(metric_headline_rank, h);
	}
	static const char *const never[] = {"epoch",        "lr",           "grad_norm",
					    "val/box_loss", "update_ratio", "time"};
	for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
		struct metric_role m = role_of(never[i]);
		assert_int_equal(metric_headline_rank(&m, never[i]), INT_MAX);
	}
	struct metric_role m = role_of("val/acc");
	assert_int_equal(metric_loss_rank(&m, "val/acc"), INT_MAX);
}

static void
a_person_knows_better(void **state)
{
	(void)state;
	static const char text[] =
		"[metric *]\nunit = u\n"
		"[metric quality*]\ngoal = max\nrole = headline\nscale = 100\nunit = %\n"
		"[metric val/acc]\ngoal = min\nhide = yes\nlog = on\n"
		"[metric lr]\nlog = no\n";
	struct conf *c;
	struct metric_role m;

	assert_int_equal(conf_parse("t", text, sizeof text - 1, &c, NULL), 0);
	metric_role(c, "quality/x", &m);
	assert_true(m.role == ROLE_HEADLINE && m.goal == GOAL_MAX && m.scale == 100);
	assert_string_equal(m.unit, "%");
	assert_true(metric_headline_rank(&m, "quality/x") < 1000);
	/* what a person says beats what names suggest, the best of names too */
	struct metric_role guessed;
	metric_role(NULL, "val/acc", &guessed);
	assert_true(metric_headline_rank(&m, "quality/x") <
		    metric_headline_rank(&guessed, "val/acc"));
	metric_role(c, "val/acc", &m);
	assert_true(m.goal == GOAL_MIN && m.hidden && m.log);
	assert_int_equal(metric_headline_rank(&m, "val/acc"), INT_MAX);
	metric_role(c, "lr", &m);
	assert_true(m.role == ROLE_LR && !m.log);
	assert_string_equal(m.unit, "u");
	conf_free(c);
}

static void
tables_are_logs_by_these_names_only(void **state)
{
	(void)state;
	static const char *const known[] = {"loss",
					    "val_loss",
					    "acc",
					    "val_accuracy",
					    "lr",
					    "grad_norm",
					    "ppl",
					    "train/map",
					    "val_error",
					    "mean_absolute_error",
					    "rollout/ep_rew_mean",
					    "metrics/precision",
					    "wer"};
	static const char *const unknown[] = {"",         "map",    "error",  "return",
					      "success",  "reward", "price",  "target",
					      "id",       "label",  "score",  "x",
					      "norm",     "epoch",  "time",   "SalePrice",
					      "Survived", "map_id", "weight", "f",
					      "age",      "test"};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!metric_name_known(known[i]))
			fail_msg("%s", known[i]);
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
		if (metric_name_known(unknown[i]))
			fail_msg("%s", unknown[i]);
}

static void
times_are_known_by_name_and_unit(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		double us;
	} times[] = {{"time", 1e6},       {"wall_time", 1e6}, {"Timestamp", 1e6},
		     {"_timestamp", 1e6}, {"ts", 1e6},        {"timestamp_ms", 1e3},
		     {"time_us", 1},      {"ts_ns", 1e-3},    {"meta/time", 1e6},
		     {"Wall time", 1e6}};
	static const char *const none[] = {"",          "_",     "data_time", "time_elapsed",
					   "iter_time", "times", "_ms",       "runtime"};
	double us;

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		if (!metric_is_time(times[i].name, &us) || us != times[i].us)
			fail_msg("%s", times[i].name);
	}
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (metric_is_time(none[i], &us))
			fail_msg("%s", none[i]);
}

/* The search halves: a row in the wrong place would never be found. */
static void
the_table_is_sorted_and_each_word_is_found(void **state)
{
	(void)state;
	size_t n;
	const struct word *w = word_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (i && strcmp(w[i - 1].text, w[i].text) >= 0)
			fail_msg("%s stands behind %s", w[i].text, w[i - 1].text);
		assert_ptr_equal(word_find(w[i].text, strlen(w[i].text)), &w[i]);
	}
	assert_null(word_find("", 0));
	assert_null(word_find("7", 1));
	assert_null(word_find("losse", 5));
	assert_non_null(word_find("acc5", 4));
	assert_null(word_find("lrs0", 4));
}

/* Names come from files: whatever they are, there is an answer, and the same one. */
static void
any_name_has_a_role(void **state)
{
	(void)state;
	char name[2000];
	uint32_t seed = 4;
	static const char some[] = "lossvalacc/_.-0123 \xc3\xa9\xff(";

	for (int i = 0; i < 3000; i++) {
		size_t n = (size_t)(i % 1999);
		for (size_t k = 0; k < n; k++) {
			seed = seed * 1664525 + 1013904223;
			name[k] = some[(seed >> 16) % (sizeof some - 1)];
		}
		name[n] = '\0';
		struct metric_role a = role_of(name), b = role_of(name);
		assert_true(a.role < ROLE_N && a.role == b.role && a.goal == b.goal &&
			    a.log == b.log);
		assert_true(metric_loss_rank(&a, name) >= 0 && metric_headline_rank(&a, name) >= 0);
		metric_name_known(name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_many_frameworks_are_understood),
		cmocka_unit_test(one_series_speaks_for_a_run),
		cmocka_unit_test(a_person_knows_better),
		cmocka_unit_test(tables_are_logs_by_these_names_only),
		cmocka_unit_test(times_are_known_by_name_and_unit),
		cmocka_unit_test(the_table_is_sorted_and_each_word_is_found),
		cmocka_unit_test(any_name_has_a_role),
	};
	return cmocka_run_group_tests_name("role", tests, NULL, NULL);
}
