/* model_own.h - what the readers of model files share; private to core/model*.c. */
#ifndef CORE_MODEL_OWN_H
#define CORE_MODEL_OWN_H

#include "core/arena.h"
#include "core/blob.h"
#include "core/map.h"
#include "core/model.h"
#include "core/str.h"

enum {
	MODEL_MAX_RANK = 32,
	MODEL_MAX_TENSORS = 1000000,
	MODEL_MAX_TEXT = 1 << 28, /* bytes of names and values */
	MODEL_MAX_REMARKS = 100,
	MODEL_MAX_VALUE = 16384,      /* bytes of a metadata value that are kept */
	MODEL_MAX_META = 20000,       /* pairs */
	MODEL_MAX_INFLATED = 1 << 28, /* bytes of a compressed member that is wanted whole */
	MODEL_MAX_WORK = 1 << 30,     /* model_may() */
};

struct model_own {
	struct arena arena;
	struct map names; /* of tensors, to their index + 1 */
	size_t tensor_cap, meta_cap, part_cap, type_cap, op_cap, port_cap, remark_cap, evidence_cap;
	const char *prefix;   /* in front of names, of a file beside others; NULL */
	const char *file;     /* in front of places, of a file among several; NULL */
	enum model_role role; /* of its tensors, when not by name */
	bool judged;          /* somebody has said what `safety` is */
	uint64_t work;        /* bytes inflated and members run, see model_may() */
	bool full;            /* too much of it: said once */
	bool changed;         /* a file changed while it was read */
};

/* How a reader begins: it is sure of the format, and fills M. FILE is part 0's, or the part's that
 * PART says. */
struct model_file {
	struct model *m;
	unsigned part;
	struct blob blob; /* all of it */
};

/* 0, or ERR_FORMAT: not this format after all. What is merely damaged is said in M. */
typedef int model_reader(struct model_file *f, struct err *e);
model_reader model_read_safetensors, model_read_zip, model_read_pickle, model_read_deflated,
	model_read_gguf, model_read_onnx, model_read_npy, model_read_hdf5;
/* Any of them, by content. PREFIX: shards add to one model. */
int model_read_file(struct model_file *f, struct err *e);

/* A member of a zip file: where its bytes are in the part's file, or itself in memory. */
struct zip;
struct zip_entry;
int model_read_torch_zip(struct model_file *f, const struct zip *z, const struct zip_entry *pkl,
			 struct err *e);
/* Would it do harm to whoever took it for a pickle, whatever else it is? */
void model_judge_as_pickle(struct model_file *f);
int model_read_npz(struct model_file *f, const struct zip *z);
int model_read_keras(struct model_file *f, const struct zip *z, struct err *e);
/* Keras' config.json, of N bytes: layers, what is suspicious in them. WHERE: for evidence. */
void model_read_keras_config(struct model *m, const char *json, size_t n, const char *where);
/* The HDF5 file in B, a piece of F's from BASE on, or in memory (PLACED false). */
int model_read_hdf5_blob(struct model_file *f, const struct blob *b, bool placed, uint64_t base,
			 struct err *e);
/* A pickle in a member of which nothing but the evidence is wanted. */
void model_scan_member(struct model_file *f, const struct zip_entry *x, bool script);

/* A directory: what is in it, and how it belongs together. */
int model_read_dir(struct model *m, const char *path, struct err *e);

/* Adds PATH and opens it; -1 and no words when it is not there. */
int model_open_part(struct model *m, const char *path, const char *name, struct model_file *f,
		    struct err *e);
void model_close_part(struct model_file *f);

/* A tensor at the end, all zero but its name (N bytes, copied). NULL: there are too many, which is
 * remarked. A name that is there already is remarked. */
struct model_tensor *model_add_tensor(struct model_file *f, const char *name, size_t n);
/* Copies RANK sizes, sets count; false: too many dimensions or elements. */
bool model_set_shape(struct model *m, struct model_tensor *t, const uint64_t *dim, size_t rank);
/* Type, its name, and the bytes that COUNT elements of it have (0: unknown). */
void model_set_type(struct model_tensor *t, enum dtype dtype);
/* Where its bytes are; marks it MODEL_ABSENT when the file ends before. */
void model_set_place(struct model_file *f, struct model_tensor *t, uint64_t offset);

void model_add_meta(struct model *m, const char *key, size_t nkey, const char *value,
		    size_t nvalue);
void model_add_metaf(struct model *m, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void model_remark(struct model *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Counts up when the same WHAT is there at the same LEVEL. */
void model_evidence(struct model *m, enum model_safety level, const char *what, const char *where,
		    const char *how);
/* The format cannot do worse than LEVEL; evidence can. */
void model_judge(struct model *m, enum model_safety level);
void model_add_op(struct model *m, const char *domain, size_t ndomain, const char *type, size_t n);

/* Before N bytes of a member are inflated or run as a pickle: a small archive can name the same
 * megabytes a million times. False, once it is too much: remarked, and nothing is vouched for
 * any more. */
bool model_may(struct model *m, uint64_t n);
/* At least / exactly MISSING bytes are not there. */
void model_cut(struct model *m, uint64_t missing, bool at_least);
void model_damaged(struct model *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "epoch", "global_step": a number that says how far the training was. */
void model_note_progress(struct model *m, const char *name, double value);

/* A JSON document of at most LIMIT bytes; NULL when it is longer or not there. To be freed. */
char *model_slurp(const struct blob *b, size_t limit, size_t *n);

#endif
