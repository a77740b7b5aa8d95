/* text_console.h - a console log while it is read. Private to src_text.c, text_give.c, text_kind.c
 * and text_state.c; log_place.c reads where a row stands. */
#ifndef CORE_TEXT_CONSOLE_H
#define CORE_TEXT_CONSOLE_H

#include "core/map.h"
#include "core/pattern.h"
#include "core/table.h"
#include "core/text_block.h"
#include "core/text_course.h"
#include "core/text_end.h"
#include "core/text_grid.h"
#include "core/text_line.h"
#include "core/text_row.h"
#include "core/text_scope.h"

enum {
	TEXT_MAX_STATE =
		64 << 10,      /* bytes of one state that are read; a longer one has no metrics */
	TEXT_MAX_HELD = 2048,  /* bytes of a line that waits; of a longer one the first is lost */
	TEXT_MAX_LEFTOVER = 5, /* words that are part of nothing, in a line with many pairs */
	TEXT_KINDS = 32,       /* kinds of lines that are remembered */
	TEXT_MAX_STEPPED = 512,
};

struct text_field {
	struct field field;
	bool stepped; /* some number of it stood at a step or a row, not at an epoch */
};

/* A line that was read and waits. */
struct text_held {
	struct str text;
	bool placed;
	struct text_place at;
	int64_t wall_us;
	uint64_t offset, line;
};

/* A kind of line: the same names in the same order. */
struct text_kind {
	uint64_t key;
	bool sure;         /* it came again: it counts from now on */
	bool lead;         /* was there before any step */
	bool plain;        /* counts by itself, and hardly a word is left over */
	unsigned seen;     /* up to 3 */
	uint64_t distance; /* lines behind the step, of the last */
	struct text_held held[2];
};

struct console {
	struct source source;
	struct table t;
	struct map fields;                  /* name → struct text_field */
	uint64_t stepped[TEXT_MAX_STEPPED]; /* hashes of the names of those that are STEPPED */
	size_t nstepped;
	struct patterns *patterns;
	struct text_grid grid;
	struct text_block block;
	struct text_end end;
	struct text_course course;
	struct text_kind kind[TEXT_KINDS]; /* the last used first */
	size_t nkinds;
	bool begun; /* something was given to the sink */

	/* the bar that is being drawn */
	bool drawing;
	struct text_held bar;
	uint64_t bar_key;
	bool bar_done;

	struct str part; /* of the data, which the last evaluation was of */
	struct text_scope scope;

	struct text_held ahead[2]; /* lines that wait for the step which they are of */

	int lowest; /* rank whose lines count; -1: not settled */
	/* until then: the row of the lowest rank so far, at the first step */
	int first_rank; /* -1: there is none */
	struct text_held first;

	/* it said how it ended, and went on only to say what it had reached */
	bool ended, finished;
	struct text_place ended_at;
	unsigned rows_since;
	int64_t epochs, steps; /* totals that the sink knows */

	int64_t seen_us; /* the newest stamp in front of a line; 0: there was none */
	uint64_t line;   /* of the next byte, from 1 */
	bool skipping;   /* the rest of a state that is too long */
	bool unended;    /* the last line that was read has no newline yet */

	struct str clean, what, scoped;
	struct text_row row, again;
};

/* -- text_give.c ------------------------------------------------------------------------------- */

/* A row for the sink. */
void text_give(struct console *c, const struct text_row *r, struct text_place at,
	       const struct text_held *h);
/* C->row. */
void text_give_line(struct console *c, const struct text_held *now);
/* A line that waited. It waits no more. */
void text_give_held(struct console *c, struct text_held *h);
/* [P, END) waits; LINE is what is known of it. */
void text_hold(struct text_held *h, const struct text_held *line, const char *p, const char *end);

/* Fills R by the rules, surest first; leaves it empty when there are no numbers. */
void text_read_numbers(struct text_row *r, struct text_line *l);
/* Fills C->again from a line that waits. */
void text_read_again(struct console *c, const struct text_held *h);

/* -- text_kind.c ------------------------------------------------------------------------------- */

/* What becomes of C->row, which is that of the line [P, END). */
void text_see_bar(struct console *c, struct text_held *now, const char *p, const char *end);
void text_finish_bar(struct console *c);
/* A line that counts, placed. */
void text_see_counted(struct console *c, struct text_held *now, const char *p, const char *end);
/* A line that is of the step to come. */
void text_see_ahead(struct console *c, struct text_held *now, const char *p, const char *end);
/* A line that counts nothing. */
void text_see_follower(struct console *c, struct text_held *now, const char *p, const char *end);

/* -- text_dict.c ------------------------------------------------------------------------------- */

/* Gives the printed dicts of the line [P, END) that report on a training. False: there are none,
 * and C->row is empty. */
bool text_see_dicts(struct console *c, struct text_held *now, const char *p, const char *end);

/* -- text_state.c ------------------------------------------------------------------------------ */

void text_save(const struct source *s, struct str *out);
bool text_load(struct source *s, const void *state, size_t n);

#endif
