/* NumPy's own files (numpy.org/doc/stable/reference/generated/numpy.lib.format.html): a magic, a
 * version, a Python dictionary as text, the numbers. An array of objects is a pickle in place of
 * the numbers. And .npz: a zip file of them. */
#include "core/le.h"
#include "core/model_pickle.h"
#include "core/pickle_numpy.h"
#include "core/xalloc.h"
#include "core/zip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_HEADER = 1 << 16 };

struct npy {
	struct numpy_array array;
	uint64_t data; /* where the numbers begin */
	char descr[64];
	bool structured;
};

/* Behind 'KEY': in the dictionary; NULL. Keys are written by NumPy, so they stand there once. */
static const char *
value_of(const char *header, const char *key)
{
	char quoted[24];
	size_t n = strlen(key);
	for (int q = 0; q < 2; q++) {
		quoted[0] = quoted[n + 1] = q ? '"' : '\'';
		memcpy(quoted + 1, key, n);
		quoted[n + 2] = '\0';
		const char *p = strstr(header, quoted);
		if (!p)
			continue;
		p += n + 2;
		p += strspn(p, " ");
		if (*p == ':')
			return p + 1 + strspn(p + 1, " ");
	}
	return NULL;
}

static bool
parse_shape(const char *z, struct numpy_array *x)
{
	if (*z++ != '(')
		return false;
	for (;;) {
		z += strspn(z, " ,");
		if (*z == ')')
			return true;
		char *end;
		if (*z < '0' || *z > '9' || x->rank == NUMPY_MAX_RANK)
			return false;
		unsigned long long v = strtoull(z, &end, 10);
		x->dim[x->rank++] = v;
		z = end + (*end == 'L');
	}
}

/* Is KEY in the header more than once? Loaders take the last, and this the first. */
static bool
twice(const char *header, const char *key)
{
	const char *first = value_of(header, key);
	return first && value_of(first, key);
}

/* Does the list of fields at Z have a type of Python objects among its words? A field that is
 * called O is taken for one, too: better asked about than missed. */
static bool
has_objects(const char *z)
{
	while (*z) {
		char quote = *z++;
		if (quote != '\'' && quote != '"')
			continue;
		size_t n = strcspn(z, quote == '"' ? "\"" : "'");
		const char *type = z + strspn(z, "|<>=");
		if (*type == 'O' || strncmp(type, "object", 6) == 0)
			return true;
		z += n + (z[n] != '\0');
	}
	return false;
}

static bool
parse_header(const char *header, struct npy *a)
{
	/* Python reads escapes, and a key that comes again: both only hide what is loaded. */
	if (strchr(header, '\\') || twice(header, "descr") || twice(header, "shape") ||
	    twice(header, "fortran_order"))
		return false;
	const char *descr = value_of(header, "descr"), *order = value_of(header, "fortran_order");
	const char *shape = value_of(header, "shape");
	if (!descr || !order || !shape || !parse_shape(shape, &a->array))
		return false;
	a->array.fortran = strncmp(order, "True", 4) == 0;
	if (*descr != '\'' && *descr != '"') {
		a->structured = true;
		a->array.type.object = has_objects(descr);
		return true;
	}
	size_t n = strcspn(descr + 1, "'\"");
	return numpy_type_parse(&a->array.type, descr + 1, n) && numpy_array_size(&a->array);
}

/* 0, 1: it ends within the header, ERR_FORMAT: it is none. */
static int
read_header(const struct blob *b, struct npy *a)
{
	unsigned char h[12];
	*a = (struct npy){0};
	if (b->size < 10)
		return 1;
	if (!blob_read(b, 0, h, 10))
		return ERR_FORMAT;
	bool wide = h[6] >= 2;
	if (wide && (b->size < 12 || !blob_read(b, 0, h, 12)))
		return 1;
	size_t n = wide ? le32(h + 8) : (size_t)(h[8] | h[9] << 8), at = wide ? 12 : 10;
	if (n > MAX_HEADER || h[6] > 3)
		return ERR_FORMAT;
	if (n > b->size - at)
		return 1;
	char *text = xmalloc(n + 1);
	text[n] = '\0';
	bool good = blob_read(b, at, text, n) && parse_header(text, a);
	free(text);
	a->data = at + n;
	return good ? 0 : ERR_FORMAT;
}

static void
judge_objects(struct model_file *f, const struct blob *b, const struct npy *a, const char *name)
{
	struct pickle p;
	struct scan *s = xmalloc(sizeof *s);
	pickle_id root;
	pickle_init(&p);
	scan_init(s, b, a->data);
	enum pickle_end end = pickle_run(&p, s, &root);
	pickled_judge(f->m, &p, name, end, false);
	pickled_say_end(f->m, *name ? name : "the array of objects", &p, end);
	if (end == PICKLE_CUT)
		model_cut(f->m, 1, true);
	pickle_release(&p);
	free(s);
}

