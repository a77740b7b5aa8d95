/* The cells of a record, through libcsv: it copies each byte once, which alone costs more than all
 * the rest of reading, so that only headers and records with unusual quotes come here. */
#include "core/csv_record.h"
#include "core/source.h"
#include "core/xalloc.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

static int
is_blank(unsigned char c)
{
	return csv_blank((char)c);
}

static int
is_newline(unsigned char c)
{
	return c == '\n';
}

static void
take_cell(void *p, size_t n, void *ctx)
{
	struct cells *c = ctx;
	if (c->total++ > SOURCE_MAX_COLUMNS)
		return;
	vec_push(c->at, c->n, c->cap)->n = n;
	str_add(&c->text, p, n);
}

static struct csv_parser *
cells_parser(struct cells *c)
{
	if (!c->lib) {
		struct csv_parser *lib = c->lib = xcalloc(1, sizeof *lib);
		csv_init(lib, 0);
		/* It grows its buffer by a fixed step: 128 bytes would make a large cell
		 * quadratic. */
		csv_set_blk_size(lib, 8192);
		csv_set_space_func(lib, is_blank);
		csv_set_term_func(lib, is_newline);
	}
	return c->lib;
}

void
cells_split(struct cells *c, const char *p, size_t n, char delim)
{
	struct csv_parser *lib = cells_parser(c);
	c->n = c->total = 0;
	str_reset(&c->text);
	csv_set_delim(lib, (unsigned char)(delim ? delim : '\n'));
	csv_parse(lib, p, n, take_cell, NULL, c);
	csv_fini(lib, take_cell, NULL, c);
	/* Only now does the text move no more. */
	const char *text = str_c(&c->text);
	for (size_t i = 0; i < c->n; text += c->at[i++].n)
		c->at[i].p = text;
}

bool
cells_are_numbers(const struct cells *c, char delim)
{
	bool any = false;
	double v;
	for (size_t i = 0; i < c->n; i++) {
		if (c->at[i].n && !csv_number(c->at[i].p, c->at[i].n, delim, &v))
			return false;
		any = any || c->at[i].n;
	}
	return any;
}

void
cells_release(struct cells *c)
{
	if (c->lib)
		csv_free(c->lib);
	free(c->lib);
	free(c->at);
	str_release(&c->text);
}
