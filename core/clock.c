#include "core/clock.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

static int64_t pinned = -1, skipped;
static bool asked;

void
clock_pin(int64_t wall_us)
{
	asked = true;
	pinned = wall_us;
}

static int64_t
now_us(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_wall_us(void)
{
	if (!asked) {
		const char *z = getenv("MM_NOW");
		if (z && *z)
			pinned = (int64_t)(strtod(z, NULL) * 1e6);
		asked = true;
	}
	return pinned >= 0 ? pinned : now_us(CLOCK_REALTIME);
}

int64_t
clock_mono_us(void)
{
	return now_us(CLOCK_BOOTTIME) + skipped;
}

void
clock_skip(int64_t us)
{
	skipped += us;
}
