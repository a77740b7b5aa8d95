/* run.h - which run a log belongs to, and in what state a run is.
 *
 * Both are judgements from evidence alone: a path's name, what was seen and when. Neither looks at
 * a file. */
#ifndef CORE_RUN_H
#define CORE_RUN_H

#include "core/pace.h"
#include "core/series.h"
#include "core/str.h"
#include "core/writer.h"

#include <stdbool.h>
#include <stdint.h>

/* DESIGN §4. PATH is absolute and canonical. RUN gets the run's path; PREFIX what is put before
 * each metric's name ("train/" for train.csv; "" else). Depends on the name alone. */
void run_of_log(const char *path, struct str *run, struct str *prefix);

/* The series whose values alone PATH holds, by its name, which TensorBoard's page gave it
 * (run-RUN-tag-NAME.csv, .json): N bytes within PATH. NULL: it is no such file. */
const char *run_export_tag(const char *path, size_t *n);

/* What a file of MLflow's file store is, by its path alone: mlruns/EXPERIMENT/RUN/… or, wherever it
 * lies, a RUN of 32 hexadecimal digits. NAME points into PATH: what is behind "metrics/" and the
 * like. Models, traces, artifacts and experiments have none. */
enum mlflow_part { MLFLOW_METRIC, MLFLOW_PARAM, MLFLOW_TAG, MLFLOW_META };
bool run_mlflow_part(const char *path, enum mlflow_part *part, const char **name);

/* 0; or PATH is by its name one of those that repeat what another log of their run and format says
 * (Hugging Face's all_results.json and, 2, its parts; mmengine's scalars.json beside TIME.json):
 * where both are there, the one with the lower number is shown. At most 3. */
int run_log_echo(const char *path);

/* The names in a run's directory that hold what it was told (NULL ends); does PATH have one? */
extern const char *const run_companions[];
bool run_is_companion(const char *path);

/* A log that several files hold, each in turn and each from its beginning: PATH is a
 * trainer_state.json, in DIR or in DIR/checkpoint-N. LOG gets the log's path (the one in DIR),
 * *ORDER the N, or INT64_MAX. False: PATH is no such file. Depends on the name alone. */
bool run_log_shared(const char *path, struct str *log, int64_t *order);
/* Which of the processes of its run wrote a log, by the numbers behind rank, worker, proc and node
 * in its path: the smallest is shown. 0 when there is none; node 1's first comes after node 0's
 * last. At most RUN_RANKS - 1. */
#define RUN_RANKS 65536
unsigned run_rank_of_log(const char *path);

/* A file that W&B keeps for itself or to upload, or an artifact of MLflow's: what a run's directory
 * holds beside its log says nothing that the log doesn't. By the name alone; output.log, the
 * console's text, is none. */
bool run_is_copy(const char *path);

/* From the strongest evidence to the weakest: a loss that is no number, what the log said, the
 * total reached, the log deleted, the end of the process that wrote it, silence. Silence is weighed
 * against the run's own habits (pace.h) and against whether anybody watched: a run that went silent
 * before we came is no alarm, so old directories are full of lost and unknown runs, not of stalled
 * ones. */
enum run_state {
	/* Nothing to judge by: no points, no times; or silent since before we came, no total
	 * known. */
	RUN_UNKNOWN,
	RUN_RUNNING,
	RUN_QUIET, /* silent for longer than usual, not yet alarming */
	/* Was seen alive, silent for much longer than ever (pace_stall_us); not finished. */
	RUN_STALLED,
	RUN_FINISHED, /* reached its total, or so near that it logs no more; or said so */
	RUN_FAILED,
	RUN_DIVERGED, /* its loss is NaN or infinite now, whether it goes on or not */
	RUN_CANCELLED,
	/* Not done, and: its log was deleted; or its process ended; or stalled for a day; or silent
	 * since before we came. */
	RUN_LOST,
	RUN_NSTATES,
};

