#include "core/clock.h"
#include "core/loop.h"
#include "core/str.h"
#include "core/watch.h"
#include "core/xalloc.h"
#include "tests/unit/haste.h"
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* A directory of our own; what the watch tells is kept as "hint path\n", the path relative to it.
 * Most tests run twice: told by inotify, and by polling (where a file has to be followed to be
 * asked about). */

static const char *const hint_name[] = {"found", "created", "named", "modified", "polled", "gone"};

struct fixture {
	char *dir;
	struct loop *l;
	struct watch *w;
	struct watch_opts o;
	struct str told, notes;
	bool busy;
	int64_t old_us;  /* what is found changed then, for all one knows; 0: now */
	const char *log; /* the name of files that are logs, for samples */
	int asked;       /* how many were sampled */
};

static void
on_file(void *ctx, const char *path, enum watch_hint hint)
{
	struct fixture *f = ctx;
	size_t n = strlen(f->dir);
	bool in = strncmp(path, f->dir, n) == 0 && path[n] == '/';
	str_addf(&f->told, "%s %s\n", hint_name[hint], in ? path + n + 1 : path);
	if (hint != WATCH_GONE)
		watch_follow(f->w, path, f->old_us ? f->old_us : clock_wall_us());
}

static bool
on_is_log(void *ctx, const char *path)
{
	struct fixture *f = ctx;
	f->asked++;
	return f->log && strcmp(strrchr(path, '/') + 1, f->log) == 0;
}

static void
on_busy(void *ctx)
{
	struct fixture *f = ctx;
	f->busy = true;
}

static void
on_note(void *ctx, const char *text)
{
	struct fixture *f = ctx;
	str_addf(&f->notes, "%s\n", text);
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	f->dir = scratch_new();
	f->l = loop_new();
	f->o.polls = 100000;
	*state = f;
	return 0;
}

static int
setup_poll(void **state)
{
	setup(state);
	((struct fixture *)*state)->o.poll = true;
	return 0;
}

