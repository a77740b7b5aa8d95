/* A result is a row when it is over: at an empty line, or at one that is not indented. Its names
 * are paths, as in the tables that the same program writes; lists and texts are left out. A row of
 * the table of two columns is one by itself, of the epoch that stands above. */
#include "core/text_block.h"

#include "core/num.h"
#include "core/text_word.h"

#include <string.h>

enum { MAX_NAMES = 65536, MAX_PATH = 512 };

void
text_block_release(struct text_block *b)
{
	str_release(&b->path);
	str_release(&b->trial);
	text_row_release(&b->row);
}

/* -- results ----------------------------------------------------------------------------------- */

static const char head[] = "Result for ";

static bool
is_head(const char *p, const char *end)
{
	return end - p > (ptrdiff_t)sizeof head && !memcmp(p, head, sizeof head - 1) &&
	       end[-1] == ':' && !memchr(p + sizeof head - 1, ' ', (size_t)(end - p) - sizeof head);
}

static void
begin(struct text_block *b, const char *p, const char *end)
{
	const char *name = p + sizeof head - 1;
	size_t n = (size_t)(end - 1 - name);
	text_row_reset(&b->row);
	if (!b->trial.len)
		str_add(&b->trial, name, n < MAX_PATH ? n : MAX_PATH);
	else if (b->trial.len != n || memcmp(str_c(&b->trial), name, n) != 0)
		text_row_prefix(&b->row, name, n < MAX_PATH ? n : MAX_PATH);
	b->open = true;
	b->depth = 0;
	str_reset(&b->path);
}

bool
text_block_end(struct text_block *b, struct text_row *r)
{
	static const char step[] = "training_iteration";
	bool open = b->open;
	b->open = b->columns = false;
	if (!open)
		return false;
	text_row_reset(r);
	for (size_t i = 0; i < b->row.n; i++) {
		const struct text_pair *p = b->row.pair + i;
		const char *name = text_row_name(&b->row, p);
		size_t own = p->n - (p->n >= b->row.prefix.len ? b->row.prefix.len : 0);
		int64_t n;
		if (own == sizeof step - 1 && !strcmp(name + p->n - own, step) &&
		    num_to_step(p->value, &n) && n >= 0)
			r->step = (struct text_count){.is = true, .n = n};
		else
			text_row_add(r, name, p->n, p->value);
	}
	r->counted = !r->step.is;
	r->sure = r->n > 0;
	text_row_reset(&b->row);
	return r->sure;
}

/* "key: value", "key:" or what is none of both, INDENT bytes in. */
static void
take_line(struct text_block *b, const char *p, const char *end, size_t indent)
{
	const char *colon = memchr(p, ':', (size_t)(end - p));
	double v;
	while (b->depth && b->level[b->depth - 1].indent >= indent)
		b->depth--;
	b->path.len = b->depth ? b->level[b->depth - 1].len : 0;
	if (*p == '-' || !colon || colon == p || (colon + 1 < end && colon[1] != ' '))
		return;
	size_t n = (size_t)(colon - p);
	if (b->path.len + n + 1 > MAX_PATH || b->row.names.len > MAX_NAMES)
		return;
	if (b->path.len)
		str_addc(&b->path, '/');
	str_add(&b->path, p, n);
	if (colon + 1 == end) {
		if (b->depth < TEXT_BLOCK_DEPTH) {
			b->level[b->depth].indent = indent;
			b->level[b->depth++].len = b->path.len;
		}
	} else if (num_parse_all(text_skip_blanks(colon + 1, end), end, &v)) {
		text_row_add(&b->row, str_c(&b->path), b->path.len, v);
	}
}

/* -- two columns ------------------------------------------------------------------------------- */

static bool
is_columns_head(const char *p, const char *end)
{
	static const char left[] = "Training |", right[] = "Validation";
	if ((size_t)(end - p) < sizeof left - 1 || memcmp(p, left, sizeof left - 1) != 0)
		return false;
	p = text_skip_blanks(p + sizeof left - 1, end);
	return (size_t)(end - p) == sizeof right - 1 && !memcmp(p, right, sizeof right - 1);
}

