#include "core/crc32c.h"
#include "core/tail.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <unistd.h>
#include <cmocka.h>

/* Files on disk, a clock of our own, and a reader that takes whole lines. */

static char path[4000], other[4096];
static int64_t now = 1000000;

static int
setup(void **state)
{
	(void)state;
	const char *dir = getenv("TMP");
	snprintf(path, sizeof path, "%s/t_tail.%ld.log", dir ? dir : "/tmp", (long)getpid());
	snprintf(other, sizeof other, "%s.other", path);
	unlink(path);
	unlink(other);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	return 0;
}

static void
put(const char *file, int flags, const void *text, size_t n)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
}

static void
rewrite(const char *text)
{
	put(path, O_TRUNC, text, strlen(text));
}

static void
append(const char *text)
{
	put(path, O_APPEND, text, strlen(text));
}

static void
replace(const char *text)
{
	put(other, O_TRUNC, text, strlen(text));
	assert_int_equal(rename(other, path), 0);
}

static enum tail_verdict
look(struct tail *t)
{
	struct stat st;
	enum tail_verdict v = TAIL_SAME;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	/* Told: a test is faster than the clock that file times come from. */
	assert_int_equal(tail_look(t, fd, &st, true, now, &v), 0);
	close(fd);
	return v;
}

