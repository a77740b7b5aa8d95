/* What is before a place is a cut: so many bytes of each file. From a cut on lines are merged by
 * their times, forth or back, with one line of each file at hand.
 *
 * Merging forth and merging back agree only where times do not go back, and a line that is late
 * would change what was said before. So what was given out is kept in pages: a cut, and whose lines
 * followed. Who asks for a place that stands in a page gets what he got. */
#include "core/log_merge_own.h"

#include "core/clock.h"
#include "core/wandb_text.h"
#include "core/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	QUIET_US = 2000000, /* a line without an end is given out when nothing came for so long */
	UNIT = 16 << 10,    /* bytes that are read at once, of each of */
	MANY = 8,           /* more files than that */
	PAGE = 1024,        /* lines */
	MAKE_US = 2000,     /* for making a text of what is none */
};

/* -- its life --------------------------------------------------------------------------------- */

struct log_merge *
log_merge_new(char *const *paths, size_t n, uint64_t id)
{
	struct log_merge *g = xcalloc(1, sizeof *g);
	char **who = xcalloc(n + 1, sizeof *who);
	log_who(paths, n, who);
	g->id = id;
	g->n = n;
	g->file = xcalloc(n + 1, sizeof *g->file);
	g->cut = xcalloc(n + 1, sizeof *g->cut);
	for (size_t i = 0; i < n; i++) {
		g->file[i].path = xstrdup(paths[i]);
		g->file[i].who = who[i];
		g->file[i].f.fd = -1;
	}
	free(who);
	return g;
}

void
merge_search_clear(struct merge_search *s)
{
	free(s->text);
	free(s->from);
	free(s->at);
	free(s->done);
	free(s->found);
	free(s->us);
	*s = (struct merge_search){.busy = false};
}

static void
page_clear(struct merge_page *p)
{
	free(p->cut);
	free(p->who);
	free(p->len);
	*p = (struct merge_page){.n = 0};
}

/* A file is another one than before: nothing that was said holds. */
static void
begin_anew(struct log_merge *g)
{
	g->generation++;
	g->cut_known = false;
	for (int i = 0; i < MERGE_PAGES; i++)
		page_clear(&g->page[i]);
	for (int i = 0; i < MERGE_SEARCHES; i++)
		merge_search_clear(&g->search[i]);
}

void
log_merge_free(struct log_merge *g)
{
	if (!g)
		return;
	log_merge_end(g);
	begin_anew(g);
	for (size_t i = 0; i < g->n; i++) {
		free(g->file[i].path);
		free(g->file[i].who);
	}
	free(g->file);
	free(g->cut);
	str_release(&g->clean);
	free(g);
}

bool
log_merge_is(const struct log_merge *g, char *const *paths, size_t n)
{
	bool same = g->n == n;
	for (size_t i = 0; i < n && same; i++)
		same = !strcmp(g->file[i].path, paths[i]);
	return same;
}

/* -- the files -------------------------------------------------------------------------------- */

static void
forget_file(struct merge_file *m)
{
	m->known = m->judged = m->timeless = m->begun = false;
	m->end = m->size = 0;
	m->stamp_to = m->stamp_from = 0;
}

static int64_t
changed_us(const struct log_file *f)
{
	struct stat st;
	if (fstat(f->fd, &st) < 0)
		return 0;
	return st.st_mtim.tv_sec * INT64_C(1000000) + st.st_mtim.tv_nsec / 1000;
}

/* Where the last whole line ends; or all, when nothing came for a while. */
static void
take_end(struct log_merge *g, struct merge_file *m)
{
	const char *last;
	uint64_t size = m->f.size;
	int64_t mono = clock_mono_us();
	if (size != m->size || !m->since_us) {
		int64_t age = g->now_us - changed_us(&m->f);
		m->size = size;
		m->since_us = mono - (age > 0 && !m->known ? age : 0);
	}
	m->begun |= !m->known && size == 0;
	m->known = true;
	if (m->end == size)
		return;
	bool whole = log_file_bytes(&m->f, size - 1, size, &last) == 1 && *last == '\n';
	uint64_t end = whole || mono - m->since_us >= QUIET_US ? size : log_file_start(&m->f, size);
	if (end > m->end)
		m->end = end;
	m->f.size = m->end;
	m->f.chunk[0].at = m->f.chunk[1].at = 0; /* they may reach beyond that */
}

