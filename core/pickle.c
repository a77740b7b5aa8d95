/* The machine has a stack, marks in it, and a memo, as the real one. Values are nodes in one
 * table; what a call would return is a node that remembers the call. So the operands of
 * STACK_GLOBAL are exact however they came to be on the stack, by way of the memo or of what else;
 * when they are not plain strings then, the pickle computes its names, which nothing honest does.
 *
 * Hostile input: the table of values, the texts that are kept, the memo and the nesting have
 * limits; a list costs its length, which the opcodes have paid for byte by byte. */
#include "core/pickle.h"

#include "core/le.h"
#include "core/pickle_numpy.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_NODES = 8 << 20,
	MAX_KEPT = 256 << 20, /* bytes of texts */
	MAX_GLOBALS = 100000,
	MAX_ODDITIES = 100,
	MAX_NESTED = 8,
	KEEP_TEXT = SCAN_WINDOW,
	KEEP_BYTES = 64,
	SPARE_MEMO = 4096,
};

struct machine {
	struct pickle *p;
	struct scan *s;
	uint64_t at; /* of the opcode */
	pickle_id *stack;
	size_t n, cap;
	size_t *mark;
	size_t nmarks, mark_cap;
	pickle_id *memo; /* 0: nothing; else the value's number + 1 */
	size_t nmemo, memo_cap, memoized;
	enum pickle_end end;
	bool stopped;
};

/* What stands behind an opcode. */
struct arg {
	uint64_t n;
	const char *p; /* a line, or the first bytes of data; not ended by a NUL */
	size_t have;
	uint64_t at;    /* of the data */
	const char *p2; /* the second line */
	size_t n2;
};

static bool bad(struct machine *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool
bad(struct machine *m, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(m->p->why, sizeof m->p->why, fmt, ap);
	va_end(ap);
	m->end = PICKLE_BAD;
	return false;
}

static bool
full(struct machine *m, const char *why)
{
	snprintf(m->p->why, sizeof m->p->why, "%s", why);
	m->end = PICKLE_FULL;
	return false;
}

/* -- nodes ------------------------------------------------------------------------------------- */

static pickle_id
node_new(struct pickle *p, enum pickle_kind kind)
{
	pickle_id id = (pickle_id)p->n;
	struct pickle_node *x = vec_push(p->node, p->n, p->cap);
	*x = (struct pickle_node){.kind = (uint8_t)kind};
	return id;
}

static void
oddity(struct machine *m, const char *what, const char *how)
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
static void
item_add(pickle_id **item, uint32_t *n, pickle_id id)
{
	if ((*n & (*n - 1)) == 0 && (*n == 0 || *n >= 4))
		*item = xreallocarray(*item, *n ? 2 * (size_t)*n : 4, sizeof **item);
	(*item)[(*n)++] = id;
}

static bool
push(struct machine *m, pickle_id id)
{
	*vec_push(m->stack, m->n, m->cap) = id;
	return true;
}

static bool
push_new(struct machine *m, enum pickle_kind kind)
{
	return push(m, node_new(m->p, kind));
}

static struct pickle_node *
top_node(struct machine *m)
{
	return &m->p->node[m->stack[m->n - 1]];
}

static bool
push_int(struct machine *m, int64_t v)
{
	push_new(m, PICKLE_INT);
	top_node(m)->i = v;
	return true;
}

static bool
push_float(struct machine *m, enum pickle_kind kind, double v)
{
	push_new(m, kind);
	top_node(m)->f = v;
	return true;
}

static bool
push_text(struct machine *m, enum pickle_kind kind, const struct arg *a)
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
	push_new(m, kind);
	top_node(m)->s = b;
	return m->p->arena.total > MAX_KEPT ? full(m, "too much text") : true;
}

/* Below a mark nothing may be taken. */
static bool
pop(struct machine *m, pickle_id *id)
{
	size_t fence = m->nmarks ? m->mark[m->nmarks - 1] : 0;
	*id = PICKLE_NIL;
	if (m->n <= fence)
		return bad(m, "the stack is empty");
	*id = m->stack[--m->n];
	return true;
}

