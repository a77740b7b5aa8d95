/* Lines that rules look for. They are found while a log is read and judged before the commit, all
 * of its ranks together, the first in time first. A log that is only compared with what is kept of
 * it may be another attempt: its lines wait until that is known.
 *
 * What was found is kept under the run and what was looked for, whether it was judged or, by a
 * command, only read. */
#include "core/judge_own.h"

#include "core/clock.h"
#include "core/log_kept.h"
#include "core/log_scan.h"
#include "core/text_line.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { EXCERPT = 240, BEFORE = 60 }; /* bytes of a line that are kept, and before the match */

static const struct rules *
asker(const struct judge *j)
{
	return j->rules ? j->rules : j->asks;
}

/* -- what is kept ------------------------------------------------------------------------------ */

static char *
kept_name(const char *run, const char *wish, size_t *n)
{
	char *name = xasprintf("%s\n%s", run, wish);
	*n = strlen(name);
	return name;
}

static struct log_kept *
kept_find(const struct judge *j, const char *run, const char *wish)
{
	size_t n;
	char *name = kept_name(run, wish, &n);
	struct log_kept *k = map_get(&j->said, name, n);
	free(name);
	return k;
}

static void
kept_take(struct judge *j, struct log_kept *k)
{
	size_t n;
	char *name = kept_name(k->run, k->wish, &n);
	struct log_kept *old = map_remove(&j->said, name, n);
	if (old)
		log_kept_release(old);
	free(old);
	map_put(&j->said, name, n, k);
	free(name);
}

static void
kept_put(struct judge *j, const struct log_kept *k)
{
	char key[24];
	struct str v = STR_INIT;
	log_kept_key(key, k->run, k->wish);
	log_kept_pack(&v, k);
	j->real->ops->outbox_put(j->real, key, v.buf, v.len);
	str_release(&v);
	j->dirty = true;
}

static void
kept_drop(struct judge *j, const char *run, const char *wish)
{
	char key[24];
	size_t n;
	char *name = kept_name(run, wish, &n);
	struct log_kept *k = map_remove(&j->said, name, n);
	if (k)
		log_kept_release(k);
	free(k);
	free(name);
	log_kept_key(key, run, wish);
	j->real->ops->outbox_put(j->real, key, NULL, 0);
	j->dirty = true;
}

static int
load_one(void *ctx, const char *key, const void *p, size_t n)
{
	struct judge *j = ctx;
	struct log_kept k;
	if (log_kept_is(key) && log_kept_unpack(&k, p, n))
		kept_take(j, xmemdup(&k, sizeof k));
	return 0;
}

static void
load(struct judge *j)
{
	if (!j->said_loaded)
		j->real->ops->outbox_each(j->real, load_one, j);
	j->said_loaded = true;
}

void
judge_text_release(struct judge *j)
{
	struct log_kept *k;
	for (size_t at = 0; (k = map_next(&j->said, &at));) {
		log_kept_release(k);
		free(k);
	}
	map_release(&j->said);
	j->said = (struct map)MAP_INIT;
	j->said_loaded = false;
}

static struct log_hit
hit_of(const struct log_kept *k, int wish)
{
	return (struct log_hit){wish, k->wall_us, k->arrival_us, k->historic, k->line};
}

static void
note_fatal(struct judge *j, const char *run, const char *wish)
{
	if (!strcmp(wish, "fatal"))
		judge_run(j, run)->fatal = true;
}

void
judge_text_rules(struct judge *j)
{
	struct log_kept *k;
	load(j);
	for (size_t at = 0; (k = map_next(&j->said, &at));) {
		int wish = log_wanted_find(rules_wanted(j->rules), k->wish);
		struct log_hit h = hit_of(k, wish);
		if (wish >= 0 && k->judged)
			rules_said_before(j->rules, k->run, k->attempt, &h);
	}
}

/* -- finding ----------------------------------------------------------------------------------- */

struct found {
	struct judge *j;
	struct judge_log *log;
	int64_t arrival_us;
};

/* The part of a line in which AT lies, as it is shown. */
static char *
excerpt(const char *p, size_t n, size_t at)
{
	size_t from = at > EXCERPT / 2 ? at - BEFORE : 0;
	while (from && from < n && ((unsigned char)p[from] & 0xC0) == 0x80)
		from++;
	size_t most = n - from < EXCERPT ? n - from : EXCERPT;
	while (most < n - from && most && ((unsigned char)p[from + most] & 0xC0) == 0x80)
		most--;
	struct str s = STR_INIT;
	text_clean(&s, p + from, p + from + most);
	return str_steal(&s);
}

static int64_t
time_of_line(const struct judge *j, const char *p, size_t n, int64_t arrival_us)
{
	struct text_line l;
	struct str s = STR_INIT;
	int32_t tz = INT_MIN;
	if (j->conf)
		conf_parse_tz(conf_str(j->conf, "source.tz"), &tz);
	text_clean(&s, p, p + n);
	text_line_read(&l, str_c(&s), str_c(&s) + s.len, tz, arrival_us);
	str_release(&s);
	return l.wall_us;
}

static void
on_line(void *ctx, int wish, const char *p, size_t n, size_t at)
{
	const struct found *f = ctx;
	struct judge_lines *ls = f->log->lines;
	for (size_t i = 0; i < ls->nhits; i++)
		if (ls->hit[i].wish == wish)
			return; /* the first of the log counts */
	*vec_push(ls->hit, ls->nhits, ls->cap) = (struct log_hit){
		.wish = wish,
		.wall_us = time_of_line(f->j, p, n, f->arrival_us),
		.arrival_us = f->arrival_us,
		.historic = f->log->historic,
		.line = excerpt(p, n, at),
	};
	f->j->found = true;
}

