/* log_view.h - the text of a run as a viewer sees it: which files, which lines of one, what is
 * looked for. It asks the ingester and never opens anything; an answer comes when it comes, and
 * until then there is what there was. */
#ifndef TUI_LOG_VIEW_H
#define TUI_LOG_VIEW_H

#include "tui/log_window.h"

#include <stdbool.h>
#include <stdint.h>

struct model;

struct log_view_file {
	char *path, *kind, *why;
};

/* INTO, OUT: a line of one file among all, and back */
enum log_jump { JUMP_NONE, JUMP_FIND, JUMP_PLACE, JUMP_LAST, JUMP_INTO, JUMP_OUT };

struct log_view {
	struct model *m;
	unsigned serial; /* of m->text */
	char *run;
	struct log_view_file *file;
	int nfiles, at; /* the one that is shown */
	int more;       /* files that are left out of the list */
	bool all;       /* no: all of them as one */
	size_t file_cap;
	bool listed, again; /* they were asked for; and before */
	char note[200];     /* why there is nothing; "" else */

	struct log_window win;
	uint64_t size; /* of the file */
	uint64_t dev, ino;
	uint32_t head;
	bool known; /* the above */

	bool follow;
	/* the first row on the screen: row ROW of the line that begins at TOP */
	uint64_t top;
	int row;
	int w, h; /* as drawn last */
	/* a line that is to come into view with so many rows above; once it is there, it has */
	bool landing;
	uint64_t target;
	int above;

	bool marked; /* the line that was found begins at MARK */
	uint64_t mark;
	char *search;    /* or NULL */
	uint64_t anchor; /* where it was begun */

	struct {
		enum log_jump kind;
		bool back, end; /* END: from there, whatever FROM */
		uint64_t from;
		char *text;   /* NULL: errors */
		bool whole;   /* it was begun at an end of the file */
		bool wrapped; /* begun again at the other end */
		bool exact;   /* last words: those of the run */
		int file;
	} jump;

	/* requests: one at a time, beside one that waits for the file to change */
	bool asked;
	unsigned gen, asked_gen; /* an answer to an older question is no answer */
	enum { ASKED_TEXTS, ASKED_LOOK, ASKED_FORTH, ASKED_BACK, ASKED_JUMP } what;
	int waits;
	unsigned wait_gen;
	int64_t wait_us; /* monotonic: since when */
	bool deaf;       /* it was refused: not again until something else is asked */
	bool look;       /* it may have changed */
	bool failed;     /* until it changes */
	bool stuck;      /* the last answer brought nothing */
	bool up;         /* somebody read the logs when it was looked last */
};

struct log_view *log_view_new(void);
void log_view_free(struct log_view *v);
/* Takes up what m->text says, and asks for what is missing; before it is drawn. */
void log_view_pump(struct log_view *v, struct model *m);
/* Its size as drawn. The first line and row to draw: -1: there is none. */
int log_view_first(struct log_view *v, int w, int h, int *row);

void log_view_scroll(struct log_view *v, int rows);
void log_view_end(struct log_view *v);
void log_view_begin(struct log_view *v);
void log_view_file(struct log_view *v, int by);
/* All of them as one, and back to one; the line that is looked at stays in view. */
void log_view_merge(struct log_view *v);
/* TEXT NULL or "": none any more. */
void log_view_search(struct log_view *v, const char *text);
/* To the next line with what is searched for, or with ERRORS or without a search that tells of an
 * error. */
void log_view_next(struct log_view *v, bool back, bool errors);
/* Something is still looked for; this ends it. */
bool log_view_cancel(struct log_view *v);
/* How far down, 0 … 1; negative: not known. */
double log_view_part(const struct log_view *v);

#endif
