/* readdir() says what each entry is on all file systems that matter; those that don't know are
 * asked with fstatat(). Files are never opened here, and special files are never heard of again. */
#include "core/listing.h"

#include "core/ignore.h"
#include "core/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned char
entry_type(int dirfd, const struct dirent *de)
{
	struct stat st;
	if (de->d_type != DT_UNKNOWN)
		return de->d_type;
	if (fstatat(dirfd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return DT_UNKNOWN;
	return (unsigned char)IFTODT(st.st_mode);
}

static void
add(struct listing_kind *k, const struct dirent *de)
{
	struct listing_entry *e = vec_push(k->at, k->n, k->cap);
	*e = (struct listing_entry){.name = xstrdup(de->d_name), .ino = de->d_ino};
}

static int
by_name(const void *a, const void *b)
{
	const struct listing_entry *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static void
sort(struct listing_kind *k)
{
	if (k->n)
		qsort(k->at, k->n, sizeof *k->at, by_name);
}

static void
release(struct listing_kind *k)
{
	for (size_t i = 0; i < k->n; i++)
		free(k->at[i].name);
	free(k->at);
}

/* Takes out what the directory's own .mmignore names. */
static void
filter(struct listing_kind *k, const struct ignore *ig)
{
	size_t kept = 0;
	for (size_t i = 0; i < k->n; i++)
		if (ignore_match(ig, k->at[i].name))
			free(k->at[i].name);
		else
			k->at[kept++] = k->at[i];
	k->n = kept;
}

static void
read_entries(struct listing *li, DIR *dir)
{
	bool ignore_file = false;
	struct dirent *de;
	while ((de = readdir(dir))) {
		const char *name = de->d_name;
		if (name[0] == '.' && ignore_dir_name(name)) {
			ignore_file |= strcmp(name, IGNORE_FILE) == 0;
			continue;
		}
		unsigned char type = entry_type(dirfd(dir), de);
		if (type == DT_DIR && !ignore_dir_name(name))
			add(&li->dirs, de);
		else if (type == DT_REG && ignore_media_name(name))
			li->media++;
		else if (type == DT_REG && !ignore_file_name(name))
			add(&li->files, de);
		else if (type == DT_LNK && !ignore_file_name(name) && !ignore_dir_name(name))
			add(&li->links, de);
	}
	if (!ignore_file)
		return;
	struct ignore ig;
	ignore_load(&ig, dirfd(dir));
	li->all_ignored = ig.all;
	filter(&li->dirs, &ig);
	filter(&li->files, &ig);
	filter(&li->links, &ig);
	ignore_release(&ig);
}

int
listing_read(struct listing *li, const char *path)
{
	*li = (struct listing){0};
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	DIR *dir = fstat(fd, &li->st) < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		int code = -errno;
		close(fd);
		return code;
	}
	read_entries(li, dir);
	closedir(dir);
	sort(&li->files);
	sort(&li->dirs);
	sort(&li->links);
	return 0;
}

void
listing_release(struct listing *li)
{
	release(&li->files);
	release(&li->dirs);
	release(&li->links);
	*li = (struct listing){0};
}

const char *
listing_extension(const char *name)
{
	if (strstr(name, "tfevents"))
		return "tfevents";
	const char *dot = strrchr(name, '.');
	return dot && strspn(dot + 1, "0123456789") != strlen(dot + 1) ? dot + 1 : "";
}

struct pick {
	const char *extension;
	size_t index;
};

static int
by_extension(const void *a, const void *b)
{
	const struct pick *x = a, *y = b;
	int c = strcmp(x->extension, y->extension);
	return c ? c : x->index < y->index ? -1 : 1;
}

size_t
listing_sample(const struct listing *li, size_t *out, size_t max)
{
	size_t n = li->files.n, taken = 0, groups = 0;
	struct pick *p = xmalloc((n + 1) * sizeof *p);
	for (size_t i = 0; i < n; i++)
		p[i] = (struct pick){listing_extension(li->files.at[i].name), i};
	if (n)
		qsort(p, n, sizeof *p, by_extension);
	for (size_t i = 0; i < n; i++)
		groups += i == 0 || strcmp(p[i].extension, p[i - 1].extension) != 0;
	/* Evenly spread within each group; more groups than MAX: one of each, as far as it goes. */
	size_t share = groups && max / groups ? max / groups : 1;
	for (size_t from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n && strcmp(p[to].extension, p[from].extension) == 0; to++)
			;
		size_t want = to - from < share ? to - from : share;
		for (size_t k = 0; k < want && taken < max; k++)
			out[taken++] = p[from + (to - from) * k / want].index;
	}
	free(p);
	return taken;
}
