/* Pages of a log arrive in any order, as over a network file system, and mm is killed and restarted
 * between them: what is kept in the end is what the whole file says. Zeros that stay cost what they
 * replaced, once two seconds have passed, and nothing else. */
#include "core/clock.h"
#include "core/feed.h"
#include "core/hole.h"
#include "core/tfrecord.h"
#include "core/xalloc.h"
#include "tests/unit/recorder.h"
#include "tests/unit/tfwrite.h"
#include "tests/unit/wandb_write.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

/* -- a random sequence that is the same everywhere --------------------------------------------- */

static uint64_t rng = 88172645463325252u;

static size_t
any(size_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (size_t)((rng >> 16) % below);
}

/* -- logs of each format ----------------------------------------------------------------------- */

#define WALL 1.7e9

/* Mostly zeros, with a page's end in each. */
static void
add_histogram(struct str *file, int step)
{
	double limit[24], bucket[24] = {0};
	struct str s = STR_INIT;
	size_t n = 2 + any(22);
	for (size_t i = 0; i < n; i++)
		limit[i] = (double)i;
	bucket[n / 2] = (double)(step % 5);
	tfw_value_histo(&s, "weights", limit, bucket, n, 0, (double)n);
	tfw_summary(file, WALL, step, &s);
}

static void
add_image(struct str *file, int step)
{
	struct str s = STR_INIT;
	tfw_value_image(&s, "picture", 66000 + any(1000));
	tfw_summary(file, WALL, step, &s);
}

static void
write_tfevents(struct str *file, int rows)
{
	tfw_version(file, WALL);
	for (int i = 1; i <= rows; i++) {
		if (any(5) == 0)
			add_histogram(file, i);
		else
			tfw_scalar(file, WALL, i, i % 2 ? "loss" : "a/longer/name", (float)(i % 7));
	}
}

static void
write_wandb(struct str *file, int rows)
{
	*file = wandb_file();
	for (int i = 0; i < rows; i++) {
		char items[300];
		int n = snprintf(items, sizeof items, "loss=%d.5;acc=0.%d", i % 7, i);
		if (any(9) == 0)
			snprintf(items + n, sizeof items - (size_t)n, ";note=\"%0*d\"",
				 (int)any(250), 0);
		wandb_write_history(file, i, items);
	}
	wandb_write_exit(file, 0);
}

static void
write_csv(struct str *file, int rows)
{
	str_adds(file, "step,loss,acc\n");
	for (int i = 0; i < rows; i++)
		str_addf(file, "%d,%d.25,0.%zu\n", i, i % 7, 1 + any(1000));
}

static void
write_jsonl(struct str *file, int rows)
{
	for (int i = 0; i < rows; i++)
		str_addf(file, "{\"step\": %d, \"loss\": %d.5%s}\n", i, i % 7,
			 any(3) ? "" : ", \"some\": {\"more\": 1}");
}

static void
write_text(struct str *file, int rows)
{
	str_adds(file, "starting\n");
	for (int i = 0; i < rows; i++)
		str_addf(file, "step %d/%d | loss %d.5 | lr 0.001\n", i, rows, i % 7);
}

