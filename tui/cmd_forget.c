/* mm forget: a run goes out of the store, or a directory that is watched, with its runs.
 *
 * Its logs stay where they are, for mm never touches a log; so whoever ingests would read them
 * again. A person is told, and can have them left alone: that is a word in the journal, which comes
 * before the deletion, so that nothing is read in between. Of a directory first the watching ends.
 */
#include "core/ctl.h"
#include "core/json_put.h"
#include "core/map.h"
#include "core/xalloc.h"
#include "tui/cmd.h"
#include "tui/path.h"
#include "tui/unwanted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct victim {
	char *name, *path;
	unsigned long long points;
	unsigned metrics, attempts;
	int logs, there; /* and how many of them still exist */
	bool below;      /* goes with its directory */
};

struct forget {
	struct cmd_env *env;
	struct str store;
	struct unwanted *unwanted;
	struct victim *run;
	int n;
	struct map by_path; /* → struct victim, once all are there */
	int there;          /* of all that are named */
	char **dir;         /* directories that are to be watched no more */
	size_t ndirs, cap_dirs;
	char **kept; /* and those that still are; to take --ignore back, where to look */
	size_t nkept, cap_kept;
	bool ignore;
};

/* -- what goes --------------------------------------------------------------------------------- */

static int
count_log(void *ctx, const struct log_info *li)
{
	struct forget *f = ctx;
	struct victim *v = map_get(&f->by_path, li->run, strlen(li->run));
	if (v) {
		bool there = access(li->path, F_OK) == 0;
		v->logs++;
		v->there += there;
		f->there += there && !v->below;
	}
	return 0;
}

static void
count_logs(struct forget *f, struct snap *sn)
{
	for (int i = 0; i < f->n; i++)
		map_put(&f->by_path, f->run[i].path, strlen(f->run[i].path), &f->run[i]);
	snap_logs(sn, count_log, f);
}

static int
keep_root(void *ctx, const char *path)
{
	struct forget *f = ctx;
	*vec_push(f->kept, f->nkept, f->cap_kept) = xstrdup(path);
	return 0;
}

/* Is PATH a directory that is watched? Then it is so no more. */
static bool
take_root(struct forget *f, const char *path)
{
	for (size_t i = 0; i < f->nkept; i++) {
		if (strcmp(f->kept[i], path) != 0)
			continue;
		*vec_push(f->dir, f->ndirs, f->cap_dirs) = f->kept[i];
		f->kept[i] = f->kept[--f->nkept];
		return true;
	}
	return false;
}

static bool
is_under(const char *path, char *const *dir, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (path_under(path, dir[i]))
			return true;
	return false;
}

static void
add_victim(struct forget *f, const struct cmd_run *r, bool below)
{
	f->run = xreallocarray(f->run, (size_t)f->n + 1, sizeof *f->run);
	f->run[f->n++] = (struct victim){
		.name = xstrdup(r->name),
		.path = xstrdup(r->info.path),
		.points = r->info.points,
		.metrics = r->info.metrics,
		.attempts = r->info.attempts,
		.below = below,
	};
}

/* Of the runs below the directories those that nobody else watches and no name means already. */
static int
load_below(struct forget *f, struct snap *sn, struct err *e)
{
	struct cmd_run *run;
	int n, named = f->n, code = cmd_runs_load(f->env, sn, NULL, 0, &run, &n, e);
	for (int i = 0; i < n && code == 0; i++) {
		const char *path = run[i].info.path;
		bool there = !is_under(path, f->dir, f->ndirs) || is_under(path, f->kept, f->nkept);
		for (int k = 0; k < named && !there; k++)
			there = strcmp(f->run[k].path, path) == 0;
		if (!there)
			add_victim(f, &run[i], true);
	}
	cmd_runs_free(run, n);
	return code;
}

/* Before the store is opened, for this may fork. */
static char **
args_as_paths(const struct forget *f)
{
	char **path = xcalloc((size_t)f->env->narg + 1, sizeof *path);
	for (int i = 0; i < f->env->narg; i++) {
		struct err none;
		path[i] = path_canonical_dir(f->env->arg[i], &none);
		if (!path[i])
			path[i] = path_clean(f->env->arg[i]);
	}
	return path;
}

