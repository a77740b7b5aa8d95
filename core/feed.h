/* feed.h - one file on its way into the sink: recognised, followed, read in pieces, let go.
 *
 * Private to core/ingest.c, which decides whose turn it is. */
#ifndef CORE_FEED_H
#define CORE_FEED_H

#include "core/conf.h"
#include "core/judge.h"
#include "core/source.h"
#include "core/str.h"
#include "core/tail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum feed_state {
	FEED_NEW,   /* nobody looked yet */
	FEED_MORE,  /* it could not be told what it is: again when it has grown */
	FEED_LEFT,  /* no log */
	FEED_WAITS, /* a companion of a run that isn't there (yet) */
	FEED_LOG,
};

enum feed_turn {
	FEED_DONE,  /* read to its end, as it is now */
	FEED_AGAIN, /* the time was up */
	FEED_LATER, /* a judgement is due at due_us */
	FEED_GONE,  /* there is no file of that path */
};

struct feed;

/* What all feeds share. */
struct feed_env {
	struct sink *sink; /* the judge's */
	struct judge *judge;
	const struct conf *conf;
	void (*note)(void *ctx, const char *text);
	/* Opens the file with the inode of F->prev under the name that it has now; -1: not found.
	 * NULL: nobody knows. */
	int (*former)(void *ctx, const struct feed *f);
	void *ctx;
	bool (*unwanted)(void *ctx, const char *run); /* NULL: no run is */
	void *unwanted_ctx;
	int (*moved)(void *ctx, const char *from, const char *to, bool whole, struct err *e);
	void *moved_ctx;  /* as in struct ingest_opts */
	bool live;        /* somebody watches: arrivals mean something */
	int64_t since_us; /* wall clock, since when */
	char *buf;
	size_t cap;
};

struct feed_list;

/* The files that hold a log in turn (run_log_shared); there is at least one. */
struct feed_files {
	struct feed_file {
		char *path;
		int64_t order;
		bool waits; /* to be read */
		bool live;  /* it came while we watched */
	} * file;
	size_t n, cap;
	size_t at; /* the one that is followed */
};

/* What is known of who writes it. */
struct feed_writer {
	struct writing writing;
	uint64_t ended_at;    /* how far it was read when the writer ended */
	struct writer left;   /* then: somebody older who had it open; or none */
	struct writing doubt; /* it ended, and others have the file open still; or none */
	int64_t look_us;      /* monotonic: who writes it is looked for again from then on */
	int64_t look_gap_us;  /* longer each time that nobody was found */
};

/* There may be a hundred thousand, most of which rest: what only few need lies elsewhere, and what
 * its path says is not written down (feed_run). */
struct feed {
	char *path;               /* the log's */
	struct feed_files *files; /* that hold it, when they are several or not at PATH; or NULL */
	struct tail tail;
	/* Of the inode that was replaced: its log may be found under another name; or NULL. */
	struct cursor *prev;
	/* a log's */
	const struct source_ops *ops;
	struct source *src; /* NULL: asleep */
	char *reason;       /* why it was taken for that, until the sink knows; NULL: it does */
	struct feed_writer *writer; /* NULL: nothing is known */
	uint64_t old_to;            /* bytes before it did not arrive while we watched */
	/* comparing, at the end of the file, and nothing new since then; 0: not so */
	int64_t quiet_us;
	int64_t due_us;  /* monotonic; 0: nothing is due */
	int64_t used_us; /* monotonic; last turn */
	uint64_t owed;   /* bytes of it that count as backlog */
	/* the ingester's */
	int64_t again_us;       /* monotonic: FEED_MORE is not looked at again before that */
	int64_t judge_us;       /* monotonic: not recognised before that; 0: at once */
	int64_t suspect_us;     /* monotonic: seen grown, but no event said so yet */
	struct feed_list *list; /* the queue it is in, or NULL */
	struct feed *prev_in, *next_in;
	struct feed_key {
		uint64_t dev, ino;
	} key[2]; /* under which it is known, now and before; 0: none */
	enum feed_state state;
	uint32_t id;
	int fd;                /* held open, or -1 */
	bool busy : 1;         /* the file has its turn and is not read yet: no other has */
	bool kept : 1;         /* the sink has it: its id is good once OPENED */
	bool opened : 1;       /* in this process, since the last commit that failed */
	bool gone : 1;         /* as the sink was told */
	bool back : 1;         /* it was gone: what it holds now is all there is */
	bool before : 1;       /* the sink knew it when this process began */
	bool reopen : 1;       /* the path may lead to another file by now */
	bool told : 1;         /* somebody said that it was modified */
	bool first : 1;        /* not looked at since the start */
	bool found : 1;        /* its first look is part of the first scan */
	bool historic : 1;     /* what stands before OLD_TO was there before anybody watched */
	bool touched : 1;      /* rows since the last mark */
	bool denied : 1;       /* left alone because it can't be read */
	bool went_on : 1;      /* a last line without its end turned out not to be whole */
	bool noted : 1;        /* that it can't be read was said */
	bool skipped : 1;      /* the sink was told why it is left alone */
	bool dirty : 1;        /* has something that the next commit keeps */
	bool sync : 1;         /* somebody waits until it was read */
	bool seen : 1;         /* a listing had it */
	bool missing : 1;      /* vanished a moment ago */
	bool held : 1;         /* keeps its descriptor and its source */
	bool writer_ended : 1; /* since the last turn: told when all is read */
};

