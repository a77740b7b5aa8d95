/* What each opcode does to the machine, one row each at the end. */
#include "core/pickle_numpy.h"
#include "core/pickle_own.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
		return machine_bad(m, "protocol %u is not known", (unsigned)a->n);
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
	return machine_pop(m, &id);
}

static bool
op_pop_mark(struct machine *m, const struct arg *a)
{
	(void)a;
	size_t first, n;
	return machine_pop_mark(m, &first, &n);
}

static bool
op_dup(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id id;
	return machine_top(m, &id) && machine_push(m, id);
}

static bool
op_none(struct machine *m, const struct arg *a)
{
	(void)a;
	return machine_push(m, PICKLE_NIL);
}

static bool
op_false(struct machine *m, const struct arg *a)
{
	(void)a;
	return machine_push(m, PICKLE_FALSE);
}

static bool
op_true(struct machine *m, const struct arg *a)
{
	(void)a;
	return machine_push(m, PICKLE_TRUE);
}

static bool
op_int(struct machine *m, const struct arg *a)
{
	return machine_push_int(m, (int64_t)a->n);
}

static bool
op_int32(struct machine *m, const struct arg *a)
{
	return machine_push_int(m, (int32_t)a->n);
}

/* Text: "12", "12L", "01" for True. */
static bool
op_int_line(struct machine *m, const struct arg *a)
{
	char buf[64];
	if (a->have == 2 && a->p[0] == '0' && (a->p[1] == '0' || a->p[1] == '1'))
		return machine_push(m, a->p[1] == '1' ? PICKLE_TRUE : PICKLE_FALSE);
	size_t n = a->have < sizeof buf - 1 ? a->have : sizeof buf - 1;
	memcpy(buf, a->p, n);
	buf[n] = '\0';
	char *end;
	long long v = strtoll(buf, &end, 10);
	if (end == buf)
		return machine_bad(m, "no number");
	double f = strtod(buf, NULL);
	return fabs(f) < 0x1p62 ? machine_push_int(m, v) : machine_push_float(m, PICKLE_BIG, f);
}

static bool
op_float_line(struct machine *m, const struct arg *a)
{
	char buf[64], *end;
	size_t n = a->have < sizeof buf - 1 ? a->have : sizeof buf - 1;
	memcpy(buf, a->p, n);
	buf[n] = '\0';
	double v = strtod(buf, &end);
	return end == buf ? machine_bad(m, "no number") : machine_push_float(m, PICKLE_FLOAT, v);
}

static bool
op_float(struct machine *m, const struct arg *a)
{
	uint64_t bits = __builtin_bswap64(a->n);
	double v;
	memcpy(&v, &bits, sizeof v);
	return machine_push_float(m, PICKLE_FLOAT, v);
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
		return machine_push_int(m, (int64_t)v);
	}
	double v = 0;
	size_t n = a->have;
	bool minus = n && a->p[n - 1] & 0x80;
	for (size_t i = n; i-- && n - i <= 16;)
		v = v * 256 + (double)(unsigned char)(minus ? ~a->p[i] : a->p[i]);
	v = ldexp(v, a->n > 2000 ? 16000 : n > 16 ? 8 * (int)(n - 16) : 0);
	return machine_push_float(m, PICKLE_BIG, minus ? -v - 1 : v);
}

static bool
op_str(struct machine *m, const struct arg *a)
{
	return machine_push_text(m, PICKLE_STR, a);
}

static bool
op_bytes(struct machine *m, const struct arg *a)
{
	return machine_push_text(m, PICKLE_BYTES, a);
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
		return machine_bad(m, "a string without quotes");
	b.p++;
	b.at++;
	b.n = b.have -= 2;
	if (memchr(b.p, '\\', b.have))
		machine_oddity(m, "escaped string",
			       "a text in which characters are written as escapes");
	return machine_push_text(m, PICKLE_STR, &b);
}

static bool
op_empty_tuple(struct machine *m, const struct arg *a)
{
	(void)a;
	return machine_push_new(m, PICKLE_TUPLE);
}

