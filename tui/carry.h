/* carry.h - a run's marks (name, note, star, tags, hidden) go where the run goes. */
#ifndef TUI_CARRY_H
#define TUI_CARRY_H

#include "core/err.h"

#include <stdbool.h>

/* For struct ingest_opts: CTX is the journal, struct journal_files. */
int carry_marks(void *ctx, const char *from, const char *to, bool whole, struct err *e);

#endif
