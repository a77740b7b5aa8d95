/* Where mm.conf is, and whether it may be believed: what it says is done with my rights. */
#include "core/conf_section.h"

#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_BYTES = 1 << 20 };

static int
check_owner(const char *path, const struct stat *st, struct err *e)
{
	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_USAGE, "%s: is no regular file", path);
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_set(
			e, ERR_USAGE,
			"%s: belongs to somebody else; a configuration must be yours or root's",
			path);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, ERR_USAGE, "%s: can be written by others; chmod go-w %s", path,
			       path);
	if (st->st_size > MAX_BYTES)
		return err_set(e, ERR_USAGE, "%s: is larger than a configuration can be (1 MB)",
			       path);
	return 0;
}

/* 1: there is no such file. */
static int
load_file(const char *path, struct conf **out, struct err *e)
{
	struct stat st;
	struct str text = STR_INIT;
	char buf[8192];
	ssize_t n;
	/* Not blocking: somebody may have put a FIFO there. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 1 : err_sys(e, "%s", path);
	int code = fstat(fd, &st) < 0 ? err_sys(e, "%s", path) : check_owner(path, &st, e);
	while (code == 0 && (n = read(fd, buf, sizeof buf)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			code = err_sys(e, "%s", path);
		else if (text.len + (size_t)n > MAX_BYTES)
			code = err_set(e, ERR_USAGE,
				       "%s: is larger than a configuration can be (1 MB)", path);
		else
			str_add(&text, buf, (size_t)n);
	}
	close(fd);
	if (code == 0)
		code = conf_parse(path, str_c(&text), text.len, out, e);
	str_release(&text);
	return code;
}

int
conf_load(const char *path, struct conf **out, struct err *e)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *mine = NULL;
	int code = 1;

	*out = NULL;
	if (path) {
		code = load_file(path, out, e);
		return code == 1 ? err_set(e, ERR_USAGE, "%s: there is no such file", path) : code;
	}
	/* The XDG specification wants relative paths ignored. */
	if (xdg && *xdg == '/')
		mine = xasprintf("%s/mm/mm.conf", xdg);
	else if (home && *home == '/')
		mine = xasprintf("%s/.config/mm/mm.conf", home);
	if (mine)
		code = load_file(mine, out, e);
	free(mine);
	if (code == 1)
		code = load_file("/etc/mm/mm.conf", out, e);
	if (code == 1) {
		code = conf_parse("defaults", "", 0, out, e);
		if (code == 0) {
			free((*out)->path);
			(*out)->path = NULL;
		}
	}
	return code;
}
