/* Nothing here is a database: a directory of files that are written once. What makes that safe is
 * the order of calls. A file is written under a name in tmp/, synced, and then gets its real name
 * by link(), which fails when somebody was first, or by rename(), for the few files that change;
 * then the directory is synced. A process that ends anywhere in between leaves a file in tmp/ that
 * nobody refers to.
 *
 * Over NFS the answer to a link() can be lost and the call repeated, so a failure is judged by
 * whether both names are one file. Locks only keep numbers in order and gc away from what is being
 * saved; where a file system has none, publishing is as safe as without. */
#include "core/registry.h"

#include "core/clock.h"
#include "core/conf.h"
#include "core/reg_impl.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORMAT "mm-registry 1\n"

enum { FORMAT_NEWEST = 1, NAME_BYTES = 64, READ_MAX = 64 << 20, RATE_US = 500000 };

/* -- where and what ---------------------------------------------------------------------------- */

int
registry_where(const char *given, const struct conf *c, struct str *out, struct err *e)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	str_reset(out);
	if (!given && c && *conf_str(c, "registry.path"))
		given = conf_str(c, "registry.path");
	if (given && given[0] == '~' && given[1] == '/' && home)
		str_addf(out, "%s%s", home, given + 1);
	else if (given && given[0] == '/')
		str_adds(out, given);
	else if (given) {
		char *cwd = getcwd(NULL, 0);
		str_addf(out, "%s/%s", cwd ? cwd : ".", given);
		free(cwd);
	} else if (data && data[0] == '/')
		str_addf(out, "%s/mm/registry", data);
	else if (home && home[0] == '/')
		str_addf(out, "%s/.local/share/mm/registry", home);
	else
		return err_set(e, ERR_NOTFOUND,
			       "there is no HOME to keep a registry in; --registry says where");
	while (out->len > 1 && out->buf[out->len - 1] == '/')
		out->buf[--out->len] = '\0';
	return 0;
}

