/* mm log: the text of runs, for a terminal or a pipe. Unlike a screen a command may open the files
 * itself, as a person would with tail and grep; which files they are comes from the store, and from
 * a look beside its logs. */
#include "core/ansi.h"
#include "core/clock.h"
#include "core/glob.h"
#include "core/json_put.h"
#include "core/log_file.h"
#include "core/log_find.h"
#include "core/log_merge.h"
#include "core/log_place.h"
#include "core/map.h"
#include "core/wandb_text.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "store/journal_files.h"
#include "tui/cmd.h"
#include "tui/fmt.h"
#include "tui/log_known.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { FOLLOW_LINES = 10, AROUND = 10, FOLLOW_NS = 100000000 };

struct one {
	char *run, *path, *kind, *why;
	int unit; /* of the run's steps */
	/* where following stands */
	uint64_t at, dev, ino;
	uint32_t head;
	bool there; /* it was opened */
	off_t size; /* of the file when it was looked at last */
};

struct printing {
	struct cmd_env *env;
	struct one *one;
	size_t n, cap;
	bool follow, errors, list, merge;
	size_t left_out;  /* files that --file does not fit */
	struct str names; /* the first few of them */
	struct wandb_texts made;
	int32_t tz_offset_s;
	const char *grep, *at, *file;
	int64_t lines; /* -1: all */
	int64_t step;
	const struct one *last; /* whose line was printed last */
	struct ansi_line ansi;
	struct str text, scratch;
	bool color;
	int who_columns;
};

/* -- which files ------------------------------------------------------------------------------ */

static bool
is_wanted(const char *path, const char *name)
{
	size_t n = name ? strlen(name) : 0, len = strlen(path);
	return !name || glob_match(name, path) || (n <= len && !strcmp(path + len - n, name));
}

static void
leave_out(struct printing *p, const char *path)
{
	enum { SAID = 8 };
	if (p->left_out++ < SAID)
		str_addf(&p->names, "\n  %s", path);
	else if (p->left_out == SAID + 1)
		str_adds(&p->names, "\n  and more: mm log --list says which");
}

static int
gather(struct printing *p, struct err *e)
{
	struct store *st;
	struct snap *sn;
	struct cmd_run *run;
	int n, code = cmd_begin(p->env, &st, &sn, e);
	if (code < 0)
		return code;
	code = cmd_runs_load(p->env, sn, p->env->arg, p->env->narg, &run, &n, e);
	struct log_known known = {.most = p->file || p->list ? SIZE_MAX : 0};
	struct log_finder fi = {.dirs = MAP_INIT};
	struct journal_files *journal = journal_files_new(NULL);
	struct err unread;
	journal_files_refresh(journal, &unread);
	if (code == 0 && sn)
		log_known_load(&known, sn);
	for (int i = 0; i < n && code == 0; i++) {
		struct log_texts t;
		log_known_snap(&known, sn, run[i].info.id, run[i].info.path, run[i].root, &fi,
			       journal_files_state(journal), &t);
		for (size_t k = 0; k < t.n; k++)
			if (!is_wanted(t.text[k].path, p->file))
				leave_out(p, t.text[k].path);
			else
				*vec_push(p->one, p->n, p->cap) = (struct one){
					.run = xstrdup(run[i].name),
					.path = xstrdup(t.text[k].path),
					.kind = xstrdup(log_text_kinds[t.text[k].kind]),
					.why = xstrdup(t.text[k].why),
					.unit = run[i].info.unit,
				};
		if (t.left_out)
			fprintf(stderr,
				"mm: %s: %zu of its %zu files are left out; --list names them, "
				"--file NAME shows one\n",
				run[i].name, t.left_out, t.n + t.left_out);
		log_texts_release(&t);
	}
	cmd_runs_free(run, n);
	journal_files_free(journal);
	log_finder_release(&fi);
	log_known_release(&known);
	cmd_end(st, sn);
	return code;
}

/* -- printing --------------------------------------------------------------------------------- */

