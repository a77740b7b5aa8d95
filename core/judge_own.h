/* judge_own.h - what the judge remembers: of logs, of runs, of alerts that wait for a commit.
 * Private to judge*.c. */
#ifndef CORE_JUDGE_OWN_H
#define CORE_JUDGE_OWN_H

#include "core/epochs.h"
#include "core/judge.h"
#include "core/judge_places.h"
#include "core/log_scan.h"
#include "core/map.h"
#include "core/vitals.h"

struct judge_column {
	char *name; /* NULL: not seen yet */
	int loss_rank;
};

/* Of a log that a program printed. */
struct judge_lines {
	struct log_scan scan;
	struct log_hit *hit; /* those that wait to be judged; their texts are owned */
	size_t nhits, cap;
};

struct judge_log {
	char *path;
	const char *format;
	struct vitals *run; /* NULL: no such log */
	struct judge_column *column;
	size_t ncolumns, cap;
	struct epochs epochs;
	uint32_t epoch_column; /* 1 + its id; 0: it is none of the first EPOCH_LOOKED */
	uint32_t epoch_looked;
	int64_t epoch_steps; /* as it was passed on */
	uint32_t attempt;
	struct writing writing;
	struct last_words said;                /* its text is owned */
	int64_t stepped_us;                    /* when its last row with a step was written */
	bool historic, comparing, stale, gone; /* stale: the attempt has to be asked for */
	struct judge_lines *lines; /* by rules that look for some; NULL: nothing of them is left */
};

struct judge {
	struct sink sink;
	struct sink *real;
	const struct conf *conf;
	struct rules *rules; /* NULL: none are evaluated */
	struct rules *asks;  /* then: those that would be, for what they look for in logs */
	struct judge_log *log;
	size_t nlogs, cap;
	struct index runs; /* struct vitals, by path */
	struct alert *fired;
	size_t nfired, fired_cap;
	rules_emit_fn *heard; /* NULL: what is dropped is noted for who comes */
	void *heard_ctx;
	struct alert *dropped;
	size_t ndropped, dropped_cap;
	bool dirty;
	bool (*tagged)(void *ctx, const char *run, const char *globs);
	void *tagged_ctx;
	struct judge_places places;
	struct map said; /* struct log_kept */
	bool said_loaded;
	bool found; /* lines wait to be judged */
};

extern const struct sink_ops judge_ops; /* judge_sink.c */

/* judge_alerts.c */
void judge_alert_copy(struct alert *to, const struct alert *a);
void judge_alert_release(struct alert *a);
/* rules_emit_fn: CTX is the judge. */
void judge_emit(void *ctx, const struct alert *a, bool fired_now);
/* Nothing has fired since the last commit. */
void judge_fired_clear(struct judge *j);
/* New rules in the place of the old ones, with the states that are kept. */
int judge_take_rules(struct judge *j, const struct conf *c, struct err *e);

/* judge_logs.c */
struct vitals *judge_run(struct judge *j, const char *path);
/* What was forgotten of a run that rested is kept. */
void judge_run_wake(struct judge *j, struct vitals *v);
/* Nothing happens to it. */
void judge_run_rest(struct judge *j, struct vitals *v);
/* NULL: there is no such log. */
struct judge_log *judge_log(struct judge *j, uint32_t id);
/* LOG belongs to the run at RUN, under PATH. */
struct judge_log *judge_log_set(struct judge *j, uint32_t id, const char *path, const char *run,
				const char *format);
void judge_log_gone(struct judge_log *l, bool gone);
void judge_log_writing(struct judge *j, struct judge_log *l, const struct writing *w);
void judge_log_said(struct judge_log *l, const struct last_words *w);
/* To which attempt of its run its rows belong is known. */
void judge_log_attempt(struct judge *j, struct judge_log *l);
/* A row of it that was stored. */
void judge_log_row(struct judge *j, uint32_t id, struct judge_log *l, const struct row *r);
/* What ended the run, by all of its logs. */
void judge_last_words(struct judge *j, struct vitals *run);
void judge_logs_release(struct judge *j);
/* judge_text.c */
/* New rules learn what was found and judged before. */
void judge_text_rules(struct judge *j);
/* What a command found and nobody has judged. */
void judge_text_catch_up(struct judge *j);
/* Forgets what is kept, until it is asked for. */
void judge_text_release(struct judge *j);
/* Lines that wait are void. */
void judge_log_unsay(struct judge_log *l);
/* Nothing will come of L for a while: what is left of its lines, mostly nothing. */
void judge_log_lines_rest(struct judge_log *l);
void judge_log_lines_release(struct judge_log *l);
/* L is read from its beginning. */
void judge_log_scan_anew(struct judge_log *l);
/* The run has trained at US. */
void judge_went_on(struct judge *j, struct vitals *v, int64_t us);
/* A format's name in the table: that one doesn't die. */
const char *judge_format(const char *name);

#endif
