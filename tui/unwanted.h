/* unwanted.h - runs that a person forgot for good: the journal says so, and their logs are left
 * alone. */
#ifndef TUI_UNWANTED_H
#define TUI_UNWANTED_H

#include "core/err.h"

#include <stdbool.h>

struct journal_files;
struct unwanted;

struct unwanted *unwanted_new(void);
void unwanted_free(struct unwanted *u);
/* For struct ingest_opts: CTX is the struct unwanted. Follows the journal at most once a second. */
bool unwanted_run(void *ctx, const char *run);
/* Likewise: has RUN a tag that a list of globs names? */
bool unwanted_tagged(void *ctx, const char *run, const char *globs);
/* What the journal says now, for certain. */
void unwanted_look(struct unwanted *u);
/* Where it says so. */
struct journal_files *unwanted_journal(struct unwanted *u);
/* Writes into the journal that RUN is unwanted, or is not any more. */
int unwanted_set(struct unwanted *u, const char *run, bool unwanted, struct err *e);

#endif
