/* model.c - one refresh: a snapshot is opened, what changed is copied out, it is closed; then
 * panes draw from memory.
 *
 * A refresh does in this order: the runs (roster), the alerts (bulletin), states, rows (order),
 * which runs are drawn (drawn), the series of those, details when they are open, at last the
 * columns of the charts. Each stage tells the next one whether there is anything to do: when only
 * the cursor moved, nothing but the series of one run is read, and when only a minute went by,
 * nothing is read at all but states are judged again. */
#include "tui/model_own.h"

#include "core/argv.h"
#include "core/clock.h"
#include "core/xalloc.h"
#include "tui/charts.h"
#include "tui/grid.h"
#include "tui/incident.h"
#include "tui/versions.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_ORDER_US 60000000 /* rows sorted by a value move at most this often */

/* No two models have the same, so a pane need not ask whose it has seen. */
void
model_edited(struct model *m)
{
	static uint32_t last;
	if (++last == 0)
		++last;
	m->edition = last;
}

struct model *
model_new(const char *store_dir, const struct conf *c, char *const *roots, int nroots, bool ascii)
{
	struct model *m = xcalloc(1, sizeof *m);
	m->own = xcalloc(1, sizeof *m->own);
	m->store_dir = xstrdup(store_dir ? store_dir : "");
	m->conf = c;
	m->root = xcalloc((size_t)nroots + 1, sizeof *m->root);
	for (int i = 0; i < nroots; i++)
		m->root[i] = xstrdup(roots[i]);
	m->nroots = nroots;
	m->ascii = ascii;
	m->logy = -1;
	m->zoom = 1;
	m->stale = true;
	m->charts = charts_new();
	m->versions = versions_new();
	m->screen = 1;
	m->own->journal = journal_files_new(NULL);
	m->now_us = clock_wall_us();
	return m;
}

void
model_free(struct model *m)
{
	if (!m)
		return;
	charts_free(m->charts);
	versions_free(m->versions);
	model_close_details(m);
	model_close_alert(m);
	model_close_text(m);
	bulletin_release(m);
	order_release(m);
	roster_release(m);
	for (int i = 0; i < m->own->nchanges; i++)
		free(m->own->change[i].old);
	for (int i = 0; i < m->nroots; i++)
		free(m->root[i]);
	free(m->root);
	free(m->filter);
	free(m->alert_filter);
	free(m->copy);
	free(m->desktop);
	argv_free(m->stop_argv);
	free(m->line);
	free(m->question.arg);
	free(m->store_dir);
	store_close(m->store);
	journal_files_free(m->own->journal);
	free(m->own->scanned_for);
	free(m->own->loaded);
	free(m->own);
	free(m);
}

void
model_set_conf(struct model *m, const struct conf *c)
{
	m->conf = c;
	order_note_cursor(m);
	roster_release(m); /* roles, names and totals come from it */
	bulletin_release(m);
	order_rows(m);
	m->own->scanned = false;
	m->stale = true;
}

/* Opens the store when it has come to exist; an absent one is an empty one. */
static int
open_store(struct model *m, struct err *e)
{
	if (m->store)
		return 0;
	int code = store_open(m->store_dir, STORE_READ, &m->store, NULL, e);
	if (code == ERR_NOTFOUND) {
		m->store = NULL;
		return 0;
	}
	return code;
}

static bool
follows_values(enum run_sort s)
{
	return s == SORT_LOSS || s == SORT_METRIC || s == SORT_STEP;
}

/* The drawn ones, that under the cursor and that whose details are open; each once. */
static int
wanted_series(struct model *m, int *run)
{
	struct model_run *const more[] = {model_cursor_run(m),
					  m->details ? model_run_by_path(m, m->details->path)
						     : NULL};
	int n = model_drawn(m, run);
	for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
		int at = more[i] ? (int)(more[i] - m->run) : -1;
		for (int k = 0; k < n && at >= 0; k++)
			if (run[k] == at)
				at = -1;
		if (at >= 0)
			run[n++] = at;
	}
	return n;
}

/* Those that were loaded are remembered: to look for them among very many runs takes longer than
 * all the rest of most frames. Where they are is not known when runs were forgotten. */
static void
note_loaded(struct model *m)
{
	struct model_own *o = m->own;
	if (o->loaded_in == m->generation)
		return;
	o->nloaded = 0;
	for (int i = 0; i < m->nruns; i++)
		if (m->run[i].series)
			*vec_push(o->loaded, o->nloaded, o->loaded_cap) = i;
	o->loaded_in = m->generation;
}

static int
load_series(struct model *m, struct snap *sn, struct err *e)
{
	struct model_own *o = m->own;
	int want[STYLE_NRUNS + 2], n = wanted_series(m, want), code = 0;
	note_loaded(m);
	for (int i = 0; i < o->nloaded; i++) {
		bool keep = false;
		for (int k = 0; k < n; k++)
			keep = keep || want[k] == o->loaded[i];
		if (!keep)
			roster_free_series(&m->run[o->loaded[i]]);
	}
	o->nloaded = 0;
	for (int k = 0; k < n; k++) {
		struct model_run *r = &m->run[want[k]];
		if (code == 0)
			code = roster_load_series(m, sn, r, e);
		if (r->series)
			*vec_push(o->loaded, o->nloaded, o->loaded_cap) = want[k];
	}
	return code;
}

