/* Channels, notices and bodies: what is said, and that no name ever becomes more than a name. */
#include "core/argv.h"
#include "core/channel.h"
#include "core/json.h"
#include "core/notice.h"
#include "core/webhook.h"

#include "core/xalloc.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Names that somebody may have thought of (test 55). */
static const char *const names[] = {
	"plain",
	"\x1b]0;pwn\a",
	"\xc2\x9b"
	"2J",
	"\xe2\x80\xae"
	"evil",
	"a\rb\nc",
	"bad\xff\xfeutf8",
	"-u",
	"--help",
	"$(touch x)",
	"`touch x`",
	"\"; rm -rf /; \"",
	"'; rm '",
	"@everyone",
	"<!channel>",
	"a\r\nX-Header: 1",
	"{message} %s %n",
	"\\u0000\\",
	"]]>&lt;",
};
enum { NNAMES = sizeof names / sizeof *names };

static struct notice
notice(const char *name)
{
	char *z = (char *)(uintptr_t)name;
	return (struct notice){
		.seq = 7,
		.channel = (char *)(uintptr_t) "hook",
		.id = (char *)(uintptr_t) "17/fire/1",
		.event = NOTICE_FIRE,
		.rule = (char *)(uintptr_t) "loss-nonfinite",
		.run = z,
		.metric = z,
		.message = z,
		.severity = SEVERITY_CRIT,
		.attempt = 2,
		.value = NAN,
		.step = 12,
		.time_us = 1700000000123456,
		.fired_us = 1700000000000000,
		.firing = true,
	};
}

/* What the key of an object says, the first of that name at any depth, decoded. */
static void
json_get(const struct str *s, const char *key, struct str *out)
{
	struct json j;
	bool found = false;
	int t;
	str_reset(out);
	json_init(&j, s->buf, s->len);
	while ((t = (int)json_next(&j)) != JSON_END) {
		assert_int_not_equal(t, JSON_BAD);
		if (found && t == JSON_STRING)
			json_unescape(out, j.text, j.ntext);
		if (found)
			return;
		found = t == JSON_KEY && j.ntext == strlen(key) && !memcmp(j.text, key, j.ntext);
	}
	fail_msg("there is no %s in %s", key, str_c(s));
}

static void
json_whole(const struct str *s)
{
	struct json j;
	int t;
	json_init(&j, s->buf, s->len);
	while ((t = (int)json_next(&j)) != JSON_END)
		if (t == JSON_BAD || t == JSON_DEEP)
			fail_msg("no JSON: %s", str_c(s));
}

/* No byte that a terminal would obey. */
static void
harmless(const struct str *s)
{
	for (size_t i = 0; i < s->len; i++) {
		unsigned char c = (unsigned char)s->buf[i];
		if ((c < ' ' && c != '\n') || c == 0x7f ||
		    (c == 0xc2 && i + 1 < s->len && (unsigned char)s->buf[i + 1] < 0xa0))
			fail_msg("byte %02x in %s", c, str_c(s));
	}
}

/* ---- notices --------------------------------------------------------------------------------- */

static void
a_notice_is_kept_as_it_is(void **state)
{
	(void)state;
	for (int i = 0; i < NNAMES; i++) {
		struct notice n = notice(names[i]);
		struct str s = STR_INIT, again = STR_INIT;
		notice_pack(&s, &n);
		struct notice *m = notice_unpack(7, s.buf, s.len);
		assert_non_null(m);
		assert_string_equal(m->run, names[i]);
		assert_true(m->kept && m->firing && isnan(m->value));
		notice_pack(&again, m);
		assert_int_equal(again.len, s.len);
		assert_memory_equal(again.buf, s.buf, s.len);
		notice_free(m);
		/* Cut anywhere it is none. */
		for (size_t cut = 0; cut < s.len; cut++)
			assert_null(notice_unpack(7, s.buf, cut));
		str_release(&s);
		str_release(&again);
	}
}

