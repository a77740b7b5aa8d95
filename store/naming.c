/* What a series is called. Its name is what was logged; when several logs of a run have a metric of
 * one name, one format is shown under it and the others get a suffix. That is settled when it is
 * asked, from the run's logs as they are: nothing about it is stored, so it cannot go stale. */
#include "store/relay.h"

#include "core/map.h"
#include "core/source.h"
#include "core/xalloc.h"
#include "store/snap.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The logs of a run. */
struct family {
	struct snap *sn;
	uint32_t run, attempt; /* newest */
	struct log_rec *logs;
	size_t n, cap;
	/* What is logged with a '@' in its name, if it was LISTED: what a suffix must not make. */
	struct map at;
	bool listed;
};

/* One of the series that have a name in common. */
struct member {
	struct series_rec rec;
	const struct log_rec *log;
	const char *shown;
	bool primary;
	enum goal told;
	struct member *head; /* the first of those that it goes on from; NULL: it is one */
};

struct group {
	struct member *v;
	size_t n, cap;
};

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct log_rec *)a)->path, ((const struct log_rec *)b)->path);
}

static void
family_init(struct family *f, struct snap *sn, uint32_t run)
{
	struct key prefix = key_id(KEY_RUN_LOG, run);
	struct run_rec rec;
	struct iter it;

	memset(f, 0, sizeof *f);
	f->sn = sn;
	f->run = run;
	if (!snap_run_rec(sn, run, &rec))
		return;
	f->attempt = rec.info.attempt;
	iter_init(&it, sn->t, &prefix);
	while (iter_next(&it) > 0) {
		struct log_rec r;
		if (snap_log(sn, key_get32(it.key.p, it.key.n, 4), &r))
			*vec_push(f->logs, f->n, f->cap) = r;
	}
	iter_release(&it);
	if (f->n != rec.nlogs)
		txn_fail(sn->t, ERR_CORRUPT, "the store is damaged: logs of run %u", run);
	if (f->n)
		qsort(f->logs, f->n, sizeof *f->logs, by_path);
}

static void
family_release(struct family *f)
{
	map_release(&f->at);
	free(f->logs);
}

/* Without points there is no metric: a column is one from its first number on. */
static bool
add_member(struct family *f, struct group *g, const struct log_rec *log, const struct bytes *v)
{
	struct member m = {.log = log};

	if (!series_rec_unpack(&m.rec, v) || !snap_follow(f->sn, log, &m.rec))
		return false;
	if (!m.rec.attempts)
		return false;
	m.told = snap_goal(f->sn, log, m.rec.column);
	*vec_push(g->v, g->n, g->cap) = m;
	return true;
}

/* Every series of the run that is called NAME in its log. */
static void
group_collect(struct family *f, const char *name, size_t len, struct group *g)
{
	g->n = 0;
	for (size_t i = 0; i < f->n; i++) {
		struct key prefix = key_name_prefix(f->logs[i].id, name, len);
		struct iter it;
		iter_init(&it, f->sn->t, &prefix);
		while (iter_next(&it) > 0) {
			uint32_t column = key_get32(it.key.p, it.key.n, 12);
			struct key k = key_pair(KEY_SERIES, f->logs[i].id, column);
			struct bytes v;
			if (db_get(f->sn->t, &k, &v) <= 0)
				continue;
			const char *is = series_rec_name(&v);
			if (is && strlen(is) == len && !memcmp(is, name, len))
				add_member(f, g, &f->logs[i], &v);
		}
		iter_release(&it);
	}
}

/* Is there a metric that is literally called NAME? */
static bool
literal(struct family *f, const char *name)
{
	struct group g = {0};

	if (f->listed)
		return map_get(&f->at, name, strlen(name)) != NULL;
	group_collect(f, name, strlen(name), &g);
	free(g.v);
	return g.n > 0;
}

/* The last COMPONENTS parts of PATH. */
static const char *
path_tail(const char *path, int components)
{
	const char *p = path + strlen(path);

	while (p > path) {
		if (p[-1] == '/' && --components == 0)
			break;
		p--;
	}
	return p;
}

/* Names that were given, and to whom. */
static bool
give_name(struct family *f, struct map *given, struct member *m, const struct str *s)
{
	if (map_get(given, s->buf, s->len) || literal(f, str_c(s)))
		return false;
	m->shown = snap_text(f->sn, str_c(s), s->len);
	map_put(given, s->buf, s->len, m);
	return true;
}

