/* GGUF, ONNX, HDF5 and Keras; the folded tree, statistics, differences, directories. Files of real
 * writers stand in the fuzzers' corpus. Run from the top of the tree. */
#include "core/model.h"

#include "core/model_diff.h"
#include "core/model_read.h"
#include "core/model_stats.h"
#include "core/model_tree.h"
#include "core/xalloc.h"
#include "tests/unit/model_kit.h"
#include "tests/unit/pbwrite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define CORPUS "tests/fuzz/corpus/"

static struct str
contents(const char *path)
{
	struct str s = STR_INIT;
	char buf[4096];
	FILE *f = fopen(path, "rb");
	size_t n;
	assert_non_null(f);
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		str_add(&s, buf, n);
	fclose(f);
	return s;
}

/* Each part of a whole file is truncated; from FROM on it is known of which format. */
static void
cut_everywhere(const struct str *s, size_t from, size_t step, const char *name, const char *format)
{
	for (size_t n = from; n < s->len; n += step) {
		struct str cut = {s->buf, n, 0};
		struct model *m = opened(&cut, name);
		if (format)
			assert_string_equal(m->format, format);
		assert_int_equal(m->state, MODEL_TRUNCATED);
		assert_true(m->missing >= 1 && m->missing <= s->len - n);
		model_close(m);
	}
}

/* -- GGUF -------------------------------------------------------------------------------------- */

static void
gguf_text(struct str *s, const char *z)
{
	kit_u64(s, strlen(z));
	str_adds(s, z);
}

static void
gguf_tensor(struct str *s, const char *name, uint64_t ne0, uint64_t ne1, uint32_t type,
	    uint64_t offset)
{
	gguf_text(s, name);
	kit_u32(s, 2);
	kit_u64(s, ne0);
	kit_u64(s, ne1);
	kit_u32(s, type);
	kit_u64(s, offset);
}

static struct str
gguf(uint64_t second)
{
	struct str s = STR_INIT;
	str_adds(&s, "GGUF");
	kit_u32(&s, 3);
	kit_u64(&s, 2);
	kit_u64(&s, 2);
	gguf_text(&s, "general.architecture");
	kit_u32(&s, 8);
	gguf_text(&s, "llama");
	gguf_text(&s, "tokens");
	kit_u32(&s, 9);
	kit_u32(&s, 8);
	kit_u64(&s, 100);
	for (int i = 0; i < 100; i++)
		gguf_text(&s, "token");
	gguf_tensor(&s, "blk.0.w", 32, 2, 2, 0);
	gguf_tensor(&s, "blk.1.w", 4, 1, 0, second);
	while (s.len % 32)
		str_addc(&s, '\0');
	/* two blocks of Q4_0: scale 0.5 (half 0x3800) */
	for (int b = 0; b < 2; b++) {
		kit_u16(&s, 0x3800);
		for (int i = 0; i < 16; i++)
			str_addc(&s, (char)(i | (15 - i) << 4));
	}
	while (s.len % 32)
		str_addc(&s, '\0');
	for (int i = 0; i < 4; i++)
		kit_f32(&s, (float)i);
	return s;
}

static void
gguf_is_read(void **state)
{
	(void)state;
	struct str s = gguf(64);
	struct model *m = opened(&s, "x");
	assert_string_equal(m->format, "gguf");
	assert_int_equal(m->state, MODEL_WHOLE);
	assert_string_equal(m->title, "llama");
	assert_non_null(strstr(model_meta(m, "tokens"), "100 × text: [token, token"));
	assert_int_equal(m->ntensors, 2);
	/* ours is outermost first */
	assert_int_equal(m->tensor[0].dim[0], 2);
	assert_int_equal(m->tensor[0].dim[1], 32);
	assert_int_equal(m->tensor[0].nbytes, 36);
	assert_true(model_tensor_bits(&m->tensor[0]) == 4.5);
	struct model_stats x;
	struct err e;
	assert_int_equal(model_stats(m, &m->tensor[0], &x, NULL, NULL, &e), 0);
	/* (0 … 15 - 8) / 2, each twice a block */
	assert_true(x.min == -4 && x.max == 3.5 && x.mean == -0.25);
	assert_int_equal(x.zeros, 4);
	model_close(m);
	cut_everywhere(&s, 4, 1, "x.gguf", "gguf");
	str_release(&s);
	s = gguf(96);
	m = opened(&s, "x");
	assert_int_equal(m->state, MODEL_TRUNCATED);
	model_close(m);
	str_release(&s);
}

