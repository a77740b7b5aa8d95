/* name_params.c - runs that only a counter tells apart get the parameters that do.
 *
 * version_3 or run-20260211_121423-kj3gdsjx says nothing to anybody; lr=0.01 does. So runs in one
 * directory whose last part a framework made up (a version, an id, a date) are compared by their
 * parameters, and those that differ are added to the name: at most three, what people tune first,
 * nothing long. Names stay unique, because each begins with what was unique before. */
#include "tui/model_own.h"

#include "core/str.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/strset.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define GROUP_MAX \
	200 /* larger ones keep their counters: a look at each run's parameters has its price */
#define SHOWN_MAX 3
#define VALUE_MAX 16

struct param {
	char *key, *value;
};

struct member {
	int run;
	struct param *param; /* in order of key */
	int n;
	size_t cap;
};

/* A key that differs within a group. */
struct varying {
	const char *key;
	int rank, have;
};

/* -- which names say nothing ----------------------------------------------------------------- */

static bool
counter_word(const char *p, size_t n)
{
	static const char *const word[] = {"version", "run", "offline", "trial", "job", "v", "t"};
	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if (strlen(word[i]) == n && strncasecmp(p, word[i], n) == 0)
			return true;
	return false;
}

/* Made of digits, separators and words for a counter; or an id in hexadecimal; or what W&B makes
 * up. */
static bool
says_nothing(const char *part)
{
	size_t len = strlen(part);
	bool digits = strpbrk(part, "0123456789") != NULL;
	if (!digits)
		return false;
	if (len >= 8 && strspn(part, "0123456789abcdefABCDEF") == len)
		return true;
	if (strncmp(part, "run-", 4) == 0 || strncmp(part, "offline-run-", 12) == 0)
		return true;
	for (const char *p = part; *p;) {
		size_t n = 0;
		while (isalpha((unsigned char)p[n]))
			n++;
		if (n && !counter_word(p, n))
			return false;
		p += n ? n : 1;
	}
	return true;
}

/* -- parameters ------------------------------------------------------------------------------ */

static int
scan_param(void *ctx, const char *key, const char *value)
{
	struct member *mb = ctx;
	struct param *p = vec_push(mb->param, mb->n, mb->cap);
	p->key = xstrdup(key);
	p->value = xstrdup(value);
	return 0;
}

static const char *
param_of(const struct member *mb, const char *key)
{
	for (int i = 0; i < mb->n; i++)
		if (strcmp(mb->param[i].key, key) == 0)
			return mb->param[i].value;
	return NULL;
}

static const char *
last_part(const char *key)
{
	const char *at = key;
	for (const char *p = key; *p; p++)
		if ((*p == '/' || *p == '.') && p[1])
			at = p + 1;
	return at;
}

/* What people tune first. */
static int
rank_of(const char *key)
{
	static const char *const tuned[] = {"lr",          "learning_rate", "batch_size",
					    "seed",        "model",         "arch",
					    "optimizer",   "weight_decay",  "dropout",
					    "hidden_size", "n_layers",      "depth"};
	const char *last = last_part(key);
	int n = (int)(sizeof tuned / sizeof *tuned);
	for (int i = 0; i < n; i++)
		if (strcasecmp(tuned[i], last) == 0)
			return i;
	return n;
}

/* Does KEY tell any two members apart, in a way that fits a name? */
static bool
varies(const struct member *mb, int n, const char *key, int *have)
{
	const char *first = param_of(&mb[0], key);
	bool differs = false;
	*have = 0;
	for (int i = 0; i < n; i++) {
		const char *v = param_of(&mb[i], key);
		*have += v != NULL;
		differs |= !v != !first || (v && strcmp(v, first) != 0);
		if (v && (strlen(v) > VALUE_MAX || strpbrk(v, "/ \n\t{}[]")))
			return false;
	}
	return differs;
}

static int
varying_order(const void *a, const void *b)
{
	const struct varying *x = a, *y = b;
	if (x->have != y->have)
		return y->have - x->have;
	return x->rank != y->rank ? x->rank - y->rank : strcmp(x->key, y->key);
}

