/* ONNX: a ModelProto (github.com/onnx/onnx, onnx/onnx.proto; the wire format is protobuf.h's). A
 * model may be two gigabytes, nearly all of it raw numbers: so messages are walked in the file,
 * a window at a time, and what is not wanted is stepped over. Only texts of which a length is
 * known are read into memory.
 *
 * There is no magic. It is ONNX when its fields are those of a ModelProto and a graph is among
 * them. */
#include "core/model_own.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_GRAPHS = 32, MAX_NAME = 4096, FIXED64 = 1, BYTES = 2, FIXED32 = 5, EXTERNAL = 1 };

/* A message [s->at, end); the next field, of which BYTES stand at AT. */
struct wire {
	struct scan *s;
	uint64_t end, next;
	uint32_t number;
	unsigned type;
	uint64_t value, at, n;
	bool bad; /* what follows is no field */
	bool cut; /* the file ends before the message does */
};

struct onnx {
	struct model_file *f;
	struct scan *s;
	unsigned depth; /* of graphs */
	struct str name, text;
	uint64_t constants;
};

static bool
varint(struct wire *w, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; shift < 70; shift += 7) {
		if (w->s->at >= w->end)
			return false;
		unsigned char b = scan_u8(w->s);
		if (w->s->cut)
			return false;
		*v |= (uint64_t)(b & 127) << (shift < 64 ? shift : 63);
		if (b < 128)
			return true;
	}
	return false;
}

static struct wire
wire_of(struct scan *s, uint64_t at, uint64_t n)
{
	s->at = at;
	uint64_t end;
	if (__builtin_add_overflow(at, n, &end))
		end = UINT64_MAX;
	return (struct wire){.s = s, .end = end, .next = at};
}

/* The field; false: the end, or `bad`, or `cut`. Whoever has read within the bytes of one need
 * not put the place back. */
static bool
wire_next(struct wire *w)
{
	uint64_t key, size = w->s->b.size;
	w->s->at = w->next;
	if (w->bad || w->cut || w->s->at >= w->end)
		return false;
	if (w->s->at >= size) {
		w->cut = true;
		return false;
	}
	if (!varint(w, &key) || key >> 32 || !(key >> 3)) {
		w->cut = w->s->cut;
		w->bad = !w->cut;
		return false;
	}
	w->number = (uint32_t)(key >> 3);
	w->type = key & 7;
	w->n = w->type == FIXED64 ? 8 : w->type == FIXED32 ? 4 : 0;
	if (w->type == 3 || w->type == 4 || w->type > 5) {
		w->bad = true;
		return false;
	}
	if (w->type == BYTES || w->type == 0) {
		if (!varint(w, &w->value)) {
			w->cut = w->s->cut;
			w->bad = !w->cut;
			return false;
		}
		w->n = w->type == BYTES ? w->value : 0;
	}
	w->at = w->s->at;
	if (w->n > w->end - w->at) {
		w->bad = true;
		return false;
	}
	w->next = w->at + w->n;
	/* What is there of the last field is still worth a look; then it is over. */
	w->cut = w->next > size;
	if (w->type == FIXED64 || w->type == FIXED32) {
		if (w->cut)
			return false;
		w->value = w->type == FIXED64 ? scan_u64(w->s) : scan_u32(w->s);
	}
	return true;
}

/* The bytes of the field as text. */
static void
field_text(const struct wire *w, struct str *out)
{
	size_t n = w->n < MAX_NAME ? (size_t)w->n : MAX_NAME;
	const unsigned char *p;
	struct scan *s = w->s;
	str_reset(out);
	s->at = w->at;
	p = scan_peek(s, n);
	if (p)
		str_add(out, p, n);
}

static bool
is(const struct wire *w, uint32_t number, unsigned type)
{
	return w->number == number && w->type == type;
}

/* -- tensors ----------------------------------------------------------------------------------- */

static const enum dtype types[] = {
	[1] = DTYPE_F32,      [2] = DTYPE_U8,           [3] = DTYPE_I8,
	[4] = DTYPE_U16,      [5] = DTYPE_I16,          [6] = DTYPE_I32,
	[7] = DTYPE_I64,      [8] = DTYPE_STRING,       [9] = DTYPE_BOOL,
	[10] = DTYPE_F16,     [11] = DTYPE_F64,         [12] = DTYPE_U32,
	[13] = DTYPE_U64,     [14] = DTYPE_C64,         [15] = DTYPE_C128,
	[16] = DTYPE_BF16,    [17] = DTYPE_F8_E4M3,     [18] = DTYPE_F8_E4M3FNUZ,
	[19] = DTYPE_F8_E5M2, [20] = DTYPE_F8_E5M2FNUZ, [21] = DTYPE_U4,
	[22] = DTYPE_I4,      [23] = DTYPE_F4,          [24] = DTYPE_F8_E8M0,
	[25] = DTYPE_U2,      [26] = DTYPE_I2,
};

