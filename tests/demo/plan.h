/* plan.h - the runs of the demo. */
#ifndef DEMO_PLAN_H
#define DEMO_PLAN_H

#include "tests/demo/train.h"

extern const struct plan plans[];
extern const int nplans;

#endif
