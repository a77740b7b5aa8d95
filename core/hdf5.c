/* Superblock, object headers, groups. An object header is a list of messages in blocks; a group
 * is found by a B-tree of symbol tables whose names stand in a heap (what h5py writes by
 * default), or by link messages (libver='latest', as long as there are few).
 *
 * Anything may point anywhere: objects are visited once, blocks are counted, and trees may be no
 * deeper than trees of 2^64 leaves are. */
#include "core/hdf5.h"

#include "core/hdf5_own.h"
#include "core/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_BLOCK = 16 << 20,
	MAX_WORK = 1000000,
	MAX_OBJECTS = 500000,
	MAX_CONTINUED = 256,
	MAX_DEPTH = 64,
	MAX_LEVEL = 32,
	MAX_PATH = 4096,
};

uint64_t
bytes_uint(struct bytes *b, unsigned width)
{
	const unsigned char *p = bytes_take(b, width);
	uint64_t v = 0;
	for (unsigned i = 0; p && i < width && i < 8; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

const unsigned char *
bytes_take(struct bytes *b, size_t n)
{
	if (b->cut || b->at > b->n || n > b->n - b->at) {
		b->cut = true;
		return NULL;
	}
	b->at += n;
	return b->p + b->at - n;
}

bool
hdf5_defined(const struct hdf5 *h, uint64_t address)
{
	return address != (h->wide == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * h->wide) - 1);
}

unsigned char *
hdf5_load(struct hdf5 *h, uint64_t address, uint64_t n)
{
	uint64_t at;
	if (n > MAX_BLOCK || h->work > MAX_WORK || !hdf5_defined(h, address) ||
	    __builtin_add_overflow(address, h->base, &at) || at > h->b.size || n > h->b.size - at)
		return NULL;
	h->work += 1 + n / 4096;
	unsigned char *p = xmalloc((size_t)n + 1);
	if (blob_read(&h->b, at, p, (size_t)n))
		return p;
	free(p);
	return NULL;
}

void
hdf5_remark(struct hdf5 *h, bool bad, const char *fmt, ...)
{
	char buf[300];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	if (h->v && h->v->remark)
		h->v->remark(h->v->ctx, bad, buf);
}

/* -- the superblock ---------------------------------------------------------------------------- */

static bool
read_super(struct hdf5 *h, uint64_t at, unsigned *version, uint64_t *eof)
{
	unsigned char buf[128] = {0};
	size_t n = h->b.size - at < sizeof buf ? (size_t)(h->b.size - at) : sizeof buf;
	if (!blob_read(&h->b, at, buf, n))
		return false;
	struct bytes b = {.p = buf, .n = n, .at = 8};
	*version = (unsigned)bytes_uint(&b, 1);
	if (*version <= 1) {
		b.at = 13;
		h->wide = (unsigned)bytes_uint(&b, 1);
		h->longs = (unsigned)bytes_uint(&b, 1);
		b.at = *version ? 28 : 24;
	} else {
		h->wide = (unsigned)bytes_uint(&b, 1);
		h->longs = (unsigned)bytes_uint(&b, 1);
		b.at = 12;
	}
	bool sound =
		*version <= 3 && (h->wide == 8 || h->wide == 4) && (h->longs == 8 || h->longs == 4);
	if (!sound && !b.cut)
		return false;
	if (!sound)
		h->wide = h->longs = 8; /* it ends before they are told */
	h->base = bytes_uint(&b, h->wide);
	bytes_uint(&b, h->wide); /* free space, or the extension */
	*eof = bytes_uint(&b, h->wide);
	if (*version <= 1) {
		bytes_uint(&b, h->wide); /* driver */
		bytes_uint(&b, h->wide); /* the root's name */
	}
	h->root = bytes_uint(&b, h->wide);
	if (b.cut) {
		h->root = UINT64_MAX;
		*eof = h->b.size + 1;
	}
	return true;
}

struct hdf5 *
hdf5_open(const struct blob *b, uint64_t *missing, unsigned *version, struct err *e)
{
	static const char magic[] = "\x89HDF\r\n\x1a\n";
	char head[8];
	uint64_t at = 0, eof = 0;
	while (!blob_read(b, at, head, 8) || memcmp(head, magic, 8) != 0) {
		at = at ? at * 2 : 512;
		if (at > b->size || at > 1 << 20) {
			err_set(e, ERR_FORMAT, "no HDF5");
			return NULL;
		}
	}
	struct hdf5 *h = xcalloc(1, sizeof *h);
	h->b = *b;
	h->wide = h->longs = 8;
	if (!read_super(h, at, version, &eof)) {
		free(h);
		err_set(e, ERR_FORMAT, "HDF5 of a version that is not known");
		return NULL;
	}
	*missing = eof > b->size ? eof - b->size : 0;
	return h;
}

void
hdf5_close(struct hdf5 *h)
{
	if (!h)
		return;
	map_release(&h->seen);
	str_release(&h->path);
	free(h);
}

/* -- object headers ---------------------------------------------------------------------------- */

typedef void on_message(void *ctx, struct hdf5 *h, struct hdf5_message *m);

struct block {
	uint64_t at, n; /* addresses */
};

struct header {
	struct block block[MAX_CONTINUED];
	size_t nblocks;
	unsigned version, flags; /* flags: of version 2 */
};

static void
note_continuation(struct hdf5 *h, struct header *o, struct bytes *b)
{
	uint64_t at = bytes_uint(b, h->wide), n = bytes_uint(b, h->longs);
	if (b->cut || o->nblocks == MAX_CONTINUED) {
		hdf5_remark(h, true, "an object header goes on and on");
		return;
	}
	o->block[o->nblocks++] = (struct block){at, n};
}

static void
read_block(struct hdf5 *h, struct header *o, size_t index, on_message *fn, void *ctx)
{
	struct block *k = &o->block[index];
	unsigned char *p = hdf5_load(h, k->at, k->n);
	if (!p) {
		hdf5_remark(h, true, "an object header leads out of the file");
		return;
	}
	struct bytes b = {.p = p, .n = (size_t)k->n};
	bool second = o->version == 2;
	if (second && index) {
		/* "OCHK", and a checksum behind */
		bytes_take(&b, 4);
		b.n = b.n >= 8 ? b.n - 4 : 0;
		b.cut |= b.at > b.n;
	}
	size_t head = second ? (o->flags & 4 ? 6 : 4) : 8;
	while (!b.cut && b.n - b.at >= head) {
		struct hdf5_message m = {0};
		m.type = (unsigned)bytes_uint(&b, second ? 1 : 2);
		size_t n = (size_t)bytes_uint(&b, 2);
		m.flags = (unsigned)bytes_uint(&b, 1);
		bytes_take(&b, head - (second ? 4 : 5));
		m.at = h->base + k->at + b.at;
		const unsigned char *body = bytes_take(&b, n);
		if (!body) {
			hdf5_remark(h, true, "a message is longer than its header");
			break;
		}
		m.body = (struct bytes){.p = body, .n = n};
		if (m.type == HDF5_CONTINUATION)
			note_continuation(h, o, &m.body);
		else
			fn(ctx, h, &m);
	}
	free(p);
}

bool
hdf5_messages(struct hdf5 *h, uint64_t address, on_message *fn, void *ctx)
{
	unsigned char *p = hdf5_load(h, address, 16);
	if (!p)
		return false;
	struct header *o = xcalloc(1, sizeof *o);
	struct bytes b = {.p = p, .n = 16};
	bool good = true;
	if (memcmp(p, "OHDR", 4) == 0) {
		o->version = 2;
		b.at = 5;
		o->flags = (unsigned)bytes_uint(&b, 1);
		uint64_t skip = 6 + (o->flags & 0x20 ? 16 : 0) + (o->flags & 0x10 ? 4 : 0);
		unsigned width = 1u << (o->flags & 3);
		unsigned char *q = hdf5_load(h, address, skip + width);
		good = p[4] == 2 && q;
		if (good) {
			b = (struct bytes){.p = q, .n = (size_t)skip + width, .at = (size_t)skip};
			o->block[0] = (struct block){address + skip + width, bytes_uint(&b, width)};
			o->nblocks = 1;
		}
		free(q);
	} else {
		o->version = 1;
		b.at = 8;
		o->block[0] = (struct block){address + 16, bytes_uint(&b, 4)};
		o->nblocks = 1;
		good = p[0] == 1 && p[1] == 0;
	}
	for (size_t i = 0; good && i < o->nblocks; i++)
		read_block(h, o, i, fn, ctx);
	free(o);
	free(p);
	return good;
}

/* -- groups ------------------------------------------------------------------------------------ */

static void visit(struct hdf5 *h, const char *name, size_t n, uint64_t address, unsigned depth);

/* A name in a local heap's data, which is N bytes at P. */
static size_t
heap_name(const unsigned char *p, size_t n, uint64_t offset)
{
	return offset < n ? strnlen((const char *)p + offset, n - (size_t)offset) : 0;
}

struct group {
	unsigned char *names;
	size_t nnames;
	unsigned depth;
};

static void
read_symbols(struct hdf5 *h, struct group *g, uint64_t address)
{
	unsigned char *p = hdf5_load(h, address, 8);
	size_t entry = 2 * h->wide + 24;
	if (!p || memcmp(p, "SNOD", 4) != 0) {
		hdf5_remark(h, true, "a group's table is none");
		free(p);
		return;
	}
	size_t count = p[6] | (size_t)p[7] << 8;
	free(p);
	p = hdf5_load(h, address, 8 + count * entry);
	if (!p) {
		hdf5_remark(h, true, "a group's table leads out of the file");
		return;
	}
	struct bytes b = {.p = p, .n = 8 + count * entry, .at = 8};
	for (size_t i = 0; i < count; i++) {
		b.at = 8 + i * entry;
		uint64_t name = bytes_uint(&b, h->wide), object = bytes_uint(&b, h->wide);
		size_t n = heap_name(g->names, g->nnames, name);
		/* A soft link's entry points nowhere. */
		if (n && hdf5_defined(h, object))
			visit(h, (const char *)g->names + name, n, object, g->depth + 1);
	}
	free(p);
}

/* Nodes have levels that go down, which bounds the way. */
static void
read_tree(struct hdf5 *h, struct group *g, uint64_t address, unsigned above)
{
	size_t head = 8 + 2 * h->wide;
	unsigned char *p = hdf5_load(h, address, head);
	if (!p || memcmp(p, "TREE", 4) != 0 || p[4] != 0 || p[5] >= above) {
		hdf5_remark(h, true, "a group's tree is none");
		free(p);
		return;
	}
	unsigned level = p[5];
	size_t used = p[6] | (size_t)p[7] << 8, n = head + used * (h->longs + h->wide) + h->longs;
	free(p);
	p = hdf5_load(h, address, n);
	if (!p) {
		hdf5_remark(h, true, "a group's tree leads out of the file");
		return;
	}
	struct bytes b = {.p = p, .n = n, .at = head};
	for (size_t i = 0; i < used && h->work < MAX_WORK; i++) {
		bytes_uint(&b, h->longs); /* key */
		uint64_t child = bytes_uint(&b, h->wide);
		if (level)
			read_tree(h, g, child, level);
		else
			read_symbols(h, g, child);
	}
	free(p);
}

static void
read_table(struct hdf5 *h, uint64_t tree, uint64_t heap, unsigned depth)
{
	struct group g = {.depth = depth};
	unsigned char *p = hdf5_load(h, heap, 8 + 2 * h->longs + h->wide);
	if (p && memcmp(p, "HEAP", 4) == 0) {
		struct bytes b = {.p = p, .n = 8 + 2 * h->longs + h->wide, .at = 8};
		uint64_t n = bytes_uint(&b, h->longs);
		bytes_uint(&b, h->longs);
		uint64_t at = bytes_uint(&b, h->wide);
		g.names = hdf5_load(h, at, n);
		g.nnames = g.names ? (size_t)n : 0;
	}
	free(p);
	if (g.names)
		read_tree(h, &g, tree, MAX_LEVEL);
	else
		hdf5_remark(h, true, "the names of a group are not there");
	free(g.names);
}

/* -- objects ----------------------------------------------------------------------------------- */

struct link {
	char *name;
	size_t n;
	uint64_t address;
};

/* What an object header says. Groups below it are read when it has been read to its end. */
struct object {
	struct hdf5_data data;
	bool space, type, layout;
	bool table;
	uint64_t tree, heap;
	struct link *link;
	size_t nlinks, link_cap;
	bool dense, dense_attributes;
};

static void
note_link(struct hdf5 *h, struct object *o, struct bytes *b)
{
	unsigned version = (unsigned)bytes_uint(b, 1), flags = (unsigned)bytes_uint(b, 1);
	unsigned kind = flags & 8 ? (unsigned)bytes_uint(b, 1) : 0;
	if (flags & 4)
		bytes_take(b, 8);
	if (flags & 16)
		bytes_take(b, 1);
	size_t n = (size_t)bytes_uint(b, 1u << (flags & 3));
	const unsigned char *name = bytes_take(b, n);
	if (version != 1 || !name || kind != 0)
		return;
	uint64_t address = bytes_uint(b, h->wide);
	if (b->cut || !n)
		return;
	struct link *l = vec_push(o->link, o->nlinks, o->link_cap);
	*l = (struct link){xmemdup(name, n), n, address};
}

/* The address of a fractal heap: with one, links or attributes stand there. */
static bool
has_heap(struct hdf5 *h, struct bytes *b, unsigned indexed)
{
	bytes_uint(b, 1);
	unsigned flags = (unsigned)bytes_uint(b, 1);
	if (flags & 1)
		bytes_take(b, indexed);
	uint64_t heap = bytes_uint(b, h->wide);
	return !b->cut && hdf5_defined(h, heap);
}

static void
on_object(void *ctx, struct hdf5 *h, struct hdf5_message *m)
{
	struct object *o = ctx;
	struct bytes b = m->body;
	struct hdf5_data d;
	switch (m->type) {
	case HDF5_SPACE:
		o->space = hdf5_read_space(h, &b, &o->data);
		break;
	case HDF5_TYPE:
		o->type = hdf5_read_type(h, &b, m->flags & 2, &o->data.type);
		break;
	case HDF5_LAYOUT:
		o->layout = hdf5_read_layout(h, m, &o->data);
		break;
	case HDF5_FILTERS:
		o->data.filtered = true;
		break;
	case HDF5_TABLE:
		o->table = true;
		o->tree = bytes_uint(&b, h->wide);
		o->heap = bytes_uint(&b, h->wide);
		break;
	case HDF5_LINK:
		note_link(h, o, &b);
		break;
	case HDF5_LINK_INFO:
		o->dense = has_heap(h, &b, 8);
		break;
	case HDF5_ATTRIBUTE_INFO:
		o->dense_attributes = has_heap(h, &b, 2);
		break;
	case HDF5_ATTRIBUTE: {
		char *name = hdf5_read_attribute(h, m, &d);
		if (name && h->v->attribute)
			h->v->attribute(h->v->ctx, str_c(&h->path), name, h, &d);
		free(name);
		break;
	}
	}
}

static void
give_dataset(struct hdf5 *h, struct object *o)
{
	struct hdf5_data *d = &o->data;
	uint64_t due;
	if (__builtin_mul_overflow(d->count, d->type.itemsize, &due)) {
		hdf5_remark(h, true, "%s is larger than anything", str_c(&h->path));
		return;
	}
	if (!o->layout || d->nbytes < due || d->filtered)
		d->placed = false;
	d->nbytes = due;
	if (h->v->dataset)
		h->v->dataset(h->v->ctx, str_c(&h->path), d);
}

static void
visit(struct hdf5 *h, const char *name, size_t n, uint64_t address, unsigned depth)
{
	size_t len = h->path.len;
	if (depth > MAX_DEPTH || h->objects++ > MAX_OBJECTS || len + n > MAX_PATH) {
		hdf5_remark(h, true, "more groups within groups than are read");
		return;
	}
	if (map_get(&h->seen, &address, sizeof address))
		return;
	map_put(&h->seen, &address, sizeof address, h);
	if (len)
		str_addc(&h->path, '/');
	str_add(&h->path, name, n);
	/* A NUL would end the path for whoever gets it as a C string. */
	for (size_t i = len; i < h->path.len; i++)
		h->path.buf[i] = h->path.buf[i] ? h->path.buf[i] : '?';
	struct object *o = xcalloc(1, sizeof *o);
	if (!hdf5_messages(h, address, on_object, o))
		hdf5_remark(h, true, "%s has no header", len || n ? str_c(&h->path) : "the root");
	if (o->space && o->type)
		give_dataset(h, o);
	if (o->dense)
		hdf5_remark(h, false, "the group %s is stored densely: what is in it was not read",
			    str_c(&h->path));
	if (o->dense_attributes)
		hdf5_remark(h, false, "attributes of %s are stored densely: not read",
			    str_c(&h->path));
	if (o->table)
		read_table(h, o->tree, o->heap, depth);
	for (size_t i = 0; i < o->nlinks; i++) {
		visit(h, o->link[i].name, o->link[i].n, o->link[i].address, depth + 1);
		free(o->link[i].name);
	}
	free(o->link);
	free(o);
	h->path.len = len;
	if (h->path.buf)
		h->path.buf[len] = '\0';
}

void
hdf5_walk(struct hdf5 *h, const struct hdf5_visitor *v)
{
	h->v = v;
	visit(h, "", 0, h->root, 0);
	h->v = NULL;
}
