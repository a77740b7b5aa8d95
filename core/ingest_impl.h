/* ingest_impl.h - what the parts of the ingester share. Private to core/ingest*.c.
 *
 *     ingest.c         turns of work, commits, syncs, the public face
 *     ingest_self.c    how the ingester itself fares
 *     ingest_writers.c which processes write the logs, and their end
 *     ingest_files.c   what the watch tells, and a file's turn: open, recognise, move, read, let go
 *     ingest_checkpoints.c   files and directories that hold a model
 *     ingest_known.c   which log an unknown path is: linked, moved, rotated
 */
#ifndef CORE_INGEST_IMPL_H
#define CORE_INGEST_IMPL_H

#include "core/feed.h"
#include "core/herald.h"
#include "core/ingest.h"
#include "core/index.h"
#include "core/watch.h"

#define INGEST_HELD 64

struct feed_list {
	struct feed *first, *last;
	size_t n;
};

struct ingest_sync {
	void (*fn)(void *ctx, int code, const char *text);
	void *ctx;
};

struct ingest {
	struct loop *loop;
	struct sink *sink; /* the real one */
	struct judge *judge;
	struct herald *herald; /* NULL: nobody is told */
	struct watch *watch;
	struct feed_env env;
	struct ingest_opts o;
	struct ingest_events ev;
	const struct conf *conf;
	char **root;
	size_t nroots, roots_cap;

	struct index feeds;                    /* by path */
	struct index inodes;                   /* feeds by (dev, ino), now and before */
	struct index checkpoints;              /* struct seen_checkpoint, by path */
	size_t nunsettled;                     /* of them are to be looked at */
	struct feed_list live, fresh, backlog; /* something happens; to be recognised; to be read */
	struct feed_list later;                /* something is due at due_us */
	struct feed **dirty;
	size_t ndirty, dirty_cap;
	struct feed *held[INGEST_HELD]; /* open, with their sources awake */
	size_t nheld;

	struct writer_watch *writers; /* processes whose end is waited for */
	size_t nwriters, writers_cap;

	struct loop_timer *work, *due, *tick, *reap;
	unsigned turn;
	bool initial;     /* the first scan of a root is not over */
	bool scanning;    /* directories wait to be listed */
	uint64_t rotated; /* bytes read of the file at the front of the backlog */

	bool touched, touched_live; /* something waits for a commit; something that just arrived */
	int64_t touched_us, committed_us; /* monotonic */
	/* How it fares (ingest_self.c); monotonic. */
	int64_t unkept_us;  /* since when no commit succeeds; 0: they do */
	int64_t kept_us;    /* when the first did after that */
	double unkept_s;    /* how long that was */
	uint32_t lost;      /* times that inotify lost events, as far as they are noted */
	int64_t lost_us[8]; /* the last of them */
	bool failed;        /* the last commit did: the work timer waits to try again */
	int64_t retry_us;

	struct ingest_sync *sync, *asked; /* being served; arrived since */
	size_t nsync, sync_cap, nasked, asked_cap;
	size_t sync_left;
	int64_t sync_us;

	uint64_t bytes_done, bytes_total;
	int64_t progress_us, busy_us; /* monotonic: told last; reading a backlog since, or 0 */
	bool telling;                 /* progress was told that has yet to end */
	uint32_t polled_told;
};

/* -- ingest.c */
void ingest_wake(struct ingest *in);
/* Something was given to the sink. LIVE: it just arrived. */
void ingest_touch(struct ingest *in, bool live);

/* -- ingest_self.c */
/* Judges mm itself. True: something waits to be told, so there is a reason to look again. */
bool ingest_look_at_self(struct ingest *in);
/* A commit failed. */
void ingest_unkept(struct ingest *in);
/* One succeeded. True: after some that failed. */
bool ingest_kept_again(struct ingest *in);

