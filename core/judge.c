/* A sink in front of a sink. It remembers of each log only what a row needs to be judged: its run,
 * its attempt, the names of the columns that have passed. Rules keep their own state; when a commit
 * fails they are made anew from the states that are kept, and the rows that were lost come by
 * again. */
#include "core/judge.h"

#include "core/clock.h"
#include "core/judge_missed.h"
#include "core/judge_places.h"
#include "core/map.h"
#include "core/raised.h"
#include "core/role.h"
#include "core/source.h"
#include "core/vitals.h"
#include "core/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	RECENT_US = 600 * 1000000LL, /* a log this fresh at the start counts as seen alive */
};

struct column {
	char *name; /* NULL: not seen yet */
	int loss_rank;
};

struct log {
	char *path;
	const char *format;
	struct vitals *run; /* NULL: no such log */
	struct column *column;
	size_t ncolumns, cap;
	uint32_t attempt;
	struct writing writing;
	struct last_words said;                /* its text is owned */
	int64_t stepped_us;                    /* when its last row with a step was written */
	bool historic, comparing, stale, gone; /* stale: the attempt has to be asked for */
};

struct judge {
	struct sink sink;
	struct sink *real;
	const struct conf *conf;
	struct rules *rules; /* NULL: none are evaluated */
	struct log *log;
	size_t nlogs, cap;
	struct map runs; /* path: struct vitals */
	struct alert *fired;
	size_t nfired, fired_cap;
	rules_emit_fn *heard; /* NULL: what is dropped is noted for who comes */
	void *heard_ctx;
	struct alert *dropped;
	size_t ndropped, dropped_cap;
	bool dirty;
	bool (*tagged)(void *ctx, const char *run, const char *globs);
	void *tagged_ctx;
	struct judge_places places;
};

static struct judge *
of(struct sink *s)
{
	return (struct judge *)s;
}

/* -- alerts ------------------------------------------------------------------------------------ */

static void
alert_copy(struct alert *to, const struct alert *a)
{
	*to = *a;
	to->rule = xstrdup(a->rule);
	to->run = xstrdup(a->run);
	to->metric = xstrdup(a->metric);
	to->message = xstrdup(a->message ? a->message : "");
}

static void
alert_release(struct alert *a)
{
	free((char *)a->rule);
	free((char *)a->run);
	free((char *)a->metric);
	free((char *)a->message);
}

static void
fired_clear(struct judge *j)
{
	for (size_t i = 0; i < j->nfired; i++)
		alert_release(&j->fired[i]);
	j->nfired = 0;
}

/* What fired since the last commit and is over before it is told was never worth telling. */
static void
fired_drop(struct judge *j, uint64_t episode)
{
	for (size_t i = 0; i < j->nfired; i++)
		if (j->fired[i].episode == episode && !j->fired[i].event) {
			alert_release(&j->fired[i]);
			memmove(j->fired + i, j->fired + i + 1,
				(--j->nfired - i) * sizeof *j->fired);
			return;
		}
}

static void
on_emit(void *ctx, const struct alert *a, bool fired_now)
{
	struct judge *j = ctx;
	j->dirty = true;
	if (a->state == ALERT_RESOLVED || a->state == ALERT_OK)
		fired_drop(j, a->episode);
	if (a->state == ALERT_OK)
		j->real->ops->alert_drop(j->real, a);
	else
		j->real->ops->alert(j->real, a);
	if (fired_now && !a->historic)
		alert_copy(vec_push(j->fired, j->nfired, j->fired_cap), a);
	if (j->heard)
		j->heard(j->heard_ctx, a, fired_now);
}

/* Its rule is gone, or another one now. */
static void
tell_dropped(struct judge *j, struct alert *a)
{
	a->state = ALERT_OK;
	if (j->heard)
		j->heard(j->heard_ctx, a, false);
	else
		alert_copy(vec_push(j->dropped, j->ndropped, j->dropped_cap), a);
}

struct restoring {
	struct rules *rules;
	struct alert *drop; /* the sink must not be called while it lists */
	size_t n, cap;
};

