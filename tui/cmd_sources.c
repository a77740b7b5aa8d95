/* mm sources: what each file was taken for and why, how far it is read, and what was wrong in
 * it. */
#include "core/glob.h"
#include "core/json_put.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/cmd.h"
#include "store/journal_files.h"
#include "tui/fmt.h"
#include "tui/log_known.h"
#include "tui/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct log_copy {
	uint32_t id;
	char *path, *run, *format, *reason;
	uint64_t read, size, points, remarks;
	bool gone;
};

struct listing {
	struct cmd_env *env;
	struct snap *sn;
	struct log_copy *log;
	size_t n, cap;
	struct cmd_sheet sheet;
	const char *file; /* of the skipped ones */
	int found;
};

/* FILE arguments limit the list: a path, its end, or a pattern. */
static bool
is_named(const struct listing *l, const char *path)
{
	if (l->env->narg == 0)
		return true;
	for (int i = 0; i < l->env->narg; i++) {
		const char *word = l->env->arg[i];
		size_t n = strlen(word), len = strlen(path);
		if (glob_match(word, path) ||
		    (n && n < len && strcmp(path + len - n, word) == 0 && path[len - n - 1] == '/'))
			return true;
	}
	return false;
}

static bool
wanted(const struct listing *l, const char *path)
{
	return cmd_run_name(l->env, l->sn, path, NULL, NULL) && is_named(l, path);
}

static int
each_log(void *ctx, const struct log_info *li)
{
	struct listing *l = ctx;
	if (!wanted(l, li->path))
		return 0;
	*vec_push(l->log, l->n, l->cap) = (struct log_copy){
		.id = li->id,
		.path = xstrdup(li->path),
		.run = xstrdup(li->run),
		.format = xstrdup(li->format),
		.reason = xstrdup(li->reason ? li->reason : ""),
		.read = li->cur.offset,
		.size = li->cur.size,
		.points = li->points,
		.remarks = li->remarks,
		.gone = li->gone,
	};
	return 0;
}

static const char *const kind_names[] = {"bad record", "limit",        "text in a numeric column",
					 "structure",  "input/output", "note"};

struct remarks {
	bool json, any;
	struct str out;
};

static int
each_remark(void *ctx, const struct remark_info *r)
{
	struct remarks *rm = ctx;
	const char *kind = (size_t)r->kind < sizeof kind_names / sizeof *kind_names
				   ? kind_names[r->kind]
				   : "note";
	if (rm->json) {
		str_adds(&rm->out, rm->any ? ", {\"kind\": " : "{\"kind\": ");
		json_put_str(&rm->out, kind);
		str_addf(&rm->out, ", \"offset\": %llu, \"line\": ", (unsigned long long)r->offset);
		if (r->line)
			str_addf(&rm->out, "%llu", (unsigned long long)r->line);
		else
			str_adds(&rm->out, "null");
		str_adds(&rm->out, ", \"text\": ");
		json_put_str(&rm->out, r->text);
		str_addc(&rm->out, '}');
	} else if (r->line) {
		str_addf(&rm->out, "    line %llu: %s\n", (unsigned long long)r->line, r->text);
	} else {
		str_addf(&rm->out, "    byte %llu: %s\n", (unsigned long long)r->offset, r->text);
	}
	rm->any = true;
	return 0;
}

static void
print_json(const struct listing *l, const struct log_copy *g, bool verbose)
{
	struct str out = STR_INIT, name = STR_INIT;
	cmd_run_name(l->env, l->sn, g->run, &name, NULL);
	str_adds(&out, "{\"file\": ");
	json_put_str(&out, g->path);
	str_adds(&out, ", \"run\": ");
	json_put_str(&out, str_c(&name));
	str_adds(&out, ", \"format\": ");
	json_put_str(&out, g->format);
	str_addf(&out,
		 ", \"bytes\": %llu, \"read\": %llu, \"points\": %llu, \"remarks\": %llu, "
		 "\"reason\": ",
		 (unsigned long long)g->size, (unsigned long long)g->read,
		 (unsigned long long)g->points, (unsigned long long)g->remarks);
	json_put_str(&out, g->reason);
	str_addf(&out, ", \"gone\": %s", g->gone ? "true" : "false");
	if (verbose) {
		struct remarks rm = {.json = true};
		snap_remarks(l->sn, g->id, each_remark, &rm);
		str_addf(&out, ", \"details\": [%s]", str_c(&rm.out));
		str_release(&rm.out);
	}
	str_addc(&out, '}');
	puts(str_c(&out));
	str_release(&out);
	str_release(&name);
}

