/* Three queues: files in which something happens now, files that nobody has looked at, files with a
 * backlog. A turn of work lasts a few milliseconds and is given to them in that order, now and then
 * the other way round so that nothing starves; then the loop has its turn, and sockets, signals and
 * inotify are served.
 *
 * A commit takes as long as the disk takes. When little happens it follows the reading at once, at
 * most every 30 ms; while a backlog is read it waits for a second's or 64 MB worth, but the first
 * one comes early so that there is something to see. When one fails, nothing since the one before
 * was kept: everything known is forgotten, taken up again from what the sink keeps, and read again
 * after a while.
 *
 * Nothing happening means nothing armed: the tick runs only while some run is live. */
#include "core/ingest.h"

#include "core/clock.h"
#include "core/ingest_impl.h"
#include "core/xalloc.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLICE_US = 4000,
	COMMIT_US = 30000,
	BULK_FIRST_US = 100000,
	BULK_LIVE_US = 250000,
	BULK_US = 1000000,
	BULK_BYTES = 4 << 20,   /* waiting rows are most of the memory that is used */
	SYNC_WAIT_US = 2500000, /* for judgements that are due */
	PROGRESS_US = 250000,
	TICK_MIN_US = 100000,
	RETRY_US = 100000,
	RETRY_MAX_US = 30 * 1000000,
};

void
ingest_wake(struct ingest *in)
{
	if (!in->failed)
		loop_timer_set(in->work, 0);
}

void
ingest_touch(struct ingest *in, bool live)
{
	if (!in->touched)
		in->touched_us = clock_mono_us();
	in->touched = true;
	in->touched_live |= live;
	ingest_wake(in);
}

static bool
bulk(const struct ingest *in)
{
	return in->scanning || in->fresh.n || in->backlog.n;
}

/* -- progress ---------------------------------------------------------------------------------- */

void
ingest_progress(const struct ingest *in, struct ingest_progress *out)
{
	struct watch_counts n;
	watch_counts(in->watch, &n);
	*out = (struct ingest_progress){
		.bytes_done = in->bytes_done,
		.bytes_total = in->bytes_total,
		.files = n.files,
		.dirs = n.dirs,
		.polled_dirs = n.polled,
		.scanning = in->scanning && in->initial,
		.idle = !bulk(in) && !in->live.n && !in->touched && !in->failed,
	};
}

/* Four times a second while a backlog is read, and once when it is done; and when the way of
 * watching changes. Lines that arrive are no progress: commits tell of them. */
static void
tell_progress(struct ingest *in, int64_t now)
{
	struct ingest_progress p;
	ingest_progress(in, &p);
	bool busy = bulk(in);
	if (!busy && in->busy_us) {
		if (in->sink->ops->rest)
			in->sink->ops->rest(in->sink);
		xtrim();
	}
	if (!busy)
		in->busy_us = 0;
	else if (!in->busy_us)
		in->busy_us = now;
	bool due = busy && now - in->busy_us >= PROGRESS_US && now - in->progress_us >= PROGRESS_US;
	if (due || (!busy && in->telling) || p.polled_dirs != in->polled_told) {
		in->telling = busy;
		in->progress_us = now;
		in->polled_told = p.polled_dirs;
		if (in->ev.progress)
			in->ev.progress(in->ev.ctx, &p);
	}
	if (!busy)
		in->bytes_done = in->bytes_total = 0;
}

/* -- commits ----------------------------------------------------------------------------------- */

static void
note(struct ingest *in, const char *text)
{
	if (in->ev.note)
		in->ev.note(in->ev.ctx, text);
}

static void
sync_answer(struct ingest *in, int code, const char *text)
{
	struct ingest_sync *s = in->sync;
	size_t n = in->nsync;
	in->sync = NULL;
	in->nsync = in->sync_cap = 0;
	for (size_t i = 0; i < n; i++)
		s[i].fn(s[i].ctx, code, text);
	free(s);
}

static void
on_fired(void *ctx, const struct alert *a)
{
	struct ingest *in = ctx;
	if (in->ev.fired && !(in->herald && herald_muted(in->herald, a)))
		in->ev.fired(in->ev.ctx, a);
}

