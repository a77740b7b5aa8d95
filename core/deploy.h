/* deploy.h - a version put where programs read it, by swapping one symbolic link.
 *
 *     deploy/SLOT/releases/N-MODEL-vK/   the version's files, real ones, complete before the swap
 *     deploy/SLOT/history/N              an immutable entry: what, from what, who, when, why
 *     deploy/SLOT/history/N.ok           it was healthy
 *     deploy/SLOT/pending                the entry that is being made: if the link points where it
 *                                        says, it happened
 *     deploy/SLOT/lock
 *
 * The link is the only truth: a process that ends anywhere leaves the old or the new release behind
 * it, and a history that says so. */
#ifndef CORE_DEPLOY_H
#define CORE_DEPLOY_H

#include "core/registry.h"

/* [deploy NAME]; strings are borrowed. */
struct deploy_slot {
	const char *name;
	const char *path;   /* the link, absolute; NULL: deploy/SLOT/current in the registry */
	const char *before; /* a command (core/argv.h), or NULL: none. Fails: nothing is changed */
	const char *after;  /* tells who reads it */
	const char *health; /* says whether it works */
	int64_t timeout_us; /* of each; 0: a minute */
};

/* ERR_NOTFOUND: there is neither such a section nor, in R, such a slot. */
int deploy_slot_get(struct registry *r, const struct conf *c, const char *name,
		    struct deploy_slot *out, struct err *e);

enum deploy_action { DEPLOY_DEPLOY, DEPLOY_ROLLBACK, DEPLOY_UNDEPLOY };
extern const char *const deploy_action_name[]; /* "deploy", … */

struct deploy_entry {
	int number;
	char *broken; /* NULL, or why it can't be read; then only the number holds */
	enum deploy_action action;
	bool automatic; /* a rollback because a hook failed */
	char *version;  /* "net@v7"; NULL: nothing (undeployed) */
	char *from;     /* likewise, before */
	char *release;  /* the directory's name in releases/; NULL: none */
	char *path;     /* of the link */
	char *target;   /* where it was put back to, when that is no release of ours; else NULL */
	char *by, *host, *reason;
	int64_t time_us;
	bool healthy; /* every hook it has was content */
};
struct deploy_history {
	struct deploy_entry *at; /* oldest first */
	size_t n, cap;
};
/* An absent slot has none. */
int deploy_history(struct registry *r, const char *slot, struct deploy_history *out, struct err *e);
void deploy_history_release(struct deploy_history *h);

/* The slots there are, and what is deployed in each now (VERSION NULL: nothing). */
struct deploy_state {
	char *slot, *version, *path;
	int64_t since_us;
	bool healthy;
};
int deploy_states(struct registry *r, struct deploy_state **out, size_t *n, struct err *e);
void deploy_states_free(struct deploy_state *s, size_t n);

enum deploy_outcome {
	DEPLOY_DONE,
	DEPLOY_SAME,    /* it was deployed there already */
	DEPLOY_REFUSED, /* `before` failed: nothing was changed */
	DEPLOY_BACK,    /* `after` or `health` failed: the old one is back */
};
struct deploy_result {
	enum deploy_outcome outcome;
	char *version; /* deployed now, or NULL */
	char *tried;   /* what was to be deployed, or gone back to; NULL: nothing */
	char *from;    /* deployed before, or NULL */
	char *why;     /* what a hook said when it failed, or NULL */
};
void deploy_result_release(struct deploy_result *res);

/* ERR_BUSY: somebody else deploys there. The hooks get MM_SLOT, MM_ACTION, MM_MODEL, MM_VERSION,
 * MM_RELEASE, MM_PATH, MM_PREVIOUS in the environment and the same as JSON on standard input. */
int deploy_to(struct registry *r, const struct deploy_slot *s, const struct version *v,
	      const char *reason, registry_progress_fn progress, void *ctx,
	      struct deploy_result *out, struct err *e);
/* Back to the last release that was healthy and is not the current one. With DRY only says which:
 * OUT->version. */
int deploy_rollback(struct registry *r, const struct deploy_slot *s, const char *reason, bool dry,
		    struct deploy_result *out, struct err *e);
int deploy_remove(struct registry *r, const struct deploy_slot *s, const char *reason,
		  struct deploy_result *out, struct err *e);

#endif
