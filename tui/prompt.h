/* prompt.h - the line at the bottom where a person types: a :command, a /filter. */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include "tui/grid.h"

#include <stdbool.h>
#include <stddef.h>

enum prompt_event {
	PROMPT_NOTHING, /* not a key of the prompt's */
	PROMPT_MOVED,   /* draw it again */
	PROMPT_CHANGED, /* the text is another */
	PROMPT_DONE,    /* Enter: take the text */
	PROMPT_DROPPED, /* Esc, or Backspace in an empty line */
};

/* Calls ADD for each word that could stand where WORD, the last word of LINE, stands. */
typedef void prompt_add_fn(void *to, const char *word);
typedef void prompt_words_fn(void *ctx, const char *line, const char *word, prompt_add_fn *add,
			     void *to);

struct prompt;

struct prompt *prompt_new(void);
void prompt_free(struct prompt *p);
/* KIND is the character in front, ':' or '/': each has its history. WORDS (may be NULL) serves
 * Tab. */
void prompt_open(struct prompt *p, int kind, const char *text, prompt_words_fn *words, void *ctx);
void prompt_close(struct prompt *p);
/* The character in front; 0: not open. */
int prompt_kind(const struct prompt *p);
const char *prompt_text(const struct prompt *p);
enum prompt_event prompt_key(struct prompt *p, int key);
/* Remembers TEXT in the history of KIND; a repetition moves to the end. */
void prompt_remember(struct prompt *p, int kind, const char *text);
/* In R's first row, with the cursor; candidates of a Tab are shown behind the text. */
void prompt_draw(const struct prompt *p, struct grid *g, struct rect r);

#endif
