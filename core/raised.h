/* raised.h - alerts that a training program raised itself (wandb.alert()), shown with those of the
 * rules.
 *
 * They are instances of a rule that nobody wrote, "raised", one for each title in a run. There is
 * no condition that could clear: one fires until it is acknowledged, and again when the program
 * raises it again. What was raised before anybody watched is history: shown, never announced. */
#ifndef CORE_RAISED_H
#define CORE_RAISED_H

#include "core/rule.h"

struct raised {
	const char *title, *text; /* either may be "" */
	enum severity severity;
	int64_t at_us;
	int64_t step; /* that the log was at */
};

/* Is it one of theirs? They have a step and no value. */
bool raised_is(const char *rule);
/* Emits what becomes of one in ATTEMPT of the run at RUN. */
void raised_take(const struct raised *r, const char *run, uint32_t attempt, bool historic,
		 rules_emit_fn *fn, void *ctx);
/* As rules_ack(), of those that SINK keeps. */
int raised_ack(struct sink *sink, const char *rule, const char *run, const char *metric,
	       int64_t now_us, rules_emit_fn *fn, void *ctx);

#endif
