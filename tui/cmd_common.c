/* What every reading command needs: catch up, open, find runs and series by name, print columns.
 *
 * A command is a reader. Only when nobody ingests does it become, for a moment, the ingester: it
 * takes the lock, reads what has grown, judges nothing, lets go, and then reads the store like
 * anybody else. */
#include "core/clock.h"
#include "core/ctl.h"
#include "core/ingest.h"
#include "core/json_tree.h"
#include "core/registry.h"
#include "core/utf8.h"
#include "core/xalloc.h"
#include "tui/carry.h"
#include "tui/cmd.h"
#include "tui/fmt.h"
#include "tui/path.h"
#include "tui/text_words.h"
#include "tui/unwanted.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SYNC_PATIENCE_MS 20000
/* For what stands beside logs of how runs ended; and when there are new logs, which took longer. */
#define WORDS_US 50000
#define NEW_WORDS_US 2000000

int
cmd_fail(const struct err *e)
{
	struct str s = STR_INIT;
	utf8_clean(&s, e->text, strlen(e->text), 0);
	fprintf(stderr, "mm: %s\n", str_c(&s));
	str_release(&s);
	return e->code == ERR_NOTFOUND || e->code == ERR_CORRUPT ? EXIT_NOT : EXIT_USAGE;
}

int
cmd_finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno != EPIPE)
		fprintf(stderr, "mm: cannot write to standard output: %s\n", strerror(errno));
	return EXIT_USAGE;
}

char *
cmd_registry_dir(const char *given, const struct conf *c)
{
	struct str where = STR_INIT;
	struct err ignored;
	char *real = NULL;
	if (registry_where(given, c, &where, &ignored) == 0) {
		real = realpath(str_c(&where), NULL);
		if (!real)
			real = xstrdup(str_c(&where));
	}
	str_release(&where);
	return real;
}

/* -- catching up ------------------------------------------------------------------------------- */

struct catch_up {
	struct loop *loop;
	int code;
	struct err *e;
	bool shown; /* a progress line stands on stderr */
	int64_t next_us;
};

static void
caught_up(void *ctx, int code, const char *text)
{
	struct catch_up *cu = ctx;
	cu->code =
		code < 0 ? err_set(cu->e, code, "%s", text ? text : "reading the logs failed") : 0;
	loop_stop(cu->loop);
}

static void
show_progress(void *ctx, const struct ingest_progress *p)
{
	struct catch_up *cu = ctx;
	int64_t now = clock_mono_us();
	if (now < cu->next_us || p->bytes_total == 0)
		return;
	char done[FMT_N], total[FMT_N];
	fprintf(stderr, "\rreading logs: %s of %s \033[K", fmt_bytes(done, p->bytes_done),
		fmt_bytes(total, p->bytes_total));
	cu->next_us = now + 250000;
	cu->shown = true;
}

/* --root directories that no registered root covers are visited too; with nothing known at all, the
 * current one. */
struct roots_known {
	char **path;
	size_t n, cap;
	/* Of what was read before, though its root may not be kept, the highest id; 0: nothing */
	uint32_t last_log;
};

static int
note_root(void *ctx, const char *path)
{
	struct roots_known *k = ctx;
	*vec_push(k->path, k->n, k->cap) = xstrdup(path);
	return 0;
}

static void
roots_release(struct roots_known *k)
{
	for (size_t i = 0; i < k->n; i++)
		free(k->path[i]);
	free(k->path);
}

static int
note_log(void *ctx, const struct log_info *li)
{
	struct roots_known *k = ctx;
	k->last_log = li->id > k->last_log ? li->id : k->last_log;
	return 0;
}

static bool
covered(const struct roots_known *k, const char *dir)
{
	for (size_t i = 0; i < k->n; i++)
		if (path_under(dir, k->path[i]))
			return true;
	return false;
}

/* The current directory, unless it is where everything is. */
static char *
current_dir(void)
{
	char *cwd = getcwd(NULL, 0);
	const char *home = getenv("HOME");
	if (cwd && strcmp(cwd, "/") != 0 && (!home || strcmp(cwd, home) != 0))
		return cwd;
	free(cwd);
	return NULL;
}

static int
visit_roots(struct cmd_env *env, struct ingest *in, const struct roots_known *known, struct err *e)
{
	int rc = 0;
	if (known->n == 0 && env->nroots == 0 && !known->last_log) {
		char *cwd = current_dir();
		if (cwd) {
			rc = ingest_root(in, cwd, e);
			env->root[env->nroots++] = cwd;
		}
	}
	for (int i = 0; i < env->nroots && rc == 0; i++)
		if (!covered(known, env->root[i]))
			rc = ingest_root(in, env->root[i], e);
	/* A root that is gone has nothing to say; what was read of it stays. */
	return rc == ERR_NOTFOUND ? 0 : rc;
}

