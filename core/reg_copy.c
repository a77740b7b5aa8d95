/* One file, copied and hashed in one go. What is hashed is what was stored: where the kernel copies
 * (shared blocks, copy_file_range) the copy is read back, which comes from memory. A trainer's file
 * is never linked to: it may be written to in place tomorrow.
 *
 * The copy grows in tmp/ under a name made from the source's identity, size and time. When it is
 * interrupted the next attempt finds it, compares what is there with the source, block by block,
 * and writes only from the first that differs. */
#include "core/reg_impl.h"

#include "core/clock.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 20 };

struct copy {
	int from, to; /* TO -1: hashed only */
	off_t size, have;
	off_t base;  /* where it begins in FROM */
	bool kernel; /* copy_file_range is worth trying */
	bool cloned;
	char *buf, *old;
	struct sha256 hash;
	struct reg_clock *clock;
	const char *name;
	struct err *e;
};

/* N bytes at AT, or ERR_BUSY: the file is shorter now. */
static int
read_block(struct copy *c, int fd, char *buf, size_t n, off_t at)
{
	for (size_t got = 0; got < n;) {
		off_t base = fd == c->from ? c->base : 0;
		ssize_t k = regfs_pread(fd, buf + got, n - got, base + at + (off_t)got);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(c->e, "%s", c->name);
		if (k == 0)
			return err_set(c->e, ERR_BUSY, "%s changes while it is read", c->name);
		got += (size_t)k;
	}
	return 0;
}

