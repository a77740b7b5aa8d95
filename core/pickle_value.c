/* Looking at what the machine has made. A pickle may hold itself, or one value a million times:
 * whoever walks counts what it visits. */
#include "core/pickle.h"

#include <math.h>
#include <string.h>

bool
pickle_int(const struct pickle *p, pickle_id id, int64_t *v)
{
	const struct pickle_node *x = &p->node[id];
	if (x->kind != PICKLE_INT && x->kind != PICKLE_BOOL)
		return false;
	*v = x->i;
	return true;
}

bool
pickle_number(const struct pickle *p, pickle_id id, double *v)
{
	const struct pickle_node *x = &p->node[id];
	if (x->kind == PICKLE_INT || x->kind == PICKLE_BOOL)
		*v = (double)x->i;
	else if (x->kind == PICKLE_FLOAT || x->kind == PICKLE_BIG)
		*v = x->f;
	else
		return false;
	return true;
}

const char *
pickle_text(const struct pickle *p, pickle_id id)
{
	return p->node[id].kind == PICKLE_STR ? p->node[id].s->head : NULL;
}

uint32_t
pickle_items(const struct pickle *p, pickle_id id, const pickle_id **item)
{
	const struct pickle_node *x = &p->node[id];
	if (x->kind != PICKLE_TUPLE && x->kind != PICKLE_LIST)
		return 0;
	*item = x->item;
	return x->n;
}

uint32_t
pickle_pairs(const struct pickle *p, pickle_id id, const pickle_id **item)
{
	const struct pickle_node *x = &p->node[id];
	if (x->kind == PICKLE_DICT) {
		*item = x->item;
		return x->n / 2;
	}
	if (x->kind == PICKLE_OBJECT) {
		*item = x->o->dict;
		return x->o->ndict / 2;
	}
	return 0;
}

pickle_id
pickle_value(const struct pickle *p, pickle_id id, const char *key)
{
	const pickle_id *pair;
	uint32_t n = pickle_pairs(p, id, &pair);
	/* The last one set is the one that counts. */
	for (uint32_t i = n; i--;) {
		const char *z = pickle_text(p, pair[2 * i]);
		if (z && strcmp(z, key) == 0)
			return pair[2 * i + 1];
	}
	return PICKLE_NIL;
}

bool
pickle_is_global(const struct pickle *p, pickle_id id, const char *module, const char *name)
{
	const struct pickle_node *x = &p->node[id];
	return x->kind == PICKLE_GLOBAL && strcmp(x->g->module, module) == 0 &&
	       strcmp(x->g->name, name) == 0;
}

struct show {
	const struct pickle *p;
	struct str *out;
	size_t limit; /* length at which it ends */
};

static bool show(struct show *s, pickle_id id, unsigned depth);

static bool
over(struct show *s)
{
	if (s->out->len < s->limit)
		return false;
	return true;
}

static bool
show_all(struct show *s, const pickle_id *item, uint32_t n, const char *brackets, unsigned depth)
{
	bool pairs = brackets[0] == '{' && brackets[2] == ':';
	str_addc(s->out, brackets[0]);
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			str_adds(s->out, pairs && i % 2 ? ": " : ", ");
		if (over(s) || !show(s, item[i], depth + 1)) {
			str_adds(s->out, "…");
			return false;
		}
	}
	if (n == 1 && brackets[0] == '(')
		str_addc(s->out, ',');
	str_addc(s->out, brackets[1]);
	return true;
}

/* HEAD ends with a NUL of its own, whatever it is of. */
static void
show_text(struct show *s, const struct pickle_bytes *b)
{
	size_t n = strlen(b->head), most = s->limit > s->out->len ? s->limit - s->out->len : 0;
	bool cut = n > most || b->n > b->have;
	str_addc(s->out, '\'');
	str_add(s->out, b->head, n < most ? n : most);
	str_adds(s->out, cut ? "…'" : "'");
}

static bool
show(struct show *s, pickle_id id, unsigned depth)
{
	const struct pickle_node *x = &s->p->node[id];
	if (depth > 8) {
		str_adds(s->out, "…");
		return true;
	}
	switch ((enum pickle_kind)x->kind) {
	case PICKLE_NONE:
		str_adds(s->out, "None");
		break;
	case PICKLE_BOOL:
		str_adds(s->out, x->i ? "True" : "False");
		break;
	case PICKLE_INT:
		str_addf(s->out, "%lld", (long long)x->i);
		break;
	case PICKLE_BIG:
	case PICKLE_FLOAT:
		str_addf(s->out, "%.10g", x->f);
		break;
	case PICKLE_STR:
		show_text(s, x->s);
		break;
	case PICKLE_BYTES:
		str_addc(s->out, 'b');
		show_text(s, x->s);
		break;
	case PICKLE_TUPLE:
		return show_all(s, x->item, x->n, "()", depth);
	case PICKLE_LIST:
		return show_all(s, x->item, x->n, "[]", depth);
	case PICKLE_SET:
		return show_all(s, x->item, x->n, "{}", depth);
	case PICKLE_DICT:
		return show_all(s, x->item, x->n, "{}:", depth);
	case PICKLE_GLOBAL:
		str_addf(s->out, "%.80s.%.80s", x->g->module, x->g->name);
		break;
	case PICKLE_OBJECT:
		if (!show(s, x->o->callable, depth + 1))
			return false;
		if (s->p->node[x->o->args].kind == PICKLE_TUPLE)
			return show(s, x->o->args, depth + 1);
		str_adds(s->out, "(…)");
		break;
	case PICKLE_PERSID:
		str_adds(s->out, "persistent ");
		return show(s, x->item[0], depth + 1);
	case PICKLE_FOREIGN:
		str_adds(s->out, "<foreign>");
		break;
	}
	return true;
}

void
pickle_show(const struct pickle *p, pickle_id id, struct str *out, size_t limit)
{
	struct show s = {p, out, out->len + limit};
	show(&s, id, 0);
}
