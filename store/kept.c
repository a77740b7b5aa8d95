/* The writer reads a run, its logs and their columns when it first needs them, and keeps them: sums
 * go on from where they were. A run is in memory whole or not at all, so what its record says can
 * be derived from its logs alone. Those that were not touched for longest give way again. */
#include "store/batch.h"

#include "core/xalloc.h"
#include "store/field.h"

#include <stdlib.h>
#include <string.h>

/* Runs that nothing waits for may take so many bytes: as many as a thousand runs of twenty columns
 * do, for one that is read again with each row that comes costs more than the row. */
#ifdef MM_SMALL
enum { KEPT_BYTES = 3000 };
#else
enum { KEPT_BYTES = 18 << 20 };
#endif

void
log_say(struct log *log, const struct last_words *w)
{
	free((char *)(uintptr_t)log->said.what);
	log->said = w ? *w : (struct last_words){0};
	log->said.what = log->said.what ? xstrdup(log->said.what) : NULL;
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
	run_stir(b, run);
	for (size_t i = 0; i < run->nlogs; i++)
		log_free(b, run->logs[i]);
	free(run->logs);
	for (size_t i = 0; i < run->npast; i++)
		past_release(&run->past[i]);
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

/* ---- giving way ------------------------------------------------------------------------------ */

/* What an allocation takes beside what was asked for. */
enum { EACH = 16 };

static size_t
rows_weight(const struct rows *r)
{
	size_t n = r->cap * sizeof *r->step + r->wallcap * sizeof *r->wall +
		   r->wordcap * sizeof *r->word + r->columncap * sizeof *r->cells +
		   r->touchedcap * sizeof *r->touched;

	for (size_t i = 0; i < r->ncolumns; i++)
		n += r->cells[i].cap * sizeof *r->cells[i].value +
		     r->cells[i].rowcap * sizeof *r->cells[i].row;
	return n;
}

/* About: what there is much of is counted as it is, the rest by the look of a usual one. */
static size_t
log_weight(const struct log *log)
{
	size_t n = sizeof *log + 12 * EACH + strlen(log->path) + strlen(log->reason) +
		   log->state.cap + log->attemptcap * sizeof *log->attempts +
		   log->columncap * sizeof(struct series *) + rows_weight(&log->pend);

	for (size_t i = 0; i < log->ncolumns; i++) {
		const struct series *c = log->columns[i];
		n += sizeof *c + 2 * (strlen(c->name) + EACH) + c->segcap * sizeof *c->seg +
		     (c->all ? sizeof *c->all : 0) + 4 * EACH;
	}
	return n;
}

static size_t
run_weight(const struct run *run)
{
	size_t n = sizeof *run + 4 * EACH + 2 * strlen(run->path) + run->npast * sizeof *run->past;

	for (size_t i = 0; i < run->nlogs; i++)
		n += log_weight(run->logs[i]);
	for (size_t i = 0; i < run->nparams; i++)
		n += sizeof *run->params + 2 * EACH + strlen(run->params[i].key) +
		     strlen(run->params[i].value);
	return n;
}

void
run_settle(struct batch *b, struct run *run)
{
	run->weight = run_weight(run);
	b->weight += run->weight;
	run->older = b->newest;
	*(run->older ? &run->older->newer : &b->oldest) = run;
	b->newest = run;
}

void
run_stir(struct batch *b, struct run *run)
{
	if (!run->weight)
		return;
	*(run->older ? &run->older->newer : &b->oldest) = run->newer;
	*(run->newer ? &run->newer->older : &b->newest) = run->older;
	run->older = run->newer = NULL;
	b->weight -= run->weight;
	run->weight = 0;
}

static bool
is_compared(const struct run *run)
{
	for (size_t i = 0; i < run->nlogs; i++)
		if (run->logs[i]->replay)
			return true;
	return false;
}

static void
give_way(struct batch *b, size_t limit)
{
	for (struct run *run = b->oldest, *next; run && b->weight > limit; run = next) {
		next = run->newer;
		if (!is_compared(run))
			run_forget(b, run);
	}
}

void
kept_trim(struct batch *b)
{
	give_way(b, KEPT_BYTES);
}

void
kept_rest(struct batch *b)
{
	give_way(b, 0);
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

void
log_register(struct batch *b, struct log *log)
{
	by_id(&b->logs, &b->nlogs, log->id, log);
	map_put(&b->log_paths, log->path, strlen(log->path), log);
}

void
run_register(struct batch *b, struct run *run)
{
	by_id(&b->runs, &b->nruns, run->id, run);
	map_put(&b->run_paths, run->path, strlen(run->path), run);
}

struct run *
kept_run(struct batch *b, uint32_t id)
{
	if (id < b->nruns && b->runs[id])
		return b->runs[id];
	struct txn *t = batch_read(b);
	struct run *run = NULL;
	struct key k = key_id(KEY_RUN_ID, id);
	struct bytes v;

	if (!t)
		return NULL;
	if (db_get(t, &k, &v) > 0 && v.n && ((const char *)v.p)[v.n - 1] == '\0') {
		k = key_text(KEY_RUN, v.p);
		run = run_load(b, t, &k);
	}
	batch_read_end(b, t);
	return run;
}

struct run *
kept_run_by_path(struct batch *b, const char *path)
{
	struct run *run = map_get(&b->run_paths, path, strlen(path));

	if (run)
		return run;
	struct txn *t = batch_read(b);
	if (!t)
		return NULL;
	struct key k = key_text(KEY_RUN, path);
	run = run_load(b, t, &k);
	batch_read_end(b, t);
	return run;
}

/* A log comes with its run. */
static struct log *
log_with_run(struct batch *b, uint32_t id)
{
	struct txn *t = batch_read(b);
	struct key k = key_id(KEY_LOG, id);
	struct bytes v;
	struct log_rec r;
	uint32_t run = 0;

	if (!t)
		return NULL;
	if (db_get(t, &k, &v) > 0 && log_rec_unpack(&r, &v))
		run = r.run;
	batch_read_end(b, t);
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
	struct txn *t = batch_read(b);
	if (!t)
		return NULL;
	struct key k = key_text(KEY_LOG_PATH, path);
	struct bytes v;
	uint32_t id = 0;
	if (db_get(t, &k, &v) > 0 && v.n == sizeof id)
		id = load_u32(v.p);
	batch_read_end(b, t);
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
	run->rec.info.loss.name = run->rec.info.headline.name = "";
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
