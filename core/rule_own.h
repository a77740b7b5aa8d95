/* rule_own.h - all that the rules watch, and who is told. Private to rule*.c.
 *
 * Rules are judged for instances: of what they watch, the pairs (run, metric) for which anything
 * was ever wrong. Runs are subjects; a column of a log is a watch, which knows the rules that watch
 * it and remembers for them. */
#ifndef CORE_RULE_OWN_H
#define CORE_RULE_OWN_H

#include "core/map.h"
#include "core/rule_parse.h"
#include "core/rule_state.h"

#include <limits.h>

#define RULE_SECOND INT64_C(1000000)

struct instance {
	struct alert a; /* strings owned, but for the rule's names and the subject's run */
	struct rule *rule;
	struct subject *subject;
	struct instance *sibling; /* of the same subject */
	int64_t last_us;          /* of the newest verdict */
	int64_t told_us;          /* when it was last emitted */
	uint64_t key;             /* of the column that the newest verdict is about */
	int64_t last_step;        /* likewise */
	bool resumed;             /* kept by an earlier process, no verdict since */
	bool counted;             /* among its rule's instances that are not OK */
};

/* Something is wrong with it, or was a moment ago. A verdict that is not true changes nothing for
 * what isn't active. */
static inline bool
instance_is_active(const struct instance *in)
{
	return in && in->a.state != ALERT_OK && in->a.state != ALERT_RESOLVED;
}

/* A run, or a place where runs lie. */
struct subject {
	char *run;
	uint32_t attempt;
	struct instance *first;
	struct watch *watches;
	int64_t tick_us;       /* of the newest rules_run() */
	int64_t awake_us;      /* since when ticks come regularly */
	bool at_work;          /* it was seen running, and since then not ended */
	double room;           /* for checkpoints; NaN: unknown */
	struct course *course; /* NULL: no rule asks for it */
	struct usage *usage;   /* of a place; NULL: not seen yet */
	struct other {
		char *metric;
		double value;
	} * other; /* what ratio() asks for */
	int nothers;
	struct said *said; /* what its logs have said of what is looked for; its first */
};

/* A column of a log, and the rules that watch it. */
struct watch {
	uint64_t key;
	struct subject *subject;
	struct watch *next, **at; /* in the subject's list */
	char *metric;
	enum goal goal;
	int loss_rank;         /* INT_MAX: it does not speak for the run's loss */
	struct memory *memory; /* NULL: no rule remembers anything */
	bool recalled;         /* MEMORY knows what was stored */
	bool wanted;           /* some ratio() asks for it */
	/* Its rules ask only whether values are numbers, and so far all were: finite ones need not
	 * be judged. */
	bool calm;
	int64_t last_us, last_step;
	double last;
	int n;
	struct watch_rule {
		struct rule *rule;
		struct instance *in; /* NULL: nothing was ever wrong */
		/* of each term of `when`, then of `clear`: what is kept for it, or NULL */
		const void **state;
		bool number; /* it asks whether a value is a number, and no more */
		bool plain;  /* what is not true of it is nothing, as long as nothing was */
	} of[];
};

struct rules {
	struct rule *rule;
	int n;
	const struct conf *conf;
	bool by_run; /* some rule watches certain runs only */
	bool course; /* some rule asks for how a run goes as a whole */
	bool places, room, inhibits;
	int64_t tick_us;
	uint64_t episode;
	int64_t sweep_us; /* when the next resolved instance is to be forgotten */

	struct slot {
		uint64_t key;
		struct watch *watch; /* NULL: free */
	} * slot;
	size_t nslots, used;

	struct index subjects; /* by path */
	struct map instances;  /* by rule, run and metric, a NUL between them */
	struct str key;        /* of an instance that is looked for */
	char **root;           /* what messages leave out of paths */
	size_t nroots, roots_cap;
	struct log_wanted *wanted; /* by the rules, in the lines of logs */
	int fatal;                 /* the number of `fatal` there; -1: no rule asks */
	char host[HOST_NAME_MAX + 1];

