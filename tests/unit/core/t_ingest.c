#include "core/clock.h"
#include "core/ctl.h"
#include "core/ingest.h"
#include "core/loop.h"
#include "core/str.h"
#include "core/xalloc.h"
#include "tests/unit/recorder.h"
#include "tests/unit/tfwrite.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>
#include <cmocka.h>

/* The whole engine on real files, into a recorder. Paths are relative to a directory of our own.
 * Most tests sync and then look; those about watching wait until something is there. */

struct fixture {
	char *dir;
	struct loop *l;
	struct sink *s;
	struct conf *c;
	struct ingest_opts o;
	struct ingest *in;
	struct str notes, fired;
	uint64_t txn;
	int commits, synced, sync_code;
	struct ingest_progress last;
	int progress;
};

static void
on_committed(void *ctx, uint64_t txn)
{
	struct fixture *f = ctx;
	f->txn = txn;
	f->commits++;
}

static void
on_progress(void *ctx, const struct ingest_progress *p)
{
	struct fixture *f = ctx;
	f->last = *p;
	f->progress++;
}

static void
on_fired(void *ctx, const struct alert *a)
{
	struct fixture *f = ctx;
	str_addf(&f->fired, "%s %s\n", a->rule, a->metric);
}

static void
on_note(void *ctx, const char *text)
{
	struct fixture *f = ctx;
	str_addf(&f->notes, "%s\n", text);
}

static void
on_trouble(void *ctx, const char *text)
{
	struct fixture *f = ctx;
	str_addf(&f->notes, "%s\n", text ? text : "over");
}

static void
on_synced(void *ctx, int code, const char *text)
{
	struct fixture *f = ctx;
	(void)text;
	f->synced++;
	f->sync_code = code;
}

