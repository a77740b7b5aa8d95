/* model_own.h - the books of the model, for its own files (model, roster, order, drawn, view,
 * details); nobody else's. */
#ifndef TUI_MODEL_OWN_H
#define TUI_MODEL_OWN_H

#include "core/arena.h"
#include "core/map.h"
#include "store/journal_files.h"
#include "tui/model.h"

struct view_change {
	void (*fn)(void *ctx, struct model *m, const char *old);
	void *ctx;
	char *old;
};

/* The role of the name that was asked for last. */
struct role_memo {
	const char *name; /* kept in NAMES; NULL: none yet */
	uint8_t told;     /* enum goal */
	const struct conf *conf;
	struct metric_role role;
};

struct model_own {
	/* -- roster.c: the runs -- */
	struct role_memo loss_role, headline_role;
	struct arena called;        /* the names of all runs */
	uint32_t named;             /* counts up when they change */
	struct map names;           /* of metrics: each once, however many runs have it */
	int *by_path;               /* indexes of runs in order of path */
	int64_t judged_us;          /* when the runs last were */
	int *unsettled, nunsettled; /* as long as the model's edition is UNSETTLED_IN */
	size_t unsettled_cap;
	uint32_t unsettled_in;
	int64_t params_us;            /* when parameters were last looked at for names */
	size_t cap;                   /* of m->run */
	struct writer asked, stopped; /* the process that a question is about; that was sent TERM */
	struct journal_files *journal;
	int64_t journal_us;      /* monotonic; when it was last looked at; 0: never */
	uint64_t journal_marked; /* version of the journal that the runs' marks are from */
	bool journal_bad;        /* that it can't be read was said */

	/* -- order.c: the rows -- */
	char **unfolded; /* directories that a person opened, '/' at the end */
	int nunfolded;
	size_t unfolded_cap;
	bool reorder; /* rows are to be made anew */
	int *rank;    /* of each run among all names, if NAMED was RANKED then */
	uint32_t ranked;
	int64_t ordered_us; /* when they last were, for orders that follow values */
	/* Path of the run or directory that the cursor belongs to, shown or not; and of the row
	 * where it was put: another one there now means that a person moved it. */
	char *wanted, *placed;
	bool touched; /* a person has moved it at all */

	/* -- drawn.c -- */
	int drawn[8]; /* runs, the one on top last (STYLE_NRUNS) */
	int ndrawn;
	uint32_t drawn_in;        /* the model's generation then */
	int npinned, remember[8]; /* runs that are pinned; that remember each colour */
	uint32_t counted_in;      /* the model's generation when they were counted */

	/* -- view.c -- */
	struct view_change change[64];
	int nchanges;
	bool undoing;

	/* -- model.c -- */
	uint64_t txn;         /* of the runs and alerts */
	bool scanned;         /* … at all */
	char *scanned_for;    /* the roots of that scan: the app may learn better ones */
	int *loaded, nloaded; /* runs whose series were copied, while GENERATION is LOADED_IN */
	size_t loaded_cap;
	uint32_t loaded_in;
};

/* Something of a run or a row is not what it was. */
void model_edited(struct model *m);
/* Copies what changed out of SN; sets reorder when a state, a name or the set of runs changed. */
int roster_refresh(struct model *m, struct snap *sn, struct err *e);
/* What a new run is known by. */
void roster_set_path(struct model_run *r, const char *path);
/* The set of runs changed: their order by path, and what they are called. */
void roster_settle(struct model *m);
/* Looks what others wrote into the journal, at most once a second. */
void roster_journal(struct model *m);
/* Adds to names that say nothing the parameters that tell their runs apart. */
void params_name(struct model *m, struct snap *sn);
/* Is it earlier than when the runs were last judged? Then they are to be copied again. */
bool roster_clock_back(const struct model *m);
/* Runs that time alone may change, live ones and perhaps more: of very many few are. Until a run
 * changes. */
const int *roster_unsettled(struct model *m, int *n);
/* Judges every run by now_us that time alone may change. */
void roster_judge(struct model *m);
void roster_release(struct model *m);
void roster_free_series(struct model_run *r);
/* Copies the series of R when they changed since they were copied. */
int roster_load_series(struct model *m, struct snap *sn, struct model_run *r, struct err *e);

/* Copies the curves of the rows about the cursor, as far as they may be in view. */
void roster_load_sparks(struct model *m, struct snap *sn);

/* The alerts of the shown runs. */
int bulletin_refresh(struct model *m, struct snap *sn, struct err *e);
/* Their order, their runs, and what fires of each run. */
void bulletin_settle(struct model *m);
void bulletin_release(struct model *m);

/* Notices what a person moved the cursor to. Before anything that changes runs or rows. */
void order_note_cursor(struct model *m);
/* Rows anew: filtered, folded, sorted; the cursor stays with its path. */
void order_rows(struct model *m);
void order_release(struct model *m);
/* The row of a run or directory, or -1. */
int order_find(const struct model *m, const char *path);
/* The path of a row. */
const char *order_path(const struct model *m, int row);
bool order_is_unfolded(const struct model *m, const char *dir);
void order_set_unfolded(struct model *m, const char *dir, bool unfolded);

/* Pins a run, or takes it off though it would be drawn by itself; or neither. */
void drawn_pin(struct model *m, struct model_run *r, bool pinned, bool unpinned);
/* Which runs are drawn, and in what colours. Rows first. */
void drawn_choose(struct model *m);

int details_refresh(struct model *m, struct snap *sn, struct err *e);
void details_free(struct model_details *d);

#endif
