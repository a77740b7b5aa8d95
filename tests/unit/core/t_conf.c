#include "core/conf.h"

#include "core/str.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static struct conf *
parse(const char *text)
{
	struct conf *c;
	struct err e = {0};

	if (conf_parse("t.conf", text, strlen(text), &c, &e) < 0)
		fail_msg("%s\n%s", e.text, text);
	return c;
}

static void
nothing_written_is_all_defaults(void **state)
{
	(void)state;
	struct conf *c = parse("");

	assert_string_equal(conf_str(c, "watch.poll"), "auto");
	assert_int_equal(conf_int(c, "watch.polls"), 200);
	assert_string_equal(conf_str(c, "watch.ignore"), "");
	assert_true(conf_bool(c, "alerts.defaults"));
	assert_int_equal(conf_duration_us(c, "alerts.tick"), 1000000);
	assert_null(conf_metric(c, "loss", "goal"));
	assert_null(conf_run(c, "/r", "total"));
	assert_int_equal(conf_alerts(c), 0);
	assert_int_equal(conf_keys(c), 0);
	conf_free(c);
}

/* Each is read in a time that doesn't depend on how many there are. */
static void
thousands_of_rules_are_read(void **state)
{
	enum { N = 5000 };
	char name[20];
	struct str text = STR_INIT;
	(void)state;
	for (int i = 0; i < N; i++)
		str_addf(&text, "[alert r%d]\nmetric = loss\nwhen = value > %d\n%s", i, i,
			 i == N / 2 ? "[deploy d]\npath = /tmp/d\n[keys]\nx = quit\n" : "");
	struct conf *c = parse(str_c(&text));
	str_release(&text);
	assert_int_equal(conf_alerts(c), N);
	assert_int_equal(conf_deploys(c), 1);
	assert_int_equal(conf_notifies(c), 0);
	assert_int_equal(conf_keys(c), 1);
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof name, "r%d", i);
		assert_string_equal(conf_alert_name(c, i, NULL), name);
	}
	assert_string_equal(conf_alert_key(c, N - 1, "when", NULL), "value > 4999");
	conf_free(c);
}

static void
values_are_read_as_they_are_meant(void **state)
{
	(void)state;
	struct conf *c = parse("\xEF\xBB\xBF# a comment\r\n"
			       "; another\r\n"
			       "  [watch]  # here too\r\n"
			       "poll=always\r\n"
			       "\tpolls =\t7   ; few\r\n"
			       "ignore = a#b \"c\" \n"
			       "[source]\n"
			       "tz = \"+02:00\" # quoted\n"
			       "include = \"with \\\"quotes\\\" and ; # \"\n"
			       "[alerts]\n"
			       "defaults = off\n"
			       "tick = 250ms"); /* no newline at the end */

	assert_string_equal(conf_str(c, "watch.poll"), "always");
	assert_int_equal(conf_int(c, "watch.polls"), 7);
	assert_string_equal(conf_str(c, "watch.ignore"), "a#b \"c\"");
	assert_string_equal(conf_str(c, "source.tz"), "+02:00");
	assert_string_equal(conf_str(c, "source.include"), "with \"quotes\" and ; # ");
	assert_false(conf_bool(c, "alerts.defaults"));
	assert_int_equal(conf_duration_us(c, "alerts.tick"), 250000);
	conf_free(c);
}

static void
the_last_section_that_matches_and_sets_a_key_wins(void **state)
{
	(void)state;
	struct conf *c = parse("[metric *]\nunit = all\ngoal = none\n"
			       "[metric *loss*]\ngoal = min\n"
			       "[metric train/loss[0-9]]\ngoal = max\n"
			       "[run sweep/*]\ntotal = 100\n"
			       "[run /r/sweep/last]\ntotal = 200\nname = the last one\n");

	assert_string_equal(conf_metric(c, "acc", "goal"), "none");
	assert_string_equal(conf_metric(c, "train/loss", "goal"), "min");
	assert_string_equal(conf_metric(c, "train/loss3", "goal"), "max");
	assert_string_equal(conf_metric(c, "train/loss3", "unit"), "all");
	assert_null(conf_metric(c, "train/loss3", "role"));
	assert_string_equal(conf_run(c, "/r/sweep/a", "total"), "100");
	assert_string_equal(conf_run(c, "/r/sweep/last", "total"), "200");
	assert_string_equal(conf_run(c, "/r/sweep/last", "name"), "the last one");
	assert_null(conf_run(c, "/r/other", "total"));
	conf_free(c);
}

