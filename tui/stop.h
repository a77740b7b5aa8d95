/* stop.h - K on a run: says what would be stopped, asks, and does it. */
#ifndef TUI_STOP_H
#define TUI_STOP_H

struct model;

/* The run whose details are open, else the one under the cursor. */
void stop_run(struct model *m);

#endif
