/* Names of runs as scripts see them, and RUN:METRIC.
 *
 * A run's identity is its canonical path. What a command prints and takes is that path below the
 * root it lies under; with several roots in play as many of a root's last components stand in front
 * as tell the roots apart. */
#include "core/clock.h"
#include "core/glob.h"
#include "core/name.h"
#include "core/xalloc.h"
#include "store/journal_files.h"
#include "tui/cmd.h"
#include "tui/names.h"
#include "tui/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cmd_names {
	char **root;  /* canonical */
	char **front; /* what stands before a run's path below it: "" or "parts/" */
	size_t n, cap;
};

static int
add_root(void *ctx, const char *path)
{
	struct cmd_names *names = ctx;
	*vec_push(names->root, names->n, names->cap) = xstrdup(path);
	return 0;
}

/* The last K components of PATH. */
static const char *
last_parts(const char *path, int k)
{
	const char *p = path + strlen(path);
	while (p > path && k > 0) {
		p--;
		if (*p == '/')
			k--;
	}
	return *p == '/' ? p + 1 : p;
}

static bool
parts_differ(const struct cmd_names *names, int k)
{
	for (size_t i = 0; i < names->n; i++)
		for (size_t j = i + 1; j < names->n; j++)
			if (strcmp(last_parts(names->root[i], k), last_parts(names->root[j], k)) ==
			    0)
				return false;
	return true;
}

/* The most specific root that PATH lies under; -1: none. */
static int
root_of(const struct cmd_names *names, const char *path)
{
	int at = -1;
	for (size_t i = 0; i < names->n; i++)
		if (path_under(path, names->root[i]) &&
		    (at < 0 || strlen(names->root[i]) > strlen(names->root[at])))
			at = (int)i;
	return at;
}

struct used {
	const struct cmd_names *names;
	bool *root;
};

static int
use_root(void *ctx, const struct run_info *r)
{
	struct used *used = ctx;
	int at = root_of(used->names, r->path);
	if (at >= 0)
		used->root[at] = true;
	return 0;
}

/* A known root without a run has no say in what the runs of others are called. */
static void
drop_empty_roots(struct cmd_names *names, struct snap *sn)
{
	struct used used = {names, xcalloc(names->n + 1, sizeof *used.root)};
	size_t n = 0;
	snap_runs(sn, use_root, &used);
	for (size_t i = 0; i < names->n; i++) {
		if (used.root[i])
			names->root[n++] = names->root[i];
		else
			free(names->root[i]);
	}
	names->n = n;
	free(used.root);
}

static struct cmd_names *
names_get(struct cmd_env *env, struct snap *sn)
{
	if (env->names)
		return env->names;
	struct cmd_names *names = env->names = xcalloc(1, sizeof *names);
	for (int i = 0; i < env->nroots; i++)
		add_root(names, env->root[i]);
	if (env->nroots == 0)
		snap_roots(sn, add_root, names);
	if (env->nroots == 0 && names->n > 1)
		drop_empty_roots(names, sn);
	int k = 1;
	while (k < 64 && !parts_differ(names, k))
		k++;
	names->front = xcalloc(names->n + 1, sizeof *names->front);
	for (size_t i = 0; i < names->n; i++)
		names->front[i] = names->n > 1 ? xasprintf("%s/", last_parts(names->root[i], k))
					       : xstrdup("");
	return names;
}

void
cmd_names_free(struct cmd_names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->n; i++) {
		free(names->root[i]);
		free(names->front[i]);
	}
	free(names->root);
	free(names->front);
	free(names);
}

bool
cmd_run_name(struct cmd_env *env, struct snap *sn, const char *path, struct str *name,
	     const char **root)
{
	struct cmd_names *names = names_get(env, sn);
	int at = root_of(names, path);
	const char *best = at >= 0 ? path_under(path, names->root[at]) : NULL;
	if (root)
		*root = best ? names->root[at] : NULL;
	if (!best && env->nroots > 0)
		return false;
	if (!name)
		return true;
	str_reset(name);
	if (!best) {
		str_adds(name, path);
	} else if (*best) {
		str_adds(name, names->front[at]);
		str_adds(name, best);
	} else if (names->n > 1) {
		str_add(name, names->front[at], strlen(names->front[at]) - 1);
	} else {
		str_adds(name, ".");
	}
	return true;
}

/* -- runs -------------------------------------------------------------------------------------- */

