/* pane_runs.c - the list of runs: how each is doing, in a line.
 *
 * A line is the cursor's bar, a sign for the state, a mark (! something fires, ◆ pinned, ◇ taken
 * off the charts), the name in the colour of its line in the charts, and columns that come and go
 * with the width of the pane, never with the values. What stands at the end of the line depends
 * on the state, because each state raises another question: how far and how long for a running
 * one, since when for a silent one, how long it took for a finished one. */
#include "tui/pane.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/filter.h"
#include "tui/fmt.h"
#include "tui/list.h"
#include "tui/model.h"
#include "tui/names.h"
#include "tui/note.h"
#include "tui/sign.h"
#include "tui/cols.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 4 /* columns before the name: bar, sign, mark, blank; a narrow pane has no blank */
#define NARROW 40
#define NAME_MIN 8
#define NAME_MAX 48
#define STATE_W 9 /* "12% 7h50m" */
#define STATE_SHORT_W 6

enum { C_NAME, C_SPARK, C_VALUE, C_METRIC, C_STEP, C_RATE, C_START, C_STATE, C_N };

struct runs_pane {
	struct pane p;
	struct list list;
	int head;   /* lines above the rows */
	int indent; /* columns before the name */
	/* shortened names by index of run, as long as neither names nor width change */
	char **fit;
	int nfit, fit_w;
	uint32_t fit_naming, fit_generation;
};

static struct pane *
runs_new(void)
{
	struct runs_pane *rp = xcalloc(1, sizeof *rp);
	rp->p.ops = &pane_runs;
	return &rp->p;
}

static void
forget_fit(struct runs_pane *rp)
{
	for (int i = 0; i < rp->nfit; i++)
		free(rp->fit[i]);
	free(rp->fit);
	rp->fit = NULL;
	rp->nfit = 0;
}

static void
runs_free(struct pane *p)
{
	forget_fit((struct runs_pane *)p);
	free(p);
}

static void
runs_title(struct pane *p, struct model *m, char *buf, int size)
{
	int live = 0, shown = 0;
	for (int i = 0; i < m->nruns; i++)
		live += m->run[i].live;
	for (int i = 0; i < m->nrows; i++)
		shown += m->row[i].run >= 0 ? 1 : m->row[i].folded ? m->row[i].nruns : 0;
	struct str s = STR_INIT;
	(void)p;
	str_adds(&s, "Runs");
	if (m->filter)
		str_addf(&s, " %d of %d /%s", shown, m->nruns, m->filter);
	else if (m->nruns)
		str_addf(&s, " %d", m->nruns);
	if (live && !m->filter)
		str_addf(&s, m->ascii ? ", %d live" : " · %d live", live);
	if (m->sort != SORT_STATE)
		str_addf(&s, " by %s", run_sort_names[m->sort]);
	snprintf(buf, (size_t)size, "%s", str_c(&s));
	str_release(&s);
}

/* -- names in their column ------------------------------------------------------------------- */

static const char *
whole_label(const struct model *m, const struct model_row *row)
{
	return m->run[row->run].name + row->skip;
}

/* All rows are asked, not only those in view: a name must not change because somebody scrolls. */
static void
fit_names(struct runs_pane *rp, const struct model *m, int w)
{
	if (rp->fit && rp->fit_w == w && rp->fit_naming == m->naming && rp->nfit == m->nruns &&
	    rp->fit_generation == m->generation)
		return;
	forget_fit(rp);
	rp->fit = xcalloc((size_t)m->nruns + 1, sizeof *rp->fit);
	rp->nfit = m->nruns;
	rp->fit_w = w;
	rp->fit_naming = m->naming;
	rp->fit_generation = m->generation;
	const char **name = xcalloc((size_t)m->nrows + 1, sizeof *name);
	char **out = xcalloc((size_t)m->nrows + 1, sizeof *out);
	int *run = xcalloc((size_t)m->nrows + 1, sizeof *run), n = 0, depth = 0;
	for (int i = 0; i < m->nrows; i++)
		if (m->row[i].run >= 0) {
			run[n] = m->row[i].run;
			name[n++] = whole_label(m, &m->row[i]);
			depth = m->row[i].depth > depth ? m->row[i].depth : depth;
		}
	names_fit(name, n, w - 2 * depth, m->ascii, out);
	for (int i = 0; i < n; i++)
		rp->fit[run[i]] = out[i];
	free(name);
	free(out);
	free(run);
}

