/* Which metrics share a chart and which comes first, for names as frameworks log them. */
#include "tui/lineup.h"

#include "core/series.h"
#include "core/str.h"
#include "core/xalloc.h"
#include "tui/stem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct names {
	struct lineup_name *name;
	size_t n, cap;
};

static struct lineup_name *
add(struct names *ns, const char *name)
{
	struct lineup_name *n = vec_push(ns->name, ns->n, ns->cap);
	*n = (struct lineup_name){.name = xstrdup(name), .runs = 1};
	metric_role(NULL, n->name, &n->role);
	return n;
}

static void
add_many(struct names *ns, const char *fmt_head, int n, const char *tail)
{
	char buf[100];
	for (int i = 0; i < n; i++) {
		snprintf(buf, sizeof buf, "%s%d%s", fmt_head, i, tail);
		add(ns, buf);
	}
}

/* The titles in order, one a line. Frees NS. */
static void
check_titles(struct names *ns, const char *want)
{
	struct lineup_chart *c;
	struct str got = STR_INIT;
	int n = lineup_make(ns->name, (int)ns->n, &c);
	for (int i = 0; i < n; i++)
		str_addf(&got, "%s\n", c[i].title);
	assert_string_equal(str_c(&got), want);
	lineup_free(c, n);
	str_release(&got);
	for (size_t i = 0; i < ns->n; i++)
		free((char *)ns->name[i].name);
	free(ns->name);
	*ns = (struct names){0};
}

static void
check_names(const char *const *names, const char *want)
{
	struct names ns = {0};
	for (; *names; names++)
		add(&ns, *names);
	check_titles(&ns, want);
}

static void
test_quality_then_loss_then_rate_then_gradients_then_the_rest(void **state)
{
	(void)state;
	check_names((const char *const[]){"aaa", "gradients/fc1", "grad_norm", "lr", "train/loss",
					  "val/acc", "val/loss", "zzz", NULL},
		    "val/acc ↑\nloss: train ─ val • ↓\nlr\ngrad_norm\naaa\nzzz\ngradients/fc1\n");
}

static void
test_training_and_validation_of_a_measure_share_a_chart(void **state)
{
	(void)state;
	/* Keras */
	check_names((const char *const[]){"accuracy", "loss", "val_accuracy", "val_loss", NULL},
		    "accuracy: train ─ val • ↑\nloss: train ─ val • ↓\n");
	/* Hugging Face */
	check_names((const char *const[]){"loss", "eval_loss", "learning_rate", NULL},
		    "loss: train ─ eval • ↓\nlearning_rate\n");
	/* fastai, plain */
	check_names((const char *const[]){"train_loss", "valid_loss", NULL},
		    "loss: train ─ valid • ↓\n");
	/* Lightning */
	check_names((const char *const[]){"train_loss_step", "train_loss_epoch", "val_loss", NULL},
		    "loss: train_epoch ─ train_step ─ val • ↓\n");
	check_names((const char *const[]){"Loss/train", "Loss/val", "Loss/test", NULL},
		    "Loss: train ─ val ─ test • ↓\n");
	/* of runs of several frameworks */
	check_names((const char *const[]){"loss", "train/loss", "train_loss", "eval_loss",
					  "val/loss", "val_loss", NULL},
		    "loss: train ─ eval ─ val • ↓\n");
	/* without a partner a name stays as it is */
	check_names((const char *const[]){"train_loss", "val_acc", NULL},
		    "val_acc ↑\ntrain_loss ↓\n");
	/* what has no direction is not compared */
	check_names((const char *const[]){"train/foo", "val/foo", NULL}, "train/foo\nval/foo\n");
}

static void
test_components_share_a_chart_when_there_is_no_total(void **state)
{
	(void)state;
	check_names((const char *const[]){"train/box_loss", "train/cls_loss", "train/obj_loss",
					  "val/box_loss", "val/cls_loss", "val/obj_loss",
					  "metrics/mAP_0.5", NULL},
		    "metrics/mAP_0.5 ↑\ntrain/{box cls obj}_loss ↓\nval/{box cls obj}_loss ↓\n");
	check_names((const char *const[]){"loss", "loss_box", "loss_cls", NULL},
		    "loss ↓\nloss_box ↓\nloss_cls ↓\n");
}

