/* order.c - the rows of the run list: a tree by path, big directories folded, firing before live
 * before the rest.
 *
 * Rows are built from runs in order of path: the runs below a directory are then neighbours, so
 * that the tree needs no nodes, only ranges. A directory gets a row of its own when more than
 * FOLD_MIN runs lie below it; smaller ones are shown by the names of their runs. The order within
 * a directory depends on state and start alone, so that a row moves when its state changes and
 * not with every point; orders that follow values are taken anew only once a minute.
 *
 * While a filter is set the list is flat: who searches wants to see what was found. */
#include "tui/model_own.h"

#include "core/xalloc.h"
#include "tui/filter.h"
#include "tui/keyed.h"
#include "tui/names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLD_MIN 10
#define VALUE_ORDER_US 60000000
#define START_US 60000000 /* what started within a minute was started together */

const char *const run_sort_names[SORT_NSORT] = {"state", "name", "start", "loss", "metric", "step"};

/* A directory [lo, hi) of runs in order of path. */
struct found {
	int lo, hi;
	size_t len;            /* of its path, with its '/' */
	struct model_dir *dir; /* its row's, if it comes to one */
};

/* What stands beside others in one directory is sorted by a key, and of the same by its name: WHAT
 * is the index of a run, or the complement of that of a directory that was found. */
struct build {
	struct model *m;
	struct model_row *row;
	int n;
	size_t cap;
	struct found *found;
	int nfound;
	size_t found_cap;
};

static const char *
path_at(const struct model *m, int i)
{
	return m->run[m->own->by_path[i]].info.path;
}

/* -- order ----------------------------------------------------------------------------------- */

/* What a run is measured by when its list is sorted by a value: smaller comes first, NaN last. */
static double
sort_value(const struct model *m, const struct model_run *r)
{
	switch (m->sort) {
	case SORT_LOSS:
		return r->info.loss.name[0] ? r->info.loss.last : NAN;
	case SORT_METRIC:
		if (!r->info.headline.name[0])
			return NAN;
		return r->goal == GOAL_MIN ? r->info.headline.best : -r->info.headline.best;
	case SORT_STEP:
		return -(double)r->info.last_step;
	default:
		return 0;
	}
}

/* What decides on the place of a run, or of the first of many. */
struct weight {
	int class;
	int64_t start; /* in units of START_US: what began together is in order of name */
	double value;
};

static struct weight
weight_of(const struct model *m, const struct model_run *r)
{
	return (struct weight){.class = r->firing ? 0
					: r->live ? 1
						  : 2,
			       .start = r->info.first_us / START_US,
			       .value = sort_value(m, r)};
}

static uint64_t
key_of(const struct model *m, const struct weight *w)
{
	uint64_t newest_first = (uint64_t)(INT64_MAX / START_US - w->start);
	_Static_assert(INT64_MAX / START_US < INT64_C(1) << 60, "room for a class");
	switch (m->sort) {
	case SORT_NAME:
		return 0;
	case SORT_LOSS:
	case SORT_METRIC:
	case SORT_STEP:
		return keyed_of_double(w->value);
	case SORT_STATE:
		return (uint64_t)w->class << 60 | newest_first;
	case SORT_START:
	default:
		return newest_first;
	}
}

static struct keyed
item_of_run(const struct model *m, int i)
{
	struct weight w = weight_of(m, &m->run[i]);
	return (struct keyed){.key = key_of(m, &w), .what = i};
}

static void
better(float *best, double v, enum goal goal)
{
	if (isnan(v))
		return;
	if (isnan(*best) || (goal == GOAL_MAX ? v > (double)*best : v < (double)*best))
		*best = (float)v;
}

