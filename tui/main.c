/* mm - a model manager for the terminal. From here: a command of the table, or the dashboard. */
#include "core/clock.h"
#include "core/xalloc.h"
#include "tui/app.h"
#include "tui/cmd.h"
#include "tui/fmt.h"
#include "tui/keymap.h"
#include "tui/path.h"
#include "tui/post.h"
#include "tui/version.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Numbers are written with '.', whatever the locale: logs are data. */
static void
set_locale(void)
{
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
}

static bool
locale_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void
take_conf(struct cmd_env *env)
{
	const char *ascii = conf_str(env->conf, "screen.ascii");
	if (strcmp(ascii, "yes") == 0 || (strcmp(ascii, "no") != 0 && !locale_is_utf8()))
		env->ascii = true;
	if (env->color >= 0)
		return;
	const char *no = getenv("NO_COLOR");
	const char *when = conf_str(env->conf, "screen.color");
	if ((no && *no) || strcmp(when, "never") == 0)
		env->color = 0;
	else if (strcmp(when, "always") == 0)
		env->color = 1;
}

/* A root that is gone from the disk may still be in the store: then it is judged by its letters. */
static void
canonical_roots(struct cmd_env *env)
{
	for (int i = 0; i < env->nroots; i++) {
		struct err e = {0};
		char *real = path_canonical_dir(env->root[i], &e);
		env->root_gone[i] = !real;
		env->root[i] = real ? real : path_clean(env->root[i]);
	}
}

static bool
parse_size(const char *z, int *cols, int *rows)
{
	char end;
	return sscanf(z, "%4dx%4d%c", cols, rows, &end) == 2 && *cols >= 1 && *rows >= 1 &&
	       *cols <= 1000 && *rows <= 1000;
}

/* "mm rusn": no directory either, so a slip of the fingers is likely. */
static void
no_such_dir(const char *dir, const struct err *e)
{
	const char *names[32];
	int n = 0;
	for (const struct cmd *c = cmd_table; c->name && n < 32; c++)
		names[n++] = c->name;
	const char *near = strchr(dir, '/') ? NULL : conf_nearest(dir, names, n);
	if (near)
		fprintf(stderr, "mm: %s: no such directory or command; did you mean mm %s?\n", dir,
			near);
	else
		fprintf(stderr, "mm: %s\n", e->text);
}

/* Canonical; NULL ends. Empty after words about one that is none. */
static char **
named_dirs(const struct cmd_env *env, int *n)
{
	struct err e = {0};
	char **dir = xcalloc((size_t)env->narg + 1, sizeof *dir);
	for (*n = 0; *n < env->narg; ++*n) {
		dir[*n] = path_canonical_dir(env->arg[*n], &e);
		if (!dir[*n]) {
			no_such_dir(env->arg[*n], &e);
			break;
		}
	}
	return dir;
}

static int
dashboard(struct cmd_env *env)
{
	struct err e = {0};
	struct str where = STR_INIT, note = STR_INIT;
	struct app_opts o = {
		.self = env->self,
		.store_insist = env->store_arg != NULL,
		.conf_path = env->conf_path,
		.registry = cmd_option(env, "--registry"),
		.conf = env->conf,
		.as_is = env->as_is,
		.poll = cmd_option(env, "--poll") != NULL,
		.ascii = env->ascii,
		.colors = env->color == 0 ? 0 : -1,
		.script = cmd_option(env, "--script"),
		/* --root means the same as naming the directory, but registers nothing new. */
		.root = env->root,
		.nroots = env->nroots,
	};
	const char *size = cmd_option(env, "--size");
	if (size && !parse_size(size, &o.cols, &o.rows)) {
		fprintf(stderr, "mm: --size %s: it is COLSxROWS, like 80x24\n", size);
		return EXIT_USAGE;
	}
	o.plain = !o.script && !env->out_tty;
	if (!o.script && !o.plain && !isatty(STDIN_FILENO)) {
		fprintf(stderr, "mm: standard input is no terminal; "
				"--script - reads keys and commands from it\n");
		return EXIT_USAGE;
	}
	if (store_where(env->store_arg, env->store_arg != NULL, &where, &note, &e) < 0)
		return cmd_fail(&e);
	int status = EXIT_NOT;
	o.store_dir = str_c(&where);
	o.dir = named_dirs(env, &o.ndirs);
	if (o.ndirs == env->narg) {
		if (note.len)
			fprintf(stderr, "mm: %s\n", str_c(&note));
		status = app_run(&o);
	}
	for (int i = 0; i < o.ndirs; i++)
		free(o.dir[i]);
	free(o.dir);
	str_release(&where);
	str_release(&note);
	return status;
}

