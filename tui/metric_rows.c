/* metric_rows.c - what a table of metrics shows of 10 series, or of 10,000.
 *
 * The order and the folds are those of the charts (lineup.h), so that a person finds a metric at
 * the same place in both. They depend on names alone and are kept until the names change: a point
 * that arrives costs a look at each series' id, and the values of a fold are summed up only when
 * its row is drawn. */
#include "tui/metric_rows.h"

#include "core/fnv.h"
#include "core/xalloc.h"
#include "tui/filter.h"
#include "tui/lineup.h"
#include "tui/stem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void
free_entries(struct metric_rows *t)
{
	for (int i = 0; i < t->nfolds; i++) {
		free(t->fold[i].label);
		free(t->fold[i].series);
	}
	free(t->fold);
	free(t->entry);
	free(t->row);
	t->fold = NULL;
	t->entry = t->row = NULL;
	t->nfolds = t->nentries = t->n = 0;
}

void
metric_rows_release(struct metric_rows *t)
{
	free_entries(t);
	for (int i = 0; i < t->nopen; i++)
		free(t->open[i]);
	free(t->open);
	free(t->filter);
	*t = (struct metric_rows){0};
}

/* -- entries --------------------------------------------------------------------------------- */

static bool
constant(const struct series_sum *s)
{
	return s->points > 1 && s->nonfinite == 0 && s->min == s->max;
}

static uint64_t
signature_of(const struct metric_rows *t, const struct model_series *s, int n)
{
	uint64_t h = FNV_BASIS ^ (t->by_name ? 1 : 0);
	for (int i = 0; i < n; i++) {
		uint64_t v = (uint64_t)s[i].id << 2 | (constant(&s[i].sum) ? 2 : 0) | s[i].primary;
		h = fnv_unit(h, v);
	}
	return h ^ (uint64_t)n;
}

static bool
was_open(const struct metric_rows *t, const char *label)
{
	for (int i = 0; i < t->nopen; i++)
		if (strcmp(t->open[i], label) == 0)
			return true;
	return false;
}

static void
add_entry(struct metric_rows *t, int series, int fold)
{
	t->entry[t->nentries++] = (struct metric_row){series, fold};
}

static void
add_fold(struct metric_rows *t, const struct lineup_chart *c, const int *series)
{
	struct metric_fold *f = &t->fold[t->nfolds];
	f->label = xstrdup(c->title);
	f->series = xcalloc((size_t)c->n, sizeof *f->series);
	f->n = c->n;
	f->open = was_open(t, f->label);
	for (int i = 0; i < c->n; i++)
		f->series[i] = series[c->name[i]];
	add_entry(t, -1, t->nfolds++);
}

static void
add_chart(struct metric_rows *t, const struct lineup_chart *c, const int *series)
{
	if (c->kind == LINEUP_FOLDED)
		add_fold(t, c, series);
	else
		for (int k = 0; k < c->n; k++)
			add_entry(t, series[c->name[k]], -1);
}

static int
by_name(const void *a, const void *b, void *ctx)
{
	const struct model_series *s = ctx;
	return stem_order(s[((const struct metric_row *)a)->series].shown,
			  s[((const struct metric_row *)b)->series].shown);
}

static void
make_entries(struct metric_rows *t, const struct model_series *s, int n)
{
	struct lineup_name *name = xcalloc((size_t)n + 1, sizeof *name);
	int *series = xcalloc((size_t)n + 1, sizeof *series), used = 0;
	for (int i = 0; i < n; i++) {
		if (!s[i].primary || s[i].role.hidden)
			continue;
		name[used] = (struct lineup_name){
			.name = s[i].shown,
			.unit = s[i].sum.unit,
			.role = s[i].role,
			.runs = 1,
			.constant = constant(&s[i].sum),
		};
		series[used++] = i;
	}
	t->entry = xcalloc((size_t)used + 1, sizeof *t->entry);
	if (t->by_name) {
		for (int i = 0; i < used; i++)
			add_entry(t, series[i], -1);
		qsort_r(t->entry, (size_t)used, sizeof *t->entry, by_name, (void *)(uintptr_t)s);
	} else {
		struct lineup_chart *chart;
		int nc = lineup_make(name, used, &chart);
		t->fold = xcalloc((size_t)nc + 1, sizeof *t->fold);
		for (int house = 0; house < 2;
		     house++) /* housekeeping has no chart: it comes last */
			for (int i = 0; i < nc; i++)
				if ((name[chart[i].lead].role.role == ROLE_HOUSEKEEPING) == house)
					add_chart(t, &chart[i], series);
		lineup_free(chart, nc);
	}
	free(series);
	free(name);
}