/* The tensor of an array whose header is A. */
static struct model_tensor *
add(struct model_file *f, const char *name, size_t n, const struct npy *a)
{
	struct model *m = f->m;
	struct model_tensor *t = model_add_tensor(f, name, n);
	if (!t || !model_set_shape(m, t, a->array.dim, a->array.rank))
		return NULL;
	model_set_type(t, a->array.type.dtype);
	t->swapped = a->array.type.swapped;
	t->nbytes = a->array.nbytes;
	if (t->dtype == DTYPE_OTHER)
		t->type = a->structured ? "structured"
					: arena_str(&m->own->arena, a->array.type.name);
	if (a->array.fortran && a->array.rank > 1) {
		uint64_t *stride = arena_array(&m->own->arena, a->array.rank, sizeof *stride);
		uint64_t due = 1;
		for (unsigned i = 0; i < a->array.rank; i++) {
			stride[i] = due;
			due *= a->array.dim[i];
		}
		t->stride = stride;
	}
	return t;
}

int
model_read_npy(struct model_file *f, struct err *e)
{
	struct model *m = f->m;
	struct npy a;
	int code = read_header(&f->blob, &a);
	m->format = "npy";
	if (code == 1) {
		model_judge(m, MODEL_UNJUDGED);
		model_cut(m, 1, true);
		return 0;
	}
	if (code < 0)
		return err_set(e, ERR_FORMAT, "%s: an .npy file whose header makes no sense",
			       m->path);
	struct model_tensor *t = add(f, "array", 5, &a);
	if (a.array.type.object) {
		judge_objects(f, &f->blob, &a, "");
		return 0;
	}
	model_judge(m, MODEL_SAFE);
	uint64_t left = f->blob.size - a.data;
	if (t && a.structured)
		t->nbytes = left;
	if (!t || a.structured)
		return 0;
	model_set_place(f, t, a.data);
	if (t->nbytes > left)
		model_cut(m, t->nbytes - left, false);
	else if (t->nbytes < left) {
		m->extra += left - t->nbytes;
		model_remark(m, "%" PRIu64 " bytes stand behind the array", left - t->nbytes);
	}
	return 0;
}

/* -- .npz -------------------------------------------------------------------------------------- */

static void
read_member(struct model_file *f, const struct zip_entry *x, bool cut)
{
	struct model *m = f->m;
	struct npy a;
	struct blob b;
	uint64_t at;
	unsigned char *mem = NULL;
	size_t n, len = strlen(x->name) - 4;
	bool whole;
	if (!zip_place(&f->blob, x, &at)) {
		model_damaged(m, "%s is not where the directory says", x->name);
		return;
	}
	b = blob_piece(&f->blob, at, x->packed);
	uint64_t have = b.size;
	if (x->method != ZIP_STORED) {
		mem = zip_content(&f->blob, x, MAX_HEADER + 12, &n, &whole);
		if (!mem) {
			model_remark(m, "%s is compressed with method %u: not read", x->name,
				     x->method);
			return;
		}
		/* Objects are looked at in whole. */
		b = (struct blob){.fd = -1, .mem = mem, .size = n};
	}
	int code = read_header(&b, &a);
	if (code != 0) {
		if (code < 0)
			model_damaged(m, "%s is no array", x->name);
		else if (!cut)
			model_damaged(m, "%s ends within its header", x->name);
		free(mem);
		return;
	}
	struct model_tensor *t = add(f, x->name, len, &a);
	if (a.array.type.object && !model_may(m, x->size)) {
		free(mem);
		return;
	}
	if (a.array.type.object && mem) {
		free(mem);
		mem = zip_content(&f->blob, x, MODEL_MAX_INFLATED, &n, &whole);
		b = (struct blob){.fd = -1, .mem = mem, .size = mem ? n : 0};
	}
	if (a.array.type.object)
		judge_objects(f, &b, &a, x->name);
	free(mem);
	if (!t || a.array.type.object || a.structured)
		return;
	if (x->method == ZIP_STORED) {
		model_set_place(f, t, at + a.data);
		if (have < x->packed || t->nbytes > have - a.data)
			t->flags |= MODEL_ABSENT;
	} else {
		t->offset = at;
		t->deflated = have;
		t->skip = a.data;
		t->readable = true;
		if (have < x->packed)
			t->flags |= MODEL_ABSENT;
	}
	if (t->flags & MODEL_ABSENT && !cut)
		model_damaged(m, "%s is shorter than its array", x->name);
}

int
model_read_npz(struct model_file *f, const struct zip *z)
{
	struct model *m = f->m;
	m->format = "npz";
	model_judge(m, MODEL_SAFE);
	for (size_t i = 0; i < z->n; i++) {
		size_t n = strlen(z->entry[i].name);
		if (n < 4 || strcmp(z->entry[i].name + n - 4, ".npy") != 0)
			continue;
		if (strchr(z->entry[i].name, '/'))
			m->separator = '/';
		read_member(f, &z->entry[i], z->cut);
	}
	if (!z->cut)
		return 0;
	uint64_t missing = 0;
	for (size_t i = 0; i < m->ntensors; i++) {
		const struct model_tensor *t = &m->tensor[i];
		uint64_t end;
		if (t->flags & MODEL_ABSENT && !t->deflated &&
		    !__builtin_add_overflow(t->offset, t->nbytes, &end) && end > f->blob.size)
			missing += end - f->blob.size;
	}
	model_cut(m, missing ? missing : 1, true);
	return 0;
}
