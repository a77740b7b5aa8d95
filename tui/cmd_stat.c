/* mm stat: what the store is made of. mm compact: the same, with nothing to spare. */
#include "core/ctl.h"
#include "core/json_put.h"
#include "core/xalloc.h"
#include "tui/cmd.h"
#include "tui/fmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORTH_IT (1 << 20) /* bytes that are free */

static int
no_arguments(const struct cmd_env *env, struct err *e)
{
	return env->narg ? err_set(e, ERR_USAGE,
				   "mm %s takes no argument; --store DIR names the store",
				   env->cmd->name)
			 : 0;
}

/* The directory, with a store in it. */
static int
existing_store(const struct cmd_env *env, struct str *dir, struct store **st, struct err *e)
{
	int code = store_where(env->store_arg, env->store_arg != NULL, dir, NULL, e);
	if (code == 0)
		code = store_open(str_c(dir), STORE_READ, st, NULL, e);
	if (code == ERR_NOTFOUND)
		err_set(e, ERR_NOTFOUND, "%s: there is no store yet; mm watch makes one",
			str_c(dir));
	return code;
}

/* -- stat -------------------------------------------------------------------------------------- */

static double
per_point(uint64_t bytes, uint64_t points)
{
	return points ? (double)bytes / (double)points : 0;
}

static void
json_kinds(struct str *s, const char *key, const struct store_kind *k, int n)
{
	str_addf(s, ", \"%s\": {", key);
	for (int i = 0; i < n; i++) {
		str_adds(s, i ? ", " : "");
		json_put_str(s, k[i].name);
		str_addf(s, ": {\"records\": %llu, \"bytes\": %llu",
			 (unsigned long long)k[i].records, (unsigned long long)k[i].bytes);
		if (k[i].points)
			str_addf(s, ", \"points\": %llu", (unsigned long long)k[i].points);
		str_addc(s, '}');
	}
	str_addc(s, '}');
}

static void
print_json(const char *dir, const struct store_stat *st)
{
	struct str s = STR_INIT;
	str_adds(&s, "{\"store\": ");
	json_put_str(&s, dir);
	str_addf(&s, ", \"file\": %llu, \"used\": %llu, \"map\": %llu, \"page\": %llu",
		 (unsigned long long)st->file, (unsigned long long)st->used,
		 (unsigned long long)st->map, (unsigned long long)st->page);
	str_addf(&s, ", \"pages\": %llu, \"free_pages\": %llu", (unsigned long long)st->pages,
		 (unsigned long long)st->free_pages);
	str_addf(&s, ", \"runs\": %llu, \"logs\": %llu, \"series\": %llu, \"points\": %llu",
		 (unsigned long long)st->runs, (unsigned long long)st->logs,
		 (unsigned long long)st->series, (unsigned long long)st->points);
	json_kinds(&s, "kinds", st->kind, st->nkinds);
	json_kinds(&s, "codecs", st->codec, st->ncodecs);
	str_adds(&s, ", \"readers\": [");
	bool any = false;
	for (int i = 0; i < st->nreaders; i++) {
		if (st->reader[i].pid == (long)getpid())
			continue;
		str_addf(&s, "%s{\"pid\": %ld, \"txn\": %llu}", any ? ", " : "", st->reader[i].pid,
			 (unsigned long long)st->reader[i].txn);
		any = true;
	}
	str_adds(&s, "]}");
	cmd_line(&s);
}

static void
add_kind(struct cmd_sheet *sheet, const struct store_kind *k, const char *indent, uint64_t points)
{
	char b[FMT_N], n[40];
	char *name = xasprintf("%s%s", indent, k->name);
	cmd_sheet_add(sheet, name);
	free(name);
	snprintf(n, sizeof n, "%llu", (unsigned long long)k->records);
	cmd_sheet_right(sheet, n);
	cmd_sheet_right(sheet, fmt_bytes(b, k->bytes));
	snprintf(n, sizeof n, "%.2f", per_point(k->bytes, points));
	cmd_sheet_right(sheet, points ? n : "");
}

