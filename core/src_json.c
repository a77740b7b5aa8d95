/* JSON that is one value: an array of rows, a trainer's state, a document of results.
 *
 *     [ {"step": 1, "loss": …}, … ]                       rows
 *     { …, "log_history": [ rows ], "max_steps": … }       Hugging Face's trainer_state.json
 *     { "meta": …, "iterations": [ rows ] }                catboost_training.json
 *     { "NAME": {"values": {"1": …, …}, …}, … }            Megatron's golden values
 *     { "eval_loss": …, … }                                any other document: numbers without step
 *
 * Rows are taken one by one, so a file may be larger than memory, and one that is being written is
 * read as far as it goes. What stands around them is taken a member at a time: a trainer's state
 * names what the run was told. A document is a record of its own; until its end it could turn out
 * to be any of the above. What stands behind the end is left out; when that begins with a brace,
 * the file may be JSON Lines of which only the first was there, and is to be recognised anew.
 *
 * These files are rewritten as a whole, mostly in place. That is the tail's and the sink's affair:
 * other content is read from the beginning and compared with what is kept. */
#include "core/json_flat.h"
#include "core/map.h"
#include "core/num.h"
#include "core/probe.h"
#include "core/source.h"
#include "core/table.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { STATE_VERSION = 1, MAX_KEYS = 2 * SOURCE_MAX_COLUMNS, MAX_NAMES = 256 };

enum kind { KIND_NONE, KIND_ARRAY, KIND_TRAINER, KIND_CATBOOST, KIND_DOCUMENT, KIND_N };

enum place {
	AT_START,
	AT_MEMBER, /* of the object around the rows */
	AT_ROW,
	IN_LONG, /* within a value that is too long */
	AT_END,  /* behind the value */
	AT_REST, /* of no use */
	AT_N,
};

/* What the rows are called in, and which of their names may be the step. */
static const struct layout {
	const char *rows;
	const char *step[3];
	enum step_unit unit[3];
} layouts[KIND_N] = {
	[KIND_ARRAY] = {NULL, {"step", "iteration", "epoch"}, {STEP_STEP, STEP_STEP, STEP_EPOCH}},
	[KIND_TRAINER] = {"log_history", {"step"}, {STEP_STEP}},
	[KIND_CATBOOST] = {"iterations", {"iteration"}, {STEP_STEP}},
};

struct key {
	struct field field;
	uint32_t stamp; /* the last record it was met in */
	int8_t step;    /* its place among the layout's steps; -1 */
};

struct src_json {
	struct source source;
	struct table t;
	struct map keys;    /* path → struct key */
	struct key **total; /* those whose value may be the number of steps */
	size_t ntotal, cap_total;
	char **name; /* of CatBoost's metrics: what learn/N and test/N are called */
	size_t nname;
	uint32_t record;
	struct str path;

	/* the row at hand */
	struct key *by; /* whose number is its step; NULL: none yet */
	double by_value;

	uint64_t line;
	enum kind kind;
	enum place place, back; /* BACK: behind what is too long */
	struct json_skim skim;
	bool begun;    /* the rows were met */
	bool strange;  /* an element that is no row was remarked on */
	bool mistaken; /* not kept: whoever goes on behind that need not ask again */
};

/* -- names ------------------------------------------------------------------------------------- */

static struct key *
key_of(struct src_json *j, const char *path, size_t n)
{
	struct key *k = map_get(&j->keys, path, n);
	const struct layout *l = &layouts[j->kind];
	if (k || j->keys.n >= MAX_KEYS || n > SOURCE_MAX_NAME)
		return k;
	k = xcalloc(1, sizeof *k);
	field_init(&k->field, STEPS_JSON, path, n);
	k->step = -1;
	for (int i = 0; i < 3 && l->step[i]; i++)
		if (!strcmp(l->step[i], k->field.name))
			k->step = (int8_t)i;
	if (k->field.kind == FIELD_TOTAL)
		*vec_push(j->total, j->ntotal, j->cap_total) = k;
	map_put(&j->keys, path, n, k);
	return k;
}

