/* courier.h - one program that is started to deliver something, watched, and killed when it takes
 * too long.
 *
 * It gets its input as standard input (a file in memory, so that nobody waits for it to read), the
 * environment that it is given and no other, the directory /, a process group of its own, and no
 * descriptor but 0, 1 and 2. */
#ifndef CORE_COURIER_H
#define CORE_COURIER_H

#include "core/err.h"
#include "core/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COURIER_SAID = 4096 };

struct courier_job {
	const char *program; /* looked for in PATH if it has no '/' */
	char *const *argv, *const *env;
	const void *in;
	size_t nin;
	int64_t limit_us; /* then TERM, and KILL after GRACE_US, to the whole group */
	int64_t grace_us;
};

struct courier_end {
	int status;                  /* of exit; negative: it was killed by that signal */
	bool late;                   /* it was us who killed it */
	char said[COURIER_SAID + 1]; /* on standard output and error, the beginning of it */
	size_t nsaid;
};

struct courier;

/* FN is called once, from the loop, and the courier is gone. NULL: it could not be started. */
struct courier *courier_start(struct loop *l, const struct courier_job *job,
			      void (*fn)(void *ctx, const struct courier_end *end), void *ctx,
			      struct err *e);
/* Waits for it here and now, at most for its limit again; FN is called before this returns. */
void courier_finish(struct courier *c);
/* Kills the group and forgets it; FN is not called. */
void courier_cancel(struct courier *c);

#endif
