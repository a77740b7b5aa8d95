/* pane.h - one rectangle of the screen: what it shows, how much room it needs, what it does with an
 * action. */
#ifndef TUI_PANE_H
#define TUI_PANE_H

#include "tui/action.h"
#include "tui/grid.h"
#include "tui/term.h"

#include <stdbool.h>

struct model;
struct pane;

struct pane_ops {
	const char *name; /* ":hide NAME" */
	struct pane *(*new)(void);
	void (*free)(struct pane *p);
	/* What stands in the border; "Runs", "Alerts 2". */
	void (*title)(struct pane *p, struct model *m, char *buf, int size);
	/* Inside R; FOCUS: the keyboard is here. Reads the model, never the store. */
	void (*draw)(struct pane *p, struct model *m, struct grid *g, struct rect r, bool focus);
	/* ARG: NULL or what was typed behind the name. False: not mine. */
	bool (*act)(struct pane *p, struct model *m, enum action a, const char *arg);
	/* A click inside, relative to R. May be NULL. */
	void (*click)(struct pane *p, struct model *m, struct rect r, const struct mouse *mo);
};

/* Embedded first. */
struct pane {
	const struct pane_ops *ops;
	struct rect rect; /* inside, as drawn last */
};

extern const struct pane_ops pane_runs, pane_charts, pane_metrics, pane_alerts, pane_details,
	pane_help, pane_log, pane_incident;

#endif
