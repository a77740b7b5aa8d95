/* log_find.h - from a place in a text file to the next line that somebody looks for, forth or back:
 * one with a text in it, one that tells of an error, the one that says how the run ended.
 *
 * A search lasts no longer than it was given, and says where it is to go on: of 10 GB a request is
 * a few milliseconds' worth. */
#ifndef CORE_LOG_FIND_H
#define CORE_LOG_FIND_H

#include "core/log_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_found {
	LOG_FOUND, /* *AT is where the line begins */
	LOG_NONE,  /* to the end (or the beginning), and it was not there */
	LOG_AGAIN, /* the time is up: go on from *AT */
};

/* A line with TEXT in it, as it is shown; upper and lower case are the same unless TEXT has
 * capitals. TEXT NULL: one that tells of an error (log_error_is()). Going forth the first line that
 * is looked at is the one that begins at *AT, going BACK the one that ends there. UNTIL_US is
 * monotonic; at least one line is looked at. */
enum log_found log_find(struct log_file *f, const char *text, bool back, uint64_t *at,
			int64_t until_us);

/* How much of [P, P + N) surely has nothing of a line that tells of an error: a fast way past most
 * of a log. */
size_t log_error_skip(const char *p, size_t n);

/* Has a line of N bytes TEXT in it, by the same rule? */
bool log_text_has(const char *p, size_t n, const char *text);

/* In the last LOG_LAST bytes, the first line that says how the run ended, before it was done, in
 * the words SAID (text_end.h); SAID NULL: the last that says anything of the kind. False: none
 * does. */
#define LOG_LAST (1u << 20)
bool log_find_end(struct log_file *f, const char *said, uint64_t *at);

/* Does the line [P, END) tell of an error? It may have escapes and what logging libraries put in
 * front. SCRATCH is used when it has. Of a metric that is called error, and of a summary ("0
 * errors"), it does not. */
bool log_error_is(const char *p, const char *end, struct str *scratch);

#endif
