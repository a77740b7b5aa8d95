/* text_block.h - results over several lines: what RLlib prints as YAML, and AllenNLP's table of two
 * columns.
 *
 *     Result for PPO_CartPole-v1_8f1c0_00000:            Training |  Validation
 *       episode_reward_mean: 21.9                     accuracy    |     0.551  |     0.601
 *       info:                                         loss        |     0.991  |     0.891
 *         learner:
 *           total_loss: 8.6
 *       training_iteration: 1 */
#ifndef CORE_TEXT_BLOCK_H
#define CORE_TEXT_BLOCK_H

#include "core/pack.h"
#include "core/text_grid.h"
#include "core/text_row.h"

enum { TEXT_BLOCK_DEPTH = 12 };

struct text_block {
	bool open;    /* lines of a result follow */
	bool columns; /* rows of AllenNLP's table do */
	/* names that stand above the next line, from the outermost on, how far each is indented */
	struct str path;
	unsigned depth;
	struct {
		size_t indent, len; /* LEN: of PATH with it */
	} level[TEXT_BLOCK_DEPTH];
	struct str trial; /* the first one: others stand before their names */
	struct text_row row;
};

void text_block_release(struct text_block *b);
/* As text_grid_read(): [P, END) without blanks around it, which begins INDENT bytes into its line.
 */
enum grid_line text_block_read(struct text_block *b, struct text_row *r, const char *p,
			       const char *end, size_t indent);
/* An empty line. True: a result was over, and R is it. */
bool text_block_end(struct text_block *b, struct text_row *r);
/* Can a line without digits be of a block? */
bool text_block_begins(const struct text_block *b, const char *p, const char *end);
void text_block_save(const struct text_block *b, struct str *out);
void text_block_load(struct text_block *b, struct unpack *u);

#endif