static int
find_varying(const struct member *mb, int n, struct varying **out)
{
	struct strset seen = STRSET_INIT;
	struct varying *v = NULL;
	size_t cap = 0;
	int nv = 0, have;
	for (int i = 0; i < n; i++)
		for (int k = 0; k < mb[i].n; k++) {
			const char *key = mb[i].param[k].key;
			if (strset_add(&seen, key, 1) < 0 && varies(mb, n, key, &have))
				*vec_push(v, nv, cap) = (struct varying){key, rank_of(key), have};
		}
	strset_release(&seen);
	if (nv)
		qsort(v, (size_t)nv, sizeof *v, varying_order);
	*out = v;
	return nv;
}

static void
rename_run(struct model *m, const struct member *mb, const struct varying *v, int n)
{
	struct str raw = STR_INIT, clean = STR_INIT;
	for (int i = 0; i < n && i < SHOWN_MAX; i++) {
		const char *value = param_of(mb, v[i].key);
		if (value)
			str_addf(&raw, " %s=%s", last_part(v[i].key), value);
	}
	utf8_clean(&clean, str_c(&raw), raw.len, m->ascii);
	struct model_run *r = &m->run[mb->run];
	r->name = arena_printf(&m->own->called, "%s%s", r->name, str_c(&clean));
	str_release(&raw);
	str_release(&clean);
}

static void
name_group(struct model *m, struct snap *sn, const int *run, int n)
{
	bool any = false;
	for (int i = 0; i < n; i++)
		any = any || m->run[run[i]].info.params;
	if (!any)
		return;
	struct member *mb = xcalloc((size_t)n, sizeof *mb);
	struct varying *v;
	for (int i = 0; i < n; i++) {
		mb[i].run = run[i];
		if (m->run[run[i]].info.params)
			snap_params(sn, m->run[run[i]].info.id, scan_param, &mb[i]);
	}
	int nv = find_varying(mb, n, &v);
	for (int i = 0; i < n && nv; i++)
		rename_run(m, &mb[i], v, nv);
	for (int i = 0; i < n; i++) { /* the keys of V are theirs */
		for (int k = 0; k < mb[i].n; k++) {
			free(mb[i].param[k].key);
			free(mb[i].param[k].value);
		}
		free(mb[i].param);
	}
	free(v);
	free(mb);
}

/* The first run from LO on, in order of path, that does not lie below DIR, LEN bytes. */
static int
dir_end(const struct model *m, int lo, const char *dir, size_t len)
{
	int hi = m->nruns;
	while (lo < hi) {
		int mid = lo + (hi - lo) / 2;
		if (strncmp(m->run[m->own->by_path[mid]].info.path, dir, len) == 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void
params_name(struct model *m, struct snap *sn)
{
	const struct model_own *o = m->own;
	int group[GROUP_MAX + 1], n = 0;
	/* Runs of one directory whose last part says nothing are nearly neighbours in order of
	 * path: what lies below one of them comes between. */
	const char *dir = NULL;
	size_t len = 0;
	for (int i = 0; i <= m->nruns; i++) {
		const struct model_run *r = i < m->nruns ? &m->run[o->by_path[i]] : NULL;
		bool below = r && dir && strncmp(r->info.path, dir, len) == 0;
		/* Of a directory that has too many already no more needs to be known. */
		if (below && n > GROUP_MAX) {
			i = dir_end(m, i, dir, len) - 1;
			continue;
		}
		const char *last = r ? strrchr(r->info.path, '/') : NULL;
		bool same = below && last == r->info.path + len - 1;
		if (below && !same)
			continue;
		if (r && (r->given || !last || !says_nothing(last + 1)))
			continue;
		if (!same) {
			if (n >= 2 && n <= GROUP_MAX)
				name_group(m, sn, group, n);
			n = 0;
			dir = r ? r->info.path : NULL;
			len = r ? (size_t)(last - r->info.path) + 1 : 0;
		}
		if (r && n <= GROUP_MAX)
			group[n++] = o->by_path[i];
	}
}
