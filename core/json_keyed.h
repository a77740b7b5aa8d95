/* json_keyed.h - a document whose members are rows, each under its number.
 *
 *     {"epoch_1": {"train_loss": 0.5, …}, "epoch_2": {…}}
 *     {"0": {"loss": 0.5, …}, "1": {…}}
 */
#ifndef CORE_JSON_KEYED_H
#define CORE_JSON_KEYED_H

#include "core/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* KEY, of N bytes, is a number, or one behind a word that says what it counts. */
bool json_keyed_step(const char *key, size_t n, enum step_unit *unit, int64_t *step);
/* The object of N bytes at P, which may be cut off, is such a document. */
bool json_keyed(const char *p, size_t n);

#endif
