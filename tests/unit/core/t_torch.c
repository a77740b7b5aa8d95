/* PyTorch's files, NumPy's and joblib's arrays: tensors, where they are, and what is missing. */
#include "core/model_read.h"
#include "core/xalloc.h"
#include "tests/unit/model_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* {"model": {"a": 2x3 of storage 0, "tied": the same, "t": its transpose, "b": half}, "epoch": 7,
 *  "optimizer": {"state": {0: {"exp_avg": 6 of storage 2}}, "param_groups": [{"lr": 0.5}]}} */
static void
checkpoint(struct str *s)
{
	static const int d23[] = {2, 3, -1}, s31[] = {3, 1, -1}, d32[] = {3, 2, -1};
	static const int s13[] = {1, 3, -1}, d6[] = {6, -1}, s1[] = {1, -1};
	pk_begin(s);
	pk_ops(s, "}(");
	pk_text(s, "model");
	pk_global(s, "collections", "OrderedDict");
	pk_ops(s, ")R(");
	pk_text(s, "a");
	pk_tensor(s, "FloatStorage", "0", 6, 0, d23, s31);
	pk_text(s, "tied");
	pk_tensor(s, "FloatStorage", "0", 6, 0, d23, s31);
	pk_text(s, "t");
	pk_tensor(s, "FloatStorage", "3", 6, 0, d32, s13);
	pk_text(s, "b");
	pk_tensor(s, "HalfStorage", "1", 8, 2, d6, s1);
	pk_ops(s, "u");
	pk_text(s, "epoch");
	pk_int(s, 7);
	pk_text(s, "optimizer");
	pk_ops(s, "}(");
	pk_text(s, "state");
	pk_ops(s, "}K");
	str_addc(s, '\0');
	pk_ops(s, "}");
	pk_text(s, "exp_avg");
	pk_tensor(s, "FloatStorage", "2", 6, 0, d6, s1);
	pk_ops(s, "ss");
	pk_text(s, "param_groups");
	pk_ops(s, "]}");
	pk_text(s, "lr");
	str_add(s, "G?\xe0\0\0\0\0\0\0", 9);
	pk_ops(s, "sauu.");
}

static struct str
floats(int n, float first)
{
	struct str s = STR_INIT;
	for (int i = 0; i < n; i++)
		kit_f32(&s, first + (float)i);
	return s;
}

static void
archive(struct zipper *z, int level, bool storages)
{
	struct str pkl = STR_INIT, a = floats(6, 0), b = STR_INIT, t = floats(6, 10);
	checkpoint(&pkl);
	put_zeros(&b, 16);
	zipper_add(z, "net/data.pkl", pkl.buf, pkl.len, level);
	zipper_add(z, "net/byteorder", "little", 6, 0);
	zipper_add(z, "net/data/0", a.buf, a.len, level);
	zipper_add(z, "net/data/1", b.buf, b.len, level);
	zipper_add(z, "net/data/3", t.buf, t.len, level);
	if (storages)
		zipper_add(z, "net/data/2", a.buf, a.len, level);
	zipper_add(z, "net/version", "3\n", 2, 0);
	str_release(&pkl);
	str_release(&a);
	str_release(&b);
	str_release(&t);
}

static void
has_values(const struct model *m, const char *name, const double *want, size_t n)
{
	struct model_stream *s;
	struct err e;
	double *v = xreallocarray(NULL, MODEL_STREAM, sizeof *v);
	size_t got;
	const struct model_tensor *t = model_find(m, name);
	assert_non_null(t);
	assert_int_equal(model_stream_open(m, t, &s, &e), 0);
	assert_int_equal(model_stream_next(s, v, &got, &e), 0);
	assert_int_equal(got, n);
	for (size_t i = 0; i < n; i++)
		assert_true(v[i] == want[i]);
	model_stream_close(s);
	free(v);
}

static void
check_checkpoint(const struct model *m)
{
	static const double a[] = {0, 1, 2, 3, 4, 5}, t[] = {10, 13, 11, 14, 12, 15};
	assert_int_equal(m->state, MODEL_WHOLE);
	assert_int_equal(m->safety, MODEL_TENSORS_ONLY);
	assert_int_equal(m->epoch, 7);
	assert_int_equal(m->step, MODEL_NO_STEP);
	assert_int_equal(m->totals.tensors, 4);
	assert_int_equal(m->totals.params, 18);
	assert_int_equal(m->totals.state_params, 6);
	assert_true(model_find(m, "model.tied")->flags & MODEL_TIED);
	assert_null(model_find(m, "model.a")->stride);
	assert_non_null(model_find(m, "model.t")->stride);
	assert_string_equal(model_meta(m, "optimizer.param_groups.0.lr"), "0.5");
	has_values(m, "model.a", a, 6);
	has_values(m, "model.t", t, 6);
}

