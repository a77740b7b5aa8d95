/* Phrases, a row each: where it stands in the line, and what it means. Only what a program says at
 * its end counts; "error" in the middle of a log is nobody's end. */
#include "core/text_end.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { MAX_WORDS = 160 /* bytes of an exception that are kept */ };

enum place {
	BEGINS, /* the line begins with it */
	OPENS,  /* the same in any case */
	WHOLE,  /* is the whole line */
	HAS,    /* anywhere; such lines have digits somewhere */
};

/* SIGKILL is what the kernel sends for want of memory; a person who stops a training sends
 * another. */
#define KILLED "failed: killed, most likely out of memory"

static const struct {
	enum place place;
	const char *text;
	const char *also; /* somewhere in the line too, or NULL */
	const char *means;
} phrases[] = {
	/* Slurm; the first that fits */
	{HAS, "CANCELLED AT", "DUE TO TIME LIMIT", "timed out: Slurm's time limit"},
	{HAS, "CANCELLED AT", "DUE TO PREEMPTION", "preempted by Slurm"},
	{HAS, "CANCELLED AT", "DUE TO JOB REQUEUE", "preempted: Slurm requeued the job"},
	{HAS, "CANCELLED AT", "DUE TO NODE FAIL", "failed: a node of the job failed"},
	{HAS, "CANCELLED AT", "***", "cancelled by Slurm"},
	{HAS, "oom_kill event", NULL, "failed: out of memory (oom_kill)"},
	{HAS, "oom-kill event", NULL, "failed: out of memory (oom_kill)"},
	{HAS, "NODE_FAIL", NULL, "failed: a node of the job failed"},
	{BEGINS, "srun: error:", "Out Of Memory", "failed: out of memory (oom_kill)"},
	{BEGINS, "srun: error: Node failure", NULL, "failed: a node of the job failed"},
	{BEGINS, "srun: error:", ": Killed", "failed: killed"},
	/* PBS, LSF */
	{HAS, "PBS: job killed: walltime", "exceeded", "timed out: the walltime of PBS"},
	{HAS, "PBS: job killed: mem", "exceeded", "failed: out of memory (PBS)"},
	{BEGINS, "TERM_RUNLIMIT: job killed", NULL, "timed out: LSF's run time limit"},
	{BEGINS, "TERM_MEMLIMIT: job killed", NULL, "failed: out of memory (LSF)"},
	/* memory */
	{HAS, "HIP out of memory", NULL, "failed: HIP out of memory"},
	{HAS, "RESOURCE_EXHAUSTED: Out of memory", NULL, "failed: out of memory"},
	{HAS, "OOM when allocating tensor", NULL, "failed: out of memory"},
	{HAS, "DefaultCPUAllocator: ", "allocate memory", "failed: out of memory"},
	{HAS, "CUDA out of memory", NULL, "failed: CUDA out of memory"},
	{HAS, "CUDA error: out of memory", NULL, "failed: CUDA out of memory"},
	{HAS, "Watchdog caught collective operation timeout", NULL, "failed: NCCL timeout"},
	/* shells */
	{WHOLE, "Killed", NULL, KILLED},
	{HAS, " Killed ", ": line ", KILLED},
	{WHOLE, "Terminated", NULL, "cancelled: terminated"},
	{BEGINS, "Segmentation fault", NULL, "failed: segmentation fault"},
	{HAS, " Segmentation fault", ": line ", "failed: segmentation fault"},
	{WHOLE, "Aborted (core dumped)", NULL, "failed: aborted"},
	{WHOLE, "Bus error (core dumped)", NULL, "failed: bus error"},
	/* MLPerf's */
	{BEGINS, ":::MLLOG {", "\"status\": \"aborted\"", "failed: aborted, as MLPerf's log says"},
	/* trainers: good ends, behind all bad ones */
	{BEGINS, ":::MLLOG {", "\"status\": \"success\"", "finished"},
	{OPENS, "training complete", NULL, "finished"},
	{OPENS, "training finished", NULL, "finished"},
	{OPENS, "training is done", NULL, "finished"},
	{OPENS, "training done", NULL, "finished"},
	{OPENS, "finished training", NULL, "finished"},
	{OPENS, "done training", NULL, "finished"},
	{OPENS, "total training time", NULL, "finished"},
	{OPENS, "`Trainer.fit` stopped: `max_", "reached", "finished"},
	{HAS, "epochs completed in ", "hours", "finished"},
	{OPENS, "[after training is done]", NULL, "finished"},
};

const char *
text_end_bad(size_t i)
{
	bool is = i < sizeof phrases / sizeof *phrases && strcmp(phrases[i].means, "finished");
	return is ? phrases[i].text : NULL;
}

