/* Patterns are compiled once, with the configuration, and only matched later; <pcre2.h> has its
 * home here. What a match may cost is limited by steps and memory: mm.conf is its owner's, but the
 * lines are anybody's. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "core/pattern.h"

#include "core/glob.h"
#include "core/num.h"
#include "core/xalloc.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_MATCHES = 256 /* of one pattern in one line */ };

struct pattern {
	char *name, *files;
	pcre2_code *code;
	int value, step, label; /* numbers of the groups; 0: there is none */
};

struct pattern_set {
	struct pattern *pattern;
	size_t n, cap;
	unsigned refs;
};

struct patterns {
	struct pattern_set *set;
	const struct pattern **pattern;
	size_t n, cap;
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

static int
group(const pcre2_code *code, const char *name)
{
	int n = pcre2_substring_number_from_name(code, (PCRE2_SPTR)name);
	return n > 0 ? n : 0;
}

static int
compile_bare(const char *regex, pcre2_code **out, struct err *e)
{
	int error;
	PCRE2_SIZE at;
	PCRE2_UCHAR words[120];
	/* Logs are bytes: what is no UTF-8 must not keep a pattern from matching. */
	*out = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, PCRE2_NEVER_BACKSLASH_C,
			     &error, &at, NULL);
	if (*out)
		return 0;
	pcre2_get_error_message(error, words, sizeof words);
	return err_set(e, ERR_USAGE, "regex, at its character %zu: %s", (size_t)at + 1,
		       (const char *)words);
}

static int
compile(const char *regex, struct pattern *out, struct err *e)
{
	*out = (struct pattern){0};
	int code = compile_bare(regex, &out->code, e);
	if (code < 0)
		return code;
	out->value = group(out->code, "value");
	out->step = group(out->code, "step");
	out->label = group(out->code, "name");
	if (out->value)
		return 0;
	pcre2_code_free(out->code);
	out->code = NULL;
	return err_set(e, ERR_USAGE,
		       "regex has no group (?<value>…): nothing says which number is meant");
}

int
pattern_check(const char *regex, struct err *e)
{
	struct pattern p;
	int code = compile(regex, &p, e);
	if (code == 0)
		pcre2_code_free(p.code);
	return code;
}

struct pattern_set *
pattern_set_new(void)
{
	struct pattern_set *s = xcalloc(1, sizeof *s);
	s->refs = 1;
	return s;
}

int
pattern_set_add(struct pattern_set *s, const char *name, const char *regex, const char *files,
		struct err *e)
{
	struct pattern p;
	int code = compile(regex, &p, e);
	if (code < 0)
		return code;
	/* Without JIT it is slower, and the same. */
	pcre2_jit_compile(p.code, PCRE2_JIT_COMPLETE);
	p.name = xstrdup(name);
	p.files = xstrdup(files ? files : "");
	*vec_push(s->pattern, s->n, s->cap) = p;
	return 0;
}

struct pattern_set *
pattern_set_ref(struct pattern_set *s)
{
	if (s)
		s->refs++;
	return s;
}

void
pattern_set_unref(struct pattern_set *s)
{
	if (!s || --s->refs)
		return;
	for (size_t i = 0; i < s->n; i++) {
		free(s->pattern[i].name);
		free(s->pattern[i].files);
		pcre2_code_free(s->pattern[i].code);
	}
	free(s->pattern);
	free(s);
}

static void
set_limits(pcre2_match_context *c)
{
	pcre2_set_match_limit(c, PATTERN_MATCH_LIMIT);
	pcre2_set_depth_limit(c, PATTERN_MATCH_LIMIT);
	pcre2_set_heap_limit(c, PATTERN_HEAP_KB);
}

struct patterns *
patterns_new(struct pattern_set *s, const char *path)
{
	struct patterns *ps = NULL;
	for (size_t i = 0; s && i < s->n; i++) {
		const struct pattern *p = s->pattern + i;
		if (*p->files && !(path && glob_path_list_match(p->files, path)))
			continue;
		if (!ps)
			ps = xcalloc(1, sizeof *ps);
		*vec_push(ps->pattern, ps->n, ps->cap) = p;
	}
	if (!ps)
		return NULL;
	ps->set = pattern_set_ref(s);
	uint32_t groups = 1;
	for (size_t i = 0; i < ps->n; i++) {
		uint32_t count = 0;
		pcre2_pattern_info(ps->pattern[i]->code, PCRE2_INFO_CAPTURECOUNT, &count);
		groups = count + 1 > groups ? count + 1 : groups;
	}
	ps->match = pcre2_match_data_create(groups, NULL);
	ps->limits = pcre2_match_context_create(NULL);
	if (!ps->match || !ps->limits)
		die("out of memory");
	set_limits(ps->limits);
	return ps;
}

