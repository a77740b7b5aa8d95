/* dash.h - the dashboard: panes in their places, which one has the keyboard, what lies over
 * them. */
#ifndef TUI_DASH_H
#define TUI_DASH_H

#include "tui/action.h"
#include "tui/grid.h"
#include "tui/model.h"
#include "tui/pane.h"
#include "tui/term.h"

#include <stdbool.h>

struct dash;

struct dash *dash_new(void);
void dash_free(struct dash *d);
/* Frames, titles and panes; the last line is left to the caller, and returned. */
struct rect dash_draw(struct dash *d, struct model *m, struct grid *g);
/* What concerns panes and what they show. False: not a matter of the dashboard's. */
bool dash_act(struct dash *d, struct model *m, enum action a, const char *arg);
void dash_mouse(struct dash *d, struct model *m, const struct mouse *mo);
/* Help, a log or details lie over the panes. */
bool dash_covered(const struct dash *d, const struct model *m);
/* The I-th pane's name for :hide and :show, or NULL. */
const char *dash_pane_name(int i);

#endif
