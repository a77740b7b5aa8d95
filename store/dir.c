/* A memory-mapped store needs a file system whose mappings, locks and writes all see each other on
 * one machine. The list names those that are known not to: remote ones, and overlays of them. What
 * is not listed is trusted. */
#include "store/dir.h"

#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Numbers from the kernel's linux/magic.h, and from the file systems that are not in it. */
static const struct {
	uint32_t magic;
	const char *name;
} refused[] = {
	{0x6969, "NFS"},
	{0x0bd00bd0, "Lustre"},
	{0x47504653, "GPFS"},
	{0x00c36400, "Ceph"},
	{0xff534d42, "CIFS"},
	{0xfe534d42, "SMB"},
	{0x517b, "SMB"},
	{0x564c, "NCP"},
	{0x5346414f, "AFS"},
	{0x6b414653, "AFS"},
	{0x73757245, "Coda"},
	{0x01021997, "9P"},
	{0x65735546, "FUSE"},
	{0x19830326, "BeeGFS"},
	{0x20030528, "OrangeFS"},
	{0x7461636f, "OCFS2"},
	{0x01161970, "GFS2"},
	{0xaad7aaea, "PanFS"},
	{0x786f4256, "a VirtualBox share"},
	{0xbacbacbc, "a VMware share"},
};

const char *
dir_refused(const char *dir)
{
	char *path = xstrdup(dir);
	struct statfs fs;
	int rc;

	/* What does not exist yet will live where its parent does. */
	while ((rc = statfs(path, &fs)) && errno == ENOENT) {
		char *slash = strrchr(path, '/');
		if (!slash)
			break;
		slash[slash == path] = '\0';
		if (slash == path && path[1] == '\0')
			path[0] = '/';
	}
	free(path);
	if (rc)
		return NULL;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (refused[i].magic == (uint32_t)fs.f_type)
			return refused[i].name;
	return NULL;
}

mode_t
dir_file_mode(const char *dir)
{
	struct stat sb;

	return !stat(dir, &sb) && (sb.st_mode & 070) == 070 ? 0660 : 0600;
}

int
dir_make(const char *dir, struct err *e)
{
	struct stat sb;

	if (!stat(dir, &sb)) {
		if (S_ISDIR(sb.st_mode))
			return 0;
		return err_set(e, ERR_SYS, "%s: is no directory", dir);
	}
	char *path = xstrdup(dir);
	int code = 0;
	for (char *p = path + 1; !code; p++) {
		if (*p && *p != '/')
			continue;
		char was = *p;
		*p = '\0';
		if (mkdir(path, 0700) && errno != EEXIST)
			code = err_sys(e, "%s", path);
		*p = was;
		if (!was)
			break;
	}
	free(path);
	return code;
}

int
dir_private(const char *dir, struct err *e)
{
	struct stat sb;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return err_sys(e, "%s", dir);
	if (lstat(dir, &sb))
		return err_sys(e, "%s", dir);
	if (!S_ISDIR(sb.st_mode) || sb.st_uid != geteuid() || (sb.st_mode & 077))
		return err_set(e, ERR_USAGE,
			       "%s: has to be a directory of mine alone (mode 0700); name another "
			       "place with --store",
			       dir);
	return 0;
}

/* ---- marks ----------------------------------------------------------------------------------- */

static void
mark(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, dir_file_mode(dir));

	if (fd >= 0)
		close(fd);
	free(path);
}

static bool
marked(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	bool there = !access(path, F_OK);

	free(path);
	return there;
}

static void
unmark(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);

	unlink(path);
	free(path);
}

void
dir_mark_damaged(const char *dir)
{
	mark(dir, "damaged");
}

bool
dir_damaged(const char *dir)
{
	return marked(dir, "damaged");
}

void
dir_mended(const char *dir)
{
	unmark(dir, "damaged");
}

void
dir_doubt(const char *dir)
{
	mark(dir, "doubt");
}

bool
dir_doubted(const char *dir)
{
	return marked(dir, "doubt");
}

void
dir_trust(const char *dir)
{
	unmark(dir, "doubt");
}
