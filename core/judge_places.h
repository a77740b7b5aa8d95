/* judge_places.h - the file systems under what is watched, for the rules about them. Private to
 * judge*.c. */
#ifndef CORE_JUDGE_PLACES_H
#define CORE_JUDGE_PLACES_H

#include "core/map.h"
#include "core/rule.h"
#include "core/sink.h"

struct judge_places {
	const char *store; /* its directory, or NULL */
	int64_t looked_us;
};

/* Those of the roots that S knows, of the store, and of RUNS (struct vitals) that train: every half
 * minute, each once. */
void judge_places_look(struct judge_places *p, struct rules *r, struct sink *s,
		       const struct index *runs, int64_t now_us, rules_emit_fn *fn, void *ctx);
/* How many more checkpoints RUN has room for: every five minutes. */
void judge_places_room(struct rules *r, const char *run, int64_t *looked_us, int64_t now_us);

#endif
