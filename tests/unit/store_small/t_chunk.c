/* Streams, chunks and axes come back bit by bit, fill their page, and survive being read when
 * they are not what they seem. Built with small constants; tests/unit/store/t_chunk.c is the same
 * with the real ones. */
#include "store/axis.h"
#include "store/chunk.h"
#include "store/ints.h"

#include "core/xalloc.h"
#include "tests/unit/store_kit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t rng = 88172645463325252u;

static uint64_t
any(uint64_t below)
{
	return kit_rand(&rng, below);
}

static uint64_t
bits64(void)
{
	return any(UINT64_C(1) << 32) << 32 | any(UINT64_C(1) << 32);
}

/* ---- streams --------------------------------------------------------------------------------- */

static int64_t
number(int kind, size_t i, int64_t last)
{
	switch (kind) {
	case 0:
		return 7;
	case 1:
		return (int64_t)i * 10;
	case 2:
		return last + (int64_t)any(100) - 20;
	case 3:
		return (int64_t)bits64();
	case 4:
		return any(2) ? INT64_MIN : INT64_MAX;
	case 5: /* a schedule in steps */
		return any(40) ? last : (int64_t)bits64();
	case 6:
		return (int64_t)any(1 << 20);
	default:
		return (int64_t)(any(UINT64_C(1) << (i % 48)) - any(UINT64_C(1) << (i % 48)));
	}
}

static void
streams_come_back(void **state)
{
	enum { MOST = 700 };
	static int64_t v[MOST], out[MOST];
	static unsigned char packed[MOST * 8 + 4096];
	static struct ints_plan plan[MOST];

	(void)state;
	for (int round = 0; round < 2000; round++) {
		int kind = (int)any(8);
		size_t n = 1 + any(MOST - 1), planned = 0;
		int64_t prev = 0, last = 0;
		for (size_t i = 0; i < n; i++)
			v[i] = last = number(kind, i, last);
		ints_plan(v, n, &prev, plan);
		for (size_t i = 0; i * INTS_BLOCK < n; i++)
			planned += plan[i].size;
		size_t size = ints_pack(v, n, packed);
		assert_int_equal(size, planned);
		assert_true(size + INTS_SLACK <= ints_most(n));
		/* From memory of exactly that size. */
		unsigned char *exact = xmalloc(size + INTS_SLACK);
		memcpy(exact, packed, size);
		memset(exact + size, 0xee, INTS_SLACK);
		const unsigned char *end = ints_unpack(exact, exact + size + INTS_SLACK, n, out);
		assert_ptr_equal(end, exact + size);
		assert_ptr_equal(ints_skip(exact, exact + size + INTS_SLACK, n), end);
		assert_memory_equal(v, out, n * sizeof *v);
		free(exact);
	}
}

static void
a_part_of_a_block_is_never_larger_than_promised(void **state)
{
	static int64_t v[INTS_BLOCK];
	static unsigned char packed[INTS_BLOCK * 8 + 4096];

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct ints_plan plan;
		int kind = (int)any(8);
		int64_t prev = 0, last = 0;
		for (size_t i = 0; i < INTS_BLOCK; i++)
			v[i] = last = number(kind, i, last);
		ints_plan(v, INTS_BLOCK, &prev, &plan);
		for (size_t n = 1; n <= INTS_BLOCK; n += 1 + any(20))
			assert_true(ints_pack(v, n, packed) <= ints_plan_part(&plan, n));
	}
}

/* ---- chunks ---------------------------------------------------------------------------------- */

static double
value(int kind, size_t i)
{
	double noise = (double)any(1000000) / 1e6;

	switch (kind) {
	case 0:
		return nearbyint(noise * 1e4) / 1e4;
	case 1:
		return (double)(float)noise;
	case 2:
		return noise / 3;
	case 3:
		return 1e-3;
	case 4: /* NaN and infinities here and there, and a spike */
		return any(30) ? nearbyint(noise * 1e3) / 1e3
			       : (double[]){NAN, INFINITY, -INFINITY, -0.0, 1e300}[any(5)];
	case 5: /* diverged half-way */
		return i < 300 ? (double)(float)noise : NAN;
	case 6: { /* any bits at all */
		double v;
		uint64_t b = bits64();
		memcpy(&v, &b, sizeof v);
		return v;
	}
	case 7:
		return pow(0.9, (double)(i / 100)) / 7;
	default:
		return (double)any(20000);
	}
}

static void
random_points(struct points *p, size_t n)
{
	int kind = (int)any(9), sparse = (int)any(3), steps = (int)any(3);
	int64_t row = (int64_t)any(1000), step = (int64_t)any(1000), wall = 1700000000000000;

	points_room(p, n);
	p->n = n;
	for (size_t i = 0; i < n; i++) {
		row += sparse == 0 ? 1 : sparse == 1 ? 1 + (int64_t)any(3) : 1 + (int64_t)any(100);
		step += steps == 0 ? 5 : steps == 1 ? (int64_t)any(20) : (int64_t)any(40) - 10;
		wall += 50000 + (int64_t)any(5000);
		p->row[i] = row;
		p->step[i] = step;
		p->wall[i] = wall;
		p->value[i] = value(kind, i);
	}
}

