/* The dashboard with panes that only note what they are asked: which one has the keyboard, who gets
 * an action, what lies over what, and the way back. */
#include "tui/dash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FAKES = 6 };

/* -- panes that note --------------------------------------------------------------------------- */

static struct fake {
	struct pane p;
	enum action takes; /* the only action that it wants */
	enum action got;
	char arg[40];
	int draws, clicks, x, y;
	bool focus;
	struct rect r;
} fake[FAKES];
static int nfakes;

static struct pane *
fake_new(void)
{
	struct fake *f = &fake[nfakes++];
	memset(f, 0, sizeof *f);
	return &f->p;
}

static void
fake_free(struct pane *p)
{
	(void)p;
}

static void
fake_title(struct pane *p, struct model *m, char *buf, int size)
{
	(void)m;
	snprintf(buf, (size_t)size, "%s", p->ops->name);
}

static void
fake_draw(struct pane *p, struct model *m, struct grid *g, struct rect r, bool focus)
{
	struct fake *f = (struct fake *)p;
	(void)m;
	f->draws++;
	f->focus = focus;
	f->r = r;
	grid_fill(g, r, (uint32_t)p->ops->name[0], STYLE_NORMAL);
}

static bool
fake_act(struct pane *p, struct model *m, enum action a, const char *arg)
{
	struct fake *f = (struct fake *)p;
	(void)m;
	if (a != f->takes)
		return false;
	f->got = a;
	snprintf(f->arg, sizeof f->arg, "%s", arg ? arg : "");
	return true;
}

static void
fake_click(struct pane *p, struct model *m, struct rect r, const struct mouse *mo)
{
	struct fake *f = (struct fake *)p;
	(void)m;
	(void)r;
	f->clicks++;
	f->x = mo->x;
	f->y = mo->y;
}

#define FAKE(NAME) \
	{ \
		NAME, fake_new, fake_free, fake_title, fake_draw, fake_act, fake_click \
	}
const struct pane_ops pane_runs = FAKE("runs"), pane_charts = FAKE("charts"),
		      pane_metrics = FAKE("metrics"), pane_alerts = FAKE("alerts"),
		      pane_details = FAKE("details"), pane_help = FAKE("help");

int
alerts_line(struct model *m, struct grid *g, struct rect r)
{
	(void)m;
	return grid_text(g, r.x, r.y, r.w, "!", STYLE_CRIT);
}

enum { RUNS, CHARTS, METRICS, ALERTS, DETAILS, HELP };

/* -- a dashboard of them ----------------------------------------------------------------------- */

static struct dash *d;
static struct model *m;
static struct grid g;

static int
setup(void **state)
{
	(void)state;
	nfakes = 0;
	m = model_new("/nonexistent", NULL, NULL, 0, false);
	d = dash_new();
	grid_init(&g, 80, 24, false);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	dash_free(d);
	model_free(m);
	grid_release(&g);
	return 0;
}

static void
draw(void)
{
	for (int i = 0; i < FAKES; i++)
		fake[i].draws = 0;
	grid_clear(&g);
	dash_draw(d, m, &g);
}

static int
focus(void)
{
	draw();
	int at = -1;
	for (int i = 0; i < FAKES; i++) {
		if (!fake[i].draws || !fake[i].focus)
			continue;
		assert_int_equal(at, -1);
		at = i;
	}
	return at;
}

static bool
act(enum action a)
{
	return dash_act(d, m, a, NULL);
}

static void
every_pane_is_drawn_inside_its_frame(void **state)
{
	(void)state;
	draw();
	for (int i = RUNS; i <= ALERTS; i++) {
		assert_int_equal(fake[i].draws, 1);
		struct rect r = fake[i].r;
		for (int y = r.y; y < r.y + r.h; y++)
			for (int x = r.x; x < r.x + r.w; x++)
				assert_int_equal(g.cell[y * g.w + x].ch, fake[i].p.ops->name[0]);
	}
	assert_int_equal(fake[DETAILS].draws + fake[HELP].draws, 0);
	assert_int_equal(g.cell[0].ch, 0x250c);
	assert_int_equal(g.cell[2].ch, 'r');
}

static void
the_keyboard_goes_round_and_back(void **state)
{
	(void)state;
	int order[5];
	for (int i = 0; i < 5; i++) {
		order[i] = focus();
		act(ACTION_PANE_NEXT);
	}
	assert_int_equal(order[0], RUNS);
	assert_int_equal(order[4], RUNS);
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < i; k++)
			assert_int_not_equal(order[i], order[k]);
	act(ACTION_PANE_PREV);
	assert_int_equal(focus(), order[0]);
}

