#include "store/pages.h"

#include "core/xalloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BRANCH = 1, LEAF = 2, OVERFLOW = 4, META = 8 };
enum { PAGE_HEAD = 16, NODE_HEAD = 8, BIG_DATA = 1, DEPTH_MOST = 32, KEY_MOST = 511 };
#define META_MAGIC UINT32_C(0xBEEFC0DE)
enum { META_VERSION = 1, INTEGER_KEY = 8 };

struct tree {
	uint32_t pad;
	uint16_t flags, depth;
	uint64_t branches, leaves, overflows, entries, root;
};

struct meta {
	uint32_t magic, version;
	uint64_t address, mapsize;
	struct tree free, main;
	uint64_t last, txn;
};

struct pages {
	int fd;
	size_t page;
	uint64_t size; /* whole pages in the file */
	struct meta meta;
	uint64_t *used; /* a bit a page */
	struct tree found;
	bool is_free; /* it is the tree of free pages that is walked */
	bool short_only;
	int wrong;
	void (*fn)(void *ctx, const char *wrong);
	void *ctx;
};

static void __attribute__((format(printf, 2, 3))) bad(struct pages *p, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	p->wrong++;
	if (p->fn)
		p->fn(p->ctx, text);
}

static uint16_t
get16(const unsigned char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static uint64_t
get64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* Takes N pages into use. */
static bool
use(struct pages *p, uint64_t number, uint64_t n)
{
	if (number < 2 || number > p->meta.last || n > p->meta.last - number + 1) {
		bad(p, "page %" PRIu64 " is beyond the last", number);
		return false;
	}
	for (uint64_t i = number; i < number + n; i++) {
		uint64_t bit = UINT64_C(1) << (i & 63);
		if (p->used[i >> 6] & bit) {
			bad(p, "page %" PRIu64 " is used twice", i);
			return false;
		}
		p->used[i >> 6] |= bit;
	}
	return true;
}

static bool
load(struct pages *p, uint64_t number, void *out, size_t n)
{
	ssize_t got = pread(p->fd, out, n, (off_t)(number * p->page));

	if (got == (ssize_t)n)
		return true;
	bad(p, "page %" PRIu64 " lies beyond the end of the file", number);
	return false;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

struct node {
	const unsigned char *key, *data;
	unsigned nkey, flags;
	uint64_t n; /* bytes of data; of a branch: the page below */
	size_t at, size;
};

static size_t
even(size_t n)
{
	return (n + 1) & ~(size_t)1;
}

static bool
get_node(const struct pages *p, const unsigned char *page, unsigned i, bool leaf, struct node *out)
{
	size_t at = get16(page + PAGE_HEAD + (size_t)i * 2);
	unsigned upper = get16(page + 14);

	if (at < upper || at + NODE_HEAD > p->page)
		return false;
	const unsigned char *nd = page + at;
	uint64_t lo = get16(nd), hi = get16(nd + 2);
	out->at = at;
	out->flags = get16(nd + 4);
	out->nkey = get16(nd + 6);
	out->key = nd + NODE_HEAD;
	out->data = out->key + out->nkey;
	out->n = lo | hi << 16;
	if (!leaf)
		out->n |= (uint64_t)out->flags << 32;
	uint64_t inside = !leaf ? 0 : out->flags & BIG_DATA ? 8 : out->n;
	out->size = even(NODE_HEAD + out->nkey + (size_t)inside);
	return out->nkey <= KEY_MOST && inside <= p->page && at + out->size <= p->page &&
	       (!leaf || (out->flags & ~(unsigned)BIG_DATA) == 0);
}

/* Free pages are listed under numbers, which order as such. */
static int
compare(const struct pages *p, const unsigned char *a, unsigned na, const unsigned char *b,
	unsigned nb)
{
	if (p->is_free && na == 8 && nb == 8) {
		uint64_t x = get64(a), y = get64(b);
		return (x > y) - (x < y);
	}
	int c = memcmp(a, b, na < nb ? na : nb);
	return c ? c : (na > nb) - (na < nb);
}

/* The keys that a page may have: [LO, HI), either may be missing. */
struct bounds {
	const unsigned char *lo, *hi;
	unsigned nlo, nhi;
};

static bool
in_bounds(const struct pages *p, const struct node *nd, const struct bounds *b)
{
	return (!b->lo || compare(p, nd->key, nd->nkey, b->lo, b->nlo) >= 0) &&
	       (!b->hi || compare(p, nd->key, nd->nkey, b->hi, b->nhi) < 0);
}

static void
check_overflow(struct pages *p, const struct node *nd)
{
	unsigned char head[PAGE_HEAD];
	uint64_t number = get64(nd->data);
	uint64_t n = (PAGE_HEAD + nd->n + p->page - 1) / p->page;
	uint32_t said;

	if (!use(p, number, n) || !load(p, number, head, sizeof head))
		return;
	if (p->short_only && number + n > p->size) {
		bad(p, "page %" PRIu64 " lies beyond the end of the file", number + n - 1);
		return;
	}
	memcpy(&said, head + 12, sizeof said);
	if (get64(head) != number || get16(head + 10) != OVERFLOW || said != n)
		bad(p, "page %" PRIu64 ": its head", number);
	p->found.overflows += n;
}

/* A list of free pages: a count, then numbers that go down. */
static void
check_free(struct pages *p, const unsigned char *data, uint64_t n)
{
	uint64_t count = n >= 8 ? get64(data) : 0, last = UINT64_MAX;

	if (n < 8 || count != n / 8 - 1 || n % 8) {
		bad(p, "a list of free pages");
		return;
	}
	for (uint64_t i = 1; i <= count; i++) {
		uint64_t number = get64(data + i * 8);
		if (number >= last)
			bad(p, "a list of free pages is in no order");
		else
			use(p, number, 1);
		last = number;
	}
}

static void
check_free_node(struct pages *p, const struct node *nd)
{
	if (nd->nkey != 8)
		bad(p, "a list of free pages without a number");
	if (!(nd->flags & BIG_DATA)) {
		check_free(p, nd->data, nd->n);
		return;
	}
	uint64_t number = get64(nd->data);
	if (nd->n > p->size * p->page) {
		bad(p, "a list of free pages is too long");
		return;
	}
	unsigned char *all = xmalloc(nd->n + PAGE_HEAD);
	if (load(p, number, all, nd->n + PAGE_HEAD))
		check_free(p, all + PAGE_HEAD, nd->n);
	free(all);
}

/* ---- trees ----------------------------------------------------------------------------------- */

static void walk(struct pages *p, uint64_t number, unsigned depth, const struct bounds *bounds);

static void
check_leaf(struct pages *p, const struct node *nd)
{
	p->found.entries++;
	if (nd->flags & BIG_DATA)
		check_overflow(p, nd);
	if (p->is_free && !p->short_only)
		check_free_node(p, nd);
}

/* The first key of a branch says nothing. */
static bool
check_nodes(struct pages *p, const unsigned char *page, unsigned n, bool leaf,
	    const struct bounds *bounds)
{
	size_t bytes = 0;
	struct node nd, before = {0};

	for (unsigned i = 0; i < n; i++) {
		if (!get_node(p, page, i, leaf, &nd))
			return false;
		bytes += nd.size;
		if (!leaf && i == 0)
			continue;
		if (!in_bounds(p, &nd, bounds) ||
		    (before.key && compare(p, before.key, before.nkey, nd.key, nd.nkey) >= 0))
			return false;
		before = nd;
	}
	return bytes == p->page - get16(page + 14);
}

static void
walk_nodes(struct pages *p, const unsigned char *page, unsigned n, bool leaf, unsigned depth,
	   const struct bounds *bounds)
{
	struct node nd, next;

	for (unsigned i = 0; i < n; i++) {
		get_node(p, page, i, leaf, &nd);
		if (leaf) {
			check_leaf(p, &nd);
			continue;
		}
		struct bounds b = *bounds;
		if (i) {
			b.lo = nd.key;
			b.nlo = nd.nkey;
		}
		if (i + 1 < n) {
			get_node(p, page, i + 1, false, &next);
			b.hi = next.key;
			b.nhi = next.nkey;
		}
		walk(p, nd.n, depth + 1, &b);
	}
}

static void
walk(struct pages *p, uint64_t number, unsigned depth, const struct bounds *bounds)
{
	const struct tree *said = p->is_free ? &p->meta.free : &p->meta.main;

	if (!use(p, number, 1))
		return;
	if (depth > DEPTH_MOST) {
		bad(p, "page %" PRIu64 " lies too deep", number);
		return;
	}
	unsigned char *page = xmalloc(p->page + 8);
	if (load(p, number, page, p->page)) {
		unsigned flags = get16(page + 10), lower = get16(page + 12),
			 upper = get16(page + 14);
		bool leaf = depth == said->depth;
		unsigned n = (lower - PAGE_HEAD) / 2;
		if (get64(page) != number || flags != (leaf ? LEAF : BRANCH) || lower < PAGE_HEAD ||
		    lower % 2 || lower > upper || upper > p->page || (!n && !leaf) ||
		    !check_nodes(p, page, n, leaf, bounds)) {
			bad(p, "page %" PRIu64 " is no sound page of depth %u", number, depth);
		} else {
			p->found.branches += !leaf;
			p->found.leaves += leaf;
			walk_nodes(p, page, n, leaf, depth, bounds);
		}
	}
	free(page);
}

static void
check_tree(struct pages *p, bool is_free)
{
	const struct tree *said = is_free ? &p->meta.free : &p->meta.main;
	const struct bounds all = {0};

	p->found = (struct tree){0};
	p->is_free = is_free;
	if (said->root != UINT64_MAX)
		walk(p, said->root, 1, &all);
	else if (said->depth)
		bad(p, "a tree without a root");
	if (p->found.branches != said->branches || p->found.leaves != said->leaves ||
	    p->found.overflows != said->overflows || p->found.entries != said->entries)
		bad(p, "the tree of %s is not what the meta page says",
		    is_free ? "free pages" : "records");
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool
get_meta(int fd, uint64_t number, size_t page, struct meta *m)
{
	unsigned char buf[PAGE_HEAD + sizeof *m];

	if (pread(fd, buf, sizeof buf, (off_t)(number * page)) != (ssize_t)sizeof buf)
		return false;
	memcpy(m, buf + PAGE_HEAD, sizeof *m);
	return get64(buf) == number && get16(buf + 10) == META && m->magic == META_MAGIC &&
	       m->version == META_VERSION;
}

static bool
meta_sound(const struct meta *m, size_t page)
{
	return m->free.pad == page && m->free.flags == INTEGER_KEY && m->main.flags == 0 &&
	       m->free.depth <= DEPTH_MOST && m->main.depth <= DEPTH_MOST &&
	       (m->free.root <= m->last || m->free.root == UINT64_MAX) &&
	       (m->main.root <= m->last || m->main.root == UINT64_MAX) &&
	       (m->main.root == UINT64_MAX) == (m->main.depth == 0);
}

/* Both meta pages. Transactions write them in turn, the even ones the first: so they are one apart,
 * unless others were made while this looked; then it looks again. */
static bool
get_metas(int fd, size_t page, struct meta m[2])
{
	for (int i = 0; i < 100; i++) {
		struct meta again;
		bool sound = get_meta(fd, 0, page, &m[0]) && get_meta(fd, 1, page, &m[1]) &&
			     meta_sound(&m[0], page) && meta_sound(&m[1], page);
		uint64_t a = m[0].txn, b = m[1].txn;
		sound = sound && (a > b ? a - b : b - a) <= 1 && a % 2 == 0 && (!b || b % 2 == 1);
		if (sound)
			return true;
		if (get_meta(fd, 0, page, &again) && !memcmp(&again, &m[0], sizeof again) && i > 2)
			break;
	}
	return false;
}

bool
pages_sound(int fd)
{
	struct meta m[2];

	if (!get_meta(fd, 0, 0, &m[0]))
		return false;
	size_t page = m[0].free.pad;
	return page >= 512 && page <= 65536 && !(page & (page - 1)) && get_metas(fd, page, m);
}

/* The meta page of TXN, or the newest one. */
static bool
pick_meta(struct pages *p, uint64_t txn)
{
	struct meta m[2];

	if (!get_metas(p->fd, p->page, m)) {
		bad(p, "the meta pages");
		return false;
	}
	p->meta = m[m[1].txn > m[0].txn];
	if (txn && p->meta.txn != txn)
		p->meta = m[m[1].txn <= m[0].txn];
	return !txn || p->meta.txn == txn;
}

static int
check(struct pages *p, uint64_t txn)
{
	struct stat sb;

	if (fstat(p->fd, &sb))
		return -1;
	p->size = (uint64_t)sb.st_size / p->page;
	if (!pick_meta(p, txn))
		return p->wrong ? p->wrong : -1;
	if (p->meta.last >= p->size && !p->short_only && p->meta.last - p->size > p->size + 1024) {
		bad(p, "the last page is %" PRIu64 " of a file of %" PRIu64, p->meta.last, p->size);
		return p->wrong;
	}
	p->used = xcalloc((size_t)(p->meta.last / 64) + 1, sizeof *p->used);
	check_tree(p, true);
	check_tree(p, false);
	free(p->used);
	return p->wrong;
}

int
pages_check(int fd, size_t page, uint64_t txn, void (*fn)(void *ctx, const char *wrong), void *ctx)
{
	struct pages p = {.fd = fd, .page = page, .fn = fn, .ctx = ctx};

	return check(&p, txn);
}

bool
pages_complete(int fd, size_t page)
{
	struct pages p = {.fd = fd, .page = page, .short_only = true};

	return check(&p, 0) == 0;
}

/* ---- what can be read of a damaged file ------------------------------------------------------ */

/* No value is longer; a length that is damaged may be. */
#define VALUE_MOST (UINT64_C(256) << 20)

/* A page of the file, whatever its nodes are like; to be freed. NULL: it is none. */
static unsigned char *
any_page(struct pages *p, uint64_t number)
{
	if (!use(p, number, 1))
		return NULL;
	unsigned char *page = xmalloc(p->page + 8);
	unsigned lower, flags;
	if (load(p, number, page, p->page)) {
		flags = get16(page + 10);
		lower = get16(page + 12);
		if (get64(page) == number && (flags == LEAF || flags == BRANCH) &&
		    lower >= PAGE_HEAD && lower <= p->page)
			return page;
	}
	free(page);
	return NULL;
}

static int
give_record(struct pages *p, const struct node *nd, pages_fn *fn, void *ctx)
{
	if (!(nd->flags & BIG_DATA))
		return fn(ctx, nd->key, nd->nkey, nd->data, (size_t)nd->n);
	uint64_t number = get64(nd->data), n = (PAGE_HEAD + nd->n + p->page - 1) / p->page;
	if (nd->n > VALUE_MOST || !use(p, number, n))
		return 0;
	unsigned char *all = xmalloc(PAGE_HEAD + nd->n);
	int rc = load(p, number, all, PAGE_HEAD + nd->n)
			 ? fn(ctx, nd->key, nd->nkey, all + PAGE_HEAD, (size_t)nd->n)
			 : 0;
	free(all);
	return rc;
}

/* A node that is damaged costs itself and what lies below it, no more. */
static int
give_page(struct pages *p, uint64_t number, unsigned depth, pages_fn *fn, void *ctx)
{
	unsigned char *page = depth <= DEPTH_MOST ? any_page(p, number) : NULL;
	int rc = 0;

	if (!page)
		return 0;
	bool leaf = get16(page + 10) == LEAF;
	unsigned n = (get16(page + 12) - PAGE_HEAD) / 2u;
	for (unsigned i = 0; !rc && i < n; i++) {
		struct node nd;
		if (!get_node(p, page, i, leaf, &nd))
			continue;
		rc = leaf ? give_record(p, &nd, fn, ctx) : give_page(p, nd.n, depth + 1, fn, ctx);
	}
	free(page);
	return rc;
}

static int
give_tree(struct pages *p, const struct meta *m, pages_fn *fn, void *ctx)
{
	p->meta = *m;
	if (p->meta.last >= p->size)
		p->meta.last = p->size ? p->size - 1 : 0;
	p->used = xcalloc((size_t)(p->meta.last / 64) + 1, sizeof *p->used);
	unsigned char *root = any_page(p, m->main.root);
	int rc = -1;
	if (root) {
		memset(p->used, 0, ((size_t)(p->meta.last / 64) + 1) * sizeof *p->used);
		rc = give_page(p, m->main.root, 1, fn, ctx);
	}
	free(root);
	free(p->used);
	return rc;
}

int
pages_records(int fd, pages_fn *fn, void *ctx)
{
	static const size_t sizes[] = {4096, 8192, 16384, 32768, 65536};
	struct pages p = {.fd = fd};
	struct meta m[2];
	struct stat sb;
	bool is[2];
	int rc = -1;

	is[0] = get_meta(fd, 0, 0, &m[0]) && meta_sound(&m[0], m[0].free.pad);
	p.page = is[0] ? m[0].free.pad : 0;
	for (size_t i = 0; !p.page && i < sizeof sizes / sizeof *sizes; i++)
		if (get_meta(fd, 1, sizes[i], &m[1]) && meta_sound(&m[1], sizes[i]))
			p.page = sizes[i];
	if (p.page < 512 || p.page > 65536 || fstat(fd, &sb))
		return -1;
	p.size = (uint64_t)sb.st_size / p.page;
	is[1] = get_meta(fd, 1, p.page, &m[1]) && meta_sound(&m[1], p.page);
	int newest = is[1] && (!is[0] || m[1].txn > m[0].txn);
	for (int i = 0; i < 2 && rc == -1; i++) {
		int k = i ? !newest : newest;
		if (is[k])
			rc = give_tree(&p, &m[k], fn, ctx);
	}
	return rc;
}
