/* Directories come in through watch_dir_enter(), whoever found them, and go out through
 * watch_dir_remove(). Each inode is entered once, so links and bind mounts can't lead round in
 * circles; which of its paths it has is the one that was found first, unless that one no longer
 * leads there. */
#include "core/watch_impl.h"

#include "core/clock.h"
#include "core/fstype.h"
#include "core/ignore.h"
#include "core/name.h"
#include "core/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
watch_mark(struct watch *w, struct file *f, enum watch_hint hint)
{
	enum watch_hint old = (enum watch_hint)(f->hint - 1);
	if (!f->hint)
		*vec_push(w->dirty, w->ndirty, w->dirty_cap) = f;
	else if (old == WATCH_GONE && hint != WATCH_GONE)
		hint = WATCH_NAMED;
	else if (hint == WATCH_MODIFIED || hint == WATCH_POLLED || hint == WATCH_FOUND)
		hint = old;
	f->hint = (uint8_t)(1 + hint);
}

void
watch_file_remove(struct watch *w, struct file *f)
{
	if (f->poll)
		poller_remove(w->poller, &f->poll->item);
	dir_file_remove(&w->tree, f);
}

void
watch_flush(struct watch *w)
{
	for (size_t i = 0; i < w->ndirty; i++) {
		struct file *f = w->dirty[i];
		enum watch_hint hint = (enum watch_hint)(f->hint - 1);
		const char *path = watch_join(w, f->dir, f->name);
		bool tell = hint != WATCH_GONE || f->told;
		f->hint = 0;
		f->told = true;
		if (hint == WATCH_GONE)
			watch_file_remove(w, f);
		if (tell)
			w->ev.file(w->ev.ctx, path, hint);
	}
	w->ndirty = 0;
}

struct file *
watch_file_add(struct watch *w, struct dir *d, const char *name, uint64_t ino)
{
	struct file *f = dir_file_add(&w->tree, d, name);
	f->ino = ino;
	return f;
}

void
watch_enqueue(struct watch *w, struct dir *d, bool tell_all)
{
	d->tell_all |= tell_all;
	if (d->queued || d->loose)
		return;
	d->queued = true;
	d->queue = NULL;
	*w->queue_end = d;
	w->queue_end = &d->queue;
	if (w->ev.busy)
		w->ev.busy(w->ev.ctx);
}

void
watch_dequeue(struct watch *w, struct dir *d)
{
	if (!d->queued)
		return;
	struct dir **at = &w->queue;
	while (*at != d)
		at = &(*at)->queue;
	*at = d->queue;
	if (w->queue_end == &d->queue)
		w->queue_end = at;
	d->queued = false;
}

void
watch_set_polled(struct watch *w, struct dir *d)
{
	if (w->o.once || w->o.never_poll || d->polled)
		return;
	dirtree_set_polled(&w->tree, d, true);
	if (!d->loose)
		poller_add(w->poller, dir_polled(d), clock_wall_us());
	for (size_t i = 0; i < d->nfiles; i++)
		if (d->file[i]->followed)
			poller_add(w->poller, file_polled(d->file[i]), d->file[i]->changed_us);
}

/* The limit is the user's, shared with every other program of his. */
static void
say_limit(struct watch *w)
{
	if (w->limit_said)
		return;
	w->limit_said = true;
	watch_note(w,
		   "no more inotify watches after %d directories: %s "
		   "(fs.inotify.max_user_watches is the limit)",
		   w->nwatches, w->o.never_poll ? "the rest is not watched" : "the rest is polled");
}

static void
dir_unwatch(struct watch *w, struct dir *d)
{
	if (d->wd < 0)
		return;
	inotify_rm_watch(w->fd, d->wd);
	dirtree_set_wd(&w->tree, d, -1);
	w->nwatches--;
}

void
watch_dir_begin(struct watch *w, struct dir *d)
{
	dir_unwatch(w, d);
	d->begun = true;
	d->album = false;
	if (w->o.once)
		return;
	if (w->fd < 0) {
		watch_set_polled(w, d);
		return;
	}
	int wd = -1;
	if (w->o.max_watches && w->nwatches >= w->o.max_watches)
		errno = ENOSPC;
	else
		wd = inotify_add_watch(w->fd, watch_dir_path(d),
				       WATCH_MASK | (d->root ? IN_MOVE_SELF : 0));
	if (wd >= 0) {
		dirtree_set_wd(&w->tree, d, wd);
		w->nwatches++;
	} else if (errno == ENOSPC || errno == ENOMEM) {
		say_limit(w);
		watch_set_polled(w, d);
	}
	/* EACCES and the like: reading it will fail too, and say so. */
	if (!fstype_announces(watch_dir_path(d)))
		watch_set_polled(w, d);
}

