/* The history and the samples of the machine: names with a value in JSON each.
 *
 * Current writers put the items of a record in any order, so a name is looked up by its bytes as
 * they stand: one look-up, one number read, and an item is done. What is no plain number goes
 * through json_leaves(). */
#include "core/wandb_impl.h"

#include "core/num.h"
#include "core/xalloc.h"

#include <string.h>

enum {
	MAX_KEYS = 2 * SOURCE_MAX_COLUMNS,
	MAX_KNOWN = 256, /* bytes of an item that are kept to find its name again */
};

/* -- names ------------------------------------------------------------------------------------- */

struct wandb_key *
wandb_key(struct wandb *w, const char *name, size_t n)
{
	struct wandb_key *k = map_get(&w->keys, name, n);
	if (k || map_count(&w->keys) >= MAX_KEYS || n > SOURCE_MAX_NAME)
		return k;
	k = xcalloc(1, sizeof *k);
	field_init(&k->field, STEPS_JSON, name, n);
	k->field.kind = FIELD_METRIC; /* whatever it is called: the step is the history's own */
	if (n == 5 && !memcmp(name, "_step", 5))
		k->field.kind = FIELD_STEP;
	if (n == 10 && !memcmp(name, "_timestamp", 10)) {
		k->field.kind = FIELD_TIME;
		k->field.scale_us = 1e6;
	}
	map_put(&w->keys, name, n, k);
	return k;
}

static struct wandb_key *
path_key(struct wandb *w)
{
	return wandb_key(w, str_c(&w->path), w->path.len);
}

void
wandb_path_add(struct wandb *w, const char *p, size_t n)
{
	size_t from = w->path.len;
	if (from > SOURCE_MAX_NAME)
		return;
	str_add(&w->path, p, n < SOURCE_MAX_NAME ? n : SOURCE_MAX_NAME + 1);
	for (char *zero; (zero = memchr(w->path.buf + from, '\0', w->path.len - from));)
		*zero = ' ';
}

/* -- items ------------------------------------------------------------------------------------- */

/* As nearly all are: names of less than 128 bytes, then a value of less than 128. */
static bool
read_short(const char *bytes, size_t n, struct wandb_item *it)
{
	enum { KEY_TAG = 0x0A, NESTED_TAG = 0x12, VALUE_TAG = 0x82, VALUE_TAG_END = 0x01 };
	const unsigned char *p = (const unsigned char *)bytes, *end = p + n;
	while (end - p > 2 && (*p == KEY_TAG || *p == NESTED_TAG)) {
		if (p[1] >= 128 || p[1] > end - p - 2)
			return false;
		p += 2 + p[1];
	}
	if (end - p < 3 || p[0] != VALUE_TAG || p[1] != VALUE_TAG_END || p[2] >= 128 ||
	    p[2] != end - p - 3)
		return false;
	*it = (struct wandb_item){
		.name = bytes,
		.nname = (size_t)((const char *)p - bytes),
		.json = (const char *)p + 3,
		.njson = p[2],
	};
	return true;
}

bool
wandb_item_read(struct wandb *w, const struct pb_field *f, struct wandb_item *it)
{
	enum { KEY = 1, NESTED = 2, VALUE = 16 };
	struct pb m;
	struct pb_field g;
	if (read_short(f->bytes, f->n, it))
		return true;
	*it = (struct wandb_item){0};
	pb_init(&m, f->bytes, f->n, f->n);
	for (const unsigned char *at = m.p; pb_next(&m, &g); at = m.p) {
		if (g.type == PB_BYTES && it->json && (g.number == KEY || g.number == NESTED))
			it->nname = 0; /* the bytes in front of the value are not all of it */
		if (g.number != VALUE || g.type != PB_BYTES)
			continue;
		if (!it->json) {
			it->name = f->bytes;
			it->nname = (size_t)((const char *)at - f->bytes);
		}
		it->json = g.bytes;
		it->njson = g.n;
	}
	w->bad |= m.state == PB_BAD;
	return it->json && m.state == PB_END;
}

