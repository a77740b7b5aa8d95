/* Is this one JSON value that a trainer logs to?
 *
 * Most JSON is configuration, data or another program's affair, so a shape that only a log has is
 * asked for: a trainer's log_history, CatBoost's iterations, golden values, an array whose objects
 * have a step. A document of numbers is like any other; it counts only when its file is called what
 * frameworks call their results, and, where that name is a common word, when a metric stands in it.
 */
#include "core/json_columns.h"
#include "core/json_flat.h"
#include "core/json_keyed.h"
#include "core/json_log.h"
#include "core/name.h"
#include "core/probe.h"
#include "core/role.h"
#include "core/run.h"
#include "core/source.h"

#include <string.h>
#include <strings.h>

/* -- names ------------------------------------------------------------------------------------- */

enum named {
	NAMED_SO,      /* says nothing */
	NAMED_HISTORY, /* an array of it may do without steps */
	NAMED_RESULTS, /* a document of it needs a metric */
	NAMED_FIXED,   /* a framework calls it so */
};

static bool
ends_in(const char *p, size_t n, const char *with)
{
	size_t k = strlen(with);
	return n >= k && !strncasecmp(p + n - k, with, k);
}

static bool
is_one_of(const char *p, size_t n, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == n && !strncasecmp(p, *words, n))
			return true;
	return false;
}

static enum named
name_says(const char *path)
{
	static const char *const fixed[] = {"all_results",     "train_results", "eval_results",
					    "predict_results", "wandb-summary", NULL};
	static const char *const results[] = {"metrics", "results", "scores", "eval", "evaluation",
					      "summary", "val",     "valid",  "test", NULL};
	static const char *const history[] = {"log",      "logs",    "history", "train_log",
					      "scalars",  "metrics", "stats",   "progress",
					      "training", "loss",    "losses",  "train",
					      NULL};
	static const char *const results_end[] = {"_metrics", "-metrics", "_results", "-results",
						  "_scores",  "-scores",  NULL};
	const char *base = name_last(path);
	size_t n = strlen(base);
	if (!ends_in(base, n, ".json"))
		return NAMED_SO;
	n -= 5;
	if (is_one_of(base, n, fixed))
		return NAMED_FIXED;
	if (is_one_of(base, n, results))
		return NAMED_RESULTS;
	for (int i = 0; results_end[i]; i++)
		if (ends_in(base, n, results_end[i]))
			return NAMED_RESULTS;
	if (n > 8 && (!strncasecmp(base, "metrics_", 8) || !strncasecmp(base, "results_", 8)))
		return NAMED_RESULTS;
	return is_one_of(base, n, history) ? NAMED_HISTORY : NAMED_SO;
}

static bool
may_be_history(const char *path)
{
	static const char *const words[] = {"history",  "loss",      "train_log", "training_log",
					    "trainlog", "log_train", "curve"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasestr(name_last(path), words[i]))
			return true;
	/* "results" of an array are predictions. */
	return name_says(path) == NAMED_HISTORY ||
	       (name_says(path) == NAMED_RESULTS && strcasestr(path, "metrics"));
}

/* -- content ----------------------------------------------------------------------------------- */

/* What the scalars say. */
struct leaves {
	bool array; /* the value is one */
	size_t numbers;
	bool metric;
	size_t stepped;            /* steps at the top of an element, or of the object */
	bool other;                /* a number besides */
	bool row_step, row_metric; /* NAME/0/epoch, NAME/0/loss */
};

static const char *
behind_slash(const char *path)
{
	const char *slash = strchr(path, '/');
	return slash ? slash + 1 : path;
}

static void
look_at_leaf(void *ctx, const struct json_leaf *l)
{
	static const char *const array_steps[] = {"step", "iteration", "epoch", NULL};
	static const char *const line_steps[] = {"step", "iteration",   "epoch",
						 "iter", "global_step", NULL};
	struct leaves *k = ctx;
	const char *const *steps = k->array ? array_steps : line_steps;
	const char *name = k->array ? behind_slash(l->path) : l->path;
	if (l->type != JSON_NUMBER || (k->array && l->depth < 2))
		return;
	k->numbers++;
	if (l->depth == 1u + k->array && is_one_of(name, strlen(name), steps))
		k->stepped++;
	else
		k->other = true;
	k->metric = k->metric || metric_name_known(name);
	const char *row = k->array || l->depth != 3 ? NULL : strstr(l->path, "/0/");
	if (row && is_one_of(row + 3, strlen(row + 3), array_steps))
		k->row_step = true;
	else if (row)
		k->row_metric = k->row_metric || metric_name_known(row + 3);
}