static int
help(const struct cmd_env *env)
{
	struct str out = STR_INIT;
	cmd_help(&out, env->cmd);
	fputs(str_c(&out), stdout);
	str_release(&out);
	return cmd_finish(EXIT_DONE);
}

/* mm help [COMMAND]: as --help says it, whatever the configuration. */
static int
help_about(struct cmd_env *env)
{
	const char *names[32];
	int n = 0;
	if (env->narg > 1) {
		fprintf(stderr, "mm: mm help [COMMAND]: one command at a time\n");
		return EXIT_USAGE;
	}
	env->cmd = NULL;
	for (const struct cmd *c = cmd_table; c->name && n < 32; c++) {
		names[n++] = c->name;
		if (env->narg && strcmp(c->name, env->arg[0]) == 0)
			env->cmd = c;
	}
	if (!env->narg || env->cmd)
		return help(env);
	const char *near = conf_nearest(env->arg[0], names, n);
	fprintf(stderr, "mm: there is no command %s%s%s%s\n", env->arg[0],
		near ? "; did you mean " : "; mm --help lists them", near ? near : "",
		near ? "?" : "");
	return EXIT_NOT;
}

static bool
is_help(const struct cmd_env *env)
{
	return env->cmd && strcmp(env->cmd->name, "help") == 0;
}

static int
too_much(const struct cmd_env *env)
{
	fprintf(stderr, "mm: mm %s takes no argument, and here is %s; mm %s --help says more\n",
		env->cmd->name, env->arg[0], env->cmd->name);
	return EXIT_USAGE;
}

/* `mm runs` where a directory is called that: what is meant may have been the directory. */
static void
hint_directory(const struct cmd_env *env)
{
	struct stat st;
	if (env->narg == 0 && env->out_tty && !env->json && stat(env->cmd->name, &st) == 0 &&
	    S_ISDIR(st.st_mode))
		fprintf(stderr,
			"mm: %s is the command; the dashboard on the directory is mm ./%s\n",
			env->cmd->name, env->cmd->name);
}

/* What was asked for, when ENV is complete. */
static int
serve(struct cmd_env *env)
{
	struct err e = {0};
	if (env->help)
		return help(env);
	if (is_help(env))
		return help_about(env);
	if (env->cmd && !*env->cmd->args && env->narg)
		return too_much(env);
	if (env->version) {
		printf("mm %s\n", MM_VERSION);
		return cmd_finish(EXIT_DONE);
	}
	if (conf_load(env->conf_path, &env->conf, &e) < 0 || keymap_set(env->conf, &e) < 0) {
		cmd_fail(&e);
		return EXIT_USAGE;
	}
	take_conf(env);
	fmt_utc(env->utc);
	canonical_roots(env);
	int status = env->cmd ? env->cmd->run(env) : dashboard(env);
	if (env->cmd)
		hint_directory(env);
	for (int i = 0; i < env->nroots; i++)
		free((char *)env->root[i]);
	cmd_names_free(env->names);
	return status;
}

int
main(int argc, char **argv)
{
	struct cmd_env env = {.self = "/proc/self/exe"};
	struct err e = {0};
	/* How the ingester has a webhook posted; no command of anybody's. */
	if (argc == 2 && strcmp(argv[1], "--post") == 0)
		return post_main();
	set_locale();
	env.out_tty = isatty(STDOUT_FILENO);
	int status = cmd_parse(&env, argc, argv, &e) < 0 ? cmd_fail(&e) : serve(&env);
	conf_free(env.conf);
	free(env.arg);
	return status;
}