/* The lowest process of a format, and how many are as low. */
struct lead {
	const char *format;
	int rank;
	size_t n;
};

/* Of a format that is not the shown one, the only file or that of the lowest process. */
static void
suffix_formats(struct family *f, struct group *g, struct map *given)
{
	struct lead *lead = NULL, *l;
	size_t n = 0, cap = 0;
	struct str s = STR_INIT;

	for (size_t i = 0; i < g->n; i++) {
		const struct log_rec *log = g->v[i].log;
		for (l = lead; l < lead + n && strcmp(l->format, log->format) != 0; l++)
			;
		if (l == lead + n)
			l = vec_push(lead, n, cap), *l = (struct lead){log->format, INT_MAX, 0};
		if (log->rank < l->rank)
			*l = (struct lead){log->format, log->rank, 0};
		l->n += log->rank == l->rank;
	}
	for (size_t i = 0; i < g->n; i++) {
		struct member *m = &g->v[i];
		for (l = lead; strcmp(l->format, m->log->format) != 0; l++)
			;
		if (m->primary || m->log->rank != l->rank || l->n > 1)
			continue;
		str_reset(&s);
		str_addf(&s, "%s@%s", m->rec.name, l->format);
		give_name(f, given, m, &s);
	}
	free(lead);
	str_release(&s);
}

/* As many parts of the path as no other file has, the same number for all that need so many. */
static void
suffix_paths(struct family *f, struct group *g, struct map *given)
{
	struct str s = STR_INIT;
	size_t left = 0;

	for (size_t i = 0; i < g->n; i++)
		left += !g->v[i].shown;
	for (int parts = 1; left; parts++) {
		struct map tails = MAP_INIT;
		for (size_t i = 0; i < g->n; i++) {
			const char *tail = path_tail(g->v[i].log->path, parts);
			bool known = map_get(&tails, tail, strlen(tail)) != NULL;
			/* The group stands for several. */
			map_put(&tails, tail, strlen(tail), known ? (void *)g : &g->v[i]);
		}
		for (size_t i = 0; i < g->n; i++) {
			struct member *m = &g->v[i];
			const char *tail = path_tail(m->log->path, parts);
			bool whole = tail == m->log->path;
			if (m->shown || (!whole && map_get(&tails, tail, strlen(tail)) != m))
				continue;
			str_reset(&s);
			str_addf(&s, "%s@%s", m->rec.name, tail);
			if (whole)
				str_addf(&s, "#%u", m->rec.log);
			if (give_name(f, given, m, &s) || whole)
				left--;
			if (whole && !m->shown)
				m->shown = snap_text(f->sn, str_c(&s), s.len);
		}
		map_release(&tails);
	}
	str_release(&s);
}

static void
group_suffix(struct family *f, struct group *g)
{
	struct map given = MAP_INIT;

	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].shown)
			map_put(&given, g->v[i].shown, strlen(g->v[i].shown), &g->v[i]);
	suffix_formats(f, g, &given);
	suffix_paths(f, g, &given);
	map_release(&given);
}

/* Files that go on one from the other are one series: its sums are those of all, kept in the first,
 * by whose number it is known. Members are in order of path. */
static void
group_join(struct group *g)
{
	for (size_t i = 1; i < g->n; i++) {
		struct member *m = &g->v[i];
		for (size_t j = 0; j < i && !m->head; j++)
			if (!g->v[j].head && !strcmp(g->v[j].log->format, m->log->format) &&
			    source_continues(m->log->format, g->v[j].log->path, m->log->path))
				m->head = &g->v[j];
		if (!m->head)
			continue;
		struct series_rec *r = &m->head->rec;
		series_sum_append(&r->all, &m->rec.all);
		if (m->rec.attempt > r->attempt) {
			r->now = m->rec.now;
			r->attempts += m->rec.attempts;
			r->attempt = m->rec.attempt;
		} else if (m->rec.attempt == r->attempt) {
			series_sum_append(&r->now, &m->rec.now);
		}
	}
	size_t n = 0;
	for (size_t i = 0; i < g->n; i++)
		if (!g->v[i].head)
			g->v[n++] = g->v[i];
	g->n = n;
}

/* Those that have points in the newest attempt come before those that have none; then the format's
 * rank decides, and among the processes that wrote one format the lowest. */
