/* What the sink answers: what is kept and what waits for the next commit, without taking a run into
 * memory, for at start every log is asked for. Texts that are handed out live in the batch's
 * scratch. */
#include "store/batch.h"

#include "core/xalloc.h"
#include "store/snap.h"

#include <stdlib.h>
#include <string.h>

/* Of a log that has ROWS rows, the newest N of them in the attempt that goes on. */
static void
info_judged(struct log_info *out, uint64_t judged, uint64_t rows, uint64_t n)
{
	uint64_t left = judged < rows ? rows - judged : 0;

	out->unjudged = left < n ? left : n;
	out->judged = judged > 0;
}

static void
info_of_log(const struct log *log, struct log_info *out)
{
	const struct log_attempt *a = &log->attempts[log->nattempts - 1];

	memset(out, 0, sizeof *out);
	out->id = log->id;
	out->path = log->path;
	out->run = log->run->path;
	out->format = log->format;
	out->reason = log->reason;
	out->cur = log->cur;
	out->cur.state = str_c(&log->state);
	out->cur.nstate = log->state.len;
	out->attempt = a->attempt;
	out->rows = a->rows;
	out->points = log->points;
	out->remarks = log->remarks;
	out->columns = (uint32_t)log->ncolumns;
	out->gone = log->gone;
	out->writing = log->writing;
	info_judged(out, log->judged, a->first_row + a->rows, a->rows);
	out->said = log->said;
	out->stepped_us = attempt_stepped_us(a, log->cur.mtime_us);
}

/* Without taking it into memory: at start every known log is asked for. */
static bool
info_kept(struct batch *b, struct txn *t, uint32_t id, struct log_info *out)
{
	struct key k = key_id(KEY_LOG, id);
	struct bytes v;
	struct log_rec r;

	if (id < b->nlogs && b->logs[id]) {
		info_of_log(b->logs[id], out);
		return true;
	}
	if (db_get(t, &k, &v) <= 0 || !log_rec_unpack(&r, &v))
		return false;
	memset(out, 0, sizeof *out);
	out->id = id;
	out->path = r.path;
	out->format = r.format;
	out->reason = r.reason;
	out->cur = r.cur;
	if (r.nattempts) {
		struct log_attempt a = log_rec_attempt(&r, r.nattempts - 1);
		out->attempt = a.attempt;
		out->rows = a.rows;
		info_judged(out, r.judged, a.first_row + a.rows, a.rows);
		out->stepped_us = attempt_stepped_us(&a, r.cur.mtime_us);
	}
	out->points = r.points;
	out->remarks = r.remarks;
	out->columns = r.columns;
	out->gone = r.gone;
	out->writing = r.writing;
	out->said = r.said;
	if (log_rec_state(&r, t, &v) > 0) {
		out->cur.state = v.p;
		out->cur.nstate = v.n;
	}
	k = key_id(KEY_RUN_ID, r.run);
	if (db_get(t, &k, &v) <= 0 || !v.n || ((const char *)v.p)[v.n - 1])
		return false;
	out->run = v.p;
	return true;
}

/* Copies the texts of INFO, which point into the map. */
static void
info_own(struct batch *b, struct log_info *i)
{
	const char **texts[] = {&i->path, &i->run, &i->format, &i->reason, &i->said.what};
	enum { TEXTS = sizeof texts / sizeof *texts };
	size_t at[TEXTS], n;

	str_reset(&b->scratch);
	for (n = 0; n < TEXTS; n++) {
		at[n] = b->scratch.len;
		if (*texts[n])
			str_add(&b->scratch, *texts[n], strlen(*texts[n]) + 1);
	}
	size_t state = b->scratch.len;
	str_add(&b->scratch, i->cur.state, i->cur.nstate);
	for (n = 0; n < TEXTS; n++)
		if (*texts[n])
			*texts[n] = b->scratch.buf + at[n];
	i->cur.state = b->scratch.buf + state;
}

bool
answer_log_find(struct sink *s, const char *path, struct log_info *out)
{
	struct batch *b = batch_of(s);
	struct log *log = map_get(&b->log_paths, path, strlen(path));

	if (log) {
		info_of_log(log, out);
		return true;
	}
	struct txn *t = batch_read(b);
	if (!t)
		return false;
	struct key k = key_text(KEY_LOG_PATH, path);
	struct bytes v;
	uint32_t id;
	bool found = false;
	if (db_get(t, &k, &v) > 0 && v.n == sizeof id) {
		memcpy(&id, v.p, sizeof id);
		/* In memory it would have been found by its path: it has another one now. */
		found = !(id < b->nlogs && b->logs[id]) && info_kept(b, t, id, out);
	}
	if (found)
		info_own(b, out);
	batch_read_end(b, t);
	return found;
}

