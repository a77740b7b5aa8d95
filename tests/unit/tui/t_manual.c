/* The manual's lists are the program's tables: what the one has and the other lacks is a failure.
 * GOLDEN=1 rewrites the manual instead. Run from the top of the tree. */
#include "core/conf.h"
#include "core/function.h"
#include "core/rule_parse.h"
#include "core/source.h"
#include "core/xalloc.h"
#include "tui/action.h"
#include "tui/cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MANUAL "tui/mm.1"

/* Hyphens that are typed must be \- in a manual page; a leading dot or quote would be a request. */
static void
roff(struct str *out, const char *z)
{
	if (*z == '.' || *z == '\'')
		str_adds(out, "\\&");
	for (; *z; z++) {
		if (*z == '-')
			str_addc(out, '\\');
		if (*z == '\\')
			str_addc(out, '\\');
		str_addc(out, *z);
		if (*z == '\n' && (z[1] == '.' || z[1] == '\''))
			str_adds(out, "\\&");
	}
}

static void
make_opts(struct str *out, const struct cmd_opt *o)
{
	for (; o && o->name; o++) {
		str_adds(out, ".TP\n.B ");
		roff(out, o->name);
		if (o->value) {
			str_adds(out, " \\fI");
			roff(out, o->value);
			str_adds(out, "\\fP");
		}
		str_addc(out, '\n');
		roff(out, o->help);
		str_addc(out, '\n');
	}
}

static void
make_commands(struct str *out)
{
	for (const struct cmd *c = cmd_table; c->name; c++) {
		str_adds(out, ".SS mm ");
		roff(out, c->name);
		str_addc(out, ' ');
		roff(out, c->args);
		str_addc(out, '\n');
		roff(out, c->help);
		str_adds(out, ".\n");
		if (c->more) {
			str_adds(out, ".PP\n.nf\n");
			struct str more = STR_INIT;
			cmd_more(&more, c);
			roff(out, str_c(&more));
			str_release(&more);
			str_adds(out, ".fi\n");
		}
		make_opts(out, c->opts);
	}
}

static void
make_keys(struct str *out)
{
	for (int a = 1; a < ACTION_N; a++) {
		const struct action_row *r = &action_table[a];
		str_adds(out, ".TP\n.B ");
		if (*r->keys) {
			roff(out, r->keys);
			str_adds(out, "  ");
		}
		str_adds(out, "\\fR:");
		roff(out, r->name);
		if (*r->arg) {
			str_addc(out, ' ');
			roff(out, r->arg);
		}
		str_adds(out, "\\fP\n");
		roff(out, r->help);
		str_addc(out, '\n');
	}
}

static void
make_conf(struct str *out)
{
	const char *section = "";
	for (const struct conf_option *o = conf_options; o->section; o++) {
		if (strcmp(section, o->section) != 0) {
			str_adds(out, ".SS [");
			roff(out, o->section);
			str_adds(out, "]\n");
			section = o->section;
		}
		str_adds(out, ".TP\n.B ");
		roff(out, o->key);
		str_adds(out, " = \\fI");
		roff(out, o->type == OPT_CHOICE ? o->choices : *o->def ? o->def : "…");
		str_adds(out, "\\fP\n");
		roff(out, o->help);
		if (o->type == OPT_CHOICE && *o->def) {
			str_adds(out, "\nDefault: ");
			roff(out, o->def);
			str_addc(out, '.');
		}
		str_addc(out, '\n');
	}
}

static void
make_functions(struct str *out)
{
	static const char *const brackets[] = {"", "(N)", "(TIME)", "(METRIC)"};

	for (const struct function *f = functions; f->name; f++) {
		str_adds(out, ".TP\n.B ");
		roff(out, f->name);
		str_adds(out, brackets[f->takes]);
		str_addc(out, '\n');
		roff(out, f->help);
		str_addc(out, '\n');
	}
}

