#include "core/pack.h"

#include "core/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const uint64_t values[] = {0,     1,          127,       128,        16383,
				  16384, UINT32_MAX, INT64_MAX, UINT64_MAX, UINT64_MAX - 1};
#define NVALUES (sizeof values / sizeof *values)

static struct str
packed(void)
{
	struct str out = STR_INIT;
	for (size_t i = 0; i < NVALUES; i++) {
		pack_u64(&out, values[i]);
		pack_i64(&out, (int64_t)values[i]);
		pack_f64(&out, (double)values[i] / 3);
		pack_text(&out, "some text", i);
	}
	return out;
}

static void
what_was_packed_is_unpacked(void **state)
{
	(void)state;
	struct str s = packed();
	struct unpack u;
	unpack_init(&u, s.buf, s.len);
	for (size_t i = 0; i < NVALUES; i++) {
		size_t n;
		assert_true(unpack_u64(&u) == values[i]);
		assert_true(unpack_i64(&u) == (int64_t)values[i]);
		assert_true(unpack_f64(&u) == (double)values[i] / 3);
		const char *text = unpack_text(&u, &n);
		assert_int_equal(n, i);
		assert_memory_equal(text, "some text", n);
	}
	assert_true(unpack_whole(&u));
	str_release(&s);
}

static void
small_numbers_either_side_of_zero_are_one_byte(void **state)
{
	(void)state;
	struct str s = STR_INIT;
	for (int64_t v = -64; v < 64; v++) {
		size_t before = s.len;
		pack_i64(&s, v);
		assert_int_equal(s.len, before + 1);
	}
	str_release(&s);
}

static void
what_is_cut_off_is_bad_and_stays_so(void **state)
{
	(void)state;
	struct str s = packed();
	for (size_t cut = 0; cut < s.len; cut++) {
		struct unpack u;
		void *exact = xmemdup(s.buf, cut);
		unpack_init(&u, exact, cut);
		for (size_t i = 0; i < NVALUES; i++) {
			size_t n;
			unpack_u64(&u);
			unpack_i64(&u);
			unpack_f64(&u);
			unpack_text(&u, &n);
		}
		assert_true(u.bad);
		assert_false(unpack_whole(&u));
		assert_true(unpack_u64(&u) == 0);
		free(exact);
	}
	str_release(&s);
}

static void
what_is_left_over_is_not_whole(void **state)
{
	(void)state;
	struct unpack u;
	unpack_init(&u, "\1\2", 2);
	assert_int_equal(unpack_u64(&u), 1);
	assert_false(unpack_whole(&u));
	assert_int_equal(unpack_u64(&u), 2);
	assert_true(unpack_whole(&u));
}

static void
bounds_are_kept(void **state)
{
	(void)state;
	struct unpack u;
	unpack_init(&u, "\5\6", 2);
	assert_int_equal(unpack_upto(&u, 5), 5);
	assert_int_equal(unpack_upto(&u, 5), 0);
	assert_true(u.bad);
	/* A length beyond all memory is no length. */
	unpack_init(&u, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1x", 11);
	size_t n;
	assert_string_equal(unpack_text(&u, &n), "");
	assert_true(u.bad);
	/* A number that never ends is none. */
	unpack_init(&u, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1", 12);
	unpack_u64(&u);
	assert_true(u.bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_is_unpacked),
		cmocka_unit_test(small_numbers_either_side_of_zero_are_one_byte),
		cmocka_unit_test(what_is_cut_off_is_bad_and_stays_so),
		cmocka_unit_test(what_is_left_over_is_not_whole),
		cmocka_unit_test(bounds_are_kept),
	};
	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