struct entry {
	char *path;
	uint32_t id;
};

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

/* Kept ones and those of this batch, each once. */
static size_t
list_logs(struct batch *b, struct txn *t, struct entry **out)
{
	struct entry *list = NULL;
	size_t n = 0, cap = 0;
	struct key prefix = key_type(KEY_LOG);
	struct iter it;

	iter_init(&it, t, &prefix);
	while (iter_next(&it) > 0) {
		uint32_t id = key_get32(it.key.p, it.key.n, 0);
		struct log_rec r;
		if ((id < b->nlogs && b->logs[id]) || !log_rec_unpack(&r, &it.val))
			continue;
		*vec_push(list, n, cap) = (struct entry){xstrdup(r.path), id};
	}
	iter_release(&it);
	for (size_t i = 0; i < b->nlogs; i++)
		if (b->logs[i])
			*vec_push(list, n, cap) =
				(struct entry){xstrdup(b->logs[i]->path), (uint32_t)i};
	if (n)
		qsort(list, n, sizeof *list, by_path);
	*out = list;
	return n;
}

int
answer_log_each(struct sink *s, int (*fn)(void *ctx, const struct log_info *li), void *ctx)
{
	struct batch *b = batch_of(s);
	struct txn *t = batch_read(b);
	struct entry *list;
	int rc = 0;

	if (!t)
		return b->err.code;
	size_t n = list_logs(b, t, &list);
	for (size_t i = 0; i < n && !rc; i++) {
		struct log_info info;
		if (info_kept(b, t, list[i].id, &info))
			rc = fn(ctx, &info);
	}
	for (size_t i = 0; i < n; i++)
		free(list[i].path);
	free(list);
	batch_read_end(b, t);
	return batch_failed(b) ? b->err.code : rc;
}

int
answer_alert_each(struct sink *s, int (*fn)(void *ctx, const struct alert *a), void *ctx)
{
	struct batch *b = batch_of(s);
	struct txn *t = batch_read(b);
	struct key prefix = key_type(KEY_ALERT);
	struct iter it;
	int rc = 0;

	if (!t)
		return b->err.code;
	iter_init(&it, t, &prefix);
	while (!rc && iter_next(&it) > 0) {
		struct alert a;
		if (alert_unpack(&a, &it.val))
			rc = fn(ctx, &a);
	}
	iter_release(&it);
	batch_read_end(b, t);
	return batch_failed(b) ? b->err.code : rc;
}

/* Without taking it into memory: at start every run that may still be alive is asked for. */
bool
answer_run_find(struct sink *s, const char *path, struct run_kept *out)
{
	struct batch *b = batch_of(s);
	struct run *run = map_get(&b->run_paths, path, strlen(path));
	struct key k = key_text(KEY_RUN, path);
	struct txn *t = NULL;
	struct run_rec r;
	struct bytes v;

	if (run) {
		run_summarise(b, run);
		r = run->rec;
	} else if (!(t = batch_read(b))) {
		return false;
	}
	/* In memory it would have been found by its path: it has another one now. */
	bool found = run || (db_get(t, &k, &v) > 0 && run_rec_unpack(&r, &v) &&
			     !(r.info.id < b->nruns && b->runs[r.info.id]));
	if (found) {
		const struct run_info *info = &r.info;
		const char *said = info->said;
		*out = (struct run_kept){.attempt = info->attempt,
					 .unit = (enum step_unit)info->unit,
					 .pace = r.pace};
		run_info_evidence(info, &out->ev);
		out->ev.limits = (struct pace_limits){0}; /* who asks goes on with its pace */
		size_t n = strlen(info->loss.name) + 1;
		str_reset(&b->scratch);
		str_add(&b->scratch, info->loss.name, n);
		if (said)
			str_add(&b->scratch, said, strlen(said) + 1);
		out->loss = b->scratch.buf;
		out->ev.said = said ? b->scratch.buf + n : NULL;
	}
	if (t)
		batch_read_end(b, t);
	return found && !batch_failed(b);
}

