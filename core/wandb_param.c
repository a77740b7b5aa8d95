/* What the run was told, what it is called, and what became of it in one number each.
 *
 * The summary repeats the history, which needs no repeating. What remains of it (the best value
 * that define_metric() asked for, a result that the program put there) is worth keeping, as
 * `summary/NAME` among the parameters. A name may be in the summary a record before it is in the
 * history, so names that are new wait until the record that follows. */
#include "core/wandb_impl.h"

#include "core/run.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_PARAMS = 4096,
	MAX_VALUE = 512, /* bytes of one */
	ESCAPED = 6,     /* bytes that may stand for one of a text */
	MAX_TITLE = 256,
};

/* -- parameters -------------------------------------------------------------------------------- */

static void
give_param(struct wandb *w, const struct str *key, const char *value, size_t n)
{
	bool known = map_get(&w->params, key->buf, key->len);
	if (known || map_count(&w->params) < MAX_PARAMS) {
		if (!known)
			map_put(&w->params, key->buf, key->len, w);
		table_param(&w->t, key->buf, key->len, value, n);
	} else if (!w->params_full) {
		w->params_full = true;
		table_remark(&w->t, REMARK_LIMIT, "parameters left out: there are more than %d",
			     MAX_PARAMS);
	}
}

/* VALUE becomes what the leaf says, as a person would write it. */
static void
leaf_text(struct wandb *w, const struct json_leaf *leaf)
{
	str_reset(&w->value);
	if (leaf->type == JSON_STRING)
		json_unescape(&w->value, leaf->text, leaf->n);
	else
		str_add(&w->value, leaf->text, leaf->n);
}

struct config {
	struct wandb *w;
	size_t nname; /* of the path, the name of the item */
	bool wrapped; /* behind it comes ".value", which says nothing */
};

static void
config_leaf(void *ctx, const struct json_leaf *leaf)
{
	struct config *c = ctx;
	static const char value[] = ".value", desc[] = ".desc";
	struct str name = STR_INIT;
	const char *rest = leaf->path + c->nname;
	size_t nrest = leaf->npath - c->nname;
	bool is_desc = c->wrapped && nrest >= strlen(desc) && !memcmp(rest, desc, strlen(desc));
	if (is_desc || leaf->n > ESCAPED * MAX_VALUE)
		return;
	if (c->wrapped && nrest >= strlen(value)) {
		rest += strlen(value);
		nrest -= strlen(value);
	}
	str_add(&name, leaf->path, c->nname);
	str_add(&name, rest, nrest);
	leaf_text(c->w, leaf);
	give_param(c->w, &name, str_c(&c->w->value), c->w->value.len);
	str_release(&name);
}

/* {"desc": …, "value": …}: how config.yaml, and very old writers, put a value. */
static bool
is_wrapped(const struct wandb_item *it)
{
	struct json j;
	bool value = false;
	enum json_type type;
	json_init(&j, it->json, it->njson);
	if (json_next(&j) != JSON_OBJECT)
		return false;
	while ((type = json_next(&j)) != JSON_END && type != JSON_BAD && type != JSON_DEEP) {
		if (type != JSON_KEY || j.depth != 1)
			continue;
		bool is_value = j.ntext == 5 && !memcmp(j.text, "value", 5);
		if (!is_value && !(j.ntext == 4 && !memcmp(j.text, "desc", 4)))
			return false;
		value |= is_value;
	}
	return value && type == JSON_END;
}

/* "_wandb", with all that is in it. */
static bool
is_own_note(const struct str *path)
{
	return path->len >= 6 && !memcmp(path->buf, "_wandb", 6) &&
	       (path->len == 6 || path->buf[6] == '.');
}

