/* Taking up what is kept. The records of a run, its logs and their columns say what the sealed rows
 * came to; the rows in the tail are added to that, so that sums go on from where they were. */
#include "store/batch.h"

#include "core/xalloc.h"
#include "store/field.h"

#include <stdlib.h>
#include <string.h>

static char *
dup_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void
damaged(struct txn *t, const char *what)
{
	txn_fail(t, ERR_CORRUPT, "the store is damaged: a record of a %s", what);
}

/* What the tail holds, all told. */
static void
tail_ids(struct batch *b, struct txn *t)
{
	struct key prefix = key_type(KEY_TAIL);
	struct iter it;

	b->next_tail = 1;
	b->tail_bytes = 0;
	iter_init(&it, t, &prefix);
	while (iter_next(&it) > 0) {
		b->next_tail = key_get64(it.key.p, it.key.n, 0) + 1;
		b->tail_bytes += it.val.n;
	}
	iter_release(&it);
}

int
kept_ids(struct batch *b)
{
	struct txn *t = batch_read(b);
	struct key k = key_text(KEY_META, "ids");
	struct bytes v;

	if (!t)
		return b->err.code;
	b->next_log = b->next_run = b->next_series = 1;
	if (db_get(t, &k, &v) > 0) {
		struct take u;
		take_init(&u, v.p, v.n);
		b->next_log = take_u32(&u);
		b->next_run = take_u32(&u);
		b->next_series = take_u32(&u);
		if (u.bad)
			damaged(t, "counter");
	}
	b->ids_dirty = false;
	tail_ids(b, t);
	batch_read_end(b, t);
	return b->err.code;
}

static struct series *
series_load(struct txn *t, const struct bytes *v)
{
	struct series_rec r;

	if (!series_rec_unpack(&r, v)) {
		damaged(t, "series");
		return NULL;
	}
	struct series *c = xcalloc(1, sizeof *c);
	c->name = xstrdup(r.name);
	c->id = r.id;
	c->chunks = r.chunks;
	c->attempt = r.attempt;
	c->attempts = r.attempts;
	c->now = r.now;
	if (r.attempts > 1)
		c->all = xmemdup(&r.all, sizeof r.all);
	xgrow(&c->seg, &c->segcap, r.nsegments, sizeof *c->seg);
	for (uint32_t i = 0; i < r.nsegments; i++) {
		c->seg[c->nseg++] = series_rec_segment(&r, i);
		c->seg_here += c->seg[i].attempt == c->attempt;
	}
	return c;
}

static void
columns_load(struct txn *t, struct log *log)
{
	struct key prefix = key_id(KEY_SERIES, log->id);
	struct iter it;

	iter_init(&it, t, &prefix);
	while (iter_next(&it) > 0) {
		struct series *c = series_load(t, &it.val);
		if (!c)
			break;
		*vec_push(log->columns, log->ncolumns, log->columncap) = c;
		map_put(&log->names, c->name, strlen(c->name), (void *)(uintptr_t)log->ncolumns);
	}
	iter_release(&it);
}

static void
goals_load(struct txn *t, struct log *log)
{
	struct key prefix = key_id(KEY_GOAL, log->id);
	struct iter it;

	if (!log->goals)
		return;
	iter_init(&it, t, &prefix);
	while (iter_next(&it) > 0) {
		uint32_t column = key_get32(it.key.p, it.key.n, 4);
		uint8_t goal = it.val.n == 1 ? *(const uint8_t *)it.val.p : GOAL_NONE;
		if (column < log->ncolumns && goal <= GOAL_MAX)
			log->columns[column]->told = (enum goal)goal;
	}
	iter_release(&it);
}

