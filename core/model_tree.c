/* First a trie of the parts of names, in the order of the file. Then, from the leaves up, a
 * number for what hangs below a node: equal numbers, equal shapes, types and names all the way
 * down. Neighbours with equal numbers whose names differ in one run of digits only are folded
 * into one. Last, the nodes are written out in order. */
#include "core/model_tree.h"

#include "core/map.h"
#include "core/str.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PARTS = 64, SHOWN_RANGES = 4 };

struct trie {
	const char *name;
	size_t nname;
	const struct model_tensor *tensor;
	struct trie *child, *last, *next;
	size_t nchildren;
	struct map index; /* children by name, once there are many */
	uint64_t form;    /* equal for equal subtrees */
	uint64_t tensors, params, bytes;
	/* folded into the one before: which of those it stands for */
	struct trie *alike; /* next of them */
	bool hidden;
};

struct making {
	const struct model *m;
	struct model_tree *t;
	size_t cap;
	struct map forms;
	uint64_t nforms;
	bool fold;
};

/* -- the trie ---------------------------------------------------------------------------------- */

static struct trie *
child_of(struct trie *t, const char *name, size_t n, bool fresh)
{
	enum { INDEXED = 16 };
	if (!fresh && map_count(&t->index)) {
		struct trie *c = map_get(&t->index, name, n);
		if (c)
			return c;
	} else if (!fresh) {
		for (struct trie *c = t->child; c; c = c->next)
			if (!c->tensor && c->nname == n && memcmp(c->name, name, n) == 0)
				return c;
	}
	struct trie *c = xcalloc(1, sizeof *c);
	c->name = name;
	c->nname = n;
	if (t->last)
		t->last->next = c;
	else
		t->child = c;
	t->last = c;
	if (++t->nchildren == INDEXED)
		for (struct trie *o = t->child; o; o = o->next)
			if (o->nname && !o->tensor && o != c)
				map_put(&t->index, o->name, o->nname, o);
	if (t->nchildren >= INDEXED && !fresh)
		map_put(&t->index, name, n, c);
	return c;
}

static void
insert(struct trie *root, const struct model_tensor *t, char separator)
{
	struct trie *at = root;
	const char *p = t->name;
	for (int part = 0; part < MAX_PARTS - 1; part++) {
		const char *end = strchr(p, separator);
		if (!end || !end[1])
			break;
		at = child_of(at, p, (size_t)(end - p), false);
		p = end + 1;
	}
	at = child_of(at, p, strlen(p), true);
	at->tensor = t;
}

static void
trie_free(struct trie *t)
{
	for (struct trie *c = t->child, *next; c; c = next) {
		next = c->next;
		trie_free(c);
		free(c);
	}
	map_release(&t->index);
}

/* -- folding ----------------------------------------------------------------------------------- */

/* Where NAME has its only run of digits: "layer_12" is "layer_", 12. */
static bool
numbered(const char *name, size_t n, size_t *begin, size_t *end, uint64_t *v)
{
	size_t i = 0, runs = 0;
	*v = 0;
	while (i < n) {
		if (name[i] < '0' || name[i] > '9') {
			i++;
			continue;
		}
		*begin = i;
		for (*v = 0; i < n && name[i] >= '0' && name[i] <= '9'; i++)
			*v = *v * 10 + (uint64_t)(name[i] - '0');
		*end = i;
		runs++;
	}
	return runs == 1 && *end - *begin <= 9;
}

/* The number of a description, given out in order. */
static uint64_t
form_of(struct making *k, const struct str *s)
{
	uint64_t form = (uint64_t)(uintptr_t)map_get(&k->forms, str_c(s), s->len);
	if (!form) {
		form = ++k->nforms;
		map_put(&k->forms, str_c(s), s->len, (void *)(uintptr_t)form);
	}
	return form;
}

static void
describe_leaf(struct str *s, const struct model_tensor *t)
{
	str_addf(s, "%s %u %u", t->type, t->flags & (MODEL_ABSENT | MODEL_TIED), (unsigned)t->role);
	for (unsigned i = 0; i < t->rank; i++)
		str_addf(s, " %" PRIu64, t->dim[i]);
}

/* What a node is to a fold: its form, and its name without its number. */
static void
fold_key(const struct trie *c, struct str *key)
{
	size_t begin, end;
	uint64_t v;
	str_reset(key);
	str_addf(key, "%" PRIu64 " ", c->form);
	if (numbered(c->name, c->nname, &begin, &end, &v)) {
		str_add(key, c->name, begin);
		str_addc(key, '#');
		str_add(key, c->name + end, c->nname - end);
	}
}

