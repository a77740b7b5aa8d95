/* What detectors find, and what they must not find: cases 39 to 48 of the reference on alerts.
 * Curves are simulated, the noise is that of real trainings: even, heavy-tailed, or of tiny
 * batches. */
#include "core/rule_own.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define T0 INT64_C(1700000000000000)

/* -- noise ------------------------------------------------------------------------------------- */

static uint64_t seed;

static double
uniform(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

static double
normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

/* Student's t with three degrees of freedom, of unit variance. */
static double
heavy(void)
{
	double a = normal(), b = normal(), c = normal();

	return normal() / sqrt((a * a + b * b + c * c) / 3) / sqrt(3);
}

enum noise { EVEN_2, HEAVY_3, HEAVY_8, TINY_25, NOISES };

static double
noisy(enum noise kind, double v)
{
	switch (kind) {
	case EVEN_2:
		return v * (1 + 0.02 * normal());
	case HEAVY_3:
		return v * (1 + 0.03 * heavy());
	case HEAVY_8:
		return v * (1 + 0.08 * heavy());
	default:
		return v * exp(0.25 * normal() - 0.03125);
	}
}

static double
healthy(int i)
{
	return 1.5 + 9 * pow(i + 1, -0.3);
}

/* -- one run under the built-in rules ---------------------------------------------------------- */

struct bench {
	struct conf *conf;
	struct rules *rules;
	struct str told; /* "rule state@step " of what changed */
	int fired;       /* of the rule that is asked for */
	const char *rule;
	int64_t first, last_end; /* steps: of its first firing, and of its last resolution */
	double *kept;            /* values, for a recall */
	int n, cap;
	const char *metric;
};

static void
hear(void *ctx, const struct alert *a, bool fired_now)
{
	struct bench *b = ctx;

	(void)fired_now;
	str_addf(&b->told, "%s %s@%lld %u\n", a->rule, alert_state_names[a->state],
		 (long long)a->step, a->n);
	if (strcmp(a->rule, b->rule) != 0)
		return;
	if (a->state == ALERT_FIRING && a->since_us == a->updated_us) {
		if (!b->fired++)
			b->first = b->n - 1;
	}
	if (a->state == ALERT_RESOLVED)
		b->last_end = b->n - 1;
}

static void
open_with(struct bench *b, const char *text, const char *rule, const char *metric)
{
	struct err e = {0};

	*b = (struct bench){.rule = rule, .metric = metric};
	if (conf_parse("t.conf", text, strlen(text), &b->conf, &e) < 0 ||
	    rules_new(b->conf, &b->rules, &e) < 0)
		fail_msg("%s", e.text);
}

static void
begin(struct bench *b, const char *rule)
{
	open_with(b, "", rule, "train/loss");
}

static void
end(struct bench *b)
{
	rules_free(b->rules);
	conf_free(b->conf);
	str_release(&b->told);
	free(b->kept);
}

static void
give(struct bench *b, double v)
{
	if (b->n == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 1024;
		b->kept = realloc(b->kept, (size_t)b->cap * sizeof *b->kept);
	}
	b->kept[b->n++] = v;
	rules_point(b->rules, "/r", 1, 1, b->metric, b->n - 1, T0 + b->n * SECOND, v, false, hear,
		    b);
}

/* -- false alarms ------------------------------------------------------------------------------ */

/* 42 */
static void
healthy_runs_are_left_alone(void **state)
{
	(void)state;
	static const char *const rules[] = {"loss-spike firing", "loss-diverging firing",
					    "plateau firing"};
	enum { SEEDS = 20, POINTS = 10000 };

	for (int kind = 0; kind < NOISES; kind++) {
		int fired[3] = {0};
		for (int s = 1; s <= SEEDS; s++) {
			struct bench b;
			begin(&b, "");
			seed = (uint64_t)(s * 1000 + kind);
			for (int i = 0; i < POINTS; i++)
				give(&b, noisy((enum noise)kind, healthy(i)));
			for (int k = 0; k < 3; k++)
				for (const char *p = str_c(&b.told); (p = strstr(p, rules[k])); p++)
					fired[k]++;
			end(&b);
		}
		/* 0.5 in 10,000 points at most; the other two never */
		assert_in_range(fired[0], 0, SEEDS / 2);
		assert_int_equal(fired[1], 0);
		assert_int_equal(fired[2], 0);
	}
}

/* -- what is found ----------------------------------------------------------------------------- */

/* 43 */
static void
spikes_of_two_points_and_more_are_found(void **state)
{
	(void)state;
	static const int lengths[] = {1, 2, 5, 20};

	for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++)
		for (int s = 1; s <= 20; s++) {
			struct bench b;
			begin(&b, "loss-spike");
			seed = (uint64_t)s;
			for (int i = 0; i < 3000; i++)
				give(&b, noisy(EVEN_2, healthy(i)) *
						 (i >= 2000 && i < 2000 + lengths[k] ? 1.5 : 1));
			assert_int_equal(b.fired, lengths[k] >= 2);
			if (b.fired) {
				assert_int_equal(b.first, 2001);
				/* and it ends, sixteen usual points later */
				assert_in_range(b.last_end, 2000 + lengths[k] + 15,
						2000 + lengths[k] + 17);
			}
			end(&b);
		}
}

