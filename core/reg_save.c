/* Saving: every file becomes an object (or, adopted, is only hashed); then a manifest that names
 * them is published under the next number. Until that link() there is no new version; after it, it
 * is whole. */
#include "core/reg_impl.h"

#include "core/clock.h"
#include "core/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_TRIES = 1000 };

/* -- publishing -------------------------------------------------------------------------------- */

/* Will OLD, which has the files of V, do for it? Not what may go by itself for what a person wants
 * to keep, nor what is recorded at another place, or at one where it is no more. */
static bool
will_do(const struct registry *r, const struct version *old, const struct version *v)
{
	if (old->automatic && !v->automatic)
		return false;
	if (old->kind == VERSION_SAVED)
		return true;
	char *moved = v->kind == VERSION_ADOPTED ? version_moved(r, old) : NULL;
	bool same = v->kind == VERSION_ADOPTED && !moved && strcmp(old->source, v->source) == 0;
	free(moved);
	return same;
}

/* The newest version with the files of V, when that will do for it. */
static const struct version *
twin(const struct registry *r, const struct version_list *l, const struct version *v)
{
	for (size_t i = l->n; i-- > 0;)
		if (!l->at[i].broken && strcmp(l->at[i].digest, v->digest) == 0 &&
		    will_do(r, &l->at[i], v))
			return &l->at[i];
	return NULL;
}

static int
publish(struct registry *r, struct version *v, struct err *e)
{
	char *dir = reg_join(r, "models", v->model, NULL);
	int code = reg_mkdirs(dir, e), highest = code < 0 ? code : reg_highest(r, v->model, e);
	if (highest < 0)
		code = highest;
	for (int i = 1; code == 0 && i <= NUMBER_TRIES; i++) {
		struct str s = STR_INIT;
		v->number = highest + i;
		reg_manifest_put(&s, v);
		char *path = xasprintf("%s/v%d", dir, v->number);
		code = reg_write(r, path, s.buf, s.len, false, e);
		free(path);
		str_release(&s);
		if (code != ERR_BUSY) /* else somebody was faster, where locks don't work */
			break;
		code = i < NUMBER_TRIES ? 0 : code;
	}
	free(dir);
	return code;
}

static void
take(struct version_list *l, const struct version *at, struct version *v)
{
	size_t i = (size_t)(at - l->at);
	version_release(v);
	*v = l->at[i];
	l->at[i] = (struct version){0};
}

int
reg_commit(struct registry *r, struct version *v, bool *new_version, struct err *e)
{
	struct version_list l;
	int fd = reg_lock(r, REG_EDIT, e);
	if (fd < 0)
		return fd;
	int code = registry_list(r, v->model, false, &l, e);
	if (code == 0) {
		const struct version *old = twin(r, &l, v);
		*new_version = !old;
		v->parent = l.n ? l.at[l.n - 1].number : 0;
		v->time_us = clock_wall_us();
		free(v->by);
		free(v->host);
		v->by = xstrdup(r->user);
		v->host = xstrdup(r->host);
		if (old)
			take(&l, old, v);
		else
			code = publish(r, v, e);
		version_list_release(&l);
	}
	reg_unlock(fd);
	return code;
}

/* -- what would be saved ----------------------------------------------------------------------- */

