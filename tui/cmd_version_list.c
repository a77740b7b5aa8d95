/* mm version list: the versions there are, and the checkpoints of watched runs that are none. */
#include "core/clock.h"
#include "core/json_put.h"
#include "core/role.h"
#include "core/xalloc.h"
#include "tui/cmd_version.h"
#include "tui/fmt.h"
#include "tui/version_origin.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
print_json(struct verb_env *ve, const struct version *v, bool whole)
{
	struct str s = STR_INIT;
	version_json(ve, &s, v, whole);
	puts(str_c(&s));
	str_release(&s);
}

void
sheet_cell(struct cmd_sheet *sheet, const char *fmt, const char *z)
{
	struct str s = STR_INIT;
	str_addf(&s, "%s%s", fmt, z ? z : "");
	cmd_sheet_add(sheet, str_c(&s));
	str_release(&s);
}

/* The metric that says most about these versions: what the run list would show of their runs. */
static const char *
telling_metric(struct verb_env *ve, const struct version_list *l)
{
	const char *best = NULL;
	int best_rank = INT_MAX;
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->at[i].nmetrics; k++) {
			struct metric_role role;
			const char *name = l->at[i].metric[k].name;
			metric_role(ve->env->conf, name, &role);
			int rank = metric_headline_rank(&role, name);
			int loss = metric_loss_rank(&role, name);
			/* any headline before any loss */
			rank = rank == INT_MAX && loss != INT_MAX ? INT_MAX / 2 + loss / 2 : rank;
			if (rank < best_rank) {
				best = name;
				best_rank = rank;
			}
		}
	return best;
}

static void
list_row(struct verb_env *ve, struct cmd_sheet *sheet, const struct version *v, const char *metric)
{
	char buf[FMT_N], *name = version_name(v), *alias = version_joined(v->alias, v->naliases);
	char *state = version_words(ve, v);
	const struct version_metric *m = metric ? version_metric(v, metric) : NULL;
	cmd_sheet_add(sheet, name);
	cmd_sheet_add(sheet, alias);
	sheet_cell(sheet, "\t", version_step_text(buf, v));
	if (metric)
		sheet_cell(sheet, "\t", m ? fmt_value(buf, m->value) : "");
	sheet_cell(sheet, "\t", v->broken ? "" : fmt_bytes(buf, v->bytes));
	sheet_cell(sheet, "", v->broken ? "" : fmt_clock(buf, v->time_us, clock_wall_us()));
	sheet_cell(sheet, "", v->run ? v->run : v->source);
	cmd_sheet_add(sheet, state);
	free(name);
	free(alias);
	free(state);
}

/* -- what is not saved ------------------------------------------------------------------------- */

struct unsaved {
	const struct conf *conf;
	const struct version_list *l;
	struct origins *origins;
	/* number 0; NOTE: the state; BY: what loading it could do; TIME_US: of the newest file */
	struct version_list found;
};

/* A version was made from what lies there now. */
static bool
is_saved(const struct version_list *l, const char *path, const struct checkpoint *c)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct version *v = &l->at[i];
		int64_t newest = 0;
		if (v->broken || v->trashed || strcmp(v->source, path) != 0)
			continue;
		for (size_t k = 0; k < v->nfiles; k++)
			newest = v->file[k].mtime_us > newest ? v->file[k].mtime_us : newest;
		if (v->bytes + v->excluded_bytes == c->bytes &&
		    (v->excluded || newest == c->mtime_us))
			return true;
	}
	return false;
}

static void
unsaved_json(const struct version *v)
{
	struct str s = STR_INIT;
	str_adds(&s, "{\"version\": null, \"path\": ");
	json_put_str(&s, v->source);
	version_put_text(&s, "run", v->run);
	version_put_step(&s, v);
	str_addf(&s, ", \"bytes\": %llu, \"time\": ", (unsigned long long)v->bytes);
	json_put_time(&s, v->time_us);
	version_put_text(&s, "state", v->note);
	version_put_text(&s, "safety", v->by);
	version_put_metrics(&s, v->metric, v->nmetrics);
	str_addc(&s, '}');
	puts(str_c(&s));
	str_release(&s);
}

