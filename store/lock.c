/* Who ingests: the holder of an open-file-description lock on STORE/lock. Such a lock belongs to
 * the descriptor, not to the process: it survives another close of the same file, goes with the
 * last descriptor however the process dies, and two holders in one process exclude each other too.
 * What the file says is for people; the lock alone decides. */
#include "store/store.h"

#include "core/version.h"
#include "core/xalloc.h"
#include "store/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
lock_read(int fd, struct lock_info *info)
{
	char text[128];

	memset(info, 0, sizeof *info);
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	if (n <= 0)
		return;
	text[n] = '\0';
	char *end;
	info->pid = strtol(text, &end, 10);
	size_t len = strspn(end, " ");
	end += len;
	len = strcspn(end, " \n");
	if (len >= sizeof info->version)
		len = sizeof info->version - 1;
	memcpy(info->version, end, len);
}

/* Who had it before left without a word: killed, or the machine was. */
static bool
lock_left(int fd)
{
	struct stat sb;

	return !fstat(fd, &sb) && sb.st_size > 0;
}

static bool
lock_write(int fd)
{
	char text[128];
	int n = snprintf(text, sizeof text, "%ld %s %d\n", (long)getpid(), MM_VERSION,
			 STORE_FORMAT);

	return !ftruncate(fd, 0) && pwrite(fd, text, (size_t)n, 0) == n;
}

int
lock_take(const char *dir, int *fd, struct lock_info *info, struct err *e)
{
	int code = dir_make(dir, e);
	if (code)
		return code;
	char *path = xasprintf("%s/lock", dir);
	struct flock fl = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int f = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, dir_file_mode(dir));

	if (f < 0) {
		code = err_sys(e, "%s", path);
	} else if (fcntl(f, F_OFD_SETLK, &fl)) {
		if (errno == EAGAIN || errno == EACCES) {
			struct lock_info who;
			lock_read(f, &who);
			if (info)
				*info = who;
			code = err_set(e, ERR_BUSY, "%s: held by process %ld", path, who.pid);
		} else {
			code = err_sys(e, "%s", path);
		}
	} else {
		if (lock_left(f))
			dir_doubt(dir);
		if (!lock_write(f))
			code = err_sys(e, "%s", path);
	}
	if (!code) {
		*fd = f;
		f = -1;
	}
	if (f >= 0)
		close(f);
	free(path);
	return code;
}

void
lock_release(int fd)
{
	if (fd < 0)
		return;
	/* The file stays: removing it would let two processes lock two files of one name. */
	if (ftruncate(fd, 0))
		(void)0;
	close(fd);
}

bool
lock_held(const char *dir, struct lock_info *info)
{
	char *path = xasprintf("%s/lock", dir);
	struct flock fl = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool held = false;

	free(path);
	if (fd < 0)
		return false;
	if (!fcntl(fd, F_OFD_GETLK, &fl) && fl.l_type != F_UNLCK) {
		held = true;
		if (info)
			lock_read(fd, info);
	}
	close(fd);
	return held;
}
