/* roster.c - the runs of the model, copied out of a snapshot.
 *
 * A commit touches few runs of many, and most frames follow a commit: so a run that did not
 * change is recognised by a few of its counters and left alone, its strings are never copied
 * twice, and names are made anew only when the set of runs changed. The states of what is live are
 * judged each time, because they also change while nothing happens; what is over stays so until
 * the run changes, or the clock is set back. */
#include "tui/model_own.h"

#include "core/clock.h"
#include "core/xalloc.h"
#include "tui/names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAMS_US 60000000
#define JOURNAL_US 1000000

struct scan {
	struct model *m;
	struct snap *sn;
	bool *seen;      /* by index of run, of those that were there before */
	int before;      /* runs that were there before */
	int next;        /* in by_path: where the next one is expected */
	bool changed;    /* the set of runs */
	bool touched;    /* anything */
	bool remark;     /* the journal may be another than the runs' marks are from */
	int64_t last_us; /* when bytes last arrived */
	bool back;       /* the clock was set back: what was over may be live again */
};

/* -- one run --------------------------------------------------------------------------------- */

void
roster_free_series(struct model_run *r)
{
	for (int i = 0; i < r->nseries; i++) {
		free(r->series[i].name);
		free(r->series[i].shown);
	}
	free(r->series);
	r->series = NULL;
	r->nseries = 0;
}

static void
run_release(struct model_run *r)
{
	roster_free_series(r);
	free((char *)(uintptr_t)r->info.path);
	free((char *)(uintptr_t)r->info.said);
	free((char *)(uintptr_t)r->info.title);
	free(r->spark);
	free(r->given);
	marks_release(&r->marks);
}

