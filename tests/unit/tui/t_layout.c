/* Panes at every size from the smallest to the largest terminal: inside the screen, beside one
 * another, and dropped in the declared order. */
#include "tui/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint32_t seed = 4711;

static int
dice(int lo, int hi)
{
	seed = seed * 1664525 + 1013904223;
	return lo + (int)((seed >> 8) % (unsigned)(hi - lo + 1));
}

static struct layout_want
wish(int w, int h)
{
	return (struct layout_want){
		.w = w, .h = h, .zoomed = -1, .alerts = 2, .firing = 1, .runs = 12, .metrics = 9};
}

static bool
is_pane(const struct layout *l, int s)
{
	return l->slot[s].w > 0 && !(s == SLOT_ALERTS && l->alerts_line);
}

static int
min(int a, int b)
{
	return a < b ? a : b;
}

static int
max(int a, int b)
{
	return a > b ? a : b;
}

/* Neighbours share a line at most, and together they cover the area, the alerts line and the status
 * line. */
static void
assert_sound(const struct layout_want *want, const struct layout *l)
{
	static unsigned char seen[1001 * 401];
	assert_true(want->w * want->h <= (int)sizeof seen);
	memset(seen, 0, (size_t)(want->w * want->h));
	for (int s = 0; s < SLOT_N; s++) {
		struct rect r = l->slot[s];
		if (r.w == 0)
			continue;
		assert_true(r.x >= 0 && r.y >= 0 && r.w > 0 && r.h > 0);
		assert_true(r.x + r.w <= want->w && r.y + r.h <= want->h);
		for (int y = r.y; y < r.y + r.h; y++)
			memset(&seen[y * want->w + r.x], 1, (size_t)r.w);
		for (int o = s + 1; o < SLOT_N; o++) {
			struct rect q = l->slot[o];
			if (q.w == 0)
				continue;
			int w = min(r.x + r.w, q.x + q.w) - max(r.x, q.x);
			int h = min(r.y + r.h, q.y + q.h) - max(r.y, q.y);
			assert_true(w <= 1 || h <= 1);
			if (w > 1 && h == 1) /* a border of both */
				assert_true(r.y + r.h - 1 == q.y || q.y + q.h - 1 == r.y);
			if (h > 1 && w == 1)
				assert_true(r.x + r.w - 1 == q.x || q.x + q.w - 1 == r.x);
		}
	}
	if (l->status.h) {
		assert_int_equal(l->status.y, want->h - 1);
		assert_int_equal(l->status.w, want->w);
		memset(&seen[l->status.y * want->w], 1, (size_t)want->w);
	}
	for (int i = 0; i < want->w * want->h; i++)
		assert_true(seen[i]);
}

static void
every_size_is_sound(void **state)
{
	(void)state;
	for (int w = 1; w <= 400; w += w < 130 ? 1 : 7) {
		for (int h = 1; h <= 100; h++) {
			struct layout_want want = wish(w, h);
			struct layout l;
			want.alerts = want.firing = (w + h) % 3;
			layout_make(&want, &l);
			assert_sound(&want, &l);
		}
	}
}

static void
every_wish_is_sound(void **state)
{
	(void)state;
	for (int i = 0; i < 12000; i++) {
		struct layout_want want = wish(dice(40, 260), dice(8, 90));
		struct layout l;
		want.split_x = dice(-300, 300);
		want.split_y = dice(-100, 100);
		want.split_alerts = dice(-100, 100);
		want.firing = dice(0, 2);
		want.alerts = dice(0, 3) ? dice(0, 4) : dice(0, 5000);
		want.runs = dice(0, 20) * dice(0, 100);
		want.metrics = dice(0, 20) * dice(0, 100);
		want.zoomed = dice(0, 9) ? -1 : dice(0, SLOT_N - 1);
		int hidden = dice(0, 14);
		for (int s = 0; s < SLOT_N; s++)
			want.hidden[s] = hidden & 1 << s;
		layout_make(&want, &l);
		assert_sound(&want, &l);
		/* A hidden pane appears only where nothing else found room. */
		int n = 0;
		for (int s = 0; s < SLOT_N; s++)
			n += is_pane(&l, s);
		assert_true(n >= 1);
		for (int s = 0; s < SLOT_N; s++)
			if (want.hidden[s] && want.zoomed < 0 && is_pane(&l, s))
				assert_int_equal(n, 1);
	}
}

