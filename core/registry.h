/* registry.h - versions of models, kept in a plain directory: it can be copied with rsync, survives
 * without mm, needs no service.
 *
 *     FORMAT                     "mm-registry 1"
 *     objects/ab/cdef…           content by its SHA-256, read-only
 *     models/NAME/vN             a manifest: a line of JSON, and a line with that line's SHA-256
 *     models/NAME/alias/ALIAS    "vN"
 *     models/NAME/mark/vN        note, tags, pin: what may change
 *     models/NAME/safety/vN      what loading it could do, remembered
 *     deploy/SLOT/…              deploy.h
 *     trash/N                    versions that were removed together: taken back by one rename
 *     tmp/                       what is being written; copies that were interrupted go on there
 *     lock, edit                 locks: of objects against gc, of what is published
 *
 * A version is a tree of files with the run and step it came from, the metrics then, the
 * parameters. v1, v2, … are dense and never used twice. What is published appears whole or not at
 * all, by one link() or rename(), and is on the disk before that is said. Any number of processes
 * on any number of hosts may use a registry at once.
 *
 * Everything here blocks while it reads and writes files; a screen calls what is long (save,
 * verify, restore, deploy) from a child process or thread of its own, each with a registry of its
 * own. Values that are handed out are copies, freed by the function named with them. */
#ifndef CORE_REGISTRY_H
#define CORE_REGISTRY_H

#include "core/err.h"
#include "core/sha256.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;
struct registry;

/* Where it is: GIVEN (--registry), else [registry] path of CONF (may be NULL), else
 * $XDG_DATA_HOME/mm/registry, else ~/.local/share/mm/registry. ERR_NOTFOUND: there is no HOME
 * either. */
int registry_where(const char *given, const struct conf *c, struct str *out, struct err *e);

/* DIR need not exist: reading finds no models then, and the first that is saved makes it (0700).
 * ERR_VERSION: made by a newer mm. ERR_FORMAT: a directory of something else. */
int registry_open(const char *dir, struct registry **out, struct err *e);
void registry_close(struct registry *r);
const char *registry_dir(const struct registry *r);

/* -- versions -------------------------------------------------------------------------------- */

enum version_kind {
	VERSION_SAVED,   /* its content lies in the registry */
	VERSION_ADOPTED, /* recorded where it lies: SOURCE */
};

enum version_step {
	VERSION_STEP_NONE,
	VERSION_STEP_FILE,  /* the file says it */
	VERSION_STEP_NAME,  /* its name does */
	VERSION_STEP_TIME,  /* what the run had logged when it was written: about */
	VERSION_STEP_GIVEN, /* a person said it */
};

struct version_file {
	char *path; /* within the version: no "..", no '/' in front */
	uint64_t bytes;
	int64_t mtime_us; /* of the original */
	uint32_t mode;    /* 0644, 0755 */
	char sha256[SHA256_HEX];
};

struct version_metric {
	char *name;
	double value;
	int64_t step; /* of this value; INT64_MIN: none */
};

struct version_pair {
	char *key, *value;
};

struct version {
	char *model;
	int number;   /* 1 … */
	char *broken; /* NULL, or why its manifest can't be read; then only what stands above holds,
		       * and what may change */

	/* -- the manifest: never changes */
	enum version_kind kind;
	bool automatic;  /* by [registry] auto: it may go without being asked about */
	int64_t time_us; /* when it was saved */
	char *by, *host; /* who, where */
	char *source;    /* absolute: the file or directory that it was made from */
	bool tree;       /* SOURCE is a directory; else FILE[0] is it */
	char *run;       /* path of the run it came from, or NULL */
	int64_t step;
	enum version_step step_from;
	char *git;      /* the revision of the working tree that the run's directory lies in, or
			   * NULL */
	int parent;     /* number of the version that was newest before; 0: none */
	char *digest;   /* of paths and contents: equal trees have equal digests */
	uint64_t bytes; /* of all files */
	char *excluded; /* names that were left out, separated by blanks; NULL: none */
	uint64_t excluded_bytes;
	struct version_file *file; /* in order of path */
	size_t nfiles;
	struct version_metric *metric; /* in order of name */
	size_t nmetrics;
	struct version_pair *param; /* in order of key */
	size_t nparams;

