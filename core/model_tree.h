/* model_tree.h - tensors by module, folded where modules repeat: `layers.{0..31}`.
 *
 * The nodes stand in the order in which a reader goes through them: a node, then all below it. */
#ifndef CORE_MODEL_TREE_H
#define CORE_MODEL_TREE_H

#include "core/model.h"

struct model_node {
	char *name;      /* its own part of the path; folded: "{0..31}", "conv{1..4}" */
	unsigned depth;  /* 0: top */
	size_t end;      /* index of the first node that is not below it */
	uint64_t repeat; /* how many alike it stands for, its parents not counted */
	/* Of all it stands for, parents' repeats included: */
	uint64_t tensors, params, bytes;
	/* A leaf: of one tensor, all those it stands for being of the same shape and type. */
	const struct model_tensor *tensor; /* NULL: a module */
};

struct model_tree {
	struct model_node *node;
	size_t n;
};

/* Of weights and optimizer state; constants are left out. FOLD false: nothing is folded. The
 * tree points into M. */
struct model_tree *model_tree_new(const struct model *m, bool fold);
void model_tree_free(struct model_tree *t);

#endif