static struct keyed
item_of_dir(struct build *b, int lo, int hi, size_t prefix, size_t len)
{
	const struct model *m = b->m;
	struct model_dir *d = xcalloc(1, sizeof *d);
	struct weight all = {.class = 2, .start = INT64_MIN / START_US, .value = NAN};
	d->nruns = hi - lo;
	d->best = NAN;
	for (int i = lo; i < hi; i++) {
		const struct model_run *r = &m->run[m->own->by_path[i]];
		struct weight w = weight_of(m, r);
		all.class = w.class < all.class ? w.class : all.class;
		all.start = w.start > all.start ? w.start : all.start;
		all.value = fmin(all.value, w.value);
		d->nlive += r->live;
		d->nfiring += r->firing > 0;
		if (r->info.headline.name[0])
			better(&d->best, r->info.headline.best, r->goal);
		else if (r->info.loss.name[0])
			better(&d->best, r->info.loss.last, GOAL_MIN);
	}
	d->label = names_of_dir(path_at(m, lo), len - 1, prefix, m->ascii);
	*vec_push(b->found, b->nfound, b->found_cap) =
		(struct found){.lo = lo, .hi = hi, .len = len, .dir = d};
	return (struct keyed){.key = key_of(m, &all), .what = ~(b->nfound - 1)};
}

static const char *
item_name(const struct build *b, const struct keyed *it)
{
	return it->what >= 0 ? b->m->run[it->what].name : b->found[~it->what].dir->label;
}

static const char *
item_path(const struct build *b, const struct keyed *it)
{
	return it->what >= 0 ? b->m->run[it->what].info.path
			     : path_at(b->m, b->found[~it->what].lo);
}

static int
in_order(const void *pa, const void *pb, void *ctx)
{
	const struct build *b = ctx;
	const struct keyed *x = pa, *y = pb;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	int c = names_order(item_name(b, x), item_name(b, y));
	return c ? c : strcmp(item_path(b, x), item_path(b, y));
}

static int
by_name(const void *pa, const void *pb, void *ctx)
{
	const struct model *m = ctx;
	const struct model_run *a = &m->run[*(const int *)pa], *b = &m->run[*(const int *)pb];
	int c = names_order(a->name, b->name);
	return c ? c : strcmp(a->info.path, b->info.path);
}

/* The place of each run in the order of all names, which is not cheap to find, and stays. */
static const int *
ranks(struct model *m)
{
	struct model_own *o = m->own;
	size_t n = (size_t)m->nruns;
	if (o->rank && o->ranked == o->named)
		return o->rank;
	int *order = xmemdup(o->by_path, n * sizeof *order), up = 1;
	while (up < m->nruns && by_name(&order[up - 1], &order[up], m) < 0)
		up++;
	if (up < m->nruns)
		qsort_r(order, n, sizeof *order, by_name, m);
	o->rank = xreallocarray(o->rank, n, sizeof *o->rank);
	for (int i = 0; i < m->nruns; i++)
		o->rank[order[i]] = i;
	o->ranked = o->named;
	free(order);
	return o->rank;
}

#define MANY 64

/* Items of one key. */
static void
sort_alike(struct build *b, struct keyed *item, int n)
{
	uint64_t key = item->key;
	bool runs = n > MANY;
	for (int i = 0; i < n && runs; i++)
		runs = item[i].what >= 0;
	if (!runs) {
		qsort_r(item, (size_t)n, sizeof *item, in_order, b);
		return;
	}
	const int *rank = ranks(b->m);
	for (int i = 0; i < n; i++)
		item[i].key = (uint64_t)rank[item[i].what];
	keyed_sort(item, n);
	for (int i = 0; i < n; i++)
		item[i].key = key;
}

/* Often they are in order already, or the other way about: the runs of a sweep are numbered as they
 * were started, and the newest is to be on top. */
static void
sort_items(struct build *b, struct keyed *item, int n)
{
	int up = 1, down = 1;
	while (up < n && in_order(&item[up - 1], &item[up], b) < 0)
		up++;
	while (up == 1 && down < n && in_order(&item[down - 1], &item[down], b) > 0)
		down++;
	if (up >= n)
		return;
	if (down >= n) {
		for (int i = 0, k = n - 1; i < k; i++, k--) {
			struct keyed it = item[i];
			item[i] = item[k];
			item[k] = it;
		}
		return;
	}
	keyed_sort(item, n);
	for (int i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && item[end].key == item[i].key;)
			end++;
		if (end - i > 1)
			sort_alike(b, item + i, end - i);
	}
}

/* -- tree ------------------------------------------------------------------------------------ */

bool
order_is_unfolded(const struct model *m, const char *dir)
{
	for (int i = 0; i < m->own->nunfolded; i++)
		if (strcmp(m->own->unfolded[i], dir) == 0)
			return true;
	return false;
}