static bool
top(struct machine *m, pickle_id *id)
{
	if (!pop(m, id))
		return false;
	m->n++;
	return true;
}

/* To the last mark, which goes: *FIRST is where its items begin in the stack, of *N. */
static bool
pop_mark(struct machine *m, size_t *first, size_t *n)
{
	*first = *n = 0;
	if (!m->nmarks)
		return bad(m, "there is no mark");
	*first = m->mark[--m->nmarks];
	*n = m->n - *first;
	m->n = *first;
	return true;
}

static void
fill(struct machine *m, pickle_id id, const pickle_id *item, size_t n)
{
	for (size_t i = 0; i < n; i++)
		item_add(&m->p->node[id].item, &m->p->node[id].n, item[i]);
}

/* -- globals and calls ------------------------------------------------------------------------- */

static bool
push_global(struct machine *m, const char *module, size_t nmodule, const char *name, size_t nname)
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
		id = node_new(p, PICKLE_GLOBAL);
		p->node[id].g = g;
		map_put(&p->names, str_c(&key), key.len, (void *)(uintptr_t)id);
		*vec_push(p->global, p->nglobals, p->global_cap) = g;
	}
	str_release(&key);
	if (!id)
		return full(m, "too many names");
	p->node[id].g->times++;
	return push(m, id);
}

/* What CALLABLE(*ARGS) would return. */
static bool
call(struct machine *m, pickle_id callable, pickle_id args)
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
		oddity(m, str_c(&s), "called, though it is no name but what was made before");
		str_release(&s);
	}
	struct pickle_object *o = arena_alloc(&p->arena, sizeof *o);
	o->callable = callable;
	o->args = args;
	push_new(m, PICKLE_OBJECT);
	top_node(m)->o = o;
	return p->arena.total > MAX_KEPT ? full(m, "too many calls") : true;
}

/* -- opcodes ----------------------------------------------------------------------------------- */

static bool
op_nothing(struct machine *m, const struct arg *a)
{
	(void)m, (void)a;
	return true;
}

static bool
op_proto(struct machine *m, const struct arg *a)
{
	if (a->n > 5)
		return bad(m, "protocol %u is not known", (unsigned)a->n);
	m->p->protocol = a->n > m->p->protocol ? (unsigned)a->n : m->p->protocol;
	return true;
}

static bool
op_stop(struct machine *m, const struct arg *a)
{
	(void)a;
	m->stopped = true;
	return true;
}

static bool
op_mark(struct machine *m, const struct arg *a)
{
	(void)a;
	*vec_push(m->mark, m->nmarks, m->mark_cap) = m->n;
	return true;
}

static bool
op_pop(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id id;
	if (m->nmarks && m->mark[m->nmarks - 1] == m->n) {
		m->nmarks--;
		return true;
	}
	return pop(m, &id);
}

static bool
op_pop_mark(struct machine *m, const struct arg *a)
{
	(void)a;
	size_t first, n;
	return pop_mark(m, &first, &n);
}

static bool
op_dup(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id id;
	return top(m, &id) && push(m, id);
}

static bool
op_none(struct machine *m, const struct arg *a)
{
	(void)a;
	return push(m, PICKLE_NIL);
}

static bool
op_false(struct machine *m, const struct arg *a)
{
	(void)a;
	return push(m, PICKLE_FALSE);
}

static bool
op_true(struct machine *m, const struct arg *a)
{
	(void)a;
	return push(m, PICKLE_TRUE);
}

static bool
op_int(struct machine *m, const struct arg *a)
{
	return push_int(m, (int64_t)a->n);
}

static bool
op_int32(struct machine *m, const struct arg *a)
{
	return push_int(m, (int32_t)a->n);
}

