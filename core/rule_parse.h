/* rule_parse.h - what a rule is, read from mm.conf and the built-in ones. Private to rule*.c. */
#ifndef CORE_RULE_PARSE_H
#define CORE_RULE_PARSE_H

#include "core/condition.h"
#include "core/hold.h"
#include "core/rule.h"

enum nodata { NODATA_KEEP, NODATA_OK, NODATA_FIRE };

struct rule {
	char *name;
	bool builtin;
	char *metric; /* list of globs and @roles; NULL for a rule about a run or a place */
	char *run;    /* glob list of paths */
	char *tag;    /* glob list of tags; "" for all runs */
	enum about about;
	struct condition when;
	char *when_text;        /* as it was written */
	struct condition clear; /* empty: not WHEN */
	struct hold hold;       /* `for` */
	struct hold keep;
	enum nodata nodata;
	enum severity severity;
	bool latch, sent, event;
	bool ages;          /* about a series, and judged on the tick too */
	bool plain;         /* asks after the newest value alone: nothing is remembered */
	int64_t repeat_us;  /* 0: off */
	char *notify;       /* names of channels */
	char *inhibits;     /* names of rules */
	char *message;      /* with {placeholders}; NULL: what is usual */
	uint64_t hash;      /* of what the rule judges by */
	uint32_t instances; /* that are not OK; counted by rule_instance.c */
};

/* One key of a built-in rule. */
struct rule_key {
	const char *rule, *key, *value;
};
/* In the order in which rules are judged, the keys of a rule together; ends with rule NULL. */
extern const struct rule_key rule_builtin[];

/* The rules that are on, built-in ones first. Errors are "FILE:LINE: …". */
int rule_read_all(const struct conf *c, struct rule **out, int *n, struct err *e);
void rule_clear(struct rule *r);
/* Does R watch the metric NAME with that role? */
bool rule_watches(const struct rule *r, const char *name, const struct metric_role *role);
/* Is NAME among the blank-separated NAMES? */
bool rule_names(const char *names, const char *name);

extern const char *const rule_placeholders[];
enum { RULE_NPLACEHOLDERS = 10 };

/* What a message can speak of. */
struct occurrence {
	const char *run;  /* as a person knows it */
	int64_t limit_us; /* stalled: how long a silence has to be */
	const char *why;  /* what the detector, or the evidence, says; "" for nothing */
	double z;         /* scales above the usual; NaN: nothing asks what is usual */
	const char *host; /* that judges */
};
/* Expands R's message for A. */
void rule_message(const struct rule *r, const struct alert *a, const struct occurrence *o,
		  struct str *out);

#endif
