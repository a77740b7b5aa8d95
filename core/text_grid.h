/* text_grid.h - tables over several lines: boxes of names and values (Stable-Baselines3, Spinning
 * Up), columns under a line of names (YOLO, fastai, skorch, spaCy), and such columns between bars
 * (Markdown, PrettyTable, Rich).
 *
 *     -----------------------------        Epoch   gpu_mem      box      obj   labels  img_size
 *     | rollout/      |           |         0/63     4.84G  0.06408  0.03716       15      1280: …
 *     |   ep_rew_mean | 22.3      |
 *     | time/         |           |
 *     |   fps         | 1024      |
 *     ----------------------------- */
#ifndef CORE_TEXT_GRID_H
#define CORE_TEXT_GRID_H

#include "core/pack.h"
#include "core/text_row.h"

#include <stdbool.h>

enum { TEXT_GRID_COLUMNS = 64, TEXT_GRID_NAME = 80 /* bytes of one */ };

enum grid_line {
	GRID_NOT,   /* no line of a table */
	GRID_PART,  /* of one, but no row is done */
	GRID_ROW,   /* a row is done, and R is it; the line itself was part of it */
	GRID_ENDED, /* likewise, but the line is none of the table's */
};

struct text_grid {
	bool in_box;
	struct str group; /* "rollout/" */
	struct text_row box;
	struct str header; /* names, each ended by a NUL; "" when there is none */
	unsigned columns;
	bool classes; /* the header's first name is Class: rows are named, and "all" counts */
	bool barred;  /* bars part the columns */
	/* where each name stood in its line: cells may be empty */
	struct {
		uint16_t from, to;
	} span[TEXT_GRID_COLUMNS];
	/* while a header is read: a bracket was opened, and what stands in front of names */
	bool grouped;
	unsigned ngroup;
	char columns_group[16];
	bool updates; /* ParlAI's: one of them counts, whichever */
	/* the part of the data that the table is of, and that of the next one: "valid:" */
	char part[16], next_part[16];
};

void text_grid_release(struct text_grid *g);
/* [P, END) without blanks around it, which begins INDENT bytes into its line. */
enum grid_line text_grid_read(struct text_grid *g, struct text_row *r, const char *p,
			      const char *end, size_t indent);
/* Can [P, END), not empty and without digits, be of a table? */
bool text_grid_begins(const char *p, const char *end);
/* text_box.c: [P, END) where it is of a box, or ends one. */
enum grid_line text_box_read(struct text_grid *g, struct text_row *r, const char *p,
			     const char *end);
void text_grid_save(const struct text_grid *g, struct str *out);
void text_grid_load(struct text_grid *g, struct unpack *u);

#endif
