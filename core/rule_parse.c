/* A rule is put together key by key: what its section in mm.conf says, else what the built-in rule
 * of that name says, else the option's default. So overriding one key of a built-in rule is one
 * line. */
#include "core/rule_parse.h"

#include "core/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

const char *const severity_names[] = {"info", "warn", "crit"};
const char *const alert_state_names[] = {"ok", "pending", "firing", "recovering", "resolved"};

static const struct {
	const char *name, *key, *value;
} builtin[] = {
	{"loss-nonfinite", "metric", "!*[Ss]cale* *[Ll]oss* *LOSS* *ppl* *perplexity* *nll*"},
	{"loss-nonfinite", "when", "nonfinite"},
	{"loss-nonfinite", "severity", "crit"},
	{"loss-nonfinite", "latch", "yes"},
	{"stalled", "when", "stalled"},
	{"stalled", "severity", "warn"},
};
static const char *const builtin_names[] = {"loss-nonfinite", "stalled"};
enum { NBUILTIN = 2 };

static const char *const placeholders[] = {"rule", "run",   "metric",   "value",
					   "step", "since", "threshold"};
enum { NPLACEHOLDERS = 7 };

/* Where the keys of one rule come from. */
struct origin {
	const struct conf *conf;
	const char *name;
	int section; /* of CONF, or -1 */
	int line;    /* of the key that was asked for last, else of the section */
};

static const char *
key_get(struct origin *o, const char *key)
{
	if (o->section >= 0) {
		const char *v = conf_alert_key(o->conf, o->section, key, &o->line);
		if (v)
			return v;
		conf_alert_name(o->conf, o->section, &o->line);
	}
	for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
		if (strcmp(builtin[i].name, o->name) == 0 && strcmp(builtin[i].key, key) == 0)
			return builtin[i].value;
	for (const struct conf_option *opt = conf_options; opt->section; opt++)
		if (strcmp(opt->section, "alert") == 0 && strcmp(opt->key, key) == 0)
			return opt->def;
	return "";
}

static bool
key_yes(struct origin *o, const char *key)
{
	const char *v = key_get(o, key);

	return strcasecmp(v, "yes") == 0 || strcasecmp(v, "on") == 0 ||
	       strcasecmp(v, "true") == 0 || strcmp(v, "1") == 0;
}

static int
refuse(const struct origin *o, struct err *e, const char *what)
{
	const char *file = conf_path(o->conf);

	return err_set(e, ERR_USAGE, "%s:%d: [alert %s] %s", file ? file : "mm.conf", o->line,
		       o->name, what);
}

static int
check_message(struct origin *o, const char *text, struct err *e)
{
	for (const char *p = text; (p = strchr(p, '{')); p++) {
		char word[32];
		size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_");
		if (!n || p[n + 1] != '}' || n >= sizeof word)
			continue;
		snprintf(word, sizeof word, "%.*s", (int)n, p + 1);
		bool known = false;
		for (int i = 0; i < NPLACEHOLDERS; i++)
			known |= strcmp(word, placeholders[i]) == 0;
		if (known)
			continue;
		char what[120];
		const char *near = conf_nearest(word, placeholders, NPLACEHOLDERS);
		snprintf(what, sizeof what, "message: there is no {%s}%s%s%s", word,
			 near ? "; did you mean {" : "", near ? near : "", near ? "}?" : "");
		return refuse(o, e, what);
	}
	return 0;
}

static const char *
usual_message(const struct rule *r, int64_t limit_us)
{
	switch (r->when.kind) {
	case CONDITION_STALLED:
		if (!limit_us)
			return "its process ended at step {step}, unfinished";
		return "nothing new for {value}, stalled after {threshold}";
	case CONDITION_NONFINITE:
		return "{metric} is {value} at step {step}";
	default:
		return "{metric} is {value} at step {step}, limit {threshold}";
	}
}

static void
hash_text(uint64_t *h, const char *s)
{
	/* FNV-1a, the final NUL included: "a" "bc" is not "ab" "c". */
	do
		*h = (*h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	while (*s++);
}

static uint64_t
hash_rule(const struct rule *r)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	struct str s = STR_INIT;

	hash_text(&h, r->metric ? r->metric : "");
	hash_text(&h, r->run);
	condition_format(&r->when, &s);
	str_addc(&s, '|');
	condition_format(&r->clear, &s);
	str_addf(&s, "|%d %" PRId64 " %u %u", (int)r->hold.kind, r->hold.time_us, r->hold.points,
		 r->hold.of);
	str_addf(&s, "|%d %" PRId64 " %u|%d", (int)r->keep.kind, r->keep.time_us, r->keep.points,
		 r->latch);
	hash_text(&h, str_c(&s));
	str_release(&s);
	return h;
}

