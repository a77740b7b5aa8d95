/* inotify on every directory, polling where it is blind. What both have in common: a directory is
 * watched first and listed then, so whatever is made in it meanwhile is either announced or listed,
 * mostly both; telling a file twice costs a look at it, missing it costs a run. Listing is queued
 * and done in steps, breadth first.
 *
 * Events are taken out of the kernel's queue all at once and only leave a mark on what they name (a
 * name that is made, written and renamed a hundred times a second is told once). When the queue ran
 * over, everything is listed and told again. A directory that is renamed or replaced is taken out
 * with all below it and found anew under its new name. */
#include "core/watch.h"

#include "core/clock.h"
#include "core/glob.h"
#include "core/ignore.h"
#include "core/watch_impl.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	DRAIN_READS = 64, /* of 64 KB: then the loop has its turn */
	SETTLED_US =
		2000000, /* a directory's mtime this young may hide a change within the same tick */
};

const char *
watch_dir_path(const struct dir *d)
{
	return d->len ? d->path : "/";
}

const char *
watch_join(struct watch *w, const struct dir *d, const char *name)
{
	str_reset(&w->path);
	str_add(&w->path, d->path, d->len);
	str_addc(&w->path, '/');
	str_adds(&w->path, name);
	return str_c(&w->path);
}

void
watch_note(struct watch *w, const char *fmt, ...)
{
	if (!w->ev.note)
		return;
	struct err e;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(e.text, sizeof e.text, fmt, ap);
	va_end(ap);
	w->ev.note(w->ev.ctx, e.text);
}

bool
watch_wanted(const struct watch *w, const char *path)
{
	for (int i = 0; i < 4 && w->avoid[i]; i++)
		if (strcmp(path, w->avoid[i]) == 0)
			return false;
	return !*w->ignore || !glob_path_list_match(w->ignore, path);
}

static int64_t
poll_dir(struct watch *w, struct dir *d)
{
	struct stat st;
	if (lstat(watch_dir_path(d), &st) < 0 || !S_ISDIR(st.st_mode)) {
		if (d->missing)
			return d->mtime_us;
		bool root = d->root;
		watch_dir_remove(w, d, false);
		return root ? clock_wall_us() : -1;
	}
	if (d->missing) {
		watch_dir_enter(w, watch_dir_path(d), NULL, false);
		return d->missing || d->polled ? d->mtime_us : -1;
	}
	int64_t changed = clock_of(st.st_mtim);
	if (d->listed_us && d->mtime_us != changed)
		d->poll->changed_us = clock_wall_us();
	if (d->refused || d->ino != st.st_ino || d->mtime_us != changed ||
	    d->listed_us - d->mtime_us < SETTLED_US)
		watch_enqueue(w, d, false);
	if (d->refused)
		return d->mtime_us;
	return changed > d->poll->changed_us ? changed : d->poll->changed_us;
}

/* Opened and not just asked for: that is when a network file system fetches what is true now. */
static int64_t
poll_file(struct watch *w, struct file *f)
{
	struct stat st;
	int fd = open(watch_join(w, f->dir, f->name), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && errno != ENOENT)
		return f->changed_us;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			close(fd);
		watch_mark(w, f, WATCH_GONE);
		watch_flush(w);
		return -1;
	}
	close(fd);
	int64_t ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	struct polled *p = f->poll;
	bool known = p->size >= 0, changed = p->size != st.st_size || p->mtime_ns != ns;
	if (f->ino != st.st_ino)
		watch_mark(w, f, WATCH_NAMED);
	else if (changed)
		watch_mark(w, f, WATCH_POLLED);
	f->ino = st.st_ino;
	p->size = st.st_size;
	p->mtime_ns = ns;
	/* The clock of whoever wrote it may be hours off: what was seen to change did so now. */
	if (known && changed)
		f->changed_us = clock_wall_us();
	if (!known || ns / 1000 > f->changed_us)
		f->changed_us = ns / 1000;
	watch_flush(w);
	return f->changed_us;
}

static int64_t
poll_look(void *ctx, struct poll_item *it)
{
	struct polled *p = (struct polled *)((char *)it - offsetof(struct polled, item));
	return p->dir ? poll_dir(ctx, p->dir) : poll_file(ctx, p->file);
}

