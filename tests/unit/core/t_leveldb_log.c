#include "core/leveldb_log.h"

#include "core/xalloc.h"
#include "tests/unit/leveldb_write.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

enum { MAX_RECORD = 200000, HEAD = 7 };

static uint64_t rng_state = 20210216;

static uint32_t
rng(uint32_t below)
{
	rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(rng_state >> 33) % below;
}

/* -- reading as text --------------------------------------------------------------------------- */

/* What the bytes of FILE from the first chunk on are: a line for each thing. A record is its length
 * and its first and last byte. In pieces of PIECE bytes, the first FIRST; what was not taken comes
 * again, as in the ingester, and after each piece the reader is a new one. */
static char *
read_pieces(const struct str *file, size_t first, size_t piece)
{
	struct leveldb_log l;
	struct str out = STR_INIT;
	size_t at = HEAD, end = HEAD + first;
	leveldb_log_init(&l, MAX_RECORD);
	for (bool at_end = false; !at_end; end += piece) {
		at_end = end >= file->len;
		end = at_end ? file->len : end;
		char *exact = xmemdup(file->buf + at, end - at);
		size_t from = 0, n = end - at;
		enum leveldb_what what;
		do {
			what = leveldb_log_next(&l, exact + from, n - from, at + from, at_end);
			assert_true(l.took <= n - from);
			if (what == LEVELDB_RECORD)
				str_addf(&out, "%zu %c%c\n", l.n, l.n ? l.record[0] : '-',
					 l.n ? l.record[l.n - 1] : '-');
			else if (what != LEVELDB_MORE)
				str_addf(&out, "%s at %zu: %s\n",
					 what == LEVELDB_BAD ? "bad" : "long", (size_t)l.at, l.why);
			if (what != LEVELDB_MORE)
				assert_true(l.took > 0);
			from += l.took;
		} while (what != LEVELDB_MORE);
		if (at_end)
			assert_int_equal(from, n);
		at += from;
		free(exact);
		if (rng(2) && end > at) { /* less than was there before */
			size_t less = (end - at) / 2;
			exact = xmemdup(file->buf + at, less);
			assert_int_equal(leveldb_log_next(&l, exact, less, at, false),
					 LEVELDB_MORE);
			at += l.took;
			free(exact);
		}
		if (rng(2)) {
			bool lost = l.lost;
			leveldb_log_release(&l);
			leveldb_log_init(&l, MAX_RECORD);
			l.lost = lost;
		}
	}
	leveldb_log_release(&l);
	str_adds(&out, "");
	return str_steal(&out);
}

static char *
read_whole(const struct str *file)
{
	return read_pieces(file, file->len, file->len);
}

static void
check(const struct str *file, const char *want)
{
	char *got = read_whole(file);
	assert_string_equal(got, want);
	free(got);
}

/* Cut at CUTS places, and in small pieces. */
static void
check_cut(const struct str *file, size_t cuts)
{
	char *want = read_whole(file);
	for (size_t i = 0; i < cuts; i++) {
		char *got = read_pieces(file, rng((uint32_t)(file->len - HEAD)), file->len);
		assert_string_equal(got, want);
		free(got);
	}
	for (size_t piece = 1 + rng(700); piece < file->len; piece += 1 + piece * 3) {
		char *got = read_pieces(file, piece, piece);
		assert_string_equal(got, want);
		free(got);
	}
	free(want);
}

/* N bytes, the first A, the last Z, zeros between: what a reader that loses its way can't take for
 * a header. */
static void
add(struct str *file, size_t n)
{
	char *p = xcalloc(n + 1, 1);
	if (n)
		p[n - 1] = 'Z';
	p[0] = 'A';
	leveldb_write(file, p, n);
	free(p);
}

static struct str
begun(void)
{
	struct str file = STR_INIT;
	leveldb_write_header(&file);
	return file;
}

/* -- what is written is read ------------------------------------------------------------------- */

/* For each number of bytes that the first record leaves of its block, and each length of the second
 * that ends near the next border. */
