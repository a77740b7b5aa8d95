/* The sink of the tests: plain vectors, no cleverness, so that it can be believed.
 *
 * Strings and rows live in an arena until the recorder is freed and are never changed once made. So
 * the whole state is a few vectors of pointers; a commit keeps a copy of them, and a failed commit
 * or a crash goes back to that copy. */
#include "tests/unit/recorder_own.h"

#include "core/raised.h"
#include "core/rule.h"
#include "core/str.h"
#include "core/xalloc.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- memory ------------------------------------------------------------------------------------ */

static void *
vec_add(struct vec *v, const void *item, size_t size)
{
	xgrow(&v->at, &v->cap, v->n + 1, size);
	void *slot = (char *)v->at + v->n++ * size;
	memcpy(slot, item, size);
	return slot;
}

static struct vec
vec_copy(const struct vec *v, size_t size)
{
	struct vec c = {NULL, v->n, v->n};
	if (v->n)
		c.at = xmemdup(v->at, v->n * size);
	return c;
}

void *
recorder_keep(struct recorder *r, void *p)
{
	vec_add(&r->arena, &p, sizeof p);
	return p;
}

static const char *
keep_text(struct recorder *r, const char *z)
{
	return recorder_keep(r, xstrdup(z ? z : ""));
}

static void
log_free(struct log *l)
{
	for (size_t i = 0; i < l->attempts.n; i++)
		free(((struct attempt *)l->attempts.at)[i].rows.at);
	free(l->attempts.at);
	free(l->columns.at);
	free(l->remarks.at);
	free(l->buckets.at);
	free(l);
}

static void
state_release(struct state *st)
{
	for (size_t i = 0; i < st->logs.n; i++)
		log_free(((struct log **)st->logs.at)[i]);
	free(st->logs.at);
	free(st->runs.at);
	free(st->params.at);
	free(st->skipped.at);
	free(st->checkpoints.at);
	free(st->alerts.at);
	free(st->outbox.at);
	free(st->roots.at);
	*st = (struct state){0};
}

static struct state
state_copy(const struct state *st)
{
	struct state c = *st;
	c.logs = vec_copy(&st->logs, sizeof(struct log *));
	for (size_t i = 0; i < c.logs.n; i++) {
		struct log **slot = (struct log **)c.logs.at + i;
		struct log *l = xmemdup(*slot, sizeof *l);
		l->columns = vec_copy(&l->columns, sizeof(char *));
		l->remarks = vec_copy(&l->remarks, sizeof(struct remark));
		l->buckets = vec_copy(&l->buckets, sizeof(struct buckets));
		l->attempts = vec_copy(&l->attempts, sizeof(struct attempt));
		for (size_t k = 0; k < l->attempts.n; k++) {
			struct attempt *a = (struct attempt *)l->attempts.at + k;
			a->rows = vec_copy(&a->rows, sizeof(struct kept_row *));
		}
		*slot = l;
	}
	c.runs = vec_copy(&st->runs, sizeof(struct run));
	c.params = vec_copy(&st->params, sizeof(struct param));
	c.skipped = vec_copy(&st->skipped, sizeof(struct skip));
	c.checkpoints = vec_copy(&st->checkpoints, sizeof(struct known_checkpoint));
	c.alerts = vec_copy(&st->alerts, sizeof(struct alert));
	c.outbox = vec_copy(&st->outbox, sizeof(struct told));
	c.roots = vec_copy(&st->roots, sizeof(char *));
	return c;
}

/* -- finding ----------------------------------------------------------------------------------- */

static struct log *
log_at(struct sink *s, uint32_t id)
{
	struct recorder *r = recorder_of(s);
	assert(id < r->now.logs.n);
	return ((struct log **)r->now.logs.at)[id];
}

struct log *
recorder_find_log(struct sink *s, const char *path)
{
	struct state *st = &recorder_of(s)->now;
	for (size_t i = 0; i < st->logs.n; i++) {
		struct log *l = ((struct log **)st->logs.at)[i];
		if (!strcmp(l->path, path))
			return l;
	}
	return NULL;
}

struct run *
recorder_find_run(struct recorder *r, const char *path)
{
	for (size_t i = 0; i < r->now.runs.n; i++) {
		struct run *run = (struct run *)r->now.runs.at + i;
		if (!strcmp(run->path, path))
			return run;
	}
	return NULL;
}