static void
an_action_goes_to_the_pane_with_the_keyboard(void **state)
{
	(void)state;
	for (int i = 0; i < FAKES; i++)
		fake[i].takes = ACTION_DOWN;
	act(ACTION_PANE_NEXT);
	int at = focus();
	assert_true(act(ACTION_DOWN));
	for (int i = 0; i < FAKES; i++)
		assert_int_equal(fake[i].got, i == at ? ACTION_DOWN : ACTION_NONE);
}

static void
charts_are_set_from_anywhere(void **state)
{
	(void)state;
	static const enum action settings[] = {ACTION_YRANGE,    ACTION_LOGY,
					       ACTION_LOGX,      ACTION_XAXIS,
					       ACTION_SMOOTH,    ACTION_ZOOM_IN,
					       ACTION_ZOOM_OUT,  ACTION_NEXT_CHART,
					       ACTION_PREV_CHART};
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		fake[CHARTS].takes = settings[i];
		assert_true(dash_act(d, m, settings[i], "x"));
		assert_int_equal(fake[CHARTS].got, settings[i]);
		assert_string_equal(fake[CHARTS].arg, "x");
	}
	fake[CHARTS].takes = ACTION_UP;
	assert_false(act(ACTION_UP));
}

static void
what_nobody_wants_is_said(void **state)
{
	(void)state;
	assert_false(act(ACTION_COPY));
}

static void
zoom_shows_one_pane_and_undo_takes_it_back(void **state)
{
	(void)state;
	act(ACTION_PANE_NEXT);
	int at = focus();
	act(ACTION_ZOOM);
	draw();
	for (int i = 0; i < FAKES; i++)
		assert_int_equal(fake[i].draws, i == at);
	assert_int_equal(fake[at].r.w, 78);
	/* the next pane, still alone */
	act(ACTION_PANE_NEXT);
	assert_int_not_equal(focus(), at);
	act(ACTION_PANE_PREV);
	act(ACTION_UNDO);
	draw();
	assert_int_equal(fake[RUNS].draws + fake[CHARTS].draws + fake[METRICS].draws +
				 fake[ALERTS].draws,
			 4);
	act(ACTION_ZOOM);
	act(ACTION_BACK);
	draw();
	assert_int_equal(fake[RUNS].draws + fake[CHARTS].draws, 2);
}

static void
panes_hide_and_come_back(void **state)
{
	(void)state;
	assert_true(dash_act(d, m, ACTION_HIDE, "met"));
	draw();
	assert_int_equal(fake[METRICS].draws, 0);
	dash_act(d, m, ACTION_HIDE, "nonsense");
	assert_true(m->message_bad);
	for (int i = 0; i < 9; i++)
		act(ACTION_HIDE); /* the focused one, again and again */
	draw();
	int shown = 0;
	for (int i = 0; i < FAKES; i++)
		shown += fake[i].draws;
	assert_int_equal(shown, 1); /* the last one stays */
	act(ACTION_SHOW);
	draw();
	assert_int_equal(fake[METRICS].draws, 1);
	assert_int_equal(fake[RUNS].draws, 1);
}

static void
undo_takes_back_every_change_of_the_arrangement(void **state)
{
	(void)state;
	static const enum action changes[] = {ACTION_GROW, ACTION_HIDE, ACTION_ZOOM, ACTION_SHRINK};
	struct rect at[FAKES];
	draw();
	for (int i = 0; i < FAKES; i++)
		at[i] = fake[i].draws ? fake[i].r : (struct rect){0};
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		act(changes[i]);
		draw();
	}
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		act(ACTION_UNDO);
	draw();
	for (int i = 0; i < FAKES; i++)
		if (fake[i].draws)
			assert_memory_equal(&fake[i].r, &at[i], sizeof at[i]);
}

static void
growing_ends_where_there_is_no_room(void **state)
{
	(void)state;
	int last = -1, w = fake[RUNS].r.w;
	for (int i = 0; i < 200 && w != last; i++) {
		last = w;
		act(ACTION_GROW);
		draw();
		w = fake[RUNS].r.w;
	}
	assert_true(fake[CHARTS].draws == 1);
	/* and one step back is one step, not two hundred */
	act(ACTION_SHRINK);
	draw();
	assert_true(fake[RUNS].r.w < w);
}

