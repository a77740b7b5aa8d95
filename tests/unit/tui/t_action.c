/* The table of actions: every row can be reached by key or by name, and no two the same way. */
#include "core/err.h"
#include "tui/action.h"
#include "tui/command.h"
#include "tui/keymap.h"
#include "tui/script.h"
#include "tui/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
every_key_of_the_table_is_a_key_and_does_one_thing(void **state)
{
	(void)state;
	int taken[400], ntaken = 0;
	for (int a = 1; a < ACTION_N; a++) {
		const char *p = action_table[a].keys;
		while (*(p += strspn(p, " "))) {
			char word[16];
			size_t n = strcspn(p, " ");
			snprintf(word, sizeof word, "%.*s", (int)n, p);
			p += n;
			int key = key_parse(word);
			assert_int_not_equal(key, K_NONE);
			assert_int_equal(keymap_action(key), a);
			for (int i = 0; i < ntaken; i++)
				assert_int_not_equal(taken[i], key);
			taken[ntaken++] = key;
		}
	}
	assert_int_equal(keymap_action('B'), ACTION_NONE);
	assert_int_equal(keymap_action(K_MOUSE), ACTION_NONE);
}

static void
every_row_has_a_name_of_its_own_and_help(void **state)
{
	(void)state;
	for (int a = 1; a < ACTION_N; a++) {
		bool ambiguous;
		assert_true(strlen(action_table[a].help) > 1);
		assert_int_equal(action_by_name(action_table[a].name, &ambiguous), a);
		assert_int_equal(strspn(action_table[a].name, "abcdefghijklmnopqrstuvwxyz-"),
				 strlen(action_table[a].name));
	}
}

/* The shortest unique beginning finds it; one letter less finds nothing. */
static void
unique_beginnings_will_do(void **state)
{
	(void)state;
	for (int a = 1; a < ACTION_N; a++) {
		for (size_t n = 1; n < strlen(action_table[a].name); n++) {
			char begin[32];
			bool ambiguous;
			int found = 0, exact = 0;
			snprintf(begin, sizeof begin, "%.*s", (int)n, action_table[a].name);
			for (int b = 1; b < ACTION_N; b++) {
				found += strncmp(action_table[b].name, begin, n) == 0;
				exact += strcmp(action_table[b].name, begin) == 0;
			}
			enum action got = action_by_name(begin, &ambiguous);
			if (exact)
				assert_string_equal(action_table[got].name, begin);
			else
				assert_int_equal(got, found == 1 ? a : (int)ACTION_NONE);
			assert_int_equal(ambiguous, !exact && found > 1);
		}
	}
	assert_int_equal(action_by_name("", NULL), ACTION_NONE);
	assert_int_equal(action_by_name("nonsense", NULL), ACTION_NONE);
}

static void
commands_that_are_right(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		enum action a;
		const char *arg;
	} cases[] = {
		{"quit", ACTION_QUIT, NULL},
		{"  zoom-i  ", ACTION_ZOOM_IN, NULL},
		{"xaxis wall", ACTION_XAXIS, "wall"},
		{"xaxis", ACTION_XAXIS, NULL},
		{"goto  seed 0", ACTION_GOTO, "seed 0"},
		{"filter a b", ACTION_FILTER, "a b"},
		{"now 1700000000.5", ACTION_NOW, "1700000000.5"},
		{"resize 100x30", ACTION_RESIZE, "100x30"},
		{"screen", ACTION_SCREEN, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		enum action a;
		const char *arg;
		struct err e;
		assert_int_equal(command_parse(cases[i].line, &a, &arg, &e), 0);
		assert_int_equal(a, cases[i].a);
		if (cases[i].arg)
			assert_string_equal(arg, cases[i].arg);
		else
			assert_null(arg);
	}
}