/* 44 */
static void
a_slow_climb_is_divergence(void **state)
{
	(void)state;
	for (int s = 1; s <= 20; s++) {
		struct bench b;
		begin(&b, "loss-diverging");
		seed = (uint64_t)s;
		for (int i = 0; i < 3000; i++) {
			double v = healthy(i < 2000 ? i : 2000);
			give(&b, noisy(EVEN_2, i < 2000 ? v : v * pow(1.001, i - 2000)));
		}
		assert_int_equal(b.fired, 1);
		assert_in_range(b.first, 2000, 2500);
		end(&b);
	}
}

/* 45 */
static void
a_flat_end_is_a_plateau(void **state)
{
	(void)state;
	for (int s = 1; s <= 20; s++) {
		struct bench b;
		begin(&b, "plateau");
		seed = (uint64_t)s;
		for (int i = 0; i < 7000; i++)
			give(&b, noisy(EVEN_2, healthy(i < 3000 ? i : 3000)));
		assert_true(b.fired >= 1);
		assert_in_range(b.first, 3000, 7000);
		end(&b);
	}
}

/* 47: one NaN in llm.c's window poisons every verdict after it. */
static void
a_nan_poisons_nothing(void **state)
{
	(void)state;
	struct bench b, clean;

	begin(&b, "loss-spike");
	begin(&clean, "loss-spike");
	for (int which = 0; which < 2; which++) {
		struct bench *x = which ? &b : &clean;
		seed = 9;
		for (int i = 0; i < 1000; i++) {
			double v = noisy(EVEN_2, 2) * (i >= 900 && i < 905 ? 1.5 : 1);
			if (which && i == 500) {
				give(x, NAN);
				give(x, INFINITY);
			}
			give(x, v);
		}
	}
	/* The loss that was NaN explains, until somebody acknowledges it, what comes after. */
	assert_int_equal(clean.fired, 1);
	assert_int_equal(b.fired, 1);
	assert_int_equal(b.first, clean.first + 2);
	end(&b);
	end(&clean);
}

/* 48 */
static void
a_level_shift_is_divergence_and_no_short_spike(void **state)
{
	(void)state;
	struct bench spike, div;

	begin(&spike, "loss-spike");
	begin(&div, "loss-diverging");
	for (int which = 0; which < 2; which++) {
		struct bench *x = which ? &div : &spike;
		seed = 4;
		for (int i = 0; i < 1200; i++)
			give(x, noisy(EVEN_2, i < 1000 ? 2 : 4));
	}
	assert_true(spike.fired == 1 && spike.first == 1001);
	assert_true(!spike.last_end || spike.last_end > 1032);
	assert_int_equal(div.fired, 1);
	assert_int_equal(div.last_end, 0);
	end(&spike);
	end(&div);
}

/* A detector of the test's own, on metric x. */
static void
custom(struct bench *b, const char *when)
{
	char text[300];

	snprintf(text, sizeof text, "[alerts]\ndefaults = off\n[alert x]\nmetric = x\nwhen = %s\n",
		 when);
	open_with(b, text, "x", "x");
}

