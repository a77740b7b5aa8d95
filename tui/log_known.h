/* log_known.h - what the store and the journal know of the texts of runs, brought together for
 * core/log_texts.h; for whoever reads logs: the ingester, and commands. */
#ifndef TUI_LOG_KNOWN_H
#define TUI_LOG_KNOWN_H

#include "core/journal.h"
#include "core/log_texts.h"
#include "core/map.h"
#include "core/sink.h"

#include <stdint.h>

/* All zero knows nothing. */
struct log_known {
	struct map logs; /* path → its run's path, a string of its own */
	struct map own;  /* run → struct log_own */
	char **job;      /* ids of the run that is asked for */
	size_t njob, job_cap;
	size_t most; /* of its files that are to be found; 0: as many as a screen lists */
};

void log_known_release(struct log_known *k);
/* Every log of the store. */
struct snap;
void log_known_load(struct log_known *k, struct snap *sn);
/* The texts of a run of the store, with its parameters. */
void log_known_snap(struct log_known *k, struct snap *sn, uint32_t id, const char *run,
		    const char *root, struct log_finder *fi, const struct journal *j,
		    struct log_texts *out);
/* A log that is kept. */
void log_known_add(struct log_known *k, const struct log_info *li);
/* Parameters of the run that is asked for next; forgotten by log_known_find(). */
void log_known_param(struct log_known *k, const char *key, const char *value);
/* The texts of RUN, which lies under ROOT (NULL: under none). */
void log_known_find(struct log_known *k, struct log_finder *fi, const char *run, const char *root,
		    const struct journal *j, struct log_texts *out);

/* The journal's key for a file that a person attached is this and its path. */
#define LOG_ATTACH "attach/"

#endif
