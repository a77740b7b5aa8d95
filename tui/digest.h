/* digest.h - a run in five to eight sentences, each of which says no more than the numbers that go
 * with it. */
#ifndef TUI_DIGEST_H
#define TUI_DIGEST_H

#include "core/run.h"
#include "core/str.h"
#include "store/store.h"

#include <stdint.h>

enum { DIGEST_MAX = 8, DIGEST_NUMBERS = 8 };

struct digest {
	struct sentence {
		const char
			*about; /* "start", "trend", "best", "restarts", "alerts", "rate", "end" */
		char *text;
		struct {
			const char *name;
			double value;
		} number[DIGEST_NUMBERS];
		int n;
	} at[DIGEST_MAX];
	int n;
};

/* What is known of a run beside what is stored of it. */
struct digest_run {
	const struct run_info *info;
	enum run_state state;
	int64_t total; /* 0: unknown */
	double rate;   /* steps per second, whether it goes on or not; 0: unknown */
	const char *why;
	int64_t now_us;
};

/* Costs a look at each series' sums and at fifty columns of one. 0, or a failure of the
 * snapshot's. Released by digest_release() either way. */
int digest_make(struct digest *d, struct snap *sn, const struct digest_run *r, struct err *e);
void digest_release(struct digest *d);

#endif
