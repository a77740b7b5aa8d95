/* Which log an unknown path is. Three kinds of evidence: the inode, while this process has seen it
 * under another name; the content, for inodes are used again; and the name, for NAME.1 that stands
 * beside a log NAME which was known before is what NAME was once, and that was read then. */
#include "core/ingest_impl.h"

#include "core/clock.h"
#include "core/name.h"
#include "core/xalloc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROTATE_US = 1000000 }; /* before a new log has the name of one that was rotated */

static const char *const rotation[] = {".1", ".0", ".old", ".bak", ".orig", "~"};

/* ".old", ".bak", ".orig", "~", or an ordinal or a date: what rotating puts behind a name. */
static bool
is_rotation(const char *suffix)
{
	for (size_t i = 0; i < sizeof rotation / sizeof *rotation; i++)
		if (strcmp(suffix, rotation[i]) == 0)
			return true;
	return (*suffix == '.' || *suffix == '-') && suffix[1] >= '0' && suffix[1] <= '9' &&
	       strspn(suffix + 1, "0123456789.-_") == strlen(suffix + 1);
}

static bool
rotated_name(const char *path, const char *of)
{
	size_t n = strlen(of);
	return strncmp(path, of, n) == 0 && path[n] && is_rotation(path + n);
}

/* The log that was called the first N bytes of PATH until it was renamed, long enough ago to have
 * gone along. */
static struct feed *
rotated_to(struct ingest *in, const char *path, size_t n)
{
	struct feed *g = NULL;
	for (size_t i = 0; !g && i < sizeof rotation / sizeof *rotation; i++) {
		char *name = xasprintf("%.*s%s", (int)n, path, rotation[i]);
		g = index_get(&in->feeds, name, strlen(name));
		free(name);
		if (g && g->state != FEED_LOG)
			g = NULL;
	}
	return g;
}

/* The log of which PATH is the name of an older part; NULL: there is none. */
static struct feed *
rotated_from(struct ingest *in, const char *path)
{
	const char *base = name_last(path);
	for (size_t n = strlen(path) - 1; path + n > base; n--) {
		if (!is_rotation(path + n))
			continue;
		struct feed *g = index_get(&in->feeds, path, n);
		if (g && g->state == FEED_LOG)
			return g;
		g = rotated_to(in, path, n);
		if (g)
			return g;
	}
	return NULL;
}

enum ingest_known
ingest_known_as(struct ingest *in, struct feed *f, const struct stat *st, struct feed **as)
{
	struct stat other;
	struct feed_key k = {st->st_dev, st->st_ino};
	struct feed *g = index_get(&in->inodes, &k, sizeof k);
	const struct cursor *c = NULL;
	if (g && g != f && g->state == FEED_LOG) {
		bool there = stat(feed_where(g), &other) == 0;
		*as = g;
		if (there && other.st_dev == st->st_dev && other.st_ino == st->st_ino)
			return KNOWN_LINK;
		c = g->tail.cur.ino == st->st_ino ? &g->tail.cur : g->prev;
		if (!c || c->ino != st->st_ino || !tail_is(c, f->fd, st))
			c = NULL;
		else if (!there && c == &g->tail.cur)
			return KNOWN_MOVED;
		else if (!there)
			c = NULL;
	}
	if (c) {
		/* Its last lines may be unread: G finds them through this descriptor. */
		if (g->fd < 0 && c == &g->tail.cur)
			g->fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 0);
		g->reopen = true;
		return KNOWN_REPLACED;
	}
	*as = g = rotated_from(in, f->path);
	if (g && g != f && (g->before || !in->initial))
		return KNOWN_ROTATED;
	*as = g = rotated_to(in, f->path, strlen(f->path));
	return g ? KNOWN_SUCCEEDED : KNOWN_NOT;
}

bool
ingest_rotates(struct ingest *in, struct feed *f, const struct feed *g)
{
	int64_t now = clock_mono_us();
	if (in->o.once || !rotated_name(f->path, g->path))
		return false;
	if (!f->judge_us)
		f->judge_us = now + ROTATE_US;
	return now < f->judge_us;
}

int
ingest_former(void *ctx, const struct feed *f)
{
	struct ingest *in = ctx;
	struct stat st;
	const char *path = watch_sibling(in->watch, f->path, f->prev->ino);
	int fd = path ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) : -1;
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && tail_is(f->prev, fd, &st))
		return fd;
	close(fd);
	return -1;
}
