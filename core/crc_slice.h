/* crc_slice.h - tables for checksums that take several bytes a round ("slicing", Kounavis and
 * Berry, 2005). */
#ifndef CORE_CRC_SLICE_H
#define CORE_CRC_SLICE_H

#include <stdint.h>

/* Fills N tables for the polynomial POLY, bits reflected. TABLE[0] takes one byte; TABLE[k] what a
 * byte becomes with k zeros behind it. */
void crc_slice_make(uint32_t (*table)[256], int n, uint32_t poly);

#endif
