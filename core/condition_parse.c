/* Recursive descent over one line of text; how deep brackets and `not` may go is limited, and so is
 * the number of terms. */
#include "core/condition.h"

#include "core/conf.h"
#include "core/num.h"
#include "core/pattern.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 16, SPAN_MAX_S = 30 * 86400, TEXT_MAX = 200 };

struct parser {
	const char *text, *p;
	struct condition *out;
	int8_t code[4 * CONDITION_TERMS + DEPTH_MAX];
	int depth;
	struct err *e;
};

static const struct {
	const char *suffix;
	double factor;
} suffixes[] = {
	{"", 1},        {"%", 0.01},       {"k", 1e3},           {"M", 1e6},   {"G", 1e9},
	{"Ki", 1024.0}, {"Mi", 1048576.0}, {"Gi", 1073741824.0}, {"ms", 1e-3}, {"s", 1},
	{"m", 60},      {"h", 3600},       {"d", 86400},
};

static const char *
skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static int
column(const struct parser *ps, const char *p)
{
	return (int)(p - ps->text) + 1;
}

static size_t
word_len(const char *p)
{
	size_t n = 0;

	while (isalpha((unsigned char)p[n]) || p[n] == '_')
		n++;
	return n;
}

static bool
is_word(const char *p, const char *word)
{
	size_t n = strlen(word);

	return word_len(p) == n && memcmp(p, word, n) == 0;
}

static int
expected(struct parser *ps, const char *what)
{
	return err_set(ps->e, ERR_USAGE, "column %d: expected %s", column(ps, ps->p), what);
}

/* What stands at P is none of NAMES, which are WHAT. */
static int
unknown(struct parser *ps, const char *const *names, int n, const char *what)
{
	char word[40];
	size_t len = word_len(ps->p);

	snprintf(word, sizeof word, "%.*s", (int)(len ? len : strcspn(ps->p, " \t")), ps->p);
	const char *near = conf_nearest(word, names, n);
	if (near)
		return err_set(ps->e, ERR_USAGE, "column %d: unknown '%s'; did you mean '%s'?",
			       column(ps, ps->p), word, near);
	return err_set(ps->e, ERR_USAGE, "column %d: %s%s%s, expected %s", column(ps, ps->p),
		       len ? "unknown '" : "", len ? word : "nothing known", len ? "'" : "", what);
}

static int
unknown_term(struct parser *ps)
{
	const char *names[80];
	int n = 0;

	for (const struct function *f = functions; f->name; f++)
		names[n++] = f->name;
	for (const struct detector *const *d = detectors; *d; d++)
		names[n++] = (*d)->name;
	return unknown(ps, names, n,
		       "a comparison like 'value > NUMBER', or a detector like 'nonfinite'");
}

static int
parse_number(struct parser *ps, double *out)
{
	const char *p = ps->p, *digits = p + (*p == '-' || *p == '+');

	/* num_parse reads what conditions have no use for: nan, inf. */
	if (!isdigit((unsigned char)*digits) && *digits != '.')
		return expected(ps, "a number");
	if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
		return expected(ps, "a decimal number");
	double v;
	const char *end = num_parse(p, p + strlen(p), &v);
	if (!end || !isfinite(v))
		return expected(ps, "a number");
	const char *suffix = skip_blanks(end);
	/* A word that goes on the condition is no suffix. */
	if (is_word(suffix, "and") || is_word(suffix, "or"))
		suffix = end;
	size_t n = *suffix == '%' ? 1 : word_len(suffix);
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		if (strlen(suffixes[i].suffix) != n || memcmp(suffix, suffixes[i].suffix, n) != 0)
			continue;
		ps->p = n ? suffix + n : end;
		*out = v * suffixes[i].factor;
		return 0;
	}
	if (suffix > end)
		return err_set(ps->e, ERR_USAGE, "column %d: nothing may follow the number",
			       column(ps, suffix));
	return err_set(ps->e, ERR_USAGE,
		       "column %d: unknown suffix '%.*s'; there are %% k M G Ki Mi Gi ms s m h d",
		       column(ps, end), (int)n, end);
}

static int
parse_bracket(struct parser *ps, char c)
{
	char what[8] = {'\'', c, '\''};

	ps->p = skip_blanks(ps->p);
	if (*ps->p != c)
		return expected(ps, what);
	ps->p = skip_blanks(ps->p + 1);
	return 0;
}

