/* The rows of one log against all that is said of them. The axis is read once, then each series by
 * itself: its chunks against the axis, its nodes against the points they stand for, its record
 * against both. */
#include "store/check.h"

#include "core/xalloc.h"
#include "store/field.h"
#include "store/pyramid.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct log_check {
	struct check *c;
	const struct log_rec *log;
	struct log_attempt *found; /* what the rows make of each attempt */
	uint32_t nattempt;         /* index of that of the newest row */
	uint64_t rows;
	uint64_t cells; /* counted series by series */
	struct reader *reader;
};

/* ---- rows ------------------------------------------------------------------------------------ */

static void
take_row(struct log_check *k, int64_t step, int64_t wall, uint32_t word)
{
	const struct log_rec *log = k->log;
	uint64_t row = k->rows++;

	while (k->nattempt + 1 < log->nattempts &&
	       log_rec_attempt(log, k->nattempt + 1).first_row <= row)
		k->nattempt++;
	if (k->nattempt >= log->nattempts)
		return;
	struct log_attempt *a = &k->found[k->nattempt];
	attempt_row(a, !a->rows++, word_unit(word), step, wall, word_ncell(word));
}

static void
check_axis(struct log_check *k)
{
	const struct log_rec *log = k->log;
	struct key prefix = key_id(KEY_AXIS, log->id);
	struct axis_rows a = {0};
	struct iter it;

	iter_init(&it, k->c->sn->t, &prefix);
	while (iter_next(&it) > 0) {
		struct axis_chunk c;
		if (!axis_open(&c, it.val.p, it.val.n) ||
		    c.first_row != key_get64(it.key.p, it.key.n, 4)) {
			wrong(k->c, "log %u: an axis chunk cannot be read", log->id);
			continue;
		}
		if (c.first_row != k->rows)
			wrong(k->c, "log %u: rows %" PRIu64 " … %" PRIu64 " are missing", log->id,
			      k->rows, c.first_row);
		axis_rows_room(&a, c.n);
		if (!axis_read(&c, a.step, a.wall, a.word)) {
			wrong(k->c, "log %u: the axis at row %" PRIu64 " cannot be read", log->id,
			      c.first_row);
			continue;
		}
		k->rows = c.first_row;
		for (uint32_t i = 0; i < c.n; i++)
			take_row(k, a.step[i], a.wall[i], (uint32_t)a.word[i]);
	}
	iter_release(&it);
	axis_rows_release(&a);
	if (k->rows != log->sealed)
		wrong(k->c, "log %u: %" PRIu64 " rows are sealed of %" PRIu64, log->id, k->rows,
		      log->sealed);
	k->rows = log->sealed;
}

static void
check_section(struct log_check *k, const struct block *b)
{
	uint64_t cells = 0, said = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		said += word_ncell(block_word(b, i));
		take_row(k, block_step(b, i), block_wall(b, i), block_word(b, i));
	}
	for (uint32_t i = 0; i < b->ncolumns; i++) {
		struct block_cells c;
		block_cells(b, i, &c);
		cells += c.n;
		if (c.column >= k->log->columns)
			wrong(k->c, "log %u: points of column %u, which it does not have",
			      k->log->id, c.column);
	}
	if (cells != said)
		wrong(k->c, "log %u, row %" PRIu64 ": %" PRIu64 " cells, the rows say %" PRIu64,
		      k->log->id, b->first, cells, said);
}

static void
check_attempts(struct log_check *k)
{
	const struct log_rec *log = k->log;
	uint64_t row = 0, points = 0;

	for (uint32_t i = 0; i < log->nattempts; i++) {
		struct log_attempt a = log_rec_attempt(log, i), *f = &k->found[i];
		if (a.first_row != row)
			wrong(k->c, "log %u: attempt %u begins at row %" PRIu64 ", not %" PRIu64,
			      log->id, a.attempt, a.first_row, row);
		if (a.rows != f->rows || a.points != f->points)
			wrong(k->c,
			      "log %u, attempt %u: %" PRIu64 " rows, %" PRIu64
			      " points, its record says %" PRIu64 ", %" PRIu64,
			      log->id, a.attempt, f->rows, f->points, a.rows, a.points);
		else if (a.rows && (a.first_step != f->first_step || a.last_step != f->last_step ||
				    a.first_us != f->first_us || a.last_us != f->last_us))
			wrong(k->c, "log %u, attempt %u: its first and last steps and times",
			      log->id, a.attempt);
		row = a.first_row + a.rows;
		points += a.points;
	}
	if (row != k->rows)
		wrong(k->c, "log %u: %" PRIu64 " rows are kept of %" PRIu64, log->id, k->rows, row);
	if (points != k->cells || log->points != k->cells)
		wrong(k->c, "log %u: %" PRIu64 " points are kept of %" PRIu64, log->id, k->cells,
		      log->points);
}

/* ---- one series ------------------------------------------------------------------------------ */