static enum dtype
type_of(uint64_t n)
{
	return n < sizeof types / sizeof *types ? types[n] : DTYPE_OTHER;
}

struct proto {
	uint64_t dim[MODEL_MAX_RANK + 1];
	size_t rank;
	uint64_t type, location;
	uint64_t at, n;     /* raw numbers, or packed ones that are kept as they are */
	bool placed, typed; /* there are such; there are others, which are not read */
	uint64_t typed_bytes;
	char *file; /* external */
	uint64_t offset, length;
};

static void
add_dim(struct proto *t, uint64_t v)
{
	if (t->rank <= MODEL_MAX_RANK)
		t->dim[t->rank++] = v;
}

static void
read_dims(struct onnx *o, struct proto *t, const struct wire *w)
{
	if (w->type == 0) {
		add_dim(t, w->value);
		return;
	}
	struct wire p = wire_of(o->s, w->at, w->n);
	uint64_t v;
	while (o->s->at < p.end && varint(&p, &v))
		add_dim(t, v);
}

/* Key and value of a StringStringEntryProto, into o->name and o->text. */
static void
read_pair(struct onnx *o, uint64_t at, uint64_t n)
{
	str_reset(&o->name);
	str_reset(&o->text);
	struct wire w = wire_of(o->s, at, n);
	while (wire_next(&w)) {
		if (is(&w, 1, BYTES))
			field_text(&w, &o->name);
		else if (is(&w, 2, BYTES))
			field_text(&w, &o->text);
	}
}

static void
read_external(struct onnx *o, struct proto *t, const struct wire *w)
{
	read_pair(o, w->at, w->n);
	if (strcmp(str_c(&o->name), "location") == 0) {
		free(t->file);
		t->file = xstrdup(str_c(&o->text));
	} else if (strcmp(str_c(&o->name), "offset") == 0) {
		t->offset = strtoull(str_c(&o->text), NULL, 10);
	} else if (strcmp(str_c(&o->name), "length") == 0) {
		t->length = strtoull(str_c(&o->text), NULL, 10);
	}
}

/* Below the model's own directory, and nowhere else. */
static bool
is_inside(const char *z)
{
	if (!*z || *z == '/')
		return false;
	for (const char *p = z; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
			return false;
	}
	return true;
}

static int
external_part(struct onnx *o, const char *file)
{
	struct model *m = o->f->m;
	for (size_t i = 0; i < m->nparts; i++)
		if (strcmp(m->part[i].name, file) == 0)
			return (int)i;
	const char *own = m->part[o->f->part].path, *slash = strrchr(own, '/');
	char *path = xasprintf("%.*s%s", slash ? (int)(slash - own + 1) : 0, own, file);
	struct model_file f;
	struct err e;
	if (m->nparts < 10000 && model_open_part(m, path, file, &f, &e) == 0)
		model_close_part(&f);
	else
		model_remark(m, "%s, which holds weights, is not there", file);
	free(path);
	return (int)m->nparts - 1;
}

static void
place_external(struct onnx *o, struct proto *p, struct model_tensor *t)
{
	struct model *m = o->f->m;
	uint64_t end;
	t->flags |= MODEL_OUTSIDE;
	if (!p->file || !is_inside(p->file)) {
		model_damaged(m, "%s: its weights are said to be in %s, outside of the model",
			      t->name, p->file ? p->file : "no file");
		t->flags |= MODEL_ABSENT;
		return;
	}
	if (p->length && t->nbytes && p->length != t->nbytes)
		model_damaged(m, "%s has %" PRIu64 " bytes where its shape needs %" PRIu64, t->name,
			      p->length, t->nbytes);
	t->part = (unsigned)external_part(o, p->file);
	t->offset = p->offset;
	t->readable = true;
	uint64_t size = m->part[t->part].size;
	if (__builtin_add_overflow(p->offset, t->nbytes, &end) || end > size) {
		t->flags |= MODEL_ABSENT;
		t->readable = false;
		model_cut(m, t->nbytes, false);
	}
}

