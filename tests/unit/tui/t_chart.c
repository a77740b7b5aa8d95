/* Charts: dot for dot what drawing every point would give, and screens as they look. */
#include "tui/chart.h"

#include "core/str.h"
#include "core/xalloc.h"
#include "tui/raster.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* -- made-up series --------------------------------------------------------------------------- */

static uint64_t seed = 88172645463325252u;

static uint64_t
random_u64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static double
uniform(void)
{
	return ((double)(random_u64() >> 11) + 0.5) / 9007199254740992.0;
}

static double
gauss(void)
{
	return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

enum shape { NOISE, DECAY, WALK, SPIKES, HOLES, TINY, HUGE_RANGE, SHAPES };

struct series {
	double *x, *y;
	int n;
};

static void
series_make(struct series *s, enum shape shape, int n)
{
	double x = 0, walk = 0;
	s->n = n;
	s->x = xcalloc((size_t)n, sizeof *s->x);
	s->y = xcalloc((size_t)n, sizeof *s->y);
	for (int i = 0; i < n; i++) {
		/* steps are not evenly spaced, and now and then repeat */
		x += (double)(random_u64() % 5) * (random_u64() % 50 ? 1 : 40);
		walk += gauss();
		double t = n > 1 ? (double)i / (n - 1) : 0, y = 0;
		switch (shape) {
		case NOISE:
			y = gauss();
			break;
		case DECAY:
			y = 0.1 + 2 * exp(-6 * t) + 0.05 * gauss();
			break;
		case WALK:
			y = walk;
			break;
		case SPIKES:
			y = 1 + 0.1 * gauss() + (random_u64() % 100 ? 0 : 50 * uniform());
			break;
		case HOLES:
			y = random_u64() % 3 == 0 ? (double)NAN : sin(10 * t);
			y = random_u64() % 40 == 0 ? -(double)INFINITY : y;
			break;
		case TINY:
			y = 1 + 1e-13 * gauss();
			break;
		case HUGE_RANGE:
			y = pow(10, 600 * uniform() - 300) * (random_u64() % 2 ? 1 : -1);
			break;
		case SHAPES:
			break;
		}
		s->x[i] = x;
		s->y[i] = y;
	}
}

static void
series_free(struct series *s)
{
	free(s->x);
	free(s->y);
}

static void
column_add(struct column *c, double x, double y)
{
	if (isnan(y)) {
		c->nan++;
	} else if (isinf(y)) {
		c->inf++;
	} else if (c->n++ == 0) {
		*c = (struct column){1, c->nan, c->inf, y, y, y, y, y, (int64_t)x, (int64_t)x};
	} else {
		c->min = fmin(c->min, y);
		c->max = fmax(c->max, y);
		c->last = y;
		c->sum += y;
		c->last_x = (int64_t)x;
	}
}

static struct column *
columns_of(const struct series *s, const struct span *sp)
{
	struct column *c = xcalloc((size_t)sp->columns + 1, sizeof *c);
	for (int i = 0; i < s->n; i++) {
		int k = span_column(sp, s->x[i]);
		if (k >= 0)
			column_add(&c[k], s->x[i], s->y[i]);
	}
	return c;
}

/* Every point, one after the other, snapped to its dot and joined with the one before. A column
 * that holds nothing but NaN breaks the line. */
static void
draw_naively(struct raster *ra, const struct series *s, const struct span *sp,
	     const struct scale *y, const struct column *col)
{
	int px = -1, py = 0;
	for (int i = 0; i < s->n; i++) {
		int x = span_column(sp, s->x[i]);
		if (x < 0)
			continue;
		if (!isfinite(s->y[i])) {
			if (col[x].n == 0)
				px = -1;
			continue;
		}
		int row = scale_row(y, s->y[i], ra->h);
		raster_run(ra, x, row, row, STYLE_RUN0);
		if (px >= 0)
			raster_join(ra, px, py, x, row, STYLE_RUN0);
		px = x;
		py = row;
	}
}

static void
check_same_dots(const struct raster *a, const struct raster *b, const char *what, int detail)
{
	for (int y = 0; y < a->h; y++)
		for (int x = 0; x < a->w; x++)
			if (raster_lit(a, x, y) != raster_lit(b, x, y))
				fail_msg("%s %d: dot %d,%d is %d by columns", what, detail, x, y,
					 raster_lit(a, x, y));
}

static void
test_columns_light_the_dots_that_all_points_would(void **state)
{
	(void)state;
	static const int sizes[] = {1, 2, 7, 60, 900, 20000};
	for (int round = 0; round < 12; round++)
		for (int shape = 0; shape < SHAPES; shape++)
			for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
				struct series s;
				struct raster by_column, by_point;
				bool ascii = round % 4 == 3;
				int cells = 1 + (int)(random_u64() % 60);
				series_make(&s, (enum shape)shape, sizes[k]);
				/* sometimes only a part of x, sometimes logarithmic */
				double end = s.x[s.n - 1];
				struct span sp = {.x0 = round % 3 ? 0 : end * uniform(),
						  .x1 = round % 5 ? end : end * uniform(),
						  .columns = cells * (ascii ? 1 : 2)};
				if (sp.x1 < sp.x0)
					sp.x1 = sp.x0;
				if (round % 6 == 5) {
					sp.logx = true;
					sp.x0 = fmax(1, sp.x0);
					sp.x1 = fmax(sp.x0, sp.x1);
				}
				struct column *col = columns_of(&s, &sp);
				struct chart_line line = {.col = col, .style = STYLE_RUN0};
				struct chart c = {.span = sp,
						  .line = &line,
						  .nlines = 1,
						  .yrange = (enum yrange)(round % YRANGE_N),
						  .logy = round % 2};
				struct scale y = {0, 1, false, false, 0};
				chart_scale(&c, &y);
				raster_init(&by_column, cells, 1 + (int)(random_u64() % 20), ascii);
				raster_init(&by_point, cells, by_column.h / by_column.ch, ascii);
				chart_line_dots(&by_column, &c, &y, &line);
				draw_naively(&by_point, &s, &sp, &y, col);
				check_same_dots(&by_column, &by_point, "shape", shape);
				raster_release(&by_column);
				raster_release(&by_point);
				free(col);
				series_free(&s);
			}
}