struct series_check {
	struct log_check *k;
	const struct series_rec *r;
	struct series_sum now, all;
	uint32_t attempt, attempts;
	int64_t last_row;
	struct node *nodes;
	size_t nnodes, nodecap;
};

static bool
same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool
sums_agree(const struct series_sum *a, const struct series_sum *b)
{
	return a->points == b->points && a->nonfinite == b->nonfinite &&
	       (!a->points ||
		(a->first_step == b->first_step && a->last_step == b->last_step &&
		 a->first_wall == b->first_wall && a->last_wall == b->last_wall &&
		 a->segments == b->segments && same(a->last, b->last) && same(a->prev, b->prev) &&
		 same(a->min, b->min) && same(a->max, b->max) &&
		 !memcmp(&a->spark, &b->spark, sizeof a->spark)));
}

static void
take_point(struct series_check *s, uint64_t row, int64_t step, int64_t wall, double v)
{
	uint32_t attempt = log_rec_attempt_at(s->k->log, row);

	if (!s->attempts || s->attempt != attempt) {
		s->attempt = attempt;
		s->attempts++;
		series_sum_init(&s->now);
	}
	/* The unit is that of the first point: what rows have been given is not what they say. */
	series_sum_add(&s->now, (enum step_unit)s->r->now.unit, step, wall, v);
	series_sum_add(&s->all, (enum step_unit)s->r->all.unit, step, wall, v);
}

/* Steps and times that a chunk has of its own are those of the axis. */
static bool
leaf_agrees(struct series_check *s, const struct leaf *l)
{
	struct reader *r = s->k->reader;
	uint64_t first = (uint64_t)l->row[0], last = (uint64_t)l->row[l->n - 1];

	if (last >= s->k->log->sealed)
		return false;
	if (!l->own && !l->linear)
		return true; /* read from there */
	for (uint32_t i = 0; i < l->n; i++) {
		uint64_t row = (uint64_t)l->row[i];
		/* One after the other: a sparse series may span all rows of the log. */
		uint64_t to = l->own ? row + 1 : last + 1;
		if (reader_axis(r, l->own ? row : first, to, WANT_STEP | WANT_WALL))
			return false;
		size_t at = (size_t)(row - r->axis_first);
		if (r->axis.step[at] != l->step[i] || r->axis.wall[at] != l->wall[i])
			return false;
	}
	return true;
}

static void
check_chunk(struct series_check *s, uint32_t number)
{
	struct check *c = s->k->c;
	struct leaf l;

	if (leaf_load(s->k->reader, s->r->id, number, WANT_ROW | WANT_STEP | WANT_WALL, &l)) {
		check_failed(c);
		return;
	}
	if (l.row[0] <= s->last_row)
		wrong(c, "series %u: chunk %u begins before the one before it ends", s->r->id,
		      number);
	s->last_row = l.row[l.n - 1];
	for (uint32_t i = 0; i < l.n; i++)
		take_point(s, (uint64_t)l.row[i], l.step[i], l.wall[i], l.value[i]);
	*vec_push(s->nodes, s->nnodes, s->nodecap) = node_of(l.n, l.step, l.wall, l.value);
	if (!chunk_agrees(&l.chunk, l.key, l.value))
		wrong(c, "series %u: chunk %u and its own directory disagree", s->r->id, number);
	if (!leaf_agrees(s, &l))
		wrong(c, "series %u: chunk %u and the axis of its log disagree", s->r->id, number);
	check_failed(c);
}

static bool
nodes_agree(const struct node *a, const struct node *b)
{
	return a->points == b->points && a->n == b->n && a->inf == b->inf &&
	       a->step_min == b->step_min && a->step_max == b->step_max &&
	       a->wall_min == b->wall_min && a->wall_max == b->wall_max &&
	       (!a->n ||
		(same(a->min, b->min) && same(a->max, b->max) && same(a->first, b->first) &&
		 same(a->last, b->last) && same(a->sum, b->sum) && a->first_step == b->first_step &&
		 a->last_step == b->last_step && a->first_wall == b->first_wall &&
		 a->last_wall == b->last_wall));
}

/* Level by level: the nodes that there should be, N of them, are replaced by their sums. */
static void
check_nodes(struct series_check *s)
{
	struct check *c = s->k->c;
	struct node *v = s->nodes;
	size_t n = s->nnodes ? s->nnodes - 1 : 0;

	for (unsigned level = 0; n; level++) {
		size_t blocks = (n + NODE_FAN - 1) / NODE_FAN;
		for (size_t b = 0; b < blocks; b++) {
			struct node_block nb;
			size_t at = b * NODE_FAN, m = n - at < NODE_FAN ? n - at : NODE_FAN;
			struct node sum;
			int rc = pyramid_block(c->sn->t, s->r->id, level, (uint32_t)b, &nb);
			bool ok = rc > 0 && nb.n == m;
			node_init(&sum);
			for (size_t i = 0; i < m; i++) {
				struct node nd;
				if (ok)
					node_at(&nb, (uint32_t)i, &nd);
				ok = ok && nodes_agree(&nd, &v[at + i]);
				node_merge(&sum, &v[at + i]);
			}
			if (!ok)
				wrong(c, "series %u: block %zu of its nodes at level %u", s->r->id,
				      b, level);
			check_failed(c);
			v[b] = sum;
		}
		if (blocks == 1)
			break;
		n = blocks;
	}
}

