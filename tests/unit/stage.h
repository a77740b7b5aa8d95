/* stage.h - a model made by hand, and what a pane draws of it: for tests of panes, without a
 * store. */
#ifndef TESTS_UNIT_STAGE_H
#define TESTS_UNIT_STAGE_H

#include "tui/model.h"
#include "tui/pane.h"

/* 2025-03-14 15:00:00 UTC, in µs: the clock of every staged screen. */
#define STAGE_NOW INT64_C(1741964400000000)
#define STAGE_MINUTE INT64_C(60000000)

struct model *stage_new(bool ascii);
void stage_free(struct model *m);

/* A run with a loss that went from FROM to LAST, started MINUTES ago; the caller changes what it
 * likes. The pointer lives until the next one is added. */
struct model_run *stage_run(struct model *m, const char *path, enum run_state s, double from,
			    double last, int minutes);
void stage_headline(struct model_run *r, const char *name, double last, double best);
/* A series of N values at steps 0, 10, 20, … */
struct model_series *stage_series(struct model_run *r, const char *name, const double *v, int n);
struct model_alert *stage_alert(struct model *m, const char *rule, const char *run, enum severity s,
				enum alert_state st, int minutes);
/* Names, rows and the drawn set, as a refresh would make them. Call after the last change. */
void stage_settle(struct model *m);

/* What P draws in W × H, as text; to be freed. */
char *stage_screen(struct pane *p, struct model *m, int w, int h);
/* The style at a place of the last screen. */
int stage_style(int x, int y);
/* Where Z begins in line Y of the last screen, in columns; -1: not there. */
int stage_find(int y, const char *z);

/* Both screens are printed when they differ. */
void assert_screen_(const char *got, const char *want, const char *file, int line);
#define assert_screen(got, want) assert_screen_(got, want, __FILE__, __LINE__)
/* P draws WANT in W × H. */
void expect_screen_(struct pane *p, struct model *m, int w, int h, const char *want,
		    const char *file, int line);
#define expect_screen(p, m, w, h, want) expect_screen_(p, m, w, h, want, __FILE__, __LINE__)

#endif
