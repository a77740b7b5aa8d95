/* Editors write in place, or write beside and rename: so it is the directory that is watched, and
 * the name in it that counts. A directory that does not exist yet is not waited for, :reload and
 * SIGHUP are there; and where inotify is blind (a home on NFS that is edited elsewhere) they are
 * too. */
#include "tui/conf_watch.h"

#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { SETTLE_US = 150000, MAX_PLACES = 2 };

struct place {
	int wd;
	char *name;
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

static bool
is_ours(const struct conf_watch *w, const struct inotify_event *ev)
{
	if (ev->mask & IN_Q_OVERFLOW)
		return true;
	for (int i = 0; i < w->n; i++)
		if (ev->wd == w->place[i].wd && ev->len && strcmp(ev->name, w->place[i].name) == 0)
			return true;
	return false;
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
	const uint32_t what = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	int wd = inotify_add_watch(w->fd, dir, what | IN_ONLYDIR);
	if (wd >= 0)
		w->place[w->n++] = (struct place){wd, xstrdup(slash ? slash + 1 : path)};
	free(dir);
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
	for (int i = 0; i < w->n; i++)
		free(w->place[i].name);
	free(w);
}
