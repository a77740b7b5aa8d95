/* text_shape.h - lines that only trainers write, each by its own rule: a row of the table is one
 * kind of line. What fits none of them is read by text_pairs_scan(). */
#ifndef CORE_TEXT_SHAPE_H
#define CORE_TEXT_SHAPE_H

#include "core/text_line.h"
#include "core/text_row.h"

/* Fills R from the line and returns true when a rule is for it, whether or not it holds numbers. */
bool text_shape_read(struct text_row *r, const struct text_line *l);

/* A progress bar: tqdm's or Keras'. Sets R->bar; R->batch is how full it is. */
bool text_bar_read(struct text_row *r, const char *p, const char *end);
/* What another stream printed in the line of the bar that [P, END) begins with; NULL: nothing. */
const char *text_bar_behind(const char *p, const char *end);

#endif
