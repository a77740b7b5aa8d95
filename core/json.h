/* json.h - JSON, token by token, from memory. Nothing is copied, nothing is built.
 *
 * Accepted beyond RFC 8259, because loggers write it: NaN, Infinity and inf in any case, with a
 * sign; control characters within strings. */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_type {
	JSON_END, /* one value, and nothing but blanks behind it */
	JSON_BAD,
	JSON_DEEP, /* more than 64 levels */
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_CLOSE, /* of the innermost object or array */
	JSON_KEY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

struct json {
	const char *p, *end;
	uint64_t objects; /* bit N: level N is an object */
	unsigned depth;
	uint8_t expect;
	uint8_t stopped; /* BAD, DEEP: what it stopped with */

	/* the token */
	const char *start; /* its first byte */
	const char *text;  /* KEY, STRING: what is between the quotes */
	size_t ntext;
	bool escaped; /* has backslashes: see json_unescape() */
	double number;
};

void json_init(struct json *j, const char *p, size_t n);
/* END, BAD and DEEP come again and again. */
enum json_type json_next(struct json *j);
/* The scalar at P: STRING, NUMBER, TRUE, FALSE, NULL, and its end; BAD: there is none. Fills the
 * token's fields. */
enum json_type json_scalar(struct json *j, const char *p, const char **end);
/* Appends a string's text as UTF-8; an escape that means nothing becomes U+FFFD. */
void json_unescape(struct str *out, const char *p, size_t n);

#endif
