/* One table says what commands and options there are; the parser, --help, the manual's lists and
 * shell completion read it.
 *
 * Options may stand anywhere behind the command's name, the common ones before it too. The first
 * word that is no option is a command if the table has it, else a directory for the dashboard: `mm
 * ./runs` is the directory. */
#include "tui/cmd.h"

#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/cmd_plot.h"
#include "tui/cmd_silence.h"
#include "tui/cmd_version.h"
#include "tui/cmd_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct cmd_opt cmd_common_opts[] = {
	{"--store", "DIR", "where points are kept (default: $MM_STORE, else ~/.local/state/mm)"},
	{"--config", "FILE", "configuration (default: ~/.config/mm/mm.conf, else /etc/mm/mm.conf)"},
	{"--root", "DIR", "only the runs under DIR, named relative to it; may be repeated"},
	{"--as-is", NULL, "show what is kept; don't read logs first"},
	{"--ascii", NULL, "draw with ASCII characters only"},
	{"--utc", NULL, "show times in UTC"},
	{"--color", "WHEN", "auto, always or never (NO_COLOR is honoured)"},
	{"--help", NULL, "this help"},
	{"--version", NULL, "print the version"},
	{NULL, NULL, NULL},
};

const struct cmd_opt cmd_dashboard_opts[] = {
	{"--script", "FILE",
	 "no terminal: keys and :commands from FILE, one a line; - is standard input"},
	{"--size", "COLSxROWS", "size of the screen without a terminal"},
	{"--poll", NULL, "look at files regularly instead of trusting inotify"},
	{"--registry", "DIR", "where versions are kept (default: [registry] path)"},
	{NULL, NULL, NULL},
};

static const struct cmd_opt json_opts[] = {
	{"--json", NULL, "one JSON object a line"},
	{NULL, NULL, NULL},
};

static const struct cmd_opt runs_opts[] = {
	{"--json", NULL, "one JSON object a line"},
	{"--all", NULL, "also runs that were hidden (JSON has them always)"},
	{NULL, NULL, NULL},
};

static const struct cmd_opt metrics_opts[] = {
	{"--json", NULL, "one JSON object a line"},
	{"--all", NULL, "also series that another one of the same name hides"},
	{NULL, NULL, NULL},
};

static const struct cmd_opt export_opts[] = {
	{"--csv", NULL, "comma-separated, with a heading (default)"},
	{"--json", NULL, "one JSON object a point"},
	{"--run", "RUN", "this run; with --metric the unambiguous form of RUN:METRIC"},
	{"--metric", "METRIC", "this metric of it"},
	{NULL, NULL, NULL},
};

static const struct cmd_opt sources_opts[] = {
	{"--json", NULL, "one JSON object a line"},
	{"-v", NULL, "with each remark on what could not be read, and where"},
	{"--all", NULL, "also files that were left alone, and why"},
	{NULL, NULL, NULL},
};

static const struct cmd_opt log_opts[] = {
	{"-f", NULL, "go on with what is appended, until it is stopped"},
	{"-n", "LINES", "only the last LINES of each file; with --at so many before and behind"},
	{"--errors", NULL, "only lines that tell of an error"},
	{"--grep", "TEXT", "only lines with TEXT; case matters when it has capitals"},
	{"--at", "STEP", "only around the line that is nearest to this step"},
	{"--merge", NULL, "the lines of all files in order of time, with whose each is in front"},
	{"--file", "NAME", "only files whose path ends in NAME, or that the pattern NAME fits"},
	{"--list", NULL, "only which files there are, and why"},
	{"--json", NULL, "one JSON object a line"},
	{NULL, NULL, NULL},
};

static const struct cmd_opt forget_opts[] = {
	{"--yes", NULL, "don't ask"},
	{"--ignore", NULL, "leave its logs alone from now on"},
	{"--undo", NULL, "take --ignore back: its logs are read again"},
	{"--json", NULL, "what was forgotten, one JSON object a run"},
	{NULL, NULL, NULL},
};

static const struct cmd_opt inspect_opts[] = {
	{"--json", NULL, "JSON: the model; with --tensors or --stats also a line a tensor"},
	{"--tensors", NULL, "every tensor by its full name, instead of the folded tree"},
	{"--stats", NULL, "read the weights: mean, deviation, range, zeros, NaN, histogram"},
	{"--weights", NULL, "of two models: how far the weights moved, tensor by tensor"},
	{"--only", "GLOB", "only tensors whose name matches"},
	{"--depth", "N", "no more than N levels of modules"},
	{"--unfold", NULL, "modules that repeat one by one"},
	{"--registry", "DIR", "where versions are kept (default: [registry] path)"},
	{NULL, NULL, NULL},
};

