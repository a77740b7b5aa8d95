/* rule.h - alert rules, and the state machine that each of them keeps for each series or run it
 * watches.
 *
 * Semantics: reference alerts.md §5.4. A verdict on NaN or on nothing is unknown: it neither fires
 * nor clears a comparison. An instance is (rule, run, metric); for rules about a run (stalled) the
 * metric is "".
 *
 * PENDING becomes FIRING when its condition held for `for`, FIRING becomes RECOVERING when it
 * cleared and RESOLVED when it stayed clear for `keep`. A RESOLVED instance is kept for 15 minutes,
 * then it is told a last time as ALERT_OK: whoever keeps alerts drops it then (sink->alert_drop),
 * as it does with a PENDING one that came to nothing. A new attempt of a run ends what the older
 * one left, a run's end what doesn't latch. */
#ifndef CORE_RULE_H
#define CORE_RULE_H

#include "core/conf.h"
#include "core/err.h"
#include "core/run.h"
#include "core/series.h"
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
	const char *message; /* expanded, for a person; "" before it fired */
	uint32_t attempt;    /* of the run */
	enum alert_state state;
	enum severity severity;
	uint64_t rule_hash; /* of what the rule judges by; another one drops the instance */
	uint64_t episode;   /* unique per firing */
	/* When the state was entered; of a state that has to last, moved by what doesn't count. */
	int64_t since_us;
	int64_t fired_us;   /* of this or the last episode; 0: never */
	int64_t updated_us; /* when this was last told */
	int64_t step;       /* of the point that fired it, or that it is pending by */
	double value;       /* likewise; of a stalled run: the seconds of silence */
	/* Pending by points: true verdicts in a row, or the last 32 as bits, the newest lowest (K
	 * of N). Firing: 1, or 0 when the newest verdict is that it is clear. Recovering: clear
	 * verdicts in a row. */
	uint32_t n;
	bool latched; /* fires until acknowledged */
	bool acked;
	/* Judged from points that were there before anybody watched: shown, never announced. */
	bool historic;
	/* It fired while a rule fires for the same run that explains it: shown, and announced only
	 * if it still fires when that one has ended. */
	bool inhibited;
	/* What the rule says of its delivery; filled in whenever an alert is told. */
	bool sent;          /* no: it is shown, and nobody is told */
	bool event;         /* it has no duration: resolved at once, which is not worth telling */
	const char *notify; /* names of channels, "" for those that its severity goes to */
	int64_t repeat_us;  /* how often it is told again while it fires; 0: never */
};

struct rules;

/* Built-in rules with what CONF overrides and adds. CONF has to live as long: it knows the goals
 * and roles of metrics. */
int rules_new(const struct conf *c, struct rules **out, struct err *e);
void rules_free(struct rules *r);
int rules_count(const struct rules *r);
/* Messages call runs below DIR by what stands behind it. */
void rules_root(struct rules *r, const char *dir);

/* A rule in a few words, for a list of them. */
struct rule_info {
	const char *name;
	bool builtin, sent;
	enum severity severity;
};
void rules_info(const struct rules *r, int i, struct rule_info *out);

/* Where stored points come from: FN is to be told the points of column KEY in ATTEMPT that were
 * kept before the row that is being judged, oldest first. So what detectors know of a series is
 * rebuilt after a restart. NULL: there are none. */
typedef void rules_recall_fn(void *ctx, uint64_t key, uint32_t attempt,
			     int (*fn)(void *ctx, const struct point *p), void *to);
void rules_recall(struct rules *r, rules_recall_fn *fn, void *ctx);
/* Has RUN a tag that the list of GLOBS names? NULL: no run has tags. */
void rules_tagged(struct rules *r, bool (*fn)(void *ctx, const char *run, const char *globs),
		  void *ctx);

/* Where changed states go (ends in the sink), and who hears of a firing at once. A dies when FN
 * returns. Instances that are pending or recovering are told at most once a second although nothing
 * changed but UPDATED_US, N and SINCE_US: so a restart knows what did not count. */
typedef void rules_emit_fn(void *ctx, const struct alert *a, bool fired_now);

/* Takes up a kept state at start; false: its rule is gone or changed (the caller drops it). What
 * fires goes on firing and is not announced again; the time until the next verdict does not count
 * towards `for` and `keep`, after an hour PENDING begins anew and RECOVERING fires. */
bool rules_restore(struct rules *r, const struct alert *a);
/* A row that was stored, of RUN. HISTORIC: it was there before we watched; NOW_US is then when it
 * was logged. An instance that fired so is announced when a live point confirms it. */
