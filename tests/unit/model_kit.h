/* model_kit.h - writes small model files, for the tests of what reads them. */
#ifndef TESTS_UNIT_MODEL_KIT_H
#define TESTS_UNIT_MODEL_KIT_H

#include "core/model.h"
#include "core/str.h"

#include <stddef.h>
#include <stdint.h>

void kit_u16(struct str *out, uint16_t v);
void kit_u32(struct str *out, uint32_t v);
void kit_u64(struct str *out, uint64_t v);
void kit_f32(struct str *out, float v);
void put_zeros(struct str *out, size_t n);

/* HEADER is JSON, DATA what follows. */
void safetensors_write(struct str *out, const char *header, const void *data, size_t n);

/* A zip file, member by member; stored, or deflated when LEVEL is not 0. */
struct zipper {
	struct str out, directory;
	unsigned n;
	bool sizes_behind; /* in a data descriptor, as PyTorch writes them */
	unsigned align;    /* content begins at a multiple of it, padded as PyTorch does */
	bool wide;         /* sizes and places as 64-bit extra fields */
	uint16_t flags;    /* more bits for headers */
};
void zipper_add(struct zipper *z, const char *name, const void *p, size_t n, int level);
/* What there is of it so far, without a directory, is OUT; this ends it. */
void zipper_end(struct zipper *z);
void zipper_release(struct zipper *z);

/* Pickles, opcode by opcode (protocol 2). */
void pk_begin(struct str *s);
void pk_text(struct str *s, const char *z);
void pk_int(struct str *s, int32_t v);
void pk_global(struct str *s, const char *module, const char *name);
void pk_ops(struct str *s, const char *opcodes); /* of opcodes without arguments */
/* A tensor of TYPE ("FloatStorage") in storage KEY of NUMEL elements, at OFFSET. Shape and stride
 * end with -1. */
void pk_tensor(struct str *s, const char *type, const char *key, int numel, int offset,
	       const int *shape, const int *stride);

/* The bytes as a file in a directory of this test; the name is its own. It is there until the next
 * call, and older than MODEL_GROWING_S. */
const char *file_of(const struct str *s, const char *name);
void file_remove(void);
/* model_open() that has to succeed. */
struct model *opened(const struct str *s, const char *name);

#endif
