/* One row a type. The K types of ggml (256 weights with scales of scales) are read in dtype_k.c. */
#include "core/dtype.h"

#include "core/dtype_own.h"

#include <math.h>
#include <string.h>

static inline float
f32_of(uint32_t bits)
{
	float f;
	memcpy(&f, &bits, sizeof f);
	return f;
}

float
dtype_f16(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exp = h >> 10 & 31, frac = h & 1023;
	if (exp == 31)
		return f32_of(sign | 0x7F800000 | frac << 13);
	if (exp)
		return f32_of(sign | (exp + 112) << 23 | frac << 13);
	float f = (float)frac * 0x1p-24f;
	return sign ? -f : f;
}

/* A small float: EXP bits of exponent with BIAS, FRAC bits behind them; no special values. */
static double
tiny(unsigned v, unsigned exp_bits, unsigned frac_bits, int bias)
{
	unsigned frac = v & ((1u << frac_bits) - 1);
	unsigned exp = v >> frac_bits & ((1u << exp_bits) - 1);
	bool minus = v >> (frac_bits + exp_bits) & 1;
	double d = exp ? ldexp(1 + ldexp((double)frac, -(int)frac_bits), (int)exp - bias)
		       : ldexp((double)frac, 1 - bias - (int)frac_bits);
	return minus ? -d : d;
}

static double
e4m3(unsigned v)
{
	return (v & 127) == 127 ? (double)NAN : tiny(v, 4, 3, 7);
}

static double
e5m2(unsigned v)
{
	if ((v & 0x7C) == 0x7C)
		return v & 3 ? (double)NAN : v & 128 ? (double)-INFINITY : (double)INFINITY;
	return tiny(v, 5, 2, 15);
}

static double
e4m3fnuz(unsigned v)
{
	return v == 128 ? (double)NAN : tiny(v, 4, 3, 8);
}

static double
e5m2fnuz(unsigned v)
{
	return v == 128 ? (double)NAN : tiny(v, 5, 2, 16);
}

static double
e8m0(unsigned v)
{
	return v == 255 ? (double)NAN : ldexp(1, (int)v - 127);
}

#define EACH(i, n) for (size_t i = 0; i < (n); i++)

#define TABLE_OF(fn) \
	static void dec_##fn(const unsigned char *in, size_t n, double *out) \
	{ \
		double table[256]; \
		EACH(i, 256) table[i] = fn((unsigned)i); \
		EACH(i, n) out[i] = table[in[i]]; \
	}
TABLE_OF(e4m3)
TABLE_OF(e5m2)
TABLE_OF(e4m3fnuz)
TABLE_OF(e5m2fnuz)
TABLE_OF(e8m0)

/* NAME: each element is a C number of TYPE, low byte first. */
#define NUMBER(name, type, bytes, expr) \
	static void dec_##name(const unsigned char *in, size_t n, double *out) \
	{ \
		EACH(i, n) \
		{ \
			const unsigned char *p = in + i * (bytes); \
			out[i] = (double)(type)(expr); \
		} \
	}
NUMBER(f32, float, 4, f32_of(le32(p)))
NUMBER(f16, float, 2, dtype_f16(dtype_u16(p)))
NUMBER(bf16, float, 2, f32_of((uint32_t)dtype_u16(p) << 16))
NUMBER(i64, int64_t, 8, le64(p))
NUMBER(i32, int32_t, 4, le32(p))
NUMBER(i16, int16_t, 2, dtype_u16(p))
NUMBER(i8, int8_t, 1, *p)
NUMBER(u64, uint64_t, 8, le64(p))
NUMBER(u32, uint32_t, 4, le32(p))
NUMBER(u16, uint16_t, 2, dtype_u16(p))
NUMBER(u8, uint8_t, 1, *p)

static void
dec_f64(const unsigned char *in, size_t n, double *out)
{
	EACH(i, n)
	{
		uint64_t bits = le64(in + i * 8);
		memcpy(&out[i], &bits, 8);
	}
}

static void
dec_bool(const unsigned char *in, size_t n, double *out)
{
	EACH(i, n) out[i] = in[i] != 0;
}

static void
dec_f4(const unsigned char *in, size_t n, double *out)
{
	EACH(i, n)
	{
		out[2 * i] = tiny(in[i] & 15, 2, 1, 1);
		out[2 * i + 1] = tiny(in[i] >> 4, 2, 1, 1);
	}
}

static void
dec_u4(const unsigned char *in, size_t n, double *out)
{
	EACH(i, n)
	{
		out[2 * i] = in[i] & 15;
		out[2 * i + 1] = in[i] >> 4;
	}
}

static void
dec_i4(const unsigned char *in, size_t n, double *out)
{
	EACH(i, n)
	{
		out[2 * i] = ((in[i] & 15) ^ 8) - 8;
		out[2 * i + 1] = ((in[i] >> 4) ^ 8) - 8;
	}
}

