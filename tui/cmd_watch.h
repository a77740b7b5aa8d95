/* cmd_watch.h - the options of `mm watch`, for the table of commands. */
#ifndef TUI_CMD_WATCH_H
#define TUI_CMD_WATCH_H

#include "tui/cmd.h"

extern const struct cmd_opt cmd_watch_opts[]; /* ends with name NULL */

#endif