static void
a_checkpoint_is_read_however_it_was_packed(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		struct zipper z = {.sizes_behind = i & 1, .wide = i & 2, .align = i & 1 ? 64 : 0};
		archive(&z, i & 4 ? 6 : 0, true);
		zipper_end(&z);
		struct model *m = opened(&z.out, "x");
		assert_string_equal(m->format, "pytorch");
		assert_string_equal(m->version, "3");
		check_checkpoint(m);
		model_close(m);
		zipper_release(&z);
	}
}

static void
cut_anywhere_it_is_truncated_and_shows_what_it_can(void **state)
{
	(void)state;
	struct zipper z = {.sizes_behind = true, .align = 64};
	archive(&z, 0, true);
	size_t before = z.out.len;
	zipper_end(&z);
	size_t whole = 0;
	for (size_t n = 1; n < z.out.len - 22; n++) {
		struct str cut = {z.out.buf, n, 0};
		struct model *m = opened(&cut, "x.pt");
		assert_int_equal(m->state, MODEL_TRUNCATED);
		assert_true(m->missing >= 1 && m->missing <= z.out.len - n);
		assert_true(m->safety == MODEL_TENSORS_ONLY || m->safety == MODEL_UNJUDGED);
		whole += m->ntensors == 5;
		model_close(m);
	}
	/* From the end of data.pkl on all of it is shown. */
	assert_true(whole > before / 4);
	zipper_release(&z);
}

static void
a_storage_that_is_not_there_is_missed(void **state)
{
	(void)state;
	struct zipper z = {0};
	archive(&z, 0, false);
	zipper_end(&z);
	struct model *m = opened(&z.out, "x.pt");
	assert_int_equal(m->state, MODEL_DAMAGED);
	assert_true(model_find(m, "optimizer.state.0.exp_avg")->flags & MODEL_ABSENT);
	assert_false(model_find(m, "model.a")->flags & MODEL_ABSENT);
	model_close(m);
	zipper_release(&z);
}

static void
bytes_around_an_archive_are_said(void **state)
{
	(void)state;
	struct zipper z = {0};
	archive(&z, 0, true);
	zipper_end(&z);
	str_adds(&z.out, "tail");
	struct model *m = opened(&z.out, "x.pt");
	assert_int_equal(m->extra, 4);
	assert_true(m->nremarks > 0);
	has_values(m, "model.a", (const double[]){0, 1, 2, 3, 4, 5}, 6);
	model_close(m);
	/* In front: a zip file all the same, whose places have moved. */
	struct str moved = STR_INIT;
	str_add(&moved, "PK\3\4 in front of it all, and no header", 39);
	str_add(&moved, z.out.buf, z.out.len - 4);
	m = opened(&moved, "x.pt");
	assert_string_equal(m->format, "pytorch");
	has_values(m, "model.a", (const double[]){0, 1, 2, 3, 4, 5}, 6);
	model_close(m);
	str_release(&moved);
	zipper_release(&z);
}

static void
views_beyond_their_storage_are_damage(void **state)
{
	(void)state;
	static const int d[] = {2, 3, -1}, far[] = {1000, 1, -1},
			 huge[] = {2147483647, 2147483647, -1};
	for (int i = 0; i < 3; i++) {
		struct zipper z = {0};
		struct str pkl = STR_INIT, a = floats(6, 0);
		pk_begin(&pkl);
		pk_ops(&pkl, "}");
		pk_text(&pkl, "w");
		pk_tensor(&pkl, "FloatStorage", "0", i == 2 ? 5 : 6, i == 1 ? 3 : 0,
			  i == 2 ? huge : d, i == 0 ? far : huge);
		pk_ops(&pkl, "s.");
		zipper_add(&z, "x/data.pkl", pkl.buf, pkl.len, 0);
		zipper_add(&z, "x/data/0", a.buf, a.len, 0);
		zipper_end(&z);
		struct model *m = opened(&z.out, "x.pt");
		assert_int_equal(m->state, MODEL_DAMAGED);
		assert_false(m->tensor[0].readable);
		model_close(m);
		zipper_release(&z);
		str_release(&pkl);
		str_release(&a);
	}
}

