/* Of each log is remembered only what a row needs to be judged: its run, its attempt, the names of
 * the columns that have passed; and of each run its vital signs. */
#include "core/judge_own.h"

#include "core/clock.h"
#include "core/role.h"
#include "core/source.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct vitals *
judge_run(struct judge *j, const char *path)
{
	size_t n = strlen(path);
	struct vitals *v = index_get(&j->runs, path, n);
	if (!v) {
		v = vitals_new(path);
		index_put(&j->runs, path, n, v);
		const char *total = j->conf ? conf_run(j->conf, path, "total") : NULL;
		if (total)
			vitals_total(v, total);
	}
	return v;
}

struct judge_log *
judge_log(struct judge *j, uint32_t id)
{
	return id < j->nlogs && j->log[id].run ? &j->log[id] : NULL;
}

static void
columns_release(struct judge_log *l)
{
	for (size_t i = 0; i < l->ncolumns; i++)
		free(l->column[i].name);
	free(l->column);
	l->column = NULL;
	l->ncolumns = l->cap = 0;
}

static void
log_release(struct judge_log *l)
{
	columns_release(l);
	judge_log_lines_release(l);
	free(l->path);
	free((char *)(uintptr_t)l->said.what);
	*l = (struct judge_log){0};
}

void
judge_log_gone(struct judge_log *l, bool gone)
{
	if (l->gone == gone)
		return;
	l->gone = gone;
	l->run->ngone += gone ? 1 : -1;
	l->run->ev.gone = l->run->ngone == l->run->nlogs;
}

void
judge_log_writing(struct judge *j, struct judge_log *l, const struct writing *w)
{
	struct writing all = {0};
	size_t from = (size_t)(l - j->log), to = from + 1;
	l->writing = *w;
	/* The logs of a run mostly came one soon after the other: they are looked for outwards. */
	for (int found = 1; found < l->run->nlogs && (from || to < j->nlogs);) {
		if (from)
			found += j->log[--from].run == l->run;
		if (to < j->nlogs)
			found += j->log[to++].run == l->run;
	}
	for (size_t i = from; i < to; i++)
		if (j->log[i].run == l->run)
			writing_merge(&all, &j->log[i].writing);
	vitals_writing(l->run, &all);
}

void
judge_log_said(struct judge_log *l, const struct last_words *w)
{
	free((char *)(uintptr_t)l->said.what);
	l->said = *w;
	if (w->what)
		l->said.what = xstrdup(w->what);
}

const char *
judge_format(const char *name)
{
	const struct source_ops *ops = source_by_name(name);
	return ops ? ops->name : "";
}

struct judge_log *
judge_log_set(struct judge *j, uint32_t id, const char *path, const char *run, const char *format)
{
	if (id >= j->nlogs) {
		xgrow(&j->log, &j->cap, id + 1, sizeof *j->log);
		memset(j->log + j->nlogs, 0, (id + 1 - j->nlogs) * sizeof *j->log);
		j->nlogs = id + 1;
	}
	struct judge_log *l = &j->log[id];
	struct vitals *v = judge_run(j, run);
	if (l->run != v) {
		if (l->run) {
			judge_log_gone(l, false);
			l->run->nlogs--;
			l->run->ev.gone = l->run->nlogs && l->run->ngone == l->run->nlogs;
		}
		l->run = v;
		v->nlogs++;
		v->ev.gone = false;
	}
	free(l->path);
	l->path = xstrdup(path);
	l->format = judge_format(format);
	l->stale = true;
	return l;
}

void
judge_log_attempt(struct judge *j, struct judge_log *l)
{
	struct log_info li;
	if (!l->stale)
		return;
	l->stale = false;
	if (!j->real->ops->log_find(j->real, l->path, &li))
		return;
	l->attempt = li.attempt;
	if (j->rules && !l->said.what && li.said.what)
		judge_log_said(l, &li.said);
	if (j->rules && li.attempt > l->run->attempt)
		vitals_anew(l->run, li.attempt);
}

void
judge_last_words(struct judge *j, struct vitals *run)
{
	static const struct last_words none;
	const struct judge_log *said = NULL;
	for (size_t i = 0; i < j->nlogs; i++) {
		struct judge_log *l = &j->log[i];
		if (l->run != run)
			continue;
		judge_log_attempt(j, l);
		if (l->said.what && l->attempt >= run->attempt &&
		    (!said || last_words_before(&l->said, &said->said)))
			said = l;
	}
	const struct last_words *w = said ? &said->said : &none;
	for (size_t i = 0; said && i < j->nlogs; i++) {
		const struct judge_log *l = &j->log[i];
		if (l->run == run && l != said && l->attempt >= run->attempt &&
		    last_words_outlived(&said->said, l->stepped_us))
			w = &none;
	}
	vitals_said(run, w);
}

