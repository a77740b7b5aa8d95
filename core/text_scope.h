/* text_scope.h - a line that says nothing but which part of the data the lines below it are about:
 *
 *     Epoch 3                      Training...
 *       Train:                     Loss: 0.5
 *         Loss: 0.5                Validating...
 *       Validation metrics:        Loss: 0.6
 *         Loss: 0.6
 *
 * It holds for what is indented deeper; at its own indent for losses, accuracies and the like, in
 * a few lines, and only below a step or an epoch. It ends with the next such line, with one that
 * counts or says its own part, and with one that is less deep. */
#ifndef CORE_TEXT_SCOPE_H
#define CORE_TEXT_SCOPE_H

#include "core/pack.h"
#include "core/str.h"
#include "core/text_row.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_scope {
	struct str part; /* "Validation"; empty: none is open */
	uint64_t indent; /* blanks in front of it */
	uint64_t line;   /* where it stands */
	bool braces;     /* it ends in '{' */
	bool deep;       /* something below it was deeper */
	bool flat;       /* the line at hand is not */
};

void text_scope_release(struct text_scope *s);

/* Can [P, END), blanks around it and all, be such a line? */
bool text_scope_begins(const char *p, const char *end);
/* The next line, stripped, INDENT bytes in: opens or closes. True: it is such a line. */
bool text_scope_see(struct text_scope *s, const char *p, const char *end, size_t indent,
		    uint64_t line);
/* R was read from the line behind that: OUT is the line with the part in front of it, for R to be
 * read from. False: it is not of the part, or says its own. PLACED: some line had a step. */
bool text_scope_apply(struct text_scope *s, const struct text_row *r, bool placed, const char *p,
		      const char *end, struct str *out);
/* A line has said itself of which part it is. */
void text_scope_leave(struct text_scope *s);

void text_scope_save(const struct text_scope *s, struct str *out);
void text_scope_load(struct text_scope *s, struct unpack *u);

#endif
