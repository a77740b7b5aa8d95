/* Where a store may be: what file systems are refused, what takes their place, and who holds it.
 *
 * File systems are made up: the statfs() below is found before libc's. */
#include "tests/unit/store_kit.h"

#include "core/xalloc.h"
#include "store/dir.h"
#include "tests/unit/scratch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a file system for each path ------------------------------------------------------------- */

static struct {
	const char *below;
	unsigned type;
} mounts[4];
static int nmounts;

static void
mounted(const char *below, unsigned type)
{
	mounts[nmounts].below = below;
	mounts[nmounts++].type = type;
}

int
statfs(const char *path, struct statfs *out)
{
	struct stat sb;

	if (stat(path, &sb)) /* only what exists is on a file system */
		return -1;
	memset(out, 0, sizeof *out);
	out->f_type = 0xef53; /* ext4 */
	for (int i = 0; i < nmounts; i++)
		if (strncmp(path, mounts[i].below, strlen(mounts[i].below)) == 0)
			out->f_type = (__typeof__(out->f_type))mounts[i].type;
	return 0;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static char *top;

static int
setup(void **state)
{
	(void)state;
	nmounts = 0;
	top = scratch_new();
	unsetenv("MM_STORE");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_free(top);
	return 0;
}

static void
what_is_known_to_be_wrong_is_refused_and_the_rest_trusted(void **state)
{
	static const struct {
		unsigned type;
		const char *name;
	} fs[] = {
		{0x6969, "NFS"},      {0x0bd00bd0, "Lustre"},
		{0x47504653, "GPFS"}, {0xff534d42, "CIFS"},
		{0x01021997, "9P"},   {0x65735546, "FUSE"},
		{0x9123683e, NULL},   {0x58465342, NULL},
		{0x01021994, NULL}, /* btrfs xfs tmpfs */
		{0x794c7630, NULL},   {0x2fc12fc1, NULL},
		{0x4d44, NULL}, /* overlay zfs vfat */
	};

	(void)state;
	for (size_t i = 0; i < sizeof fs / sizeof *fs; i++) {
		nmounts = 0;
		mounted(top, fs[i].type);
		char *sub = xasprintf("%s/not/there/yet", top);
		const char *is = dir_refused(sub);
		if ((is == NULL) != (fs[i].name == NULL) || (is && strcmp(is, fs[i].name) != 0))
			fail_msg("%x: %s", fs[i].type, is ? is : "trusted");
		free(sub);
	}
}

static void
on_a_refused_file_system_another_place_is_taken_and_said(void **state)
{
	struct str out = STR_INIT, note = STR_INIT;
	struct err e = {0};
	char *home = xasprintf("%s/home", top);
	char *local = xasprintf("/var/tmp/mm-%ld", (long)geteuid());
	bool there = access(local, F_OK) == 0;

	(void)state;
	mounted(home, 0x6969);
	assert_int_equal(mkdir(home, 0700), 0);
	setenv("XDG_STATE_HOME", home, 1);
	assert_int_equal(store_where(NULL, false, &out, &note, &e), 0);
	assert_string_equal(str_c(&out), local);
	assert_non_null(strstr(str_c(&note), "NFS"));
	struct stat sb;
	assert_int_equal(lstat(local, &sb), 0);
	assert_true(S_ISDIR(sb.st_mode) && (sb.st_mode & 077) == 0);
	if (!there)
		rmdir(local);

	/* Who insists has it. */
	str_reset(&note);
	assert_int_equal(store_where(home, true, &out, &note, &e), 0);
	assert_string_equal(str_c(&out), home);
	assert_int_equal(note.len, 0);

	/* Nowhere is a place. */
	mounted("/var/tmp", 0x0bd00bd0);
	assert_int_equal(store_where(NULL, false, &out, &note, &e), ERR_USAGE);
	assert_non_null(strstr(e.text, "NFS"));
	assert_non_null(strstr(e.text, "Lustre"));
	assert_non_null(strstr(e.text, "--store"));
	unsetenv("XDG_STATE_HOME");
	str_release(&out);
	str_release(&note);
	free(home);
	free(local);
}

static void
a_place_that_others_can_enter_is_not_private(void **state)
{
	char *dir = xasprintf("%s/d", top), *link = xasprintf("%s/l", top);
	struct err e = {0};
	struct stat sb;

	(void)state;
	assert_int_equal(dir_private(dir, &e), 0);
	assert_int_equal(stat(dir, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0700);
	assert_int_equal(dir_private(dir, &e), 0); /* mine already */
	assert_int_equal(symlink(dir, link), 0);
	assert_int_equal(dir_private(link, &e), ERR_USAGE);
	assert_int_equal(chmod(dir, 0750), 0);
	assert_int_equal(dir_private(dir, &e), ERR_USAGE);
	assert_int_equal(chmod(dir, 0700), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(dir, 12345, 12345), 0);
		assert_int_equal(dir_private(dir, &e), ERR_USAGE);
	}
	assert_int_equal(rmdir(dir), 0);
	FILE *f = fopen(dir, "w");
	fclose(f);
	assert_int_equal(dir_private(dir, &e), ERR_USAGE);
	free(dir);
	free(link);
}

/* ---- two processes --------------------------------------------------------------------------- */

/* A child that took the lock, opened the store, wrote, and stays. */
static pid_t
holder(const char *dir)
{
	int fds[2];
	char c;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (!pid) {
		struct kit k = {.lock = -1};
		struct err e;
		if (lock_take(dir, &k.lock, NULL, &e) ||
		    store_open(dir, STORE_WRITE, &k.st, NULL, &e))
			_exit(1);
		k.sink = store_sink(k.st, NULL);
		uint32_t log = kit_log(&k, "/r/a/m.csv", "/r/a");
		kit_row1(&k, log, 1, kit_column(&k, log, "x"), 1);
		kit_commit(&k);
		if (write(fds[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	return pid;
}

static size_t
points_now(const char *dir)
{
	struct kit k = {.lock = -1};
	struct err e = {0};
	size_t n;

	if (store_open(dir, STORE_READ, &k.st, NULL, &e))
		fail_msg("%s", e.text);
	struct snap *sn = kit_snap(&k);
	free(kit_points(sn, kit_series(sn, "/r/a", "x"), 0, &n));
	snap_end(sn);
	store_close(k.st);
	return n;
}

/* The second is refused at once, by name, whether the first runs, stands, or holds a transaction;
 * and has the lock as soon as the first is dead. */
static void
a_second_writer_is_told_who_is_the_first(void **state)
{
	char *dir = xasprintf("%s/store", top);
	struct lock_info who;
	struct err e = {0};
	int fd, status;

	(void)state;
	pid_t pid = holder(dir);
	for (int stopped = 0; stopped < 2; stopped++) {
		if (stopped)
			kill(pid, SIGSTOP);
		assert_int_equal(lock_take(dir, &fd, &who, &e), ERR_BUSY);
		assert_int_equal(who.pid, pid);
		assert_true(lock_held(dir, &who));
		assert_int_equal(points_now(dir), 1);
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(lock_held(dir, &who));
	assert_int_equal(lock_take(dir, &fd, &who, &e), 0);
	assert_int_equal(points_now(dir), 1);
	lock_release(fd);
	free(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(what_is_known_to_be_wrong_is_refused_and_the_rest_trusted),
		T(on_a_refused_file_system_another_place_is_taken_and_said),
		T(a_place_that_others_can_enter_is_not_private),
		T(a_second_writer_is_told_who_is_the_first),
	};

	return cmocka_run_group_tests_name("where", tests, NULL, NULL);
}
