/* A file is read into cases, and a case is played on a clock of its own: at each moment first the
 * points, then a tick of each run, then what is expected. */
#include "core/rule_test.h"

#include "core/notation.h"
#include "core/xalloc.h"
#include "core/yaml_flat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000)
#define T0 INT64_C(1700000000000000) /* any time will do */

enum { CASES_MAX = 1000, ITEMS_MAX = 10000, LABEL_BYTES = 512 };

struct wanted {
	char *run, *metric, *severity; /* NULL: whatever it is */
};

struct expected {
	char *rule;
	int64_t at_us;
	bool timed;
	struct wanted *alert;
	size_t n, cap;
};

struct fed {
	char *metric, *run;
	struct noted *value;
	size_t n;
};

struct test_case {
	int64_t interval_us;
	struct fed *series;
	size_t nseries, series_cap;
	struct expected *expect;
	size_t nexpect, expect_cap;
};

struct rule_test {
	char *name;
	int64_t every_us;
	char **file;
	size_t nfiles, file_cap;
	struct test_case *at;
	size_t n, cap;
};

/* -- reading ----------------------------------------------------------------------------------- */

struct reader {
	struct rule_test *t;
	struct err *e;
	int code;
	int leaves;
};

static void
refuse(struct reader *r, const char *key, const char *what)
{
	if (r->code == 0)
		r->code = err_set(r->e, ERR_USAGE, "%s: %s: %s", r->t->name, key, what);
}

/* Goes into KEY's next part, if that is WORD. */
static bool
enter(const char **key, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*key, word, n) != 0 || ((*key)[n] && (*key)[n] != '/'))
		return false;
	*key += n + ((*key)[n] == '/');
	return true;
}

/* Likewise, if that is a number below MOST. */
static bool
enter_index(const char **key, size_t most, size_t *i)
{
	char *end;

	*i = strtoul(*key, &end, 10);
	if (end == *key || *i >= most || (*end && *end != '/'))
		return false;
	*key = end + (*end == '/');
	return true;
}

static void
take_time(struct reader *r, const char *key, const char *value, int64_t *us)
{
	if (!conf_parse_duration(value, us) || *us < 0)
		refuse(r, key, "expected a duration like 5m");
}

/* NAME{run="RUN"} */
static void
take_series(struct reader *r, const char *key, const char *value, struct fed *f)
{
	const char *brace = strrchr(value, '{');
	size_t n = brace ? (size_t)(brace - value) : strlen(value);

	if (!n) {
		refuse(r, key, "there is no metric before {");
		return;
	}
	free(f->metric);
	free(f->run);
	f->metric = xstrndup(value, n);
	f->run = xstrdup("run");
	if (!brace || strcmp(brace, "{}") == 0)
		return;
	const char *run = brace + 1, *end = value + strlen(value) - 1;
	if (strncmp(run, "run=", 4) != 0 || *end != '}') {
		refuse(r, key, "expected METRIC{run=\"RUN\"}");
		return;
	}
	run += 4;
	bool quoted = *run == '"' || *run == '\'';
	if (quoted && (end - run < 2 || end[-1] != *run)) {
		refuse(r, key, "the quotes are not closed");
		return;
	}
	free(f->run);
	f->run = quoted ? xstrndup(run + 1, (size_t)(end - run) - 2)
			: xstrndup(run, (size_t)(end - run));
}

static void
take_values(struct reader *r, const char *key, const char *value, struct fed *f)
{
	struct err inner = {0};

	free(f->value);
	if (notation_expand(value, &f->value, &f->n, &inner) < 0)
		refuse(r, key, inner.text);
}

static void
take_text(char **to, const char *value)
{
	free(*to);
	*to = xstrdup(value);
}

static void
take_expected(struct reader *r, const char *whole, const char *key, const char *value,
	      struct expected *x)
{
	size_t i;

