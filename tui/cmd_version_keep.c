/* mm version save, adopt, restore, export, import: content into the registry and out of it. */
#include "core/model.h"
#include "core/json_put.h"
#include "core/xalloc.h"
#include "tui/cmd_version.h"
#include "tui/fmt.h"
#include "tui/path.h"
#include "tui/version_origin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- saving ------------------------------------------------------------------------------------ */

static int
given_step(struct verb_env *ve, int64_t *out)
{
	const char *z = cmd_option(ve->env, "--step");
	char *end;
	*out = INT64_MIN;
	if (!z)
		return 0;
	errno = 0;
	*out = strtoll(z, &end, 10);
	return *z && !*end && !errno ? 0
				     : err_set(ve->e, ERR_USAGE, "--step %s: expected a number", z);
}

/* What the store knows; what it does not is no reason not to save. */
static int
find_origin(struct verb_env *ve, const char *path, struct origin *o)
{
	const char *named = cmd_option(ve->env, "--run");
	struct store *st;
	struct snap *sn;
	struct cmd_run *run = NULL;
	int n = 0;
	int64_t step;
	int code = given_step(ve, &step);
	if (code == 0)
		code = cmd_begin(ve->env, &st, &sn, ve->e);
	if (code < 0)
		return code;
	if (named) {
		char *name = xstrdup(named);
		code = cmd_runs_load(ve->env, sn, &name, 1, &run, &n, ve->e);
		if (code == 0 && n != 1)
			code = err_set(ve->e, ERR_USAGE, "--run %s names %d runs", named, n);
		free(name);
	}
	if (code == 0)
		origin_find(sn, path, n == 1 ? run[0].info.path : NULL, step, o);
	cmd_runs_free(run, n);
	cmd_end(st, sn);
	return code;
}

static void
say_plan(struct verb_env *ve, const struct registry_save *s, const struct registry_plan *p)
{
	char bytes[FMT_N], room[FMT_N], less[FMT_N];
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "%s in %zu file%s to %s", fmt_bytes(bytes, p->bytes), p->files,
		p->files == 1 ? "" : "s", s->kind == VERSION_SAVED ? "copy" : "read");
	if (s->kind == VERSION_SAVED)
		fprintf(stderr, "; %s free", fmt_bytes(room, p->free));
	if (p->excluded)
		fprintf(stderr, "; %s left out", fmt_bytes(less, p->excluded_bytes));
	fputc('\n', stderr);
	(void)ve;
}

static void
say_saved(struct verb_env *ve, const struct version *v, bool new_version, const char *noted)
{
	struct str s = STR_INIT;
	if (ve->env->json) {
		version_json(ve, &s, v, false);
		s.buf[--s.len] = '\0';
		str_addf(&s, ", \"new\": %s}", new_version ? "true" : "false");
		puts(str_c(&s));
		str_release(&s);
		return;
	}
	printf("%s@v%d\n", v->model, v->number);
	if (!new_version)
		fprintf(stderr, "mm: unchanged: it is %s@v%d already%s\n", v->model, v->number,
			noted);
}

/* A note that was given for a version that turned out to be there already stays with it, behind
 * what was written there before. NOTED gets words on that. */
static int
keep_note(struct verb_env *ve, struct version *v, bool new_version, const char **noted)
{
	const char *note = cmd_option(ve->env, "--note");
	*noted = "";
	if (new_version || !note || !*note || (v->note && strstr(v->note, note)))
		return 0;
	*noted = v->note ? "; the note was added to its note" : "; it has the note now";
	char *both = v->note ? xasprintf("%s; %s", v->note, note) : xstrdup(note);
	int code = registry_note(ve->reg, v->model, v->number, both, ve->e);
	free(v->note);
	v->note = both;
	return code;
}

/* A header that promises more than there is belongs to a file that is still written, or was cut
 * off. */
static int
check_whole(struct verb_env *ve, const char *path)
{
	struct model *m;
	struct err ignored;
	int code = 0;
	if (model_open(path, &m, &ignored) < 0)
		return 0; /* whatever it is, it may be kept */
	if (m->state != MODEL_WHOLE && m->state != MODEL_UNSURE && !cmd_option(ve->env, "--force"))
		code = err_set(ve->e, ERR_CORRUPT, "%s is %s%s%s; --force keeps it all the same",
			       path, model_state_name(m->state), m->nremarks ? ": " : "",
			       m->nremarks ? m->remark[0] : "");
	else if (m->safety == MODEL_DANGER)
		fprintf(stderr, "mm: loading this file can run commands: mm inspect says which\n");
	model_close(m);
	return code;
}

