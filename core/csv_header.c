/* Headers. A log that is written for weeks by several processes has more than one: it comes again
 * in mid-file when a trainer starts anew, perhaps with other columns. */
#include "core/csv_log.h"
#include "core/fnv.h"
#include "core/map.h"
#include "core/role.h"
#include "core/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t
cells_hash(const struct cells *c)
{
	uint64_t h = FNV_BASIS;
	for (size_t i = 0; i < c->n; i++)
		h = fnv_unit(fnv_bytes(h, c->at[i].p, c->at[i].n), 0x1FF);
	return h;
}

static bool
cell_number(const struct cell *c, char delim)
{
	double v;
	return csv_number(c->p, c->n, delim, &v);
}

static bool
cell_name_known(const struct cell *c)
{
	char name[SOURCE_MAX_NAME + 1];
	if (!c->n || c->n > SOURCE_MAX_NAME)
		return false;
	memcpy(name, c->p, c->n);
	name[c->n] = '\0';
	return metric_name_known(name);
}

/* In mid-file: the header again, or another one. */
bool
csv_is_header(const struct csv *c)
{
	const struct cells *cells = &c->cells;
	bool known = cells_hash(cells) == c->header_hash;
	for (size_t i = 0; i < cells->n; i++) {
		enum step_unit unit;
		if (cell_number(cells->at + i, c->delim))
			return false;
		known = known || cell_name_known(cells->at + i) ||
			step_rank(STEPS_CSV, cells->at[i].p, cells->at[i].n, &unit) < STEP_RANKS;
	}
	return known && cells->n > 0;
}

void
csv_forget_header(struct csv *c)
{
	for (size_t i = 0; i < c->nfields; i++)
		field_release(c->field + i);
	free(c->field);
	free(c->direct);
	c->field = NULL;
	c->direct = NULL;
	c->nfields = 0;
	table_untake(&c->t);
}

/* The first column of the lowest rank above AFTER. */
int
csv_find_step(const struct csv *c, int after)
{
	int at = CSV_NO_STEP;
	unsigned best = STEP_RANKS;
	for (size_t i = 0; i < c->nfields; i++) {
		if (c->field[i].rank < best && (int)c->field[i].rank > after) {
			best = c->field[i].rank;
			at = (int)i;
		}
	}
	return at;
}

/* A name that comes twice: its second column has no name of its own to be kept under. */
static void
drop_doubles(struct csv *c)
{
	struct map names = MAP_INIT;
	for (size_t i = 0; i < c->nfields; i++) {
		struct field *f = c->field + i;
		if (!f->nname)
			continue;
		if (map_get(&names, f->name, f->nname)) {
			table_remark(&c->t, REMARK_STRUCTURE,
				     "two columns are called '%.60s': the first is read", f->name);
			f->column = FIELD_DROPPED;
			f->kind = FIELD_METRIC;
			f->rank = STEP_RANKS;
			f->nname = 0;
		} else {
			map_put(&names, f->name, f->nname, f);
		}
	}
	map_release(&names);
}

/* Takes the cells for the header; false: they are numbers, a row of a table without one. */
bool
csv_take_header(struct csv *c)
{
	const struct cells *cells = &c->cells;
	bool names = false;
	for (size_t i = 0; i < cells->n; i++)
		names = names || (cells->at[i].n && !cell_number(cells->at + i, c->delim));
	csv_forget_header(c);
	if (cells->total > SOURCE_MAX_COLUMNS)
		table_remark(&c->t, REMARK_LIMIT, "%zu columns: those past %d are left out",
			     cells->total, SOURCE_MAX_COLUMNS);
	c->nfields = cells->n < SOURCE_MAX_COLUMNS ? cells->n : SOURCE_MAX_COLUMNS;
	c->field = xreallocarray(NULL, c->nfields, sizeof *c->field);
	for (size_t i = 0; i < c->nfields; i++) {
		char made[24];
		struct cell name = cells->at[i];
		if (!names) {
			name.n = (size_t)snprintf(made, sizeof made, "c%zu", i);
			name.p = made;
		} else if (c->tag && name.n == 5 && !memcmp(name.p, "Value", 5)) {
			name = (struct cell){c->tag, c->ntag};
		}
		field_init(c->field + i, STEPS_CSV, name.p, name.n);
	}
	drop_doubles(c);
	c->header_hash = cells_hash(cells);
	c->step = csv_find_step(c, CSV_NO_STEP);
	c->whole = 0;
	c->odd = false;
	c->direct = xreallocarray(NULL, c->nfields, sizeof *c->direct);
	memset(c->direct, 0xFF, c->nfields * sizeof *c->direct);
	c->headed = true;
	return names;
}

bool
csv_same_header(const struct csv *c)
{
	return cells_hash(&c->cells) == c->header_hash;
}
