/* Deploying: the release is complete on the disk, `before` has agreed, then the link is renamed
 * over the old one. A reader that opens files through the link sees the old release or the new one,
 * never none; one that holds the old directory open keeps it, for some releases stay.
 *
 * What is done to the link is written down before (pending) and becomes history after; the link
 * itself tells whether it was done. So a process that ends anywhere leaves nothing to repair but
 * what the next one here does first. */
#include "core/deploy_impl.h"

#include "core/clock.h"
#include "core/json_put.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RELEASES_KEPT = 5, TIMEOUT_US = 60000000 };

struct job {
	struct registry *r;
	const struct deploy_slot *s;
	struct deploy_history h;
	char *dir, *path;  /* deploy/SLOT; the link */
	char *target;      /* where it points now; NULL: there is none */
	char *current;     /* the release that is; NULL: none of ours */
	const char *from;  /* its version, or NULL; lives in H */
	int lock, objects; /* descriptors */
	struct err *e;
};

/* -- beginning and ending ---------------------------------------------------------------------- */

static void
end(struct job *j)
{
	deploy_history_release(&j->h);
	free(j->dir);
	free(j->path);
	free(j->target);
	free(j->current);
	reg_unlock(j->objects);
	reg_unlock(j->lock);
}

static int
take_lock(struct job *j)
{
	char *path = xasprintf("%s/lock", j->dir);
	j->lock = regfs_open(path, O_RDWR | O_CREAT, 0666);
	int code = 0;
	if (j->lock < 0)
		code = err_sys(j->e, "%s", path);
	else if (regfs_lock(j->lock, true, false) < 0)
		code = errno == EAGAIN
			       ? err_set(j->e, ERR_BUSY,
					 "somebody else is deploying to %s; try again later",
					 j->s->name)
			       : err_sys(j->e, "%s", path);
	free(path);
	return code;
}