void
wandb_config(struct wandb *w, struct pb *m)
{
	enum { UPDATE = 1 };
	struct pb_field f;
	struct wandb_item it;
	while (pb_next(m, &f)) {
		if (f.number != UPDATE || f.type != PB_BYTES || !wandb_item_read(w, &f, &it))
			continue;
		wandb_item_path(w, &f, "");
		if (!w->path.len || is_own_note(&w->path))
			continue;
		struct config c = {w, w->path.len, is_wrapped(&it)};
		enum json_type end = json_leaves(it.json, it.njson, &w->path, '.', SOURCE_MAX_NAME,
						 config_leaf, &c);
		if (end != JSON_END)
			wandb_broken(w, str_c(&w->path), end);
	}
	w->bad |= m->state == PB_BAD;
}

/* -- the summary ------------------------------------------------------------------------------- */

void
wandb_wait(struct wandb *w, struct wandb_key *k)
{
	if (!k->waiting && w->nwaiting >= WANDB_MAX_TEXTS)
		return;
	if (!k->waiting)
		*vec_push(w->waiting, w->nwaiting, w->cap_waiting) = k;
	free(k->waiting);
	k->waiting = xmemdup(str_c(&w->value), w->value.len + 1);
	k->nwaiting = w->value.len;
}

void
wandb_end_waiting(struct wandb *w)
{
	struct str name = STR_INIT;
	for (size_t i = 0; i < w->nwaiting; i++) {
		struct wandb_key *k = w->waiting[i];
		str_reset(&name);
		str_adds(&name, "summary/");
		str_add(&name, k->field.name, k->field.nname);
		if (!k->logged)
			give_param(w, &name, k->waiting, k->nwaiting);
		free(k->waiting);
		k->waiting = NULL;
	}
	w->nwaiting = 0;
	str_release(&name);
}

static void
summary_leaf(void *ctx, const struct json_leaf *leaf)
{
	struct wandb *w = ctx;
	struct wandb_key *k = wandb_key(w, leaf->path, leaf->npath);
	if (!k || k->logged || leaf->n > MAX_VALUE)
		return;
	leaf_text(w, leaf);
	wandb_wait(w, k);
}

void
wandb_summary(struct wandb *w, struct pb *m)
{
	enum { UPDATE = 1 };
	struct pb_field f;
	struct wandb_item it;
	while (pb_next(m, &f)) {
		if (f.number != UPDATE || f.type != PB_BYTES || !wandb_item_read(w, &f, &it))
			continue;
		struct wandb_key *k = wandb_item_key(w, &w->history, &f, &it, "");
		bool inside = it.njson && *it.json == '{';
		if (!k || (k->logged && !inside) || k->field.name[0] == '_')
			continue;
		str_reset(&w->path);
		str_add(&w->path, k->field.name, k->field.nname);
		enum json_type end = json_leaves(it.json, it.njson, &w->path, '.', SOURCE_MAX_NAME,
						 summary_leaf, w);
		if (end != JSON_END)
			wandb_broken(w, k->field.name, end);
	}
	w->bad |= m->state == PB_BAD;
}

/* -- the run ----------------------------------------------------------------------------------- */

void
wandb_run(struct wandb *w, struct pb *m)
{
	enum { RUN_CONFIG = 4, DISPLAY_NAME = 8 };
	struct pb_field f;
	while (pb_next(m, &f)) {
		if (f.type != PB_BYTES)
			continue;
		if (f.number == RUN_CONFIG) {
			struct pb inner;
			pb_init(&inner, f.bytes, f.n, f.n);
			wandb_config(w, &inner);
		} else if (f.number == DISPLAY_NAME && f.n) {
			str_reset(&w->path);
			wandb_path_add(w, f.bytes, f.n < MAX_TITLE ? f.n : MAX_TITLE);
			w->t.sink->ops->title(w->t.sink, w->t.log, str_c(&w->path));
		}
	}
	w->bad |= m->state == PB_BAD;
	/* It comes first; and again when something of it changes. */
	if (!w->bad && !w->t.rows && !w->t.ended)
		table_say(&w->t, RUN_BEGUN);
}
