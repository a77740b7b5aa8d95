/* A chart: dots in the middle, labels at the left and below.
 *
 *      2.4 ⡇                     the ends of the y axis, round ticks between them;
 *       ▲2 ⢣                     how often the curve leaves the range, and ▲ where;
 *      1.0  ⠣⣀     ▲             × where a value was NaN (below) or infinite (above)
 *      0.1    ⠉⠒⠒⠤⠤⢄⣀⣀⣀
 *          0      step    12.4k
 *
 * The room for labels depends on the size alone, never on the values: so the columns can be asked
 * for before anything is known about them, and nothing moves sideways when a label gets longer. */
#include "tui/chart.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/fmt.h"
#include "tui/raster.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const yrange_names[YRANGE_N] = {"robust", "all", "tail"};

enum { MARK_EVERY = 9 };

/* A chart while it is being drawn. */
struct canvas {
	struct grid *g;
	const struct chart *c;
	struct rect r, plot;
	struct scale y;
	struct raster ra;
	bool *labelled; /* rows of the plot where no further label of the y axis may go */
};

struct rect
chart_plot(struct rect r)
{
	int left = r.w >= 72 ? 9 : r.w >= 40 ? 7 : r.w >= 24 ? 6 : r.w >= 12 ? 5 : 0;
	int right = r.w >= 24, below = r.h >= 3;
	if (r.w < 2 || r.h < 1)
		return (struct rect){r.x, r.y, 0, 0};
	return (struct rect){r.x + left, r.y, r.w - left - right, r.h - below};
}

int
chart_columns(struct rect r, const struct grid *g)
{
	return chart_plot(r).w * (g->ascii ? 1 : 2);
}

/* The column of dots of column I: the same, unless the size has changed since the query. */
static int
column_x(const struct raster *ra, const struct chart *c, int i)
{
	return ra->w == c->span.columns ? i : (int)((int64_t)i * ra->w / c->span.columns);
}

void
chart_line_dots(struct raster *ra, const struct chart *c, const struct scale *s,
		const struct chart_line *l)
{
	int style = l->style | (l->faint ? STYLE_FAINT : 0);
	int last_x = -1, last_y = 0;
	for (int i = 0; i < c->span.columns; i++) {
		const struct column *k = &l->col[i];
		if (k->n == 0) {
			/* nothing but NaN: the line breaks; nothing at all: it goes on */
			if (k->nan || k->inf)
				last_x = -1;
			continue;
		}
		int x = column_x(ra, c, i);
		if (last_x >= 0)
			raster_join(ra, last_x, last_y, x, scale_row(s, k->first, ra->h), style);
		raster_run(ra, x, scale_row(s, k->min, ra->h), scale_row(s, k->max, ra->h), style);
		last_x = x;
		last_y = scale_row(s, k->last, ra->h);
	}
}

static void
draw_lines(struct canvas *v)
{
	const struct chart *c = v->c;
	for (int pass = 0; pass < 3; pass++)
		for (int i = 0; i < c->nlines; i++) {
			const struct chart_line *l = &c->line[i];
			if (pass == (l->top ? 2 : l->faint ? 0 : 1))
				chart_line_dots(&v->ra, c, &v->y, l);
		}
	raster_paint(&v->ra, v->g, v->plot.x, v->plot.y);
}

/* MARK in the place of a dot, if the line is seen there. */
static void
mark_dot(struct canvas *v, int x, double value, uint32_t mark, int style)
{
	int row = scale_row(&v->y, value, v->ra.h);
	if (row < 0 || row >= v->ra.h)
		return;
	int cx = x / v->ra.cw, cy = row / v->ra.ch, cell = cy * v->ra.cells + cx;
	if (v->ra.style[cell] == style)
		grid_put(v->g, v->plot.x + cx, v->plot.y + cy, mark, style);
}

/* So few points that each can be shown as one: half as many as there are cells, at most. One column
 * alone might be overlooked otherwise. */
static bool
shows_dots(const struct canvas *v, const struct chart_line *l)
{
	uint64_t points = 0;
	int filled = 0;
	for (int k = 0; k < v->c->span.columns; k++) {
		filled += l->col[k].n > 0;
		points += l->col[k].n;
	}
	return filled == 1 || (filled > 0 && l->dots && points <= (uint64_t)v->plot.w / 2);
}

