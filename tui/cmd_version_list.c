/* mm version list, show, diff: what there is. */
#include "core/clock.h"
#include "core/json_put.h"
#include "core/role.h"
#include "core/xalloc.h"
#include "tui/cmd_version.h"
#include "tui/fmt.h"
#include "tui/inspect.h"
#include "tui/version_origin.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_name[] = {"saved", "adopted"};
static const char *const step_name[] = {NULL, "file", "name", "time", "given"};

/* -- JSON -------------------------------------------------------------------------------------- */

static void
put_text(struct str *s, const char *key, const char *value)
{
	str_addf(s, ", \"%s\": ", key);
	json_put_str(s, value);
}

static void
put_list(struct str *s, const char *key, char *const *z, size_t n)
{
	str_addf(s, ", \"%s\": [", key);
	for (size_t i = 0; i < n; i++) {
		str_adds(s, i ? ", " : "");
		json_put_str(s, z[i]);
	}
	str_addc(s, ']');
}

static void
put_pairs(struct str *s, const char *key, const struct version_pair *p, size_t n)
{
	str_addf(s, ", \"%s\": {", key);
	for (size_t i = 0; i < n; i++) {
		str_adds(s, i ? ", " : "");
		json_put_str(s, p[i].key);
		str_adds(s, ": ");
		json_put_str(s, p[i].value);
	}
	str_addc(s, '}');
}

static void
put_metrics(struct str *s, const struct version_metric *m, size_t n)
{
	str_adds(s, ", \"metrics\": {");
	for (size_t i = 0; i < n; i++) {
		str_adds(s, i ? ", " : "");
		json_put_str(s, m[i].name);
		str_adds(s, ": ");
		json_put_num(s, m[i].value);
	}
	str_addc(s, '}');
}

static void
put_files(struct str *s, const struct version *v)
{
	str_adds(s, ", \"files\": [");
	for (size_t i = 0; i < v->nfiles; i++) {
		str_adds(s, i ? ", {\"path\": " : "{\"path\": ");
		json_put_str(s, v->file[i].path);
		str_addf(s, ", \"bytes\": %llu, \"sha256\": \"%s\"}",
			 (unsigned long long)v->file[i].bytes, v->file[i].sha256);
	}
	str_addc(s, ']');
}

static void
put_step(struct str *s, const struct version *v)
{
	if (v->step_from == VERSION_STEP_NONE)
		str_adds(s, ", \"step\": null");
	else
		str_addf(s, ", \"step\": %lld", (long long)v->step);
	put_text(s, "step_from", step_name[v->step_from]);
}

void
version_json(struct verb_env *ve, struct str *s, const struct version *v, bool whole)
{
	char *name = version_name(v), *moved = version_moved(ve->reg, v);
	str_adds(s, "{\"version\": ");
	json_put_str(s, name);
	put_text(s, "model", v->model);
	str_addf(s, ", \"number\": %d", v->number);
	put_text(s, "wrong", v->broken ? v->broken : moved);
	put_text(s, "kind", v->broken ? NULL : kind_name[v->kind]);
	str_adds(s, ", \"time\": ");
	json_put_time(s, v->time_us);
	put_text(s, "run", v->run);
	put_step(s, v);
	put_text(s, "source", v->source);
	str_addf(s, ", \"bytes\": %llu", (unsigned long long)v->bytes);
	put_list(s, "aliases", v->alias, v->naliases);
	put_list(s, "deployed", v->slot, v->nslots);
	put_pairs(s, "tags", v->tag, v->ntags);
	put_text(s, "note", v->note);
	str_addf(s, ", \"pinned\": %s, \"removed\": %s", v->pinned ? "true" : "false",
		 v->trashed ? "true" : "false");
	put_metrics(s, v->metric, v->nmetrics);
	put_pairs(s, "params", v->param, v->nparams);
	if (whole) {
		put_text(s, "by", v->by);
		put_text(s, "host", v->host);
		put_text(s, "git", v->git);
		if (v->parent)
			str_addf(s, ", \"parent\": \"%s@v%d\"", v->model, v->parent);
		else
			str_adds(s, ", \"parent\": null");
		put_text(s, "digest", v->digest);
		put_text(s, "excluded", v->excluded);
		put_files(s, v);
	}
	str_addc(s, '}');
	free(name);
	free(moved);
}

static void
print_json(struct verb_env *ve, const struct version *v, bool whole)
{
	struct str s = STR_INIT;
	version_json(ve, &s, v, whole);
	puts(str_c(&s));
	str_release(&s);
}

