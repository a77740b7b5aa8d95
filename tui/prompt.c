/* One line of UTF-8 with a cursor, edited with the keys of a shell. Tab replaces the word before
 * the cursor by what all candidates share, then by one after the other, and shows them; Up and Down
 * walk through what was entered before, and leave what was being typed at the end of the walk. */
#include "tui/prompt.h"

#include "core/str.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/term.h"

#include <stdlib.h>
#include <string.h>

enum { HISTORY_MAX = 100, KINDS = 2, TEXT_MAX = 4096 };

struct history {
	char *line[HISTORY_MAX]; /* oldest first */
	int n;
};

struct prompt {
	int kind;
	char *text;
	size_t len, at; /* bytes; the cursor stands before AT */
	struct history history[KINDS];
	int walk;    /* index in the history; its n: at what is being typed */
	char *typed; /* that, during a walk */
	prompt_words_fn *words;
	void *ctx;
	char **candidate;
	size_t ncandidates, cap;
	int chosen;     /* candidate that stands in the text; -1: what they share */
	size_t word_at; /* where the completed word begins */
	bool completing;
};

struct prompt *
prompt_new(void)
{
	struct prompt *p = xcalloc(1, sizeof *p);
	p->text = xstrdup("");
	return p;
}

static struct history *
history_of(struct prompt *p, int kind)
{
	return &p->history[kind == '/'];
}

static void
candidates_clear(struct prompt *p)
{
	for (size_t i = 0; i < p->ncandidates; i++)
		free(p->candidate[i]);
	p->ncandidates = 0;
	p->completing = false;
}

void
prompt_close(struct prompt *p)
{
	candidates_clear(p);
	free(p->typed);
	p->typed = NULL;
	p->kind = 0;
	p->text[0] = '\0';
	p->len = p->at = 0;
}

void
prompt_free(struct prompt *p)
{
	if (!p)
		return;
	prompt_close(p);
	for (int k = 0; k < KINDS; k++)
		for (int i = 0; i < p->history[k].n; i++)
			free(p->history[k].line[i]);
	free(p->candidate);
	free(p->text);
	free(p);
}

static void
set_text(struct prompt *p, const char *text)
{
	char *copy = xstrdup(text);
	free(p->text);
	p->text = copy;
	p->at = p->len = strlen(copy);
}

void
prompt_open(struct prompt *p, int kind, const char *text, prompt_words_fn *words, void *ctx)
{
	prompt_close(p);
	p->kind = kind;
	p->words = words;
	p->ctx = ctx;
	p->walk = history_of(p, kind)->n;
	set_text(p, text ? text : "");
}

int
prompt_kind(const struct prompt *p)
{
	return p->kind;
}

const char *
prompt_text(const struct prompt *p)
{
	return p->text;
}

void
prompt_remember(struct prompt *p, int kind, const char *text)
{
	struct history *h = history_of(p, kind);
	char *line = NULL;
	if (!*text)
		return;
	for (int i = 0; i < h->n && !line; i++) {
		if (strcmp(h->line[i], text) != 0)
			continue;
		line = h->line[i];
		memmove(&h->line[i], &h->line[i + 1], (size_t)(h->n - i - 1) * sizeof *h->line);
		h->n--;
	}
	if (!line && h->n == HISTORY_MAX) {
		free(h->line[0]);
		memmove(&h->line[0], &h->line[1], (HISTORY_MAX - 1) * sizeof *h->line);
		h->n--;
	}
	h->line[h->n++] = line ? line : xstrdup(text);
}

/* -- editing: positions are bytes at the start of characters ----------------------------------- */