/* -- ONNX -------------------------------------------------------------------------------------- */

static struct str
onnx(bool packed)
{
	struct str s = STR_INIT, graph = STR_INIT, node = STR_INIT, t = STR_INIT, dims = STR_INIT;
	struct str opset = STR_INIT, raw = STR_INIT, attr = STR_INIT, k = STR_INIT;
	for (int i = 0; i < 6; i++)
		kit_f32(&raw, (float)i);
	pbw_text(&node, 4, "Gemm");
	pbw_message(&graph, 1, &node);
	pbw_varint(&k, 2, 7);
	pbw_bytes(&k, 9, "\1\0\0\0\0\0\0\0", 8);
	pbw_text(&attr, 1, "value");
	pbw_message(&attr, 5, &k);
	pbw_text(&node, 2, "shape");
	pbw_text(&node, 4, "Constant");
	pbw_message(&node, 5, &attr);
	pbw_message(&graph, 1, &node);
	pbw_text(&graph, 2, "net");
	if (packed) {
		pbw_raw_varint(&dims, 2);
		pbw_raw_varint(&dims, 3);
		pbw_message(&t, 1, &dims);
	} else {
		pbw_varint(&t, 1, 2);
		pbw_varint(&t, 1, 3);
	}
	pbw_varint(&t, 2, 1);
	pbw_text(&t, 8, "w");
	pbw_bytes(&t, 9, raw.buf, raw.len);
	pbw_message(&graph, 5, &t);
	pbw_varint(&s, 1, 8);
	pbw_text(&s, 2, "me");
	pbw_message(&s, 7, &graph);
	pbw_varint(&opset, 2, 17);
	pbw_message(&s, 8, &opset);
	str_release(&raw);
	return s;
}

static void
onnx_is_read(void **state)
{
	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		struct str s = onnx(packed);
		struct model *m = opened(&s, "x");
		assert_string_equal(m->format, "onnx");
		assert_int_equal(m->state, MODEL_WHOLE);
		assert_string_equal(m->title, "net");
		assert_string_equal(model_meta(m, "opset ai.onnx"), "17");
		assert_int_equal(m->totals.params, 6);
		assert_int_equal(m->totals.constants, 1);
		assert_int_equal(m->nops, 2);
		assert_string_equal(m->op[0].type, "Constant");
		assert_int_equal(model_find(m, "shape")->role, MODEL_CONSTANT);
		assert_true(model_find(m, "w")->readable);
		model_close(m);
		/* Before its producer it could be anything: its name has to do. */
		cut_everywhere(&s, 6, 1, "x.onnx", "onnx");
		str_release(&s);
	}
}

/* More dimensions than are kept: a tensor without a shape, which is compared like any other. */
static void
too_many_dimensions_are_none(void **state)
{
	(void)state;
	struct str s = STR_INIT, graph = STR_INIT, t = STR_INIT, opset = STR_INIT;
	for (int i = 0; i < 40; i++)
		pbw_varint(&t, 1, 2);
	pbw_varint(&t, 2, 1);
	pbw_text(&t, 8, "w");
	pbw_message(&graph, 5, &t);
	pbw_varint(&s, 1, 8);
	pbw_message(&s, 7, &graph);
	pbw_varint(&opset, 2, 17);
	pbw_message(&s, 8, &opset);
	struct model *m = opened(&s, "x");
	assert_int_equal(m->state, MODEL_DAMAGED);
	assert_non_null(m->tensor[0].dim);
	struct model_diff *d = model_diff_new(m, m);
	assert_int_equal(d->count[MODEL_SAME], 1);
	model_diff_free(d);
	model_close(m);
	str_release(&s);
}

static void
weights_in_other_files_stay_inside(void **state)
{
	(void)state;
	static const char *const where[] = {"../x.bin", "/etc/passwd", "a/../../x", "..",
					    "gone.bin"};
	for (size_t i = 0; i < 5; i++) {
		struct str s = STR_INIT, graph = STR_INIT, t = STR_INIT, kv = STR_INIT;
		struct str opset = STR_INIT;
		pbw_varint(&t, 1, 2);
		pbw_varint(&t, 2, 1);
		pbw_text(&t, 8, "w");
		pbw_text(&kv, 1, "location");
		pbw_text(&kv, 2, where[i]);
		pbw_message(&t, 13, &kv);
		pbw_varint(&t, 14, 1);
		pbw_message(&graph, 5, &t);
		pbw_varint(&s, 1, 8);
		pbw_message(&s, 7, &graph);
		pbw_varint(&opset, 2, 17);
		pbw_message(&s, 8, &opset);
		struct model *m = opened(&s, "x.onnx");
		assert_int_equal(m->state, i == 4 ? MODEL_TRUNCATED : MODEL_DAMAGED);
		assert_int_equal(m->nparts, i == 4 ? 2 : 1);
		assert_false(m->tensor[0].readable);
		model_close(m);
		str_release(&s);
	}
}

