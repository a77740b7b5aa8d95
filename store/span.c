/* The one mapping from x to columns. It has to be monotone, floor after rounding and all: a node
 * whose first and last x fall in one column is taken to lie in it whole. Every operation here
 * is. */
#include "store/store.h"

#include <math.h>

int
span_column(const struct span *sp, double x)
{
	double x0 = sp->x0, x1 = sp->x1;

	if (!(x >= x0 && x <= x1) || sp->columns <= 0)
		return -1;
	if (sp->logx) {
		if (!(x > 0))
			return -1;
		/* From where the logarithm begins, if the window begins before. */
		if (!(x0 > 0))
			x0 = sp->axis == AXIS_STEP ? fmin(1, x1) : fmin(1e6, x1);
		if (x < x0)
			return -1;
		x = log(x);
		x0 = log(x0);
		x1 = log(x1);
	}
	double width = x1 - x0;
	if (!(width > 0))
		return 0;
	int c = (int)((x - x0) / width * sp->columns);
	return c < sp->columns ? c : sp->columns - 1;
}
