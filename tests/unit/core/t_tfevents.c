#include "core/probe.h"
#include "core/tf_tensor.h"
#include "core/tfrecord.h"
#include "core/xalloc.h"
#include "tests/unit/feeder.h"
#include "tests/unit/tfwrite.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define WALL 1700000000.5

/* -- helpers ----------------------------------------------------------------------------------- */

static struct feeder
fed(const struct str *file)
{
	struct feeder f;
	feeder_init(&f, "tfevents", "");
	feeder_bytes(&f, str_c(file), file->len);
	return f;
}

/* What comes of FILE, which is released: rows, and remarks unless NULL. */
static void
check_(struct str *file, const char *rows, const char *remarks, const char *where, int line)
{
	struct feeder f = fed(file);
	_assert_string_equal(recorder_rows(f.sink, FEED_PATH), rows, where, line);
	if (remarks)
		_assert_string_equal(recorder_remarks(f.sink, FEED_PATH), remarks, where, line);
	feeder_release(&f);
	check_cuts("tfevents", str_c(file), file->len);
	str_release(file);
}
#define check(file, rows, remarks) check_(file, rows, remarks, __FILE__, __LINE__)

/* One value in one event. */
static void
check_value_(struct str *summary, const char *rows, const char *where, int line)
{
	struct str file = STR_INIT;
	tfw_summary(&file, WALL, 1, summary);
	struct feeder f = fed(&file);
	_assert_string_equal(recorder_rows(f.sink, FEED_PATH), rows, where, line);
	_assert_string_equal(recorder_remarks(f.sink, FEED_PATH), "", where, line);
	feeder_release(&f);
	str_release(&file);
}
#define check_value(summary, rows) check_value_(summary, rows, __FILE__, __LINE__)

/* The same for a long one. */
static void
check_long(struct str *file, const char *rows, const char *remarks)
{
	static const size_t pieces[] = {997, 65535, 65548, 70001, 131072};
	struct feeder f = fed(file);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), rows);
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH), remarks);
	feeder_release(&f);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		check_pieces_of("tfevents", str_c(file), file->len, pieces[i]);
	str_release(file);
}

static enum probe_verdict
probe(const char *path, const char *p, size_t n)
{
	const struct source_ops *ops = NULL;
	struct probe pr = {.path = path, .head = p, .nhead = n, .whole = true};
	enum probe_verdict v = source_probe(&pr, &ops);
	str_release(&pr.reason);
	if (v == PROBE_YES)
		assert_string_equal(ops->name, "tfevents");
	return v;
}

/* -- frames and events ------------------------------------------------------------------------- */

static void
unhex(struct str *out, const char *hex)
{
	for (; *hex; hex += 2) {
		unsigned byte;
		assert_int_equal(sscanf(hex, "%2x", &byte), 1);
		str_addc(out, (char)byte);
	}
}

/* Bytes that TensorFlow's and PyTorch's own writers made. */
static void
records_of_other_writers_are_read(void **state)
{
	(void)state;
	struct str file = STR_INIT;
	unhex(&file, "1800000000000000a37f4b22090000803899d6d7411a0d627261696e2e4576656e743a32124b3"
		     "6ab");
	unhex(&file, "3200000000000000241956ec09c405b73d99d6d741104d2a250a230a0861636375726163794"
		     "20a080112002204a4707d3f4a0b0a090a077363616c617273a55b6433");
	unhex(&file,
	      "1b000000000000001a0d9e130900002040fc54d94110ac022a0d0a0b0a046c6f7373150000803ec5f6"
	      "859b");
	struct feeder f = fed(&file);
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH), "");
	assert_string_equal(recorder_rows_timed(f.sink, FEED_PATH),
			    "step=77 @1599759606.859727 accuracy=0.9900000095367432\n"
			    "step=300 @1700000000.500000 loss=0.25\n");
	feeder_release(&f);
	str_release(&file);
}

static void
an_event_is_a_row(void **state)
{
	(void)state;
	struct str file = STR_INIT, s = STR_INIT;
	tfw_version(&file, WALL);
	tfw_scalar(&file, WALL, 0, "loss", 0.5f);
	tfw_scalar(&file, WALL, 1, "loss", NAN);
	tfw_value_simple(&s, "train/lr", 0.125f);
	tfw_value_simple(&s, "epoch", 2.0f);
	tfw_value_simple(&s, "step", 3.0f);
	tfw_summary(&file, WALL, 1, &s);
	tfw_scalar(&file, WALL, -3, "loss", -INFINITY);
	struct str tag = STR_INIT, rows = STR_INIT;
	while (tag.len < 130) /* lengths around it take two bytes, not one */
		str_addc(&tag, 'x');
	tfw_scalar(&file, WALL, INT64_MAX, str_c(&tag), 1.0f);
	str_addf(&rows,
		 "step=0 loss=0.5\nstep=1 loss=nan\n"
		 "step=1 train/lr=0.125 epoch=2 step=3\nstep=-3 loss=-inf\n"
		 "step=9223372036854775807 %s=1\n",
		 str_c(&tag));
	check(&file, str_c(&rows), "");
	str_release(&rows);
	str_release(&tag);
}

static void
fields_may_come_in_any_order(void **state)
{
	(void)state;
	struct str file = STR_INIT, e = STR_INIT, s = STR_INIT, v = STR_INIT;
	pbw_text(&v, 31, "a field that nobody knows");
	pbw_f32(&v, 2, 0.5f);
	pbw_text(&v, 1, "loss");
	pbw_message(&s, 1, &v);
	pbw_bytes(&e, 5, str_c(&s), s.len);
	pbw_varint(&e, 2, 7);
	tfw_value_simple(&s, "acc", 1.0f);
	pbw_message(&e, 5, &s);
	pbw_f64(&e, 1, WALL);
	tfw_record(&file, str_c(&e), e.len);
	str_release(&e);
	/* The second summary repeats the tag: one row has no column twice. */
	check(&file, "step=7 loss=0.5\nstep=7 loss=0.5 acc=1\n", "");
}

