#include "core/json_leaves.h"

#include <string.h>

enum { MAX_DEPTH = 64 }; /* json.h's */

static void
path_add(struct str *path, char separator, size_t limit, const struct json *j)
{
	if (path->len > limit)
		return; /* nesting must not make it longer and longer */
	if (path->len)
		str_addc(path, separator);
	size_t from = path->len;
	if (j->escaped)
		json_unescape(path, j->text, j->ntext);
	else
		str_add(path, j->text, j->ntext < limit ? j->ntext : limit + 1);
	/* A name is a C string to the rest of the program. */
	for (char *zero; (zero = memchr(path->buf + from, '\0', path->len - from));)
		*zero = ' ';
}

/* To the end of the array that has just begun. */
static enum json_type
skip_array(struct json *j)
{
	unsigned around = j->depth - 1;
	enum json_type type;
	do
		type = json_next(j);
	while (j->depth > around && type != JSON_BAD && type != JSON_DEEP && type != JSON_END);
	return type;
}

enum json_type
json_leaves(const char *p, size_t n, struct str *path, char separator, size_t limit,
	    void (*fn)(void *ctx, const struct json_leaf *leaf), void *ctx)
{
	size_t level[MAX_DEPTH + 1] = {path->len}; /* where its name ends in the path */
	size_t before = path->len;
	struct json j;
	enum json_type type;
	json_init(&j, p, n);
	while ((type = json_next(&j)) != JSON_END && type != JSON_BAD && type != JSON_DEEP) {
		if (type == JSON_KEY) {
			path->len = level[j.depth];
			path_add(path, separator, limit, &j);
			continue;
		}
		if (type == JSON_OBJECT)
			level[j.depth] = path->len;
		if (type == JSON_OBJECT || type == JSON_CLOSE)
			continue;
		struct json_leaf leaf = {
			.path = str_c(path),
			.npath = path->len,
			.type = type,
			.number = j.number,
			.text = type == JSON_STRING ? j.text : j.start,
			.escaped = j.escaped,
		};
		if (type == JSON_ARRAY && (type = skip_array(&j)) != JSON_CLOSE)
			break;
		leaf.n = leaf.type == JSON_STRING ? j.ntext : (size_t)(j.p - leaf.text);
		fn(ctx, &leaf);
	}
	path->len = before;
	if (path->buf)
		path->buf[before] = '\0';
	return type;
}