static char *
roots_text(const struct model *m)
{
	struct str s = STR_INIT;
	for (int i = 0; i < m->nroots; i++)
		str_addf(&s, "%s\n", m->root[i]);
	return s.buf ? str_steal(&s) : xstrdup("");
}

/* Did the roots change since the runs were copied? */
static bool
other_roots(struct model *m)
{
	struct model_own *o = m->own;
	char *now = roots_text(m);
	bool other = !o->scanned_for || strcmp(o->scanned_for, now) != 0;
	free(o->scanned_for);
	o->scanned_for = now;
	return other;
}

static int
refresh_from(struct model *m, struct snap *sn, struct err *e)
{
	struct model_own *o = m->own;
	uint64_t txn = snap_txn(sn);
	int code = 0;
	if (other_roots(m) || !o->scanned || o->txn != txn || roster_clock_back(m)) {
		code = roster_refresh(m, sn, e);
		if (code == 0)
			code = bulletin_refresh(m, sn, e);
		if (code < 0)
			return code;
		o->scanned = true;
		o->txn = txn;
	}
	roster_judge(m);
	if (follows_values(m->sort) && m->now_us - o->ordered_us > VALUE_ORDER_US)
		o->reorder = true;
	if (o->reorder)
		order_rows(m);
	drawn_choose(m);
	roster_load_sparks(m, sn);
	code = load_series(m, sn, e);
	if (code == 0 && m->details)
		code = details_refresh(m, sn, e);
	if (code == 0 && m->incident)
		code = incident_refresh(m, sn, e);
	if (code == 0)
		code = charts_refresh(m->charts, m, sn, e);
	if (code == 0 && m->screen == 3)
		code = versions_refresh(m->versions, m, sn, e);
	if (code == 0)
		m->txn = txn;
	return code;
}

int
model_refresh(struct model *m, struct err *e)
{
	m->now_us = clock_wall_us();
	m->stale = false;
	order_note_cursor(m);
	roster_journal(m);
	int code = open_store(m, e);
	if (code < 0 || !m->store)
		return code;
	struct snap *sn;
	code = snap_begin(m->store, &sn, e);
	if (code < 0)
		return code;
	code = refresh_from(m, sn, e);
	snap_end(sn);
	return code;
}

struct model_run *
model_cursor_run(struct model *m)
{
	if (m->cursor < 0 || m->cursor >= m->nrows || m->row[m->cursor].run < 0)
		return NULL;
	return &m->run[m->row[m->cursor].run];
}

struct model_run *
model_run_at(struct model *m)
{
	const char *path = m->text       ? m->text->run
			   : m->incident ? m->incident->seen.a.run
			   : m->details  ? m->details->path
					 : NULL;
	return path ? model_run_by_path(m, path) : model_cursor_run(m);
}

void
model_why(const struct model *m, const struct model_run *r, struct str *out)
{
	struct run_evidence ev;
	run_info_evidence(&r->info, &ev);
	ev.total = r->total;
	run_judge(&ev, NULL, m->now_us, out);
}

void
model_close_text(struct model *m)
{
	if (m->text) {
		free(m->text->run);
		free(m->text->show);
	}
	free(m->text);
	m->text = NULL;
}

void
model_open_text(struct model *m, const char *path, const struct model_text *where)
{
	static unsigned serial;
	struct model_text *t = xcalloc(1, sizeof *t);
	*t = *where;
	t->run = xstrdup(path);
	t->serial = ++serial;
	model_close_text(m);
	m->text = t;
}

void
model_open_run_text(struct model *m, const struct model_run *r)
{
	bool ended = r->state == RUN_FAILED || r->state == RUN_CANCELLED;
	struct model_text where = {.last_words = ended && r->info.said};
	model_open_text(m, r->info.path, &where);
}

void
model_say(struct model *m, bool bad, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(m->message, sizeof m->message, fmt, ap);
	va_end(ap);
	m->message_bad = bad;
	m->message_us = clock_mono_us();
}

void
model_ask(struct model *m, void (*yes)(void *ctx, struct model *m, const char *arg), void *ctx,
	  const char *arg, const char *fmt, ...)
{
	struct model_question *q = &m->question;
	va_list ap;
	free(q->arg);
	*q = (struct model_question){.yes = yes, .ctx = ctx, .arg = arg ? xstrdup(arg) : NULL};
	va_start(ap, fmt);
	vsnprintf(q->text, sizeof q->text, fmt, ap);
	va_end(ap);
}

bool
model_answer(struct model *m, bool yes)
{
	struct model_question q = m->question;
	if (!q.text[0])
		return false;
	m->question = (struct model_question){0}; /* YES may ask again */
	if (yes)
		q.yes(q.ctx, m, q.arg);
	else
		model_say(m, false, "left as it is");
	free(q.arg);
	return true;
}
