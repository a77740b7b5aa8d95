/* Reading a log from where it stands, and what that means when it isn't what it was.
 *
 * When the content is not what was read before, everything is handed over again from byte 0 with a
 * replay, and the cursor that the sink keeps stays what it was until the replay shows the first new
 * row or ends: a process killed in between starts the comparison again. Nothing but a quiet end of
 * the file may cut off rows that are kept, for a file that is being rewritten is short for a
 * while. */
#include "core/feed_own.h"

#include "core/clock.h"
#include "core/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <string.h>
#include <unistd.h>

enum {
	READ_SIZE = 256 << 10,
	REST_MAX = 64 << 20, /* bytes that are read out of a replaced file at once */
};

/* Likewise (FEED_WHOLE_US), when one of this log has gone on before. */
#define WHOLE_AGAIN_US (3600 * INT64_C(1000000))

/* How much may be read at once: a chunk, but not across OLD_TO, so that what arrived is told from
 * what was there. */
static size_t
portion(const struct feed *f, size_t cap)
{
	uint64_t at = f->tail.cur.offset;
	if (at < f->old_to && f->old_to - at < cap)
		return (size_t)(f->old_to - at);
	return cap;
}

static enum source_end
source_end(const struct feed *f)
{
	return f->src && f->ops->ended ? f->ops->ended(f->src) : SOURCE_OPEN;
}

/* Only the first of its records was there when it was looked at. True: it is of another format, and
 * read from byte 0. */
static bool
recognise_again(struct feed_env *env, struct feed *f, int fd)
{
	struct stat st;
	struct probe p = {0};
	const struct source_ops *ops = NULL;
	bool other = fstat(fd, &st) == 0 &&
		     feed_ask(env, feed_where(f), fd, &st, &p, &ops) == PROBE_YES && ops != f->ops;
	if (other) {
		feed_forget_source(f);
		f->ops = ops;
		feed_set_reason(f, str_c(&p.reason));
		feed_open_in_sink(env, f);
		feed_begin_anew(env, f);
	}
	str_release(&p.reason);
	return other;
}

/* How many of the N bytes at the offset the source may be handed; and it is told of holes. When the
 * file has ENDED there are none; LAST: there is nothing behind these. */
static size_t
before_hole(struct feed *f, const char *buf, size_t n, bool ended, bool last)
{
	struct hole *h = &f->src->hole;
	size_t give = n;
	*h = (struct hole){.settled = ended ? UINT64_MAX : tail_settled(&f->tail)};
	if (f->ops->binary)
		return n;
	if (!ended)
		give = tail_before_hole(&f->tail, buf, n);
	while (last && give && buf[give - 1] == 0)
		give--;
	h->holds = !ended && give < n;
	h->at = f->tail.cur.offset + give;
	return give;
}

/* Zeros that are there to stay begin no record of a text. True: some were passed over. */
static bool
pass_zeros(struct feed_env *env, struct feed *f, int fd, size_t n)
{
	struct tail *t = &f->tail;
	size_t zeros = f->ops->binary ? 0 : tail_zeros(t, env->buf, n);
	if (!zeros)
		return false;
	if (!tail_stands_in_zeros(t))
		env->sink->ops->remark(env->sink, f->id, REMARK_BAD_RECORD, t->cur.offset, 0,
				       "skipped: zeros");
	tail_took(t, env->buf, zeros);
	if (zeros == n)
		tail_skip(t, fd);
	f->touched = true;
	return true;
}

/* REST (N bytes) was left because of what may be a hole. True: it is none, so try again. */
static bool
no_hole(struct feed *f, int fd, const char *rest, size_t n)
{
	int64_t age = clock_wall_us() - f->tail.cur.mtime_us;
	return tail_settles(&f->tail, fd, rest, n, f->src->hole.at, clock_mono_us(), age);
}

/* Hands the first LIMIT bytes to the source, but of a text what stands before zeros first, and then
 * the line that they are in, so that what comes of them does not depend on how much was there.
 * Returns the bytes taken of *GAVE. */
