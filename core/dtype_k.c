/* ggml's K types: 256 weights in groups of 16 or 32, each with a scale of a few bits, and one
 * scale of those scales as a half float. Arithmetic is in floats and in the order that ggml's own
 * uses, so that the weights are the same to the last bit. */
#include "core/dtype_own.h"

/* The 6-bit scale and minimum of group J of 8, packed in 12 bytes (Q4_K, Q5_K). */
static void
scale_min(unsigned j, const unsigned char *s, float *scale, float *min)
{
	if (j < 4) {
		*scale = (float)(s[j] & 63);
		*min = (float)(s[j + 4] & 63);
	} else {
		*scale = (float)((s[j + 4] & 15) | s[j - 4] >> 6 << 4);
		*min = (float)(s[j + 4] >> 4 | s[j] >> 6 << 4);
	}
}

/* scales 16, quants 64, d, dmin */
void
dtype_q2_k(const unsigned char *in, size_t n, double *out)
{
	for (; n; n--, in += 84, out += 256) {
		float d = dtype_half(in + 80), min = dtype_half(in + 82);
		for (unsigned i = 0; i < 256; i++) {
			unsigned half = i / 128, shift = i % 128 / 32 * 2, at = i % 32;
			unsigned char s = in[i / 16], q = in[16 + 32 * half + at] >> shift & 3;
			out[i] = (double)(d * (float)(s & 15) * (float)q - min * (float)(s >> 4));
		}
	}
}

/* high bits 32, quants 64, scales 12, d */
void
dtype_q3_k(const unsigned char *in, size_t n, double *out)
{
	for (; n; n--, in += 110, out += 256) {
		const unsigned char *high = in, *quant = in + 32, *s = in + 96;
		float d = dtype_half(in + 108);
		for (unsigned i = 0; i < 256; i++) {
			unsigned g = i / 16, half = i / 128, shift = i % 128 / 32 * 2, at = i % 32;
			int low = g < 8 ? s[g] & 15 : s[g - 8] >> 4;
			int scale = (low | (s[8 + g % 4] >> g / 4 * 2 & 3) << 4) - 32;
			int q = quant[32 * half + at] >> shift & 3;
			q -= high[at] >> (4 * half + shift / 2) & 1 ? 0 : 4;
			out[i] = (double)(d * (float)scale * (float)q);
		}
	}
}

/* d, dmin, scales 12, quants 128 */
void
dtype_q4_k(const unsigned char *in, size_t n, double *out)
{
	for (; n; n--, in += 144, out += 256) {
		float d = dtype_half(in), dmin = dtype_half(in + 2), scale, min;
		for (unsigned j = 0; j < 8; j++) {
			scale_min(j, in + 4, &scale, &min);
			scale *= d;
			min *= dmin;
			const unsigned char *q = in + 16 + j / 2 * 32;
			for (unsigned i = 0; i < 32; i++)
				out[32 * j + i] =
					(double)(scale * (float)(q[i] >> j % 2 * 4 & 15) - min);
		}
	}
}

/* d, dmin, scales 12, high bits 32, quants 128 */
void
dtype_q5_k(const unsigned char *in, size_t n, double *out)
{
	for (; n; n--, in += 176, out += 256) {
		float d = dtype_half(in), dmin = dtype_half(in + 2), scale, min;
		for (unsigned j = 0; j < 8; j++) {
			scale_min(j, in + 4, &scale, &min);
			scale *= d;
			min *= dmin;
			const unsigned char *q = in + 48 + j / 2 * 32, *high = in + 16;
			for (unsigned i = 0; i < 32; i++) {
				int v = (q[i] >> j % 2 * 4 & 15) | (high[i] >> j & 1) << 4;
				out[32 * j + i] = (double)(scale * (float)v - min);
			}
		}
	}
}

/* low 128, high 64, scales 16, d */
void
dtype_q6_k(const unsigned char *in, size_t n, double *out)
{
	for (; n; n--, in += 210, out += 256) {
		float d = dtype_half(in + 208);
		for (unsigned i = 0; i < 256; i++) {
			unsigned half = i / 128, row = i % 128 / 32, at = i % 32;
			int low = in[64 * half + row % 2 * 32 + at] >> row / 2 * 4 & 15;
			int high = in[128 + 32 * half + at] >> row * 2 & 3;
			int scale = (int8_t)in[192 + i / 16];
			out[i] = (double)(d * (float)scale * (float)((low | high << 4) - 32));
		}
	}
}
