/* Tables: CSV, TSV, and what Europeans make of CSV with semicolons.
 *
 * A log that is written for weeks by several processes is no clean table. Its header comes again in
 * mid-file, perhaps with other columns; a crash leaves half a line or a run of NULs. What has no
 * number where the step should be is no row; what is shorter than the header has missing cells.
 *
 * The state at a record's end is small, though there may be thousands of columns: the name of a
 * column that has its id is not needed again, and ids mostly follow each other. */
#include "core/csv_log.h"
#include "core/json.h"
#include "core/num.h"
#include "core/probe.h"
#include "core/run.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
	STATE_VERSION = 3,
	SECOND = 2, /* which had no COMMENT */
	FIRST = 1,  /* and neither SETTLED nor WHOLE */
	MAX_COMMENT = 64 << 10,
};

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

/* NumPy writes its header as a comment. The cells at hand are those of the first record, of N bytes
 * at P; when they are numbers, and the comment before them has as many names, it is their header.
 */
static bool
take_comment(struct csv *c, const char *p, size_t n)
{
	const struct cells *cells = &c->cells;
	size_t total = cells->total;
	double v;
	if (!c->comment.len || !cells_are_numbers(cells, c->delim))
		return false;
	cells_split(&c->cells, str_c(&c->comment), c->comment.len, c->delim);
	str_release(&c->comment);
	bool is = cells->total == total;
	for (size_t i = 0; is && i < cells->n; i++)
		is = !csv_number(cells->at[i].p, cells->at[i].n, c->delim, &v);
	if (is)
		csv_take_header(c);
	else
		cells_split(&c->cells, p, n, c->delim);
	return is;
}

static void
read_record(struct csv *c, const char *p, size_t n, uint64_t offset)
{
	table_begin(&c->t, offset, c->line);
	if (n && p[n - 1] == '\n')
		n--;
	if (n && *p == '#') {
		read_comment(c, p, n);
		if (!c->headed && n <= MAX_COMMENT) {
			str_reset(&c->comment);
			str_add(&c->comment, p + 1, n - 1);
		}
		return;
	}
	if (!c->headed) {
		if (is_blank_line(p, n))
			return;
		c->delim = csv_delimiter(p, n);
		cells_split(&c->cells, p, n, c->delim);
		if (!take_comment(c, p, n) && csv_take_header(c))
			return;
	}
	csv_read_row(c, p, n);
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

/* What ends the lines of the file that begins at P. False: that is not there yet. */
static bool
settle_newline(struct csv *c, const char *p, size_t n, bool at_end)
{
	enum csv_newline is = csv_newline(p, n);
	if (is == CSV_NEWLINE_MORE && !at_end && n <= SOURCE_MAX_RECORD)
		return false;
	c->settled = true;
	c->cr = is == CSV_NEWLINE_CR && c->may_cr;
	return true;
}

static size_t
csv_feed(struct source *s, const char *buf, size_t len, uint64_t offset, bool at_end,
	 int64_t arrival_us)
{
	struct csv *c = (struct csv *)s;
	size_t at = 0;
	c->t.arrival_us = arrival_us;
	if (!c->settled && !settle_newline(c, buf, len, at_end))
		return 0;
	if (c->cr) {
		csv_newlines(&c->lf, buf, len);
		buf = str_c(&c->lf);
	}
	if (c->t.open) {
		at = table_close_line(&c->t, buf, len, '\n', at_end);
		if (c->t.open)
			return at_end ? len : 0;
		c->line++;
	}
	while (at < len) {
		if (c->skipping) {
			at += skip_record(c, buf + at, len - at);
			continue;
		}
		/* Whoever appends to a file may think that it begins there. */
		if (len - at >= 3 && !memcmp(buf + at, "\xEF\xBB\xBF", 3)) {
			at += 3;
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
			c->t.open = !newline;
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

static enum source_end
csv_ended(const struct source *s)
{
	return table_line_end(&((const struct csv *)s)->t);
}

static struct source *
csv_new(const struct source_env *env)
{
	struct csv *c = xcalloc(1, sizeof *c);
	c->source.ops = &csv_source;
	table_init(&c->t, env);
	c->line = 1;
	c->step = CSV_NO_STEP;
	c->may_cr = csv_may_cr(env->path);
	const char *tag = env->path ? run_export_tag(env->path, &c->ntag) : NULL;
	c->tag = tag ? xstrndup(tag, c->ntag) : NULL;
	c->scan_at = UINT64_MAX;
	return &c->source;
}

static void
csv_source_free(struct source *s)
{
	struct csv *c = (struct csv *)s;
	csv_forget_header(c);
	cells_release(&c->cells);
	str_release(&c->lf);
	free(c->tag);
	str_release(&c->comment);
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
	pack_u64(out, (uint64_t)(c->skipping | c->settled << 1 | c->cr << 2));
	table_save(&c->t, out);
	pack_u64(out, c->headed);
	if (!c->headed) {
		pack_text(out, str_c(&c->comment), c->comment.len);
		return;
	}
	pack_u64(out, (unsigned char)c->delim);
	pack_u64(out, c->header_hash);
	pack_i64(out, c->step);
	pack_u64(out, c->whole << 1 | c->odd);
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
	uint64_t version = unpack_u64(&u);
	if (!version || version > STATE_VERSION)
		return false;
	c->line = unpack_u64(&u);
	uint64_t bits = unpack_upto(&u, 7);
	c->skipping = bits & 1;
	c->settled = (bits >> 1 & 1) || version == FIRST;
	c->cr = bits >> 2;
	table_load(&c->t, &u);
	c->headed = unpack_upto(&u, 1);
	if (!c->headed && version > SECOND) {
		size_t ncomment;
		const char *comment = unpack_text(&u, &ncomment);
		if (u.bad || ncomment > MAX_COMMENT)
			return false;
		str_add(&c->comment, comment, ncomment);
	}
	if (!c->headed || !c->line)
		return unpack_whole(&u) && c->line;
	c->delim = (char)unpack_upto(&u, 127);
	c->header_hash = unpack_u64(&u);
	int64_t step = unpack_i64(&u);
	uint64_t steps = version == FIRST ? 0 : unpack_upto(&u, 2 * CSV_SURE + 1);
	c->whole = (unsigned)(steps >> 1);
	c->odd = steps & 1;
	uint64_t nfields = unpack_upto(&u, SOURCE_MAX_COLUMNS);
	if (u.bad || step < CSV_NO_STEP || step >= (int64_t)nfields)
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
	.ended = csv_ended,
	.lines = true,
};