static void
configure(struct fixture *f, const char *text)
{
	struct err e;
	conf_free(f->c);
	if (conf_parse("test.conf", text, strlen(text), &f->c, &e) < 0)
		fail_msg("%s", e.text);
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	const char *tmp = getenv("TMP");
	char *dir = xasprintf("%s/t_ingest.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
	f->dir = realpath(dir, NULL);
	free(dir);
	f->l = loop_new();
	f->s = recorder_new();
	f->o.judge = true;
	configure(f, "");
	*state = f;
	return 0;
}

static int
setup_poll(void **state)
{
	setup(state);
	((struct fixture *)*state)->o.poll = true;
	return 0;
}

static void
sh(struct fixture *f, const char *command)
{
	int pid = fork(), status;
	if (pid == 0) {
		if (chdir(f->dir) < 0)
			_exit(1);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	ingest_free(f->in);
	recorder_free(f->s);
	conf_free(f->c);
	loop_free(f->l);
	sh(f, "rm -rf ./*");
	rmdir(f->dir);
	free(f->dir);
	str_release(&f->notes);
	str_release(&f->fired);
	free(f);
	return 0;
}

static const char *
at(struct fixture *f, const char *name)
{
	static char path[4096];
	snprintf(path, sizeof path, "%s/%s", f->dir, name);
	return path;
}

static void
put(struct fixture *f, const char *name, int flags, const char *text)
{
	char *path = xstrdup(at(f, name));
	for (char *p = path + strlen(f->dir) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			fail_msg("mkdir %s", path);
		*p = '/';
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	assert_true(fd >= 0);
	size_t n = strlen(text);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
	free(path);
}

static void
append(struct fixture *f, const char *name, const char *text)
{
	put(f, name, O_APPEND, text);
}

static void
rewrite(struct fixture *f, const char *name, const char *text)
{
	put(f, name, O_TRUNC, text);
}

/* As trainers do it who are careful: a temporary file, then rename. */
static void
replace(struct fixture *f, const char *name, const char *text)
{
	char *tmp = xasprintf("%s.tmp", name);
	put(f, tmp, O_TRUNC, text);
	char *from = xstrdup(at(f, tmp));
	assert_int_equal(rename(from, at(f, name)), 0);
	free(from);
	free(tmp);
}

/* Written so long ago that nothing is waited for. */
static void
age(struct fixture *f, const char *name, int seconds)
{
	struct utimbuf t;
	t.actime = t.modtime = time(NULL) - seconds;
	assert_int_equal(utime(at(f, name), &t), 0);
}

static void
start(struct fixture *f)
{
	struct err e;
	struct ingest_events ev = {
		.ctx = f,
		.committed = on_committed,
		.progress = on_progress,
		.fired = on_fired,
		.trouble = on_trouble,
		.note = on_note,
	};
	f->in = ingest_new(f->l, f->s, f->c, &f->o, &ev, &e);
	assert_non_null(f->in);
	assert_int_equal(ingest_root(f->in, f->dir, &e), 0);
}

static void
sync_now(struct fixture *f)
{
	int before = f->synced;
	int64_t end = clock_mono_us() + 20000000;
	ingest_sync(f->in, on_synced, f);
	while (f->synced == before) {
		if (clock_mono_us() > end)
			fail_msg("no end of the sync");
		loop_once(f->l, 100000);
	}
}

static void
begin(struct fixture *f)
{
	start(f);
	sync_now(f);
}

static void
leave(struct fixture *f)
{
	struct err e;
	assert_int_equal(ingest_flush(f->in, &e), 0);
	ingest_free(f->in);
	f->in = NULL;
}

/* kill -9 and a new one. */
static void
restart(struct fixture *f)
{
	ingest_free(f->in);
	recorder_crash(f->s);
	begin(f);
}

static void
until_logs(struct fixture *f, const char *part)
{
	int64_t end = clock_mono_us() + 20000000;
	while (!strstr(recorder_logs(f->s), part)) {
		if (clock_mono_us() > end)
			fail_msg("never \"%s\" in\n%s", part, recorder_logs(f->s));
		loop_once(f->l, 20000);
	}
}

static void
until_rows(struct fixture *f, const char *name, const char *rows)
{
	int64_t end = clock_mono_us() + 10000000;
	char *path = xstrdup(at(f, name));
	while (strcmp(recorder_rows(f->s, path), rows) != 0) {
		if (clock_mono_us() > end)
			fail_msg("%s has\n%snot\n%s", name, recorder_rows(f->s, path), rows);
		loop_once(f->l, 50000);
	}
	free(path);
}

#define rows_are(f, name, rows) assert_string_equal(recorder_rows((f)->s, at(f, name)), rows)

/* -- reading ----------------------------------------------------------------------------------- */

static void
logs_are_read_and_others_left(void **state)
{
	struct fixture *f = *state;
	append(f, "a/metrics.csv", "step,loss\n0,2\n1,1.5\n");
	append(f, "b/deep/er/run.jsonl", "{\"step\": 3, \"loss\": 0.25, \"acc\": 1}\n");
	append(f, "a/readme.txt", "nothing\n");
	append(f, "data/train.csv", "PassengerId,Survived,Name\n1,0,Braund\n");
	append(f, "empty.csv", "");
	f->o.once = true;
	begin(f);
	rows_are(f, "a/metrics.csv", "step=0 loss=2\nstep=1 loss=1.5\n");
	rows_are(f, "b/deep/er/run.jsonl", "step=3 loss=0.25 acc=1\n");
	assert_non_null(strstr(recorder_skipped(f->s), "data/train.csv\t"));
	assert_null(strstr(recorder_skipped(f->s), "empty"));
	assert_int_equal(recorder_points_kept(f->s), 4);
	char *root = xasprintf("%s\n", f->dir);
	assert_string_equal(recorder_roots(f->s), root);
	free(root);
}

static void
a_visit_registers_nothing(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n");
	f->o.once = f->o.visit = true;
	f->o.judge = false;
	begin(f);
	rows_are(f, "metrics.csv", "step=0 loss=2\n");
	assert_string_equal(recorder_roots(f->s), "");
	struct err e;
	assert_int_equal(ingest_root(f->in, at(f, "nowhere"), &e), ERR_NOTFOUND);
	assert_int_equal(ingest_root(f->in, at(f, "metrics.csv"), &e), ERR_NOTFOUND);
}

static void
lines_are_read_as_they_come(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n");
	begin(f);
	append(f, "metrics.csv", "1,1\n");
	until_rows(f, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	append(f, "new/run.jsonl", "{\"step\": 0, \"loss\": 5}\n");
	until_rows(f, "new/run.jsonl", "step=0 loss=5\n");
	append(f, "new/run.jsonl", "{\"step\": 1, \"loss\": 4}\n{\"step\": 2, \"los");
	until_rows(f, "new/run.jsonl", "step=0 loss=5\nstep=1 loss=4\n");
	append(f, "new/run.jsonl", "s\": 3}\n");
	until_rows(f, "new/run.jsonl", "step=0 loss=5\nstep=1 loss=4\nstep=2 loss=3\n");
}

/* A file may be cut anywhere while it is written: in the end the rows are the same. */
static void
any_cut_gives_the_same_rows(void **state)
{
	struct fixture *f = *state;
	static const char text[] = "step,loss,acc\n0,2.5,\n1,1.25,0.5\n\n2,nan,0.75\n";
	f->o.once = true;
	start(f);
	for (size_t cut = 0; cut < sizeof text; cut++) {
		char *name = xasprintf("r%zu/metrics.csv", cut), *head = xstrndup(text, cut);
		append(f, name, head);
		free(head);
		free(name);
	}
	sync_now(f);
	for (size_t cut = 0; cut < sizeof text; cut++) {
		char *name = xasprintf("r%zu/metrics.csv", cut);
		append(f, name, text + cut);
		free(name);
	}
	sync_now(f);
	for (size_t cut = 0; cut < sizeof text; cut++) {
		char *name = xasprintf("r%zu/metrics.csv", cut);
		rows_are(f, name,
			 "step=0 loss=2.5\nstep=1 loss=1.25 acc=0.5\nstep=2 loss=nan acc=0.75\n");
		free(name);
	}
	assert_int_equal(recorder_superseded(f->s), 0);
}

/* Killed after each line: nothing lost, nothing doubled. */
static void
a_restart_goes_on_where_the_last_commit_left_it(void **state)
{
	struct fixture *f = *state;
	struct str want = STR_INIT;
	begin(f);
	append(f, "metrics.csv", "step,loss\n");
	for (int i = 0; i < 12; i++) {
		char line[32];
		snprintf(line, sizeof line, "%d,%d\n", i, 100 - i);
		append(f, "metrics.csv", line);
		str_addf(&want, "step=%d loss=%d\n", i, 100 - i);
		if (i % 3 == 0)
			loop_once(f->l, 20000);
		if (i % 2)
			restart(f);
	}
	sync_now(f);
	rows_are(f, "metrics.csv", str_c(&want));
	assert_int_equal(recorder_superseded(f->s), 0);
	str_release(&want);
}

static void
a_partial_last_line_waits(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n1,1.2");
	age(f, "metrics.csv", 100000);
	f->o.once = true;
	begin(f);
	rows_are(f, "metrics.csv", "step=0 loss=2\n");
	restart(f);
	append(f, "metrics.csv", "5\n");
	restart(f);
	rows_are(f, "metrics.csv", "step=0 loss=2\nstep=1 loss=1.25\n");
}

static void
a_record_longer_than_the_buffer_is_read(void **state)
{
	struct fixture *f = *state;
	struct str s = STR_INIT;
	str_adds(&s, "{\"step\": 0, \"loss\": 1, \"note\": \"");
	for (int i = 0; i < 700000; i++)
		str_addc(&s, 'x');
	str_adds(&s, "\"}\n{\"step\": 1, \"loss\": 2}\n");
	append(f, "run.jsonl", "{\"step\": -1, \"loss\": 0}\n");
	append(f, "run.jsonl", str_c(&s));
	str_release(&s);
	f->o.once = true;
	begin(f);
	rows_are(f, "run.jsonl", "step=-1 loss=0\nstep=0 loss=1\nstep=1 loss=2\n");
}

static void
a_file_is_asked_again_until_it_is_known(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "");
	begin(f);
	append(f, "metrics.csv", "st");
	sync_now(f);
	append(f, "metrics.csv", "ep,loss\n");
	append(f, "metrics.csv", "0,1\n");
	until_rows(f, "metrics.csv", "step=0 loss=1\n");
}

/* -- what happens to files --------------------------------------------------------------------- */

static void
same_content_in_a_new_file_goes_on(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n1,1\n");
	begin(f);
	replace(f, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.5\n");
	until_rows(f, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.5\n");
	assert_int_equal(recorder_superseded(f->s), 0);
	assert_non_null(strstr(recorder_logs(f->s), "attempt=1 rows=3"));
}

/* to_csv after each epoch: the leading rows are equal, what follows is new or another. */
static void
a_rewritten_log_is_compared(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.5\n");
	begin(f);
	rewrite(f, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.75\n3,0.25\n");
	until_rows(f, "metrics.csv",
		   "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.75\nstep=3 loss=0.25\n");
	assert_int_equal(recorder_superseded(f->s), 1);
	rewrite(f, "metrics.csv", "step,loss,acc\n0,2,0.1\n1,1,0.2\n");
	until_rows(f, "metrics.csv", "step=0 loss=2 acc=0.1\nstep=1 loss=1 acc=0.2\n");
	assert_non_null(strstr(recorder_logs(f->s), "attempt=2"));
	assert_string_equal(recorder_rows_of(f->s, at(f, "metrics.csv"), 1),
			    "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.75\nstep=3 loss=0.25\n");
}

static void
a_run_that_begins_anew_is_a_new_attempt(void **state)
{
	struct fixture *f = *state;
	append(f, "out/metrics.csv", "step,loss\n0,2\n1,1\n2,0.5\n");
	begin(f);
	sh(f, "rm -rf out");
	append(f, "out/metrics.csv", "step,loss\n0,9\n");
	until_rows(f, "out/metrics.csv", "step=0 loss=9\n");
	assert_string_equal(recorder_rows_of(f->s, at(f, "out/metrics.csv"), 1),
			    "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.5\n");
	assert_null(strstr(recorder_logs(f->s), "gone"));
}

/* With a seed, a second training logs what the first one did: the log's own times tell them
 * apart. */
static void
the_same_values_at_another_time_are_another_attempt(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,time,loss\n0,1700000000,2\n1,1700000001,1\n");
	begin(f);
	replace(f, "metrics.csv",
		"step,time,loss\n0,1700000000,2\n1,1700000001,1\n2,1700000002,1\n");
	until_rows(f, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=1\n");
	assert_null(strstr(recorder_logs(f->s), "attempt=2"));
	replace(f, "metrics.csv", "step,time,loss\n0,1700009000,2\n1,1700009001,1\n");
	until_rows(f, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	assert_non_null(strstr(recorder_logs(f->s), "attempt=2"));
}

/* A file that is being rewritten is short for a while: nothing is cut before it has been quiet for
 * two seconds. */
static void
rewriting_in_pieces_cuts_nothing(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.5\n");
	begin(f);
	static const char *const piece[] = {"step,", "loss\n0,2\n1", ",1\n2,0.5", "\n3,0.25\n"};
	rewrite(f, "metrics.csv", "");
	for (size_t i = 0; i < 4; i++) {
		for (int k = 0; k < 4; k++)
			loop_once(f->l, 20000);
		assert_true(strlen(recorder_rows(f->s, at(f, "metrics.csv"))) >= 3 * 12);
		append(f, "metrics.csv", piece[i]);
	}
	until_rows(f, "metrics.csv",
		   "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.5\nstep=3 loss=0.25\n");
	assert_int_equal(recorder_superseded(f->s), 0);
}

static void
what_was_cut_off_is_superseded_when_it_stays_so(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.5\n");
	begin(f);
	assert_int_equal(truncate(at(f, "metrics.csv"), 14), 0);
	int64_t from = clock_mono_us();
	until_rows(f, "metrics.csv", "step=0 loss=2\n");
	assert_true(clock_mono_us() - from > 1900000);
	append(f, "metrics.csv", "1,7\n");
	until_rows(f, "metrics.csv", "step=0 loss=2\nstep=1 loss=7\n");
}

static void
an_emptied_log_keeps_its_rows(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n1,1\n");
	begin(f);
	rewrite(f, "metrics.csv", "");
	int64_t end = clock_mono_us() + 2500000;
	while (clock_mono_us() < end)
		loop_once(f->l, 100000);
	sync_now(f);
	rows_are(f, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	restart(f);
	rows_are(f, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
}

/* Killed while a replay is under way: the comparison begins again, and nothing is doubled. */
static void
a_replay_survives_a_crash(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.5\n3,0.4\n");
	begin(f);
	rewrite(f, "metrics.csv", "step,loss\n0,2\n1,1\n2,0.50\n");
	for (int i = 0; i < 10; i++)
		loop_once(f->l, 10000);
	/* Something else commits while the comparison has not ended. */
	append(f, "other/metrics.csv", "step,loss\n0,1\n");
	until_rows(f, "other/metrics.csv", "step=0 loss=1\n");
	ingest_free(f->in);
	recorder_crash(f->s);
	start(f);
	for (int i = 0; i < 10; i++)
		loop_once(f->l, 10000);
	append(f, "metrics.csv", "3,0.40\n4,0.3\n");
	until_rows(f, "metrics.csv",
		   "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.5\nstep=3 loss=0.4\nstep=4 "
		   "loss=0.3\n");
	assert_int_equal(recorder_superseded(f->s), 0);
}

static void
a_moved_log_takes_its_run_along(void **state)
{
	struct fixture *f = *state;
	append(f, "old/metrics.csv", "step,loss\n0,2\n");
	begin(f);
	sh(f, "mv old new");
	append(f, "new/metrics.csv", "1,1\n");
	until_rows(f, "new/metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	assert_null(strstr(recorder_logs(f->s), "old"));
	char *run = xasprintf("run=%s ", at(f, "new"));
	assert_non_null(strstr(recorder_logs(f->s), run));
	free(run);
	/* Seen where it is before it grows again: it is followed there. */
	sh(f, "mv new there");
	until_logs(f, "there/metrics.csv");
	append(f, "there/metrics.csv", "2,1\n");
	until_rows(f, "there/metrics.csv", "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=1\n");
	/* And again, while nobody watches. */
	leave(f);
	sh(f, "mv there newer");
	append(f, "newer/metrics.csv", "3,0.5\n");
	begin(f);
	rows_are(f, "newer/metrics.csv",
		 "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=1\nstep=3 loss=0.5\n");
	assert_int_equal(recorder_points_kept(f->s), 4);
	assert_null(strstr(recorder_logs(f->s), "gone"));
}

static void
a_deleted_log_is_gone_but_kept(void **state)
{
	struct fixture *f = *state;
	append(f, "a/metrics.csv", "step,loss\n0,2\n");
	append(f, "b/metrics.csv", "step,loss\n0,3\n");
	begin(f);
	sh(f, "rm -r a");
	sync_now(f);
	rows_are(f, "a/metrics.csv", "step=0 loss=2\n");
	assert_non_null(strstr(recorder_logs(f->s), "rows=1 offset=14 gone"));
	/* While nobody watches. */
	leave(f);
	sh(f, "rm -r b");
	begin(f);
	rows_are(f, "b/metrics.csv", "step=0 loss=3\n");
	char *line = xasprintf("%s run=%s/b ", at(f, "b/metrics.csv"), f->dir);
	const char *b = strstr(recorder_logs(f->s), line);
	assert_non_null(b);
	assert_non_null(strstr(b, "gone"));
	free(line);
	/* It comes back as it was. */
	append(f, "b/metrics.csv", "step,loss\n0,3\n1,2\n");
	until_rows(f, "b/metrics.csv", "step=0 loss=3\nstep=1 loss=2\n");
	sync_now(f);
	assert_null(strstr(strstr(recorder_logs(f->s), "/b/"), "gone"));
}

/* logrotate: what was written last before the rename is not lost, and the old file is not read as
 * another log. */
static void
a_rotated_log_loses_no_line(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n");
	begin(f);
	append(f, "metrics.csv", "1,1\n"); /* so that it is held open */
	until_rows(f, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	sh(f,
	   "echo 2,0.5 >> metrics.csv; mv metrics.csv metrics.csv.1; printf 'step,loss\\n3,9\\n' > "
	   "metrics.csv");
	until_rows(f, "metrics.csv", "step=3 loss=9\n");
	sync_now(f);
	assert_string_equal(recorder_rows_of(f->s, at(f, "metrics.csv"), 1),
			    "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.5\n");
	assert_int_equal(recorder_points_kept(f->s), 4);
}

/* Rotated while nobody looked, with a line that nobody had read: it is found under the other name,
 * and that name is no log of its own, then or after another rotation. */
static void
a_log_rotated_in_our_absence_loses_no_line(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n");
	begin(f);
	ingest_free(f->in);
	sh(f, "echo 1,1 >> metrics.csv; mv metrics.csv metrics.csv.1; printf "
	      "'step,loss\\n2,9\\n' > metrics.csv");
	start(f);
	sync_now(f);
	assert_string_equal(recorder_rows_of(f->s, at(f, "metrics.csv"), 1),
			    "step=0 loss=2\nstep=1 loss=1\n");
	rows_are(f, "metrics.csv", "step=2 loss=9\n");
	ingest_free(f->in);
	sh(f, "mv metrics.csv.1 metrics.csv.2; mv metrics.csv metrics.csv.1");
	start(f);
	sync_now(f);
	append(f, "metrics.csv", "step,loss\n3,8\n");
	sync_now(f);
	rows_are(f, "metrics.csv", "step=3 loss=8\n");
	assert_int_equal(recorder_points_kept(f->s), 4);
	assert_non_null(strstr(recorder_skipped(f->s), "older part of"));
}

/* Whoever rotates writes the last row of the old part when the new one is there already, empty or
 * with its header. */
static void
a_row_behind_a_rotation_comes_late(void **state)
{
	struct fixture *f = *state;
	static const char *const head[] = {"", "step,loss\n"};
	char part[] = "metrics.csv", want[128];
	append(f, part, "step,loss\n0,2\n");
	begin(f);
	for (int i = 0; i < 4; i++) {
		append(f, part, "1,1\n"); /* so that it is held open */
		snprintf(want, sizeof want, "step=%d loss=2\nstep=1 loss=1\n", i);
		until_rows(f, part, want);
		/* And that there is something to read out of the old part, or not. */
		sh(f, i < 2 ? "mv metrics.csv metrics.csv.1"
			    : "echo 4,4 >> metrics.csv; mv metrics.csv metrics.csv.1");
		append(f, part, head[i % 2]);
		sync_now(f);
		append(f, "metrics.csv.1", "5,0.5\n");
		snprintf(want, sizeof want, "%s%d,2\n", i % 2 ? "" : "step,loss\n", i + 1);
		append(f, part, want);
		sync_now(f);
		snprintf(want, sizeof want, "step=%d loss=2\n", i + 1);
		rows_are(f, part, want);
		snprintf(want, sizeof want, "step=%d loss=2\nstep=1 loss=1\n%sstep=5 loss=0.5\n", i,
			 i < 2 ? "" : "step=4 loss=4\n");
		assert_string_equal(recorder_rows_of(f->s, at(f, part), (uint32_t)i + 1), want);
	}
}

/* The same, and killed between the two. What is kept then is of the old part. */
static void
a_late_row_is_found_by_the_next_life(void **state)
{
	struct fixture *f = *state;
	static const char *const head[] = {"", "step,loss\n"};
	char part[] = "metrics.csv", want[128];
	append(f, part, "step,loss\n0,2\n");
	begin(f);
	for (int i = 0; i < 2; i++) {
		append(f, part, "1,1\n");
		snprintf(want, sizeof want, "step=%d loss=2\nstep=1 loss=1\n", i);
		until_rows(f, part, want);
		sh(f, "echo 4,4 >> metrics.csv; mv metrics.csv metrics.csv.1");
		append(f, part, head[i]);
		sync_now(f);
		ingest_free(f->in);
		f->in = NULL;
		recorder_crash(f->s);
		append(f, "metrics.csv.1", "5,0.5\n");
		snprintf(want, sizeof want, "%s%d,2\n", i % 2 ? "" : "step,loss\n", i + 1);
		append(f, part, want);
		begin(f);
		snprintf(want, sizeof want, "step=%d loss=2\n", i + 1);
		rows_are(f, part, want);
		snprintf(want, sizeof want,
			 "step=%d loss=2\nstep=1 loss=1\nstep=4 loss=4\nstep=5 loss=0.5\n", i);
		assert_string_equal(recorder_rows_of(f->s, at(f, part), (uint32_t)i + 1), want);
	}
}

/* A sink of which one call does something on the way. */
static struct sink_ops on_the_way_ops;
static uint32_t (*on_the_way_open)(struct sink *s, const struct log_desc *d);
static struct fixture *on_the_way;

static uint32_t
open_and_rotate(struct sink *s, const struct log_desc *d)
{
	static const char first[] = "/a.csv";
	size_t n = strlen(d->path);
	if (on_the_way && n > strlen(first) && !strcmp(d->path + n - strlen(first), first)) {
		struct fixture *f = on_the_way;
		on_the_way = NULL;
		sh(f, "mv metrics.csv metrics.csv.1");
		append(f, "metrics.csv", "step,loss\n3,9\n");
	}
	return on_the_way_open(s, d);
}

/* The directory was listed before that, and no event was read since. */
static void
a_log_rotated_behind_the_listing_loses_no_line(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n");
	begin(f);
	ingest_free(f->in);
	append(f, "metrics.csv", "1,1\n");
	append(f, "a.csv", "step,loss\n0,7\n");
	on_the_way_ops = *f->s->ops;
	on_the_way_open = on_the_way_ops.log_open;
	on_the_way_ops.log_open = open_and_rotate;
	f->s->ops = &on_the_way_ops;
	on_the_way = f;
	start(f);
	sync_now(f);
	assert_null(on_the_way);
	assert_string_equal(recorder_rows_of(f->s, at(f, "metrics.csv"), 1),
			    "step=0 loss=2\nstep=1 loss=1\n");
	rows_are(f, "metrics.csv", "step=3 loss=9\n");
}

static void
a_reader_loses_no_line_of_what_is_rotated_behind_the_listing(void **state)
{
	((struct fixture *)*state)->o.once = true;
	a_log_rotated_behind_the_listing_loses_no_line(state);
}

/* The new part begins with the rows that the old one began with. While the two are compared, what
 * was read last of the old one is kept, and so is that it was. */
static void
the_rest_of_an_old_part_is_not_doubled(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n");
	begin(f);
	ingest_free(f->in);
	append(f, "metrics.csv", "1,1\n2,0.5\n");
	sh(f, "mv metrics.csv metrics.csv.1; printf 'step,loss\n0,2\n' > metrics.csv");
	start(f);
	uint64_t before = recorder_points_kept(f->s);
	int64_t end = clock_mono_us() + 10000000;
	while (recorder_points_kept(f->s) == before && clock_mono_us() < end)
		loop_once(f->l, 10000);
	/* Something else commits while the comparison has not ended. */
	append(f, "other/metrics.csv", "step,loss\n0,1\n");
	until_rows(f, "other/metrics.csv", "step=0 loss=1\n");
	ingest_free(f->in);
	f->in = NULL;
	recorder_crash(f->s);
	append(f, "metrics.csv", "1,3\n");
	begin(f);
	rows_are(f, "metrics.csv", "step=0 loss=2\nstep=1 loss=3\n");
	assert_int_equal(recorder_superseded(f->s), 2);
}

/* The one before us left in the middle of it, and nobody has written to it since. */
static void
a_backlog_is_read_on_after_a_restart(void **state)
{
	struct fixture *f = *state;
	struct str text = STR_INIT;
	struct err e;
	str_adds(&text, "step,loss\n");
	for (int i = 0; i < 300000; i++)
		str_addf(&text, "%d,1\n", i);
	append(f, "metrics.csv", str_c(&text));
	str_release(&text);
	start(f);
	/* Committed after each of its turns, which are much shorter than reading it all. */
	while (recorder_points_kept(f->s) == 0) {
		loop_once(f->l, 100000);
		assert_int_equal(ingest_flush(f->in, &e), 0);
	}
	ingest_free(f->in);
	recorder_crash(f->s);
	assert_in_range(recorder_points_kept(f->s), 1, 299999);
	start(f);
	sync_now(f);
	assert_int_equal(recorder_points_kept(f->s), 300000);
}

/* A mode may be mended; root reads everything. */
static void
what_may_be_read_at_last_is_read(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n");
	if (geteuid() == 0)
		skip();
	sh(f, "chmod 000 metrics.csv");
	begin(f);
	assert_non_null(strstr(recorder_skipped(f->s), "Permission denied"));
	sh(f, "chmod 600 metrics.csv");
	until_rows(f, "metrics.csv", "step=0 loss=2\n");
	assert_null(strstr(recorder_skipped(f->s), "metrics.csv"));
}

/* The last line of a file that was replaced will not be finished by anybody. */
static void
a_replaced_file_is_read_to_its_end(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n");
	begin(f);
	append(f, "metrics.csv", "1,1\n2");
	until_rows(f, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	sh(f, "printf ',0.5' >> metrics.csv; printf 'step,loss\\n5,9\\n' > x.tmp; mv x.tmp "
	      "metrics.csv");
	until_rows(f, "metrics.csv", "step=5 loss=9\n");
	assert_string_equal(recorder_rows_of(f->s, at(f, "metrics.csv"), 1),
			    "step=0 loss=2\nstep=1 loss=1\nstep=2 loss=0.5\n");
}

static void
two_names_of_one_file_are_one_log(void **state)
{
	struct fixture *f = *state;
	append(f, "a/metrics.csv", "step,loss\n0,2\n");
	sh(f, "mkdir b; ln a/metrics.csv b/metrics.csv; ln -s a/metrics.csv c.csv; ln -s a d");
	begin(f);
	assert_int_equal(recorder_points_kept(f->s), 1);
	assert_non_null(strstr(recorder_skipped(f->s), "the same file as"));
}

/* A file that is written elsewhere and renamed at once has no life under its first name. */
static void
a_passing_name_makes_no_run(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n");
	begin(f);
	for (int i = 1; i < 5; i++) {
		char *text = xasprintf("step,loss\n0,2\n%d,%d\n", i, i);
		put(f, "tmpx7yz.csv", O_TRUNC, text);
		loop_once(f->l, 5000);
		char *from = xstrdup(at(f, "tmpx7yz.csv"));
		assert_int_equal(rename(from, at(f, "metrics.csv")), 0);
		free(from);
		free(text);
		char *want = xasprintf("step=0 loss=2\nstep=%d loss=%d\n", i, i);
		until_rows(f, "metrics.csv", want);
		free(want);
	}
	assert_null(strstr(recorder_logs(f->s), "tmpx7yz"));
}

static void
zeros_at_the_end_wait(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n");
	begin(f);
	assert_int_equal(truncate(at(f, "metrics.csv"), 18), 0);
	sync_now(f);
	rows_are(f, "metrics.csv", "step=0 loss=2\n");
	int fd = open(at(f, "metrics.csv"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "1,1\n", 4, 14), 4);
	close(fd);
	until_rows(f, "metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	assert_string_equal(recorder_remarks(f->s, at(f, "metrics.csv")), "");
}

/* Three records, and where each begins. */
static struct str
three_records(size_t start_of[3])
{
	struct str file = STR_INIT;
	for (int i = 0; i < 3; i++) {
		start_of[i] = file.len;
		tfw_scalar(&file, 1.7e9, i + 1, "loss", 1);
	}
	return file;
}

static void
write_at(struct fixture *f, const char *name, const char *p, size_t n, size_t offset)
{
	int fd = open(at(f, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, p, n, (off_t)offset), n);
	close(fd);
}

/* In a binary format only the reader knows that zeros are no record. */
static void
zeros_between_records_are_passed_over_at_last(void **state)
{
	struct fixture *f = *state;
	static const char name[] = "events.out.tfevents.1.host", old[] = "b/events.out.tfevents.2";
	size_t start_of[3];
	struct str file = three_records(start_of);
	memset(file.buf + start_of[1], 0, start_of[2] - start_of[1]);
	put(f, old, 0, "");
	write_at(f, old, file.buf, file.len, 0);
	age(f, old, 100);
	begin(f);
	rows_are(f, old, "step=1 loss=1\nstep=3 loss=1\n"); /* nobody fills that any more */
	write_at(f, name, file.buf, file.len, 0);
	until_rows(f, name, "step=1 loss=1\nstep=3 loss=1\n");
	assert_string_equal(recorder_remarks(f->s, at(f, name)),
			    "bad-record 42:0 skipped: zeros where a record should begin\n");
	str_release(&file);
}

static void
a_log_that_becomes_another_format_is_read_as_that(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.log", "step,loss\n0,2\n");
	append(f, "x/metrics.csv", "step,loss\n0,2\n");
	begin(f);
	rewrite(f, "x/metrics.csv", "{\"step\": 0, \"loss\": 2}\n{\"step\": 1, \"loss\": 3}\n");
	until_rows(f, "x/metrics.csv", "step=0 loss=2\nstep=1 loss=3\n");
	assert_non_null(strstr(recorder_logs(f->s), "format=jsonl attempt=1 rows=2"));
}

/* -- commits ----------------------------------------------------------------------------------- */

static void
a_failed_commit_is_tried_again(void **state)
{
	struct fixture *f = *state;
	append(f, "a/metrics.csv", "step,loss\n0,2\n");
	begin(f);
	recorder_fail_commit(f->s, ERR_FULL, "no space left");
	append(f, "a/metrics.csv", "1,1\n");
	append(f, "b/metrics.csv", "step,loss\n0,3\n");
	until_rows(f, "a/metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	until_rows(f, "b/metrics.csv", "step=0 loss=3\n");
	sync_now(f);
	if (f->sync_code < 0)
		sync_now(f);
	assert_int_equal(f->sync_code, 0);
	assert_string_equal(str_c(&f->notes), "no space left\nover\n");
	recorder_crash(f->s);
	rows_are(f, "a/metrics.csv", "step=0 loss=2\nstep=1 loss=1\n");
	assert_int_equal(recorder_points_kept(f->s), 3);
	char *root = xasprintf("%s\n", f->dir);
	assert_string_equal(recorder_roots(f->s), root);
	free(root);
}

static void
the_first_commit_may_fail(void **state)
{
	struct fixture *f = *state;
	append(f, "a/metrics.csv", "step,loss\n0,nan\n");
	recorder_fail_commit(f->s, ERR_SYS, "disk error");
	start(f);
	until_rows(f, "a/metrics.csv", "step=0 loss=nan\n");
	sync_now(f);
	recorder_crash(f->s);
	rows_are(f, "a/metrics.csv", "step=0 loss=nan\n");
	/* The rules were put back too: the verdict was given once. */
	assert_non_null(strstr(recorder_alerts(f->s), "loss-nonfinite"));
}

/* Test 37: the point, the state that came of it and what was to be told of it go back together, and
 * come again together; that nothing could be kept for a while is an alert of its own. */
static void
points_and_states_go_back_together(void **state)
{
	struct fixture *f = *state;
	append(f, "a/metrics.csv", "step,loss\n0,2\n");
	begin(f);
	sync_now(f);
	recorder_fail_commit(f->s, ERR_FULL, "no room in the map");
	append(f, "a/metrics.csv", "1,nan\n");
	sync_now(f);
	assert_int_equal(f->sync_code, ERR_FULL);
	recorder_crash(f->s);
	rows_are(f, "a/metrics.csv", "step=0 loss=2\n");
	assert_string_equal(recorder_alerts(f->s), "");
	sync_now(f);
	assert_int_equal(f->sync_code, 0);
	sync_now(f);
	recorder_crash(f->s);
	rows_are(f, "a/metrics.csv", "step=0 loss=2\nstep=1 loss=nan\n");
	const char *alerts = recorder_alerts(f->s), *nan = strstr(alerts, "loss-nonfinite");
	assert_non_null(nan);
	assert_null(strstr(nan + 1, "loss-nonfinite"));
	assert_non_null(strstr(alerts, "mm-self   firing"));
}

static void
a_sync_that_cannot_commit_says_so(void **state)
{
	struct fixture *f = *state;
	begin(f);
	append(f, "a/metrics.csv", "step,loss\n0,2\n");
	recorder_fail_commit(f->s, ERR_FULL, "no space left");
	sync_now(f);
	assert_int_equal(f->sync_code, ERR_FULL);
	sync_now(f);
	assert_int_equal(f->sync_code, 0);
	rows_are(f, "a/metrics.csv", "step=0 loss=2\n");
}

static void
a_sync_sees_what_was_there_when_it_was_asked(void **state)
{
	struct fixture *f = *state;
	begin(f);
	for (int i = 0; i < 20; i++) {
		char *name = xasprintf("d%d/metrics.csv", i);
		append(f, name, i % 2 ? "step,loss\n0,1\n" : "step,loss\n0,1\n1,2\n");
		sync_now(f);
		rows_are(f, name, i % 2 ? "step=0 loss=1\n" : "step=0 loss=1\nstep=1 loss=2\n");
		append(f, name, "2,2\n");
		sync_now(f);
		rows_are(f, name,
			 i % 2 ? "step=0 loss=1\nstep=2 loss=2\n"
			       : "step=0 loss=1\nstep=1 loss=2\nstep=2 loss=2\n");
		free(name);
	}
	/* Each of several that ask at once has an answer. */
	f->synced = 0;
	ingest_sync(f->in, on_synced, f);
	ingest_sync(f->in, on_synced, f);
	loop_once(f->l, 0);
	ingest_sync(f->in, on_synced, f);
	int64_t end = clock_mono_us() + 5000000;
	while (f->synced < 3 && clock_mono_us() < end)
		loop_once(f->l, 10000);
	assert_int_equal(f->synced, 3);
}

/* While a writer never stops, a sync comes to an end all the same. */
static void
a_sync_ends_while_somebody_writes(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n");
	begin(f);
	int pid = fork();
	if (pid == 0) {
		int fd = open(at(f, "metrics.csv"), O_WRONLY | O_APPEND);
		for (int i = 0; i < 1000000; i++) {
			char line[32];
			int n = snprintf(line, sizeof line, "%d,1\n", i);
			if (write(fd, line, (size_t)n) != n)
				break;
		}
		_exit(0);
	}
	for (int i = 0; i < 5; i++)
		sync_now(f);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(f->sync_code, 0);
}

static void
nothing_to_do_is_nothing_armed(void **state)
{
	struct fixture *f = *state;
	append(f, "a/metrics.csv", "step,loss\n0,2\n");
	age(f, "a/metrics.csv", 86400 * 30);
	begin(f);
	for (int i = 0; i < 5; i++)
		loop_once(f->l, 1000);
	struct ingest_progress p;
	ingest_progress(f->in, &p);
	assert_true(p.idle);
	/* A wait that nothing ends but its limit. */
	int64_t from = clock_mono_us();
	loop_once(f->l, 1500000);
	assert_true(clock_mono_us() - from >= 1500000);
}

/* -- rules ------------------------------------------------------------------------------------- */

static void
what_happens_under_our_eyes_is_announced(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,2\n");
	begin(f);
	append(f, "metrics.csv", "1,nan\n");
	until_rows(f, "metrics.csv", "step=0 loss=2\nstep=1 loss=nan\n");
	sync_now(f);
	assert_string_equal(str_c(&f->fired), "loss-nonfinite loss\n");
	assert_non_null(strstr(recorder_alerts(f->s), "loss-nonfinite"));
	/* A restart says nothing again. */
	restart(f);
	assert_string_equal(str_c(&f->fired), "loss-nonfinite loss\n");
	assert_non_null(strstr(recorder_alerts(f->s), "firing"));
}

static void
what_was_there_before_is_shown_and_not_announced(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,nan\n");
	age(f, "metrics.csv", 3600);
	begin(f);
	assert_non_null(strstr(recorder_alerts(f->s), "loss-nonfinite"));
	assert_string_equal(str_c(&f->fired), "");
	/* An old run that is copied here has its past behind it too. */
	append(f, "x/.copy", "step,loss\n0,nan\n");
	age(f, "x/.copy", 3600);
	sh(f, "mkdir y; mv x/.copy y/metrics.csv");
	until_rows(f, "y/metrics.csv", "step=0 loss=nan\n");
	assert_string_equal(str_c(&f->fired), "");
	/* What was written to a known run while nobody watched is news. */
	leave(f);
	append(f, "z/metrics.csv", "step,loss\n0,1\n");
	begin(f);
	leave(f);
	append(f, "z/metrics.csv", "1,nan\n");
	begin(f);
	assert_string_equal(str_c(&f->fired), "loss-nonfinite loss\n");
}

static void
a_visitor_judges_nothing(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,nan\n");
	f->o.once = f->o.visit = true;
	f->o.judge = false;
	begin(f);
	assert_string_equal(recorder_alerts(f->s), "");
	assert_string_equal(str_c(&f->fired), "");
	assert_int_equal(recorder_arrivals(f->s), 0);
}

/* Rows that a replay only sees again were judged when they were new. */
static void
a_replay_announces_nothing_again(void **state)
{
	struct fixture *f = *state;
	configure(f, "[alert high]\nmetric = loss\nwhen = value > 10\nfor = 3 points\n");
	append(f, "metrics.csv", "step,loss\n0,1\n");
	begin(f);
	append(f, "metrics.csv", "1,20\n2,30\n");
	until_rows(f, "metrics.csv", "step=0 loss=1\nstep=1 loss=20\nstep=2 loss=30\n");
	for (int i = 0; i < 5; i++) {
		rewrite(f, "metrics.csv",
			i % 2 ? "step,loss\n0,1\n1,20\n2,30\n" : "step,loss\n0,1\n1,20.0\n2,30\n");
		sync_now(f);
	}
	assert_string_equal(str_c(&f->fired), "");
	rewrite(f, "metrics.csv", "step,loss\n0,1\n1,20\n2,30\n3,40\n");
	sync_now(f);
	assert_string_equal(str_c(&f->fired), "high loss\n");
}

static void
an_acknowledgement_is_kept(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,1\n");
	begin(f);
	append(f, "metrics.csv", "1,nan\n");
	sync_now(f);
	assert_int_equal(ingest_ack(f->in, "loss-nonfinite", f->dir, "loss"), 1);
	assert_int_equal(ingest_ack(f->in, "loss-nonfinite", f->dir, "loss"), 0);
	assert_int_equal(ingest_ack(f->in, "no-such-rule", NULL, NULL), 0);
	struct err e;
	assert_int_equal(ingest_flush(f->in, &e), 0);
	restart(f);
	assert_int_equal(ingest_ack(f->in, "loss-nonfinite", f->dir, "loss"), 0);
}

static void
another_configuration_takes_effect(void **state)
{
	struct fixture *f = *state;
	append(f, "metrics.csv", "step,loss\n0,1\n");
	append(f, "x/metrics.csv", "step,loss\n0,1\n");
	begin(f);
	struct conf *old = f->c;
	f->c = NULL;
	configure(f, "[watch]\nignore = x\n[alert high]\nmetric = loss\nwhen = value > 10\n");
	struct err e;
	assert_int_equal(ingest_reconf(f->in, f->c, &e), 0);
	conf_free(old);
	append(f, "x/metrics.csv", "1,20\n");
	append(f, "metrics.csv", "1,11\n");
	sync_now(f);
	assert_string_equal(str_c(&f->fired), "high loss\n");
	rows_are(f, "x/metrics.csv", "step=0 loss=1\n");
}

static void
include_and_exclude_decide(void **state)
{
	struct fixture *f = *state;
	configure(f, "[source]\ninclude = odd.csv\nexclude = secret/*\n");
	append(f, "odd.csv", "alpha,beta\n1,2\n");
	append(f, "other.csv", "alpha,beta\n1,2\n");
	append(f, "secret/metrics.csv", "step,loss\n0,1\n");
	begin(f);
	rows_are(f, "odd.csv", "row=0 alpha=1 beta=2\n");
	rows_are(f, "other.csv", "(no log)\n");
	rows_are(f, "secret/metrics.csv", "(no log)\n");
	assert_non_null(strstr(recorder_skipped(f->s), "secret/metrics.csv\t[source] exclude\n"));
}

/* -- many -------------------------------------------------------------------------------------- */

static void
hundreds_of_files_at_once(void **state)
{
	struct fixture *f = *state;
	enum { N = 200 };
	begin(f);
	for (int k = 0; k < 3; k++)
		for (int i = 0; i < N; i++) {
			char *name = xasprintf("r%d/metrics.csv", i),
			     *text = xasprintf("%d,%d\n", k, i);
			if (k == 0)
				append(f, name, "step,loss\n");
			append(f, name, text);
			free(name);
			free(text);
			if (i % 50 == 0)
				loop_once(f->l, 0);
		}
	sync_now(f);
	assert_int_equal(recorder_points_kept(f->s), 3 * N);
	for (int i = 0; i < N; i++) {
		char *name = xasprintf("r%d/metrics.csv", i);
		char *want = xasprintf("step=0 loss=%d\nstep=1 loss=%d\nstep=2 loss=%d\n", i, i, i);
		rows_are(f, name, want);
		free(name);
		free(want);
	}
}

/* A random life of a few logs, with crashes; whatever was announced or not, a sync at the end knows
 * all. */
static void
any_life_ends_in_the_truth(void **state)
{
	struct fixture *f = *state;
	enum { LOGS = 4, TURNS = 150 };
	struct str want[LOGS] = {STR_INIT, STR_INIT, STR_INIT, STR_INIT};
	struct str text[LOGS] = {STR_INIT, STR_INIT, STR_INIT, STR_INIT};
	uint32_t x = 2463534242u;
	int step[LOGS] = {0};
	begin(f);
	for (int i = 0; i < LOGS; i++)
		str_adds(&text[i], "step,loss\n");
	for (int t = 0; t < TURNS; t++) {
		x ^= x << 13, x ^= x >> 17, x ^= x << 5;
		int i = (int)(x >> 8) % LOGS;
		char name[32], line[32];
		snprintf(name, sizeof name, "l%d/metrics.csv", i);
		size_t had = text[i].len;
		snprintf(line, sizeof line, "%d,%u\n", step[i], x % 1000);
		str_adds(&text[i], line);
		str_addf(&want[i], "step=%d loss=%u\n", step[i]++, x % 1000);
		switch (x % 7) {
		case 0:
			rewrite(f, name, str_c(&text[i]));
			break;
		case 1:
			replace(f, name, str_c(&text[i]));
			break;
		default:
			if (access(at(f, name), F_OK) < 0)
				had = 0;
			append(f, name, str_c(&text[i]) + had);
		}
		if (x % 5 == 0)
			loop_once(f->l, (int64_t)(x % 3) * 10000);
		if (x % 17 == 0)
			restart(f);
		if (x % 23 == 0)
			recorder_fail_commit(f->s, ERR_SYS, "bad luck");
	}
	recorder_fail_commit(f->s, 0, "");
	for (int k = 0; k < 20; k++) {
		sync_now(f);
		if (f->sync_code == 0)
			break;
	}
	for (int i = 0; i < LOGS; i++) {
		char name[32];
		snprintf(name, sizeof name, "l%d/metrics.csv", i);
		rows_are(f, name, str_c(&want[i]));
		str_release(&want[i]);
		str_release(&text[i]);
	}
	assert_null(strstr(recorder_logs(f->s), "attempt=2"));
	assert_int_equal(recorder_superseded(f->s), 0);
}

/* -- who writes -------------------------------------------------------------------------------- */

/* A process that writes TEXT into a log, which it keeps open until it is killed. */
static int
trainer(struct fixture *f, const char *name, const char *text)
{
	char *path = xstrdup(at(f, name));
	int pid = fork();
	if (pid == 0) {
		int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
		if (fd < 0 || write(fd, text, strlen(text)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	free(path);
	return pid;
}

static void
kill_trainer(int pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
a_writer_is_known_and_its_end_noticed(void **state)
{
	struct fixture *f = *state;
	configure(f, "[alerts]\ntick = 200ms\n");
	begin(f);
	int pid = trainer(f, "metrics.csv", "step,loss\n1,2\n");
	until_logs(f, "offset=14 written");
	/* All that it wrote is read before it is said to have ended. */
	append(f, "metrics.csv", "2,1\n");
	kill_trainer(pid);
	until_logs(f, " ended");
	rows_are(f, "metrics.csv", "step=1 loss=2\nstep=2 loss=1\n");
	/* Another one takes it up. */
	pid = trainer(f, "metrics.csv", "3,1\n");
	until_logs(f, "offset=22 written");
	kill_trainer(pid);
	until_logs(f, "offset=22 ended");
}

/* A shell that writes the log runs programs, which have it open too: each is the writer for a
 * moment, and none of their ends is the end. */
static void
what_the_writer_runs_may_end(void **state)
{
	struct fixture *f = *state;
	configure(f, "[alerts]\ntick = 200ms\n");
	begin(f);
	char *script = xasprintf("exec >>'%s'; printf 'step,loss\\n1,2\\n'; sleep 1; sleep 1; "
				 "printf '2,1\\n'; exec sleep 600",
				 at(f, "metrics.csv"));
	int pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	free(script);
	until_logs(f, "offset=14 written");
	int64_t end = clock_mono_us() + 10000000;
	while (!strstr(recorder_logs(f->s), "offset=18") && clock_mono_us() < end) {
		loop_once(f->l, 20000);
		assert_null(strstr(recorder_logs(f->s), " ended"));
	}
	until_logs(f, "offset=18 written");
	kill_trainer(pid);
	until_logs(f, " ended");
}

static void
a_writer_that_ended_while_nobody_watched(void **state)
{
	struct fixture *f = *state;
	configure(f, "[alerts]\ntick = 200ms\n");
	begin(f);
	int pid = trainer(f, "metrics.csv", "step,loss\n1,2\n");
	until_logs(f, " written");
	leave(f);
	begin(f);
	assert_non_null(strstr(recorder_logs(f->s), " written"));
	leave(f);
	kill_trainer(pid);
	begin(f);
	until_logs(f, " ended");
}

/* What is kept says how far it should have gone. */
static void
an_early_end_while_nobody_watched_fires(void **state)
{
	struct fixture *f = *state;
	configure(f, "[alerts]\ntick = 200ms\n");
	begin(f);
	int pid = trainer(f, "metrics.csv", "step,loss,max_steps\n1,2,100\n2,1,100\n3,1,100\n");
	until_logs(f, " written");
	leave(f);
	assert_null(strstr(str_c(&f->fired), "failed"));
	kill_trainer(pid);
	begin(f);
	until_logs(f, " ended");
	int64_t end = clock_mono_us() + 20000000;
	while (!strstr(str_c(&f->fired), "failed") && clock_mono_us() < end)
		loop_once(f->l, 20000);
	assert_non_null(strstr(str_c(&f->fired), "failed"));
}

static void
who_opens_it_for_each_line_is_nobody(void **state)
{
	struct fixture *f = *state;
	configure(f, "[alerts]\ntick = 200ms\n");
	begin(f);
	append(f, "metrics.csv", "step,loss\n1,2\n");
	until_rows(f, "metrics.csv", "step=1 loss=2\n");
	for (int i = 0; i < 10; i++)
		loop_once(f->l, 50000);
	assert_null(strstr(recorder_logs(f->s), "written"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define BOTH(f) \
	{#f, f, setup, teardown, NULL}, \
	{ \
#f " (polling)", f, setup_poll, teardown, NULL \
	}
	const struct CMUnitTest tests[] = {
		T(logs_are_read_and_others_left),
		T(a_visit_registers_nothing),
		BOTH(lines_are_read_as_they_come),
		T(any_cut_gives_the_same_rows),
		T(a_restart_goes_on_where_the_last_commit_left_it),
		T(a_partial_last_line_waits),
		T(a_record_longer_than_the_buffer_is_read),
		T(a_file_is_asked_again_until_it_is_known),
		BOTH(same_content_in_a_new_file_goes_on),
		BOTH(a_rewritten_log_is_compared),
		BOTH(a_run_that_begins_anew_is_a_new_attempt),
		T(the_same_values_at_another_time_are_another_attempt),
		T(rewriting_in_pieces_cuts_nothing),
		BOTH(what_was_cut_off_is_superseded_when_it_stays_so),
		T(an_emptied_log_keeps_its_rows),
		T(a_replay_survives_a_crash),
		BOTH(a_moved_log_takes_its_run_along),
		T(a_deleted_log_is_gone_but_kept),
		BOTH(a_rotated_log_loses_no_line),
		BOTH(a_log_rotated_in_our_absence_loses_no_line),
		BOTH(a_row_behind_a_rotation_comes_late),
		BOTH(a_late_row_is_found_by_the_next_life),
		BOTH(a_log_rotated_behind_the_listing_loses_no_line),
		T(a_reader_loses_no_line_of_what_is_rotated_behind_the_listing),
		T(the_rest_of_an_old_part_is_not_doubled),
		T(a_backlog_is_read_on_after_a_restart),
		BOTH(what_may_be_read_at_last_is_read),
		T(a_replaced_file_is_read_to_its_end),
		T(two_names_of_one_file_are_one_log),
		T(a_passing_name_makes_no_run),
		T(zeros_at_the_end_wait),
		T(zeros_between_records_are_passed_over_at_last),
		T(a_log_that_becomes_another_format_is_read_as_that),
		T(a_failed_commit_is_tried_again),
		T(the_first_commit_may_fail),
		T(points_and_states_go_back_together),
		T(a_sync_that_cannot_commit_says_so),
		T(a_sync_sees_what_was_there_when_it_was_asked),
		T(a_sync_ends_while_somebody_writes),
		T(nothing_to_do_is_nothing_armed),
		T(what_happens_under_our_eyes_is_announced),
		T(what_was_there_before_is_shown_and_not_announced),
		T(a_visitor_judges_nothing),
		T(a_replay_announces_nothing_again),
		T(an_acknowledgement_is_kept),
		T(another_configuration_takes_effect),
		T(include_and_exclude_decide),
		T(hundreds_of_files_at_once),
		BOTH(any_life_ends_in_the_truth),
		BOTH(a_writer_is_known_and_its_end_noticed),
		T(what_the_writer_runs_may_end),
		T(a_writer_that_ended_while_nobody_watched),
		T(an_early_end_while_nobody_watched_fires),
		T(who_opens_it_for_each_line_is_nobody),
	};
	if (getenv("FILTER"))
		cmocka_set_test_filter(getenv("FILTER"));
	return cmocka_run_group_tests_name("ingest", tests, NULL, NULL);
}
