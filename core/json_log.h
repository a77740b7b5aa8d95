/* json_log.h - a log that is one JSON value while it is read. Private to src_json.c, json_record.c
 * and json_document.c. */
#ifndef CORE_JSON_LOG_H
#define CORE_JSON_LOG_H

#include "core/json_flat.h"
#include "core/map.h"
#include "core/table.h"

enum {
	JSON_LOG_MAX_NAMES = 256, /* of CatBoost's metrics */
	JSON_LOG_STEPS = 3,       /* names that may be a layout's step */
};

enum kind {
	KIND_NONE,
	KIND_ARRAY,
	KIND_TRAINER,
	KIND_CATBOOST,
	KIND_DOCUMENT,
	KIND_HISTORY,
	KIND_N
};

enum place {
	AT_START,
	AT_MEMBER, /* of the object around the rows */
	AT_ROW,
	IN_LONG, /* within a value that is too long */
	AT_END,  /* behind the value */
	AT_REST, /* of no use */
	AT_N,
};

/* What the rows are called in, and which of their names may be the step. */
extern const struct json_layout {
	const char *rows;
	const char *step[JSON_LOG_STEPS];
	enum step_unit unit[JSON_LOG_STEPS];
} json_layouts[KIND_N];

struct key {
	struct field field;
	uint32_t stamp; /* the last record it was met in */
	int8_t step;    /* its place among the layout's steps; -1 */
};

struct src_json {
	struct source source;
	struct table t;
	struct map keys;    /* path → struct key */
	struct key **total; /* those whose value may be the number of steps */
	size_t ntotal, cap_total;
	char **name; /* of CatBoost's metrics: what learn/N and test/N are called */
	size_t nname;
	uint32_t record;
	struct str path;
	char *tag; /* of a series that TensorBoard exported: its name; NULL: it is no such file */
	size_t ntag;

	/* the row at hand */
	struct key *by;       /* whose number is its step; NULL: none yet */
	struct key *fraction; /* whose number would be, but is not whole */
	double by_value;

	uint64_t line;
	enum kind kind;
	enum place place, back; /* BACK: behind what is too long */
	struct json_skim skim;
	bool begun;    /* the rows were met */
	bool strange;  /* an element that is no row was remarked on */
	bool mistaken; /* not kept: whoever goes on behind that need not ask again */
};

/* -- json_record.c ----------------------------------------------------------------------------- */

/* The name of N bytes at PATH; NULL: there are too many, or it is too long. */
struct key *json_log_key(struct src_json *j, const char *path, size_t n);
void json_log_number(struct src_json *j, struct key *k, double v);
void json_log_begin(struct src_json *j, uint64_t offset);
/* TYPE is how a record's value ended; false: nothing of it counts, and that was remarked on. */
bool json_log_whole(struct src_json *j, enum json_type type);
/* A scalar of a row or of a document; CTX is a struct src_json. */
void json_log_leaf(void *ctx, const struct json_leaf *l);
/* The row of N bytes at P. */
void json_log_row(struct src_json *j, const char *p, size_t n, uint64_t offset);
/* The row [WALL, STEP, VALUE] of N bytes at P, of the series J->tag; false: it is none such, and
 * nothing came of it. */
bool json_log_export(struct src_json *j, const char *p, size_t n, uint64_t offset);
/* The N bytes at KEY name the rows of layout K. */
bool json_log_names_rows(enum kind k, const char *key, size_t n);
/* A scalar of what stands around the rows; CTX likewise. */
void json_log_around(void *ctx, const struct json_leaf *l);
/* A scalar of a document whose rows are in other members: what the run was told, or a number of
 * the row at hand. CTX likewise. */
void json_log_beside(void *ctx, const struct json_leaf *l);
/* J->path becomes a member's key, which stands between its quotes at P. */
void json_log_path(struct src_json *j, const char *p, size_t n);

/* -- json_document.c --------------------------------------------------------------------------- */

/* The object of N bytes at P, which is all that the file holds. */
void json_log_document(struct src_json *j, const char *p, size_t n, uint64_t offset);

#endif
