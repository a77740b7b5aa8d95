/* Removing. What is removed together is named in one file in trash/, so that all of it goes, and
 * comes back, at once; manifests and objects stay where they are. Only gc deletes, when nobody can
 * want them back: first the file is renamed to N.purged, which cannot be taken back, then the
 * manifests go, then the objects that no manifest names. When it ends half-way the next one goes
 * on. The file itself stays: its numbers are used up. */
#include "core/reg_impl.h"

#include "core/clock.h"
#include "core/json_put.h"
#include "core/map.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- removing ---------------------------------------------------------------------------------- */

static const struct version *
in_list(const struct version_list *l, const struct version *v)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i].number == v->number && strcmp(l->at[i].model, v->model) == 0)
			return &l->at[i];
	return NULL;
}

int
registry_may_go(const struct version_list *all, const struct version *v, unsigned even,
		struct err *e)
{
	const struct version *now = in_list(all, v);
	bool kept = !(even & REGISTRY_EVEN_KEPT);
	if (!now)
		return err_set(e, ERR_NOTFOUND, "%s has no version v%d", v->model, v->number);
	if (now->nslots && kept)
		return err_set(e, ERR_USAGE, "%s@v%d is deployed in %s", v->model, v->number,
			       now->slot[0]);
	if (now->pinned && kept)
		return err_set(e, ERR_USAGE, "%s@v%d is pinned", v->model, v->number);
	for (size_t i = 0; i < now->naliases; i++) {
		bool newest = strcmp(now->alias[i], "latest") == 0;
		if (newest && !(even & REGISTRY_EVEN_NEWEST))
			return err_set(e, ERR_USAGE, "%s@v%d is the newest: it stays", v->model,
				       v->number);
		if (!newest && kept)
			return err_set(e, ERR_USAGE, "%s@v%d is what %s@%s means", v->model,
				       v->number, v->model, now->alias[i]);
	}
	return 0;
}

static void
put_batch(struct registry *r, struct str *s, const struct version *const *v, size_t n,
	  const char *const *reason)
{
	str_adds(s, "{\"format\": 1, \"time\": ");
	json_put_time(s, clock_wall_us());
	str_adds(s, ", \"by\": ");
	json_put_str(s, r->user);
	str_adds(s, ", \"host\": ");
	json_put_str(s, r->host);
	str_adds(s, ", \"versions\": [");
	for (size_t i = 0; i < n; i++) {
		str_addf(s, "%s{\"version\": \"%s@v%d\", \"reason\": ", i ? ", " : "", v[i]->model,
			 v[i]->number);
		json_put_str(s, reason ? reason[i] : NULL);
		str_addc(s, '}');
	}
	str_adds(s, "]}");
	reg_seal(s);
}

int
registry_trash(struct registry *r, const struct version *const *v, size_t n, unsigned even,
	       const char *const *reason, int *batch, struct err *e)
{
	struct version_list l = {0};
	struct reg_trash t = {0};
	int fd = reg_lock(r, REG_EDIT, e);
	if (fd < 0)
		return fd;
	int code = registry_list(r, NULL, false, &l, e);
	for (size_t i = 0; i < n && code == 0; i++) /* as it is now, under the lock */
		code = registry_may_go(&l, v[i], even, e);
	if (code == 0)
		code = reg_trash_load(r, &t, e);
	if (code == 0) {
		struct str s = STR_INIT;
		char leaf[16];
		*batch = t.newest + 1;
		snprintf(leaf, sizeof leaf, "%d", *batch);
		char *path = reg_join(r, "trash", leaf, NULL);
		put_batch(r, &s, v, n, reason);
		code = reg_write(r, path, s.buf, s.len, false, e);
		str_release(&s);
		free(path);
	}
	version_list_release(&l);
	reg_trash_release(&t);
	reg_unlock(fd);
	return code;
}

/* trash/N becomes trash/N.WHAT. */
static int
settle_batch(struct registry *r, int batch, const char *what, struct err *e)
{
	char from[16], to[32];
	snprintf(from, sizeof from, "%d", batch);
	snprintf(to, sizeof to, "%d.%s", batch, what);
	char *a = reg_join(r, "trash", from, NULL), *b = reg_join(r, "trash", to, NULL);
	char *dir = reg_join(r, "trash", NULL);
	int code = regfs_rename(a, b) < 0    ? err_sys(e, "%s", a)
		   : regfs_sync_dir(dir) < 0 ? err_sys(e, "%s", dir)
					     : 0;
	free(a);
	free(b);
	free(dir);
	return code;
}

