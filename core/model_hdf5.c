/* HDF5 as a model: each dataset is a tensor, attributes are metadata; Keras keeps its
 * architecture in an attribute of the root, as JSON. */
#include "core/hdf5.h"
#include "core/model_own.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_CONFIG = 8 << 20, MAX_ATTRIBUTE = 4096 };

struct reading {
	struct model_file *f;
	bool placed;
	uint64_t base;
	bool unread;
};

static void
on_dataset(void *ctx, const char *path, const struct hdf5_data *d)
{
	struct reading *r = ctx;
	struct model *m = r->f->m;
	struct model_tensor *t = model_add_tensor(r->f, path, strlen(path));
	if (!t || !model_set_shape(m, t, d->dim, d->rank))
		return;
	t->count = d->count;
	model_set_type(t, d->type.dtype);
	if (d->type.dtype == DTYPE_OTHER)
		t->type = d->type.name;
	t->nbytes = d->nbytes;
	t->swapped = d->type.swapped;
	if (d->placed && r->placed)
		model_set_place(r->f, t, r->base + d->at);
	/* One that was never written to is zeros, and stands nowhere. */
	if (d->placed && !r->placed)
		r->unread = true;
	if (t->readable && dtype_bytes(t->dtype) != d->type.itemsize)
		t->readable = false;
}

static void
on_attribute(void *ctx, const char *path, const char *name, struct hdf5 *h,
	     const struct hdf5_data *d)
{
	struct reading *r = ctx;
	struct model *m = r->f->m;
	struct str s = STR_INIT, key = STR_INIT;
	bool config = !*path && strcmp(name, "model_config") == 0;
	hdf5_text(h, d, &s, config ? MAX_CONFIG : MAX_ATTRIBUTE);
	if (config) {
		m->format = "keras";
		model_read_keras_config(m, str_c(&s), s.len, "model_config");
	} else {
		if (*path)
			str_addf(&key, "%s/", path);
		str_adds(&key, name);
		/* Names of all layers and weights: the tensors say as much. */
		if (strncmp(name, "layer_names", 11) != 0 && strncmp(name, "weight_names", 12) != 0)
			model_add_meta(m, str_c(&key), key.len, str_c(&s), s.len);
		else if (!*path || strcmp(path, "model_weights") == 0)
			m->format = "keras";
	}
	str_release(&s);
	str_release(&key);
}

static void
on_remark(void *ctx, bool bad, const char *words)
{
	struct reading *r = ctx;
	struct model *m = r->f->m;
	if (bad && m->state != MODEL_TRUNCATED) {
		model_damaged(m, "%s", words);
		return;
	}
	model_remark(m, "%s", words);
	if (m->state == MODEL_WHOLE)
		m->state = MODEL_UNSURE;
}

int
model_read_hdf5_blob(struct model_file *f, const struct blob *b, bool placed, uint64_t base,
		     struct err *e)
{
	struct model *m = f->m;
	uint64_t missing;
	unsigned version;
	struct hdf5 *h = hdf5_open(b, &missing, &version, e);
	if (!h)
		return ERR_FORMAT;
	m->separator = '/';
	model_judge(m, MODEL_SAFE);
	if (missing)
		model_cut(m, missing, missing == 1);
	struct reading r = {.f = f, .placed = placed, .base = base};
	struct hdf5_visitor v = {&r, on_dataset, on_attribute, on_remark};
	hdf5_walk(h, &v);
	hdf5_close(h);
	return 0;
}

int
model_read_hdf5(struct model_file *f, struct err *e)
{
	f->m->format = "hdf5";
	return model_read_hdf5_blob(f, &f->blob, true, 0, e);
}
