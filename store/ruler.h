/* ruler.h - where the columns of a chart end, in whole x.
 *
 * span_column() is the one mapping from x to columns. It never goes back, so a column is all x
 * up to some last one; asked for once, those answer for each point and node by comparing two
 * numbers. */
#ifndef STORE_RULER_H
#define STORE_RULER_H

#include "store/store.h"

struct ruler {
	struct span sp;
	bool empty;    /* no x is in any column */
	int64_t from;  /* the least x in a column */
	int64_t *last; /* of each column the greatest x in it or in one before it */
	size_t cap;
};

/* A zeroed one is ready; it is made anew only for another window. */
void ruler_set(struct ruler *r, const struct span *sp);
void ruler_release(struct ruler *r);
/* Says what span_column() does. HINT: a column near it, or any. */
int ruler_column(const struct ruler *r, int64_t x, int hint);

static inline bool
ruler_beside(const struct ruler *r, int64_t lo, int64_t hi)
{
	return r->empty || hi < r->from || lo > r->last[r->sp.columns - 1];
}

#endif
