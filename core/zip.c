/* The directory at the end of the file says what there is; sizes in local headers are often zero.
 * A file that is cut has no directory: then the local headers are followed from the front, and
 * where one has no size, its data descriptor is looked for, which knows it. */
#include "core/zip.h"

#include "core/le.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	END_SIZE = 22,
	LOCATOR_SIZE = 20,
	END64_SIZE = 56,
	CENTRAL_SIZE = 46,
	LOCAL_SIZE = 30,
	MAX_ENTRIES = 1 << 21,
	SEEK_FOR_DESCRIPTOR = 64 << 20,
	PIECE = 1 << 16,
};

static uint16_t
u16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static bool
is(const unsigned char *p, int c, int d)
{
	return p[0] == 'P' && p[1] == 'K' && p[2] == c && p[3] == d;
}

struct directory {
	uint64_t at, size,
		count; /* AT is what it says, which is wrong when something stands before */
	uint64_t begin,
		end; /* of its end record: where the directory ends, where the file should */
};

/* The last end record that there is. */
static bool
find_end(const struct blob *b, struct directory *d)
{
	size_t n = b->size < 65535 + END_SIZE ? (size_t)b->size : 65535 + END_SIZE;
	if (n < END_SIZE)
		return false;
	unsigned char *buf = xmalloc(n);
	uint64_t from = b->size - n;
	bool found = false;
	if (blob_read(b, from, buf, n))
		for (size_t i = n - END_SIZE + 1; i-- && !found;) {
			if (!is(buf + i, 5, 6))
				continue;
			const unsigned char *p = buf + i;
			d->count = u16(p + 10);
			d->size = le32(p + 12);
			d->at = le32(p + 16);
			d->begin = from + i;
			d->end = d->begin + END_SIZE + u16(p + 20);
			found = true;
		}
	free(buf);
	return found;
}

/* A 64-bit end record stands in front of the other, and a locator between them. */
static void
find_end64(const struct blob *b, struct directory *d)
{
	unsigned char loc[LOCATOR_SIZE], end[END64_SIZE];
	if (d->begin < LOCATOR_SIZE + END64_SIZE ||
	    !blob_read(b, d->begin - LOCATOR_SIZE, loc, sizeof loc) || !is(loc, 6, 7))
		return;
	/* Where the locator says, or right before it when bytes in front have moved everything. */
	uint64_t at = le64(loc + 8);
	if (!blob_read(b, at, end, sizeof end) || !is(end, 6, 6)) {
		at = d->begin - LOCATOR_SIZE - END64_SIZE;
		if (!blob_read(b, at, end, sizeof end) || !is(end, 6, 6))
			return;
	}
	d->count = le64(end + 32);
	d->size = le64(end + 40);
	d->at = le64(end + 48);
	d->begin = at;
}

/* The 64-bit values in an extra field, in this order, for those that are all ones. */
static void
extra64(const unsigned char *p, size_t n, uint64_t *size, uint64_t *packed, uint64_t *header)
{
	while (n >= 4) {
		size_t len = u16(p + 2);
		if (len > n - 4)
			return;
		if (u16(p) == 1) {
			uint64_t *want[] = {size, packed, header};
			const unsigned char *q = p + 4;
			for (int i = 0; i < 3; i++)
				if (want[i] && *want[i] == UINT32_MAX && len >= 8) {
					*want[i] = le64(q);
					q += 8;
					len -= 8;
				}
			return;
		}
		p += 4 + len;
		n -= 4 + len;
	}
}

static void
read_directory(struct zip *z, const struct blob *b, struct arena *a, struct scan *s, uint64_t count)
{
	size_t cap = 0;
	struct zip_entry *list = NULL;
	while (z->n < count) {
		const unsigned char *p = scan_peek(s, CENTRAL_SIZE);
		if (!p || !is(p, 1, 2))
			break;
		size_t name = u16(p + 28), extra = u16(p + 30), comment = u16(p + 32);
		struct zip_entry x = {.flags = u16(p + 8),
				      .method = u16(p + 10),
				      .packed = le32(p + 20),
				      .size = le32(p + 24),
				      .header = le32(p + 42)};
		scan_skip(s, CENTRAL_SIZE);
		/* A name and an extra field of 64 KB each fit the window one at a time. */
		p = scan_take(s, name);
		if (!p)
			break;
		x.name = arena_text(a, (const char *)p, name);
		p = scan_take(s, extra);
		if (!p)
			break;
		extra64(p, extra, &x.size, &x.packed, &x.header);
		if (__builtin_add_overflow(x.header, z->lead, &x.header))
			x.header = UINT64_MAX;
		scan_skip(s, comment);
		*vec_push(list, z->n, cap) = x;
	}
	z->wrong = count > z->n ? count - z->n : 0;
	z->entry = arena_array(a, z->n ? z->n : 1, sizeof *list);
	if (z->n)
		memcpy(z->entry, list, z->n * sizeof *list);
	free(list);
	(void)b;
}

