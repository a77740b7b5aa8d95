/* The charts of the dashboard, from a store to the screen. */
#include "tui/charts.h"

#include "core/clock.h"
#include "core/xalloc.h"
#include "tests/unit/store_kit.h"
#include "tui/chart_cursor.h"
#include "tui/fmt.h"
#include "tui/pane.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0 INT64_C(1700000000000000)

/* A store, and the model that looks at it. */
struct desk {
	struct kit k;
	struct model *m;
	struct pane *pane;
	struct grid g;
	struct conf *conf;
};

static void
desk_open(struct desk *d, const char *conf)
{
	struct err e = {0};
	*d = (struct desk){0};
	kit_open(&d->k);
	assert_int_equal(conf_parse("test", conf, strlen(conf), &d->conf, &e), 0);
	clock_pin(T0 + INT64_C(30) * 86400 * 1000000);
	d->m = model_new(d->k.dir, d->conf, NULL, 0, false);
	d->m->store = d->k.st; /* one open store per process */
	d->pane = pane_charts.new();
}

static void
desk_close(struct desk *d)
{
	grid_release(&d->g);
	pane_charts.free(d->pane);
	d->m->store = NULL;
	model_free(d->m);
	conf_free(d->conf);
	kit_close(&d->k);
}

static void
desk_refresh(struct desk *d)
{
	struct err e = {0};
	d->m->stale = true;
	if (model_refresh(d->m, &e) < 0)
		fail_msg("%s", e.text);
}

/* As the app does: once more when a pane found what was copied not to suit it. */
static void
desk_draw(struct desk *d, int w, int h)
{
	for (int i = 0; i < 3; i++) {
		desk_refresh(d);
		grid_release(&d->g);
		grid_init(&d->g, w, h, false);
		grid_box(&d->g, (struct rect){0, 0, w, h}, STYLE_BORDER);
		pane_charts.draw(d->pane, d->m, &d->g, (struct rect){1, 1, w - 2, h - 2}, true);
		if (!d->m->stale)
			return;
	}
	fail_msg("the pane is never content");
}

static void
desk_act(struct desk *d, enum action a, const char *arg)
{
	assert_true(pane_charts.act(d->pane, d->m, a, arg));
}

static void
check_screen(struct desk *d, const char *want)
{
	struct str s = STR_INIT;
	grid_dump(&d->g, &s);
	assert_string_equal(str_c(&s), want);
	str_release(&s);
}

static void
check_titles(struct desk *d, const char *want)
{
	struct str got = STR_INIT;
	for (int i = 0; i < d->m->charts->n; i++)
		str_addf(&got, "%s\n", d->m->charts->one[i].title);
	assert_string_equal(str_c(&got), want);
	str_release(&got);
}

/* N points of FN in a column of the log at RUN/FILE, EVERY so many steps. */
static void
put(struct desk *d, const char *run, const char *file, const char *metric, enum step_unit unit,
    int n, int every, double (*fn)(int i, int n))
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", run, file);
	uint32_t log = kit_log(&d->k, path, run), column = kit_column(&d->k, log, metric);
	for (int i = 0; i < n; i++) {
		double v = fn(i, n);
		struct row r = {.unit = unit,
				.step = (int64_t)i * every,
				.wall_us = T0 + (int64_t)i * every * 1000000,
				.n = 1,
				.column = &column,
				.value = &v};
		d->k.sink->ops->row(d->k.sink, log, &r);
	}
	kit_commit(&d->k);
}

static double
falling(int i, int n)
{
	return 0.1 + 2.2 * exp(-5.0 * i / n);
}

static double
rising(int i, int n)
{
	return 0.9 * (1 - exp(-4.0 * i / n));
}

static double
rate(int i, int n)
{
	return 3e-4 * (n - i) / n + 1e-6;
}

static double
counting(int i, int n)
{
	(void)n;
	return i;
}

static double
epoch_of_step(int i, int n)
{
	(void)n;
	return i / 100;
}

static double
still(int i, int n)
{
	(void)i;
	(void)n;
	return 7;
}

/* A run as a trainer would log it. */
static void
put_run(struct desk *d, const char *run)
{
	put(d, run, "a.csv", "train/loss", STEP_STEP, 1000, 10, falling);
	put(d, run, "b.csv", "val/loss", STEP_STEP, 8, 1250, falling);
	put(d, run, "b2.csv", "val/acc", STEP_STEP, 8, 1250, rising);
	put(d, run, "c.csv", "lr", STEP_STEP, 1000, 10, rate);
	put(d, run, "d.csv", "epoch", STEP_STEP, 1000, 10, epoch_of_step);
	put(d, run, "e.csv", "still", STEP_STEP, 1000, 10, still);
	put(d, run, "f.csv", "tokens", STEP_STEP, 1000, 10, counting);
}

