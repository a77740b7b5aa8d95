/* File systems, asked now and then while something trains. */
#include "core/judge_places.h"

#include "core/room.h"
#include "core/vitals.h"
#include "core/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_US = 30 * 1000000, ROOM_US = 300 * 1000000, PLACES_MAX = 64 };

struct looking {
	struct rules *rules;
	int64_t now_us;
	rules_emit_fn *fn;
	void *ctx;
	uint64_t seen[PLACES_MAX]; /* file systems */
	int n;
};

static bool
is_seen(const struct looking *l, uint64_t fs)
{
	for (int i = 0; i < l->n; i++)
		if (l->seen[i] == fs)
			return true;
	return false;
}

/* Several roots may lie on one file system: the first speaks for it. */
static int
look_at(void *ctx, const char *path)
{
	struct looking *l = ctx;
	struct room room;

	if (!room_of(path, &room) || is_seen(l, room.fs))
		return 0;
	if (l->n < PLACES_MAX)
		l->seen[l->n++] = room.fs;
	rules_place(l->rules, path, room.disk, isnan(room.inodes) ? INFINITY : room.inodes,
		    l->now_us, l->fn, l->ctx);
	return 0;
}

/* The file system of a run that trains, where another is mounted below a root: under the name of
 * its own root, whichever run it was. */
static void
look_around(struct looking *l, const char *run)
{
	uint64_t fs = room_fs(run);
	if (!fs || is_seen(l, fs))
		return;
	char *path = xstrdup(run), *slash;
	while ((slash = strrchr(path, '/')) && slash > path) {
		*slash = '\0';
		bool same = room_fs(path) == fs;
		*slash = same ? '\0' : '/';
		if (!same)
			break;
	}
	look_at(l, path);
	free(path);
}

void
judge_places_look(struct judge_places *p, struct rules *r, struct sink *s, const struct index *runs,
		  int64_t now_us, rules_emit_fn *fn, void *ctx)
{
	struct looking l = {.rules = r, .now_us = now_us, .fn = fn, .ctx = ctx};

	if (!rules_want_places(r) || (now_us >= p->looked_us && now_us - p->looked_us < PLACES_US))
		return;
	p->looked_us = now_us;
	s->ops->root_each(s, look_at, &l);
	if (p->store)
		look_at(&l, p->store);
	const struct vitals *v;
	for (size_t at = 0; (v = index_next(runs, &at));)
		if (v->alive)
			look_around(&l, v->run);
}

void
judge_places_room(struct rules *r, const char *run, int64_t *looked_us, int64_t now_us)
{
	struct room room;

	if (!rules_want_room(r) || (now_us >= *looked_us && now_us - *looked_us < ROOM_US))
		return;
	*looked_us = now_us;
	uint64_t bytes = room_checkpoint(run);
	rules_room(r, run, bytes && room_of(run, &room) ? room.free_bytes / (double)bytes : NAN);
}
