/* What the rules decide goes into the sink at once; a bell waits until that is kept. */
#include "core/judge_own.h"

#include "core/raised.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
judge_alert_copy(struct alert *to, const struct alert *a)
{
	*to = *a;
	to->rule = xstrdup(a->rule);
	to->run = xstrdup(a->run);
	to->metric = xstrdup(a->metric);
	to->message = xstrdup(a->message ? a->message : "");
}

void
judge_alert_release(struct alert *a)
{
	free((char *)a->rule);
	free((char *)a->run);
	free((char *)a->metric);
	free((char *)a->message);
}

void
judge_fired_clear(struct judge *j)
{
	for (size_t i = 0; i < j->nfired; i++)
		judge_alert_release(&j->fired[i]);
	j->nfired = 0;
}

/* What fired since the last commit and is over before it is told was never worth telling. */
static void
fired_drop(struct judge *j, uint64_t episode)
{
	for (size_t i = 0; i < j->nfired; i++)
		if (j->fired[i].episode == episode && !j->fired[i].event) {
			judge_alert_release(&j->fired[i]);
			memmove(j->fired + i, j->fired + i + 1,
				(--j->nfired - i) * sizeof *j->fired);
			return;
		}
}

void
judge_emit(void *ctx, const struct alert *a, bool fired_now)
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
		judge_alert_copy(vec_push(j->fired, j->nfired, j->fired_cap), a);
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
		judge_alert_copy(vec_push(j->dropped, j->ndropped, j->dropped_cap), a);
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
	if (raised_is(a->rule) ? a->state == ALERT_RESOLVED : !rules_restore(r->rules, a))
		judge_alert_copy(vec_push(r->drop, r->n, r->cap), a);
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

int
judge_take_rules(struct judge *j, const struct conf *c, struct err *e)
{
	struct restoring r = {0};
	int code = rules_new(c, &r.rules, e);
	if (code < 0)
		return code;
	rules_free(j->rules);
	j->rules = r.rules;
	rules_recall(j->rules, recall, j);
	rules_tagged(j->rules, j->tagged, j->tagged_ctx);
	judge_text_rules(j);
	j->real->ops->root_each(j->real, root_one, r.rules);
	j->real->ops->alert_each(j->real, restore_one, &r);
	for (size_t i = 0; i < r.n; i++) {
		j->real->ops->alert_drop(j->real, &r.drop[i]);
		tell_dropped(j, &r.drop[i]);
		judge_alert_release(&r.drop[i]);
		j->dirty = true;
	}
	free(r.drop);
	return 0;
}
