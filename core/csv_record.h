/* csv_record.h - delimited text, one record at a time: where it ends, what its cells are.
 *
 * A record is a line, or several when a cell in quotes holds newlines. A quote opens only as the
 * first character of a cell, blanks left out. Cells have no blanks (' ', '\t', '\r') around them;
 * those inside of quotes stay. */
#ifndef CORE_CSV_RECORD_H
#define CORE_CSV_RECORD_H

#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A cell in quotes that goes on for more lines than this was never closed: a torn line. */
#define CSV_MAX_LINES 256

/* How far an unfinished record was looked at, so that one which arrives in small pieces is not read
 * from its start again and again. All zero is a new record. */
struct csv_scan {
	size_t no_newline; /* bytes known to hold none */
	size_t n;          /* bytes looked at for quotes */
	size_t first;      /* length of its first line, once known */
	uint32_t lines;    /* newlines within quotes */
	uint8_t state;
	bool blanks; /* behind a quote that may have closed its cell */
};

/* Bytes of the record at P, its newline included; 0: it is not all there. More lines than
 * CSV_MAX_LINES: the first line alone, and *TORN is set. SCAN goes on where it stood. */
size_t csv_record_end(struct csv_scan *scan, const char *p, size_t n, char delim, bool *torn);

/* Every quote in the line [p, end) opens a cell or closes it, none is doubled: then the line is a
 * record, and its cells can be cut out without copying. */
bool csv_quotes_plain(const char *p, const char *end, char delim);
/* The place behind the cell in quotes at P, blanks left out: its delimiter or END; *CLOSE gets that
 * of its second quote. NULL: it is not as plain as that. */
const char *csv_quoted(const char *p, const char *end, char delim, const char **close);

/* What ends the lines of a file that begins with the N bytes at P; carriage returns before a
 * newline belong to it. */
enum csv_newline { CSV_NEWLINE_MORE, CSV_NEWLINE_LF, CSV_NEWLINE_CR };
enum csv_newline csv_newline(const char *p, size_t n);
/* Carriage returns alone end lines in a file of that name. In those of texts they are progress
 * bars'. */
bool csv_may_cr(const char *path);
/* OUT becomes the N bytes at P with newlines for carriage returns. */
void csv_newlines(struct str *out, const char *p, size_t n);

struct cell {
	const char *p;
	size_t n;
};

struct cells {
	struct cell *at;
	size_t n, cap;
	size_t total;    /* cells of the record, of which no more are kept than a table may have */
	struct str text; /* what the cells point into */
	void *lib;       /* libcsv's parser */
};

/* None is a text, and not all are empty. */
bool cells_are_numbers(const struct cells *c, char delim);
void cells_release(struct cells *c);
/* Splits one record (through libcsv: csv_cells.c). The cells live until the next call. A record
 * without any character but blanks has no cells. */
void cells_split(struct cells *c, const char *p, size_t n, char delim);

/* Which of comma, tab and semicolon the header line P separates its cells by; '\0': none of
 * them. */
char csv_delimiter(const char *p, size_t n);

/* The column NAME says its unit in brackets and the cell P repeats it behind the number, as
 * nvidia-smi has it: "power.draw [W]", "280.5 W". */
bool csv_number_with_unit(const char *name, size_t nname, const char *p, size_t n, double *v);

/* What programs write for a value that they don't have. */
bool csv_missing(const char *p, size_t n);

static inline bool
csv_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The whole of a cell is a number, or one in percent ("60%"), or a tensor of one. Where ';' parts
 * the cells, ',' may be the point: "0,5". */
bool csv_number(const char *p, size_t n, char delim, double *out);

#endif
