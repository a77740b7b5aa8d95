/* A record of a log that is one JSON value: its scalars become the row's numbers, one of them its
 * step; what stands around the rows becomes what the run was told. */
#include "core/json_log.h"

#include "core/num.h"
#include "core/source.h"
#include "core/stamp.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_KEYS = 2 * SOURCE_MAX_COLUMNS };

const struct json_layout json_layouts[KIND_N] = {
	[KIND_ARRAY] = {NULL, {"step", "iteration", "epoch"}, {STEP_STEP, STEP_STEP, STEP_EPOCH}},
	[KIND_TRAINER] = {"log_history", {"step"}, {STEP_STEP}},
	[KIND_CATBOOST] = {"iterations", {"iteration"}, {STEP_STEP}},
	[KIND_HISTORY] = {"history",
			  {"step", "iteration", "epoch"},
			  {STEP_STEP, STEP_STEP, STEP_EPOCH}},
};

bool
json_log_names_rows(enum kind k, const char *key, size_t n)
{
	static const char *const others[] = {
		"training_history", "train_history", "epochs", "logs", "log",
		"training_log",     "epoch_history"};
	if (strlen(json_layouts[k].rows) == n && !memcmp(key, json_layouts[k].rows, n))
		return true;
	for (size_t i = 0; k == KIND_HISTORY && i < sizeof others / sizeof *others; i++)
		if (strlen(others[i]) == n && !memcmp(key, others[i], n))
			return true;
	return false;
}

/* -- names ------------------------------------------------------------------------------------- */

struct key *
json_log_key(struct src_json *j, const char *path, size_t n)
{
	struct key *k = map_get(&j->keys, path, n);
	const struct json_layout *l = &json_layouts[j->kind];
	if (k || map_count(&j->keys) >= MAX_KEYS || n > SOURCE_MAX_NAME)
		return k;
	k = xcalloc(1, sizeof *k);
	field_init(&k->field, STEPS_JSON, path, n);
	k->step = -1;
	for (int i = 0; i < JSON_LOG_STEPS && l->step[i]; i++)
		if (!strcmp(l->step[i], k->field.name))
			k->step = (int8_t)i;
	if (k->field.kind == FIELD_TOTAL)
		*vec_push(j->total, j->ntotal, j->cap_total) = k;
	map_put(&j->keys, path, n, k);
	return k;
}

/* learn/0 is called after the metric that CatBoost listed first. */
static void
catboost_name(struct src_json *j, const struct json_leaf *l, struct str *out)
{
	static const char *const sets[] = {"learn/", "test/"};
	str_add(out, l->path, l->npath);
	for (int i = 0; i < 2; i++) {
		size_t n = strlen(sets[i]);
		double at;
		if (l->npath <= n || memcmp(l->path, sets[i], n) ||
		    !num_parse_all(l->path + n, l->path + l->npath, &at))
			continue;
		for (size_t k = 0; k < j->nname; k++)
			if (at == (double)k && *j->name[k]) {
				out->len = n;
				str_adds(out, j->name[k]);
			}
	}
}

/* -- rows -------------------------------------------------------------------------------------- */

static bool
is_nonfinite(const char *p, size_t n)
{
	double v;
	return num_parse_all(p, p + n, &v) && v - v != 0;
}

void
json_log_number(struct src_json *j, struct key *k, double v)
{
	table_reserve(&j->t, 1);
	if (k->field.kind == FIELD_METRIC || k->field.kind == FIELD_STEP)
		table_add(&j->t, &k->field, v);
	else
		table_add_special(&j->t, &k->field, v);
}

static void
see_number(struct src_json *j, struct key *k, const struct json_leaf *l)
{
	int64_t step;
	bool may = k->step >= 0 && l->depth == 1 && !k->field.never;
	bool whole = may && num_to_step(l->number, &step);
	if (may && !whole && isfinite(l->number))
		j->fraction = k;
	if (!whole || (j->by && j->by->step < k->step)) {
		json_log_number(j, k, l->number);
		return;
	}
	if (j->by)
		json_log_number(j, j->by, j->by_value);
	j->by = k;
	j->by_value = l->number;
}