static void
make_detectors(struct str *out)
{
	for (const struct detector *const *d = detectors; *d; d++) {
		str_adds(out, ".TP\n.B ");
		roff(out, (*d)->name);
		str_addc(out, '\n');
		roff(out, (*d)->help);
		str_adds(out, ".\n");
		for (int i = 0; i < DETECTOR_ARGS && (*d)->arg[i].name; i++) {
			str_addf(out, ".br\n\\fI%s\\fP=%g ", (*d)->arg[i].name, (*d)->arg[i].def);
			roff(out, (*d)->arg[i].help);
			str_addc(out, '\n');
		}
	}
}

static void
make_rules(struct str *out)
{
	const char *last = "";

	for (const struct rule_key *k = rule_builtin; k->rule; k++) {
		if (strcmp(k->rule, last) != 0) {
			str_adds(out, ".TP\n.B ");
			roff(out, k->rule);
			str_addc(out, '\n');
		} else {
			str_adds(out, ".br\n");
		}
		last = k->rule;
		roff(out, k->key);
		str_adds(out, " = ");
		roff(out, k->value);
		str_addc(out, '\n');
	}
}

static void
make_limits(struct str *out)
{
	str_addf(out, ".TP\n.B line or record\n%u MiB\n", SOURCE_MAX_RECORD >> 20);
	str_addf(out, ".TP\n.B nesting of JSON\n%d levels\n", SOURCE_MAX_DEPTH);
	str_addf(out, ".TP\n.B series of one log\n%d\n", SOURCE_MAX_COLUMNS);
	str_addf(out, ".TP\n.B name of a metric\n%d bytes\n", SOURCE_MAX_NAME);
}

static char *
read_file(const char *path)
{
	struct str s = STR_INIT;
	char buf[8192];
	FILE *f = fopen(path, "r");
	if (!f)
		return NULL;
	for (size_t n; (n = fread(buf, 1, sizeof buf, f)) > 0;)
		str_add(&s, buf, n);
	fclose(f);
	return str_steal(&s);
}

/* Replaces the region NAME of the page by what MAKE says. */
static char *
with_region(char *page, const char *name, const struct str *made)
{
	char begin[64], end[64];
	snprintf(begin, sizeof begin, ".\\\" BEGIN %s\n", name);
	snprintf(end, sizeof end, ".\\\" END %s\n", name);
	char *from = strstr(page, begin), *to = strstr(page, end);
	assert_non_null(from);
	assert_non_null(to);
	struct str out = STR_INIT;
	str_add(&out, page, (size_t)(from - page) + strlen(begin));
	str_add(&out, str_c(made), made->len);
	str_adds(&out, to);
	free(page);
	return str_steal(&out);
}

static void
manual_is_the_tables(void **state)
{
	(void)state;
	char *is = read_file(MANUAL);
	assert_non_null(is);
	char *page = xstrdup(is);
	struct str made = STR_INIT;
	make_commands(&made);
	page = with_region(page, "commands", &made);
	str_reset(&made);
	make_opts(&made, cmd_common_opts);
	page = with_region(page, "common", &made);
	str_reset(&made);
	make_opts(&made, cmd_dashboard_opts);
	page = with_region(page, "dashboard", &made);
	str_reset(&made);
	make_keys(&made);
	page = with_region(page, "keys", &made);
	str_reset(&made);
	make_limits(&made);
	page = with_region(page, "limits", &made);
	str_reset(&made);
	make_conf(&made);
	page = with_region(page, "conf", &made);
	str_reset(&made);
	make_functions(&made);
	page = with_region(page, "functions", &made);
	str_reset(&made);
	make_detectors(&made);
	page = with_region(page, "detectors", &made);
	str_reset(&made);
	make_rules(&made);
	page = with_region(page, "rules", &made);
	str_release(&made);
	if (getenv("GOLDEN")) {
		FILE *f = fopen(MANUAL, "w");
		assert_non_null(f);
		fputs(page, f);
		assert_int_equal(fclose(f), 0);
	} else if (strcmp(is, page) != 0) {
		fail_msg("%s and the tables differ; GOLDEN=1 writes it anew", MANUAL);
	}
	free(is);
	free(page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(manual_is_the_tables)};
	return cmocka_run_group_tests_name("manual", tests, NULL, NULL);
}