/* Text: "12", "12L", "01" for True. */
static bool
op_int_line(struct machine *m, const struct arg *a)
{
	char buf[64];
	if (a->have == 2 && a->p[0] == '0' && (a->p[1] == '0' || a->p[1] == '1'))
		return push(m, a->p[1] == '1' ? PICKLE_TRUE : PICKLE_FALSE);
	size_t n = a->have < sizeof buf - 1 ? a->have : sizeof buf - 1;
	memcpy(buf, a->p, n);
	buf[n] = '\0';
	char *end;
	long long v = strtoll(buf, &end, 10);
	if (end == buf)
		return bad(m, "no number");
	double f = strtod(buf, NULL);
	return fabs(f) < 0x1p62 ? push_int(m, v) : push_float(m, PICKLE_BIG, f);
}

static bool
op_float_line(struct machine *m, const struct arg *a)
{
	char buf[64], *end;
	size_t n = a->have < sizeof buf - 1 ? a->have : sizeof buf - 1;
	memcpy(buf, a->p, n);
	buf[n] = '\0';
	double v = strtod(buf, &end);
	return end == buf ? bad(m, "no number") : push_float(m, PICKLE_FLOAT, v);
}

static bool
op_float(struct machine *m, const struct arg *a)
{
	uint64_t bits = __builtin_bswap64(a->n);
	double v;
	memcpy(&v, &bits, sizeof v);
	return push_float(m, PICKLE_FLOAT, v);
}

/* Two's complement of any length, low byte first. */
static bool
op_long(struct machine *m, const struct arg *a)
{
	if (a->n <= 8) {
		uint64_t v = 0;
		for (size_t i = 0; i < a->n; i++)
			v |= (uint64_t)(unsigned char)a->p[i] << 8 * i;
		if (a->n && a->n < 8 && a->p[a->n - 1] & 0x80)
			v |= ~UINT64_C(0) << 8 * a->n;
		return push_int(m, (int64_t)v);
	}
	double v = 0;
	size_t n = a->have;
	bool minus = n && a->p[n - 1] & 0x80;
	for (size_t i = n; i-- && n - i <= 16;)
		v = v * 256 + (double)(unsigned char)(minus ? ~a->p[i] : a->p[i]);
	v = ldexp(v, a->n > 2000 ? 16000 : n > 16 ? 8 * (int)(n - 16) : 0);
	return push_float(m, PICKLE_BIG, minus ? -v - 1 : v);
}

static bool
op_str(struct machine *m, const struct arg *a)
{
	return push_text(m, PICKLE_STR, a);
}

static bool
op_bytes(struct machine *m, const struct arg *a)
{
	return push_text(m, PICKLE_BYTES, a);
}

/* A literal in quotes; escapes stay as they are, but they hide nothing: a name with one in it is no
 * known name. */
static bool
op_quoted(struct machine *m, const struct arg *a)
{
	struct arg b = *a;
	while (b.have && (b.p[b.have - 1] == '\r' || b.p[b.have - 1] == ' '))
		b.have--;
	if (b.have < 2 || (b.p[0] != '\'' && b.p[0] != '"') || b.p[b.have - 1] != b.p[0])
		return bad(m, "a string without quotes");
	b.p++;
	b.at++;
	b.n = b.have -= 2;
	if (memchr(b.p, '\\', b.have))
		oddity(m, "escaped string", "a text in which characters are written as escapes");
	return push_text(m, PICKLE_STR, &b);
}

static bool
op_empty_tuple(struct machine *m, const struct arg *a)
{
	(void)a;
	return push_new(m, PICKLE_TUPLE);
}

static bool
op_empty_list(struct machine *m, const struct arg *a)
{
	(void)a;
	return push_new(m, PICKLE_LIST);
}

static bool
op_empty_dict(struct machine *m, const struct arg *a)
{
	(void)a;
	return push_new(m, PICKLE_DICT);
}

static bool
op_empty_set(struct machine *m, const struct arg *a)
{
	(void)a;
	return push_new(m, PICKLE_SET);
}