static void
norms_explode_and_vanish(void **state)
{
	(void)state;
	struct bench b;

	custom(&b, "exploding");
	seed = 1;
	for (int i = 0; i < 1000; i++)
		give(&b, exp(0.3 * normal()) * (i == 700 ? 50 : 1));
	assert_true(b.fired == 1 && b.first == 700);
	end(&b);
	/* a factor of eight is nothing for a norm that spreads, and much for an even one */
	custom(&b, "exploding");
	for (int i = 0; i < 1000; i++)
		give(&b, exp(0.5 * normal()) * (i == 700 ? 3 : 1));
	assert_int_equal(b.fired, 0);
	end(&b);
	custom(&b, "exploding");
	for (int i = 0; i < 1000; i++)
		give(&b, exp(0.01 * normal()) * (i == 700 ? 8 : 1));
	assert_int_equal(b.fired, 1);
	end(&b);
	custom(&b, "vanishing");
	for (int i = 0; i < 2000; i++)
		give(&b, exp(0.3 * normal()) * (i < 1000 ? 1 : pow(0.98, i - 1000)));
	assert_int_equal(b.fired, 1);
	assert_in_range(b.first, 1300, 1420); /* 0.98^342 is a thousandth */
	end(&b);
	custom(&b, "vanishing");
	for (int i = 0; i < 100; i++)
		give(&b, 1e-12);
	assert_true(b.fired == 1 && b.first == 31);
	end(&b);
}

static void
overfitting_needs_a_training_that_still_improves(void **state)
{
	(void)state;
	for (int improving = 0; improving < 2; improving++) {
		struct bench b;
		begin(&b, "overfit");
		b.metric = "val/loss";
		for (int e = 0; e < 40; e++) {
			for (int i = 0; i < 10; i++)
				rules_point(b.rules, "/r", 1, 2, "train/loss", 10 * e + i,
					    T0 + (10 * e + i) * SECOND,
					    improving ? 3 - e / 20.0 : 3 + e / 20.0, false, hear,
					    &b);
			give(&b, 1 + 0.01 * fabs(e - 15.0));
		}
		assert_int_equal(b.fired, improving);
		/* a quarter of the evaluations after the best, and 2 % worse */
		if (improving)
			assert_int_equal(b.first, 21);
		end(&b);
	}
}

static void
a_rate_that_drops_is_slow(void **state)
{
	(void)state;
	struct bench b;

	custom(&b, "slow");
	seed = 8;
	/* every fiftieth is an evaluation: no reason */
	for (int i = 0; i < 1000; i++)
		give(&b, (i % 50 == 0 ? 5 : 100) * (1 + 0.1 * normal()));
	assert_int_equal(b.fired, 0);
	for (int i = 0; i < 40; i++)
		give(&b, 60 * (1 + 0.1 * normal()));
	assert_int_equal(b.fired, 1);
	end(&b);
}

/* -- the same again ---------------------------------------------------------------------------- */

static int64_t asked_points;

static void
recall(void *ctx, uint64_t key, uint32_t attempt, int (*fn)(void *to, const struct point *p),
       void *to)
{
	struct bench *b = ctx;

	assert_true(key == 1 && attempt == 1);
	asked_points++;
	/* the point that is being judged is not stored yet */
	for (int i = 0; i + 1 < b->n; i++) {
		struct point p = {.step = i,
				  .wall_us = T0 + (i + 1) * SECOND,
				  .value = b->kept[i],
				  .attempt = 1};
		fn(to, &p);
	}
}

/* WILD: among values that no mean survives. */
static double
strange(bool wild)
{
	static const double odd[] = {NAN,    INFINITY, -INFINITY, -0.0,  0,
				     5e-324, -DBL_MIN, 1e308,     -1e308};
	double d = uniform();

	if (d < 0.03)
		return odd[(int)(uniform() * (wild ? 9 : 7))];
	if (d < 0.1)
		return 20 * uniform();
	return 2 + 0.1 * normal();
}

/* 39: what is remembered is a function of the points: let go and rebuilt anywhere, all that was
 * told stays the same. */
