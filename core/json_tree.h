/* json_tree.h - a small JSON document as a tree, for files that mm itself writes (core/json_put.h)
 * and reads back. */
#ifndef CORE_JSON_TREE_H
#define CORE_JSON_TREE_H

#include "core/json.h"

struct json_node {
	enum json_type type; /* OBJECT, ARRAY, STRING, NUMBER, TRUE, FALSE, NULL */
	char *key;           /* in an object; else NULL */
	char *text;          /* STRING: unescaped; NUMBER: as written */
	double number;
	struct json_node *child, *next;
};

/* NULL: not one whole JSON value. */
struct json_node *json_tree(const char *p, size_t n);
void json_tree_free(struct json_node *t);

/* A member of an object; NULL: T is NULL or none, or has no such member. */
const struct json_node *json_get(const struct json_node *t, const char *key);
/* Its value; NULL, 0, or FALLBACK when it is not there or of another type. */
const char *json_text(const struct json_node *t, const char *key);
int64_t json_int(const struct json_node *t, const char *key, int64_t fallback);
bool json_yes(const struct json_node *t, const char *key);

/* The value back: a number, or one of json_put_num()'s strings. False: neither. */
bool json_num(const struct json_node *t, double *out);
/* Seconds since 1970 to µs; 0: none. */
int64_t json_time_us(const struct json_node *t, const char *key);

#endif
