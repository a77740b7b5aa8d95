/* Numbers are written in the shortest of %.15g to %.17g that reads back as the same double. */
#include "core/json_put.h"

#include "core/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
json_put_num(struct str *s, double v)
{
	if (isnan(v)) {
		str_adds(s, "\"NaN\"");
	} else if (isinf(v)) {
		str_adds(s, v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	} else {
		char buf[40];
		for (int digits = 15; digits <= 17; digits++) {
			snprintf(buf, sizeof buf, "%.*g", digits, v);
			if (strtod(buf, NULL) == v)
				break;
		}
		str_adds(s, buf);
	}
}

void
json_put_str(struct str *s, const char *z)
{
	if (!z) {
		str_adds(s, "null");
		return;
	}
	str_addc(s, '"');
	utf8_json(s, z, strlen(z));
	str_addc(s, '"');
}

void
json_put_time(struct str *s, int64_t us)
{
	if (us <= 0)
		str_adds(s, "null");
	else
		str_addf(s, "%lld.%06lld", (long long)(us / 1000000), (long long)(us % 1000000));
}