static struct run *
run_made(struct recorder *r, const char *path)
{
	struct run *run = recorder_find_run(r, path);
	if (run)
		return run;
	struct run made = {.path = keep_text(r, path), .said = "", .title = "", .attempt = 1};
	return vec_add(&r->now.runs, &made, sizeof made);
}

static struct attempt *
log_begin_attempt(struct log *l, uint32_t number)
{
	struct attempt a = {.number = number};
	return vec_add(&l->attempts, &a, sizeof a);
}

static int
log_compare(const void *a, const void *b)
{
	return strcmp((*(struct log *const *)a)->path, (*(struct log *const *)b)->path);
}

struct log **
recorder_sorted(struct recorder *r)
{
	struct log **l = xreallocarray(NULL, r->now.logs.n, sizeof *l);
	if (r->now.logs.n)
		memcpy(l, r->now.logs.at, r->now.logs.n * sizeof *l);
	qsort(l, r->now.logs.n, sizeof *l, log_compare);
	return l;
}

static void
log_describe(struct recorder *r, struct log *l, struct log_info *out)
{
	uint32_t id = 0;
	while (((struct log **)r->now.logs.at)[id] != l)
		id++;
	struct attempt *a = log_newest(l);
	*out = (struct log_info){
		.id = id,
		.path = l->path,
		.run = l->run,
		.format = l->format,
		.reason = l->reason,
		.cur = l->cur,
		.attempt = a->number,
		.rows = a->rows.n,
		.points = l->points,
		.remarks = l->nremarks,
		.columns = (uint32_t)l->columns.n,
		.gone = l->gone,
		.writing = l->writing,
		.unjudged = l->judged < a->rows.n ? a->rows.n - l->judged : 0,
		.judged = l->judged > 0,
	};
}

/* -- the sink: what is kept -------------------------------------------------------------------- */

static bool
op_log_find(struct sink *s, const char *path, struct log_info *out)
{
	struct log *l = recorder_find_log(s, path);
	if (l && out)
		log_describe(recorder_of(s), l, out);
	return l;
}

static int
op_log_each(struct sink *s, int (*fn)(void *ctx, const struct log_info *li), void *ctx)
{
	struct recorder *r = recorder_of(s);
	struct log **sorted = recorder_sorted(r);
	int rc = 0;
	for (size_t i = 0; i < r->now.logs.n && !rc; i++) {
		struct log_info li;
		log_describe(r, sorted[i], &li);
		rc = fn(ctx, &li);
	}
	free(sorted);
	return rc;
}

static int
op_alert_each(struct sink *s, int (*fn)(void *ctx, const struct alert *a), void *ctx)
{
	struct recorder *r = recorder_of(s);
	int rc = 0;
	for (size_t i = 0; i < r->now.alerts.n && !rc; i++)
		rc = fn(ctx, (struct alert *)r->now.alerts.at + i);
	return rc;
}

static int
op_point_each(struct sink *s, uint32_t log, uint32_t column, uint32_t attempt,
	      int (*fn)(void *ctx, const struct point *p), void *ctx)
{
	struct recorder *r = recorder_of(s);
	struct log *l = log < r->kept.logs.n ? ((struct log **)r->kept.logs.at)[log] : NULL;
	int rc = 0;
	for (size_t a = 0; l && a < l->attempts.n; a++) {
		struct attempt *at = (struct attempt *)l->attempts.at + a;
		for (size_t i = 0; at->number == attempt && i < at->rows.n && !rc; i++) {
			struct kept_row *row = ((struct kept_row **)at->rows.at)[i];
			for (unsigned k = 0; k < row->n && !rc; k++) {
				struct point p = {
					.log = log,
					.row = i,
					.step = row->step,
					.wall_us = row->wall_us ? row->wall_us : row->arrival_us,
					.value = row->cell[k].value,
					.attempt = attempt,
				};
				if (row->cell[k].column == column)
					rc = fn(ctx, &p);
			}
		}
	}
	return rc;
}

