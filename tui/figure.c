/* From series to columns of dots.
 *
 * All that is kept of a query is what can be drawn: a few hundred columns a line. A line is asked
 * for again only when it has new points or the window changed, so a dashboard on which one run is
 * live costs that run's queries.
 *
 * The window of a live run ends at a round number a little ahead: if it ended at the last point,
 * each new one would move all others, and a redraw of whole charts is what makes an ssh line
 * slow. */
#include "tui/figure.h"

#include "core/smooth.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAP_COLUMNS 4096   /* how finely the ends of epochs are looked up */
#define MAP_POINTS 1000000 /* a series of epochs with more points than this is not drawn on steps */

static void
trace_forget(struct trace *t)
{
	free(t->col);
	free(t->low);
	free(t->high);
	free(t->smooth);
	free(t->orphan);
	t->col = t->low = t->high = t->smooth = t->orphan = NULL;
}

void
figure_clear(struct figure *f)
{
	for (int i = 0; i < f->ntraces; i++) {
		trace_forget(&f->trace[i]);
		free(f->trace[i].series);
		free(f->trace[i].name);
	}
	free(f->trace);
	free(f->line);
	f->trace = NULL;
	f->line = NULL;
	f->ntraces = 0;
	f->answered = (struct span){0};
}

void
figure_release(struct figure *f)
{
	figure_clear(f);
}

struct trace *
figure_add(struct figure *f, const uint32_t *series, int n, const char *name)
{
	f->trace = xreallocarray(f->trace, (size_t)f->ntraces + 1, sizeof *f->trace);
	struct trace *t = &f->trace[f->ntraces++];
	*t = (struct trace){.nseries = n, .scale = 1, .name = name ? xstrdup(name) : NULL};
	t->series = xmemdup(series, (size_t)n * sizeof *series);
	return t;
}

/* The I-th of the members that are looked at. */
static uint32_t
member(const struct trace *t, int i, int looked)
{
	return t->series[looked == t->nseries ? i : (int64_t)i * (t->nseries - 1) / (looked - 1)];
}

static int
members(const struct trace *t)
{
	return t->nseries < FIGURE_MEMBERS ? t->nseries : FIGURE_MEMBERS;
}

/* How many points a trace has in all, and did its steps ever go back? */
static uint64_t
trace_points(const struct trace *t, struct snap *sn, bool *restarted)
{
	uint64_t points = 0;
	int n = members(t);
	*restarted = false;
	for (int i = 0; i < n; i++) {
		struct series_info si;
		if (!snap_series_sums(sn, member(t, i, n), &si))
			continue;
		points += si.all.points;
		*restarted = *restarted || si.now.segments > 1;
	}
	struct series_info epochs;
	if (t->mapped && snap_series_sums(sn, t->epochs, &epochs))
		points += epochs.all.points;
	return points;
}

/* Of one series. While its steps only rise, its sum knows as much as a look at its points. */
static bool
series_extent(struct snap *sn, uint32_t id, enum axis axis, uint32_t attempt, double *x0,
	      double *x1)
{
	struct series_info si;
	if (axis != AXIS_STEP || !snap_series_sums(sn, id, &si) || si.now.segments != 1 ||
	    (attempt && si.attempt != attempt))
		return snap_extent(sn, id, axis, attempt, x0, x1);
	*x0 = (double)si.now.first_step;
	*x1 = (double)si.now.last_step;
	return true;
}

static void
trace_extent(struct trace *t, struct snap *sn, enum axis axis)
{
	bool restarted;
	uint64_t points = trace_points(t, sn, &restarted);
	int n = members(t);
	if (t->extent.known && t->extent.axis == axis && t->extent.points == points)
		return;
	t->extent.known = true;
	t->extent.any = false;
	t->extent.axis = axis;
	t->extent.points = points;
	t->extent.x0 = INFINITY;
	t->extent.x1 = -INFINITY;
	for (int k = 0; k < n; k++) {
		double a, b;
		uint32_t id = t->mapped && axis == AXIS_STEP ? t->epochs : member(t, k, n);
		if (!series_extent(sn, id, axis, t->attempt, &a, &b))
			continue;
		t->extent.x0 = fmin(t->extent.x0, a);
		t->extent.x1 = fmax(t->extent.x1, b);
		t->extent.any = true;
	}
}

