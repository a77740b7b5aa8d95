/* watch.h - the directories under the roots, and which files in them may have changed.
 *
 * A watch says "look there", never what happened: events are collected, and each file is told once
 * per batch, whatever was announced about it. Every path it tells is canonical: symbolic links are
 * followed and each directory is entered once. */
#ifndef CORE_WATCH_H
#define CORE_WATCH_H

#include "core/err.h"
#include "core/loop.h"

#include <stdbool.h>
#include <stdint.h>

enum watch_hint {
	WATCH_FOUND,    /* seen in a listing: new, changed, or as it was */
	WATCH_CREATED,  /* made a moment ago, perhaps under a name that it won't keep */
	WATCH_NAMED,    /* another file has this name now */
	WATCH_MODIFIED, /* written to, says inotify */
	WATCH_POLLED,   /* size, time or inode are others than before, says polling */
	WATCH_GONE,     /* the name is gone */
};

struct watch_opts {
	bool poll;            /* without inotify */
	bool never_poll;      /* not even where inotify is blind */
	bool once;            /* one listing; nothing is watched */
	int polls;            /* metadata calls a second; 0: 200 */
	int max_watches;      /* as if the system allowed no more; 0: what it allows */
	int crowd;            /* files in a directory from which on a sample decides; 0: 2000 */
	const char *ignore;   /* globs of names or paths ([watch] ignore); NULL: none */
	const char *avoid[4]; /* directories never entered; NULL ends */
};

struct watch_events {
	void *ctx;
	void (*file)(void *ctx, const char *path, enum watch_hint hint);
	/* Is this file a log? Asked of a sample, before a directory of thousands of files is
	 * followed. */
	bool (*is_log)(void *ctx, const char *path);
	/* Directories wait to be listed: watch_step() is wanted. */
	void (*busy)(void *ctx);
	void (*note)(void *ctx, const char *text);
};

struct watch_counts {
	uint32_t dirs, files, polled; /* polled: directories */
	uint32_t watches;             /* of inotify */
	uint32_t limited;             /* directories that got none, for there were no more */
	uint32_t overflows;           /* times that inotify lost events */
};

struct watch;

struct watch *watch_new(struct loop *l, const struct watch_opts *o, const struct watch_events *ev);
void watch_free(struct watch *w);
/* DIR is canonical. It is listed by watch_step(). A root that vanishes is waited for, and with WAIT
 * one that isn't there yet. ERR_NOTFOUND: no directory now. */
int watch_root(struct watch *w, const char *dir, bool wait, struct err *e);
/* Lists directories that wait for it until UNTIL_US (monotonic); true: more wait. */
bool watch_step(struct watch *w, int64_t until_us);
/* Every directory is listed again, every file told. Events that are there are taken first. */
void watch_rescan(struct watch *w);
/* PATH is worth asking about where its directory is polled; it changed last at CHANGED_US (wall
 * clock). Nothing else is polled but the directories, so a file that nobody follows is told again
 * only when it is replaced. */
void watch_follow(struct watch *w, const char *path, int64_t changed_us);
/* PATH grew and no event said so: its directory and those below are polled from now on. */
void watch_missed(struct watch *w, const char *path);
/* Another name, in PATH's directory, of the file with inode INO, until the next call; NULL: it
 * has none. */
const char *watch_sibling(struct watch *w, const char *path, uint64_t ino);
void watch_reconf(struct watch *w, int polls, const char *ignore);
void watch_counts(const struct watch *w, struct watch_counts *out);

#endif