void
patterns_free(struct patterns *ps)
{
	if (!ps)
		return;
	pcre2_match_data_free(ps->match);
	pcre2_match_context_free(ps->limits);
	pattern_set_unref(ps->set);
	free(ps->pattern);
	free(ps);
}

/* The text of a group; false: it took no part. */
static bool
get(const struct patterns *ps, int number, const char *subject, const char **p, size_t *n)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(ps->match);
	if (!number || at[2 * number] == PCRE2_UNSET || at[2 * number + 1] < at[2 * number])
		return false;
	*p = subject + at[2 * number];
	*n = at[2 * number + 1] - at[2 * number];
	return true;
}

static bool
read_match(const struct patterns *ps, const struct pattern *p, const char *subject,
	   struct pattern_match *m)
{
	const char *text;
	size_t n;
	double step;
	*m = (struct pattern_match){.name = p->name, .nname = strlen(p->name)};
	if (!get(ps, p->value, subject, &text, &n) || !num_parse_all(text, text + n, &m->value))
		return false;
	if (get(ps, p->label, subject, &text, &n) && n) {
		m->name = text;
		m->nname = n;
	}
	if (get(ps, p->step, subject, &text, &n) && num_parse_all(text, text + n, &step))
		m->has_step = num_to_step(step, &m->step);
	return true;
}

size_t
patterns_match(struct patterns *ps, const char *p, const char *end,
	       void (*fn)(void *ctx, const struct pattern_match *m), void *ctx, unsigned *given_up)
{
	size_t found = 0, len = (size_t)(end - p);
	for (size_t i = 0; i < ps->n; i++) {
		size_t at = 0;
		for (int matches = 0; at <= len && matches < MAX_MATCHES; matches++) {
			struct pattern_match m;
			int rc = pcre2_match(ps->pattern[i]->code, (PCRE2_SPTR)p, len, at, 0,
					     ps->match, ps->limits);
			if (rc < 0) {
				*given_up += rc != PCRE2_ERROR_NOMATCH;
				break;
			}
			const PCRE2_SIZE *span = pcre2_get_ovector_pointer(ps->match);
			/* \K may move a match's start behind its end. */
			size_t next = span[1] > span[0] ? span[1] : span[0] + 1;
			if (read_match(ps, ps->pattern[i], p, &m)) {
				fn(ctx, &m);
				found++;
			}
			at = next > at ? next : at + 1;
		}
	}
	return found;
}

/* -- a line that matches or not ---------------------------------------------------------------- */

struct line_pattern {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

int
line_pattern_new(const char *regex, struct line_pattern **out, struct err *e)
{
	pcre2_code *code;
	int rc = compile_bare(regex, &code, e);
	*out = NULL;
	if (rc < 0)
		return rc;
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	struct line_pattern *lp = xcalloc(1, sizeof *lp);
	*lp = (struct line_pattern){code, pcre2_match_data_create(1, NULL),
				    pcre2_match_context_create(NULL)};
	if (!lp->match || !lp->limits)
		die("out of memory");
	set_limits(lp->limits);
	*out = lp;
	return 0;
}

void
line_pattern_free(struct line_pattern *lp)
{
	if (!lp)
		return;
	pcre2_match_data_free(lp->match);
	pcre2_match_context_free(lp->limits);
	pcre2_code_free(lp->code);
	free(lp);
}

bool
line_pattern_match(const struct line_pattern *lp, const char *p, size_t n, size_t *at)
{
	if (pcre2_match(lp->code, (PCRE2_SPTR)p, n, 0, 0, lp->match, lp->limits) < 0)
		return false;
	*at = pcre2_get_ovector_pointer(lp->match)[0];
	return *at <= n;
}
