/* Two chunks are kept, so that going back and forth over a border reads nothing twice. Reading is
 * by pread alone: a mapped file that is truncated would kill the program. */
#include "core/log_file.h"

#include "core/crc32c.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	HEAD = 256,        /* bytes by which it is known that a file began anew */
	STATES = 64 << 10, /* of a line that is overwritten: what may still be seen */
};

int
log_file_open(struct log_file *f, const char *path, struct err *e)
{
	struct stat st;
	*f = (struct log_file){.fd = -1, .block = LOG_BLOCK, .unit = LOG_CHUNK};
	/* Opening a pipe would wake who writes into it. */
	bool special = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
	int fd = special ? -1 : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (special)
		return err_set(e, ERR_FORMAT, "%s is no file", path);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(e, ERR_NOTFOUND, "%s is not there", path);
	if (fd < 0)
		return err_sys(e, "%s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, ERR_FORMAT, "%s is no file", path);
	}
	f->fd = fd;
	f->size = (uint64_t)st.st_size;
	f->dev = (uint64_t)st.st_dev;
	f->ino = (uint64_t)st.st_ino;
	char head[HEAD];
	if (f->size >= 2 && pread(fd, head, 2, 0) == 2) {
		f->big = head[0] == '\xFE' && head[1] == '\xFF';
		f->wide = f->big || (head[0] == '\xFF' && head[1] == '\xFE');
	}
	if (f->size >= HEAD && pread(fd, head, HEAD, 0) == HEAD)
		f->head = crc32c(0, head, HEAD) | 1;
	return 0;
}

void
log_file_close(struct log_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	for (int i = 0; i < 2; i++)
		free(f->chunk[i].buf);
	str_release(&f->line);
	str_release(&f->text);
	*f = (struct log_file){.fd = -1};
}

/* The chunk that holds byte AT; the one that was used last is the first. */
static const struct log_chunk *
chunk_of(struct log_file *f, uint64_t at)
{
	uint64_t number = at / f->unit + 1;
	if (f->chunk[0].at == number)
		return &f->chunk[0];
	struct log_chunk other = f->chunk[1];
	f->chunk[1] = f->chunk[0];
	f->chunk[0] = other;
	struct log_chunk *c = &f->chunk[0];
	if (c->at == number)
		return c;
	if (!c->buf)
		c->buf = xmalloc(f->unit);
	uint64_t from = (number - 1) * f->unit;
	size_t want = f->size - from < f->unit ? (size_t)(f->size - from) : f->unit;
	c->at = number;
	c->len = 0;
	while (c->len < want) {
		ssize_t n = pread(f->fd, c->buf + c->len, want - c->len, (off_t)(from + c->len));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			f->failed = true;
			break;
		}
		c->len += (size_t)n;
	}
	/* What is not there (any more) can't be told from blanks, and does no harm. */
	memset(c->buf + c->len, ' ', want - c->len);
	c->len = want;
	return c;
}

/* Behind the last line feed in [FROM, TO); FROM when there is none, and *FOUND says so. */
static uint64_t
behind_last(struct log_file *f, uint64_t from, uint64_t to, bool *found)
{
	*found = false;
	while (to > from) {
		const struct log_chunk *c = chunk_of(f, to - 1);
		uint64_t base = (c->at - 1) * f->unit, low = from > base ? from : base;
		const char *nl = memrchr(c->buf + (low - base), '\n', (size_t)(to - low));
		if (nl) {
			*found = true;
			return base + (uint64_t)(nl - c->buf) + 1;
		}
		to = low;
	}
	return from;
}

/* Behind the first line feed in [FROM, TO), or TO. */
static uint64_t
behind_first(struct log_file *f, uint64_t from, uint64_t to)
{
	while (from < to) {
		const struct log_chunk *c = chunk_of(f, from);
		uint64_t base = (c->at - 1) * f->unit,
			 high = base + c->len < to ? base + c->len : to;
		const char *nl = memchr(c->buf + (from - base), '\n', (size_t)(high - from));
		if (nl)
			return base + (uint64_t)(nl - c->buf) + 1;
		from = high;
	}
	return to;
}

