/* Whether a value is one that its option can have, and if not, which were meant. */
#include "core/conf_section.h"

#include "core/argv.h"
#include "core/condition.h"
#include "core/hold.h"
#include "core/num.h"
#include "core/pattern.h"
#include "core/retention.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "a|b|c" into at most MAX words of BUF. */
static int
split_choices(const char *choices, char *buf, size_t nbuf, const char **word, int max)
{
	int n = 0;

	snprintf(buf, nbuf, "%s", choices);
	for (char *p = buf; p && n < max;) {
		word[n++] = p;
		p = strchr(p, '|');
		if (p)
			*p++ = '\0';
	}
	return n;
}

static int
check_choice(const struct conf_option *o, const char *v, struct err *e)
{
	char buf[200];
	const char *word[16];
	int n = split_choices(o->choices, buf, sizeof buf, word, 16);

	for (int i = 0; i < n; i++)
		if (strcmp(v, word[i]) == 0)
			return 0;
	const char *near = conf_nearest(v, word, n);
	if (near)
		return err_set(e, ERR_USAGE, "%s = '%s': did you mean '%s'?", o->key, v, near);
	struct str list = STR_INIT;
	for (int i = 0; i < n; i++)
		str_addf(&list, "%s%s", i == 0 ? "" : i == n - 1 ? " or " : ", ", word[i]);
	err_set(e, ERR_USAGE, "%s = '%s': expected %s", o->key, v, str_c(&list));
	str_release(&list);
	return ERR_USAGE;
}

/* Callers read whole numbers with strtoll: 1e6 must not become 1. */
static bool
is_digits(const char *s)
{
	s += *s == '-';
	return *s && s[strspn(s, "0123456789")] == '\0';
}

static bool
within(const char *range, double x)
{
	const char *dots = strstr(range, "..");
	double lo, hi;

	return num_parse_all(range, dots, &lo) &&
	       num_parse_all(dots + 2, dots + strlen(dots), &hi) && lo <= x && x <= hi;
}

static int
check_number(const struct conf_option *o, const char *v, struct err *e)
{
	bool whole = o->type == OPT_INT;
	double x;

	if (!num_parse_all(v, v + strlen(v), &x) || !isfinite(x) || (whole && !is_digits(v)))
		return err_set(e, ERR_USAGE, "%s = '%s': expected a %s", o->key, v,
			       whole ? "whole number" : "number");
	if (o->choices && !within(o->choices, x))
		return err_set(e, ERR_USAGE, "%s = '%s': must be within %s", o->key, v, o->choices);
	return 0;
}

static int
check_command(const struct conf_option *o, const char *v, struct err *e)
{
	struct err inner = {0};
	char **argv;

	if (argv_parse(v, &argv, &inner) < 0)
		return err_set(e, ERR_USAGE, "%s = %s: %s", o->key, v, inner.text);
	argv_free(argv);
	return 0;
}

static int
check_keep(const struct conf_option *o, const char *v, struct err *e)
{
	struct err inner = {0};
	struct retention p;

	if (retention_parse(v, &p, &inner) < 0)
		return err_set(e, ERR_USAGE, "%s = %s: %s", o->key, v, inner.text);
	retention_release(&p);
	return 0;
}

int
conf_check_value(const struct conf_option *o, const char *v, struct err *e)
{
	struct err inner = {0};
	struct condition c;
	struct hold h;
	int64_t us;
	bool b;
	int tz;

	switch (o->type) {
	case OPT_BOOL:
		return conf_parse_bool(v, &b)
			       ? 0
			       : err_set(e, ERR_USAGE, "%s = '%s': expected yes or no", o->key, v);
	case OPT_INT:
	case OPT_NUMBER:
		return check_number(o, v, e);
	case OPT_DURATION:
		if (!conf_parse_duration(v, &us) || us <= 0)
			return err_set(e, ERR_USAGE,
				       "%s = '%s': expected a duration like 500ms, 30s, 5m, 2h, 1d",
				       o->key, v);
		return 0;
	case OPT_CHOICE:
		return check_choice(o, v, e);
	case OPT_TZ:
		if (!conf_parse_tz(v, &tz))
			return err_set(e, ERR_USAGE,
				       "%s = '%s': expected local, utc or an offset like +02:00",
				       o->key, v);
		return 0;
	case OPT_CONDITION:
		if (condition_parse(v, &c, &inner) < 0)
			return err_set(e, ERR_USAGE, "%s = %s: %s", o->key, v, inner.text);
		condition_release(&c);
		return 0;
	case OPT_FOR:
		return hold_parse(v, &h, &inner) < 0
			       ? err_set(e, ERR_USAGE, "%s = %s: %s", o->key, v, inner.text)
			       : 0;
	case OPT_REGEX:
		return *v ? pattern_check(v, e) : err_set(e, ERR_USAGE, "%s has no value", o->key);
	case OPT_COMMAND:
		return check_command(o, v, e);
	case OPT_KEEP:
		return check_keep(o, v, e);
	case OPT_PATH:
		if (v[0] != '/' && strncmp(v, "~/", 2) != 0)
			return err_set(e, ERR_USAGE, "%s = '%s': expected a path from / or ~/ on",
				       o->key, v);
		return 0;
	case OPT_STRING:
	case OPT_GLOBS:
		return *v ? 0 : err_set(e, ERR_USAGE, "%s has no value", o->key);
	}
	return 0;
}
