/* What is said of an alert: the rule's own text, or what is usual for what it asks. What is put in
 * is not looked at again: a run may be called {value}. */
#include "core/rule_parse.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

static void
add_number(struct str *out, double v)
{
	if (isnan(v))
		str_adds(out, "NaN");
	else if (isinf(v))
		str_adds(out, v > 0 ? "Infinity" : "-Infinity");
	else
		str_addf(out, "%.4g", v);
}

static void
add_span(struct str *out, double seconds)
{
	if (seconds < 120)
		str_addf(out, "%.0f s", seconds);
	else if (seconds < 7200)
		str_addf(out, "%.0f min", seconds / 60);
	else if (seconds < 172800)
		str_addf(out, "%.1f h", seconds / 3600);
	else
		str_addf(out, "%.1f days", seconds / 86400);
}

static void
add_time(struct str *out, int64_t us)
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;
	char buf[40];

	if (localtime_r(&t, &tm) && strftime(buf, sizeof buf, "%Y-%m-%d %H:%M:%S", &tm))
		str_adds(out, buf);
}

static const struct detector *
detector_of(const struct rule *r)
{
	for (int i = 0; i < r->when.nterms; i++)
		if (r->when.term[i].detector)
			return r->when.term[i].detector;
	return NULL;
}

static bool
is_about_silence(const struct rule *r)
{
	const struct detector *d = detector_of(r);

	return d && d->sign == SIGN_STALLED;
}

/* `value > 3`, and no more than that. */
static bool
is_threshold(const struct rule *r)
{
	return r->when.nterms == 1 && r->when.term[0].function &&
	       strcmp(r->when.term[0].function->name, "value") == 0;
}

static const char *
usual_message(const struct rule *r, const struct occurrence *o)
{
	const struct detector *d = detector_of(r);

	if (is_about_silence(r))
		return "nothing new for {value}, stalled after {threshold}";
	if (d && d->sign != SIGN_NONE)
		return "{why}";
	if (is_threshold(r))
		return "{metric} is {value} at step {step}, limit {threshold}";
	if (r->about != ABOUT_SERIES)
		return *o->why ? "{why}" : "{threshold}";
	if (*o->why)
		return "{metric} is {value} at step {step}: {why}";
	if (d && strcmp(d->name, "nonfinite") == 0)
		return "{metric} is {value} at step {step}";
	return "{metric} is {value} at step {step}: {threshold}";
}

static void
add_threshold(const struct rule *r, const struct occurrence *o, struct str *out)
{
	if (is_about_silence(r))
		add_span(out, (double)o->limit_us / 1e6);
	else if (is_threshold(r))
		add_number(out, r->when.term[0].limit);
	else if (r->when.nterms == 1 && r->when.term[0].detector &&
		 strcmp(r->when.term[0].detector->name, "nonfinite") == 0)
		str_adds(out, "finite");
	else
		str_adds(out, r->when_text);
}

static void
add_placeholder(const struct rule *r, const struct alert *a, const struct occurrence *o, int which,
		struct str *out)
{
	switch (which) {
	case 0:
		str_adds(out, a->rule);
		break;
	case 1:
		str_adds(out, o->run);
		break;
	case 2:
		str_adds(out, a->metric);
		break;
	case 3:
		if (is_about_silence(r))
			add_span(out, a->value);
		else
			add_number(out, a->value);
		break;
	case 4:
		str_addf(out, "%" PRId64, a->step);
		break;
	case 5:
		add_time(out, a->fired_us);
		break;
	case 6:
		add_threshold(r, o, out);
		break;
	case 7:
		str_adds(out, o->why);
		break;
	case 8:
		add_number(out, o->z);
		break;
	case 9:
		str_adds(out, o->host);
		break;
	}
}

void
rule_message(const struct rule *r, const struct alert *a, const struct occurrence *o,
	     struct str *out)
{
	for (const char *p = r->message ? r->message : usual_message(r, o); *p;) {
		int which = -1;
		size_t len = 0;

		if (*p == '{') {
			for (int i = 0; i < RULE_NPLACEHOLDERS; i++) {
				len = strlen(rule_placeholders[i]);
				if (strncmp(p + 1, rule_placeholders[i], len) == 0 &&
				    p[len + 1] == '}') {
					which = i;
					break;
				}
			}
		}
		if (which < 0) {
			str_addc(out, *p++);
			continue;
		}
		add_placeholder(r, a, o, which, out);
		p += len + 2;
	}
}