/* A row of the attempt that K is of. */
static void
row_take(struct run_kept *k, const struct kept_row *row, const struct log *l)
{
	int64_t wall = row->wall_us ? row->wall_us : row->arrival_us;
	if (row->unit < k->unit || !k->ev.points)
		k->ev.step_from_zero = row->step == 0;
	if (row->unit < k->unit)
		k->pace = (struct pace){0};
	if (row->unit <= k->unit) {
		k->unit = row->unit;
		k->ev.last_step = row->step;
		pace_step(&k->pace, row->step, wall);
	}
	if (!k->ev.first_us)
		k->ev.first_us = wall;
	k->ev.last_us = wall;
	if (row->arrival_us > k->ev.last_arrival_us)
		k->ev.last_arrival_us = row->arrival_us;
	k->ev.points += row->n;
	for (unsigned i = 0; i < row->n; i++) {
		const char *name = ((const char **)l->columns.at)[row->cell[i].column];
		if (strcmp(name, "loss") != 0)
			continue;
		k->loss = name;
		k->ev.loss_bad = !isfinite(row->cell[i].value);
	}
}

/* Totals come with the parameters; a run's loss is the column of that name. */
static bool
op_run_find(struct sink *s, const char *path, struct run_kept *out)
{
	struct recorder *r = recorder_of(s);
	struct run *run = recorder_find_run(r, path);
	if (!run)
		return false;
	*out = (struct run_kept){.attempt = run->attempt, .unit = STEP_NONE, .loss = ""};
	out->ev.said = *run->said ? run->said : NULL;
	for (size_t i = 0; i < r->now.logs.n; i++) {
		struct log *l = ((struct log **)r->now.logs.at)[i];
		const struct attempt *a = log_newest(l);
		if (strcmp(l->run, path) != 0 || a->number != run->attempt)
			continue;
		writing_merge(&out->ev.writing, &l->writing);
		for (size_t n = 0; n < a->rows.n; n++)
			row_take(out, ((struct kept_row **)a->rows.at)[n], l);
	}
	if (run->arrival_us)
		pace_arrival(&out->pace, run->arrival_us);
	return true;
}

static const char *
op_column_name(struct sink *s, uint32_t log, uint32_t column)
{
	struct log *l = log_at(s, log);
	return column < l->columns.n ? ((const char **)l->columns.at)[column] : NULL;
}

/* -- the sink: records ------------------------------------------------------------------------- */

static void
log_take_desc(struct recorder *r, struct log *l, const struct log_desc *d)
{
	l->run = run_made(r, d->run)->path;
	l->prefix = keep_text(r, d->prefix);
	l->format = keep_text(r, d->format);
	l->reason = keep_text(r, d->reason);
	l->rank = d->rank;
}

static uint32_t
op_log_open(struct sink *s, const struct log_desc *d)
{
	struct recorder *r = recorder_of(s);
	struct log *l = recorder_find_log(s, d->path);
	if (!l) {
		l = xcalloc(1, sizeof *l);
		l->path = keep_text(r, d->path);
		log_begin_attempt(l, run_made(r, d->run)->attempt);
		vec_add(&r->now.logs, &l, sizeof l);
	}
	log_take_desc(r, l, d);
	struct log_info li;
	log_describe(r, l, &li);
	return li.id;
}

static void
op_replay(struct sink *s, uint32_t log)
{
	struct log *l = log_at(s, log);
	l->comparing = log_newest(l)->rows.n > 0;
	l->compared = 0;
}

static void
log_cut(struct recorder *r, struct log *l, size_t n)
{
	struct attempt *a = log_newest(l);
	for (size_t i = n; i < a->rows.n; i++)
		l->points -= ((struct kept_row **)a->rows.at)[i]->n;
	r->now.superseded += a->rows.n - n;
	a->rows.n = n;
	struct buckets *b = l->buckets.at;
	size_t kept = 0;
	for (size_t i = 0; i < l->buckets.n; i++)
		if (b[i].attempt != a->number || b[i].row < n)
			b[kept++] = b[i];
	l->buckets.n = kept;
}

static void
op_replay_end(struct sink *s, uint32_t log, bool cut)
{
	struct log *l = log_at(s, log);
	if (l->comparing && cut)
		log_cut(recorder_of(s), l, l->compared);
	l->comparing = false;
}

static uint32_t
op_column(struct sink *s, uint32_t log, const char *name, size_t len)
{
	struct recorder *r = recorder_of(s);
	struct log *l = log_at(s, log);
	const char **names = l->columns.at;
	for (size_t i = 0; i < l->columns.n; i++)
		if (strlen(names[i]) == len && !memcmp(names[i], name, len))
			return (uint32_t)i;
	assert(!memchr(name, 0, len));
	const char *copy = recorder_keep(r, xstrndup(name, len));
	vec_add(&l->columns, &copy, sizeof copy);
	r->pending += len;
	return (uint32_t)l->columns.n - 1;
}

