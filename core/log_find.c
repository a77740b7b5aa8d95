/* A line is searched as it is shown: colours in the middle of a word are no obstacle, and what a
 * progress bar has overwritten is not there. Most lines are as they are shown; they are searched in
 * the file's own bytes. Of one that is too long to be shown whole it is all of it. */
#include "core/log_find.h"

#include "core/ansi.h"
#include "core/clock.h"
#include "core/text_end.h"
#include "core/text_line.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
	LOOK_EVERY = 8,  /* lines, or chunks, between looks at the clock */
	LONG = 64 << 10, /* bytes of a line that is searched as it is */
};

struct search {
	char *text; /* NULL: errors */
	size_t n;
	bool fold;
	struct ansi_line ansi;
	struct str shown;
};

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool
equal_folded(const char *p, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lower(p[i]) != text[i])
			return false;
	return true;
}

/* Where TEXT begins first, or N. */
static size_t
first_match(const struct search *s, const char *p, size_t n)
{
	if (s->n > n)
		return n;
	if (!s->fold) {
		const char *at = memmem(p, n, s->text, s->n);
		return at ? (size_t)(at - p) : n;
	}
	char small = s->text[0];
	char big = small >= 'a' && small <= 'z' ? (char)(small & ~0x20) : small;
	for (size_t i = 0; i + s->n <= n; i++)
		if ((p[i] == small || p[i] == big) && equal_folded(p + i, s->text, s->n))
			return i;
	return n;
}

static bool
holds(const struct search *s, const char *p, size_t n)
{
	return first_match(s, p, n) < n;
}

/* Is what is shown of it something else than its bytes? */
static bool
is_plain(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)p[i] < 0x20) | (p[i] == 0x7F))
			return false;
	return true;
}

static bool
matches(struct search *s, const char *p, size_t n)
{
	if (!s->text)
		return log_error_is(p, p + n, &s->shown);
	if (n > LONG || is_plain(p, n))
		return holds(s, p, n);
	ansi_read(&s->ansi, p, p + n);
	str_reset(&s->shown);
	ansi_text(&s->ansi, &s->shown);
	return holds(s, str_c(&s->shown), s->shown.len);
}

/* The first byte that is not shown as itself, line feeds aside; N: there is none. */
static size_t
first_control(const char *p, size_t n)
{
	enum { STRIDE = 4096 };
	for (size_t i = 0; i < n; i += STRIDE) {
		size_t to = i + STRIDE < n ? i + STRIDE : n;
		unsigned bad = 0;
		for (size_t k = i; k < to; k++)
			bad |= (((unsigned char)p[k] < 0x20) & (p[k] != '\n')) | (p[k] == 0x7F);
		for (size_t k = i; bad && k < to; k++)
			if (((unsigned char)p[k] < 0x20 && p[k] != '\n') || p[k] == 0x7F)
				return k;
	}
	return n;
}

/* How much of [P, P + N) surely has nothing of a line that is looked for. */
static size_t
skip(const struct search *s, const char *p, size_t n)
{
	return s->text ? first_control(p, first_match(s, p, n)) : log_error_skip(p, n);
}

/* From AT, where a line begins, to the line from which on it can't be told at a glance. */
static uint64_t
skip_forth(struct log_file *f, const struct search *s, uint64_t at)
{
	const char *p;
	size_t n = f->wide ? 0 : log_file_from(f, at, &p);
	if (n == 0)
		return at;
	/* What begins in the last line may go on behind what is at hand. */
	const char *nl = memrchr(p, '\n', skip(s, p, n));
	return nl ? at + (uint64_t)(nl - p) + 1 : at;
}

/* The same back, all that is at hand or nothing; *TRIED is where that begins, when it was nothing:
 * its lines are looked at one by one. */
static uint64_t
skip_back(struct log_file *f, const struct search *s, uint64_t at, uint64_t *tried)
{
	const char *p;
	size_t n = f->wide ? 0 : log_file_before(f, at, &p);
	if (n == 0 || *tried == at - n)
		return at;
	*tried = at - n;
	const char *nl = memchr(p, '\n', n - 1);
	size_t from = nl ? (size_t)(nl + 1 - p) : n;
	return skip(s, p + from, n - from) == n - from ? *tried + from : at;
}

