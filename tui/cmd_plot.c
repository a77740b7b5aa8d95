/* mm plot: charts on standard output, drawn by the code that draws those of the dashboard.
 *
 * What is named together is drawn together. Only where a run was named and none of its metrics do
 * they come as the dashboard has them: several charts, one below the other, the telling ones first.
 * Series whose steps count different things never share axes: there is one pair of them for each
 * unit, unless the x axis is one of time. */
#include "tui/cmd_plot.h"

#include "core/clock.h"
#include "core/role.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/figure.h"
#include "tui/fmt.h"
#include "tui/grid.h"
#include "tui/model.h"
#include "tui/plot_split.h"
#include "tui/theme.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const struct cmd_opt cmd_plot_opts[] = {
	{"-W", "COLS", "columns (default: those of the terminal, else $COLUMNS, else 80)"},
	{"-H", "ROWS", "rows of each chart with its x axis (default 20)"},
	{"--log", NULL, "logarithmic y axis"},
	{"--linear", NULL, "linear y axis, whatever the metric"},
	{"--logx", NULL, "logarithmic x axis"},
	{"--smooth", "WEIGHT", "moving average, 0 to 1; 0 is none (default)"},
	{"--x", "AXIS", "step, wall or relative (default: step)"},
	{"--y", "RANGE",
	 "robust, all or tail: 1st to 99th percentile, all, that of the last fifth"},
	{"--last", "SHARE", "only the last part of x, 0 to 1 (default: 1, all of it)"},
	{"--run", "RUN", "this run; with --metric the unambiguous form of RUN:METRIC"},
	{"--metric", "METRIC", "this metric of it"},
	{NULL, NULL, NULL},
};

enum { MIN_COLS = 12, MAX_COLS = 2000, MIN_ROWS = 3, MAX_ROWS = 500, DEFAULT_ROWS = 20 };

struct target {
	char *run, *metric;
	uint32_t series, attempt, asked; /* ASKED: RUN#N; 0: whichever is the newest */
	struct metric_role role;
	struct series_sum sum;
	bool unasked; /* its run was named, not it */
};

struct plot {
	struct cmd_env *env;
	struct target *target;
	size_t n, cap;
	const char *title;   /* of one chart of several; NULL: to be found */
	bool folded;         /* all series of a run are one line: least, median, greatest */
	int cols, rows, log; /* LOG: -1 as the metric likes */
	double smooth, last;
	enum axis axis;
	enum yrange yrange;
	bool logx;
	int colors;
};

/* -- options ----------------------------------------------------------------------------------- */

static int
number_option(struct cmd_env *env, const char *name, double lo, double hi, double *out,
	      struct err *e)
{
	const char *z = cmd_option(env, name);
	char *end;
	if (!z)
		return 0;
	double v = strtod(z, &end);
	if (end == z || *end || !(v >= lo && v <= hi))
		return err_set(e, ERR_USAGE, "%s %s: a number from %g to %g is wanted", name, z, lo,
			       hi);
	*out = v;
	return 0;
}

static int
word_option(struct cmd_env *env, const char *name, const char *const *words, int n, int *out,
	    struct err *e)
{
	const char *z = cmd_option(env, name);
	for (int i = 0; z && i < n; i++)
		if (strcmp(z, words[i]) == 0) {
			*out = i;
			return 0;
		}
	if (!z)
		return 0;
	const char *near = conf_nearest(z, words, n);
	return err_set(e, ERR_USAGE, "%s %s: %s, %s or %s is wanted%s%s%s", name, z, words[0],
		       words[1], words[2], near ? "; did you mean " : "", near ? near : "",
		       near ? "?" : "");
}

/* Columns of the terminal, or what $COLUMNS says. */
static double
default_cols(const struct cmd_env *env)
{
	struct winsize ws;
	if (env->out_tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col >= MIN_COLS)
		return fmin(ws.ws_col, MAX_COLS);
	const char *z = getenv("COLUMNS");
	long n = z ? strtol(z, NULL, 10) : 0;
	return n >= MIN_COLS && n <= MAX_COLS ? (double)n : 80;
}