static void
fold_children(struct making *k, struct trie *t)
{
	struct map first = MAP_INIT; /* to the last of those alike */
	struct str key = STR_INIT;
	size_t begin, end;
	uint64_t v;
	for (struct trie *c = t->child; k->fold && c; c = c->next) {
		if (!numbered(c->name, c->nname, &begin, &end, &v))
			continue;
		fold_key(c, &key);
		struct trie *before = map_get(&first, str_c(&key), key.len);
		if (before) {
			before->alike = c;
			c->hidden = true;
		}
		map_put(&first, str_c(&key), key.len, c);
	}
	map_release(&first);
	str_release(&key);
}

static void
measure(struct making *k, struct trie *t)
{
	struct str s = STR_INIT;
	if (t->tensor) {
		bool tied = t->tensor->flags & MODEL_TIED;
		t->tensors = 1;
		t->params = tied ? 0 : t->tensor->count;
		t->bytes = tied ? 0 : t->tensor->nbytes;
		describe_leaf(&s, t->tensor);
	}
	for (struct trie *c = t->child; c; c = c->next) {
		measure(k, c);
		t->tensors += c->tensors;
		t->params += c->params;
		t->bytes += c->bytes;
	}
	fold_children(k, t);
	for (struct trie *c = t->child; c; c = c->next) {
		str_addf(&s, "|%" PRIu64 ":", c->form);
		str_add(&s, c->name, c->nname);
	}
	t->form = form_of(k, &s);
	str_release(&s);
}

/* -- writing out ------------------------------------------------------------------------------- */

static int
by_number(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;
	return a < b ? -1 : a > b;
}

/* "{0..31}", "conv{1..4,7}" */
static char *
label(const struct trie *c, uint64_t n)
{
	if (n == 1)
		return xstrndup(c->name, c->nname);
	uint64_t *v = xreallocarray(NULL, n, sizeof *v), own;
	size_t begin = 0, end = 0, from, to, i = 0;
	numbered(c->name, c->nname, &begin, &end, &own);
	for (const struct trie *o = c; o; o = o->alike)
		numbered(o->name, o->nname, &from, &to, &v[i++]);
	qsort(v, n, sizeof *v, by_number);
	struct str s = STR_INIT;
	str_add(&s, c->name, begin);
	str_addc(&s, '{');
	int ranges = 0;
	for (i = 0; i < n;) {
		to = i;
		while (to + 1 < n && v[to + 1] == v[to] + 1)
			to++;
		if (++ranges > SHOWN_RANGES) {
			str_addf(&s, ",…,%" PRIu64, v[n - 1]);
			break;
		}
		str_addf(&s, "%s%" PRIu64, i ? "," : "", v[i]);
		if (to > i)
			str_addf(&s, "%s%" PRIu64, to == i + 1 ? "," : "..", v[to]);
		i = to + 1;
	}
	str_addc(&s, '}');
	str_add(&s, c->name + end, c->nname - end);
	free(v);
	return str_steal(&s);
}

static void
write_out(struct making *k, const struct trie *t, unsigned depth, uint64_t times)
{
	for (const struct trie *c = t->child; c; c = c->next) {
		if (c->hidden)
			continue;
		uint64_t n = 0;
		for (const struct trie *o = c; o; o = o->alike)
			n++;
		size_t at = k->t->n;
		vec_push(k->t->node, k->t->n, k->cap);
		k->t->node[at] = (struct model_node){.name = label(c, n),
						     .depth = depth,
						     .repeat = n,
						     .tensors = c->tensors * n * times,
						     .params = c->params * n * times,
						     .bytes = c->bytes * n * times,
						     .tensor = c->tensor};
		write_out(k, c, depth + 1, times * n);
		k->t->node[at].end = k->t->n;
	}
}

struct model_tree *
model_tree_new(const struct model *m, bool fold)
{
	struct making k = {.m = m, .t = xcalloc(1, sizeof *k.t), .fold = fold};
	struct trie root = {.name = ""};
	for (size_t i = 0; i < m->ntensors; i++)
		if (m->tensor[i].role != MODEL_CONSTANT)
			insert(&root, &m->tensor[i], m->separator);
	measure(&k, &root);
	write_out(&k, &root, 0, 1);
	trie_free(&root);
	map_release(&k.forms);
	return k.t;
}

void
model_tree_free(struct model_tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		free(t->node[i].name);
	free(t->node);
	free(t);
}