static size_t
hand_over(struct feed_env *env, struct feed *f, size_t limit, bool last, int64_t arrival,
	  size_t *gave)
{
	const char *buf = env->buf, *zero = f->ops->binary ? NULL : memchr(buf, 0, limit);
	size_t give = zero ? (size_t)(zero - buf) : limit, took;
	for (;;) {
		took = f->ops->feed(f->src, buf, give, f->tail.cur.offset, last && give == limit,
				    arrival);
		if (took || give == limit || source_end(f) >= SOURCE_MISTAKEN)
			break;
		const char *end = zero ? memchr(zero, '\n', limit - give) : NULL;
		give = end ? (size_t)(end - buf) + 1 : limit;
		zero = NULL;
	}
	*gave = give;
	return took;
}

/* A last line without its end was taken for whole, and now it went on. So do those of this log more
 * often than not: whoever writes it does so a block at a time. */
static int
read_again(struct feed_env *env, struct feed *f)
{
	feed_mark(env, f); /* before a comparison, during which nothing is marked */
	feed_begin_anew(env, f);
	f->went_on = true;
	return 1;
}

/* How long after the last change of the file a last line without its end is whole, in µs; 0: it has
 * been, or there is none. A program that died has left it so, or the last one that edited the
 * file. */
static int64_t
until_whole(const struct feed *f)
{
	if (!f->ops->lines || f->tail.cur.offset >= f->tail.cur.size)
		return 0;
	int64_t age = clock_wall_us() - f->tail.cur.mtime_us;
	int64_t wait = f->went_on ? WHOLE_AGAIN_US : FEED_WHOLE_US;
	return age < wait ? wait - age : 0;
}

/* One portion. 1: there may be more; 0: nothing more now; -1: errno. */
static int
read_portion(struct feed_env *env, struct feed *f, int fd, bool at_end)
{
	if (!env->buf)
		env->buf = xmalloc(env->cap = READ_SIZE);
	size_t want = portion(f, env->cap);
	ssize_t n = tail_read(&f->tail, fd, env->buf, want);
	if (n <= 0)
		return (int)n;
	bool old = f->tail.cur.offset < f->old_to;
	judge_historic(env->judge, f->id, old && f->historic);
	if (pass_zeros(env, f, fd, (size_t)n))
		return 1;
	int64_t arrival = old || !env->live ? f->tail.cur.mtime_us : clock_wall_us();
	bool last = at_end && f->tail.cur.offset + (uint64_t)n >= f->tail.cur.size;
	size_t limit = before_hole(f, env->buf, (size_t)n, at_end, last), gave;
	size_t took = hand_over(env, f, limit, last, arrival, &gave);
	if (source_end(f) == SOURCE_MISTAKEN && recognise_again(env, f, fd))
		return 1;
	if (source_end(f) == SOURCE_AGAIN)
		return read_again(env, f);
	if (took) {
		if (f->ops->printed)
			judge_text(env->judge, f->id, env->buf, took, last && took == limit,
				   arrival);
		tail_took(&f->tail, env->buf, took);
		if (f->src->hole.lost)
			tail_skip(&f->tail, fd);
		f->touched = true;
	}
	if (gave < limit)
		return 1;
	if (f->src->hole.holds)
		return no_hole(f, fd, env->buf + took, (size_t)n - took);
	tail_no_hole(&f->tail);
	if (took)
		return took == (size_t)n || (size_t)n == want;
	if ((size_t)n < want)
		return 0;
	if (want < env->cap) {
		f->old_to = f->tail.cur
				    /* the rest of this record has yet to arrive, or just did */
				    .offset;
		return 1;
	}
	if (env->cap > SOURCE_MAX_RECORD)
		return 0;
	env->buf = xrealloc(env->buf, env->cap *= 2);
	return 1;
}

/* The end of the file while comparing: when it stays so, what is kept beyond it is no longer in the
 * log. */
