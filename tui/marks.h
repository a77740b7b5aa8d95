/* marks.h - what a person wrote of a run: its name, a note, a star, tags, that it is to be hidden.
 * Kept in the journal, shown wherever runs are. */
#ifndef TUI_MARKS_H
#define TUI_MARKS_H

#include "core/journal.h"
#include "tui/action.h"

#include <stdbool.h>
#include <stdint.h>

/* A person stopped the run, from here or another host. */
struct mark_stop {
	int64_t time_us;
	int64_t step; /* that it had come to; -1: not known */
	char *what;   /* "TERM to process 17: python train.py" */
};

struct marks {
	char *name, *note;      /* or NULL */
	struct mark_stop *stop; /* in order of time */
	int nstops;
	char **tag; /* in order */
	int ntags;
	bool star, hidden;
};

/* What J says of the run at PATH; what M held before is released. True: it is something else. */
bool marks_read(struct marks *m, const struct journal *j, const char *path);
void marks_release(struct marks *m);
/* "#TAG" has TEXT in it, for one of the tags. */
bool marks_match(const struct marks *m, const char *text);

struct model;
/* Is this an action on a run's marks? */
bool marks_action(enum action a);
/* Does it to the run whose details are open, else to the one under the cursor; says what it did,
 * and can be undone. False: it is none of these actions. */
bool marks_act(struct model *m, enum action a, const char *arg);

#endif
