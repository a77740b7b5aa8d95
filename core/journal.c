/* A state is a set of facts, each with its time, and a line is a set of facts: taking one in means
 * to keep the greater of two. A maximum asks neither for order nor for once-only delivery, so there
 * is no log of what was read, no sequence, no conflict.
 *
 * A line is read twice: the first time to see that it is whole and what it is about, which may
 * stand anywhere in it; so a bad line leaves nothing behind. */
#include "core/journal.h"

#include "core/json.h"
#include "core/map.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Seconds. A double tells microseconds apart up to here, the year 2100. */
#define TIME_MAX INT64_C(4102444800)

struct fact {
	char *key, *text, *host;
	enum journal_type type;
	int64_t time_us;
};

struct subject {
	char *view, *rule, *run, *metric; /* NULL: no part of it */
	struct fact *fact;                /* in order of key */
	size_t n, cap;
};

struct journal {
	struct map subjects;
	uint64_t bad, version;
};

struct journal *
journal_new(void)
{
	return xcalloc(1, sizeof(struct journal));
}

static void
fact_release(struct fact *f)
{
	free(f->key);
	free(f->text);
	free(f->host);
}

static void
subject_free(struct subject *s)
{
	for (size_t i = 0; i < s->n; i++)
		fact_release(&s->fact[i]);
	free(s->fact);
	free(s->view);
	free(s->rule);
	free(s->run);
	free(s->metric);
	free(s);
}

void
journal_clear(struct journal *j)
{
	size_t at = 0;
	for (struct subject *s; (s = map_next(&j->subjects, &at));)
		subject_free(s);
	map_release(&j->subjects);
	j->subjects = (struct map)MAP_INIT;
	j->bad = 0;
	j->version++;
}

void
journal_free(struct journal *j)
{
	if (!j)
		return;
	journal_clear(j);
	free(j);
}

/* -- subjects ---------------------------------------------------------------------------------- */

/* A view is a view whatever else is said with it, a rule's run and metric belong to the rule. */
static struct journal_topic
normal(const struct journal_topic *t)
{
	struct journal_topic n = *t;
	if (n.view)
		n.rule = n.run = n.metric = NULL;
	else if (!n.rule)
		n.metric = NULL;
	return n;
}

/* A marker before each part tells a part that is empty from one that is not there. Writes the key
 * at OUT, or nothing where that is NULL; returns its length. */
static size_t
topic_write(char *out, const struct journal_topic *t)
{
	const char *part[] = {t->view, t->rule, t->run, t->metric};
	size_t n = 0;
	for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
		size_t len = part[i] ? strlen(part[i]) + 1 : 0;
		if (out)
			out[n] = part[i] ? '+' : '-';
		if (out && len)
			memcpy(out + n + 1, part[i], len);
		n += 1 + len;
	}
	return n;
}

static void
topic_key(struct str *key, const struct journal_topic *t)
{
	size_t n = topic_write(NULL, t);
	str_reset(key);
	xgrow(&key->buf, &key->cap, n + 1, 1);
	topic_write(key->buf, t);
	key->len = n;
	key->buf[n] = '\0';
}

/* Lists ask it of each of very many runs. */
static struct subject *
subject_find(const struct journal *j, const struct journal_topic *t)
{
	char some[512], *key = some;
	if (!map_count(&j->subjects))
		return NULL;
	struct journal_topic of = normal(t);
	size_t n = topic_write(NULL, &of);
	if (n > sizeof some)
		key = xmalloc(n);
	topic_write(key, &of);
	struct subject *s = map_get(&j->subjects, key, n);
	if (key != some)
		free(key);
	return s;
}

static char *
dup_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static struct subject *
subject_take(struct journal *j, const struct journal_topic *t)
{
	struct subject *s = subject_find(j, t);
	if (s)
		return s;
	struct str key = STR_INIT;
	struct journal_topic n = normal(t);
	s = xcalloc(1, sizeof *s);
	s->view = dup_or_null(n.view);
	s->rule = dup_or_null(n.rule);
	s->run = dup_or_null(n.run);
	s->metric = dup_or_null(n.metric);
	topic_key(&key, &n);
	map_put(&j->subjects, key.buf, key.len, s);
	str_release(&key);
	return s;
}

/* -- facts ------------------------------------------------------------------------------------- */

