/* Nobody configures which charts to see, and the alphabet would show gradients first. So charts are
 * ordered by what people look at: how good is it (validation), how does it learn (loss), with what
 * (learning rate), is it healthy (gradient norm), and then the rest, what most runs have first.
 *
 * Before that, names that say one thing together are put together: numbered ones, components of one
 * loss, the same measure on training and validation data, and what is too many under one roof. Each
 * of these steps sorts what is still alone by a key and takes the runs of equal keys. */
#include "tui/lineup.h"

#include "core/series.h"
#include "core/str.h"
#include "core/xalloc.h"
#include "tui/stem.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum rank {
	RANK_HEADLINE,
	RANK_LOSS,
	RANK_LR,
	RANK_GRAD,
	RANK_REST,
	RANK_BARREN,
	RANK_CONSTANT,
	RANK_LAST
};

enum { MAX_PARTS = 8, FOLD_GOAL = 6 /* a measure of quality is only folded when there are many */ };

/* A name that is in no chart yet, under the key of the step at hand. */
struct keyed {
	char *key;
	enum split split;
	int name;
	const struct lineup_name *of;
};

struct making {
	const struct lineup_name *names;
	int n;
	bool *taken;
	struct lineup_chart *chart;
	size_t ncharts, cap;
};

static int
keyed_order(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int c = strcmp(x->key, y->key);
	if (!c)
		c = (int)x->of->unit - (int)y->of->unit;
	if (!c)
		c = (int)x->split - (int)y->split;
	if (!c)
		c = stem_order(x->of->name, y->of->name);
	return c ? c : strcmp(x->of->name, y->of->name);
}

static const char *
goal_sign(const struct metric_role *r)
{
	return r->goal == GOAL_MIN ? " ↓" : r->goal == GOAL_MAX ? " ↑" : "";
}

/* What makes one name more fit than another to speak for a chart; less is better. */
static int
name_rank(const struct lineup_name *n)
{
	int r = metric_headline_rank(&n->role, n->name);
	if (r == INT_MAX)
		r = metric_loss_rank(&n->role, n->name);
	return r;
}

/* A chart of the names of K[0 … n-1]; the caller sets title and labels. */
static struct lineup_chart *
take(struct making *mk, enum lineup_kind kind, const struct keyed *k, int n)
{
	struct lineup_chart *c = vec_push(mk->chart, mk->ncharts, mk->cap);
	*c = (struct lineup_chart){.kind = kind, .n = n, .lead = k[0].name};
	c->name = xcalloc((size_t)n, sizeof *c->name);
	c->label = xcalloc((size_t)n, sizeof *c->label);
	bool constant = true, barren = true, last = true;
	for (int i = 0; i < n; i++) {
		const struct lineup_name *name = k[i].of;
		const struct lineup_name *lead = &mk->names[c->lead];
		c->name[i] = k[i].name;
		mk->taken[k[i].name] = true;
		c->runs = name->runs > c->runs ? name->runs : c->runs;
		constant = constant && name->constant;
		barren = barren && name->barren;
		last = last && name->last;
		if (name->role.role < lead->role.role ||
		    (name->role.role == lead->role.role && name_rank(name) < name_rank(lead)))
			c->lead = k[i].name;
	}
	c->depth = stem_depth(mk->names[c->name[0]].name);
	c->rank = last ? RANK_LAST : barren ? RANK_BARREN : constant ? RANK_CONSTANT : RANK_REST;
	return c;
}

static void
set_title(struct lineup_chart *c, struct str *s)
{
	c->title = xstrdup(str_c(s));
	str_release(s);
}

/* -- the steps: each gives names a key and makes charts of equal ones -------------------------- */

/* The key of a name, or false: not for this step. */
typedef bool key_fn(const struct lineup_name *n, struct str *key, enum split *split);
typedef void same_fn(struct making *mk, struct keyed *k, int n);

