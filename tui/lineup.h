/* lineup.h - which metrics share a chart, and which charts come first. By names and roles alone. */
#ifndef TUI_LINEUP_H
#define TUI_LINEUP_H

#include "core/role.h"

#include <stdbool.h>
#include <stdint.h>

#define LINEUP_FOLD 3   /* names equal but for numbers: from so many on they are one chart */
#define LINEUP_GROUP 20 /* more than so many left under one '/' are one chart */

/* A metric that some of the drawn runs have. */
struct lineup_name {
	const char *name;
	uint8_t unit; /* enum step_unit: those of different units never share a chart */
	struct metric_role role;
	int runs;      /* how many have it */
	bool constant; /* in all of them, from its first point on */
	bool barren;   /* in all of them nothing was ever finite */
	bool last;     /* comes last of all: hidden behind another one of its name */
	bool alone;    /* asked for by name: not folded with others */
};

enum lineup_kind {
	LINEUP_ONE,
	LINEUP_SPLITS, /* the same measure on train and validation data */
	LINEUP_PARTS,  /* components of a loss that has no total */
	LINEUP_FOLDED, /* many names drawn as least, median, greatest */
};

struct lineup_chart {
	enum lineup_kind kind;
	char *title; /* "val/acc ↑", "loss: train ─ val • ↓", "layers.{0..31}.grad_norm ×32" */
	char *measure; /* of LINEUP_SPLITS: the title without its signs, "loss ↓"; else NULL */
	int *name;     /* indices into the names; training before validation */
	char **label;
	int n;
	int lead; /* index of the name that speaks for the chart: its role, its scale */
	int rank, depth, runs; /* what it was ordered by */
};

/* Every name is in exactly one chart. Returns how many charts, in order of DESIGN §1. */
int lineup_make(const struct lineup_name *names, int n, struct lineup_chart **out);
void lineup_free(struct lineup_chart *charts, int n);

#endif
