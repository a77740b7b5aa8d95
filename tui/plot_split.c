/* The dashboard makes its charts of the metrics that the drawn runs have; here the series that were
 * named stand for them. */
#include "tui/plot_split.h"

#include "core/xalloc.h"
#include "tui/lineup.h"

#include <stdlib.h>
#include <string.h>

static bool
is_housekeeping(const struct plot_series *s)
{
	return s->role.hidden || s->role.role == ROLE_HOUSEKEEPING;
}

/* The index in NAMES of what S is called; added when it is new. */
static int
name_of(const struct plot_series *s, struct lineup_name *names, int *n)
{
	for (int i = 0; i < *n; i++)
		if (names[i].unit == s->unit && strcmp(names[i].name, s->metric) == 0) {
			names[i].runs++;
			names[i].constant = names[i].constant && s->constant;
			names[i].barren = names[i].barren && s->barren;
			return i;
		}
	names[*n] = (struct lineup_name){.name = s->metric,
					 .unit = s->unit,
					 .role = s->role,
					 .runs = 1,
					 .constant = s->constant,
					 .barren = s->barren};
	return (*n)++;
}

static void
fill_part(struct plot_part *part, const struct lineup_chart *c, const int *name, size_t n)
{
	*part = (struct plot_part){.title = xstrdup(c->measure ? c->measure : c->title),
				   .folded = c->kind == LINEUP_FOLDED,
				   .at = xcalloc(n + 1, sizeof *part->at)};
	for (int k = 0; k < c->n; k++)
		for (size_t i = 0; i < n; i++)
			if (name[i] == c->name[k])
				part->at[part->n++] = i;
}

int
plot_split(const struct plot_series *s, size_t n, struct plot_part **out)
{
	struct lineup_name *names = xcalloc(n + 1, sizeof *names);
	int *name = xcalloc(n + 1, sizeof *name);
	bool any = false;
	int nnames = 0;
	for (size_t i = 0; i < n; i++)
		any = any || !is_housekeeping(&s[i]);
	for (size_t i = 0; i < n; i++)
		name[i] = any && is_housekeeping(&s[i]) ? -1 : name_of(&s[i], names, &nnames);
	struct lineup_chart *chart;
	int ncharts = lineup_make(names, nnames, &chart);
	*out = xcalloc((size_t)ncharts + 1, sizeof **out);
	for (int i = 0; i < ncharts; i++)
		fill_part(&(*out)[i], &chart[i], name, n);
	lineup_free(chart, ncharts);
	free(names);
	free(name);
	return ncharts;
}

void
plot_split_free(struct plot_part *part, int n)
{
	for (int i = 0; i < n; i++) {
		free(part[i].title);
		free(part[i].at);
	}
	free(part);
}
