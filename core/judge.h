/* judge.h - stands between the sources and the sink, and judges what passes: rules about points,
 * rules about silence.
 *
 * Sources write to judge_sink(). Everything goes on to the real sink; rows that it stored (and not
 * those that a replay only saw again) are shown to the rules, and what the rules decide goes into
 * the same transaction. */
#ifndef CORE_JUDGE_H
#define CORE_JUDGE_H

#include "core/conf.h"
#include "core/rule.h"
#include "core/sink.h"

#include <stdbool.h>
#include <stdint.h>

struct judge;

/* Without RULES it evaluates none and keeps no evidence: it only says what became of rows. FIRED is
 * told after the commit. */
int judge_new(struct sink *real, const struct conf *c, bool rules, struct judge **out,
	      struct err *e);
void judge_free(struct judge *j);
struct sink *judge_sink(struct judge *j);
/* FN hears each change of an alert as it goes into the sink, and each alert that is dropped (as
 * ALERT_OK), those of the beginning included. */
void judge_hear(struct judge *j, rules_emit_fn *fn, void *ctx);
/* Other rules. Alert states were committed. On error the old ones stay. */
int judge_reconf(struct judge *j, const struct conf *c, struct err *e);

/* The store's directory: its file system is watched too. DIR must live as long. */
void judge_store(struct judge *j, const char *dir);
/* Which runs have a tag that a list of globs names; NULL: none has any. */
void judge_tagged(struct judge *j, bool (*fn)(void *ctx, const char *run, const char *globs),
		  void *ctx);

/* What stands in LOG's next rows was there before anybody watched. */
void judge_historic(struct judge *j, uint32_t log, bool historic);
/* The next N bytes of LOG are what a program printed, and have arrived at ARRIVAL_US. WHOLE: they
 * end a line. */
void judge_text(struct judge *j, uint32_t log, const char *p, size_t n, bool whole,
		int64_t arrival_us);
/* Before a commit: judges the lines that were found. */
void judge_settle(struct judge *j);
/* LOG is being replayed and has shown nothing new yet. */
bool judge_comparing(const struct judge *j, uint32_t log);
/* Does the run have a log? */
bool judge_has_logs(const struct judge *j, const char *run);
/* The run has a log that says how it went, and not only what it was told: until the next rollback,
 * whatever becomes of that log. */
bool judge_logged(const struct judge *j, const char *run);
void judge_set_logged(struct judge *j, const char *run);
/* How long the run may be silent before that is longer than usual. */
int64_t judge_quiet_us(const struct judge *j, const char *run);
/* Forgets the names of LOG's columns: nothing will come of it for a while. */
void judge_sleep(struct judge *j, uint32_t log);

/* A run that is in the store, from before: its evidence. */
void judge_restore(struct judge *j);
/* Judges silence. True: some run is live, so there is a reason to come again. */
bool judge_tick(struct judge *j, int64_t now_us);
bool judge_any_live(struct judge *j, int64_t now_us);
/* Judges mm itself. */
void judge_self(struct judge *j, const struct self_state *s, int64_t now_us);
int judge_ack(struct judge *j, const char *rule, const char *run, const char *metric);

/* After a commit: tells what fired since the last one. */
void judge_committed(struct judge *j, void (*fn)(void *ctx, const struct alert *a), void *ctx);
/* After one that failed: ids are void, the rules are where the last one that succeeded left
 * them. */
void judge_rolled_back(struct judge *j);
/* Something was emitted that waits for a commit. */
bool judge_dirty(const struct judge *j);

#endif
