/* rule_parse.h - what a rule is, read from mm.conf and the built-in ones. Private to rule*.c. */
#ifndef CORE_RULE_PARSE_H
#define CORE_RULE_PARSE_H

#include "core/condition.h"
#include "core/rule.h"

struct rule {
	char *name;
	char *metric; /* glob list; NULL for a rule about a run */
	char *run;    /* glob list of paths */
	struct condition when;
	struct condition clear; /* CONDITION_NONE: not WHEN */
	struct hold hold;       /* `for` */
	struct hold keep;
	enum severity severity;
	bool latch;
	bool sent;          /* else it is only shown */
	char *message;      /* with {placeholders}; NULL: what is usual */
	uint64_t hash;      /* of all but severity, message and sent */
	uint32_t instances; /* that are not OK; counted by rule.c */
};

/* The rules that are on, built-in ones first. Errors are "FILE:LINE: …". */
int rule_read_all(const struct conf *c, struct rule **out, int *n, struct err *e);
void rule_clear(struct rule *r);

/* Expands R's message for A, whose run is called RUN. LIMIT_US: how long a silence has to be
 * (stalled); 0: it is for good, the process has ended. */
void rule_message(const struct rule *r, const struct alert *a, const char *run, int64_t limit_us,
		  struct str *out);

#endif
