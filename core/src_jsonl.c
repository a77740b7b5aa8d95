/* JSON Lines: an object a line, and every number in it a metric under the path of its keys.
 *
 * A logger writes the same keys in the same order over and over. So a line that was read leaves its
 * shape behind: the text between the scalars, and which field each scalar belongs to. When the next
 * line has the same text in the same places, nothing is tokenised: compare, read a number, compare.
 * A few shapes are kept (training and validation lines take turns); what fits none goes through
 * json_next() and becomes the newest. Both ways read a scalar by the same function, and a line that
 * fits a shape differs from the one that made it in scalars alone, so they cannot disagree.
 *
 * Which key is the step is decided line by line (DESIGN §4). Lines without a step that come first,
 * or objects called config, hold what the run was told: its parameters. */
#include "core/json.h"
#include "core/map.h"
#include "core/num.h"
#include "core/probe.h"
#include "core/role.h"
#include "core/source.h"
#include "core/table.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	STATE_VERSION = 2,
	BEFORE = 1, /* which knew nothing of steps with fractions */
	SHAPES = 6,
	SHAPE_BYTES = 256 << 10, /* longer lines are not worth keeping */
	MAX_FIELDS = 2 * SOURCE_MAX_COLUMNS,
};

/* A name of the log, by its path. */
struct key {
	struct field field;
	bool plain;       /* a metric and nothing else */
	uint32_t nconfig; /* below an object that holds parameters: the length of "config/" */
	uint32_t stamp;   /* the last record it was met in */
};

struct slot {
	uint32_t nliteral; /* bytes before the scalar */
	struct key *key;   /* NULL: left out because of a limit */
};

struct shape {
	char *text; /* the literals, one behind the other */
	size_t ntext;
	struct slot *slot; /* the last has no scalar: it ends the line */
	size_t n;
};

/* A scalar that is no plain metric's. What it means is decided when the whole line was seen: until
 * then the line may turn out to be torn, or of another shape. */
struct aside {
	struct key *key;
	enum json_type type;
	double number;
	const char *text;
	size_t ntext;
	bool escaped;
};

struct jsonl {
	struct source source;
	struct table t;
	struct map keys;    /* path → struct key */
	struct key nobody;  /* of what is ignored */
	struct key **total; /* those whose value may be the number of steps */
	size_t ntotal, cap_total;
	struct key **step; /* those that may be it */
	size_t nstep, cap_step;
	uint32_t record;
	struct shape shape[SHAPES]; /* the last used first */
	struct shape fresh;         /* being made */
	struct str path;
	struct aside *aside;
	size_t naside, cap_aside;
	size_t cap_slot, cap_text;

	uint64_t line; /* of the next record, from 1 */
	uint64_t searched_at;
	size_t searched; /* bytes of the record there that hold no newline */
	bool skipping;
	bool begun; /* an object was read */

	/* mmengine: validation rows whose "step" is an epoch */
	int64_t epoch, epoch_step; /* the last training row's; -1 */
};

/* -- keys ------------------------------------------------------------------------------------- */

/* NULL when there are too many, or the name is too long. */
static struct key *
key_of(struct jsonl *l, const char *path, size_t n)
{
	struct key *k = map_get(&l->keys, path, n);
	if (k || map_count(&l->keys) >= MAX_FIELDS || n > SOURCE_MAX_NAME)
		return k;
	k = xcalloc(1, sizeof *k);
	field_init(&k->field, STEPS_JSON, path, n);
	k->nconfig = (uint32_t)table_config_prefix(path, n);
	k->plain = k->field.kind == FIELD_METRIC && !k->nconfig;
	if (k->field.kind == FIELD_TOTAL)
		*vec_push(l->total, l->ntotal, l->cap_total) = k;
	if (k->field.kind == FIELD_STEP)
		*vec_push(l->step, l->nstep, l->cap_step) = k;
	map_put(&l->keys, path, n, k);
	return k;
}

/* -- scalars ---------------------------------------------------------------------------------- */

static bool
is_nonfinite(const char *p, size_t n)
{
	double v;
	return num_parse_all(p, p + n, &v) && v - v != 0;
}

static bool
is_worth_keeping(const struct jsonl *l, const struct key *k, const struct json *j,
		 enum json_type type)
{
	if (k->nconfig || !l->begun || type == JSON_NUMBER)
		return true;
	return type == JSON_STRING && (k->field.kind == FIELD_TIME || k->field.kind == FIELD_SAYS ||
				       is_nonfinite(j->text, j->ntext));
}