/* A name in D was made or renamed to, or written while nobody knew it. */
static void
name_found(struct watch *w, struct dir *d, const char *name, enum watch_hint hint)
{
	struct stat st;
	if (ignore_file_name(name) || ignore_media_name(name) ||
	    (d->extensions && watch_crowd_has(d, name)))
		return;
	const char *path = watch_join(w, d, name);
	if (lstat(path, &st) < 0 || !watch_wanted(w, path))
		return;
	if (S_ISLNK(st.st_mode))
		watch_link(w, d, name);
	if (!S_ISREG(st.st_mode))
		return;
	struct file *f = dir_file(d, name);
	if (!f)
		f = watch_file_add(w, d, name, st.st_ino);
	f->ino = st.st_ino;
	watch_mark(w, f, hint);
}

static void
file_event(struct watch *w, struct dir *d, const char *name, uint32_t mask)
{
	struct file *f = dir_file(d, name);
	if (strcmp(name, IGNORE_FILE) == 0)
		watch_enqueue(w, d, false);
	else if (d->loose && !f)
		return;
	else if (mask & (IN_DELETE | IN_MOVED_FROM))
		f ? watch_mark(w, f, WATCH_GONE) : (void)0;
	else if (mask & IN_MOVED_TO)
		name_found(w, d, name, WATCH_NAMED);
	else if (mask & IN_CREATE)
		name_found(w, d, name, WATCH_CREATED);
	else if (f)
		watch_mark(w, f, WATCH_MODIFIED);
	else
		name_found(w, d, name, WATCH_MODIFIED);
}

static void
dir_event(struct watch *w, struct dir *d, const char *name, uint32_t mask)
{
	if (ignore_dir_name(name) || d->loose)
		return;
	const char *path = watch_join(w, d, name);
	struct dir *c = dirtree_at(&w->tree, path, strlen(path));
	if (mask & (IN_DELETE | IN_MOVED_FROM)) {
		if (c)
			watch_dir_remove(w, c, false);
	} else {
		/* Its name may be on the directory's own list of what is to be left alone. */
		struct ignore ig;
		int fd = open(watch_dir_path(d), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ignore_load(&ig, fd);
		if (fd >= 0)
			close(fd);
		if (!ignore_match(&ig, name))
			watch_dir_enter(w, path, d, false);
		ignore_release(&ig);
	}
}

static void
event(struct watch *w, const struct inotify_event *ie)
{
	if (ie->mask & IN_Q_OVERFLOW) {
		w->overflow = true;
		w->overflows++;
		return;
	}
	struct dir *d = dirtree_wd(&w->tree, ie->wd);
	if (!d)
		return;
	if (ie->mask & IN_IGNORED) {
		dirtree_set_wd(&w->tree, d, -1);
		w->nwatches--;
	}
	if (ie->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED))
		watch_dir_remove(w, d, false);
	else if (ie->len && ie->mask & IN_ISDIR)
		dir_event(w, d, ie->name, ie->mask);
	else if (ie->len)
		file_event(w, d, ie->name, ie->mask);
}

static void
drain(struct watch *w)
{
	_Alignas(struct inotify_event) char buf[64 << 10];
	for (int i = 0; w->fd >= 0 && i < DRAIN_READS; i++) {
		ssize_t n = read(w->fd, buf, sizeof buf);
		if (n <= 0)
			break;
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *ie = (const struct inotify_event *)p;
			event(w, ie);
			p += sizeof *ie + ie->len;
		}
	}
	watch_flush(w);
}

static void
tell_everything(struct watch *w)
{
	size_t at = 0;
	struct dir *d;
	while ((d = index_next(&w->tree.by_path, &at))) {
		if (!d->missing)
			watch_enqueue(w, d, true);
		if (d->loose)
			for (size_t i = 0; i < d->nfiles; i++)
				watch_mark(w, d->file[i], WATCH_FOUND);
	}
	watch_flush(w);
}

static void
on_inotify(void *ctx, int fd, uint32_t events)
{
	struct watch *w = ctx;
	(void)fd, (void)events;
	drain(w);
	if (w->overflow) {
		w->overflow = false;
		tell_everything(w);
	}
}

struct watch *
watch_new(struct loop *l, const struct watch_opts *o, const struct watch_events *ev)
{
	struct watch *w = xcalloc(1, sizeof *w);
	*w = (struct watch){.o = *o, .ev = *ev, .loop = l, .fd = -1};
	dirtree_init(&w->tree);
	w->queue_end = &w->queue;
	w->ignore = xstrdup(o->ignore ? o->ignore : "");
	int kept = 0;
	for (int i = 0; i < 4 && o->avoid[i]; i++) {
		char *path = realpath(o->avoid[i], NULL);
		w->avoid[kept++] = path ? path : xstrdup(o->avoid[i]);
	}
	w->poller = poller_new(l, o->polls > 0 ? o->polls : 200, poll_look, w);
	if (o->once || o->poll)
		return w;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd >= 0)
		loop_fd(l, w->fd, EPOLLIN, on_inotify, w);
	else
		watch_note(w, "inotify: %s: every directory is polled", strerror(errno));
	return w;
}

