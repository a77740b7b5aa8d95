/* salvage.h - what a damaged store still holds of logs that cannot be read again.
 *
 * What is read anew from the logs needs no salvage. Points of a log that is deleted do, and those
 * of older attempts, whose log is overwritten: they are nowhere else. Private to opening. */
#ifndef STORE_SALVAGE_H
#define STORE_SALVAGE_H

#include "core/sink.h"
#include "core/str.h"
#include "store/db.h"

#include <stdbool.h>

/* DIR's data file is about to be renamed to NAME, within DIR. Until salvage_over() that is known to
 * whoever opens the store next. */
int salvage_begin(const char *dir, const char *name, struct err *e);
/* Somebody began and did not come to an end: what is there now is a part of it. OUT gets the name.
 * One that failed again and again is given up. */
bool salvage_wanted(const char *dir, struct str *out);
void salvage_over(const char *dir);

/* Hands to SINK, in commits, what DIR/NAME holds and no log does. NOTE gets half a sentence about
 * it, if there is anything. A failure of the sink is the only one. */
int salvage(const char *dir, const char *name, struct sink *sink, struct str *note, struct err *e);

/* -- salvage_run.c: all logs of one run, whose records T sees */
struct salvaged {
	uint64_t points, lost; /* cells whose row is there and whose chunk is not */
	uint32_t logs;
};
int salvage_runs(struct txn *t, struct sink *sink, struct salvaged *sum, struct err *e);

#endif