static void
log_stepped(struct judge *j, struct judge_log *l, const struct row *r)
{
	int64_t us = r->wall_us ? r->wall_us : r->arrival_us;
	/* A stamp without its zone may be hours ahead. */
	if (r->arrival_us && r->arrival_us < us)
		us = r->arrival_us;
	if (r->unit > STEP_EPOCH || us <= l->stepped_us)
		return;
	l->stepped_us = us;
	if (last_words_outlived(&l->run->said, us))
		judge_last_words(j, l->run);
}

/* What column C of the log is called and is good for, asked for when its first value comes by. */
static const struct judge_column *
column_at(struct judge *j, uint32_t id, struct judge_log *l, uint32_t c)
{
	if (c >= l->ncolumns) {
		xgrow(&l->column, &l->cap, c + 1, sizeof *l->column);
		memset(l->column + l->ncolumns, 0, (c + 1 - l->ncolumns) * sizeof *l->column);
		l->ncolumns = c + 1;
	}
	struct judge_column *col = &l->column[c];
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
take_lead(struct judge *j, uint32_t id, const struct judge_log *l)
{
	const struct judge_log *lead = judge_log(j, l->run->lead);
	if (lead && lead != l && source_follows(l->format, lead->path, l->path))
		l->run->lead = id;
}

void
judge_run_wake(struct judge *j, struct vitals *v)
{
	struct run_kept k;
	if (vitals_rests(v) && j->real->ops->run_find(j->real, v->run, &k))
		vitals_wake(v, &k.pace);
}

void
judge_run_rest(struct judge *j, struct vitals *v)
{
	vitals_rest(v);
	if (j->rules)
		rules_rest(j->rules, v->run);
}

void
judge_log_row(struct judge *j, uint32_t id, struct judge_log *l, const struct row *r)
{
	judge_log_attempt(j, l);
	if (l->attempt < l->run->attempt)
		return; /* an older attempt's: no evidence of this one */
	int64_t now = l->historic ? (r->wall_us ? r->wall_us : r->arrival_us) : clock_wall_us();
	take_lead(j, id, l);
	judge_run_wake(j, l->run);
	vitals_row(l->run, id, r);
	log_stepped(j, l, r);
	if (l->run->fatal && r->unit <= STEP_EPOCH)
		judge_went_on(j, l->run, r->arrival_us);
	struct rules_row row = {.run = l->run->run,
				.attempt = l->attempt,
				.step = r->step,
				.now_us = now,
				.historic = l->historic,
				.fn = judge_emit,
				.ctx = j};
	for (unsigned i = 0; i < r->n; i++) {
		const struct judge_column *c = column_at(j, id, l, r->column[i]);
		if (c->loss_rank != INT_MAX)
			vitals_loss(l->run, c->loss_rank, r->value[i]);
		rules_value(j->rules, &row, (uint64_t)id << 32 | r->column[i], c->name,
			    r->value[i]);
	}
}

void
judge_logs_release(struct judge *j)
{
	for (size_t i = 0; i < j->nlogs; i++)
		log_release(&j->log[i]);
	j->nlogs = 0;
	size_t at = 0;
	struct vitals *v;
	while ((v = index_next(&j->runs, &at))) {
		v->nlogs = v->ngone = 0;
		v->logged = false;
	}
}

void
judge_historic(struct judge *j, uint32_t log, bool historic)
{
	struct judge_log *l = judge_log(j, log);
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
	const struct vitals *v = index_get(&j->runs, run, strlen(run));
	return v && v->nlogs > 0;
}

bool
judge_logged(const struct judge *j, const char *run)
{
	const struct vitals *v = index_get(&j->runs, run, strlen(run));
	return v && v->logged;
}

void
judge_set_logged(struct judge *j, const char *run)
{
	judge_run(j, run)->logged = true;
}

int64_t
judge_quiet_us(const struct judge *j, const char *run)
{
	static const struct run_evidence none;
	const struct vitals *v = index_get(&j->runs, run, strlen(run));
	return v ? run_quiet_us(&v->ev, vitals_pace(v)) : run_quiet_us(&none, NULL);
}

void
judge_sleep(struct judge *j, uint32_t log)
{
	struct judge_log *l = judge_log(j, log);
	if (!l)
		return;
	for (size_t c = 0; c < l->ncolumns && j->rules; c++)
		rules_sleep(j->rules, (uint64_t)log << 32 | c);
	columns_release(l);
	judge_log_lines_rest(l);
	if (!l->run->alive)
		judge_run_rest(j, l->run);
}
