/* sign.c - states and severities as they stand in a list: told apart without colour, and without
 * UTF-8. */
#include "tui/sign.h"

#include "tui/grid.h"

static const struct sign {
	uint32_t ch;
	char ascii;
	int style;
} state_sign[RUN_NSTATES] =
	{
		[RUN_UNKNOWN] = {'?', '?', STYLE_DIM},
		[RUN_RUNNING] = {0x25cf, '*', STYLE_OK},    /* ● */
		[RUN_QUIET] = {0x25cc, '.', STYLE_OK},      /* ◌ */
		[RUN_STALLED] = {0x2016, '!', STYLE_WARN},  /* ‖ */
		[RUN_FINISHED] = {0x2714, '+', STYLE_INFO}, /* ✔ */
		[RUN_FAILED] = {0x2716, 'x', STYLE_CRIT},   /* ✖ */
		[RUN_DIVERGED] = {0x2716, 'x', STYLE_CRIT},
		[RUN_CANCELLED] = {0x25a0, '-', STYLE_DIM}, /* ■ */
		[RUN_LOST] = {0x2298, '/', STYLE_DIM},      /* ⊘ */
},
  severity_sign[] = {
	  [SEVERITY_INFO] = {0x2139, 'i', STYLE_INFO}, /* ℹ */
	  [SEVERITY_WARN] = {0x25b2, '!', STYLE_WARN}, /* ▲ */
	  [SEVERITY_CRIT] = {0x2716, 'X', STYLE_CRIT}, /* ✖ */
};

static const struct sign *
of_state(enum run_state s)
{
	return &state_sign[s < RUN_NSTATES ? s : RUN_UNKNOWN];
}

static const struct sign *
of_severity(enum severity s)
{
	return &severity_sign[s <= SEVERITY_CRIT ? s : SEVERITY_CRIT];
}

uint32_t
sign_of_state(enum run_state s, bool ascii)
{
	return ascii ? (uint32_t)of_state(s)->ascii : of_state(s)->ch;
}

int
sign_state_style(enum run_state s)
{
	return of_state(s)->style;
}

uint32_t
sign_of_severity(enum severity s, bool ascii)
{
	return ascii ? (uint32_t)of_severity(s)->ascii : of_severity(s)->ch;
}

int
sign_severity_style(enum severity s)
{
	return of_severity(s)->style;
}

const char *
sign_of_goal(enum goal g, bool ascii)
{
	switch (g) {
	case GOAL_MIN:
		return ascii ? " v" : " ↓";
	case GOAL_MAX:
		return ascii ? " ^" : " ↑";
	default:
		return "";
	}
}
