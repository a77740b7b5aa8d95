/* Files out of the registry. A file appears under its name whole: it is written beside it first. In
 * a directory that others write to too, nothing is overwritten that was not meant, and no link in
 * it is followed. */
#include "core/reg_impl.h"

#include "core/clock.h"
#include "core/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- where the content lies -------------------------------------------------------------------- */

char *
registry_file(const struct registry *r, const struct version *v, size_t i)
{
	return v->kind == VERSION_ADOPTED ? reg_source_path(v->source, v->tree, v->file[i].path)
					  : reg_object(r, v->file[i].sha256);
}

/* Are V's files at its source as they were? NULL, or what is not so. */
static char *
altered(const struct version *v)
{
	char *why = NULL;
	for (size_t i = 0; i < v->nfiles && !why; i++) {
		struct stat st;
		const struct version_file *f = &v->file[i];
		char *path = reg_source_path(v->source, v->tree, f->path);
		if (regfs_stat(path, &st) < 0)
			why = errno == ENOENT || errno == ENOTDIR
				      ? xasprintf("%s is gone", path)
				      : xasprintf("%s: %s", path, strerror(errno));
		else if ((uint64_t)st.st_size != f->bytes || clock_of(st.st_mtim) != f->mtime_us)
			why = xasprintf("%s has changed", path);
		free(path);
	}
	return why;
}

char *
version_moved(const struct registry *r, const struct version *v)
{
	(void)r;
	return v->kind == VERSION_ADOPTED && !v->broken ? altered(v) : NULL;
}

/* A directory of links with the version's names, for whoever needs these; made once. */
static char *
link_view(struct registry *r, const struct version *v, struct err *e)
{
	char *leaf = xasprintf("view-%.32s", v->digest), *view = reg_join(r, "tmp", leaf, NULL);
	char *tmp = reg_tmp(r);
	struct stat st;
	int code = 0;
	free(leaf);
	if (regfs_stat(view, &st) == 0) {
		regfs_touch(view);
		free(tmp);
		return view;
	}
	if (regfs_mkdir(tmp, 0700) < 0)
		code = err_sys(e, "%s", tmp);
	for (size_t i = 0; i < v->nfiles && code == 0; i++) {
		char *to = xasprintf("%s/%s", tmp, v->file[i].path), *dir = xstrdup(to);
		char *object = reg_object(r, v->file[i].sha256);
		*strrchr(dir, '/') = '\0';
		code = reg_mkdirs(dir, e);
		if (code == 0 && regfs_symlink(object, to) < 0)
			code = err_sys(e, "%s", to);
		free(to);
		free(dir);
		free(object);
	}
	if (code == 0 && regfs_rename(tmp, view) < 0 && errno != EEXIST && errno != ENOTEMPTY)
		code = err_sys(e, "%s", view);
	free(tmp);
	if (code == 0)
		return view;
	free(view);
	return NULL;
}

char *
registry_path(struct registry *r, const struct version *v, struct err *e)
{
	char *why = altered(v);
	if (!why)
		return xstrdup(v->source);
	if (v->kind == VERSION_ADOPTED)
		err_set(e, ERR_NOTFOUND, "%s@v%d: %s", v->model, v->number, why);
	free(why);
	if (v->kind == VERSION_ADOPTED)
		return NULL;
	return v->tree ? link_view(r, v, e) : registry_file(r, v, 0);
}

/* -- restoring --------------------------------------------------------------------------------- */

struct restore {
	struct registry *r;
	const struct version *v;
	const char *dir;
	bool force;
	struct reg_clock clock;
	struct err *e;
};