int
registry_undo(struct registry *r, int batch, int *n, struct err *e)
{
	struct reg_trash t;
	int fd = reg_lock(r, REG_EDIT, e);
	if (fd < 0)
		return fd;
	int code = reg_trash_load(r, &t, e), newest = 0;
	bool purged = false;
	*n = 0;
	for (size_t i = 0; code == 0 && i < t.n; i++) {
		purged = purged || (t.at[i].batch == batch && t.at[i].purged);
		if (!t.at[i].purged && !t.at[i].undone && t.at[i].batch > newest &&
		    (!batch || t.at[i].batch == batch))
			newest = t.at[i].batch;
	}
	for (size_t i = 0; code == 0 && i < t.n; i++)
		*n += newest && t.at[i].batch == newest;
	if (code == 0 && purged)
		code = err_set(e, ERR_NOTFOUND, "batch %d cannot be taken back: gc has deleted it",
			       batch);
	else if (code == 0 && !newest)
		code = err_set(e, ERR_NOTFOUND, "there is nothing to take back");
	if (code == 0)
		code = settle_batch(r, newest, "undone", e);
	reg_trash_release(&t);
	reg_unlock(fd);
	return code;
}

/* -- gc ---------------------------------------------------------------------------------------- */

struct sweep {
	struct registry *r;
	struct registry_gc *gc;
	struct reg_trash t;
	struct map live; /* SHA-256 of objects that a version has */
	int64_t now_us;
	struct err *e;
};

static bool
goes(const struct sweep *s, const struct reg_trashed *x)
{
	return x->purged || (!x->undone && s->now_us - x->time_us >= s->gc->grace_us);
}

static const struct reg_trashed *
going(const struct sweep *s, const char *model, int number)
{
	for (size_t i = 0; i < s->t.n; i++)
		if (s->t.at[i].number == number && !s->t.at[i].undone && goes(s, &s->t.at[i]) &&
		    strcmp(s->t.at[i].model, model) == 0)
			return &s->t.at[i];
	return NULL;
}

/* Every manifest that stays names what stays; one that can't be read would name nothing, so then
 * nothing may be deleted. */
static int
mark_live(struct sweep *s)
{
	static char there;
	char **model;
	size_t n;
	int code = reg_models(s->r, &model, &n, s->e);
	for (size_t i = 0; i < n && code == 0; i++) {
		int *number;
		size_t nn;
		code = reg_numbers(s->r, model[i], &number, &nn, s->e);
		for (size_t k = 0; k < nn && code == 0; k++) {
			struct version v;
			if (going(s, model[i], number[k]))
				continue;
			code = reg_load(s->r, model[i], number[k], &v, s->e);
			for (size_t f = 0; code == 0 && v.kind == VERSION_SAVED && f < v.nfiles;
			     f++)
				map_put(&s->live, v.file[f].sha256, 64, &there);
			version_release(&v);
		}
		free(number);
	}
	regfs_names_free(model, n);
	if (code < 0) {
		struct err why = *s->e;
		code = err_set(s->e, code == ERR_SYS ? code : ERR_CORRUPT,
			       "nothing was deleted, for what is in use is not known: %.400s",
			       why.text);
	}
	return code;
}

/* What means a version that is gone for good, means nothing. */
static int
purge_aliases(struct sweep *s, const struct reg_trashed *x)
{
	char **name, *dir = reg_join(s->r, "models", x->model, "alias", NULL);
	size_t n;
	int code = 0;
	if (regfs_list(dir, &name, &n) < 0)
		name = NULL, n = 0;
	for (size_t i = 0; i < n && code == 0; i++) {
		struct err ignored;
		if (reg_alias_get(s->r, x->model, name[i], &ignored) != x->number)
			continue;
		char *path = xasprintf("%s/%s", dir, name[i]);
		if (regfs_unlink(path) < 0 && errno != ENOENT)
			code = err_sys(s->e, "%s", path);
		free(path);
	}
	regfs_names_free(name, n);
	free(dir);
	return code;
}

static int
purge(struct sweep *s)
{
	int code = 0;
	for (int batch = 1; batch <= s->t.newest && code == 0 && !s->gc->dry; batch++) {
		bool now = false;
		for (size_t i = 0; i < s->t.n; i++)
			now = now || (s->t.at[i].batch == batch && !s->t.at[i].purged &&
				      goes(s, &s->t.at[i]));
		if (now)
			code = settle_batch(s->r, batch, "purged", s->e);
	}
	for (size_t i = 0; i < s->t.n && code == 0; i++) {
		const struct reg_trashed *x = &s->t.at[i];
		struct stat st;
		char leaf[16];
		if (x->undone || !goes(s, x))
			continue;
		snprintf(leaf, sizeof leaf, "v%d", x->number);
		char *path = reg_join(s->r, "models", x->model, leaf, NULL);
		char *mark = reg_join(s->r, "models", x->model, "mark", leaf, NULL);
		char *safety = reg_join(s->r, "models", x->model, "safety", leaf, NULL);
		if (!s->gc->dry)
			code = purge_aliases(s, x);
		if (code == 0 && regfs_lstat(path, &st) == 0) {
			if (!s->gc->dry && regfs_unlink(path) < 0 && errno != ENOENT)
				code = err_sys(s->e, "%s", path);
			s->gc->versions++;
		}
		if (!s->gc->dry && code == 0) {
			regfs_unlink(mark);
			regfs_unlink(safety);
		}
		free(path);
		free(mark);
		free(safety);
	}
	return code;
}