static void
group_name(struct family *f, struct group *g)
{
	bool any = false;
	int rank = INT32_MAX;
	size_t best = 0;

	group_join(g);
	for (size_t i = 0; i < g->n; i++)
		any |= g->v[i].rec.attempt == f->attempt;
	for (size_t i = 0; i < g->n; i++)
		if ((!any || g->v[i].rec.attempt == f->attempt) && g->v[i].log->rank < rank)
			rank = g->v[i].log->rank;
	for (size_t i = 0; i < g->n; i++) {
		struct member *m = &g->v[i];
		m->primary = m->log->rank == rank && (!any || m->rec.attempt == f->attempt);
		best += m->primary;
	}
	for (size_t i = 0; i < g->n && best == 1; i++)
		if (g->v[i].primary)
			g->v[i].shown = g->v[i].rec.name;
	if (best != 1 || g->n > 1)
		group_suffix(f, g);
}

static void
fill(const struct family *f, const struct member *m, struct series_info *out)
{
	const struct series_rec *r = &m->rec;

	memset(out, 0, sizeof *out);
	out->id = r->id;
	out->run = f->run;
	out->log = r->log;
	out->name = r->name;
	out->shown = m->shown;
	out->told = m->told;
	out->format = m->log->format;
	out->file = m->log->path;
	out->primary = m->primary;
	out->attempt = r->attempt;
	out->attempts = r->attempts;
	if (r->attempt == f->attempt)
		out->now = r->now;
	else
		series_sum_init(&out->now);
	out->all = r->all;
}

/* ---- all of a run ---------------------------------------------------------------------------- */

struct entry {
	const char *name;
	struct bytes rec;
	const struct log_rec *log;
};

static int
by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : strcmp(x->log->path, y->log->path);
}

static struct entry *
list(struct family *f, size_t *n)
{
	struct entry *v = NULL;
	size_t cap = 0;

	*n = 0;
	for (size_t i = 0; i < f->n; i++) {
		struct key prefix = key_id(KEY_SERIES, f->logs[i].id);
		struct iter it;
		size_t before = *n;
		iter_init(&it, f->sn->t, &prefix);
		while (iter_next(&it) > 0) {
			const char *name = series_rec_name(&it.val);
			if (name)
				*vec_push(v, *n, cap) = (struct entry){name, it.val, &f->logs[i]};
		}
		iter_release(&it);
		if (*n - before != f->logs[i].columns)
			txn_fail(f->sn->t, ERR_CORRUPT, "the store is damaged: series of log %u",
				 f->logs[i].id);
	}
	if (*n)
		qsort(v, *n, sizeof *v, by_name);
	return v;
}

static void
note_names(struct family *f, const struct entry *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strchr(v[i].name, '@'))
			map_put(&f->at, v[i].name, strlen(v[i].name), f);
	f->listed = true;
}

static int
give(struct family *f, struct group *g, int (*fn)(void *ctx, const struct series_info *s),
     void *ctx)
{
	int rc = 0;

	group_name(f, g);
	for (int primary = 1; primary >= 0; primary--)
		for (size_t i = 0; i < g->n && !rc; i++) {
			struct series_info info;
			if (g->v[i].primary != primary)
				continue;
			fill(f, &g->v[i], &info);
			rc = fn(ctx, &info);
		}
	return rc;
}

int
snap_series(struct snap *sn, uint32_t run, int (*fn)(void *ctx, const struct series_info *s),
	    void *ctx)
{
	struct family f;
	struct group g = {0};
	size_t n;
	int rc = 0;

	family_init(&f, sn, run);
	struct entry *v = list(&f, &n);
	note_names(&f, v, n);
	for (size_t i = 0, j; i < n && !rc; i = j) {
		g.n = 0;
		for (j = i; j < n && !strcmp(v[i].name, v[j].name); j++)
			add_member(&f, &g, v[j].log, &v[j].rec);
		rc = give(&f, &g, fn, ctx);
	}
	free(v);
	free(g.v);
	family_release(&f);
	int code = snap_failed(sn, NULL);
	return code ? code : rc;
}

/* ---- one ------------------------------------------------------------------------------------- */

bool
snap_series_rec(struct snap *sn, uint32_t series, struct series_rec *out)
{
	struct key k = key_id(KEY_NUMBER, series);
	struct bytes v;

	if (db_get(sn->t, &k, &v) <= 0 || v.n != 8)
		return false;
	uint32_t at[2];
	memcpy(at, v.p, sizeof at);
	k = key_pair(KEY_SERIES, at[0], at[1]);
	return db_get(sn->t, &k, &v) > 0 && series_rec_unpack(out, &v);
}

/* A name that is looked up costs a look at each log, for each of the group: of a crowd of processes
 * it is less to list them all. */
