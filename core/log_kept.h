/* log_kept.h - a line that rules look for, found in a log, as the sink keeps it (outbox_put): so
 * that the first of an attempt is known after a restart, and one that a command has read past is
 * judged by the next who watches. */
#ifndef CORE_LOG_KEPT_H
#define CORE_LOG_KEPT_H

#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_kept {
	char *run;
	char *wish; /* by what it was looked for: log_wanted_key() */
	char *line;
	uint32_t attempt;
	int64_t wall_us, arrival_us; /* as in struct log_hit */
	bool historic, judged;
};

/* The record's name: "l" and a number. */
void log_kept_key(char buf[24], const char *run, const char *wish);
bool log_kept_is(const char *key);
void log_kept_pack(struct str *out, const struct log_kept *k);
/* False: these bytes are none, and K holds nothing. */
bool log_kept_unpack(struct log_kept *k, const void *p, size_t n);
void log_kept_release(struct log_kept *k);

#endif
