/* keyed.h - very many things in order of a number that each has. */
#ifndef TUI_KEYED_H
#define TUI_KEYED_H

#include <stdint.h>

struct keyed {
	uint64_t key;
	int what;
};

/* Least key first; those of one key stay as they stand. In time that grows with N alone. */
void keyed_sort(struct keyed *v, int n);
/* Numbers in the order of doubles; what is none comes last, 0 and -0 are the same. */
uint64_t keyed_of_double(double v);

#endif