static bool
tuple_of(struct machine *m, size_t n)
{
	pickle_id item[3] = {0};
	for (size_t i = n; i--;)
		if (!pop(m, &item[i]))
			return false;
	push_new(m, PICKLE_TUPLE);
	fill(m, m->stack[m->n - 1], item, n);
	return true;
}

static bool
op_tuple1(struct machine *m, const struct arg *a)
{
	(void)a;
	return tuple_of(m, 1);
}

static bool
op_tuple2(struct machine *m, const struct arg *a)
{
	(void)a;
	return tuple_of(m, 2);
}

static bool
op_tuple3(struct machine *m, const struct arg *a)
{
	(void)a;
	return tuple_of(m, 3);
}

static bool
to_mark(struct machine *m, enum pickle_kind kind)
{
	size_t first, n;
	if (!pop_mark(m, &first, &n))
		return false;
	if (kind == PICKLE_DICT && n % 2)
		return bad(m, "a key without a value");
	pickle_id id = node_new(m->p, kind);
	fill(m, id, m->stack + first, n);
	return push(m, id);
}

static bool
op_tuple(struct machine *m, const struct arg *a)
{
	(void)a;
	return to_mark(m, PICKLE_TUPLE);
}

static bool
op_list(struct machine *m, const struct arg *a)
{
	(void)a;
	return to_mark(m, PICKLE_LIST);
}

static bool
op_dict(struct machine *m, const struct arg *a)
{
	(void)a;
	return to_mark(m, PICKLE_DICT);
}

static bool
op_frozenset(struct machine *m, const struct arg *a)
{
	(void)a;
	return to_mark(m, PICKLE_SET);
}

/* What was appended to, or set on, whatever is on top. */
static bool
mutate(struct machine *m, const pickle_id *item, size_t n, bool pairs)
{
	pickle_id id;
	if (!top(m, &id))
		return false;
	struct pickle_node *x = &m->p->node[id];
	if (pairs && n % 2)
		return bad(m, "a key without a value");
	switch (x->kind) {
	case PICKLE_DICT:
		if (!pairs)
			return bad(m, "appended to a dictionary");
		fill(m, id, item, n);
		return true;
	case PICKLE_LIST:
	case PICKLE_SET:
		if (pairs)
			return bad(m, "a key set in a list");
		fill(m, id, item, n);
		return true;
	case PICKLE_OBJECT:
		for (size_t i = 0; i < n; i++)
			if (pairs)
				item_add(&x->o->dict, &x->o->ndict, item[i]);
			else
				item_add(&x->o->item, &x->o->nitems, item[i]);
		return true;
	default:
		/* The real one would call a method of it. */
		oddity(m, "append or set", "changes something that is no container");
		return true;
	}
}

static bool
op_append(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id id;
	return pop(m, &id) && mutate(m, &id, 1, false);
}

static bool
op_appends(struct machine *m, const struct arg *a)
{
	(void)a;
	size_t first, n;
	return pop_mark(m, &first, &n) && mutate(m, m->stack + first, n, false);
}

static bool
op_setitem(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id pair[2];
	return pop(m, &pair[1]) && pop(m, &pair[0]) && mutate(m, pair, 2, true);
}

static bool
op_setitems(struct machine *m, const struct arg *a)
{
	(void)a;
	size_t first, n;
	return pop_mark(m, &first, &n) && mutate(m, m->stack + first, n, true);
}

static bool
memo_put(struct machine *m, uint64_t index)
{
	pickle_id id;
	if (!top(m, &id))
		return false;
	/* Numbers are given out one after another; one far ahead is there to exhaust memory. */
	if (index > 4 * (uint64_t)m->p->n + SPARE_MEMO)
		return bad(m, "memo %llu is far ahead", (unsigned long long)index);
	if (index >= m->nmemo) {
		xgrow(&m->memo, &m->memo_cap, (size_t)index + 1, sizeof *m->memo);
		memset(m->memo + m->nmemo, 0, ((size_t)index + 1 - m->nmemo) * sizeof *m->memo);
		m->nmemo = (size_t)index + 1;
	}
	m->memoized += m->memo[index] == 0;
	m->memo[index] = id + 1;
	return true;
}

