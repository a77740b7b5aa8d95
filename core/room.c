#include "core/room.h"

#include "core/xalloc.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

uint64_t
room_fs(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : (uint64_t)st.st_dev;
}

bool
room_of(const char *path, struct room *out)
{
	struct statvfs v;
	struct stat st;

	if (statvfs(path, &v) < 0 || stat(path, &st) < 0 || !v.f_blocks)
		return false;
	*out = (struct room){
		.fs = (uint64_t)st.st_dev,
		.free_bytes = (double)v.f_bavail * (double)v.f_frsize,
		/* What root alone may use is full for everybody else. */
		.disk = (double)v.f_bavail /
			((double)v.f_blocks - (double)v.f_bfree + (double)v.f_bavail),
		.inodes = v.f_files ? (double)v.f_favail / (double)v.f_files : NAN,
	};
	return true;
}

/* -- checkpoints ------------------------------------------------------------------------------- */

static bool
ends_in(const char *name, const char *const *ends)
{
	size_t n = strlen(name);

	for (; *ends; ends++) {
		size_t k = strlen(*ends);
		if (n > k && strcmp(name + n - k, *ends) == 0)
			return true;
	}
	return false;
}

static bool
begins_with(const char *name, const char *const *heads)
{
	for (; *heads; heads++)
		if (strncmp(name, *heads, strlen(*heads)) == 0)
			return true;
	return false;
}

/* The two newest so far. */
struct newest {
	struct {
		int64_t ns;
		uint64_t bytes;
	} at[2];
};

static void
newest_take(struct newest *n, const struct timespec *t, uint64_t bytes)
{
	int64_t ns = (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;

	if (ns > n->at[0].ns) {
		n->at[1] = n->at[0];
		n->at[0].ns = ns;
		n->at[0].bytes = bytes;
	} else if (ns > n->at[1].ns) {
		n->at[1].ns = ns;
		n->at[1].bytes = bytes;
	}
}

/* What FD's entries need, those below included to DEPTH. Takes FD. */
static uint64_t
bytes_in(int fd, int depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *de;
	struct stat st;
	uint64_t sum = 0;

	if (!d) {
		close(fd);
		return 0;
	}
	for (int i = 0; i < ROOM_ENTRIES && (de = readdir(d)); i++) {
		if (de->d_name[0] == '.' ||
		    fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
		if (!S_ISDIR(st.st_mode) || depth <= 0)
			continue;
		int sub = openat(dirfd(d), de->d_name,
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			sum += bytes_in(sub, depth - 1);
	}
	closedir(d);
	return sum;
}

static void
look_in(const char *dir, struct newest *n)
{
	static const char *const ends[] = {".pt",      ".pth", ".ckpt",  ".safetensors",
					   ".bin",     ".h5",  ".keras", ".pkl",
					   ".npz",     ".cbm", ".onnx",  ".zip",
					   ".msgpack", NULL};
	static const char *const heads[] = {"checkpoint", "global_step", "iter_", "epoch",
					    "step",       "ckpt",        NULL};
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	struct stat st;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (int i = 0; i < ROOM_ENTRIES && (de = readdir(d)); i++) {
		bool file = ends_in(de->d_name, ends), head = begins_with(de->d_name, heads);
		if ((!file && !head) || fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode) && file) {
			newest_take(n, &st.st_mtim, (uint64_t)st.st_size);
		} else if (S_ISDIR(st.st_mode) && head && strcmp(de->d_name, "checkpoints") != 0) {
			int sub = openat(dirfd(d), de->d_name,
					 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			uint64_t bytes = sub < 0 ? 0 : bytes_in(sub, 2);
			if (bytes)
				newest_take(n, &st.st_mtim, bytes);
		}
	}
	closedir(d);
}

uint64_t
room_checkpoint(const char *run)
{
	static const char *const below[] = {"", "/checkpoints", "/ckpt", "/weights", "/models"};
	struct newest n = {0};

	for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
		char *dir = xasprintf("%s%s", run, below[i]);
		look_in(dir, &n);
		free(dir);
	}
	return n.at[0].bytes > n.at[1].bytes ? n.at[0].bytes : n.at[1].bytes;
}