struct feed *feed_new(const char *path);
void feed_free(struct feed *f);
/* A log that the sink knows from before. */
void feed_restore(struct feed *f, const struct log_info *li);

/* The path of the run that a log at its path belongs to. */
void feed_run(const struct feed *f, struct str *run);
/* The path of its file. */
const char *feed_where(const struct feed *f);

/* Opens the path anew unless a descriptor is held that will do. FEED_DONE: FD and ST are set; else
 * FEED_GONE, or FEED_LATER when it can't be read now (a remark or note was made). A replaced file
 * is read to its end first. */
enum feed_turn feed_open(struct feed_env *env, struct feed *f, struct stat *st);
/* Recognises a NEW or MORE file, open: the state says as what. A companion WAITS until
 * feed_accept(). MORE is asked again when it has grown, and at due_us. */
void feed_probe(struct feed_env *env, struct feed *f, const struct stat *st);
void feed_accept(struct feed_env *env, struct feed *f);
/* Reads a LOG, open, until UNTIL_US (monotonic). */
enum feed_turn feed_read(struct feed_env *env, struct feed *f, const struct stat *st,
			 int64_t until_us);
/* Its path is gone for good. Reads what is left if it was held open. */
void feed_end(struct feed_env *env, struct feed *f);
/* What is known of who writes it, to be added to. */
struct feed_writer *feed_writer(struct feed *f);
/* Who writes it is W. */
void feed_writing(struct feed_env *env, struct feed *f, const struct writing *w);
/* It is where FROM, which is not a log yet, was found. */
void feed_move(struct feed_env *env, struct feed *f, const struct feed *from);

/* Before a commit: what was read, and where it stands. */
void feed_mark(struct feed_env *env, struct feed *f);
/* Lets go of the parser, whose state was committed. */
void feed_sleep(struct feed_env *env, struct feed *f);
void feed_close(struct feed *f);
/* It is no log; REASON (NULL or "": not worth a word) is told to the sink. */
void feed_leave(struct feed_env *env, struct feed *f, const char *reason);
/* Would this file be taken for a log? For samples; no state is kept. */
bool feed_is_log(struct feed_env *env, const char *path);

/* -- feed_files.c: a log that several files hold, each in turn and from its beginning -------- */

/* PATH holds F's log, or may. WAITS: it is to be read; LIVE: it came while we watched. Returns its
 * place. */
size_t feed_file_add(struct feed *f, const char *path, int64_t order, bool waits, bool live);
/* PATH is there no more. True: another file has taken its place, so the log is not gone. */
bool feed_file_gone(struct feed *f, const char *path);
/* Goes over to the file whose turn it is; false: there is nothing new. */
bool feed_file_next(struct feed *f);
bool feed_file_waits(const struct feed *f);
void feed_files_release(struct feed *f);

#endif