static void
check_segments(struct series_check *s)
{
	const struct series_rec *r = s->r;
	uint64_t last = 0;

	for (uint32_t i = 0; i < r->nsegments; i++) {
		struct segment g = series_rec_segment(r, i);
		if (g.index >= r->all.points || (i ? g.index <= last : g.index != 0))
			wrong(s->k->c, "series %u (%.100s): segment %u begins at point %" PRIu64,
			      r->id, r->name, i, g.index);
		last = g.index;
	}
}

static void
check_series(struct log_check *k, const struct series_rec *r, const struct chain *ch)
{
	struct series_check s = {.k = k, .r = r, .last_row = -1};
	struct check *c = k->c;

	series_sum_init(&s.now);
	series_sum_init(&s.all);
	for (uint32_t i = 0; i < r->chunks; i++)
		check_chunk(&s, i);
	check_nodes(&s);
	free(s.nodes);
	if (r->attempts != s.attempts || (r->attempts && r->attempt != s.attempt))
		wrong(c, "series %u (%.100s): attempts", r->id, r->name);
	else if (!sums_agree(&r->now, &s.now) || !sums_agree(&r->all, &s.all))
		wrong(c, "series %u (%.100s): %" PRIu64 " points, of which it sums up %" PRIu64,
		      r->id, r->name, s.all.points, r->all.points);
	check_segments(&s);
	k->cells += s.all.points;
	for (size_t i = 0; i < ch->n; i++) {
		struct block_cells cells;
		if (block_find(&ch->v[i].block, r->column, &cells))
			k->cells += cells.n;
	}
}

/* ---- the log --------------------------------------------------------------------------------- */

static void
check_column(struct log_check *k, uint32_t column, const struct chain *ch)
{
	struct check *c = k->c;
	struct key key = key_pair(KEY_SERIES, k->log->id, column), number, name;
	struct bytes v;
	struct series_rec r;

	if (db_get(c->sn->t, &key, &v) <= 0 || !series_rec_unpack(&r, &v)) {
		wrong(c, "log %u has no column %u", k->log->id, column);
		return;
	}
	number = key_id(KEY_NUMBER, r.id);
	name = key_name(k->log->id, r.name, strlen(r.name), column);
	if (r.log != k->log->id || r.column != column)
		wrong(c, "series %u says it is column %u of log %u", r.id, r.column, r.log);
	if (db_get(c->sn->t, &number, &v) <= 0 || v.n != 8 || load_u32(v.p) != k->log->id ||
	    load_u32((const char *)v.p + 4) != column)
		wrong(c, "series %u is not found by its number", r.id);
	if (db_get(c->sn->t, &name, &v) <= 0)
		wrong(c, "series %u (%.100s) is not found by its name", r.id, r.name);
	check_series(k, &r, ch);
}

void
check_log(struct check *c, const struct log_rec *log)
{
	struct log_check k = {.c = c, .log = log};
	const struct chain none = {0}, *ch;
	struct key key = key_text(KEY_LOG_PATH, log->path);
	struct bytes v;
	struct run_info run;

	if (db_get(c->sn->t, &key, &v) <= 0 || v.n != 4 || load_u32(v.p) != log->id)
		wrong(c, "log %u is not found by its path %.200s", log->id, log->path);
	if (!snap_run(c->sn, log->run, &run))
		wrong(c, "log %u is of run %u, which does not exist", log->id, log->run);
	key = key_pair(KEY_RUN_LOG, log->run, log->id);
	if (db_get(c->sn->t, &key, &v) <= 0)
		wrong(c, "run %u does not list its log %u", log->run, log->id);
	if (log->cur.fp.head_len > log->cur.offset || log->cur.fp.tail_len > log->cur.offset)
		wrong(c, "log %u: its fingerprint is of more bytes than were read", log->id);

	k.found = xcalloc(log->nattempts + 1, sizeof *k.found);
	k.reader = snap_reader(c->sn, log->id);
	check_axis(&k);
	ch = snap_chain(c->sn, log);
	if (!ch) {
		check_failed(c);
		ch = &none;
	}
	for (size_t i = 0; i < ch->n; i++)
		check_section(&k, &ch->v[i].block);
	for (uint32_t i = 0; i < log->columns; i++)
		check_column(&k, i, ch);
	check_attempts(&k);
	snap_reader_back(c->sn, k.reader);
	free(k.found);
}
