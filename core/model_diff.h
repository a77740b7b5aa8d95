/* model_diff.h - two models side by side: which tensors came, went, changed shape or type. */
#ifndef CORE_MODEL_DIFF_H
#define CORE_MODEL_DIFF_H

#include "core/model.h"

enum model_change {
	MODEL_SAME, /* name, shape and type */
	MODEL_ADDED,
	MODEL_REMOVED,
	MODEL_RESHAPED,
	MODEL_RETYPED, /* of the same shape */
};
const char *model_change_name(enum model_change c); /* "reshaped" */

struct model_pair {
	enum model_change change;
	const struct model_tensor *a, *b; /* NULL: not there */
};

struct model_diff {
	struct model_pair *pair; /* in B's order, what was removed where it stood in A */
	size_t n;
	size_t count[MODEL_RETYPED + 1];
	/* metadata: key, value in A, value in B (NULL: not there), where they differ */
	struct model_kv_pair {
		const char *key, *a, *b;
	} * meta;
	size_t nmeta;
};

/* Tensors are paired by name; when no name is in both, without the key that a checkpoint keeps its
 * weights under ("model_state_dict."). Points into A and B. */
struct model_diff *model_diff_new(const struct model *a, const struct model *b);
void model_diff_free(struct model_diff *d);

#endif
