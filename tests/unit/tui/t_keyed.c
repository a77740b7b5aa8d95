/* Things with a number each: in its order, those of one number as they stood. */
#include "tui/keyed.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { MOST = 700 };

static uint64_t seed;

static uint64_t
draw(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return seed >> 11;
}

static void
assert_sorted(const struct keyed *v, const struct keyed *was, int n)
{
	static bool met[MOST];
	memset(met, 0, sizeof met);
	for (int i = 0; i < n; i++) {
		if (i)
			assert_true(v[i - 1].key < v[i].key ||
				    (v[i - 1].key == v[i].key && v[i - 1].what < v[i].what));
		assert_true(v[i].what >= 0 && v[i].what < n && !met[v[i].what]);
		assert_true(was[v[i].what].key == v[i].key);
		met[v[i].what] = true;
	}
}

/* Keys that differ in some bytes, in all, in none. */
static void
keys_are_in_order_and_equal_ones_as_they_stood(void **state)
{
	static const uint64_t mask[] = {
		0,         1, 0xff00, 0x0f000000000000f0, UINT64_C(0xff) << 56, 0x00ff00ff00ff00ff,
		UINT64_MAX};
	static const int some[] = {0, 1, 2, 3, 255, 256, 257, MOST};
	static struct keyed v[MOST], was[MOST];
	(void)state;
	for (size_t k = 0; k < sizeof mask / sizeof *mask; k++)
		for (size_t s = 0; s < sizeof some / sizeof *some; s++) {
			int n = some[s];
			uint64_t same = draw() << 13 ^ draw();
			for (int i = 0; i < n; i++) {
				uint64_t any = draw() << 32 ^ draw();
				was[i] = (struct keyed){(same & ~mask[k]) | (any & mask[k]), i};
			}
			memcpy(v, was, sizeof v);
			keyed_sort(v, n);
			assert_sorted(v, was, n);
		}
}

static void
numbers_are_in_the_order_of_doubles(void **state)
{
	static const double order[] = {-INFINITY, -1e300, -2,       -1, -0.5,   -5e-324,
				       0,         5e-324, 0.5,      1,  1.0001, 2,
				       1e17,      1e300,  INFINITY, NAN};
	enum { N = sizeof order / sizeof *order };
	(void)state;
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++) {
			uint64_t a = keyed_of_double(order[i]), b = keyed_of_double(order[k]);
			assert_int_equal(a < b, i < k);
			assert_int_equal(a == b, i == k);
		}
	assert_true(keyed_of_double(-0.0) == keyed_of_double(0.0));
	assert_true(keyed_of_double(-NAN) == keyed_of_double(NAN));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_in_order_and_equal_ones_as_they_stood),
		cmocka_unit_test(numbers_are_in_the_order_of_doubles),
	};
	return cmocka_run_group_tests_name("keyed", tests, NULL, NULL);
}
