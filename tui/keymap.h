/* keymap.h - which key does what: as the table of actions has it, unless mm.conf's [keys] says
 * otherwise. One map in a process: dispatch, help and the status line all ask it. */
#ifndef TUI_KEYMAP_H
#define TUI_KEYMAP_H

#include "core/conf.h"
#include "core/err.h"
#include "tui/action.h"

/* Are the lines of [keys] actions and keys, no key in two of them? ERR_USAGE: "FILE:LINE: …". */
int keymap_check(const struct conf *c, struct err *e);
/* From now on these lines hold: the keys of a line replace those of its action, and are taken from
 * actions that had them by default. NULL: the table alone. On an error nothing changes. */
int keymap_set(const struct conf *c, struct err *e);
/* The action bound to KEY, or ACTION_NONE. */
enum action keymap_action(int key);
/* The keys of A as words, blanks between them; "" when it has none. Until the next keymap_set(). */
const char *keymap_words(enum action a);
/* How to get to A: the first of them; without any its command, ":sort". */
const char *keymap_first(enum action a, char buf[16]);

#endif
