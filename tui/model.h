/* model.h - what is on the screen, apart from how: runs in order, which are drawn, what is
 * chosen, filtered, zoomed.
 *
 * Refreshed from one short snapshot, which copies out all that is shown; panes read it and never
 * touch the store. The app calls model_refresh() when a newer transaction was announced, a minute
 * went by, or somebody set STALE. */
#ifndef TUI_MODEL_H
#define TUI_MODEL_H

#include "core/conf.h"
#include "core/ingest.h"
#include "core/role.h"
#include "core/rule.h"
#include "core/run.h"
#include "store/store.h"
#include "tui/marks.h"

#include <stdbool.h>
#include <stdint.h>

struct versions; /* tui/versions.h: what screen 3 shows */
struct job;
struct job_ops;
struct incident; /* tui/incident.h: an alert that is looked at closely */
struct charts;   /* tui/charts.h: which charts there are, in what order, their columns */

struct model_series {
	uint32_t id;
	char *name;  /* as logged */
	char *shown; /* NAME or NAME@FORMAT */
	bool primary;
	enum goal told; /* by its framework */
	struct metric_role role;
	struct series_sum sum; /* of the newest attempt */
};

/* First what each frame asks of all runs: it lies together. */
struct model_run {
	const char *name; /* short, unique among those shown (DESIGN §1 Names); the model's */
	enum run_state state;
	bool live;
	bool settled;  /* time alone will not change its state */
	bool pinned;   /* chosen by Space */
	bool unpinned; /* Space took it off although it would be drawn by itself */
	bool drawn;    /* in the charts now: cursor, pinned, live ones, at most STYLE_NRUNS */
	bool changed;  /* since its series were copied */
	bool bad;      /* its loss is NaN or infinite now */
	int firing;    /* alerts that fire and nobody acknowledged */
	int nslashes;  /* in its path */
	/* 0 … STYLE_NRUNS-1, stays with the run while it is drawn and when it comes back; -1: none
	 * yet */
	int color;
	enum goal goal;              /* of its headline metric */
	struct model_series *series; /* of drawn runs and the one under the cursor; else NULL */
	int nseries;
	struct run_info
		info;    /* strings in it are owned by this run, names of metrics by the model */
	int64_t total;   /* with [run GLOB] total applied; 0: unknown */
	double rate;     /* steps per second; 0: unknown, or it is not live */
	double eta_s;    /* negative: unknown */
	double progress; /* 0 … 1; negative: unknown */
	double loss_scale, headline_scale; /* [metric GLOB] scale: shown value = scale × value */
	char *given;                       /* what a person or a framework calls it, or NULL */
	struct spark
		*spark; /* of what speaks for it; NULL: no row near the cursor, or it has none */
	struct marks marks; /* what a person wrote of it */
};

enum run_sort { SORT_STATE, SORT_NAME, SORT_START, SORT_LOSS, SORT_METRIC, SORT_STEP, SORT_NSORT };
extern const char *const run_sort_names[SORT_NSORT]; /* "state", "name", …: the argument of :sort */

/* A directory of many runs in the list of them, folded or not. */
struct model_dir {
	char *label; /* its last parts */
	char *path;  /* '/' at its end */
	bool folded;
	int nruns, nlive, nfiring;
	float best; /* headline or loss, NaN when none */
};

/* A row of the run list. There are very many, so what is of directories alone is apart. */
struct model_row {
	int run;       /* index into runs, or -1: a directory */
	int16_t depth; /* at most as many as a path has parts */
	int16_t skip;  /* of a run: bytes of its name that the rows above say already */
	struct model_dir *dir;
};

struct model_alert {
	struct alert a;    /* strings owned; acknowledged also if the journal says so */
	int64_t silent_us; /* until when; 0: it isn't silenced */
	int run;           /* index into runs, or -1 */
};

/* All of one run, for the details pane: copied while it is open. */
struct model_log {
	char *path, *format;
	uint64_t bytes, size, points, remarks;
	bool gone;
	char **remark; /* the last few, "line 12: …" */
	int nremarks;
};

struct model_details {
	char *path; /* of the run */
	bool found;
	double rate;            /* steps per second, whether it goes on or not; 0: unknown */
	struct run_info *older; /* older attempts, newest first; their strings are void */
	int nolder;
	char **key, **value; /* parameters */
	int nparams;
	struct model_log *log;
	int nlogs;
	char **sentence; /* its digest */
	int nsentences;
	uint64_t txn;
};