static struct log *
log_load(struct batch *b, struct txn *t, uint32_t id)
{
	struct key k = key_id(KEY_LOG, id);
	struct bytes v;
	struct log_rec r;

	if (db_get(t, &k, &v) <= 0)
		return NULL;
	if (!log_rec_unpack(&r, &v)) {
		damaged(t, "log");
		return NULL;
	}
	struct log *log = xcalloc(1, sizeof *log);
	log->id = id;
	log->rank = r.rank;
	log->path = xstrdup(r.path);
	log->format = xstrdup(r.format);
	log->prefix = xstrdup(r.prefix);
	log->reason = xstrdup(r.reason);
	log_say(log, &r.said);
	log->title = dup_or_null(r.title);
	log->cur = r.cur;
	log->remarks = r.remarks;
	log->points = r.points;
	log->gone = r.gone;
	log->writing = r.writing;
	log->anew = r.anew;
	log->judged = r.judged;
	log->goals = r.goals;
	xgrow(&log->attempts, &log->attemptcap, r.nattempts + 1, sizeof *log->attempts);
	for (uint32_t i = 0; i < r.nattempts; i++)
		log->attempts[log->nattempts++] = log_rec_attempt(&r, i);
	if (log->nattempts) {
		const struct log_attempt *a = log_now(log);
		log->kept_rows = a->first_row + a->rows;
	}
	log->place = (struct place){.sealed = r.sealed, .tail = r.tail, .tail_first = r.tail_first};
	log->cut = NOT_CUT;
	rows_reset(&log->pend, log->kept_rows);
	if (log_rec_state(&r, t, &v) > 0)
		str_add(&log->state, v.p, v.n);
	log_register(b, log);
	columns_load(t, log);
	goals_load(t, log);
	return log;
}

static const struct log_attempt *
attempt_at(const struct log *log, uint64_t row)
{
	size_t i = log->nattempts - 1;

	while (i && log->attempts[i].first_row > row)
		i--;
	return &log->attempts[i];
}

void
log_take(struct log *log, const struct block *b, uint32_t n)
{
	for (uint32_t i = 0; i < b->ncolumns; i++) {
		struct block_cells c;
		block_cells(b, i, &c);
		if (c.column >= log->ncolumns)
			continue;
		uint32_t end = cells_before(&c, n);
		for (uint32_t j = 0; j < end; j++) {
			uint32_t row = cells_row(&c, j);
			series_add(log->run, log->columns[c.column],
				   attempt_at(log, b->first + row)->attempt,
				   word_unit(block_word(b, row)), block_step(b, row),
				   block_wall(b, row), cells_value(&c, j));
		}
	}
}

/* What is kept of the series is of the sealed rows. */
static void
tail_load(struct batch *b, struct txn *t, struct log *log)
{
	struct chain *ch = &b->chain;

	if (chain_open(ch, t, log->id, log->place.tail, log->place.sealed, log->kept_rows))
		return;
	for (size_t i = 0; i < ch->n; i++)
		log_take(log, &ch->v[i].block, ch->v[i].block.n);
	log->place.sections = ch->n;
	log->place.bytes = ch->bytes;
}

int
kept_rows_at(struct batch *b, struct txn *t, struct log *log, uint64_t row, struct str *bytes,
	     struct block *out)
{
	int rc;

	str_reset(bytes);
	if (row >= log->place.sealed) {
		rc = chain_open(&b->chain, t, log->id, log->place.tail, log->place.sealed,
				log->kept_rows);
		const struct block *in = rc ? NULL : chain_at(&b->chain, row);
		if (in)
			str_add(bytes, in->begin, in->size);
	} else {
		struct column_ref *refs = xcalloc(log->ncolumns + 1, sizeof *refs);
		struct rows rows = {0};
		for (size_t i = 0; i < log->ncolumns; i++)
			refs[i] = (struct column_ref){log->columns[i]->id, log->columns[i]->chunks};
		reader_begin(&b->reader, t, log->id);
		rc = sealed_rows(&b->reader, refs, log->ncolumns, row, &rows);
		if (!rc)
			rows_pack(&rows, 0, rows.n, bytes);
		rows_release(&rows);
		free(refs);
	}
	if (!rc && !block_open(out, str_c(bytes), bytes->len))
		rc = txn_fail(t, ERR_CORRUPT, "the store is damaged: row %llu of log %u is missing",
			      (unsigned long long)row, log->id);
	return rc;
}