/* Makes directories on the way; a path that ends in '/' is a directory itself. */
static void __attribute__((format(printf, 2, 3))) make(struct fixture *f, const char *fmt, ...)
{
	char name[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(name, sizeof name, fmt, ap);
	va_end(ap);
	scratch_put(f->dir, name, O_APPEND, "x\n");
}

static void
list_all(struct fixture *f)
{
	while (watch_step(f->w, INT64_MAX))
		;
	f->busy = false;
}

static void
start(struct fixture *f)
{
	struct err e;
	struct watch_events ev = {
		.ctx = f, .file = on_file, .is_log = on_is_log, .busy = on_busy, .note = on_note};
	f->w = watch_new(f->l, &f->o, &ev);
	assert_int_equal(watch_root(f->w, f->dir, false, &e), 0);
	list_all(f);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	watch_free(f->w);
	loop_free(f->l);
	scratch_free(f->dir);
	str_release(&f->told);
	str_release(&f->notes);
	free(f);
	return 0;
}

static void
turn(struct fixture *f)
{
	haste_once(f->l, 10000);
	if (f->busy)
		list_all(f);
}

static bool
told(struct fixture *f, const char *line)
{
	size_t n = strlen(line);
	for (const char *p = str_c(&f->told); (p = strstr(p, line)); p++)
		if ((p == f->told.buf || p[-1] == '\n') && p[n] == '\n')
			return true;
	return false;
}

/* Told in one of the ways; "modified|polled NAME". */
static void
until(struct fixture *f, const char *hints, const char *name)
{
	int64_t end = haste_deadline();
	for (;;) {
		char copy[64], *save = NULL;
		snprintf(copy, sizeof copy, "%s", hints);
		for (char *h = strtok_r(copy, "|", &save); h; h = strtok_r(NULL, "|", &save)) {
			char *line = xasprintf("%s %s", h, name);
			bool yes = told(f, line);
			free(line);
			if (yes)
				return;
		}
		if (clock_mono_us() > end)
			fail_msg("waited for \"%s %s\" in:\n%s", hints, name, str_c(&f->told));
		turn(f);
	}
}

/* Long enough for everything that was going to be told; in polling that would be minutes, so it's
 * only for inotify. */
static void
settle(struct fixture *f)
{
	for (int i = 0; i < 10; i++)
		turn(f);
}

static void
forget(struct fixture *f)
{
	str_reset(&f->told);
}

static int
count(struct fixture *f, const char *part)
{
	int n = 0;
	for (const char *p = str_c(&f->told); (p = strstr(p, part)); p++)
		n++;
	return n;
}

static void
what_is_there_is_found_at_any_depth(void **state)
{
	struct fixture *f = *state;
	make(f, "a.csv");
	make(f, "x/b.csv");
	make(f, "x/y/z/w/c.csv");
	make(f, "empty/");
	start(f);
	assert_true(told(f, "found a.csv"));
	assert_true(told(f, "found x/b.csv"));
	assert_true(told(f, "found x/y/z/w/c.csv"));
	assert_int_equal(count(f, "\n"), 3);
	struct watch_counts n;
	watch_counts(f->w, &n);
	assert_int_equal(n.dirs, 6);
	assert_int_equal(n.files, 3);
	assert_int_equal(n.polled, f->o.poll ? 6 : 0);
}

static void
changes_are_told(void **state)
{
	struct fixture *f = *state;
	make(f, "x/a.csv");
	start(f);
	turn(f);
	make(f, "x/a.csv");
	until(f, "modified|polled", "x/a.csv");
	make(f, "x/new.csv");
	until(f, "created|found", "x/new.csv");
	forget(f);
	scratch_sh(f->dir, "echo y > x/.t; mv x/.t x/a.csv");
	until(f, "named", "x/a.csv");
	scratch_sh(f->dir, "rm x/new.csv");
	until(f, "gone", "x/new.csv");
	forget(f);
	scratch_sh(f->dir, "mv x/a.csv x/b.csv");
	until(f, "gone", "x/a.csv");
	until(f, "named|found", "x/b.csv");
}

static void
new_directories_are_entered(void **state)
{
	struct fixture *f = *state;
	start(f);
	scratch_sh(f->dir, "mkdir -p p/q/r/s && echo x > p/q/r/s/a.csv && echo x > p/b.csv");
	until(f, "found|created", "p/q/r/s/a.csv");
	until(f, "found|created", "p/b.csv");
	forget(f);
	make(f, "p/q/r/s/a.csv");
	until(f, "modified|polled", "p/q/r/s/a.csv");
}

static void
a_renamed_directory_takes_its_files_along(void **state)
{
	struct fixture *f = *state;
	make(f, "a/b/c.csv");
	start(f);
	scratch_sh(f->dir, "mv a z");
	until(f, "gone", "a/b/c.csv");
	until(f, "found", "z/b/c.csv");
	forget(f);
	make(f, "z/b/c.csv");
	until(f, "modified|polled", "z/b/c.csv");
	scratch_sh(f->dir, "rm -r z");
	until(f, "gone", "z/b/c.csv");
	/* And one of the same name is another one. */
	forget(f);
	make(f, "z/b/c.csv");
	until(f, "found|created", "z/b/c.csv");
}

/* Directories that come and go while they are listed: in the end what is there is known. */
static void
a_race_of_directories_is_won(void **state)
{
	struct fixture *f = *state;
	start(f);
	int pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 60; i++) {
			char *d = xasprintf("%s/d%d/e/f", f->dir, i);
			char *sub = xasprintf("%s/d%d", f->dir, i), *e = xasprintf("%s/e", sub);
			mkdir(sub, 0700);
			mkdir(e, 0700);
			mkdir(d, 0700);
			char *file = xasprintf("%s/log.csv", d);
			close(open(file, O_WRONLY | O_CREAT, 0600));
			if (i % 3 == 1) {
				char *to = xasprintf("%s/m%d", f->dir, i);
				rename(sub, to);
			}
		}
		_exit(0);
	}
	for (int i = 0; i < 60; i++) {
		char *name = xasprintf("%s%d/e/f/log.csv", i % 3 == 1 ? "m" : "d", i);
		until(f, "found|created|named", name);
		free(name);
	}
	waitpid(pid, NULL, 0);
	struct watch_counts n;
	for (int i = 0; i < 200; i++) {
		turn(f);
		watch_counts(f->w, &n);
		if (n.dirs == 181 && n.files == 60)
			break;
	}
	assert_int_equal(n.dirs, 181);
	assert_int_equal(n.files, 60);
}