static void
test_numbered_names_fold(void **state)
{
	(void)state;
	struct names ns = {0};
	add(&ns, "loss");
	add_many(&ns, "layers.", 32, ".grad_norm");
	add_many(&ns, "val/acc@", 5, "");
	add_many(&ns, "head", 2, "/scale");
	check_titles(
		&ns,
		"val/acc@1 ↑\nloss ↓\nlayers.{0..31}.grad_norm ×32\n"
		"val/acc@0 ↑\nval/acc@2 ↑\nval/acc@3 ↑\nval/acc@4 ↑\nhead0/scale\nhead1/scale\n");
}

static void
test_many_names_under_one_roof_fold(void **state)
{
	(void)state;
	struct names ns = {0};
	char buf[40];
	add(&ns, "train/loss");
	for (int i = 0; i < 21; i++) {
		snprintf(buf, sizeof buf, "debug/q%c", 'a' + i);
		add(&ns, buf);
		snprintf(buf, sizeof buf, "few/q%c", 'a' + i);
		if (i < 20)
			add(&ns, buf);
	}
	struct lineup_chart *c;
	int n = lineup_make(ns.name, (int)ns.n, &c);
	assert_int_equal(n, 22);
	assert_string_equal(c[0].title, "train/loss ↓");
	assert_string_equal(c[1].title, "debug/… ×21");
	assert_int_equal(c[1].kind, LINEUP_FOLDED);
	assert_string_equal(c[2].title, "few/qa");
	lineup_free(c, n);
	check_titles(
		&ns,
		"train/loss ↓\ndebug/… ×21\nfew/qa\nfew/qb\nfew/qc\nfew/qd\nfew/qe\nfew/qf\n"
		"few/qg\n"
		"few/qh\nfew/qi\nfew/qj\nfew/qk\nfew/ql\nfew/qm\nfew/qn\nfew/qo\nfew/qp\nfew/qq\n"
		"few/qr\nfew/qs\nfew/qt\n");
}

static void
test_what_was_never_finite_gives_way_to_what_was(void **state)
{
	(void)state;
	struct names ns = {0};
	add(&ns, "val_acc")->barren = true;
	add(&ns, "val_f1");
	add(&ns, "loss")->barren = true;
	add(&ns, "foo");
	add(&ns, "a")->constant = true;
	check_titles(&ns, "val_f1 ↑\nfoo\nval_acc ↑\nloss ↓\na\n");
}

static void
test_what_most_runs_have_comes_before_what_few_have_and_constants_last(void **state)
{
	(void)state;
	struct names ns = {0};
	add(&ns, "a")->constant = true;
	add(&ns, "b");
	add(&ns, "deep/er/c")->runs = 3;
	add(&ns, "d")->runs = 3;
	add(&ns, "loss@csv")->last = true;
	add(&ns, "lr")->constant = true;
	check_titles(&ns, "lr\nd\ndeep/er/c\nb\na\nloss@csv ↓\n");
}

static void
test_units_never_share_a_chart(void **state)
{
	(void)state;
	struct names ns = {0};
	add(&ns, "loss");
	add(&ns, "loss")->unit = STEP_EPOCH;
	add(&ns, "val_loss")->unit = STEP_EPOCH;
	check_titles(&ns, "loss: train ─ val • ↓\nloss ↓\n");
}

