/* inspect.h - private to cmd_inspect.c and inspect_*.c: models as text and as JSON. */
#ifndef TUI_INSPECT_H
#define TUI_INSPECT_H

#include "core/model.h"
#include "core/model_diff.h"
#include "core/model_stats.h"
#include "tui/cmd.h"

#include <stdbool.h>
#include <stddef.h>

struct inspect {
	const struct cmd_env *env;
	bool colors, ascii;
	int width; /* of the terminal; 0: none */
	bool tensors, stats, weights, unfold;
	const char *only; /* a pattern; NULL */
	unsigned depth;   /* levels; UINT_MAX */
};

bool inspect_wants(const struct inspect *in, const struct model_tensor *t);
/* A line on a terminal's stderr; P->shown is erased by inspect_quiet(). */
struct inspect_progress {
	const char *what;
	uint64_t done, total; /* of the tensors before this one, of all */
	int64_t next_us;
	bool on, shown;
};
bool inspect_advance(void *progress, uint64_t done, uint64_t total);
void inspect_quiet(struct inspect_progress *p);

void inspect_print(const struct inspect *in, const struct model *m);
void inspect_print_json(const struct inspect *in, const struct model *m);
void inspect_print_diff(const struct inspect *in, const struct model *a, const struct model *b);
void inspect_print_diff_json(const struct inspect *in, const struct model *a,
			     const struct model *b);

/* -- inspect_sheet.c: a table whose first column gives way, with colours */

enum inspect_look { LOOK_PLAIN, LOOK_STRONG, LOOK_FAINT, LOOK_GOOD, LOOK_WARN, LOOK_ALARM };

struct inspect_cell {
	char *text;
	enum inspect_look look;
};

struct inspect_sheet {
	struct inspect_cell *cell;
	size_t n, cap;
	int columns;
	const char *right; /* 'r' for each column that is aligned right, else 'l' */
	int indent;        /* of the whole table */
};

/* TEXT is cleaned for a terminal. */
void inspect_add(struct inspect_sheet *s, enum inspect_look look, const char *text);
void inspect_addf(struct inspect_sheet *s, enum inspect_look look, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* On a terminal the first column is cut in the middle when there is no room. Releases it. */
void inspect_sheet_print(struct inspect_sheet *s, const struct inspect *in);
/* One line, cut at the width; FMT's result is cleaned. */
void inspect_line(const struct inspect *in, enum inspect_look look, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void inspect_look(const struct inspect *in, enum inspect_look look);
/* "[4096, 32000]"; "scalar" */
void inspect_shape(struct str *out, const struct model_tensor *t);
enum inspect_look inspect_safety_look(enum model_safety s);

#endif
