/* A log is handed on as it was: attempt after attempt, each in all logs of its run before the next
 * begins, so that they stay the same attempts. Of a log that is still there the newest attempt is
 * left out: it is read again, from byte 0, and compared with what is kept. So is a log that is
 * gone, should it come back, unless all of it was there to be handed on. */
#include "store/salvage.h"

#include "core/xalloc.h"
#include "store/axis.h"
#include "store/chain.h"
#include "store/field.h"
#include "store/hists.h"
#include "store/record.h"
#include "store/sealed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PENDING_MOST = 8 << 20 };

struct piece {
	struct series_rec rec; /* its texts live as long as the transaction */
	bool known, opened, hists;
	uint32_t id;   /* in the sink, once opened */
	uint32_t next; /* chunks before it hold no row to come */
};

struct old {
	struct log_rec rec; /* likewise */
	const char *run;
	bool gone, fed, incomplete;
	bool anew;   /* the next row begins another attempt */
	uint32_t id; /* in the sink, once fed */
	struct piece *column;
};

struct work {
	struct txn *t;
	struct sink *sink;
	struct salvaged *sum;
	struct reader reader;
	struct axis_rows axis;
	struct rows rows;
	uint32_t *ids;
	double *values;
	const struct piece **of; /* of which column each value is */
	size_t cap;
	int code;
	struct err *e;
};

/* ---- rows ------------------------------------------------------------------------------------ */

static bool
path_is_gone(const char *path)
{
	return access(path, F_OK) && (errno == ENOENT || errno == ENOTDIR);
}

static void
load_columns(struct work *w, struct old *o)
{
	o->column = xcalloc(o->rec.columns + 1, sizeof *o->column);
	for (uint32_t i = 0; i < o->rec.columns; i++) {
		struct key k = key_pair(KEY_SERIES, o->rec.id, i);
		struct piece *c = &o->column[i];
		struct bytes v;
		c->known = db_get(w->t, &k, &v) > 0 && series_rec_unpack(&c->rec, &v);
		c->hists = c->known && strstr(c->rec.name, "@hist.") != NULL;
		txn_forgive(w->t);
	}
}

/* Cells of column I in rows [FROM, TO) of the log, into W->rows; FROM never goes back but to the
 * same rows. A chunk that is missing or damaged is passed over. */
static void
take_cells(struct work *w, struct piece *c, uint32_t i, uint64_t from, uint64_t to)
{
	for (uint32_t k = c->next; c->known && k < c->rec.chunks; k++) {
		struct leaf l;
		if (leaf_load(&w->reader, c->rec.id, k, WANT_ROW, &l)) {
			txn_forgive(w->t);
			continue;
		}
		if ((uint64_t)l.row[l.n - 1] < from)
			c->next = k + 1;
		if ((uint64_t)l.row[0] >= to)
			return;
		for (uint32_t at = 0; at < l.n; at++) {
			uint64_t row = (uint64_t)l.row[at];
			if (row >= from && row < to)
				rows_add_cell(&w->rows, i, (uint32_t)(row - from), l.value[at]);
		}
	}
}

static void
room_for(struct work *w, size_t n)
{
	if (n <= w->cap)
		return;
	w->ids = xreallocarray(w->ids, n, sizeof *w->ids);
	w->values = xreallocarray(w->values, n, sizeof *w->values);
	w->of = xreallocarray(w->of, n, sizeof *w->of);
	w->cap = n;
}

static void
open_column(struct work *w, const struct old *o, struct piece *c)
{
	const struct sink_ops *ops = w->sink->ops;
	struct key k = key_pair(KEY_GOAL, o->rec.id, c->rec.column);
	struct bytes v;

	c->id = ops->column(w->sink, o->id, c->rec.name, strlen(c->rec.name));
	c->opened = true;
	if (o->rec.goals && db_get(w->t, &k, &v) > 0 && v.n == 1 &&
	    *(const uint8_t *)v.p <= GOAL_MAX)
		ops->goal(w->sink, o->id, c->id, (enum goal) * (const uint8_t *)v.p);
	txn_forgive(w->t);
}

