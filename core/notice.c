/* Names are said as they are where bytes are just bytes (the environment) and as UTF-8 where a
 * format wants text (JSON, beside the raw bytes if they were none); only what a person reads is
 * cleaned. Nobody here puts one into a command. */
#include "core/notice.h"

#include "core/name.h"
#include "core/pack.h"
#include "core/raised.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const notice_event_names[] = {"fire", "resolve", "repeat", "flap", "calm"};
enum { EVENTS = NOTICE_CALM + 1, VERSION = 1, TEXT_MOST = 1 << 20 };

void
notice_free(struct notice *n)
{
	if (!n)
		return;
	free(n->channel);
	free(n->id);
	free(n->rule);
	free(n->run);
	free(n->metric);
	free(n->message);
	free(n);
}

static void
pack_z(struct str *out, const char *z)
{
	pack_text(out, z, strlen(z));
}

void
notice_pack(struct str *out, const struct notice *n)
{
	pack_u64(out, VERSION);
	pack_u64(out, (uint64_t)n->event);
	pack_z(out, n->channel);
	pack_z(out, n->id);
	pack_z(out, n->rule);
	pack_z(out, n->run);
	pack_z(out, n->metric);
	pack_z(out, n->message);
	pack_u64(out, (uint64_t)n->severity);
	pack_u64(out, n->attempt);
	pack_f64(out, n->value);
	pack_i64(out, n->step);
	pack_i64(out, n->time_us);
	pack_i64(out, n->fired_us);
	pack_u64(out, n->firing);
	pack_u64(out, n->tries);
	pack_i64(out, n->next_us);
}

static char *
unpack_z(struct unpack *u)
{
	size_t n;
	const char *p = unpack_text(u, &n);
	return xstrndup(p, n < TEXT_MOST ? n : TEXT_MOST);
}

struct notice *
notice_unpack(uint64_t seq, const void *p, size_t size)
{
	struct unpack u;
	struct notice *n = xcalloc(1, sizeof *n);

	unpack_init(&u, p, size);
	if (unpack_u64(&u) != VERSION)
		u.bad = true;
	n->seq = seq;
	n->event = (enum notice_event)unpack_upto(&u, EVENTS - 1);
	n->channel = unpack_z(&u);
	n->id = unpack_z(&u);
	n->rule = unpack_z(&u);
	n->run = unpack_z(&u);
	n->metric = unpack_z(&u);
	n->message = unpack_z(&u);
	n->severity = (enum severity)unpack_upto(&u, SEVERITY_CRIT);
	n->attempt = (uint32_t)unpack_upto(&u, UINT32_MAX);
	n->value = unpack_f64(&u);
	n->step = unpack_i64(&u);
	n->time_us = unpack_i64(&u);
	n->fired_us = unpack_i64(&u);
	n->firing = unpack_upto(&u, 1);
	n->tries = (uint32_t)unpack_upto(&u, UINT32_MAX);
	n->next_us = unpack_i64(&u);
	n->kept = true;
	if (unpack_whole(&u))
		return n;
	notice_free(n);
	return NULL;
}

/* -- words ------------------------------------------------------------------------------------- */

void
notice_time(struct str *out, int64_t us)
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;
	char buf[40];

	if (us < 0 || !gmtime_r(&t, &tm) || !strftime(buf, sizeof buf, "%Y-%m-%dT%H:%M:%S", &tm))
		snprintf(buf, sizeof buf, "1970-01-01T00:00:00");
	str_addf(out, "%s.%03dZ", buf, (int)(us < 0 ? 0 : us / 1000 % 1000));
}

static void
add_value(struct str *out, double v)
{
	char buf[40];

	if (isnan(v)) {
		str_adds(out, "NaN");
	} else if (isinf(v)) {
		str_adds(out, v > 0 ? "Infinity" : "-Infinity");
	} else {
		for (int digits = 6; digits <= 17; digits++) {
			snprintf(buf, sizeof buf, "%.*g", digits, v);
			if (strtod(buf, NULL) == v)
				break;
		}
		str_adds(out, buf);
	}
}

static void
json_text(struct str *out, const char *key, const char *z)
{
	str_addf(out, ",\"%s\":\"", key);
	utf8_json(out, z, strlen(z));
	str_addc(out, '"');
}

static bool
is_utf8(const char *z)
{
	const char *end = z + strlen(z);
	uint32_t cp;

	for (const char *p = z; p < end;) {
		const char *from = p;
		p = utf8_next(p, end, &cp);
		/* A U+FFFD that is written out is one; a byte that is none gives it too. */
		if (cp == UTF8_BAD && p - from < 3)
			return false;
	}
	return true;
}

static void
add_base64(struct str *out, const char *z)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(z);

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = 0;
		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < n ? (unsigned char)z[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			str_addc(out, i + k > n ? '=' : digit[v >> (18 - 6 * k) & 63]);
	}
}

/* The name as text, and its bytes if they are no text. */
static void
json_name(struct str *out, const char *key, const char *z)
{
	json_text(out, key, z);
	if (is_utf8(z))
		return;
	str_addf(out, ",\"%s_b64\":\"", key);
	add_base64(out, z);
	str_addc(out, '"');
}

static void
json_time(struct str *out, const char *key, int64_t us)
{
	str_addf(out, ",\"%s\":\"", key);
	notice_time(out, us);
	str_addc(out, '"');
}

