/* app.h - the dashboard: terminal or script, model, panes, child ingester, control socket, on one
 * loop. */
#ifndef TUI_APP_H
#define TUI_APP_H

#include "core/conf.h"

#include <stdbool.h>

struct app_opts {
	const char *store_dir; /* as store_where() gave it */
	bool store_insist;
	const char *conf_path; /* for the child; NULL: default */
	const char *registry;  /* --registry, or NULL */
	const struct conf *conf;
	/* DIR arguments, canonical as far as main() could tell without touching a hung mount; the
	 * ingester answers "root DIR" with the canonical path, which then replaces it */
	char **dir;
	int ndirs;
	const char *const
		*root; /* --root: shown, not registered; like DIRs they limit what is shown */
	int nroots;
	bool as_is; /* start no child, read nothing */
	bool poll;
	bool ascii;
	int colors;         /* -1 auto, 0 none */
	const char *script; /* --script FILE ("-": stdin): no terminal */
	int cols, rows;     /* --size; 0: 80x24, or the terminal's */
	bool plain;         /* stdout is no terminal: sync, print one screen as text, leave */
	const char *self;   /* path of this program, to start the child */
};

/* Returns the exit status. */
int app_run(const struct app_opts *o);

#endif
