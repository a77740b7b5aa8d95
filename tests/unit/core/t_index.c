#include "core/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct named {
	char name[24];
	unsigned alias;
	bool in;
};

static unsigned asked;

static bool
named_is(const void *item, const void *key, size_t n)
{
	const struct named *v = item;
	asked++;
	return strlen(v->name) == n && !memcmp(v->name, key, n);
}

static bool
is_alias(const void *item, const void *key, size_t n)
{
	const struct named *v = item;
	return n == sizeof v->alias && !memcmp(&v->alias, key, n);
}

/* By its name or by its alias. */
static bool
is_either(const void *item, const void *key, size_t n)
{
	return is_alias(item, key, n) || named_is(item, key, n);
}

static struct named *
many(size_t n)
{
	struct named *v = calloc(n, sizeof *v);
	for (size_t i = 0; i < n; i++) {
		snprintf(v[i].name, sizeof v[i].name, "run%zu", i);
		v[i].alias = (unsigned)i * 7;
	}
	return v;
}

static void
what_was_put_is_found_by_what_is_written_in_it(void **state)
{
	(void)state;
	enum { N = 5000 };
	struct named *v = many(N + 1);
	struct index x = {.is = named_is};

	assert_null(index_get(&x, "run0", 4));
	assert_null(index_remove(&x, "run0", 4));
	for (int i = 0; i < N; i++)
		index_put(&x, v[i].name, strlen(v[i].name), &v[i]);
	assert_int_equal(x.n, N);
	asked = 0;
	for (int i = 0; i < N; i++) {
		char key[24];
		memcpy(key, v[i].name, sizeof key);
		assert_ptr_equal(index_get(&x, key, strlen(key)), &v[i]);
	}
	/* Nearly no other is asked: what lies beside it tells them apart. */
	assert_in_range(asked, N, N + N / 100);
	assert_null(index_get(&x, v[N].name, strlen(v[N].name)));
	index_release(&x);
	assert_null(index_get(&x, v[0].name, strlen(v[0].name)));
	free(v);
}

static void
a_second_of_the_same_key_takes_the_place_of_the_first(void **state)
{
	(void)state;
	struct named one = {.name = "run"}, two = {.name = "run"};
	struct index x = {.is = named_is};

	index_put(&x, "run", 3, &one);
	index_put(&x, "run", 3, &two);
	assert_int_equal(x.n, 1);
	one.name[0] = 0; /* nobody looks there any more */
	assert_ptr_equal(index_get(&x, "run", 3), &two);
	assert_ptr_equal(index_remove(&x, "run", 3), &two);
	assert_null(index_get(&x, "run", 3));
	index_release(&x);
}

static void
one_thing_may_be_in_under_two_keys(void **state)
{
	(void)state;
	struct named v = {.name = "run", .alias = 5};
	struct index x = {.is = is_either};

	index_put(&x, "run", 3, &v);
	index_put(&x, &v.alias, sizeof v.alias, &v);
	assert_int_equal(x.n, 2);
	assert_ptr_equal(index_remove(&x, "run", 3), &v);
	assert_null(index_get(&x, "run", 3));
	assert_ptr_equal(index_get(&x, &v.alias, sizeof v.alias), &v);
	index_release(&x);
}

/* Held against an array that knows who is in, through growth, marks of the removed and their
 * sweeping. */
static void
whatever_comes_and_goes_it_is_found_while_it_is_in(void **state)
{
	(void)state;
	enum { N = 300, TURNS = 40000 };
	struct named *v = many(N);
	struct index x = {.is = is_alias};
	size_t in = 0;
	uint32_t dice = 1;

	for (int turn = 0; turn < TURNS; turn++) {
		dice = dice * 1664525 + 1013904223;
		/* Tides: at times nearly all are in, at times nearly none. */
		bool put = (dice >> 8) % 100 < (turn / 2000 % 2 ? 90u : 10u);
		struct named *it = &v[(dice >> 16) % N];
		if (put) {
			index_put(&x, &it->alias, sizeof it->alias, it);
			in += !it->in;
		} else {
			void *was = index_remove(&x, &it->alias, sizeof it->alias);
			assert_ptr_equal(was, it->in ? it : NULL);
			in -= it->in;
		}
		it->in = put;
		assert_int_equal(x.n, in);
		it = &v[(dice >> 4) % N];
		assert_ptr_equal(index_get(&x, &it->alias, sizeof it->alias), it->in ? it : NULL);
	}
	for (int i = 0; i < N; i++)
		assert_ptr_equal(index_get(&x, &v[i].alias, sizeof v[i].alias),
				 v[i].in ? &v[i] : NULL);
	/* It does not grow with those that went. */
	assert_in_range(x.nslots, in, 2 * N);
	index_release(&x);
	free(v);
}

static void
walking_meets_each_once_and_may_remove_it(void **state)
{
	(void)state;
	enum { N = 1000 };
	struct named *v = many(N), *it;
	struct index x = {.is = named_is};
	size_t at = 0, met = 0;

	for (int i = 0; i < N; i++)
		index_put(&x, v[i].name, strlen(v[i].name), &v[i]);
	while ((it = index_next(&x, &at))) {
		assert_false(it->in);
		it->in = true;
		met++;
		if (met % 2)
			index_remove(&x, it->name, strlen(it->name));
	}
	assert_int_equal(met, N);
	assert_int_equal(x.n, N / 2);
	index_release(&x);
	free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_found_by_what_is_written_in_it),
		cmocka_unit_test(a_second_of_the_same_key_takes_the_place_of_the_first),
		cmocka_unit_test(one_thing_may_be_in_under_two_keys),
		cmocka_unit_test(whatever_comes_and_goes_it_is_found_while_it_is_in),
		cmocka_unit_test(walking_meets_each_once_and_may_remove_it),
	};
	return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
