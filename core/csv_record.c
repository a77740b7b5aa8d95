/* libcsv splits a record well but cannot say at which byte it ended, which is all that a restart
 * needs. So the end is found here, by the same rules as libcsv's own (its four states, and what it
 * makes of quotes that no standard allows), and libcsv is given whole records only. */
#include "core/csv_record.h"

#include "core/num.h"

#include <string.h>
#include <strings.h>

enum { CELL_BEGIN, CELL_PLAIN, CELL_QUOTED, CELL_CLOSED };

static uint8_t
scan_char(struct csv_scan *s, char c, char delim)
{
	switch (s->state) {
	case CELL_BEGIN:
		if (c == delim || csv_blank(c))
			return CELL_BEGIN;
		return c == '"' ? CELL_QUOTED : CELL_PLAIN;
	case CELL_PLAIN:
		return c == delim ? CELL_BEGIN : CELL_PLAIN;
	case CELL_QUOTED:
		s->blanks = false;
		return c == '"' ? CELL_CLOSED : CELL_QUOTED;
	default:
		if (c == delim)
			return CELL_BEGIN;
		if (c == '"') {
			/* Two in a row are one quote; with blanks between them the second may
			 * close. */
			bool doubled = !s->blanks;
			s->blanks = false;
			return doubled ? CELL_QUOTED : CELL_CLOSED;
		}
		if (csv_blank(c)) {
			s->blanks = true;
			return CELL_CLOSED;
		}
		return CELL_QUOTED;
	}
}

size_t
csv_record_end(struct csv_scan *s, const char *p, size_t n, char delim, bool *torn)
{
	*torn = false;
	for (size_t i = s->n; i < n; i++) {
		if (p[i] != '\n') {
			s->state = scan_char(s, p[i], delim);
			continue;
		}
		if (!s->first)
			s->first = i + 1;
		if (s->state != CELL_QUOTED)
			return i + 1;
		if (++s->lines > CSV_MAX_LINES) {
			*torn = true;
			return s->first;
		}
	}
	s->n = n;
	return 0;
}

enum csv_newline
csv_newline(const char *p, size_t n)
{
	const char *cr = memchr(p, '\r', n), *end = p + n;
	if (memchr(p, '\n', cr ? (size_t)(cr - p) : n))
		return CSV_NEWLINE_LF;
	while (cr && cr < end && *cr == '\r')
		cr++;
	if (!cr || cr == end)
		return CSV_NEWLINE_MORE;
	return *cr == '\n' ? CSV_NEWLINE_LF : CSV_NEWLINE_CR;
}

bool
csv_may_cr(const char *path)
{
	static const char *const texts[] = {".log", ".txt", ".out", ".err"};
	size_t n = path ? strlen(path) : 0;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (n >= 4 && !strcasecmp(path + n - 4, texts[i]))
			return false;
	return true;
}

void
csv_newlines(struct str *out, const char *p, size_t n)
{
	str_reset(out);
	str_add(out, p, n);
	for (char *at = out->buf; (at = memchr(at, '\r', (size_t)(out->buf + n - at))); at++)
		*at = '\n';
}

const char *
csv_quoted(const char *p, const char *end, char delim, const char **close)
{
	*close = memchr(p + 1, '"', (size_t)(end - p - 1));
	if (!*close)
		return NULL;
	p = *close + 1;
	while (p < end && csv_blank(*p) && *p != delim)
		p++;
	return p == end || *p == delim ? p : NULL;
}

bool
csv_quotes_plain(const char *p, const char *end, char delim)
{
	const char *close;
	for (const char *begin = p; p < end && (p = memchr(p, '"', (size_t)(end - p)));) {
		const char *q = p;
		while (q > begin && csv_blank(q[-1]) && q[-1] != delim)
			q--;
		if ((q > begin && q[-1] != delim) || !(p = csv_quoted(p, end, delim, &close)))
			return false;
	}
	return true;
}

char
csv_delimiter(const char *p, size_t n)
{
	static const char delims[] = ",\t;";
	size_t most = 0;
	char best = '\0';
	for (const char *d = delims; *d; d++) {
		struct csv_scan s = {0};
		size_t count = 0;
		for (size_t i = 0; i < n && p[i] != '\n'; i++) {
			count += p[i] == *d && s.state != CELL_QUOTED;
			s.state = scan_char(&s, p[i], *d);
		}
		if (count > most) {
			most = count;
			best = *d;
		}
	}
	return best;
}

/* "tensor(0.5)", "tensor(0.5, device='cuda:0')": who forgot to take the number out of it. */
static bool
is_tensor(const char *p, size_t n, double *out)
{
	static const char open[] = "tensor(";
	const size_t before = sizeof open - 1;
	const char *end = p + n;
	if (n < before + 2 || memcmp(p, open, before) != 0 || end[-1] != ')')
		return false;
	const char *comma = memchr(p, ',', n);
	return num_parse_all(p + before, comma ? comma : end - 1, out);
}

bool
csv_number(const char *p, size_t n, char delim, double *out)
{
	char plain[64];
	if (num_parse_all(p, p + n, out))
		return true;
	if (n > 1 && p[n - 1] == '%' && num_parse_all(p, p + n - 1, out))
		return true;
	if (is_tensor(p, n, out))
		return true;
	char *comma;
	if (delim != ';' || n >= sizeof plain || memchr(p, '.', n))
		return false;
	memcpy(plain, p, n);
	comma = memchr(plain, ',', n);
	if (!comma)
		return false;
	*comma = '.';
	return num_parse_all(plain, plain + n, out);
}

bool
csv_missing(const char *p, size_t n)
{
	static const char *const words[] = {"none", "null", "na",    "n/a",
					    "-",    "--",   "[n/a]", "[not supported]"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == n && !strncasecmp(p, words[i], n))
			return true;
	return false;
}

bool
csv_number_with_unit(const char *name, size_t nname, const char *p, size_t n, double *v)
{
	if (nname < 4 || name[nname - 1] != ']')
		return false;
	const char *open = memrchr(name, '[', nname);
	if (!open || open == name || open[-1] != ' ')
		return false;
	size_t unit = (size_t)(name + nname - 1 - (open + 1));
	return unit && n > unit + 1 && p[n - unit - 1] == ' ' &&
	       !memcmp(p + n - unit, open + 1, unit) && num_parse_all(p, p + n - unit - 1, v);
}