static bool
within(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static int
read_source(struct registry *r, const struct registry_save *s, struct reg_source *src,
	    struct err *e)
{
	if (!registry_name_ok(s->model))
		return err_set(e, ERR_USAGE,
			       "'%s' is no name for a model: letters, digits and . _ -, at most 64",
			       s->model);
	char *real = regfs_canonical(s->source), *home = regfs_canonical(r->dir);
	bool inside = real && home && (within(home, real) || within(real, home));
	free(real);
	free(home);
	if (inside)
		return err_set(e, ERR_USAGE, "%s: the registry itself cannot be saved", s->source);
	return reg_source_read(s->source, s->exclude, src, e);
}

/* The file system where R is, or will be. */
static int
home_fs(const struct registry *r, struct stat *st, struct statvfs *fs)
{
	char *dir = xstrdup(r->dir);
	int code;
	while ((code = regfs_stat(dir, st)) < 0 && errno == ENOENT && strrchr(dir, '/') > dir)
		*strrchr(dir, '/') = '\0';
	if (code == 0)
		code = regfs_statvfs(dir, fs);
	free(dir);
	return code;
}

int
registry_plan(struct registry *r, const struct registry_save *s, struct registry_plan *out,
	      struct err *e)
{
	struct reg_source src;
	struct stat here, there;
	struct statvfs fs;
	*out = (struct registry_plan){0};
	int code = read_source(r, s, &src, e);
	if (code < 0)
		return code;
	if (home_fs(r, &here, &fs) < 0 || regfs_stat(src.root, &there) < 0) {
		code = err_sys(e, "%s", r->dir);
	} else {
		out->bytes = src.bytes;
		out->files = src.n;
		out->excluded_bytes = src.excluded_bytes;
		out->excluded = src.excluded.len ? xstrdup(src.excluded.buf) : NULL;
		out->free = (uint64_t)fs.f_bavail * fs.f_frsize;
		out->same_fs = here.st_dev == there.st_dev;
	}
	reg_source_release(&src);
	return code;
}

void
registry_plan_release(struct registry_plan *p)
{
	free(p->excluded);
	p->excluded = NULL;
}

/* -- saving ------------------------------------------------------------------------------------ */

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct version_metric *)a)->name,
		      ((const struct version_metric *)b)->name);
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const struct version_pair *)a)->key, ((const struct version_pair *)b)->key);
}

static char *
maybe(const char *z)
{
	return z && *z ? xstrdup(z) : NULL;
}

/* V from what the caller says and what lies in SRC, which is used up. */
static void
describe(struct version *v, const struct registry_save *s, struct reg_source *src)
{
	*v = (struct version){
		.model = xstrdup(s->model),
		.kind = s->kind,
		.automatic = s->automatic,
		.source = xstrdup(src->root),
		.tree = src->tree,
		.run = maybe(s->run),
		.step = s->step,
		.step_from = s->step_from,
		.git = reg_git_revision(src->root),
		.note = maybe(s->note),
		.excluded = src->excluded.len ? xstrdup(src->excluded.buf) : NULL,
		.excluded_bytes = src->excluded_bytes,
		.file = src->file,
		.nfiles = src->n,
	};
	src->file = NULL;
	src->n = 0;
	v->metric = xcalloc(s->nmetrics + 1, sizeof *v->metric);
	for (size_t i = 0; i < s->nmetrics; i++) {
		v->metric[i] = s->metric[i];
		v->metric[i].name = xstrdup(s->metric[i].name);
	}
	v->nmetrics = s->nmetrics;
	v->param = xcalloc(s->nparams + 1, sizeof *v->param);
	for (size_t i = 0; i < s->nparams; i++)
		v->param[i] =
			(struct version_pair){xstrdup(s->param[i].key), xstrdup(s->param[i].value)};
	v->nparams = s->nparams;
	qsort(v->metric, v->nmetrics, sizeof *v->metric, by_name);
	qsort(v->param, v->nparams, sizeof *v->param, by_key);
}

static int
take_files(struct registry *r, struct version *v, struct reg_clock *clock, struct err *e)
{
	int code = 0;
	for (size_t i = 0; i < v->nfiles && code == 0; i++) {
		char *path = reg_source_path(v->source, v->tree, v->file[i].path);
		code = v->kind == VERSION_SAVED ? reg_store(r, path, &v->file[i], clock, e)
						: reg_hash(path, &v->file[i], clock, e);
		free(path);
	}
	return code;
}

int
registry_save(struct registry *r, const struct registry_save *s, struct version *out,
	      bool *new_version, struct err *e)
{
	struct reg_source src;
	struct reg_clock clock;
	struct version v;
	int code = read_source(r, s, &src, e);
	if (code < 0)
		return code;
	code = reg_make(r, e);
	int fd = code < 0 ? code : reg_lock(r, REG_OBJECTS_SHARED, e);
	if (fd < 0) {
		reg_source_release(&src);
		return fd;
	}
	reg_clock_init(&clock, src.bytes, s->progress, s->ctx);
	describe(&v, s, &src);
	reg_source_release(&src);
	code = take_files(r, &v, &clock, e);
	if (code == 0) {
		reg_digest(&v);
		code = reg_commit(r, &v, new_version, e);
	}
	reg_unlock(fd);
	if (code == 0)
		*out = v;
	else
		version_release(&v);
	return code;
}
