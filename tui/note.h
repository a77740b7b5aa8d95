/* note.h - a few words in an empty pane. */
#ifndef TUI_NOTE_H
#define TUI_NOTE_H

#include "tui/grid.h"

/* TEXT broken at blanks and newlines into the lines of R, from its top; what doesn't fit is left
 * out. Returns the lines used. */
int note_draw(struct grid *g, struct rect r, const char *text, int style);
/* Without the first SKIP lines. */
int note_draw_from(struct grid *g, struct rect r, const char *text, int skip, int style);
/* As note_draw, without drawing: how many lines W columns take. */
int note_lines(const char *text, int w);

#endif
