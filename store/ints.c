#include "store/ints.h"

#include <assert.h>
#include <string.h>

/* The first byte of a block: 0 … 64 FOR of that many bits, 65 … 72 DICT with indexes of 1 … 8 bits,
 * 128 … 192 DELTA. */
enum { FOR = 0, DICT = 1, DELTA = 2 };
enum { DICT_BYTE = 65, DELTA_BYTE = 128, DICT_MOST = 16 };

static unsigned
bits_of(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

static uint64_t
zigzag(uint64_t v)
{
	return v << 1 ^ (uint64_t) - (int64_t)(v >> 63);
}

static uint64_t
unzigzag(uint64_t v)
{
	return v >> 1 ^ (uint64_t) - (int64_t)(v & 1);
}

static size_t
varint_size(uint64_t v)
{
	return v ? (bits_of(v) + 6) / 7 : 1;
}

static unsigned char *
varint_put(unsigned char *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (unsigned char)(v | 0x80);
		v >>= 7;
	}
	*p++ = (unsigned char)v;
	return p;
}

static const unsigned char *
varint_get(const unsigned char *p, const unsigned char *end, uint64_t *v)
{
	uint64_t out = 0;

	for (unsigned shift = 0; p < end && shift < 64; shift += 7) {
		unsigned char b = *p++;
		out |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			*v = out;
			return p;
		}
	}
	return NULL;
}

static size_t
packed_size(size_t n, unsigned width)
{
	return (n * width + 7) / 8;
}

/* ---- bits ------------------------------------------------------------------------------------ */

/* Numbers below 2^WIDTH, the first in the lowest bits. */
static unsigned char *
bits_put(unsigned char *p, const uint64_t *v, size_t n, unsigned width)
{
	uint64_t word = 0;
	unsigned used = 0;
	unsigned char *end = p + packed_size(n, width);

	if (!width)
		return p;
	for (size_t i = 0; i < n; i++) {
		word |= v[i] << used;
		if (used + width >= 64) {
			memcpy(p, &word, 8);
			p += 8;
			/* A shift by 64 is no shift. */
			word = used ? v[i] >> (64 - used) : 0;
			used = used + width - 64;
			if (!used)
				word = 0;
		} else {
			used += width;
		}
	}
	memcpy(p, &word, 8); /* into the slack, if it is not needed */
	return end;
}

/* May read 8 bytes beyond the last bit. BASE is added to each. */
static void
bits_get(const unsigned char *p, uint64_t *v, size_t n, unsigned width, uint64_t base)
{
	if (!width) {
		for (size_t i = 0; i < n; i++)
			v[i] = base;
		return;
	}
	if (width <= 57) {
		uint64_t mask = (UINT64_C(1) << width) - 1;
		size_t at = 0, i = 0;
		/* Two of few bits are in one word. */
		for (; width <= 28 && i + 2 <= n; i += 2, at += 2 * (size_t)width) {
			uint64_t word;
			memcpy(&word, p + (at >> 3), 8);
			word >>= at & 7;
			v[i] = base + (word & mask);
			v[i + 1] = base + (word >> width & mask);
		}
		for (; i < n; i++, at += width) {
			uint64_t word;
			memcpy(&word, p + (at >> 3), 8);
			v[i] = base + (word >> (at & 7) & mask);
		}
		return;
	}
	for (size_t i = 0, at = 0; i < n; i++, at += width) {
		uint64_t low;
		memcpy(&low, p + (at >> 3), 8);
		unsigned shift = at & 7;
		uint64_t value = low >> shift;
		if (shift)
			value |= (uint64_t)p[(at >> 3) + 8] << (64 - shift);
		v[i] = base + (width == 64 ? value : value & ((UINT64_C(1) << width) - 1));
	}
}

/* ---- planning -------------------------------------------------------------------------------- */

struct range {
	int64_t min, max, dmin, dmax;
};

static struct range
range_of(const int64_t *v, size_t n)
{
	struct range r = {v[0], v[0], INT64_MAX, INT64_MIN};

	for (size_t i = 1; i < n; i++) {
		int64_t d = (int64_t)((uint64_t)v[i] - (uint64_t)v[i - 1]);
		r.min = v[i] < r.min ? v[i] : r.min;
		r.max = v[i] > r.max ? v[i] : r.max;
		r.dmin = d < r.dmin ? d : r.dmin;
		r.dmax = d > r.dmax ? d : r.dmax;
	}
	if (n == 1)
		r.dmin = r.dmax = 0;
	return r;
}

/* Distinct numbers in ascending order, at most DICT_MOST of them; else 0. */
static size_t
distinct(const int64_t *v, size_t n, int64_t *out)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		size_t j = k;
		if (i && v[i] == v[i - 1])
			continue;
		while (j && out[j - 1] > v[i])
			j--;
		if (j && out[j - 1] == v[i])
			continue;
		if (k == DICT_MOST)
			return 0;
		memmove(out + j + 1, out + j, (k - j) * sizeof *out);
		out[j] = v[i];
		k++;
	}
	return k;
}