static int
read_rule(struct origin *o, struct rule *r, struct err *e)
{
	const char *v;

	*r = (struct rule){.name = xstrdup(o->name)};
	if (!*(v = key_get(o, "when")))
		return refuse(o, e, "needs 'when = CONDITION'");
	/* conf has checked each value by itself; what is left is whether they fit together. */
	if (condition_parse(v, &r->when, e) < 0)
		return refuse(o, e, "when is no condition");
	bool of_run = r->when.kind == CONDITION_STALLED;
	v = key_get(o, "metric");
	if (of_run && *v)
		return refuse(o, e, "stalled is about a run: it takes no metric");
	if (!of_run && !*v)
		return refuse(o, e, "needs 'metric = PATTERN…'");
	r->metric = of_run ? NULL : xstrdup(v);
	r->run = xstrdup(key_get(o, "run"));
	if (*(v = key_get(o, "clear"))) {
		if (of_run)
			return refuse(o, e, "stalled clears when bytes arrive: it takes no clear");
		if (condition_parse(v, &r->clear, e) < 0 || r->clear.kind == CONDITION_STALLED)
			return refuse(o, e, "clear cannot be stalled");
	}
	if (hold_parse(key_get(o, "for"), &r->hold, e) < 0)
		return refuse(o, e, "for is no duration");
	if (of_run && r->hold.kind == HOLD_POINTS)
		return refuse(o, e, "for: a stalled run has no points to count; give a duration");
	if (hold_parse(key_get(o, "keep"), &r->keep, e) < 0)
		return refuse(o, e, "keep is no duration");
	if (r->keep.kind == HOLD_POINTS && (of_run || r->keep.of))
		return refuse(o, e, "keep: give a duration or 'N points'");
	r->latch = key_yes(o, "latch");
	r->sent = key_yes(o, "notify");
	v = key_get(o, "severity");
	r->severity = strcmp(v, "crit") == 0   ? SEVERITY_CRIT
		      : strcmp(v, "info") == 0 ? SEVERITY_INFO
					       : SEVERITY_WARN;
	v = key_get(o, "message");
	int code = check_message(o, v, e);
	r->message = *v ? xstrdup(v) : NULL;
	r->hash = hash_rule(r);
	return code;
}

void
rule_clear(struct rule *r)
{
	free(r->name);
	free(r->metric);
	free(r->run);
	free(r->message);
	*r = (struct rule){0};
}

static int
find_section(const struct conf *c, const char *name)
{
	int n = conf_alerts(c);

	for (int i = 0; i < n; i++)
		if (strcmp(conf_alert_name(c, i, NULL), name) == 0)
			return i;
	return -1;
}

static int
add_rule(struct origin *o, struct rule **v, size_t *n, size_t *cap, struct err *e)
{
	struct rule r;
	int code;

	if (o->section >= 0)
		conf_alert_name(o->conf, o->section, &o->line);
	code = read_rule(o, &r, e);
	/* One that is switched off has to be right all the same: somebody will switch it on. */
	if (code < 0 || !key_yes(o, "enabled"))
		rule_clear(&r);
	else
		*vec_push(*v, *n, *cap) = r;
	return code;
}

int
rule_read_all(const struct conf *c, struct rule **out, int *count, struct err *e)
{
	struct rule *v = NULL;
	size_t n = 0, cap = 0;
	bool defaults = conf_bool(c, "alerts.defaults");
	int code = 0;

	for (int i = 0; i < NBUILTIN && code == 0; i++) {
		struct origin o = {c, builtin_names[i], find_section(c, builtin_names[i]), 0};
		if (defaults || o.section >= 0)
			code = add_rule(&o, &v, &n, &cap, e);
	}
	for (int i = 0; i < conf_alerts(c) && code == 0; i++) {
		struct origin o = {c, conf_alert_name(c, i, NULL), i, 0};
		bool known = false;
		for (int k = 0; k < NBUILTIN; k++)
			known |= strcmp(o.name, builtin_names[k]) == 0;
		if (!known)
			code = add_rule(&o, &v, &n, &cap, e);
	}
	if (code < 0) {
		while (n)
			rule_clear(&v[--n]);
		free(v);
		v = NULL;
	}
	*out = v;
	*count = (int)n;
	return code;
}

/* -- messages ---------------------------------------------------------------------------------- */

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

static void
add_placeholder(const struct rule *r, const struct alert *a, const char *run, int64_t limit_us,
		int which, struct str *out)
{
	bool silence = r->when.kind == CONDITION_STALLED;

	switch (which) {
	case 0:
		str_adds(out, a->rule);
		break;
	case 1:
		str_adds(out, run);
		break;
	case 2:
		str_adds(out, a->metric);
		break;
	case 3:
		if (silence)
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
		if (silence)
			add_span(out, (double)limit_us / 1e6);
		else if (r->when.kind == CONDITION_VALUE)
			add_number(out, r->when.limit);
		else
			str_adds(out, "finite");
		break;
	}
}

void
rule_message(const struct rule *r, const struct alert *a, const char *run, int64_t limit_us,
	     struct str *out)
{
	for (const char *p = r->message ? r->message : usual_message(r, limit_us); *p;) {
		int which = -1;
		size_t len = 0;

		if (*p == '{') {
			for (int i = 0; i < NPLACEHOLDERS; i++) {
				len = strlen(placeholders[i]);
				if (strncmp(p + 1, placeholders[i], len) == 0 &&
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
		/* What is put in is not looked at again: a run may be called {value}. */
		add_placeholder(r, a, run, limit_us, which, out);
		p += len + 2;
	}
}