static void
list_files(struct printing *p)
{
	struct cmd_sheet sheet = {.columns = 5};
	static const char *const heading[] = {"RUN", "FILE", "KIND", "\tSIZE", "WHY"};
	for (size_t i = 0; i < p->n; i++) {
		const struct one *o = &p->one[i];
		struct stat st;
		bool there = stat(o->path, &st) == 0;
		struct str out = STR_INIT;
		char size[FMT_N];
		if (p->env->json) {
			str_adds(&out, "{\"run\": ");
			json_put_str(&out, o->run);
			str_adds(&out, ", \"file\": ");
			json_put_str(&out, o->path);
			str_addf(&out, ", \"kind\": \"%s\", \"bytes\": ", o->kind);
			if (there)
				str_addf(&out, "%lld", (long long)st.st_size);
			else
				str_adds(&out, "null");
			str_adds(&out, ", \"reason\": ");
			json_put_str(&out, o->why);
			str_addc(&out, '}');
			puts(str_c(&out));
		} else {
			for (int k = 0; k < 5 && i == 0; k++)
				cmd_sheet_add(&sheet, heading[k]);
			cmd_sheet_add(&sheet, o->run);
			cmd_sheet_add(&sheet, o->path);
			cmd_sheet_add(&sheet, o->kind);
			cmd_sheet_right(&sheet, there ? fmt_bytes(size, (uint64_t)st.st_size)
						      : "not there");
			cmd_sheet_add(&sheet, o->why);
		}
		str_release(&out);
	}
	cmd_sheet_print(&sheet, p->env);
}

static void
print_heading(struct printing *p, const struct one *o)
{
	if (p->last == o || p->n < 2 || p->env->json || p->merge)
		return;
	struct str s = STR_INIT;
	if (p->last)
		puts("");
	str_addf(&s, "==> %s <==", o->path);
	cmd_line(&s);
	p->last = o;
}

/* Is the line [START, END) of F wanted? Then it is in P->ansi, and as text in P->text. */
static bool
read_line(struct printing *p, struct log_file *f, uint64_t start, uint64_t end, bool *error)
{
	const char *line;
	size_t n = log_file_line(f, start, end, &line);
	*error = log_error_is(line, line + n, &p->scratch);
	if (p->errors && !*error)
		return false;
	ansi_read(&p->ansi, line, line + n);
	str_reset(&p->text);
	ansi_text(&p->ansi, &p->text);
	return !p->grep || log_text_has(str_c(&p->text), p->text.len, p->grep);
}

/* WHO: what stands in front of it, or NULL. */
static void
print_line(struct printing *p, const struct one *o, struct log_file *f, uint64_t start,
	   uint64_t end, const char *who)
{
	bool error;
	if (!read_line(p, f, start, end, &error))
		return;
	if (p->env->json) {
		struct str out = STR_INIT;
		str_adds(&out, "{\"run\": ");
		json_put_str(&out, o->run);
		str_adds(&out, ", \"file\": ");
		json_put_str(&out, o->path);
		str_addf(&out,
			 ", \"offset\": %llu, \"error\": %s, \"text\": ", (unsigned long long)start,
			 error ? "true" : "false");
		json_put_str(&out, str_c(&p->text));
		str_addc(&out, '}');
		puts(str_c(&out));
		str_release(&out);
		return;
	}
	if (p->color) {
		str_reset(&p->text);
		ansi_write(&p->ansi, &p->text);
	}
	print_heading(p, o);
	if (who)
		printf("%-*s ", p->who_columns + (int)strlen(who) - utf8_columns(who), who);
	puts(str_c(&p->text));
}

/* Up to TO; a last line that has no end yet only when ALL. Returns where to go on. */
static uint64_t
print_lines(struct printing *p, const struct one *o, struct log_file *f, uint64_t at, uint64_t to,
	    bool all)
{
	while (at < to && !ferror(stdout)) {
		uint64_t end = log_file_end(f, at);
		const char *last;
		if (end >= f->size && !all &&
		    (log_file_bytes(f, end - 1, end, &last) != 1 || *last != '\n'))
			break;
		print_line(p, o, f, at, end, NULL);
		at = end;
	}
	return at;
}

/* Where the N wanted lines before AT begin. */
static uint64_t
back_lines(struct printing *p, struct log_file *f, uint64_t at, int64_t n)
{
	bool all = !p->errors && !p->grep, error;
	while (n > 0 && at > 0) {
		uint64_t end = at;
		at = log_file_start(f, at - 1);
		n -= all || read_line(p, f, at, end, &error);
	}
	return at;
}

static void
note_file(struct one *o, const struct log_file *f, uint64_t at)
{
	o->at = at;
	o->dev = f->dev;
	o->ino = f->ino;
	o->head = f->head;
	o->there = true;
}

