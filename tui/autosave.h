/* autosave.h - [registry] auto: checkpoints that appear while somebody watches are kept by
 * themselves. */
#ifndef TUI_AUTOSAVE_H
#define TUI_AUTOSAVE_H

#include "core/loop.h"

struct autosave;

/* STORE, CONF_PATH (NULL: default) are what `mm version auto` is told. SAY gets what went wrong. */
struct autosave *autosave_new(struct loop *l, const char *store, const char *conf_path,
			      void (*say)(void *ctx, const char *text), void *ctx);
/* What is under way is ended: a copy goes on where it was, the next time. */
void autosave_free(struct autosave *a); /* NULL is fine */
/* PATH is to be saved at the next autosave_go(). */
void autosave_add(struct autosave *a, const char *path);
void autosave_go(struct autosave *a); /* NULL is fine */

#endif
