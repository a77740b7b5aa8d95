/* log_finder.h - directories and files, looked at once for all runs that are asked about. Private
 * to log_finder.c and log_texts.c. */
#ifndef CORE_LOG_FINDER_H
#define CORE_LOG_FINDER_H

#include "core/log_texts.h"

#include <time.h>

struct log_name {
	char *name;
	bool dir;  /* may hold jobs' files, or what W&B kept */
	bool rank; /* a directory that may be a rank's */
};

struct log_dir {
	char *path;
	struct log_name *at;
	size_t n, cap;
	struct timespec changed; /* zero: it is to be read again */
};

struct log_mentions {
	char *path;
	int64_t mtime;
	bool file;   /* there is one */
	int console; /* of a `.wandb`: has it output of a console? 0: not known, -1: no */
	/* one a line, '\n' before the first and behind each; NULL: not read yet */
	char *text;
	size_t read; /* bytes that were there of the beginning */
};

bool log_name_begins(const char *name, const char *with);
bool log_name_ends(const char *name, const char *with);
/* May hold what a program printed, by its name. */
bool log_name_is_text(const char *name);

/* What of the directory at PATH may matter; nothing, where it can't be read. */
const struct log_dir *log_dir_read(struct log_finder *fi, const char *path);
struct log_mentions *log_file_of(struct log_finder *fi, const char *path);
/* PATH, a `.wandb`, has output of a console. */
bool log_has_console(struct log_finder *fi, const char *path);
/* The paths in the beginning of the file. What is kept of all files is bounded: then it is read
 * again. */
const char *log_mentions_of(struct log_finder *fi, struct log_mentions *m);

#endif