static void
onnx_of_its_own_writer_is_read(void **state)
{
	(void)state;
	struct model *m;
	struct err e;
	assert_int_equal(model_open(CORPUS "onnx/graph", &m, &e), 0);
	assert_int_equal(m->ntensors, 4);
	assert_string_equal(model_meta(m, "author"), "me");
	assert_int_equal(m->nports, 2);
	assert_string_equal(m->port[0].shape, "[n, 3]");
	/* Relu stands in both branches of the If. */
	assert_string_equal(m->op[0].type, "Relu");
	assert_int_equal(m->op[0].count, 2);
	struct model_stats x;
	assert_int_equal(model_stats(m, model_find(m, "b"), &x, NULL, NULL, &e), 0);
	assert_true(x.mean == 2.5);
	model_close(m);
}

/* -- HDF5, Keras ------------------------------------------------------------------------------- */

static void
hdf5_of_h5py_is_read(void **state)
{
	(void)state;
	struct model *m;
	struct model_stats x;
	struct err e;
	assert_int_equal(model_open(CORPUS "hdf5/keras", &m, &e), 0);
	assert_string_equal(m->format, "keras");
	assert_int_equal(m->state, MODEL_WHOLE);
	assert_string_equal(m->title, "s, Sequential");
	assert_string_equal(model_meta(m, "keras_version"), "2.9.0");
	assert_string_equal(model_meta(m, "model_weights/dense/names"), "[one, two]");
	assert_string_equal(m->op[0].type, "Dense");
	const struct model_tensor *t = model_find(m, "model_weights/dense/dense/kernel:0");
	assert_non_null(t);
	assert_int_equal(t->dim[0], 3);
	assert_int_equal(model_stats(m, t, &x, NULL, NULL, &e), 0);
	assert_true(x.mean == 5.5 && x.max == 11);
	assert_int_equal(model_find(m, "flag")->dtype, DTYPE_BOOL);
	t = model_find(m, "chunked");
	assert_int_equal(t->count, 40);
	assert_false(t->readable);
	model_close(m);
	struct str s = contents(CORPUS "hdf5/keras");
	cut_everywhere(&s, 8, 7, "x.h5", NULL);
	str_release(&s);
	assert_int_equal(model_open(CORPUS "hdf5/latest", &m, &e), 0);
	assert_string_equal(model_meta(m, "g/hi"), "there");
	assert_string_equal(model_meta(m, "g/n"), "3");
	assert_int_equal(model_find(m, "g/x")->dtype, DTYPE_F16);
	/* A group that is stored densely is passed over, and that is said. */
	assert_int_equal(m->state, MODEL_UNSURE);
	assert_int_equal(m->ntensors, 1);
	model_close(m);
}

static void
a_lambda_layer_is_code(void **state)
{
	(void)state;
	struct model *m;
	struct err e;
	assert_int_equal(model_open(CORPUS "zip/keras.zip", &m, &e), 0);
	assert_string_equal(m->format, "keras");
	assert_string_equal(m->version, "3.0.0");
	assert_int_equal(m->safety, MODEL_CODE);
	assert_string_equal(m->evidence[0].what, "Lambda layer");
	assert_int_equal(m->totals.params, 4);
	assert_int_equal(m->totals.state_params, 1);
	assert_int_equal(m->nops, 2);
	model_close(m);
}

/* -- types ------------------------------------------------------------------------------------- */

