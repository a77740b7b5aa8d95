/* snap.h - a snapshot, as the queries see it. Private to the files that answer them. */
#ifndef STORE_SNAP_H
#define STORE_SNAP_H

#include "store/db.h"
#include "store/record.h"
#include "store/ruler.h"
#include "store/sealed.h"
#include "store/store.h"
#include "store/chain.h"

struct snap {
	struct store *st;
	struct txn *t;
	struct str **texts; /* made for this snapshot, freed with it */
	size_t ntexts, textcap;
	struct chain chain; /* of CHAIN_LOG, if that is not 0 */
	uint32_t chain_log;
	struct ruler ruler; /* of the last chart */
};

/* For upkeep.c: the environment of a writer for whom nothing waits and no snapshot is open; else
 * NULL, with words. */
struct db *store_idle_db(struct store *st, struct err *e);
struct db *store_db(struct store *st);
/* The sink forgets what it remembers of what is kept: that was changed under it. */
void store_forget_memory(struct store *st);

/* A text that lives as long as the snapshot. */
const char *snap_text(struct snap *sn, const char *s, size_t n);
/* What went wrong in the snapshot, else 0. */
int snap_failed(struct snap *sn, struct err *e);

/* A reader for the points of LOG; to be given back. */
struct reader *snap_reader(struct snap *sn, uint32_t log);
void snap_reader_back(struct snap *sn, struct reader *r);

/* The rows of LOG that are not sealed; until the next call. NULL: damaged. */
const struct chain *snap_chain(struct snap *sn, const struct log_rec *log);
/* Adds to R what the tail of its log holds of it. */
/* What the framework that wrote LOG says of a column's direction. */
enum goal snap_goal(struct snap *sn, const struct log_rec *log, uint32_t column);
bool snap_follow(struct snap *sn, const struct log_rec *log, struct series_rec *r);
uint32_t log_rec_attempt_at(const struct log_rec *log, uint64_t row);

bool snap_run_rec(struct snap *sn, uint32_t id, struct run_rec *out);
bool snap_log(struct snap *sn, uint32_t log, struct log_rec *out);
bool snap_series_rec(struct snap *sn, uint32_t series, struct series_rec *out);
/* The newest attempt of the run that LOG belongs to; 0: unknown. */
uint32_t snap_newest(struct snap *sn, uint32_t run);

#endif
