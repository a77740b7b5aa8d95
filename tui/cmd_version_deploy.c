/* mm version deploy, undeploy, rollback, history. A deployment that was not done, or was taken back
 * because something failed, is a failure: exit 1. */
#include "core/clock.h"
#include "core/json_put.h"
#include "core/xalloc.h"
#include "tui/cmd_version.h"
#include "tui/fmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const outcome_name[] = {"deployed", "unchanged", "refused", "rolled back"};

static int
slot_of(struct verb_env *ve, const char *name, bool may_be_new, struct deploy_slot *s)
{
	int code = deploy_slot_get(ve->reg, ve->env->conf, name, s, ve->e);
	/* A slot without a section is a link in the registry; where there are sections it is a
	 * slip. */
	if (code == ERR_NOTFOUND && may_be_new && registry_name_ok(name) &&
	    conf_deploys(ve->env->conf) == 0)
		return 0;
	return code;
}

static char *
slot_path(struct verb_env *ve, const struct deploy_slot *s)
{
	return s->path ? xstrdup(s->path)
		       : xasprintf("%s/deploy/%s/current", registry_dir(ve->reg), s->name);
}

static void
print_result(struct verb_env *ve, const struct deploy_slot *s, const char *what,
	     const struct deploy_result *res)
{
	struct str t = STR_INIT;
	char *path = slot_path(ve, s);
	if (ve->env->json) {
		str_adds(&t, "{\"slot\": ");
		json_put_str(&t, s->name);
		str_adds(&t, ", \"outcome\": ");
		json_put_str(&t, what);
		str_adds(&t, ", \"version\": ");
		json_put_str(&t, res->version);
		str_adds(&t, ", \"tried\": ");
		json_put_str(&t, res->tried);
		str_adds(&t, ", \"from\": ");
		json_put_str(&t, res->from);
		str_adds(&t, ", \"path\": ");
		json_put_str(&t, path);
		str_adds(&t, ", \"why\": ");
		json_put_str(&t, res->why);
		str_addc(&t, '}');
	} else {
		str_addf(&t, "%s: %s", s->name, res->version ? res->version : "nothing deployed");
		if (res->from && (!res->version || strcmp(res->from, res->version) != 0))
			str_addf(&t, ", was %s", res->from);
		bool failed =
			res->tried && (!res->version || strcmp(res->tried, res->version) != 0);
		str_addf(&t, " (%s%s%s)", failed ? res->tried : "", failed ? " " : "", what);
	}
	free(path);
	cmd_line(&t);
}

static int
fail(struct verb_env *ve, const char *what, const struct deploy_result *res)
{
	struct err e;
	if (!res->why)
		return EXIT_DONE;
	(void)ve;
	err_set(&e, ERR_NOTFOUND, "%s: %s", what, res->why);
	return cmd_fail(&e);
}

int
version_deploy(struct verb_env *ve)
{
	struct version v;
	struct deploy_slot s;
	struct deploy_result res;
	int code = registry_find(ve->reg, ve->arg[0], &v, ve->e);
	if (code < 0)
		return code;
	code = slot_of(ve, ve->arg[1], true, &s);
	if (code == 0)
		code = deploy_to(ve->reg, &s, &v, cmd_option(ve->env, "--reason"), verb_progress,
				 ve, &res, ve->e);
	verb_progress_end(ve);
	if (code == 0) {
		static const char *const failed[] = {"", "", "not deployed", "taken back"};
		print_result(ve, &s, outcome_name[res.outcome], &res);
		char *what = xasprintf("%s %s", res.tried, failed[res.outcome]);
		code = fail(ve, what, &res);
		free(what);
		deploy_result_release(&res);
	}
	version_release(&v);
	return code;
}

int
version_rollback(struct verb_env *ve)
{
	struct deploy_slot s;
	struct deploy_result res;
	const char *reason = cmd_option(ve->env, "--reason");
	bool dry = cmd_option(ve->env, "--dry-run") != NULL;
	int code = slot_of(ve, ve->arg[0], false, &s);
	if (code == 0)
		code = deploy_rollback(ve->reg, &s, reason, true, &res, ve->e);
	if (code < 0)
		return code;
	if (dry) {
		print_result(ve, &s, "would be rolled back", &res);
		deploy_result_release(&res);
		return EXIT_DONE;
	}
	char *question = xasprintf("%s: %s, back to %s?", s.name, res.from ? res.from : "nothing",
				   res.version);
	code = verb_consent(ve, question);
	free(question);
	deploy_result_release(&res);
	if (code <= 0)
		return code;
	code = deploy_rollback(ve->reg, &s, reason, false, &res, ve->e);
	if (code == 0) {
		print_result(ve, &s, "rolled back", &res);
		code = fail(ve, "it is back, but", &res);
		deploy_result_release(&res);
	}
	return code;
}

