/* recorder_own.h - what a recorder is made of: for its two halves, the sink and the text of it. */
#ifndef TESTS_UNIT_RECORDER_OWN_H
#define TESTS_UNIT_RECORDER_OWN_H

#include "core/str.h"
#include "tests/unit/recorder.h"

#include <stddef.h>

struct cell {
	uint32_t column;
	double value;
};

struct kept_row {
	enum step_unit unit;
	int64_t step, wall_us, arrival_us;
	unsigned n;
	struct cell cell[];
};

/* A vector that can be copied whole: its elements own nothing. */
struct vec {
	void *at;
	size_t n, cap;
};

struct attempt {
	uint32_t number;
	struct vec rows; /* struct kept_row * */
};

struct remark {
	enum remark_kind kind;
	uint64_t offset, line;
	const char *text;
};

/* The buckets behind a cell. */
struct buckets {
	uint32_t attempt, column;
	size_t row;
	const char *text;
};

struct log {
	const char *path, *run, *prefix, *format, *reason;
	int rank;
	struct cursor cur; /* its state is in the arena */
	bool gone, comparing;
	struct writing writing;
	size_t compared; /* rows of the newest attempt that were seen again */
	uint64_t points, nremarks;
	uint64_t judged;     /* rows of the newest attempt */
	struct vec columns;  /* const char * */
	struct vec attempts; /* struct attempt; the last is the newest that this log has rows in */
	struct vec remarks;  /* struct remark */
	struct vec buckets;  /* struct buckets */
	bool stored;         /* the last row was */
};

struct run {
	const char *path, *said, *title;
	uint32_t attempt;
	int64_t arrival_us; /* the last one */
};

struct param {
	const char *run, *key, *value;
};

struct skip {
	const char *path, *reason;
};

struct told {
	const char *key;
	const void *p;
	size_t n;
};

struct known_checkpoint {
	const char *path;
	struct checkpoint c;
};

struct state {
	struct vec logs;    /* struct log * : ids are indices */
	struct vec runs;    /* struct run */
	struct vec params;  /* struct param */
	struct vec skipped; /* struct skip */
	struct vec checkpoints;
	struct vec alerts; /* struct alert, strings in the arena */
	struct vec outbox; /* struct told */
	struct vec roots;  /* const char * */
	uint64_t superseded, arrivals;
};

struct recorder {
	struct sink sink;
	struct vec arena; /* void * */
	struct state now, kept;
	uint64_t commits;
	size_t pending;
	int fail;
	const char *fail_text;
};

static inline struct recorder *
recorder_of(struct sink *s)
{
	return (struct recorder *)s;
}

static inline struct attempt *
log_newest(struct log *l)
{
	return (struct attempt *)l->attempts.at + l->attempts.n - 1;
}

/* Frees P when the recorder is freed. */
void *recorder_keep(struct recorder *r, void *p);
struct log *recorder_find_log(struct sink *s, const char *path);
struct run *recorder_find_run(struct recorder *r, const char *path);
/* All logs in order of path; to be freed. */
struct log **recorder_sorted(struct recorder *r);
/* The shortest text that reads back the same. */
void recorder_add_number(struct str *out, double v);

#endif