static int
param_load(void *run, const char *key, const char *value)
{
	run_param(run, key, value);
	return 0;
}

static void
params_load(struct txn *t, struct run *run)
{
	struct key k = key_id(KEY_PARAMS, run->id);
	struct bytes v;

	if (db_get(t, &k, &v) <= 0)
		return;
	params_each(&v, param_load, run);
	run->params_dirty = false;
	run_totals(run);
}

static void
logs_load(struct batch *b, struct txn *t, struct run *run)
{
	struct key prefix = key_id(KEY_RUN_LOG, run->id);
	struct iter it;

	iter_init(&it, t, &prefix);
	while (iter_next(&it) > 0) {
		uint32_t id = key_get32(it.key.p, it.key.n, 4);
		struct log *log = id < b->nlogs ? b->logs[id] : NULL;
		if (!log)
			log = log_load(b, t, id);
		if (!log)
			continue;
		/* One that has moved on in memory, and not yet in the store, belongs there. */
		if (log->run)
			continue;
		log->run = run;
		*vec_push(run->logs, run->nlogs, run->logcap) = log;
		tail_load(b, t, log);
	}
	iter_release(&it);
}

struct run *
run_load(struct batch *b, struct txn *t, const struct key *k)
{
	struct bytes v;
	struct run_rec r;

	if (db_get(t, k, &v) <= 0)
		return NULL;
	if (!run_rec_unpack(&r, &v)) {
		damaged(t, "run");
		return NULL;
	}
	/* Renamed in memory, and not yet in the store. */
	if (r.info.id < b->nruns && b->runs[r.info.id])
		return NULL;
	struct run *run = xcalloc(1, sizeof *run);
	run->id = r.info.id;
	run->path = xstrdup(r.info.path);
	run->rec = r;
	run->rec.info.path = run->path;
	run->rec.info.said = run->rec.info.title = NULL;
	run->rec.info.loss.name = run->rec.info.headline.name = "";
	run->lead_step = r.info.last_step;
	run_register(b, run);
	params_load(t, run);
	logs_load(b, t, run);
	for (size_t i = 0; i < run->nlogs; i++) {
		if (run->logs[i]->id == r.loss_log)
			run->lead = run->logs[i];
	}
	run->rec.info.said = run_last_words(run);
	run_settle(b, run);
	return run;
}

static size_t
past_texts(struct past *p, const char **text[])
{
	struct run_info *i = &p->rec.info;
	size_t n = 0;

	text[n++] = &i->path;
	text[n++] = &i->said;
	text[n++] = &i->title;
	text[n++] = &i->loss.name;
	text[n++] = &i->headline.name;
	return n;
}

void
past_own(struct past *p)
{
	const char **text[8];

	for (size_t i = past_texts(p, text); i-- > 0;)
		*text[i] = dup_or_null(*text[i]);
}

void
past_release(struct past *p)
{
	const char **text[8];

	for (size_t i = past_texts(p, text); i-- > 0;)
		free((char *)(uintptr_t)*text[i]);
}

struct past *
run_past(struct batch *b, struct run *run, uint32_t attempt)
{
	for (size_t i = 0; i < run->npast; i++)
		if (run->past[i].rec.info.attempt == attempt)
			return &run->past[i];
	struct txn *t = batch_read(b);
	if (!t)
		return NULL;
	struct key k = key_pair(KEY_PAST, run->id, attempt);
	struct bytes v;
	struct past p = {0};
	bool found = db_get(t, &k, &v) > 0 && run_rec_unpack(&p.rec, &v);
	if (found)
		past_own(&p);
	batch_read_end(b, t);
	if (!found)
		return NULL;
	*vec_push(run->past, run->npast, run->pastcap) = p;
	return &run->past[run->npast - 1];
}