bool
figure_extent(struct figure *f, struct snap *sn, double *x0, double *x1)
{
	bool any = false;
	for (int i = 0; i < f->ntraces; i++) {
		struct trace *t = &f->trace[i];
		trace_extent(t, sn, f->axis);
		if (!t->extent.any)
			continue;
		*x0 = fmin(*x0, t->extent.x0);
		*x1 = fmax(*x1, t->extent.x1);
		any = true;
	}
	return any;
}

void
figure_window(struct figure *f, double x0, double x1, bool live, double zoom)
{
	double unit = f->axis == AXIS_STEP ? 1 : 1e6;
	bool logx = f->logx && f->axis != AXIS_WALL;
	if (!(x1 >= x0))
		x0 = x1 = 0;
	if (f->axis == AXIS_STEP && !logx && x0 > 0 && x0 <= x1 / 20)
		x0 = 0;
	if (f->axis == AXIS_RELATIVE && !logx && x0 <= (x1 - x0) / 20)
		x0 = 0;
	if (live && x1 > x0) {
		double room = fmax(1, scale_nice((x1 - x0) / unit / 20));
		x1 = ceil(x1 / unit / room) * room * unit;
	}
	if (logx) {
		x0 = fmax(x0, unit);
		x1 = fmax(x1, x0);
	}
	if (zoom < 1 && logx)
		x0 = x1 * pow(x0 / x1, zoom);
	else if (zoom < 1)
		x0 = floor((x1 - (x1 - x0) * zoom) / unit) * unit;
	/* Room beside a single point; but nothing is before the start. */
	if (x0 == x1 && !logx) {
		bool begins = f->axis != AXIS_WALL && x0 >= 0 && x0 < unit;
		x0 -= begins ? x0 : unit;
		x1 += begins ? 2 * unit - x1 : unit;
	}
	f->part = zoom < 1;
	f->span.axis = f->axis;
	f->span.logx = logx;
	f->span.x0 = x0;
	f->span.x1 = x1;
}

static void
columns_scale(struct column *c, int n, double by)
{
	if (by == 1)
		return;
	for (int i = 0; i < n; i++) {
		double a = c[i].min * by, b = c[i].max * by;
		c[i].min = fmin(a, b);
		c[i].max = fmax(a, b);
		c[i].first *= by;
		c[i].last *= by;
		c[i].sum *= by;
	}
}

static void
column_set(struct column *c, double v, const struct column *like)
{
	*c = (struct column){.n = 1, .min = v, .max = v, .first = v, .last = v, .sum = v};
	c->first_x = like->first_x;
	c->last_x = like->last_x;
}

static int
double_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* What a fold shows of column I: the extremes of all, and the median of the members' means. */
static void
fold_column(struct trace *t, struct column *const *of, int n, int i)
{
	double mean[FIGURE_MEMBERS];
	int k = 0;
	for (int m = 0; m < n; m++) {
		const struct column *c = &of[m][i];
		t->col[i].nan += c->nan;
		t->col[i].inf += c->inf;
		if (c->n == 0)
			continue;
		double low = k && t->low[i].min < c->min ? t->low[i].min : c->min;
		double high = k && t->high[i].max > c->max ? t->high[i].max : c->max;
		column_set(&t->low[i], low, c);
		column_set(&t->high[i], high, c);
		mean[k++] = c->sum / (double)c->n;
	}
	t->low[i].nan = t->high[i].nan = t->col[i].nan;
	t->low[i].inf = t->high[i].inf = t->col[i].inf;
	if (k == 0)
		return;
	qsort(mean, (size_t)k, sizeof *mean, double_order);
	double median = k % 2 ? mean[k / 2] : (mean[k / 2 - 1] + mean[k / 2]) / 2;
	uint32_t nan = t->col[i].nan, inf = t->col[i].inf;
	column_set(&t->col[i], median, &t->low[i]);
	t->col[i].nan = nan;
	t->col[i].inf = inf;
}

static int
query_fold(struct trace *t, struct snap *sn, const struct span *sp, struct err *e)
{
	struct column *of[FIGURE_MEMBERS];
	int n = members(t), rc = 0;
	size_t w = (size_t)sp->columns;
	t->low = xcalloc(w, sizeof *t->low);
	t->high = xcalloc(w, sizeof *t->high);
	for (int m = 0; m < n; m++) {
		of[m] = xcalloc(w, sizeof **of);
		if (rc >= 0)
			rc = snap_columns(sn, member(t, m, n), sp, of[m], e);
	}
	for (int i = 0; i < sp->columns && rc >= 0; i++)
		fold_column(t, of, n, i);
	for (int m = 0; m < n; m++)
		free(of[m]);
	return rc;
}

