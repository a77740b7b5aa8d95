/* From a path to rows. A file is recognised by its head (feed_probe.c), its log opened in the sink,
 * and its source woken: made anew for byte 0, or loaded with the state that was committed with the
 * cursor. Then it is read (feed_read.c). Sources sleep between bursts; a woken one is the same
 * one. */
#include "core/feed_own.h"

#include "core/run.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
feed_open_path(const char *path)
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

void
feed_forget_source(struct feed *f)
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
	feed_forget_source(f);
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

void
feed_set_reason(struct feed *f, const char *why)
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
	else if (env->sink->ops->log_find(env->sink, f->path, &li) && li.reason)
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

void
feed_remember_former(struct feed *f)
{
	if (!f->prev)
		f->prev = xmalloc(sizeof *f->prev);
	*f->prev = f->tail.cur;
}

void
feed_note_error(struct feed_env *env, struct feed *f, int error)
{
	if (f->noted || !env->note)
		return;
	char *text = xasprintf("%s: %s", feed_where(f), strerror(error));
	env->note(env->ctx, text);
	free(text);
	f->noted = true;
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

void
feed_begin_anew(struct feed_env *env, struct feed *f)
{
	feed_forget_source(f);
	f->src = new_source(env, f);
	env->sink->ops->replay(env->sink, f->id);
	tail_rewind(&f->tail);
	f->quiet_us = 0;
}

void
feed_open_in_sink(struct feed_env *env, struct feed *f)
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

void
feed_wake(struct feed_env *env, struct feed *f)
{
	struct log_info li;
	if (!f->opened)
		feed_open_in_sink(env, f);
	if (f->src)
		return;
	f->src = new_source(env, f);
	if (f->tail.cur.offset == 0)
		return;
	if (!env->sink->ops->log_find(env->sink, f->path, &li) ||
	    li.cur.offset != f->tail.cur.offset ||
	    !f->ops->load(f->src, li.cur.state, li.cur.nstate))
		feed_begin_anew(env, f);
}

void
feed_sleep(struct feed_env *env, struct feed *f)
{
	if (f->src && (f->touched || judge_comparing(env->judge, f->id)))
		return;
	tail_rest(&f->tail);
	if (!f->src)
		return;
	feed_forget_source(f);
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

enum feed_turn
feed_open(struct feed_env *env, struct feed *f, struct stat *st)
{
	if (f->fd >= 0 && !f->reopen && fstat(f->fd, st) == 0 && st->st_nlink > 0)
		return FEED_DONE;
	int fd = feed_open_path(feed_where(f));
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return FEED_GONE;
	if (fd < 0) {
		f->denied = f->state == FEED_NEW || f->denied;
		if (f->state == FEED_NEW)
			feed_leave(env, f, strerror(errno));
		else if (!f->denied)
			feed_note_error(env, f, errno);
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
			feed_read_rest(env, f, f->fd);
		feed_close(f);
	}
	if (f->state == FEED_LOG && f->tail.cur.ino != st->st_ino && f->tail.cur.offset)
		feed_remember_former(f);
	f->fd = fd;
	f->reopen = false;
	f->noted = f->denied = false;
	return FEED_DONE;
}

void
feed_end(struct feed_env *env, struct feed *f)
{
	if (f->fd >= 0)
		feed_read_rest(env, f, f->fd);
	feed_close(f);
	if (f->state != FEED_LOG || f->gone)
		return;
	if (!f->opened)
		feed_open_in_sink(env, f);
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
		feed_open_in_sink(env, f);
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
		feed_open_in_sink(env, f);
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
		feed_forget_source(f);
		f->src = new_source(env, f);
		if (!f->ops->load(f->src, state.buf, state.len))
			feed_begin_anew(env, f);
		str_release(&state);
	}
	f->touched |= f->src != NULL;
	f->reopen = true;
}
