/* rule.h - alert rules, and the state machine that each of them keeps for each series or run it watches.
 *
 * Semantics: reference alerts.md §5.4. A verdict on NaN or on nothing is unknown: it neither fires nor clears a comparison.
 * An instance is (rule, run, metric); for rules about a run (stalled) the metric is "". */
#ifndef CORE_RULE_H
#define CORE_RULE_H

#include "core/conf.h"
#include "core/err.h"
#include "core/run.h"
#include "core/sink.h"

#include <stdbool.h>
#include <stdint.h>

enum severity { SEVERITY_INFO, SEVERITY_WARN, SEVERITY_CRIT };
enum alert_state { ALERT_OK, ALERT_PENDING, ALERT_FIRING, ALERT_RECOVERING, ALERT_RESOLVED };

extern const char *const severity_names[];
extern const char *const alert_state_names[];

/* One instance, as it is kept. A plain value but for its strings. */
struct alert {
	const char *rule, *run, *metric;
	const char *message; /* expanded, for a person */
	uint32_t attempt;    /* of the run */
	enum alert_state state;
	enum severity severity;
	uint64_t rule_hash;  /* of what the rule judges by; another one drops the instance */
	uint64_t episode;    /* unique per firing */
	int64_t since_us;    /* when the state was entered */
	int64_t fired_us;    /* of this or the last episode; 0: never */
	int64_t updated_us;
	int64_t step;
	double value;
	uint32_t n;          /* consecutive true verdicts while pending */
	bool latched, acked;
	bool historic;       /* judged from points that were there before anybody watched: shown, never announced */
};

struct rules;

/* Built-in rules (loss-nonfinite, stalled) with what CONF overrides and adds. */
int rules_new(const struct conf *c, struct rules **out, struct err *e);
void rules_free(struct rules *r);
int rules_count(const struct rules *r);

/* Where changed states go (ends in the sink), and who hears of a firing at once. */
typedef void rules_emit_fn(void *ctx, const struct alert *a, bool fired_now);

/* Takes up a kept state at start; false: its rule is gone or changed (the caller drops it). */
bool rules_restore(struct rules *r, const struct alert *a);
/* A row that was stored, of one run; NAMES[i] is the metric of VALUES[i]. KEY identifies the (log, column) so that which
 * rules apply is looked up once. HISTORIC: it was there before we watched. */
void rules_point(struct rules *r, const char *run, uint32_t attempt, uint64_t key, const char *metric, int64_t step,
		 int64_t now_us, double value, bool historic, rules_emit_fn *fn, void *ctx);
/* Time-based rules of one run; called on the tick for each run that was seen alive. */
void rules_run(struct rules *r, const char *run, uint32_t attempt, const struct run_evidence *ev, const struct pace *pace,
	       int64_t now_us, rules_emit_fn *fn, void *ctx);
/* A person acknowledges: ends latched instances, marks firing ones. RUN, METRIC NULL: all. Returns how many. */
int rules_ack(struct rules *r, const char *rule, const char *run, const char *metric, int64_t now_us, rules_emit_fn *fn,
	      void *ctx);

#endif