/* -- list -------------------------------------------------------------------------------------- */

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
cell(struct cmd_sheet *sheet, const char *fmt, const char *z)
{
	struct str s = STR_INIT;
	str_addf(&s, "%s%s", fmt, z ? z : "");
	cmd_sheet_add(sheet, str_c(&s));
	str_release(&s);
}

static char *
joined(char *const *z, size_t n)
{
	struct str s = STR_INIT;
	for (size_t i = 0; i < n; i++)
		str_addf(&s, "%s%s", i ? " " : "", z[i]);
	return s.buf ? str_steal(&s) : xstrdup("");
}

/* A word on whatever is not as it should be, or was done to it. */
static char *
state_words(struct verb_env *ve, const struct version *v)
{
	struct str s = STR_INIT;
	char *moved = version_moved(ve->reg, v);
	if (v->broken)
		str_addf(&s, "broken: %s", v->broken);
	else if (v->trashed)
		str_adds(&s, "removed");
	else if (moved)
		str_adds(&s, moved);
	else if (v->kind == VERSION_ADOPTED)
		str_adds(&s, "adopted");
	if (v->pinned)
		str_addf(&s, "%spinned", s.len ? ", " : "");
	for (size_t i = 0; i < v->nslots; i++)
		str_addf(&s, "%sdeployed in %s", s.len ? ", " : "", v->slot[i]);
	for (size_t i = 0; i < v->ntags; i++)
		str_addf(&s, "%s%s=%s", s.len ? ", " : "", v->tag[i].key, v->tag[i].value);
	if (v->note)
		str_addf(&s, "%s%s", s.len ? "; " : "", v->note);
	free(moved);
	return s.buf ? str_steal(&s) : xstrdup("");
}

static const char *
step_text(char buf[FMT_N], const struct version *v)
{
	if (v->step_from == VERSION_STEP_NONE)
		return "";
	int n = snprintf(buf, FMT_N, "%s", v->step_from == VERSION_STEP_TIME ? "≈" : "");
	snprintf(buf + n, FMT_N - (size_t)n, "%lld", (long long)v->step);
	return buf;
}

static void
list_row(struct verb_env *ve, struct cmd_sheet *sheet, const struct version *v, const char *metric)
{
	char buf[FMT_N], *name = version_name(v), *alias = joined(v->alias, v->naliases);
	char *state = state_words(ve, v);
	const struct version_metric *m = metric ? version_metric(v, metric) : NULL;
	cmd_sheet_add(sheet, name);
	cmd_sheet_add(sheet, alias);
	cell(sheet, "\t", step_text(buf, v));
	if (metric)
		cell(sheet, "\t", m ? fmt_value(buf, m->value) : "");
	cell(sheet, "\t", v->broken ? "" : fmt_bytes(buf, v->bytes));
	cell(sheet, "", v->broken ? "" : fmt_clock(buf, v->time_us, clock_wall_us()));
	cell(sheet, "", v->run ? v->run : v->source);
	cmd_sheet_add(sheet, state);
	free(name);
	free(alias);
	free(state);
}

/* -- what is not saved ------------------------------------------------------------------------- */

struct unsaved {
	const struct conf *conf;
	const struct version_list *l;
	struct snap *sn;
	struct version_list found; /* number 0; NOTE: the state; TIME_US: of the newest file */
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
	put_text(&s, "run", v->run);
	put_step(&s, v);
	str_addf(&s, ", \"bytes\": %llu, \"time\": ", (unsigned long long)v->bytes);
	json_put_time(&s, v->time_us);
	put_text(&s, "state", v->note);
	put_metrics(&s, v->metric, v->nmetrics);
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
	cell(sheet, "\t", step_text(buf, v));
	if (metric)
		cell(sheet, "\t", m ? fmt_value(buf, m->value) : "");
	cell(sheet, "\t", fmt_bytes(buf, v->bytes));
	cell(sheet, "", fmt_clock(buf, v->time_us, clock_wall_us()));
	cmd_sheet_add(sheet, v->source);
	cmd_sheet_add(sheet, fine ? "" : v->note);
}

