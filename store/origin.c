/* Where a log comes from: its file, how far that was read, the run it is of; and what becomes of
 * them when files move. A run whose only log moves is renamed; of one with several the first to
 * move makes the new run, and the others follow it. */
#include "store/batch.h"

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

static char *
replaced(char *old, const char *new)
{
	if (!strcmp(old, new))
		return old;
	free(old);
	return xstrdup(new);
}

/* LOG belongs to the run at PATH from now on. A run that has no other log keeps its identity and is
 * renamed. */
static void
log_set_run(struct batch *b, struct log *log, const char *path)
{
	struct run *old = log->run, *run;

	if (!strcmp(old->path, path))
		return;
	run = kept_run_by_path(b, path);
	if (batch_failed(b))
		return;
	if (!run && old->nlogs == 1) {
		struct key k = key_text(KEY_RUN, old->path);
		batch_op(b, &k, NULL, 0);
		map_remove(&b->run_paths, old->path, strlen(old->path));
		free(old->path);
		old->path = xstrdup(path);
		old->rec.info.path = old->path;
		map_put(&b->run_paths, old->path, strlen(old->path), old);
		old->fresh = true;
		batch_touch_log(b, log);
		return;
	}
	if (!run) {
		/* The first of several that will all move: what is known of the run goes along. */
		run = run_new(b, path);
		run->rec.pace = old->rec.pace;
		run->rec.info.last_arrival_us = old->rec.info.last_arrival_us;
		for (size_t i = 0; i < old->nparams; i++)
			run_param(run, old->params[i].key, old->params[i].value);
		run_totals(run);
	}
	run_adopt(b, run, log);
}

static void
log_describe(struct batch *b, struct log *log, const struct log_desc *d)
{
	const char *reason = d->reason ? d->reason : "";
	bool same = !strcmp(log->format, d->format) && !strcmp(log->reason, reason) &&
		    !strcmp(log->prefix, d->prefix) && log->rank == d->rank;

	if (!same) {
		log->format = replaced(log->format, d->format);
		log->prefix = replaced(log->prefix, d->prefix);
		log->reason = replaced(log->reason, reason);
		log->rank = d->rank;
		log->run->repick = true;
		batch_touch_log(b, log);
	}
	log_set_run(b, log, d->run);
}

uint32_t
origin_log_open(struct sink *s, const struct log_desc *d)
{
	struct batch *b = batch_of(s);

	if (batch_failed(b))
		return 0;
	kept_trim(b);
	struct log *log = kept_log_by_path(b, d->path);
	if (log) {
		log_describe(b, log, d);
		return log->id;
	}
	if (batch_failed(b))
		return 0;
	struct run *run = kept_run_by_path(b, d->run);
	if (batch_failed(b))
		return 0;
	if (!run)
		run = run_new(b, d->run);
	return log_new(b, d, run)->id;
}

void
origin_mark(struct sink *s, uint32_t id, const struct cursor *c)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_log(b, id);

	if (!log)
		return;
	if (c->nstate != log->state.len ||
	    (c->nstate && memcmp(c->state, log->state.buf, c->nstate))) {
		str_reset(&log->state);
		str_add(&log->state, c->state, c->nstate);
		log->state_dirty = true;
	}
	log->cur = *c;
	log->cur.state = NULL;
	batch_touch_log(b, log);
}

void
origin_gone(struct sink *s, uint32_t id, bool gone)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_log(b, id);

	if (!log || log->gone == gone)
		return;
	log->gone = gone;
	batch_touch_log(b, log);
}

void
origin_writing(struct sink *s, uint32_t id, const struct writing *w)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_log(b, id);

	if (!log)
		return;
	log->writing = *w;
	batch_touch_log(b, log);
}

void
origin_moved(struct sink *s, uint32_t id, const struct log_desc *d)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_log(b, id);

	if (!log)
		return;
	if (strcmp(log->path, d->path)) {
		struct log *there = kept_log_by_path(b, d->path);
		if (batch_failed(b))
			return;
		struct key k = key_text(KEY_LOG_PATH, log->path);
		batch_op(b, &k, NULL, 0);
		map_remove(&b->log_paths, log->path, strlen(log->path));
		if (there && there != log)
			log_displace(b, there);
		free(log->path);
		log->path = xstrdup(d->path);
		map_put(&b->log_paths, log->path, strlen(log->path), log);
		log->path_dirty = true;
	}
	log->gone = false;
	batch_touch_log(b, log);
	log_describe(b, log, d);
}

void
origin_skipped(struct sink *s, const char *path, const char *reason)
{
	struct batch *b = batch_of(s);
	struct txn *t = batch_read(b);
	struct key k = key_text(KEY_SKIPPED, path);
	struct bytes v;
	struct str now = STR_INIT;

	if (!t)
		return;
	if (reason)
		skipped_pack(&now, path, reason);
	/* Every scan says it again; only news are written. */
	int found = db_get(t, &k, &v);
	bool same = found > 0 ? reason && v.n == now.len && !memcmp(v.p, now.buf, v.n) : !reason;
	batch_read_end(b, t);
	if (!same || b->nops)
		batch_op(b, &k, reason ? now.buf : NULL, now.len);
	str_release(&now);
}

void
origin_checkpoint(struct sink *s, const char *path, const struct checkpoint *c)
{
	struct batch *b = batch_of(s);
	struct key k = key_text(KEY_CHECKPOINT, path);
	struct str now = STR_INIT;

	if (c)
		checkpoint_pack(&now, path, c);
	batch_op(b, &k, c ? now.buf : NULL, now.len);
	str_release(&now);
}
