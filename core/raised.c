/* No state is held: what there is of them is in the sink, and a title that is raised again puts its
 * new episode in the place of the old one. */
#include "core/raised.h"

#include "core/str.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char rule_name[] = "raised";

bool
raised_is(const char *rule)
{
	return !strcmp(rule, rule_name);
}

void
raised_take(const struct raised *r, const char *run, uint32_t attempt, bool historic,
	    rules_emit_fn *fn, void *ctx)
{
	struct str message = STR_INIT;
	str_adds(&message, r->title);
	if (*r->title && *r->text)
		str_adds(&message, ": ");
	str_adds(&message, r->text);
	struct alert a = {
		.rule = rule_name,
		.run = run,
		.metric = r->title,
		.message = str_c(&message),
		.attempt = attempt,
		.state = ALERT_FIRING,
		.severity = r->severity,
		.episode = (uint64_t)r->at_us,
		.since_us = r->at_us,
		.fired_us = r->at_us,
		.updated_us = r->at_us,
		.step = r->step,
		.value = NAN,
		.latched = true,
		.historic = historic,
	};
	fn(ctx, &a, true);
	str_release(&message);
}

struct acked {
	const char *rule, *run, *metric;
	struct alert *found; /* the sink must not be called while it lists */
	size_t n, cap;
};

static bool
is_meant(const char *want, const char *is)
{
	return !want || !strcmp(want, is);
}

static int
collect(void *ctx, const struct alert *a)
{
	struct acked *k = ctx;
	if (!raised_is(a->rule) || a->state != ALERT_FIRING || a->acked ||
	    !is_meant(k->rule, a->rule) || !is_meant(k->run, a->run) ||
	    !is_meant(k->metric, a->metric))
		return 0;
	struct alert *mine = vec_push(k->found, k->n, k->cap);
	*mine = *a;
	mine->rule = rule_name;
	mine->run = xstrdup(a->run);
	mine->metric = xstrdup(a->metric);
	mine->message = xstrdup(a->message ? a->message : "");
	return 0;
}

int
raised_ack(struct sink *sink, const char *rule, const char *run, const char *metric, int64_t now_us,
	   rules_emit_fn *fn, void *ctx)
{
	struct acked k = {.rule = rule, .run = run, .metric = metric};
	sink->ops->alert_each(sink, collect, &k);
	for (size_t i = 0; i < k.n; i++) {
		struct alert *a = &k.found[i];
		a->state = ALERT_RESOLVED;
		a->acked = true;
		a->latched = false;
		a->since_us = a->updated_us = now_us;
		fn(ctx, a, false);
		free((char *)a->run);
		free((char *)a->metric);
		free((char *)a->message);
	}
	free(k.found);
	return (int)k.n;
}
