/* view.h - one series as a chart sees it: which of its points count, and into which columns they
 * fall. Private to the queries.
 *
 * What is given to it, points or sums of them, comes in file order; what is known to count for
 * nothing is left out, but for INDEX. */
#ifndef STORE_VIEW_H
#define STORE_VIEW_H

#include "store/lineage.h"
#include "store/pyramid.h"
#include "store/ruler.h"
#include "store/snap.h"

struct view {
	struct snap *sn;
	struct series_rec s;
	struct log_rec log;
	struct lineage line;
	struct reader *reader;
	enum axis axis;
	bool orphaned;
	int64_t origin; /* what x is counted from: of relative time */
	size_t hint;
	uint64_t index; /* of the next point, over all attempts */

	/* One of the two is asked for. */
	const struct ruler *ruler;
	struct column *out;
	int64_t lo, hi;
	bool any;
	int near; /* the column that was met last */
};

/* Of the newest attempt if ATTEMPT is 0; false: there is no such series. */
bool view_init(struct view *v, struct snap *sn, uint32_t series, enum axis axis, uint32_t attempt,
	       bool orphaned);
void view_release(struct view *v);
/* Nothing of it is shown at all. */
bool view_empty(const struct view *v);

void column_init(struct column *c);

/* N points, the first the INDEXth of the series. */
void view_take(struct view *v, const int64_t *x, const double *value, size_t n);

/* What is to become of the next points, of which no more is known than their extent: all count, and
 * fall into COLUMN; none does; or they have to be looked at. */
struct extent {
	uint64_t points;
	int64_t step_min, step_max; /* on the axis of steps */
	int64_t lo, hi;             /* of x, as kept */
};
enum fate { PASS, MERGE, OPEN };
enum fate view_fate(struct view *v, const struct extent *x, int *column);
/* They are merged; those of a block of which only the range is known leave the column's first and
 * last to whoever knows them. */
void view_merge_node(struct view *v, const struct node *nd, int column);
/* Merges what it can of nodes FROM … of B: those that all count and fall into one column, one after
 * the other, with the fate of each told from two comparisons. Returns how many, and passes them. */
uint32_t view_merge_run(struct view *v, const struct node_block *b, uint32_t from);
void view_merge_extent(struct view *v, const struct extent *x);
void column_merge_range(struct column *c, const struct range *r);

#endif
