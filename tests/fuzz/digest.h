/* digest.h - a sink that keeps nothing but a number that depends on every record it was given.
 *
 * Two ways of feeding the same bytes must end with the same number. It checks what any sink may
 * rely on: known columns, none twice in a row, names and texts that are C strings within limits. */
#ifndef TESTS_FUZZ_DIGEST_H
#define TESTS_FUZZ_DIGEST_H

#include "core/sink.h"

#include <stdint.h>

struct sink *digest_new(void);
void digest_free(struct sink *s);
uint64_t digest_value(struct sink *s);

/* SIZE bytes through a source of FORMAT: in one piece, and in pieces with restarts between them, as
 * SEED has it; and its state, damaged. Aborts when the records differ. */
void digest_check(const char *format, const uint8_t *data, size_t size, uint64_t seed);

#endif
