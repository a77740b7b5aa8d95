/* run_line.c - a run in a line, and a directory of runs.
 *
 * A line is the cursor's bar, a sign for the state, a mark (! something fires, ◆ pinned, ◇ taken
 * off the charts), a star (★) where there is room for it, the name in the colour of its line in
 * the charts, and columns that come and go with the width of the pane, never with the values. What
 * stands at the end of the line depends on the state, because each state raises another question:
 * how far and how long for a running one, since when for a silent one, how long it took for a
 * finished one. */
#include "tui/run_line.h"

#include "core/name.h"
#include "core/str.h"
#include "core/utf8.h"
#include "tui/filter.h"
#include "tui/fmt.h"
#include "tui/sign.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define INDENT 4 /* columns before the name: bar, sign, mark, blank; a narrow pane has no blank */
#define NARROW 40
#define NAME_MIN 8
#define NAME_MAX 48
#define STATE_ROOMY_W 14 /* "12% 7h50m left" */
#define STATE_W 12       /* "57% 12h left" */
#define STATE_LEAST_W 9  /* "silent 1h" */
#define STATE_TIGHT_W 8  /* "12h left" */
#define STATE_SHORT_W 6

enum { C_NAME, C_SPARK, C_VALUE, C_METRIC, C_STEP, C_RATE, C_START, C_STATE };

_Static_assert(C_STATE + 1 == RUN_COLS, "one place for each column");

const char *
run_line_label(const struct model *m, const struct model_row *row)
{
	return m->run[row->run].name + row->skip;
}

/* -- columns --------------------------------------------------------------------------------- */

/* The one that speaks for the run: its loss, else its headline. */
static const struct glance *
value_of(const struct model_run *r)
{
	return r->info.loss.name[0] ? &r->info.loss : &r->info.headline;
}

/* One value with decimals, and all of its column have them: 1 beside 0.9131 is 1.000. */
static bool
is_fraction(double v)
{
	return isfinite(v) && v != rint(v);
}

static void
common_add(struct run_common *c, const struct glance *gl, enum goal goal)
{
	if (!c->name)
		c->name = gl->name;
	/* Each name is kept once: most are the same one. */
	if (!c->last_differs && c->name != gl->name && strcmp(c->name, gl->name) != 0) {
		c->whole_differs = true;
		c->last_differs = strcmp(name_last(c->name), name_last(gl->name)) != 0;
	}
	c->fractions = c->fractions || is_fraction(gl->last) || is_fraction(gl->best);
	c->goals_differ = c->goals_differ || (c->any && goal != c->goal);
	c->any = true;
	c->goal = goal;
}

/* The columns of what speaks for a run, and of its headline: that is of a column of its own where
 * the run has a loss too. */
static void
sum_runs(struct run_sums *s, const struct model *m)
{
	for (int i = 0; i < m->nruns; i++) {
		const struct model_run *r = &m->run[i];
		const struct glance *gl = value_of(r);
		s->state[r->state]++;
		if (gl->name[0])
			common_add(&s->value, gl, r->goal);
		if (gl != &r->info.headline && r->info.headline.name[0])
			common_add(&s->metric, &r->info.headline, r->goal);
	}
}

static void
sum_rows(struct run_sums *s, const struct model *m)
{
	s->widest = NAME_MIN;
	for (int i = 0; i < m->nrows; i++) {
		const struct model_row *row = &m->row[i];
		const char *z = row->run < 0 ? row->dir->label : run_line_label(m, row);
		int indent = 2 * row->depth, len = (int)strlen(z);
		if (row->run < 0) {
			s->listed += row->dir->folded ? row->dir->nruns : 0;
		} else {
			s->listed++;
			s->longest = len > s->longest ? len : s->longest;
			s->deepest = row->depth > s->deepest ? row->depth : s->deepest;
		}
		/* no byte takes two columns */
		if (s->widest == NAME_MAX || indent + len <= s->widest)
			continue;
		int cols = indent + utf8_columns(z);
		s->widest = cols > NAME_MAX ? NAME_MAX : cols > s->widest ? cols : s->widest;
	}
}

void
run_sums_take(struct run_sums *s, const struct model *m)
{
	if (s->edition == m->edition && s->edition)
		return;
	*s = (struct run_sums){.edition = m->edition};
	sum_runs(s, m);
	sum_rows(s, m);
}