static void
what_is_ignored_is_never_told(void **state)
{
	struct fixture *f = *state;
	f->o.ignore = "scratch *.bak.csv sweep/trial-*";
	char *avoid = xasprintf("%s/store", f->dir);
	f->o.avoid[0] = avoid;
	static const char *const no[] = {
		".hidden.csv",
		".git/a.csv",
		".venv/a.csv",
		".other/a.csv",
		"node_modules/a.csv",
		"x/__pycache__/a.csv",
		"x/site-packages/a.csv",
		"scratch/a.csv",
		"x/scratch/y/a.csv",
		"a.bak.csv",
		"sweep/trial-1/a.csv",
		"store/data.csv",
		"a.csv~",
		"a.csv.tmp",
		".a.csv.x7Yz",
	};
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		make(f, "%s", no[i]);
	make(f, "store/");
	make(f, "yes.csv");
	start(f);
	assert_string_equal(str_c(&f->told), "found yes.csv\n");
	/* Nor what is made later. */
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		make(f, "late/%s", no[i]);
	make(f, "late/yes.csv");
	until(f, "found|created", "late/yes.csv");
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (strncmp(no[i], "store", 5) != 0)
			assert_int_equal(count(f, no[i]), 0);
	free(avoid);
}

static void
a_directory_says_what_is_not_its_own(void **state)
{
	struct fixture *f = *state;
	make(f, "all/a.csv");
	make(f, "all/sub/a.csv");
	make(f, "some/a.csv");
	make(f, "some/b.csv");
	make(f, "some/cache/a.csv");
	scratch_sh(f->dir,
		   "printf '# nothing here\\n\\n' > all/.mmignore; printf 'b.*\\n cache \\n' > "
		   "some/.mmignore");
	start(f);
	assert_string_equal(str_c(&f->told), "found some/a.csv\n");
	/* The list may change; a file that is no longer wanted is not gone. */
	forget(f);
	scratch_sh(f->dir,
		   "rm all/.mmignore; printf 'a.*\\n' > some/.mmignore.new; mv some/.mmignore.new "
		   "some/.mmignore");
	until(f, "found", "all/a.csv");
	until(f, "found", "all/sub/a.csv");
	until(f, "found", "some/b.csv");
	until(f, "found", "some/cache/a.csv");
	assert_int_equal(count(f, "gone"), 0);
}

static void
links_are_followed_once(void **state)
{
	struct fixture *f = *state;
	make(f, "real/a.csv");
	make(f, "outer/");
	scratch_sh(
		f->dir,
		"ln -s real latest; ln -s .. real/up; ln -s real/a.csv a-link.csv; ln -s nowhere "
		"broken; "
		"ln -s loop2 loop1; ln -s loop1 loop2");
	start(f);
	settle(f);
	/* By its own path alone. */
	assert_true(told(f, "found real/a.csv"));
	assert_int_equal(count(f, "a.csv"), count(f, " real/a.csv"));
	assert_int_equal(count(f, "link"), 0);
	forget(f);
	make(f, "real/a.csv");
	until(f, "modified|polled", "real/a.csv");
}

