/* A condition is parsed once, when the configuration is read, into a plain value that costs a
 * comparison to evaluate: it is asked for every point that a rule watches. */
#include "core/condition.h"

#include "core/conf.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {"value", "nonfinite", "stalled"};
static const char *const ops[] = {[OP_LT] = "<", [OP_LE] = "<=", [OP_GT] = ">", [OP_GE] = ">="};

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
column(const char *text, const char *p)
{
	return (int)(p - text) + 1;
}

static size_t
word_len(const char *p)
{
	size_t n = 0;

	while (isalpha((unsigned char)p[n]) || p[n] == '_')
		n++;
	return n;
}

static int
unknown_word(const char *text, const char *p, struct err *e)
{
	char word[40];
	size_t n = word_len(p);

	snprintf(word, sizeof word, "%.*s", (int)(n ? n : strcspn(p, " \t")), p);
	const char *near = conf_nearest(word, words, 3);
	if (near)
		return err_set(e, ERR_USAGE, "column %d: unknown '%s'; did you mean '%s'?",
			       column(text, p), word, near);
	return err_set(
		e, ERR_USAGE,
		"column %d: expected 'value > NUMBER' (also <, >=, <=), 'nonfinite' or 'stalled'",
		column(text, p));
}

static int
parse_limit(const char *text, const char *p, struct condition *out, struct err *e)
{
	char *end;

	/* strtod reads what conditions have no use for: hexadecimal, nan, inf. */
	const char *digits = p + (*p == '-' || *p == '+');
	if (!isdigit((unsigned char)*digits) && *digits != '.')
		return err_set(e, ERR_USAGE, "column %d: expected a number", column(text, p));
	if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
		return err_set(e, ERR_USAGE, "column %d: expected a decimal number",
			       column(text, p));
	double v = strtod(p, &end);
	if (end == p || !isfinite(v))
		return err_set(e, ERR_USAGE, "column %d: expected a number", column(text, p));
	const char *suffix = skip_blanks(end);
	size_t n = *suffix == '%' ? 1 : word_len(suffix);
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		if (strlen(suffixes[i].suffix) != n || memcmp(suffix, suffixes[i].suffix, n) != 0)
			continue;
		const char *rest = skip_blanks(suffix + n);
		if (*rest)
			return err_set(e, ERR_USAGE, "column %d: nothing may follow the number",
				       column(text, rest));
		out->limit = v * suffixes[i].factor;
		return 0;
	}
	if (suffix > end)
		return err_set(e, ERR_USAGE, "column %d: nothing may follow the number",
			       column(text, suffix));
	return err_set(e, ERR_USAGE,
		       "column %d: unknown suffix '%.*s'; there are %% k M G Ki Mi Gi ms s m h d",
		       column(text, end), (int)n, end);
}

int
condition_parse(const char *text, struct condition *out, struct err *e)
{
	const char *p = skip_blanks(text);
	size_t n = word_len(p);

	*out = (struct condition){.kind = CONDITION_NONE};
	if (n == 9 && memcmp(p, "nonfinite", n) == 0)
		out->kind = CONDITION_NONFINITE;
	else if (n == 7 && memcmp(p, "stalled", n) == 0)
		out->kind = CONDITION_STALLED;
	else if (n == 5 && memcmp(p, "value", n) == 0)
		out->kind = CONDITION_VALUE;
	else
		return unknown_word(text, p, e);
	p = skip_blanks(p + n);
	if (out->kind != CONDITION_VALUE) {
		if (*p)
			return err_set(e, ERR_USAGE, "column %d: nothing may follow '%.*s'",
				       column(text, p), (int)n, skip_blanks(text));
		return 0;
	}
	if (*p != '<' && *p != '>')
		return err_set(e, ERR_USAGE, "column %d: expected >, >=, < or <= after 'value'",
			       column(text, p));
	out->op = *p == '<' ? OP_LT : OP_GT;
	if (*++p == '=') {
		out->op = out->op == OP_LT ? OP_LE : OP_GE;
		p++;
	}
	return parse_limit(text, skip_blanks(p), out, e);
}

enum verdict
condition_of_value(const struct condition *c, double v)
{
	if (c->kind == CONDITION_NONFINITE)
		return isfinite(v) ? VERDICT_FALSE : VERDICT_TRUE;
	if (c->kind != CONDITION_VALUE || isnan(v))
		return VERDICT_UNKNOWN;
	switch (c->op) {
	case OP_LT:
		return v < c->limit ? VERDICT_TRUE : VERDICT_FALSE;
	case OP_LE:
		return v <= c->limit ? VERDICT_TRUE : VERDICT_FALSE;
	case OP_GT:
		return v > c->limit ? VERDICT_TRUE : VERDICT_FALSE;
	case OP_GE:
		return v >= c->limit ? VERDICT_TRUE : VERDICT_FALSE;
	}
	return VERDICT_UNKNOWN;
}

void
condition_format(const struct condition *c, struct str *out)
{
	if (c->kind == CONDITION_NONFINITE)
		str_adds(out, "nonfinite");
	else if (c->kind == CONDITION_STALLED)
		str_adds(out, "stalled");
	else if (c->kind == CONDITION_VALUE)
		str_addf(out, "value %s %.17g", ops[c->op], c->limit);
}

/* A whole number of at least 1 at P. */
static bool
parse_count(const char **p, uint32_t *out)
{
	char *end;

	if (!isdigit((unsigned char)**p))
		return false;
	unsigned long v = strtoul(*p, &end, 10);
	if (v < 1 || v > 1000000)
		return false;
	*out = (uint32_t)v;
	*p = end;
	return true;
}

static bool
take_word(const char **p, const char *word)
{
	const char *q = skip_blanks(*p);
	size_t n = strlen(word);

	if (strncmp(q, word, n) != 0 || word_len(q) != n)
		return false;
	*p = q + n;
	return true;
}

int
hold_parse(const char *text, struct hold *out, struct err *e)
{
	const char *p = skip_blanks(text);

	*out = (struct hold){.kind = HOLD_NONE};
	if (conf_parse_duration(text, &out->time_us)) {
		out->kind = out->time_us ? HOLD_TIME : HOLD_NONE;
		return 0;
	}
	if (parse_count(&p, &out->points)) {
		bool window = take_word(&p, "of");
		if (window) {
			p = skip_blanks(p);
			if (!parse_count(&p, &out->of) || out->of > HOLD_MAX_POINTS ||
			    out->points > out->of)
				return err_set(
					e, ERR_USAGE,
					"column %d: expected 'K of N points' with K <= N <= %d",
					column(text, p), HOLD_MAX_POINTS);
		}
		if ((take_word(&p, "points") || take_word(&p, "point")) && !*skip_blanks(p)) {
			out->kind = HOLD_POINTS;
			return 0;
		}
	}
	return err_set(
		e, ERR_USAGE,
		"column %d: expected a duration (30s, 5m, 2h), 'N points' or 'K of N points'",
		column(text, skip_blanks(p)));
}
