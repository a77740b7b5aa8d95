#include "core/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static size_t
name(char *buf, size_t room, int i)
{
	return (size_t)snprintf(buf, room, "layers.%d/weights/of/some/length/grad_norm", i);
}

/* So many that a table whose keys all collide would not be done before the test is given up. */
static void
many_names_are_found_at_once(void **state)
{
	(void)state;
	enum { MANY = 300000 };
	struct map m = MAP_INIT;
	char key[100];

	for (int i = 0; i < MANY; i++)
		map_put(&m, key, name(key, sizeof key, i), (void *)(uintptr_t)(i + 1));
	assert_int_equal(map_count(&m), MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal((uintptr_t)map_get(&m, key, name(key, sizeof key, i)), i + 1);
	assert_null(map_get(&m, key, name(key, sizeof key, MANY)));
	map_release(&m);
}

static void
keys_of_any_length_are_told_apart(void **state)
{
	(void)state;
	struct map m = MAP_INIT;
	static const char zeros[40];

	for (size_t n = 0; n <= sizeof zeros; n++)
		map_put(&m, zeros, n, (void *)(uintptr_t)(n + 1));
	for (size_t n = 0; n <= sizeof zeros; n++)
		assert_int_equal((uintptr_t)map_get(&m, zeros, n), n + 1);
	map_release(&m);
}

static void
what_is_removed_is_gone_and_the_rest_stays(void **state)
{
	(void)state;
	enum { N = 1000 };
	struct map m = MAP_INIT;
	char key[100];
	size_t at = 0, n = 0;

	for (int i = 0; i < N; i++)
		map_put(&m, key, name(key, sizeof key, i), (void *)(uintptr_t)(i + 1));
	for (int i = 0; i < N; i += 2)
		assert_int_equal((uintptr_t)map_remove(&m, key, name(key, sizeof key, i)), i + 1);
	assert_null(map_remove(&m, key, name(key, sizeof key, 0)));
	for (int i = 0; i < N; i++)
		assert_int_equal((uintptr_t)map_get(&m, key, name(key, sizeof key, i)),
				 i % 2 ? i + 1 : 0);
	while (map_next(&m, &at))
		n++;
	assert_int_equal(n, N / 2);
	map_release(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_names_are_found_at_once),
		cmocka_unit_test(keys_of_any_length_are_told_apart),
		cmocka_unit_test(what_is_removed_is_gone_and_the_rest_stays),
	};
	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