/* What the brackets say. */
struct shape {
	enum json_type outer;
	bool whole;
	size_t objects, others; /* at the outer level: of an array its elements, else its members */
	bool history;           /* a trainer's rows: an array of objects */
	bool empty_history;
	bool rows; /* likewise under another name */
	bool meta, iterations;
	size_t golden; /* members that have "values" */
};

static bool
text_is(const struct json *j, const char *word)
{
	return strlen(word) == j->ntext && !memcmp(j->text, word, j->ntext);
}

/* A member's value, of TYPE, whose key is still in J. */
static void
look_at_member(struct shape *s, const struct json *j, enum json_type type)
{
	struct json next = *j;
	if (type == JSON_OBJECT)
		s->objects++;
	else
		s->others++;
	s->meta = s->meta || (type == JSON_OBJECT && text_is(j, "meta"));
	if (type != JSON_ARRAY)
		return;
	bool history = text_is(j, "log_history"), iterations = text_is(j, "iterations");
	enum json_type first = json_next(&next);
	s->history = s->history || (history && first == JSON_OBJECT);
	s->empty_history = s->empty_history || (history && first == JSON_CLOSE);
	s->rows = s->rows ||
		  (first == JSON_OBJECT && json_log_names_rows(KIND_HISTORY, j->text, j->ntext));
	s->iterations = s->iterations || (iterations && s->meta && first == JSON_OBJECT);
}

static void
look_at_shape(struct shape *s, const char *p, size_t n)
{
	struct json j;
	enum json_type type, last = JSON_BAD;
	json_init(&j, p, n);
	s->outer = json_next(&j);
	for (; (type = json_next(&j)) > JSON_DEEP; last = type) {
		bool bracket = type == JSON_OBJECT || type == JSON_ARRAY;
		unsigned around = j.depth - bracket;
		if (type == JSON_CLOSE || type == JSON_KEY)
			continue;
		if (around == 1 && s->outer == JSON_OBJECT)
			look_at_member(s, &j, type);
		else if (around == 1)
			*(type == JSON_OBJECT ? &s->objects : &s->others) += 1;
		else if (around == 2 && bracket && last == JSON_KEY && s->outer == JSON_OBJECT)
			s->golden += text_is(&j, "values");
	}
	s->whole = type == JSON_END;
}

/* -- verdicts ---------------------------------------------------------------------------------- */

/* "[[", and three numbers. */
static bool
begins_export(const char *p, const char *end)
{
	struct json j;
	json_init(&j, p, (size_t)(end - p));
	if (json_next(&j) != JSON_ARRAY || json_next(&j) != JSON_ARRAY)
		return false;
	for (int i = 0; i < 3; i++) {
		enum json_type type = json_next(&j);
		if (type != JSON_NUMBER && !(type == JSON_STRING && i == 2))
			return false;
	}
	return json_next(&j) == JSON_CLOSE;
}

static enum probe_verdict
judge_array(struct probe *p, const struct shape *s, const struct leaves *k, bool more)
{
	if (!s->objects)
		return more || (s->whole && !s->others) ? PROBE_MORE : PROBE_NO;
	if (s->others > s->objects / 8)
		return PROBE_NO;
	if (p->forced)
		return probe_say(p, PROBE_YES, "[source] include names it");
	if (k->stepped * 2 >= s->objects && k->other)
		return probe_say(p, PROBE_YES, "an array of objects that have a step");
	if (k->metric && may_be_history(p->path))
		return probe_say(p, PROBE_YES, "an array of objects with a metric's name");
	if (more)
		return PROBE_MORE;
	return probe_say(p, PROBE_LEAVE, "a JSON array without a step");
}

/* Columns stand in all kinds of data: the name has to say that these are a training's. */
static bool
is_called_history(const char *path)
{
	static const char *const words[] = {"hist",  "log",   "loss",       "metric",   "result",
					    "evals", "stats", "statistics", "progress", "curves"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasestr(name_last(path), words[i]))
			return true;
	return false;
}

enum columns { COLUMNS_NONE, COLUMNS_SOME, COLUMNS_OF_LOSS, COLUMNS_OF_TRAINING };

/* "train_loss", "val/loss": nobody else's data is called so. */
static bool
is_loss_of_part(const char *name)
{
	return strcasestr(name, "loss") && (strcasestr(name, "train") || strcasestr(name, "val"));
}

