/* What programs count is ambiguous: steps or batches, from 0 or 1, of an epoch or of all. Nothing
 * is guessed before it has to be: in the first epoch all readings give the same step, and the
 * second one shows whether the count began anew. */
#include "core/text_course.h"

#include "core/text_word.h"

#include <string.h>

void
text_course_init(struct text_course *c)
{
	*c = (struct text_course){
		.base = -1, .epoch = -1, .stride = 1, .within_epoch = -1, .last = -1};
}

static void
see_epoch(struct text_course *c, const struct text_count *epoch)
{
	if (c->base < 0 || epoch->n < c->base)
		c->base = epoch->n > 0;
	if (epoch->total)
		c->epochs = epoch->total;
	if (c->epoch != epoch->n)
		c->closed = false;
	c->epoch = epoch->n;
}

void
text_course_move(struct text_course *c, struct text_place at, uint64_t line)
{
	if (!c->placed)
		c->first = at.step;
	else if (c->now.unit == at.unit && at.step > c->now.step &&
		 __builtin_sub_overflow(at.step, c->now.step, &c->stride))
		c->stride = 1;
	c->placed = true;
	c->now = at;
	c->line = line;
}

void
text_course_head(struct text_course *c, const struct text_row *r, uint64_t line)
{
	see_epoch(c, &r->epoch);
	c->heading = true;
	c->closed = c->closed && !r->epoch.total; /* "Epoch 6: early stopping" begins none */
	text_course_move(c, (struct text_place){STEP_EPOCH, r->epoch.n}, line);
}

struct text_place
text_course_next(const struct text_course *c)
{
	struct text_place at = c->now;
	if (__builtin_add_overflow(at.step, c->stride, &at.step))
		at.step = c->now.step;
	return at;
}

static struct text_place
number(struct text_course *c)
{
	return (struct text_place){STEP_ROW, c->rows++};
}

/* Batch N of TOTAL in an epoch. */
static bool
within_epoch(struct text_course *c, int64_t epoch, const struct text_count *batch,
	     struct text_place *at)
{
	int64_t step;
	if (__builtin_mul_overflow(epoch - c->base, batch->total, &step) ||
	    __builtin_add_overflow(step, batch->n, &step) || step < 0)
		return false;
	int64_t total;
	if (c->epochs && !__builtin_mul_overflow(c->epochs, batch->total, &total))
		c->steps = total;
	*at = (struct text_place){STEP_STEP, step};
	return true;
}

/* "Epoch [2/10], Step [100/600]" counts steps of an epoch, "Epoch 2/10 step 700/6000" all of them.
 * The first epoch doesn't tell, and need not: it's the same. */
static bool
begins_anew(struct text_course *c, const struct text_row *r, const struct text_count *epoch)
{
	int64_t e = epoch->n, n = r->step.n;
	if (!c->restart && e > c->base) {
		if (c->within_epoch >= 0 && e > c->within_epoch)
			c->restart = n <= c->within ? 1 : 2;
		else if (c->within_epoch < 0)
			c->restart =
				epoch->total && n / (double)r->step.total <
							(double)(e - c->base) / (double)epoch->total
					? 1
					: 2;
	}
	c->within_epoch = e;
	c->within = n;
	return c->restart == 1;
}

/* "epoch: 2, iters: 100" may count anew with each epoch without saying how long one is: then it is
 * as long as the last step that it reported, so that the axis goes on. */
static int64_t
since_epochs(struct text_course *c, const struct text_row *r)
{
	int64_t e = r->epoch.n, n = r->step.n, step;
	if (c->within_epoch >= 0 && e > c->within_epoch) {
		/* Once is enough: an epoch without a report may hide that it began anew. */
		if (n <= c->within)
			c->restart = 1;
		else if (!c->restart)
			c->restart = 2;
		/* Of steps that are counted from 0 the last is not how many there were. */
		int64_t length = c->within;
		if (!n && __builtin_add_overflow(length, c->stride, &length))
			length = c->within;
		if (c->restart == 1 && __builtin_add_overflow(c->before, length, &c->before))
			c->before = 0;
	} else if (c->within_epoch > c->base && e < c->within_epoch) { /* a resume */
		c->before =
			e > c->base ? c->before / (c->within_epoch - c->base) * (e - c->base) : 0;
	}
	if (e == c->within_epoch && n < c->within)
		n = c->within;
	c->within_epoch = e;
	c->within = n;
	return __builtin_add_overflow(c->before, r->step.n, &step) ? r->step.n : step;
}