static void
test_the_dashboard_of_a_run(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "");
	put_run(&d, "/r/one");
	desk_draw(&d, 72, 20);
	check_titles(&d, "val/acc ↑\nloss: train ─ val • ↓\nlr\ntokens\nstill\n");
	check_screen(&d,
		     "┌ val/acc ↑ ───────────────────────┬ loss: train ─ val • ↓ ── 1–4 of 5 ┐\n"
		     "│  0.9               ⢀⣀•⠤⠔⠒•⠒⠒•    │  2.3 •⡀                           │\n"
		     "│               ⣀•⠒⠒•⠁             │      ⠈⠱⡀                          │\n"
		     "│            •⠒⠉                   │       ⠈⠱⡀                         │\n"
		     "│  0.5    ⢀⠔⠊                      │         •⢄                        │\n"
		     "│        ⡰•                        │          ⠈⠉⠢•                     │\n"
		     "│       ⡰⠁                         │             ⠈⠑⠢•⡀                 │\n"
		     "│    0 •⠁                          │  0.1            ⠈⠉⠑•⠒⠤•⠤⠤⠤•⠤⣀•⣀⣀⣀ │\n"
		     "│      0         step         9990 │      0         step          9990 │\n"
		     "├ lr log ──────────────────────────┼ tokens ───────────────────────────┤\n"
		     "│ 3e-4 ⠉⠙⠒⠒⠒⠲⠤⠤⠤⣄⣀⣀⡀               │ 1000                         ⢀⣠⠴⠚ │\n"
		     "│                  ⠉⠉⠑⠒⠲⠤⣄⣀        │                           ⣀⡤⠞⠉    │\n"
		     "│                         ⠈⠙⠲⢤⡀    │                       ⢀⣠⠖⠋⠁       │\n"
		     "│                             ⠉⢳⡀  │                    ⣠⠴⠚⠉           │\n"
		     "│ 1e-5                          ⠹⡄ │                ⣀⡤⠖⠋⠁              │\n"
		     "│                                ⢣ │            ⢀⣠⠴⠊⠁                  │\n"
		     "│                                ⢸ │         ⣀⡴⠚⠉                      │\n"
		     "│ 1e-6                           ⢸ │    0 ⡤⠖⠋⠁                         │\n"
		     "│      0         step         9990 │      0         step          9990 │\n"
		     "└──────────────────────────────────┴───────────────────────────────────┘\n");
	desk_close(&d);
}

static void
test_pages_and_a_single_chart(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "");
	put_run(&d, "/r/one");
	desk_draw(&d, 60, 9);
	assert_string_equal(d.m->charts->one[d.m->charts->first].title, "val/acc ↑");
	desk_act(&d, ACTION_NEXT_CHART, NULL);
	desk_draw(&d, 60, 9);
	check_screen(&d, "┌ lr log ────────────────────┬ tokens ─────────── 3–4 of 5 ┐\n"
			 "│ 3e-4 ⠉⠙⠒⠒⠒⠲⠤⠤⠤⣄⣀⣀          │ 1000                   ⢀⣠⠴⠚ │\n"
			 "│                 ⠈⠉⠙⠒⠦⣄⡀    │                    ⢀⣠⠴⠚⠉    │\n"
			 "│                       ⠉⠳⣄  │                 ⣠⠴⠚⠉        │\n"
			 "│ 1e-5                    ⠘⣆ │             ⣀⡤⠖⠋⠁           │\n"
			 "│                          ⢸ │         ⣀⡤⠖⠋⠁               │\n"
			 "│ 1e-6                     ⢸ │    0 ⡤⠖⠋⠁                   │\n"
			 "│      0      step      9990 │      0      step       9990 │\n"
			 "└────────────────────────────┴─────────────────────────────┘\n");
	desk_act(&d, ACTION_NEXT_CHART, NULL);
	desk_act(&d, ACTION_NEXT_CHART, NULL);
	desk_draw(&d, 60, 9);
	assert_int_equal(d.m->charts->first, 4);
	desk_act(&d, ACTION_PREV_CHART, NULL);
	desk_act(&d, ACTION_PREV_CHART, NULL);
	desk_act(&d, ACTION_PREV_CHART, NULL);
	desk_draw(&d, 60, 9);
	assert_int_equal(d.m->charts->first, 0);
	desk_act(&d, ACTION_RIGHT, NULL);
	desk_act(&d, ACTION_OPEN, NULL);
	desk_draw(&d, 60, 9);
	check_screen(&d, "┌ loss: train ─ val • ↓ ─────────────────────────── 2 of 5 ┐\n"
			 "│   2.3 •⢄                                                 │\n"
			 "│        ⠈⠑⠤⡀                                              │\n"
			 "│          ⠈⠈⠢•                                            │\n"
			 "│             ⠈⠉⠒⠢⠤⣀                                       │\n"
			 "│                  ⠉•⠑⠒⠢⠤⢄•⣀⡀                              │\n"
			 "│   0.1                   ⠈⠉⠈⠉⠉⠑⠒•⠒⠒⠤⠤⠤•⠤⠤⠤⠤⠤•⠤⠤⢄⣀⣀•⣀⣀⣀⣀⣀⣀ │\n"
			 "│       0                      5000       step        9990 │\n"
			 "└──────────────────────────────────────────────────────────┘\n");
	desk_act(&d, ACTION_BACK, NULL);
	desk_draw(&d, 60, 9);
	assert_false(d.m->charts->single);
	/* nothing left to go back from: that is somebody else's */
	assert_false(pane_charts.act(d.pane, d.m, ACTION_BACK, NULL));
	desk_close(&d);
}

