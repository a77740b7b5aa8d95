/* feed_own.h - what the parts of a feed share. Private to core/feed*.c.
 *
 *     feed.c         what is held of a file, its place in the sink, its source
 *     feed_probe.c   what a file is
 *     feed_read.c    reading on, or anew
 *     feed_files.c   a log that several files hold in turn */
#ifndef CORE_FEED_OWN_H
#define CORE_FEED_OWN_H

#include "core/feed.h"

/* A last line without its end is whole when nothing was written for so long. */
#define FEED_WHOLE_US (60 * INT64_C(1000000))

/* -- feed.c */
int feed_open_path(const char *path);
/* It was taken for what it is because of WHY; and where it is, when its path doesn't say so. */
void feed_set_reason(struct feed *f, const char *why);
/* The log's id, and where reading stands in it. */
void feed_open_in_sink(struct feed_env *env, struct feed *f);
/* A source that stands where the cursor does. */
void feed_wake(struct feed_env *env, struct feed *f);
/* From byte 0, compared with what is kept. */
void feed_begin_anew(struct feed_env *env, struct feed *f);
void feed_forget_source(struct feed *f);
/* Its cursor is that of a file that was replaced. */
void feed_remember_former(struct feed *f);
/* That it can't be read: said once, until it can be again. */
void feed_note_error(struct feed_env *env, struct feed *f, int error);

/* -- feed_probe.c */
/* What FD, open at PATH, is. P, all zero before, has the reason, which is the caller's. */
enum probe_verdict feed_ask(struct feed_env *env, const char *path, int fd, const struct stat *st,
			    struct probe *p, const struct source_ops **ops);

/* -- feed_read.c */
/* The file that FD holds open has lost its name: read what was not read yet. */
void feed_read_rest(struct feed_env *env, struct feed *f, int fd);

#endif
