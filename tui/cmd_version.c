/* mm version: one table says what verbs there are; what it prints, asks and returns is here, what a
 * version is in core/registry.h. */
#include "tui/cmd_version.h"

#include "core/xalloc.h"
#include "tui/fmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct verb version_verbs[] = {
	{"save", "MODEL PATH", 2, 2,
	 "copy a checkpoint, a file or a directory, as MODEL's next version", version_save},
	{"adopt", "MODEL PATH", 2, 2, "record it where it lies, by path and hash", version_adopt},
	{"auto", "PATH", 1, 1,
	 "keep a checkpoint as [registry] auto says (mm watch does it by itself)", version_auto},
	{"list", "[MODEL]", 0, 1, "versions, with what was measured", version_list},
	{"show", "V", 1, 1, "all that is known of one", version_show},
	{"diff", "V V", 2, 2, "what differs: parameters, metrics, files", version_diff},
	{"alias", "V NAME", 2, 2, "let MODEL@NAME mean V; with --remove: MODEL NAME",
	 version_alias},
	{"tag", "V KEY=VALUE", 2, 2, "write something on it; KEY= takes it back", version_tag},
	{"note", "V TEXT", 2, 2, "the same in one sentence", version_note},
	{"pin", "V", 1, 1, "never prune it", version_pin},
	{"unpin", "V", 1, 1, "take that back", version_unpin},
	{"restore", "V DIR", 2, 2, "write its files below DIR, checked", version_restore},
	{"deploy", "V SLOT", 2, 2, "put it where [deploy SLOT] says", version_deploy},
	{"undeploy", "SLOT", 1, 1, "take away what is deployed there", version_undeploy},
	{"rollback", "SLOT", 1, 1, "back to the last release that was healthy", version_rollback},
	{"history", "[SLOT]", 0, 1, "what was deployed when, by whom and why", version_history},
	{"prune", "[MODEL]", 0, 1, "remove what [registry] keep does not keep", version_prune},
	{"remove", "V…", 1, -1, "remove what is named; mm version undo takes it back",
	 version_remove},
	{"undo", "[N]", 0, 1, "take back what was removed last, or batch N", version_undo},
	{"verify", "[V]", 0, 1, "read all again, and name what is broken", version_verify},
	{"gc", "", 0, 0, "free the room of what was removed long ago", version_gc},
	{"export", "V FILE", 2, 2, "write a version as one tar file", version_export},
	{"import", "FILE", 1, 1, "take it up from one", version_import},
	{NULL, NULL, 0, 0, NULL, NULL},
};

const struct cmd_opt cmd_version_opts[] = {
	{"--json", NULL, "one JSON object a line"},
	{"--registry", "DIR", "where versions are kept (default: [registry] path)"},
	{"--yes", NULL, "don't ask"},
	{"--note", "TEXT", "save, adopt, import: what it is"},
	{"--run", "RUN", "save, adopt: the run it is of, if its path doesn't say so"},
	{"--step", "N", "save, adopt: its step, if its name doesn't say so"},
	{"--exclude", "GLOBS", "save, adopt: files to leave out (default: [registry] exclude)"},
	{"--copy", NULL, "save: copy even from another file system, instead of adopting"},
	{"--force", NULL,
	 "restore: overwrite files; save, adopt: though it is not whole; remove: though it is "
	 "deployed, pinned or has an alias"},
	{"--reason", "TEXT", "deploy, undeploy, rollback: why, for the history"},
	{"--keep", "RULES", "prune: these rules instead of [registry] keep"},
	{"--remove", NULL, "alias: take it back"},
	{"--all", NULL, "list: removed ones too; gc: without waiting; diff: all parameters"},
	{"--weights", NULL, "diff: how far each tensor moved (reads both)"},
	{"--dry-run", NULL, "prune, remove, gc, rollback: only say what would happen"},
	{NULL, NULL, NULL},
};

char *
version_name(const struct version *v)
{
	return xasprintf("%s@v%d", v->model, v->number);
}

/* -- progress and questions -------------------------------------------------------------------- */

bool
verb_progress(void *ctx, const struct registry_progress *p)
{
	struct verb_env *ve = ctx;
	char done[FMT_N], total[FMT_N], rate[FMT_N], left[FMT_N];
	bool lines = getenv("MM_PROGRESS") != NULL; /* whoever reads them is no terminal */
	if (!lines && !isatty(STDERR_FILENO))
		return false;
	fprintf(stderr, "%s%s of %s", lines ? "" : "\r", fmt_bytes(done, p->done),
		fmt_bytes(total, p->total));
	if (p->rate > 0)
		fprintf(stderr, ", %s/s, %s left", fmt_bytes(rate, (uint64_t)p->rate),
			fmt_duration(left, (double)p->left_us / 1e6));
	fputs(lines ? "\n" : "\033[K", stderr);
	ve->shown = !lines;
	return false;
}

void
verb_progress_end(struct verb_env *ve)
{
	if (ve->shown)
		fputs("\r\033[K", stderr);
	ve->shown = false;
}

int
verb_consent(struct verb_env *ve, const char *question)
{
	char answer[16] = "";
	if (cmd_option(ve->env, "--yes"))
		return 1;
	fflush(stdout);
	if (!isatty(STDIN_FILENO))
		return err_set(ve->e, ERR_USAGE,
			       "nothing was done: without a terminal to ask on it needs --yes");
	fprintf(stderr, "%s [n] ", question);
	return fgets(answer, sizeof answer, stdin) && (answer[0] | 32) == 'y';
}

/* -- dispatch ---------------------------------------------------------------------------------- */

static const struct verb *
find_verb(const char *name, struct err *e)
{
	const char *names[32];
	int n = 0;
	for (const struct verb *v = version_verbs; v->name && n < 32; v++) {
		if (strcmp(v->name, name) == 0)
			return v;
		names[n++] = v->name;
	}
	const char *near = conf_nearest(name, names, n);
	if (near)
		err_set(e, ERR_USAGE, "there is no mm version %s; did you mean %s?", name, near);
	else
		err_set(e, ERR_USAGE,
			"there is no mm version %s; mm version --help lists the verbs", name);
	return NULL;
}

static int
run_verb(struct cmd_env *env, const struct verb *v, int skip, struct err *e)
{
	struct str where = STR_INIT;
	struct verb_env ve = {.env = env, .e = e, .arg = env->arg + skip, .narg = env->narg - skip};
	if (ve.narg < v->least || (v->most >= 0 && ve.narg > v->most))
		return err_set(e, ERR_USAGE, "mm version %s%s%s", v->name, *v->args ? " " : "",
			       v->args);
	int code = registry_where(cmd_option(env, "--registry"), env->conf, &where, e);
	if (code == 0)
		code = registry_open(str_c(&where), &ve.reg, e);
	if (code == 0)
		code = v->run(&ve);
	verb_progress_end(&ve);
	registry_close(ve.reg);
	str_release(&where);
	return code;
}

int
cmd_version(struct cmd_env *env)
{
	struct err e = {0};
	const struct verb *v = find_verb(env->narg ? env->arg[0] : "list", &e);
	int code = v ? run_verb(env, v, env->narg > 0, &e) : e.code;
	return code < 0 ? cmd_fail(&e) : cmd_finish(code);
}
