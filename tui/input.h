/* input.h - what a terminal sends, taken apart: keys, mouse, paste, answers. Bytes in, keys out. */
#ifndef TUI_INPUT_H
#define TUI_INPUT_H

#include "tui/term.h"

#include <stdbool.h>
#include <stddef.h>

#define INPUT_MAX 512

struct input {
	unsigned char buf[INPUT_MAX];
	size_t n;
	struct input_bound {
		char *bytes;
		int key;
	} * bound; /* sequences of this terminal (terminfo) that are not ECMA-48's */
	size_t nbound, cap;
	bool paste; /* between the marks of a bracketed paste */
	unsigned
		/* CSI 0 n that came: the terminal has taken what was sent before its question */
		answers;
};

void input_init(struct input *in);
void input_release(struct input *in);
/* BYTES mean KEY on this terminal; copied. Sequences that do not begin with ESC are not needed and
 * ignored. */
void input_bind(struct input *in, const char *bytes, int key);
/* Takes at most what there is room for (INPUT_MAX in all); returns how much. */
size_t input_feed(struct input *in, const void *bytes, size_t n);
/* The next key. K_NONE: nothing, or the beginning of a sequence: input_pending(). With FLUSH what
 * has begun will not go on: a lone ESC is the key. Pasted characters have K_PASTED added; control
 * characters in a paste are left out. */
int input_key(struct input *in, struct mouse *m, bool flush);
bool input_pending(const struct input *in);

#endif