static int
widest_name(const struct model *m)
{
	int w = NAME_MIN;
	for (int i = 0; i < m->nrows && w < NAME_MAX; i++) {
		const struct model_row *row = &m->row[i];
		const char *z = row->run < 0 ? row->label : whole_label(m, row);
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

struct heads {
	char value[64], metric[64];
};

static void
place_columns(const struct model *m, int width, struct heads *h, struct col col[C_N])
{
	common_name(m, false, h->value, sizeof h->value);
	common_name(m, true, h->metric, sizeof h->metric);
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
		struct col all[C_N] = {
			[C_NAME] = {.head = "run",
				    .min = widest < name ? widest : name,
				    .max = widest},
			[C_SPARK] = {.head = "", .min = attempt[i].spark, .max = 24, .rank = 3},
			[C_VALUE] = {.head = h->value, .min = attempt[i].value, .right = true},
			[C_METRIC] = {.head = h->metric,
				      .min = h->metric[0] ? 8 : 0,
				      .rank = 4,
				      .right = true},
			[C_STEP] = {.head = "step", .min = 6, .rank = 5, .right = true},
			[C_RATE] = {.head = "rate", .min = 7, .rank = 6, .right = true},
			[C_START] = {.head = "start", .min = FMT_CLOCK_W, .rank = 7, .right = true},
			[C_STATE] = {.head = "", .min = attempt[i].state, .rank = 1},
		};
		memcpy(col, all, sizeof all);
		cols_fit(col, C_N, width);
		if (col[attempt[i].must].w)
			break;
	}
	if (utf8_columns(h->value) > col[C_VALUE].w)
		col[C_VALUE].head = "loss";
	if (utf8_columns(h->metric) > col[C_METRIC].w)
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
draw_run(struct runs_pane *rp, const struct model *m, const struct model_row *row,
	 const struct col *col, struct grid *g, int x, int y, bool cursor)
{
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
	x += rp->indent;
	const char *name = rp->fit[row->run] ? rp->fit[row->run] : whole_label(m, row);
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
draw_dir(const struct runs_pane *rp, const struct model_row *row, const struct col *col,
	 struct grid *g, int x, int y, int width, bool cursor)
{
	char buf[FMT_N];
	struct str s = STR_INIT;
	int bold = cursor ? STYLE_BOLD : 0;
	uint32_t sign = g->ascii      ? (row->folded ? '+' : '-')
			: row->folded ? 0x25b8
				      : 0x25be; /* ▸ ▾ */
	int indent = 2 * row->depth;
	grid_put(g, x + (indent ? rp->indent + indent - 2 : 1), y, sign, STYLE_TITLE | bold);
	if (row->nfiring)
		grid_put(g, x + 2, y, '!', STYLE_CRIT | STYLE_BOLD);
	x += rp->indent;
	int used = grid_text_middle(g, x + indent, y, col[C_NAME].w - indent, row->label,
				    STYLE_TITLE | bold);
	x += indent + used + 2;
	width -= rp->indent + indent + used + 2;
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

/* -- nothing to show ------------------------------------------------------------------------- */

static void
draw_nothing(const struct model *m, struct grid *g, struct rect r)
{
	struct str s = STR_INIT;
	char a[FMT_N], b[FMT_N];
	const struct ingest_progress *pr = &m->progress;
	const char *dots = m->ascii ? "..." : "…";
	if (m->filter && m->nruns)
		str_addf(&s, "no run matches \"%s\"\nEsc shows all %d", m->filter, m->nruns);
	else if (m->up && !pr->idle && pr->bytes_total > pr->bytes_done)
		str_addf(&s, "reading %s of %s %s", fmt_bytes(a, pr->bytes_done),
			 fmt_bytes(b, pr->bytes_total), dots);
	else if (m->up && !pr->idle)
		str_addf(&s, "looking for training logs %s", dots);
	else if (!m->store)
		str_addf(&s, "nothing was read yet%s", m->up ? "" : ", and nobody is watching");
	else {
		str_adds(&s, "no training log found");
		for (int i = 0; i < m->nroots && i < 3; i++)
			str_addf(&s, "%s %s", i ? "," : " under", m->root[i]);
		str_adds(&s, "\n`mm sources --all` says what was skipped, and why");
	}
	note_draw(g, (struct rect){r.x + 1, r.y, r.w - 1, r.h}, str_c(&s), STYLE_DIM);
	str_release(&s);
}

static void
runs_draw(struct pane *p, struct model *m, struct grid *g, struct rect r, bool focus)
{
	struct runs_pane *rp = (struct runs_pane *)p;
	p->rect = r;
	if (m->nrows == 0) {
		list_fit(&rp->list, 0, r.h);
		draw_nothing(m, g, r);
		return;
	}
	struct col col[C_N];
	struct heads heads;
	rp->head = r.h >= 5 && (r.h > m->nrows || r.h >= 10);
	rp->list.cursor = m->cursor;
	list_fit(&rp->list, m->nrows, r.h - rp->head);
	int width = r.w - (rp->list.n > rp->list.h);
	rp->indent = r.w < NARROW ? INDENT - 1 : INDENT;
	place_columns(m, width - rp->indent, &heads, col);
	fit_names(rp, m, col[C_NAME].w);
	if (rp->head)
		cols_heads(col, C_N, g, r.x + rp->indent, r.y);
	for (int i = 0; i < rp->list.h; i++) {
		int at = list_at(&rp->list, i), y = r.y + rp->head + i;
		if (at < 0)
			break;
		bool cursor = at == m->cursor;
		if (m->row[at].run < 0)
			draw_dir(rp, &m->row[at], col, g, r.x, y, width, cursor);
		else
			draw_run(rp, m, &m->row[at], col, g, r.x, y, cursor);
		if (cursor)
			grid_put(g, r.x, y, g->ascii ? '>' : 0x258c,
				 focus ? STYLE_TITLE_FOCUS : STYLE_DIM);
	}
	list_mark(&rp->list, g, r.x + r.w - 1, r.y + rp->head);
}

/* -- actions --------------------------------------------------------------------------------- */

static void
move_to(struct model *m, int row)
{
	m->cursor = row;
	m->stale = true; /* another run is drawn on top */
}

static bool
fold(struct model *m)
{
	if (m->row[m->cursor].run < 0 && !m->row[m->cursor].folded) {
		model_toggle_fold(m, m->cursor);
		return true;
	}
	for (int i = m->cursor - 1; i >= 0; i--)
		if (m->row[i].depth < m->row[m->cursor].depth) {
			move_to(m, i);
			return true;
		}
	return false;
}

static bool
unfold(struct model *m)
{
	if (m->row[m->cursor].run >= 0)
		return false;
	if (m->row[m->cursor].folded)
		model_toggle_fold(m, m->cursor);
	else if (m->cursor + 1 < m->nrows)
		move_to(m, m->cursor + 1);
	return true;
}

static void
sort(struct model *m, const char *arg)
{
	if (!arg || !*arg) {
		model_set_sort(m, (enum run_sort)((m->sort + 1) % SORT_NSORT));
		model_say(m, false, "sorted by %s", run_sort_names[m->sort]);
		return;
	}
	for (int i = 0; i < SORT_NSORT; i++)
		if (strncmp(run_sort_names[i], arg, strlen(arg)) == 0) {
			model_set_sort(m, (enum run_sort)i);
			return;
		}
	model_say(m, true, "no such order: %s (state, name, start, loss, metric, step)", arg);
}

static void
go(struct model *m, const char *text)
{
	for (int i = 0; i < m->nrows; i++) {
		const char *z = m->row[i].run < 0 ? m->row[i].label : m->run[m->row[i].run].name;
		if (filter_match(text, z, NULL, NULL)) {
			move_to(m, i);
			return;
		}
	}
	for (int i = 0; i < m->nruns; i++)
		if (filter_match(text, m->run[i].name, NULL, NULL) &&
		    model_goto_run(m, m->run[i].info.path))
			return;
	model_say(m, true, "no run with \"%s\"", text);
}

/* What fires of the run under the cursor; nothing: whatever the alerts pane has under its own. */
static bool
ack(struct model *m, int run)
{
	bool any = false;
	if (run < 0 || !m->run[run].firing)
		return false;
	for (int i = 0; i < m->nalerts; i++)
		if (m->alert[i].run == run && alert_fires(&m->alert[i].a) && !m->alert[i].a.acked) {
			model_ack(m, i);
			any = true;
		}
	return any;
}

static bool
runs_act(struct pane *p, struct model *m, enum action a, const char *arg)
{
	struct runs_pane *rp = (struct runs_pane *)p;
	switch (a) {
	case ACTION_FILTER:
		model_set_filter(m, arg);
		return true;
	case ACTION_BACK:
		if (!m->filter)
			return false;
		model_set_filter(m, NULL);
		return true;
	case ACTION_SORT:
		sort(m, arg);
		return true;
	default:
		break;
	}
	if (m->nrows == 0)
		return false;
	rp->list.cursor = m->cursor;
	rp->list.n = m->nrows;
	if (list_act(&rp->list, a)) {
		move_to(m, rp->list.cursor);
		return true;
	}
	const struct model_row *row = &m->row[m->cursor];
	switch (a) {
	case ACTION_LEFT:
		return fold(m);
	case ACTION_RIGHT:
		return unfold(m);
	case ACTION_CHOOSE:
		if (row->run < 0)
			model_toggle_fold(m, m->cursor);
		else
			model_toggle_pin(m, m->cursor);
		return true;
	case ACTION_OPEN:
		if (row->run < 0)
			model_toggle_fold(m, m->cursor);
		else
			model_open_details(m, m->run[row->run].info.path);
		return true;
	case ACTION_ACK:
		return ack(m, row->run);
	case ACTION_COPY:
		free(m->copy);
		m->copy = xstrdup(row->run < 0 ? row->path : m->run[row->run].info.path);
		return true;
	case ACTION_GOTO:
		if (arg && *arg)
			go(m, arg);
		return true;
	default:
		return false;
	}
}

static void
runs_click(struct pane *p, struct model *m, struct rect r, const struct mouse *mo)
{
	struct runs_pane *rp = (struct runs_pane *)p;
	(void)r;
	if (!mo->press || m->nrows == 0)
		return;
	rp->list.cursor = m->cursor;
	rp->list.n = m->nrows;
	if (mo->button == 4 || mo->button == 5) {
		list_scroll(&rp->list, mo->button == 4 ? -3 : 3);
		move_to(m, rp->list.cursor);
		return;
	}
	int at = list_at(&rp->list, mo->y - rp->head);
	if (at < 0)
		return;
	bool again = at == m->cursor;
	move_to(m, at);
	if (again && m->row[at].run < 0)
		model_toggle_fold(m, at);
}

const struct pane_ops pane_runs = {
	.name = "runs",
	.new = runs_new,
	.free = runs_free,
	.title = runs_title,
	.draw = runs_draw,
	.act = runs_act,
	.click = runs_click,
};
