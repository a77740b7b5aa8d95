/* The line where commands and filters are typed: editing in characters, history, completion. */
#include "core/utf8.h"
#include "tui/prompt.h"
#include "tui/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Types words of keys; what is no word of a key is typed letter by letter. */
static enum prompt_event
type(struct prompt *p, const char *keys)
{
	enum prompt_event last = PROMPT_NOTHING;
	char word[64];
	while (*(keys += strspn(keys, " "))) {
		size_t n = strcspn(keys, " ");
		snprintf(word, sizeof word, "%.*s", (int)n, keys);
		keys += n;
		int key = key_parse(word);
		if (key != K_NONE) {
			last = prompt_key(p, key);
			continue;
		}
		const char *z = word, *end = word + strlen(word);
		while (z < end) {
			uint32_t ch;
			z = utf8_next(z, end, &ch);
			last = prompt_key(p, (int)ch);
		}
	}
	return last;
}

static void
editing(void **state)
{
	(void)state;
	static const struct {
		const char *keys, *text;
	} cases[] = {
		{"abc", "abc"},
		{"abc <Backspace>", "ab"},
		{"abc <Left> <Left> X", "aXbc"},
		{"abc <Home> X <End> Y", "XabcY"},
		{"abc <C-a> <Delete>", "bc"},
		{"abc <C-a> <C-d> <C-d> <C-d> <C-d>", ""},
		{"one <Space> two <C-w>", "one "},
		{"one <Space> two <Space> <C-w> <C-w>", ""},
		{"abcd <Left> <Left> <C-u>", "cd"},
		{"abcd <Left> <Left> <C-k>", "ab"},
		{"zé日x <Left> <Backspace>", "zéx"},
		{"é日 <Left> <Left> <Left> a", "aé日"},
		{"é日 <Home> <Delete>", "日"},
		{"ab <Left> <Right> <Right> <Right> c", "abc"},
	};
	struct prompt *p = prompt_new();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		prompt_open(p, ':', "", NULL, NULL);
		type(p, cases[i].keys);
		assert_string_equal(prompt_text(p), cases[i].text);
	}
	prompt_free(p);
}

static void
how_it_ends(void **state)
{
	(void)state;
	struct prompt *p = prompt_new();
	assert_int_equal(prompt_kind(p), 0);
	prompt_open(p, '/', "", NULL, NULL);
	assert_int_equal(prompt_kind(p), '/');
	assert_int_equal(type(p, "a"), PROMPT_CHANGED);
	assert_int_equal(type(p, "<Left>"), PROMPT_MOVED);
	assert_int_equal(type(p, "<F5>"), PROMPT_NOTHING);
	assert_int_equal(type(p, "<Enter>"), PROMPT_DONE);
	assert_int_equal(type(p, "<Esc>"), PROMPT_DROPPED);
	prompt_open(p, ':', "x", NULL, NULL);
	assert_int_equal(type(p, "<Backspace>"), PROMPT_CHANGED);
	assert_int_equal(type(p, "<Backspace>"), PROMPT_DROPPED);
	prompt_close(p);
	assert_int_equal(prompt_kind(p), 0);
	assert_string_equal(prompt_text(p), "");
	prompt_free(p);
}

static void
pasted_text_is_inserted(void **state)
{
	(void)state;
	struct prompt *p = prompt_new();
	prompt_open(p, ':', "", NULL, NULL);
	assert_int_equal(prompt_key(p, 'q' | K_PASTED), PROMPT_CHANGED);
	assert_string_equal(prompt_text(p), "q");
	prompt_free(p);
}

static void
history_keeps_what_was_being_typed(void **state)
{
	(void)state;
	struct prompt *p = prompt_new();
	prompt_remember(p, ':', "one");
	prompt_remember(p, ':', "two");
	prompt_remember(p, '/', "filter");
	prompt_remember(p, ':', "one"); /* again: now the newest */
	prompt_open(p, ':', "", NULL, NULL);
	type(p, "half");
	type(p, "<Up>");
	assert_string_equal(prompt_text(p), "one");
	type(p, "<Up>");
	assert_string_equal(prompt_text(p), "two");
	type(p, "<Up> <Up>");
	assert_string_equal(prompt_text(p), "two");
	type(p, "<Down> <Down>");
	assert_string_equal(prompt_text(p), "half");
	type(p, "<Down>");
	assert_string_equal(prompt_text(p), "half");
	prompt_open(p, '/', "", NULL, NULL);
	type(p, "<Up>");
	assert_string_equal(prompt_text(p), "filter");
	prompt_free(p);
}

static void
history_is_bounded(void **state)
{
	(void)state;
	struct prompt *p = prompt_new();
	char line[32];
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof line, "line %d", i);
		prompt_remember(p, ':', line);
	}
	prompt_open(p, ':', "", NULL, NULL);
	for (int i = 0; i < 2000; i++)
		prompt_key(p, K_UP);
	assert_string_equal(prompt_text(p), "line 900");
	prompt_free(p);
}