static bool
op_put(struct machine *m, const struct arg *a)
{
	return memo_put(m, a->n);
}

static bool
op_memoize(struct machine *m, const struct arg *a)
{
	(void)a;
	return memo_put(m, m->memoized);
}

static bool
op_get(struct machine *m, const struct arg *a)
{
	if (a->n >= m->nmemo || !m->memo[a->n])
		return bad(m, "memo %llu is empty", (unsigned long long)a->n);
	return push(m, m->memo[a->n] - 1);
}

static bool
line_number(struct machine *m, const struct arg *a, struct arg *b)
{
	char buf[24], *end;
	size_t n = a->have < sizeof buf - 1 ? a->have : sizeof buf - 1;
	memcpy(buf, a->p, n);
	buf[n] = '\0';
	*b = (struct arg){.n = strtoull(buf, &end, 10)};
	return end == buf || buf[0] == '-' ? bad(m, "no number") : true;
}

static bool
op_put_line(struct machine *m, const struct arg *a)
{
	struct arg b;
	return line_number(m, a, &b) && op_put(m, &b);
}

static bool
op_get_line(struct machine *m, const struct arg *a)
{
	struct arg b;
	return line_number(m, a, &b) && op_get(m, &b);
}

static bool
op_global(struct machine *m, const struct arg *a)
{
	return push_global(m, a->p, a->have, a->p2, a->n2);
}

static bool
op_stack_global(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id name, module;
	if (!pop(m, &name) || !pop(m, &module))
		return false;
	const struct pickle_node *x = &m->p->node[module], *y = &m->p->node[name];
	if (x->kind == PICKLE_STR && y->kind == PICKLE_STR && x->s->have == x->s->n &&
	    y->s->have == y->s->n)
		return push_global(m, x->s->head, strlen(x->s->head), y->s->head,
				   strlen(y->s->head));
	struct str s = STR_INIT;
	pickle_show(m->p, module, &s, 60);
	str_addc(&s, '.');
	pickle_show(m->p, name, &s, 120);
	oddity(m, str_c(&s), "a name that is computed while it is loaded");
	str_release(&s);
	return push_new(m, PICKLE_FOREIGN);
}

static bool
op_inst(struct machine *m, const struct arg *a)
{
	return to_mark(m, PICKLE_TUPLE) && push_global(m, a->p, a->have, a->p2, a->n2) &&
	       call(m, m->stack[m->n - 1], m->stack[m->n - 2]) &&
	       (m->stack[m->n - 3] = m->stack[m->n - 1], m->n -= 2, true);
}

static bool
op_obj(struct machine *m, const struct arg *a)
{
	(void)a;
	size_t first, n;
	if (!pop_mark(m, &first, &n))
		return false;
	if (!n)
		return bad(m, "OBJ without a class");
	pickle_id callable = m->stack[first], args = node_new(m->p, PICKLE_TUPLE);
	fill(m, args, m->stack + first + 1, n - 1);
	return call(m, callable, args);
}

static bool
op_reduce(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id args, callable;
	return pop(m, &args) && pop(m, &callable) && call(m, callable, args);
}

static bool
op_newobj_ex(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id kwargs, args, callable;
	if (!pop(m, &kwargs) || !pop(m, &args) || !pop(m, &callable))
		return false;
	const pickle_id *pair;
	pickle_id both[2] = {args, kwargs};
	if (pickle_pairs(m->p, kwargs, &pair)) {
		args = node_new(m->p, PICKLE_TUPLE);
		fill(m, args, both, 2);
	}
	return call(m, callable, args);
}

