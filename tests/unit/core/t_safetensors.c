#include "core/xalloc.h"
#include "tests/unit/model_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <cmocka.h>

static const char header[] =
	"{\"__metadata__\":{\"format\":\"pt\",\"a\\u0000b\":\"\\u00e9\"},"
	"\"a.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
	"\"a.bias\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[24,30]},"
	"\"empty\":{\"dtype\":\"F16\",\"shape\":[0,7],\"data_offsets\":[30,30]},"
	"\"one\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[30,38]}}   ";

static struct str
sample(const char *h, size_t data)
{
	struct str s = STR_INIT, zeros = STR_INIT;
	put_zeros(&zeros, data);
	safetensors_write(&s, h, str_c(&zeros), data);
	str_release(&zeros);
	return s;
}

static void
what_is_there_is_read(void **state)
{
	(void)state;
	struct str s = sample(header, 38);
	struct model *m = opened(&s, "no.suffix");
	assert_string_equal(m->format, "safetensors");
	assert_int_equal(m->state, MODEL_WHOLE);
	assert_int_equal(m->safety, MODEL_SAFE);
	assert_int_equal(m->ntensors, 4);
	assert_int_equal(m->totals.params, 10);
	assert_int_equal(m->totals.bytes, 38);
	const struct model_tensor *t = model_find(m, "a.weight");
	assert_non_null(t);
	assert_int_equal(t->rank, 2);
	assert_int_equal(t->dim[1], 3);
	assert_int_equal(t->offset, 8 + strlen(header));
	assert_true(t->readable);
	assert_string_equal(m->tensor[1].type, "BF16");
	assert_int_equal(m->tensor[2].count, 0);
	assert_int_equal(m->tensor[3].count, 1);
	assert_string_equal(model_meta(m, "format"), "pt");
	assert_string_equal(model_meta(m, "a\xEF\xBF\xBD"
					  "b"),
			    "\xC3\xA9");
	assert_int_equal(m->type[0].dtype, DTYPE_F32);
	assert_null(model_find(m, "b"));
	model_close(m);
	str_release(&s);
}

static void
half_a_file_is_told_from_a_whole_one_at_every_byte(void **state)
{
	(void)state;
	struct str s = sample(header, 38);
	for (size_t n = 1; n < s.len; n++) {
		struct str cut = {s.buf, n, 0};
		struct model *m = opened(&cut, "x.safetensors");
		assert_int_equal(m->state, MODEL_TRUNCATED);
		assert_true(m->missing > 0 && m->missing <= s.len - n);
		/* In the numbers: exactly how much. */
		if (n >= 8 + strlen(header)) {
			assert_int_equal(m->missing, s.len - n);
			assert_false(m->missing_least);
			assert_int_equal(m->ntensors, 4);
		}
		model_close(m);
	}
	str_addc(&s, 'x');
	struct model *m = opened(&s, "x");
	assert_int_equal(m->state, MODEL_DAMAGED);
	assert_int_equal(m->extra, 1);
	model_close(m);
	str_release(&s);
}

static void
a_fresh_one_that_is_cut_is_growing(void **state)
{
	(void)state;
	struct str s = sample(header, 20);
	const char *path = file_of(&s, "x");
	assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
	struct model *m;
	struct err e;
	assert_int_equal(model_open(path, &m, &e), 0);
	assert_int_equal(m->state, MODEL_GROWING);
	assert_int_equal(m->missing, 18);
	model_close(m);
	str_release(&s);
}

static void
contradictions_are_said_and_the_rest_is_read(void **state)
{
	(void)state;
	static const struct {
		const char *header, *words;
		size_t data;
	} wrong[] = {
		{"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
		 "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[12,20]}}",
		 "is due", 20},
		{"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
		 "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
		 "is due", 12},
		{"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]},"
		 "\"b\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[8,10]}}",
		 "its shape needs 12", 10},
		{"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
		 "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}",
		 "more than once", 16},
		{"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4294967296],"
		 "\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"I8\",\"shape\":[8],"
		 "\"data_offsets\":[0,8]}}",
		 "can be counted", 8},
		{"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]},"
		 "\"b\":{\"dtype\":\"I8\",\"shape\":[8],\"data_offsets\":[0,8]}}",
		 "not as they must be", 8},
		{"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]},"
		 "\"b\":{\"dtype\":\"I8\",\"shape\":[8],\"data_offsets\":[0,8]}}",
		 "not as they must be", 8},
		{"{\"a\":5,\"b\":{\"dtype\":\"I8\",\"shape\":[8],\"data_offsets\":[0,8]}}",
		 "is no tensor", 8},
		{"{\"b\":{\"dtype\":\"I8\",\"shape\":[8],\"data_offsets\":[0,8]}} x", "no JSON", 8},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct str s = sample(wrong[i].header, wrong[i].data);
		struct model *m = opened(&s, "x");
		assert_int_equal(m->state, MODEL_DAMAGED);
		assert_true(m->nremarks >= 1);
		assert_non_null(strstr(m->remark[0], wrong[i].words));
		assert_true(m->ntensors >= 1);
		model_close(m);
		str_release(&s);
	}
}

static void
a_type_that_is_not_known_keeps_its_name_and_size(void **state)
{
	(void)state;
	struct str s =
		sample("{\"a\":{\"dtype\":\"F7_E3\",\"shape\":[8],\"data_offsets\":[0,7]}}", 7);
	struct model *m = opened(&s, "x");
	assert_int_equal(m->state, MODEL_WHOLE);
	assert_string_equal(m->tensor[0].type, "F7_E3");
	assert_int_equal(m->tensor[0].nbytes, 7);
	assert_true(model_tensor_bits(&m->tensor[0]) == 7);
	assert_false(m->tensor[0].readable);
	model_close(m);
	str_release(&s);
}

static void
what_is_no_model_is_refused(void **state)
{
	(void)state;
	struct model *m;
	struct err e = {0};
	struct str s = STR_INIT;
	assert_int_equal(model_open(file_of(&s, "empty"), &m, &e), ERR_FORMAT);
	assert_null(m);
	assert_non_null(strstr(e.text, "empty"));
	str_adds(&s, "The quick brown fox jumps over the lazy dog.\n");
	assert_int_equal(model_open(file_of(&s, "x.safetensors"), &m, &e), ERR_FORMAT);
	assert_int_equal(model_open("/nowhere/at/all", &m, &e), ERR_NOTFOUND);
	assert_int_equal(model_open("/dev/null", &m, &e), ERR_FORMAT);
	/* A length that is that of no header. */
	str_reset(&s);
	kit_u64(&s, 100000001);
	str_adds(&s, "{\"a\":{}}");
	put_zeros(&s, 100);
	assert_int_equal(model_open(file_of(&s, "x.safetensors"), &m, &e), ERR_FORMAT);
	str_release(&s);
}

static int
clean(void **state)
{
	(void)state;
	file_remove();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_is_read),
		cmocka_unit_test(half_a_file_is_told_from_a_whole_one_at_every_byte),
		cmocka_unit_test(a_fresh_one_that_is_cut_is_growing),
		cmocka_unit_test(contradictions_are_said_and_the_rest_is_read),
		cmocka_unit_test(a_type_that_is_not_known_keeps_its_name_and_size),
		cmocka_unit_test(what_is_no_model_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, clean);
}
