/* What is known of each run from before: its evidence, its last words, and the rows that a command
 * has stored and nobody has judged. */
#include "core/judge_own.h"

#include "core/clock.h"
#include "core/judge_missed.h"
#include "core/role.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
	RECENT_US = 600 * 1000000LL, /* a log this fresh at the start counts as seen alive */
};

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
		.format = judge_format(li->format),
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
		.fn = judge_emit,
		.ctx = j,
	};
	if (l->attempt == judge_run(j, l->run)->attempt)
		judge_missed(&m);
	j->real->ops->judged(j->real, l->id);
	j->dirty = true;
}

/* What judge_last_words() makes of each run, in two passes over all of them. */
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
		struct vitals *v = judge_log_set(j, l->id, l->path, l->run, l->format)->run;
		judge_log_gone(&j->log[l->id], l->gone);
		/* Nothing of it is known yet, so nothing has to be worked out anew. */
		struct writing all = v->ev.writing;
		j->log[l->id].writing = l->writing;
		writing_merge(&all, &l->writing);
		vitals_writing(v, &all);
		if (l->attempt > v->attempt)
			vitals_anew(v, l->attempt);
		vitals_arrival(v, l->mtime_us, false);
		j->log[l->id].stepped_us = l->stepped_us;
		judge_log_said(&j->log[l->id], &l->said);
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
	judge_text_catch_up(j);
}