static void
hand_hist(struct work *w, const struct old *o, const struct piece *c, uint64_t row)
{
	struct key k = key_pair(KEY_HIST, o->rec.id, c->rec.column);
	struct hist_info info;
	struct hist h;
	struct bytes v;
	double *buf = NULL;

	for (int shift = 56; shift >= 0; shift -= 8)
		k.b[k.n++] = (unsigned char)(row >> shift);
	if (db_get(w->t, &k, &v) > 0 && hist_unpack(&v, &info, &buf, &h))
		w->sink->ops->hist(w->sink, o->id, c->id, &h);
	txn_forgive(w->t);
	free(buf);
}

/* Row AT of W->rows. */
static void
hand_row(struct work *w, struct old *o, uint32_t at)
{
	const struct rows *rows = &w->rows;
	uint32_t word = rows->word[at];
	struct row r = {.unit = word_unit(word),
			.step = rows->step[at],
			.wall_us = rows->wall[at],
			.arrival_us = rows->wall[at]};

	room_for(w, rows->ntouched + 1);
	r.column = w->ids;
	r.value = w->values;
	for (size_t i = 0; i < rows->ntouched; i++) {
		struct piece *c = &o->column[rows->touched[i]];
		const double *v = rows_cell(rows, rows->touched[i], at);
		if (!v || !c->known)
			continue;
		if (!c->opened)
			open_column(w, o, c);
		w->ids[r.n] = c->id;
		w->of[r.n] = c;
		w->values[r.n++] = *v;
	}
	uint32_t cells = word_ncell(word), lost = cells > r.n ? cells - r.n : 0;
	o->incomplete |= lost > 0;
	w->sum->lost += lost;
	w->sum->points += r.n;
	w->sink->ops->row(w->sink, o->id, &r);
	for (unsigned i = 0; i < r.n; i++)
		if (w->of[i]->hists)
			hand_hist(w, o, w->of[i], rows->first + at);
}

/* Only when there is a row of it: a log of which nothing is left is none. */
static void
begin_attempt(struct work *w, struct old *o)
{
	const struct sink_ops *ops = w->sink->ops;
	struct log_desc d = {.path = o->rec.path,
			     .run = o->run,
			     .prefix = o->rec.prefix ? o->rec.prefix : "",
			     .format = o->rec.format,
			     .rank = o->rec.rank,
			     .reason = o->rec.reason};

	if (o->fed) { /* emptied: what follows is an attempt of its own */
		ops->replay(w->sink, o->id);
		ops->replay_end(w->sink, o->id, true);
	} else {
		o->id = ops->log_open(w->sink, &d);
		o->fed = true;
		w->sum->logs++;
	}
	o->anew = false;
}

static void
hand_rows(struct work *w, struct old *o, const struct log_attempt *a)
{
	const struct sink_ops *ops = w->sink->ops;

	for (uint32_t i = 0; i < w->rows.n && !w->code; i++) {
		uint64_t row = w->rows.first + i;
		if (row < a->first_row || row - a->first_row >= a->rows)
			continue;
		if (o->anew)
			begin_attempt(w, o);
		hand_row(w, o, i);
		if (ops->pending(w->sink) > PENDING_MOST)
			w->code = ops->commit(w->sink, NULL, w->e);
	}
}

/* Returns how many of the attempt's rows were there. */
static uint64_t
hand_sealed(struct work *w, struct old *o, const struct log_attempt *a)
{
	struct key prefix = key_id(KEY_AXIS, o->rec.id);
	uint64_t end = a->first_row + a->rows, found = 0;
	struct iter it;

	iter_init(&it, w->t, &prefix);
	while (!w->code && iter_next(&it) > 0) {
		struct axis_chunk c;
		if (!axis_open(&c, it.val.p, it.val.n) || c.first_row + c.n <= a->first_row ||
		    c.first_row >= end || c.first_row + c.n > o->rec.sealed)
			continue;
		axis_rows_room(&w->axis, c.n);
		if (!axis_read(&c, w->axis.step, w->axis.wall, w->axis.word))
			continue;
		rows_reset(&w->rows, c.first_row);
		for (uint32_t i = 0; i < c.n; i++)
			rows_add_axis(&w->rows, w->axis.step[i], w->axis.wall[i],
				      (uint32_t)w->axis.word[i]);
		for (uint32_t i = 0; i < o->rec.columns; i++)
			take_cells(w, &o->column[i], i, c.first_row, c.first_row + c.n);
		hand_rows(w, o, a);
		uint64_t from = c.first_row > a->first_row ? c.first_row : a->first_row;
		found += (c.first_row + c.n < end ? c.first_row + c.n : end) - from;
	}
	iter_release(&it);
	return found;
}

