/* Colours are for telling apart: on black and on white, with the eyes that people have. */
#include "tui/grid.h"
#include "tui/theme.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct rgb {
	double v[3]; /* linear light */
};

/* Colour I of xterm's cube and greys (16 … 255). */
static struct rgb
xterm(int i)
{
	static const int level[] = {0, 95, 135, 175, 215, 255};
	int v[3];
	if (i >= 232) {
		v[0] = v[1] = v[2] = 8 + 10 * (i - 232);
	} else {
		i -= 16;
		v[0] = level[i / 36];
		v[1] = level[i / 6 % 6];
		v[2] = level[i % 6];
	}
	struct rgb c;
	for (int k = 0; k < 3; k++) {
		double s = v[k] / 255.0;
		c.v[k] = s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4);
	}
	return c;
}

static double
luminance(struct rgb c)
{
	return 0.2126 * c.v[0] + 0.7152 * c.v[1] + 0.0722 * c.v[2];
}

/* WCAG 2.1, contrast ratio. */
static double
contrast(double a, double b)
{
	return a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);
}

/* Machado, Oliveira, Fernandes 2009, severity 1. */
static struct rgb
seen(struct rgb c, int eyes)
{
	static const double m[3][3][3] = {
		{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
		{{0.152286, 1.052583, -0.204868},
		 {0.114503, 0.786281, 0.099216},
		 {-0.003882, -0.048116, 1.051998}},
		{{0.367322, 0.860646, -0.227968},
		 {0.280085, 0.672501, 0.047413},
		 {-0.011820, 0.042940, 0.968881}},
	};
	struct rgb out;
	for (int i = 0; i < 3; i++) {
		double v = 0;
		for (int k = 0; k < 3; k++)
			v += m[eyes][i][k] * c.v[k];
		out.v[i] = v < 0 ? 0 : v > 1 ? 1 : v;
	}
	return out;
}

static double
lab_f(double t)
{
	return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

/* CIE 1976 */
static double
difference(struct rgb a, struct rgb b)
{
	double lab[2][3];
	const struct rgb *both[] = {&a, &b};
	for (int i = 0; i < 2; i++) {
		const double *v = both[i]->v;
		double x = lab_f((0.4124 * v[0] + 0.3576 * v[1] + 0.1805 * v[2]) / 0.95047);
		double y = lab_f(0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]);
		double z = lab_f((0.0193 * v[0] + 0.1192 * v[1] + 0.9505 * v[2]) / 1.08883);
		lab[i][0] = 116 * y - 16;
		lab[i][1] = 500 * (x - y);
		lab[i][2] = 200 * (y - z);
	}
	double sum = 0;
	for (int k = 0; k < 3; k++)
		sum += (lab[0][k] - lab[1][k]) * (lab[0][k] - lab[1][k]);
	return sqrt(sum);
}

static void
every_colour_is_readable_on_black_and_on_white(void **state)
{
	(void)state;
	for (int style = 0; style < STYLE_END; style++) {
		int fg = theme_look(style, 256).fg;
		if (fg < 0)
			continue;
		assert_in_range(fg, 16, 255); /* the first 16 are whatever somebody made of them */
		double l = luminance(xterm(fg));
		assert_true(contrast(l, 0) >= 2.9);
		assert_true(contrast(l, 1) >= 2.3);
	}
}

static void
runs_can_be_told_apart(void **state)
{
	(void)state;
	for (int eyes = 0; eyes < 3; eyes++) {
		for (int i = 0; i < STYLE_NRUNS; i++) {
			for (int k = 0; k < i; k++) {
				struct rgb a =
					seen(xterm(theme_look(STYLE_RUN0 + i, 256).fg), eyes);
				struct rgb b =
					seen(xterm(theme_look(STYLE_RUN0 + k, 256).fg), eyes);
				assert_true(difference(a, b) >= (i < 4 ? 28 : 24));
			}
		}
	}
}

static void
eight_and_sixteen_colours_are_all_used(void **state)
{
	(void)state;
	static const int depth[] = {8, 16};
	for (int d = 0; d < 2; d++)
		for (int i = 0; i < STYLE_NRUNS; i++)
			for (int k = 0; k < i; k++) {
				struct look a = theme_look(STYLE_RUN0 + i, depth[d]);
				struct look b = theme_look(STYLE_RUN0 + k, depth[d]);
				assert_true(a.fg != b.fg || a.attr != b.attr);
				assert_true(a.fg < depth[d]);
			}
}

static void
without_colours_there_are_none(void **state)
{
	(void)state;
	for (int style = 0; style < STYLE_END; style++)
		assert_int_equal(theme_look(style, 0).fg, -1);
	/* What matters still stands out. */
	assert_true(theme_look(STYLE_CRIT, 0).attr & LOOK_BOLD);
	assert_true(theme_look(STYLE_BORDER_FOCUS, 0).attr != theme_look(STYLE_BORDER, 0).attr);
}

static void
attributes_add_up(void **state)
{
	(void)state;
	assert_true(theme_look(STYLE_RUN0 | STYLE_FAINT, 256).attr & LOOK_DIM);
	assert_true(theme_look(STYLE_NORMAL | STYLE_BOLD | STYLE_UNDERLINE, 256).attr ==
		    (LOOK_BOLD | LOOK_UNDERLINE));
	/* The cursor's row is one bar. */
	assert_int_equal(theme_look(STYLE_RUN0 | STYLE_REVERSE, 256).fg, -1);
	assert_true(theme_look(STYLE_DIM | STYLE_REVERSE, 0).attr == LOOK_REVERSE);
	assert_int_equal(theme_look(0xff, 256).fg, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_colour_is_readable_on_black_and_on_white),
		cmocka_unit_test(runs_can_be_told_apart),
		cmocka_unit_test(eight_and_sixteen_colours_are_all_used),
		cmocka_unit_test(without_colours_there_are_none),
		cmocka_unit_test(attributes_add_up),
	};
	return cmocka_run_group_tests_name("theme", tests, NULL, NULL);
}