static int
restore_one(void *ctx, const struct alert *a)
{
	struct restoring *r = ctx;
	if (raised_is(a) ? a->state == ALERT_RESOLVED : !rules_restore(r->rules, a))
		alert_copy(vec_push(r->drop, r->n, r->cap), a);
	return 0;
}

static int
root_one(void *ctx, const char *path)
{
	rules_root(ctx, path);
	return 0;
}

static void
recall(void *ctx, uint64_t key, uint32_t attempt, int (*fn)(void *ctx, const struct point *p),
       void *to)
{
	struct judge *j = ctx;
	j->real->ops->point_each(j->real, (uint32_t)(key >> 32), (uint32_t)key, attempt, fn, to);
}

/* New rules in the place of the old ones, with the states that are kept. */
static int
rules_take(struct judge *j, const struct conf *c, struct err *e)
{
	struct restoring r = {0};
	int code = rules_new(c, &r.rules, e);
	if (code < 0)
		return code;
	rules_free(j->rules);
	j->rules = r.rules;
	rules_recall(j->rules, recall, j);
	rules_tagged(j->rules, j->tagged, j->tagged_ctx);
	j->real->ops->root_each(j->real, root_one, r.rules);
	j->real->ops->alert_each(j->real, restore_one, &r);
	for (size_t i = 0; i < r.n; i++) {
		j->real->ops->alert_drop(j->real, &r.drop[i]);
		tell_dropped(j, &r.drop[i]);
		alert_release(&r.drop[i]);
		j->dirty = true;
	}
	free(r.drop);
	return 0;
}

/* -- logs and runs ----------------------------------------------------------------------------- */

static struct vitals *
run_at(struct judge *j, const char *path)
{
	size_t n = strlen(path);
	struct vitals *v = map_get(&j->runs, path, n);
	if (!v) {
		v = vitals_new(path);
		map_lend(&j->runs, v->run, n, v);
		const char *total = j->conf ? conf_run(j->conf, path, "total") : NULL;
		if (total)
			vitals_total(v, total);
	}
	return v;
}

static struct log *
log_at(struct judge *j, uint32_t id)
{
	return id < j->nlogs && j->log[id].run ? &j->log[id] : NULL;
}

static void
columns_release(struct log *l)
{
	for (size_t i = 0; i < l->ncolumns; i++)
		free(l->column[i].name);
	free(l->column);
	l->column = NULL;
	l->ncolumns = l->cap = 0;
}

static void
log_release(struct log *l)
{
	columns_release(l);
	free(l->path);
	free((char *)(uintptr_t)l->said.what);
	*l = (struct log){0};
}

static void
log_set_gone(struct log *l, bool gone)
{
	if (l->gone == gone)
		return;
	l->gone = gone;
	l->run->ngone += gone ? 1 : -1;
	l->run->ev.gone = l->run->ngone == l->run->nlogs;
}

static void
log_set_writing(struct judge *j, struct log *l, const struct writing *w)
{
	struct writing all = {0};
	l->writing = *w;
	for (size_t i = 0; i < j->nlogs; i++)
		if (j->log[i].run == l->run)
			writing_merge(&all, &j->log[i].writing);
	vitals_writing(l->run, &all);
}

static void
log_set_said(struct log *l, const struct last_words *w)
{
	free((char *)(uintptr_t)l->said.what);
	l->said = *w;
	if (w->what)
		l->said.what = xstrdup(w->what);
}

/* Its name in the table: that one doesn't die. */
static const char *
known_format(const char *name)
{
	const struct source_ops *ops = source_by_name(name);
	return ops ? ops->name : "";
}

/* LOG belongs to the run at RUN, under PATH. */
static struct log *
log_set(struct judge *j, uint32_t id, const char *path, const char *run, const char *format)
{
	if (id >= j->nlogs) {
		xgrow(&j->log, &j->cap, id + 1, sizeof *j->log);
		memset(j->log + j->nlogs, 0, (id + 1 - j->nlogs) * sizeof *j->log);
		j->nlogs = id + 1;
	}
	struct log *l = &j->log[id];
	struct vitals *v = run_at(j, run);
	if (l->run != v) {
		if (l->run) {
			log_set_gone(l, false);
			l->run->nlogs--;
			l->run->ev.gone = l->run->nlogs && l->run->ngone == l->run->nlogs;
		}
		l->run = v;
		v->nlogs++;
		v->ev.gone = false;
	}
	free(l->path);
	l->path = xstrdup(path);
	l->format = known_format(format);
	l->stale = true;
	return l;
}