int
answer_point_each(struct sink *s, uint32_t id, uint32_t column, uint32_t attempt,
		  int (*fn)(void *ctx, const struct point *p), void *ctx)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_failed(b) ? NULL : kept_log(b, id);
	struct snap *sn;
	struct err e = {0};

	if (!log || column >= log->ncolumns)
		return 0;
	/* A series that was never committed has no points to show. */
	uint32_t series = log->columns[column]->id;
	if (snap_begin(b->store, &sn, &e) < 0)
		return 0;
	int rc = snap_points(sn, series, attempt, 0, fn, ctx, &e);
	snap_end(sn);
	return rc > 0 ? rc : 0;
}

const char *
answer_column_name(struct sink *s, uint32_t id, uint32_t column)
{
	struct batch *b = batch_of(s);
	struct log *log = batch_failed(b) ? NULL : kept_log(b, id);

	return log && column < log->ncolumns ? log->columns[column]->name : NULL;
}

int
answer_param_each(struct sink *s, uint32_t id,
		  int (*fn)(void *ctx, const char *key, const char *value), void *ctx)
{
	struct batch *b = batch_of(s);
	struct log *log = id < b->nlogs ? b->logs[id] : NULL;
	struct key k = key_id(KEY_LOG, id);
	struct log_rec r;
	struct bytes v;
	int rc = 0;

	if (log) {
		for (size_t i = 0; i < log->run->nparams && !rc; i++)
			rc = fn(ctx, log->run->params[i].key, log->run->params[i].value);
		return rc;
	}
	struct txn *t = batch_read(b);
	if (!t)
		return b->err.code;
	if (db_get(t, &k, &v) > 0 && log_rec_unpack(&r, &v)) {
		k = key_id(KEY_PARAMS, r.run);
		if (db_get(t, &k, &v) > 0)
			rc = params_each(&v, fn, ctx);
	}
	batch_read_end(b, t);
	return rc;
}

int
answer_outbox_each(struct sink *s, int (*fn)(void *ctx, const char *key, const void *p, size_t n),
		   void *ctx)
{
	struct batch *b = batch_of(s);
	struct txn *t = batch_read(b);
	struct key prefix = key_type(KEY_OUTBOX);
	struct iter it;
	int rc = 0;

	if (!t)
		return b->err.code;
	iter_init(&it, t, &prefix);
	while (!rc && iter_next(&it) > 0) {
		char *key = xstrndup((const char *)it.key.p + 1, it.key.n - 1);
		rc = fn(ctx, key, it.val.p, it.val.n);
		free(key);
	}
	iter_release(&it);
	batch_read_end(b, t);
	return batch_failed(b) ? b->err.code : rc;
}

int
answer_root_each(struct sink *s, int (*fn)(void *ctx, const char *path), void *ctx)
{
	struct batch *b = batch_of(s);
	struct txn *t = batch_read(b);
	struct key prefix = key_type(KEY_ROOT);
	struct iter it;
	int rc = 0;

	if (!t)
		return b->err.code;
	iter_init(&it, t, &prefix);
	while (!rc && iter_next(&it) > 0)
		rc = fn(ctx, it.val.p);
	iter_release(&it);
	/* Those of this batch that are not kept yet. */
	for (size_t i = 0; i < b->nops && !rc; i++) {
		struct bytes v;
		if (b->ops[i].key.b[0] == KEY_ROOT && b->ops[i].value &&
		    db_get(t, &b->ops[i].key, &v) == 0)
			rc = fn(ctx, b->ops[i].value);
	}
	batch_read_end(b, t);
	return batch_failed(b) ? b->err.code : rc;
}

int
answer_checkpoint_each(struct sink *s,
		       int (*fn)(void *ctx, const char *path, const struct checkpoint *c),
		       void *ctx)
{
	struct batch *b = batch_of(s);
	struct txn *t = batch_read(b);
	struct key prefix = key_type(KEY_CHECKPOINT);
	struct iter it;
	int rc = 0;

	if (!t)
		return b->err.code;
	iter_init(&it, t, &prefix);
	while (!rc && iter_next(&it) > 0) {
		struct checkpoint c;
		const char *path;
		if (checkpoint_unpack(&path, &c, &it.val))
			rc = fn(ctx, path, &c);
	}
	iter_release(&it);
	batch_read_end(b, t);
	return batch_failed(b) ? b->err.code : rc;
}