struct rules_row {
	const char *run;
	uint32_t attempt;
	int64_t step, now_us;
	bool historic;
	rules_emit_fn *fn;
	void *ctx;
	const struct subject *subject; /* the rules' own; NULL at first */
};
/* One of its values. KEY identifies the (log, column), so that which rules apply is looked up once:
 * it may become another run's, but METRIC stays what it is. Values of an older attempt are
 * ignored. */
void rules_value(struct rules *r, struct rules_row *row, uint64_t key, const char *metric,
		 double value);
/* A row of one value. */
void rules_point(struct rules *r, const char *run, uint32_t attempt, uint64_t key,
		 const char *metric, int64_t step, int64_t now_us, double value, bool historic,
		 rules_emit_fn *fn, void *ctx);
/* Nothing comes of column KEY for a while: what is remembered of it is let go, and recalled when it
 * goes on. */
void rules_sleep(struct rules *r, uint64_t key);
/* Nothing happens to RUN for a while: unless something is to be said of it, it is forgotten. */
void rules_rest(struct rules *r, const char *run);
/* Bytes that detectors keep now. */
size_t rules_bytes(const struct rules *r);
/* How many checkpoints as large as its newest a run has room for; for rules_run(). NaN: unknown. */
void rules_room(struct rules *r, const char *run, double checkpoints);
/* A place where runs lie: what is free of its file system and of its inodes (shares; NaN: unknown),
 * judged by the rules about that. Called on the tick. */
void rules_place(struct rules *r, const char *dir, double disk_free, double inode_free,
		 int64_t now_us, rules_emit_fn *fn, void *ctx);
/* Does any rule ask after places, or after room for checkpoints? */
bool rules_want_places(const struct rules *r);
bool rules_want_room(const struct rules *r);
/* How mm itself fares, judged by the rules about that. */
struct self_state {
	double store_s;  /* for so long what was read could not be kept, until a minute ago */
	double outbox_s; /* the oldest message waits for so long */
	double lost;     /* times that inotify lost events, lately */
	double unwatched;
};
void rules_self(struct rules *r, const struct self_state *s, int64_t now_us, rules_emit_fn *fn,
		void *ctx);
/* Something is wrong with a place, or mm, or was a moment ago: it has to be looked at again. */
bool rules_uneasy(const struct rules *r);
/* A point that was stored and judged before, of a column that is about to be given more: it is
 * remembered, and nobody is told. P NULL: there is none. So what is stored needs no recalling. */
void rules_known(struct rules *r, const char *run, uint64_t key, const char *metric,
		 const struct point *p);
/* What rules look for in the lines that runs print; lives as long as R. */
struct log_wanted;
const struct log_wanted *rules_wanted(const struct rules *r);
/* A line of RUN that has the WISH-th of what is looked for. A plain value but for the line, which
 * is clean. */
struct log_hit {
	int wish;
	int64_t wall_us;    /* when, by the line itself; 0: it does not say */
	int64_t arrival_us; /* when its bytes came */
	bool historic;      /* it was there before we watched */
	const char *line;
};
/* H is news of that attempt. Of what was found before only a line that was written earlier is: then
 * it is what is shown, and nobody is told anew. True: H is the one that counts, and to be kept.
 * STEP: at which the run is. */
bool rules_said(struct rules *r, const char *run, uint32_t attempt, const struct log_hit *h,
		int64_t step, int64_t now_us, rules_emit_fn *fn, void *ctx);
/* The same of one that was kept and judged. */
void rules_said_before(struct rules *r, const char *run, uint32_t attempt, const struct log_hit *h);
/* RUN has trained at US. True: what it said before and trainings die of (fatal) is void now. */
bool rules_went_on(struct rules *r, const char *run, int64_t us);
/* Time-based rules of one run; called on the tick for each run that was seen alive, once the first
 * scan is done. For 30 s after the first call, and after the machine slept, silence is not
 * judged. */
void rules_run(struct rules *r, const char *run, uint32_t attempt, const struct run_evidence *ev,
	       const struct pace *pace, int64_t now_us, rules_emit_fn *fn, void *ctx);
/* A person acknowledges: marks firing ones; a latched one is let go, so that it resolves when (or
 * if already) clear. RUN, METRIC, RULE NULL: all. Returns how many were not acknowledged before. */
int rules_ack(struct rules *r, const char *rule, const char *run, const char *metric,
	      int64_t now_us, rules_emit_fn *fn, void *ctx);

#endif
