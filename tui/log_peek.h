/* log_peek.h - a few lines of a run's text around one place, to be shown beside something else.
 *
 * It asks the ingester, as the log's own view does (tui/log_view.h), but once: which files there
 * are, which of them has the place, the lines there. Nothing is waited for; what has come so far is
 * what there is, and the screen is drawn again when more has. */
#ifndef TUI_LOG_PEEK_H
#define TUI_LOG_PEEK_H

#include "tui/grid.h"
#include "tui/log_window.h"
#include "tui/model.h"

#include <stdbool.h>
#include <stdint.h>

struct log_peek {
	struct model *m;
	unsigned serial; /* of the place, as its owner counts; 0: none */
	char *run;
	struct model_text where; /* but for its run */
	char **file;
	int nfiles, at;
	size_t file_cap;
	enum { PEEK_TEXTS, PEEK_PLACE, PEEK_LAST, PEEK_BACK, PEEK_FORTH, PEEK_DONE } want;
	bool asked;
	unsigned gen, asked_gen; /* an answer to an older question is no answer */
	bool up;
	struct log_window win;
	bool marked; /* the line that was looked for begins at MARK; else the end is shown */
	uint64_t mark;
	char note[160]; /* why there is nothing; "" else */
};

/* It has to live as long as the model may answer. */
struct log_peek *log_peek_new(void);
void log_peek_free(struct log_peek *v);
/* The place that is wanted, in the text of RUN; asks for what is missing. Before it is drawn; the
 * same SERIAL is the same place. */
void log_peek_pump(struct log_peek *v, struct model *m, unsigned serial, const char *run,
		   const struct model_text *where);
/* The lines, the marked one a third down; or in words why there are none. */
void log_peek_draw(struct log_peek *v, const struct model *m, struct grid *g, struct rect r);
/* It is known that there is no text at the place SERIAL. */
bool log_peek_none(const struct log_peek *v, unsigned serial);
/* The last part of the file's name, or NULL. */
const char *log_peek_file(const struct log_peek *v);

#endif