/* (N), (5m), (METRIC) */
static int
parse_function_arg(struct parser *ps, struct term *t)
{
	const struct function *f = t->function;
	int code = parse_bracket(ps, '(');
	const char *at = ps->p;

	if (code < 0)
		return err_set(ps->e, ERR_USAGE, "column %d: %s needs (%s) behind it",
			       column(ps, ps->p), f->name,
			       f->takes == TAKES_COUNT  ? "N"
			       : f->takes == TAKES_SPAN ? "TIME"
							: "METRIC");
	if (f->takes == TAKES_METRIC) {
		size_t n = strcspn(at, ")");
		while (n && (at[n - 1] == ' ' || at[n - 1] == '\t'))
			n--;
		if (!n)
			return expected(ps, "the name of a metric");
		t->metric = xstrndup(at, n);
		ps->p = at + n;
		return parse_bracket(ps, ')');
	}
	code = parse_number(ps, &t->arg[0]);
	double v = t->arg[0], most = f->takes == TAKES_SPAN ? SPAN_MAX_S : FUNCTION_COUNT_MAX;
	/* 5m would be 300 of them, which nobody means. */
	if (code == 0 && f->takes == TAKES_COUNT && strchr("%smhd", ps->p[-1]))
		return err_set(ps->e, ERR_USAGE,
			       "column %d: %s counts points, it takes no time: expected a whole "
			       "number from 1 to %d",
			       column(ps, at), f->name, FUNCTION_COUNT_MAX);
	if (code == 0 && f->takes == TAKES_COUNT && (v < 1 || v > most || v != floor(v)))
		return err_set(ps->e, ERR_USAGE, "column %d: expected a whole number from 1 to %d",
			       column(ps, at), FUNCTION_COUNT_MAX);
	if (code == 0 && f->takes == TAKES_SPAN && (v < 1 || v > most))
		return err_set(ps->e, ERR_USAGE, "column %d: expected a time from 1s to 30d",
			       column(ps, at));
	return code < 0 ? code : parse_bracket(ps, ')');
}

static int
parse_detector_arg(struct parser *ps, struct term *t)
{
	const struct detector *d = t->detector;
	const char *names[DETECTOR_ARGS] = {NULL};
	int n = 0, i = 0;

	while (n < DETECTOR_ARGS && d->arg[n].name) {
		names[n] = d->arg[n].name;
		n++;
	}
	while (i < n && !is_word(ps->p, names[i]))
		i++;
	if (i == n && n == 0)
		return err_set(ps->e, ERR_USAGE, "column %d: %s takes nothing in brackets",
			       column(ps, ps->p), d->name);
	if (i == n)
		return unknown(ps, names, n, "an argument of the detector");
	ps->p = skip_blanks(ps->p + strlen(names[i]));
	if (*ps->p != '=')
		return expected(ps, "'='");
	const char *at = ps->p = skip_blanks(ps->p + 1);
	int code = parse_number(ps, &t->arg[i]);
	const struct detector_arg *a = &d->arg[i];
	if (code == 0 && !(t->arg[i] >= a->min && t->arg[i] <= a->max))
		return err_set(ps->e, ERR_USAGE, "column %d: %s must be within %g and %g",
			       column(ps, at), a->name, a->min, a->max);
	return code;
}

/* ("this text"), (/this regex/) */
static int
parse_text(struct parser *ps, struct term *t)
{
	struct line_pattern *lp;
	struct str text = STR_INIT;
	struct err inner = {0};

	if (parse_bracket(ps, '(') < 0 || (*ps->p != '"' && *ps->p != '/'))
		return err_set(ps->e, ERR_USAGE,
			       "column %d: %s needs (\"a text\") or (/a regex/) behind it",
			       column(ps, ps->p), t->detector->name);
	const char end = *ps->p, *at = ps->p++;
	t->regex = end == '/';
	for (; *ps->p && *ps->p != end; ps->p++) {
		bool escaped = *ps->p == '\\' && (ps->p[1] == end || ps->p[1] == '\\');
		/* What a backslash means in a regex is the regex's to say. */
		if (escaped && t->regex)
			str_addc(&text, *ps->p);
		ps->p += escaped;
		str_addc(&text, *ps->p);
	}
	size_t n = text.len;
	t->text = str_steal(&text);
	if (!*ps->p)
		return err_set(ps->e, ERR_USAGE,
			       "column %d: what begins here has no end; a value that holds # or ; "
			       "stands in double quotes",
			       column(ps, at));
	if (!n || n > TEXT_MAX)
		return err_set(ps->e, ERR_USAGE, "column %d: expected 1 to %d characters",
			       column(ps, at), TEXT_MAX);
	if (t->regex && line_pattern_new(t->text, &lp, &inner) < 0)
		return err_set(ps->e, ERR_USAGE, "column %d: %s", column(ps, at), inner.text);
	if (t->regex)
		line_pattern_free(lp);
	ps->p++;
	return parse_bracket(ps, ')');
}

static int
parse_detector(struct parser *ps, struct term *t)
{
	const char *p = skip_blanks(ps->p);
	int code = 0;

	for (int i = 0; i < DETECTOR_ARGS; i++)
		t->arg[i] = t->detector->arg[i].def;
	if (t->detector->says)
		return parse_text(ps, t);
	if (*p != '(')
		return 0;
	ps->p = skip_blanks(p + 1);
	do {
		code = parse_detector_arg(ps, t);
		ps->p = skip_blanks(ps->p);
	} while (code == 0 && *ps->p == ',' && (ps->p = skip_blanks(ps->p + 1)));
	return code < 0 ? code : parse_bracket(ps, ')');
}