static enum columns
columns_in(const struct probe *p)
{
	struct json_columns c;
	const char *at = memchr(p->head, '{', p->nhead);
	enum columns found = COLUMNS_NONE;
	if (!at)
		return COLUMNS_NONE;
	if (json_columns_read(&c, at, (size_t)(p->head + p->nhead - at)))
		found = COLUMNS_SOME;
	for (size_t i = 0; found != COLUMNS_NONE && i < c.n; i++) {
		if (found == COLUMNS_SOME && strcasestr(c.at[i].name, "loss"))
			found = COLUMNS_OF_LOSS;
		if (is_loss_of_part(c.at[i].name))
			found = COLUMNS_OF_TRAINING;
	}
	json_columns_release(&c);
	return found;
}

static enum probe_verdict
judge_object(struct probe *p, const struct shape *s, const struct leaves *k, bool more)
{
	enum named named = name_says(p->path);
	if (s->history)
		return probe_say(p, PROBE_YES, "it has a trainer's log_history");
	if (s->iterations)
		return probe_say(p, PROBE_YES, "it has CatBoost's iterations");
	if (s->rows && k->row_metric && (k->row_step || is_called_history(p->path)))
		return probe_say(p, PROBE_YES, "it has rows with a metric's name");
	enum columns columns = named == NAMED_FIXED ? COLUMNS_NONE : columns_in(p);
	if (columns != COLUMNS_NONE &&
	    (columns == COLUMNS_OF_TRAINING || is_called_history(p->path) ||
	     (columns == COLUMNS_OF_LOSS && named == NAMED_HISTORY)))
		return probe_say(p, PROBE_YES, "its members are columns with a metric's name");
	const char *brace = memchr(p->head, '{', p->nhead);
	if (named != NAMED_FIXED && brace && (s->whole || !more) &&
	    json_keyed(brace, (size_t)(p->head + p->nhead - brace)))
		return probe_say(p, PROBE_YES, "its members are rows by number");
	/* "train.json" is as often data. */
	if (columns != COLUMNS_NONE && named == NAMED_HISTORY)
		return PROBE_NO;
	if (more || s->empty_history)
		return PROBE_MORE;
	if (s->golden && s->golden + 1 >= s->objects && !s->others)
		return probe_say(p, PROBE_YES, "values by step, a metric a member");
	if (!k->numbers)
		return PROBE_NO;
	if (p->forced)
		return probe_say(p, PROBE_YES, "[source] include names it");
	if (named == NAMED_FIXED)
		return probe_say(p, PROBE_YES, "a framework's file name");
	if (k->metric && named == NAMED_RESULTS)
		return probe_say(p, PROBE_YES, "a document of results with a metric's name");
	/* With a step it is the first line of a history. */
	if (k->metric && named == NAMED_HISTORY && !k->stepped)
		return probe_say(p, PROBE_YES, "a document with a metric's name");
	return PROBE_NO;
}

/* Chainer's reports are an array in a file called "log". */
static bool
is_chainer_log(const char *path)
{
	return !strcmp(name_last(path), "log");
}

enum probe_verdict
json_probe(struct probe *p)
{
	struct shape s = {0};
	struct leaves k = {0};
	struct str path = STR_INIT;
	const char *at = p->head, *end = at + p->nhead;
	if (p->nhead >= 3 && !memcmp(at, "\xEF\xBB\xBF", 3))
		at += 3;
	while (at < end && strchr(" \t\r\n", *at))
		at++;
	if (at < end && *at != '{' && *at != '[')
		return PROBE_NO;
	if (!probe_named(p, ".json") && !p->forced && !is_chainer_log(p->path))
		return PROBE_NO;
	if (at == end)
		return p->nhead >= SOURCE_HEAD ? PROBE_NO : PROBE_MORE;
	look_at_shape(&s, at, (size_t)(end - at));
	k.array = s.outer == JSON_ARRAY;
	json_flat(at, (size_t)(end - at), &path, look_at_leaf, &k);
	str_release(&path);
	/* A value that goes on behind a head that could be longer is being written. */
	struct json_skim skim = {0};
	size_t ntag;
	if (run_export_tag(p->path, &ntag) && begins_export(at, end))
		return probe_say(p, PROBE_YES, "a series that TensorBoard exported");
	bool more = !s.whole && p->nhead < SOURCE_HEAD && !json_skim(&skim, at, end);
	return k.array ? judge_array(p, &s, &k, more) : judge_object(p, &s, &k, more);
}