static int
options(struct plot *p, struct err *e)
{
	static const char *const axes[] = {"step", "wall", "relative"};
	struct cmd_env *env = p->env;
	double cols = default_cols(env), rows = DEFAULT_ROWS;
	int axis = AXIS_STEP, yrange = YRANGE_ROBUST, rc;
	p->last = 1;
	if ((rc = number_option(env, "-W", MIN_COLS, MAX_COLS, &cols, e)) < 0 ||
	    (rc = number_option(env, "-H", MIN_ROWS, MAX_ROWS, &rows, e)) < 0 ||
	    (rc = number_option(env, "--smooth", 0, 0.99999, &p->smooth, e)) < 0 ||
	    (rc = number_option(env, "--last", 1e-9, 1, &p->last, e)) < 0 ||
	    (rc = word_option(env, "--x", axes, 3, &axis, e)) < 0 ||
	    (rc = word_option(env, "--y", yrange_names, YRANGE_N, &yrange, e)) < 0)
		return rc;
	if (cmd_option(env, "--log") && cmd_option(env, "--linear"))
		return err_set(e, ERR_USAGE, "--log or --linear, not both");
	if (env->narg == 0 && !cmd_option(env, "--run"))
		return err_set(e, ERR_USAGE,
			       "name what to draw: mm plot RUN:METRIC…; mm metrics lists them");
	p->cols = (int)cols;
	p->rows = (int)rows;
	p->axis = (enum axis)axis;
	p->yrange = (enum yrange)yrange;
	p->logx = cmd_option(env, "--logx");
	p->log = cmd_option(env, "--log") ? 1 : cmd_option(env, "--linear") ? 0 : -1;
	return 0;
}

/* -- what is named ----------------------------------------------------------------------------- */

static int
collect(void *ctx, const struct cmd_target *t)
{
	struct plot *p = ctx;
	for (size_t i = 0; i < p->n; i++)
		if (p->target[i].series == t->series.id && p->target[i].asked == t->attempt)
			return 0;
	struct target *g = vec_push(p->target, p->n, p->cap);
	*g = (struct target){
		.run = t->attempt ? xasprintf("%s#%u", t->run_name, t->attempt)
				  : xstrdup(t->run_name),
		.metric = xstrdup(t->series.shown),
		.series = t->series.id,
		.attempt = t->attempt ? t->attempt : t->series.attempt,
		.asked = t->attempt,
		.sum = t->series.now.points ? t->series.now : t->series.all,
		.unasked = t->unasked,
	};
	metric_role_told(p->env->conf, t->series.name, t->series.told, &g->role);
	return 0;
}

static int
find_targets(struct plot *p, struct snap *sn, struct err *e)
{
	struct cmd_env *env = p->env;
	int rc = 0;
	if (cmd_option(env, "--run"))
		rc = cmd_targets(env, sn, NULL, collect, p, e);
	for (int i = 0; i < env->narg && rc >= 0; i++)
		rc = cmd_targets(env, sn, env->arg[i], collect, p, e);
	if (rc >= 0 && p->n == 0)
		rc = err_set(e, ERR_NOTFOUND, "there is no such run yet; mm runs lists them");
	for (size_t i = 0; i < p->n && rc >= 0 && p->axis == AXIS_STEP; i++) {
		const struct target *t = &p->target[i];
		if (t->sum.points && t->sum.unit == STEP_NONE)
			rc = err_set(e, ERR_NOTFOUND,
				     "%s:%s has no steps; --x wall shows when it was", t->run,
				     t->metric);
	}
	return rc;
}

static bool
same_metric(const struct plot *p)
{
	for (size_t i = 1; i < p->n; i++)
		if (strcmp(p->target[i].metric, p->target[0].metric) != 0)
			return false;
	return true;
}

static bool
same_run(const struct plot *p)
{
	for (size_t i = 1; i < p->n; i++)
		if (strcmp(p->target[i].run, p->target[0].run) != 0)
			return false;
	return true;
}

/* -- drawing ----------------------------------------------------------------------------------- */

static void
title_of(const struct plot *p, struct str *s)
{
	const struct target *t = &p->target[0];
	static const char *const goal[] = {"", " ↓", " ↑"};
	if (p->title)
		str_addf(s, same_run(p) ? "%s:%s" : "%.0s%s", t->run, p->title);
	else if (p->n == 1)
		str_addf(s, "%s:%s%s", t->run, t->metric, goal[t->role.goal]);
	else if (same_metric(p))
		str_addf(s, "%s%s", t->metric, goal[t->role.goal]);
	else if (same_run(p))
		str_adds(s, t->run);
	else
		str_addf(s, "%zu series", p->n);
	if (t->role.unit && !p->title && (p->n == 1 || same_metric(p)))
		str_addf(s, " [%s]", t->role.unit);
	if (p->smooth > 0)
		str_addf(s, "  ~%.3g", p->smooth);
}

