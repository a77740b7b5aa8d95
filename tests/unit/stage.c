/* stage.c - models by hand. What a refresh computes (states, rates) is set here, what follows
 * from it (names, order, colours) is left to the model's own files. */
#include "tests/unit/stage.h"

#include "core/clock.h"
#include "core/xalloc.h"
#include "tui/charts.h"
#include "tui/fmt.h"
#include "tui/model_own.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct grid grid;
static size_t run_cap, alert_cap;

struct model *
stage_new(bool ascii)
{
	clock_pin(STAGE_NOW);
	fmt_utc(true);
	fmt_ascii(ascii);
	run_cap = alert_cap = 0;
	struct model *m = model_new("/nowhere", NULL, NULL, 0, ascii);
	m->now_us = STAGE_NOW;
	return m;
}

void
stage_free(struct model *m)
{
	model_free(m);
	grid_release(&grid);
	fmt_ascii(false);
}

static void
fall(struct spark *s, double from, double last)
{
	for (int i = 0; i < 32; i++)
		spark_add(s, from + (last - from) * (1 - exp(-i / 8.0)));
}

struct model_run *
stage_run(struct model *m, const char *path, enum run_state s, double from, double last,
	  int minutes)
{
	xgrow(&m->run, &m->own->cap, (size_t)m->nruns + 1, sizeof *m->run);
	struct model_run *r = &m->run[m->nruns];
	memset(r, 0, sizeof *r);
	r->info.id = (uint32_t)++m->nruns;
	roster_set_path(r, path);
	r->info.attempt = r->info.attempts = 1;
	r->info.last_step = 12400;
	r->info.first_us = STAGE_NOW - minutes * STAGE_MINUTE;
	r->info.last_us = r->info.last_arrival_us = STAGE_NOW - STAGE_MINUTE;
	r->info.points = 1000;
	r->info.metrics = 3;
	r->info.loss.name = "train/loss";
	r->info.headline.name = "";
	r->info.loss.last = last;
	r->info.loss.best = fmin(from, last);
	r->info.headline.last = r->info.headline.best = NAN;
	r->spark = xcalloc(1, sizeof *r->spark);
	fall(r->spark, from, isfinite(last) ? last : from / 4);
	r->loss_scale = r->headline_scale = 1;
	r->color = -1;
	r->eta_s = r->progress = -1;
	r->state = s;
	r->live = s == RUN_RUNNING || s == RUN_QUIET || s == RUN_STALLED;
	return r;
}

void
stage_headline(struct model_run *r, const char *name, double last, double best)
{
	struct metric_role role;
	r->info.headline.name = name;
	r->info.headline.last = last;
	r->info.headline.best = best;
	metric_role(NULL, name, &role);
	r->goal = role.goal;
}

struct model_series *
stage_series(struct model_run *r, const char *name, const double *v, int n)
{
	r->series = xreallocarray(r->series, (size_t)r->nseries + 1, sizeof *r->series);
	struct model_series *s = &r->series[r->nseries++];
	memset(s, 0, sizeof *s);
	s->id = r->info.id * 100000 + (uint32_t)r->nseries;
	s->name = xstrdup(name);
	s->shown = xstrdup(name);
	s->primary = true;
	metric_role(NULL, name, &s->role);
	series_sum_init(&s->sum);
	for (int i = 0; i < n; i++)
		series_sum_add(&s->sum, STEP_STEP, i * 10, STAGE_NOW, v[i]);
	return s;
}

struct model_alert *
stage_alert(struct model *m, const char *rule, const char *run, enum severity s,
	    enum alert_state st, int minutes)
{
	struct model_alert *a = vec_push(m->alert, m->nalerts, alert_cap);
	memset(a, 0, sizeof *a);
	a->a.rule = xstrdup(rule);
	a->a.run = xstrdup(run);
	a->a.metric = xstrdup("");
	a->a.message = xstrdup("");
	a->a.state = st;
	a->a.severity = s;
	a->a.episode = (uint64_t)m->nalerts;
	a->a.fired_us = a->a.since_us = STAGE_NOW - minutes * STAGE_MINUTE;
	a->run = -1;
	return a;
}

void
stage_settle(struct model *m)
{
	roster_settle(m);
	bulletin_settle(m);
	order_note_cursor(m);
	order_rows(m);
	drawn_choose(m);
}

char *
stage_screen(struct pane *p, struct model *m, int w, int h)
{
	struct str s = STR_INIT;
	grid_release(&grid);
	grid_init(&grid, w, h, m->ascii);
	p->ops->draw(p, m, &grid, (struct rect){0, 0, w, h}, true);
	grid_dump(&grid, &s);
	return str_steal(&s);
}

int
stage_style(int x, int y)
{
	assert_in_range(x, 0, grid.w - 1);
	return grid.cell[y * grid.w + x].style;
}

int
stage_find(int y, const char *z)
{
	for (int x = 0; x + (int)strlen(z) <= grid.w; x++) {
		int k = 0;
		while (z[k] && grid.cell[y * grid.w + x + k].ch == (unsigned char)z[k])
			k++;
		if (!z[k])
			return x;
	}
	return -1;
}

void
assert_screen_(const char *got, const char *want, const char *file, int line)
{
	if (strcmp(got, want) != 0) {
		printf("--- got\n%s--- want\n%s---\n", got, want);
		_fail(file, line);
	}
}

void
expect_screen_(struct pane *p, struct model *m, int w, int h, const char *want, const char *file,
	       int line)
{
	char *got = stage_screen(p, m, w, h);
	assert_screen_(got, want, file, line);
	free(got);
}
