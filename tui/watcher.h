/* watcher.h - the ingester as a process: store, control socket and signals around core's engine. */
#ifndef TUI_WATCHER_H
#define TUI_WATCHER_H

#include "core/conf.h"
#include "core/err.h"
#include "core/str.h"

#include <stdbool.h>

struct watcher_opts {
	const char *store;     /* directory, its ingest lock held */
	const char *conf_path; /* for reloading; NULL: default */
	const struct conf *conf;
	char **dir; /* canonical */
	int ndirs;
	bool once, poll, quiet, json;
	bool child; /* end of file on standard input ends it */
	bool log;   /* nobody reads along: messages carry the time */
	/* Called when everything is set up, before the first byte is read; NULL: nothing. */
	void (*ready)(void *ctx);
	void *ctx;
};

/* Watches until a signal (or the end of standard input) says stop; with ONCE until all that is
 * there was read. SUMMARY (may be NULL) gets what the store holds of it then, as JSON or in words.
 * 0, or a negative code with words in E. ERR_USAGE: there is nothing to watch. */
int watcher_run(const struct watcher_opts *o, struct str *summary, struct err *e);

/* What a store holds below the N directories (0: all), in one line; with JSON as an object. */
struct store;
int watcher_summary(struct store *st, char *const *dir, int n, bool json, struct str *out,
		    struct err *e);

#endif