static void
attempt_refresh(struct judge *j, struct log *l)
{
	struct log_info li;
	if (!l->stale)
		return;
	l->stale = false;
	if (!j->real->ops->log_find(j->real, l->path, &li))
		return;
	l->attempt = li.attempt;
	if (j->rules && !l->said.what && li.said.what)
		log_set_said(l, &li.said);
	if (j->rules && li.attempt > l->run->attempt)
		vitals_anew(l->run, li.attempt);
}

/* What ended the run, by all of its logs. */
static void
take_last_words(struct judge *j, struct vitals *run)
{
	static const struct last_words none;
	const struct log *said = NULL;
	for (size_t i = 0; i < j->nlogs; i++) {
		struct log *l = &j->log[i];
		if (l->run != run)
			continue;
		attempt_refresh(j, l);
		if (l->said.what && l->attempt >= run->attempt &&
		    (!said || last_words_before(&l->said, &said->said)))
			said = l;
	}
	const struct last_words *w = said ? &said->said : &none;
	for (size_t i = 0; said && i < j->nlogs; i++) {
		const struct log *l = &j->log[i];
		if (l->run == run && l != said && l->attempt >= run->attempt &&
		    last_words_outlived(&said->said, l->stepped_us))
			w = &none;
	}
	vitals_said(run, w);
}

static void
log_stepped(struct judge *j, struct log *l, const struct row *r)
{
	int64_t us = r->wall_us ? r->wall_us : r->arrival_us;
	/* A stamp without its zone may be hours ahead. */
	if (r->arrival_us && r->arrival_us < us)
		us = r->arrival_us;
	if (r->unit > STEP_EPOCH || us <= l->stepped_us)
		return;
	l->stepped_us = us;
	if (last_words_outlived(&l->run->said, us))
		take_last_words(j, l->run);
}

/* What column C of the log is called and is good for, asked for when its first value comes by. */
static const struct column *
column_at(struct judge *j, uint32_t id, struct log *l, uint32_t c)
{
	if (c >= l->ncolumns) {
		xgrow(&l->column, &l->cap, c + 1, sizeof *l->column);
		memset(l->column + l->ncolumns, 0, (c + 1 - l->ncolumns) * sizeof *l->column);
		l->ncolumns = c + 1;
	}
	struct column *col = &l->column[c];
	if (!col->name) {
		struct metric_role role;
		const char *name = j->real->ops->column_name(j->real, id, c);
		col->name = xstrdup(name ? name : "");
		metric_role(j->conf, col->name, &role);
		col->loss_rank = metric_loss_rank(&role, col->name);
	}
	return col;
}

/* L goes on from the log whose steps are the run's: from now on its own are, wherever they
 * begin. */
static void
take_lead(struct judge *j, uint32_t id, const struct log *l)
{
	const struct log *lead = log_at(j, l->run->lead);
	if (lead && lead != l && source_follows(l->format, lead->path, l->path))
		l->run->lead = id;
}

/* What was forgotten of a run that rested is kept. */
static void
run_wake(struct judge *j, struct vitals *v)
{
	struct run_kept k;
	if (vitals_rests(v) && j->real->ops->run_find(j->real, v->run, &k))
		vitals_wake(v, &k.pace);
}

