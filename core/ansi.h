/* ansi.h - what a terminal would show of one line, as characters with a few attributes.
 *
 * Carriage returns and backspaces go back and what follows overwrites, so a progress bar is its
 * last state. Of escape sequences only SGR is taken over, as one of seven colours, bold, dim and
 * underlined; EL erases; other whole sequences (ECMA-48: CSI, OSC and its kin, two-byte ones) show
 * nothing, as on a terminal. Whatever else is no plain visible text becomes U+FFFD (utf8.h). So
 * nothing that stands in a log can do anything. */
#ifndef CORE_ANSI_H
#define CORE_ANSI_H

#include "core/str.h"

#include <stddef.h>
#include <stdint.h>

/* Stated limit: columns that are kept of a line. What stands beyond is counted. */
#define ANSI_COLUMNS 4096

enum ansi_attr {
	ANSI_PLAIN, /* the terminal's own */
	ANSI_RED,
	ANSI_GREEN,
	ANSI_YELLOW,
	ANSI_BLUE,
	ANSI_MAGENTA,
	ANSI_CYAN,
	ANSI_GRAY,
	ANSI_COLOR = 7, /* mask of the above */
	ANSI_BOLD = 8,
	ANSI_DIM = 16,
	ANSI_UNDERLINE = 32,
};

struct ansi_cell {
	uint32_t ch;  /* a safe character; 0: the right half of a wide one */
	uint8_t attr; /* enum ansi_attr */
};

/* All zeros is an empty line. */
struct ansi_line {
	struct ansi_cell *cell;
	size_t n, cap;
	size_t beyond; /* characters that were left out behind the last column */
	size_t limit;  /* columns that are kept, instead of ANSI_COLUMNS; 0: those */
	/* while it is written */
	size_t at;
	uint8_t attr, color, ground; /* without colour; of the text; behind it */
};

void ansi_release(struct ansi_line *l);
/* The line [P, END), which has no line feed. What was there before is forgotten. */
void ansi_read(struct ansi_line *l, const char *p, const char *end);
/* As text, without attributes. */
void ansi_text(const struct ansi_line *l, struct str *out);
/* As text with SGR sequences, which ansi_read() makes the same line of; it ends with plain
 * attributes. */
void ansi_write(const struct ansi_line *l, struct str *out);

#endif