/* A question that takes y for yes and any other key for no; it stands in the last line. */
struct model_question {
	char text[256]; /* "": none is asked */
	void (*yes)(void *ctx, struct model *m, const char *arg);
	void *ctx;
	char *arg;
};

/* The text of a run is open, and where it was to be opened. */
struct model_text {
	char *run;
	unsigned serial; /* another one each time */
	bool last_words; /* at what the run said of its end; else */
	bool has_step;   /* at this step, at this time; else at its end */
	int unit;        /* enum step_unit */
	int64_t step;
	int64_t wall_us; /* 0: not known */
	bool relist;     /* its files are others now */
	char *show;      /* the one to be shown then, or NULL */
};

struct model_own; /* tui/model_own.h: the books of the model, for its own files */

struct model {
	struct store *store; /* NULL until it exists */
	char *store_dir;
	const struct conf *conf;
	char **root; /* only runs under these; none: all */
	int nroots;
	bool ascii;
	bool letters; /* no colours: lines are told apart by a letter on them */

	uint64_t txn;    /* of the snapshot that was drawn from */
	uint64_t news;   /* newest transaction that was announced */
	bool stale;      /* refresh before the next frame, whatever TXN says */
	int64_t now_us;  /* the clock of this frame */
	int64_t last_us; /* when the newest bytes arrived, over the shown runs */

	/* In no order; a run keeps its index until GENERATION changes (runs were forgotten). */
	struct model_run *run;
	int nruns;
	uint32_t generation;
	/* Changes when any name or its place in the tree did: what is cached by name is void. */
	uint32_t naming;
	/* Changes when anything of a run did, its progress and its curve aside, or a row: what is
	 * summed up over all is void. 0: there is nothing yet. */
	uint32_t edition;
	struct model_row *row; /* of the list: filtered, ordered, folded */
	int nrows;
	int cursor;   /* row */
	char *filter; /* of the run list; NULL: none */
	enum run_sort sort;
	bool hidden_too; /* runs that a person hid are shown like others */

	/* Firing first, unacknowledged before acknowledged, newest first. */
	struct model_alert *alert;
	int nalerts, nfiring; /* NFIRING: those that alert_is_news() */
	char *alert_filter;   /* of the list of alerts (tui/alert_rows.h); NULL: none */
	int alert_sort;       /* enum alert_sort */

	struct charts *charts;
	enum axis axis;
	bool logx;
	int logy;      /* -1: by the metric; 0, 1: for all */
	double smooth; /* 0: off; weight of the debiased EMA */
	double zoom;   /* 1: all of x; 0.5: its last half; … */

	/* from the control socket */
	bool up; /* somebody ingests */
	struct ingest_progress progress;
	char mode[64]; /* "inotify", "inotify+poll 3", … */
	/* For the person: in the status line until the next key; good news only for a minute. */
	char message[256];
	int64_t message_us; /* monotonic, since when */
	bool message_bad;

	int screen; /* 1: the dashboard; 3: versions */
	struct versions *versions;

	/* what panes ask of the app; REQUEST goes to the ingester (core/ctl.h) and may be NULL */
	void (*request)(void *ctx, const char *verb, const char *const *args, int n);
	/* likewise, with an answer; FN is called once, or never when the program ends */
	void (*ask)(void *ctx, const char *verb, const char *const *args, int n,
		    void (*fn)(void *fn_ctx, bool ok, const char *text), void *fn_ctx);
	/* starts mm with ARGS (NULL at the end) beside the screen, with this store and registry
	 * (tui/job.h); NULL, and said why: it can't be */
	struct job *(*work)(void *ctx, const char *const *args, const struct job_ops *ops,
			    void *job_ctx);
	void (*changed)(void *ctx); /* an answer has brought something to be drawn */
	void *request_ctx;          /* of all these */
	int asking;                 /* answers that are to come soon */
	const char *focus; /* the pane that wants the keyboard; the app gives it and sets NULL */
	char *copy; /* text for the clipboard; the app sends it (OSC 52), frees it and sets NULL */
	char *desktop;    /* for the terminal to notify of; likewise */
	char **stop_argv; /* a command that stops a run: the app starts it and sets NULL */
	char *line; /* a command to be completed: the app opens the prompt with it and sets NULL */
	struct model_question question;
	struct model_text *text;       /* not NULL: the log pane is open */
	struct model_details *details; /* not NULL: the details pane is open, on this run */
	struct incident *incident;     /* not NULL: an alert's details are */