static void
judge_row(struct judge *j, uint32_t id, struct log *l, const struct row *r)
{
	attempt_refresh(j, l);
	if (l->attempt < l->run->attempt)
		return; /* an older attempt's: no evidence of this one */
	int64_t now = l->historic ? (r->wall_us ? r->wall_us : r->arrival_us) : clock_wall_us();
	take_lead(j, id, l);
	run_wake(j, l->run);
	vitals_row(l->run, id, r);
	log_stepped(j, l, r);
	for (unsigned i = 0; i < r->n; i++) {
		const struct column *c = column_at(j, id, l, r->column[i]);
		if (c->loss_rank != INT_MAX)
			vitals_loss(l->run, c->loss_rank, r->value[i]);
		rules_point(j->rules, l->run->run, l->attempt, (uint64_t)id << 32 | r->column[i],
			    c->name, r->step, now, r->value[i], l->historic, on_emit, j);
	}
}

/* -- the sink ---------------------------------------------------------------------------------- */

static bool
j_log_find(struct sink *s, const char *path, struct log_info *out)
{
	struct sink *real = of(s)->real;
	return real->ops->log_find(real, path, out);
}

static int
j_log_each(struct sink *s, int (*fn)(void *ctx, const struct log_info *li), void *ctx)
{
	struct sink *real = of(s)->real;
	return real->ops->log_each(real, fn, ctx);
}

static int
j_alert_each(struct sink *s, int (*fn)(void *ctx, const struct alert *a), void *ctx)
{
	struct sink *real = of(s)->real;
	return real->ops->alert_each(real, fn, ctx);
}

static bool
j_run_find(struct sink *s, const char *path, struct run_kept *out)
{
	struct sink *real = of(s)->real;
	return real->ops->run_find(real, path, out);
}

static int
j_point_each(struct sink *s, uint32_t log, uint32_t column, uint32_t attempt,
	     int (*fn)(void *ctx, const struct point *p), void *ctx)
{
	struct sink *real = of(s)->real;
	return real->ops->point_each(real, log, column, attempt, fn, ctx);
}

static uint32_t
j_log_open(struct sink *s, const struct log_desc *d)
{
	struct judge *j = of(s);
	uint32_t id = j->real->ops->log_open(j->real, d);
	log_set(j, id, d->path, d->run, d->format);
	return id;
}

static void
j_replay(struct sink *s, uint32_t log)
{
	struct judge *j = of(s);
	struct log *l = log_at(j, log);
	if (l)
		l->comparing = l->stale = true;
	j->real->ops->replay(j->real, log);
}

static void
j_replay_end(struct sink *s, uint32_t log, bool cut)
{
	struct judge *j = of(s);
	struct log *l = log_at(j, log);
	if (l)
		l->comparing = false;
	j->real->ops->replay_end(j->real, log, cut);
}

static uint32_t
j_column(struct sink *s, uint32_t log, const char *name, size_t len)
{
	struct sink *real = of(s)->real;
	return real->ops->column(real, log, name, len);
}

static const char *
j_column_name(struct sink *s, uint32_t log, uint32_t column)
{
	struct sink *real = of(s)->real;
	return real->ops->column_name(real, log, column);
}

static int
j_param_each(struct sink *s, uint32_t log, int (*fn)(void *ctx, const char *key, const char *value),
	     void *ctx)
{
	struct sink *real = of(s)->real;
	return real->ops->param_each(real, log, fn, ctx);
}

static enum row_fate
j_row(struct sink *s, uint32_t log, const struct row *r)
{
	struct judge *j = of(s);
	enum row_fate fate = j->real->ops->row(j->real, log, r);
	struct log *l = log_at(j, log);
	if (fate != ROW_STORED || !l)
		return fate;
	l->comparing = false;
	if (j->rules)
		judge_row(j, log, l, r);
	return fate;
}

static void
j_hist(struct sink *s, uint32_t log, uint32_t column, const struct hist *h)
{
	struct sink *real = of(s)->real;
	real->ops->hist(real, log, column, h);
}

static void
j_param(struct sink *s, uint32_t log, const char *key, const char *value)
{
	struct judge *j = of(s);
	struct log *l = j->rules ? log_at(j, log) : NULL;
	if (l)
		vitals_param(l->run, key, value);
	j->real->ops->param(j->real, log, key, value);
}

static void
j_goal(struct sink *s, uint32_t log, uint32_t column, enum goal goal)
{
	struct sink *real = of(s)->real;
	real->ops->goal(real, log, column, goal);
}

