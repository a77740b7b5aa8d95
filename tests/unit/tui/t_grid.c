/* The grid is where everything passes that a person sees: nothing unsafe gets in, nothing is drawn
 * outside, and borders join in whatever order they are drawn. */
#include "core/utf8.h"
#include "tui/glyph.h"
#include "tui/grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint32_t seed = 12345;

static unsigned
dice(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static void
assert_shows(const struct grid *g, const char *want)
{
	struct str s = STR_INIT;
	grid_dump(g, &s);
	assert_string_equal(str_c(&s), want);
	str_release(&s);
}

static const struct cell *
at(const struct grid *g, int x, int y)
{
	return &g->cell[y * g->w + x];
}

static void
borders_join_by_themselves(void **state)
{
	(void)state;
	struct grid g;
	grid_init(&g, 9, 5, false);
	grid_box(&g, (struct rect){0, 0, 5, 3}, STYLE_BORDER);
	grid_box(&g, (struct rect){4, 0, 5, 3}, STYLE_BORDER);
	grid_box(&g, (struct rect){0, 2, 7, 3}, STYLE_BORDER);
	grid_box(&g, (struct rect){6, 2, 3, 3}, STYLE_BORDER);
	assert_shows(&g, "┌───┬───┐\n"
			 "│   │   │\n"
			 "├───┴─┬─┤\n"
			 "│     │ │\n"
			 "└─────┴─┘\n");
	grid_release(&g);
}

static void
the_order_of_drawing_does_not_matter(void **state)
{
	(void)state;
	struct grid a, b;
	struct rect r[4];
	for (int round = 0; round < 200; round++) {
		grid_init(&a, 20, 12, round % 2);
		grid_init(&b, 20, 12, round % 2);
		for (int i = 0; i < 4; i++)
			r[i] = (struct rect){(int)dice(16), (int)dice(8), 2 + (int)dice(8),
					     2 + (int)dice(6)};
		for (int i = 0; i < 4; i++)
			grid_box(&a, r[i], STYLE_BORDER);
		for (int i = 3; i >= 0; i--)
			grid_box(&b, r[i], STYLE_BORDER);
		assert_memory_equal(a.cell, b.cell, sizeof *a.cell * 20 * 12);
		grid_release(&a);
		grid_release(&b);
	}
}

static void
every_piece_points_at_a_piece_that_points_back(void **state)
{
	(void)state;
	struct grid g;
	grid_init(&g, 30, 20, false);
	for (int i = 0; i < 12; i++)
		grid_box(&g,
			 (struct rect){(int)dice(20), (int)dice(12), 2 + (int)dice(9),
				       2 + (int)dice(7)},
			 STYLE_BORDER);
	for (int y = 0; y < g.h; y++) {
		for (int x = 0; x < g.w; x++) {
			unsigned arms = at(&g, x, y)->arms;
			if (arms & ARM_RIGHT)
				assert_true(x + 1 < g.w && at(&g, x + 1, y)->arms & ARM_LEFT);
			if (arms & ARM_DOWN)
				assert_true(y + 1 < g.h && at(&g, x, y + 1)->arms & ARM_UP);
			if (arms & ARM_LEFT)
				assert_true(x > 0 && at(&g, x - 1, y)->arms & ARM_RIGHT);
			if (arms & ARM_UP)
				assert_true(y > 0 && at(&g, x, y - 1)->arms & ARM_DOWN);
		}
	}
	grid_release(&g);
}

static void
ascii_boxes_are_plus_minus_bar(void **state)
{
	(void)state;
	struct grid g;
	grid_init(&g, 7, 3, true);
	grid_box(&g, (struct rect){0, 0, 4, 3}, STYLE_BORDER);
	grid_box(&g, (struct rect){3, 0, 4, 3}, STYLE_BORDER);
	assert_shows(&g, "+--+--+\n"
			 "|  |  |\n"
			 "+--+--+\n");
	grid_release(&g);
}

static void
text_over_a_border_is_not_joined(void **state)
{
	(void)state;
	struct grid g;
	grid_init(&g, 6, 2, false);
	grid_hline(&g, 0, 0, 6, STYLE_BORDER);
	grid_text(&g, 2, 0, 2, "ab", STYLE_TITLE);
	grid_vline(&g, 4, 0, 2, STYLE_BORDER);
	assert_shows(&g, "──ab┬─\n    │\n");
	grid_release(&g);
}

/* Whatever is drawn, wherever: the grid stays inside itself, cells stay safe, and wide characters
 * stay whole. */
static void
nothing_unsafe_and_nothing_outside(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct grid g;
		grid_init(&g, 1 + (int)dice(12), 1 + (int)dice(4), round % 3 == 0);
		for (int i = 0; i < 60; i++) {
			int x = (int)dice(20) - 4, y = (int)dice(8) - 2, w = (int)dice(14) - 1;
			char text[24];
			size_t n = dice(sizeof text - 1);
			for (size_t k = 0; k < n; k++)
				text[k] = (char)(1 + dice(255));
			text[n] = '\0';
			switch (dice(7)) {
			case 0:
				grid_put(&g, x, y, dice(0x120000), (int)dice(STYLE_END));
				break;
			case 1:
				grid_put(&g, x, y, 0x4e00 + dice(100), 0);
				break;
			case 2:
				grid_text_middle(&g, x, y, w, text, 0);
				break;
			case 3:
				grid_text_right(&g, x, y, w, text, 0);
				break;
			case 4:
				grid_text(&g, x, y, w, text, 0);
				break;
			default:
				grid_box(&g, (struct rect){x, y, w, (int)dice(5)}, 0);
			}
		}
		for (int y = 0; y < g.h; y++) {
			for (int x = 0; x < g.w; x++) {
				uint32_t ch = at(&g, x, y)->ch;
				if (ch == 0) {
					assert_true(x > 0 && utf8_width(at(&g, x - 1, y)->ch) == 2);
					continue;
				}
				assert_int_equal(utf8_safe(ch), ch);
				if (g.ascii)
					assert_in_range(ch, ' ', '~');
				else if (utf8_width(ch) == 2)
					assert_true(x + 1 < g.w && at(&g, x + 1, y)->ch == 0);
				else
					assert_int_equal(utf8_width(ch), 1);
			}
		}
		grid_release(&g);
	}
}