static bool
same_number(double a, double b)
{
	return a == b ? signbit(a) == signbit(b) : isnan(a) && isnan(b);
}

/* Cells may come in another order. */
static bool
row_equal(const struct kept_row *k, const struct row *r)
{
	int64_t wall = k->wall_us ? k->wall_us : k->arrival_us;
	if (k->unit != r->unit || k->n != r->n || (k->unit != STEP_NONE && k->step != r->step) ||
	    (r->wall_us && wall != r->wall_us))
		return false;
	for (unsigned i = 0; i < r->n; i++) {
		unsigned j = 0;
		while (j < k->n && k->cell[j].column != r->column[i])
			j++;
		if (j == k->n || !same_number(k->cell[j].value, r->value[i]))
			return false;
	}
	return true;
}

static void
row_check(const struct log *l, const struct row *row)
{
	for (unsigned i = 0; i < row->n; i++) {
		assert(row->column[i] < l->columns.n);
		for (unsigned j = 0; j < i; j++)
			assert(row->column[i] != row->column[j]);
	}
}

static enum row_fate
op_row(struct sink *s, uint32_t log, const struct row *row)
{
	struct recorder *r = recorder_of(s);
	struct log *l = log_at(s, log);
	struct attempt *a = log_newest(l);
	row_check(l, row);
	if (l->comparing && l->compared < a->rows.n) {
		if (row_equal(((struct kept_row **)a->rows.at)[l->compared], row)) {
			l->compared++;
			l->stored = false;
			return ROW_KNOWN;
		}
		bool document = ((struct kept_row **)a->rows.at)[0]->unit == STEP_NONE;
		if (l->compared == 0 && !document) {
			/* The first log of a run to begin anew begins the attempt; the others
			 * follow it. */
			struct run *run = run_made(r, l->run);
			if (run->attempt == a->number)
				run->attempt++;
			run->said = "";
			a = log_begin_attempt(l, run->attempt);
		} else {
			log_cut(r, l, l->compared);
		}
	}
	l->comparing = false;
	struct kept_row *k = xmalloc(sizeof *k + row->n * sizeof *k->cell);
	k->unit = row->unit;
	k->step = row->step;
	k->wall_us = row->wall_us;
	k->arrival_us = row->arrival_us;
	k->n = row->n;
	for (unsigned i = 0; i < row->n; i++)
		k->cell[i] = (struct cell){row->column[i], row->value[i]};
	recorder_keep(r, k);
	vec_add(&a->rows, &k, sizeof k);
	l->points += row->n;
	l->stored = true;
	r->pending += 16 * (row->n + 2);
	return ROW_STORED;
}

static void
op_hist(struct sink *s, uint32_t log, uint32_t column, const struct hist *h)
{
	struct recorder *r = recorder_of(s);
	struct log *l = log_at(s, log);
	struct attempt *a = log_newest(l);
	assert(l->stored && column < l->columns.n);
	const struct kept_row *row = ((struct kept_row **)a->rows.at)[a->rows.n - 1];
	unsigned cell = 0;
	while (cell < row->n && row->cell[cell].column != column)
		cell++;
	assert(cell < row->n);
	struct str text = STR_INIT;
	for (size_t i = 0; i < h->n; i++) {
		assert(h->edge[i] <= h->edge[i + 1]);
		recorder_add_number(&text, h->edge[i]);
		str_addc(&text, ' ');
		recorder_add_number(&text, h->count[i]);
		str_adds(&text, i + 1 == h->n ? " " : " | ");
	}
	if (h->n)
		recorder_add_number(&text, h->edge[h->n]);
	struct buckets b = {a->number, column, a->rows.n - 1, recorder_keep(r, str_steal(&text))};
	vec_add(&l->buckets, &b, sizeof b);
}

static void
op_param(struct sink *s, uint32_t log, const char *key, const char *value)
{
	struct recorder *r = recorder_of(s);
	const char *run = log_at(s, log)->run;
	struct param *p = r->now.params.at;
	for (size_t i = 0; i < r->now.params.n; i++) {
		if (!strcmp(p[i].run, run) && !strcmp(p[i].key, key)) {
			p[i].value = keep_text(r, value);
			return;
		}
	}
	struct param made = {run, keep_text(r, key), keep_text(r, value)};
	vec_add(&r->now.params, &made, sizeof made);
}