/* -- rows ------------------------------------------------------------------------------------ */

/* A filter finds everything, folded or not; what is hidden behind another series of its name is
 * called by its suffix. */
static void
show_found(struct metric_rows *t, const struct model_series *s, int n)
{
	bool suffix = strchr(t->filter, '@') != NULL;
	for (int i = 0; i < t->nentries; i++) {
		const struct metric_row *e = &t->entry[i];
		int members = e->series >= 0 ? 1 : t->fold[e->fold].n;
		for (int k = 0; k < members; k++) {
			int at = e->series >= 0 ? e->series : t->fold[e->fold].series[k];
			if (filter_match(t->filter, s[at].shown, NULL, NULL))
				t->row[t->n++] = (struct metric_row){at, -1};
		}
	}
	for (int i = 0; suffix && i < n; i++)
		if (!s[i].primary && filter_match(t->filter, s[i].shown, NULL, NULL))
			t->row[t->n++] = (struct metric_row){i, -1};
}

static void
show_all(struct metric_rows *t)
{
	for (int i = 0; i < t->nentries; i++) {
		const struct metric_row *e = &t->entry[i];
		t->row[t->n++] = *e;
		if (e->series >= 0 || !t->fold[e->fold].open)
			continue;
		for (int k = 0; k < t->fold[e->fold].n; k++)
			t->row[t->n++] = (struct metric_row){t->fold[e->fold].series[k], e->fold};
	}
}

void
metric_rows_make(struct metric_rows *t, const struct model_series *s, int n)
{
	uint64_t now = signature_of(t, s, n);
	bool same = t->entry && now == t->signature;
	if (same && !t->stale)
		return;
	if (!same) {
		free_entries(t);
		make_entries(t, s, n);
		t->signature = now;
	}
	free(t->row);
	t->row = xcalloc((size_t)(n + t->nentries) + 1, sizeof *t->row);
	t->n = 0;
	t->version++;
	if (t->filter)
		show_found(t, s, n);
	else
		show_all(t);
	t->stale = false;
}

void
metric_rows_filter(struct metric_rows *t, const char *text)
{
	char *copy = text && *text ? xstrdup(text) : NULL;
	free(t->filter);
	t->filter = copy;
	t->stale = true;
}

void
metric_rows_sort(struct metric_rows *t, bool names)
{
	t->by_name = names;
	t->stale = true;
}

void
metric_rows_open(struct metric_rows *t, int fold, bool open)
{
	struct metric_fold *f = &t->fold[fold];
	if (f->open == open)
		return;
	f->open = open;
	t->stale = true;
	for (int i = 0; i < t->nopen; i++)
		if (strcmp(t->open[i], f->label) == 0) {
			free(t->open[i]);
			t->open[i] = t->open[--t->nopen];
			break;
		}
	if (!open)
		return;
	t->open = xreallocarray(t->open, (size_t)t->nopen + 1, sizeof *t->open);
	t->open[t->nopen++] = xstrdup(f->label);
}

const char *
metric_row_name(const struct metric_rows *t, const struct model_run *r, int row)
{
	const struct metric_row *mr = &t->row[row];
	return mr->series >= 0 ? r->series[mr->series].shown : t->fold[mr->fold].label;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

void
metric_spread(const struct model_series *s, const struct metric_fold *f, struct metric_spread *out)
{
	double *v = xcalloc((size_t)f->n + 1, sizeof *v);
	int n = 0;
	*out = (struct metric_spread){NAN, NAN, NAN, 0};
	for (int i = 0; i < f->n; i++) {
		const struct model_series *one = &s[f->series[i]];
		if (isfinite(one->sum.last))
			v[n++] = one->sum.last * one->role.scale;
		else
			out->nonfinite++;
	}
	qsort(v, (size_t)n, sizeof *v, by_value);
	if (n) {
		out->min = v[0];
		out->median = (v[(n - 1) / 2] + v[n / 2]) / 2;
		out->max = v[n - 1];
	}
	free(v);
}