static bool
op_empty_list(struct machine *m, const struct arg *a)
{
	(void)a;
	return machine_push_new(m, PICKLE_LIST);
}

static bool
op_empty_dict(struct machine *m, const struct arg *a)
{
	(void)a;
	return machine_push_new(m, PICKLE_DICT);
}

static bool
op_empty_set(struct machine *m, const struct arg *a)
{
	(void)a;
	return machine_push_new(m, PICKLE_SET);
}

static bool
tuple_of(struct machine *m, size_t n)
{
	pickle_id item[3] = {0};
	for (size_t i = n; i--;)
		if (!machine_pop(m, &item[i]))
			return false;
	machine_push_new(m, PICKLE_TUPLE);
	machine_fill(m, m->stack[m->n - 1], item, n);
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
	if (!machine_pop_mark(m, &first, &n))
		return false;
	if (kind == PICKLE_DICT && n % 2)
		return machine_bad(m, "a key without a value");
	pickle_id id = machine_node_new(m->p, kind);
	machine_fill(m, id, m->stack + first, n);
	return machine_push(m, id);
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
	if (!machine_top(m, &id))
		return false;
	struct pickle_node *x = &m->p->node[id];
	if (pairs && n % 2)
		return machine_bad(m, "a key without a value");
	switch (x->kind) {
	case PICKLE_DICT:
		if (!pairs)
			return machine_bad(m, "appended to a dictionary");
		machine_fill(m, id, item, n);
		return true;
	case PICKLE_LIST:
	case PICKLE_SET:
		if (pairs)
			return machine_bad(m, "a key set in a list");
		machine_fill(m, id, item, n);
		return true;
	case PICKLE_OBJECT:
		for (size_t i = 0; i < n; i++)
			if (pairs)
				machine_item_add(&x->o->dict, &x->o->ndict, item[i]);
			else
				machine_item_add(&x->o->item, &x->o->nitems, item[i]);
		return true;
	default:
		/* The real one would call a method of it. */
		machine_oddity(m, "append or set", "changes something that is no container");
		return true;
	}
}

static bool
op_append(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id id;
	return machine_pop(m, &id) && mutate(m, &id, 1, false);
}

static bool
op_appends(struct machine *m, const struct arg *a)
{
	(void)a;
	size_t first, n;
	return machine_pop_mark(m, &first, &n) && mutate(m, m->stack + first, n, false);
}

static bool
op_setitem(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id pair[2];
	return machine_pop(m, &pair[1]) && machine_pop(m, &pair[0]) && mutate(m, pair, 2, true);
}

static bool
op_setitems(struct machine *m, const struct arg *a)
{
	(void)a;
	size_t first, n;
	return machine_pop_mark(m, &first, &n) && mutate(m, m->stack + first, n, true);
}

static bool
memo_put(struct machine *m, uint64_t index)
{
	pickle_id id;
	if (!machine_top(m, &id))
		return false;
	/* Numbers are given out one after another; one far ahead is there to exhaust memory. */
	if (index > 4 * (uint64_t)m->p->n + PICKLE_SPARE_MEMO)
		return machine_bad(m, "memo %llu is far ahead", (unsigned long long)index);
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
		return machine_bad(m, "memo %llu is empty", (unsigned long long)a->n);
	return machine_push(m, m->memo[a->n] - 1);
}

static bool
line_number(struct machine *m, const struct arg *a, struct arg *b)
{
	char buf[24], *end;
	size_t n = a->have < sizeof buf - 1 ? a->have : sizeof buf - 1;
	memcpy(buf, a->p, n);
	buf[n] = '\0';
	*b = (struct arg){.n = strtoull(buf, &end, 10)};
	return end == buf || buf[0] == '-' ? machine_bad(m, "no number") : true;
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
	return machine_push_global(m, a->p, a->have, a->p2, a->n2);
}

