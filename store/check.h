/* check.h - what the files of store_check() share. */
#ifndef STORE_CHECK_H
#define STORE_CHECK_H

#include "store/snap.h"

struct check {
	struct snap *sn;
	void (*fn)(void *ctx, const char *wrong);
	void *ctx;
	int wrong;
	uint32_t next_log, next_run, next_series; /* numbers not given yet */
	uint32_t series, chunks;                  /* the last that was looked up */
};

void wrong(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Reports what made the transaction fail, and lets it go on. True: something had. */
bool check_failed(struct check *c);

/* -- check_log.c: the rows of a log, in chunks and tail, against all that is said of them */
void check_log(struct check *c, const struct log_rec *log);

#endif
