/* In what state a run is: the first piece of evidence that decides, from the strongest.
 *
 * A loss that is no number outweighs everything: the run is of no use, whatever else it does. Then
 * what the log says of its own end, then that the last step was reached, then that the logs are
 * gone, then that the process which wrote them has ended: short of its total the run is lost, and
 * so it is where its log was begun by somebody who tells how it ended, and didn't; where neither is
 * known it has most likely just finished. What is left is silence, which means nothing by itself;
 * it is weighed against how long this run was silent before (pace.h), and against whether we were
 * there. Somebody who points mm at a directory of last month must not see forty stalled runs:
 * nobody watched them stop, so with a total they are lost, and without one it is not known what
 * became of them. */
#include "core/run.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* After the end of a process, until what stands beside its logs was looked at. */
#define SETTLE_US (6 * SECOND)
/* Silent for so long that nobody waits. */
#define LOST_US DAY

static const char *const names[RUN_NSTATES] = {
	[RUN_UNKNOWN] = "unknown",   [RUN_RUNNING] = "running",     [RUN_QUIET] = "quiet",
	[RUN_STALLED] = "stalled",   [RUN_FINISHED] = "finished",   [RUN_FAILED] = "failed",
	[RUN_DIVERGED] = "diverged", [RUN_CANCELLED] = "cancelled", [RUN_LOST] = "lost",
};

const char *
run_state_name(enum run_state s)
{
	return (unsigned)s < RUN_NSTATES ? names[s] : "unknown";
}

/* An age, coarse on purpose: what stands on the screen changes at most once a minute. */
static const char *
age(int64_t us, char *buf, size_t n)
{
	if (us < MINUTE)
		snprintf(buf, n, "less than a minute");
	else if (us < 2 * HOUR)
		snprintf(buf, n, "%" PRId64 " min", us / MINUTE);
	else if (us < 2 * DAY)
		snprintf(buf, n, "%" PRId64 " h", us / HOUR);
	else
		snprintf(buf, n, "%" PRId64 " days", us / DAY);
	return buf;
}

/* A limit, which stays. */
static const char *
limit(int64_t us, char *buf, size_t n)
{
	if (us >= 2 * MINUTE)
		return age(us, buf, n);
	snprintf(buf, n, "%" PRId64 " s", us / SECOND);
	return buf;
}

static int64_t
seen_arrival_us(const struct run_evidence *ev, const struct pace *pace)
{
	return pace ? pace->last_arrival_us : ev->limits.last_arrival_us;
}

int64_t
run_last_arrival_us(const struct run_evidence *ev, const struct pace *pace)
{
	int64_t last = ev->last_arrival_us, seen = seen_arrival_us(ev, pace);

	return seen > last ? seen : last;
}

/* How long nothing came; negative when nothing ever did. */
static int64_t
silence_us(const struct run_evidence *ev, const struct pace *pace, int64_t now_us)
{
	int64_t last = run_last_arrival_us(ev, pace);

	if (last <= 0)
		last = ev->last_us;
	if (last <= 0)
		return -1;
	return now_us > last ? now_us - last : 0; /* a clock that was set back is no silence */
}

static bool
seen_alive(const struct run_evidence *ev, const struct pace *pace)
{
	return seen_arrival_us(ev, pace) > 0;
}

static struct pace_limits
limits_of(const struct run_evidence *ev, const struct pace *pace)
{
	static const struct pace none;

	return ev->limits.stall_us ? ev->limits : pace_limits(pace ? pace : &none);
}

int64_t
run_stall_us(const struct run_evidence *ev, const struct pace *pace)
{
	return limits_of(ev, pace).stall_us;
}

static int64_t
quiet_after_us(const struct pace_limits *l)
{
	int64_t usual = l->usual_us, stall = l->stall_us;
	int64_t quiet = usual ? usual + usual / 2 : MINUTE;

	if (quiet < 15 * SECOND)
		quiet = 15 * SECOND;
	return quiet < stall ? quiet : stall;
}

