/* Words are compared by time and not by what they say: whatever killed the first rank, the others
 * were well until then. */
#include "core/last_words.h"

#include "core/run.h"

#include <string.h>

/* Rows that were under way while one rank died; a job that is started again takes longer. */
#define UNDER_WAY_US (INT64_C(120) * 1000000)

static bool
is_end(const struct last_words *w)
{
	return w->what && run_said_state(w->what) != RUN_UNKNOWN;
}

static bool
is_consequence(const char *what)
{
	static const char *const parts[] = {
		"NCCL timeout", "cancelled by Slurm",     "terminated",
		"Broken pipe",  "Connection reset",       "ChildFailedError",
		"DistBackend",  "Connection closed by",   "ProcessExitedException",
		"aborted",      "ProcessRaisedException",
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (strstr(what, parts[i]))
			return true;
	return false;
}

bool
last_words_before(const struct last_words *a, const struct last_words *b)
{
	if (!is_end(a) || !is_end(b))
		return is_end(a) && !is_end(b);
	bool timed = a->wall_us && b->wall_us;
	int64_t at = timed ? a->wall_us : a->arrival_us, bt = timed ? b->wall_us : b->arrival_us;
	if (at != bt)
		return at < bt;
	return !is_consequence(a->what) && is_consequence(b->what);
}

bool
last_words_outlived(const struct last_words *w, int64_t row_us)
{
	return is_end(w) && run_said_state(w->what) != RUN_FINISHED && w->arrival_us &&
	       row_us - UNDER_WAY_US > w->arrival_us;
}
