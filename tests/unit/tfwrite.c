#include "tests/unit/tfwrite.h"

#include "core/crc32c.h"
#include "core/tfrecord.h"
#include "core/tf_tensor.h"

#include <string.h>

static void
add_le(struct str *out, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		str_addc(out, (char)(v >> 8 * i));
}

static void
record(struct str *file, const void *data, size_t n, uint32_t spoil_length, uint32_t spoil_data)
{
	size_t at = file->len;
	add_le(file, n, 8);
	add_le(file, tfrecord_masked(crc32c(0, file->buf + at, 8)) ^ spoil_length, 4);
	str_add(file, data, n);
	add_le(file, tfrecord_masked(crc32c(0, data, n)) ^ spoil_data, 4);
}

void
tfw_record(struct str *file, const void *data, size_t n)
{
	record(file, data, n, 0, 0);
}

void
tfw_record_bad_length(struct str *file, const void *data, size_t n)
{
	record(file, data, n, 1, 0);
}

void
tfw_record_bad_data(struct str *file, const void *data, size_t n)
{
	record(file, data, n, 0, 1);
}

/* EVENT is released. */
static void
give(struct str *file, struct str *event)
{
	tfw_record(file, str_c(event), event->len);
	str_release(event);
}

void
tfw_event_head(struct str *event, double wall_s, int64_t step)
{
	if (wall_s != 0)
		pbw_f64(event, 1, wall_s);
	if (step)
		pbw_varint(event, 2, (uint64_t)step);
}

void
tfw_version(struct str *file, double wall_s)
{
	struct str event = STR_INIT;
	tfw_event_head(&event, wall_s, 0);
	pbw_text(&event, 3, "brain.Event:2");
	give(file, &event);
}

void
tfw_summary(struct str *file, double wall_s, int64_t step, struct str *summary)
{
	struct str event = STR_INIT;
	tfw_event_head(&event, wall_s, step);
	pbw_message(&event, 5, summary);
	give(file, &event);
}

void
tfw_scalar(struct str *file, double wall_s, int64_t step, const char *tag, float v)
{
	struct str summary = STR_INIT;
	tfw_value_simple(&summary, tag, v);
	tfw_summary(file, wall_s, step, &summary);
}

void
tfw_value_simple(struct str *summary, const char *tag, float v)
{
	struct str value = STR_INIT;
	pbw_text(&value, 1, tag);
	pbw_f32(&value, 2, v);
	pbw_message(summary, 1, &value);
}

void
tfw_value_tensor(struct str *summary, const char *tag, struct str *tensor, struct str *metadata)
{
	struct str value = STR_INIT;
	pbw_text(&value, 1, tag);
	pbw_message(&value, 8, tensor);
	if (metadata)
		pbw_message(&value, 9, metadata);
	pbw_message(summary, 1, &value);
}

void
tfw_value_histo(struct str *summary, const char *tag, const double *limit, const double *bucket,
		size_t n, double min, double max)
{
	struct str value = STR_INIT, histo = STR_INIT, limits = STR_INIT, buckets = STR_INIT;
	double num = 0, sum = 0, squares = 0;
	for (size_t i = 0; i < n; i++) {
		pbw_raw_f64(&limits, limit[i]);
		pbw_raw_f64(&buckets, bucket[i]);
		num += bucket[i];
		sum += bucket[i] * 2;
		squares += bucket[i] * 4;
	}
	pbw_f64(&histo, 1, min);
	pbw_f64(&histo, 2, max);
	pbw_f64(&histo, 3, num);
	pbw_f64(&histo, 4, sum);
	pbw_f64(&histo, 5, squares);
	pbw_message(&histo, 6, &limits);
	pbw_message(&histo, 7, &buckets);
	pbw_text(&value, 1, tag);
	pbw_message(&value, 5, &histo);
	pbw_message(summary, 1, &value);
}

void
tfw_value_image(struct str *summary, const char *tag, size_t nbytes)
{
	struct str value = STR_INIT, image = STR_INIT, bytes = STR_INIT;
	while (bytes.len < nbytes)
		str_addc(&bytes, (char)(bytes.len * 7));
	pbw_varint(&image, 1, 10);
	pbw_varint(&image, 2, 10);
	pbw_message(&image, 4, &bytes);
	pbw_text(&value, 1, tag);
	pbw_message(&value, 4, &image);
	pbw_message(summary, 1, &value);
}

void
tfw_value_text(struct str *summary, const char *tag, const char *text)
{
	int64_t one = 1;
	struct str tensor = tfw_tensor(TF_STRING, &one, 1), plugin = tfw_plugin("text");
	pbw_text(&tensor, 8, text);
	tfw_value_tensor(summary, tag, &tensor, &plugin);
}

struct str
tfw_plugin_content(const char *name, const struct str *content)
{
	struct str metadata = STR_INIT, data = STR_INIT;
	pbw_text(&data, 1, name);
	if (content)
		pbw_bytes(&data, 2, str_c(content), content->len);
	pbw_message(&metadata, 1, &data);
	return metadata;
}

struct str
tfw_plugin(const char *name)
{
	return tfw_plugin_content(name, NULL);
}

struct str
tfw_tensor(unsigned dtype, const int64_t *dim, size_t n)
{
	struct str tensor = STR_INIT, shape = STR_INIT;
	pbw_varint(&tensor, 1, dtype);
	for (size_t i = 0; i < n; i++) {
		struct str d = STR_INIT;
		if (dim[i])
			pbw_varint(&d, 1, (uint64_t)dim[i]);
		pbw_message(&shape, 2, &d);
	}
	pbw_message(&tensor, 2, &shape);
	return tensor;
}