static void
j_remark(struct sink *s, uint32_t log, enum remark_kind k, uint64_t offset, uint64_t line,
	 const char *text)
{
	struct sink *real = of(s)->real;
	real->ops->remark(real, log, k, offset, line, text);
}

static void
j_said(struct sink *s, uint32_t log, const struct last_words *w)
{
	struct judge *j = of(s);
	struct log *l = j->rules ? log_at(j, log) : NULL;
	if (l) {
		log_set_said(l, w);
		take_last_words(j, l->run);
	}
	j->real->ops->said(j->real, log, w);
}

/* What a replay only sees again was raised before. */
static void
j_raised(struct sink *s, uint32_t log, const struct raised *r)
{
	struct judge *j = of(s);
	struct log *l = j->rules ? log_at(j, log) : NULL;
	if (!l || l->comparing)
		return;
	attempt_refresh(j, l);
	raised_take(r, l->run->run, l->attempt, l->historic, on_emit, j);
}

static void
j_title(struct sink *s, uint32_t log, const char *text)
{
	struct sink *real = of(s)->real;
	real->ops->title(real, log, text);
}

static void
j_mark(struct sink *s, uint32_t log, const struct cursor *c)
{
	struct judge *j = of(s);
	struct log *l = log_at(j, log);
	if (l)
		vitals_arrival(l->run, c->mtime_us, false);
	if (j->rules)
		j->real->ops->judged(j->real, log);
	j->real->ops->mark(j->real, log, c);
}

static void
j_gone(struct sink *s, uint32_t log, bool gone)
{
	struct judge *j = of(s);
	struct log *l = log_at(j, log);
	if (l)
		log_set_gone(l, gone);
	j->real->ops->gone(j->real, log, gone);
}

static void
j_writing(struct sink *s, uint32_t log, const struct writing *w)
{
	struct judge *j = of(s);
	struct log *l = log_at(j, log);
	if (l)
		log_set_writing(j, l, w);
	j->real->ops->writing(j->real, log, w);
}

static void
j_judged(struct sink *s, uint32_t log)
{
	struct sink *real = of(s)->real;
	real->ops->judged(real, log);
}

static void
j_moved(struct sink *s, uint32_t log, const struct log_desc *d)
{
	struct judge *j = of(s);
	j->real->ops->moved(j->real, log, d);
	if (!log_at(j, log))
		return;
	struct vitals *was = j->log[log].run;
	struct log *l = log_set(j, log, d->path, d->run, d->format);
	if (l->run != was && !l->run->any) {
		/* The run goes on under its new name. */
		vitals_become(l->run, was);
		was->alive = false;
	}
}

static void
j_skipped(struct sink *s, const char *path, const char *reason)
{
	struct sink *real = of(s)->real;
	real->ops->skipped(real, path, reason);
}

static void
j_arrival(struct sink *s, uint32_t log, int64_t now_us)
{
	struct judge *j = of(s);
	struct log *l = log_at(j, log);
	if (l) {
		run_wake(j, l->run);
		vitals_arrival(l->run, now_us, true);
	}
	j->real->ops->arrival(j->real, log, now_us);
}

static void
j_alert(struct sink *s, const struct alert *a)
{
	struct sink *real = of(s)->real;
	real->ops->alert(real, a);
}

static void
j_alert_drop(struct sink *s, const struct alert *a)
{
	struct sink *real = of(s)->real;
	real->ops->alert_drop(real, a);
}

static void
j_outbox_put(struct sink *s, const char *key, const void *p, size_t n)
{
	struct sink *real = of(s)->real;
	real->ops->outbox_put(real, key, p, n);
}

static int
j_outbox_each(struct sink *s, int (*fn)(void *ctx, const char *key, const void *p, size_t n),
	      void *ctx)
{
	struct sink *real = of(s)->real;
	return real->ops->outbox_each(real, fn, ctx);
}

static void
j_root_add(struct sink *s, const char *path)
{
	struct judge *j = of(s);
	if (j->rules)
		rules_root(j->rules, path);
	j->real->ops->root_add(j->real, path);
}