void
wandb_item_path(struct wandb *w, const struct pb_field *f, const char *prefix)
{
	enum { KEY = 1, NESTED = 2 };
	struct pb m;
	struct pb_field g;
	bool nested = false;
	str_reset(&w->path);
	str_adds(&w->path, prefix);
	pb_init(&m, f->bytes, f->n, f->n);
	while (pb_next(&m, &g)) {
		if (g.type != PB_BYTES || (g.number != KEY && g.number != NESTED))
			continue;
		if (nested && w->path.len <= SOURCE_MAX_NAME)
			str_addc(&w->path, '.');
		nested = true;
		wandb_path_add(w, g.bytes, g.n);
	}
}

struct wandb_key *
wandb_item_key(struct wandb *w, struct map *known, const struct pb_field *f,
	       const struct wandb_item *it, const char *prefix)
{
	bool keep = it->nname && it->nname <= MAX_KNOWN;
	struct wandb_key *k = keep ? map_get(known, it->name, it->nname) : NULL;
	if (k)
		return k;
	wandb_item_path(w, f, prefix);
	k = path_key(w);
	if (k && keep && map_count(known) < MAX_KEYS)
		map_put(known, it->name, it->nname, k);
	return k;
}

/* W&B writes these as texts where JSON proper is asked for. */
static bool
text_is_nonfinite(const char *p, size_t n, double *v)
{
	static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == n && !memcmp(words[i], p, n))
			return num_parse_all(p, p + n, v);
	return false;
}

/* JSON that is one number, as nearly all of it is. */
static bool
is_number(const struct wandb_item *it, double *v)
{
	const char *end = it->json + it->njson;
	char c = it->njson ? *it->json : 0;
	return (c == '-' || (unsigned char)(c - '0') < 10 || c == 'N' || c == 'I') &&
	       num_parse(it->json, end, v) == end;
}

void
wandb_broken(struct wandb *w, const char *name, enum json_type why)
{
	if (w->broken_why != JSON_END)
		return;
	str_reset(&w->broken);
	str_adds(&w->broken, name);
	w->broken_why = why;
}

/* -- rows -------------------------------------------------------------------------------------- */

/* The first time that K is met in this record? No row has a column twice. */
static bool
met(struct wandb *w, struct wandb_key *k)
{
	bool first = k->stamp != w->record;
	k->stamp = w->record;
	return first;
}

static void
see_number(struct wandb *w, struct wandb_key *k, double v)
{
	int64_t step = 0;
	if (!k) {
		w->t.dropped++;
		return;
	}
	if (!met(w, k))
		return;
	k->logged = true;
	if (k->field.kind == FIELD_STEP) {
		w->has_step = num_to_step(v, &step);
		w->step = step;
		return;
	}
	table_reserve(&w->t, 1);
	if (k->field.kind == FIELD_TIME)
		table_add_special(&w->t, &k->field, v);
	else
		table_add(&w->t, &k->field, v);
	if (w->ngoals && !k->aimed)
		wandb_tell_goal(w, k);
}

void
wandb_see_text(struct wandb *w, struct wandb_key *k)
{
	if (!k || k->logged)
		return;
	k->logged = true;
	if (k->field.column >= FIELD_DROPPED && w->ntext < WANDB_MAX_TEXTS)
		*vec_push(w->text, w->ntext, w->cap_text) = k;
}

static void
see_leaf(void *ctx, const struct json_leaf *leaf)
{
	struct wandb *w = ctx;
	struct wandb_key *k = wandb_key(w, leaf->path, leaf->npath);
	double v = leaf->number;
	if (leaf->type == JSON_NUMBER ||
	    (leaf->type == JSON_STRING && text_is_nonfinite(leaf->text, leaf->n, &v)))
		see_number(w, k, v);
	else
		wandb_see_text(w, k);
}

