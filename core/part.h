/* part.h - pieces of paths: a length instead of a NUL, so that a directory, a name or a stem is
 * looked at where it stands. Words are compared without regard to case. */
#ifndef CORE_PART_H
#define CORE_PART_H

#include <stdbool.h>
#include <stddef.h>

/* Within somebody else's text. */
struct part {
	const char *p;
	size_t n;
};

bool part_is(struct part s, const char *word);
/* One of WORDS, which NULL ends. */
bool part_in(struct part s, const char *const *words);
bool part_begins(struct part s, const char *with);
bool part_ends(struct part s, const char *with);
/* S matches SHAPE: # is a digit, x a hexadecimal one, other characters are themselves, * takes the
 * rest. */
bool part_shaped(struct part s, const char *shape);
/* The directory of S and its last name. "/" has no last name. */
struct part part_dir(struct part s, struct part *last);
struct part part_last(struct part s);

#endif
