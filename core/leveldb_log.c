/* A record is taken when its last chunk is there; until then nothing is, but padding. So the caller
 * hands in a record's bytes again and again, and what was checked of them is remembered.
 *
 * Where something is wrong the way is lost, for a length may be what is damaged and would pass over
 * much that is whole: reading goes on with a good chunk of the block, searched at every byte, and
 * failing that with the next block. What is good among random bytes is so by one chance in 2^32. Of
 * several the one that ends first is taken: this can be told as soon as it is there, whatever seems
 * to begin before it and has yet to end. Damage with nothing good behind it waits until its block
 * is whole.
 *
 * Bytes made to look like headers would be summed up once for each of them: the search spends a
 * fixed number of bytes on a block, then gives the block up. */
#include "core/leveldb_log.h"

#include "core/crc32.h"
#include "core/le.h"

#include <string.h>

enum {
	HEADER = 7,
	SEARCH_BYTES = 64 * LEVELDB_BLOCK, /* of one block */
	KEEP_JOINED = 1 << 20,             /* memory that outlives a record */
};

enum chunk_type { FULL = 1, FIRST, MIDDLE, LAST };

enum verdict {
	GOOD,
	CUT,    /* the rest has yet to arrive */
	WRONG,  /* its checksum does not match */
	NO_WAY, /* it is no header */
};

/* What is left of the buffer, and what it is a part of. */
struct view {
	const unsigned char *p;
	size_t len;
	uint64_t offset; /* of P */
	bool at_end;
};

struct chunk {
	enum chunk_type type;
	size_t end; /* of it in the view */
	size_t n;   /* bytes of its payload */
};

static size_t
block_left(const struct view *v, size_t at)
{
	return LEVELDB_BLOCK - (size_t)((v->offset + at) % LEVELDB_BLOCK);
}

/* Adds to SPENT what it would take to sum the chunk up, also when that can't be done yet: what a
 * search gives up must not depend on how the bytes were cut. */
static enum verdict
look(const struct view *v, size_t at, struct chunk *c, size_t *spent)
{
	const unsigned char *p = v->p + at;
	size_t have = v->len - at, left = block_left(v, at);
	if (left < HEADER)
		return NO_WAY;
	if (have < HEADER)
		return CUT;
	c->n = (size_t)p[4] | (size_t)p[5] << 8;
	c->type = (enum chunk_type)p[6];
	c->end = at + HEADER + c->n;
	if (c->type < FULL || c->type > LAST || c->n > left - HEADER)
		return NO_WAY;
	*spent += c->n;
	if (have - HEADER < c->n)
		return CUT;
	return crc32_ieee(0, p + 6, c->n + 1) == le32(p) ? GOOD : WRONG;
}

/* The chunk at or behind AT, which is moved over padding. */
static enum verdict
next_chunk(const struct view *v, size_t *at, struct chunk *c)
{
	size_t spent = 0, pad = block_left(v, *at);
	if (pad >= HEADER)
		pad = 0;
	if (v->len - *at <= pad) {
		*at = v->len - *at == pad || v->at_end ? v->len : *at;
		return CUT;
	}
	*at += pad;
	return look(v, *at, c, &spent);
}

/* Where to go on behind AT, where there is no header. False: it has yet to arrive. */
static bool
search(const struct view *v, size_t at, size_t *to)
{
	struct chunk c;
	size_t spent = 0, block = at + block_left(v, at), end = block < v->len ? block : v->len;
	bool any = false;
	for (size_t i = at + 1; i + HEADER <= end && spent < SEARCH_BYTES; i++) {
		if (look(v, i, &c, &spent) != GOOD || (any && c.end >= end))
			continue;
		any = true;
		*to = i;
		end = c.end;
	}
	if (any)
		return true;
	*to = end;
	return block <= v->len || v->at_end;
}

/* The same where a chunk C has another checksum. If its payload is what is wrong, another one may
 * begin behind it, whatever the search had to give up. */
static bool
search_from(const struct view *v, size_t at, const struct chunk *c, size_t *to)
{
	struct chunk next;
	size_t spent = 0;
	if (!search(v, at, to))
		return false;
	if (c->end < *to && look(v, c->end, &next, &spent) == GOOD)
		*to = c->end;
	return true;
}

/* -- what is found ----------------------------------------------------------------------------- */

static enum leveldb_what
found(struct leveldb_log *l, enum leveldb_what what, const struct view *v, size_t at, size_t took,
      const char *why)
{
	l->at = v->offset + at;
	l->took = took;
	l->why = why;
	l->started = UINT64_MAX;
	return what;
}

static enum leveldb_what
more(struct leveldb_log *l, size_t took)
{
	l->took = took;
	return LEVELDB_MORE;
}