static void
op_remark(struct sink *s, uint32_t log, enum remark_kind k, uint64_t offset, uint64_t line,
	  const char *text)
{
	struct log *l = log_at(s, log);
	struct remark m = {k, offset, line, keep_text(recorder_of(s), text)};
	if (l->nremarks++ < 64)
		vec_add(&l->remarks, &m, sizeof m);
}

static void
op_goal(struct sink *s, uint32_t log, uint32_t column, enum goal goal)
{
	const struct log *l = log_at(s, log);
	struct str key = STR_INIT;
	str_addf(&key, "goal(%s)", ((const char **)l->columns.at)[column]);
	op_param(s, log, str_c(&key), goal == GOAL_MIN ? "min" : "max");
	str_release(&key);
}

static void
op_said(struct sink *s, uint32_t log, const struct last_words *w)
{
	struct recorder *r = recorder_of(s);
	run_made(r, log_at(s, log)->run)->said = keep_text(r, w->what);
}

static void
op_raised(struct sink *s, uint32_t log, const struct raised *r)
{
	struct str text = STR_INIT;
	str_addf(&text, "raised %s: %s: %s", severity_names[r->severity], r->title, r->text);
	op_remark(s, log, REMARK_NOTE, 0, 0, str_c(&text));
	str_release(&text);
}

static void
op_judged(struct sink *s, uint32_t log)
{
	struct log *l = log_at(s, log);
	l->judged = log_newest(l)->rows.n;
}

static void
op_title(struct sink *s, uint32_t log, const char *text)
{
	struct recorder *r = recorder_of(s);
	run_made(r, log_at(s, log)->run)->title = keep_text(r, text);
}

/* -- the sink: files, watching ----------------------------------------------------------------- */

static void
op_mark(struct sink *s, uint32_t log, const struct cursor *c)
{
	struct log *l = log_at(s, log);
	l->cur = *c;
	l->cur.state =
		c->nstate ? recorder_keep(recorder_of(s), xmemdup(c->state, c->nstate)) : NULL;
}

static void
op_gone(struct sink *s, uint32_t log, bool gone)
{
	log_at(s, log)->gone = gone;
}

static void
op_writing(struct sink *s, uint32_t log, const struct writing *w)
{
	log_at(s, log)->writing = *w;
}

static void
op_moved(struct sink *s, uint32_t log, const struct log_desc *d)
{
	struct recorder *r = recorder_of(s);
	struct log *l = log_at(s, log);
	struct run *from = recorder_find_run(r, l->run);
	/* A run of this log alone moves whole, with what is known of it. */
	size_t others = 0;
	for (size_t i = 0; i < r->now.logs.n; i++) {
		struct log *o = ((struct log **)r->now.logs.at)[i];
		others += o != l && !strcmp(o->run, l->run);
	}
	if (!others && !recorder_find_run(r, d->run)) {
		struct param *p = r->now.params.at;
		const char *to = keep_text(r, d->run);
		for (size_t i = 0; i < r->now.params.n; i++)
			if (!strcmp(p[i].run, l->run))
				p[i].run = to;
		from->path = to;
	}
	l->path = keep_text(r, d->path);
	l->gone = false;
	log_take_desc(r, l, d);
}

static void
op_skipped(struct sink *s, const char *path, const char *reason)
{
	struct recorder *r = recorder_of(s);
	struct skip *k = r->now.skipped.at;
	size_t i = 0;
	while (i < r->now.skipped.n && strcmp(k[i].path, path))
		i++;
	if (i < r->now.skipped.n && reason) {
		k[i].reason = keep_text(r, reason);
	} else if (i < r->now.skipped.n) {
		memmove(k + i, k + i + 1, (r->now.skipped.n - i - 1) * sizeof *k);
		r->now.skipped.n--;
	} else if (reason) {
		struct skip made = {keep_text(r, path), keep_text(r, reason)};
		vec_add(&r->now.skipped, &made, sizeof made);
	}
}

