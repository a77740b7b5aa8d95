/* A listing against what was known: what is new is told, what is missing is gone. Directories of
 * thousands of files are followed only when a sample says that there are logs among them. */
#include "core/watch_impl.h"

#include "core/clock.h"
#include "core/listing.h"
#include "core/map.h"
#include "core/name.h"
#include "core/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	CROWD = 2000, /* files in a directory from which on a sample decides */
	SAMPLE = 64,
};

static bool
kind_has(const struct listing_kind *k, const char *name)
{
	size_t lo = 0, hi = k->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(k->at[mid].name, name);
		if (c == 0)
			return true;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static char *
crowd_extensions(const struct listing *li)
{
	struct str s = STR_INIT;
	struct map seen = MAP_INIT;
	str_addc(&s, '/');
	for (size_t i = 0; i < li->files.n && s.len < 4096; i++) {
		const char *e = listing_extension(li->files.at[i].name);
		if (map_get(&seen, e, strlen(e)))
			continue;
		map_put(&seen, e, strlen(e), &seen);
		str_adds(&s, e);
		str_addc(&s, '/');
	}
	map_release(&seen);
	return str_steal(&s);
}

bool
watch_crowd_has(const struct dir *d, const char *name)
{
	const char *e = listing_extension(name);
	size_t n = strlen(e);
	for (const char *p = d->extensions; (p = strstr(p, e)); p++)
		if (p > d->extensions && p[-1] == '/' && p[n] == '/')
			return true;
		else if (!*p)
			break;
	return false;
}

/* Thousands of files and no log among a sample of every kind: images, shards, caches. */
static bool
is_crowd(struct watch *w, struct dir *d, const struct listing *li)
{
	size_t sample[SAMPLE];
	if (li->files.n <= (w->o.crowd ? (size_t)w->o.crowd : CROWD))
		return false;
	for (size_t i = 0; i < d->nfiles; i++)
		if (d->file[i]->followed)
			return false;
	size_t n = listing_sample(li, sample, SAMPLE);
	for (size_t i = 0; i < n; i++)
		if (w->ev.is_log(w->ev.ctx, watch_join(w, d, li->files.at[sample[i]].name)))
			return false;
	return true;
}

static void
list_files(struct watch *w, struct dir *d, const struct listing *li)
{
	struct stat st;
	for (size_t i = d->nfiles; i-- > 0;) {
		struct file *f = d->file[i];
		if (kind_has(&li->files, f->name))
			continue;
		if (lstat(watch_join(w, d, f->name), &st) == 0 && S_ISREG(st.st_mode) && !f->hint)
			watch_file_remove(w, f); /* no longer wanted */
		else
			watch_mark(w, f, WATCH_GONE);
	}
	for (size_t i = 0; i < li->files.n; i++) {
		const struct listing_entry *e = &li->files.at[i];
		struct file *f = dir_file(d, e->name);
		if (!f && watch_wanted(w, watch_join(w, d, e->name)))
			watch_mark(w, watch_file_add(w, d, e->name, e->ino), WATCH_FOUND);
		else if (f && f->ino != e->ino)
			watch_mark(w, f, WATCH_NAMED);
		else if (f && d->tell_all)
			watch_mark(w, f, WATCH_FOUND);
		if (f)
			f->ino = e->ino;
	}
	watch_flush(w);
}

static void
list_dirs(struct watch *w, struct dir *d, const struct listing *li)
{
	for (struct dir *c = d->child, *next; c; c = next) {
		next = c->next;
		if (!c->linked && !kind_has(&li->dirs, name_last(c->path)))
			watch_dir_remove(w, c, watch_same_dir(c->path, c->dev, c->ino));
	}
	for (size_t i = 0; i < li->dirs.n; i++)
		watch_dir_enter(w, watch_join(w, d, li->dirs.at[i].name), d, false);
	for (size_t i = 0; i < li->links.n; i++)
		watch_link(w, d, li->links.at[i].name);
	watch_flush(w);
}

/* It can't be read now: that is its state, said once, and asked about again. */
static void
refuse(struct watch *w, struct dir *d, int error)
{
	if (!d->refused) {
		watch_note(w, "%s: %s", watch_dir_path(d), strerror(error));
		d->refused = true;
		d->mtime_us = clock_wall_us();
	}
	if (!w->o.once)
		poller_add(w->poller, dir_polled(d), d->mtime_us);
}

/* Nothing in it can become a log, and nothing below it is watched for it. */
static bool
is_album(const struct watch *w, const struct dir *d, const struct listing *li)
{
	enum { PICTURES = 100 };
	return li->media >= PICTURES && !li->files.n && !li->dirs.n && !li->links.n && !d->root &&
	       !d->polled && !w->o.never_poll;
}

void
watch_list(struct watch *w, struct dir *d)
{
	struct listing li;
	/* Watched first, listed then: what comes in between is seen twice, not missed. */
	if (!d->begun || (d->album && d->wd < 0))
		watch_dir_begin(w, d);
	int code = listing_read(&li, watch_dir_path(d));
	if (code == -ENOENT || code == -ENOTDIR || code == -ELOOP) {
		watch_dir_remove(w, d, false);
		return;
	}
	if (code < 0) {
		refuse(w, d, -code);
		return;
	}
	if (d->refused || d->dev != li.st.st_dev || d->ino != li.st.st_ino) {
		d->refused = false;
		dirtree_set_inode(&w->tree, d, li.st.st_dev, li.st.st_ino);
		watch_dir_begin(w, d);
		watch_enqueue(w, d, true); /* what came between the listing and the watch */
	}
	if (!d->polled && d->poll)
		poller_remove(w->poller, &d->poll->item);
	d->mtime_us = clock_of(li.st.st_mtim);
	d->listed_us = clock_wall_us();
	free(d->extensions);
	d->extensions = NULL;
	if (is_crowd(w, d, &li)) {
		while (d->nfiles)
			watch_file_remove(w, d->file[d->nfiles - 1]);
		d->extensions = crowd_extensions(&li);
	} else {
		list_files(w, d, &li);
	}
	list_dirs(w, d, &li);
	if (is_album(w, d, &li))
		watch_dir_rest(w, d);
	d->tell_all = false;
	listing_release(&li);
}

const char *
watch_sibling(struct watch *w, const char *path, uint64_t ino)
{
	const char *name, *found = NULL;
	struct stat st;
	struct listing li;
	struct dir *d = dirtree_parent_of(&w->tree, path, &name);
	for (size_t i = 0; d && i < d->nfiles; i++)
		if (d->file[i]->ino == ino && strcmp(d->file[i]->name, name) != 0 &&
		    lstat(watch_join(w, d, d->file[i]->name), &st) == 0 && st.st_ino == ino)
			return watch_join(w, d, d->file[i]->name);
	/* What is known is as old as the last listing, or as the last event that was read. */
	if (!d || listing_read(&li, watch_dir_path(d)) < 0)
		return NULL;
	for (size_t i = 0; i < li.files.n && !found; i++)
		if (li.files.at[i].ino == ino && strcmp(li.files.at[i].name, name) != 0)
			found = watch_join(w, d, li.files.at[i].name);
	listing_release(&li);
	return found;
}
