#include "tests/unit/scratch.h"

#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

char *
scratch_new(void)
{
	const char *tmp = getenv("TMP");
	char *dir = xasprintf("%s/mm-test.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
	char *real = realpath(dir, NULL);
	assert_non_null(real);
	free(dir);
	return real;
}

/* A directory is opened before what is in it is looked at. */
static int
unlock(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	return type == FTW_D || type == FTW_DNR ? chmod(path, st->st_mode | 0700) : 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
scratch_remove(const char *dir)
{
	nftw(dir, unlock, 16, FTW_PHYS);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
scratch_free(char *dir)
{
	if (!dir)
		return;
	scratch_remove(dir);
	free(dir);
}

const char *
scratch_at(const char *dir, const char *name)
{
	static char path[4096];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

void
scratch_put(const char *dir, const char *name, int flags, const char *text)
{
	char *path = xstrdup(scratch_at(dir, name));
	for (char *p = path + strlen(dir) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			fail_msg("mkdir %s", path);
	}
	if (path[strlen(path) - 1] != '/') {
		int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, text, strlen(text)), strlen(text));
		close(fd);
	}
	free(path);
}

void
scratch_sh(const char *dir, const char *command)
{
	int pid = fork(), status;
	if (pid == 0) {
		if (chdir(dir) < 0)
			_exit(1);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}