static void
test_only_charts_on_the_screen_are_asked_for(void **state)
{
	(void)state;
	struct desk d;
	char name[40];
	desk_open(&d, "");
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof name, "m%c%c", 'a' + i / 26, 'a' + i % 26);
		put(&d, "/r/one", "a.csv", name, STEP_STEP, 5, 1, counting);
	}
	desk_draw(&d, 60, 20);
	int asked = 0;
	for (int i = 0; i < d.m->charts->n; i++)
		for (int k = 0; k < d.m->charts->one[i].fig.ntraces; k++)
			asked += d.m->charts->one[i].fig.trace[k].col != NULL;
	assert_int_equal(d.m->charts->n, 30);
	assert_int_equal(asked, 4);
	desk_close(&d);
}

/* Where the sign of a stop stands in line 1: its column, or -1. */
static int
stop_at(const struct desk *d)
{
	for (int x = 0; x < d->g.w; x++)
		if (d->g.cell[d->g.w + x].ch == CHART_STOP)
			return x;
	return -1;
}

static void
test_a_stop_is_marked_on_every_axis(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "");
	put(&d, "/r/one", "a.csv", "loss", STEP_STEP, 101, 1, falling);
	desk_draw(&d, 60, 10);
	assert_int_equal(stop_at(&d), -1);
	struct model_run *r = model_run_by_path(d.m, "/r/one");
	struct mark_stop stop[] = {{T0 + INT64_C(75) * 1000000, 75, NULL}};
	r->marks.stop = stop;
	r->marks.nstops = 1;
	int at[3];
	static const char *const axis[] = {"step", "wall", "relative"};
	for (int i = 0; i < 3; i++) {
		desk_act(&d, ACTION_XAXIS, axis[i]);
		desk_draw(&d, 60, 10);
		at[i] = stop_at(&d);
		/* three quarters along a plot of 51 columns behind the labels */
		assert_in_range(at[i], 42, 48);
		assert_int_equal(d.g.cell[2 * d.g.w + at[i]].ch, 0x250a);
		assert_int_equal(d.g.cell[d.g.w + at[i]].style & 0xff, STYLE_RUN0 + r->color);
	}
	/* its step is not known: by time it is */
	stop[0].step = -1;
	desk_draw(&d, 60, 10);
	assert_int_equal(stop_at(&d), at[2]);
	desk_act(&d, ACTION_XAXIS, "step");
	desk_draw(&d, 60, 10);
	assert_int_equal(stop_at(&d), -1);
	/* of an attempt before this one */
	stop[0] = (struct mark_stop){T0 - 1, 50, NULL};
	desk_draw(&d, 60, 10);
	assert_int_equal(stop_at(&d), -1);
	r->marks.stop = NULL;
	r->marks.nstops = 0;
	desk_close(&d);
}

static void
test_a_cursor_arrives_with_the_chart(void **state)
{
	(void)state;
	struct desk d;
	struct chart c;
	desk_open(&d, "");
	put_run(&d, "/r/one");
	desk_draw(&d, 60, 9);
	struct charts_trip to = {.metric = (char[]){"tokens"},
				 .has_step = true,
				 .unit = STEP_STEP,
				 .step = 5000,
				 .wall_us = T0 + INT64_C(5000000000),
				 .start_us = T0};
	chart_cursor_go(d.m->charts, d.m, &to);
	desk_draw(&d, 60, 9);
	assert_string_equal(d.m->charts->one[d.m->charts->selected].title, "tokens");
	charts_chart(d.m->charts, d.m, d.m->charts->selected, &c);
	assert_true(c.cursor);
	assert_float_equal(c.cursor_x, 5000, 0);
	/* by the time, on an axis of time */
	desk_act(&d, ACTION_XAXIS, "relative");
	chart_cursor_go(d.m->charts, d.m, &to);
	desk_draw(&d, 60, 9);
	charts_chart(d.m->charts, d.m, d.m->charts->selected, &c);
	assert_true(c.cursor);
	assert_float_equal(c.cursor_x, 5e9, 0);
	/* steps are no epochs, and what is not there is said */
	desk_act(&d, ACTION_XAXIS, "step");
	to.unit = STEP_EPOCH;
	chart_cursor_go(d.m->charts, d.m, &to);
	desk_draw(&d, 60, 9);
	charts_chart(d.m->charts, d.m, d.m->charts->selected, &c);
	assert_false(c.cursor);
	to.metric = (char[]){"none"};
	chart_cursor_go(d.m->charts, d.m, &to);
	desk_draw(&d, 60, 9);
	assert_string_equal(d.m->message, "no chart of \"none\"");
	desk_close(&d);
}