	if (enter(&key, "eval_time")) {
		x->timed = true;
		take_time(r, whole, value, &x->at_us);
	} else if (enter(&key, "alertname")) {
		take_text(&x->rule, value);
	} else if (enter(&key, "exp_alerts") && enter_index(&key, ITEMS_MAX, &i)) {
		while (x->n <= i)
			*vec_push(x->alert, x->n, x->cap) = (struct wanted){0};
		struct wanted *w = &x->alert[i];
		if (enter(&key, "exp_annotations"))
			return;
		if (!enter(&key, "exp_labels"))
			refuse(r, whole, "expected exp_labels");
		else if (enter(&key, "run"))
			take_text(&w->run, value);
		else if (enter(&key, "metric"))
			take_text(&w->metric, value);
		else if (enter(&key, "severity"))
			take_text(&w->severity, value);
		else
			refuse(r, whole, "labels are run, metric and severity");
	} else {
		refuse(r, whole, "expected eval_time, alertname or exp_alerts");
	}
}

static void
take_case(struct reader *r, const char *whole, const char *key, const char *value,
	  struct test_case *c)
{
	size_t i;

	if (enter(&key, "interval")) {
		take_time(r, whole, value, &c->interval_us);
	} else if (enter(&key, "name")) {
		return;
	} else if (enter(&key, "input_series") && enter_index(&key, ITEMS_MAX, &i)) {
		while (c->nseries <= i)
			*vec_push(c->series, c->nseries, c->series_cap) = (struct fed){0};
		if (enter(&key, "series"))
			take_series(r, whole, value, &c->series[i]);
		else if (enter(&key, "values"))
			take_values(r, whole, value, &c->series[i]);
		else
			refuse(r, whole, "expected series or values");
	} else if (enter(&key, "alert_rule_test") && enter_index(&key, ITEMS_MAX, &i)) {
		while (c->nexpect <= i)
			*vec_push(c->expect, c->nexpect, c->expect_cap) = (struct expected){0};
		take_expected(r, whole, key, value, &c->expect[i]);
	} else {
		refuse(r, whole, "expected interval, input_series or alert_rule_test");
	}
}

static void
on_scalar(void *ctx, const char *whole, const char *value)
{
	struct reader *r = ctx;
	struct rule_test *t = r->t;
	const char *key = whole;
	size_t i;

	if (r->code < 0)
		return;
	/* What comes behind so many is not read: half a test is none. */
	if (++r->leaves == YAML_FLAT_LEAVES)
		refuse(r, whole, "the file is too long");
	else if (enter(&key, "rule_files") && enter_index(&key, ITEMS_MAX, &i)) {
		*vec_push(t->file, t->nfiles, t->file_cap) = xstrdup(value);
	} else if (enter(&key, "evaluation_interval")) {
		take_time(r, whole, value, &t->every_us);
	} else if (enter(&key, "tests") && enter_index(&key, CASES_MAX, &i)) {
		while (t->n <= i)
			*vec_push(t->at, t->n, t->cap) =
				(struct test_case){.interval_us = 60 * SECOND};
		take_case(r, whole, key, value, &t->at[i]);
	} else {
		refuse(r, whole, "expected rule_files, evaluation_interval or tests");
	}
}

static void
check_whole(struct reader *r)
{
	const struct rule_test *t = r->t;
	char key[80];

	if (!t->n)
		refuse(r, "tests", "there are none");
	for (size_t i = 0; i < t->n; i++) {
		const struct test_case *c = &t->at[i];
		for (size_t k = 0; k < c->nseries; k++) {
			snprintf(key, sizeof key, "tests/%zu/input_series/%zu", i, k);
			if (!c->series[k].metric || !c->series[k].n)
				refuse(r, key, "needs series and values");
		}
		for (size_t k = 0; k < c->nexpect; k++) {
			snprintf(key, sizeof key, "tests/%zu/alert_rule_test/%zu", i, k);
			if (!c->expect[k].rule || !c->expect[k].timed)
				refuse(r, key, "needs eval_time and alertname");
		}
		snprintf(key, sizeof key, "tests/%zu/interval", i);
		if (c->interval_us <= 0)
			refuse(r, key, "expected a duration like 1m");
	}
	if (t->every_us <= 0)
		refuse(r, "evaluation_interval", "expected a duration like 1m");
}

