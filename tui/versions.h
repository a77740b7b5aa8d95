/* versions.h - screen 3: the versions of models and the checkpoints that are none yet, and what is
 * done to them.
 *
 * The list at the left, at the right what is known of the one under the cursor, in tabs. Whatever
 * reads or writes the registry is another mm beside the screen (tui/job.h); the screen shows what
 * it prints. */
#ifndef TUI_VERSIONS_H
#define TUI_VERSIONS_H

#include "tui/action.h"
#include "tui/grid.h"
#include "tui/model.h"
#include "tui/term.h"

struct versions;

struct versions *versions_new(void);
void versions_free(struct versions *v);
/* It comes to the front: the list is fetched anew. */
void versions_enter(struct versions *v, struct model *m);
/* Within model_refresh(), the snapshot open: the curve of the version under the cursor. */
int versions_refresh(struct versions *v, struct model *m, struct snap *sn, struct err *e);
void versions_draw(struct versions *v, struct model *m, struct grid *g, struct rect r);
bool versions_act(struct versions *v, struct model *m, enum action a, const char *arg);
void versions_mouse(struct versions *v, struct model *m, const struct mouse *mo);
/* Work that has not ended. */
bool versions_busy(const struct versions *v);

#endif
