/* A viewer must not hang because a mount does, and realpath(3) is enough to hang. So the question
 * goes to a forked process that may wait for ever, in our place; we wait for its answer through a
 * pipe, but not long. */
#include "tui/path.h"

#include "core/str.h"
#include "core/xalloc.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 2000

char *
path_clean(const char *path)
{
	struct str all = STR_INIT, out = STR_INIT;
	if (path[0] != '/') {
		char *cwd = getcwd(NULL, 0);
		str_adds(&all, cwd ? cwd : "/");
		str_addc(&all, '/');
		free(cwd);
	}
	str_adds(&all, path);
	for (char *p = all.buf; *p;) {
		char *part = p + strspn(p, "/");
		size_t n = strcspn(part, "/");
		p = part + n;
		if (n == 0 || (n == 1 && part[0] == '.'))
			continue;
		if (n == 2 && part[0] == '.' && part[1] == '.') {
			char *up = out.len ? strrchr(out.buf, '/') : NULL;
			if (up)
				out.buf[out.len = (size_t)(up - out.buf)] = '\0';
			continue;
		}
		str_addc(&out, '/');
		str_add(&out, part, n);
	}
	if (out.len == 0)
		str_addc(&out, '/');
	str_release(&all);
	return str_steal(&out);
}

/* In the forked process: one byte of errno (0: fine), then the path. */
_Noreturn static void
answer(int fd, const char *dir)
{
	char real[PATH_MAX];
	struct stat st;
	unsigned char code = 0;
	if (!realpath(dir, real) || stat(real, &st) < 0)
		code = errno < 256 ? (unsigned char)errno : EIO;
	else if (!S_ISDIR(st.st_mode))
		code = ENOTDIR;
	ssize_t n = write(fd, &code, 1);
	if (!code && n == 1)
		n = write(fd, real, strlen(real));
	_exit(n < 0);
}

static size_t
read_answer(int fd, char *buf, size_t size)
{
	size_t have = 0;
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	while (have < size) {
		int ready = poll(&pfd, 1, PATIENCE_MS);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return 0;
		ssize_t n = read(fd, buf + have, size - have);
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	return have;
}

char *
path_canonical_dir(const char *dir, struct err *e)
{
	int fd[2];
	if (pipe(fd) < 0) {
		err_sys(e, "pipe");
		return NULL;
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(fd[0]);
		answer(fd[1], dir);
	}
	close(fd[1]);
	char buf[PATH_MAX + 1];
	size_t n = pid > 0 ? read_answer(fd[0], buf, sizeof buf - 1) : 0;
	close(fd[0]);
	if (n == 0) {
		/* It hangs, or could not be asked: killed as far as that goes, and judged by the
		 * letters. */
		if (pid > 0) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, WNOHANG);
		}
		return path_clean(dir);
	}
	waitpid(pid, NULL, 0);
	buf[n] = '\0';
	if (buf[0] == 0)
		return xstrdup(buf + 1);
	errno = (unsigned char)buf[0];
	if (errno == ENOENT)
		err_set(e, ERR_NOTFOUND, "%s: no such directory", dir);
	else if (errno == ENOTDIR)
		err_set(e, ERR_NOTFOUND, "%s: not a directory; name the directory that holds it",
			dir);
	else {
		err_sys(e, "%s", dir);
		if (e)
			e->code = ERR_NOTFOUND;
	}
	return NULL;
}

const char *
path_under(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (n == 1 && dir[0] == '/')
		return path[0] == '/' ? path + 1 : NULL;
	if (strncmp(path, dir, n) != 0)
		return NULL;
	if (path[n] == '\0')
		return path + n;
	return path[n] == '/' ? path + n + 1 : NULL;
}
