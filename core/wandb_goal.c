/* Which way a metric is to go, by define_metric(): its goal, or that the summary keeps its minimum
 * or its maximum.
 *
 * A definition comes before the metric, most often, and may be of many at once (names that begin
 * so). So definitions are kept, and each name of the history is held against them once, when its
 * first number comes; a definition that comes late is held against the names that are there. */
#include "core/wandb_impl.h"

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* Fields of MetricRecord, and of its summary. */
enum { NAME = 1, GLOB = 2, OPTIONS_SUMMARY = 7, GOAL = 8 };
enum { SUMMARY_MIN = 1, SUMMARY_MAX = 2 };

static enum goal
read_summary(struct wandb *w, const struct pb_field *f)
{
	struct pb m;
	struct pb_field g;
	bool min = false, max = false;
	pb_init(&m, f->bytes, f->n, f->n);
	while (pb_next(&m, &g)) {
		min |= g.number == SUMMARY_MIN && g.type == PB_VARINT && g.value;
		max |= g.number == SUMMARY_MAX && g.type == PB_VARINT && g.value;
	}
	w->bad |= m.state == PB_BAD;
	return min == max ? GOAL_NONE : min ? GOAL_MIN : GOAL_MAX;
}

/* A dot in a name is written "\.", to tell it from those between nested names. */
static void
add_name(struct str *out, const struct pb_field *f)
{
	str_reset(out);
	for (size_t i = 0; i < f->n; i++)
		if (f->bytes[i] && (f->bytes[i] != '\\' || i + 1 == f->n || f->bytes[i + 1] != '.'))
			str_addc(out, f->bytes[i]);
}

static bool
fits(const struct wandb_goal *g, const char *name, size_t n)
{
	return (g->begins ? n >= g->n : n == g->n) && !memcmp(name, g->name, g->n);
}

/* Its own before one of many, the newest before older ones. */
static enum goal
goal_of(const struct wandb *w, const char *name, size_t n)
{
	const struct wandb_goal *best = NULL;
	for (size_t i = 0; i < w->ngoals; i++) {
		const struct wandb_goal *g = &w->goal[i];
		if (fits(g, name, n) && (!best || !g->begins || best->begins))
			best = g;
	}
	return best ? best->goal : GOAL_NONE;
}

void
wandb_tell_goal(struct wandb *w, struct wandb_key *k)
{
	enum goal goal = goal_of(w, k->field.name, k->field.nname);
	k->aimed = true;
	if (goal != GOAL_NONE && k->field.column < FIELD_DROPPED)
		w->t.sink->ops->goal(w->t.sink, w->t.log, k->field.column, goal);
}

/* NULL: there are too many, or it is too long. */
static const struct wandb_goal *
goal_add(struct wandb *w, const char *name, size_t n, bool begins, enum goal goal)
{
	for (size_t i = 0; i < w->ngoals; i++) {
		struct wandb_goal *g = &w->goal[i];
		if (g->begins == begins && g->n == n && !memcmp(g->name, name, n)) {
			g->goal = goal;
			return g;
		}
	}
	if (w->ngoals == WANDB_MAX_GOALS || n > SOURCE_MAX_NAME)
		return NULL;
	struct wandb_goal *g = vec_push(w->goal, w->ngoals, w->cap_goals);
	*g = (struct wandb_goal){xstrndup(name, n), n, begins, goal};
	return g;
}

void
wandb_metric(struct wandb *w, struct pb *m)
{
	struct pb_field f;
	enum goal goal = GOAL_NONE, summary = GOAL_NONE;
	bool begins = false;
	str_reset(&w->value);
	while (pb_next(m, &f)) {
		if ((f.number == NAME || f.number == GLOB) && f.type == PB_BYTES && f.n) {
			add_name(&w->value, &f);
			begins = f.number == GLOB;
		} else if (f.number == OPTIONS_SUMMARY && f.type == PB_BYTES) {
			summary = read_summary(w, &f);
		} else if (f.number == GOAL && f.type == PB_VARINT) {
			goal = f.value == 1 ? GOAL_MIN : f.value == 2 ? GOAL_MAX : GOAL_NONE;
		}
	}
	w->bad |= m->state == PB_BAD;
	size_t n = w->value.len;
	if (goal == GOAL_NONE)
		goal = summary;
	if (begins && n && w->value.buf[n - 1] == '*')
		n--;
	else
		begins = false;
	if (w->bad || (!n && !begins) || goal == GOAL_NONE)
		return;
	const struct wandb_goal *g = goal_add(w, str_c(&w->value), n, begins, goal);
	struct wandb_key *k;
	if (!g)
		return;
	for (size_t at = 0; (k = map_next(&w->keys, &at));)
		if (k->field.column < FIELD_DROPPED && fits(g, k->field.name, k->field.nname))
			wandb_tell_goal(w, k);
}

void
wandb_goals_release(struct wandb *w)
{
	for (size_t i = 0; i < w->ngoals; i++)
		free(w->goal[i].name);
	free(w->goal);
}

void
wandb_goals_save(const struct wandb *w, struct str *out)
{
	pack_u64(out, w->ngoals);
	for (size_t i = 0; i < w->ngoals; i++) {
		pack_text(out, w->goal[i].name, w->goal[i].n);
		pack_u64(out, w->goal[i].begins);
		pack_u64(out, w->goal[i].goal);
	}
}

void
wandb_goals_load(struct wandb *w, struct unpack *u)
{
	for (uint64_t n = unpack_upto(u, WANDB_MAX_GOALS); n && !u->bad; n--) {
		size_t len;
		const char *name = unpack_text(u, &len);
		bool begins = unpack_upto(u, 1);
		enum goal goal = (enum goal)unpack_upto(u, GOAL_MAX);
		if (!u->bad)
			goal_add(w, name, len, begins, goal);
	}
}
