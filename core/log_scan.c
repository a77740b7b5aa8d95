/* Nearly every line has nothing that anybody looks for, and that has to be found out fast: of each
 * text the first few groups of four letters stand in a table, and of the log every few bytes one
 * group is looked up. Only where one is there the whole line is searched. Regular expressions are
 * tried on each line. */
#include "core/log_scan.h"

#include "core/pattern.h"
#include "core/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { GRAM = 4, GRAM_BITS = 16, STRIDE_MAX = 4 };

/* Of the reference on alerts, D16, less the head of a traceback: what that ends with is the reason
 * of a failure (text_end.h), or was caught. */
const char *const log_fatal_texts[] = {
	"CUDA out of memory",
	"torch.OutOfMemoryError",
	"torch.cuda.OutOfMemoryError",
	"RESOURCE_EXHAUSTED",
	"CUDA error: ",
	"an illegal memory access was encountered",
	"Watchdog caught collective operation timeout",
	"NCCL error",
	"has fallen off the bus",
	"NVRM: Xid",
	"Out of memory: Killed process",
	"oom-kill:",
	"No space left on device",
	"Bus error",
	"Segmentation fault",
	"DataLoader worker (pid",
	NULL,
};

static const char fatal_key[] = "fatal";

struct text {
	char *text;
	size_t len;
	int wish;
};

struct regex {
	struct line_pattern *pattern;
	int wish;
};

struct log_wanted {
	char **key; /* of each wish */
	size_t n, cap;
	struct text *text;
	size_t ntexts, texts_cap;
	struct regex *regex;
	size_t nregexes, regexes_cap;
	size_t stride; /* 0: some text is too short for the table */
	uint64_t grams[(1 << GRAM_BITS) / 64];
};

struct log_wanted *
log_wanted_new(void)
{
	return xcalloc(1, sizeof(struct log_wanted));
}

void
log_wanted_free(struct log_wanted *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n; i++)
		free(w->key[i]);
	for (size_t i = 0; i < w->ntexts; i++)
		free(w->text[i].text);
	for (size_t i = 0; i < w->nregexes; i++)
		line_pattern_free(w->regex[i].pattern);
	free(w->key);
	free(w->text);
	free(w->regex);
	free(w);
}

static unsigned
gram_hash(const char *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v * 2654435761u >> (32 - GRAM_BITS);
}

/* An occurrence of a text has one of its first STRIDE groups where the log is looked at. */
static void
make_table(struct log_wanted *w)
{
	size_t least = SIZE_MAX;
	for (size_t i = 0; i < w->ntexts; i++)
		least = w->text[i].len < least ? w->text[i].len : least;
	w->stride = least < GRAM                    ? 0
		    : least - GRAM + 1 < STRIDE_MAX ? least - GRAM + 1
						    : STRIDE_MAX;
	memset(w->grams, 0, sizeof w->grams);
	for (size_t i = 0; i < w->ntexts; i++)
		for (size_t k = 0; k < w->stride; k++) {
			unsigned h = gram_hash(w->text[i].text + k);
			w->grams[h / 64] |= UINT64_C(1) << h % 64;
		}
}

static int
add_key(struct log_wanted *w, char *key)
{
	*vec_push(w->key, w->n, w->cap) = key;
	return (int)w->n - 1;
}

static void
add_text(struct log_wanted *w, const char *text, int wish)
{
	*vec_push(w->text, w->ntexts, w->texts_cap) =
		(struct text){xstrdup(text), strlen(text), wish};
}

int
log_wanted_find(const struct log_wanted *w, const char *key)
{
	for (size_t i = 0; i < w->n; i++)
		if (!strcmp(w->key[i], key))
			return (int)i;
	return -1;
}

int
log_wanted_add(struct log_wanted *w, const char *text, bool regex, struct err *e)
{
	char *key = xasprintf(regex ? "/%s/" : "\"%s\"", text);
	struct line_pattern *lp = NULL;
	int wish = log_wanted_find(w, key);
	if (wish < 0 && regex) {
		int code = line_pattern_new(text, &lp, e);
		if (code < 0) {
			free(key);
			return code;
		}
	}
	if (wish >= 0) {
		free(key);
		return wish;
	}
	wish = add_key(w, key);
	if (lp) {
		*vec_push(w->regex, w->nregexes, w->regexes_cap) = (struct regex){lp, wish};
		return wish;
	}
	add_text(w, text, wish);
	make_table(w);
	return wish;
}

