/* clock.h - what time it is: the one place that asks, so that tests and scripts can pin it. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds since 1970, UTC. MM_NOW (seconds since 1970, decimals allowed) in the environment,
 * or clock_pin(), stops it there: screens drawn under a pinned clock are the same every time. */
int64_t clock_wall_us(void);
/* Microseconds of CLOCK_BOOTTIME: for durations. Never pinned. */
int64_t clock_mono_us(void);
/* A file's time, say, in microseconds. */
static inline int64_t
clock_of(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Pins the wall clock; negative: lets it run again. */
void clock_pin(int64_t wall_us);
/* Has the other one be US later at once: for tests of what waits. */
void clock_skip(int64_t us);

#endif
