/* modelfile.h - bytes as a model file: opened, looked at from all sides, and held to what
 * core/model.h promises. */
#ifndef TESTS_FUZZ_MODELFILE_H
#define TESTS_FUZZ_MODELFILE_H

#include "core/model.h"

#include <stddef.h>
#include <stdint.h>

/* Aborts when something that always holds doesn't. Returns the state that it was in, or a negative
 * code. */
int modelfile_check(const uint8_t *data, size_t size);
/* The same with the first N bytes put in place of its own, where there are as many. */
int modelfile_check_as(const uint8_t *data, size_t size, const char *magic, size_t n);

#endif
