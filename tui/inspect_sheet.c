#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/inspect.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2, LEAST = 12 };

void
inspect_look(const struct inspect *in, enum inspect_look look)
{
	static const char *const code[] = {
		[LOOK_PLAIN] = "\033[0m", [LOOK_STRONG] = "\033[1m", [LOOK_FAINT] = "\033[2m",
		[LOOK_GOOD] = "\033[32m", [LOOK_WARN] = "\033[33m",  [LOOK_ALARM] = "\033[1;31m",
	};
	if (in->colors)
		fputs(code[look], stdout);
}

enum inspect_look
inspect_safety_look(enum model_safety s)
{
	static const enum inspect_look look[] = {
		[MODEL_SAFE] = LOOK_GOOD,     [MODEL_TENSORS_ONLY] = LOOK_GOOD,
		[MODEL_UNJUDGED] = LOOK_WARN, [MODEL_CODE] = LOOK_WARN,
		[MODEL_DANGER] = LOOK_ALARM,
	};
	return look[s];
}

void
inspect_shape(struct str *out, const struct model_tensor *t)
{
	if (!t->rank) {
		str_adds(out, "scalar");
		return;
	}
	str_addc(out, '[');
	for (unsigned i = 0; i < t->rank; i++)
		str_addf(out, "%s%" PRIu64, i ? ", " : "", t->dim[i]);
	str_addc(out, ']');
}

void
inspect_add(struct inspect_sheet *s, enum inspect_look look, const char *text)
{
	struct str clean = STR_INIT;
	utf8_clean(&clean, text, strlen(text), 0);
	*vec_push(s->cell, s->n, s->cap) = (struct inspect_cell){str_steal(&clean), look};
}

void
inspect_addf(struct inspect_sheet *s, enum inspect_look look, const char *fmt, ...)
{
	va_list ap;
	char *z;
	va_start(ap, fmt);
	if (vasprintf(&z, fmt, ap) < 0)
		die("out of memory");
	va_end(ap);
	inspect_add(s, look, z);
	free(z);
}

/* TEXT in W columns at most: of what is too long the middle goes, for names differ at either
 * end. */
static void
fit(struct str *out, const char *text, int w, bool ascii)
{
	int have = utf8_columns(text);
	if (have <= w) {
		str_adds(out, text);
		return;
	}
	const char *p = text, *end = text + strlen(text);
	int head = (w - 1) / 2, tail = w - 1 - head, used = 0;
	for (const char *q = p; q < end; q = p) {
		uint32_t cp;
		p = utf8_next(q, end, &cp);
		int cw = utf8_width(cp);
		bool first = used + cw <= head;
		if (!first && used <= head) {
			str_adds(out, ascii ? "~" : "…");
			head = -1;
		}
		if (first || used >= have - tail)
			str_add(out, q, (size_t)(p - q));
		used += cw;
	}
}

static void
print_cell(const struct inspect *in, const struct inspect_cell *c, int w, bool right, bool last)
{
	struct str s = STR_INIT;
	fit(&s, c->text, w, in->ascii);
	int pad = w - utf8_columns(str_c(&s));
	if (right)
		printf("%*s", pad > 0 ? pad : 0, "");
	if (c->look != LOOK_PLAIN && s.len)
		inspect_look(in, c->look);
	fputs(str_c(&s), stdout);
	if (c->look != LOOK_PLAIN && s.len)
		inspect_look(in, LOOK_PLAIN);
	if (!last)
		printf("%*s", (right ? 0 : pad > 0 ? pad : 0) + GAP, "");
	str_release(&s);
}

void
inspect_sheet_print(struct inspect_sheet *s, const struct inspect *in)
{
	size_t columns = (size_t)s->columns;
	int *width = xcalloc(columns, sizeof *width), all = s->indent + GAP * (s->columns - 1);
	for (size_t i = 0; i < s->n; i++) {
		int w = utf8_columns(s->cell[i].text);
		width[i % columns] = w > width[i % columns] ? w : width[i % columns];
	}
	for (size_t c = 0; c < columns; c++)
		all += width[c];
	if (in->width && all > in->width) {
		int left = width[0] - (all - in->width);
		width[0] = left > LEAST ? left : width[0] < LEAST ? width[0] : LEAST;
	}
	for (size_t row = 0; row + columns <= s->n; row += columns) {
		/* Empty cells at the end are no blanks at the end of a line. */
		size_t used = columns;
		while (used > 1 && !*s->cell[row + used - 1].text)
			used--;
		printf("%*s", s->indent, "");
		for (size_t c = 0; c < used; c++)
			print_cell(in, &s->cell[row + c],
				   c + 1 == used && s->right[c] != 'r' && !in->width
					   ? utf8_columns(s->cell[row + c].text)
					   : width[c],
				   s->right[c] == 'r', c + 1 == used);
		putchar('\n');
	}
	for (size_t i = 0; i < s->n; i++)
		free(s->cell[i].text);
	free(s->cell);
	free(width);
	s->cell = NULL;
	s->n = s->cap = 0;
}

void
inspect_line(const struct inspect *in, enum inspect_look look, const char *fmt, ...)
{
	va_list ap;
	char *z;
	struct str clean = STR_INIT;
	va_start(ap, fmt);
	if (vasprintf(&z, fmt, ap) < 0)
		die("out of memory");
	va_end(ap);
	utf8_clean(&clean, z, strlen(z), 0);
	if (look != LOOK_PLAIN)
		inspect_look(in, look);
	fputs(str_c(&clean), stdout);
	if (look != LOOK_PLAIN)
		inspect_look(in, LOOK_PLAIN);
	putchar('\n');
	str_release(&clean);
	free(z);
}
