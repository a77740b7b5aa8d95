/* cmd.h - the subcommands: one row each. Dispatch, --help, man page and completion come from the
 * table. */
#ifndef TUI_CMD_H
#define TUI_CMD_H

#include "core/conf.h"
#include "core/err.h"
#include "core/str.h"
#include "store/store.h"
#include "tui/marks.h"

#include <stdbool.h>

enum { EXIT_DONE = 0, EXIT_NOT = 1, EXIT_USAGE = 2 };

/* The common options, parsed before the command runs. */
struct cmd_env {
	const char *self;      /* path of this program */
	const char *name;      /* of the command, as in the table; NULL: the dashboard */
	const char *store_arg; /* --store, or NULL */
	const char *conf_path; /* --config, or NULL */
	struct conf *conf;     /* loaded */
	const char *root[64];  /* --root, canonical when it exists */
	bool root_gone[64];    /* there is no such directory (any more) */
	int nroots;
	bool as_is, ascii, utc, json, help, version;
	int color; /* -1 auto, 0 never, 1 always */
	bool out_tty;
	const struct cmd *cmd; /* its row; NULL: the dashboard */
	/* options of the command: value of the i-th in its table row ("" for a flag that is set),
	 * NULL: not given */
	const char *opt[24];
	char **arg; /* what is left */
	int narg;
	bool one_by_one;         /* what names a run and is no pattern may not mean several */
	struct cmd_names *names; /* private to cmd_names.c */
};

/* The value of an option of the command by name; NULL: not given; "" for a flag. */
const char *cmd_option(const struct cmd_env *env, const char *name);

struct cmd_opt {
	const char *name;  /* "--once"; also "-W" */
	const char *value; /* "COLS"; NULL: a flag */
	const char *help;
};

struct cmd {
	const char *name;
	const char *args; /* "[GLOB…]" */
	const char *help; /* one sentence */
	const char *more; /* a few lines for --help and the manual; may be NULL */
	int (*run)(struct cmd_env *env);
	const struct cmd_opt *opts; /* ends with name NULL; may be NULL */
};

extern const struct cmd cmd_table[];                                 /* ends with name NULL */
extern const struct cmd_opt cmd_common_opts[], cmd_dashboard_opts[]; /* end with name NULL */

/* Parses ARGV into ENV (conf is not loaded yet). 0, or words in E. */
int cmd_parse(struct cmd_env *env, int argc, char **argv, struct err *e);
/* CMD's MORE, and its verbs. */
void cmd_more(struct str *out, const struct cmd *cmd);
/* What --help prints: of the whole program (CMD NULL) or of one command. */
void cmd_help(struct str *out, const struct cmd *cmd);

int cmd_watch(struct cmd_env *env);
int cmd_runs(struct cmd_env *env);
int cmd_metrics(struct cmd_env *env);
int cmd_export(struct cmd_env *env);
int cmd_plot(struct cmd_env *env);
int cmd_sources(struct cmd_env *env);
int cmd_log(struct cmd_env *env);
int cmd_alert(struct cmd_env *env);
int cmd_alerts(struct cmd_env *env);
int cmd_version(struct cmd_env *env);
int cmd_status(struct cmd_env *env);
int cmd_digest(struct cmd_env *env);
int cmd_check(struct cmd_env *env);
int cmd_forget(struct cmd_env *env);
int cmd_compact(struct cmd_env *env);
int cmd_stat(struct cmd_env *env);
int cmd_inspect(struct cmd_env *env);

/* For read commands: catches up (points only, no rules) unless --as-is or somebody ingests (then
 * asks it to sync, bounded), opens the store and begins a snapshot. An absent store reads as an
 * empty one: *SN is NULL. */
int cmd_begin(struct cmd_env *env, struct store **st, struct snap **sn, struct err *e);
void cmd_end(struct store *st, struct snap *sn); /* either may be NULL */
/* Tells a person at a terminal that there is no run to show, and where none was found; of HIDDEN
 * runs how to see them. SN may be NULL. */
void cmd_say_none(const struct cmd_env *env, struct snap *sn, int hidden);
/* The registry's directory, as the watcher would meet it: canonical where it exists. To be freed;
 * NULL: there is none. */
char *cmd_registry_dir(const char *given, const struct conf *c);
/* Prints "mm: …" and returns the exit status for E. */
int cmd_fail(const struct err *e);
/* Flushes stdout; a full disk or a closed pipe makes an error of STATUS. */
int cmd_finish(int status);

/* Is run PATH wanted under --root? NAME (may be NULL) gets what scripts see: relative to the root
 * when --root is given, else with as much of the root in front as tells several roots apart. */
bool cmd_run_name(struct cmd_env *env, struct snap *sn, const char *path, struct str *name,
		  const char **root);

void cmd_names_free(struct cmd_names *names); /* NULL is fine */

/* RUN:METRIC (DESIGN §6): calls FN for each (run, series) that is named; a bare RUN means all its
 * series, RUN#N its N-th attempt. ERR_NOTFOUND when nothing is named. */
struct cmd_target {
	struct run_info run;
	struct series_info series; /* with ATTEMPT, NOW is of that one */
	const char *run_name;
	uint32_t attempt; /* asked for; 0: none in particular */
	bool unasked;     /* the run was named, not this metric */
};
int cmd_targets(struct cmd_env *env, struct snap *sn, const char *spec,
		int (*fn)(void *ctx, const struct cmd_target *t), void *ctx, struct err *e);

/* A run with what a command shows of it. Strings live until the snapshot ends. */
struct cmd_run {
	struct run_info info;
	struct pace pace;
	char *name;       /* cmd_run_name() */
	const char *root; /* canonical; NULL: under none */
	int64_t total;    /* [run GLOB] total applied; 0: unknown */
	enum run_state state;
	char *why;          /* the evidence that decided that */
	struct marks marks; /* what a person wrote of it */
	/* What the screen calls it instead of its path: a person's name, else mm.conf's, else its
	 * framework's; or NULL */
	char *called;
};
/* Every run under --root, in order of name, into *OUT (freed by cmd_runs_free). GLOBS: only those
 * that one of them means: by name, path, the end of it, what the screen calls it, or as a pattern;
 * one that means nothing is ERR_NOTFOUND. */
int cmd_runs_load(struct cmd_env *env, struct snap *sn, char **globs, int nglobs,
		  struct cmd_run **out, int *n, struct err *e);
void cmd_runs_free(struct cmd_run *run, int n);

/* A request of whoever ingests, who may be just beginning and not listening yet; waits for the
 * answer for as long as it takes. ERR_BUSY: he does not listen at all. */
int cmd_ask(const char *dir, const char *verb, const char *const *args, int n, struct str *answer,
	    struct err *e);
/* How many colours standard output may have: 0, 8, 16, 256. */
int cmd_colors(const struct cmd_env *env);
/* Columns of the terminal that standard output is; 0: it is none. */
int cmd_columns(void);
/* Prints a line, cleaned for a terminal, and releases it. */
void cmd_line(struct str *s);

/* Columns of text, aligned when printed: cells are added row by row. A cell that begins with '\t'
 * is aligned right. */
struct cmd_sheet {
	char **cell;
	size_t n, cap;
	int columns;
};
void cmd_sheet_add(struct cmd_sheet *s, const char *cell);
void cmd_sheet_right(struct cmd_sheet *s, const char *cell);          /* aligned right */
void cmd_sheet_print(struct cmd_sheet *s, const struct cmd_env *env); /* and releases it */

#endif
