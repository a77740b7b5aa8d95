/* The registry from the side of those who use it: what is promised of numbers, content, copies,
 * removal and links, by several at once and against damage. */
#include "tests/unit/reg_kit.h"

#include "core/checkpoint.h"
#include "core/reg_impl.h"
#include "core/retention.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void
equal_content_is_one_version_and_one_object(void **state)
{
	struct reg_kit *k = *state;
	struct version_list l;
	struct err e;
	reg_kit_file(k, "a/w", "same");
	reg_kit_file(k, "a/x", "same");
	reg_kit_file(k, "b/w", "same");
	reg_kit_file(k, "b/x", "same");
	assert_int_equal(reg_kit_save(k, "net", "a", NAN, 1), 1);
	assert_int_equal(reg_kit_save(k, "net", "b", NAN, 2), 1);
	assert_int_equal(reg_kit_save(k, "other", "b", NAN, 2), 1);
	reg_kit_file(k, "b/x", "else");
	assert_int_equal(reg_kit_save(k, "net", "b", NAN, 3), 2);
	assert_int_equal(registry_list(k->r, NULL, false, &l, &e), 0);
	assert_int_equal(l.n, 3);
	/* net@v1 has nothing of its own; net@v2 has "else". */
	assert_int_equal(registry_exclusive(&l, &l.at[0]), 0);
	assert_int_equal(registry_exclusive(&l, &l.at[1]), 4);
	version_list_release(&l);
	reg_kit_assert_whole(k);
}