void
watch_dir_rest(struct watch *w, struct dir *d)
{
	dir_unwatch(w, d);
	d->album = true;
	if (!w->o.once && !w->o.never_poll)
		poller_add(w->poller, dir_polled(d), d->mtime_us);
}

/* Takes out what is in D. */
static void
dir_empty(struct watch *w, struct dir *d, bool quiet)
{
	watch_flush(w);
	while (d->child)
		watch_dir_remove(w, d->child, quiet);
	while (d->nfiles) {
		struct file *f = d->file[d->nfiles - 1];
		bool told = f->told && !quiet;
		const char *path = watch_join(w, d, f->name);
		watch_file_remove(w, f);
		if (told)
			w->ev.file(w->ev.ctx, path, WATCH_GONE);
	}
	free(d->extensions);
	d->extensions = NULL;
	watch_dequeue(w, d);
	dir_unwatch(w, d);
	d->begun = d->album = false;
}

void
watch_dir_remove(struct watch *w, struct dir *d, bool quiet)
{
	dir_empty(w, d, quiet);
	if (d->root) {
		d->missing = true;
		dirtree_reparent(d, NULL);
		dirtree_set_inode(&w->tree, d, 0, 0);
		d->mtime_us = clock_wall_us();
		if (!w->o.once)
			poller_add(w->poller, dir_polled(d), d->mtime_us);
		return;
	}
	if (d->poll)
		poller_remove(w->poller, &d->poll->item);
	dirtree_remove(&w->tree, d);
}

bool
watch_same_dir(const char *path, uint64_t dev, uint64_t ino)
{
	struct stat st;
	return lstat(path, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

/* Where bind mounts or links lead to a directory that is known: true. One whose old path no longer
 * leads to it was moved. */
static bool
known_elsewhere(struct watch *w, const struct dir *d, const struct stat *st)
{
	struct dir *other = dirtree_inode(&w->tree, st->st_dev, st->st_ino);
	if (!other || other == d || other->loose)
		return false;
	if (watch_same_dir(watch_dir_path(other), st->st_dev, st->st_ino))
		return true;
	watch_dir_remove(w, other, false);
	return false;
}

void
watch_dir_enter(struct watch *w, const char *path, struct dir *parent, bool linked)
{
	struct stat st;
	if (!watch_wanted(w, path) || lstat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return;
	/* PATH may be the scratch that telling files writes over. */
	char *own = xstrdup(strcmp(path, "/") == 0 ? "" : path);
	struct dir *d = dirtree_at(&w->tree, own, strlen(own));
	if (d && !d->loose && !d->missing && d->dev == st.st_dev && d->ino == st.st_ino) {
		if (!linked && d->parent != parent) {
			dirtree_reparent(d, parent);
			d->linked = false;
		}
		free(own);
		return;
	}
	if (d && !d->loose)
		dir_empty(w, d, false);
	if (!known_elsewhere(w, d, &st)) {
		if (!d)
			d = dirtree_add(&w->tree, parent, own);
		else
			dirtree_reparent(d, parent);
		d->linked = linked;
		d->loose = d->missing = false;
		dirtree_set_inode(&w->tree, d, st.st_dev, st.st_ino);
		d->begun = false; /* until it is listed: a tree of pictures takes no watches */
		watch_enqueue(w, d, true);
	}
	free(own);
}

/* A link to a file: the file counts, under its own path. Its directory is watched for it alone
 * unless it is followed anyway. */
static void
file_linked(struct watch *w, const char *target, const struct stat *st)
{
	const char *name;
	struct dir *d = dirtree_parent_of(&w->tree, target, &name);
	if ((d && !d->loose) || !watch_wanted(w, target))
		return;
	if (!d) {
		char *path = xstrndup(target, (size_t)(name - 1 - target));
		struct stat dst;
		if (stat(*path ? path : "/", &dst) == 0) {
			d = dirtree_add(&w->tree, NULL, path);
			d->loose = true;
			watch_dir_begin(w, d);
		}
		free(path);
	}
	if (!d)
		return;
	struct file *f = dir_file(d, name);
	if (!f)
		f = watch_file_add(w, d, name, st->st_ino);
	watch_mark(w, f, WATCH_FOUND);
}

void
watch_link(struct watch *w, struct dir *d, const char *name)
{
	struct stat st;
	char *target = realpath(watch_join(w, d, name), NULL);
	if (!target)
		return; /* broken, or a loop */
	const char *base = name_last(target);
	if (stat(target, &st) < 0)
		;
	else if (S_ISDIR(st.st_mode) && !ignore_dir_name(base))
		watch_dir_enter(w, target, d, true);
	else if (S_ISREG(st.st_mode))
		file_linked(w, target, &st);
	free(target);
}