void
order_set_unfolded(struct model *m, const char *dir, bool unfolded)
{
	struct model_own *o = m->own;
	for (int i = 0; i < o->nunfolded; i++)
		if (strcmp(o->unfolded[i], dir) == 0) {
			if (!unfolded) {
				free(o->unfolded[i]);
				o->unfolded[i] = o->unfolded[--o->nunfolded];
			}
			return;
		}
	if (unfolded)
		*vec_push(o->unfolded, o->nunfolded, o->unfolded_cap) = xstrdup(dir);
}

/* Bytes up to and with the last '/' that the runs of [lo, hi) share; in order of path the first
 * and last decide. */
static size_t
shared_dir(const struct model *m, int lo, int hi)
{
	const char *a = path_at(m, lo), *b = path_at(m, hi - 1);
	size_t cut = 0;
	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '/')
			cut = i + 1;
	return cut;
}

static bool
wanted(const struct model *m, const struct model_run *r)
{
	return filter_match(m->filter, r->name, NULL, NULL) || marks_match(&r->marks, m->filter);
}

static struct model_row *
add_row(struct build *b, int run, int depth, size_t skip)
{
	struct model_row *row = vec_push(b->row, b->n, b->cap);
	*row = (struct model_row){.run = run, .depth = (int16_t)depth, .skip = (int16_t)skip};
	return row;
}

static void add_range(struct build *b, int lo, int hi, size_t prefix, int depth, const char *said);

static void
add_dir(struct build *b, const struct keyed *it, int depth, const char *said)
{
	struct model *m = b->m;
	struct found f = b->found[~it->what]; /* below it there may be more */
	struct model_dir *d = f.dir;
	add_row(b, -1, depth, 0)->dir = d;
	d->path = xstrndup(path_at(m, f.lo), f.len);
	d->folded = !order_is_unfolded(m, d->path);
	if (d->folded)
		return;
	char *below = xasprintf("%s%s/", said, d->label);
	add_range(b, f.lo, f.hi, f.len, depth + 1, below);
	free(below);
}

static void
add_items(struct build *b, struct keyed *item, int n, int depth, const char *said)
{
	struct model *m = b->m;
	size_t nsaid = strlen(said);
	sort_items(b, item, n);
	xgrow(&b->row, &b->cap, (size_t)b->n + (size_t)n, sizeof *b->row);
	for (int i = 0; i < n; i++) {
		if (item[i].what < 0) {
			add_dir(b, &item[i], depth, said);
			continue;
		}
		const char *name = nsaid ? m->run[item[i].what].name : "";
		bool says = nsaid && strncmp(name, said, nsaid) == 0 && name[nsaid];
		add_row(b, item[i].what, depth, says ? nsaid : 0);
	}
}

/* How many runs from LO on lie in the directory that the path of the first has below PREFIX. */
static int
in_one_dir(const struct model *m, int lo, int hi, size_t prefix)
{
	const char *path = path_at(m, lo);
	size_t len = prefix + strcspn(path + prefix, "/") + 1;
	int end = lo + 1;
	while (end < hi && strncmp(path_at(m, end), path, len) == 0)
		end++;
	return end - lo;
}

/* The rows of the runs [lo, hi), which share PREFIX bytes of path; SAID is what the rows above
 * say of it. Those right in there are known by the number of their slashes: the paths of very many
 * runs are not looked at each time. */
static void
add_range(struct build *b, int lo, int hi, size_t prefix, int depth, const char *said)
{
	struct model *m = b->m;
	const int *by_path = m->own->by_path;
	struct keyed *item = xreallocarray(NULL, (size_t)(hi - lo) + 1, sizeof *item);
	int n = 0, slashes = 0;
	for (const char *p = path_at(m, lo), *end = p + prefix; p < end; p++)
		slashes += *p == '/';
	for (int i = lo; i < hi;) {
		int k = m->run[by_path[i]].nslashes > slashes ? in_one_dir(m, i, hi, prefix) : 1;
		if (k > FOLD_MIN) {
			item[n++] = item_of_dir(b, i, i + k, prefix, shared_dir(m, i, i + k));
			i += k;
			continue;
		}
		for (; k > 0; k--)
			item[n++] = item_of_run(m, by_path[i++]);
	}
	add_items(b, item, n, depth, said);
	free(item);
}

