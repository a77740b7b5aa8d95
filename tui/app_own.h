/* app_own.h - the state of the dashboard's process, for app.c and app_script.c alone. */
#ifndef TUI_APP_OWN_H
#define TUI_APP_OWN_H

#include "core/ctl.h"
#include "core/loop.h"
#include "tui/app.h"
#include "tui/child.h"
#include "tui/dash.h"
#include "tui/job.h"
#include "tui/model.h"
#include "tui/prompt.h"
#include "tui/scope.h"
#include "tui/status.h"
#include "tui/term.h"

struct app {
	const struct app_opts *o;
	struct loop *loop;
	struct term *term; /* NULL: --script, or a screen as plain text */
	struct grid grid;
	struct model *model;
	struct dash *dash;
	struct status status;
	struct prompt *prompt;
	struct scope scope;
	struct child *child;
	struct ctl_client *ctl;
	struct conf_watch *conf_watch;
	struct conf *own;         /* a configuration that was loaded again, or NULL */
	struct root_asked *asked; /* one a root that the ingester is told of */
	struct loop_timer *frame, *minute, *input;

	bool dirty;              /* something changed since the last frame */
	int64_t frame_us;        /* when that was */
	struct courier *stopper; /* a command that stops a run, under way; or NULL */
	bool bell;               /* to be rung */
	int64_t bell_us;         /* monotonic, when it last was */
	bool leave;
	bool died;     /* the child did, of itself */
	char *mourned; /* what was said of that, until it is back */
	int status_code;

	enum { SYNC_NONE, SYNC_ASKED, SYNC_DONE, SYNC_LOST } sync;
};

/* One key, one command (without its ':'). */
void app_key(struct app *a, int key);
void app_command(struct app *a, const char *line);
/* Refreshes what is old and draws into the grid. */
void app_draw(struct app *a);
void app_resize(struct app *a, int w, int h);
/* Asks the ingester to read all that is there; SYNC tells how that goes. */
void app_ask_sync(struct app *a);

/* --script and the plain screen: no terminal. Both set STATUS_CODE. */
void app_run_script(struct app *a);
void app_run_plain(struct app *a);
/* :wait, :screen, :resize, :now. False: none of these. */
bool app_script_action(struct app *a, enum action act, const char *arg);

#endif
