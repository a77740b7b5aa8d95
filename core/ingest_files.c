/* A file is in one queue at a time, or in none when nothing is to be done about it. Files are known
 * by path, and logs by inode too: a path that nobody knew with the inode of a log whose own path
 * leads elsewhere (or nowhere) is that log under another name, if it holds what was read of it. So
 * a moved log goes on, a rotated one isn't read twice, and the last lines of a replaced one are
 * found. */
#include "core/ingest_impl.h"

#include "core/clock.h"
#include "core/run.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ROTATE_BYTES = 8 << 20, /* of one file before the next one has a turn */
	SETTLE_US = 100000,     /* before a new file is looked at: it may be renamed at once */
	MISSING_US = 1000000,   /* before a vanished file is gone: it may turn up elsewhere */
	SUSPECT_US = 1000000,   /* how late an event may be */
	HELD_US = 60 * 1000000,
};

#define RECENT_US \
	(3600 * \
	 INT64_C(1000000)) /* changed since then: read first, somebody may be waiting for it */

void
feed_list_remove(struct feed *f)
{
	struct feed_list *l = f->list;
	if (!l)
		return;
	*(f->prev_in ? &f->prev_in->next_in : &l->first) = f->next_in;
	*(f->next_in ? &f->next_in->prev_in : &l->last) = f->prev_in;
	f->prev_in = f->next_in = NULL;
	f->list = NULL;
	l->n--;
}

void
feed_list_add(struct feed_list *l, struct feed *f, bool front)
{
	feed_list_remove(f);
	f->list = l;
	f->prev_in = front ? NULL : l->last;
	f->next_in = front ? l->first : NULL;
	*(f->prev_in ? &f->prev_in->next_in : &l->first) = f;
	*(f->next_in ? &f->next_in->prev_in : &l->last) = f;
	l->n++;
}

static void
enqueue(struct ingest *in, struct feed_list *l, struct feed *f, bool front)
{
	/* While a sync lists everything, what is found to do is what it waits for. */
	if (in->nsync && in->scanning && !f->sync) {
		f->sync = true;
		in->sync_left++;
	}
	feed_list_add(l, f, front);
	ingest_wake(in);
}

void
ingest_enqueue_fresh(struct ingest *in, struct feed *f)
{
	enqueue(in, &in->fresh, f, false);
}

void
ingest_enqueue_live(struct ingest *in, struct feed *f)
{
	enqueue(in, &in->live, f, false);
}

static void
enqueue_later(struct ingest *in, struct feed *f, int64_t due_us)
{
	f->due_us = due_us;
	feed_list_add(&in->later, f, false);
	ingest_wake(in); /* which sets the timer */
}

void
ingest_done(struct ingest *in, struct feed *f)
{
	feed_list_remove(f);
	in->bytes_done += f->owed;
	f->owed = 0;
	if (f->sync) {
		f->sync = false;
		in->sync_left--;
	}
}

void
ingest_rest(struct ingest *in, struct feed *f)
{
	if (!f->held && !f->dirty && !f->list)
		feed_sleep(&in->env, f);
}

static void
mark_dirty(struct ingest *in, struct feed *f, bool live)
{
	ingest_touch(in, live);
	if (!f->dirty)
		*vec_push(in->dirty, in->ndirty, in->dirty_cap) = f;
	f->dirty = true;
}

/* -- what is known ----------------------------------------------------------------------------- */

static void
key_forget(struct ingest *in, struct feed *f, const struct feed_key *k)
{
	if (k->ino && index_get(&in->inodes, k, sizeof *k) == f)
		index_remove(&in->inodes, k, sizeof *k);
}

static void
key_set(struct ingest *in, struct feed *f, uint64_t dev, uint64_t ino)
{
	struct feed_key k = {dev, ino};
	if (f->key[0].dev != dev || f->key[0].ino != ino) {
		key_forget(in, f, &f->key[1]);
		f->key[1] = f->key[0];
		f->key[0] = k;
	}
	if (ino)
		index_put(&in->inodes, &k, sizeof k, f);
}

static struct feed *
feed_add(struct ingest *in, const char *path)
{
	struct feed *f = feed_new(path);
	index_put(&in->feeds, f->path, strlen(f->path), f);
	return f;
}

