/* source.h - formats: how a file is recognised, and how its bytes become records.
 *
 * A source is a push parser that can be cut at any byte: it is handed what is there, takes whole
 * records, and says how many bytes that was; the rest is handed in again with more behind it, now
 * and then, when a large buffer was given back, first with less. So a parser holds no half record,
 * and its state at the last record's end is all that a restart needs.
 * One row in source_table[] per format. */
#ifndef CORE_SOURCE_H
#define CORE_SOURCE_H

#include "core/hole.h"
#include "core/sink.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stated limits (manual: LIMITS). Over one: a counted remark. */
#define SOURCE_MAX_RECORD (16u << 20) /* bytes of one line or record; a longer one is skipped */
#define SOURCE_MAX_DEPTH 64           /* nesting of JSON */
#define SOURCE_MAX_COLUMNS 20000      /* series of one log; further names are dropped */
#define SOURCE_MAX_NAME 1024          /* bytes of a metric's name; longer ones are dropped */
#define SOURCE_HEAD 65536             /* bytes that a probe may see */
#define SOURCE_DEEP (1u << 20)        /* and of a text that may be a log all the same */

enum probe_verdict {
	PROBE_NO, /* not mine */
	/* cannot tell yet: ask again with up to SOURCE_DEEP bytes, or when the file has grown
	 * (never when that many are there) */
	PROBE_MORE,
	PROBE_LEAVE, /* my format, but no log: `reason` says why (a Kaggle train.csv) */
	PROBE_YES,
};

struct pattern_set;

struct probe {
	const char *path; /* canonical */
	const char *head; /* the file's first bytes */
	size_t nhead;
	bool whole;  /* HEAD is the whole file as it is now */
	bool forced; /* [source] include names it: it is a log, whatever its columns */
	struct pattern_set *patterns; /* [pattern NAME]; may be NULL */
	struct str reason;            /* set by the probe: one clause, "header has a step column" */
};

struct source_env {
	struct sink *sink;
	uint32_t log;
	const char *path;
	const char *prefix; /* before each metric's name */
	int tz_offset_s;    /* seconds east of UTC for stamps without a zone; INT_MIN: local time */
	struct pattern_set *patterns; /* [pattern NAME]; may be NULL */
};

enum source_end {
	SOURCE_OPEN,  /* more may come */
	SOURCE_WHOLE, /* nothing that follows is a record of this content */
	/* What followed says that the file may be of another format: it is to be recognised anew,
	 * and, should it be, read from byte 0. */
	SOURCE_MISTAKEN,
	/* What followed goes on with a line that was taken for a whole one: it is to be read from
	 * byte 0, and compared. */
	SOURCE_AGAIN,
};

struct source; /* parser; each format embeds it first */

struct source_ops {
	const char *name; /* FORMAT in `metric@FORMAT` and `mm sources` */
	int rank;         /* shown first: wandb 0, tfevents 1, jsonl 2, csv 3, json 4, text 5 */
	enum probe_verdict (*probe)(struct probe *p);
	struct source *(*new)(const struct source_env *env);
	/* Takes whole records from BUF, which starts at byte OFFSET of the file; returns the bytes
	 * taken. With AT_END the file is known to end here for good: a last record without its
	 * newline is complete. A record longer than SOURCE_MAX_RECORD: the source takes what there
	 * is, remarks once, and skips to the record's end over further calls. ARRIVAL_US stands in
	 * for rows without a time. */
	size_t (*feed)(struct source *s, const char *buf, size_t len, uint64_t offset, bool at_end,
		       int64_t arrival_us);
	/* State at the last record's end. A version byte first. */
	void (*save)(const struct source *s, struct str *out);
	/* False: state of another version; the caller starts from 0 with a replay. Ids of columns
	 * may be part of the state: the sink that keeps the one keeps the other. */
	bool (*load)(struct source *s, const void *state, size_t n);
	void (*free)(struct source *s);
	/* What the last feed() came to. NULL: a log of this format never ends. */
	enum source_end (*ended)(const struct source *s);
	/* NULs are data, and records have checksums by which a hole shows (hole.h); in a text
	 * format every NUL is one, and feed() sees none before it has settled */
	bool binary;
	/* Its records are lines, and one without its end may be handed in with AT_END before the
	 * file is known to end there: ended() says so when it went on after all. */
	bool lines;
	/* Its records are lines that a program printed: rules look for words in them. */
	bool printed;
	/* Says something of the run whose directory it lies in, and makes none: until there is a
	 * log of that run it is not opened. */
	bool companion;
	/* a further file of the same directory goes on with the series of those before it, in order
	 * of name: what a logger begins when it is restarted */
	bool continues;
};

struct source {
	const struct source_ops *ops;
	struct hole hole; /* of a binary format; the caller sets it before each feed() */
};

extern const struct source_ops *const source_table[]; /* ends with NULL, in the order of probing */

/* Asks each format; PROBE_YES sets *OPS. Never reads a file. Binary and hopeless heads are PROBE_NO
 * at once, an empty one is PROBE_MORE. */
enum probe_verdict source_probe(struct probe *p, const struct source_ops **ops);
const struct source_ops *source_by_name(const char *name);
/* Do the logs at A and B, both of FORMAT, hold one series after the other? */
bool source_continues(const char *format, const char *a, const char *b);
/* Does the one at B come after the one at A? */
bool source_follows(const char *format, const char *a, const char *b);

/* For parsers: the step's column or key among NAMES of a table (DESIGN §4); -1: none. */
int source_step_column(const char *const *names, const size_t *lens, int n, enum step_unit *unit);

#endif