static void
records_at_the_borders_of_blocks(void **state)
{
	(void)state;
	for (size_t left = 0; left < 20; left++)
		for (int near = -10; near < 10; near++) {
			struct str file = begun();
			size_t a = LEVELDB_BLOCK - 2 * HEAD - left;
			size_t b = LEVELDB_BLOCK + left - 2 * HEAD + (size_t)near;
			char want[80];
			add(&file, a);
			add(&file, b);
			add(&file, 2);
			snprintf(want, sizeof want, "%zu AZ\n%zu AZ\n2 AZ\n", a, b);
			check(&file, want);
			str_release(&file);
		}
}

static void
a_first_chunk_may_be_empty_and_so_may_a_record(void **state)
{
	(void)state;
	struct str file = begun();
	add(&file, LEVELDB_BLOCK - 3 * HEAD); /* leaves exactly a header */
	add(&file, 5);
	assert_int_equal((unsigned char)file.buf[LEVELDB_BLOCK - 1], 2); /* FIRST … */
	assert_int_equal((unsigned char)file.buf[LEVELDB_BLOCK - 2], 0); /* … of no bytes */
	add(&file, 0);
	add(&file, 1);
	check(&file, "32747 AZ\n5 AZ\n0 --\n1 AA\n");
	str_release(&file);
}

/* The bytes that W&B's own writer makes of an empty record. */
static void
the_vector_of_an_empty_record(void **state)
{
	(void)state;
	struct str file = begun();
	str_add(&file, "\x1B\xDF\x05\xA5\0\0\1", 7);
	check(&file, "0 --\n");
	str_release(&file);
}

static void
records_of_many_blocks(void **state)
{
	(void)state;
	struct str file = begun();
	add(&file, 3);
	add(&file, MAX_RECORD);
	add(&file, 3);
	check(&file, "3 AZ\n200000 AZ\n3 AZ\n");
	check_cut(&file, 60);
	str_release(&file);
}

static void
random_files_cut_anywhere(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		struct str file = begun();
		while (file.len < 150000)
			add(&file, rng(4) ? rng(300) : rng(70000));
		check_cut(&file, 40);
		str_release(&file);
	}
}

/* -- what is not there yet --------------------------------------------------------------------- */

static void
a_partial_record_waits(void **state)
{
	(void)state;
	struct str file = begun();
	add(&file, 40000);
	for (size_t n = HEAD; n < file.len; n += n < 60 || n > file.len - 60 ? 1 : 500) {
		struct leveldb_log l;
		leveldb_log_init(&l, MAX_RECORD);
		enum leveldb_what what =
			leveldb_log_next(&l, file.buf + HEAD, n - HEAD, HEAD, false);
		assert_int_equal(what, LEVELDB_MORE);
		assert_int_equal(l.took, 0);
		leveldb_log_release(&l);
	}
	str_release(&file);
}

static void
zeros_at_the_end_wait(void **state)
{
	(void)state;
	struct str file = begun();
	add(&file, 3);
	size_t whole = file.len;
	for (int i = 0; i < 5000; i++)
		str_addc(&file, 0);
	struct leveldb_log l;
	leveldb_log_init(&l, MAX_RECORD);
	assert_int_equal(leveldb_log_next(&l, file.buf + HEAD, file.len - HEAD, HEAD, false),
			 LEVELDB_RECORD);
	assert_int_equal(leveldb_log_next(&l, file.buf + whole, 5000, whole, false), LEVELDB_MORE);
	assert_int_equal(l.took, 0);
	leveldb_log_release(&l);
	str_release(&file);
}

/* A record of a thousand pieces is not summed up a thousand times from its start: what was found
 * good is not looked at again. */
static void
what_was_checked_is_not_checked_again(void **state)
{
	(void)state;
	struct str file = begun();
	struct leveldb_log l;
	add(&file, 100000);
	leveldb_log_init(&l, MAX_RECORD);
	size_t n = 3 * LEVELDB_BLOCK - HEAD;
	assert_int_equal(leveldb_log_next(&l, file.buf + HEAD, n, HEAD, false), LEVELDB_MORE);
	file.buf[2 * LEVELDB_BLOCK + 100] ^= 1; /* changed behind its back: not seen */
	assert_int_equal(leveldb_log_next(&l, file.buf + HEAD, file.len - HEAD, HEAD, false),
			 LEVELDB_RECORD);
	assert_int_equal(l.n, 100000);
	leveldb_log_release(&l);
	str_release(&file);
}