static enum log_found
walk(struct log_file *f, struct search *s, bool back, uint64_t *at, int64_t until_us)
{
	uint64_t from = log_file_start(f, *at);
	if (from < *at && *at < f->size)
		*at = from; /* within a line: none begins or ends here */
	uint64_t tried = UINT64_MAX;
	for (unsigned lines = 0;; lines++) {
		if (lines % LOOK_EVERY == LOOK_EVERY - 1 && clock_mono_us() >= until_us)
			return LOG_AGAIN;
		*at = back ? skip_back(f, s, *at, &tried) : skip_forth(f, s, *at);
		if (back ? *at == 0 : *at >= f->size)
			return LOG_NONE;
		uint64_t start = back ? log_file_start(f, *at - 1) : *at;
		uint64_t end = back ? *at : log_file_end(f, start);
		const char *p;
		size_t n = log_file_line(f, start, end, &p);
		if (matches(s, p, n)) {
			*at = start;
			return LOG_FOUND;
		}
		*at = back ? start : end;
	}
}

/* To be released with search_release(). */
static void
search_init(struct search *s, const char *text)
{
	*s = (struct search){.fold = true, .n = text ? strlen(text) : 0};
	s->text = text ? xstrdup(text) : NULL;
	for (const char *p = text; p && *p; p++)
		s->fold &= *p < 'A' || *p > 'Z';
}

static void
search_release(struct search *s)
{
	ansi_release(&s->ansi);
	str_release(&s->shown);
	free(s->text);
}

enum log_found
log_find(struct log_file *f, const char *text, bool back, uint64_t *at, int64_t until_us)
{
	struct search s;
	if (text && !*text)
		return LOG_NONE;
	if (*at > f->size)
		*at = f->size;
	search_init(&s, text);
	enum log_found found = walk(f, &s, back, at, until_us);
	search_release(&s);
	return found;
}

bool
log_text_has(const char *p, size_t n, const char *text)
{
	struct search s;
	search_init(&s, text);
	bool has = s.n == 0 || holds(&s, p, n);
	search_release(&s);
	return has;
}

bool
log_find_end(struct log_file *f, const char *said, uint64_t *at)
{
	struct text_end e = {0};
	struct str clean = STR_INIT, what = STR_INIT;
	bool found = false;
	uint64_t from = f->size > LOG_LAST ? f->size - LOG_LAST : 0;
	if (from)
		from = log_file_end(f, log_file_start(f, from));
	for (uint64_t start = from, end; start < f->size; start = end) {
		const char *p;
		struct text_line l;
		end = log_file_end(f, start);
		size_t n = log_file_line(f, start, end, &p);
		if (n > LONG || (!e.tracing && log_error_skip(p, n) == n))
			continue;
		str_reset(&clean);
		text_clean(&clean, p, p + n);
		text_line_read(&l, str_c(&clean), str_c(&clean) + clean.len, 0, 0);
		if (l.p == l.end ||
		    !text_end_read(&e, l.maybe_rank >= 0 ? l.bare : l.p, l.end, &what) ||
		    (said && strcmp(said, str_c(&what)) != 0))
			continue;
		*at = start;
		found = true;
		if (said)
			break;
	}
	str_release(&clean);
	str_release(&what);
	return found;
}

bool
log_find_words(struct log_file *f, int32_t tz_offset_s, struct str *said, int64_t *wall_us)
{
	struct text_end e = {0};
	struct str clean = STR_INIT, what = STR_INIT;
	int64_t seen_us = 0, now_us = clock_wall_us();
	unsigned after = 0;
	uint64_t from = f->size > LOG_LAST ? f->size - LOG_LAST : 0;
	str_reset(said);
	*wall_us = 0;
	if (from)
		from = log_file_end(f, log_file_start(f, from));
	for (uint64_t start = from, end; start < f->size; start = end) {
		const char *p;
		struct text_line l;
		end = log_file_end(f, start);
		size_t n = log_file_line(f, start, end, &p);
		str_reset(&clean);
		text_clean(&clean, p, p + (n > LONG ? LONG : n));
		text_line_read(&l, str_c(&clean), str_c(&clean) + clean.len, tz_offset_s, now_us);
		if (l.p == l.end)
			continue;
		seen_us = l.wall_us ? l.wall_us : seen_us;
		bool chained = e.chained;
		if (!text_end_read(&e, l.maybe_rank >= 0 ? l.bare : l.p, l.end, &what)) {
			after++;
			continue;
		}
		e.chained = false;
		if (after > LOG_AFTER)
			str_reset(said);
		if (!said->len || chained) {
			str_reset(said);
			str_add(said, what.buf, what.len);
			*wall_us = seen_us;
		}
		after = 0;
	}
	str_release(&clean);
	str_release(&what);
	return said->len && after <= LOG_AFTER;
}
