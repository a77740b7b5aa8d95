/* json_flat.h - the scalars of a JSON value, each under the path of its keys: {"a":{"b":[1]}} is
 * a/b/0. */
#ifndef CORE_JSON_FLAT_H
#define CORE_JSON_FLAT_H

#include "core/json.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>

struct json_leaf {
	const char *path; /* a C string: NULs in keys are blanks */
	size_t npath;
	unsigned depth;      /* brackets around it */
	enum json_type type; /* STRING, NUMBER, TRUE, FALSE, NULL */
	double number;
	const char *text; /* STRING: what is between the quotes */
	size_t ntext;
	bool escaped;
};

/* Calls FN for each scalar of the value at P, in order. PATH (may be empty) is what their paths
 * begin with; it is left as it was. JSON_END: the value was whole and nothing stands behind it;
 * else JSON_BAD or JSON_DEEP, and FN was called for what came before. Paths longer than
 * SOURCE_MAX_NAME are cut just above that, so that they are known as too long. */
enum json_type json_flat(const char *p, size_t n, struct str *path,
			 void (*fn)(void *ctx, const struct json_leaf *l), void *ctx);

/* Where a value ends, looked for piece by piece. All zero to begin. */
struct json_skim {
	uint32_t depth; /* any: it is only counted */
	bool begun, string, escape, scalar;
};

/* The place behind the value that begins at P (blanks before it included), or NULL: it goes on
 * behind END, where the next call continues. A number ends where something else begins. Only
 * brackets and quotes are looked at: what they hold may be anything. */
const char *json_skim(struct json_skim *s, const char *p, const char *end);

#endif