static void
commit_failed(struct ingest *in, const struct err *e)
{
	if (!in->retry_us && in->ev.trouble)
		in->ev.trouble(in->ev.ctx, e->text);
	in->failed = true;
	ingest_unkept(in);
	in->retry_us = in->retry_us ? in->retry_us * 2 : RETRY_US;
	if (in->retry_us > RETRY_MAX_US)
		in->retry_us = RETRY_MAX_US;
	in->touched = in->touched_live = false;
	ingest_forget_all(in);
	judge_rolled_back(in->judge);
	if (in->herald)
		herald_rolled_back(in->herald);
	ingest_restore(in);
	judge_restore(in->judge);
	for (size_t i = 0; i < in->nroots && !in->o.visit; i++)
		in->sink->ops->root_add(in->sink, in->root[i]);
	sync_answer(in, e->code, e->text);
	loop_timer_set(in->work, in->retry_us);
}

static void arm_tick(struct ingest *in);

/* True: it is worth looking again. */
static bool
look_at_self(struct ingest *in)
{
	bool waits = in->o.judge && ingest_look_at_self(in);
	if (judge_dirty(in->judge)) {
		ingest_touch(in, true);
		arm_tick(in); /* it will be over, too */
	}
	return waits;
}

static int
commit(struct ingest *in, struct err *e)
{
	uint64_t txn = 0;
	for (size_t i = 0; i < in->ndirty; i++)
		feed_mark(&in->env, in->dirty[i]);
	judge_settle(in->judge);
	int code = in->sink->ops->commit(in->sink, &txn, e);
	in->committed_us = clock_mono_us();
	if (code < 0) {
		commit_failed(in, e);
		return code;
	}
	for (size_t i = 0; i < in->ndirty; i++) {
		struct feed *f = in->dirty[i];
		f->dirty = false;
		ingest_rest(in, f);
	}
	in->ndirty = 0;
	in->touched = in->touched_live = false;
	if (in->retry_us && in->ev.trouble)
		in->ev.trouble(in->ev.ctx, NULL);
	in->retry_us = 0;
	if (in->ev.committed)
		in->ev.committed(in->ev.ctx, txn);
	judge_committed(in->judge, on_fired, in);
	if (in->herald)
		herald_committed(in->herald);
	if (ingest_kept_again(in))
		look_at_self(in);
	return 0;
}

/* When what waits should be committed (monotonic); INT64_MAX: nothing waits. */
static int64_t
commit_due(const struct ingest *in, int64_t now)
{
	if (!in->touched)
		return INT64_MAX;
	if (in->sink->ops->pending(in->sink) >= BULK_BYTES)
		return now;
	if (bulk(in)) {
		int64_t wait = !in->committed_us  ? BULK_FIRST_US
			       : in->touched_live ? BULK_LIVE_US
						  : BULK_US;
		return in->touched_us + wait;
	}
	int64_t due = in->committed_us + COMMIT_US;
	/* What is there already goes along, for as long as nobody notices. */
	if (in->live.n && due < in->touched_us + COMMIT_US)
		due = in->touched_us + COMMIT_US;
	return due;
}

/* -- syncs ------------------------------------------------------------------------------------- */

static void
sync_begin(struct ingest *in, int64_t now)
{
	in->sync = in->asked;
	in->nsync = in->nasked;
	in->sync_cap = in->asked_cap;
	in->asked = NULL;
	in->nasked = in->asked_cap = 0;
	in->sync_us = now;
	ingest_sync_begin(in);
	in->scanning = true;
	watch_rescan(in->watch);
}

static void
sync_end_if_done(struct ingest *in, int64_t now)
{
	if (!in->nsync || in->failed || in->scanning || in->initial)
		return;
	bool judging = in->sync_left && in->sync_left <= in->later.n && !in->live.n && !bulk(in);
	/* Everything was listed: what is still missing is nowhere. */
	if (judging || !in->sync_left)
		ingest_settle_missing(in);
	if (in->sync_left && !(judging && now - in->sync_us >= SYNC_WAIT_US))
		return;
	struct err e = {0};
	ingest_run_checkpoints(in, now, true);
	int code = in->touched ? commit(in, &e) : 0;
	if (code == 0)
		sync_answer(in, 0, "");
}

/* -- turns ------------------------------------------------------------------------------------- */

/* The tick is for runs that are live; when there are none it ends, and the next arrival starts it
 * again. */
static void
arm_tick(struct ingest *in)
{
	int64_t tick = conf_duration_us(in->conf, "alerts.tick");
	if (in->o.judge && !in->o.once && !in->initial && !loop_timer_armed(in->tick))
		loop_timer_set(in->tick, tick > TICK_MIN_US ? tick : TICK_MIN_US);
}

