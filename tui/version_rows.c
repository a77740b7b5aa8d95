/* The list is what another process of mm printed: one line of JSON a version or checkpoint. It is
 * taken whole, beside the old one, so that a list that breaks off changes nothing.
 *
 * Versions stand by model, what is not saved behind all of them: whatever the order, a person
 * compares within a model. */
#include "tui/version_rows.h"

#include "core/json_tree.h"
#include "core/xalloc.h"
#include "tui/filter.h"
#include "tui/names.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const vsort_names[VSORT_N] = {"version", "metric", "step",     "size",
					  "age",     "alias",  "deployed", "run"};

static void
item_release(struct vitem *it)
{
	for (size_t i = 0; i < it->nmetrics; i++)
		free(it->metric[i].name);
	free(it->metric);
	free(it->name);
	free(it->model);
	free(it->alias);
	free(it->slots);
	free(it->tags);
	free(it->note);
	free(it->wrong);
	free(it->run);
	free(it->source);
}

static void
items_free(struct vitem *item, size_t n)
{
	for (size_t i = 0; i < n; i++)
		item_release(&item[i]);
	free(item);
}

void
version_rows_release(struct version_rows *v)
{
	items_free(v->item, v->n);
	items_free(v->coming, v->ncoming);
	free(v->row);
	free(v->filter);
	free(v->wanted);
	free(v->metric);
	*v = (struct version_rows){0};
}

/* -- taking a list ----------------------------------------------------------------------------- */

static char *
copy(const struct json_node *t, const char *key)
{
	const char *z = json_text(t, key);
	return z ? xstrdup(z) : NULL;
}

/* ["a","b"] is "a b", {"k":"v"} is "k=v". */
static char *
joined(const struct json_node *t, const char *key)
{
	const struct json_node *list = json_get(t, key);
	struct str s = STR_INIT;
	for (const struct json_node *c = list ? list->child : NULL; c; c = c->next)
		if (c->key)
			str_addf(&s, "%s%s=%s", s.len ? " " : "", c->key, c->text ? c->text : "");
		else if (c->text)
			str_addf(&s, "%s%s", s.len ? " " : "", c->text);
	return s.buf ? str_steal(&s) : xstrdup("");
}

static void
take_metrics(struct vitem *it, const struct json_node *t)
{
	const struct json_node *list = json_get(t, "metrics");
	size_t cap = 0;
	for (const struct json_node *c = list ? list->child : NULL; c; c = c->next) {
		double value;
		if (c->key && json_num(c, &value))
			*vec_push(it->metric, it->nmetrics, cap) =
				(struct vitem_metric){xstrdup(c->key), value};
	}
}

/* What is wrong with a checkpoint in that state, or NULL. */
static char *
state_words(const char *state)
{
	if (state && strcmp(state, "growing") == 0)
		return xstrdup("being written");
	return state && strcmp(state, "cut") == 0 ? xstrdup("cut short") : NULL;
}

void
version_rows_begin(struct version_rows *v)
{
	items_free(v->coming, v->ncoming);
	v->coming = NULL;
	v->ncoming = v->coming_cap = 0;
}

void
version_rows_line(struct version_rows *v, const char *json)
{
	struct json_node *t = json_tree(json, strlen(json));
	const char *name = json_text(t, "version"), *kind = json_text(t, "kind"),
		   *path = json_text(t, "path"), *from = json_text(t, "step_from"),
		   *state = json_text(t, "state"), *safety = json_text(t, "safety");
	bool found = !name;
	if (t && (name || path) && !json_yes(t, "removed")) {
		struct vitem *it = vec_push(v->coming, v->ncoming, v->coming_cap);
		const struct json_node *step = json_get(t, "step");
		*it = (struct vitem){
			.kind = found                                  ? VITEM_FOUND
				: kind && strcmp(kind, "adopted") == 0 ? VITEM_ADOPTED
								       : VITEM_SAVED,
			.name = xstrdup(name ? name : path),
			.model = found ? xstrdup("") : copy(t, "model"),
			.number = (int)json_int(t, "number", 0),
			.alias = joined(t, "aliases"),
			.slots = joined(t, "deployed"),
			.tags = joined(t, "tags"),
			.note = copy(t, "note"),
			.wrong = found ? state_words(state) : copy(t, "wrong"),
			.run = copy(t, "run"),
			.source = copy(t, "source"),
			.pinned = json_yes(t, "pinned"),
			.danger = safety && strcmp(safety, "DANGER") == 0,
			.has_step = step && step->type == JSON_NUMBER,
			.about = from && strcmp(from, "time") == 0,
			.step = json_int(t, "step", 0),
			.bytes = (uint64_t)json_int(t, "bytes", 0),
			.time_us = json_time_us(t, "time"),
			.value = NAN,
		};
		if (!it->model)
			it->model = xstrdup("");
		take_metrics(it, t);
	}
	json_tree_free(t);
}

