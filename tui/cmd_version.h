/* cmd_version.h - the verbs of mm version: one row each. Private to tui/cmd_version*.c, but for the
 * table, which completion and help are made from. */
#ifndef TUI_CMD_VERSION_H
#define TUI_CMD_VERSION_H

#include "core/deploy.h"
#include "core/registry.h"
#include "tui/cmd.h"
#include "tui/fmt.h"

struct model;

struct verb_env {
	struct cmd_env *env;
	struct registry *reg;
	char **arg; /* behind the verb */
	int narg;
	struct err *e;
	bool shown; /* a progress line stands on stderr */
};

struct verb {
	const char *name;
	const char *args; /* "V NAME" */
	int least, most;  /* how many; most -1: any number */
	const char *help;
	int (*run)(struct verb_env *ve); /* an exit status, or negative with words in E */
};
extern const struct verb version_verbs[]; /* ends with name NULL */
extern const struct cmd_opt cmd_version_opts[];

/* What a person is shown of V, as JSON or as a text of several lines. */
void version_json(struct verb_env *ve, struct str *s, const struct version *v, bool whole);
void version_text(struct verb_env *ve, const struct version *v);
/* Parts of both: ", \"KEY\": …"; words on whatever is not as it should be, or was done to it; a
 * step as text; Z[N] joined by blanks. */
void version_put_text(struct str *s, const char *key, const char *value);
void version_put_step(struct str *s, const struct version *v);
void version_put_metrics(struct str *s, const struct version_metric *m, size_t n);
char *version_words(struct verb_env *ve, const struct version *v); /* to be freed */
const char *version_step_text(char buf[FMT_N], const struct version *v);
char *version_joined(char *const *z, size_t n); /* to be freed */
/* V's model, opened where it lies; NULL: it is none that is known, or not there. */
struct model *version_open_model(struct verb_env *ve, const struct version *v);
/* SAFETY, as registry_safety() says it, is the worst; then a person reads this. */
bool version_danger(const char *safety);
#define VERSION_DANGER "DANGER: runs code"
/* A cell of a sheet: FMT ("\t" aligns to the right) and Z, which may be NULL. */
void sheet_cell(struct cmd_sheet *sheet, const char *fmt, const char *z);
/* "net@v7"; to be freed. */
char *version_name(const struct version *v);
/* Progress on stderr, when that is a terminal. */
bool verb_progress(void *ctx, const struct registry_progress *p);
void verb_progress_end(struct verb_env *ve);
/* After what would happen was printed: 1 go on, 0 no, negative: nobody to ask. With --yes always
 * 1. */
int verb_consent(struct verb_env *ve, const char *question);

/* cmd_version_keep.c */
int version_save(struct verb_env *ve);
int version_adopt(struct verb_env *ve);
int version_auto(struct verb_env *ve);
int version_restore(struct verb_env *ve);
int version_export(struct verb_env *ve);
int version_import(struct verb_env *ve);
/* cmd_version_list.c */
int version_list(struct verb_env *ve);
/* cmd_version_show.c */
int version_show(struct verb_env *ve);
/* cmd_version_diff.c */
int version_diff(struct verb_env *ve);
/* cmd_version_mark.c */
int version_tag(struct verb_env *ve);
int version_alias(struct verb_env *ve);
int version_note(struct verb_env *ve);
int version_pin(struct verb_env *ve);
int version_unpin(struct verb_env *ve);
/* cmd_version_deploy.c */
int version_deploy(struct verb_env *ve);
int version_undeploy(struct verb_env *ve);
int version_rollback(struct verb_env *ve);
int version_history(struct verb_env *ve);
/* cmd_version_prune.c */
int version_prune(struct verb_env *ve);
int version_remove(struct verb_env *ve);
int version_undo(struct verb_env *ve);
int version_gc(struct verb_env *ve);
int version_verify(struct verb_env *ve);

#endif
