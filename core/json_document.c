/* A document is a record without a step, unless its members are columns (json_columns.h) or rows
 * (json_keyed.h), or it holds Megatron's golden values: there each metric has its own list of
 * steps, and rows are what was measured at one step. */
#include "core/json_columns.h"
#include "core/json_keyed.h"
#include "core/json_log.h"

#include "core/num.h"
#include "core/role.h"
#include "core/source.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* Every member is an object that has "values". */
static bool
is_golden(const char *p, size_t n)
{
	struct json j;
	enum json_type type, last = JSON_BAD;
	bool values = false, any = false;
	json_init(&j, p, n);
	for (; (type = json_next(&j)) > JSON_DEEP; last = type) {
		if (j.depth == 1 && type == JSON_CLOSE) {
			if (!values)
				return false;
			any = true;
		} else if (j.depth == 1 && type != JSON_KEY && type != JSON_OBJECT) {
			return false; /* a scalar */
		} else if (j.depth == 2 && type == JSON_OBJECT) {
			values = false;
		} else if (j.depth == 2 && type == JSON_ARRAY) {
			return false;
		} else if (j.depth == 3 && last == JSON_KEY &&
			   (type == JSON_OBJECT || type == JSON_ARRAY)) {
			/* The key is still in TEXT: a bracket sets none. */
			values = values || (j.ntext == 6 && !memcmp(j.text, "values", 6));
		}
	}
	return type == JSON_END && any;
}

struct golden_point {
	int64_t step;
	size_t order;
	struct key *key;
	double value;
};

struct golden {
	struct golden_point *at;
	size_t n, cap;
	size_t first;        /* of the metric at hand */
	double start, every; /* its steps, when they are only counted */
	double *steps;       /* when they are listed beside its values, as Sacred does */
	size_t nsteps, cap_steps;
	bool listed;
};

