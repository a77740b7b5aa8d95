/* An address is read for each message, so that a new one counts at once, and it is handed over on a
 * pipe: what stands on a command line everybody can see. */
#include "core/webhook.h"

#include "core/fnv.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { URL_MAX = 4096, SLACK_MAX = 30000, NTFY_MAX = 3500 };

/* -- the address ------------------------------------------------------------------------------- */

static bool
url_ok(const char *url)
{
	if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
		return false;
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return true;
}

/* The words never quote what the file holds. */
static int
url_read(const char *path, struct str *out, struct err *e)
{
	char buf[URL_MAX];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, "%s", path);
	ssize_t n = -1;
	int code = 0;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		code = err_set(e, ERR_USAGE, "%s: no file", path);
	else if (st.st_mode & 077 || (st.st_uid != geteuid() && st.st_uid != 0))
		code = err_set(e, ERR_USAGE, "%s: others can read it: chmod 600", path);
	else if ((n = read(fd, buf, sizeof buf - 1)) < 0)
		code = err_sys(e, "%s", path);
	close(fd);
	if (code < 0)
		return code;
	buf[n] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	if (!url_ok(buf))
		return err_set(e, ERR_USAGE, "%s: holds no http:// or https:// address", path);
	str_adds(out, buf);
	return 0;
}

/* -- Alertmanager ------------------------------------------------------------------------------ */

static void
json_str(struct str *out, const char *z)
{
	str_addc(out, '"');
	utf8_json(out, z, strlen(z));
	str_addc(out, '"');
}

static void
json_pair(struct str *out, const char *key, const char *value)
{
	str_addf(out, "\"%s\":", key);
	json_str(out, value);
}

static void
json_time(struct str *out, const char *key, int64_t us)
{
	str_addf(out, ",\"%s\":\"", key);
	if (us)
		notice_time(out, us);
	else
		str_adds(out, "0001-01-01T00:00:00Z"); /* Go's zero time: it has not ended */
	str_addc(out, '"');
}

static uint64_t
fingerprint(const struct notice *n)
{
	return fnv_text(fnv_text(fnv_text(FNV_BASIS, n->rule), n->run), n->metric);
}

static void
add_alert(struct str *out, const struct notice *n, const char *host)
{
	struct str text = STR_INIT;
	str_addf(out, "{\"status\":\"%s\",\"labels\":{", n->firing ? "firing" : "resolved");
	json_pair(out, "alertname", n->rule);
	str_addc(out, ',');
	json_pair(out, "run", n->run);
	if (*n->metric) {
		str_addc(out, ',');
		json_pair(out, "metric", n->metric);
	}
	str_addc(out, ',');
	json_pair(out, "severity", severity_names[n->severity]);
	str_addc(out, ',');
	json_pair(out, "host", host);
	str_adds(out, "},\"annotations\":{");
	json_pair(out, "description", n->message);
	notice_text(&text, n);
	str_addc(out, ',');
	json_pair(out, "summary", str_c(&text));
	str_addc(out, ',');
	json_pair(out, "event", notice_event_names[n->event]);
	str_addc(out, ',');
	json_pair(out, "id", n->id);
	str_adds(out, "}");
	json_time(out, "startsAt", n->fired_us);
	json_time(out, "endsAt", n->firing ? 0 : n->time_us);
	str_addf(out, ",\"generatorURL\":\"\",\"fingerprint\":\"%016" PRIx64 "\"}", fingerprint(n));
	str_release(&text);
}

/* A label that all of them have in common. */
static void
add_common(struct str *out, const struct notice *const *v, size_t n, const char *key,
	   const char *(*get)(const struct notice *))
{
	for (size_t i = 1; i < n; i++)
		if (strcmp(get(v[i]), get(v[0])) != 0)
			return;
	if (!*get(v[0]))
		return;
	str_addc(out, ',');
	json_pair(out, key, get(v[0]));
}

static const char *
rule_of(const struct notice *n)
{
	return n->rule;
}

static const char *
run_of(const struct notice *n)
{
	return n->run;
}

static const char *
metric_of(const struct notice *n)
{
	return n->metric;
}

static const char *
severity_of(const struct notice *n)
{
	return severity_names[n->severity];
}

static void
body_alertmanager(struct str *out, const struct channel *c, const struct notice *const *v, size_t n,
		  const char *host)
{
	size_t listed = n < NOTICE_LISTED ? n : NOTICE_LISTED;
	bool firing = false;
	for (size_t i = 0; i < n; i++)
		firing |= v[i]->firing;
	str_adds(out, "{\"version\":\"4\",\"groupKey\":");
	json_str(out, v[0]->id);
	str_addf(out, ",\"truncatedAlerts\":%zu,\"status\":\"%s\",\"receiver\":", n - listed,
		 firing ? "firing" : "resolved");
	json_str(out, c->name);
	str_adds(out, ",\"groupLabels\":{},\"commonLabels\":{");
	json_pair(out, "host", host);
	add_common(out, v, n, "alertname", rule_of);
	add_common(out, v, n, "run", run_of);
	add_common(out, v, n, "metric", metric_of);
	add_common(out, v, n, "severity", severity_of);
	str_adds(out, "},\"commonAnnotations\":{},\"externalURL\":\"\",\"alerts\":[");
	for (size_t i = 0; i < listed; i++) {
		if (i)
			str_addc(out, ',');
		add_alert(out, v[i], host);
	}
	str_adds(out, "]}");
}

