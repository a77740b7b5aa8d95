/* pyramid.h - what is left of many points when there is room for one, and of many of those.
 *
 * Each sealed chunk of a series has a node at level 0; NODE_FAN nodes make one at the next level,
 * and so on until one block of nodes is left. A chart walks down from there and opens only what a
 * border between two columns goes through. The last chunk of a series is never in the pyramid: it
 * still grows. (M4: Jugel et al., VLDB 2014; the tree: Andersen and Culler, BTrDB, FAST 2016.) */
#ifndef STORE_PYRAMID_H
#define STORE_PYRAMID_H

#include "store/db.h"
#include "store/range.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef MM_SMALL
#define NODE_FAN 2
#else
#define NODE_FAN 64
#endif

struct node {
	uint64_t points; /* all of them */
	uint64_t n;      /* finite ones; 0 makes the values void */
	double min, max, first, last, sum;
	int64_t step_min, step_max, wall_min, wall_max;       /* of all points */
	int64_t first_step, last_step, first_wall, last_wall; /* of the first and last finite one */
	uint32_t inf; /* infinities, saturating; the rest are NaN */
};

void node_init(struct node *nd);
/* What N points make. */
struct node node_of(size_t n, const int64_t *step, const int64_t *wall, const double *value);
/* B's points come after INTO's. Merging is associative. */
void node_merge(struct node *into, const struct node *b);

/* COUNT nodes are kept at level 0; N more follow. */
void pyramid_append(struct txn *t, uint32_t series, uint32_t count, const struct node *nodes,
		    size_t n);
/* Only the first LEFT of COUNT stay. */
void pyramid_cut(struct txn *t, uint32_t series, uint32_t count, uint32_t left);

/* Levels above 0 that COUNT nodes need; the top one has one block. */
unsigned pyramid_top(uint32_t count);

struct node_block {
	const char *p;
	uint32_t n;
};
/* Block NUMBER of a level: 1, 0 when there is none, or negative. Lives as long as the
 * transaction. */
int pyramid_block(struct txn *t, uint32_t series, unsigned level, uint32_t number,
		  struct node_block *out);
/* Without the padding at its end: 64 nodes fit two pages. */
enum { NODE_BYTES = offsetof(struct node, inf) + sizeof(uint32_t) };
static inline void
node_at(const struct node_block *b, uint32_t i, struct node *out)
{
	memcpy(out, b->p + (size_t)i * NODE_BYTES, NODE_BYTES);
}

#endif