static int
by_step(const void *a, const void *b)
{
	const struct golden_point *x = a, *y = b;
	if (x->step != y->step)
		return x->step < y->step ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* The metric at hand is whole: its points get the steps that a list leaves to be counted. */
static void
golden_close(struct golden *g)
{
	bool told = g->nsteps == g->n - g->first;
	for (size_t i = g->first; g->listed && i < g->n; i++) {
		size_t k = i - g->first;
		double step = told ? g->steps[k] : g->start + g->every * (double)k;
		if (!num_to_step(step, &g->at[i].step))
			g->at[i].step = (int64_t)k;
	}
	g->first = g->n;
	g->nsteps = 0;
	g->start = 0;
	g->every = 1;
	g->listed = false;
}

static bool
golden_value(const struct json *j, enum json_type type, double *v)
{
	*v = j->number;
	return type == JSON_NUMBER ||
	       (type == JSON_STRING && num_parse_all(j->text, j->text + j->ntext, v));
}

static void
golden_read(struct src_json *s, struct golden *g, const char *p, size_t n)
{
	struct key *key = NULL;
	struct json j;
	enum json_type type;
	bool values = false, steps = false, start = false, every = false;
	double v, step = 0;
	json_init(&j, p, n);
	while ((type = json_next(&j)) > JSON_DEEP) {
		if (type == JSON_KEY && j.depth == 1) {
			golden_close(g);
			json_log_path(s, j.text, j.ntext);
			key = json_log_key(s, str_c(&s->path), s->path.len);
			s->t.dropped += !key;
		} else if (type == JSON_KEY && j.depth == 2) {
			values = j.ntext == 6 && !memcmp(j.text, "values", 6);
			steps = j.ntext == 5 && !memcmp(j.text, "steps", 5);
			start = j.ntext == 10 && !memcmp(j.text, "start_step", 10);
			every = j.ntext == 13 && !memcmp(j.text, "step_interval", 13);
		} else if (type == JSON_KEY && j.depth == 3) {
			if (!num_parse_all(j.text, j.text + j.ntext, &step))
				step = 0.5; /* none */
		} else if (type == JSON_ARRAY && j.depth == 3 && values) {
			g->listed = true;
		} else if (type == JSON_NUMBER && j.depth == 3 && steps) {
			*vec_push(g->steps, g->nsteps, g->cap_steps) = j.number;
		} else if (type == JSON_NUMBER && j.depth == 2 && start) {
			g->start = j.number;
		} else if (type == JSON_NUMBER && j.depth == 2 && every) {
			g->every = j.number;
		} else if (j.depth == 3 && values && key && golden_value(&j, type, &v)) {
			struct golden_point at = {0, g->n, key, v};
			if (g->listed || num_to_step(step, &at.step))
				*vec_push(g->at, g->n, g->cap) = at;
		}
	}
	golden_close(g);
}

static void
read_golden(struct src_json *j, const char *p, size_t n)
{
	struct golden g = {.every = 1};
	golden_read(j, &g, p, n);
	if (g.n)
		qsort(g.at, g.n, sizeof *g.at, by_step);
	for (size_t i = 0; i < g.n;) {
		int64_t step = g.at[i].step;
		j->record++;
		for (; i < g.n && g.at[i].step == step; i++) {
			struct key *k = g.at[i].key;
			if (k->stamp == j->record)
				continue;
			k->stamp = j->record;
			json_log_number(j, k, g.at[i].value);
		}
		table_row(&j->t, STEP_STEP, step);
	}
	free(g.at);
	free(g.steps);
}

/* The columns of ROWS values. */
static void
read_columns_of(struct src_json *j, const struct json_columns *c, size_t rows)
{
	const int by = rows == c->rows ? c->step : -1;
	for (size_t r = 0; r < rows; r++) {
		int64_t step = (int64_t)r;
		j->record++;
		for (size_t i = 0; i < c->n; i++) {
			const struct json_column *at = c->at + i;
			if (at->n != rows || (int)i == by || !c->is[at->first + r])
				continue;
			if (rows != c->rows && !metric_name_known(at->name))
				continue;
			struct key *k = json_log_key(j, at->name, strlen(at->name));
			if (k && k->stamp != j->record) {
				k->stamp = j->record;
				json_log_number(j, k, c->value[at->first + r]);
			}
		}
		if (by >= 0)
			num_to_step(c->value[c->at[by].first + r], &step);
		table_row(&j->t, by >= 0 ? c->unit : STEP_ROW, step);
	}
}

static bool
has_own_rows(const struct json_columns *c, size_t i)
{
	return c->at[i].n != c->rows && metric_name_known(c->at[i].name);
}

static void
read_columns(struct src_json *j, const struct json_columns *c, const char *p, size_t n)
{
	/* What it came to in the end: numbers without a step, as in any document. */
	json_flat(p, n, &j->path, json_log_beside, j);
	if (j->t.n)
		table_row(&j->t, STEP_NONE, 0);
	read_columns_of(j, c, c->rows);
	/* Those of other lengths, each length once. */
	for (size_t i = 0; i < c->n; i++) {
		bool first = has_own_rows(c, i);
		for (size_t k = 0; k < i && first; k++)
			first = c->at[k].n != c->at[i].n || !has_own_rows(c, k);
		if (first)
			read_columns_of(j, c, c->at[i].n);
	}
}

static void
read_keyed(struct src_json *s, const char *p, size_t n, uint64_t offset)
{
	struct json j;
	enum json_type type;
	json_init(&j, p, n);
	while ((type = json_next(&j)) > JSON_DEEP) {
		enum step_unit unit;
		int64_t step;
		if (type != JSON_KEY || j.depth != 1 ||
		    !json_keyed_step(j.text, j.ntext, &unit, &step) || json_next(&j) != JSON_OBJECT)
			continue;
		struct json_skim skim = {0};
		const char *end = json_skim(&skim, j.start, p + n);
		if (!end)
			break;
		json_log_begin(s, offset + (uint64_t)(j.start - p));
		json_flat(j.start, (size_t)(end - j.start), &s->path, json_log_leaf, s);
		table_row(&s->t, unit, step);
	}
}

void
json_log_document(struct src_json *j, const char *p, size_t n, uint64_t offset)
{
	json_log_begin(j, offset);
	struct json_columns columns;
	bool listed = json_columns_read(&columns, p, n);
	if (is_golden(p, n))
		read_golden(j, p, n);
	else if (listed)
		read_columns(j, &columns, p, n);
	else if (json_keyed(p, n))
		read_keyed(j, p, n, offset);
	else if (json_log_whole(j, json_flat(p, n, &j->path, json_log_leaf, j)))
		table_row(&j->t, STEP_NONE, 0);
	json_columns_release(&columns);
}