static void
a_rebuilt_memory_is_the_same(void **state)
{
	(void)state;
	static const char text[] =
		"[alerts]\ndefaults = off\n"
		"[alert a]\nmetric = *\nwhen = spike(n=32)\nclear = z(32) < 3\n"
		"for = 2 of 3 points\n"
		"[alert b]\nmetric = *\nwhen = diverging(rel=1%, k=1)\nfor = 3 points\n"
		"[alert c]\nmetric = *\nwhen = plateau(rel=1)\n"
		"[alert d]\nmetric = *\nwhen = exploding(n=32, k=3) or vanishing(rel=1)\n"
		"[alert e]\nmetric = *\nwhen = overfit(patience=1, part=0, rel=0)\n"
		"[alert f]\nmetric = *\nwhen = slow(drop=10%)\n"
		"[alert g]\nmetric = *\nwhen = mean(7) > 2.2 or median(9) > 2.3 or delta(3) > 5 or "
		"pct(2) > 9 or ema(5) > 3\n"
		"[alert h]\nmetric = *\nwhen = min(3) > 2.1 and max(4) < 2.6 or best_age > 40\n"
		"[alert i]\nmetric = *\nwhen = rate(20s) > 0.2 and count(30s) > 5\n";
	enum { N = 900 };
	struct str whole[2] = {STR_INIT, STR_INIT};

	for (int round = 0; round < 2 * 41; round++) {
		struct bench b;
		int cut = round / 2;
		bool wild = round % 2;
		open_with(&b, text, "a", "loss");
		rules_recall(b.rules, recall, &b);
		seed = 77;
		int when = cut ? (int)(cut * (N / 41.0)) : -1;
		for (int i = 0; i < N; i++) {
			give(&b, strange(wild) * (i > 450 && i < 520 ? 3 : i > 850 ? 0.5 : 1));
			if (i == when) {
				rules_sleep(b.rules, 1);
				rules_rest(b.rules, "/r");
			}
		}
		if (!cut)
			str_adds(&whole[wild], str_c(&b.told));
		else
			assert_string_equal(str_c(&b.told), str_c(&whole[wild]));
		end(&b);
	}
	/* Every one of them has spoken. */
	for (const char *r = "abcdefghi"; *r; r++) {
		char firing[20];
		snprintf(firing, sizeof firing, "%c firing", *r);
		if (!strstr(str_c(&whole[0]), firing))
			fail_msg("%c never fired", *r);
	}
	assert_true(asked_points > 80);
	str_release(&whole[0]);
	str_release(&whole[1]);
}

/* Whatever comes, it is kept in as many bytes. */
static void
memory_is_constant(void **state)
{
	(void)state;
	struct bench b;

	begin(&b, "loss-spike");
	give(&b, 1);
	size_t bytes = rules_bytes(b.rules);
	assert_in_range(bytes, 1000, 8000);
	for (int i = 0; i < 20000; i++)
		give(&b, strange(true));
	assert_int_equal(rules_bytes(b.rules), bytes);
	rules_sleep(b.rules, 1);
	assert_int_equal(rules_bytes(b.rules), 0);
	end(&b);
}

/* Of a run that rests nothing is kept but what is to be said of it. */
static void
a_run_that_rests_is_forgotten(void **state)
{
	(void)state;
	struct bench b;

	begin(&b, "loss-nonfinite");
	give(&b, 1);
	rules_rest(b.rules, "/r"); /* it does not */
	assert_int_equal(b.rules->subjects.n, 1);
	rules_sleep(b.rules, 1);
	rules_rest(b.rules, "/r");
	assert_int_equal(b.rules->subjects.n, 0);
	give(&b, NAN);
	rules_sleep(b.rules, 1);
	rules_rest(b.rules, "/r");
	assert_int_equal(b.rules->subjects.n, 1);
	assert_int_equal(b.fired, 1);
	give(&b, NAN);
	assert_int_equal(b.fired, 1); /* and goes on */
	end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy_runs_are_left_alone),
		cmocka_unit_test(spikes_of_two_points_and_more_are_found),
		cmocka_unit_test(a_slow_climb_is_divergence),
		cmocka_unit_test(a_flat_end_is_a_plateau),
		cmocka_unit_test(a_nan_poisons_nothing),
		cmocka_unit_test(a_level_shift_is_divergence_and_no_short_spike),
		cmocka_unit_test(norms_explode_and_vanish),
		cmocka_unit_test(overfitting_needs_a_training_that_still_improves),
		cmocka_unit_test(a_rate_that_drops_is_slow),
		cmocka_unit_test(a_rebuilt_memory_is_the_same),
		cmocka_unit_test(memory_is_constant),
		cmocka_unit_test(a_run_that_rests_is_forgotten),
	};
	return cmocka_run_group_tests_name("detect", tests, NULL, NULL);
}