/* -- without a directory ----------------------------------------------------------------------- */

/* From the content at S on: its length, by the descriptor behind it, which repeats it. */
static bool
find_descriptor(const struct blob *b, uint64_t at, uint64_t *packed, uint64_t *size, uint64_t *next)
{
	enum { OVERLAP = 24 };
	unsigned char *buf = xmalloc(PIECE);
	bool found = false;
	for (uint64_t from = at; from < b->size && from - at < SEEK_FOR_DESCRIPTOR && !found;
	     from += PIECE - OVERLAP) {
		size_t n = b->size - from < PIECE ? (size_t)(b->size - from) : PIECE;
		if (!blob_read(b, from, buf, n))
			break;
		for (size_t i = 0; i + 16 <= n && !found; i++) {
			const unsigned char *p = memchr(buf + i, 'P', n - i);
			if (!p)
				break;
			i = (size_t)(p - buf);
			if (i + 16 > n || !is(p, 7, 8))
				continue;
			uint64_t have = from + i - at;
			if (le32(p + 8) == (uint32_t)have && have <= UINT32_MAX) {
				*packed = have;
				*size = le32(p + 12);
				*next = from + i + 16;
				found = true;
			}
			if (i + 24 <= n && le64(p + 8) == have) {
				*packed = have;
				*size = le64(p + 16);
				*next = from + i + 24;
				found = true;
			}
		}
		if (n < PIECE)
			break;
	}
	free(buf);
	return found;
}

static void
read_locals(struct zip *z, const struct blob *b, struct arena *a)
{
	size_t cap = 0;
	struct zip_entry *list = NULL;
	unsigned char h[LOCAL_SIZE];
	uint64_t at = 0;
	while (z->n < MAX_ENTRIES && blob_read(b, at, h, sizeof h) && is(h, 3, 4)) {
		size_t name = u16(h + 26), extra = u16(h + 28);
		struct zip_entry x = {.header = at,
				      .flags = u16(h + 6),
				      .method = u16(h + 8),
				      .packed = le32(h + 18),
				      .size = le32(h + 22)};
		unsigned char *buf = xmalloc(name + extra + 1);
		if (!blob_read(b, at + LOCAL_SIZE, buf, name + extra)) {
			free(buf);
			break;
		}
		x.name = arena_text(a, (const char *)buf, name);
		extra64(buf + name, extra, &x.size, &x.packed, NULL);
		free(buf);
		uint64_t data = at + LOCAL_SIZE + name + extra, left = b->size - data, next;
		if (x.packed == 0 && x.flags & 8) {
			if (!find_descriptor(b, data, &x.packed, &x.size, &next)) {
				x.packed = left;
				x.size = x.method == ZIP_STORED ? left : UINT32_MAX;
				next = b->size;
			}
		} else {
			next = x.packed <= left ? data + x.packed : b->size;
		}
		*vec_push(list, z->n, cap) = x;
		/* A descriptor of a size that was known. */
		if (x.flags & 8 && next < b->size && blob_read(b, next, h, 16) && is(h, 7, 8))
			next += blob_read(b, next + 16, h, 4) && is(h, 3, 4) ? 16 : 24;
		at = next;
	}
	z->entry = arena_array(a, z->n ? z->n : 1, sizeof *list);
	if (z->n)
		memcpy(z->entry, list, z->n * sizeof *list);
	free(list);
}