static int
j_root_each(struct sink *s, int (*fn)(void *ctx, const char *path), void *ctx)
{
	struct sink *real = of(s)->real;
	return real->ops->root_each(real, fn, ctx);
}

static size_t
j_pending(struct sink *s)
{
	struct sink *real = of(s)->real;
	return real->ops->pending(real);
}

static int
j_commit(struct sink *s, uint64_t *txn, struct err *e)
{
	struct sink *real = of(s)->real;
	return real->ops->commit(real, txn, e);
}

static const struct sink_ops judge_ops = {
	.log_find = j_log_find,
	.log_each = j_log_each,
	.alert_each = j_alert_each,
	.point_each = j_point_each,
	.run_find = j_run_find,
	.log_open = j_log_open,
	.replay = j_replay,
	.replay_end = j_replay_end,
	.column = j_column,
	.column_name = j_column_name,
	.param_each = j_param_each,
	.row = j_row,
	.hist = j_hist,
	.param = j_param,
	.goal = j_goal,
	.remark = j_remark,
	.said = j_said,
	.raised = j_raised,
	.title = j_title,
	.judged = j_judged,
	.mark = j_mark,
	.gone = j_gone,
	.writing = j_writing,
	.moved = j_moved,
	.skipped = j_skipped,
	.arrival = j_arrival,
	.alert = j_alert,
	.alert_drop = j_alert_drop,
	.outbox_put = j_outbox_put,
	.outbox_each = j_outbox_each,
	.root_add = j_root_add,
	.root_each = j_root_each,
	.pending = j_pending,
	.commit = j_commit,
};

/* -- the public face --------------------------------------------------------------------------- */

int
judge_new(struct sink *real, const struct conf *c, bool rules, struct judge **out, struct err *e)
{
	struct judge *j = xcalloc(1, sizeof *j);
	*j = (struct judge){.sink.ops = &judge_ops, .real = real, .conf = c};
	int code = rules ? rules_take(j, c, e) : 0;
	if (code < 0) {
		free(j);
		return code;
	}
	*out = j;
	return 0;
}

static void
logs_release(struct judge *j)
{
	for (size_t i = 0; i < j->nlogs; i++)
		log_release(&j->log[i]);
	j->nlogs = 0;
	size_t at = 0;
	struct vitals *v;
	while ((v = map_next(&j->runs, &at)))
		v->nlogs = v->ngone = 0;
}

void
judge_free(struct judge *j)
{
	if (!j)
		return;
	logs_release(j);
	free(j->log);
	size_t at = 0;
	struct vitals *v;
	while ((v = map_next(&j->runs, &at)))
		vitals_free(v);
	map_release(&j->runs);
	fired_clear(j);
	free(j->fired);
	for (size_t i = 0; i < j->ndropped; i++)
		alert_release(&j->dropped[i]);
	free(j->dropped);
	rules_free(j->rules);
	free(j);
}

struct sink *
judge_sink(struct judge *j)
{
	return &j->sink;
}

void
judge_hear(struct judge *j, rules_emit_fn *fn, void *ctx)
{
	j->heard = fn;
	j->heard_ctx = ctx;
	for (size_t i = 0; i < j->ndropped; i++) {
		fn(ctx, &j->dropped[i], false);
		alert_release(&j->dropped[i]);
	}
	j->ndropped = 0;
}

int
judge_reconf(struct judge *j, const struct conf *c, struct err *e)
{
	int code = j->rules ? rules_take(j, c, e) : 0;
	if (code < 0)
		return code;
	j->conf = c;
	for (size_t i = 0; i < j->nlogs; i++)
		for (size_t k = 0; k < j->log[i].ncolumns; k++) {
			struct metric_role role;
			struct column *col = &j->log[i].column[k];
			if (!col->name)
				continue;
			metric_role(c, col->name, &role);
			col->loss_rank = metric_loss_rank(&role, col->name);
		}
	return 0;
}

void
judge_store(struct judge *j, const char *dir)
{
	j->places.store = dir;
}