int64_t
run_quiet_us(const struct run_evidence *ev, const struct pace *pace)
{
	struct pace_limits l = limits_of(ev, pace);

	return quiet_after_us(&l);
}

static int64_t
final_step(const struct run_evidence *ev)
{
	return ev->step_from_zero ? ev->total - 1 : ev->total;
}

/* Logged every 100 steps, a run of 1000 that counts from 0 ends at 900: silent, it has nothing left
 * to log. */
static bool
nothing_left(const struct run_evidence *ev, const struct pace *pace)
{
	int64_t stride = pace ? pace->stride : ev->limits.stride;
	int64_t last_step = pace ? pace->last_step : ev->limits.last_step, next;

	return ev->total > 0 && stride > 0 && last_step == ev->last_step &&
	       !__builtin_add_overflow(last_step, stride, &next) && next > final_step(ev);
}

enum run_state
run_said_state(const char *said)
{
	static const struct {
		const char *word;
		enum run_state state;
	} words[] = {
		{"finish", RUN_FINISHED},   {"complete", RUN_FINISHED}, {"success", RUN_FINISHED},
		{"done", RUN_FINISHED},     {"fail", RUN_FAILED},       {"crash", RUN_FAILED},
		{"error", RUN_FAILED},      {"cancel", RUN_CANCELLED},  {"kill", RUN_CANCELLED},
		{"preempt", RUN_CANCELLED}, {"time", RUN_CANCELLED},
	};

	for (size_t i = 0; said && i < sizeof words / sizeof *words; i++)
		if (strncasecmp(said, words[i].word, strlen(words[i].word)) == 0)
			return words[i].state;
	return RUN_UNKNOWN;
}

bool
run_said_exit(const char *said, int *code)
{
	static const char mark[] = "(exit code ";
	const char *p = NULL;
	char *end;

	for (const char *q = said; q && (q = strstr(q, mark)); q += sizeof mark - 1)
		p = q + sizeof mark - 1;
	if (!p)
		return false;
	long v = strtol(p, &end, 10);
	if (end == p || strcmp(end, ")") != 0 || v < INT_MIN || v > INT_MAX)
		return false;
	*code = (int)v;
	return true;
}

#define because(why, ...) \
	do { \
		if (why) \
			str_addf(why, __VA_ARGS__); \
	} while (0)

bool
run_process_ended(const struct run_evidence *ev, const struct pace *pace)
{
	return ev->writing.ended_us && run_last_arrival_us(ev, pace) <= ev->writing.ended_us;
}

bool
run_settles(const struct run_evidence *ev, const struct pace *pace, int64_t now_us)
{
	return !ev->said && run_process_ended(ev, pace) && now_us >= ev->writing.ended_us &&
	       now_us - ev->writing.ended_us < SETTLE_US;
}

bool
run_stopped_early(const struct run_evidence *ev)
{
	int64_t n = ev->epoch_steps;
	return n > 1 && !ev->said && ev->last_step >= n - 1 &&
	       (ev->last_step % n == 0 || (ev->last_step + 1) % n == 0);
}

static bool
process_lives(const struct run_evidence *ev)
{
	return ev->writing.by.pid && !ev->writing.ended_us;
}

/* Its log says that it began, in a format that also says how it ends. */
static bool
would_say(const struct run_evidence *ev)
{
	return ev->said && !strcmp(ev->said, RUN_BEGUN);
}

static enum run_state
judge_ended(const struct run_evidence *ev, const struct pace *pace, struct str *why)
{
	because(why, "its process (%" PRId64 ") ended", ev->writing.by.pid);
	if (!ev->total && would_say(ev)) {
		because(why, "; its log would say that it finished");
		return RUN_LOST;
	}
	if (!ev->total) {
		because(why, "; nothing says that it failed");
		return RUN_FINISHED;
	}
	because(why, " at step %" PRId64 " of %" PRId64, ev->last_step, ev->total);
	if (!nothing_left(ev, pace))
		return RUN_LOST;
	because(why, ", the last one that it logs");
	return RUN_FINISHED;
}