static void
small_floats_are_read_as_their_tables_say(void **state)
{
	(void)state;
	static const struct {
		enum dtype t;
		unsigned char bits[8];
		double want;
	} is[] = {
		{DTYPE_F8_E4M3, {0x7E}, 448},
		{DTYPE_F8_E4M3, {0x01}, 0x1p-9},
		{DTYPE_F8_E4M3, {0xB8}, -1},
		{DTYPE_F8_E5M2, {0x7B}, 57344},
		{DTYPE_F8_E5M2, {0x01}, 0x1p-16},
		{DTYPE_F8_E4M3FNUZ, {0x7F}, 240},
		{DTYPE_F8_E5M2FNUZ, {0x7F}, 57344},
		{DTYPE_F8_E8M0, {127}, 1},
		{DTYPE_F16, {0xFF, 0x7B}, 65504},
		{DTYPE_F16, {1, 0}, 0x1p-24},
		{DTYPE_F16, {0, 0x3C}, 1},
		{DTYPE_BF16, {0x80, 0x3F}, 1},
		{DTYPE_F32, {0, 0, 0x80, 0x3F}, 1},
		{DTYPE_F64, {0, 0, 0, 0, 0, 0, 0xF0, 0x3F}, 1},
		{DTYPE_I8, {0xFF}, -1},
		{DTYPE_U16, {0xFF, 0xFF}, 65535},
		{DTYPE_I64, {0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, -2},
	};
	double v[256];
	for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
		dtype_decode(is[i].t, false, is[i].bits, 1, v);
		assert_true(v[0] == is[i].want);
		unsigned char turned[8];
		unsigned n = dtype_bytes(is[i].t);
		for (unsigned k = 0; k < n; k++)
			turned[k] = is[i].bits[n - 1 - k];
		dtype_decode(is[i].t, true, turned, 1, v);
		assert_true(v[0] == is[i].want);
	}
	dtype_decode(DTYPE_F8_E4M3, false, (const unsigned char *)"\x7F", 1, v);
	assert_true(isnan(v[0]));
	dtype_decode(DTYPE_F8_E5M2, false, (const unsigned char *)"\xFC", 1, v);
	assert_true(isinf(v[0]) && v[0] < 0);
	dtype_decode(DTYPE_I4, false, (const unsigned char *)"\x7F", 1, v);
	assert_true(v[0] == -1 && v[1] == 7);
	dtype_decode(DTYPE_F4, false, (const unsigned char *)"\xF1", 1, v);
	assert_true(v[0] == 0.5 && v[1] == -6);
}

/* A block of each K type whose bytes count up, by the sum of what they hold: another implementation
 * (the gguf package of ggml's authors) has given the figures. */
static void
k_blocks_are_read_to_the_last_bit(void **state)
{
	(void)state;
	static const struct {
		enum dtype t;
		unsigned scale; /* where the half floats stand */
		double first, last, sum;
	} is[] = {
		{DTYPE_Q2_K, 80, 8.25, 1.125, 2007.875},
		{DTYPE_Q3_K, 108, 20.25, 10.5, 741},
		{DTYPE_Q4_K, 0, 78.875, 12.125, 52537.25},
		{DTYPE_Q5_K, 0, 202.875, 27.125, 114839.25},
		{DTYPE_Q6_K, 208, -357.75, -15, 2469.25},
	};
	double v[256];
	for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
		unsigned char block[DTYPE_MAX_BYTES];
		unsigned n = dtype_bytes(is[i].t), at = is[i].scale;
		for (unsigned k = 0; k < n; k++)
			block[k] = (unsigned char)(37 * k + 11);
		block[at] = 0;
		block[at + 1] = 0x34; /* 0.25 */
		if (is[i].t != DTYPE_Q3_K && is[i].t != DTYPE_Q6_K) {
			block[at + 2] = 0;
			block[at + 3] = 0x30; /* 0.125 */
		}
		dtype_decode(is[i].t, false, block, 1, v);
		double sum = 0;
		for (int k = 0; k < 256; k++)
			sum += v[k] * (k % 7 + 1);
		assert_true(v[0] == is[i].first && v[255] == is[i].last && sum == is[i].sum);
	}
}

/* -- statistics -------------------------------------------------------------------------------- */

static struct model *
of_floats(const char *header, const float *v, size_t n)
{
	struct str s = STR_INIT, data = STR_INIT;
	for (size_t i = 0; i < n; i++)
		kit_f32(&data, v[i]);
	safetensors_write(&s, header, data.buf, data.len);
	struct model *m = opened(&s, "x");
	str_release(&s);
	str_release(&data);
	return m;
}

