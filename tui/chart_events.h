/* chart_events.h - what happened to the drawn runs, to be marked in their charts. */
#ifndef TUI_CHART_EVENTS_H
#define TUI_CHART_EVENTS_H

#include "tui/charts.h"

/* Where they were stopped by a person, on the axis of F: CS->event; returns how many. */
int chart_events(struct charts *cs, const struct model *m, const struct figure *f);

#endif
