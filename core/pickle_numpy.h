/* pickle_numpy.h - NumPy's types by their names, and its arrays as pickles describe them
 * (numpy.org/doc/stable/reference/arrays.interface.html; joblib/numpy_pickle.py for its
 * wrapper). */
#ifndef CORE_PICKLE_NUMPY_H
#define CORE_PICKLE_NUMPY_H

#include "core/dtype.h"
#include "core/pickle.h"

enum { NUMPY_MAX_RANK = 32 };

struct numpy_type {
	enum dtype dtype;
	bool swapped;
	bool object;       /* Python objects: pickled */
	uint64_t itemsize; /* bytes; 0 of objects */
	char name[24];     /* as NumPy says it, when DTYPE_OTHER */
};

struct numpy_array {
	struct numpy_type type;
	uint64_t dim[NUMPY_MAX_RANK];
	unsigned rank;
	bool fortran; /* the first dimension varies fastest */
	uint64_t nbytes;
	bool placed; /* the bytes stand in the blob at AT */
	uint64_t at;
};

/* "<f4", "|u1", "f8", "bfloat16"; false: no type that is known. */
bool numpy_type_parse(struct numpy_type *t, const char *z, size_t n);
/* Sets nbytes; false: it overflows, or the type has no size. */
bool numpy_array_size(struct numpy_array *x);
/* A numpy.dtype. */
bool pickle_numpy_type(const struct pickle *p, pickle_id id, struct numpy_type *t);
/* An ndarray, however it is made: _reconstruct, _frombuffer, joblib's wrapper. */
bool pickle_numpy_array(const struct pickle *p, pickle_id id, struct numpy_array *x);
/* The state of joblib's wrapper. */
bool pickle_numpy_wrapper(const struct pickle *p, pickle_id state, struct numpy_array *x);

#endif
