/* text_object.h - lines that two loggers write into the console log of a training or into a file of
 * their own: a JSON object behind a word that nobody else uses.
 *
 *     DLLL {"timestamp": "1727463426.98", "type": "LOG", "step": [0, 47], "data": {"loss": 7.9}}
 *     :::MLLOG {"time_ms": 1719843792116, "event_type": "POINT_IN_TIME", "key": "eval_accuracy",
 *               "value": 0.72, "metadata": {"file": "train.py", "lineno": 42, "epoch_num": 3}}
 *
 * NVIDIA's DLLogger, its JSONStreamBackend: a step is a number, a list of the epoch and the step
 * within it, "PARAMETER", or an empty list, for what was reached at last. MLPerf's logging
 * ("MLPerf Training: logging", mllog 1.0 and later): a step is what the metadata count. */
#ifndef CORE_TEXT_OBJECT_H
#define CORE_TEXT_OBJECT_H

#include "core/table.h"
#include "core/text_line.h"
#include "core/text_row.h"

/* Does [P, P + N) begin with such a word and an object? */
bool text_object_begins(const char *p, size_t n);
/* Is L such a line? Fills R, which stays empty when it reports no number of a training. */
bool text_object_read(struct text_row *r, const struct text_line *l);
/* What else it says: when, which goes to L, and parameters, which go to T. */
void text_object_see(struct text_line *l, struct table *t);

#endif