static void
torchscript_is_code(void **state)
{
	(void)state;
	struct zipper z = {0};
	archive(&z, 0, true);
	zipper_add(&z, "net/constants.pkl", "\x80\2).", 4, 0);
	zipper_add(&z, "net/code/__torch__.py", "def forward(self): pass\n", 24, 6);
	zipper_end(&z);
	struct model *m = opened(&z.out, "x.pt");
	assert_string_equal(m->format, "torchscript");
	assert_int_equal(m->safety, MODEL_CODE);
	assert_string_equal(m->evidence[0].what, "TorchScript");
	assert_string_equal(m->evidence[0].where, "net/code/__torch__.py");
	model_close(m);
	zipper_release(&z);
}

static void
a_module_gives_its_parts_their_plain_names(void **state)
{
	(void)state;
	static const int d[] = {6, -1}, s1[] = {1, -1};
	struct zipper z = {0};
	struct str p = STR_INIT, a = floats(6, 0);
	pk_begin(&p);
	pk_global(&p, "mine", "Net");
	pk_ops(&p, ")\x81}(");
	pk_text(&p, "_parameters");
	pk_ops(&p, "}");
	pk_text(&p, "w");
	pk_global(&p, "torch._utils", "_rebuild_parameter");
	pk_ops(&p, "(");
	pk_tensor(&p, "FloatStorage", "0", 6, 0, d, s1);
	pk_ops(&p, "\x88");
	pk_global(&p, "collections", "OrderedDict");
	pk_ops(&p, ")RtRs");
	pk_text(&p, "_modules");
	pk_ops(&p, "}");
	pk_text(&p, "in");
	pk_global(&p, "mine", "Layer");
	pk_ops(&p, ")\x81}(");
	pk_text(&p, "_parameters");
	pk_ops(&p, "}");
	pk_text(&p, "b");
	pk_tensor(&p, "FloatStorage", "0", 6, 0, d, s1);
	pk_ops(&p, "s");
	pk_text(&p, "_modules");
	pk_ops(&p, "}ubsub.");
	zipper_add(&z, "x/data.pkl", p.buf, p.len, 0);
	zipper_add(&z, "x/data/0", a.buf, a.len, 0);
	zipper_end(&z);
	struct model *m = opened(&z.out, "x.pt");
	assert_string_equal(m->title, "mine.Net");
	assert_int_equal(m->safety, MODEL_CODE);
	assert_int_equal(m->ntensors, 2);
	assert_true(model_find(m, "w")->flags & MODEL_PARAMETER);
	assert_true(model_find(m, "in.b")->flags & MODEL_TIED);
	model_close(m);
	zipper_release(&z);
	str_release(&p);
	str_release(&a);
}

/* -- the stream of before ---------------------------------------------------------------------- */

