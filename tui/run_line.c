/* run_line.c - a run in a line, and a directory of runs.
 *
 * A line is the cursor's bar, a sign for the state, a mark (! something fires, ◆ pinned, ◇ taken
 * off the charts), a star (★) where there is room for it, the name in the colour of its line in
 * the charts, and columns that come and go with the width of the pane, never with the values. What
 * stands at the end of the line depends on the state, because each state raises another question:
 * how far and how long for a running one, since when for a silent one, how long it took for a
 * finished one. */
#include "tui/run_line.h"

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
#define STATE_W 9 /* "12% 7h50m" */
#define STATE_SHORT_W 6

enum { C_NAME, C_SPARK, C_VALUE, C_METRIC, C_STEP, C_RATE, C_START, C_STATE };

_Static_assert(C_STATE + 1 == RUN_COLS, "one place for each column");

const char *
run_line_label(const struct model *m, const struct model_row *row)
{
	return m->run[row->run].name + row->skip;
}

static int
widest_name(const struct model *m)
{
	int w = NAME_MIN;
	for (int i = 0; i < m->nrows && w < NAME_MAX; i++) {
		const struct model_row *row = &m->row[i];
		const char *z = row->run < 0 ? row->label : run_line_label(m, row);
		int cols = 2 * row->depth + utf8_columns(z);
		w = cols > w ? cols : w;
	}
	return w < NAME_MAX ? w : NAME_MAX;
}

/* -- columns --------------------------------------------------------------------------------- */

/* The one that speaks for the run: its loss, else its headline. */
static const struct glance *
value_of(const struct model_run *r)
{
	return r->info.loss.name[0] ? &r->info.loss : &r->info.headline;
}

static const char *
last_part(const char *name)
{
	const char *slash = strrchr(name, '/');
	return slash && slash[1] ? slash + 1 : name;
}

/* The name that the shown runs have in common for what GET picks: their last part when the wholes
 * differ. */
static void
common_name(const struct model *m, bool headline, char *buf, size_t size)
{
	const char *name = NULL;
	buf[0] = '\0';
	for (int i = 0; i < m->nruns; i++) {
		const struct model_run *r = &m->run[i];
		const struct glance *gl = headline ? &r->info.headline : value_of(r);
		if (!gl->name[0] || (headline && gl == value_of(r)))
			continue;
		if (name && strcmp(last_part(name), last_part(gl->name)) != 0) {
			snprintf(buf, size, "%s", headline ? "metric" : "loss");
			return;
		}
		if (!name)
			snprintf(buf, size, "%s%s", last_part(gl->name),
				 headline ? sign_of_goal(r->goal, m->ascii) : "");
		name = gl->name;
	}
}

void
run_cols_place(struct run_cols *rc, const struct model *m, int width)
{
	struct col *col = rc->col;
	common_name(m, false, rc->value, sizeof rc->value);
	common_name(m, true, rc->metric, sizeof rc->metric);
	rc->width = width;
	rc->indent = width < NARROW ? INDENT - 1 : INDENT;
	int widest = widest_name(m);
	/* Roomy; else names before numbers; else both cut; else the state in a word. */
	static const struct {
		int name, spark, value, state, must;
	} attempt[] = {
		{24, 8, 8, STATE_W + 2, C_SPARK},
		{20, 5, 7, STATE_W, C_SPARK},
		{12, 5, 7, STATE_W, C_STATE},
		{NAME_MIN, 0, 7, STATE_SHORT_W, C_NAME},
	};
	for (size_t i = 0; i < sizeof attempt / sizeof *attempt; i++) {
		int name = attempt[i].name;
		struct col all[RUN_COLS] = {
			[C_NAME] = {.head = "run",
				    .min = widest < name ? widest : name,
				    .max = widest},
			[C_SPARK] = {.head = "", .min = attempt[i].spark, .max = 24, .rank = 3},
			[C_VALUE] = {.head = rc->value, .min = attempt[i].value, .right = true},
			[C_METRIC] = {.head = rc->metric,
				      .min = rc->metric[0] ? 8 : 0,
				      .rank = 4,
				      .right = true},
			[C_STEP] = {.head = "step", .min = 6, .rank = 5, .right = true},
			[C_RATE] = {.head = "rate", .min = 7, .rank = 6, .right = true},
			[C_START] = {.head = "start", .min = FMT_CLOCK_W, .rank = 7, .right = true},
			[C_STATE] = {.head = "", .min = attempt[i].state, .rank = 1},
		};
		memcpy(col, all, sizeof all);
		cols_fit(col, RUN_COLS, width - rc->indent);
		if (col[attempt[i].must].w)
			break;
	}
	if (utf8_columns(rc->value) > col[C_VALUE].w)
		col[C_VALUE].head = "loss";
	if (utf8_columns(rc->metric) > col[C_METRIC].w)
		col[C_METRIC].head = "metric";
}

/* -- one row --------------------------------------------------------------------------------- */

/* WORD, and how long ago THEN was or how long it took when there is room. */
static void
add_time(char *buf, size_t size, int w, const char *word, const char *time)
{
	int n = snprintf(buf, size, "%s %s", word, time);
	if (n > w)
		buf[strlen(word)] = '\0';
}

/* How far and how long: "12% 7h50m"; in a narrow pane how long, or else how far. */
static void
progress_text(const struct model_run *r, int w, char *buf, size_t size)
{
	char part[FMT_N], left[FMT_N] = "";
	int room = w < STATE_W ? w : w - 4;
	fmt_percent(part, r->progress);
	if (r->state == RUN_QUIET)
		snprintf(left, sizeof left, "quiet");
	else if (r->eta_s >= 0)
		fmt_duration(left, r->eta_s);
	if ((int)strlen(left) > room && strchr(left, 'h')) /* minutes beside ten hours can go */
		strchr(left, 'h')[1] = '\0';
	if (w < STATE_W)
		snprintf(buf, size, "%*s", w, left[0] ? left : part);
	else
		snprintf(buf, size, "%3s %*s", part, room > 6 ? 6 : room, left);
}

