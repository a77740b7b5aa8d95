#include "core/protobuf.h"

#include "core/xalloc.h"
#include "tests/unit/pbwrite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { END_GROUP = 4 };

/* The fields of the first HAVE of N bytes as text: "1=5 2='ab' 3:8=1/4 " (a field of 4 bytes of
 * which 1 is there), and how it ended. Read from memory of exactly that size. */
static char *
walk(const char *p, size_t have, size_t n)
{
	struct pb m;
	struct pb_field f;
	struct str out = STR_INIT;
	char *exact = xmemdup(p, have);
	pb_init(&m, exact, have, n);
	while (pb_next(&m, &f)) {
		str_addf(&out, "%u", f.number);
		if (f.type == PB_BYTES && f.have < f.n)
			str_addf(&out, "='%.*s'%zu/%zu ", (int)f.have, f.bytes, f.have, f.n);
		else if (f.type == PB_BYTES)
			str_addf(&out, "='%.*s' ", (int)f.n, f.bytes);
		else if (f.type == PB_GROUP)
			str_adds(&out, "=group ");
		else
			str_addf(&out, "=%llu ", (unsigned long long)f.value);
	}
	assert_false(pb_next(&m, &f));
	str_adds(&out, m.state == PB_END ? "end" : m.state == PB_CUT ? "cut" : "bad");
	free(exact);
	return str_steal(&out);
}

static void
check(const struct str *s, const char *want)
{
	char *got = walk(str_c(s), s->len, s->len);
	assert_string_equal(got, want);
	free(got);
}

static void
check_bytes(const char *p, size_t n, const char *want)
{
	char *got = walk(p, n, n);
	assert_string_equal(got, want);
	free(got);
}
#define check_literal(z, want) check_bytes(z, sizeof(z) - 1, want)

static struct str
some_message(void)
{
	struct str s = STR_INIT;
	pbw_varint(&s, 1, 300);
	pbw_text(&s, 2, "text");
	pbw_f64(&s, 3, 1.0);
	pbw_key(&s, 4, PB_GROUP);
	pbw_text(&s, 5, "inside");
	pbw_key(&s, 6, PB_GROUP);
	pbw_key(&s, 6, END_GROUP);
	pbw_key(&s, 4, END_GROUP);
	pbw_f32(&s, 100000, 1.0f);
	pbw_varint(&s, (1u << 29) - 1, UINT64_MAX);
	return s;
}

static void
every_type_of_field_is_read(void **state)
{
	(void)state;
	struct str s = some_message();
	check(&s, "1=300 2='text' 3=4607182418800017408 4=group 100000=1065353216 "
		  "536870911=18446744073709551615 end");
	str_release(&s);
	check_literal("", "end");
}

static void
an_empty_message_needs_no_bytes(void **state)
{
	(void)state;
	struct pb m;
	struct pb_field f;
	pb_init(&m, NULL, 0, 0);
	assert_false(pb_next(&m, &f));
	assert_int_equal(m.state, PB_END);
}

static void
numbers_keep_their_bits(void **state)
{
	(void)state;
	assert_true(pb_float(0x3F800000) == 1.0f);
	assert_true(pb_double(UINT64_C(0xC000000000000000)) == -2.0);
	assert_true(pb_zigzag(0) == 0 && pb_zigzag(1) == -1 && pb_zigzag(2) == 1);
	assert_true(pb_zigzag(UINT64_MAX) == INT64_MIN);
	assert_true(le32("\1\2\3\4") == 0x04030201);
	assert_true(le64("\1\2\3\4\5\6\7\xFF") == UINT64_C(0xFF07060504030201));
}

static void
what_is_no_field_is_bad(void **state)
{
	(void)state;
	check_literal("\x08\5\x0E", "1=5 bad");         /* wire type 6 */
	check_literal("\x08\5\x0F", "1=5 bad");         /* 7 */
	check_literal("\x00\1", "bad");                 /* number 0 */
	check_literal("\x08\5\x0C", "1=5 bad");         /* the end of a group that is not open */
	check_literal("\x0A\5abc", "bad");              /* longer than the message */
	check_literal("\x09\1\2\3", "bad");             /* too short for its type */
	check_literal("\x0D\1\2\3", "bad");             /* likewise */
	check_literal("\x08", "bad");                   /* no value */
	check_literal("\x80\x80\x80\x80\x10\1", "bad"); /* a number of more than 29 bits */
	check_literal("\x0B\x08\1", "bad");             /* a group that doesn't end */
	check_literal("\x0B\x14", "bad");               /* or as another one */
}