static void
name_one(struct family *f, struct group *g)
{
	enum { CROWD = 16 };

	if (g->n > CROWD && !f->listed) {
		size_t n;
		struct entry *v = list(f, &n);
		note_names(f, v, n);
		free(v);
	}
	group_name(f, g);
}

/* Every series that is called as SERIES is, and which of them it is. */
static struct member *
group_of(struct family *f, struct snap *sn, uint32_t series, struct group *g)
{
	struct series_rec r;
	struct log_rec log;

	if (!snap_series_rec(sn, series, &r) || !snap_log(sn, r.log, &log))
		return NULL;
	family_init(f, sn, log.run);
	group_collect(f, r.name, strlen(r.name), g);
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].rec.id == series)
			return &g->v[i];
	return NULL;
}

bool
snap_series_get(struct snap *sn, uint32_t series, struct series_info *out)
{
	struct family f = {0};
	struct group g = {0};
	const struct member *m = group_of(&f, sn, series, &g);
	bool found = false;

	if (m) {
		const struct log_rec *log = m->log;
		name_one(&f, &g);
		for (size_t i = 0; i < g.n && !found; i++) {
			found = g.v[i].rec.id == series ||
				(!strcmp(g.v[i].log->format, log->format) &&
				 source_continues(log->format, g.v[i].log->path, log->path));
			if (found)
				fill(&f, &g.v[i], out);
		}
	}
	free(g.v);
	/* FORMAT and FILE point into the map; nothing points into F. */
	family_release(&f);
	return found;
}

bool
snap_series_sums(struct snap *sn, uint32_t series, struct series_info *out)
{
	struct member m = {0};
	struct log_rec log;
	struct run_rec run;

	if (!snap_series_rec(sn, series, &m.rec) || !snap_log(sn, m.rec.log, &log))
		return false;
	const struct source_ops *ops = source_by_name(log.format);
	if (ops && ops->continues)
		return snap_series_get(sn, series, out);
	if (!snap_follow(sn, &log, &m.rec) || !m.rec.attempts || !snap_run_rec(sn, log.run, &run))
		return false;
	m.log = &log;
	fill(&(struct family){.run = log.run, .attempt = run.info.attempt}, &m, out);
	return true;
}

bool
relay_init(struct relay *r, struct snap *sn, uint32_t series)
{
	struct family f = {0};
	struct group g = {0};
	struct series_rec rec;
	struct log_rec log;

	*r = (struct relay){0};
	if (!snap_series_rec(sn, series, &rec) || !snap_log(sn, rec.log, &log))
		return false;
	const struct source_ops *ops = source_by_name(log.format);
	if (ops && ops->continues && group_of(&f, sn, series, &g))
		for (size_t i = 0; i < g.n; i++) {
			const struct member *m = &g.v[i];
			if (!strcmp(m->log->format, log.format) &&
			    source_continues(log.format, log.path, m->log->path))
				*vec_push(r->leg, r->n, r->cap) =
					(struct leg){m->rec.id, m->rec.attempt, m->rec.now};
		}
	if (!r->n) /* it has no points, or nothing can come before it or behind it */
		*vec_push(r->leg, r->n, r->cap) = (struct leg){.series = series};
	free(g.v);
	family_release(&f);
	return true;
}

void
relay_release(struct relay *r)
{
	free(r->leg);
}

/* A member of the group NAME[0 … LEN) that is called SHOWN; or, when SHOWN is the bare name and
 * none is, the first of those that are shown. */
static bool
find_in_group(struct family *f, const char *shown, size_t len, struct series_info *out)
{
	struct group g = {0};
	const struct member *hit = NULL;

	group_collect(f, shown, len, &g);
	name_one(f, &g);
	for (size_t i = 0; i < g.n && !hit; i++)
		if (!strcmp(g.v[i].shown, shown))
			hit = &g.v[i];
	for (size_t i = 0; i < g.n && !hit && !shown[len]; i++)
		if (g.v[i].primary)
			hit = &g.v[i];
	if (hit)
		fill(f, hit, out);
	free(g.v);
	return hit != NULL;
}

bool
snap_series_find(struct snap *sn, uint32_t run, const char *shown, struct series_info *out)
{
	struct family f;

	family_init(&f, sn, run);
	bool found = find_in_group(&f, shown, strlen(shown), out);
	for (const char *at = shown + strlen(shown); !found && at > shown; at--)
		if (*at == '@')
			found = find_in_group(&f, shown, (size_t)(at - shown), out);
	family_release(&f);
	return found;
}
