/* mm version show: all that is known of a version, as JSON or as text; the list uses parts of
 * it. */
#include "core/clock.h"
#include "core/json_put.h"
#include "core/model.h"
#include "core/xalloc.h"
#include "tui/cmd_version.h"
#include "tui/fmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_name[] = {"saved", "adopted"};
static const char *const step_name[] = {NULL, "file", "name", "time", "given"};

/* -- JSON -------------------------------------------------------------------------------------- */

void
version_put_text(struct str *s, const char *key, const char *value)
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

void
version_put_metrics(struct str *s, const struct version_metric *m, size_t n)
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

void
version_put_step(struct str *s, const struct version *v)
{
	if (v->step_from == VERSION_STEP_NONE)
		str_adds(s, ", \"step\": null");
	else
		str_addf(s, ", \"step\": %lld", (long long)v->step);
	version_put_text(s, "step_from", step_name[v->step_from]);
}

void
version_json(struct verb_env *ve, struct str *s, const struct version *v, bool whole)
{
	char *name = version_name(v), *moved = version_moved(ve->reg, v);
	str_adds(s, "{\"version\": ");
	json_put_str(s, name);
	version_put_text(s, "model", v->model);
	str_addf(s, ", \"number\": %d", v->number);
	version_put_text(s, "wrong", v->broken ? v->broken : moved);
	version_put_text(s, "kind", v->broken ? NULL : kind_name[v->kind]);
	str_adds(s, ", \"time\": ");
	json_put_time(s, v->time_us);
	version_put_text(s, "run", v->run);
	version_put_step(s, v);
	version_put_text(s, "source", v->source);
	str_addf(s, ", \"bytes\": %llu", (unsigned long long)v->bytes);
	put_list(s, "aliases", v->alias, v->naliases);
	put_list(s, "deployed", v->slot, v->nslots);
	put_pairs(s, "tags", v->tag, v->ntags);
	version_put_text(s, "note", v->note);
	version_put_text(s, "safety", registry_safety(ve->reg, v));
	str_addf(s, ", \"pinned\": %s, \"removed\": %s", v->pinned ? "true" : "false",
		 v->trashed ? "true" : "false");
	version_put_metrics(s, v->metric, v->nmetrics);
	put_pairs(s, "params", v->param, v->nparams);
	if (whole) {
		version_put_text(s, "by", v->by);
		version_put_text(s, "host", v->host);
		version_put_text(s, "git", v->git);
		if (v->parent)
			str_addf(s, ", \"parent\": \"%s@v%d\"", v->model, v->parent);
		else
			str_adds(s, ", \"parent\": null");
		version_put_text(s, "digest", v->digest);
		version_put_text(s, "excluded", v->excluded);
		put_files(s, v);
	}
	str_addc(s, '}');
	free(name);
	free(moved);
}

/* -- text -------------------------------------------------------------------------------------- */

bool
version_danger(const char *safety)
{
	return safety && strcmp(safety, model_safety_name(MODEL_DANGER)) == 0;
}

char *
version_joined(char *const *z, size_t n)
{
	struct str s = STR_INIT;
	for (size_t i = 0; i < n; i++)
		str_addf(&s, "%s%s", i ? " " : "", z[i]);
	return s.buf ? str_steal(&s) : xstrdup("");
}

/* A word on whatever is not as it should be, or was done to it. */
char *
version_words(struct verb_env *ve, const struct version *v)
{
	struct str s = STR_INIT;
	char *moved = version_moved(ve->reg, v);
	if (version_danger(registry_safety(ve->reg, v)))
		str_adds(&s, VERSION_DANGER);
	const char *comma = s.len ? ", " : "";
	if (v->broken)
		str_addf(&s, "broken: %s", v->broken);
	else if (v->trashed)
		str_addf(&s, "%sremoved", comma);
	else if (moved)
		str_addf(&s, "%s%s", comma, moved);
	else if (v->kind == VERSION_ADOPTED)
		str_addf(&s, "%sadopted", comma);
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

const char *
version_step_text(char buf[FMT_N], const struct version *v)
{
	if (v->step_from == VERSION_STEP_NONE)
		return "";
	int n = snprintf(buf, FMT_N, "%s", v->step_from == VERSION_STEP_TIME ? "≈" : "");
	snprintf(buf + n, FMT_N - (size_t)n, "%lld", (long long)v->step);
	return buf;
}

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
	char buf[FMT_N], *name = version_name(v), *alias = version_joined(v->alias, v->naliases);
	char *state = version_words(ve, v);
	line("version", name);
	line("alias", alias);
	line("state", state);
	print_times(ve, v);
	line("from", v->source);
	line("run", v->run);
	line("step", version_step_text(buf, v));
	line("git", v->git);
	line("digest", v->digest);
	line("safety", registry_safety(ve->reg, v));
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
struct model *
version_open_model(struct verb_env *ve, const struct version *v)
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
	struct model *m = version_open_model(ve, &v);
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