static int
see_words(struct cmd_env *env, struct loop *loop, struct sink *sink, struct ingest *in,
	  uint32_t last_log, struct err *e)
{
	struct roots_known now = {0};
	struct text_words *t = text_words_new(loop, sink, in);
	for (int i = 0; i < env->nroots; i++)
		text_words_root(t, env->root[i]);
	sink->ops->log_each(sink, note_log, &now);
	text_words_look_briefly(t, env->conf, last_log,
				now.last_log > last_log ? NEW_WORDS_US : WORDS_US);
	text_words_free(t);
	return ingest_flush(in, e);
}

static int
catch_up_here(struct cmd_env *env, const char *dir, struct err *e)
{
	struct store *st;
	struct str note = STR_INIT;
	int rc = store_open(dir, STORE_WRITE, &st, &note, e);
	if (note.len)
		fprintf(stderr, "mm: %s\n", str_c(&note));
	str_release(&note);
	if (rc < 0)
		return rc;
	struct sink *sink = store_sink(st, env->conf);
	struct roots_known known = {0};
	sink->ops->root_each(sink, note_root, &known);
	sink->ops->log_each(sink, note_log, &known);
	struct catch_up cu = {.loop = loop_new(), .e = e, .next_us = clock_mono_us() + 1000000};
	struct unwanted *unwanted = unwanted_new();
	char *registry = cmd_registry_dir(NULL, env->conf);
	struct ingest_opts o = {.once = true,
				.visit = true,
				.avoid = {dir, registry},
				.unwanted = unwanted_run,
				.unwanted_ctx = unwanted,
				.moved = carry_marks,
				.moved_ctx = unwanted_journal(unwanted)};
	struct ingest_events ev = {.ctx = &cu,
				   .progress = isatty(STDERR_FILENO) ? show_progress : NULL};
	struct ingest *in = ingest_new(cu.loop, sink, env->conf, &o, &ev, e);
	if (in) {
		rc = visit_roots(env, in, &known, e);
		if (rc == 0) {
			ingest_sync(in, caught_up, &cu);
			loop_run(cu.loop);
			rc = cu.code;
		}
		if (rc == 0)
			rc = see_words(env, cu.loop, sink, in, known.last_log, e);
		ingest_free(in);
	} else {
		rc = e->code;
	}
	if (cu.shown)
		fputs("\r\033[K", stderr);
	roots_release(&known);
	loop_free(cu.loop);
	free(registry);
	unwanted_free(unwanted);
	store_close(st);
	return rc;
}

static int
catch_up(struct cmd_env *env, const char *dir, struct err *e)
{
	int fd;
	struct err ignored;
	int rc = lock_take(dir, &fd, NULL, &ignored);
	if (rc == ERR_BUSY) {
		/* Whoever it is reads already; he is asked to be complete. Silence or refusal: what
		 * is there has to do. */
		struct str answer = STR_INIT;
		ctl_ask(dir, "sync", NULL, 0, SYNC_PATIENCE_MS, &answer, &ignored);
		str_release(&answer);
		return 0;
	}
	if (rc < 0)
		return 0; /* not mine to write: somebody else's store is shown as it is */
	rc = catch_up_here(env, dir, e);
	lock_release(fd);
	return rc;
}

int
cmd_begin(struct cmd_env *env, struct store **st, struct snap **sn, struct err *e)
{
	struct str dir = STR_INIT, note = STR_INIT;
	*st = NULL;
	*sn = NULL;
	int rc = store_where(env->store_arg, env->store_arg != NULL, &dir, &note, e);
	if (rc == 0 && !env->as_is)
		rc = catch_up(env, str_c(&dir), e);
	if (rc == 0)
		rc = store_open(str_c(&dir), STORE_READ, st, NULL, e);
	if (rc == 0 && (rc = snap_begin(*st, sn, e)) < 0) {
		store_close(*st);
		*st = NULL;
	}
	str_release(&dir);
	str_release(&note);
	return rc == ERR_NOTFOUND ? 0 : rc;
}

void
cmd_end(struct store *st, struct snap *sn)
{
	if (sn)
		snap_end(sn);
	if (st)
		store_close(st);
}

