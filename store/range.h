/* range.h - what is left of values alone, without x. */
#ifndef STORE_RANGE_H
#define STORE_RANGE_H

#include <stddef.h>

struct range {
	size_t n, inf;      /* finite and infinite ones */
	size_t first, last; /* places of the first and last finite one */
	double min, max, sum;
};
struct range range_of(const double *v, size_t n);

#endif