/* What the log says of a training that is under way, in a format of which each also says how it
 * ended: one that doesn't was killed. */
#define RUN_BEGUN "begun"

/* The end that a log's words say (last_words.h), by the first of them; RUN_UNKNOWN: it is none. */
enum run_state run_said_state(const char *said);

/* The exit code of its process, where its last words have it: "… (exit code 3)". */
bool run_said_exit(const char *said, int *code);

const char *run_state_name(
	enum run_state s); /* "running", …: the words of the command line contract */

struct run_evidence {
	int64_t first_us, last_us; /* log time of the first and last row; 0: none */
	/* When bytes last arrived (a file's mtime for what was there before); 0: never. */
	int64_t last_arrival_us;
	int64_t last_step, total; /* total 0: unknown. Unit of total is that of last_step */
	uint64_t points;
	bool step_from_zero; /* first step was 0, so TOTAL steps end at TOTAL - 1 */
	/* Where TOTAL was concluded from epochs: the steps of one. 0: it was not, or who asks
	 * needn't know. */
	int64_t epoch_steps;
	bool loss_bad;    /* the newest value of the run's loss is NaN or infinite */
	bool gone;        /* every log of it is deleted */
	const char *said; /* "finished", "failed", …: the log, of its end; NULL: nothing */
	/* The process that writes its logs: who, and when it ended. On another host it is never
	 * seen, and its absence means nothing. */
	struct writing writing;
	/* Of its pace, from who has asked before: medians of thousands of runs at each look cost
	 * more than all the rest. stall_us 0: not known yet. */
	struct pace_limits limits;
};

/* WHY (may be NULL) gets one sentence: the evidence that decided. PACE may be NULL where EV has its
 * limits. */
enum run_state run_judge(const struct run_evidence *ev, const struct pace *pace, int64_t now_us,
			 struct str *why);
/* When bytes last arrived; 0: never. */
int64_t run_last_arrival_us(const struct run_evidence *ev, const struct pace *pace);
/* How long a silence of it has to last to be unusual. */
int64_t run_quiet_us(const struct run_evidence *ev, const struct pace *pace);
/* How long a silence of it has to last to be alarming. */
int64_t run_stall_us(const struct run_evidence *ev, const struct pace *pace);
/* The process that wrote its logs has ended, and nothing came since. */
bool run_process_ended(const struct run_evidence *ev, const struct pace *pace);
/* It ended a moment ago and its logs don't say how: what it died of may stand beside them, where it
 * is looked for after its end. Nobody is to be woken without the reason. */
bool run_settles(const struct run_evidence *ev, const struct pace *pace, int64_t now_us);
/* It ended short of the epochs that it was told, but with an epoch: who stops early does that. */
bool run_stopped_early(const struct run_evidence *ev);
/* Live: something may still come (running, quiet, stalled, and diverged while bytes arrive). */
bool run_is_live(enum run_state s, const struct run_evidence *ev, const struct pace *pace,
		 int64_t now_us);

/* A parameter that names the total number of steps (max_steps, total_steps, num_train_steps,
 * max_iters, total_timesteps, max_epochs, epochs, num_epochs, …, as last part of a path): its unit,
 * and true. */
bool run_total_param(const char *key, enum step_unit *unit);
/* How deep KEY lies: of two totals the one that is less deep is the run's (max_steps, and not
 * sampler/max_steps). What was concluded lies deepest. */
unsigned run_param_depth(const char *key);
/* Parameters that nobody told the run, and that nobody is shown: what was concluded from its rows,
 * kept with what it was told. */
#define RUN_CONCLUDED '~'
#define RUN_STEPS_GUESS "~total_steps" /* from the time that the log says is left */
#define RUN_EPOCH_STEPS "~epoch_steps" /* the steps of one epoch (epochs.h) */
/* EPOCHS of STEPS each; 0: not known. */
int64_t run_total_of_epochs(int64_t epochs, int64_t steps);

#endif
