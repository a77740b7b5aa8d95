/* recorder.h - a sink that keeps everything in memory, for the tests of whatever feeds a sink.
 *
 * It follows core/sink.h to the letter: replays compare and supersede, a log that begins anew
 * starts an attempt, a commit that fails takes everything back to the one before. What it kept is
 * read as text, one line a thing, so that a test is one comparison of strings:
 *
 *     struct sink *s = recorder_new();
 *     … feed it …
 *     assert_string_equal(recorder_rows(s, "/r/log.csv"), "step=0 loss=0.5\nstep=1 loss=nan
 *     acc=1\n");
 *     recorder_free(s);
 *
 * Text that is handed out lives until recorder_free(). A log that is not there gives "(no
 * log)\n". */
#ifndef TESTS_UNIT_RECORDER_H
#define TESTS_UNIT_RECORDER_H

#include "core/sink.h"

#include <stdbool.h>
#include <stdint.h>

struct sink *recorder_new(void);
void recorder_free(struct sink *s);

/* Rows of the log's newest attempt: "step=3 loss=0.5 acc=1\n"; "epoch=3 …", "row=3 …", "none …" by
 * unit. Numbers are the shortest text that reads back the same; names are as the sink got them
 * (prefix included). */
const char *recorder_rows(struct sink *s, const char *path);
/* The same with times: "step=3 @1700000000.250000 loss=0.5\n"; a row without a time of its own has
 * "@-". */
const char *recorder_rows_timed(struct sink *s, const char *path);
/* Rows of one attempt, 1 … */
const char *recorder_rows_of(struct sink *s, const char *path, uint32_t attempt);
/* One column's points in the newest attempt: "0:0.5 1:0.25 …\n" (step:value). */
const char *recorder_points(struct sink *s, const char *path, const char *column);
/* Names of the columns in order of id: "loss acc\n". */
const char *recorder_columns(struct sink *s, const char *path);
/* "bad-record 120:7 the text\n" (offset:line), at most 64. */
const char *recorder_remarks(struct sink *s, const char *path);
/* Buckets of histograms: "1.3 w@hist.count: 0 5 | 1 2 | 1.5\n": attempt 1, its row 3; 5 values from
 * 0 to 1, 2 from there to 1.5. */
const char *recorder_hists(struct sink *s, const char *path);
/* Parameters of a run by key: "lr=0.1\nseed=3\n"; the goal of a column is "goal(acc)=max". */
const char *recorder_params(struct sink *s, const char *run);
/* What its logs said of its end; "" when nothing. */
const char *recorder_said(struct sink *s, const char *run);
/* What its logs called it; "" when nothing. */
const char *recorder_title(struct sink *s, const char *run);
/* "PATH\tREASON\n" of the files that were left alone. */
const char *recorder_skipped(struct sink *s);
/* "PATH\tBYTES\tSTATE\n" of the checkpoints. */
const char *recorder_checkpoints(struct sink *s);
/* "RULE RUN METRIC STATE n=N step=S value=V\n", in order of rule, run, metric. */
const char *recorder_alerts(struct sink *s);
/* "PATH\n" of the roots. */
const char *recorder_roots(struct sink *s);
/* Logs in order of path: "PATH run=RUN format=FORMAT attempt=N rows=N offset=N[ gone]\n". */
const char *recorder_logs(struct sink *s);
/* Everything above but cursors, the older attempts too: equal strings mean that equal records
 * arrived. */
const char *recorder_dump(struct sink *s);

/* Counts over all logs and attempts. */
uint64_t recorder_points_kept(struct sink *s);
uint64_t recorder_superseded(struct sink *s); /* rows that a replay replaced or cut */
uint64_t recorder_commits(struct sink *s);
uint64_t recorder_arrivals(struct sink *s);
/* The next commit fails with CODE, and everything since the last one is forgotten. */
void recorder_fail_commit(struct sink *s, int code, const char *text);
/* As if the process died here: forgets what was not committed. Ids of logs and columns made since
 * are void. */
void recorder_crash(struct sink *s);

#endif