/* -- the raster ------------------------------------------------------------------------------- */

static void
test_joins_are_thin_connected_and_end_where_they_should(void **state)
{
	(void)state;
	for (int i = 0; i < 3000; i++) {
		struct raster ra;
		raster_init(&ra, 20, 10, false);
		int x0 = (int)(random_u64() % 40),
		    x1 = x0 + (int)(random_u64() % (unsigned)(40 - x0));
		int y0 = (int)(random_u64() % 40), y1 = (int)(random_u64() % 40), lit = 0;
		raster_join(&ra, x0, y0, x1, y1, STYLE_RUN0);
		assert_true(raster_lit(&ra, x0, y0));
		assert_true(raster_lit(&ra, x1, y1));
		for (int y = 0; y < ra.h; y++)
			for (int x = 0; x < ra.w; x++)
				lit += raster_lit(&ra, x, y);
		int dx = x1 - x0, dy = abs(y1 - y0);
		assert_int_equal(lit, (dx > dy ? dx : dy) + 1);
		/* as straight as dots can be: none is further than half a dot from the line */
		for (int y = 0; y < ra.h; y++)
			for (int x = 0; x < ra.w; x++) {
				if (!raster_lit(&ra, x, y))
					continue;
				double off = dx >= dy && dx
						     ? y - (y0 + (double)(x - x0) * (y1 - y0) / dx)
					     : dy ? x - (x0 + (double)(y - y0) * dx / (y1 - y0))
						  : 0;
				assert_true(fabs(off) <= 0.5 + 1e-9);
			}
		raster_release(&ra);
	}
}

static void
test_a_clipped_join_is_the_part_of_the_whole_one_that_is_seen(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct raster part, whole;
		raster_init(&part, 10, 5, false);
		raster_init(&whole, 10, 50, false);
		int x0 = (int)(random_u64() % 20),
		    x1 = x0 + (int)(random_u64() % (unsigned)(20 - x0));
		int y0 = (int)(random_u64() % 200) - 90, y1 = (int)(random_u64() % 200) - 90;
		raster_join(&part, x0, y0, x1, y1, STYLE_RUN0);
		raster_join(&whole, x0, y0 + 90, x1, y1 + 90, STYLE_RUN0);
		for (int y = 0; y < part.h; y++)
			for (int x = 0; x < part.w; x++)
				assert_int_equal(raster_lit(&part, x, y),
						 raster_lit(&whole, x, y + 90));
		raster_release(&part);
		raster_release(&whole);
	}
}

static void
test_far_rows_cost_nothing_and_break_nothing(void **state)
{
	(void)state;
	struct raster ra;
	raster_init(&ra, 10, 5, false);
	raster_join(&ra, 3, -RASTER_FAR, 4, RASTER_FAR, STYLE_RUN0);
	raster_run(&ra, 7, RASTER_FAR, -RASTER_FAR, STYLE_RUN0);
	for (int y = 0; y < ra.h; y++) {
		assert_true(raster_lit(&ra, 3, y) || raster_lit(&ra, 4, y));
		assert_true(raster_lit(&ra, 7, y));
	}
	raster_release(&ra);
}

/* -- the y axis ------------------------------------------------------------------------------- */

static bool
range_of(const struct series *s, enum yrange how, bool log, struct scale *out)
{
	struct span sp = {.x0 = s->x[0], .x1 = s->x[s->n - 1], .columns = 120};
	struct column *col = columns_of(s, &sp);
	struct chart_line line = {.col = col};
	struct chart c = {.span = sp, .line = &line, .nlines = 1, .yrange = how, .logy = log};
	bool any = chart_scale(&c, out);
	free(col);
	return any;
}

