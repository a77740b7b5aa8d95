/* Fields may come in any order, absent ones are zero, and one of another type than the message's is
 * one that a later version added: it is passed over. Of a oneof the last counts. */
#include "core/tf_event.h"

#include "core/tf_tensor.h"
#include "core/xalloc.h"

#include <stdlib.h>

/* Field numbers. */
enum {
	EVENT_WALL = 1,
	EVENT_STEP,
	EVENT_VERSION,
	EVENT_GRAPH,
	EVENT_SUMMARY,
	EVENT_SESSION_LOG = 7
};
enum { EVENT_RUN_METADATA = 8, EVENT_META_GRAPH };
enum { SUMMARY_VALUE = 1 };
enum { VALUE_TAG = 1, VALUE_SIMPLE, VALUE_OLD_HISTOGRAM, VALUE_IMAGE, VALUE_HISTO, VALUE_AUDIO };
enum { VALUE_NODE_NAME = 7, VALUE_TENSOR, VALUE_METADATA };

static bool
text_is(const char *p, size_t n, const char *z)
{
	return strlen(z) == n && !memcmp(p, z, n);
}

int64_t
tf_wall_us(double seconds)
{
	return seconds > 0 && seconds < 253402300800.0 ? (int64_t)(seconds * 1e6 + 0.5) : 0;
}

/* -- events ------------------------------------------------------------------------------------ */

bool
tf_event_read(struct tf_event *ev, const char *p, size_t n)
{
	struct pb m;
	struct pb_field f;
	*ev = (struct tf_event){0};
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f)) {
		if (pb_is(&f, EVENT_WALL, PB_FIXED64)) {
			ev->wall_us = tf_wall_us(pb_double(f.value));
			ev->has_wall = true;
		} else if (pb_is(&f, EVENT_STEP, PB_VARINT)) {
			ev->step = (int64_t)f.value;
		} else if (pb_is(&f, EVENT_VERSION, PB_BYTES)) {
			ev->version = f.bytes;
			ev->nversion = f.n;
		} else if (pb_is(&f, EVENT_SUMMARY, PB_BYTES)) {
			ev->has_summary = true;
		} else if (pb_is(&f, EVENT_SESSION_LOG, PB_BYTES)) {
			ev->has_session = true;
		}
	}
	return m.state == PB_END;
}

/* A length that ends where END is, behind KEY. NULL: it does not. */
static const unsigned char *
enclosed(const unsigned char *p, const unsigned char *end, unsigned char key)
{
	uint64_t n;
	if (p == end || *p != key || !(p = pb_varint(p + 1, end, &n)))
		return NULL;
	return n == (size_t)(end - p) ? p : NULL;
}

bool
tf_single_read(struct tf_single *s, const char *data, size_t n)
{
	enum { WALL = 0x09, STEP = 0x10, SUMMARY = 0x2A, VALUE = 0x0A, TAG = 0x0A };
	const unsigned char *p = (const unsigned char *)data, *end = p + n;
	uint64_t step = 0;
	if (n < 12 || *p != WALL)
		return false;
	s->wall_s = pb_double(le64(p + 1));
	p += 9;
	if (*p == STEP && !(p = pb_varint(p + 1, end, &step)))
		return false;
	if (!(p = enclosed(p, end, SUMMARY)) || !(p = enclosed(p, end, VALUE)))
		return false;
	s->step = (int64_t)step;
	s->value = (const char *)p;
	s->nvalue = (size_t)(end - p);
	if (s->nvalue < 2 || p[0] != TAG || p[1] > 127 || s->nvalue < 2u + p[1])
		return false;
	s->tag = (const char *)p + 2;
	s->ntag = p[1];
	return true;
}

bool
tf_single_number(const struct tf_single *s, double *out)
{
	enum { SIMPLE = 0x15 };
	const char *p = s->tag + s->ntag;
	if (s->nvalue != 2 + s->ntag + 5 || *p != SIMPLE)
		return false;
	*out = (double)pb_float(le32(p + 1));
	return true;
}

/* -- shapes ------------------------------------------------------------------------------------ */

enum { SHAPE_MOST = 512 }; /* bytes; longer ones are not worth keeping */

void
tf_shape_take(struct tf_shape *s, const struct tf_value *v, const char *p, size_t n)
{
	tf_shape_release(s);
	if (v->kind != TF_NUMBER || !v->p || n > SHAPE_MOST)
		return;
	s->bytes = xmemdup(p, n);
	s->n = (uint16_t)n;
	s->at = (uint16_t)(v->p - p);
	s->size = (uint16_t)v->n;
	s->dtype = (uint16_t)v->dtype;
}

bool
tf_shape_fits(const struct tf_shape *s, const char *p, size_t n, double *out)
{
	size_t behind = (size_t)s->at + s->size;
	if (!s->bytes || n != s->n || memcmp(p, s->bytes, s->at) != 0 ||
	    memcmp(p + behind, s->bytes + behind, n - behind) != 0)
		return false;
	*out = tf_dtype_value(s->dtype, p + s->at);
	return true;
}

void
tf_shape_release(struct tf_shape *s)
{
	free(s->bytes);
	s->bytes = NULL;
}

/* -- values ------------------------------------------------------------------------------------ */