static bool
is_joblib_array(const struct pickle *p, const struct pickle_object *o)
{
	return p->node[o->callable].kind == PICKLE_GLOBAL &&
	       strcmp(p->node[o->callable].g->module, "joblib.numpy_pickle") == 0 &&
	       strcmp(p->node[o->callable].g->name, "NumpyArrayWrapper") == 0;
}

/* The bytes of the array stand right here; an array of objects is a pickle instead. */
static bool
joblib_array(struct machine *m, struct pickle_object *o)
{
	struct numpy_array x;
	pickle_id state = o->state, nested;
	m->p->raw = true;
	if (!pickle_numpy_wrapper(m->p, state, &x))
		return bad(m, "an array of joblib's that makes no sense");
	if (x.type.object) {
		if (m->p->depth == MAX_NESTED)
			return bad(m, "pickles are nested too deep");
		m->p->depth++;
		enum pickle_end end = pickle_run(m->p, m->s, &nested);
		m->p->depth--;
		if (end != PICKLE_STOP)
			m->end = end;
		else
			o->state = nested;
		return end == PICKLE_STOP;
	}
	int64_t align;
	if (pickle_int(m->p, pickle_value(m->p, state, "numpy_array_alignment_bytes"), &align))
		scan_skip(m->s, scan_u8(m->s));
	o->raw_at = m->s->at;
	o->raw_n = x.nbytes;
	scan_skip(m->s, x.nbytes);
	return true;
}

static bool
op_build(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id state, id;
	if (!pop(m, &state) || !top(m, &id))
		return false;
	struct pickle_node *x = &m->p->node[id];
	if (x->kind == PICKLE_OBJECT) {
		x->o->state = state;
		if (m->p->joblib && is_joblib_array(m->p, x->o))
			return joblib_array(m, x->o);
	} else if (x->kind != PICKLE_PERSID) {
		struct str s = STR_INIT;
		pickle_show(m->p, id, &s, 60);
		oddity(m, str_c(&s), "changed by BUILD, though it is no new object");
		str_release(&s);
	}
	return true;
}

static bool
persid(struct machine *m, pickle_id id)
{
	push_new(m, PICKLE_PERSID);
	fill(m, m->stack[m->n - 1], &id, 1);
	return true;
}

static bool
op_binpersid(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id id;
	return pop(m, &id) && persid(m, id);
}

static bool
op_persid(struct machine *m, const struct arg *a)
{
	pickle_id id;
	return push_text(m, PICKLE_STR, a) && pop(m, &id) && persid(m, id);
}

static bool
op_ext(struct machine *m, const struct arg *a)
{
	char what[40];
	snprintf(what, sizeof what, "extension code %llu", (unsigned long long)a->n);
	oddity(m, what, "whatever the program that loads it has registered under it");
	return push_new(m, PICKLE_FOREIGN);
}

static bool
op_buffer(struct machine *m, const struct arg *a)
{
	(void)a;
	return push_new(m, PICKLE_FOREIGN);
}

enum argument {
	NO_ARG,
	U8,
	U16,
	U32,
	U64,
	LINE,
	LINES, /* two */
	DATA1, /* as many bytes as a U8 says */
	DATA4,
	DATA8,
};