static void
step(struct making *mk, key_fn *key_of, same_fn *same)
{
	struct keyed *k = xcalloc((size_t)mk->n + 1, sizeof *k);
	struct str key = STR_INIT;
	int n = 0;
	for (int i = 0; i < mk->n; i++) {
		struct keyed *t = &k[n];
		if (mk->taken[i])
			continue;
		str_reset(&key);
		t->split = SPLIT_NONE;
		if (!key_of(&mk->names[i], &key, &t->split))
			continue;
		t->key = xstrdup(str_c(&key));
		t->name = i;
		t->of = &mk->names[i];
		n++;
	}
	qsort(k, (size_t)n, sizeof *k, keyed_order);
	for (int i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (strcmp(k[i].key, k[end].key) != 0 || k[i].of->unit != k[end].of->unit)
				break;
		same(mk, k + i, end - i);
	}
	for (int i = 0; i < n; i++)
		free(k[i].key);
	free(k);
	str_release(&key);
}

static bool
numbered_key(const struct lineup_name *n, struct str *key, enum split *split)
{
	(void)split;
	return n->role.role != ROLE_HOUSEKEEPING && !n->last && !n->alone &&
	       stem_pattern(n->name, key) > 0;
}

static void
numbered_same(struct making *mk, struct keyed *k, int n)
{
	bool goal = k[0].of->role.goal != GOAL_NONE && k[0].of->role.role != ROLE_LOSS_PART;
	if (n < (goal ? FOLD_GOAL : LINEUP_FOLD))
		return;
	struct lineup_chart *c = take(mk, LINEUP_FOLDED, k, n);
	struct str title = STR_INIT;
	stem_fold(k[0].of->name, k[n - 1].of->name, &title);
	str_addf(&title, " ×%d%s", n, goal_sign(&k[0].of->role));
	set_title(c, &title);
}

static bool
part_key(const struct lineup_name *n, struct str *key, enum split *split)
{
	struct str stem = STR_INIT;
	enum split s = stem_split(n->name, &stem, NULL);
	(void)split;
	str_release(&stem);
	str_addf(key, "%d", s == SPLIT_NONE ? SPLIT_TRAIN : (int)s);
	return n->role.role == ROLE_LOSS_PART && !n->last;
}

/* What names begin and end with alike: the lengths. */
static void
common_ends(const struct keyed *k, int n, size_t *head, size_t *tail)
{
	const char *a = k[0].of->name;
	*head = *tail = strlen(a);
	for (int i = 1; i < n; i++) {
		const char *b = k[i].of->name;
		size_t na = strlen(a), nb = strlen(b), h = 0, t = 0;
		while (h < *head && h < nb && a[h] == b[h])
			h++;
		while (t < *tail && t < nb && a[na - 1 - t] == b[nb - 1 - t])
			t++;
		*head = h;
		*tail = t;
	}
	/* only whole words are alike */
	while (*head > 0 && !strchr("/_.- ", a[*head - 1]))
		--*head;
	while (*tail > 0 && !strchr("/_.- ", a[strlen(a) - *tail]))
		--*tail;
	for (int i = 0; i < n; i++)
		if (*head + *tail >= strlen(k[i].of->name))
			*tail = 0;
}

static void
part_same(struct making *mk, struct keyed *k, int n)
{
	if (n < 2 || n > MAX_PARTS)
		return;
	struct lineup_chart *c = take(mk, LINEUP_PARTS, k, n);
	struct str title = STR_INIT;
	size_t head, tail;
	common_ends(k, n, &head, &tail);
	const char *a = k[0].of->name;
	str_addf(&title, "%.*s{", (int)head, a);
	for (int i = 0; i < n; i++) {
		const char *z = k[i].of->name;
		c->label[i] = xstrndup(z + head, strlen(z) - head - tail);
		str_addf(&title, "%s%s", i ? " " : "", c->label[i]);
	}
	str_addf(&title, "}%s%s", a + strlen(a) - tail, goal_sign(&k[0].of->role));
	set_title(c, &title);
}