struct load {
	struct cmd_env *env;
	const struct journal *journal;
	struct snap *sn;
	struct cmd_run *run;
	size_t n, cap;
	int64_t now_us;
};

/* [run GLOB] KEY, by name or by path. */
static const char *
run_option(const struct cmd_env *env, const struct cmd_run *r, const char *key)
{
	const char *z = conf_run(env->conf, r->name, key);
	return z ? z : conf_run(env->conf, r->info.path, key);
}

static int64_t
run_total(const struct cmd_env *env, const struct cmd_run *r)
{
	const char *z = run_option(env, r, "total");
	return z ? strtoll(z, NULL, 10) : r->info.total;
}

static char *
run_called(const struct cmd_env *env, const struct cmd_run *r)
{
	const char *z = r->marks.name;
	if (!z)
		z = run_option(env, r, "name");
	if (!z || !*z)
		z = r->info.title;
	return z && *z ? xstrdup(z) : NULL;
}

static int
load_run(void *ctx, const struct run_info *r)
{
	struct load *ld = ctx;
	struct str name = STR_INIT;
	const char *root;
	if (!cmd_run_name(ld->env, ld->sn, r->path, &name, &root)) {
		str_release(&name);
		return 0;
	}
	struct cmd_run *run = vec_push(ld->run, ld->n, ld->cap);
	*run = (struct cmd_run){.info = *r, .name = str_steal(&name), .root = root};
	snap_pace(ld->sn, r->path, &run->pace);
	marks_read(&run->marks, ld->journal, r->path);
	run->called = run_called(ld->env, run);
	run->total = run_total(ld->env, run);
	struct run_evidence ev;
	run_info_evidence(r, &ev);
	ev.total = run->total;
	struct str why = STR_INIT;
	run->state = run_judge(&ev, NULL, ld->now_us, &why);
	run->why = str_steal(&why);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct cmd_run *x = a, *y = b;
	int c = names_order(x->name, y->name);
	return c ? c : strcmp(x->name, y->name);
}

/* Are the last components of the first LEN bytes of PATH those of WORD? */
static bool
ends_in(const char *path, size_t len, const char *word)
{
	size_t n = strlen(word);
	return n > 0 && len > n && path[len - n - 1] == '/' && memcmp(path + len - n, word, n) == 0;
}

/* PATH's length without the parts at its end that the screen leaves out: a run in net/logs is
 * net. */
static size_t
telling_len(const char *path)
{
	size_t len = strlen(path);
	for (;;) {
		size_t at = len;
		while (at && path[at - 1] != '/')
			at--;
		if (at < 2 || !names_generated(path + at, len - at))
			return len;
		len = at - 1;
	}
}

static void
run_release(struct cmd_run *r)
{
	free(r->why);
	marks_release(&r->marks);
	free(r->called);
	free(r->name);
}

static bool
matches(const char *word, const struct cmd_run *r)
{
	return glob_match(word, r->name) || glob_match(word, r->info.path) ||
	       (r->called && glob_match(word, r->called));
}

/* Marks the runs whose path ends in WORD: as it is, else but for generated parts. */
static int
mark_ends(const char *word, const struct cmd_run *run, int n, bool *mark)
{
	int found = 0;
	for (int i = 0; i < n; i++)
		if (ends_in(run[i].info.path, strlen(run[i].info.path), word))
			mark[i] = ++found;
	for (int i = 0, some = found; i < n && !some; i++)
		if (ends_in(run[i].info.path, telling_len(run[i].info.path), word))
			mark[i] = ++found;
	return found;
}

/* Marks the runs that the screen would show as WORD. */
static int
mark_shown(const char *word, const struct cmd_run *run, int n, bool *mark)
{
	const char **path = xcalloc((size_t)n + 1, sizeof *path);
	const char **given = xcalloc((size_t)n + 1, sizeof *given);
	char **name = xcalloc((size_t)n + 1, sizeof *name);
	struct named of = {.path = path, .given = given, .n = n};
	struct arena room = {0};
	int found = 0;
	for (int i = 0; i < n; i++) {
		path[i] = run[i].info.path;
		given[i] = run[i].called;
	}
	names_make(&room, &of, name);
	for (int i = 0; i < n; i++)
		if (strcmp(name[i], word) == 0)
			mark[i] = ++found;
	arena_release(&room);
	free(name);
	free(given);
	free(path);
	return found;
}

/* Marks the runs that WORD means: an exact name before the end of a path before what the screen
 * calls it before a pattern, which may begin at any directory. Returns how many. */