/* In any case. */
static bool
begins(const char *p, const char *end, const char *text)
{
	if (((unsigned char)*p | 0x20) != ((unsigned char)*text | 0x20))
		return false;
	size_t n = strlen(text);
	return (size_t)(end - p) >= n && !strncasecmp(p, text, n);
}

static bool
has(const char *p, const char *end, const char *text)
{
	return memmem(p, (size_t)(end - p), text, strlen(text)) != NULL;
}

/* Can one of the HAS phrases be there? One pass instead of one each. */
static bool
may_have(const char *p, const char *end)
{
	static const char *const pairs[256] = {
		['C'] = "AU", ['D'] = "e", ['H'] = "I", ['K'] = "i", ['N'] = "O", ['O'] = "O",
		['P'] = "B",  ['R'] = "E", ['S'] = "e", ['W'] = "a", ['e'] = "p", ['o'] = "o",
	};
	for (; p + 1 < end; p++)
		if (pairs[(unsigned char)*p] && strchr(pairs[(unsigned char)*p], p[1]))
			return true;
	return false;
}

static bool
fits(size_t i, const char *p, const char *end)
{
	size_t n;
	if (phrases[i].place != HAS &&
	    ((unsigned char)*p | 0x20) != ((unsigned char)*phrases[i].text | 0x20))
		return false;
	n = strlen(phrases[i].text);
	switch (phrases[i].place) {
	case BEGINS:
		if ((size_t)(end - p) < n || memcmp(p, phrases[i].text, n))
			return false;
		break;
	case OPENS:
		if (!begins(p, end, phrases[i].text))
			return false;
		break;
	case WHOLE:
		if ((size_t)(end - p) != n || memcmp(p, phrases[i].text, n))
			return false;
		break;
	case HAS:
		if (!has(p, end, phrases[i].text))
			return false;
	}
	return !phrases[i].also || has(p, end, phrases[i].also);
}

/* "torch.cuda.OutOfMemoryError: CUDA out of memory.": the name, which may have a module. */
static const char *
take_exception(const char *p, const char *end)
{
	static const char *const suffixes[] = {"Error",   "Exception", "Interrupt", "Exit",
					       "Failure", "Timeout",   "Iteration"};
	const char *q = p;
	if (p == end || (!isalpha((unsigned char)*p) && *p != '_'))
		return NULL;
	while (q < end && (isalnum((unsigned char)*q) || *q == '_' || *q == '.'))
		q++;
	if (q < end && *q != ':')
		return NULL;
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		size_t n = strlen(suffixes[i]);
		if ((size_t)(q - p) >= n && !memcmp(q - n, suffixes[i], n))
			return q;
	}
	return NULL;
}

static void
add_words(struct str *what, const char *p, const char *end)
{
	if (end - p > MAX_WORDS) {
		end = p + MAX_WORDS;
		while (end > p && ((unsigned char)*end & 0xC0) == 0x80) /* within a character */
			end--;
	}
	str_add(what, p, (size_t)(end - p));
}

static bool
end_of_trace(struct text_end *e, const char *p, const char *end, struct str *what)
{
	const char *name = take_exception(p, end);
	if (!name)
		return false;
	e->tracing = false;
	bool interrupted = name - p == 17 && !memcmp(p, "KeyboardInterrupt", 17);
	str_adds(what, interrupted ? "cancelled: " : "failed: ");
	if (has(p, end, "out of memory"))
		str_adds(what, has(p, end, "CUDA") ? "CUDA out of memory" : "out of memory");
	else
		add_words(what, p, end);
	return true;
}

const char *
text_end_trace(const char *p, const char *end)
{
	static const char head[] = "Traceback (most recent call last):";
	size_t n = sizeof head - 1;
	return (size_t)(end - p) >= n && !memcmp(end - n, head, n) ? end - n : NULL;
}

bool
text_end_read(struct text_end *e, const char *p, const char *end, struct str *what)
{
	str_reset(what);
	if (p == end)
		return false;
	if (begins(p, end, "Traceback (most recent call last)") || text_end_trace(p, end)) {
		e->tracing = true;
		return false;
	}
	if (begins(p, end, "During handling of the above exception") ||
	    begins(p, end, "The above exception was the direct cause")) {
		e->chained = true;
		return false;
	}
	if (e->tracing && end_of_trace(e, p, end, what))
		return true;
	bool anywhere = may_have(p, end);
	for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
		if ((phrases[i].place == HAS && !anywhere) || !fits(i, p, end))
			continue;
		str_adds(what, phrases[i].means);
		return true;
	}
	return false;
}

bool
text_end_begins(const struct text_end *e, const char *p, const char *end)
{
	if (e->tracing || begins(p, end, "Traceback") || begins(p, end, "During handling") ||
	    begins(p, end, "The above exception"))
		return true;
	for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
		if (phrases[i].place != HAS && begins(p, end, phrases[i].text))
			return true;
	return false;
}
