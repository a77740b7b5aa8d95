/* dtype.h - the types of numbers that model files keep, and how to read them as doubles.
 *
 * All of them are blocks: so many elements in so many bytes. An ordinary number is a block of one;
 * two FP4 are a byte; 32 weights of GGUF's Q4_0 share a scale and are 18 bytes. Sources: OCP 8-bit
 * and microscaling specifications for FP8, FP6, FP4; ggml's documentation of its block types. */
#ifndef CORE_DTYPE_H
#define CORE_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dtype {
	DTYPE_OTHER, /* known by the name that its file gives it, if at all */
	DTYPE_F64,
	DTYPE_F32,
	DTYPE_F16,
	DTYPE_BF16,
	DTYPE_F8_E4M3,     /* OCP: no infinities */
	DTYPE_F8_E5M2,     /* OCP */
	DTYPE_F8_E4M3FNUZ, /* no infinities, one zero */
	DTYPE_F8_E5M2FNUZ,
	DTYPE_F8_E8M0, /* a power of two: a scale */
	DTYPE_F6_E2M3,
	DTYPE_F6_E3M2,
	DTYPE_F4, /* E2M1, the first in the low half */
	DTYPE_I64,
	DTYPE_I32,
	DTYPE_I16,
	DTYPE_I8,
	DTYPE_U64,
	DTYPE_U32,
	DTYPE_U16,
	DTYPE_U8,
	DTYPE_I4, /* the first in the low half */
	DTYPE_U4,
	DTYPE_I2,
	DTYPE_U2,
	DTYPE_BOOL, /* a byte */
	DTYPE_C64,  /* two F32 */
	DTYPE_C128,
	/* GGUF's, in blocks with scales of their own */
	DTYPE_Q4_0,
	DTYPE_Q4_1,
	DTYPE_Q5_0,
	DTYPE_Q5_1,
	DTYPE_Q8_0,
	DTYPE_Q8_1,
	DTYPE_Q2_K,
	DTYPE_Q3_K,
	DTYPE_Q4_K,
	DTYPE_Q5_K,
	DTYPE_Q6_K,
	DTYPE_Q8_K,
	DTYPE_IQ2_XXS,
	DTYPE_IQ2_XS,
	DTYPE_IQ3_XXS,
	DTYPE_IQ1_S,
	DTYPE_IQ4_NL,
	DTYPE_IQ3_S,
	DTYPE_IQ2_S,
	DTYPE_IQ4_XS,
	DTYPE_IQ1_M,
	DTYPE_TQ1_0,
	DTYPE_TQ2_0,
	DTYPE_MXFP4,
	DTYPE_NVFP4,
	DTYPE_Q1_0,
	DTYPE_Q2_0,
	DTYPE_STRING, /* ONNX, NumPy: of no fixed size */
	DTYPE_N,
};

enum { DTYPE_MAX_BLOCK = 256, DTYPE_MAX_BYTES = 292 };

const char *dtype_name(enum dtype t); /* "BF16"; "?" for DTYPE_OTHER */
/* By the name that safetensors uses, which is ours; DTYPE_OTHER when there is none. */
enum dtype dtype_by_name(const char *name, size_t n);
/* Elements and bytes of a block; both 0 when the type has no size. */
unsigned dtype_block(enum dtype t);
unsigned dtype_bytes(enum dtype t);
/* Bytes of COUNT elements in whole blocks; false: no such size, or it overflows. */
bool dtype_size(enum dtype t, uint64_t count, uint64_t *nbytes);
/* Elements can be read as doubles. Complex numbers cannot. */
bool dtype_decodes(enum dtype t);
/* NBLOCKS blocks at IN to NBLOCKS * dtype_block() doubles at OUT. SWAP: the bytes of each number
 * stand the other way round (only where a block is one number). */
void dtype_decode(enum dtype t, bool swap, const unsigned char *in, size_t nblocks, double *out);

#endif