static void
a_time_that_is_none_is_left_out(void **state)
{
	(void)state;
	const double wall[] = {0, NAN, -5, INFINITY, 1e300, WALL};
	struct str file = STR_INIT;
	for (int i = 0; i < 6; i++)
		tfw_scalar(&file, wall[i], i, "loss", 1);
	struct feeder f = fed(&file);
	assert_string_equal(recorder_rows_timed(f.sink, FEED_PATH),
			    "step=0 @- loss=1\nstep=1 @- loss=1\nstep=2 @- loss=1\n"
			    "step=3 @- loss=1\nstep=4 @- loss=1\n"
			    "step=5 @1700000000.500000 loss=1\n");
	feeder_release(&f);
	str_release(&file);
}

static void
a_tag_that_comes_twice_in_an_event_makes_two_rows(void **state)
{
	(void)state;
	struct str s = STR_INIT;
	tfw_value_simple(&s, "a", 1);
	tfw_value_simple(&s, "b", 2);
	tfw_value_simple(&s, "a", 3);
	tfw_value_simple(&s, "a", 4);
	tfw_value_simple(&s, "b", 5);
	check_value(&s, "step=1 a=1 b=2\nstep=1 a=3\nstep=1 a=4 b=5\n");
}

static void
a_value_without_a_tag_has_its_nodes_name(void **state)
{
	(void)state;
	struct str file = STR_INIT, s = STR_INIT, v = STR_INIT;
	pbw_text(&v, 7, "node");
	pbw_f32(&v, 2, 1.0f);
	pbw_message(&s, 1, &v);
	pbw_f32(&v, 2, 1.0f);
	pbw_message(&s, 1, &v);
	tfw_summary(&file, WALL, 1, &s);
	check(&file, "step=1 node=1\n",
	      "limit 0:0 1 numbers left out so far: a log has at most 20000 metrics, with "
	      "names of at "
	      "most 1024 bytes\n");
}

/* What separates lines and ends strings, in a name. */
static void
any_bytes_make_a_name(void **state)
{
	(void)state;
	static const char tag[] = {'a', '\0', 'b', '\x1b', '[', 'm', '\xff'};
	struct str file = STR_INIT, s = STR_INIT, v = STR_INIT;
	for (int i = 0; i < 2; i++) {
		pbw_bytes(&v, 1, tag, sizeof tag);
		pbw_f32(&v, 2, (float)i);
		pbw_message(&s, 1, &v);
		tfw_summary(&file, WALL, i, &s);
	}
	check(&file, "step=0 a b\x1b[m\xff=0\nstep=1 a b\x1b[m\xff=1\n", "");
}

/* -- tensors ----------------------------------------------------------------------------------- */

static void
check_tensor(struct str *tensor, const char *want)
{
	struct str s = STR_INIT, plugin = tfw_plugin("scalars"), rows = STR_INIT;
	struct str again = STR_INIT;
	str_add(&again, str_c(tensor), tensor->len);
	tfw_value_tensor(&s, "x", tensor, &plugin);
	if (*want)
		str_addf(&rows, "step=1 x=%s\n", want);
	check_value(&s, str_c(&rows));
	/* Nothing depends on the metadata, which some writers give once. */
	tfw_value_tensor(&s, "x", &again, NULL);
	check_value(&s, str_c(&rows));
	str_release(&rows);
}

static void
check_content(unsigned dtype, const void *content, size_t n, const char *want)
{
	struct str t = tfw_tensor(dtype, NULL, 0);
	pbw_bytes(&t, 4, content, n);
	check_tensor(&t, want);
}

static void
check_varint(unsigned dtype, uint32_t field, uint64_t v, const char *want)
{
	struct str t = tfw_tensor(dtype, NULL, 0), packed = STR_INIT;
	pbw_varint(&t, field, v);
	check_tensor(&t, want);
	t = tfw_tensor(dtype, NULL, 0);
	pbw_raw_varint(&packed, v);
	pbw_message(&t, field, &packed);
	check_tensor(&t, want);
}