static void
rules_and_keys_are_handed_out_with_their_lines(void **state)
{
	(void)state;
	int line = 0;
	const char *keys;
	struct conf *c = parse("[keys]\nquit = q <C-c>\nhelp = # not a comment\n"
			       "[alert b]\nmetric = *loss*\nwhen = value > 3\n\n"
			       "[alert stalled]\nseverity = crit\n");

	assert_int_equal(conf_keys(c), 2);
	assert_string_equal(conf_key(c, 0, &keys, &line), "quit");
	assert_string_equal(keys, "q <C-c>");
	assert_int_equal(line, 2);
	assert_int_equal(conf_alerts(c), 2);
	assert_string_equal(conf_alert_name(c, 0, &line), "b");
	assert_int_equal(line, 4);
	assert_string_equal(conf_alert_key(c, 0, "when", &line), "value > 3");
	assert_int_equal(line, 6);
	assert_null(conf_alert_key(c, 0, "severity", NULL));
	assert_string_equal(conf_alert_name(c, 1, &line), "stalled");
	assert_int_equal(line, 8);
	conf_free(c);
}

static void
a_mistake_refuses_the_whole_file(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"[watch]\npol = auto\n", "t.conf:2: [watch] has no 'pol'; did you mean 'poll'?"},
		{"[watch]\npoll = allways\n", "t.conf:2: poll = 'allways': did you mean 'always'?"},
		{"[watch]\npoll = sometimes\n", "expected auto, always or never"},
		{"\n\n[wacth]\n", "t.conf:3: there is no section [wacth]; did you mean [watch]?"},
		{"[nonsense]\n", "t.conf:1: there is no section [nonsense]"},
		{"[watch]\ntz = utc\n", "it belongs into [source]"},
		{"[watch]\npolls = many\n", "expected a whole number"},
		{"[watch]\npolls = 1.5\n", "expected a whole number"},
		{"[watch]\npolls = 0\n", "must be within 1..100000"},
		{"[watch]\npolls = 99999999999999999999\n", "must be within"},
		{"[watch]\npolls =\n", "expected a whole number"},
		{"[watch]\nignore =   # nothing\n", "ignore has no value"},
		{"[alerts]\ntick = 0\n", "expected a duration"},
		{"[alerts]\ntick = soon\n", "expected a duration"},
		{"[alerts]\ndefaults = maybe\n", "expected on, quiet or off"},
		{"[source]\ntz = CET\n", "expected local, utc or an offset"},
		{"[metric]\n", "[metric] needs a pattern"},
		{"[pattern]\n", "[pattern] needs a name"},
		{"[watch]\n[pattern x]\nfile = a\n", "t.conf:2: [pattern x] has no regex"},
		{"[pattern x]\nregex = (?<value>\\d+\n",
		 "t.conf:2: regex, at its character 13: missing closing parenthesis"},
		{"[pattern x]\nregex = \\d+\n", "t.conf:2: regex has no group (?<value>"},
		{"[pattern x]\nregx = a\n", "t.conf:2: [pattern] has no 'regx'; did you mean"},
		{"[notify]\n", "[notify] needs a name"},
		{"[notify Big]\n", "'Big' is no name for a channel"},
		{"[notify a]\n", "t.conf:1: [notify a] needs 'type"},
		{"[notify a]\ntype = exec\n", "[notify a] needs 'command"},
		{"[notify a]\ntype = exec\ncommand = x 'y\n",
		 "t.conf:3: command = x 'y: the quotes are not closed"},
		{"[notify a]\ntype = exec\ncommand = x\nurl = http://h/\n",
		 "t.conf:4: [notify a] url"},
		{"[notify a]\ntype = webhook\ncommand = x\n", "t.conf:3: [notify a] a command is"},
		{"[notify a]\ntype = webhook\n", "needs url or url_file"},
		{"[notify a]\ntype = webhook\nurl = http://h/\nurl_file = /x\n", "not both"},
		{"[notify a]\ntype = webhook\nurl = ftp://h/\n", "t.conf:3: [notify a] url: it"},
		{"[notify a]\ntype = webhook\nurl_file = x\n", "an absolute path"},
		{"[notify a]\ntype = webhook\nformat = slak\n", "did you mean 'slack'?"},
		{"[alert x]\nmetric = x\nwhen = value > 2\nmessage = {z} of {run}\n",
		 "t.conf:4: [alert x] message: {z} needs z(N), rel(N) or spike in 'when'"},
		{"[alert x]\nmetric = x\nwhen = value > 2\nmessage = on {hots}\n",
		 "t.conf:4: [alert x] message: there is no {hots}; did you mean {host}?"},
		{"[notify mail]\ntype = exec\ncommand = x\n[alert stalled]\nnotify = mial\n",
		 "t.conf:5: [alert stalled] notify: there is no [notify mial]; did you mean mail?"},
		{"[stop]\ncommand = \"kill '{job}\"\n", "the quotes are not closed"},
		{"[alert]\n", "[alert] needs a name"},
		{"[watch x]\n", "[watch] takes nothing"},
		{"[alert Big]\n", "'Big' is no name for a rule"},
		{"[watch\n", "no ']'"},
		{"poll = auto\n", "'poll' stands before any [section]"},
		{"[watch]\npoll\n", "expected 'key = value'"},
		{"[watch]\n= auto\n", "no key before '='"},
		{"[watch]\npoll = auto\npoll = auto\n", "t.conf:3: poll was set before, in line 2"},
		{"[watch]\n[screen]\n[watch]\n", "t.conf:3: [watch] was there before, in line 1"},
		{"[metric a]\n[metric a]\n", "t.conf:2: [metric a] was there before"},
		{"[source]\ninclude = \"a\n", "quotes are not closed"},
		{"[source]\ninclude = \"a\" b\n", "after the closing quotes"},
		{"[metric a]\ngoal = up\n", "t.conf:2: goal = 'up'"},
		{"[metric a]\nscale = inf\n", "expected a number"},
		{"[run a]\ntotal = -1\n", "must be within"},
		{"[alert a]\nmetric = x\nwhen = value >\n",
		 "t.conf:3: when = value >: column 8: expected a number"},
		{"[alert a]\nmetric = x\nwhen = nonfinit\n", "did you mean 'nonfinite'?"},
		{"[alert a]\nmetric = x\nwhen = nonfinite\nfor = ages\n", "t.conf:4: for = ages"},
		{"[alert a]\nmetric = x\n", "t.conf:1: [alert a] needs 'when"},
		{"[alert a]\nwhen = nonfinite\n", "[alert a] needs 'metric"},
		{"[alert a]\nmetric = x\nwhen = stalled\n",
		 "t.conf:2: [alert a] stalled is about a run"},
		{"[alert a]\nwhen = stalled\nfor = 3 points\n", "t.conf:3: [alert a] for: "},
		{"[alert a]\nmetric = x\nwhen = nonfinite\nkeep = 2 of 3 points\n",
		 "t.conf:4: [alert a] keep: "},
		{"[alert a]\nmetric = x\nwhen = nonfinite\nclear = stalled\n",
		 "t.conf:4: [alert a] clear"},
		{"[alert a]\nwhen = stalled or disk_free < 5%\n", "at once"},
		{"[alert a]\nmetric = @train-los\nwhen = nonfinite\n",
		 "t.conf:2: [alert a] metric: there is no role @train-los; did you mean "
		 "@train-loss?"},
		{"[alert a]\nmetric = x\nwhen = nonfinite\ninhibits = stalled los-spike\n",
		 "t.conf:4: [alert a] inhibits: there is no rule los-spike; did you mean "
		 "loss-spike?"},
		{"[alert a]\nmetric = x\nwhen = nonfinite\nrepeat = often\n",
		 "t.conf:4: [alert a] repeat = 'often'"},
		{"[alert a]\nmetric = x\nwhen = nonfinite\nmessage = at {setp}\n",
		 "t.conf:4: [alert a] message: there is no {setp}; did you mean {step}?"},
		{"[alert a]\nmetric = x\nwhen = nonfinite\nenabled = no\nmessage = {zzzzzz}\n",
		 "{zzzzzz}"},
		{"[watch]\n\x1b]0;x\a = 1\n", "t.conf:2: "},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct conf *c = (struct conf *)&c;
		struct err e = {0};
		int code = conf_parse("t.conf", cases[i].text, strlen(cases[i].text), &c, &e);
		if (code != ERR_USAGE || !strstr(e.text, cases[i].says))
			fail_msg("%s\nsays: %s", cases[i].text, e.text);
		assert_null(c);
		assert_null(strchr(e.text, '\x1b'));
	}
	struct conf *c;
	struct err e = {0};
	assert_int_equal(conf_parse("t.conf", "[watch]\npoll\0 = x\n", 17, &c, &e), ERR_USAGE);
	assert_non_null(strstr(e.text, "t.conf:2: a NUL byte"));
}

