/* raster.h - a small bitmap of dots behind the cells of a chart: 2×4 braille dots a cell, or 1×3 in
 * ASCII.
 *
 * Dots are addressed from the top left; rows may lie far outside (they are clipped, lines to them
 * are drawn up to the edge). A cell has one colour: that of the line that lit it last. Faint lines
 * give way: where a line that is not faint passes, their dots go, for a dot in the wrong colour
 * would be a lie. */
#ifndef TUI_RASTER_H
#define TUI_RASTER_H

#include "tui/grid.h"

#include <stdbool.h>
#include <stdint.h>

/* Rows are kept within ±RASTER_FAR by whoever computes them; columns are always inside. */
#define RASTER_FAR 1000000

struct raster {
	int w, h;        /* dots */
	int cw, ch;      /* dots a cell */
	int cells;       /* a row */
	uint8_t *bits;   /* of each cell: braille bits, or 1 top, 2 middle, 4 bottom */
	uint16_t *style; /* void where bits is 0 */
};

/* CELLS_W × CELLS_H cells, all dark. */
void raster_init(struct raster *ra, int cells_w, int cells_h, bool ascii);
void raster_release(struct raster *ra);
/* Lights the dots of column X from row Y0 to Y1 (in any order). */
void raster_run(struct raster *ra, int x, int y0, int y1, int style);
/* Joins dot (X0, Y0) with (X1, Y1), X0 <= X1: one dot for each row when steep, for each column when
 * not. */
void raster_join(struct raster *ra, int x0, int y0, int x1, int y1, int style);
bool raster_lit(const struct raster *ra, int x, int y);
/* Are all cells of this rectangle of cells dark? */
bool raster_dark(const struct raster *ra, int cx, int cy, int cw, int ch);
/* Puts the cells that have dots into the grid at X, Y. */
void raster_paint(const struct raster *ra, struct grid *g, int x, int y);

#endif