/* learn/0 is called after the metric that CatBoost listed first. */
static void
catboost_name(struct src_json *j, const struct json_leaf *l, struct str *out)
{
	static const char *const sets[] = {"learn/", "test/"};
	str_add(out, l->path, l->npath);
	for (int i = 0; i < 2; i++) {
		size_t n = strlen(sets[i]);
		double at;
		if (l->npath <= n || memcmp(l->path, sets[i], n) ||
		    !num_parse_all(l->path + n, l->path + l->npath, &at))
			continue;
		for (size_t k = 0; k < j->nname; k++)
			if (at == (double)k && *j->name[k]) {
				out->len = n;
				str_adds(out, j->name[k]);
			}
	}
}

/* -- rows -------------------------------------------------------------------------------------- */

static bool
is_nonfinite(const char *p, size_t n)
{
	double v;
	return num_parse_all(p, p + n, &v) && v - v != 0;
}

static void
add_number(struct src_json *j, struct key *k, double v)
{
	table_reserve(&j->t, 1);
	if (k->field.kind == FIELD_METRIC || k->field.kind == FIELD_STEP)
		table_add(&j->t, &k->field, v);
	else
		table_add_special(&j->t, &k->field, v);
}

static void
see_number(struct src_json *j, struct key *k, const struct json_leaf *l)
{
	int64_t step;
	if (k->step < 0 || l->depth != 1 || !num_to_step(l->number, &step) ||
	    (j->by && j->by->step < k->step)) {
		add_number(j, k, l->number);
		return;
	}
	if (j->by)
		add_number(j, j->by, j->by_value);
	j->by = k;
	j->by_value = l->number;
}

static void
see_text(struct src_json *j, struct key *k, const struct json_leaf *l)
{
	if (k->field.kind == FIELD_SAYS)
		table_says(&j->t, l->text, l->ntext);
	else if (!(k->field.kind == FIELD_TIME && table_stamp(&j->t, l->text, l->ntext)) &&
		 is_nonfinite(l->text, l->ntext))
		table_remark(&j->t, REMARK_TEXT_CELL, "'%.60s' is the text \"%.*s\", no number",
			     k->field.name, (int)(l->ntext < 20 ? l->ntext : 20), l->text);
}

static void
see_leaf(void *ctx, const struct json_leaf *l)
{
	struct src_json *j = ctx;
	struct str renamed = STR_INIT;
	const char *path = l->path;
	size_t n = l->npath;
	if (l->type != JSON_NUMBER && l->type != JSON_STRING)
		return;
	if (j->kind == KIND_CATBOOST) {
		catboost_name(j, l, &renamed);
		path = str_c(&renamed);
		n = renamed.len;
	}
	struct key *k = key_of(j, path, n);
	str_release(&renamed);
	if (!k) {
		j->t.dropped += l->type == JSON_NUMBER;
		return;
	}
	if (k->stamp == j->record) /* no row has a column twice */
		return;
	k->stamp = j->record;
	if (l->type == JSON_NUMBER)
		see_number(j, k, l);
	else
		see_text(j, k, l);
}

static void
begin_record(struct src_json *j, uint64_t offset)
{
	table_begin(&j->t, offset, j->line);
	j->record++;
	j->by = NULL;
	str_reset(&j->path);
}

/* False: nothing of it counts. */
static bool
whole(struct src_json *j, enum json_type type)
{
	if (type == JSON_END)
		return true;
	table_drop(&j->t);
	if (type == JSON_DEEP)
		table_remark(&j->t, REMARK_LIMIT, "skipped: nested deeper than %d",
			     SOURCE_MAX_DEPTH);
	else
		table_remark(&j->t, REMARK_BAD_RECORD, "skipped: no JSON");
	return false;
}

static void
read_row(struct src_json *j, const char *p, size_t n, uint64_t offset)
{
	int64_t step = 0;
	begin_record(j, offset);
	if (!whole(j, json_flat(p, n, &j->path, see_leaf, j)))
		return;
	uint64_t number = j->t.rows++;
	if (j->by && num_to_step(j->by_value, &step))
		table_row(&j->t, layouts[j->kind].unit[j->by->step], step);
	else
		table_row(&j->t, STEP_ROW, (int64_t)number);
}

/* -- what stands around the rows --------------------------------------------------------------- */