/* The directories of PATH below DIR: made, or there and no links. */
static int
make_parents(struct restore *s, const char *path)
{
	int code = 0;
	for (const char *p = path; code == 0 && (p = strchr(p, '/')); p++) {
		struct stat st;
		char *dir = xasprintf("%s/%.*s", s->dir, (int)(p - path), path);
		if (regfs_lstat(dir, &st) == 0 && !S_ISDIR(st.st_mode))
			code = err_set(s->e, ERR_BUSY, "%s is in the way", dir);
		else if (code == 0)
			code = reg_mkdirs(dir, s->e);
		free(dir);
	}
	return code;
}

/* 1: the file is there already; 0: nothing is in its place. */
static int
look(struct restore *s, const struct version_file *f, const char *to)
{
	struct stat st;
	struct version_file is = *f;
	if (regfs_lstat(to, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(s->e, "%s", to);
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->bytes &&
	    reg_hash(to, &is, NULL, s->e) == 0 && strcmp(is.sha256, f->sha256) == 0)
		return 1;
	if (s->force && !S_ISDIR(st.st_mode))
		return 0;
	return err_set(s->e, ERR_BUSY, "%s is there already, with other content; %s", to,
		       S_ISDIR(st.st_mode) ? "it is a directory" : "--force overwrites it");
}

static int
restore_file(struct restore *s, size_t i)
{
	const struct version_file *f = &s->v->file[i];
	char *to = xasprintf("%s/%s", s->dir, f->path), *from = registry_file(s->r, s->v, i);
	char *dir = xstrdup(to);
	*strrchr(dir, '/') = '\0';
	char *tmp = xasprintf("%s/.mm-%s.%ld", dir, s->r->host, (long)getpid());
	int code = make_parents(s, f->path), there = code < 0 ? code : look(s, f, to);
	if (there != 0) {
		code = there > 0 ? 0 : there;
		reg_clock_add(&s->clock, f->bytes);
		goto out;
	}
	regfs_unlink(tmp); /* of a process of my number that ended within */
	code = reg_fetch(from, tmp, f, &s->clock, s->e);
	if (code == 0 && s->force && regfs_rename(tmp, to) < 0)
		code = err_sys(s->e, "%s", to);
	if (code == 0 && !s->force) {
		code = reg_publish(tmp, to, s->e);
		code = code == 0  ? err_set(s->e, ERR_BUSY, "%s has just been made", to)
		       : code > 0 ? 0
				  : code;
	}
	if (code == 0 && regfs_sync_dir(dir) < 0)
		code = err_sys(s->e, "%s", dir);
	if (code < 0)
		regfs_unlink(tmp);
out:
	free(to);
	free(from);
	free(dir);
	free(tmp);
	return code;
}

/* Before anything is written: would something be in the way? */
static int
look_ahead(struct restore *s)
{
	for (size_t i = 0; i < s->v->nfiles; i++) {
		char *to = xasprintf("%s/%s", s->dir, s->v->file[i].path);
		int code = look(s, &s->v->file[i], to);
		free(to);
		if (code < 0)
			return code;
	}
	return 0;
}

int
registry_restore(struct registry *r, const struct version *v, const char *dir, bool force,
		 registry_progress_fn progress, void *ctx, struct err *e)
{
	struct restore s = {.r = r, .v = v, .dir = dir, .force = force, .e = e};
	char *why = version_moved(r, v);
	if (why) {
		err_set(e, ERR_CORRUPT, "%s@v%d was adopted where it lies, and %s", v->model,
			v->number, why);
		free(why);
		return e->code;
	}
	/* Who may only read the registry restores too; gc would not run against him for long. */
	struct err ignored;
	int fd = reg_lock(r, REG_OBJECTS_SHARED, &ignored);
	reg_clock_init(&s.clock, v->bytes, progress, ctx);
	char *full = dir[0] == '/' ? xstrdup(dir) : xasprintf("./%s", dir);
	int code = look_ahead(&s);
	if (code == 0)
		code = reg_mkdirs(full, e);
	for (size_t i = 0; i < v->nfiles && code == 0; i++)
		code = restore_file(&s, i);
	free(full);
	reg_unlock(fd);
	return code;
}
