/* retention.h - which versions a rule keeps: "best 3 val/loss, last 5, every 1000, within 30d".
 *
 * Rules are joined by "or". Always kept: the newest of a model; what has an alias, a pin, a tag;
 * what is deployed, or is where a rollback would go. A policy without a rule keeps everything. */
#ifndef CORE_RETENTION_H
#define CORE_RETENTION_H

#include "core/err.h"
#include "core/registry.h"
#include "core/role.h"

#include <stdbool.h>
#include <stdint.h>

struct retention {
	char *best_metric; /* NULL: no such rule */
	int best, last;    /* how many; 0: no such rule */
	int64_t every;     /* steps; 0: no such rule */
	int64_t within_us; /* age; 0: no such rule */
};

int retention_parse(const char *text, struct retention *out, struct err *e);
void retention_release(struct retention *p);
bool retention_empty(const struct retention *p);

/* KEEP[i] gets why version I of ALL (of any models, removed ones left out) stays, to be freed;
 * NULL: no rule keeps it. GOAL is that of the metric; with GOAL_NONE `best` keeps all that have
 * it. */
void retention_judge(const struct retention *p, const struct version_list *all, enum goal goal,
		     int64_t now_us, char **keep);

#endif
