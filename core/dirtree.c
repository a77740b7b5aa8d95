/* Directories are nodes that know their whole path: a renamed subtree is taken out and found anew,
 * so no path ever changes. Files are kept in order of name, for a listing comes in that order
 * too. */
#include "core/dirtree.h"

#include "core/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct inode_key {
	uint64_t dev, ino;
};

static void
unlink_child(struct dir *d)
{
	if (!d->parent)
		return;
	struct dir **at = &d->parent->child;
	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	d->parent = d->next = NULL;
}

static void
link_child(struct dir *d, struct dir *parent)
{
	d->parent = parent;
	if (!parent)
		return;
	d->next = parent->child;
	parent->child = d;
}

static void
file_free(struct file *f)
{
	free(f->poll);
	free(f);
}

static void
dir_free(struct dir *d)
{
	for (size_t i = 0; i < d->nfiles; i++)
		file_free(d->file[i]);
	free(d->file);
	free(d->poll);
	free(d->extensions);
	free(d->path);
	free(d);
}

static bool
is_at(const void *item, const void *path, size_t len)
{
	const struct dir *d = item;
	return d->len == len && memcmp(d->path, path, len) == 0;
}

static bool
is_inode(const void *item, const void *key, size_t n)
{
	const struct dir *d = item;
	const struct inode_key k = {d->dev, d->ino};
	return n == sizeof k && memcmp(&k, key, n) == 0;
}

static bool
is_wd(const void *item, const void *wd, size_t n)
{
	const struct dir *d = item;
	return n == sizeof d->wd && memcmp(&d->wd, wd, n) == 0;
}

void
dirtree_init(struct dirtree *t)
{
	*t = (struct dirtree){.by_path.is = is_at, .by_inode.is = is_inode, .by_wd.is = is_wd};
}

void
dirtree_release(struct dirtree *t)
{
	size_t at = 0;
	struct dir *d;
	while ((d = index_next(&t->by_path, &at)))
		dir_free(d);
	index_release(&t->by_path);
	index_release(&t->by_inode);
	index_release(&t->by_wd);
}

struct dir *
dirtree_at(const struct dirtree *t, const char *path, size_t len)
{
	return index_get(&t->by_path, path, len);
}

struct dir *
dirtree_inode(const struct dirtree *t, uint64_t dev, uint64_t ino)
{
	struct inode_key k = {dev, ino};
	return index_get(&t->by_inode, &k, sizeof k);
}

struct dir *
dirtree_wd(const struct dirtree *t, int wd)
{
	return index_get(&t->by_wd, &wd, sizeof wd);
}

struct dir *
dirtree_add(struct dirtree *t, struct dir *parent, const char *path)
{
	struct dir *d = xcalloc(1, sizeof *d);
	d->path = xstrdup(path);
	d->len = strlen(path);
	d->wd = -1;
	link_child(d, parent);
	index_put(&t->by_path, d->path, d->len, d);
	t->ndirs++;
	return d;
}

void
dirtree_set_inode(struct dirtree *t, struct dir *d, uint64_t dev, uint64_t ino)
{
	struct inode_key old = {d->dev, d->ino}, new = {dev, ino};
	if (d->ino && index_get(&t->by_inode, &old, sizeof old) == d)
		index_remove(&t->by_inode, &old, sizeof old);
	d->dev = dev;
	d->ino = ino;
	if (ino)
		index_put(&t->by_inode, &new, sizeof new, d);
}

void
dirtree_set_wd(struct dirtree *t, struct dir *d, int wd)
{
	if (d->wd >= 0 && dirtree_wd(t, d->wd) == d)
		index_remove(&t->by_wd, &d->wd, sizeof d->wd);
	d->wd = wd;
	if (wd >= 0)
		index_put(&t->by_wd, &wd, sizeof wd, d);
}

void
dirtree_set_polled(struct dirtree *t, struct dir *d, bool polled)
{
	if (polled && !d->polled)
		t->npolled++;
	if (!polled && d->polled)
		t->npolled--;
	d->polled = polled;
}

struct poll_item *
dir_polled(struct dir *d)
{
	if (!d->poll) {
		d->poll = xcalloc(1, sizeof *d->poll);
		d->poll->dir = d;
	}
	return &d->poll->item;
}

struct poll_item *
file_polled(struct file *f)
{
	if (!f->poll) {
		f->poll = xcalloc(1, sizeof *f->poll);
		f->poll->file = f;
		f->poll->size = -1;
	}
	return &f->poll->item;
}

void
dirtree_reparent(struct dir *d, struct dir *parent)
{
	unlink_child(d);
	link_child(d, parent);
}

void
dirtree_remove(struct dirtree *t, struct dir *d)
{
	assert(!d->child && !d->nfiles && !d->queued && !(d->poll && d->poll->item.ring));
	unlink_child(d);
	dirtree_set_inode(t, d, 0, 0);
	dirtree_set_wd(t, d, -1);
	dirtree_set_polled(t, d, false);
	index_remove(&t->by_path, d->path, d->len);
	t->ndirs--;
	dir_free(d);
}

/* Where NAME is, or would be. */
static size_t
file_index(const struct dir *d, const char *name)
{
	size_t lo = 0, hi = d->nfiles;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (strcmp(d->file[mid]->name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct file *
dir_file(const struct dir *d, const char *name)
{
	size_t i = file_index(d, name);
	return i < d->nfiles && strcmp(d->file[i]->name, name) == 0 ? d->file[i] : NULL;
}

struct file *
dir_file_add(struct dirtree *t, struct dir *d, const char *name)
{
	size_t i = file_index(d, name), n = strlen(name) + 1;
	struct file *f = xcalloc(1, sizeof *f + n);
	f->dir = d;
	memcpy(f->name, name, n);
	if (!d->cap) { /* most directories of runs have one, and there are very many */
		d->file = xmalloc(sizeof *d->file);
		d->cap = 1;
	}
	xgrow(&d->file, &d->cap, d->nfiles + 1, sizeof *d->file);
	memmove(d->file + i + 1, d->file + i, (d->nfiles - i) * sizeof *d->file);
	d->file[i] = f;
	d->nfiles++;
	t->nfiles++;
	return f;
}

void
dir_file_remove(struct dirtree *t, struct file *f)
{
	assert(!(f->poll && f->poll->item.ring));
	struct dir *d = f->dir;
	size_t i = file_index(d, f->name);
	d->nfiles--;
	memmove(d->file + i, d->file + i + 1, (d->nfiles - i) * sizeof *d->file);
	t->nfiles--;
	file_free(f);
}

struct dir *
dirtree_parent_of(const struct dirtree *t, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	*name = slash + 1;
	return dirtree_at(t, path, (size_t)(slash - path));
}
