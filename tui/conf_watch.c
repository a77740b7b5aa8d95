/* Editors write in place, or write beside and rename: so it is the directory that is watched, and
 * the name in it that counts. Where there is no such directory yet, the nearest one above it is
 * watched until there is. Where inotify is blind (a home on NFS that is edited elsewhere) :reload
 * and SIGHUP remain. */
#include "tui/conf_watch.h"

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { SETTLE_US = 150000, MAX_PLACES = 2 };

struct place {
	int wd;     /* -1: nothing is watched */
	char *path; /* of the file */
	char *name; /* that counts in what is watched: the file's, or its directory's */
};

struct conf_watch {
	struct loop *loop;
	struct loop_timer *settle;
	struct place place[MAX_PLACES];
	int n, fd;
	void (*fn)(void *ctx);
	void *ctx;
};

static void
on_settled(void *ctx)
{
	struct conf_watch *w = ctx;
	w->fn(w->ctx);
}

/* PATH up to its last '/', and what stands behind it. */
static char *
cut_path(const char *path, char **name)
{
	const char *slash = strrchr(path, '/');
	*name = xstrdup(slash ? slash + 1 : path);
	return slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
}

static int
watch_dir(const struct conf_watch *w, const char *dir)
{
	const uint32_t what = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE;
	return inotify_add_watch(w->fd, *dir ? dir : "/", what | IN_ONLYDIR);
}

/* Watches the directory of P, or the nearest above it that is there. */
static void
climb(const struct conf_watch *w, struct place *p)
{
	char *name, *last, *dir = cut_path(p->path, &name);
	while ((p->wd = watch_dir(w, dir)) < 0 && *dir && strcmp(dir, ".") != 0) {
		char *above = cut_path(dir, &last);
		free(name);
		free(dir);
		name = last;
		dir = above;
	}
	free(p->name);
	p->name = name;
	free(dir);
}

/* The next directory may come between looking for it and watching the one above. */
static void
arm(const struct conf_watch *w, struct place *p)
{
	int before;
	climb(w, p);
	do {
		before = p->wd;
		climb(w, p);
	} while (p->wd != before);
}

static bool
is_ours(struct conf_watch *w, const struct inotify_event *ev)
{
	bool ours = ev->mask & IN_Q_OVERFLOW;
	for (int i = 0; i < w->n; i++) {
		struct place *p = &w->place[i];
		bool gone = ev->mask & IN_IGNORED;
		if (ev->wd != p->wd || !(gone || (ev->len && strcmp(ev->name, p->name) == 0)))
			continue;
		/* an open file is not yet written; a directory that came has to be watched */
		bool dir = ev->mask & IN_ISDIR;
		if (gone || dir)
			arm(w, p);
		ours = ours || gone || dir || !(ev->mask & IN_CREATE);
	}
	return ours;
}

static void
on_event(void *ctx, int fd, uint32_t events)
{
	struct conf_watch *w = ctx;
	union {
		char bytes[4096];
		struct inotify_event align;
	} buf;
	ssize_t n;
	(void)events;
	while ((n = read(fd, buf.bytes, sizeof buf.bytes)) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *ev = (const void *)(buf.bytes + at);
			if (is_ours(w, ev))
				loop_timer_set(w->settle, SETTLE_US);
			at += (ssize_t)(sizeof *ev + ev->len);
		}
	}
}

static void
add_place(struct conf_watch *w, const char *path)
{
	struct place *p = &w->place[w->n++];
	*p = (struct place){.wd = -1, .path = xstrdup(path)};
	arm(w, p);
}

struct conf_watch *
conf_watch_new(struct loop *l, const char *path, void (*fn)(void *ctx), void *ctx)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct conf_watch *w = xcalloc(1, sizeof *w);
	*w = (struct conf_watch){.loop = l, .fn = fn, .ctx = ctx};
	w->settle = loop_timer_new(l, on_settled, w);
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0)
		return w; /* none left: then by hand */
	char *mine = path                 ? xstrdup(path)
		     : xdg && *xdg == '/' ? xasprintf("%s/mm/mm.conf", xdg)
		     : home               ? xasprintf("%s/.config/mm/mm.conf", home)
					  : NULL;
	if (mine)
		add_place(w, mine);
	if (!path)
		add_place(w, "/etc/mm/mm.conf");
	free(mine);
	loop_fd(l, w->fd, EPOLLIN, on_event, w);
	return w;
}

void
conf_watch_free(struct conf_watch *w)
{
	if (!w)
		return;
	loop_timer_free(w->settle);
	if (w->fd >= 0) {
		loop_fd_remove(w->loop, w->fd);
		close(w->fd);
	}
	for (int i = 0; i < w->n; i++) {
		free(w->place[i].path);
		free(w->place[i].name);
	}
	free(w);
}