	struct model_own *own;
};

struct model *model_new(const char *store_dir, const struct conf *c, char *const *roots, int nroots,
			bool ascii);
void model_free(struct model *m);
/* Opens the store when it has come to exist, takes one snapshot, copies out, recomputes.
 * Negative: words in E. */
int model_refresh(struct model *m, struct err *e);
/* Another configuration; the old one is not used any more. */
void model_set_conf(struct model *m, const struct conf *c);
/* What stands on the lines of a drawn run, and in its row, where there are no colours. */
uint32_t model_letter(const struct model_run *r);
/* The run under the cursor, or NULL (a directory, an empty list). */
struct model_run *model_cursor_run(struct model *m);
/* The run that is looked at: whose text, alert or details are open, else that under the cursor. */
struct model_run *model_run_at(struct model *m);
/* Moves the cursor to the run with this path (unfolding what hides it); false: not shown. */
bool model_goto_run(struct model *m, const char *path);
struct model_run *model_run_by_path(struct model *m, const char *path);
/* NULL or "": none. A substring; case matters when it has capitals. */
void model_set_filter(struct model *m, const char *text);
void model_toggle_fold(struct model *m, int row);
void model_toggle_pin(struct model *m, int row);
void model_set_sort(struct model *m, enum run_sort s);
/* Takes back the last change of the view. UNDO_PUSH: FN(ctx, m, old) will put back OLD (copied;
 * may be NULL); CTX must outlive the model. Model and panes note their own changes; the app notes
 * hidden panes and the like. */
void model_undo(struct model *m);
void model_undo_push(struct model *m, void (*fn)(void *ctx, struct model *m, const char *old),
		     void *ctx, const char *old);
/* Opens the details of a run (the app then shows pane_details until DETAILS is NULL again),
 * closes them. */
void model_open_details(struct model *m, const char *path);
void model_close_details(struct model *m);
/* Opens the text of the run at PATH, where WHERE says (but for its run); closes it. */
void model_open_text(struct model *m, const char *path, const struct model_text *where);
void model_close_text(struct model *m);
/* The same for a run as a whole: at its last words when it has failed, else at the end. */
void model_open_run_text(struct model *m, const struct model_run *r);
/* The evidence for the state of a run, in a sentence. */
void model_why(const struct model *m, const struct model_run *r, struct str *out);
void model_say(struct model *m, bool bad, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Asks before what can't be undone is done: YES is called with a copy of ARG (may be NULL) when the
 * person says so; CTX must live until then. A question that was open is answered with no. */
void model_ask(struct model *m, void (*yes)(void *ctx, struct model *m, const char *arg), void *ctx,
	       const char *arg, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* The answer, if a question is open: is it yes? */
bool model_answer(struct model *m, bool yes);
/* Index in runs of the drawn runs, the one on top last; returns how many (at most STYLE_NRUNS). */
int model_drawn(const struct model *m, int *out);
/* Firing or recovering; acknowledged or not. */
bool alert_fires(const struct alert *a);
/* Fires, and nobody knows: not acknowledged, not silenced, not from an old log. */
bool alert_is_news(const struct model_alert *a);
/* Silences an alert (index) for a while: ARG (may be NULL) is "[TIME] [REASON]"; without one, an
 * alert that is silenced is silent no longer. */
void model_silence(struct model *m, int alert, const char *arg);
/* Each silence that A falls under now, or fell since it fired. */
struct silence;
void model_silences(const struct model *m, const struct alert *a,
		    int (*fn)(void *ctx, const struct silence *s), void *ctx);
/* Acknowledges an alert (index), or all with -1: asks the ingester, and shows it at once. */
void model_ack(struct model *m, int alert);
/* The alerts in one line, for a screen without room for their pane; returns the columns used. */
struct grid;
struct rect;
int alerts_line(struct model *m, struct grid *g, struct rect r);

/* The rule of names alone, for commands and tests: OUT[i] a short, unique name for PATH[i]
 * (malloc'd). */
void model_short_names(const char *const *path, int n, char **out);

#endif
