/* Both are brought into one shape: buckets that touch each other, from the least value that was
 * counted to the greatest.
 *
 * A HistogramProto names the right ends of its buckets, the first of which begins at minus infinity
 * and the last of which may end at plus infinity; its least and greatest value stand beside them
 * and take the place of those ends. */
#include "core/tf_hist.h"

#include "core/tf_tensor.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>

static void
clear(struct tf_hist *h)
{
	h->count = h->min = h->max = h->mean = h->l2 = 0;
	h->nedge = h->nbucket = 0;
	h->buckets = (struct hist){0};
}

static void
add_edge(void *ctx, double v)
{
	struct tf_hist *h = ctx;
	if (h->nedge <= TF_MAX_BUCKETS)
		*vec_push(h->edge, h->nedge, h->edges) = v;
}

static void
add_bucket(void *ctx, double v)
{
	struct tf_hist *h = ctx;
	if (h->nbucket <= TF_MAX_BUCKETS)
		*vec_push(h->bucket, h->nbucket, h->room) = v;
}

/* Without the empty buckets at both ends. Buckets are in order, and hold no less than nothing. */
static bool
finish(struct tf_hist *h)
{
	size_t from = 0, to = h->nbucket;
	while (from < to && h->bucket[from] == 0)
		from++;
	while (to > from && h->bucket[to - 1] == 0)
		to--;
	for (size_t i = from; i < to; i++)
		if (!(h->bucket[i] >= 0) || !(h->edge[i] <= h->edge[i + 1]))
			return false;
	if (from < to)
		h->buckets = (struct hist){to - from, h->edge + from, h->bucket + from};
	return true;
}

/* -- HistogramProto ---------------------------------------------------------------------------- */

enum { HISTO_MIN = 1, HISTO_MAX, HISTO_NUM, HISTO_SUM, HISTO_SQUARES, HISTO_LIMIT, HISTO_BUCKET };

/* Both arrays may come packed or element by element. */
static bool
add_doubles(struct tf_hist *h, const struct pb_field *f, void (*add)(void *, double))
{
	struct pb array;
	uint64_t bits;
	if (f->type == PB_FIXED64)
		add(h, pb_double(f->value));
	if (f->type != PB_BYTES)
		return true;
	pb_init(&array, f->bytes, f->n, f->n);
	while (pb_next_packed(&array, PB_FIXED64, &bits))
		add(h, pb_double(bits));
	return array.state == PB_END;
}

static bool
read_proto(struct tf_hist *h, const char *p, size_t n)
{
	double number[HISTO_SQUARES + 1] = {0};
	struct pb m;
	struct pb_field f;
	add_edge(h, -INFINITY);
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f)) {
		if (f.number <= HISTO_SQUARES && f.type == PB_FIXED64)
			number[f.number] = pb_double(f.value);
		else if (f.number == HISTO_LIMIT && !add_doubles(h, &f, add_edge))
			return false;
		else if (f.number == HISTO_BUCKET && !add_doubles(h, &f, add_bucket))
			return false;
	}
	if (m.state != PB_END || h->nedge != h->nbucket + 1 || h->nbucket > TF_MAX_BUCKETS)
		return false;
	h->count = number[HISTO_NUM];
	h->min = number[HISTO_MIN];
	h->max = number[HISTO_MAX];
	h->mean = number[HISTO_SUM] / h->count;
	h->l2 = sqrt(number[HISTO_SQUARES]);
	if (!finish(h))
		return false;
	struct hist *b = &h->buckets;
	if (b->n) {
		double *edge = h->edge + (b->edge - h->edge);
		if (h->min > edge[0] && h->min <= edge[1])
			edge[0] = h->min;
		if (h->max < edge[b->n] && h->max >= edge[b->n - 1])
			edge[b->n] = h->max;
	}
	return true;
}

/* -- a tensor ---------------------------------------------------------------------------------- */

struct rows {
	struct tf_hist *h;
	size_t n;
	double right; /* of the row before */
	bool apart;   /* two buckets don't touch: these are no histogram's */
};

static void
add_cell(void *ctx, double v)
{
	struct rows *r = ctx;
	size_t row = r->n / 3;
	switch (r->n++ % 3) {
	case 0:
		if (!row)
			add_edge(r->h, v);
		r->apart |= row && v != r->right;
		break;
	case 1:
		r->right = v;
		add_edge(r->h, v);
		break;
	default:
		add_bucket(r->h, v);
		break;
	}
}

static bool
read_rows(struct tf_hist *h, const char *p, size_t n)
{
	struct tf_tensor t;
	struct rows rows = {.h = h};
	if (!tf_tensor_read(&t, p, n) || t.elements / 3 > TF_MAX_BUCKETS ||
	    !tf_tensor_each(&t, add_cell, &rows))
		return false;
	if (rows.apart || rows.n != t.elements || !finish(h))
		return false;
	const struct hist *b = &h->buckets;
	double sum = 0, squares = 0;
	for (size_t i = 0; i < b->n; i++) {
		double middle = b->edge[i] + (b->edge[i + 1] - b->edge[i]) / 2;
		h->count += b->count[i];
		sum += b->count[i] * middle;
		squares += b->count[i] * middle * middle;
	}
	if (b->n) {
		h->min = b->edge[0];
		h->max = b->edge[b->n];
		h->mean = sum / h->count;
		h->l2 = sqrt(squares);
	}
	return true;
}

bool
tf_hist_read(struct tf_hist *h, const struct tf_value *v)
{
	clear(h);
	return v->kind == TF_HISTOGRAM ? read_proto(h, v->p, v->n) : read_rows(h, v->p, v->n);
}

void
tf_hist_release(struct tf_hist *h)
{
	free(h->edge);
	free(h->bucket);
	*h = (struct tf_hist){0};
}
