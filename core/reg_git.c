/* Which revision a working tree is at, read from the files that git keeps: a program that is not
 * there, or a hook, is nothing to depend on or to run. */
#include "core/reg_impl.h"

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* The file's first line; NULL: there is none. */
static char *
first_line(const char *dir, const char *name)
{
	struct str s = STR_INIT;
	struct err ignored;
	char *path = xasprintf("%s/%s", dir, name), *line = NULL;
	if (reg_read(path, &s, &ignored) == 0)
		line = xstrndup(str_c(&s), strcspn(str_c(&s), "\r\n"));
	str_release(&s);
	free(path);
	return line;
}

/* PATH, which may be relative to DIR; frees PATH. */
static char *
resolve(const char *dir, char *path)
{
	if (path[0] == '/')
		return path;
	char *full = xasprintf("%s/%s", dir, path);
	free(path);
	return full;
}

/* The directory .git of the working tree that PATH lies in. */
static char *
find_git(const char *path)
{
	struct stat st;
	char *dir = xstrdup(path), *git = NULL;
	for (char *end = dir + strlen(dir); end && !git; end = strrchr(dir, '/')) {
		*end = '\0';
		char *at = xasprintf("%s/.git", dir);
		if (regfs_stat(at, &st) == 0 && S_ISDIR(st.st_mode)) {
			git = xstrdup(at);
		} else if (regfs_stat(at, &st) == 0 && S_ISREG(st.st_mode)) {
			char *line = first_line(dir, ".git");
			if (line && strncmp(line, "gitdir: ", 8) == 0)
				git = resolve(dir, xstrdup(line + 8));
			free(line);
		}
		free(at);
	}
	free(dir);
	return git;
}

static char *
packed(const char *git, const char *ref)
{
	struct str s = STR_INIT;
	struct err ignored;
	char *path = xasprintf("%s/packed-refs", git), *found = NULL;
	size_t nref = strlen(ref);
	if (reg_read(path, &s, &ignored) == 0)
		for (const char *p = str_c(&s); p && *p && !found;) {
			size_t n = strcspn(p, "\n"), hash = strcspn(p, " \n");
			if (*p != '#' && hash + 1 + nref == n && !memcmp(p + hash + 1, ref, nref))
				found = xstrndup(p, hash);
			p += n + (p[n] == '\n');
		}
	str_release(&s);
	free(path);
	return found;
}

char *
reg_git_revision(const char *path)
{
	char *git = find_git(path), *head = git ? first_line(git, "HEAD") : NULL;
	if (head && strncmp(head, "ref: ", 5) == 0) {
		char *ref = xstrdup(head + 5), *common = first_line(git, "commondir");
		common = common ? resolve(git, common) : xstrdup(git);
		free(head);
		head = first_line(git, ref);
		if (!head)
			head = first_line(common, ref);
		if (!head)
			head = packed(common, ref);
		free(common);
		free(ref);
	}
	free(git);
	size_t n = head ? strlen(head) : 0;
	if (head && ((n != 40 && n != 64) || strspn(head, "0123456789abcdef") != n)) {
		free(head);
		head = NULL;
	}
	return head;
}