struct copy {
	int64_t row[CHUNK_POINTS], step[CHUNK_POINTS], wall[CHUNK_POINTS];
	double *value;
};

static void
compare(const struct points *p, size_t from, const struct chunk *c, const struct copy *got)
{
	for (size_t i = 0; i < c->n; i++) {
		assert_int_equal(got->row[i], p->row[from + i]);
		assert_memory_equal(&got->value[i], &p->value[from + i], 8);
		if (c->own || c->linear)
			assert_int_equal(got->step[i], p->step[from + i]);
		if (c->own)
			assert_int_equal(got->wall[i], p->wall[from + i]);
	}
}

static void
chunks_come_back_and_fill_their_page(void **state)
{
	static struct copy got;
	struct points p = {0};
	struct str out = STR_INIT;
	size_t codecs[CODEC_N] = {0}, own = 0, linear = 0, dense = 0;

	(void)state;
	got.value = xmalloc(CHUNK_POINTS * sizeof(double));
	for (int round = 0; round < 400; round++) {
		size_t hint = 0, from = 0;
		random_points(&p, 1 + any(any(4) ? 1000 : 6000));
		while (from < p.n) {
			struct chunk c;
			size_t n = chunk_pack(&p, from, 7, &out, any(3) ? &hint : NULL);
			assert_true(n > 0 && out.len <= CHUNK_BYTES);
			char *exact = xmemdup(out.buf, out.len);
			assert_true(chunk_open(&c, exact, out.len));
			assert_int_equal(c.n, n);
			assert_true(chunk_read(&c, got.row, got.step, got.wall, got.value));
			compare(&p, from, &c, &got);
			assert_true(chunk_read(&c, NULL, NULL, NULL, got.value));
			assert_memory_equal(got.value, p.value + from, n * 8);
			free(exact);
			codecs[c.codec]++;
			own += c.own;
			linear += c.linear;
			dense += c.dense;
			from += n;
			/* The page is full, but for what one more point, a block's head and its
			 * line in the directory may take. */
			if (from < p.n && n < CHUNK_POINTS)
				assert_true(out.len + 4 * 29 + 26 + 40 + INTS_BLOCK >= CHUNK_BYTES);
		}
	}
	/* Every kind was met. */
	assert_true(codecs[0] && codecs[1] && codecs[2] && own && linear && dense);
	free(got.value);
	points_release(&p);
	str_release(&out);
}

static void
compare_blocks(const struct chunk *c, const struct chunk_blocks *b, const double *value,
	       size_t *void_ones)
{
	double got[INTS_BLOCK];

	for (uint32_t i = 0; i < c->blocks; i++) {
		size_t n = chunk_block_points(c, i), finite = 0;
		const double *want = value + (size_t)i * INTS_BLOCK;
		double min = INFINITY, max = -INFINITY, sum = 0, most = 0;
		struct range r;
		assert_true(chunk_block_read(c, b, i, got));
		assert_memory_equal(got, want, n * sizeof *got);
		for (size_t j = 0; j < n; j++) {
			finite += isfinite(want[j]) != 0;
			min = fmin(min, want[j]);
			max = fmax(max, want[j]);
			sum += want[j];
			most += fabs(want[j]);
		}
		if (!chunk_block_range(c, b, i, &r)) {
			++*void_ones;
			continue;
		}
		assert_int_equal(r.n, n);
		assert_int_equal(finite, n);
		assert_int_equal(r.inf, 0);
		assert_true(r.min == min && r.max == max);
		assert_true(!isfinite(sum) || fabs(r.sum - sum) <= 1e-12 * most);
	}
}

static void
blocks_are_what_lies_in_them(void **state)
{
	struct points p = {0};
	struct str out = STR_INIT;
	size_t told = 0, void_ones = 0, checked = 0, unchecked = 0;

	(void)state;
	for (int round = 0; round < 600; round++) {
		struct chunk c;
		struct chunk_blocks b;
		random_points(&p, 1 + any(5000));
		for (size_t from = 0; from < p.n;) {
			size_t n = chunk_pack(&p, from, 7, &out, NULL);
			char *exact = xmemdup(out.buf, out.len);
			assert_true(chunk_open(&c, exact, out.len));
			assert_int_equal(c.blocks, (n + INTS_BLOCK - 1) / INTS_BLOCK);
			assert_true(chunk_agrees(&c, 7, p.value + from));
			if (c.blocks > 1) {
				assert_true(chunk_sound(&c, 7));
				assert_false(chunk_sound(&c, 8));
				assert_true(chunk_directory(&c, &b));
				compare_blocks(&c, &b, p.value + from, &void_ones);
				told += c.blocks;
				checked += c.checked;
				unchecked += !c.checked;
			}
			free(exact);
			from += n;
		}
	}
	assert_true(void_ones && void_ones < told && checked && unchecked);
	points_release(&p);
	str_release(&out);
}