/* Reads with a buffer of CAP bytes and takes whole lines; what it took is added to OUT. */
static void
read_lines(struct tail *t, size_t cap, char *out, size_t size)
{
	char buf[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	for (;;) {
		ssize_t n = tail_read(t, fd, buf, cap);
		assert_true(n >= 0);
		size_t took = (size_t)n;
		while (took && buf[took - 1] != '\n')
			took--;
		if (!took)
			break;
		size_t have = strlen(out);
		assert_true(have + took < size);
		memcpy(out + have, buf, took);
		out[have + took] = '\0';
		tail_took(t, buf, took);
	}
	close(fd);
}

#define TAIL __attribute__((cleanup(tail_release))) struct tail

/* T, of whatever before, has read a file of TEXT. */
static void
tail_of(struct tail *t, const char *text)
{
	char out[8192] = "";
	rewrite(text);
	tail_release(t);
	tail_init(t);
	look(t);
	read_lines(t, 4096, out, sizeof out);
}

static void
an_appended_file_goes_on(void **state)
{
	(void)state;
	TAIL t = {0};
	char out[256] = "";
	rewrite("a\nb\n");
	tail_init(&t);
	assert_int_equal(look(&t), TAIL_MORE);
	read_lines(&t, 100, out, sizeof out);
	assert_string_equal(out, "a\nb\n");
	assert_int_equal(look(&t), TAIL_SAME);
	append("c\nd");
	assert_int_equal(look(&t), TAIL_MORE);
	read_lines(&t, 100, out, sizeof out);
	assert_string_equal(out, "a\nb\nc\n");
	assert_int_equal(t.cur.offset, 6);
	append("\n");
	assert_int_equal(look(&t), TAIL_MORE);
	read_lines(&t, 100, out, sizeof out);
	assert_string_equal(out, "a\nb\nc\nd\n");
}

/* However the bytes are cut into portions, the fingerprint is that of the file. */
static void
the_fingerprint_is_that_of_the_file(void **state)
{
	(void)state;
	static const size_t portion[] = {1, 2, 7, 63, 64, 65, 1000, 4095, 4096, 4097, 6000};
	char text[6001];
	for (size_t i = 0; i < 6000; i++)
		text[i] = (char)('a' + i % 23);
	text[6000] = '\0';
	for (size_t k = 0; k < sizeof portion / sizeof *portion; k++) {
		TAIL t = {0};
		tail_init(&t);
		for (size_t at = 0; at < 6000;) {
			size_t n = 6000 - at < portion[k] ? 6000 - at : portion[k];
			tail_took(&t, text + at, n);
			at += n;
			size_t head = at < TAIL_HEAD ? at : TAIL_HEAD,
			       last = at < TAIL_LAST ? at : TAIL_LAST;
			assert_int_equal(t.cur.offset, at);
			assert_int_equal(t.cur.fp.head_len, head);
			assert_int_equal(t.cur.fp.head_crc, crc32c(0, text, head));
			assert_int_equal(t.cur.fp.tail_len, last);
			assert_int_equal(t.cur.fp.tail_crc, crc32c(0, text + at - last, last));
		}
	}
}

/* After a restart the bytes of the fingerprint aren't known, and short portions follow. */
static void
a_restored_tail_goes_on(void **state)
{
	(void)state;
	TAIL t = {0}, again = {0}, whole = {0};
	char out[64] = "";
	tail_of(&t, "one\ntwo\n");
	tail_restore(&again, &t.cur);
	append("3\n");
	struct stat st;
	enum tail_verdict v;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(tail_look(&again, fd, &st, false, now, &v), 0);
	assert_int_equal(v, TAIL_MORE);
	close(fd);
	read_lines(&again, 100, out, sizeof out);
	assert_string_equal(out, "3\n");
	tail_of(&whole, "one\ntwo\n3\n");
	assert_int_equal(again.cur.fp.tail_crc, whole.cur.fp.tail_crc);
	assert_int_equal(again.cur.fp.head_crc, whole.cur.fp.head_crc);
}

/* As if it had been restored, but for a judgement that is due. */
static void
a_tail_that_rested_goes_on(void **state)
{
	(void)state;
	TAIL t = {0}, whole = {0};
	char out[64] = "";
	tail_of(&t, "one\ntwo\n");
	tail_rest(&t);
	assert_null(t.end);
	append("3\n");
	assert_int_equal(look(&t), TAIL_MORE);
	read_lines(&t, 100, out, sizeof out);
	assert_string_equal(out, "3\n");
	tail_of(&whole, "one\ntwo\n3\n");
	assert_int_equal(t.cur.fp.tail_crc, whole.cur.fp.tail_crc);
	tail_rest(&t);
	rewrite("one\n");
	assert_int_equal(look(&t), TAIL_WAIT);
	tail_rest(&t);
	now += TAIL_JUDGE_US;
	assert_int_equal(look(&t), TAIL_ANEW);
}

static void
same_bytes_in_a_new_inode_go_on(void **state)
{
	(void)state;
	TAIL t = {0};
	tail_of(&t, "step,loss\n0,1\n");
	uint64_t ino = t.cur.ino;
	replace("step,loss\n0,1\n");
	assert_int_equal(look(&t), TAIL_SAME);
	assert_int_not_equal(t.cur.ino, ino);
	replace("step,loss\n0,1\n1,0.5\n");
	assert_int_equal(look(&t), TAIL_MORE);
	assert_int_equal(t.cur.offset, 14);
}

static void
other_content_begins_anew(void **state)
{
	(void)state;
	/* a new inode; rewritten longer, as long, with only the last byte before the offset
	 * changed */
	TAIL t = {0};
	tail_of(&t, "step,loss\n0,1\n");
	replace("step,loss\n0,2\n1,2\n");
	assert_int_equal(look(&t), TAIL_ANEW);
	tail_of(&t, "step,loss\n0,1\n");
	rewrite("step,loss\n0,2\n1,2\n");
	assert_int_equal(look(&t), TAIL_ANEW);
	tail_of(&t, "step,loss\n0,1\n");
	rewrite("step,loss\n0,2\n");
	assert_int_equal(look(&t), TAIL_ANEW);
	/* shorter, in a new inode: nothing of what was read can be there */
	tail_of(&t, "step,loss\n0,1\n");
	replace("step,loss\n");
	assert_int_equal(look(&t), TAIL_ANEW);
	tail_rewind(&t);
	assert_int_equal(t.cur.offset, 0);
	assert_int_equal(look(&t), TAIL_MORE);
}

/* The head is compared as well as the last bytes: a long file whose beginning was rewritten. */
static void
a_changed_head_shows(void **state)
{
	(void)state;
	char text[10001];
	memset(text, 'x', 10000);
	text[9999] = '\n';
	text[10000] = '\0';
	TAIL t = {0};
	tail_of(&t, "");
	rewrite(text);
	tail_release(&t);
	tail_init(&t);
	tail_took(&t, text, 10000);
	t.cur.size = 10000;
	assert_int_equal(look(&t), TAIL_SAME);
	text[17] = 'y';
	rewrite(text);
	assert_int_equal(look(&t), TAIL_ANEW);
}

static void
a_file_that_shrank_waits_two_seconds(void **state)
{
	(void)state;
	TAIL t = {0};
	tail_of(&t, "step,loss\n0,1\n1,1\n");
	rewrite("step,loss\n");
	assert_int_equal(look(&t), TAIL_WAIT);
	int64_t due = tail_due_us(&t, now);
	assert_int_equal(due, now + TAIL_JUDGE_US);
	now += TAIL_JUDGE_US - 1;
	assert_int_equal(look(&t), TAIL_WAIT);
	now += 1;
	assert_int_equal(look(&t), TAIL_ANEW);
}

static void
a_file_that_shrank_is_judged_when_it_grows(void **state)
{
	(void)state;
	TAIL t = {0};
	tail_of(&t, "step,loss\n0,1\n1,1\n");
	rewrite("step,loss\n");
	assert_int_equal(look(&t), TAIL_WAIT);
	append("0");
	assert_int_equal(look(&t), TAIL_ANEW);
	/* What was there is there again, and more: nothing has happened. */
	tail_of(&t, "step,loss\n0,1\n1,1\n");
	rewrite("step,loss\n");
	assert_int_equal(look(&t), TAIL_WAIT);
	rewrite("step,loss\n0,1\n1,1\n2,1\n");
	assert_int_equal(look(&t), TAIL_MORE);
	assert_int_equal(t.cur.offset, 18);
	assert_int_equal(tail_due_us(&t, now), 0);
}

static void
an_empty_file_says_nothing(void **state)
{
	(void)state;
	TAIL t = {0};
	tail_of(&t, "step,loss\n0,1\n");
	rewrite("");
	assert_int_equal(look(&t), TAIL_SAME);
	assert_int_equal(t.cur.offset, 14);
	now += 100 * TAIL_JUDGE_US;
	assert_int_equal(look(&t), TAIL_SAME);
	assert_int_equal(tail_due_us(&t, now), 0);
	/* Whatever comes has grown. */
	append("s");
	assert_int_equal(look(&t), TAIL_ANEW);
	tail_of(&t, "step,loss\n0,1\n");
	replace("");
	assert_int_equal(look(&t), TAIL_SAME);
	append("step,loss\n0,1\n");
	assert_int_equal(look(&t), TAIL_SAME);
	append("1,1\n");
	assert_int_equal(look(&t), TAIL_MORE);
}

/* What the reader of a text is given at byte OFFSET: bytes before a hole; then it has a moment. */
static size_t
before_hole(struct tail *t, size_t cap, int64_t age_us)
{
	char buf[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = tail_read(t, fd, buf, cap);
	assert_true(n >= 0);
	size_t give = tail_before_hole(t, buf, (size_t)n);
	uint64_t hole = t->cur.offset + give;
	if (give == (size_t)n)
		tail_no_hole(t);
	else if (tail_settles(t, fd, buf, (size_t)n, hole, now, age_us))
		give = tail_before_hole(t, buf, (size_t)n);
	close(fd);
	return give;
}

/* NFS shows blocks that are not written yet as zeros. */
static void
zeros_at_the_end_wait_for_ever(void **state)
{
	(void)state;
	TAIL t = {0};
	char out[64] = "";
	rewrite("");
	put(path, O_APPEND, "a\nb\0\0\0", 6);
	tail_rewind(&t);
	assert_int_equal(look(&t), TAIL_MORE);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(before_hole(&t, 64, 0), 3);
		assert_int_equal(tail_due_us(&t, now), 0);
		now += 10 * TAIL_JUDGE_US;
		look(&t);
	}
	assert_int_equal(before_hole(&t, 64, INT64_MAX), 3);
	/* Then they come. */
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "b\nc\n", 4, 2), 4);
	close(fd);
	look(&t);
	read_lines(&t, 100, out, sizeof out);
	assert_string_equal(out, "a\nb\nc\n");
}

