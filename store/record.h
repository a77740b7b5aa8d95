/* record.h - what is kept of logs, series and runs, as bytes and as structs.
 *
 * Reading gives structs whose texts point into the record: they live as long as its transaction.
 * Each begins with a version byte; a record of another version, or one that is cut, does not
 * read. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "core/rule.h"
#include "core/sink.h"
#include "core/str.h"
#include "store/db.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rows of one attempt in one log: consecutive ones. */
struct log_attempt {
	uint32_t attempt; /* of the run */
	uint8_t unit;     /* the finest enum step_unit of its rows; the steps are in it */
	uint8_t pad[3];
	uint64_t first_row, rows, points;
	int64_t first_step, last_step;
	int64_t first_us, last_us; /* earliest and latest time of a row */
};

struct log_rec {
	uint32_t id, run;
	int32_t rank;
	const char *path, *format, *prefix, *reason;
	const char *title; /* or NULL */
	struct last_words said;
	struct cursor cur;            /* without its state, which is a record of its own */
	struct log_attempt *attempts; /* when packing */
	const void *attempts_raw;     /* when read: through log_rec_attempt() */
	uint32_t nattempts;
	uint64_t remarks, points;
	uint32_t nstate; /* bytes of the parser's state, which is a record of its own */
	/* Rows [0, sealed) are in chunks, the rest in sections of the tail: the newest of them in
	 * record TAIL, the oldest in none before TAIL_FIRST; 0: there are none. */
	uint64_t sealed, tail, tail_first;
	uint32_t columns;
	struct writing writing;
	bool gone;
	bool anew;  /* it was emptied: the next row begins a new attempt */
	bool goals; /* some of its series have a direction from their framework */
	/* Rows, over all attempts, that rules have judged; UINT64_MAX: written when nobody counted,
	 * that is all. */
	uint64_t judged;
};

/* A row of A, which counts it. Where rows differ in unit the steps are those of the finest. */
void attempt_row(struct log_attempt *a, bool first, enum step_unit unit, int64_t step, int64_t wall,
		 uint32_t ncell);

/* When its last row with a step was written, in a file last changed at MTIME_US; 0: none. */
int64_t attempt_stepped_us(const struct log_attempt *a, int64_t mtime_us);

void log_rec_pack(struct str *out, const struct log_rec *r);
bool log_rec_unpack(struct log_rec *r, const struct bytes *b);
/* The parser's state at the cursor: 1, 0 when there is none to be, or negative. */
int log_rec_state(const struct log_rec *r, struct txn *t, struct bytes *out);
struct log_attempt log_rec_attempt(const struct log_rec *r, uint32_t i);

/* Where the step went back, or an attempt began. */
struct segment {
	uint64_t index;   /* of its first point, counted over all attempts */
	int64_t step;     /* of its first point */
	uint32_t attempt; /* of the run */
	uint32_t pad;
};

/* Segments of one attempt of a series beyond this many are not recorded: it is unordered, and drawn
 * whole. */
#ifdef MM_SMALL
#define SEGMENTS_MAX 8
#else
#define SEGMENTS_MAX 1024
#endif

/* As it is kept, a series is what its log's sealed rows make of it: points in the tail are added by
 * whoever reads it (snap_follow()), so that a commit need not write a record a series. */
struct series_rec {
	uint32_t id, log, column;
	uint32_t chunks;
	uint32_t attempt;  /* newest in which it has points; 0: none */
	uint32_t attempts; /* in how many */
	const char *name;
	struct series_sum now, all;
	const void *segments_raw;
	const struct segment *segments; /* when packing */
	uint32_t nsegments;
};

void series_rec_pack(struct str *out, const struct series_rec *r);
bool series_rec_unpack(struct series_rec *r, const struct bytes *b);
struct segment series_rec_segment(const struct series_rec *r, uint32_t i);
/* Its name alone, without the rest. */
const char *series_rec_name(const struct bytes *b);

/* A run in one attempt, and which series speak for it. */
struct run_rec {
	struct run_info info; /* its texts point into the record */
	struct pace pace;
	struct spark loss_spark, headline_spark;
	uint32_t loss_log, loss_column;
	uint32_t headline_log, headline_column;
	uint32_t pasts, nparams, nlogs; /* how many there are, in records of their own */
};

void run_rec_pack(struct str *out, const struct run_rec *r);
bool run_rec_unpack(struct run_rec *r, const struct bytes *b);
/* The rest is not looked at. */
bool run_rec_info(struct run_info *i, const struct bytes *b);

/* The parameters of a run as they are kept, in order of key; 0 or FN's non-zero. */
int params_each(const struct bytes *b, int (*fn)(void *ctx, const char *key, const char *value),
		void *ctx);

/* Of a log; the others are only counted. */
enum { REMARKS_KEPT = 64 };
void remark_pack(struct str *out, enum remark_kind kind, uint64_t offset, uint64_t line,
		 const char *text);
bool remark_unpack(struct remark_info *r, const struct bytes *b);
void skipped_pack(struct str *out, const char *path, const char *reason);
bool skipped_unpack(const char **path, const char **reason, const struct bytes *b);

void checkpoint_pack(struct str *out, const char *path, const struct checkpoint *c);
bool checkpoint_unpack(const char **path, struct checkpoint *c, const struct bytes *b);

void alert_pack(struct str *out, const struct alert *a);
bool alert_unpack(struct alert *a, const struct bytes *b);

#endif
