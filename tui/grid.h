/* grid.h - a screen in memory: panes draw here, and only here; a terminal or a file shows it. */
#ifndef TUI_GRID_H
#define TUI_GRID_H

#include "core/str.h"

#include <stdbool.h>
#include <stdint.h>

/* What a cell means; theme.h turns it into colours. The low byte is the meaning, the rest are
 * attributes. */
enum style {
	STYLE_NORMAL,
	STYLE_DIM,
	STYLE_BORDER,
	STYLE_BORDER_FOCUS,
	STYLE_TITLE,
	STYLE_TITLE_FOCUS,
	STYLE_HEADING, /* column headings */
	STYLE_AXIS,
	STYLE_OK,
	STYLE_INFO,
	STYLE_WARN,
	STYLE_CRIT,
	STYLE_STATUS, /* status line */
	STYLE_PROMPT,
	STYLE_MATCH, /* what a filter matched */
	STYLE_KEY,   /* keys in the help */
	STYLE_LOG0,  /* colours that a log has of itself, in the order of core/ansi.h, less one */
	STYLE_NLOG = 7,
	STYLE_RUN0 = STYLE_LOG0 + STYLE_NLOG, /* colours of runs, STYLE_NRUNS */
	STYLE_NRUNS = 8,
	STYLE_END = STYLE_RUN0 + STYLE_NRUNS,
	STYLE_BOLD = 0x100,
	STYLE_REVERSE = 0x200, /* the row under the cursor */
	STYLE_FAINT = 0x400,   /* the same colour, dimmed: older attempts, orphaned points */
	STYLE_UNDERLINE = 0x800,
};

struct cell {
	uint32_t ch; /* a safe character; 0: the right half of a wide one */
	uint16_t style;
	uint16_t
		/* of a piece of a box (tui/glyph.h), so that lines drawn later can join it; else 0
		 * */
		arms;
};

struct rect {
	int x, y, w, h;
};

struct grid {
	int w, h;
	struct cell *cell;      /* row by row */
	bool ascii;             /* braille, blocks and boxes are replaced when drawn */
	int cursor_x, cursor_y; /* where the terminal's cursor goes; x < 0: hidden */
};

void grid_init(struct grid *g, int w, int h, bool ascii);
void grid_release(struct grid *g);
void grid_resize(struct grid *g, int w, int h); /* content is void afterwards: clear and redraw */
void grid_clear(struct grid *g);

/* All drawing clips to the grid. Text is cleaned (core/utf8.h): this is the choke point. */
void grid_put(struct grid *g, int x, int y, uint32_t ch, int style);
/* At most W columns of Z; returns columns used. */
int grid_text(struct grid *g, int x, int y, int w, const char *z, int style);
int grid_textf(struct grid *g, int x, int y, int w, int style, const char *fmt, ...)
	__attribute__((format(printf, 6, 7), nonnull(6)));
/* Right-aligned in W columns. */
void grid_text_right(struct grid *g, int x, int y, int w, const char *z, int style);
/* Shortened in the middle ("abc…xyz") when it doesn't fit. */
int grid_text_middle(struct grid *g, int x, int y, int w, const char *z, int style);
void grid_fill(struct grid *g, struct rect r, uint32_t ch, int style);
/* Lines of boxes: joins with box characters that are there already (┬ ┤ ┼ come by themselves). */
void grid_hline(struct grid *g, int x, int y, int w, int style);
void grid_vline(struct grid *g, int x, int y, int h, int style);
void grid_box(struct grid *g, struct rect r, int style);

/* As text: one line a row, blanks at the end stripped. */
void grid_dump(const struct grid *g, struct str *out);

#endif
