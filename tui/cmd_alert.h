/* cmd_alert.h - mm alert check, test, replay. Private to cmd_alert*.c. */
#ifndef TUI_CMD_ALERT_H
#define TUI_CMD_ALERT_H

#include "tui/cmd.h"

int cmd_alert_check(struct cmd_env *env);
int cmd_alert_test(struct cmd_env *env);
int cmd_alert_replay(struct cmd_env *env);

#endif