static struct vitem *
item_named(struct vitem *item, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(item[i].name, name) == 0)
			return &item[i];
	return NULL;
}

void
version_rows_end(struct version_rows *v)
{
	for (size_t i = 0; i < v->n; i++) {
		struct vitem *same = v->item[i].marked
					     ? item_named(v->coming, v->ncoming, v->item[i].name)
					     : NULL;
		if (same)
			same->marked = true;
	}
	items_free(v->item, v->n);
	v->item = v->coming;
	v->n = v->ncoming;
	v->cap = v->coming_cap;
	v->coming = NULL;
	v->ncoming = v->coming_cap = 0;
	version_rows_order(v);
}

/* -- which metric ------------------------------------------------------------------------------ */

/* How much a metric says about a model; less is more. Any headline before any loss before any
 * other. */
static int
metric_says(const struct conf *c, const char *name)
{
	struct metric_role role;
	metric_role(c, name, &role);
	int rank = metric_headline_rank(&role, name);
	if (rank != INT_MAX)
		return rank / 4;
	rank = metric_loss_rank(&role, name);
	if (rank != INT_MAX)
		return INT_MAX / 4 + rank / 4;
	return role.goal != GOAL_NONE ? INT_MAX / 2 : INT_MAX / 2 + 1;
}

struct ranked {
	const char *name;
	int rank;
};

static int
by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Every metric that any of them has, the telling ones first; to be freed. */
static struct ranked *
metrics_ranked(const struct version_rows *v, size_t *n)
{
	struct ranked *r = NULL;
	size_t cap = 0, kept = 0;
	*n = 0;
	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < v->item[i].nmetrics; k++) {
			const char *name = v->item[i].metric[k].name;
			*vec_push(r, *n, cap) = (struct ranked){name, 0};
		}
	for (size_t i = 0; i < *n; i++)
		r[i].rank = metric_says(v->conf, r[i].name);
	if (*n)
		qsort(r, *n, sizeof *r, by_rank);
	for (size_t i = 0; i < *n; i++)
		if (i == 0 || strcmp(r[i].name, r[kept - 1].name) != 0)
			r[kept++] = r[i];
	*n = kept;
	return r;
}

static bool
has_metric(const struct ranked *r, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(r[i].name, name) == 0)
			return true;
	return false;
}

static void
choose_metric(struct version_rows *v)
{
	size_t n;
	struct ranked *r = metrics_ranked(v, &n);
	const char *name = v->wanted && has_metric(r, n, v->wanted) ? v->wanted
			   : n                                      ? r[0].name
								    : NULL;
	char *now = name ? xstrdup(name) : NULL;
	free(v->metric);
	v->metric = now;
	v->role = (struct metric_role){0};
	if (now)
		metric_role(v->conf, now, &v->role);
	free(r);
}

bool
version_rows_next_metric(struct version_rows *v)
{
	size_t n, at = 0;
	struct ranked *r = metrics_ranked(v, &n);
	while (at < n && v->metric && strcmp(r[at].name, v->metric) != 0)
		at++;
	char *next = n > 1 ? xstrdup(r[(at + 1) % n].name) : NULL;
	free(r);
	if (!next)
		return false;
	free(v->wanted);
	v->wanted = next;
	version_rows_order(v);
	return true;
}

/* -- order ------------------------------------------------------------------------------------- */

static bool
better(const struct version_rows *v, double a, double b)
{
	if (!isfinite(a) || !isfinite(b))
		return isfinite(a) && !isfinite(b);
	return v->role.goal == GOAL_MAX ? a > b : a < b;
}

/* Versions compete with those of their model, checkpoints with those of their run. */
static int
by_group(const void *pa, const void *pb)
{
	const struct vitem *a = *(struct vitem *const *)pa, *b = *(struct vitem *const *)pb;
	if ((a->kind == VITEM_FOUND) != (b->kind == VITEM_FOUND))
		return a->kind == VITEM_FOUND ? 1 : -1;
	if (a->kind == VITEM_FOUND)
		return strcmp(a->run ? a->run : "", b->run ? b->run : "");
	return strcmp(a->model, b->model);
}

