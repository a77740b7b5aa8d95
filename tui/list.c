/* list.c - the arithmetic of scrolling, once for every pane with rows.
 *
 * TOP follows the cursor and is never remembered for its own sake: a pane that was made larger
 * shows as many rows as it can, without blank lines behind the last one. */
#include "tui/list.h"

static int
clamp(int v, int lo, int hi)
{
	return v > hi ? hi : v < lo ? lo : v;
}

void
list_fit(struct list *l, int n, int h)
{
	l->n = n;
	l->h = h;
	l->cursor = n ? clamp(l->cursor, 0, n - 1) : 0;
	if (l->cursor < l->top)
		l->top = l->cursor;
	if (h > 0 && l->cursor >= l->top + h)
		l->top = l->cursor - h + 1;
	l->top = n > h ? clamp(l->top, 0, n - h) : 0;
}

bool
list_act(struct list *l, enum action a)
{
	int page = l->h > 2 ? l->h - 1 : 1;
	switch (a) {
	case ACTION_UP:
		l->cursor--;
		break;
	case ACTION_DOWN:
		l->cursor++;
		break;
	case ACTION_PAGE_UP:
		l->cursor -= page;
		l->top -= page;
		break;
	case ACTION_PAGE_DOWN:
		l->cursor += page;
		l->top += page;
		break;
	case ACTION_TOP:
		l->cursor = 0;
		break;
	case ACTION_BOTTOM:
		l->cursor = l->n - 1;
		break;
	default:
		return false;
	}
	list_fit(l, l->n, l->h);
	return true;
}

int
list_at(const struct list *l, int y)
{
	int i = l->top + y;
	return y >= 0 && y < l->h && i < l->n ? i : -1;
}

void
list_scroll(struct list *l, int lines)
{
	if (l->n <= l->h)
		return;
	l->top = clamp(l->top + lines, 0, l->n - l->h);
	l->cursor = clamp(l->cursor, l->top, l->top + l->h - 1);
}

void
list_mark(const struct list *l, struct grid *g, int x, int y)
{
	if (l->n <= l->h || l->h < 2)
		return;
	int size = clamp((int)((long)l->h * l->h / l->n), 1, l->h - 1);
	int at = (int)((long)l->top * (l->h - size) / (l->n - l->h));
	for (int i = 0; i < l->h; i++) {
		bool thumb = i >= at && i < at + size;
		grid_put(g, x, y + i, thumb ? (g->ascii ? '#' : 0x2590) : ' ', STYLE_DIM);
	}
}
