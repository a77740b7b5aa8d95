/* version_origin.h - where a checkpoint comes from: its run and step, and what the store knows of
 * both. */
#ifndef TUI_VERSION_ORIGIN_H
#define TUI_VERSION_ORIGIN_H

#include "core/registry.h"
#include "store/store.h"

/* Everything is copied, and freed by origin_release(). */
struct origin {
	char *run; /* its path, or NULL */
	int64_t step;
	enum version_step step_from;
	struct version_metric *metric; /* each at its last point up to STEP */
	size_t nmetrics;
	struct version_pair *param;
	size_t nparams;
};

/* SN may be NULL: nothing is known. PATH is canonical. RUN (a path), STEP (INT64_MIN: not given)
 * are what a person said. */
void origin_find(struct snap *sn, const char *path, const char *run, int64_t step,
		 struct origin *out);
void origin_release(struct origin *o);

/* The same for many checkpoints in the store, best in order of path, none of which need be opened:
 * INSIDE is the step in it (INT64_MIN: none), MTIME_US its time. Of the metrics only those that C's
 * roles say it would be chosen by; without parameters. */
struct origins;
struct origins *origins_new(struct snap *sn, const struct conf *c);
void origins_find(struct origins *o, const char *path, int64_t inside, int64_t mtime_us,
		  struct origin *out);
void origins_free(struct origins *o);

#endif
