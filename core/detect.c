#include "core/detect.h"

#include <string.h>

const struct detector *const detectors[] = {
	&detect_nonfinite, &detect_spike,
	&detect_diverging, &detect_plateau,
	&detect_overfit,   &detect_exploding,
	&detect_vanishing, &detect_slow,
	&detect_stalled,   &detect_failed,
	&detect_finished,  &detect_log,
	&detect_fatal,     NULL,
};

const struct detector *
detector_find(const char *name, size_t n)
{
	for (const struct detector *const *d = detectors; *d; d++)
		if (strlen((*d)->name) == n && memcmp((*d)->name, name, n) == 0)
			return *d;
	return NULL;
}