static void
dec_u2(const unsigned char *in, size_t n, double *out)
{
	EACH(i, n)
	EACH(k, 4) out[4 * i + k] = in[i] >> 2 * k & 3;
}

static void
dec_i2(const unsigned char *in, size_t n, double *out)
{
	EACH(i, n)
	EACH(k, 4) out[4 * i + k] = (double)((int)(in[i] >> 2 * k & 3) ^ 2) - 2;
}

/* Q4_0, Q4_1, Q5_0, Q5_1: element i and i + 16 share a byte. */
static void
nibbles(const unsigned char *q, uint32_t high, float d, float m, int minus, double *out)
{
	EACH(i, 16)
	{
		int lo = (q[i] & 15) | (int)(high >> i & 1) << 4;
		int hi = q[i] >> 4 | (int)(high >> (i + 16) & 1) << 4;
		out[i] = (double)((float)(lo - minus) * d + m);
		out[i + 16] = (double)((float)(hi - minus) * d + m);
	}
}

static void
dec_q4_0(const unsigned char *in, size_t n, double *out)
{
	EACH(b, n) nibbles(in + b * 18 + 2, 0, dtype_half(in + b * 18), 0, 8, out + b * 32);
}

static void
dec_q4_1(const unsigned char *in, size_t n, double *out)
{
	EACH(b, n)
	{
		const unsigned char *p = in + b * 20;
		nibbles(p + 4, 0, dtype_half(p), dtype_half(p + 2), 0, out + b * 32);
	}
}

static void
dec_q5_0(const unsigned char *in, size_t n, double *out)
{
	EACH(b, n)
	{
		const unsigned char *p = in + b * 22;
		nibbles(p + 6, le32(p + 2), dtype_half(p), 0, 16, out + b * 32);
	}
}

static void
dec_q5_1(const unsigned char *in, size_t n, double *out)
{
	EACH(b, n)
	{
		const unsigned char *p = in + b * 24;
		nibbles(p + 8, le32(p + 4), dtype_half(p), dtype_half(p + 2), 0, out + b * 32);
	}
}

static void
bytes_by_scale(const unsigned char *q, size_t n, float d, double *out)
{
	EACH(i, n) out[i] = (double)((float)(int8_t)q[i] * d);
}

static void
dec_q8_0(const unsigned char *in, size_t n, double *out)
{
	EACH(b, n) bytes_by_scale(in + b * 34 + 2, 32, dtype_half(in + b * 34), out + b * 32);
}

static void
dec_q8_1(const unsigned char *in, size_t n, double *out)
{
	EACH(b, n) bytes_by_scale(in + b * 36 + 4, 32, dtype_half(in + b * 36), out + b * 32);
}

static void
dec_q8_k(const unsigned char *in, size_t n, double *out)
{
	EACH(b, n)
	bytes_by_scale(in + b * 292 + 4, 256, f32_of(le32(in + b * 292)), out + b * 256);
}

struct row {
	const char *name;
	uint16_t block, bytes;
	dtype_decoder *decode;
};

