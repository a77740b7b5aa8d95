/* The background stays the terminal's, so every colour has to be readable on black and on white:
 * the colours of runs have a luminance between 0.11 and 0.40 (contrast of 3 to 9 on black, 2.3 to
 * 6.5 on white). Among those in xterm's cube they were searched for the largest least distance in
 * CIELAB, as seen with normal vision, protanopia and deuteranopia (Machado, Oliveira, Fernandes
 * 2009), the first four furthest apart. tests/unit/tui/t_theme.c measures all of this.
 *
 * Red, yellow and green mean states; a state always has a sign beside its colour. */
#include "tui/theme.h"

#include "tui/grid.h"

static const struct {
	int16_t c256, c16, c8;
	uint8_t color_attr; /* with colours */
	uint8_t mono_attr;  /* without */
} looks[STYLE_END] = {
	[STYLE_NORMAL] = {-1, -1, -1, 0, 0},
	[STYLE_DIM] = {244, 8, -1, 0, LOOK_DIM},
	[STYLE_BORDER] = {242, 8, -1, 0, 0},
	[STYLE_BORDER_FOCUS] = {33, 12, 6, 0, LOOK_BOLD},
	[STYLE_TITLE] = {-1, -1, -1, 0, 0},
	[STYLE_TITLE_FOCUS] = {33, 12, 6, LOOK_BOLD, LOOK_BOLD},
	[STYLE_HEADING] = {244, 8, -1, 0, LOOK_DIM},
	[STYLE_AXIS] = {244, 8, -1, 0, 0},
	[STYLE_OK] = {35, 2, 2, 0, 0},
	[STYLE_INFO] = {33, 12, 6, 0, 0},
	[STYLE_WARN] = {172, 3, 3, 0, LOOK_BOLD},
	[STYLE_CRIT] = {196, 9, 1, LOOK_BOLD, LOOK_BOLD},
	[STYLE_STATUS] = {244, 8, -1, 0, 0},
	[STYLE_PROMPT] = {-1, -1, -1, LOOK_BOLD, LOOK_BOLD},
	[STYLE_MATCH] = {-1, -1, -1, LOOK_BOLD | LOOK_UNDERLINE, LOOK_BOLD | LOOK_UNDERLINE},
	[STYLE_KEY] = {33, 12, 6, LOOK_BOLD, LOOK_BOLD},
	[STYLE_LOG0 + 0] = {196, 9, 1, 0, 0},
	[STYLE_LOG0 + 1] = {35, 2, 2, 0, 0},
	[STYLE_LOG0 + 2] = {172, 3, 3, 0, 0},
	[STYLE_LOG0 + 3] = {33, 12, 4, 0, 0},
	[STYLE_LOG0 + 4] = {170, 13, 5, 0, 0},
	[STYLE_LOG0 + 5] = {37, 6, 6, 0, 0},
	[STYLE_LOG0 + 6] = {244, 8, -1, 0, LOOK_DIM},
	[STYLE_RUN0 + 0] = {39, 6, 6, 0, 0},
	[STYLE_RUN0 + 1] = {208, 3, 3, 0, 0},
	[STYLE_RUN0 + 2] = {29, 2, 2, 0, 0},
	[STYLE_RUN0 + 3] = {63, 12, 4, 0, 0},
	[STYLE_RUN0 + 4] = {175, 13, 5, 0, 0},
	[STYLE_RUN0 + 5] = {107, 10, 1, 0, 0},
	[STYLE_RUN0 + 6] = {94, 1, 7, 0, 0},
	[STYLE_RUN0 + 7] = {97, 5, -1, 0, 0},
};

struct look
theme_look(int style, int colors)
{
	int meaning = style & 0xff;
	if (meaning >= STYLE_END)
		meaning = STYLE_NORMAL;
	struct look l = {-1, looks[meaning].mono_attr};
	if (colors >= 8) {
		l.fg = colors >= 256  ? looks[meaning].c256
		       : colors >= 16 ? looks[meaning].c16
				      : looks[meaning].c8;
		l.attr = looks[meaning].color_attr;
	}
	if (style & STYLE_BOLD)
		l.attr |= LOOK_BOLD;
	if (style & STYLE_FAINT)
		l.attr |= LOOK_DIM;
	if (style & STYLE_UNDERLINE)
		l.attr |= LOOK_UNDERLINE;
	/* One bar: a reversed row of many colours would be a patchwork. */
	if (style & STYLE_REVERSE) {
		l.fg = -1;
		l.attr = (uint8_t)((l.attr & ~LOOK_DIM) | LOOK_REVERSE);
	}
	return l;
}
