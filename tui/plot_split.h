/* plot_split.h - which series share a chart of `mm plot` when runs were named, but no metrics. */
#ifndef TUI_PLOT_SPLIT_H
#define TUI_PLOT_SPLIT_H

#include "core/role.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plot_series {
	const char *run, *metric;
	uint8_t unit; /* enum step_unit */
	struct metric_role role;
	bool constant, barren; /* as in tui/lineup.h */
};

struct plot_part {
	char *title;
	bool folded; /* its series are drawn as their least, median and greatest, by run */
	size_t *at;  /* indices of its series */
	size_t n;
};

/* The charts in the order of the dashboard's (tui/lineup.h). Housekeeping is left out unless there
 * is nothing else. Returns how many. */
int plot_split(const struct plot_series *s, size_t n, struct plot_part **out);
void plot_split_free(struct plot_part *part, int n);

#endif
