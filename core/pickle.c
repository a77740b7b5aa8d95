/* The machine has a stack, marks in it, and a memo, as the real one. Values are nodes in one
 * table; what a call would return is a node that remembers the call. So the operands of
 * STACK_GLOBAL are exact however they came to be on the stack, by way of the memo or of what else;
 * when they are not plain strings then, the pickle computes its names, which nothing honest does.
 *
 * Hostile input: the table of values, the texts that are kept, the memo and the nesting have
 * limits; a list costs its length, which the opcodes have paid for byte by byte. */
#include "core/pickle.h"

#include "core/pickle_own.h"
#include "core/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_NODES = 8 << 20,
	MAX_KEPT = 256 << 20, /* bytes of texts */
	MAX_GLOBALS = 100000,
	MAX_ODDITIES = 100,
	KEEP_TEXT = SCAN_WINDOW,
	KEEP_BYTES = 64,
};

bool
machine_bad(struct machine *m, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(m->p->why, sizeof m->p->why, fmt, ap);
	va_end(ap);
	m->end = PICKLE_BAD;
	return false;
}

bool
machine_full(struct machine *m, const char *why)
{
	snprintf(m->p->why, sizeof m->p->why, "%s", why);
	m->end = PICKLE_FULL;
	return false;
}

/* -- nodes ------------------------------------------------------------------------------------- */

pickle_id
machine_node_new(struct pickle *p, enum pickle_kind kind)
{
	pickle_id id = (pickle_id)p->n;
	struct pickle_node *x = vec_push(p->node, p->n, p->cap);
	*x = (struct pickle_node){.kind = (uint8_t)kind};
	return id;
}

void
machine_oddity(struct machine *m, const char *what, const char *how)
{
	struct pickle *p = m->p;
	for (size_t i = 0; i < p->noddities; i++)
		if (strcmp(p->oddity[i].what, what) == 0 && strcmp(p->oddity[i].how, how) == 0)
			return;
	if (p->noddities == MAX_ODDITIES)
		return;
	*vec_push(p->oddity, p->noddities, p->oddity_cap) =
		(struct pickle_oddity){arena_str(&p->arena, what), arena_str(&p->arena, how),
				       m->at};
}

/* Room grows by doubling: a node of N items has room for the power of two above. */
void
machine_item_add(pickle_id **item, uint32_t *n, pickle_id id)
{
	if ((*n & (*n - 1)) == 0 && (*n == 0 || *n >= 4))
		*item = xreallocarray(*item, *n ? 2 * (size_t)*n : 4, sizeof **item);
	(*item)[(*n)++] = id;
}

bool
machine_push(struct machine *m, pickle_id id)
{
	*vec_push(m->stack, m->n, m->cap) = id;
	return true;
}

bool
machine_push_new(struct machine *m, enum pickle_kind kind)
{
	return machine_push(m, machine_node_new(m->p, kind));
}

struct pickle_node *
machine_top_node(struct machine *m)
{
	return &m->p->node[m->stack[m->n - 1]];
}

bool
machine_push_int(struct machine *m, int64_t v)
{
	machine_push_new(m, PICKLE_INT);
	machine_top_node(m)->i = v;
	return true;
}

bool
machine_push_float(struct machine *m, enum pickle_kind kind, double v)
{
	machine_push_new(m, kind);
	machine_top_node(m)->f = v;
	return true;
}

bool
machine_push_text(struct machine *m, enum pickle_kind kind, const struct arg *a)
{
	size_t most = kind == PICKLE_STR ? KEEP_TEXT : KEEP_BYTES;
	struct pickle_bytes *b = arena_alloc(&m->p->arena, sizeof *b);
	b->have = a->have < most ? a->have : most;
	b->n = a->n;
	b->at = a->at;
	if (kind == PICKLE_STR) {
		b->head = arena_text(&m->p->arena, a->p, b->have);
	} else {
		char *copy = arena_alloc(&m->p->arena, b->have + 1);
		memcpy(copy, a->p, b->have);
		b->head = copy;
	}
	machine_push_new(m, kind);
	machine_top_node(m)->s = b;
	return m->p->arena.total > MAX_KEPT ? machine_full(m, "too much text") : true;
}

/* Below a mark nothing may be taken. */
bool
machine_pop(struct machine *m, pickle_id *id)
{
	size_t fence = m->nmarks ? m->mark[m->nmarks - 1] : 0;
	*id = PICKLE_NIL;
	if (m->n <= fence)
		return machine_bad(m, "the stack is empty");
	*id = m->stack[--m->n];
	return true;
}

bool
machine_top(struct machine *m, pickle_id *id)
{
	if (!machine_pop(m, id))
		return false;
	m->n++;
	return true;
}

/* To the last mark, which goes: *FIRST is where its items begin in the stack, of *N. */
bool
machine_pop_mark(struct machine *m, size_t *first, size_t *n)
{
	*first = *n = 0;
	if (!m->nmarks)
		return machine_bad(m, "there is no mark");
	*first = m->mark[--m->nmarks];
	*n = m->n - *first;
	m->n = *first;
	return true;
}

void
machine_fill(struct machine *m, pickle_id id, const pickle_id *item, size_t n)
{
	for (size_t i = 0; i < n; i++)
		machine_item_add(&m->p->node[id].item, &m->p->node[id].n, item[i]);
}

/* -- globals and calls ------------------------------------------------------------------------- */