static void
see_item(struct wandb *w, struct map *known, const struct pb_field *f, const char *prefix,
	 bool nested)
{
	struct wandb_item it;
	double v;
	if (!wandb_item_read(w, f, &it))
		return;
	struct wandb_key *k = wandb_item_key(w, known, f, &it, prefix);
	if (is_number(&it, &v)) {
		see_number(w, k, v);
		return;
	}
	if (!nested && it.njson && *it.json == '{')
		return;
	if (k) {
		str_reset(&w->path);
		str_add(&w->path, k->field.name, k->field.nname);
	}
	enum json_type end =
		json_leaves(it.json, it.njson, &w->path, '.', SOURCE_MAX_NAME, see_leaf, w);
	if (end != JSON_END)
		wandb_broken(w, k ? k->field.name : "", end);
}

/* { num } */
static int64_t
read_step(struct wandb *w, const struct pb_field *f)
{
	struct pb m;
	struct pb_field g;
	int64_t step = 0;
	pb_init(&m, f->bytes, f->n, f->n);
	while (pb_next(&m, &g))
		if (g.number == 1 && g.type == PB_VARINT)
			step = (int64_t)g.value;
	w->bad |= m.state == PB_BAD;
	return step;
}

void
wandb_history(struct wandb *w, struct pb *m)
{
	enum { ITEM = 1, STEP = 2 };
	struct pb_field f;
	bool given = false;
	int64_t step = 0;
	uint64_t number = w->t.rows++;
	w->has_step = false;
	while (pb_next(m, &f)) {
		if (f.number == ITEM && f.type == PB_BYTES) {
			see_item(w, &w->history, &f, "", true);
		} else if (f.number == STEP && f.type == PB_BYTES) {
			step = read_step(w, &f);
			given = true;
		}
	}
	if (!given && w->has_step)
		step = w->step;
	if (!given && !w->has_step)
		step = (int64_t)number;
	w->bad |= m->state == PB_BAD;
	if (w->bad)
		table_drop(&w->t);
	else
		table_row(&w->t, given || w->has_step ? STEP_STEP : STEP_ROW, step);
}

bool
wandb_time_read(const struct pb_field *f, int64_t *us)
{
	struct pb m;
	struct pb_field g;
	int64_t seconds = 0, nanos = 0;
	pb_init(&m, f->bytes, f->n, f->n);
	while (pb_next(&m, &g)) {
		if (g.number == 1 && g.type == PB_VARINT)
			seconds = (int64_t)g.value;
		if (g.number == 2 && g.type == PB_VARINT)
			nanos = (int64_t)g.value;
	}
	*us = 0;
	/* a year before 2100 */
	if (seconds > 0 && seconds <= INT64_C(4102444800) && nanos >= 0 && nanos < 1000000000)
		*us = seconds * 1000000 + nanos / 1000;
	return m.state != PB_BAD;
}

int64_t
wandb_time(struct wandb *w, const struct pb_field *f)
{
	int64_t us;
	w->bad |= !wandb_time_read(f, &us);
	return us;
}

/* Names of 2021 have an object where later ones have a name for each number ("network": the bytes
 * received and sent); those are no series. */
void
wandb_stats(struct wandb *w, struct pb *m)
{
	enum { TIME = 2, ITEM = 3 };
	struct pb_field f;
	uint64_t number = w->samples++;
	while (pb_next(m, &f)) {
		if (f.number == TIME && f.type == PB_BYTES)
			w->t.wall_us = wandb_time(w, &f);
		else if (f.number == ITEM && f.type == PB_BYTES)
			see_item(w, &w->stats, &f, "system/", false);
	}
	w->bad |= m->state == PB_BAD;
	if (w->bad)
		table_drop(&w->t);
	else
		table_row(&w->t, STEP_ROW, (int64_t)number);
}