static const struct op {
	bool (*run)(struct machine *m, const struct arg *a);
	enum argument arg;
} ops[256] = {
	[0x28] = {op_mark, NO_ARG},
	[0x29] = {op_empty_tuple, NO_ARG},
	[0x2E] = {op_stop, NO_ARG},
	[0x30] = {op_pop, NO_ARG},
	[0x31] = {op_pop_mark, NO_ARG},
	[0x32] = {op_dup, NO_ARG},
	[0x42] = {op_bytes, DATA4}, /* BINBYTES */
	[0x43] = {op_bytes, DATA1},
	[0x46] = {op_float_line, LINE},
	[0x47] = {op_float, U64}, /* big-endian */
	[0x49] = {op_int_line, LINE},
	[0x4A] = {op_int32, U32},
	[0x4B] = {op_int, U8},
	[0x4C] = {op_int_line, LINE},
	[0x4D] = {op_int, U16},
	[0x4E] = {op_none, NO_ARG},
	[0x50] = {op_persid, LINE},
	[0x51] = {op_binpersid, NO_ARG},
	[0x52] = {op_reduce, NO_ARG},
	[0x53] = {op_quoted, LINE}, /* STRING */
	[0x54] = {op_str, DATA4},   /* BINSTRING */
	[0x55] = {op_str, DATA1},
	[0x56] = {op_str, LINE}, /* UNICODE */
	[0x58] = {op_str, DATA4},
	[0x5D] = {op_empty_list, NO_ARG},
	[0x61] = {op_append, NO_ARG},
	[0x62] = {op_build, NO_ARG},
	[0x63] = {op_global, LINES},
	[0x64] = {op_dict, NO_ARG},
	[0x65] = {op_appends, NO_ARG},
	[0x67] = {op_get_line, LINE},
	[0x68] = {op_get, U8},
	[0x69] = {op_inst, LINES},
	[0x6A] = {op_get, U32},
	[0x6C] = {op_list, NO_ARG},
	[0x6F] = {op_obj, NO_ARG},
	[0x70] = {op_put_line, LINE},
	[0x71] = {op_put, U8},
	[0x72] = {op_put, U32},
	[0x73] = {op_setitem, NO_ARG},
	[0x74] = {op_tuple, NO_ARG},
	[0x75] = {op_setitems, NO_ARG},
	[0x7D] = {op_empty_dict, NO_ARG},
	[0x80] = {op_proto, U8},
	[0x81] = {op_reduce, NO_ARG}, /* NEWOBJ: the same operands */
	[0x82] = {op_ext, U8},
	[0x83] = {op_ext, U16},
	[0x84] = {op_ext, U32},
	[0x85] = {op_tuple1, NO_ARG},
	[0x86] = {op_tuple2, NO_ARG},
	[0x87] = {op_tuple3, NO_ARG},
	[0x88] = {op_true, NO_ARG},
	[0x89] = {op_false, NO_ARG},
	[0x8A] = {op_long, DATA1},
	[0x8B] = {op_long, DATA4},
	[0x8C] = {op_str, DATA1},
	[0x8D] = {op_str, DATA8},
	[0x8E] = {op_bytes, DATA8},
	[0x8F] = {op_empty_set, NO_ARG},
	[0x90] = {op_appends, NO_ARG}, /* ADDITEMS */
	[0x91] = {op_frozenset, NO_ARG},
	[0x92] = {op_newobj_ex, NO_ARG},
	[0x93] = {op_stack_global, NO_ARG},
	[0x94] = {op_memoize, NO_ARG},
	[0x95] = {op_nothing, U64}, /* FRAME */
	[0x96] = {op_bytes, DATA8}, /* BYTEARRAY8 */
	[0x97] = {op_buffer, NO_ARG},
	[0x98] = {op_nothing, NO_ARG},
};

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
	p->why[0] = '\0';
	*result = PICKLE_NIL;
	while (m.end == PICKLE_STOP && !m.stopped) {
		struct arg a = {0};
		m.at = s->at;
		unsigned char code = scan_u8(s);
		const struct op *op = &ops[code];
		if (s->cut)
			m.end = PICKLE_CUT;
		else if (!op->run)
			bad(&m, "%02x is no opcode", code);
		else if (p->n >= MAX_NODES)
			full(&m, "too many values");
		else if (!take_arg(&m, op->arg, &a, &first))
			m.end = PICKLE_CUT;
		else if (op->run(&m, &a) && s->cut)
			m.end = PICKLE_CUT;
	}
	if (m.end == PICKLE_STOP)
		pop(&m, result);
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
	node_new(p, PICKLE_NONE);
	node_new(p, PICKLE_BOOL);
	p->node[node_new(p, PICKLE_BOOL)].i = 1;
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
