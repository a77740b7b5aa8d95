/* bulletin.c - the alerts of the shown runs, in the order in which they matter.
 *
 * Firing before over, what nobody has acknowledged before what somebody has, newest first; what
 * was judged from points that were there before anybody watched (historic) comes behind what
 * happened under our eyes. An alert of an older attempt of its run is history of a training that
 * was started anew: not shown. */
#include "tui/model_own.h"

#include "core/clock.h"
#include "core/silence.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define BULLETIN_MAX 2000 /* the rest is in `mm alerts` */

struct scan {
	struct model *m;
	struct model_alert *now;
	int n;
	size_t cap;
};

static void
alert_release(struct model_alert *a)
{
	free((char *)(uintptr_t)a->a.rule);
	free((char *)(uintptr_t)a->a.run);
	free((char *)(uintptr_t)a->a.metric);
	free((char *)(uintptr_t)a->a.message);
}

bool
alert_fires(const struct alert *a)
{
	return a->state == ALERT_FIRING || a->state == ALERT_RECOVERING;
}

bool
alert_is_news(const struct model_alert *a)
{
	return alert_fires(&a->a) && !a->a.acked && !a->a.historic && !a->silent_us;
}

static char *
copy(const char *z)
{
	return xstrdup(z ? z : "");
}

static int
scan_alert(void *ctx, const struct alert *in)
{
	struct scan *sc = ctx;
	if (in->state == ALERT_OK || in->state == ALERT_PENDING)
		return 0;
	struct model_run *r = model_run_by_path(sc->m, in->run);
	if (!r || in->attempt < r->info.attempt)
		return 0;
	struct model_alert *a = vec_push(sc->now, sc->n, sc->cap);
	a->a = *in;
	a->a.rule = copy(in->rule);
	a->a.run = copy(in->run);
	a->a.metric = copy(in->metric);
	a->a.message = copy(in->message);
	return 0;
}

static int class(const struct model_alert *m)
{
	const struct alert *a = &m->a;
	if (!alert_fires(a))
		return 3;
	return a->acked || m->silent_us ? 2 : a->historic ? 1 : 0;
}

static int
in_order(const void *pa, const void *pb)
{
	const struct alert *a = &((const struct model_alert *)pa)->a;
	const struct alert *b = &((const struct model_alert *)pb)->a;
	int ca = class(pa), cb = class(pb);
	if (ca != cb)
		return ca - cb;
	if (ca < 3 && a->severity != b->severity)
		return (int)b->severity - (int)a->severity;
	if (a->fired_us != b->fired_us)
		return a->fired_us > b->fired_us ? -1 : 1;
	int c = strcmp(a->run, b->run);
	if (!c)
		c = strcmp(a->rule, b->rule);
	return c ? c : strcmp(a->metric, b->metric);
}

static bool
counts(const struct model_alert *a)
{
	return alert_is_news(a) && a->run >= 0 && a->a.severity != SEVERITY_INFO;
}

/* Sums up what fires for each run; a run's place in the list depends on it. */
static void
count(struct model *m)
{
	int before = m->nfiring;
	m->nfiring = 0;
	for (int i = 0; i < m->nalerts; i++)
		m->nfiring += counts(&m->alert[i]);
	if (!m->nfiring && !before)
		return; /* there may be very many runs */
	int *firing = xcalloc((size_t)m->nruns + 1, sizeof *firing);
	for (int i = 0; i < m->nalerts; i++) {
		const struct model_alert *a = &m->alert[i];
		if (counts(a))
			firing[a->run]++;
	}
	for (int i = 0; i < m->nruns; i++) {
		if (!firing[i] != !m->run[i].firing)
			m->own->reorder = true;
		m->run[i].firing = firing[i];
	}
	free(firing);
}

void
bulletin_release(struct model *m)
{
	for (int i = 0; i < m->nalerts; i++)
		alert_release(&m->alert[i]);
	free(m->alert);
	m->alert = NULL;
	m->nalerts = 0;
}

/* What a person said about them. */
static void
mute(struct model *m)
{
	const struct journal *j = journal_files_state(m->own->journal);
	struct silences s = {0};
	int64_t now = m->now_us ? m->now_us : clock_wall_us();
	silences_read(&s, j, now);
	for (int i = 0; i < m->nalerts; i++) {
		struct model_alert *a = &m->alert[i];
		bool fires = alert_fires(&a->a);
		a->silent_us = fires ? silences_until(&s, &a->a, now) : 0;
		if (fires && silence_acked(j, &a->a))
			a->a.acked = true;
	}
	silences_release(&s);
}

void
bulletin_settle(struct model *m)
{
	mute(m);
	if (m->nalerts)
		qsort(m->alert, (size_t)m->nalerts, sizeof *m->alert, in_order);
	while (m->nalerts > BULLETIN_MAX)
		alert_release(&m->alert[--m->nalerts]);
	for (int i = 0; i < m->nalerts; i++) {
		struct model_run *r = model_run_by_path(m, m->alert[i].a.run);
		m->alert[i].run = r ? (int)(r - m->run) : -1;
	}
	count(m);
}

int
bulletin_refresh(struct model *m, struct snap *sn, struct err *e)
{
	(void)e;
	struct scan sc = {.m = m};
	int code = snap_alerts(sn, scan_alert, &sc);
	bulletin_release(m);
	m->alert = sc.now;
	m->nalerts = sc.n;
	bulletin_settle(m);
	return code;
}
