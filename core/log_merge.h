/* log_merge.h - several text files as one: the lines of all ranks, in the order in which they were
 * written.
 *
 * A place in it is a number of bytes as in a file: how many lie before it, over all. What comes
 * first is told by the time in front of a line; a line without one belongs to that before it in its
 * file. A file without any is spread out evenly from the run's beginning to its own last change,
 * and what is appended to it under somebody's eyes comes when it comes. Of lines at one time those
 * of the first file come first. The order of lines that were given out once stays as it is.
 *
 * Nothing is read but what is asked for and a little around, whatever the size of the files: what
 * is looked for is looked for in each file, and the place of a time is found by halving. A line
 * that has no end yet is held back until nothing came for a moment. */
#ifndef CORE_LOG_MERGE_H
#define CORE_LOG_MERGE_H

#include "core/err.h"
#include "core/log_file.h"
#include "core/log_serve.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_merge;

/* A line of one of the files; F and WHO live until the next call. */
struct log_merged {
	size_t file;     /* which */
	const char *who; /* its name in a few letters, another one for each file */
	struct log_file *f;
	uint64_t start, end; /* in that file */
	uint64_t at;         /* in all */
};

/* Of N files, copied. ID is another one for each that a peer may meet. */
struct log_merge *log_merge_new(char *const *paths, size_t n, uint64_t id);
void log_merge_free(struct log_merge *g);
/* Are these its files? */
bool log_merge_is(const struct log_merge *g, char *const *paths, size_t n);

/* Opens the files and takes up how long they are now; log_merge_end() closes them. A file that
 * can't be read is an empty one. */
void log_merge_begin(struct log_merge *g, const struct log_serve_env *env);
void log_merge_end(struct log_merge *g);

/* In between: how many bytes there are; the line at AT, or the one that ends there. False: there
 * is none. */
uint64_t log_merge_size(const struct log_merge *g);
bool log_merge_forth(struct log_merge *g, uint64_t at, struct log_merged *l);
bool log_merge_back(struct log_merge *g, uint64_t at, struct log_merged *l);
/* No file had anything to read but cannot be opened; else what is wrong with the first such. */
bool log_merge_failed(const struct log_merge *g, struct err *e);

/* The questions and answers of log_serve.h, about all of them; lines have who wrote them in
 * front (LOG_WHO). And
 *
 *     where START PATH    the line of that file that begins there: found AT
 *     whose AT            the other way about: found START PATH */
int log_merge_serve(struct log_merge *g, const struct log_serve_env *env, char *const *args,
		    int nargs, struct str *answer, struct err *e);
void log_merge_what(struct log_merge *g, const struct log_serve_env *env, struct str *answer);

/* What files are called in front of lines: OUT[i] of PATHS[i], at most WHO_COLUMNS wide, no two
 * alike; to be freed. */
#define WHO_COLUMNS 12
void log_who(char *const *paths, size_t n, char **out);

#endif