static int
style_of(size_t i)
{
	return STYLE_RUN0 + (int)(i % STYLE_NRUNS);
}

/* Where there are no colours each line has a letter on it. */
static uint32_t
mark_of(const struct plot *p, size_t i)
{
	return p->colors == 0 && p->n > 1 && !p->folded && i < 26 ? 'a' + (uint32_t)i : 0;
}

/* What tells the series apart, short; to be freed. */
static char **
legend_names(const struct plot *p)
{
	char **name = xcalloc(p->n + 1, sizeof *name);
	const char **run = xcalloc(p->n + 1, sizeof *run);
	bool runs = !same_run(p), metrics = !same_metric(p);
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++) {
		size_t k = 0;
		while (k < n && strcmp(run[k], p->target[i].run) != 0)
			k++;
		if (k == n)
			run[n++] = p->target[i].run;
	}
	char **brief = xcalloc(n + 1, sizeof *brief);
	model_short_names(run, (int)n, brief);
	for (size_t i = 0; i < p->n; i++) {
		const struct target *t = &p->target[i];
		size_t k = 0;
		while (strcmp(run[k], t->run) != 0)
			k++;
		/* of one run its metrics are told apart, and one alone is called by its metric */
		name[i] = runs && metrics ? xasprintf("%s:%s", brief[k], t->metric)
			  : runs          ? xstrdup(brief[k])
					  : xstrdup(t->metric);
	}
	for (size_t k = 0; k < n; k++)
		free(brief[k]);
	free(brief);
	free(run);
	return name;
}

/* Adds ", PART" when all of it fits into W columns. */
static void
add_if_fits(struct str *s, int w, const char *part)
{
	if (utf8_columns(str_c(s)) + 2 + utf8_columns(part) <= w)
		str_addf(s, "%s%s", s->len ? ", " : "", part);
}

/* "─ NAME   last 0.1183 at 12.4k, 0.1164 to 2.311": one line of the legend. */
static void
draw_legend_line(const struct target *t, const char *name, int name_w, uint32_t mark, int style,
		 struct grid *g, int y)
{
	char a[FMT_N], b[FMT_N];
	double k = t->role.scale != 0 ? t->role.scale : 1;
	int w = g->w - name_w - 4;
	struct str s = STR_INIT;
	grid_put(g, 0, y, mark ? mark : 0x2500 /* ─ */, style);
	grid_text_middle(g, 2, y, name_w, name, style);
	if (t->sum.points) {
		str_addf(&s, "last %s", fmt_value(a, t->sum.last * k));
		if (t->sum.unit != STEP_NONE)
			str_addf(&s, " at %s", fmt_step(a, t->sum.last_step));
		if (isfinite(t->sum.min)) {
			fmt_value(a, fmin(t->sum.min * k, t->sum.max * k));
			fmt_value(b, fmax(t->sum.min * k, t->sum.max * k));
			char *part = xasprintf("%s to %s", a, b);
			add_if_fits(&s, w, part);
			free(part);
		}
		if (t->sum.nonfinite) {
			char *part =
				xasprintf("%llu not finite", (unsigned long long)t->sum.nonfinite);
			add_if_fits(&s, w, part);
			free(part);
		}
	} else {
		str_adds(&s, "no points yet");
	}
	grid_text(g, 2 + name_w + 2, y, w, str_c(&s), STYLE_NORMAL);
	str_release(&s);
}

static void
draw_legend(const struct plot *p, struct grid *g, int y)
{
	char **name = legend_names(p);
	int w = 0;
	for (size_t i = 0; i < p->n; i++) {
		int n = utf8_columns(name[i]);
		w = n > w ? n : w;
	}
	w = w > p->cols / 2 ? p->cols / 2 : w;
	for (size_t i = 0; i < p->n; i++) {
		draw_legend_line(&p->target[i], name[i], w, mark_of(p, i), style_of(i), g,
				 y + (int)i);
		free(name[i]);
	}
	free(name);
}

struct census {
	double scale;
	uint64_t points, not_positive;
};

static int
count_point(void *ctx, const struct point *p)
{
	struct census *c = ctx;
	double v = p->value * c->scale;
	c->points += isfinite(v) != 0;
	c->not_positive += isfinite(v) && v <= 0;
	return 0;
}

