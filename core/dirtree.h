/* dirtree.h - the directories that are known, and the files in them, found by path, by inode and by
 * watch descriptor.
 *
 * Private to core/watch.c, which says what becomes of them. */
#ifndef CORE_DIRTREE_H
#define CORE_DIRTREE_H

#include "core/index.h"
#include "core/poll.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dir;

/* Of a directory or a file that is asked about now and then. */
struct polled {
	struct poll_item item;
	struct dir *dir;   /* this one, or NULL */
	struct file *file; /* or this one */
	/* of a file when it was last asked about; size -1: it was not */
	int64_t size, mtime_ns;
	/* wall clock; when a directory was seen to be another one; 0: never */
	int64_t changed_us;
};

struct file {
	struct polled *poll; /* NULL: it never was */
	struct dir *dir;
	uint64_t ino;
	int64_t changed_us;
	uint8_t hint;  /* 1 + enum watch_hint that is still to be told; 0: none */
	bool told;     /* somebody knows of it */
	bool followed; /* worth polling */
	char name[];
};

struct dir {
	struct polled *poll; /* NULL: it never was */
	char *path; /* canonical; "" is the root directory's, so that paths join with '/' */
	size_t len;
	uint64_t dev, ino;
	int wd; /* -1: none */
	struct dir *parent, *child, *next;
	struct file **file; /* in order of name */
	size_t nfiles, cap;
	char *extensions;  /* of a crowd without logs: "/png/jpg/"; NULL: followed as usual */
	struct dir *queue; /* next that waits to be listed */
	int64_t mtime_us;  /* at the last listing */
	int64_t listed_us;
	bool queued;
	bool tell_all;     /* the next listing tells what was known too */
	bool root, linked; /* a root; entered through a symbolic link */
	bool loose;        /* never listed: holds targets of links to files */
	bool polled;
	bool missing; /* a root that isn't there */
	bool refused; /* could not be read */
	bool begun;   /* it is watched, one way or the other */
	bool album;   /* nothing but pictures: only its time is asked for, now and then */
};

struct dirtree {
	struct index by_path, by_inode, by_wd;
	uint32_t ndirs, nfiles, npolled;
};

void dirtree_init(struct dirtree *t);
void dirtree_release(struct dirtree *t);

struct dir *dirtree_at(const struct dirtree *t, const char *path, size_t len);
struct dir *dirtree_inode(const struct dirtree *t, uint64_t dev, uint64_t ino);
struct dir *dirtree_wd(const struct dirtree *t, int wd);
/* PARENT may be NULL. No directory of that path may be there. */
struct dir *dirtree_add(struct dirtree *t, struct dir *parent, const char *path);
void dirtree_set_inode(struct dirtree *t, struct dir *d, uint64_t dev,
		       uint64_t ino);                          /* 0, 0: none */
void dirtree_set_wd(struct dirtree *t, struct dir *d, int wd); /* -1: none */
void dirtree_set_polled(struct dirtree *t, struct dir *d, bool polled);
void dirtree_reparent(struct dir *d, struct dir *parent);
/* D must have no children, no files, and be in no queue or ring. */
void dirtree_remove(struct dirtree *t, struct dir *d);

/* What is asked about D, or about F. */
struct poll_item *dir_polled(struct dir *d);
struct poll_item *file_polled(struct file *f);

struct file *dir_file(const struct dir *d, const char *name);
struct file *dir_file_add(struct dirtree *t, struct dir *d, const char *name);
void dir_file_remove(struct dirtree *t, struct file *f); /* in no ring */
/* The parent's path and the last component of PATH. */
struct dir *dirtree_parent_of(const struct dirtree *t, const char *path, const char **name);

#endif