static int
note_unsaved(void *ctx, const char *path, const struct checkpoint *c)
{
	struct unsaved *u = ctx;
	struct origin o;
	if (is_saved(u->l, path, c))
		return 0;
	origin_of_checkpoint(u->sn, u->conf, path, c->step, c->mtime_us, &o);
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
		cell(sheet, "\t", metric);
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
	int code = ve->narg ? 0 : cmd_begin(ve->env, &st, &u->sn, ve->e);
	if (code < 0 || ve->narg)
		return code;
	if (u->sn)
		snap_checkpoints(u->sn, note_unsaved, u);
	cmd_end(st, u->sn);
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

/* -- show -------------------------------------------------------------------------------------- */

static void
line(const char *key, const char *value)
{
	struct str s = STR_INIT;
	if (!value || !*value)
		return;
	str_addf(&s, "%-10s %s", key, value);
	cmd_line(&s);
}

static void
print_times(struct verb_env *ve, const struct version *v)
{
	char buf[FMT_N];
	struct str s = STR_INIT;
	str_addf(&s, "%s by %s on %s", fmt_clock(buf, v->time_us, clock_wall_us()),
		 v->by ? v->by : "?", v->host ? v->host : "?");
	line(kind_name[v->kind], str_c(&s));
	str_reset(&s);
	str_addf(&s, "%s in %zu file%s", fmt_bytes(buf, v->bytes), v->nfiles,
		 v->nfiles == 1 ? "" : "s");
	if (v->excluded)
		str_addf(&s, "; left out: %s (%s)", v->excluded, fmt_bytes(buf, v->excluded_bytes));
	line("size", str_c(&s));
	str_release(&s);
	(void)ve;
}

void
version_text(struct verb_env *ve, const struct version *v)
{
	char buf[FMT_N], *name = version_name(v), *alias = joined(v->alias, v->naliases);
	char *state = state_words(ve, v);
	line("version", name);
	line("alias", alias);
	line("state", state);
	print_times(ve, v);
	line("from", v->source);
	line("run", v->run);
	line("step", step_text(buf, v));
	line("git", v->git);
	line("digest", v->digest);
	for (size_t i = 0; i < v->nmetrics; i++) {
		struct str s = STR_INIT;
		str_addf(&s, "%s %s", v->metric[i].name, fmt_value(buf, v->metric[i].value));
		line(i ? "" : "metrics", str_c(&s));
		str_release(&s);
	}
	for (size_t i = 0; i < v->nparams; i++) {
		struct str s = STR_INIT;
		str_addf(&s, "%s = %s", v->param[i].key, v->param[i].value);
		line(i ? "" : "params", str_c(&s));
		str_release(&s);
	}
	for (size_t i = 0; i < v->nfiles; i++) {
		struct str s = STR_INIT;
		str_addf(&s, "%.12s %7s  %s", v->file[i].sha256, fmt_bytes(buf, v->file[i].bytes),
			 v->file[i].path);
		line(i ? "" : "files", str_c(&s));
		str_release(&s);
	}
	free(name);
	free(alias);
	free(state);
}

/* V's model, opened where it lies; NULL: it is none that is known, or not there. */
static struct model *
open_model(struct verb_env *ve, const struct version *v)
{
	struct err ignored;
	struct model *m = NULL;
	char *path = registry_path(ve->reg, v, &ignored);
	if (path && model_open(path, &m, &ignored) < 0)
		m = NULL;
	free(path);
	return m;
}

static void
model_line(const struct model *m)
{
	char n[FMT_N];
	struct str s = STR_INIT;
	str_addf(&s, "%s, %s parameters in %llu tensors, %s, %s", m->format,
		 fmt_step(n, (int64_t)m->totals.params), (unsigned long long)m->totals.tensors,
		 model_state_name(m->state), model_safety_name(m->safety));
	line("model", str_c(&s));
	str_release(&s);
}

static void
model_json(struct str *s, const struct model *m)
{
	s->buf[--s->len] = '\0'; /* the closing brace */
	str_adds(s, ", \"content\": ");
	if (m)
		str_addf(s,
			 "{\"format\": \"%s\", \"parameters\": %llu, \"tensors\": %llu, "
			 "\"state\": \"%s\", \"safety\": \"%s\"}",
			 m->format, (unsigned long long)m->totals.params,
			 (unsigned long long)m->totals.tensors, model_state_name(m->state),
			 model_safety_name(m->safety));
	else
		str_adds(s, "null");
	str_addc(s, '}');
}

int
version_show(struct verb_env *ve)
{
	struct version v;
	int code = registry_find(ve->reg, ve->arg[0], &v, ve->e);
	if (code < 0)
		return code;
	struct model *m = open_model(ve, &v);
	if (ve->env->json) {
		struct str s = STR_INIT;
		version_json(ve, &s, &v, true);
		model_json(&s, m);
		puts(str_c(&s));
		str_release(&s);
	} else {
		version_text(ve, &v);
		if (m)
			model_line(m);
	}
	model_close(m);
	version_release(&v);
	return EXIT_DONE;
}

/* -- diff -------------------------------------------------------------------------------------- */

struct diff {
	struct verb_env *ve;
	const struct version *a, *b;
	struct cmd_sheet sheet;
};

/* One row: what, of what name, and its two values; NULL: not there. DELTA: may be NULL. */
static void
differ(struct diff *d, const char *what, const char *name, const char *x, const char *y,
       const char *delta)
{
	if (d->ve->env->json) {
		struct str s = STR_INIT;
		str_addf(&s, "{\"kind\": \"%s\", \"name\": ", what);
		json_put_str(&s, name);
		put_text(&s, "a", x);
		put_text(&s, "b", y);
		str_addc(&s, '}');
		puts(str_c(&s));
		str_release(&s);
		return;
	}
	cmd_sheet_add(&d->sheet, what);
	cmd_sheet_add(&d->sheet, name);
	cell(&d->sheet, "", x ? x : "–");
	cell(&d->sheet, "", y ? y : "–");
	cell(&d->sheet, "", delta);
}

static void
diff_params(struct diff *d, bool all)
{
	size_t i = 0, k = 0;
	while (i < d->a->nparams || k < d->b->nparams) {
		const struct version_pair *x = i < d->a->nparams ? &d->a->param[i] : NULL;
		const struct version_pair *y = k < d->b->nparams ? &d->b->param[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->key, y->key);
		i += order <= 0;
		k += order >= 0;
		if (order == 0 && strcmp(x->value, y->value) == 0 && !all)
			continue;
		differ(d, "param", order <= 0 ? x->key : y->key, order <= 0 ? x->value : NULL,
		       order >= 0 ? y->value : NULL, NULL);
	}
}

static void
diff_metrics(struct diff *d, bool all)
{
	size_t i = 0, k = 0;
	while (i < d->a->nmetrics || k < d->b->nmetrics) {
		const struct version_metric *x = i < d->a->nmetrics ? &d->a->metric[i] : NULL;
		const struct version_metric *y = k < d->b->nmetrics ? &d->b->metric[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->name, y->name);
		char ax[FMT_N], bx[FMT_N], delta[FMT_N];
		i += order <= 0;
		k += order >= 0;
		if (order == 0 && memcmp(&x->value, &y->value, sizeof x->value) == 0 && !all)
			continue;
		differ(d, "metric", order <= 0 ? x->name : y->name,
		       order <= 0 ? fmt_value(ax, x->value) : NULL,
		       order >= 0 ? fmt_value(bx, y->value) : NULL,
		       order == 0 ? fmt_delta(delta, y->value - x->value) : NULL);
	}
}

static void
diff_files(struct diff *d)
{
	size_t i = 0, k = 0;
	while (i < d->a->nfiles || k < d->b->nfiles) {
		const struct version_file *x = i < d->a->nfiles ? &d->a->file[i] : NULL;
		const struct version_file *y = k < d->b->nfiles ? &d->b->file[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->path, y->path);
		char ax[FMT_N + 16], bx[FMT_N + 16], n[FMT_N];
		i += order <= 0;
		k += order >= 0;
		if (order == 0 && strcmp(x->sha256, y->sha256) == 0)
			continue;
		if (order <= 0)
			snprintf(ax, sizeof ax, "%s %.8s", fmt_bytes(n, x->bytes), x->sha256);
		if (order >= 0)
			snprintf(bx, sizeof bx, "%s %.8s", fmt_bytes(n, y->bytes), y->sha256);
		differ(d, "file", order <= 0 ? x->path : y->path, order <= 0 ? ax : NULL,
		       order >= 0 ? bx : NULL, NULL);
	}
}

/* Structure, and with --weights how far each tensor moved. */
static void
diff_models(struct verb_env *ve, const struct version *a, const struct version *b)
{
	struct model *x = open_model(ve, a), *y = open_model(ve, b);
	struct inspect in = {.env = ve->env,
			     .colors = cmd_colors(ve->env) > 0,
			     .ascii = ve->env->ascii,
			     .width = ve->env->out_tty ? cmd_columns() : 0,
			     .weights = cmd_option(ve->env, "--weights") != NULL,
			     .depth = UINT_MAX};
	if (x && y && ve->env->json)
		inspect_print_diff_json(&in, x, y);
	else if (x && y) {
		putchar('\n');
		inspect_print_diff(&in, x, y);
	}
	model_close(x);
	model_close(y);
}

int
version_diff(struct verb_env *ve)
{
	struct version a, b;
	int code = registry_find(ve->reg, ve->arg[0], &a, ve->e);
	if (code < 0)
		return code;
	code = registry_find(ve->reg, ve->arg[1], &b, ve->e);
	if (code == 0) {
		struct diff d = {.ve = ve, .a = &a, .b = &b, .sheet = {.columns = 5}};
		bool all = cmd_option(ve->env, "--all") != NULL;
		diff_params(&d, all);
		diff_metrics(&d, all);
		diff_files(&d);
		cmd_sheet_print(&d.sheet, ve->env);
		diff_models(ve, &a, &b);
		version_release(&b);
	}
	version_release(&a);
	return code;
}
