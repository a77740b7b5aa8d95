/* news.h - what the ingester says (core/ctl.h), noted in the model. */
#ifndef TUI_NEWS_H
#define TUI_NEWS_H

#include "tui/model.h"

enum {
	NEWS_DATA = 1,   /* newer points: refresh */
	NEWS_STATUS = 2, /* only what the status line says */
	NEWS_BELL = 4,   /* an alert fired now that is worth a bell */
};

/* LINE is a notice without its star, "up" or "down". Returns what to do about it; a line that is
 * none of the protocol's is ignored. */
int news_take(struct model *m, const char *line);

#endif
