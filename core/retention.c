#include "core/retention.h"

#include "core/conf.h"
#include "core/num.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- reading a policy -------------------------------------------------------------------------- */

/* The next word of [*P, END), which is moved behind it; NULL: there is none. */
static char *
next_word(const char **p, const char *end)
{
	while (*p < end && (**p == ' ' || **p == '\t'))
		++*p;
	const char *from = *p;
	while (*p < end && **p != ' ' && **p != '\t')
		++*p;
	return *p > from ? xstrndup(from, (size_t)(*p - from)) : NULL;
}

static bool
whole(const char *z, int64_t most, int64_t *out)
{
	double v;
	return z && num_parse_all(z, z + strlen(z), &v) && num_to_step(v, out) && *out >= 1 &&
	       *out <= most;
}

static int
parse_rule(struct retention *p, const char *kind, const char *a, const char *b, struct err *e)
{
	int64_t n;
	if (strcmp(kind, "best") == 0) {
		/* "best val/loss" is "best 1 val/loss" */
		const char *metric = b ? b : a;
		if (!a || (b && !whole(a, 1000000, &n)))
			return err_set(e, ERR_USAGE, "expected best N METRIC");
		p->best = b ? (int)n : 1;
		free(p->best_metric);
		p->best_metric = xstrdup(metric);
		return 0;
	}
	if (b || !a)
		return err_set(e, ERR_USAGE, "expected %s and one word", kind);
	if (strcmp(kind, "last") == 0 && whole(a, 1000000, &n))
		p->last = (int)n;
	else if (strcmp(kind, "every") == 0 && whole(a, INT64_MAX, &n))
		p->every = n;
	else if (strcmp(kind, "within") == 0 && conf_parse_duration(a, &p->within_us) &&
		 p->within_us > 0)
		return 0;
	else if (strcmp(kind, "within") == 0)
		return err_set(e, ERR_USAGE, "within %s: expected a duration like 12h or 30d", a);
	else
		return err_set(e, ERR_USAGE, "%s %s: expected a whole number, at least 1", kind, a);
	return 0;
}

int
retention_parse(const char *text, struct retention *out, struct err *e)
{
	static const char *const known[] = {"best", "last", "every", "within"};
	int code = 0;
	*out = (struct retention){0};
	for (const char *p = text; p && code == 0;) {
		const char *comma = strchr(p, ','), *end = comma ? comma : p + strlen(p);
		char *kind = next_word(&p, end), *a = next_word(&p, end), *b = next_word(&p, end);
		char *more = next_word(&p, end);
		bool ok = false;
		for (int i = 0; kind && i < 4; i++)
			ok = ok || strcmp(kind, known[i]) == 0;
		const char *near = kind && !ok ? conf_nearest(kind, known, 4) : NULL;
		if (!kind)
			code = err_set(e, ERR_USAGE, "expected rules like best 3 val/loss, last 5");
		else if (near)
			code = err_set(e, ERR_USAGE, "there is no rule '%s'; did you mean '%s'?",
				       kind, near);
		else if (!ok)
			code = err_set(e, ERR_USAGE,
				       "there is no rule '%s'; it is best, last, every or within",
				       kind);
		else if (more)
			code = err_set(e, ERR_USAGE, "'%s' is too much behind %s", more, kind);
		else
			code = parse_rule(out, kind, a, b, e);
		free(kind);
		free(a);
		free(b);
		free(more);
		p = comma ? comma + 1 : NULL;
	}
	if (code < 0)
		retention_release(out);
	return code;
}

void
retention_release(struct retention *p)
{
	free(p->best_metric);
	*p = (struct retention){0};
}

bool
retention_empty(const struct retention *p)
{
	return !p->best && !p->last && !p->every && !p->within_us;
}

/* -- judging ----------------------------------------------------------------------------------- */

/* NaN: it can't be compared, and is neither best nor gone for that. */
static double
metric_of(const struct retention *p, const struct version *v)
{
	const struct version_metric *m =
		p->best_metric && !v->broken ? version_metric(v, p->best_metric) : NULL;
	return m ? m->value : NAN;
}

/* How many of V's model are better; ties go to the older. Negative: it has no value. */
static int
rank_of(const struct retention *p, const struct version_list *all, size_t at, enum goal goal)
{
	const struct version *v = &all->at[at];
	double x = metric_of(p, v);
	int better = 0;
	if (isnan(x))
		return -1;
	for (size_t i = 0; i < all->n && goal != GOAL_NONE; i++) {
		double y = metric_of(p, &all->at[i]);
		if (i == at || isnan(y) || all->at[i].trashed ||
		    strcmp(all->at[i].model, v->model) != 0)
			continue;
		if ((goal == GOAL_MAX ? y > x : y < x) || (y == x && all->at[i].number < v->number))
			better++;
	}
	return better;
}

/* How many of V's model are newer. */
static int
newer_than(const struct version_list *all, const struct version *v)
{
	int n = 0;
	for (size_t i = 0; i < all->n; i++)
		n += !all->at[i].trashed && strcmp(all->at[i].model, v->model) == 0 &&
		     all->at[i].number > v->number;
	return n;
}

static char *
reason(const struct retention *p, const struct version_list *all, size_t at, enum goal goal,
       int64_t now_us)
{
	const struct version *v = &all->at[at];
	int newer = newer_than(all, v), rank = p->best ? rank_of(p, all, at, goal) : -1;
	int64_t age = now_us - v->time_us;
	for (size_t i = 0; i < v->naliases; i++)
		if (strcmp(v->alias[i], "latest") != 0)
			return xasprintf("alias %s", v->alias[i]);
	if (v->nslots)
		return xasprintf("deployed in %s", v->slot[0]);
	if (v->pinned)
		return xstrdup("pinned");
	if (v->ntags)
		return xasprintf("tag %s", v->tag[0].key);
	if (v->broken)
		return xstrdup("its manifest cannot be read");
	if (newer == 0)
		return xstrdup("the newest");
	if (retention_empty(p))
		return xstrdup("no rule removes anything");
	if (rank >= 0 && goal == GOAL_NONE)
		return xasprintf("no goal is known for %s", p->best_metric);
	if (rank >= 0 && rank < p->best)
		return rank ? xasprintf("best %d by %s", rank + 1, p->best_metric)
			    : xasprintf("best by %s", p->best_metric);
	if (newer < p->last)
		return xasprintf("last %d", p->last);
	if (p->every && v->step_from != VERSION_STEP_NONE && v->step % p->every == 0)
		return xasprintf("every %lld steps", (long long)p->every);
	/* What is dated in the future is left to the other rules: a clock that was wrong must not
	 * keep it for ever. */
	if (p->within_us && age >= 0 && age < p->within_us)
		return xstrdup("young");
	return NULL;
}

void
retention_judge(const struct retention *p, const struct version_list *all, enum goal goal,
		int64_t now_us, char **keep)
{
	for (size_t i = 0; i < all->n; i++)
		keep[i] = all->at[i].trashed ? xstrdup("removed already")
					     : reason(p, all, i, goal, now_us);
}