/* "train_loss_step" and "val_loss" are about one thing, too. */
static void
drop_cadence(struct str *stem)
{
	static const char *const cadence[] = {"_step", "_epoch", "/step", "/epoch"};
	for (size_t i = 0; i < sizeof cadence / sizeof *cadence; i++) {
		size_t n = strlen(cadence[i]);
		if (stem->len > n && strcmp(stem->buf + stem->len - n, cadence[i]) == 0) {
			stem->len -= n;
			stem->buf[stem->len] = '\0';
			return;
		}
	}
}

static bool
split_key(const struct lineup_name *n, struct str *key, enum split *split)
{
	if (n->role.goal == GOAL_NONE || n->role.role == ROLE_HOUSEKEEPING || n->last)
		return false;
	*split = stem_split(n->name, key, NULL);
	if (*split == SPLIT_NONE)
		*split = SPLIT_TRAIN;
	drop_cadence(key);
	return true;
}

/* Is the label at I said once more behind it? Runs of several frameworks call one thing by several
 * names: loss, train/loss and train_loss are all "train". */
static bool
said_again(const struct lineup_chart *c, int i)
{
	for (int j = i + 1; j < c->n; j++)
		if (strcmp(c->label[i], c->label[j]) == 0)
			return true;
	return false;
}

static void
split_same(struct making *mk, struct keyed *k, int n)
{
	if (n < 2 || n > MAX_PARTS || k[0].split != SPLIT_TRAIN || k[n - 1].split == SPLIT_TRAIN)
		return;
	struct lineup_chart *c = take(mk, LINEUP_SPLITS, k, n);
	struct str title = STR_INIT, stem = STR_INIT, word = STR_INIT;
	c->measure = xasprintf("%s%s", k[0].key, goal_sign(&mk->names[c->lead].role));
	str_addf(&title, "%s:", k[0].key);
	for (int i = 0; i < n; i++) {
		str_reset(&stem);
		str_reset(&word);
		if (stem_split(k[i].of->name, &stem, &word) == SPLIT_NONE)
			str_adds(&word, "train");
		/* what is logged by step and by epoch */
		if (stem.len > strlen(k[i].key) && (i == 0 || k[i].split == k[i - 1].split ||
						    (i + 1 < n && k[i].split == k[i + 1].split)))
			str_addf(&word, "%s", stem.buf + strlen(k[i].key));
		c->label[i] = xstrdup(str_c(&word));
	}
	/* as their lines look: tui/charts.c */
	for (int i = 0; i < n; i++)
		if (!said_again(c, i))
			str_addf(&title, " %s %s", c->label[i], i < n - 1 ? "─" : "•");
	str_adds(&title, goal_sign(&mk->names[c->lead].role));
	set_title(c, &title);
	str_release(&stem);
	str_release(&word);
}

static bool
group_key(const struct lineup_name *n, struct str *key, enum split *split)
{
	int len = stem_group(n->name);
	(void)split;
	str_add(key, n->name, (size_t)len);
	return len > 0 && !n->last && !n->alone &&
	       (n->role.role == ROLE_OTHER || n->role.role == ROLE_GRAD_NORM ||
		n->role.role == ROLE_LOSS_PART);
}

static void
group_same(struct making *mk, struct keyed *k, int n)
{
	if (n <= LINEUP_GROUP)
		return;
	struct lineup_chart *c = take(mk, LINEUP_FOLDED, k, n);
	struct str title = STR_INIT;
	str_addf(&title, "%s/… ×%d", k[0].key, n);
	set_title(c, &title);
}

static bool
lone_key(const struct lineup_name *n, struct str *key, enum split *split)
{
	(void)split;
	str_adds(key, n->name);
	return true;
}

static void
lone_same(struct making *mk, struct keyed *k, int n)
{
	for (int i = 0; i < n; i++) {
		struct lineup_chart *c = take(mk, LINEUP_ONE, &k[i], 1);
		struct str title = STR_INIT;
		str_addf(&title, "%s%s", k[i].of->name, goal_sign(&k[i].of->role));
		set_title(c, &title);
	}
}