static void
many_save_at_once_and_numbers_are_dense(void **state)
{
	struct reg_kit *k = *state;
	enum { SAVERS = 6, EACH = 4 };
	for (int i = 0; i < SAVERS; i++) {
		fflush(NULL);
		if (fork())
			continue;
		reg_kit_again(k);
		for (int n = 0; n < EACH; n++) {
			char name[40], text[40];
			snprintf(name, sizeof name, "s%d/w%d", i, n);
			snprintf(text, sizeof text, "%d of %d", n, i);
			reg_kit_file(k, name, text);
			reg_kit_save(k, "net", name, NAN, n);
		}
		_exit(0);
	}
	for (int i = 0; i < SAVERS; i++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	struct version_list l;
	struct err e;
	assert_int_equal(registry_list(k->r, "net", false, &l, &e), 0);
	assert_int_equal(l.n, SAVERS * EACH);
	for (size_t i = 0; i < l.n; i++) {
		assert_int_equal(l.at[i].number, i + 1);
		assert_int_equal(l.at[i].parent, i);
	}
	version_list_release(&l);
	reg_kit_assert_whole(k);
}

/* -- copies ------------------------------------------------------------------------------------ */

static int reads, writes, stop_after;

static int
count(void *ctx, enum regfs_op op)
{
	(void)ctx;
	/* no sharing of blocks here: every byte is read and written */
	if (op == REGFS_CLONE)
		return EOPNOTSUPP;
	reads += op == REGFS_READ;
	writes += op == REGFS_WRITE;
	return 0;
}

static bool
stop(void *ctx, const struct registry_progress *p)
{
	(void)ctx;
	assert_true(p->done <= p->total);
	return p->done >= (uint64_t)stop_after;
}

static void
big_file(struct reg_kit *k, const char *name, size_t n)
{
	reg_kit_file(k, name, "");
	char *path = xasprintf("%s/%s", k->top, name), *p = xmalloc(n);
	FILE *f = fopen(path, "w");
	for (size_t i = 0; i < n; i++)
		p[i] = (char)(i * 2654435761u >> 13);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
	free(p);
	free(path);
}

static void
an_interrupted_copy_goes_on(void **state)
{
	struct reg_kit *k = *state;
	struct err e;
	struct version v;
	bool fresh;
	enum { N = 5 << 20 };
	big_file(k, "big", N);
	char *path = xasprintf("%s/big", k->top);
	struct registry_save s = {.model = "net", .source = path, .progress = stop};
	regfs_hook(count, NULL);
	stop_after = 1; /* after the first block */
	assert_int_equal(registry_save(k->r, &s, &v, &fresh, &e), ERR_BUSY);
	stop_after = N + 1;
	writes = 0;
	assert_int_equal(registry_save(k->r, &s, &v, &fresh, &e), 0);
	/* four blocks of five were missing, and the manifest */
	assert_int_equal(writes, 5);
	version_release(&v);
	reg_kit_assert_whole(k);
	free(path);
}

static void
a_part_that_was_altered_is_not_believed(void **state)
{
	struct reg_kit *k = *state;
	struct err e;
	struct version v;
	bool fresh;
	char **name;
	size_t n;
	big_file(k, "big", 5 << 20);
	char *path = xasprintf("%s/big", k->top), *tmp = xasprintf("%s/tmp", k->dir);
	struct registry_save s = {.model = "net", .source = path, .progress = stop};
	stop_after = 1;
	regfs_hook(count, NULL);
	assert_int_equal(registry_save(k->r, &s, &v, &fresh, &e), ERR_BUSY);
	assert_int_equal(regfs_list(tmp, &name, &n), 0);
	assert_int_equal(n, 1);
	char *part = xasprintf("%s/%s", tmp, name[0]);
	int fd = open(part, O_RDWR);
	assert_int_equal(pwrite(fd, "lost in a power cut", 19, 500000), 19);
	close(fd);
	stop_after = 1 << 30;
	assert_int_equal(registry_save(k->r, &s, &v, &fresh, &e), 0);
	reg_kit_assert_whole(k);
	/* and it is the source, not only what it says it is */
	struct version_file f = v.file[0];
	assert_int_equal(reg_hash(path, &f, NULL, &e), 0);
	assert_string_equal(f.sha256, v.file[0].sha256);
	version_release(&v);
	regfs_names_free(name, n);
	free(part);
	free(path);
	free(tmp);
}

static char *rewritten;

static int
rewrite(void *ctx, enum regfs_op op)
{
	(void)ctx;
	static int n;
	/* While it is read, every time. */
	if (op == REGFS_READ || op == REGFS_CLONE) {
		FILE *f = fopen(rewritten, "w");
		fprintf(f, "other content, %d%*s", n, n % 7, "");
		n++;
		fclose(f);
	}
	return 0;
}

static void
a_source_that_changes_is_not_saved(void **state)
{
	struct reg_kit *k = *state;
	struct err e;
	struct version v;
	bool fresh;
	rewritten = xstrdup(reg_kit_file(k, "w", "as it was at first"));
	reg_kit_file(k, "first", "x");
	reg_kit_save(k, "net", "first", NAN, 0); /* the registry is there */
	struct registry_save s = {.model = "net", .source = rewritten};
	regfs_hook(rewrite, NULL);
	assert_int_equal(registry_save(k->r, &s, &v, &fresh, &e), ERR_BUSY);
	assert_non_null(strstr(e.text, "changes while it is read"));
	regfs_hook(NULL, NULL);
	v = reg_kit_find(k, "net");
	assert_int_equal(v.number, 1);
	version_release(&v);
	reg_kit_assert_whole(k);
	free(rewritten);
}

static void
the_trainers_file_is_never_the_registrys(void **state)
{
	struct reg_kit *k = *state;
	const char *path = reg_kit_file(k, "w", "saved");
	reg_kit_save(k, "net", "w", NAN, 0);
	FILE *f = fopen(path, "r+"); /* as torch.save() does */
	fputs("OTHER", f);
	fclose(f);
	reg_kit_assert_whole(k);
}

/* -- getting out ------------------------------------------------------------------------------- */

static void
nothing_outside_the_directory_is_written(void **state)
{
	struct reg_kit *k = *state;
	struct err e = {0};
	reg_kit_file(k, "a/sub/w", "content");
	reg_kit_file(k, "victim/keep", "mine");
	reg_kit_save(k, "net", "a", NAN, 0);
	struct version v = reg_kit_find(k, "net");
	char *out = xasprintf("%s/out", k->top), *link = xasprintf("%s/out/sub", k->top);
	char *victim = xasprintf("%s/victim", k->top), *planted = xasprintf("%s/victim/w", k->top);
	assert_int_equal(mkdir(out, 0700), 0);
	assert_int_equal(symlink(victim, link), 0);
	assert_int_equal(registry_restore(k->r, &v, out, true, NULL, NULL, &e), ERR_BUSY);
	assert_int_equal(access(planted, F_OK), -1);
	version_release(&v);
	free(out);
	free(link);
	free(victim);
	free(planted);
}

static void
names_may_be_anything_but_bytes_that_are_no_text(void **state)
{
	struct reg_kit *k = *state;
	struct err e = {0};
	struct version v;
	bool fresh;
	reg_kit_file(k, "a/with\nnewline \"and\" \xC3\xA9", "1");
	reg_kit_save(k, "net", "a", NAN, 0);
	v = reg_kit_find(k, "net");
	assert_string_equal(v.file[0].path, "with\nnewline \"and\" \xC3\xA9");
	version_release(&v);
	reg_kit_assert_whole(k);
	reg_kit_file(k, "b/\xFF", "1");
	char *path = xasprintf("%s/b", k->top);
	struct registry_save s = {.model = "net", .source = path};
	assert_int_equal(registry_save(k->r, &s, &v, &fresh, &e), ERR_USAGE);
	free(path);
}

static void
a_manifest_cannot_name_what_is_outside(void **state)
{
	(void)state;
	static const char *const bad[] = {"/etc/passwd", "../x", "a/../../x", "a//b", "",
					  ".",           "a/."};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct version_file f = {.path = (char *)bad[i]};
		struct version v = {.model = (char *)"net",
				    .number = 1,
				    .source = (char *)"/x",
				    .tree = true,
				    .file = &f,
				    .nfiles = 1};
		struct version back = {.model = (char *)"net", .number = 1};
		struct str s = STR_INIT;
		struct err e = {0};
		memset(f.sha256, 'a', 64);
		v.digest = f.sha256;
		reg_manifest_put(&s, &v);
		assert_int_equal(reg_manifest_get(&back, s.buf, s.len, &e), ERR_CORRUPT);
		back.model = NULL;
		version_release(&back);
		str_release(&s);
	}
}