static void
every_type_of_number_is_read_from_a_tensors_content(void **state)
{
	(void)state;
	check_content(TF_FLOAT, "\0\0\xC0\x3F", 4, "1.5");
	check_content(TF_DOUBLE, "\x9a\x99\x99\x99\x99\x99\xb9\x3f", 8, "0.1");
	check_content(TF_INT32, "\xFE\xFF\xFF\xFF", 4, "-2");
	check_content(TF_UINT8, "\xFE", 1, "254");
	check_content(TF_INT16, "\xFE\xFF", 2, "-2");
	check_content(TF_INT8, "\xFE", 1, "-2");
	check_content(TF_INT64, "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8, "-2");
	check_content(TF_BOOL, "\1", 1, "1");
	check_content(TF_BFLOAT16, "\xC0\x3F", 2, "1.5");
	check_content(TF_UINT16, "\xFE\xFF", 2, "65534");
	check_content(TF_HALF, "\0\x3E", 2, "1.5");
	check_content(TF_UINT32, "\xFE\xFF\xFF\xFF", 4, "4294967294");
	check_content(TF_UINT64, "\0\0\0\0\0\0\0\x80", 8, "9.223372036854776e+18");
}

static void
every_type_of_number_is_read_from_its_field(void **state)
{
	(void)state;
	struct str t = tfw_tensor(TF_FLOAT, NULL, 0), packed = STR_INIT;
	pbw_f32(&t, 5, 1.5f);
	check_tensor(&t, "1.5");
	t = tfw_tensor(TF_FLOAT, NULL, 0);
	pbw_raw_f32(&packed, 1.5f);
	pbw_message(&t, 5, &packed);
	check_tensor(&t, "1.5");
	t = tfw_tensor(TF_DOUBLE, NULL, 0);
	pbw_f64(&t, 6, 0.1);
	check_tensor(&t, "0.1");
	check_varint(TF_INT32, 7, (uint64_t)-2, "-2");
	check_varint(TF_UINT8, 7, 254, "254");
	check_varint(TF_INT16, 7, (uint64_t)-2, "-2");
	check_varint(TF_INT8, 7, (uint64_t)-2, "-2");
	check_varint(TF_UINT16, 7, 65534, "65534");
	check_varint(TF_INT64, 10, (uint64_t)-2, "-2");
	check_varint(TF_BOOL, 11, 1, "1");
	check_varint(TF_HALF, 13, 0x3E00, "1.5");
	check_varint(TF_BFLOAT16, 13, 0x3FC0, "1.5");
	check_varint(TF_UINT32, 16, 4294967294, "4294967294");
	check_varint(TF_UINT64, 17, UINT64_C(1) << 63, "9.223372036854776e+18");
}

/* A value that looks like the tag's last one is read by where its number stood; one that doesn't is
 * read anew. check_cuts() forgets in between. */
static void
values_that_look_alike_are_read_alike(void **state)
{
	(void)state;
	struct str file = STR_INIT;
	for (int64_t i = 0; i < 12; i++) {
		struct str s = STR_INIT, t, plugin = tfw_plugin(i < 9 ? "scalars" : "scalars2");
		float f = (float)i / 4;
		double d = (double)i / 4;
		if (i % 6 < 4) {
			t = tfw_tensor(i % 4 < 2 ? TF_FLOAT : TF_INT32, NULL, 0);
			pbw_bytes(&t, 4, i % 4 < 2 ? (void *)&f : (void *)&i, 4);
		} else {
			t = tfw_tensor(i % 2 ? TF_FLOAT : TF_DOUBLE, NULL, 0);
			if (i % 2)
				pbw_f32(&t, 5, f);
			else
				pbw_f64(&t, 6, d);
		}
		tfw_value_tensor(&s, "x", &t, &plugin);
		tfw_summary(&file, WALL, i, &s);
	}
	check(&file,
	      "step=0 x=0\nstep=1 x=0.25\nstep=2 x=2\nstep=3 x=3\nstep=4 x=1\nstep=5 x=1.25\n"
	      "step=6 x=6\nstep=7 x=7\nstep=8 x=2\nstep=9 x=2.25\nstep=10 x=2.5\nstep=11 x=2.75\n",
	      "");
}

static void
half_floats_are_exact(void **state)
{
	(void)state;
	check_varint(TF_HALF, 13, 0x0001, "5.9604644775390625e-08");
	check_varint(TF_HALF, 13, 0x03FF, "6.097555160522461e-05");
	check_varint(TF_HALF, 13, 0x0400, "6.103515625e-05");
	check_varint(TF_HALF, 13, 0x7BFF, "65504");
	check_varint(TF_HALF, 13, 0xC000, "-2");
	check_varint(TF_HALF, 13, 0x7C00, "inf");
	check_varint(TF_HALF, 13, 0xFC00, "-inf");
	check_varint(TF_HALF, 13, 0x7E00, "nan");
}

static void
one_element_is_a_number_whatever_its_shape(void **state)
{
	(void)state;
	const int64_t ones[] = {1, 1, 1}, two = 2, none = 0, huge[] = {INT64_MAX, INT64_MAX, 0};
	struct str t = tfw_tensor(TF_FLOAT, ones, 3);
	pbw_f32(&t, 5, 1.5f);
	check_tensor(&t, "1.5");
	t = (struct str)STR_INIT; /* PyTorch gives no shape */
	pbw_varint(&t, 1, TF_FLOAT);
	pbw_f32(&t, 5, 1.5f);
	check_tensor(&t, "1.5");
	t = tfw_tensor(TF_FLOAT, NULL, 0); /* a zero that was left out */
	check_tensor(&t, "0");
	/* These are more than one, or less. */
	t = (struct str)STR_INIT;
	pbw_varint(&t, 1, TF_FLOAT);
	check_tensor(&t, "");
	t = tfw_tensor(TF_FLOAT, &two, 1);
	pbw_f32(&t, 5, 1.5f);
	check_tensor(&t, "");
	t = tfw_tensor(TF_FLOAT, &none, 1);
	check_tensor(&t, "");
	t = tfw_tensor(TF_FLOAT, huge, 3);
	pbw_f32(&t, 5, 1.5f);
	check_tensor(&t, "");
	check_content(TF_FLOAT, "\0\0\xC0\x3F\0\0\xC0\x3F", 8, "");
	check_content(TF_FLOAT, "\0\0\xC0", 3, "");
	check_content(TF_STRING, "\0\0\xC0\x3F", 4, "");
	check_content(99, "\0\0\xC0\x3F", 4, "");
}

/* -- histograms -------------------------------------------------------------------------------- */

static void
check_hists(struct str *file, const char *rows, const char *hists)
{
	struct feeder f = fed(file);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), rows);
	assert_string_equal(recorder_hists(f.sink, FEED_PATH), hists);
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH), "");
	feeder_release(&f);
	check_cuts("tfevents", str_c(file), file->len);
	str_release(file);
}

static void
a_histogram_is_five_series_and_its_buckets(void **state)
{
	(void)state;
	const double limit[] = {0, 1, 3, 1e308}, bucket[] = {0, 4, 5, 0};
	struct str file = STR_INIT, s = STR_INIT;
	tfw_value_simple(&s, "loss", 0.5f);
	tfw_value_histo(&s, "w", limit, bucket, 4, 0.25, 2.5);
	tfw_summary(&file, WALL, 3, &s);
	check_hists(&file,
		    "step=3 loss=0.5 w@hist.count=9 w@hist.min=0.25 w@hist.max=2.5 w@hist.mean=2 "
		    "w@hist.l2=6\n",
		    "1.0 w@hist.count: 0.25 4 | 1 5 2.5\n");
}

static void
a_histogram_of_nothing_has_a_count_alone(void **state)
{
	(void)state;
	const double limit[] = {0, 1}, bucket[] = {0, 0};
	struct str file = STR_INIT, s = STR_INIT;
	tfw_value_histo(&s, "w", limit, bucket, 2, 0, 0);
	tfw_summary(&file, WALL, 3, &s);
	check_hists(&file, "step=3 w@hist.count=0\n", "1.0 w@hist.count: \n");
}