static bool
old(const struct sweep *s, const struct stat *st)
{
	int64_t us = clock_of(st->st_mtim);
	return s->now_us - us >= s->gc->orphan_us;
}

static int
sweep_objects_in(struct sweep *s, const char *head)
{
	char **name, *dir = reg_join(s->r, "objects", head, NULL);
	size_t n;
	int code =
		regfs_list(dir, &name, &n) < 0 && errno != ENOTDIR ? err_sys(s->e, "%s", dir) : 0;
	for (size_t i = 0; i < n && code == 0; i++) {
		struct stat st;
		char *hash = xasprintf("%s%s", head, name[i]);
		char *path = xasprintf("%s/%s", dir, name[i]);
		bool live = strlen(hash) == 64 && map_get(&s->live, hash, 64);
		if (!live && regfs_lstat(path, &st) == 0 && S_ISREG(st.st_mode) && old(s, &st)) {
			if (!s->gc->dry && regfs_unlink(path) < 0 && errno != ENOENT)
				code = err_sys(s->e, "%s", path);
			s->gc->objects++;
			s->gc->bytes += (uint64_t)st.st_size;
		}
		free(hash);
		free(path);
	}
	regfs_names_free(name, n);
	free(dir);
	return code;
}

static int
sweep_objects(struct sweep *s)
{
	char **name, *dir = reg_join(s->r, "objects", NULL);
	size_t n;
	int code = regfs_list(dir, &name, &n) < 0 && errno != ENOENT ? err_sys(s->e, "%s", dir) : 0;
	for (size_t i = 0; i < n && code == 0; i++)
		if (strlen(name[i]) == 2)
			code = sweep_objects_in(s, name[i]);
	regfs_names_free(name, n);
	free(dir);
	return code;
}

/* In tmp/: what somebody writes to now is locked, or young. */
static void
sweep_leftover(struct sweep *s, const char *path)
{
	struct stat st;
	if (regfs_lstat(path, &st) < 0 || !old(s, &st))
		return;
	if (S_ISDIR(st.st_mode)) {
		char **name;
		size_t n;
		if (regfs_list(path, &name, &n) < 0)
			return;
		for (size_t i = 0; i < n; i++) {
			char *below = xasprintf("%s/%s", path, name[i]);
			if (!s->gc->dry)
				regfs_unlink(below);
			sweep_leftover(s, below);
			free(below);
		}
		regfs_names_free(name, n);
		if (!s->gc->dry)
			regfs_rmdir(path);
		s->gc->leftovers++;
		return;
	}
	int fd = S_ISREG(st.st_mode) ? regfs_open(path, O_RDWR | O_NOFOLLOW, 0) : -1;
	bool busy = fd >= 0 && regfs_lock(fd, true, false) < 0;
	if (!busy) {
		if (!s->gc->dry)
			regfs_unlink(path);
		s->gc->leftovers++;
		s->gc->bytes += st.st_nlink == 1 ? (uint64_t)st.st_size : 0;
	}
	if (fd >= 0)
		regfs_close(fd);
}

static void
sweep_tmp(struct sweep *s)
{
	char **name, *dir = reg_join(s->r, "tmp", NULL);
	size_t n;
	if (regfs_list(dir, &name, &n) < 0)
		name = NULL, n = 0;
	for (size_t i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", dir, name[i]);
		sweep_leftover(s, path);
		free(path);
	}
	regfs_names_free(name, n);
	free(dir);
}

int
registry_gc(struct registry *r, struct registry_gc *gc, struct err *e)
{
	struct sweep s = {.r = r, .gc = gc, .now_us = clock_wall_us(), .e = e};
	struct stat st;
	gc->versions = gc->objects = gc->leftovers = 0;
	gc->bytes = 0;
	if (regfs_stat(r->dir, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", r->dir);
	int edit = -1, lock = reg_lock(r, REG_OBJECTS, e);
	if (lock < 0)
		return lock;
	edit = reg_lock(r, REG_EDIT, e);
	int code = edit < 0 ? edit : reg_trash_load(r, &s.t, e);
	if (code == 0 && s.t.broken)
		code = err_set(e, ERR_CORRUPT,
			       "nothing was deleted, for what is in use is not "
			       "known: %s",
			       s.t.broken);
	if (code == 0)
		code = mark_live(&s);
	if (code == 0)
		code = purge(&s);
	if (code == 0)
		code = sweep_objects(&s);
	if (code == 0)
		sweep_tmp(&s);
	map_release(&s.live);
	reg_trash_release(&s.t);
	reg_unlock(edit);
	reg_unlock(lock);
	return code;
}