static int
mark_runs(const char *word, const struct cmd_run *run, int n, bool *mark)
{
	int found = 0;
	for (int i = 0; i < n; i++)
		if (strcmp(word, run[i].name) == 0 || strcmp(word, run[i].info.path) == 0)
			mark[i] = ++found;
	if (!found)
		found = mark_ends(word, run, n, mark);
	for (int i = 0, some = found; i < n && !some; i++)
		if (run[i].called && strcmp(word, run[i].called) == 0)
			mark[i] = ++found;
	if (!found && n)
		found = mark_shown(word, run, n, mark);
	if (found || !glob_is(word))
		return found;
	for (int i = 0; i < n; i++)
		if (matches(word, &run[i]))
			mark[i] = ++found;
	for (int i = 0, some = found; i < n && !some; i++)
		if (glob_path_match(word, run[i].info.path))
			mark[i] = ++found;
	return found;
}

/* WORD, no pattern, means N runs, the marked ones of those at RUN, where it may mean one. */
static int
not_one_run(const char *word, const struct cmd_run *run, const bool *mark, int n, struct err *e)
{
	struct str s = STR_INIT;
	for (int i = 0, said = 0; said < n; i++) {
		if (!mark[i])
			continue;
		if (said == 3 && n > 4) {
			str_adds(&s, ", …");
			break;
		}
		str_addf(&s, "%s%s", said++ ? ", " : "", run[i].name);
	}
	int rc = err_set(e, ERR_USAGE, "%s means %d runs: %s", word, n, str_c(&s));
	str_release(&s);
	return rc;
}

/* The name that WORD may have meant: by the whole of it, else by its last part; NULL: none. */
static const char *
nearest_name(const char *word, const char *const *names, int n)
{
	const char *near = conf_nearest(word, names, n);
	if (near)
		return near;
	const char **last = xcalloc((size_t)n + 1, sizeof *last);
	for (int i = 0; i < n; i++)
		last[i] = name_last(names[i]);
	near = conf_nearest(name_last(word), last, n);
	for (int i = 0; i < n && near; i++)
		if (last[i] == near) {
			near = names[i];
			break;
		}
	free(last);
	return near;
}

static int
no_such_run(const char *word, const struct cmd_run *run, int n, struct err *e)
{
	const char *sign = strrchr(word, '#');
	for (int i = 0; i < n && sign; i++) {
		const struct cmd_run *r = &run[i];
		if (strlen(r->name) == (size_t)(sign - word) &&
		    strncmp(r->name, word, (size_t)(sign - word)) == 0)
			return err_set(e, ERR_NOTFOUND,
				       "run %s has %u attempt%s: %s#%u is the newest", r->name,
				       r->info.attempt, r->info.attempt == 1 ? "" : "s", r->name,
				       r->info.attempt);
	}
	const char **names = xcalloc(2 * (size_t)n + 1, sizeof *names);
	int known = n;
	for (int i = 0; i < n; i++) {
		names[i] = run[i].name;
		if (run[i].called)
			names[known++] = run[i].called;
	}
	const char *near = nearest_name(word, names, known);
	free(names);
	if (near)
		return err_set(e, ERR_NOTFOUND, "no run %s; did you mean %s?", word, near);
	return err_set(e, ERR_NOTFOUND, "no run %s; mm runs lists them", word);
}

static bool
any_below(const struct load *ld, const char *dir)
{
	for (size_t i = 0; i < ld->n; i++)
		if (path_under(ld->run[i].info.path, dir))
			return true;
	return false;
}