static void
release_hold(struct ingest *in, struct feed *f)
{
	for (size_t i = 0; f->held && i < in->nheld; i++)
		if (in->held[i] == f)
			in->held[i--] = in->held[--in->nheld];
	f->held = false;
	feed_close(f);
}

static void
feed_remove(struct ingest *in, struct feed *f)
{
	ingest_done(in, f);
	release_hold(in, f);
	key_forget(in, f, &f->key[0]);
	key_forget(in, f, &f->key[1]);
	index_remove(&in->feeds, f->path, strlen(f->path));
	for (size_t i = 0; f->dirty && i < in->ndirty; i++)
		if (in->dirty[i] == f)
			in->dirty[i--] = in->dirty[--in->ndirty];
	feed_free(f);
}

static int
restore_one(void *ctx, const struct log_info *li)
{
	struct ingest *in = ctx;
	struct feed *f = feed_add(in, li->path);
	feed_restore(f, li);
	ingest_run_seen(in, f);
	key_set(in, f, li->cur.dev, li->cur.ino);
	return 0;
}

static bool
feed_is(const void *item, const void *path, size_t n)
{
	const struct feed *f = item;
	return strlen(f->path) == n && memcmp(f->path, path, n) == 0;
}

static bool
feed_has_key(const void *item, const void *key, size_t n)
{
	const struct feed *f = item;
	return n == sizeof *f->key && (!memcmp(&f->key[0], key, n) || !memcmp(&f->key[1], key, n));
}

void
ingest_restore(struct ingest *in)
{
	in->feeds.is = feed_is;
	in->inodes.is = feed_has_key;
	in->sink->ops->log_each(in->sink, restore_one, in);
	ingest_restore_checkpoints(in);
}

void
ingest_forget_all(struct ingest *in)
{
	size_t at = 0;
	struct feed *f;
	while ((f = index_next(&in->feeds, &at)))
		feed_free(f);
	index_release(&in->feeds);
	index_release(&in->inodes);
	ingest_forget_checkpoints(in);
	in->live = in->fresh = in->backlog = in->later = (struct feed_list){0};
	in->ndirty = 0;
	in->nheld = 0;
	in->sync_left = 0;
	in->bytes_done = in->bytes_total = 0;
}

/* -- vanishing and moving ---------------------------------------------------------------------- */

/* Its name is gone. A log may turn up under another one, so it has a moment. */
static void
vanished(struct ingest *in, struct feed *f)
{
	char *where = xstrdup(feed_where(f));
	bool elsewhere = feed_file_gone(f, where);
	free(where);
	if (elsewhere) {
		if (feed_file_waits(f))
			enqueue(in, f->state == FEED_LOG ? &in->live : &in->fresh, f, false);
		else
			ingest_done(in, f);
		return;
	}
	if (f->state != FEED_LOG) {
		if (f->skipped) {
			in->env.sink->ops->skipped(in->env.sink, f->path, NULL);
			ingest_touch(in, false);
		}
		feed_remove(in, f);
		return;
	}
	if (f->missing)
		return;
	if (f->gone) {
		ingest_done(in, f);
		return;
	}
	f->missing = true;
	f->reopen = true;
	enqueue_later(in, f, clock_mono_us() + MISSING_US);
}

static void
missing_end(struct ingest *in, struct feed *f)
{
	f->missing = false;
	if (access(feed_where(f), F_OK) == 0) {
		f->told = true;
		enqueue(in, &in->live, f, false);
		return;
	}
	feed_end(&in->env, f);
	mark_dirty(in, f, false);
	release_hold(in, f);
	ingest_done(in, f);
}

void
ingest_settle_missing(struct ingest *in)
{
	for (struct feed *f = in->later.first, *next; f; f = next) {
		next = f->next_in;
		if (f->missing)
			missing_end(in, f);
	}
}

bool
ingest_root_there(struct ingest *in, const char *path)
{
	for (size_t i = 0; i < in->nroots; i++) {
		size_t n = strlen(in->root[i]);
		if (strncmp(path, in->root[i], n) == 0 &&
		    (path[n] == '/' || in->root[i][n - 1] == '/'))
			return access(in->root[i], F_OK) == 0;
	}
	return false;
}