void
cmd_say_none(const struct cmd_env *env, struct snap *sn, int hidden)
{
	struct roots_known under = {0};
	struct str s = STR_INIT, clean = STR_INIT;
	if (!isatty(STDERR_FILENO))
		return;
	for (int i = 0; i < env->nroots; i++)
		note_root(&under, env->root[i]);
	if (sn && !env->nroots)
		snap_roots(sn, note_root, &under);
	if (hidden) {
		str_addf(&s, "%d hidden run%s; --all shows them", hidden, hidden == 1 ? "" : "s");
	} else {
		str_adds(&s, "no runs");
		if (under.n)
			str_addf(&s, " under %s", under.path[0]);
		if (under.n > 1)
			str_addf(&s, " and %zu more", under.n - 1);
		if (!env->as_is)
			str_adds(&s,
				 "; mm sources --all says which files were left alone, and why");
	}
	utf8_clean(&clean, str_c(&s), s.len, 0);
	fprintf(stderr, "mm: %s\n", str_c(&clean));
	str_release(&clean);
	str_release(&s);
	roots_release(&under);
}

enum { ASK_TRIES = 20, ASK_PAUSE_US = 250000 };

int
cmd_ask(const char *dir, const char *verb, const char *const *args, int n, struct str *answer,
	struct err *e)
{
	int code = ERR_NOTFOUND;
	for (int i = 0; i < ASK_TRIES && code == ERR_NOTFOUND && (i == 0 || lock_held(dir, NULL));
	     i++) {
		if (i)
			usleep(ASK_PAUSE_US);
		code = ctl_ask(dir, verb, args, n, -1, answer, e);
	}
	if (code == ERR_NOTFOUND)
		return err_set(e, ERR_BUSY, "%s: another command is busy with it; try again", dir);
	return code;
}

/* -- printing ---------------------------------------------------------------------------------- */

int
cmd_colors(const struct cmd_env *env)
{
	const char *term = getenv("TERM"), *none = getenv("NO_COLOR");
	if (env->color == 0 || (env->color < 0 && (!env->out_tty || (none && *none) || !term ||
						   !strcmp(term, "dumb"))))
		return 0;
	return term && (strstr(term, "256") || strstr(term, "kitty") || strstr(term, "direct"))
		       ? 256
	       : env->color > 0 && (!term || !strcmp(term, "dumb")) ? 256
								    : 8;
}

void
cmd_line(struct str *s)
{
	struct str clean = STR_INIT;
	utf8_clean(&clean, str_c(s), s->len, 0);
	puts(str_c(&clean));
	str_release(&clean);
	str_release(s);
}

void
cmd_sheet_add(struct cmd_sheet *s, const char *cell)
{
	struct str clean = STR_INIT;
	bool right = cell[0] == '\t';
	if (right)
		str_addc(&clean, '\t');
	utf8_clean(&clean, cell + right, strlen(cell + right), 0);
	*vec_push(s->cell, s->n, s->cap) = str_steal(&clean);
}

void
cmd_sheet_right(struct cmd_sheet *s, const char *cell)
{
	char *right = xasprintf("\t%s", cell);
	cmd_sheet_add(s, right);
	free(right);
}

int
cmd_columns(void)
{
	struct winsize ws;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 ? ws.ws_col : 0;
}

static void
pad(struct str *line, int n)
{
	while (n-- > 0)
		str_addc(line, ' ');
}

/* What a terminal of LIMIT columns can show of LINE, without splitting a character. */
static void
cut_line(struct str *line, int limit)
{
	const char *p = line->buf, *end = line->buf + line->len;
	int used = 0;
	while (p < end) {
		uint32_t cp;
		const char *next = utf8_next(p, end, &cp);
		used += utf8_width(cp);
		if (used > limit)
			break;
		p = next;
	}
	line->len = (size_t)(p - line->buf);
	line->buf[line->len] = '\0';
}

void
cmd_sheet_print(struct cmd_sheet *s, const struct cmd_env *env)
{
	int *width = xcalloc((size_t)s->columns, sizeof *width);
	int limit = env->out_tty ? cmd_columns() : 0;
	for (size_t i = 0; i < s->n; i++) {
		int w = utf8_columns(s->cell[i] + (s->cell[i][0] == '\t'));
		int *at = &width[i % (size_t)s->columns];
		*at = w > *at ? w : *at;
	}
	struct str line = STR_INIT;
	for (size_t i = 0; i < s->n; i++) {
		int c = (int)(i % (size_t)s->columns);
		bool right = s->cell[i][0] == '\t', last = c == s->columns - 1;
		const char *z = s->cell[i] + right;
		int gap = width[c] - utf8_columns(z);
		if (right)
			pad(&line, gap);
		str_adds(&line, z);
		if (!right && !last)
			pad(&line, gap);
		if (!last) {
			str_adds(&line, "  ");
			continue;
		}
		while (line.len && line.buf[line.len - 1] == ' ')
			line.buf[--line.len] = '\0';
		if (limit)
			cut_line(&line, limit);
		puts(str_c(&line));
		str_reset(&line);
	}
	str_release(&line);
	for (size_t i = 0; i < s->n; i++)
		free(s->cell[i]);
	free(s->cell);
	free(width);
	*s = (struct cmd_sheet){.columns = s->columns};
}