/* -- for people -------------------------------------------------------------------------------- */

/* A line a notice, as many as MOST bytes hold, and how many more there are. */
static void
add_lines(struct str *out, const struct notice *const *v, size_t n, size_t most)
{
	if (n > 1)
		str_addf(out, "%zu alerts\n", n);
	for (size_t i = 0; i < n; i++) {
		struct str line = STR_INIT;
		notice_text(&line, v[i]);
		if (i && out->len + line.len > most) {
			str_addf(out, "and %zu more", n - i);
			str_release(&line);
			return;
		}
		if (line.len > most) { /* cut between characters */
			size_t cut = most;
			while (cut && (line.buf[cut] & 0xC0) == 0x80)
				cut--;
			line.len = cut;
		}
		str_add(out, str_c(&line), line.len);
		if (i + 1 < n)
			str_addc(out, '\n');
		str_release(&line);
	}
}

static void
body_slack(struct str *out, const struct notice *const *v, size_t n)
{
	struct str text = STR_INIT, safe = STR_INIT;
	add_lines(&text, v, n, SLACK_MAX);
	/* <!channel> calls everybody; with these escaped nothing is markup. */
	for (size_t i = 0; i < text.len; i++)
		switch (text.buf[i]) {
		case '&':
			str_adds(&safe, "&amp;");
			break;
		case '<':
			str_adds(&safe, "&lt;");
			break;
		case '>':
			str_adds(&safe, "&gt;");
			break;
		default:
			str_addc(&safe, text.buf[i]);
		}
	str_addc(out, '{');
	json_pair(out, "text", str_c(&safe));
	str_adds(out, ",\"mrkdwn\":false}");
	str_release(&text);
	str_release(&safe);
}

static void
body_ntfy(struct str *out, const char *topic, const struct notice *const *v, size_t n)
{
	static const int priority[] = {
		[SEVERITY_INFO] = 3, [SEVERITY_WARN] = 4, [SEVERITY_CRIT] = 5};
	enum severity worst = SEVERITY_INFO;
	struct str text = STR_INIT;
	bool firing = false;
	for (size_t i = 0; i < n; i++) {
		firing |= v[i]->firing;
		if (v[i]->severity > worst)
			worst = v[i]->severity;
	}
	add_lines(&text, v, n, NTFY_MAX);
	str_addc(out, '{');
	json_pair(out, "topic", topic);
	str_adds(out, ",");
	char *title = n == 1 ? xasprintf("mm: %s", v[0]->rule) : xasprintf("mm: %zu alerts", n);
	json_pair(out, "title", title);
	free(title);
	str_adds(out, ",");
	json_pair(out, "message", str_c(&text));
	str_addf(out, ",\"priority\":%d,\"tags\":[\"%s\"]}", firing ? priority[worst] : 3,
		 firing ? worst == SEVERITY_CRIT ? "rotating_light" : "warning"
			: "white_check_mark");
	str_release(&text);
}

/* URL is the topic's; what is posted goes to the root of its server. */
static int
split_topic(struct str *url, struct str *topic, struct err *e)
{
	char *path = strstr(url->buf, "://");
	char *slash = path ? strchr(path + 3, '/') : NULL;
	char *last = slash ? strrchr(slash, '/') : NULL;
	size_t n = last ? strcspn(last + 1, "?#") : 0;
	if (!n)
		return err_set(e, ERR_USAGE,
			       "the address names no topic: https://SERVER/TOPIC for ntfy");
	str_add(topic, last + 1, n);
	url->len = (size_t)(last + 1 - url->buf);
	url->buf[url->len] = '\0';
	return 0;
}

int
webhook_job(struct str *out, const struct channel *c, const struct notice *const *v, size_t n,
	    const char *host, struct err *e)
{
	struct str url = STR_INIT, topic = STR_INIT;
	int code = 0;
	if (c->url_file)
		code = url_read(c->url_file, &url, e);
	else if (url_ok(c->url))
		str_adds(&url, c->url);
	else
		code = err_set(e, ERR_USAGE, "the url has blanks in it");
	if (code == 0 && c->format == FORMAT_NTFY)
		code = split_topic(&url, &topic, e);
	if (code == 0) {
		str_add(out, str_c(&url), url.len);
		str_addc(out, '\n');
		if (c->format == FORMAT_SLACK)
			body_slack(out, v, n);
		else if (c->format == FORMAT_NTFY)
			body_ntfy(out, str_c(&topic), v, n);
		else
			body_alertmanager(out, c, v, n, host);
	}
	str_release(&url);
	str_release(&topic);
	return code;
}