bool
machine_push_global(struct machine *m, const char *module, size_t nmodule, const char *name,
		    size_t nname)
{
	struct pickle *p = m->p;
	struct str key = STR_INIT;
	str_add(&key, module, nmodule);
	str_addc(&key, '\n');
	str_add(&key, name, nname);
	pickle_id id = (pickle_id)(uintptr_t)map_get(&p->names, str_c(&key), key.len);
	if (!id && p->nglobals < MAX_GLOBALS) {
		struct pickle_global *g = arena_alloc(&p->arena, sizeof *g);
		g->module = arena_text(&p->arena, module, nmodule);
		g->name = arena_text(&p->arena, name, nname);
		g->at = m->at;
		id = machine_node_new(p, PICKLE_GLOBAL);
		p->node[id].g = g;
		map_put(&p->names, str_c(&key), key.len, (void *)(uintptr_t)id);
		*vec_push(p->global, p->nglobals, p->global_cap) = g;
	}
	str_release(&key);
	if (!id)
		return machine_full(m, "too many names");
	p->node[id].g->times++;
	return machine_push(m, id);
}

/* What CALLABLE(*ARGS) would return. */
bool
machine_call(struct machine *m, pickle_id callable, pickle_id args)
{
	struct pickle *p = m->p;
	struct pickle_node *c = &p->node[callable];
	if (c->kind == PICKLE_GLOBAL) {
		if (!c->g->called) {
			c->g->called = true;
			c->g->called_at = m->at;
			c->g->args = args;
		}
	} else {
		struct str s = STR_INIT;
		pickle_show(p, callable, &s, 60);
		machine_oddity(m, str_c(&s),
			       "called, though it is no name but what was made before");
		str_release(&s);
	}
	struct pickle_object *o = arena_alloc(&p->arena, sizeof *o);
	o->callable = callable;
	o->args = args;
	machine_push_new(m, PICKLE_OBJECT);
	machine_top_node(m)->o = o;
	return p->arena.total > MAX_KEPT ? machine_full(m, "too many calls") : true;
}

/* -- running ----------------------------------------------------------------------------------- */

/* N bytes that the argument is made of: the first of them are kept, in STORE. */
static bool
take_data(struct machine *m, struct arg *a, uint64_t n)
{
	a->n = n;
	a->at = m->s->at;
	if (n > scan_left(m->s)) {
		m->s->cut = true;
		return false;
	}
	a->have = n < KEEP_TEXT ? (size_t)n : KEEP_TEXT;
	a->p = (const char *)scan_peek(m->s, a->have);
	if (!a->p) {
		m->s->cut = true;
		return false;
	}
	return scan_skip(m->s, n);
}

static bool
take_arg(struct machine *m, enum argument kind, struct arg *a, struct str *first)
{
	size_t n;
	const unsigned char *p;
	struct scan *s = m->s;
	switch (kind) {
	case NO_ARG:
		break;
	case U8:
		a->n = scan_u8(s);
		break;
	case U16:
		a->n = scan_u16(s);
		break;
	case U32:
		a->n = scan_u32(s);
		break;
	case U64:
		a->n = scan_u64(s);
		break;
	case LINE:
		a->at = s->at;
		p = scan_line(s, &a->have);
		a->p = (const char *)p;
		a->n = a->have;
		break;
	case LINES:
		p = scan_line(s, &n);
		if (!p)
			break;
		str_reset(first);
		str_add(first, p, n);
		a->p = first->buf;
		a->have = n;
		a->p2 = (const char *)scan_line(s, &a->n2);
		break;
	case DATA1:
		return take_data(m, a, scan_u8(s)) && !s->cut;
	case DATA4:
		return take_data(m, a, scan_u32(s)) && !s->cut;
	case DATA8:
		return take_data(m, a, scan_u64(s)) && !s->cut;
	}
	return !s->cut;
}

enum pickle_end
pickle_run(struct pickle *p, struct scan *s, pickle_id *result)
{
	struct machine m = {.p = p, .s = s, .end = PICKLE_STOP};
	struct str first = STR_INIT;
	/* Never without one: there are places to point at in it. */
	xgrow(&m.stack, &m.cap, 64, sizeof *m.stack);
	p->why[0] = '\0';
	*result = PICKLE_NIL;
	while (m.end == PICKLE_STOP && !m.stopped) {
		struct arg a = {0};
		m.at = s->at;
		unsigned char code = scan_u8(s);
		const struct op *op = &pickle_ops[code];
		if (s->cut)
			m.end = PICKLE_CUT;
		else if (!op->run)
			machine_bad(&m, "%02x is no opcode", code);
		else if (p->n >= MAX_NODES)
			machine_full(&m, "too many values");
		else if (!take_arg(&m, op->arg, &a, &first))
			m.end = PICKLE_CUT;
		else if (op->run(&m, &a) && s->cut)
			m.end = PICKLE_CUT;
	}
	if (m.end == PICKLE_STOP)
		machine_pop(&m, result);
	str_release(&first);
	free(m.stack);
	free(m.mark);
	free(m.memo);
	return m.end;
}

void
pickle_init(struct pickle *p)
{
	*p = (struct pickle){0};
	machine_node_new(p, PICKLE_NONE);
	machine_node_new(p, PICKLE_BOOL);
	p->node[machine_node_new(p, PICKLE_BOOL)].i = 1;
}

void
pickle_release(struct pickle *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct pickle_node *x = &p->node[i];
		if ((x->kind >= PICKLE_TUPLE && x->kind <= PICKLE_DICT) || x->kind == PICKLE_PERSID)
			free(x->item);
		if (x->kind == PICKLE_OBJECT) {
			free(x->o->item);
			free(x->o->dict);
		}
	}
	free(p->node);
	free(p->global);
	free(p->oddity);
	map_release(&p->names);
	arena_release(&p->arena);
	*p = (struct pickle){0};
}
