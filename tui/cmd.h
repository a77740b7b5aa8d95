/* cmd.h - the subcommands: one row each. Dispatch, --help, man page and completion come from the table. */
#ifndef TUI_CMD_H
#define TUI_CMD_H

#include "core/conf.h"
#include "core/err.h"
#include "core/str.h"
#include "store/store.h"

#include <stdbool.h>

enum { EXIT_DONE = 0, EXIT_NOT = 1, EXIT_USAGE = 2 };

/* The common options, parsed before the command runs. */
struct cmd_env {
	const char *self;       /* path of this program */
	const char *name;       /* of the command, as in the table; NULL: the dashboard */
	const char *store_arg;  /* --store, or NULL */
	const char *conf_path;  /* --config, or NULL */
	struct conf *conf;      /* loaded */
	const char *root[64];   /* --root, canonical when it exists */
	int nroots;
	bool as_is, ascii, json, help;
	int color;              /* -1 auto, 0 never, 1 always */
	bool out_tty;
	/* options of the command: value of the i-th in its table row ("" for a flag that is set), NULL: not given */
	const char *opt[24];
	char **arg;             /* what is left */
	int narg;
};

struct cmd_opt {
	const char *name;       /* "--once"; also "-W" */
	const char *value;      /* "COLS"; NULL: a flag */
	const char *help;
};

struct cmd {
	const char *name;
	const char *args;       /* "[GLOB…]" */
	const char *help;       /* one sentence */
	const char *more;       /* a few lines for --help and the manual; may be NULL */
	int (*run)(struct cmd_env *env);
	const struct cmd_opt *opts; /* ends with name NULL; may be NULL */
};

extern const struct cmd cmd_table[]; /* ends with name NULL */

int cmd_watch(struct cmd_env *env);
int cmd_runs(struct cmd_env *env);
int cmd_metrics(struct cmd_env *env);
int cmd_export(struct cmd_env *env);
int cmd_plot(struct cmd_env *env);
int cmd_sources(struct cmd_env *env);
int cmd_alert(struct cmd_env *env);
int cmd_status(struct cmd_env *env);
int cmd_check(struct cmd_env *env);

/* For read commands: catches up (points only, no rules) unless --as-is or somebody ingests (then asks it to sync, bounded),
 * opens the store and begins a snapshot. An absent store reads as an empty one: *SN is NULL. */
int cmd_begin(struct cmd_env *env, struct store **st, struct snap **sn, struct err *e);
/* Prints "mm: …" and returns the exit status for E. */
int cmd_fail(const struct err *e);

/* Is run PATH wanted under --root? NAME (may be NULL) gets what scripts see: relative to the root when --root is given,
 * else with as much of the root in front as tells several roots apart. */
bool cmd_run_name(struct cmd_env *env, struct snap *sn, const char *path, struct str *name, const char **root);

/* RUN:METRIC (DESIGN §6): calls FN for each (run, series) that is named. ERR_NOTFOUND when nothing is. WANT_METRIC: a bare RUN
 * means all its series. */
struct cmd_target {
	struct run_info run;
	struct series_info series;
	const char *run_name;
};
int cmd_targets(struct cmd_env *env, struct snap *sn, const char *spec, int (*fn)(void *ctx, const struct cmd_target *t),
		void *ctx, struct err *e);

/* JSON pieces: a number that JSON lacks is a string; strings are escaped. */
void cmd_json_num(struct str *s, double v);
void cmd_json_str(struct str *s, const char *z); /* NULL: null */

#endif
