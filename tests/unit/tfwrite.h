/* tfwrite.h - writes event files as loggers do, record by record, for the tests of what reads them.
 *
 *     struct str file = STR_INIT, s = STR_INIT;
 *     tfw_version(&file, 1.7e9);
 *     tfw_scalar(&file, 1.7e9, 3, "loss", 0.25f);
 *     tfw_value_tensor(&s, "acc", …); tfw_summary(&file, 1.7e9, 3, &s);
 */
#ifndef TESTS_UNIT_TFWRITE_H
#define TESTS_UNIT_TFWRITE_H

#include "core/str.h"
#include "tests/unit/pbwrite.h"

#include <stddef.h>
#include <stdint.h>

void tfw_record(struct str *file, const void *data, size_t n);
/* The frame with the first checksum or the second one wrong. */
void tfw_record_bad_length(struct str *file, const void *data, size_t n);
void tfw_record_bad_data(struct str *file, const void *data, size_t n);

/* Wall time and step of an Event; 0 is left out, as proto3 does. */
void tfw_event_head(struct str *event, double wall_s, int64_t step);
void tfw_version(struct str *file, double wall_s);
/* An Event with one number, as PyTorch writes it. */
void tfw_scalar(struct str *file, double wall_s, int64_t step, const char *tag, float v);
/* An Event with the values in SUMMARY, which is released. */
void tfw_summary(struct str *file, double wall_s, int64_t step, struct str *summary);

/* Values, appended to a summary. */
void tfw_value_simple(struct str *summary, const char *tag, float v);
/* TENSOR and METADATA (may be NULL) are messages, and released. */
void tfw_value_tensor(struct str *summary, const char *tag, struct str *tensor,
		      struct str *metadata);
void tfw_value_histo(struct str *summary, const char *tag, const double *limit,
		     const double *bucket, size_t n, double min, double max);
void tfw_value_image(struct str *summary, const char *tag, size_t nbytes);
void tfw_value_text(struct str *summary, const char *tag, const char *text);

/* A SummaryMetadata. */
struct str tfw_plugin(const char *name);
struct str tfw_plugin_content(const char *name, const struct str *content);
/* A TensorProto: its type and, for each of N, a dimension; elements are appended by the caller. */
struct str tfw_tensor(unsigned dtype, const int64_t *dim, size_t n);

#endif
