/* A rule is put together key by key: what its section in mm.conf says, else what the built-in rule
 * of that name says, else the option's default. So overriding one key of a built-in rule is one
 * line. */
#include "core/rule_parse.h"

#include "core/conf_section.h"
#include "core/fnv.h"
#include "core/glob.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const severity_names[] = {"info", "warn", "crit"};
const char *const alert_state_names[] = {"ok", "pending", "firing", "recovering", "resolved"};

const char *const rule_placeholders[] = {"rule",  "run",       "metric", "value", "step",
					 "since", "threshold", "why",    "z",     "host"};

enum { NAMES_MAX = 64, PATTERN_BYTES = 300 };

/* Where the keys of one rule come from. */
struct origin {
	const struct conf *conf;
	const char *name;
	const struct rule_key *builtin; /* its first key, or NULL */
	int section;                    /* of CONF, or -1 */
	int line; /* of the key that was asked for last, else of the section */
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
	for (const struct rule_key *b = o->builtin; b && b->rule && strcmp(b->rule, o->name) == 0;
	     b++)
		if (strcmp(b->key, key) == 0)
			return b->value;
	const struct conf_option *opt = conf_option_find("alert", key);
	return opt ? opt->def : "";
}

static bool
key_yes(struct origin *o, const char *key)
{
	const char *v = key_get(o, key);

	return strcasecmp(v, "yes") == 0 || strcasecmp(v, "on") == 0 ||
	       strcasecmp(v, "true") == 0 || strcmp(v, "1") == 0;
}

static int __attribute__((format(printf, 3, 4)))
refuse(const struct origin *o, struct err *e, const char *fmt, ...)
{
	const char *file = conf_path(o->conf);
	char what[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_USAGE, "%s:%d: [alert %s] %s", file ? file : "mm.conf", o->line,
		       o->name, what);
}

/* -- lists ------------------------------------------------------------------------------------- */

/* The next word of a blank-separated list at *P ("\\ " is a blank in a word); false: none. */
static bool
next_word(const char **p, char *word, size_t size)
{
	size_t n = 0;

	while (**p == ' ' || **p == '\t')
		(*p)++;
	if (!**p)
		return false;
	for (; **p && **p != ' ' && **p != '\t'; (*p)++) {
		if (**p == '\\' && (*p)[1]) {
			if (n + 2 < size)
				word[n++] = **p;
			(*p)++;
		}
		if (n + 1 < size)
			word[n++] = **p;
	}
	word[n] = '\0';
	return true;
}

bool
rule_names(const char *names, const char *name)
{
	char word[PATTERN_BYTES];

	while (next_word(&names, word, sizeof word))
		if (strcmp(word, name) == 0)
			return true;
	return false;
}

bool
rule_watches(const struct rule *r, const char *name, const struct metric_role *role)
{
	const char *p = r->metric;
	char word[PATTERN_BYTES];

	while (p && next_word(&p, word, sizeof word)) {
		bool not = word[0] == '!';
		const char *pattern = word + not ;
		if (*pattern == '@' ? strcmp(pattern + 1, role_name(role->role)) == 0
				    : glob_match(pattern, name))
			return !not ;
	}
	return false;
}

static int
check_metrics(struct origin *o, const char *list, struct err *e)
{
	const char *names[ROLE_N];
	char word[PATTERN_BYTES];

	for (int i = 0; i < ROLE_N; i++)
		names[i] = role_name((enum role)i);
	while (next_word(&list, word, sizeof word)) {
		const char *role = word + (word[0] == '!');
		int i = 0;
		if (*role++ != '@')
			continue;
		while (i < ROLE_N && strcmp(names[i], role) != 0)
			i++;
		if (i < ROLE_N)
			continue;
		const char *near = conf_nearest(role, names, ROLE_N);
		return refuse(o, e, "metric: there is no role @%s%s%s%s", role,
			      near ? "; did you mean @" : "", near ? near : "", near ? "?" : "");
	}
	return 0;
}

static int
all_names(const struct conf *c, const char **names, int max)
{
	int n = 0;

	for (const struct rule_key *b = rule_builtin; b->rule && n < max; b++)
		if (!n || strcmp(names[n - 1], b->rule) != 0)
			names[n++] = b->rule;
	for (int i = 0; i < conf_alerts(c) && n < max; i++)
		names[n++] = conf_alert_name(c, i, NULL);
	return n;
}