/* What a logarithmic axis leaves out is not left out silently. */
static int
tell_not_positive(const struct plot *p, struct snap *sn, struct err *e)
{
	int rc = 0;
	for (size_t i = 0; i < p->n && rc >= 0 && p->log == 1; i++) {
		const struct target *t = &p->target[i];
		struct census c = {.scale = t->role.scale != 0 ? t->role.scale : 1};
		if (!(fmin(t->sum.min * c.scale, t->sum.max * c.scale) <= 0))
			continue;
		rc = snap_points(sn, t->series, t->attempt, 0, count_point, &c, e);
		if (rc >= 0 && c.not_positive) {
			char *text =
				xasprintf("%s:%s: %llu of %llu values are 0 or less: a "
					  "logarithmic axis has no place for them",
					  t->run, t->metric, (unsigned long long)c.not_positive,
					  (unsigned long long)c.points);
			struct str clean = STR_INIT;
			utf8_clean(&clean, text, strlen(text), 0);
			fprintf(stderr, "mm: %s\n", str_c(&clean));
			str_release(&clean);
			free(text);
		}
	}
	return rc < 0 ? rc : 0;
}

static struct trace *
add_trace(const struct plot *p, struct figure *f, size_t i)
{
	const struct target *t = &p->target[i];
	struct trace *tr = figure_add(f, &t->series, 1, NULL);
	tr->style = style_of(i);
	tr->mark = mark_of(p, i);
	tr->top = i + 1 == p->n;
	tr->attempt = t->attempt;
	tr->scale = t->role.scale != 0 ? t->role.scale : 1;
	return tr;
}

/* All series of the run of target I; once for each run. */
static void
add_fold(const struct plot *p, struct figure *f, size_t i)
{
	uint32_t *series = xcalloc(p->n, sizeof *series);
	int n = 0;
	bool first = true;
	for (size_t k = 0; k < p->n; k++)
		if (strcmp(p->target[k].run, p->target[i].run) == 0) {
			first = first && k >= i;
			series[n++] = p->target[k].series;
		}
	if (first) {
		struct trace *tr = figure_add(f, series, n, p->title);
		tr->style = style_of((size_t)f->ntraces - 1);
		tr->attempt = p->target[i].attempt;
		tr->scale = p->target[i].role.scale != 0 ? p->target[i].role.scale : 1;
	}
	free(series);
}

/* The chart of the targets whose steps count UNIT (any, on an axis of time) from row Y; returns how
 * many rows it took, or a negative code. */
static int
draw_unit(const struct plot *p, struct snap *sn, uint8_t unit, struct grid *g, int y, struct err *e)
{
	struct figure f = {.axis = p->axis,
			   .unit = unit,
			   .logx = p->logx,
			   .yrange = p->yrange,
			   .smooth = p->smooth,
			   .logy = true};
	struct rect r = {0, y, p->cols, p->rows};
	double x0 = INFINITY, x1 = -INFINITY;
	for (size_t i = 0; i < p->n; i++) {
		const struct target *t = &p->target[i];
		if (p->axis == AXIS_STEP && t->sum.points && t->sum.unit != unit)
			continue;
		if (p->folded)
			add_fold(p, &f, i);
		else
			add_trace(p, &f, i);
		f.logy = f.logy && t->role.log;
	}
	if (p->log >= 0)
		f.logy = p->log;
	int rc = 0;
	if (f.ntraces) {
		figure_extent(&f, sn, &x0, &x1);
		figure_window(&f, x0, x1, false, p->last);
		rc = figure_query(&f, sn, chart_columns(r, g), e);
		struct chart c;
		figure_chart(&f, &c);
		if (rc >= 0)
			chart_draw(g, r, &c);
		rc = rc < 0 ? rc : p->rows;
	}
	figure_release(&f);
	return rc;
}

/* -- printing ---------------------------------------------------------------------------------- */

static void
put_look(struct str *s, struct look l)
{
	str_adds(s, "\033[0");
	if (l.attr & LOOK_BOLD)
		str_adds(s, ";1");
	if (l.attr & LOOK_DIM)
		str_adds(s, ";2");
	if (l.fg >= 16)
		str_addf(s, ";38;5;%d", l.fg);
	else if (l.fg >= 8)
		str_addf(s, ";%d", 90 + l.fg - 8);
	else if (l.fg >= 0)
		str_addf(s, ";%d", 30 + l.fg);
	str_addc(s, 'm');
}

