/* store.h - everything that was read, kept in one LMDB environment: a sink on one side, queries on
 * the other.
 *
 * Writing: one process at a time, the holder of the ingest lock (lock_take). Reading: any number. A
 * snapshot is a read transaction: begin, copy out what is needed, end; never hold one across a
 * wait. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "core/conf.h"
#include "core/err.h"
#include "core/rule.h"
#include "core/run.h"
#include "core/series.h"
#include "core/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 3: chunks have a directory of their blocks; 4: records of runs are shorter. Formats 2 and 3 are
 * read, and written on as 4. */
#define STORE_FORMAT 4
#define STORE_FORMAT_READ 2

/* The directory: --store (GIVEN), else $MM_STORE, else $XDG_STATE_HOME/mm, else
 * ~/.local/state/mm; and when that is on a file system where LMDB must not live (statfs),
 * /var/tmp/mm-UID unless INSIST. NOTE (may be NULL) then says why. Nothing is created but that
 * one, lest somebody else does. */
int store_where(const char *given, bool insist, struct str *out, struct str *note, struct err *e);

struct store;

enum { STORE_READ = 0, STORE_WRITE = 1 };

/* Opens DIR. STORE_WRITE creates it (0700) and needs the ingest lock. Reading a store that does not
 * exist yet: ERR_NOTFOUND. Newer format: ERR_VERSION. Damaged (truncated, foreign, garbage):
 * ERR_CORRUPT for readers; a writer moves it aside to NAME.bad-TIME, says so through NOTE and
 * begins anew. One open store per directory and process. */
int store_open(const char *dir, int flags, struct store **out, struct str *note, struct err *e);
/* Before it is opened: are its pages sound? One that is not may crash whoever reads it. FN gets
 * each thing that is wrong; returns how many, or a negative code. */
int store_look(const char *dir, void (*fn)(void *ctx, const char *wrong), void *ctx, struct err *e);
void store_close(struct store *st);
const char *store_dir(const struct store *st);
/* Id of the newest transaction that a snapshot begun now would see. Cheap. */
uint64_t store_txn(struct store *st);

/* -- the ingest lock ---------------------------------------------------------------------------
 * STORE/lock, an advisory open-file-description lock; the file says pid, version, format. Held
 * until released, close-on-exec. */
struct lock_info {
	long pid;
	char version[32];
};
/* Creates DIR (0700, with its parents) when there is none. ERR_BUSY: INFO (may be NULL) says who
 * holds it. */
int lock_take(const char *dir, int *fd, struct lock_info *info, struct err *e);
void lock_release(int fd);
/* Does anybody hold it? */
bool lock_held(const char *dir, struct lock_info *info);

/* The sink of a store opened with STORE_WRITE. CONF (roles: which series is a run's loss, its
 * headline) must outlive it or be replaced. Freed with the store. */
struct sink *store_sink(struct store *st, const struct conf *c);

/* -- snapshots ------------------------------------------------------------------------------- */
struct snap;
/* Follows a map that grew, and a store that was renamed away: ERR_NOTFOUND when there is none any
 * more. */
int snap_begin(struct store *st, struct snap **out, struct err *e);
void snap_end(struct snap *sn);
uint64_t snap_txn(const struct snap *sn);

/* What the run list says of one series, kept in the run's own record. */
struct glance {
	const char *name;  /* of the metric; "" when the run has none such */
	double last, best; /* best by the metric's goal; NaN when it has none */
	int64_t step;
	uint8_t goal; /* enum goal that its framework gave it */
};

/* A run in its newest attempt (older attempts through run_attempts). Strings live until
 * snap_end. How fast it goes, in a struct pace, and what its curve looks like are apart: they are
 * large, and of very many runs only a few are looked at so closely. */
struct run_info {
	/* First what an order of very many runs, and the columns of their list, ask for. */
	uint32_t id;
	uint8_t unit;     /* enum step_unit of last_step */
	bool gone;        /* every log of it is deleted */
	bool params;      /* it has any: for snap_params() */
	const char *path; /* canonical; the run's identity */
	int64_t first_step, last_step;
	int64_t first_us, last_us; /* log time of the first and last row; 0: none */
	struct glance loss, headline;
	uint32_t attempt;  /* newest, 1 … */
	uint32_t attempts; /* how many are kept */
	int64_t last_arrival_us;
	/* From parameters or the log (max_steps …); 0: unknown. [run GLOB] total is the viewer's to
	 * apply. */
	int64_t total;
	uint64_t points;        /* of all series of the newest attempt */
	uint32_t metrics;       /* distinct names in it */
	const char *said;       /* NULL or what the log said of its end */
	const char *title;      /* NULL or what its framework calls it */
	struct writing writing; /* of all its logs */
	struct pace_limits limits;
};