static void
see_scalar(struct jsonl *l, struct key *k, const struct json *j, enum json_type type)
{
	if (!k)
		l->t.dropped += type == JSON_NUMBER;
	else if (k->plain && l->begun && type == JSON_NUMBER)
		table_add(&l->t, &k->field, j->number);
	else if (is_worth_keeping(l, k, j, type))
		*vec_push(l->aside, l->naside, l->cap_aside) = (struct aside){
			.key = k,
			.type = type,
			.number = j->number,
			.text = j->text,
			.ntext = j->ntext,
			.escaped = j->escaped,
		};
}

/* -- a line of a known shape ------------------------------------------------------------------- */

static bool
same_bytes(const char *a, const char *b, size_t n)
{
	while (n >= 8) {
		uint64_t x, y;
		memcpy(&x, a, 8);
		memcpy(&y, b, 8);
		if (x != y)
			return false;
		a += 8;
		b += 8;
		n -= 8;
	}
	while (n--)
		if (*a++ != *b++)
			return false;
	return true;
}

/* False: it does not fit; nothing of it counts. */
static bool
read_shaped(struct jsonl *l, const struct shape *s, const char *p, const char *end)
{
	struct json j = {.end = end};
	const char *text = s->text;
	table_reserve(&l->t, s->n);
	for (const struct slot *slot = s->slot, *last = slot + s->n - 1;; slot++) {
		size_t n = slot->nliteral;
		if ((size_t)(end - p) < n || !same_bytes(p, text, n))
			return false;
		p += n;
		text += n;
		if (slot == last)
			return p == end;
		struct key *k = slot->key;
		enum json_type type;
		if (p < end && (*p == '-' || (unsigned char)(*p - '0') < 10)) {
			p = num_parse(p, end, &j.number);
			type = JSON_NUMBER;
			/* A shape comes from a line that was read, so the log has begun. */
			if (p && k && k->plain) {
				table_add(&l->t, &k->field, j.number);
				continue;
			}
		} else {
			type = json_scalar(&j, p, &p);
		}
		if (!p || type == JSON_BAD)
			return false;
		see_scalar(l, k, &j, type);
	}
}

static void
shape_to_front(struct jsonl *l, int i)
{
	struct shape s = l->shape[i];
	memmove(l->shape + 1, l->shape, (size_t)i * sizeof s);
	l->shape[0] = s;
}

/* -- a line of any shape ----------------------------------------------------------------------- */

/* One level of nesting: where its name ends in the path, and the next index of an array. */
struct level {
	size_t npath;
	uint32_t index;
	bool array;
};

static void
path_add(struct jsonl *l, const struct level *at, const char *p, size_t n, bool escaped)
{
	l->path.len = at->npath;
	/* Longer names are dropped anyway: nesting must not make them longer and longer. */
	if (at->npath > SOURCE_MAX_NAME)
		return;
	if (at->npath)
		str_addc(&l->path, '/');
	if (escaped)
		json_unescape(&l->path, p, n);
	else
		str_add(&l->path, p, n < SOURCE_MAX_NAME ? n : SOURCE_MAX_NAME + 1);
}

static void
path_add_index(struct jsonl *l, struct level *at)
{
	char index[16];
	size_t n = 0;
	for (uint32_t v = at->index++; v || !n; v /= 10)
		index[sizeof index - ++n] = (char)('0' + v % 10);
	path_add(l, at, index + sizeof index - n, n, false);
}

/* The key of the path. One that comes twice in a line counts once: no row has a column twice. */
static struct key *
path_key(struct jsonl *l)
{
	/* A name is a C string to the rest of the program. */
	for (char *zero; (zero = memchr(str_c(&l->path), '\0', l->path.len));)
		*zero = ' ';
	struct key *k = key_of(l, str_c(&l->path), l->path.len);
	if (k && k->stamp == l->record)
		return &l->nobody;
	if (k)
		k->stamp = l->record;
	return k;
}

static void
shape_add(struct jsonl *l, const char *literal, const char *end, struct key *k)
{
	struct shape *s = &l->fresh;
	size_t n = (size_t)(end - literal);
	xgrow(&s->text, &l->cap_text, s->ntext + n, 1);
	memcpy(s->text + s->ntext, literal, n);
	s->ntext += n;
	*vec_push(s->slot, s->n, l->cap_slot) = (struct slot){(uint32_t)n, k};
}