static int
load(struct forget *f, struct err *e)
{
	struct store *st;
	struct snap *sn;
	struct cmd_run *run;
	int n, nnames = 0;
	f->env->as_is = true; /* nothing has to be read to be forgotten */
	f->env->one_by_one = true;
	char **name = xcalloc((size_t)f->env->narg + 1, sizeof *name), **path = args_as_paths(f);
	int code = cmd_begin(f->env, &st, &sn, e);
	if (code == 0 && sn)
		snap_roots(sn, keep_root, f);
	for (int i = 0; i < f->env->narg; i++) {
		if (!take_root(f, path[i]))
			name[nnames++] = f->env->arg[i];
		free(path[i]);
	}
	free(path);
	if (code < 0) {
		free(name);
		return code;
	}
	if (nnames) {
		code = cmd_runs_load(f->env, sn, name, nnames, &run, &n, e);
		for (int i = 0; i < n && code == 0; i++)
			add_victim(f, &run[i], false);
		cmd_runs_free(run, n);
	}
	free(name);
	if (code == 0 && f->ndirs)
		code = load_below(f, sn, e);
	if (code == 0 && sn)
		count_logs(f, sn);
	cmd_end(st, sn);
	return code;
}

static void
print_victim(const struct forget *f, const struct victim *v)
{
	struct str s = STR_INIT;
	if (!f->env->json) {
		str_addf(&s, "%s: %llu points of %u metric%s", v->name, v->points, v->metrics,
			 v->metrics == 1 ? "" : "s");
		if (v->attempts > 1)
			str_addf(&s, " in the newest of %u attempts", v->attempts);
		str_addf(&s, ", from %d log%s", v->logs, v->logs == 1 ? "" : "s");
		if (v->there)
			str_addf(&s, " (%d still there)", v->there);
	} else {
		str_adds(&s, "{\"run\": ");
		json_put_str(&s, v->name);
		str_adds(&s, ", \"path\": ");
		json_put_str(&s, v->path);
		str_addf(&s,
			 ", \"points\": %llu, \"metrics\": %u, \"attempts\": %u, \"logs\": %d, "
			 "\"logs_there\": %d, \"ignored\": %s}",
			 v->points, v->metrics, v->attempts, v->logs, v->there,
			 f->ignore && !v->below ? "true" : "false");
	}
	cmd_line(&s);
}

static void
print_dir(const struct forget *f, const char *dir)
{
	struct str s = STR_INIT;
	int n = 0;
	for (int i = 0; i < f->n; i++)
		n += f->run[i].below && path_under(f->run[i].path, dir);
	if (f->env->json) {
		str_adds(&s, "{\"root\": ");
		json_put_str(&s, dir);
		str_addf(&s, ", \"runs\": %d}", n);
	} else {
		str_addf(&s, "%s: watched no more, and its %d run%s", dir, n, n == 1 ? "" : "s");
	}
	cmd_line(&s);
}

static void
print_all(const struct forget *f)
{
	enum { FEW = 20 };
	for (size_t i = 0; i < f->ndirs; i++)
		print_dir(f, f->dir[i]);
	/* Of very many the number is enough for a person. */
	for (int i = 0; i < f->n; i++)
		if (f->env->json || !f->run[i].below || f->n <= FEW)
			print_victim(f, &f->run[i]);
}

/* -- asking ------------------------------------------------------------------------------------ */

/* 1: go on; 0: no. */
static int
ask(struct forget *f)
{
	char answer[16] = "";
	bool choice = f->there && !f->ignore;
	if (choice)
		printf("Logs are still there and would be read again.\n"
		       "Forget, and (i)gnore them from now on; forget, and (r)ead them again; "
		       "(n)o? [n] ");
	else
		printf("Forget %s%d run%s? [n] ", f->ndirs ? "this and " : "", f->n,
		       f->n == 1 ? "" : "s");
	fflush(stdout);
	int c = fgets(answer, sizeof answer, stdin) ? answer[0] | 32 : 'n';
	if (!choice)
		return c == 'y';
	f->ignore = c == 'i';
	return c == 'i' || c == 'r';
}

/* 1: go on; 0: no; negative: words. */
static int
consent(struct forget *f, struct err *e)
{
	if (cmd_option(f->env, "--yes"))
		return 1;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(e, ERR_USAGE,
			       "nothing was forgotten: without a terminal to ask on, mm forget "
			       "needs --yes");
	print_all(f);
	return ask(f);
}

/* -- doing it ---------------------------------------------------------------------------------- */

static int
forget_here(struct forget *f, struct err *e)
{
	struct store *st;
	struct str note = STR_INIT;
	int code = store_open(str_c(&f->store), STORE_WRITE, &st, &note, e);
	if (note.len)
		fprintf(stderr, "mm: %s\n", str_c(&note));
	str_release(&note);
	if (code < 0)
		return code;
	for (size_t i = 0; i < f->ndirs && code == 0; i++)
		code = store_unroot(st, f->dir[i], e);
	for (int i = 0; i < f->n && code == 0; i++)
		code = store_forget(st, f->run[i].path, e);
	store_close(st);
	return code;
}

