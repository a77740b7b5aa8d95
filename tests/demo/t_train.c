/* What the demo promises: runs learn or diverge by themselves, and what they log is what they
 * did. */
#include "tests/demo/ckpt.h"
#include "tests/demo/plan.h"
#include "tests/demo/train.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define STEPS 1200

static const struct plan *
plan_of(const char *name)
{
	for (int i = 0; i < nplans; i++)
		if (!strcmp(plans[i].name, name))
			return &plans[i];
	fail_msg("no plan %s", name);
	return NULL;
}

static struct row
train_to_the_end(struct train *t)
{
	struct row row;

	do
		train_step(t, &row);
	while (t->step < t->max_steps);
	train_validate(t, &row);
	return row;
}

static void
a_good_learning_rate_learns_what_it_has_not_seen(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 3; seed++) {
		struct train t;
		struct row row;

		train_init(&t, plan_of("spirals/lr=0.1"), STEPS, seed);
		row = train_to_the_end(&t);
		assert_true(row.val.acc > 0.9);
		assert_true(row.val.loss < 0.3);
		train_release(&t);
		train_init(&t, plan_of("waves/lr=0.02"), STEPS, seed);
		row = train_to_the_end(&t);
		/* The noise alone is 0.01, the variance of what is to be learnt 0.3. */
		assert_true(row.val.loss > 0.008 && row.val.loss < 0.2);
		train_release(&t);
	}
}

static void
too_large_a_learning_rate_learns_first_and_ends_in_nan(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 3; seed++) {
		struct train t;
		struct row row;
		double first, best;

		train_init(&t, plan_of("waves/lr=10"), 5 * STEPS, seed);
		train_step(&t, &row);
		train_validate(&t, &row);
		first = best = row.val.loss;
		while (t.step < t.max_steps && !isnan(row.train.loss)) {
			train_step(&t, &row);
			if (t.step % 20 == 0)
				train_validate(&t, &row);
			if (row.has_val && row.val.loss < best)
				best = row.val.loss;
		}
		train_step(&t, &row);
		train_validate(&t, &row);
		assert_true(best < first / 2);
		assert_true(isnan(row.val.loss) && isnan(row.grad_norm_all) && isnan(row.grad_cos));
		train_release(&t);
	}
}

static void
the_same_seed_trains_the_same_and_another_does_not(void **state)
{
	struct train a, b, c;

	(void)state;
	train_init(&a, plan_of("spirals/lr=0.03"), 50, 7);
	train_init(&b, plan_of("spirals/lr=0.03"), 50, 7);
	train_init(&c, plan_of("spirals/lr=0.03"), 50, 8);
	train_to_the_end(&a);
	train_to_the_end(&b);
	train_to_the_end(&c);
	assert_memory_equal(a.net.w, b.net.w, (size_t)a.net.nparams * sizeof(*a.net.w));
	assert_memory_not_equal(a.net.w, c.net.w, (size_t)a.net.nparams * sizeof(*a.net.w));
	train_release(&a);
	train_release(&b);
	train_release(&c);
}

static void
logged_norms_cosine_and_ratio_are_those_of_the_step(void **state)
{
	struct plan p = *plan_of("spirals/lr=0.1");
	double *before, *w;
	double g = 0, b = 0, gb = 0, dw = 0, ww = 0, layers = 0;
	struct train t;
	struct row row;
	size_t size;

	(void)state;
	train_init(&t, &p, 100, 0);
	size = (size_t)t.net.nparams * sizeof(*w);
	before = malloc(size);
	w = malloc(size);
	assert_true(before && w);
	train_step(&t, &row);
	memcpy(before, t.grad, size);
	memcpy(w, t.net.w, size);
	train_step(&t, &row);
	for (int i = 0; i < t.net.nparams; i++) {
		g += t.grad[i] * t.grad[i];
		b += before[i] * before[i];
		gb += t.grad[i] * before[i];
		dw += (t.net.w[i] - w[i]) * (t.net.w[i] - w[i]);
		ww += w[i] * w[i];
	}
	for (int i = 0; i < NET_LAYERS; i++)
		layers += row.grad_norm[i] * row.grad_norm[i];
	assert_true(fabs(row.grad_norm_all - sqrt(g)) < 1e-12);
	assert_true(fabs(row.grad_norm_all - sqrt(layers)) < 1e-12);
	assert_true(fabs(row.grad_cos - gb / sqrt(g * b)) < 1e-12);
	assert_true(fabs(row.update_ratio - sqrt(dw / ww)) < 1e-12);
	free(before);
	free(w);
	train_release(&t);
}

