/* sink.h - where records go, and what a resumed reader asks back: the contract between reading and
 * keeping.
 *
 * The ingester reads logs and calls a sink; store/ implements it on LMDB, tests with a recorder.
 * Calls collect; nothing is kept until commit(), which makes all of it durable at once: rows,
 * cursors, remarks, alert states. A process killed anywhere leaves what the last commit left.
 *
 *     id = log_open(desc)                    a log, known or new
 *     replay(id)                             only when it must be compared with what is kept
 *       c = column(id, "loss"); row(id, …)   again and again; param(), remark() between
 *     mark(id, cursor)                       everything before the cursor's offset was handed over
 *     commit()
 *
 * Pointers given to a sink die when the call returns. Errors: 0 or a negative enum err_code; a sink
 * remembers its first failure, later calls do nothing, and commit() returns it and rolls back. */
#ifndef CORE_SINK_H
#define CORE_SINK_H

#include "core/checkpoint.h"
#include "core/err.h"
#include "core/last_words.h"
#include "core/role.h"
#include "core/run.h"
#include "core/series.h"
#include "core/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alert;
struct raised;

/* How to know a file again. Both CRC32C; void when the lengths are 0. */
struct fingerprint {
	uint32_t head_len, head_crc; /* the first min(4096, offset) bytes */
	uint32_t tail_len, tail_crc; /* the last min(64, offset) bytes before the offset */
};

struct cursor {
	uint64_t dev, ino;
	uint64_t offset;  /* bytes read into records; the next byte is the start of a record */
	uint64_t size;    /* the file's size when it was last looked at */
	int64_t mtime_us; /* likewise */
	struct fingerprint fp;
	/* parser state at OFFSET: opaque, for the source of the log's format and version */
	const void *state;
	size_t nstate;
};

struct log_desc {
	const char *path; /* canonical, absolute: the log's identity */
	const char *run;  /* its run's path */
	/* put before each column's name by the source; "" for none. Kept for information */
	const char *prefix;
	const char *format; /* name of the source: "csv", "jsonl", … */
	/* which one is shown when two logs of a run have one metric: the lower; first the order of
	 * formats decides, then which process wrote it */
	int rank;
	const char *reason; /* why it was taken for that, for `mm sources` */
};

/* What is kept of a log. Pointers live until the next call of the same sink. */
struct log_info {
	uint32_t id;
	const char *path, *run, *format, *reason;
	struct cursor cur;
	uint32_t attempt; /* of the run that its newest rows belong to */
	uint64_t rows;    /* in that attempt */
	uint64_t points;  /* over all attempts */
	uint64_t remarks; /* how many were made */
	uint32_t columns;
	bool gone; /* its path vanished */
	struct writing writing;
	/* How many of ROWS, the newest, no rule has judged: a command stored them. And whether any
	 * row of it ever was. */
	uint64_t unjudged;
	bool judged;
	struct last_words said;
	int64_t stepped_us; /* when its last row with a step was written; 0: there is none */
};

/* What is kept of a run, in its newest attempt: what it is judged by. */
struct run_kept {
	uint32_t attempt;
	enum step_unit unit;    /* of the steps in EV and PACE */
	struct run_evidence ev; /* SAID lives until the next call */
	struct pace pace;
	const char *loss; /* the metric that speaks for its loss; "": none. Likewise */
};

/* One row of a log: the cells that hold a number. */
struct row {
	enum step_unit unit;
	int64_t step;    /* void with STEP_NONE */
	int64_t wall_us; /* 0: the log has no time, `arrival_us` stands in */
	int64_t arrival_us;
	unsigned n;
	const uint32_t *column; /* ids from column(); no id twice */
	const double *value;
};

/* One histogram: N buckets that touch each other, the least first. */
struct hist {
	size_t n;
	const double *edge;  /* N + 1: bucket I is what lies from EDGE[I] to EDGE[I + 1] */
	const double *count; /* N */
};

enum row_fate {
	ROW_STORED,
	ROW_KNOWN, /* replaying: equal to the row that is kept at this place; skipped */
};

enum remark_kind {
	REMARK_BAD_RECORD,
	REMARK_LIMIT,
	REMARK_TEXT_CELL,
	REMARK_STRUCTURE,
	REMARK_IO,
	REMARK_NOTE
};

struct sink;

struct sink_ops {
	/* -- what is kept ---------------------------------------------------------------------- */
	bool (*log_find)(struct sink *s, const char *path, struct log_info *out);
	/* Calls FN for every log, in order of path; FN must not call the sink. Stops when FN
	 * returns non-zero. */
	int (*log_each)(struct sink *s, int (*fn)(void *ctx, const struct log_info *li), void *ctx);
	/* Every alert state that is kept. */
	int (*alert_each)(struct sink *s, int (*fn)(void *ctx, const struct alert *a), void *ctx);
	/* A column's points in ATTEMPT that the last commit has kept, in file order. FN must not
	 * call the sink. */
	int (*point_each)(struct sink *s, uint32_t log, uint32_t column, uint32_t attempt,
			  int (*fn)(void *ctx, const struct point *p), void *ctx);
	/* The run at PATH; false: there is none. */
	bool (*run_find)(struct sink *s, const char *path, struct run_kept *out);
	/* A column's exact name, until the next call; NULL: there is no such column. */
	const char *(*column_name)(struct sink *s, uint32_t log, uint32_t column);

	/* The parameters of the run that LOG belongs to. FN must not call the sink. */
	int (*param_each)(struct sink *s, uint32_t log,
			  int (*fn)(void *ctx, const char *key, const char *value), void *ctx);