int
zip_read(struct zip *z, const struct blob *b, struct arena *a, struct err *e)
{
	struct directory d;
	*z = (struct zip){0};
	if (find_end(b, &d)) {
		find_end64(b, &d);
		z->tail = d.end < b->size ? b->size - d.end : 0;
		uint64_t begin = d.size <= d.begin ? d.begin - d.size : 0;
		unsigned char said[4], there[4];
		bool is_said = blob_read(b, d.at, said, 4) && is(said, 1, 2);
		bool is_there = blob_read(b, begin, there, 4) && is(there, 1, 2);
		z->twofold = is_said && is_there && d.at != begin;
		if (is_said)
			begin = d.at;
		else if (d.at <= begin)
			z->lead = begin - d.at;
		struct scan *s = xmalloc(sizeof *s);
		scan_init(s, b, begin);
		read_directory(z, b, a, s, d.count < MAX_ENTRIES ? d.count : MAX_ENTRIES);
		free(s);
		if (z->n || d.count == 0)
			return 0;
		*z = (struct zip){0};
	}
	unsigned char h[4];
	if (!blob_read(b, 0, h, 4) || !is(h, 3, 4))
		return err_set(e, ERR_FORMAT, "no zip file");
	z->cut = true;
	read_locals(z, b, a);
	return 0;
}

bool
zip_place(const struct blob *b, const struct zip_entry *x, uint64_t *at)
{
	unsigned char h[LOCAL_SIZE];
	if (!blob_read(b, x->header, h, sizeof h) || !is(h, 3, 4))
		return false;
	*at = x->header + LOCAL_SIZE + u16(h + 26) + u16(h + 28);
	return *at <= b->size;
}

const struct zip_entry *
zip_find(const struct zip *z, const char *name)
{
	for (size_t i = 0; i < z->n; i++)
		if (strcmp(z->entry[i].name, name) == 0)
			return &z->entry[i];
	return NULL;
}

/* -- inflating --------------------------------------------------------------------------------- */

struct inflater {
	struct blob b;
	uint64_t at;
	z_stream z;
	bool over;
	unsigned char in[PIECE];
};

static struct inflater *
inflater_start(const struct blob *b, uint64_t at, uint64_t n, int bits)
{
	struct inflater *f = xcalloc(1, sizeof *f);
	f->b = blob_piece(b, at, n);
	if (inflateInit2(&f->z, bits) != Z_OK)
		die("out of memory");
	return f;
}

struct inflater *
inflater_new(const struct blob *b, uint64_t at, uint64_t n)
{
	return inflater_start(b, at, n, -MAX_WBITS);
}

struct inflater *
inflater_new_framed(const struct blob *b, uint64_t at, uint64_t n)
{
	return inflater_start(b, at, n, MAX_WBITS + 32);
}

void
inflater_free(struct inflater *f)
{
	if (!f)
		return;
	inflateEnd(&f->z);
	free(f);
}

size_t
inflater_read(struct inflater *f, void *to, size_t n)
{
	size_t done = 0;
	while (done < n && !f->over) {
		if (f->z.avail_in == 0) {
			uint64_t left = f->b.size - f->at;
			size_t take = left < PIECE ? (size_t)left : PIECE;
			if (!take || !blob_read(&f->b, f->at, f->in, take)) {
				f->over = true;
				break;
			}
			f->at += take;
			f->z.next_in = f->in;
			f->z.avail_in = (uInt)take;
		}
		size_t room = n - done < (1u << 30) ? n - done : 1u << 30;
		f->z.next_out = (unsigned char *)to + done;
		f->z.avail_out = (uInt)room;
		int rc = inflate(&f->z, Z_NO_FLUSH);
		done += room - f->z.avail_out;
		if (rc != Z_OK && (rc != Z_BUF_ERROR || f->z.avail_in))
			f->over = true;
	}
	return done;
}

unsigned char *
zip_content(const struct blob *b, const struct zip_entry *x, size_t limit, size_t *n, bool *whole)
{
	uint64_t at;
	*n = 0;
	*whole = false;
	if (!zip_place(b, x, &at) || (x->method != ZIP_STORED && x->method != ZIP_DEFLATED))
		return NULL;
	uint64_t left = b->size - at, packed = x->packed < left ? x->packed : left;
	uint64_t want = x->method == ZIP_STORED ? packed : x->size;
	size_t most = want < limit ? (size_t)want : limit;
	/* As it grows, for a size is only said; a byte of deflate is at most 1032 of output. */
	if (x->method == ZIP_DEFLATED && most / 1032 > packed)
		most = (size_t)packed * 1032 + 1032;
	unsigned char *buf = xmalloc(most + 1);
	if (x->method == ZIP_STORED) {
		if (blob_read(b, at, buf, most))
			*n = most;
	} else {
		struct inflater *f = inflater_new(b, at, packed);
		*n = inflater_read(f, buf, most);
		inflater_free(f);
	}
	*whole = *n == x->size && x->packed <= left;
	buf[*n] = '\0';
	return buf;
}