/* Every option: its default is one of its values, and a file that sets it to that is taken. */
static void
every_default_is_a_value(void **state)
{
	(void)state;
	char text[400];

	for (const struct conf_option *o = conf_options; o->section; o++) {
		assert_true(strlen(o->help) > 10 && o->help[strlen(o->help) - 1] != '.');
		if (!*o->def)
			continue;
		const char *arg =
			strcmp(o->section, "metric") == 0 || strcmp(o->section, "run") == 0 ? " *"
			: strcmp(o->section, "deploy") == 0 ? " prod"
			: strcmp(o->section, "alert") == 0  ? " stalled"
			: strcmp(o->section, "notify") == 0 ? " it"
							    : "";
		snprintf(text, sizeof text, "[%s%s]\n%s%s = %s\n", o->section, arg,
			 strcmp(o->section, "notify") ? "" : "type=webhook\nurl=http://h/\n",
			 o->key, o->def);
		conf_free(parse(text));
	}
}

static void
an_option_stands_once_in_the_table(void **state)
{
	(void)state;
	for (const struct conf_option *a = conf_options; a->section; a++)
		for (const struct conf_option *b = a + 1; b->section; b++)
			assert_false(strcmp(a->section, b->section) == 0 &&
				     strcmp(a->key, b->key) == 0);
}