static double
twice(int i, int n)
{
	return 2 * rising(i, n);
}

/* With several runs the readout says whose value it is, by the name that it has there: also in a
 * chart that the run under the list's cursor has no part in. */
static void
test_a_cursor_says_whose_value_it_is(void **state)
{
	(void)state;
	struct desk d;
	char want[80], value[FMT_N];
	desk_open(&d, "");
	put(&d, "/r/a", "a.csv", "loss", STEP_STEP, 100, 1, falling);
	put(&d, "/r/b", "a.csv", "acc", STEP_EPOCH, 30, 1, rising);
	put(&d, "/r/b", "b.csv", "val_acc", STEP_EPOCH, 30, 1, twice);
	put(&d, "/r/c", "a.csv", "eval_loss", STEP_STEP, 100, 1, twice);
	desk_refresh(&d);
	for (int i = 0; i < d.m->nrows; i++)
		if (!d.m->run[d.m->row[i].run].drawn)
			model_toggle_pin(d.m, i);
	assert_true(model_goto_run(d.m, "/r/a"));
	desk_draw(&d, 90, 30);
	check_titles(&d, "acc: train ─ val • ↑ (epoch)\nloss: train ─ eval • ↓\n");
	d.m->charts->selected = 0;
	desk_act(&d, ACTION_CURSOR_LEFT, NULL);
	snprintf(want, sizeof want, "epoch 29: b val_acc %s", fmt_value(value, twice(29, 30)));
	assert_string_equal(d.m->message, want);
	d.m->charts->selected = 1;
	chart_cursor_off(d.m->charts);
	desk_draw(&d, 90, 30);
	desk_act(&d, ACTION_CURSOR_LEFT, NULL);
	snprintf(want, sizeof want, "step 99: a loss %s", fmt_value(value, falling(99, 100)));
	assert_string_equal(d.m->message, want);
	desk_close(&d);
}

static void
test_a_single_point_stands_in_the_middle_but_for_the_start(void **state)
{
	(void)state;
	struct figure f = {.axis = AXIS_STEP};
	figure_window(&f, 100, 100, false, 1);
	assert_float_equal(f.span.x0, 99, 0);
	assert_float_equal(f.span.x1, 101, 0);
	figure_window(&f, 0, 0, false, 1);
	assert_float_equal(f.span.x0, 0, 0);
	assert_float_equal(f.span.x1, 2, 0);
	f.axis = AXIS_RELATIVE;
	figure_window(&f, 0, 0, false, 1);
	assert_float_equal(f.span.x0, 0, 0);
	assert_float_equal(f.span.x1, 2e6, 0);
	f.axis = AXIS_WALL;
	figure_window(&f, (double)T0, (double)T0, false, 1);
	assert_true(f.span.x1 - f.span.x0 == 2e6);
}

static void
test_new_points_are_drawn(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "");
	put(&d, "/r/one", "a.csv", "loss", STEP_STEP, 10, 1, falling);
	desk_draw(&d, 40, 10);
	struct chart c;
	charts_chart(d.m->charts, d.m, 0, &c);
	assert_int_equal(c.span.x1, 9);
	uint32_t log = kit_log(&d.k, "/r/one/a.csv", "/r/one");
	kit_row1(&d.k, log, 19, kit_column(&d.k, log, "loss"), 55);
	kit_commit(&d.k);
	desk_draw(&d, 40, 10);
	charts_chart(d.m->charts, d.m, 0, &c);
	assert_true(c.span.x1 >= 19);
	double most = 0;
	for (int i = 0; i < c.span.columns; i++)
		if (c.line[0].col[i].n)
			most = fmax(most, c.line[0].col[i].max);
	assert_float_equal(most, 55, 0);
	desk_close(&d);
}

static void
test_a_fold_shows_least_median_and_greatest(void **state)
{
	(void)state;
	struct desk d;
	char name[40];
	desk_open(&d, "");
	uint32_t log = kit_log(&d.k, "/r/one/a.csv", "/r/one");
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof name, "layers.%d.norm", i);
		uint32_t column = kit_column(&d.k, log, name);
		(void)column;
	}
	for (int step = 0; step < 50; step++) {
		uint32_t column[5];
		double value[5];
		for (uint32_t i = 0; i < 5; i++) {
			column[i] = i;
			value[i] = step + 10.0 * (i * i);
		}
		struct row r = {.step = step,
				.wall_us = T0 + step,
				.n = 5,
				.column = column,
				.value = value};
		d.k.sink->ops->row(d.k.sink, log, &r);
	}
	kit_commit(&d.k);
	desk_draw(&d, 120, 12);
	check_titles(&d, "layers.{0..4}.norm ×5\n");
	const struct trace *t = &d.m->charts->one[0].fig.trace[0];
	int w = d.m->charts->one[0].fig.span.columns, seen = 0;
	for (int i = 0; i < w; i++) {
		if (!t->col[i].n)
			continue;
		double step = (double)t->col[i].first_x;
		assert_float_equal(t->low[i].min, step, 1e-9);
		assert_float_equal(t->col[i].min, step + 40, 1e-9);
		assert_float_equal(t->high[i].max, step + 160, 1e-9);
		seen++;
	}
	assert_int_equal(seen, 50);
	/* one of them, asked for, has a chart of its own; a fold is pinned as a whole */
	assert_true(charts_goto(d.m->charts, d.m, "layers.3.norm"));
	desk_draw(&d, 120, 12);
	check_titles(&d, "layers.{0..4}.norm ×4\nlayers.3.norm\n");
	assert_int_equal(d.m->charts->first, 1);
	charts_toggle_pin(d.m->charts, d.m, "layers.3.norm");
	desk_draw(&d, 120, 12);
	check_titles(&d, "layers.3.norm\nlayers.{0..4}.norm ×4\n");
	charts_toggle_pin(d.m->charts, d.m, "layers.{0..4}.norm ×4");
	desk_draw(&d, 120, 12);
	check_titles(&d, "layers.{0..4}.norm ×4\nlayers.3.norm\n");
	desk_close(&d);
}

