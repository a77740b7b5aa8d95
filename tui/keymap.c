/* Made from the table first, then the lines of mm.conf on top of it. A line says all keys of its
 * action, so a default key can be taken away too. A key that another action has by default goes to
 * who asks for it: or a key that a later mm gives to something new would make an old file wrong.
 * Only those that everybody looks for keep theirs, if no line says otherwise: `sort = q` alone
 * would leave somebody with a program that q does not leave. The same key in two lines is a slip,
 * because one of them would not be heeded. */
#include "tui/keymap.h"

#include "core/str.h"
#include "core/xalloc.h"
#include "tui/term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct binding {
	int key;
	enum action action;
	int line; /* of mm.conf; 0: of the table */
};

struct keymap {
	struct binding *bind; /* in the order in which help shows them */
	size_t n, cap;
	struct str words[ACTION_N];
	/* while it is made: */
	bool said[ACTION_N]; /* a line says its keys */
	struct {
		int line, key; /* that took a default key; 0: nobody did */
		enum action by;
	} taken[ACTION_N];
};

static struct keymap *current;

static void
keymap_free(struct keymap *k)
{
	if (!k)
		return;
	for (int a = 0; a < ACTION_N; a++)
		str_release(&k->words[a]);
	free(k->bind);
	free(k);
}

static struct binding *
find(const struct keymap *k, int key)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->bind[i].key == key)
			return &k->bind[i];
	return NULL;
}

static void
drop(struct keymap *k, struct binding *b)
{
	size_t at = (size_t)(b - k->bind);
	memmove(b, b + 1, (--k->n - at) * sizeof *b);
}

static void
drop_action(struct keymap *k, enum action a)
{
	for (size_t i = k->n; i-- > 0;)
		if (k->bind[i].action == a)
			drop(k, &k->bind[i]);
}

/* The next word of *P into BUF; false: no more. One that is too long to be a key is cut, and none
 * then. */
static bool
next_word(const char **p, char buf[24])
{
	*p += strspn(*p, " \t");
	size_t n = strcspn(*p, " \t");
	snprintf(buf, 24, "%.*s", (int)n, *p);
	*p += n;
	return n > 0;
}

static struct keymap *
from_table(void)
{
	struct keymap *k = xcalloc(1, sizeof *k);
	for (int a = ACTION_NONE + 1; a < ACTION_N; a++) {
		const char *p = action_table[a].keys;
		char word[24];
		while (next_word(&p, word)) {
			struct binding b = {key_parse(word), (enum action)a, 0};
			*vec_push(k->bind, k->n, k->cap) = b;
		}
	}
	return k;
}

static int
refuse_action(const struct conf *c, int line, const char *name, struct err *e)
{
	const char *names[ACTION_N];
	int n = 0;
	for (int a = ACTION_NONE + 1; a < ACTION_N; a++)
		names[n++] = action_table[a].name;
	const char *near = conf_nearest(name, names, n);
	if (near)
		return err_set(e, ERR_USAGE,
			       "%s:%d: no action is called '%.40s'; did you mean '%s'?",
			       conf_path(c), line, name, near);
	return err_set(e, ERR_USAGE,
		       "%s:%d: no action is called '%.40s'; ? in the dashboard lists them",
		       conf_path(c), line, name);
}

static int
refuse_key(const struct conf *c, int line, const char *word, struct err *e)
{
	const char *near = key_nearest(word);
	if (near)
		return err_set(e, ERR_USAGE, "%s:%d: '%s' is no key; did you mean %s?",
			       conf_path(c), line, word, near);
	return err_set(e, ERR_USAGE,
		       "%s:%d: '%s' is no key: they are written j, <Tab>, <C-l>, blanks between "
		       "them",
		       conf_path(c), line, word);
}

