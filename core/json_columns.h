/* json_columns.h - a document whose members are columns: what Keras' history, XGBoost's
 * evals_result and many a script keep in memory and write at the end.
 *
 *     {"loss": [0.5, 0.4], "val_loss": [0.6, 0.5]}
 *     {"train": {"logloss": [0.6, 0.5]}, "valid": {"logloss": [0.7, 0.6]}}
 *     {"loss": {"0": 0.5, "1": 0.4}}                        pandas
 */
#ifndef CORE_JSON_COLUMNS_H
#define CORE_JSON_COLUMNS_H

#include "core/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_column {
	char *name;   /* its path */
	size_t first; /* of its values; one that is null is NaN in VALUE and false in IS */
	size_t n;
};

struct json_columns {
	struct json_column *at;
	size_t n, cap;
	double *value;
	bool *is;
	size_t nvalue, cap_value, cap_is;
	size_t rows; /* of the columns that belong together */
	int step;    /* the column that has their steps, or -1 */
	enum step_unit unit;
	bool told; /* a column of ROWS is called what a trainer measures */
};

/* Reads the object of N bytes at P as far as it goes. True: it is of this kind; then the columns
 * with ROWS values are the log's, and those of other lengths that are called what trainers
 * measure. Release in any case. */
bool json_columns_read(struct json_columns *c, const char *p, size_t n);
void json_columns_release(struct json_columns *c);

#endif