static void
what_a_link_leads_to_is_watched_where_it_is(void **state)
{
	struct fixture *f = *state;
	make(f, "root/x.csv");
	make(f, "elsewhere/d/a.csv");
	make(f, "elsewhere/f/b.csv");
	make(f, "elsewhere/f/c.csv");
	scratch_sh(f->dir, "ln -s ../elsewhere/d root/d; ln -s ../elsewhere/f/b.csv root/b.csv");
	struct err e;
	struct watch_events ev = {
		.ctx = f, .file = on_file, .is_log = on_is_log, .busy = on_busy, .note = on_note};
	f->w = watch_new(f->l, &f->o, &ev);
	char *root = xasprintf("%s/root", f->dir);
	assert_int_equal(watch_root(f->w, root, false, &e), 0);
	list_all(f);
	assert_true(told(f, "found elsewhere/d/a.csv"));
	assert_true(told(f, "found elsewhere/f/b.csv"));
	assert_int_equal(count(f, "c.csv"), 0);
	forget(f);
	make(f, "elsewhere/d/a.csv");
	make(f, "elsewhere/f/b.csv");
	until(f, "modified|polled", "elsewhere/d/a.csv");
	until(f, "modified|polled", "elsewhere/f/b.csv");
	assert_int_equal(count(f, "c.csv"), 0);
	/* The directory of a linked file may become a root itself. */
	free(root);
	root = xasprintf("%s/elsewhere", f->dir);
	assert_int_equal(watch_root(f->w, root, false, &e), 0);
	list_all(f);
	assert_true(told(f, "found elsewhere/f/c.csv"));
	free(root);
}

static void
special_files_are_never_told(void **state)
{
	struct fixture *f = *state;
	char *path = xasprintf("%s/pipe.csv", f->dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	free(path);
	start(f);
	path = xasprintf("%s/late.csv", f->dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	free(path);
	make(f, "a.csv");
	until(f, "created|found", "a.csv");
	assert_int_equal(count(f, "pipe"), 0);
	assert_int_equal(count(f, "late"), 0);
}

/* Images, shards: no file of a crowd without logs is told, but its subdirectories are, and whatever
 * kind of file is new. */
static void
a_crowd_is_not_followed(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 100; i++)
		make(f, "data/%d.shard", i);
	f->o.crowd = 80;
	make(f, "data/labels.txt");
	make(f, "data/sub/a.csv");
	start(f);
	assert_string_equal(str_c(&f->told), "found data/sub/a.csv\n");
	assert_true(f->asked > 1 && f->asked <= 64);
	make(f, "data/101.shard");
	make(f, "data/late/b.csv");
	until(f, "found|created", "data/late/b.csv");
	assert_int_equal(count(f, "shard"), 0);
	if (!f->o.poll) {
		make(f, "data/results.csv");
		until(f, "created", "data/results.csv");
	}
}

/* Pictures are not told, and a directory of nothing else takes no watch; what comes into it is
 * found all the same. */
static void
pictures_take_no_watch(void **state)
{
	struct fixture *f = *state;
	struct watch_counts n;
	for (int i = 0; i < 5; i++)
		for (int k = 0; k < 100; k++)
			make(f, "data/%d/%d.JPG", i, k);
	make(f, "data/few/1.png");
	make(f, "data/few/a.csv");
	start(f);
	assert_string_equal(str_c(&f->told), "found data/few/a.csv\n");
	watch_counts(f->w, &n);
	assert_int_equal(n.dirs, 8);
	assert_int_equal(n.watches, f->o.poll ? 0 : 3);
	make(f, "data/3/run/b.csv");
	until(f, "found|created", "data/3/run/b.csv");
	make(f, "data/3/c.csv");
	until(f, "found|created", "data/3/c.csv");
	assert_int_equal(count(f, "JPG"), 0);
	assert_int_equal(count(f, "png"), 0);
	watch_counts(f->w, &n);
	assert_int_equal(n.watches, f->o.poll ? 0 : 5);
}

/* One log among thousands, of a kind of its own: the sample has one of each kind. */
static void
a_log_in_a_crowd_is_found(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 100; i++)
		make(f, "data/%d.shard", i);
	f->o.crowd = 80;
	make(f, "data/results.csv");
	f->log = "results.csv";
	start(f);
	assert_true(told(f, "found data/results.csv"));
	assert_true(count(f, "\n") > 100);
}

static void
where_the_limit_is_reached_polling_begins(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 10; i++)
		make(f, "d%d/a.csv", i);
	f->o.max_watches = 4;
	start(f);
	struct watch_counts n;
	watch_counts(f->w, &n);
	assert_int_equal(n.dirs, 11);
	assert_int_equal(n.polled, 7);
	assert_non_null(strstr(str_c(&f->notes), "max_user_watches"));
	assert_ptr_equal(strstr(str_c(&f->notes), "\n") + 1,
			 f->notes.buf + f->notes.len); /* once */
	forget(f);
	for (int i = 0; i < 10; i++)
		make(f, "d%d/a.csv", i);
	for (int i = 0; i < 10; i++) {
		char *name = xasprintf("d%d/a.csv", i);
		until(f, "modified|polled", name);
		free(name);
	}
	make(f, "d9/new/b.csv");
	until(f, "found|created", "d9/new/b.csv");
}