static void
see_text(struct src_json *j, struct key *k, const struct json_leaf *l)
{
	if (k->field.kind == FIELD_SAYS)
		table_says(&j->t, l->text, l->ntext);
	else if (!(k->field.kind == FIELD_TIME && table_stamp(&j->t, l->text, l->ntext)) &&
		 is_nonfinite(l->text, l->ntext))
		table_remark(&j->t, REMARK_TEXT_CELL, "'%.60s' is the text \"%.*s\", no number",
			     k->field.name, (int)(l->ntext < 20 ? l->ntext : 20), l->text);
}

void
json_log_leaf(void *ctx, const struct json_leaf *l)
{
	struct src_json *j = ctx;
	struct str renamed = STR_INIT;
	const char *path = l->path;
	size_t n = l->npath;
	if (l->type != JSON_NUMBER && l->type != JSON_STRING)
		return;
	if (j->kind == KIND_CATBOOST) {
		catboost_name(j, l, &renamed);
		path = str_c(&renamed);
		n = renamed.len;
	}
	struct key *k = json_log_key(j, path, n);
	str_release(&renamed);
	if (!k) {
		j->t.dropped += l->type == JSON_NUMBER;
		return;
	}
	if (k->stamp == j->record) /* no row has a column twice */
		return;
	k->stamp = j->record;
	if (l->type == JSON_NUMBER)
		see_number(j, k, l);
	else
		see_text(j, k, l);
}

void
json_log_begin(struct src_json *j, uint64_t offset)
{
	table_begin(&j->t, offset, j->line);
	j->record++;
	j->by = j->fraction = NULL;
	str_reset(&j->path);
}

/* False: nothing of it counts. */
bool
json_log_whole(struct src_json *j, enum json_type type)
{
	if (type == JSON_END)
		return true;
	table_drop(&j->t);
	if (type == JSON_DEEP)
		table_remark(&j->t, REMARK_LIMIT, "skipped: nested deeper than %d",
			     SOURCE_MAX_DEPTH);
	else
		table_remark(&j->t, REMARK_BAD_RECORD, "skipped: no JSON");
	return false;
}

void
json_log_row(struct src_json *j, const char *p, size_t n, uint64_t offset)
{
	int64_t step = 0;
	json_log_begin(j, offset);
	if (!json_log_whole(j, json_flat(p, n, &j->path, json_log_leaf, j)))
		return;
	uint64_t number = j->t.rows++;
	if (j->by || j->fraction)
		field_stepped(j->by ? &j->by->field : &j->fraction->field, j->by);
	if (j->by && num_to_step(j->by_value, &step))
		table_row(&j->t, json_layouts[j->kind].unit[j->by->step], step);
	else
		table_row(&j->t, STEP_ROW, (int64_t)number);
}

bool
json_log_export(struct src_json *j, const char *p, size_t n, uint64_t offset)
{
	struct json json;
	double v[3];
	int64_t step;
	json_init(&json, p, n);
	if (json_next(&json) != JSON_ARRAY)
		return false;
	for (int i = 0; i < 3; i++) {
		enum json_type type = json_next(&json);
		v[i] = json.number;
		if (type == JSON_STRING && i == 2 &&
		    num_parse_all(json.text, json.text + json.ntext, &v[i]))
			continue;
		if (type != JSON_NUMBER)
			return false;
	}
	if (json_next(&json) != JSON_CLOSE || json_next(&json) != JSON_END ||
	    !num_to_step(v[1], &step))
		return false;
	json_log_begin(j, offset);
	struct key *k = json_log_key(j, j->tag, j->ntag);
	stamp_of_number(v[0], 1e6, &j->t.wall_us);
	if (k)
		json_log_number(j, k, v[2]);
	table_row(&j->t, STEP_STEP, step);
	return true;
}

/* -- what stands around the rows --------------------------------------------------------------- */

