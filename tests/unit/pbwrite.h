/* pbwrite.h - writes the wire format of Protocol Buffers, for the tests of what reads it. */
#ifndef TESTS_UNIT_PBWRITE_H
#define TESTS_UNIT_PBWRITE_H

#include "core/protobuf.h"
#include "core/str.h"

#include <stdint.h>

/* Without a key: what a packed array is made of. */
void pbw_raw_varint(struct str *out, uint64_t v);
void pbw_raw_f32(struct str *out, float v);
void pbw_raw_f64(struct str *out, double v);
void pbw_key(struct str *out, uint32_t number, unsigned type);

void pbw_varint(struct str *out, uint32_t number, uint64_t v);
void pbw_f32(struct str *out, uint32_t number, float v);
void pbw_f64(struct str *out, uint32_t number, double v);
void pbw_bytes(struct str *out, uint32_t number, const void *p, size_t n);
void pbw_text(struct str *out, uint32_t number, const char *z);
/* A message or packed array; INNER is released. */
void pbw_message(struct str *out, uint32_t number, struct str *inner);

#endif
