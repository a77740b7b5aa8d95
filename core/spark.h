/* spark.h - the shape of a whole series in at most SPARK_N means, kept up to date in constant
 * memory.
 *
 * Each slot is the mean of STRIDE consecutive finite points; when the slots are used up, neighbours
 * merge and the stride doubles. So a sparkline of any series costs one record, never a look at its
 * points. */
#ifndef CORE_SPARK_H
#define CORE_SPARK_H

#include <stdint.h>

#define SPARK_N 32

/* A plain value, stored byte for byte. All zero is valid and empty. */
struct spark {
	uint32_t stride; /* points per full slot, a power of two; 0: nothing seen */
	uint16_t n;      /* full slots */
	uint16_t bad;    /* 1: the newest point was NaN or infinite */
	uint32_t part;   /* points in the slot being filled */
	float mean[SPARK_N];
	double sum; /* of the slot being filled */
};

void spark_add(struct spark *s, double v);
/* What NEXT stands for comes after it. Slots of one stride stay what they are; where strides
 * differ, or one of S was being filled, points are shared out as if all of a slot were its mean. */
void spark_append(struct spark *s, const struct spark *next);
/* The slots so far as floats, the one being filled last: writes at most SPARK_N + 1, returns how
 * many. */
int spark_values(const struct spark *s, float *out);

#endif
