/* mm inspect: what is in a model file, and how two differ. The store has no part in it. */
#include "core/clock.h"
#include "core/glob.h"
#include "core/json_put.h"
#include "core/num.h"
#include "core/registry.h"
#include "core/xalloc.h"
#include "tui/fmt.h"
#include "tui/inspect.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EVERY_US = 250000 };

bool
inspect_wants(const struct inspect *in, const struct model_tensor *t)
{
	return !in->only || glob_match(in->only, t->name);
}

bool
inspect_advance(void *ctx, uint64_t done, uint64_t total)
{
	struct inspect_progress *p = ctx;
	int64_t now;
	(void)total;
	if (!p->on || !p->total || (now = clock_mono_us()) < p->next_us)
		return true;
	/* What is done at once says nothing. */
	if (p->next_us) {
		char b[FMT_N];
		fprintf(stderr, "\r%s: %s \033[K", p->what,
			fmt_percent(b, (double)(p->done + done) / (double)p->total));
		p->shown = true;
	}
	p->next_us = now + EVERY_US;
	return true;
}

void
inspect_quiet(struct inspect_progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}

static int
options(struct cmd_env *env, struct inspect *in, struct err *e)
{
	const char *depth = cmd_option(env, "--depth");
	double v;
	*in = (struct inspect){.env = env,
			       .colors = cmd_colors(env) > 0,
			       .ascii = env->ascii,
			       .width = env->out_tty ? cmd_columns() : 0,
			       .tensors = cmd_option(env, "--tensors") != NULL,
			       .stats = cmd_option(env, "--stats") != NULL,
			       .weights = cmd_option(env, "--weights") != NULL,
			       .unfold = cmd_option(env, "--unfold") != NULL,
			       .only = cmd_option(env, "--only"),
			       .depth = UINT_MAX};
	if (depth) {
		if (!num_parse_all(depth, depth + strlen(depth), &v) || v < 1 || v > 1000 ||
		    v != (double)(unsigned)v)
			return err_set(e, ERR_USAGE, "--depth %s: a whole number from 1 on", depth);
		in->depth = (unsigned)v;
	}
	if (env->narg < 1 || env->narg > 2)
		return err_set(
			e, ERR_USAGE,
			"mm inspect MODEL [MODEL]: one file or directory to look into, two to "
			"compare");
	if (in->weights && env->narg < 2)
		return err_set(e, ERR_USAGE,
			       "--weights compares two models; --stats looks into one");
	if (env->narg == 2 && (in->stats || in->tensors))
		return err_set(e, ERR_USAGE, "--%s is of one model; --weights compares two",
			       in->stats ? "stats" : "tensors");
	return 0;
}

/* A version, as the registry has it; the model has NAME, which must outlive it, as its path. */
static int
open_version(const struct cmd_env *env, const char *name, struct model **m, struct err *e)
{
	struct str where = STR_INIT;
	struct registry *r = NULL;
	struct version v;
	int code = registry_where(cmd_option(env, "--registry"), env->conf, &where, e);
	if (code == 0)
		code = registry_open(str_c(&where), &r, e);
	if (code == 0)
		code = registry_find(r, name, &v, e);
	if (code == 0) {
		char *path = registry_path(r, &v, e);
		code = path ? model_open(path, m, e) : e->code;
		if (code == 0)
			(*m)->path = name; /* whoever asked, asked for that */
		free(path);
		version_release(&v);
	}
	registry_close(r);
	str_release(&where);
	return code;
}

/* A file or directory, else MODEL@VERSION. */
static int
open_model(const struct cmd_env *env, const char *name, struct model **m, struct err *e)
{
	struct stat st;
	if (strchr(name, '@') && !strchr(name, '/') && lstat(name, &st) < 0)
		return open_version(env, name, m, e);
	return model_open(name, m, e);
}

/* -- a directory of several -------------------------------------------------------------------- */

static void
several_row(struct cmd_sheet *sheet, const char *name, const struct model *m)
{
	char buf[FMT_N], step[32] = "\t";
	if (m && m->step != MODEL_NO_STEP)
		snprintf(step, sizeof step, "\t%" PRId64, m->step);
	cmd_sheet_add(sheet, name);
	cmd_sheet_add(sheet, step);
	cmd_sheet_right(sheet, m ? fmt_bytes(buf, m->totals.file_bytes) : "");
	cmd_sheet_right(sheet, m ? fmt_step(buf, (int64_t)m->totals.params) : "");
	cmd_sheet_add(sheet, m ? m->format : "no model");
	cmd_sheet_add(sheet, m ? model_state_name(m->state) : "");
	cmd_sheet_add(sheet, m ? model_safety_name(m->safety) : "");
}

static void
several_json(const char *path, const struct model *m)
{
	struct str s = STR_INIT;
	str_adds(&s, "{\"path\": ");
	json_put_str(&s, path);
	if (m && m->step != MODEL_NO_STEP)
		str_addf(&s, ", \"step\": %" PRId64, m->step);
	else
		str_adds(&s, ", \"step\": null");
	if (m)
		str_addf(&s,
			 ", \"bytes\": %" PRIu64 ", \"parameters\": %" PRIu64
			 ", \"format\": \"%s\", \"state\": \"%s\", \"safety\": \"%s\"",
			 m->totals.file_bytes, m->totals.params, m->format,
			 model_state_name(m->state), model_safety_name(m->safety));
	str_addc(&s, '}');
	cmd_line(&s);
}

/* What could have been meant, when NAME is a directory of several checkpoints. */
static void
list_several(struct cmd_env *env, const char *name)
{
	static const char *const head[] = {"NAME",   "\tSTEP", "\tSIZE", "\tPARAMETERS",
					   "FORMAT", "STATE",  "BADGE"};
	char **one;
	size_t n = model_several(name, &one);
	struct cmd_sheet sheet = {.columns = 7};
	for (size_t i = 0; i < 7 && n && !env->json; i++)
		cmd_sheet_add(&sheet, head[i]);
	for (size_t i = 0; i < n; i++) {
		struct model *m = NULL;
		struct err ignored;
		char *path = xasprintf("%s/%s", name, one[i]);
		if (model_open(path, &m, &ignored) < 0)
			m = NULL;
		if (env->json)
			several_json(path, m);
		else
			several_row(&sheet, one[i], m);
		model_close(m);
		free(path);
	}
	cmd_sheet_print(&sheet, env);
	model_names_free(one, n);
}

int
cmd_inspect(struct cmd_env *env)
{
	struct inspect in;
	struct err e = {0};
	struct model *m[2] = {NULL, NULL};
	int code = options(env, &in, &e), status = EXIT_DONE;
	for (int i = 0; i < env->narg && code == 0; i++)
		code = open_model(env, env->arg[i], &m[i], &e);
	if (code == 0 && m[1])
		(env->json ? inspect_print_diff_json : inspect_print_diff)(&in, m[0], m[1]);
	else if (code == 0)
		(env->json ? inspect_print_json : inspect_print)(&in, m[0]);
	for (int i = 0; i < 2; i++) {
		if (m[i] && m[i]->safety == MODEL_DANGER)
			status = EXIT_NOT;
		model_close(m[i]);
	}
	if (code == ERR_FORMAT) {
		for (int i = 0; i < env->narg; i++)
			list_several(env, env->arg[i]);
		fflush(stdout);
		cmd_fail(&e);
		return EXIT_NOT;
	}
	return code < 0 ? cmd_fail(&e) : cmd_finish(status);
}