static void
least_and_greatest(const struct series *s, double *lo, double *hi)
{
	*lo = INFINITY;
	*hi = -INFINITY;
	for (int i = 0; i < s->n; i++)
		if (isfinite(s->y[i])) {
			*lo = fmin(*lo, s->y[i]);
			*hi = fmax(*hi, s->y[i]);
		}
}

static void
test_the_whole_range_holds_every_value_and_not_much_more(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++) {
		struct series s;
		struct scale y;
		double lo, hi;
		series_make(&s, (enum shape)(i % TINY), 1 + (int)(random_u64() % 3000));
		least_and_greatest(&s, &lo, &hi);
		if (range_of(&s, YRANGE_ALL, false, &y) && hi > lo) {
			assert_true(y.lo <= lo && y.hi >= hi);
			assert_true(y.hi - y.lo <= (hi - lo) * 1.25);
		}
		series_free(&s);
	}
}

static void
test_noise_is_not_cut(void **state)
{
	(void)state;
	for (int n = 200; n < 300000; n *= 7) {
		struct series s;
		struct scale all, robust;
		series_make(&s, NOISE, n);
		range_of(&s, YRANGE_ALL, false, &all);
		range_of(&s, YRANGE_ROBUST, false, &robust);
		assert_float_equal(all.lo, robust.lo, 0);
		assert_float_equal(all.hi, robust.hi, 0);
		series_free(&s);
	}
}

static void
test_a_few_spikes_do_not_flatten_a_curve(void **state)
{
	(void)state;
	for (int n = 300; n < 300000; n *= 6) {
		struct series s;
		struct scale y;
		series_make(&s, DECAY, n);
		s.y[n / 2] = 500;
		s.y[n / 3] = -80;
		range_of(&s, YRANGE_ROBUST, false, &y);
		assert_true(y.hi > 1.5 && y.hi < 3);
		assert_true(y.lo < 0.2 && y.lo > -0.5);
		range_of(&s, YRANGE_ALL, false, &y);
		assert_true(y.hi >= 500 && y.lo <= -80);
		series_free(&s);
	}
}

static void
test_what_a_curve_passes_on_its_way_to_nan_is_cut(void **state)
{
	(void)state;
	struct series s;
	struct scale y;
	for (int log = 0; log < 2; log++) {
		series_make(&s, DECAY, 300);
		for (int i = 200; i < 300; i++)
			s.y[i] = i < 212 ? pow(10, i - 200) : (double)NAN;
		range_of(&s, YRANGE_ROBUST, log, &y);
		assert_true(y.hi >= 2 && y.hi < (log ? 1e7 : 30));
		range_of(&s, YRANGE_ALL, log, &y);
		assert_true(y.hi >= 1e11);
		series_free(&s);
	}
	/* without NaN nobody knows that it is not what was hoped for */
	series_make(&s, DECAY, 300);
	for (int i = 0; i < 300; i++)
		s.y[i] = i < 270 ? 0.001 * (i % 3) : i;
	range_of(&s, YRANGE_ROBUST, false, &y);
	assert_true(y.hi >= 290);
	series_free(&s);
}

static void
test_a_run_that_goes_astray_does_not_flatten_the_others(void **state)
{
	(void)state;
	struct series s[4];
	struct chart_line line[4] = {0};
	struct span sp = {.x0 = 0, .x1 = 99, .columns = 60};
	struct scale y;
	for (int i = 0; i < 4; i++) {
		series_make(&s[i], DECAY, 100);
		for (int k = 0; k < 100; k++) {
			s[i].x[k] = k;
			s[i].y[k] = i == 2 ? 1 + k * k * 10.0 : 1 + 0.01 * k;
		}
		line[i].col = columns_of(&s[i], &sp);
	}
	struct chart c = {.span = sp, .line = line, .nlines = 4};
	assert_true(chart_scale(&c, &y));
	assert_true(y.hi < 3);
	c.yrange = YRANGE_ALL;
	assert_true(chart_scale(&c, &y));
	assert_true(y.hi > 90000);
	/* of two, nobody can tell which is the one */
	c.yrange = YRANGE_ROBUST;
	c.line = line + 1;
	c.nlines = 2;
	assert_true(chart_scale(&c, &y));
	assert_true(y.hi > 90000);
	for (int i = 0; i < 4; i++) {
		free((void *)line[i].col);
		series_free(&s[i]);
	}
}

static void
test_a_logarithmic_range_leaves_out_what_has_no_logarithm(void **state)
{
	(void)state;
	struct series s;
	struct scale y;
	series_make(&s, NOISE, 500);
	for (int i = 0; i < s.n; i++)
		s.y[i] = i < 10 ? (i % 2 ? 0 : -5) : 1e-4 * pow(10, i % 4);
	assert_true(range_of(&s, YRANGE_ALL, true, &y));
	assert_true(y.log);
	assert_float_equal(y.lo, 1e-4, 1e-9);
	assert_float_equal(y.hi, 1e-1, 1e-6);
	assert_true(scale_row(&y, 0, 40) > 40);
	assert_true(scale_row(&y, -5, 40) > 40);
	/* nothing positive: a linear axis, not an empty chart */
	for (int i = 0; i < s.n; i++)
		s.y[i] = -1 - i;
	assert_true(range_of(&s, YRANGE_ALL, true, &y));
	assert_false(y.log);
	series_free(&s);
}