/* Every run, in order of path. Stops when FN returns non-zero, and returns it. O(runs): one scan of
 * small records. */
int snap_runs(struct snap *sn, int (*fn)(void *ctx, const struct run_info *r), void *ctx);
/* There are no more than so many, perhaps fewer. Cheap. */
size_t snap_runs_most(struct snap *sn);
/* The curve of what speaks for the run at PATH: its loss, else its headline. */
bool snap_spark(struct snap *sn, const char *path, struct spark *out);
/* How fast the run at PATH goes. */
bool snap_pace(struct snap *sn, const char *path, struct pace *out);
bool snap_run(struct snap *sn, uint32_t id, struct run_info *out);
bool snap_run_by_path(struct snap *sn, const char *path, struct run_info *out);
/* Evidence for run_judge(), total taken from R (a caller may override it before judging). */
void run_info_evidence(const struct run_info *r, struct run_evidence *ev);
/* ATTEMPT of run ID: its sums as a run_info (attempt = ATTEMPT). */
bool snap_run_attempt(struct snap *sn, uint32_t id, uint32_t attempt, struct run_info *out);
/* Parameters in order of key. */
int snap_params(struct snap *sn, uint32_t run,
		int (*fn)(void *ctx, const char *key, const char *value), void *ctx);

/* A series: one column of one log; or of several that go on one from the other
 * (source_ops.continues), known by the number of the first: any of their numbers means it. */
struct series_info {
	uint32_t id; /* of the series; stable */
	uint32_t run, log;
	const char *name; /* as logged, prefix included */
	/* What it is called: NAME; or NAME@FORMAT, NAME@FILE when several logs of the run have
	 * one. */
	const char *shown;
	enum goal told;            /* by its framework: for metric_role_told() */
	const char *format, *file; /* of its log; FILE is the whole path */
	/* It is shown without being asked for: the only one of its name, or of the format that
	 * ranks first. (All of several files of that format are, as NAME@FILE.) */
	bool primary;
	uint32_t attempt;      /* newest attempt that it has points in */
	uint32_t attempts;     /* in how many it has points */
	struct series_sum now; /* of its run's newest attempt; points 0 when it has none there */
	struct series_sum all; /* over all attempts, in file order */
};

/* Series of a run in order of name (primary before others of one name). Strings live until
 * snap_end. */
int snap_series(struct snap *sn, uint32_t run, int (*fn)(void *ctx, const struct series_info *s),
		void *ctx);
bool snap_series_get(struct snap *sn, uint32_t series, struct series_info *out);
/* The same, at the cost of one series however many processes log it: what it is called, and whether
 * it is the primary one, may be missing (SHOWN NULL). */
bool snap_series_sums(struct snap *sn, uint32_t series, struct series_info *out);
/* By what it is called; literal NAME first, then NAME@SUFFIX. */
bool snap_series_find(struct snap *sn, uint32_t run, const char *shown, struct series_info *out);

/* -- points ---------------------------------------------------------------------------------- */
/* Every point of a series in file order, attempts oldest first, from the FIRSTth on (0 …); 0 or
 * FN's non-zero. ATTEMPT 0: all. A chunk whose checksum fails: ERR_CORRUPT. */
int snap_points(struct snap *sn, uint32_t series, uint32_t attempt, uint64_t first,
		int (*fn)(void *ctx, const struct point *p), void *ctx, struct err *e);
/* The last N (at most) of the newest attempt, oldest first; returns how many, or a negative
 * code. */
int snap_last(struct snap *sn, uint32_t series, int n, struct point *out, struct err *e);

/* Where a histogram stands. */
struct hist_info {
	int64_t step, wall_us;
	uint32_t attempt;
};
/* The histograms behind a series (NAME@hist.count) in file order; ATTEMPT 0: of all. 0, FN's
 * non-zero, or a failure. */
int snap_hists(struct snap *sn, uint32_t series, uint32_t attempt,
	       int (*fn)(void *ctx, const struct hist_info *info, const struct hist *h), void *ctx);

/* Relative: time since the first row of the run's attempt, in µs like wall. */
enum axis { AXIS_STEP, AXIS_WALL, AXIS_RELATIVE };

