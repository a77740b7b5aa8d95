/* Tables: CSV, TSV, and what Europeans make of CSV with semicolons.
 *
 * Most records have no quotes in them, or only such as stand around a cell. Those are walked here,
 * number by number, in one pass over the bytes: libcsv copies each byte once, which alone costs
 * more than all the rest. Records with other quotes, or with newlines in them, go through libcsv; a
 * test holds both ways to the same cells.
 *
 * A log that is written for weeks by several processes is no clean table. Its header comes again in
 * mid-file, perhaps with other columns; a crash leaves half a line or a run of NULs. What has no
 * number where the step should be is no row; what is shorter than the header has missing cells.
 *
 * The state at a record's end is small, though there may be thousands of columns: the name of a
 * column that has its id is not needed again, and ids mostly follow each other. */
#include "core/csv_record.h"
#include "core/json.h"
#include "core/map.h"
#include "core/num.h"
#include "core/probe.h"
#include "core/role.h"
#include "core/source.h"
#include "core/table.h"
#include "core/xalloc.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { STATE_VERSION = 1, NO_STEP = -1 };

#define NO_ID UINT32_MAX

struct csv {
	struct source source;
	struct table t;
	struct cells cells;
	struct csv_scan scan; /* of the record at SCAN_AT that is not all there */
	uint64_t scan_at;
	uint64_t line; /* of the next record, from 1 */
	bool plain;    /* the record at hand is one line, with plain quotes or none */
	bool skipping; /* within a record that was too long */
	bool headed;
	char delim;          /* '\0': one column */
	struct field *field; /* by position */
	uint32_t *direct;    /* by position: the id of a plain metric that has one, or NO_ID */
	size_t nfields;
	int step; /* position of the step, or NO_STEP: rows are counted */
	uint64_t header_hash;
};

/* -- through libcsv --------------------------------------------------------------------------- */

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

void
cells_release(struct cells *c)
{
	if (c->lib)
		csv_free(c->lib);
	free(c->lib);
	free(c->at);
	str_release(&c->text);
}

/* -- headers ---------------------------------------------------------------------------------- */

static uint64_t
cells_hash(const struct cells *c)
{
	uint64_t h = 14695981039346656037u;
	for (size_t i = 0; i < c->n; i++) {
		for (size_t k = 0; k < c->at[i].n; k++)
			h = (h ^ (unsigned char)c->at[i].p[k]) * 1099511628211u;
		h = (h ^ 0x1FF) * 1099511628211u;
	}
	return h;
}

static bool
cell_number(const struct cell *c, char delim)
{
	double v;
	return csv_number(c->p, c->n, delim, &v);
}

static bool
cell_name_known(const struct cell *c)
{
	char name[SOURCE_MAX_NAME + 1];
	if (!c->n || c->n > SOURCE_MAX_NAME)
		return false;
	memcpy(name, c->p, c->n);
	name[c->n] = '\0';
	return metric_name_known(name);
}

/* In mid-file: the header again, or another one. */
static bool
is_header(const struct csv *c)
{
	const struct cells *cells = &c->cells;
	bool known = cells_hash(cells) == c->header_hash;
	for (size_t i = 0; i < cells->n; i++) {
		enum step_unit unit;
		if (cell_number(cells->at + i, c->delim))
			return false;
		known = known || cell_name_known(cells->at + i) ||
			step_rank(STEPS_CSV, cells->at[i].p, cells->at[i].n, &unit) < STEP_RANKS;
	}
	return known && cells->n > 0;
}

static void
forget_header(struct csv *c)
{
	for (size_t i = 0; i < c->nfields; i++)
		field_release(c->field + i);
	free(c->field);
	free(c->direct);
	c->field = NULL;
	c->direct = NULL;
	c->nfields = 0;
	table_untake(&c->t);
}

/* The first column of the lowest rank above AFTER. */
static int
find_step(const struct csv *c, int after)
{
	int at = NO_STEP;
	unsigned best = STEP_RANKS;
	for (size_t i = 0; i < c->nfields; i++) {
		if (c->field[i].rank < best && (int)c->field[i].rank > after) {
			best = c->field[i].rank;
			at = (int)i;
		}
	}
	return at;
}

