/* points.h - walking over the points of one series, in file order. */
#ifndef STORE_POINTS_H
#define STORE_POINTS_H

#include "store/pyramid.h"
#include "store/snap.h"

struct walk {
	struct snap *sn;
	struct reader *reader;
	const struct log_rec *log; /* must live as long, like R */
	const struct series_rec *r;
	uint32_t chunk;   /* next chunk */
	size_t section;   /* next section of the tail */
	struct leaf leaf; /* points AT … of it, then those of CELLS */
	const struct block *block;
	struct block_cells cells;
	uint32_t at;
	uint64_t index; /* of the next point, over all attempts */
	struct point last;
	bool landed;       /* by seeking: the next point's segment is LAST's */
	uint32_t nattempt; /* index of CURRENT in the log's attempts */
	struct log_attempt current;
};

/* R has been followed (snap_follow). */
void walk_init(struct walk *w, struct snap *sn, const struct series_rec *r,
	       const struct log_rec *log);
void walk_release(struct walk *w);
/* Goes to the INDEXth point, counted over all attempts: only in a series that has its segments
 * recorded, else their numbers are not known. */
int walk_seek(struct walk *w, uint64_t index);
/* 1, 0 at the end, or negative. */
int walk_next(struct walk *w, struct point *p);

/* The chunk that holds the INDEXth point (CHUNKS: there is none), and the index of its first. */
int points_find(struct reader *r, uint32_t series, uint32_t chunks, uint64_t index,
		uint32_t *number, uint64_t *first);

#endif