static void
a_manifest_with_a_file_that_is_a_directory_too_is_refused(void **state)
{
	(void)state;
	/* what sorts between them hides neither */
	struct version_file f[] = {{.path = (char *)"a"},
				   {.path = (char *)"a-b"},
				   {.path = (char *)"a.b/c"},
				   {.path = (char *)"a/b/c"}};
	for (size_t n = 3; n <= 4; n++) {
		struct version v = {.model = (char *)"net",
				    .number = 1,
				    .source = (char *)"/x",
				    .tree = true,
				    .file = f,
				    .nfiles = n};
		struct version back = {.model = xstrdup("net"), .number = 1};
		struct str s = STR_INIT;
		struct err e = {0};
		for (size_t i = 0; i < n; i++)
			memset(f[i].sha256, 'a', 64);
		v.digest = f[0].sha256;
		reg_manifest_put(&s, &v);
		assert_int_equal(reg_manifest_get(&back, s.buf, s.len, &e),
				 n == 3 ? 0 : ERR_CORRUPT);
		if (n == 4)
			assert_string_equal(e.text,
					    "a is a file in it and a directory with files as well");
		version_release(&back);
		str_release(&s);
	}
}

/* -- damage ------------------------------------------------------------------------------------ */

static void
flip(const char *path, long at)
{
	char c;
	chmod(path, 0600);
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 1;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

static void
any_flipped_bit_of_manifest_or_object_is_found(void **state)
{
	struct reg_kit *k = *state;
	struct str wrong = STR_INIT;
	struct stat st;
	reg_kit_file(k, "w", "sixteen bytes...");
	reg_kit_save(k, "net", "w", 0.5, 7);
	struct version v = reg_kit_find(k, "net");
	char *path[2] = {registry_file(k->r, &v, 0), xasprintf("%s/models/net/v1", k->dir)};
	for (int p = 0; p < 2; p++) {
		assert_int_equal(stat(path[p], &st), 0);
		for (long at = 0; at < st.st_size; at++) {
			flip(path[p], at);
			str_reset(&wrong);
			if (reg_kit_verify(k->r, &wrong) != 1)
				fail_msg("byte %ld of %s: %s", at, path[p], str_c(&wrong));
			assert_non_null(strstr(str_c(&wrong), "net@v1"));
			flip(path[p], at);
		}
		free(path[p]);
	}
	reg_kit_assert_whole(k);
	version_release(&v);
	str_release(&wrong);
}

static void
a_newer_or_foreign_directory_is_refused(void **state)
{
	struct reg_kit *k = *state;
	struct registry *r;
	struct err e = {0};
	char *dir = xasprintf("%s/elsewhere", k->top);
	reg_kit_file(k, "elsewhere/thesis.tex", "mine");
	assert_int_equal(registry_open(dir, &r, &e), ERR_FORMAT);
	reg_kit_file(k, "newer/FORMAT", "mm-registry 9\n");
	free(dir);
	dir = xasprintf("%s/newer", k->top);
	assert_int_equal(registry_open(dir, &r, &e), ERR_VERSION);
	free(dir);
}

/* -- deploying --------------------------------------------------------------------------------- */

static bool
is_current(int dir, const char *path)
{
	struct stat a, b;
	return fstat(dir, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino;
}

static void
a_reader_never_sees_nothing_or_a_mixture(void **state)
{
	struct reg_kit *k = *state;
	struct err e = {0};
	struct deploy_result res;
	struct version v[2];
	char *path = xasprintf("%s/live", k->top);
	struct deploy_slot s = {.name = "live", .path = path};
	for (int i = 0; i < 2; i++) {
		char name[20];
		snprintf(name, sizeof name, "m%d/a", i);
		reg_kit_file(k, name, i ? "1" : "0");
		snprintf(name, sizeof name, "m%d/b", i);
		reg_kit_file(k, name, i ? "1" : "0");
		snprintf(name, sizeof name, "m%d", i);
		reg_kit_save(k, "net", name, NAN, i);
		snprintf(name, sizeof name, "net@v%d", i + 1);
		v[i] = reg_kit_find(k, name);
	}
	assert_int_equal(deploy_to(k->r, &s, &v[0], NULL, NULL, NULL, &res, &e), 0);
	deploy_result_release(&res);
	int stop_pipe[2];
	assert_int_equal(pipe2(stop_pipe, O_NONBLOCK), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		char c;
		int seen = 0;
		while (read(stop_pipe[0], &c, 1) != 1) {
			/* as a server does: the directory once, then its files */
			int dir = open(path, O_RDONLY | O_DIRECTORY);
			if (dir < 0)
				_exit(1);
			char got[2] = "";
			for (int i = 0; i < 2; i++) {
				int fd = openat(dir, i ? "b" : "a", O_RDONLY);
				/* who sleeps through five deployments comes too late */
				if (fd < 0 && !is_current(dir, path))
					break;
				if (fd < 0 || read(fd, &got[i], 1) != 1)
					_exit(2);
				close(fd);
			}
			close(dir);
			if (got[0] && got[1] && got[0] != got[1])
				_exit(3);
			seen += got[0] && got[1];
		}
		_exit(seen > 10 ? 0 : 4);
	}
	for (int i = 1; i < 120; i++) {
		assert_int_equal(deploy_to(k->r, &s, &v[i % 2], NULL, NULL, NULL, &res, &e), 0);
		deploy_result_release(&res);
	}
	int status;
	assert_int_equal(write(stop_pipe[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
	close(stop_pipe[0]);
	close(stop_pipe[1]);
	version_release(&v[0]);
	version_release(&v[1]);
	free(path);
}

static void
only_one_deploys_to_a_slot(void **state)
{
	struct reg_kit *k = *state;
	struct err e = {0};
	struct deploy_result res;
	reg_kit_file(k, "w", "x");
	reg_kit_save(k, "net", "w", NAN, 0);
	struct version v = reg_kit_find(k, "net");
	char *flag = xasprintf("%s/inside", k->top);
	char *before = xasprintf("sh -c 'echo $$ >%s.new; mv %s.new %s; exec sleep 600'", flag,
				 flag, flag);
	struct deploy_slot slow = {.name = "live", .before = before, .timeout_us = 10000000};
	struct deploy_slot s = {.name = "live"};
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		reg_kit_again(k);
		deploy_to(k->r, &slow, &v, NULL, NULL, NULL, &res, &e);
		_exit(0);
	}
	for (int i = 0; i < 1000 && access(flag, F_OK) < 0; i++)
		usleep(10000);
	assert_int_equal(deploy_to(k->r, &s, &v, NULL, NULL, NULL, &res, &e), ERR_BUSY);
	/* Killed inside: the lock is free again, and nothing was deployed. */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	FILE *f = fopen(flag, "re");
	int hook = 0;
	assert_true(f && fscanf(f, "%d", &hook) == 1);
	fclose(f);
	assert_int_equal(kill(hook, SIGKILL), 0);
	struct deploy_state *d;
	size_t n;
	assert_int_equal(deploy_states(k->r, &d, &n, &e), 0);
	assert_null(d[0].version);
	deploy_states_free(d, n);
	assert_int_equal(deploy_to(k->r, &s, &v, NULL, NULL, NULL, &res, &e), 0);
	assert_int_equal(res.outcome, DEPLOY_DONE);
	deploy_result_release(&res);
	version_release(&v);
	free(flag);
	free(before);
}

static void
what_is_no_link_is_not_replaced(void **state)
{
	struct reg_kit *k = *state;
	struct err e = {0};
	struct deploy_result res;
	reg_kit_file(k, "w", "x");
	reg_kit_save(k, "net", "w", NAN, 0);
	struct version v = reg_kit_find(k, "net");
	char *path = xstrdup(reg_kit_file(k, "live", "somebody's file"));
	struct deploy_slot s = {.name = "live", .path = path};
	assert_int_equal(deploy_to(k->r, &s, &v, NULL, NULL, NULL, &res, &e), ERR_USAGE);
	assert_int_equal(access(path, F_OK), 0);
	version_release(&v);
	free(path);
}

/* -- retention --------------------------------------------------------------------------------- */

static struct retention
rules(const char *text)
{
	struct retention p;
	struct err e = {0};
	if (retention_parse(text, &p, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	return p;
}

static unsigned
draw(unsigned *seed, unsigned n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % n;
}

/* Versions with some of everything. */
static struct version_list
random_versions(unsigned seed)
{
	struct version_list l = {0};
	int n = 1 + (int)draw(&seed, 12);
	for (int i = 0; i < n; i++) {
		struct version *v = vec_push(l.at, l.n, l.cap);
		*v = (struct version){.model = xstrdup("net"), .number = i + 1};
		v->time_us = (int64_t)draw(&seed, 100) * 1000000;
		v->step = (int64_t)draw(&seed, 5) * 500;
		v->step_from = VERSION_STEP_NAME;
		v->pinned = draw(&seed, 6) == 0;
		if (draw(&seed, 6) == 0) {
			v->slot = xcalloc(1, sizeof *v->slot);
			v->slot[v->nslots++] = xstrdup("prod");
		}
		if (draw(&seed, 4)) {
			v->metric = xcalloc(1, sizeof *v->metric);
			v->metric[v->nmetrics++] =
				(struct version_metric){xstrdup("loss"),
							draw(&seed, 9) ? draw(&seed, 5) : NAN, 0};
		}
	}
	return l;
}

static void
judge(const char *text, struct version_list *l, bool *stays)
{
	struct retention p = rules(text);
	char **keep = xcalloc(l->n, sizeof *keep);
	retention_judge(&p, l, GOAL_MIN, 100000000, keep);
	for (size_t i = 0; i < l->n; i++) {
		stays[i] = keep[i] != NULL;
		free(keep[i]);
	}
	free(keep);
	retention_release(&p);
}

static void
rules_only_ever_keep_more(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed < 500; seed++) {
		struct version_list l = random_versions(seed);
		bool best[16], last[16], both[16];
		judge("best 2 loss", &l, best);
		judge("last 2", &l, last);
		judge("last 2, best 2 loss", &l, both);
		int nbest = 0;
		for (size_t i = 0; i < l.n; i++) {
			const struct version *v = &l.at[i];
			bool sacred = v->pinned || v->nslots || i == l.n - 1;
			if (sacred)
				assert_true(best[i] && last[i]);
			assert_int_equal(both[i], best[i] || last[i]);
			assert_true(last[i] || i + 2 < l.n);
			nbest += best[i] && !sacred;
			/* what has no value is never the best */
			if (best[i] && !sacred)
				assert_true(v->nmetrics && !isnan(v->metric[0].value));
		}
		assert_true(nbest <= 2);
		/* idempotent: judging what stays removes nothing more */
		struct version_list rest = {.at = xcalloc(l.n, sizeof *rest.at)};
		bool again[16];
		for (size_t i = 0; i < l.n; i++)
			if (both[i])
				rest.at[rest.n++] = l.at[i];
		judge("last 2, best 2 loss", &rest, again);
		for (size_t i = 0; i < rest.n; i++)
			assert_true(again[i]);
		free(rest.at);
		version_list_release(&l);
	}
}

static void
rules_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"",           "last",        "last 0",    "last -1",
					  "last x",     "best",        "best 0 a",  "bets a",
					  "last 1,",    "last 1 2",    "every 0.5", "within 3x",
					  "best 1 a b", "within never"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct retention p;
		struct err e = {0};
		if (retention_parse(bad[i], &p, &e) != ERR_USAGE)
			fail_msg("'%s' was taken", bad[i]);
	}
	struct retention p = rules("best val/loss, last 3");
	assert_int_equal(p.best, 1);
	assert_string_equal(p.best_metric, "val/loss");
	assert_int_equal(p.last, 3);
	retention_release(&p);
}

/* -- names of checkpoints ---------------------------------------------------------------------- */

static void
names_say_what_is_a_checkpoint_and_of_which_step(void **state)
{
	(void)state;
	static const struct {
		const char *path, *is;
		int64_t step;
		enum step_unit unit;
	} row[] = {
		{"/r/a/epoch=9-step=1230.ckpt", "/r/a/epoch=9-step=1230.ckpt", 1230, STEP_STEP},
		{"/r/a/epoch=9.ckpt", "/r/a/epoch=9.ckpt", 9, STEP_EPOCH},
		{"/r/a/checkpoint-500/model.safetensors", "/r/a/checkpoint-500", 500, STEP_STEP},
		{"/r/a/checkpoint-500/trainer_state.json", "/r/a/checkpoint-500", 500, STEP_STEP},
		{"/r/a/global_step20/x.pt", "/r/a/global_step20", 20, STEP_STEP},
		{"/r/a/iter_0000100/mp_rank_00/m.pt", "/r/a/iter_0000100", 100, STEP_STEP},
		{"/r/a/last.ckpt", "/r/a/last.ckpt", -1, STEP_STEP},
		{"/r/a/model_700.pt", "/r/a/model_700.pt", 700, STEP_STEP},
		{"/r/a/model-00001-of-00004.safetensors", "/r/a/model-00001-of-00004.safetensors",
		 -1, STEP_STEP},
		{"/r/a/metrics.csv", NULL, -1, STEP_STEP},
		{"/r/a/checkpoint-best/metrics.csv", NULL, -1, STEP_STEP},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str is = STR_INIT;
		int64_t step = -1;
		enum step_unit unit = STEP_STEP;
		assert_int_equal(checkpoint_of_path(row[i].path, &is), row[i].is != NULL);
		if (row[i].is) {
			assert_string_equal(str_c(&is), row[i].is);
			if (!checkpoint_step_of_name(str_c(&is), &step, &unit))
				step = -1;
			assert_int_equal(step, row[i].step);
			assert_int_equal(unit, row[i].unit);
		}
		str_release(&is);
	}
}

static bool
is_run(void *ctx, const char *path)
{
	return strcmp(path, ctx) == 0;
}

static void
a_checkpoint_belongs_to_the_nearest_run(void **state)
{
	(void)state;
	static const struct {
		const char *path, *run;
		bool is;
	} row[] = {
		{"/r/a/checkpoints/x.pt", "/r/a", true},
		{"/r/a/x.pt", "/r/a", true},
		{"/r/checkpoints/a/x.pt", "/r/a", true},
		{"/r/weights/a/b/x.pt", "/r/a/b", true},
		{"/r/b/x.pt", "/r/a", false},
		{"/r/ab/x.pt", "/r/a", false},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str run = STR_INIT;
		bool is = checkpoint_run(row[i].path, is_run, (void *)row[i].run, &run);
		assert_int_equal(is, row[i].is);
		if (is)
			assert_string_equal(str_c(&run), row[i].run);
		str_release(&run);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, reg_kit_setup, reg_kit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(equal_content_is_one_version_and_one_object),
		TEST(many_save_at_once_and_numbers_are_dense),
		TEST(an_interrupted_copy_goes_on),
		TEST(a_part_that_was_altered_is_not_believed),
		TEST(a_source_that_changes_is_not_saved),
		TEST(the_trainers_file_is_never_the_registrys),
		TEST(nothing_outside_the_directory_is_written),
		TEST(names_may_be_anything_but_bytes_that_are_no_text),
		cmocka_unit_test(a_manifest_cannot_name_what_is_outside),
		cmocka_unit_test(a_manifest_with_a_file_that_is_a_directory_too_is_refused),
		TEST(any_flipped_bit_of_manifest_or_object_is_found),
		TEST(a_newer_or_foreign_directory_is_refused),
		TEST(a_reader_never_sees_nothing_or_a_mixture),
		TEST(only_one_deploys_to_a_slot),
		TEST(what_is_no_link_is_not_replaced),
		cmocka_unit_test(rules_only_ever_keep_more),
		cmocka_unit_test(rules_that_make_no_sense_are_refused),
		cmocka_unit_test(names_say_what_is_a_checkpoint_and_of_which_step),
		cmocka_unit_test(a_checkpoint_belongs_to_the_nearest_run),
	};
	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
