/* A log line is read once and thrown away, so there is no tree: json_next() says what comes next,
 * and one word of 64 bits remembers which of the open brackets are objects. */
#include "core/json.h"

#include "core/num.h"
#include "core/utf8.h"

#include <string.h>

/* What may stand at the reading position. */
enum {
	WANT_VALUE,
	WANT_VALUE_OR_CLOSE, /* behind '[' */
	WANT_KEY,            /* behind ',' in an object */
	WANT_KEY_OR_CLOSE,   /* behind '{' */
	WANT_COMMA_OR_CLOSE,
	WANT_END,
	WANT_NOTHING, /* it was bad or deep; the last token is repeated */
};

enum { MAX_DEPTH = 64 };

void
json_init(struct json *j, const char *p, size_t n)
{
	*j = (struct json){.p = p, .end = p + n, .expect = WANT_VALUE};
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
has_word(const char *p, const char *end, const char *word, size_t n)
{
	return (size_t)(end - p) >= n && !memcmp(p, word, n);
}

/* P is behind the opening quote; returns the place behind the closing one, or NULL. */
static const char *
read_string(struct json *j, const char *p)
{
	const char *q = p;
	j->text = p;
	j->escaped = false;
	for (; q < j->end && *q != '"'; q++) {
		if (*q == '\\') {
			j->escaped = true;
			if (++q == j->end)
				return NULL;
		}
	}
	if (q >= j->end)
		return NULL;
	j->ntext = (size_t)(q - p);
	return q + 1;
}

enum json_type
json_scalar(struct json *j, const char *p, const char **end)
{
	if (p == j->end)
		return JSON_BAD;
	switch (*p) {
	case '"':
		*end = read_string(j, p + 1);
		return *end ? JSON_STRING : JSON_BAD;
	case 't':
		*end = p + 4;
		return has_word(p, j->end, "true", 4) ? JSON_TRUE : JSON_BAD;
	case 'f':
		*end = p + 5;
		return has_word(p, j->end, "false", 5) ? JSON_FALSE : JSON_BAD;
	case 'n':
		*end = p + 4;
		if (has_word(p, j->end, "null", 4))
			return JSON_NULL;
		break;
	}
	*end = num_parse(p, j->end, &j->number);
	return *end ? JSON_NUMBER : JSON_BAD;
}

static enum json_type
stop(struct json *j, enum json_type why)
{
	j->expect = WANT_NOTHING;
	j->stopped = why;
	return why;
}

static enum json_type
open_bracket(struct json *j, bool object)
{
	if (j->depth == MAX_DEPTH)
		return stop(j, JSON_DEEP);
	uint64_t bit = UINT64_C(1) << j->depth++;
	j->objects = object ? j->objects | bit : j->objects & ~bit;
	j->expect = object ? WANT_KEY_OR_CLOSE : WANT_VALUE_OR_CLOSE;
	j->p++;
	return object ? JSON_OBJECT : JSON_ARRAY;
}

static bool
in_object(const struct json *j)
{
	return j->objects >> (j->depth - 1) & 1;
}

static enum json_type
close_bracket(struct json *j)
{
	if (*j->p != (in_object(j) ? '}' : ']'))
		return stop(j, JSON_BAD);
	j->p++;
	j->depth--;
	j->expect = j->depth ? WANT_COMMA_OR_CLOSE : WANT_END;
	return JSON_CLOSE;
}

static enum json_type
read_key(struct json *j)
{
	if (*j->p != '"')
		return stop(j, JSON_BAD);
	const char *q = read_string(j, j->p + 1);
	while (q && q < j->end && is_blank(*q))
		q++;
	if (!q || q == j->end || *q != ':')
		return stop(j, JSON_BAD);
	j->p = q + 1;
	j->expect = WANT_VALUE;
	return JSON_KEY;
}

static enum json_type
read_value(struct json *j)
{
	if (*j->p == '{' || *j->p == '[')
		return open_bracket(j, *j->p == '{');
	const char *end;
	enum json_type type = json_scalar(j, j->p, &end);
	if (type == JSON_BAD)
		return stop(j, JSON_BAD);
	j->p = end;
	j->expect = j->depth ? WANT_COMMA_OR_CLOSE : WANT_END;
	return type;
}

enum json_type
json_next(struct json *j)
{
	if (j->expect == WANT_NOTHING)
		return (enum json_type)j->stopped;
	while (j->p < j->end && is_blank(*j->p))
		j->p++;
	if (j->expect == WANT_END)
		return j->p == j->end ? JSON_END : stop(j, JSON_BAD);
	if (j->p == j->end)
		return stop(j, JSON_BAD);
	if (j->expect == WANT_COMMA_OR_CLOSE) {
		if (*j->p != ',') {
			j->start = j->p;
			return close_bracket(j);
		}
		j->p++;
		j->expect = in_object(j) ? WANT_KEY : WANT_VALUE;
		while (j->p < j->end && is_blank(*j->p))
			j->p++;
		if (j->p == j->end)
			return stop(j, JSON_BAD);
	}
	j->start = j->p;
	switch (j->expect) {
	case WANT_KEY_OR_CLOSE:
		if (*j->p == '}')
			return close_bracket(j);
		return read_key(j);
	case WANT_KEY:
		return read_key(j);
	case WANT_VALUE_OR_CLOSE:
		if (*j->p == ']')
			return close_bracket(j);
		return read_value(j);
	default:
		return read_value(j);
	}
}

static const char *
read_hex4(const char *p, const char *end, uint32_t *v)
{
	*v = 0;
	if (end - p < 4)
		return NULL;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		uint32_t digit;
		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return NULL;
		*v = *v << 4 | digit;
	}
	return p + 4;
}

/* P is behind "\u"; a surrogate takes its partner along. */
static const char *
read_unicode(const char *p, const char *end, uint32_t *cp)
{
	const char *q = read_hex4(p, end, cp);
	if (!q) {
		*cp = UTF8_BAD;
		return p;
	}
	if (*cp < 0xD800 || *cp >= 0xE000)
		return q;
	uint32_t low;
	const char *r = *cp < 0xDC00 && end - q >= 6 && q[0] == '\\' && q[1] == 'u'
				? read_hex4(q + 2, end, &low)
				: NULL;
	if (!r || low < 0xDC00 || low >= 0xE000) {
		*cp = UTF8_BAD;
		return q;
	}
	*cp = 0x10000 + ((*cp - 0xD800) << 10) + (low - 0xDC00);
	return r;
}

void
json_unescape(struct str *out, const char *p, size_t n)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *end = p + n;
	while (p < end) {
		const char *q = memchr(p, '\\', (size_t)(end - p));
		if (!q) {
			str_add(out, p, (size_t)(end - p));
			return;
		}
		str_add(out, p, (size_t)(q - p));
		p = q + 1;
		uint32_t cp = UTF8_BAD;
		char buf[4];
		const char *known = p < end && *p ? strchr(from, *p) : NULL;
		if (known) {
			str_addc(out, to[known - from]);
			p++;
			continue;
		}
		if (p < end && *p == 'u')
			p = read_unicode(p + 1, end, &cp);
		else if (p < end)
			p++;
		str_add(out, buf, (size_t)utf8_put(cp, buf));
	}
}