static void
op_checkpoint(struct sink *s, const char *path, const struct checkpoint *c)
{
	struct recorder *r = recorder_of(s);
	struct known_checkpoint *k = r->now.checkpoints.at;
	size_t i = 0;
	while (i < r->now.checkpoints.n && strcmp(k[i].path, path))
		i++;
	if (i < r->now.checkpoints.n && c) {
		k[i].c = *c;
	} else if (i < r->now.checkpoints.n) {
		memmove(k + i, k + i + 1, (r->now.checkpoints.n - i - 1) * sizeof *k);
		r->now.checkpoints.n--;
	} else if (c) {
		struct known_checkpoint made = {keep_text(r, path), *c};
		vec_add(&r->now.checkpoints, &made, sizeof made);
	}
}

static int
op_checkpoint_each(struct sink *s, int (*fn)(void *, const char *, const struct checkpoint *),
		   void *ctx)
{
	struct recorder *r = recorder_of(s);
	const struct known_checkpoint *k = r->now.checkpoints.at;
	int rc = 0;
	for (size_t i = 0; i < r->now.checkpoints.n && !rc; i++)
		rc = fn(ctx, k[i].path, &k[i].c);
	return rc;
}

static void
op_arrival(struct sink *s, uint32_t log, int64_t now_us)
{
	struct recorder *r = recorder_of(s);
	run_made(r, log_at(s, log)->run)->arrival_us = now_us;
	r->now.arrivals++;
}

static size_t
alert_find(struct recorder *r, const struct alert *a)
{
	const struct alert *k = r->now.alerts.at;
	size_t i = 0;
	while (i < r->now.alerts.n && (strcmp(k[i].rule, a->rule) || strcmp(k[i].run, a->run) ||
				       strcmp(k[i].metric, a->metric)))
		i++;
	return i;
}

static int
alert_order(const void *pa, const void *pb)
{
	const struct alert *a = pa, *b = pb;
	int c = strcmp(a->rule, b->rule);
	if (!c)
		c = strcmp(a->run, b->run);
	return c ? c : strcmp(a->metric, b->metric);
}

static void
op_alert(struct sink *s, const struct alert *a)
{
	struct recorder *r = recorder_of(s);
	struct alert copy = *a;
	copy.rule = keep_text(r, a->rule);
	copy.run = keep_text(r, a->run);
	copy.metric = keep_text(r, a->metric);
	copy.message = keep_text(r, a->message);
	size_t i = alert_find(r, a);
	if (i < r->now.alerts.n)
		((struct alert *)r->now.alerts.at)[i] = copy;
	else
		vec_add(&r->now.alerts, &copy, sizeof copy);
	qsort(r->now.alerts.at, r->now.alerts.n, sizeof copy, alert_order);
}

static void
op_alert_drop(struct sink *s, const struct alert *a)
{
	struct recorder *r = recorder_of(s);
	struct alert *k = r->now.alerts.at;
	size_t i = alert_find(r, a);
	if (i == r->now.alerts.n)
		return;
	memmove(k + i, k + i + 1, (r->now.alerts.n - i - 1) * sizeof *k);
	r->now.alerts.n--;
}

static void
op_outbox_put(struct sink *s, const char *key, const void *p, size_t n)
{
	struct recorder *r = recorder_of(s);
	struct vec *v = &r->now.outbox;
	struct told *k = v->at;
	size_t i = 0;
	while (i < v->n && strcmp(k[i].key, key))
		i++;
	if (!p && i < v->n) {
		memmove(k + i, k + i + 1, (v->n - i - 1) * sizeof *k);
		v->n--;
	}
	if (!p)
		return;
	struct told t = {keep_text(r, key), recorder_keep(r, xmemdup(p, n ? n : 1)), n};
	if (i < v->n)
		k[i] = t;
	else
		vec_add(v, &t, sizeof t);
}

/* As the contract says: what is kept. */
static int
op_outbox_each(struct sink *s, int (*fn)(void *ctx, const char *key, const void *p, size_t n),
	       void *ctx)
{
	struct recorder *r = recorder_of(s);
	const struct told *k = r->kept.outbox.at;
	int rc = 0;
	for (size_t i = 0; i < r->kept.outbox.n && !rc; i++)
		rc = fn(ctx, k[i].key, k[i].p, k[i].n);
	return rc;
}

static void
op_root_add(struct sink *s, const char *path)
{
	struct recorder *r = recorder_of(s);
	const char **p = r->now.roots.at;
	for (size_t i = 0; i < r->now.roots.n; i++)
		if (!strcmp(p[i], path))
			return;
	const char *copy = keep_text(r, path);
	vec_add(&r->now.roots, &copy, sizeof copy);
}

