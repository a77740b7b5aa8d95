/* mm version auto: what `mm watch` does with a checkpoint that has appeared. It becomes a version
 * of a model named after its run; then those that were made so, and that the rules no longer keep,
 * are removed (and can be taken back). What a person saved is never touched. */
#include "core/clock.h"
#include "core/retention.h"
#include "core/xalloc.h"
#include "tui/cmd_version.h"
#include "tui/version_origin.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A run's name as a model's: what a name can't have becomes '_', and of a long one the end
 * counts. */
static char *
model_name(struct verb_env *ve, struct snap *sn, const char *run)
{
	struct str name = STR_INIT;
	cmd_run_name(ve->env, sn, run, &name, NULL);
	const char *z = name.len > 64 ? name.buf + name.len - 64 : str_c(&name);
	while (*z && !isalnum((unsigned char)*z))
		z++;
	char *model = xstrdup(*z ? z : "model");
	for (char *p = model; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			*p = '_';
	str_release(&name);
	return model;
}

static int
save(struct verb_env *ve, const char *path, const char *model, const struct origin *o,
     struct version *out)
{
	struct registry_save s = {
		.model = model,
		.source = path,
		.automatic = true,
		.exclude = conf_str(ve->env->conf, "registry.exclude"),
		.run = o->run,
		.step = o->step,
		.step_from = o->step_from,
		.metric = o->metric,
		.nmetrics = o->nmetrics,
		.param = o->param,
		.nparams = o->nparams,
	};
	struct registry_plan plan;
	bool fresh;
	int code = registry_plan(ve->reg, &s, &plan, ve->e);
	if (code < 0)
		return code;
	/* A trainer that keeps only its newest would take an adopted one away: it is copied. */
	if (plan.bytes > plan.free)
		code = err_set(ve->e, ERR_FULL, "%s: there is no room for it", path);
	registry_plan_release(&plan);
	return code < 0 ? code : registry_save(ve->reg, &s, out, &fresh, ve->e);
}

/* Those of MODEL that were made by rule, and that no rule keeps. */
static int
tidy(struct verb_env *ve, const char *model)
{
	struct retention rules;
	struct version_list l;
	struct metric_role role = {.goal = GOAL_NONE};
	int code = retention_parse(conf_str(ve->env->conf, "registry.auto"), &rules, ve->e);
	if (code < 0)
		return code;
	if (rules.best_metric)
		metric_role(ve->env->conf, rules.best_metric, &role);
	code = registry_list(ve->reg, model, false, &l, ve->e);
	if (code == 0) {
		char **keep = xcalloc(l.n + 1, sizeof *keep);
		const struct version **v = xcalloc(l.n + 1, sizeof *v);
		const char **why = xcalloc(l.n + 1, sizeof *why);
		size_t n = 0;
		int batch;
		retention_judge(&rules, &l, role.goal, clock_wall_us(), keep);
		for (size_t i = 0; i < l.n; i++)
			if (!keep[i] && l.at[i].automatic && !l.at[i].note) {
				v[n] = &l.at[i];
				why[n++] = "[registry] auto does not keep it";
			}
		if (n)
			code = registry_trash(ve->reg, v, n, 0, why, &batch, ve->e);
		for (size_t i = 0; i < l.n; i++)
			free(keep[i]);
		free(keep);
		free(v);
		free(why);
		version_list_release(&l);
	}
	retention_release(&rules);
	return code;
}

int
version_auto(struct verb_env *ve)
{
	struct store *st;
	struct snap *sn;
	struct origin o = {0};
	struct version v;
	char *model = NULL, *path = realpath(ve->arg[0], NULL);
	if (!*conf_str(ve->env->conf, "registry.auto")) {
		free(path);
		return err_set(ve->e, ERR_USAGE, "there is no [registry] auto in mm.conf");
	}
	int code = path ? cmd_begin(ve->env, &st, &sn, ve->e)
			: err_set(ve->e, ERR_NOTFOUND, "%s: %s", ve->arg[0], strerror(errno));
	if (code == 0) {
		origin_find(sn, path, NULL, INT64_MIN, &o);
		if (o.run)
			model = model_name(ve, sn, o.run);
		else
			code = err_set(ve->e, ERR_NOTFOUND, "%s belongs to no run", path);
		cmd_end(st, sn);
	}
	if (code == 0)
		code = save(ve, path, model, &o, &v);
	if (code == 0) {
		printf("%s@v%d\n", v.model, v.number);
		version_release(&v);
		code = tidy(ve, model);
	}
	origin_release(&o);
	free(model);
	free(path);
	return code;
}