static void
test_the_tail_range_is_that_of_the_last_fifth(void **state)
{
	(void)state;
	struct series s;
	struct scale y;
	series_make(&s, NOISE, 1000);
	for (int i = 0; i < s.n; i++) {
		s.x[i] = i;
		s.y[i] = i < 700 ? 100 - i * 0.1 : i < 850 ? 10 : 5 + i * 0.001;
	}
	assert_true(range_of(&s, YRANGE_TAIL, false, &y));
	assert_true(y.lo >= 5 && y.hi <= 10.5);
	series_free(&s);
}

static void
test_twenty_evaluations_are_not_drowned_by_a_hundred_thousand_steps(void **state)
{
	(void)state;
	struct series train, val;
	series_make(&train, DECAY, 100000);
	series_make(&val, DECAY, 20);
	for (int i = 0; i < val.n; i++) {
		val.x[i] = train.x[train.n - 1] * i / 19;
		val.y[i] = 9 + i * 0.1;
	}
	struct span sp = {.x0 = 0, .x1 = train.x[train.n - 1], .columns = 100};
	struct chart_line line[2] = {{.col = columns_of(&train, &sp)},
				     {.col = columns_of(&val, &sp)}};
	struct chart c = {.span = sp, .line = line, .nlines = 2};
	struct scale y;
	assert_true(chart_scale(&c, &y));
	assert_true(y.hi >= 10.9);
	assert_true(y.lo <= 0.2);
	free((void *)line[0].col);
	free((void *)line[1].col);
	series_free(&train);
	series_free(&val);
}

static void
test_a_range_stands_still_while_little_changes(void **state)
{
	(void)state;
	struct scale y, now;
	int changes = 0;
	scale_round(0.1, 2.3, false, &y);
	for (int i = 0; i < 1000; i++) {
		scale_round(0.1 - i * 0.00005, 2.3 + i * 0.00005, false, &now);
		changes += now.lo != y.lo || now.hi != y.hi;
		y = now;
	}
	assert_true(changes <= 4);
}

static void
test_rows_go_from_the_top_at_hi_to_the_bottom_at_lo(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		double a = gauss() * pow(10, (int)(random_u64() % 600) - 300), b = a;
		struct scale y;
		b += fabs(gauss()) * pow(10, (int)(random_u64() % 600) - 300);
		scale_round(a, b, i % 2 && a > 0, &y);
		int h = 1 + (int)(random_u64() % 100);
		assert_true(y.hi > y.lo);
		assert_int_equal(scale_row(&y, y.hi, h), 0);
		assert_int_equal(scale_row(&y, y.lo, h), h - 1);
		assert_in_range(scale_row(&y, a, h), 0, h - 1);
		assert_in_range(scale_row(&y, b, h), 0, h - 1);
	}
	struct scale all;
	scale_round(-1.7e308, 1.7e308, false, &all);
	assert_true(isfinite(all.lo) && isfinite(all.hi));
}

static void
test_ticks_are_round_rising_and_within(void **state)
{
	(void)state;
	double tick[16], gap;
	for (int i = 0; i < 20000; i++) {
		double lo = gauss() * pow(10, (int)(random_u64() % 20) - 10);
		double hi = lo + fabs(gauss()) * pow(10, (int)(random_u64() % 20) - 10);
		bool log = i % 3 == 0 && lo > 0;
		int n = 1 + (int)(random_u64() % 16), k = scale_ticks(lo, hi, log, n, tick, &gap);
		assert_in_range(k, 0, n);
		for (int j = 0; j < k; j++) {
			assert_true(tick[j] >= lo - (hi - lo) * 1e-6);
			assert_true(tick[j] <= hi + (hi - lo) * 1e-6);
			assert_true(j == 0 || tick[j] > tick[j - 1]);
		}
		k = scale_time_ticks(fabs(lo) * 1e8, fabs(lo) * 1e8 + (hi - lo) * 1e8, 3600e6, n,
				     tick);
		assert_in_range(k, 0, n);
	}
	assert_int_equal(scale_ticks(0, 5000, false, 6, tick, &gap), 6);
	assert_float_equal(tick[5], 5000, 0);
	assert_int_equal(scale_ticks(1e-6, 1e-2, true, 4, tick, &gap), 3);
	assert_int_equal(scale_time_ticks(0, 3 * 3600e6, 0, 4, tick), 4);
	assert_float_equal(tick[1], 3600e6, 0);
}

/* -- screens ---------------------------------------------------------------------------------- */

struct picture {
	struct grid g;
	struct chart c;
	struct chart_line line[4];
	struct series s[4];
};

