/* log_texts.h - which files are the text of a run: what its processes printed.
 *
 *     its console logs                      all ranks, whatever gave points
 *     what else stands beside them          stdout, stderr, output.log, *.out, *.err, *.log in its
 *                                           directory that are no log of another run
 *     what a batch system wrote of its job  a Slurm .out or .err that names the run's directory or
 *                                           shares its job id, in its directory, those above it up
 *                                           to the root, or their logs/ and slurm/
 *     what a person attached                :attach FILE
 *
 * A file is only looked at for this when somebody asks, and only its beginning. */
#ifndef CORE_LOG_TEXTS_H
#define CORE_LOG_TEXTS_H

#include "core/map.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>

enum log_text_kind { LOG_TEXT_OWN, LOG_TEXT_BESIDE, LOG_TEXT_JOB, LOG_TEXT_ATTACHED };

/* "log", "beside", "job", "attached" */
extern const char *const log_text_kinds[];

struct log_text {
	char *path;
	enum log_text_kind kind;
	char *why; /* in a few words */
};

/* What is known of a run before anybody looks at a directory; all borrowed. */
struct log_texts_of {
	const char *run;  /* its path */
	const char *root; /* that it lies under; nothing above it is looked at. NULL: none */
	char *const *own; /* paths of its console logs */
	size_t nown;
	char *const *attached;
	size_t nattached;
	char *const *job; /* job ids that its parameters name */
	size_t njob;
	/* Does this path belong to another run, as its log? */
	bool (*foreign)(void *ctx, const char *path, const char *run);
	void *ctx;
};

/* Remembers directories and files that were looked at, for asking about many runs. All zero is an
 * empty one. */
struct log_finder {
	struct map dirs;  /* path → struct log_dir */
	struct map files; /* path → struct log_mentions */
};
void log_finder_release(struct log_finder *fi);

/* The lowest rank first, standard output before errors, by kind and by name; at most
 * LOG_TEXTS_MAX, the others are left out. */
#define LOG_TEXTS_MAX 256
struct log_texts {
	struct log_text *text;
	size_t n, cap;
};
void log_texts_find(struct log_texts *t, struct log_finder *fi, const struct log_texts_of *of);
void log_texts_release(struct log_texts *t);

/* A parameter's name says that its value is a batch job's id. */
bool log_is_job_key(const char *key);

#endif