static int
check_rules(struct origin *o, const char *list, struct err *e)
{
	const char *names[NAMES_MAX];
	char word[PATTERN_BYTES];
	int n = all_names(o->conf, names, NAMES_MAX);

	while (next_word(&list, word, sizeof word)) {
		int i = 0;
		while (i < n && strcmp(names[i], word) != 0)
			i++;
		if (i < n || n == NAMES_MAX)
			continue;
		const char *near = conf_nearest(word, names, n);
		return refuse(o, e, "inhibits: there is no rule %s%s%s%s", word,
			      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	}
	return 0;
}

static int
check_message(struct origin *o, const char *text, bool has_z, struct err *e)
{
	for (const char *p = text; (p = strchr(p, '{')); p++) {
		char word[32];
		size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_");
		if (!n || p[n + 1] != '}' || n >= sizeof word)
			continue;
		snprintf(word, sizeof word, "%.*s", (int)n, p + 1);
		bool known = false;
		for (int i = 0; i < RULE_NPLACEHOLDERS; i++)
			known |= strcmp(word, rule_placeholders[i]) == 0;
		if (known && (strcmp(word, "z") != 0 || has_z))
			continue;
		if (known)
			return refuse(o, e, "message: {z} needs z(N), rel(N) or spike in 'when'");
		const char *near = conf_nearest(word, rule_placeholders, RULE_NPLACEHOLDERS);
		return refuse(o, e, "message: there is no {%s}%s%s%s", word,
			      near ? "; did you mean {" : "", near ? near : "", near ? "}?" : "");
	}
	return 0;
}

/* -- hash -------------------------------------------------------------------------------------- */

static void
hash_hold(struct str *s, const struct hold *h)
{
	str_addf(s, "|%d %" PRId64 " %u %u", (int)h->kind, h->time_us, h->points, h->of);
}

static uint64_t
hash_rule(const struct rule *r)
{
	uint64_t h = FNV_BASIS;
	struct str s = STR_INIT;

	h = fnv_text(h, r->metric ? r->metric : "");
	h = fnv_text(h, r->run);
	h = fnv_text(h, r->tag);
	condition_format(&r->when, &s);
	str_addc(&s, '|');
	condition_format(&r->clear, &s);
	hash_hold(&s, &r->hold);
	hash_hold(&s, &r->keep);
	str_addf(&s, "|%d|%d", r->latch, (int)r->nodata);
	h = fnv_text(h, str_c(&s));
	str_release(&s);
	return h;
}

/* -- one rule ---------------------------------------------------------------------------------- */

static const struct term *
term_of(const struct condition *c, enum about about)
{
	for (int i = 0; i < c->nterms; i++)
		if (term_about(&c->term[i]) == about)
			return &c->term[i];
	return NULL;
}

/* A rule for a metric cannot ask after what is no metric's. */
static int
refuse_term(struct origin *o, struct err *e, const char *key, const struct condition *c)
{
	const struct term *run = term_of(c, ABOUT_RUN), *place = term_of(c, ABOUT_PLACE);
	const struct term *self = term_of(c, ABOUT_SELF);
	const struct term *t = run ? run : place ? place : self;

	if (!t)
		return 0;
	/* The line is that of the metric, or of CLEAR if that is the odd one. */
	if (strcmp(key, "clear") == 0)
		key_get(o, key);
	return refuse(o, e, "%s%s is about %s: it takes no metric",
		      strcmp(key, "clear") == 0 ? "clear: " : "",
		      t->function ? t->function->name : t->detector->name,
		      run     ? "a run"
		      : place ? "a file system"
			      : "mm itself");
}

static int
read_about(struct origin *o, struct rule *r, const char *metric, struct err *e)
{
	bool place = term_of(&r->when, ABOUT_PLACE) || term_of(&r->clear, ABOUT_PLACE);
	bool run = term_of(&r->when, ABOUT_RUN) || term_of(&r->clear, ABOUT_RUN) ||
		   term_of(&r->when, ABOUT_EITHER) || term_of(&r->clear, ABOUT_EITHER);
	bool self = term_of(&r->when, ABOUT_SELF) || term_of(&r->clear, ABOUT_SELF);

	r->about = *metric ? ABOUT_SERIES : self ? ABOUT_SELF : place ? ABOUT_PLACE : ABOUT_RUN;
	if (*metric) {
		int code = refuse_term(o, e, "when", &r->when);
		if (code == 0)
			code = refuse_term(o, e, "clear", &r->clear);
		return code < 0 ? code : check_metrics(o, metric, e);
	}
	if (term_of(&r->when, ABOUT_SERIES) || term_of(&r->clear, ABOUT_SERIES))
		return refuse(o, e, "needs 'metric = PATTERN…'");
	if (place && run)
		return refuse(o, e, "asks after a run and a file system at once");
	if (self && (place || run))
		return refuse(o, e, "asks after mm itself and something else at once");
	return 0;
}

static int
read_condition(struct origin *o, const char *key, struct condition *c, struct err *e)
{
	struct err inner = {0};
	const char *v = key_get(o, key);

	if (!*v)
		return 0;
	if (condition_parse(v, c, &inner) < 0)
		return refuse(o, e, "%s = %s: %s", key, v, inner.text);
	return 0;
}

static int
read_holds(struct origin *o, struct rule *r, struct err *e)
{
	if (hold_parse(key_get(o, "for"), &r->hold, e) < 0)
		return refuse(o, e, "for is no duration");
	if (r->about != ABOUT_SERIES && r->hold.kind == HOLD_POINTS)
		return refuse(o, e, "for: a run has no points to count; give a duration");
	if (hold_parse(key_get(o, "keep"), &r->keep, e) < 0)
		return refuse(o, e, "keep is no duration");
	if (r->keep.kind == HOLD_POINTS && (r->about != ABOUT_SERIES || r->keep.of))
		return refuse(o, e, "keep: give a duration or 'N points'");
	return 0;
}

/* Nothing is kept for it, and nothing changes while no point comes. */
static bool
is_plain(const struct condition *c)
{
	double keeps[KEEPER_ARGS];

	for (int i = 0; i < c->nterms; i++)
		if (term_keeper(&c->term[i], keeps) || c->term[i].metric)
			return false;
	return true;
}

static bool
has_sign(const struct condition *c, enum sign sign)
{
	for (int i = 0; i < c->nterms; i++)
		if (c->term[i].detector && c->term[i].detector->sign == sign)
			return true;
	return false;
}

static bool
has_baseline(const struct condition *c)
{
	double keeps[KEEPER_ARGS];

	for (int i = 0; i < c->nterms; i++)
		if (term_keeper(&c->term[i], keeps) == &keep_baseline)
			return true;
	return false;
}

static int
read_delivery(struct origin *o, struct rule *r, struct err *e)
{
	const char *v = key_get(o, "severity");

	r->severity = strcmp(v, "crit") == 0   ? SEVERITY_CRIT
		      : strcmp(v, "info") == 0 ? SEVERITY_INFO
					       : SEVERITY_WARN;
	r->sent = key_yes(o, "send");
	if (r->builtin && strcmp(conf_str(o->conf, "alerts.defaults"), "quiet") == 0 &&
	    (o->section < 0 || !conf_alert_key(o->conf, o->section, "send", NULL)))
		r->sent = false;
	r->event = has_sign(&r->when, SIGN_FINISHED);
	v = key_get(o, "repeat");
	if (strcmp(v, "off") != 0 && (!conf_parse_duration(v, &r->repeat_us) || r->repeat_us <= 0))
		return refuse(o, e, "repeat = '%s': expected off or a duration like 4h", v);
	r->notify = xstrdup(key_get(o, "notify"));
	r->inhibits = xstrdup(key_get(o, "inhibits"));
	int code = check_rules(o, r->inhibits, e);
	v = key_get(o, "message");
	r->message = *v ? xstrdup(v) : NULL;
	return code < 0 ? code : check_message(o, v, has_baseline(&r->when), e);
}

static int
read_rule(struct origin *o, struct rule *r, struct err *e)
{
	const char *v;

	*r = (struct rule){.name = xstrdup(o->name), .builtin = o->builtin != NULL};
	if (!*key_get(o, "when"))
		return refuse(o, e, "needs 'when = CONDITION'");
	r->when_text = xstrdup(key_get(o, "when"));
	int code = read_condition(o, "when", &r->when, e);
	if (code == 0)
		code = read_condition(o, "clear", &r->clear, e);
	const char *metric = key_get(o, "metric");
	if (code == 0)
		code = read_about(o, r, metric, e);
	r->metric = *metric ? xstrdup(metric) : NULL;
	r->run = xstrdup(key_get(o, "run"));
	r->tag = xstrdup(key_get(o, "tag"));
	if (code == 0)
		code = read_holds(o, r, e);
	v = key_get(o, "nodata");
	r->nodata = strcmp(v, "fire") == 0 ? NODATA_FIRE
		    : strcmp(v, "ok") == 0 ? NODATA_OK
					   : NODATA_KEEP;
	r->latch = key_yes(o, "latch");
	if (code == 0)
		code = read_delivery(o, r, e);
	r->ages =
		r->about == ABOUT_SERIES && (condition_ages(&r->when) || condition_ages(&r->clear));
	r->plain = !r->ages && is_plain(&r->when) && is_plain(&r->clear);
	r->hash = hash_rule(r);
	return code;
}

void
rule_clear(struct rule *r)
{
	condition_release(&r->when);
	condition_release(&r->clear);
	free(r->name);
	free(r->when_text);
	free(r->metric);
	free(r->run);
	free(r->tag);
	free(r->notify);
	free(r->inhibits);
	free(r->message);
	*r = (struct rule){0};
}

/* -- all rules --------------------------------------------------------------------------------- */

static int
find_section(const struct conf *c, const char *name)
{
	int n = conf_alerts(c);

	for (int i = 0; i < n; i++)
		if (strcmp(conf_alert_name(c, i, NULL), name) == 0)
			return i;
	return -1;
}

static bool
is_builtin(const char *name)
{
	for (const struct rule_key *b = rule_builtin; b->rule; b++)
		if (strcmp(b->rule, name) == 0)
			return true;
	return false;
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
	bool defaults = strcmp(conf_str(c, "alerts.defaults"), "off") != 0;
	const char *last = "";
	int code = 0;

	for (const struct rule_key *b = rule_builtin; b->rule && code == 0; b++) {
		if (strcmp(b->rule, last) == 0)
			continue;
		last = b->rule;
		struct origin o = {c, b->rule, b, find_section(c, b->rule), 0};
		if (defaults || o.section >= 0)
			code = add_rule(&o, &v, &n, &cap, e);
	}
	for (int i = 0; i < conf_alerts(c) && code == 0; i++) {
		struct origin o = {c, conf_alert_name(c, i, NULL), NULL, i, 0};
		if (!is_builtin(o.name))
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
