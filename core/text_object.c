/* The members of the object come in any order: first it is asked whose it is and what it counts,
 * then its numbers are taken. An object that is torn gives none. */
#include "core/text_object.h"

#include "core/json_flat.h"
#include "core/num.h"
#include "core/stamp.h"
#include "core/text_dialect_own.h"

#include <math.h>
#include <string.h>

enum logger { DLLOGGER, MLPERF };

struct object {
	const char *p;
	size_t n;
	enum logger by;
	double time; /* DLLogger: s; MLPerf: ms; 0: not said */

	/* DLLogger */
	double count[2]; /* the step; of a list the epoch first */
	unsigned counts;
	bool list; /* it is one */
	bool told; /* what the run was told: its parameters */
	bool validating;

	/* MLPerf */
	const char *key;
	size_t nkey;
	bool point;           /* "POINT_IN_TIME": no begin or end of something */
	double step, epoch;   /* NAN: it is not said */
	struct text_row *row; /* to be filled */
	struct table *table;
};

static bool
is(const char *p, size_t n, const char *text)
{
	return strlen(text) == n && !memcmp(p, text, n);
}

/* Behind BEFORE in the leaf's path; NULL: it begins otherwise. */
static const char *
below(const struct json_leaf *f, const char *before)
{
	size_t n = strlen(before);
	return f->npath > n && !memcmp(f->path, before, n) ? f->path + n : NULL;
}

/* -- whose it is, and what it counts ----------------------------------------------------------- */

static void
see_dllogger(struct object *o, const struct json_leaf *f)
{
	const char *data = below(f, "data/");
	o->list = o->list || below(f, "step/");
	if (is(f->path, f->npath, "timestamp") && f->type == JSON_STRING)
		num_parse_all(f->text, f->text + f->ntext, &o->time);
	else if (is(f->path, f->npath, "step") && f->type == JSON_STRING)
		o->told = is(f->text, f->ntext, "PARAMETER");
	else if ((is(f->path, f->npath, "step") || below(f, "step/")) && o->counts < 2)
		o->count[o->counts++] = f->type == JSON_NUMBER ? f->number : NAN;
	else if (data)
		o->validating = !strncmp(data, "val", 3);
}

static void
see_mlperf(struct object *o, const struct json_leaf *f)
{
	static const char *const steps[] = {"samples_count", "step_num", "step", "iteration"};
	const char *name = f->path;
	if (is(name, f->npath, "key") && f->type == JSON_STRING && f->ntext) {
		o->key = f->text;
		o->nkey = f->ntext;
	} else if (is(name, f->npath, "event_type")) {
		o->point = is(f->text, f->ntext, "POINT_IN_TIME");
	} else if (is(name, f->npath, "time_ms") && f->type == JSON_NUMBER) {
		o->time = f->number;
	} else if (f->type == JSON_NUMBER && (name = below(f, "metadata/"))) {
		for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
			if (!strcmp(name, steps[i]) && isnan(o->step))
				o->step = f->number;
		if (!strcmp(name, "epoch_num"))
			o->epoch = f->number;
	}
}

static void
see(void *ctx, const struct json_leaf *f)
{
	struct object *o = ctx;
	if (o->by == DLLOGGER)
		see_dllogger(o, f);
	else
		see_mlperf(o, f);
}

/* The object behind a word, or NULL. */
static const char *
behind_word(const char *p, const char *end, enum logger *by)
{
	static const char *const words[] = {[DLLOGGER] = "DLLL ", [MLPERF] = ":::MLLOG "};
	for (*by = DLLOGGER; *by <= MLPERF; ++*by) {
		size_t n = strlen(words[*by]);
		if ((size_t)(end - p) > n && !memcmp(p, words[*by], n) && p[n] == '{')
			return p + n;
	}
	return NULL;
}

bool
text_object_begins(const char *p, size_t n)
{
	enum logger by;
	return behind_word(p, p + n, &by) != NULL;
}

static bool
object_read(struct object *o, const char *p, const char *end)
{
	*o = (struct object){.step = NAN, .epoch = NAN};
	o->p = behind_word(p, end, &o->by);
	if (!o->p)
		return false;
	o->n = (size_t)(end - o->p);
	struct str path = STR_INIT;
	bool whole = json_flat(o->p, o->n, &path, see, o) == JSON_END;
	str_release(&path);
	return whole;
}

static void
each(const struct object *o, void (*fn)(void *ctx, const struct json_leaf *f))
{
	struct str path = STR_INIT;
	json_flat(o->p, o->n, &path, fn, (void *)o);
	str_release(&path);
}

/* -- its numbers ------------------------------------------------------------------------------- */

