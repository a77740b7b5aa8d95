/* ingest.h - watch directories, read what grows, hand it to a sink: the engine behind `mm watch`.
 *
 * watch (inotify, polling) says which files may have changed; tail decides what that means (grown,
 * rewritten, replaced, moved, gone) and reads; the source of the file's format makes records; rules
 * judge them; a commit makes them last. All on one loop, in slices of a few milliseconds, so that
 * the control socket always answers. */
#ifndef CORE_INGEST_H
#define CORE_INGEST_H

#include "core/conf.h"
#include "core/err.h"
#include "core/herald.h"
#include "core/loop.h"
#include "core/rule.h"
#include "core/sink.h"

#include <stdbool.h>
#include <stdint.h>

struct ingest;

struct ingest_progress {
	uint64_t bytes_done, bytes_total; /* of the backlog that is being read */
	uint32_t files, dirs;
	uint32_t polled_dirs; /* directories where inotify is blind or ran out */
	bool scanning;        /* the first scan is under way */
	bool idle;            /* nothing left to read */
};

struct ingest_events {
	void *ctx;
	void (*committed)(void *ctx, uint64_t txn);
	void (*progress)(void *ctx, const struct ingest_progress *p);
	/* Not of what is muted. */
	void (*fired)(void *ctx, const struct alert *a);
	/* What is read can't be kept, and is tried again: the words, once; NULL when it is over. */
	void (*trouble)(void *ctx, const char *text);
	/* A checkpoint appeared since the first scan, and is whole as far as its header says. What
	 * is known of its run is not committed yet. */
	void (*checkpoint)(void *ctx, const char *path);
	/* One line for whoever runs it: a remark on directories, limits. */
	void (*note)(void *ctx, const char *text);
};

struct ingest_opts {
	bool poll; /* --poll: never trust inotify */
	bool once; /* read what is there; no watches */
	/* ingest_root() reads a directory but registers nothing: how a read command catches up */
	bool visit;
	bool judge;                /* evaluate rules (a command that catches up does not) */
	struct herald_opts herald; /* how channels are told; needs JUDGE */
	const char *avoid[4]; /* directories never entered: the store, the registry; NULL ends */
	/* Is this run to be left alone, whatever its logs hold? Asked for each file that is
	 * recognised and not kept yet. NULL: none is. */
	bool (*unwanted)(void *ctx, const char *run);
	void *unwanted_ctx;
	/* A log of the run FROM was found in what is the run TO, before that is committed: so it
	 * may be told again. WHOLE: FROM has no other. NULL: nobody cares. A failure is noted. */
	int (*moved)(void *ctx, const char *from, const char *to, bool whole, struct err *e);
	void *moved_ctx;
	/* Has this run a tag that a list of globs names? Asked for rules with `tag`. NULL: none has
	 * any. */
	bool (*tagged)(void *ctx, const char *run, const char *globs);
	void *tagged_ctx;
};

/* SINK, CONF and LOOP must outlive it. Roots that the sink knows are taken up at once. */
struct ingest *ingest_new(struct loop *l, struct sink *sink, const struct conf *c,
			  const struct ingest_opts *o, const struct ingest_events *ev,
			  struct err *e);
void ingest_free(struct ingest *in);
/* Adds and registers a root. DIR is made canonical; ERR_NOTFOUND when it is no directory. */
int ingest_root(struct ingest *in, const char *dir, struct err *e);
/* DIR, canonical, is watched no more; what was read of it is the sink's. */
void ingest_unroot(struct ingest *in, const char *dir);
/* Rescans, reads every byte that is there now, commits, then calls FN (with 0 or an error). */
void ingest_sync(struct ingest *in, void (*fn)(void *ctx, int code, const char *text), void *ctx);
void ingest_progress(const struct ingest *in, struct ingest_progress *out);
int ingest_ack(struct ingest *in, const char *rule, const char *run, const char *metric);
/* LOG, one that the sink keeps, is told what was said of its end elsewhere; no words: nothing. */
void ingest_said(struct ingest *in, uint32_t log, const struct last_words *w);
/* What was concluded of the run of LOG (RUN_CONCLUDED). */
void ingest_param(struct ingest *in, uint32_t log, const char *key, const char *value);
/* Calls FN for each alert that fires and is not acknowledged, and then acknowledges those for which
 * it returned true. Returns how many. */
int ingest_ack_those(struct ingest *in, bool (*fn)(void *ctx, const struct alert *a), void *ctx);
/* Silences changed. */
void ingest_silences(struct ingest *in);
/* No message to a channel is on its way, and none could leave now. */
bool ingest_told(struct ingest *in);
/* Takes a new configuration; the old one must live until this returns. */
int ingest_reconf(struct ingest *in, const struct conf *c, struct err *e);
/* What the sink keeps was changed under it, with nothing waiting for a commit: every file is looked
 * at anew. */
void ingest_reopen(struct ingest *in);
/* Commits what was read; call before leaving. */
int ingest_flush(struct ingest *in, struct err *e);

#endif
