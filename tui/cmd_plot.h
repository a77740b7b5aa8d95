/* cmd_plot.h - the options of `mm plot`, for the table of commands. */
#ifndef TUI_CMD_PLOT_H
#define TUI_CMD_PLOT_H

#include "tui/cmd.h"

extern const struct cmd_opt cmd_plot_opts[]; /* ends with name NULL */

#endif
