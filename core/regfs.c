#include "core/regfs.h"

#include "core/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const regfs_op_name[REGFS_NOPS] = {
	[REGFS_OPEN] = "open",         [REGFS_CLOSE] = "close",   [REGFS_READ] = "read",
	[REGFS_WRITE] = "write",       [REGFS_CLONE] = "clone",   [REGFS_SYNC] = "fsync",
	[REGFS_TRUNCATE] = "truncate", [REGFS_CHMOD] = "chmod",   [REGFS_TOUCH] = "utimes",
	[REGFS_LINK] = "link",         [REGFS_UNLINK] = "unlink", [REGFS_RENAME] = "rename",
	[REGFS_MKDIR] = "mkdir",       [REGFS_RMDIR] = "rmdir",   [REGFS_SYMLINK] = "symlink",
	[REGFS_READLINK] = "readlink", [REGFS_STAT] = "stat",     [REGFS_LIST] = "readdir",
	[REGFS_LOCK] = "lock",
};

static int (*hook)(void *ctx, enum regfs_op op);
static void *hook_ctx;

void
regfs_hook(int (*fn)(void *ctx, enum regfs_op op), void *ctx)
{
	hook = fn;
	hook_ctx = ctx;
}

/* What the hook says of the call that comes; it fails when that is an errno. */
static int
ask(enum regfs_op op)
{
	return hook ? hook(hook_ctx, op) : 0;
}

static bool
refused(enum regfs_op op)
{
	int said = ask(op);
	if (said <= 0)
		return false;
	errno = said;
	return true;
}

int
regfs_open(const char *path, int flags, mode_t mode)
{
	return refused(REGFS_OPEN) ? -1 : open(path, flags | O_CLOEXEC, mode);
}

/* The descriptor is gone in any case, as it is when close() itself fails. */
int
regfs_close(int fd)
{
	bool bad = refused(REGFS_CLOSE);
	int saved = errno;
	if (close(fd) < 0)
		return -1;
	errno = saved;
	return bad ? -1 : 0;
}

ssize_t
regfs_pread(int fd, void *buf, size_t n, off_t at)
{
	return refused(REGFS_READ) ? -1 : pread(fd, buf, n, at);
}

ssize_t
regfs_pwrite(int fd, const void *buf, size_t n, off_t at)
{
	int said = ask(REGFS_WRITE);
	if (said > 0) {
		errno = said;
		return -1;
	}
	return pwrite(fd, buf, said == REGFS_SHORT && n > 1 ? n / 2 : n, at);
}

int
regfs_clone(int fd, int from)
{
	return refused(REGFS_CLONE) ? -1 : ioctl(fd, FICLONE, from);
}

ssize_t
regfs_copy_range(int from, off_t from_at, int fd, off_t at, size_t n)
{
	int said = ask(REGFS_CLONE);
	if (said > 0) {
		errno = said;
		return -1;
	}
	return copy_file_range(from, &from_at, fd, &at, said == REGFS_SHORT && n > 1 ? n / 2 : n,
			       0);
}

int
regfs_sync(int fd)
{
	return refused(REGFS_SYNC) ? -1 : fsync(fd);
}

int
regfs_sync_dir(const char *path)
{
	int fd = regfs_open(path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return -1;
	int code = regfs_sync(fd), saved = errno;
	if (code < 0 && (saved == EINVAL || saved == EROFS))
		code = 0;
	close(fd);
	errno = saved;
	return code;
}

int
regfs_truncate(int fd, off_t size)
{
	return refused(REGFS_TRUNCATE) ? -1 : ftruncate(fd, size);
}

int
regfs_chmod(int fd, mode_t mode)
{
	return refused(REGFS_CHMOD) ? -1 : fchmod(fd, mode);
}

int
regfs_touch(const char *path)
{
	return refused(REGFS_TOUCH) ? -1 : utimensat(AT_FDCWD, path, NULL, 0);
}

int
regfs_link(const char *from, const char *to)
{
	return refused(REGFS_LINK) ? -1 : link(from, to);
}

int
regfs_unlink(const char *path)
{
	return refused(REGFS_UNLINK) ? -1 : unlink(path);
}

int
regfs_rename(const char *from, const char *to)
{
	return refused(REGFS_RENAME) ? -1 : rename(from, to);
}

int
regfs_mkdir(const char *path, mode_t mode)
{
	return refused(REGFS_MKDIR) ? -1 : mkdir(path, mode);
}

int
regfs_rmdir(const char *path)
{
	return refused(REGFS_RMDIR) ? -1 : rmdir(path);
}

int
regfs_symlink(const char *target, const char *path)
{
	return refused(REGFS_SYMLINK) ? -1 : symlink(target, path);
}

char *
regfs_readlink(const char *path)
{
	if (refused(REGFS_READLINK))
		return NULL;
	for (size_t cap = 256;; cap *= 2) {
		char *buf = xmalloc(cap);
		ssize_t n = readlink(path, buf, cap);
		if (n >= 0 && (size_t)n < cap) {
			buf[n] = '\0';
			return buf;
		}
		int saved = errno;
		free(buf);
		errno = saved;
		if (n < 0)
			return NULL;
	}
}

char *
regfs_canonical(const char *path)
{
	return refused(REGFS_READLINK) ? NULL : realpath(path, NULL);
}

int
regfs_stat(const char *path, struct stat *st)
{
	return refused(REGFS_STAT) ? -1 : stat(path, st);
}

int
regfs_lstat(const char *path, struct stat *st)
{
	return refused(REGFS_STAT) ? -1 : lstat(path, st);
}

int
regfs_fstat(int fd, struct stat *st)
{
	return refused(REGFS_STAT) ? -1 : fstat(fd, st);
}

int
regfs_statvfs(const char *path, struct statvfs *st)
{
	return refused(REGFS_STAT) ? -1 : statvfs(path, st);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
regfs_list(const char *path, char ***name, size_t *n)
{
	size_t cap = 0;
	*name = NULL;
	*n = 0;
	if (refused(REGFS_LIST))
		return -1;
	DIR *d = opendir(path);
	if (!d)
		return -1;
	errno = 0;
	for (struct dirent *de; (de = readdir(d)); errno = 0)
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			*vec_push(*name, *n, cap) = xstrdup(de->d_name);
	int saved = errno;
	closedir(d);
	if (saved) {
		regfs_names_free(*name, *n);
		*name = NULL;
		*n = 0;
		errno = saved;
		return -1;
	}
	if (*n)
		qsort(*name, *n, sizeof **name, by_name);
	return 0;
}

void
regfs_names_free(char **name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(name[i]);
	free(name);
}

int
regfs_lock(int fd, bool exclusive, bool wait)
{
	struct flock fl = {.l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
	if (refused(REGFS_LOCK))
		return -1;
	int code;
	do
		code = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &fl);
	while (code < 0 && errno == EINTR);
	if (code < 0 && errno == EACCES)
		errno = EAGAIN;
	if (code < 0 && (errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP))
		return 0;
	return code;
}