/* What changes from one saving to the next is no parameter. */
static bool
is_param(const struct json_leaf *l)
{
	static const char *const others[] = {"epoch",
					     "global_step",
					     "is_local_process_zero",
					     "is_world_process_zero",
					     "is_hyper_param_search",
					     "total_flos",
					     "num_input_tokens_seen"};
	if (l->depth && strncmp(l->path, "trial_params/", 13) != 0)
		return false;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (!strcmp(l->path, others[i]))
			return false;
	return true;
}

static void
give_param(struct src_json *j, const char *key, const struct json_leaf *l)
{
	struct str text = STR_INIT;
	size_t nkey = strlen(key);
	switch (l->type) {
	case JSON_NUMBER:
		table_param_number(&j->t, key, nkey, l->number);
		break;
	case JSON_STRING:
		json_unescape(&text, l->text, l->ntext);
		table_param(&j->t, key, nkey, str_c(&text), text.len);
		break;
	case JSON_TRUE:
		table_param(&j->t, key, nkey, "true", 4);
		break;
	case JSON_FALSE:
		table_param(&j->t, key, nkey, "false", 5);
		break;
	default:
		break;
	}
	str_release(&text);
}

/* meta/learn_metrics/2/name */
static void
catboost_metric(struct src_json *j, const struct json_leaf *l)
{
	static const char *const lists[] = {"meta/learn_metrics/", "meta/test_metrics/"};
	for (int i = 0; i < 2; i++) {
		size_t n = strlen(lists[i]);
		if (strncmp(l->path, lists[i], n) != 0 || l->type != JSON_STRING)
			continue;
		char *rest;
		unsigned long at = strtoul(l->path + n, &rest, 10);
		if (strcmp(rest, "/name") != 0 || at >= MAX_NAMES || l->ntext > 256)
			continue;
		for (; j->nname <= at; j->nname++) {
			j->name = xreallocarray(j->name, j->nname + 1, sizeof *j->name);
			j->name[j->nname] = xstrdup("");
		}
		struct str name = STR_INIT;
		json_unescape(&name, l->text, l->ntext);
		free(j->name[at]);
		j->name[at] = xstrndup(str_c(&name), name.len);
		str_release(&name);
	}
}

static void
see_around(void *ctx, const struct json_leaf *l)
{
	struct src_json *j = ctx;
	if (l->npath > SOURCE_MAX_NAME)
		return;
	if (j->kind == KIND_TRAINER && is_param(l))
		give_param(j, l->path, l);
	if (j->kind != KIND_CATBOOST)
		return;
	catboost_metric(j, l);
	if (!strcmp(l->path, "meta/iteration_count"))
		give_param(j, "iteration_count", l);
}

/* A member's key, from its quote on. */
static void
set_path(struct src_json *j, const char *p, size_t n)
{
	str_reset(&j->path);
	json_unescape(&j->path, p, n);
	for (size_t i = 0; i < j->path.len; i++)
		if (!j->path.buf[i])
			j->path.buf[i] = ' ';
}

/* -- documents --------------------------------------------------------------------------------- */

/* Every member is an object that has "values". */
static bool
is_golden(const char *p, size_t n)
{
	struct json j;
	enum json_type type, last = JSON_BAD;
	bool values = false, any = false;
	json_init(&j, p, n);
	for (; (type = json_next(&j)) > JSON_DEEP; last = type) {
		if (j.depth == 1 && type == JSON_CLOSE) {
			if (!values)
				return false;
			any = true;
		} else if (j.depth == 1 && type != JSON_KEY && type != JSON_OBJECT) {
			return false; /* a scalar */
		} else if (j.depth == 2 && type == JSON_OBJECT) {
			values = false;
		} else if (j.depth == 2 && type == JSON_ARRAY) {
			return false;
		} else if (j.depth == 3 && last == JSON_KEY &&
			   (type == JSON_OBJECT || type == JSON_ARRAY)) {
			/* The key is still in TEXT: a bracket sets none. */
			values = values || (j.ntext == 6 && !memcmp(j.text, "values", 6));
		}
	}
	return type == JSON_END && any;
}

struct golden_point {
	int64_t step;
	size_t order;
	struct key *key;
	double value;
};

