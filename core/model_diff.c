#include "core/model_diff.h"

#include "core/map.h"
#include "core/xalloc.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A checkpoint of a training keeps the weights under a key ("model_state_dict.fc.weight") that
 * what is published of it lacks. When two models share no name, such a key is taken off before
 * they are compared. */
struct side {
	const struct model *m;
	char prefix[64]; /* with the separator; "" for none */
	size_t n;
};

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

/* The key that most weights stand under, of those that are known to be keys. */
static void
find_prefix(struct side *x, const struct model *m)
{
	static const char *const known[] = {
		"model_state_dict", "state_dict", "model_state", "model", "module", "net",
		"weights",          "params",     "ema"};
	size_t most = 0;
	for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
		size_t n = strlen(known[k]), count = 0;
		for (size_t i = 0; i < m->ntensors; i++)
			count += strncmp(m->tensor[i].name, known[k], n) == 0 &&
				 m->tensor[i].name[n] == m->separator;
		if (count <= most)
			continue;
		most = count;
		x->n = (size_t)snprintf(x->prefix, sizeof x->prefix, "%s%c", known[k],
					m->separator);
	}
}

/* The tensor of TO that T of FROM is. */
static const struct model_tensor *
partner(const struct side *from, const struct side *to, const struct model_tensor *t)
{
	bool under = from->n && strncmp(t->name, from->prefix, from->n) == 0;
	const char *name = under ? t->name + from->n : t->name;
	const struct model_tensor *found = NULL;
	if (to->n && (under || !from->n)) {
		char *full = xasprintf("%s%s", to->prefix, name);
		found = model_find(to->m, full);
		free(full);
	}
	/* What has lost its key here may have none there. */
	if (!found && !(to->n && strncmp(name, to->prefix, to->n) == 0))
		found = model_find(to->m, name);
	return found;
}

static size_t
shared(const struct side *a, const struct side *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->m->ntensors; i++)
		n += partner(b, a, &b->m->tensor[i]) != NULL;
	return n;
}

struct making {
	struct model_diff *d;
	size_t cap, meta_cap;
	struct side a, b;
};

static void
add(struct making *k, enum model_change c, const struct model_tensor *a,
    const struct model_tensor *b)
{
	*vec_push(k->d->pair, k->d->n, k->cap) = (struct model_pair){c, a, b};
	k->d->count[c]++;
}

/* Those of A from *AT on that B lacks, up to UNTIL (NULL: to the end). */
static void
add_removed(struct making *k, size_t *at, const struct model_tensor *until)
{
	const struct model *a = k->a.m;
	for (; *at < a->ntensors && &a->tensor[*at] != until; ++*at)
		if (!partner(&k->a, &k->b, &a->tensor[*at]))
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
	struct making k = {.d = xcalloc(1, sizeof *k.d), .a = {.m = a}, .b = {.m = b}};
	size_t at = 0;
	if (shared(&k.a, &k.b) == 0) {
		find_prefix(&k.a, a);
		find_prefix(&k.b, b);
	}
	for (size_t i = 0; i < b->ntensors; i++) {
		const struct model_tensor *tb = &b->tensor[i], *ta = partner(&k.b, &k.a, tb);
		if (!ta) {
			add(&k, MODEL_ADDED, NULL, tb);
			continue;
		}
		if ((size_t)(ta - a->tensor) >= at)
			add_removed(&k, &at, ta);
		add(&k, change_of(ta, tb), ta, tb);
	}
	add_removed(&k, &at, NULL);
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