static void
test_points_that_a_restart_replaced_are_dimmed_behind_the_new_ones(void **state)
{
	(void)state;
	struct desk d;
	struct chart c;
	desk_open(&d, "");
	uint32_t log = kit_log(&d.k, "/r/one/a.csv", "/r/one");
	uint32_t column = kit_column(&d.k, log, "loss");
	for (int step = 0; step < 40; step++)
		kit_row1(&d.k, log, step, column, 5);
	for (int step = 20; step < 60; step++)
		kit_row1(&d.k, log, step, column, 1);
	kit_commit(&d.k);
	desk_draw(&d, 100, 12);
	charts_chart(d.m->charts, d.m, 0, &c);
	assert_int_equal(c.nlines, 2);
	assert_true(c.line[0].faint && c.line[0].loose);
	int old = 0, new = 0;
	for (int i = 0; i < c.span.columns; i++) {
		const struct column *gone = &c.line[0].col[i], *kept = &c.line[1].col[i];
		old += (int)gone->n;
		new += (int)kept->n;
		if (kept->n)
			assert_float_equal(kept->min, kept->first_x < 20 ? 5 : 1, 0);
		if (gone->n)
			assert_true(gone->first_x >= 20 && gone->max == 5);
	}
	assert_int_equal(old, 20);
	assert_int_equal(new, 60);
	desk_close(&d);
}

static void
test_epochs_are_drawn_where_they_ended_and_say_so(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "");
	put(&d, "/r/one", "a.csv", "train/loss", STEP_STEP, 1000, 1, falling);
	put(&d, "/r/one", "a2.csv", "epoch", STEP_STEP, 1000, 1, epoch_of_step);
	put(&d, "/r/one", "val.csv", "val/loss", STEP_EPOCH, 10, 1, falling);
	desk_draw(&d, 60, 12);
	check_titles(&d, "loss: train ─ val • ↓\n");
	const struct figure *f = &d.m->charts->one[0].fig;
	assert_int_equal(f->ntraces, 2);
	const struct trace *t = &f->trace[1];
	assert_true(t->mapped);
	int seen = 0;
	for (int i = 0; i < f->span.columns; i++)
		if (t->col[i].n) {
			/* epoch K is steps 100 K … 100 K + 99 */
			assert_int_equal(t->col[i].first_x, 100 * seen + 99);
			seen++;
		}
	assert_int_equal(seen, 10);
	assert_int_equal(t->last_epoch, 9);
	check_screen(&d, "┌ loss: train ─ val • ↓ ───────────────────────────────────┐\n"
			 "│   2.3 ⢧⡀  •⢆                                             │\n"
			 "│        ⠳⡄   ⠱⡀                                           │\n"
			 "│         ⠙⢦   ⠘⢄                                          │\n"
			 "│           ⠳⣄   •⡀                                        │\n"
			 "│            ⠈⠳⢤⡀ ⠈⠑⢄                                      │\n"
			 "│     1         ⠙⠲⣄⡀ ⠉•⣀                                   │\n"
			 "│                  ⠉⠓⠦⣄⡀⠉⠒⠤•⡀                              │\n"
			 "│                      ⠉⠙⠒⠲⠤⠈⠉⠒⠒•⠤⣀⣀⡀                      │\n"
			 "│   0.1                        ⠉⠉⠉⠓⠒⠈•⠉⠉⠒⠒•⠒⠒⠤⠤•⠤⠤⠤⠤•⠤⠤⣀⣀• │\n"
			 "│       0                       500     step, ep 9     999 │\n"
			 "└──────────────────────────────────────────────────────────┘\n");
	desk_close(&d);
}