static enum feed_turn
at_end_of_comparison(struct feed_env *env, struct feed *f, int64_t now)
{
	if (!f->quiet_us) {
		/* What has not been written to for long needs no waiting. */
		int64_t age = clock_wall_us() - f->tail.cur.mtime_us;
		f->quiet_us = now - (age < 0 ? 0 : age > TAIL_JUDGE_US ? TAIL_JUDGE_US : age);
	}
	bool whole = f->files && source_end(f) == SOURCE_WHOLE;
	if (!whole && now - f->quiet_us < TAIL_JUDGE_US) {
		f->due_us = f->quiet_us + TAIL_JUDGE_US;
		return FEED_LATER;
	}
	/* What another of its files said stays, and as long as more may come of this one it is
	 * compared with that. */
	if (!f->files || source_end(f) == SOURCE_WHOLE)
		env->sink->ops->replay_end(env->sink, f->id, !f->files || f->back);
	f->back = false;
	f->quiet_us = 0;
	f->touched = true;
	return FEED_DONE;
}

/* The file that FD holds open has lost its name: read what was not read yet. ENDED: nobody can
 * write to it any more but who holds it open too, so a last line without its end is whole. */
void
feed_read_rest(struct feed_env *env, struct feed *f, int fd)
{
	struct stat st;
	const struct cursor was = f->tail.cur;
	enum tail_verdict verdict;
	uint64_t budget = REST_MAX;
	if (f->state != FEED_LOG || fstat(fd, &st) < 0)
		return;
	if (tail_look(&f->tail, fd, &st, true, clock_mono_us(), &verdict) < 0 ||
	    verdict != TAIL_MORE) {
		tail_restore(&f->tail,
			     &was); /* it may be another file than the one that was read */
		return;
	}
	feed_wake(env, f);
	uint64_t at = f->tail.cur.offset;
	while (read_portion(env, f, fd, st.st_nlink == 0) > 0 && f->tail.cur.offset - at < budget)
		;
}

/* The path leads to other content, in another inode. What the old one still had may lie under
 * another name: it was rotated while nobody looked, or written to after that. */
static void
read_former(struct feed_env *env, struct feed *f)
{
	feed_remember_former(f);
	int fd = env->former ? env->former(env->ctx, f) : -1;
	if (fd < 0)
		return;
	feed_read_rest(env, f, fd);
	feed_remember_former(f);
	close(fd);
}

/* What C counts was read from this file. */
static void
set_file(struct cursor *c, uint64_t dev, uint64_t ino, uint64_t size, int64_t mtime)
{
	c->dev = dev;
	c->ino = ino;
	c->size = size;
	c->mtime_us = mtime;
}

/* Other content; WAS is the cursor before it was seen, and OTHER says that it is in another file.
 *
 * That one is asked what it is before the rest of the old one is read: whoever rotates writes the
 * last rows of the old before the first of the new, so what is there when the new one has rows is
 * all of it. Until then the cursor stays one of the old file. If it took the new one's inode along
 * with the old one's offset and were kept so, nobody would look for the old one again. */
static enum tail_verdict
look_anew(struct feed_env *env, struct feed *f, const struct stat *st, const struct cursor *was,
	  bool other, bool first)
{
	/* Other content may be another format, or none yet. */
	struct probe p = {0};
	const struct source_ops *ops = NULL;
	enum probe_verdict is = feed_ask(env, feed_where(f), f->fd, st, &p, &ops);
	set_file(&f->tail.cur, was->dev, was->ino, was->size, was->mtime_us);
	if (other)
		read_former(env, f);
	if (is == PROBE_YES) {
		/* From here on a comparison may run, during which nothing is marked. */
		feed_mark(env, f);
		if (!first) {
			f->historic = false;
			f->old_to = 0;
		}
		f->ops = ops;
		feed_set_reason(f, str_c(&p.reason));
		feed_forget_source(f);
		feed_open_in_sink(env, f);
		feed_begin_anew(env, f);
	} else if (is == PROBE_MORE) {
		f->told = true; /* asked again, whatever its size says */
	}
	if (is == PROBE_YES || !other)
		set_file(&f->tail.cur, st->st_dev, st->st_ino, (uint64_t)st->st_size,
			 clock_of(st->st_mtim));
	str_release(&p.reason);
	return is == PROBE_YES ? TAIL_MORE : TAIL_SAME;
}

