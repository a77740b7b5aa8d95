/* One pass over /proc for any number of files: the files are in a map by (device, inode), and each
 * descriptor that is open for writing is looked up there. Processes come and go while we look;
 * whatever cannot be read is skipped. */
#include "core/writer.h"

#include "core/fnv.h"
#include "core/map.h"
#include "core/name.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct file_key {
	uint64_t dev, ino;
};

/* The first bytes of a small file, as text. */
static bool
read_small(int dir, const char *path, char *buf, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, buf, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	return true;
}

static uint64_t
boot_hash(void)
{
	static uint64_t hash;
	char id[64];
	if (!hash && read_small(AT_FDCWD, "/proc/sys/kernel/random/boot_id", id, sizeof id))
		hash = fnv_bytes(FNV_BASIS, id, strcspn(id, "\n"));
	return hash;
}

/* The command's name, in parentheses, may hold blanks and parentheses of its own. */
static bool
parse_stat(const char *text, char *state, int64_t *parent, uint64_t *start)
{
	const char *p = strrchr(text, ')');
	if (!p || p[1] != ' ' || !p[2])
		return false;
	*state = p[2];
	p += 2;
	for (int field = 3; field < 22; field++) {
		p = strchr(p, ' ');
		if (!p)
			return false;
		p++;
		if (field == 3)
			*parent = strtoll(p, NULL, 10);
	}
	char *end;
	*start = strtoull(p, &end, 10);
	return end != p;
}

/* PARENT: its parent's number. */
static bool
process(int64_t pid, struct writer *out, int64_t *parent)
{
	char path[40], text[1024], state;
	uint64_t start;
	if (pid <= 0)
		return false;
	snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
	if (!read_small(AT_FDCWD, path, text, sizeof text) ||
	    !parse_stat(text, &state, parent, &start) || state == 'Z' || state == 'X')
		return false;
	*out = (struct writer){.pid = pid, .start = start, .boot = boot_hash()};
	return true;
}

bool
writer_of_pid(int64_t pid, struct writer *out)
{
	int64_t parent;
	return process(pid, out, &parent);
}

/* When the host booted, in seconds since 1970; 0: that can't be known. */
static int64_t
boot_s(void)
{
	char text[80];
	if (!read_small(AT_FDCWD, "/proc/uptime", text, sizeof text))
		return 0;
	double up = strtod(text, NULL);
	return up > 0 ? time(NULL) - (int64_t)up : 0;
}

bool
writer_named(const char *path, struct writer *out)
{
	static const char mark[] = "tfevents.";
	char host[HOST_NAME_MAX + 1], *end;
	const char *p = strstr(name_last(path), mark);
	if (!p || gethostname(host, sizeof host) < 0)
		return false;
	p += sizeof mark - 1;
	size_t nhost = strnlen(host, sizeof host);
	int64_t began = strtoll(p, &end, 10);
	if (end == p || *end != '.' || strncmp(end + 1, host, nhost) != 0 ||
	    end[1 + nhost] != '.' || !isdigit((unsigned char)end[2 + nhost]))
		return false;
	int64_t boot = boot_s(), pid = strtoll(end + 2 + nhost, &end, 10);
	if ((*end && *end != '.') || !boot || !writer_of_pid(pid, out))
		return false;
	return boot + (int64_t)(out->start / (uint64_t)sysconf(_SC_CLK_TCK)) <= began + 2;
}

bool
writer_alive(const struct writer *w)
{
	struct writer now;
	return w->boot == boot_hash() && writer_of_pid(w->pid, &now) && now.start == w->start;
}

int
writer_watch(const struct writer *w)
{
	int fd = (int)syscall(SYS_pidfd_open, (pid_t)w->pid, 0);
	/* Alive after it was opened: so it is this process that the descriptor stands for. */
	if (fd >= 0 && !writer_alive(w)) {
		close(fd);
		return -1;
	}
	return fd;
}

void
writing_merge(struct writing *into, const struct writing *w)
{
	bool later = !w->ended_us || (into->ended_us && w->ended_us > into->ended_us);
	if (w->by.pid && (!into->by.pid || later))
		*into = *w;
}

/* The file of the map that descriptor NAME of FDS writes to, or NULL. */
static struct writer_file *
leads_to(DIR *fds, const char *name, const struct map *wanted)
{
	struct stat link, st;
	if (!isdigit((unsigned char)*name) ||
	    fstatat(dirfd(fds), name, &link, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !(link.st_mode & S_IWUSR) || fstatat(dirfd(fds), name, &st, 0) < 0)
		return NULL;
	struct file_key k = {st.st_dev, st.st_ino};
	return map_get(wanted, &k, sizeof k);
}

static DIR *
descriptors(int64_t pid)
{
	char path[40];
	snprintf(path, sizeof path, "/proc/%lld/fd", (long long)pid);
	return opendir(path);
}

static bool
is_wanted(const struct writer_file *f, const struct writer *w)
{
	const struct writer *b = &f->before;
	return !b->pid || (w->start <= b->start && w->pid != b->pid);
}

/* Every file of the map that the process PID, whose descriptors are in FDS, writes to. */
static void
look_at(DIR *fds, int64_t pid, const struct map *wanted)
{
	struct writer w = {0};
	struct dirent *d;
	while ((d = readdir(fds))) {
		struct writer_file *f = leads_to(fds, d->d_name, wanted);
		if (!f || (!w.pid && !writer_of_pid(pid, &w)) || !is_wanted(f, &w))
			continue;
		if (!f->by.pid || f->by.start < w.start)
			f->by = w;
	}
}

static bool
same_program(int64_t a, int64_t b)
{
	char path[40];
	struct stat sa, sb;
	snprintf(path, sizeof path, "/proc/%lld/exe", (long long)a);
	if (stat(path, &sa) < 0)
		return false;
	snprintf(path, sizeof path, "/proc/%lld/exe", (long long)b);
	return stat(path, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* Workers that a trainer forks have its files open like it and may end any time: up to the first
 * of them. */
static void
climb(struct writer_file *f)
{
	struct map wanted = MAP_INIT;
	struct file_key k = {f->dev, f->ino};
	struct writer w, up;
	int64_t parent, above;
	map_put(&wanted, &k, sizeof k, f);
	while (process(f->by.pid, &w, &parent) && process(parent, &up, &above) &&
	       same_program(w.pid, parent) && up.start <= w.start) {
		DIR *fds = descriptors(parent);
		struct dirent *d;
		bool has = false;
		while (fds && !has && (d = readdir(fds)))
			has = leads_to(fds, d->d_name, &wanted) != NULL;
		if (fds)
			closedir(fds);
		if (!has)
			break;
		f->by = up;
	}
	map_release(&wanted);
}

size_t
writer_find(struct writer_file *file, size_t n)
{
	struct map wanted = MAP_INIT;
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		struct file_key k = {file[i].dev, file[i].ino};
		file[i].by = (struct writer){0};
		map_put(&wanted, &k, sizeof k, &file[i]);
	}
	DIR *proc = n ? opendir("/proc") : NULL;
	struct dirent *d;
	while (proc && (d = readdir(proc))) {
		int64_t pid = strtoll(d->d_name, NULL, 10); /* 0: no process */
		DIR *fds = pid > 0 ? descriptors(pid) : NULL;
		if (!fds)
			continue;
		look_at(fds, pid, &wanted);
		closedir(fds);
	}
	if (proc)
		closedir(proc);
	map_release(&wanted);
	for (size_t i = 0; i < n; i++) {
		found += file[i].by.pid != 0;
		if (file[i].by.pid)
			climb(&file[i]);
	}
	return found;
}
