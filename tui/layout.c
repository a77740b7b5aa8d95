/* Three arrangements, by the room there is:
 *
 *   stack     narrow: runs, charts, metrics, one above the other
 *   rows      runs and charts side by side, metrics and alerts side by side below them
 *   columns   large: runs above metrics on the left, charts above alerts on the right, so that four
 *             runs take four rows and the charts all the rest
 *
 * A pane that is hidden leaves its room to its neighbour; one that finds less than its least room
 * is dropped, the least important first. Neighbours share a border line: cutting R at W columns
 * gives a left part of W and a right one of R - W + 1. */
#include "tui/layout.h"

#include <string.h>

/* The least room of panes, borders included: less shows nothing useful. */
enum {
	RUNS_W = 30,
	CHARTS_W = 27,
	METRICS_W = 36,
	ALERTS_W = 24, /* without alerts it is no larger */
	RUNS_H = 5,
	CHARTS_H = 6,
	TOP_H = 10, /* runs and charts, when something is to stand below them */
	METRICS_H = 5,
	ALERTS_H = 3,
	ROWS_W = 60,     /* from here side by side */
	COLUMNS_W = 116, /* from here in columns */
	COLUMNS_H = 30,
	SCREEN_W = 40, /* below, the list of runs is alone */
	SCREEN_H = 8,
};

static int
clamp(int v, int lo, int hi)
{
	if (v > hi)
		v = hi;
	return v < lo ? lo : v;
}

static int
max(int a, int b)
{
	return a > b ? a : b;
}

/* Cuts R in two that share a border; without one of them the other has it all. */
static void
cut_x(struct rect r, struct rect *left, struct rect *right, int w)
{
	if (left)
		*left = r;
	if (right)
		*right = r;
	if (!left || !right)
		return;
	left->w = w;
	right->x = r.x + w - 1;
	right->w = r.w - w + 1;
}

static void
cut_y(struct rect r, struct rect *upper, struct rect *lower, int lower_h)
{
	if (upper)
		*upper = r;
	if (lower)
		*lower = r;
	if (!upper || !lower)
		return;
	upper->h = r.h - lower_h + 1;
	lower->y = r.y + upper->h - 1;
	lower->h = lower_h;
}

static struct rect *
slot_of(struct layout *out, const struct layout_want *want, enum slot s)
{
	return want->hidden[s] ? NULL : &out->slot[s];
}

static void
arrange_stack(const struct layout_want *want, struct rect r, struct layout *out)
{
	struct rect *runs = slot_of(out, want, SLOT_RUNS);
	struct rect *charts = slot_of(out, want, SLOT_CHARTS);
	struct rect *metrics = slot_of(out, want, SLOT_METRICS);
	int runs_h = runs ? RUNS_H : 1, charts_h = charts ? CHARTS_H + 2 : 1;

	if ((runs || charts) && r.h < runs_h + charts_h + METRICS_H - 2)
		metrics = NULL;
	if ((runs || metrics) && r.h < runs_h + (metrics ? METRICS_H : 1) + charts_h - 2)
		charts = NULL;
	struct rect upper = r;
	if (metrics) {
		int most = runs || charts ? r.h - runs_h - charts_h + 2 : r.h;
		int h = clamp(clamp(want->metrics + 3, METRICS_H, r.h / 3) + want->split_y,
			      METRICS_H, most);
		cut_y(r, runs || charts ? &upper : NULL, metrics, h);
	}
	if (runs || charts) {
		int h = clamp(want->runs + 2, RUNS_H, upper.h / 2) + want->split_x;
		h = clamp(h, RUNS_H, upper.h - CHARTS_H + 1);
		cut_y(upper, runs, charts, upper.h - h + 1);
	}
}

