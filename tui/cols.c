/* cols.c - columns that fit: the least wanted goes until the rest has room, then the flexible
 * ones grow. */
#include "tui/cols.h"

#include "core/utf8.h"

static int
total(const struct col *col, int n)
{
	int w = 0, used = 0;
	for (int i = 0; i < n; i++)
		if (col[i].w) {
			w += col[i].w;
			used++;
		}
	return w + (used ? used - 1 : 0);
}

void
cols_fit(struct col *col, int n, int width)
{
	for (int i = 0; i < n; i++)
		col[i].w = col[i].min;
	while (total(col, n) > width) {
		int worst = -1;
		for (int i = 0; i < n; i++)
			if (col[i].w && col[i].rank && (worst < 0 || col[i].rank > col[worst].rank))
				worst = i;
		if (worst < 0)
			break;
		col[worst].w = 0;
	}
	int over = total(col, n) - width;
	for (int i = 0; i < n && over > 0; i++) /* nothing left to drop: the first ones shrink */
		while (col[i].w > 1 && over > 0) {
			col[i].w--;
			over--;
		}
	int spare = width - total(col, n);
	for (int i = 0; i < n && spare > 0; i++)
		if (col[i].w && col[i].max > col[i].w) {
			int more = col[i].max - col[i].w < spare ? col[i].max - col[i].w : spare;
			col[i].w += more;
			spare -= more;
		}
	int x = 0;
	for (int i = 0; i < n; i++) {
		col[i].x = x;
		if (col[i].w)
			x += col[i].w + 1;
	}
}

void
cols_heads(const struct col *col, int n, struct grid *g, int x0, int y)
{
	for (int i = 0; i < n; i++)
		if (col[i].w)
			col_text(&col[i], g, x0, y, col[i].head, STYLE_HEADING);
}

void
col_text(const struct col *c, struct grid *g, int x0, int y, const char *text, int style)
{
	if (!c->w)
		return;
	bool fits = utf8_columns(text) <= c->w;
	if (fits && c->right)
		grid_text_right(g, x0 + c->x, y, c->w, text, style);
	else
		grid_text(g, x0 + c->x, y, fits ? c->w : c->w - 1, text, style);
	/* what is cut says so: a number without its end would be another number */
	if (!fits)
		grid_put(g, x0 + c->x + c->w - 1, y, 0x2026 /* … */, style);
}