void
ingest_find_missing(struct ingest *in)
{
	size_t at = 0;
	struct feed *f;
	while ((f = index_next(&in->feeds, &at)))
		if (!f->seen && !f->gone && !f->missing && f->state == FEED_LOG &&
		    access(feed_where(f), F_OK) < 0 && ingest_root_there(in, f->path))
			vanished(in, f);
}

static void
move_here(struct ingest *in, struct feed *g, struct feed *f, const struct stat *st)
{
	bool sync = f->sync;
	release_hold(in, g);
	g->fd = f->fd;
	f->fd = -1;
	feed_list_remove(g);
	index_remove(&in->feeds, g->path, strlen(g->path));
	feed_move(&in->env, g, f);
	feed_remove(in, f);
	index_put(&in->feeds, g->path, strlen(g->path), g);
	watch_follow(in->watch, feed_where(g), clock_of(st->st_mtim));
	g->missing = false;
	g->seen = g->told = true;
	if (sync && !g->sync) {
		g->sync = true;
		in->sync_left++;
	}
	mark_dirty(in, g, false);
	enqueue(in, &in->live, g, false);
}

/* -- a file's turn ----------------------------------------------------------------------------- */

/* The files in which something happens stay open, so that what is written to one after it was
 * replaced is found. */
static void
hold(struct ingest *in, struct feed *f)
{
	if (in->o.once) {
		feed_close(f);
		return;
	}
	if (f->held)
		return;
	if (in->nheld == INGEST_HELD) {
		struct feed *oldest = in->held[0];
		for (size_t i = 1; i < in->nheld; i++)
			if (in->held[i]->used_us < oldest->used_us)
				oldest = in->held[i];
		release_hold(in, oldest);
		ingest_rest(in, oldest);
	}
	f->held = true;
	in->held[in->nheld++] = f;
	if (!loop_timer_armed(in->reap))
		loop_timer_set(in->reap, HELD_US);
}

/* Counts what is to be read of it as backlog. */
static void
owe(struct ingest *in, struct feed *f, const struct stat *st)
{
	uint64_t at = f->tail.cur.offset, size = (uint64_t)st->st_size;
	uint64_t owed = size > at ? size - at : 0;
	in->bytes_total += owed - f->owed;
	f->owed = owed;
}

/* Recognises it. True: it is a log, to be read now. */
static bool
recognise(struct ingest *in, struct feed *f, const struct stat *st)
{
	struct feed *g;
	enum ingest_known known = ingest_known_as(in, f, st, &g);
	if (known == KNOWN_MOVED && ingest_rotates(in, f, g)) {
		enqueue_later(in, f, f->judge_us);
		return false;
	}
	if (known == KNOWN_MOVED || known == KNOWN_SUCCEEDED) {
		move_here(in, g, f, st);
		return false;
	}
	if (known != KNOWN_NOT) {
		static const char *const why_fmt[] = {
			[KNOWN_LINK] = "the same file as",
			[KNOWN_REPLACED] = "replaced by",
			[KNOWN_ROTATED] = "by its name an older part of",
		};
		char *why = xasprintf("%s %s", why_fmt[known], g->path);
		feed_leave(&in->env, f, why);
		free(why);
		mark_dirty(in, f, false);
		ingest_done(in, f);
		return false;
	}
	feed_probe(&in->env, f, st);
	if (f->state == FEED_WAITS && ingest_run_has_log(in, f))
		feed_accept(&in->env, f);
	ingest_run_seen(in, f);
	if (f->state == FEED_LOG)
		key_set(in, f, st->st_dev, st->st_ino);
	if (f->state == FEED_LOG || f->state == FEED_LEFT || f->skipped)
		mark_dirty(in, f, false);
	if (f->state == FEED_LOG || f->state == FEED_MORE)
		watch_follow(in->watch, feed_where(f), clock_of(st->st_mtim));
	if (f->state != FEED_LOG) {
		feed_close(f);
		f->busy = false;
		if (f->state == FEED_MORE && f->due_us)
			enqueue_later(in, f, f->due_us);
		else
			ingest_done(in, f);
		return false;
	}
	return true;
}

/* What was there before anybody watched waits until everything is recognised; what somebody may be
 * waiting for is first. */
static void
enqueue_backlog(struct ingest *in, struct feed *f, const struct stat *st)
{
	owe(in, f, st);
	feed_close(f);
	enqueue(in, &in->backlog, f, clock_wall_us() - clock_of(st->st_mtim) < RECENT_US);
}