void
judge_tagged(struct judge *j, bool (*fn)(void *ctx, const char *run, const char *globs), void *ctx)
{
	j->tagged = fn;
	j->tagged_ctx = ctx;
	if (j->rules)
		rules_tagged(j->rules, fn, ctx);
}

void
judge_historic(struct judge *j, uint32_t log, bool historic)
{
	struct log *l = log_at(j, log);
	if (l)
		l->historic = historic;
}

bool
judge_comparing(const struct judge *j, uint32_t log)
{
	return log < j->nlogs && j->log[log].comparing;
}

bool
judge_has_logs(const struct judge *j, const char *run)
{
	const struct vitals *v = map_get(&j->runs, run, strlen(run));
	return v && v->nlogs > 0;
}

void
judge_sleep(struct judge *j, uint32_t log)
{
	struct log *l = log_at(j, log);
	if (!l)
		return;
	for (size_t c = 0; c < l->ncolumns && j->rules; c++)
		rules_sleep(j->rules, (uint64_t)log << 32 | c);
	columns_release(l);
	if (!l->run->alive)
		vitals_rest(l->run);
}

struct kept {
	uint32_t id, attempt;
	char *path, *run;
	int64_t mtime_us;
	struct writing writing;
	bool gone;
	const char *format; /* of the table */
	uint64_t judged_to;
	bool unjudged, historic;
	struct last_words said;
	int64_t stepped_us;
};

struct kept_list {
	struct kept *at;
	size_t n, cap;
};

static int
keep_one(void *ctx, const struct log_info *li)
{
	struct kept_list *k = ctx;
	*vec_push(k->at, k->n, k->cap) = (struct kept){
		.id = li->id,
		.attempt = li->attempt,
		.path = xstrdup(li->path),
		.run = xstrdup(li->run),
		.format = known_format(li->format),
		.mtime_us = li->cur.mtime_us,
		.writing = li->writing,
		.gone = li->gone,
		.judged_to = li->rows - li->unjudged,
		.unjudged = li->unjudged > 0,
		.historic = !li->judged,
		.said = li->said,
		.stepped_us = li->stepped_us,
	};
	k->at[k->n - 1].said.what = li->said.what ? xstrdup(li->said.what) : NULL;
	return 0;
}

/* Once for all of its logs. */
static void
restore_run(struct judge *j, struct vitals *v)
{
	struct run_kept k;
	if (v->any || !j->real->ops->run_find(j->real, v->run, &k) || k.attempt < v->attempt)
		return;
	int rank = INT_MAX;
	if (*k.loss) {
		struct metric_role role;
		metric_role(j->conf, k.loss, &role);
		rank = metric_loss_rank(&role, k.loss);
	}
	vitals_restore(v, &k, rank);
}

static int
restore_param(void *ctx, const char *key, const char *value)
{
	vitals_param(ctx, key, value);
	return 0;
}

/* What a command has stored of L is judged now. */
static void
catch_up(struct judge *j, const struct kept *l)
{
	struct missed m = {
		.rules = j->rules,
		.sink = j->real,
		.run = l->run,
		.log = l->id,
		.attempt = l->attempt,
		.from = l->judged_to,
		.historic = l->historic,
		.fn = on_emit,
		.ctx = j,
	};
	if (l->attempt == run_at(j, l->run)->attempt)
		judge_missed(&m);
	j->real->ops->judged(j->real, l->id);
	j->dirty = true;
}

/* What take_last_words() makes of each run, in two passes over all of them. */
static void
restore_words(struct judge *j, const struct kept_list *k)
{
	static const struct last_words none;
	for (size_t i = 0; i < k->n; i++) {
		const struct kept *l = &k->at[i];
		struct vitals *v = j->log[l->id].run;
		if (l->said.what && l->attempt == v->attempt &&
		    (!v->said.arrival_us || last_words_before(&l->said, &v->said)))
			vitals_said(v, &l->said);
	}
	for (size_t i = 0; i < k->n; i++) {
		const struct kept *l = &k->at[i];
		struct vitals *v = j->log[l->id].run;
		bool own = l->said.what && l->said.arrival_us == v->said.arrival_us;
		if (l->attempt == v->attempt && !own &&
		    last_words_outlived(&v->said, l->stepped_us))
			vitals_said(v, &none);
	}
}