/* -- the order --------------------------------------------------------------------------------- */

/* Is chart C fit for place R? Less is fitter; INT_MAX: not at all. */
static int
fitness(const struct lineup_name *names, const struct lineup_chart *c, enum rank r)
{
	int best = INT_MAX;
	if (c->rank == RANK_LAST || c->rank == RANK_BARREN)
		return best;
	for (int i = 0; i < c->n; i++) {
		const struct lineup_name *n = &names[c->name[i]];
		int f = INT_MAX;
		if (r == RANK_HEADLINE && n->role.role == ROLE_HEADLINE)
			f = metric_headline_rank(&n->role, n->name);
		else if (r == RANK_LOSS &&
			 (n->role.role == ROLE_TRAIN_LOSS || n->role.role == ROLE_VAL_LOSS ||
			  c->kind == LINEUP_PARTS))
			f = metric_loss_rank(&n->role, n->name);
		else if ((r == RANK_LR && n->role.role == ROLE_LR) ||
			 (r == RANK_GRAD && n->role.role == ROLE_GRAD_NORM))
			f = 0;
		best = f < best ? f : best;
	}
	/* training and validation together before either alone */
	if (r == RANK_LOSS && best < INT_MAX / 4)
		best = best * 2 + (c->kind != LINEUP_SPLITS) * INT_MAX / 4;
	return best;
}

static int
chart_order(const struct lineup_name *names, const struct lineup_chart *a,
	    const struct lineup_chart *b)
{
	int c = a->rank - b->rank;
	if (!c)
		c = b->runs - a->runs;
	if (!c)
		c = a->depth - b->depth;
	if (!c)
		c = (int)names[a->lead].role.role - (int)names[b->lead].role.role;
	if (!c)
		c = stem_order(names[a->name[0]].name, names[b->name[0]].name);
	if (!c)
		c = strcmp(names[a->name[0]].name, names[b->name[0]].name);
	return c ? c : (int)names[a->lead].unit - (int)names[b->lead].unit;
}

static int
chart_order_r(const void *a, const void *b, void *ctx)
{
	return chart_order(ctx, a, b);
}

/* The fittest chart gets place R; among equals the one that comes first anyway. */
static void
choose(struct making *mk, enum rank r)
{
	struct lineup_chart *best = NULL;
	int fit = INT_MAX;
	for (size_t i = 0; i < mk->ncharts; i++) {
		struct lineup_chart *c = &mk->chart[i];
		int f = c->rank < RANK_REST ? INT_MAX : fitness(mk->names, c, r);
		if (f < fit ||
		    (best && f == fit && f < INT_MAX && chart_order(mk->names, c, best) < 0)) {
			best = c;
			fit = f;
		}
	}
	if (best)
		best->rank = (int)r;
}

int
lineup_make(const struct lineup_name *names, int n, struct lineup_chart **out)
{
	struct making mk = {.names = names, .n = n};
	bool total = false;
	mk.taken = xcalloc((size_t)n + 1, sizeof *mk.taken);
	for (int i = 0; i < n; i++)
		total = total || names[i].role.role == ROLE_TRAIN_LOSS;
	step(&mk, numbered_key, numbered_same);
	if (!total)
		step(&mk, part_key, part_same);
	step(&mk, split_key, split_same);
	step(&mk, group_key, group_same);
	step(&mk, lone_key, lone_same);
	for (enum rank r = RANK_HEADLINE; r < RANK_REST; r++)
		choose(&mk, r);
	if (mk.ncharts)
		qsort_r(mk.chart, mk.ncharts, sizeof *mk.chart, chart_order_r, (void *)names);
	free(mk.taken);
	*out = mk.chart;
	return (int)mk.ncharts;
}

void
lineup_free(struct lineup_chart *charts, int n)
{
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < charts[i].n; k++)
			free(charts[i].label[k]);
		free(charts[i].label);
		free(charts[i].name);
		free(charts[i].title);
		free(charts[i].measure);
	}
	free(charts);
}
