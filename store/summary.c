/* What a run's record says is derived from its logs at each commit that touched one of them, so
 * that superseding rows, moving logs and restarting all end in the same numbers. Only which series
 * speak for the run, and how many metrics it has, is looked up no more often than columns change.
 * */
#include "store/batch.h"

#include "core/num.h"
#include "core/run.h"
#include "core/source.h"
#include "core/xalloc.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- parameters ------------------------------------------------------------------------------ */

void
run_param(struct run *run, const char *key, const char *value)
{
	size_t lo = 0, hi = run->nparams;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (strcmp(run->params[mid].key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < run->nparams && !strcmp(run->params[lo].key, key)) {
		if (!strcmp(run->params[lo].value, value))
			return;
		free(run->params[lo].value);
		run->params[lo].value = xstrdup(value);
	} else {
		(void)vec_push(run->params, run->nparams, run->paramcap);
		memmove(&run->params[lo + 1], &run->params[lo],
			(run->nparams - 1 - lo) * sizeof *run->params);
		run->params[lo] = (struct param){xstrdup(key), xstrdup(value)};
	}
	run->params_dirty = true;
}

/* Of several totals of one unit the least deep, of those the smallest: training ends at the first
 * limit it meets. */
void
run_totals(struct run *run)
{
	unsigned depths[STEP_NONE + 1] = {0};
	int64_t epoch_steps = 0;

	memset(run->totals, 0, sizeof run->totals);
	for (size_t i = 0; i < run->nparams; i++) {
		const char *value = run->params[i].value;
		enum step_unit unit;
		double v;
		int64_t total;
		bool epoch = !strcmp(run->params[i].key, RUN_EPOCH_STEPS);
		if ((!epoch && !run_total_param(run->params[i].key, &unit)) ||
		    !num_parse_all(value, value + strlen(value), &v) || !num_to_step(v, &total) ||
		    total <= 0)
			continue;
		if (epoch) {
			epoch_steps = total;
			continue;
		}
		unsigned depth = run_param_depth(run->params[i].key);
		if (!run->totals[unit] || depth < depths[unit] ||
		    (depth == depths[unit] && total < run->totals[unit])) {
			run->totals[unit] = total;
			depths[unit] = depth;
		}
	}
	if (!run->totals[STEP_STEP])
		run->totals[STEP_STEP] = run_total_of_epochs(run->totals[STEP_EPOCH], epoch_steps);
}

/* ---- which series speak ---------------------------------------------------------------------- */

static void
judge(const struct conf *conf, struct series *c)
{
	struct metric_role role;

	metric_role_told(conf, c->name, c->told, &role);
	c->loss_rank = metric_loss_rank(&role, c->name);
	c->headline_rank = metric_headline_rank(&role, c->name);
	c->goal = role.goal;
	c->judged = true;
}

struct pick {
	const struct log *log; /* NULL: none yet */
	uint32_t column;
	int rank;
	uint64_t points;
};

/* A series of one point beside one of many is a summary, whatever its name: Hugging Face's
 * train_loss beside loss. */
enum { MANY = 10 };

static void
offer(struct pick *p, const struct log *log, uint32_t column, int rank)
{
	uint64_t points = log->columns[column]->now.points;
	if (rank == INT_MAX)
		return;
	bool summary = points == 1 && p->points >= MANY;
	bool over_summary = points >= MANY && p->points == 1;
	if (p->log && !over_summary &&
	    (summary || rank > p->rank || (rank == p->rank && log->rank >= p->log->rank)))
		return;
	*p = (struct pick){log, column, rank, points};
}

static void
repick(struct batch *b, struct run *run)
{
	struct pick loss = {0}, headline = {0};
	struct map seen = {0};
	uint32_t metrics = 0;

	for (size_t i = 0; i < run->nlogs; i++) {
		struct log *log = run->logs[i];
		for (size_t j = 0; j < log->ncolumns; j++) {
			struct series *c = log->columns[j];
			if (c->attempt != run->rec.info.attempt || !c->now.points)
				continue;
			if (!c->judged)
				judge(b->conf, c);
			offer(&loss, log, (uint32_t)j, c->loss_rank);
			offer(&headline, log, (uint32_t)j, c->headline_rank);
			if (run->nlogs == 1) {
				metrics++;
			} else if (!map_get(&seen, c->name, strlen(c->name))) {
				map_put(&seen, c->name, strlen(c->name), c);
				metrics++;
			}
		}
	}
	map_release(&seen);
	run->rec.info.metrics = metrics;
	run->rec.loss_log = loss.log ? loss.log->id : 0;
	run->rec.loss_column = loss.column;
	run->rec.headline_log = headline.log ? headline.log->id : 0;
	run->rec.headline_column = headline.column;
	run->repick = false;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp((*(const struct log *const *)a)->path, (*(const struct log *const *)b)->path);
}

/* The sum of C, a column of LOG, over all files that go on one from the other. */
static struct series_sum
sum_of(const struct run *run, const struct log *log, const struct series *c)
{
	const struct source_ops *ops = source_by_name(log->format);
	const struct log **legs;
	struct series_sum all = {0};
	size_t n = 0;

	if (run->nlogs == 1 || !ops || !ops->continues)
		return c->now;
	legs = xreallocarray(NULL, run->nlogs, sizeof(struct log *));
	for (size_t i = 0; i < run->nlogs; i++)
		if (!strcmp(run->logs[i]->format, log->format) &&
		    source_continues(log->format, log->path, run->logs[i]->path))
			legs[n++] = run->logs[i];
	qsort(legs, n, sizeof *legs, by_path);
	for (size_t i = 0; i < n; i++) {
		uintptr_t at = (uintptr_t)map_get(&legs[i]->names, c->name, strlen(c->name));
		const struct series *leg = at ? legs[i]->columns[at - 1] : NULL;
		if (leg && leg->attempt == c->attempt)
			series_sum_append(&all, &leg->now);
	}
	free(legs);
	return all;
}

static void
glance(struct batch *b, const struct run *run, uint32_t log_id, uint32_t column, struct glance *g,
       struct spark *spark)
{
	const struct log *log = NULL;

	*g = (struct glance){.name = "", .last = NAN, .best = NAN};
	*spark = (struct spark){0};
	for (size_t i = 0; i < run->nlogs; i++)
		if (run->logs[i]->id == log_id)
			log = run->logs[i];
	if (!log || column >= log->ncolumns)
		return;
	struct series *c = log->columns[column];
	if (c->attempt != run->rec.info.attempt || !c->now.points)
		return;
	if (!c->judged)
		judge(b->conf, c);
	g->name = c->name;
	struct series_sum sum = sum_of(run, log, c);
	g->goal = (uint8_t)c->told;
	g->last = sum.last;
	g->best = c->goal == GOAL_MIN ? sum.min : c->goal == GOAL_MAX ? sum.max : NAN;
	g->step = sum.last_step;
	*spark = sum.spark;
}

/* ---- the rest -------------------------------------------------------------------------------- */

static const struct log_attempt *
attempt_of(const struct log *log, uint32_t attempt)
{
	for (size_t i = log->nattempts; i-- > 0;)
		if (log->attempts[i].attempt == attempt)
			return log->attempts[i].rows ? &log->attempts[i] : NULL;
	return NULL;
}

/* Files that go on one from the other have the steps of one. */
struct ends {
	const struct log *first, *last; /* NULL: there are none such */
};

static struct ends
ends_of(const struct run *run, uint32_t attempt)
{
	struct ends e = {0};

	for (size_t i = 0; i < run->nlogs; i++) {
		const struct log *log = run->logs[i];
		const struct source_ops *ops = source_by_name(log->format);
		if (!ops || !ops->continues || !attempt_of(log, attempt))
			continue;
		if (!e.first)
			e.first = e.last = log;
		else if (source_follows(log->format, log->path, e.first->path))
			e.first = log;
		else if (source_follows(log->format, e.last->path, log->path))
			e.last = log;
	}
	return e;
}

/* Does LOG lie between the two? */
static bool
goes_on(const struct ends *e, const struct log *log, const struct log *but)
{
	return e->first && log != but && !strcmp(log->format, e->first->format) &&
	       source_continues(log->format, e->first->path, log->path);
}

/* Steps, times and counts of INFO's attempt, over all logs that have rows in it. */
static void
sum_up(const struct run *run, struct run_info *info)
{
	bool any_first = false, any_last = false;
	struct ends ends = {0};

	if (run->nlogs > 1)
		ends = ends_of(run, info->attempt);
	info->unit = STEP_NONE;
	info->first_step = info->last_step = info->first_us = info->last_us = 0;
	info->points = 0;
	for (size_t i = 0; i < run->nlogs; i++) {
		const struct log_attempt *a = attempt_of(run->logs[i], info->attempt);
		if (a && a->unit < info->unit)
			info->unit = a->unit;
	}
	for (size_t i = 0; i < run->nlogs; i++) {
		const struct log_attempt *a = attempt_of(run->logs[i], info->attempt);
		if (!a)
			continue;
		info->points += a->points;
		if (a->first_us && (!info->first_us || a->first_us < info->first_us))
			info->first_us = a->first_us;
		if (a->last_us > info->last_us)
			info->last_us = a->last_us;
		if (a->unit != info->unit)
			continue;
		if (!goes_on(&ends, run->logs[i], ends.first) &&
		    (!any_first || a->first_step < info->first_step)) {
			info->first_step = a->first_step;
			any_first = true;
		}
		if (!goes_on(&ends, run->logs[i], ends.last) &&
		    (!any_last || a->last_step > info->last_step)) {
			info->last_step = a->last_step;
			any_last = true;
		}
	}
	info->total = run->totals[info->unit];
}

/* In how many attempts its logs have rows. */
static uint32_t
attempts_kept(const struct run *run)
{
	uint32_t n = 0;

	for (uint32_t a = 1; a <= run->rec.info.attempt; a++) {
		bool any = false;
		for (size_t i = 0; i < run->nlogs && !any; i++)
			any = attempt_of(run->logs[i], a) != NULL;
		n += any;
	}
	return n ? n : 1;
}

/* Of several the one of the format that is shown first. */
static const char *
title_of(const struct run *run)
{
	const struct log *best = NULL;

	for (size_t i = 0; i < run->nlogs; i++)
		if (run->logs[i]->title && (!best || run->logs[i]->rank < best->rank))
			best = run->logs[i];
	return best ? best->title : NULL;
}

static const struct log_attempt *
newest(const struct log *log)
{
	return &log->attempts[log->nattempts - 1];
}

const char *
run_last_words(const struct run *run)
{
	uint32_t attempt = run->rec.info.attempt;
	const struct log *said = NULL;

	for (size_t i = 0; i < run->nlogs; i++) {
		const struct log *log = run->logs[i];
		if (newest(log)->attempt == attempt && log->said.what &&
		    (!said || last_words_before(&log->said, &said->said)))
			said = log;
	}
	for (size_t i = 0; said && i < run->nlogs; i++) {
		const struct log *log = run->logs[i];
		if (log != said && newest(log)->attempt == attempt &&
		    last_words_outlived(&said->said,
					attempt_stepped_us(newest(log), log->cur.mtime_us)))
			return NULL;
	}
	return said ? said->said.what : NULL;
}

void
run_summarise(struct batch *b, struct run *run)
{
	struct run_info *info = &run->rec.info;

	if (run->repick)
		repick(b, run);
	sum_up(run, info);
	info->attempts = attempts_kept(run);
	info->title = title_of(run);
	info->gone = run->nlogs > 0;
	info->writing = (struct writing){0};
	for (size_t i = 0; i < run->nlogs; i++) {
		const struct log *log = run->logs[i];
		info->gone = info->gone && log->gone;
		writing_merge(&info->writing, &log->writing);
	}
	info->said = run_last_words(run);
	glance(b, run, run->rec.loss_log, run->rec.loss_column, &info->loss, &run->rec.loss_spark);
	glance(b, run, run->rec.headline_log, run->rec.headline_column, &info->headline,
	       &run->rec.headline_spark);

	/* A log that goes on in an attempt that is no longer the newest. */
	for (size_t i = 0; i < run->nlogs; i++) {
		struct log *log = run->logs[i];
		if (!log->dirty || log_now(log)->attempt == info->attempt)
			continue;
		struct past *p = run_past(b, run, log_now(log)->attempt);
		if (!p)
			continue;
		sum_up(run, &p->rec.info);
		p->dirty = true;
	}
}

void
run_attempt_begin(struct batch *b, struct run *run, uint32_t attempt)
{
	struct run_info *info = &run->rec.info;

	run_summarise(b, run);
	if (info->points) {
		struct past p = {.rec = run->rec, .dirty = true};
		past_own(&p);
		*vec_push(run->past, run->npast, run->pastcap) = p;
		run->rec.pasts++;
	}
	info->attempt = attempt;
	run->lead = NULL;
	run->repick = true;
	batch_touch_run(b, run);
}