static void
unsaved_row(struct cmd_sheet *sheet, const struct version *v, const char *metric)
{
	char buf[FMT_N];
	const struct version_metric *m = metric ? version_metric(v, metric) : NULL;
	bool fine = strcmp(v->note, checkpoint_state_name[CHECKPOINT_WHOLE]) == 0 ||
		    strcmp(v->note, checkpoint_state_name[CHECKPOINT_UNKNOWN]) == 0;
	cmd_sheet_add(sheet, "not saved");
	cmd_sheet_add(sheet, "");
	sheet_cell(sheet, "\t", version_step_text(buf, v));
	if (metric)
		sheet_cell(sheet, "\t", m ? fmt_value(buf, m->value) : "");
	sheet_cell(sheet, "\t", fmt_bytes(buf, v->bytes));
	sheet_cell(sheet, "", fmt_clock(buf, v->time_us, clock_wall_us()));
	cmd_sheet_add(sheet, v->source);
	const char *danger = version_danger(v->by) ? VERSION_DANGER : "";
	char *words =
		xasprintf("%s%s%s", danger, *danger && !fine ? ", " : "", fine ? "" : v->note);
	cmd_sheet_add(sheet, words);
	free(words);
}

static int
note_unsaved(void *ctx, const char *path, const struct checkpoint *c)
{
	struct unsaved *u = ctx;
	struct origin o;
	const char *safety = checkpoint_safety(c);
	if (is_saved(u->l, path, c))
		return 0;
	origins_find(u->origins, path, c->step, c->mtime_us, &o);
	struct version *v = vec_push(u->found.at, u->found.n, u->found.cap);
	*v = (struct version){
		.source = xstrdup(path),
		.run = o.run,
		.step = o.step,
		.step_from = o.step_from,
		.metric = o.metric,
		.nmetrics = o.nmetrics,
		.bytes = c->bytes,
		.time_us = c->mtime_us,
		.note = xstrdup(checkpoint_state_name[c->state]),
		.by = safety ? xstrdup(safety) : NULL,
	};
	o.run = NULL;
	o.metric = NULL;
	o.nmetrics = 0;
	origin_release(&o);
	return 0;
}

static void
head_row(struct cmd_sheet *sheet, const char *metric)
{
	cmd_sheet_add(sheet, "VERSION");
	cmd_sheet_add(sheet, "ALIAS");
	cmd_sheet_add(sheet, "\tSTEP");
	if (metric)
		sheet_cell(sheet, "\t", metric);
	cmd_sheet_add(sheet, "\tSIZE");
	cmd_sheet_add(sheet, "TIME");
	cmd_sheet_add(sheet, "OF");
	cmd_sheet_add(sheet, "");
}

/* Checkpoints of watched runs, when all models are listed. */
static int
find_unsaved(struct verb_env *ve, struct unsaved *u)
{
	struct store *st;
	struct snap *sn;
	int code = ve->narg ? 0 : cmd_begin(ve->env, &st, &sn, ve->e);
	if (code < 0 || ve->narg)
		return code;
	if (sn) {
		u->origins = origins_new(sn, u->conf);
		snap_checkpoints(sn, note_unsaved, u);
		origins_free(u->origins);
	}
	cmd_end(st, sn);
	return 0;
}

static void
print_list(struct verb_env *ve, const struct version_list *l, const struct version_list *unsaved)
{
	const char *metric = telling_metric(ve, l);
	if (!metric)
		metric = telling_metric(ve, unsaved);
	struct cmd_sheet sheet = {.columns = metric ? 8 : 7};
	if (l->n + unsaved->n && !ve->env->json)
		head_row(&sheet, metric);
	for (size_t i = 0; i < l->n; i++)
		if (ve->env->json)
			print_json(ve, &l->at[i], false);
		else
			list_row(ve, &sheet, &l->at[i], metric);
	for (size_t i = 0; i < unsaved->n; i++)
		if (ve->env->json)
			unsaved_json(&unsaved->at[i]);
		else
			unsaved_row(&sheet, &unsaved->at[i], metric);
	cmd_sheet_print(&sheet, ve->env);
}

int
version_list(struct verb_env *ve)
{
	struct version_list l;
	struct unsaved u = {.conf = ve->env->conf, .l = &l};
	int code = registry_list(ve->reg, ve->narg ? ve->arg[0] : NULL,
				 cmd_option(ve->env, "--all") != NULL, &l, ve->e);
	if (code < 0)
		return code;
	if (ve->narg && l.n == 0)
		code = err_set(ve->e, ERR_NOTFOUND, "there is no model %s", ve->arg[0]);
	if (code == 0)
		code = find_unsaved(ve, &u);
	if (code == 0)
		print_list(ve, &l, &u.found);
	version_list_release(&u.found);
	version_list_release(&l);
	return code;
}
