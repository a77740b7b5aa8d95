/* job.h - a command of mm's own that works beside the screen: what it prints comes back line by
 * line.
 *
 * The screen never waits for a disk: whatever hashes, copies or reads a file that may be large,
 * hostile or on a server that does not answer is done by such a process. */
#ifndef TUI_JOB_H
#define TUI_JOB_H

#include "core/err.h"
#include "core/loop.h"

#include <stdbool.h>

#define JOB_LINE_MAX ((size_t)16 << 20) /* of a longer line the end is lost */

struct job;

struct job_ops {
	/* A line of its standard output, without its end. May be NULL. */
	void (*line)(void *ctx, const char *line);
	/* A line of its standard error, or of one that it wrote over with '\r'. May be NULL. */
	void (*complaint)(void *ctx, const char *line);
	/* It is over; the last that is heard of it. STATUS: its exit status, or 128 + the signal
	 * that ended it. LAST: the last complaint without "mm: ", or "". The job may be freed. */
	void (*done)(void *ctx, int status, const char *last);
};

/* Starts SELF with ARGV (ARGV[0] is its name, NULL at the end), in a session of its own, its
 * standard input at its end. NULL: words in E. */
struct job *job_start(struct loop *l, const char *self, const char *const *argv,
		      const struct job_ops *ops, void *ctx, struct err *e);
/* Asks it to stop (SIGTERM to all of it); DONE comes when it has. */
void job_cancel(struct job *j);
/* Ends it at once if it isn't over; DONE does not come. */
void job_free(struct job *j);

#endif
