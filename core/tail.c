/* A log is appended to, or it is something else. Which, is decided by content, never by size or
 * inode alone: rsync and atomic rewriting put the same bytes into a new inode (go on), a rewrite in
 * place may end up longer than what was read (begin anew), and Lustre may renumber inodes. So
 * whenever anything about a file has changed, the first 4 KB and the last 64 bytes before the
 * offset are read again and compared by checksum: two reads of cached pages, about as dear as the
 * stat before them.
 *
 * A file that was emptied under a writer that does not append begins with zeros up to where that
 * one stands, which is at the offset or behind it: it goes on.
 *
 * A file of 0 bytes says nothing: it is about to be rewritten (`open(…, "w")`), or has been emptied
 * by hand. What was read is kept, and the next content decides. */
#include "core/tail.h"

#include "core/clock.h"
#include "core/crc32c.h"
#include "core/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	EMPTIED_MAX = 1 << 20, /* bytes that are looked through for something but zeros */
	SKIP_UNIT = 32768,     /* a block of leveldb_log.h: whoever counts in those is not lost */
};

static ssize_t
read_full(int fd, void *buf, size_t n, uint64_t offset)
{
	size_t have = 0;
	while (have < n) {
		ssize_t got = pread(fd, (char *)buf + have, n - have, (off_t)(offset + have));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

/* 1: FD holds the fingerprinted bytes; 0: it doesn't; -1: errno. LAST gets those before the
 * offset. */
static int
content_same(const struct cursor *c, int fd, unsigned char last[TAIL_LAST])
{
	unsigned char head[TAIL_HEAD];
	if (c->fp.head_len > TAIL_HEAD || c->fp.tail_len > TAIL_LAST || c->fp.tail_len > c->offset)
		return 0; /* not written by us */
	ssize_t n = read_full(fd, head, c->fp.head_len, 0);
	if (n < 0)
		return -1;
	if ((size_t)n != c->fp.head_len || crc32c(0, head, (size_t)n) != c->fp.head_crc)
		return 0;
	n = read_full(fd, last, c->fp.tail_len, c->offset - c->fp.tail_len);
	if (n < 0)
		return -1;
	return (size_t)n == c->fp.tail_len && crc32c(0, last, (size_t)n) == c->fp.tail_crc;
}

static bool
all_zero(const char *p, size_t n)
{
	return n == 0 || (*p == 0 && memcmp(p, p + 1, n - 1) == 0);
}

uint64_t
tail_data_from(int fd, uint64_t at, uint64_t size)
{
	off_t data = lseek(fd, (off_t)at, SEEK_DATA);
	if (data < 0)
		return errno == ENXIO && size > at ? size : at;
	return (uint64_t)data;
}

/* Nothing but zeros is where what was read was: the file was emptied (`>log`, copytruncate) under a
 * writer that doesn't append, and goes on where it stood. */
static bool
emptied(const struct cursor *c, int fd, uint64_t size)
{
	char buf[4096];
	uint64_t at = tail_data_from(fd, 0, size);
	if (c->offset > at && c->offset - at > EMPTIED_MAX)
		return false;
	while (at < c->offset) {
		size_t want = c->offset - at < sizeof buf ? (size_t)(c->offset - at) : sizeof buf;
		if (read_full(fd, buf, want, at) != (ssize_t)want || !all_zero(buf, want))
			return false;
		at += want;
	}
	return true;
}

static void
take_zeros(struct tail *t)
{
	static const char zeros[TAIL_HEAD];
	struct fingerprint *fp = &t->cur.fp;
	fp->head_crc = crc32c(0, zeros, fp->head_len);
	fp->tail_crc = crc32c(0, zeros, fp->tail_len);
	memset(t->end->last, 0, TAIL_LAST);
}

void
tail_init(struct tail *t)
{
	*t = (struct tail){0};
}

void
tail_release(struct tail *t)
{
	free(t->end);
	t->end = NULL;
}

void
tail_restore(struct tail *t, const struct cursor *c)
{
	tail_release(t);
	t->cur = *c;
	t->cur.state = NULL;
	t->cur.nstate = 0;
}

void
tail_rest(struct tail *t)
{
	if (t->end && !t->end->shrunk_us && !t->end->hole_us)
		tail_release(t);
}

void
tail_rewind(struct tail *t)
{
	tail_release(t);
	t->cur.offset = 0;
	t->cur.fp = (struct fingerprint){0};
}

static struct tail_end *
end_of(struct tail *t)
{
	if (!t->end)
		t->end = xcalloc(1, sizeof *t->end);
	return t->end;
}

/* Shorter than what was read, in the inode that was read: still being written anew, most likely. */
static enum tail_verdict
judge_shrunk(struct tail_end *end, uint64_t size, int64_t now_us)
{
	if (!end->shrunk_us) {
		end->shrunk_us = now_us;
		end->shrunk_to = size;
	}
	if (size > end->shrunk_to || now_us - end->shrunk_us >= TAIL_JUDGE_US)
		return TAIL_ANEW;
	end->shrunk_to = size;
	return TAIL_WAIT;
}

int
tail_look(struct tail *t, int fd, const struct stat *st, bool told, int64_t now_us,
	  enum tail_verdict *verdict)
{
	struct cursor *c = &t->cur;
	uint64_t size = (uint64_t)st->st_size;
	bool moved = c->ino != st->st_ino || c->dev != st->st_dev;
	bool changed = told || moved || c->size != size || c->mtime_us != clock_of(st->st_mtim);

	*verdict = TAIL_SAME;
	if (t->end && t->end->settled > size)
		t->end->settled = size;
	if (c->offset == 0) {
		*verdict = size ? TAIL_MORE : TAIL_SAME;
	} else if (size == 0) {
		/* Whatever comes has grown from here. */
		end_of(t)->shrunk_us = now_us;
		t->end->shrunk_to = 0;
	} else if (size < c->offset) {
		*verdict = moved ? TAIL_ANEW : judge_shrunk(end_of(t), size, now_us);
	} else if (changed || (t->end && t->end->shrunk_us) || (size > c->offset && !t->end)) {
		int same = content_same(c, fd, end_of(t)->last);
		if (same < 0) {
			same = -errno;
			tail_release(t); /* what it has is half of this and half of that */
			return same;
		}
		if (!same && emptied(c, fd, size)) {
			take_zeros(t);
			same = 1;
		}
		*verdict = !same ? TAIL_ANEW : size > c->offset ? TAIL_MORE : TAIL_SAME;
		t->end->shrunk_us = 0;
	} else if (size > c->offset) {
		*verdict = TAIL_MORE; /* a partial record, or what was left for the next slice */
	}
	c->dev = st->st_dev;
	c->ino = st->st_ino;
	c->size = size;
	c->mtime_us = clock_of(st->st_mtim);
	return 0;
}

int64_t
tail_due_us(const struct tail *t, int64_t now_us)
{
	const struct tail_end *end = t->end;
	if (!end)
		return 0;
	int64_t shrunk = end->shrunk_us && end->shrunk_to ? end->shrunk_us + TAIL_JUDGE_US : 0;
	int64_t hole = end->hole_us ? end->hole_us + TAIL_JUDGE_US : 0;
	if (shrunk > now_us && (hole <= now_us || shrunk < hole))
		return shrunk;
	return hole > now_us ? hole : 0;
}

bool
tail_is(const struct cursor *c, int fd, const struct stat *st)
{
	unsigned char last[TAIL_LAST];
	return c->offset > 0 && (uint64_t)st->st_size >= c->offset &&
	       content_same(c, fd, last) == 1;
}

ssize_t
tail_read(struct tail *t, int fd, char *buf, size_t n)
{
	return read_full(fd, buf, n, t->cur.offset);
}

uint64_t
tail_settled(const struct tail *t)
{
	return t->end ? t->end->settled : 0;
}

/* Bytes from the offset on. */
static uint64_t
settled_bytes(const struct tail *t)
{
	uint64_t settled = tail_settled(t);
	return settled > t->cur.offset ? settled - t->cur.offset : 0;
}

bool
tail_stands_in_zeros(const struct tail *t)
{
	unsigned known = t->cur.fp.tail_len;
	return known && t->end && !t->end->last[known - 1];
}

size_t
tail_before_hole(const struct tail *t, const char *buf, size_t n)
{
	uint64_t known = settled_bytes(t);
	if (known >= n)
		return n;
	const char *zero = memchr(buf + known, 0, n - (size_t)known);
	return zero ? (size_t)(zero - buf) : n;
}

size_t
tail_zeros(const struct tail *t, const char *buf, size_t n)
{
	uint64_t known = settled_bytes(t);
	size_t zeros = 0;
	while (zeros < n && zeros < known && buf[zeros] == 0)
		zeros++;
	return zeros;
}

void
tail_skip(struct tail *t, int fd)
{
	uint64_t data = tail_data_from(fd, t->cur.offset, t->cur.size);
	uint64_t end = data < tail_settled(t) ? data : tail_settled(t);
	if (end <= t->cur.offset || t->cur.fp.head_len < TAIL_HEAD || !t->end ||
	    !all_zero((const char *)t->end->last, TAIL_LAST))
		return;
	t->cur.offset += (end - t->cur.offset) / SKIP_UNIT * SKIP_UNIT;
}

/* Where the last byte ends that is no zero, of the N bytes of BUF at OFFSET; 0: none is. */
static uint64_t
data_end(const char *buf, size_t n, uint64_t offset)
{
	while (n && buf[n - 1] == 0)
		n--;
	return n ? offset + n : 0;
}

/* The same for what stands behind byte AT; space that was set aside for a file is zeros up to its
 * end, and nobody looks through all of them. */
static uint64_t
end_behind(const struct tail *t, int fd, const char *buf, size_t n, uint64_t at)
{
	char last[TAIL_LAST];
	uint64_t read = t->cur.offset + n, end = 0;
	if (t->cur.size > read) {
		uint64_t from = t->cur.size - read > sizeof last ? t->cur.size - sizeof last : read;
		ssize_t got = read_full(fd, last, sizeof last, from);
		end = data_end(last, got > 0 ? (size_t)got : 0, from);
	}
	if (!end)
		end = data_end(buf, n, t->cur.offset);
	return end > at ? end : 0;
}

bool
tail_settles(struct tail *t, int fd, const char *buf, size_t n, uint64_t at, int64_t now_us,
	     int64_t age_us)
{
	uint64_t until = end_behind(t, fd, buf, n, at);
	struct tail_end *end = end_of(t);
	if (!until) {
		end->hole_us = 0;
		return false;
	}
	if (!end->hole_us || end->hole != at) {
		end->hole = at;
		end->hole_us = now_us;
		end->hole_end = until;
	}
	if (now_us - end->hole_us < TAIL_JUDGE_US && age_us < TAIL_OLD_US)
		return false;
	end->settled = end->hole_end;
	end->hole_us = 0;
	return true;
}

bool
tail_waits(const struct tail *t)
{
	return t->end && t->end->hole_us;
}

void
tail_no_hole(struct tail *t)
{
	if (t->end)
		t->end->hole_us = 0;
}

void
tail_took(struct tail *t, const char *buf, size_t n)
{
	struct fingerprint *fp = &t->cur.fp;
	unsigned char *last = end_of(t)->last;
	size_t head = TAIL_HEAD - fp->head_len;
	if (head > n)
		head = n;
	/* The head's bytes follow each other from byte 0, so its checksum goes on where it
	 * stood. */
	fp->head_crc = crc32c(fp->head_crc, buf, head);
	fp->head_len += (uint32_t)head;

	size_t keep = n >= TAIL_LAST ? 0 : TAIL_LAST - n;
	if (keep > fp->tail_len)
		keep = fp->tail_len;
	memmove(last, last + fp->tail_len - keep, keep);
	size_t add = n < TAIL_LAST ? n : TAIL_LAST;
	memcpy(last + keep, buf + n - add, add);
	fp->tail_len = (uint32_t)(keep + add);
	fp->tail_crc = crc32c(0, last, fp->tail_len);
	t->cur.offset += n;
}
