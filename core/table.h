/* table.h - what CSV and JSON Lines share: names become columns, numbers become rows.
 *
 *     table_begin(t, offset, line)          a record
 *       table_add(t, field, v)              once per number
 *       table_said(t, …), table_param(t, …)
 *     table_row(t, unit, step, arrival)     hands the row to the sink; or table_drop(t)
 *
 * A field is a name of the log, judged once: a metric, the step, a time. Its column is asked from
 * the sink at its first number, so that names which never have one leave no trace. */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include "core/pack.h"
#include "core/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {
	FIELD_METRIC,
	FIELD_STEP,  /* may be the step; see RANK */
	FIELD_TIME,  /* holds a point in time, or a duration: the value tells */
	FIELD_TOTAL, /* a metric that may also say how many steps there will be */
	FIELD_SAYS,  /* its text may say how the run ended */
};

#define FIELD_NEW UINT32_MAX           /* no number yet */
#define FIELD_DROPPED (UINT32_MAX - 1) /* no name, or past a limit */

struct field {
	char *name;
	uint32_t nname;
	uint32_t column; /* the sink's id, or one of the above */
	uint8_t kind;    /* enum field_kind */
	uint8_t rank;    /* of a step: the lowest in a record is it */
	uint8_t unit;    /* enum step_unit, of a step */
	uint8_t same;    /* FIELD_TOTAL: how often LAST came in a row; 2 is as good as more */
	uint8_t whole;   /* FIELD_STEP: how often it was the step, up to FIELD_SURE */
	bool never;      /* FIELD_STEP: it is none, it has fractions */
	double last;
	double scale_us; /* FIELD_TIME: µs per 1.0 */
};

/* Behind so many whole numbers a fraction is a slip, and the next is the step again. */
#define FIELD_SURE 8

/* Which table of steps applies (DESIGN §4): the order differs. */
enum step_order { STEPS_CSV, STEPS_JSON };

/* NAME is copied. */
void field_init(struct field *f, enum step_order order, const char *name, size_t n);
void field_release(struct field *f);
/* A rank below STEP_RANKS and the unit when NAME may be a step, else STEP_RANKS. */
#define STEP_RANKS 32
unsigned step_rank(enum step_order order, const char *name, size_t n, enum step_unit *unit);

/* F, which would be a record's step, was a whole number, or a fraction: that is never a step, nor
 * is then what comes behind it (an epoch of 0.5, 1.0, 1.5). */
static inline void
field_stepped(struct field *f, bool whole)
{
	if (whole)
		f->whole += f->whole < FIELD_SURE;
	else if (f->whole < FIELD_SURE)
		f->never = true;
}

struct table {
	struct sink *sink;
	uint32_t log;
	int tz_offset_s;
	struct str name; /* the prefix, and behind it whatever name is asked for */
	size_t nprefix;
	uint32_t columns;     /* ids below this are known to be in use */
	uint32_t before;      /* columns that the log had when it was opened */
	uint32_t beyond;      /* names asked for when the limit was already reached */
	unsigned char *taken; /* ids that have their field: no row has a column twice */
	size_t ntaken;
	uint64_t rows; /* data rows so far: the step of those without one */
	bool open;     /* the last line was taken without its end */
	bool again;    /* it was not whole */
	int64_t arrival_us;

	/* the record at hand */
	uint64_t offset, line;
	int64_t wall_us;
	uint32_t *column;
	double *value;
	size_t n, room;
	unsigned dropped; /* numbers without a column because of a limit */

	uint64_t left_out; /* such numbers of the records before */

	const char *saying; /* what this record says of the end */

	/* how it ended, by its own words */
	bool ended;
	int64_t ended_step; /* the last step before that */
	int64_t last_step;
};

void table_init(struct table *t, const struct source_env *env);
void table_release(struct table *t);
void table_begin(struct table *t, uint64_t offset, uint64_t line);

/* Room for N more numbers. */
void table_reserve(struct table *t, size_t n);
/* Asks for F's column; false: there is none. */
bool table_column(struct table *t, struct field *f);

/* ID, from a saved state, belongs to a field; false: to another one already, or the sink has none
 * such. */
bool table_take(struct table *t, uint32_t id);
/* There are other fields from now on. */
void table_untake(struct table *t);

/* There must be room. */
static inline void
table_add(struct table *t, struct field *f, double v)
{
	if (__builtin_expect(f->column >= FIELD_DROPPED, 0) && !table_column(t, f))
		return;
	t->column[t->n] = f->column;
	t->value[t->n++] = v;
}

/* A number in a field of kind TIME or TOTAL. */
void table_add_special(struct table *t, struct field *f, double v);
/* A stamp in a field of kind TIME; false: it is none. */
bool table_stamp(struct table *t, const char *p, size_t n);
/* A text in a field of kind SAYS. */
void table_says(struct table *t, const char *p, size_t n);
void table_param(struct table *t, const char *key, size_t nkey, const char *value, size_t nvalue);
void table_param_number(struct table *t, const char *key, size_t nkey, double v);
/* Of a path below an object that holds parameters (config, args, hparams, …): the bytes up to
 * behind its slash; else 0. */
size_t table_config_prefix(const char *path, size_t n);
/* Says of the end, at the record's time, that it was WHAT. */
void table_say(struct table *t, const char *what);
void table_remark(struct table *t, enum remark_kind k, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ROW_KNOWN too when there were no numbers. */
enum row_fate table_row(struct table *t, enum step_unit unit, int64_t step);
void table_drop(struct table *t);

/* What the N bytes at P are to a last line that was taken without its end (OPEN): the bytes of that
 * end, and OPEN no more; or none, and it has yet to be told, or is to be read AGAIN. NEWLINE ends
 * a line. */
size_t table_close_line(struct table *t, const char *p, size_t n, char newline, bool at_end);

static inline enum source_end
table_line_end(const struct table *t)
{
	return t->again ? SOURCE_AGAIN : SOURCE_OPEN;
}

void table_save(const struct table *t, struct str *out);
void table_load(struct table *t, struct unpack *u);

#endif