/* Where epochs end: for growing epoch numbers the last step in which each was current. */
struct epoch_map {
	struct column *col;
	int n;
};

static bool
epoch_end(const struct epoch_map *map, double epoch, double *step)
{
	/* last values grow from column to column; the last that is not past EPOCH */
	bool any = false;
	for (int i = 0; i < map->n; i++) {
		const struct column *c = &map->col[i];
		if (c->n == 0)
			continue;
		if (c->last > epoch) {
			/* the epoch ended within this column, or before it */
			if (c->first <= epoch) {
				*step = (double)c->first_x;
				any = true;
			}
			break;
		}
		*step = (double)c->last_x;
		any = true;
	}
	return any;
}

struct mapping {
	const struct epoch_map *map;
	const struct span *span;
	struct trace *t;
	uint64_t seen;
};

static int
map_point(void *ctx, const struct point *p)
{
	struct mapping *m = ctx;
	double step;
	if (++m->seen > MAP_POINTS)
		return 1;
	if (!epoch_end(m->map, (double)p->step, &step))
		return 0;
	int i = span_column(m->span, step);
	if (i < 0)
		return 0;
	struct column *c = &m->t->col[i];
	if (isnan(p->value)) {
		c->nan++;
	} else if (isinf(p->value)) {
		c->inf++;
	} else {
		if (c->n++ == 0) {
			column_set(c, p->value, c);
			c->first_x = (int64_t)step;
		} else {
			c->min = fmin(c->min, p->value);
			c->max = fmax(c->max, p->value);
			c->sum += p->value;
			c->last = p->value;
		}
		c->last_x = (int64_t)step;
	}
	m->t->last_epoch = p->step;
	return 0;
}

static int
query_mapped(struct trace *t, struct snap *sn, const struct span *sp, struct err *e)
{
	struct span all = {.axis = AXIS_STEP, .columns = MAP_COLUMNS, .attempt = t->attempt};
	struct series_info si;
	if (!snap_extent(sn, t->epochs, AXIS_STEP, t->attempt, &all.x0, &all.x1) ||
	    !snap_series_sums(sn, t->series[0], &si))
		return 0;
	struct epoch_map map = {xcalloc(MAP_COLUMNS, sizeof *map.col), MAP_COLUMNS};
	struct mapping m = {.map = &map, .span = sp, .t = t};
	int rc = snap_columns(sn, t->epochs, &all, map.col, e);
	if (rc >= 0)
		rc = snap_points(sn, t->series[0], t->attempt ? t->attempt : si.attempt, 0,
				 map_point, &m, e);
	free(map.col);
	return rc < 0 ? rc : 0;
}

static void
trace_smooth(struct trace *t, int columns, double weight)
{
	struct ema m = {.weight = weight};
	t->smooth = xcalloc((size_t)columns, sizeof *t->smooth);
	for (int i = 0; i < columns; i++) {
		const struct column *c = &t->col[i];
		if (c->n)
			column_set(&t->smooth[i], ema_add(&m, c->sum / (double)c->n), c);
		else
			t->smooth[i] = *c; /* a line that breaks breaks smoothed, too */
	}
}

static int
trace_query(struct trace *t, const struct figure *f, struct snap *sn, bool restarted, struct err *e)
{
	struct span sp = f->span;
	size_t w = (size_t)sp.columns;
	int rc;
	sp.attempt = t->attempt;
	trace_forget(t);
	t->col = xcalloc(w, sizeof *t->col);
	if (t->mapped && f->axis == AXIS_STEP)
		rc = query_mapped(t, sn, &sp, e);
	else if (t->nseries > 1)
		rc = query_fold(t, sn, &sp, e);
	else
		rc = snap_columns(sn, t->series[0], &sp, t->col, e);
	if (rc >= 0 && restarted && t->nseries == 1 && !t->mapped && f->axis != AXIS_WALL) {
		sp.orphaned = true;
		t->orphan = xcalloc(w, sizeof *t->orphan);
		rc = snap_columns(sn, t->series[0], &sp, t->orphan, e);
	}
	struct column *all[] = {t->col, t->low, t->high, t->orphan};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i])
			columns_scale(all[i], f->span.columns, t->scale);
	return rc < 0 ? rc : 0;
}

