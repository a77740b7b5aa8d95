/* store_kit.h - what tests of the store have in common: a store in a fresh directory, short calls
 * to its sink. */
#ifndef TESTS_UNIT_STORE_KIT_H
#define TESTS_UNIT_STORE_KIT_H

#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kit {
	char *dir;
	int lock;
	struct store *st;
	struct sink *sink;
};

/* A store in a new directory below $TMP. */
void kit_open(struct kit *k);
/* Closes it and opens it again, as a writer. */
void kit_again(struct kit *k);
void kit_close(struct kit *k); /* and deletes the directory */
/* For cmocka: a store of the test's own, *STATE is its kit. */
int kit_setup(void **state);
int kit_teardown(void **state);

/* A CSV log of the run at RUN. */
uint32_t kit_log(struct kit *k, const char *path, const char *run);
uint32_t kit_log_of(struct kit *k, const char *path, const char *run, const char *format, int rank);
uint32_t kit_column(struct kit *k, uint32_t log, const char *name);
/* One row with one cell, at second STEP. */
enum row_fate kit_row1(struct kit *k, uint32_t log, int64_t step, uint32_t column, double value);
uint64_t kit_commit(struct kit *k);
/* Every invariant holds; prints what does not. */
bool kit_sound(struct kit *k);
struct snap *kit_snap(struct kit *k);

/* The series called SHOWN of the run at PATH; 0: none. */
uint32_t kit_series(struct snap *sn, const char *path, const char *shown);
/* All points of a series, to be freed. */
struct point *kit_points(struct snap *sn, uint32_t series, uint32_t attempt, size_t *n);

/* All that a store holds and a person can ask for, as text; to be freed. */
char *kit_digest(struct kit *k);

/* The same sequence on every machine. */
uint64_t kit_rand(uint64_t *state, uint64_t below);

#endif