static void
arrange_rows(const struct layout_want *want, struct rect r, struct layout *out)
{
	struct rect *runs = slot_of(out, want, SLOT_RUNS);
	struct rect *charts = slot_of(out, want, SLOT_CHARTS);
	struct rect *metrics = slot_of(out, want, SLOT_METRICS);
	struct rect *alerts = slot_of(out, want, SLOT_ALERTS);

	if ((runs || charts) && r.h < TOP_H + METRICS_H - 1)
		metrics = alerts = NULL;
	if (r.h < CHARTS_H && runs)
		charts = NULL;

	struct rect upper = r, lower = r;
	if (!runs && !charts) {
		upper.h = 0;
	} else if (metrics || alerts) {
		int rows = max(metrics ? want->metrics + 3 : 0, alerts ? want->alerts + 2 : 0);
		int h = clamp(rows, METRICS_H, max(METRICS_H, r.h / 3)) + want->split_y;
		cut_y(r, &upper, &lower, clamp(h, METRICS_H, r.h - TOP_H + 1));
	}
	if (upper.h) {
		int w = clamp(r.w * 2 / 5, RUNS_W + 6, 56) + want->split_x;
		cut_x(upper, runs, charts, clamp(w, RUNS_W, r.w - CHARTS_W + 1));
	}
	if (metrics || alerts) {
		int w = want->alerts ? clamp(r.w * 2 / 5, 32, 56) : ALERTS_W;
		w = clamp(w + want->split_alerts, ALERTS_W, r.w - METRICS_W + 1);
		cut_x(lower, metrics, alerts, r.w - w + 1);
	}
}

static void
arrange_columns(const struct layout_want *want, struct rect r, struct layout *out)
{
	struct rect *runs = slot_of(out, want, SLOT_RUNS);
	struct rect *charts = slot_of(out, want, SLOT_CHARTS);
	struct rect *metrics = slot_of(out, want, SLOT_METRICS);
	struct rect *alerts = slot_of(out, want, SLOT_ALERTS);
	struct rect left = r, right = r;
	int w = clamp(clamp(r.w * 9 / 25, 54, 84) + want->split_x, METRICS_W, r.w - CHARTS_W + 1);
	cut_x(r, runs || metrics ? &left : NULL, charts || alerts ? &right : NULL, w);

	if (runs || metrics) {
		/* The list has what it needs if that leaves the metrics what they need, or half. */
		int needed = clamp(want->metrics + 3, METRICS_H, left.h / 2);
		int h = max(left.h - (want->runs + 2) + 1, needed) + want->split_y;
		cut_y(left, runs, metrics, clamp(h, METRICS_H, left.h - RUNS_H + 1));
	}
	if (charts || alerts) {
		int h = want->alerts ? clamp(want->alerts + 2, 4, max(6, right.h / 5)) : ALERTS_H;
		h = clamp(h + want->split_alerts, ALERTS_H, right.h - CHARTS_H + 1);
		cut_y(right, charts, alerts, h);
	}
}

static int
nshown(const struct layout *l)
{
	int n = 0;
	for (int s = 0; s < SLOT_N; s++)
		n += l->slot[s].w > 0;
	return n;
}

void
layout_make(const struct layout_want *want, struct layout *out)
{
	memset(out, 0, sizeof *out);
	struct rect r = {0, 0, max(want->w, 0), max(want->h, 0)};
	if (r.h > 2) {
		r.h--;
		out->status = (struct rect){0, r.h, r.w, 1};
	}
	if (want->zoomed >= 0 && want->zoomed < SLOT_N) {
		out->slot[want->zoomed] = r;
		return;
	}
	if (want->w < SCREEN_W || want->h < SCREEN_H) {
		out->slot[SLOT_RUNS] = r;
		return;
	}
	bool columns = r.w >= COLUMNS_W && r.h >= COLUMNS_H;
	bool rows = r.w >= ROWS_W;
	struct layout_want fit = *want;
	bool pane = columns || (r.w >= METRICS_W + ALERTS_W + 12 && r.h >= TOP_H + METRICS_H + 1);
	if (!pane && !want->hidden[SLOT_ALERTS]) {
		fit.hidden[SLOT_ALERTS] = true;
		out->alerts_line = want->firing > 0;
		r.h -= out->alerts_line;
	}
	if (columns)
		arrange_columns(&fit, r, out);
	else if (rows)
		arrange_rows(&fit, r, out);
	else
		arrange_stack(&fit, r, out);
	if (!nshown(out)) /* what isn't hidden found no room */
		out->slot[SLOT_RUNS] = r;
	if (out->alerts_line)
		out->slot[SLOT_ALERTS] = (struct rect){0, r.h, r.w, 1};
}