/* All blocks, by way of what is verified in parts; false: something was noticed. */
static bool
read_in_parts(const unsigned char *p, size_t n, double *value)
{
	struct chunk c;
	struct chunk_blocks b;

	if (!chunk_open(&c, p, n) || c.blocks < 2 || !chunk_sound(&c, 7) ||
	    !chunk_directory(&c, &b))
		return false;
	for (uint32_t i = 0; i < c.blocks; i++)
		if (!chunk_block_read(&c, &b, i, value + (size_t)i * INTS_BLOCK))
			return false;
	return true;
}

static void
a_flipped_bit_is_noticed_when_reading_in_parts(void **state)
{
	static double got[CHUNK_POINTS];
	struct points p = {0};
	struct str out = STR_INIT;
	size_t tried = 0;

	(void)state;
	for (int round = 0; round < 200; round++) {
		random_points(&p, 1 + any(3000));
		chunk_pack(&p, 0, 7, &out, NULL);
		unsigned char *exact = (unsigned char *)xmemdup(out.buf, out.len);
		if (read_in_parts(exact, out.len, got))
			for (size_t bit = any(40); bit < out.len * 8;
			     bit += 1 + any(out.len / 4), tried++) {
				exact[bit / 8] ^= (unsigned char)(1u << bit % 8);
				assert_false(read_in_parts(exact, out.len, got));
				exact[bit / 8] ^= (unsigned char)(1u << bit % 8);
			}
		free(exact);
	}
	assert_true(tried > 1000);
	points_release(&p);
	str_release(&out);
}

static void
axes_come_back(void **state)
{
	static int64_t step[CHUNK_POINTS], wall[CHUNK_POINTS], word[CHUNK_POINTS];
	struct axis_rows a = {0};
	struct str out = STR_INIT;

	(void)state;
	for (int round = 0; round < 200; round++) {
		size_t hint = 0, from = 0;
		int kind = (int)any(8);
		int64_t last = 0;
		axis_rows_room(&a, 5000);
		a.n = 1 + any(4999);
		for (size_t i = 0; i < a.n; i++) {
			a.step[i] = last = number(kind, i, last);
			a.wall[i] = 1700000000000000 + (int64_t)any(5000);
			a.word[i] = any(10) ? 20 : 21;
		}
		while (from < a.n) {
			struct axis_chunk c;
			size_t n = axis_pack(&a, from, from, &out, &hint);
			assert_true(out.len <= CHUNK_BYTES);
			char *exact = xmemdup(out.buf, out.len);
			assert_true(axis_open(&c, exact, out.len));
			assert_int_equal(c.first_row, from);
			assert_int_equal(c.n, n);
			assert_true(axis_read(&c, step, wall, word));
			assert_memory_equal(step, a.step + from, n * 8);
			assert_memory_equal(wall, a.wall + from, n * 8);
			assert_memory_equal(word, a.word + from, n * 8);
			free(exact);
			from += n;
		}
	}
	axis_rows_release(&a);
	str_release(&out);
}

/* Whatever the bytes are, reading stays within them (a sanitizer watches). */
static void
reading_garbage_stays_within_it(void **state)
{
	static struct copy got;
	struct points p = {0};
	struct str out = STR_INIT;
	size_t opened = 0, read = 0;

	(void)state;
	got.value = xmalloc(CHUNK_POINTS * sizeof(double));
	for (int round = 0; round < 20000; round++) {
		struct chunk c;
		struct axis_chunk x;
		if (round % 20 == 0) {
			random_points(&p, 1 + any(600));
			chunk_pack(&p, 0, 7, &out, NULL);
		}
		size_t n = any(4) ? out.len : any(out.len + 1);
		unsigned char *exact = xmalloc(n + !n);
		memcpy(exact, out.buf, n);
		for (uint64_t i = any(4); i-- && n;)
			exact[any(3) ? any(n) : n - 1 - any(n < 40 ? n : 40)] ^=
				(unsigned char)(1u << any(8));
		if (chunk_open(&c, exact, n)) {
			struct chunk_blocks b;
			opened++;
			read += chunk_read(&c, got.row, got.step, got.wall, got.value);
			if (c.blocks > 1 && chunk_directory(&c, &b))
				for (uint32_t i = 0; i < c.blocks; i++)
					chunk_block_read(&c, &b, i, got.value);
		}
		if (axis_open(&x, exact, n))
			axis_read(&x, got.row, got.step, got.wall);
		free(exact);
	}
	assert_true(opened && read && read < opened);
	free(got.value);
	points_release(&p);
	str_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_come_back),
		cmocka_unit_test(a_part_of_a_block_is_never_larger_than_promised),
		cmocka_unit_test(chunks_come_back_and_fill_their_page),
		cmocka_unit_test(blocks_are_what_lies_in_them),
		cmocka_unit_test(a_flipped_bit_is_noticed_when_reading_in_parts),
		cmocka_unit_test(axes_come_back),
		cmocka_unit_test(reading_garbage_stays_within_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
