/* Histograms are logged seldom and read for one metric at a time, so each is a record of its own
 * and those of a metric lie together. They are written in the commit of their row and deleted in
 * the commit that supersedes it. */
#include "store/hists.h"

#include "core/xalloc.h"
#include "store/field.h"
#include "store/snap.h"

#include <stdlib.h>

enum { VERSION = 1 };

static struct key
key_hist(uint32_t log, uint32_t column, uint64_t row)
{
	struct key k = key_pair(KEY_HIST, log, column);

	for (int shift = 56; shift >= 0; shift -= 8)
		k.b[k.n++] = (unsigned char)(row >> shift);
	return k;
}

/* ---- writing --------------------------------------------------------------------------------- */

size_t
hists_add(struct hists *h, uint64_t row, uint32_t column, uint32_t attempt, int64_t step,
	  int64_t wall, const struct hist *hist)
{
	struct hist_put *p = vec_push(h->put, h->n, h->cap);

	*p = (struct hist_put){.row = row, .column = column, .bytes = STR_INIT};
	put_u8(&p->bytes, VERSION);
	put_u32(&p->bytes, attempt);
	put_u64(&p->bytes, (uint64_t)step);
	put_u64(&p->bytes, (uint64_t)wall);
	put_u32(&p->bytes, (uint32_t)hist->n);
	for (size_t i = 0; hist->n && i <= hist->n; i++)
		put_f64(&p->bytes, hist->edge[i]);
	for (size_t i = 0; i < hist->n; i++)
		put_f64(&p->bytes, hist->count[i]);
	return sizeof *p + p->bytes.len;
}

void
hists_cut(struct hists *h, uint64_t row)
{
	while (h->n && h->put[h->n - 1].row >= row)
		str_release(&h->put[--h->n].bytes);
	h->cut_row = h->cut && h->cut_row < row ? h->cut_row : row;
	h->cut = true;
}

void
hists_write(struct txn *t, uint32_t log, uint32_t columns, const struct hists *h)
{
	for (uint32_t c = 0; h->cut && c < columns; c++) {
		struct key prefix = key_pair(KEY_HIST, log, c), k = key_hist(log, c, h->cut_row);
		struct iter it;
		iter_init(&it, t, &prefix);
		for (int rc = iter_seek(&it, &k); rc > 0;)
			rc = iter_del(&it);
		iter_release(&it);
	}
	for (size_t i = 0; i < h->n; i++) {
		const struct hist_put *p = &h->put[i];
		struct key k = key_hist(log, p->column, p->row);
		db_put(t, &k, p->bytes.buf, p->bytes.len);
	}
}

void
hists_clear(struct hists *h)
{
	while (h->n)
		str_release(&h->put[--h->n].bytes);
	h->cut = false;
}

void
hists_release(struct hists *h)
{
	hists_clear(h);
	free(h->put);
}

/* ---- reading --------------------------------------------------------------------------------- */

bool
hist_unpack(const struct bytes *b, struct hist_info *info, double **buf, struct hist *out)
{
	struct take u;

	take_init(&u, b->p, b->n);
	if (take_u8(&u) != VERSION)
		return false;
	info->attempt = take_u32(&u);
	info->step = (int64_t)take_u64(&u);
	info->wall_us = (int64_t)take_u64(&u);
	size_t n = take_u32(&u), doubles = n ? 2 * n + 1 : 0;
	if (u.bad || (size_t)(u.end - u.p) != doubles * sizeof(double))
		return false;
	*buf = xreallocarray(*buf, doubles + 1, sizeof **buf);
	for (size_t i = 0; i < doubles; i++)
		(*buf)[i] = take_f64(&u);
	*out = (struct hist){.n = n, .edge = *buf, .count = *buf + n + 1};
	return true;
}

int
snap_hists(struct snap *sn, uint32_t series, uint32_t attempt,
	   int (*fn)(void *ctx, const struct hist_info *info, const struct hist *h), void *ctx)
{
	struct series_rec r;
	struct iter it;
	double *buf = NULL;
	int rc = 0;

	if (!snap_series_rec(sn, series, &r))
		return snap_failed(sn, NULL);
	struct key prefix = key_pair(KEY_HIST, r.log, r.column);
	iter_init(&it, sn->t, &prefix);
	while (!rc && iter_next(&it) > 0) {
		struct hist_info info;
		struct hist h;
		if (hist_unpack(&it.val, &info, &buf, &h) && (!attempt || info.attempt == attempt))
			rc = fn(ctx, &info, &h);
	}
	iter_release(&it);
	free(buf);
	int code = snap_failed(sn, NULL);
	return code ? code : rc;
}