/* A chart of W × H cells with N series that FN makes, on steps. */
static void
picture_draw(struct picture *p, int w, int h, bool ascii)
{
	struct rect r = {0, 0, w, h};
	grid_init(&p->g, w, h, ascii);
	p->c.span.columns = chart_columns(r, &p->g);
	p->c.line = p->line;
	for (int i = 0; i < p->c.nlines; i++)
		p->line[i].col = columns_of(&p->s[i], &p->c.span);
	chart_draw(&p->g, r, &p->c);
}

static void
picture_release(struct picture *p)
{
	for (int i = 0; i < p->c.nlines; i++) {
		free((void *)p->line[i].col);
		series_free(&p->s[i]);
	}
	grid_release(&p->g);
}

static void
picture_add(struct picture *p, int n, double (*fn)(double t), const char *name)
{
	int i = p->c.nlines++;
	series_make(&p->s[i], NOISE, n);
	for (int k = 0; k < n; k++) {
		p->s[i].x[k] = n > 1 ? k * 12400.0 / (n - 1) : 6200;
		p->s[i].y[k] = fn(n > 1 ? (double)k / (n - 1) : 0.5);
	}
	p->line[i] = (struct chart_line){.style = STYLE_RUN0 + i, .name = name};
	p->c.axis = AXIS_STEP;
	p->c.xlabel = "step";
	p->c.span = (struct span){.axis = AXIS_STEP, .x0 = 0, .x1 = 12400};
}

static void
check_picture(struct picture *p, const char *want)
{
	struct str s = STR_INIT;
	grid_dump(&p->g, &s);
	assert_string_equal(str_c(&s), want);
	str_release(&s);
}

static double
falling(double t)
{
	return 0.12 + 2.18 * exp(-5 * t);
}

static double
spiking(double t)
{
	return fabs(t - 0.5) < 1e-3 ? 40 : fabs(t - 0.8) < 1e-3 ? 60 : falling(t);
}

static double
diverging(double t)
{
	return t > 0.7 ? (double)NAN : falling(t);
}

static double
bursting(double t)
{
	return t > 0.5 && t < 0.51 ? (double)INFINITY : t > 0.2 && t < 0.22 ? (double)NAN : t;
}

static double
still(double t)
{
	(void)t;
	return 0.5;
}

static double
schedule(double t)
{
	return t < 0.1 ? 3e-3 * t / 0.1 : 3e-3 * pow(10, -3 * (t - 0.1) / 0.9);
}

static double
evaluated(double t)
{
	return 0.3 + 1.7 * exp(-3 * t);
}

static void
test_a_falling_loss(void **state)
{
	(void)state;
	struct picture p = {0};
	picture_add(&p, 3000, falling, NULL);
	picture_draw(&p, 50, 10, false);
	check_picture(&p, "   2.3 ⢧\n"
			  "       ⠈⢧⡀\n"
			  "         ⠳⡄\n"
			  "          ⠙⢦\n"
			  "           ⠈⠳⣄\n"
			  "     1       ⠈⠙⢦⡀\n"
			  "                ⠈⠓⠦⣄⡀\n"
			  "                    ⠉⠓⠲⠤⢤⣀⣀⡀\n"
			  "   0.1                     ⠉⠉⠉⠓⠒⠒⠒⠒⠦⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤\n"
			  "       0             5000     step     10k  12.4k\n");
	picture_release(&p);
}

static void
test_the_same_in_ascii(void **state)
{
	(void)state;
	struct picture p = {0};
	picture_add(&p, 3000, falling, NULL);
	picture_draw(&p, 40, 8, true);
	check_picture(&p, "   2.3 |\n"
			  "       '|.\n"
			  "         |:\n"
			  "          '|.\n"
			  "            '|:.\n"
			  "               '|-:..\n"
			  "   0.1              ''''|--------:.....\n"
			  "       0           step           12.4k\n");
	picture_release(&p);
}

static void
test_spikes_leave_the_range_and_are_counted(void **state)
{
	(void)state;
	struct picture p = {0};
	picture_add(&p, 3000, spiking, NULL);
	picture_draw(&p, 44, 8, false);
	check_picture(&p, "   3.2                  ▲⡇         ▲\n"
			  "    ▲2                  ⢸⡇         ⢸\n"
			  "     2 ⠳⣄               ⢸⡇         ⢸\n"
			  "        ⠈⠳⣄             ⢸⡇         ⢸\n"
			  "          ⠈⠓⢦⣀          ⢸⡇         ⢸\n"
			  "             ⠈⠙⠒⠦⢤⣀⣀    ⢸⡇         ⢸\n"
			  "   0.1             ⠈⠉⠉⠓⠒⠚⠓⠦⠤⠤⠤⠤⠤⠤⠤⠤⠼⣄⣀⣀⣀⣀⣀⣀\n"
			  "       0             step             12.4k\n");
	picture_release(&p);
}