/* What changes from one saving to the next is no parameter. */
static bool
is_param(const struct json_leaf *l)
{
	static const char *const others[] = {"epoch",
					     "global_step",
					     "is_local_process_zero",
					     "is_world_process_zero",
					     "is_hyper_param_search",
					     "total_flos",
					     "num_input_tokens_seen"};
	if (l->depth && strncmp(l->path, "trial_params/", 13) != 0)
		return false;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (!strcmp(l->path, others[i]))
			return false;
	return true;
}

static void
give_param(struct src_json *j, const char *key, const struct json_leaf *l)
{
	struct str text = STR_INIT;
	size_t nkey = strlen(key);
	switch (l->type) {
	case JSON_NUMBER:
		table_param_number(&j->t, key, nkey, l->number);
		break;
	case JSON_STRING:
		json_unescape(&text, l->text, l->ntext);
		table_param(&j->t, key, nkey, str_c(&text), text.len);
		break;
	case JSON_TRUE:
		table_param(&j->t, key, nkey, "true", 4);
		break;
	case JSON_FALSE:
		table_param(&j->t, key, nkey, "false", 5);
		break;
	default:
		break;
	}
	str_release(&text);
}

/* Of what an object called config or the like holds. */
static void
give_config(struct src_json *j, const struct json_leaf *l)
{
	size_t n = table_config_prefix(l->path, l->npath);
	if (n)
		give_param(j, l->path + n, l);
}

/* A part of PATH is a number: an element of a list, or as good as one. */
static bool
is_listed(const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");
		if (n && strspn(path, "0123456789") == n)
			return true;
		path += n + (path[n] == '/');
	}
	return false;
}

void
json_log_beside(void *ctx, const struct json_leaf *l)
{
	struct src_json *j = ctx;
	if (l->npath > SOURCE_MAX_NAME)
		return;
	if (l->depth == 1)
		give_param(j, l->path, l);
	else if (table_config_prefix(l->path, l->npath))
		give_config(j, l);
	else if (l->type == JSON_NUMBER && !is_listed(l->path))
		json_log_leaf(j, l);
}

/* meta/learn_metrics/2/name */
static void
catboost_metric(struct src_json *j, const struct json_leaf *l)
{
	static const char *const lists[] = {"meta/learn_metrics/", "meta/test_metrics/"};
	for (int i = 0; i < 2; i++) {
		size_t n = strlen(lists[i]);
		if (strncmp(l->path, lists[i], n) != 0 || l->type != JSON_STRING)
			continue;
		char *rest;
		unsigned long at = strtoul(l->path + n, &rest, 10);
		if (strcmp(rest, "/name") != 0 || at >= JSON_LOG_MAX_NAMES || l->ntext > 256)
			continue;
		for (; j->nname <= at; j->nname++) {
			j->name = xreallocarray(j->name, j->nname + 1, sizeof *j->name);
			j->name[j->nname] = xstrdup("");
		}
		struct str name = STR_INIT;
		json_unescape(&name, l->text, l->ntext);
		free(j->name[at]);
		j->name[at] = xstrndup(str_c(&name), name.len);
		str_release(&name);
	}
}

void
json_log_around(void *ctx, const struct json_leaf *l)
{
	struct src_json *j = ctx;
	if (l->npath > SOURCE_MAX_NAME)
		return;
	if ((j->kind == KIND_TRAINER || j->kind == KIND_HISTORY) && is_param(l))
		give_param(j, l->path, l);
	else if (j->kind == KIND_HISTORY)
		give_config(j, l);
	if (j->kind != KIND_CATBOOST)
		return;
	catboost_metric(j, l);
	if (!strcmp(l->path, "meta/iteration_count"))
		give_param(j, "iteration_count", l);
}

/* A member's key, from its quote on. */
void
json_log_path(struct src_json *j, const char *p, size_t n)
{
	str_reset(&j->path);
	json_unescape(&j->path, p, n);
	for (size_t i = 0; i < j->path.len; i++)
		if (!j->path.buf[i])
			j->path.buf[i] = ' ';
}