/* The name that they have in common: the whole one, else its last part; else none. */
static void
common_name(const struct run_common *c, bool whole, char *buf, size_t size)
{
	bool differs = whole ? c->whole_differs : c->last_differs;
	const char *name = !c->name || differs ? "" : whole ? c->name : name_last(c->name);
	snprintf(buf, size, "%s", name);
}

/* What stands above a column of values: the last part of the name, unless that would make two
 * columns look alike; then the whole name, or its first part where that is too long. */
static void
place_heads(struct run_cols *rc, const struct model *m, const struct run_sums *s)
{
	char value[64], metric[64], whole[64];
	const struct run_common *v = &s->value, *h = &s->metric;
	common_name(v, false, value, sizeof value);
	common_name(h, false, metric, sizeof metric);
	bool any = h->any;
	if (any && strcmp(value, metric) == 0) {
		common_name(v, true, whole, sizeof whole);
		snprintf(value, sizeof value, "%s", whole[0] ? whole : "loss");
		common_name(h, true, whole, sizeof whole);
		snprintf(metric, sizeof metric, "%s", whole[0] ? whole : "metric");
	}
	snprintf(rc->value, sizeof rc->value, "%.50s", value[0] ? value : "loss");
	snprintf(rc->metric, sizeof rc->metric, "%.40s%s%s", any && !metric[0] ? "metric" : metric,
		 any ? sign_of_goal(h->goals_differ ? GOAL_NONE : h->goal, m->ascii) : "",
		 any && m->sort == SORT_METRIC ? " best" : "");
	rc->value_whole = !v->fractions;
	rc->metric_whole = !h->fractions;
}

/* The column that the rows are in order of; -1: none of them. */
static int
sorted_column(const struct model *m, const struct run_cols *rc)
{
	switch (m->sort) {
	case SORT_NAME:
		return C_NAME;
	case SORT_START:
		return C_START;
	case SORT_LOSS:
		return C_VALUE;
	case SORT_METRIC:
		return rc->metric[0] ? C_METRIC : C_VALUE;
	case SORT_STEP:
		return C_STEP;
	default:
		return -1;
	}
}

/* Its heading says so. */
static void
mark_sorted(struct run_cols *rc, const struct model *m, int sorted)
{
	struct col *c = &rc->col[sorted];
	const char *mark = m->ascii ? "v" : "\xe2\x96\xbe"; /* ▾ */
	char name[64];
	snprintf(name, sizeof name, "%.50s", c->head);
	bool fits = utf8_columns(name) + 1 <= c->w;
	snprintf(rc->sorted, sizeof rc->sorted, "%s%s", fits ? mark : "", name);
	c->head = rc->sorted;
}

/* A heading that does not fit: the first part of a name tells two apart, else a word for it. */
static void
shorten_head(struct col *c, char *head, const char *word)
{
	char *slash = strchr(head, '/'), *goal = strrchr(head, ' ');
	if (utf8_columns(head) <= c->w)
		return;
	if (slash && slash - head + (goal ? 2 : 0) <= c->w)
		memmove(slash, goal ? goal : "", goal ? strlen(goal) + 1 : 1);
	else
		c->head = word;
}