/* Every few cells, each line at others, so that marks of neighbours don't hide each other. */
static void
draw_marks(struct canvas *v, const struct chart_line *l, int i, int style)
{
	int next = (3 + 5 * i) % MARK_EVERY;
	for (int k = 0; k < v->c->span.columns; k++) {
		int x = column_x(&v->ra, v->c, k);
		if (l->col[k].n == 0 || x / v->ra.cw < next)
			continue;
		mark_dot(v, x, l->col[k].last, l->mark, style);
		next = x / v->ra.cw + MARK_EVERY;
	}
}

static void
draw_dots(struct canvas *v)
{
	for (int i = 0; i < v->c->nlines; i++) {
		const struct chart_line *l = &v->c->line[i];
		int style = l->style | (l->faint ? STYLE_FAINT : 0);
		if (!shows_dots(v, l)) {
			if (l->mark)
				draw_marks(v, l, i, style);
			continue;
		}
		for (int k = 0; k < v->c->span.columns; k++) {
			if (l->col[k].n == 0)
				continue;
			int x = column_x(&v->ra, v->c, k);
			uint32_t mark = l->mark ? l->mark : CHART_DOT;
			mark_dot(v, x, l->col[k].first, mark, style);
			if (l->col[k].n > 1)
				mark_dot(v, x, l->col[k].last, mark, style);
		}
	}
}

/* Marks where a line leaves the range at the top or the bottom, one each time it does, and returns
 * how often. */
static int
mark_outside(struct canvas *v, bool above)
{
	int times = 0;
	for (int i = 0; i < v->c->nlines; i++) {
		const struct chart_line *l = &v->c->line[i];
		bool out = false;
		if (l->loose)
			continue;
		for (int k = 0; k < v->c->span.columns; k++) {
			const struct column *col = &l->col[k];
			if (col->n == 0)
				continue;
			bool now = above ? scale_row(&v->y, col->max, v->ra.h) < 0
					 : scale_row(&v->y, col->min, v->ra.h) >= v->ra.h;
			if (now && !out) {
				int cx = column_x(&v->ra, v->c, k) / v->ra.cw;
				grid_put(v->g, v->plot.x + cx,
					 v->plot.y + (above ? 0 : v->plot.h - 1),
					 above ? 0x25b2 /* ▲ */ : 0x25bc /* ▼ */, l->style);
				times++;
			}
			out = now;
		}
	}
	return times;
}

/* × for what was NaN, on the lower edge, or infinite, on the upper one; a long stretch of them is a
 * dashed line between two. */
static void
mark_nonfinite(struct canvas *v, bool inf)
{
	int y = v->plot.y + (inf ? 0 : v->plot.h - 1), from = -1;
	bool *bad = xcalloc((size_t)v->plot.w + 1, sizeof *bad);
	for (int i = 0; i < v->c->nlines; i++)
		for (int k = 0; k < v->c->span.columns; k++) {
			const struct column *col = &v->c->line[i].col[k];
			if (inf ? col->inf : col->nan)
				bad[column_x(&v->ra, v->c, k) / v->ra.cw] = true;
		}
	for (int cx = 0; cx <= v->plot.w; cx++) {
		if (bad[cx] && from < 0)
			from = cx;
		if (bad[cx] || from < 0)
			continue;
		for (int x = from; x < cx; x++) {
			bool end = x == from || x == cx - 1 || cx - from < 4;
			grid_put(v->g, v->plot.x + x, y, end ? 0xd7 /* × */ : 0x254c /* ╌ */,
				 STYLE_CRIT);
		}
		from = -1;
	}
	free(bad);
}

/* V in at most W columns, dropping digits when there is no other way; "" when even one is too many:
 * a number that is cut is another number. */
static const char *
label_y(char buf[FMT_N], double v, double gap, int w)
{
	fmt_axis(buf, v, gap);
	for (int digits = 9; digits > 0 && (int)strlen(buf) > w && v != 0; digits--)
		fmt_axis(buf, v, pow(10, floor(log10(fabs(v))) - (digits - 1)));
	if ((int)strlen(buf) > w + 1) /* the blank before the plot may go */
		buf[0] = '\0';
	return buf;
}

static int
label_room(const struct canvas *v)
{
	return v->plot.x - v->r.x - 1;
}