struct golden {
	struct golden_point *at;
	size_t n, cap;
	size_t first;        /* of the metric at hand */
	double start, every; /* its steps, when they are only counted */
	bool listed;
};

static int
by_step(const void *a, const void *b)
{
	const struct golden_point *x = a, *y = b;
	if (x->step != y->step)
		return x->step < y->step ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* The metric at hand is whole: its points get the steps that a list leaves to be counted. */
static void
golden_close(struct golden *g)
{
	for (size_t i = g->first; g->listed && i < g->n; i++)
		if (!num_to_step(g->start + g->every * (double)(i - g->first), &g->at[i].step))
			g->at[i].step = (int64_t)(i - g->first);
	g->first = g->n;
	g->start = 0;
	g->every = 1;
	g->listed = false;
}

static bool
golden_value(const struct json *j, enum json_type type, double *v)
{
	*v = j->number;
	return type == JSON_NUMBER ||
	       (type == JSON_STRING && num_parse_all(j->text, j->text + j->ntext, v));
}

static void
golden_read(struct src_json *s, struct golden *g, const char *p, size_t n)
{
	struct key *key = NULL;
	struct json j;
	enum json_type type;
	bool values = false, start = false, every = false;
	double v, step = 0;
	json_init(&j, p, n);
	while ((type = json_next(&j)) > JSON_DEEP) {
		if (type == JSON_KEY && j.depth == 1) {
			golden_close(g);
			set_path(s, j.text, j.ntext);
			key = key_of(s, str_c(&s->path), s->path.len);
			s->t.dropped += !key;
		} else if (type == JSON_KEY && j.depth == 2) {
			values = j.ntext == 6 && !memcmp(j.text, "values", 6);
			start = j.ntext == 10 && !memcmp(j.text, "start_step", 10);
			every = j.ntext == 13 && !memcmp(j.text, "step_interval", 13);
		} else if (type == JSON_KEY && j.depth == 3) {
			if (!num_parse_all(j.text, j.text + j.ntext, &step))
				step = 0.5; /* none */
		} else if (type == JSON_ARRAY && j.depth == 3 && values) {
			g->listed = true;
		} else if (type == JSON_NUMBER && j.depth == 2 && start) {
			g->start = j.number;
		} else if (type == JSON_NUMBER && j.depth == 2 && every) {
			g->every = j.number;
		} else if (j.depth == 3 && values && key && golden_value(&j, type, &v)) {
			struct golden_point at = {0, g->n, key, v};
			if (g->listed || num_to_step(step, &at.step))
				*vec_push(g->at, g->n, g->cap) = at;
		}
	}
	golden_close(g);
}

static void
read_golden(struct src_json *j, const char *p, size_t n)
{
	struct golden g = {.every = 1};
	golden_read(j, &g, p, n);
	if (g.n)
		qsort(g.at, g.n, sizeof *g.at, by_step);
	for (size_t i = 0; i < g.n;) {
		int64_t step = g.at[i].step;
		j->record++;
		for (; i < g.n && g.at[i].step == step; i++) {
			struct key *k = g.at[i].key;
			if (k->stamp == j->record)
				continue;
			k->stamp = j->record;
			add_number(j, k, g.at[i].value);
		}
		table_row(&j->t, STEP_STEP, step);
		j->t.dropped = 0;
	}
	free(g.at);
}

static void
read_document(struct src_json *j, const char *p, size_t n, uint64_t offset)
{
	begin_record(j, offset);
	if (is_golden(p, n))
		read_golden(j, p, n);
	else if (whole(j, json_flat(p, n, &j->path, see_leaf, j)))
		table_row(&j->t, STEP_NONE, 0);
}

/* -- the outer value --------------------------------------------------------------------------- */

static const char *
blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t' || *p == ','))
		p++;
	return p;
}

struct member {
	const char *key; /* between its quotes */
	size_t nkey;
	const char *value;
};

enum found { FOUND_MORE, FOUND_IT, FOUND_NOT };

