/* pool.h - what range the values of a curve lie in, gathered column by column. */
#ifndef TUI_POOL_H
#define TUI_POOL_H

#include "store/store.h"

#include <stdbool.h>

struct pool;
struct pool *pool_new(bool log); /* with LOG values <= 0 are left out */
void pool_free(struct pool *p);
/* Adds the points of columns FROM … TO - 1, in order of x. */
void pool_add(struct pool *p, const struct column *col, int from, int to);
/* The least and greatest value; when ROBUST without those beyond the 1st and 99th percentile (and a
 * tenth of the range between them), unless an end sticks out by less than that range: little would
 * be gained; and of a curve that has NaN without what lies far from where it was before. False:
 * nothing there. */
bool pool_range(const struct pool *p, bool robust, double *lo, double *hi);

#endif
