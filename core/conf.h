/* conf.h - mm.conf: what a person decided. A file with any mistake is refused whole.
 *
 * Sections: [watch] [source] [screen] [keys] [alerts] [registry] [stop] [metric GLOB] [run GLOB]
 * [alert NAME] [pattern NAME] [notify NAME] [deploy NAME], and in them `key = value`. # and ; begin
 * comments at the start of a line or after a blank; a value that needs these, or blanks at its
 * ends, stands in "double quotes". The option table below is the master copy: parser,
 * mm.conf.example, manual and completion come from it. */
#ifndef CORE_CONF_H
#define CORE_CONF_H

#include "core/err.h"
#include "core/role.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opt_type {
	OPT_BOOL, /* yes no, on off, true false */
	OPT_INT,
	OPT_DURATION, /* 250ms 30s 5m 2h 1d */
	OPT_STRING,
	OPT_GLOBS, /* glob_list_match */
	OPT_CHOICE,
	OPT_NUMBER,
	OPT_CONDITION, /* condition_parse */
	OPT_FOR,       /* hold_parse */
	OPT_TZ,        /* conf_parse_tz */
	OPT_REGEX,     /* pattern_check */
	OPT_COMMAND,   /* argv_parse */
	OPT_KEEP,      /* retention_parse */
	OPT_PATH,      /* absolute, or ~/… */
};

struct conf_option {
	const char *section; /* "watch"; "metric" for [metric GLOB] */
	const char *key;
	enum opt_type type;
	const char *def; /* as it would be written; "" for none */
	/* OPT_CHOICE: "min|max|none"; OPT_INT, OPT_NUMBER: "1..1000", NULL for any */
	const char *choices;
	const char *help; /* one sentence */
};
extern const struct conf_option conf_options[]; /* ends with section NULL */

struct conf;

/* PATH NULL: $XDG_CONFIG_HOME/mm/mm.conf (default ~/.config), else /etc/mm/mm.conf, else the
 * defaults. Refuses files not owned by me or root, or writable by others. Errors read "FILE:LINE:
 * what, and the nearest valid name". */
int conf_load(const char *path, struct conf **out, struct err *e);
/* From memory, for tests and for the defaults ("" gives them). NAME stands in messages. */
int conf_parse(const char *name, const char *text, size_t n, struct conf **out, struct err *e);
void conf_free(struct conf *c);
/* The file it came from, or NULL. */
const char *conf_path(const struct conf *c);

/* Plain options, "section.key": value as set or its default. Asking for a name that is not in the
 * table is a bug. */
const char *conf_str(const struct conf *c, const char *name);
bool conf_bool(const struct conf *c, const char *name);
int64_t conf_int(const struct conf *c, const char *name);
int64_t conf_duration_us(const struct conf *c, const char *name);

/* [metric GLOB] and [run GLOB]: the value of KEY in the last section whose GLOB matches NAME and
 * sets it; NULL: none. A run's GLOB that does not begin with '/' may begin at any component of its
 * path (glob_path_match). */
const char *conf_metric(const struct conf *c, const char *name, const char *key);
const char *conf_run(const struct conf *c, const char *run, const char *key);

/* [alert NAME] sections in file order. conf_alert_key: NULL when not set. LINE is where the section
 * begins. */
int conf_alerts(const struct conf *c);
const char *conf_alert_name(const struct conf *c, int i, int *line);
const char *conf_alert_key(const struct conf *c, int i, const char *key, int *line);

/* [notify NAME], likewise. */
int conf_notifies(const struct conf *c);
const char *conf_notify_name(const struct conf *c, int i, int *line);
const char *conf_notify_key(const struct conf *c, int i, const char *key, int *line);
/* [deploy NAME] sections in file order; a key that is not set: NULL. */
int conf_deploys(const struct conf *c);
const char *conf_deploy_name(const struct conf *c, int i);
const char *conf_deploy_key(const struct conf *c, int i, const char *key);

/* [keys]: the I-th line, as it is written: an action and its keys. What they mean is the reader's
 * to judge. */
int conf_keys(const struct conf *c);
const char *conf_key(const struct conf *c, int i, const char **keys, int *line);

/* [pattern NAME] sections, compiled; NULL: there are none. Lives as long as C, or as long as
 * somebody holds a reference. */
struct pattern_set;
struct pattern_set *conf_patterns(const struct conf *c);

/* "local" (INT_MIN), "utc", "+02:00", "-0530": seconds east of UTC. */
bool conf_parse_tz(const char *s, int *offset_s);
/* yes no, on off, true false, 1 0, in any case. */
bool conf_parse_bool(const char *s, bool *out);
/* "30s", "5m", "2h", "1d", "250ms", a plain number is seconds: µs. */
bool conf_parse_duration(const char *s, int64_t *us);
/* The nearest of N names by edit distance, or NULL when none is near. */
const char *conf_nearest(const char *word, const char *const *names, int n);
/* mm.conf.example, made from the table. */
void conf_example(struct str *out);

#endif