/* A name that comes twice: its second column has no name of its own to be kept under. */
static void
drop_doubles(struct csv *c)
{
	struct map names = MAP_INIT;
	for (size_t i = 0; i < c->nfields; i++) {
		struct field *f = c->field + i;
		if (!f->nname)
			continue;
		if (map_get(&names, f->name, f->nname)) {
			table_remark(&c->t, REMARK_STRUCTURE,
				     "two columns are called '%.60s': the first is read", f->name);
			f->column = FIELD_DROPPED;
			f->kind = FIELD_METRIC;
			f->rank = STEP_RANKS;
			f->nname = 0;
		} else {
			map_put(&names, f->name, f->nname, f);
		}
	}
	map_release(&names);
}

/* Takes the cells for the header; false: they are numbers, a row of a table without one. */
static bool
take_header(struct csv *c)
{
	const struct cells *cells = &c->cells;
	bool names = false;
	for (size_t i = 0; i < cells->n; i++)
		names = names || (cells->at[i].n && !cell_number(cells->at + i, c->delim));
	forget_header(c);
	if (cells->total > SOURCE_MAX_COLUMNS)
		table_remark(&c->t, REMARK_LIMIT, "%zu columns: those past %d are left out",
			     cells->total, SOURCE_MAX_COLUMNS);
	c->nfields = cells->n < SOURCE_MAX_COLUMNS ? cells->n : SOURCE_MAX_COLUMNS;
	c->field = xreallocarray(NULL, c->nfields, sizeof *c->field);
	for (size_t i = 0; i < c->nfields; i++) {
		char made[24];
		struct cell name = cells->at[i];
		if (!names) {
			name.n = (size_t)snprintf(made, sizeof made, "c%zu", i);
			name.p = made;
		}
		field_init(c->field + i, STEPS_CSV, name.p, name.n);
	}
	drop_doubles(c);
	c->header_hash = cells_hash(cells);
	c->step = find_step(c, NO_STEP);
	c->direct = xreallocarray(NULL, c->nfields, sizeof *c->direct);
	memset(c->direct, 0xFF, c->nfields * sizeof *c->direct);
	c->headed = true;
	return names;
}

/* -- rows ------------------------------------------------------------------------------------- */

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

