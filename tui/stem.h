/* stem.h - what the names of metrics have in common: the same measure on other data, the same thing
 * numbered. By name alone. */
#ifndef TUI_STEM_H
#define TUI_STEM_H

#include "core/str.h"

#include <stdbool.h>

enum split { SPLIT_NONE, SPLIT_TRAIN, SPLIT_VAL, SPLIT_TEST };

/* Takes the first word that names a split out of NAME: "val/loss", "loss_val", "valid.loss" leave
 * "loss". STEM gets what is left, WORD (may be NULL) the word as it stands. SPLIT_NONE: there is no
 * such word, or nothing else; STEM is NAME then. */
enum split stem_split(const char *name, struct str *stem, struct str *word);
/* NAME with each number in it replaced by '#'; returns how many there were. */
int stem_pattern(const char *name, struct str *pattern);
/* The name of a fold: the numbers that differ between FIRST and LAST as "{0..31}". */
void stem_fold(const char *first, const char *last, struct str *out);
/* Up to the last '/': the length of the group's name, 0 when it has none. */
int stem_group(const char *name);
/* As people sort: layer2 before layer10. */
int stem_order(const char *a, const char *b);
/* '/' and '.' in it. */
int stem_depth(const char *name);

#endif