	/* -- records --------------------------------------------------------------------------- */
	/* The log's id; made when PATH is new. A known log keeps its rows, cursor and columns;
	 * format, run and reason are replaced. A new log joins its run's newest attempt. */
	uint32_t (*log_open)(struct sink *s, const struct log_desc *d);
	/* The content from byte 0 follows, and may differ from what is kept. Rows are compared in
	 * order (step, cells by column name, and the log's own time if it has one) with those of
	 * the newest attempt. Equal leading rows are ROW_KNOWN. The first row that differs ends the
	 * comparison: at row 0 a new attempt of the run begins and the old rows stay as the older
	 * attempt; later, or when the kept rows have no step (a document that was brought up to
	 * date, not a training that began anew), the rest of the kept rows is superseded, in the
	 * same commit. */
	void (*replay)(struct sink *s, uint32_t log);
	/* All content was handed over while still comparing: with CUT, kept rows beyond those
	 * compared are superseded, else they stay. Either way the comparison is over. */
	void (*replay_end)(struct sink *s, uint32_t log, bool cut);
	/* The id of a column, by exact name (prefix included): 0, 1, … in order of first mention
	 * within the log. */
	uint32_t (*column)(struct sink *s, uint32_t log, const char *name, size_t len);
	enum row_fate (*row)(struct sink *s, uint32_t log, const struct row *r);
	/* The buckets behind COLUMN's cell in the row that was stored last: they are superseded
	 * with it. Not for a row that was ROW_KNOWN: what belongs to that is kept already. */
	void (*hist)(struct sink *s, uint32_t log, uint32_t column, const struct hist *h);
	/* A hyper-parameter of the run; the newest value wins. */
	void (*param)(struct sink *s, uint32_t log, const char *key, const char *value);
	/* The column's direction, as its framework says (not GOAL_NONE): it wins over what its name
	 * suggests, and mm.conf over both. */
	void (*goal)(struct sink *s, uint32_t log, uint32_t column, enum goal goal);
	/* OFFSET: byte in the file; LINE: 1-based, 0 when unknown. The first 64 of a log are kept,
	 * all are counted. */
	void (*remark)(struct sink *s, uint32_t log, enum remark_kind k, uint64_t offset,
		       uint64_t line, const char *text);
	/* What the log says of its end; the newest of a log counts. */
	void (*said)(struct sink *s, uint32_t log, const struct last_words *w);
	/* An alert that the program itself raised. */
	void (*raised)(struct sink *s, uint32_t log, const struct raised *r);
	/* What the framework calls the run, for a person to read; the newest wins, "" takes it
	 * back. */
	void (*title)(struct sink *s, uint32_t log, const char *text);

	/* -- files ----------------------------------------------------------------------------- */
	void (*mark)(struct sink *s, uint32_t log, const struct cursor *c);
	void (*gone)(struct sink *s, uint32_t log, bool gone);
	/* Who writes it, or that they have ended. */
	void (*writing)(struct sink *s, uint32_t log, const struct writing *w);
	/* The log is at another path now; its run moves with it (to d->run). */
	void (*moved)(struct sink *s, uint32_t log, const struct log_desc *d);
	/* A file that was looked at and left alone, and why; reason NULL: forget it. For `mm
	 * sources --all`. */
	void (*skipped)(struct sink *s, const char *path, const char *reason);

	/* Rules have judged what was stored of LOG until now. */
	void (*judged)(struct sink *s, uint32_t log);
	/* A checkpoint as it is now; NULL: it is gone. NULL itself in a sink that keeps none, and
	 * so is the next: every one that is kept. FN must not call the sink. */
	void (*checkpoint)(struct sink *s, const char *path, const struct checkpoint *c);
	int (*checkpoint_each)(struct sink *s,
			       int (*fn)(void *ctx, const char *path, const struct checkpoint *c),
			       void *ctx);

	/* -- watching -------------------------------------------------------------------------- */
	/* Bytes of this log arrived while we watched (feeds the run's cadence). */
	void (*arrival)(struct sink *s, uint32_t log, int64_t now_us);
	void (*alert)(struct sink *s, const struct alert *a);
	/* An alert instance is gone for good (its rule was removed or changed). */
	void (*alert_drop)(struct sink *s, const struct alert *a);
	/* What waits to be told and what was told (core/outbox.h), under texts of its own; P NULL:
	 * forget it. outbox_each: what is kept. */
	void (*outbox_put)(struct sink *s, const char *key, const void *p, size_t n);
	int (*outbox_each)(struct sink *s,
			   int (*fn)(void *ctx, const char *key, const void *p, size_t n),
			   void *ctx);
	/* Roots, canonical. root_each: the registered ones. */
	void (*root_add)(struct sink *s, const char *path);
	int (*root_each)(struct sink *s, int (*fn)(void *ctx, const char *path), void *ctx);

	/* -- transactions ---------------------------------------------------------------------- */
	/* Bytes of memory that wait for commit(). */
	size_t (*pending)(struct sink *s);
	/* A backlog is read: what is in memory only because it may soon be asked for again may go.
	 * NULL in a sink that has no such thing. */
	void (*rest)(struct sink *s);
	/* 0, or the first failure since the last commit (then nothing of it is kept, and the caller
	 * reopens its logs at their kept cursors). TXN (may be NULL) gets the id of the transaction
	 * that readers can now see. */
	int (*commit)(struct sink *s, uint64_t *txn, struct err *e);
};

/* Embedded at the start of an implementation. */
struct sink {
	const struct sink_ops *ops;
};

#endif