static void
commands_that_are_wrong_say_why(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"qiut", "did you mean quit"},
		{"zo", "could be zoom"},
		{"zzzzzzzz", "no command is called zzzzzzzz"},
		{"quit now", "takes no argument"},
		{"goto", "needs TEXT"},
		{"xaxis sideways", "step|wall|relative"},
		{"resize 100", "COLSxROWS"},
		{"resize 0x10", "COLSxROWS"},
		{"resize 99999x10", "COLSxROWS"},
		{"now soon", "SECONDS"},
		{"wait 3 s", "SECONDS"},
		{"wait -1", "SECONDS"},
		{"", "no command"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		enum action a;
		const char *arg;
		struct err e = {0};
		assert_int_equal(command_parse(cases[i].line, &a, &arg, &e), ERR_USAGE);
		assert_non_null(strstr(e.text, cases[i].says));
	}
}

static void
note_word(void *to, const char *word)
{
	strncat(to, word, 200);
	strncat(to, " ", 2);
}

static void
completion_offers_names_and_arguments(void **state)
{
	(void)state;
	struct model m = {0};
	static const struct {
		const char *line;
		size_t word;
		const char *offers;
	} cases[] = {
		{"qu", 0, "quit "},
		{"pane-", 0, "pane-next pane-prev "},
		{"xaxis ", 6, "step wall relative "},
		{"xaxis w", 6, "wall "},
		{"yr t", 3, "tail "},
		{"hide ", 5, "runs charts metrics alerts "},
		{"show m", 5, "metrics "},
		{"sort l", 5, "loss "},
		{"quit ", 5, ""},
		{"nonsense x", 9, ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char got[2000] = "";
		command_words(&m, cases[i].line, cases[i].line + cases[i].word, note_word, got);
		assert_string_equal(got, cases[i].offers);
	}
}

static void
scripts_are_read_whole_and_checked(void **state)
{
	(void)state;
	struct script s;
	struct err e = {0};
	assert_int_equal(script_parse("f", "# keys\n\n j k\t<Tab>\n  :xaxis wall\r\n:screen\n: #",
				      &s, &e),
			 0);
	assert_int_equal(s.n, 7);
	assert_int_equal(s.step[0].key, 'j');
	assert_int_equal(s.step[0].line, 3);
	assert_int_equal(s.step[2].key, K_TAB);
	assert_string_equal(s.step[3].command, "xaxis wall");
	assert_string_equal(s.step[4].command, "screen");
	assert_int_equal(s.step[5].key, ':');
	assert_int_equal(s.step[6].key, '#');
	script_release(&s);
	/* as people type: keys one after another, with a '<' that is one itself among them */
	assert_int_equal(script_parse("f", "jj<Enter>\n<C-l>\xc3\xa4<<Up>< ><lt>\n", &s, &e), 0);
	static const int keys[] = {'j', 'j', K_ENTER, K_CTRL('l'), 0xe4, '<', K_UP, '<', '>', '<'};
	assert_int_equal(s.n, sizeof keys / sizeof *keys);
	for (size_t i = 0; i < s.n; i++)
		assert_int_equal(s.step[i].key, keys[i]);
	script_release(&s);
	assert_int_equal(script_parse("f", "", &s, &e), 0);
	assert_int_equal(s.n, 0);
	script_release(&s);

	static const struct {
		const char *text, *says;
	} wrong[] = {
		{"j\n:qiut\n", "f:2: "},
		{"j\n\n<Tabb>", "f:3: <Tabb> is no key"},
		{"jk<Tabb>", "f:1: <Tabb> is no key"},
		{"j <C-1> k", "f:1: <C-1> is no key"},
		{":resize 9", "f:1: resize 9"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(script_parse("f", wrong[i].text, &s, &e), ERR_USAGE);
		assert_non_null(strstr(e.text, wrong[i].says));
	}
	assert_int_equal(script_read("/nonexistent/script", &s, &e), ERR_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_of_the_table_is_a_key_and_does_one_thing),
		cmocka_unit_test(every_row_has_a_name_of_its_own_and_help),
		cmocka_unit_test(unique_beginnings_will_do),
		cmocka_unit_test(commands_that_are_right),
		cmocka_unit_test(commands_that_are_wrong_say_why),
		cmocka_unit_test(completion_offers_names_and_arguments),
		cmocka_unit_test(scripts_are_read_whole_and_checked),
	};
	return cmocka_run_group_tests_name("action", tests, NULL, NULL);
}