int
rule_test_parse(const char *name, const char *text, size_t n, struct rule_test **out, struct err *e)
{
	struct rule_test *t = xcalloc(1, sizeof *t);
	struct reader r = {.t = t, .e = e};

	t->name = xstrdup(name);
	t->every_us = 60 * SECOND;
	size_t line = yaml_flat(text, n, on_scalar, &r);
	if (line && r.code == 0)
		r.code = err_set(e, ERR_USAGE, "%s:%zu: this is no YAML", name, line);
	if (r.code == 0)
		check_whole(&r);
	if (r.code < 0) {
		rule_test_free(t);
		t = NULL;
	}
	*out = t;
	return r.code;
}

static void
expected_free(struct expected *x)
{
	for (size_t i = 0; i < x->n; i++) {
		free(x->alert[i].run);
		free(x->alert[i].metric);
		free(x->alert[i].severity);
	}
	free(x->alert);
	free(x->rule);
}

void
rule_test_free(struct rule_test *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		struct test_case *c = &t->at[i];
		for (size_t k = 0; k < c->nseries; k++) {
			free(c->series[k].metric);
			free(c->series[k].run);
			free(c->series[k].value);
		}
		for (size_t k = 0; k < c->nexpect; k++)
			expected_free(&c->expect[k]);
		free(c->series);
		free(c->expect);
	}
	for (size_t i = 0; i < t->nfiles; i++)
		free(t->file[i]);
	free(t->file);
	free(t->at);
	free(t->name);
	free(t);
}

const char *
rule_test_file(const struct rule_test *t, int i)
{
	return (size_t)i < t->nfiles ? t->file[i] : NULL;
}

/* -- playing ----------------------------------------------------------------------------------- */

/* What fires now. */
struct shot {
	char *rule, *run, *metric;
	enum severity severity;
	bool met;
};

struct actor { /* a run */
	const char *run;
	struct run_evidence ev;
	struct pace pace;
};

struct play {
	const struct rule_test_events *events;
	struct rules *rules;
	int number, failures;
	int64_t now_us;
	struct shot *shot;
	size_t nshots, shot_cap;
	struct actor *actor;
	size_t nactors, actor_cap;
};

static void
shot_free(struct shot *s)
{
	free(s->rule);
	free(s->run);
	free(s->metric);
}

static void
on_change(void *ctx, const struct alert *a, bool fired_now)
{
	struct play *p = ctx;
	bool fires = a->state == ALERT_FIRING || a->state == ALERT_RECOVERING;
	size_t i = 0;

	(void)fired_now;
	while (i < p->nshots &&
	       (strcmp(p->shot[i].rule, a->rule) != 0 || strcmp(p->shot[i].run, a->run) != 0 ||
		strcmp(p->shot[i].metric, a->metric) != 0))
		i++;
	if (!fires && i < p->nshots) {
		shot_free(&p->shot[i]);
		p->shot[i] = p->shot[--p->nshots];
	} else if (fires && i == p->nshots) {
		*vec_push(p->shot, p->nshots, p->shot_cap) =
			(struct shot){xstrdup(a->rule), xstrdup(a->run), xstrdup(a->metric),
				      a->severity, false};
	}
	if (p->events->changed)
		p->events->changed(p->events->ctx, p->number, p->now_us, a);
}

static bool
is_wanted(const struct wanted *w, const struct shot *s)
{
	return (!w->run || strcmp(w->run, s->run) == 0) &&
	       (!w->metric || strcmp(w->metric, s->metric) == 0) &&
	       (!w->severity || strcmp(w->severity, severity_names[s->severity]) == 0);
}

static void
fail(struct play *p, const char *rule, const char *what, const char *run, const char *metric)
{
	char *text = xasprintf("%s %s: %s%s%s", rule, what, run, *metric ? ", " : "", metric);

	p->failures++;
	if (p->events->failed)
		p->events->failed(p->events->ctx, p->number, p->now_us, text);
	free(text);
}

