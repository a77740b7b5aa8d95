/* The moving average: no start-up error, no trace of what is no number. */
#include "core/smooth.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* As the definition has it: weights w^(n-i), divided by their sum. */
static double
by_definition(const double *y, int n, double w)
{
	double sum = 0, norm = 0;
	for (int i = 0; i < n; i++)
		if (isfinite(y[i])) {
			sum = w * sum + y[i];
			norm = w * norm + 1;
		}
	return sum / norm;
}

static void
test_it_is_the_weighted_mean_of_what_was_seen(void **state)
{
	(void)state;
	static const double weight[] = {0, 0.5, 0.6, 0.9, 0.99, 0.999};
	unsigned seed = 1;
	for (size_t k = 0; k < sizeof weight / sizeof *weight; k++) {
		struct ema m = {.weight = weight[k]};
		double y[500];
		for (int i = 0; i < 500; i++) {
			y[i] = i % 17 == 5   ? (double)NAN
			       : i % 31 == 7 ? (double)INFINITY
					     : rand_r(&seed) / 1e9 - 1;
			double got = ema_add(&m, y[i]);
			if (isfinite(y[i]))
				assert_true(fabs(got - by_definition(y, i + 1, weight[k])) < 1e-9);
			else
				assert_true(isnan(y[i]) ? isnan(got) : got == y[i]);
		}
	}
}

static void
test_the_first_value_is_itself_and_a_constant_stays_one(void **state)
{
	(void)state;
	struct ema m = {.weight = 0.99};
	for (int i = 0; i < 1000; i++)
		assert_true(ema_add(&m, 0.1) == 0.1);
}

static void
test_it_stays_between_the_least_and_the_greatest(void **state)
{
	(void)state;
	struct ema m = {.weight = 0.9};
	unsigned seed = 3;
	for (int i = 0; i < 10000; i++) {
		double v = ema_add(&m, rand_r(&seed) % 1000);
		assert_true(v >= 0 && v <= 999);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_the_weighted_mean_of_what_was_seen),
		cmocka_unit_test(test_the_first_value_is_itself_and_a_constant_stays_one),
		cmocka_unit_test(test_it_stays_between_the_least_and_the_greatest),
	};
	return cmocka_run_group_tests_name("smooth", tests, NULL, NULL);
}