static int
forget_all(struct forget *f, struct err *e)
{
	int fd, code = 0;
	for (int i = 0; i < f->n && f->ignore && code == 0; i++)
		if (!f->run[i].below)
			code = unwanted_set(f->unwanted, f->run[i].path, true, e);
	if (code < 0)
		return code;
	code = lock_take(str_c(&f->store), &fd, NULL, e);
	if (code == 0) {
		code = forget_here(f, e);
		lock_release(fd);
		return code;
	}
	if (code != ERR_BUSY)
		return code;
	code = 0;
	for (size_t i = 0; i < f->ndirs && code == 0; i++) {
		const char *dir = f->dir[i];
		code = cmd_ask(str_c(&f->store), "unroot", &dir, 1, NULL, e);
	}
	/* He looks at everything again after each request. */
	for (int i = 0, n; i < f->n && code == 0; i += n) {
		const char *path[CTL_ARGS];
		for (n = 0; n < CTL_ARGS && i + n < f->n; n++)
			path[n] = f->run[i + n].path;
		code = cmd_ask(str_c(&f->store), "forget", path, n, NULL, e);
	}
	return code;
}

static int
forget(struct forget *f, struct err *e)
{
	int code = load(f, e);
	if (code < 0)
		return code;
	f->ignore = cmd_option(f->env, "--ignore") != NULL;
	code = consent(f, e);
	if (code <= 0)
		return code;
	code = forget_all(f, e);
	if (code < 0)
		return code;
	bool asked = !cmd_option(f->env, "--yes");
	if (!asked || f->env->json)
		print_all(f);
	if (f->there && !f->ignore && !asked)
		fprintf(stderr,
			"mm: logs are still there and will be read again; --ignore has them left "
			"alone\n");
	return 0;
}

/* -- taking --ignore back ---------------------------------------------------------------------- */

/* The store knows it no more, so its name is tried below every root, and behind the root's own last
 * part, which stands in front when there are several. */
static char *
unwanted_path(struct forget *f, const char *name)
{
	char *path = path_clean(name);
	for (int i = -1; i < 2 * (int)f->nkept; i++) {
		const char *root = i < 0 ? NULL : f->kept[i / 2];
		if (root) {
			const char *slash = strrchr(root, '/');
			int n = i % 2 ? (int)(slash - root) : (int)strlen(root);
			free(path);
			path = xasprintf("%.*s/%s", n, root, name);
		}
		if (unwanted_run(f->unwanted, path))
			return path;
	}
	free(path);
	return NULL;
}

static int
undo(struct forget *f, struct err *e)
{
	struct store *st;
	struct snap *sn;
	f->env->as_is = true;
	if (cmd_begin(f->env, &st, &sn, e) < 0)
		return e->code;
	for (int i = 0; i < f->env->nroots; i++)
		keep_root(f, f->env->root[i]);
	if (sn && !f->env->nroots)
		snap_roots(sn, keep_root, f);
	cmd_end(st, sn);
	for (int i = 0; i < f->env->narg; i++) {
		char *path = unwanted_path(f, f->env->arg[i]);
		if (!path)
			return err_set(e, ERR_NOTFOUND, "%s is not ignored", f->env->arg[i]);
		int code = unwanted_set(f->unwanted, path, false, e);
		free(path);
		if (code < 0)
			return code;
	}
	/* Who ingests looks again; nobody need be there. */
	struct err nobody;
	cmd_ask(str_c(&f->store), "forget", NULL, 0, NULL, &nobody);
	return 0;
}

int
cmd_forget(struct cmd_env *env)
{
	struct err e = {0};
	struct forget f = {.env = env};
	int code = 0;
	if (env->narg == 0)
		code = err_set(&e, ERR_USAGE,
			       "which run, or which directory that is watched? mm runs lists runs");
	if (code == 0)
		code = store_where(env->store_arg, env->store_arg != NULL, &f.store, NULL, &e);
	f.unwanted = unwanted_new();
	if (code == 0)
		code = cmd_option(env, "--undo") ? undo(&f, &e) : forget(&f, &e);
	for (int i = 0; i < f.n; i++) {
		free(f.run[i].name);
		free(f.run[i].path);
	}
	free(f.run);
	map_release(&f.by_path);
	for (size_t i = 0; i < f.ndirs; i++)
		free(f.dir[i]);
	free(f.dir);
	for (size_t i = 0; i < f.nkept; i++)
		free(f.kept[i]);
	free(f.kept);
	unwanted_free(f.unwanted);
	str_release(&f.store);
	return code < 0 ? cmd_fail(&e) : cmd_finish(EXIT_DONE);
}