static char *
this_host(void)
{
	char host[65] = "";
	if (gethostname(host, sizeof host - 1) || !host[0] || host[0] == '.')
		return xstrdup("host");
	for (char *p = host; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			*p = '_';
	return xstrdup(host);
}

static char *
this_user(void)
{
	const struct passwd *pw = getpwuid(geteuid());
	return pw ? xstrdup(pw->pw_name) : xasprintf("%u", (unsigned)geteuid());
}

/* A directory that mm made, or that it may make its own. */
static int
check_format(struct registry *r, struct err *e)
{
	struct str text = STR_INIT;
	char *path = reg_join(r, "FORMAT", NULL);
	struct err why = {0};
	int n = 0, code = reg_read(path, &text, &why);
	free(path);
	if (code == ERR_NOTFOUND) {
		char **name;
		size_t nnames, foreign = 0;
		if (regfs_list(r->dir, &name, &nnames) < 0)
			return errno == ENOENT ? 0 : err_sys(e, "%s", r->dir);
		for (size_t i = 0; i < nnames; i++)
			/* FORMAT has come meanwhile: somebody makes the registry at this moment. */
			foreign += strcmp(name[i], "FORMAT") != 0 && strcmp(name[i], "tmp") != 0 &&
				   strcmp(name[i], "lock") != 0 && strcmp(name[i], "edit") != 0 &&
				   strcmp(name[i], "objects") != 0 &&
				   strcmp(name[i], "models") != 0 &&
				   strcmp(name[i], "deploy") != 0 && strcmp(name[i], "trash") != 0;
		regfs_names_free(name, nnames);
		return foreign ? err_set(e, ERR_FORMAT,
					 "%s is no registry, and there is something else in it",
					 r->dir)
			       : 0;
	}
	if (code < 0)
		return err_set(e, code, "%s", why.text);
	if (sscanf(str_c(&text), "mm-registry %9d", &n) != 1 || n < 1)
		code = err_set(e, ERR_FORMAT, "%s: its file FORMAT is not a registry's", r->dir);
	else if (n > FORMAT_NEWEST)
		code = err_set(e, ERR_VERSION, "%s is a registry of format %d, made by a newer mm",
			       r->dir, n);
	str_release(&text);
	return code;
}

int
registry_open(const char *dir, struct registry **out, struct err *e)
{
	struct registry *r = xcalloc(1, sizeof *r);
	r->dir = xstrdup(dir);
	r->host = this_host();
	r->user = this_user();
	int code = check_format(r, e);
	if (code < 0) {
		registry_close(r);
		r = NULL;
	}
	*out = r;
	return code;
}

void
registry_close(struct registry *r)
{
	if (!r)
		return;
	free(r->dir);
	free(r->host);
	free(r->user);
	free(r);
}

const char *
registry_dir(const struct registry *r)
{
	return r->dir;
}

/* -- names ------------------------------------------------------------------------------------- */

char *
reg_join(const struct registry *r, ...)
{
	struct str s = STR_INIT;
	va_list ap;
	str_adds(&s, r->dir);
	va_start(ap, r);
	for (const char *part; (part = va_arg(ap, const char *));)
		str_addf(&s, "/%s", part);
	va_end(ap);
	return str_steal(&s);
}

char *
reg_tmp(struct registry *r)
{
	static atomic_uint serial;
	char *name = xasprintf("%s.%ld.%u", r->host, (long)getpid(), atomic_fetch_add(&serial, 1));
	char *path = reg_join(r, "tmp", name, NULL);
	free(name);
	return path;
}

bool
registry_name_ok(const char *name)
{
	size_t n = strlen(name);
	if (n == 0 || n > NAME_BYTES || !isalnum((unsigned char)name[0]))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	return true;
}

int
reg_digits(const char *name)
{
	size_t n = strspn(name, "0123456789");
	return n == 0 || n > 9 || name[n] || name[0] == '0' ? 0 : (int)strtol(name, NULL, 10);
}

int
reg_number(const char *name)
{
	return name[0] == 'v' ? reg_digits(name + 1) : 0;
}

/* -- directories ------------------------------------------------------------------------------- */

int
reg_mkdirs(const char *path, struct err *e)
{
	struct stat st;
	if (regfs_stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? 0 : err_set(e, ERR_SYS, "%s is no directory", path);
	if (errno != ENOENT)
		return err_sys(e, "%s", path);
	const char *slash = strrchr(path, '/');
	if (!slash || slash == path)
		return err_sys(e, "%s", path);
	char *above = xstrndup(path, (size_t)(slash - path));
	int code = reg_mkdirs(above, e);
	if (code == 0 && regfs_mkdir(path, 0777) < 0 && errno != EEXIST)
		code = err_sys(e, "%s", path);
	if (code == 0 && regfs_sync_dir(above) < 0)
		code = err_sys(e, "%s", above);
	free(above);
	return code;
}

int
reg_make(struct registry *r, struct err *e)
{
	static const char *const sub[] = {"objects", "models", "deploy", "trash", "tmp"};
	struct stat st;
	char *format = reg_join(r, "FORMAT", NULL);
	int code = 0;
	if (regfs_stat(format, &st) == 0)
		goto out;
	if (regfs_stat(r->dir, &st) < 0) {
		char *above = xstrdup(r->dir);
		*strrchr(above, '/') = '\0';
		if (*above)
			code = reg_mkdirs(above, e);
		if (code == 0 && regfs_mkdir(r->dir, 0700) < 0 && errno != EEXIST)
			code = err_sys(e, "%s", r->dir);
		if (code == 0 && *above && regfs_sync_dir(above) < 0)
			code = err_sys(e, "%s", above);
		free(above);
	}
	for (size_t i = 0; i < sizeof sub / sizeof *sub && code == 0; i++) {
		char *path = reg_join(r, sub[i], NULL);
		code = reg_mkdirs(path, e);
		free(path);
	}
	if (code == 0) {
		code = reg_write(r, format, FORMAT, strlen(FORMAT), false, e);
		if (code == ERR_BUSY) /* somebody else has just made it */
			code = 0;
	}
out:
	free(format);
	return code;
}

/* -- locks ------------------------------------------------------------------------------------- */

int
reg_lock(struct registry *r, enum reg_lock which, struct err *e)
{
	char *path = reg_join(r, which == REG_EDIT ? "edit" : "lock", NULL);
	int fd = regfs_open(path, O_RDWR | O_CREAT, 0666);
	if (fd < 0)
		fd = err_sys(e, "%s", path);
	else if (regfs_lock(fd, which != REG_OBJECTS_SHARED, which != REG_OBJECTS) < 0) {
		int code = errno == EAGAIN ? err_set(e, ERR_BUSY,
						     "%s: somebody is saving or reading versions; "
						     "try again later",
						     r->dir)
					   : err_sys(e, "%s", path);
		close(fd);
		fd = code;
	}
	free(path);
	return fd;
}

void
reg_unlock(int fd)
{
	if (fd >= 0)
		regfs_close(fd);
}

/* -- files ------------------------------------------------------------------------------------- */

static int
sync_parent(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = xstrndup(path, (size_t)(slash - path));
	int code = regfs_sync_dir(dir) < 0 ? err_sys(e, "%s", dir) : 0;
	free(dir);
	return code;
}

static bool
one_file(const char *a, const char *b)
{
	struct stat sa, sb;
	return regfs_lstat(a, &sa) == 0 && regfs_lstat(b, &sb) == 0 && sa.st_ino == sb.st_ino &&
	       sa.st_dev == sb.st_dev;
}

int
reg_publish(const char *tmp, const char *path, struct err *e)
{
	int done = 1;
	if (regfs_link(tmp, path) < 0) {
		int saved = errno;
		if (!one_file(tmp, path)) {
			errno = saved;
			done = saved == EEXIST ? 0 : err_sys(e, "%s", path);
		}
	}
	int saved = errno;
	regfs_unlink(tmp); /* what stays is swept some day */
	errno = saved;
	if (done == 1 && sync_parent(path, e) < 0)
		return e->code;
	return done;
}

static int
write_all(int fd, const char *p, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t k = regfs_pwrite(fd, p + at, n - at, (off_t)at);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			if (k == 0)
				errno = ENOSPC;
			return -1;
		}
		at += (size_t)k;
	}
	return 0;
}

