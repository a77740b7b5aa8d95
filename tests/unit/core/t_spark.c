#include "core/spark.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static uint32_t seed;

static double
noise(void)
{
	seed = seed * 1664525 + 1013904223;
	return (double)(seed >> 8) / (1 << 24);
}

/* Whatever the length, each slot is the mean of the points it stands for. */
static void
slots_are_block_means(void **state)
{
	(void)state;
	enum { MAX = 5000 };
	static double v[MAX];
	float out[SPARK_N + 1];

	seed = 1;
	for (int i = 0; i < MAX; i++)
		v[i] = sin(i / 300.0) * 5 + noise();
	for (int len = 1; len <= MAX; len += 1 + len / 7) {
		struct spark s = {0};
		for (int i = 0; i < len; i++)
			spark_add(&s, v[i]);
		int n = spark_values(&s, out), at = 0;
		for (int k = 0; k < n; k++) {
			double sum = 0;
			int count = 0;
			for (; count < (int)s.stride && at < len; count++)
				sum += v[at++];
			assert_true(count > 0);
			assert_true(fabs(out[k] - sum / count) < 1e-4);
		}
		assert_int_equal(at, len);
	}
}

/* The last point always shows, and no more slots are used than there are. */
static void
memory_is_bounded(void **state)
{
	(void)state;
	struct spark s = {0};
	float out[SPARK_N + 1];

	for (int i = 0; i < 100000; i++) {
		spark_add(&s, i);
		int n = spark_values(&s, out);
		assert_in_range(n, 1, SPARK_N + 1);
		assert_true(i < 1 || n > 1);
		assert_true(s.stride && !(s.stride & (s.stride - 1)));
		assert_true(out[n - 1] <= i && out[n - 1] > (double)i - s.stride);
	}
}

static void
what_is_not_finite_is_left_out_but_remembered(void **state)
{
	(void)state;
	struct spark s = {0};
	float out[SPARK_N + 1];

	spark_add(&s, NAN);
	assert_int_equal(spark_values(&s, out), 0);
	assert_int_equal(s.bad, 1);
	spark_add(&s, 2);
	assert_int_equal(s.bad, 0);
	spark_add(&s, -INFINITY);
	assert_int_equal(s.bad, 1);
	assert_int_equal(spark_values(&s, out), 1);
	assert_true(out[0] == 2);
}

/* Values that no float holds are drawn at its edge; nothing turns into NaN on the way. */
static void
huge_values_stay_numbers(void **state)
{
	(void)state;
	struct spark s = {0};
	float out[SPARK_N + 1];

	for (int i = 0; i < 1000; i++)
		spark_add(&s, i % 2 ? DBL_MAX : -DBL_MAX);
	for (int i = 0; i < 1000; i++)
		spark_add(&s, DBL_MAX);
	spark_add(&s, 1e100);
	int n = spark_values(&s, out);
	for (int i = 0; i < n; i++)
		assert_true(isfinite(out[i]));
	assert_true(out[n - 1] == FLT_MAX);
}

static double
weight(const struct spark *s, double *sum)
{
	*sum = s->sum;
	for (int i = 0; i < s->n; i++)
		*sum += (double)s->mean[i] * s->stride;
	return (double)s->n * s->stride + s->part;
}

/* No point is lost, whatever the strides; where they fit together, nothing shows. */
static void
one_spark_goes_on_from_another(void **state)
{
	(void)state;
	static const int counts[] = {0, 1, 2, 31, 32, 33, 64, 1000, 100000};
	enum { N = sizeof counts / sizeof *counts };

	for (int a = 0; a < N; a++)
		for (int b = 0; b < N; b++) {
			struct spark s = {0}, next = {0}, whole = {0};
			double sum, want = 0;
			for (int i = 0; i < counts[a]; i++) {
				spark_add(&s, i % 10);
				spark_add(&whole, i % 10);
				want += i % 10;
			}
			for (int i = 0; i < counts[b]; i++) {
				spark_add(&next, 20);
				spark_add(&whole, 20);
				want += 20;
			}
			spark_append(&s, &next);
			assert_true(weight(&s, &sum) == counts[a] + counts[b]);
			assert_true(fabs(sum - want) <= want * 1e-6);
			assert_true(s.n <= SPARK_N && (s.part < s.stride || !s.stride));
			assert_int_equal(s.stride, whole.stride);
			if (counts[a] + counts[b] <= SPARK_N)
				assert_memory_equal(s.mean, whole.mean, sizeof s.mean);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_are_block_means),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(what_is_not_finite_is_left_out_but_remembered),
		cmocka_unit_test(one_spark_goes_on_from_another),
		cmocka_unit_test(huge_values_stay_numbers),
	};
	return cmocka_run_group_tests_name("spark", tests, NULL, NULL);
}