int
cmd_runs_load(struct cmd_env *env, struct snap *sn, char **globs, int nglobs, struct cmd_run **out,
	      int *n, struct err *e)
{
	struct journal_files *journal = journal_files_new(NULL);
	struct load ld = {.env = env,
			  .journal = journal_files_state(journal),
			  .sn = sn,
			  .now_us = clock_wall_us()};
	struct err unread;
	*out = NULL;
	*n = 0;
	/* A run is a run without what was written of it. */
	if (journal_files_refresh(journal, &unread) < 0)
		fprintf(stderr, "mm: %s\n", unread.text);
	int rc = sn ? snap_runs(sn, load_run, &ld) : 0;
	journal_files_free(journal);
	for (int i = 0; i < env->nroots && rc == 0; i++)
		if (env->root_gone[i] && !any_below(&ld, env->root[i]))
			rc = err_set(e, ERR_NOTFOUND,
				     "--root %s: there is no such directory, and nothing is known "
				     "of one",
				     env->root[i]);
	if (rc == ERR_NOTFOUND) {
		*out = ld.run;
		*n = (int)ld.n;
		return rc;
	}
	if (rc < 0)
		return err_set(e, rc, "the list of runs cannot be read; mm check says more");
	if (ld.n)
		qsort(ld.run, ld.n, sizeof *ld.run, by_name);
	*out = ld.run;
	*n = (int)ld.n;
	if (nglobs == 0)
		return 0;
	bool *mark = xcalloc(ld.n + 1, sizeof *mark), *its = xcalloc(ld.n + 1, sizeof *its);
	for (int i = 0; i < nglobs && rc == 0; i++) {
		memset(its, 0, ld.n * sizeof *its);
		int found = mark_runs(globs[i], ld.run, *n, its);
		if (!found)
			rc = no_such_run(globs[i], ld.run, *n, e);
		else if (found > 1 && env->one_by_one && !glob_is(globs[i]))
			rc = not_one_run(globs[i], ld.run, its, found, e);
		for (size_t k = 0; k < ld.n; k++)
			mark[k] |= its[k];
	}
	free(its);
	int kept = 0;
	for (int i = 0; i < *n; i++) {
		if (rc == 0 && mark[i])
			ld.run[kept++] = ld.run[i];
		else
			run_release(&ld.run[i]);
	}
	*n = kept;
	free(mark);
	return rc;
}

void
cmd_runs_free(struct cmd_run *run, int n)
{
	for (int i = 0; i < n; i++)
		run_release(&run[i]);
	free(run);
}

/* -- RUN:METRIC -------------------------------------------------------------------------------- */

struct hunt {
	struct cmd_env *env;
	struct snap *sn;
	struct cmd_run *run;
	int n;
	bool *mark; /* runs that the left part names */
	const char *metric;
	bool unasked;     /* no metric is named */
	uint32_t attempt; /* asked for; 0: none in particular */
	struct err *e;
	const struct cmd_run *at;
	int (*fn)(void *ctx, const struct cmd_target *t);
	void *ctx;
	int found;
};

struct summing {
	struct series_sum *sum;
	enum step_unit unit;
};

static int
add_point(void *ctx, const struct point *p)
{
	struct summing *sm = ctx;
	series_sum_add(sm->sum, sm->unit, p->step, p->wall_us, p->value);
	return 0;
}

static int
give(struct hunt *h, const struct cmd_run *r, const struct series_info *s)
{
	struct cmd_target t = {.run = r->info,
			       .series = *s,
			       .run_name = r->name,
			       .unasked = h->unasked,
			       .attempt = h->attempt};
	if (!h->attempt) {
		h->found++;
		return h->fn ? h->fn(h->ctx, &t) : 0;
	}
	struct summing sm = {&t.series.now, (enum step_unit)s->all.unit};
	series_sum_init(&t.series.now);
	int rc = snap_points(h->sn, s->id, h->attempt, 0, add_point, &sm, h->e);
	if (rc < 0 || t.series.now.points == 0)
		return rc < 0 ? rc : 0;
	h->found++;
	return h->fn ? h->fn(h->ctx, &t) : 0;
}

/* As mark_runs(), and RUN#N: the N-th attempt of it. */
static int
mark_word(struct hunt *h, const char *word)
{
	h->attempt = 0;
	int found = mark_runs(word, h->run, h->n, h->mark);
	const char *sign = strrchr(word, '#');
	if (found || !sign || !sign[1] || sign[1 + strspn(sign + 1, "0123456789")])
		return found;
	char *run = xstrndup(word, (size_t)(sign - word));
	unsigned long n = strtoul(sign + 1, NULL, 10);
	found = n > 0 && n < UINT32_MAX ? mark_runs(run, h->run, h->n, h->mark) : 0;
	for (int i = 0; i < h->n; i++)
		if (h->mark[i] && n > h->run[i].info.attempt) {
			h->mark[i] = false;
			found--;
		}
	h->attempt = found > 0 ? (uint32_t)n : 0;
	free(run);
	return found > 0 ? found : 0;
}

static int
try_series(void *ctx, const struct series_info *s)
{
	struct hunt *h = ctx;
	bool hit = h->metric ? glob_match(h->metric, s->shown) : s->primary;
	return hit ? give(h, h->at, s) : 0;
}

/* The series that METRIC names in the marked runs: literally where it exists, else as a pattern.
 * NULL: all shown ones. */