uint64_t
log_file_start(struct log_file *f, uint64_t at)
{
	if (at > f->size)
		at = f->size;
	bool found;
	uint64_t cut = at / f->block * f->block;
	uint64_t start = behind_last(f, cut, at, &found);
	if (found || cut == 0)
		return start;
	start = behind_last(f, cut - f->block, cut, &found);
	return found ? start : cut;
}

uint64_t
log_file_end(struct log_file *f, uint64_t start)
{
	if (start >= f->size)
		return f->size;
	uint64_t cut = ((start + f->block - 1) / f->block + 1) * f->block;
	return behind_first(f, start, cut < f->size ? cut : f->size);
}

size_t
log_file_bytes(struct log_file *f, uint64_t from, uint64_t to, const char **p)
{
	if (to > f->size)
		to = f->size;
	if (from >= to) {
		*p = "";
		return 0;
	}
	if (to - from > 2 * f->block)
		to = from + 2 * f->block;
	const struct log_chunk *c = chunk_of(f, from);
	uint64_t base = (c->at - 1) * f->unit;
	if (to <= base + c->len) {
		*p = c->buf + (from - base);
		return (size_t)(to - from);
	}
	str_reset(&f->line);
	while (from < to) {
		c = chunk_of(f, from);
		base = (c->at - 1) * f->unit;
		uint64_t high = base + c->len < to ? base + c->len : to;
		str_add(&f->line, c->buf + (from - base), (size_t)(high - from));
		from = high;
	}
	*p = f->line.buf;
	return f->line.len;
}

size_t
log_file_from(struct log_file *f, uint64_t at, const char **p)
{
	*p = "";
	if (at >= f->size)
		return 0;
	const struct log_chunk *c = chunk_of(f, at);
	size_t off = (size_t)(at - (c->at - 1) * f->unit);
	*p = c->buf + off;
	return c->len - off;
}

size_t
log_file_before(struct log_file *f, uint64_t at, const char **p)
{
	*p = "";
	if (at == 0)
		return 0;
	const struct log_chunk *c = chunk_of(f, at - 1);
	*p = c->buf;
	return (size_t)(at - (c->at - 1) * f->unit);
}

/* A line of UTF-16 begins behind the byte 0A and so, with the low byte first, with half of the line
 * feed. Units are where they are in the file, two bytes each. */
static size_t
narrow(struct log_file *f, uint64_t start, const char **p, size_t n)
{
	const unsigned char *b = (const unsigned char *)*p, *end = b + n;
	uint32_t high = 0;
	char utf8[4];
	str_reset(&f->text);
	for (b += start % 2; end - b >= 2; b += 2) {
		uint32_t u = f->big ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
		bool low = u >= 0xDC00 && u < 0xE000;
		if (high && low)
			u = 0x10000 + ((high - 0xD800) << 10) + (u - 0xDC00);
		high = u >= 0xD800 && u < 0xDC00 ? u : 0;
		if (u == '\n' || u == 0xFEFF || high)
			continue;
		str_add(&f->text, utf8,
			(size_t)utf8_put(u >= 0xDC00 && u < 0xE000 ? UTF8_BAD : u, utf8));
	}
	*p = str_c(&f->text);
	return f->text.len;
}

size_t
log_file_line(struct log_file *f, uint64_t start, uint64_t end, const char **p)
{
	size_t n = log_file_bytes(f, start, end, p);
	if (f->wide)
		n = narrow(f, start, p, n);
	if (n && (*p)[n - 1] == '\n')
		n--;
	while (n && (*p)[n - 1] == '\r')
		n--;
	if (n <= STATES)
		return n;
	const char *from = *p + n - STATES, *r = memchr(from, '\r', STATES);
	if (!r)
		return n;
	n -= (size_t)(r + 1 - *p);
	*p = r + 1;
	return n;
}
