/* key.h - the names of what is kept: a type byte, then numbers in big-endian order, or a text.
 *
 * One keyspace for everything, so that one transaction is one tree and things that are read
 * together lie together: LMDB compares keys as bytes, hence big-endian. One function a key: the
 * compiler counts the arguments. */
#ifndef STORE_KEY_H
#define STORE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_MAX 511 /* LMDB's own limit */

enum key_type {
	KEY_ALERT = 'A',   /* hash of rule, run, metric → struct alert */
	KEY_TAIL = 'B',    /* number → what one commit added to rows that are in no chunk yet */
	KEY_SERIES = 'C',  /* log, column → what is known of a series */
	KEY_GOAL = 'g',    /* log, column → the direction that its framework gave a series */
	KEY_HIST = 'h',    /* log, column, row → the buckets of a histogram */
	KEY_PARAMS = 'H',  /* run → hyper-parameters */
	KEY_LOG = 'L',     /* log → what is known of a log */
	KEY_META = 'M',    /* name → about the store itself */
	KEY_PAST = 'P',    /* run, attempt → the run as it was in an older attempt */
	KEY_RUN = 'R',     /* path → the run in its newest attempt: one scan is the run list */
	KEY_AXIS = 'X',    /* log, first row → an axis chunk */
	KEY_CHUNK = 'c',   /* series, number → a chunk */
	KEY_NODE = 'd',    /* series, level, block → nodes */
	KEY_STATE = 'S',   /* log → parser state at the cursor */
	KEY_NUMBER = 'i',  /* series → log, column */
	KEY_REMARK = 'k',  /* log, 0 … 63 → a remark */
	KEY_RUN_LOG = 'l', /* run, log → nothing: the logs of a run */
	KEY_NAME = 'n',    /* log, hash of a metric's name, column → nothing */
	KEY_CHECKPOINT = 'm', /* path → a checkpoint */
	KEY_OUTBOX = 'O',     /* text → what waits to be told, what was told (core/outbox.h) */
	KEY_ROOT = 'o',       /* path → a registered root */
	KEY_LOG_PATH = 'p',   /* path → log */
	KEY_RUN_ID = 'r',     /* run → path */
	KEY_SKIPPED = 'x',    /* path → why it was left alone */
};

struct key {
	uint16_t n;
	unsigned char b[KEY_MAX];
};

/* Every key of a type: a prefix to iterate over. */
struct key key_type(enum key_type t);
struct key key_id(enum key_type t, uint32_t id);
struct key key_pair(enum key_type t, uint32_t a, uint32_t b);
struct key key_tail(uint64_t number);
struct key key_row(enum key_type t, uint32_t a, uint64_t row);
struct key key_node(uint32_t series, uint8_t level, uint32_t block);
struct key key_name(uint32_t log, const char *name, size_t len, uint32_t column);
/* The prefix of key_name() for any column. */
struct key key_name_prefix(uint32_t log, const char *name, size_t len);
/* A text of any length: one that does not fit ends in a hash, so order is by text up to that
 * place. */
struct key key_text(enum key_type t, const char *text);
struct key key_alert(const char *rule, const char *run, const char *metric);

/* The numbers of a key: AT counts bytes after the type. */
uint32_t key_get32(const void *key, size_t n, size_t at);
uint64_t key_get64(const void *key, size_t n, size_t at);

/* The CRC32C that checksums of what is kept under K begin with. */
uint32_t key_checksum(const struct key *k);

/* FNV-1a with a final mix: for tables and for keys, not against an enemy. */
uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);

#endif