int
version_undeploy(struct verb_env *ve)
{
	struct deploy_slot s;
	struct deploy_result res;
	int code = slot_of(ve, ve->arg[0], false, &s);
	if (code < 0)
		return code;
	char *question = xasprintf("Take away what is deployed in %s?", s.name);
	code = verb_consent(ve, question);
	free(question);
	if (code <= 0)
		return code;
	code = deploy_remove(ve->reg, &s, cmd_option(ve->env, "--reason"), &res, ve->e);
	if (code == 0) {
		print_result(ve, &s, "undeployed", &res);
		code = fail(ve, "it is gone, but", &res);
		deploy_result_release(&res);
	}
	return code;
}

/* -- history ----------------------------------------------------------------------------------- */

static void
put(struct str *s, const char *key, const char *value)
{
	str_addf(s, ", \"%s\": ", key);
	json_put_str(s, value);
}

static void
entry_json(const char *slot, const struct deploy_entry *en)
{
	struct str s = STR_INIT;
	str_adds(&s, "{\"slot\": ");
	json_put_str(&s, slot);
	str_addf(&s, ", \"entry\": %d, \"time\": ", en->number);
	json_put_time(&s, en->time_us);
	put(&s, "action", deploy_action_name[en->action]);
	str_addf(&s, ", \"automatic\": %s, \"healthy\": %s", en->automatic ? "true" : "false",
		 en->healthy ? "true" : "false");
	put(&s, "version", en->version);
	put(&s, "from", en->from);
	put(&s, "path", en->path);
	put(&s, "target", en->target);
	put(&s, "by", en->by);
	put(&s, "host", en->host);
	put(&s, "reason", en->reason);
	str_addc(&s, '}');
	puts(str_c(&s));
	str_release(&s);
}

static void
entry_row(struct cmd_sheet *sheet, const struct deploy_entry *en)
{
	char buf[FMT_N];
	snprintf(buf, sizeof buf, "\t%d", en->number);
	cmd_sheet_add(sheet, buf);
	cmd_sheet_add(sheet, fmt_clock(buf, en->time_us, clock_wall_us()));
	cmd_sheet_add(sheet, en->automatic ? "rollback (auto)" : deploy_action_name[en->action]);
	cmd_sheet_add(sheet, en->version ? en->version : en->target ? en->target : "–");
	cmd_sheet_add(sheet, en->from ? en->from : "–");
	cmd_sheet_add(sheet, en->healthy ? "healthy" : "");
	cmd_sheet_add(sheet, en->by ? en->by : "");
	cmd_sheet_add(sheet, en->reason ? en->reason : "");
}

static int
list_slots(struct verb_env *ve)
{
	struct deploy_state *d;
	size_t n;
	int code = deploy_states(ve->reg, &d, &n, ve->e);
	struct cmd_sheet sheet = {.columns = 4};
	for (size_t i = 0; i < n && code == 0; i++) {
		char buf[FMT_N];
		struct str s = STR_INIT;
		if (!ve->env->json) {
			cmd_sheet_add(&sheet, d[i].slot);
			cmd_sheet_add(&sheet, d[i].version ? d[i].version : "–");
			cmd_sheet_add(&sheet, fmt_clock(buf, d[i].since_us, clock_wall_us()));
			cmd_sheet_add(&sheet, d[i].path ? d[i].path : "");
			continue;
		}
		str_adds(&s, "{\"slot\": ");
		json_put_str(&s, d[i].slot);
		put(&s, "version", d[i].version);
		put(&s, "path", d[i].path);
		str_adds(&s, ", \"since\": ");
		json_put_time(&s, d[i].since_us);
		str_addf(&s, ", \"healthy\": %s}", d[i].healthy ? "true" : "false");
		puts(str_c(&s));
		str_release(&s);
	}
	cmd_sheet_print(&sheet, ve->env);
	deploy_states_free(d, n);
	return code;
}

int
version_history(struct verb_env *ve)
{
	struct deploy_history h;
	struct deploy_slot s;
	if (ve->narg == 0)
		return list_slots(ve);
	int code = slot_of(ve, ve->arg[0], false, &s);
	if (code == 0)
		code = deploy_history(ve->reg, ve->arg[0], &h, ve->e);
	if (code < 0)
		return code;
	struct cmd_sheet sheet = {.columns = 8};
	static const char *const heading[] = {"\t#",  "TIME", "ACTION", "VERSION",
					      "FROM", "",     "BY",     "REASON"};
	for (int i = 0; i < 8 && h.n && !ve->env->json; i++)
		cmd_sheet_add(&sheet, heading[i]);
	for (size_t i = h.n; i-- > 0;)
		if (h.at[i].broken)
			fprintf(stderr, "mm: %s\n", h.at[i].broken);
		else if (ve->env->json)
			entry_json(ve->arg[0], &h.at[i]);
		else
			entry_row(&sheet, &h.at[i]);
	cmd_sheet_print(&sheet, ve->env);
	deploy_history_release(&h);
	return EXIT_DONE;
}
