/* What is kept of a series is what its sealed rows make of it. The rest of its points lies in the
 * tail of its log, and is added here each time: a commit then writes one record for a thousand
 * series, and reading adds at most TAIL_ROWS points. */
#include "store/snap.h"

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

static uint64_t
rows_of(const struct log_rec *log)
{
	if (!log->nattempts)
		return 0;
	struct log_attempt a = log_rec_attempt(log, log->nattempts - 1);
	return a.first_row + a.rows;
}

const struct chain *
snap_chain(struct snap *sn, const struct log_rec *log)
{
	if (sn->chain_log == log->id)
		return &sn->chain;
	sn->chain_log = 0;
	if (chain_open(&sn->chain, sn->t, log->id, log->tail, log->sealed, rows_of(log)))
		return NULL;
	sn->chain_log = log->id;
	return &sn->chain;
}

uint32_t
log_rec_attempt_at(const struct log_rec *log, uint64_t row)
{
	for (uint32_t i = log->nattempts; i-- > 0;) {
		struct log_attempt a = log_rec_attempt(log, i);
		if (row >= a.first_row)
			return a.attempt;
	}
	return 0;
}

/* The segments that the tail begins. */
struct segments {
	struct segment *v;
	size_t n, cap;
	size_t here; /* of the newest attempt, those that are kept included */
};

static void
add_segment(struct segments *g, const struct series_rec *r, int64_t step, bool first)
{
	if (first)
		g->here = 0;
	if (g->here > SEGMENTS_MAX)
		return;
	g->here++;
	*vec_push(g->v, g->n, g->cap) =
		(struct segment){.index = r->all.points - 1, .step = step, .attempt = r->attempt};
}

static void
add_point(struct segments *g, struct series_rec *r, uint32_t attempt, enum step_unit unit,
	  int64_t step, int64_t wall, double v)
{
	bool first = r->attempt != attempt || !r->now.points;

	if (first) {
		if (r->attempts && r->attempt != attempt)
			series_sum_init(&r->now);
		r->attempt = attempt;
		r->attempts++;
	}
	bool back = series_sum_add(&r->now, unit, step, wall, v);
	series_sum_add(&r->all, unit, step, wall, v);
	if (first || back)
		add_segment(g, r, step, first);
}

/* Those that are kept and those of the tail, in one place. */
static void
join(struct snap *sn, struct series_rec *r, const struct segments *g)
{
	size_t size = sizeof *g->v, n = r->nsegments + g->n;
	char *all = xmalloc(n * size);

	if (r->nsegments)
		memcpy(all, r->segments_raw, r->nsegments * size);
	memcpy(all + r->nsegments * size, g->v, g->n * size);
	r->segments_raw = snap_text(sn, all, n * size);
	r->nsegments = (uint32_t)n;
	free(all);
}

bool
snap_follow(struct snap *sn, const struct log_rec *log, struct series_rec *r)
{
	const struct chain *ch = snap_chain(sn, log);
	struct segments g = {0};

	if (!ch)
		return false;
	for (uint32_t i = r->nsegments; i-- > 0;) {
		if (series_rec_segment(r, i).attempt != r->attempt)
			break;
		g.here++;
	}
	for (size_t i = 0; i < ch->n; i++) {
		const struct block *b = &ch->v[i].block;
		struct block_cells c;
		if (!block_find(b, r->column, &c))
			continue;
		for (uint32_t j = 0; j < c.n; j++) {
			uint32_t row = cells_row(&c, j);
			add_point(&g, r, log_rec_attempt_at(log, b->first + row),
				  word_unit(block_word(b, row)), block_step(b, row),
				  block_wall(b, row), cells_value(&c, j));
		}
	}
	if (g.n)
		join(sn, r, &g);
	free(g.v);
	return true;
}