static void
test_units_do_not_share_an_axis(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "");
	put(&d, "/r/steps", "a.csv", "loss", STEP_STEP, 1000, 1, falling);
	put(&d, "/r/epochs", "a.csv", "loss", STEP_EPOCH, 30, 1, falling);
	desk_refresh(&d);
	for (int i = 0; i < d.m->nrows; i++)
		if (!d.m->run[d.m->row[i].run].drawn)
			model_toggle_pin(d.m, i);
	desk_draw(&d, 70, 12);
	check_titles(&d, "loss ↓\nloss ↓ (epoch)\n");
	check_screen(&d,
		     "┌ loss ↓ ─────────────────────────┬ loss ↓ (epoch) ──────────────────┐\n"
		     "│  2.3 ⣇                          │  2.3 ⢇                           │\n"
		     "│      ⠸⡄                         │      ⠸⡀                          │\n"
		     "│       ⢳⡀                        │       ⠱⡀                         │\n"
		     "│        ⢳⡀                       │        ⠱⡀                        │\n"
		     "│         ⢳⡀                      │         ⠑⡄                       │\n"
		     "│    1     ⠹⣄                     │    1     ⠈⠢⡀                     │\n"
		     "│           ⠈⠳⣄⡀                  │            ⠈⢆⡀                   │\n"
		     "│              ⠙⠲⢤⣀               │              ⠈⠑⠢⢄⡀               │\n"
		     "│  0.1            ⠈⠉⠙⠒⠒⠦⠤⠤⠤⠤⠤⣄⣀⣀⣀ │  0.1             ⠈⠉⠒⠒⠒⠤⠤⠤⠤⠤⠤⢄⣀⣀⣀ │\n"
		     "│      0         step         999 │      0          epoch         29 │\n"
		     "└─────────────────────────────────┴──────────────────────────────────┘\n");
	desk_act(&d, ACTION_XAXIS, "relative");
	desk_draw(&d, 70, 12);
	check_titles(&d, "loss ↓\n");
	assert_int_equal(d.m->charts->one[0].fig.ntraces, 2);
	desk_close(&d);
}

static void
test_pins_come_first_and_what_was_asked_for_is_charted(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "");
	put_run(&d, "/r/one");
	desk_draw(&d, 60, 9);
	assert_int_equal(charts_find(d.m->charts, "epoch"), -1);
	assert_true(charts_goto(d.m->charts, d.m, "epoch"));
	desk_draw(&d, 60, 9);
	assert_string_equal(d.m->charts->one[d.m->charts->first].title, "epoch");
	assert_false(charts_goto(d.m->charts, d.m, "nothing"));
	charts_toggle_pin(d.m->charts, d.m, "tokens");
	desk_draw(&d, 60, 9);
	assert_true(charts_pinned(d.m->charts, "tokens"));
	assert_string_equal(d.m->charts->one[0].title, "tokens");
	charts_toggle_pin(d.m->charts, d.m, "still");
	assert_string_equal(d.m->charts->one[0].title, "still");
	charts_toggle_pin(d.m->charts, d.m, "tokens");
	charts_toggle_pin(d.m->charts, d.m, "still");
	desk_draw(&d, 60, 9);
	assert_string_equal(d.m->charts->one[0].title, "val/acc ↑");
	desk_close(&d);
}

static void
test_what_another_format_has_too_is_charted_when_asked_for(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "");
	put(&d, "/r/one", "a.csv", "loss", STEP_STEP, 100, 10, falling);
	uint32_t log = kit_log_of(&d.k, "/r/one/a.jsonl", "/r/one", "jsonl", 2);
	for (int i = 0; i < 100; i++)
		kit_row1(&d.k, log, i, kit_column(&d.k, log, "loss"), falling(i, 100));
	kit_commit(&d.k);
	desk_draw(&d, 60, 9);
	check_titles(&d, "loss ↓\n");
	assert_true(charts_goto(d.m->charts, d.m, "loss@csv"));
	desk_draw(&d, 60, 9);
	check_titles(&d, "loss ↓\nloss@csv ↓\n");
	desk_close(&d);
}

static void
test_hidden_metrics_scales_and_units_are_obeyed(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "[metric tokens]\nscale = -2\nunit = kT\n[metric still]\nhide = yes\n");
	put_run(&d, "/r/one");
	desk_draw(&d, 60, 9);
	check_titles(&d, "val/acc ↑\nloss: train ─ val • ↓\nlr\ntokens [kT]\n");
	charts_goto(d.m->charts, d.m, "tokens");
	desk_draw(&d, 60, 9);
	int i = charts_find(d.m->charts, "tokens");
	const struct figure *f = &d.m->charts->one[i].fig;
	for (int k = 0; k < f->span.columns; k++) {
		const struct column *c = &f->trace[0].col[k];
		if (c->n == 0)
			continue;
		assert_true(c->min <= c->max && c->max <= 0);
		assert_float_equal(c->first, -2.0 * (double)c->first_x / 10, 1e-9);
		assert_float_equal(c->last, -2.0 * (double)c->last_x / 10, 1e-9);
	}
	desk_close(&d);
}