/* The example as it is changes nothing; with every line of it in force it is a configuration. */
static void
the_example_is_a_configuration(void **state)
{
	(void)state;
	struct str s = STR_INIT, on = STR_INIT;

	conf_example(&s);
	conf_free(parse(str_c(&s)));
	for (const struct conf_option *o = conf_options; o->section; o++) {
		char want[80];
		snprintf(want, sizeof want, "\n#%s =", o->key);
		assert_non_null(strstr(str_c(&s), want));
	}
	/* "#key = value" and "#[section]" come into force, "# words" stay; what has no value keeps
	 * its mark. */
	for (const char *p = str_c(&s); *p;) {
		const char *nl = strchr(p, '\n');
		size_t n = (size_t)(nl - p);
		if (*p == '#' && n > 1 && p[1] != ' ' && p[n - 1] != '=')
			str_add(&on, p + 1, n);
		else
			str_add(&on, p, n + 1);
		p = nl + 1;
		assert_true(n <= 100);
	}
	char *at = strstr(on.buf, "[metric PATTERN]");
	assert_non_null(at);
	at = strstr(on.buf, "[alert NAME]");
	assert_non_null(at);
	memcpy(at, "[alert name]", 12);
	/* a rule needs what has no default */
	struct str whole = STR_INIT;
	str_add(&whole, on.buf, (size_t)(at - on.buf) + 13);
	str_adds(&whole, "metric = *\nwhen = nonfinite\n");
	char *channel = strstr(at, "[notify NAME]\n");
	assert_non_null(channel);
	memcpy(channel, "[notify name]", 13);
	channel += strlen("[notify NAME]\n");
	str_add(&whole, at + 13, (size_t)(channel - at) - 13);
	str_adds(&whole, "type = webhook\nurl = http://localhost/\n");
	char *own = strstr(channel, "[pattern NAME]\n");
	assert_non_null(own);
	own += strlen("[pattern NAME]\n");
	str_add(&whole, channel, (size_t)(own - channel));
	str_adds(&whole, "regex = (?<value>.)\n");
	str_adds(&whole, own);
	conf_free(parse(str_c(&whole)));
	str_release(&whole);
	str_release(&on);
	str_release(&s);
}