static const struct row rows[DTYPE_N] = {
	[DTYPE_OTHER] = {"?", 0, 0, NULL},
	[DTYPE_F64] = {"F64", 1, 8, dec_f64},
	[DTYPE_F32] = {"F32", 1, 4, dec_f32},
	[DTYPE_F16] = {"F16", 1, 2, dec_f16},
	[DTYPE_BF16] = {"BF16", 1, 2, dec_bf16},
	[DTYPE_F8_E4M3] = {"F8_E4M3", 1, 1, dec_e4m3},
	[DTYPE_F8_E5M2] = {"F8_E5M2", 1, 1, dec_e5m2},
	[DTYPE_F8_E4M3FNUZ] = {"F8_E4M3FNUZ", 1, 1, dec_e4m3fnuz},
	[DTYPE_F8_E5M2FNUZ] = {"F8_E5M2FNUZ", 1, 1, dec_e5m2fnuz},
	[DTYPE_F8_E8M0] = {"F8_E8M0", 1, 1, dec_e8m0},
	/* How six bits are packed is nowhere settled: shown, not read. */
	[DTYPE_F6_E2M3] = {"F6_E2M3", 4, 3, NULL},
	[DTYPE_F6_E3M2] = {"F6_E3M2", 4, 3, NULL},
	[DTYPE_F4] = {"F4", 2, 1, dec_f4},
	[DTYPE_I64] = {"I64", 1, 8, dec_i64},
	[DTYPE_I32] = {"I32", 1, 4, dec_i32},
	[DTYPE_I16] = {"I16", 1, 2, dec_i16},
	[DTYPE_I8] = {"I8", 1, 1, dec_i8},
	[DTYPE_U64] = {"U64", 1, 8, dec_u64},
	[DTYPE_U32] = {"U32", 1, 4, dec_u32},
	[DTYPE_U16] = {"U16", 1, 2, dec_u16},
	[DTYPE_U8] = {"U8", 1, 1, dec_u8},
	[DTYPE_I4] = {"I4", 2, 1, dec_i4},
	[DTYPE_U4] = {"U4", 2, 1, dec_u4},
	[DTYPE_I2] = {"I2", 4, 1, dec_i2},
	[DTYPE_U2] = {"U2", 4, 1, dec_u2},
	[DTYPE_BOOL] = {"BOOL", 1, 1, dec_bool},
	[DTYPE_C64] = {"C64", 1, 8, NULL},
	[DTYPE_C128] = {"C128", 1, 16, NULL},
	[DTYPE_Q4_0] = {"Q4_0", 32, 18, dec_q4_0},
	[DTYPE_Q4_1] = {"Q4_1", 32, 20, dec_q4_1},
	[DTYPE_Q5_0] = {"Q5_0", 32, 22, dec_q5_0},
	[DTYPE_Q5_1] = {"Q5_1", 32, 24, dec_q5_1},
	[DTYPE_Q8_0] = {"Q8_0", 32, 34, dec_q8_0},
	[DTYPE_Q8_1] = {"Q8_1", 32, 36, dec_q8_1},
	[DTYPE_Q2_K] = {"Q2_K", 256, 84, dtype_q2_k},
	[DTYPE_Q3_K] = {"Q3_K", 256, 110, dtype_q3_k},
	[DTYPE_Q4_K] = {"Q4_K", 256, 144, dtype_q4_k},
	[DTYPE_Q5_K] = {"Q5_K", 256, 176, dtype_q5_k},
	[DTYPE_Q6_K] = {"Q6_K", 256, 210, dtype_q6_k},
	[DTYPE_Q8_K] = {"Q8_K", 256, 292, dec_q8_k},
	/* Those below look weights up in long tables, and are shown without being read. */
	[DTYPE_IQ2_XXS] = {"IQ2_XXS", 256, 66, NULL},
	[DTYPE_IQ2_XS] = {"IQ2_XS", 256, 74, NULL},
	[DTYPE_IQ3_XXS] = {"IQ3_XXS", 256, 98, NULL},
	[DTYPE_IQ1_S] = {"IQ1_S", 256, 50, NULL},
	[DTYPE_IQ4_NL] = {"IQ4_NL", 32, 18, NULL},
	[DTYPE_IQ3_S] = {"IQ3_S", 256, 110, NULL},
	[DTYPE_IQ2_S] = {"IQ2_S", 256, 82, NULL},
	[DTYPE_IQ4_XS] = {"IQ4_XS", 256, 136, NULL},
	[DTYPE_IQ1_M] = {"IQ1_M", 256, 56, NULL},
	[DTYPE_TQ1_0] = {"TQ1_0", 256, 54, NULL},
	[DTYPE_TQ2_0] = {"TQ2_0", 256, 66, NULL},
	[DTYPE_MXFP4] = {"MXFP4", 32, 17, NULL},
	[DTYPE_NVFP4] = {"NVFP4", 64, 36, NULL},
	[DTYPE_Q1_0] = {"Q1_0", 128, 18, NULL},
	[DTYPE_Q2_0] = {"Q2_0", 64, 18, NULL},
	[DTYPE_STRING] = {"STRING", 0, 0, NULL},
};

const char *
dtype_name(enum dtype t)
{
	return rows[t].name;
}

enum dtype
dtype_by_name(const char *name, size_t n)
{
	for (int t = DTYPE_OTHER + 1; t < DTYPE_N; t++)
		if (strlen(rows[t].name) == n && memcmp(rows[t].name, name, n) == 0)
			return (enum dtype)t;
	return DTYPE_OTHER;
}

unsigned
dtype_block(enum dtype t)
{
	return rows[t].block;
}

unsigned
dtype_bytes(enum dtype t)
{
	return rows[t].bytes;
}

bool
dtype_size(enum dtype t, uint64_t count, uint64_t *nbytes)
{
	const struct row *r = &rows[t];
	if (!r->block)
		return false;
	uint64_t blocks = count / r->block + (count % r->block != 0);
	return !__builtin_mul_overflow(blocks, r->bytes, nbytes);
}

bool
dtype_decodes(enum dtype t)
{
	return rows[t].decode != NULL;
}

void
dtype_decode(enum dtype t, bool swap, const unsigned char *in, size_t nblocks, double *out)
{
	const struct row *r = &rows[t];
	if (!swap || r->bytes == 1 || r->block != 1) {
		r->decode(in, nblocks, out);
		return;
	}
	unsigned char turned[16];
	EACH(i, nblocks)
	{
		EACH(k, r->bytes) turned[k] = in[(i + 1) * r->bytes - 1 - k];
		r->decode(turned, 1, out + i);
	}
}
