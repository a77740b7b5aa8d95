/* text_dialect_own.h - what the rules for toolkits' lines are written with. Private to
 * text_dialect.c, text_framework.c, text_program.c, text_object.c and text_shape.c. */
#ifndef CORE_TEXT_DIALECT_OWN_H
#define CORE_TEXT_DIALECT_OWN_H

#include "core/text_line.h"
#include "core/text_row.h"

/* Matches SHAPE at P: '#' is a whole number, which goes to the next of N; a blank is any number of
 * blanks; other characters are themselves. The byte behind it, or NULL. */
const char *text_match(const char *p, const char *end, const char *shape, int64_t *n);
/* Behind TEXT, which is in [P, END); NULL: it is not. */
const char *text_behind(const char *p, const char *end, const char *text);
bool text_line_begins(const struct text_line *l, const char *text);
void text_set_count(struct text_count *c, int64_t n);
void text_set_step(struct text_row *r, int64_t step);
/* A line that says where the log is, and no number. Returns true. */
bool text_set_heading(struct text_row *r);

/* Lines of frameworks and of programs that many train with, see text_dialect_read(). */
bool text_framework_read(struct text_row *r, const struct text_line *l);
bool text_program_read(struct text_row *r, const struct text_line *l);

#endif
