/* judge_missed.h - rows that were stored while no rules were judged. Private to judge*.c.
 *
 * A command that finds nobody watching stores what the logs have grown by, and judges nothing. The
 * next who does judges those rows first, in order, as if they had just come; so asking how the runs
 * are doing never swallows an alarm. */
#ifndef CORE_JUDGE_MISSED_H
#define CORE_JUDGE_MISSED_H

#include "core/rule.h"
#include "core/sink.h"

struct missed {
	struct rules *rules;
	struct sink *sink;
	const char *run;
	uint32_t log, attempt;
	uint64_t from; /* the first row of the attempt that nobody has judged */
	bool historic; /* no row of the log ever was */
	rules_emit_fn *fn;
	void *ctx;
};

void judge_missed(const struct missed *m);

#endif
