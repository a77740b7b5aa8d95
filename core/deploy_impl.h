/* deploy_impl.h - what the parts of deploying share. Private to core/deploy*.c.
 *
 *     deploy.c          releases, the swap, hooks in their order
 *     deploy_history.c  entries, and what is deployed
 *     deploy_hook.c     a command, with a time limit */
#ifndef CORE_DEPLOY_IMPL_H
#define CORE_DEPLOY_IMPL_H

#include "core/deploy.h"
#include "core/reg_impl.h"

/* -- deploy_history.c */
char *deploy_path(const struct registry *r, const struct deploy_slot *s);
void deploy_entry_put(struct str *out, const struct deploy_entry *en);
void deploy_entry_release(struct deploy_entry *en);
/* Where the link at PATH of SLOT points: nowhere, for there is none; to one of the slot's releases,
 * whose NAME is to be freed (else NULL); elsewhere, or it is no link. Negative: it can't be
 * read. */
enum deploy_link { DEPLOY_ABSENT, DEPLOY_OURS, DEPLOY_FOREIGN };
int deploy_current(const struct registry *r, const char *slot, const char *path, char **name,
		   struct err *e);
/* Whoever holds the slot's lock: an entry that was being made is published if its swap happened,
 * and forgotten if not. */
int deploy_settle(struct registry *r, const char *slot, struct err *e);
int deploy_pending_put(struct registry *r, const char *slot, const struct deploy_entry *en,
		       struct err *e);

/* -- deploy_hook.c */
struct deploy_var {
	const char *name, *value;
};
/* Runs COMMAND, waits for it. 0: it ended with 0. Negative, and WHY: how it ended or what it said
 * last. VARS go into its environment, INPUT to its standard input. */
int deploy_hook(const char *command, const struct deploy_var *vars, size_t nvars, const char *input,
		int64_t timeout_us, struct str *why);

#endif
