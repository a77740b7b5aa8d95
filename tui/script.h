/* script.h - a file of keys and :commands, read whole and checked before any of it runs. */
#ifndef TUI_SCRIPT_H
#define TUI_SCRIPT_H

#include "core/err.h"

#include <stddef.h>

struct script_step {
	int line;
	int key;       /* when COMMAND is NULL */
	char *command; /* without its ':' */
};

struct script {
	char *name; /* in messages */
	struct script_step *step;
	size_t n, cap;
};

/* PATH "-": standard input. Each line is a :command, or keys (words of key_parse), with or
 * without blanks between them; # begins a comment at the start of a line. ERR_USAGE:
 * "FILE:LINE: what is wrong". */
int script_read(const char *path, struct script *out, struct err *e);
/* The same from memory. */
int script_parse(const char *name, const char *text, struct script *out, struct err *e);
void script_release(struct script *s);

#endif
