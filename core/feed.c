/* From a path to rows. A file is recognised by its head, its log opened, and its source woken: made
 * anew for byte 0, or loaded with the state that was committed with the cursor. Sources sleep
 * between bursts; a woken one is the same one.
 *
 * When the content is not what was read before, everything is handed over again from byte 0 with a
 * replay, and the cursor that the sink keeps stays what it was until the replay shows the first new
 * row or ends: a process killed in between starts the comparison again. Nothing but a quiet end of
 * the file may cut off rows that are kept, for a file that is being rewritten is short for a
 * while. */
#include "core/feed.h"

#include "core/clock.h"
#include "core/glob.h"
#include "core/run.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	READ_SIZE = 256 << 10,
	REST_MAX = 64 << 20, /* bytes that are read out of a replaced file at once */
};

/* A last line without its end is whole when nothing was written for so long, */
#define WHOLE_US (60 * INT64_C(1000000))
/* and when one of this log has gone on before. */
#define WHOLE_AGAIN_US (3600 * INT64_C(1000000))

static int64_t
mtime_us(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000;
}

static int
open_log(const char *path)
{
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

struct feed *
feed_new(const char *path)
{
	struct feed *f = xcalloc(1, sizeof *f);
	f->path = xstrdup(path);
	f->fd = -1;
	f->first = true;
	tail_init(&f->tail);
	return f;
}

static void
forget_source(struct feed *f)
{
	if (f->src)
		f->src->ops->free(f->src);
	f->src = NULL;
}

void
feed_close(struct feed *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

void
feed_free(struct feed *f)
{
	if (!f)
		return;
	forget_source(f);
	feed_close(f);
	feed_files_release(f);
	tail_release(&f->tail);
	free(f->path);
	free(f->reason);
	free(f->prev);
	free(f->writer);
	free(f);
}

void
feed_run(const struct feed *f, struct str *run)
{
	struct str prefix = STR_INIT;
	run_of_log(f->path, run, &prefix);
	str_release(&prefix);
}

/* It was taken for what it is because of WHY; and where it is, when its path doesn't say so. */
static void
set_reason(struct feed *f, const char *why)
{
	const char *where = feed_where(f), *slash = strrchr(f->path, '/');
	size_t ndir = slash ? (size_t)(slash - f->path) + 1 : 0;
	free(f->reason);
	if (!strcmp(where, f->path)) {
		f->reason = xstrdup(why);
		return;
	}
	if (!strncmp(where, f->path, ndir))
		where += ndir;
	f->reason = xasprintf("%s; now in %s", why, where);
}

void
feed_restore(struct feed *f, const struct log_info *li)
{
	f->ops = source_by_name(li->format);
	f->id = li->id;
	f->gone = li->gone;
	f->kept = f->before = true;
	tail_restore(&f->tail, &li->cur);
	if (li->writing.by.pid)
		*feed_writer(f) = (struct feed_writer){.writing = li->writing,
						       .ended_at = f->tail.cur.offset};
	/* A format that this program doesn't know: it is probed like a new file. */
	f->state = f->ops ? FEED_LOG : FEED_NEW;
}

/* What the sink is told of a log, and where that is written. */
struct identity {
	struct log_desc desc;
	struct str run, prefix, reason;
};

static void
identity_init(struct identity *id, struct feed_env *env, const struct feed *f)
{
	struct log_info li;
	*id = (struct identity){.run = STR_INIT, .prefix = STR_INIT, .reason = STR_INIT};
	run_of_log(f->path, &id->run, &id->prefix);
	if (f->reason)
		str_adds(&id->reason, f->reason);
	else if (env->sink->ops->log_find(env->sink, f->path, &li))
		str_adds(&id->reason, li.reason);
	id->desc = (struct log_desc){
		.path = f->path,
		.run = str_c(&id->run),
		.prefix = str_c(&id->prefix),
		.format = f->ops->name,
		.rank = (4 * f->ops->rank + run_log_echo(f->path)) * RUN_RANKS +
			(int)run_rank_of_log(f->path),
		.reason = str_c(&id->reason),
	};
}

static void
identity_release(struct identity *id)
{
	str_release(&id->run);
	str_release(&id->prefix);
	str_release(&id->reason);
}

static void
remember_former(struct feed *f)
{
	if (!f->prev)
		f->prev = xmalloc(sizeof *f->prev);
	*f->prev = f->tail.cur;
}

/* Said once, until it can be read again. */
static void
note_error(struct feed_env *env, struct feed *f, int error)
{
	if (f->noted || !env->note)
		return;
	char *text = xasprintf("%s: %s", feed_where(f), strerror(error));
	env->note(env->ctx, text);
	free(text);
	f->noted = true;
}

static void
feed_skip(struct feed_env *env, struct feed *f, const char *reason)
{
	env->sink->ops->skipped(env->sink, f->path, reason);
	f->skipped = true;
}

void
feed_leave(struct feed_env *env, struct feed *f, const char *reason)
{
	f->state = FEED_LEFT;
	if (reason && *reason)
		feed_skip(env, f, reason);
	feed_close(f);
}

/* -- recognising ------------------------------------------------------------------------------- */

static bool
listed(const struct conf *c, const char *option, const char *path)
{
	const char *globs = c ? conf_str(c, option) : "";
	return globs && *globs && glob_path_list_match(globs, path);
}

/* The first CAP bytes, but those of a file that begins with zeros stand behind them. Returns where
 * they end in the file. */
static off_t
read_head(int fd, const struct stat *st, char *head, size_t cap, ssize_t *n)
{
	off_t from = 0;
	*n = pread(fd, head, cap, from);
	if (*n > 0 && head[0] == 0) {
		from = (off_t)tail_data_from(fd, 0, (uint64_t)st->st_size);
		*n = from ? pread(fd, head, cap, from) : *n;
	}
	off_t end = from + (*n > 0 ? *n : 0);
	size_t zeros = 0;
	while (*n > 0 && zeros < (size_t)*n && head[zeros] == 0)
		zeros++;
	memmove(head, head + zeros, *n > 0 ? (size_t)*n - zeros : 0);
	*n -= (ssize_t)zeros;
	return end;
}

/* P could not be told. Would one byte more, behind its end, do? */
static enum probe_verdict
probe_longer(struct probe *p, const struct source_ops **ops)
{
	struct probe longer = *p;
	longer.nhead++;
	longer.reason = (struct str)STR_INIT;
	if (source_probe(&longer, ops) != PROBE_YES) {
		*ops = NULL;
		str_release(&longer.reason);
		return PROBE_MORE;
	}
	str_release(&p->reason);
	p->reason = longer.reason;
	return PROBE_YES;
}

/* Reads the head of FD and asks the formats. Zeros at its end may be a hole: they are not shown. */
static enum probe_verdict
probe_head(struct feed_env *env, const char *path, int fd, const struct stat *st, size_t cap,
	   struct probe *p, const struct source_ops **ops)
{
	char *head = xmalloc(cap + 1);
	ssize_t n;
	off_t end = read_head(fd, st, head, cap, &n);
	enum probe_verdict verdict = PROBE_MORE;
	bool whole = n >= 0 && end >= st->st_size;
	while (n > 0 && head[n - 1] == 0)
		n--;
	*p = (struct probe){.path = path,
			    .head = head,
			    .nhead = n > 0 ? (size_t)n : 0,
			    .whole = whole};
	p->forced = listed(env->conf, "source.include", path);
	p->patterns = env->conf ? conf_patterns(env->conf) : NULL;
	if (p->nhead)
		verdict = source_probe(p, ops);
	/* The last line of a file may have no end. */
	if (verdict == PROBE_MORE && p->nhead && whole &&
	    clock_wall_us() - mtime_us(st) >= WHOLE_US) {
		head[p->nhead] = '\n';
		verdict = probe_longer(p, ops);
	}
	p->head = NULL;
	free(head);
	return verdict;
}

static enum probe_verdict
probe(struct feed_env *env, const char *path, int fd, const struct stat *st, struct probe *p,
      const struct source_ops **ops)
{
	enum probe_verdict v = probe_head(env, path, fd, st, SOURCE_HEAD, p, ops);
	if (v != PROBE_MORE || p->nhead < SOURCE_HEAD || p->whole)
		return v;
	str_release(&p->reason);
	return probe_head(env, path, fd, st, SOURCE_DEEP, p, ops);
}

bool
feed_is_log(struct feed_env *env, const char *path)
{
	struct stat st;
	struct probe p = {0};
	const struct source_ops *ops;
	bool yes = false;
	int fd = open_log(path);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		yes = probe(env, path, fd, &st, &p, &ops) == PROBE_YES && !ops->companion;
	str_release(&p.reason);
	if (fd >= 0)
		close(fd);
	return yes;
}

/* Is the head of F, open, not all there yet? */
static bool
head_is_holed(struct feed *f)
{
	int64_t age = clock_wall_us() - f->tail.cur.mtime_us;
	if (age >= TAIL_OLD_US)
		return false;
	struct hole h = {.settled = tail_settled(&f->tail)};
	char *head = xmalloc(SOURCE_HEAD);
	ssize_t got = pread(f->fd, head, SOURCE_HEAD, 0);
	size_t n = got > 0 ? (size_t)got : 0;
	while (n && head[n - 1] == 0)
		n--;
	bool holed = hole_holds(&h, head, n, 0, 0, n) &&
		     !tail_settles(&f->tail, f->fd, head, n, h.at, clock_mono_us(), age);
	free(head);
	return holed;
}

static bool
is_unwanted(struct feed_env *env, const struct feed *f)
{
	if (f->kept || !env->unwanted)
		return false;
	struct str run = STR_INIT;
	feed_run(f, &run);
	bool unwanted = env->unwanted(env->unwanted_ctx, str_c(&run));
	str_release(&run);
	return unwanted;
}

static void open_in_sink(struct feed_env *env, struct feed *f);

void
feed_probe(struct feed_env *env, struct feed *f, const struct stat *st)
{
	struct probe p = {0};
	const struct source_ops *ops = NULL;
	if (listed(env->conf, "source.exclude", feed_where(f))) {
		feed_leave(env, f, "[source] exclude");
		return;
	}
	int64_t began = clock_mono_us();
	enum probe_verdict verdict = probe(env, feed_where(f), f->fd, st, &p, &ops);
	/* A text that grows line by line and is no log yet may take a fiftieth of our time. */
	f->again_us = clock_mono_us() + (clock_mono_us() - began) * 50;
	f->tail.cur.dev = st->st_dev;
	f->tail.cur.ino = st->st_ino;
	f->tail.cur.size = (uint64_t)st->st_size;
	f->tail.cur.mtime_us = mtime_us(st);
	f->due_us = 0;
	/* A binary format is known by its first record, whatever follows. */
	if (!(verdict == PROBE_YES && ops->binary) && head_is_holed(f)) {
		verdict = PROBE_MORE;
		f->due_us = tail_due_us(&f->tail, clock_mono_us());
	}
	switch (verdict) {
	case PROBE_MORE:
		f->state = FEED_MORE;
		/* Whoever asks why it isn't read gets an answer; once, it may be asked often. */
		if (p.reason.len && !f->skipped)
			env->sink->ops->skipped(env->sink, f->path, str_c(&p.reason));
		f->skipped = f->skipped || p.reason.len;
		feed_close(f);
		break;
	case PROBE_NO:
		feed_leave(env, f, NULL);
		break;
	case PROBE_LEAVE:
		feed_leave(env, f, str_c(&p.reason));
		break;
	case PROBE_YES:
		if (is_unwanted(env, f)) {
			feed_leave(env, f, "its run was forgotten; mm forget --undo");
			break;
		}
		f->ops = ops;
		set_reason(f, str_c(&p.reason));
		f->state = FEED_WAITS;
		if (!ops->companion)
			feed_accept(env, f);
		else
			feed_skip(env, f, "what a run was told, but its directory is none");
		break;
	}
	str_release(&p.reason);
}

void
feed_accept(struct feed_env *env, struct feed *f)
{
	f->state = FEED_LOG;
	open_in_sink(env, f);
	/* Left alone before, perhaps by another process. */
	if (f->skipped || !f->kept)
		env->sink->ops->skipped(env->sink, f->path, NULL);
	f->skipped = false;
}

/* -- sources ----------------------------------------------------------------------------------- */

static struct source *
new_source(struct feed_env *env, struct feed *f)
{
	int tz = INT_MIN;
	struct str run = STR_INIT, prefix = STR_INIT;
	if (env->conf)
		conf_parse_tz(conf_str(env->conf, "source.tz"), &tz);
	run_of_log(f->path, &run, &prefix);
	struct source_env se = {
		.sink = env->sink,
		.log = f->id,
		.path = f->path,
		.prefix = str_c(&prefix),
		.tz_offset_s = tz,
		.patterns = env->conf ? conf_patterns(env->conf) : NULL,
	};
	struct source *src = f->ops->new (&se);
	str_release(&run);
	str_release(&prefix);
	return src;
}

/* From byte 0, compared with what is kept. */
static void
begin_anew(struct feed_env *env, struct feed *f)
{
	forget_source(f);
	f->src = new_source(env, f);
	env->sink->ops->replay(env->sink, f->id);
	tail_rewind(&f->tail);
	f->quiet_us = 0;
}

/* The log's id, and where reading stands in it. */
static void
open_in_sink(struct feed_env *env, struct feed *f)
{
	struct identity id;
	struct log_info li;
	identity_init(&id, env, f);
	f->id = env->sink->ops->log_open(env->sink, &id.desc);
	identity_release(&id);
	free(f->reason);
	f->reason = NULL;
	f->opened = true;
	f->touched = true;
	if (f->kept || !env->sink->ops->log_find(env->sink, f->path, &li) || !li.cur.offset)
		return;
	/* Known after all (its format was not): go on where it stands, if that is still true. */
	uint64_t dev = f->tail.cur.dev;
	f->kept = true;
	tail_restore(&f->tail, &li.cur);
	f->tail.cur.dev = dev;
}

/* A source that stands where the cursor does. */
static void
wake(struct feed_env *env, struct feed *f)
{
	struct log_info li;
	if (!f->opened)
		open_in_sink(env, f);
	if (f->src)
		return;
	f->src = new_source(env, f);
	if (f->tail.cur.offset == 0)
		return;
	if (!env->sink->ops->log_find(env->sink, f->path, &li) ||
	    li.cur.offset != f->tail.cur.offset ||
	    !f->ops->load(f->src, li.cur.state, li.cur.nstate))
		begin_anew(env, f);
}

void
feed_sleep(struct feed_env *env, struct feed *f)
{
	if (f->src && (f->touched || judge_comparing(env->judge, f->id)))
		return;
	tail_rest(&f->tail);
	if (!f->src)
		return;
	forget_source(f);
	judge_sleep(env->judge, f->id);
}

void
feed_mark(struct feed_env *env, struct feed *f)
{
	if (!f->touched || f->state != FEED_LOG || !f->opened || !f->src ||
	    judge_comparing(env->judge, f->id))
		return;
	struct str state = STR_INIT;
	struct cursor c = f->tail.cur;
	f->ops->save(f->src, &state);
	c.state = str_c(&state);
	c.nstate = state.len;
	env->sink->ops->mark(env->sink, f->id, &c);
	str_release(&state);
	f->touched = false;
	f->kept = true;
}

/* -- reading ----------------------------------------------------------------------------------- */

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
		     probe(env, feed_where(f), fd, &st, &p, &ops) == PROBE_YES && ops != f->ops;
	if (other) {
		forget_source(f);
		f->ops = ops;
		set_reason(f, str_c(&p.reason));
		open_in_sink(env, f);
		begin_anew(env, f);
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
	begin_anew(env, f);
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
	int64_t wait = f->went_on ? WHOLE_AGAIN_US : WHOLE_US;
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
static void
read_rest(struct feed_env *env, struct feed *f, int fd)
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
	wake(env, f);
	uint64_t at = f->tail.cur.offset;
	while (read_portion(env, f, fd, st.st_nlink == 0) > 0 && f->tail.cur.offset - at < budget)
		;
}

/* The path leads to other content, in another inode. What the old one still had may lie under
 * another name: it was rotated while nobody looked, or written to after that. */
static void
read_former(struct feed_env *env, struct feed *f)
{
	remember_former(f);
	int fd = env->former ? env->former(env->ctx, f) : -1;
	if (fd < 0)
		return;
	read_rest(env, f, fd);
	remember_former(f);
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
	enum probe_verdict is = probe(env, feed_where(f), f->fd, st, &p, &ops);
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
		set_reason(f, str_c(&p.reason));
		forget_source(f);
		open_in_sink(env, f);
		begin_anew(env, f);
	} else if (is == PROBE_MORE) {
		f->told = true; /* asked again, whatever its size says */
	}
	if (is == PROBE_YES || !other)
		set_file(&f->tail.cur, st->st_dev, st->st_ino, (uint64_t)st->st_size, mtime_us(st));
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
		f->historic = !f->kept && (f->found || mtime_us(st) < env->since_us);
		f->old_to = f->kept || f->historic ? (uint64_t)st->st_size : 0;
	}
	f->told = false;
	if (f->quiet_us &&
	    (st->st_size != (off_t)f->tail.cur.size || mtime_us(st) != f->tail.cur.mtime_us))
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
		note_error(env, f, -code);
		return FEED_DONE;
	}
	if (f->gone) {
		if (!f->opened)
			open_in_sink(env, f);
		env->sink->ops->gone(env->sink, f->id, false);
		f->gone = false;
		f->back = true;
	}
	bool comparing = f->opened && judge_comparing(env->judge, f->id);
	if (verdict == TAIL_MORE) {
		uint64_t from = f->tail.cur.offset;
		wake(env, f);
		int more;
		while ((more = read_portion(env, f, f->fd, false)) > 0)
			if (clock_mono_us() >= until_us)
				break;
		if (more == 0 && f->ops->lines && f->tail.cur.offset < f->tail.cur.size &&
		    !until_whole(f) && !f->src->hole.holds)
			more = read_portion(env, f, f->fd, true);
		if (more < 0)
			note_error(env, f, errno);
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

enum feed_turn
feed_open(struct feed_env *env, struct feed *f, struct stat *st)
{
	if (f->fd >= 0 && !f->reopen && fstat(f->fd, st) == 0 && st->st_nlink > 0)
		return FEED_DONE;
	int fd = open_log(feed_where(f));
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return FEED_GONE;
	if (fd < 0) {
		f->denied = f->state == FEED_NEW || f->denied;
		if (f->state == FEED_NEW)
			feed_leave(env, f, strerror(errno));
		else if (!f->denied)
			note_error(env, f, errno);
		f->first = true; /* should it become readable */
		return FEED_LATER;
	}
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
		close(fd);
		return FEED_GONE;
	}
	if (f->fd >= 0) {
		struct stat old;
		if (fstat(f->fd, &old) == 0 &&
		    (old.st_ino != st->st_ino || old.st_dev != st->st_dev))
			read_rest(env, f, f->fd);
		feed_close(f);
	}
	if (f->state == FEED_LOG && f->tail.cur.ino != st->st_ino && f->tail.cur.offset)
		remember_former(f);
	f->fd = fd;
	f->reopen = false;
	f->noted = f->denied = false;
	return FEED_DONE;
}

