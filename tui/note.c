/* note.c - words into lines. A word longer than a line is cut where the line ends. */
#include "tui/note.h"

#include "core/utf8.h"

#include <string.h>

/* Bytes of the next line of at most W columns; *NEXT is where the one after it begins. */
static size_t
line_len(const char *text, int w, const char **next)
{
	const char *p = text, *end = text + strlen(text), *blank = NULL;
	int used = 0;
	while (p < end && *p != '\n') {
		uint32_t cp;
		const char *q = utf8_next(p, end, &cp);
		used += utf8_width(utf8_safe(cp));
		if (used > w && p > text) {
			if (cp == ' ')
				blank = p;
			p = blank ? blank : p;
			break;
		}
		if (cp == ' ')
			blank = p;
		p = q;
	}
	*next = p;
	while (**next == ' ')
		++*next;
	if (**next == '\n')
		++*next;
	return (size_t)(p - text);
}

static int
lines(struct grid *g, struct rect r, const char *text, int skip, int style)
{
	int y = 0;
	while (*text && y < r.h) {
		const char *next;
		size_t len = line_len(text, r.w, &next);
		if (g && skip <= 0)
			grid_textf(g, r.x, r.y + y, r.w, style, "%.*s", (int)len, text);
		text = next;
		if (skip-- <= 0)
			y++;
	}
	return y;
}

int
note_draw(struct grid *g, struct rect r, const char *text, int style)
{
	return r.w > 0 ? lines(g, r, text, 0, style) : 0;
}

int
note_draw_from(struct grid *g, struct rect r, const char *text, int skip, int style)
{
	return r.w > 0 ? lines(g, r, text, skip, style) : 0;
}

int
note_lines(const char *text, int w)
{
	return w > 0 ? lines(NULL, (struct rect){0, 0, w, 1 << 20}, text, 0, 0) : 0;
}
