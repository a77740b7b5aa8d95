/* points.h - walking over the points of one series, in file order. */
#ifndef STORE_POINTS_H
#define STORE_POINTS_H

#include "store/rows.h"
#include "store/snap.h"

struct walk {
	struct iter it;
	const struct log_rec *log; /* must live as long */
	uint32_t column;
	enum step_unit unit;
	struct block block;
	struct block_cells cells;
	uint32_t at;    /* next cell of CELLS */
	uint64_t index; /* points given so far */
	struct point last;
	uint32_t nattempt; /* index of CURRENT in the log's attempts */
	struct log_attempt current;
};

void walk_init(struct walk *w, struct snap *sn, const struct series_rec *s,
	       const struct log_rec *log);
void walk_release(struct walk *w);
/* 1, 0 at the end, or negative. */
int walk_next(struct walk *w, struct point *p);

#endif
