/* pickle.h - what a Python pickle would build, without building it: a machine that runs the
 * opcodes on descriptions. Where the real one imports a name, this one notes the name; where the
 * real one calls, this one notes what would be called with what. Nothing is ever looked up or run.
 *
 * Sources: CPython's Lib/pickletools.py (the opcodes and their arguments), PEP 307, 3154, 574. */
#ifndef CORE_PICKLE_H
#define CORE_PICKLE_H

#include "core/arena.h"
#include "core/blob.h"
#include "core/map.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pickle_kind {
	PICKLE_NONE,
	PICKLE_BOOL,
	PICKLE_INT,
	PICKLE_BIG, /* more than 64 bits: as a float */
	PICKLE_FLOAT,
	PICKLE_STR,
	PICKLE_BYTES,
	PICKLE_TUPLE,
	PICKLE_LIST,
	PICKLE_SET,
	PICKLE_DICT, /* items are key, value, key, value … */
	PICKLE_GLOBAL,
	PICKLE_OBJECT,  /* what a call returned */
	PICKLE_PERSID,  /* what the loader makes of a persistent id: item 0 */
	PICKLE_FOREIGN, /* extension codes, out-of-band buffers */
};

/* A value by number. 0, 1, 2 are None, False, True. */
typedef uint32_t pickle_id;
enum { PICKLE_NIL = 0, PICKLE_FALSE = 1, PICKLE_TRUE = 2 };

struct pickle_bytes {
	const char *head; /* the first HAVE of them, and a NUL */
	size_t have;
	uint64_t at, n; /* where they are in the blob */
};

struct pickle_global {
	const char *module, *name;
	uint64_t at, times; /* where it is named first, how often */
	bool called;
	uint64_t called_at; /* first */
	pickle_id args;
};

struct pickle_object {
	pickle_id callable, args, state; /* state: PICKLE_NIL when there was no BUILD */
	pickle_id *item;        /* what was appended or set on it: as of a list or a dict */
	uint32_t nitems, ndict; /* of NDICT set by key, 2 items each, which stand in DICT */
	pickle_id *dict;
	uint64_t raw_at, raw_n; /* joblib: the array that follows in the stream */
};

struct pickle_node {
	uint8_t kind;
	uint32_t n; /* TUPLE … DICT: items */
	union {
		int64_t i;
		double f;
		struct pickle_bytes *s; /* STR, BYTES */
		pickle_id *item;        /* TUPLE … DICT, PERSID */
		struct pickle_global *g;
		struct pickle_object *o;
	};
};

/* Something that hides what it does from whoever looks for names. */
struct pickle_oddity {
	const char *what, *how;
	uint64_t at;
};

struct pickle {
	struct pickle_node *node;
	size_t n, cap;
	struct pickle_global **global; /* distinct */
	size_t nglobals, global_cap;
	struct pickle_oddity *oddity; /* at most 100 */
	size_t noddities, oddity_cap;
	struct arena arena;
	struct map names;  /* "module\nname" to its node */
	unsigned depth;    /* pickles within this one */
	bool joblib;       /* arrays may stand between opcodes, as joblib writes them */
	bool raw;          /* and some did */
	unsigned protocol; /* highest seen */
	char why[100];     /* PICKLE_BAD, PICKLE_FULL */
};

enum pickle_end {
	PICKLE_STOP, /* to its end */
	PICKLE_CUT,  /* the blob ends first */
	PICKLE_BAD,  /* no opcode, or one that makes no sense there */
	PICKLE_FULL, /* a limit: too many values */
};

void pickle_init(struct pickle *p);
void pickle_release(struct pickle *p);
/* One pickle from S on; *RESULT is what it makes (PICKLE_STOP only). Further ones share the table
 * of values. */
enum pickle_end pickle_run(struct pickle *p, struct scan *s, pickle_id *result);

/* -- looking at values; any number is allowed and none recurses ---- */

static inline enum pickle_kind
pickle_kind(const struct pickle *p, pickle_id id)
{
	return (enum pickle_kind)p->node[id].kind;
}

bool pickle_int(const struct pickle *p, pickle_id id, int64_t *v); /* also of a bool */
bool pickle_number(const struct pickle *p, pickle_id id, double *v);
/* The text of a STR (a C string, NULs replaced), else NULL. */
const char *pickle_text(const struct pickle *p, pickle_id id);
/* Items of a TUPLE or LIST; 0 of anything else. */
uint32_t pickle_items(const struct pickle *p, pickle_id id, const pickle_id **item);
/* Pairs of a DICT, or of an object that pairs were set on: OrderedDict. */
uint32_t pickle_pairs(const struct pickle *p, pickle_id id, const pickle_id **item);
/* The value of a text key in such; PICKLE_NIL when there is none. */
pickle_id pickle_value(const struct pickle *p, pickle_id id, const char *key);
/* Is ID the global MODULE.NAME? */
bool pickle_is_global(const struct pickle *p, pickle_id id, const char *module, const char *name);
/* ID as Python would write it, at most about LIMIT bytes. */
void pickle_show(const struct pickle *p, pickle_id id, struct str *out, size_t limit);

#endif