	rules_recall_fn *recall;
	void *recall_ctx;
	bool (*tagged)(void *ctx, const char *run, const char *globs);
	void *tagged_ctx;
};

/* Who is told in this call. */
struct listener {
	struct rules *r;
	int64_t now_us;
	rules_emit_fn *fn;
	void *ctx;
};

/* One verdict's circumstances, beside those of its occasion. */
struct finding {
	uint64_t key;     /* of the column; 0: of none */
	int64_t limit_us; /* stalled */
	const char *why;  /* words, or NULL */
	/* Words, asked for only when it fires: about NOW, as the rule sees it. */
	const struct watch_rule *by;
	const struct sample *now;
};

/* Of what is looked for in logs one thing that was found, in one attempt. */
struct said {
	struct log_hit hit; /* its line is owned */
	uint32_t attempt;
	struct said *next;
};

struct subject *rules_subject(struct rules *r, const char *run);
/* Does RULE watch that run, by its path? */
bool rule_applies(const struct rule *rule, const char *run);

/* A new attempt of a run ends what the older one left. */
void rules_attempt(struct listener *l, struct subject *s, uint32_t attempt);

/* rule_instance.c */
struct instance *instance_find(struct rules *r, const struct rule *rule, const char *run,
			       const char *metric);
struct instance *instance_new(struct rules *r, struct rule *rule, struct subject *s,
			      const char *metric);
void instance_count(struct instance *in);
void instance_tell(struct listener *l, struct instance *in, enum change c);
/* Ends IN by decree. */
void instance_end(struct listener *l, struct instance *in);
/* Forgets what was resolved long enough ago. */
void instances_sweep(struct listener *l);
/* One verdict for (RULE, S, METRIC), whose instance is *IN if there is one. */
void instance_judge(struct listener *l, struct rule *rule, struct subject *s, const char *metric,
		    struct instance **in, struct occasion *oc, const struct finding *f);

/* rule_watch.c */
struct watch *watch_get(struct rules *r, const char *run, uint64_t key, const char *metric);
/* What RULE says at NOW. */
enum judgement watch_judge(const struct watch_rule *wr, const struct sample *now);
/* What the detectors of WR say of it, in words. */
void watch_explain(const struct watch_rule *wr, const struct sample *now, struct str *out);
/* How many scales NOW is above what is usual, by the first term of WR that asks; NaN: none does. */
double watch_z(const struct watch_rule *wr, const struct sample *now);
void watches_anew(struct subject *s);
void watches_release(struct rules *r);
double subject_other(const void *subject, const char *metric);

/* WHEN and CLEAR as one judgement; both true: it is true. What is not known is what NODATA says. */
enum judgement rule_judgement(const struct rule *r, enum verdict when, enum verdict clear);

/* rule_run.c: what RULE says of the run S when a line was found; STEP: at which it is. HISTORIC: it
 * was found in what was there before. */
void run_judge_said(struct listener *l, struct subject *s, int wish, int64_t step);
bool rule_asks(const struct rule *rule, int wish);

/* rule_log.c */
/* What S has said of WISH in its attempt, or NULL. */
const struct said *subject_said(const struct subject *s, int wish);
void subject_release_said(struct subject *s);

/* rule_course.c: how a run goes as a whole, told by the log of its loss. */
struct course *course_new(void);
void course_free(struct course *c);
void course_anew(struct course *c);
/* A point of the column KEY, which speaks for the loss with RANK. */
void course_take(struct course *c, uint64_t key, int rank, const struct sample *s);
/* The column it goes by; 0: none. */
uint64_t course_key(const struct course *c);
const struct trend *course_trend(const struct course *c);
/* What rules about the run remember of its steps per second; the newest value in *RATE. */
struct memory *course_memory(struct course *c, double *rate);

#endif