static void
test_what_is_not_finite_is_marked(void **state)
{
	(void)state;
	struct picture p = {0};
	picture_add(&p, 3000, diverging, NULL);
	picture_draw(&p, 44, 8, false);
	check_picture(&p, "   2.3 ⢧⡀\n"
			  "        ⠳⡀\n"
			  "         ⠙⢦⡀\n"
			  "           ⠙⢦⡀\n"
			  "             ⠙⠲⣄⡀\n"
			  "                ⠉⠓⠲⠤⣄⣀⡀\n"
			  "   0.1                ⠉⠉⠙⠒⠒⠒⠒⠦⠤⠤×╌╌╌╌╌╌╌╌╌×\n"
			  "       0             step             12.4k\n");
	assert_int_equal(p.g.cell[6 * 44 + 40].style, STYLE_CRIT);
	picture_release(&p);
	p = (struct picture){0};
	picture_add(&p, 3000, bursting, NULL);
	picture_draw(&p, 44, 8, false);
	check_picture(&p, "     1                   ×            ⣀⣠⠤⠒⠋\n"
			  "                                 ⣀⡤⠴⠒⠉⠁\n"
			  "                           ⢀⣀⠤⠖⠚⠉\n"
			  "                      ⣀⣠⠤⠒⠋⠉\n"
			  "                 ⣀⡤⠴⠒⠉⠁\n"
			  "           ⢀⣀⠤⠔⠚⠉\n"
			  "     0 ⣠⠤⠒⠋⠉  ×\n"
			  "       0             step             12.4k\n");
	picture_release(&p);
}

static void
test_a_constant_stands_in_the_middle(void **state)
{
	(void)state;
	struct picture p = {0};
	picture_add(&p, 3000, still, NULL);
	picture_draw(&p, 30, 8, false);
	check_picture(&p, "\n"
			  "\n"
			  "\n"
			  "  0.5 ⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤\n"
			  "\n"
			  "\n"
			  "\n"
			  "      0      step       12.4k\n");
	picture_release(&p);
}

static void
test_a_learning_rate_on_a_logarithmic_axis(void **state)
{
	(void)state;
	struct picture p = {0};
	p.c.logy = true;
	picture_add(&p, 3000, schedule, NULL);
	picture_draw(&p, 44, 10, false);
	check_picture(&p, " 0.003  ⢀⡴⠋⠳⢤⣀\n"
			  "       ⢀⠏    ⠈⠙⠲⢤⣀\n"
			  "       ⡼         ⠈⠓⠦⣄⡀\n"
			  "       ⡇             ⠉⠓⠦⣄\n"
			  "  1e-4 ⡇                ⠈⠙⠲⢤⣀\n"
			  "       ⡇                    ⠈⠙⠢⣄⡀\n"
			  "       ⡇                        ⠉⠓⠦⣄⡀\n"
			  "    ▼1 ⡇                            ⠙⠲⢤⣀\n"
			  "  3e-6 ▼                               ⠈⠙⠲⢤\n"
			  "       0             step             12.4k\n");
	picture_release(&p);
}

static void
test_few_points_are_dots_and_the_legend_finds_a_free_corner(void **state)
{
	(void)state;
	struct picture p = {0};
	p.c.legend = true;
	picture_add(&p, 3000, falling, "train");
	picture_add(&p, 9, evaluated, "val");
	p.line[0].faint = true;
	p.line[1].dots = p.line[1].top = true;
	picture_draw(&p, 50, 10, false);
	check_picture(&p, "   2.3 ⢧                                  ─ train\n"
			  "       •⣀⡀                                • val\n"
			  "         ⠑⢄⡀\n"
			  "          ⠙⠈•⢄⡀\n"
			  "           ⠈⠳⣄⠈⠑⠢•⡀\n"
			  "     1       ⠈⠙⢦⡀ ⠈⠑⠒⠤•⡀\n"
			  "                ⠈⠓⠦⣄⡀  ⠈⠉⠑⠒⠢•⢄⣀⣀\n"
			  "                    ⠉⠓⠲⠤⢤⣀⣀⡀    ⠉•⠉⠉⠒⠒•⠒⠒⠤⠤•⠤⠤⠤⠤•\n"
			  "   0.1                     ⠉⠉⠉⠓⠒⠒⠒⠒⠦⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤\n"
			  "       0             5000     step     10k  12.4k\n");
	picture_release(&p);
}

static void
test_one_point_is_seen(void **state)
{
	(void)state;
	struct picture p = {0};
	picture_add(&p, 1, still, NULL);
	picture_draw(&p, 30, 6, false);
	check_picture(&p, "\n"
			  "\n"
			  "  0.5            •\n"
			  "\n"
			  "\n"
			  "      0      step       12.4k\n");
	picture_release(&p);
}

static void
test_no_points_say_so(void **state)
{
	(void)state;
	struct picture p = {0};
	picture_add(&p, 1, still, NULL);
	p.s[0].n = 0;
	picture_draw(&p, 30, 5, false);
	check_picture(&p, "\n\n        no points yet\n\n\n");
	picture_release(&p);
}

static void
test_the_smallest_chart(void **state)
{
	(void)state;
	struct picture p = {0};
	picture_add(&p, 3000, falling, NULL);
	picture_draw(&p, 12, 3, false);
	check_picture(&p, " 2.3 ⢧\n"
			  " 0.1 ⠈⠓⠦⢤⣀⣀⣀\n"
			  "     0 12.4k\n");
	picture_release(&p);
}