static int
keep(struct verb_env *ve, enum version_kind kind)
{
	struct registry_save s = {.model = ve->arg[0], .source = ve->arg[1], .kind = kind};
	struct registry_plan plan;
	struct origin o = {0};
	struct version v = {0};
	bool new_version;
	const char *noted;
	const char *globs = cmd_option(ve->env, "--exclude");
	s.exclude = globs ? globs : conf_str(ve->env->conf, "registry.exclude");
	s.note = cmd_option(ve->env, "--note");
	int code = registry_plan(ve->reg, &s, &plan, ve->e);
	if (code < 0)
		return code;
	if (kind == VERSION_SAVED && !plan.same_fs && !cmd_option(ve->env, "--copy")) {
		fprintf(stderr,
			"mm: %s is on another file system than the registry: it is adopted "
			"where it lies; --copy copies it\n",
			s.source);
		s.kind = VERSION_ADOPTED;
	}
	char *path = realpath(s.source, NULL);
	code = path ? check_whole(ve, path) : err_sys(ve->e, "%s", s.source);
	if (code == 0)
		code = find_origin(ve, path, &o);
	if (code == 0) {
		say_plan(ve, &s, &plan);
		s.run = o.run;
		s.step = o.step;
		s.step_from = o.step_from;
		s.metric = o.metric;
		s.nmetrics = o.nmetrics;
		s.param = o.param;
		s.nparams = o.nparams;
		s.progress = verb_progress;
		s.ctx = ve;
		code = registry_save(ve->reg, &s, &v, &new_version, ve->e);
		verb_progress_end(ve);
	}
	if (code == 0)
		code = keep_note(ve, &v, new_version, &noted);
	if (code == 0)
		say_saved(ve, &v, new_version, noted);
	version_release(&v);
	origin_release(&o);
	registry_plan_release(&plan);
	free(path);
	return code;
}

int
version_save(struct verb_env *ve)
{
	return keep(ve, VERSION_SAVED);
}

int
version_adopt(struct verb_env *ve)
{
	return keep(ve, VERSION_ADOPTED);
}

/* -- and back ---------------------------------------------------------------------------------- */

static void
say_done(struct verb_env *ve, const struct version *v, const char *what, const char *where)
{
	struct str s = STR_INIT;
	char bytes[FMT_N];
	if (ve->env->json) {
		char *name = version_name(v);
		str_adds(&s, "{\"version\": ");
		json_put_str(&s, name);
		str_adds(&s, ", \"path\": ");
		json_put_str(&s, where);
		str_addf(&s, ", \"bytes\": %llu, \"files\": %zu}", (unsigned long long)v->bytes,
			 v->nfiles);
		free(name);
	} else {
		str_addf(&s, "%s@v%d %s %s: %s in %zu file%s", v->model, v->number, what, where,
			 fmt_bytes(bytes, v->bytes), v->nfiles, v->nfiles == 1 ? "" : "s");
	}
	cmd_line(&s);
	if (v->excluded) {
		str_addf(&s, "mm: left out when it was saved: %s", v->excluded);
		fprintf(stderr, "%s\n", str_c(&s));
		str_release(&s);
	}
}

int
version_restore(struct verb_env *ve)
{
	struct version v;
	char *dir = path_clean(ve->arg[1]);
	int code = registry_find(ve->reg, ve->arg[0], &v, ve->e);
	if (code == 0) {
		code = registry_restore(ve->reg, &v, dir, cmd_option(ve->env, "--force") != NULL,
					verb_progress, ve, ve->e);
		verb_progress_end(ve);
		if (code == 0)
			say_done(ve, &v, "restored to", dir);
		version_release(&v);
	}
	free(dir);
	return code;
}

int
version_export(struct verb_env *ve)
{
	struct version v;
	int code = registry_find(ve->reg, ve->arg[0], &v, ve->e);
	if (code < 0)
		return code;
	code = registry_export(ve->reg, &v, ve->arg[1], verb_progress, ve, ve->e);
	verb_progress_end(ve);
	if (code == 0)
		say_done(ve, &v, "exported to", ve->arg[1]);
	version_release(&v);
	return code;
}

int
version_import(struct verb_env *ve)
{
	struct version v;
	bool new_version;
	const char *noted;
	int code = registry_import(ve->reg, ve->arg[0], verb_progress, ve, &v, &new_version, ve->e);
	verb_progress_end(ve);
	if (code < 0)
		return code;
	const char *note = cmd_option(ve->env, "--note");
	if (note && new_version) { /* what it is here, not what it was there */
		code = registry_note(ve->reg, v.model, v.number, note, ve->e);
		free(v.note);
		v.note = xstrdup(note);
	}
	if (code == 0)
		code = keep_note(ve, &v, new_version, &noted);
	if (code == 0)
		say_saved(ve, &v, new_version, noted);
	version_release(&v);
	return code;
}
