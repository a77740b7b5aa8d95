/* A configuration is a list of sections with keys, kept as text; a value is looked for from the
 * last section that matches backwards, so what is more special stands further down. It is asked
 * rarely (callers keep what they are told): indexed is only what is asked for by number, as of
 * rules there may be thousands. */
#include "core/conf_section.h"

#include "core/glob.h"
#include "core/pattern.h"
#include "core/xalloc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
conf_free(struct conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		struct conf_section *s = &c->section[i];
		for (size_t k = 0; k < s->n; k++) {
			free(s->entry[k].key);
			free(s->entry[k].value);
		}
		free(s->entry);
		free(s->name);
		free(s->arg);
	}
	for (int i = 0; i < KINDS; i++)
		free(c->list[i].at);
	pattern_set_unref(c->patterns);
	free(c->section);
	free(c->path);
	free(c);
}

const struct conf_option *
conf_option_find(const char *section, const char *key)
{
	for (const struct conf_option *o = conf_options; o->section; o++)
		if (strcmp(o->key, key) == 0 && strcmp(o->section, section) == 0)
			return o;
	return NULL;
}

bool
conf_section_takes_arg(const char *section)
{
	return strcmp(section, "metric") == 0 || strcmp(section, "run") == 0 ||
	       strcmp(section, "alert") == 0 || strcmp(section, "pattern") == 0 ||
	       strcmp(section, "notify") == 0 || strcmp(section, "deploy") == 0;
}

struct pattern_set *
conf_patterns(const struct conf *c)
{
	return c->patterns;
}

const char *
conf_path(const struct conf *c)
{
	return c->path;
}

static const struct conf_entry *
section_get(const struct conf_section *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->entry[i].key, key) == 0)
			return &s->entry[i];
	return NULL;
}

const char *
conf_str(const struct conf *c, const char *name)
{
	const char *dot = strchr(name, '.');
	const struct conf_option *o;
	char section[32];

	assert(dot && (size_t)(dot - name) < sizeof section);
	snprintf(section, sizeof section, "%.*s", (int)(dot - name), name);
	o = conf_option_find(section, dot + 1);
	assert(o && !conf_section_takes_arg(section));
	for (size_t i = 0; i < c->n; i++) {
		if (strcmp(c->section[i].name, section) == 0) {
			const struct conf_entry *en = section_get(&c->section[i], dot + 1);
			if (en)
				return en->value;
		}
	}
	return o->def;
}

bool
conf_bool(const struct conf *c, const char *name)
{
	bool b = false;

	conf_parse_bool(conf_str(c, name), &b);
	return b;
}

int64_t
conf_int(const struct conf *c, const char *name)
{
	return strtoll(conf_str(c, name), NULL, 10);
}

int64_t
conf_duration_us(const struct conf *c, const char *name)
{
	int64_t us = 0;

	conf_parse_duration(conf_str(c, name), &us);
	return us;
}

static const char *
get_matching(const struct conf *c, const char *section, const char *name, const char *key,
	     bool (*match)(const char *, const char *))
{
	for (size_t i = c->n; i-- > 0;) {
		const struct conf_section *s = &c->section[i];
		if (strcmp(s->name, section) != 0 || !match(s->arg, name))
			continue;
		const struct conf_entry *en = section_get(s, key);
		if (en)
			return en->value;
	}
	return NULL;
}

const char *
conf_metric(const struct conf *c, const char *name, const char *key)
{
	return get_matching(c, "metric", name, key, glob_match);
}

const char *
conf_run(const struct conf *c, const char *run, const char *key)
{
	return get_matching(c, "run", run, key, glob_path_match);
}

void
conf_number(struct conf *c)
{
	static const char *const name[] = {
		[KIND_ALERT] = "alert", [KIND_NOTIFY] = "notify", [KIND_DEPLOY] = "deploy"};
	for (int i = 0; i < KINDS; i++) {
		struct conf_list *l = &c->list[i];
		if (strcmp(c->section[c->n - 1].name, name[i]) == 0)
			*vec_push(l->at, l->n, l->cap) = c->n - 1;
	}
}

/* The I-th section of a kind; NULL behind the last. */
static const struct conf_section *
nth(const struct conf *c, enum conf_kind kind, int i)
{
	const struct conf_list *l = &c->list[kind];
	return (size_t)i < l->n ? &c->section[l->at[i]] : NULL;
}

/* The only one of its name, or NULL. */
static const struct conf_section *
section_find(const struct conf *c, const char *name)
{
	for (size_t k = 0; k < c->n; k++)
		if (strcmp(c->section[k].name, name) == 0)
			return &c->section[k];
	return NULL;
}

int
conf_alerts(const struct conf *c)
{
	return (int)c->list[KIND_ALERT].n;
}

const char *
conf_alert_name(const struct conf *c, int i, int *line)
{
	const struct conf_section *s = nth(c, KIND_ALERT, i);

	assert(s);
	if (line)
		*line = s->line;
	return s->arg;
}

const char *
conf_alert_key(const struct conf *c, int i, const char *key, int *line)
{
	const struct conf_section *s = nth(c, KIND_ALERT, i);

	assert(s);
	const struct conf_entry *en = section_get(s, key);
	if (en && line)
		*line = en->line;
	return en ? en->value : NULL;
}

int
conf_notifies(const struct conf *c)
{
	return (int)c->list[KIND_NOTIFY].n;
}

const char *
conf_notify_name(const struct conf *c, int i, int *line)
{
	const struct conf_section *s = nth(c, KIND_NOTIFY, i);

	assert(s);
	if (line)
		*line = s->line;
	return s->arg;
}

const char *
conf_notify_key(const struct conf *c, int i, const char *key, int *line)
{
	const struct conf_section *s = nth(c, KIND_NOTIFY, i);

	assert(s);
	const struct conf_entry *en = section_get(s, key);
	if (en && line)
		*line = en->line;
	return en ? en->value : NULL;
}

int
conf_deploys(const struct conf *c)
{
	return (int)c->list[KIND_DEPLOY].n;
}

const char *
conf_deploy_name(const struct conf *c, int i)
{
	const struct conf_section *s = nth(c, KIND_DEPLOY, i);

	assert(s);
	return s->arg;
}

const char *
conf_deploy_key(const struct conf *c, int i, const char *key)
{
	const struct conf_section *s = nth(c, KIND_DEPLOY, i);

	assert(s);
	const struct conf_entry *en = section_get(s, key);
	return en ? en->value : NULL;
}

int
conf_keys(const struct conf *c)
{
	const struct conf_section *s = section_find(c, "keys");

	return s ? (int)s->n : 0;
}

const char *
conf_key(const struct conf *c, int i, const char **keys, int *line)
{
	const struct conf_section *s = section_find(c, "keys");

	assert(s && i >= 0 && (size_t)i < s->n);
	if (keys)
		*keys = s->entry[i].value;
	if (line)
		*line = s->entry[i].line;
	return s->entry[i].key;
}
