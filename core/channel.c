/* Everything is checked when the file is read, so that the night in which something fires is not
 * the first time that anybody looks at the channel. What may change meanwhile (a url_file) is read
 * when it is needed. */
#include "core/channel.h"

#include "core/argv.h"
#include "core/glob.h"
#include "core/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* -- sections ---------------------------------------------------------------------------------- */

/* Where a channel's keys come from. */
struct origin {
	const struct conf *conf;
	int section, line;
	const char *name;
};

/* The value as set, or NULL. */
static const char *
key_set(struct origin *o, const char *key)
{
	const char *v = conf_notify_key(o->conf, o->section, key, &o->line);
	if (!v)
		conf_notify_name(o->conf, o->section, &o->line);
	return v;
}

static const char *
key_get(struct origin *o, const char *key)
{
	const char *v = key_set(o, key);
	for (const struct conf_option *opt = conf_options; opt->section && !v; opt++)
		if (strcmp(opt->section, "notify") == 0 && strcmp(opt->key, key) == 0)
			v = opt->def;
	return v ? v : "";
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
	return err_set(e, ERR_USAGE, "%s:%d: [notify %s] %s", file ? file : "mm.conf", o->line,
		       o->name, what);
}

static int64_t
duration(struct origin *o, const char *key)
{
	int64_t us = 0;
	conf_parse_duration(key_get(o, key), &us);
	return us;
}

static enum severity
severity(const char *name)
{
	return strcmp(name, "crit") == 0   ? SEVERITY_CRIT
	       : strcmp(name, "warn") == 0 ? SEVERITY_WARN
					   : SEVERITY_INFO;
}

/* An address may hold a password or be one, as a chat's do. */
static bool
others_can_read(const char *path)
{
	struct stat st;
	return path && stat(path, &st) == 0 && (st.st_mode & 077);
}

static int
read_exec(struct origin *o, struct channel *c, struct err *e)
{
	struct err inner = {0};
	const char *command = key_set(o, "command");

	if (key_set(o, "url") || key_set(o, "url_file") || key_set(o, "format"))
		return refuse(o, e, "url, url_file and format are a webhook's; exec has a command");
	if (!(command = key_set(o, "command")))
		return refuse(o, e, "needs 'command = /path/of/program argument…'");
	if (argv_parse(command, &c->argv, &inner) < 0)
		return refuse(o, e, "command: %s", inner.text);
	return 0;
}

static int
read_webhook(struct origin *o, struct channel *c, struct err *e)
{
	const char *format = key_get(o, "format"), *url, *file;

	if (key_set(o, "command"))
		return refuse(o, e, "a command is exec's; a webhook has url or url_file");
	url = key_set(o, "url");
	file = key_set(o, "url_file");
	if (!url == !file)
		return refuse(o, e, url ? "url or url_file, not both" : "needs url or url_file");
	if (file && *file != '/')
		return refuse(o, e, "url_file: an absolute path");
	if ((url = key_set(o, "url"))) {
		if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
			return refuse(o, e, "url: it begins with https:// or http://");
		if (others_can_read(conf_path(o->conf)))
			return refuse(o, e,
				      "others can read the url, which is as good as a "
				      "password: chmod 600, or use url_file");
	}
	c->format = strcmp(format, "slack") == 0  ? FORMAT_SLACK
		    : strcmp(format, "ntfy") == 0 ? FORMAT_NTFY
						  : FORMAT_ALERTMANAGER;
	c->url = url ? xstrdup(url) : NULL;
	c->url_file = file ? xstrdup(file) : NULL;
	return 0;
}

static void
channel_release(struct channel *c)
{
	argv_free(c->argv);
	free(c->name);
	free(c->url);
	free(c->url_file);
	free(c->rules);
	free(c->runs);
}

static char *
globs(struct origin *o, const char *key)
{
	const char *v = key_set(o, key);
	return v && *v ? xstrdup(v) : NULL;
}

static int
read_channel(struct origin *o, struct channel *c, struct err *e)
{
	const char *type = key_set(o, "type");
	bool resolved = false;

	*c = (struct channel){.name = xstrdup(o->name)};
	if (!type)
		return refuse(o, e, "needs 'type = exec' or 'type = webhook'");
	c->type = strcmp(type, "exec") == 0 ? CHANNEL_EXEC : CHANNEL_WEBHOOK;
	conf_parse_bool(key_get(o, "resolved"), &resolved);
	c->resolved = resolved;
	c->min_severity = severity(key_get(o, "min_severity"));
	c->rules = globs(o, "rules");
	c->runs = globs(o, "runs");
	c->repeat_us = duration(o, "repeat");
	c->group_us = duration(o, "group_wait");
	c->limit_us = duration(o, "limit");
	c->rate = (int)strtol(key_get(o, "rate"), NULL, 10);
	return c->type == CHANNEL_EXEC ? read_exec(o, c, e) : read_webhook(o, c, e);
}

/* A rule that names a channel which is none would be told to nobody. */
static int
check_names(const struct conf *c, const struct channels *ch, struct err *e)
{
	const char **names = xcalloc(ch->n + 1, sizeof *names);
	int code = 0;
	for (size_t i = 0; i < ch->n; i++)
		names[i] = ch->at[i].name;
	for (int i = 0; i < conf_alerts(c) && code == 0; i++) {
		int line = 0;
		const char *p = conf_alert_key(c, i, "notify", &line);
		for (; p && code == 0 && *(p += strspn(p, " \t,")); p += strcspn(p, " \t,")) {
			char *word = xstrndup(p, strcspn(p, " \t,"));
			const char *near = conf_nearest(word, names, (int)ch->n);
			if (!channel_find(ch, word))
				code = err_set(
					e, ERR_USAGE,
					"%s:%d: [alert %s] notify: there is no [notify %s]%s%s%s",
					conf_path(c) ? conf_path(c) : "mm.conf", line,
					conf_alert_name(c, i, NULL), word,
					near ? "; did you mean " : "", near ? near : "",
					near ? "?" : "");
			free(word);
		}
	}
	free(names);
	return code;
}

int
channels_read(const struct conf *c, struct channels *out, struct err *e)
{
	int n = conf_notifies(c), code = 0;

	*out = (struct channels){xcalloc((size_t)n + 1, sizeof *out->at), 0};
	for (int i = 0; i < n && code == 0; i++) {
		struct origin o = {.conf = c, .section = i};
		o.name = conf_notify_name(c, i, &o.line);
		code = read_channel(&o, &out->at[out->n++], e);
	}
	if (code == 0)
		code = check_names(c, out, e);
	if (code < 0)
		channels_release(out);
	return code;
}

void
channels_release(struct channels *c)
{
	for (size_t i = 0; i < c->n; i++)
		channel_release(&c->at[i]);
	free(c->at);
	*c = (struct channels){NULL, 0};
}

const struct channel *
channel_find(const struct channels *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->at[i].name, name) == 0)
			return &c->at[i];
	return NULL;
}

/* NAME is one of the words of LIST, parted by blanks or commas. */
static bool
is_named(const char *list, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = list; *(p += strspn(p, " \t,")); p += strcspn(p, " \t,"))
		if (strcspn(p, " \t,") == n && memcmp(p, name, n) == 0)
			return true;
	return false;
}

bool
channel_wants(const struct channel *c, const struct alert *a, const char *notify)
{
	if (notify && *notify)
		return is_named(notify, c->name);
	return a->severity >= c->min_severity && glob_list_match(c->rules, a->rule) &&
	       glob_path_list_match(c->runs, a->run);
}