static void
json_holds_every_name(void **state)
{
	(void)state;
	struct str s = STR_INIT, got = STR_INIT;
	for (int i = 0; i < NNAMES; i++) {
		struct notice n = notice(names[i]);
		const struct notice *v[] = {&n, &n};
		str_reset(&s);
		notice_json(&s, v, 1, "gpu7");
		json_whole(&s);
		assert_ptr_equal(memchr(s.buf, '\n', s.len), s.buf + s.len - 1);
		json_get(&s, "run", &got);
		if (strcmp(names[i], "bad\xff\xfeutf8") != 0) {
			assert_string_equal(str_c(&got), names[i]);
			assert_null(strstr(str_c(&s), "run_b64"));
		} else {
			assert_string_equal(str_c(&got), "bad\xef\xbf\xbd\xef\xbf\xbdutf8");
			json_get(&s, "run_b64", &got);
			assert_string_equal(str_c(&got), "YmFk//51dGY4");
		}
		json_get(&s, "value_str", &got);
		assert_string_equal(str_c(&got), "NaN");
		json_get(&s, "time", &got);
		assert_string_equal(str_c(&got), "2023-11-14T22:13:20.123Z");
		str_reset(&s);
		notice_json(&s, v, 2, "gpu7");
		json_whole(&s);
		json_get(&s, "event", &got);
		assert_string_equal(str_c(&got), "digest");
		str_reset(&s);
		notice_text(&s, &n);
		harmless(&s);
	}
	/* What a program raised has a title and a step, and no value. */
	struct notice raised = notice("low accuracy");
	const struct notice *one = &raised;
	raised.rule = (char[]){"raised"};
	raised.value = NAN;
	str_reset(&s);
	notice_json(&s, &one, 1, "gpu7");
	assert_non_null(strstr(str_c(&s), "\"value\":null,\"value_str\":null,\"step\":"));
	str_release(&s);
	str_release(&got);
}