static void
zeros_with_lines_behind_them_wait_for_a_while(void **state)
{
	(void)state;
	for (size_t cap = 3; cap <= 64; cap += 61) {
		TAIL t = {0};
		rewrite("");
		put(path, O_APPEND, "a\n\0\0\0\nb\n\0\0", 10);
		tail_rewind(&t);
		look(&t);
		assert_int_equal(before_hole(&t, 64, 0), 2);
		assert_int_equal(tail_due_us(&t, now), now + TAIL_JUDGE_US);
		now += TAIL_JUDGE_US - 1;
		assert_int_equal(before_hole(&t, cap, 0), 2);
		/* What comes in the meantime has a time of its own. */
		put(path, O_APPEND, "c\n", 2);
		look(&t);
		now++;
		assert_int_equal(before_hole(&t, cap, 0), cap < 8 ? cap : 8);
		assert_int_equal(before_hole(&t, 64, 0), 8);
		assert_int_equal(tail_due_us(&t, now), now + TAIL_JUDGE_US);
		now += TAIL_JUDGE_US;
		assert_int_equal(before_hole(&t, 64, 0), 12);
		assert_int_equal(tail_due_us(&t, now), 0);
	}
}

/* They are others when the first of them are filled, or when they lie elsewhere. */
static void
a_hole_that_is_filled_from_its_beginning_is_another(void **state)
{
	(void)state;
	TAIL t = {0};
	rewrite("");
	put(path, O_APPEND, "a\n\0\0\0\nb\n", 8);
	tail_rewind(&t);
	look(&t);
	assert_int_equal(before_hole(&t, 64, 0), 2);
	now += TAIL_JUDGE_US - 1;
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 2), 1);
	close(fd);
	look(&t);
	assert_int_equal(before_hole(&t, 64, 0), 3);
	assert_int_equal(tail_due_us(&t, now), now + TAIL_JUDGE_US);
}