static void
a_length_near_the_end_of_memory_is_bad(void **state)
{
	(void)state;
	for (int back = 0; back < 16; back++) {
		struct str s = STR_INIT;
		pbw_key(&s, 1, PB_BYTES);
		pbw_raw_varint(&s, UINT64_MAX - (uint64_t)back);
		str_adds(&s, "abc");
		check(&s, "bad");
		str_release(&s);
	}
}

static void
a_varint_has_ten_bytes_at_most(void **state)
{
	(void)state;
	check_literal("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", "1=18446744073709551615 end");
	check_literal("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x81\x00", "bad");
	/* One that is longer than it need be is one all the same. */
	check_literal("\x08\x85\x80\x00", "1=5 end");
	static const unsigned char unfinished[] = {0x80, 0x80};
	uint64_t v;
	assert_null(pb_varint(unfinished, unfinished + 2, &v));
}

static void
groups_nest_so_deep_and_no_deeper(void **state)
{
	(void)state;
	for (int depth = PB_MAX_GROUPS - 1; depth <= PB_MAX_GROUPS + 1; depth++) {
		struct str s = STR_INIT;
		for (int i = 0; i < depth; i++)
			pbw_key(&s, 1, PB_GROUP);
		for (int i = 0; i < depth; i++)
			pbw_key(&s, 1, END_GROUP);
		check(&s, depth <= PB_MAX_GROUPS ? "1=group end" : "bad");
		str_release(&s);
	}
}

/* Whatever has arrived of a message, the fields that are there are those of the whole message. */
static void
a_message_that_is_cut_gives_its_first_fields(void **state)
{
	(void)state;
	struct str s = some_message();
	char *whole = walk(str_c(&s), s.len, s.len);
	for (size_t have = 0; have < s.len; have++) {
		char *got = walk(str_c(&s), have, s.len);
		size_t n = strlen(got);
		assert_true(n >= 3 && !strcmp(got + n - 3, "cut"));
		/* But for the last one, of which a part may be there. */
		char *part = strchr(got, '/');
		while (part && part > got && part[-1] != '\'')
			part--;
		n = part ? (size_t)(part - 1 - got) : n - 3;
		assert_memory_equal(got, whole, n);
		free(got);
	}
	free(whole);
	char *got = walk("\x0A\x05"
			 "ab",
			 4, 7);
	assert_string_equal(got, "1='ab'2/5 cut");
	free(got);
	/* More than will ever arrive. */
	got = walk("\x0A\x06"
		   "ab",
		   4, 7);
	assert_string_equal(got, "bad");
	free(got);
	str_release(&s);
}

static void
packed_arrays_are_read_element_by_element(void **state)
{
	(void)state;
	struct str s = STR_INIT;
	struct pb m;
	uint64_t v;
	for (uint64_t i = 0; i < 300; i++)
		pbw_raw_varint(&s, i);
	pb_init(&m, str_c(&s), s.len, s.len);
	for (uint64_t i = 0; i < 300; i++)
		assert_true(pb_next_packed(&m, PB_VARINT, &v) && v == i);
	assert_false(pb_next_packed(&m, PB_VARINT, &v));
	assert_int_equal(m.state, PB_END);
	str_reset(&s);
	pbw_raw_f64(&s, 0.25);
	pbw_raw_f32(&s, 0.5f);
	pb_init(&m, str_c(&s), s.len, s.len);
	assert_true(pb_next_packed(&m, PB_FIXED64, &v) && pb_double(v) == 0.25);
	assert_true(pb_next_packed(&m, PB_FIXED32, &v) && pb_float(v) == 0.5f);
	assert_false(pb_next_packed(&m, PB_FIXED32, &v));
	pb_init(&m, str_c(&s), s.len, s.len);
	assert_true(pb_next_packed(&m, PB_FIXED64, &v));
	assert_false(pb_next_packed(&m, PB_FIXED64, &v));
	assert_int_equal(m.state, PB_BAD);
	str_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_of_field_is_read),
		cmocka_unit_test(an_empty_message_needs_no_bytes),
		cmocka_unit_test(numbers_keep_their_bits),
		cmocka_unit_test(what_is_no_field_is_bad),
		cmocka_unit_test(a_length_near_the_end_of_memory_is_bad),
		cmocka_unit_test(a_varint_has_ten_bytes_at_most),
		cmocka_unit_test(groups_nest_so_deep_and_no_deeper),
		cmocka_unit_test(a_message_that_is_cut_gives_its_first_fields),
		cmocka_unit_test(packed_arrays_are_read_element_by_element),
	};
	return cmocka_run_group_tests_name("protobuf", tests, NULL, NULL);
}
