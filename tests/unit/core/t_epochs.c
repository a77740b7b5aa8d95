/* How long an epoch is, from rows as trainers write them: each K steps, or at the end of each. */
#include "core/epochs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* EPOCHS from FIRST of LENGTH steps, the first of which is called ORIGIN, a row every STRIDE; with
 * VAL one more at the end of each. */
static void
train(struct epochs *e, int64_t epochs, int64_t first, int64_t length, int64_t origin,
      int64_t stride, bool val)
{
	for (int64_t k = 0; k < epochs * length; k++)
		if ((k + 1) % stride == 0 || (val && (k + 1) % length == 0))
			epochs_row(e, (double)(first + k / length), origin + k);
}

static void
the_end_of_an_epoch_says_how_long_it_was(void **state)
{
	(void)state;
	for (int64_t first = 0; first < 2; first++)
		for (int64_t origin = 0; origin < 2; origin++) {
			struct epochs e = {0};
			train(&e, 3, first, 97, origin, 10, true);
			assert_int_equal(epochs_steps(&e), 97);
		}
}

static void
without_a_row_at_the_end_it_is_bounded(void **state)
{
	(void)state;
	int64_t before = 0;
	for (int64_t n = 3; n < 40; n += 4) {
		struct epochs e = {0};
		train(&e, n, 0, 97, 0, 50, false);
		int64_t steps = epochs_steps(&e);
		assert_in_range(steps, before, 97);
		before = steps;
	}
	assert_in_range(before, 96, 97);
}

static void
one_epoch_tells_nothing(void **state)
{
	(void)state;
	struct epochs e = {0};
	train(&e, 1, 0, 100, 0, 10, true);
	assert_int_equal(epochs_steps(&e), 0);
}

/* A resumed training: its first row is of epoch 7. */
static void
a_resume_goes_on_from_any_epoch(void **state)
{
	(void)state;
	for (int64_t first = 0; first < 2; first++) {
		struct epochs e = {0};
		for (int64_t k = 700; k < 1000; k++)
			epochs_row(&e, (double)(first + k / 100), k);
		assert_int_equal(epochs_steps(&e), 100);
	}
}

static void
a_step_back_ends_no_epoch(void **state)
{
	(void)state;
	struct epochs e = {0};
	train(&e, 3, 0, 100, 0, 10, true);
	epochs_row(&e, 1, 120);
	for (int64_t k = 120; k < 500; k++)
		epochs_row(&e, (double)(k / 100), k);
	assert_int_equal(epochs_steps(&e), 100);
}

static void
fractions_and_epochs_of_many_lengths_tell_nothing(void **state)
{
	(void)state;
	struct epochs e = {0}, f = {0};
	for (int64_t k = 0; k < 100; k++)
		epochs_row(&e, (double)k / 40, k);
	assert_int_equal(epochs_steps(&e), 0);
	int64_t step = 0;
	for (int64_t epoch = 0; epoch < 6; epoch++)
		for (int64_t k = 0; k < (epoch % 2 ? 300 : 20); k++)
			epochs_row(&f, (double)epoch, step++);
	assert_int_equal(epochs_steps(&f), 0);
}

static void
the_column_is_known_by_its_name(void **state)
{
	(void)state;
	static const char *const yes[] = {"epoch", "Epoch", "train/epoch", "trainer.epoch"};
	static const char *const no[] = {"epochs", "loss_epoch", "epoch/loss", "poch", ""};
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		assert_true(epochs_is_column(yes[i], strlen(yes[i])));
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		assert_false(epochs_is_column(no[i], strlen(no[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_an_epoch_says_how_long_it_was),
		cmocka_unit_test(without_a_row_at_the_end_it_is_bounded),
		cmocka_unit_test(one_epoch_tells_nothing),
		cmocka_unit_test(a_resume_goes_on_from_any_epoch),
		cmocka_unit_test(a_step_back_ends_no_epoch),
		cmocka_unit_test(fractions_and_epochs_of_many_lengths_tell_nothing),
		cmocka_unit_test(the_column_is_known_by_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