/* Nobody fills those of a file that was not written to for long. */
static void
zeros_of_an_old_file_are_there_to_stay(void **state)
{
	(void)state;
	TAIL t = {0};
	rewrite("");
	put(path, O_APPEND, "a\n\0\0\0\nb\n\0\0", 10);
	tail_rewind(&t);
	look(&t);
	assert_int_equal(before_hole(&t, 64, INT64_MIN), 2);
	assert_int_equal(before_hole(&t, 64, TAIL_OLD_US - 1), 2);
	assert_int_equal(before_hole(&t, 64, TAIL_OLD_US), 8);
}

/* Where the file ends is looked at, wherever the buffer does; but of space that was set aside only
 * its last bytes are. */
static void
what_stands_behind_a_hole_may_be_far_away(void **state)
{
	(void)state;
	TAIL t = {0};
	rewrite("a\n");
	assert_int_equal(truncate(path, 100000), 0);
	tail_rewind(&t);
	look(&t);
	assert_int_equal(before_hole(&t, 64, 0), 2);
	assert_int_equal(tail_due_us(&t, now), 0);
	append("b\n");
	look(&t);
	assert_int_equal(before_hole(&t, 64, 0), 2);
	assert_int_equal(tail_due_us(&t, now), now + TAIL_JUDGE_US);
	now += TAIL_JUDGE_US;
	assert_int_equal(before_hole(&t, 64, 0), 64);
	assert_int_equal(tail_settled(&t), 100002);
	/* Of a file that was made shorter nothing behind its end has settled. */
	assert_int_equal(truncate(path, 50), 0);
	look(&t);
	assert_int_equal(tail_settled(&t), 50);
}

static void
write_at(const char *text, off_t at)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), at), strlen(text));
	close(fd);
}

/* Its writer does not append: what it writes next stands where it would have stood anyway. */
static void
a_log_emptied_under_its_writer_goes_on(void **state)
{
	(void)state;
	char out[64] = "";
	TAIL t = {0}, before = {0};
	tail_of(&t, "step,loss\n0,1\n");
	tail_restore(&before, &t.cur);
	rewrite("");
	look(&t);
	write_at("1,1\n", 14);
	assert_int_equal(look(&t), TAIL_MORE);
	read_lines(&t, 100, out, sizeof out);
	assert_string_equal(out, "1,1\n");
	assert_int_equal(look(&t), TAIL_SAME);
	write_at("2,1\n", 18);
	assert_int_equal(look(&t), TAIL_MORE);
	/* the next life, with the cursor of before */
	assert_int_equal(look(&before), TAIL_MORE);
	assert_int_equal(before.cur.offset, 14);
	/* Anything else than zeros is other content. */
	write_at("x", 3);
	assert_int_equal(look(&t), TAIL_ANEW);
	tail_restore(&before, &t.cur);
	assert_int_equal(look(&before), TAIL_ANEW);
}