static const struct kind {
	const char *name;
	void (*write)(struct str *file, int rows);
} kinds[] = {
	{"events.out.tfevents.1.host", write_tfevents},
	{"run-x.wandb", write_wandb},
	{"metrics.csv", write_csv},
	{"metrics.jsonl", write_jsonl},
	{"train.log", write_text},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* -- a reader, which can be killed ------------------------------------------------------------- */

struct reader {
	struct sink *sink;
	struct judge *judge;
	struct feed_env env;
	struct feed *feed;
	char *path;
	int fd; /* of whoever writes */
	int waits;
};

static void
reader_start(struct reader *r)
{
	struct err e;
	struct log_info li;
	assert_int_equal(judge_new(r->sink, NULL, false, &r->judge, &e), 0);
	r->env = (struct feed_env){.sink = judge_sink(r->judge), .judge = r->judge, .live = true};
	r->feed = feed_new(r->path);
	if (r->sink->ops->log_find(r->sink, r->path, &li))
		feed_restore(r->feed, &li);
}

static void
reader_stop(struct reader *r)
{
	feed_free(r->feed);
	judge_free(r->judge);
	free(r->env.buf);
}

static void
reader_kill(struct reader *r)
{
	reader_stop(r);
	recorder_crash(r->sink);
	reader_start(r);
}

static struct reader
reader_new(const struct kind *k)
{
	const char *tmp = getenv("TMP");
	struct reader r = {.sink = recorder_new()};
	r.path = xasprintf("%s/t_hole.%ld/%s", tmp ? tmp : "/tmp", (long)getpid(), k->name);
	char *slash = strrchr(r.path, '/');
	*slash = '\0';
	mkdir(r.path, 0700);
	*slash = '/';
	r.fd = open(r.path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(r.fd >= 0);
	reader_start(&r);
	return r;
}

static void
reader_free(struct reader *r)
{
	reader_stop(r);
	recorder_free(r->sink);
	close(r->fd);
	unlink(r->path);
	*strrchr(r->path, '/') = '\0';
	rmdir(r->path);
	free(r->path);
}

/* What the ingester does when it is told that the file changed. */
static void
reader_turn(struct reader *r)
{
	struct stat st;
	struct feed *f = r->feed;
	assert_int_equal(feed_open(&r->env, f, &st), FEED_DONE);
	f->told = true;
	assert_int_not_equal(f->state, FEED_LEFT);
	if (f->state != FEED_LOG)
		feed_probe(&r->env, f, &st);
	if (f->state == FEED_LOG)
		feed_read(&r->env, f, &st, INT64_MAX);
	r->waits += f->due_us != 0;
}

static void
reader_commit(struct reader *r)
{
	struct err e;
	feed_mark(&r->env, r->feed);
	judge_settle(r->judge);
	assert_int_equal(r->sink->ops->commit(r->sink, NULL, &e), 0);
}

/* -- a file, written page by page -------------------------------------------------------------- */

static void
write_range(struct reader *r, const struct str *file, size_t from, size_t to)
{
	assert_int_equal(pwrite(r->fd, file->buf + from, to - from, (off_t)from), to - from);
}

static size_t
pages_of(const struct str *file)
{
	return (file->len + HOLE_PAGE - 1) / HOLE_PAGE;
}

static void
write_page(struct reader *r, const struct str *file, size_t page)
{
	size_t from = page * HOLE_PAGE, to = from + HOLE_PAGE;
	write_range(r, file, from, to < file->len ? to : file->len);
}

/* Of all pages, a permutation in which none goes further than WINDOW. */
static size_t *
any_order(size_t n, size_t window)
{
	size_t *order = xcalloc(n, sizeof *order);
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = 0; i < n; i++) {
		size_t k = i + any(n - i < window ? n - i : window), page = order[k];
		order[k] = order[i];
		order[i] = page;
	}
	return order;
}

static void
commit_or_kill(struct reader *r)
{
	if (any(3) == 0)
		reader_commit(r);
	if (any(6) == 0)
		reader_kill(r);
}

/* -- the tests --------------------------------------------------------------------------------- */

/* Time passes until no hole is waited for any more. */
static void
wait_out(struct reader *r)
{
	for (int i = 0; tail_waits(&r->feed->tail); i++) {
		assert_true(i < 50);
		clock_skip(TAIL_JUDGE_US);
		reader_turn(r);
	}
}

/* Nobody has written for long: a last line without its end is whole. */
static void
grow_old(struct reader *r)
{
	struct timespec old[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
	assert_int_equal(futimens(r->fd, old), 0);
	reader_turn(r);
}

/* What is kept in the end. */
static const char *
kept(struct reader *r)
{
	wait_out(r);
	grow_old(r);
	reader_commit(r);
	return recorder_dump(r->sink);
}

/* What a reader that saw nothing but the whole FILE kept. */
static char *
whole(const struct kind *k, const struct str *file)
{
	struct reader r = reader_new(k);
	write_range(&r, file, 0, file->len);
	grow_old(&r);
	assert_int_equal(r.feed->state, FEED_LOG);
	char *dump = xstrdup(kept(&r));
	reader_free(&r);
	return dump;
}

/* No time passes until all of it is there: nothing was taken too early for what the file says. */
static void
in_any_order(const struct kind *k, const struct str *file)
{
	char *want = whole(k, file);
	size_t n = pages_of(file), window = 1 + any(n), *order = any_order(n, window);
	struct reader r = reader_new(k);
	for (size_t i = 0; i < n; i++) {
		/* A page may arrive in part before it does as a whole. */
		size_t from = order[i] * HOLE_PAGE;
		if (any(4) == 0 && from + HOLE_PAGE <= file->len) {
			write_range(&r, file, from, from + 1 + any(HOLE_PAGE));
			reader_turn(&r);
		}
		write_page(&r, file, order[i]);
		if (any(4))
			reader_turn(&r);
		commit_or_kill(&r);
	}
	reader_turn(&r);
	const char *got = kept(&r);
	if (strcmp(got, want) != 0)
		fail_msg("%s, %zu pages, window %zu:\n%s\nnot\n%s", k->name, n, window, got, want);
	reader_free(&r);
	free(order);
	free(want);
}

static void
pages_in_any_order_are_the_same_records(void **state)
{
	(void)state;
	for (int round = 0; round < 25; round++)
		for (int k = 0; k < KINDS; k++) {
			struct str file = STR_INIT;
			kinds[k].write(&file, 15 + (int)any(50));
			in_any_order(&kinds[k], &file);
			/* Damage that was there before leads no reader across a hole. */
			for (size_t i = 0, n = any(4); i < n; i++)
				file.buf[HOLE_PAGE + any(file.len - HOLE_PAGE)] = '~';
			in_any_order(&kinds[k], &file);
			str_release(&file);
		}
}

/* Every order there is of the first few pages. */
static void
every_order_of_five_pages(void **state)
{
	(void)state;
	enum { PAGES = 5, ORDERS = 120 };
	for (int k = 0; k < KINDS; k++) {
		struct str file = STR_INIT;
		kinds[k].write(&file, 40);
		file.len = PAGES * HOLE_PAGE;
		char *want = whole(&kinds[k], &file);
		for (unsigned o = 0; o < ORDERS; o++) {
			struct reader r = reader_new(&kinds[k]);
			unsigned left = o;
			size_t order[PAGES] = {0, 1, 2, 3, 4};
			for (unsigned i = 0; i < PAGES; i++) {
				unsigned at = i + left % (PAGES - i);
				size_t page = order[at];
				left /= PAGES - i;
				order[at] = order[i];
				order[i] = page;
				write_page(&r, &file, page);
				reader_turn(&r);
				reader_commit(&r);
				if (o & 1)
					reader_kill(&r);
			}
			assert_string_equal(kept(&r), want);
			reader_free(&r);
		}
		free(want);
		str_release(&file);
	}
}

/* Of an event file, the last record that begins before END, all of its frame too. */
static size_t
last_before(const struct str *file, size_t end)
{
	size_t at = 0, last = 0;
	uint64_t length;
	while (tfrecord_begins(file->buf + at, file->len - at, &length)) {
		if (at + TFRECORD_FRAME > end)
			break;
		last = at;
		at += TFRECORD_FRAME + (size_t)length + 4;
	}
	return last;
}

/* Who lost the way looks for the next record, but not behind one that is yet to come. */
static void
nothing_is_looked_for_behind_a_hole(void **state)
{
	(void)state;
	struct str file = STR_INIT;
	write_tfevents(&file, 60);
	for (size_t page = 2; page + 2 < pages_of(&file); page++) {
		struct str bad = STR_INIT;
		str_add(&bad, file.buf, file.len);
		bad.buf[last_before(&file, page * HOLE_PAGE) + 1] = '~';
		char *want = whole(&kinds[0], &bad);
		struct reader r = reader_new(&kinds[0]);
		for (size_t i = 0; i < pages_of(&bad); i++)
			if (i != page)
				write_page(&r, &bad, i);
		reader_turn(&r);
		reader_commit(&r);
		if (page % 2)
			reader_kill(&r);
		write_page(&r, &bad, page);
		reader_turn(&r);
		assert_string_equal(kept(&r), want);
		reader_free(&r);
		free(want);
		str_release(&bad);
	}
	str_release(&file);
}

/* Rows, and an image; returns where that ends. With BARE its checksum begins a page. */
static size_t
write_image(struct str *file, bool bare)
{
	size_t end;
	do {
		str_reset(file);
		write_tfevents(file, 3);
		add_image(file, 4);
		end = file->len;
		for (int i = 5; i < 9; i++)
			tfw_scalar(file, WALL, i, "loss", 5);
	} while (bare && (end - 4) % HOLE_PAGE);
	return end;
}

/* A long record that nobody wants is passed over piece by piece; a page of it that is late is no
 * reason to call it bad. */
static void
a_hole_in_what_is_passed_over_is_no_damage(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		struct str file = STR_INIT;
		size_t end = write_image(&file, round % 2);
		char *want = whole(&kinds[0], &file);
		struct reader r = reader_new(&kinds[0]);
		size_t n = pages_of(&file),
		       page = round % 2 ? (end - 1) / HOLE_PAGE : 1 + any(n - 1);
		for (size_t i = 0; i < n; i++) {
			if (i != page)
				write_page(&r, &file, i);
			if (any(100) == 0)
				reader_turn(&r);
			if (any(300) == 0)
				commit_or_kill(&r);
		}
		reader_turn(&r);
		write_page(&r, &file, page);
		reader_turn(&r);
		assert_string_equal(kept(&r), want);
		reader_free(&r);
		free(want);
		str_release(&file);
	}
}

/* Pages that never come: what stands around them is kept, and the loss is remarked, as in a file
 * that was always like that. */
static void
zeros_that_stay_cost_what_they_replaced(void **state)
{
	(void)state;
	for (int round = 0; round < 25; round++)
		for (int k = 0; k < KINDS; k++) {
			struct str file = STR_INIT;
			kinds[k].write(&file, 30 + (int)any(30));
			size_t n = pages_of(&file);
			for (size_t lost = 1 + any(3); lost; lost--)
				memset(file.buf + HOLE_PAGE * (1 + any(n - 2)), 0, HOLE_PAGE);
			char *want = whole(&kinds[k], &file);
			struct reader r = reader_new(&kinds[k]);
			write_range(&r, &file, 0, file.len);
			reader_turn(&r);
			if (any(2))
				commit_or_kill(&r);
			reader_turn(&r);
			wait_out(&r);
			const char *got = kept(&r);
			if (strcmp(got, want) != 0)
				fail_msg("%s:\n%s\nnot\n%s", kinds[k].name, got, want);
			reader_free(&r);
			free(want);
			str_release(&file);
		}
}

/* Nothing is given up before two seconds have passed, everything that stands behind is read then,
 * and a page that comes late does not come too late for the others. */
static void
damage_is_counted_after_two_seconds(void **state)
{
	(void)state;
	for (int k = 0; k < 2; k++) {
		struct str file = STR_INIT;
		kinds[k].write(&file, 60);
		size_t n = pages_of(&file), late = n - 4;
		struct reader r = reader_new(&kinds[k]);
		for (size_t i = 0; i < n; i++)
			if (i != 3 && i != late)
				write_page(&r, &file, i);
		reader_turn(&r);
		uint64_t points = recorder_points_kept(r.sink);
		clock_skip(TAIL_JUDGE_US - 1000000);
		reader_turn(&r);
		assert_int_equal(recorder_points_kept(r.sink), points);
		assert_string_equal(recorder_remarks(r.sink, r.path), "");
		write_page(&r, &file, late);
		reader_turn(&r);
		assert_int_equal(recorder_points_kept(r.sink), points);
		clock_skip(1000000);
		reader_turn(&r);
		assert_true(recorder_points_kept(r.sink) > points + 10);
		assert_int_equal(r.feed->tail.cur.offset, file.len);
		assert_string_not_equal(recorder_remarks(r.sink, r.path), "");
		reader_free(&r);
		str_release(&file);
	}
}

/* Histograms are full of zeros, and a page ends in them as often as not. */
static void
zeros_in_good_records_cost_no_wait(void **state)
{
	(void)state;
	struct str file = STR_INIT;
	tfw_version(&file, WALL);
	for (int i = 1; i < 100; i++)
		add_histogram(&file, i);
	size_t zeros = 0;
	for (size_t at = HOLE_PAGE; at <= file.len; at += HOLE_PAGE)
		zeros += !file.buf[at - 1];
	assert_true(zeros > 50);
	struct reader r = reader_new(&kinds[0]);
	for (size_t at = 0, to; at < file.len; at = to) {
		to = at + 1 + any(2 * HOLE_PAGE);
		to = to < file.len ? to : file.len;
		write_range(&r, &file, at, to);
		reader_turn(&r);
	}
	assert_int_equal(r.waits, 0);
	assert_int_equal(r.feed->tail.cur.offset, file.len);
	assert_string_equal(recorder_remarks(r.sink, r.path), "");
	reader_free(&r);
	str_release(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_in_any_order_are_the_same_records),
		cmocka_unit_test(every_order_of_five_pages),
		cmocka_unit_test(nothing_is_looked_for_behind_a_hole),
		cmocka_unit_test(a_hole_in_what_is_passed_over_is_no_damage),
		cmocka_unit_test(zeros_that_stay_cost_what_they_replaced),
		cmocka_unit_test(damage_is_counted_after_two_seconds),
		cmocka_unit_test(zeros_in_good_records_cost_no_wait),
	};
	return cmocka_run_group_tests_name("hole", tests, NULL, NULL);
}
