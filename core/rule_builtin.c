/* The rules that hold without any configuration: few, and each for something that somebody who is
 * asleep would want to know, or who looks at the screen. Only what is nearly always right is sent
 * (send = yes); the rest is shown. */
#include "core/rule_parse.h"

#include <stddef.h>

#define SCALE "*[Ll]oss*[Ss]cale*"
#define LOSS "*[Ll]oss* *LOSS* *ppl* *perplexity* *nll*"
#define GRAD "@grad-norm *[Gg]rad*[Nn]orm*"

const struct rule_key rule_builtin[] = {
	{"failed", "when", "failed"},
	{"failed", "severity", "crit"},
	{"failed", "latch", "yes"},
	{"failed", "inhibits", "log-fatal stalled slow plateau"},

	{"log-fatal", "when", "fatal"},
	{"log-fatal", "severity", "crit"},
	{"log-fatal", "inhibits", "failed stalled slow plateau"},

	{"finished", "when", "finished"},
	{"finished", "severity", "info"},
	{"finished", "inhibits", "stalled slow plateau"},

	{"stalled", "when", "stalled"},

	{"slow", "when", "slow"},
	{"slow", "clear", "not slow(drop=15%)"},
	{"slow", "for", "10m"},
	{"slow", "keep", "5m"},
	{"slow", "send", "no"},

	{"loss-nonfinite", "metric", "!*[Ss]cale* " LOSS},
	{"loss-nonfinite", "when", "nonfinite"},
	{"loss-nonfinite", "severity", "crit"},
	{"loss-nonfinite", "latch", "yes"},
	{"loss-nonfinite", "inhibits", "loss-spike loss-diverging plateau metric-nonfinite"},

	{"metric-nonfinite", "metric",
	 "*[Ss]cale* !*[Ll]oss* !*LOSS* !*ppl* !*perplexity* !*nll* "
	 "!@grad-norm !*[Gg]rad*[Nn]orm* *"},
	{"metric-nonfinite", "when", "nonfinite"},
	{"metric-nonfinite", "for", "3 of 5 points"},
	{"metric-nonfinite", "keep", "16 points"},
	{"metric-nonfinite", "send", "no"},

	{"grad-nonfinite", "metric", GRAD},
	{"grad-nonfinite", "when", "nonfinite"},
	{"grad-nonfinite", "for", "10 of 20 points"},
	{"grad-nonfinite", "keep", "20 points"},
	{"grad-nonfinite", "send", "no"},

	{"loss-scale-floor", "metric", SCALE},
	{"loss-scale-floor", "when", "value <= 1"},
	{"loss-scale-floor", "for", "3 points"},

	{"loss-diverging", "metric", "@train-loss"},
	{"loss-diverging", "when", "diverging"},
	{"loss-diverging", "clear", "not diverging(rel=10%, k=4)"},
	{"loss-diverging", "for", "64 points"},
	{"loss-diverging", "keep", "64 points"},
	{"loss-diverging", "severity", "crit"},
	{"loss-diverging", "inhibits", "loss-spike"},

	{"loss-spike", "metric", "@train-loss"},
	{"loss-spike", "when", "spike"},
	{"loss-spike", "clear", "z(128) < 3"},
	{"loss-spike", "for", "2 of 3 points"},
	{"loss-spike", "keep", "16 points"},
	{"loss-spike", "send", "no"},

	{"grad-explode", "metric", GRAD},
	{"grad-explode", "when", "rel(128) > 10"},
	{"grad-explode", "clear", "rel(128) < 3"},
	{"grad-explode", "for", "2 of 3 points"},
	{"grad-explode", "keep", "16 points"},
	{"grad-explode", "send", "no"},

	{"plateau", "metric", "@train-loss"},
	{"plateau", "when", "plateau"},
	{"plateau", "severity", "info"},
	{"plateau", "send", "no"},

	{"overfit", "metric", "@val-loss"},
	{"overfit", "when", "overfit"},
	{"overfit", "clear", "best_age < 1"},
	{"overfit", "severity", "info"},
	{"overfit", "send", "no"},

	{"disk-low", "when", "disk_free < 5% or inode_free < 5% or disk_eta < 6h"},
	{"disk-low", "clear", "disk_free > 8% and inode_free > 8% and disk_eta > 12h"},
	{"disk-low", "for", "1m"},
	{"disk-low", "keep", "5m"},

	{"ckpt-space", "when", "ckpt_room < 2"},
	{"ckpt-space", "clear", "ckpt_room > 3"},
	{"ckpt-space", "severity", "crit"},

	{NULL, NULL, NULL},
};