void
judge_restore(struct judge *j)
{
	if (!j->rules)
		return;
	struct kept_list k = {0};
	int64_t now = clock_wall_us();
	j->real->ops->log_each(j->real, keep_one, &k);
	for (size_t i = 0; i < k.n; i++) {
		struct kept *l = &k.at[i];
		struct vitals *v = log_set(j, l->id, l->path, l->run, l->format)->run;
		log_set_gone(&j->log[l->id], l->gone);
		/* Nothing of it is known yet, so nothing has to be worked out anew. */
		struct writing all = v->ev.writing;
		j->log[l->id].writing = l->writing;
		writing_merge(&all, &l->writing);
		vitals_writing(v, &all);
		if (l->attempt > v->attempt)
			vitals_anew(v, l->attempt);
		vitals_arrival(v, l->mtime_us, false);
		j->log[l->id].stepped_us = l->stepped_us;
		log_set_said(&j->log[l->id], &l->said);
		/* Only what may still be alive is worth the look-ups. */
		if (now - l->mtime_us < RECENT_US && l->attempt == v->attempt) {
			v->alive = true;
			restore_run(j, v);
			j->real->ops->param_each(j->real, l->id, restore_param, v);
		}
	}
	restore_words(j, &k);
	for (size_t i = 0; i < k.n; i++) {
		if (k.at[i].unjudged)
			catch_up(j, &k.at[i]);
		free(k.at[i].path);
		free(k.at[i].run);
		free((char *)(uintptr_t)k.at[i].said.what);
	}
	free(k.at);
}

static bool
is_live(const struct vitals *v, int64_t now)
{
	return v->alive && run_is_live(run_judge(&v->ev, vitals_pace(v), now, NULL), &v->ev,
				       vitals_pace(v), now);
}

bool
judge_tick(struct judge *j, int64_t now_us)
{
	bool live = false;
	size_t at = 0;
	struct vitals *v;
	while (j->rules && (v = map_next(&j->runs, &at))) {
		if (!v->alive)
			continue;
		judge_places_room(j->rules, v->run, &v->room_us, now_us);
		rules_run(j->rules, v->run, v->attempt, &v->ev, vitals_pace(v), now_us, on_emit, j);
		/* One that is no longer live has been judged a last time. */
		v->alive = is_live(v, now_us);
		live |= v->alive;
		if (!v->alive)
			vitals_rest(v);
	}
	if (j->rules && (live || rules_uneasy(j->rules))) {
		judge_places_look(&j->places, j->rules, j->real, now_us, on_emit, j);
		live |= rules_uneasy(j->rules);
	}
	return live;
}

bool
judge_any_live(struct judge *j, int64_t now_us)
{
	size_t at = 0;
	struct vitals *v;
	while (j->rules && (v = map_next(&j->runs, &at)))
		if (is_live(v, now_us))
			return true;
	return j->rules && rules_uneasy(j->rules);
}

int
judge_ack(struct judge *j, const char *rule, const char *run, const char *metric)
{
	int64_t now = clock_wall_us();
	if (!j->rules)
		return 0;
	return rules_ack(j->rules, rule, run, metric, now, on_emit, j) +
	       raised_ack(j->real, rule, run, metric, now, on_emit, j);
}

void
judge_committed(struct judge *j, void (*fn)(void *ctx, const struct alert *a), void *ctx)
{
	j->dirty = false;
	for (size_t i = 0; fn && i < j->nfired; i++)
		fn(ctx, &j->fired[i]);
	fired_clear(j);
}

void
judge_rolled_back(struct judge *j)
{
	logs_release(j);
	fired_clear(j);
	j->dirty = false;
	/* The same configuration as before: it can't be refused now. */
	if (j->rules)
		rules_take(j, j->conf, NULL);
}

bool
judge_dirty(const struct judge *j)
{
	return j->dirty;
}
