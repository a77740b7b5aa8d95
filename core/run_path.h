/* run_path.h - which processes of a run a path speaks of. Private to run.c and run_rank.c. */
#ifndef CORE_RUN_PATH_H
#define CORE_RUN_PATH_H

#include "core/part.h"
#include "core/str.h"

/* Finds "rank3", "worker-1", "node_0" as a word of S, from FROM to TO: the cut takes one separator
 * with it. */
bool run_find_rank(struct part s, size_t *from, size_t *to);
/* OUT is added S without what says a rank. */
void run_add_without_ranks(struct str *out, struct part s);
/* The same of PATH, a directory: of its last names, and a name that was nothing but a rank is left
 * out. */
void run_fold_ranks(struct str *out, struct part path);

#endif