static bool
same_words(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool
same_info(const struct run_info *a, const struct run_info *b)
{
	return a->id == b->id && a->points == b->points &&
	       a->last_arrival_us == b->last_arrival_us && a->attempt == b->attempt &&
	       a->attempts == b->attempts && a->metrics == b->metrics && a->gone == b->gone &&
	       !memcmp(&a->writing, &b->writing, sizeof a->writing) && a->total == b->total &&
	       a->last_step == b->last_step && a->last_us == b->last_us &&
	       same_words(a->said, b->said) && same_words(a->title, b->title);
}

/* What mm.conf says of a run: by its whole path, else by what is below a root. */
static const char *
conf_of_run(const struct model *m, const char *path, const char *key)
{
	if (!m->conf)
		return NULL;
	const char *v = conf_run(m->conf, path, key);
	for (int i = 0; i < m->nroots && !v; i++) {
		size_t len = strlen(m->root[i]);
		if (strncmp(path, m->root[i], len) == 0 && path[len] == '/')
			v = conf_run(m->conf, path + len + 1, key);
	}
	return v;
}

static bool
conf_yes(const char *v)
{
	return v && (strcmp(v, "yes") == 0 || strcmp(v, "true") == 0 || strcmp(v, "on") == 0 ||
		     strcmp(v, "1") == 0);
}

/* NAME as it is kept. Most runs have the metrics of the one before: MEMO's. */
static const char *
keep_name(struct model *m, const struct role_memo *memo, const char *name)
{
	if (memo->name && strcmp(memo->name, name) == 0)
		return memo->name;
	char *kept = map_get(&m->own->names, name, strlen(name));
	if (!kept) {
		kept = xstrdup(name);
		map_put(&m->own->names, name, strlen(name), kept);
	}
	return kept;
}

static void
forget_names(struct model *m)
{
	size_t at = 0;
	for (void *name; (name = map_next(&m->own->names, &at));)
		free(name);
	map_release(&m->own->names);
	m->own->loss_role.name = m->own->headline_role.name = NULL;
}

/* The name in G is a kept one. */
static const struct metric_role *
role_of(struct model *m, struct role_memo *memo, const struct glance *g)
{
	if (memo->conf != m->conf || memo->told != g->goal || memo->name != g->name) {
		metric_role_told(m->conf, g->name, (enum goal)g->goal, &memo->role);
		memo->told = g->goal;
		memo->name = g->name;
		memo->conf = m->conf;
	}
	return &memo->role;
}

/* Keeps the text at *SLOT if it is the same; else frees it, and keeps a copy. */
static void
take_words(const char **slot, const char *text)
{
	if (same_words(*slot, text))
		return;
	free((char *)(uintptr_t)*slot);
	*slot = text ? xstrdup(text) : NULL;
}

/* What a person typed here goes before what he once wrote into mm.conf, and that before what its
 * framework calls it. True: it is another name than before. */
static bool
take_name(struct model *m, struct model_run *r)
{
	const char *given = r->marks.name;
	if (!given)
		given = conf_of_run(m, r->info.path, "name");
	if (!given || !*given)
		given = r->info.title;
	if (same_words(r->given, given))
		return false;
	free(r->given);
	r->given = given ? xstrdup(given) : NULL;
	return true;
}

static void
judge(struct model *m, struct model_run *r)
{
	struct run_evidence ev;
	run_info_evidence(&r->info, &ev);
	ev.total = r->total;
	enum run_state state = run_judge(&ev, NULL, m->now_us, NULL);
	bool live = run_is_live(state, &ev, NULL, m->now_us);
	if (state != r->state || live != r->live) {
		m->own->reorder = true;
		model_edited(m);
	}
	r->state = state;
	r->live = live;
	r->settled = !live;
	double done = (double)r->info.last_step + (ev.step_from_zero ? 1 : 0);
	r->progress = r->total > 0 ? fmin(fmax(done / (double)r->total, 0), 1) : -1;
	if (!live)
		r->rate = 0;
	r->eta_s = r->rate > 0 ? pace_left_s(r->rate, r->info.last_step, r->total) : -1;
}

/* True: it is called something else now. */
static bool
take_info(struct model *m, struct snap *sn, struct model_run *r, const struct run_info *in)
{
	const char *path = r->info.path, *said = r->info.said, *title = r->info.title;
	bool renamed = !r->loss_scale || strcmp(r->info.headline.name, in->headline.name) != 0 ||
		       r->info.headline.goal != in->headline.goal ||
		       strcmp(r->info.loss.name, in->loss.name) != 0;
	take_words(&said, in->said);
	take_words(&title, in->title);
	r->info = *in;
	r->info.path = path;
	r->info.said = said;
	r->info.title = title;
	r->info.loss.name = keep_name(m, &m->own->loss_role, in->loss.name);
	r->info.headline.name = keep_name(m, &m->own->headline_role, in->headline.name);
	free(r->spark);
	r->spark = NULL;
	r->changed = true;
	const char *total = conf_of_run(m, path, "total");
	long long n = total ? strtoll(total, NULL, 10) : 0;
	r->total = n > 0 ? n : in->total;
	r->bad = in->loss.name[0] && !isfinite(in->loss.last);
	judge(m, r);
	struct pace pace;
	if (r->live && snap_pace(sn, path, &pace)) { /* of interest while something moves */
		r->rate = pace_rate(&pace);
		r->eta_s = pace_left_s(r->rate, in->last_step, r->total);
	}
	if (renamed) {
		r->loss_scale = role_of(m, &m->own->loss_role, &r->info.loss)->scale;
		const struct metric_role *role =
			role_of(m, &m->own->headline_role, &r->info.headline);
		r->headline_scale = role->scale;
		r->goal = role->goal;
	}
	return take_name(m, r);
}

/* -- all of them ----------------------------------------------------------------------------- */

static bool
below_roots(const struct model *m, const char *path)
{
	for (int i = 0; i < m->nroots; i++) {
		size_t len = strlen(m->root[i]);
		if (strncmp(path, m->root[i], len) == 0 &&
		    (!path[len] || path[len] == '/' || (len && m->root[i][len - 1] == '/')))
			return true;
	}
	return m->nroots == 0;
}

static int
find_by_path(const struct model *m, const int *by_path, int n, const char *path)
{
	int lo = 0, hi = n;
	while (lo < hi) {
		int mid = lo + (hi - lo) / 2, c = strcmp(m->run[by_path[mid]].info.path, path);
		if (c == 0)
			return mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -1;
}

static bool
hidden(const struct model *m, const char *path)
{
	struct journal_topic t = {.run = path};
	return !m->hidden_too && journal_yes(journal_files_state(m->own->journal), &t, "hidden");
}

/* True: it is called something else now. */
static bool
take_marks(struct model *m, struct model_run *r)
{
	marks_read(&r->marks, journal_files_state(m->own->journal), r->info.path);
	return take_name(m, r);
}

static void
note_last(struct scan *sc, const struct run_info *in)
{
	if (in->last_arrival_us > sc->last_us)
		sc->last_us = in->last_arrival_us;
}

void
roster_set_path(struct model_run *r, const char *path)
{
	r->info.path = xstrdup(path);
	r->nslashes = 0;
	for (const char *p = path; *p; p++)
		r->nslashes += *p == '/';
}

static void
add_run(struct scan *sc, const struct run_info *in)
{
	struct model *m = sc->m;
	if (conf_yes(conf_of_run(m, in->path, "hide")))
		return;
	xgrow(&m->run, &m->own->cap, (size_t)m->nruns + 1, sizeof *m->run);
	struct model_run *r = &m->run[m->nruns++];
	note_last(sc, in);
	memset(r, 0, sizeof *r);
	roster_set_path(r, in->path);
	r->color = -1;
	r->progress = r->eta_s = -1;
	marks_read(&r->marks, journal_files_state(m->own->journal), in->path);
	take_info(m, sc->sn, r, in);
	sc->changed = true;
}

static int
scan_run(void *ctx, const struct run_info *in)
{
	struct scan *sc = ctx;
	struct model *m = sc->m;
	if (!below_roots(m, in->path))
		return 0;
	int *by_path = m->own->by_path, at = sc->next;
	if (at >= sc->before || strcmp(m->run[by_path[at]].info.path, in->path) != 0)
		at = find_by_path(m, by_path, sc->before, in->path);
	if ((at < 0 || sc->remark) && hidden(m, in->path))
		return 0;
	if (at < 0) {
		add_run(sc, in);
		return 0;
	}
	note_last(sc, in);
	sc->next = at + 1;
	sc->seen[by_path[at]] = true;
	struct model_run *r = &m->run[by_path[at]];
	if (sc->remark && take_marks(m, r))
		sc->changed = true;
	if (sc->back || !same_info(&r->info, in)) {
		sc->changed |= take_info(m, sc->sn, r, in);
		sc->touched = true;
	}
	return 0;
}

static void
forget_vanished(struct scan *sc)
{
	struct model *m = sc->m;
	int kept = 0;
	for (int i = 0; i < m->nruns; i++) {
		if (i < sc->before && !sc->seen[i]) {
			run_release(&m->run[i]);
			continue;
		}
		if (kept != i)
			m->run[kept] = m->run[i];
		kept++;
	}
	if (kept == m->nruns)
		return;
	m->nruns = kept;
	m->generation++;
	sc->changed = true;
}

static int
by_path_order(const void *a, const void *b, void *ctx)
{
	const struct model *m = ctx;
	return strcmp(m->run[*(const int *)a].info.path, m->run[*(const int *)b].info.path);
}

/* SORTED: they are known to be in order of path. */
static void
settle(struct model *m, bool sorted)
{
	struct model_own *o = m->own;
	size_t n = (size_t)m->nruns;
	bool any = false; /* is given */
	o->by_path = xreallocarray(o->by_path, n + 1, sizeof(int));
	const char **path = xreallocarray(NULL, n + 1, sizeof *path);
	for (int i = 0; i < m->nruns; i++) {
		o->by_path[i] = i;
		path[i] = m->run[i].info.path;
		any = any || m->run[i].given;
	}
	const char **given = any ? xcalloc(n + 1, sizeof *given) : NULL;
	for (int i = 0; given && i < m->nruns; i++)
		given[i] = m->run[i].given;
	if (!sorted)
		qsort_r(o->by_path, n, sizeof(int), by_path_order, m);
	struct named of = {.path = path,
			   .given = given,
			   .n = m->nruns,
			   .ascending = sorted,
			   .ascii = m->ascii};
	struct arena called = {0};
	char **name = xreallocarray(NULL, n + 1, sizeof *name);
	names_make(&called, &of, name);
	for (int i = 0; i < m->nruns; i++)
		m->run[i].name = name[i];
	arena_release(&o->called);
	o->called = called;
	free(path);
	free(given);
	free(name);
	m->naming++;
	o->named++;
	o->reorder = true;
}

void
roster_settle(struct model *m)
{
	bool sorted = true;
	for (int i = 1; i < m->nruns && sorted; i++)
		sorted = strcmp(m->run[i - 1].info.path, m->run[i].info.path) < 0;
	settle(m, sorted);
}

void
roster_journal(struct model *m)
{
	struct model_own *o = m->own;
	int64_t now = clock_mono_us();
	if (!o->journal_us || now - o->journal_us >= JOURNAL_US) {
		struct err e = {0};
		bool bad = journal_files_refresh(o->journal, &e) < 0;
		if (bad && !o->journal_bad)
			model_say(m, true, "%s", e.text);
		o->journal_bad = bad;
		o->journal_us = now;
	}
	if (journal_version(journal_files_state(o->journal)) != o->journal_marked)
		o->scanned = false;
}

bool
roster_clock_back(const struct model *m)
{
	return m->now_us < m->own->judged_us;
}

int
roster_refresh(struct model *m, struct snap *sn, struct err *e)
{
	(void)e;
	struct scan sc = {.m = m, .sn = sn, .before = m->nruns, .back = roster_clock_back(m)};
	uint64_t version = journal_version(journal_files_state(m->own->journal));
	sc.remark = !m->own->scanned || m->own->journal_marked != version;
	m->own->journal_marked = version;
	sc.seen = xcalloc((size_t)m->nruns + 1, sizeof *sc.seen);
	if (!m->nruns)
		xreserve(&m->run, &m->own->cap, snap_runs_most(sn), sizeof *m->run);
	int code = snap_runs(sn, scan_run, &sc);
	if (code == 0)
		forget_vanished(&sc);
	free(sc.seen);
	/* Parameters may be read after the run has come. */
	if (sc.changed || (sc.touched && m->now_us - m->own->params_us > PARAMS_US)) {
		if (sc.before)
			roster_settle(m);
		else
			settle(m, true); /* as the store has them */
		params_name(m, sn);
		m->own->params_us = m->now_us;
	}
	if (sc.changed || sc.touched)
		model_edited(m);
	m->last_us = sc.last_us;
	return code;
}

const int *
roster_unsettled(struct model *m, int *n)
{
	struct model_own *o = m->own;
	if (o->unsettled_in != m->edition || !m->edition) {
		o->nunsettled = 0;
		for (int i = 0; i < m->nruns; i++)
			if (!m->run[i].settled)
				*vec_push(o->unsettled, o->nunsettled, o->unsettled_cap) = i;
		o->unsettled_in = m->edition;
	}
	*n = o->nunsettled;
	return o->unsettled;
}

void
roster_judge(struct model *m)
{
	int n;
	const int *run = roster_unsettled(m, &n);
	for (int i = 0; i < n; i++)
		judge(m, &m->run[run[i]]);
	m->own->judged_us = m->now_us;
}

struct model_run *
model_run_by_path(struct model *m, const char *path)
{
	int at = find_by_path(m, m->own->by_path, m->nruns, path);
	return at < 0 ? NULL : &m->run[m->own->by_path[at]];
}

void
roster_release(struct model *m)
{
	for (int i = 0; i < m->nruns; i++)
		run_release(&m->run[i]);
	free(m->run);
	free(m->own->by_path);
	free(m->own->unsettled);
	arena_release(&m->own->called);
	forget_names(m);
	m->run = NULL;
	m->own->by_path = NULL;
	m->own->unsettled = NULL;
	m->own->nunsettled = 0;
	m->own->unsettled_cap = 0;
	m->own->unsettled_in = 0;
	m->nruns = 0;
	m->own->cap = 0;
	m->generation++;
}

/* -- curves ---------------------------------------------------------------------------------- */

/* More than any screen has lines: the list never shows a row that is farther from the cursor. */
#define SPARK_ROWS 512

void
roster_load_sparks(struct model *m, struct snap *sn)
{
	int from = m->cursor > SPARK_ROWS ? m->cursor - SPARK_ROWS : 0;
	for (int i = from; i < m->nrows && i - m->cursor < SPARK_ROWS; i++) {
		struct model_run *r = m->row[i].run < 0 ? NULL : &m->run[m->row[i].run];
		if (!r || r->spark || !(r->info.loss.name[0] || r->info.headline.name[0]))
			continue;
		struct spark s;
		if (snap_spark(sn, r->info.path, &s))
			r->spark = xmemdup(&s, sizeof s);
	}
}

/* -- series ---------------------------------------------------------------------------------- */

struct series_scan {
	struct model *m;
	struct model_series *old, *now;
	int nold, n;
	size_t cap;
};

/* Names rarely change: those of the series at the same place are taken over, with their roles. */
static int
scan_series(void *ctx, const struct series_info *in)
{
	struct series_scan *sc = ctx;
	if (in->now.points == 0) /* only older attempts had it */
		return 0;
	struct model_series *s = vec_push(sc->now, sc->n, sc->cap);
	struct model_series *old = sc->n <= sc->nold ? &sc->old[sc->n - 1] : NULL;
	memset(s, 0, sizeof *s);
	s->id = in->id;
	s->primary = in->primary;
	s->told = in->told;
	s->sum = in->now;
	if (old && old->name && old->id == in->id && old->told == in->told &&
	    strcmp(old->name, in->name) == 0) {
		s->name = old->name;
		s->role = old->role;
		old->name = NULL;
	} else {
		s->name = xstrdup(in->name);
		metric_role_told(sc->m->conf, in->name, in->told, &s->role);
	}
	s->shown = xstrdup(in->shown);
	return 0;
}

int
roster_load_series(struct model *m, struct snap *sn, struct model_run *r, struct err *e)
{
	(void)e;
	if (r->series && !r->changed)
		return 0;
	struct series_scan sc = {.m = m, .old = r->series, .nold = r->nseries};
	int code = snap_series(sn, r->info.id, scan_series, &sc);
	r->series = NULL;
	r->nseries = 0;
	for (int i = 0; i < sc.nold; i++) {
		free(sc.old[i].name);
		free(sc.old[i].shown);
	}
	free(sc.old);
	r->series = sc.now;
	r->nseries = sc.n;
	r->changed = code != 0;
	return code;
}