static void
test_every_name_is_in_exactly_one_chart(void **state)
{
	(void)state;
	static const char *const parts[] = {"train", "val",  "loss", "acc", "lr",    "grad_norm",
					    "box",   "0",    "1",    "17",  "layer", "x",
					    "epoch", "test", "foo",  "a/b"};
	static const char gaps[] = "/_.-";
	unsigned seed = 7;
	for (int round = 0; round < 400; round++) {
		struct names ns = {0};
		int k = (int)(seed % 120);
		for (int i = 0; i < k; i++) {
			struct str s = STR_INIT;
			int words = 1 + rand_r(&seed) % 4;
			for (int w = 0; w < words; w++)
				str_addf(&s, "%s%c", parts[rand_r(&seed) % 16],
					 gaps[rand_r(&seed) % 4]);
			str_addf(&s, "%d", rand_r(&seed) % 3 ? 0 : i); /* mostly unlike */
			struct lineup_name *n = add(&ns, str_c(&s));
			n->unit = (uint8_t)(rand_r(&seed) % 5 == 0);
			n->constant = rand_r(&seed) % 7 == 0;
			n->last = rand_r(&seed) % 9 == 0;
			str_release(&s);
		}
		struct lineup_chart *c;
		int n = lineup_make(ns.name, (int)ns.n, &c);
		int *seen = xcalloc(ns.n + 1, sizeof *seen);
		for (int i = 0; i < n; i++) {
			assert_true(c[i].n > 0);
			for (int j = 0; j < c[i].n; j++) {
				seen[c[i].name[j]]++;
				assert_int_equal(ns.name[c[i].name[j]].unit,
						 ns.name[c[i].name[0]].unit);
			}
		}
		for (size_t i = 0; i < ns.n; i++)
			assert_int_equal(seen[i], 1);
		free(seen);
		lineup_free(c, n);
		for (size_t i = 0; i < ns.n; i++)
			free((char *)ns.name[i].name);
		free(ns.name);
		seed++;
	}
}

static void
check_split(const char *name, enum split want, const char *stem)
{
	struct str s = STR_INIT;
	assert_int_equal(stem_split(name, &s, NULL), want);
	assert_string_equal(str_c(&s), stem);
	str_release(&s);
}

static void
test_a_word_for_the_split_is_found_wherever_it_stands(void **state)
{
	(void)state;
	check_split("val/loss", SPLIT_VAL, "loss");
	check_split("loss/val", SPLIT_VAL, "loss");
	check_split("loss_train_epoch", SPLIT_TRAIN, "loss_epoch");
	check_split("Validation.acc", SPLIT_VAL, "acc");
	check_split("test-acc", SPLIT_TEST, "acc");
	check_split("loss", SPLIT_NONE, "loss");
	check_split("val", SPLIT_NONE, "val");
	check_split("value/loss", SPLIT_NONE, "value/loss");
	check_split("", SPLIT_NONE, "");
}

static void
test_people_sort_numbers_by_value(void **state)
{
	(void)state;
	assert_true(stem_order("layer2", "layer10") < 0);
	assert_true(stem_order("layer10", "layer2") > 0);
	assert_true(stem_order("a9b", "a10") < 0);
	assert_true(stem_order("a", "a1") < 0);
	assert_int_equal(stem_order("x7", "x7"), 0);
	assert_true(stem_order("x123456789012345678901", "x123456789012345678902") < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quality_then_loss_then_rate_then_gradients_then_the_rest),
		cmocka_unit_test(test_training_and_validation_of_a_measure_share_a_chart),
		cmocka_unit_test(test_components_share_a_chart_when_there_is_no_total),
		cmocka_unit_test(test_numbered_names_fold),
		cmocka_unit_test(test_many_names_under_one_roof_fold),
		cmocka_unit_test(test_what_was_never_finite_gives_way_to_what_was),
		cmocka_unit_test(
			test_what_most_runs_have_comes_before_what_few_have_and_constants_last),
		cmocka_unit_test(test_units_never_share_a_chart),
		cmocka_unit_test(test_every_name_is_in_exactly_one_chart),
		cmocka_unit_test(test_a_word_for_the_split_is_found_wherever_it_stands),
		cmocka_unit_test(test_people_sort_numbers_by_value),
	};
	return cmocka_run_group_tests_name("lineup", tests, NULL, NULL);
}
