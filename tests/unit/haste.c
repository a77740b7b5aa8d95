#include "tests/unit/haste.h"

#include "core/clock.h"

int64_t
haste_deadline(void)
{
	return clock_mono_us() + INT64_C(20000000) * HASTE;
}

void
haste_once(struct loop *l, int64_t timeout_us)
{
	int64_t share = timeout_us / HASTE, from = clock_mono_us();
	loop_once(l, share);
	int64_t took = clock_mono_us() - from;
	/* A round that worked instead of waiting takes its time in earnest. */
	clock_skip((took < share ? took : share) * (HASTE - 1));
}