/* The key at P, up to the first byte of its value. */
static enum found
find_member(const char *p, const char *end, struct member *m)
{
	struct json_skim s = {0};
	if (*p != '"')
		return FOUND_NOT;
	const char *q = json_skim(&s, p, end);
	if (!q)
		return FOUND_MORE;
	m->key = p + 1;
	m->nkey = (size_t)(q - p) - 2;
	while (q < end && (*q == ' ' || *q == '\n' || *q == '\r' || *q == '\t'))
		q++;
	if (q == end)
		return FOUND_MORE;
	if (*q != ':')
		return FOUND_NOT;
	m->value = blanks(q + 1, end);
	return m->value == end ? FOUND_MORE : FOUND_IT;
}

static bool
member_is(const struct member *m, const char *key)
{
	return strlen(key) == m->nkey && !memcmp(m->key, key, m->nkey);
}

/* Does M hold the rows of layout K? */
static enum found
holds_rows(const struct member *m, enum kind k, const char *end)
{
	if (*m->value != '[' || !member_is(m, layouts[k].rows))
		return FOUND_NOT;
	const char *q = blanks(m->value + 1, end);
	if (q == end)
		return FOUND_MORE;
	return *q == '{' || *q == ']' ? FOUND_IT : FOUND_NOT;
}

/* Which kind of object begins at P: none yet; a document, whole in N bytes; or one with rows. */
static enum found
find_kind(const char *p, const char *end, enum kind *kind, size_t *n)
{
	bool meta = false;
	for (const char *q = p + 1;;) {
		struct json_skim s = {0};
		struct member m;
		q = blanks(q, end);
		if (q == end || q - p > SOURCE_MAX_RECORD)
			return FOUND_MORE;
		if (*q == '}') {
			*kind = KIND_DOCUMENT;
			*n = (size_t)(q + 1 - p);
			return FOUND_IT;
		}
		enum found f = find_member(q, end, &m);
		if (f != FOUND_IT)
			return f;
		meta = meta || member_is(&m, "meta");
		for (enum kind k = KIND_TRAINER; k <= KIND_CATBOOST; k++) {
			if (k == KIND_CATBOOST && !meta)
				continue;
			f = holds_rows(&m, k, end);
			*kind = k;
			if (f != FOUND_NOT)
				return f;
		}
		if (strchr(",]}:", *m.value))
			return FOUND_NOT;
		q = json_skim(&s, m.value, end);
		if (!q)
			return FOUND_MORE;
	}
}

/* -- taking it --------------------------------------------------------------------------------- */

static void
give_up(struct src_json *j, uint64_t offset, const char *why)
{
	begin_record(j, offset);
	table_remark(&j->t, REMARK_BAD_RECORD, "%s", why);
	j->place = AT_REST;
}

/* N bytes are there of a value whose end isn't: wait, or pass over what is too long. */
static size_t
wait_or_skip(struct src_json *j, size_t n, uint64_t offset, enum place back)
{
	if (n <= SOURCE_MAX_RECORD)
		return 0;
	begin_record(j, offset);
	table_remark(&j->t, REMARK_LIMIT, "skipped: a value of more than %u bytes",
		     SOURCE_MAX_RECORD);
	j->skim = (struct json_skim){0};
	j->place = IN_LONG;
	j->back = back;
	return 0;
}

static size_t
take_start(struct src_json *j, const char *p, size_t len, uint64_t offset)
{
	size_t n = 0;
	if (*p == '[') {
		j->kind = KIND_ARRAY;
		j->place = AT_ROW;
		return 1;
	}
	if (*p != '{') {
		give_up(j, offset, "no JSON object or array");
		return 0;
	}
	enum found f = find_kind(p, p + len, &j->kind, &n);
	if (f == FOUND_MORE) {
		j->kind = KIND_NONE;
		return wait_or_skip(j, len, offset, AT_END);
	}
	if (f == FOUND_NOT) {
		give_up(j, offset, "no JSON object");
		return 0;
	}
	if (j->kind != KIND_DOCUMENT) {
		j->place = AT_MEMBER;
		return 1;
	}
	if (n > SOURCE_MAX_RECORD)
		return wait_or_skip(j, n, offset, AT_END);
	read_document(j, p, n, offset);
	j->place = AT_END;
	return n;
}

