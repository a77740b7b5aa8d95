/* What is judged of a run as a whole, from the evidence of its state (run.h): rule_run.c knows when
 * that may be said. */
#include "core/detect.h"

const struct detector detect_stalled = {
	.name = "stalled",
	.about = ABOUT_RUN,
	.help = "nothing came for much longer than the run was ever silent",
	.sign = SIGN_STALLED,
};

const struct detector detect_failed = {
	.name = "failed",
	.about = ABOUT_RUN,
	.help = "its log says that it failed, or its process ended before the last step",
	.sign = SIGN_FAILED,
};

const struct detector detect_finished = {
	.name = "finished",
	.about = ABOUT_RUN,
	.help = "it was seen at work and has reached its end",
	.sign = SIGN_FINISHED,
};

const struct detector detect_log = {
	.name = "log",
	.about = ABOUT_RUN,
	.help = "a line of its console logs has (\"this text\") or matches (/this regex/)",
	.sign = SIGN_LOG,
	.says = true,
};

const struct detector detect_fatal = {
	.name = "fatal",
	.about = ABOUT_RUN,
	.help = "a line tells of what trainings die of, none was trained since, and it did not end",
	.sign = SIGN_FATAL,
};
