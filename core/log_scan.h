/* log_scan.h - what rules look for in the lines that programs print: texts, and regular expressions.
 *
 * A line ends with a line feed or a carriage return; of one that is longer than LOG_SCAN_LINE bytes
 * only those are looked at. Wherever the bytes are cut into pieces, the same lines are found. */
#ifndef CORE_LOG_SCAN_H
#define CORE_LOG_SCAN_H

#include "core/err.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>

#define LOG_SCAN_LINE 4096

/* Things to look for, each under a number from 0. What was added may be looked for at once. */
struct log_wanted;

struct log_wanted *log_wanted_new(void);
void log_wanted_free(struct log_wanted *w);
/* The number of a text (or a regex) that was added, now or before; negative: its mistake is in
 * E. */
int log_wanted_add(struct log_wanted *w, const char *text, bool regex, struct err *e);
/* That of the lines that nobody trains on after. */
int log_wanted_add_fatal(struct log_wanted *w);
int log_wanted_count(const struct log_wanted *w);
/* By what the I-th is known: "text", /regex/ or fatal; and the number of what is known so, or
 * -1. */
const char *log_wanted_key(const struct log_wanted *w, int i);
int log_wanted_find(const struct log_wanted *w, const char *key);

/* What stands for `fatal`; ends with NULL. */
extern const char *const log_fatal_texts[];

/* One log: all zero is its beginning. */
struct log_scan {
	struct str rest; /* of a line that has yet to end */
	bool passing;    /* the rest of one that is too long */
};

/* LINE is [P, P + N), in which WANTED number I begins at AT. Each is told once a line. */
typedef void log_scan_fn(void *ctx, int i, const char *p, size_t n, size_t at);

/* The next N bytes. WHOLE: the last line ends with them, whether it says so or not. */
void log_scan_feed(struct log_scan *s, const struct log_wanted *w, const char *p, size_t n,
		   bool whole, log_scan_fn *fn, void *ctx);
/* At the beginning again. */
void log_scan_reset(struct log_scan *s);
void log_scan_release(struct log_scan *s);

#endif
