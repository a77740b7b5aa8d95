/* sign.h - one character that says it, with a style that says it again: states of runs,
 * severities of alerts. */
#ifndef TUI_SIGN_H
#define TUI_SIGN_H

#include "core/role.h"
#include "core/rule.h"
#include "core/run.h"

#include <stdbool.h>
#include <stdint.h>

uint32_t sign_of_state(enum run_state s, bool ascii);
int sign_state_style(enum run_state s);
uint32_t sign_of_severity(enum severity s, bool ascii);
int sign_severity_style(enum severity s);
/* " ↓", " ↑" or "" behind a metric's name. */
const char *sign_of_goal(enum goal g, bool ascii);

#endif
