/* notice.h - one thing that one channel is to be told: as it is kept, and as it is said. */
#ifndef CORE_NOTICE_H
#define CORE_NOTICE_H

#include "core/rule.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum notice_event {
	NOTICE_FIRE,
	NOTICE_RESOLVE,
	NOTICE_REPEAT,
	NOTICE_FLAP, /* it comes and goes: nothing more is told of it until it is calm */
	NOTICE_CALM, /* it is, and how it is now */
};
extern const char *const notice_event_names[]; /* "fire", "resolve", … */

struct notice {
	uint64_t seq;  /* its number in the outbox: later ones are greater */
	char *channel; /* by name */
	char *id;      /* EPISODE/event/n: the same however often it is sent */
	enum notice_event event;
	char *rule, *run, *metric, *message;
	enum severity severity;
	uint32_t attempt; /* of the run */
	double value;
	int64_t step;
	int64_t time_us;  /* when it happened */
	int64_t fired_us; /* when the episode began */
	bool firing;      /* at TIME_US */
	uint32_t tries;   /* that failed */
	int64_t next_us;  /* not tried before, wall clock */

	bool kept; /* a commit has made it last; what follows is not kept */
	bool busy; /* a delivery is under way */
};

void notice_free(struct notice *n);
void notice_pack(struct str *out, const struct notice *n);
/* NULL: these bytes are none. */
struct notice *notice_unpack(uint64_t seq, const void *p, size_t size);

/* What goes out at once. One notice is said as it is; of several, a digest, the list is cut after
 * NOTICE_LISTED and COUNT says how many there were. */
enum { NOTICE_LISTED = 100 };

/* One JSON object; HOST is this one's name. */
void notice_json(struct str *out, const struct notice *const *v, size_t n, const char *host);
/* The same for a person: "run: message", or a line a notice below a heading. Control characters are
 * gone. */
void notice_text(struct str *out, const struct notice *n);
/* The environment of a hook: "MM_EVENT=fire" and so on, and PATH, HOME and LANG as they are here.
 * Ends with NULL; argv_free() frees it. */
char **notice_env(const struct notice *const *v, size_t n, const char *host);
/* 2026-11-22T10:00:00.123Z */
void notice_time(struct str *out, int64_t us);

#endif