static void
open_one(struct log_merge *g, struct merge_file *m, const struct log_serve_env *env)
{
	struct err e;
	m->why[0] = '\0';
	if (wandb_texts_open(env->texts, &m->f, m->path, env->tz_offset_s,
			     clock_mono_us() + MAKE_US, &e) < 0) {
		snprintf(m->why, sizeof m->why, "%.199s", e.text);
		m->f.fd = -1;
		if (m->known)
			begin_anew(g);
		forget_file(m);
		return;
	}
	if (g->n > MANY)
		m->f.unit = UNIT;
	if (m->known && (m->dev != m->f.dev || m->ino != m->f.ino || m->f.size < m->end ||
			 (m->head && m->head != m->f.head))) {
		begin_anew(g);
		forget_file(m);
	}
	m->dev = m->f.dev;
	m->ino = m->f.ino;
	m->head = m->f.head;
	take_end(g, m);
}

void
log_merge_begin(struct log_merge *g, const struct log_serve_env *env)
{
	g->tz_offset_s = env->tz_offset_s;
	g->now_us = clock_wall_us();
	for (size_t i = 0; i < g->n; i++)
		open_one(g, &g->file[i], env);
	g->cut_known = false;
	merge_judge(g);
}

void
log_merge_end(struct log_merge *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->file[i].f.fd >= 0)
			log_file_close(&g->file[i].f);
	g->cut_known = false;
}

uint64_t
log_merge_size(const struct log_merge *g)
{
	uint64_t size = 0;
	for (size_t i = 0; i < g->n; i++)
		size += g->file[i].end;
	return size;
}

bool
log_merge_failed(const struct log_merge *g, struct err *e)
{
	size_t failed = 0;
	const char *why = NULL;
	for (size_t i = 0; i < g->n; i++) {
		failed += g->file[i].why[0] != '\0';
		if (g->file[i].why[0] && !why)
			why = g->file[i].why;
	}
	if (!why || failed < g->n)
		return false;
	err_set(e, ERR_SYS, "%s", why);
	return true;
}

/* -- pages ------------------------------------------------------------------------------------ */

/* The page that has AT where a line begins or, BACK, ends, and the number of lines before it. */
static struct merge_page *
page_with(struct log_merge *g, uint64_t at, bool back, size_t *lines)
{
	struct merge_page *best = NULL;
	for (int i = 0; i < MERGE_PAGES; i++) {
		struct merge_page *p = &g->page[i];
		if (!p->n || (back ? at <= p->at || at > p->end : at < p->at || at >= p->end) ||
		    (best && best->used > p->used))
			continue;
		uint64_t to = p->at;
		size_t k = 0;
		while (k < p->n && to < at)
			to += p->len[k++];
		if (to != at)
			continue;
		best = p;
		*lines = k;
	}
	if (best)
		best->used = ++g->uses;
	return best;
}

static void
page_cut(const struct log_merge *g, const struct merge_page *p, size_t lines, uint64_t *cut)
{
	memcpy(cut, p->cut, g->n * sizeof *cut);
	for (size_t i = 0; i < lines; i++)
		cut[p->who[i]] += p->len[i];
}

static struct merge_page *
page_new(struct log_merge *g)
{
	struct merge_page *p = &g->page[0];
	for (int i = 1; i < MERGE_PAGES; i++)
		if (g->page[i].used < p->used)
			p = &g->page[i];
	page_clear(p);
	p->cut = xcalloc(g->n + 1, sizeof *p->cut);
	p->used = ++g->uses;
	return p;
}