static void
legacy(struct str *s)
{
	struct str ck = STR_INIT;
	static const char *const key[] = {"0", "1", "2", "3"};
	str_add(s, "\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
	pk_begin(s);
	str_add(s, "M\xe9\3.", 4);
	pk_begin(s);
	pk_ops(s, "}");
	pk_text(s, "little_endian");
	pk_ops(s, "\x88s.");
	checkpoint(&ck);
	str_add(s, ck.buf, ck.len);
	pk_begin(s);
	pk_ops(s, "](");
	for (int i = 0; i < 4; i++)
		pk_text(s, key[i]);
	pk_ops(s, "e.");
	for (int i = 0; i < 4; i++) {
		struct str f = floats(6, i == 3 ? 10 : 0);
		kit_u64(s, i == 1 ? 8 : 6);
		if (i == 1)
			put_zeros(s, 16);
		else
			str_add(s, f.buf, f.len);
		str_release(&f);
	}
	str_release(&ck);
}

static void
the_old_stream_says_the_same(void **state)
{
	(void)state;
	struct str s = STR_INIT;
	legacy(&s);
	struct model *m = opened(&s, "x");
	assert_string_equal(m->format, "pytorch-legacy");
	check_checkpoint(m);
	model_close(m);
	for (size_t n = 15; n < s.len; n++) {
		struct str cut = {s.buf, n, 0};
		m = opened(&cut, "x.pt");
		assert_int_equal(m->state, MODEL_TRUNCATED);
		assert_true(m->missing >= 1 && m->missing <= s.len - n);
		/* Within the last storage it is known exactly. */
		if (n >= s.len - 24)
			assert_int_equal(m->missing, s.len - n);
		model_close(m);
	}
	str_release(&s);
}

/* -- NumPy ------------------------------------------------------------------------------------- */

static void
npy(struct str *s, const char *header, const void *data, size_t n)
{
	str_add(s, "\x93NUMPY\1\0", 8);
	kit_u16(s, (uint16_t)strlen(header));
	str_adds(s, header);
	str_add(s, data, n);
}

static const char shape23[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";

static void
arrays_are_read(void **state)
{
	(void)state;
	struct str s = STR_INIT, f = floats(6, 0);
	npy(&s, shape23, f.buf, f.len);
	struct model *m = opened(&s, "x");
	assert_string_equal(m->format, "npy");
	assert_int_equal(m->safety, MODEL_SAFE);
	assert_int_equal(m->tensor[0].rank, 2);
	has_values(m, "array", (const double[]){0, 1, 2, 3, 4, 5}, 6);
	model_close(m);
	for (size_t n = 6; n < s.len; n++) {
		struct str cut = {s.buf, n, 0};
		m = opened(&cut, "x.npy");
		assert_int_equal(m->state, MODEL_TRUNCATED);
		if (n >= s.len - 24)
			assert_int_equal(m->missing, s.len - n);
		model_close(m);
	}
	str_reset(&s);
	npy(&s, "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 2)}", "\0\1\0\2\0\3\1\0", 8);
	m = opened(&s, "x");
	has_values(m, "array", (const double[]){1, 3, 2, 256}, 4);
	model_close(m);
	str_reset(&s);
	static const char *const objects[] = {
		"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
		"{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,)}",
	};
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
		str_reset(&s);
		npy(&s, objects[i], "\x80\2cos\nsystem\n)R.", 17);
		m = opened(&s, "x");
		assert_int_equal(m->safety, MODEL_DANGER);
		model_close(m);
	}
	/* headers that a loader reads in another way than they look */
	static const char *const tricks[] = {
		"{'descr': '|u1', 'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
		"{'descr': '|u1', 'des\\x63r': '|O', 'fortran_order': False, 'shape': (1,)}",
	};
	for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++) {
		struct err e;
		str_reset(&s);
		npy(&s, tricks[i], "\x80\2cos\nsystem\n)R.", 17);
		assert_int_equal(model_open(file_of(&s, "x"), &m, &e), ERR_FORMAT);
	}
	str_release(&s);
	str_release(&f);
}

static void
archives_of_arrays_are_read(void **state)
{
	(void)state;
	for (int level = 0; level < 10; level += 6) {
		struct zipper z = {0};
		struct str a = STR_INIT, f = floats(6, 0);
		npy(&a, shape23, f.buf, f.len);
		zipper_add(&z, "params/w.npy", a.buf, a.len, level);
		str_reset(&a);
		npy(&a, "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
		    "\x80\2cos\nsystem\n)R.", 17);
		zipper_add(&z, "o.npy", a.buf, a.len, level);
		zipper_end(&z);
		struct model *m = opened(&z.out, "x");
		assert_string_equal(m->format, "npz");
		assert_int_equal(m->separator, '/');
		assert_int_equal(m->safety, MODEL_DANGER);
		assert_string_equal(m->evidence[0].where, "o.npy, byte 78");
		has_values(m, "params/w", (const double[]){0, 1, 2, 3, 4, 5}, 6);
		model_close(m);
		zipper_release(&z);
		str_release(&a);
		str_release(&f);
	}
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
		cmocka_unit_test(a_checkpoint_is_read_however_it_was_packed),
		cmocka_unit_test(cut_anywhere_it_is_truncated_and_shows_what_it_can),
		cmocka_unit_test(a_storage_that_is_not_there_is_missed),
		cmocka_unit_test(bytes_around_an_archive_are_said),
		cmocka_unit_test(views_beyond_their_storage_are_damage),
		cmocka_unit_test(torchscript_is_code),
		cmocka_unit_test(a_module_gives_its_parts_their_plain_names),
		cmocka_unit_test(the_old_stream_says_the_same),
		cmocka_unit_test(arrays_are_read),
		cmocka_unit_test(archives_of_arrays_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, clean);
}