/* END, or why not. */
static enum json_type
read_tokens(struct jsonl *l, const char *p, const char *end, bool keep)
{
	struct level level[SOURCE_MAX_DEPTH + 1] = {{0}};
	struct json j;
	const char *literal = p;
	json_init(&j, p, (size_t)(end - p));
	if (json_next(&j) != JSON_OBJECT)
		return JSON_BAD;
	for (;;) {
		enum json_type type = json_next(&j);
		struct level *at = level + (j.depth ? j.depth - 1 : 0);
		switch (type) {
		case JSON_END:
			if (keep)
				shape_add(l, literal, end, NULL);
			return type;
		case JSON_BAD:
		case JSON_DEEP:
			return type;
		case JSON_KEY:
			path_add(l, at, j.text, j.ntext, j.escaped);
			continue;
		case JSON_CLOSE:
			continue;
		case JSON_OBJECT:
		case JSON_ARRAY:
			/* The bracket is counted already: its name is that of the level around
			 * it. */
			if (j.depth > 1 && level[j.depth - 2].array)
				path_add_index(l, level + j.depth - 2);
			*at = (struct level){l->path.len, 0, type == JSON_ARRAY};
			continue;
		default:
			break;
		}
		if (at->array)
			path_add_index(l, at);
		struct key *k = path_key(l);
		if (keep)
			shape_add(l, literal, j.start, k);
		literal = j.p;
		table_reserve(&l->t, 1);
		see_scalar(l, k, &j, type);
	}
}

/* -- what a line says as a whole --------------------------------------------------------------- */

static struct aside *
find_step(struct jsonl *l, int64_t *step)
{
	struct aside *best = NULL, *fraction = NULL;
	for (size_t i = 0; i < l->naside; i++) {
		struct aside *a = l->aside + i;
		int64_t v;
		if (a->type != JSON_NUMBER || a->key->field.kind != FIELD_STEP ||
		    a->key->field.never || !isfinite(a->number))
			continue;
		if (!num_to_step(a->number, &v)) {
			fraction = a;
		} else if (!best || a->key->field.rank < best->key->field.rank) {
			best = a;
			*step = v;
		}
	}
	if (best || fraction)
		field_stepped(best ? &best->key->field : &fraction->key->field, best);
	return best;
}

static void
give_param(struct jsonl *l, const struct aside *a)
{
	const char *key = a->key->field.name + a->key->nconfig;
	size_t nkey = a->key->field.nname - a->key->nconfig;
	struct str text = STR_INIT;
	switch (a->type) {
	case JSON_NUMBER:
		table_param_number(&l->t, key, nkey, a->number);
		break;
	case JSON_TRUE:
		table_param(&l->t, key, nkey, "true", 4);
		break;
	case JSON_FALSE:
		table_param(&l->t, key, nkey, "false", 5);
		break;
	case JSON_STRING:
		json_unescape(&text, a->text, a->ntext);
		table_param(&l->t, key, nkey, str_c(&text), text.len);
		break;
	default:
		break;
	}
	str_release(&text);
}

/* Does the first line, which has no step, describe the run? Not when it holds metrics. */
static bool
describes_run(const struct jsonl *l)
{
	for (size_t i = 0; i < l->naside; i++) {
		const struct aside *a = l->aside + i;
		if (a->type == JSON_NUMBER && !a->key->nconfig &&
		    metric_name_known(a->key->field.name))
			return false;
	}
	return true;
}

/* mmengine counts training rows by iteration and validation rows by epoch, both as "step". A row
 * that has a step alone, equal to the epoch that the training rows have reached, is one of
 * those. */
static bool
step_is_epoch(struct jsonl *l, const struct aside *by, int64_t step)
{
	int64_t epoch = -1;
	bool alone = true;
	if (by->key->field.unit != STEP_STEP)
		return false;
	for (size_t i = 0; i < l->naside; i++) {
		const struct aside *a = l->aside + i;
		if (a == by || a->type != JSON_NUMBER || a->key->field.kind != FIELD_STEP)
			continue;
		alone = false;
		if (a->key->field.unit == STEP_EPOCH && !num_to_step(a->number, &epoch))
			epoch = -1;
	}
	if (alone)
		return step == l->epoch && step < l->epoch_step;
	l->epoch = epoch;
	l->epoch_step = step;
	return false;
}

static void
finish_scalar(struct jsonl *l, struct aside *a)
{
	struct field *f = &a->key->field;
	if (a->type == JSON_NUMBER && (f->kind == FIELD_METRIC || f->kind == FIELD_STEP))
		table_add(&l->t, f, a->number);
	else if (a->type == JSON_NUMBER)
		table_add_special(&l->t, f, a->number);
	else if (a->type != JSON_STRING)
		return;
	else if (f->kind == FIELD_SAYS)
		table_says(&l->t, a->text, a->ntext);
	else if (!(f->kind == FIELD_TIME && table_stamp(&l->t, a->text, a->ntext)) &&
		 is_nonfinite(a->text, a->ntext))
		table_remark(&l->t, REMARK_TEXT_CELL, "'%.60s' is the text \"%.*s\", no number",
			     f->name, (int)(a->ntext < 20 ? a->ntext : 20), a->text);
}