static size_t
take_member(struct src_json *j, const char *p, size_t len, uint64_t offset)
{
	const char *end = p + len;
	struct member m;
	if (*p == '}') {
		j->place = AT_END;
		return 1;
	}
	enum found f = find_member(p, end, &m);
	if (f == FOUND_IT && !j->begun) {
		f = holds_rows(&m, j->kind, end);
		if (f == FOUND_IT) {
			j->begun = true;
			j->place = AT_ROW;
			return (size_t)(m.value + 1 - p);
		}
		f = f == FOUND_NOT ? FOUND_IT : f;
	}
	if (f == FOUND_NOT || (f == FOUND_IT && strchr(",]}:", *m.value))) {
		give_up(j, offset, "the rest is no JSON");
		return 0;
	}
	if (f == FOUND_MORE)
		return wait_or_skip(j, len, offset, AT_MEMBER);
	struct json_skim s = {0};
	const char *q = json_skim(&s, m.value, end);
	size_t n = q ? (size_t)(q - p) : len;
	if (!q || n > SOURCE_MAX_RECORD) {
		wait_or_skip(j, n, offset, AT_MEMBER);
		/* The key goes, so that what is passed over is the value. */
		return j->place == IN_LONG ? (size_t)(m.value - p) : 0;
	}
	begin_record(j, offset);
	set_path(j, m.key, m.nkey);
	whole(j, json_flat(m.value, (size_t)(q - m.value), &j->path, see_around, j));
	return n;
}

static size_t
take_row(struct src_json *j, const char *p, size_t len, uint64_t offset)
{
	if (*p == ']') {
		j->place = j->kind == KIND_ARRAY ? AT_END : AT_MEMBER;
		return 1;
	}
	if (*p == '}' || *p == ':') {
		give_up(j, offset, "the rest is no JSON");
		return 0;
	}
	struct json_skim s = {0};
	const char *q = json_skim(&s, p, p + len);
	size_t n = q ? (size_t)(q - p) : len;
	if (!q || n > SOURCE_MAX_RECORD)
		return wait_or_skip(j, n, offset, AT_ROW);
	if (*p == '{') {
		read_row(j, p, n, offset);
	} else if (!j->strange) {
		begin_record(j, offset);
		table_remark(&j->t, REMARK_STRUCTURE, "left out: an element that is no object");
		j->strange = true;
	}
	return n;
}

static size_t
take_long(struct src_json *j, const char *p, size_t len)
{
	const char *q = json_skim(&j->skim, p, p + len);
	if (!q)
		return len;
	j->place = j->back;
	return (size_t)(q - p);
}

static size_t
take(struct src_json *j, const char *p, size_t len, uint64_t offset)
{
	if (j->place == AT_REST)
		return len;
	if (j->place == IN_LONG)
		return take_long(j, p, len);
	if (j->place == AT_START && offset == 0 && *p == '\xEF')
		return len < 3 ? 0 : 3;
	size_t n = (size_t)(blanks(p, p + len) - p);
	if (n)
		return n;
	switch (j->place) {
	case AT_START:
		return take_start(j, p, len, offset);
	case AT_MEMBER:
		return take_member(j, p, len, offset);
	case AT_ROW:
		return take_row(j, p, len, offset);
	default:
		j->mistaken = *p == '{' && j->kind == KIND_DOCUMENT;
		give_up(j, offset, "left out: what stands behind the end");
		return 0;
	}
}

static size_t
json_feed(struct source *s, const char *buf, size_t len, uint64_t offset, bool at_end,
	  int64_t arrival_us)
{
	struct src_json *j = (struct src_json *)s;
	size_t at = 0;
	j->t.arrival_us = arrival_us;
	while (at < len) {
		enum place was = j->place;
		size_t n = take(j, buf + at, len - at, offset + at);
		if (!n && j->place == was)
			break;
		for (const char *p = buf + at, *end = p + n;
		     (p = memchr(p, '\n', (size_t)(end - p))); p++)
			j->line++;
		at += n;
	}
	if (at_end && at < len) {
		give_up(j, offset + at, "skipped: its end is missing");
		at = len;
	}
	return at;
}

/* -- the source -------------------------------------------------------------------------------- */

static struct source *
json_new(const struct source_env *env)
{
	struct src_json *j = xcalloc(1, sizeof *j);
	j->source.ops = &json_source;
	table_init(&j->t, env);
	j->line = 1;
	return &j->source;
}

