/* command.h - a typed command: the name of an action, or a beginning of it, and perhaps an
 * argument. */
#ifndef TUI_COMMAND_H
#define TUI_COMMAND_H

#include "core/err.h"
#include "tui/action.h"
#include "tui/model.h"
#include "tui/prompt.h"

/* *ARG points into LINE, or is NULL. ERR_USAGE: no such action (with the nearest), several begin
 * so, an argument that is missing or too much, or none of the words it may be. */
int command_parse(const char *line, enum action *a, const char **arg, struct err *e);
/* A prompt_words_fn for the : line; CTX is the struct model. */
void command_words(void *ctx, const char *line, const char *word, prompt_add_fn *add, void *to);

#endif