static void
finish_line(struct jsonl *l)
{
	int64_t step = 0;
	uint64_t number = l->t.rows++;
	const struct aside *by = find_step(l, &step);
	enum step_unit unit = STEP_ROW;
	if (by)
		unit = step_is_epoch(l, by, step) ? STEP_EPOCH : by->key->field.unit;
	bool first = !l->begun && !by && describes_run(l);
	table_reserve(&l->t, l->naside);
	for (size_t i = 0; i < l->naside; i++) {
		struct aside *a = l->aside + i;
		if (!by && (first || a->key->nconfig))
			give_param(l, a);
		if (a != by)
			finish_scalar(l, a);
	}
	table_row(&l->t, unit, by ? step : (int64_t)number);
	l->begun = true;
}

static void
begin_line(struct jsonl *l, uint64_t offset)
{
	table_begin(&l->t, offset, l->line);
	l->naside = 0;
}

static void
read_line(struct jsonl *l, const char *p, const char *end, uint64_t offset)
{
	begin_line(l, offset);
	if (offset == 0 && end - p >= 3 && !memcmp(p, "\xEF\xBB\xBF", 3))
		p += 3;
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	while (p < end && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	/* Some end each line as if it were an element of an array. */
	if (end - p > 2 && end[-1] == ',' && end[-2] == '}')
		end--;
	if (p == end)
		return;
	for (int i = 0; i < SHAPES && l->shape[i].n; i++) {
		if (read_shaped(l, l->shape + i, p, end)) {
			if (i)
				shape_to_front(l, i);
			finish_line(l);
			return;
		}
		begin_line(l, offset);
	}
	bool keep = end - p <= SHAPE_BYTES;
	l->fresh.n = l->fresh.ntext = 0;
	l->record++;
	str_reset(&l->path);
	enum json_type type = read_tokens(l, p, end, keep);
	if (type != JSON_END) {
		table_drop(&l->t);
		if (type == JSON_DEEP)
			table_remark(&l->t, REMARK_LIMIT, "skipped: nested deeper than %d",
				     SOURCE_MAX_DEPTH);
		else
			table_remark(&l->t, REMARK_BAD_RECORD, "skipped: no JSON object");
		return;
	}
	if (keep) {
		struct shape *old = l->shape + SHAPES - 1;
		struct shape made = {xmemdup(l->fresh.text, l->fresh.ntext), l->fresh.ntext,
				     xmemdup(l->fresh.slot, l->fresh.n * sizeof(struct slot)),
				     l->fresh.n};
		free(old->text);
		free(old->slot);
		*old = made;
		shape_to_front(l, SHAPES - 1);
	}
	finish_line(l);
}

/* -- the source ------------------------------------------------------------------------------- */

static size_t
jsonl_feed(struct source *s, const char *buf, size_t len, uint64_t offset, bool at_end,
	   int64_t arrival_us)
{
	struct jsonl *l = (struct jsonl *)s;
	size_t at = 0;
	l->t.arrival_us = arrival_us;
	if (l->t.open) {
		at = table_close_line(&l->t, buf, len, '\n', at_end);
		if (l->t.open)
			return at_end ? len : 0;
		l->line++;
	}
	while (at < len) {
		const char *p = buf + at;
		size_t known = l->searched_at == offset + at ? l->searched : 0;
		if (known > len - at)
			known = 0; /* less than the last time is handed in */
		const char *newline = memchr(p + known, '\n', len - at - known);
		size_t n = newline ? (size_t)(newline - p) : len - at;
		if (n > SOURCE_MAX_RECORD && !l->skipping) {
			begin_line(l, offset + at);
			table_remark(&l->t, REMARK_LIMIT, "skipped: a line of more than %u bytes",
				     SOURCE_MAX_RECORD);
			l->skipping = true;
		}
		if (!newline && !at_end && !l->skipping) {
			/* Zeros may be a hole that is filled later: they are looked at again. */
			const char *zero = memchr(p + known, '\0', n - known);
			l->searched_at = offset + at;
			l->searched = zero ? (size_t)(zero - p) : n;
			break;
		}
		if (!l->skipping)
			read_line(l, p, p + n, offset + at);
		if (newline) {
			l->skipping = false;
			l->line++;
		}
		l->t.open = !newline && !l->skipping;
		at += n + (newline != NULL);
	}
	return at;
}

static enum source_end
jsonl_ended(const struct source *s)
{
	return table_line_end(&((const struct jsonl *)s)->t);
}

static struct source *
jsonl_new(const struct source_env *env)
{
	struct jsonl *l = xcalloc(1, sizeof *l);
	l->source.ops = &jsonl_source;
	table_init(&l->t, env);
	l->line = 1;
	l->epoch = l->epoch_step = -1;
	l->searched_at = UINT64_MAX;
	field_init(&l->nobody.field, STEPS_JSON, "", 0);
	l->nobody.plain = true;
	return &l->source;
}

static void
jsonl_free(struct source *s)
{
	struct jsonl *l = (struct jsonl *)s;
	struct key *k;
	for (size_t at = 0; (k = map_next(&l->keys, &at));) {
		field_release(&k->field);
		free(k);
	}
	map_release(&l->keys);
	free(l->total);
	free(l->step);
	field_release(&l->nobody.field);
	for (int i = 0; i < SHAPES; i++) {
		free(l->shape[i].text);
		free(l->shape[i].slot);
	}
	free(l->fresh.text);
	free(l->fresh.slot);
	free(l->aside);
	str_release(&l->path);
	table_release(&l->t);
	free(l);
}

static void
jsonl_save(const struct source *s, struct str *out)
{
	const struct jsonl *l = (const struct jsonl *)s;
	pack_u64(out, STATE_VERSION);
	pack_u64(out, l->line);
	pack_u64(out, l->skipping);
	pack_u64(out, l->begun);
	pack_i64(out, l->epoch);
	pack_i64(out, l->epoch_step);
	table_save(&l->t, out);
	pack_u64(out, l->ntotal);
	for (size_t i = 0; i < l->ntotal; i++) {
		const struct field *f = &l->total[i]->field;
		pack_text(out, f->name, f->nname);
		pack_u64(out, f->same);
		pack_f64(out, f->last);
	}
	size_t steps = 0;
	for (size_t i = 0; i < l->nstep; i++)
		steps += l->step[i]->field.whole || l->step[i]->field.never;
	pack_u64(out, steps);
	for (size_t i = 0; i < l->nstep; i++) {
		const struct field *f = &l->step[i]->field;
		if (!f->whole && !f->never)
			continue;
		pack_text(out, f->name, f->nname);
		pack_u64(out, (uint64_t)(f->whole << 1 | f->never));
	}
}

static bool
load_steps(struct jsonl *l, struct unpack *u)
{
	for (uint64_t steps = unpack_u64(u); steps && !u->bad; steps--) {
		size_t nname;
		const char *name = unpack_text(u, &nname);
		struct key *k = u->bad ? NULL : key_of(l, name, nname);
		uint64_t seen = unpack_upto(u, 2 * FIELD_SURE + 1);
		if (!k || k->field.kind != FIELD_STEP)
			return false;
		k->field.whole = (uint8_t)(seen >> 1);
		k->field.never = seen & 1;
	}
	return true;
}

static bool
jsonl_load(struct source *s, const void *state, size_t n)
{
	struct jsonl *l = (struct jsonl *)s;
	struct unpack u;
	unpack_init(&u, state, n);
	uint64_t version = unpack_u64(&u);
	if (version != STATE_VERSION && version != BEFORE)
		return false;
	l->line = unpack_u64(&u);
	l->skipping = unpack_upto(&u, 1);
	l->begun = unpack_upto(&u, 1);
	l->epoch = unpack_i64(&u);
	l->epoch_step = unpack_i64(&u);
	table_load(&l->t, &u);
	for (uint64_t totals = unpack_u64(&u); totals && !u.bad; totals--) {
		size_t nname;
		const char *name = unpack_text(&u, &nname);
		struct key *k = u.bad ? NULL : key_of(l, name, nname);
		if (!k)
			return false;
		k->field.same = (uint8_t)unpack_upto(&u, 2);
		k->field.last = unpack_f64(&u);
	}
	if (version != BEFORE && !load_steps(l, &u))
		return false;
	return unpack_whole(&u) && l->line;
}

const struct source_ops jsonl_source = {
	.name = "jsonl",
	.rank = 2,
	.probe = jsonl_probe,
	.new = jsonl_new,
	.feed = jsonl_feed,
	.save = jsonl_save,
	.load = jsonl_load,
	.free = jsonl_free,
	.ended = jsonl_ended,
	.lines = true,
};
