/* Keys are joined into one buffer that grows and shrinks with the nesting; a level remembers where
 * its name ended. */
#include "core/json_flat.h"

#include "core/source.h"

#include <string.h>

/* One level of nesting: where its name ends in the path, and the next index of an array. */
struct level {
	size_t npath;
	uint32_t index;
	bool array;
};

static void
path_add(struct str *path, const struct level *at, const char *p, size_t n, bool escaped)
{
	path->len = at->npath;
	/* Longer names are dropped anyway: nesting must not make them longer and longer. */
	if (at->npath > SOURCE_MAX_NAME)
		return;
	if (at->npath)
		str_addc(path, '/');
	size_t from = path->len;
	if (n > 6 * SOURCE_MAX_NAME)
		n = 6 * SOURCE_MAX_NAME;
	if (escaped)
		json_unescape(path, p, n);
	else
		str_add(path, p, n < SOURCE_MAX_NAME ? n : SOURCE_MAX_NAME + 1);
	for (char *zero; (zero = memchr(path->buf + from, '\0', path->len - from));)
		*zero = ' ';
}

static void
path_add_index(struct str *path, struct level *at)
{
	char index[16];
	size_t n = 0;
	for (uint32_t v = at->index++; v || !n; v /= 10)
		index[sizeof index - ++n] = (char)('0' + v % 10);
	path_add(path, at, index + sizeof index - n, n, false);
}

enum json_type
json_flat(const char *p, size_t n, struct str *path,
	  void (*fn)(void *ctx, const struct json_leaf *l), void *ctx)
{
	struct level level[SOURCE_MAX_DEPTH + 1] = {{path->len, 0, false}};
	size_t nprefix = path->len;
	enum json_type type;
	struct json j;
	str_add(path, "", 0);
	json_init(&j, p, n);
	while ((type = json_next(&j)) > JSON_DEEP) {
		struct level *at = level + (j.depth ? j.depth - 1 : 0);
		if (type == JSON_CLOSE)
			continue;
		if (type == JSON_KEY) {
			path_add(path, at, j.text, j.ntext, j.escaped);
			continue;
		}
		bool bracket = type == JSON_OBJECT || type == JSON_ARRAY;
		/* A bracket is counted already: its name is that of the level around it. */
		struct level *around =
			bracket ? (j.depth > 1 ? at - 1 : NULL) : (j.depth ? at : NULL);
		if (around && around->array)
			path_add_index(path, around);
		if (bracket) {
			*at = (struct level){path->len, 0, type == JSON_ARRAY};
			continue;
		}
		fn(ctx, &(struct json_leaf){
				.path = path->buf,
				.npath = path->len,
				.depth = j.depth,
				.type = type,
				.number = j.number,
				.text = j.text,
				.ntext = j.ntext,
				.escaped = j.escaped,
			});
	}
	path->len = nprefix;
	path->buf[nprefix] = '\0';
	return type;
}

static bool
ends_scalar(char c)
{
	return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\r' ||
	       c == '\t' || c == ':' || c == '"' || c == '[' || c == '{';
}

/* Behind the string that P is in, or NULL. */
static const char *
skim_string(struct json_skim *s, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (s->escape)
			s->escape = false;
		else if (*p == '\\')
			s->escape = true;
		else if (*p == '"')
			return p + 1;
	}
	return NULL;
}

const char *
json_skim(struct json_skim *s, const char *p, const char *end)
{
	while (!s->begun && p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	while (p < end) {
		if (s->string) {
			p = skim_string(s, p, end);
			s->string = !p;
			if (!p || !s->depth)
				return p;
			continue;
		}
		if (s->scalar) {
			if (ends_scalar(*p))
				return p;
			p++;
			continue;
		}
		char c = *p++;
		if (c == '"')
			s->string = true;
		else if (c == '{' || c == '[')
			s->depth++;
		else if ((c == '}' || c == ']') && s->depth)
			s->depth--;
		else if (!s->depth)
			s->scalar = true;
		s->begun = true;
		if (!s->depth && !s->string && !s->scalar)
			return p;
	}
	return NULL;
}