static struct str
rows_of_three(const double *v, size_t rows)
{
	const int64_t dim[] = {(int64_t)rows, 3};
	struct str t = tfw_tensor(TF_DOUBLE, dim, 2), content = STR_INIT;
	for (size_t i = 0; i < 3 * rows; i++)
		pbw_raw_f64(&content, v[i]);
	pbw_message(&t, 4, &content);
	return t;
}

static void
a_tensor_of_buckets_is_a_histogram(void **state)
{
	(void)state;
	const double v[] = {-2, -1, 0, -1, 1, 2, 1, 3, 6};
	for (int named = 0; named < 2; named++) {
		struct str file = STR_INIT, s = STR_INIT, t = rows_of_three(v, 3);
		struct str plugin = tfw_plugin("histograms");
		tfw_value_tensor(&s, "w", &t, named ? &plugin : NULL);
		tfw_summary(&file, WALL, 3, &s);
		check_hists(&file,
			    "step=3 w@hist.count=8 w@hist.min=-1 w@hist.max=3 w@hist.mean=1.5 "
			    "w@hist.l2=4.898979485566356\n",
			    "1.0 w@hist.count: -1 2 | 1 6 3\n");
		str_release(&plugin);
	}
}

static void
a_tensor_without_buckets_is_an_empty_one(void **state)
{
	(void)state;
	struct str file = STR_INIT, s = STR_INIT, t = rows_of_three(NULL, 0);
	struct str plugin = tfw_plugin("histograms");
	tfw_value_tensor(&s, "w", &t, &plugin);
	tfw_summary(&file, WALL, 3, &s);
	check_hists(&file, "step=3 w@hist.count=0\n", "1.0 w@hist.count: \n");
}

static void
other_tensors_of_three_columns_are_none(void **state)
{
	(void)state;
	const double apart[] = {0, 1, 5, 2, 3, 5}, back[] = {1, 0, 5}, less[] = {0, 1, -1};
	struct str s = STR_INIT, t = rows_of_three(apart, 2), plugin = tfw_plugin("mesh");
	tfw_value_tensor(&s, "w", &t, NULL);
	check_value(&s, "");
	t = rows_of_three(back, 1);
	tfw_value_tensor(&s, "w", &t, NULL);
	check_value(&s, "");
	t = rows_of_three(less, 1);
	tfw_value_tensor(&s, "w", &t, NULL);
	check_value(&s, "");
	t = rows_of_three((const double[]){0, 1, 5}, 1);
	tfw_value_tensor(&s, "w", &t, &plugin);
	check_value(&s, "");
}

static void
a_histogram_that_is_none_is_remarked(void **state)
{
	(void)state;
	struct str file = STR_INIT, s = STR_INIT, t = rows_of_three((const double[]){1, 0, 5}, 1);
	struct str plugin = tfw_plugin("histograms"), v = STR_INIT, histo = STR_INIT;
	tfw_value_tensor(&s, "w", &t, &plugin);
	pbw_f64(&histo, 6, 1.0); /* a bucket's end, but no bucket */
	pbw_text(&v, 1, "v");
	pbw_message(&v, 5, &histo);
	pbw_message(&s, 1, &v);
	tfw_value_simple(&s, "loss", 1);
	tfw_summary(&file, WALL, 1, &s);
	check(&file, "step=1 loss=1\n",
	      "bad-record 0:0 'w' is no histogram that can be read\n"
	      "bad-record 0:0 'v' is no histogram that can be read\n");
}

/* -- parameters, the end ----------------------------------------------------------------------- */

static void
add_hparam(struct str *start, const char *key, struct str *value)
{
	struct str entry = STR_INIT;
	pbw_text(&entry, 1, key);
	pbw_message(&entry, 2, value);
	pbw_message(start, 1, &entry);
}

static void
hparams_event(struct str *file, double wall, const char *tag, uint32_t field, struct str *message)
{
	struct str data = STR_INIT, s = STR_INIT, v = STR_INIT;
	pbw_message(&data, field, message);
	struct str plugin = tfw_plugin_content("hparams", &data);
	str_release(&data);
	pbw_text(&v, 1, tag);
	pbw_message(&v, 9, &plugin);
	pbw_message(&s, 1, &v);
	tfw_summary(file, wall, 0, &s);
}

static void
session_start(struct str *file, double wall)
{
	struct str start = STR_INIT, v = STR_INIT, list = STR_INIT;
	pbw_f64(&v, 2, 0.001);
	add_hparam(&start, "lr", &v);
	pbw_text(&v, 3, "adam");
	add_hparam(&start, "optimizer", &v);
	pbw_varint(&v, 4, 1);
	add_hparam(&start, "amp", &v);
	for (int i = 1; i < 3; i++) {
		struct str element = STR_INIT;
		pbw_f64(&element, 2, i);
		pbw_message(&list, 1, &element);
	}
	pbw_message(&v, 6, &list);
	add_hparam(&start, "layers", &v);
	hparams_event(file, wall, "_hparams_/session_start_info", 3, &start);
}

static void
session_end(struct str *file, double wall, unsigned status)
{
	struct str end = STR_INIT;
	pbw_varint(&end, 1, status);
	hparams_event(file, wall, "_hparams_/session_end_info", 4, &end);
}

static void
check_params(struct str *file, const char *params, const char *said)
{
	struct feeder f = fed(file);
	assert_string_equal(recorder_params(f.sink, FEED_RUN), params);
	assert_string_equal(recorder_said(f.sink, FEED_RUN), said);
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH), "");
	feeder_release(&f);
	check_cuts("tfevents", str_c(file), file->len);
	str_release(file);
}

