/* A sink in front of a sink: all goes on to the real one, and what the rules want to know is taken
 * from what passes. */
#include "core/judge_own.h"

#include "core/raised.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct judge *
of(struct sink *s)
{
	return (struct judge *)s;
}

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
	judge_log_set(j, id, d->path, d->run, d->format);
	return id;
}

static void
j_replay(struct sink *s, uint32_t log)
{
	struct judge *j = of(s);
	struct judge_log *l = judge_log(j, log);
	if (l) {
		l->comparing = l->stale = true;
		l->epochs = (struct epochs){0};
		judge_log_scan_anew(l);
	}
	j->real->ops->replay(j->real, log);
}

static void
j_replay_end(struct sink *s, uint32_t log, bool cut)
{
	struct judge *j = of(s);
	struct judge_log *l = judge_log(j, log);
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

static void
pass_param(struct judge *j, uint32_t log, const char *key, const char *value)
{
	struct judge_log *l = j->rules ? judge_log(j, log) : NULL;
	if (l)
		vitals_param(l->run, key, value);
	j->real->ops->param(j->real, log, key, value);
}

/* Which column has the epoch, by the names of those that have come by: a log that goes on from
 * where another process was names none. */
static bool
has_epoch_column(struct judge *j, uint32_t log, struct judge_log *l, const struct row *r)
{
	for (unsigned i = 0; i < r->n && !l->epoch_column; i++)
		for (; l->epoch_looked <= r->column[i] && !l->epoch_column; l->epoch_looked++) {
			const char *name = j->real->ops->column_name(j->real, log, l->epoch_looked);
			if (name && epochs_is_column(name, strlen(name)))
				l->epoch_column = l->epoch_looked + 1;
		}
	return l->epoch_column > 0;
}

/* Rows that are known already tell as much as new ones. */
static void
see_epoch(struct judge *j, uint32_t log, struct judge_log *l, const struct row *r)
{
	unsigned i = 0;
	if (r->unit != STEP_STEP || l->epochs.broken || !has_epoch_column(j, log, l, r))
		return;
	while (i < r->n && r->column[i] != l->epoch_column - 1)
		i++;
	if (i == r->n)
		return;
	epochs_row(&l->epochs, r->value[i], r->step);
	int64_t steps = epochs_steps(&l->epochs);
	if (steps == l->epoch_steps)
		return;
	char text[24];
	snprintf(text, sizeof text, "%" PRId64, steps);
	l->epoch_steps = steps;
	pass_param(j, log, RUN_EPOCH_STEPS, text);
}

static enum row_fate
j_row(struct sink *s, uint32_t log, const struct row *r)
{
	struct judge *j = of(s);
	enum row_fate fate = j->real->ops->row(j->real, log, r);
	struct judge_log *l = judge_log(j, log);
	if (l)
		see_epoch(j, log, l, r);
	if (fate != ROW_STORED || !l)
		return fate;
	l->comparing = false;
	if (j->rules)
		judge_log_row(j, log, l, r);
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
	pass_param(of(s), log, key, value);
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
	struct judge_log *l = j->rules ? judge_log(j, log) : NULL;
	if (l) {
		judge_log_said(l, w);
		judge_last_words(j, l->run);
	}
	j->real->ops->said(j->real, log, w);
}

/* What a replay only sees again was raised before. */
static void
j_raised(struct sink *s, uint32_t log, const struct raised *r)
{
	struct judge *j = of(s);
	struct judge_log *l = j->rules ? judge_log(j, log) : NULL;
	if (!l || l->comparing)
		return;
	judge_log_attempt(j, l);
	raised_take(r, l->run->run, l->attempt, l->historic, judge_emit, j);
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
	struct judge_log *l = judge_log(j, log);
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
	struct judge_log *l = judge_log(j, log);
	if (l)
		judge_log_gone(l, gone);
	j->real->ops->gone(j->real, log, gone);
}

static void
j_writing(struct sink *s, uint32_t log, const struct writing *w)
{
	struct judge *j = of(s);
	struct judge_log *l = judge_log(j, log);
	if (l)
		judge_log_writing(j, l, w);
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
	if (!judge_log(j, log))
		return;
	struct vitals *was = j->log[log].run;
	struct judge_log *l = judge_log_set(j, log, d->path, d->run, d->format);
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
	struct judge_log *l = judge_log(j, log);
	if (l) {
		judge_run_wake(j, l->run);
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

static void
j_rest(struct sink *s)
{
	struct sink *real = of(s)->real;
	if (real->ops->rest)
		real->ops->rest(real);
}

const struct sink_ops judge_ops = {
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
	.rest = j_rest,
	.commit = j_commit,
};