/* As a number, where JSON has it, and as a text. */
static void
json_value(struct str *out, const struct notice *n)
{
	if (raised_is(n->rule)) {
		str_adds(out, ",\"value\":null,\"value_str\":null");
		return;
	}
	str_adds(out, ",\"value\":");
	if (isfinite(n->value))
		add_value(out, n->value);
	else
		str_adds(out, "null");
	str_adds(out, ",\"value_str\":\"");
	add_value(out, n->value);
	str_addc(out, '"');
}

/* Its members, the first without a comma. */
static void
json_members(struct str *out, const struct notice *n, const char *host)
{
	str_addf(out, "\"event\":\"%s\"", notice_event_names[n->event]);
	json_text(out, "id", n->id);
	json_text(out, "rule", n->rule);
	json_text(out, "severity", severity_names[n->severity]);
	json_text(out, "host", host);
	json_name(out, "run", n->run);
	str_addf(out, ",\"attempt\":%" PRIu32, n->attempt);
	if (*n->metric) {
		json_name(out, "metric", n->metric);
		json_value(out, n);
		str_addf(out, ",\"step\":%" PRId64, n->step);
	} else {
		str_adds(out, ",\"metric\":null,\"value\":null,\"value_str\":null,\"step\":null");
	}
	json_time(out, "time", n->time_us);
	json_time(out, "since", n->fired_us);
	str_addf(out, ",\"firing\":%s", n->firing ? "true" : "false");
	json_text(out, "message", n->message);
}

void
notice_json(struct str *out, const struct notice *const *v, size_t n, const char *host)
{
	str_adds(out, "{\"v\":1,");
	if (n == 1) {
		json_members(out, v[0], host);
		str_adds(out, "}\n");
		return;
	}
	str_adds(out, "\"event\":\"digest\"");
	json_text(out, "id", v[0]->id);
	json_text(out, "host", host);
	str_addf(out, ",\"count\":%zu,\"notices\":[", n);
	for (size_t i = 0; i < n && i < NOTICE_LISTED; i++) {
		str_adds(out, i ? ",{" : "{");
		json_members(out, v[i], host);
		str_addc(out, '}');
	}
	str_adds(out, "]}\n");
}

void
notice_text(struct str *out, const struct notice *n)
{
	static const char *const tail[EVENTS] = {
		[NOTICE_RESOLVE] = " (over)",
		[NOTICE_REPEAT] = " (still)",
		[NOTICE_FLAP] = " (comes and goes; nothing more until it is calm)",
	};
	struct str s = STR_INIT;
	/* What a message says of a run it says by its name; the path is in the other fields. */
	const char *name = name_last(n->run);

	str_addf(&s, "%s: %s: ", severity_names[n->severity], n->rule);
	if (*name)
		str_addf(&s, "%s: ", name);
	str_adds(&s, n->message);
	if (n->event == NOTICE_CALM)
		str_addf(&s, " (calm now: %s)", n->firing ? "it fires" : "it is over");
	else if (tail[n->event])
		str_adds(&s, tail[n->event]);
	utf8_clean(out, str_c(&s), s.len, 0);
	str_release(&s);
}

/* -- the environment --------------------------------------------------------------------------- */

struct env {
	char **at;
	size_t n;
};

static void
env_add(struct env *e, char *word)
{
	e->at = xreallocarray(e->at, e->n + 2, sizeof *e->at);
	e->at[e->n++] = word;
	e->at[e->n] = NULL;
}

static void
env_set(struct env *e, const char *key, const char *value)
{
	env_add(e, xasprintf("%s=%s", key, value));
}

static void
env_from_here(struct env *e, const char *key, const char *usual)
{
	const char *v = getenv(key);
	if (v || usual)
		env_set(e, key, v ? v : usual);
}

static void
env_time(struct env *e, const char *key, int64_t us)
{
	struct str s = STR_INIT;
	notice_time(&s, us);
	env_set(e, key, str_c(&s));
	str_release(&s);
}

static void
env_notice(struct env *e, const struct notice *n)
{
	struct str value = STR_INIT, message = STR_INIT;

	env_set(e, "MM_EVENT", notice_event_names[n->event]);
	env_set(e, "MM_RULE", n->rule);
	env_set(e, "MM_SEVERITY", severity_names[n->severity]);
	env_set(e, "MM_RUN", n->run);
	env_set(e, "MM_METRIC", n->metric);
	if (*n->metric && !raised_is(n->rule))
		add_value(&value, n->value);
	env_set(e, "MM_VALUE", str_c(&value));
	env_add(e, *n->metric ? xasprintf("MM_STEP=%" PRId64, n->step) : xstrdup("MM_STEP="));
	env_time(e, "MM_TIME", n->time_us);
	env_time(e, "MM_SINCE", n->fired_us);
	utf8_clean(&message, n->message, strlen(n->message), 0);
	env_set(e, "MM_MESSAGE", str_c(&message));
	str_release(&value);
	str_release(&message);
}

char **
notice_env(const struct notice *const *v, size_t n, const char *host)
{
	struct env e = {NULL, 0};

	env_from_here(&e, "PATH", "/usr/local/bin:/usr/bin:/bin");
	env_from_here(&e, "HOME", NULL);
	env_from_here(&e, "LANG", NULL);
	env_set(&e, "MM_HOST", host);
	env_set(&e, "MM_EPISODE", v[0]->id);
	env_add(&e, xasprintf("MM_COUNT=%zu", n));
	if (n == 1) {
		env_notice(&e, v[0]);
	} else {
		struct str text = STR_INIT;
		str_addf(&text, "%zu alerts: ", n);
		notice_text(&text, v[0]);
		str_adds(&text, ", …");
		env_set(&e, "MM_EVENT", "digest");
		env_set(&e, "MM_MESSAGE", str_c(&text));
		str_release(&text);
	}
	return e.at;
}
