/* conf_watch.h - says that mm.conf changed, in whatever way editors change a file. */
#ifndef TUI_CONF_WATCH_H
#define TUI_CONF_WATCH_H

#include "core/loop.h"

struct conf_watch;

/* PATH as conf_load() takes it: NULL means the usual places. FN is called a moment after the last
 * of a burst of changes. */
struct conf_watch *conf_watch_new(struct loop *l, const char *path, void (*fn)(void *ctx),
				  void *ctx);
void conf_watch_free(struct conf_watch *w);

#endif