static void
page_room(struct merge_page *p)
{
	size_t cap = p->cap;
	xgrow(&p->who, &cap, p->n + 1, sizeof *p->who);
	cap = p->cap;
	xgrow(&p->len, &cap, p->n + 1, sizeof *p->len);
	p->cap = cap;
}

/* The line of FILE that begins at AT, where CUT is, is put behind a page that ends there. */
static void
keep_forth(struct log_merge *g, uint64_t at, const uint64_t *cut, size_t file, uint64_t len)
{
	struct merge_page *p = NULL;
	for (int i = 0; i < MERGE_PAGES && !p; i++)
		if (g->page[i].n && g->page[i].n < PAGE && g->page[i].end == at &&
		    g->page[i].used == g->uses)
			p = &g->page[i];
	if (!p) {
		p = page_new(g);
		p->at = p->end = at;
		memcpy(p->cut, cut, g->n * sizeof *cut);
	}
	page_room(p);
	p->who[p->n] = (uint16_t)file;
	p->len[p->n++] = (uint32_t)len;
	p->end += len;
}

/* The same before a page that begins at END. */
static void
keep_back(struct log_merge *g, uint64_t end, const uint64_t *cut, size_t file, uint64_t len)
{
	struct merge_page *p = NULL;
	for (int i = 0; i < MERGE_PAGES && !p; i++)
		if (g->page[i].n && g->page[i].n < PAGE && g->page[i].at == end &&
		    g->page[i].used == g->uses)
			p = &g->page[i];
	if (!p) {
		p = page_new(g);
		p->at = p->end = end;
		memcpy(p->cut, cut, g->n * sizeof *cut);
	}
	page_room(p);
	memmove(p->who + 1, p->who, p->n * sizeof *p->who);
	memmove(p->len + 1, p->len, p->n * sizeof *p->len);
	p->who[0] = (uint16_t)file;
	p->len[0] = (uint32_t)len;
	p->n++;
	p->at -= len;
	p->cut[file] -= len;
}

bool
merge_shown(struct log_merge *g, size_t file, uint64_t start, uint64_t *at)
{
	uint64_t newest = 0;
	for (int i = 0; i < MERGE_PAGES; i++) {
		const struct merge_page *p = &g->page[i];
		if (!p->n || p->used <= newest || p->cut[file] > start)
			continue;
		uint64_t in_file = p->cut[file], in_all = p->at;
		for (size_t k = 0; k < p->n && in_file <= start; k++) {
			if (p->who[k] == file && in_file == start) {
				newest = p->used;
				*at = in_all;
				break;
			}
			in_file += p->who[k] == file ? p->len[k] : 0;
			in_all += p->len[k];
		}
	}
	return newest > 0;
}

uint64_t
merge_keep(struct log_merge *g, const uint64_t *cut, size_t file, uint64_t len)
{
	uint64_t at = 0;
	size_t lines;
	for (size_t i = 0; i < g->n; i++)
		at += cut[i];
	/* What stood there before is another order of the same lines. */
	struct merge_page *p = page_with(g, at, false, &lines);
	if (p && p->who[lines] == file)
		return at;
	p = page_new(g);
	p->at = at;
	memcpy(p->cut, cut, g->n * sizeof *cut);
	page_room(p);
	p->who[0] = (uint16_t)file;
	p->len[0] = (uint32_t)len;
	p->n = 1;
	p->end = at + len;
	return at;
}

void
merge_cut_at(struct log_merge *g, uint64_t at, uint64_t *cut)
{
	uint64_t size = log_merge_size(g);
	size_t lines;
	struct merge_page *p = page_with(g, at, false, &lines);
	if (!p)
		p = page_with(g, at, true, &lines);
	if (p) {
		page_cut(g, p, lines, cut);
		return;
	}
	/* A place that nobody was told of, or long ago: about there. */
	for (size_t i = 0; i < g->n; i++) {
		struct merge_file *m = &g->file[i];
		cut[i] = at >= size ? m->end : 0;
		if (at > 0 && at < size && m->f.fd >= 0)
			cut[i] = log_file_start(&m->f, (uint64_t)((double)at / (double)size *
								  (double)m->end));
	}
}