static void
on_tick(void *ctx)
{
	struct ingest *in = ctx;
	bool live = true;
	if (!in->failed && !bulk(in)) {
		live = judge_tick(in->judge, clock_wall_us());
		live |= look_at_self(in);
		ingest_verify(in, clock_mono_us());
		ingest_find_writers(in, clock_mono_us());
		if (judge_dirty(in->judge))
			ingest_touch(in, true);
	}
	if (live)
		arm_tick(in);
}

static void
on_reap(void *ctx)
{
	struct ingest *in = ctx;
	if (ingest_reap(in, clock_mono_us()))
		loop_timer_set(in->reap, 60 * 1000000);
}

static void
initial_end(struct ingest *in)
{
	in->initial = false;
	in->telling = true; /* how much there is, and how it is watched */
	ingest_find_missing(in);
	ingest_find_checkpoints(in);
	ingest_restore_writers(in);
	if (in->o.once)
		ingest_settle_missing(in);
	if (look_at_self(in) || (in->o.judge && judge_any_live(in->judge, clock_wall_us())))
		arm_tick(in);
}

/* One piece of work; false: there is none. */
static bool
step(struct ingest *in, int64_t until)
{
	bool turned = in->turn % 4 == 0;
	struct feed *f = NULL;
	if (turned && in->backlog.n)
		f = in->backlog.first;
	else if (in->live.n)
		f = in->live.first;
	else if (in->scanning && (in->turn % 2 || !(in->fresh.n || in->backlog.n))) {
		in->scanning = watch_step(in->watch, until);
		return true;
	} else if (in->fresh.n)
		f = in->fresh.first;
	else if (in->backlog.n)
		f = in->backlog.first;
	if (f)
		ingest_serve(in, f, until);
	return f != NULL;
}

static void
on_work(void *ctx)
{
	struct ingest *in = ctx;
	int64_t now = clock_mono_us(), until = now + SLICE_US;
	if (in->failed) {
		in->failed = false;
		in->scanning = true;
		watch_rescan(in->watch);
	}
	if (in->nasked && !in->nsync)
		sync_begin(in, now);
	int64_t later = ingest_run_later(in, now);
	ingest_run_checkpoints(in, now, false);
	bool more;
	in->turn++;
	while ((more = step(in, until)) && (now = clock_mono_us()) < until)
		;
	if (in->initial && !in->scanning && !in->fresh.n)
		initial_end(in);
	if (in->touched_live)
		arm_tick(in);
	if ((judge_dirty(in->judge) || (in->herald && herald_dirty(in->herald))) && !in->touched)
		ingest_touch(in, true);

	now = clock_mono_us();
	sync_end_if_done(in, now);
	int64_t due = commit_due(in, now);
	if (due <= now) {
		struct err e = {0};
		commit(in, &e);
		due = INT64_MAX;
	}
	tell_progress(in, now);
	if (in->failed)
		return;
	if (more || in->live.n || bulk(in) || (in->nasked && !in->nsync)) {
		loop_timer_set(in->work, 0);
		return;
	}
	/* What was put off during this turn is due by itself. */
	later = ingest_run_later(in, 0);
	int64_t settled = ingest_run_checkpoints(in, 0, false);
	if (settled < later)
		later = settled;
	if (in->nsync && in->sync_us + SYNC_WAIT_US < later)
		later = in->sync_us + SYNC_WAIT_US;
	if (due < later)
		later = due;
	now = clock_mono_us();
	loop_timer_set(in->work, later == INT64_MAX ? -1 : later > now ? later - now : 0);
}

/* -- the public face --------------------------------------------------------------------------- */

static void
on_busy(void *ctx)
{
	struct ingest *in = ctx;
	in->scanning = true;
	ingest_wake(in);
}

static void
on_note(void *ctx, const char *text)
{
	note(ctx, text);
}

static void
root_remember(struct ingest *in, const char *path)
{
	for (size_t i = 0; i < in->nroots; i++)
		if (strcmp(in->root[i], path) == 0)
			return;
	*vec_push(in->root, in->nroots, in->roots_cap) = xstrdup(path);
}

static int
root_one(void *ctx, const char *path)
{
	root_remember(ctx, path);
	return 0;
}

/* Called while the loop hands something out, never from within a commit's failure. */
static void
on_told(void *ctx)
{
	ingest_touch(ctx, true);
}