static void
read_turn(struct ingest *in, struct feed *f, const struct stat *st, int64_t until_us, bool bulk)
{
	uint64_t from = f->tail.cur.offset;
	enum feed_turn turn = feed_read(&in->env, f, st, until_us);
	uint64_t n = f->tail.cur.offset > from ? f->tail.cur.offset - from : 0;
	uint64_t paid = n < f->owed ? n : f->owed;
	f->owed -= paid;
	in->bytes_done += paid;
	in->rotated += n;
	if (f->touched)
		mark_dirty(in, f, !bulk);
	key_set(in, f, st->st_dev, st->st_ino);
	if (turn == FEED_AGAIN) {
		bool front = bulk && in->rotated < ROTATE_BYTES;
		in->rotated = front ? in->rotated : 0;
		enqueue(in, bulk || n > ROTATE_BYTES ? &in->backlog : &in->live, f, front);
		return;
	}
	in->rotated = 0;
	if (f->writer_ended)
		ingest_writer_ended(in, f);
	if (bulk)
		feed_close(f);
	else
		hold(in, f);
	if (feed_file_waits(f))
		enqueue(in, bulk ? &in->backlog : &in->live, f, true);
	else if (turn == FEED_LATER)
		enqueue_later(in, f, f->due_us);
	else
		ingest_done(in, f);
	/* When its time was up at its very end, all of it may be committed already. */
	ingest_rest(in, f);
}

void
ingest_serve(struct ingest *in, struct feed *f, int64_t until_us)
{
	struct stat st;
	bool bulk = f->list == &in->backlog, fresh = f->list == &in->fresh;
	feed_list_remove(f);
	f->used_us = clock_mono_us();
	f->missing = false;
	bool left = f->state == FEED_LEFT;
	feed_file_next(f);
	enum feed_turn turn = feed_open(&in->env, f, &st);
	if (turn == FEED_GONE) {
		vanished(in, f);
		return;
	}
	if (turn == FEED_LATER) { /* unreadable: until something happens to it */
		f->busy = false;
		if (f->state == FEED_LEFT && !left) {
			mark_dirty(in, f, false);
			/* where it is polled, somebody may be about to mend that */
			watch_follow(in->watch, feed_where(f), clock_wall_us());
		}
		ingest_done(in, f);
		return;
	}
	if (f->state == FEED_LEFT || f->state == FEED_WAITS)
		f->state = FEED_NEW;
	if ((f->state == FEED_NEW || f->state == FEED_MORE) && !recognise(in, f, &st))
		return;
	if (fresh && (in->o.once || f->found))
		enqueue_backlog(in, f, &st);
	else
		read_turn(in, f, &st, until_us, bulk);
}

/* -- what the watch tells ---------------------------------------------------------------------- */

/* ST is as it was when it was last looked at, and was read then: there is nothing to do. */
static bool
unchanged(const struct feed *f, const struct stat *st)
{
	const struct cursor *c = &f->tail.cur;
	if (st->st_ino != c->ino || st->st_dev != c->dev || (uint64_t)st->st_size != c->size ||
	    clock_of(st->st_mtim) != c->mtime_us || f->gone)
		return false;
	/* Who kept it may not have been done with it. */
	return f->state != FEED_LOG || !f->first || c->offset == c->size;
}

/* A listing has it. */
static void
found(struct ingest *in, struct feed *f)
{
	struct stat st;
	bool there = stat(feed_where(f), &st) == 0;
	if (f->state == FEED_LOG && f->first && !f->list)
		watch_follow(in->watch, feed_where(f), there ? clock_of(st.st_mtim) : 0);
	if (f->list || (there && unchanged(f, &st))) {
		if (f->list == &in->later && f->state == FEED_NEW)
			enqueue(in, &in->fresh, f, false);
		if (f->state == FEED_LOG && f->first && !f->list) {
			f->first = false;
			f->old_to = f->tail.cur.size;
		}
		return;
	}
	/* A change that no event has told of: it has a moment to follow. */
	if (f->state == FEED_LOG && !f->first && !f->suspect_us)
		f->suspect_us = clock_mono_us();
	if (f->state == FEED_LOG)
		enqueue(in, in->initial ? &in->fresh : &in->live, f, false);
	else if (f->state != FEED_LEFT || f->denied)
		enqueue(in, &in->fresh, f, false);
}

