/* The words of such a line are few, so that no sentence is taken for one. */
#include "core/text_scope.h"

#include "core/source.h"
#include "core/text_word.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
	FLAT = 32,   /* lines at the same indent that may be of it */
	LONGEST = 60 /* bytes of such a line */
};

void
text_scope_release(struct text_scope *s)
{
	str_release(&s->part);
}

/* "Train:", "--- Validation results ---", "Testing...", "\"val\": {": the word for the part, *TO
 * behind it; or NULL. */
static const char *
part_of(const char *p, const char *end, const char **to)
{
	static const char marks[] = " \t=-#*~_+<>.:|\"'{";
	static const char *const more[] = {"set",   "data",       "dataset", "metrics", "metric",
					   "stats", "statistics", "results", "result",  "scores",
					   "phase", "evaluation", "eval",    "loop",    "stage"};
	const char *from = p, *stop = end, *q;
	while (from < stop && strchr(marks, *from))
		from++;
	while (stop > from && strchr(marks, stop[-1]))
		stop--;
	for (q = from; q < stop && isalpha((unsigned char)*q); q++)
		;
	*to = q;
	if (q == from || !text_is_part(from, (size_t)(q - from)))
		return NULL;
	while (q < stop) {
		const char *word = text_skip_blanks(q, stop);
		if (word == q)
			return NULL;
		q = text_word_end(word, stop);
		if (!TEXT_WORD_IN(word, q, more))
			return NULL;
	}
	/* A word alone may be anything. */
	return stop < end && strchr(":.=-#*~_\"'", *stop) ? from : NULL;
}

/* The same of a whole line, blanks at its end and all. */
static const char *
heading(const char *p, const char *end, const char **to)
{
	while (end > p && text_is_blank(end[-1]))
		end--;
	return end - p > 3 && end - p < LONGEST && strchr(":.=-#*~_{", end[-1])
		       ? part_of(p, end, to)
		       : NULL;
}

bool
text_scope_begins(const char *p, const char *end)
{
	const char *to;
	return heading(p, end, &to);
}

bool
text_scope_see(struct text_scope *s, const char *p, const char *end, size_t indent, uint64_t line)
{
	const char *to, *from = heading(p, end, &to);
	if (from) {
		str_reset(&s->part);
		str_add(&s->part, from, (size_t)(to - from));
		s->indent = indent;
		s->line = line;
		s->braces = end[-1] == '{';
		s->deep = s->flat = false;
		return true;
	}
	s->flat = indent <= s->indent;
	s->deep = s->deep || !s->flat;
	if (s->flat && (indent < s->indent || s->deep || s->braces || line - s->line > FLAT))
		str_reset(&s->part);
	return false;
}

void
text_scope_leave(struct text_scope *s)
{
	if (s->flat)
		str_reset(&s->part);
}

/* Nothing but numbers that each part of the data has. */
static bool
is_measured(const struct text_row *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const char *name = text_row_name(r, r->pair + i);
		if (text_name_sets(name) || !strncasecmp(name, "best", 4))
			return false;
	}
	return r->measured == r->n;
}

bool
text_scope_apply(struct text_scope *s, const struct text_row *r, bool placed, const char *p,
		 const char *end, struct str *out)
{
	if (!s->part.len || r->bar)
		return false;
	if (r->step.is || r->epoch.is || r->batch.is || r->counted) {
		str_reset(&s->part);
		return false;
	}
	bool own = r->prefix.len > 0;
	for (size_t i = 0; i < r->n; i++)
		own = own || text_name_splits(text_row_name(r, r->pair + i), r->pair[i].n);
	bool other = own || ((s->flat || s->braces) && !is_measured(r));
	if (r->n && other)
		text_scope_leave(s);
	if (!r->n || other || (s->flat && !placed))
		return false;
	str_reset(out);
	str_add(out, str_c(&s->part), s->part.len);
	str_adds(out, ": ");
	str_add(out, p, (size_t)(end - p));
	return true;
}

void
text_scope_save(const struct text_scope *s, struct str *out)
{
	pack_text(out, str_c(&s->part), s->part.len);
	pack_u64(out, s->indent);
	pack_u64(out, s->line);
	pack_u64(out, s->braces);
	pack_u64(out, s->deep);
}

void
text_scope_load(struct text_scope *s, struct unpack *u)
{
	size_t n;
	const char *part = unpack_text(u, &n);
	str_reset(&s->part);
	str_add(&s->part, part, n < LONGEST ? n : 0);
	s->indent = unpack_u64(u);
	s->line = unpack_u64(u);
	s->braces = unpack_upto(u, 1);
	s->deep = unpack_upto(u, 1);
}