static int
make_herald(struct ingest *in, struct err *e)
{
	struct herald_events ev = {.note = on_note, .wake = on_told, .ctx = in};
	if (!in->o.judge || !in->o.herald.self)
		return 0;
	in->herald = herald_new(in->loop, in->sink, in->conf, &in->o.herald, &ev, e);
	if (!in->herald)
		return e->code;
	judge_hear(in->judge, herald_hear, in->herald);
	return 0;
}

static struct watch *
make_watch(struct ingest *in)
{
	const char *poll = conf_str(in->conf, "watch.poll");
	struct watch_events ev = {
		.ctx = in,
		.file = ingest_on_file,
		.is_log = ingest_is_log,
		.busy = on_busy,
		.note = on_note,
	};
	struct watch_opts o = {
		.poll = in->o.poll || strcmp(poll, "always") == 0,
		.never_poll = !in->o.poll && strcmp(poll, "never") == 0,
		.once = in->o.once,
		.polls = (int)conf_int(in->conf, "watch.polls"),
		.ignore = conf_str(in->conf, "watch.ignore"),
	};
	memcpy(o.avoid, in->o.avoid, sizeof o.avoid);
	in->o.poll = o.poll;
	return watch_new(in->loop, &o, &ev);
}

static void
watch_roots(struct ingest *in)
{
	in->initial = true;
	for (size_t i = 0; i < in->nroots; i++) {
		struct err gone;
		if (watch_root(in->watch, in->root[i], true, &gone) < 0)
			note(in, gone.text);
	}
}

struct ingest *
ingest_new(struct loop *l, struct sink *sink, const struct conf *c, const struct ingest_opts *o,
	   const struct ingest_events *ev, struct err *e)
{
	struct ingest *in = xcalloc(1, sizeof *in);
	*in = (struct ingest){.loop = l, .sink = sink, .o = *o, .ev = *ev, .conf = c};
	if (judge_new(sink, c, o->judge, &in->judge, e) < 0) {
		free(in);
		return NULL;
	}
	in->work = loop_timer_new(l, on_work, in);
	if (make_herald(in, e) < 0) {
		loop_timer_free(in->work);
		judge_free(in->judge);
		free(in);
		return NULL;
	}
	in->env = (struct feed_env){
		.sink = judge_sink(in->judge),
		.judge = in->judge,
		.conf = c,
		.note = on_note,
		.former = ingest_former,
		.ctx = in,
		.unwanted = o->unwanted,
		.unwanted_ctx = o->unwanted_ctx,
		.moved = o->moved,
		.moved_ctx = o->moved_ctx,
		.live = !o->once,
		.since_us = clock_wall_us(),
	};
	in->tick = loop_timer_new(l, on_tick, in);
	in->reap = loop_timer_new(l, on_reap, in);
	in->watch = make_watch(in);
	ingest_restore(in);
	judge_store(in->judge, in->o.avoid[0]);
	judge_tagged(in->judge, in->o.tagged, in->o.tagged_ctx);
	judge_restore(in->judge);
	sink->ops->root_each(sink, root_one, in);
	watch_roots(in);
	ingest_wake(in);
	return in;
}

void
ingest_free(struct ingest *in)
{
	if (!in)
		return;
	watch_free(in->watch);
	ingest_forget_all(in);
	ingest_forget_writers(in);
	judge_free(in->judge);
	herald_free(in->herald);
	loop_timer_free(in->work);
	loop_timer_free(in->tick);
	loop_timer_free(in->reap);
	for (size_t i = 0; i < in->nroots; i++)
		free(in->root[i]);
	free(in->root);
	free(in->dirty);
	free(in->sync);
	free(in->asked);
	free(in->env.buf);
	free(in);
}

int
ingest_root(struct ingest *in, const char *dir, struct err *e)
{
	char *path = realpath(dir, NULL);
	if (!path)
		return errno == ENOENT || errno == ENOTDIR
			       ? err_set(e, ERR_NOTFOUND, "%s: no such directory", dir)
			       : err_sys(e, "%s", dir);
	int code = watch_root(in->watch, path, false, e);
	if (code == 0) {
		root_remember(in, path);
		in->initial = true;
		in->env.since_us = clock_wall_us();
		if (!in->o.visit) {
			in->sink->ops->root_add(in->sink, path);
			ingest_touch(in, false);
		}
		ingest_wake(in);
	}
	free(path);
	return code;
}

