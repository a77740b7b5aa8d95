#include "tests/demo/run.h"

#include "tests/demo/ckpt.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_EVERY 4      /* steps a row */
#define VALIDATE_EVERY 5 /* rows a validation */
#define CHECKPOINTS 8    /* a run */

static double
now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Sleeps until the clock reads WHEN. Deadlines from the start, not naps between steps: the pace
 * holds however long a step takes. */
static void
sleep_until(double when)
{
	struct timespec ts = {(time_t)when, (long)(fmod(when, 1) * 1e9)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		continue;
}

static int
failed(const char *path)
{
	fprintf(stderr, "demo: %s: %s\n", path, strerror(errno));
	return 1;
}

/* PATH and every directory above it. */
static int
make_directories(const char *path)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = part + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			return failed(part);
	}
	return mkdir(part, 0777) && errno != EEXIST ? failed(part) : 0;
}

static int
write_config(const char *dir, const struct train *t, uint64_t seed)
{
	static const char *const task[] = {"spirals", "waves"};
	static const char *const schedule[] = {"cosine", "steps", "warmup"};
	const struct plan *p = t->plan;
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/config.json", dir);
	f = fopen(path, "w");
	if (!f)
		return failed(path);
	fprintf(f,
		"{\n"
		"  \"task\": \"%s\",\n"
		"  \"lr\": %g,\n"
		"  \"schedule\": \"%s\",\n"
		"  \"momentum\": %g,\n"
		"  \"batch_size\": %d,\n"
		"  \"hidden\": %d,\n"
		"  \"parameters\": %d,\n"
		"  \"seed\": %llu,\n"
		"  \"max_steps\": %ld\n"
		"}\n",
		task[p->task], p->lr, schedule[p->schedule], p->momentum, p->batch, p->hidden,
		t->net.nparams, (unsigned long long)(seed + p->seed), t->max_steps);
	return fclose(f) ? failed(path) : 0;
}

static int
checkpoint(const char *dir, const struct train *t, const struct row *row)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/checkpoints/step=%ld.safetensors", dir, t->step);
	return ckpt_write(path, &t->net, t->step, row->val.loss) ? failed(path) : 0;
}

/* A row stands for the steps since the row before: its training loss is their mean. */
static int
train_and_log(struct train *t, const struct run_options *o, FILE *log, const char *dir)
{
	const struct plan *p = t->plan;
	long killed_at = (long)(p->killed_at * (double)t->max_steps);
	/* Validated steps, so that a checkpoint knows how good it is. */
	long save_every = LOG_EVERY * VALIDATE_EVERY;
	double start = now(CLOCK_MONOTONIC);
	struct score sum = {0};
	int steps = 0;

	if (t->max_steps / CHECKPOINTS > save_every)
		save_every *= t->max_steps / CHECKPOINTS / save_every;
	while (t->step < t->max_steps) {
		struct row row;
		bool last, save;

		train_step(t, &row);
		last = t->step == t->max_steps;
		save = t->step % save_every == 0 || last;
		sum.loss += row.train.loss;
		sum.acc += row.train.acc;
		steps++;
		if (o->pace > 0)
			sleep_until(start + (double)t->step / o->pace);
		if (t->step % LOG_EVERY == 0 || last) {
			row.train.loss = sum.loss / steps;
			row.train.acc = sum.acc / steps;
			sum = (struct score){0};
			steps = 0;
			if (t->step % (LOG_EVERY * VALIDATE_EVERY) == 0 || last)
				train_validate(t, &row);
			row.time = now(CLOCK_REALTIME);
			if (t->step <= LOG_EVERY)
				row_heading(log, p->format, &row);
			if (row_write(log, p->format, &row))
				return failed(dir);
		}
		if (save && checkpoint(dir, t, &row))
			return 1;
		/* As the kernel does it when memory runs out: nothing is closed, nobody is told. */
		if (killed_at && t->step >= killed_at)
			kill(getpid(), SIGKILL);
	}
	return 0;
}

int
run(const struct plan *plan, const struct run_options *o)
{
	char dir[PATH_MAX / 2], path[PATH_MAX];
	struct train t;
	FILE *log;
	int rc;

	snprintf(dir, sizeof(dir), "%s/%s", o->out, plan->name);
	snprintf(path, sizeof(path), "%s/checkpoints", dir);
	if (make_directories(path))
		return 1;
	train_init(&t, plan, (long)ceil(plan->length * (double)o->steps), o->seed);
	snprintf(path, sizeof(path), "%s/metrics.%s", dir,
		 plan->format == FORMAT_CSV ? "csv" : "jsonl");
	log = fopen(path, "w");
	rc = log ? write_config(dir, &t, o->seed) : failed(path);
	if (!rc)
		rc = train_and_log(&t, o, log, dir);
	if (log && fclose(log) && !rc)
		rc = failed(path);
	train_release(&t);
	return rc;
}