/* The end of the line in W columns; STEP_SHOWN: the step has a column of its own. */
static void
state_text(const struct model *m, const struct model_run *r, int w, bool step_shown, char *buf,
	   size_t size)
{
	static const char *const units[] = {"step", "epoch", "row", ""};
	char a[FMT_N];
	const struct run_info *in = &r->info;
	bool brief = w < STATE_W, quiet = r->state == RUN_QUIET;
	switch (r->state) {
	case RUN_RUNNING:
	case RUN_QUIET:
		if (r->progress >= 0) {
			progress_text(r, w, buf, size);
		} else if (quiet) {
			add_time(buf, size, w, "quiet", fmt_age(a, in->last_arrival_us, m->now_us));
		} else if (brief) {
			snprintf(buf, size, "%*s", STATE_SHORT_W, fmt_step(a, in->last_step));
		} else if (step_shown || in->unit >= STEP_NONE) {
			snprintf(buf, size, "running");
		} else {
			snprintf(buf, size, "%s %s", units[in->unit], fmt_step(a, in->last_step));
		}
		break;
	case RUN_STALLED:
		add_time(buf, size, w, brief ? "stall" : "stalled",
			 fmt_age(a, in->last_arrival_us, m->now_us));
		break;
	case RUN_FINISHED:
		fmt_duration(a, (double)(in->last_us - in->first_us) / 1e6);
		add_time(buf, size, in->last_us > in->first_us && in->first_us > 0 ? w : 0, "done",
			 a);
		break;
	case RUN_LOST:
	case RUN_UNKNOWN:
		if (!in->points)
			snprintf(buf, size, "empty");
		else
			add_time(buf, size, w, r->state == RUN_LOST ? "lost" : "silent",
				 fmt_age(a, in->last_arrival_us, m->now_us));
		break;
	default:
		snprintf(buf, size, "%.*s", w, run_state_name(r->state));
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
	   int style)
{
	char buf[FMT_N];
	if (!gl->name[0]) {
		col_text(c, g, x, y, g->ascii ? "-" : "–", STYLE_DIM);
		return;
	}
	if ((int)strlen(fmt_value(buf, v)) > c->w)
		fmt_axis(buf, v, 0); /* fewer digits */
	col_text(c, g, x, y, buf, isfinite(v) ? style : STYLE_CRIT);
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
	if (r->firing)
		grid_put(g, x + 2, y, '!', STYLE_CRIT | STYLE_BOLD);
	else if (r->pinned)
		grid_put(g, x + 2, y, g->ascii ? '#' : 0x25c6, color); /* ◆ */
	else if (r->unpinned)
		grid_put(g, x + 2, y, g->ascii ? 'o' : 0x25c7, STYLE_DIM); /* ◇ */
	if (r->marks.star && (rc->indent == INDENT || !(r->firing || r->pinned || r->unpinned)))
		grid_put(g, x + rc->indent - 1, y, g->ascii ? '*' : 0x2605, STYLE_TITLE); /* ★ */
	if (r->marks.hidden && color == STYLE_NORMAL)
		color = STYLE_DIM;
	x += rc->indent;
	filter_text(g, x + col[C_NAME].x + 2 * row->depth, y, col[C_NAME].w - 2 * row->depth, name,
		    m->filter, color | bold);
	if (col[C_SPARK].w && gl->name[0]) {
		float v[SPARK_N + 1];
		int n = spark_values(&gl->spark, v);
		fmt_spark(buf, sizeof buf, v, n, col[C_SPARK].w, g->ascii);
		grid_text(g, x + col[C_SPARK].x, y, col[C_SPARK].w, buf,
			  color == STYLE_NORMAL ? STYLE_DIM : color);
	}
	draw_value(&col[C_VALUE], g, x, y, gl,
		   gl->last * (gl == &r->info.loss ? r->loss_scale : r->headline_scale),
		   STYLE_NORMAL | bold);
	if (gl != &r->info.headline)
		draw_value(&col[C_METRIC], g, x, y, &r->info.headline,
			   r->info.headline.last * r->headline_scale, STYLE_NORMAL | bold);
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
	char buf[FMT_N];
	struct str s = STR_INIT;
	int bold = cursor ? STYLE_BOLD : 0;
	uint32_t sign = g->ascii      ? (row->folded ? '+' : '-')
			: row->folded ? 0x25b8
				      : 0x25be; /* ▸ ▾ */
	int indent = 2 * row->depth;
	grid_put(g, x + (indent ? rc->indent + indent - 2 : 1), y, sign, STYLE_TITLE | bold);
	if (row->nfiring)
		grid_put(g, x + 2, y, '!', STYLE_CRIT | STYLE_BOLD);
	x += rc->indent;
	int used = grid_text_middle(g, x + indent, y, col[C_NAME].w - indent, row->label,
				    STYLE_TITLE | bold);
	x += indent + used + 2;
	int width = rc->width - rc->indent - indent - used - 2;
	add_piece(&s, width, "%d runs", row->nruns);
	if (row->nfiring)
		add_piece(&s, width, row->nfiring == 1 ? "%d alert" : "%d alerts", row->nfiring);
	if (row->nlive)
		add_piece(&s, width, "%d live", row->nlive);
	if (!isnan(row->best))
		add_piece(&s, width, "best %s", fmt_value(buf, (double)row->best));
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
