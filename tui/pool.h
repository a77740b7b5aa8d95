/* pool.h - what range the values of curves lie in, gathered column by column. */
#ifndef TUI_POOL_H
#define TUI_POOL_H

#include "store/store.h"

#include <stdbool.h>

struct pool;
/* With LOG everything is in logarithms from here on, and values <= 0 are left out. */
struct pool *pool_new(bool log);
void pool_free(struct pool *p);
/* Adds the points of columns FROM … TO - 1, in order of x. */
void pool_add(struct pool *p, const struct column *col, int from, int to);
/* Adds what lies in [LO, HI] in another pool of the same kind. */
void pool_merge(struct pool *into, const struct pool *p, double lo, double hi);

enum pool_range {
	POOL_ALL, /* the least and greatest value */
	/* without those beyond the 1st and 99th percentile (and a tenth of the range between them),
	 * unless an end sticks out by less than that range: little would be gained; and of a curve
	 * that has NaN without what lies far from where it was before */
	POOL_ROBUST,
	POOL_BULK, /* the 10th to the 90th percentile */
};
/* False: nothing there. */
bool pool_range(const struct pool *p, enum pool_range how, double *lo, double *hi);

#endif
