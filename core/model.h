/* model.h - what is in a model file, read from its header and without executing anything of it.
 *
 *     struct model *m;
 *     if (model_open("run/model.safetensors", &m, e) == 0) {
 *             … m->format, m->tensor[i].name, m->totals.params, m->safety …
 *             model_close(m);
 *     }
 *
 * The format is known by content, never by name. What is damaged or cut gives what could be read,
 * and says so (`state`, `remark`); only what is no model at all is an error. Weights are not
 * touched until model_stats() or model_drift() asks for them; no file stays open in between. Text
 * in here is as the file has it (a NUL is U+FFFD): utf8_clean() before it meets a terminal. */
#ifndef CORE_MODEL_H
#define CORE_MODEL_H

#include "core/dtype.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is all there that the header promises? */
enum model_state {
	MODEL_WHOLE,
	MODEL_TRUNCATED, /* `missing` bytes, or at least so many, are not there */
	MODEL_GROWING,   /* truncated, and written to: while it was read, or just before */
	MODEL_DAMAGED,   /* what is there contradicts itself; `remark` says where */
	MODEL_UNSURE,    /* the format has no size equation, or it could not be read far enough */
};
enum { MODEL_GROWING_S = 5 };
const char *model_state_name(enum model_state s); /* "whole" */

/* What loading it with its framework could do. The worst of all evidence. */
enum model_safety {
	MODEL_SAFE,         /* the format cannot hold code */
	MODEL_TENSORS_ONLY, /* a pickle that names nothing but what makes tensors and containers */
	MODEL_UNJUDGED,     /* not read to its end, and no harm found so far */
	MODEL_CODE,   /* names functions or classes that are not known to be harmless, or holds code
	                       that runs when the model does (TorchScript, Lambda layers) */
	MODEL_DANGER, /* names what can run commands, or hides what it names */
};
const char *model_safety_name(enum model_safety s); /* "TENSORS-ONLY" */
/* Verdicts that were written down are believed while they have this number: it grows with whatever
 * makes the same file be judged otherwise. */
enum { MODEL_JUDGE = 1 };

struct model_evidence {
	enum model_safety level;
	const char *what;  /* "posix.system"; "Lambda layer" */
	const char *where; /* "archive/data.pkl, byte 113" */
	const char *how;   /* "called with ('id',)"; "named"; why it counts */
	uint64_t times;    /* how often it is there; WHERE is the first */
};

/* What a tensor is for, by its name. */
enum model_role {
	MODEL_WEIGHT,
	MODEL_CONSTANT,  /* ONNX: a number that is written into the graph */
	MODEL_OPTIMIZER, /* and other state of the training: no parameter of the model */
};

enum {
	MODEL_TIED = 1,      /* its bytes are those of a tensor before it, and count there */
	MODEL_ABSENT = 2,    /* its bytes are not (all) there */
	MODEL_OUTSIDE = 4,   /* kept in another file than the header's, which PART says */
	MODEL_PARAMETER = 8, /* the file says that it is trained */
	MODEL_SPARSE = 16,   /* only some elements are stored: bytes are theirs */
};

struct model_tensor {
	const char *name; /* modules joined by '.', or '/' (model.separator) */
	enum dtype dtype;
	const char *type; /* its name: dtype_name(), or what the file says */
	enum model_role role;
	unsigned flags;
	bool swapped; /* big-endian */
	unsigned rank;
	const uint64_t *dim;    /* rank of them, outermost first; the last varies fastest */
	const uint64_t *stride; /* in elements; NULL: contiguous, as nearly always */
	uint64_t count;         /* elements: the product, 1 for rank 0 */
	uint64_t nbytes;        /* stored */
	unsigned part;          /* which file */
	uint64_t offset;        /* of its first byte there (of the zip entry when DEFLATED) */
	uint64_t deflated; /* not 0: so many compressed bytes, and behind SKIP bytes of what they */
	uint64_t skip;     /* become it begins */
	bool readable;     /* model_stats() and model_drift() can read it */
};

/* 8 * nbytes / count; 0 for an empty one. */
double model_tensor_bits(const struct model_tensor *t);

struct model_kv {
	const char *key, *value;
};

/* One file of the model: itself, or a shard. */
struct model_part {
	const char *path; /* to open it */
	const char *name; /* relative to the model's directory */
	uint64_t size;
	bool missing; /* named by the index, and not there */
};

struct model_type {
	enum dtype dtype;
	const char *type;
	uint64_t tensors, params, bytes;
};

/* Weights only, tied ones once; constants and optimizer state are counted beside. */
struct model_totals {
	uint64_t tensors, params, bytes;
	uint64_t constants, constant_params, constant_bytes;
	uint64_t state_tensors, state_params, state_bytes;
	uint64_t file_bytes; /* of all parts */
};

/* ONNX: operators by how often they are there; Keras: layers by class. */
struct model_op {
	const char *domain; /* "ai.onnx" */
	const char *type;   /* "Conv" */
	uint64_t count;
};

/* ONNX: what goes in and comes out. */
struct model_port {
	const char *name;
	const char *type;  /* "F32" */
	const char *shape; /* "[batch, 3, 224, 224]"; "?" */
	bool output;
};

enum { MODEL_NO_STEP = -1 };

struct model {
	const char *path;
	const char *format;  /* "safetensors", "pytorch", "torchscript", "pytorch-legacy", "pickle",
	                       "joblib", "gguf", "onnx", "npy", "npz", "keras", "hdf5",
	                       "safetensors-index", "pytorch-index", "deepspeed", "megatron",
	                       "directory" */
	const char *version; /* of the format or of what wrote it; NULL */
	const char *title;   /* architecture, class, name of the graph, as far as it says; NULL */
	char separator;      /* between modules in names */

	struct model_tensor *tensor; /* in the order of the file */
	size_t ntensors;
	struct model_kv *meta;
	size_t nmeta;
	struct model_part *part; /* at least one */
	size_t nparts;
	struct model_type *type; /* most bytes first */
	size_t ntypes;
	struct model_totals totals;
	struct model_op *op; /* most frequent first */
	size_t nops;
	struct model_port *port;
	size_t nports;

	int64_t step, epoch; /* from inside; MODEL_NO_STEP */
	int64_t mtime_us;    /* newest part */

	enum model_state state;
	uint64_t missing;    /* MODEL_TRUNCATED, MODEL_GROWING: bytes, */
	bool missing_least;  /* at least */
	uint64_t extra;      /* bytes behind what the header speaks of */
	const char **remark; /* what is wrong or was left out, a sentence each */
	size_t nremarks;

	enum model_safety safety;
	struct model_evidence *evidence; /* worst first; at most MODEL_MAX_EVIDENCE */
	size_t nevidence;
	struct model_own *own;
};
enum { MODEL_MAX_EVIDENCE = 200 };

/* A file or a directory of shards. ERR_NOTFOUND, ERR_SYS, ERR_FORMAT (no model), ERR_FULL (a
 * limit). */
int model_open(const char *path, struct model **m, struct err *e);
void model_close(struct model *m); /* NULL is fine */
/* A directory may hold checkpoints of several steps, which are no model together (ERR_FORMAT): how
 * many, their paths within PATH in order; 0: it is no such directory. Freed by
 * model_names_free(). */
size_t model_several(const char *path, char ***name);
void model_names_free(char **name, size_t n);
/* The value of a metadata key; NULL. */
const char *model_meta(const struct model *m, const char *key);
/* The tensor of that name, or NULL. */
const struct model_tensor *model_find(const struct model *m, const char *name);

#endif