static void
add_cell(struct cmd_sheet *s, bool right, const char *z)
{
	char *cell = xasprintf("%s%s", right ? "\t" : "", z);
	cmd_sheet_add(s, cell);
	free(cell);
}

static void
add_row(struct listing *l, const struct log_copy *g)
{
	char buf[FMT_N], size[FMT_N], cell[3 * FMT_N];
	if (l->sheet.n == 0) {
		static const char *const heading[] = {"FILE",     "FORMAT",    "\tREAD",
						      "\tPOINTS", "\tREMARKS", "WHY"};
		for (int i = 0; i < 6; i++)
			cmd_sheet_add(&l->sheet, heading[i]);
	}
	struct str name = STR_INIT;
	cmd_run_name(l->env, l->sn, g->path, &name, NULL);
	add_cell(&l->sheet, false, str_c(&name));
	add_cell(&l->sheet, false, g->format);
	if (g->read < g->size)
		snprintf(cell, sizeof cell, "%s of %s", fmt_bytes(buf, g->read),
			 fmt_bytes(size, g->size));
	else
		snprintf(cell, sizeof cell, "%s", fmt_bytes(buf, g->read));
	add_cell(&l->sheet, true, cell);
	snprintf(buf, sizeof buf, "%llu", (unsigned long long)g->points);
	add_cell(&l->sheet, true, buf);
	snprintf(buf, sizeof buf, "%llu", (unsigned long long)g->remarks);
	add_cell(&l->sheet, true, g->remarks ? buf : "");
	char *why = xasprintf("%s%s", g->reason, g->gone ? " (deleted since)" : "");
	add_cell(&l->sheet, false, why);
	free(why);
	str_release(&name);
}

static int
each_skipped(void *ctx, const char *path, const char *reason)
{
	struct listing *l = ctx;
	if (!wanted(l, path))
		return 0;
	l->found++;
	struct str out = STR_INIT;
	if (l->env->json) {
		str_adds(&out, "{\"file\": ");
		json_put_str(&out, path);
		str_adds(&out, ", \"run\": null, \"format\": null, \"bytes\": null, \"read\": 0, "
			       "\"points\": 0, "
			       "\"remarks\": 0, \"reason\": ");
		json_put_str(&out, reason);
		str_addc(&out, '}');
		puts(str_c(&out));
	} else {
		struct str name = STR_INIT;
		cmd_run_name(l->env, l->sn, path, &name, NULL);
		const char *cells[] = {str_c(&name), "–", "", "", "", reason};
		for (int i = 0; i < 6; i++)
			cmd_sheet_add(&l->sheet, cells[i]);
		str_release(&name);
	}
	str_release(&out);
	return 0;
}

/* -- files that are text of a run and no log of it -------------------------------------------- */

static void
add_attached(struct listing *l, const struct cmd_run *r, const struct log_text *t)
{
	struct stat st;
	char buf[FMT_N];
	bool there = stat(t->path, &st) == 0;
	char *why = xasprintf("text of %s: %s%s", r->name, t->why, there ? "" : " (not there)");
	l->found++;
	if (l->env->json) {
		struct str out = STR_INIT;
		str_adds(&out, "{\"file\": ");
		json_put_str(&out, t->path);
		str_adds(&out, ", \"run\": ");
		json_put_str(&out, r->name);
		str_adds(&out, ", \"format\": null, \"bytes\": ");
		if (there)
			str_addf(&out, "%lld", (long long)st.st_size);
		else
			str_adds(&out, "null");
		str_adds(&out, ", \"read\": 0, \"points\": 0, \"remarks\": 0, \"reason\": ");
		json_put_str(&out, why);
		str_addc(&out, '}');
		puts(str_c(&out));
		str_release(&out);
	} else {
		struct str name = STR_INIT;
		cmd_run_name(l->env, l->sn, t->path, &name, NULL);
		char *size = xasprintf("\t%s", there ? fmt_bytes(buf, (uint64_t)st.st_size) : "–");
		const char *cells[] = {name.len ? str_c(&name) : t->path, "–", size, "", "", why};
		for (int i = 0; i < 6; i++)
			cmd_sheet_add(&l->sheet, cells[i]);
		free(size);
		str_release(&name);
	}
	free(why);
}

