/* batch.h - the writer's memory: what is kept of the logs and runs it works on, and what the next
 * commit will add.
 *
 * Private to the files of the sink:
 *
 *     batch.c      the sink's face; rows come in
 *     origin.c     which file a log is read from, and which run it is of
 *     answer.c     what is asked back
 *     kept.c       what is in memory, kept_load.c taking it up from the store
 *     replay.c     comparing
 *     summary.c    what a run's record says
 *     commit.c     one replayable write */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "core/role.h"
#include "core/sink.h"
#include "store/db.h"
#include "store/hists.h"
#include "core/map.h"
#include "store/record.h"
#include "store/rows.h"
#include "store/sealed.h"
#include "store/store.h"
#include "store/chain.h"

#define NOT_CUT UINT64_MAX

struct series {
	char *name;
	uint32_t id; /* of the series */
	uint32_t attempt, attempts;
	struct series_sum now;  /* over ATTEMPT */
	struct series_sum *all; /* over all, once there are several */
	struct segment *seg;
	size_t nseg, segcap;
	size_t seg_here; /* of them in ATTEMPT */
	int loss_rank, headline_rank;
	enum goal goal, told; /* that counts; that its framework gave it */
	uint32_t chunks, chunks_then;
	bool judged; /* the ranks are known */
	bool fresh;  /* not kept yet */
	bool dirty;  /* says more than its record, which is of the sealed rows */
};

/* Where the kept rows of a log are. */
struct place {
	uint64_t sealed;           /* how many are in chunks */
	uint64_t tail, tail_first; /* as in struct log_rec */
	size_t sections, bytes;    /* of its tail */
};

struct run;
struct replay;

struct log {
	uint32_t id;
	struct run *run;
	int32_t rank;
	char *path, *format, *prefix, *reason, *title;
	struct last_words said; /* its text is owned */
	struct cursor cur;      /* state is in STATE */
	struct str state;
	struct log_attempt *attempts;
	size_t nattempts, attemptcap;
	uint64_t remarks, points;
	uint64_t judged; /* as in struct log_rec */
	bool gone, anew, goals;
	struct writing writing;

	struct series **columns;
	size_t ncolumns, columncap;
	struct map names; /* column + 1 as a pointer */

	uint64_t kept_rows; /* in the store */
	struct place place, place_then;
	bool seal; /* wanted */
	bool sealed_then;
	uint64_t cut;     /* rows from here on are superseded; NOT_CUT */
	struct rows pend; /* begins at min(kept_rows, cut) */
	struct hists hists;
	struct replay *replay;
	bool fresh, dirty, state_dirty, path_dirty;
};

/* What LOG said is W, or nothing. */
void log_say(struct log *log, const struct last_words *w);

struct param {
	char *key, *value;
};

/* A run as it was in an older attempt. */
struct past {
	struct run_rec rec; /* its texts are owned */
	bool dirty;
};

struct run {
	uint32_t id;
	char *path;
	struct run_rec rec; /* path, said, title: not owned */
	struct log **logs;
	size_t nlogs, logcap;
	struct past *past;
	size_t npast, pastcap;
	struct param *params;
	size_t nparams, paramcap;
	int64_t totals[STEP_NONE + 1]; /* by unit, from the parameters; 0: none */
	struct log *lead;              /* whose steps feed the pace */
	int64_t lead_step;
	bool fresh, dirty, params_dirty, repick;
	/* While it is as it is kept, it can give way: its place among those, and its bytes. */
	struct run *older, *newer;
	size_t weight;
};

/* A put or a delete that needs no thought. */
struct op {
	struct key key;
	void *value; /* NULL: delete */
	size_t n;
};

struct batch {
	struct sink sink;
	struct db *db;
	struct store *store; /* whose it is: what was committed is read through it */
	const struct conf *conf;
	struct err err; /* the first failure */

	struct log **logs; /* by id; NULL: not in memory */
	size_t nlogs;
	struct run **runs;
	size_t nruns;
	struct map log_paths, run_paths;
	uint32_t next_log, next_run, next_series;
	bool ids_dirty;

	struct log **dirty_logs;
	size_t ndirty_logs, dirty_logcap;
	struct run **dirty_runs;
	size_t ndirty_runs, dirty_runcap;
	struct op *ops;
	size_t nops, opcap;

	uint64_t next_tail; /* number of the next record of the tail */
	size_t tail_bytes, tail_bytes_then;
	struct tail_record record;
	struct chain chain;
	struct rows merged; /* sections that are put together, and room for the next */
	struct reader reader;

	size_t pending;              /* bytes */
	struct run *oldest, *newest; /* runs that can give way, by when they were last touched */
	size_t weight;               /* bytes that they take */
	struct str scratch;          /* texts handed out until the next call */
};

static inline struct batch *
batch_of(struct sink *s)
{
	return (struct batch *)s;
}

struct batch *batch_new(struct store *st, const struct conf *conf);
void batch_free(struct batch *b);
void batch_conf(struct batch *b, const struct conf *conf);

/* Fails the batch: the first words stay. */
int batch_fail(struct batch *b, const struct err *e);
bool batch_failed(const struct batch *b);
/* Forgets everything in memory. */
void batch_drop(struct batch *b);
void batch_op(struct batch *b, const struct key *k, const void *value, size_t n);
void batch_touch_log(struct batch *b, struct log *log);
void batch_touch_run(struct batch *b, struct run *run);

