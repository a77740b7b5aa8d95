/* vitals.h - the vital signs of a run while it is watched: what run_judge() goes by, kept in memory
 * from the rows that pass. */
#ifndef CORE_VITALS_H
#define CORE_VITALS_H

#include "core/run.h"
#include "core/sink.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct vitals {
	char *run;              /* path */
	struct run_evidence ev; /* said is that of SAID */
	struct pace *pace;      /* NULL: nothing is known of it, or it rests */
	uint32_t attempt;
	enum step_unit unit; /* of ev.last_step */
	/* by unit, from parameters; 0: none; and how deep they lay */
	int64_t totals[STEP_NONE + 1];
	uint16_t depths[STEP_NONE + 1];
	int64_t epoch_steps; /* of one epoch; 0: not known */
	int64_t total;       /* from mm.conf, of whatever unit; 0: none */
	bool fatal;          /* a line of it told of what trainings die of (rules_went_on) */
	bool any, alive;     /* rows were seen; bytes arrived while we watched */
	bool logged;         /* it has a log, and not only what it was told */
	int nlogs, ngone;    /* its logs, and how many of them are deleted */
	uint32_t lead;       /* the log whose steps count; UINT32_MAX: none yet */
	int loss_rank;       /* of the best column so far that speaks for its loss; INT_MAX: none */
	struct last_words said; /* its text is owned */
	int64_t room_us;        /* when room for its checkpoints was looked for */
};

struct vitals *vitals_new(const char *run);
/* As an index asks. */
bool vitals_is(const void *vitals, const void *run, size_t n);
void vitals_free(struct vitals *v);
/* How fast it goes, and how long it usually is silent; NULL: nothing is known of that, or it rests,
 * and its evidence has the limits. */
const struct pace *vitals_pace(const struct vitals *v);
/* It goes on as what WAS was, under its own name, with its own logs. */
void vitals_become(struct vitals *v, const struct vitals *was);
/* Nothing happens to it: its pace, most of what is known of a run, is forgotten but for its limits;
 * and given back when something does. */
void vitals_rest(struct vitals *v);
bool vitals_rests(const struct vitals *v);
void vitals_wake(struct vitals *v, const struct pace *pace);
/* A new attempt began: what the older one did is no evidence. */
void vitals_anew(struct vitals *v, uint32_t attempt);
/* A row of LOG. Where several logs of a run have steps, one of them leads: the others may lag
 * behind it. */
void vitals_row(struct vitals *v, uint32_t log, const struct row *r);
/* Bytes arrived while we watched; or, not LIVE, a file was last changed at that time. */
void vitals_arrival(struct vitals *v, int64_t us, bool live);
/* A value of a column that speaks for the run's loss with RANK (metric_loss_rank). */
void vitals_loss(struct vitals *v, int rank, double value);
/* [run GLOB] total */
void vitals_total(struct vitals *v, const char *value);
void vitals_param(struct vitals *v, const char *key, const char *value);
void vitals_writing(struct vitals *v, const struct writing *w);
void vitals_said(struct vitals *v, const struct last_words *w);
/* What is kept of it, after a restart; RANK is that of K's loss. Who writes its logs, which of them
 * are gone and when they changed is known from the logs, and when they said what is said of its
 * end. It rests, for most will never grow again. */
void vitals_restore(struct vitals *v, const struct run_kept *k, int rank);

#endif
