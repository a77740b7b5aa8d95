/* haste.h - a loop whose time goes faster than the clock on the wall: for tests of what waits.
 * Files and their events are as they are; only who waits for a time gets there sooner. */
#ifndef TESTS_UNIT_HASTE_H
#define TESTS_UNIT_HASTE_H

#include "core/loop.h"

#define HASTE 50 /* times as fast */

/* When to give up, by clock_mono_us(): twenty seconds of waiting from now, whatever they hold. */
int64_t haste_deadline(void);
/* loop_once(), of which the waiting is done in haste. */
void haste_once(struct loop *l, int64_t timeout_us);

#endif