static void
place(struct onnx *o, struct proto *p, struct model_tensor *t)
{
	struct model *m = o->f->m;
	if (p->location == EXTERNAL || p->file) {
		place_external(o, p, t);
		return;
	}
	uint64_t due = t->nbytes;
	if (!p->placed) {
		if (due && !p->typed)
			t->flags |= MODEL_ABSENT;
		if (t->dtype == DTYPE_STRING)
			t->nbytes = p->typed_bytes;
		return;
	}
	if (t->dtype == DTYPE_OTHER || t->dtype == DTYPE_STRING)
		t->nbytes = p->n;
	model_set_place(o->f, t, p->at);
	if (t->nbytes != p->n && !(t->flags & MODEL_ABSENT)) {
		t->readable = false;
		model_damaged(m, "%s has %" PRIu64 " bytes where its shape needs %" PRIu64, t->name,
			      p->n, due);
	}
}

/* FALLBACK: the name of one that has none. */
static void
read_tensor(struct onnx *o, uint64_t at, uint64_t n, const char *fallback)
{
	struct model *m = o->f->m;
	struct proto t = {0};
	struct str name = STR_INIT;
	struct wire w = wire_of(o->s, at, n);
	while (wire_next(&w)) {
		bool bytes = w.type == BYTES;
		switch (w.number) {
		case 1:
			if (bytes || w.type == 0)
				read_dims(o, &t, &w);
			break;
		case 2:
			t.type = w.type == 0 ? w.value : t.type;
			break;
		case 4: /* float_data and double_data are in the file as raw ones would be */
		case 10:
			if (bytes && !t.placed &&
			    type_of(t.type) == (w.number == 4 ? DTYPE_F32 : DTYPE_F64)) {
				t.at = w.at;
				t.n = w.n;
				t.placed = true;
			} else {
				t.typed = true;
			}
			break;
		case 5:
		case 6:
		case 7:
		case 11:
			t.typed = true;
			t.typed_bytes += w.n;
			break;
		case 8:
			if (bytes)
				field_text(&w, &name);
			break;
		case 9:
			if (bytes) {
				t.at = w.at;
				t.n = w.n;
				t.placed = true;
			}
			break;
		case 13:
			if (bytes)
				read_external(o, &t, &w);
			break;
		case 14:
			t.location = w.type == 0 ? w.value : 0;
			break;
		}
	}
	const char *z = name.len ? str_c(&name) : fallback;
	struct model_tensor *x = model_add_tensor(o->f, z, name.len ? name.len : strlen(z));
	if (x && model_set_shape(m, x, t.dim, t.rank)) {
		model_set_type(x, type_of(t.type));
		if (x->dtype == DTYPE_OTHER)
			x->type = arena_printf(&m->own->arena, "type %" PRIu64, t.type);
		place(o, &t, x);
	}
	free(t.file);
	str_release(&name);
}

/* Values, where they belong, and the shape of the whole. */
static void
read_sparse(struct onnx *o, uint64_t at, uint64_t n)
{
	struct model *m = o->f->m;
	struct proto t = {0};
	size_t before = m->ntensors;
	struct wire w = wire_of(o->s, at, n);
	while (wire_next(&w)) {
		if (is(&w, 1, BYTES))
			read_tensor(o, w.at, w.n, "sparse");
		else if (w.number == 3 && (w.type == 0 || w.type == BYTES))
			read_dims(o, &t, &w);
	}
	if (m->ntensors == before)
		return;
	struct model_tensor *x = &m->tensor[m->ntensors - 1];
	uint64_t stored = x->nbytes;
	if (model_set_shape(m, x, t.dim, t.rank))
		x->nbytes = stored;
	x->flags |= MODEL_SPARSE;
}

/* -- what goes in and out ---------------------------------------------------------------------- */

static void
read_shape(struct onnx *o, uint64_t at, uint64_t n, struct str *out)
{
	size_t count = 0;
	str_addc(out, '[');
	struct wire w = wire_of(o->s, at, n);
	while (wire_next(&w)) {
		if (!is(&w, 1, BYTES) || count == 64)
			continue;
		str_adds(out, count++ ? ", " : "");
		size_t len = out->len;
		struct wire d = wire_of(o->s, w.at, w.n);
		while (wire_next(&d)) {
			if (is(&d, 1, 0)) {
				str_addf(out, "%" PRId64, (int64_t)d.value);
			} else if (is(&d, 2, BYTES)) {
				field_text(&d, &o->text);
				str_add(out, str_c(&o->text), o->text.len < 64 ? o->text.len : 64);
			}
		}
		if (out->len == len)
			str_addc(out, '?');
	}
	str_addc(out, ']');
}