const struct cmd cmd_table[] = {
	{"watch", "[DIR…]", "read logs as they grow, without a screen",
	 "DIRs are remembered: the next `mm watch` and every dashboard know them. One process\n"
	 "watches a store at a time; a second one hands its DIRs over and leaves.\n",
	 cmd_watch, cmd_watch_opts},
	{"runs", "[GLOB…]", "one line a run: state, progress, rate, time left, metrics", NULL,
	 cmd_runs, runs_opts},
	{"metrics", "[RUN…]", "one line a series", NULL, cmd_metrics, metrics_opts},
	{"export", "RUN[:METRIC]…", "every point", NULL, cmd_export, export_opts},
	{"plot", "RUN[:METRIC]…", "charts on standard output",
	 "What is named together is drawn together; of a run without a metric the charts that the\n"
	 "dashboard has. Without colours each line carries a letter. RUN#1 is its first attempt.\n",
	 cmd_plot, cmd_plot_opts},
	{"sources", "[FILE…]", "each file: format, bytes read, points, remarks", NULL, cmd_sources,
	 sources_opts},
	{"log", "RUN…", "the log as text: what the processes of a run printed",
	 "All files of the run one after the other: its console logs, what else stands beside its\n"
	 "logs, what W&B kept of its console, a batch job's file that names it, what was\n"
	 "attached. With --merge they are one, in order of time. As a terminal would show it:\n"
	 "of a progress bar the last state, and nothing that a terminal would obey but colours,\n"
	 "where there is one.\n",
	 cmd_log, log_opts},
	{"alerts", "", "alerts, firing ones first (the same as alert list)",
	 "With --follow it goes on: a line for each alert that fires, ends, is acknowledged, as\n"
	 "it happens, for pipes.\n",
	 cmd_alerts, cmd_alerts_opts},
	{"alert",
	 "list | check [FILE] | test FILE | replay RUN | ack RULE [RUN [METRIC]] | silence …",
	 "list alerts, try rules, acknowledge, silence",
	 "check    reads FILE (default: the configuration in use) and says what is wrong with it,\n"
	 "         also when a program that is to be told is not there\n"
	 "test     judges series that FILE writes down, as `promtool test rules` does (see RULES)\n"
	 "replay   what the rules would have said of RUN, and when, by its points and how it\n"
	 "         ended; not by what its log said, nor disks; nothing is kept or sent\n"
	 "ack      says that somebody knows: it is told no more until it has ended and fires anew\n"
	 "silence  --for TIME: nothing is told of what --rule, --run, --metric match until then;\n"
	 "         list: what is; end N…: by number as listed, or by --rule, --run, --metric\n",
	 cmd_alert, cmd_alert_opts},
	{"version", "[VERB …]", "versions of models: save, list, compare, deploy, roll back",
	 "V is MODEL@vN, MODEL@ALIAS or MODEL, its newest version.\n\n", cmd_version,
	 cmd_version_opts},
	{"digest", "[RUN…]", "a run in a few sentences; without RUN the one that wrote last",
	 "With --json each sentence comes with the numbers that it says.\n", cmd_digest, json_opts},
	{"status", "", "one line for prompts and scripts: 0 quiet, 1 something fires, 2 error",
	 NULL, cmd_status, json_opts},
	{"inspect", "MODEL [MODEL]",
	 "what is in a model file, or how two differ; nothing is executed",
	 "MODEL is a file, a directory of shards, or a version (NAME@v3): safetensors, PyTorch\n"
	 "(zip, legacy, TorchScript), pickles, joblib, GGUF, ONNX, NumPy, Keras, HDF5. What it\n"
	 "is, its content says. A directory of checkpoints of several steps lists them.\n"
	 "The badge:\n"
	 "SAFE          the format cannot hold code\n"
	 "TENSORS-ONLY  a pickle that names nothing but what makes tensors and containers\n"
	 "UNJUDGED      could not be read to its end; no harm found so far\n"
	 "CODE          names code that is not known to be harmless, or runs code when used\n"
	 "DANGER        names what can run commands, or hides what it names; exit status 1\n",
	 cmd_inspect, inspect_opts},
	{"forget", "RUN|DIR…", "delete a run from the store: its points, alerts and logs' places",
	 "Says what goes, and asks; without a terminal it needs --yes. Logs are never touched:\n"
	 "where they are still there the run would be read again, so --ignore has them left alone\n"
	 "from now on, in any store, until `mm forget --undo RUN`.\n"
	 "\n"
	 "DIR, a directory that is watched, is so no more, and its runs go. `mm DIR` watches it\n"
	 "again.\n",
	 cmd_forget, forget_opts},
	{"compact", "", "write the store anew, without the room that what was deleted has left",
	 "It needs room for the copy on the same disk. Who watches goes on watching, and does it\n"
	 "when asked; dashboards follow.\n",
	 cmd_compact, json_opts},
	{"stat", "", "how large the store is, what of, who reads it", NULL, cmd_stat, json_opts},
	{"check", "", "verify every checksum and count of the store",
	 "The configuration is checked by mm alert check.\n", cmd_check, json_opts},
	{"help", "[COMMAND]", "what mm --help or mm COMMAND --help says", NULL, NULL, NULL},
	{NULL, NULL, NULL, NULL, NULL, NULL},
};

