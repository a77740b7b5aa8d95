/* Rows. Most records have no quotes in them, or only such as stand around a cell. Those are walked
 * here, number by number, in one pass over the bytes. Records with other quotes, or with newlines
 * in them, go through libcsv; a test holds both ways to the same cells. */
#include "core/csv_log.h"
#include "core/num.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct seen {
	bool any;     /* a cell that is not empty */
	bool numbers; /* one of them a number */
	bool stepped;
	double step;
	size_t extra; /* cells past the header that are not empty */
	size_t texts; /* texts under metrics; the first of them: */
	size_t text_at;
	char text[40];
};

static void
see_number(struct csv *c, struct seen *seen, size_t i, double v)
{
	struct field *f = c->field + i;
	seen->any = seen->numbers = true;
	if ((int)i == c->step) {
		seen->stepped = true;
		seen->step = v;
	} else if (f->kind == FIELD_METRIC) {
		table_add(&c->t, f, v);
		if (f->column < FIELD_DROPPED)
			c->direct[i] = f->column;
	} else if (f->kind == FIELD_STEP) {
		table_add(&c->t, f, v);
	} else {
		table_add_special(&c->t, f, v);
	}
}

/* "A column is a metric from its first number on; text before it is the run's text, text after it a
 * remark." But the record may turn out to be a header: remarks wait for its end. */
static void
see_text(struct csv *c, struct seen *seen, size_t i, const char *p, size_t n)
{
	struct field *f = c->field + i;
	if (f->kind == FIELD_SAYS)
		table_says(&c->t, p, n);
	if (f->kind == FIELD_TIME && table_stamp(&c->t, p, n))
		return;
	if ((int)i == c->step || f->column >= FIELD_DROPPED || csv_missing(p, n) || seen->texts++)
		return;
	seen->text_at = i;
	snprintf(seen->text, sizeof seen->text, "%.*s", n > 39 ? 39 : (int)n, p);
}

static void
see_cell(struct csv *c, struct seen *seen, size_t i, const char *p, size_t n)
{
	double v;
	if (!n)
		return;
	seen->any = true;
	if (i >= c->nfields)
		seen->extra++;
	else if (csv_number(p, n, c->delim, &v) ||
		 csv_number_with_unit(c->field[i].name, c->field[i].nname, p, n, &v))
		see_number(c, seen, i, v);
	else
		see_text(c, seen, i, p, n);
}

/* The cell at P, which is no bare number, up to its delimiter; where it ends. */
static const char *
walk_cell(struct csv *c, struct seen *seen, size_t i, const char *p, const char *end)
{
	if (p < end && *p == '"') {
		const char *close, *next = csv_quoted(p, end, c->delim, &close);
		see_cell(c, seen, i, p + 1, (size_t)(close - p - 1));
		return next;
	}
	const char *next = c->delim ? memchr(p, c->delim, (size_t)(end - p)) : NULL;
	if (!next)
		next = end;
	const char *text_end = next;
	while (text_end > p && csv_blank(text_end[-1]))
		text_end--;
	see_cell(c, seen, i, p, (size_t)(text_end - p));
	return next;
}

/* A record whose quotes are plain, its newline cut off. */
static void
walk_cells(struct csv *c, struct seen *seen, const char *p, const char *end)
{
	const char delim = c->delim;
	const size_t nfields = c->nfields;
	for (size_t i = 0;; i++, p++) {
		double v;
		const char *next;
		while (p < end && csv_blank(*p) && *p != delim)
			p++;
		if (i < nfields && (next = num_parse(p, end, &v)) &&
		    (next == end || *next == delim)) {
			if (c->direct[i] != CSV_NO_ID) {
				c->t.column[c->t.n] = c->direct[i];
				c->t.value[c->t.n++] = v;
			} else {
				see_number(c, seen, i, v);
			}
			p = next;
		} else {
			p = walk_cell(c, seen, i, p, end);
		}
		if (p == end)
			break;
	}
	/* What went the short way was not seen. */
	if (c->t.n)
		seen->any = seen->numbers = true;
}

static void
see_record(struct csv *c, struct seen *seen, const char *p, size_t n)
{
	table_reserve(&c->t, c->nfields);
	if (!c->plain) {
		cells_split(&c->cells, p, n, c->delim);
		for (size_t i = 0; i < c->cells.n; i++)
			see_cell(c, seen, i, c->cells.at[i].p, c->cells.at[i].n);
	} else {
		walk_cells(c, seen, p, p + n);
	}
}

/* A fractional value is never a step: the column turns out to be a metric. But behind many rows
 * whose steps are whole, one that is not is the rest of a torn line. */
static bool
is_torn(struct csv *c)
{
	if (c->whole < CSV_SURE || c->odd)
		return false;
	c->odd = true;
	table_remark(&c->t, REMARK_BAD_RECORD, "skipped: the step is no whole number");
	table_drop(&c->t);
	return true;
}

static void
demote_step(struct csv *c)
{
	const struct field *f = c->field + c->step;
	table_remark(&c->t, REMARK_STRUCTURE,
		     "'%.60s' is no whole number: it is not the step from here on", f->name);
	c->step = csv_find_step(c, f->rank);
}

static void
remark_cells(struct csv *c, const struct seen *seen)
{
	if (seen->extra)
		table_remark(&c->t, REMARK_STRUCTURE, "%zu cells more than the header has",
			     seen->extra);
	if (seen->texts == 1)
		table_remark(&c->t, REMARK_TEXT_CELL, "cell %zu is no number: '%s'",
			     seen->text_at + 1, seen->text);
	else if (seen->texts)
		table_remark(&c->t, REMARK_TEXT_CELL, "%zu cells are no numbers; cell %zu: '%s'",
			     seen->texts, seen->text_at + 1, seen->text);
}

static bool
read_header_again(struct csv *c, const char *p, size_t n)
{
	cells_split(&c->cells, p, n, c->delim);
	if (!csv_is_header(c))
		return false;
	if (!csv_same_header(c)) {
		table_remark(&c->t, REMARK_NOTE, "another header");
		csv_take_header(c);
	}
	return true;
}

void
csv_read_row(struct csv *c, const char *p, size_t n)
{
	struct seen seen;
	int64_t step = 0;
	for (;;) {
		seen = (struct seen){0};
		see_record(c, &seen, p, n);
		if (!seen.stepped || num_to_step(seen.step, &step) || seen.step != seen.step)
			break;
		if (is_torn(c)) {
			c->t.rows++;
			return;
		}
		demote_step(c);
		table_begin(&c->t, c->t.offset, c->t.line);
	}
	if (!seen.any || (!seen.numbers && read_header_again(c, p, n)))
		return;
	uint64_t number = c->t.rows++;
	if (c->step == CSV_NO_STEP) {
		remark_cells(c, &seen);
		table_row(&c->t, STEP_ROW, (int64_t)number);
	} else if (seen.stepped && seen.step == seen.step) {
		c->whole += c->whole < CSV_SURE;
		c->odd = false;
		remark_cells(c, &seen);
		table_row(&c->t, c->field[c->step].unit, step);
	} else {
		table_remark(&c->t, REMARK_BAD_RECORD,
			     "skipped: no number where the step should be");
		table_drop(&c->t);
	}
}
