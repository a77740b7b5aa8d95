/* hdf5.h - the part of HDF5 that Keras, h5py and PyTorch's users write: groups, datasets,
 * attributes (HDF5 File Format Specification 3.0).
 *
 * A small reader of its own instead of libhdf5: that library trusts files more than a checkpoint
 * from a stranger deserves (its list of memory errors is long), would have to live in a process
 * of its own, and most of it would go unused. This one reads what h5py writes by default, says
 * what it passes over (dense groups of libver='latest', chunks), and takes no length or address
 * on trust. */
#ifndef CORE_HDF5_H
#define CORE_HDF5_H

#include "core/blob.h"
#include "core/dtype.h"
#include "core/err.h"
#include "core/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HDF5_MAX_RANK = 32 };

struct hdf5;

struct hdf5_type {
	enum dtype dtype;
	bool swapped;
	const char *name;  /* "string", "compound", … when DTYPE_OTHER */
	uint64_t itemsize; /* bytes of an element in the file */
	bool text, vlen;   /* characters; of no fixed number */
};

/* A dataset, or the value of an attribute. */
struct hdf5_data {
	struct hdf5_type type;
	unsigned rank;
	uint64_t dim[HDF5_MAX_RANK], count;
	bool placed; /* its elements stand one behind the other at AT, of NBYTES */
	uint64_t at, nbytes;
	bool chunked, filtered;
};

struct hdf5_visitor {
	void *ctx;
	void (*dataset)(void *ctx, const char *path, const struct hdf5_data *d);
	/* PATH "" is the root's. */
	void (*attribute)(void *ctx, const char *path, const char *name, struct hdf5 *h,
			  const struct hdf5_data *d);
	/* Something is not as it must be, or was passed over (BAD false). */
	void (*remark)(void *ctx, bool bad, const char *words);
};

/* ERR_FORMAT: no HDF5. *MISSING: bytes that are not there by what the superblock says. */
struct hdf5 *hdf5_open(const struct blob *b, uint64_t *missing, unsigned *version, struct err *e);
void hdf5_close(struct hdf5 *h);
/* Everything below the root, depth first. An object that hangs in two places is given once. */
void hdf5_walk(struct hdf5 *h, const struct hdf5_visitor *v);
/* An attribute's value as text: a string, a number, or a list of them, of at most LIMIT bytes. */
void hdf5_text(struct hdf5 *h, const struct hdf5_data *d, struct str *out, size_t limit);

#endif
