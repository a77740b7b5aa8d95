/* status.h - the last line: screens, what is going on, how things stand. */
#ifndef TUI_STATUS_H
#define TUI_STATUS_H

#include "tui/grid.h"
#include "tui/model.h"

#include <stdbool.h>

struct status {
	/* where the backlog that is being read began, for its rate */
	int64_t since_us;
	uint64_t since_bytes;
	bool starting; /* the ingester has not been heard of yet */
};

/* Notes how far reading has come, at the time NOW_US of a clock that nobody sets. */
void status_progress(struct status *s, const struct model *m, int64_t now_us);
void status_draw(const struct status *s, const struct model *m, struct grid *g, struct rect r,
		 int64_t now_us);

#endif