static int
op_root_each(struct sink *s, int (*fn)(void *ctx, const char *path), void *ctx)
{
	struct recorder *r = recorder_of(s);
	int rc = 0;
	for (size_t i = 0; i < r->now.roots.n && !rc; i++)
		rc = fn(ctx, ((const char **)r->now.roots.at)[i]);
	return rc;
}

static size_t
op_pending(struct sink *s)
{
	return recorder_of(s)->pending;
}

static int
op_commit(struct sink *s, uint64_t *txn, struct err *e)
{
	struct recorder *r = recorder_of(s);
	if (r->fail) {
		int code = r->fail;
		r->fail = 0;
		recorder_crash(s);
		return err_set(e, code, "%s", r->fail_text);
	}
	state_release(&r->kept);
	r->kept = state_copy(&r->now);
	r->pending = 0;
	r->commits++;
	if (txn)
		*txn = r->commits;
	return 0;
}

static int
op_param_each(struct sink *s, uint32_t log,
	      int (*fn)(void *ctx, const char *key, const char *value), void *ctx)
{
	struct recorder *r = recorder_of(s);
	const struct param *p = r->now.params.at;
	const char *run = log_at(s, log)->run;
	int rc = 0;
	for (size_t i = 0; i < r->now.params.n && rc == 0; i++)
		if (!strcmp(p[i].run, run))
			rc = fn(ctx, p[i].key, p[i].value);
	return rc;
}

static const struct sink_ops recorder_ops = {
	.log_find = op_log_find,
	.log_each = op_log_each,
	.alert_each = op_alert_each,
	.point_each = op_point_each,
	.run_find = op_run_find,
	.column_name = op_column_name,
	.param_each = op_param_each,
	.log_open = op_log_open,
	.replay = op_replay,
	.replay_end = op_replay_end,
	.column = op_column,
	.row = op_row,
	.hist = op_hist,
	.param = op_param,
	.goal = op_goal,
	.remark = op_remark,
	.said = op_said,
	.raised = op_raised,
	.title = op_title,
	.judged = op_judged,
	.mark = op_mark,
	.gone = op_gone,
	.writing = op_writing,
	.moved = op_moved,
	.skipped = op_skipped,
	.checkpoint = op_checkpoint,
	.checkpoint_each = op_checkpoint_each,
	.arrival = op_arrival,
	.alert = op_alert,
	.alert_drop = op_alert_drop,
	.outbox_put = op_outbox_put,
	.outbox_each = op_outbox_each,
	.root_add = op_root_add,
	.root_each = op_root_each,
	.pending = op_pending,
	.commit = op_commit,
};

struct sink *
recorder_new(void)
{
	struct recorder *r = xcalloc(1, sizeof *r);
	r->sink.ops = &recorder_ops;
	return &r->sink;
}

void
recorder_free(struct sink *s)
{
	struct recorder *r = recorder_of(s);
	state_release(&r->now);
	state_release(&r->kept);
	for (size_t i = 0; i < r->arena.n; i++)
		free(((void **)r->arena.at)[i]);
	free(r->arena.at);
	free(r);
}

void
recorder_fail_commit(struct sink *s, int code, const char *text)
{
	struct recorder *r = recorder_of(s);
	r->fail = code;
	r->fail_text = keep_text(r, text);
}

void
recorder_crash(struct sink *s)
{
	struct recorder *r = recorder_of(s);
	state_release(&r->now);
	r->now = state_copy(&r->kept);
	/* A comparison under way died with the process; whoever comes next says replay() again. */
	for (size_t i = 0; i < r->now.logs.n; i++)
		((struct log **)r->now.logs.at)[i]->comparing = false;
	r->pending = 0;
}

uint64_t
recorder_points_kept(struct sink *s)
{
	struct recorder *r = recorder_of(s);
	uint64_t n = 0;
	for (size_t i = 0; i < r->now.logs.n; i++)
		n += ((struct log **)r->now.logs.at)[i]->points;
	return n;
}

uint64_t
recorder_superseded(struct sink *s)
{
	return recorder_of(s)->now.superseded;
}

uint64_t
recorder_commits(struct sink *s)
{
	return recorder_of(s)->commits;
}

uint64_t
recorder_arrivals(struct sink *s)
{
	return recorder_of(s)->now.arrivals;
}
