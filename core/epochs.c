/* Of the two ways to count only one survives the second or third end of an epoch: epochs of 100
 * steps, counted from 1 and taken as if from 0, would be 50 steps long at the first end, 66 at the
 * second. */
#include "core/epochs.h"

#include "core/num.h"

#include <string.h>
#include <strings.h>

bool
epochs_is_column(const char *name, size_t n)
{
	static const char word[] = "epoch";
	const size_t k = sizeof word - 1;
	return n >= k && !strncasecmp(name + n - k, word, k) &&
	       (n == k || name[n - k - 1] == '/' || name[n - k - 1] == '.');
}

/* The epoch OLD ended behind the step LAST, and NEXT is one of the epoch NEW. */
static void
see_end(struct epoch_length *l, int64_t old, int64_t last, int64_t new, int64_t next)
{
	if (old < 1 || new < old)
		return;
	int64_t least = last / old + (last % old != 0), most = next / (new - 1);
	if (least > l->least)
		l->least = least;
	if (!l->most || most < l->most)
		l->most = most;
	l->wrong |= l->least > l->most;
}

void
epochs_row(struct epochs *e, double epoch, int64_t step)
{
	int64_t n;
	if (e->broken)
		return;
	if (!num_to_step(epoch, &n) || n < 0 || step < 0) {
		e->broken = true;
		return;
	}
	if (!e->any) {
		e->any = true;
		e->first = n;
	} else if (n > e->epoch && step > e->step && e->step > 0) {
		for (int base = 0; base < 2; base++)
			see_end(&e->from[base], e->epoch + 1 - base, e->step, n + 1 - base, step);
		e->broken = e->from[0].wrong && (e->from[1].wrong || !e->first);
	}
	e->epoch = n;
	e->step = step;
}

int64_t
epochs_steps(const struct epochs *e)
{
	/* The way to count that the first row suggests, unless it was refuted. */
	int base = e->first == 1;
	if (e->from[base].wrong)
		base = !base;
	const struct epoch_length *l = &e->from[base];
	return e->broken || l->wrong || !l->most ? 0 : l->least;
}
