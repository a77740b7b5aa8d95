/* wandb_impl.h - the reader of `.wandb` files, in parts.
 *
 * Private to src_wandb.c (records, state), wandb_row.c (history and samples), wandb_param.c (the
 * run's name and parameters, the summary), wandb_goal.c (directions),
 * wandb_console.c (what was printed); wandb_text.c reads that alone, for a person. */
#ifndef CORE_WANDB_IMPL_H
#define CORE_WANDB_IMPL_H

#include "core/json_leaves.h"
#include "core/leveldb_log.h"
#include "core/map.h"
#include "core/protobuf.h"
#include "core/source.h"
#include "core/table.h"
#include "core/text_end.h"

/* Names of texts, and of what waits, of which more are not kept in the state. */
#define WANDB_MAX_TEXTS 512
#define WANDB_MAX_GOALS 512
#define WANDB_MAX_LINE 4096 /* bytes of a printed line that are looked at */
#define WANDB_STREAMS 2

/* A name of the history, or of a sample. */
struct wandb_key {
	struct field field;
	bool aimed;     /* its goal was looked for */
	bool logged;    /* it was in the history, or is a sample's */
	uint32_t stamp; /* the last record it was met in */
	char *waiting;  /* its value in the summary, until the next record */
	size_t nwaiting;
};

/* What define_metric() said of a name, or of all that begin so. */
struct wandb_goal {
	char *name;
	size_t n;
	bool begins;
	enum goal goal;
};

/* One of the program's two output streams. */
struct wandb_stream {
	struct str line; /* that it is at, as far as it is there */
	bool over;       /* it is too long, the rest is passed over */
	struct text_end end;
};

struct wandb {
	struct source source;
	struct leveldb_log log;
	struct table t;
	struct map keys;           /* name → struct wandb_key */
	struct map history, stats; /* the bytes of an item before its value → the same */
	uint32_t record;
	uint64_t samples;        /* of the machine, so far: the step of the next */
	struct wandb_key **text; /* names of the history that never had a number, */
	size_t ntext, cap_text;
	struct wandb_key **waiting; /* and of the summary, that wait */
	size_t nwaiting, cap_waiting;
	struct wandb_goal *goal;
	size_t ngoals, cap_goals;
	struct map params; /* names that were given, to count them */
	bool params_full;  /* the remark was made */
	bool preempting;
	struct wandb_stream stream[WANDB_STREAMS];
	struct str words; /* the last that were printed; "": none */
	struct str path, value;

	/* the record at hand */
	bool bad;          /* it is no message */
	struct str broken; /* a name whose value is no JSON, or nested too deep */
	enum json_type broken_why;
	bool has_step;
	int64_t step;
};

/* A name and its value in JSON. */
struct wandb_item {
	const char *name; /* the bytes of the name's fields, */
	size_t nname;     /* when they come first, as they always do; else 0 */
	const char *json;
	size_t njson;
};

/* -- wandb_row.c */
/* NULL when there are too many, or it is too long. */
struct wandb_key *wandb_key(struct wandb *w, const char *name, size_t n);
/* False: it is no message, or has no value. */
bool wandb_item_read(struct wandb *w, const struct pb_field *f, struct wandb_item *it);
/* w->path becomes PREFIX and the item's name: its key, or the keys that it is nested in. */
void wandb_item_path(struct wandb *w, const struct pb_field *f, const char *prefix);
/* The key of an item, remembered in KNOWN by the bytes of its name. */
struct wandb_key *wandb_item_key(struct wandb *w, struct map *known, const struct pb_field *f,
				 const struct wandb_item *it, const char *prefix);
/* Appends to w->path, without NULs. */
void wandb_path_add(struct wandb *w, const char *p, size_t n);
/* The value of NAME is no JSON: remarked when the record was read. */
void wandb_broken(struct wandb *w, const char *name, enum json_type why);
/* K was logged, though not as a number. */
void wandb_see_text(struct wandb *w, struct wandb_key *k);
/* Whole messages, each. */
/* { seconds, nanos } as µs since 1970; 0: no such time. */
int64_t wandb_time(struct wandb *w, const struct pb_field *f);
/* The same without a reader; false: it is no message. */
bool wandb_time_read(const struct pb_field *f, int64_t *us);
void wandb_history(struct wandb *w, struct pb *m);
void wandb_stats(struct wandb *w, struct pb *m);

/* -- wandb_param.c */
void wandb_config(struct wandb *w, struct pb *m);
void wandb_run(struct wandb *w, struct pb *m);
void wandb_summary(struct wandb *w, struct pb *m);
/* K has the value w->value in the summary. */
void wandb_wait(struct wandb *w, struct wandb_key *k);
/* What waited is a name of the history by now, or it is none. */
void wandb_end_waiting(struct wandb *w);

/* -- wandb_goal.c */
void wandb_metric(struct wandb *w, struct pb *m);
/* K has its first number. */
void wandb_tell_goal(struct wandb *w, struct wandb_key *k);
void wandb_goals_release(struct wandb *w);
void wandb_goals_save(const struct wandb *w, struct str *out);
void wandb_goals_load(struct wandb *w, struct unpack *u);

/* -- wandb_console.c */
/* Fields of Record that hold what was printed: whole lines, and pieces as they were written. */
enum { WANDB_OUTPUT = 4, WANDB_OUTPUT_RAW = 13 };
struct wandb_piece {
	size_t stream;   /* 0 … WANDB_STREAMS - 1 */
	int64_t wall_us; /* 0: not known */
	const char *text;
	size_t n;
};
/* False: it is no message, or nothing was printed. */
bool wandb_piece_read(struct pb *m, struct wandb_piece *p);
void wandb_output(struct wandb *w, struct pb *m);
void wandb_output_raw(struct wandb *w, struct pb *m);
void wandb_streams_save(const struct wandb *w, struct str *out);
void wandb_streams_load(struct wandb *w, struct unpack *u);
void wandb_streams_release(struct wandb *w);

#endif