static void
test_smoothing_draws_an_average_over_the_dimmed_values(void **state)
{
	(void)state;
	struct desk d;
	struct chart c;
	desk_open(&d, "");
	put(&d, "/r/one", "a.csv", "loss", STEP_STEP, 2000, 1, falling);
	desk_draw(&d, 60, 9);
	desk_act(&d, ACTION_SMOOTH, "0.9");
	desk_draw(&d, 60, 9);
	charts_chart(d.m->charts, d.m, 0, &c);
	assert_int_equal(c.nlines, 2);
	assert_true(c.line[0].faint && c.line[0].loose);
	assert_false(c.line[1].faint || c.line[1].loose);
	double sum = 0, norm = 0;
	for (int i = 0; i < c.span.columns; i++) {
		const struct column *raw = &c.line[0].col[i];
		if (raw->n == 0)
			continue;
		sum = 0.9 * sum + raw->sum / (double)raw->n;
		norm = 0.9 * norm + 1;
		assert_float_equal(c.line[1].col[i].last, sum / norm, 1e-9);
	}
	desk_act(&d, ACTION_SMOOTH, "2");
	assert_true(d.m->message_bad);
	assert_float_equal(d.m->smooth, 0.9, 0);
	desk_act(&d, ACTION_SMOOTH, NULL);
	assert_float_equal(d.m->smooth, 0.99, 0);
	desk_act(&d, ACTION_SMOOTH, NULL);
	assert_float_equal(d.m->smooth, 0, 0);
	desk_close(&d);
}

static void
test_settings_by_word_and_back_by_undo(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "");
	put_run(&d, "/r/one");
	desk_draw(&d, 60, 9);
	desk_act(&d, ACTION_YRANGE, "tail");
	assert_int_equal(d.m->charts->yrange, YRANGE_TAIL);
	desk_act(&d, ACTION_XAXIS, "wall");
	desk_act(&d, ACTION_LOGY, NULL);
	assert_int_equal(d.m->logy, 1);
	desk_act(&d, ACTION_ZOOM_IN, NULL);
	desk_act(&d, ACTION_ZOOM_IN, NULL);
	assert_float_equal(d.m->zoom, 0.25, 0);
	desk_draw(&d, 60, 9);
	desk_act(&d, ACTION_YRANGE, "nonsense");
	assert_true(d.m->message_bad);
	for (int i = 0; i < 5; i++)
		model_undo(d.m);
	assert_int_equal(d.m->charts->yrange, YRANGE_ROBUST);
	assert_int_equal(d.m->axis, AXIS_STEP);
	assert_int_equal(d.m->logy, -1);
	assert_float_equal(d.m->zoom, 1, 0);
	desk_close(&d);
}

/* A metric that was logged only early has points, though none in a window at the end. */
static void
test_a_window_without_points_is_said_to_be_one(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "");
	put(&d, "/r/one", "a.csv", "warmup", STEP_STEP, 10, 10, falling);
	put(&d, "/r/one", "b.csv", "grad_norm", STEP_STEP, 1000, 10, rising);
	desk_act(&d, ACTION_ZOOM_IN, NULL);
	desk_draw(&d, 60, 22);
	struct str s = STR_INIT;
	grid_dump(&d.g, &s);
	assert_non_null(strstr(str_c(&s), "no points in this window"));
	str_release(&s);
	desk_close(&d);
}

static double
cosine(int i, int n)
{
	return cos(12.0 * i / n);
}

static void
expect_title(struct desk *d, const char *part)
{
	struct str s = STR_INIT;
	desk_draw(d, 140, 20);
	grid_dump(&d->g, &s);
	if (!strstr(str_c(&s), part))
		fail_msg("no \"%s\" in\n%s", part, str_c(&s));
	str_release(&s);
}

/* What is below 0 would be lost without a word. */
static void
test_no_logarithmic_axis_where_values_have_no_logarithm(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "");
	put(&d, "/r", "a.csv", "grad_cos", STEP_STEP, 1000, 10, cosine);
	put(&d, "/r", "b.csv", "train/loss", STEP_STEP, 1000, 10, falling);
	put(&d, "/r", "c.csv", "lr", STEP_STEP, 1000, 10, rate);
	desk_draw(&d, 140, 20);
	d.m->charts->selected = charts_find(d.m->charts, "grad_cos");
	desk_act(&d, ACTION_LOGY, NULL);
	assert_non_null(strstr(d.m->message, "grad_cos: it has values of 0 or less"));
	assert_false(charts_logy(d.m->charts, d.m, charts_find(d.m->charts, "grad_cos")));
	assert_true(charts_logy(d.m->charts, d.m, charts_find(d.m->charts, "train/loss")));
	expect_title(&d, " train/loss ↓ log ─");
	expect_title(&d, " grad_cos ─");
	desk_act(&d, ACTION_LOGY, NULL);
	expect_title(&d, " train/loss ↓ ─");
	expect_title(&d, " lr log ─");
	d.m->charts->selected = charts_find(d.m->charts, "lr");
	desk_act(&d, ACTION_LOGY, NULL);
	expect_title(&d, " lr linear ─");
	desk_act(&d, ACTION_ZOOM_IN, NULL);
	desk_act(&d, ACTION_ZOOM_IN, NULL);
	desk_act(&d, ACTION_YRANGE, "all");
	expect_title(&d, " lr linear all last 1/4 ─");
	desk_close(&d);
}