static void
a_subtree_without_events_is_polled(void **state)
{
	struct fixture *f = *state;
	make(f, "nfs/run/a.csv");
	make(f, "local/a.csv");
	start(f);
	char *path = xasprintf("%s/nfs/run/a.csv", f->dir);
	watch_missed(f->w, path);
	watch_missed(f->w, path);
	free(path);
	struct watch_counts n;
	watch_counts(f->w, &n);
	assert_int_equal(n.polled, 1);
	assert_int_equal(count(f, "gone"), 0);
	assert_non_null(strstr(str_c(&f->notes), "/nfs/run: "));
	/* A write through a mapping is such growth: no event says so. */
	forget(f);
	make(f, "nfs/run/a.csv");
	until(f, "modified", "nfs/run/a.csv");
	forget(f);
	make(f, "nfs/run/a.csv");
	until(f, "polled", "nfs/run/a.csv");
}

/* As from a host whose clock is hours behind. */
static void
make_long_ago(struct fixture *f, const char *name)
{
	char *path = xasprintf("%s/%s", f->dir, name);
	struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
	t[1].tv_sec = (time_t)(f->old_us / 1000000) + 1;
	f->old_us += 1000000;
	make(f, "%s", name);
	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
	free(path);
}

/* What changes is asked about often, whatever its times say. */
static void
another_clock_makes_nothing_old(void **state)
{
	struct fixture *f = *state;
	f->old_us = clock_wall_us() - INT64_C(7200000000);
	make_long_ago(f, "run/a.csv");
	start(f);
	for (int i = 0; i < 4; i++) {
		int64_t began = clock_mono_us();
		forget(f);
		make_long_ago(f, "run/a.csv");
		until(f, "polled", "run/a.csv");
		if (i > 1) /* the first ones are late */
			assert_true(clock_mono_us() - began < 20000000);
	}
	for (int i = 0; i < 4; i++) {
		int64_t began = clock_mono_us();
		char name[32];
		snprintf(name, sizeof name, "run/new-%d.csv", i);
		make_long_ago(f, name);
		until(f, "found|created", name);
		if (i > 1) /* the first ones are late */
			assert_true(clock_mono_us() - began < 20000000);
	}
}

/* The kernel's queue runs over: everything is listed again, and every file told. */
static void
an_overflow_is_survived(void **state)
{
	struct fixture *f = *state;
	FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	int max = 16384;
	if (limit) {
		if (fscanf(limit, "%d", &max) != 1)
			max = 16384;
		fclose(limit);
	}
	if (max > 100000)
		skip();
	make(f, "a/one.csv");
	make(f, "b/two.csv");
	start(f);
	forget(f);
	/* Alternating, so that equal events don't merge. */
	char *one = xasprintf("%s/a/one.csv", f->dir), *two = xasprintf("%s/b/two.csv", f->dir);
	int fd1 = open(one, O_WRONLY | O_APPEND), fd2 = open(two, O_WRONLY | O_APPEND);
	for (int i = 0; i < max; i++) {
		assert_int_equal(write(fd1, "x", 1), 1);
		assert_int_equal(write(fd2, "x", 1), 1);
	}
	make(f, "lost/three.csv"); /* its event fell over the edge */
	until(f, "found", "lost/three.csv");
	until(f, "found|modified", "a/one.csv");
	assert_true(count(f, "one.csv") < 10);
	close(fd1);
	close(fd2);
	free(one);
	free(two);
}

static void
a_rescan_tells_everything_again(void **state)
{
	struct fixture *f = *state;
	make(f, "a/one.csv");
	make(f, "two.csv");
	start(f);
	forget(f);
	scratch_sh(f->dir, "rm two.csv; mkdir b; echo > b/three.csv");
	watch_rescan(f->w);
	list_all(f);
	assert_true(told(f, "found a/one.csv"));
	assert_true(told(f, "gone two.csv"));
	assert_true(told(f, "found b/three.csv"));
}