static uint64_t
hand_tail(struct work *w, struct old *o, const struct log_attempt *a)
{
	const struct log_rec *r = &o->rec;
	struct log_attempt last = log_rec_attempt(r, r->nattempts - 1);
	uint64_t end = a->first_row + a->rows, found = 0;
	struct chain ch = {0};

	if (end > r->sealed &&
	    !chain_open(&ch, w->t, r->id, r->tail, r->sealed, last.first_row + last.rows)) {
		rows_reset(&w->rows, r->sealed);
		chain_rows(&ch, r->sealed, last.first_row + last.rows, &w->rows);
		hand_rows(w, o, a);
		found = end - (a->first_row > r->sealed ? a->first_row : r->sealed);
	}
	txn_forgive(w->t);
	chain_release(&ch);
	return found;
}

/* ---- logs ------------------------------------------------------------------------------------ */

/* The newest attempt of a log that is there, and was not emptied, is in the log. */
static bool
is_salvaged(const struct old *o, uint32_t i)
{
	return o->gone || o->rec.anew || i + 1 < o->rec.nattempts;
}

static void
hand_attempt(struct work *w, struct old *o, uint32_t attempt)
{
	for (uint32_t i = 0; i < o->rec.nattempts; i++) {
		struct log_attempt a = log_rec_attempt(&o->rec, i);
		if (a.attempt != attempt || !a.rows || !is_salvaged(o, i))
			continue;
		if (!o->column)
			load_columns(w, o);
		o->anew = true;
		reader_begin(&w->reader, w->t, o->rec.id);
		uint64_t found = hand_sealed(w, o, &a);
		found += hand_tail(w, o, &a);
		o->incomplete |= found < a.rows;
	}
}

/* A cursor that no file's content can be at: it is read from byte 0, and compared. */
static struct cursor
nowhere(void)
{
	return (struct cursor){.offset = 1,
			       .size = 1,
			       .fp = {.head_len = 1, .head_crc = UINT32_C(0x5eed0bad)}};
}

static void
hand_remarks(struct work *w, struct old *o)
{
	struct key prefix = key_id(KEY_REMARK, o->rec.id);
	struct remark_info r;
	struct iter it;

	iter_init(&it, w->t, &prefix);
	while (iter_next(&it) > 0)
		if (remark_unpack(&r, &it.val))
			w->sink->ops->remark(w->sink, o->id, r.kind, r.offset, r.line, r.text);
	iter_release(&it);
}

static void
end_log(struct work *w, struct old *o)
{
	const struct sink_ops *ops = w->sink->ops;
	struct cursor cur = o->rec.cur;
	struct bytes state = {0};

	bool whole = o->gone && !o->incomplete && log_rec_state(&o->rec, w->t, &state) >= 0;
	txn_forgive(w->t);
	cur.state = state.p;
	cur.nstate = state.n;
	if (!whole)
		cur = nowhere();
	if (o->gone) {
		hand_remarks(w, o);
		if (o->rec.said.what)
			ops->said(w->sink, o->id, &o->rec.said);
		if (o->rec.title)
			ops->title(w->sink, o->id, o->rec.title);
		ops->writing(w->sink, o->id, &o->rec.writing);
		ops->gone(w->sink, o->id, true);
	}
	ops->mark(w->sink, o->id, &cur);
	ops->judged(w->sink, o->id); /* once, long ago */
}