static int
look_at_link(struct job *j)
{
	struct stat st;
	if (regfs_lstat(j->path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(j->e, "%s", j->path);
	if (!S_ISLNK(st.st_mode))
		return err_set(j->e, ERR_USAGE,
			       "%s is there and is no symbolic link; move it away first", j->path);
	j->target = regfs_readlink(j->path);
	if (!j->target)
		return err_sys(j->e, "%s", j->path);
	int link = deploy_current(j->r, j->s->name, j->path, &j->current, j->e);
	if (link < 0)
		return link;
	for (size_t i = j->h.n; j->current && !j->from && i-- > 0;)
		if (j->h.at[i].release && strcmp(j->h.at[i].release, j->current) == 0)
			j->from = j->h.at[i].version;
	return 0;
}

/* The slot is mine, its history settled and known. */
static int
begin(struct job *j, struct registry *r, const struct deploy_slot *s, struct err *e)
{
	*j = (struct job){.r = r, .s = s, .lock = -1, .objects = -1, .e = e};
	if (!registry_name_ok(s->name))
		return err_set(e, ERR_USAGE, "'%s' is no name for a slot", s->name);
	j->dir = reg_join(r, "deploy", s->name, NULL);
	j->path = deploy_path(r, s);
	if (j->path[0] != '/')
		return err_set(e, ERR_USAGE, "%s: the link's path must be absolute", j->path);
	int code = reg_make(r, e);
	char *history = xasprintf("%s/history", j->dir),
	     *releases = xasprintf("%s/releases", j->dir);
	char *above = xstrdup(j->path);
	*strrchr(above, '/') = '\0';
	if (code == 0)
		code = reg_mkdirs(history, e);
	if (code == 0)
		code = reg_mkdirs(releases, e);
	if (code == 0 && *above)
		code = reg_mkdirs(above, e);
	free(history);
	free(releases);
	free(above);
	if (code == 0)
		code = take_lock(j);
	if (code == 0) {
		j->objects = reg_lock(r, REG_OBJECTS_SHARED, e);
		code = j->objects < 0 ? j->objects : 0;
	}
	if (code == 0)
		code = deploy_settle(r, s->name, e);
	if (code == 0)
		code = deploy_history(r, s->name, &j->h, e);
	if (code == 0)
		code = look_at_link(j);
	return code;
}

/* -- releases ---------------------------------------------------------------------------------- */

/* What can't be removed stays, and is tried again next time. */
static void
remove_tree(const char *path)
{
	struct stat st;
	char **name;
	size_t n;
	if (regfs_lstat(path, &st) < 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		regfs_unlink(path);
		return;
	}
	if (regfs_list(path, &name, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		char *below = xasprintf("%s/%s", path, name[i]);
		remove_tree(below);
		free(below);
	}
	regfs_names_free(name, n);
	regfs_rmdir(path);
}

/* Is RELEASE among the newest that history tells of? */
static bool
wanted(const struct job *j, const char *release)
{
	const char *seen[RELEASES_KEPT];
	int n = 0;
	if (j->current && strcmp(j->current, release) == 0)
		return true;
	for (size_t i = j->h.n; i-- > 0 && n < RELEASES_KEPT;) {
		const char *at = j->h.at[i].release;
		bool known = !at || !j->h.at[i].healthy; /* there is no way back to it */
		for (int k = 0; k < n && !known; k++)
			known = strcmp(seen[k], at) == 0;
		if (known)
			continue;
		if (strcmp(at, release) == 0)
			return true;
		seen[n++] = at;
	}
	return false;
}

static void
sweep_releases(struct job *j)
{
	char **name, *dir = xasprintf("%s/releases", j->dir);
	size_t n;
	if (regfs_list(dir, &name, &n) < 0)
		name = NULL, n = 0;
	for (size_t i = 0; i < n; i++)
		if (!wanted(j, name[i])) {
			char *path = xasprintf("%s/%s", dir, name[i]);
			remove_tree(path);
			free(path);
		}
	regfs_names_free(name, n);
	free(dir);
}

static int
fill_release(struct job *j, const struct version *v, const char *dir, struct reg_clock *clock)
{
	int code = regfs_mkdir(dir, 0777) < 0 ? err_sys(j->e, "%s", dir) : 0;
	for (size_t i = 0; i < v->nfiles && code == 0; i++) {
		char *to = xasprintf("%s/%s", dir, v->file[i].path), *above = xstrdup(to);
		char *from = registry_file(j->r, v, i);
		*strrchr(above, '/') = '\0';
		code = reg_mkdirs(above, j->e);
		if (code == 0)
			code = reg_fetch(from, to, &v->file[i], clock, j->e);
		if (code == 0 && regfs_sync_dir(above) < 0)
			code = err_sys(j->e, "%s", above);
		free(to);
		free(above);
		free(from);
	}
	char *releases = xasprintf("%s/releases", j->dir);
	if (code == 0 && regfs_sync_dir(releases) < 0)
		code = err_sys(j->e, "%s", releases);
	free(releases);
	return code;
}

static int
next_number(const struct job *j)
{
	return j->h.n ? j->h.at[j->h.n - 1].number + 1 : 1;
}

/* -- the link ---------------------------------------------------------------------------------- */

/* The link points to TARGET; NULL: there is none. */
static int
swap(struct job *j, const char *target)
{
	char *dir = xstrdup(j->path), *slash = strrchr(dir, '/');
	*slash = '\0';
	char *tmp = xasprintf("%s/.%s.mm-%ld", dir, slash + 1, (long)getpid());
	int code = 0;
	if (!target) {
		if (regfs_unlink(j->path) < 0 && errno != ENOENT)
			code = err_sys(j->e, "%s", j->path);
	} else {
		regfs_unlink(tmp);
		if (regfs_symlink(target, tmp) < 0)
			code = err_sys(j->e, "%s", tmp);
		else if (regfs_rename(tmp, j->path) < 0) {
			code = err_sys(j->e, "%s", j->path);
			regfs_unlink(tmp);
		}
	}
	if (code == 0 && regfs_sync_dir(*dir ? dir : "/") < 0)
		code = err_sys(j->e, "%s", dir);
	free(dir);
	free(tmp);
	return code;
}

/* The link and the history, both or neither. TARGET as it is to be written into the link. */
static int
commit(struct job *j, struct deploy_entry *en, const char *target)
{
	en->number = next_number(j);
	en->path = j->path;
	en->time_us = clock_wall_us();
	en->by = j->r->user;
	en->host = j->r->host;
	int code = deploy_pending_put(j->r, j->s->name, en, j->e);
	if (code == 0)
		code = swap(j, target);
	struct err settle = {0};
	int settled = deploy_settle(j->r, j->s->name, &settle);
	if (code == 0 && settled < 0)
		code = err_set(j->e, settled, "%s", settle.text);
	return code;
}

static char *
target_of(const struct job *j, const char *release)
{
	return j->s->path && *j->s->path ? xasprintf("%s/releases/%s", j->dir, release)
					 : xasprintf("releases/%s", release);
}

/* Reads what is deployed now, after the link was changed. */
static int
look_again(struct job *j)
{
	deploy_history_release(&j->h);
	free(j->target);
	free(j->current);
	j->target = j->current = NULL;
	j->from = NULL;
	int code = deploy_history(j->r, j->s->name, &j->h, j->e);
	return code < 0 ? code : look_at_link(j);
}

/* -- hooks ------------------------------------------------------------------------------------- */

static int
run_hook(struct job *j, const char *command, const char *action, const char *version,
	 const char *release, const char *previous, struct str *why)
{
	if (!command || !*command)
		return 0;
	char *model = version ? xstrndup(version, strcspn(version, "@")) : xstrdup("");
	char *dir = release ? xasprintf("%s/releases/%s", j->dir, release) : xstrdup("");
	const struct deploy_var var[] = {
		{"MM_SLOT", j->s->name},   {"MM_ACTION", action}, {"MM_MODEL", model},
		{"MM_VERSION", version},   {"MM_RELEASE", dir},   {"MM_PATH", j->path},
		{"MM_PREVIOUS", previous},
	};
	static const char *const key[] = {"slot",    "action", "model",   "version",
					  "release", "path",   "previous"};
	struct str in = STR_INIT;
	for (size_t i = 0; i < sizeof var / sizeof *var; i++) {
		str_addf(&in, "%s\"%s\": ", i ? ", " : "{", key[i]);
		json_put_str(&in, var[i].value && *var[i].value ? var[i].value : NULL);
	}
	str_adds(&in, "}\n");
	int64_t limit = j->s->timeout_us > 0 ? j->s->timeout_us : TIMEOUT_US;
	int code = deploy_hook(command, var, sizeof var / sizeof *var, in.buf, limit, why);
	str_release(&in);
	free(model);
	free(dir);
	return code;
}

/* It is deployed: those who read it are told, and whether it works is asked. */
static int
check(struct job *j, const char *action, const char *version, const char *release,
      const char *previous, struct str *why)
{
	struct str said = STR_INIT;
	const char *which = "after";
	int code = run_hook(j, j->s->after, action, version, release, previous, &said);
	if (code == 0) {
		which = "health";
		code = run_hook(j, j->s->health, action, version, release, previous, &said);
	}
	if (code < 0)
		str_addf(why, "%s: %s", which, str_c(&said));
	str_release(&said);
	return code;
}

static int
mark_healthy(struct job *j)
{
	char *path = xasprintf("%s/history/%06d.ok", j->dir, next_number(j) - 1);
	int code = reg_write(j->r, path, "", 0, false, j->e);
	free(path);
	return code == ERR_BUSY ? 0 : code;
}

/* -- deploy ------------------------------------------------------------------------------------ */

void
deploy_result_release(struct deploy_result *res)
{
	free(res->version);
	free(res->tried);
	free(res->from);
	free(res->why);
	*res = (struct deploy_result){0};
}

static char *
maybe(const char *z)
{
	return z ? xstrdup(z) : NULL;
}

/* The old one is back: what failed is in WHY. */
static int
go_back(struct job *j, const char *target, const char *current, const char *from,
	struct deploy_result *out)
{
	struct str ignored = STR_INIT;
	struct deploy_entry en = {
		.action = DEPLOY_ROLLBACK,
		.automatic = true,
		.version = (char *)from,
		.from = (char *)j->from,
		.release = (char *)current,
		/* A link of somebody else's is put back too, but that is no release. */
		.target = current ? NULL : (char *)target,
		.reason = out->why,
	};
	int code = commit(j, &en, target);
	if (code < 0)
		return code;
	out->outcome = DEPLOY_BACK;
	free(out->version);
	out->version = maybe(from);
	run_hook(j, j->s->after, "rollback", from, current, j->from, &ignored);
	str_release(&ignored);
	return 0;
}

static int
deploy_release(struct job *j, const struct version *v, const char *release, const char *reason,
	       struct deploy_result *out)
{
	char *name = xasprintf("%s@v%d", v->model, v->number), *target = target_of(j, release);
	char *old_target = maybe(j->target), *old_current = maybe(j->current);
	char *old_from = maybe(j->from);
	struct str why = STR_INIT;
	int code = 0;
	if (run_hook(j, j->s->before, "deploy", name, release, j->from, &why) < 0) {
		out->outcome = DEPLOY_REFUSED;
		out->version = maybe(j->from);
		out->why = xasprintf("before: %s", str_c(&why));
		goto out;
	}
	struct deploy_entry en = {
		.action = DEPLOY_DEPLOY,
		.version = name,
		.from = old_from,
		.release = (char *)release,
		.reason = (char *)reason,
	};
	code = commit(j, &en, target);
	if (code == 0)
		code = look_again(j);
	if (code < 0)
		goto out;
	out->outcome = DEPLOY_DONE;
	out->version = xstrdup(name);
	if (check(j, "deploy", name, release, old_from, &why) < 0) {
		out->why = xstrdup(str_c(&why));
		code = go_back(j, old_target, old_current, old_from, out);
		if (code == 0)
			code = look_again(j);
	} else {
		code = mark_healthy(j);
	}
out:
	str_release(&why);
	free(name);
	free(target);
	free(old_target);
	free(old_current);
	free(old_from);
	return code;
}

static bool
release_there(const struct job *j, const char *release)
{
	struct stat st;
	char *dir = xasprintf("%s/releases/%s", j->dir, release);
	bool there = regfs_stat(dir, &st) == 0 && S_ISDIR(st.st_mode);
	free(dir);
	return there;
}

/* What is deployed is there, and its hooks were content: deploying it again would change
 * nothing. */
static bool
is_sound(const struct job *j)
{
	for (size_t i = j->h.n; i-- > 0;)
		if (j->current && j->h.at[i].release && strcmp(j->h.at[i].release, j->current) == 0)
			return j->h.at[i].healthy && release_there(j, j->current);
	return false;
}

int
deploy_to(struct registry *r, const struct deploy_slot *s, const struct version *v,
	  const char *reason, registry_progress_fn progress, void *ctx, struct deploy_result *out,
	  struct err *e)
{
	struct job j;
	struct reg_clock clock;
	char *name = xasprintf("%s@v%d", v->model, v->number), *release = NULL;
	*out = (struct deploy_result){0};
	int code = begin(&j, r, s, e);
	if (code < 0)
		goto out;
	out->from = maybe(j.from);
	out->tried = xstrdup(name);
	if (j.from && strcmp(j.from, name) == 0 && is_sound(&j)) {
		out->outcome = DEPLOY_SAME;
		out->version = xstrdup(name);
		goto out;
	}
	sweep_releases(&j);
	release = xasprintf("%06d-%s-v%d", next_number(&j), v->model, v->number);
	char *dir = xasprintf("%s/releases/%s", j.dir, release);
	reg_clock_init(&clock, v->bytes, progress, ctx);
	code = fill_release(&j, v, dir, &clock);
	if (code == 0)
		code = deploy_release(&j, v, release, reason, out);
	if (code == 0)
		sweep_releases(&j);
	else if (!j.current || strcmp(j.current, release) != 0) {
		/* What it points to must not go, whatever failed. */
		struct err ignored;
		char *now;
		int link = deploy_current(r, s->name, j.path, &now, &ignored);
		if (link >= 0 && (!now || strcmp(now, release) != 0))
			remove_tree(dir);
		free(now);
	}
	free(dir);
out:
	if (code < 0)
		deploy_result_release(out);
	free(release);
	free(name);
	end(&j);
	return code;
}

/* -- rollback ---------------------------------------------------------------------------------- */

static const struct deploy_entry *
way_back(const struct job *j)
{
	for (size_t i = j->h.n; i-- > 0;) {
		const struct deploy_entry *en = &j->h.at[i];
		if (en->release && en->version && en->healthy &&
		    (!j->current || strcmp(en->release, j->current) != 0) &&
		    (!j->from || strcmp(en->version, j->from) != 0) &&
		    release_there(j, en->release))
			return en;
	}
	return NULL;
}

int
deploy_rollback(struct registry *r, const struct deploy_slot *s, const char *reason, bool dry,
		struct deploy_result *out, struct err *e)
{
	struct job j;
	struct str why = STR_INIT;
	char *version = NULL, *release = NULL, *target = NULL, *from = NULL;
	*out = (struct deploy_result){0};
	int code = begin(&j, r, s, e);
	const struct deploy_entry *to = code == 0 ? way_back(&j) : NULL;
	if (code == 0 && !to)
		code = err_set(e, ERR_NOTFOUND,
			       "%s: there is no earlier release that was healthy to go back to",
			       s->name);
	if (code < 0)
		goto out;
	out->from = maybe(j.from);
	out->version = xstrdup(to->version);
	out->tried = xstrdup(to->version);
	if (dry)
		goto out;
	version = xstrdup(to->version);
	release = xstrdup(to->release);
	target = target_of(&j, release);
	from = maybe(j.from);
	struct deploy_entry en = {
		.action = DEPLOY_ROLLBACK,
		.version = version,
		.from = from,
		.release = release,
		.reason = (char *)reason,
	};
	code = commit(&j, &en, target);
	if (code == 0)
		code = look_again(&j);
	if (code == 0 && check(&j, "rollback", version, release, from, &why) < 0)
		out->why = str_steal(&why);
	else if (code == 0)
		code = mark_healthy(&j);
out:
	if (code < 0)
		deploy_result_release(out);
	str_release(&why);
	free(version);
	free(release);
	free(target);
	free(from);
	end(&j);
	return code;
}

int
deploy_remove(struct registry *r, const struct deploy_slot *s, const char *reason,
	      struct deploy_result *out, struct err *e)
{
	struct job j;
	struct str why = STR_INIT;
	*out = (struct deploy_result){0};
	int code = begin(&j, r, s, e);
	if (code == 0 && !j.current)
		code = err_set(e, ERR_NOTFOUND, "nothing is deployed in %s", s->name);
	if (code < 0)
		goto out;
	out->from = maybe(j.from);
	struct deploy_entry en = {
		.action = DEPLOY_UNDEPLOY,
		.from = out->from,
		.reason = (char *)reason,
	};
	code = commit(&j, &en, NULL);
	if (code == 0 && run_hook(&j, s->after, "undeploy", NULL, NULL, out->from, &why) < 0)
		out->why = str_steal(&why);
out:
	if (code < 0)
		deploy_result_release(out);
	str_release(&why);
	end(&j);
	return code;
}
