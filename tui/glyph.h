/* glyph.h - characters that stand for something: pieces of boxes, and what ASCII shows for the
 * rest. */
#ifndef TUI_GLYPH_H
#define TUI_GLYPH_H

#include <stdbool.h>
#include <stdint.h>

/* The arms of a piece of a box. */
enum { ARM_UP = 1, ARM_DOWN = 2, ARM_LEFT = 4, ARM_RIGHT = 8 };

/* The piece with these arms (1 … 15); one arm alone looks like a whole line. */
uint32_t glyph_box(unsigned arms, bool ascii);
/* One column of ASCII that stands for CH; '?' when nothing does. */
uint32_t glyph_ascii(uint32_t ch);

#endif
