/* num.h - numbers as logs write them, read exactly, whatever the locale. */
#ifndef CORE_NUM_H
#define CORE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a decimal number at P (at most END - P bytes): optional sign, digits with '.', exponent;
 * also nan, inf, infinity in any case. Returns the byte after it, or NULL when there is none. The
 * result is the correctly rounded double, bit for bit what strtod gives in the C locale (Clinger's
 * fast path, then Eisel-Lemire, arXiv:2101.11408, then strtod). */
const char *num_parse(const char *p, const char *end, double *out);
/* The whole of [p, end), blanks around it stripped, is one number. */
bool num_parse_all(const char *p, const char *end, double *out);
/* V is a whole number that fits: a step. */
bool num_to_step(double v, int64_t *out);

#endif