/* Where KEY is, or would be. */
static size_t
fact_place(const struct subject *s, const char *key)
{
	size_t lo = 0, hi = s->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (strcmp(s->fact[mid].key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct fact *
fact_find(const struct subject *s, const char *key)
{
	size_t at = s ? fact_place(s, key) : 0;
	return s && at < s->n && strcmp(s->fact[at].key, key) == 0 ? &s->fact[at] : NULL;
}

/* Which of two is later: a total order over all that can differ. */
static int
compare(const struct fact *a, const struct fact *b)
{
	if (a->time_us != b->time_us)
		return a->time_us < b->time_us ? -1 : 1;
	int c = strcmp(a->host, b->host);
	if (c == 0)
		c = (int)a->type - (int)b->type;
	return c ? c : strcmp(a->text, b->text);
}

static void
fact_add(struct journal *j, struct subject *s, const struct fact *f)
{
	size_t at = fact_place(s, f->key);
	bool there = at < s->n && strcmp(s->fact[at].key, f->key) == 0;
	if (there && compare(f, &s->fact[at]) <= 0)
		return;
	if (there) {
		fact_release(&s->fact[at]);
	} else {
		xgrow(&s->fact, &s->cap, s->n + 1, sizeof *s->fact);
		memmove(s->fact + at + 1, s->fact + at, (s->n - at) * sizeof *s->fact);
		s->n++;
	}
	s->fact[at] = (struct fact){.key = xstrdup(f->key),
				    .text = xstrdup(f->text),
				    .host = xstrdup(f->host),
				    .type = f->type,
				    .time_us = f->time_us};
	j->version++;
}

/* -- reading ----------------------------------------------------------------------------------- */

/* The members at the top that say what a line is about. */
enum { VIEW, RULE, RUN, METRIC, PARTS };
static const char *const part_names[PARTS] = {"view", "rule", "run", "metric"};

/* What a line is, apart from its facts. */
struct heading {
	struct str host, part[PARTS];
	bool has[PARTS];
	double time;
};

static int
part_named(const char *key)
{
	for (int i = 0; i < PARTS; i++)
		if (strcmp(key, part_names[i]) == 0)
			return i;
	return -1;
}

static bool
reserved(const char *key)
{
	return strcmp(key, "time") == 0 || strcmp(key, "host") == 0 || part_named(key) >= 0;
}

static void
token_text(const struct json *j, struct str *out)
{
	str_reset(out);
	json_unescape(out, j->text, j->ntext);
	/* What an escape made of nothing would end a C string. */
	for (size_t i = 0; i < out->len; i++)
		if (!out->buf[i])
			out->buf[i] = ' ';
}

static void
heading_take(struct heading *h, const char *key, enum json_type t, const struct json *j)
{
	int part = part_named(key);
	if (strcmp(key, "time") == 0) {
		h->time = t == JSON_NUMBER ? j->number : NAN;
	} else if (strcmp(key, "host") == 0 && t == JSON_STRING) {
		token_text(j, &h->host);
	} else if (part >= 0 && t == JSON_STRING) {
		h->has[part] = true;
		token_text(j, &h->part[part]);
	}
}

static void
heading_release(struct heading *h)
{
	str_release(&h->host);
	for (int i = 0; i < PARTS; i++)
		str_release(&h->part[i]);
}

static const char *
part_text(const struct heading *h, int part)
{
	return h->has[part] ? str_c(&h->part[part]) : NULL;
}

/* The way down to a value: keys joined with '/'. A level's key ends at END, so that closing cuts
 * it off again. */
struct way {
	struct str key;
	size_t end[64];
	unsigned depth; /* of objects */
	unsigned array; /* levels of arrays that are passed over */
};

static void
way_key(struct way *w, const struct json *j)
{
	struct str part = STR_INIT;
	token_text(j, &part);
	w->key.len = w->depth > 1 ? w->end[w->depth - 2] : 0;
	if (w->depth > 1)
		str_addc(&w->key, '/');
	str_add(&w->key, str_c(&part), part.len);
	w->end[w->depth - 1] = w->key.len;
	str_release(&part);
}

/* Calls FN for each scalar member of the object that [P, END) begins with: with the key's way, its
 * type, and the parser that stands on it. Returns its end, or NULL: there is no whole one. */
static const char *
walk(const char *p, const char *end,
     void (*fn)(void *ctx, const struct way *, enum json_type, struct json *), void *ctx)
{
	struct json j;
	struct way w = {.key = STR_INIT};
	bool good = true;
	json_init(&j, p, (size_t)(end - p));
	do {
		enum json_type t = json_next(&j);
		switch (t) {
		case JSON_ARRAY:
			w.array++;
			break;
		case JSON_OBJECT:
			w.depth += !w.array;
			w.array += w.array > 0;
			break;
		case JSON_CLOSE:
			w.depth -= !w.array;
			w.array -= w.array > 0;
			break;
		case JSON_KEY:
			if (!w.array)
				way_key(&w, &j);
			break;
		case JSON_END:
		case JSON_BAD:
		case JSON_DEEP:
			good = false;
			break;
		default:
			if (w.depth && !w.array)
				fn(ctx, &w, t, &j);
		}
		/* The first token opens an object, or this is none. */
		good = good && (w.depth || t == JSON_CLOSE);
	} while (good && w.depth);
	str_release(&w.key);
	return good ? j.p : NULL;
}

static void
on_heading(void *ctx, const struct way *w, enum json_type t, struct json *j)
{
	if (w->depth == 1)
		heading_take(ctx, str_c(&w->key), t, j);
}

struct line {
	struct journal *journal;
	struct subject *subject;
	struct heading h;
	const char *host;
	struct str text;
};

static void
on_fact(void *ctx, const struct way *w, enum json_type t, struct json *j)
{
	struct line *l = ctx;
	const char *key = str_c(&w->key);
	if (reserved(key))
		return;
	struct fact f = {.key = (char *)(uintptr_t)key,
			 .host = (char *)(uintptr_t)l->host,
			 .time_us = llround(l->h.time * 1e6)};
	str_reset(&l->text);
	switch (t) {
	case JSON_STRING:
		f.type = JOURNAL_TEXT;
		token_text(j, &l->text);
		break;
	case JSON_NUMBER:
		if (!isfinite(j->number))
			return;
		f.type = JOURNAL_NUMBER;
		str_addf(&l->text, "%.17g", j->number);
		break;
	case JSON_TRUE:
		f.type = JOURNAL_YES;
		break;
	default:
		f.type = JOURNAL_NONE;
	}
	f.text = (char *)(uintptr_t)str_c(&l->text);
	fact_add(l->journal, l->subject, &f);
}

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* The object that [P, END) begins with: its end, or NULL. */
static const char *
take_object(struct journal *j, const char *host, const char *p, const char *end)
{
	struct line l = {.journal = j};
	struct heading *h = &l.h;
	h->time = NAN;
	const char *next = walk(p, end, on_heading, h);
	if (next && !(h->time * 1e6 >= 1 && h->time <= (double)TIME_MAX))
		next = NULL;
	struct journal_topic t = {
		.view = part_text(h, VIEW),
		.rule = part_text(h, RULE),
		.run = part_text(h, RUN),
		.metric = part_text(h, METRIC),
	};
	/* What is about something that this program doesn't know is somebody else's, not bad. */
	if (next && (t.view || t.rule || t.run)) {
		l.host = h->host.len ? str_c(&h->host) : host;
		l.subject = subject_take(j, &t);
		walk(p, end, on_fact, &l);
	}
	heading_release(h);
	str_release(&l.text);
	return next;
}

/* Two objects in one line are two lines whose end was lost: an object that was whole when it was
 * the last of the file stays so, whatever comes behind it. */
static bool
take_line(struct journal *j, const char *host, const char *p, size_t n)
{
	const char *end = p + n;
	while (p && (p = skip_blanks(p, end)) < end)
		p = take_object(j, host, p, end);
	return p != NULL;
}

size_t
journal_read(struct journal *j, const char *host, const char *p, size_t n)
{
	size_t took = 0;
	bool settled = true;
	for (size_t at = 0; at < n;) {
		const char *nl = memchr(p + at, '\n', n - at);
		size_t len = nl ? (size_t)(nl - (p + at)) : n - at;
		settled = settled && nl && !memchr(p + at, '\0', len);
		bool good = take_line(j, host, p + at, len);
		at += len + (nl != NULL);
		if (settled) {
			j->bad += !good;
			took = at;
		}
	}
	return took;
}

uint64_t
journal_bad(const struct journal *j)
{
	return j->bad;
}

uint64_t
journal_version(const struct journal *j)
{
	return j->version;
}

/* -- asking ------------------------------------------------------------------------------------ */

static struct journal_word
word_of(const struct fact *f)
{
	return (struct journal_word){.key = f->key, .type = f->type, .text = f->text};
}

bool
journal_knows(const struct journal *j, const struct journal_topic *t)
{
	return subject_find(j, t) != NULL;
}

bool
journal_get(const struct journal *j, const struct journal_topic *t, const char *key,
	    struct journal_word *out)
{
	const struct fact *f = fact_find(subject_find(j, t), key);
	if (!f || f->type == JOURNAL_NONE)
		return false;
	*out = word_of(f);
	return true;
}

const char *
journal_text(const struct journal *j, const struct journal_topic *t, const char *key)
{
	struct journal_word w;
	return journal_get(j, t, key, &w) && w.type == JOURNAL_TEXT ? w.text : NULL;
}

bool
journal_yes(const struct journal *j, const struct journal_topic *t, const char *key)
{
	struct journal_word w;
	return journal_get(j, t, key, &w) && w.type == JOURNAL_YES;
}

int
journal_each(const struct journal *j, const struct journal_topic *t, const char *prefix,
	     int (*fn)(void *ctx, const struct journal_word *w), void *ctx)
{
	const struct subject *s = subject_find(j, t);
	size_t len = strlen(prefix);
	int rc = 0;
	for (size_t i = s ? fact_place(s, prefix) : 0; s && i < s->n && rc == 0; i++) {
		if (strncmp(s->fact[i].key, prefix, len) != 0)
			break;
		struct journal_word w = word_of(&s->fact[i]);
		if (w.type != JOURNAL_NONE)
			rc = fn(ctx, &w);
	}
	return rc;
}

int
journal_each_with(const struct journal *j, const char *key,
		  int (*fn)(void *ctx, const struct journal_topic *t, const struct journal_word *w,
			    int64_t time_us, const char *host),
		  void *ctx)
{
	size_t at = 0;
	int rc = 0;
	for (const struct subject *s; rc == 0 && (s = map_next(&j->subjects, &at));) {
		const struct fact *f = fact_find(s, key);
		if (!f || f->type == JOURNAL_NONE)
			continue;
		struct journal_topic t = {s->view, s->rule, s->run, s->metric};
		struct journal_word w = word_of(f);
		rc = fn(ctx, &t, &w, f->time_us, f->host);
	}
	return rc;
}

/* -- writing ----------------------------------------------------------------------------------- */

/* A path may hold bytes that are no UTF-8; they stay as they are, for it has to be found again. */
static void
add_string(struct str *out, const char *z)
{
	const char *end = z + strlen(z);
	str_addc(out, '"');
	while (z < end) {
		uint32_t cp;
		const char *next = utf8_next(z, end, &cp);
		if (cp == UTF8_BAD && next == z + 1)
			str_addc(out, *z);
		else
			utf8_json(out, z, (size_t)(next - z));
		z = next;
	}
	str_addc(out, '"');
}

static void
add_member(struct str *out, const char *key, const char *z)
{
	if (!z)
		return;
	str_addf(out, ",\"%s\":", key);
	add_string(out, z);
}

static void
add_word(struct str *out, const struct journal_word *w)
{
	assert(!reserved(w->key));
	str_addc(out, ',');
	add_string(out, w->key);
	str_addc(out, ':');
	switch (w->type) {
	case JOURNAL_TEXT:
		add_string(out, w->text);
		break;
	case JOURNAL_NUMBER:
		str_adds(out, w->text);
		break;
	default:
		str_adds(out, w->type == JOURNAL_YES ? "true" : "null");
	}
}

void
journal_line(struct str *out, int64_t time_us, const char *host, const struct journal_topic *t,
	     const struct journal_word *w, int n)
{
	struct journal_topic topic = normal(t);
	str_addf(out, "{\"time\":%lld.%06lld", (long long)(time_us / 1000000),
		 (long long)(time_us % 1000000));
	add_member(out, "host", host);
	add_member(out, "view", topic.view);
	add_member(out, "rule", topic.rule);
	add_member(out, "run", topic.run);
	add_member(out, "metric", topic.metric);
	for (int i = 0; i < n; i++)
		add_word(out, &w[i]);
	str_adds(out, "}\n");
}

int64_t
journal_after_us(const struct journal *j, const struct journal_topic *t,
		 const struct journal_word *w, int n)
{
	const struct subject *s = subject_find(j, t);
	int64_t after = 0;
	for (int i = 0; i < n; i++) {
		const struct fact *f = fact_find(s, w[i].key);
		if (f && f->time_us + 1 > after)
			after = f->time_us + 1;
	}
	return after < TIME_MAX * 1000000 ? after : TIME_MAX * 1000000;
}

struct sorted {
	char *key;
	size_t len;
	const struct subject *s;
};

static int
in_order(const void *pa, const void *pb)
{
	const struct sorted *a = pa, *b = pb;
	size_t n = a->len < b->len ? a->len : b->len;
	int c = memcmp(a->key, b->key, n);
	return c ? c : a->len < b->len ? -1 : a->len > b->len;
}

void
journal_print(const struct journal *j, struct str *out)
{
	struct sorted *all = xcalloc(map_count(&j->subjects) + 1, sizeof *all);
	size_t n = 0, at = 0;
	for (const struct subject *s; (s = map_next(&j->subjects, &at)); n++) {
		struct str key = STR_INIT;
		struct journal_topic t = {s->view, s->rule, s->run, s->metric};
		topic_key(&key, &t);
		all[n].len = key.len;
		all[n].key = str_steal(&key);
		all[n].s = s;
	}
	qsort(all, n, sizeof *all, in_order);
	for (size_t i = 0; i < n; i++) {
		const struct subject *s = all[i].s;
		struct journal_topic t = {s->view, s->rule, s->run, s->metric};
		for (size_t k = 0; k < s->n; k++) {
			struct journal_word w = word_of(&s->fact[k]);
			journal_line(out, s->fact[k].time_us, s->fact[k].host, &t, &w, 1);
		}
		free(all[i].key);
	}
	free(all);
}
