/* The writer reads a run, its logs and their columns when it first needs them, and keeps them: sums
 * go on from where they were. A run is in memory whole or not at all, so what its record says can
 * be derived from its logs alone. Runs that fell silent give way again. */
#include "store/batch.h"

#include "core/xalloc.h"
#include "store/field.h"

#include <stdlib.h>
#include <string.h>

/* Columns in memory beyond which silent runs give way; a column is about 700 bytes. */
enum { COLUMNS_MOST = 20000, COMMITS_SILENT = 64 };

static char *
dup_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

void
log_say(struct log *log, const struct last_words *w)
{
	free((char *)(uintptr_t)log->said.what);
	log->said = w ? *w : (struct last_words){0};
	log->said.what = dup_or_null(log->said.what);
}

static struct txn *
read_begin(struct batch *b)
{
	struct txn *t;
	struct err e;

	if (db_read_begin(b->db, &t, &e)) {
		batch_fail(b, &e);
		return NULL;
	}
	return t;
}

static void
read_end(struct batch *b, struct txn *t)
{
	struct err e;

	if (txn_failed(t, &e))
		batch_fail(b, &e);
	db_read_end(t);
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
	struct txn *t = read_begin(b);
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
	read_end(b, t);
	return b->err.code;
}

/* ---- freeing --------------------------------------------------------------------------------- */

static void
series_free(struct series *c)
{
	free(c->name);
	free(c->all);
	free(c->seg);
	free(c);
}

static void
log_free(struct batch *b, struct log *log)
{
	map_remove(&b->log_paths, log->path, strlen(log->path));
	b->logs[log->id] = NULL;
	b->loaded -= log->ncolumns;
	for (size_t i = 0; i < log->ncolumns; i++)
		series_free(log->columns[i]);
	free(log->columns);
	map_release(&log->names);
	rows_release(&log->pend);
	hists_release(&log->hists);
	replay_free(log->replay);
	str_release(&log->state);
	free(log->attempts);
	free(log->path);
	free(log->format);
	free(log->prefix);
	free(log->reason);
	log_say(log, NULL);
	free(log->title);
	free(log);
}

void
run_forget(struct batch *b, struct run *run)
{
	for (size_t i = 0; i < run->nlogs; i++)
		log_free(b, run->logs[i]);
	free(run->logs);
	for (size_t i = 0; i < run->npast; i++) {
		free((char *)(uintptr_t)run->past[i].rec.info.path);
		free((char *)(uintptr_t)run->past[i].rec.info.said);
		free((char *)(uintptr_t)run->past[i].rec.info.title);
	}
	free(run->past);
	for (size_t i = 0; i < run->nparams; i++) {
		free(run->params[i].key);
		free(run->params[i].value);
	}
	free(run->params);
	map_remove(&b->run_paths, run->path, strlen(run->path));
	b->runs[run->id] = NULL;
	free(run->path);
	free(run);
}

void
kept_trim(struct batch *b)
{
	if (b->loaded <= COLUMNS_MOST)
		return;
	for (size_t i = 0; i < b->nruns && b->loaded > COLUMNS_MOST / 2; i++) {
		struct run *run = b->runs[i];
		if (!run || b->commits - run->used < COMMITS_SILENT)
			continue;
		bool busy = false;
		for (size_t j = 0; j < run->nlogs; j++)
			busy |= run->logs[j]->replay != NULL;
		if (!busy)
			run_forget(b, run);
	}
}

/* ---- taking up ------------------------------------------------------------------------------- */

static void
by_id(void *array, size_t *n, uint32_t id, void *p)
{
	void **v;
	size_t cap = *n;

	memcpy(&v, array, sizeof v);
	if (id >= cap) {
		size_t more = (size_t)id + 1 + id / 2;
		v = xreallocarray(v, more, sizeof *v);
		memset(v + cap, 0, (more - cap) * sizeof *v);
		*n = more;
		memcpy(array, &v, sizeof v);
	}
	v[id] = p;
}

static void
log_register(struct batch *b, struct log *log)
{
	by_id(&b->logs, &b->nlogs, log->id, log);
	map_put(&b->log_paths, log->path, strlen(log->path), log);
}

