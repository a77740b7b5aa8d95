/* stopper.h - what a person has to know before a run is stopped, and the stopping.
 *
 * A process is a number and when it started: what is asked about is what is signalled, however many
 * numbers were given out since. Whose process is not here is stopped by a command, say scancel,
 * whose words are an argument vector; what is put in is a whole word of it, and never one that the
 * command could take for an option. */
#ifndef CORE_STOPPER_H
#define CORE_STOPPER_H

#include "core/err.h"
#include "core/str.h"
#include "core/writer.h"

#include <stdbool.h>

struct process_info {
	char *command; /* as it was started, words joined by blanks, cleaned for a screen */
	char *job;     /* of the batch system that started it, or NULL */
};

/* False: it is gone, or not ours to see. */
bool process_info_read(const struct writer *w, struct process_info *out);
void process_info_release(struct process_info *p);

/* Sends SIGNO to W and to nobody else. ERR_NOTFOUND: it has ended. */
int process_signal(const struct writer *w, int signo, struct err *e);

/* The number in the name of a batch job's file (slurm-4711.out, slurm-4711_3.out): into OUT; false:
 * it is none. */
bool job_of_path(const char *path, struct str *out);

struct stop_words {
	const char *job, *run, *host; /* NULL: not known */
	long pid;                     /* 0: not known */
};
/* COMMAND as mm.conf has it, with {job}, {run}, {host}, {pid} put in. ERR_NOTFOUND: one of them is
 * wanted and not known, or would be an option; the words say which. argv_free() frees it. */
int stop_argv(const char *command, const struct stop_words *w, char ***out, struct err *e);

#endif
