/* cmd_silence.h - mm alert silence …, and what silences and acknowledgements mean to mm alerts. */
#ifndef TUI_CMD_SILENCE_H
#define TUI_CMD_SILENCE_H

#include "core/rule.h"
#include "core/silence.h"
#include "store/journal_files.h"
#include "tui/cmd.h"

extern const struct cmd_opt cmd_alert_opts[], cmd_alerts_opts[]; /* end with name NULL */

int cmd_alert_ack(struct cmd_env *env);

/* mm alert silence [list | end [N…]]; returns the exit status. */
int cmd_alert_silence(struct cmd_env *env);

/* The journal as far as it is about alerts. */
struct muting {
	struct journal_files *files;
	struct silences silences;
};
void muting_init(struct muting *m);
void muting_release(struct muting *m);
/* Sets A->acked if the journal says so; returns until when it is silenced, or 0. */
int64_t muting_apply(const struct muting *m, struct alert *a, int64_t now_us);
/* The ingester of the store, if there is one, looks into the journal now. */
void muting_poke(struct cmd_env *env);

#endif