static void
print_text(const struct cmd_env *env, const char *dir, const struct store_stat *st)
{
	char a[FMT_N], b[FMT_N], c[FMT_N];
	printf("%s: %s, %s in use, of %s address space\n", dir, fmt_bytes(a, st->file),
	       fmt_bytes(b, st->pages * st->page), fmt_bytes(c, st->map));
	printf("%llu runs, %llu logs, %llu series, %llu points: %.2f bytes a point\n",
	       (unsigned long long)st->runs, (unsigned long long)st->logs,
	       (unsigned long long)st->series, (unsigned long long)st->points,
	       per_point(st->file, st->points));
	if (st->free_pages * 4 > st->pages && st->free_pages * st->page > WORTH_IT)
		printf("%s free; mm compact gives it back\n",
		       fmt_bytes(a, st->free_pages * st->page));
	for (int i = 0; i < st->nreaders; i++)
		if (st->reader[i].pid != (long)getpid())
			printf("read by pid %ld%s\n", st->reader[i].pid,
			       st->reader[i].txn ? ", which holds a snapshot now" : "");
	struct cmd_sheet sheet = {.columns = 4};
	static const char *const heading[] = {"KIND", "\tRECORDS", "\tBYTES", "\tPER POINT"};
	for (int i = 0; i < 4; i++)
		cmd_sheet_add(&sheet, heading[i]);
	for (int i = 0; i < st->nkinds; i++) {
		add_kind(&sheet, &st->kind[i], "", st->points);
		for (int k = 0; k < st->ncodecs && strcmp(st->kind[i].name, "chunks") == 0; k++)
			add_kind(&sheet, &st->codec[k], "  ", st->codec[k].points);
	}
	cmd_sheet_print(&sheet, env);
}

int
cmd_stat(struct cmd_env *env)
{
	struct err e = {0};
	struct str dir = STR_INIT;
	struct store *st = NULL;
	struct store_stat s = {0};
	int code = no_arguments(env, &e);
	if (code == 0)
		code = existing_store(env, &dir, &st, &e);
	if (code == 0)
		code = store_stat(st, &s, &e);
	cmd_end(st, NULL);
	if (code == 0 && env->json)
		print_json(str_c(&dir), &s);
	else if (code == 0)
		print_text(env, str_c(&dir), &s);
	free(s.reader);
	str_release(&dir);
	return code < 0 ? cmd_fail(&e) : cmd_finish(EXIT_DONE);
}

/* -- compact ----------------------------------------------------------------------------------- */

static int
compact_here(const char *dir, uint64_t *before, uint64_t *after, struct err *e)
{
	struct store *st;
	struct str note = STR_INIT;
	int code = store_open(dir, STORE_WRITE, &st, &note, e);
	if (note.len)
		fprintf(stderr, "mm: %s\n", str_c(&note));
	str_release(&note);
	if (code < 0)
		return code;
	code = store_compact(st, before, after, e);
	store_close(st);
	return code;
}

static int
compact_there(const char *dir, uint64_t *before, uint64_t *after, struct err *e)
{
	struct str answer = STR_INIT;
	unsigned long long was = 0, is = 0;
	int code = cmd_ask(dir, "compact", NULL, 0, &answer, e);
	if (code == 0 && sscanf(str_c(&answer), "%llu %llu", &was, &is) != 2)
		code = err_set(e, ERR_SYS, "%s: whoever watches is of another version", dir);
	*before = was;
	*after = is;
	str_release(&answer);
	return code;
}

int
cmd_compact(struct cmd_env *env)
{
	struct err e = {0};
	struct str dir = STR_INIT, s = STR_INIT;
	struct store *st = NULL;
	uint64_t before = 0, after = 0;
	int fd, code = no_arguments(env, &e);
	if (code == 0)
		code = existing_store(env, &dir, &st, &e);
	cmd_end(st, NULL);
	if (code == 0)
		code = lock_take(str_c(&dir), &fd, NULL, &e);
	if (code == 0) {
		code = compact_here(str_c(&dir), &before, &after, &e);
		lock_release(fd);
	} else if (code == ERR_BUSY) {
		code = compact_there(str_c(&dir), &before, &after, &e);
	}
	if (code == 0 && env->json) {
		str_adds(&s, "{\"store\": ");
		json_put_str(&s, str_c(&dir));
		str_addf(&s, ", \"before\": %llu, \"after\": %llu}", (unsigned long long)before,
			 (unsigned long long)after);
		cmd_line(&s);
	} else if (code == 0) {
		char a[FMT_N], b[FMT_N];
		printf("%s: %s, was %s\n", str_c(&dir), fmt_bytes(a, after), fmt_bytes(b, before));
	}
	str_release(&dir);
	return code < 0 ? cmd_fail(&e) : cmd_finish(EXIT_DONE);
}
