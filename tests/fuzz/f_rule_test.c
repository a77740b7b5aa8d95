/* A test of rules: whatever it says, it is refused with words or it can be played, and played twice
 * it says the same. What would take long is not played. */
#include "core/notation.h"
#include "core/rule_test.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules[] = "[alerts]\ndefaults = off\n"
			    "[alert hot]\nmetric = *\nwhen = value > 2 and age < 1h\nfor = 2m\n"
			    "[alert quiet]\nwhen = stalled\n";

static void
need(int truth)
{
	if (!truth)
		abort();
}

static void
on_changed(void *ctx, int number, int64_t at_us, const struct alert *a)
{
	uint64_t *sum = ctx;

	*sum = *sum * 31 + (uint64_t)number + (uint64_t)at_us + (uint64_t)a->state;
}

/* No number of more than three digits, no days and no milliseconds. */
static int
is_short(const char *text)
{
	int digits = 0;

	for (const char *p = text; *p; p++) {
		int digit = *p >= '0' && *p <= '9';
		if ((digits && (*p == 'd' || *p == '.' || strncmp(p, "ms", 2) == 0)) || digits > 3)
			return 0;
		digits = digit ? digits + 1 : 0;
	}
	return digits <= 3;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rule_test *t;
	struct noted *v;
	struct err e = {0};
	char *text = malloc(size + 1);
	size_t n;

	need(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (notation_expand(text, &v, &n, &e) == 0) {
		need(n <= NOTATION_MAX);
		free(v);
	} else {
		need(v == NULL && strncmp(e.text, "column ", 7) == 0);
	}
	if (rule_test_parse("f.yml", text, size, &t, &e) < 0) {
		need(t == NULL && strncmp(e.text, "f.yml", 5) == 0);
	} else if (is_short(text)) {
		struct conf *c;
		uint64_t sum[2] = {0};
		need(conf_parse("f.conf", rules, sizeof rules - 1, &c, &e) == 0);
		for (int i = 0; i < 2; i++) {
			struct rule_test_events ev = {&sum[i], on_changed, NULL};
			int checked;
			need(rule_test_run(t, c, &ev, &checked, &e) >= 0);
		}
		need(sum[0] == sum[1]);
		conf_free(c);
	}
	rule_test_free(t);
	free(text);
	return 0;
}