void
feed_end(struct feed_env *env, struct feed *f)
{
	if (f->fd >= 0)
		read_rest(env, f, f->fd);
	feed_close(f);
	if (f->state != FEED_LOG || f->gone)
		return;
	if (!f->opened)
		open_in_sink(env, f);
	env->sink->ops->gone(env->sink, f->id, true);
	f->gone = true;
}

struct feed_writer *
feed_writer(struct feed *f)
{
	if (!f->writer)
		f->writer = xcalloc(1, sizeof *f->writer);
	return f->writer;
}

void
feed_writing(struct feed_env *env, struct feed *f, const struct writing *w)
{
	feed_writer(f)->writing = *w;
	if (!f->opened)
		open_in_sink(env, f);
	env->sink->ops->writing(env->sink, f->id, w);
}

static void
tell_moved(struct feed_env *env, const char *from, const char *to)
{
	struct err e;
	if (!env->moved || !strcmp(from, to) ||
	    !env->moved(env->moved_ctx, from, to, !judge_has_logs(env->judge, from), &e))
		return;
	if (env->note)
		env->note(env->ctx, e.text);
}

void
feed_move(struct feed_env *env, struct feed *f, const struct feed *from)
{
	struct identity was, is;
	if (!f->opened)
		open_in_sink(env, f);
	identity_init(&was, env, f);
	feed_files_release(f);
	for (size_t i = 0; from->files && i < from->files->n; i++) {
		const struct feed_file *m = &from->files->file[i];
		feed_file_add(f, m->path, m->order, false, false);
	}
	if (from->files)
		f->files->at = from->files->at;
	free(f->path);
	f->path = xstrdup(from->path);
	f->reason = xstrdup(was.desc.reason);
	identity_init(&is, env, f);
	env->sink->ops->moved(env->sink, f->id, &is.desc);
	free(f->reason);
	f->reason = NULL;
	tell_moved(env, was.desc.run, is.desc.run);
	identity_release(&was);
	identity_release(&is);
	/* A parser may have kept the path and the prefix: the next one has the new ones. */
	if (f->src) {
		struct str state = STR_INIT;
		f->ops->save(f->src, &state);
		forget_source(f);
		f->src = new_source(env, f);
		if (!f->ops->load(f->src, state.buf, state.len))
			begin_anew(env, f);
		str_release(&state);
	}
	f->touched |= f->src != NULL;
	f->reopen = true;
}