static int
give_metrics(struct hunt *h, const char *metric)
{
	int rc = 0;
	struct series_info s;
	for (int i = 0; i < h->n && metric && rc == 0; i++)
		if (h->mark[i] && snap_series_find(h->sn, h->run[i].info.id, metric, &s))
			rc = give(h, &h->run[i], &s);
	if (h->found || (metric && !glob_is(metric)))
		return rc;
	h->metric = metric;
	h->unasked = !metric;
	for (int i = 0; i < h->n && rc == 0; i++) {
		h->at = &h->run[i];
		if (h->mark[i])
			rc = snap_series(h->sn, h->run[i].info.id, try_series, h);
	}
	return rc;
}

/* Does splitting SPEC at COLON name anything? Counts without giving, so that the first split that
 * does can be taken whole. */
static bool
split_names(struct hunt *h, const char *spec, const char *colon)
{
	char *left = xstrndup(spec, (size_t)(colon - spec));
	memset(h->mark, 0, (size_t)h->n * sizeof *h->mark);
	int (*fn)(void *, const struct cmd_target *) = h->fn;
	h->fn = NULL;
	h->found = 0;
	if (mark_word(h, left))
		give_metrics(h, colon + 1);
	h->fn = fn;
	free(left);
	bool any = h->found > 0;
	h->found = 0;
	return any;
}

struct shown {
	char **name;
	size_t n, cap;
};

static int
note_shown(void *ctx, const struct series_info *s)
{
	struct shown *sh = ctx;
	*vec_push(sh->name, sh->n, sh->cap) = xstrdup(s->shown);
	return 0;
}

/* The marked runs, which RUN names, have no METRIC. */
static int
no_such_metric(const struct hunt *h, const char *run, const char *metric, struct err *e)
{
	struct shown sh = {0};
	for (int i = 0; i < h->n; i++)
		if (h->mark[i])
			snap_series(h->sn, h->run[i].info.id, note_shown, &sh);
	const char *near = nearest_name(metric, (const char *const *)sh.name, (int)sh.n);
	if (near && strcmp(near, metric) == 0) /* another attempt has it */
		near = NULL;
	int rc =
		near ? err_set(e, ERR_NOTFOUND, "run %s has no metric %s; did you mean %s?", run,
			       metric, near)
		     : err_set(e, ERR_NOTFOUND, "run %s has no metric %s; mm metrics %s lists them",
			       run, metric, run);
	for (size_t i = 0; i < sh.n; i++)
		free(sh.name[i]);
	free(sh.name);
	return rc;
}

static int
hunt_spec(struct hunt *h, const char *spec, struct err *e)
{
	const char *run = cmd_option(h->env, "--run"), *metric = cmd_option(h->env, "--metric");
	if (!spec && run) {
		if (!mark_word(h, run))
			return no_such_run(run, h->run, h->n, e);
		int rc = give_metrics(h, metric);
		if (h->found || rc)
			return rc;
		if (metric)
			return no_such_metric(h, run, metric, e);
		return err_set(e, ERR_NOTFOUND, "run %s has no metric at all", run);
	}
	if (mark_word(h, spec))
		return give_metrics(h, NULL);
	for (const char *p = strchr(spec, ':'); p; p = strchr(p + 1, ':'))
		if (split_names(h, spec, p))
			return give_metrics(h, p + 1);
	/* Nothing; say which half is wrong. */
	const char *colon = strrchr(spec, ':');
	if (!colon)
		return no_such_run(spec, h->run, h->n, e);
	char *left = xstrndup(spec, (size_t)(colon - spec));
	int rc = mark_word(h, left) ? no_such_metric(h, left, colon + 1, e)
				    : no_such_run(left, h->run, h->n, e);
	free(left);
	return rc;
}

int
cmd_targets(struct cmd_env *env, struct snap *sn, const char *spec,
	    int (*fn)(void *ctx, const struct cmd_target *t), void *ctx, struct err *e)
{
	struct hunt h = {.env = env, .sn = sn, .fn = fn, .ctx = ctx, .e = e};
	int rc = cmd_runs_load(env, sn, NULL, 0, &h.run, &h.n, e);
	h.mark = xcalloc((size_t)h.n + 1, sizeof *h.mark);
	if (rc == 0)
		rc = hunt_spec(&h, spec, e);
	free(h.mark);
	cmd_runs_free(h.run, h.n);
	return rc;
}