static void
json_free(struct source *s)
{
	struct src_json *j = (struct src_json *)s;
	struct key *k;
	for (size_t at = 0; (k = map_next(&j->keys, &at));) {
		field_release(&k->field);
		free(k);
	}
	map_release(&j->keys);
	for (size_t i = 0; i < j->nname; i++)
		free(j->name[i]);
	free(j->name);
	free(j->total);
	str_release(&j->path);
	table_release(&j->t);
	free(j);
}

static enum source_end
json_ended(const struct source *s)
{
	const struct src_json *j = (const struct src_json *)s;
	if (j->mistaken)
		return SOURCE_MISTAKEN;
	return j->place == AT_END || j->place == AT_REST ? SOURCE_WHOLE : SOURCE_OPEN;
}

static void
json_save(const struct source *s, struct str *out)
{
	const struct src_json *j = (const struct src_json *)s;
	pack_u64(out, STATE_VERSION);
	pack_u64(out, j->line);
	pack_u64(out, j->kind);
	pack_u64(out, j->place);
	pack_u64(out, j->back);
	pack_u64(out, j->begun);
	pack_u64(out, j->strange);
	pack_u64(out, j->skim.depth);
	pack_u64(out, (uint64_t)(j->skim.begun | j->skim.string << 1 | j->skim.escape << 2 |
				 j->skim.scalar << 3));
	table_save(&j->t, out);
	pack_u64(out, j->nname);
	for (size_t i = 0; i < j->nname; i++)
		pack_text(out, j->name[i], strlen(j->name[i]));
	pack_u64(out, j->ntotal);
	for (size_t i = 0; i < j->ntotal; i++) {
		const struct field *f = &j->total[i]->field;
		pack_text(out, f->name, f->nname);
		pack_u64(out, f->same);
		pack_f64(out, f->last);
	}
}

static void
load_names(struct src_json *j, struct unpack *u)
{
	for (uint64_t n = unpack_upto(u, MAX_NAMES); n && !u->bad; n--) {
		size_t nname;
		const char *name = unpack_text(u, &nname);
		if (u->bad)
			return;
		j->name = xreallocarray(j->name, j->nname + 1, sizeof *j->name);
		j->name[j->nname++] = xstrndup(name, nname);
	}
}

static bool
json_load(struct source *s, const void *state, size_t n)
{
	struct src_json *j = (struct src_json *)s;
	struct unpack u;
	unpack_init(&u, state, n);
	if (unpack_u64(&u) != STATE_VERSION)
		return false;
	j->line = unpack_u64(&u);
	j->kind = (enum kind)unpack_upto(&u, KIND_N - 1);
	j->place = (enum place)unpack_upto(&u, AT_N - 1);
	j->back = (enum place)unpack_upto(&u, AT_N - 1);
	j->begun = unpack_upto(&u, 1);
	j->strange = unpack_upto(&u, 1);
	j->skim.depth = (uint32_t)unpack_upto(&u, UINT32_MAX);
	uint64_t bits = unpack_upto(&u, 15);
	j->skim.begun = bits & 1;
	j->skim.string = bits >> 1 & 1;
	j->skim.escape = bits >> 2 & 1;
	j->skim.scalar = bits >> 3 & 1;
	table_load(&j->t, &u);
	load_names(j, &u);
	for (uint64_t totals = unpack_u64(&u); totals && !u.bad; totals--) {
		size_t nname;
		const char *name = unpack_text(&u, &nname);
		struct key *k = u.bad ? NULL : key_of(j, name, nname);
		if (!k)
			return false;
		k->field.same = (uint8_t)unpack_upto(&u, 2);
		k->field.last = unpack_f64(&u);
	}
	bool rows = j->place == AT_ROW || j->place == AT_MEMBER ||
		    (j->place == IN_LONG && j->back != AT_END);
	return unpack_whole(&u) && j->line && (!rows || layouts[j->kind].step[0]) &&
	       (j->place != AT_MEMBER || layouts[j->kind].rows);
}

const struct source_ops json_source = {
	.name = "json",
	.rank = 4,
	.probe = json_probe,
	.new = json_new,
	.feed = json_feed,
	.save = json_save,
	.load = json_load,
	.free = json_free,
	.ended = json_ended,
};