/* What a filter finds is in one list. */
static void
add_found(struct build *b)
{
	struct model *m = b->m;
	struct keyed *item = xreallocarray(NULL, (size_t)m->nruns + 1, sizeof *item);
	int n = 0;
	for (int i = 0; i < m->nruns; i++)
		if (wanted(m, &m->run[i]))
			item[n++] = item_of_run(m, i);
	add_items(b, item, n, 0, "");
	free(item);
}

/* -- the cursor ------------------------------------------------------------------------------ */

const char *
order_path(const struct model *m, int row)
{
	if (row < 0 || row >= m->nrows)
		return NULL;
	const struct model_row *r = &m->row[row];
	return r->run < 0 ? r->dir->path : m->run[r->run].info.path;
}

int
order_find(const struct model *m, const char *path)
{
	const struct model_run *r = model_run_by_path((struct model *)(uintptr_t)m, path);
	int run = r ? (int)(r - m->run) : -1;
	for (int i = 0; i < m->nrows; i++) {
		const struct model_row *row = &m->row[i];
		if (row->run == run && (run >= 0 || strcmp(row->dir->path, path) == 0))
			return i;
	}
	return -1;
}

/* A row that is not where it was put was chosen by a person: from now on it is the one that is
 * wanted. */
void
order_note_cursor(struct model *m)
{
	struct model_own *o = m->own;
	const char *here = order_path(m, m->cursor);
	if (!here || (o->placed && strcmp(here, o->placed) == 0))
		return;
	if (o->placed)
		o->touched = true;
	free(o->wanted);
	o->wanted = xstrdup(here);
}

static void
place_cursor(struct model *m)
{
	struct model_own *o = m->own;
	int at = o->wanted ? order_find(m, o->wanted) : -1;
	/* Nobody has chosen anything yet, and more is still being read: stay on top. */
	bool top = !o->touched && m->up && !m->progress.idle;
	if (top)
		m->cursor = 0;
	else if (at >= 0)
		m->cursor = at;
	if (m->cursor >= m->nrows)
		m->cursor = m->nrows ? m->nrows - 1 : 0;
	const char *here = order_path(m, m->cursor);
	free(o->placed);
	o->placed = here ? xstrdup(here) : NULL;
	if (here && (top || !o->wanted)) {
		free(o->wanted);
		o->wanted = xstrdup(here);
	}
}

static void
free_rows(struct model *m)
{
	for (int i = 0; i < m->nrows; i++) {
		struct model_dir *d = m->row[i].dir;
		if (!d)
			continue;
		free(d->label);
		free(d->path);
		free(d);
	}
	free(m->row);
	m->row = NULL;
	m->nrows = 0;
}

/* All runs. One whose directory holds all the others stands beside them, not above. */
static void
add_all(struct build *b)
{
	const struct model *m = b->m;
	int n = m->nruns;
	const char *top = path_at(m, 0), *last = path_at(m, n - 1);
	size_t len = strlen(top);
	bool above = n > 1 && strncmp(last, top, len) == 0 && last[len] == '/' &&
		     strncmp(path_at(m, 1), top, len) == 0 && path_at(m, 1)[len] == '/';
	add_range(b, above, n, shared_dir(m, above, n), 0, "");
	if (above)
		add_row(b, m->own->by_path[0], 0, 0);
}

void
order_rows(struct model *m)
{
	struct build b = {.m = m};
	if (m->filter && *m->filter)
		add_found(&b);
	else if (m->nruns)
		add_all(&b);
	free(b.found);
	free_rows(m);
	m->row = b.row;
	m->nrows = b.n;
	place_cursor(m);
	model_edited(m);
	m->own->ordered_us = m->now_us;
	m->own->reorder = false;
}

void
order_release(struct model *m)
{
	free_rows(m);
	for (int i = 0; i < m->own->nunfolded; i++)
		free(m->own->unfolded[i]);
	free(m->own->unfolded);
	free(m->own->rank);
	free(m->own->wanted);
	free(m->own->placed);
}