static void
add(struct text_row *r, const char *name, size_t n, const struct json_leaf *f)
{
	double v;
	if (f->type == JSON_NUMBER)
		text_row_add(r, name, n, f->number);
	else if (f->type == JSON_STRING && num_parse_all(f->text, f->text + f->ntext, &v))
		text_row_add(r, name, n, v);
}

static void
add_dllogger(void *ctx, const struct json_leaf *f)
{
	const struct object *o = ctx;
	const char *name = below(f, "data/");
	if (name)
		add(o->row, name, strlen(name), f);
}

static void
add_mlperf(void *ctx, const struct json_leaf *f)
{
	static const char *const others[] = {"lineno",          "epoch_num",  "samples_count",
					     "step_num",        "step",       "iteration",
					     "first_epoch_num", "epoch_count"};
	const struct object *o = ctx;
	const char *name;
	if (is(f->path, f->npath, "value")) {
		add(o->row, o->key, o->nkey, f);
	} else if ((name = below(f, "value/"))) {
		add(o->row, name, strlen(name), f);
	} else if ((name = below(f, "metadata/")) && f->type == JSON_NUMBER) {
		for (size_t i = 0; i < sizeof others / sizeof *others; i++)
			if (!strcmp(name, others[i]))
				return;
		add(o->row, name, strlen(name), f);
	}
}

static bool
count(struct text_count *c, double v)
{
	int64_t n;
	if (!num_to_step(v, &n) || n < 0)
		return false;
	text_set_count(c, n);
	return true;
}

/* "step": [epoch, step], [epoch], step. Those of a validation count its own batches: what it came
 * to is said behind them, of the epoch. */
static void
read_dllogger(struct object *o)
{
	struct text_row *r = o->row;
	if (o->told || (o->counts == 2 && o->validating))
		return;
	each(o, add_dllogger);
	if (!o->counts || (o->counts == 1 && o->list && count(&r->epoch, o->count[0]))) {
		r->sure = r->n > 0;
	} else {
		int64_t n;
		if (o->counts == 2)
			count(&r->epoch, o->count[0]);
		if (num_to_step(o->count[o->counts - 1], &n) && n >= 0)
			text_set_step(r, n);
		r->sure = r->n && r->step.is;
	}
}

/* Without a count it is a parameter, but for what is measured. */
static bool
is_parameter(const struct object *o)
{
	return isnan(o->step) && isnan(o->epoch) && !is(o->key, o->nkey, "eval_accuracy") &&
	       !is(o->key, o->nkey, "train_loss") && !is(o->key, o->nkey, "tracked_stats");
}

static void
read_mlperf(struct object *o)
{
	struct text_row *r = o->row;
	int64_t n;
	if (!o->point || !o->key || is_parameter(o))
		return;
	each(o, add_mlperf);
	if (!isnan(o->step) && num_to_step(o->step, &n) && n >= 0)
		text_set_step(r, n);
	else if (!isnan(o->epoch) && !count(&r->epoch, o->epoch))
		r->counted = true; /* evaluated within an epoch */
	r->sure = r->n > 0;
}

bool
text_object_read(struct text_row *r, const struct text_line *l)
{
	struct object o;
	if (!object_read(&o, l->p, l->end))
		return false;
	o.row = r;
	if (o.by == DLLOGGER)
		read_dllogger(&o);
	else
		read_mlperf(&o);
	if (!r->sure)
		text_row_reset(r);
	return true;
}

/* -- what else it says ------------------------------------------------------------------------- */

static void
tell(void *ctx, const struct json_leaf *f)
{
	const struct object *o = ctx;
	const char *name = o->by == DLLOGGER ? below(f, "data/") : o->key;
	size_t n = o->by == DLLOGGER && name ? strlen(name) : o->nkey;
	if (!name || (o->by == MLPERF && !is(f->path, f->npath, "value")) || f->type == JSON_NULL)
		return;
	if (f->type == JSON_NUMBER) {
		table_param_number(o->table, name, n, f->number);
		return;
	}
	struct str text = STR_INIT;
	if (f->type == JSON_STRING)
		json_unescape(&text, f->text, f->ntext);
	else
		str_adds(&text, f->type == JSON_TRUE ? "true" : "false");
	table_param(o->table, name, n, str_c(&text), text.len);
	str_release(&text);
}

void
text_object_see(struct text_line *l, struct table *t)
{
	struct object o;
	if (!object_read(&o, l->maybe_rank >= 0 ? l->bare : l->p, l->end))
		return;
	if (o.time > 0 && !l->wall_us)
		stamp_of_number(o.time, o.by == DLLOGGER ? 1e6 : 1e3, &l->wall_us);
	o.table = t;
	if (o.by == DLLOGGER ? o.told : o.point && o.key && is_parameter(&o))
		each(&o, tell);
}