/* What another configuration says of metrics holds in the charts that are there. */
static void
test_a_configuration_can_be_read_again(void **state)
{
	(void)state;
	struct desk d;
	struct err e;
	static const char other[] = "[metric train/loss]\nlog = yes\nunit = nat\n";
	desk_open(&d, "[metric train/loss]\nunit = bit\n");
	put(&d, "/r", "b.csv", "train/loss", STEP_STEP, 1000, 10, falling);
	expect_title(&d, " train/loss ↓ [bit] ─");
	struct conf *old = d.conf;
	assert_int_equal(conf_parse("test", other, strlen(other), &d.conf, &e), 0);
	model_set_conf(d.m, d.conf);
	conf_free(old);
	expect_title(&d, " train/loss ↓ [nat] log ─");
	desk_close(&d);
}

static void
test_the_window_of_a_live_run_stands_still_between_jumps(void **state)
{
	(void)state;
	struct figure f = {.axis = AXIS_STEP};
	double last = 0;
	int jumps = 0;
	for (int step = 1000; step < 2000; step++) {
		figure_window(&f, 0, step, true, 1);
		assert_true(f.span.x1 >= step);
		assert_true(f.span.x1 <= step * 1.12);
		jumps += f.span.x1 != last;
		last = f.span.x1;
	}
	assert_true(jumps <= 15);
	figure_window(&f, 0, 1234, false, 1);
	assert_float_equal(f.span.x1, 1234, 0);
	figure_window(&f, 1000, 2000, false, 0.25);
	assert_float_equal(f.span.x0, 1750, 0);
	figure_window(&f, 5, 5, true, 1);
	assert_true(f.span.x0 < 5 && f.span.x1 > 5);
	f.logx = true;
	figure_window(&f, 0, 1000, false, 0.5);
	assert_true(f.span.x0 > 31 && f.span.x0 < 32);
	figure_window(&f, -5, -1, false, 1);
	assert_true(f.span.x0 > 0 && f.span.x1 >= f.span.x0);
}

static void
test_any_size_is_survived(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "");
	put_run(&d, "/r/one");
	put_run(&d, "/r/two");
	for (int w = 2; w < 130; w += 7)
		for (int h = 2; h < 60; h += 5) {
			desk_draw(&d, w, h);
			desk_act(&d, ACTION_DOWN, NULL);
			if (w % 3 == 0)
				desk_act(&d, ACTION_OPEN, NULL);
		}
	desk_close(&d);
}

static void
test_an_empty_store_says_that_there_is_nothing(void **state)
{
	(void)state;
	struct desk d;
	desk_open(&d, "");
	desk_draw(&d, 40, 5);
	check_screen(&d, "┌──────────────────────────────────────┐\n"
			 "│                                      │\n"
			 "│           no run is drawn            │\n"
			 "│                                      │\n"
			 "└──────────────────────────────────────┘\n");
	assert_false(pane_charts.act(d.pane, d.m, ACTION_OPEN, NULL));
	desk_close(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_configuration_can_be_read_again),
		cmocka_unit_test(test_no_logarithmic_axis_where_values_have_no_logarithm),
		cmocka_unit_test(test_the_dashboard_of_a_run),
		cmocka_unit_test(test_pages_and_a_single_chart),
		cmocka_unit_test(test_only_charts_on_the_screen_are_asked_for),
		cmocka_unit_test(test_a_stop_is_marked_on_every_axis),
		cmocka_unit_test(test_a_cursor_arrives_with_the_chart),
		cmocka_unit_test(test_a_cursor_says_whose_value_it_is),
		cmocka_unit_test(test_a_single_point_stands_in_the_middle_but_for_the_start),
		cmocka_unit_test(test_new_points_are_drawn),
		cmocka_unit_test(test_a_fold_shows_least_median_and_greatest),
		cmocka_unit_test(
			test_points_that_a_restart_replaced_are_dimmed_behind_the_new_ones),
		cmocka_unit_test(test_epochs_are_drawn_where_they_ended_and_say_so),
		cmocka_unit_test(test_units_do_not_share_an_axis),
		cmocka_unit_test(test_pins_come_first_and_what_was_asked_for_is_charted),
		cmocka_unit_test(test_what_another_format_has_too_is_charted_when_asked_for),
		cmocka_unit_test(test_hidden_metrics_scales_and_units_are_obeyed),
		cmocka_unit_test(test_smoothing_draws_an_average_over_the_dimmed_values),
		cmocka_unit_test(test_settings_by_word_and_back_by_undo),
		cmocka_unit_test(test_a_window_without_points_is_said_to_be_one),
		cmocka_unit_test(test_the_window_of_a_live_run_stands_still_between_jumps),
		cmocka_unit_test(test_any_size_is_survived),
		cmocka_unit_test(test_an_empty_store_says_that_there_is_nothing),
	};
	return cmocka_run_group_tests_name("charts", tests, NULL, NULL);
}