int
log_wanted_add_fatal(struct log_wanted *w)
{
	int wish = log_wanted_find(w, fatal_key);
	if (wish >= 0)
		return wish;
	wish = add_key(w, xstrdup(fatal_key));
	for (size_t i = 0; log_fatal_texts[i]; i++)
		add_text(w, log_fatal_texts[i], wish);
	make_table(w);
	return wish;
}

int
log_wanted_count(const struct log_wanted *w)
{
	return (int)w->n;
}

const char *
log_wanted_key(const struct log_wanted *w, int i)
{
	return w->key[i];
}

/* -- lines ------------------------------------------------------------------------------------- */

struct scanning {
	const struct log_wanted *w;
	log_scan_fn *fn;
	void *ctx;
};

static void
search_texts(const struct scanning *g, const char *p, size_t n)
{
	const struct log_wanted *w = g->w;
	int told = -1;
	for (size_t i = 0; i < w->ntexts; i++) {
		const struct text *t = &w->text[i];
		const char *at = t->wish == told ? NULL : memmem(p, n, t->text, t->len);
		if (!at)
			continue;
		told = t->wish; /* those of one wish stand together */
		g->fn(g->ctx, t->wish, p, n, (size_t)(at - p));
	}
}

static void
search_regexes(const struct scanning *g, const char *p, size_t n)
{
	size_t at;
	for (size_t i = 0; i < g->w->nregexes; i++)
		if (line_pattern_match(g->w->regex[i].pattern, p, n, &at))
			g->fn(g->ctx, g->w->regex[i].wish, p, n, at);
}

static size_t
line_cut(size_t n)
{
	return n < LOG_SCAN_LINE ? n : LOG_SCAN_LINE;
}

static void
search_line(const struct scanning *g, const char *p, size_t n)
{
	n = line_cut(n);
	search_texts(g, p, n);
	search_regexes(g, p, n);
}

/* Behind the first ender in [P, END), or NULL. */
static const char *
behind_line(const char *p, const char *end)
{
	for (; p < end; p++)
		if (*p == '\n' || *p == '\r')
			return p + 1;
	return NULL;
}

/* Behind the last one. */
static const char *
behind_lines(const char *p, const char *end)
{
	while (end > p && end[-1] != '\n' && end[-1] != '\r')
		end--;
	return end;
}

/* The next group at or behind AT that some text begins with; END: there is none. */
static const char *
next_gram(const struct log_wanted *w, const char *at, const char *end)
{
	for (; end - at >= GRAM; at += w->stride) {
		unsigned h = gram_hash(at);
		if (w->grams[h / 64] >> h % 64 & 1)
			return at;
	}
	return end;
}

/* Whole lines. */
static void
search_lines(const struct scanning *g, const char *p, const char *end)
{
	const struct log_wanted *w = g->w;
	bool each = w->nregexes || (w->ntexts && !w->stride);
	const char *at = p;
	while (p < end && (each || w->ntexts)) {
		/* P begins a line, AT is not before it. */
		at = each ? p : next_gram(w, at, end);
		if (at == end)
			return;
		const char *from = each ? p : behind_lines(p, at);
		const char *next = behind_line(at, end);
		search_line(g, from, (size_t)(next - 1 - from));
		p = at = next;
	}
}

void
log_scan_feed(struct log_scan *s, const struct log_wanted *w, const char *p, size_t n, bool whole,
	      log_scan_fn *fn, void *ctx)
{
	struct scanning g = {w, fn, ctx};
	const char *end = p + n;
	if (s->passing || s->rest.len) {
		const char *next = behind_line(p, end);
		const char *to = next ? next - 1 : end;
		if (!s->passing)
			str_add(&s->rest, p, line_cut((size_t)(to - p)));
		if (!s->passing && (next || whole || s->rest.len >= LOG_SCAN_LINE)) {
			search_line(&g, str_c(&s->rest), s->rest.len);
			str_reset(&s->rest);
			s->passing = true;
		}
		s->passing &= !next && !whole;
		p = next ? next : end;
	}
	const char *last = behind_lines(p, end);
	search_lines(&g, p, last);
	if (last == end)
		return;
	if (whole || end - last >= LOG_SCAN_LINE) {
		search_line(&g, last, (size_t)(end - last));
		s->passing = !whole;
	} else {
		str_add(&s->rest, last, (size_t)(end - last));
	}
}

void
log_scan_reset(struct log_scan *s)
{
	str_reset(&s->rest);
	s->passing = false;
}

void
log_scan_release(struct log_scan *s)
{
	str_release(&s->rest);
	s->passing = false;
}