/* -- one line after the other ----------------------------------------------------------------- */

static void
stand_at(struct log_merge *g, uint64_t at, bool back)
{
	if (g->cut_known && g->cut_at == at && g->cut_back == back)
		return;
	if (!g->cut_known || g->cut_at != at)
		merge_cut_at(g, at, g->cut);
	g->cut_at = 0;
	for (size_t i = 0; i < g->n; i++) {
		g->cut_at += g->cut[i];
		g->file[i].next = false;
		g->file[i].next_at = UINT64_MAX;
	}
	g->cut_known = true;
	g->cut_back = back;
}

static bool
has_next(struct log_merge *g, size_t i)
{
	struct merge_file *m = &g->file[i];
	uint64_t at = g->cut[i];
	if (m->f.fd < 0 || (g->cut_back ? at == 0 : at >= m->end))
		return false;
	if (m->next && m->next_at == at)
		return true;
	m->next_at = at;
	m->next = true;
	m->next_start = g->cut_back ? log_file_start(&m->f, at - 1) : at;
	m->next_end = g->cut_back ? at : log_file_end(&m->f, at);
	m->next_us = merge_time(g, m, m->next_start);
	return true;
}

/* Whose line comes next, by time; N: no more. */
static size_t
next_of(struct log_merge *g)
{
	size_t best = g->n;
	for (size_t i = 0; i < g->n; i++) {
		if (!has_next(g, i))
			continue;
		int64_t us = g->file[i].next_us, least = best < g->n ? g->file[best].next_us : 0;
		if (best == g->n || (g->cut_back ? us >= least : us < least))
			best = i;
	}
	return best;
}

static void
take(struct log_merge *g, size_t file, uint64_t start, uint64_t end, struct log_merged *l)
{
	uint64_t len = end - start;
	*l = (struct log_merged){
		.file = file,
		.who = g->file[file].who,
		.f = &g->file[file].f,
		.start = start,
		.end = end,
		.at = g->cut_back ? g->cut_at - len : g->cut_at,
	};
	if (g->cut_back) {
		g->cut[file] -= len;
		g->cut_at -= len;
	} else {
		g->cut[file] += len;
		g->cut_at += len;
	}
}

bool
log_merge_forth(struct log_merge *g, uint64_t at, struct log_merged *l)
{
	size_t lines;
	stand_at(g, at, false);
	struct merge_page *p = page_with(g, g->cut_at, false, &lines);
	if (p && g->file[p->who[lines]].f.fd >= 0) {
		page_cut(g, p, lines, g->cut);
		uint64_t start = g->cut[p->who[lines]];
		take(g, p->who[lines], start, start + p->len[lines], l);
		return true;
	}
	size_t i = next_of(g);
	if (i == g->n)
		return false;
	const struct merge_file *m = &g->file[i];
	keep_forth(g, g->cut_at, g->cut, i, m->next_end - m->next_start);
	take(g, i, m->next_start, m->next_end, l);
	return true;
}

bool
log_merge_back(struct log_merge *g, uint64_t at, struct log_merged *l)
{
	size_t lines;
	uint64_t size = log_merge_size(g);
	stand_at(g, at < size ? at : size, true);
	struct merge_page *p = page_with(g, g->cut_at, true, &lines);
	if (p && g->file[p->who[lines - 1]].f.fd >= 0) {
		page_cut(g, p, lines, g->cut);
		uint64_t end = g->cut[p->who[lines - 1]];
		take(g, p->who[lines - 1], end - p->len[lines - 1], end, l);
		return true;
	}
	size_t i = next_of(g);
	if (i == g->n)
		return false;
	const struct merge_file *m = &g->file[i];
	keep_back(g, g->cut_at, g->cut, i, m->next_end - m->next_start);
	take(g, i, m->next_start, m->next_end, l);
	return true;
}
