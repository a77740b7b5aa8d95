/* Rules keep their own state; when a commit fails they are made anew from the states that are kept,
 * and the rows that were lost come by again. */
#include "core/judge_own.h"

#include "core/clock.h"
#include "core/raised.h"
#include "core/role.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

int
judge_new(struct sink *real, const struct conf *c, bool rules, struct judge **out, struct err *e)
{
	struct judge *j = xcalloc(1, sizeof *j);
	*j = (struct judge){.sink.ops = &judge_ops, .real = real, .conf = c, .runs.is = vitals_is};
	int code = rules ? judge_take_rules(j, c, e) : c ? rules_new(c, &j->asks, e) : 0;
	if (code < 0) {
		free(j);
		return code;
	}
	*out = j;
	return 0;
}

void
judge_free(struct judge *j)
{
	if (!j)
		return;
	judge_logs_release(j);
	free(j->log);
	size_t at = 0;
	struct vitals *v;
	while ((v = index_next(&j->runs, &at)))
		vitals_free(v);
	index_release(&j->runs);
	judge_fired_clear(j);
	free(j->fired);
	for (size_t i = 0; i < j->ndropped; i++)
		judge_alert_release(&j->dropped[i]);
	free(j->dropped);
	judge_text_release(j);
	rules_free(j->rules);
	rules_free(j->asks);
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
		judge_alert_release(&j->dropped[i]);
	}
	j->ndropped = 0;
}

int
judge_reconf(struct judge *j, const struct conf *c, struct err *e)
{
	struct rules *asks = NULL;
	int code = j->rules ? judge_take_rules(j, c, e) : rules_new(c, &asks, e);
	if (code < 0)
		return code;
	rules_free(j->asks);
	j->asks = asks;
	j->conf = c;
	for (size_t i = 0; i < j->nlogs; i++)
		for (size_t k = 0; k < j->log[i].ncolumns; k++) {
			struct metric_role role;
			struct judge_column *col = &j->log[i].column[k];
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

static bool
is_live(const struct vitals *v, int64_t now)
{
	const struct pace *pace = vitals_pace(v);
	return v->alive && (run_is_live(run_judge(&v->ev, pace, now, NULL), &v->ev, pace, now) ||
			    run_settles(&v->ev, pace, now));
}

bool
judge_tick(struct judge *j, int64_t now_us)
{
	bool live = false;
	size_t at = 0;
	struct vitals *v;
	while (j->rules && (v = index_next(&j->runs, &at))) {
		if (!v->alive)
			continue;
		judge_places_room(j->rules, v->run, &v->room_us, now_us);
		rules_run(j->rules, v->run, v->attempt, &v->ev, vitals_pace(v), now_us, judge_emit,
			  j);
		/* One that is no longer live has been judged a last time. */
		v->alive = is_live(v, now_us);
		live |= v->alive;
		if (!v->alive)
			judge_run_rest(j, v);
	}
	if (j->rules && (live || rules_uneasy(j->rules))) {
		judge_places_look(&j->places, j->rules, j->real, &j->runs, now_us, judge_emit, j);
		live |= rules_uneasy(j->rules);
	}
	return live;
}

bool
judge_any_live(struct judge *j, int64_t now_us)
{
	size_t at = 0;
	struct vitals *v;
	while (j->rules && (v = index_next(&j->runs, &at)))
		if (is_live(v, now_us))
			return true;
	return j->rules && rules_uneasy(j->rules);
}

void
judge_self(struct judge *j, const struct self_state *s, int64_t now_us)
{
	if (j->rules)
		rules_self(j->rules, s, now_us, judge_emit, j);
}

int
judge_ack(struct judge *j, const char *rule, const char *run, const char *metric)
{
	int64_t now = clock_wall_us();
	if (!j->rules)
		return 0;
	return rules_ack(j->rules, rule, run, metric, now, judge_emit, j) +
	       raised_ack(j->real, rule, run, metric, now, judge_emit, j);
}

void
judge_committed(struct judge *j, void (*fn)(void *ctx, const struct alert *a), void *ctx)
{
	j->dirty = false;
	for (size_t i = 0; fn && i < j->nfired; i++)
		fn(ctx, &j->fired[i]);
	judge_fired_clear(j);
}

void
judge_rolled_back(struct judge *j)
{
	judge_logs_release(j);
	judge_fired_clear(j);
	j->dirty = j->found = false;
	judge_text_release(j);
	/* The same configuration as before: it can't be refused now. */
	if (j->rules)
		judge_take_rules(j, j->conf, NULL);
}

bool
judge_dirty(const struct judge *j)
{
	return j->dirty;
}