/* A bar that nothing says an epoch of: one after the other they make up the training. */
static struct text_place
along_bars(struct text_course *c, const struct text_row *r)
{
	const size_t n = sizeof c->bar / sizeof *c->bar;
	size_t i = 0;
	while (i < n - 1 && c->bar[i].key != r->bar_key)
		i++;
	struct bar_course b = c->bar[i];
	if (b.key != r->bar_key)
		b = (struct bar_course){.key = r->bar_key};
	if (r->batch.n < b.n && b.total && b.n >= b.total &&
	    __builtin_add_overflow(b.base, b.total, &b.base))
		b.base = 0;
	b.n = r->batch.n;
	b.total = r->batch.total;
	memmove(c->bar + 1, c->bar, i * sizeof *c->bar);
	c->bar[0] = b;
	struct text_place at = {STEP_STEP, b.n};
	if (__builtin_add_overflow(at.step, b.base, &at.step))
		at.step = b.n;
	if (b.total && __builtin_add_overflow(b.base, b.total, &c->steps))
		c->steps = 0;
	return at;
}

static bool
place_bar(struct text_course *c, const struct text_row *r, struct text_place *at)
{
	/* Of the only epoch the bar is the whole training. */
	if (r->epoch.is &&
	    (r->epoch.total != 1 || r->bar_key == TEXT_BAR_COLUMNS || !r->batch.is)) {
		see_epoch(c, &r->epoch);
		/* YOLO's 0/63 is the first of 64. */
		if (r->bar_key == TEXT_BAR_COLUMNS && c->base == 0 && r->epoch.total)
			c->epochs = r->epoch.total + 1;
		*at = (struct text_place){STEP_EPOCH, r->epoch.n};
		return true;
	}
	if (r->step.is) {
		if (r->step.total)
			c->steps = r->step.total;
		*at = (struct text_place){STEP_STEP, r->step.n};
		return true;
	}
	if (c->heading) {
		/* A full bar of Keras ends its epoch; one more is an evaluation of its own. */
		*at = (struct text_place){STEP_EPOCH, c->epoch};
		return !(c->closed && r->bar_key == TEXT_BAR_KERAS);
	}
	if (r->bar_key == TEXT_BAR_KERAS)
		return false;
	*at = along_bars(c, r);
	return true;
}

static bool
place(struct text_course *c, const struct text_row *r, struct text_place *at)
{
	if (r->counted) {
		*at = number(c);
		return true;
	}
	if (r->bar)
		return place_bar(c, r, at);
	if (r->epoch.is)
		see_epoch(c, &r->epoch);
	if (r->step.is) {
		c->heading = false;
		struct text_count epoch = r->epoch;
		/* "1/32, loss: 0.5" below "epoch 3/100" */
		if (!epoch.is && r->step_rank == TEXT_RANK_ORPHAN && c->epoch >= 0)
			epoch = (struct text_count){.is = true, .n = c->epoch, .total = c->epochs};
		if (r->step.total && epoch.is && begins_anew(c, r, &epoch))
			return within_epoch(c, epoch.n, &r->step, at);
		/* Of all, or of each epoch? */
		if (r->step.total && (!epoch.is || c->restart || epoch.total == 1))
			c->steps = r->step.total;
		*at = (struct text_place){STEP_STEP, r->step.n};
		if (r->epoch.is && !r->step.total)
			at->step = since_epochs(c, r);
		return true;
	}
	if (r->batch.is && (r->epoch.is || c->epoch >= 0)) {
		c->heading = false;
		if (r->batch.total)
			return within_epoch(c, c->epoch, &r->batch, at);
		*at = number(c);
		return true;
	}
	if (r->epoch.is) {
		*at = (struct text_place){STEP_EPOCH, r->epoch.n};
		return true;
	}
	if (r->batch.is && r->batch.total) {
		*at = (struct text_place){STEP_STEP, r->batch.n};
		return true;
	}
	if (r->batch.is) {
		*at = number(c);
		return true;
	}
	return false;
}