void
judge_text(struct judge *j, uint32_t log, const char *p, size_t n, bool whole, int64_t arrival_us)
{
	struct judge_log *l = judge_log(j, log);
	const struct rules *r = asker(j);
	if (!l || !r || !log_wanted_count(rules_wanted(r)))
		return;
	struct found f = {j, l, arrival_us};
	if (!l->lines)
		l->lines = xcalloc(1, sizeof *l->lines);
	log_scan_feed(&l->lines->scan, rules_wanted(r), p, n, whole, on_line, &f);
}

void
judge_log_unsay(struct judge_log *l)
{
	for (size_t i = 0; l->lines && i < l->lines->nhits; i++)
		free((char *)(uintptr_t)l->lines->hit[i].line);
	if (l->lines)
		l->lines->nhits = 0;
}

void
judge_log_lines_release(struct judge_log *l)
{
	judge_log_unsay(l);
	if (!l->lines)
		return;
	free(l->lines->hit);
	log_scan_release(&l->lines->scan);
	free(l->lines);
	l->lines = NULL;
}

void
judge_log_lines_rest(struct judge_log *l)
{
	const struct judge_lines *ls = l->lines;
	if (ls && !ls->nhits && !ls->scan.rest.len && !ls->scan.passing)
		judge_log_lines_release(l);
}

void
judge_log_scan_anew(struct judge_log *l)
{
	judge_log_unsay(l);
	if (l->lines)
		log_scan_reset(&l->lines->scan);
}

/* -- judging ----------------------------------------------------------------------------------- */

static void
keep(struct judge *j, const char *run, uint32_t attempt, const struct log_hit *h)
{
	struct log_kept *k = xcalloc(1, sizeof *k);
	*k = (struct log_kept){
		.run = xstrdup(run),
		.wish = xstrdup(log_wanted_key(rules_wanted(asker(j)), h->wish)),
		.line = xstrdup(h->line),
		.attempt = attempt,
		.wall_us = h->wall_us,
		.arrival_us = h->arrival_us,
		.historic = h->historic,
		.judged = j->rules != NULL,
	};
	kept_put(j, k);
	note_fatal(j, k->run, k->wish);
	kept_take(j, k);
}

static void
judge_hit(struct judge *j, struct vitals *v, uint32_t attempt, const struct log_hit *h)
{
	int64_t now = h->historic ? (h->wall_us ? h->wall_us : h->arrival_us) : clock_wall_us();
	if (rules_said(j->rules, v->run, attempt, h, v->ev.last_step, now, judge_emit, j))
		keep(j, v->run, attempt, h);
}

/* No rule is judged: the first is left for who does. */
static void
leave_hit(struct judge *j, const char *run, uint32_t attempt, const struct log_hit *h)
{
	const struct log_kept *k =
		kept_find(j, run, log_wanted_key(rules_wanted(asker(j)), h->wish));
	if (!k || k->attempt < attempt)
		keep(j, run, attempt, h);
}

struct waiting {
	struct judge_log *log;
	struct log_hit *hit;
};

static int
by_time(const void *pa, const void *pb)
{
	const struct log_hit *a = ((const struct waiting *)pa)->hit;
	const struct log_hit *b = ((const struct waiting *)pb)->hit;
	int64_t at = a->wall_us ? a->wall_us : a->arrival_us;
	int64_t bt = b->wall_us ? b->wall_us : b->arrival_us;
	return (at > bt) - (at < bt);
}

void
judge_settle(struct judge *j)
{
	struct waiting *w = NULL;
	size_t n = 0, cap = 0;
	if (!j->found)
		return;
	j->found = false;
	load(j);
	for (size_t i = 0; i < j->nlogs; i++) {
		struct judge_log *l = &j->log[i];
		if (!l->lines || !l->lines->nhits)
			continue;
		if (l->comparing) {
			j->found = true;
			continue;
		}
		judge_log_attempt(j, l);
		for (size_t k = 0; k < l->lines->nhits; k++)
			*vec_push(w, n, cap) = (struct waiting){l, &l->lines->hit[k]};
	}
	if (n)
		qsort(w, n, sizeof *w, by_time);
	for (size_t i = 0; i < n; i++) {
		struct judge_log *l = w[i].log;
		if (j->rules && l->attempt >= l->run->attempt)
			judge_hit(j, l->run, l->attempt, w[i].hit);
		else if (!j->rules)
			leave_hit(j, l->run->run, l->attempt, w[i].hit);
	}
	for (size_t i = 0; i < n; i++)
		judge_log_unsay(w[i].log);
	free(w);
}

void
judge_text_catch_up(struct judge *j)
{
	struct log_kept *k;
	struct log_kept **left = NULL;
	size_t n = 0, cap = 0;
	for (size_t at = 0; (k = map_next(&j->said, &at));) {
		note_fatal(j, k->run, k->wish);
		if (!k->judged && log_wanted_find(rules_wanted(j->rules), k->wish) >= 0)
			*vec_push(left, n, cap) = k;
	}
	for (size_t i = 0; i < n; i++) {
		/* Whoever keeps it anew puts another in its place. */
		struct log_kept was = *left[i];
		struct log_hit h = hit_of(&was, log_wanted_find(rules_wanted(j->rules), was.wish));
		struct vitals *v = judge_run(j, was.run);
		was.line = xstrdup(was.line);
		h.line = was.line;
		if (was.attempt >= v->attempt)
			judge_hit(j, v, was.attempt, &h);
		free(was.line);
	}
	free(left);
}

void
judge_went_on(struct judge *j, struct vitals *v, int64_t us)
{
	if (!v->fatal || !rules_went_on(j->rules, v->run, us))
		return;
	v->fatal = false;
	kept_drop(j, v->run, "fatal");
}
