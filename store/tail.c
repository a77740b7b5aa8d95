/* A record is a directory (log, offset, record before) and the blocks it points to. Numbers of
 * records only grow along a chain, so a damaged one cannot lead in circles. */
#include "store/tail.h"

#include "core/xalloc.h"
#include "store/field.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRY = 16 }; /* log, offset, record before */

/* ---- reading --------------------------------------------------------------------------------- */

int
tail_record_logs(const struct bytes *v)
{
	if (v->n < 4)
		return -1;
	uint32_t n = load_u32(v->p);
	return n && n <= (v->n - 4) / ENTRY ? (int)n : -1;
}

static const char *
entry(const struct bytes *v, int i)
{
	return (const char *)v->p + 4 + (size_t)i * ENTRY;
}

uint32_t
tail_record_log(const struct bytes *v, int i)
{
	return load_u32(entry(v, i));
}

static bool
section_open(const struct bytes *v, uint32_t log, struct block *b, uint64_t *before)
{
	int n = tail_record_logs(v);

	for (int i = 0; i < n; i++) {
		const char *e = entry(v, i);
		if (load_u32(e) != log)
			continue;
		size_t from = load_u32(e + 4);
		size_t to = i + 1 < n ? load_u32(entry(v, i + 1) + 4) : v->n;
		*before = (uint64_t)load_i64(e + 8);
		return from <= to && to <= v->n &&
		       block_open(b, (const char *)v->p + from, to - from) && b->n;
	}
	return false;
}

static int
damaged(struct txn *t, uint32_t log)
{
	return txn_fail(t, ERR_CORRUPT, "the store is damaged: the newest rows of log %u", log);
}

int
tail_open(struct tail *tl, struct txn *t, uint32_t log, uint64_t newest, uint64_t sealed,
	  uint64_t rows)
{
	uint64_t end = rows, number = newest, before;

	tl->n = tl->bytes = 0;
	while (number && end > sealed) {
		struct section *s = vec_push(tl->v, tl->n, tl->cap);
		struct key k = key_tail(number);
		struct bytes v;
		int rc = db_get(t, &k, &v);
		if (rc < 0)
			return rc;
		if (!rc || !section_open(&v, log, &s->block, &before) || before >= number ||
		    s->block.first + s->block.n != end)
			return damaged(t, log);
		s->number = number;
		tl->bytes += block_size(&s->block);
		end = s->block.first;
		number = before;
	}
	if (end != sealed || number)
		return damaged(t, log);
	for (size_t i = 0; i < tl->n / 2; i++) {
		struct section s = tl->v[i];
		tl->v[i] = tl->v[tl->n - 1 - i];
		tl->v[tl->n - 1 - i] = s;
	}
	return 0;
}

void
tail_release(struct tail *tl)
{
	free(tl->v);
	memset(tl, 0, sizeof *tl);
}

const struct block *
tail_at(const struct tail *tl, uint64_t row)
{
	for (size_t i = tl->n; i-- > 0;)
		if (tl->v[i].block.first <= row)
			return row - tl->v[i].block.first < tl->v[i].block.n ? &tl->v[i].block
									     : NULL;
	return NULL;
}

void
tail_rows(const struct tail *tl, uint64_t from, uint64_t to, struct rows *r)
{
	for (size_t i = 0; i < tl->n; i++) {
		const struct block *b = &tl->v[i].block;
		if (b->first < from)
			continue;
		if (b->first >= to)
			break;
		rows_append(r, b, to - b->first < b->n ? (uint32_t)(to - b->first) : b->n);
	}
}

/* ---- writing --------------------------------------------------------------------------------- */

void
tail_record_release(struct tail_record *r)
{
	str_release(&r->dir);
	str_release(&r->blocks);
}

void
tail_record_reset(struct tail_record *r)
{
	str_reset(&r->dir);
	str_reset(&r->blocks);
	r->n = 0;
}

/* Offsets are counted from the end of the directory until it is known how long that is. */
void
tail_record_add(struct tail_record *r, uint32_t log, uint64_t before, const struct rows *rows)
{
	put_u32(&r->dir, log);
	put_u32(&r->dir, (uint32_t)r->blocks.len);
	put_u64(&r->dir, before);
	rows_pack(rows, 0, rows->n, &r->blocks);
	r->n++;
}

size_t
tail_record_put(const struct tail_record *r, struct txn *t, uint64_t number, struct str *buf)
{
	struct key k = key_tail(number);
	uint32_t base = 4 + r->n * ENTRY;

	if (!r->n)
		return 0;
	str_reset(buf);
	put_u32(buf, r->n);
	str_add(buf, r->dir.buf, r->dir.len);
	for (uint32_t i = 0; i < r->n; i++) {
		char *at = buf->buf + 4 + (size_t)i * ENTRY + 4;
		uint32_t offset = load_u32(at) + base;
		memcpy(at, &offset, sizeof offset);
	}
	str_add(buf, r->blocks.buf, r->blocks.len);
	db_put(t, &k, buf->buf, buf->len);
	return buf->len;
}