static void
schedules_end_where_they_should(void **state)
{
	const struct plan cosine = {.schedule = SCHEDULE_COSINE, .lr = 2};
	const struct plan steps = {.schedule = SCHEDULE_STEPS, .lr = 2};
	const struct plan warmup = {.schedule = SCHEDULE_WARMUP, .lr = 2};

	(void)state;
	assert_true(fabs(train_lr(&cosine, 5, 100) - 2) < 1e-12);
	assert_true(train_lr(&cosine, 1, 100) < 0.5 && fabs(train_lr(&cosine, 100, 100)) < 1e-12);
	assert_true(train_lr(&steps, 50, 100) == 2 && train_lr(&steps, 51, 100) == 0.2);
	assert_true(train_lr(&steps, 100, 100) == 0.02);
	assert_true(train_lr(&warmup, 100, 100) == 2 && train_lr(&warmup, 50, 100) == 1);
}

static char *
written(enum format format, const struct row *r)
{
	static char text[2048];
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_non_null(f);
	row_heading(f, format, r);
	assert_int_equal(row_write(f, format, r), 0);
	fclose(f);
	return text;
}

static void
both_formats_say_the_same_of_a_row(void **state)
{
	struct row r = {
		.step = 20,
		.max_steps = 100,
		.epoch = 0.625,
		.time = 1700000000.25,
		.lr = 0.1,
		.train = {NAN, 0.5},
		.val = {-INFINITY, 0.25},
		.classes = true,
		.has_val = true,
		.grad_norm = {1, 2, INFINITY},
		.grad_norm_all = INFINITY,
		.grad_cos = -1,
		.update_ratio = 1e-9,
	};

	(void)state;
	assert_string_equal(
		written(FORMAT_CSV, &r),
		"step,max_steps,epoch,time,lr,train/loss,train/acc,val/loss,val/acc,"
		"grad_norm/layer0,grad_norm/layer1,grad_norm/layer2,grad_norm/total,"
		"grad_cos,update_ratio\n"
		"20,100,0.6250,1700000000.250000,0.1,nan,0.5,-inf,0.25,1,2,inf,inf,-1,1e-09\n");
	assert_string_equal(written(FORMAT_JSONL, &r),
			    "{\"step\": 20, \"max_steps\": 100, \"epoch\": 0.6250, "
			    "\"time\": 1700000000.250000, \"lr\": 0.1, "
			    "\"train\": {\"loss\": NaN, \"acc\": 0.5}, "
			    "\"val\": {\"loss\": -Infinity, \"acc\": 0.25}, "
			    "\"grad_norm\": {\"layer0\": 1, \"layer1\": 2, \"layer2\": Infinity, "
			    "\"total\": Infinity}, \"grad_cos\": -1, \"update_ratio\": 1e-09}\n");
	r.has_val = false;
	assert_non_null(strstr(written(FORMAT_CSV, &r), ",nan,0.5,,,1,2,"));
	assert_null(strstr(written(FORMAT_JSONL, &r), "val"));
}

static void
a_checkpoint_holds_the_weights_where_its_header_says(void **state)
{
	char path[] = "/tmp/mm-ckpt.XXXXXX", header[1024] = "", want[64];
	unsigned char len[8];
	const struct layer *last;
	struct train t;
	float bias;
	FILE *f;

	(void)state;
	assert_true(close(mkstemp(path)) == 0);
	train_init(&t, plan_of("spirals/short"), 10, 0);
	train_to_the_end(&t);
	last = &t.net.layer[NET_LAYERS - 1];
	assert_int_equal(ckpt_write(path, &t.net, 10, 0.5), 0);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fread(len, 1, 8, f), 8);
	assert_true(len[0] % 8 == 0 && !len[2] && !len[7]);
	size_t n = len[0] | (size_t)len[1] << 8;
	assert_true(n < sizeof(header));
	assert_int_equal(fread(header, 1, n, f), n);
	assert_true(header[0] == '{' && header[strcspn(header, " ") - 1] == '}');
	snprintf(want, sizeof(want), "\"data_offsets\":[%d,%d]}}", 4 * (t.net.nparams - last->out),
		 4 * t.net.nparams);
	assert_non_null(strstr(header, want));
	/* The last number is the last output's bias; this machine reads it as it was written. */
	assert_int_equal(fseek(f, 4L * (t.net.nparams - 1), SEEK_CUR), 0);
	assert_int_equal(fread(&bias, sizeof(bias), 1, f), 1);
	assert_true(bias == (float)t.net.w[t.net.nparams - 1]);
	assert_int_equal(fgetc(f), EOF);
	fclose(f);
	unlink(path);
	train_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_learning_rate_learns_what_it_has_not_seen),
		cmocka_unit_test(too_large_a_learning_rate_learns_first_and_ends_in_nan),
		cmocka_unit_test(the_same_seed_trains_the_same_and_another_does_not),
		cmocka_unit_test(logged_norms_cosine_and_ratio_are_those_of_the_step),
		cmocka_unit_test(schedules_end_where_they_should),
		cmocka_unit_test(both_formats_say_the_same_of_a_row),
		cmocka_unit_test(a_checkpoint_holds_the_weights_where_its_header_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
