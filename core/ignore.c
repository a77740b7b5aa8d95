/* Names decide, for a look into each directory is what is to be avoided. */
#include "core/ignore.h"

#include "core/glob.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IGNORE_MAX = 64 << 10 }; /* bytes of an .mmignore that are read */

bool
ignore_dir_name(const char *name)
{
	static const char *const never[] = {"node_modules", "__pycache__", "site-packages"};
	if (name[0] == '.')
		return strcmp(name, ".hydra") != 0; /* there is what a run was told */
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (strcmp(name, never[i]) == 0)
			return true;
	return false;
}

bool
ignore_file_name(const char *name)
{
	static const char *const unfinished[] = {"~",     ".tmp",     ".temp", ".swp",
						 ".part", ".partial", ".lock"};
	if (name[0] == '.')
		return true;
	size_t n = strlen(name);
	for (size_t i = 0; i < sizeof unfinished / sizeof *unfinished; i++) {
		size_t k = strlen(unfinished[i]);
		if (n >= k && strcmp(name + n - k, unfinished[i]) == 0)
			return true;
	}
	return false;
}

bool
ignore_media_name(const char *name)
{
	static const char *const media[] = {"jpg",  "jpeg", "png", "gif",  "bmp",  "webp", "tif",
					    "tiff", "ppm",  "pgm", "heic", "avif", "exr",  "dcm",
					    "wav",  "mp3",  "ogg", "flac", "m4a",  "opus", "mp4",
					    "avi",  "mov",  "mkv", "webm", "npy"};
	const char *dot = strrchr(name, '.');
	if (!dot)
		return false;
	for (size_t i = 0; i < sizeof media / sizeof *media; i++)
		if (strcasecmp(dot + 1, media[i]) == 0)
			return true;
	return false;
}

static void
add_lines(struct ignore *ig, char *text)
{
	char *save = NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		while (isspace((unsigned char)*line))
			line++;
		size_t n = strlen(line);
		while (n && isspace((unsigned char)line[n - 1]))
			line[--n] = '\0';
		if (!n || *line == '#')
			continue;
		ig->glob = xreallocarray(ig->glob, (size_t)ig->n + 1, sizeof *ig->glob);
		ig->glob[ig->n++] = xstrdup(line);
	}
}

void
ignore_load(struct ignore *ig, int dirfd)
{
	*ig = (struct ignore){0};
	int fd = openat(dirfd, IGNORE_FILE, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return;
	struct stat st;
	char *text = xmalloc(IGNORE_MAX + 1);
	ssize_t n =
		fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? pread(fd, text, IGNORE_MAX, 0) : -1;
	if (n >= 0) {
		text[n] = '\0';
		add_lines(ig, text);
		ig->all = ig->n == 0;
	}
	free(text);
	close(fd);
}

void
ignore_release(struct ignore *ig)
{
	for (int i = 0; i < ig->n; i++)
		free(ig->glob[i]);
	free(ig->glob);
	*ig = (struct ignore){0};
}

bool
ignore_match(const struct ignore *ig, const char *name)
{
	for (int i = 0; i < ig->n; i++)
		if (glob_match(ig->glob[i], name))
			return true;
	return ig->all;
}
