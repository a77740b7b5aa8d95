/* mm.conf.example: every option with what it does and what it is by default, commented out, so that
 * the file as it stands changes nothing. */
#include "core/conf.h"

#include "core/function.h"
#include "core/rule_parse.h"

#include <ctype.h>
#include <string.h>

static const struct {
	const char *section, *heading, *help;
} headings[] = {
	{"watch", "[watch]", "Where logs are looked for, and how."},
	{"source", "[source]", "Which files are logs, and how they are read."},
	{"screen", "[screen]", "The dashboard."},
	{"alerts", "[alerts]", "Rules in general."},
	{"metric", "[metric PATTERN]",
	 "Metrics by name; * crosses '/', and the last section that matches and sets a key wins."},
	{"run", "[run PATTERN]",
	 "Runs by path; a pattern without '/' at its beginning may begin at any directory."},
	{"alert", "[alert NAME]",
	 "A rule. One that is called like a built-in rule changes it key by key."},
	{"notify", "[notify NAME]",
	 "Whom alerts are told, beside the screen. Nothing is sent anywhere without one."},
	{"stop", "[stop]", "How K in the dashboard stops a run."},
	{"registry", "[registry]", "Versions of models."},
	{"deploy", "[deploy NAME]",
	 "Where a version is deployed. Commands get MM_VERSION, MM_RELEASE, MM_PREVIOUS and more "
	 "in their environment, the same as JSON on standard input."},
	{"pattern", "[pattern NAME]",
	 "What lines of text logs say that no built-in rule knows. They are tried first."},
};

/* HELP after "# ", broken at blanks. */
static void
add_comment(struct str *out, const char *help)
{
	enum { WIDTH = 78 };

	while (*help) {
		size_t n = strlen(help);
		if (n > WIDTH) {
			n = WIDTH;
			while (n && help[n] != ' ')
				n--;
		}
		str_addf(out, "# %.*s\n", (int)n, help);
		help += n;
		while (*help == ' ')
			help++;
	}
}

static void
add_option(struct str *out, const struct conf_option *o)
{
	struct str text = STR_INIT;

	str_addc(&text, (char)toupper((unsigned char)o->help[0]));
	str_adds(&text, o->help + 1);
	if (o->type == OPT_CHOICE) {
		str_adds(&text, " (");
		for (const char *p = o->choices; *p; p++)
			*p == '|' ? str_adds(&text, ", ") : str_addc(&text, *p);
		str_addc(&text, ')');
	}
	str_addc(&text, '.');
	str_addc(out, '\n');
	add_comment(out, str_c(&text));
	str_addf(out, "#%s =%s%s\n", o->key, *o->def ? " " : "", o->def);
	str_release(&text);
}

static const char head[] =
	"# mm.conf - read from --config FILE, else $XDG_CONFIG_HOME/mm/mm.conf (~/.config),\n"
	"# else /etc/mm/mm.conf. Nothing in it is needed: what stands here is what holds without\n"
	"# it. A file with a mistake is refused whole. # and ; begin comments; a value that needs\n"
	"# them stands in \"double quotes\".\n";

static const char keys[] =
	"\n# Keys: an action (`?` in the dashboard lists them) and the keys that do it.\n"
	"[keys]\n"
	"#quit = q <C-c>\n";

static const char examples[] = "\n# Examples\n"
			       "#[metric *bits_per_byte*]\n"
			       "#goal = min\n"
			       "#unit = bpb\n"
			       "#[run sweep/lr=*]\n"
			       "#total = 20000\n"
			       "#[alert acc-too-low]\n"
			       "#metric = val/acc*\n"
			       "#when = value < 0.60\n"
			       "#clear = value > 0.65\n"
			       "#for = 3 points\n"
			       "#[alert loss-spike]\n"
			       "#when = spike(z=8, n=256, rel=25%)\n"
			       "#[alert gpu-hot]\n"
			       "#metric = *gpu*temp*\n"
			       "#when = mean(10) > 88\n"
			       "#clear = mean(10) < 82\n"
			       "#for = 2m\n"
			       "#[alert gave-up]\n"
			       "#when = log(\"loss scale too small\") or log(/retry 1[0-9] of/)\n"
			       "#[alert bad-end]\n"
			       "#when = exit != 0\n"
			       "#message = {run}: {why}, on {host}\n"
			       "#[notify phone]\n"
			       "#type = webhook\n"
			       "#format = ntfy\n"
			       "#url_file = /home/me/.config/mm/ntfy.url\n"
			       "#min_severity = crit\n"
			       "#[notify mail]\n"
			       "#type = exec\n"
			       "#command = /home/me/bin/mail-alert me@example.org\n"
			       "#[pattern reward]\n"
			       "#regex = ep (?<step>\\d+) .* R=(?<value>\\S+)\n"
			       "#file = *.rl.log\n";

/* What `when` and `clear` can say, and which names are taken. */
static void
add_words(struct str *out)
{
	struct str s = STR_INIT;
	const char *last = "";

	str_adds(&s, "Functions:");
	for (const struct function *f = functions; f->name; f++)
		str_addf(&s, " %s%s", f->name,
			 f->takes == TAKES_COUNT    ? "(N)"
			 : f->takes == TAKES_SPAN   ? "(TIME)"
			 : f->takes == TAKES_METRIC ? "(METRIC)"
						    : "");
	str_adds(&s, ".");
	add_comment(out, str_c(&s));
	str_reset(&s);
	str_adds(&s, "Detectors, with their defaults:");
	for (const struct detector *const *d = detectors; *d; d++) {
		str_addf(&s, " %s%s", (*d)->name, (*d)->says ? "(\"TEXT\" or /REGEX/)" : "");
		for (int i = 0; i < DETECTOR_ARGS && (*d)->arg[i].name; i++)
			str_addf(&s, "%s%s=%g%s", i ? "," : "(", (*d)->arg[i].name,
				 (*d)->arg[i].def,
				 i + 1 < DETECTOR_ARGS && (*d)->arg[i + 1].name ? "" : ")");
	}
	str_adds(&s, ".");
	add_comment(out, str_c(&s));
	str_reset(&s);
	str_adds(&s, "Built-in rules:");
	for (const struct rule_key *k = rule_builtin; k->rule; last = k->rule, k++)
		if (strcmp(k->rule, last) != 0)
			str_addf(&s, " %s", k->rule);
	str_adds(&s, ".");
	add_comment(out, str_c(&s));
	str_release(&s);
}

void
conf_example(struct str *out)
{
	str_adds(out, head);
	for (size_t i = 0; i < sizeof headings / sizeof *headings; i++) {
		/* As it stands, a section with a name would be a rule or a pattern: they are
		 * comments. */
		bool named = strchr(headings[i].heading, ' ') != NULL;
		str_addc(out, '\n');
		add_comment(out, headings[i].help);
		if (strcmp(headings[i].section, "alert") == 0)
			add_words(out);
		str_addf(out, "%s%s\n", named ? "#" : "", headings[i].heading);
		for (const struct conf_option *o = conf_options; o->section; o++)
			if (strcmp(o->section, headings[i].section) == 0)
				add_option(out, o);
		if (strcmp(headings[i].section, "screen") == 0)
			str_adds(out, keys);
	}
	str_adds(out, examples);
}