static void
print_around(struct printing *p, struct one *o, struct log_file *f)
{
	int64_t around = p->lines < 0 ? AROUND : p->lines;
	struct log_place w = {
		.has_step = true,
		.unit = (enum step_unit)o->unit,
		.step = p->step,
		.path = o->path,
		.tz_offset_s = p->tz_offset_s,
		.now_us = clock_wall_us(),
		.patterns = conf_patterns(p->env->conf),
	};
	uint64_t at;
	if (!log_place_find(f, &w, &at))
		return;
	uint64_t to = at;
	for (int64_t i = 0; i <= around && to < f->size; i++)
		to = log_file_end(f, to);
	/* Around it in the file, whatever is wanted of that. */
	uint64_t from = at;
	for (int64_t i = 0; i < around && from > 0; i++)
		from = log_file_start(f, from - 1);
	print_lines(p, o, f, from, to, true);
	p->last = NULL;
}

/* All that is there, of a text and of what has one. */
static int
open_whole(struct printing *p, struct log_file *f, const char *path, struct err *e)
{
	return wandb_texts_open(&p->made, f, path, p->tz_offset_s, INT64_MAX, e);
}

/* False: it can't be read; that was said. */
static bool
print_file(struct printing *p, struct one *o)
{
	struct log_file f;
	struct err e;
	if (open_whole(p, &f, o->path, &e) < 0) {
		if (!p->follow)
			cmd_fail(&e);
		return false;
	}
	uint64_t at = 0;
	if (p->at) {
		print_around(p, o, &f);
	} else {
		if (p->lines >= 0)
			at = back_lines(p, &f, f.size, p->lines);
		at = print_lines(p, o, &f, at, f.size, !p->follow);
	}
	note_file(o, &f, at);
	log_file_close(&f);
	return true;
}

/* What was appended; all of it when it is another file, or began anew. */
static void
print_growth(struct printing *p, struct one *o)
{
	struct log_file f;
	struct err gone;
	struct stat st;
	if (o->there && stat(o->path, &st) == 0 && st.st_size == o->size &&
	    (uint64_t)st.st_ino == o->ino)
		return;
	if (open_whole(p, &f, o->path, &gone) < 0)
		return;
	o->size = stat(o->path, &st) == 0 ? st.st_size : 0;
	if (o->there && (f.dev != o->dev || f.ino != o->ino || f.size < o->at ||
			 (o->head && f.head != o->head)))
		o->at = 0;
	note_file(o, &f, print_lines(p, o, &f, o->at, f.size, false));
	log_file_close(&f);
}

/* -- all files as one ------------------------------------------------------------------------- */

/* Where the N wanted lines before AT begin. */
static uint64_t
back_merged(struct printing *p, struct log_merge *g, uint64_t at, int64_t n)
{
	bool all = !p->errors && !p->grep, error;
	struct log_merged l;
	while (n > 0 && log_merge_back(g, at, &l)) {
		at = l.at;
		n -= all || read_line(p, l.f, l.start, l.end, &error);
	}
	return at;
}

static uint64_t
print_merged(struct printing *p, struct log_merge *g, uint64_t at)
{
	struct log_merged l;
	while (!ferror(stdout) && log_merge_forth(g, at, &l)) {
		print_line(p, &p->one[l.file], l.f, l.start, l.end, l.who);
		at = l.at + (l.end - l.start);
	}
	return at;
}

/* False: none can be read; that was said. */
static bool
merge(struct printing *p)
{
	char **path = xcalloc(p->n + 1, sizeof *path), **who = xcalloc(p->n + 1, sizeof *who);
	struct log_serve_env env = {.tz_offset_s = p->tz_offset_s, .texts = &p->made};
	struct err e;
	bool any = true;
	uint64_t at = 0;
	for (size_t i = 0; i < p->n; i++)
		path[i] = p->one[i].path;
	log_who(path, p->n, who);
	for (size_t i = 0; i < p->n; i++) {
		int columns = utf8_columns(who[i]);
		p->who_columns = columns > p->who_columns ? columns : p->who_columns;
		free(who[i]);
	}
	struct log_merge *g = log_merge_new(path, p->n, 1);
	log_merge_begin(g, &env);
	if (log_merge_failed(g, &e)) {
		any = false;
		cmd_fail(&e);
	} else {
		at = p->lines >= 0 ? back_merged(p, g, log_merge_size(g), p->lines) : 0;
		at = print_merged(p, g, at);
	}
	while (p->follow && fflush(stdout) == 0 && !ferror(stdout)) {
		log_merge_end(g);
		nanosleep(&(struct timespec){.tv_nsec = FOLLOW_NS}, NULL);
		log_merge_begin(g, &env);
		if (log_merge_size(g) < at)
			at = 0;
		at = print_merged(p, g, at);
	}
	log_merge_end(g);
	log_merge_free(g);
	free(path);
	free(who);
	return any;
}