void
ingest_on_file(void *ctx, const char *path, enum watch_hint hint)
{
	struct ingest *in = ctx;
	struct str log = STR_INIT;
	int64_t order;
	if (ingest_checkpoint_file(in, path))
		return;
	bool shared = run_log_shared(path, &log, &order);
	const char *name = shared ? str_c(&log) : path;
	struct feed *f = index_get(&in->feeds, name, strlen(name));
	bool new = !f &&hint != WATCH_GONE;
	if (new)
		f = feed_add(in, name);
	str_release(&log);
	if (!f)
		return;
	f->seen = f->seen || hint != WATCH_GONE;
	if (shared && ingest_another_file(in, f, path, order, hint))
		return;
	if (hint == WATCH_GONE) {
		vanished(in, f);
		return;
	}
	if (new || (f->first && hint == WATCH_FOUND))
		f->found = hint == WATCH_FOUND && in->initial;
	if (hint != WATCH_MODIFIED)
		f->reopen = true;
	if (hint != WATCH_FOUND) {
		f->told = true;
		f->suspect_us = 0;
	}
	if (new &&hint == WATCH_CREATED)
		enqueue_later(in, f, clock_mono_us() + SETTLE_US);
	else if (new)
		enqueue(in, &in->fresh, f, false);
	else if (hint == WATCH_FOUND)
		found(in, f);
	else if (f->state == FEED_LEFT && !f->denied &&
		 (hint == WATCH_MODIFIED || hint == WATCH_POLLED))
		return;
	else if (f->state == FEED_NEW && f->list == &in->later && hint == WATCH_MODIFIED)
		return; /* it settles */
	else if (f->list == &in->backlog || f->list == &in->fresh)
		return;
	else if (f->state == FEED_MORE && f->again_us > clock_mono_us())
		enqueue_later(in, f, f->again_us);
	else
		enqueue(in, f->state == FEED_LOG ? &in->live : &in->fresh, f, false);
}

bool
ingest_is_log(void *ctx, const char *path)
{
	struct ingest *in = ctx;
	const struct feed *f = index_get(&in->feeds, path, strlen(path));
	return (f && f->state == FEED_LOG) || feed_is_log(&in->env, path);
}

/* -- what is due ------------------------------------------------------------------------------- */

int64_t
ingest_run_later(struct ingest *in, int64_t now_us)
{
	int64_t first = INT64_MAX;
	for (struct feed *f = in->later.first, *next; f; f = next) {
		next = f->next_in;
		if (f->due_us > now_us)
			first = f->due_us < first ? f->due_us : first;
		else if (f->missing)
			missing_end(in, f);
		else
			enqueue(in, f->state == FEED_LOG ? &in->live : &in->fresh, f, false);
	}
	return first;
}

void
ingest_sync_begin(struct ingest *in)
{
	struct feed_list *all[] = {&in->live, &in->fresh, &in->backlog, &in->later};
	in->sync_left = 0;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		for (struct feed *f = all[i]->first; f; f = f->next_in) {
			f->sync = true;
			in->sync_left++;
		}
}

bool
ingest_reap(struct ingest *in, int64_t now_us)
{
	for (size_t i = in->nheld; i-- > 0;) {
		struct feed *f = in->held[i];
		if (!f->list && now_us - f->used_us >= HELD_US) {
			release_hold(in, f);
			ingest_rest(in, f);
		}
	}
	return in->nheld > 0;
}

void
ingest_verify(struct ingest *in, int64_t now_us)
{
	struct stat st;
	if (in->o.once || in->o.poll)
		return;
	for (size_t i = 0; i < in->nheld; i++) {
		struct feed *f = in->held[i];
		if (f->suspect_us && now_us - f->suspect_us >= SUSPECT_US) {
			watch_missed(in->watch, feed_where(f));
			f->suspect_us = 0;
		}
		if (!f->list && !f->suspect_us && fstat(f->fd, &st) == 0 &&
		    (uint64_t)st.st_size > f->tail.cur.size) {
			f->suspect_us = now_us;
			enqueue(in, &in->live, f, false);
		}
	}
}