/* "accuracy           |     0.551  |     0.601". */
static bool
take_columns(struct text_row *r, const char *p, const char *end)
{
	static const char *const parts[] = {"Training", "Validation"};
	const char *bar = memchr(p, '|', (size_t)(end - p)), *to = bar;
	text_row_reset(r);
	if (!bar || bar == p)
		return false;
	while (to > p && text_is_blank(to[-1]))
		to--;
	if (memchr(p, ' ', (size_t)(to - p)))
		return false;
	for (int i = 0; i < 2 && bar; i++) {
		const char *cell = bar + 1, *cell_end;
		double v;
		while (cell < end && text_is_blank(*cell))
			cell++;
		if (cell == end)
			return false;
		bar = memchr(cell, '|', (size_t)(end - cell));
		for (cell_end = bar ? bar : end; cell_end > cell && text_is_blank(cell_end[-1]);)
			cell_end--;
		if (!num_parse_all(cell, cell_end, &v))
			continue;
		text_row_prefix(r, parts[i], strlen(parts[i]));
		text_row_add(r, p, (size_t)(to - p), v);
	}
	r->sure = r->n > 0 && !bar;
	return r->sure;
}

/* -- both -------------------------------------------------------------------------------------- */

bool
text_block_begins(const struct text_block *b, const char *p, const char *end)
{
	return b->open || (*p == 'R' && is_head(p, end)) || (*p == 'T' && is_columns_head(p, end));
}

enum grid_line
text_block_read(struct text_block *b, struct text_row *r, const char *p, const char *end,
		size_t indent)
{
	if (p == end)
		return GRID_NOT;
	if (b->open && indent) {
		take_line(b, p, end, indent);
		return GRID_PART;
	}
	bool was = b->open && text_block_end(b, r);
	if (*p == 'R' && is_head(p, end)) {
		begin(b, p, end);
		return was ? GRID_ROW : GRID_PART;
	}
	if (was)
		return GRID_ENDED;
	if (*p == 'T' && is_columns_head(p, end)) {
		b->columns = true;
		return GRID_PART;
	}
	if (!b->columns)
		return GRID_NOT;
	b->columns = take_columns(r, p, end);
	return b->columns ? GRID_ROW : GRID_NOT;
}

void
text_block_save(const struct text_block *b, struct str *out)
{
	pack_u64(out, b->open);
	pack_u64(out, b->columns);
	pack_text(out, str_c(&b->trial), b->trial.len);
	pack_text(out, str_c(&b->path), b->path.len);
	pack_u64(out, b->depth);
	for (unsigned i = 0; i < b->depth; i++) {
		pack_u64(out, b->level[i].indent);
		pack_u64(out, b->level[i].len);
	}
	pack_text(out, str_c(&b->row.prefix), b->row.prefix.len);
	pack_u64(out, b->open ? b->row.n : 0);
	for (size_t i = 0; b->open && i < b->row.n; i++) {
		pack_text(out, text_row_name(&b->row, b->row.pair + i), b->row.pair[i].n);
		pack_f64(out, b->row.pair[i].value);
	}
}

static void
load_text(struct str *s, struct unpack *u)
{
	size_t n;
	const char *text = unpack_text(u, &n);
	str_reset(s);
	str_add(s, text, n <= MAX_PATH + 1 ? n : 0);
}

void
text_block_load(struct text_block *b, struct unpack *u)
{
	struct str prefix = STR_INIT;
	b->open = unpack_upto(u, 1);
	b->columns = unpack_upto(u, 1);
	load_text(&b->trial, u);
	load_text(&b->path, u);
	b->depth = (unsigned)unpack_upto(u, TEXT_BLOCK_DEPTH);
	for (unsigned i = 0; i < b->depth; i++) {
		b->level[i].indent = unpack_u64(u);
		b->level[i].len = unpack_upto(u, b->path.len);
	}
	load_text(&prefix, u);
	text_row_reset(&b->row);
	for (uint64_t i = unpack_upto(u, TEXT_MAX_PAIRS); i && !u->bad; i--) {
		size_t n;
		const char *text = unpack_text(u, &n);
		double v = unpack_f64(u);
		if (!u->bad && !memchr(text, 0, n))
			text_row_add(&b->row, text, n, v);
	}
	/* Names that are there have it already. */
	str_reset(&b->row.prefix);
	str_add(&b->row.prefix, str_c(&prefix), prefix.len);
	str_release(&prefix);
}
