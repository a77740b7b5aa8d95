/* reg_impl.h - what the parts of the registry share. Private to core/reg*.c and core/deploy*.c.
 *
 *     registry.c       opening, names, locks, publishing
 *     reg_manifest.c   a version as text
 *     reg_list.c       the versions there are
 *     reg_mark.c       aliases, tags, notes, pins
 *     reg_tree.c       the files of a source
 *     reg_copy.c       one file into the registry or out of it, hashed on the way
 *     reg_save.c       save, adopt
 *     reg_git.c        the revision of a working tree
 *     reg_restore.c    files out of it
 *     reg_tar.c        export, import
 *     reg_trash.c      removing, undo, gc
 *     reg_verify.c     integrity
 *     reg_safety.c     what loading it could do
 *     deploy.c, deploy_hook.c, deploy_history.c */
#ifndef CORE_REG_IMPL_H
#define CORE_REG_IMPL_H

#include "core/json_tree.h"
#include "core/regfs.h"
#include "core/registry.h"

struct registry {
	char *dir, *host, *user;
	unsigned ntmp; /* names given so far */
};

/* -- registry.c */
/* The directories and FORMAT are there. */
int reg_make(struct registry *r, struct err *e);
/* PATH and what is missing above it, 0700. */
int reg_mkdirs(const char *path, struct err *e);
/* DIR/A/B/C …; NULL ends. To be freed. */
char *reg_join(const struct registry *r, ...) __attribute__((sentinel));
char *reg_tmp(struct registry *r);
enum reg_lock { REG_OBJECTS_SHARED, REG_OBJECTS, REG_EDIT };
/* A descriptor, released by closing it; negative: ERR_BUSY (only REG_OBJECTS doesn't wait). */
int reg_lock(struct registry *r, enum reg_lock which, struct err *e);
void reg_unlock(int fd);
/* Writes TEXT to PATH, durable when it returns. With REPLACE it takes the place of what is there;
 * else ERR_BUSY: there is one. */
int reg_write(struct registry *r, const char *path, const char *text, size_t n, bool replace,
	      struct err *e);
/* TMP becomes PATH by link(), judged by the link count: 1 done, 0 there is one already. TMP is
 * gone. */
int reg_publish(const char *tmp, const char *path, struct err *e);
/* At most 64 MB; ERR_NOTFOUND. */
int reg_read(const char *path, struct str *out, struct err *e);
/* "v12": 12; else 0. */
int reg_number(const char *name);
/* A digit string without leading zeros: its number; else 0. */
int reg_digits(const char *name);
struct reg_clock {
	struct registry_progress p;
	registry_progress_fn fn;
	void *ctx;
	int64_t next_us, since_us; /* monotonic */
	uint64_t since_done;
};
void reg_clock_init(struct reg_clock *c, uint64_t total, registry_progress_fn fn, void *ctx);
/* N more bytes; true: stop. */
bool reg_clock_add(struct reg_clock *c, uint64_t n);

/* -- reg_manifest.c */
void reg_manifest_put(struct str *out, const struct version *v);
/* Fills what never changes; MODEL and NUMBER are set and must agree. Words in E: what is wrong. */
int reg_manifest_get(struct version *v, const char *p, size_t n, struct err *e);
/* Text in two lines, the second the first one's SHA-256; and the first of them back, checked. */
void reg_seal(struct str *s);
int reg_unseal(const char *p, size_t n, struct json_node **out, struct err *e);
void reg_digest(struct version *v);

/* -- reg_list.c */
int reg_models(struct registry *r, char ***name, size_t *n, struct err *e);
/* The numbers of MODEL's manifests, in order. */
int reg_numbers(struct registry *r, const char *model, int **out, size_t *n, struct err *e);
/* What was removed: for each version that is in the trash or was purged. */
struct reg_trashed {
	char *model;
	int number, batch;
	int64_t time_us;
	bool purged, undone;
};
struct reg_trash {
	struct reg_trashed *at;
	size_t n, cap;
	int newest;   /* number of a batch */
	char *broken; /* NULL, or what is wrong with one that can't be read */
};
int reg_trash_load(struct registry *r, struct reg_trash *out, struct err *e);
void reg_trash_release(struct reg_trash *t);
/* The highest number that MODEL ever had. */
int reg_highest(struct registry *r, const char *model, struct err *e);
/* The manifest of MODEL@vNUMBER alone. */
int reg_load(struct registry *r, const char *model, int number, struct version *out, struct err *e);

/* -- reg_mark.c */
/* Marks that are torn count as a pin: what is not known must not make a version go. */
int reg_mark_load(struct registry *r, struct version *v, struct err *e);
/* "vN" in models/MODEL/alias/ALIAS; 0: none, or torn; negative: it can't be read. */
int reg_alias_get(struct registry *r, const char *model, const char *alias, struct err *e);

/* -- reg_tree.c */
struct reg_source {
	char *root; /* canonical */
	bool tree;
	struct version_file *file; /* in order of path */
	size_t n, cap;
	uint64_t bytes, excluded_bytes;
	struct str excluded;
};
int reg_source_read(const char *path, const char *exclude, struct reg_source *out, struct err *e);
void reg_source_release(struct reg_source *s);
char *reg_source_path(const char *root, bool tree, const char *path);

/* -- reg_copy.c */
/* The file at FROM becomes an object; F's size, time and hash are what was read. */
int reg_store(struct registry *r, const char *from, struct version_file *f, struct reg_clock *c,
	      struct err *e);
/* The F->bytes bytes at BASE of FD become an object, if their hash is F's. */
int reg_store_part(struct registry *r, int fd, uint64_t base, const struct version_file *f,
		   struct reg_clock *c, struct err *e);
/* Only reads: F gets its size, time and hash. */
int reg_hash(const char *from, struct version_file *f, struct reg_clock *c, struct err *e);
/* FROM becomes TO (which must not be there), with MODE, durable; its hash must be F's. */
int reg_fetch(const char *from, const char *to, const struct version_file *f, struct reg_clock *c,
	      struct err *e);
char *reg_object(const struct registry *r, const char *sha256);

/* -- reg_git.c */
/* Of the working tree that PATH lies in, to be freed; NULL: none. */
char *reg_git_revision(const char *path);

/* -- reg_save.c */
/* V (all but its number, parent, time, who) becomes the next version of its model; or is set to the
 * one that has the same files. */
int reg_commit(struct registry *r, struct version *v, bool *new_version, struct err *e);

#endif