/* "step:12K" is any of a thousand: the one that is due, if it is one of them. What is said at the
 * same under other names is of the same. */
static int64_t
rounded_step(struct text_course *c, const struct text_row *r)
{
	uint64_t key = text_row_key(r);
	int64_t n = r->step.n, half = r->step_rounded / 2, due, off;
	bool again = c->last_rounded && c->rounded == n;
	if (again && c->rounded_key != key)
		return c->last;
	c->rounded = n;
	c->rounded_key = key;
	if (c->pace && !__builtin_add_overflow(c->last, c->pace, &due) &&
	    !__builtin_sub_overflow(due, n, &off) && off >= -half && off <= half)
		n = due;
	c->last = n;
	c->last_rounded = true;
	return n;
}

static void
see_step(struct text_course *c, int64_t n)
{
	if (!c->last_rounded && c->last >= 0 && n > c->last)
		c->pace = n - c->last;
	c->last = n;
	c->last_rounded = false;
}

bool
text_course_place(struct text_course *c, const struct text_row *r, struct text_place *at)
{
	if (r->step.is && r->step_rounded) {
		struct text_row exact = *r;
		exact.step.n = rounded_step(c, r);
		exact.step_rounded = 0;
		return place(c, &exact, at);
	}
	if (r->step.is)
		see_step(c, r->step.n);
	return place(c, r, at);
}

void
text_course_save(const struct text_course *c, struct str *out)
{
	pack_u64(out, c->placed);
	pack_u64(out, c->now.unit);
	pack_i64(out, c->now.step);
	pack_u64(out, c->line);
	pack_i64(out, c->first);
	pack_i64(out, c->stride);
	pack_i64(out, c->base);
	pack_i64(out, c->epoch);
	pack_u64(out, c->heading);
	pack_u64(out, c->closed);
	pack_u64(out, c->restart);
	pack_i64(out, c->within_epoch);
	pack_i64(out, c->within);
	pack_i64(out, c->before);
	for (size_t i = 0; i < sizeof c->bar / sizeof *c->bar; i++) {
		pack_u64(out, c->bar[i].key);
		pack_i64(out, c->bar[i].base);
		pack_i64(out, c->bar[i].n);
		pack_i64(out, c->bar[i].total);
	}
	pack_i64(out, c->last);
	pack_i64(out, c->pace);
	pack_i64(out, c->rounded);
	pack_u64(out, c->rounded_key);
	pack_u64(out, c->last_rounded);
	pack_i64(out, c->rows);
	pack_i64(out, c->epochs);
	pack_i64(out, c->steps);
}

void
text_course_load(struct text_course *c, struct unpack *u)
{
	c->placed = unpack_upto(u, 1);
	c->now.unit = (enum step_unit)unpack_upto(u, STEP_NONE);
	c->now.step = unpack_i64(u);
	c->line = unpack_u64(u);
	c->first = unpack_i64(u);
	c->stride = unpack_i64(u);
	c->base = unpack_i64(u);
	c->epoch = unpack_i64(u);
	c->heading = unpack_upto(u, 1);
	c->closed = unpack_upto(u, 1);
	c->restart = (uint8_t)unpack_upto(u, 2);
	c->within_epoch = unpack_i64(u);
	c->within = unpack_i64(u);
	c->before = unpack_i64(u);
	for (size_t i = 0; i < sizeof c->bar / sizeof *c->bar; i++) {
		c->bar[i].key = unpack_u64(u);
		c->bar[i].base = unpack_i64(u);
		c->bar[i].n = unpack_i64(u);
		c->bar[i].total = unpack_i64(u);
	}
	c->last = unpack_i64(u);
	c->pace = unpack_i64(u);
	c->rounded = unpack_i64(u);
	c->rounded_key = unpack_u64(u);
	c->last_rounded = unpack_upto(u, 1);
	c->rows = unpack_i64(u);
	c->epochs = unpack_i64(u);
	c->steps = unpack_i64(u);
	if (c->pace < 0 || c->base < -1 || c->base > 1 || c->before < 0 || c->stride < 1 ||
	    c->rows < 0 || c->rows > INT64_MAX / 2)
		u->bad = true;
}