	/* -- what may change */
	char *note; /* or NULL */
	bool pinned;
	struct version_pair *tag; /* in order of key */
	size_t ntags;
	char **alias; /* "latest" is the newest's without being given */
	size_t naliases;
	char **slot; /* where it is deployed now */
	size_t nslots;
	bool trashed; /* removed, and can still be taken back */
	int64_t trashed_us;
};

struct version_list {
	struct version *at; /* in order of model, then number */
	size_t n, cap;
};

/* MODEL NULL: all. Removed ones only with TRASH. One that can't be read is in the list, and BROKEN
 * says why. */
int registry_list(struct registry *r, const char *model, bool trash, struct version_list *out,
		  struct err *e);
void version_list_release(struct version_list *l);
/* NAME is MODEL@vN, MODEL@ALIAS, or MODEL, its newest. ERR_NOTFOUND; ERR_CORRUPT: there is one, but
 * its manifest can't be read. */
int registry_find(struct registry *r, const char *name, struct version *out, struct err *e);
void version_release(struct version *v);
/* The metric of that name, or NULL. */
const struct version_metric *version_metric(const struct version *v, const char *name);
/* Where file I of V is to be read now: its object, or the original of an adopted one. To be
 * freed. */
char *registry_file(const struct registry *r, const struct version *v, size_t i);
/* What can be opened as V's model file or directory, or NULL: the object of a single file; the
 * original, while it has the size and time it had; else a directory of links that is made (in tmp/,
 * swept by gc). To be freed. */
char *registry_path(struct registry *r, const struct version *v, struct err *e);
/* Of an adopted version: NULL while every file is there with its size and time; else what is not
 * so, to be freed. For a saved one always NULL. */
char *version_moved(const struct registry *r, const struct version *v);
/* What loading V could do, as core/model.h says: "DANGER"; NULL: it is no model, or can't be read
 * now. Its files are opened only when that is not remembered. */
const char *registry_safety(struct registry *r, const struct version *v);
/* Bytes that would be free if V alone went: of objects that no other version has. */
uint64_t registry_exclusive(const struct version_list *all, const struct version *v);

/* [A-Za-z0-9][A-Za-z0-9._-]*, at most 64 bytes. */
bool registry_name_ok(const char *name);

/* -- saving ---------------------------------------------------------------------------------- */

struct registry_progress {
	const char *file; /* that is being read */
	uint64_t done, total;
	double rate;     /* bytes a second, of late; 0: not known yet */
	int64_t left_us; /* at that rate; negative: not known yet */
};
/* Called now and then (every few MB) from within long work; true: stop. What was copied is kept,
 * and the same work goes on from there when it is done again. */
typedef bool (*registry_progress_fn)(void *ctx, const struct registry_progress *p);

struct registry_save {
	const char *model;
	const char *source; /* file or directory */
	enum version_kind kind;
	bool automatic;
	const char *exclude; /* globs over file names and paths; NULL: none */
	const char *note;    /* NULL: none */
	const char *run;     /* NULL: none */
	int64_t step;
	enum version_step step_from;
	const struct version_metric *metric;
	size_t nmetrics;
	const struct version_pair *param;
	size_t nparams;
	registry_progress_fn progress; /* may be NULL */
	void *ctx;
};

/* What saving would do; nothing is written. */
struct registry_plan {
	uint64_t bytes;
	size_t files;
	uint64_t excluded_bytes;
	char *excluded; /* names, separated by blanks; NULL: none */
	uint64_t free;  /* room on the registry's file system */
	bool same_fs;   /* the source lies on it too */
};
int registry_plan(struct registry *r, const struct registry_save *s, struct registry_plan *out,
		  struct err *e);