static void
follow(struct printing *p)
{
	while (fflush(stdout) == 0 && !ferror(stdout)) {
		nanosleep(&(struct timespec){.tv_nsec = FOLLOW_NS}, NULL);
		for (size_t i = 0; i < p->n; i++)
			print_growth(p, &p->one[i]);
	}
}

/* -- the command ------------------------------------------------------------------------------ */

static int
take_number(const char *name, const char *text, int64_t least, int64_t *n, struct err *e)
{
	char *end;
	errno = 0;
	*n = strtoll(text, &end, 10);
	if (!*text || *end || errno || *n < least)
		return err_set(e, ERR_USAGE, "%s %s: that is no number", name, text);
	return 0;
}

static int
parse(struct printing *p, struct err *e)
{
	struct cmd_env *env = p->env;
	const char *lines = cmd_option(env, "-n");
	int code = 0;
	p->follow = cmd_option(env, "-f") != NULL;
	p->errors = cmd_option(env, "--errors") != NULL;
	p->list = cmd_option(env, "--list") != NULL;
	p->grep = cmd_option(env, "--grep");
	p->merge = cmd_option(env, "--merge") != NULL;
	p->at = cmd_option(env, "--at");
	p->file = cmd_option(env, "--file");
	p->lines = p->follow ? FOLLOW_LINES : -1;
	p->color = env->color == 1 || (env->color < 0 && env->out_tty);
	p->ansi.limit = 2 * LOG_BLOCK;
	if (env->narg == 0)
		return err_set(e, ERR_USAGE, "mm log RUN: of which run? mm runs lists them");
	if (p->follow && p->at)
		return err_set(e, ERR_USAGE, "mm log: -f goes on at the end, --at STEP does not");
	if (p->merge && p->at)
		return err_set(e, ERR_USAGE, "mm log: --at STEP is of each file, --merge of all");
	p->tz_offset_s = INT_MIN;
	conf_parse_tz(conf_str(env->conf, "source.tz"), &p->tz_offset_s);
	if (lines)
		code = take_number("-n", lines, 0, &p->lines, e);
	if (code == 0 && p->at)
		code = take_number("--at", p->at, INT64_MIN, &p->step, e);
	return code;
}

int
cmd_log(struct cmd_env *env)
{
	struct err e = {0};
	struct printing p = {.env = env};
	int status = EXIT_DONE, code = parse(&p, &e);
	if (code == 0)
		code = gather(&p, &e);
	if (code < 0) {
		status = cmd_fail(&e);
	} else if (p.n == 0 && p.left_out) {
		fprintf(stderr, "mm: no file fits --file %s; there %s:%s\n", p.file,
			p.left_out == 1 ? "is" : "are", str_c(&p.names));
		status = EXIT_NOT;
	} else if (p.n == 0) {
		fprintf(stderr,
			"mm: no text is known of %s; `:attach FILE` in the dashboard adds "
			"a file\n",
			env->narg > 1 ? "these runs" : "this run");
		status = EXIT_NOT;
	} else if (p.list) {
		list_files(&p);
	} else if (p.merge) {
		status = merge(&p) ? EXIT_DONE : EXIT_NOT;
	} else {
		bool any = false;
		for (size_t i = 0; i < p.n && !ferror(stdout); i++)
			any |= print_file(&p, &p.one[i]);
		status = any || p.follow ? EXIT_DONE : EXIT_NOT;
		if (p.follow)
			follow(&p);
	}
	for (size_t i = 0; i < p.n; i++) {
		free(p.one[i].run);
		free(p.one[i].path);
		free(p.one[i].kind);
		free(p.one[i].why);
	}
	free(p.one);
	ansi_release(&p.ansi);
	wandb_texts_release(&p.made);
	str_release(&p.names);
	str_release(&p.text);
	str_release(&p.scratch);
	return status == EXIT_DONE ? cmd_finish(status) : status;
}