static const struct cmd *
find_cmd(const char *name)
{
	for (const struct cmd *c = cmd_table; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

const char *
cmd_option(const struct cmd_env *env, const char *name)
{
	const struct cmd_opt *opts = env->cmd ? env->cmd->opts : cmd_dashboard_opts;
	for (int i = 0; opts && opts[i].name; i++)
		if (strcmp(opts[i].name, name) == 0)
			return env->opt[i];
	return NULL;
}

/* Does ARG give option O? "--size=80x24" and "-W80" carry their value: *VALUE is set then. */
static bool
gives(const struct cmd_opt *o, const char *arg, const char **value)
{
	size_t n = strlen(o->name);
	if (strncmp(arg, o->name, n) != 0)
		return false;
	if (arg[n] == '\0')
		return true;
	if (!o->value)
		return false;
	if (o->name[1] == '-' && arg[n] != '=')
		return false;
	*value = arg + n + (arg[n] == '=');
	return true;
}

static int
unknown_option(const struct cmd_env *env, const char *arg, struct err *e)
{
	const char *names[64];
	int n = 0;
	const struct cmd_opt *own = env->cmd ? env->cmd->opts : cmd_dashboard_opts;
	for (const struct cmd_opt *o = own; o && o->name && n < 32; o++)
		names[n++] = o->name;
	for (const struct cmd_opt *o = cmd_common_opts; o->name && n < 64; o++)
		names[n++] = o->name;
	/* the dashes are right in any case */
	for (int i = 0; i < n; i++)
		names[i] += strspn(names[i], "-");
	size_t dashes = strspn(arg, "-");
	const char *near = conf_nearest(arg + dashes, names, n);
	const char *cmd = env->cmd ? env->cmd->name : "";
	const char *gap = env->cmd ? " " : "";
	if (near)
		return err_set(e, ERR_USAGE, "unknown option %s; did you mean %s%s?", arg,
			       near[1] ? "--" : "-", near);
	return err_set(e, ERR_USAGE, "unknown option %s; mm%s%s --help lists them", arg, gap, cmd);
}

static int
take_common(struct cmd_env *env, const struct cmd_opt *o, const char *value, struct err *e)
{
	const char *name = o->name + 2;
	if (strcmp(name, "store") == 0) {
		if (!*value)
			return err_set(e, ERR_USAGE, "--store needs a directory");
		env->store_arg = value;
	} else if (strcmp(name, "config") == 0) {
		env->conf_path = value;
	} else if (strcmp(name, "root") == 0) {
		if (env->nroots == (int)(sizeof env->root / sizeof *env->root))
			return err_set(e, ERR_USAGE, "more than %d --root", env->nroots);
		env->root[env->nroots++] = value;
	} else if (strcmp(name, "as-is") == 0) {
		env->as_is = true;
	} else if (strcmp(name, "ascii") == 0) {
		env->ascii = true;
	} else if (strcmp(name, "utc") == 0) {
		env->utc = true;
	} else if (strcmp(name, "color") == 0) {
		static const char *const when[] = {"never", "always", "auto"};
		int i = 0;
		while (i < 3 && strcmp(value, when[i]) != 0)
			i++;
		if (i == 3)
			return err_set(e, ERR_USAGE, "--color %s: it is auto, always or never",
				       value);
		env->color = i == 2 ? -1 : i;
	} else if (strcmp(name, "help") == 0) {
		env->help = true;
	} else {
		env->version = true;
	}
	return 0;
}

/* One option at ARGV[*I]; moves *I when its value is the next word. */
static int
take_option(struct cmd_env *env, char **argv, int argc, int *i, struct err *e)
{
	const char *arg = argv[*i];
	const struct cmd_opt *own = env->cmd ? env->cmd->opts : cmd_dashboard_opts;
	const struct cmd_opt *o = NULL;
	const char *value = NULL;
	int at = -1;
	for (int k = 0; own && own[k].name && !o; k++)
		if (gives(&own[k], arg, &value)) {
			o = &own[k];
			at = k;
		}
	for (const struct cmd_opt *c = cmd_common_opts; c->name && !o; c++)
		if (gives(c, arg, &value))
			o = c;
	if (!o && strcmp(arg, "-h") == 0) {
		env->help = true;
		return 0;
	}
	if (!o)
		return unknown_option(env, arg, e);
	if (o->value && !value) {
		if (*i + 1 >= argc)
			return err_set(e, ERR_USAGE, "%s needs %s", o->name, o->value);
		value = argv[++*i];
	}
	if (at < 0)
		return take_common(env, o, value, e);
	env->opt[at] = value ? value : "";
	if (strcmp(o->name, "--json") == 0)
		env->json = true;
	return 0;
}

int
cmd_parse(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	env->color = -1;
	env->arg = xcalloc((size_t)argc + 1, sizeof *env->arg);
	bool options = true;
	for (int i = 1; i < argc; i++) {
		char *arg = argv[i];
		if (options && strcmp(arg, "--") == 0) {
			options = false;
		} else if (options && arg[0] == '-' && arg[1] != '\0') {
			if (take_option(env, argv, argc, &i, e) < 0)
				return e->code;
		} else if (options && !env->cmd && env->narg == 0 && find_cmd(arg)) {
			env->cmd = find_cmd(arg);
			env->name = env->cmd->name;
			/* The dashboard's own options stood before a command's name: they mean
			 * nothing here. */
			for (size_t k = 0; k < sizeof env->opt / sizeof *env->opt; k++)
				if (env->opt[k])
					return err_set(
						e, ERR_USAGE,
						"%s is an option of the dashboard, not of mm %s",
						cmd_dashboard_opts[k].name, env->name);
		} else {
			env->arg[env->narg++] = arg;
		}
	}
	return 0;
}

static void
help_opts(struct str *out, const struct cmd_opt *o)
{
	for (; o && o->name; o++) {
		char left[64];
		snprintf(left, sizeof left, "%s%s%s", o->name, o->value ? " " : "",
			 o->value ? o->value : "");
		str_addf(out, "  %-20s %s\n", left, o->help);
	}
}

void
cmd_more(struct str *out, const struct cmd *cmd)
{
	str_adds(out, cmd->more);
	for (const struct verb *v = version_verbs; v->name && cmd->run == cmd_version; v++)
		str_addf(out, "%-8s %-*s %s\n", v->name,
			 12 + (int)strlen(v->args) - utf8_columns(v->args), v->args, v->help);
}

void
cmd_help(struct str *out, const struct cmd *cmd)
{
	if (cmd) {
		str_addf(out, "usage: mm %s%s%s%s\n\n%s.\n", cmd->name,
			 cmd->opts ? " [OPTION…]" : "", *cmd->args ? " " : "", cmd->args,
			 cmd->help);
		if (cmd->more) {
			str_addc(out, '\n');
			cmd_more(out, cmd);
		}
		if (cmd->opts)
			str_adds(out, "\nOptions:\n");
		help_opts(out, cmd->opts);
		str_adds(out, "\nCommon options:\n");
		help_opts(out, cmd_common_opts);
		return;
	}
	str_adds(out,
		 "usage: mm [OPTION…] [DIR…]\n"
		 "       mm COMMAND [OPTION…] [ARGUMENT…]\n\n"
		 "Watches the directories where models train and shows how every run is doing.\n"
		 "Without a command: the dashboard on DIRs (default: what is known already, else\n"
		 "the current directory). Without a terminal it prints one screen and leaves.\n\n"
		 "Commands:\n");
	for (const struct cmd *c = cmd_table; c->name; c++)
		str_addf(out, "  %-9s %s\n", c->name, c->help);
	str_adds(out, "\nmm COMMAND --help says more; so does man mm.\n\nDashboard options:\n");
	help_opts(out, cmd_dashboard_opts);
	str_adds(out, "\nCommon options:\n");
	help_opts(out, cmd_common_opts);
	str_adds(out, "\nExit status: 0 done, 1 what was named does not exist or a check failed,\n"
		      "2 usage or configuration error.\n");
}
