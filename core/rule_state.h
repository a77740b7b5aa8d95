/* rule_state.h - the state machine of one alert instance. Private to rule*.c. */
#ifndef CORE_RULE_STATE_H
#define CORE_RULE_STATE_H

#include "core/rule_parse.h"

/* A RESOLVED instance is kept this long, so that nobody misses it. */
#define RULE_RESOLVED_US (INT64_C(15) * 60 * 1000000)
/* Longer downtimes make what was pending void. */
#define RULE_DOWNTIME_US (INT64_C(3600) * 1000000)

enum judgement { JUDGED_TRUE, JUDGED_NEITHER, JUDGED_CLEAR, JUDGED_UNKNOWN };

/* What came of a step. */
enum change {
	CHANGE_NONE,
	CHANGE_CLOCK, /* only what counts towards `for` or `keep` */
	CHANGE_STATE,
	CHANGE_FIRED, /* to be announced */
};

/* One evaluation. */
struct occasion {
	enum judgement judged;
	int64_t now_us;
	int64_t last_us; /* of the evaluation before; 0: none */
	int64_t step;
	double value;
	bool historic;
	bool tick; /* no point came: points are not counted */
};

/* A is changed; on CHANGE_FIRED and the firing of something historic EPISODE is taken and the
 * message is void. */
enum change rule_step(const struct rule *r, struct alert *a, const struct occasion *oc,
		      uint64_t *episode);
/* Takes up A after a downtime that ends NOW_US. */
enum change rule_resume(const struct rule *r, struct alert *a, int64_t now_us);
/* Ends A by decree. */
enum change rule_resolve(struct alert *a, int64_t now_us);

#endif