/* They are no lines; and those that are a hole of the file itself are not read. */
static void
zeros_that_stay_are_passed_over(void **state)
{
	(void)state;
	enum { HOLE = 10 << 20 };
	static const char zeros[300000];
	TAIL t = {0};
	char buf[64];
	rewrite("a\n");
	assert_int_equal(truncate(path, HOLE), 0);
	append("b\n");
	tail_rewind(&t);
	look(&t);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	tail_took(&t, "a\n", 2);
	tail_skip(&t, fd);
	assert_int_equal(t.cur.offset, 2);
	assert_int_equal(tail_read(&t, fd, buf, sizeof buf), sizeof buf);
	assert_int_equal(tail_zeros(&t, buf, sizeof buf), 0); /* they may be a hole */
	t.end->settled = HOLE + 2;
	assert_int_equal(tail_zeros(&t, buf, sizeof buf), sizeof buf);
	tail_took(&t, zeros, 100);
	tail_skip(&t, fd);
	assert_int_equal(t.cur.offset, 102); /* the fingerprint wants more */
	tail_took(&t, zeros, sizeof zeros);
	tail_skip(&t, fd);
	assert_true(t.cur.offset > HOLE - 40000 && t.cur.offset <= HOLE);
	assert_int_equal((t.cur.offset - 102 - sizeof zeros) % 32768, 0);
	assert_int_equal(look(&t), TAIL_MORE); /* what was passed over is known again */
	close(fd);
}

static void
a_log_is_known_by_its_content(void **state)
{
	(void)state;
	TAIL t = {0};
	tail_of(&t, "step,loss\n0,1\n");
	struct stat st;
	put(other, O_TRUNC, "step,loss\n0,1\n1,1\n", 18);
	int fd = open(other, O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(tail_is(&t.cur, fd, &st));
	close(fd);
	put(other, O_TRUNC, "step,loss\n0,2\n1,1\n", 18);
	fd = open(other, O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_false(tail_is(&t.cur, fd, &st));
	close(fd);
	/* Nothing was read: nothing is known. */
	tail_release(&t);
	tail_init(&t);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_false(tail_is(&t.cur, fd, &st));
	close(fd);
}

/* A cursor that nobody of ours can have written is no reason to trust it, or to crash. */
static void
a_nonsense_cursor_begins_anew(void **state)
{
	(void)state;
	TAIL t = {0};
	tail_of(&t, "step,loss\n0,1\n");
	struct cursor c = t.cur;
	c.fp.head_len = 1u << 30;
	tail_restore(&t, &c);
	assert_int_equal(look(&t), TAIL_ANEW);
	c = t.cur;
	c.fp.head_len = 14;
	c.fp.tail_len = 65;
	tail_restore(&t, &c);
	assert_int_equal(look(&t), TAIL_ANEW);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(an_appended_file_goes_on),
		T(the_fingerprint_is_that_of_the_file),
		T(a_restored_tail_goes_on),
		T(a_tail_that_rested_goes_on),
		T(same_bytes_in_a_new_inode_go_on),
		T(other_content_begins_anew),
		T(a_changed_head_shows),
		T(a_file_that_shrank_waits_two_seconds),
		T(a_file_that_shrank_is_judged_when_it_grows),
		T(an_empty_file_says_nothing),
		T(zeros_at_the_end_wait_for_ever),
		T(zeros_with_lines_behind_them_wait_for_a_while),
		T(a_hole_that_is_filled_from_its_beginning_is_another),
		T(zeros_of_an_old_file_are_there_to_stay),
		T(what_stands_behind_a_hole_may_be_far_away),
		T(a_log_emptied_under_its_writer_goes_on),
		T(zeros_that_stay_are_passed_over),
		T(a_log_is_known_by_its_content),
		T(a_nonsense_cursor_begins_anew),
	};
	return cmocka_run_group_tests_name("tail", tests, NULL, NULL);
}