/* The plugin's name and content. False: it is no SummaryMetadata. */
static bool
metadata_read(const char *p, size_t n, struct pb_field *plugin, struct pb_field *content)
{
	enum { PLUGIN_DATA = 1, PLUGIN_NAME = 1, PLUGIN_CONTENT = 2 };
	struct pb m, inner;
	struct pb_field f, g;
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f)) {
		if (!pb_is(&f, PLUGIN_DATA, PB_BYTES))
			continue;
		pb_init(&inner, f.bytes, f.n, f.n);
		while (pb_next(&inner, &g)) {
			if (pb_is(&g, PLUGIN_NAME, PB_BYTES))
				*plugin = g;
			else if (pb_is(&g, PLUGIN_CONTENT, PB_BYTES))
				*content = g;
		}
		if (inner.state != PB_END)
			return false;
	}
	return m.state == PB_END;
}

static bool
tag_ends(const struct tf_value *v, const char *with)
{
	size_t n = strlen(with);
	return v->ntag >= n && !memcmp(v->tag + v->ntag - n, with, n);
}

/* What a tensor is, is told by its plugin, where the value names it: some writers do so in the
 * first value of a tag alone, and a reader that begins in the middle has not seen that one. So
 * without a name the shape decides, and for the buckets of a histogram their own order. */
static bool
value_of_tensor(struct tf_value *v, const struct pb_field *tensor, const struct pb_field *plugin)
{
	struct tf_tensor t;
	if (!tf_tensor_read(&t, tensor->bytes, tensor->n))
		return false;
	if (tf_tensor_number(&t, &v->number)) {
		v->kind = TF_NUMBER;
		v->dtype = t.dtype;
		v->p = tf_tensor_place(&t);
		v->n = tf_dtype_size(t.dtype);
	} else if (t.dtype == TF_STRING && t.string &&
		   (v->named ? text_is(plugin->bytes, plugin->n, "text")
			     : tag_ends(v, "/text_summary"))) {
		v->kind = TF_TEXT;
		v->p = t.string;
		v->n = t.nstring;
	} else if ((t.dtype == TF_DOUBLE || t.dtype == TF_FLOAT) && t.rank == 2 && t.dim[1] == 3 &&
		   (!v->named || text_is(plugin->bytes, plugin->n, "histograms"))) {
		v->kind = TF_BUCKETS;
		v->p = tensor->bytes;
		v->n = tensor->n;
	}
	return true;
}

bool
tf_value_read(struct tf_value *v, const char *p, size_t n)
{
	struct pb m;
	struct pb_field f, what = {0}, plugin = {0}, content = {0}, node = {0};
	*v = (struct tf_value){.tag = ""};
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f)) {
		switch (f.number) {
		case VALUE_TAG:
			if (f.type == PB_BYTES) {
				v->tag = f.bytes;
				v->ntag = f.n;
			}
			break;
		case VALUE_NODE_NAME:
			if (f.type == PB_BYTES)
				node = f;
			break;
		case VALUE_SIMPLE:
			if (f.type == PB_FIXED32)
				what = f;
			break;
		case VALUE_OLD_HISTOGRAM:
		case VALUE_IMAGE:
		case VALUE_HISTO:
		case VALUE_AUDIO:
		case VALUE_TENSOR:
			if (f.type == PB_BYTES)
				what = f;
			break;
		case VALUE_METADATA:
			if (f.type == PB_BYTES && !metadata_read(f.bytes, f.n, &plugin, &content))
				return false;
			break;
		default:
			break;
		}
	}
	if (m.state != PB_END)
		return false;
	if (!v->ntag && node.n) {
		v->tag = node.bytes;
		v->ntag = node.n;
	}
	v->named = plugin.n > 0;
	if (v->named && text_is(plugin.bytes, plugin.n, "hparams") && content.n) {
		v->kind = TF_HPARAMS;
		v->p = content.bytes;
		v->n = content.n;
	} else if (what.number == VALUE_SIMPLE) {
		v->kind = TF_NUMBER;
		v->number = (double)pb_float(what.value);
	} else if (what.number == VALUE_HISTO) {
		v->kind = TF_HISTOGRAM;
		v->p = what.bytes;
		v->n = what.n;
	} else if (what.number == VALUE_TENSOR) {
		return value_of_tensor(v, &what, &plugin);
	}
	return true;
}

/* -- long events ------------------------------------------------------------------------------- */

/* The value that is cut: everything that this program reads of a value is short, but for a
 * histogram. */
static bool
value_is_blob(const struct pb_field *value)
{
	struct pb m;
	struct pb_field f;
	pb_init(&m, value->bytes, value->have, value->n);
	while (pb_next(&m, &f))
		if (f.have < f.n)
			return f.number != VALUE_HISTO && f.number != VALUE_METADATA;
	return false;
}

static bool
summary_is_blob(const struct pb_field *summary)
{
	struct pb m;
	struct pb_field f;
	struct tf_value v;
	pb_init(&m, summary->bytes, summary->have, summary->n);
	while (pb_next(&m, &f)) {
		if (!pb_is(&f, SUMMARY_VALUE, PB_BYTES))
			continue;
		if (f.have < f.n)
			return m.missing == f.n - f.have && value_is_blob(&f);
		if (!tf_value_read(&v, f.bytes, f.n) || v.kind != TF_NOTHING)
			return false;
	}
	return false;
}

bool
tf_event_is_blob(const char *p, size_t have, size_t n)
{
	struct pb m;
	struct pb_field f;
	pb_init(&m, p, have, n);
	while (pb_next(&m, &f)) {
		if (f.have == f.n)
			continue;
		if (f.number == EVENT_SUMMARY)
			return summary_is_blob(&f);
		return f.number == EVENT_GRAPH || f.number == EVENT_META_GRAPH ||
		       f.number == EVENT_RUN_METADATA;
	}
	return false;
}