static void
text_never_takes_more_than_it_is_given(void **state)
{
	(void)state;
	static const char *const text[] = {"",           "a",      "abcdef",
					   "日本語",     "a日b本", "e\xcc\x81t\xc3\xa9",
					   "\x1b[31mred"};
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		for (int w = 0; w < 12; w++) {
			struct grid g;
			grid_init(&g, 16, 1, false);
			int used = grid_text(&g, 2, 0, w, text[i], 0);
			assert_in_range(used, 0, w);
			grid_clear(&g);
			assert_in_range(grid_text_middle(&g, 2, 0, w, text[i], 0), 0, w);
			for (int x = 0; x < 16; x++)
				if (x < 2 || x >= 2 + w)
					assert_int_equal(at(&g, x, 0)->ch, ' ');
			grid_release(&g);
		}
	}
}

static void
the_middle_goes_when_it_is_too_long(void **state)
{
	(void)state;
	struct grid g;
	grid_init(&g, 12, 3, false);
	grid_text_middle(&g, 0, 0, 9, "experiment-7-seed3", 0);
	grid_text_middle(&g, 0, 1, 12, "fits", 0);
	grid_text_middle(&g, 0, 2, 2, "abc", 0);
	assert_shows(&g, "expe…eed3\nfits\nab\n");
	grid_release(&g);
	grid_init(&g, 12, 1, true);
	grid_text_middle(&g, 0, 0, 9, "experiment-7-seed3", 0);
	assert_shows(&g, "expe~eed3\n");
	grid_release(&g);
}

static void
right_aligned_text_ends_where_it_should(void **state)
{
	(void)state;
	struct grid g;
	grid_init(&g, 8, 2, false);
	grid_text_right(&g, 1, 0, 6, "語1", 0);
	grid_text_right(&g, 1, 1, 6, "123456789", 0);
	assert_shows(&g, "    語1\n 123456\n");
	grid_release(&g);
}

static void
every_stand_in_is_printable(void **state)
{
	(void)state;
	for (uint32_t ch = 0x20; ch < 0x11000; ch++)
		if (utf8_safe(ch) == ch)
			assert_in_range(glyph_ascii(ch), ' ', '~');
	/* Signs that mean different things look different. */
	assert_int_not_equal(glyph_ascii(0x2714), glyph_ascii(0x2716));
	assert_int_not_equal(glyph_ascii(0x2191), glyph_ascii(0x2193));
	assert_int_not_equal(glyph_ascii(0x25cf), glyph_ascii(0x25b2));
	assert_int_equal(glyph_ascii(0x2800), ' ');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(borders_join_by_themselves),
		cmocka_unit_test(the_order_of_drawing_does_not_matter),
		cmocka_unit_test(every_piece_points_at_a_piece_that_points_back),
		cmocka_unit_test(ascii_boxes_are_plus_minus_bar),
		cmocka_unit_test(text_over_a_border_is_not_joined),
		cmocka_unit_test(nothing_unsafe_and_nothing_outside),
		cmocka_unit_test(text_never_takes_more_than_it_is_given),
		cmocka_unit_test(the_middle_goes_when_it_is_too_long),
		cmocka_unit_test(right_aligned_text_ends_where_it_should),
		cmocka_unit_test(every_stand_in_is_printable),
	};
	return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