static int
write_block(struct copy *c, const char *buf, size_t n, off_t at)
{
	for (size_t put = 0; put < n;) {
		ssize_t k = regfs_pwrite(c->to, buf + put, n - put, at + (off_t)put);
		if (k < 0 && errno == EINTR)
			continue;
		if (k == 0)
			errno = ENOSPC;
		if (k <= 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
			return err_set(c->e, ERR_FULL, "%s: %s", c->name, strerror(errno));
		if (k <= 0)
			return err_sys(c->e, "%s", c->name);
		put += (size_t)k;
	}
	return 0;
}

/* 1: the kernel copied N bytes; 0: it can't here. */
static int
kernel_block(struct copy *c, size_t n, off_t at)
{
	for (size_t put = 0; put < n;) {
		ssize_t k = regfs_copy_range(c->from, c->base + at + (off_t)put, c->to,
					     at + (off_t)put, n - put);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
			return err_set(c->e, ERR_FULL, "%s: %s", c->name, strerror(errno));
		if (k < 0 && errno == EIO)
			return err_sys(c->e, "%s", c->name);
		if (k <= 0)
			return c->kernel = false;
		put += (size_t)k;
	}
	return 1;
}

/* The block at AT into BUF, and into TO when it is not there yet. */
static int
move_block(struct copy *c, size_t n, off_t at)
{
	int code;
	if (c->cloned)
		return read_block(c, c->to, c->buf, n, at);
	if (c->to >= 0 && at + (off_t)n <= c->have) {
		code = read_block(c, c->from, c->buf, n, at);
		if (code == 0)
			code = read_block(c, c->to, c->old, n, at);
		if (code < 0 || memcmp(c->buf, c->old, n) == 0)
			return code;
		c->have = at;
		return write_block(c, c->buf, n, at);
	}
	code = c->to >= 0 && c->kernel ? kernel_block(c, n, at) : 0;
	if (code == 1)
		return read_block(c, c->to, c->buf, n, at);
	if (code == 0)
		code = read_block(c, c->from, c->buf, n, at);
	if (code == 0 && c->to >= 0)
		code = write_block(c, c->buf, n, at);
	return code;
}

/* All of it; SHA256 gets the hash. */
static int
copy_all(struct copy *c, char sha256[SHA256_HEX])
{
	int code = 0;
	c->buf = xmalloc(BLOCK);
	c->old = c->have ? xmalloc(BLOCK) : NULL;
	c->kernel = true;
	sha256_init(&c->hash);
	if (c->clock)
		c->clock->p.file = c->name;
	if (c->to >= 0 && c->have == 0 && c->size && !c->base && regfs_clone(c->to, c->from) == 0)
		c->cloned = true;
	for (off_t at = 0; at < c->size && code == 0;) {
		size_t n = c->size - at < BLOCK ? (size_t)(c->size - at) : BLOCK;
		code = move_block(c, n, at);
		if (code < 0)
			break;
		sha256_add(&c->hash, c->buf, n);
		at += (off_t)n;
		if (reg_clock_add(c->clock, n))
			code = err_set(c->e, ERR_BUSY, "stopped; what was copied is kept");
	}
	if (code == 0 && c->to >= 0 && c->have > c->size && regfs_truncate(c->to, c->size) < 0)
		code = err_sys(c->e, "%s", c->name);
	sha256_hex(&c->hash, sha256);
	sha256_release(&c->hash);
	free(c->buf);
	free(c->old);
	return code;
}

static bool
same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* FD is PATH still, as ST was. */
static int
unchanged(int fd, const char *path, const struct stat *st, struct err *e)
{
	struct stat now, named;
	if (regfs_fstat(fd, &now) < 0 || regfs_stat(path, &named) < 0)
		return err_sys(e, "%s", path);
	if (!same(st, &now) || !same(st, &named))
		return err_set(e, ERR_BUSY, "%s changes while it is read", path);
	return 0;
}

/* Is that why it is busy, or did somebody stop it? */
static bool
changes(const struct err *e)
{
	return strstr(e->text, " changes while it is read") != NULL;
}

static int
open_source(const char *path, struct stat *st, struct err *e)
{
	int fd = regfs_open(path, O_RDONLY | O_NOCTTY, 0);
	if (fd < 0)
		return err_sys(e, "%s", path);
	if (regfs_fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
		err_set(e, ERR_SYS, "%s is no file any more", path);
		regfs_close(fd);
		return e->code;
	}
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return fd;
}

static void
take_stat(struct version_file *f, const struct stat *st)
{
	f->bytes = (uint64_t)st->st_size;
	f->mtime_us = clock_of(st->st_mtim);
}

int
reg_hash(const char *from, struct version_file *f, struct reg_clock *clock, struct err *e)
{
	struct stat st;
	int fd = open_source(from, &st, e);
	if (fd < 0)
		return fd;
	struct copy c = {.from = fd, .to = -1, .size = st.st_size, .clock = clock, .name = from};
	c.e = e;
	int code = copy_all(&c, f->sha256);
	if (code == 0)
		code = unchanged(fd, from, &st, e);
	take_stat(f, &st);
	regfs_close(fd);
	return code;
}

/* -- into the registry ------------------------------------------------------------------------- */

char *
reg_object(const struct registry *r, const char *sha256)
{
	char head[3] = {sha256[0], sha256[1], '\0'};
	return reg_join(r, "objects", head, sha256 + 2, NULL);
}

static char *
part_name(const struct registry *r, const char *from, const struct stat *st)
{
	struct str s = STR_INIT;
	char hex[SHA256_HEX];
	str_addf(&s, "%s\n%llu %llu %lld %lld.%09ld", from, (unsigned long long)st->st_dev,
		 (unsigned long long)st->st_ino, (long long)st->st_size,
		 (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	sha256_of(str_c(&s), s.len, hex);
	str_release(&s);
	hex[32] = '\0';
	char *leaf = xasprintf("part-%s", hex), *path = reg_join(r, "tmp", leaf, NULL);
	free(leaf);
	return path;
}

/* What was opened is what is called so still: between opening and locking it may have become an
 * object, whose only name is another by now, or have been swept. */
static bool
still_named(const struct stat *st, const char *part)
{
	struct stat now;
	return regfs_lstat(part, &now) == 0 && now.st_ino == st->st_ino && now.st_dev == st->st_dev;
}

/* Opens *PART, mine alone, to be gone on with; another name when somebody else is at it, or has
 * just finished it (it can't be written to any more). A part that has become an object already is
 * never written to, and none is taken away by its name that is not locked here. */
static int
open_part(struct registry *r, char **part, off_t *have, struct err *e)
{
	for (int i = 0; i < 10; i++) {
		struct stat st;
		int fd = regfs_open(*part, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
		if (fd < 0 && errno != EACCES)
			return err_sys(e, "%s", *part);
		if (fd < 0 || regfs_lock(fd, true, false) < 0) {
			if (fd >= 0)
				regfs_close(fd);
			free(*part);
			*part = reg_tmp(r);
			continue;
		}
		if (regfs_fstat(fd, &st) < 0) {
			err_sys(e, "%s", *part);
			regfs_close(fd);
			return e->code;
		}
		bool named = still_named(&st, *part);
		if (named && st.st_nlink == 1) {
			*have = st.st_size;
			return fd;
		}
		if (named)
			regfs_unlink(*part); /* who made an object of it ended before that */
		regfs_close(fd);
	}
	return err_set(e, ERR_BUSY, "%s: somebody else keeps it busy", *part);
}

/* The object is there already: is it whole, and may it stay for a while? */
static int
reuse(const char *object, const struct version_file *f, struct err *e)
{
	struct stat st;
	if (regfs_stat(object, &st) < 0)
		return err_sys(e, "%s", object);
	if ((uint64_t)st.st_size != f->bytes)
		return err_set(e, ERR_CORRUPT,
			       "%s is damaged: it has %lld bytes and should have %llu; "
			       "mm version verify says what needs it",
			       object, (long long)st.st_size, (unsigned long long)f->bytes);
	regfs_touch(object); /* gc spares what is young */
	return 0;
}

static int
publish_object(struct registry *r, const char *part, const struct version_file *f, struct err *e)
{
	char *object = reg_object(r, f->sha256), *dir = xstrdup(object);
	*strrchr(dir, '/') = '\0';
	int code = reg_mkdirs(dir, e);
	if (code == 0)
		code = reg_publish(part, object, e);
	if (code == 0)
		code = reuse(object, f, e);
	free(object);
	free(dir);
	return code < 0 ? code : 0;
}

static int
store_once(struct registry *r, const char *from, struct version_file *f, struct reg_clock *clock,
	   struct err *e)
{
	struct stat st;
	int fd = open_source(from, &st, e);
	if (fd < 0)
		return fd;
	struct copy c = {.from = fd, .size = st.st_size, .clock = clock, .name = from, .e = e};
	char *part = part_name(r, from, &st);
	int code = c.to = open_part(r, &part, &c.have, e);
	if (c.to >= 0) {
		uint64_t done = clock ? clock->p.done : 0;
		code = copy_all(&c, f->sha256);
		if (code == 0)
			code = unchanged(fd, from, &st, e);
		bool useless = code == ERR_FULL || (code == ERR_BUSY && changes(e));
		take_stat(f, &st);
		if (code == 0 && (regfs_chmod(c.to, 0444) < 0 || regfs_sync(c.to) < 0))
			code = err_sys(e, "%s", from);
		if (code == 0)
			code = publish_object(r, part, f, e);
		else if (useless)
			regfs_unlink(part);
		if (regfs_close(c.to) < 0 && code == 0)
			code = err_sys(e, "%s", from);
		if (code < 0 && clock)
			clock->p.done = done;
	}
	free(part);
	regfs_close(fd);
	return code;
}

int
reg_store(struct registry *r, const char *from, struct version_file *f, struct reg_clock *clock,
	  struct err *e)
{
	int code = store_once(r, from, f, clock, e);
	/* A file that was being replaced as we came is whole a moment later. */
	if (code == ERR_BUSY && changes(e))
		code = store_once(r, from, f, clock, e);
	return code;
}

int
reg_store_part(struct registry *r, int fd, uint64_t base, const struct version_file *f,
	       struct reg_clock *clock, struct err *e)
{
	char sha256[SHA256_HEX], *part = reg_tmp(r);
	struct copy c = {.from = fd, .size = (off_t)f->bytes, .clock = clock, .name = f->path};
	c.base = (off_t)base;
	c.e = e;
	int code = c.to = open_part(r, &part, &c.have, e);
	if (c.to >= 0) {
		code = copy_all(&c, sha256);
		if (code == 0 && strcmp(sha256, f->sha256) != 0)
			code = err_set(e, ERR_CORRUPT,
				       "%s is damaged: it has other content than "
				       "its manifest says",
				       f->path);
		if (code == 0 && (regfs_chmod(c.to, 0444) < 0 || regfs_sync(c.to) < 0))
			code = err_sys(e, "%s", f->path);
		if (code == 0)
			code = publish_object(r, part, f, e);
		else
			regfs_unlink(part);
		if (regfs_close(c.to) < 0 && code == 0)
			code = err_sys(e, "%s", f->path);
	}
	free(part);
	return code;
}

/* -- out of it --------------------------------------------------------------------------------- */

int
reg_fetch(const char *from, const char *to, const struct version_file *f, struct reg_clock *clock,
	  struct err *e)
{
	struct stat st;
	char sha256[SHA256_HEX];
	int fd = open_source(from, &st, e);
	if (fd < 0)
		return fd;
	struct copy c = {.from = fd, .size = st.st_size, .clock = clock, .name = from, .e = e};
	int code = 0;
	if ((uint64_t)st.st_size != f->bytes)
		code = err_set(e, ERR_CORRUPT, "%s: it has %lld bytes and should have %llu", from,
			       (long long)st.st_size, (unsigned long long)f->bytes);
	c.to = code == 0 ? regfs_open(to, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, f->mode) : -1;
	if (code == 0 && c.to < 0)
		code = err_sys(e, "%s", to);
	if (c.to >= 0) {
		code = copy_all(&c, sha256);
		if (code == 0 && strcmp(sha256, f->sha256) != 0)
			code = err_set(e, ERR_CORRUPT,
				       "%s is damaged: its content is not what was saved", from);
		if (code == 0 && regfs_sync(c.to) < 0)
			code = err_sys(e, "%s", to);
		if (regfs_close(c.to) < 0 && code == 0)
			code = err_sys(e, "%s", to);
		if (code < 0)
			regfs_unlink(to);
	}
	regfs_close(fd);
	return code;
}