static bool
op_stack_global(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id name, module;
	if (!machine_pop(m, &name) || !machine_pop(m, &module))
		return false;
	const struct pickle_node *x = &m->p->node[module], *y = &m->p->node[name];
	if (x->kind == PICKLE_STR && y->kind == PICKLE_STR && x->s->have == x->s->n &&
	    y->s->have == y->s->n)
		return machine_push_global(m, x->s->head, strlen(x->s->head), y->s->head,
					   strlen(y->s->head));
	struct str s = STR_INIT;
	pickle_show(m->p, module, &s, 60);
	str_addc(&s, '.');
	pickle_show(m->p, name, &s, 120);
	machine_oddity(m, str_c(&s), "a name that is computed while it is loaded");
	str_release(&s);
	return machine_push_new(m, PICKLE_FOREIGN);
}

static bool
op_inst(struct machine *m, const struct arg *a)
{
	return to_mark(m, PICKLE_TUPLE) && machine_push_global(m, a->p, a->have, a->p2, a->n2) &&
	       machine_call(m, m->stack[m->n - 1], m->stack[m->n - 2]) &&
	       (m->stack[m->n - 3] = m->stack[m->n - 1], m->n -= 2, true);
}

static bool
op_obj(struct machine *m, const struct arg *a)
{
	(void)a;
	size_t first, n;
	if (!machine_pop_mark(m, &first, &n))
		return false;
	if (!n)
		return machine_bad(m, "OBJ without a class");
	pickle_id callable = m->stack[first], args = machine_node_new(m->p, PICKLE_TUPLE);
	machine_fill(m, args, m->stack + first + 1, n - 1);
	return machine_call(m, callable, args);
}

static bool
op_reduce(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id args, callable;
	return machine_pop(m, &args) && machine_pop(m, &callable) &&
	       machine_call(m, callable, args);
}

static bool
op_newobj_ex(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id kwargs, args, callable;
	if (!machine_pop(m, &kwargs) || !machine_pop(m, &args) || !machine_pop(m, &callable))
		return false;
	const pickle_id *pair;
	pickle_id both[2] = {args, kwargs};
	if (pickle_pairs(m->p, kwargs, &pair)) {
		args = machine_node_new(m->p, PICKLE_TUPLE);
		machine_fill(m, args, both, 2);
	}
	return machine_call(m, callable, args);
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
		return machine_bad(m, "an array of joblib's that makes no sense");
	if (x.type.object) {
		if (m->p->depth == PICKLE_MAX_NESTED)
			return machine_bad(m, "pickles are nested too deep");
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
	if (!machine_pop(m, &state) || !machine_top(m, &id))
		return false;
	struct pickle_node *x = &m->p->node[id];
	if (x->kind == PICKLE_OBJECT) {
		x->o->state = state;
		if (m->p->joblib && is_joblib_array(m->p, x->o))
			return joblib_array(m, x->o);
	} else if (x->kind != PICKLE_PERSID) {
		struct str s = STR_INIT;
		pickle_show(m->p, id, &s, 60);
		machine_oddity(m, str_c(&s), "changed by BUILD, though it is no new object");
		str_release(&s);
	}
	return true;
}

static bool
persid(struct machine *m, pickle_id id)
{
	machine_push_new(m, PICKLE_PERSID);
	machine_fill(m, m->stack[m->n - 1], &id, 1);
	return true;
}

static bool
op_binpersid(struct machine *m, const struct arg *a)
{
	(void)a;
	pickle_id id;
	return machine_pop(m, &id) && persid(m, id);
}

static bool
op_persid(struct machine *m, const struct arg *a)
{
	pickle_id id;
	return machine_push_text(m, PICKLE_STR, a) && machine_pop(m, &id) && persid(m, id);
}

static bool
op_ext(struct machine *m, const struct arg *a)
{
	char what[40];
	snprintf(what, sizeof what, "extension code %llu", (unsigned long long)a->n);
	machine_oddity(m, what, "whatever the program that loads it has registered under it");
	return machine_push_new(m, PICKLE_FOREIGN);
}

static bool
op_buffer(struct machine *m, const struct arg *a)
{
	(void)a;
	return machine_push_new(m, PICKLE_FOREIGN);
}

const struct op pickle_ops[256] = {
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