static void
test_a_wide_chart_has_ticks_on_time(void **state)
{
	(void)state;
	struct picture p = {0};
	picture_add(&p, 3000, falling, NULL);
	for (int i = 0; i < p.s[0].n; i++)
		p.s[0].x[i] *= 1e6;
	p.c.axis = AXIS_RELATIVE;
	p.c.xlabel = "since start";
	p.c.span = (struct span){.axis = AXIS_RELATIVE, .x0 = 0, .x1 = 12400e6};
	picture_draw(&p, 70, 6, false);
	check_picture(&p,
		      "   2.3 ⠓⢦⣀\n"
		      "         ⠈⠓⠦⣄⡀\n"
		      "             ⠉⠓⠲⠤⣄⣀\n"
		      "                  ⠈⠉⠙⠒⠲⠤⠤⣄⣀⣀⡀\n"
		      "   0.1                      ⠈⠉⠉⠉⠙⠒⠒⠒⠒⠒⠒⠲⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⣄⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀\n"
		      "       0                1h   since start  2h                3h  3h26m\n");
	picture_release(&p);
}

static void
test_the_line_on_top_has_the_color_and_faint_ones_give_way(void **state)
{
	(void)state;
	struct picture p = {0};
	picture_add(&p, 500, still, NULL);
	picture_add(&p, 500, still, NULL);
	picture_add(&p, 500, still, NULL);
	p.line[0].top = true;
	p.line[1].faint = true;
	picture_draw(&p, 30, 6, false);
	const struct cell *c = &p.g.cell[2 * 30 + 15];
	assert_true(c->ch > 0x2800 && c->ch <= 0x28ff);
	assert_int_equal(c->style, STYLE_RUN0);
	picture_release(&p);

	struct raster ra;
	raster_init(&ra, 2, 1, false);
	raster_run(&ra, 0, 0, 3, STYLE_RUN0 | STYLE_FAINT);
	raster_run(&ra, 1, 2, 2, STYLE_RUN0 + 1);
	raster_run(&ra, 0, 3, 3, STYLE_RUN0 | STYLE_FAINT);
	assert_false(raster_lit(&ra, 0, 0)); /* a faint dot would have the colour of the other */
	assert_false(raster_lit(&ra, 0, 3));
	assert_true(raster_lit(&ra, 1, 2));
	raster_release(&ra);
}

static void
test_a_chart_keeps_to_its_rectangle_at_any_size(void **state)
{
	(void)state;
	for (int i = 0; i < 1500; i++) {
		struct series s;
		struct grid g;
		int w = (int)(random_u64() % 70), h = (int)(random_u64() % 20);
		struct rect r = {2, 1, w, h};
		grid_init(&g, w + 4, h + 2, i % 3 == 0);
		grid_fill(&g, (struct rect){0, 0, w + 4, h + 2}, '#', STYLE_NORMAL);
		grid_fill(&g, r, ' ', STYLE_NORMAL);
		series_make(&s, (enum shape)(i % SHAPES), 1 + (int)(random_u64() % 400));
		struct chart c = {.xlabel = "step",
				  .axis = (enum axis)(i % 3),
				  .logy = i % 2,
				  .legend = true,
				  .cursor = true,
				  .yrange = (enum yrange)(i % YRANGE_N)};
		c.span = (struct span){.x0 = 0, .x1 = s.x[s.n - 1] + (i % 2)};
		/* columns that suit another size are stretched */
		c.span.columns = i % 5 ? chart_columns(r, &g) : 1 + (int)(random_u64() % 90);
		c.cursor_x = c.span.x1 / 2;
		/* one of them is outside */
		struct chart_event event[] = {{c.span.x1 / 3, CHART_STOP, STYLE_WARN},
					      {c.span.x1, 0, STYLE_CRIT},
					      {c.span.x1 + 5, CHART_STOP, STYLE_WARN}};
		c.event = event;
		c.nevents = i % 4;
		struct column *col = columns_of(&s, &c.span);
		struct chart_line line = {.col = col,
					  .style = STYLE_RUN0,
					  .dots = true,
					  .name = "é"};
		c.line = &line;
		c.nlines = 1;
		chart_draw(&g, r, &c);
		for (int y = 0; y < g.h; y++)
			for (int x = 0; x < g.w; x++)
				if (x < 2 || y < 1 || x >= w + 2 || y >= h + 1)
					assert_int_equal(g.cell[y * g.w + x].ch, '#');
		free(col);
		series_free(&s);
		grid_release(&g);
	}
}

static double
close_to_one(double t)
{
	return 0.95301 + 4e-5 * t;
}

static double
millions(double t)
{
	return 12345678 + 2 * t;
}

static double
huge(double t)
{
	return -5e301 * (1 + 2 * t);
}

static double
scheduled(double t)
{
	return 5e-5 - 1.4e-5 * t;
}

static double
four_decades(double t)
{
	return 4.7e-5 * pow(10, 4.02 * t);
}

