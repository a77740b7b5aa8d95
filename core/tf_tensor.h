/* tf_tensor.h - a TensorProto (tensorflow/core/framework/tensor.proto), read in place. */
#ifndef CORE_TF_TENSOR_H
#define CORE_TF_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* enum DataType of types.proto, as far as one element is a number or a text. */
enum tf_dtype {
	TF_FLOAT = 1,
	TF_DOUBLE = 2,
	TF_INT32 = 3,
	TF_UINT8 = 4,
	TF_INT16 = 5,
	TF_INT8 = 6,
	TF_STRING = 7,
	TF_INT64 = 9,
	TF_BOOL = 10,
	TF_BFLOAT16 = 14,
	TF_UINT16 = 17,
	TF_HALF = 19,
	TF_UINT32 = 22,
	TF_UINT64 = 23,
	TF_NDTYPES,
};

struct tf_tensor {
	const char *p; /* the message */
	size_t n;
	uint64_t dtype; /* enum tf_dtype, or another */
	bool shaped;    /* it has a shape, of which */
	int rank;
	uint64_t dim[2];   /* are the first two dimensions, */
	uint64_t elements; /* and the product of all; UINT64_MAX: very many, or unknown */
	const char *content;
	size_t ncontent;
	const char *string; /* the first one; NULL */
	size_t nstring;
	const char *fixed; /* the last float_val or double_val, */
	unsigned nfixed;   /* and how many fields there were of either */
};

/* False: it is none. */
bool tf_tensor_read(struct tf_tensor *t, const char *p, size_t n);
/* Calls FN for every element that is written down, in order. False: it is malformed, or no tensor
 * of numbers. */
bool tf_tensor_each(const struct tf_tensor *t, void (*fn)(void *ctx, double v), void *ctx);
/* A tensor of one number. Where there is no shape there has to be one element; where there is one,
 * a zero may have been left out. */
bool tf_tensor_number(const struct tf_tensor *t, double *out);
/* After that: where in the message that number stands, as it would in memory; NULL: it is not
 * written so. */
const char *tf_tensor_place(const struct tf_tensor *t);
/* How many bytes a number of DTYPE takes there; 0: it is none. */
size_t tf_dtype_size(uint64_t dtype);
/* The number of DTYPE that stands at P. */
double tf_dtype_value(uint64_t dtype, const char *p);

#endif
