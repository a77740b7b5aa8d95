/* What a file is: the formats are asked with its head. A text may be no log yet and become one, so
 * one that can't be told is asked again when it has grown. */
#include "core/feed_own.h"

#include "core/clock.h"
#include "core/glob.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <string.h>
#include <unistd.h>

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
	    clock_wall_us() - clock_of(st->st_mtim) >= FEED_WHOLE_US) {
		head[p->nhead] = '\n';
		verdict = probe_longer(p, ops);
	}
	p->head = NULL;
	free(head);
	return verdict;
}

enum probe_verdict
feed_ask(struct feed_env *env, const char *path, int fd, const struct stat *st, struct probe *p,
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
	int fd = feed_open_path(path);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		yes = feed_ask(env, path, fd, &st, &p, &ops) == PROBE_YES && !ops->companion;
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
	enum probe_verdict verdict = feed_ask(env, feed_where(f), f->fd, st, &p, &ops);
	/* A text that grows line by line and is no log yet may take a fiftieth of our time. */
	f->again_us = clock_mono_us() + (clock_mono_us() - began) * 50;
	f->tail.cur.dev = st->st_dev;
	f->tail.cur.ino = st->st_ino;
	f->tail.cur.size = (uint64_t)st->st_size;
	f->tail.cur.mtime_us = clock_of(st->st_mtim);
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
		feed_set_reason(f, str_c(&p.reason));
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
	feed_open_in_sink(env, f);
	/* Left alone before, perhaps by another process. */
	if (f->skipped || !f->kept)
		env->sink->ops->skipped(env->sink, f->path, NULL);
	f->skipped = false;
}