static void
read_type(struct onnx *o, uint64_t at, uint64_t n, struct model_port *port)
{
	struct arena *a = &o->f->m->own->arena;
	struct wire w = wire_of(o->s, at, n);
	while (wire_next(&w)) {
		static const char *const other[] = {[4] = "sequence",
						    [5] = "map",
						    [7] = "opaque",
						    [8] = "sparse",
						    [9] = "optional"};
		if (w.number < 10 && w.type == BYTES && other[w.number])
			port->type = other[w.number];
		if (!is(&w, 1, BYTES) && !is(&w, 8, BYTES))
			continue;
		struct wire t = wire_of(o->s, w.at, w.n);
		while (wire_next(&t)) {
			if (is(&t, 1, 0)) {
				enum dtype d = type_of(t.value);
				port->type = d == DTYPE_OTHER
						     ? arena_printf(a, "type %" PRIu64, t.value)
						     : dtype_name(d);
			} else if (is(&t, 2, BYTES)) {
				struct str s = STR_INIT;
				read_shape(o, t.at, t.n, &s);
				port->shape = arena_text(a, str_c(&s), s.len);
				str_release(&s);
			}
		}
	}
}

static void
read_port(struct onnx *o, uint64_t at, uint64_t n, bool output)
{
	struct model *m = o->f->m;
	struct model_port port = {.name = "", .type = "?", .shape = "?", .output = output};
	if (m->nports == 1000)
		return;
	struct wire w = wire_of(o->s, at, n);
	while (wire_next(&w)) {
		if (is(&w, 1, BYTES)) {
			field_text(&w, &o->text);
			port.name = arena_text(&m->own->arena, str_c(&o->text), o->text.len);
		} else if (is(&w, 2, BYTES)) {
			read_type(o, w.at, w.n, &port);
		}
	}
	*vec_push(m->port, m->nports, m->own->port_cap) = port;
}

/* -- graphs ------------------------------------------------------------------------------------ */

static void read_graph(struct onnx *o, uint64_t at, uint64_t n);

static void
read_attribute(struct onnx *o, uint64_t at, uint64_t n, const char *node)
{
	struct model *m = o->f->m;
	struct wire w = wire_of(o->s, at, n);
	while (wire_next(&w)) {
		if (w.type != BYTES)
			continue;
		size_t before = m->ntensors;
		if (w.number == 5 || w.number == 10)
			read_tensor(o, w.at, w.n, node);
		else if (w.number == 22 || w.number == 23)
			read_sparse(o, w.at, w.n);
		for (size_t i = before; i < m->ntensors; i++)
			m->tensor[i].role = MODEL_CONSTANT;
		if (w.number == 6 || w.number == 11)
			read_graph(o, w.at, w.n);
	}
}

static void
read_node(struct onnx *o, uint64_t at, uint64_t n)
{
	struct str type = STR_INIT, domain = STR_INIT, out = STR_INIT;
	struct wire w = wire_of(o->s, at, n);
	while (wire_next(&w)) {
		if (is(&w, 4, BYTES))
			field_text(&w, &type);
		else if (is(&w, 7, BYTES))
			field_text(&w, &domain);
		else if (is(&w, 2, BYTES) && !out.len)
			field_text(&w, &out);
	}
	if (!domain.len)
		str_adds(&domain, "ai.onnx");
	if (type.len)
		model_add_op(o->f->m, str_c(&domain), domain.len, str_c(&type), type.len);
	if (!out.len)
		str_addf(&out, "constant_%" PRIu64, o->constants++);
	struct wire a = wire_of(o->s, at, n);
	while (wire_next(&a)) {
		if (is(&a, 5, BYTES))
			read_attribute(o, a.at, a.n, str_c(&out));
	}
	str_release(&type);
	str_release(&domain);
	str_release(&out);
}

static void
read_graph(struct onnx *o, uint64_t at, uint64_t n)
{
	struct model *m = o->f->m;
	if (o->depth == MAX_GRAPHS) {
		model_remark(m, "graphs within graphs, too deep to be read");
		return;
	}
	bool top = o->depth++ == 0;
	struct wire w = wire_of(o->s, at, n);
	while (wire_next(&w)) {
		if (w.type != BYTES)
			continue;
		switch (w.number) {
		case 1:
			read_node(o, w.at, w.n);
			break;
		case 2:
			if (top) {
				field_text(&w, &o->text);
				m->title = arena_text(&m->own->arena, str_c(&o->text), o->text.len);
			}
			break;
		case 5:
			read_tensor(o, w.at, w.n, "initializer");
			break;
		case 15:
			read_sparse(o, w.at, w.n);
			break;
		case 11:
		case 12:
			if (top)
				read_port(o, w.at, w.n, w.number == 12);
			break;
		}
	}
	if (w.bad)
		model_damaged(m, "the graph is damaged at byte %" PRIu64, o->s->at);
	o->depth--;
}