static bool
same_window(const struct span *a, const struct span *b)
{
	return a->axis == b->axis && a->x0 == b->x0 && a->x1 == b->x1 && a->logx == b->logx &&
	       a->columns == b->columns;
}

/* Few points are shown as they are: an average over three evaluations hides what they say. */
static bool
is_few(const struct trace *t, int columns)
{
	int filled = 0;
	for (int i = 0; i < columns; i++)
		filled += t->col[i].n > 0;
	return filled <= columns / 8;
}

int
figure_query(struct figure *f, struct snap *sn, int columns, struct err *e)
{
	f->span.columns = columns;
	bool same = same_window(&f->span, &f->answered);
	int rc = 0;
	for (int i = 0; i < f->ntraces && rc >= 0 && columns > 0; i++) {
		struct trace *t = &f->trace[i];
		bool restarted;
		uint64_t points = trace_points(t, sn, &restarted);
		if (!same || !t->col || t->points != points)
			rc = trace_query(t, f, sn, restarted, e);
		t->points = points;
		free(t->smooth);
		t->smooth = NULL;
		if (rc >= 0 && f->smooth > 0 && t->nseries == 1 && !is_few(t, columns))
			trace_smooth(t, columns, f->smooth);
	}
	f->answered = f->span;
	if (rc < 0)
		f->answered.columns = 0;
	return rc;
}

bool
figure_positive(const struct figure *f)
{
	for (int i = 0; i < f->ntraces; i++)
		for (int k = 0; f->trace[i].col && k < f->answered.columns; k++)
			if (f->trace[i].col[k].n && !(f->trace[i].col[k].min > 0))
				return false;
	return true;
}

static void
add_line(struct chart *c, const struct column *col, const struct trace *t, bool faint)
{
	c->line[c->nlines++] = (struct chart_line){.col = col,
						   .style = t->style,
						   .faint = faint || t->faint,
						   .top = t->top && !faint};
}

static void
trace_lines(const struct trace *t, struct chart *c)
{
	if (t->orphan) {
		add_line(c, t->orphan, t, true);
		c->line[c->nlines - 1].loose = true;
	}
	if (t->low) {
		add_line(c, t->low, t, true);
		add_line(c, t->high, t, true);
	}
	add_line(c, t->col, t, t->smooth != NULL);
	c->line[c->nlines - 1].loose = t->smooth != NULL;
	if (t->smooth) {
		/* it stands out from the values behind it, whatever it is itself */
		add_line(c, t->smooth, t, false);
		c->line[c->nlines - 1].faint = false;
	} else {
		c->line[c->nlines - 1].dots = t->nseries == 1 && !t->faint;
	}
	c->line[c->nlines - 1].name = t->name;
	c->line[c->nlines - 1].mark = t->mark;
}

const char *
figure_axis_name(enum axis axis, uint8_t unit)
{
	static const char *const name[] = {"step", "epoch", "row", ""};
	return axis == AXIS_STEP ? name[unit] : axis == AXIS_RELATIVE ? "since start" : "time";
}

void
figure_chart(struct figure *f, struct chart *out)
{
	int named = 0, mapped = -1;
	free(f->line);
	f->line = xcalloc((size_t)f->ntraces * 4 + 1, sizeof *f->line);
	*out = (struct chart){.axis = f->axis,
			      .span = f->answered,
			      .yrange = f->yrange,
			      .logy = f->logy,
			      .line = f->line,
			      .xlabel = f->xlabel};
	for (int i = 0; i < f->ntraces && f->answered.columns > 0; i++) {
		const struct trace *t = &f->trace[i];
		if (!t->col)
			continue;
		named += t->name != NULL;
		if (t->mapped && f->axis == AXIS_STEP)
			mapped = i;
		trace_lines(t, out);
	}
	out->legend = named > 1;
	if (f->answered.columns == 0)
		out->empty = "";
	else if (f->part)
		out->empty = "no points in this window";
	if (f->axis == AXIS_STEP && mapped >= 0)
		snprintf(f->xlabel, sizeof f->xlabel, "step, ep %lld",
			 (long long)f->trace[mapped].last_epoch);
	else
		snprintf(f->xlabel, sizeof f->xlabel, "%s%s", figure_axis_name(f->axis, f->unit),
			 f->answered.logx ? ", log" : "");
}