/* A look at what is kept; NULL: the batch has failed. Its end tells the batch of failures. */
struct txn *batch_read(struct batch *b);
void batch_read_end(struct batch *b, struct txn *t);
/* The log, or a failed batch: an id that this sink never gave, or gave before a commit that
 * failed. */
struct log *batch_log(struct batch *b, uint32_t id);

/* -- origin.c, answer.c: as in struct sink_ops */
uint32_t origin_log_open(struct sink *s, const struct log_desc *d);
void origin_mark(struct sink *s, uint32_t id, const struct cursor *c);
void origin_gone(struct sink *s, uint32_t id, bool gone);
void origin_writing(struct sink *s, uint32_t id, const struct writing *w);
void origin_moved(struct sink *s, uint32_t id, const struct log_desc *d);
void origin_skipped(struct sink *s, const char *path, const char *reason);
void origin_checkpoint(struct sink *s, const char *path, const struct checkpoint *c);
bool answer_log_find(struct sink *s, const char *path, struct log_info *out);
int answer_log_each(struct sink *s, int (*fn)(void *ctx, const struct log_info *li), void *ctx);
int answer_alert_each(struct sink *s, int (*fn)(void *ctx, const struct alert *a), void *ctx);
int answer_point_each(struct sink *s, uint32_t id, uint32_t column, uint32_t attempt,
		      int (*fn)(void *ctx, const struct point *p), void *ctx);
bool answer_run_find(struct sink *s, const char *path, struct run_kept *out);
const char *answer_column_name(struct sink *s, uint32_t id, uint32_t column);
int answer_param_each(struct sink *s, uint32_t id,
		      int (*fn)(void *ctx, const char *key, const char *value), void *ctx);
int answer_outbox_each(struct sink *s,
		       int (*fn)(void *ctx, const char *key, const void *p, size_t n), void *ctx);
int answer_checkpoint_each(struct sink *s,
			   int (*fn)(void *ctx, const char *path, const struct checkpoint *c),
			   void *ctx);
int answer_root_each(struct sink *s, int (*fn)(void *ctx, const char *path), void *ctx);

/* -- kept.c: by id or path, from memory or from the store; NULL: neither */
struct log *kept_log(struct batch *b, uint32_t id);
struct run *kept_run(struct batch *b, uint32_t id);
struct log *kept_log_by_path(struct batch *b, const char *path);
struct run *kept_run_by_path(struct batch *b, const char *path);
struct log *log_new(struct batch *b, const struct log_desc *d, struct run *run);
struct run *run_new(struct batch *b, const char *path);
/* Another file took its path: its rows stay, under a path that no file has. */
void log_displace(struct batch *b, struct log *log);
void run_adopt(struct batch *b, struct run *run, struct log *log);
void run_forget(struct batch *b, struct run *run); /* out of memory, with its logs */
/* RUN is as it is kept, or (touched) no longer. */
void run_settle(struct batch *b, struct run *run);
void run_stir(struct batch *b, struct run *run);
/* Settled runs give way when they take much; those that were touched last stay. Nobody may hold
 * one. */
void kept_trim(struct batch *b);
/* All of them do: they come back when they are asked for. */
void kept_rest(struct batch *b);
/* From now on it is in memory. */
void log_register(struct batch *b, struct log *log);
void run_register(struct batch *b, struct run *run);

/* -- kept_load.c */
/* What the next ids are, and what the tail holds. */
int kept_ids(struct batch *b);
/* The run whose record is at K; NULL: there is none, or it has another path in memory. */
struct run *run_load(struct batch *b, struct txn *t, const struct key *k);
/* Past attempt A of RUN, read when needed; NULL: none. */
struct past *run_past(struct batch *b, struct run *run, uint32_t attempt);
/* Copies its texts; frees them. */
void past_own(struct past *p);
void past_release(struct past *p);
/* Adds the first N rows of B to the sums of the log's columns. */
void log_take(struct log *log, const struct block *b, uint32_t n);
/* A copy of the block of kept rows that holds ROW. */
int kept_rows_at(struct batch *b, struct txn *t, struct log *log, uint64_t row, struct str *bytes,
		 struct block *out);

/* -- batch.c */
struct log_attempt *log_now(struct log *log);
void log_attempt_begin(struct batch *b, struct log *log);
/* Column C of LOG gets a point in the log's newest attempt, or in ATTEMPT while sums are built
 * anew. */
void series_add(struct run *run, struct series *c, uint32_t attempt, enum step_unit unit,
		int64_t step, int64_t wall, double v);

/* -- replay.c */
void replay_begin(struct log *log);
void replay_free(struct replay *r);
/* Does R equal the next kept row? Ends the comparison where it does not, or nothing is left. */
bool replay_row(struct batch *b, struct log *log, const struct row *r);
void replay_finish(struct batch *b, struct log *log, bool cut);

/* -- summary.c */
void run_summarise(struct batch *b, struct run *run);
/* What ended it, by its logs; NULL: nothing did. */
const char *run_last_words(const struct run *run);
void run_attempt_begin(struct batch *b, struct run *run, uint32_t attempt);
void run_param(struct run *run, const char *key, const char *value);
void run_totals(struct run *run);

/* -- commit.c */
int batch_commit(struct batch *b, uint64_t *txn, struct err *e);

#endif