/* The file in the project is what the table says; the test runs in the project's root. */
static void
the_file_of_examples_is_up_to_date(void **state)
{
	(void)state;
	struct str s = STR_INIT, f = STR_INIT;
	char buf[4096];
	size_t n;
	FILE *in = fopen("mm.conf.example", "r");

	if (!in)
		fail_msg("mm.conf.example: not found; tests run in the project's root");
	while ((n = fread(buf, 1, sizeof buf, in)) > 0)
		str_add(&f, buf, n);
	fclose(in);
	conf_example(&s);
	if (getenv("MM_UPDATE") && strcmp(str_c(&s), str_c(&f)) != 0) {
		FILE *out = fopen("mm.conf.example", "w");
		assert_non_null(out);
		fwrite(str_c(&s), 1, s.len, out);
		fclose(out);
	} else if (strcmp(str_c(&s), str_c(&f)) != 0) {
		fail_msg("mm.conf.example is not what the table says; MM_UPDATE=1 writes it anew");
	}
	str_release(&s);
	str_release(&f);
}

static void
durations_have_units(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t us;
	} good[] = {{"0", 0},           {"30s", 30000000},
		    {"5m", 300000000},  {"5 min", 300000000},
		    {"2h", 7200000000}, {"1d", 86400000000},
		    {"250ms", 250000},  {"1.5", 1500000},
		    {"0.5s", 500000},   {" 3s ", 3000000}};
	static const char *const bad[] = {"",    "s",   "-3s",   "3x",   "3 s s",
					  "nan", "inf", "1e300", "0x10", "3ss"};
	int64_t us;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		if (!conf_parse_duration(good[i].text, &us) || us != good[i].us)
			fail_msg("%s", good[i].text);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (conf_parse_duration(bad[i], &us))
			fail_msg("'%s' was taken", bad[i]);
}

static void
zones_are_offsets(void **state)
{
	(void)state;
	int s;
	static const char *const bad[] = {"",        "CET",   "+2",     "+24:00", "+02:60",
					  "+02:000", "02:00", "+ 2:00", "+-2:00"};

	assert_true(conf_parse_tz("local", &s) && s == INT_MIN);
	assert_true(conf_parse_tz("UTC", &s) && s == 0);
	assert_true(conf_parse_tz("+02:00", &s) && s == 7200);
	assert_true(conf_parse_tz("-0530", &s) && s == -19800);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (conf_parse_tz(bad[i], &s))
			fail_msg("'%s' was taken", bad[i]);
}

static void
the_nearest_name_is_offered(void **state)
{
	(void)state;
	static const char *const names[] = {"poll", "polls", "ignore", "severity"};

	assert_string_equal(conf_nearest("pol", names, 4), "poll");
	assert_string_equal(conf_nearest("polls", names, 4), "polls");
	assert_string_equal(conf_nearest("opll", names, 4), "poll");
	assert_string_equal(conf_nearest("Ignroe", names, 4), "ignore");
	assert_string_equal(conf_nearest("serverity", names, 4), "severity");
	assert_null(conf_nearest("colour", names, 4));
	assert_null(conf_nearest("", names, 4));
}

/* -- files ------------------------------------------------------------------------------------- */

static char dir[] = "/tmp/mm-t_conf-XXXXXX";