static int
clamp(int v, int lo, int hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

void
run_cols_place(struct run_cols *rc, const struct model *m, const struct run_sums *s, int width)
{
	struct col *col = rc->col;
	place_heads(rc, m, s);
	rc->width = width;
	/* a letter beside a name would be read as its first */
	rc->indent = width < NARROW && !m->letters ? INDENT - 1 : INDENT;
	int widest = s->widest, sorted = sorted_column(m, rc);
	/* Whole names before sparklines before words before digits; but with a sparkline once there
	 * was room for one, so that a pane that grows loses nothing. The last one has to do. */
	static const struct {
		int name, spark, value, head, state;
	} attempt[] = {
		{34, 8, 8, 12, STATE_ROOMY_W},
		{34, 6, 8, 8, STATE_W},
		{34, 5, 7, 7, STATE_W},
		{34, 4, 7, 7, STATE_LEAST_W},
		{22, 5, 7, 7, STATE_LEAST_W},
		{34, 0, 7, 7, STATE_TIGHT_W},
		{22, 0, 7, 7, STATE_TIGHT_W},
		{14, 0, 7, 7, STATE_TIGHT_W},
		{12, 0, 7, 7, 0}, /* what is sorted by before the word for the sign */
		{NAME_MIN, 0, 7, 7, STATE_SHORT_W},
	};
	for (size_t i = 0; i < sizeof attempt / sizeof *attempt; i++) {
		if (!attempt[i].state && sorted < 0)
			continue;
		int name = attempt[i].name, value = attempt[i].value, head = attempt[i].head;
		struct col all[RUN_COLS] = {
			[C_NAME] = {.head = "run",
				    .min = widest < name ? widest : name,
				    .max = widest},
			[C_SPARK] = {.head = "", .min = attempt[i].spark, .max = 24, .rank = 3},
			[C_VALUE] = {.head = rc->value,
				     .min = clamp(utf8_columns(rc->value) + (sorted == C_VALUE),
						  value, head),
				     .right = true},
			[C_METRIC] = {.head = rc->metric,
				      .min = !rc->metric[0] ? 0
							    : clamp(utf8_columns(rc->metric) +
									    (sorted == C_METRIC),
								    8, head),
				      .rank = 4,
				      .right = true},
			[C_STEP] = {.head = "step", .min = 6, .rank = 5, .right = true},
			[C_RATE] = {.head = "rate", .min = 7, .rank = 6, .right = true},
			[C_START] = {.head = "start", .min = FMT_CLOCK_W, .rank = 7, .right = true},
			[C_STATE] = {.head = "", .min = attempt[i].state, .rank = 1},
		};
		memcpy(col, all, sizeof all);
		if (sorted >= 0 && col[sorted].rank)
			col[sorted].rank = 2;
		cols_fit(col, RUN_COLS, width - rc->indent);
		bool all_there = col[C_NAME].w >= all[C_NAME].min &&
				 (col[C_STATE].w || !attempt[i].state) &&
				 (col[C_SPARK].w || !attempt[i].spark) && (i || col[C_STEP].w);
		if (all_there && (sorted < 0 || col[sorted].w))
			break;
	}
	shorten_head(&col[C_VALUE], rc->value, "loss");
	shorten_head(&col[C_METRIC], rc->metric, m->sort == SORT_METRIC ? "best" : "metric");
	if (sorted >= 0)
		mark_sorted(rc, m, sorted);
}

/* -- one row --------------------------------------------------------------------------------- */

/* TEXT when it has at most W columns and nothing fitting was found before. */
__attribute__((format(printf, 4, 5))) static void
offer(char *buf, size_t size, int w, const char *fmt, ...)
{
	char text[80];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (!buf[0] && utf8_columns(text) <= w)
		snprintf(buf, size, "%s", text);
}

/* "7h50m" without what is small beside the rest: "7h". */
static void
coarse(char *time)
{
	char *unit = time + strspn(time, "0123456789");
	if (*unit == 'h' || *unit == 'd')
		unit[1] = '\0';
}

#define EARLY 0.97

/* How far and how long: "12% 7h50m left"; with less room one of them. */
static void
progress_text(const struct model_run *r, int w, char *buf, size_t size)
{
	char part[FMT_N], left[FMT_N];
	fmt_percent(part, r->progress);
	if (r->state == RUN_QUIET) {
		offer(buf, size, w, "%3s quiet", part);
		offer(buf, size, w, "quiet");
	} else if (r->eta_s >= 0) {
		fmt_duration(left, r->eta_s);
		offer(buf, size, w, "%3s %s left", part, left);
		coarse(left);
		offer(buf, size, w, "%3s %s left", part, left);
		offer(buf, size, w, "%s left", left);
	}
	offer(buf, size, w, "%s", part);
}

static void
took_text(const struct model_run *r, int w, char *buf, size_t size)
{
	const struct run_info *in = &r->info;
	char took[FMT_N], part[FMT_N];
	/* before its last step: it was stopped early, by itself or by somebody */
	if (r->progress >= 0 && r->progress < EARLY)
		offer(buf, size, w, "done at %s", fmt_percent(part, r->progress));
	if (in->last_us > in->first_us && in->first_us > 0) {
		fmt_duration(took, (double)(in->last_us - in->first_us) / 1e6);
		offer(buf, size, w, "done in %s", took);
		coarse(took);
		offer(buf, size, w, "done in %s", took);
	}
	offer(buf, size, w, "done");
}

/* The end of the line in W columns; STEP_SHOWN: the step has a column of its own. A time says what
 * it is the time of, or is not there. */
static void
state_text(const struct model *m, const struct model_run *r, int w, bool step_shown, char *buf,
	   size_t size)
{
	static const char *const units[] = {"step", "epoch", "row", ""};
	const struct run_info *in = &r->info;
	char age[FMT_N], step[FMT_N];
	fmt_age(age, in->last_arrival_us, m->now_us);
	bool now = strcmp(age, "now") == 0;
	buf[0] = '\0';
	switch (r->state) {
	case RUN_RUNNING:
	case RUN_QUIET:
		if (r->progress >= 0) {
			progress_text(r, w, buf, size);
		} else if (r->state == RUN_QUIET) {
			if (!now)
				offer(buf, size, w, "quiet %s", age);
			offer(buf, size, w, "quiet");
		} else {
			fmt_step(step, in->last_step);
			if (!step_shown && in->unit < STEP_NONE)
				offer(buf, size, w, "%s %s", units[in->unit], step);
			offer(buf, size, w, "running");
			if (in->unit < STEP_NONE)
				offer(buf, size, w, "%s", step);
		}
		break;
	case RUN_STALLED:
		offer(buf, size, w, "stalled %s", age);
		offer(buf, size, w, "stalled");
		offer(buf, size, w, "stall");
		break;
	case RUN_FINISHED:
		took_text(r, w, buf, size);
		break;
	case RUN_LOST:
		if (!now)
			offer(buf, size, w, "lost %s ago", age);
		offer(buf, size, w, "lost");
		break;
	case RUN_UNKNOWN:
		if (in->points && !now)
			offer(buf, size, w, "silent %s", age);
		offer(buf, size, w, in->points ? "silent" : "empty");
		break;
	default:
		offer(buf, size, w, "%s", run_state_name(r->state)); /* the sign says it, too */
	}
}

static int
state_text_style(enum run_state s)
{
	switch (s) {
	case RUN_RUNNING:
		return STYLE_NORMAL;
	case RUN_STALLED:
	case RUN_FAILED:
	case RUN_DIVERGED:
		return sign_state_style(s);
	default:
		return STYLE_DIM;
	}
}

static void
draw_value(const struct col *c, struct grid *g, int x, int y, const struct glance *gl, double v,
	   bool whole, int style)
{
	char buf[FMT_N];
	if (!gl->name[0]) {
		col_text(c, g, x, y, g->ascii ? "-" : "–", STYLE_DIM);
		return;
	}
	col_text(c, g, x, y, fmt_cell(buf, v, whole, c->w), isfinite(v) ? style : STYLE_CRIT);
}

static void
draw_run(const struct run_cols *rc, const struct model *m, const struct model_row *row,
	 const char *name, struct grid *g, int x, int y, bool cursor)
{
	const struct col *col = rc->col;
	const struct model_run *r = &m->run[row->run];
	const struct glance *gl = value_of(r);
	char buf[256];
	int bold = cursor ? STYLE_BOLD : 0;
	int color = r->drawn && r->color >= 0 ? STYLE_RUN0 + r->color : STYLE_NORMAL;
	grid_put(g, x + 1, y, sign_of_state(r->state, g->ascii), sign_state_style(r->state));
	bool letter = m->letters && r->drawn && r->color >= 0;
	if (r->firing)
		grid_put(g, x + 2 + letter, y, '!', STYLE_CRIT | STYLE_BOLD);
	if (letter)
		grid_put(g, x + 2, y, model_letter(r), color);
	else if (r->firing)
		;
	else if (r->pinned)
		grid_put(g, x + 2, y, g->ascii ? '#' : 0x25c6, color); /* ◆ */
	else if (r->unpinned)
		grid_put(g, x + 2, y, g->ascii ? 'o' : 0x25c7, STYLE_DIM); /* ◇ */
	if (r->marks.star && !(letter && r->firing) &&
	    (rc->indent == INDENT || !(r->firing || r->pinned || r->unpinned)))
		grid_put(g, x + rc->indent - 1, y, g->ascii ? '*' : 0x2605, STYLE_TITLE); /* ★ */
	if (r->marks.hidden && color == STYLE_NORMAL)
		color = STYLE_DIM;
	x += rc->indent;
	filter_text(g, x + col[C_NAME].x + 2 * row->depth, y, col[C_NAME].w - 2 * row->depth, name,
		    m->filter, color | bold);
	if (col[C_SPARK].w && r->spark) {
		float v[SPARK_N + 1];
		int n = spark_values(r->spark, v);
		fmt_spark(buf, sizeof buf, v, n, col[C_SPARK].w, g->ascii);
		grid_text(g, x + col[C_SPARK].x, y, col[C_SPARK].w, buf,
			  color == STYLE_NORMAL ? STYLE_DIM : color);
	}
	/* in order of the metric it is the best ones that are compared */
	const struct glance *headline = &r->info.headline;
	double shown = m->sort == SORT_METRIC ? headline->best : headline->last;
	draw_value(&col[C_VALUE], g, x, y, gl,
		   gl == headline ? shown * r->headline_scale : gl->last * r->loss_scale,
		   rc->value_whole, STYLE_NORMAL | bold);
	if (gl != headline)
		draw_value(&col[C_METRIC], g, x, y, headline, shown * r->headline_scale,
			   rc->metric_whole, STYLE_NORMAL | bold);
	if (r->info.unit != STEP_NONE)
		col_text(&col[C_STEP], g, x, y, fmt_step(buf, r->info.last_step), STYLE_NORMAL);
	if (r->rate > 0) {
		char n[FMT_N];
		snprintf(buf, sizeof buf, r->rate >= 0.1 ? "%s/s" : "%s/h",
			 fmt_axis(n, r->rate >= 0.1 ? r->rate : r->rate * 3600, 0));
		col_text(&col[C_RATE], g, x, y, buf, STYLE_DIM);
	}
	if (r->info.first_us > 0)
		col_text(&col[C_START], g, x, y, fmt_clock(buf, r->info.first_us, m->now_us),
			 STYLE_DIM);
	state_text(m, r, col[C_STATE].w, col[C_STEP].w > 0, buf, sizeof buf);
	col_text(&col[C_STATE], g, x, y, buf, state_text_style(r->state) | bold);
}

/* A further piece of a line of W columns, whole or not at all. */
__attribute__((format(printf, 3, 4))) static void
add_piece(struct str *s, int w, const char *fmt, ...)
{
	char piece[64];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(piece, sizeof piece, fmt, ap);
	va_end(ap);
	if ((int)(s->len + strlen(piece)) + 2 <= w)
		str_addf(s, "%s%s", s->len ? "  " : "", piece);
}

static void
draw_dir(const struct run_cols *rc, const struct model_row *row, struct grid *g, int x, int y,
	 bool cursor)
{
	const struct col *col = rc->col;
	const struct model_dir *d = row->dir;
	char buf[FMT_N];
	struct str s = STR_INIT;
	int bold = cursor ? STYLE_BOLD : 0;
	uint32_t sign = g->ascii ? (d->folded ? '+' : '-') : d->folded ? 0x25b8 : 0x25be; /* ▸ ▾ */
	int indent = 2 * row->depth;
	grid_put(g, x + (indent ? rc->indent + indent - 2 : 1), y, sign, STYLE_TITLE | bold);
	if (d->nfiring)
		grid_put(g, x + 2, y, '!', STYLE_CRIT | STYLE_BOLD);
	x += rc->indent;
	int used = grid_text_middle(g, x + indent, y, col[C_NAME].w - indent, d->label,
				    STYLE_TITLE | bold);
	x += indent + used + 2;
	int width = rc->width - rc->indent - indent - used - 2;
	add_piece(&s, width, "%d runs", d->nruns);
	if (d->nfiring)
		add_piece(&s, width, d->nfiring == 1 ? "%d alert" : "%d alerts", d->nfiring);
	if (d->nlive)
		add_piece(&s, width, "%d live", d->nlive);
	if (!isnan(d->best))
		add_piece(&s, width, "best %s", fmt_value(buf, (double)d->best));
	grid_text(g, x, y, width, str_c(&s), STYLE_DIM | bold);
	str_release(&s);
}

void
run_line_heads(const struct run_cols *rc, struct grid *g, int x, int y)
{
	cols_heads(rc->col, RUN_COLS, g, x + rc->indent, y);
}

int
run_line_name_w(const struct run_cols *rc)
{
	return rc->col[C_NAME].w;
}

void
run_line_draw(const struct run_cols *rc, const struct model *m, const struct model_row *row,
	      const char *name, struct grid *g, int x, int y, bool cursor)
{
	if (row->run < 0)
		draw_dir(rc, row, g, x, y, cursor);
	else
		draw_run(rc, m, row, name ? name : run_line_label(m, row), g, x, y, cursor);
}