/* ---- runs ------------------------------------------------------------------------------------ */

struct param_ctx {
	struct sink *sink;
	uint32_t log;
};

static int
on_param(void *ctx, const char *key, const char *value)
{
	struct param_ctx *p = ctx;

	p->sink->ops->param(p->sink, p->log, key, value);
	return 0;
}

/* Of the run, once one of its logs is there. */
static void
end_run(struct work *w, const struct old *o)
{
	struct key k = key_id(KEY_PARAMS, o->rec.run), run = key_text(KEY_RUN, o->run);
	struct param_ctx p = {w->sink, o->id};
	struct run_info info;
	struct bytes v;

	if (db_get(w->t, &k, &v) > 0)
		params_each(&v, on_param, &p);
	if (db_get(w->t, &run, &v) > 0 && run_rec_info(&info, &v) && info.last_arrival_us)
		w->sink->ops->arrival(w->sink, o->id, info.last_arrival_us);
	txn_forgive(w->t);
}

/* The N logs of a run. */
static void
hand_run(struct work *w, struct old *o, size_t n)
{
	uint32_t most = 0;
	const struct old *any = NULL;

	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < o[i].rec.nattempts; k++) {
			uint32_t a = log_rec_attempt(&o[i].rec, k).attempt;
			most = a > most ? a : most;
		}
	for (uint32_t a = 1; a <= most; a++)
		for (size_t i = 0; i < n && !w->code; i++)
			hand_attempt(w, &o[i], a);
	for (size_t i = 0; i < n; i++)
		if (o[i].fed) {
			end_log(w, &o[i]);
			any = &o[i];
		}
	if (any)
		end_run(w, any);
	if (any && !w->code)
		w->code = w->sink->ops->commit(w->sink, NULL, w->e);
	for (size_t i = 0; i < n; i++)
		free(o[i].column);
}

/* By its number, or by looking at all of them. */
static const char *
run_path(struct txn *t, uint32_t id)
{
	struct key k = key_id(KEY_RUN_ID, id), all = key_type(KEY_RUN);
	const char *path = NULL;
	struct run_info info;
	struct bytes v;
	struct iter it;

	if (db_get(t, &k, &v) > 0 && v.n && !((const char *)v.p)[v.n - 1])
		return v.p;
	iter_init(&it, t, &all);
	while (!path && iter_next(&it) > 0)
		if (run_rec_info(&info, &it.val) && info.id == id)
			path = info.path;
	iter_release(&it);
	txn_forgive(t);
	return path;
}

static int
by_run(const void *a, const void *b)
{
	const struct old *x = a, *y = b;

	if (x->rec.run != y->rec.run)
		return x->rec.run < y->rec.run ? -1 : 1;
	return (x->rec.id > y->rec.id) - (x->rec.id < y->rec.id);
}

int
salvage_runs(struct txn *t, struct sink *sink, struct salvaged *sum, struct err *e)
{
	struct work w = {.t = t, .sink = sink, .sum = sum, .e = e};
	struct key prefix = key_type(KEY_LOG);
	struct old *old = NULL;
	size_t n = 0, cap = 0;
	struct iter it;

	iter_init(&it, t, &prefix);
	while (iter_next(&it) > 0) {
		struct old o = {0};
		if (log_rec_unpack(&o.rec, &it.val) && o.rec.path && o.rec.nattempts) {
			o.gone = path_is_gone(o.rec.path);
			*vec_push(old, n, cap) = o;
		}
	}
	iter_release(&it);
	if (n)
		qsort(old, n, sizeof *old, by_run);
	for (size_t i = 0, k; i < n && !w.code; i = k) {
		const char *run = run_path(t, old[i].rec.run);
		for (k = i; k < n && old[k].rec.run == old[i].rec.run; k++)
			old[k].run = run;
		if (run)
			hand_run(&w, old + i, k - i);
	}
	free(old);
	reader_release(&w.reader);
	axis_rows_release(&w.axis);
	rows_release(&w.rows);
	free(w.ids);
	free(w.values);
	free(w.of);
	return w.code;
}
