/* The screen is a table of cells that panes write and a terminal reads. Nothing that a log says
 * gets into a cell but through grid_put(): whatever utf8_safe() would not let pass is replaced
 * there, so no pane can forget to.
 *
 * A piece of a box keeps its arms beside its character. Drawing a line adds arms: corners and joins
 * come by themselves, in whatever order neighbours draw the border that they share. */
#include "tui/grid.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/glyph.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRID_MAX 10000 /* columns or rows; a terminal that claims more is lying */

static const struct cell blank = {' ', STYLE_NORMAL, 0};

static struct cell *
cell_at(struct grid *g, int x, int y)
{
	if (x < 0 || y < 0 || x >= g->w || y >= g->h)
		return NULL;
	return &g->cell[(size_t)y * (size_t)g->w + (size_t)x];
}

void
grid_init(struct grid *g, int w, int h, bool ascii)
{
	*g = (struct grid){.ascii = ascii, .cursor_x = -1, .cursor_y = -1};
	grid_resize(g, w, h);
	grid_clear(g);
}

void
grid_release(struct grid *g)
{
	free(g->cell);
	*g = (struct grid){.cursor_x = -1, .cursor_y = -1};
}

void
grid_resize(struct grid *g, int w, int h)
{
	g->w = w < 0 ? 0 : w > GRID_MAX ? GRID_MAX : w;
	g->h = h < 0 ? 0 : h > GRID_MAX ? GRID_MAX : h;
	g->cell = xreallocarray(g->cell, (size_t)g->w * (size_t)g->h, sizeof *g->cell);
}

void
grid_clear(struct grid *g)
{
	size_t n = (size_t)g->w * (size_t)g->h;
	for (size_t i = 0; i < n; i++)
		g->cell[i] = blank;
	g->cursor_x = g->cursor_y = -1;
}

/* What overwrites one half of a wide character leaves a blank where the other half was. */
static void
cell_split(struct grid *g, int x, int y)
{
	struct cell *c = cell_at(g, x, y), *left = cell_at(g, x - 1, y),
		    *right = cell_at(g, x + 1, y);
	if (c->ch == 0 && left)
		left->ch = ' ';
	if (c->ch != 0 && right && right->ch == 0)
		right->ch = ' ';
}

static void
cell_set(struct grid *g, int x, int y, uint32_t ch, int style, unsigned arms)
{
	struct cell *c = cell_at(g, x, y);
	if (!c)
		return;
	cell_split(g, x, y);
	*c = (struct cell){ch, (uint16_t)style, (uint16_t)arms};
}

/* What CH becomes on this grid, and how many columns that takes. */
static uint32_t
shown(const struct grid *g, uint32_t ch, int *width)
{
	ch = utf8_safe(ch);
	if (g->ascii) {
		*width = ch >= 0x80 && utf8_width(ch) == 0 ? 0 : 1;
		return glyph_ascii(ch);
	}
	*width = utf8_width(ch);
	return ch;
}

void
grid_put(struct grid *g, int x, int y, uint32_t ch, int style)
{
	int width;
	ch = shown(g, ch, &width);
	if (width <= 0 || !cell_at(g, x, y))
		return;
	if (width == 1) {
		cell_set(g, x, y, ch, style, 0);
	} else if (cell_at(g, x + 1, y)) {
		cell_set(g, x, y, ch, style, 0);
		cell_set(g, x + 1, y, 0, style, 0);
	} else {
		cell_set(g, x, y, ' ', style, 0);
	}
}

int
grid_text(struct grid *g, int x, int y, int w, const char *z, int style)
{
	const char *end = z + strlen(z);
	int used = 0;
	while (z < end && used < w) {
		uint32_t ch;
		int width;
		z = utf8_next(z, end, &ch);
		shown(g, ch, &width);
		if (used + width > w)
			break;
		if (width > 0)
			grid_put(g, x + used, y, ch, style);
		used += width;
	}
	return used;
}

int
grid_textf(struct grid *g, int x, int y, int w, int style, const char *fmt, ...)
{
	char buf[512], *text = buf;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof buf) {
		text = xmalloc((size_t)n + 1);
		va_start(ap, fmt);
		vsnprintf(text, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	int used = n < 0 ? 0 : grid_text(g, x, y, w, text, style);
	if (text != buf)
		free(text);
	return used;
}

/* Columns that the text takes on this grid; at most N bytes of it. */
static int
columns(const struct grid *g, const char *z, const char *end)
{
	int sum = 0;
	while (z < end) {
		uint32_t ch;
		int width;
		z = utf8_next(z, end, &ch);
		shown(g, ch, &width);
		sum += width;
	}
	return sum;
}

void
grid_text_right(struct grid *g, int x, int y, int w, const char *z, int style)
{
	int n = columns(g, z, z + strlen(z));
	if (n >= w)
		grid_text(g, x, y, w, z, style);
	else
		grid_text(g, x + w - n, y, n, z, style);
}

int
grid_text_middle(struct grid *g, int x, int y, int w, const char *z, int style)
{
	const char *end = z + strlen(z);
	int n = columns(g, z, end);
	if (n <= w || w < 3)
		return grid_text(g, x, y, w, z, style);
	int head = grid_text(g, x, y, w / 2, z, style);
	int tail = w - head - 1;
	grid_put(g, x + head, y, 0x2026, style);
	while (n > tail) {
		uint32_t ch;
		int width;
		z = utf8_next(z, end, &ch);
		shown(g, ch, &width);
		n -= width;
	}
	return head + 1 + grid_text(g, x + head + 1, y, tail, z, style);
}

void
grid_fill(struct grid *g, struct rect r, uint32_t ch, int style)
{
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			grid_put(g, x, y, ch, style);
}

static void
join(struct grid *g, int x, int y, unsigned arms, int style)
{
	struct cell *c = cell_at(g, x, y);
	if (!c)
		return;
	arms |= c->arms;
	cell_set(g, x, y, glyph_box(arms, g->ascii), style, arms);
}

void
grid_hline(struct grid *g, int x, int y, int w, int style)
{
	for (int i = 0; i < w; i++)
		join(g, x + i, y,
		     (i > 0 || w == 1 ? ARM_LEFT : 0) | (i < w - 1 || w == 1 ? ARM_RIGHT : 0),
		     style);
}

void
grid_vline(struct grid *g, int x, int y, int h, int style)
{
	for (int i = 0; i < h; i++)
		join(g, x, y + i,
		     (i > 0 || h == 1 ? ARM_UP : 0) | (i < h - 1 || h == 1 ? ARM_DOWN : 0), style);
}

void
grid_box(struct grid *g, struct rect r, int style)
{
	if (r.w < 2 || r.h < 2)
		return;
	grid_hline(g, r.x, r.y, r.w, style);
	grid_hline(g, r.x, r.y + r.h - 1, r.w, style);
	grid_vline(g, r.x, r.y, r.h, style);
	grid_vline(g, r.x + r.w - 1, r.y, r.h, style);
}

void
grid_dump(const struct grid *g, struct str *out)
{
	for (int y = 0; y < g->h; y++) {
		const struct cell *row = &g->cell[(size_t)y * (size_t)g->w];
		int w = g->w;
		while (w > 0 && row[w - 1].ch == ' ')
			w--;
		for (int x = 0; x < w; x++) {
			char buf[4];
			if (row[x].ch)
				str_add(out, buf, (size_t)utf8_put(row[x].ch, buf));
		}
		str_addc(out, '\n');
	}
}
