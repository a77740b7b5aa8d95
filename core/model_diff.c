#include "core/model_diff.h"

#include "core/map.h"
#include "core/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const char *
model_change_name(enum model_change c)
{
	static const char *const name[] = {"same", "added", "removed", "reshaped", "retyped"};
	return name[c];
}

static enum model_change
change_of(const struct model_tensor *a, const struct model_tensor *b)
{
	if (a->rank != b->rank || memcmp(a->dim, b->dim, a->rank * sizeof *a->dim) != 0)
		return MODEL_RESHAPED;
	return strcmp(a->type, b->type) == 0 ? MODEL_SAME : MODEL_RETYPED;
}

struct making {
	struct model_diff *d;
	size_t cap, meta_cap;
};

static void
add(struct making *k, enum model_change c, const struct model_tensor *a,
    const struct model_tensor *b)
{
	*vec_push(k->d->pair, k->d->n, k->cap) = (struct model_pair){c, a, b};
	k->d->count[c]++;
}

/* Those of A from *AT on that B lacks, up to the one called UNTIL (NULL: to the end). */
static void
add_removed(struct making *k, const struct model *a, const struct model *b, size_t *at,
	    const struct model_tensor *until)
{
	for (; *at < a->ntensors && &a->tensor[*at] != until; ++*at)
		if (!model_find(b, a->tensor[*at].name))
			add(k, MODEL_REMOVED, &a->tensor[*at], NULL);
}

static void
add_meta(struct making *k, const char *key, const char *a, const char *b)
{
	if (a && b && strcmp(a, b) == 0)
		return;
	*vec_push(k->d->meta, k->d->nmeta, k->meta_cap) = (struct model_kv_pair){key, a, b};
}

/* By a map: a file may have thousands of keys. */
static void
compare_meta(struct making *k, const struct model *a, const struct model *b)
{
	struct map of_a = MAP_INIT, of_b = MAP_INIT;
	for (size_t i = 0; i < a->nmeta; i++)
		map_put(&of_a, a->meta[i].key, strlen(a->meta[i].key), &a->meta[i]);
	for (size_t i = 0; i < b->nmeta; i++)
		map_put(&of_b, b->meta[i].key, strlen(b->meta[i].key), &b->meta[i]);
	for (size_t i = 0; i < a->nmeta; i++) {
		const char *key = a->meta[i].key;
		const struct model_kv *there = map_get(&of_b, key, strlen(key));
		add_meta(k, key, a->meta[i].value, there ? there->value : NULL);
	}
	for (size_t i = 0; i < b->nmeta; i++)
		if (!map_get(&of_a, b->meta[i].key, strlen(b->meta[i].key)))
			add_meta(k, b->meta[i].key, NULL, b->meta[i].value);
	map_release(&of_a);
	map_release(&of_b);
}

struct model_diff *
model_diff_new(const struct model *a, const struct model *b)
{
	struct making k = {.d = xcalloc(1, sizeof *k.d)};
	size_t at = 0;
	for (size_t i = 0; i < b->ntensors; i++) {
		const struct model_tensor *tb = &b->tensor[i], *ta = model_find(a, tb->name);
		if (!ta) {
			add(&k, MODEL_ADDED, NULL, tb);
			continue;
		}
		if ((size_t)(ta - a->tensor) >= at)
			add_removed(&k, a, b, &at, ta);
		add(&k, change_of(ta, tb), ta, tb);
	}
	add_removed(&k, a, b, &at, NULL);
	compare_meta(&k, a, b);
	return k.d;
}

void
model_diff_free(struct model_diff *d)
{
	if (!d)
		return;
	free(d->pair);
	free(d->meta);
	free(d);
}
