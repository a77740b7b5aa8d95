/* dtype_own.h - private to dtype.c and dtype_k.c. */
#ifndef CORE_DTYPE_OWN_H
#define CORE_DTYPE_OWN_H

#include "core/le.h"

#include <stddef.h>
#include <stdint.h>

/* N blocks at IN. */
typedef void dtype_decoder(const unsigned char *in, size_t n, double *out);

dtype_decoder dtype_q2_k, dtype_q3_k, dtype_q4_k, dtype_q5_k, dtype_q6_k;

float dtype_f16(uint16_t bits);

static inline uint16_t
dtype_u16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline float
dtype_half(const unsigned char *p)
{
	return dtype_f16(dtype_u16(p));
}

#endif