static void
statistics_are_those_of_the_numbers(void **state)
{
	(void)state;
	enum { N = 200000 };
	float *v = xreallocarray(NULL, N, sizeof *v);
	double sum = 0, sum2 = 0;
	for (int i = 0; i < N; i++) {
		v[i] = (float)(1e4 + sin(i));
		sum += (double)v[i];
	}
	for (int i = 0; i < N; i++)
		sum2 += ((double)v[i] - sum / N) * ((double)v[i] - sum / N);
	struct model *m = of_floats(
		"{\"a\":{\"dtype\":\"F32\",\"shape\":[200000],\"data_offsets\":[0,800000]}}", v, N);
	struct model_stats x;
	struct err e;
	assert_int_equal(model_stats(m, m->tensor, &x, NULL, NULL, &e), 0);
	assert_true(fabs(x.mean - sum / N) < 1e-9);
	/* All values are nearly the same: a sum of squares would have lost this. */
	assert_true(fabs(x.std - sqrt(sum2 / N)) < 1e-9);
	assert_true(fabs(x.median - 1e4) < 1e4 / 256);
	model_close(m);
	free(v);
}

static void
what_is_no_number_is_counted_and_left_out(void **state)
{
	(void)state;
	const float v[] = {NAN, INFINITY, -INFINITY, 0, -0.0f, 1, 3, -2};
	struct model *m =
		of_floats("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[0,32]}}", v,
			  8);
	struct model_stats x;
	struct err e;
	uint64_t sum = 0;
	assert_int_equal(model_stats(m, m->tensor, &x, NULL, NULL, &e), 0);
	assert_int_equal(x.nan, 1);
	assert_int_equal(x.inf, 2);
	assert_int_equal(x.zeros, 2);
	assert_true(x.min == -2 && x.max == 3 && x.mean == 0.4);
	for (int i = 0; i < MODEL_BINS; i++)
		sum += x.bin[i];
	assert_int_equal(sum + x.below + x.above, 5);
	assert_true(x.bin[0] >= 1 && x.bin[MODEL_BINS - 1] >= 1);
	model_close(m);
	const float nans[] = {NAN, NAN};
	m = of_floats("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", nans, 2);
	assert_int_equal(model_stats(m, m->tensor, &x, NULL, NULL, &e), 0);
	assert_true(isnan(x.mean) && isnan(x.min));
	model_close(m);
}

static bool
give_up(void *ctx, uint64_t done, uint64_t total)
{
	int *calls = ctx;
	assert_true(done <= total);
	return ++*calls < 2;
}

static void
reading_can_be_given_up(void **state)
{
	(void)state;
	enum { N = 200000 };
	float *v = xcalloc(N, sizeof *v);
	struct model *m = of_floats(
		"{\"a\":{\"dtype\":\"F32\",\"shape\":[200000],\"data_offsets\":[0,800000]}}", v, N);
	struct model_stats x;
	struct model_drift d;
	struct err e;
	int calls = 0;
	assert_int_equal(model_stats(m, m->tensor, &x, give_up, &calls, &e), MODEL_CANCELLED);
	assert_int_equal(calls, 2);
	calls = 0;
	assert_int_equal(model_drift(m, m->tensor, m, m->tensor, &d, give_up, &calls, &e),
			 MODEL_CANCELLED);
	model_close(m);
	free(v);
}

static void
a_file_that_has_shrunk_is_an_error(void **state)
{
	(void)state;
	float v[8] = {0};
	struct model *m =
		of_floats("{\"a\":{\"dtype\":\"F32\",\"shape\":[8],\"data_offsets\":[0,32]}}", v,
			  8);
	struct model_stats x;
	struct err e;
	assert_int_equal(truncate(m->part[0].path, 20), 0);
	assert_int_equal(model_stats(m, m->tensor, &x, NULL, NULL, &e), ERR_FORMAT);
	assert_non_null(strstr(e.text, "ends before"));
	assert_int_equal(unlink(m->part[0].path), 0);
	assert_int_equal(model_stats(m, m->tensor, &x, NULL, NULL, &e), ERR_SYS);
	model_close(m);
}

/* -- two models -------------------------------------------------------------------------------- */

