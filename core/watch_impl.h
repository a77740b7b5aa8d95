/* watch_impl.h - what the parts of the watch share. Private to core/watch*.c.
 *
 *     watch.c       events, polling, the public face
 *     watch_dir.c   directories and files: entering, marking, telling, taking out
 *     watch_list.c  what is in a directory */
#ifndef CORE_WATCH_IMPL_H
#define CORE_WATCH_IMPL_H

#include "core/dirtree.h"
#include "core/str.h"
#include "core/watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#define WATCH_MASK \
	(IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | \
	 IN_DELETE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK)

struct watch {
	struct watch_opts o;
	struct watch_events ev;
	struct loop *loop;
	char *ignore, *avoid[4];
	int fd; /* inotify; -1: none */
	int nwatches;
	bool limit_said, overflow;
	uint32_t overflows;
	struct dirtree tree;
	struct poller *poller;
	struct dir *queue, **queue_end;
	struct file **dirty;
	size_t ndirty, dirty_cap;
	struct str path; /* scratch */
};

/* -- watch.c */
const char *watch_dir_path(const struct dir *d);
/* D's path and NAME, until the next call. */
const char *watch_join(struct watch *w, const struct dir *d, const char *name);
void watch_note(struct watch *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Neither avoided nor ignored. */
bool watch_wanted(const struct watch *w, const char *path);

/* -- watch_dir.c */
struct file *watch_file_add(struct watch *w, struct dir *d, const char *name, uint64_t ino);
void watch_file_remove(struct watch *w, struct file *f);
/* Remembers that F is to be told. */
void watch_mark(struct watch *w, struct file *f, enum watch_hint hint);
/* Tells every file that has a mark. */
void watch_flush(struct watch *w);
/* D is listed by watch_step(); TELL_ALL: what was known is told too. */
void watch_enqueue(struct watch *w, struct dir *d, bool tell_all);
void watch_dequeue(struct watch *w, struct dir *d);
void watch_set_polled(struct watch *w, struct dir *d);
/* Has inotify watch it, and polling where that is blind. */
void watch_dir_begin(struct watch *w, struct dir *d);
/* There is nothing in it to watch: whether it changes is asked now and then. */
void watch_dir_rest(struct watch *w, struct dir *d);
/* PATH is (or may be) a directory below PARENT, or one that a link in PARENT leads to. */
void watch_dir_enter(struct watch *w, const char *path, struct dir *parent, bool linked);
/* Takes D out with all that is below. QUIET: nobody is told, for it is still there but no longer
 * wanted. A root is waited for, with or without the directory that held it. */
void watch_dir_remove(struct watch *w, struct dir *d, bool quiet);
/* NAME in D is a symbolic link. */
void watch_link(struct watch *w, struct dir *d, const char *name);
bool watch_same_dir(const char *path, uint64_t dev, uint64_t ino);

/* -- watch_list.c */
void watch_list(struct watch *w, struct dir *d);
/* D is a crowd, and NAME one more of those in it. */
bool watch_crowd_has(const struct dir *d, const char *name);

#endif