int
reg_write(struct registry *r, const char *path, const char *text, size_t n, bool replace,
	  struct err *e)
{
	int fd = -1, code = 0;
	char *tmp = NULL;
	for (int i = 0; i < 100 && fd < 0; i++) {
		free(tmp);
		tmp = reg_tmp(r);
		fd = regfs_open(tmp, O_WRONLY | O_CREAT | O_EXCL, 0444);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0) {
		code = err_sys(e, "%s", tmp);
		free(tmp);
		return code;
	}
	if (write_all(fd, text, n) < 0 || regfs_sync(fd) < 0)
		code = err_sys(e, "%s", path);
	if (regfs_close(fd) < 0 && code == 0)
		code = err_sys(e, "%s", path);
	if (code == 0 && replace) {
		if (regfs_rename(tmp, path) < 0)
			code = err_sys(e, "%s", path);
		else
			code = sync_parent(path, e);
	} else if (code == 0) {
		code = reg_publish(tmp, path, e);
		code = code == 0  ? err_set(e, ERR_BUSY, "%s: there is one already", path)
		       : code > 0 ? 0
				  : code;
	}
	if (code < 0)
		regfs_unlink(tmp);
	free(tmp);
	return code;
}

int
reg_read(const char *path, struct str *out, struct err *e)
{
	enum { BLOCK = 1 << 16 };
	int code = 0, fd = regfs_open(path, O_RDONLY, 0);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? err_set(e, ERR_NOTFOUND, "%s does not exist", path)
			       : err_sys(e, "%s", path);
	char *buf = xmalloc(BLOCK);
	for (;;) {
		ssize_t n = regfs_pread(fd, buf, BLOCK, (off_t)out->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			code = err_sys(e, "%s", path);
		if (n <= 0)
			break;
		str_add(out, buf, (size_t)n);
		if (out->len > READ_MAX) {
			code = err_set(e, ERR_FORMAT, "%s is too large for what it should be",
				       path);
			break;
		}
	}
	free(buf);
	regfs_close(fd);
	return code;
}

/* -- progress ---------------------------------------------------------------------------------- */

void
reg_clock_init(struct reg_clock *c, uint64_t total, registry_progress_fn fn, void *ctx)
{
	*c = (struct reg_clock){.p = {.total = total, .left_us = -1}, .fn = fn, .ctx = ctx};
	c->since_us = clock_mono_us();
}

bool
reg_clock_add(struct reg_clock *c, uint64_t n)
{
	if (!c)
		return false;
	c->p.done += n;
	if (!c->fn)
		return false;
	int64_t now = clock_mono_us(), span = now - c->since_us;
	if (span >= RATE_US) {
		double rate = (double)(c->p.done - c->since_done) * 1e6 / (double)span;
		c->p.rate = c->p.rate > 0 ? 0.7 * c->p.rate + 0.3 * rate : rate;
		c->since_us = now;
		c->since_done = c->p.done;
	}
	if (c->p.rate > 0 && c->p.total >= c->p.done)
		c->p.left_us = (int64_t)((double)(c->p.total - c->p.done) / c->p.rate * 1e6);
	if (now < c->next_us && c->p.done < c->p.total)
		return false;
	c->next_us = now + 100000;
	return c->fn(c->ctx, &c->p);
}
