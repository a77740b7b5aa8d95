/* utf8.h - the one choke point between what a log says and what a terminal gets. */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include "core/str.h"

#include <stddef.h>
#include <stdint.h>

#define UTF8_BAD 0xFFFDu

/* Decodes one character of [p, end) (p < end) into *CP; bytes that are no UTF-8 give UTF8_BAD, one
 * byte at a time. */
const char *utf8_next(const char *p, const char *end, uint32_t *cp);
/* Writes CP as UTF-8 (at most 4 bytes), returns how many. */
int utf8_put(uint32_t cp, char *out);
/* What CP may become on a screen: itself, or UTF8_BAD for C0, C1, DEL, bidi controls, zero-width
 * and other format characters, surrogates, private use and unassigned widths. */
uint32_t utf8_safe(uint32_t cp);
/* Columns of a safe character: 1 or 2 (combining marks: 0). */
int utf8_width(uint32_t cp);
/* Appends S with every unsafe character replaced by UTF8_BAD ('?' when ASCII). For printing to a
 * terminal. */
void utf8_clean(struct str *out, const char *s, size_t n, int ascii);
/* Columns of a whole string after cleaning. */
int utf8_columns(const char *s);
/* Appends S as the inside of a JSON string: escapes, and invalid UTF-8 as U+FFFD. */
void utf8_json(struct str *out, const char *s, size_t n);

#endif