/* -- damage ------------------------------------------------------------------------------------ */

static void
a_damaged_payload_costs_its_record(void **state)
{
	(void)state;
	struct str file = begun();
	add(&file, 3);
	add(&file, 100);
	add(&file, 4);
	file.buf[HEAD + 10 + 50] ^= 1;
	check(&file, "3 AZ\nbad at 17: bytes that do not match their checksum\n4 AZ\n");
	check_cut(&file, 100);
	str_release(&file);
}

static void
a_damaged_header_costs_its_record(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		char byte;
	} wrong[] = {{5, '\xff'}, {6, 0}, {6, 5}, {6, 'x'}};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct str file = begun();
		add(&file, 3);
		add(&file, 100);
		add(&file, 4);
		file.buf[HEAD + 10 + wrong[i].at] = wrong[i].byte;
		check(&file, "3 AZ\nbad at 17: bytes that are no part of a record\n4 AZ\n");
		check_cut(&file, 100);
		str_release(&file);
	}
}

/* The pieces of a damaged record that are good are none of their own. */
static void
a_damaged_piece_costs_its_whole_record(void **state)
{
	(void)state;
	for (size_t block = 0; block < 4; block++) {
		struct str file = begun();
		char want[100];
		add(&file, 3);
		size_t at = block ? block * LEVELDB_BLOCK : 17;
		add(&file, 3 * LEVELDB_BLOCK + 500);
		add(&file, 4);
		file.buf[at + 100] ^= 1;
		snprintf(want, sizeof want,
			 "3 AZ\nbad at %zu: bytes that do not match their checksum\n4 AZ\n", at);
		check(&file, want);
		check_cut(&file, 40);
		str_release(&file);
	}
}

static void
a_block_of_zeros_or_of_noise_costs_what_it_held(void **state)
{
	(void)state;
	for (int noise = 0; noise < 2; noise++) {
		struct str file = begun();
		for (int i = 0; i < 4; i++)
			add(&file, LEVELDB_BLOCK - HEAD - (i ? 0 : HEAD));
		assert_int_equal(file.len, 4 * LEVELDB_BLOCK);
		for (size_t i = 0; i < LEVELDB_BLOCK; i++)
			file.buf[LEVELDB_BLOCK + i] = noise ? (char)rng(256) : 0;
		file.buf[LEVELDB_BLOCK + 6] = 0;
		check(&file, "32754 AZ\nbad at 32768: bytes that are no part of a record\n"
			     "32761 AZ\n32761 AZ\n");
		check_cut(&file, 40);
		str_release(&file);
	}
}

static void
a_record_without_its_end_or_its_beginning(void **state)
{
	(void)state;
	struct str file = begun();
	leveldb_write_chunk(&file, 2, "ab", 2);
	leveldb_write_chunk(&file, 1, "c", 1);
	leveldb_write_chunk(&file, 3, "d", 1);
	leveldb_write_chunk(&file, 4, "e", 1);
	leveldb_write_chunk(&file, 4, "f", 1);
	leveldb_write_chunk(&file, 2, "g", 1);
	leveldb_write_chunk(&file, 4, "h", 1);
	leveldb_write_chunk(&file, 2, "i", 1);
	check(&file, "bad at 7: a record without its end\n1 cc\n"
		     "bad at 24: a record without its beginning\n2 gh\n"
		     "bad at 64: the file ends within a record\n");
	check_cut(&file, 200);
	str_release(&file);
}