static int
parse_comparison(struct parser *ps, struct term *t)
{
	int code = t->function->takes == TAKES_NOTHING ? 0 : parse_function_arg(ps, t);

	if (code < 0)
		return code;
	ps->p = skip_blanks(ps->p);
	bool equal = (*ps->p == '=' || *ps->p == '!') && ps->p[1] == '=';
	if (equal && t->function->exact) {
		t->op = *ps->p == '=' ? OP_EQ : OP_NE;
		ps->p = skip_blanks(ps->p + 2);
		return parse_number(ps, &t->limit);
	}
	if (*ps->p != '<' && *ps->p != '>')
		return err_set(ps->e, ERR_USAGE, "column %d: expected >, >=, < or <= after '%s'",
			       column(ps, ps->p), t->function->name);
	t->op = *ps->p == '<' ? OP_LT : OP_GT;
	if (*++ps->p == '=') {
		t->op = t->op == OP_LT ? OP_LE : OP_GE;
		ps->p++;
	}
	ps->p = skip_blanks(ps->p);
	return parse_number(ps, &t->limit);
}

static int
parse_term(struct parser *ps)
{
	struct condition *c = ps->out;
	size_t n = word_len(ps->p);
	struct term t = {.function = function_find(ps->p, n), .detector = detector_find(ps->p, n)};

	if (!*ps->p)
		return expected(ps, "a comparison or a detector");
	if (!t.function && !t.detector)
		return unknown_term(ps);
	if (c->nterms == CONDITION_TERMS || c->ncode == (int)sizeof ps->code)
		return err_set(ps->e, ERR_USAGE, "column %d: more than %d terms", column(ps, ps->p),
			       CONDITION_TERMS);
	ps->p += n;
	int code = t.function ? parse_comparison(ps, &t) : parse_detector(ps, &t);
	/* Kept even when it is broken: it may hold a name. */
	c->term = xreallocarray(c->term, (size_t)c->nterms + 1, sizeof *c->term);
	c->term[c->nterms] = t;
	ps->code[c->ncode++] = (int8_t)c->nterms++;
	return code;
}

static int parse_or(struct parser *ps);

static int
parse_unit(struct parser *ps)
{
	int code;

	ps->p = skip_blanks(ps->p);
	bool negated = is_word(ps->p, "not");
	if (!negated && *ps->p != '(')
		return parse_term(ps);
	if (++ps->depth > DEPTH_MAX)
		return err_set(ps->e, ERR_USAGE, "column %d: too deep, at most %d levels",
			       column(ps, ps->p), DEPTH_MAX);
	if (negated) {
		ps->p += 3;
		code = parse_unit(ps);
		if (code == 0 && ps->out->ncode == (int)sizeof ps->code)
			return expected(ps, "fewer operators");
		if (code == 0)
			ps->code[ps->out->ncode++] = CONDITION_NOT;
	} else {
		ps->p++;
		code = parse_or(ps);
		if (code == 0)
			code = parse_bracket(ps, ')');
	}
	ps->depth--;
	return code;
}

/* Operands joined by WORD. */
static int
parse_joined(struct parser *ps, const char *word, int8_t op, int (*operand)(struct parser *ps))
{
	int code = operand(ps);

	while (code == 0 && is_word(skip_blanks(ps->p), word)) {
		ps->p = skip_blanks(ps->p) + strlen(word);
		code = operand(ps);
		if (code == 0 && ps->out->ncode == (int)sizeof ps->code)
			return expected(ps, "fewer operators");
		if (code == 0)
			ps->code[ps->out->ncode++] = op;
	}
	return code;
}

static int
parse_and(struct parser *ps)
{
	return parse_joined(ps, "and", CONDITION_AND, parse_unit);
}

static int
parse_or(struct parser *ps)
{
	return parse_joined(ps, "or", CONDITION_OR, parse_and);
}

int
condition_parse(const char *text, struct condition *out, struct err *e)
{
	struct parser ps = {.text = text, .p = text, .out = out, .e = e};

	*out = (struct condition){0};
	int code = parse_or(&ps);
	ps.p = skip_blanks(ps.p);
	if (code == 0 && *ps.p) {
		const struct term *last = &out->term[out->nterms - 1];
		code = err_set(e, ERR_USAGE, "column %d: nothing may follow %s%s%s%s",
			       column(&ps, ps.p), last->detector ? "'" : "the number",
			       last->detector ? last->detector->name : "",
			       last->detector ? "'" : "", " but 'and' or 'or'");
	}
	if (code < 0) {
		condition_release(out);
		return code;
	}
	out->code = xmemdup(ps.code, (size_t)out->ncode);
	return 0;
}