void
watch_free(struct watch *w)
{
	if (!w)
		return;
	if (w->fd >= 0) {
		loop_fd_remove(w->loop, w->fd);
		close(w->fd);
	}
	poller_free(w->poller);
	dirtree_release(&w->tree);
	for (int i = 0; i < 4; i++)
		free(w->avoid[i]);
	free(w->ignore);
	free(w->dirty);
	str_release(&w->path);
	free(w);
}

int
watch_root(struct watch *w, const char *dir, bool wait, struct err *e)
{
	struct stat st;
	const char *path = strcmp(dir, "/") == 0 ? "" : dir;
	struct dir *d = dirtree_at(&w->tree, path, strlen(path));
	bool there = lstat(dir, &st) == 0 && S_ISDIR(st.st_mode);
	if (there && (!d || d->loose || d->missing)) {
		watch_dir_enter(w, dir, NULL, false);
		d = dirtree_at(&w->tree, path, strlen(path));
	} else if (!there && !d && wait) {
		d = dirtree_add(&w->tree, NULL, path);
		d->root = true;
		watch_dir_remove(w, d, true);
	}
	if (d && !d->root && d->wd >= 0)
		inotify_add_watch(w->fd, watch_dir_path(d),
				  WATCH_MASK | IN_MOVE_SELF | IN_MASK_ADD);
	if (d)
		d->root = true;
	return there ? 0 : err_set(e, ERR_NOTFOUND, "%s: no such directory", dir);
}

bool
watch_step(struct watch *w, int64_t until_us)
{
	while (w->queue) {
		struct dir *d = w->queue;
		watch_dequeue(w, d);
		watch_list(w, d);
		if (clock_mono_us() >= until_us)
			break;
	}
	return w->queue != NULL;
}

void
watch_rescan(struct watch *w)
{
	drain(w);
	w->overflow = false;
	tell_everything(w);
}

void
watch_follow(struct watch *w, const char *path, int64_t changed_us)
{
	const char *name;
	struct dir *d = dirtree_parent_of(&w->tree, path, &name);
	struct file *f = d ? dir_file(d, name) : NULL;
	if (!f)
		return;
	f->followed = true;
	if (changed_us > f->changed_us) /* it may have been seen to change since */
		f->changed_us = changed_us;
	if (d->polled)
		poller_add(w->poller, file_polled(f), f->changed_us);
}

static void
subtree_poll(struct watch *w, struct dir *d)
{
	watch_set_polled(w, d);
	for (struct dir *c = d->child; c; c = c->next)
		subtree_poll(w, c);
}

void
watch_missed(struct watch *w, const char *path)
{
	const char *name;
	struct dir *d = dirtree_parent_of(&w->tree, path, &name);
	if (!d || d->polled || w->o.never_poll)
		return;
	watch_note(w, "%s: files grow here that inotify does not announce: polled from now on",
		   watch_dir_path(d));
	subtree_poll(w, d);
}

void
watch_reconf(struct watch *w, int polls, const char *ignore)
{
	poller_rate(w->poller, polls > 0 ? polls : 200);
	if (strcmp(w->ignore, ignore ? ignore : "") == 0)
		return;
	free(w->ignore);
	w->ignore = xstrdup(ignore ? ignore : "");
	watch_flush(w);
	for (;;) {
		/* Taking out one takes out those below: begin again after each. */
		size_t at = 0;
		struct dir *d;
		while ((d = index_next(&w->tree.by_path, &at)) &&
		       (d->root || watch_wanted(w, d->path)))
			;
		if (!d)
			break;
		watch_dir_remove(w, d, true);
	}
	tell_everything(w);
}

void
watch_counts(const struct watch *w, struct watch_counts *out)
{
	*out = (struct watch_counts){.dirs = w->tree.ndirs,
				     .files = w->tree.nfiles,
				     .polled = w->tree.npolled,
				     .watches = (uint32_t)w->nwatches,
				     .limited = w->limit_said
							? w->tree.ndirs - (uint32_t)w->nwatches
							: 0,
				     .overflows = w->overflows};
}
