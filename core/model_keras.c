/* Keras: what layers there are, from its JSON; and the .keras zip file (metadata.json,
 * config.json, model.weights.h5).
 *
 * The JSON is data, but some of it is taken for code: a Lambda layer carries compiled Python,
 * and a class that is registered by somebody else's package is imported. */
#include "core/json.h"
#include "core/model_own.h"
#include "core/xalloc.h"
#include "core/zip.h"

#include <stdlib.h>
#include <string.h>

enum { LEVELS = 66, MAX_JSON = 64 << 20 };

struct config {
	struct model *m;
	const char *where;
	struct json j;
	struct str text;
	/* of each level that is open: the key it stands under */
	struct str key[LEVELS];
	bool layers[LEVELS]; /* an array of layers */
	bool titled;
};

static bool
is_key(const struct config *c, unsigned level, const char *key)
{
	return level < LEVELS && strcmp(str_c(&c->key[level]), key) == 0;
}

static bool
in_layers(const struct config *c)
{
	return c->j.depth >= 2 && c->layers[c->j.depth - 1];
}

static void
on_class(struct config *c, const char *name, size_t n)
{
	struct model *m = c->m;
	if (c->j.depth == 1 && !m->title)
		m->title = arena_text(&m->own->arena, name, n);
	if (in_layers(c))
		model_add_op(m, "keras", 5, name, n);
	if (strcmp(name, "Lambda") == 0 || strcmp(name, "__lambda__") == 0)
		model_evidence(m, MODEL_CODE, "Lambda layer", c->where,
			       "carries compiled Python that runs when the model does");
}

static void
on_string(struct config *c, const char *key)
{
	const char *z = str_c(&c->text);
	size_t n = c->text.len;
	if (strcmp(key, "class_name") == 0) {
		on_class(c, z, n);
	} else if (strcmp(key, "registered_name") == 0 && strchr(z, '>') &&
		   strncmp(z, "keras", 5) != 0) {
		model_evidence(c->m, MODEL_CODE, z, c->where, "a class that somebody registered");
	} else if (strcmp(key, "module") == 0 && n && strncmp(z, "keras", 5) != 0 &&
		   strncmp(z, "builtins", 8) != 0 && strncmp(z, "tensorflow", 10) != 0) {
		model_evidence(c->m, MODEL_CODE, z, c->where, "a module that loading it imports");
	}
	if (strcmp(key, "name") == 0 && c->j.depth == 2 && is_key(c, 2, "config") && n &&
	    c->m->title && !c->titled) {
		c->m->title = arena_printf(&c->m->own->arena, "%s, %s", z, c->m->title);
		c->titled = true;
	}
}

void
model_read_keras_config(struct model *m, const char *json, size_t n, const char *where)
{
	struct config *c = xcalloc(1, sizeof *c);
	struct str key = STR_INIT;
	enum json_type t;
	c->m = m;
	c->where = where;
	json_init(&c->j, json, n);
	while ((t = json_next(&c->j)) != JSON_END && t != JSON_BAD && t != JSON_DEEP) {
		if (t == JSON_KEY) {
			str_reset(&key);
			json_unescape(&key, c->j.text, c->j.ntext);
			continue;
		}
		if (t == JSON_OBJECT || t == JSON_ARRAY) {
			unsigned level = c->j.depth;
			str_reset(&c->key[level]);
			str_adds(&c->key[level], str_c(&key));
			c->layers[level] = t == JSON_ARRAY && strcmp(str_c(&key), "layers") == 0;
		} else if (t == JSON_STRING && key.len) {
			str_reset(&c->text);
			json_unescape(&c->text, c->j.text, c->j.ntext);
			on_string(c, str_c(&key));
		}
		str_reset(&key);
	}
	if (t == JSON_DEEP)
		model_remark(m, "%s is nested too deep: not all of it was looked at", where);
	else if (t != JSON_END)
		model_damaged(m, "%s is no JSON", where);
	if (t != JSON_END)
		model_judge(m, MODEL_UNJUDGED);
	for (unsigned i = 0; i < LEVELS; i++)
		str_release(&c->key[i]);
	str_release(&c->text);
	str_release(&key);
	free(c);
}

/* {"keras_version": "3.0", "date_saved": "…"} */
static void
read_metadata(struct model *m, const char *text, size_t n)
{
	struct json j;
	struct str key = STR_INIT, value = STR_INIT;
	enum json_type t;
	json_init(&j, text, n);
	while ((t = json_next(&j)) != JSON_END && t != JSON_BAD && t != JSON_DEEP) {
		if (t == JSON_KEY) {
			str_reset(&key);
			json_unescape(&key, j.text, j.ntext);
		} else if (t == JSON_STRING && j.depth == 1) {
			str_reset(&value);
			json_unescape(&value, j.text, j.ntext);
			model_add_meta(m, str_c(&key), key.len, str_c(&value), value.len);
			if (strcmp(str_c(&key), "keras_version") == 0)
				m->version = arena_text(&m->own->arena, str_c(&value), value.len);
		}
	}
	str_release(&key);
	str_release(&value);
}

static void
read_weights(struct model_file *f, const struct zip_entry *x)
{
	struct model *m = f->m;
	struct err e = {0};
	uint64_t at;
	size_t n;
	bool whole;
	if (x->method == ZIP_STORED && zip_place(&f->blob, x, &at)) {
		struct blob b = blob_piece(&f->blob, at, x->packed);
		if (model_read_hdf5_blob(f, &b, true, at, &e) < 0)
			model_damaged(m, "%s: %s", x->name, e.text);
		return;
	}
	unsigned char *mem = zip_content(&f->blob, x, MODEL_MAX_INFLATED, &n, &whole);
	struct blob b = {.fd = -1, .mem = mem, .size = n};
	if (!mem || model_read_hdf5_blob(f, &b, false, 0, &e) < 0)
		model_damaged(m, "%s cannot be read", x->name);
	free(mem);
}

int
model_read_keras(struct model_file *f, const struct zip *z, struct err *e)
{
	struct model *m = f->m;
	const struct zip_entry *config = zip_find(z, "config.json");
	const struct zip_entry *meta = zip_find(z, "metadata.json");
	const struct zip_entry *weights = zip_find(z, "model.weights.h5");
	char *text;
	size_t n;
	bool whole;
	(void)e;
	m->format = "keras";
	m->separator = '/';
	model_judge(m, MODEL_SAFE);
	if (config && (text = (char *)zip_content(&f->blob, config, MAX_JSON, &n, &whole))) {
		model_read_keras_config(m, text, n, "config.json");
		free(text);
	}
	if (meta && (text = (char *)zip_content(&f->blob, meta, 1 << 20, &n, &whole))) {
		read_metadata(m, text, n);
		free(text);
	}
	if (weights)
		read_weights(f, weights);
	else if (!z->cut)
		model_remark(m, "there are no weights in it");
	if (z->cut && m->state != MODEL_TRUNCATED)
		model_cut(m, 1, true);
	return 0;
}
