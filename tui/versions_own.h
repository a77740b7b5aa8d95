/* versions_own.h - the state of screen 3, for tui/version*.c alone. */
#ifndef TUI_VERSIONS_OWN_H
#define TUI_VERSIONS_OWN_H

#include "tui/figure.h"
#include "tui/job.h"
#include "tui/list.h"
#include "tui/page.h"
#include "tui/version_rows.h"
#include "tui/versions.h"

enum version_tab { VTAB_ABOUT, VTAB_CURVE, VTAB_STRUCTURE, VTAB_DIFF, VTAB_HISTORY, VTAB_N };

/* The right half: what is known of the version under the cursor. */
struct version_tabs {
	enum version_tab tab;
	struct page page;
	char *shown;     /* tab and name that the page is of, or is being filled for */
	bool stale;      /* what is shown may be another by now */
	struct job *job; /* that fills it, or COMING */
	/* The same once more: it takes the place of the page when it is whole, so that who reads
	 * further down stays there. */
	bool again;
	struct page coming;
	/* of the curve */
	struct figure fig;
	char *fig_of;
	int fig_columns;
	char *fig_note; /* why there is none, or NULL */
};

#define VERSION_ARGS 10

/* How a verb is taken back: words for mm. */
struct version_inverse {
	char *arg[VERSION_ARGS]; /* ends with NULL */
	char *what;
	/* of a deployment: it can be taken back while NOW (NULL: nothing) is what is in SLOT */
	char *slot, *now;
};

struct versions;

/* What is to be asked about SUBJECT, of which mm SAID this last. */
typedef void (*version_previewed_fn)(struct versions *v, const char *subject, const char *said);

/* The verb that is being carried out. */
struct version_work {
	struct job *job;
	char *what;                     /* "save net", for the person */
	char *progress;                 /* the last line of it, or NULL */
	char *said;                     /* the last line it printed, or NULL */
	bool fresh;                     /* it was started by what is being done just now */
	bool preview;                   /* what it prints is shown, until the cursor moves */
	version_previewed_fn then;      /* asks, when only what would be done was wanted */
	char *subject;                  /* of that question */
	struct version_inverse inverse; /* to be noted when it has succeeded */
};

struct versions {
	struct model *m; /* while something of its is called */
	struct version_rows rows;
	struct list list;
	struct rect list_rect, tabs_rect; /* inside, as drawn last */
	int head;                         /* lines above the rows */
	bool on_tabs;                     /* the keyboard is at the right */
	bool zoomed;                      /* that half alone */
	bool loaded, failed;              /* a list has come; the last one could not be had */
	char *cursor;                     /* name of what is under it */
	struct job *listing;
	uint64_t list_hash, coming_hash; /* of its lines */
	bool again;                      /* the list is out of date already */
	int64_t listed_us;               /* monotonic: when it was asked for */
	uint64_t listed_txn;
	struct version_work work;
	struct version_inverse *undo;
	size_t nundo, undo_cap;
	struct version_tabs tabs;
};

/* versions.c */
struct vitem *versions_cursor(struct versions *v);
char *versions_short(struct model *m, const struct vitem *it); /* to be freed */
/* What stands under the cursor is what it stays with. */
void versions_keep_cursor(struct versions *v);
void versions_reload(struct versions *v);
/* The marked ones; returns how many, at most MOST of them in OUT. */
int versions_marked(struct versions *v, struct vitem **out, int most);

/* version_list.c */
void version_list_title(const struct versions *v, char *buf, size_t size);
/* In R, which is at least four columns wide. */
void version_list_draw(struct versions *v, struct model *m, struct grid *g, struct rect r,
		       bool focus);

/* version_tabs.c */
void version_tabs_release(struct version_tabs *t);
void version_tabs_title(const struct versions *v, char *buf, size_t size);
void version_tabs_draw(struct versions *v, struct model *m, struct grid *g, struct rect r);
void version_tabs_turn(struct versions *v, int by);
void version_tabs_show(struct versions *v, enum version_tab tab);
/* What is shown is out of date. */
void version_tabs_stale(struct versions *v);
int version_tabs_refresh(struct versions *v, struct model *m, struct snap *sn, struct err *e);
/* A program's words instead of a tab, until the cursor moves. */
void version_tabs_preview(struct versions *v);

/* version_work.c */
void version_work_release(struct versions *v);
/* Does `mm ARGS`, which a person is told of as WHAT; when another one goes on, says so. */
void version_work_run(struct versions *v, const char *what, const char *const *args);
/* What has been started just now is taken back by `mm ARGS`; … while NOW is in SLOT. */
void version_work_noting(struct versions *v, const char *const *args, const char *what);
void version_work_noting_slot(struct versions *v, const char *slot, const char *now);
/* The same for what only says what would be done; THEN asks about it. */
bool version_work_preview(struct versions *v, const char *what, const char *const *args,
			  version_previewed_fn then, const char *subject);
/* The version that is in SLOT, or NULL. */
const char *version_work_in_slot(const struct versions *v, const char *slot);
void version_work_undo(struct versions *v, enum action a, const char *arg);
void version_work_cancel(struct versions *v);

/* version_verbs.c */
/* Verbs of the registry; false: none of them. */
bool version_work_act(struct versions *v, enum action a, const char *arg);
/* Opens the prompt with ":VERB GUESS". */
void version_work_prompt(struct versions *v, enum action a, const char *guess);
/* The version under the cursor, or words that there is none. */
const struct vitem *version_work_version(struct versions *v, enum action a);
/* The slot that is meant most likely: where IT (or NULL) is; to be freed, "" for none. */
char *version_work_guess_slot(struct versions *v, const struct vitem *it);

/* version_ask.c: verbs that say first what they would do. */
void version_ask_rollback(struct versions *v, enum action a, const char *arg);
void version_ask_prune(struct versions *v, enum action a, const char *arg);
void version_ask_remove(struct versions *v, enum action a, const char *arg);
void version_ask_gc(struct versions *v, enum action a, const char *arg);

#endif
