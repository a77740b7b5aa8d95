/* pattern.h - own patterns for text logs: [pattern NAME] of mm.conf, compiled.
 *
 *     [pattern reward]
 *     regex = ^ep (?<step>\d+) .* R=(?<value>\S+)
 *     file = *.rl.log
 *
 * A match's group `value` is a number under the name in its group `name`, else under the pattern's
 * own; `step` is its step, if there is such a group. PCRE2, with its JIT where there is one; a
 * match that costs too much is given up (PATTERN_MATCH_LIMIT), so no pattern can hang the
 * ingester. */
#ifndef CORE_PATTERN_H
#define CORE_PATTERN_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stated limits: backtracking steps of one match; bytes of memory. */
#define PATTERN_MATCH_LIMIT 100000
#define PATTERN_HEAP_KB 1024

/* Immutable once made; counted, because a source may outlive the configuration it began with. */
struct pattern_set;

struct pattern_set *pattern_set_new(void);
/* FILES: globs of paths, blank separated; NULL or "" for every file. A mistake in REGEX is said
 * with its position. */
int pattern_set_add(struct pattern_set *s, const char *name, const char *regex, const char *files,
		    struct err *e);
struct pattern_set *pattern_set_ref(struct pattern_set *s); /* NULL is passed through */
void pattern_set_unref(struct pattern_set *s);
/* Can REGEX be a pattern? */
int pattern_check(const char *regex, struct err *e);

/* Those patterns that are for one file, ready to match. */
struct patterns;

/* NULL: none is for it. */
struct patterns *patterns_new(struct pattern_set *s, const char *path);
void patterns_free(struct patterns *p);

struct pattern_match {
	const char *name; /* lives as long as the line, or the set */
	size_t nname;
	double value;
	bool has_step;
	int64_t step;
};

/* Calls FN for every match in [P, END) whose value is a number. Returns how many; *GIVEN_UP counts
 * patterns that cost too much on this line. */
size_t patterns_match(struct patterns *ps, const char *p, const char *end,
		      void (*fn)(void *ctx, const struct pattern_match *m), void *ctx,
		      unsigned *given_up);

/* -- a line that matches or not ---------------------------------------------------------------- */

/* The same, for a regex without groups that mean anything. */
struct line_pattern;

int line_pattern_new(const char *regex, struct line_pattern **out, struct err *e);
void line_pattern_free(struct line_pattern *lp);
/* Does it match somewhere in the N bytes at P? *AT is where. One that costs too much does not. */
bool line_pattern_match(const struct line_pattern *lp, const char *p, size_t n, size_t *at);

#endif