/* What became of it: nothing to do, or read on, perhaps from byte 0. */
static int
look(struct feed_env *env, struct feed *f, const struct stat *st, enum tail_verdict *verdict)
{
	int64_t now = clock_mono_us();
	bool told = f->told || f->first, first = f->first;
	const struct cursor was = f->tail.cur;
	bool other = was.offset && (was.ino != st->st_ino || was.dev != st->st_dev);
	if (first) {
		f->first = false;
		f->historic = !f->kept && (f->found || clock_of(st->st_mtim) < env->since_us);
		f->old_to = f->kept || f->historic ? (uint64_t)st->st_size : 0;
	}
	f->told = false;
	if (f->quiet_us && (st->st_size != (off_t)f->tail.cur.size ||
			    clock_of(st->st_mtim) != f->tail.cur.mtime_us))
		f->quiet_us = 0;
	int code = tail_look(&f->tail, f->fd, st, told, now, verdict);
	if (code < 0)
		return code;
	if (*verdict == TAIL_ANEW)
		*verdict = look_anew(env, f, st, &was, other, first);
	else if (other && !st->st_size) /* which says nothing yet */
		set_file(&f->tail.cur, was.dev, was.ino, was.size, was.mtime_us);
	return 0;
}

enum feed_turn
feed_read(struct feed_env *env, struct feed *f, const struct stat *st, int64_t until_us)
{
	enum tail_verdict verdict;
	f->due_us = 0;
	f->busy = false;
	int code = look(env, f, st, &verdict);
	if (code < 0) {
		feed_note_error(env, f, -code);
		return FEED_DONE;
	}
	if (f->gone) {
		if (!f->opened)
			feed_open_in_sink(env, f);
		env->sink->ops->gone(env->sink, f->id, false);
		f->gone = false;
		f->back = true;
	}
	bool comparing = f->opened && judge_comparing(env->judge, f->id);
	if (verdict == TAIL_MORE) {
		uint64_t from = f->tail.cur.offset;
		feed_wake(env, f);
		int more;
		while ((more = read_portion(env, f, f->fd, false)) > 0)
			if (clock_mono_us() >= until_us)
				break;
		if (more == 0 && f->ops->lines && f->tail.cur.offset < f->tail.cur.size &&
		    !until_whole(f) && !f->src->hole.holds)
			more = read_portion(env, f, f->fd, true);
		if (more < 0)
			feed_note_error(env, f, errno);
		if (env->live && f->tail.cur.offset > from && f->tail.cur.offset > f->old_to)
			env->sink->ops->arrival(env->sink, f->id, clock_wall_us());
		f->busy = more > 0;
		if (more > 0)
			return FEED_AGAIN;
		comparing = judge_comparing(env->judge, f->id);
	}
	if (env->cap > READ_SIZE) {
		free(env->buf); /* one long record is no reason to keep so much */
		env->buf = NULL;
	}
	int64_t now = clock_mono_us();
	/* What stands behind a hole is compared too. */
	if (comparing && verdict != TAIL_WAIT && f->tail.cur.size > 0 && !tail_waits(&f->tail))
		return at_end_of_comparison(env, f, now);
	f->due_us = tail_due_us(&f->tail, now);
	int64_t whole = env->live && verdict != TAIL_WAIT ? until_whole(f) : 0;
	if (whole && (!f->due_us || now + whole < f->due_us))
		f->due_us = now + whole;
	return f->due_us ? FEED_LATER : FEED_DONE;
}
