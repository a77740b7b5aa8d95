/* json_leaves.h - what a JSON value holds, by the path of its keys. */
#ifndef CORE_JSON_LEAVES_H
#define CORE_JSON_LEAVES_H

#include "core/json.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>

struct json_leaf {
	const char *path; /* without NULs; cut where it is longer than LIMIT by far */
	size_t npath;
	enum json_type type; /* a scalar, or ARRAY: those are not looked into */
	double number;
	const char *text; /* STRING: between the quotes; else all of it as it stands */
	size_t n;
	bool escaped;
};

/* Calls FN for each scalar and each array that no other array holds, in order, with the keys that
 * lead to it behind PATH, joined by SEPARATOR. PATH is as it was afterwards. END, or why the value
 * was left: BAD, DEEP; what stood before the fault was given. */
enum json_type json_leaves(const char *p, size_t n, struct str *path, char separator, size_t limit,
			   void (*fn)(void *ctx, const struct json_leaf *leaf), void *ctx);

#endif
