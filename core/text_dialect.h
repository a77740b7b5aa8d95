/* text_dialect.h - lines of toolkits that have a way of their own to say what others say with names
 * and numbers: ESPnet, icefall, Marian, WeNet, darknet, pix2pix and its kin, YOLACT, BasicSR. */
#ifndef CORE_TEXT_DIALECT_H
#define CORE_TEXT_DIALECT_H

#include "core/text_line.h"
#include "core/text_row.h"

/* Can a line without digits say what the lines below it are of? */
bool text_dialect_begins(const char *p, const char *end);
/* Fills R from the line and returns true when a rule is for it. */
bool text_dialect_read(struct text_row *r, const struct text_line *l);

#endif