static void
check(struct play *p, const struct expected *x)
{
	for (size_t i = 0; i < p->nshots; i++)
		p->shot[i].met = false;
	for (size_t k = 0; k < x->n; k++) {
		const struct wanted *w = &x->alert[k];
		size_t i = 0;
		while (i < p->nshots && (p->shot[i].met || strcmp(p->shot[i].rule, x->rule) != 0 ||
					 !is_wanted(w, &p->shot[i])))
			i++;
		if (i < p->nshots)
			p->shot[i].met = true;
		else
			fail(p, x->rule, "does not fire for", w->run ? w->run : "any run",
			     w->metric ? w->metric : "");
	}
	for (size_t i = 0; i < p->nshots; i++)
		if (!p->shot[i].met && strcmp(p->shot[i].rule, x->rule) == 0)
			fail(p, x->rule, "fires for", p->shot[i].run, p->shot[i].metric);
}

static struct actor *
actor_of(struct play *p, const char *run)
{
	for (size_t i = 0; i < p->nactors; i++)
		if (strcmp(p->actor[i].run, run) == 0)
			return &p->actor[i];
	struct actor *a = vec_push(p->actor, p->nactors, p->actor_cap);
	*a = (struct actor){.run = run};
	return a;
}

static void
feed(struct play *p, const struct test_case *c, size_t k, size_t step)
{
	const struct fed *f = &c->series[k];
	int64_t now = T0 + p->now_us;

	if (step >= f->n || !f->value[step].there)
		return;
	struct actor *a = actor_of(p, f->run);
	if (!a->ev.first_us)
		a->ev.first_us = now;
	if (a->ev.last_arrival_us != now)
		pace_arrival(&a->pace, now);
	a->ev.last_us = a->ev.last_arrival_us = now;
	a->ev.last_step = (int64_t)step;
	a->ev.points++;
	rules_point(p->rules, f->run, 1, (uint64_t)k + 1, f->metric, (int64_t)step, now,
		    f->value[step].value, false, on_change, p);
}

static int64_t
length_of(const struct test_case *c)
{
	int64_t most = 0;

	for (size_t i = 0; i < c->nseries; i++) {
		int64_t us;
		if (!__builtin_mul_overflow((int64_t)c->series[i].n, c->interval_us, &us) &&
		    us > most)
			most = us;
	}
	for (size_t i = 0; i < c->nexpect; i++)
		if (c->expect[i].at_us > most)
			most = c->expect[i].at_us;
	return most;
}

static void
play_case(struct play *p, const struct rule_test *t, const struct test_case *c)
{
	enum { MOMENTS_MAX = 1000000 };
	int64_t end = length_of(c), point_us = 0, tick_us = 0;
	size_t step = 0;
	int i = 0;

	for (; p->now_us <= end && i < MOMENTS_MAX; i++) {
		if (p->now_us == point_us) {
			for (size_t k = 0; k < c->nseries; k++)
				feed(p, c, k, step);
			step++;
			point_us += c->interval_us;
		}
		if (p->now_us == tick_us) {
			for (size_t k = 0; k < p->nactors; k++)
				rules_run(p->rules, p->actor[k].run, 1, &p->actor[k].ev,
					  &p->actor[k].pace, T0 + p->now_us, on_change, p);
			tick_us += t->every_us;
		}
		int64_t next = point_us < tick_us ? point_us : tick_us;
		for (size_t k = 0; k < c->nexpect; k++) {
			if (c->expect[k].at_us == p->now_us)
				check(p, &c->expect[k]);
			else if (c->expect[k].at_us > p->now_us && c->expect[k].at_us < next)
				next = c->expect[k].at_us;
		}
		p->now_us = next;
	}
	if (i == MOMENTS_MAX)
		fail(p, "the test", "is too long: it ended", "early", "");
}

int
rule_test_run(const struct rule_test *t, const struct conf *c, const struct rule_test_events *ev,
	      int *checked, struct err *e)
{
	int failures = 0;

	*checked = 0;
	for (size_t i = 0; i < t->n; i++) {
		struct play p = {.events = ev, .number = (int)i};
		int code = rules_new(c, &p.rules, e);
		if (code < 0)
			return code;
		play_case(&p, t, &t->at[i]);
		*checked += (int)t->at[i].nexpect;
		failures += p.failures;
		for (size_t k = 0; k < p.nshots; k++)
			shot_free(&p.shot[k]);
		free(p.shot);
		free(p.actor);
		rules_free(p.rules);
	}
	return failures;
}