static const char *
env_get(char *const *env, const char *key)
{
	size_t n = strlen(key);
	for (; *env; env++)
		if (strncmp(*env, key, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

static void
the_environment_holds_names_as_they_are(void **state)
{
	(void)state;
	setenv("SECRET", "1", 1);
	for (int i = 0; i < NNAMES; i++) {
		struct notice n = notice(names[i]);
		const struct notice *v[] = {&n, &n};
		char **env = notice_env(v, 1, "gpu7");
		assert_string_equal(env_get(env, "MM_RUN"), names[i]);
		assert_string_equal(env_get(env, "MM_METRIC"), names[i]);
		assert_string_equal(env_get(env, "MM_EVENT"), "fire");
		assert_string_equal(env_get(env, "MM_EPISODE"), "17/fire/1");
		assert_string_equal(env_get(env, "MM_VALUE"), "NaN");
		struct str m = STR_INIT;
		str_adds(&m, env_get(env, "MM_MESSAGE"));
		harmless(&m);
		assert_null(strchr(str_c(&m), '\n'));
		str_release(&m);
		assert_null(env_get(env, "SECRET"));
		argv_free(env);
		env = notice_env(v, 2, "gpu7");
		assert_string_equal(env_get(env, "MM_EVENT"), "digest");
		assert_string_equal(env_get(env, "MM_COUNT"), "2");
		argv_free(env);
	}
}

/* ---- webhooks -------------------------------------------------------------------------------- */

/* The body of a job, and its address in URL. */
static void
job(const struct channel *c, const struct notice *const *v, size_t n, struct str *url,
    struct str *body)
{
	struct str s = STR_INIT;
	struct err e = {0};
	if (webhook_job(&s, c, v, n, "gpu7", &e) < 0)
		fail_msg("%s", e.text);
	char *nl = memchr(s.buf, '\n', s.len);
	assert_non_null(nl);
	str_reset(url);
	str_reset(body);
	str_add(url, s.buf, (size_t)(nl - s.buf));
	str_add(body, nl + 1, s.len - (size_t)(nl + 1 - s.buf));
	str_release(&s);
}

static void
bodies_are_json_whatever_the_names(void **state)
{
	(void)state;
	struct str url = STR_INIT, body = STR_INIT, got = STR_INIT;
	for (int i = 0; i < NNAMES; i++)
		for (int format = FORMAT_ALERTMANAGER; format <= FORMAT_NTFY; format++) {
			char address[] = "https://h.example/mm-topic";
			char web[] = "web";
			struct channel c = {.name = web,
					    .type = CHANNEL_WEBHOOK,
					    .format = (enum channel_format)format,
					    .url = address};
			struct notice n = notice(names[i]), m = notice("other");
			const struct notice *v[] = {&n, &m};
			m.firing = false;
			m.event = NOTICE_RESOLVE;
			for (size_t k = 1; k <= 2; k++) {
				job(&c, v, k, &url, &body);
				json_whole(&body);
				assert_null(memchr(body.buf, 0x1b, body.len));
				assert_null(memchr(body.buf, '\r', body.len));
			}
			if (format == FORMAT_ALERTMANAGER) {
				json_get(&body, "version", &got);
				assert_string_equal(str_c(&got), "4");
				json_get(&body, "status", &got);
				assert_string_equal(str_c(&got), "firing");
				if (strcmp(names[i], "bad\xff\xfeutf8") != 0) {
					job(&c, v, 1, &url, &body);
					json_get(&body, "run", &got);
					assert_string_equal(str_c(&got), names[i]);
				}
			} else if (format == FORMAT_SLACK) {
				json_get(&body, "text", &got);
				assert_null(strchr(str_c(&got), '<'));
				assert_null(strchr(str_c(&got), '>'));
				harmless(&got);
			} else {
				assert_string_equal(str_c(&url), "https://h.example/");
				json_get(&body, "topic", &got);
				assert_string_equal(str_c(&got), "mm-topic");
				json_get(&body, "message", &got);
				harmless(&got);
			}
		}
	str_release(&url);
	str_release(&body);
	str_release(&got);
}

static void
a_long_list_is_cut_and_says_so(void **state)
{
	(void)state;
	static struct notice n[500];
	static const struct notice *v[500];
	char *name = xcalloc(10001, 1);
	struct str url = STR_INIT, body = STR_INIT, got = STR_INIT;
	char address[] = "http://h/t", web[] = "web";
	struct channel c = {.name = web, .type = CHANNEL_WEBHOOK, .url = address};
	memset(name, 'x', 10000);
	for (int i = 0; i < 500; i++) {
		n[i] = notice("some run");
		v[i] = &n[i];
	}
	n[0].message = name;
	job(&c, v, 500, &url, &body);
	json_whole(&body);
	assert_non_null(strstr(str_c(&body), "\"truncatedAlerts\":400"));
	c.format = FORMAT_NTFY;
	job(&c, v, 500, &url, &body);
	json_get(&body, "message", &got);
	assert_true(got.len < 4000);
	assert_non_null(strstr(str_c(&got), "and 499 more"));
	str_release(&url);
	str_release(&body);
	str_release(&got);
	free(name);
}

static int
try_file(const char *path, const char *text, mode_t mode, struct err *e)
{
	char web[] = "web", *file = xstrdup(path);
	struct channel c = {.name = web, .type = CHANNEL_WEBHOOK, .url_file = file};
	struct notice n = notice("r");
	const struct notice *v[] = {&n};
	struct str s = STR_INIT;
	if (text) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		assert_int_equal(write(fd, text, strlen(text)), strlen(text));
		fchmod(fd, mode);
		close(fd);
	}
	int code = webhook_job(&s, &c, v, 1, "h", e);
	if (code == 0)
		assert_memory_equal(s.buf, "https://h/secret\n", 17);
	str_release(&s);
	free(file);
	return code;
}

static void
a_secret_address_stays_secret(void **state)
{
	(void)state;
	struct err e;
	const char *dir = getenv("TMP") ? getenv("TMP") : "/tmp";
	char *path = xasprintf("%s/url", dir);
	assert_int_equal(try_file(path, "https://h/secret\n", 0600, &e), 0);
	assert_int_equal(try_file(path, "https://h/secret", 0600, &e), 0);
	assert_int_equal(try_file(path, "https://h/secret\n", 0640, &e), ERR_USAGE);
	assert_non_null(strstr(e.text, "chmod 600"));
	assert_int_equal(try_file(path, "file:///etc/passwd secret\n", 0600, &e), ERR_USAGE);
	assert_null(strstr(e.text, "secret"));
	assert_int_equal(try_file(path, "https://h/a b\n", 0600, &e), ERR_USAGE);
	assert_int_equal(try_file("/nonexistent/url", NULL, 0, &e), ERR_SYS);
	unlink(path);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_notice_is_kept_as_it_is),
		cmocka_unit_test(json_holds_every_name),
		cmocka_unit_test(the_environment_holds_names_as_they_are),
		cmocka_unit_test(bodies_are_json_whatever_the_names),
		cmocka_unit_test(a_long_list_is_cut_and_says_so),
		cmocka_unit_test(a_secret_address_stays_secret),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