/* At the height of ROW, and no other label in the rows beside it. */
static void
put_label_y(struct canvas *v, int row, const char *text)
{
	int w = label_room(v);
	if (w < 1 || !*text)
		return;
	w += (int)strlen(text) > w;
	grid_text_right(v->g, v->r.x, v->plot.y + row, w, text, STYLE_AXIS);
	for (int i = row - 1; i <= row + 1; i++)
		if (i >= 0 && i < v->plot.h)
			v->labelled[i] = true;
}

/* The labels of an axis: its ends, then ticks. */
struct labels {
	double value[18], gap[18];
	char text[18][FMT_N];
	int n;
};

static void
write_labels(struct labels *l, int w)
{
	for (int i = 0; i < l->n; i++)
		label_y(l->text[i], l->value[i], l->gap[i], w);
}

/* Do two of different values say the same? */
static bool
labels_alike(const struct labels *l)
{
	double range = l->value[0] - l->value[1];
	for (int i = 0; i < l->n; i++)
		for (int k = 0; k < i; k++)
			if (fabs(l->value[i] - l->value[k]) >= range / 100 && *l->text[i] &&
			    strcmp(l->text[i], l->text[k]) == 0)
				return true;
	return false;
}

/* A range that is small beside its values needs more digits than there is room for: then the lower
 * end is told (with ~ when not all of it), and above it what is added to it. */
static void
label_differences(struct labels *l, int w)
{
	double lo = l->value[1];
	for (int j = 0; j < l->n; j++) {
		if (j != 1)
			label_y(l->text[j], l->value[j] - lo, l->gap[j], w - 1);
		else if ((int)strlen(fmt_axis(l->text[j], lo, l->gap[j])) > w + 1)
			label_y(l->text[j], lo, l->gap[j], w - 1);
		else
			continue;
		size_t len = strlen(l->text[j]);
		if (len && len + 1 < FMT_N) {
			memmove(l->text[j] + 1, l->text[j], len + 1);
			l->text[j][0] = j == 1 ? '~' : '+';
		}
	}
}

/* Does a label before number I say the same? There was no room for what tells them apart. */
static bool
said_before(const struct labels *l, int i)
{
	for (int k = 0; k < i; k++)
		if (strcmp(l->text[k], l->text[i]) == 0)
			return true;
	return false;
}

static void
put_count(struct canvas *v, int row, bool above, int times)
{
	int w = v->plot.x - v->r.x - 1;
	char buf[FMT_N];
	if (times == 0 || w < 3 || v->plot.h < 4)
		return;
	snprintf(buf, sizeof buf, times > 99 ? "%s99+" : "%s%d", above ? "▲" : "▼", times);
	if (utf8_columns(buf) > w)
		snprintf(buf, sizeof buf, "%s", above ? "▲" : "▼");
	grid_text_right(v->g, v->r.x, v->plot.y + row, w, buf, STYLE_DIM);
}

static void
draw_y_axis(struct canvas *v, int above, int below)
{
	int h = v->plot.h, w = label_room(v);
	struct labels l = {.value = {v->y.hi, v->y.lo}, .gap = {v->y.quantum, v->y.quantum}};
	if (v->y.constant) {
		char buf[FMT_N];
		double value = v->y.lo + (v->y.hi - v->y.lo) / 2;
		put_label_y(v, scale_row(&v->y, value, v->ra.h) / v->ra.ch,
			    label_y(buf, value, 0, w));
		return;
	}
	double gap;
	int n = h < 5 ? 0 : h / 3 > 16 ? 16 : h / 3;
	n = scale_ticks(v->y.lo, v->y.hi, v->y.log, n, l.value + 2, &gap);
	l.n = n + 2;
	for (int i = 0; i < l.n; i++)
		l.gap[i] = i < 2 ? v->y.quantum : gap;
	write_labels(&l, w);
	if (labels_alike(&l))
		write_labels(&l, w + 1); /* the blank before the plot may go */
	/* ticks are even on a logarithmic axis over less than a decade, too */
	if (labels_alike(&l) && (!v->y.log || gap > 0))
		label_differences(&l, w);
	put_label_y(v, 0, l.text[0]);
	if (h > 1)
		put_label_y(v, h - 1, l.text[1]);
	put_count(v, 1, true, above);
	put_count(v, h - 2, false, below);
	for (int i = 2; i < l.n; i++) {
		int row = scale_row(&v->y, l.value[i], v->ra.h);
		if (row >= 0 && row < v->ra.h && !v->labelled[row / v->ra.ch] &&
		    !said_before(&l, i))
			put_label_y(v, row / v->ra.ch, l.text[i]);
	}
}

