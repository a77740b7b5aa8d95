/* A number of a console log ends where its unit does. What only begins like one (a version, a date)
 * is none, so that no part of it is ever taken for a value. */
#include "core/text_number.h"

#include "core/num.h"

#include <ctype.h>
#include <string.h>

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static const char *
skip_unit(const char *p, const char *end)
{
	static const char *const units[] = {"%",      "ms",      "s",      "us",       "ns",
					    "sec",    "min",     "h",      "k",        "K",
					    "M",      "G",       "T",      "B",        "KB",
					    "kB",     "MB",      "GB",     "KiB",      "MiB",
					    "GiB",    "Mb",      "Gb",     "s/it",     "it/s",
					    "it",     "ms/step", "s/step", "ms/batch", "s/epoch",
					    "s/iter", "iter/s",  "s/img",  "ms/iter",  "img/s",
					    "x",      "d",       "e",      "m",        "st",
					    "nd",     "rd",      "th"};
	const char *q = p;
	while (q < end && (isalpha((unsigned char)*q) || *q == '/' || *q == '%'))
		q++;
	if (q == p)
		return p;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (*units[i] == *p && strlen(units[i]) == (size_t)(q - p) &&
		    !memcmp(units[i], p, (size_t)(q - p)))
			return q;
	return NULL;
}

/* "512.1/s", "64.1/s/gpu" */
static const char *
skip_rate(const char *p, const char *end)
{
	const char *q = p + 1;
	while (q < end && (isalpha((unsigned char)*q) || *q == '/'))
		q++;
	static const char *const rates[] = {"/s", "/sec", "/s/gpu"};
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
		if (strlen(rates[i]) == (size_t)(q - p) && !memcmp(rates[i], p, (size_t)(q - p)))
			return q;
	return p;
}

const char *
text_number(const char *p, const char *end, double *v)
{
	const char *q = num_parse(p, end, v);
	if (!q)
		return NULL;
	/* 1,234,567 */
	bool whole = true;
	for (const char *c = p; c < q; c++)
		whole = whole && isdigit((unsigned char)*c);
	while (whole && q - p <= 15 && end - q >= 4 && *q == ',' && isdigit((unsigned char)q[1]) &&
	       isdigit((unsigned char)q[2]) && isdigit((unsigned char)q[3]) &&
	       (end - q == 4 || (!is_word(q[4]) && q[4] != '.'))) {
		*v = *v * 1000 + (q[1] - '0') * 100 + (q[2] - '0') * 10 + (q[3] - '0');
		q += 4;
	}
	if (!isdigit((unsigned char)p[*p == '-' || *p == '+']) && *v - *v != 0)
		return q < end && is_word(*q) ? NULL : q; /* nan, inf: no part of a word */
	if (q < end && (isalpha((unsigned char)*q) || *q == '%'))
		q = skip_unit(q, end);
	if (q && end - q > 1 && *q == '/' && q[1] == 's')
		q = skip_rate(q, end);
	if (!q || q == end)
		return q;
	bool spread = end - q > 1 && !memcmp(q, "\xC2\xB1", 2);
	if ((is_word(*q) && !spread) || *q == '\'')
		return NULL;
	/* The beginning of a version, a date, a time. */
	if (strchr(".-:+", *q) && end - q > 1 && isdigit((unsigned char)q[1]))
		return NULL;
	return q;
}

/* Words that Python's libraries print around a number, the module left out. */
static bool
makes_number(const char *p, const char *end)
{
	static const char *const words[] = {"tensor",   "Tensor",     "EagerTensor", "array",
					    "Array",    "float16",    "float32",     "float64",
					    "bfloat16", "float",      "int32",       "int64",
					    "Variable", "DeviceArray"};
	for (const char *dot; (dot = memchr(p, '.', (size_t)(end - p)));)
		p = dot + 1;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == (size_t)(end - p) &&
		    !memcmp(words[i], p, (size_t)(end - p)))
			return true;
	return false;
}

const char *
text_made_number(const char *p, const char *end, double *v)
{
	const char *q = p;
	while (q < end && (is_word(*q) || *q == '.'))
		q++;
	if (q == p || q == end || *q != '(' || !makes_number(p, q))
		return NULL;
	const char *in = ++q;
	while (in < end && *in == '[')
		in++;
	if (!(in = num_parse(in, end, v)) || in == end || !strchr(",])", *in))
		return NULL;
	if (*in == ',' && q < end && *q == '[') /* "[0.5, 0.25]" */
		return NULL;
	unsigned depth = 1;
	for (; q < end && depth; q++)
		depth += *q == '(' ? 1u : *q == ')' ? -1u : 0u;
	return depth ? NULL : q;
}

/* "0m 12s", "1h2m3.5s", "2 min 5 sec": two numbers or more, each with a smaller unit. */
static const char *
spelled_duration(const char *p, const char *end, double *s)
{
	static const struct {
		const char *word;
		unsigned rank;
		double seconds;
	} units[] = {
		{"d", 4, 86400},    {"days", 4, 86400}, {"day", 4, 86400}, {"h", 3, 3600},
		{"hours", 3, 3600}, {"hour", 3, 3600},  {"hr", 3, 3600},   {"hrs", 3, 3600},
		{"m", 2, 60},       {"min", 2, 60},     {"mins", 2, 60},   {"minutes", 2, 60},
		{"minute", 2, 60},  {"s", 1, 1},        {"sec", 1, 1},     {"secs", 1, 1},
		{"seconds", 1, 1},
	};
	unsigned rank = 5, fields = 0;
	const char *behind = NULL;
	*s = 0;
	while (p < end && isdigit((unsigned char)*p)) {
		double v;
		const char *q = num_parse(p, end, &v);
		while (q && q < end && *q == ' ')
			q++;
		const char *word = q;
		while (q && q < end && isalpha((unsigned char)*q))
			q++;
		size_t i = 0, n = sizeof units / sizeof *units;
		while (q && i < n &&
		       (strlen(units[i].word) != (size_t)(q - word) ||
			memcmp(units[i].word, word, (size_t)(q - word)) != 0))
			i++;
		if (!q || i == n || units[i].rank >= rank)
			break;
		rank = units[i].rank;
		*s += v * units[i].seconds;
		fields++;
		behind = q;
		for (p = q; p < end && (*p == ' ' || *p == ','); p++)
			;
	}
	return fields > 1 ? behind : NULL;
}

const char *
text_duration(const char *p, const char *end, double *s)
{
	double total = 0, v = 0;
	const char *q = p;
	unsigned fields = 0;
	const char *spelled = spelled_duration(p, end, s);
	if (spelled)
		return spelled;
	const char *day = num_parse(p, end, &v);
	if (day && end - day > 4 && !memcmp(day, " day", 4)) {
		total = v * 86400;
		for (q = day + 4; q < end && (*q == 's' || *q == ',' || *q == ' '); q++)
			;
	}
	double hms = 0;
	for (;;) {
		const char *digits = q;
		v = 0;
		for (; q < end && isdigit((unsigned char)*q); q++)
			v = v * 10 + (*q - '0');
		if (q == digits || q - digits > 6)
			return NULL;
		hms = hms * 60 + v;
		fields++;
		if (q == end || *q != ':')
			break;
		q++;
	}
	if (fields < 2 || fields > 3)
		return NULL;
	if (q < end && (*q == '.' || *q == ',') && q + 1 < end && isdigit((unsigned char)q[1]))
		for (q++; q < end && isdigit((unsigned char)*q); q++)
			;
	if (q < end && is_word(*q))
		return NULL;
	*s = total + hms;
	return q;
}