static int
make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int
remove_dir(void **state)
{
	(void)state;
	char path[100];

	snprintf(path, sizeof path, "%s/mm/mm.conf", dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/mm", dir);
	rmdir(path);
	snprintf(path, sizeof path, "%s/mm.conf", dir);
	unlink(path);
	return rmdir(dir);
}

static void
put(const char *path, const char *text, mode_t mode)
{
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
a_file_that_others_can_write_is_refused(void **state)
{
	(void)state;
	char path[100];
	struct conf *c;
	struct err e = {0};

	snprintf(path, sizeof path, "%s/mm.conf", dir);
	put(path, "[watch]\npolls = 9\n", 0600);
	assert_int_equal(conf_load(path, &c, &e), 0);
	assert_int_equal(conf_int(c, "watch.polls"), 9);
	assert_string_equal(conf_path(c), path);
	conf_free(c);
	put(path, "[watch]\npolls = 9\n", 0620);
	assert_int_equal(conf_load(path, &c, &e), ERR_USAGE);
	assert_non_null(strstr(e.text, "chmod go-w"));
	put(path, "[watch]\npolls = 9\n", 0602);
	assert_int_equal(conf_load(path, &c, &e), ERR_USAGE);
	if (geteuid() == 0) {
		put(path, "", 0600);
		assert_int_equal(chown(path, 12345, 12345), 0);
		assert_int_equal(conf_load(path, &c, &e), ERR_USAGE);
		assert_non_null(strstr(e.text, "belongs to somebody else"));
	}
	unlink(path);
	assert_int_equal(conf_load(path, &c, &e), ERR_USAGE);
	assert_non_null(strstr(e.text, "no such file"));
	assert_int_equal(conf_load(dir, &c, &e), ERR_USAGE);
	/* nobody writes to it: opening must not wait */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(conf_load(path, &c, &e), ERR_USAGE);
	unlink(path);
}

static void
the_users_file_is_found(void **state)
{
	(void)state;
	char path[100];
	struct conf *c;
	struct err e = {0};

	setenv("XDG_CONFIG_HOME", dir, 1);
	assert_int_equal(conf_load(NULL, &c, &e), 0);
	if (access("/etc/mm/mm.conf", F_OK) != 0)
		assert_null(conf_path(c));
	conf_free(c);
	snprintf(path, sizeof path, "%s/mm", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/mm/mm.conf", dir);
	put(path, "[watch]\npolls = 11\n", 0644);
	assert_int_equal(conf_load(NULL, &c, &e), 0);
	assert_int_equal(conf_int(c, "watch.polls"), 11);
	conf_free(c);
	put(path, "[watch]\npolls = x\n", 0644);
	assert_int_equal(conf_load(NULL, &c, &e), ERR_USAGE);
	char want[120];
	snprintf(want, sizeof want, "%s:2: ", path);
	assert_int_equal(strncmp(e.text, want, strlen(want)), 0);
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", "not/absolute", 1);
	assert_int_equal(conf_load(NULL, &c, &e), 0);
	conf_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_written_is_all_defaults),
		cmocka_unit_test(values_are_read_as_they_are_meant),
		cmocka_unit_test(the_last_section_that_matches_and_sets_a_key_wins),
		cmocka_unit_test(rules_and_keys_are_handed_out_with_their_lines),
		cmocka_unit_test(a_mistake_refuses_the_whole_file),
		cmocka_unit_test(every_default_is_a_value),
		cmocka_unit_test(an_option_stands_once_in_the_table),
		cmocka_unit_test(the_example_is_a_configuration),
		cmocka_unit_test(the_file_of_examples_is_up_to_date),
		cmocka_unit_test(durations_have_units),
		cmocka_unit_test(zones_are_offsets),
		cmocka_unit_test(thousands_of_rules_are_read),
		cmocka_unit_test(the_nearest_name_is_offered),
		cmocka_unit_test(a_file_that_others_can_write_is_refused),
		cmocka_unit_test(the_users_file_is_found),
	};
	return cmocka_run_group_tests_name("conf", tests, make_dir, remove_dir);
}