static size_t
before(const struct prompt *p, size_t at)
{
	while (at > 0 && (p->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t
after(const struct prompt *p, size_t at)
{
	if (at < p->len)
		at++;
	while (at < p->len && (p->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static size_t
word_before(const struct prompt *p, size_t at)
{
	while (at > 0 && p->text[at - 1] == ' ')
		at--;
	while (at > 0 && p->text[at - 1] != ' ')
		at--;
	return at;
}

static enum prompt_event
cut(struct prompt *p, size_t from, size_t to)
{
	if (from == to)
		return PROMPT_MOVED;
	memmove(p->text + from, p->text + to, p->len - to + 1);
	p->len -= to - from;
	p->at = from;
	return PROMPT_CHANGED;
}

static void
insert(struct prompt *p, const char *bytes, size_t n)
{
	if (p->len + n > TEXT_MAX)
		return;
	p->text = xrealloc(p->text, p->len + n + 1);
	memmove(p->text + p->at + n, p->text + p->at, p->len - p->at + 1);
	memcpy(p->text + p->at, bytes, n);
	p->len += n;
	p->at += n;
}

static enum prompt_event
move(struct prompt *p, size_t at)
{
	p->at = at;
	return PROMPT_MOVED;
}

static enum prompt_event
walk_history(struct prompt *p, int by)
{
	struct history *h = history_of(p, p->kind);
	int to = p->walk + by;
	if (to < 0 || to > h->n)
		return PROMPT_MOVED;
	if (p->walk == h->n) {
		free(p->typed);
		p->typed = xstrdup(p->text);
	}
	p->walk = to;
	set_text(p, to == h->n ? p->typed : h->line[to]);
	return PROMPT_CHANGED;
}

/* -- completion -------------------------------------------------------------------------------- */

static void
candidate_add(void *to, const char *word)
{
	struct prompt *p = to;
	for (size_t i = 0; i < p->ncandidates; i++)
		if (strcmp(p->candidate[i], word) == 0)
			return;
	*vec_push(p->candidate, p->ncandidates, p->cap) = xstrdup(word);
}

static void
replace_word(struct prompt *p, const char *word, size_t n)
{
	cut(p, p->word_at, p->at);
	p->at = p->word_at;
	insert(p, word, n);
}

/* Bytes that all candidates begin with. */
static size_t
shared(const struct prompt *p)
{
	size_t n = strlen(p->candidate[0]);
	for (size_t i = 1; i < p->ncandidates; i++) {
		size_t k = 0;
		while (k < n && p->candidate[i][k] == p->candidate[0][k])
			k++;
		n = k;
	}
	while (n > 0 && (p->candidate[0][n] & 0xc0) == 0x80)
		n--;
	return n;
}

static enum prompt_event
complete(struct prompt *p, int by)
{
	if (!p->words)
		return PROMPT_MOVED;
	if (p->completing) {
		int n = (int)p->ncandidates;
		p->chosen = p->chosen < 0 ? (by > 0 ? 0 : n - 1) : (p->chosen + n + by) % n;
		replace_word(p, p->candidate[p->chosen], strlen(p->candidate[p->chosen]));
		return PROMPT_CHANGED;
	}
	p->word_at = p->at;
	while (p->word_at > 0 && p->text[p->word_at - 1] != ' ')
		p->word_at--;
	char *line = xstrndup(p->text, p->at);
	p->words(p->ctx, line, line + p->word_at, candidate_add, p);
	free(line);
	if (p->ncandidates == 0)
		return PROMPT_MOVED;
	if (p->ncandidates == 1) {
		replace_word(p, p->candidate[0], strlen(p->candidate[0]));
		if (p->at == p->len)
			insert(p, " ", 1);
		candidates_clear(p);
		return PROMPT_CHANGED;
	}
	p->completing = true;
	p->chosen = -1;
	size_t n = shared(p);
	if (n >= p->at - p->word_at)
		replace_word(p, p->candidate[0], n);
	return PROMPT_CHANGED;
}

/* -- keys -------------------------------------------------------------------------------------- */

static enum prompt_event
edit(struct prompt *p, int key)
{
	switch (key) {
	case K_ENTER:
		return PROMPT_DONE;
	case K_ESC:
	case K_CTRL('c'):
	case K_CTRL('g'):
		return PROMPT_DROPPED;
	case K_BACKSPACE:
		return p->len == 0 ? PROMPT_DROPPED : cut(p, before(p, p->at), p->at);
	case K_DELETE:
	case K_CTRL('d'):
		return cut(p, p->at, after(p, p->at));
	case K_CTRL('w'):
		return cut(p, word_before(p, p->at), p->at);
	case K_CTRL('u'):
		return cut(p, 0, p->at);
	case K_CTRL('k'):
		return cut(p, p->at, p->len);
	case K_LEFT:
	case K_CTRL('b'):
		return move(p, before(p, p->at));
	case K_RIGHT:
	case K_CTRL('f'):
		return move(p, after(p, p->at));
	case K_HOME:
	case K_CTRL('a'):
		return move(p, 0);
	case K_END:
	case K_CTRL('e'):
		return move(p, p->len);
	case K_UP:
	case K_CTRL('p'):
		return walk_history(p, -1);
	case K_DOWN:
	case K_CTRL('n'):
		return walk_history(p, 1);
	default:
		break;
	}
	key &= ~K_PASTED;
	if (key < ' ' || key >= KEYS_BASE)
		return PROMPT_NOTHING;
	char bytes[4];
	insert(p, bytes, (size_t)utf8_put((uint32_t)key, bytes));
	return PROMPT_CHANGED;
}

enum prompt_event
prompt_key(struct prompt *p, int key)
{
	if (key == K_TAB || key == K_BACKTAB)
		return complete(p, key == K_TAB ? 1 : -1);
	candidates_clear(p);
	return edit(p, key);
}

/* -- drawing ----------------------------------------------------------------------------------- */

static int
columns(const char *z, size_t n)
{
	char *part = xstrndup(z, n);
	int w = utf8_columns(part);
	free(part);
	return w;
}

/* The first candidate that is not shown when FROM is the first that is, in W columns of which the
 * last one is kept for "…". */
static size_t
candidates_end(const struct prompt *p, size_t from, int w)
{
	size_t i = from;
	int x = from > 0 ? 2 : 0;
	for (; i < p->ncandidates; i++) {
		int more = i + 1 < p->ncandidates ? 2 : 0;
		x += utf8_columns(p->candidate[i]);
		if (x + more > w)
			break;
		x += 2;
	}
	return i;
}

/* Whole words from X on, the chosen one among them; "…" where there are more. */
static void
draw_candidates(const struct prompt *p, struct grid *g, struct rect r, int x)
{
	size_t from = 0, end;
	while ((end = candidates_end(p, from, r.w - x)) <=
		       (size_t)(p->chosen < 0 ? 0 : p->chosen) &&
	       from + 1 < p->ncandidates)
		from++;
	if (from > 0 && x < r.w) {
		grid_put(g, r.x + x, r.y, 0x2026 /* … */, STYLE_DIM);
		x += 2;
	}
	for (size_t i = from; i < end; i++) {
		int style = STYLE_DIM | ((int)i == p->chosen ? STYLE_REVERSE : 0);
		x += grid_text(g, r.x + x, r.y, r.w - x, p->candidate[i], style) + 2;
	}
	if (end < p->ncandidates && x < r.w)
		grid_put(g, r.x + x, r.y, 0x2026, STYLE_DIM);
}

void
prompt_draw(const struct prompt *p, struct grid *g, struct rect r)
{
	if (!p->kind || r.w < 2 || r.h < 1)
		return;
	grid_fill(g, (struct rect){r.x, r.y, r.w, 1}, ' ', STYLE_NORMAL);
	grid_put(g, r.x, r.y, (uint32_t)p->kind, STYLE_PROMPT);
	/* A long line is shown from where the cursor still fits. */
	size_t from = 0;
	while (columns(p->text + from, p->at - from) > r.w - 2)
		from = after(p, from);
	int used = grid_text(g, r.x + 1, r.y, r.w - 1, p->text + from, STYLE_PROMPT);
	g->cursor_x = r.x + 1 + columns(p->text + from, p->at - from);
	g->cursor_y = r.y;
	if (p->completing)
		draw_candidates(p, g, r, 1 + used + 3);
}
