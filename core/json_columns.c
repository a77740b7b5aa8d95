/* A list and an object whose keys count are the same once they are flat: NAME/0, NAME/1 and so on.
 * So a column is a run of leaves that count from 0 under one path. Those that belong together have
 * as many values as the first that is called what trainers measure. One of another length counts
 * rows of its own, when it is called so, too: what is measured now and then. One alone has to be
 * long: a short one is what each class came to. Lists within lists, and other lists, are something
 * else's affair. */
#include "core/json_columns.h"

#include "core/json_flat.h"
#include "core/name.h"
#include "core/num.h"
#include "core/role.h"
#include "core/source.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	MAX_COLUMNS = SOURCE_MAX_COLUMNS,
	MANY = 32, /* values of a list that is no list of classes */
};

/* Where the last part of PATH begins, which counts: "loss/12"; or NULL. */
static const char *
index_in(const char *path, size_t n, size_t *index)
{
	const char *p = path + n;
	while (p > path && isdigit((unsigned char)p[-1]))
		p--;
	size_t digits = (size_t)(path + n - p);
	if (!digits || digits > 9 || p - path < 2 || p[-1] != '/')
		return NULL;
	*index = strtoul(p, NULL, 10);
	return p;
}

static void
see_leaf(void *ctx, const struct json_leaf *l)
{
	struct json_columns *c = ctx;
	size_t index, ignored;
	double v = l->number;
	const char *p = index_in(l->path, l->npath, &index);
	bool is = l->type == JSON_NUMBER ||
		  (l->type == JSON_STRING && num_parse_all(l->text, l->text + l->ntext, &v));
	if (!p || (!is && l->type != JSON_NULL) || l->npath > SOURCE_MAX_NAME)
		return;
	size_t n = (size_t)(p - 1 - l->path);
	if (index_in(l->path, n, &ignored))
		return; /* a list within a list */
	struct json_column *last = c->n ? c->at + c->n - 1 : NULL;
	if (index == 0) {
		if (c->n >= MAX_COLUMNS)
			return;
		last = vec_push(c->at, c->n, c->cap);
		*last = (struct json_column){xstrndup(l->path, n), c->nvalue, 0};
	} else if (!last || last->n != index || strncmp(last->name, l->path, n) != 0 ||
		   last->name[n]) {
		return;
	}
	last->n++;
	*vec_push(c->value, c->nvalue, c->cap_value) = is ? v : NAN;
	c->is = xreallocarray(c->is, c->cap_value, sizeof *c->is);
	c->is[c->nvalue - 1] = is;
}

/* Its name is a metric's: any that gets better or worse, in a list as long as only a history is. */
static bool
is_measured(const struct json_column *c)
{
	struct metric_role role;
	if (metric_name_known(c->name))
		return true;
	metric_role(NULL, c->name, &role);
	return c->n >= MANY && role.goal != GOAL_NONE;
}

/* The column that the others are counted by. */
static void
find_step(struct json_columns *c)
{
	static const struct {
		const char *name;
		enum step_unit unit;
	} names[] = {{"step", STEP_STEP},        {"steps", STEP_STEP},
		     {"global_step", STEP_STEP}, {"iteration", STEP_STEP},
		     {"iterations", STEP_STEP},  {"iter", STEP_STEP},
		     {"iters", STEP_STEP},       {"epoch", STEP_EPOCH},
		     {"epochs", STEP_EPOCH}};
	c->step = -1;
	for (size_t k = 0; k < sizeof names / sizeof *names && c->step < 0; k++)
		for (size_t i = 0; i < c->n && c->step < 0; i++) {
			const char *name = name_last(c->at[i].name);
			bool whole = c->at[i].n == c->rows && !strcasecmp(name, names[k].name);
			int64_t step;
			for (size_t r = 0; whole && r < c->rows; r++)
				whole = num_to_step(c->value[c->at[i].first + r], &step);
			if (!whole)
				continue;
			c->step = (int)i;
			c->unit = names[k].unit;
		}
}

bool
json_columns_read(struct json_columns *c, const char *p, size_t n)
{
	struct str path = STR_INIT;
	size_t together = 0;
	bool whole;
	*c = (struct json_columns){.step = -1, .unit = STEP_ROW};
	whole = json_flat(p, n, &path, see_leaf, c) == JSON_END;
	str_release(&path);
	for (size_t i = 0; i < c->n && !c->told; i++) {
		c->told = c->at[i].n > 0 && is_measured(c->at + i);
		c->rows = c->at[i].n;
	}
	for (size_t i = 0; c->told && i < c->n; i++)
		/* What the end of a head cuts off may have been as long. */
		together += c->at[i].n == c->rows || (!whole && i + 1 == c->n) ||
			    (c->at[i].n > 1 && metric_name_known(c->at[i].name));
	if (!c->told || (together < 2 && c->rows < MANY))
		return false;
	find_step(c);
	return c->rows > 1 || c->step >= 0;
}

void
json_columns_release(struct json_columns *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->at[i].name);
	free(c->at);
	free(c->value);
	free(c->is);
}
