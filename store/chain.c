/* A record is a directory (log, offset, record before, checksum) and the blocks it points to. The
 * directory and each block have a checksum of their own, so reading one section of a record of a
 * thousand need not read the others. Numbers of records only grow along a chain: it cannot lead in
 * circles. */
#include "store/chain.h"

#include "core/crc32c.h"
#include "core/xalloc.h"
#include "store/field.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD = 8, ENTRY = 20 }; /* logs, checksum; log, offset, record before, checksum */

/* ---- reading --------------------------------------------------------------------------------- */

static uint32_t
checksum(uint64_t number, uint32_t log, const void *p, size_t n)
{
	return crc32c(crc32c(crc32c(0, &number, sizeof number), &log, sizeof log), p, n);
}

static const char *
entry(const struct bytes *v, int i)
{
	return (const char *)v->p + HEAD + (size_t)i * ENTRY;
}

int
tail_record_logs(const struct bytes *v, uint64_t number)
{
	if (v->n < HEAD)
		return -1;
	uint32_t n = load_u32(v->p);
	if (!n || n > (v->n - HEAD) / ENTRY ||
	    checksum(number, n, entry(v, 0), (size_t)n * ENTRY) != load_u32((const char *)v->p + 4))
		return -1;
	return (int)n;
}

uint32_t
tail_record_log(const struct bytes *v, int i)
{
	return load_u32(entry(v, i));
}

static bool
section_open(const struct bytes *v, uint64_t number, uint32_t log, struct block *b,
	     uint64_t *before)
{
	int n = tail_record_logs(v, number);

	for (int i = 0; i < n; i++) {
		const char *e = entry(v, i);
		if (load_u32(e) != log)
			continue;
		size_t from = load_u32(e + 4);
		size_t to = i + 1 < n ? load_u32(entry(v, i + 1) + 4) : v->n;
		*before = (uint64_t)load_i64(e + 8);
		if (from > to || to > v->n)
			return false;
		const char *p = (const char *)v->p + from;
		return checksum(number, log, p, to - from) == load_u32(e + 16) &&
		       block_open(b, p, to - from) && b->n;
	}
	return false;
}

static int
damaged(struct txn *t, uint32_t log)
{
	return txn_fail(t, ERR_CORRUPT, "the store is damaged: the newest rows of log %u", log);
}

int
chain_open(struct chain *ch, struct txn *t, uint32_t log, uint64_t newest, uint64_t sealed,
	   uint64_t rows)
{
	uint64_t end = rows, number = newest, before;

	ch->n = ch->bytes = 0;
	while (number && end > sealed) {
		struct section *s = vec_push(ch->v, ch->n, ch->cap);
		struct key k = key_tail(number);
		struct bytes v;
		int rc = db_get_parts(t, &k, &v);
		if (rc < 0)
			return rc;
		if (!rc || !section_open(&v, number, log, &s->block, &before) || before >= number ||
		    s->block.first + s->block.n != end)
			return damaged(t, log);
		s->number = number;
		ch->bytes += block_size(&s->block);
		end = s->block.first;
		number = before;
	}
	if (end != sealed || number)
		return damaged(t, log);
	for (size_t i = 0; i < ch->n / 2; i++) {
		struct section s = ch->v[i];
		ch->v[i] = ch->v[ch->n - 1 - i];
		ch->v[ch->n - 1 - i] = s;
	}
	return 0;
}

void
chain_release(struct chain *ch)
{
	free(ch->v);
	memset(ch, 0, sizeof *ch);
}

const struct block *
chain_at(const struct chain *ch, uint64_t row)
{
	for (size_t i = ch->n; i-- > 0;)
		if (ch->v[i].block.first <= row)
			return row - ch->v[i].block.first < ch->v[i].block.n ? &ch->v[i].block
									     : NULL;
	return NULL;
}

void
chain_rows(const struct chain *ch, uint64_t from, uint64_t to, struct rows *r)
{
	for (size_t i = 0; i < ch->n; i++) {
		const struct block *b = &ch->v[i].block;
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
tail_record_add(struct tail_record *r, uint64_t number, uint32_t log, uint64_t before,
		const struct rows *rows)
{
	size_t at = r->blocks.len;

	rows_pack(rows, 0, rows->n, &r->blocks);
	put_u32(&r->dir, log);
	put_u32(&r->dir, (uint32_t)at);
	put_u64(&r->dir, before);
	put_u32(&r->dir, checksum(number, log, r->blocks.buf + at, r->blocks.len - at));
	r->n++;
}

size_t
tail_record_put(const struct tail_record *r, struct txn *t, uint64_t number, struct str *buf)
{
	struct key k = key_tail(number);
	uint32_t base = HEAD + r->n * ENTRY;

	if (!r->n)
		return 0;
	str_reset(buf);
	put_u32(buf, r->n);
	put_u32(buf, 0);
	str_add(buf, r->dir.buf, r->dir.len);
	for (uint32_t i = 0; i < r->n; i++) {
		char *at = buf->buf + HEAD + (size_t)i * ENTRY + 4;
		uint32_t offset = load_u32(at) + base;
		memcpy(at, &offset, sizeof offset);
	}
	uint32_t crc = checksum(number, r->n, buf->buf + HEAD, (size_t)r->n * ENTRY);
	memcpy(buf->buf + 4, &crc, sizeof crc);
	str_add(buf, r->blocks.buf, r->blocks.len);
	db_put(t, &k, buf->buf, buf->len);
	return buf->len;
}

int
tail_record_without(const struct bytes *v, uint64_t number, bool (*goes)(void *ctx, uint32_t log),
		    void *ctx, struct tail_record *out)
{
	int n = tail_record_logs(v, number), went = 0;

	tail_record_reset(out);
	for (int i = 0; i < n; i++) {
		const char *e = entry(v, i);
		size_t from = load_u32(e + 4);
		size_t to = i + 1 < n ? load_u32(entry(v, i + 1) + 4) : v->n;
		if (from > to || to > v->n)
			return -1;
		if (goes(ctx, load_u32(e))) {
			went++;
			continue;
		}
		str_add(&out->dir, e, 4);
		put_u32(&out->dir, (uint32_t)out->blocks.len);
		str_add(&out->dir, e + 8, ENTRY - 8);
		str_add(&out->blocks, (const char *)v->p + from, to - from);
		out->n++;
	}
	return n < 0 ? -1 : went;
}
