/* What a run was told, beside its log: hparams.yaml, args.yaml, config.yaml, opt.yaml, hyp.yaml,
 * their JSON siblings.
 *
 * Such a file holds no rows and makes no run: configuration is everywhere, and only where a run's
 * log lies does it say something of a run. So it is a companion (source.h): it waits until its
 * directory is a run. It is written as a whole, without an end that one could wait for, so what is
 * there so far is read, and read again when there is more; the newest value of a name wins. */
#include "core/json_flat.h"
#include "core/probe.h"
#include "core/run.h"
#include "core/source.h"
#include "core/table.h"
#include "core/xalloc.h"
#include "core/yaml_flat.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	STATE_VERSION = 1,
	MAX_TEXT = 64 << 10,
	MAX_PARAMS = 1000,
	MAX_VALUE = 200, /* longer ones are texts, not settings */
};

struct params {
	struct source source;
	struct table t;
	struct str text;
	bool json;
	size_t given;
	bool over; /* it was said that it is too long */
};

static void
give(struct params *s, const char *key, const char *value, size_t n)
{
	size_t nkey = strlen(key);
	if (s->given >= MAX_PARAMS || !nkey || n > MAX_VALUE)
		return;
	s->given++;
	table_param(&s->t, key, nkey, value, n);
}

static void
see_yaml(void *ctx, const char *key, const char *value)
{
	give(ctx, key, value, strlen(value));
}

static void
see_json(void *ctx, const struct json_leaf *l)
{
	struct params *s = ctx;
	struct str text = STR_INIT;
	switch (l->type) {
	case JSON_NUMBER:
		if (s->given++ < MAX_PARAMS)
			table_param_number(&s->t, l->path, l->npath, l->number);
		break;
	case JSON_STRING:
		json_unescape(&text, l->text, l->ntext);
		give(s, l->path, str_c(&text), text.len);
		break;
	case JSON_TRUE:
		give(s, l->path, "true", 4);
		break;
	case JSON_FALSE:
		give(s, l->path, "false", 5);
		break;
	default:
		break;
	}
	str_release(&text);
}

/* Without a last line that may be about to say "null": that would be no value, and what was given
 * stays. */
static size_t
whole_values(const struct str *text)
{
	size_t n = text->len;
	while (n && text->buf[n - 1] != ' ' && text->buf[n - 1] != '\n')
		n--;
	const char *last = str_c(text) + n;
	return *last && strlen(last) < 4 && !strncasecmp(last, "null", strlen(last)) ? n
										     : text->len;
}

/* Says what there is. Whether it is whole nobody knows, so that it isn't is no remark. */
static void
tell(struct params *s)
{
	struct str path = STR_INIT;
	s->given = 0;
	if (s->json)
		json_flat(str_c(&s->text), s->text.len, &path, see_json, s);
	else
		yaml_flat(str_c(&s->text), whole_values(&s->text), see_yaml, s);
	str_release(&path);
}

static size_t
params_feed(struct source *source, const char *buf, size_t len, uint64_t offset, bool at_end,
	    int64_t arrival_us)
{
	struct params *s = (struct params *)source;
	size_t room = MAX_TEXT - s->text.len;
	(void)at_end;
	s->t.arrival_us = arrival_us;
	str_add(&s->text, buf, len < room ? len : room);
	if (len > room && !s->over) {
		table_begin(&s->t, offset + room, 0);
		table_remark(&s->t, REMARK_LIMIT, "left out: what is behind the first %d bytes",
			     MAX_TEXT);
		s->over = true;
	}
	if (len && room)
		tell(s);
	return len;
}

static bool
named_json(const char *path)
{
	size_t n = strlen(path);
	return n > 5 && !strcasecmp(path + n - 5, ".json");
}

static struct source *
params_new(const struct source_env *env)
{
	struct params *s = xcalloc(1, sizeof *s);
	s->source.ops = &params_source;
	table_init(&s->t, env);
	s->json = named_json(env->path);
	return &s->source;
}

static void
params_free(struct source *source)
{
	struct params *s = (struct params *)source;
	str_release(&s->text);
	table_release(&s->t);
	free(s);
}

static void
params_save(const struct source *source, struct str *out)
{
	const struct params *s = (const struct params *)source;
	pack_u64(out, STATE_VERSION);
	pack_u64(out, s->over);
	pack_text(out, str_c(&s->text), s->text.len);
}

static bool
params_load(struct source *source, const void *state, size_t n)
{
	struct params *s = (struct params *)source;
	struct unpack u;
	size_t ntext;
	unpack_init(&u, state, n);
	if (unpack_u64(&u) != STATE_VERSION)
		return false;
	s->over = unpack_upto(&u, 1);
	const char *text = unpack_text(&u, &ntext);
	if (u.bad || ntext > MAX_TEXT)
		return false;
	str_reset(&s->text);
	str_add(&s->text, text, ntext);
	return unpack_whole(&u);
}

/* -- recognising ------------------------------------------------------------------------------- */

static void
count_yaml(void *ctx, const char *key, const char *value)
{
	(void)value;
	*(size_t *)ctx += *key != '\0';
}

static void
count_json(void *ctx, const struct json_leaf *l)
{
	*(size_t *)ctx += l->npath > 0;
}

/* It lies where its run's logs do, and not in a checkpoint or among artifacts. */
static bool
beside_log(const char *path)
{
	struct str run = STR_INIT, prefix = STR_INIT;
	const char *slash = strrchr(path, '/');
	size_t dir = slash ? (size_t)(slash - path) : 0;
	if (dir > 7 && !memcmp(slash - 7, "/.hydra", 7))
		dir -= 7;
	run_of_log(path, &run, &prefix);
	bool is = run_is_companion(path) && dir == run.len && !memcmp(path, str_c(&run), run.len);
	str_release(&run);
	str_release(&prefix);
	return is;
}

enum probe_verdict
params_probe(struct probe *p)
{
	struct str path = STR_INIT;
	size_t keys = 0;
	if (p->forced || !beside_log(p->path))
		return PROBE_NO;
	if (named_json(p->path)) {
		const char *at = p->head, *end = at + p->nhead;
		while (at < end && strchr(" \t\r\n", *at))
			at++;
		if (at < end && *at != '{')
			return PROBE_NO;
		json_flat(p->head, p->nhead, &path, count_json, &keys);
		str_release(&path);
	} else {
		yaml_flat(p->head, p->nhead, count_yaml, &keys);
	}
	if (!keys)
		return p->nhead < SOURCE_HEAD ? PROBE_MORE : PROBE_NO;
	return probe_say(p, PROBE_YES, "what the run was told");
}

const struct source_ops params_source = {
	.name = "params",
	.rank = 9,
	.probe = params_probe,
	.new = params_new,
	.feed = params_feed,
	.save = params_save,
	.load = params_load,
	.free = params_free,
	.companion = true,
};
