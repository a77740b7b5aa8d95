/* What a series is called. Its name is what was logged; when several logs of a run have a metric of
 * one name, one format is shown under it and the others get a suffix. That is settled when it is
 * asked, from the run's logs as they are: nothing about it is stored, so it cannot go stale. */
#include "store/relay.h"

#include "core/source.h"
#include "core/xalloc.h"
#include "store/snap.h"

#include <stdlib.h>
#include <string.h>

/* The logs of a run. */
struct family {
	struct snap *sn;
	uint32_t run, attempt; /* newest */
	struct log_rec *logs;
	size_t n, cap;
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

static bool
taken(struct family *f, const struct group *g, const struct member *m, const char *shown)
{
	for (size_t i = 0; i < g->n; i++)
		if (&g->v[i] != m && g->v[i].shown && !strcmp(g->v[i].shown, shown))
			return true;
	return literal(f, shown);
}

static void
suffix(struct family *f, const struct group *g, struct member *m, bool by_format)
{
	struct str s = STR_INIT;

	for (int components = 0;; components++) {
		str_reset(&s);
		if (components == 0 && !by_format)
			continue;
		const char *tail = path_tail(m->log->path, components);
		bool whole = tail == m->log->path;
		bool unique = true;
		for (size_t i = 0; i < g->n && components; i++)
			unique = unique && (&g->v[i] == m ||
					    strcmp(path_tail(g->v[i].log->path, components), tail));
		str_addf(&s, "%s@%s", m->rec.name, components ? tail : m->log->format);
		if (components && whole) {
			str_addf(&s, "#%u", m->rec.log);
			break;
		}
		if (unique && !taken(f, g, m, str_c(&s)))
			break;
	}
	m->shown = snap_text(f->sn, str_c(&s), s.len);
	str_release(&s);
}

/* Of its format it is the only one, or that of the lowest process. */
static bool
leads_format(const struct group *g, const struct member *m)
{
	for (size_t i = 0; i < g->n; i++)
		if (&g->v[i] != m && g->v[i].log->rank <= m->log->rank &&
		    !strcmp(g->v[i].log->format, m->log->format))
			return false;
	return true;
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
	for (size_t i = 0; i < g->n; i++) {
		struct member *m = &g->v[i];
		if (m->primary && best == 1)
			m->shown = m->rec.name;
		else
			suffix(f, g, m, !m->primary && leads_format(g, m));
	}
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
		group_name(&f, &g);
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
	group_name(f, &g);
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