static const char *
label_x(char buf[FMT_N], const struct chart *c, double x, double gap)
{
	switch (c->axis) {
	case AXIS_WALL:
		return fmt_time_axis(buf, (int64_t)x, (int64_t)(c->span.x1 - c->span.x0));
	case AXIS_RELATIVE:
		return fmt_since(buf, x / 1e6);
	case AXIS_STEP:
		break;
	}
	return fmt_axis(buf, x, gap);
}

/* Of an end of the axis: with the day, when there are several. */
static const char *
label_end(char buf[FMT_N], const struct chart *c, double x)
{
	const struct span *sp = &c->span;
	const int64_t day_us = INT64_C(86400) * 1000000;
	if (c->axis == AXIS_WALL && !fmt_same_day((int64_t)sp->x0, (int64_t)sp->x1))
		return fmt_time_axis(buf, (int64_t)x,
				     (int64_t)fmax(sp->x1 - sp->x0, (double)day_us));
	return label_x(buf, c, x, 0);
}

/* Blanks between labels of the x axis. */
static int
gap_x(const struct canvas *v)
{
	return v->plot.w < 20 ? 1 : 2;
}

/* Puts Z from column X of the row below the plot, when nothing else is there or too near. */
static bool
put_label_x(struct canvas *v, int x, const char *z, bool *used)
{
	int w = utf8_columns(z), gap = gap_x(v);
	if (x < 0 || x + w > v->plot.w)
		return false;
	for (int i = x - gap; i < x + w + gap; i++)
		if (i >= 0 && i < v->plot.w && used[i])
			return false;
	memset(used + x, true, (size_t)w);
	grid_text(v->g, v->plot.x + x, v->plot.y + v->plot.h, w, z, STYLE_AXIS);
	return true;
}

/* Puts Z into the middle of the gap between labels that is nearest to the middle of all. */
static bool
put_in_gap(struct canvas *v, const char *z, bool *used)
{
	int w = utf8_columns(z), best = -1, off = v->plot.w;
	for (int from = 0, to; from < v->plot.w; from = to + 1) {
		for (to = from; to < v->plot.w && !used[to]; to++)
			;
		int middle = (from + to) / 2, far = abs(middle - v->plot.w / 2);
		if (to - from >= w + 2 * gap_x(v) && far < off) {
			best = middle - w / 2;
			off = far;
		}
	}
	return best >= 0 && put_label_x(v, best, z, used);
}

static int
ticks_x(const struct chart *c, int n, double *tick, double *gap)
{
	const struct span *sp = &c->span;
	*gap = 0;
	if (c->axis == AXIS_STEP && sp->x1 - sp->x0 < n)
		n = (int)(sp->x1 - sp->x0); /* there is no step 1.5 */
	if (c->axis == AXIS_STEP || sp->logx)
		return scale_ticks(sp->x0, sp->x1, sp->logx, n, tick, gap);
	double ahead = c->axis == AXIS_WALL ? (double)fmt_zone_s((int64_t)sp->x1) * 1e6 : 0;
	return scale_time_ticks(sp->x0, sp->x1, ahead, n, tick);
}

/* The ends, ticks between them where there is much room, and what x is: that always. */
static void
draw_x_axis(struct canvas *v)
{
	const struct chart *c = v->c;
	const struct span *sp = &c->span;
	char buf[FMT_N];
	int w = v->plot.w;
	if (v->plot.h == v->r.h)
		return;
	bool *used = xcalloc((size_t)w, sizeof *used);
	for (int most = w < 40 ? 0 : w / 12 > 16 ? 16 : w / 12; most >= 0; most--) {
		double tick[16], gap;
		memset(used, 0, (size_t)w * sizeof *used);
		grid_fill(v->g, (struct rect){v->plot.x, v->plot.y + v->plot.h, w, 1}, ' ',
			  STYLE_NORMAL);
		label_end(buf, c, sp->x1);
		put_label_x(v, w - utf8_columns(buf), buf, used);
		if (sp->x1 > sp->x0)
			put_label_x(v, 0, label_end(buf, c, sp->x0), used);
		int n = ticks_x(c, most, tick, &gap);
		for (int i = 0; i < n; i++) {
			int col = span_column(sp, tick[i]);
			label_x(buf, c, tick[i], gap);
			if (col >= 0)
				put_label_x(v,
					    column_x(&v->ra, c, col) / v->ra.cw -
						    utf8_columns(buf) / 2,
					    buf, used);
		}
		if (!c->xlabel || put_in_gap(v, c->xlabel, used))
			break;
	}
	free(used);
}