static void
hparams_are_parameters_and_the_sessions_end(void **state)
{
	(void)state;
	static const char params[] = "amp=true\nlayers=[1, 2]\nlr=0.001\noptimizer=adam\n";
	struct str file = STR_INIT;
	session_start(&file, WALL);
	tfw_scalar(&file, WALL, 5, "loss", 1);
	check_params(&file, params, "");
	session_start(&file, WALL);
	tfw_scalar(&file, WALL, 5, "loss", 1);
	session_end(&file, WALL, 1);
	check_params(&file, params, "finished");
	session_start(&file, WALL);
	session_end(&file, WALL, 2);
	check_params(&file, params, "failed");
	session_start(&file, WALL);
	session_end(&file, WALL + 3600, 1);
	check_params(&file, params, "finished");
	session_start(&file, WALL);
	tfw_scalar(&file, WALL, 5, "loss", 1);
	session_end(&file, WALL, 3); /* still running */
	check_params(&file, params, "");
}

static void
session_log(struct str *file, unsigned status, const char *path)
{
	struct str ev = STR_INIT, log = STR_INIT;
	pbw_varint(&log, 1, status);
	if (path)
		pbw_text(&log, 2, path);
	tfw_event_head(&ev, WALL, 5);
	pbw_message(&ev, 7, &log);
	tfw_record(file, ev.buf, ev.len);
	str_release(&ev);
}

/* What TensorFlow 1's own sessions write. */
static void
the_last_checkpoint_of_a_session_is_known(void **state)
{
	(void)state;
	enum { START = 1, STOP, CHECKPOINT };
	struct str file = STR_INIT;
	session_log(&file, START, NULL);
	session_log(&file, CHECKPOINT, "/m/model.ckpt-100");
	tfw_scalar(&file, WALL, 5, "loss", 1);
	session_log(&file, CHECKPOINT, "/m/model.ckpt-200");
	session_log(&file, CHECKPOINT, NULL);
	session_log(&file, STOP, "/m/other");
	check_params(&file, "checkpoint=/m/model.ckpt-200\n", "");
	tfw_scalar(&file, WALL, 5, "loss", 1);
	session_end(&file, WALL, 1);
	session_log(&file, START, NULL);
	check_params(&file, "", "resumed");
}

/* add_hparams() and Lightning write start and end at once, before the training begins. */
static void
a_session_that_ends_as_it_begins_says_nothing(void **state)
{
	(void)state;
	struct str file = STR_INIT;
	session_start(&file, WALL);
	session_end(&file, WALL + 0.001, 1);
	tfw_scalar(&file, WALL, 5, "loss", 1);
	check_params(&file, "amp=true\nlayers=[1, 2]\nlr=0.001\noptimizer=adam\n", "");
}

static void
one_that_goes_on_after_its_end_was_resumed(void **state)
{
	(void)state;
	struct str file = STR_INIT;
	tfw_scalar(&file, WALL, 5, "loss", 1);
	session_end(&file, WALL, 1);
	tfw_scalar(&file, WALL, 6, "loss", 1);
	check_params(&file, "", "resumed");
}

static void
a_text_that_is_called_a_configuration_is_one(void **state)
{
	(void)state;
	struct str file = STR_INIT, s = STR_INIT;
	tfw_value_text(&s, "hyperparameters/text_summary",
		       "|param|value|\n|-|-|\n|seed|1|\n| gamma | `0.99` |\n|empty||\nno row\n");
	tfw_value_text(
		&s, "args/text_summary",
		"{\"learning_rate\": 5e-05, \"fp16\": true, \"optim\": \"adamw\\n\", \"x\": "
		"null,\n \"betas\": [0.9, {\"no\": 1}, 0.99], \"in\": {\"ner\": {\"k\": 1}}, "
		"\"last\": 2}");
	tfw_value_text(&s, "model_config/text_summary", "{\"hidden_size\": 768}");
	tfw_value_text(&s, "samples", "{\"lr\": 7}");
	tfw_value_text(&s, "config", "lr: 7");
	tfw_value_text(&s, "config", "{\"cut\": 1, ");
	tfw_summary(&file, WALL, 0, &s);
	check_params(&file,
		     "cut=1\nfp16=true\ngamma=0.99\nin/ner/k=1\nlast=2\nlearning_rate=5e-05\n"
		     "model_config/hidden_size=768\noptim=adamw\n\nseed=1\n",
		     "");
}

/* -- damage ------------------------------------------------------------------------------------ */

static void
a_bad_record_is_skipped_and_the_next_one_read(void **state)
{
	(void)state;
	struct str file = STR_INIT;
	tfw_scalar(&file, WALL, 1, "loss", 1);
	size_t at = file.len;
	tfw_record_bad_data(&file, "some data", 9);
	tfw_scalar(&file, WALL, 2, "loss", 2);
	assert_int_equal(at, 42);
	check(&file, "step=1 loss=1\nstep=2 loss=2\n",
	      "bad-record 42:0 skipped: its checksum is wrong\n");
}

/* A writer was killed in the middle of a record, and another one went on behind it. */
static void
of_a_record_that_is_cut_short_nothing_else_is_lost(void **state)
{
	(void)state;
	struct str whole = STR_INIT;
	tfw_scalar(&whole, WALL, 2, "loss", 2);
	for (size_t n = 1; n < whole.len; n += 9) {
		struct str file = STR_INIT;
		tfw_scalar(&file, WALL, 1, "loss", 1);
		str_add(&file, whole.buf, n);
		tfw_scalar(&file, WALL, 3, "loss", 3);
		tfw_scalar(&file, WALL, 4, "loss", 4);
		check(&file, "step=1 loss=1\nstep=3 loss=3\nstep=4 loss=4\n",
		      n < 12 ? "bad-record 42:0 no record begins here: its length's checksum is "
			       "wrong; looking for one\n"
			     : "bad-record 42:0 skipped: its checksum is wrong\n");
	}
	str_release(&whole);
}

static void
a_bad_length_costs_one_record(void **state)
{
	(void)state;
	struct str file = STR_INIT;
	tfw_scalar(&file, WALL, 1, "loss", 1);
	tfw_record_bad_length(&file, "some data", 9);
	tfw_scalar(&file, WALL, 2, "loss", 2);
	str_adds(&file, "no record at all, but text that somebody appended");
	tfw_scalar(&file, WALL, 3, "loss", 3);
	check(&file, "step=1 loss=1\nstep=2 loss=2\nstep=3 loss=3\n",
	      "bad-record 42:0 no record begins here: its length's checksum is wrong; looking for "
	      "one\n"
	      "bad-record 109:0 no record begins here: its length's checksum is wrong; looking for "
	      "one\n");
}