static void
run_register(struct batch *b, struct run *run)
{
	by_id(&b->runs, &b->nruns, run->id, run);
	map_put(&b->run_paths, run->path, strlen(run->path), run);
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
columns_load(struct batch *b, struct txn *t, struct log *log)
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
		b->loaded++;
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
	columns_load(b, t, log);
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

static void
params_load(struct txn *t, struct run *run)
{
	struct key k = key_id(KEY_PARAMS, run->id);
	struct bytes v;
	struct take u;

	if (db_get(t, &k, &v) <= 0)
		return;
	take_init(&u, v.p, v.n);
	for (uint32_t n = take_u32(&u); n && !u.bad; n--) {
		const char *key = take_text(&u), *value = take_text(&u);
		if (!u.bad && key && value)
			run_param(run, key, value);
	}
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

static struct run *
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
	run->lead_step = r.info.last_step;
	run->used = b->commits;
	run_register(b, run);
	params_load(t, run);
	logs_load(b, t, run);
	for (size_t i = 0; i < run->nlogs; i++) {
		if (run->logs[i]->id == r.loss_log)
			run->lead = run->logs[i];
	}
	run->rec.info.said = run_last_words(run);
	return run;
}

struct run *
kept_run(struct batch *b, uint32_t id)
{
	if (id < b->nruns && b->runs[id])
		return b->runs[id];
	struct txn *t = read_begin(b);
	struct run *run = NULL;
	struct key k = key_id(KEY_RUN_ID, id);
	struct bytes v;

	if (!t)
		return NULL;
	if (db_get(t, &k, &v) > 0 && v.n && ((const char *)v.p)[v.n - 1] == '\0') {
		k = key_text(KEY_RUN, v.p);
		run = run_load(b, t, &k);
	}
	read_end(b, t);
	return run;
}

struct run *
kept_run_by_path(struct batch *b, const char *path)
{
	struct run *run = map_get(&b->run_paths, path, strlen(path));

	if (run)
		return run;
	struct txn *t = read_begin(b);
	if (!t)
		return NULL;
	struct key k = key_text(KEY_RUN, path);
	run = run_load(b, t, &k);
	read_end(b, t);
	return run;
}

/* A log comes with its run. */
static struct log *
log_with_run(struct batch *b, uint32_t id)
{
	struct txn *t = read_begin(b);
	struct key k = key_id(KEY_LOG, id);
	struct bytes v;
	struct log_rec r;
	uint32_t run = 0;

	if (!t)
		return NULL;
	if (db_get(t, &k, &v) > 0 && log_rec_unpack(&r, &v))
		run = r.run;
	read_end(b, t);
	if (!run || !kept_run(b, run))
		return NULL;
	return id < b->nlogs ? b->logs[id] : NULL;
}

struct log *
kept_log(struct batch *b, uint32_t id)
{
	if (id < b->nlogs && b->logs[id])
		return b->logs[id];
	return log_with_run(b, id);
}

struct log *
kept_log_by_path(struct batch *b, const char *path)
{
	struct log *log = map_get(&b->log_paths, path, strlen(path));

	if (log)
		return log;
	struct txn *t = read_begin(b);
	if (!t)
		return NULL;
	struct key k = key_text(KEY_LOG_PATH, path);
	struct bytes v;
	uint32_t id = 0;
	if (db_get(t, &k, &v) > 0 && v.n == sizeof id)
		id = load_u32(v.p);
	read_end(b, t);
	if (!id || (id < b->nlogs && b->logs[id])) /* in memory under another path */
		return NULL;
	return log_with_run(b, id);
}

/* ---- making ---------------------------------------------------------------------------------- */

struct run *
run_new(struct batch *b, const char *path)
{
	struct run *run = xcalloc(1, sizeof *run);

	run->id = b->next_run++;
	b->ids_dirty = true;
	run->path = xstrdup(path);
	run->rec.info.id = run->id;
	run->rec.info.path = run->path;
	run->rec.info.attempt = run->rec.info.attempts = 1;
	run->rec.info.unit = STEP_NONE;
	run->fresh = run->repick = true;
	run_register(b, run);
	batch_touch_run(b, run);
	return run;
}

struct log *
log_new(struct batch *b, const struct log_desc *d, struct run *run)
{
	struct log *log = xcalloc(1, sizeof *log);

	log->id = b->next_log++;
	b->ids_dirty = true;
	log->path = xstrdup(d->path);
	log->format = xstrdup(d->format);
	log->prefix = xstrdup(d->prefix);
	log->reason = xstrdup(d->reason ? d->reason : "");
	log->rank = d->rank;
	log->cut = NOT_CUT;
	log->fresh = log->path_dirty = true;
	struct log_attempt a = {.attempt = run->rec.info.attempt, .unit = STEP_NONE};
	*vec_push(log->attempts, log->nattempts, log->attemptcap) = a;
	log_register(b, log);
	run_adopt(b, run, log);
	return log;
}

void
log_displace(struct batch *b, struct log *log)
{
	char *path = xasprintf("%s#%u", log->path, log->id);

	map_remove(&b->log_paths, log->path, strlen(log->path));
	free(log->path);
	log->path = path;
	map_put(&b->log_paths, log->path, strlen(log->path), log);
	log->path_dirty = log->gone = true;
	batch_touch_log(b, log);
}

/* Takes LOG, out of the run it was in. */
void
run_adopt(struct batch *b, struct run *run, struct log *log)
{
	struct run *old = log->run;

	if (old) {
		for (size_t i = 0; i < old->nlogs; i++)
			if (old->logs[i] == log)
				old->logs[i] = old->logs[--old->nlogs];
		if (old->lead == log)
			old->lead = NULL;
		struct key k = key_pair(KEY_RUN_LOG, old->id, log->id);
		batch_op(b, &k, NULL, 0);
		old->repick = true;
		batch_touch_run(b, old);
	}
	log->run = run;
	*vec_push(run->logs, run->nlogs, run->logcap) = log;
	log->path_dirty = true;
	if (log_now(log)->attempt > run->rec.info.attempt)
		run_attempt_begin(b, run, log_now(log)->attempt);
	run->repick = true;
	batch_touch_log(b, log);
}

struct past *
run_past(struct batch *b, struct run *run, uint32_t attempt)
{
	for (size_t i = 0; i < run->npast; i++)
		if (run->past[i].rec.info.attempt == attempt)
			return &run->past[i];
	struct txn *t = read_begin(b);
	if (!t)
		return NULL;
	struct key k = key_pair(KEY_PAST, run->id, attempt);
	struct bytes v;
	struct past p = {0};
	bool found = db_get(t, &k, &v) > 0 && run_rec_unpack(&p.rec, &v);
	if (found) {
		p.rec.info.path = xstrdup(p.rec.info.path);
		p.rec.info.said = dup_or_null(p.rec.info.said);
		p.rec.info.title = dup_or_null(p.rec.info.title);
	}
	read_end(b, t);
	if (!found)
		return NULL;
	*vec_push(run->past, run->npast, run->pastcap) = p;
	return &run->past[run->npast - 1];
}