static void
pane_words(void *ctx, const char *line, const char *word, prompt_add_fn *add, void *to)
{
	static const char *const words[] = {"pane-next", "pane-prev", "page-up", "quit", "été"};
	int *calls = ctx;
	++*calls;
	assert_true(word >= line && word <= line + strlen(line));
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strncmp(words[i], word, strlen(word)) == 0)
			add(to, words[i]);
}

static void
tab_completes(void **state)
{
	(void)state;
	struct prompt *p = prompt_new();
	int calls = 0;
	prompt_open(p, ':', "", pane_words, &calls);
	type(p, "pan <Tab>");
	assert_string_equal(prompt_text(p), "pane-");
	type(p, "<Tab>");
	assert_string_equal(prompt_text(p), "pane-next");
	type(p, "<Tab>");
	assert_string_equal(prompt_text(p), "pane-prev");
	type(p, "<Tab>");
	assert_string_equal(prompt_text(p), "pane-next");
	type(p, "<BackTab>");
	assert_string_equal(prompt_text(p), "pane-prev");
	assert_int_equal(calls, 1);
	/* a single one is finished by a blank */
	type(p, "<C-u> q <Tab>");
	assert_string_equal(prompt_text(p), "quit ");
	type(p, "<C-u> nothing <Tab>");
	assert_string_equal(prompt_text(p), "nothing");
	/* the word before the cursor, wherever that is */
	type(p, "<C-u> x <Space> é <Left> <Right> <Tab>");
	assert_string_equal(prompt_text(p), "x été ");
	type(p, "<C-u> qz <Left> <Tab>");
	assert_string_equal(prompt_text(p), "quitz");
	prompt_free(p);
}

static void
many_words(void *ctx, const char *line, const char *word, prompt_add_fn *add, void *to)
{
	static const char *const words[] = {"x-one", "x-two", "x-three", "x-four", "x-five"};
	(void)ctx;
	(void)line;
	(void)word;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		add(to, words[i]);
}

/* No word is cut, the chosen one is there, and "…" says that there are more. */
static void
what_is_offered_can_be_read(void **state)
{
	static const char *const want[] = {
		":x-   x-one  x-two  x-three  …", ":x-one   x-one  x-two  …",
		":x-two   x-one  x-two  …",       ":x-three   … x-two  x-three  …",
		":x-four   … x-three  x-four  …", ":x-five   … x-four  x-five",
	};
	(void)state;
	struct prompt *p = prompt_new();
	prompt_open(p, ':', "", many_words, NULL);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct grid g;
		struct str out = STR_INIT;
		type(p, "<Tab>");
		grid_init(&g, 31, 1, false);
		prompt_draw(p, &g, (struct rect){0, 0, 31, 1});
		grid_dump(&g, &out);
		out.buf[out.len - 1] = '\0';
		assert_string_equal(str_c(&out), want[i]);
		str_release(&out);
		grid_release(&g);
	}
	prompt_free(p);
}

static void
nothing_is_completed_where_nothing_can_be(void **state)
{
	(void)state;
	struct prompt *p = prompt_new();
	prompt_open(p, '/', "", NULL, NULL);
	type(p, "ab <Tab> <Tab>");
	assert_string_equal(prompt_text(p), "ab");
	prompt_free(p);
}

static void
the_cursor_is_always_on_the_screen(void **state)
{
	(void)state;
	for (int w = 2; w < 30; w++) {
		struct prompt *p = prompt_new();
		struct grid g;
		int calls = 0;
		grid_init(&g, w, 2, false);
		prompt_open(p, ':', "", pane_words, &calls);
		for (int i = 0; i < 40; i++) {
			prompt_key(p, i % 3 ? 'a' : 0x65e5);
			prompt_draw(p, &g, (struct rect){0, 1, w, 1});
			assert_in_range(g.cursor_x, 1, w - 1);
			assert_int_equal(g.cursor_y, 1);
		}
		prompt_key(p, K_CTRL('u'));
		prompt_key(p, 'p');
		prompt_key(p, K_TAB);
		prompt_draw(p, &g, (struct rect){0, 1, w, 1});
		prompt_key(p, K_HOME);
		prompt_draw(p, &g, (struct rect){0, 1, w, 1});
		assert_int_equal(g.cursor_x, 1);
		grid_release(&g);
		prompt_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_offered_can_be_read),
		cmocka_unit_test(editing),
		cmocka_unit_test(how_it_ends),
		cmocka_unit_test(pasted_text_is_inserted),
		cmocka_unit_test(history_keeps_what_was_being_typed),
		cmocka_unit_test(history_is_bounded),
		cmocka_unit_test(tab_completes),
		cmocka_unit_test(nothing_is_completed_where_nothing_can_be),
		cmocka_unit_test(the_cursor_is_always_on_the_screen),
	};
	return cmocka_run_group_tests_name("prompt", tests, NULL, NULL);
}