/* The checksum fits, but nobody writes such a record. */
static void
a_length_that_cannot_be_is_a_bad_one(void **state)
{
	(void)state;
	for (int shift = 31; shift < 64; shift += 8) {
		struct str file = STR_INIT, frame = STR_INIT;
		uint64_t length = UINT64_C(1) << shift;
		for (int i = 0; i < 8; i++)
			str_addc(&frame, (char)(length >> 8 * i));
		struct str record = STR_INIT;
		tfw_record(&record, str_c(&frame), 8);
		/* The checksum of those eight bytes as data is that of the length. */
		str_add(&file, str_c(&frame), 8);
		str_add(&file, record.buf + TFRECORD_FRAME + 8, 4);
		assert_false(tfrecord_begins(str_c(&file), file.len, &length));
		tfw_scalar(&file, WALL, 2, "loss", 2);
		check(&file, "step=2 loss=2\n",
		      "bad-record 0:0 no record begins here: its length's checksum is wrong; "
		      "looking for one\n");
		str_release(&frame);
		str_release(&record);
	}
}

static void
what_is_no_event_is_remarked_and_what_was_good_of_it_kept(void **state)
{
	(void)state;
	struct str file = STR_INIT, e = STR_INIT, s = STR_INIT;
	tfw_record(&file, "\x0E", 1);
	tfw_event_head(&e, WALL, 4);
	tfw_value_simple(&s, "loss", 1);
	str_addc(&s, '\x0F');
	pbw_message(&e, 5, &s);
	tfw_record(&file, str_c(&e), e.len);
	str_release(&e);
	check(&file, "step=4 loss=1\n",
	      "bad-record 0:0 skipped: no event from here on\n"
	      "bad-record 17:0 skipped: no event from here on\n");
}

static void
zeros_where_a_record_should_begin_may_be_a_hole(void **state)
{
	(void)state;
	struct str file = STR_INIT;
	struct feeder f;
	feeder_init(&f, "tfevents", "");
	f.settled = 0;
	tfw_scalar(&file, WALL, 1, "loss", 1);
	for (int i = 0; i < 100; i++)
		str_addc(&file, 0);
	tfw_scalar(&file, WALL, 2, "loss", 2);
	feeder_bytes(&f, str_c(&file), file.len);
	assert_int_equal(f.offset, 42);
	assert_true(f.source->hole.holds);
	assert_int_equal(f.source->hole.at, 42);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "step=1 loss=1\n");
	f.settled = file.len;
	feeder_bytes(&f, "", 0);
	assert_int_equal(f.offset, file.len);
	assert_false(f.source->hole.holds);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "step=1 loss=1\nstep=2 loss=2\n");
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH),
			    "bad-record 42:0 skipped: zeros where a record should begin\n");
	feeder_release(&f);
	check_cuts("tfevents", str_c(&file), file.len);
	str_release(&file);
}

/* A network file system shows the end of a file before its bytes: what follows damage may be such
 * zeros, and the records in their place are not lost. */
static void
zeros_at_the_end_are_never_searched(void **state)
{
	(void)state;
	struct feeder f;
	struct str file = STR_INIT;
	feeder_init(&f, "tfevents", "");
	f.settled = 0;
	tfw_record_bad_length(&file, "some data", 9);
	size_t good = file.len;
	tfw_scalar(&file, WALL, 2, "loss", 2);
	char *holed = xmemdup(str_c(&file), file.len);
	memset(holed + good, 0, file.len - good);
	size_t took = f.source->ops->feed(f.source, holed, file.len, 0, false, 1);
	assert_true(took <= good);
	assert_int_equal(f.source->hole.at, good);
	f.source->ops->feed(f.source, file.buf + took, file.len - took, took, false, 1);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "step=2 loss=2\n");
	free(holed);
	feeder_release(&f);
	str_release(&file);
}

static void
a_last_record_that_is_torn_is_remarked_when_the_file_is_gone(void **state)
{
	(void)state;
	struct str file = STR_INIT;
	tfw_scalar(&file, WALL, 1, "loss", 1);
	tfw_scalar(&file, WALL, 2, "loss", 2);
	struct feeder f;
	feeder_init(&f, "tfevents", "");
	feeder_bytes(&f, str_c(&file), file.len - 1);
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH), "");
	feeder_end(&f);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "step=1 loss=1\n");
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH),
			    "bad-record 42:0 the file ends within this record\n");
	feeder_release(&f);
	str_release(&file);
}

/* -- long records ------------------------------------------------------------------------------ */

/* Feeds FILE as the ingester does, in pieces of at most 256 KiB; the most that had to be held. */
static size_t
feed_held(struct feeder *f, const struct str *file)
{
	size_t most = 0;
	for (size_t at = 0; at < file->len; at += 100000) {
		size_t n = file->len - at < 100000 ? file->len - at : 100000;
		feeder_bytes(f, str_c(file) + at, n);
		most = f->pending.len > most ? f->pending.len : most;
	}
	return most;
}

static struct str
event_of_blob(uint32_t field, size_t n)
{
	struct str e = STR_INIT, blob = STR_INIT;
	while (blob.len < n)
		str_addf(&blob, "node %zu ", blob.len);
	tfw_event_head(&e, WALL, 3);
	pbw_message(&e, field, &blob);
	return e;
}

