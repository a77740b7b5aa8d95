/* json_put.h - values as JSON, for all that mm writes: files, notices, what --json prints. */
#ifndef CORE_JSON_PUT_H
#define CORE_JSON_PUT_H

#include "core/str.h"

#include <stdint.h>

/* A number that JSON lacks is the string "NaN", "Infinity", "-Infinity"; the shortest form that
 * reads back as the same double. */
void json_put_num(struct str *s, double v);
void json_put_str(struct str *s, const char *z); /* NULL: null */
void json_put_time(struct str *s, int64_t us);   /* seconds since 1970; null for 0 */

#endif