static size_t
dict_head(const int64_t *dict, size_t k, int64_t prev)
{
	size_t size = 2;

	for (size_t i = 0; i < k; i++) {
		size += varint_size(zigzag((uint64_t)dict[i] - (uint64_t)prev));
		prev = dict[i];
	}
	return size;
}

static unsigned
dict_bits(size_t k)
{
	unsigned bits = bits_of(k - 1);

	return bits ? bits : 1;
}

struct choice {
	struct ints_plan plan;
	struct range range;
	int64_t dict[DICT_MOST + 1];
	size_t ndict;
	int64_t base; /* what the next block's is told from */
};

static void
choose(const int64_t *v, size_t n, int64_t prev, struct choice *c)
{
	struct range r = c->range = range_of(v, n);
	unsigned width = bits_of((uint64_t)r.max - (uint64_t)r.min);
	unsigned dwidth = bits_of((uint64_t)r.dmax - (uint64_t)r.dmin);
	size_t head = 1 + varint_size(zigzag((uint64_t)r.min - (uint64_t)prev));
	size_t dhead = 1 + varint_size(zigzag((uint64_t)v[0] - (uint64_t)prev)) +
		       varint_size(zigzag((uint64_t)r.dmin));
	size_t size = head + packed_size(n, width), dsize = dhead + packed_size(n - 1, dwidth);

	c->plan = (struct ints_plan){FOR, (uint8_t)width, (uint16_t)n, (uint16_t)head,
				     (uint16_t)size};
	c->base = r.min;
	if (dsize < size) {
		c->plan = (struct ints_plan){DELTA, (uint8_t)dwidth, (uint16_t)n, (uint16_t)dhead,
					     (uint16_t)dsize};
		c->base = v[0];
	}
	/* Below that many bits a dictionary has little to gain. */
	if (c->plan.width < 6 || (c->ndict = distinct(v, n, c->dict)) == 0)
		return;
	head = dict_head(c->dict, c->ndict, prev);
	size = head + packed_size(n, dict_bits(c->ndict));
	if (size < c->plan.size) {
		c->plan = (struct ints_plan){DICT, (uint8_t)dict_bits(c->ndict), (uint16_t)n,
					     (uint16_t)head, (uint16_t)size};
		c->base = c->dict[0];
	}
}

void
ints_plan(const int64_t *v, size_t n, int64_t *prev, struct ints_plan *out)
{
	for (size_t i = 0; i < n; i += INTS_BLOCK) {
		struct choice c;
		choose(v + i, n - i < INTS_BLOCK ? n - i : INTS_BLOCK, *prev, &c);
		*out++ = c.plan;
		*prev = c.base;
	}
}

/* Fewer numbers need no wider bits, though their own base may need two bytes more. */
size_t
ints_plan_part(const struct ints_plan *p, size_t n)
{
	if (n >= p->n)
		return p->size;
	return n ? 1 + 10 + 10 + packed_size(n, p->width) + (p->mode == DICT ? p->head : 0) : 0;
}

size_t
ints_plan_about(const struct ints_plan *p, size_t n)
{
	return n < p->n ? p->head + 1 + packed_size(n, p->width) : p->size;
}

void
ints_plan_alone(struct ints_plan *p)
{
	if (p->mode != FOR)
		return;
	p->size -= p->head - 2;
	p->head = 2;
}

size_t
ints_most(size_t n)
{
	return n * 8 + (n / INTS_BLOCK + 1) * 21 + INTS_SLACK;
}

/* ---- packing --------------------------------------------------------------------------------- */

static unsigned char *
pack_block(unsigned char *p, const int64_t *v, size_t n, int64_t prev, const struct choice *c)
{
	uint64_t u[INTS_BLOCK];
	unsigned width = c->plan.width;

	switch (c->plan.mode) {
	case FOR:
		*p++ = (unsigned char)width;
		p = varint_put(p, zigzag((uint64_t)c->range.min - (uint64_t)prev));
		for (size_t i = 0; i < n; i++)
			u[i] = (uint64_t)v[i] - (uint64_t)c->range.min;
		return bits_put(p, u, n, width);
	case DELTA:
		*p++ = (unsigned char)(DELTA_BYTE + width);
		p = varint_put(p, zigzag((uint64_t)v[0] - (uint64_t)prev));
		p = varint_put(p, zigzag((uint64_t)c->range.dmin));
		for (size_t i = 1; i < n; i++)
			u[i - 1] = (uint64_t)v[i] - (uint64_t)v[i - 1] - (uint64_t)c->range.dmin;
		return bits_put(p, u, n - 1, width);
	default:
		*p++ = (unsigned char)(DICT_BYTE + width - 1);
		*p++ = (unsigned char)c->ndict;
		for (size_t i = 0; i < c->ndict; i++) {
			p = varint_put(p, zigzag((uint64_t)c->dict[i] - (uint64_t)prev));
			prev = c->dict[i];
		}
		for (size_t i = 0; i < n; i++) {
			u[i] = 0;
			while (c->dict[u[i]] != v[i])
				u[i]++;
		}
		return bits_put(p, u, n, width);
	}
}

