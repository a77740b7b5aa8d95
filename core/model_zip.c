/* Whose zip file is it? What its members are called says. */
#include "core/model_own.h"
#include "core/zip.h"

#include <string.h>
#include <strings.h>

/* In any case: PyTorch's own reader does not tell them apart. */
static bool
ends(const char *z, const char *with)
{
	size_t n = strlen(z), k = strlen(with);
	return n >= k && strcasecmp(z + n - k, with) == 0;
}

/* The member that PyTorch would load: "data.pkl" below the top directory. */
static const struct zip_entry *
find_pickle(const struct zip *z)
{
	for (size_t i = 0; i < z->n; i++)
		if (ends(z->entry[i].name, "/data.pkl") ||
		    strcasecmp(z->entry[i].name, "data.pkl") == 0)
			return &z->entry[i];
	return NULL;
}

int
model_read_zip(struct model_file *f, struct err *e)
{
	struct zip z;
	if (zip_read(&z, &f->blob, &f->m->own->arena, e) < 0)
		return ERR_FORMAT;
	const struct zip_entry *pkl = find_pickle(&z);
	if (pkl)
		return model_read_torch_zip(f, &z, pkl, e);
	if (zip_find(&z, "model.weights.h5") || zip_find(&z, "config.json"))
		return model_read_keras(f, &z, e);
	for (size_t i = 0; i < z.n; i++)
		if (ends(z.entry[i].name, ".npy"))
			return model_read_npz(f, &z);
	if (z.cut && z.n <= 1) {
		f->m->format = "zip";
		model_cut(f->m, 1, true);
		model_judge(f->m, MODEL_UNJUDGED);
		return 0;
	}
	return err_set(e, ERR_FORMAT, "%s: a zip file, but of no model that mm knows", f->m->path);
}
