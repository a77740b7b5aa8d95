/* snap.h - a snapshot, as the queries see it. Private to the files that answer them. */
#ifndef STORE_SNAP_H
#define STORE_SNAP_H

#include "store/db.h"
#include "store/record.h"
#include "store/store.h"

struct snap {
	struct store *st;
	struct txn *t;
	struct str **texts; /* made for this snapshot, freed with it */
	size_t ntexts, textcap;
};

/* A text that lives as long as the snapshot. */
const char *snap_text(struct snap *sn, const char *s, size_t n);
/* What went wrong in the snapshot, else 0. */
int snap_failed(struct snap *sn, struct err *e);

bool snap_log(struct snap *sn, uint32_t log, struct log_rec *out);
bool snap_series_rec(struct snap *sn, uint32_t series, struct series_rec *out);
/* The newest attempt of the run that LOG belongs to; 0: unknown. */
uint32_t snap_newest(struct snap *sn, uint32_t run);

#endif