static void
details_and_help_lie_over_the_panes(void **state)
{
	(void)state;
	model_open_details(m, "/runs/a");
	assert_true(dash_covered(d, m));
	assert_int_equal(focus(), DETAILS);
	act(ACTION_HELP);
	assert_int_equal(focus(), HELP);
	/* keys below are out of reach */
	fake[RUNS].takes = ACTION_DOWN;
	act(ACTION_DOWN);
	assert_int_equal(fake[RUNS].got, ACTION_NONE);
	act(ACTION_BACK);
	assert_int_equal(focus(), DETAILS);
	act(ACTION_BACK);
	assert_false(dash_covered(d, m));
	assert_int_equal(focus(), RUNS);
	assert_null(m->details);
}

static void
a_pane_that_was_dropped_lends_the_keyboard(void **state)
{
	(void)state;
	act(ACTION_PANE_NEXT);
	int at = focus();
	assert_int_not_equal(at, RUNS);
	grid_resize(&g, 40, 8);
	assert_int_equal(focus(), RUNS);
	grid_resize(&g, 80, 24);
	assert_int_equal(focus(), at);
}

static void
a_pane_may_give_the_keyboard_away(void **state)
{
	(void)state;
	m->focus = "charts";
	fake[RUNS].takes = ACTION_OPEN;
	act(ACTION_OPEN);
	assert_null(m->focus);
	assert_int_equal(focus(), CHARTS);
}

static void
a_click_gives_the_keyboard_and_says_where(void **state)
{
	(void)state;
	draw();
	struct rect r = fake[METRICS].r;
	struct mouse mo = {r.x + 3, r.y + 1, 1, true};
	dash_mouse(d, m, &mo);
	assert_int_equal(fake[METRICS].clicks, 1);
	assert_true(fake[METRICS].x == 3 && fake[METRICS].y == 1);
	assert_int_equal(focus(), METRICS);
	/* the wheel does not take the keyboard */
	mo = (struct mouse){fake[CHARTS].r.x, fake[CHARTS].r.y, 5, true};
	dash_mouse(d, m, &mo);
	assert_int_equal(fake[CHARTS].clicks, 1);
	assert_int_equal(focus(), METRICS);
	/* nor does letting go, nor a click on the status line */
	mo = (struct mouse){fake[CHARTS].r.x, fake[CHARTS].r.y, 1, false};
	dash_mouse(d, m, &mo);
	mo = (struct mouse){3, 23, 1, true};
	dash_mouse(d, m, &mo);
	assert_int_equal(focus(), METRICS);
}

/* Any keys at any size: nothing breaks, and one pane has the keyboard. */
static void
anything_goes(void **state)
{
	(void)state;
	uint32_t seed = 17;
	static const enum action any[] = {ACTION_PANE_NEXT, ACTION_PANE_PREV, ACTION_ZOOM,
					  ACTION_GROW,      ACTION_SHRINK,    ACTION_HIDE,
					  ACTION_SHOW,      ACTION_HELP,      ACTION_BACK,
					  ACTION_UNDO,      ACTION_SCREEN_1,  ACTION_OPEN,
					  ACTION_FILTER};
	for (int i = 0; i < 5000; i++) {
		seed = seed * 1664525 + 1013904223;
		unsigned dice = seed >> 8;
		if (dice % 11 == 0)
			grid_resize(&g, 1 + (int)(dice / 11 % 200), 1 + (int)(dice / 2200 % 70));
		act(any[dice / 7 % (sizeof any / sizeof *any)]);
		assert_int_not_equal(focus(), g.w > 2 && g.h > 3 ? -1 : -2);
	}
}

#define TEST(FN) cmocka_unit_test_setup_teardown(FN, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_pane_is_drawn_inside_its_frame),
		TEST(the_keyboard_goes_round_and_back),
		TEST(an_action_goes_to_the_pane_with_the_keyboard),
		TEST(charts_are_set_from_anywhere),
		TEST(what_nobody_wants_is_said),
		TEST(zoom_shows_one_pane_and_undo_takes_it_back),
		TEST(panes_hide_and_come_back),
		TEST(undo_takes_back_every_change_of_the_arrangement),
		TEST(growing_ends_where_there_is_no_room),
		TEST(details_and_help_lie_over_the_panes),
		TEST(a_pane_that_was_dropped_lends_the_keyboard),
		TEST(a_pane_may_give_the_keyboard_away),
		TEST(a_click_gives_the_keyboard_and_says_where),
		TEST(anything_goes),
	};
	return cmocka_run_group_tests_name("dash", tests, NULL, NULL);
}