static void
graphs_and_images_are_passed_over_without_being_held(void **state)
{
	(void)state;
	struct str file = STR_INIT, s = STR_INIT, e;
	struct feeder f;
	feeder_init(&f, "tfevents", "");
	tfw_scalar(&file, WALL, 1, "loss", 1);
	for (uint32_t field = 4; field < 10; field += 5) { /* graph_def, meta_graph_def */
		e = event_of_blob(field, 1 << 20);
		tfw_record(&file, str_c(&e), e.len);
		str_release(&e);
	}
	tfw_value_image(&s, "picture", 1 << 20);
	tfw_summary(&file, WALL, 2, &s);
	tfw_value_image(&s, "small", 100);
	tfw_value_image(&s, "picture", 1 << 20);
	tfw_summary(&file, WALL, 2, &s);
	tfw_scalar(&file, WALL, 3, "loss", 2);
	assert_true(feed_held(&f, &file) < 200000);
	assert_int_equal(f.offset, file.len);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "step=1 loss=1\nstep=3 loss=2\n");
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH), "");
	feeder_release(&f);
	str_release(&file);
}

static void
the_checksum_of_what_is_passed_over_is_looked_at(void **state)
{
	(void)state;
	struct str file = STR_INIT, e = event_of_blob(4, 200000);
	tfw_scalar(&file, WALL, 1, "loss", 1);
	tfw_record_bad_data(&file, str_c(&e), e.len);
	tfw_scalar(&file, WALL, 3, "loss", 2);
	str_release(&e);
	check_long(&file, "step=1 loss=1\nstep=3 loss=2\n",
		   "bad-record 42:0 skipped: its checksum is wrong\n");
}

static void
a_number_beside_an_image_is_not_passed_over(void **state)
{
	(void)state;
	struct str file = STR_INIT, s = STR_INIT;
	tfw_value_simple(&s, "before", 1);
	tfw_value_image(&s, "picture", 200000);
	tfw_summary(&file, WALL, 2, &s);
	tfw_value_image(&s, "picture", 200000);
	tfw_value_simple(&s, "behind", 1);
	tfw_summary(&file, WALL, 3, &s);
	check_long(&file, "step=2 before=1\nstep=3 behind=1\n", "");
}

static void
a_record_beyond_the_limit_is_remarked(void **state)
{
	(void)state;
	struct str file = STR_INIT, s = STR_INIT;
	struct feeder f;
	feeder_init(&f, "tfevents", "");
	tfw_value_simple(&s, "before", 1);
	tfw_value_image(&s, "picture", SOURCE_MAX_RECORD);
	tfw_summary(&file, WALL, 2, &s);
	tfw_scalar(&file, WALL, 3, "loss", 2);
	feeder_bytes(&f, str_c(&file), file.len);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "step=3 loss=2\n");
	assert_string_equal(recorder_remarks(f.sink, FEED_PATH),
			    "limit 0:0 skipped: a record of more than 16777216 bytes\n");
	feeder_release(&f);
	str_release(&file);
}

/* -- limits ------------------------------------------------------------------------------------ */

static void
too_many_names_are_left_out_and_remarked(void **state)
{
	(void)state;
	struct str file = STR_INIT, s = STR_INIT;
	const unsigned beyond = 5;
	struct feeder f;
	feeder_init(&f, "tfevents", "");
	for (unsigned i = 0; i < SOURCE_MAX_COLUMNS + beyond; i++) {
		char tag[32];
		snprintf(tag, sizeof tag, "layer/%u", i);
		tfw_value_simple(&s, tag, 1);
		if (i % 1000 == 999 || i + 1 == SOURCE_MAX_COLUMNS + beyond)
			tfw_summary(&file, WALL, i, &s);
	}
	tfw_scalar(&file, WALL, 7, "layer/3", 2);
	feeder_bytes(&f, str_c(&file), file.len);
	assert_string_equal(recorder_points(f.sink, FEED_PATH, "layer/3"), "999:1 7:2\n");
	assert_non_null(strstr(recorder_remarks(f.sink, FEED_PATH), " 5 numbers left out"));
	feeder_release(&f);
	str_release(&file);
}

static void
a_name_that_is_too_long_is_left_out(void **state)
{
	(void)state;
	struct str file = STR_INIT, s = STR_INIT, tag = STR_INIT;
	while (tag.len < SOURCE_MAX_NAME)
		str_addc(&tag, 'x');
	tfw_value_simple(&s, str_c(&tag), 1);
	str_addc(&tag, 'x');
	tfw_value_simple(&s, str_c(&tag), 2);
	tfw_summary(&file, WALL, 2, &s);
	struct feeder f = fed(&file);
	assert_int_equal(recorder_points_kept(f.sink), 1);
	assert_non_null(strstr(recorder_remarks(f.sink, FEED_PATH), " 1 numbers left out"));
	feeder_release(&f);
	str_release(&file);
	str_release(&tag);
}

static void
messages_within_messages_cost_nothing(void **state)
{
	(void)state;
	struct str file = STR_INIT, bomb = STR_INIT;
	for (int i = 0; i < 2000; i++) {
		struct str outer = STR_INIT;
		pbw_message(&outer, 5, &bomb);
		bomb = outer;
	}
	tfw_record(&file, str_c(&bomb), bomb.len);
	str_release(&bomb);
	/* A hyper-parameter of lists within lists. */
	for (int i = 0; i < 2000; i++) {
		struct str outer = STR_INIT, list = STR_INIT;
		pbw_message(&list, 1, &bomb);
		pbw_message(&outer, 6, &list);
		bomb = outer;
	}
	struct str start = STR_INIT;
	add_hparam(&start, "deep", &bomb);
	hparams_event(&file, WALL, "_hparams_/session_start_info", 3, &start);
	struct feeder f = fed(&file);
	assert_string_equal(recorder_params(f.sink, FEED_RUN), "");
	assert_non_null(strstr(recorder_remarks(f.sink, FEED_PATH), "hparams that can't be read"));
	feeder_release(&f);
	str_release(&file);
}

/* -- what is one ------------------------------------------------------------------------------- */

