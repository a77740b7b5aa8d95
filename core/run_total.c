/* How far a run is to go, by what it was told. */
#include "core/run.h"

#include <ctype.h>

bool
run_total_param(const char *key, enum step_unit *unit)
{
	static const struct {
		const char *name;
		enum step_unit unit;
	} totals[] = {
		{"max_steps", STEP_STEP},         {"total_steps", STEP_STEP},
		{"num_steps", STEP_STEP},         {"train_steps", STEP_STEP},
		{"num_train_steps", STEP_STEP},   {"num_training_steps", STEP_STEP},
		{"max_train_steps", STEP_STEP},   {"max_iters", STEP_STEP},
		{"max_iter", STEP_STEP},          {"num_iters", STEP_STEP},
		{"num_iterations", STEP_STEP},    {"total_iters", STEP_STEP},
		{"train_iters", STEP_STEP},       {"total_timesteps", STEP_STEP},
		{"max_update", STEP_STEP},        {"max_updates", STEP_STEP},
		{"epochs", STEP_EPOCH},           {"max_epochs", STEP_EPOCH},
		{"max_epoch", STEP_EPOCH},        {"num_epochs", STEP_EPOCH},
		{"n_epochs", STEP_EPOCH},         {"total_epochs", STEP_EPOCH},
		{"num_train_epochs", STEP_EPOCH},
	};
	const char *last = key + (*key == RUN_CONCLUDED);

	for (const char *p = key; *p; p++)
		if (*p == '/' || *p == '.')
			last = p + 1;
	for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
		const char *a = last, *b = totals[i].name;
		for (; *a && *b; a++, b++)
			if (tolower((unsigned char)*a) != *b && !(*a == '-' && *b == '_'))
				break;
		if (!*a && !*b) {
			*unit = totals[i].unit;
			return true;
		}
	}
	return false;
}

unsigned
run_param_depth(const char *key)
{
	unsigned n = 0;

	if (*key == RUN_CONCLUDED)
		return UINT16_MAX;
	for (; *key; key++)
		n += *key == '/' || *key == '.';
	return n;
}

int64_t
run_total_of_epochs(int64_t epochs, int64_t steps)
{
	int64_t n;

	return epochs > 0 && steps > 0 && !__builtin_mul_overflow(epochs, steps, &n) ? n : 0;
}
