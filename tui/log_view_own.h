/* log_view_own.h - what the two halves of a log's view share: log_view.c, which asks and takes
 * answers, and log_scroll.c, which knows where the screen is and where it is to go. */
#ifndef TUI_LOG_VIEW_OWN_H
#define TUI_LOG_VIEW_OWN_H

#include "tui/log_view.h"

/* What was asked is of no interest any more. */
void log_view_forget(struct log_view *v);
/* Nothing is looked for any more. */
void log_view_drop_jump(struct log_view *v);
void log_view_follow(struct log_view *v);
/* Another file, or the same anew. */
void log_view_show(struct log_view *v, int file);
/* The line that begins at AT comes into view, with so many rows above. */
void log_view_land(struct log_view *v, uint64_t at, int above);

/* Rows that the window has from row ROW of a line on, or before it; counted up to ENOUGH. */
int log_view_rows_below(const struct log_view *v, int line, int row, int enough);
int log_view_rows_above(const struct log_view *v, int line, int row, int enough);

#endif