size_t
ints_pack(const int64_t *v, size_t n, unsigned char *out)
{
	unsigned char *p = out;
	int64_t prev = 0;

	for (size_t i = 0; i < n; i += INTS_BLOCK) {
		size_t k = n - i < INTS_BLOCK ? n - i : INTS_BLOCK;
		struct choice c;
		choose(v + i, k, prev, &c);
		p = pack_block(p, v + i, k, prev, &c);
		prev = c.base;
	}
	return (size_t)(p - out);
}

size_t
ints_pack_block(const int64_t *v, size_t n, int64_t prev, unsigned char *out)
{
	struct choice c;

	choose(v, n, prev, &c);
	return (size_t)(pack_block(out, v, n, prev, &c) - out);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The head of a block of N numbers at P: where its bits begin, or NULL. */
struct head {
	unsigned mode, width;
	uint64_t base, step; /* FOR: base; DELTA: first number, least difference */
	uint64_t dict[256];
	unsigned ndict;
};

static const unsigned char *
read_head(const unsigned char *p, const unsigned char *end, uint64_t prev, struct head *h)
{
	uint64_t z;

	h->step = h->ndict = 0;
	if (p >= end)
		return NULL;
	unsigned char b = *p++;
	if (b <= 64) {
		h->mode = FOR;
		h->width = b;
	} else if (b >= DELTA_BYTE && b <= DELTA_BYTE + 64) {
		h->mode = DELTA;
		h->width = b - DELTA_BYTE;
	} else if (b < DICT_BYTE + 8) {
		h->mode = DICT;
		h->width = b - DICT_BYTE + 1;
		if (p >= end || !*p)
			return NULL;
		h->ndict = *p++;
		for (unsigned i = 0; i < h->ndict; i++) {
			p = varint_get(p, end, &z);
			if (!p)
				return NULL;
			h->dict[i] = prev += unzigzag(z);
		}
		h->base = h->dict[0];
		return p;
	} else {
		return NULL;
	}
	p = varint_get(p, end, &z);
	if (!p)
		return NULL;
	h->base = prev + unzigzag(z);
	if (h->mode == DELTA) {
		p = varint_get(p, end, &z);
		if (!p)
			return NULL;
		h->step = unzigzag(z);
	}
	return p;
}

static size_t
bits_size(const struct head *h, size_t n)
{
	return packed_size(h->mode == DELTA ? n - 1 : n, h->width);
}

static bool
read_block(const unsigned char *p, const struct head *h, size_t n, int64_t *out)
{
	uint64_t *u = (uint64_t *)out;

	switch (h->mode) {
	case FOR:
		bits_get(p, u, n, h->width, h->base);
		return true;
	case DELTA:
		bits_get(p, u + 1, n - 1, h->width, h->step);
		u[0] = h->base;
		for (size_t i = 1; i < n; i++)
			u[i] += u[i - 1];
		return true;
	default:
		bits_get(p, u, n, h->width, 0);
		for (size_t i = 0; i < n; i++) {
			if (u[i] >= h->ndict)
				return false;
			u[i] = h->dict[u[i]];
		}
		return true;
	}
}

/* One block that ends before END; its base becomes *PREV. */
static const unsigned char *
walk_block(const unsigned char *p, const unsigned char *end, size_t n, uint64_t *prev, int64_t *out)
{
	struct head h;

	p = read_head(p, end, *prev, &h);
	if (!p || (size_t)(end - p) < bits_size(&h, n) || (out && !read_block(p, &h, n, out)))
		return NULL;
	*prev = h.base;
	return p + bits_size(&h, n);
}

static const unsigned char *
walk(const unsigned char *p, const unsigned char *end, size_t n, int64_t *out)
{
	uint64_t prev = 0;

	if ((size_t)(end - p) < INTS_SLACK)
		return NULL;
	end -= INTS_SLACK;
	for (size_t i = 0; p && i < n; i += INTS_BLOCK)
		p = walk_block(p, end, n - i < INTS_BLOCK ? n - i : INTS_BLOCK, &prev,
			       out ? out + i : NULL);
	return p;
}

const unsigned char *
ints_unpack(const unsigned char *p, const unsigned char *end, size_t n, int64_t *out)
{
	return walk(p, end, n, out);
}

const unsigned char *
ints_skip(const unsigned char *p, const unsigned char *end, size_t n)
{
	return walk(p, end, n, NULL);
}

const unsigned char *
ints_unpack_block(const unsigned char *p, const unsigned char *end, size_t n, int64_t prev,
		  int64_t *out)
{
	uint64_t base = (uint64_t)prev;

	if ((size_t)(end - p) < INTS_SLACK)
		return NULL;
	return walk_block(p, end - INTS_SLACK, n, &base, out);
}