static void
an_event_file_is_known_by_its_first_record(void **state)
{
	(void)state;
	struct str file = STR_INIT;
	tfw_version(&file, WALL);
	assert_int_equal(probe("/r/renamed.bin", str_c(&file), file.len), PROBE_YES);
	assert_int_equal(probe("/r/events.out.tfevents.1.h", str_c(&file), file.len), PROBE_YES);
	/* So far there is less of it than that. */
	for (size_t n = 1; n < TFRECORD_FRAME; n++)
		assert_int_equal(probe("/r/events.out.tfevents.1.h", str_c(&file), n), PROBE_MORE);
	str_reset(&file);
	tfw_scalar(&file, WALL, 1, "loss", 1); /* no version record */
	assert_int_equal(probe("/r/renamed.bin", str_c(&file), file.len), PROBE_YES);
	str_reset(&file);
	tfw_scalar(&file, 0, 1, "loss", 1); /* and no time */
	assert_int_equal(probe("/r/renamed.bin", str_c(&file), file.len), PROBE_NO);
	assert_int_equal(probe("/r/my.tfevents.0", str_c(&file), file.len), PROBE_YES);
	str_release(&file);
}

static void
a_data_set_in_the_same_frame_is_none(void **state)
{
	(void)state;
	struct str file = STR_INIT, example = STR_INIT, features = STR_INIT;
	pbw_text(&features, 1, "a feature of a tf.Example");
	pbw_message(&example, 1, &features);
	tfw_record(&file, str_c(&example), example.len);
	assert_int_equal(probe("/r/train.tfrecord", str_c(&file), file.len), PROBE_NO);
	assert_int_equal(probe("/r/tfevents/train.tfrecord", str_c(&file), file.len), PROBE_NO);
	str_release(&example);
	str_release(&file);
}

static void
a_damaged_beginning_is_no_end(void **state)
{
	(void)state;
	struct str file = STR_INIT;
	tfw_record_bad_length(&file, "some data", 9);
	assert_int_equal(probe("/r/events.out.tfevents.1.h", str_c(&file), file.len), PROBE_MORE);
	tfw_scalar(&file, WALL, 1, "loss", 1);
	assert_int_equal(probe("/r/events.out.tfevents.1.h", str_c(&file), file.len), PROBE_YES);
	str_reset(&file);
	while (file.len < SOURCE_HEAD)
		str_adds(&file, "\x7f nothing of the sort \x01\x02");
	assert_int_equal(probe("/r/events.out.tfevents.1.h", str_c(&file), SOURCE_HEAD),
			 PROBE_LEAVE);
	str_release(&file);
}

static void
a_prefix_goes_before_every_name(void **state)
{
	(void)state;
	struct feeder f;
	struct str file = STR_INIT;
	feeder_init(&f, "tfevents", "eval/");
	tfw_scalar(&file, WALL, 1, "loss", 1);
	feeder_bytes(&f, str_c(&file), file.len);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), "step=1 eval/loss=1\n");
	feeder_release(&f);
	str_release(&file);
}

static void
corpus(void **state)
{
	(void)state;
	check_cuts_of_corpus("tfevents", "tests/fuzz/corpus/tfevents");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_other_writers_are_read),
		cmocka_unit_test(an_event_is_a_row),
		cmocka_unit_test(fields_may_come_in_any_order),
		cmocka_unit_test(a_time_that_is_none_is_left_out),
		cmocka_unit_test(a_tag_that_comes_twice_in_an_event_makes_two_rows),
		cmocka_unit_test(a_value_without_a_tag_has_its_nodes_name),
		cmocka_unit_test(any_bytes_make_a_name),
		cmocka_unit_test(every_type_of_number_is_read_from_a_tensors_content),
		cmocka_unit_test(every_type_of_number_is_read_from_its_field),
		cmocka_unit_test(values_that_look_alike_are_read_alike),
		cmocka_unit_test(half_floats_are_exact),
		cmocka_unit_test(one_element_is_a_number_whatever_its_shape),
		cmocka_unit_test(a_histogram_is_five_series_and_its_buckets),
		cmocka_unit_test(a_histogram_of_nothing_has_a_count_alone),
		cmocka_unit_test(a_tensor_of_buckets_is_a_histogram),
		cmocka_unit_test(a_tensor_without_buckets_is_an_empty_one),
		cmocka_unit_test(other_tensors_of_three_columns_are_none),
		cmocka_unit_test(a_histogram_that_is_none_is_remarked),
		cmocka_unit_test(hparams_are_parameters_and_the_sessions_end),
		cmocka_unit_test(the_last_checkpoint_of_a_session_is_known),
		cmocka_unit_test(a_session_that_ends_as_it_begins_says_nothing),
		cmocka_unit_test(one_that_goes_on_after_its_end_was_resumed),
		cmocka_unit_test(a_text_that_is_called_a_configuration_is_one),
		cmocka_unit_test(a_bad_record_is_skipped_and_the_next_one_read),
		cmocka_unit_test(of_a_record_that_is_cut_short_nothing_else_is_lost),
		cmocka_unit_test(a_bad_length_costs_one_record),
		cmocka_unit_test(a_length_that_cannot_be_is_a_bad_one),
		cmocka_unit_test(what_is_no_event_is_remarked_and_what_was_good_of_it_kept),
		cmocka_unit_test(zeros_where_a_record_should_begin_may_be_a_hole),
		cmocka_unit_test(zeros_at_the_end_are_never_searched),
		cmocka_unit_test(a_last_record_that_is_torn_is_remarked_when_the_file_is_gone),
		cmocka_unit_test(graphs_and_images_are_passed_over_without_being_held),
		cmocka_unit_test(the_checksum_of_what_is_passed_over_is_looked_at),
		cmocka_unit_test(a_number_beside_an_image_is_not_passed_over),
		cmocka_unit_test(a_record_beyond_the_limit_is_remarked),
		cmocka_unit_test(too_many_names_are_left_out_and_remarked),
		cmocka_unit_test(a_name_that_is_too_long_is_left_out),
		cmocka_unit_test(messages_within_messages_cost_nothing),
		cmocka_unit_test(an_event_file_is_known_by_its_first_record),
		cmocka_unit_test(a_data_set_in_the_same_frame_is_none),
		cmocka_unit_test(a_damaged_beginning_is_no_end),
		cmocka_unit_test(a_prefix_goes_before_every_name),
		cmocka_unit_test(corpus),
	};
	return cmocka_run_group_tests_name("tfevents", tests, NULL, NULL);
}