static void
read_opset(struct onnx *o, uint64_t at, uint64_t n)
{
	uint64_t version = 0;
	str_reset(&o->name);
	struct wire w = wire_of(o->s, at, n);
	while (wire_next(&w)) {
		if (is(&w, 1, BYTES))
			field_text(&w, &o->name);
		else if (is(&w, 2, 0))
			version = w.value;
	}
	char *key = xasprintf("opset %s", o->name.len ? str_c(&o->name) : "ai.onnx");
	model_add_metaf(o->f->m, key, "%" PRIu64, version);
	free(key);
}

static void
add_text(struct onnx *o, const struct wire *w, const char *key)
{
	field_text(w, &o->text);
	if (o->text.len)
		model_add_meta(o->f->m, key, strlen(key), str_c(&o->text), o->text.len);
}

static void
read_function(struct onnx *o, uint64_t at, uint64_t n)
{
	struct wire w = wire_of(o->s, at, n);
	while (wire_next(&w)) {
		if (is(&w, 7, BYTES))
			read_node(o, w.at, w.n);
	}
}

/* Are these the fields of a ModelProto, as far as they go? */
static bool
looks_right(struct onnx *o, bool *cut, uint64_t *missing)
{
	static const uint8_t type[] = {[1] = 1, [2] = 3, [3] = 3,  [4] = 3,  [5] = 1,  [6] = 3,
				       [7] = 3, [8] = 3, [14] = 3, [20] = 3, [25] = 3, [26] = 3};
	bool version = false, graph = false, opset = false, text = false;
	*missing = 0;
	struct wire w = wire_of(o->s, 0, UINT64_MAX);
	while (wire_next(&w)) {
		if (w.number >= sizeof type || !type[w.number] || w.type != type[w.number] - 1u)
			return false;
		if (w.number == 1 && (w.value == 0 || w.value > 100))
			return false;
		version |= w.number == 1;
		text |= w.number == 2;
		graph |= w.number == 7;
		opset |= w.number == 8 || (w.number == 1 && w.value < 3);
		if (w.cut)
			*missing = w.next - o->s->b.size;
	}
	o->s->cut = false;
	/* The last field ends with the file: then it is whole, if what every model has is there. */
	*cut = w.next != o->s->b.size || !graph || !opset;
	return !w.bad && version && (graph || text);
}

int
model_read_onnx(struct model_file *f, struct err *e)
{
	struct model *m = f->m;
	struct onnx o = {.f = f};
	bool cut;
	uint64_t missing;
	o.s = xmalloc(sizeof *o.s);
	scan_init(o.s, &f->blob, 0);
	if (!looks_right(&o, &cut, &missing)) {
		free(o.s);
		return err_set(e, ERR_FORMAT, "%s: no ONNX", m->path);
	}
	m->format = "onnx";
	model_judge(m, MODEL_SAFE);
	struct wire w = wire_of(o.s, 0, f->blob.size);
	while (wire_next(&w)) {
		if (is(&w, 1, 0))
			m->version = arena_printf(&m->own->arena, "ir %" PRIu64, w.value);
		else if (is(&w, 5, 0))
			model_add_metaf(m, "model version", "%" PRId64, (int64_t)w.value);
		else if (w.type != BYTES)
			continue;
		else if (w.number == 2)
			add_text(&o, &w, "producer");
		else if (w.number == 3)
			add_text(&o, &w, "producer version");
		else if (w.number == 4)
			add_text(&o, &w, "domain");
		else if (w.number == 6)
			add_text(&o, &w, "description");
		else if (w.number == 7)
			read_graph(&o, w.at, w.n);
		else if (w.number == 8)
			read_opset(&o, w.at, w.n);
		else if (w.number == 25)
			read_function(&o, w.at, w.n);
		else if (w.number == 14) {
			read_pair(&o, w.at, w.n);
			model_add_meta(m, str_c(&o.name), o.name.len, str_c(&o.text), o.text.len);
		}
	}
	/* Initializers used to be inputs too. */
	size_t n = 0;
	for (size_t i = 0; i < m->nports; i++)
		if (m->port[i].output || !model_find(m, m->port[i].name))
			m->port[n++] = m->port[i];
	m->nports = n;
	if (cut)
		model_cut(m, missing ? missing : 1, true);
	free(o.s);
	str_release(&o.name);
	str_release(&o.text);
	return 0;
}
