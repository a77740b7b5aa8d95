/* Room that is made at once: what it held stays, and it grows on like any other. */
#include "core/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct vec {
	uint64_t *v;
	size_t n, cap;
};

static void
fill(struct vec *v, size_t n)
{
	while (v->n < n) {
		uint64_t i = v->n;
		*vec_push(v->v, v->n, v->cap) = i * i;
	}
}

static void
assert_filled(const struct vec *v)
{
	size_t others = 0;
	for (uint64_t i = 0; i < v->n; i++)
		others += v->v[i] != i * i;
	assert_int_equal(others, 0);
}

/* Much lies elsewhere than little does: both, and from one to the other. */
static void
what_it_held_stays_and_it_grows_on(void **state)
{
	static const size_t room[] = {1, 100, 1 << 17, 1 << 19, (1 << 20) + 3};
	(void)state;
	for (size_t i = 0; i < sizeof room / sizeof *room; i++)
		for (size_t before = 0; before <= 1000; before += 500) {
			struct vec v = {0};
			fill(&v, before);
			size_t cap = v.cap;
			xreserve(&v.v, &v.cap, room[i], sizeof *v.v);
			assert_int_equal(v.cap, room[i] > cap ? room[i] : cap);
			assert_filled(&v);
			fill(&v, v.cap);
			assert_filled(&v);
			fill(&v, v.cap + 1);
			assert_filled(&v);
			free(v.v);
		}
}

static void
room_that_there_is_not_changes_nothing(void **state)
{
	static const size_t room[] = {SIZE_MAX / 8, SIZE_MAX / 8 + 2, SIZE_MAX};
	struct vec v = {0};
	(void)state;
	fill(&v, 10);
	const uint64_t *was = v.v;
	size_t cap = v.cap;
	for (size_t i = 0; i < sizeof room / sizeof *room; i++) {
		xreserve(&v.v, &v.cap, room[i], sizeof *v.v);
		assert_ptr_equal(v.v, was);
		assert_int_equal(v.cap, cap);
	}
	assert_filled(&v);
	free(v.v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_held_stays_and_it_grows_on),
		cmocka_unit_test(room_that_there_is_not_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