void registry_plan_release(struct registry_plan *p);

/* The new version into OUT, or the one that has the same content already (then *NEW is false).
 * ERR_FULL: no room; ERR_BUSY: the source changes while it is read, or PROGRESS stopped it. Links
 * to files are followed. */
int registry_save(struct registry *r, const struct registry_save *s, struct version *out,
		  bool *new_version, struct err *e);

/* -- what may change ------------------------------------------------------------------------- */

/* NUMBER 0: takes the alias back (ERR_NOTFOUND: there is none). "latest" and vN are no aliases. */
int registry_alias(struct registry *r, const char *model, int number, const char *alias,
		   struct err *e);
/* VALUE NULL: takes it back. */
int registry_tag(struct registry *r, const char *model, int number, const char *key,
		 const char *value, struct err *e);
int registry_note(struct registry *r, const char *model, int number, const char *note,
		  struct err *e); /* NULL or "": none */
int registry_pin(struct registry *r, const char *model, int number, bool pinned, struct err *e);

/* -- getting out ------------------------------------------------------------------------------ */

/* Writes V's files below DIR, each checked against its hash. What is there already is never
 * overwritten unless FORCE: ERR_BUSY names the first; equal files are left. */
int registry_restore(struct registry *r, const struct version *v, const char *dir, bool force,
		     registry_progress_fn progress, void *ctx, struct err *e);
/* V as a tar file (POSIX.1-2001): manifest and files. FILE is new, or replaced when it is whole. */
int registry_export(struct registry *r, const struct version *v, const char *file,
		    registry_progress_fn progress, void *ctx, struct err *e);
/* As registry_save(): the next version of the model that the file names. */
int registry_import(struct registry *r, const char *file, registry_progress_fn progress, void *ctx,
		    struct version *out, bool *new_version, struct err *e);

/* -- removing --------------------------------------------------------------------------------- */

/* What is removed though something speaks against it. */
enum {
	REGISTRY_EVEN_NEWEST = 1, /* of its model */
	REGISTRY_EVEN_KEPT = 2,   /* deployed (its release stays where it is), pinned, or what an
				   * alias means */
};
/* Removes all of them at once (one file is published), with the reasons; which can be taken back
 * until gc has found it older than its grace period. What is not in EVEN stays: ERR_USAGE. *BATCH
 * gets the number to undo it by. */
int registry_trash(struct registry *r, const struct version *const *v, size_t n, unsigned even,
		   const char *const *reason, int *batch, struct err *e);
/* ERR_USAGE: what in a list of all speaks against removing V. */
int registry_may_go(const struct version_list *all, const struct version *v, unsigned even,
		    struct err *e);
/* Takes batch BATCH back; 0: the newest. *N gets how many versions are there again. */
int registry_undo(struct registry *r, int batch, int *n, struct err *e);

struct registry_gc {
	int64_t grace_us;  /* what was removed longer ago goes for good */
	int64_t orphan_us; /* files that nobody refers to, older than this */
	bool dry;          /* only says what would go */
	/* -- and what went */
	size_t versions, objects, leftovers;
	uint64_t bytes;
};
/* Stops before it deletes anything when any manifest can't be read: ERR_CORRUPT. Needs no room.
 * ERR_BUSY: somebody saves. */
int registry_gc(struct registry *r, struct registry_gc *gc, struct err *e);

/* -- integrity -------------------------------------------------------------------------------- */

/* Reads everything again, or V alone: manifests, objects, adopted files, aliases, slots. FN gets a
 * sentence for each thing that is wrong. DEEP false: all but the content. Returns how many, or a
 * negative code. */
int registry_verify(struct registry *r, const struct version *v, bool deep,
		    void (*fn)(void *ctx, const char *wrong), registry_progress_fn progress,
		    void *ctx, struct err *e);

#endif