/* What is shown at a size is shown at any larger one: panes are dropped in one order only. */
static void
panes_drop_in_the_declared_order(void **state)
{
	(void)state;
	for (int w = 40; w <= 240; w++) {
		for (int h = 8; h <= 70; h++) {
			struct layout_want want = wish(w, h);
			struct layout l;
			layout_make(&want, &l);
			assert_true(is_pane(&l, SLOT_RUNS));
			if (!is_pane(&l, SLOT_CHARTS))
				assert_false(is_pane(&l, SLOT_METRICS));
			if (!is_pane(&l, SLOT_METRICS))
				assert_false(is_pane(&l, SLOT_ALERTS));
			/* Alerts are never out of sight. */
			assert_true(is_pane(&l, SLOT_ALERTS) || l.alerts_line);
		}
	}
}

static void
panes_have_the_room_that_they_need(void **state)
{
	(void)state;
	static const struct {
		int w, h;
	} least[SLOT_N] = {{28, 3}, {25, 4}, {34, 3}, {22, 1}};
	for (int w = 60; w <= 240; w++) {
		for (int h = 8; h <= 70; h++) {
			struct layout_want want = wish(w, h);
			struct layout l;
			want.split_x = dice(-20, 20);
			layout_make(&want, &l);
			for (int s = 0; s < SLOT_N; s++) {
				if (!is_pane(&l, s))
					continue;
				assert_true(l.slot[s].w - 2 >= least[s].w);
				assert_true(l.slot[s].h - 2 >= least[s].h);
			}
		}
	}
}

static void
the_sizes_of_the_manual(void **state)
{
	(void)state;
	struct layout l;
	struct layout_want want = wish(80, 24);
	layout_make(&want, &l);
	for (int s = 0; s < SLOT_N; s++)
		assert_true(is_pane(&l, s));

	want = wish(60, 15);
	layout_make(&want, &l);
	assert_true(is_pane(&l, SLOT_RUNS) && is_pane(&l, SLOT_CHARTS));
	assert_true(l.alerts_line);

	want = wish(40, 8);
	layout_make(&want, &l);
	assert_true(is_pane(&l, SLOT_RUNS) && l.alerts_line);
	assert_false(is_pane(&l, SLOT_CHARTS) || is_pane(&l, SLOT_METRICS));

	/* Large: the charts have most of it. */
	want = wish(200, 60);
	want.alerts = 0;
	layout_make(&want, &l);
	assert_true(l.slot[SLOT_CHARTS].w * l.slot[SLOT_CHARTS].h * 2 > 200 * 60);
	assert_true(l.slot[SLOT_RUNS].h <= want.runs + 3);
}

static void
when_nothing_fires_no_line_is_spent_on_it(void **state)
{
	(void)state;
	struct layout l;
	struct layout_want want = wish(40, 8);
	want.firing = 0;
	layout_make(&want, &l);
	assert_false(l.alerts_line);
	assert_int_equal(l.slot[SLOT_RUNS].h, 7);
}

static void
growing_grows_and_ends(void **state)
{
	(void)state;
	struct layout_want want = wish(80, 24);
	struct layout before, after;
	layout_make(&want, &before);
	want.split_x = 4;
	layout_make(&want, &after);
	assert_int_equal(after.slot[SLOT_RUNS].w, before.slot[SLOT_RUNS].w + 4);
	want.split_y = 2;
	layout_make(&want, &after);
	assert_int_equal(after.slot[SLOT_METRICS].h, before.slot[SLOT_METRICS].h + 2);
	want.split_x = want.split_y = 10000;
	layout_make(&want, &after);
	assert_true(is_pane(&after, SLOT_CHARTS) && is_pane(&after, SLOT_RUNS));
}

static void
a_zoomed_pane_has_it_all(void **state)
{
	(void)state;
	for (int s = 0; s < SLOT_N; s++) {
		struct layout_want want = wish(100, 30);
		struct layout l;
		want.zoomed = s;
		layout_make(&want, &l);
		assert_int_equal(l.slot[s].w, 100);
		assert_int_equal(l.slot[s].h, 29);
		for (int o = 0; o < SLOT_N; o++)
			assert_true(o == s || l.slot[o].w == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_is_sound),
		cmocka_unit_test(every_wish_is_sound),
		cmocka_unit_test(panes_drop_in_the_declared_order),
		cmocka_unit_test(panes_have_the_room_that_they_need),
		cmocka_unit_test(the_sizes_of_the_manual),
		cmocka_unit_test(when_nothing_fires_no_line_is_spent_on_it),
		cmocka_unit_test(growing_grows_and_ends),
		cmocka_unit_test(a_zoomed_pane_has_it_all),
	};
	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