/* What programs write for a value that they don't have. */
static bool
is_missing(const char *p, size_t n)
{
	static const char *const words[] = {"none", "null", "na",    "n/a",
					    "-",    "--",   "[n/a]", "[not supported]"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == n && !strncasecmp(p, words[i], n))
			return true;
	return false;
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
	if ((int)i == c->step || f->column >= FIELD_DROPPED || is_missing(p, n) || seen->texts++)
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
			if (c->direct[i] != NO_ID) {
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

/* A fractional value is never a step: the column turns out to be a metric. */
static void
demote_step(struct csv *c)
{
	const struct field *f = c->field + c->step;
	table_remark(&c->t, REMARK_STRUCTURE,
		     "'%.60s' is no whole number: it is not the step from here on", f->name);
	c->step = find_step(c, f->rank);
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
	if (!is_header(c))
		return false;
	if (cells_hash(&c->cells) != c->header_hash) {
		table_remark(&c->t, REMARK_NOTE, "another header");
		take_header(c);
	}
	return true;
}

static void
read_row(struct csv *c, const char *p, size_t n)
{
	struct seen seen;
	int64_t step = 0;
	for (;;) {
		seen = (struct seen){0};
		see_record(c, &seen, p, n);
		if (!seen.stepped || num_to_step(seen.step, &step) || seen.step != seen.step)
			break;
		demote_step(c);
		table_begin(&c->t, c->t.offset, c->t.line);
	}
	if (!seen.any || (!seen.numbers && read_header_again(c, p, n)))
		return;
	uint64_t number = c->t.rows++;
	if (c->step == NO_STEP) {
		remark_cells(c, &seen);
		table_row(&c->t, STEP_ROW, (int64_t)number);
	} else if (seen.stepped && seen.step == seen.step) {
		remark_cells(c, &seen);
		table_row(&c->t, c->field[c->step].unit, step);
	} else {
		table_remark(&c->t, REMARK_BAD_RECORD,
			     "skipped: no number where the step should be");
		table_drop(&c->t);
	}
}

/* -- what stands before the header ------------------------------------------------------------- */

static bool
is_blank_line(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!csv_blank(p[i]))
			return false;
	return true;
}

/* Stable-Baselines3 begins its monitor files with `#{"t_start": …, "env_id": …}`. */
static void
read_comment(struct csv *c, const char *p, size_t n)
{
	struct json j;
	enum json_type type;
	json_init(&j, p + 1, n - 1);
	if (n < 2 || json_next(&j) != JSON_OBJECT)
		return;
	while ((type = json_next(&j)) == JSON_KEY) {
		const char *key = j.text;
		size_t nkey = j.ntext;
		bool plain = !j.escaped;
		type = json_next(&j);
		if (type == JSON_STRING && plain && !j.escaped)
			table_param(&c->t, key, nkey, j.text, j.ntext);
		else if (type == JSON_NUMBER && plain)
			table_param_number(&c->t, key, nkey, j.number);
		else
			break;
	}
}

static void
read_record(struct csv *c, const char *p, size_t n, uint64_t offset)
{
	table_begin(&c->t, offset, c->line);
	if (n && p[n - 1] == '\n')
		n--;
	if (n && *p == '#') {
		read_comment(c, p, n);
		return;
	}
	if (!c->headed) {
		if (is_blank_line(p, n))
			return;
		c->delim = csv_delimiter(p, n);
		cells_split(&c->cells, p, n, c->delim);
		if (take_header(c))
			return;
	}
	read_row(c, p, n);
}

/* -- the source ------------------------------------------------------------------------------- */

static uint64_t
count_lines(const char *p, size_t n)
{
	uint64_t lines = 0;
	for (const char *end = p + n; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		lines++;
	return lines;
}

/* Bytes of the record at P, 0 when its end is not there. */
static size_t
record_length(struct csv *c, const char *p, size_t n, uint64_t offset, bool *torn)
{
	*torn = false;
	/* Less than the last time may be handed in: then what was seen of it is looked at again. */
	if (c->scan_at != offset || c->scan.no_newline > n || c->scan.n > n) {
		c->scan = (struct csv_scan){0};
		c->scan_at = offset;
	}
	const char *newline = memchr(p + c->scan.no_newline, '\n', n - c->scan.no_newline);
	if (!newline) {
		/* Zeros may be a hole that is filled later: they are looked at again. */
		const char *zero = memchr(p + c->scan.no_newline, '\0', n - c->scan.no_newline);
		c->scan.no_newline = zero ? (size_t)(zero - p) : n;
		return 0;
	}
	char delim = c->headed ? c->delim : csv_delimiter(p, n);
	c->plain = csv_quotes_plain(p, newline, delim);
	/* Comments are lines, whatever quotes are in them. */
	if (c->plain || *p == '#')
		return (size_t)(newline - p) + 1;
	struct csv_scan before = c->scan;
	size_t end = csv_record_end(&c->scan, p, n, delim, torn);
	if (!end && memchr(p + before.n, '\0', n - before.n))
		c->scan = before;
	return end;
}

/* Over the limit: gone up to the next newline. */
static size_t
skip_record(struct csv *c, const char *p, size_t n)
{
	const char *newline = memchr(p, '\n', n);
	c->skipping = !newline;
	c->line += newline != NULL;
	return newline ? (size_t)(newline - p) + 1 : n;
}

static size_t
csv_feed(struct source *s, const char *buf, size_t len, uint64_t offset, bool at_end,
	 int64_t arrival_us)
{
	struct csv *c = (struct csv *)s;
	size_t at = 0;
	c->t.arrival_us = arrival_us;
	if (offset == 0 && len >= 3 && !memcmp(buf, "\xEF\xBB\xBF", 3))
		at = 3;
	while (at < len) {
		if (c->skipping) {
			at += skip_record(c, buf + at, len - at);
			continue;
		}
		bool torn;
		size_t n = record_length(c, buf + at, len - at, offset + at, &torn);
		if (n > SOURCE_MAX_RECORD || (!n && len - at > SOURCE_MAX_RECORD)) {
			table_begin(&c->t, offset + at, c->line);
			table_remark(&c->t, REMARK_LIMIT, "skipped: a line of more than %u bytes",
				     SOURCE_MAX_RECORD);
			c->skipping = true;
			continue;
		}
		if (!n && !at_end)
			break;
		if (!n) {
			/* A quote that is open at the very end was never closed either. */
			const char *newline = memchr(buf + at, '\n', len - at);
			torn = newline;
			n = torn ? (size_t)(newline - buf) + 1 - at : len - at;
			c->plain = !torn && csv_quotes_plain(buf + at, buf + len, c->delim);
		}
		if (torn) {
			c->plain = false;
			table_begin(&c->t, offset + at, c->line);
			table_remark(&c->t, REMARK_BAD_RECORD, "a quote that is never closed");
		}
		read_record(c, buf + at, n, offset + at);
		c->line += count_lines(buf + at, n);
		at += n;
		c->scan_at = UINT64_MAX;
	}
	return at;
}

static struct source *
csv_new(const struct source_env *env)
{
	struct csv *c = xcalloc(1, sizeof *c);
	c->source.ops = &csv_source;
	table_init(&c->t, env);
	c->line = 1;
	c->step = NO_STEP;
	c->scan_at = UINT64_MAX;
	return &c->source;
}

static void
csv_source_free(struct source *s)
{
	struct csv *c = (struct csv *)s;
	forget_header(c);
	cells_release(&c->cells);
	table_release(&c->t);
	free(c);
}

/* A metric that has its column is one number: the distance to the id before it. */
static void
csv_save(const struct source *s, struct str *out)
{
	const struct csv *c = (const struct csv *)s;
	int64_t last = -1;
	pack_u64(out, STATE_VERSION);
	pack_u64(out, c->line);
	pack_u64(out, c->skipping);
	table_save(&c->t, out);
	pack_u64(out, c->headed);
	if (!c->headed)
		return;
	pack_u64(out, (unsigned char)c->delim);
	pack_u64(out, c->header_hash);
	pack_i64(out, c->step);
	pack_u64(out, c->nfields);
	for (size_t i = 0; i < c->nfields; i++) {
		const struct field *f = c->field + i;
		if (f->kind == FIELD_METRIC && f->column < FIELD_DROPPED) {
			pack_u64(out, 1);
			pack_i64(out, (int64_t)f->column - last - 1);
			last = f->column;
			continue;
		}
		pack_u64(out, 0);
		pack_u64(out, UINT32_MAX - f->column);
		pack_text(out, f->name ? f->name : "", f->nname);
		pack_u64(out, f->same);
		if (f->same)
			pack_f64(out, f->last);
	}
}

static bool
load_field(struct csv *c, struct unpack *u, struct field *f, int64_t *last)
{
	if (unpack_upto(u, 1)) {
		int64_t distance = unpack_i64(u);
		if (distance < -SOURCE_MAX_COLUMNS || distance > SOURCE_MAX_COLUMNS)
			return false;
		*last += distance + 1;
		*f = (struct field){.rank = STEP_RANKS, .column = (uint32_t)*last};
		return !u->bad && *last >= 0 && table_take(&c->t, f->column);
	}
	uint32_t column = UINT32_MAX - (uint32_t)unpack_upto(u, UINT32_MAX);
	size_t n;
	const char *name = unpack_text(u, &n);
	if (u->bad || n > UINT32_MAX || (column < FIELD_DROPPED && !table_take(&c->t, column)))
		return false;
	field_init(f, STEPS_CSV, name, n);
	f->column = n ? column : FIELD_DROPPED;
	f->same = (uint8_t)unpack_upto(u, 2);
	if (f->same)
		f->last = unpack_f64(u);
	return true;
}

static bool
csv_load(struct source *s, const void *state, size_t n)
{
	struct csv *c = (struct csv *)s;
	struct unpack u;
	int64_t last = -1;
	unpack_init(&u, state, n);
	if (unpack_u64(&u) != STATE_VERSION)
		return false;
	c->line = unpack_u64(&u);
	c->skipping = unpack_upto(&u, 1);
	table_load(&c->t, &u);
	c->headed = unpack_upto(&u, 1);
	if (!c->headed || !c->line)
		return unpack_whole(&u) && c->line;
	c->delim = (char)unpack_upto(&u, 127);
	c->header_hash = unpack_u64(&u);
	int64_t step = unpack_i64(&u);
	uint64_t nfields = unpack_upto(&u, SOURCE_MAX_COLUMNS);
	if (u.bad || step < NO_STEP || step >= (int64_t)nfields)
		return false;
	c->step = (int)step;
	c->field = xcalloc(nfields, sizeof *c->field);
	c->direct = xreallocarray(NULL, nfields, sizeof *c->direct);
	memset(c->direct, 0xFF, nfields * sizeof *c->direct);
	while (c->nfields < nfields)
		if (!load_field(c, &u, c->field + c->nfields++, &last))
			return false;
	return unpack_whole(&u);
}

const struct source_ops csv_source = {
	.name = "csv",
	.rank = 3,
	.probe = csv_probe,
	.new = csv_new,
	.feed = csv_feed,
	.save = csv_save,
	.load = csv_load,
	.free = csv_source_free,
};
