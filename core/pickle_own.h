/* pickle_own.h - the machine within pickle.c and its opcodes, pickle_op.c. What returns a bool:
 * false, and the machine's end says why. */
#ifndef CORE_PICKLE_OWN_H
#define CORE_PICKLE_OWN_H

#include "core/pickle.h"

enum { PICKLE_MAX_NESTED = 8, PICKLE_SPARE_MEMO = 4096 };

struct machine {
	struct pickle *p;
	struct scan *s;
	uint64_t at; /* of the opcode */
	pickle_id *stack;
	size_t n, cap;
	size_t *mark;
	size_t nmarks, mark_cap;
	pickle_id *memo; /* 0: nothing; else the value's number + 1 */
	size_t nmemo, memo_cap, memoized;
	enum pickle_end end;
	bool stopped;
};

/* What stands behind an opcode. */
struct arg {
	uint64_t n;
	const char *p; /* a line, or the first bytes of data; not ended by a NUL */
	size_t have;
	uint64_t at;    /* of the data */
	const char *p2; /* the second line */
	size_t n2;
};

bool machine_bad(struct machine *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool machine_full(struct machine *m, const char *why);
/* Something that hides what it does. */
void machine_oddity(struct machine *m, const char *what, const char *how);

pickle_id machine_node_new(struct pickle *p, enum pickle_kind kind);
void machine_fill(struct machine *m, pickle_id id, const pickle_id *item, size_t n);
/* Room grows by doubling: N items have room for the power of two above. */
void machine_item_add(pickle_id **item, uint32_t *n, pickle_id id);
bool machine_push(struct machine *m, pickle_id id);
bool machine_push_new(struct machine *m, enum pickle_kind kind);
bool machine_push_int(struct machine *m, int64_t v);
bool machine_push_float(struct machine *m, enum pickle_kind kind, double v);
bool machine_push_text(struct machine *m, enum pickle_kind kind, const struct arg *a);
bool machine_push_global(struct machine *m, const char *module, size_t nmodule, const char *name,
			 size_t nname);
struct pickle_node *machine_top_node(struct machine *m);
/* Below a mark nothing may be taken. */
bool machine_pop(struct machine *m, pickle_id *id);
bool machine_top(struct machine *m, pickle_id *id);
/* To the last mark, which goes: *FIRST is where its items begin in the stack, of *N. */
bool machine_pop_mark(struct machine *m, size_t *first, size_t *n);
/* What CALLABLE(*ARGS) would return, onto the stack. */
bool machine_call(struct machine *m, pickle_id callable, pickle_id args);

enum argument {
	NO_ARG,
	U8,
	U16,
	U32,
	U64,
	LINE,
	LINES, /* two */
	DATA1, /* as many bytes as a U8 says */
	DATA4,
	DATA8,
};

struct op {
	bool (*run)(struct machine *m, const struct arg *a);
	enum argument arg;
};
extern const struct op pickle_ops[256]; /* run NULL: no opcode */

#endif