/* The value of each, and which are the best; counts the models. */
static void
find_values(struct version_rows *v)
{
	struct vitem **by = xcalloc(v->n + 1, sizeof(struct vitem *));
	for (size_t i = 0; i < v->n; i++) {
		struct vitem *it = by[i] = &v->item[i];
		it->value = NAN;
		it->best = false;
		for (size_t k = 0; k < it->nmetrics && v->metric; k++)
			if (strcmp(it->metric[k].name, v->metric) == 0)
				it->value = it->metric[k].value;
	}
	if (v->n)
		qsort(by, v->n, sizeof *by, by_group);
	v->nmodels = 0;
	for (size_t from = 0, to; from < v->n; from = to) {
		double best = NAN;
		for (to = from; to < v->n && by_group(&by[from], &by[to]) == 0; to++)
			if (!by[to]->wrong && better(v, by[to]->value, best))
				best = by[to]->value;
		v->nmodels += by[from]->kind != VITEM_FOUND;
		for (size_t i = from; i < to && v->role.goal != GOAL_NONE; i++)
			by[i]->best = isfinite(best) && by[i]->value == best && to - from > 1 &&
				      !by[i]->wrong;
	}
	free(by);
}

static int
order3(bool less, bool more)
{
	return less ? -1 : more;
}

/* What has something there first, by what it is. */
static int
by_text(const char *a, const char *b)
{
	a = a ? a : "";
	b = b ? b : "";
	return !*a || !*b ? order3(*a != '\0', *b != '\0') : strcmp(a, b);
}

static int
by_sort(const struct version_rows *v, const struct vitem *a, const struct vitem *b)
{
	switch (v->sort) {
	case VSORT_METRIC:
		return order3(better(v, a->value, b->value), better(v, b->value, a->value));
	case VSORT_STEP:
		if (a->has_step != b->has_step)
			return a->has_step ? -1 : 1;
		return order3(a->step > b->step, a->step < b->step);
	case VSORT_SIZE:
		return order3(a->bytes > b->bytes, a->bytes < b->bytes);
	case VSORT_AGE:
		return order3(a->time_us > b->time_us, a->time_us < b->time_us);
	case VSORT_ALIAS:
		return by_text(a->alias, b->alias);
	case VSORT_DEPLOYED:
		return by_text(a->slots, b->slots);
	case VSORT_RUN:
		return by_text(a->run, b->run);
	default:
		return 0;
	}
}

static int
row_order(const void *pa, const void *pb, void *ctx)
{
	const struct version_rows *v = ctx;
	const struct vitem *a = &v->item[*(const int *)pa], *b = &v->item[*(const int *)pb];
	if ((a->kind == VITEM_FOUND) != (b->kind == VITEM_FOUND))
		return a->kind == VITEM_FOUND ? 1 : -1;
	int c = strcmp(a->model, b->model);
	if (!c && a->kind == VITEM_FOUND && v->sort == VSORT_VERSION) {
		c = strcmp(a->run ? a->run : "", b->run ? b->run : "");
		if (!c)
			c = order3(a->step > b->step, a->step < b->step);
	}
	if (!c)
		c = by_sort(v, a, b);
	if (!c)
		c = order3(a->number > b->number, a->number < b->number);
	return c ? c : names_order(a->name, b->name);
}

static bool
matches(const struct version_rows *v, const struct vitem *it)
{
	const char *const text[] = {it->name, it->alias, it->slots, it->tags, it->note, it->run};
	if (!v->filter)
		return true;
	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		if (text[i] && filter_match(v->filter, text[i], NULL, NULL))
			return true;
	return false;
}

void
version_rows_order(struct version_rows *v)
{
	choose_metric(v);
	find_values(v);
	v->row = xreallocarray(v->row, v->n + 1, sizeof *v->row);
	v->nrows = 0;
	v->nversions = v->nfound = 0;
	for (size_t i = 0; i < v->n; i++) {
		const struct vitem *it = &v->item[i];
		v->nversions += it->kind != VITEM_FOUND;
		v->nfound += it->kind == VITEM_FOUND;
		if (matches(v, it))
			v->row[v->nrows++] = (int)i;
	}
	if (v->nrows)
		qsort_r(v->row, (size_t)v->nrows, sizeof *v->row, row_order, v);
}

int
version_rows_find(const struct version_rows *v, const char *name)
{
	for (int i = 0; i < v->nrows; i++)
		if (strcmp(v->item[v->row[i]].name, name) == 0)
			return i;
	return -1;
}

int
version_rows_of_source(const struct version_rows *v, const char *source)
{
	int at = -1;
	for (int i = 0; i < v->nrows; i++) {
		const struct vitem *it = &v->item[v->row[i]];
		if (it->kind != VITEM_FOUND && it->source && strcmp(it->source, source) == 0 &&
		    (at < 0 || it->time_us > v->item[v->row[at]].time_us))
			at = i;
	}
	return at;
}

struct vitem *
version_rows_at(const struct version_rows *v, int row)
{
	return row >= 0 && row < v->nrows ? &v->item[v->row[row]] : NULL;
}
