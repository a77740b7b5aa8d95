/* log_texts.h - which files are the text of a run: what its processes printed.
 *
 *     its console logs                      all ranks, whatever gave points
 *     what else stands beside them          stdout, stderr, output.log, *.out, *.err, *.log in its
 *                                           directory, or those of its ranks, that are no log of
 *                                           another run
 *     what W&B kept of its console         in a `.wandb` of its
 *     what a batch system wrote of its job  a Slurm .out or .err that names the run's directory or
 *                                           shares its job id, in its directory, those above it up
 *                                           to the root, or their logs/ and slurm/; with one the
 *                                           other stream of that job, called alike
 *     what a person attached                :attach FILE
 *
 * A file is only looked at for this when somebody asks, and only its beginning; of many the ones
 * that were written last when the run was. */
#ifndef CORE_LOG_TEXTS_H
#define CORE_LOG_TEXTS_H

#include "core/map.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_text_kind {
	LOG_TEXT_OWN,
	LOG_TEXT_BESIDE,
	LOG_TEXT_CONSOLE, /* the console's records in a log that is no text */
	LOG_TEXT_JOB,
	LOG_TEXT_ATTACHED
};

/* "log", "beside", "console", "job", "attached" */
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
	const char *log;  /* one of its logs, whatever its format; NULL: not known */
	int64_t when_s;   /* since 1970: when the newest of them was written; 0: not known */
	char *const *own; /* paths of its console logs */
	size_t nown;
	char *const *console; /* of its logs that keep the console's output besides */
	size_t nconsole;
	char *const *attached;
	size_t nattached;
	char *const *job; /* job ids that its parameters name */
	size_t njob;
	size_t most; /* files to be found; 0: LOG_TEXTS_MAX */
	/* Does this path belong to another run, as its log? */
	bool (*foreign)(void *ctx, const char *path, const char *run);
	void *ctx;
};

/* Remembers directories and files that were looked at, for asking about many runs. All zero is an
 * empty one. */
struct log_finder {
	struct map dirs;  /* path → struct log_dir */
	struct map files; /* path → struct log_mentions */
	size_t nbytes;    /* of what was read */
};
void log_finder_release(struct log_finder *fi);
/* What has changed since is looked at again: costs a look at each directory, and at the files whose
 * beginning was not all there. */
void log_finder_refresh(struct log_finder *fi);

/* The lowest rank first, standard output before errors, by kind and by name. Of very many
 * those are left out that come last in the kind of which there are most. */
#define LOG_TEXTS_MAX 256
struct log_texts {
	struct log_text *text;
	size_t n, cap, left_out;
};
void log_texts_find(struct log_texts *t, struct log_finder *fi, const struct log_texts_of *of);
void log_texts_release(struct log_texts *t);

/* A parameter's name says that its value is a batch job's id. */
bool log_is_job_key(const char *key);

#endif
