/* mm.conf from anybody: it is refused with file and line, or every question about it has an
 * answer. */
#include "core/channel.h"
#include "core/condition.h"
#include "core/conf.h"
#include "core/role.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(int truth)
{
	if (!truth)
		abort();
}

static void
ask(const struct conf *c)
{
	static const char *const names[] = {"loss", "train/loss", "", "a b", "\xff"};
	struct metric_role m;
	const char *keys;
	int line;

	for (const struct conf_option *o = conf_options; o->section; o++) {
		char name[64];
		size_t n = strlen(o->section);
		memcpy(name, o->section, n);
		name[n] = '.';
		memcpy(name + n + 1, o->key, strlen(o->key) + 1);
		if (strcmp(o->section, "metric") == 0 || strcmp(o->section, "run") == 0 ||
		    strcmp(o->section, "alert") == 0 || strcmp(o->section, "pattern") == 0 ||
		    strcmp(o->section, "notify") == 0 || strcmp(o->section, "deploy") == 0)
			continue;
		need(conf_str(c, name) != NULL);
		if (o->type == OPT_DURATION)
			need(conf_duration_us(c, name) > 0);
	}
	need(conf_int(c, "watch.polls") >= 1);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		metric_role(c, names[i], &m);
		need(m.role < ROLE_N);
		conf_run(c, names[i], "total");
	}
	for (int i = 0; i < conf_keys(c); i++)
		need(*conf_key(c, i, &keys, &line) && keys && line > 0);
	struct channels channels;
	need(channels_read(c, &channels, NULL) == 0 && channels.n == (size_t)conf_notifies(c));
	for (size_t i = 0; i < channels.n; i++)
		need(channel_find(&channels, channels.at[i].name) == &channels.at[i] &&
		     !channels.at[i].argv == (channels.at[i].type == CHANNEL_WEBHOOK));
	channels_release(&channels);
	for (int i = 0; i < conf_alerts(c); i++) {
		need(*conf_alert_name(c, i, &line) && line > 0);
		const char *when = conf_alert_key(c, i, "when", &line);
		struct condition cond;
		if (!when)
			continue;
		need(condition_parse(when, &cond, NULL) == 0);
		/* What is formatted reads back, and is formatted alike. */
		struct str one = STR_INIT, two = STR_INIT;
		condition_format(&cond, &one);
		condition_release(&cond);
		need(condition_parse(str_c(&one), &cond, NULL) == 0);
		condition_format(&cond, &two);
		need(strcmp(str_c(&one), str_c(&two)) == 0);
		condition_release(&cond);
		str_release(&one);
		str_release(&two);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *c;
	struct err e = {0};

	if (conf_parse("f.conf", (const char *)data, size, &c, &e) == 0) {
		ask(c);
		conf_free(c);
	} else {
		need(c == NULL && strncmp(e.text, "f.conf:", 7) == 0);
		need(strtol(e.text + 7, NULL, 10) > 0);
		for (const char *p = e.text; *p; p++)
			need((unsigned char)*p >= ' ');
	}
	return 0;
}
