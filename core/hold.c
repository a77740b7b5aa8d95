#include "core/hold.h"

#include "core/conf.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

	while (isalpha((unsigned char)p[n]))
		n++;
	return n;
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