static void
differences_are_found(void **state)
{
	(void)state;
	struct str a = STR_INIT, b = STR_INIT;
	struct model *ma, *mb;
	struct err e;
	char dir[] = "/tmp/mm-diff-XXXXXX", path[2][60];
	assert_non_null(mkdtemp(dir));
	safetensors_write(
		&a,
		"{\"__metadata__\":{\"k\":\"1\",\"same\":\"s\",\"gone\":\"g\"},"
		"\"keep\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
		"\"gone\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]},"
		"\"shape\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]},"
		"\"type\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]}}",
		"\0\0\x80\x3f\0\0\0\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\x3f\0\0\0\0", 32);
	safetensors_write(&b,
			  "{\"__metadata__\":{\"k\":\"2\",\"same\":\"s\",\"new\":\"n\"},"
			  "\"type\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]},"
			  "\"keep\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]},"
			  "\"new\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[12,20]},"
			  "\"shape\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[20,28]}}",
			  "\x80\x3f\0\0\0\0\0\x40\0\0\0\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 28);
	struct str *s[] = {&a, &b};
	for (int i = 0; i < 2; i++) {
		snprintf(path[i], sizeof path[i], "%s/%d", dir, i);
		FILE *f = fopen(path[i], "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(s[i]->buf, 1, s[i]->len, f), s[i]->len);
		fclose(f);
	}
	assert_int_equal(model_open(path[0], &ma, &e), 0);
	assert_int_equal(model_open(path[1], &mb, &e), 0);
	assert_int_equal(mb->state, MODEL_WHOLE);
	struct model_diff *d = model_diff_new(ma, mb);
	static const struct {
		const char *name;
		enum model_change change;
	} want[] = {{"type", MODEL_RETYPED},
		    {"keep", MODEL_SAME},
		    {"new", MODEL_ADDED},
		    {"gone", MODEL_REMOVED},
		    {"shape", MODEL_RESHAPED}};
	assert_int_equal(d->n, 5);
	for (size_t i = 0; i < d->n; i++) {
		bool found = false;
		for (size_t k = 0; k < 5; k++) {
			const struct model_tensor *t = d->pair[i].b ? d->pair[i].b : d->pair[i].a;
			if (strcmp(t->name, want[k].name) == 0) {
				found = true;
				assert_int_equal(d->pair[i].change, want[k].change);
			}
		}
		assert_true(found);
	}
	assert_int_equal(d->nmeta, 3);
	struct model_drift x;
	assert_int_equal(model_drift(ma, model_find(ma, "keep"), mb, model_find(mb, "keep"), &x,
				     NULL, NULL, &e),
			 0);
	/* (1, 2) to (2, 2) */
	assert_true(fabs(x.relative - 1 / sqrt(5)) < 1e-12 && x.max_abs == 1);
	assert_int_equal(x.changed, 1);
	assert_true(fabs(x.cosine - 6 / sqrt(40)) < 1e-12);
	/* Of another type, and equal. */
	assert_int_equal(model_drift(ma, model_find(ma, "type"), mb, model_find(mb, "type"), &x,
				     NULL, NULL, &e),
			 0);
	assert_true(x.relative == 0 && x.changed == 0);
	/* From zeros: anything is infinitely far. */
	assert_int_equal(model_drift(ma, model_find(ma, "gone"), mb, model_find(mb, "keep"), &x,
				     NULL, NULL, &e),
			 0);
	assert_true(isinf(x.relative) && isnan(x.cosine));
	assert_int_equal(model_drift(ma, model_find(ma, "shape"), mb, model_find(mb, "shape"), &x,
				     NULL, NULL, &e),
			 ERR_FORMAT);
	model_diff_free(d);
	model_close(ma);
	model_close(mb);
	for (int i = 0; i < 2; i++)
		unlink(path[i]);
	rmdir(dir);
	str_release(&a);
	str_release(&b);
}

static struct model *
of_names(const char *const *name, const int *size, size_t n)
{
	struct str h = STR_INIT, s = STR_INIT, data = STR_INIT;
	size_t at = 0;
	str_addc(&h, '{');
	for (size_t i = 0; i < n; i++) {
		size_t bytes = (size_t)size[i];
		str_addf(&h,
			 "%s\"%s\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%zu,%zu]}",
			 i ? "," : "", name[i], size[i], at, at + bytes);
		at += bytes;
	}
	str_addc(&h, '}');
	put_zeros(&data, at);
	safetensors_write(&s, str_c(&h), str_c(&data), at);
	struct model *m = opened(&s, "x");
	assert_int_equal(m->state, MODEL_WHOLE);
	str_release(&h);
	str_release(&s);
	str_release(&data);
	return m;
}

/* A training's checkpoint, and what was published of it. */
static void
weights_are_paired_without_the_key_they_stand_under(void **state)
{
	(void)state;
	static const char *const in_run[] = {"model_state_dict.fc.w", "model_state_dict.fc.b",
					     "optimizer.fc.w"};
	static const char *const alone[] = {"fc.w", "fc.c"};
	static const int size[] = {2, 2, 2};
	struct model *a = of_names(in_run, size, 3), *b = of_names(alone, size, 2);
	for (int turn = 0; turn < 2; turn++) {
		struct model_diff *d = turn ? model_diff_new(b, a) : model_diff_new(a, b);
		assert_int_equal(d->count[MODEL_SAME], 1);
		assert_int_equal(d->count[turn ? MODEL_ADDED : MODEL_REMOVED], 2);
		assert_int_equal(d->count[turn ? MODEL_REMOVED : MODEL_ADDED], 1);
		model_diff_free(d);
	}
	model_close(a);
	model_close(b);
}

/* -- the tree ---------------------------------------------------------------------------------- */

static char *
drawn(const struct model *m, bool fold)
{
	struct model_tree *t = model_tree_new(m, fold);
	struct str s = STR_INIT;
	for (size_t i = 0; i < t->n; i++)
		str_addf(&s, "%*s%s %llu\n", (int)t->node[i].depth, "", t->node[i].name,
			 (unsigned long long)t->node[i].params);
	model_tree_free(t);
	return str_steal(&s);
}

static void
modules_that_repeat_are_folded(void **state)
{
	(void)state;
	static const char *const name[] = {"emb",   "h.0.w", "h.0.b", "h.1.w", "h.1.b", "h.2.w",
					   "h.3.w", "h.3.b", "c1.w",  "c2.w",  "c3.w",  "out.w"};
	static const int size[] = {9, 4, 1, 4, 1, 4, 4, 1, 2, 2, 3, 2};
	struct model *m = of_names(name, size, 12);
	char *z = drawn(m, true);
	assert_string_equal(z, "emb 9\nh 19\n {0,1,3} 15\n  w 12\n  b 3\n 2 4\n  w 4\n"
			       "c{1,2} 4\n w 4\nc3 3\n w 3\nout 2\n w 2\n");
	free(z);
	z = drawn(m, false);
	assert_non_null(strstr(z, " 0 5\n  w 4\n  b 1\n 1 5\n"));
	free(z);
	model_close(m);
	/* Odd ones of many: ranges, and then no more of them. */
	char *names[24];
	int sizes[24];
	for (int i = 0; i < 24; i++) {
		names[i] = xasprintf("l.%d.w", i);
		sizes[i] = i % 5 == 4 ? 7 : 3;
	}
	m = of_names((const char *const *)names, sizes, 24);
	z = drawn(m, true);
	assert_string_equal(z, "l 88\n {0..3,5..8,10..13,15..18,…,23} 60\n  w 60\n"
			       " {4,9,14,19} 28\n  w 28\n");
	free(z);
	model_close(m);
	for (int i = 0; i < 24; i++)
		free(names[i]);
}

/* -- directories ------------------------------------------------------------------------------- */

static void
write_file(const char *dir, const char *name, const struct str *s)
{
	char path[200];
	struct timespec old[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(str_c(s), 1, s->len, f), s->len);
	fclose(f);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
}

static void
remove_file(const char *dir, const char *name)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	unlink(path);
	rmdir(path);
}

static void
shards_are_one_model(void **state)
{
	(void)state;
	char dir[] = "/tmp/mm-shards-XXXXXX";
	struct str s = STR_INIT, index = STR_INIT;
	struct model *m;
	struct err e = {0};
	assert_non_null(mkdtemp(dir));
	str_adds(&index, "{\"metadata\":{\"total_size\":16},\"weight_map\":{"
			 "\"a\":\"m-1-of-2.safetensors\",\"b\":\"m-2-of-2.safetensors\"}}");
	write_file(dir, "model.safetensors.index.json", &index);
	safetensors_write(&s, "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
			  "\0\0\0\0\0\0\0\0", 8);
	write_file(dir, "m-1-of-2.safetensors", &s);
	assert_int_equal(model_open(dir, &m, &e), 0);
	assert_string_equal(m->format, "safetensors-index");
	assert_int_equal(m->state, MODEL_TRUNCATED);
	assert_int_equal(m->missing, 8);
	assert_non_null(strstr(m->remark[m->nremarks - 1], "1 of 2 shards"));
	model_close(m);
	str_reset(&s);
	safetensors_write(&s, "{\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
			  "\0\0\0\0\0\0\0\0", 8);
	write_file(dir, "m-2-of-2.safetensors", &s);
	assert_int_equal(model_open(dir, &m, &e), 0);
	assert_int_equal(m->state, MODEL_WHOLE);
	assert_int_equal(m->nparts, 2);
	assert_int_equal(m->totals.params, 4);
	assert_int_equal(model_find(m, "b")->part, 1);
	model_close(m);
	/* An index that leads elsewhere. */
	str_reset(&index);
	str_adds(&index,
		 "{\"weight_map\":{\"a\":\"../../etc/passwd\",\"b\":\"m-2-of-2.safetensors\"}}");
	write_file(dir, "model.safetensors.index.json", &index);
	assert_int_equal(model_open(dir, &m, &e), 0);
	assert_int_equal(m->state, MODEL_DAMAGED);
	assert_int_equal(m->nparts, 1);
	model_close(m);
	/* Without an index: N of M is enough; what stands beside has a name of its own. */
	remove_file(dir, "model.safetensors.index.json");
	str_reset(&s);
	str_add(&s, "\x80\2}X\4\0\0\0nameX\3\0\0\0sgds.", 22);
	write_file(dir, "optimizer.pt", &s);
	str_reset(&s);
	str_adds(&s, "{\"global_step\": 40, \"epoch\": 2.0, \"log_history\": [{\"step\": 1}]}");
	write_file(dir, "trainer_state.json", &s);
	assert_int_equal(model_open(dir, &m, &e), 0);
	assert_string_equal(m->format, "directory");
	assert_int_equal(m->step, 40);
	assert_int_equal(m->epoch, 2);
	assert_non_null(model_find(m, "a"));
	assert_string_equal(model_meta(m, "optimizer.name"), "sgd");
	assert_int_equal(m->safety, MODEL_TENSORS_ONLY);
	model_close(m);
	static const char *const name[] = {"m-1-of-2.safetensors", "m-2-of-2.safetensors",
					   "optimizer.pt", "trainer_state.json", ""};
	for (size_t i = 0; i < 5; i++)
		remove_file(dir, name[i]);
	assert_int_equal(access(dir, F_OK), -1);
	str_release(&s);
	str_release(&index);
}

static void
the_newest_subdirectory_is_read(void **state)
{
	(void)state;
	char dir[] = "/tmp/mm-steps-XXXXXX", sub[60];
	struct str s = STR_INIT;
	struct model *m;
	struct err e = {0};
	assert_non_null(mkdtemp(dir));
	str_adds(&s, "global_step20\n");
	write_file(dir, "latest", &s);
	str_reset(&s);
	str_add(&s, "\x80\2}X\4\0\0\0stepK\x14s.", 16);
	for (int i = 10; i <= 20; i += 10) {
		snprintf(sub, sizeof sub, "%s/global_step%d", dir, i);
		assert_int_equal(mkdir(sub, 0700), 0);
		write_file(sub, i == 20 ? "mp_rank_00_model_states.pt" : "x.pt", &s);
	}
	assert_int_equal(model_open(dir, &m, &e), 0);
	assert_int_equal(m->nparts, 1);
	assert_string_equal(m->part[0].name, "mp_rank_00_model_states.pt");
	assert_int_equal(m->step, 20);
	model_close(m);
	remove_file(sub, "mp_rank_00_model_states.pt");
	remove_file(sub, "");
	snprintf(sub, sizeof sub, "%s/global_step10", dir);
	remove_file(sub, "x.pt");
	remove_file(sub, "");
	remove_file(dir, "latest");
	assert_int_equal(model_open(dir, &m, &e), ERR_FORMAT);
	remove_file(dir, "");
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
		cmocka_unit_test(gguf_is_read),
		cmocka_unit_test(onnx_is_read),
		cmocka_unit_test(too_many_dimensions_are_none),
		cmocka_unit_test(weights_in_other_files_stay_inside),
		cmocka_unit_test(onnx_of_its_own_writer_is_read),
		cmocka_unit_test(hdf5_of_h5py_is_read),
		cmocka_unit_test(a_lambda_layer_is_code),
		cmocka_unit_test(small_floats_are_read_as_their_tables_say),
		cmocka_unit_test(k_blocks_are_read_to_the_last_bit),
		cmocka_unit_test(statistics_are_those_of_the_numbers),
		cmocka_unit_test(what_is_no_number_is_counted_and_left_out),
		cmocka_unit_test(reading_can_be_given_up),
		cmocka_unit_test(a_file_that_has_shrunk_is_an_error),
		cmocka_unit_test(differences_are_found),
		cmocka_unit_test(weights_are_paired_without_the_key_they_stand_under),
		cmocka_unit_test(modules_that_repeat_are_folded),
		cmocka_unit_test(shards_are_one_model),
		cmocka_unit_test(the_newest_subdirectory_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, clean);
}
