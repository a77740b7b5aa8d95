/* lineage.h - which points of a series still count, after steps that went back.
 *
 * Within a segment steps never go back. The newest lineage at x is the last segment whose first
 * step is <= x; so of a segment that begins at step f what counts is [f, the least first step of
 * any later segment), one stretch at most. */
#ifndef STORE_LINEAGE_H
#define STORE_LINEAGE_H

#include "store/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stretch {
	uint64_t index; /* of its first point, over all attempts */
	int64_t step;   /* of its first point */
	int64_t before; /* points count while their step is below this */
	bool whole;     /* or whatever their step */
};

struct lineage {
	uint32_t attempt;
	bool unordered;       /* too many segments: drawn whole */
	struct stretch *part; /* the attempt's segments; one when unordered */
	size_t n;
	uint64_t end; /* index after the attempt's last point; UINT64_MAX: the series' end */
};

/* Of ATTEMPT; n is 0 when the series has no points there. */
void lineage_init(struct lineage *l, const struct series_rec *r, uint32_t attempt);
void lineage_release(struct lineage *l);
/* Something that comes later begins at step BEFORE. */
void lineage_bound(struct lineage *l, int64_t before);
/* The least step at which a segment but the first begins; INT64_MAX: there is no other. */
int64_t lineage_least(const struct lineage *l);
/* The segment that holds point INDEX; *HINT is where to begin to look, and is moved. */
size_t lineage_part(const struct lineage *l, uint64_t index, size_t *hint);

#endif
