/* rig.h - the whole engine on real files, into a recorder: for tests.
 *
 *     struct rig *r = *state;
 *     rig_append(r, "a/metrics.csv", "step,loss\n0,2\n");
 *     rig_begin(r);
 *     rig_rows_are(r, "a/metrics.csv", "step=0 loss=2\n");
 *
 * Files are named by their paths within a directory of the rig's own, which is the root. Most tests
 * sync and then look; those about watching wait until something is there (in haste.h's time). */
#ifndef TESTS_UNIT_RIG_H
#define TESTS_UNIT_RIG_H

#include "core/conf.h"
#include "core/ingest.h"
#include "core/loop.h"
#include "core/str.h"
#include "tests/unit/recorder.h"

struct rig {
	char *dir;
	struct loop *l;
	struct sink *s;
	struct conf *c;
	struct ingest_opts o; /* to be changed before it starts */
	struct ingest *in;    /* NULL: not started */
	struct str notes;     /* "TEXT\n" of what it noted, and of its trouble: "over" at the end */
	struct str fired;     /* "RULE METRIC\n" */
	int synced;           /* how many were answered, and the last one's code */
	int sync_code;
};

/* For cmocka: a rig that judges, with nothing configured; one that only polls. */
int rig_setup(void **state);
int rig_setup_poll(void **state);
int rig_teardown(void **state);
#define RIG(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
/* Once by inotify, once by polling. */
#define RIG_BOTH(f) \
	{#f, f, rig_setup, rig_teardown, NULL}, \
	{ \
#f " (polling)", f, rig_setup_poll, rig_teardown, NULL \
	}

/* The text of an mm.conf. */
void rig_configure(struct rig *r, const char *text);

const char *rig_at(struct rig *r, const char *name); /* the path, until the next call */
void rig_append(struct rig *r, const char *name, const char *text);
void rig_rewrite(struct rig *r, const char *name, const char *text);
/* As trainers do it who are careful: a temporary file, then rename. */
void rig_replace(struct rig *r, const char *name, const char *text);
/* Written so long ago that nothing is waited for. */
void rig_age(struct rig *r, const char *name, int seconds);
void rig_sh(struct rig *r, const char *command);

void rig_start(struct rig *r);
void rig_sync(struct rig *r);
void rig_begin(struct rig *r); /* both */
/* It leaves as it should. */
void rig_leave(struct rig *r);
/* kill -9 and a new one. */
void rig_restart(struct rig *r);
void rig_on_synced(void *rig, int code, const char *text); /* for ingest_sync() */

/* Waits until PART is in recorder_logs(). */
void rig_until_logs(struct rig *r, const char *part);
/* Waits until the rows of a log are these. */
void rig_until_rows(struct rig *r, const char *name, const char *rows);
#define rig_rows_are(r, name, rows) \
	assert_string_equal(recorder_rows((r)->s, rig_at(r, name)), rows)

#endif
