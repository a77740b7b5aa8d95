/* A log is appended to, or it is something else. Which, is decided by content, never by size or
 * inode alone: rsync and atomic rewriting put the same bytes into a new inode (go on), a rewrite in
 * place may end up longer than what was read (begin anew), and Lustre may renumber inodes. So
 * whenever anything about a file has changed, the first 4 KB and the last 64 bytes before the
 * offset are read again and compared by checksum: two reads of cached pages, about as dear as the
 * stat before them.
 *
 * A file of 0 bytes says nothing: it is about to be rewritten (`open(…, "w")`), or has been emptied
 * by hand. What was read is kept, and the next content decides. */
#include "core/tail.h"

#include "core/crc32c.h"
#include "core/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t
mtime_us(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000;
}

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
	bool changed = told || moved || c->size != size || c->mtime_us != mtime_us(st);

	*verdict = TAIL_SAME;
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
		*verdict = !same ? TAIL_ANEW : size > c->offset ? TAIL_MORE : TAIL_SAME;
		t->end->shrunk_us = 0;
	} else if (size > c->offset) {
		*verdict = TAIL_MORE; /* a partial record, or what was left for the next slice */
	}
	c->dev = st->st_dev;
	c->ino = st->st_ino;
	c->size = size;
	c->mtime_us = mtime_us(st);
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

/* The file ends in zeros: a hole at its end, or space that was set aside for it. */
static bool
ends_in_zeros(const struct tail *t, int fd)
{
	char end[TAIL_LAST];
	uint64_t at = t->cur.size > sizeof end ? t->cur.size - sizeof end : 0;
	ssize_t n = read_full(fd, end, sizeof end, at);
	while (n > 0 && end[n - 1] == 0)
		n--;
	return n <= 0;
}

/* The first HOLE zeros in a row, or NULL. One byte in HOLE is looked at. */
static const char *
find_hole(const char *buf, size_t n, unsigned hole)
{
	if (hole == 1)
		return memchr(buf, 0, n);
	for (size_t i = hole - 1; i < n; i += hole) {
		size_t from = i, to = i;
		while (from && !buf[from] && !buf[from - 1])
			from--;
		while (to < n && !buf[to] && to - from < hole)
			to++;
		if (to - from >= hole)
			return buf + from;
	}
	return NULL;
}

/* Zeros stand at OFFSET, and have stood there for AGE_US if that is news. Returns for how long. */
static int64_t
zeros_stand(struct tail *t, uint64_t offset, int64_t now_us, int64_t age_us)
{
	struct tail_end *end = end_of(t);
	if (!end->hole_us || end->hole != offset) {
		end->hole = offset;
		end->hole_us = now_us - age_us;
	}
	return now_us - end->hole_us;
}

void
tail_no_zeros(struct tail *t)
{
	if (t->end)
		t->end->hole_us = 0;
}

/* How many of the N bytes may be given: those before the first hole; once it has stood there for
 * long, those up to the zeros with nothing behind them. */
static size_t
before_hole(struct tail *t, int fd, const char *buf, size_t n, unsigned hole, int64_t now_us)
{
	const char *zero = find_hole(buf, n, hole);
	if (!zero) {
		tail_no_zeros(t);
		return n;
	}
	size_t first = (size_t)(zero - buf), end = n;
	while (end > first && buf[end - 1] == 0)
		end--;
	if (n - end < hole)
		end = n;
	if (zeros_stand(t, t->cur.offset + first, now_us, 0) < TAIL_JUDGE_US)
		return first;
	if (end == 0 && t->cur.offset + n < t->cur.size && !ends_in_zeros(t, fd))
		return n;
	return end;
}

ssize_t
tail_read(struct tail *t, int fd, char *buf, size_t n, unsigned hole, int64_t now_us)
{
	ssize_t got = read_full(fd, buf, n, t->cur.offset);
	if (got <= 0 || !hole)
		return got;
	return (ssize_t)before_hole(t, fd, buf, (size_t)got, hole, now_us);
}

bool
tail_is_no_hole(struct tail *t, int64_t now_us, int64_t age_us)
{
	int64_t age = age_us < 0 ? 0 : age_us > TAIL_JUDGE_US ? TAIL_JUDGE_US : age_us;
	return zeros_stand(t, t->cur.offset, now_us, age) >= TAIL_JUDGE_US;
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