/* The names of the lines, one below the other, in the first corner where no dot is lit. */
static void
draw_legend(struct canvas *v)
{
	const struct chart *c = v->c;
	int w = 0, h = 0;
	for (int i = 0; i < c->nlines; i++)
		if (c->line[i].name) {
			int k = utf8_columns(c->line[i].name) + 2;
			w = k > w ? k : w;
			h++;
		}
	if (h == 0 || h > v->plot.h / 2 || w > v->plot.w / 2)
		return;
	for (int corner = 0; corner < 4; corner++) {
		static const bool left[4] = {false, false, true, true};
		static const bool low[4] = {false, true, true, false};
		int x = left[corner] ? 0 : v->plot.w - w, y = low[corner] ? v->plot.h - h : 0;
		if (!raster_dark(&v->ra, x, y, w, h))
			continue;
		for (int i = 0; i < c->nlines; i++) {
			const struct chart_line *l = &c->line[i];
			if (!l->name)
				continue;
			int style = l->style | (l->faint ? STYLE_FAINT : 0);
			grid_put(v->g, v->plot.x + x, v->plot.y + y,
				 l->mark            ? l->mark
				 : shows_dots(v, l) ? CHART_DOT
						    : 0x2500 /* ─ */,
				 style);
			grid_text(v->g, v->plot.x + x + 2, v->plot.y + y, w - 2, l->name, style);
			y++;
		}
		return;
	}
}

/* A line at X wherever no curve is; the cell it is in, or -1. */
static int
draw_upright(struct canvas *v, double x, int style)
{
	int col = span_column(&v->c->span, x);
	if (col < 0)
		return -1;
	int cx = column_x(&v->ra, v->c, col) / v->ra.cw;
	for (int cy = 0; cy < v->plot.h; cy++)
		if (!v->ra.bits[cy * v->ra.cells + cx])
			grid_put(v->g, v->plot.x + cx, v->plot.y + cy, 0x250a /* ┊ */, style);
	return cx;
}

static void
draw_events(struct canvas *v)
{
	for (int i = 0; i < v->c->nevents; i++) {
		const struct chart_event *ev = &v->c->event[i];
		int cx = draw_upright(v, ev->x, ev->style | STYLE_FAINT);
		if (cx >= 0 && ev->sign)
			grid_put(v->g, v->plot.x + cx, v->plot.y, ev->sign, ev->style);
	}
}

static void
draw_message(struct canvas *v, const char *z)
{
	int w = utf8_columns(z);
	if (w > v->r.w)
		w = v->r.w;
	grid_text(v->g, v->r.x + (v->r.w - w) / 2, v->r.y + (v->r.h - 1) / 2, w, z, STYLE_DIM);
}

static bool
any_points(const struct chart *c)
{
	for (int i = 0; i < c->nlines; i++)
		for (int k = 0; k < c->span.columns; k++)
			if (c->line[i].col[k].n || c->line[i].col[k].nan || c->line[i].col[k].inf)
				return true;
	return false;
}

void
chart_draw(struct grid *g, struct rect r, const struct chart *c)
{
	struct canvas v = {.g = g, .c = c, .r = r, .plot = chart_plot(r)};
	if (r.w < 1 || r.h < 1)
		return;
	if (v.plot.w < 1 || v.plot.h < 1 || !any_points(c)) {
		draw_message(&v, c->empty ? c->empty : "no points yet");
		return;
	}
	raster_init(&v.ra, v.plot.w, v.plot.h, g->ascii);
	v.labelled = xcalloc((size_t)v.plot.h, sizeof *v.labelled);
	if (chart_scale(c, &v.y)) {
		draw_lines(&v);
		draw_dots(&v);
		int above = mark_outside(&v, true), below = mark_outside(&v, false);
		draw_y_axis(&v, above, below);
	} else {
		draw_message(&v, "nothing finite");
	}
	draw_events(&v);
	mark_nonfinite(&v, false);
	mark_nonfinite(&v, true);
	draw_x_axis(&v);
	if (c->cursor)
		draw_upright(&v, c->cursor_x, STYLE_DIM);
	if (c->legend)
		draw_legend(&v);
	raster_release(&v.ra);
	free(v.labelled);
}