/* Row by row, blanks at the end stripped; colours change only where they do. */
static void
print_grid(const struct grid *g, int rows, int colors)
{
	struct str s = STR_INIT;
	for (int y = 0; y < rows; y++) {
		const struct cell *row = &g->cell[(size_t)y * (size_t)g->w];
		int w = g->w, now = STYLE_NORMAL;
		while (w > 0 && row[w - 1].ch == ' ')
			w--;
		for (int x = 0; x < w; x++) {
			char buf[4];
			if (!row[x].ch)
				continue;
			if (colors && row[x].ch != ' ' && row[x].style != now) {
				now = row[x].style;
				put_look(&s, theme_look(now, colors));
			}
			str_add(&s, buf, (size_t)utf8_put(row[x].ch, buf));
		}
		if (now != STYLE_NORMAL)
			str_adds(&s, "\033[0m");
		str_addc(&s, '\n');
	}
	fwrite(str_c(&s), 1, s.len, stdout);
	str_release(&s);
}

/* The targets in one chart, or one for each unit, and a legend. */
static int
draw_chart(const struct plot *p, struct snap *sn, struct err *e)
{
	struct grid g;
	struct str title = STR_INIT;
	int y = 1, rc = 0;
	grid_init(&g, p->cols, 1 + p->rows * (STEP_NONE + 1) + (int)p->n, p->env->ascii);
	title_of(p, &title);
	grid_text_middle(&g, 0, 0, p->cols, str_c(&title), STYLE_TITLE);
	if (p->axis == AXIS_STEP) {
		for (uint8_t unit = STEP_STEP; unit < STEP_NONE && rc >= 0;
		     unit++, y += rc > 0 ? rc : 0)
			rc = draw_unit(p, sn, unit, &g, y, e);
	} else {
		rc = draw_unit(p, sn, STEP_STEP, &g, y, e);
		y += rc;
	}
	int legend = p->folded ? 0 : (int)p->n;
	if (rc >= 0) {
		if (legend)
			draw_legend(p, &g, y);
		print_grid(&g, y + legend, p->colors);
	}
	grid_release(&g);
	str_release(&title);
	return rc;
}

static bool
is_constant(const struct series_sum *s)
{
	return s->points > 1 && s->nonfinite == 0 && s->min == s->max;
}

/* Chart by chart, as the dashboard has them. */
static int
draw_parts(const struct plot *p, struct snap *sn, struct err *e)
{
	struct plot_series *s = xcalloc(p->n, sizeof *s);
	struct target *of_part = xcalloc(p->n, sizeof *of_part);
	for (size_t i = 0; i < p->n; i++) {
		const struct target *t = &p->target[i];
		s[i] = (struct plot_series){.run = t->run,
					    .metric = t->metric,
					    .unit = t->sum.unit,
					    .role = t->role,
					    .constant = is_constant(&t->sum),
					    .barren = t->sum.nonfinite == t->sum.points};
	}
	struct plot_part *part;
	int n = plot_split(s, p->n, &part), rc = 0;
	for (int i = 0; i < n && rc >= 0; i++) {
		struct plot q = *p;
		q.target = of_part;
		q.n = part[i].n;
		q.title = part[i].title;
		q.folded = part[i].folded;
		for (size_t k = 0; k < q.n; k++)
			of_part[k] = p->target[part[i].at[k]];
		rc = draw_chart(&q, sn, e);
	}
	plot_split_free(part, n);
	free(of_part);
	free(s);
	return rc;
}

static int
draw(const struct plot *p, struct snap *sn, struct err *e)
{
	bool unasked = !same_metric(p);
	for (size_t i = 0; i < p->n; i++)
		unasked = unasked && p->target[i].unasked;
	return unasked ? draw_parts(p, sn, e) : draw_chart(p, sn, e);
}

int
cmd_plot(struct cmd_env *env)
{
	struct err e = {0};
	struct store *st;
	struct snap *sn;
	struct plot p = {.env = env};
	int rc = options(&p, &e);
	p.colors = cmd_colors(env);
	if (rc < 0 || cmd_begin(env, &st, &sn, &e) < 0)
		return cmd_fail(&e);
	rc = find_targets(&p, sn, &e);
	if (rc >= 0)
		rc = tell_not_positive(&p, sn, &e);
	if (rc >= 0)
		rc = draw(&p, sn, &e);
	for (size_t i = 0; i < p.n; i++) {
		free(p.target[i].run);
		free(p.target[i].metric);
	}
	free(p.target);
	cmd_end(st, sn);
	return rc < 0 ? cmd_fail(&e) : cmd_finish(EXIT_DONE);
}