/* -- ingest_writers.c */
/* Logs that grow and of which nobody knows who writes them: looks for that, now and then. */
void ingest_find_writers(struct ingest *in, int64_t now_us);
/* The first scan is over: what was known of writers, is it still so? */
void ingest_restore_writers(struct ingest *in);
/* F has been read to its end, and its writer is gone. */
void ingest_writer_ended(struct ingest *in, struct feed *f);
void ingest_forget_writers(struct ingest *in);
/* -- ingest_known.c */
enum ingest_known {
	KNOWN_NOT,
	KNOWN_LINK,
	KNOWN_REPLACED,
	KNOWN_ROTATED,
	KNOWN_MOVED,
	KNOWN_SUCCEEDED,
};
/* F, open, is a new path. *AS is the log with which it is one file under two names, what that was
 * before it was replaced or rotated, that under another name, or what has that name no
 * longer. */
enum ingest_known ingest_known_as(struct ingest *in, struct feed *f, const struct stat *st,
				  struct feed **as);
/* F looks like what G was renamed to so that a new G can begin: whether it was is judged at
 * F->judge_us. */
bool ingest_rotates(struct ingest *in, struct feed *f, const struct feed *g);
/* feed_env.former */
int ingest_former(void *ctx, const struct feed *f);

/* -- ingest_checkpoints.c */
/* PATH is, or lies in, a checkpoint: it is looked at when it has settled. True: it is no log. */
bool ingest_checkpoint_file(struct ingest *in, const char *path);
/* Those that the sink keeps. */
void ingest_restore_checkpoints(struct ingest *in);
void ingest_forget_checkpoints(struct ingest *in);
/* The first scan is over: those that it didn't see. */
void ingest_find_checkpoints(struct ingest *in);
/* Looks at those that are due, or with ALL at every one; returns when more are (monotonic), or
 * INT64_MAX. */
int64_t ingest_run_checkpoints(struct ingest *in, int64_t now_us, bool all);

/* -- ingest_kin.c */
/* PATH is one of the files that hold F's log in turn. True: F's own is another; what there is to do
 * is done. */
bool ingest_another_file(struct ingest *in, struct feed *f, const char *path, int64_t order,
			 enum watch_hint hint);
/* F was looked at. If it is a log, its run may be new: then its companions have waited for it. */
void ingest_run_seen(struct ingest *in, const struct feed *f);
/* What a companion waits for. */
bool ingest_run_has_log(struct ingest *in, const struct feed *f);

/* -- ingest_files.c */
/* F has something to do, and goes to the queue of the live ones. */
void ingest_enqueue_live(struct ingest *in, struct feed *f);
/* The same for those that have yet to be recognised, or read for the first time. */
void ingest_enqueue_fresh(struct ingest *in, struct feed *f);
void feed_list_add(struct feed_list *l, struct feed *f, bool front);
void feed_list_remove(struct feed *f);
/* The watch's callbacks. */
void ingest_on_file(void *ctx, const char *path, enum watch_hint hint);
bool ingest_is_log(void *ctx, const char *path);
/* The logs that the sink keeps. */
void ingest_restore(struct ingest *in);
void ingest_forget_all(struct ingest *in);
/* One file's turn. */
void ingest_serve(struct ingest *in, struct feed *f, int64_t until_us);
/* What is due at NOW; returns when more is (monotonic), or INT64_MAX. */
int64_t ingest_run_later(struct ingest *in, int64_t now_us);
/* Vanished files are gone: nobody waits for them to turn up. */
void ingest_settle_missing(struct ingest *in);
/* PATH lies under a root that is there: its absence means that it was deleted, not that a disk
 * isn't mounted. */
bool ingest_root_there(struct ingest *in, const char *path);
/* The first scan is over: kept logs that it didn't see. */
void ingest_find_missing(struct ingest *in);
/* Somebody waits for what there is now: every file that has something to do counts. */
void ingest_sync_begin(struct ingest *in);
/* F has been read to its end: what waits for that need wait no longer. */
void ingest_done(struct ingest *in, struct feed *f);
/* F's source sleeps, unless something is to be read or to be committed of it, or it is held. */
void ingest_rest(struct ingest *in, struct feed *f);
/* Closes what has not been used for a while. True: something is still held. */
bool ingest_reap(struct ingest *in, int64_t now_us);
/* Held files are looked at: growth that no event announced. */
void ingest_verify(struct ingest *in, int64_t now_us);

#endif
