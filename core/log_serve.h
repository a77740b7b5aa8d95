/* log_serve.h - a text file for somebody who may not open it: questions in words, answers in one
 * line.
 *
 *     lines FROM N        N lines forth from the one that holds byte FROM, or, N negative, back
 *                         from the one that ends there (nearest first); FROM may be "end"
 *     find FROM forth|back [TEXT]    the next line with TEXT; without it, that tells of an error
 *     place UNIT STEP WALL_US        where that is; "-" for what is not known
 *     last [SAID]         the line that says how the run ended
 *
 * Every answer begins with SIZE DEV INO HEAD, by which it is known whether the file has grown or is
 * another one (log_file.h). Behind it:
 *
 *     lines: for each START END BEYOND TEXT     bytes; characters left out; as ansi_write() has it
 *     else: found START | none | again AT       again: the time was up, go on from there
 *
 * Words are those of the control socket (ctl.h). An answer is shorter than its longest line, takes
 * a few milliseconds and reads two blocks more than it must, whatever the file. */
#ifndef CORE_LOG_SERVE_H
#define CORE_LOG_SERVE_H

#include "core/ansi.h"
#include "core/err.h"
#include "core/log_file.h"
#include "core/str.h"

#include <stdint.h>

struct pattern_set;
struct wandb_texts;

struct log_serve_env {
	int tz_offset_s;
	struct pattern_set *patterns; /* may be NULL */
	struct wandb_texts *texts;    /* what is made of files that are no text */
};

/* 0, and ANSWER has it; or negative: words in E. */
int log_serve(const char *path, const struct log_serve_env *env, char *const *args, int nargs,
	      struct str *answer, struct err *e);
/* Bounds of an answer: lines, bytes after which no further one begins, time. */
#define LOG_LINES 1000
#define LOG_ANSWER (40u << 10)
#define LOG_LINES_US 4000

/* Who writes lines into answers. All zero is a new one. */
struct log_pen {
	struct ansi_line ansi;
	struct str text, word;
};
/* The line [START, END) of F, which is given out as one that begins at AS. WHO: what stands in
 * front of it, with LOG_WHO behind, which no line has; or NULL. */
#define LOG_WHO '\x1F'
void log_pen_line(struct log_pen *w, struct str *out, struct log_file *f, uint64_t start,
		  uint64_t end, const char *who, uint64_t as);
void log_pen_release(struct log_pen *w);

/* The path that stands for all texts of a run as one (log_merge.h). */
#define LOG_ALL "*"

/* SIZE DEV INO HEAD alone. */
int log_serve_what(const char *path, const struct log_serve_env *env, struct str *answer,
		   struct err *e);

#endif
