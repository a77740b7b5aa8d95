/* child.h - the ingester that a viewer starts beside itself, and starts again when it dies. */
#ifndef TUI_CHILD_H
#define TUI_CHILD_H

#include "core/err.h"
#include "core/loop.h"
#include "tui/app.h"

#include <stdbool.h>

struct child;

/* Starts it now, before a store is opened. FN hears, in a sentence, when it died of itself and what
 * is done about it. */
struct child *child_new(const struct app_opts *o, void (*fn)(void *ctx, const char *text),
			void *ctx);
/* From then on its death is noticed. */
void child_watch(struct child *c, struct loop *l);
/* Asks it to finish its commit and leave, and waits for that at most WAIT_MS. */
void child_free(struct child *c, int wait_ms);
long child_pid(const struct child *c); /* 0: none runs */

#endif
