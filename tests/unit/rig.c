#include "tests/unit/rig.h"

#include "core/clock.h"
#include "core/xalloc.h"
#include "tests/unit/haste.h"
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utime.h>

#include <cmocka.h>

static void
on_fired(void *ctx, const struct alert *a)
{
	struct rig *r = ctx;
	str_addf(&r->fired, "%s %s\n", a->rule, a->metric);
}

static void
on_note(void *ctx, const char *text)
{
	struct rig *r = ctx;
	str_addf(&r->notes, "%s\n", text);
}

static void
on_trouble(void *ctx, const char *text)
{
	struct rig *r = ctx;
	str_addf(&r->notes, "%s\n", text ? text : "over");
}

void
rig_on_synced(void *rig, int code, const char *text)
{
	struct rig *r = rig;
	(void)text;
	r->synced++;
	r->sync_code = code;
}

void
rig_configure(struct rig *r, const char *text)
{
	struct err e;
	conf_free(r->c);
	if (conf_parse("test.conf", text, strlen(text), &r->c, &e) < 0)
		fail_msg("%s", e.text);
}

int
rig_setup(void **state)
{
	struct rig *r = xcalloc(1, sizeof *r);
	r->dir = scratch_new();
	r->l = loop_new();
	r->s = recorder_new();
	r->o.judge = true;
	rig_configure(r, "");
	*state = r;
	return 0;
}

int
rig_setup_poll(void **state)
{
	rig_setup(state);
	((struct rig *)*state)->o.poll = true;
	return 0;
}

int
rig_teardown(void **state)
{
	struct rig *r = *state;
	ingest_free(r->in);
	recorder_free(r->s);
	conf_free(r->c);
	loop_free(r->l);
	scratch_free(r->dir);
	str_release(&r->notes);
	str_release(&r->fired);
	free(r);
	return 0;
}

const char *
rig_at(struct rig *r, const char *name)
{
	return scratch_at(r->dir, name);
}

void
rig_append(struct rig *r, const char *name, const char *text)
{
	scratch_put(r->dir, name, O_APPEND, text);
}

void
rig_rewrite(struct rig *r, const char *name, const char *text)
{
	scratch_put(r->dir, name, O_TRUNC, text);
}

void
rig_replace(struct rig *r, const char *name, const char *text)
{
	char *tmp = xasprintf("%s.tmp", name);
	scratch_put(r->dir, tmp, O_TRUNC, text);
	char *from = xstrdup(rig_at(r, tmp));
	assert_int_equal(rename(from, rig_at(r, name)), 0);
	free(from);
	free(tmp);
}

void
rig_age(struct rig *r, const char *name, int seconds)
{
	struct utimbuf t;
	t.actime = t.modtime = time(NULL) - seconds;
	assert_int_equal(utime(rig_at(r, name), &t), 0);
}

void
rig_sh(struct rig *r, const char *command)
{
	scratch_sh(r->dir, command);
}

void
rig_start(struct rig *r)
{
	struct err e;
	struct ingest_events ev = {
		.ctx = r,
		.fired = on_fired,
		.trouble = on_trouble,
		.note = on_note,
	};
	r->in = ingest_new(r->l, r->s, r->c, &r->o, &ev, &e);
	assert_non_null(r->in);
	assert_int_equal(ingest_root(r->in, r->dir, &e), 0);
}

void
rig_sync(struct rig *r)
{
	int before = r->synced;
	int64_t end = haste_deadline();
	ingest_sync(r->in, rig_on_synced, r);
	while (r->synced == before) {
		if (clock_mono_us() > end)
			fail_msg("no end of the sync");
		haste_once(r->l, 100000);
	}
}

void
rig_begin(struct rig *r)
{
	rig_start(r);
	rig_sync(r);
}

void
rig_leave(struct rig *r)
{
	struct err e;
	assert_int_equal(ingest_flush(r->in, &e), 0);
	ingest_free(r->in);
	r->in = NULL;
}

void
rig_restart(struct rig *r)
{
	ingest_free(r->in);
	recorder_crash(r->s);
	rig_begin(r);
}

void
rig_until_logs(struct rig *r, const char *part)
{
	int64_t end = haste_deadline();
	while (!strstr(recorder_logs(r->s), part)) {
		if (clock_mono_us() > end)
			fail_msg("never \"%s\" in\n%s", part, recorder_logs(r->s));
		haste_once(r->l, 50000);
	}
}

void
rig_until_rows(struct rig *r, const char *name, const char *rows)
{
	int64_t end = haste_deadline();
	char *path = xstrdup(rig_at(r, name));
	while (strcmp(recorder_rows(r->s, path), rows) != 0) {
		if (clock_mono_us() > end)
			fail_msg("%s has\n%snot\n%s", name, recorder_rows(r->s, path), rows);
		haste_once(r->l, 50000);
	}
	free(path);
}