/* One column of a chart: what drawing every point in it needs (M4: Jugel et al., VLDB 2014). */
struct column {
	uint64_t n;        /* finite points */
	uint32_t nan, inf; /* non-finite ones (saturating) */
	double min, max, first, last, sum;
	int64_t first_x, last_x;
};

struct span { /* a window: W columns over [x0, x1], both ends included */
	enum axis axis;
	double x0, x1; /* steps, or µs */
	bool logx;     /* columns of equal width in log(x); x <= 0 falls out */
	int columns;
	uint32_t attempt; /* 0: newest */
	/* Instead of the newest lineage: the points that a later segment replaced (on AXIS_STEP;
	 * else none). */
	bool orphaned;
};

/* Which column X falls in, 0 … columns-1, or -1: the one place that maps x to columns; a naive
 * drawing uses it too. */
int span_column(const struct span *sp, double x);

/* OUT[sp->columns]. The newest lineage at x is the last segment whose first step is <= x; on the
 * other axes, and when the step went back too often to tell, all points are. First and last of a
 * column go by file order. */
int snap_columns(struct snap *sn, uint32_t series, const struct span *sp, struct column *out,
		 struct err *e);
/* Least and greatest x of what snap_columns() would draw of ATTEMPT (0: newest); false: nothing. */
bool snap_extent(struct snap *sn, uint32_t series, enum axis axis, uint32_t attempt, double *x0,
		 double *x1);

/* -- the rest -------------------------------------------------------------------------------- */
int snap_logs(struct snap *sn, int (*fn)(void *ctx, const struct log_info *li), void *ctx);
struct remark_info {
	enum remark_kind kind;
	uint64_t offset, line;
	const char *text;
};
int snap_remarks(struct snap *sn, uint32_t log, int (*fn)(void *ctx, const struct remark_info *r),
		 void *ctx);
int snap_skipped(struct snap *sn, int (*fn)(void *ctx, const char *path, const char *reason),
		 void *ctx);
/* Checkpoints in watched directories, in order of path; of which run and step each is, is for
 * core/checkpoint.h to say. */
int snap_checkpoints(struct snap *sn,
		     int (*fn)(void *ctx, const char *path, const struct checkpoint *c), void *ctx);
int snap_alerts(struct snap *sn, int (*fn)(void *ctx, const struct alert *a), void *ctx);
/* Messages to channels that have not arrived yet (core/outbox.h). */
uint64_t snap_waiting(struct snap *sn);
/* Every record of what waits to be told, was told, and happened: for core/outbox_read.h. */
int snap_outbox(struct snap *sn, int (*fn)(void *ctx, const char *key, const void *p, size_t n),
		void *ctx);
int snap_roots(struct snap *sn, int (*fn)(void *ctx, const char *path), void *ctx);

/* -- upkeep ----------------------------------------------------------------------------------
 * For the holder of the ingest lock, when the sink has committed and no snapshot is open; else
 * ERR_BUSY. Ids of transactions go on. */
/* The store's file anew, without what is free. BEFORE, AFTER: its bytes. */
int store_compact(struct store *st, uint64_t *before, uint64_t *after, struct err *e);
/* Deletes the run at PATH, with its logs, points and alerts; ERR_NOTFOUND: there is none. Whoever
 * feeds the sink has to ask for its logs again. */
int store_forget(struct store *st, const char *path, struct err *e);
/* DIR is no root any more; ERR_NOTFOUND: it was none. What was read of it stays. */
int store_unroot(struct store *st, const char *dir, struct err *e);

/* What the store is made of, in records and bytes (of keys and values). */
struct store_kind {
	const char *name; /* "chunks", "axes", … */
	uint64_t records, bytes;
	uint64_t points; /* chunks by codec: in them; else 0 */
};
enum { STORE_KINDS = 32 };
struct store_stat {
	uint64_t file, used,
		map; /* bytes: on the disk, up to the last page in use, of address space */
	uint64_t page, pages, free_pages;
	uint64_t runs, logs, series, points;
	struct store_kind kind[STORE_KINDS]; /* largest first */
	int nkinds;
	struct store_kind codec[8]; /* of the chunks */
	int ncodecs;
	struct store_reader {
		long pid;
		uint64_t txn; /* 0: it reads nothing now */
	} * reader;           /* to be freed */
	int nreaders;         /* this process included */
};
int store_stat(struct store *st, struct store_stat *out, struct err *e);

/* Every invariant: checksums, counts against points, order, cursors, references. FN gets each thing
 * that is wrong; returns how many, or a negative code. */
int store_check(struct store *st, void (*fn)(void *ctx, const char *wrong), void *ctx,
		struct err *e);

#endif