static void
a_root_that_vanishes_is_waited_for(void **state)
{
	struct fixture *f = *state;
	struct err e;
	make(f, "root/a.csv");
	start(f);
	char *root = xasprintf("%s/root", f->dir), *later = xasprintf("%s/later", f->dir);
	assert_int_equal(watch_root(f->w, root, false, &e), 0);
	assert_int_equal(watch_root(f->w, later, false, &e), ERR_NOTFOUND);
	assert_int_equal(watch_root(f->w, later, true, &e), ERR_NOTFOUND);
	list_all(f);
	scratch_sh(f->dir, "rm -r root");
	until(f, "gone", "root/a.csv");
	forget(f);
	scratch_sh(f->dir, "mkdir root later; echo > root/b.csv; echo > later/c.csv");
	until(f, "found|created", "root/b.csv");
	until(f, "found|created", "later/c.csv");
	free(root);
	free(later);
}

static void
a_directory_without_permission_is_a_note_and_retried(void **state)
{
	struct fixture *f = *state;
	if (geteuid() == 0)
		skip(); /* root may read everything; a live test drops its rights */
	make(f, "shut/a.csv");
	scratch_sh(f->dir, "chmod 0 shut");
	start(f);
	assert_non_null(strstr(str_c(&f->notes), "/shut: Permission denied"));
	scratch_sh(f->dir, "chmod 700 shut");
	until(f, "found", "shut/a.csv");
}

static void
what_is_newly_ignored_is_forgotten_quietly(void **state)
{
	struct fixture *f = *state;
	make(f, "a/x.csv");
	make(f, "b/c/y.csv");
	start(f);
	forget(f);
	watch_reconf(f->w, 0, "b");
	list_all(f);
	assert_int_equal(count(f, "gone"), 0);
	assert_true(told(f, "found a/x.csv"));
	assert_int_equal(count(f, "y.csv"), 0);
	struct watch_counts n;
	watch_counts(f->w, &n);
	assert_int_equal(n.dirs, 2);
	watch_reconf(f->w, 0, "");
	list_all(f);
	assert_true(told(f, "found b/c/y.csv"));
}

static void
once_means_once(void **state)
{
	struct fixture *f = *state;
	f->o.once = true;
	make(f, "a/x.csv");
	start(f);
	assert_true(told(f, "found a/x.csv"));
	forget(f);
	make(f, "a/x.csv");
	make(f, "a/y.csv");
	settle(f);
	assert_string_equal(str_c(&f->told), "");
	watch_rescan(f->w);
	list_all(f);
	assert_true(told(f, "found a/y.csv"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define BOTH(f) \
	{#f, f, setup, teardown, NULL}, \
	{ \
#f " (polling)", f, setup_poll, teardown, NULL \
	}
	const struct CMUnitTest tests[] = {
		BOTH(what_is_there_is_found_at_any_depth),
		BOTH(changes_are_told),
		BOTH(new_directories_are_entered),
		BOTH(a_renamed_directory_takes_its_files_along),
		BOTH(a_race_of_directories_is_won),
		BOTH(what_is_ignored_is_never_told),
		BOTH(a_directory_says_what_is_not_its_own),
		BOTH(links_are_followed_once),
		BOTH(what_a_link_leads_to_is_watched_where_it_is),
		BOTH(special_files_are_never_told),
		BOTH(a_crowd_is_not_followed),
		BOTH(pictures_take_no_watch),
		T(a_log_in_a_crowd_is_found),
		T(where_the_limit_is_reached_polling_begins),
		T(a_subtree_without_events_is_polled),
		cmocka_unit_test_setup_teardown(another_clock_makes_nothing_old, setup_poll,
						teardown),
		T(an_overflow_is_survived),
		BOTH(a_rescan_tells_everything_again),
		BOTH(a_root_that_vanishes_is_waited_for),
		T(a_directory_without_permission_is_a_note_and_retried),
		T(what_is_newly_ignored_is_forgotten_quietly),
		T(once_means_once),
	};
	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
