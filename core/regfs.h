/* regfs.h - every file-system call that the registry makes, in one place.
 *
 * Each is the system call of its name (-1 and errno), made once; a descriptor is always
 * close-on-exec. What stands between is a hook that tests set, asked before each call: it may end
 * the process there, or say that the call fails. So a test can try every place where a power cut or
 * a full disk can come between two calls. */
#ifndef CORE_REGFS_H
#define CORE_REGFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

enum regfs_op {
	REGFS_OPEN,
	REGFS_CLOSE,
	REGFS_READ,
	REGFS_WRITE,
	REGFS_CLONE, /* FICLONE, copy_file_range */
	REGFS_SYNC,
	REGFS_TRUNCATE,
	REGFS_CHMOD,
	REGFS_TOUCH,
	REGFS_LINK,
	REGFS_UNLINK,
	REGFS_RENAME,
	REGFS_MKDIR,
	REGFS_RMDIR,
	REGFS_SYMLINK,
	REGFS_READLINK,
	REGFS_STAT,
	REGFS_LIST,
	REGFS_LOCK,
	REGFS_NOPS,
};
extern const char *const regfs_op_name[REGFS_NOPS];

/* What a hook answers: 0, go on; an errno, the call fails with it and does nothing; REGFS_SHORT, a
 * write stores half of its bytes (other calls go on). */
enum { REGFS_SHORT = -1 };
void regfs_hook(int (*fn)(void *ctx, enum regfs_op op), void *ctx);

int regfs_open(const char *path, int flags, mode_t mode);
int regfs_close(int fd);
ssize_t regfs_pread(int fd, void *buf, size_t n, off_t at);
ssize_t regfs_pwrite(int fd, const void *buf, size_t n, off_t at);
/* Makes all of FD's file, which is empty, share the blocks of FROM. */
int regfs_clone(int fd, int from);
ssize_t regfs_copy_range(int from, off_t from_at, int fd, off_t at, size_t n);
/* A directory on a network file system that can't is no failure. */
int regfs_sync(int fd);
/* Opens, syncs and closes directory PATH. */
int regfs_sync_dir(const char *path);
int regfs_truncate(int fd, off_t size);
int regfs_chmod(int fd, mode_t mode);
int regfs_touch(const char *path); /* its times become now */
int regfs_link(const char *from, const char *to);
int regfs_unlink(const char *path);
int regfs_rename(const char *from, const char *to);
int regfs_mkdir(const char *path, mode_t mode);
int regfs_rmdir(const char *path);
int regfs_symlink(const char *target, const char *path);
/* To be freed; NULL and errno. */
char *regfs_readlink(const char *path);
/* realpath(); to be freed; NULL and errno. */
char *regfs_canonical(const char *path);
int regfs_stat(const char *path, struct stat *st);
int regfs_lstat(const char *path, struct stat *st);
int regfs_fstat(int fd, struct stat *st);
int regfs_statvfs(const char *path, struct statvfs *st);
/* The names in a directory, without . and .., sorted; freed by regfs_names_free(). */
int regfs_list(const char *path, char ***name, size_t *n);
void regfs_names_free(char **name, size_t n);
/* An open-file-description lock on the whole file, which NFS carries; WAIT: until it is there, else
 * -1 and EAGAIN. Where locks don't work at all (ENOLCK, ENOSYS, EOPNOTSUPP) it counts as taken:
 * publishing by link() needs none. */
int regfs_lock(int fd, bool exclusive, bool wait);

#endif