static bool
begins_with_zeros(const struct view *v, size_t at)
{
	static const char zeros[HEADER];
	return v->len - at >= HEADER && !memcmp(v->p + at, zeros, HEADER);
}

/* Something is wrong at AT, with what began at BEGIN. */
static enum leveldb_what
damage(struct leveldb_log *l, const struct view *v, size_t begin, size_t at, enum verdict is,
       const struct chunk *c)
{
	size_t to;
	if (!(is == NO_WAY ? search(v, at, &to) : search_from(v, at, c, &to)))
		return more(l, begin);
	if (begins_with_zeros(v, at)
		    ? hole_holds_zeros(&l->hole, v->offset + at)
		    : hole_holds(&l->hole, (const char *)v->p, v->len, v->offset, at, to))
		return more(l, begin);
	l->lost = true;
	return found(l, LEVELDB_BAD, v, at, to,
		     is == WRONG ? "bytes that do not match their checksum"
				 : "bytes that are no part of a record");
}

/* The file ends within the chunk at AT, unless its length is what is damaged. */
static enum leveldb_what
ended(struct leveldb_log *l, const struct view *v, size_t begin, size_t at)
{
	size_t to = v->len;
	l->lost = true;
	if (at < v->len)
		search(v, at, &to);
	return found(l, LEVELDB_BAD, v, begin, to, "the file ends within a record");
}

/* The payloads of the chunks between BEGIN and END, one behind the other. */
static void
join(struct leveldb_log *l, const struct view *v, size_t begin, size_t end)
{
	str_reset(&l->joined);
	for (size_t at = begin; at < end;) {
		size_t left = block_left(v, at);
		if (left < HEADER) {
			at += left;
			continue;
		}
		size_t n = (size_t)v->p[at + 4] | (size_t)v->p[at + 5] << 8;
		str_add(&l->joined, v->p + at + HEADER, n);
		at += HEADER + n;
	}
	l->record = str_c(&l->joined);
	l->n = l->joined.len;
}

/* The record whose first chunk C is at BEGIN. */
static enum leveldb_what
record(struct leveldb_log *l, const struct view *v, size_t begin, struct chunk c)
{
	size_t at = begin, payload = 0;
	/* Its first chunks were here before, and are again. */
	if (l->started == v->offset + begin && l->good <= v->len - begin) {
		c.end = begin + l->good;
		payload = l->payload - c.n;
	}
	for (;;) {
		payload += c.n;
		at = c.end;
		if (payload > l->max) {
			l->lost = c.type == FIRST || c.type == MIDDLE;
			return found(l, LEVELDB_LONG, v, begin, at, "");
		}
		if (c.type == FULL || c.type == LAST)
			break;
		l->good = at - begin;
		l->payload = payload;
		enum verdict is = next_chunk(v, &at, &c);
		if (is == CUT && v->at_end)
			return ended(l, v, begin, at);
		if (is == CUT) {
			l->started = v->offset + begin;
			return more(l, begin);
		}
		if (is != GOOD)
			return damage(l, v, begin, at, is, &c);
		if (c.type == FULL || c.type == FIRST) {
			l->lost = true;
			return found(l, LEVELDB_BAD, v, begin, at, "a record without its end");
		}
	}
	l->lost = false;
	l->record = (const char *)v->p + begin + HEADER;
	l->n = payload;
	if (c.type == LAST)
		join(l, v, begin, at);
	return found(l, LEVELDB_RECORD, v, begin, at, "");
}

/* -- the public face --------------------------------------------------------------------------- */

enum leveldb_what
leveldb_log_next(struct leveldb_log *l, const char *buf, size_t len, uint64_t offset, bool at_end)
{
	struct view v = {(const unsigned char *)buf, len, offset, at_end};
	struct chunk c = {0};
	size_t at = 0;
	if (l->joined.cap > KEEP_JOINED)
		str_release(&l->joined);
	for (;;) {
		enum verdict is = next_chunk(&v, &at, &c);
		if (is == CUT)
			return at_end && at < len ? ended(l, &v, at, at) : more(l, at);
		if (is != GOOD)
			return damage(l, &v, at, at, is, &c);
		if (c.type == FULL || c.type == FIRST)
			return record(l, &v, at, c);
		if (!l->lost) {
			l->lost = true;
			return found(l, LEVELDB_BAD, &v, at, c.end,
				     "a record without its beginning");
		}
		at = c.end; /* of a record that was given up */
	}
}

void
leveldb_log_init(struct leveldb_log *l, size_t max)
{
	*l = (struct leveldb_log){.max = max, .hole.settled = UINT64_MAX, .started = UINT64_MAX};
}

void
leveldb_log_release(struct leveldb_log *l)
{
	str_release(&l->joined);
}