/* Nothing came for longer than the run was ever silent, or for longer than anybody waits. */
static enum run_state
judge_long_silence(const struct run_evidence *ev, const struct pace *pace,
		   const struct pace_limits *l, int64_t silent, struct str *why)
{
	int64_t stall = l->stall_us, usual = l->usual_us;
	bool alive = seen_alive(ev, pace), lives = process_lives(ev);
	char a[40], b[40];

	because(why, "silent for %s", age(silent, a, sizeof a));
	if (ev->total > 0)
		because(why, " at step %" PRId64 " of %" PRId64, ev->last_step, ev->total);
	if (lives || (alive && silent <= (stall > LOST_US ? stall * 2 : LOST_US))) {
		if (usual)
			because(why, "; until now never for more than %s",
				limit(usual, b, sizeof b));
		if (lives)
			because(why, "; its process (%" PRId64 ") is there", ev->writing.by.pid);
		return RUN_STALLED;
	}
	if (alive || ev->total > 0)
		return RUN_LOST;
	if (would_say(ev)) {
		because(why, "; its log would say that it finished");
		return RUN_LOST;
	}
	because(why, ", since before anybody watched; how far it should go is not known");
	return RUN_UNKNOWN;
}

static enum run_state
judge_silence(const struct run_evidence *ev, const struct pace *pace, int64_t silent,
	      struct str *why)
{
	char a[40];

	if (silent < 0) {
		because(why, "nothing says when it was written");
		return RUN_UNKNOWN;
	}
	struct pace_limits l = limits_of(ev, pace);
	if (silent <= quiet_after_us(&l)) {
		because(why, "its log grew %s ago", age(silent, a, sizeof a));
		return RUN_RUNNING;
	}
	if (silent > MINUTE && nothing_left(ev, pace)) {
		because(why,
			"silent after step %" PRId64 " of %" PRId64 ", the last one that it logs",
			ev->last_step, ev->total);
		return RUN_FINISHED;
	}
	if (silent > l.stall_us)
		return judge_long_silence(ev, pace, &l, silent, why);
	because(why, "silent for %s, longer than usual", age(silent, a, sizeof a));
	return RUN_QUIET;
}

enum run_state
run_judge(const struct run_evidence *ev, const struct pace *pace, int64_t now_us, struct str *why)
{
	if (ev->loss_bad) {
		because(why, "the newest loss is not a finite number");
		return RUN_DIVERGED;
	}
	enum run_state said = run_said_state(ev->said);
	if (said != RUN_UNKNOWN) {
		because(why, "its log says: %s", ev->said);
		return said;
	}
	if (!ev->points) {
		int64_t silent = silence_us(ev, pace, now_us);
		bool lives = process_lives(ev) && silent >= 0 && silent <= 10 * MINUTE;
		because(why, "nothing was logged yet");
		if (lives)
			because(why, "; its process (%" PRId64 ") is there", ev->writing.by.pid);
		return lives ? RUN_RUNNING : RUN_UNKNOWN;
	}
	if (ev->total > 0 && ev->last_step >= final_step(ev)) {
		because(why, "reached step %" PRId64 " of %" PRId64, ev->last_step, ev->total);
		return RUN_FINISHED;
	}
	if (ev->gone) {
		because(why, "its log was deleted at step %" PRId64, ev->last_step);
		if (ev->total > 0)
			because(why, " of %" PRId64, ev->total);
		return RUN_LOST;
	}
	if (run_process_ended(ev, pace))
		return judge_ended(ev, pace, why);
	return judge_silence(ev, pace, silence_us(ev, pace, now_us), why);
}

bool
run_is_live(enum run_state s, const struct run_evidence *ev, const struct pace *pace,
	    int64_t now_us)
{
	int64_t silent = silence_us(ev, pace, now_us);

	switch (s) {
	case RUN_RUNNING:
	case RUN_QUIET:
	case RUN_STALLED:
		return true;
	case RUN_DIVERGED:
		return !ev->gone && silent >= 0 && silent <= limits_of(ev, pace).stall_us &&
		       !(ev->total > 0 && ev->last_step >= final_step(ev));
	default:
		return false;
	}
}