static void
a_record_beyond_the_limit_is_passed_over(void **state)
{
	(void)state;
	struct str file = begun();
	add(&file, 3);
	add(&file, MAX_RECORD + 1);
	add(&file, 4);
	add(&file, 5 * MAX_RECORD);
	add(&file, 5);
	check(&file, "3 AZ\nlong at 17: \n4 AZ\nlong at 200078: \n5 AZ\n");
	check_cut(&file, 30);
	str_release(&file);
}

/* One byte changed anywhere: never more than two records are lost, and the rest is as it was; not
 * even when it makes a short one long. */
static void
one_wrong_byte_costs_little(void **state)
{
	(void)state;
	for (size_t size = 20; size <= 1000; size += 980) {
		struct str file = begun();
		int all = size == 20 ? 1500 : 40;
		for (int i = 0; i < all; i++)
			add(&file, size + (size_t)i % 40);
		for (int round = 0; round < 400; round++) {
			size_t at = HEAD + rng((uint32_t)file.len - HEAD);
			char was = file.buf[at];
			file.buf[at] ^= (char)(1 << rng(8));
			char *got = read_whole(&file);
			int records = 0;
			for (char *p = got; *p; p = strchr(p, '\n') + 1)
				records += *p != 'b';
			assert_in_range(records, all - 2, all);
			free(got);
			if (round % 20 == 0)
				check_cut(&file, 5);
			file.buf[at] = was;
		}
		str_release(&file);
	}
}

/* A chunk within the payload of a damaged record, behind a header that can't be one: reading goes
 * on there, however the bytes were cut. */
static void
of_several_good_chunks_the_one_that_ends_first(void **state)
{
	(void)state;
	struct str file = begun(), inner = STR_INIT;
	leveldb_write_chunk(&inner, 1, "in", 2);
	str_add(&inner, "0123456789", 10);
	add(&file, 3);
	leveldb_write_chunk(&file, 9, "x", 1);
	leveldb_write_chunk(&file, 1, inner.buf, inner.len);
	add(&file, 4);
	check(&file, "3 AZ\nbad at 17: bytes that are no part of a record\n2 in\n"
		     "bad at 41: bytes that are no part of a record\n4 AZ\n");
	check_cut(&file, 100);
	str_release(&inner);
	str_release(&file);
}

/* Every byte could begin a header of some length. */
static void
bytes_that_look_like_headers_end_the_search(void **state)
{
	(void)state;
	struct str file = begun();
	add(&file, 3);
	while (file.len < 20 * LEVELDB_BLOCK)
		str_addc(&file, 0x02);
	for (size_t at = 17; at < file.len; at += at % LEVELDB_BLOCK ? 1 : LEVELDB_BLOCK)
		if (at % LEVELDB_BLOCK == 0)
			file.buf[at + 6] = 0;
	file.buf[17 + 6] = 0;
	char *got = read_whole(&file);
	int bad = 0;
	for (char *p = got; *p; p = strchr(p, '\n') + 1)
		bad += *p == 'b';
	assert_int_equal(bad, 20);
	free(got);
	str_release(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_at_the_borders_of_blocks),
		cmocka_unit_test(a_first_chunk_may_be_empty_and_so_may_a_record),
		cmocka_unit_test(the_vector_of_an_empty_record),
		cmocka_unit_test(records_of_many_blocks),
		cmocka_unit_test(random_files_cut_anywhere),
		cmocka_unit_test(a_partial_record_waits),
		cmocka_unit_test(zeros_at_the_end_wait),
		cmocka_unit_test(what_was_checked_is_not_checked_again),
		cmocka_unit_test(a_damaged_payload_costs_its_record),
		cmocka_unit_test(a_damaged_header_costs_its_record),
		cmocka_unit_test(a_damaged_piece_costs_its_whole_record),
		cmocka_unit_test(a_block_of_zeros_or_of_noise_costs_what_it_held),
		cmocka_unit_test(a_record_without_its_end_or_its_beginning),
		cmocka_unit_test(a_record_beyond_the_limit_is_passed_over),
		cmocka_unit_test(one_wrong_byte_costs_little),
		cmocka_unit_test(of_several_good_chunks_the_one_that_ends_first),
		cmocka_unit_test(bytes_that_look_like_headers_end_the_search),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