void
ingest_unroot(struct ingest *in, const char *dir)
{
	for (size_t i = 0; i < in->nroots; i++) {
		if (strcmp(in->root[i], dir) != 0)
			continue;
		free(in->root[i]);
		in->root[i--] = in->root[--in->nroots];
	}
	/* A watch cannot be told to let go of a part: there may be other roots within it. */
	watch_free(in->watch);
	in->watch = make_watch(in);
	watch_roots(in);
	ingest_reopen(in);
}

void
ingest_sync(struct ingest *in, void (*fn)(void *ctx, int code, const char *text), void *ctx)
{
	*vec_push(in->asked, in->nasked, in->asked_cap) = (struct ingest_sync){fn, ctx};
	if (in->failed) {
		/* Somebody waits: the disk may have room again. */
		loop_timer_set(in->work, 0);
	}
	ingest_wake(in);
}

int
ingest_ack(struct ingest *in, const char *rule, const char *run, const char *metric)
{
	int n = judge_ack(in->judge, rule, run, metric);
	if (judge_dirty(in->judge))
		ingest_touch(in, true);
	return n;
}

void
ingest_said(struct ingest *in, uint32_t log, const struct last_words *w)
{
	if (in->failed)
		return; /* and it is asked for anew */
	in->env.sink->ops->said(in->env.sink, log, w);
	ingest_touch(in, true);
}

void
ingest_param(struct ingest *in, uint32_t log, const char *key, const char *value)
{
	if (in->failed)
		return;
	in->env.sink->ops->param(in->env.sink, log, key, value);
	ingest_touch(in, true);
}

struct choice {
	bool (*fn)(void *ctx, const struct alert *a);
	void *ctx;
	char **names; /* rule, run, metric of each */
	size_t n, cap;
};

static int
choose(void *ctx, const struct alert *a)
{
	struct choice *c = ctx;
	const char *part[] = {a->rule, a->run, a->metric};
	if (!c->fn(c->ctx, a))
		return 0;
	for (int i = 0; i < 3; i++)
		*vec_push(c->names, c->n, c->cap) = xstrdup(part[i]);
	return 0;
}

int
ingest_ack_those(struct ingest *in, bool (*fn)(void *ctx, const struct alert *a), void *ctx)
{
	struct choice c = {.fn = fn, .ctx = ctx};
	int n = 0;
	if (in->herald)
		herald_each_firing(in->herald, choose, &c);
	for (size_t i = 0; i < c.n; i += 3)
		n += ingest_ack(in, c.names[i], c.names[i + 1], c.names[i + 2]);
	for (size_t i = 0; i < c.n; i++)
		free(c.names[i]);
	free(c.names);
	return n;
}

void
ingest_silences(struct ingest *in)
{
	if (in->herald)
		herald_look(in->herald);
}

bool
ingest_told(struct ingest *in)
{
	return !in->herald || (!in->touched && herald_idle(in->herald));
}

int
ingest_reconf(struct ingest *in, const struct conf *c, struct err *e)
{
	int code = in->touched ? commit(in, e) : 0;
	if (code == 0)
		code = judge_reconf(in->judge, c, e);
	if (code == 0 && in->herald) /* conf_parse() has checked it */
		code = herald_reconf(in->herald, c, e);
	if (code < 0)
		return code;
	in->conf = in->env.conf = c;
	watch_reconf(in->watch, (int)conf_int(c, "watch.polls"), conf_str(c, "watch.ignore"));
	if (judge_dirty(in->judge))
		ingest_touch(in, false);
	return 0;
}

void
ingest_reopen(struct ingest *in)
{
	ingest_forget_all(in);
	judge_rolled_back(in->judge);
	if (in->herald)
		herald_rolled_back(in->herald);
	ingest_restore(in);
	judge_restore(in->judge);
	/* Who waits goes on waiting, for what is there now. */
	for (size_t i = 0; i < in->nsync; i++)
		*vec_push(in->asked, in->nasked, in->asked_cap) = in->sync[i];
	free(in->sync);
	in->sync = NULL;
	in->nsync = in->sync_cap = 0;
	in->scanning = true;
	watch_rescan(in->watch);
	ingest_wake(in);
}

int
ingest_flush(struct ingest *in, struct err *e)
{
	return in->touched && !in->failed ? commit(in, e) : 0;
}