/* Each label of the y axis is a whole number, and in the range unless it is a difference. */
static void
check_labels(const struct picture *p)
{
	char seen[40][16];
	int n = 0, left = chart_plot((struct rect){0, 0, p->g.w, p->g.h}).x;
	for (int y = 0; y < p->g.h - 1; y++) {
		char text[16] = "", *z = text, *end;
		for (int x = 0; x < left; x++) {
			uint32_t ch = p->g.cell[y * p->g.w + x].ch;
			if (ch != ' ')
				*z++ = (char)ch;
		}
		*z = '\0';
		if (!text[0])
			continue;
		strtod(text + (text[0] == '~'), &end);
		assert_int_equal(strlen(end), strspn(end, "kMGT"));
		double v = strtod(text, NULL), least = p->s[0].y[0];
		if (strchr(text, 'e') && text[0] == '-')
			assert_true(v <= least * 0.5 && v >= least * 4);
		for (int i = 0; i < n; i++)
			assert_string_not_equal(seen[i], text);
		snprintf(seen[n++], sizeof seen[0], "%s", text);
	}
}

/* Whatever the room, a label is never cut, and no two of different values are the same. */
static void
test_labels_tell_values_apart(void **state)
{
	static double (*const fn[])(double) = {close_to_one, millions,  huge,
					       scheduled,    scheduled, four_decades};
	(void)state;
	for (size_t f = 0; f < sizeof fn / sizeof *fn; f++)
		for (int w = 12; w < 100; w += 4)
			for (int h = 6; h < 32; h += 5) {
				struct picture p;
				p = (struct picture){0};
				p.c.logy = f >= 4;
				picture_add(&p, 5, fn[f], NULL);
				picture_draw(&p, w, h, false);
				check_labels(&p);
				picture_release(&p);
			}
}

static void
test_steps_are_whole(void **state)
{
	(void)state;
	for (int steps = 1; steps < 7; steps++)
		for (int w = 30; w < 120; w += 7) {
			struct picture p = {0};
			struct str s = STR_INIT;
			picture_add(&p, steps + 1, falling, NULL);
			for (int k = 0; k <= steps; k++)
				p.s[0].x[k] = 1 + k;
			p.c.span = (struct span){.axis = AXIS_STEP, .x0 = 1, .x1 = 1 + steps};
			picture_draw(&p, w, 6, false);
			grid_dump(&p.g, &s);
			s.buf[s.len - 1] = '\0';
			assert_null(strchr(strrchr(s.buf, '\n'), '.'));
			str_release(&s);
			picture_release(&p);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels_tell_values_apart),
		cmocka_unit_test(test_steps_are_whole),
		cmocka_unit_test(test_columns_light_the_dots_that_all_points_would),
		cmocka_unit_test(test_joins_are_thin_connected_and_end_where_they_should),
		cmocka_unit_test(test_a_clipped_join_is_the_part_of_the_whole_one_that_is_seen),
		cmocka_unit_test(test_far_rows_cost_nothing_and_break_nothing),
		cmocka_unit_test(test_the_whole_range_holds_every_value_and_not_much_more),
		cmocka_unit_test(test_noise_is_not_cut),
		cmocka_unit_test(test_a_few_spikes_do_not_flatten_a_curve),
		cmocka_unit_test(test_what_a_curve_passes_on_its_way_to_nan_is_cut),
		cmocka_unit_test(test_a_run_that_goes_astray_does_not_flatten_the_others),
		cmocka_unit_test(test_a_logarithmic_range_leaves_out_what_has_no_logarithm),
		cmocka_unit_test(test_the_tail_range_is_that_of_the_last_fifth),
		cmocka_unit_test(
			test_twenty_evaluations_are_not_drowned_by_a_hundred_thousand_steps),
		cmocka_unit_test(test_a_range_stands_still_while_little_changes),
		cmocka_unit_test(test_rows_go_from_the_top_at_hi_to_the_bottom_at_lo),
		cmocka_unit_test(test_ticks_are_round_rising_and_within),
		cmocka_unit_test(test_a_falling_loss),
		cmocka_unit_test(test_the_same_in_ascii),
		cmocka_unit_test(test_spikes_leave_the_range_and_are_counted),
		cmocka_unit_test(test_what_is_not_finite_is_marked),
		cmocka_unit_test(test_a_constant_stands_in_the_middle),
		cmocka_unit_test(test_a_learning_rate_on_a_logarithmic_axis),
		cmocka_unit_test(test_few_points_are_dots_and_the_legend_finds_a_free_corner),
		cmocka_unit_test(test_one_point_is_seen),
		cmocka_unit_test(test_no_points_say_so),
		cmocka_unit_test(test_the_smallest_chart),
		cmocka_unit_test(test_a_wide_chart_has_ticks_on_time),
		cmocka_unit_test(test_the_line_on_top_has_the_color_and_faint_ones_give_way),
		cmocka_unit_test(test_a_chart_keeps_to_its_rectangle_at_any_size),
	};
	return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
