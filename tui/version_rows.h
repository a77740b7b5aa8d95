/* version_rows.h - the versions and unsaved checkpoints that screen 3 lists: taken from what
 * `mm version list --json` prints, filtered and ordered. */
#ifndef TUI_VERSION_ROWS_H
#define TUI_VERSION_ROWS_H

#include "core/conf.h"
#include "core/role.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vitem_kind {
	VITEM_SAVED,
	VITEM_ADOPTED,
	VITEM_FOUND, /* a checkpoint in a watched run that is no version yet */
};

struct vitem_metric {
	char *name;
	double value;
};

struct vitem {
	enum vitem_kind kind;
	char *name;  /* "net@v7"; of a found one its path: what verbs are given */
	char *model; /* "" of a found one */
	int number;
	char *alias, *slots, *tags;   /* joined by blanks; "" for none */
	char *note, *wrong;           /* or NULL */
	char *run, *source;           /* paths, or NULL */
	bool pinned, has_step, about; /* ABOUT: the step is only likely */
	bool danger;                  /* loading it can run code */
	int64_t step;
	uint64_t bytes;
	int64_t time_us;
	struct vitem_metric *metric;
	size_t nmetrics;
	double value; /* of the metric that is shown; NaN: it has none */
	bool best;    /* of its model by that metric */
	bool marked;
};

enum vsort {
	VSORT_VERSION,
	VSORT_METRIC,
	VSORT_STEP,
	VSORT_SIZE,
	VSORT_AGE,
	VSORT_ALIAS,
	VSORT_DEPLOYED,
	VSORT_RUN,
	VSORT_N
};
extern const char *const vsort_names[VSORT_N];

struct version_rows {
	const struct conf *conf;
	struct vitem *item;
	size_t n, cap;
	size_t nversions, nmodels, nfound;
	int *row; /* indices of those that pass the filter, in order */
	int nrows;
	char *filter;
	enum vsort sort;
	char *wanted; /* metric that a person chose, or NULL */
	char *metric; /* that is shown: WANTED, or the one that says most; NULL: there is none */
	struct metric_role role; /* of it */
	struct vitem *coming;    /* a list that is being taken */
	size_t ncoming, coming_cap;
};

void version_rows_release(struct version_rows *v);
/* A new list: LINE for each line, END puts it in the place of the old one. Marks stay with what has
 * the same name. A line that isn't understood is passed over. */
void version_rows_begin(struct version_rows *v);
void version_rows_line(struct version_rows *v, const char *json);
void version_rows_end(struct version_rows *v);
/* Orders and filters anew: after SORT, FILTER or WANTED changed. */
void version_rows_order(struct version_rows *v);
/* The next metric that any of them has, in order of what they say; sets WANTED. False: there is no
 * other. */
bool version_rows_next_metric(struct version_rows *v);
/* The row of what is called NAME, or -1. */
int version_rows_find(const struct version_rows *v, const char *name);
/* The row of the newest version that was made of the file SOURCE, or -1. */
int version_rows_of_source(const struct version_rows *v, const char *source);
/* NULL beyond the end. */
struct vitem *version_rows_at(const struct version_rows *v, int row);

#endif