/* One line of [keys]. */
static int
take_line(struct keymap *k, const struct conf *c, int i, struct err *e)
{
	const char *keys;
	int line;
	const char *name = conf_key(c, i, &keys, &line);
	enum action a = action_exactly(name);
	if (a == ACTION_NONE)
		return refuse_action(c, line, name, e);
	drop_action(k, a);
	k->said[a] = true;
	char word[24];
	while (next_word(&keys, word)) {
		int key = key_parse(word);
		if (key == K_NONE)
			return refuse_key(c, line, word, e);
		struct binding *b = find(k, key);
		if (b && b->line == line)
			continue; /* said twice */
		if (b && b->line)
			return err_set(e, ERR_USAGE, "%s:%d: %s is the key of %s already, line %d",
				       conf_path(c), line, word, action_table[b->action].name,
				       b->line);
		if (b && !k->taken[b->action].line) {
			k->taken[b->action].line = line;
			k->taken[b->action].key = key;
			k->taken[b->action].by = a;
		}
		if (b)
			drop(k, b);
		*vec_push(k->bind, k->n, k->cap) = (struct binding){key, a, line};
	}
	return 0;
}

static void
write_words(struct keymap *k)
{
	for (size_t i = 0; i < k->n; i++) {
		char buf[16];
		struct str *s = &k->words[k->bind[i].action];
		str_addf(s, "%s%s", s->len ? " " : "", key_word(k->bind[i].key, buf));
	}
}

static bool
has_key(const struct keymap *k, enum action a)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->bind[i].action == a)
			return true;
	return false;
}

/* From the command line everything can be reached, and nothing without it. */
static int
check_prompt(const struct keymap *k, const struct conf *c, struct err *e)
{
	if (has_key(k, ACTION_PROMPT))
		return 0;
	const struct binding *thief = find(k, ':');
	int line = thief ? thief->line : 0;
	for (int i = 0; i < conf_keys(c) && !line; i++)
		if (strcmp(conf_key(c, i, NULL, &line), action_table[ACTION_PROMPT].name) != 0)
			line = 0;
	return err_set(e, ERR_USAGE,
		       "%s:%d: no key is left for 'command', by which everything can be reached",
		       conf_path(c), line);
}

/* Who lost a key, though no line says so, of those that everybody looks for. */
static int
check_taken(const struct keymap *k, const struct conf *c, struct err *e)
{
	static const enum action needed[] = {ACTION_QUIT, ACTION_HELP};
	char word[16];
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		enum action a = needed[i];
		if (!k->said[a] && k->taken[a].line)
			return err_set(e, ERR_USAGE,
				       "%s:%d: %s is a key of %s; if %s is to have it, a line "
				       "\"%s = …\" has to say the keys of that",
				       conf_path(c), k->taken[a].line,
				       key_word(k->taken[a].key, word), action_table[a].name,
				       action_table[k->taken[a].by].name, action_table[a].name);
	}
	return 0;
}

static int
make(const struct conf *c, struct keymap **out, struct err *e)
{
	struct keymap *k = from_table();
	int n = c ? conf_keys(c) : 0, code = 0;
	for (int i = 0; i < n && code == 0; i++)
		code = take_line(k, c, i, e);
	if (code == 0 && n)
		code = check_prompt(k, c, e);
	if (code == 0)
		code = check_taken(k, c, e);
	if (code < 0) {
		keymap_free(k);
		return code;
	}
	write_words(k);
	*out = k;
	return 0;
}

int
keymap_check(const struct conf *c, struct err *e)
{
	struct keymap *k;
	int code = make(c, &k, e);
	if (code == 0)
		keymap_free(k);
	return code;
}

int
keymap_set(const struct conf *c, struct err *e)
{
	struct keymap *k;
	int code = make(c, &k, e);
	if (code < 0)
		return code;
	keymap_free(current);
	current = k;
	return 0;
}

static const struct keymap *
map(void)
{
	if (!current)
		keymap_set(NULL, NULL);
	return current;
}

enum action
keymap_action(int key)
{
	const struct binding *b = find(map(), key);
	return b ? b->action : ACTION_NONE;
}

const char *
keymap_words(enum action a)
{
	return str_c(&map()->words[a]);
}

const char *
keymap_first(enum action a, char buf[16])
{
	const char *p = keymap_words(a);
	if (*p)
		snprintf(buf, 16, "%.*s", (int)strcspn(p, " "), p);
	else
		snprintf(buf, 16, ":%s", action_table[a].name);
	return buf;
}
