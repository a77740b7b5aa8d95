/* csv_log.h - a table while it is read. Private to src_csv.c, csv_header.c and csv_row.c. */
#ifndef CORE_CSV_LOG_H
#define CORE_CSV_LOG_H

#include "core/csv_record.h"
#include "core/source.h"
#include "core/table.h"

#define CSV_NO_ID UINT32_MAX

enum {
	CSV_NO_STEP = -1,
	CSV_SURE = 8, /* rows after which one fraction makes no metric of a step */
};

struct csv {
	struct source source;
	struct table t;
	struct cells cells;
	struct csv_scan scan; /* of the record at SCAN_AT that is not all there */
	uint64_t scan_at;
	uint64_t line; /* of the next record, from 1 */
	bool plain;    /* the record at hand is one line, with plain quotes or none */
	bool skipping; /* within a record that was too long */
	bool headed;
	bool may_cr;        /* its name is not that of a text */
	bool settled;       /* what ends a line was seen: */
	bool cr;            /* a carriage return alone, as on an old Macintosh */
	struct str lf;      /* then: the bytes at hand, with newlines */
	struct str comment; /* the last before the first record: its header, where that has none */
	char *tag;          /* what the column "Value" is called; NULL: so */
	size_t ntag;
	char delim;          /* '\0': one column */
	struct field *field; /* by position */
	uint32_t *direct;    /* by position: the id of a plain metric that has one, or CSV_NO_ID */
	size_t nfields;
	unsigned whole; /* rows whose step was a whole number, up to CSV_SURE */
	bool odd;       /* the last row's was not, and the row was skipped */
	int step;       /* position of the step, or CSV_NO_STEP: rows are counted */
	uint64_t header_hash;
};

/* -- csv_header.c: which column is what -------------------------------------------------------- */

/* The cells at hand, of which none is a number, are the header again, or another one. */
bool csv_is_header(const struct csv *c);
/* Takes the cells at hand for the header; false: they are numbers, a row of a table without one. */
bool csv_take_header(struct csv *c);
/* The cells at hand are the header that was taken. */
bool csv_same_header(const struct csv *c);
void csv_forget_header(struct csv *c);
/* The first column of the lowest rank above AFTER; CSV_NO_STEP: none is left. */
int csv_find_step(const struct csv *c, int after);

/* -- csv_row.c --------------------------------------------------------------------------------- */

/* The record of N bytes at P, without its newline; T stands at its place. */
void csv_read_row(struct csv *c, const char *p, size_t n);

#endif
