/* Keys have two faces: a number that dispatch compares, and a word that scripts, help and mm.conf
 * use. The words are those of vi's mappings: j, <C-l>, <Tab>, <PageUp>. */
#include "core/conf.h"
#include "core/utf8.h"
#include "tui/term.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct key_row {
	int key;
	const char *word;
} key_words[] = {
	{K_ENTER, "<Enter>"},
	{K_TAB, "<Tab>"},
	{K_ESC, "<Esc>"},
	{' ', "<Space>"},
	{'<', "<lt>"},
	{K_UP, "<Up>"},
	{K_DOWN, "<Down>"},
	{K_LEFT, "<Left>"},
	{K_RIGHT, "<Right>"},
	{K_HOME, "<Home>"},
	{K_END, "<End>"},
	{K_PGUP, "<PageUp>"},
	{K_PGDN, "<PageDown>"},
	{K_BACKTAB, "<BackTab>"},
	{K_BACKSPACE, "<Backspace>"},
	{K_DELETE, "<Delete>"},
	{K_INSERT, "<Insert>"},
	{K_F1, "<F1>"},
	{K_F2, "<F2>"},
	{K_F3, "<F3>"},
	{K_F4, "<F4>"},
	{K_F5, "<F5>"},
	{K_F6, "<F6>"},
	{K_F7, "<F7>"},
	{K_F8, "<F8>"},
	{K_F9, "<F9>"},
	{K_F10, "<F10>"},
	{K_F11, "<F11>"},
	{K_F12, "<F12>"},
	/* other words for the same */
	{K_ENTER, "<CR>"},
	{K_ENTER, "<Return>"},
	{K_BACKTAB, "<S-Tab>"},
	{K_BACKSPACE, "<BS>"},
	{K_DELETE, "<Del>"},
	{K_INSERT, "<Ins>"},
	{K_PGUP, "<PgUp>"},
	{K_PGDN, "<PgDn>"},
};
#define NWORDS (sizeof key_words / sizeof *key_words)

const char *
key_word(int key, char buf[16])
{
	for (size_t i = 0; i < NWORDS; i++) {
		if (key_words[i].key == key && key != '<') {
			snprintf(buf, 16, "%s", key_words[i].word);
			return buf;
		}
	}
	if (key >= 1 && key <= 26) {
		snprintf(buf, 16, "<C-%c>", key + 'a' - 1);
	} else if (key > ' ' && key < KEYS_BASE && utf8_safe((uint32_t)key) == (uint32_t)key) {
		buf[utf8_put((uint32_t)key, buf)] = '\0';
	} else {
		buf[0] = '\0';
	}
	return buf;
}

int
key_parse(const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i < NWORDS; i++)
		if (strcasecmp(word, key_words[i].word) == 0)
			return key_words[i].key;
	if (n == 5 && strncasecmp(word, "<C-", 3) == 0 && word[4] == '>') {
		int c = (unsigned char)word[3] | 32;
		return c >= 'a' && c <= 'z' ? K_CTRL(c) : K_NONE;
	}
	if (n == 0)
		return K_NONE;
	uint32_t ch;
	const char *end = utf8_next(word, word + n, &ch);
	return *end == '\0' && ch > ' ' && ch != UTF8_BAD && ch != 0x7f ? (int)ch : K_NONE;
}

const char *
key_nearest(const char *word)
{
	const char *names[NWORDS];
	char bare[24];
	snprintf(bare, sizeof bare, "<%s>", word); /* Space */
	for (size_t i = 0; i < NWORDS; i++) {
		names[i] = key_words[i].word;
		if (strcasecmp(bare, names[i]) == 0)
			return names[i];
	}
	return conf_nearest(word, names, (int)NWORDS);
}

/* A '<' that begins no word of a key is the character. */
size_t
key_first(const char *text, int *key)
{
	char word[24];
	const char *close = *text == '<' ? strchr(text, '>') : NULL;
	size_t n = close ? (size_t)(close - text) + 1 : 0;
	bool one = n > 2 && n < sizeof word && !memchr(text + 1, '<', n - 1);
	if (one && !memchr(text, ' ', n)) {
		snprintf(word, sizeof word, "%.*s", (int)n, text);
		*key = key_parse(word);
		return *key == K_NONE ? 0 : n;
	}
	uint32_t ch;
	const char *end = utf8_next(text, text + strlen(text), &ch);
	n = (size_t)(end - text);
	snprintf(word, sizeof word, "%.*s", (int)n, text);
	*key = key_parse(word);
	return *key == K_NONE ? 0 : n;
}