/* What was attached, by hand or because it is a batch job's; with ALL also what stands beside. */
static int
list_attached(struct listing *l, bool all, struct err *e)
{
	struct cmd_run *run;
	int n, code = cmd_runs_load(l->env, l->sn, NULL, 0, &run, &n, e);
	struct log_known known = {.njob = 0};
	struct log_finder fi = {.dirs = MAP_INIT};
	struct journal_files *journal = journal_files_new(NULL);
	struct err unread;
	journal_files_refresh(journal, &unread);
	if (code == 0 && n)
		log_known_load(&known, l->sn);
	for (int i = 0; i < n && code == 0; i++) {
		struct log_texts t;
		log_known_snap(&known, l->sn, run[i].info.id, run[i].info.path, run[i].root, &fi,
			       journal_files_state(journal), &t);
		for (size_t k = 0; k < t.n; k++)
			if (t.text[k].kind >= (all ? LOG_TEXT_BESIDE : LOG_TEXT_JOB) &&
			    t.text[k].kind != LOG_TEXT_CONSOLE && is_named(l, t.text[k].path))
				add_attached(l, &run[i], &t.text[k]);
		log_texts_release(&t);
	}
	cmd_runs_free(run, n);
	journal_files_free(journal);
	log_finder_release(&fi);
	log_known_release(&known);
	return code;
}

static void
print_text(struct listing *l, bool verbose)
{
	for (size_t i = 0; i < l->n; i++) {
		add_row(l, &l->log[i]);
		if (!verbose)
			continue;
		struct remarks rm = {0};
		snap_remarks(l->sn, l->log[i].id, each_remark, &rm);
		if (rm.any || i + 1 == l->n) {
			struct str clean = STR_INIT;
			cmd_sheet_print(&l->sheet, l->env);
			for (const char *p = str_c(&rm.out); *p;) {
				size_t len = strcspn(p, "\n");
				str_reset(&clean);
				utf8_clean(&clean, p, len, 0);
				puts(str_c(&clean));
				p += len + (p[len] == '\n');
			}
			str_release(&clean);
		}
		str_release(&rm.out);
	}
}

int
cmd_sources(struct cmd_env *env)
{
	struct err e = {0};
	struct store *st;
	struct listing l = {.env = env, .sheet.columns = 6};
	bool verbose = cmd_option(env, "-v") != NULL;
	if (cmd_begin(env, &st, &l.sn, &e) < 0)
		return cmd_fail(&e);
	if (l.sn)
		snap_logs(l.sn, each_log, &l);
	for (size_t i = 0; i < l.n && env->json; i++)
		print_json(&l, &l.log[i], verbose);
	if (!env->json)
		print_text(&l, verbose);
	if (l.sn && cmd_option(env, "--all"))
		snap_skipped(l.sn, each_skipped, &l);
	if (l.sn)
		list_attached(&l, cmd_option(env, "--all") != NULL, &e);
	cmd_sheet_print(&l.sheet, env);
	int status = EXIT_DONE;
	if (env->narg && l.n == 0 && l.found == 0) {
		fprintf(stderr, "mm: no such file among those read%s\n",
			cmd_option(env, "--all")
				? " or left alone; one that reports nothing yet is neither"
				: "; mm sources --all lists the others too");
		status = EXIT_NOT;
	}
	for (size_t i = 0; i < l.n; i++) {
		free(l.log[i].path);
		free(l.log[i].run);
		free(l.log[i].format);
		free(l.log[i].reason);
	}
	free(l.log);
	cmd_end(st, l.sn);
	return cmd_finish(status);
}
