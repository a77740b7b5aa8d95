#include "core/log_kept.h"

#include "core/fnv.h"
#include "core/pack.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1 };

void
log_kept_key(char buf[24], const char *run, const char *wish)
{
	snprintf(buf, 24, "l%016" PRIx64, fnv_text(fnv_text(FNV_BASIS, run), wish));
}

bool
log_kept_is(const char *key)
{
	return key[0] == 'l';
}

void
log_kept_pack(struct str *out, const struct log_kept *k)
{
	pack_u64(out, VERSION);
	pack_text(out, k->run, strlen(k->run));
	pack_text(out, k->wish, strlen(k->wish));
	pack_text(out, k->line, strlen(k->line));
	pack_u64(out, k->attempt);
	pack_i64(out, k->wall_us);
	pack_i64(out, k->arrival_us);
	pack_u64(out, k->historic | k->judged << 1);
}

static char *
text(struct unpack *u)
{
	size_t n;
	const char *p = unpack_text(u, &n);
	/* A NUL within would end it early. */
	u->bad |= n && memchr(p, 0, n);
	return xstrndup(u->bad ? "" : p, u->bad ? 0 : n);
}

bool
log_kept_unpack(struct log_kept *k, const void *p, size_t n)
{
	struct unpack u;
	*k = (struct log_kept){0};
	unpack_init(&u, p, n);
	if (unpack_u64(&u) != VERSION)
		return false;
	k->run = text(&u);
	k->wish = text(&u);
	k->line = text(&u);
	k->attempt = (uint32_t)unpack_upto(&u, UINT32_MAX);
	k->wall_us = unpack_i64(&u);
	k->arrival_us = unpack_i64(&u);
	uint64_t flags = unpack_upto(&u, 3);
	k->historic = flags & 1;
	k->judged = flags >> 1;
	if (unpack_whole(&u))
		return true;
	log_kept_release(k);
	return false;
}

void
log_kept_release(struct log_kept *k)
{
	free(k->run);
	free(k->wish);
	free(k->line);
	*k = (struct log_kept){0};
}
