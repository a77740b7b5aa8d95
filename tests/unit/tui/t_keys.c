/* Keys as words and back; keys out of what terminals send, cut at any byte. */
#include "core/utf8.h"
#include "tui/input.h"
#include "tui/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
every_key_has_a_word_that_means_it(void **state)
{
	(void)state;
	char word[16];
	for (int key = K_UP; key <= K_F12; key++)
		assert_int_equal(key_parse(key_word(key, word)), key);
	for (int key = 1; key < 0x3000; key++) {
		if (key == K_CTRL('h') || (uint32_t)key != utf8_safe((uint32_t)key))
			continue;
		key_word(key, word);
		if (word[0])
			assert_int_equal(key_parse(word), key);
		else
			assert_true(key < ' ');
	}
}

static void
words_of_keys(void **state)
{
	(void)state;
	static const struct {
		const char *word;
		int key;
	} words[] = {
		{"j", 'j'},
		{"G", 'G'},
		{"<Tab>", K_TAB},
		{"<tab>", K_TAB},
		{"<C-l>", K_CTRL('l')},
		{"<C-L>", K_CTRL('l')},
		{"<lt>", '<'},
		{"<", '<'},
		{"<Space>", ' '},
		{"<CR>", K_ENTER},
		{"<S-Tab>", K_BACKTAB},
		{"é", 0xe9},
		{"", K_NONE},
		{"jj", K_NONE},
		{"<Tabb>", K_NONE},
		{"<C-1>", K_NONE},
		{"<C-", K_NONE},
		{"\x1b", K_NONE},
		{"\xff", K_NONE},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		assert_int_equal(key_parse(words[i].word), words[i].key);
}

/* -- sequences --------------------------------------------------------------------------------- */

static const struct {
	const char *bytes;
	int key; /* K_NONE: swallowed */
} sequences[] = {
	{"j", 'j'},
	{"\r", K_ENTER},
	{"\n", K_ENTER},
	{"\t", K_TAB},
	{"\x7f", K_BACKSPACE},
	{"\b", K_BACKSPACE},
	{"\x0c", K_CTRL('l')},
	{"\xc3\xa9", 0xe9},
	{"\xe6\x97\xa5", 0x65e5},
	{"\xf0\x9f\x99\x82", 0x1f642},
	{"\x1b[A", K_UP},
	{"\x1bOA", K_UP},
	{"\x1b[1;5A", K_UP},
	{"\x1b[B", K_DOWN},
	{"\x1b[C", K_RIGHT},
	{"\x1b[D", K_LEFT},
	{"\x1b[H", K_HOME},
	{"\x1bOF", K_END},
	{"\x1b[1~", K_HOME},
	{"\x1b[7~", K_HOME},
	{"\x1b[4~", K_END},
	{"\x1b[2~", K_INSERT},
	{"\x1b[3~", K_DELETE},
	{"\x1b[5~", K_PGUP},
	{"\x1b[6;5~", K_PGDN},
	{"\x1b[Z", K_BACKTAB},
	{"\x1bOP", K_F1},
	{"\x1b[[A", K_F1},
	{"\x1b[[E", K_F5},
	{"\x1b[11~", K_F1},
	{"\x1b[15~", K_F5},
	{"\x1b[24~", K_F12},
	{"\x1bOM", K_ENTER},
	{"\x1bOy", '9'},
	{"\x1bOk", '+'},
	/* answers, and what nobody asked for */
	{"\x1b[0n", K_NONE},
	{"\x1b[12;40R", K_NONE},
	{"\x1b[?64;1;2c", K_NONE},
	{"\x1b[I", K_NONE},
	{"\x1b]11;rgb:0000/0000/0000\x07", K_NONE},
	{"\x1b]52;c;aGk=\x1b\\", K_NONE},
	{"\x1bP1$r0m\x1b\\", K_NONE},
	{"\x1b[99999999999~", K_NONE},
	{"\x1b[201~", K_NONE},
	/* mouse */
	{"\x1b[<0;10;20M", K_MOUSE},
	{"\x1b[<64;300;2M", K_MOUSE},
	{"\x1b[<35;10;20M", K_NONE},
	{"\x1b[M !!", K_MOUSE},
	/* no UTF-8, no character */
	{"\xff", K_NONE},
	{"\xc2\x9b", K_NONE},
};
enum { NSEQUENCES = sizeof sequences / sizeof *sequences };

static int
only_key(struct input *in, struct mouse *m)
{
	int key = input_key(in, m, false);
	if (key != K_NONE)
		assert_int_equal(input_key(in, m, false), K_NONE);
	assert_false(input_pending(in));
	return key;
}

static void
what_terminals_send(void **state)
{
	(void)state;
	for (int i = 0; i < NSEQUENCES; i++) {
		struct input in;
		struct mouse m;
		input_init(&in);
		input_feed(&in, sequences[i].bytes, strlen(sequences[i].bytes));
		assert_int_equal(only_key(&in, &m), sequences[i].key);
		input_release(&in);
	}
}

static void
cut_anywhere_the_same_keys(void **state)
{
	(void)state;
	char all[2048] = "";
	int want[NSEQUENCES], nwant = 0;
	size_t len = 0;
	for (int i = 0; i < NSEQUENCES; i++) {
		len += (size_t)snprintf(all + len, sizeof all - len, "%s", sequences[i].bytes);
		if (sequences[i].key != K_NONE)
			want[nwant++] = sequences[i].key;
	}
	for (size_t cut = 1; cut < 9; cut++) {
		struct input in;
		struct mouse m;
		int n = 0;
		input_init(&in);
		for (size_t at = 0; at < len; at += cut) {
			size_t k = len - at < cut ? len - at : cut;
			assert_int_equal(input_feed(&in, all + at, k), k);
			for (int key; (key = input_key(&in, &m, false)) != K_NONE; n++)
				assert_int_equal(key, want[n]);
		}
		assert_int_equal(n, nwant);
		assert_int_equal(in.answers, 1);
		input_release(&in);
	}
}

static void
a_lone_esc_is_the_key_when_nothing_follows(void **state)
{
	(void)state;
	struct input in;
	struct mouse m;
	input_init(&in);
	input_feed(&in, "\x1b", 1);
	assert_int_equal(input_key(&in, &m, false), K_NONE);
	assert_true(input_pending(&in));
	assert_int_equal(input_key(&in, &m, true), K_ESC);
	/* followed by what begins no sequence: both */
	input_feed(&in, "\x1bq", 2);
	assert_int_equal(input_key(&in, &m, false), K_ESC);
	assert_int_equal(input_key(&in, &m, false), 'q');
	/* a torn sequence is not typed */
	input_feed(&in, "\x1b[1;", 4);
	assert_int_equal(input_key(&in, &m, false), K_NONE);
	assert_int_equal(input_key(&in, &m, true), K_NONE);
	assert_false(input_pending(&in));
	input_release(&in);
}

static void
mouse_buttons_and_places(void **state)
{
	(void)state;
	struct input in;
	struct mouse m;
	input_init(&in);
	input_feed(&in, "\x1b[<0;10;20M", 11);
	assert_int_equal(input_key(&in, &m, false), K_MOUSE);
	assert_true(m.x == 9 && m.y == 19 && m.button == 1 && m.press);
	input_feed(&in, "\x1b[<2;1;1m", 9);
	assert_int_equal(input_key(&in, &m, false), K_MOUSE);
	assert_true(m.x == 0 && m.button == 3 && !m.press);
	input_feed(&in, "\x1b[<65;1;1M", 10);
	assert_int_equal(input_key(&in, &m, false), K_MOUSE);
	assert_int_equal(m.button, 5);
	input_release(&in);
}

static void
what_is_pasted_is_text(void **state)
{
	(void)state;
	struct input in;
	struct mouse m;
	const char *paste = "\x1b[200~q\rx\x1b[A\x1b[201~q";
	input_init(&in);
	input_feed(&in, paste, strlen(paste));
	assert_int_equal(input_key(&in, &m, false), 'q' | K_PASTED);
	assert_int_equal(input_key(&in, &m, false), 'x' | K_PASTED);
	assert_int_equal(input_key(&in, &m, false), 'q');
	assert_int_equal(input_key(&in, &m, false), K_NONE);
	input_release(&in);
}

static void
sequences_of_one_terminal(void **state)
{
	(void)state;
	struct input in;
	struct mouse m;
	input_init(&in);
	input_bind(&in, "\x1b[218z", K_HOME);
	input_bind(&in, "\x1b\x09", K_BACKTAB);
	input_bind(&in, "", K_F1);
	input_feed(&in, "\x1b[21", 4);
	assert_int_equal(input_key(&in, &m, false), K_NONE);
	input_feed(&in, "8z\x1b\x09", 4);
	assert_int_equal(input_key(&in, &m, false), K_HOME);
	assert_int_equal(input_key(&in, &m, false), K_BACKTAB);
	input_release(&in);
}

/* Noise is taken in any pieces, in bounded memory, and every byte of it goes. */
static void
noise_is_digested(void **state)
{
	(void)state;
	uint32_t seed = 99;
	struct input in;
	struct mouse m;
	static const char likely[] = "\x1b\x1b[[]O<;0123M~\\P\x07n\xc3\xa9";
	input_init(&in);
	for (int i = 0; i < 200000; i++) {
		seed = seed * 1664525 + 1013904223;
		unsigned char c =
			seed >> 31 ? (unsigned char)(seed >> 20)
				   : (unsigned char)likely[(seed >> 9) % (sizeof likely - 1)];
		assert_int_equal(input_feed(&in, &c, 1), 1);
		while (input_key(&in, &m, false) != K_NONE)
			;
		assert_true(in.n < INPUT_MAX);
	}
	while (input_pending(&in)) {
		size_t before = in.n;
		input_key(&in, &m, true);
		assert_true(in.n < before);
	}
	input_release(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_has_a_word_that_means_it),
		cmocka_unit_test(words_of_keys),
		cmocka_unit_test(what_terminals_send),
		cmocka_unit_test(cut_anywhere_the_same_keys),
		cmocka_unit_test(a_lone_esc_is_the_key_when_nothing_follows),
		cmocka_unit_test(mouse_buttons_and_places),
		cmocka_unit_test(what_is_pasted_is_text),
		cmocka_unit_test(sequences_of_one_terminal),
		cmocka_unit_test(noise_is_digested),
	};
	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
