/* The bitmap behind a chart.
 *
 * Everything that is lit depends on dots alone, never on the values they came from: a run of dots
 * in one column, and joins between dots. That is why the four numbers M4 keeps of each column
 * (first, last, min, max) light the same dots as all of its points would: within a column the path
 * is connected, so it covers min to max without a hole; between columns only the last dot of one
 * and the first of the next matter. Lines are clipped by computing where they cross each row or
 * column that can be seen, not by walking them: a spike to 1e30 costs no more than any other. */
#include "tui/raster.h"

#include "core/xalloc.h"

#include <stdlib.h>

void
raster_init(struct raster *ra, int cells_w, int cells_h, bool ascii)
{
	ra->cw = ascii ? 1 : 2;
	ra->ch = ascii ? 3 : 4;
	ra->cells = cells_w;
	ra->w = cells_w * ra->cw;
	ra->h = cells_h * ra->ch;
	ra->bits = xcalloc((size_t)cells_w * (size_t)cells_h, sizeof *ra->bits);
	ra->style = xcalloc((size_t)cells_w * (size_t)cells_h, sizeof *ra->style);
}

void
raster_release(struct raster *ra)
{
	free(ra->bits);
	free(ra->style);
	*ra = (struct raster){0};
}

static unsigned
bit_of(const struct raster *ra, int x, int y)
{
	static const uint8_t braille[4][2] = {{0x01, 0x08},
					      {0x02, 0x10},
					      {0x04, 0x20},
					      {0x40, 0x80}};
	return ra->cw == 1 ? 1u << y % 3 : braille[y % 4][x % 2];
}

static void
light(struct raster *ra, int cell, unsigned bits, int style)
{
	if (ra->bits[cell]) {
		bool was = ra->style[cell] & STYLE_FAINT, is = style & STYLE_FAINT;
		if (is && !was)
			return;
		if (was && !is)
			ra->bits[cell] = 0;
	}
	ra->bits[cell] |= (uint8_t)bits;
	ra->style[cell] = (uint16_t)style;
}

static void
dot(struct raster *ra, int x, int y, int style)
{
	if (x >= 0 && x < ra->w && y >= 0 && y < ra->h)
		light(ra, y / ra->ch * ra->cells + x / ra->cw, bit_of(ra, x, y), style);
}

void
raster_run(struct raster *ra, int x, int y0, int y1, int style)
{
	int top = y0 < y1 ? y0 : y1, bottom = y0 < y1 ? y1 : y0;
	if (top < 0)
		top = 0;
	if (bottom >= ra->h)
		bottom = ra->h - 1;
	/* noise is mostly this: a cell at a time */
	for (int y = top; y <= bottom;) {
		unsigned bits = 0;
		int cy = y / ra->ch;
		for (; y <= bottom && y / ra->ch == cy; y++)
			bits |= bit_of(ra, x, y);
		light(ra, cy * ra->cells + x / ra->cw, bits, style);
	}
}

/* A * B / D to the nearest, halves upwards, whatever the signs of A and B; D > 0. */
static int
scaled(int64_t a, int64_t b, int64_t d)
{
	int64_t n = 2 * a * b + d, q = n / (2 * d);
	return (int)(n % (2 * d) < 0 ? q - 1 : q);
}

void
raster_join(struct raster *ra, int x0, int y0, int x1, int y1, int style)
{
	int dx = x1 - x0, dy = y1 - y0, tall = abs(dy);
	if (tall <= dx) {
		for (int i = 0; i <= dx; i++)
			dot(ra, x0 + i, y0 + (dx ? scaled(i, dy, dx) : 0), style);
		return;
	}
	int top = dy > 0 ? y0 : y1, bottom = dy > 0 ? y1 : y0;
	if (top < 0)
		top = 0;
	if (bottom >= ra->h)
		bottom = ra->h - 1;
	for (int y = top; y <= bottom; y++)
		dot(ra, x0 + scaled(abs(y - y0), dx, tall), y, style);
}

bool
raster_lit(const struct raster *ra, int x, int y)
{
	return ra->bits[y / ra->ch * ra->cells + x / ra->cw] & bit_of(ra, x, y);
}

bool
raster_dark(const struct raster *ra, int cx, int cy, int cw, int ch)
{
	for (int y = cy; y < cy + ch; y++)
		for (int x = cx; x < cx + cw; x++)
			if (ra->bits[y * ra->cells + x])
				return false;
	return true;
}

void
raster_paint(const struct raster *ra, struct grid *g, int x, int y)
{
	/* by height: ' top, - middle, . bottom; what covers more than one becomes a stroke */
	static const char ascii[8] = {' ', '\'', '-', '|', '.', ':', ':', '|'};
	for (int cy = 0; cy < ra->h / ra->ch; cy++)
		for (int cx = 0; cx < ra->cells; cx++) {
			int cell = cy * ra->cells + cx;
			if (!ra->bits[cell])
				continue;
			uint32_t ch = ra->cw == 1 ? (uint32_t)ascii[ra->bits[cell]]
						  : 0x2800u + ra->bits[cell];
			grid_put(g, x + cx, y + cy, ch, ra->style[cell]);
		}
}
