/* mm forget: a run goes out of the store.
 *
 * Its logs stay where they are, for mm never touches a log; so whoever ingests would read them
 * again. A person is told, and can have them left alone: that is a word in the journal, which comes
 * before the deletion, so that nothing is read in between. */
#include "core/ctl.h"
#include "core/json_put.h"
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
};

struct forget {
	struct cmd_env *env;
	struct str store;
	struct unwanted *unwanted;
	struct victim *run;
	int n;
	int there; /* of all */
	bool ignore;
};

/* -- what goes --------------------------------------------------------------------------------- */

static int
count_log(void *ctx, const struct log_info *li)
{
	struct forget *f = ctx;
	for (int i = 0; i < f->n; i++) {
		if (strcmp(f->run[i].path, li->run) != 0)
			continue;
		bool there = access(li->path, F_OK) == 0;
		f->run[i].logs++;
		f->run[i].there += there;
		f->there += there;
	}
	return 0;
}

static int
load(struct forget *f, struct err *e)
{
	struct store *st;
	struct snap *sn;
	struct cmd_run *run;
	int n;
	f->env->as_is = true; /* nothing has to be read to be forgotten */
	f->env->one_by_one = true;
	int code = cmd_begin(f->env, &st, &sn, e);
	if (code < 0)
		return code;
	code = cmd_runs_load(f->env, sn, f->env->arg, f->env->narg, &run, &n, e);
	f->run = xcalloc((size_t)n + 1, sizeof *f->run);
	for (int i = 0; i < n && code == 0; i++)
		f->run[f->n++] = (struct victim){
			.name = xstrdup(run[i].name),
			.path = xstrdup(run[i].info.path),
			.points = run[i].info.points,
			.metrics = run[i].info.metrics,
			.attempts = run[i].info.attempts,
		};
	if (code == 0 && sn)
		snap_logs(sn, count_log, f);
	cmd_runs_free(run, n);
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
			 f->ignore ? "true" : "false");
	}
	cmd_line(&s);
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
		printf("Forget %d run%s? [n] ", f->n, f->n == 1 ? "" : "s");
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
	for (int i = 0; i < f->n; i++)
		print_victim(f, &f->run[i]);
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
	for (int i = 0; i < f->n && code == 0; i++) {
		const char *path = f->run[i].path;
		code = cmd_ask(str_c(&f->store), "forget", &path, 1, NULL, e);
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
	for (int i = 0; i < f->n && (!asked || f->env->json); i++)
		print_victim(f, &f->run[i]);
	if (f->there && !f->ignore && !asked)
		fprintf(stderr,
			"mm: logs are still there and will be read again; --ignore has them left "
			"alone\n");
	return 0;
}

/* -- taking --ignore back ---------------------------------------------------------------------- */

static int
add_root(void *ctx, const char *path)
{
	struct cmd_env *env = ctx;
	if (env->nroots < (int)(sizeof env->root / sizeof *env->root))
		env->root[env->nroots++] = xstrdup(path);
	return 0;
}

/* The store knows it no more, so its name is tried below every root, and behind the root's own last
 * part, which stands in front when there are several. */
static char *
unwanted_path(struct forget *f, const char *name)
{
	char *path = path_clean(name);
	for (int i = -1; i < 2 * f->env->nroots; i++) {
		const char *root = i < 0 ? NULL : f->env->root[i / 2];
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
	if (sn && !f->env->nroots)
		snap_roots(sn, add_root, f->env);
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
		code = err_set(&e, ERR_USAGE, "which run? mm runs lists them");
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
	unwanted_free(f.unwanted);
	str_release(&f.store);
	return code < 0 ? cmd_fail(&e) : cmd_finish(EXIT_DONE);
}
